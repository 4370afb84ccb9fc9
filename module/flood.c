// SPDX-License-Identifier: GPL-2.0
/*
 * Whether a listener is under attack. A flood of SYNs with forged sources (RFC 4987 2) shows by
 * three things together: SYNs come at a rate, few of their handshakes complete, and hardly any
 * source comes twice. Half-open connections of few sources are a slow network or a broken client;
 * a crowd of sources whose handshakes complete is a crowd.
 *
 * They are judged over a window, because in a single second a client that repeats its SYN looks
 * like one that does not. The window is the current span and the one before it, so that it is 5
 * to 10 seconds long, and each span has a sketch of its sources.
 *
 * The half-open entries are no evidence: what makes their number is the bound of the queue.
 */
#include <linux/kernel.h>
#include <linux/math64.h>
#include <linux/percpu.h>
#include <linux/seqlock.h>
#include <linux/slab.h>
#include <linux/time64.h>

#include "flood.h"
#include "sketch.h"

/* In 5 seconds, a client has sent its SYN three times (RFC 6298 2.1: after 1 and 3 seconds). */
#define SPAN_MS		5000

/*
 * An attack is one once it has lasted this long. Sooner, it cannot be told from a crowd whose
 * first handshakes are under way, over a satellite or with a SYN-ACK lost. Nothing is lost by
 * waiting: cookies are there from the first SYN on.
 */
#define BEGIN_MS	3000

/* It is over when the window has looked well for this long: pulses in between are one attack. */
#define OVER_MS		5000

/**
 * struct limits - what looks like an attack; all of it together
 * @syn_rate: SYNs a second or more, over the window
 * @opened_times: so many times the handshakes completed is less than the SYNs
 * @sources: distinct sources or more; and
 * @source_times: so many times the sources is as many as the unanswered SYNs or more, or
 * @sources_many: there are so many that it does not matter how often each comes
 */
struct limits {
	u32	syn_rate;
	u32	opened_times;
	u32	sources;
	u32	source_times;
	u32	sources_many;
};

/*
 * What begins one:
 * - 100 SYNs a second fill a backlog of 128 in little more than a second. Fewer leave an entry
 *   its time, and do no harm.
 * - A server whose peers can reach it completes nearly all handshakes, and still more than half of
 *   them where a quarter of the segments are lost each way.
 * - 64 sources are more than a few broken clients.
 * - Forged sources come once; clients that get no answer come up to 4 times in 10 seconds, and
 *   broken ones for ever.
 * - Sources forged within a prefix come again and again, as do those of a botnet; a thousand that
 *   complete nothing are no slow network.
 */
static const struct limits begin_limits = {
	.syn_rate	= 100,
	.opened_times	= 4,
	.sources	= 64,
	.source_times	= 2,
	.sources_many	= 1024,
};

/* What goes on as one: half of each, so that an attack about the limits is not many attacks. */
static const struct limits over_limits = {
	.syn_rate	= 50,
	.opened_times	= 2,
	.sources	= 32,
	.source_times	= 4,
	.sources_many	= 512,
};

static bool looks_bad(const struct xtcp_flood_numbers *n, const struct limits *limits)
{
	u64 unanswered = n->window_syns - min(n->window_syns, n->window_opened);

	return n->window_syns * MSEC_PER_SEC >= limits->syn_rate * n->window_ms &&
	       n->window_opened * limits->opened_times < n->window_syns &&
	       n->window_sources >= limits->sources &&
	       ((u64)n->window_sources * limits->source_times >= unanswered ||
		n->window_sources >= limits->sources_many);
}

static void turn(struct xtcp_flood_state *state)
{
	state->under = !state->under;
	state->held_ms = 0;
	state->held_syns = 0;
}

/**
 * xtcp_flood_judge - what an interval's numbers mean
 * @state: what the intervals before it meant
 * @numbers: of the interval and the window that it ends
 *
 * Pure: what it knows is in its arguments.
 *
 * An attack begins with the first of the intervals that told of it, and ends with the last: when
 * %XTCP_FLOOD_OVER is returned, @state still has its length and number of SYNs, until the next
 * call.
 *
 * Source: RFC 4987 2; the limits are explained where they are.
 *
 * Return: %XTCP_FLOOD_BEGIN and %XTCP_FLOOD_OVER in turns, with any number of %XTCP_FLOOD_NONE
 * around them.
 */
enum xtcp_flood_verdict xtcp_flood_judge(struct xtcp_flood_state *state,
					 const struct xtcp_flood_numbers *numbers)
{
	bool bad = looks_bad(numbers, state->under ? &over_limits : &begin_limits);

	if (!state->under) {
		state->attack_ms = 0;
		state->attack_syns = 0;
	}
	if (bad == state->under) {
		/* What looked otherwise for a while was part of it. */
		if (bad) {
			state->attack_ms += state->held_ms + numbers->ms;
			state->attack_syns += state->held_syns + numbers->syns;
		}
		state->held_ms = 0;
		state->held_syns = 0;
		return XTCP_FLOOD_NONE;
	}
	state->held_ms += numbers->ms;
	state->held_syns += numbers->syns;
	if (state->held_ms < (bad ? BEGIN_MS : OVER_MS))
		return XTCP_FLOOD_NONE;
	if (bad) {
		state->attack_ms = state->held_ms;
		state->attack_syns = state->held_syns;
	}
	turn(state);
	return bad ? XTCP_FLOOD_BEGIN : XTCP_FLOOD_OVER;
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_flood_judge);

/* Short of the wrap at the start, so that it is passed early. */
#define COUNTS_START	((u32)-300)

/* Since the start, modulo 2^32 */
struct counts {
	u32	syns;
	u32	opened;
};

/* A part of the window */
struct span {
	u32			ms;
	u64			syns;
	u64			opened;
	struct xtcp_sketch	sources;	/* written by the packet path */
};

/**
 * struct xtcp_flood - what is counted for a listener
 * @counts: of each CPU; written by the packet path
 * @spans: the current one and the one before it
 * @current_span: index of the current one
 * @ticked: there was a tick, and the two that follow are set
 * @last_ms: when it was
 * @last: the sum of @counts then
 * @state: what the verdict remembers
 * @lock: a tick's, to replace @report; readers try again where it did so meanwhile
 * @report: of the last interval
 *
 * All but @counts and the sketches, and @report, is of the one who ticks.
 */
struct xtcp_flood {
	struct counts __percpu	*counts;
	u8			current_span;
	bool			ticked;
	u32			last_ms;
	struct counts		last;
	struct xtcp_flood_state	state;
	seqlock_t		lock;
	struct xtcp_flood_report report;
	struct span		spans[2];
};

/**
 * xtcp_flood_alloc - start to count for a listener
 * @gfp: may sleep or may not
 *
 * Return: what the others take, or NULL.
 */
struct xtcp_flood *xtcp_flood_alloc(gfp_t gfp)
{
	struct xtcp_flood *flood = kzalloc(sizeof(*flood), gfp);

	if (!flood)
		return NULL;
	flood->counts = alloc_percpu_gfp(struct counts, gfp | __GFP_ZERO);
	if (!flood->counts) {
		kfree(flood);
		return NULL;
	}
	seqlock_init(&flood->lock);
	/* Of which CPU is no matter, only the sum is. */
	this_cpu_write(flood->counts->syns, COUNTS_START);
	this_cpu_write(flood->counts->opened, COUNTS_START);
	return flood;
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_flood_alloc);

/**
 * xtcp_flood_free - end counting
 * @flood: from xtcp_flood_alloc(), or NULL; nobody uses it any more
 */
void xtcp_flood_free(struct xtcp_flood *flood)
{
	if (!flood)
		return;
	free_percpu(flood->counts);
	kfree(flood);
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_flood_free);

/**
 * xtcp_flood_syn - count a SYN
 * @flood: of the listener that it is for
 * @source_hash: of the source address, under a secret key
 *
 * Writes to memory of this CPU, and to the sketch which all share: rarely, once it has seen as many
 * sources as it has registers. A span that ends meanwhile gains or loses a source by that.
 *
 * Context: Any.
 */
void xtcp_flood_syn(struct xtcp_flood *flood, u64 source_hash)
{
	struct span *span = &flood->spans[READ_ONCE(flood->current_span)];

	this_cpu_inc(flood->counts->syns);
	xtcp_sketch_add(&span->sources, source_hash);
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_flood_syn);

/**
 * xtcp_flood_opened - count a handshake that is complete
 * @flood: of the listener
 *
 * Context: Any.
 */
void xtcp_flood_opened(struct xtcp_flood *flood)
{
	this_cpu_inc(flood->counts->opened);
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_flood_opened);

static struct counts sum_counts(const struct xtcp_flood *flood)
{
	struct counts sum = {};
	int cpu;

	for_each_possible_cpu(cpu) {
		const struct counts *counts = per_cpu_ptr(flood->counts, cpu);

		sum.syns += READ_ONCE(counts->syns);
		sum.opened += READ_ONCE(counts->opened);
	}
	return sum;
}

/* What happened since the last tick */
static struct counts take_counts(struct xtcp_flood *flood)
{
	struct counts sum = sum_counts(flood);
	struct counts since = {
		.syns	= sum.syns - flood->last.syns,
		.opened	= sum.opened - flood->last.opened,
	};

	flood->last = sum;
	return since;
}

/* A span that is long enough becomes the one before. */
static void turn_spans(struct xtcp_flood *flood)
{
	struct span *next = &flood->spans[!flood->current_span];

	if (flood->spans[flood->current_span].ms < SPAN_MS)
		return;
	next->ms = 0;
	next->syns = 0;
	next->opened = 0;
	xtcp_sketch_clear(&next->sources);
	WRITE_ONCE(flood->current_span, !flood->current_span);
}

/* Adds an interval to the window. */
static struct xtcp_flood_numbers account(struct xtcp_flood *flood, u32 ms, struct counts since)
{
	const struct span *a = &flood->spans[0], *b = &flood->spans[1];
	struct span *span = &flood->spans[flood->current_span];
	struct xtcp_flood_numbers numbers;

	span->ms += ms;
	span->syns += since.syns;
	span->opened += since.opened;
	numbers = (struct xtcp_flood_numbers){
		.ms		= ms,
		.syns		= since.syns,
		.window_ms	= (u64)a->ms + b->ms,
		.window_syns	= a->syns + b->syns,
		.window_opened	= a->opened + b->opened,
		.window_sources	= xtcp_sketch_estimate(&a->sources, &b->sources),
	};
	turn_spans(flood);
	return numbers;
}

/* What came before the first tick came in a time that is not known. */
static void start(struct xtcp_flood *flood, u32 now_ms)
{
	flood->ticked = true;
	flood->last_ms = now_ms;
	take_counts(flood);
	xtcp_sketch_clear(&flood->spans[flood->current_span].sources);
}

static u32 rate(u32 count, u32 ms)
{
	return min_t(u64, div_u64((u64)count * MSEC_PER_SEC, ms), U32_MAX);
}

static void publish(struct xtcp_flood *flood, const struct xtcp_flood_report *report)
{
	write_seqlock_bh(&flood->lock);
	flood->report = *report;
	write_sequnlock_bh(&flood->lock);
}

/**
 * xtcp_flood_tick - end an interval, and judge
 * @flood: of a listener
 * @now_ms: monotonic clock, milliseconds, may wrap; about a second after the last tick, or more
 * @half_open: entries that the listener has in the half-open queue, for the report
 * @report: filled
 *
 * The first tick begins the first interval. One at the time of the last, or before it, only reports
 * once more.
 *
 * Context: Not in hard interrupts; one at a time for a listener.
 * Return: whether an attack has begun or is over; each is said once.
 */
enum xtcp_flood_verdict xtcp_flood_tick(struct xtcp_flood *flood, u32 now_ms, u32 half_open,
					struct xtcp_flood_report *report)
{
	u32 ms = now_ms - flood->last_ms;
	struct xtcp_flood_numbers numbers;
	enum xtcp_flood_verdict verdict;
	struct counts since;

	if (!flood->ticked) {
		start(flood, now_ms);
		*report = (struct xtcp_flood_report){ .half_open = half_open };
		publish(flood, report);
		return XTCP_FLOOD_NONE;
	}
	if ((s32)ms <= 0) {
		xtcp_flood_last(flood, report);
		return XTCP_FLOOD_NONE;
	}
	flood->last_ms = now_ms;
	since = take_counts(flood);
	numbers = account(flood, ms, since);
	verdict = xtcp_flood_judge(&flood->state, &numbers);

	*report = (struct xtcp_flood_report){
		.under		= flood->state.under,
		.syn_rate	= rate(since.syns, ms),
		.open_rate	= rate(since.opened, ms),
		.sources	= numbers.window_sources,
		.half_open	= half_open,
		.seconds	= div_u64(flood->state.attack_ms, MSEC_PER_SEC),
		.syns		= flood->state.attack_syns,
	};
	publish(flood, report);
	return verdict;
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_flood_tick);

/**
 * xtcp_flood_last - the report of the last tick
 * @flood: of a listener
 * @report: filled; all zero before the first tick
 *
 * All of one tick: it is read again where a tick replaced it meanwhile.
 *
 * Context: Any but hard interrupts.
 */
void xtcp_flood_last(const struct xtcp_flood *flood, struct xtcp_flood_report *report)
{
	unsigned int seq;

	do {
		seq = read_seqbegin(&flood->lock);
		*report = flood->report;
	} while (read_seqretry(&flood->lock, seq));
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_flood_last);

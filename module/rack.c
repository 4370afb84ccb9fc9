// SPDX-License-Identifier: GPL-2.0
/*
 * Recent acknowledgment: a segment is lost when one that was sent later has arrived, and it has had
 * a round trip's time and a little more to arrive as well (RFC 8985). Retransmissions are segments
 * like others, so that they are found lost in the same way.
 */
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/time64.h>

#include "rack.h"
#include "seq.h"

/* RFC 8985 6.2 step 4. */
#define REO_MULT_MAX	64
#define REO_PERSIST	16

/* Segments that a moving average is over. */
#define LATE_MEAN_OF	32

/* A path may change, and its shortest time with it. */
#define MIN_RTT_LIFE_US	(300ull * USEC_PER_SEC)

/**
 * xtcp_rack_init - nothing is known of the path
 * @rack: of the connection
 * @iss: its first sequence number, whose segment may not have arrived yet
 */
void xtcp_rack_init(struct xtcp_rack *rack, u32 iss)
{
	*rack = (struct xtcp_rack) {
		.fack = iss,
		.end_seq = iss,
		.reo_mult = 1,
	};
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_rack_init);

/**
 * xtcp_rack_rtt - a round-trip time of a segment that was sent once
 * @rack: of the connection
 * @rtt_us: microseconds, more than 0
 * @now_us: xtcp_clock_us()
 *
 * Source: RFC 8985 6.2 step 1.
 */
void xtcp_rack_rtt(struct xtcp_rack *rack, u32 rtt_us, u64 now_us)
{
	if (rack->min_rtt_us && rtt_us > rack->min_rtt_us &&
	    now_us - rack->min_rtt_at_us < MIN_RTT_LIFE_US)
		return;
	rack->min_rtt_us = rtt_us;
	rack->min_rtt_at_us = now_us;
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_rack_rtt);

/**
 * xtcp_rack_stamp - when something is sent, as xtcp_rack_is_candidate() is to see it
 * @rack: of the connection
 * @end_seq: its end
 * @now_us: xtcp_clock_us()
 *
 * Of what was sent at the same time, the lower sequence number went first, by RFC 8985 5.2; which
 * is wrong of a retransmission that followed something new, and would be taken for lost when that
 * had arrived. Its time is a little later, then, and may be ahead of the clock.
 *
 * Return: microseconds, not less than the last time.
 */
u64 xtcp_rack_stamp(struct xtcp_rack *rack, u32 end_seq, u64 now_us)
{
	if (now_us <= rack->last_us)
		now_us = rack->last_us + !xtcp_seq_gt(end_seq, rack->last_end);
	rack->last_us = now_us;
	rack->last_end = end_seq;
	return now_us;
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_rack_stamp);

static bool is_after(u64 a_us, u32 a_end, u64 b_us, u32 b_end)
{
	return a_us > b_us || (a_us == b_us && xtcp_seq_gt(a_end, b_end));
}

/**
 * xtcp_rack_is_candidate - whether something that has arrived was sent after a segment
 * @rack: of the connection
 * @sent_us: when it was last sent
 * @end_seq: its end
 *
 * Source: RFC 8985 6.2 step 5.
 */
bool xtcp_rack_is_candidate(const struct xtcp_rack *rack, u64 sent_us, u32 end_seq)
{
	return rack->sent_us && is_after(rack->sent_us, rack->end_seq, sent_us, end_seq);
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_rack_is_candidate);

/*
 * A segment that the youngest had overtaken has come, so much later than the youngest would have: a
 * window as long would have waited for it. RFC 8985 6.2 step 4 has the window grow by duplicates
 * alone, from quarters of the least round-trip time on. But whatever overtakes makes that time
 * shorter, and what is marked and comes before it went again leaves no duplicate; so this is an
 * addition of our own, within the same bound.
 *
 * An ACK does not tell in which order came what it is the first to tell of. And of what was sent
 * twice it is not sure which one has come: neither is it late by that, nor are others. A peer whose
 * ACKs get lost may seem to have got something later than it has, if none of those gets through
 * that repeat a SACK block; one that lies waits for its own data.
 */
static void note_late(struct xtcp_rack *rack, u64 sent_us, u32 end_seq, u32 rtt_us, u64 now_us)
{
	u32 late_us = 0;

	if (xtcp_rack_is_candidate(rack, sent_us, end_seq)) {
		if (rack->rtx || rack->sent_us + rack->rtt_us >= now_us)
			return;
		late_us = rtt_us - min(rtt_us, rack->rtt_us);
	}
	rack->late_mean_us += ((s64)late_us - rack->late_mean_us) / LATE_MEAN_OF;
	if (!late_us)
		return;
	if (late_us < rack->late_us) {
		rack->late_next_us = max(rack->late_next_us, late_us);
		return;
	}
	rack->late_us = late_us;
	rack->late_next_us = 0;
	rack->late_persist = REO_PERSIST;
}

/* What was late for longer was so that many recoveries ago. */
static void forget_late(struct xtcp_rack *rack)
{
	if (!rack->late_persist || --rack->late_persist)
		return;
	rack->late_us = rack->late_next_us;
	rack->late_next_us = 0;
	rack->late_persist = rack->late_us ? REO_PERSIST : 0;
}

/**
 * xtcp_rack_delivered - a segment is newly acknowledged, cumulatively or selectively
 * @rack: of the connection
 * @sent_us: when it was last sent
 * @end_seq: its end
 * @rtx: it was sent more than once
 * @now_us: xtcp_clock_us()
 *
 * Source: RFC 8985 6.2 steps 2 and 3.
 */
void xtcp_rack_delivered(struct xtcp_rack *rack, u64 sent_us, u32 end_seq, bool rtx, u64 now_us)
{
	u32 rtt_us = clamp_t(s64, now_us - sent_us, 1, U32_MAX);

	if (xtcp_seq_gt(end_seq, rack->fack))
		rack->fack = end_seq;
	else if (end_seq != rack->fack && !rtx)
		rack->reordered += rack->reordered < U32_MAX;
	if (!rtx)
		note_late(rack, sent_us, end_seq, rtt_us, now_us);
	/* So soon, it is the first transmission that has arrived. */
	if (rtx && rtt_us < rack->min_rtt_us)
		return;
	if (!is_after(sent_us, end_seq, rack->sent_us, rack->end_seq))
		return;
	rack->sent_us = sent_us;
	rack->end_seq = end_seq;
	rack->rtt_us = rtt_us;
	rack->rtx = rtx;
	rack->advanced = true;
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_rack_delivered);

/**
 * xtcp_rack_dsack - the peer has had something twice: it was not lost but late
 * @rack: of the connection
 * @snd_una: first sequence number that is not acknowledged
 * @snd_nxt: first that was never sent
 *
 * Source: RFC 8985 6.2 step 4: once in each round trip.
 */
void xtcp_rack_dsack(struct xtcp_rack *rack, u32 snd_una, u32 snd_nxt)
{
	if (rack->in_round && xtcp_seq_lt(snd_una, rack->round_end))
		return;
	rack->in_round = true;
	rack->round_end = snd_nxt;
	rack->reo_mult = min(rack->reo_mult + 1, REO_MULT_MAX);
	rack->reo_persist = REO_PERSIST;
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_rack_dsack);

/**
 * xtcp_rack_late - what was taken for lost, and sent again, has come after all
 * @rack: of the connection
 * @snd_una: first sequence number that is not acknowledged
 * @snd_nxt: first that was never sent
 *
 * The peer is to report the second one as a duplicate, which tells the same, a round trip later.
 */
void xtcp_rack_late(struct xtcp_rack *rack, u32 snd_una, u32 snd_nxt)
{
	rack->reordered += rack->reordered < U32_MAX;
	xtcp_rack_dsack(rack, snd_una, snd_nxt);
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_rack_late);

/**
 * xtcp_rack_recovered - a recovery is over
 * @rack: of the connection
 *
 * Source: RFC 8985 6.2 step 4: what duplicates have taught is forgotten after so many. So is how
 * late others were.
 */
void xtcp_rack_recovered(struct xtcp_rack *rack)
{
	rack->in_round = false;
	forget_late(rack);
	if (!rack->reo_persist || --rack->reo_persist)
		return;
	rack->reo_mult = 1;
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_rack_recovered);

/**
 * xtcp_rack_reo_wnd_us - how late a segment may be
 * @rack: of the connection
 * @srtt_us: smoothed round-trip time
 * @in_doubt: it is taken for lost, where nothing was ever reordered: a recovery is on, or
 *	      as much has overtaken it as three segments
 *
 * Source: RFC 8985 6.2 step 4, which does not know of what others were late by.
 *
 * Return: microseconds.
 */
u32 xtcp_rack_reo_wnd_us(const struct xtcp_rack *rack, u32 srtt_us, bool in_doubt)
{
	u64 wnd_us;

	if (!rack->reordered && in_doubt)
		return 0;
	wnd_us = max_t(u64, (u64)rack->reo_mult * (rack->min_rtt_us / 4), rack->late_us);
	return min_t(u64, wnd_us, srtt_us);
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_rack_reo_wnd_us);

/**
 * xtcp_rack_wait_us - how long to wait for a candidate
 * @rack: of the connection
 * @sent_us: when it was last sent
 * @reo_wnd_us: from xtcp_rack_reo_wnd_us()
 * @now_us: xtcp_clock_us()
 *
 * Source: RFC 8985 6.2 step 5.
 *
 * Return: microseconds; 0: it is lost.
 */
u32 xtcp_rack_wait_us(const struct xtcp_rack *rack, u64 sent_us, u32 reo_wnd_us, u64 now_us)
{
	u64 until_us = sent_us + rack->rtt_us + reo_wnd_us;

	return until_us > now_us ? min_t(u64, until_us - now_us, U32_MAX) : 0;
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_rack_wait_us);

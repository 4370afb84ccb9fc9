// SPDX-License-Identifier: GPL-2.0
/* From the lines of a trace to series of points. */
#include <stdlib.h>
#include <string.h>

#include "plot.h"
#include "xtcp.h"

#define SHIFT_MAX	14	/* RFC 7323 2.3 */

/**
 * struct syn - what an end's SYN said
 * @seen: it is in the trace
 * @shift: of the window scale option, -1 if there is none
 */
struct syn {
	bool	seen;
	int	shift;
};

/**
 * struct reader - a flow as its lines are read
 * @flow: what becomes of them
 * @teller: whose events they are
 * @begun_us: first event of the connection, by the trace's clock
 * @based: @base is known
 * @base: sequence number of byte 0
 * @last: the last byte that was spoken of; numbers lie about it
 * @unacked: the first segment that was not acknowledged
 * @from: sender's SYN
 * @to: receiver's
 * @opening: the last segment that came for a half-open connection
 */
struct reader {
	struct plot_flow	*flow;
	struct endpoint		teller;
	uint64_t		begun_us;
	bool			based;
	uint32_t		base;
	int64_t			last;
	unsigned int		unacked;
	struct syn		from;
	struct syn		to;
	const char		*opening;
};

/* The stamp, in seconds, is what stands before the event's name. */
static uint64_t line_us(const char *line)
{
	const char *at = line, *next = line;

	while ((next = strstr(next, ": xtcp_")))
		at = next++;
	while (at > line && at[-1] != ' ')
		at--;
	return strtod(at, NULL) * 1000000 + 0.5;
}

static uint64_t number_or_0(const char *line, const char *name, uint64_t unknown)
{
	uint64_t value = line_number(line, name);

	return value == unknown ? 0 : value;
}

static bool has_flag(const char *line, const char *flag)
{
	char flags[64];

	line_field(line, "flags", flags, sizeof(flags));
	return strstr(flags, flag);
}

/* The byte that a sequence number stands for. */
static int64_t byte_of(struct reader *r, uint32_t seq)
{
	int64_t byte;

	if (!r->based)
		r->base = seq;
	r->based = true;
	byte = r->last + (int32_t)(seq - (uint32_t)(r->base + r->last));
	if (byte > r->last)
		r->last = byte;
	return byte;
}

/* Of the options, which are in hexadecimal: RFC 7323 2.2. */
static int window_shift(const char *line)
{
	unsigned int kind, len, shift;
	char text[96], *hex = text;

	line_field(line, "options", text, sizeof(text));
	while (strlen(hex) >= 2 && sscanf(hex, "%2x", &kind) == 1 && kind) {
		len = 1;
		if (kind != 1 && (sscanf(hex + 2, "%2x", &len) != 1 || len < 2))
			break;
		if (strlen(hex) < 2 * len)
			break;
		if (kind == 3 && len == 3 && sscanf(hex + 4, "%2x", &shift) == 1)
			return shift < SHIFT_MAX ? shift : SHIFT_MAX;
		hex += 2 * len;
	}
	return -1;
}

static void note_syn(struct syn *syn, const char *line)
{
	if (has_flag(line, "SYN"))
		*syn = (struct syn) { .seen = true, .shift = window_shift(line) };
}

/* How many bytes a window is; -1 if that is not to be known. */
static int64_t window_bytes(const struct reader *r, const char *line)
{
	int64_t window = line_number(line, "window");

	if (has_flag(line, "SYN"))
		return window;
	if (!r->from.seen || !r->to.seen)
		return -1;
	return r->from.shift < 0 || r->to.shift < 0 ? window : window << r->to.shift;
}

static void mark_resent(struct reader *r, int64_t begin, int64_t end)
{
	struct plot_segment *s = r->flow->segments + r->unacked;
	struct plot_segment *all = r->flow->segments + r->flow->segment_count;

	for (; s < all; s++)
		s->resent = s->resent || (begin < s->end && s->begin < end);
}

static void take_data(struct reader *r, const char *line, uint64_t us)
{
	struct plot_flow *flow = r->flow;
	uint32_t len = line_number(line, "len"), seq = line_number(line, "seq");
	bool syn = has_flag(line, "SYN");
	struct plot_segment s;

	if (syn && !r->based) {
		r->base = seq + 1;
		r->based = true;
	}
	note_syn(&r->from, line);
	s = (struct plot_segment) { .us = us, .begin = byte_of(r, seq) + syn };
	if (!len)
		return;
	s.end = s.begin + len;
	s.again = s.begin < flow->bytes;
	if (s.again)
		mark_resent(r, s.begin, s.end);
	if (s.end > flow->bytes)
		flow->bytes = s.end;
	flow->segments = xgrow(flow->segments, flow->segment_count, sizeof(s));
	flow->segments[flow->segment_count++] = s;
}

/*
 * As the module has them: from the oldest segment, for to wait with an ACK is the path's, too. Who
 * acknowledges what was sent more than once may mean either (Karn's rule).
 */
static void take_sample(struct reader *r, int64_t ack, uint64_t us)
{
	const struct plot_segment *s, *oldest = NULL;
	struct plot_flow *flow = r->flow;
	bool doubtful = false;

	for (; r->unacked < flow->segment_count; r->unacked++) {
		s = &flow->segments[r->unacked];
		if (s->again)
			continue;
		if (s->end > ack)
			break;
		doubtful = doubtful || s->resent;
		oldest = oldest ?: s;
	}
	if (!oldest || doubtful || !flow->at_sender)
		return;
	flow->samples = xgrow(flow->samples, flow->sample_count, sizeof(*flow->samples));
	flow->samples[flow->sample_count++] = (struct plot_sample) { us, us - oldest->us };
}

static void take_ack(struct reader *r, const char *line, uint64_t us)
{
	struct plot_flow *flow = r->flow;
	struct plot_ack a = { .us = us };
	int64_t window;

	note_syn(&r->to, line);
	if (!has_flag(line, "ACK"))
		return;
	a.ack = byte_of(r, line_number(line, "ack"));
	window = window_bytes(r, line);
	a.edge = window < 0 ? -1 : a.ack + window;
	take_sample(r, a.ack, us);
	flow->acks = xgrow(flow->acks, flow->ack_count, sizeof(a));
	flow->acks[flow->ack_count++] = a;
}

static void take_resend(struct reader *r, const char *line, uint64_t us)
{
	struct plot_resend s = { .us = us, .begin = byte_of(r, line_number(line, "seq")) };
	struct plot_flow *flow = r->flow;

	s.end = s.begin + line_number(line, "len");
	s.segments = line_number(line, "segs");
	line_field(line, "why", s.why, sizeof(s.why));
	flow->resends = xgrow(flow->resends, flow->resend_count, sizeof(s));
	flow->resends[flow->resend_count++] = s;
}

static void take_window(struct reader *r, const char *line, uint64_t us)
{
	struct plot_flow *flow = r->flow;
	struct plot_window w = {
		.us = us,
		.cwnd = line_number(line, "cwnd"),
		.ssthresh = number_or_0(line, "ssthresh", INT32_MAX),
		.in_flight = line_number(line, "in_flight"),
		.srtt_us = line_number(line, "srtt_us"),
		.pacing_rate = number_or_0(line, "pacing_rate", UINT64_MAX),
		.delivery_rate = line_number(line, "delivery_rate"),
	};

	line_field(line, "phase", w.phase, sizeof(w.phase));
	flow->windows = xgrow(flow->windows, flow->window_count, sizeof(w));
	flow->windows[flow->window_count++] = w;
}

static bool is_at(const char *line, const struct endpoint *ep)
{
	struct endpoint local;

	return line_end(line, "local", &local) && !endpoint_compare(&local, ep);
}

/* What makes a half-open entry a connection is received by the one, then by the other. */
static bool is_told_twice(struct reader *r, const char *line)
{
	const char *segment = strstr(line, " state=SYN_RECEIVED flags="), *before = r->opening;

	if (!segment)
		return false;
	r->opening = segment;
	return before && !strcmp(before, segment);
}

static void take_line(struct reader *r, const char *line)
{
	bool sent = line_is(line, "xtcp/xtcp_send");
	struct plot_flow *flow = r->flow;
	uint64_t us = line_us(line);

	if (!r->begun_us)
		r->begun_us = us;
	us -= r->begun_us;
	if (line_is(line, "xtcp/xtcp_state"))
		return;
	flow->end_us = us;
	if (!is_at(line, &r->teller))
		return;
	if (sent || line_is(line, "xtcp/xtcp_receive")) {
		if (has_flag(line, "RST") || (!sent && is_told_twice(r, line)))
			return;
		if (sent == flow->at_sender)
			take_data(r, line, us);
		else
			take_ack(r, line, us);
	} else if (flow->at_sender && line_is(line, "xtcp/xtcp_retransmit")) {
		take_resend(r, line, us);
	} else if (flow->at_sender && line_is(line, "xtcp/xtcp_cwnd")) {
		take_window(r, line, us);
	}
}

static bool has_segments(const struct traced *t, int nth, const struct endpoint *ep)
{
	const char *line;
	unsigned int i;

	for (i = 0; i < t->count; i++) {
		line = t->lines[i];
		if (t->of[i] == nth && is_at(line, ep) &&
		    (line_is(line, "xtcp/xtcp_send") || line_is(line, "xtcp/xtcp_receive")))
			return true;
	}
	return false;
}

void plot_read(struct plot_flow flows[2], const struct traced *t, int nth)
{
	const struct endpoint *ends = t->conversations[nth].ends;
	unsigned int i, j;

	for (i = 0; i < 2; i++) {
		struct reader r = { .flow = &flows[i] };

		flows[i] = (struct plot_flow) {
			.from = ends[i],
			.to = ends[!i],
			.at_sender = has_segments(t, nth, &ends[i]),
		};
		r.teller = ends[flows[i].at_sender ? i : !i];
		for (j = 0; j < t->count; j++) {
			if (t->of[j] == nth)
				take_line(&r, t->lines[j]);
		}
	}
}

void plot_free(struct plot_flow *flow)
{
	free(flow->segments);
	free(flow->acks);
	free(flow->resends);
	free(flow->windows);
	free(flow->samples);
}

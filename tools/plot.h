/* SPDX-License-Identifier: GPL-2.0 */
/*
 * xtcp plot: one direction of a connection, as series of points.
 */
#ifndef _XTCP_TOOL_PLOT_H
#define _XTCP_TOOL_PLOT_H

#include <stdbool.h>
#include <stdint.h>

#include "conversation.h"

/*
 * Times are microseconds from the first event of the connection. Bytes count from the first one of
 * data, or, of a connection that is older than the trace, from the first that it tells of; its SYN
 * is byte -1, and its FIN one more.
 */

/* Data on its way; @again: it lies below others that went before; @resent: it went again later. */
struct plot_segment {
	uint64_t	us;
	int64_t		begin;
	int64_t		end;
	bool		again;
	bool		resent;
};

/* @edge: of the window, where there is more to know than its 16 bits; else -1 */
struct plot_ack {
	uint64_t	us;
	int64_t		ack;
	int64_t		edge;
};

/* As xtcp:xtcp_retransmit tells it. */
struct plot_resend {
	uint64_t	us;
	int64_t		begin;
	int64_t		end;
	uint32_t	segments;
	char		why[8];
};

/* As xtcp:xtcp_cwnd tells it; what is not known is 0. */
struct plot_window {
	uint64_t	us;
	uint64_t	cwnd;
	uint64_t	ssthresh;
	uint64_t	in_flight;
	uint64_t	srtt_us;
	uint64_t	pacing_rate;
	uint64_t	delivery_rate;
	char		phase[12];
};

/* From the oldest segment that an ACK is the first to cover, if all of these were sent once. */
struct plot_sample {
	uint64_t	us;
	uint64_t	rtt_us;
};

/**
 * struct plot_flow - data from one end to the other
 * @from: who sends it
 * @to: who acknowledges it
 * @at_sender: the trace is the sender's; else its times are the receiver's, who knows no windows
 * @bytes: up to the end of what was seen
 * @end_us: of the connection, when its last event was
 *
 * The rest are the series, in the order of time.
 */
struct plot_flow {
	struct endpoint		from;
	struct endpoint		to;
	bool			at_sender;
	int64_t			bytes;
	uint64_t		end_us;
	struct plot_segment	*segments;
	struct plot_ack		*acks;
	struct plot_resend	*resends;
	struct plot_window	*windows;
	struct plot_sample	*samples;
	unsigned int		segment_count;
	unsigned int		ack_count;
	unsigned int		resend_count;
	unsigned int		window_count;
	unsigned int		sample_count;
};

/* Both directions of conversation number @nth, the one that its first end sends first. */
void plot_read(struct plot_flow flows[2], const struct traced *t, int nth);
void plot_free(struct plot_flow *flow);

/* The end, if there is no gnuplot. */
void plot_find_gnuplot(void);
/* As SVG, into a file that is open. */
void plot_draw(const struct plot_flow *flow, int picture);

#endif /* _XTCP_TOOL_PLOT_H */

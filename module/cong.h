/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Congestion control: what every algorithm is given and what it answers. An algorithm is a struct
 * xtcp_cong_ops in a file of its own, here or in another module; it takes what it needs to know as
 * arguments and knows no socket.
 *
 * Another module includes this header (and rate.h by it) from where XTCP was built, and calls
 * what is exported: the parts that algorithms share, xtcp_cong_register() and
 * xtcp_cong_unregister(). tools/cong-example is such a module.
 */
#ifndef _XTCP_CONG_H
#define _XTCP_CONG_H

#include <linux/build_bug.h>
#include <linux/list.h>
#include <linux/types.h>

#include "rate.h"

struct module;
struct xtcp_cong;

#define XTCP_CONG_NAME_LEN	16	/* with its end, as TCP_CA_NAME_MAX */
#define XTCP_CONG_PRIV		232	/* bytes that are an algorithm's own */

#define XTCP_SSTHRESH_INFINITE	0x7fffffffu
#define XTCP_CWND_MAX		0x40000000u

/* Bits of xtcp_cong_ops.flags. */
#define XTCP_CONG_OWN_RECOVERY	0x01	/* sets cwnd in recovery, too: every ACK counts */
#define XTCP_CONG_ECN		0x02	/* asks for ECN, and for an exact echo (RFC 8257 3.2) */
#define XTCP_CONG_RESTRICTED	0x04	/* takes more than its share: for CAP_NET_ADMIN alone */
#define XTCP_CONG_PACED		0x08	/* is nothing without pacing: sets pacing_rate itself */

/**
 * struct xtcp_cong_ack - what an ACK tells
 * @now_us: the clock
 * @rate: of the delivery of what it covers
 * @delivered_total: bytes that have arrived so far
 * @acked: bytes by which snd_una moved; after a timeout those of them that nothing was known of
 * @delivered: bytes that it says have arrived, cumulatively or selectively
 * @lost: bytes taken for lost because of it
 * @in_flight: bytes in the network now
 * @una: snd_una
 * @nxt: snd_nxt
 * @rtt_us: round-trip time that it measures; 0: none
 * @srtt_us: smoothed; 0: unknown
 * @min_rtt_us: least of late; 0: unknown
 * @late_us: how much later than who overtakes them segments come, on average, in order ones among
 *	 them; 0 where nothing is reordered
 * @ece_bytes: of @delivered, those on whose way congestion was experienced, as the peer says: all,
 *	 or, where it counts packets (RFC 9768), about so many. What it echoes until CWR comes is
 *	 not counted, but with %XTCP_CONG_ECN
 * @cwnd_limited: the flight was bounded by cwnd: only then a growing window says something
 * @held: the peer's window, or the send buffer, has no room for more
 * @in_recovery: losses are being repaired, or a timeout is
 * @ece: the peer echoes congestion, for the first time or still: cwnd does not grow by it
 */
struct xtcp_cong_ack {
	const struct xtcp_rate_sample	*rate;
	u64	now_us;
	u64	delivered_total;
	u32	acked;
	u32	delivered;
	u32	lost;
	u32	in_flight;
	u32	una;
	u32	nxt;
	u32	rtt_us;
	u32	srtt_us;
	u32	min_rtt_us;
	u32	late_us;
	u32	ece_bytes;
	bool	cwnd_limited;
	bool	held;
	bool	in_recovery;
	bool	ece;
};

/**
 * struct xtcp_cong_echo - what an ACK tells of marks
 * @delivered: bytes that it says have arrived, cumulatively or selectively
 * @marked: of these, those on whose way congestion was experienced: all or none, or, where the peer
 *	    counts packets (RFC 9768), about so many
 * @una: snd_una
 * @nxt: snd_nxt
 */
struct xtcp_cong_echo {
	u32	delivered;
	u32	marked;
	u32	una;
	u32	nxt;
};

enum xtcp_cong_why {
	XTCP_CONG_LOSS,			/* fast recovery begins */
	XTCP_CONG_PROBED_LOSS,		/* a loss probe has repaired a loss (RFC 8985 7.4) */
	XTCP_CONG_ECE,			/* the peer tells of congestion (RFC 3168 6.1.2) */
	XTCP_CONG_TIMEOUT,		/* the retransmission timer expired */
	XTCP_CONG_TIMEOUT_AGAIN,	/* once more, in a row: ssthresh stays (RFC 5681 3.1) */
};

/**
 * struct xtcp_cong_event - congestion
 * @now_us: the clock
 * @flight: FlightSize: bytes sent and not acknowledged
 * @in_flight: bytes in the network, what is taken for lost because of it not among them
 * @why: how it showed
 * @sack: the peer acknowledges selectively
 */
struct xtcp_cong_event {
	u64			now_us;
	u32			flight;
	u32			in_flight;
	enum xtcp_cong_why	why;
	bool			sack;
};

/**
 * struct xtcp_cong_ecn - a connection's explicit congestion notification, for who asks
 * @ok: both sides do it
 * @ce: what came last was marked; of an exact echo
 */
struct xtcp_cong_ecn {
	bool	ok;
	bool	ce;
};

/**
 * struct xtcp_cong_ops - an algorithm
 * @init: a connection begins with this algorithm, or goes on with it: @cc->priv is zeroed,
 *	  @cc->pacing_rate is ~0, cwnd, ssthresh and mss are valid; with a connection that goes on,
 *	  data may be in flight, and losses be under repair. Optional
 * @ack: an ACK brought news. Called outside of recovery and if snd_una moved; with
 *	 %XTCP_CONG_ECN in recovery, too; with %XTCP_CONG_OWN_RECOVERY whenever something was
 *	 delivered or lost. Lets cwnd grow
 * @echo: an ACK says that data has arrived, be it beyond a gap alone, and how much of it was
 *	  marked; comes before @ack. Not called where the peer tells no such thing. Optional
 * @ssthresh: congestion, as enum xtcp_cong_why has it. Returns what ssthresh is to be, bytes; fewer
 *	      than two segments count as two. cwnd is as it was, and what else changes the caller
 *	      does. Not called for %XTCP_CONG_TIMEOUT_AGAIN. Optional with
 *	      %XTCP_CONG_OWN_RECOVERY, where ssthresh stays without it
 * @event: the same, after @ssthresh; optional. cwnd is set: a segment after a timeout, else
 *	   ssthresh; but an algorithm of its own recovery finds it as it was, and sets it here
 * @marked: a segment of @bytes is taken for lost, that was sent with @tx; @lost is xtcp_rate.lost
 *	    with it. Before the event that it may lead to, or after; optional
 * @recovered: fast recovery is over, cwnd is ssthresh, or with %XTCP_CONG_OWN_RECOVERY as it was;
 *	       may have begun under another algorithm; optional
 * @undo: nothing was lost at the last event after all: cwnd and ssthresh are as before it, or
 *	  higher; optional
 * @restart: sending begins again with nothing in flight, after @idle_us since data was last sent;
 *	     after a retransmission timeout's time of it cwnd has come down to the initial window,
 *	     but not with %XTCP_CONG_OWN_RECOVERY. @app_limited: there was nothing to send;
 *	     optional
 * @info: for TCP_CC_INFO: fills at most @len bytes of @buf, returns how many; at most the size of
 *	  union tcp_cc_info are passed on; @ecn: the connection's; optional
 * @info_attr: %INET_DIAG_BBRINFO and so on: under which sock_diag hands on what @info fills; 0: not
 *	       at all
 * @flags: %XTCP_CONG_OWN_RECOVERY and so on. %XTCP_CONG_RESTRICTED: TCP_CONGESTION wants
 *	   CAP_NET_ADMIN, and no namespace but the first may have it for its default
 * @name: for TCP_CONGESTION
 * @owner: %THIS_MODULE; stays loaded while a connection uses the algorithm, or a namespace
 *	   begins connections with it
 * @node: cong.c's
 *
 * Context: process or softirq context, with the socket lock: for one connection one at a time, for
 * different ones at the same time. They may not sleep. Of @cc they may change what struct xtcp_cong
 * calls the algorithm's, and nothing else.
 *
 * Units: windows and amounts are bytes, times microseconds of one monotonic clock, rates bytes a
 * second.
 */
struct xtcp_cong_ops {
	void	(*init)(struct xtcp_cong *cc, u64 now_us);
	void	(*ack)(struct xtcp_cong *cc, const struct xtcp_cong_ack *ack);
	void	(*echo)(struct xtcp_cong *cc, const struct xtcp_cong_echo *echo);
	u32	(*ssthresh)(struct xtcp_cong *cc, const struct xtcp_cong_event *event);
	void	(*event)(struct xtcp_cong *cc, const struct xtcp_cong_event *event);
	void	(*marked)(struct xtcp_cong *cc, u32 bytes, const struct xtcp_rate_tx *tx, u32 lost);
	void	(*recovered)(struct xtcp_cong *cc, u64 now_us);
	void	(*undo)(struct xtcp_cong *cc, u64 now_us);
	void	(*restart)(struct xtcp_cong *cc, u64 now_us, u64 idle_us, bool app_limited);
	size_t	(*info)(const struct xtcp_cong *cc, const struct xtcp_cong_ecn *ecn, void *buf,
			size_t len);
	u16			info_attr;
	u32			flags;
	char			name[XTCP_CONG_NAME_LEN];
	struct module		*owner;
	struct list_head	node;
};

/**
 * struct xtcp_cong - congestion control of a connection, in bytes
 * @ops: the algorithm; cong.c's
 * @pacing_rate: bytes a second at which to send; ~0: as fast as may be. The algorithm's, and heeded
 *		 with %XTCP_CONG_PACED alone
 * @cwnd: congestion window. The algorithm's, from a segment to %XTCP_CWND_MAX: xtcp_cong_bound()
 * @ssthresh: slow start threshold; %XTCP_SSTHRESH_INFINITE: nothing was lost yet. The algorithm's
 * @mss: bytes of a full segment; the connection's, follows the path MTU
 * @acked: bytes acknowledged since the window last grew, in congestion avoidance;
 *	   xtcp_cong_avoid()'s
 * @after_timeout: slow start follows a retransmission timeout, and of what arrives no more is known
 *		   than the sum (RFC 3465 2.3); cong.c's
 * @priv: the algorithm's own: xtcp_cong_priv()
 *
 * Protected by the socket lock.
 */
struct xtcp_cong {
	const struct xtcp_cong_ops	*ops;
	u64	pacing_rate;
	u32	cwnd;
	u32	ssthresh;
	u32	mss;
	u32	acked;
	bool	after_timeout;
	u64	priv[XTCP_CONG_PRIV / sizeof(u64)];
};

/**
 * xtcp_cong_priv() - an algorithm's own state of a connection
 * @cc: congestion state
 * @type: of that, at most %XTCP_CONG_PRIV bytes
 */
#define xtcp_cong_priv(cc, type) ({					\
	static_assert(sizeof(type) <= XTCP_CONG_PRIV);			\
	(type *)(cc)->priv;						\
})

static inline bool xtcp_cong_owns_recovery(const struct xtcp_cong *cc)
{
	return cc->ops->flags & XTCP_CONG_OWN_RECOVERY;
}

/* Parts that algorithms share: exported. */
u32 xtcp_cong_bound(u64 bytes);
u32 xtcp_cong_slow_start(struct xtcp_cong *cc, u32 acked, u32 limit);
void xtcp_cong_avoid(struct xtcp_cong *cc, u32 acked, u32 window);

/* For other modules: exported. */
int xtcp_cong_register(struct xtcp_cong_ops *ops);
void xtcp_cong_unregister(struct xtcp_cong_ops *ops);

/* Towards the connection. */
void xtcp_cong_init(struct xtcp_cong *cc, const struct xtcp_cong_ops *ops, u32 mss,
		    u32 initial_segments, u64 now_us);
void xtcp_cong_switch(struct xtcp_cong *cc, const struct xtcp_cong_ops *ops, u64 now_us);
void xtcp_cong_acked(struct xtcp_cong *cc, const struct xtcp_cong_ack *ack);
void xtcp_cong_echoed(struct xtcp_cong *cc, const struct xtcp_cong_echo *echo);
void xtcp_cong_congested(struct xtcp_cong *cc, const struct xtcp_cong_event *event);
void xtcp_cong_recovered(struct xtcp_cong *cc, u64 now_us);
void xtcp_cong_undo(struct xtcp_cong *cc, u32 cwnd, u32 ssthresh, u64 now_us);
void xtcp_cong_restart(struct xtcp_cong *cc, u32 initial_segments, u32 idle_rtos, u64 now_us,
		       u64 idle_us, bool app_limited);

/* The algorithms there are. */
extern struct xtcp_cong_ops xtcp_cong_reno;
extern struct xtcp_cong_ops xtcp_cong_cubic;
extern struct xtcp_cong_ops xtcp_cong_bbr;
extern struct xtcp_cong_ops xtcp_cong_dctcp;

const struct xtcp_cong_ops *xtcp_cong_get(const char *name, bool load);
bool xtcp_cong_hold(const struct xtcp_cong_ops *ops);
void xtcp_cong_hold_again(const struct xtcp_cong_ops *ops);
void xtcp_cong_put(const struct xtcp_cong_ops *ops);
void xtcp_cong_list(char *buf, size_t len);
int xtcp_cong_init_module(void);
void xtcp_cong_exit_module(void);

#endif /* _XTCP_CONG_H */

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tracepoints: xtcp:xtcp_state at every transition, xtcp:xtcp_send and xtcp:xtcp_receive at
 * every segment of a connection, xtcp:xtcp_retransmit at those that are sent again, xtcp:xtcp_drop
 * at those that are discarded, xtcp:xtcp_cwnd when a congestion window changes, xtcp:xtcp_cookie
 * when a SYN cookie is sent or comes back, xtcp:xtcp_flood when a listener is flooded.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM xtcp

#if !defined(_XTCP_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _XTCP_TRACE_H

#include <linux/tcp.h>
#include <linux/tracepoint.h>
#include <net/net_namespace.h>
#include <net/tcp_states.h>

#include "xtcp.h"
#include "traced.h"

/* Names as RFC 9293's, with underscores for hyphens. */
#define XTCP_TRACE_STATES \
	{ TCP_ESTABLISHED,	"ESTABLISHED" },	\
	{ TCP_SYN_SENT,		"SYN_SENT" },		\
	{ TCP_SYN_RECV,		"SYN_RECEIVED" },	\
	{ TCP_FIN_WAIT1,	"FIN_WAIT_1" },		\
	{ TCP_FIN_WAIT2,	"FIN_WAIT_2" },		\
	{ TCP_TIME_WAIT,	"TIME_WAIT" },		\
	{ TCP_CLOSE,		"CLOSED" },		\
	{ TCP_CLOSE_WAIT,	"CLOSE_WAIT" },		\
	{ TCP_LAST_ACK,		"LAST_ACK" },		\
	{ TCP_LISTEN,		"LISTEN" },		\
	{ TCP_CLOSING,		"CLOSING" }

#define XTCP_TRACE_DROP(name, what)	{ XTCP_MIB_##name, #name },

#define XTCP_TRACE_RESENDS \
	{ XTCP_RESEND_RTO, "RTO" }, { XTCP_RESEND_RACK, "RACK" }, { XTCP_RESEND_FAST, "FAST" }, \
	{ XTCP_RESEND_TLP, "TLP" }, { XTCP_RESEND_OTHER, "OTHER" }

#define XTCP_TRACE_PHASES \
	{ XTCP_PHASE_OPEN, "OPEN" }, { XTCP_PHASE_RECOVERY, "RECOVERY" }, \
	{ XTCP_PHASE_LOSS, "LOSS" }

#define XTCP_TRACE_COOKIES \
	{ XTCP_COOKIE_SENT, "sent" }, { XTCP_COOKIE_ACCEPTED, "accepted" }, \
	{ XTCP_COOKIE_FORGED, "forged" }, { XTCP_COOKIE_SPENT, "spent" }, \
	{ XTCP_COOKIE_NO_ROOM, "no_room" }

/* User space is told what the names in print formats stand for. */
#define XTCP_TRACE_EXPORT(name, what)	TRACE_DEFINE_ENUM(XTCP_MIB_##name);
XTCP_MIB_DROPS(XTCP_TRACE_EXPORT)
#undef XTCP_TRACE_EXPORT
TRACE_DEFINE_ENUM(XTCP_RESEND_RTO);
TRACE_DEFINE_ENUM(XTCP_RESEND_RACK);
TRACE_DEFINE_ENUM(XTCP_RESEND_FAST);
TRACE_DEFINE_ENUM(XTCP_RESEND_TLP);
TRACE_DEFINE_ENUM(XTCP_RESEND_OTHER);
TRACE_DEFINE_ENUM(XTCP_PHASE_OPEN);
TRACE_DEFINE_ENUM(XTCP_PHASE_RECOVERY);
TRACE_DEFINE_ENUM(XTCP_PHASE_LOSS);
TRACE_DEFINE_ENUM(XTCP_COOKIE_SENT);
TRACE_DEFINE_ENUM(XTCP_COOKIE_ACCEPTED);
TRACE_DEFINE_ENUM(XTCP_COOKIE_FORGED);
TRACE_DEFINE_ENUM(XTCP_COOKIE_SPENT);
TRACE_DEFINE_ENUM(XTCP_COOKIE_NO_ROOM);

#define XTCP_TRACE_FLAGS \
	{ XTCP_SYN, "SYN" }, { XTCP_FIN, "FIN" }, { XTCP_RST, "RST" }, { XTCP_PSH, "PSH" }, \
	{ XTCP_ACK, "ACK" }, { XTCP_URG, "URG" }, { XTCP_ECE, "ECE" }, { XTCP_CWR, "CWR" }, \
	{ XTCP_AE, "AE" }

/* Which connection it is: the first columns of every event. */
#define XTCP_TRACE_TUPLE_FIELDS		\
	__field(u32, netns)		\
	__array(u8, laddr, 16)		\
	__array(u8, raddr, 16)		\
	__field(u16, lport)		\
	__field(u16, rport)		\
	__field(u8, native)

#define XTCP_TRACE_TUPLE_ASSIGN do {					\
	__entry->netns = net->ns.inum;					\
	memcpy(__entry->laddr, &tuple->laddr, 16);			\
	memcpy(__entry->raddr, &tuple->raddr, 16);			\
	__entry->lport = ntohs(tuple->lport);				\
	__entry->rport = ntohs(tuple->rport);				\
	__entry->native = tuple->link & XTCP_LINK_NATIVE;		\
} while (0)

#define XTCP_TRACE_TUPLE_FORMAT \
	"netns=%u local=[%pI6c]:%u remote=[%pI6c]:%u carrier=%s"

#define XTCP_TRACE_TUPLE_ARGS						\
	__entry->netns, __entry->laddr, __entry->lport,			\
	__entry->raddr, __entry->rport, __entry->native ? "native" : "tcp"

/**
 * xtcp_state - a connection, or a half-open or TIME-WAIT object, changed its state
 * @net: namespace; shown as its inode number
 * @tuple: addresses (IPv4 v4-mapped), ports, carrier
 * @oldstate: before
 * @newstate: after
 */
TRACE_EVENT(xtcp_state,
	TP_PROTO(const struct net *net, const struct xtcp_tuple *tuple, int oldstate, int newstate),
	TP_ARGS(net, tuple, oldstate, newstate),
	TP_STRUCT__entry(
		XTCP_TRACE_TUPLE_FIELDS
		__field(u8, oldstate)
		__field(u8, newstate)
	),
	TP_fast_assign(
		XTCP_TRACE_TUPLE_ASSIGN;
		__entry->oldstate = oldstate;
		__entry->newstate = newstate;
	),
	TP_printk(XTCP_TRACE_TUPLE_FORMAT " oldstate=%s newstate=%s",
		  XTCP_TRACE_TUPLE_ARGS,
		  __print_symbolic(__entry->oldstate, XTCP_TRACE_STATES),
		  __print_symbolic(__entry->newstate, XTCP_TRACE_STATES))
);

DECLARE_EVENT_CLASS(xtcp_segment,
	TP_PROTO(const struct net *net, const struct xtcp_tuple *tuple, int state, u32 seq, u32 ack,
		 u8 flags, u32 len, const struct tcphdr *th),
	TP_ARGS(net, tuple, state, seq, ack, flags, len, th),
	TP_STRUCT__entry(
		XTCP_TRACE_TUPLE_FIELDS
		__field(u8, state)
		__field(u16, flags)
		__field(u32, seq)
		__field(u32, ack)
		__field(u32, len)
		__field(u16, window)
		__dynamic_array(u8, options, xtcp_hdr_len(th) - XTCP_HDR_MIN)
	),
	TP_fast_assign(
		XTCP_TRACE_TUPLE_ASSIGN;
		__entry->state = state;
		__entry->flags = flags | (xtcp_ace_flags(xtcp_hdr_ace(th)) & XTCP_AE);
		__entry->seq = seq;
		__entry->ack = ack;
		__entry->len = len;
		__entry->window = ntohs(th->window);
		memcpy(__get_dynamic_array(options), th + 1, __get_dynamic_array_len(options));
	),
	TP_printk(XTCP_TRACE_TUPLE_FORMAT " state=%s flags=%s seq=%u ack=%u len=%u window=%u options=%s",
		  XTCP_TRACE_TUPLE_ARGS,
		  __print_symbolic(__entry->state, XTCP_TRACE_STATES),
		  __print_flags(__entry->flags, "|", XTCP_TRACE_FLAGS),
		  __entry->seq, __entry->ack, __entry->len, __entry->window,
		  __print_hex_str(__get_dynamic_array(options),
				  __get_dynamic_array_len(options)))
);

/*
 * xtcp_send, xtcp_receive - a segment left, or arrived for, a connection, a half-open entry or a
 * TIME-WAIT object; state is the one before the segment had its effect, len counts data only,
 * window is as the header has it, before the scale (RFC 7323 2.2) that the SYNs' options tell,
 * options are the bytes between the header and the data.
 */
DEFINE_EVENT(xtcp_segment, xtcp_send,
	TP_PROTO(const struct net *net, const struct xtcp_tuple *tuple, int state, u32 seq, u32 ack,
		 u8 flags, u32 len, const struct tcphdr *th),
	TP_ARGS(net, tuple, state, seq, ack, flags, len, th)
);

DEFINE_EVENT(xtcp_segment, xtcp_receive,
	TP_PROTO(const struct net *net, const struct xtcp_tuple *tuple, int state, u32 seq, u32 ack,
		 u8 flags, u32 len, const struct tcphdr *th),
	TP_ARGS(net, tuple, state, seq, ack, flags, len, th)
);

/**
 * xtcp_retransmit - a segment went out again
 * @net: namespace; shown as its inode number
 * @tuple: addresses (IPv4 v4-mapped), ports, carrier
 * @state: of the connection
 * @seq: sequence number of the first byte
 * @len: bytes of data
 * @segs: how many segments of the MSS that is; their sum is what RetransSegs grows by
 * @why: why it was sent again, enum xtcp_trace_resend
 */
TRACE_EVENT(xtcp_retransmit,
	TP_PROTO(const struct net *net, const struct xtcp_tuple *tuple, int state, u32 seq, u32 len,
		 u32 segs, enum xtcp_trace_resend why),
	TP_ARGS(net, tuple, state, seq, len, segs, why),
	TP_STRUCT__entry(
		XTCP_TRACE_TUPLE_FIELDS
		__field(u8, state)
		__field(u8, why)
		__field(u32, seq)
		__field(u32, len)
		__field(u32, segs)
	),
	TP_fast_assign(
		XTCP_TRACE_TUPLE_ASSIGN;
		__entry->state = state;
		__entry->why = why;
		__entry->seq = seq;
		__entry->len = len;
		__entry->segs = segs;
	),
	TP_printk(XTCP_TRACE_TUPLE_FORMAT " state=%s seq=%u len=%u segs=%u why=%s",
		  XTCP_TRACE_TUPLE_ARGS,
		  __print_symbolic(__entry->state, XTCP_TRACE_STATES),
		  __entry->seq, __entry->len, __entry->segs,
		  __print_symbolic(__entry->why, XTCP_TRACE_RESENDS))
);

/**
 * xtcp_drop - a segment was discarded, an ICMP error ignored, or an answer not sent
 * @net: namespace; shown as its inode number
 * @tuple: addresses (IPv4 v4-mapped), ports, carrier; all zero if they are not known
 * @cb: of the segment: seq, ack, flags and bytes of data are shown; NULL, and all of that 0, if it
 *	is none, or its header is not to be trusted
 * @why: reason: the counter that grows by one with each event
 */
TRACE_EVENT(xtcp_drop,
	TP_PROTO(const struct net *net, const struct xtcp_tuple *tuple, const struct xtcp_cb *cb,
		 enum xtcp_mib why),
	TP_ARGS(net, tuple, cb, why),
	TP_STRUCT__entry(
		XTCP_TRACE_TUPLE_FIELDS
		__field(u8, why)
		__field(u16, flags)
		__field(u32, seq)
		__field(u32, ack)
		__field(u32, len)
	),
	TP_fast_assign(
		XTCP_TRACE_TUPLE_ASSIGN;
		__entry->why = why;
		__entry->flags = cb ? cb->flags | (xtcp_ace_flags(cb->ace) & XTCP_AE) : 0;
		__entry->seq = cb ? cb->seq : 0;
		__entry->ack = cb ? cb->ack : 0;
		__entry->len = cb ? xtcp_cb_len(cb) : 0;
	),
	TP_printk(XTCP_TRACE_TUPLE_FORMAT " reason=%s flags=%s seq=%u ack=%u len=%u",
		  XTCP_TRACE_TUPLE_ARGS,
		  /* The list ends with a comma, and what follows it never occurs. */
		  __print_symbolic(__entry->why, XTCP_MIB_DROPS(XTCP_TRACE_DROP) { -1, "" }),
		  __print_flags(__entry->flags, "|", XTCP_TRACE_FLAGS),
		  __entry->seq, __entry->ack, __entry->len)
);

/**
 * xtcp_cwnd - an ACK or a loss has changed cwnd, ssthresh or whether losses are being repaired
 * @sk: connection: its algorithm, cwnd, ssthresh (2147483647: nothing was lost yet) and flight in
 *	bytes, smoothed round-trip time in microseconds (0: unknown), pacing rate (all ones: as fast
 *	as it goes) and rate of delivery (0: unknown) in bytes a second, as TCP_INFO has them
 * @phase: whether they are, enum xtcp_trace_phase
 * @in_flight: estimate of what is in the network, bytes
 *
 * What else has changed meanwhile, as after a time of silence, is told with the next of them. The
 * first event of a connection may be one without a change.
 */
TRACE_EVENT(xtcp_cwnd,
	TP_PROTO(const struct sock *sk, enum xtcp_trace_phase phase, u32 in_flight),
	TP_ARGS(sk, phase, in_flight),
	TP_STRUCT__entry(
		XTCP_TRACE_TUPLE_FIELDS
		__array(char, algorithm, XTCP_CONG_NAME_LEN)
		__field(u8, phase)
		__field(u32, cwnd)
		__field(u32, ssthresh)
		__field(u32, in_flight)
		__field(u32, srtt_us)
		__field(u64, pacing_rate)
		__field(u64, delivery_rate)
	),
	TP_fast_assign(
		const struct xtcp_sock *xsk = xtcp_sk(sk);
		const struct xtcp_tuple *tuple = &xsk->tuple;
		const struct net *net = sock_net(sk);

		XTCP_TRACE_TUPLE_ASSIGN;
		strscpy_pad(__entry->algorithm, xsk->cong.ops->name, XTCP_CONG_NAME_LEN);
		__entry->phase = phase;
		__entry->cwnd = xsk->cong.cwnd;
		__entry->ssthresh = xsk->cong.ssthresh;
		__entry->in_flight = in_flight;
		__entry->srtt_us = xsk->rtt.srtt_us >> 3;
		__entry->pacing_rate = xtcp_rate_limit(READ_ONCE(sk->sk_pacing_rate));
		__entry->delivery_rate = xtcp_rate_of(xsk->rate_delivered, xsk->rate_interval_us);
	),
	TP_printk(XTCP_TRACE_TUPLE_FORMAT " phase=%s cwnd=%u ssthresh=%u in_flight=%u srtt_us=%u pacing_rate=%llu delivery_rate=%llu algorithm=%s",
		  XTCP_TRACE_TUPLE_ARGS,
		  __print_symbolic(__entry->phase, XTCP_TRACE_PHASES),
		  __entry->cwnd, __entry->ssthresh, __entry->in_flight, __entry->srtt_us,
		  __entry->pacing_rate, __entry->delivery_rate, __entry->algorithm)
);

/**
 * xtcp_cookie - a SYN cookie was sent, or came back
 * @net: namespace; shown as its inode number
 * @tuple: addresses (IPv4 v4-mapped), ports, carrier
 * @isn: the cookie: the initial sequence number of the SYN-ACK
 * @verdict: what became of it, enum xtcp_trace_cookie
 */
TRACE_EVENT(xtcp_cookie,
	TP_PROTO(const struct net *net, const struct xtcp_tuple *tuple, u32 isn,
		 enum xtcp_trace_cookie verdict),
	TP_ARGS(net, tuple, isn, verdict),
	TP_STRUCT__entry(
		XTCP_TRACE_TUPLE_FIELDS
		__field(u8, verdict)
		__field(u32, isn)
	),
	TP_fast_assign(
		XTCP_TRACE_TUPLE_ASSIGN;
		__entry->verdict = verdict;
		__entry->isn = isn;
	),
	TP_printk(XTCP_TRACE_TUPLE_FORMAT " cookie=%s isn=%u",
		  XTCP_TRACE_TUPLE_ARGS,
		  __print_symbolic(__entry->verdict, XTCP_TRACE_COOKIES), __entry->isn)
);

/**
 * xtcp_flood - a listener is being flooded with SYNs, or not any more
 * @net: namespace; shown as its inode number
 * @tuple: of the listener: address (IPv4 v4-mapped), port, carrier
 * @report: rates a second, and the estimate of distinct sources
 * @over: the flood is over
 */
TRACE_EVENT(xtcp_flood,
	TP_PROTO(const struct net *net, const struct xtcp_tuple *tuple,
		 const struct xtcp_flood_report *report, bool over),
	TP_ARGS(net, tuple, report, over),
	TP_STRUCT__entry(
		XTCP_TRACE_TUPLE_FIELDS
		__field(u8, over)
		__field(u32, syn_rate)
		__field(u32, open_rate)
		__field(u32, sources)
	),
	TP_fast_assign(
		XTCP_TRACE_TUPLE_ASSIGN;
		__entry->over = over;
		__entry->syn_rate = report->syn_rate;
		__entry->open_rate = report->open_rate;
		__entry->sources = report->sources;
	),
	TP_printk(XTCP_TRACE_TUPLE_FORMAT " flood=%s syn_rate=%u open_rate=%u sources=%u",
		  XTCP_TRACE_TUPLE_ARGS, __entry->over ? "over" : "begin",
		  __entry->syn_rate, __entry->open_rate, __entry->sources)
);

#endif /* _XTCP_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tracepoints: xtcp:xtcp_state at every transition, xtcp:xtcp_send and xtcp:xtcp_receive at
 * every segment of a connection, xtcp:xtcp_drop at those that are discarded, xtcp:xtcp_flood when
 * a listener is flooded.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM xtcp

#if !defined(_XTCP_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _XTCP_TRACE_H

#include <linux/tracepoint.h>
#include <net/net_namespace.h>
#include <net/tcp_states.h>

#include "xtcp.h"

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

/* User space is told what the names in print formats stand for. */
#define XTCP_TRACE_EXPORT(name, what)	TRACE_DEFINE_ENUM(XTCP_MIB_##name);
XTCP_MIB_DROPS(XTCP_TRACE_EXPORT)
#undef XTCP_TRACE_EXPORT

#define XTCP_TRACE_FLAGS \
	{ XTCP_SYN, "SYN" }, { XTCP_FIN, "FIN" }, { XTCP_RST, "RST" }, { XTCP_PSH, "PSH" }, \
	{ XTCP_ACK, "ACK" }, { XTCP_URG, "URG" }, { XTCP_ECE, "ECE" }, { XTCP_CWR, "CWR" }

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
		 u8 flags, u32 len),
	TP_ARGS(net, tuple, state, seq, ack, flags, len),
	TP_STRUCT__entry(
		XTCP_TRACE_TUPLE_FIELDS
		__field(u8, state)
		__field(u8, flags)
		__field(u32, seq)
		__field(u32, ack)
		__field(u32, len)
	),
	TP_fast_assign(
		XTCP_TRACE_TUPLE_ASSIGN;
		__entry->state = state;
		__entry->flags = flags;
		__entry->seq = seq;
		__entry->ack = ack;
		__entry->len = len;
	),
	TP_printk(XTCP_TRACE_TUPLE_FORMAT " state=%s flags=%s seq=%u ack=%u len=%u",
		  XTCP_TRACE_TUPLE_ARGS,
		  __print_symbolic(__entry->state, XTCP_TRACE_STATES),
		  __print_flags(__entry->flags, "|", XTCP_TRACE_FLAGS),
		  __entry->seq, __entry->ack, __entry->len)
);

/*
 * xtcp_send, xtcp_receive - a segment left, or arrived for, a connection, a half-open entry or a
 * TIME-WAIT object; state is the one before the segment had its effect, len counts data only.
 */
DEFINE_EVENT(xtcp_segment, xtcp_send,
	TP_PROTO(const struct net *net, const struct xtcp_tuple *tuple, int state, u32 seq, u32 ack,
		 u8 flags, u32 len),
	TP_ARGS(net, tuple, state, seq, ack, flags, len)
);

DEFINE_EVENT(xtcp_segment, xtcp_receive,
	TP_PROTO(const struct net *net, const struct xtcp_tuple *tuple, int state, u32 seq, u32 ack,
		 u8 flags, u32 len),
	TP_ARGS(net, tuple, state, seq, ack, flags, len)
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
		__field(u8, flags)
		__field(u32, seq)
		__field(u32, ack)
		__field(u32, len)
	),
	TP_fast_assign(
		XTCP_TRACE_TUPLE_ASSIGN;
		__entry->why = why;
		__entry->flags = cb ? cb->flags : 0;
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

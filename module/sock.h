/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The socket: its fields, who may touch them, and what keeps it alive.
 *
 * Locks
 *
 * "socket lock" is lock_sock() in process context, or bh_lock_sock() with
 * sock_owned_by_user() checked in softirq; a segment that finds the socket owned
 * goes to the backlog, a timer sets a bit in @deferred, and release_sock() runs
 * both. Everything below that names no other lock is the socket lock's.
 *
 * Lookups take no lock: they walk RCU lists and then take a reference with
 * refcount_inc_not_zero(). A socket is freed an RCU grace period after its last
 * reference (SOCK_RCU_FREE).
 *
 * Order: a listener's socket lock, then a child's (SINGLE_DEPTH_NESTING), then the
 * leaves, of which only one is held at a time: a hash bucket's lock (table.c), a
 * half-open bucket's (synq.c), a TIME-WAIT shard's (timewait.c), a listener's
 * accept.lock, its fastopen_lock, a cookie jar's (jar.c), a namespace's list of listeners
 * (listener.c) and what it knows of servers (fastopen_active.c).
 * The mutex of port.c is taken in process context, under a socket lock or none, and the
 * kernel's own bind locks nest in it. Buckets are inside the socket lock and not around
 * it because lookups hold no bucket lock at all.
 *
 * Lives
 *
 * A reference each is held by: the file (struct socket), the hash table, an armed
 * timer, an accept queue, a lookup. Segments in flight below hold sk_wmem_alloc,
 * which keeps the memory but not the connection.
 *
 * Death has two phases. xtcp_sock_done() ends the connection, once, under the socket
 * lock: CLOSED, unhashed, timers stopped, waiters woken. From then on nobody finds
 * the socket, and whoever holds a reference finds it CLOSED. The destructor runs when
 * the last reference goes: it frees queues and gives the port back.
 */
#ifndef _XTCP_SOCK_H
#define _XTCP_SOCK_H

#include <linux/hrtimer.h>
#include <linux/ipv6.h>
#include <net/inet_sock.h>
#include <net/ipv6.h>
#include <net/sock.h>

#include "chrono.h"
#include "cong.h"
#include "ecn.h"
#include "fsm.h"
#include "opt.h"
#include "pernet.h"
#include "plpmtud.h"
#include "reasm.h"
#include "prr.h"
#include "rack.h"
#include "rate.h"
#include "rtt.h"
#include "sack.h"
#include "urgent.h"
#include "tune.h"
#include "wire.h"

struct xtcp_fastopen_secret;
struct xtcp_lease;
struct xtcp_listener;
struct xtcp_saved_syn;

/* Bits of xtcp_sock.deferred: what found the socket owned by user. */
enum {
	XTCP_DEFER_RTX,		/* retransmission or persist timer fired */
	XTCP_DEFER_DELACK,	/* delayed-ACK timer fired */
	XTCP_DEFER_LIFE,	/* keepalive or FIN-WAIT-2 timer fired */
	XTCP_DEFER_PMTU,	/* an ICMP error lowered the path MTU */
	XTCP_DEFER_PACE,	/* what waited for its time may be sent */
};

/* What xtcp_sock.rtx_timer is armed for. */
enum xtcp_rtx_reason {
	XTCP_RTX_NONE,
	XTCP_RTX_RTO,		/* data, SYN or FIN in flight */
	XTCP_RTX_PROBE,		/* likewise: a loss probe comes first (RFC 8985 7) */
	XTCP_RTX_REORDER,	/* likewise: something may be lost or just late (RFC 8985 6.2) */
	XTCP_RTX_PERSIST,	/* data waits, the peer's window is closed */
};

/* Bits of xtcp_sock.ack_due. */
#define XTCP_ACK_SCHED	0x01	/* something received is not acknowledged yet */
#define XTCP_ACK_TIMER	0x02	/* the delayed-ACK timer runs */
#define XTCP_ACK_NOW	0x04	/* send it with this segment's processing */

/* xtcp_sock.frto: whether a retransmission timeout was for nothing (RFC 5682 3.1). */
enum {
	XTCP_FRTO_NONE,		/* nobody asks */
	XTCP_FRTO_FIRST,	/* the oldest segment was sent again: what does its ACK say */
	XTCP_FRTO_SECOND,	/* it went on: does the next one, with nothing else sent again */
};

/**
 * struct xtcp_undo - what to go back to where a loss turns out to have been none
 * @cwnd: congestion window before it, bytes
 * @ssthresh: likewise
 * @una: snd_una then
 * @pending: bytes sent again that the peer has not reported as duplicates (RFC 2883, RFC 3708)
 * @armed_ts: TSval when the above became valid
 * @armed_us: likewise, by xtcp_clock_us()
 * @armed: they are
 */
struct xtcp_undo {
	u32	cwnd;
	u32	ssthresh;
	u32	una;
	u32	pending;
	u32	armed_ts;
	u64	armed_us;
	bool	armed;
};

/**
 * struct xtcp_traced - what the tracepoint xtcp_cwnd has told last
 * @cwnd: as xtcp_cong.cwnd
 * @ssthresh: likewise
 * @phase: enum xtcp_trace_phase
 */
struct xtcp_traced {
	u32	cwnd;
	u32	ssthresh;
	u8	phase;
};

/**
 * struct xtcp_accept - a listener's established children, not yet accepted
 * @lock: leaf, BH; protects the rest
 * @head: children, by xtcp_sock.accept_node, oldest first
 * @len: their number
 * @open: the listener listens; once false nothing may be added
 */
struct xtcp_accept {
	spinlock_t		lock;	/* leaf, BH */
	struct list_head	head;	/* lock */
	unsigned int		len;	/* lock; read without for poll */
	bool			open;	/* lock */
};

/**
 * struct xtcp_sock - an XTCP socket
 *
 * sk_state is the connection's, written by xtcp_set_state() alone. sk_write_queue
 * holds what was never sent, @rtxq what is in flight, sk_receive_queue what is
 * readable.
 */
struct xtcp_sock {
	struct inet_sock	inet;		/* first: IP output reads it */
	struct ipv6_pinfo	inet6;		/* inet.pinet6 points here */

	/* Settings: children inherit them, a new connect() keeps them. */
	u16			format;		/* user addresses': AF_INET, AF_INET6, AF_UNSPEC */
	u16			mss_user;	/* TCP_MAXSEG, 0 if not set */
	bool			v6only;		/* IPV6_V6ONLY */
	bool			recverr6;	/* IPV6_RECVERR; read without */
	bool			recverr6_rfc4884;	/* IPV6_RECVERR_RFC4884; likewise */
	bool			send_flow;	/* IPV6_FLOWINFO_SEND */
	u32			port_range;	/* IP_LOCAL_PORT_RANGE; read without */
	bool			nodelay;	/* TCP_NODELAY */
	const struct xtcp_cong_ops *cong_ops;	/* TCP_CONGESTION; held */
	u8			syn_retries;	/* TCP_SYNCNT, 0: the sysctl */
	u8			defer_accept;	/* TCP_DEFER_ACCEPT, in SYN-ACKs sent again */
	u8			save_syn;	/* TCP_SAVE_SYN; SYNs: no lock */
	int			linger2_ms;	/* orphan's FIN-WAIT-2; 0: the sysctl, < 0: none */
	bool			cork;		/* TCP_CORK */
	bool			tell_queued;	/* TCP_INQ; read without */
	bool			lazy_ack;	/* TCP_QUICKACK is off from the start */
	u8			keep_probes;	/* TCP_KEEPCNT, 0: the sysctl */
	u16			keep_idle_s;	/* TCP_KEEPIDLE, 0: likewise */
	u16			keep_interval_s; /* TCP_KEEPINTVL, 0: likewise */
	u32			user_timeout_ms; /* TCP_USER_TIMEOUT, 0: none */
	u32			window_clamp;	/* TCP_WINDOW_CLAMP, 0: none; SYNs: no lock */
	u32			notsent_lowat;	/* TCP_NOTSENT_LOWAT, 0: the sysctl; read without */
	bool			fastopen_connect; /* TCP_FASTOPEN_CONNECT */
	bool			fastopen_free;	/* TCP_FASTOPEN_NO_COOKIE; read without */
	u32			fastopen_queue;	/* TCP_FASTOPEN; read without. Not children's */
	struct xtcp_fastopen_secret __rcu *fastopen_secret; /* TCP_FASTOPEN_KEY; likewise */

	/* Who: written under the socket lock before the socket is hashed, constant while it is. */
	struct xtcp_tuple	tuple;
	struct xtcp_lease	*lease;		/* the port; NULL before bind, after the last use */
	bool			listens;	/* or is about to; lease.c, the lease's lock */
	bool			hashed;		/* in a table of table.c */
	bool			orphan;		/* the connection itself has the file's reference */

	/* Timers (timer.c); the third is sk_timer: keepalive, FIN-WAIT-2. */
	struct timer_list	rtx_timer;
	struct timer_list	delack_timer;
	unsigned long		deferred;	/* atomic bits, XTCP_DEFER_* */
	struct hrtimer		pace_timer;	/* pace.c */
	unsigned long		pace_flags;	/* atomic bits; pace.c */

	/* Listener, and its children. */
	struct xtcp_accept	accept;
	struct xtcp_listener	*listening;	/* from the first listen() on: listener.c */
	atomic_t		synq_len;	/* half-open entries of this listener */
	struct list_head	accept_node;	/* child: in its listener's accept.head */
	struct sock		*listener;	/* child: until it is pushed; holds a reference */
	struct sock		*fastopen_listener; /* child: counts there; holds a reference */
	struct xtcp_saved_syn	*saved_syn;	/* child: TCP_SAVED_SYN; NULL once it is read */

	/* From here on everything is the connection's and zeroed before each one. */

	/* Send (RFC 9293 3.3.1). */
	u32			iss;
	u32			snd_una;
	u32			snd_nxt;	/* read without, for poll; so is write_seq */
	u32			snd_wnd;	/* bytes, already scaled */
	u32			snd_wl1;
	u32			snd_wl2;
	u32			snd_wnd_max;	/* largest snd_wnd seen */
	u32			snd_wnd_sws;	/* likewise, since a smaller one had to do */
	u32			snd_sml;	/* end of the last short segment sent */
	u32			write_seq;	/* one past the last byte (or FIN) queued */
	u32			tskey_base;	/* byte 0 of what is told of stamps; read without */
	u32			fin_seq;	/* of our FIN, once fin_queued */
	bool			fin_queued;
	u8			snd_wscale;
	u16			mss;		/* bytes of data that a segment may carry */
	u8			mss_gen;	/* another each time that mss falls; never 0 */
	u16			mss_peer;	/* what the peer's MSS option allows */
	u16			mss_adv;	/* what our MSS option says */
	u32			pmtu;		/* path MTU that mss was computed from */
	u32			pmtu_icmp;	/* what the last ICMP error said it is */
	struct xtcp_plpmtud	plpmtud;	/* what probes say it is */

	/* Receive. */
	struct xtcp_reasm	reasm;		/* rcv_nxt is reasm.rcv_nxt */
	struct xtcp_sack_list	sack;		/* what our ACKs say of data beyond gaps */
	u32			irs;
	u32			rcv_wnd;	/* bytes on offer as of rcv_wup */
	u32			rcv_wup;	/* rcv_nxt when the window was last sent */
	u32			rcv_adv;	/* right edge of what was offered: never shrinks */
	u32			route_clamp;	/* the route's limit, bytes; 0: none */
	u32			copied_seq;	/* next byte for the user */
	struct xtcp_urgent	urgent;		/* and of what we send */
	u32			rcv_label;	/* IPv6 flow label of the last data */
	u16			rcv_mss;	/* largest data segment seen: "full-sized" */
	struct xtcp_tune	tune;		/* of the receive buffer */
	u8			rcv_wscale;
	u8			wscale_ok:1,	/* both sides sent window scale */
				ts_ok:1,	/* both sides sent timestamps */
				sack_ok:1,	/* both sides sent SACK-permitted */
				simultaneous:1,	/* SYN-RECEIVED was reached from SYN-SENT */
				was_established:1; /* counted in Established */

	/* Fast Open (RFC 7413). */
	struct xtcp_fastopen_cookie fastopen_cookie; /* in the option */
	u16			fastopen_room;	/* bytes of data that may go with the SYN */
	u8			fastopen_fail;	/* TFO_DATA_NOT_ACKED and so on */
	u8			fastopen_say:1,	/* the next segment, a SYN, has the option */
				fastopen_asked:1, /* it had, and there was no answer yet */
				syn_data:1,	/* data went with it, likewise */
				syn_data_acked:1; /* and the answer acknowledges all of that */
	bool			fastopened;	/* a SYN alone opened it; read without */
	bool			syn_waits;	/* for data, to be sent; read without */

	/* Timestamps (RFC 7323). */
	u32			ts_offset;
	u32			ts_recent;
	u32			ts_floor;	/* ts_recent before the last gap was filled */
	u32			ts_floor_seq;	/* rcv_nxt when it was that */
	u32			last_ack_sent;
	time64_t		ts_recent_stamp;/* seconds; 0: no ts_recent yet */

	/* Retransmission and congestion. */
	struct rb_root		rtxq;		/* in flight, by sequence number; rtxq.c */
	struct list_head	sent;		/* of it, the last sent last; rtxq.c */
	struct list_head	lost;		/* of it, to be sent again in this order */
	u32			rtxq_bytes;	/* sequence space in rtxq */
	u32			sacked_bytes;	/* of it, selectively acknowledged */
	struct xtcp_sack_block	sacks[XTCP_SACK_BLOCKS]; /* of the last ACK that had any, sorted */
	u8			sack_count;
	struct xtcp_rtt		rtt;
	struct xtcp_cong	cong;
	struct xtcp_rate	rate;
	struct xtcp_rack	rack;
	struct xtcp_prr		prr;		/* while in_recovery */
	struct xtcp_undo	undo;
	struct xtcp_ecn		ecn;		/* both ways */
	u32			recover;	/* snd_nxt when recovery began (RFC 6582) */
	u32			probe_end;	/* snd_nxt when a loss probe went out */
	u32			lost_bytes;	/* sequence space marked lost, not sent again yet */
	u32			resent_bytes;	/* sent again and not heard of since */
	u32			cwnd_clamp;	/* segments, 0: none; the route's */
	u16			dupacks;
	u8			in_recovery:1,	/* fast recovery */
				in_rto:1,	/* since an RTO, until recover is acknowledged */
				frto:2,		/* XTCP_FRTO_* */
				probe_out:1,	/* a loss probe is not answered yet */
				probe_rtx:1,	/* and was a retransmission */
				cwnd_limited:1;	/* the last flight was bounded by cwnd */
	u8			retries;	/* timeouts, or probes, without an answer */
	ktime_t			stalled_since;	/* first retransmission or probe in vain; 0: none */
	ktime_t			last_sent;	/* last data segment */
	u64			rto_start_us;	/* since when the RTO counts; timer.c */
	u64			pace_next_ns;	/* when the next may leave; pace.c */
	u64			pace_rate;	/* bytes a second, of the next two */
	u64			pace_share;	/* percent of a window's bytes */
	u32			pace_srtt_us;	/* srtt_us */
	u32			rate_delivered;	/* last rate sample: bytes */
	u32			rate_interval_us; /* in how long; 0: none so far */
	bool			rate_app_limited;
	u32			total_retrans;	/* segments */
	struct xtcp_traced	traced;		/* recovery.c */

	/* Acknowledging. */
	u8			ack_due;	/* XTCP_ACK_* */
	u8			quick_acks;	/* ACKs still to be sent at once */
	bool			always_quick;	/* all are: the route's */
	bool			answers;	/* data goes out soon after some came: ACKs wait */
	u32			ato_ms;		/* delayed-ACK timeout now */
	u32			replies_since;	/* jiffies; ACKs that answer what may be forged */
	u8			replies;	/* their number since then */
	ktime_t			last_rcvd;	/* last data segment */
	ktime_t			last_ack;	/* last segment whose ACK was acceptable */
	u8			keep_tried;	/* keepalive probes since */

	enum xtcp_rtx_reason	rtx_reason;

	/* Counted for TCP_INFO. */
	struct xtcp_chrono	chrono;
	ktime_t			rto_since;	/* first of the timeouts in a row; 0: none */
	u32			rto_ms;		/* how long rows that are over have taken */
	u16			rtos;		/* timeouts */
	u16			rto_rows;	/* rows of them */
	u32			dsacks;		/* ACKs that reported duplicates */
	u32			segs_ooo;	/* segments that came beyond a gap */
	u64			bytes_acked;
	u64			bytes_received;
	u64			bytes_sent;
	u64			bytes_retrans;
	u32			segs_in;
	u32			segs_out;
	u32			data_segs_in;
	u32			data_segs_out;
};

static inline struct xtcp_sock *xtcp_sk(const struct sock *sk)
{
	return (struct xtcp_sock *)sk;
}

static inline struct xtcp_net *xtcp_sock_net(const struct sock *sk)
{
	return xtcp_net(sock_net(sk));
}

static inline bool xtcp_sock_native(const struct sock *sk)
{
	return sk->sk_protocol != IPPROTO_TCP;
}

/* Whether segments of this connection are IPv4; the socket's address format may still be IPv6. */
static inline bool xtcp_tuple_is_v4(const struct xtcp_tuple *tuple)
{
	return ipv6_addr_v4mapped(&tuple->raddr);
}

/* socket(7), SO_BINDTODEVICE: "only packets received from that particular interface". */
static inline bool xtcp_sock_hears(const struct sock *sk, const struct xtcp_arrival *from)
{
	int dev = READ_ONCE(sk->sk_bound_dev_if);

	return !dev || dev == from->dev || dev == from->slave;
}

/* Whether the user may write, and read: also where a SYN alone has opened the connection. */
static inline bool xtcp_sock_is_open(const struct sock *sk)
{
	return ((1 << sk->sk_state) & (TCPF_ESTABLISHED | TCPF_CLOSE_WAIT)) ||
	       (sk->sk_state == TCP_SYN_RECV && xtcp_sk(sk)->fastopened);
}

/* Sequence space sent and not yet acknowledged. */
static inline u32 xtcp_sock_in_flight(const struct xtcp_sock *xsk)
{
	return xsk->snd_nxt - xsk->snd_una;
}

/**
 * struct xtcp_cb - what is known of a segment while XTCP owns the skb; lies in skb->cb
 * @seq: sequence number of its first byte (or SYN)
 * @end_seq: one past its last byte (or FIN)
 * @node: in flight: in xtcp_sock.sent or xtcp_sock.lost; in none if @sacked
 * @ack: received: acknowledgment number
 * @from: received: where it came in
 * @window: received: window field as it came, host order
 * @tos: received: IPv4 TOS or IPv6 traffic class
 * @ace: received: xtcp_hdr_ace()
 * @tx: sent: what had been delivered when it was sent last
 * @rtx: sent: number of retransmissions
 * @lost: sent: marked by recovery.c, not sent again yet
 * @sacked: sent: selectively acknowledged; never @lost as well
 * @resent: sent: it is in flight because it was sent again; neither @lost nor @sacked
 * @tell_acked: sent: the user is to be told when a byte of it is acknowledged: txstamp.c
 * @alone: sent: nothing is added to it (%MSG_EOR)
 * @mss_gen: sent: xtcp_sock.mss_gen when it was sent last; 0: it is a probe of the path MTU
 * @flags: %XTCP_FIN and so on; of a queued segment %XTCP_SYN, %XTCP_FIN, %XTCP_PSH
 *
 * When it was sent last is in skb->tstamp: xtcp_sent_us().
 */
struct xtcp_cb {
	u32	seq;
	u32	end_seq;
	union {
		struct list_head	node;
		struct {
			u32			ack;
			struct xtcp_arrival	from;
			u16			window;
			u8			tos;
			u8			ace;
		};
	};
	struct xtcp_rate_tx	tx;
	u8			rtx;
	u8			lost:1;
	u8			sacked:1;
	u8			resent:1;
	u8			tell_acked:1;
	u8			alone:1;
	u8			mss_gen;
	u8			flags;
};

#define XTCP_CB(skb)	((struct xtcp_cb *)&(skb)->cb[0])

/* How many segments a received skb was on the wire, or would have been. */
static inline unsigned int xtcp_sock_segs(const struct sk_buff *skb)
{
	return max_t(unsigned int, skb_shinfo(skb)->gso_segs, 1);
}

/* Bytes of data. */
static inline u32 xtcp_cb_len(const struct xtcp_cb *cb)
{
	return cb->end_seq - cb->seq - !!(cb->flags & XTCP_SYN) - !!(cb->flags & XTCP_FIN);
}

/* The segment of an entry of xtcp_sock.sent or xtcp_sock.lost. */
static inline struct sk_buff *xtcp_cb_skb(struct xtcp_cb *cb)
{
	return container_of((void *)cb, struct sk_buff, cb);
}

/* Whether a segment in flight went out in larger pieces than would be made of it now. */
static inline bool xtcp_sock_too_big(const struct xtcp_sock *xsk, const struct sk_buff *skb)
{
	return skb->len > xsk->mss && XTCP_CB(skb)->mss_gen != xsk->mss_gen;
}

static_assert(sizeof(struct xtcp_cb) <= sizeof_field(struct sk_buff, cb));

/* When a segment of ours was sent last, by xtcp_clock_us(). What goes below is a clone. */
static inline u64 xtcp_sent_us(const struct sk_buff *skb)
{
	return skb->tstamp;
}

static inline void xtcp_set_sent_us(struct sk_buff *skb, u64 now_us)
{
	skb->tstamp = now_us;
}

/* The clock of round-trip samples, microseconds; never 0. */
static inline u64 xtcp_clock_us(void)
{
	return div_u64(ktime_get_ns(), NSEC_PER_USEC) | 1;
}

/* What the data waits for from now on; the clock is asked only where that is something new. */
static inline void xtcp_chrono_switch(struct xtcp_chrono *chrono, enum xtcp_busy to)
{
	if (chrono->now != to)
		xtcp_chrono_switch_at(chrono, to, xtcp_clock_us());
}

/* The clock of timestamps, milliseconds, before the connection's offset (RFC 7323 5.4). */
static inline u32 xtcp_clock_ts(void)
{
	return (u32)div_u64(ktime_get_ns(), NSEC_PER_MSEC);
}

extern struct proto xtcp_prot;

void xtcp_sock_init(struct sock *sk);
struct sock *xtcp_sock_create_child(struct sock *listener, const struct xtcp_tuple *tuple,
				    enum xtcp_mib *why);
void xtcp_sock_discard_child(struct sock *child);
void xtcp_sock_open(struct sock *sk);
void xtcp_sock_renew(struct sock *sk);
void xtcp_sock_forget_peer(struct sock *sk);
void xtcp_set_state(struct sock *sk, int state);
u16 xtcp_sock_event(struct sock *sk, enum xtcp_event event);
void xtcp_sock_error(struct sock *sk, int err);
bool xtcp_sock_is_writable(const struct sock *sk);
void xtcp_sock_wake_writer(struct sock *sk);
void xtcp_sock_done(struct sock *sk);
void xtcp_sock_set_tuple(struct sock *sk, const struct xtcp_tuple *tuple);
u32 xtcp_sock_mss_of(const struct sock *sk, u32 packet);
void xtcp_sock_sync_mss(struct sock *sk, u32 pmtu);
int xtcp_sock_get_name(const struct sock *sk, struct sockaddr *addr, bool peer);
int xtcp_sock_init_module(void);
void xtcp_sock_exit_module(void);

#endif /* _XTCP_SOCK_H */

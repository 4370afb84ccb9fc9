// SPDX-License-Identifier: GPL-2.0
/*
 * Whose segment is it: established, then TIME-WAIT, then half-open, then listener. The only taker
 * of the socket lock on the packet side.
 */
#include "xtcp.h"
#include "trace.h"

#include <linux/filter.h>
#include <linux/ip.h>
#include <linux/ipv6.h>

/**
 * xtcp_demux_find - whose is a segment with this tuple
 * @net: namespace
 * @tuple: as seen from this host
 * @from: where it came in
 * @owner: result, with a reference where the kind calls for one
 *
 * Context: RCU read side.
 */
void xtcp_demux_find(struct net *net, const struct xtcp_tuple *tuple,
		     const struct xtcp_arrival *from, struct xtcp_owner *owner)
{
	owner->hash = xtcp_tuple_hash(net, tuple);
	owner->sk = xtcp_table_find(net, tuple, owner->hash);
	if (owner->sk) {
		owner->kind = XTCP_OWNER_SOCK;
		if (unlikely(!xtcp_sock_hears(owner->sk, from))) {
			sock_put(owner->sk);
			owner->kind = XTCP_OWNER_NONE;
		}
		return;
	}
	owner->tw = xtcp_timewait_find(net, tuple, owner->hash);
	if (owner->tw) {
		owner->kind = XTCP_OWNER_TIMEWAIT;
		return;
	}
	owner->sk = xtcp_table_find_listener(net, tuple, from, owner->hash);
	owner->kind = owner->sk ? XTCP_OWNER_LISTENER : XTCP_OWNER_NONE;
}

/**
 * xtcp_demux_put - give up the reference that came with an owner
 * @owner: from xtcp_demux_find()
 */
void xtcp_demux_put(const struct xtcp_owner *owner)
{
	if (owner->kind == XTCP_OWNER_SOCK)
		sock_put(owner->sk);
	else if (owner->kind == XTCP_OWNER_TIMEWAIT)
		xtcp_timewait_put(owner->tw);
}

static void drop(struct net *net, const struct xtcp_tuple *tuple, struct sk_buff *skb,
		 enum xtcp_mib why)
{
	xtcp_drop(xtcp_net(net), tuple, XTCP_CB(skb), why);
	kfree_skb(skb);
}

/**
 * xtcp_demux_trace - say that a segment came
 * @net: namespace
 * @tuple: its tuple
 * @state: of the connection that it finds
 * @skb: segment, cb filled
 */
void xtcp_demux_trace(const struct net *net, const struct xtcp_tuple *tuple, int state,
		      const struct sk_buff *skb)
{
	const struct xtcp_cb *cb = XTCP_CB(skb);

	trace_xtcp_receive(net, tuple, state, cb->seq, cb->ack, cb->flags, xtcp_cb_len(cb),
			   (const struct tcphdr *)skb->data);
}

/*
 * RFC 5082: who is farther away than the user's peer can be has sent a lower TTL, and is not heard:
 * then the segment is consumed.
 */
static bool drop_from_too_far(struct net *net, const struct sock *sk, struct sk_buff *skb,
			      const struct xtcp_tuple *tuple)
{
	if (xtcp_tuple_is_v4(tuple)) {
		if (likely(ip_hdr(skb)->ttl >= READ_ONCE(inet_sk(sk)->min_ttl)))
			return false;
	} else if (likely(ipv6_hdr(skb)->hop_limit >= READ_ONCE(xtcp_sk(sk)->inet6.min_hopcount))) {
		return false;
	}
	drop(net, tuple, skb, XTCP_MIB_DropMinTtl);
	return true;
}

/* A socket's BPF filter may shorten the data, but not the header. */
static bool pass_filter(struct sock *sk, struct sk_buff *skb)
{
	unsigned int len = skb->len;

	if (sk_filter_trim_cap(sk, skb, xtcp_hdr_len((const struct tcphdr *)skb->data)))
		return false;
	XTCP_CB(skb)->end_seq -= len - skb->len;
	/* From here on it may outlive the device it came by. */
	skb->dev = NULL;
	return true;
}

static void deliver_sock(struct net *net, struct sock *sk, struct sk_buff *skb,
			 const struct xtcp_tuple *tuple)
{
	u32 limit = (u32)READ_ONCE(sk->sk_rcvbuf) + ((u32)READ_ONCE(sk->sk_sndbuf) >> 1) + SZ_64K;

	if (drop_from_too_far(net, sk, skb, tuple)) {
		sock_put(sk);
		return;
	}
	if (!pass_filter(sk, skb)) {
		drop(net, tuple, skb, XTCP_MIB_DropFilter);
		sock_put(sk);
		return;
	}
	bh_lock_sock_nested(sk);
	if (!sock_owned_by_user(sk))
		xtcp_input(sk, skb);
	else if (sk_add_backlog(sk, skb, limit))
		drop(net, tuple, skb, XTCP_MIB_DropBacklog);
	bh_unlock_sock(sk);
	sock_put(sk);
}

/**
 * xtcp_demux_backlog - a segment that had found its socket owned by user
 * @sk: socket
 * @skb: segment; consumed
 *
 * Return: 0. Context: release_sock().
 */
int xtcp_demux_backlog(struct sock *sk, struct sk_buff *skb)
{
	xtcp_input(sk, skb);
	return 0;
}

/* The child comes locked. @take: what is done with the segment. */
static void deliver_child(struct sock *child, struct sk_buff *skb,
			  void (*take)(struct sock *sk, struct sk_buff *skb))
{
	__acquire(&child->sk_lock.slock);
	take(child, skb);
	bh_unlock_sock(child);
	sock_put(child);
}

/* RFC 9293 3.10.7.2, "second, check for an ACK: ... a reset segment should be formed". */
static void deliver_listener_ack(struct net *net, struct sock *sk, struct sk_buff *skb,
				 const struct xtcp_tuple *tuple)
{
	struct sock *child;

	if (!xtcp_passive_cookie(sk, skb, tuple, &child)) {
		xtcp_drop(xtcp_net(net), tuple, XTCP_CB(skb), XTCP_MIB_DropNoSocket);
		xtcp_segment_reset_instead(net, tuple, skb);
	} else if (child) {
		deliver_child(child, skb, xtcp_input);
	}
}

/* RFC 9293 3.10.7.2: LISTEN. */
static void deliver_listen(struct net *net, struct sock *sk, struct sk_buff *skb,
			   const struct xtcp_tuple *tuple, u32 hash)
{
	u8 flags = XTCP_CB(skb)->flags;
	struct sock *child;

	xtcp_demux_trace(net, tuple, TCP_LISTEN, skb);
	if (flags & XTCP_RST) {
		/* "First, check for a RST: ... should be ignored." */
		drop(net, tuple, skb, XTCP_MIB_DropNoSocket);
	} else if (flags & XTCP_ACK) {
		if (flags & XTCP_SYN) {
			xtcp_segment_reset_reply(net, tuple, skb);
			drop(net, tuple, skb, XTCP_MIB_DropNoSocket);
		} else {
			deliver_listener_ack(net, sk, skb, tuple);
		}
	} else if ((flags & (XTCP_SYN | XTCP_FIN)) == XTCP_SYN) {
		/* "Third, check for a SYN." */
		if (xtcp_passive_syn(sk, skb, tuple, hash, &child))
			deliver_child(child, skb, xtcp_input_fastopen);
	} else {
		/* "Fourth, other data or control: ... drop." SYN with FIN is nobody's opening. */
		drop(net, tuple, skb, XTCP_MIB_DropFlags);
	}
}

/* One of the listener's half-open connections, or the listener itself. */
static void deliver_listener(struct net *net, struct sock *sk, struct sk_buff *skb,
			     const struct xtcp_tuple *tuple, u32 hash)
{
	struct sock *child;

	if (drop_from_too_far(net, sk, skb, tuple))
		return;
	if (xtcp_synq_holds(net, tuple, hash)) {
		xtcp_demux_trace(net, tuple, TCP_SYN_RECV, skb);
		if (xtcp_passive_segment(net, skb, tuple, hash, &child)) {
			if (child)
				deliver_child(child, skb, xtcp_input);
			return;
		}
	}
	/*
	 * The ACK that completes a handshake hashes the child before it removes the entry, so who
	 * missed both in that moment finds the child now. A SYN that came so late opens an entry
	 * which the peer, being connected, does away with.
	 */
	child = NULL;
	if (XTCP_CB(skb)->flags & XTCP_ACK)
		child = xtcp_table_find(net, tuple, hash);
	if (child)
		deliver_sock(net, child, skb, tuple);
	else
		deliver_listen(net, sk, skb, tuple, hash);
}

static void deliver_timewait(struct net *net, struct xtcp_timewait *tw, struct sk_buff *skb,
			     const struct xtcp_tuple *tuple, u32 hash)
{
	enum xtcp_timewait_verdict verdict;
	struct sock *listener;

	xtcp_demux_trace(net, tuple, TCP_TIME_WAIT, skb);
	verdict = xtcp_timewait_rcv(tw, skb);
	if (verdict == XTCP_TW_SYN) {
		xtcp_timewait_put(tw);
		listener = xtcp_table_find_listener(net, tuple, &XTCP_CB(skb)->from, hash);
		if (listener) {
			deliver_listener(net, listener, skb, tuple, hash);
			return;
		}
		xtcp_segment_reset_reply(net, tuple, skb);
	} else {
		if (verdict == XTCP_TW_ACK)
			xtcp_timewait_send_ack(net, tw, skb);
		xtcp_timewait_put(tw);
	}
	consume_skb(skb);
}

/**
 * xtcp_demux_rcv - hand a segment to its owner
 * @net: namespace
 * @skb: segment, data at the TCP header, cb filled; consumed
 * @tuple: its tuple
 * @owner: from xtcp_demux_find(), not %XTCP_OWNER_NONE; its reference is consumed
 *
 * Context: softirq, RCU read side.
 */
void xtcp_demux_rcv(struct net *net, struct sk_buff *skb, const struct xtcp_tuple *tuple,
		    struct xtcp_owner *owner)
{
	xtcp_mib_add(xtcp_net(net), InSegs, xtcp_sock_segs(skb));
	switch (owner->kind) {
	case XTCP_OWNER_SOCK:
		deliver_sock(net, owner->sk, skb, tuple);
		break;
	case XTCP_OWNER_TIMEWAIT:
		deliver_timewait(net, owner->tw, skb, tuple, owner->hash);
		break;
	case XTCP_OWNER_LISTENER:
		deliver_listener(net, owner->sk, skb, tuple, owner->hash);
		break;
	case XTCP_OWNER_NONE:
		drop(net, tuple, skb, XTCP_MIB_DropNoSocket);
		break;
	}
}

/* A new path MTU. Of several that wait for the socket, the least counts. */
static void icmp_pmtu(struct sock *sk, u32 mtu)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);

	if (test_bit(XTCP_DEFER_PMTU, &xsk->deferred))
		mtu = min(mtu, xsk->pmtu_icmp);
	WRITE_ONCE(xsk->pmtu_icmp, mtu);
	if (!sock_owned_by_user(sk))
		xtcp_xmit_pmtu(sk, mtu);
	else if (!test_and_set_bit(XTCP_DEFER_PMTU, &xsk->deferred))
		sock_hold(sk);
}

/*
 * RFC 5927 6: an error may end an attempt, but not a connection that works, nor one whose data is
 * there before its handshake is over (RFC 7413). ip(7): who asks for errors gets each at once, soft
 * ones too.
 */
static void icmp_error(struct sock *sk, const struct xtcp_icmp_error *error)
{
	bool opening = ((1 << sk->sk_state) & (TCPF_SYN_SENT | TCPF_SYN_RECV)) &&
		       !xtcp_sk(sk)->fastopened;
	bool asked = xtcp_errqueue_wanted(sk);
	u16 acts;

	if (opening && asked)
		xtcp_errqueue_icmp(sk, error);
	if (sock_owned_by_user(sk) || !(asked || (opening && error->what == XTCP_ICMP_HARD))) {
		WRITE_ONCE(sk->sk_err_soft, error->err);
		return;
	}
	xtcp_sock_error(sk, error->err);
	if (!opening)
		return;
	acts = xtcp_sock_event(sk, XTCP_EV_ABORT);
	WARN_ON_ONCE(!(acts & XTCP_ACT_DELETE));
	xtcp_sock_done(sk);
}

static void icmp_sock(struct sock *sk, u32 seq, const struct xtcp_icmp_error *error)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);

	bh_lock_sock_nested(sk);
	/* RFC 5927 4.1: the quote must be of something in flight. */
	if (((1 << sk->sk_state) & (TCPF_CLOSE | TCPF_LISTEN)) ||
	    seq - xsk->snd_una >= max(xtcp_sock_in_flight(xsk), 1u))
		xtcp_drop(xtcp_sock_net(sk), &xsk->tuple, NULL, XTCP_MIB_DropIcmp);
	else if (error->what == XTCP_ICMP_PMTU)
		icmp_pmtu(sk, error->info);
	else
		icmp_error(sk, error);
	bh_unlock_sock(sk);
}

/**
 * xtcp_demux_icmp - an ICMP error that quotes a segment of ours
 * @net: namespace
 * @tuple: of the quoted segment, as seen from this host
 * @seq: its sequence number
 * @error: what it says
 *
 * RFC 1122 4.2.3.9, RFC 5461, RFC 5927. Context: softirq, RCU read side.
 */
void xtcp_demux_icmp(struct net *net, const struct xtcp_tuple *tuple, u32 seq,
		     const struct xtcp_icmp_error *error)
{
	struct sock *sk = xtcp_table_find(net, tuple, xtcp_tuple_hash(net, tuple));

	if (sk) {
		icmp_sock(sk, seq, error);
		sock_put(sk);
		return;
	}
	xtcp_synq_icmp(net, tuple, seq, error->what == XTCP_ICMP_HARD);
}

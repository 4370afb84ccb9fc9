// SPDX-License-Identifier: GPL-2.0
/*
 * Explicit congestion notification: routers mark packets (CE) where they would have to drop some
 * before long, the receiver echoes it (ECE), and the sender reduces its window and says so (CWR).
 *
 * By RFC 3168 the echo goes on until CWR has come, so that it says once in a round trip that there
 * was congestion. With an algorithm that asks for it (%XTCP_CONG_ECN) the echo is as RFC 8257 3.2
 * has it: of each segment, and how much was marked can be told.
 *
 * Only what the network can lose without harm to the loss recovery is sent as markable (ECT): new
 * data. Not what has none, nor what is sent again, nor probes of a window (RFC 3168 6.1.4 to
 * 6.1.6); but SYN, SYN-ACK and RST where the echo is exact (RFC 8257 3.6).
 */
#include <net/inet_ecn.h>

#include "xtcp.h"

static bool wants(const struct sock *sk)
{
	const struct xtcp_cong_ops *ops = READ_ONCE(xtcp_sk(sk)->cong_ops);

	return ops->flags & XTCP_CONG_ECN;
}

/* As in ip-route(8): features ecn. */
static bool route_wants(const struct dst_entry *dst)
{
	return dst && dst_feature(dst, RTAX_FEATURE_ECN);
}

/**
 * xtcp_ecn_open - whether to ask for it in a SYN
 * @sk: socket with a route
 *
 * Source: RFC 3168 6.1.1.
 *
 * Context: socket lock.
 */
void xtcp_ecn_open(struct sock *sk)
{
	xtcp_sk(sk)->ecn.asked = xtcp_sysctl_sk(sk, ecn) == XTCP_ECN_ASK || wants(sk) ||
				 route_wants(__sk_dst_get(sk));
}

/**
 * xtcp_ecn_grant - whether a SYN asks for it, and gets it
 * @listener: whose SYN it is
 * @dst: the way back, or NULL
 * @flags: of the SYN
 *
 * Source: RFC 3168 6.1.1; RFC 9768 3.1.2 for SYNs that ask for more than there is here.
 *
 * Context: RCU read side, which keeps what the listener's algorithm is.
 * Return: true if so.
 */
bool xtcp_ecn_grant(const struct sock *listener, const struct dst_entry *dst, u8 flags)
{
	return xtcp_ecn_is_setup(flags) &&
	       (xtcp_sysctl_sk(listener, ecn) != XTCP_ECN_NEVER || wants(listener) ||
		route_wants(dst));
}

/**
 * xtcp_ecn_answered - the peer's SYN, or SYN-ACK, has come to one that may have asked
 * @xsk: socket
 * @flags: what came
 *
 * Whoever sent a SYN that asks, and then one that does not, is not to send what can be marked
 * (RFC 3168 6.1.1.1): so a late answer to the first comes too late. Context: socket lock.
 */
void xtcp_ecn_answered(struct xtcp_sock *xsk, u8 flags)
{
	xsk->ecn.ok = xsk->ecn.asked && xtcp_ecn_is_setup(flags);
}

/**
 * xtcp_ecn_is_exact - whether each ACK says of what it covers whether it was marked
 * @xsk: socket
 *
 * Context: socket lock.
 * Return: true if so.
 */
bool xtcp_ecn_is_exact(const struct xtcp_sock *xsk)
{
	return xsk->ecn.ok && (xsk->cong.ops->flags & XTCP_CONG_ECN);
}

/* RFC 8257 3.2, figure 1. What is not acknowledged yet is, as it came, before that changes. */
static bool echo_exactly(struct sock *sk, bool ce)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);

	if (xsk->ecn.echo == ce)
		return false;
	if (xsk->ack_due)
		xtcp_segment_send_ack(sk);
	xsk->ecn.echo = ce;
	return true;
}

/**
 * xtcp_ecn_came - a segment with data has come, some of it for the first time
 * @sk: socket
 * @skb: the segment; what was joined below came with the same codepoint
 *
 * The reassembly has not seen it yet. What lies outside of the window is not for here (RFC 3168
 * 6.1.5).
 *
 * Source: RFC 3168 6.1.3, RFC 8257 3.2.
 *
 * Context: socket lock.
 * Return: whether it has to be acknowledged at once: also where CWR has come, since a window that
 * was reduced may be too small to wait for a second segment.
 */
bool xtcp_ecn_came(struct sock *sk, const struct sk_buff *skb)
{
	const struct xtcp_cb *cb = XTCP_CB(skb);
	struct xtcp_sock *xsk = xtcp_sk(sk);
	struct xtcp_ecn *ecn = &xsk->ecn;
	bool ce = INET_ECN_is_ce(cb->tos);

	if (!ecn->ok && !ecn->unsure)
		return false;
	ecn->seen |= !INET_ECN_is_not_ect(cb->tos);
	if (ce)
		xtcp_mib_add(xtcp_sock_net(sk), EcnMarked, xtcp_sock_segs(skb));
	if (xtcp_ecn_is_exact(xsk))
		return echo_exactly(sk, ce);
	if (cb->flags & XTCP_CWR)
		ecn->echo = 0;
	ecn->echo |= ce;
	return cb->flags & XTCP_CWR;
}

/**
 * xtcp_ecn_echoed - whether an ACK says that there was congestion
 * @xsk: socket, snd_una already moved
 * @cb: the ACK's, which is none that was overtaken
 *
 * Source: RFC 3168 6.1.2: nor does a SYN-ACK.
 *
 * Context: socket lock.
 * Return: true if so.
 */
bool xtcp_ecn_echoed(struct xtcp_sock *xsk, const struct xtcp_cb *cb)
{
	struct xtcp_ecn *ecn = &xsk->ecn;

	if (ecn->reduced && xtcp_seq_gt(xsk->snd_una, ecn->reduced_end))
		ecn->reduced = 0;
	return ecn->ok && (cb->flags & (XTCP_ECE | XTCP_SYN)) == XTCP_ECE;
}

/**
 * xtcp_ecn_calls - whether an echo calls for a reduction
 * @xsk: socket
 *
 * Source: RFC 3168 6.1.2: not more than once in a round trip, and losses count as well.
 *
 * Context: socket lock.
 * Return: true if so.
 */
bool xtcp_ecn_calls(const struct xtcp_sock *xsk)
{
	return !xsk->ecn.reduced && !xsk->in_recovery && !xsk->in_rto;
}

/**
 * xtcp_ecn_reduced - the congestion window has been reduced
 * @xsk: socket
 *
 * Source: RFC 3168 6.1.2: for whatever reason, the peer hears of it.
 *
 * Context: socket lock.
 */
void xtcp_ecn_reduced(struct xtcp_sock *xsk)
{
	struct xtcp_ecn *ecn = &xsk->ecn;

	if (!ecn->ok)
		return;
	ecn->cwr = 1;
	ecn->reduced = 1;
	ecn->reduced_end = xsk->snd_nxt;
}

/* RFC 3168 6.1.1 and 6.1.1.1: what nobody answers may have been dropped for what it asked. */
static u8 stamp_syn(struct sock *sk, const struct xtcp_cb *cb, bool *ect)
{
	struct xtcp_ecn *ecn = &xtcp_sk(sk)->ecn;

	if (sk->sk_state != TCP_SYN_SENT) {
		*ect = xtcp_ecn_is_exact(xtcp_sk(sk));
		return ecn->ok ? XTCP_ECE : 0;
	}
	if (ecn->asked && cb->rtx) {
		ecn->asked = 0;
		xtcp_mib_inc(xtcp_sock_net(sk), EcnFallbacks);
	}
	*ect = ecn->asked && wants(sk);
	return ecn->asked ? XTCP_ECE | XTCP_CWR : 0;
}

/**
 * xtcp_ecn_stamp - what a queued segment says as it leaves
 * @sk: socket
 * @cb: the segment's
 * @len: its bytes of data
 * @ect: whether it may be marked on its way
 *
 * Source: RFC 3168 6.1.2, 6.1.5.
 *
 * Context: socket lock; the segment does leave.
 * Return: %XTCP_CWR and %XTCP_ECE as they are to be besides what is echoed.
 */
u8 xtcp_ecn_stamp(struct sock *sk, const struct xtcp_cb *cb, u32 len, bool *ect)
{
	struct xtcp_ecn *ecn = &xtcp_sk(sk)->ecn;

	*ect = false;
	if (cb->flags & XTCP_SYN)
		return stamp_syn(sk, cb, ect);
	if (!ecn->ok || !len || cb->rtx)
		return 0;
	*ect = true;
	if (!ecn->cwr)
		return 0;
	ecn->cwr = 0;
	return XTCP_CWR;
}

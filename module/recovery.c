// SPDX-License-Identifier: GPL-2.0
/*
 * What is lost: marks segments in the retransmit queue, never sends.
 *
 * Fast retransmit and NewReno's fast recovery (RFC 5681 3.2, RFC 6582), and the timeout
 * (RFC 6298 5.4 to 5.7). What duplicate ACKs prove to have left the network is taken off the
 * estimate of what is in it, rather than added to cwnd; the two come to the same.
 */
#include "xtcp.h"

#define DUPACK_THRESHOLD	3	/* RFC 5681 3.2 */

/**
 * xtcp_recovery_pipe - estimate of what is in the network
 * @sk: socket
 *
 * Return: bytes of sequence space sent, not acknowledged, not lost and not known to have arrived.
 * RFC 6675 section 4's pipe, with duplicate ACKs in place of a scoreboard.
 * Context: socket lock.
 */
u32 xtcp_recovery_pipe(const struct sock *sk)
{
	const struct xtcp_sock *xsk = xtcp_sk(sk);
	u32 out = xsk->rtxq_bytes - xsk->lost_bytes;

	return out - min(out, xsk->dupacks * (u32)xsk->mss);
}

/* One segment's worth: the rest of a large skb may well have arrived. */
static void mark_head(struct sock *sk)
{
	struct sk_buff *skb = xtcp_rtxq_head(sk);
	u32 mss = xtcp_sk(sk)->mss;

	if (!skb || XTCP_CB(skb)->lost)
		return;
	/* Without memory to cut it, all of it goes again. */
	if (skb->len > mss)
		xtcp_rtxq_split(sk, skb, mss, GFP_ATOMIC);
	xtcp_rtxq_mark_lost(sk, skb);
}

static void enter_recovery(struct sock *sk)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);

	xsk->in_recovery = 1;
	xsk->recover = xsk->snd_nxt;
	xtcp_cong_loss(&xsk->cong, xtcp_sock_in_flight(xsk), xsk->mss);
	xtcp_mib_inc(xtcp_sock_net(sk), FastRetrans);
	mark_head(sk);
}

static void duplicate_ack(struct sock *sk)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);

	/* After a timeout all counts as lost: what arrives of it is not in the pipe any more. */
	if (xsk->in_rto)
		return;
	if (xsk->dupacks < U16_MAX)
		xsk->dupacks++;
	if (xsk->in_recovery || xsk->dupacks < DUPACK_THRESHOLD)
		return;
	/*
	 * RFC 6582 3.2 step 1: duplicates of what the last recovery sent twice prove no new loss.
	 */
	if (xtcp_seq_lt(xsk->snd_una, xsk->recover))
		return;
	enter_recovery(sk);
}

/* New data acknowledged within a recovery: a part of it, or all, which ends it. */
static void recovery_acked(struct sock *sk, u32 acked)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);

	if (!xtcp_seq_lt(xsk->snd_una, xsk->recover)) {
		if (xsk->in_recovery)
			xsk->cong.cwnd = max_t(u32, xsk->cong.ssthresh, xsk->mss);
		xsk->in_recovery = 0;
		xsk->in_rto = 0;
		xsk->dupacks = 0;
		return;
	}
	/* RFC 6582 3.2 step 3: the next hole is where the ACK stopped. */
	if (xsk->in_recovery) {
		xsk->dupacks -= min_t(u32, xsk->dupacks, acked / max_t(u16, xsk->mss, 1));
		mark_head(sk);
	} else {
		xsk->dupacks = 0;
	}
}

/**
 * xtcp_recovery_ack - draw the conclusions from an ACK
 * @sk: socket, snd_una already moved
 * @acked: bytes newly acknowledged
 * @dup: it is a duplicate ACK
 *
 * Context: socket lock.
 */
void xtcp_recovery_ack(struct sock *sk, u32 acked, bool dup)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);
	bool fast = xsk->in_recovery;

	if (dup) {
		duplicate_ack(sk);
		return;
	}
	if (xsk->in_recovery || xsk->in_rto)
		recovery_acked(sk, acked);
	/* RFC 6582 3.2 step 3: not even the ACK that ends a fast recovery makes cwnd grow. */
	if (fast)
		return;
	if (!xsk->in_rto && !xsk->in_recovery) {
		xsk->dupacks = 0;
		/* Keep it within half the sequence space, or it would lie ahead one day. */
		xsk->recover = xtcp_seq_max(xsk->recover, xsk->snd_una);
	}
	xtcp_cong_acked(&xsk->cong, acked, xsk->mss, xsk->cwnd_limited || xsk->in_rto);
}

/**
 * xtcp_recovery_timeout - the retransmission timer fired: all in flight counts as lost
 * @sk: socket
 *
 * RFC 6298 5.4, RFC 5681 3.1. Context: socket lock.
 */
void xtcp_recovery_timeout(struct sock *sk)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);
	struct sk_buff *skb;

	xtcp_cong_timeout(&xsk->cong, xtcp_sock_in_flight(xsk), xsk->mss, !xsk->in_rto);
	for (skb = xtcp_rtxq_head(sk); skb; skb = xtcp_rtxq_next(skb)) {
		if (!XTCP_CB(skb)->lost)
			xtcp_rtxq_mark_lost(sk, skb);
	}
	xsk->in_rto = 1;
	xsk->in_recovery = 0;
	xsk->dupacks = 0;
	xsk->recover = xsk->snd_nxt;
}

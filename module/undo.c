// SPDX-License-Identifier: GPL-2.0
/*
 * What was taken for lost, and was not: three signs of it, and the way back.
 *
 * - The ACK echoes a timestamp from before the retransmission (RFC 3522): what it acknowledges is
 *   the original.
 * - The peer has had all that was sent again twice (RFC 3708).
 * - After a timeout, and one retransmission, what was sent before it and once goes on arriving
 *   (RFC 5682): so not all of it was lost, and the ACKs are late.
 */
#include "xtcp.h"
#include "undo.h"

/**
 * xtcp_undo_arm - a loss is seen for the first time
 * @xsk: socket
 *
 * Context: socket lock, before the congestion control hears of it.
 */
void xtcp_undo_arm(struct xtcp_sock *xsk)
{
	xsk->undo = (struct xtcp_undo) {
		.cwnd = xsk->cong.cwnd,
		.ssthresh = xsk->cong.ssthresh,
		.una = xsk->snd_una,
		.armed_ts = xtcp_clock_ts() + xsk->ts_offset,
		.armed_us = xtcp_clock_us(),
		.armed = true,
	};
}

/**
 * xtcp_undo_timeout - the retransmission timer fired
 * @xsk: socket, the recovery that it may have been in still on
 *
 * Within a recovery, what there was before that one is what there is to go back to. The second in a
 * row is none of a path that is merely slow. RFC 5682 3.1 step 1. Context: socket lock.
 */
void xtcp_undo_timeout(struct xtcp_sock *xsk)
{
	xsk->frto = XTCP_FRTO_NONE;
	if (!xsk->in_rto && !xsk->in_recovery) {
		xtcp_undo_arm(xsk);
		xsk->frto = XTCP_FRTO_FIRST;
	} else if (xsk->in_rto) {
		xsk->undo.armed = false;
	}
}

/**
 * xtcp_undo_resent - something goes out again
 * @xsk: socket
 * @bytes: of data
 *
 * Context: socket lock.
 */
void xtcp_undo_resent(struct xtcp_sock *xsk, u32 bytes)
{
	struct xtcp_undo *undo = &xsk->undo;

	if (undo->armed)
		undo->pending += bytes;
}

/*
 * RFC 3522 3.2 looks at the ACK for the first retransmission. On a path that loses much one
 * recovery follows the other, and what fills the first gaps of this one may have gone again in the
 * last: so the oldest segment has to have gone again in this one, and what the ACK echoes to be of
 * a time before it, which is that of no retransmission in it, neither the first nor the last.
 *
 * In a recovery one segment's being late says nothing of the others: while any of them is on its
 * way again, what was done for their sake stands; that is what @late says.
 */
static bool was_original(struct xtcp_sock *xsk, const struct xtcp_ack_news *news, bool *late)
{
	if (!news->advanced || !news->has_ts || !news->resent_us ||
	    news->resent_us < xsk->undo.armed_us ||
	    !xtcp_seq_lt(news->tsecr, xsk->undo.armed_ts))
		return false;
	if (!xsk->in_recovery)
		return xsk->in_rto;
	xtcp_rack_late(&xsk->rack, xsk->snd_una, xsk->snd_nxt);
	*late = xsk->resent_bytes;
	return !*late;
}

/* What came twice need not be what was sent again; too few rather than too many are undone. */
static bool all_came_twice(struct xtcp_sock *xsk, const struct xtcp_score *score)
{
	if (!score->dup_bytes || !xsk->undo.pending ||
	    xtcp_seq_le(score->dup_end, xsk->undo.una) ||
	    xtcp_seq_gt(score->dup_end, xsk->recover))
		return false;
	xsk->undo.pending -= min(xsk->undo.pending, score->dup_bytes);
	return !xsk->undo.pending;
}

/* RFC 5682 3.1 steps 2 and 3. Returns whether the timeout was for nothing. */
static bool frto_step(struct sock *sk, const struct xtcp_ack_news *news)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);
	u8 was = xsk->frto;

	if (!news->advanced && !news->dup && !news->rtxq.bytes)
		return false;
	xsk->frto = XTCP_FRTO_NONE;
	if (was == XTCP_FRTO_SECOND)
		return news->rtxq.first_time;
	if (was == XTCP_FRTO_FIRST && news->advanced && xtcp_seq_lt(xsk->snd_una, xsk->recover) &&
	    !skb_queue_empty(&sk->sk_write_queue))
		xsk->frto = XTCP_FRTO_SECOND;
	return false;
}

static void go_back(struct sock *sk)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);

	xtcp_rtxq_all_found(sk);
	xtcp_cong_undo(&xsk->cong, xsk->undo.cwnd, xsk->undo.ssthresh, xtcp_clock_us());
	xsk->undo.armed = false;
	xsk->in_recovery = 0;
	xsk->in_rto = 0;
	xsk->frto = XTCP_FRTO_NONE;
	xsk->dupacks = 0;
	xtcp_mib_inc(xtcp_sock_net(sk), SpuriousLosses);
}

/**
 * xtcp_undo_ack - whether an ACK shows that nothing was lost; if so, everything becomes as before
 * @sk: socket, snd_una and the scoreboard already moved
 * @news: what it says
 *
 * Source: RFC 3522 3.2, RFC 3708 4, RFC 5682 3.1, RFC 4015 3.
 *
 * Context: socket lock.
 * Return: a verdict.
 */
enum xtcp_undo_verdict xtcp_undo_ack(struct sock *sk, const struct xtcp_ack_news *news)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);
	bool found = frto_step(sk, news);
	bool late = false;

	if (!xsk->undo.armed)
		return XTCP_UNDO_NONE;
	found |= was_original(xsk, news, &late);
	found |= all_came_twice(xsk, &news->score);
	if (!found)
		return late ? XTCP_UNDO_LATE : XTCP_UNDO_NONE;
	go_back(sk);
	return XTCP_UNDO_ALL;
}

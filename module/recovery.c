// SPDX-License-Identifier: GPL-2.0
/*
 * What is lost: marks segments in the retransmit queue, never sends.
 *
 * With selective acknowledgments losses are found by time (RFC 8985, rack.c), and what is sent
 * while they are repaired is in proportion to what arrives (RFC 9937, prr.c). Without, there are
 * fast retransmit and NewReno's fast recovery (RFC 5681 3.2, RFC 6582): what duplicate ACKs prove
 * to have left the network is taken off the estimate of what is in it, rather than added to cwnd;
 * the two come to the same. The timeout is RFC 6298 5.4 to 5.7's.
 *
 * What turns out to have been late rather than lost is undone (undo.c).
 */
#include "xtcp.h"
#include "trace.h"
#include "undo.h"

#define DUPACK_THRESHOLD	3	/* RFC 5681 3.2, RFC 8985 6.2 */

static u32 mss_of(const struct xtcp_sock *xsk)
{
	return max_t(u32, xsk->mss, 1);
}

/**
 * xtcp_recovery_pipe - estimate of what is in the network
 * @sk: socket
 *
 * Return: bytes of sequence space sent, not acknowledged, not lost and not known to have arrived.
 * RFC 6675 section 4's pipe; without a scoreboard, duplicate ACKs take its place.
 * Context: socket lock.
 */
u32 xtcp_recovery_pipe(const struct sock *sk)
{
	const struct xtcp_sock *xsk = xtcp_sk(sk);
	u32 out = xsk->rtxq_bytes - xsk->lost_bytes - xsk->sacked_bytes;

	if (xsk->sack_ok)
		return out;
	return out - min(out, xsk->dupacks * (u32)xsk->mss);
}

/* Tells of what an ACK or a loss has changed, once all of that is done. */
static void trace_change(struct sock *sk)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);
	enum xtcp_trace_phase phase = XTCP_PHASE_OPEN;
	struct xtcp_traced *last = &xsk->traced;

	if (!trace_xtcp_cwnd_enabled())
		return;
	if (xsk->in_rto)
		phase = XTCP_PHASE_LOSS;
	else if (xsk->in_recovery)
		phase = XTCP_PHASE_RECOVERY;
	if (last->cwnd == xsk->cong.cwnd && last->ssthresh == xsk->cong.ssthresh &&
	    last->phase == phase)
		return;
	*last = (struct xtcp_traced) { xsk->cong.cwnd, xsk->cong.ssthresh, phase };
	trace_xtcp_cwnd(sk, phase, xtcp_recovery_pipe(sk));
}

/*
 * With selective acknowledgments
 */

static u32 reo_wnd_us(const struct xtcp_sock *xsk, bool in_doubt)
{
	return xtcp_rack_reo_wnd_us(&xsk->rack, xsk->rtt.srtt_us >> 3, in_doubt);
}

/*
 * Looks for what has had its time, in the order in which it was sent, and marks it; RFC 8985 6.2
 * step 5. Without @look the timer is to do so. Returns how long to wait until all that is missing
 * has had its time, microseconds, 0 if nothing is.
 */
static u32 mark_overdue(struct sock *sk, u64 now_us, bool look)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);
	bool in_doubt = xsk->in_recovery || xsk->in_rto ||
			xsk->sacked_bytes >= DUPACK_THRESHOLD * mss_of(xsk);
	u32 late_us = reo_wnd_us(xsk, in_doubt);
	/* None was sent after what has arrived. */
	u32 all_us = xtcp_rack_wait_us(&xsk->rack, xsk->rack.sent_us, late_us, now_us);
	struct xtcp_cb *cb, *next;
	struct sk_buff *skb;

	xsk->rack.advanced &= !look;
	list_for_each_entry_safe(cb, next, &xsk->sent, node) {
		skb = xtcp_cb_skb(cb);
		if (!xtcp_rack_is_candidate(&xsk->rack, xtcp_sent_us(skb), cb->end_seq))
			break;
		if (!look || xtcp_rack_wait_us(&xsk->rack, xtcp_sent_us(skb), late_us, now_us))
			return max(all_us, 1U);
		xtcp_rtxq_mark_lost(sk, skb);
	}
	return 0;
}

/* FlightSize is @flight bytes. */
static void congested(struct sock *sk, enum xtcp_cong_why why, u32 flight)
{
	const struct xtcp_cong_event event = {
		.now_us = xtcp_clock_us(),
		.flight = flight,
		.in_flight = xtcp_recovery_pipe(sk),
		.why = why,
		.sack = xtcp_sk(sk)->sack_ok,
	};

	xtcp_cong_congested(&xtcp_sk(sk)->cong, &event);
	xtcp_ecn_reduced(xtcp_sk(sk));
	xtcp_pace_update(sk);
}

/* Whether what is marked lost calls for a recovery. Being too big says nothing of the load. */
static bool is_congestion(const struct sock *sk)
{
	const struct xtcp_sock *xsk = xtcp_sk(sk);

	return xsk->lost_bytes && !xsk->in_recovery && !xsk->in_rto && !xtcp_rtxq_lost_by_size(sk);
}

static void begin(struct sock *sk, u32 flight)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);

	xtcp_undo_arm(xsk);
	xsk->in_recovery = 1;
	xsk->probe_out = 0;
	xsk->recover = xsk->snd_nxt;
	congested(sk, XTCP_CONG_LOSS, xtcp_sock_in_flight(xsk));
	xtcp_prr_begin(&xsk->prr, flight);
	xtcp_mib_inc(xtcp_sock_net(sk), FastRetrans);
}

static void pace_recovery(struct sock *sk, const struct xtcp_ack_news *news, bool new_loss)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);
	u32 pipe = xtcp_recovery_pipe(sk);

	if (!news->rtxq.bytes || xtcp_cong_owns_recovery(&xsk->cong))
		return;
	xsk->cong.cwnd = pipe + xtcp_prr_allowance(&xsk->prr, news->rtxq.bytes, pipe,
						   xsk->cong.ssthresh, mss_of(xsk),
						   news->advanced && !new_loss);
}

/* RFC 8985 7.4: the probe has said whether something was lost, and repaired it if it was. */
static void take_probe_answer(struct sock *sk, const struct xtcp_ack_news *news)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);

	if (!xsk->probe_out || xtcp_seq_lt(xsk->snd_una, xsk->probe_end))
		return;
	if (!xsk->probe_rtx || (news->score.dup_bytes && news->score.dup_end == xsk->probe_end)) {
		xsk->probe_out = 0;
	} else if (xtcp_seq_gt(xsk->snd_una, xsk->probe_end)) {
		xsk->probe_out = 0;
		congested(sk, XTCP_CONG_PROBED_LOSS, xtcp_sock_in_flight(xsk) + news->acked);
	} else if (news->dup && !news->rtxq.bytes) {
		xsk->probe_out = 0;
	}
}

/**
 * xtcp_recovery_may_probe - whether a loss probe would tell anything
 * @sk: socket
 *
 * RFC 8985 7.2. Context: socket lock.
 */
bool xtcp_recovery_may_probe(const struct sock *sk)
{
	const struct xtcp_sock *xsk = xtcp_sk(sk);

	return xsk->sack_ok && xsk->rtt.srtt_us && !xsk->in_recovery && !xsk->in_rto &&
	       !xsk->sacked_bytes && !xsk->lost_bytes && !xsk->probe_out &&
	       sk->sk_state != TCP_SYN_RECV && xtcp_rtxq_head(sk);
}

/*
 * Without
 */

/* One segment's worth: the rest of a large skb may well have arrived. */
static void mark_head(struct sock *sk)
{
	struct sk_buff *skb = xtcp_rtxq_head(sk);
	u32 mss = xtcp_sk(sk)->mss;

	if (!skb)
		return;
	/* Without memory to cut it, all of it goes again. */
	if (!XTCP_CB(skb)->lost && skb->len > mss)
		xtcp_rtxq_split(sk, skb, mss, GFP_ATOMIC);
	xtcp_rtxq_mark_lost(sk, skb);
}

static void count_duplicate(struct sock *sk)
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
	if (xtcp_pmtud_head_lost(sk))
		return;
	begin(sk, xtcp_sock_in_flight(xsk));
	mark_head(sk);
}

/* New data acknowledged: RFC 6582 3.2 step 3, the next hole is where the ACK stopped. */
static void deflate(struct sock *sk, u32 acked)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);

	if (xsk->in_recovery && xtcp_seq_lt(xsk->snd_una, xsk->recover)) {
		xsk->dupacks -= min_t(u32, xsk->dupacks, acked / mss_of(xsk));
		mark_head(sk);
	} else {
		xsk->dupacks = 0;
	}
}

/*
 * Both
 */

static void end(struct xtcp_sock *xsk, u64 now_us)
{
	if (xsk->in_recovery) {
		xtcp_cong_recovered(&xsk->cong, now_us);
		xtcp_rack_recovered(&xsk->rack);
	}
	xsk->in_recovery = 0;
	xsk->in_rto = 0;
	xsk->dupacks = 0;
}

/*
 * Returns what mark_overdue() does.
 *
 * What is missing may well come with the next ACK of what was sent before that which has arrived:
 * only where something younger arrives its time may be up now, else the timer will see. So it will
 * where this ACK says that what was taken for lost is @late.
 */
static u32 find_losses(struct sock *sk, const struct xtcp_ack_news *news, bool late)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);

	if (xsk->sack_ok)
		return mark_overdue(sk, news->rtxq.now_us, xsk->rack.advanced && !late);
	if (news->dup)
		count_duplicate(sk);
	else if (news->acked)
		deflate(sk, news->acked);
	return 0;
}

/* @fast: within a fast recovery, where cwnd is recovery's. @marked: of what arrived, bytes. */
static void tell_cong(struct sock *sk, const struct xtcp_ack_news *news, u32 lost, bool fast,
		      u32 marked)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);
	bool held = fast && !xtcp_cong_owns_recovery(&xsk->cong);
	const struct xtcp_cong_ack ack = {
		.rate = &news->rtxq.rate,
		.now_us = news->rtxq.now_us,
		.delivered_total = xsk->rate.delivered,
		.acked = xsk->in_rto ? min(news->acked, news->rtxq.bytes) : news->acked,
		.delivered = news->rtxq.bytes,
		.lost = lost,
		.in_flight = xtcp_recovery_pipe(sk),
		.una = xsk->snd_una,
		.nxt = xsk->snd_nxt,
		.rtt_us = news->rtt_us,
		.srtt_us = xsk->rtt.srtt_us >> 3,
		.min_rtt_us = xsk->rack.min_rtt_us,
		.late_us = min(xsk->rack.late_mean_us, xsk->rtt.srtt_us >> 3),
		.ece_bytes = marked,
		.cwnd_limited = !held && (xsk->cwnd_limited || xsk->in_rto),
		.held = xsk->chrono.now == XTCP_BUSY_WINDOW || xsk->chrono.now == XTCP_BUSY_BUFFER,
		.in_recovery = xsk->in_recovery || xsk->in_rto,
		.ece = news->ece,
	};

	xtcp_cong_acked(&xsk->cong, &ack);
}

/* Whether an algorithm hears of an ACK that does not make cwnd grow. */
static bool is_told_all(const struct xtcp_sock *xsk, const struct xtcp_ack_news *news)
{
	return xtcp_cong_owns_recovery(&xsk->cong) ||
	       (news->acked && (xsk->cong.ops->flags & XTCP_CONG_ECN));
}

/* RFC 3168 6.1.2. What was undone would bring back a window that is too large by now. */
static void heed_echo(struct sock *sk, const struct xtcp_ack_news *news)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);

	xsk->undo.armed = false;
	congested(sk, XTCP_CONG_ECE, xtcp_sock_in_flight(xsk) + news->acked);
	xtcp_mib_inc(xtcp_sock_net(sk), EcnReductions);
}

/**
 * xtcp_recovery_ack - draw the conclusions from an ACK
 * @sk: socket, snd_una and the scoreboard already moved
 * @news: what it says
 *
 * Context: socket lock.
 * Return: microseconds after which something has to be taken for lost; 0: nothing.
 */
u32 xtcp_recovery_ack(struct sock *sk, const struct xtcp_ack_news *news)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);
	u32 lost_before = xsk->rate.lost;
	bool fast = xsk->in_recovery;
	enum xtcp_undo_verdict undo;
	u32 lost, marked, wait_us;
	bool calls;

	if (news->score.dup_bytes)
		xtcp_rack_dsack(&xsk->rack, xsk->snd_una, xsk->snd_nxt);
	undo = xtcp_undo_ack(sk, news);
	if (undo == XTCP_UNDO_ALL)
		fast = false;
	take_probe_answer(sk, news);
	lost = xsk->lost_bytes;
	wait_us = find_losses(sk, news, undo == XTCP_UNDO_LATE);
	if ((xsk->in_recovery || xsk->in_rto) && news->advanced &&
	    !xtcp_seq_lt(xsk->snd_una, xsk->recover))
		end(xsk, news->rtxq.now_us);
	if (xsk->sack_ok && is_congestion(sk))
		begin(sk, xsk->rtxq_bytes - xsk->sacked_bytes + news->rtxq.bytes);
	if (xsk->sack_ok && xsk->in_recovery)
		pace_recovery(sk, news, xsk->lost_bytes > lost);

	/* RFC 6582 3.2 step 3: not even the ACK that ends a fast recovery makes cwnd grow. */
	fast |= xsk->in_recovery;
	calls = news->ece && xtcp_ecn_calls(xsk);
	marked = calls || (news->ece && xtcp_ecn_counts(xsk)) ? news->ece_bytes : 0;
	if (is_told_all(xsk, news) || (!fast && news->acked))
		tell_cong(sk, news, xtcp_rate_lost_since(xsk->rate.lost, lost_before), fast,
			  marked);
	if (calls)
		heed_echo(sk, news);
	/* Keep it within half the sequence space, or it would lie ahead one day. */
	if (!fast && news->acked && !xsk->in_rto)
		xsk->recover = xtcp_seq_max(xsk->recover, xsk->snd_una);
	xtcp_metric_limit_cwnd(sk);
	xtcp_pace_update(sk);
	trace_change(sk);
	return wait_us;
}

/**
 * xtcp_recovery_reorder - what was waited for has not come
 * @sk: socket
 *
 * RFC 8985 6.3. Context: socket lock.
 * Return: as for xtcp_recovery_ack().
 */
u32 xtcp_recovery_reorder(struct sock *sk)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);
	u32 wait_us = mark_overdue(sk, xtcp_clock_us(), true);
	u32 pipe;

	if (!is_congestion(sk))
		return wait_us;
	begin(sk, xsk->rtxq_bytes - xsk->sacked_bytes);
	if (!xtcp_cong_owns_recovery(&xsk->cong)) {
		pipe = xtcp_recovery_pipe(sk);
		xsk->cong.cwnd = pipe + xtcp_prr_allowance(&xsk->prr, 0, pipe, xsk->cong.ssthresh,
							   mss_of(xsk), false);
	}
	trace_change(sk);
	return wait_us;
}

/* RFC 8985 6.3: the oldest, and what has had its time; what was sent of late may well arrive. */
static void mark_timed_out(struct sock *sk)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);
	u32 late_us = reo_wnd_us(xsk, true);
	u64 now_us = xtcp_clock_us();
	struct xtcp_cb *cb, *next;
	struct sk_buff *skb;

	mark_head(sk);
	list_for_each_entry_safe(cb, next, &xsk->sent, node) {
		skb = xtcp_cb_skb(cb);
		if (xtcp_rack_wait_us(&xsk->rack, xtcp_sent_us(skb), late_us, now_us))
			return;
		xtcp_rtxq_mark_lost(sk, skb);
	}
}

/**
 * xtcp_recovery_timeout - the retransmission timer fired: what is in flight counts as lost
 * @sk: socket
 *
 * All of it, where it is not known how long what arrives takes. What was acknowledged selectively
 * has arrived, unless the peer has dropped it again: then it is the oldest that is missing (RFC
 * 2018 8).
 *
 * RFC 6298 5.4, RFC 5681 3.1, RFC 8985 6.3. Context: socket lock.
 */
void xtcp_recovery_timeout(struct sock *sk)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);
	struct sk_buff *skb = xtcp_rtxq_head(sk);
	bool reneged = skb && XTCP_CB(skb)->sacked;

	xtcp_undo_timeout(xsk);
	if (reneged)
		xtcp_rtxq_forget_sacked(sk);
	if (reneged || !xsk->sack_ok || !xsk->rack.rtt_us)
		xtcp_rtxq_mark_all_lost(sk);
	else
		mark_timed_out(sk);
	congested(sk, xsk->in_rto ? XTCP_CONG_TIMEOUT_AGAIN : XTCP_CONG_TIMEOUT,
		  xtcp_sock_in_flight(xsk));
	xsk->in_rto = 1;
	xsk->in_recovery = 0;
	xsk->probe_out = 0;
	xsk->dupacks = 0;
	xsk->recover = xsk->snd_nxt;
	trace_change(sk);
}

/**
 * xtcp_recovery_refused - the answer to a SYN leaves out data that went with it
 * @sk: socket
 *
 * It is to be sent again, at once. Whatever the reason is, and however often the SYN was sent, that
 * says no more of the network than the SYN does, which has been drawn from it.
 *
 * Source: RFC 7413 4.1.3.
 *
 * Context: socket lock.
 */
void xtcp_recovery_refused(struct sock *sk)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);

	xsk->in_rto = 0;
	xsk->frto = XTCP_FRTO_NONE;
	xsk->undo.armed = false;
	xsk->recover = xsk->snd_nxt;
	xtcp_rtxq_mark_all_lost(sk);
	trace_change(sk);
}

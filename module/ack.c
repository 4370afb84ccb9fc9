// SPDX-License-Identifier: GPL-2.0
/*
 * What an acknowledgment covers: the retransmit queue, the round-trip time, the window.
 */
#include "xtcp.h"
#include "score.h"

/**
 * xtcp_ack_echo_us - how old what a segment echoes is
 * @xsk: socket
 * @opts: the segment's options
 *
 * The echoed timestamp is that of the segment which caused this one (RFC 7323 4.1).
 * Context: socket lock.
 *
 * Return: microseconds, with a millisecond's precision; 0: it does not say.
 */
u32 xtcp_ack_echo_us(const struct xtcp_sock *xsk, const struct xtcp_opts *opts)
{
	u32 age_ms;

	if (!xsk->ts_ok || !(opts->seen & XTCP_OPT_TS) || !opts->tsecr)
		return 0;
	age_ms = xtcp_clock_ts() + xsk->ts_offset - opts->tsecr;
	/* An echo from the future, or from before anything we could still wait for, is a lie. */
	if (age_ms > INT_MAX / USEC_PER_MSEC)
		return 0;
	return max(age_ms, 1u) * USEC_PER_MSEC;
}

static u32 sample_rtt(struct xtcp_sock *xsk, const struct xtcp_opts *opts, u64 sent_us,
		      u64 now_us)
{
	u32 rtt_us;

	/*
	 * Karn: sent_us is 0 where a retransmission makes the sample ambiguous. A clock that has
	 * not moved since is a sample all the same.
	 */
	if (sent_us) {
		rtt_us = clamp_t(s64, now_us - sent_us, 1, U32_MAX);
		xtcp_rack_rtt(&xsk->rack, rtt_us, now_us);
	} else {
		rtt_us = xtcp_ack_echo_us(xsk, opts);
	}
	if (rtt_us)
		xtcp_rtt_sample(&xsk->rtt, rtt_us);
	return rtt_us;
}

/* RFC 5681 section 2's five conditions, but for the window, which the caller compares. */
static bool is_duplicate(const struct xtcp_sock *xsk, const struct sk_buff *skb)
{
	const struct xtcp_cb *cb = XTCP_CB(skb);

	return cb->ack == xsk->snd_una && cb->seq == cb->end_seq && xtcp_sock_in_flight(xsk);
}

/* RFC 9293 3.10.7.4: SND.WL1 and SND.WL2 keep an old segment from setting the window. */
static bool update_window(struct sock *sk, const struct sk_buff *skb)
{
	const struct xtcp_cb *cb = XTCP_CB(skb);
	struct xtcp_sock *xsk = xtcp_sk(sk);
	u32 before = xsk->snd_wnd;

	if (!xtcp_seq_lt(xsk->snd_wl1, cb->seq) &&
	    !(xsk->snd_wl1 == cb->seq && xtcp_seq_le(xsk->snd_wl2, cb->ack)))
		return false;
	xtcp_ack_window(sk, skb);
	return xsk->snd_wnd != before;
}

/**
 * xtcp_ack_window - take the window of a segment
 * @sk: socket
 * @skb: segment, data at the TCP header
 *
 * RFC 9293 3.10.7.4; the window of a SYN is not scaled (RFC 7323 2.2). Context: socket lock.
 */
void xtcp_ack_window(struct sock *sk, const struct sk_buff *skb)
{
	const struct tcphdr *th = (const struct tcphdr *)skb->data;
	const struct xtcp_cb *cb = XTCP_CB(skb);
	struct xtcp_sock *xsk = xtcp_sk(sk);

	xsk->snd_wnd = (u32)cb->window << (th->syn ? 0 : xsk->snd_wscale);
	xsk->snd_wnd_max = max(xsk->snd_wnd_max, xsk->snd_wnd);
	xsk->snd_wnd_sws = max(xsk->snd_wnd_sws, xsk->snd_wnd);
	xsk->snd_wl1 = cb->seq;
	xsk->snd_wl2 = cb->ack;
}

static unsigned int take_new_ack(struct sock *sk, u32 ack, const struct xtcp_opts *opts,
				 struct xtcp_ack_news *news)
{
	const struct sk_buff *head = xtcp_rtxq_head(sk);
	struct xtcp_sock *xsk = xtcp_sk(sk);
	unsigned int acked = XTCP_ACKED_DATA;
	u32 una = xsk->snd_una;

	if (head && XTCP_CB(head)->resent)
		news->resent_us = xtcp_sent_us(head);
	news->acked = ack - una;
	news->advanced = true;
	if (una == xsk->iss) {
		acked |= XTCP_ACKED_SYN;
		news->syn = true;
		news->acked--;
	}
	if (xsk->fin_queued && xtcp_seq_gt(ack, xsk->fin_seq)) {
		acked |= XTCP_ACKED_FIN;
		news->acked--;
	}
	xtcp_rtxq_acked(sk, ack, &news->rtxq);
	xsk->snd_una = ack;
	xtcp_urgent_acked(xsk);
	xtcp_pmtud_acked(sk);
	xsk->bytes_acked += news->acked;
	xsk->retries = 0;
	xsk->stalled_since = 0;
	if (xsk->rto_since)
		xsk->rto_ms += ktime_ms_delta(ktime_get(), xsk->rto_since);
	xsk->rto_since = 0;
	WRITE_ONCE(sk->sk_err_soft, 0);
	sk_dst_confirm(sk);
	news->rtt_us = sample_rtt(xsk, opts, news->rtxq.sent_us, news->rtxq.now_us);
	return acked;
}

/* An ACK that does not move snd_una. */
static void take_old_ack(struct sock *sk)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);

	/*
	 * An answer to a probe, or to what was sent before the window shrank to nothing: the peer
	 * lives, however long it stays shut (RFC 9293 3.8.6.1). An orphan does not wait for that,
	 * and no other for longer than its user's timeout: it has been stalled all the time.
	 */
	if (xsk->rtx_reason == XTCP_RTX_PERSIST || (!xsk->snd_wnd && !sock_flag(sk, SOCK_DEAD)))
		xsk->retries = 0;
}

/* RFC 6298 5.3: what is acknowledged selectively alone does not put the timeout off. */
static void arm_timers(struct sock *sk, const struct xtcp_ack_news *news, u32 wait_us)
{
	enum xtcp_rtx_reason reason = xtcp_sk(sk)->rtx_reason;

	if (news->advanced)
		xtcp_timer_data_acked(sk, wait_us);
	else if (wait_us || reason == XTCP_RTX_REORDER ||
		 (reason == XTCP_RTX_PROBE && news->rtxq.bytes))
		xtcp_timer_reorder(sk, wait_us);
}

/* A sample that is lower only because there was no more to send takes the place of no other. */
static void note_rate(struct xtcp_sock *xsk, struct xtcp_rate_sample *sample)
{
	xtcp_rate_finish(&xsk->rate, sample, xsk->rack.min_rtt_us);
	if (!sample->valid || !sample->interval_us)
		return;
	if (sample->app_limited && xsk->rate_interval_us &&
	    (u64)sample->delivered * xsk->rate_interval_us <
	    (u64)xsk->rate_delivered * sample->interval_us)
		return;
	xsk->rate_delivered = sample->delivered;
	xsk->rate_interval_us = sample->interval_us;
	xsk->rate_app_limited = sample->app_limited;
}

/**
 * xtcp_ack_process - take an acceptable acknowledgment
 * @sk: socket
 * @skb: segment, data at the TCP header; its ack is at most snd_nxt
 * @opts: its options
 *
 * Return: what it did, %XTCP_ACKED_DATA and so on. Context: socket lock.
 */
unsigned int xtcp_ack_process(struct sock *sk, const struct sk_buff *skb,
			      const struct xtcp_opts *opts)
{
	const struct xtcp_cb *cb = XTCP_CB(skb);
	struct xtcp_sock *xsk = xtcp_sk(sk);
	struct xtcp_ack_news news = {
		.rtxq.now_us = xtcp_clock_us(),
		.tsecr = opts->tsecr,
		.has_ts = xsk->ts_ok && (opts->seen & XTCP_OPT_TS) && opts->tsecr,
		.later = xtcp_seq_lt(xsk->snd_wl1, cb->seq),
	};
	bool old = xtcp_seq_lt(cb->ack, xsk->snd_una);
	bool duplicate = is_duplicate(xsk, skb);
	unsigned int acked = 0;
	u32 wait_us;

	xsk->last_ack = ktime_get();
	xsk->keep_tried = 0;
	xtcp_xmit_check_limited(sk);
	if (xtcp_seq_gt(cb->ack, xsk->snd_una))
		acked = take_new_ack(sk, cb->ack, opts, &news);
	xtcp_score_take(sk, cb->ack, opts, &news.rtxq, &news.score);
	xsk->dsacks += !!news.score.dup_bytes;
	if (!old && update_window(sk, skb))
		acked |= XTCP_ACKED_WINDOW;
	if (!old && !news.advanced)
		take_old_ack(sk);
	news.dup = duplicate && !acked;
	if (news.dup || (news.rtxq.bytes && !news.advanced))
		acked |= XTCP_ACKED_DUP;
	note_rate(xsk, &news.rtxq.rate);
	if (!old)
		xtcp_ecn_heard(sk, cb, opts, &news);
	wait_us = xtcp_recovery_ack(sk, &news);
	arm_timers(sk, &news, wait_us);
	return acked;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * Whether to send now: the peer's window, silly-window avoidance, Nagle, the congestion window.
 *
 * A segment that could not be sent for want of memory or of a route moves to the retransmit queue
 * all the same, marked lost. So whatever can go wrong below is repaired in one place, by the
 * retransmission timer, which runs as long as anything is in that queue.
 */
#include "xtcp.h"
#include "trace.h"
#include "undo.h"

/* IPv4's longest header; an IPv6 packet's length does not count its own. */
#define IP_HDR_MAX	60

enum verdict {
	GO,
	HOLD,			/* until an ACK, the user or the persist timer lets it go */
	HOLD_CWND,		/* until an ACK does: the congestion window is full */
	HOLD_PACE,		/* until its time has come, or less is below */
};

static u32 mss_of(const struct sock *sk)
{
	return max_t(u32, xtcp_sk(sk)->mss, 1);
}

/**
 * xtcp_xmit_size_goal - most data that one skb should carry
 * @sk: socket
 *
 * Context: socket lock.
 * Return: bytes, a whole number of segments: more than one where something below cuts them.
 */
u32 xtcp_xmit_size_goal(const struct sock *sk)
{
	u32 mss = mss_of(sk);
	u32 segments;

	if (!xtcp_segment_may_gso(sk))
		return mss;
	segments = min_t(u32, sk->sk_gso_max_size, U16_MAX - XTCP_HDR_MAX - IP_HDR_MAX) / mss;
	return clamp_t(u32, segments, 1, max_t(u32, sk->sk_gso_max_segs, 1)) * mss;
}

/* Segments on the wire that an skb makes. */
static u32 segments_of(const struct sock *sk, const struct sk_buff *skb)
{
	return max_t(u32, DIV_ROUND_UP(skb->len, mss_of(sk)), 1);
}

/* Sequence space from @seq on that the peer's window takes; none if it has shrunk. */
static u32 window_left(const struct xtcp_sock *xsk, u32 seq)
{
	u32 edge = xsk->snd_una + xsk->snd_wnd;

	return xtcp_seq_gt(edge, seq) ? edge - seq : 0;
}

/* Bytes that the congestion window takes; always a segment while the network is empty. */
static u32 cwnd_left(const struct sock *sk)
{
	u32 cwnd = xtcp_sk(sk)->cong.cwnd;
	u32 pipe = xtcp_recovery_pipe(sk);

	if (!pipe)
		return max(cwnd, mss_of(sk));
	return cwnd > pipe ? cwnd - pipe : 0;
}

/* Most that goes out at once, a whole number of segments. */
static u32 burst_of(const struct sock *sk)
{
	u32 goal = xtcp_xmit_size_goal(sk);
	u32 burst = xtcp_pace_burst(sk);

	return burst < goal ? rounddown(burst, mss_of(sk)) : goal;
}

/* All of @len if there is room for it, otherwise as many whole segments as there is. */
static u32 fit(u32 len, u32 room, u32 mss)
{
	return len <= room ? len : room - room % mss;
}

/* Cut off what is not to go now: data beyond @len, and a FIN that the window does not reach. */
static int cut(struct sock *sk, struct sk_buff *skb, u32 len, bool fin_ok)
{
	bool fin = XTCP_CB(skb)->flags & XTCP_FIN;

	if (!skb->len || (len == skb->len && (fin_ok || !fin)))
		return 0;
	return xtcp_rtxq_split(sk, skb, len, sk_gfp_mask(sk, GFP_ATOMIC));
}

static int send(struct sock *sk, struct sk_buff *skb)
{
	if (skb->len)
		xtcp_timer_data_leaves(sk);
	if (xtcp_sk(sk)->in_recovery)
		xtcp_prr_sent(&xtcp_sk(sk)->prr, skb->len);
	if (skb->len)
		xtcp_pace_sent(sk, skb->len);
	return xtcp_segment_send(sk, skb, sk_gfp_mask(sk, GFP_ATOMIC));
}

/*
 * Retransmission
 */

/*
 * RFC 9293 3.8.6: what lies beyond a window that shrank waits until it is the oldest. The oldest
 * goes whatever the windows are: that is the fast retransmit (RFC 5681 3.2), the one segment
 * after a timeout (3.1), and what keeps a connection alive whose window has shrunk to nothing.
 */
static enum verdict may_resend(struct sock *sk, const struct sk_buff *skb, u32 *len)
{
	const struct xtcp_sock *xsk = xtcp_sk(sk);
	u32 window = window_left(xsk, XTCP_CB(skb)->seq);
	u32 room = cwnd_left(sk);
	u32 mss = mss_of(sk);

	if (skb == xtcp_rtxq_head(sk)) {
		window = max(window, mss);
		room = max(room, mss);
	}
	if (!window)
		return HOLD;
	*len = fit(skb->len, min(window, burst_of(sk)), mss);
	if (skb->len && !*len)
		return HOLD;
	*len = fit(*len, room, mss);
	if (skb->len && !*len)
		return HOLD_CWND;
	return !skb->len || xtcp_pace_may_send(sk) ? GO : HOLD_PACE;
}

/* @probe: to learn of a loss, rather than to repair one. */
static void trace_resent(const struct sock *sk, const struct sk_buff *skb, u32 segments, bool probe)
{
	const struct xtcp_sock *xsk = xtcp_sk(sk);
	enum xtcp_trace_resend why;

	if (!trace_xtcp_retransmit_enabled())
		return;
	if (probe)
		why = XTCP_RESEND_TLP;
	else if (xsk->in_rto)
		why = XTCP_RESEND_RTO;
	else if (xsk->in_recovery)
		why = xsk->sack_ok ? XTCP_RESEND_RACK : XTCP_RESEND_FAST;
	else
		why = XTCP_RESEND_OTHER;
	trace_xtcp_retransmit(sock_net(sk), &xsk->tuple, sk->sk_state, XTCP_CB(skb)->seq, skb->len,
			      segments, why);
}

static int resend(struct sock *sk, struct sk_buff *skb, u32 len, bool probe)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);
	struct xtcp_cb *cb = XTCP_CB(skb);
	u32 segments;
	int err;

	if (unlikely(xtcp_sock_too_big(xtcp_sk(sk), skb)))
		xtcp_pmtud_resent(sk, skb);
	err = cut(sk, skb, len, true);
	if (err)
		return err;
	/* Also where sending fails: from here on, a round-trip time is ambiguous. */
	if (cb->rtx < U8_MAX)
		cb->rtx++;
	err = send(sk, skb);
	if (err)
		return err;
	segments = segments_of(sk, skb);
	xtcp_rtxq_resent(sk, skb);
	if (skb == xtcp_rtxq_head(sk))
		xtcp_timer_head_resent(sk);
	xtcp_undo_resent(xsk, skb->len);
	xsk->total_retrans += segments;
	xsk->bytes_retrans += skb->len;
	xtcp_mib_add(xtcp_sock_net(sk), RetransSegs, segments);
	trace_resent(sk, skb, segments, probe);
	return 0;
}

/* Returns whether anything went out. */
static bool resend_lost(struct sock *sk)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);
	struct sk_buff *skb;
	bool sent = false;
	u32 len;

	while ((skb = xtcp_rtxq_first_lost(sk))) {
		enum verdict verdict = may_resend(sk, skb, &len);

		if (verdict == HOLD_CWND)
			xsk->cwnd_limited = 1;
		if (verdict != GO || resend(sk, skb, len, false))
			break;
		sent = true;
	}
	return sent;
}

/*
 * New data
 */

/* Whether the last of what was written may go without waiting for more to be written. */
static bool is_pushed(const struct sock *sk, bool push)
{
	const struct sk_buff *tail = skb_peek_tail(&sk->sk_write_queue);

	return push || (tail && (XTCP_CB(tail)->flags & (XTCP_PSH | XTCP_FIN)));
}

/*
 * Nagle's "unacknowledged data" in Minshall's form: a short segment waits for the ACK of the short
 * one before it, not for that of full ones. So there is one small segment in flight at most, and
 * the tail of a long write does not wait for a delayed ACK.
 */
static bool short_in_flight(const struct xtcp_sock *xsk)
{
	return xtcp_seq_gt(xsk->snd_sml, xsk->snd_una) && xtcp_seq_le(xsk->snd_sml, xsk->snd_nxt);
}

/* Whether a segment of less than the MSS may go that begins @before bytes into @skb. */
static bool may_send_short(const struct sock *sk, const struct sk_buff *skb, u32 before, bool push)
{
	const struct xtcp_sock *xsk = xtcp_sk(sk);
	u32 seq = XTCP_CB(skb)->seq + before;
	u32 queued = xsk->write_seq - seq - xsk->fin_queued;

	return xtcp_window_send_ok(queued, window_left(xsk, seq), mss_of(sk), xsk->snd_wnd_sws,
				   is_pushed(sk, push), short_in_flight(xsk),
				   xsk->nodelay || xsk->fin_queued || xsk->urgent.sending);
}

/* What the peer's window, silly-window avoidance and Nagle let go, in bytes; 0 also for a FIN. */
static enum verdict may_send_window(const struct sock *sk, const struct sk_buff *skb, bool push,
				    u32 *len)
{
	u32 window = window_left(xtcp_sk(sk), XTCP_CB(skb)->seq);
	u32 rest;

	if (!window)
		return HOLD;
	*len = min3(skb->len, window, burst_of(sk));
	rest = *len % mss_of(sk);
	/* Nothing can be added to a segment that has a successor. */
	if (*len == skb->len && !skb_queue_is_last(&sk->sk_write_queue, skb))
		return GO;
	if (rest && !may_send_short(sk, skb, *len - rest, push))
		*len -= rest;
	return *len || !skb->len ? GO : HOLD;
}

/* RFC 5681 4.1: after a silence of more than an RTO, cwnd says nothing of the network any more. */
static void restart_after_idle(struct sock *sk)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);
	u32 rto_us = max(xtcp_rtt_timeout_us(&xsk->rtt), 1U);
	u64 idle_us;

	if (xtcp_rtxq_head(sk) || !xsk->last_sent)
		return;
	idle_us = max_t(s64, ktime_us_delta(ktime_get(), xsk->last_sent), 0);
	xtcp_cong_restart(&xsk->cong, xtcp_metric_initial_window(sk),
			  min_t(u64, div_u64(idle_us, rto_us), U32_MAX), xtcp_clock_us(), idle_us,
			  xsk->rate.app_limited);
	xtcp_pace_update(sk);
}

static enum verdict may_send(struct sock *sk, const struct sk_buff *skb, bool push, u32 *len)
{
	enum verdict verdict;

	*len = 0;
	/* The window of a peer that has not spoken yet is not zero but unknown. */
	if (XTCP_CB(skb)->flags & XTCP_SYN)
		return GO;
	/* RFC 9293 3.10.2: written before the handshake is over, sent after it. */
	if (((1 << sk->sk_state) & (TCPF_SYN_SENT | TCPF_SYN_RECV)) && !xtcp_sock_is_open(sk))
		return HOLD;
	verdict = may_send_window(sk, skb, push, len);
	if (verdict != GO || !*len)
		return verdict;
	restart_after_idle(sk);
	*len = fit(*len, cwnd_left(sk), mss_of(sk));
	if (!*len)
		return HOLD_CWND;
	return xtcp_pace_may_send(sk) ? GO : HOLD_PACE;
}

/*
 * Whether a burst that has begun ends with @len bytes more, since cwnd takes no other segment. What
 * joins segments on the way should not wait for one, nor its receiver with the ACK: the next burst
 * would be the larger for it.
 */
static bool ends_burst(const struct sock *sk, bool begun, u32 len)
{
	u32 mss = mss_of(sk);

	return (begun || len > mss) && cwnd_left(sk) < len + mss;
}

/* Returns an error if nothing was sent; the segment is in the retransmit queue unless uncut. */
static int send_first(struct sock *sk, struct sk_buff *skb, u32 len, bool last)
{
	struct xtcp_cb *cb = XTCP_CB(skb);
	int err;

	err = cut(sk, skb, len, window_left(xtcp_sk(sk), cb->seq) >= cb->end_seq - cb->seq);
	if (err)
		return err;
	/* RFC 9293 3.9.1.2: PSH with the last that is queued. */
	if (skb->len && (last || skb_queue_is_last(&sk->sk_write_queue, skb)))
		cb->flags |= XTCP_PSH;
	err = send(sk, skb);
	if (skb->len % mss_of(sk) && !xtcp_sock_too_big(xtcp_sk(sk), skb))
		xtcp_sk(sk)->snd_sml = cb->end_seq;
	xtcp_rtxq_sent(sk, skb);
	if (err)
		xtcp_rtxq_mark_lost(sk, skb);
	return err;
}

/*
 * Whether the flight is bounded by cwnd rather than by the peer or the user, which would prove
 * nothing about the network. While cwnd doubles, half of it in use is enough (RFC 7661 4.3).
 */
static bool cwnd_is_used(const struct sock *sk)
{
	const struct xtcp_cong *cc = &xtcp_sk(sk)->cong;
	u32 pipe = xtcp_recovery_pipe(sk);

	if (cc->cwnd < cc->ssthresh)
		return pipe > cc->cwnd / 2;
	return pipe + mss_of(sk) > cc->cwnd;
}

/* Returns whether anything went out. */
static bool send_new(struct sock *sk, bool push)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);
	enum verdict verdict = HOLD;
	struct sk_buff *skb;
	bool sent = false;
	u32 len;

	while ((skb = skb_peek(&sk->sk_write_queue))) {
		verdict = may_send(sk, skb, push, &len);
		if (verdict == GO)
			len = xtcp_pmtud_probe(sk, skb, len);
		if (verdict != GO || send_first(sk, skb, len, ends_burst(sk, sent, len)))
			break;
		sent = true;
	}
	if (verdict == HOLD_CWND || sent)
		xsk->cwnd_limited = verdict == HOLD_CWND || cwnd_is_used(sk);
	return sent;
}

static bool can_send(const struct sock *sk)
{
	return !((1 << sk->sk_state) & (TCPF_CLOSE | TCPF_LISTEN | TCPF_TIME_WAIT));
}

/* Whether the window takes a segment, or what there is of it. */
static bool window_takes(const struct sock *sk, const struct sk_buff *skb)
{
	return window_left(xtcp_sk(sk), XTCP_CB(skb)->seq) >= min(skb->len, mss_of(sk));
}

/* For TCP_INFO: what the data that there is waits for. */
static enum xtcp_busy busy_with(const struct sock *sk)
{
	const struct sk_buff *skb = skb_peek(&sk->sk_write_queue);

	if (skb)
		return window_takes(sk, skb) ? XTCP_BUSY : XTCP_BUSY_WINDOW;
	if (!xtcp_rtxq_head(sk))
		return XTCP_BUSY_NOT;
	if (sk->sk_socket && test_bit(SOCK_NOSPACE, &sk->sk_socket->flags))
		return XTCP_BUSY_BUFFER;
	return XTCP_BUSY;
}

/* The route, or what is known of it, may have changed since. */
static void sync_mtu(struct sock *sk)
{
	u32 mtu = xtcp_ip_mtu(sk);

	if (mtu != xtcp_sk(sk)->pmtu)
		xtcp_sock_sync_mss(sk, mtu);
}

/* Data is in flight, some of it @fresh, or else waits for a timer to let it go. */
static void arm_timer(struct sock *sk, bool fresh)
{
	const struct sk_buff *skb = skb_peek(&sk->sk_write_queue);

	if (xtcp_rtxq_head(sk))
		xtcp_timer_data_sent(sk, fresh);
	else if (skb && skb->len && window_takes(sk, skb) && xtcp_pace_waits(sk))
		xtcp_timer_paced(sk);
	else if (skb && skb->len && window_takes(sk, skb))
		xtcp_timer_held(sk);
	else if (skb)
		xtcp_timer_window_closed(sk);
	xtcp_chrono_switch(&xtcp_sk(sk)->chrono, busy_with(sk));
}

/**
 * xtcp_xmit_push - send what may be sent: first what was lost, then new data
 * @sk: socket
 * @push: the user has no more to write for now: send a last short segment, as far as Nagle's
 *	  algorithm lets it. Without, %XTCP_PSH on the last segment says the same
 *
 * Arms the retransmission timer, or, where data waits and no ACK is due that could let it go,
 * the persist timer, which also is silly-window avoidance's override.
 *
 * Source: RFC 9293 3.8.6.2.1 and 3.7.4, RFC 5681.
 *
 * Context: socket lock.
 * Return: true if something went out that carries an ACK.
 */
bool xtcp_xmit_push(struct sock *sk, bool push)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);
	bool sent, fresh = false;

	if (!can_send(sk))
		return false;
	sync_mtu(sk);
	/* RFC 5682 3.1 step 2b: whether anything is lost at all, new data is to show. */
	sent = xsk->frto != XTCP_FRTO_SECOND && resend_lost(sk);
	/* Where lost data must wait, new data must all the more. */
	if (!xsk->lost_bytes || xsk->frto == XTCP_FRTO_SECOND)
		fresh = send_new(sk, push);
	/* ACKs make room in the buffer; this, below TCP_NOTSENT_LOWAT. */
	if (fresh)
		xtcp_sock_wake_writer(sk);
	arm_timer(sk, fresh);
	return (sent || fresh) && sk->sk_state != TCP_SYN_SENT;
}

/**
 * xtcp_xmit_syn - send the SYN, or the SYN-ACK, that is queued
 * @sk: socket; nothing was sent so far. What is queued behind it is as much as goes with it
 * @gfp: how to allocate
 *
 * Where it cannot be sent now, the timer tries again.
 *
 * Context: socket lock.
 * Return: as xtcp_segment_send().
 */
int xtcp_xmit_syn(struct sock *sk, gfp_t gfp)
{
	struct sk_buff *syn = skb_peek(&sk->sk_write_queue);
	struct xtcp_sock *xsk = xtcp_sk(sk);
	struct sk_buff *data;
	int err;

	WRITE_ONCE(xsk->syn_waits, false);
	xtcp_rtxq_sent(sk, syn);
	data = skb_peek(&sk->sk_write_queue);
	if (data) {
		xsk->syn_data = 1;
		xtcp_rtxq_sent(sk, data);
		err = xtcp_segment_send_syn(sk, syn, data, gfp);
	} else {
		err = xtcp_segment_send(sk, syn, gfp);
	}
	xtcp_timer_data_sent(sk, true);
	return err;
}

/**
 * xtcp_xmit_check_limited - note whether it is not the network that keeps more from being sent
 * @sk: socket
 *
 * To be called before the user writes, an ACK is taken, or a timer of the data does what it is for.
 * If all of what was written before is out, and the window would take more, what arrives from here
 * on tells of the user, or of how large the send buffer is, rather than of the network.
 * draft-ietf-ccwg-bbr 4.1.2.4.
 *
 * Context: socket lock.
 */
void xtcp_xmit_check_limited(struct sock *sk)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);
	u32 pipe = xtcp_recovery_pipe(sk);

	if (xsk->write_seq - xsk->snd_nxt < mss_of(sk) && !xsk->lost_bytes &&
	    pipe < xsk->cong.cwnd && sk_wmem_alloc_get(sk) < SKB_TRUESIZE(1))
		xtcp_rate_app_limited(&xsk->rate, pipe);
}

/**
 * xtcp_xmit_retransmit - send again what is marked lost, as far as cwnd lets it
 * @sk: socket
 *
 * The oldest segment in flight goes in any case, if it is marked: after a timeout, at least one
 * segment (RFC 6298 5.4).
 *
 * Context: socket lock.
 */
void xtcp_xmit_retransmit(struct sock *sk)
{
	if (!can_send(sk))
		return;
	sync_mtu(sk);
	resend_lost(sk);
	arm_timer(sk, false);
}

/**
 * xtcp_xmit_pmtu - an ICMP error says that a segment was too big
 * @sk: socket
 * @mtu: of the next hop, bytes
 *
 * What was too big is sent again at once, in smaller pieces; no congestion is to be seen in it
 * (RFC 1191 6.5, RFC 8201 5.4). It may have been so for longer than we know: where another
 * connection heard of the path first, the segments are small by now, but not those in flight.
 *
 * Context: socket lock.
 */
void xtcp_xmit_pmtu(struct sock *sk, u32 mtu)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);
	bool found = false;
	struct sk_buff *skb;

	xtcp_ip_update_pmtu(sk, mtu);
	for (skb = xtcp_rtxq_head(sk); skb; skb = xtcp_rtxq_next(skb)) {
		if (!xtcp_sock_too_big(xsk, skb) || XTCP_CB(skb)->sacked)
			continue;
		xtcp_rtxq_mark_lost(sk, skb);
		found = true;
	}
	if (found) {
		/* What arrived beyond it makes duplicate ACKs, which prove no other loss. */
		if (!xsk->in_recovery && !xsk->in_rto)
			xsk->recover = xsk->snd_nxt;
		xtcp_xmit_retransmit(sk);
	} else if (mtu > xsk->pmtu) {
		xtcp_drop(xtcp_sock_net(sk), &xsk->tuple, NULL, XTCP_MIB_DropIcmp);
	}
}

/* The last segment's worth of what is in flight, again. */
static bool resend_last(struct sock *sk)
{
	struct sk_buff *skb = xtcp_rtxq_last(sk);
	u32 mss = mss_of(sk);

	if (!skb)
		return false;
	if (skb->len > mss) {
		if (xtcp_rtxq_split(sk, skb, rounddown(skb->len - 1, mss), GFP_ATOMIC))
			return false;
		skb = xtcp_rtxq_last(sk);
	}
	return !resend(sk, skb, skb->len, true);
}

/**
 * xtcp_xmit_loss_probe - send something whose acknowledgment shows whether the tail was lost
 * @sk: socket whose flight has nothing lost and nothing selectively acknowledged
 *
 * New data, if there is any that the peer's window takes, else the last segment again; whatever the
 * congestion window is. Arms the retransmission timer.
 *
 * Source: RFC 8985 7.3.
 *
 * Context: socket lock.
 */
void xtcp_xmit_loss_probe(struct sock *sk)
{
	struct sk_buff *skb = skb_peek(&sk->sk_write_queue);
	struct xtcp_sock *xsk = xtcp_sk(sk);
	bool fresh = false;
	u32 len = 0;

	if (!can_send(sk))
		return;
	if (skb && may_send_window(sk, skb, true, &len) == GO)
		fresh = !send_first(sk, skb, min(len, mss_of(sk)), false);
	if (fresh)
		xtcp_sock_wake_writer(sk);
	if (fresh || resend_last(sk)) {
		xsk->probe_out = 1;
		xsk->probe_rtx = !fresh;
		xsk->probe_end = xsk->snd_nxt;
		xtcp_mib_inc(xtcp_sock_net(sk), LossProbes);
	}
	arm_timer(sk, false);
}

/**
 * xtcp_xmit_probe - the persist timer fired
 * @sk: socket
 *
 * If the window is open by now, however little, this is the override of silly-window avoidance:
 * what fits is sent (RFC 9293 3.8.6.2.1, case 4) and the retransmission timer takes over.
 * Otherwise a probe asks for the window (3.8.6.1), and the caller arms the timer for the next.
 *
 * Context: socket lock.
 */
void xtcp_xmit_probe(struct sock *sk)
{
	struct sk_buff *skb = skb_peek(&sk->sk_write_queue);
	struct xtcp_sock *xsk = xtcp_sk(sk);
	u32 window;

	if (!skb || !can_send(sk))
		return;
	window = window_left(xsk, XTCP_CB(skb)->seq);
	if (!window) {
		xtcp_mib_inc(xtcp_sock_net(sk), WindowProbes);
		xtcp_urgent_tell(sk);
		xtcp_segment_send_probe(sk);
		return;
	}
	/*
	 * A peer that opens its window no further may never do so again: Linux's shrinks its idea
	 * of its buffer for short segments. What it offers now is what large means from here on.
	 */
	xsk->snd_wnd_sws = xsk->snd_wnd;
	send_first(sk, skb, min3(skb->len, window, mss_of(sk)), false);
	xtcp_sock_wake_writer(sk);
	arm_timer(sk, true);
}

// SPDX-License-Identifier: GPL-2.0
/*
 * What happens when nothing happens: retransmission, zero-window probes, delayed ACKs,
 * keepalive, the end of an orphan's FIN-WAIT-2.
 *
 * Lives and races
 *
 * An armed timer holds a reference to its socket; sk_reset_timer() and sk_stop_timer() keep that
 * count, and a callback that runs has it and drops it at its end. It takes the socket lock. If
 * the socket is owned by user then, it sets its bit in @deferred, and the bit takes a reference of
 * its own; the owner cannot let go without release_sock(), which takes the same spinlock, sees the
 * bit in xtcp_timer_deferred(), does what is due and drops that reference. It is never the last
 * one: whoever calls release_sock() has another. A bit that is already set has its reference, so
 * there is one for each bit, whoever sets it.
 *
 * Between its expiry and the socket lock an event can be overtaken by what the lock's holder
 * does. So each handler looks first: a timer that is armed again has a new task, to be done when
 * that expires; one whose task was taken off (rtx_reason is NONE, no %XTCP_ACK_TIMER) has none;
 * and on a closed socket there is nothing to do at all. The other way round, a task stays marked
 * until its handler ran, so that nobody arms anew, and thereby puts off, what is already due.
 *
 * xtcp_sock_done() makes the socket CLOSED and stops the timers under the lock. What was on its
 * way finds it CLOSED and only drops its reference. Nothing can be armed afterwards, since arm()
 * refuses to on a closed socket.
 */
#include "xtcp.h"

/* RFC 8985 7.2: WCDelAckT. */
#define PROBE_ACK_DELAY_US	(200 * USEC_PER_MSEC)

/* Retransmissions in a row before the routing is told. */
#define RETRIES_R1		3

static void arm(struct sock *sk, struct timer_list *timer, unsigned long delay)
{
	if (sk->sk_state != TCP_CLOSE)
		sk_reset_timer(sk, timer, jiffies + delay);
}

/* The peer is silent for too long. RFC 9293 3.8.3, RFC 1122 4.2.3.5. */
static void give_up(struct sock *sk)
{
	int err = READ_ONCE(sk->sk_err_soft);

	xtcp_mib_inc(xtcp_sock_net(sk), GivenUp);
	xtcp_sock_event(sk, XTCP_EV_GIVE_UP);
	xtcp_sock_error(sk, err ? err : ETIMEDOUT);
	xtcp_sock_done(sk);
}

/* How often in a row to try without an answer. */
static int retry_limit(const struct sock *sk)
{
	const struct xtcp_sock *xsk = xtcp_sk(sk);

	if (sk->sk_state == TCP_SYN_RECV && xsk->fastopened)
		return xtcp_sysctl_sk(sk, synack_retries);
	if (sk->sk_state == TCP_SYN_SENT || sk->sk_state == TCP_SYN_RECV)
		return xsk->syn_retries ? xsk->syn_retries : xtcp_sysctl_sk(sk, syn_retries);
	if (sock_flag(sk, SOCK_DEAD))
		return xtcp_sysctl_sk(sk, orphan_retries);
	return xtcp_sysctl_sk(sk, retries2);
}

/*
 * The user's timeout (RFC 9293 3.8.3, RFC 5482)
 */

/*
 * What of it is left, milliseconds, S64_MAX where it does not count. As with the kernel's TCP it
 * runs from the first retransmission, or probe of a closed window, on: a peer that is merely slow
 * to acknowledge is not taken for one that is not there, however short the user's patience.
 */
static s64 user_timeout_left_ms(const struct sock *sk)
{
	const struct xtcp_sock *xsk = xtcp_sk(sk);

	if (!xsk->user_timeout_ms || !xsk->stalled_since)
		return S64_MAX;
	return xsk->user_timeout_ms - ktime_ms_delta(ktime_get(), xsk->stalled_since);
}

/*
 * Puts no retransmission forward: that the time is up is all that is to be found. A jiffy that has
 * begun does not count.
 */
static unsigned long within_user_timeout(const struct sock *sk, unsigned long delay)
{
	s64 left_ms = user_timeout_left_ms(sk);

	if (left_ms == S64_MAX)
		return delay;
	return min(delay, msecs_to_jiffies(max_t(s64, left_ms, 0)) + 1);
}

/*
 * Retransmission and persist timer: one timer, since there either is something in flight, or not.
 */

static void arm_rtx_us(struct sock *sk, enum xtcp_rtx_reason reason, u32 delay_us)
{
	unsigned long delay = usecs_to_jiffies(delay_us);
	struct xtcp_sock *xsk = xtcp_sk(sk);

	if (reason == XTCP_RTX_RTO || reason == XTCP_RTX_PERSIST)
		delay = within_user_timeout(sk, delay);
	xsk->rtx_reason = reason;
	arm(sk, &xsk->rtx_timer, delay);
}

static void arm_rtx(struct sock *sk, enum xtcp_rtx_reason reason)
{
	arm_rtx_us(sk, reason, xtcp_rtt_timeout_us(&xtcp_sk(sk)->rtt));
}

/*
 * RFC 8985 7.2: twice the round-trip time, and what the peer may put off its ACK by if there is a
 * single segment that it could be of.
 */
static u32 probe_timeout_us(const struct sock *sk)
{
	const struct xtcp_sock *xsk = xtcp_sk(sk);
	u32 timeout_us = 2 * (xsk->rtt.srtt_us >> 3);

	if (xsk->rtxq_bytes <= max_t(u32, xsk->mss, 1))
		timeout_us += PROBE_ACK_DELAY_US;
	else
		timeout_us += 2 * jiffies_to_usecs(1);
	return timeout_us;
}

/* What is left of the retransmission timeout; other things have been waited for meanwhile. */
static u32 rto_left_us(const struct xtcp_sock *xsk)
{
	u64 end_us = xsk->rto_start_us + xtcp_rtt_timeout_us(&xsk->rtt);
	u64 now_us = xtcp_clock_us();

	return end_us > now_us ? end_us - now_us : 0;
}

/* Something is in flight: the retransmission timer, or a loss probe that comes before it. */
static void arm_flight(struct sock *sk)
{
	u32 left_us = rto_left_us(xtcp_sk(sk));
	u32 probe_us;

	if (xtcp_recovery_may_probe(sk)) {
		probe_us = probe_timeout_us(sk);
		if (probe_us < left_us) {
			arm_rtx_us(sk, XTCP_RTX_PROBE, probe_us);
			return;
		}
	}
	arm_rtx_us(sk, XTCP_RTX_RTO, left_us);
}

/* The timeout counts from now on. */
static void start_flight(struct sock *sk)
{
	xtcp_sk(sk)->rto_start_us = xtcp_clock_us();
	arm_flight(sk);
}

static void stop_rtx(struct sock *sk)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);

	xsk->rtx_reason = XTCP_RTX_NONE;
	sk_stop_timer(sk, &xsk->rtx_timer);
}

/* What was backed off, and counted, were the probes of a window that has opened. */
static void forget_probes(struct xtcp_sock *xsk)
{
	xsk->rtt.backoff = 0;
	xsk->retries = 0;
	xsk->stalled_since = 0;
}

/**
 * xtcp_timer_data_sent - something that must be acknowledged went out, or is out
 * @sk: socket
 * @fresh: it is new data: a loss probe is to be that much later (RFC 8985 7.2)
 *
 * RFC 6298 5.1: starts the retransmission timer unless it runs; a persist timer becomes one.
 * Context: socket lock.
 */
void xtcp_timer_data_sent(struct sock *sk, bool fresh)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);

	switch (xsk->rtx_reason) {
	case XTCP_RTX_RTO:
	case XTCP_RTX_REORDER:
		return;
	case XTCP_RTX_PROBE:
		if (fresh)
			arm_flight(sk);
		return;
	case XTCP_RTX_PERSIST:
		forget_probes(xsk);
		fallthrough;
	case XTCP_RTX_NONE:
		start_flight(sk);
	}
}

/**
 * xtcp_timer_head_resent - the oldest of what is in flight went out again
 * @sk: socket
 *
 * It has all of the timeout's time, too (RFC 6675 6): before, the timer would repair what has just
 * been repaired. Context: socket lock.
 */
void xtcp_timer_head_resent(struct sock *sk)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);

	xsk->rto_start_us = xtcp_clock_us();
	if (xsk->rtx_reason == XTCP_RTX_RTO)
		arm_flight(sk);
}

/**
 * xtcp_timer_reorder - something in flight may be lost, or just late
 * @sk: socket
 * @wait_us: until it counts as lost; 0: nothing is waited for any more
 *
 * RFC 8985 6.3. It does not put the timeout off, which goes on where it was. Context: socket lock.
 */
void xtcp_timer_reorder(struct sock *sk, u32 wait_us)
{
	/* What is late arrives within its time, and may be a tick from being seen. */
	if (wait_us)
		arm_rtx_us(sk, XTCP_RTX_REORDER, wait_us + 2 * jiffies_to_usecs(1));
	else
		arm_flight(sk);
}

/**
 * xtcp_timer_data_acked - an ACK covered the oldest of what was in flight
 * @sk: socket; what is covered is out of the retransmit queue
 * @wait_us: as for xtcp_timer_reorder()
 *
 * RFC 6298 5.2 and 5.3: stops the retransmission timer, or starts it anew. Context: socket lock.
 */
void xtcp_timer_data_acked(struct sock *sk, u32 wait_us)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);

	if (xtcp_rtxq_head(sk)) {
		xsk->rto_start_us = xtcp_clock_us();
		xtcp_timer_reorder(sk, wait_us);
	} else if (xsk->rtx_reason != XTCP_RTX_NONE && xsk->rtx_reason != XTCP_RTX_PERSIST) {
		stop_rtx(sk);
	}
}

/**
 * xtcp_timer_window_closed - data waits, nothing is in flight, and the window is too small
 * @sk: socket
 *
 * RFC 9293 3.8.6.1: starts the persist timer unless it runs. Context: socket lock.
 */
void xtcp_timer_window_closed(struct sock *sk)
{
	if (xtcp_sk(sk)->rtx_reason == XTCP_RTX_NONE)
		arm_rtx(sk, XTCP_RTX_PERSIST);
}

/**
 * xtcp_timer_held - data that the window takes waits for more of it, and nothing is in flight
 * @sk: socket
 *
 * tcp(7): TCP_CORK and MSG_MORE hold for so long and no longer. What more is written meanwhile does
 * not put that off. Context: socket lock.
 */
void xtcp_timer_held(struct sock *sk)
{
	u32 delay_us = xtcp_sysctl_sk(sk, cork_ms) * USEC_PER_MSEC;
	struct xtcp_sock *xsk = xtcp_sk(sk);

	if (xsk->rtx_reason == XTCP_RTX_PERSIST) {
		forget_probes(xsk);
		if (!timer_pending(&xsk->rtx_timer) ||
		    time_before_eq(xsk->rtx_timer.expires, jiffies + usecs_to_jiffies(delay_us)))
			return;
	} else if (xsk->rtx_reason != XTCP_RTX_NONE) {
		return;
	}
	arm_rtx_us(sk, XTCP_RTX_PERSIST, delay_us);
}

/**
 * xtcp_timer_paced - data that the window takes waits for its time, and nothing is in flight
 * @sk: socket
 *
 * pace.c lets it go. It is no probe, however long it waits, nor would one have to be answered.
 * Context: socket lock.
 */
void xtcp_timer_paced(struct sock *sk)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);

	if (xsk->rtx_reason != XTCP_RTX_PERSIST)
		return;
	forget_probes(xsk);
	stop_rtx(sk);
}

/**
 * xtcp_timer_user_timeout - the user's timeout has changed
 * @sk: socket
 *
 * Context: socket lock.
 */
void xtcp_timer_user_timeout(struct sock *sk)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);
	unsigned long left;

	if ((xsk->rtx_reason != XTCP_RTX_RTO && xsk->rtx_reason != XTCP_RTX_PERSIST) ||
	    !timer_pending(&xsk->rtx_timer))
		return;
	left = within_user_timeout(sk, MAX_JIFFY_OFFSET);
	if (time_before(jiffies + left, xsk->rtx_timer.expires))
		arm(sk, &xsk->rtx_timer, left);
}

/*
 * RFC 1122 4.2.3.5's R2: a number, or, once there is a connection, the time that its user has set
 * instead. An orphan has no user who could wait for longer than others.
 */
static bool was_enough(const struct sock *sk)
{
	const struct xtcp_sock *xsk = xtcp_sk(sk);

	if (user_timeout_left_ms(sk) <= 0)
		return true;
	if (xsk->user_timeout_ms && !sock_flag(sk, SOCK_DEAD) &&
	    !((1 << sk->sk_state) & (TCPF_SYN_SENT | TCPF_SYN_RECV)))
		return false;
	return xsk->retries >= retry_limit(sk);
}

/* One more in a row. */
static void count_retry(struct xtcp_sock *xsk)
{
	if (!xsk->stalled_since)
		xsk->stalled_since = ktime_get();
	if (xsk->retries < U8_MAX)
		xsk->retries++;
}

/* RFC 6298 5.4 to 5.6. */
static void rto_expired(struct sock *sk)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);

	if (!xtcp_rtxq_head(sk))
		return;
	xtcp_mib_inc(xtcp_sock_net(sk), Timeouts);
	if (xsk->syn_data && xsk->retries == 1)
		xtcp_fastopen_timed_out(sk);
	if (was_enough(sk)) {
		give_up(sk);
		return;
	}
	if (!xsk->rto_since) {
		xsk->rto_since = ktime_get();
		xsk->rto_rows++;
	}
	xsk->rtos++;
	count_retry(xsk);
	xtcp_rehash_timeout(sk);
	/* RFC 1122 4.2.3.5, R1: the way there may be what is broken. */
	if (xsk->retries >= RETRIES_R1)
		dst_negative_advice(sk);
	if (xsk->retries % RETRIES_R1 == 0)
		xtcp_pmtud_stalled(sk);
	if (!xtcp_pmtud_head_lost(sk)) {
		xtcp_recovery_timeout(sk);
		xtcp_rtt_backoff(&xsk->rtt);
	}
	xtcp_xmit_retransmit(sk);
	xtcp_timer_data_sent(sk, false);
}

/*
 * A peer that answers each probe may keep its window shut for ever (RFC 9293 3.8.6.1), but not
 * to somebody who has closed: nobody would be there to abort the connection.
 */
static bool orphan_is_stuck(const struct sock *sk)
{
	const struct xtcp_rtt *rtt = &xtcp_sk(sk)->rtt;

	return sock_flag(sk, SOCK_DEAD) &&
	       (rtt->backoff >= xtcp_sysctl_sk(sk, orphan_retries) ||
		xtcp_rtt_timeout_us(rtt) >= rtt->rto_max_us);
}

/*
 * RFC 9293 3.8.6.1: the interval of the probes is doubled, whether they are answered or not. What
 * only waited for more to be written goes out.
 */
static void persist_expired(struct sock *sk)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);
	bool stuck = orphan_is_stuck(sk);

	if (skb_queue_empty(&sk->sk_write_queue))
		return;
	if (stuck || was_enough(sk)) {
		/* A peer that is there, as an orphan's may well be, would wait for the rest. */
		if (stuck || !xsk->retries)
			xtcp_segment_send_rst(sk, GFP_ATOMIC);
		give_up(sk);
		return;
	}
	count_retry(xsk);
	xtcp_rtt_backoff(&xsk->rtt);
	/* If the window is open, what goes out makes it a retransmission timer. */
	xsk->rtx_reason = XTCP_RTX_PERSIST;
	xtcp_xmit_probe(sk);
	if (xsk->rtx_reason == XTCP_RTX_PERSIST)
		arm_rtx(sk, XTCP_RTX_PERSIST);
}

/* What goes out arms the timer; if nothing does, it is for what is in flight. */
static void probe_expired(struct sock *sk)
{
	if (!xtcp_rtxq_head(sk))
		return;
	if (xtcp_recovery_may_probe(sk))
		xtcp_xmit_loss_probe(sk);
	else
		arm_flight(sk);
}

static void reorder_expired(struct sock *sk)
{
	u32 wait_us;

	if (!xtcp_rtxq_head(sk))
		return;
	wait_us = xtcp_recovery_reorder(sk);
	xtcp_timer_reorder(sk, wait_us);
	xtcp_xmit_push(sk, false);
}

static void rtx_expired(struct sock *sk)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);
	enum xtcp_rtx_reason reason = xsk->rtx_reason;

	if (timer_pending(&xsk->rtx_timer))
		return;
	xsk->rtx_reason = XTCP_RTX_NONE;
	xtcp_xmit_check_limited(sk);
	if (reason == XTCP_RTX_RTO)
		rto_expired(sk);
	else if (reason == XTCP_RTX_PROBE)
		probe_expired(sk);
	else if (reason == XTCP_RTX_REORDER)
		reorder_expired(sk);
	else if (reason == XTCP_RTX_PERSIST)
		persist_expired(sk);
}

/*
 * Delayed ACK
 */

/* Short of the setting's floor, no longer than the peer's answers take. */
static u32 ack_delay_ms(const struct sock *sk)
{
	const struct xtcp_sock *xsk = xtcp_sk(sk);
	u32 min_ms = xtcp_sysctl_sk(sk, delack_min_ms);
	u32 max_ms = xtcp_sysctl_sk(sk, delack_max_ms);
	u32 delay_ms = min(xsk->ato_ms, max_ms);

	if (xsk->rtt.srtt_us)
		delay_ms = min(delay_ms, xsk->rtt.srtt_us / 8 / (u32)USEC_PER_MSEC);
	return max(delay_ms, min_ms);
}

/**
 * xtcp_timer_ack_due - something came in that must be acknowledged, but not at once
 * @sk: socket
 *
 * The delay counts from the first that is not acknowledged. RFC 9293 3.8.6.3.
 * Context: socket lock.
 */
void xtcp_timer_ack_due(struct sock *sk)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);

	xsk->ack_due |= XTCP_ACK_SCHED;
	if (xsk->ack_due & XTCP_ACK_TIMER)
		return;
	xsk->ack_due |= XTCP_ACK_TIMER;
	arm(sk, &xsk->delack_timer, msecs_to_jiffies(ack_delay_ms(sk)));
}

/**
 * xtcp_timer_ack_sent - a segment with an ACK goes out
 * @sk: socket
 *
 * One that overtakes the timer shows that waiting pays even if it is short. Context: socket lock.
 */
void xtcp_timer_ack_sent(struct sock *sk)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);

	if (xsk->ack_due & XTCP_ACK_TIMER) {
		sk_stop_timer(sk, &xsk->delack_timer);
		xsk->ato_ms = max_t(u32, xsk->ato_ms / 2, xtcp_sysctl_sk(sk, delack_min_ms));
	}
	xsk->ack_due = 0;
}

/**
 * xtcp_timer_data_leaves - data goes out
 * @sk: socket
 *
 * So soon after some came that it may be an answer: ACKs had better wait for those. Context: socket
 * lock.
 */
void xtcp_timer_data_leaves(struct sock *sk)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);

	xsk->last_sent = ktime_get();
	if (!xsk->answers && xsk->last_rcvd)
		xsk->answers = ktime_before(xsk->last_sent,
					    ktime_add_ms(xsk->last_rcvd, xsk->ato_ms));
}

/* Waiting was in vain; somebody who answers slowly may still make it the next time. */
static void delack_expired(struct sock *sk)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);

	if (timer_pending(&xsk->delack_timer) || !(xsk->ack_due & XTCP_ACK_TIMER))
		return;
	xsk->ack_due &= ~XTCP_ACK_TIMER;
	xsk->answers = false;
	xsk->ato_ms = min_t(u32, xsk->ato_ms * 2, xtcp_sysctl_sk(sk, delack_max_ms));
	xtcp_mib_inc(xtcp_sock_net(sk), DelayedAcks);
	xtcp_segment_send_ack(sk);
}

/*
 * Keepalive and FIN-WAIT-2
 */

static u32 idle_ms_of(const struct sock *sk)
{
	u32 seconds = xtcp_sk(sk)->keep_idle_s;

	return seconds ? seconds * MSEC_PER_SEC : xtcp_sysctl_sk(sk, keepalive_idle_ms);
}

static u32 interval_ms_of(const struct sock *sk)
{
	u32 seconds = xtcp_sk(sk)->keep_interval_s;

	return seconds ? seconds * MSEC_PER_SEC : xtcp_sysctl_sk(sk, keepalive_interval_ms);
}

/* For how long nothing has come from the peer; whatever comes has an ACK. */
static s64 silent_ms(const struct sock *sk)
{
	return ktime_ms_delta(ktime_get(), xtcp_sk(sk)->last_ack);
}

/**
 * xtcp_timer_keepalive - the connection is established, or SO_KEEPALIVE is about to be set
 * @sk: socket
 *
 * The flag counts when the timer fires. RFC 9293 3.8.4. Context: socket lock.
 */
void xtcp_timer_keepalive(struct sock *sk)
{
	if (!sock_flag(sk, SOCK_DEAD))
		arm(sk, &sk->sk_timer, msecs_to_jiffies(idle_ms_of(sk)));
}

/**
 * xtcp_timer_keepalive_idle - TCP_KEEPIDLE has changed
 * @sk: socket
 *
 * The new time counts from when the peer was last heard of, like the old one. Context: socket lock.
 */
void xtcp_timer_keepalive_idle(struct sock *sk)
{
	s64 left_ms = idle_ms_of(sk) - silent_ms(sk);

	if (sock_flag(sk, SOCK_KEEPOPEN) && !sock_flag(sk, SOCK_DEAD) &&
	    !((1 << sk->sk_state) & (TCPF_LISTEN | TCPF_SYN_SENT | TCPF_SYN_RECV)))
		arm(sk, &sk->sk_timer, msecs_to_jiffies(max_t(s64, left_ms, 0)));
}

/**
 * xtcp_timer_fin_wait2 - an orphan waits for nothing but its peer's FIN
 * @sk: socket, in FIN-WAIT-2
 *
 * Not in RFC 9293, which would wait for ever. Context: socket lock.
 */
void xtcp_timer_fin_wait2(struct sock *sk)
{
	int ms = xtcp_sk(sk)->linger2_ms;

	if (ms <= 0)
		ms = xtcp_sysctl_sk(sk, fin_timeout_ms);
	arm(sk, &sk->sk_timer, msecs_to_jiffies(ms));
}

static void fin_wait2_expired(struct sock *sk)
{
	u16 acts = xtcp_fsm_next(sk->sk_state, XTCP_EV_FIN_WAIT2_TIMEOUT).actions;

	if (acts & XTCP_ACT_RST)
		xtcp_segment_send_rst(sk, GFP_ATOMIC);
	xtcp_sock_event(sk, XTCP_EV_FIN_WAIT2_TIMEOUT);
	xtcp_sock_done(sk);
}

/* tcp(7): the user's timeout, if there is one, takes the place of the number of probes. */
static bool is_dead(const struct sock *sk)
{
	const struct xtcp_sock *xsk = xtcp_sk(sk);
	u8 limit = xsk->keep_probes ?: xtcp_sysctl_sk(sk, keepalive_probes);

	if (xsk->user_timeout_ms)
		return xsk->keep_tried && silent_ms(sk) >= xsk->user_timeout_ms;
	return xsk->keep_tried >= limit;
}

/*
 * RFC 9293 3.8.4. What is in flight or waits for a window keeps itself alive, by the other timer. A
 * peer that is there after all, but could not answer, hears of the end.
 */
static void keepalive_expired(struct sock *sk)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);
	s64 left_ms = idle_ms_of(sk) - silent_ms(sk);

	if (xsk->rtx_reason != XTCP_RTX_NONE) {
		xtcp_timer_keepalive(sk);
	} else if (left_ms > 0) {
		arm(sk, &sk->sk_timer, msecs_to_jiffies(left_ms));
	} else if (is_dead(sk)) {
		xtcp_segment_send_rst(sk, GFP_ATOMIC);
		give_up(sk);
	} else {
		xtcp_mib_inc(xtcp_sock_net(sk), KeepaliveProbes);
		if (xsk->keep_tried < U8_MAX)
			xsk->keep_tried++;
		xtcp_segment_send_probe(sk);
		arm(sk, &sk->sk_timer, msecs_to_jiffies(interval_ms_of(sk)));
	}
}

static void life_expired(struct sock *sk)
{
	if (timer_pending(&sk->sk_timer))
		return;
	if (sock_flag(sk, SOCK_DEAD)) {
		if (sk->sk_state == TCP_FIN_WAIT2)
			fin_wait2_expired(sk);
	} else if (sock_flag(sk, SOCK_KEEPOPEN)) {
		keepalive_expired(sk);
	}
}

/*
 * All of them
 */

static void pmtu_changed(struct sock *sk)
{
	xtcp_xmit_pmtu(sk, READ_ONCE(xtcp_sk(sk)->pmtu_icmp));
}

static void (*const handlers[])(struct sock *sk) = {
	[XTCP_DEFER_RTX]	= rtx_expired,
	[XTCP_DEFER_DELACK]	= delack_expired,
	[XTCP_DEFER_LIFE]	= life_expired,
	[XTCP_DEFER_PMTU]	= pmtu_changed,
	[XTCP_DEFER_PACE]	= xtcp_pace_expired,
};

static void handle(struct sock *sk, int bit)
{
	/* The connection may be over, and the socket listen by now. */
	if (!((1 << sk->sk_state) & (TCPF_CLOSE | TCPF_LISTEN)))
		handlers[bit](sk);
}

/**
 * xtcp_timer_fire - what every timer's callback does
 * @sk: socket; the timer's reference is dropped here
 * @bit: %XTCP_DEFER_RTX and so on
 *
 * Context: softirq.
 */
void xtcp_timer_fire(struct sock *sk, int bit)
{
	bh_lock_sock(sk);
	if (!sock_owned_by_user(sk))
		handle(sk, bit);
	else if (!test_and_set_bit(bit, &xtcp_sk(sk)->deferred))
		sock_hold(sk);
	bh_unlock_sock(sk);
	sock_put(sk);
}

static void rtx_fire(struct timer_list *timer)
{
	struct xtcp_sock *xsk = container_of(timer, struct xtcp_sock, rtx_timer);

	xtcp_timer_fire(&xsk->inet.sk, XTCP_DEFER_RTX);
}

static void delack_fire(struct timer_list *timer)
{
	struct xtcp_sock *xsk = container_of(timer, struct xtcp_sock, delack_timer);

	xtcp_timer_fire(&xsk->inet.sk, XTCP_DEFER_DELACK);
}

static void life_fire(struct timer_list *timer)
{
	xtcp_timer_fire(container_of(timer, struct sock, sk_timer), XTCP_DEFER_LIFE);
}

/**
 * xtcp_timer_deferred - do what found the socket owned by user
 * @sk: socket
 *
 * Context: proto.release_cb: the socket's spinlock held, BH off, the caller still its owner.
 */
void xtcp_timer_deferred(struct sock *sk)
{
	unsigned long *deferred = &xtcp_sk(sk)->deferred;
	int bit;

	if (likely(!READ_ONCE(*deferred)))
		return;
	for (bit = 0; bit < ARRAY_SIZE(handlers); bit++) {
		if (!test_and_clear_bit(bit, deferred))
			continue;
		handle(sk, bit);
		__sock_put(sk);
	}
}

/**
 * xtcp_timer_init - set up the timers of a new socket
 * @sk: socket; nothing is armed
 */
void xtcp_timer_init(struct sock *sk)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);

	timer_setup(&xsk->rtx_timer, rtx_fire, 0);
	timer_setup(&xsk->delack_timer, delack_fire, 0);
	timer_setup(&sk->sk_timer, life_fire, 0);
}

/**
 * xtcp_timer_stop - stop all timers
 * @sk: socket
 *
 * A callback may still wait for the lock; it finds nothing to do. Context: socket lock, and a
 * reference besides the timers'.
 */
void xtcp_timer_stop(struct sock *sk)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);

	stop_rtx(sk);
	xsk->ack_due = 0;
	sk_stop_timer(sk, &xsk->delack_timer);
	sk_stop_timer(sk, &sk->sk_timer);
}

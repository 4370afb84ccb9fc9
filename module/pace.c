// SPDX-License-Identifier: GPL-2.0
/*
 * When to send: not faster than the congestion control says, and not more than what the qdisc and
 * the device are about to send anyway.
 *
 * Who paces: the timer here, for a congestion control that needs it, for SO_MAX_PACING_RATE, and
 * for all where the fq qdisc is (it says so in sk_pacing_status). fq itself holds back what is
 * stamped with a later time; what it held were part of each round trip. What has no stamp it sends
 * by sk_pacing_rate, headers counted, or from Linux 6.7 on, if it has nothing else to do, at once:
 * there would be two rates, or none. So it is told that all may go.
 *
 * The timer
 *
 * XTCP_PACE_ARMED is set by whoever arms the timer, which takes a reference to the socket, and
 * cleared by whoever takes that over: its callback, or xtcp_pace_stop() if it was in time. So there
 * is one reference for each time that the bit gets set, and the timer may also be armed without the
 * socket lock: by a segment that the device is done with.
 */
#include <linux/hrtimer.h>

#include "xtcp.h"

/* Bits of xtcp_sock.pace_flags. */
enum {
	XTCP_PACE_ARMED,	/* the timer is, and holds a reference */
	XTCP_PACE_THROTTLED,	/* something waits until less of ours is below */
};

/* Of the window in a round trip, in percent, where the algorithm does not say itself. */
#define PACE_SLOW_START		200
#define PACE_AVOIDANCE		120

/* Most bytes of one connection below, whatever its rate; as the kernel's TCP. */
#define BELOW_MAX		SZ_4M

/* What the timer may be late by, a segment may leave before its time. */
#define PACE_SLACK_NS		(NSEC_PER_MSEC / 2)

static void arm(struct sock *sk, u64 at_ns)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);

	if (test_and_set_bit(XTCP_PACE_ARMED, &xsk->pace_flags))
		return;
	/* Nobody has it any more but what is below. */
	if (!refcount_inc_not_zero(&sk->sk_refcnt)) {
		clear_bit(XTCP_PACE_ARMED, &xsk->pace_flags);
		return;
	}
	hrtimer_start(&xsk->pace_timer, ns_to_ktime(at_ns), HRTIMER_MODE_ABS_SOFT);
}

static enum hrtimer_restart expired(struct hrtimer *timer)
{
	struct xtcp_sock *xsk = container_of(timer, struct xtcp_sock, pace_timer);

	clear_bit(XTCP_PACE_ARMED, &xsk->pace_flags);
	xtcp_timer_fire(&xsk->inet.sk, XTCP_DEFER_PACE);
	return HRTIMER_NORESTART;
}

/**
 * xtcp_pace_init - set up the timer of a new socket
 * @sk: socket
 */
void xtcp_pace_init(struct sock *sk)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);

	xsk->pace_flags = 0;
	hrtimer_setup(&xsk->pace_timer, expired, CLOCK_MONOTONIC, HRTIMER_MODE_ABS_SOFT);
}

/**
 * xtcp_pace_stop - stop the timer
 * @sk: socket, CLOSED or about to be
 *
 * Context: socket lock, and a reference besides the timer's.
 */
void xtcp_pace_stop(struct sock *sk)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);

	if (hrtimer_try_to_cancel(&xsk->pace_timer) != 1)
		return;
	clear_bit(XTCP_PACE_ARMED, &xsk->pace_flags);
	__sock_put(sk);
}

/**
 * xtcp_pace_expired - what waited for its time may go
 * @sk: socket
 *
 * Context: socket lock.
 */
void xtcp_pace_expired(struct sock *sk)
{
	xtcp_xmit_push(sk, false);
}

/*
 * Bytes a second; so much of the window in a round trip that it never is what bounds the flight.
 * Few ACKs but those that move snd_una change anything about it.
 */
static u64 rate_of_window(struct xtcp_sock *xsk)
{
	const struct xtcp_cong *cc = &xsk->cong;
	u32 percent = cc->cwnd < cc->ssthresh / 2 ? PACE_SLOW_START : PACE_AVOIDANCE;
	u64 share = (u64)max(cc->cwnd, xsk->rtxq_bytes) * percent;

	if (!xsk->rtt.srtt_us)
		return ~0ull;
	if (share != xsk->pace_share || xsk->rtt.srtt_us != xsk->pace_srtt_us) {
		xsk->pace_share = share;
		xsk->pace_srtt_us = xsk->rtt.srtt_us;
		xsk->pace_rate = div_u64(share * (8 * USEC_PER_SEC / 100), xsk->rtt.srtt_us);
	}
	return xsk->pace_rate;
}

/**
 * xtcp_pace_update - the window, the round-trip time or the algorithm's mind has changed
 * @sk: socket
 *
 * Context: socket lock.
 */
void xtcp_pace_update(struct sock *sk)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);
	bool own = xsk->cong.ops->flags & XTCP_CONG_PACED;
	u64 rate = own ? xsk->cong.pacing_rate : rate_of_window(xsk);

	if (own)
		cmpxchg(&sk->sk_pacing_status, SK_PACING_NONE, SK_PACING_NEEDED);
	rate = min_t(u64, rate, READ_ONCE(sk->sk_max_pacing_rate));
	WRITE_ONCE(sk->sk_pacing_rate, clamp_t(u64, rate, 1, ~0ul));
}

/**
 * xtcp_pace_burst - most data to be sent at once
 * @sk: socket
 *
 * A millisecond's worth, so that a large skb is no burst; on a short path that does not matter, and
 * large ones cost less.
 *
 * Context: socket lock.
 * Return: bytes, at least two segments.
 */
u32 xtcp_pace_burst(const struct sock *sk)
{
	const struct xtcp_sock *xsk = xtcp_sk(sk);
	unsigned long rate = READ_ONCE(sk->sk_pacing_rate);
	u32 mss = max_t(u32, xsk->mss, 1);

	if (!xsk->rack.min_rtt_us || xsk->rack.min_rtt_us < USEC_PER_MSEC)
		return U32_MAX;
	return clamp_t(u64, rate >> READ_ONCE(sk->sk_pacing_shift), 2 * mss, U32_MAX);
}

static bool is_paced(const struct sock *sk)
{
	return READ_ONCE(sk->sk_pacing_status) != SK_PACING_NONE;
}

static bool is_below_full(const struct sock *sk)
{
	unsigned long limit = READ_ONCE(sk->sk_pacing_rate) >> READ_ONCE(sk->sk_pacing_shift);

	limit = clamp_t(unsigned long, limit, 2 * SKB_TRUESIZE(U16_MAX), BELOW_MAX);
	return refcount_read(&sk->sk_wmem_alloc) > limit;
}

/* Whether what lies below has to get less; if so, its end starts the timer. */
static bool must_wait_for_below(struct sock *sk)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);

	if (!is_below_full(sk))
		return false;
	set_bit(XTCP_PACE_THROTTLED, &xsk->pace_flags);
	/* Pairs with sock_wfree()'s atomic, before xtcp_pace_below_less() sees the bit. */
	smp_mb__after_atomic();
	if (is_below_full(sk))
		return true;
	clear_bit(XTCP_PACE_THROTTLED, &xsk->pace_flags);
	return false;
}

/**
 * xtcp_pace_may_send - whether data may be sent now
 * @sk: socket
 *
 * If not, there will be another xtcp_xmit_push() when it may. Context: socket lock.
 */
bool xtcp_pace_may_send(struct sock *sk)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);

	if (is_paced(sk) && xsk->pace_next_ns > ktime_get_ns() + PACE_SLACK_NS) {
		arm(sk, xsk->pace_next_ns);
		return false;
	}
	return !must_wait_for_below(sk);
}

/**
 * xtcp_pace_waits - whether there will be another xtcp_xmit_push() without anybody's help
 * @sk: socket
 *
 * Context: socket lock.
 */
bool xtcp_pace_waits(const struct sock *sk)
{
	return READ_ONCE(xtcp_sk(sk)->pace_flags);
}

/**
 * xtcp_pace_sent - data went out
 * @sk: socket
 * @len: bytes
 *
 * Context: socket lock.
 */
void xtcp_pace_sent(struct sock *sk, u32 len)
{
	unsigned long rate = READ_ONCE(sk->sk_pacing_rate);
	struct xtcp_sock *xsk = xtcp_sk(sk);

	if (!is_paced(sk) || rate == ~0ul)
		return;
	xsk->pace_next_ns = max(xsk->pace_next_ns, ktime_get_ns()) +
			    div64_ul((u64)len * NSEC_PER_SEC, rate);
}

/**
 * xtcp_pace_stamp - tell fq that a segment may go
 * @sk: socket
 * @skb: segment, about to be handed to IP
 *
 * Context: any.
 */
void xtcp_pace_stamp(const struct sock *sk, struct sk_buff *skb)
{
	if (READ_ONCE(sk->sk_pacing_status) == SK_PACING_FQ)
		skb_set_delivery_time(skb, ktime_get(), SKB_CLOCK_MONOTONIC);
}

/**
 * xtcp_pace_below_less - something of ours that was below is gone
 * @sk: socket; its memory stays for as long, but nothing else
 *
 * Context: any, no locks needed.
 */
void xtcp_pace_below_less(struct sock *sk)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);

	if (test_bit(XTCP_PACE_THROTTLED, &xsk->pace_flags) && !is_below_full(sk) &&
	    test_and_clear_bit(XTCP_PACE_THROTTLED, &xsk->pace_flags))
		arm(sk, ktime_get_ns());
}

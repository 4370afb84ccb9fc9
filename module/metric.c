// SPDX-License-Identifier: GPL-2.0
/*
 * The metrics of a route, as far as they concern a transport protocol: initcwnd, initrwnd, window,
 * rto_min, quickack, fastopen_no_cookie, and, where they are locked, cwnd, ssthresh, rtt and
 * rttvar. mtu and advmss are the routing's to apply (ip.c); without its lock, the kernel takes none
 * of the last four for more than a guess, and neither do we.
 */
#include "xtcp.h"

#include <net/dst.h>

static u32 metric(const struct dst_entry *dst, int which)
{
	return dst ? dst_metric(dst, which) : 0;
}

static u32 locked_metric(const struct dst_entry *dst, int which)
{
	return dst && dst_metric_locked(dst, which) ? dst_metric(dst, which) : 0;
}

static const struct dst_entry *dst_of(const struct sock *sk)
{
	return rcu_dereference_protected(sk->sk_dst_cache, lockdep_sock_is_held(sk));
}

/**
 * xtcp_metric_initial_window - initial congestion window of a connection
 * @sk: socket
 *
 * Also the restart window after silence (RFC 5681 4.1). Context: socket lock.
 *
 * Return: segments.
 */
u32 xtcp_metric_initial_window(const struct sock *sk)
{
	return metric(dst_of(sk), RTAX_INITCWND) ?: xtcp_sysctl_sk(sk, initial_window);
}

/**
 * xtcp_metric_syn_window - the window that a SYN or SYN-ACK may offer
 * @dst: route, or NULL
 * @mss: what its MSS option says, bytes
 * @window: what the receive buffer takes, bytes
 *
 * Context: any that keeps @dst.
 *
 * Return: bytes.
 */
u32 xtcp_metric_syn_window(const struct dst_entry *dst, u32 mss, u32 window)
{
	u32 segments = metric(dst, RTAX_INITRWND);
	u32 clamp = metric(dst, RTAX_WINDOW);

	if (segments)
		window = min_t(u64, window, (u64)segments * mss);
	return clamp ? min(window, clamp) : window;
}

/**
 * xtcp_metric_rto_us - the retransmission timeout before there is a sample
 * @sk: socket
 * @rto_us: as the settings have it, microseconds
 *
 * A path that is known to be longer is given its time; the metrics hold milliseconds times 8 and
 * times 4, as RFC 6298's scaled variables do. Context: socket lock.
 *
 * Return: microseconds.
 */
u32 xtcp_metric_rto_us(const struct sock *sk, u32 rto_us)
{
	u64 srtt_us = (u64)locked_metric(dst_of(sk), RTAX_RTT) * USEC_PER_MSEC / 8;
	u64 rttvar_us = (u64)locked_metric(dst_of(sk), RTAX_RTTVAR) * USEC_PER_MSEC / 4;

	/* RFC 6298 2.2 */
	if (srtt_us && !rttvar_us)
		rttvar_us = srtt_us / 2;
	return max_t(u64, rto_us, min_t(u64, srtt_us + 4 * rttvar_us, U32_MAX));
}

/**
 * xtcp_metric_open - a connection begins: its congestion state is set up
 * @sk: socket with a route, its settings taken
 *
 * Context: socket lock.
 */
void xtcp_metric_open(struct sock *sk)
{
	u32 ssthresh = locked_metric(dst_of(sk), RTAX_SSTHRESH);
	struct xtcp_sock *xsk = xtcp_sk(sk);

	if (ssthresh)
		xsk->cong.ssthresh = min_t(u64, (u64)ssthresh * xsk->mss, XTCP_SSTHRESH_INFINITE);
	xtcp_metric_renew(sk);
	xtcp_metric_limit_cwnd(sk);
}

/**
 * xtcp_metric_renew - the route of a connection is another one
 * @sk: socket with a route, its settings taken
 *
 * Context: socket lock.
 */
void xtcp_metric_renew(struct sock *sk)
{
	const struct dst_entry *dst = dst_of(sk);
	struct xtcp_sock *xsk = xtcp_sk(sk);
	u32 rto_min_ms = locked_metric(dst, RTAX_RTO_MIN) ?: xtcp_sysctl_sk(sk, rto_min_ms);

	xsk->rtt.rto_min_us = min_t(u64, (u64)rto_min_ms * USEC_PER_MSEC, xsk->rtt.rto_max_us);
	xsk->cwnd_clamp = locked_metric(dst, RTAX_CWND);
	xsk->route_clamp = metric(dst, RTAX_WINDOW);
	xsk->always_quick = !!metric(dst, RTAX_QUICKACK);
}

/**
 * xtcp_metric_limit_cwnd - keep the congestion window within what the route allows
 * @sk: socket whose window has grown
 *
 * Context: socket lock.
 */
void xtcp_metric_limit_cwnd(struct sock *sk)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);

	if (xsk->cwnd_clamp)
		xsk->cong.cwnd = min_t(u64, xsk->cong.cwnd, (u64)xsk->cwnd_clamp * xsk->mss);
}

/**
 * xtcp_metric_no_cookie - whether a SYN may bring data without a Fast Open cookie, either way
 * @dst: route to the peer, or NULL
 *
 * Context: any that keeps @dst.
 *
 * Return: true if the route says so.
 */
bool xtcp_metric_no_cookie(const struct dst_entry *dst)
{
	return metric(dst, RTAX_FASTOPEN_NO_COOKIE);
}

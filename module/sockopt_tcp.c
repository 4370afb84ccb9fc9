// SPDX-License-Identifier: GPL-2.0
/* setsockopt() and getsockopt() of SOL_TCP, for either carrier. */
#include <linux/inet_diag.h>
#include <linux/sockptr.h>
#include <linux/uaccess.h>

#include "xtcp.h"

#define XTCP_MAXSEG_MIN		88	/* bytes; both as tcp(7) */
#define XTCP_MAXSEG_MAX		32767
#define XTCP_SYNCNT_MAX		127
#define XTCP_DEFER_MAX		126	/* SYN-ACKs: an entry counts to one more */
#define XTCP_LINGER2_MAX	120	/* seconds */
#define XTCP_KEEP_MAX		32767	/* seconds; all three as tcp(7) */
#define XTCP_KEEPCNT_MAX	127

static int set_maxseg(struct xtcp_sock *xsk, int bytes)
{
	if (bytes && (bytes < XTCP_MAXSEG_MIN || bytes > XTCP_MAXSEG_MAX))
		return -EINVAL;
	xsk->mss_user = bytes;
	return 0;
}

static int set_syncnt(struct xtcp_sock *xsk, int retries)
{
	if (retries < 1 || retries > XTCP_SYNCNT_MAX)
		return -EINVAL;
	xsk->syn_retries = retries;
	return 0;
}

/* Seconds; negative: an orphan does not stay in FIN-WAIT-2 at all; too many are cut down. */
static int set_linger2(struct xtcp_sock *xsk, int seconds)
{
	if (seconds < 0)
		xsk->linger2_ms = -1;
	else if (seconds > XTCP_LINGER2_MAX)
		xsk->linger2_ms = XTCP_LINGER2_MAX * MSEC_PER_SEC;
	else
		xsk->linger2_ms = seconds * MSEC_PER_SEC;
	return 0;
}

/* What is queued so far need not wait for more. */
static void push_queued(struct sock *sk)
{
	struct sk_buff *tail = skb_peek_tail(&sk->sk_write_queue);

	if (!tail || !((1 << sk->sk_state) & (TCPF_ESTABLISHED | TCPF_CLOSE_WAIT)))
		return;
	XTCP_CB(tail)->flags |= XTCP_PSH;
	xtcp_xmit_push(sk, true);
}

/*
 * What Nagle's algorithm held back may go now, and what TCP_CORK did as well; but the cork stays in
 * for what is written from here on.
 */
static int set_nodelay(struct sock *sk, bool on)
{
	xtcp_sk(sk)->nodelay = on;
	if (on)
		push_queued(sk);
	return 0;
}

/* Full segments go in any case. What Nagle's algorithm holds back, the cork does from now on. */
static int set_cork(struct sock *sk, bool on)
{
	struct sk_buff *tail = skb_peek_tail(&sk->sk_write_queue);

	xtcp_sk(sk)->cork = on;
	if (!on)
		push_queued(sk);
	else if (tail)
		XTCP_CB(tail)->flags &= ~XTCP_PSH;
	return 0;
}

/*
 * On: the next ACKs go at once, and so does one that is due; an even number means that one alone.
 * None of it lasts: when so many ACKs have gone, they are delayed again.
 */
static int set_quickack(struct sock *sk, int value)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);
	bool due = value && (xsk->ack_due & XTCP_ACK_SCHED);

	if (due)
		xtcp_segment_send_ack(sk);
	xsk->lazy_ack = !value || (due && !(value & 1));
	xsk->quick_acks = xsk->lazy_ack ? 0 : XTCP_QUICK_ACKS;
	xsk->answers = xsk->lazy_ack;
	return 0;
}

static int set_keepidle(struct sock *sk, int seconds)
{
	if (seconds < 1 || seconds > XTCP_KEEP_MAX)
		return -EINVAL;
	xtcp_sk(sk)->keep_idle_s = seconds;
	xtcp_timer_keepalive_idle(sk);
	return 0;
}

static int set_keepintvl(struct xtcp_sock *xsk, int seconds)
{
	if (seconds < 1 || seconds > XTCP_KEEP_MAX)
		return -EINVAL;
	xsk->keep_interval_s = seconds;
	return 0;
}

static int set_keepcnt(struct xtcp_sock *xsk, int probes)
{
	if (probes < 1 || probes > XTCP_KEEPCNT_MAX)
		return -EINVAL;
	xsk->keep_probes = probes;
	return 0;
}

static int set_user_timeout(struct sock *sk, int ms)
{
	if (ms < 0)
		return -EINVAL;
	xtcp_sk(sk)->user_timeout_ms = ms;
	xtcp_timer_user_timeout(sk);
	return 0;
}

/* Who waits may have waited for the old value. */
static int set_notsent_lowat(struct sock *sk, int bytes)
{
	WRITE_ONCE(xtcp_sk(sk)->notsent_lowat, bytes);
	sk->sk_write_space(sk);
	return 0;
}

static int set_congestion(struct sock *sk, sockptr_t val, unsigned int len)
{
	struct user_namespace *user_ns = sock_net(sk)->user_ns;
	struct xtcp_sock *xsk = xtcp_sk(sk);
	char name[XTCP_CONG_NAME_LEN] = {};
	const struct xtcp_cong_ops *ops;

	if (len < 1)
		return -EINVAL;
	if (copy_from_sockptr(name, val, min_t(unsigned int, len, sizeof(name) - 1)))
		return -EFAULT;
	ops = xtcp_cong_get(name, capable(CAP_NET_ADMIN));
	if (!ops)
		return -ENOENT;
	if ((ops->flags & XTCP_CONG_RESTRICTED) && !ns_capable(user_ns, CAP_NET_ADMIN)) {
		xtcp_cong_put(ops);
		return -EPERM;
	}
	lock_sock(sk);
	/* A connection that has not begun does so with what is held. */
	if (xsk->cong.ops && ops != xsk->cong.ops)
		xtcp_cong_switch(&xsk->cong, ops, xtcp_clock_us());
	/* SYNs look at it without a lock. */
	ops = xchg(&xsk->cong_ops, ops);
	release_sock(sk);
	xtcp_cong_put(ops);
	return 0;
}

/*
 * TCP_DEFER_ACCEPT is set in seconds and counted in SYN-ACKs, whose timeouts double: how long a
 * number of them takes, and the least number that takes so long.
 */
static u32 retries_to_seconds(const struct sock *sk, unsigned int retries)
{
	u64 most = xtcp_sysctl_sk(sk, rto_max_ms), timeout = xtcp_sysctl_sk(sk, rto_initial_ms);
	u64 ms = 0;

	while (retries--) {
		ms += timeout;
		timeout = min(2 * timeout, most);
	}
	return div_u64(ms, MSEC_PER_SEC);
}

static u8 seconds_to_retries(const struct sock *sk, int seconds)
{
	unsigned int retries = 0;

	while (retries < XTCP_DEFER_MAX &&
	       (s64)retries_to_seconds(sk, retries) < seconds)
		retries++;
	return retries;
}

static int set_fastopen_free(struct sock *sk, int value)
{
	if (value < 0 || value > 1 || !((1 << sk->sk_state) & (TCPF_CLOSE | TCPF_LISTEN)))
		return -EINVAL;
	WRITE_ONCE(xtcp_sk(sk)->fastopen_free, value);
	return 0;
}

/* connect() waits for what is written first, if there is a cookie to send it with. */
static int set_fastopen_connect(struct sock *sk, int value)
{
	if (value < 0 || value > 1)
		return -EINVAL;
	if (!(xtcp_sysctl_sk(sk, fastopen) & XTCP_FASTOPEN_CLIENT))
		return -EOPNOTSUPP;
	if (sk->sk_state != TCP_CLOSE)
		return -EINVAL;
	xtcp_sk(sk)->fastopen_connect = value;
	return 0;
}

/* The key in use, and perhaps the one before it. */
static int set_fastopen_key(struct sock *sk, sockptr_t val, unsigned int len)
{
	u8 bytes[XTCP_FASTOPEN_KEYS * XTCP_FASTOPEN_KEY];

	if (len != XTCP_FASTOPEN_KEY && len != sizeof(bytes))
		return -EINVAL;
	if (copy_from_sockptr(bytes, val, len))
		return -EFAULT;
	return xtcp_fastopen_set_keys(&xtcp_sk(sk)->fastopen_secret, bytes,
				      len / XTCP_FASTOPEN_KEY);
}

static int set_save_syn(struct xtcp_sock *xsk, int mode)
{
	if (mode < XTCP_SAVE_NONE || mode > XTCP_SAVE_LINK)
		return -EINVAL;
	WRITE_ONCE(xsk->save_syn, mode);
	return 0;
}

static int set_int(struct sock *sk, int name, int value)
{
	switch (name) {
	case TCP_NODELAY:
		return set_nodelay(sk, value);
	case TCP_MAXSEG:
		return set_maxseg(xtcp_sk(sk), value);
	case TCP_SYNCNT:
		return set_syncnt(xtcp_sk(sk), value);
	case TCP_LINGER2:
		return set_linger2(xtcp_sk(sk), value);
	case TCP_DEFER_ACCEPT:
		xtcp_sk(sk)->defer_accept = seconds_to_retries(sk, value);
		return 0;
	case TCP_SAVE_SYN:
		return set_save_syn(xtcp_sk(sk), value);
	case TCP_CORK:
		return set_cork(sk, value);
	case TCP_QUICKACK:
		return set_quickack(sk, value);
	case TCP_KEEPIDLE:
		return set_keepidle(sk, value);
	case TCP_KEEPINTVL:
		return set_keepintvl(xtcp_sk(sk), value);
	case TCP_KEEPCNT:
		return set_keepcnt(xtcp_sk(sk), value);
	case TCP_USER_TIMEOUT:
		return set_user_timeout(sk, value);
	case TCP_WINDOW_CLAMP:
		return xtcp_rcvbuf_set_clamp(sk, value);
	case TCP_INQ:
		if (value < 0 || value > 1)
			return -EINVAL;
		WRITE_ONCE(xtcp_sk(sk)->tell_queued, value);
		return 0;
	case TCP_NOTSENT_LOWAT:
		return set_notsent_lowat(sk, value);
	case TCP_FASTOPEN:
		return xtcp_fastopen_set_queue(sk, value);
	case TCP_FASTOPEN_NO_COOKIE:
		return set_fastopen_free(sk, value);
	case TCP_FASTOPEN_CONNECT:
		return set_fastopen_connect(sk, value);
	case TCP_TIMESTAMP:
		/* Only under TCP_REPAIR. */
		return -EPERM;
	default:
		return -ENOPROTOOPT;
	}
}

/* What puts itself on top, as "tls" does, knows the kernel's TCP alone: there is none here. */
static int set_ulp(sockptr_t val, unsigned int len)
{
	char first;

	if (len < 1)
		return -EINVAL;
	return copy_from_sockptr(&first, val, sizeof(first)) ? -EFAULT : -ENOENT;
}

/**
 * xtcp_sockopt_set_tcp() - setsockopt() of SOL_TCP
 * @sk: socket
 * @name: option
 * @val: its value
 * @len: bytes there
 *
 * Context: Process context, takes the socket lock.
 * Return: 0, -ENOPROTOOPT, -EINVAL, -EFAULT; -ENOENT for an unknown congestion control, and for any
 * upper layer protocol; -EPERM for what is not this user's to set.
 */
int xtcp_sockopt_set_tcp(struct sock *sk, int name, sockptr_t val, unsigned int len)
{
	int value;
	int err;

	switch (name) {
	case TCP_CONGESTION:
		return set_congestion(sk, val, len);
	case TCP_FASTOPEN_KEY:
		return set_fastopen_key(sk, val, len);
	case TCP_ULP:
		return set_ulp(val, len);
	default:
		break;
	}
	err = xtcp_sockopt_int(&value, val, len);
	if (err)
		return err;
	lock_sock(sk);
	err = set_int(sk, name, value);
	release_sock(sk);
	return err;
}

static int get_info(struct sock *sk, char __user *val, int __user *optlen)
{
	struct xtcp_info info;

	lock_sock(sk);
	xtcp_info_fill(sk, &info);
	release_sock(sk);
	return xtcp_sockopt_put(val, optlen, &info, sizeof(info));
}

static int get_saved_syn(struct sock *sk, char __user *val, int __user *optlen)
{
	int err;

	lock_sock(sk);
	err = xtcp_saved_syn_read(sk, val, optlen);
	release_sock(sk);
	return err;
}

static int get_maxseg(const struct sock *sk)
{
	const struct xtcp_sock *xsk = xtcp_sk(sk);

	if (xsk->mss_user && ((1 << sk->sk_state) & (TCPF_CLOSE | TCPF_LISTEN)))
		return xsk->mss_user;
	return xsk->mss;
}

static int get_linger2(const struct sock *sk)
{
	int ms = xtcp_sk(sk)->linger2_ms;

	if (ms < 0)
		return -1;
	return (ms ? ms : xtcp_sysctl_sk(sk, fin_timeout_ms)) / MSEC_PER_SEC;
}

/* Before there is a connection, what it will begin with. */
static bool get_quickack(const struct sock *sk)
{
	const int unborn = TCPF_CLOSE | TCPF_LISTEN | TCPF_SYN_SENT | TCPF_SYN_RECV;

	if ((1 << sk->sk_state) & unborn)
		return !xtcp_sk(sk)->lazy_ack;
	return xtcp_sk(sk)->quick_acks;
}

static int get_timer(const struct sock *sk, int name, int *value)
{
	const struct xtcp_sock *xsk = xtcp_sk(sk);

	switch (name) {
	case TCP_KEEPIDLE:
		*value = xsk->keep_idle_s ?:
			 xtcp_sysctl_sk(sk, keepalive_idle_ms) / MSEC_PER_SEC;
		return 0;
	case TCP_KEEPINTVL:
		*value = xsk->keep_interval_s ?:
			 xtcp_sysctl_sk(sk, keepalive_interval_ms) / MSEC_PER_SEC;
		return 0;
	case TCP_KEEPCNT:
		*value = xsk->keep_probes ?: xtcp_sysctl_sk(sk, keepalive_probes);
		return 0;
	case TCP_USER_TIMEOUT:
		*value = xsk->user_timeout_ms;
		return 0;
	default:
		return -ENOPROTOOPT;
	}
}

/* Where nobody set one, what the header has room for. */
static u32 get_window_clamp(const struct sock *sk)
{
	const struct xtcp_sock *xsk = xtcp_sk(sk);

	if (xsk->window_clamp || ((1 << sk->sk_state) & (TCPF_CLOSE | TCPF_LISTEN)))
		return xsk->window_clamp;
	return (u32)U16_MAX << xsk->rcv_wscale;
}

static int get_int(const struct sock *sk, int name, int *value)
{
	const struct xtcp_sock *xsk = xtcp_sk(sk);

	switch (name) {
	case TCP_NODELAY:
		*value = xsk->nodelay;
		return 0;
	case TCP_MAXSEG:
		*value = get_maxseg(sk);
		return 0;
	case TCP_SYNCNT:
		*value = xsk->syn_retries ? xsk->syn_retries : xtcp_sysctl_sk(sk, syn_retries);
		return 0;
	case TCP_LINGER2:
		*value = get_linger2(sk);
		return 0;
	case TCP_DEFER_ACCEPT:
		*value = retries_to_seconds(sk, xsk->defer_accept);
		return 0;
	case TCP_SAVE_SYN:
		*value = xsk->save_syn;
		return 0;
	case TCP_CORK:
		*value = xsk->cork;
		return 0;
	case TCP_QUICKACK:
		*value = get_quickack(sk);
		return 0;
	case TCP_WINDOW_CLAMP:
		*value = get_window_clamp(sk);
		return 0;
	case TCP_INQ:
		*value = xsk->tell_queued;
		return 0;
	case TCP_NOTSENT_LOWAT:
		*value = xsk->notsent_lowat;
		return 0;
	case TCP_FASTOPEN:
		*value = xsk->fastopen_queue;
		return 0;
	case TCP_FASTOPEN_NO_COOKIE:
		*value = xsk->fastopen_free;
		return 0;
	case TCP_FASTOPEN_CONNECT:
		*value = xsk->fastopen_connect;
		return 0;
	case TCP_TIMESTAMP:
		*value = xtcp_clock_ts() + xsk->ts_offset;
		return 0;
	default:
		return get_timer(sk, name, value);
	}
}

static int get_congestion(struct sock *sk, char __user *val, int __user *optlen)
{
	char name[XTCP_CONG_NAME_LEN] = {};

	lock_sock(sk);
	strscpy(name, xtcp_sk(sk)->cong_ops->name, sizeof(name));
	release_sock(sk);
	return xtcp_sockopt_put(val, optlen, name, sizeof(name));
}

/* What the algorithm tells of itself, in its own form; union tcp_cc_info where there is one. */
static int get_cc_info(struct sock *sk, char __user *val, int __user *optlen)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);
	struct xtcp_cong *cc = &xsk->cong;
	union tcp_cc_info info = {};
	struct xtcp_cong_ecn ecn;
	size_t len = 0;

	lock_sock(sk);
	ecn.ok = xsk->ecn.ok;
	ecn.ce = xsk->ecn.echo;
	if (cc->ops && cc->ops->info)
		len = cc->ops->info(cc, &ecn, &info, sizeof(info));
	release_sock(sk);
	return xtcp_sockopt_put(val, optlen, &info, min(len, sizeof(info)));
}

static int get_fastopen_key(const struct sock *sk, char __user *val, int __user *optlen)
{
	u8 bytes[XTCP_FASTOPEN_KEYS * XTCP_FASTOPEN_KEY];
	unsigned int count = xtcp_fastopen_get_keys(sk, bytes);

	return xtcp_sockopt_put(val, optlen, bytes, count * XTCP_FASTOPEN_KEY);
}

/**
 * xtcp_sockopt_get_tcp() - getsockopt() of SOL_TCP
 * @sk: socket
 * @name: option
 * @val: where its value goes
 * @len: room there; set to the bytes written
 *
 * Context: Process context, takes the socket lock.
 * Return: 0, -ENOPROTOOPT, -EINVAL, -EFAULT.
 */
int xtcp_sockopt_get_tcp(struct sock *sk, int name, char __user *val, int __user *len)
{
	int value = 0;
	int err;

	switch (name) {
	case TCP_INFO:
		return get_info(sk, val, len);
	case TCP_CONGESTION:
		return get_congestion(sk, val, len);
	case TCP_SAVED_SYN:
		return get_saved_syn(sk, val, len);
	case TCP_CC_INFO:
		return get_cc_info(sk, val, len);
	case TCP_FASTOPEN_KEY:
		return get_fastopen_key(sk, val, len);
	case TCP_ULP:
		return xtcp_sockopt_put(val, len, "", 0);
	default:
		break;
	}
	lock_sock(sk);
	err = get_int(sk, name, &value);
	release_sock(sk);
	return err ? err : xtcp_sockopt_put(val, len, &value, sizeof(value));
}

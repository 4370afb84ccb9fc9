// SPDX-License-Identifier: GPL-2.0
/* setsockopt() and getsockopt() below SOL_SOCKET: TCP's, and the few of IP's that make sense. */
#include <linux/inet_diag.h>
#include <linux/sockptr.h>
#include <linux/uaccess.h>
#include <net/inet_ecn.h>
#include <net/ip.h>
#include <net/ipv6.h>

#include "xtcp.h"

#define XTCP_MAXSEG_MIN		88	/* bytes; both as tcp(7) */
#define XTCP_MAXSEG_MAX		32767
#define XTCP_SYNCNT_MAX		127
#define XTCP_DEFER_MAX		126	/* SYN-ACKs: an entry counts to one more */
#define XTCP_LINGER2_MAX	120	/* seconds */
#define XTCP_KEEP_MAX		32767	/* seconds; all three as tcp(7) */
#define XTCP_KEEPCNT_MAX	127

static int xtcp_set_maxseg(struct xtcp_sock *xsk, int bytes)
{
	if (bytes && (bytes < XTCP_MAXSEG_MIN || bytes > XTCP_MAXSEG_MAX))
		return -EINVAL;
	xsk->mss_user = bytes;
	return 0;
}

static int xtcp_set_syncnt(struct xtcp_sock *xsk, int retries)
{
	if (retries < 1 || retries > XTCP_SYNCNT_MAX)
		return -EINVAL;
	xsk->syn_retries = retries;
	return 0;
}

/* Seconds; negative: an orphan does not stay in FIN-WAIT-2 at all; too many are cut down. */
static int xtcp_set_linger2(struct xtcp_sock *xsk, int seconds)
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
static void xtcp_push_queued(struct sock *sk)
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
static int xtcp_set_nodelay(struct sock *sk, bool on)
{
	xtcp_sk(sk)->nodelay = on;
	if (on)
		xtcp_push_queued(sk);
	return 0;
}

/* Full segments go in any case. What Nagle's algorithm holds back, the cork does from now on. */
static int xtcp_set_cork(struct sock *sk, bool on)
{
	struct sk_buff *tail = skb_peek_tail(&sk->sk_write_queue);

	xtcp_sk(sk)->cork = on;
	if (!on)
		xtcp_push_queued(sk);
	else if (tail)
		XTCP_CB(tail)->flags &= ~XTCP_PSH;
	return 0;
}

/*
 * On: the next ACKs go at once, and so does one that is due; an even number means that one alone.
 * None of it lasts: when so many ACKs have gone, they are delayed again.
 */
static int xtcp_set_quickack(struct sock *sk, int value)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);
	bool due = value && (xsk->ack_due & XTCP_ACK_SCHED);

	if (due)
		xtcp_segment_send_ack(sk);
	xsk->lazy_ack = !value || (due && !(value & 1));
	xsk->quick_acks = xsk->lazy_ack ? 0 : XTCP_QUICK_ACKS;
	return 0;
}

static int xtcp_set_keepidle(struct sock *sk, int seconds)
{
	if (seconds < 1 || seconds > XTCP_KEEP_MAX)
		return -EINVAL;
	xtcp_sk(sk)->keep_idle_s = seconds;
	xtcp_timer_keepalive_idle(sk);
	return 0;
}

static int xtcp_set_keepintvl(struct xtcp_sock *xsk, int seconds)
{
	if (seconds < 1 || seconds > XTCP_KEEP_MAX)
		return -EINVAL;
	xsk->keep_interval_s = seconds;
	return 0;
}

static int xtcp_set_keepcnt(struct xtcp_sock *xsk, int probes)
{
	if (probes < 1 || probes > XTCP_KEEPCNT_MAX)
		return -EINVAL;
	xsk->keep_probes = probes;
	return 0;
}

static int xtcp_set_user_timeout(struct sock *sk, int ms)
{
	if (ms < 0)
		return -EINVAL;
	xtcp_sk(sk)->user_timeout_ms = ms;
	xtcp_timer_user_timeout(sk);
	return 0;
}

/* Who waits may have waited for the old value. */
static int xtcp_set_notsent_lowat(struct sock *sk, int bytes)
{
	WRITE_ONCE(xtcp_sk(sk)->notsent_lowat, bytes);
	sk->sk_write_space(sk);
	return 0;
}

static int xtcp_set_congestion(struct sock *sk, sockptr_t val, unsigned int len)
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
static u32 xtcp_retries_to_seconds(const struct sock *sk, unsigned int retries)
{
	u64 most = xtcp_sysctl_sk(sk, rto_max_ms), timeout = xtcp_sysctl_sk(sk, rto_initial_ms);
	u64 ms = 0;

	while (retries--) {
		ms += timeout;
		timeout = min(2 * timeout, most);
	}
	return div_u64(ms, MSEC_PER_SEC);
}

static u8 xtcp_seconds_to_retries(const struct sock *sk, int seconds)
{
	unsigned int retries = 0;

	while (retries < XTCP_DEFER_MAX &&
	       (s64)xtcp_retries_to_seconds(sk, retries) < seconds)
		retries++;
	return retries;
}

static int xtcp_set_fastopen_free(struct sock *sk, int value)
{
	if (value < 0 || value > 1 || !((1 << sk->sk_state) & (TCPF_CLOSE | TCPF_LISTEN)))
		return -EINVAL;
	WRITE_ONCE(xtcp_sk(sk)->fastopen_free, value);
	return 0;
}

/* connect() waits for what is written first, if there is a cookie to send it with. */
static int xtcp_set_fastopen_connect(struct sock *sk, int value)
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
static int xtcp_set_fastopen_key(struct sock *sk, sockptr_t val, unsigned int len)
{
	u8 bytes[XTCP_FASTOPEN_KEYS * XTCP_FASTOPEN_KEY];

	if (len != XTCP_FASTOPEN_KEY && len != sizeof(bytes))
		return -EINVAL;
	if (copy_from_sockptr(bytes, val, len))
		return -EFAULT;
	return xtcp_fastopen_set_keys(&xtcp_sk(sk)->fastopen_secret, bytes,
				      len / XTCP_FASTOPEN_KEY);
}

static int xtcp_set_save_syn(struct xtcp_sock *xsk, int mode)
{
	if (mode < XTCP_SAVE_NONE || mode > XTCP_SAVE_LINK)
		return -EINVAL;
	WRITE_ONCE(xsk->save_syn, mode);
	return 0;
}

static int xtcp_set_tcp(struct sock *sk, int name, int value)
{
	switch (name) {
	case TCP_NODELAY:
		return xtcp_set_nodelay(sk, value);
	case TCP_MAXSEG:
		return xtcp_set_maxseg(xtcp_sk(sk), value);
	case TCP_SYNCNT:
		return xtcp_set_syncnt(xtcp_sk(sk), value);
	case TCP_LINGER2:
		return xtcp_set_linger2(xtcp_sk(sk), value);
	case TCP_DEFER_ACCEPT:
		xtcp_sk(sk)->defer_accept = xtcp_seconds_to_retries(sk, value);
		return 0;
	case TCP_SAVE_SYN:
		return xtcp_set_save_syn(xtcp_sk(sk), value);
	case TCP_CORK:
		return xtcp_set_cork(sk, value);
	case TCP_QUICKACK:
		return xtcp_set_quickack(sk, value);
	case TCP_KEEPIDLE:
		return xtcp_set_keepidle(sk, value);
	case TCP_KEEPINTVL:
		return xtcp_set_keepintvl(xtcp_sk(sk), value);
	case TCP_KEEPCNT:
		return xtcp_set_keepcnt(xtcp_sk(sk), value);
	case TCP_USER_TIMEOUT:
		return xtcp_set_user_timeout(sk, value);
	case TCP_WINDOW_CLAMP:
		return xtcp_rcvbuf_set_clamp(sk, value);
	case TCP_INQ:
		if (value < 0 || value > 1)
			return -EINVAL;
		WRITE_ONCE(xtcp_sk(sk)->tell_queued, value);
		return 0;
	case TCP_NOTSENT_LOWAT:
		return xtcp_set_notsent_lowat(sk, value);
	case TCP_FASTOPEN:
		return xtcp_fastopen_set_queue(sk, value);
	case TCP_FASTOPEN_NO_COOKIE:
		return xtcp_set_fastopen_free(sk, value);
	case TCP_FASTOPEN_CONNECT:
		return xtcp_set_fastopen_connect(sk, value);
	case TCP_TIMESTAMP:
		/* Only under TCP_REPAIR. */
		return -EPERM;
	default:
		return -ENOPROTOOPT;
	}
}

/* A route depends on the traffic class; the ECN bits are not the user's on a stream. */
static int xtcp_set_tclass(struct sock *sk, int tclass)
{
	struct ipv6_pinfo *np = &xtcp_sk(sk)->inet6;

	if (tclass < -1 || tclass > 0xff)
		return -EINVAL;
	tclass = max(tclass, 0);
	tclass = (tclass & ~INET_ECN_MASK) | (np->tclass & INET_ECN_MASK);
	if (np->tclass != tclass) {
		np->tclass = tclass;
		sk_dst_reset(sk);
	}
	return 0;
}

static int xtcp_set_v6only(struct sock *sk, bool on)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);

	if (xsk->inet.inet_num)
		return -EINVAL;
	xsk->v6only = on;
	return 0;
}

/*
 * RFC 3493's predecessors made an IPv6 socket one of IPv4 so. Here it also says which of the two a
 * socket is that has no address yet, where a program expects one of them.
 */
static int xtcp_set_addrform(struct sock *sk, int family)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);

	if (xsk->format == AF_UNSPEC) {
		if (family != AF_INET && family != AF_INET6)
			return -EINVAL;
		if (family == AF_INET6 && (!IS_ENABLED(CONFIG_IPV6) || !ipv6_mod_enabled()))
			return -EAFNOSUPPORT;
	} else {
		if (family != AF_INET)
			return -EINVAL;
		if (sk->sk_state != TCP_ESTABLISHED)
			return -ENOTCONN;
		if (!xtcp_tuple_is_v4(&xsk->tuple))
			return -EADDRNOTAVAIL;
	}
	xsk->format = family;
	return 0;
}

static int xtcp_set_recverr6(struct sock *sk, bool on)
{
	WRITE_ONCE(xtcp_sk(sk)->recverr6, on);
	if (!on)
		xtcp_errqueue_purge_icmp(sk);
	return 0;
}

/* The kernel's ipv6_setsockopt() takes no socket but of AF_INET6. */
static int xtcp_set_ipv6(struct sock *sk, int name, int value)
{
	struct ipv6_pinfo *np = &xtcp_sk(sk)->inet6;

	switch (name) {
	case IPV6_ADDRFORM:
		return xtcp_set_addrform(sk, value);
	case IPV6_V6ONLY:
		return xtcp_set_v6only(sk, value);
	case IPV6_TCLASS:
		return xtcp_set_tclass(sk, value);
	case IPV6_UNICAST_HOPS:
		if (value < -1 || value > 255)
			return -EINVAL;
		np->hop_limit = value;
		return 0;
	case IPV6_MTU_DISCOVER:
		if (value < IPV6_PMTUDISC_DONT || value > IPV6_PMTUDISC_OMIT)
			return -EINVAL;
		np->pmtudisc = value;
		return 0;
	case IPV6_RECVERR:
		return xtcp_set_recverr6(sk, value);
	case IPV6_AUTOFLOWLABEL:
		xtcp_compat_set_autoflowlabel(sk, value);
		return 0;
	case IPV6_MINHOPCOUNT:
		if (value < 0 || value > 255)
			return -EINVAL;
		WRITE_ONCE(np->min_hopcount, value);
		return 0;
	default:
		return -ENOPROTOOPT;
	}
}

/* Of IP's options those that only set a field which IP or XTCP reads: most others need more. */
static bool xtcp_ip_option_ok(int name)
{
	switch (name) {
	case IP_TOS:
	case IP_TTL:
	case IP_MTU_DISCOVER:
	case IP_RECVERR:
	case IP_MINTTL:
	case IP_FREEBIND:
	case IP_TRANSPARENT:
	case IP_BIND_ADDRESS_NO_PORT:
		return true;
	default:
		return false;
	}
}

/* What is the same for both versions is the older one's; its name then. */
static bool xtcp_ipv6_is_ip(int *name)
{
	switch (*name) {
	case IPV6_FREEBIND:
		*name = IP_FREEBIND;
		return true;
	case IPV6_TRANSPARENT:
		*name = IP_TRANSPARENT;
		return true;
	default:
		return false;
	}
}

/* What puts itself on top, as "tls" does, knows the kernel's TCP alone: there is none here. */
static int xtcp_set_ulp(sockptr_t val, unsigned int len)
{
	char first;

	if (len < 1)
		return -EINVAL;
	return copy_from_sockptr(&first, val, sizeof(first)) ? -EFAULT : -ENOENT;
}

static int xtcp_set_int(struct sock *sk, int level, int name, sockptr_t val, unsigned int len)
{
	int value;
	int err;

	if (len < sizeof(value))
		return -EINVAL;
	if (copy_from_sockptr(&value, val, sizeof(value)))
		return -EFAULT;

	lock_sock(sk);
	if (level == SOL_TCP)
		err = xtcp_set_tcp(sk, name, value);
	else if (xtcp_sk(sk)->format == AF_INET)
		err = -ENOPROTOOPT;
	else
		err = xtcp_set_ipv6(sk, name, value);
	release_sock(sk);
	return err;
}

/*
 * Who wants to have bytes counted needs a connection to count on, as with the kernel's TCP; what
 * else that tells of itself (SOF_TIMESTAMPING_OPT_STATS) there is not.
 */
static int xtcp_set_timestamping(struct socket *sock, int name, sockptr_t val, unsigned int len)
{
	struct so_timestamping flags = {};
	struct sock *sk = sock->sk;
	bool counts;
	int err;

	len = min_t(unsigned int, len, sizeof(flags));
	if (len < sizeof(flags.flags))
		return -EINVAL;
	if (copy_from_sockptr(&flags, val, len))
		return -EFAULT;
	counts = (flags.flags & SOF_TIMESTAMPING_OPT_ID) &&
		 !(READ_ONCE(sk->sk_tsflags) & SOF_TIMESTAMPING_OPT_ID);
	if (counts && ((1 << READ_ONCE(sk->sk_state)) & (TCPF_CLOSE | TCPF_LISTEN)))
		return -EINVAL;
	if (flags.flags & SOF_TIMESTAMPING_OPT_STATS)
		return -EOPNOTSUPP;
	err = sock_setsockopt(sock, SOL_SOCKET, name, KERNEL_SOCKPTR(&flags), len);
	if (err || !counts)
		return err;
	lock_sock(sk);
	xtcp_txstamp_count_from(sk, flags.flags & SOF_TIMESTAMPING_OPT_ID_TCP ?
				xtcp_sk(sk)->write_seq : xtcp_sk(sk)->snd_una);
	release_sock(sk);
	return 0;
}

/*
 * SOL_SOCKET comes here for what the kernel has for the families alone that it has a list of
 * (xtcp_compat_custom_sockopt()), and for programs that would choose among its own listeners.
 */
static int xtcp_set_socket(struct socket *sock, int name, sockptr_t val, unsigned int len)
{
	struct sock *sk = sock->sk;
	int err = 0;
	int value;

	if (name == SO_ATTACH_REUSEPORT_CBPF || name == SO_ATTACH_REUSEPORT_EBPF ||
	    name == SO_DETACH_REUSEPORT_BPF)
		return -ENOPROTOOPT;
	if (name == SO_TIMESTAMPING_OLD || name == SO_TIMESTAMPING_NEW)
		return xtcp_set_timestamping(sock, name, val, len);
	if (name != SO_ZEROCOPY && name != SO_REUSEPORT)
		return sock_setsockopt(sock, SOL_SOCKET, name, val, len);
	if (len < sizeof(value))
		return -EINVAL;
	if (copy_from_sockptr(&value, val, sizeof(value)))
		return -EFAULT;
	lock_sock(sk);
	if (name == SO_REUSEPORT)
		sk->sk_reuseport = !!value;
	else
		err = xtcp_zerocopy_allow(sk, value);
	release_sock(sk);
	return err;
}

/**
 * xtcp_setsockopt() - proto_ops.setsockopt
 * @sock: socket
 * @level: SOL_SOCKET, SOL_TCP for either carrier, SOL_IP, SOL_IPV6
 * @name: option
 * @val: its value, in user or kernel memory
 * @len: bytes there
 *
 * Context: Process context, takes the socket lock.
 * Return: 0, -ENOPROTOOPT for what is not supported, -EINVAL, -EFAULT; -ENOENT for an unknown
 * congestion control, and for any upper layer protocol; SOL_SOCKET's as socket(7).
 */
int xtcp_setsockopt(struct socket *sock, int level, int name, sockptr_t val, unsigned int len)
{
	struct sock *sk = sock->sk;

	switch (level) {
	case SOL_SOCKET:
		return xtcp_set_socket(sock, name, val, len);
	case SOL_TCP:
		if (name == TCP_CONGESTION)
			return xtcp_set_congestion(sk, val, len);
		if (name == TCP_FASTOPEN_KEY)
			return xtcp_set_fastopen_key(sk, val, len);
		if (name == TCP_ULP)
			return xtcp_set_ulp(val, len);
		return xtcp_set_int(sk, level, name, val, len);
	case SOL_IP:
		if (!xtcp_ip_option_ok(name))
			return -ENOPROTOOPT;
		return ip_setsockopt(sk, level, name, val, len);
	case SOL_IPV6:
		if (xtcp_ipv6_is_ip(&name))
			return ip_setsockopt(sk, SOL_IP, name, val, len);
		return xtcp_set_int(sk, level, name, val, len);
	default:
		return -ENOPROTOOPT;
	}
}

/* As much of a value as the user has room for; size is what there is. */
static int xtcp_put(char __user *val, int __user *optlen, const void *from, int size)
{
	int len;

	if (get_user(len, optlen))
		return -EFAULT;
	if (len < 0)
		return -EINVAL;
	len = min(len, size);
	if (put_user(len, optlen) || copy_to_user(val, from, len))
		return -EFAULT;
	return 0;
}

static int xtcp_get_info(struct sock *sk, char __user *val, int __user *optlen)
{
	struct tcp_info info;

	lock_sock(sk);
	xtcp_info_fill(sk, &info);
	release_sock(sk);
	return xtcp_put(val, optlen, &info, sizeof(info));
}

static int xtcp_get_saved_syn(struct sock *sk, char __user *val, int __user *optlen)
{
	int err;

	lock_sock(sk);
	err = xtcp_saved_syn_read(sk, val, optlen);
	release_sock(sk);
	return err;
}

static int xtcp_get_maxseg(const struct sock *sk)
{
	const struct xtcp_sock *xsk = xtcp_sk(sk);

	if (xsk->mss_user && ((1 << sk->sk_state) & (TCPF_CLOSE | TCPF_LISTEN)))
		return xsk->mss_user;
	return xsk->mss;
}

static int xtcp_get_linger2(const struct sock *sk)
{
	int ms = xtcp_sk(sk)->linger2_ms;

	if (ms < 0)
		return -1;
	return (ms ? ms : xtcp_sysctl_sk(sk, fin_timeout_ms)) / MSEC_PER_SEC;
}

/* Before there is a connection, what it will begin with. */
static bool xtcp_get_quickack(const struct sock *sk)
{
	const int unborn = TCPF_CLOSE | TCPF_LISTEN | TCPF_SYN_SENT | TCPF_SYN_RECV;

	if ((1 << sk->sk_state) & unborn)
		return !xtcp_sk(sk)->lazy_ack;
	return xtcp_sk(sk)->quick_acks;
}

static int xtcp_get_tcp_timer(const struct sock *sk, int name, int *value)
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
static u32 xtcp_get_window_clamp(const struct sock *sk)
{
	const struct xtcp_sock *xsk = xtcp_sk(sk);

	if (xsk->window_clamp || ((1 << sk->sk_state) & (TCPF_CLOSE | TCPF_LISTEN)))
		return xsk->window_clamp;
	return (u32)U16_MAX << xsk->rcv_wscale;
}

static int xtcp_get_tcp(const struct sock *sk, int name, int *value)
{
	const struct xtcp_sock *xsk = xtcp_sk(sk);

	switch (name) {
	case TCP_NODELAY:
		*value = xsk->nodelay;
		return 0;
	case TCP_MAXSEG:
		*value = xtcp_get_maxseg(sk);
		return 0;
	case TCP_SYNCNT:
		*value = xsk->syn_retries ? xsk->syn_retries : xtcp_sysctl_sk(sk, syn_retries);
		return 0;
	case TCP_LINGER2:
		*value = xtcp_get_linger2(sk);
		return 0;
	case TCP_DEFER_ACCEPT:
		*value = xtcp_retries_to_seconds(sk, xsk->defer_accept);
		return 0;
	case TCP_SAVE_SYN:
		*value = xsk->save_syn;
		return 0;
	case TCP_CORK:
		*value = xsk->cork;
		return 0;
	case TCP_QUICKACK:
		*value = xtcp_get_quickack(sk);
		return 0;
	case TCP_WINDOW_CLAMP:
		*value = xtcp_get_window_clamp(sk);
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
		return xtcp_get_tcp_timer(sk, name, value);
	}
}

static int xtcp_get_hops(struct sock *sk)
{
	const struct ipv6_pinfo *np = &xtcp_sk(sk)->inet6;
	struct dst_entry *dst = __sk_dst_get(sk);

	if (np->hop_limit >= 0)
		return np->hop_limit;
	if (dst && !xtcp_tuple_is_v4(&xtcp_sk(sk)->tuple))
		return ip6_dst_hoplimit(dst);
	return READ_ONCE(sock_net(sk)->ipv6.devconf_all->hop_limit);
}

static int xtcp_get_ipv6(struct sock *sk, int name, int *value)
{
	const struct xtcp_sock *xsk = xtcp_sk(sk);

	switch (name) {
	case IPV6_ADDRFORM:
		*value = xsk->format;
		return sk->sk_state == TCP_ESTABLISHED ? 0 : -ENOTCONN;
	case IPV6_V6ONLY:
		*value = xsk->v6only;
		return 0;
	case IPV6_TCLASS:
		*value = xsk->inet6.tclass;
		return 0;
	case IPV6_RECVERR:
		*value = xsk->recverr6;
		return 0;
	case IPV6_AUTOFLOWLABEL:
		*value = xtcp_compat_autoflowlabel(sk);
		return 0;
	case IPV6_MTU_DISCOVER:
		*value = xsk->inet6.pmtudisc;
		return 0;
	case IPV6_UNICAST_HOPS:
		*value = xtcp_get_hops(sk);
		return 0;
	case IPV6_MINHOPCOUNT:
		*value = xsk->inet6.min_hopcount;
		return 0;
	case IPV6_MTU:
		*value = xsk->pmtu;
		return *value ? 0 : -ENOTCONN;
	default:
		return -ENOPROTOOPT;
	}
}

static int xtcp_get_congestion(struct sock *sk, char __user *val, int __user *optlen)
{
	char name[XTCP_CONG_NAME_LEN] = {};

	lock_sock(sk);
	strscpy(name, xtcp_sk(sk)->cong_ops->name, sizeof(name));
	release_sock(sk);
	return xtcp_put(val, optlen, name, sizeof(name));
}

/* What the algorithm tells of itself, in its own form; union tcp_cc_info where there is one. */
static int xtcp_get_cc_info(struct sock *sk, char __user *val, int __user *optlen)
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
	return xtcp_put(val, optlen, &info, min(len, sizeof(info)));
}

static int xtcp_get_fastopen_key(const struct sock *sk, char __user *val, int __user *optlen)
{
	u8 bytes[XTCP_FASTOPEN_KEYS * XTCP_FASTOPEN_KEY];
	unsigned int count = xtcp_fastopen_get_keys(sk, bytes);

	return xtcp_put(val, optlen, bytes, count * XTCP_FASTOPEN_KEY);
}

static int xtcp_get_int(struct sock *sk, int level, int name, char __user *val,
			int __user *optlen)
{
	int value = 0;
	int err;

	lock_sock(sk);
	if (level == SOL_TCP)
		err = xtcp_get_tcp(sk, name, &value);
	else if (xtcp_sk(sk)->format == AF_INET)
		err = -ENOPROTOOPT;
	else
		err = xtcp_get_ipv6(sk, name, &value);
	release_sock(sk);
	return err ? err : xtcp_put(val, optlen, &value, sizeof(value));
}

/**
 * xtcp_getsockopt() - proto_ops.getsockopt
 * @sock: socket
 * @level: SOL_TCP for either carrier, SOL_IP, SOL_IPV6
 * @name: option
 * @val: where its value goes
 * @len: room there; set to the bytes written
 *
 * Context: Process context, takes the socket lock.
 * Return: 0, -ENOPROTOOPT for what is not supported, -EINVAL, -EFAULT; -ENOTCONN for the MTU of a
 * path that is not known.
 */
int xtcp_getsockopt(struct socket *sock, int level, int name, char __user *val, int __user *len)
{
	struct sock *sk = sock->sk;

	switch (level) {
	case SOL_TCP:
		if (name == TCP_INFO)
			return xtcp_get_info(sk, val, len);
		if (name == TCP_CONGESTION)
			return xtcp_get_congestion(sk, val, len);
		if (name == TCP_SAVED_SYN)
			return xtcp_get_saved_syn(sk, val, len);
		if (name == TCP_CC_INFO)
			return xtcp_get_cc_info(sk, val, len);
		if (name == TCP_FASTOPEN_KEY)
			return xtcp_get_fastopen_key(sk, val, len);
		if (name == TCP_ULP)
			return xtcp_put(val, len, "", 0);
		return xtcp_get_int(sk, level, name, val, len);
	case SOL_IP:
		if (!xtcp_ip_option_ok(name) && name != IP_MTU)
			return -ENOPROTOOPT;
		return ip_getsockopt(sk, level, name, val, len);
	case SOL_IPV6:
		if (xtcp_ipv6_is_ip(&name))
			return ip_getsockopt(sk, SOL_IP, name, val, len);
		return xtcp_get_int(sk, level, name, val, len);
	default:
		return -ENOPROTOOPT;
	}
}

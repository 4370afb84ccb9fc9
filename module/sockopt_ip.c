// SPDX-License-Identifier: GPL-2.0
/* setsockopt() and getsockopt() of SOL_IP and SOL_IPV6: the few options that make sense. */
#include <linux/sockptr.h>
#include <linux/uaccess.h>
#include <net/inet_ecn.h>
#include <net/ip.h>
#include <net/ipv6.h>

#include "xtcp.h"

/* A route depends on the traffic class; the ECN bits are not the user's on a stream. */
static int set_tclass(struct sock *sk, int tclass)
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

static int set_v6only(struct sock *sk, bool on)
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
static int set_addrform(struct sock *sk, int family)
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

static int set_recverr6(struct sock *sk, bool on)
{
	WRITE_ONCE(xtcp_sk(sk)->recverr6, on);
	if (!on)
		xtcp_errqueue_purge_icmp(sk);
	return 0;
}

/*
 * The kernel's ipv6_setsockopt() takes no socket but of AF_INET6. What is to be told of each packet
 * is kept for whoever asks again; no read of a stream tells of packets.
 */
static int set_ipv6(struct sock *sk, int name, int value)
{
	struct ipv6_pinfo *np = &xtcp_sk(sk)->inet6;

	switch (name) {
	case IPV6_ADDRFORM:
		return set_addrform(sk, value);
	case IPV6_V6ONLY:
		return set_v6only(sk, value);
	case IPV6_TCLASS:
		return set_tclass(sk, value);
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
		return set_recverr6(sk, value);
	case IPV6_RECVERR_RFC4884:
		if (value < 0 || value > 1)
			return -EINVAL;
		WRITE_ONCE(xtcp_sk(sk)->recverr6_rfc4884, value);
		return 0;
	case IPV6_AUTOFLOWLABEL:
		xtcp_compat_set_autoflowlabel(sk, value);
		return 0;
	case IPV6_MINHOPCOUNT:
		if (value < 0 || value > 255)
			return -EINVAL;
		WRITE_ONCE(np->min_hopcount, value);
		return 0;
	case IPV6_FLOWINFO_SEND:
		xtcp_sk(sk)->send_flow = value;
		return 0;
	case IPV6_RECVPKTINFO:
		np->rxopt.bits.rxinfo = !!value;
		return 0;
	case IPV6_RECVHOPLIMIT:
		np->rxopt.bits.rxhlim = !!value;
		return 0;
	case IPV6_RECVTCLASS:
		np->rxopt.bits.rxtclass = !!value;
		return 0;
	default:
		return -ENOPROTOOPT;
	}
}

/* Of IP's options those that only set a field which IP or XTCP reads: most others need more. */
static bool ip_option_ok(int name)
{
	switch (name) {
	case IP_TOS:
	case IP_TTL:
	case IP_MTU_DISCOVER:
	case IP_RECVERR:
	case IP_RECVERR_RFC4884:
	case IP_MINTTL:
	case IP_FREEBIND:
	case IP_TRANSPARENT:
	case IP_BIND_ADDRESS_NO_PORT:
	/* For each packet, and so for none that a stream's reader sees. */
	case IP_PKTINFO:
	case IP_RECVTTL:
	case IP_RECVTOS:
	case IP_RECVORIGDSTADDR:
		return true;
	default:
		return false;
	}
}

/* What is the same for both versions is the older one's; its name then. */
static bool ipv6_is_ip(int *name)
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

/* The least in the lower half, the most in the upper one; 0: no bound. */
static int set_port_range(struct sock *sk, sockptr_t val, unsigned int len)
{
	u32 bounds;

	if (len != sizeof(bounds))
		return -EINVAL;
	if (copy_from_sockptr(&bounds, val, sizeof(bounds)))
		return -EFAULT;
	if ((u16)bounds && bounds >> 16 && (u16)bounds > bounds >> 16)
		return -EINVAL;
	WRITE_ONCE(xtcp_sk(sk)->port_range, bounds);
	return 0;
}

/**
 * xtcp_sockopt_set_ip() - setsockopt() of SOL_IP
 * @sk: socket
 * @name: option
 * @val: its value
 * @len: bytes there
 *
 * Context: Process context, takes the socket lock.
 * Return: 0, -ENOPROTOOPT, or as ip(7).
 */
int xtcp_sockopt_set_ip(struct sock *sk, int name, sockptr_t val, unsigned int len)
{
	if (name == IP_LOCAL_PORT_RANGE)
		return set_port_range(sk, val, len);
	if (!ip_option_ok(name))
		return -ENOPROTOOPT;
	return ip_setsockopt(sk, SOL_IP, name, val, len);
}

/**
 * xtcp_sockopt_set_ipv6() - setsockopt() of SOL_IPV6
 * @sk: socket
 * @name: option
 * @val: its value
 * @len: bytes there
 *
 * Context: Process context, takes the socket lock.
 * Return: 0, -ENOPROTOOPT, also of a socket of IPv4, or as ipv6(7).
 */
int xtcp_sockopt_set_ipv6(struct sock *sk, int name, sockptr_t val, unsigned int len)
{
	int value;
	int err;

	if (ipv6_is_ip(&name))
		return ip_setsockopt(sk, SOL_IP, name, val, len);
	err = xtcp_sockopt_int(&value, val, len);
	if (err)
		return err;
	lock_sock(sk);
	err = xtcp_sk(sk)->format == AF_INET ? -ENOPROTOOPT : set_ipv6(sk, name, value);
	release_sock(sk);
	return err;
}

static int get_hops(struct sock *sk)
{
	const struct ipv6_pinfo *np = &xtcp_sk(sk)->inet6;
	struct dst_entry *dst = __sk_dst_get(sk);

	if (np->hop_limit >= 0)
		return np->hop_limit;
	if (dst && !xtcp_tuple_is_v4(&xtcp_sk(sk)->tuple))
		return ip6_dst_hoplimit(dst);
	return READ_ONCE(sock_net(sk)->ipv6.devconf_all->hop_limit);
}

static int get_ipv6(struct sock *sk, int name, int *value)
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
	case IPV6_RECVERR_RFC4884:
		*value = xsk->recverr6_rfc4884;
		return 0;
	case IPV6_AUTOFLOWLABEL:
		*value = xtcp_compat_autoflowlabel(sk);
		return 0;
	case IPV6_MTU_DISCOVER:
		*value = xsk->inet6.pmtudisc;
		return 0;
	case IPV6_UNICAST_HOPS:
		*value = get_hops(sk);
		return 0;
	case IPV6_MINHOPCOUNT:
		*value = xsk->inet6.min_hopcount;
		return 0;
	case IPV6_FLOWINFO_SEND:
		*value = xsk->send_flow;
		return 0;
	case IPV6_RECVPKTINFO:
		*value = xsk->inet6.rxopt.bits.rxinfo;
		return 0;
	case IPV6_RECVHOPLIMIT:
		*value = xsk->inet6.rxopt.bits.rxhlim;
		return 0;
	case IPV6_RECVTCLASS:
		*value = xsk->inet6.rxopt.bits.rxtclass;
		return 0;
	case IPV6_MTU:
		*value = xsk->pmtu;
		return *value ? 0 : -ENOTCONN;
	default:
		return -ENOPROTOOPT;
	}
}

/**
 * xtcp_sockopt_get_ip() - getsockopt() of SOL_IP
 * @sk: socket
 * @name: option
 * @val: where its value goes
 * @len: room there; set to the bytes written
 *
 * Context: Process context, takes the socket lock.
 * Return: 0, -ENOPROTOOPT, or as ip(7).
 */
int xtcp_sockopt_get_ip(struct sock *sk, int name, char __user *val, int __user *len)
{
	u32 bounds = READ_ONCE(xtcp_sk(sk)->port_range);

	if (name == IP_LOCAL_PORT_RANGE)
		return xtcp_sockopt_put(val, len, &bounds, sizeof(bounds));
	if (!ip_option_ok(name) && name != IP_MTU)
		return -ENOPROTOOPT;
	return ip_getsockopt(sk, SOL_IP, name, val, len);
}

/**
 * xtcp_sockopt_get_ipv6() - getsockopt() of SOL_IPV6
 * @sk: socket
 * @name: option
 * @val: where its value goes
 * @len: room there; set to the bytes written
 *
 * Context: Process context, takes the socket lock.
 * Return: 0, -ENOPROTOOPT, also of a socket of IPv4, or as ipv6(7): -ENOTCONN for the MTU of a path
 * that is not known.
 */
int xtcp_sockopt_get_ipv6(struct sock *sk, int name, char __user *val, int __user *len)
{
	int value = 0;
	int err;

	if (ipv6_is_ip(&name))
		return ip_getsockopt(sk, SOL_IP, name, val, len);
	lock_sock(sk);
	err = xtcp_sk(sk)->format == AF_INET ? -ENOPROTOOPT : get_ipv6(sk, name, &value);
	release_sock(sk);
	return err ? err : xtcp_sockopt_put(val, len, &value, sizeof(value));
}

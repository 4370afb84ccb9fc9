// SPDX-License-Identifier: GPL-2.0
/* setsockopt() and getsockopt(), by level; and those of SOL_SOCKET that are not the kernel's. */
#include <linux/sockptr.h>
#include <linux/uaccess.h>

#include "xtcp.h"

/**
 * xtcp_sockopt_int() - the value of an option that is a number
 * @value: set to it
 * @val: where it is
 * @len: bytes there
 *
 * Return: 0, -EINVAL, -EFAULT.
 */
int xtcp_sockopt_int(int *value, sockptr_t val, unsigned int len)
{
	if (len < sizeof(*value))
		return -EINVAL;
	return copy_from_sockptr(value, val, sizeof(*value)) ? -EFAULT : 0;
}

/**
 * xtcp_sockopt_put() - give the user as much of a value as there is room for
 * @val: where it goes
 * @optlen: room there, bytes; set to what was written
 * @from: the value
 * @size: its bytes
 *
 * Return: 0, -EINVAL, -EFAULT.
 */
int xtcp_sockopt_put(char __user *val, int __user *optlen, const void *from, int size)
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

/*
 * Who wants to have bytes counted needs a connection to count on, as with the kernel's TCP; what
 * else that tells of itself (SOF_TIMESTAMPING_OPT_STATS) there is not.
 */
static int set_timestamping(struct socket *sock, int name, sockptr_t val, unsigned int len)
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
static int set_socket(struct socket *sock, int name, sockptr_t val, unsigned int len)
{
	struct sock *sk = sock->sk;
	int value;
	int err;

	if (name == SO_ATTACH_REUSEPORT_CBPF || name == SO_ATTACH_REUSEPORT_EBPF ||
	    name == SO_DETACH_REUSEPORT_BPF)
		return -ENOPROTOOPT;
	if (name == SO_TIMESTAMPING_OLD || name == SO_TIMESTAMPING_NEW)
		return set_timestamping(sock, name, val, len);
	if (name != SO_ZEROCOPY && name != SO_REUSEPORT)
		return sock_setsockopt(sock, SOL_SOCKET, name, val, len);
	err = xtcp_sockopt_int(&value, val, len);
	if (err)
		return err;
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
 * Return: 0, -ENOPROTOOPT for what is not supported, -EINVAL, -EFAULT, or as the level's own;
 * SOL_SOCKET's as socket(7).
 */
int xtcp_setsockopt(struct socket *sock, int level, int name, sockptr_t val, unsigned int len)
{
	switch (level) {
	case SOL_SOCKET:
		return set_socket(sock, name, val, len);
	case SOL_TCP:
		return xtcp_sockopt_set_tcp(sock->sk, name, val, len);
	case SOL_IP:
		return xtcp_sockopt_set_ip(sock->sk, name, val, len);
	case SOL_IPV6:
		return xtcp_sockopt_set_ipv6(sock->sk, name, val, len);
	default:
		return -ENOPROTOOPT;
	}
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
 * Return: 0, -ENOPROTOOPT for what is not supported, -EINVAL, -EFAULT, or as the level's own.
 */
int xtcp_getsockopt(struct socket *sock, int level, int name, char __user *val, int __user *len)
{
	switch (level) {
	case SOL_TCP:
		return xtcp_sockopt_get_tcp(sock->sk, name, val, len);
	case SOL_IP:
		return xtcp_sockopt_get_ip(sock->sk, name, val, len);
	case SOL_IPV6:
		return xtcp_sockopt_get_ipv6(sock->sk, name, val, len);
	default:
		return -ENOPROTOOPT;
	}
}

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kernels that XTCP builds for differ; all of that is here, and nowhere else.
 *
 * Kbuild includes this file before every other. Newer names are defined for older kernels, so
 * that the code reads as on the newest.
 */
#ifndef _XTCP_COMPAT_H
#define _XTCP_COMPAT_H

#include <linux/export.h>
#include <linux/types.h>
#include <linux/version.h>

/* 6.2: pure functions are exported to their tests, and only to them. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 2, 0)
#include <kunit/visibility.h>
#elif IS_ENABLED(CONFIG_KUNIT)
#define VISIBLE_IF_KUNIT
#define EXPORT_SYMBOL_IF_KUNIT(symbol) EXPORT_SYMBOL_NS(symbol, EXPORTED_FOR_KUNIT_TESTING)
#else
#define VISIBLE_IF_KUNIT static
#define EXPORT_SYMBOL_IF_KUNIT(symbol)
#endif

/* 6.2: bytes of a stream are counted from the first that is written after setsockopt(). */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0)
#define SOF_TIMESTAMPING_OPT_ID_TCP	BIT(16)
#endif

/* 6.3: a socket may have a range of ports of its own. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0)
#define IP_LOCAL_PORT_RANGE	51
#endif

/* 6.3: devices have one limit of what GRO makes for IPv6, and one for IPv4. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0)
#define netif_get_gro_max_size(dev, skb)	READ_ONCE((dev)->gro_max_size)
#endif

/* 6.5: cutting has a header of its own, <net/gso.h>; before, it is in <linux/netdevice.h>. */
#define XTCP_HAVE_GSO_H		(LINUX_VERSION_CODE >= KERNEL_VERSION(6, 5, 0))

/*
 * 6.5: sendmsg() takes pages, by MSG_SPLICE_PAGES; before, sendpage() takes one.
 * XTCP_PROTO_SENDPAGE(name) follows name().
 */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 5, 0)
#define XTCP_PROTO_SENDPAGE(name)
#define XTCP_PROTO_SENDPAGE_OP(name)
#else
#define MSG_SPLICE_PAGES	0x8000000

#define XTCP_PROTO_SENDPAGE(name)						\
static ssize_t name##_page(struct socket *sock, struct page *page, int offset,	\
			   size_t size, int flags)				\
{										\
	struct bio_vec piece = {						\
		.bv_page = page,						\
		.bv_len = size,							\
		.bv_offset = offset,						\
	};									\
	struct msghdr msg = { .msg_flags = flags | MSG_SPLICE_PAGES };		\
										\
	if (flags & MSG_SENDPAGE_NOTLAST)					\
		msg.msg_flags |= MSG_MORE;					\
	iov_iter_bvec(&msg.msg_iter, ITER_SOURCE, &piece, 1, size);		\
	return name(sock, &msg, size);						\
}

#define XTCP_PROTO_SENDPAGE_OP(name)	.sendpage = name##_page,
#endif

/* 6.6: packets that were handed to IP, and those that left it, are counted apart. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 6, 0)
#define IPSTATS_MIB_OUTREQUESTS	IPSTATS_MIB_OUTPKTS
#endif

/* 6.6: the size of a sysctl table is an argument; before, an empty entry ended it. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 6, 0)
#define register_net_sysctl_sz(net, path, table, size)	register_net_sysctl(net, path, table)
#endif

/* 6.7: what a dump is asked for is where every other request has it. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 7, 0)
#define genl_info_dump(cb)	genl_dumpit_info(cb)
#endif

/* 6.7: numbers take the room that they need. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 7, 0)
struct sk_buff;

int nla_put(struct sk_buff *skb, int attrtype, int attrlen, const void *data);

static inline int nla_put_uint(struct sk_buff *skb, int attrtype, u64 value)
{
	u32 half = value;

	if (value == half)
		return nla_put(skb, attrtype, sizeof(half), &half);
	return nla_put(skb, attrtype, sizeof(value), &value);
}
#endif

/*
 * 6.7: a socket may see to SOL_SOCKET's options itself. Before, the kernel refuses SO_ZEROCOPY to
 * families that it does not know, and MSG_ZEROCOPY has no effect; releases that have a later fix
 * refuse them SO_REUSEPORT as well.
 */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 7, 0)
#define xtcp_compat_custom_sockopt(sock)	set_bit(SOCK_CUSTOM_SOCKOPT, &(sock)->flags)
#else
#define xtcp_compat_custom_sockopt(sock)	((void)(sock))
#endif

/* 6.7: those of struct ipv6_pinfo are bits of the same word. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 7, 0)
#define xtcp_compat_set_autoflowlabel(sk, on) do {	\
	struct sock *sk_ = (sk);			\
							\
	inet6_assign_bit(AUTOFLOWLABEL, sk_, on);	\
	inet6_set_bit(AUTOFLOWLABEL_SET, sk_);		\
} while (0)
#define xtcp_compat_autoflowlabel(sk)						\
	(inet6_test_bit(AUTOFLOWLABEL_SET, sk) ? inet6_test_bit(AUTOFLOWLABEL, sk) :	\
	 ip6_default_np_autolabel(sock_net(sk)))
#else
#define xtcp_compat_set_autoflowlabel(sk, on) do {	\
	struct ipv6_pinfo *np_ = inet6_sk(sk);		\
							\
	np_->autoflowlabel = !!(on);			\
	np_->autoflowlabel_set = 1;			\
} while (0)
#define xtcp_compat_autoflowlabel(sk)						\
	(inet6_sk(sk)->autoflowlabel_set ? inet6_sk(sk)->autoflowlabel :		\
	 ip6_default_np_autolabel(sock_net(sk)))
#endif

/* 6.6: flags of struct inet_sock are bits of a word. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 6, 0)
#define xtcp_compat_inet_flag(sk, bit, field)	inet_test_bit(bit, sk)
#else
#define xtcp_compat_inet_flag(sk, bit, field)	(inet_sk(sk)->field)
#endif

#define xtcp_compat_bind_no_port(sk) \
	xtcp_compat_inet_flag(sk, BIND_ADDRESS_NO_PORT, bind_address_no_port)
#define xtcp_compat_recverr(sk)	xtcp_compat_inet_flag(sk, RECVERR, recverr)

/*
 * 6.7, and later releases of older series: multicast groups have flags of their own. Neither kind
 * of kernel looks at the other's bit.
 */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 7, 0)
#define XTCP_MCAST_CAP_NET_ADMIN	GENL_MCAST_CAP_NET_ADMIN
#else
#define XTCP_MCAST_CAP_NET_ADMIN	(GENL_UNS_ADMIN_PERM | BIT(0))
#endif

/* 6.10: accept()'s arguments are in a structure. XTCP_PROTO_ACCEPT(name) follows name(). */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 10, 0)
#define XTCP_PROTO_ACCEPT(name)
#define XTCP_PROTO_ACCEPT_OP(name)	name
#else
struct socket;

struct proto_accept_arg {
	int	flags;
	int	err;
	int	is_empty;
	bool	kern;
};

#define XTCP_PROTO_ACCEPT(name)							\
static int name##_compat(struct socket *sock, struct socket *newsock, int flags, bool kern) \
{										\
	struct proto_accept_arg arg = { .flags = flags, .kern = kern };		\
										\
	return name(sock, newsock, &arg);					\
}

#define XTCP_PROTO_ACCEPT_OP(name)	name##_compat
#endif

/*
 * 6.10: GRO's transport layer compares the IP headers of what it joins. Before, IP did, and left
 * what it found. Identifications may stand still, or grow by one: the second segment decides.
 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 10, 0)
#define gro_receive_network_flush(th, th2, p) ({				\
	struct napi_gro_cb *_cb = NAPI_GRO_CB(p);				\
	bool _second = _cb->is_atomic && _cb->count == 1 && _cb->flush_id == 1;	\
										\
	if (_second)								\
		_cb->is_atomic = false;						\
	_cb->flush || (_cb->flush_id && !_second);				\
})
#endif

/* 6.11: the clock of a packet's time has a name; before, it was monotonic or not. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 11, 0)
#define SKB_CLOCK_MONOTONIC	true
#endif

/* 6.11: handlers of sysctls get their table read-only. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 11, 0)
#define XTCP_CTL_CONST	const
#else
#define XTCP_CTL_CONST
#endif

/* 6.12: unaligned access left asm/. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 12, 0)
#include <linux/unaligned.h>
#else
#include <asm/unaligned.h>
#endif

/* 6.13: a timer is given its function where it is set up. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 13, 0)
#define hrtimer_setup(timer, callback, clock, mode) do {	\
	struct hrtimer *timer_ = (timer);			\
								\
	hrtimer_init(timer_, clock, mode);			\
	timer_->function = callback;				\
} while (0)
#endif

/* 6.13: a call may bring the number that its timestamps are told by. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 13, 0)
#define SOCKCM_FLAG_TS_OPT_ID	0
#endif

/* 6.13: a symbol namespace is a string. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
#define XTCP_IMPORT_KUNIT_NS()	MODULE_IMPORT_NS("EXPORTED_FOR_KUNIT_TESTING")
#else
#define XTCP_IMPORT_KUNIT_NS()	MODULE_IMPORT_NS(EXPORTED_FOR_KUNIT_TESTING)
#endif

/* 6.15: all pieces of what is cut can have CWR, since it may be a bit of ACE (RFC 9768). */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 15, 0)
#define XTCP_GSO_ACCECN	SKB_GSO_TCP_ACCECN
#else
#define XTCP_GSO_ACCECN	0
#endif

/* 6.16: what is sent without a copy may be a device's memory. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 16, 0)
#define xtcp_compat_zerocopy_realloc(sk, size, uarg) \
	msg_zerocopy_realloc(sk, size, uarg, false)
#else
#define xtcp_compat_zerocopy_realloc(sk, size, uarg)	msg_zerocopy_realloc(sk, size, uarg)
#endif

/* 6.19: addresses of any size have a type of their own. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 19, 0)
#define sockaddr_unsized	sockaddr
#endif

#endif /* _XTCP_COMPAT_H */

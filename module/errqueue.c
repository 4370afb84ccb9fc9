// SPDX-License-Identifier: GPL-2.0
/*
 * The error queue: ICMP errors that ended an attempt to connect (IP_RECVERR, IPV6_RECVERR),
 * notifications about memory that was sent from where it lay (zerocopy.c), and when what is sent
 * has passed some station (txstamp.c).
 *
 * It is filled from softirq, under its own lock. What lies there is charged to sk_rmem_alloc, and
 * goes no further than SO_RCVBUF: past that, an error is told by its number alone.
 */
#include <linux/errqueue.h>
#include <linux/icmp.h>

#include "xtcp.h"

/* Bytes of the segment that are kept: no error has to quote more (RFC 1812 4.3.2.3, RFC 4443). */
#define QUOTE_MAX	IPV6_MIN_MTU
/* Bytes that are quoted at least, IP header and all, where an extension follows (RFC 4884 4). */
#define QUOTED_MIN	128

/**
 * struct route - between whom a quoted segment went astray; in front of an skb's data
 * @peer: who it was for
 * @offender: who says so
 * @scope: interface, where one of them is link-local
 */
struct route {
	struct in6_addr	peer;
	struct in6_addr	offender;
	u32		scope;
};

/* What the user gets as a control message. */
struct notice {
	struct sock_extended_err ee;
	union {
		struct sockaddr_in	v4;
		struct sockaddr_in6	v6;
	} offender;
};

static bool is_icmp(const struct sock_extended_err *ee)
{
	return ee->ee_origin == SO_EE_ORIGIN_ICMP || ee->ee_origin == SO_EE_ORIGIN_ICMP6;
}

/**
 * xtcp_errqueue_wanted - whether the user asks for ICMP errors as they come
 * @sk: socket
 *
 * Context: any, for a snapshot.
 */
bool xtcp_errqueue_wanted(const struct sock *sk)
{
	if (xtcp_tuple_is_v4(&xtcp_sk(sk)->tuple))
		return xtcp_compat_recverr(sk);
	return READ_ONCE(xtcp_sk(sk)->recverr6);
}

static bool extensions_wanted(const struct sock *sk)
{
	if (xtcp_tuple_is_v4(&xtcp_sk(sk)->tuple))
		return xtcp_compat_inet_flag(sk, RECVERR_RFC4884, recverr_rfc4884);
	return READ_ONCE(xtcp_sk(sk)->recverr6_rfc4884);
}

/* Whether an extension holds together (RFC 4884 7 and 8). Of other versions nothing is known. */
static bool extension_is_sound(const u8 *data, unsigned int len)
{
	const struct icmp_ext_hdr *header = (const void *)data;
	const struct icmp_extobj_hdr *object;
	unsigned int pos, size;

	if (header->version != 2)
		return true;
	if (header->checksum && csum_fold(csum_partial(data, len, 0)))
		return false;
	for (pos = sizeof(*header); pos < len; pos += size) {
		object = (const void *)(data + pos);
		if (len - pos < sizeof(*object))
			return false;
		/* Lengths need not be even. */
		size = get_unaligned_be16(&object->length);
		if (size < sizeof(*object) || size > len - pos)
			return false;
	}
	return true;
}

/* Tells where an extension begins, counted in what the user gets, and whether it is a sound one. */
static void find_extension(const struct sk_buff *skb, const struct xtcp_icmp_error *error,
			   struct sock_ee_data_rfc4884 *found)
{
	unsigned int begin = error->quoted - error->headers;

	if (error->quoted < QUOTED_MIN || error->quoted < error->headers ||
	    begin + sizeof(struct icmp_ext_hdr) > skb->len)
		return;
	found->len = begin;
	if (!extension_is_sound(skb->data + begin, skb->len - begin))
		found->flags |= SO_EE_RFC4884_FLAG_INVALID;
}

/**
 * xtcp_errqueue_icmp - queue an ICMP error
 * @sk: socket with a peer
 * @error: what it says
 *
 * Context: BH off; reports it to whoever polls.
 */
void xtcp_errqueue_icmp(struct sock *sk, const struct xtcp_icmp_error *error)
{
	u32 len = min_t(u32, error->skb->len - error->quote, QUOTE_MAX);
	const struct xtcp_tuple *tuple = &xtcp_sk(sk)->tuple;
	struct sock_exterr_skb *serr;
	struct route *route;
	struct sk_buff *skb;

	skb = alloc_skb(sizeof(*route) + len, GFP_ATOMIC | __GFP_NOWARN);
	if (!skb)
		return;
	skb_reset_network_header(skb);
	route = skb_put(skb, sizeof(*route));
	route->peer = tuple->raddr;
	route->offender = error->offender;
	route->scope = sk->sk_bound_dev_if;
	__skb_pull(skb, sizeof(*route));
	if (skb_copy_bits(error->skb, error->quote, skb_put(skb, len), len))
		goto free;

	skb->tstamp = error->skb->tstamp;
	serr = SKB_EXT_ERR(skb);
	memset(serr, 0, sizeof(*serr));
	serr->ee.ee_errno = error->err;
	serr->ee.ee_origin = xtcp_tuple_is_v4(tuple) ? SO_EE_ORIGIN_ICMP : SO_EE_ORIGIN_ICMP6;
	serr->ee.ee_type = error->type;
	serr->ee.ee_code = error->code;
	serr->ee.ee_info = error->info;
	serr->port = tuple->rport;
	if (extensions_wanted(sk))
		find_extension(skb, error, &serr->ee.ee_rfc4884);
	if (!sock_queue_err_skb(sk, skb))
		return;
free:
	kfree_skb(skb);
}

/**
 * xtcp_errqueue_purge_icmp - the user does not ask for ICMP errors any more
 * @sk: socket
 *
 * Notifications stay: a writer waits for each of them. Context: process context.
 */
void xtcp_errqueue_purge_icmp(struct sock *sk)
{
	struct sk_buff_head *queue = &sk->sk_error_queue;
	struct sk_buff *skb, *next;
	struct sk_buff_head gone;
	unsigned long flags;

	__skb_queue_head_init(&gone);
	spin_lock_irqsave(&queue->lock, flags);
	skb_queue_walk_safe(queue, skb, next) {
		if (!is_icmp(&SKB_EXT_ERR(skb)->ee))
			continue;
		__skb_unlink(skb, queue);
		__skb_queue_tail(&gone, skb);
	}
	spin_unlock_irqrestore(&queue->lock, flags);
	__skb_queue_purge(&gone);
}

/* An address in the format that the user expects; room for either. Returns bytes. */
static int write_address(const struct sock *sk, void *to, const struct in6_addr *ip, __be16 port,
			 u32 scope)
{
	struct sockaddr_in6 *sin6 = to;
	struct sockaddr_in *sin = to;

	if (xtcp_sk(sk)->format != AF_INET6) {
		*sin = (struct sockaddr_in) {
			.sin_family		= AF_INET,
			.sin_port		= port,
			.sin_addr.s_addr	= ip->s6_addr32[3],
		};
		return sizeof(*sin);
	}
	*sin6 = (struct sockaddr_in6) {
		.sin6_family	= AF_INET6,
		.sin6_port	= port,
		.sin6_addr	= *ip,
		.sin6_scope_id	= ipv6_addr_type(ip) & IPV6_ADDR_LINKLOCAL ? scope : 0,
	};
	return sizeof(*sin6);
}

static void tell(struct sock *sk, struct msghdr *msg, const struct sk_buff *skb)
{
	const struct sock_exterr_skb *serr = SKB_EXT_ERR(skb);
	struct notice notice;
	struct route *route;

	/* Padding and all. */
	memset(&notice, 0, sizeof(notice));
	notice.ee = serr->ee;
	if (serr->ee.ee_origin == SO_EE_ORIGIN_TIMESTAMPING)
		notice.ee.ee_data = xtcp_txstamp_number(sk, serr->ee.ee_data);
	if (is_icmp(&serr->ee)) {
		route = (struct route *)skb_network_header(skb);
		write_address(sk, &notice.offender, &route->offender, 0, route->scope);
		if (msg->msg_name)
			msg->msg_namelen = write_address(sk, msg->msg_name, &route->peer,
							 serr->port, route->scope);
	}
	if (xtcp_sk(sk)->format == AF_INET6)
		put_cmsg(msg, SOL_IPV6, IPV6_RECVERR,
			 sizeof(notice.ee) + sizeof(notice.offender.v6), &notice);
	else
		put_cmsg(msg, SOL_IP, IP_RECVERR,
			 sizeof(notice.ee) + sizeof(notice.offender.v4), &notice);
}

/**
 * xtcp_errqueue_recv - recvmsg() with %MSG_ERRQUEUE
 * @sk: socket
 * @msg: gets, of an ICMP error, as data the segment that it quotes, from its TCP header on, and as
 *	 name whom that was for; of a time, what it is of, or no data where the user wants it so;
 *	 of anything else no data. Of each a control message: %IP_RECVERR, or %IPV6_RECVERR where
 *	 the user's addresses are IPv6's
 * @len: room for data, bytes
 *
 * Context: process context; no lock.
 * Return: bytes; -EAGAIN if there is nothing; -EFAULT, and then it is lost.
 */
int xtcp_errqueue_recv(struct sock *sk, struct msghdr *msg, size_t len)
{
	struct sk_buff *skb = sock_dequeue_err_skb(sk);
	int copied, err;

	if (!skb)
		return -EAGAIN;
	copied = min_t(size_t, skb->len, len);
	err = skb_copy_datagram_msg(skb, 0, msg, copied);
	if (err) {
		kfree_skb(skb);
		return err;
	}
	if (copied < skb->len)
		msg->msg_flags |= MSG_TRUNC;
	sock_recv_timestamp(msg, sk, skb);
	tell(sk, msg, skb);
	msg->msg_flags |= MSG_ERRQUEUE;
	consume_skb(skb);
	return copied;
}

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The only room that routes and outputs, for IPv4 and IPv6 alike.
 */
#ifndef _XTCP_IP_H
#define _XTCP_IP_H

#include <linux/if_ether.h>
#include <linux/types.h>

struct dst_entry;
struct in6_addr;
struct net;
struct net_device;
struct sk_buff;
struct sock;
struct xtcp_tuple;

u8 xtcp_ip_protocol(const struct xtcp_tuple *tuple);
void xtcp_ip_checksum(struct sk_buff *skb, const struct xtcp_tuple *tuple, u8 protocol);

/* On a connection; socket lock. */
int xtcp_ip_local_ok(struct sock *sk, const struct in6_addr *addr, int ifindex);
int xtcp_ip_connect(struct sock *sk, struct xtcp_tuple *tuple);
int xtcp_ip_route(struct sock *sk);
u32 xtcp_ip_mtu(struct sock *sk);
u16 xtcp_ip_advmss(struct sock *sk);
bool xtcp_ip_is_whole(struct sock *sk);
void xtcp_ip_update_pmtu(struct sock *sk, u32 mtu);
int xtcp_ip_xmit(struct sock *sk, struct sk_buff *skb, bool ect);

/**
 * struct xtcp_ip_out - how a segment leaves that no connection sends
 * @mark: skb mark
 * @priority: skb priority
 * @hash: by which those below choose among paths and queues; 0: they make one
 * @oif: device that it is to leave by; 0 for any, and for that of a link-local address
 * @tos: TOS or traffic class
 * @ttl: TTL or hop limit; 0: the route's
 * @labelled: IPv6's flow label is made of @hash (RFC 6437), unless the host does not want that
 */
struct xtcp_ip_out {
	u32	mark;
	u32	priority;
	u32	hash;
	int	oif;
	u8	tos;
	u8	ttl;
	bool	labelled;
};

/* Without one. */
struct dst_entry *xtcp_ip_reply_route(struct net *net, const struct xtcp_tuple *tuple,
				      const struct xtcp_ip_out *out);
int xtcp_ip_reply(struct net *net, const struct xtcp_tuple *tuple, struct sk_buff *skb,
		  const struct xtcp_ip_out *out, struct dst_entry *dst);
u16 xtcp_ip_route_mss(const struct xtcp_tuple *tuple, const struct dst_entry *dst);

/**
 * struct xtcp_ip_mirror - the way that a packet came, for one that goes back by it
 * @dev: device that it came in by, good within the RCU read side
 * @header: link header of the answer
 * @len: its length, bytes; 0 if the link needs none
 */
struct xtcp_ip_mirror {
	struct net_device	*dev;
	u8			header[ETH_HLEN] __aligned(2);
	u8			len;
};

int xtcp_ip_reflect(struct net *net, const struct xtcp_tuple *tuple, struct sk_buff *skb,
		    const struct xtcp_ip_out *out, const struct xtcp_ip_mirror *mirror);
u16 xtcp_ip_device_mss(struct net *net, const struct xtcp_tuple *tuple,
		       const struct net_device *dev);

#endif /* _XTCP_IP_H */

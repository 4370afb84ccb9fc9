/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The only room that routes and outputs, for IPv4 and IPv6 alike.
 */
#ifndef _XTCP_IP_H
#define _XTCP_IP_H

#include <linux/types.h>

struct dst_entry;
struct in6_addr;
struct net;
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
void xtcp_ip_update_pmtu(struct sock *sk, u32 mtu);
int xtcp_ip_xmit(struct sock *sk, struct sk_buff *skb);

/* Without one. */
struct dst_entry *xtcp_ip_reply_route(struct net *net, const struct xtcp_tuple *tuple, u8 tos,
				      u32 mark);
int xtcp_ip_reply(struct net *net, const struct xtcp_tuple *tuple, struct sk_buff *skb,
		  u8 tos, u32 mark, struct dst_entry *dst);
u16 xtcp_ip_route_mss(const struct xtcp_tuple *tuple, const struct dst_entry *dst);

#endif /* _XTCP_IP_H */

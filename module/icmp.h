/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ICMP errors. For hook.c, which sees the packets.
 */
#ifndef _XTCP_ICMP_H
#define _XTCP_ICMP_H

#include <linux/types.h>

struct inet6_skb_parm;
struct net;
struct sk_buff;
struct xtcp_arrival;

void xtcp_icmp_watch_v4(struct net *net, const struct sk_buff *skb, unsigned int off,
			const struct xtcp_arrival *from);
void xtcp_icmp_watch_v6(struct net *net, const struct sk_buff *skb, unsigned int off,
			const struct xtcp_arrival *from);
int xtcp_icmp_native_v4(struct sk_buff *skb, u32 info);
int xtcp_icmp_native_v6(struct sk_buff *skb, struct inet6_skb_parm *opt, u8 type, u8 code,
			int offset, __be32 info);

#endif /* _XTCP_ICMP_H */

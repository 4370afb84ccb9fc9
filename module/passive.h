/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_PASSIVE_H
#define _XTCP_PASSIVE_H

#include <linux/types.h>

struct net;
struct sk_buff;
struct sock;
struct xtcp_ip_mirror;
struct xtcp_tuple;

bool xtcp_passive_syn(struct sock *listener, struct sk_buff *skb, const struct xtcp_tuple *tuple,
		      u32 hash, struct sock **child);
void xtcp_passive_reflect(struct sock *listener, struct sk_buff *skb,
			  const struct xtcp_tuple *tuple, const struct xtcp_ip_mirror *mirror);
bool xtcp_passive_segment(struct net *net, struct sk_buff *skb, const struct xtcp_tuple *tuple,
			  u32 hash, struct sock **child);
bool xtcp_passive_cookie(struct sock *listener, struct sk_buff *skb,
			 const struct xtcp_tuple *tuple, struct sock **child);

#endif /* _XTCP_PASSIVE_H */

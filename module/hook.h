/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_HOOK_H
#define _XTCP_HOOK_H

#include <linux/types.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include <net/route.h>

#include "wire.h"

struct xtcp_net;

/* While the skb is IP's. */
static inline struct xtcp_arrival xtcp_arrival_v4(const struct sk_buff *skb)
{
	int slave = inet_sdif(skb);

	return (struct xtcp_arrival) { slave ? skb->skb_iif : inet_iif(skb), slave };
}

static inline struct xtcp_arrival xtcp_arrival_v6(const struct sk_buff *skb)
{
	return (struct xtcp_arrival) { inet6_iif(skb), inet6_sdif(skb) };
}

/* The ordinary carrier's hook stands from the first get to the last put; process context. */
int xtcp_hook_get(struct xtcp_net *xnet);
void xtcp_hook_put(struct xtcp_net *xnet);
void xtcp_hook_quiet(struct xtcp_net *xnet);

bool xtcp_hook_take(struct sk_buff *skb, struct net *net, const struct xtcp_tuple *tuple,
		    unsigned int off, const struct xtcp_arrival *from);

int xtcp_hook_init(void);
void xtcp_hook_exit(void);

#endif /* _XTCP_HOOK_H */

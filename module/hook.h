/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_HOOK_H
#define _XTCP_HOOK_H

#include <linux/types.h>

struct net;
struct sk_buff;
struct xtcp_net;

/* The ordinary carrier's hook stands from the first get to the last put; process context. */
int xtcp_hook_get(struct xtcp_net *xnet);
void xtcp_hook_put(struct xtcp_net *xnet);
void xtcp_hook_quiet(struct xtcp_net *xnet);

bool xtcp_hook_take(struct sk_buff *skb, struct net *net, bool v4, unsigned int off, int iif);

int xtcp_hook_init(void);
void xtcp_hook_exit(void);

#endif /* _XTCP_HOOK_H */

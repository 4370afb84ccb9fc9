/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_ZEROCOPY_H
#define _XTCP_ZEROCOPY_H

#include <linux/types.h>

struct msghdr;
struct sk_buff;
struct sock;

int xtcp_zerocopy_allow(struct sock *sk, int value);
int xtcp_zerocopy_begin(struct sock *sk, struct msghdr *msg);
int xtcp_zerocopy_append(struct sock *sk, struct sk_buff *skb, struct msghdr *msg, u32 room);
void xtcp_zerocopy_end(struct msghdr *msg, bool written);

#endif /* _XTCP_ZEROCOPY_H */

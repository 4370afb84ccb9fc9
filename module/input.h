/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_INPUT_H
#define _XTCP_INPUT_H

struct sk_buff;
struct sock;

void xtcp_input(struct sock *sk, struct sk_buff *skb);

#endif /* _XTCP_INPUT_H */

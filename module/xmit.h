/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_XMIT_H
#define _XTCP_XMIT_H

#include <linux/types.h>

struct sock;

bool xtcp_xmit_push(struct sock *sk, bool push);
int xtcp_xmit_syn(struct sock *sk, gfp_t gfp);
void xtcp_xmit_check_limited(struct sock *sk);
void xtcp_xmit_retransmit(struct sock *sk);
void xtcp_xmit_pmtu(struct sock *sk, u32 mtu);
void xtcp_xmit_loss_probe(struct sock *sk);
void xtcp_xmit_probe(struct sock *sk);
u32 xtcp_xmit_size_goal(const struct sock *sk);

#endif /* _XTCP_XMIT_H */

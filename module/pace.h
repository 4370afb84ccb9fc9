/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_PACE_H
#define _XTCP_PACE_H

#include <linux/types.h>

struct sk_buff;
struct sock;

void xtcp_pace_init(struct sock *sk);
void xtcp_pace_stop(struct sock *sk);
void xtcp_pace_update(struct sock *sk);
u32 xtcp_pace_burst(const struct sock *sk);
bool xtcp_pace_may_send(struct sock *sk);
bool xtcp_pace_waits(const struct sock *sk);
void xtcp_pace_sent(struct sock *sk, u32 len);
void xtcp_pace_stamp(const struct sock *sk, struct sk_buff *skb);
void xtcp_pace_below_less(struct sock *sk);
void xtcp_pace_expired(struct sock *sk);

#endif /* _XTCP_PACE_H */

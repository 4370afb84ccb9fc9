/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_RCVBUF_H
#define _XTCP_RCVBUF_H

#include <linux/types.h>

struct sk_buff;
struct sock;
struct xtcp_opts;

u32 xtcp_rcvbuf_space(const struct sock *sk);
u32 xtcp_rcvbuf_window(const struct sock *sk);
u32 xtcp_rcvbuf_window_max(const struct sock *sk);
void xtcp_rcvbuf_open(struct sock *sk);
void xtcp_rcvbuf_came(struct sock *sk, const struct sk_buff *skb, const struct xtcp_opts *opts);
void xtcp_rcvbuf_read(struct sock *sk);
int xtcp_rcvbuf_set_clamp(struct sock *sk, int bytes);

#endif /* _XTCP_RCVBUF_H */

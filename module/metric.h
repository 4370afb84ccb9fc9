/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What an operator says of a destination: the metrics of its route (ip-route(8)). Socket lock,
 * where there is a socket.
 */
#ifndef _XTCP_METRIC_H
#define _XTCP_METRIC_H

#include <linux/types.h>

struct dst_entry;
struct sock;

bool xtcp_metric_no_cookie(const struct dst_entry *dst);
u32 xtcp_metric_initial_window(const struct sock *sk);
u32 xtcp_metric_syn_window(const struct dst_entry *dst, u32 mss, u32 window);
u32 xtcp_metric_rto_us(const struct sock *sk, u32 rto_us);
void xtcp_metric_open(struct sock *sk);
void xtcp_metric_renew(struct sock *sk);
void xtcp_metric_limit_cwnd(struct sock *sk);

#endif /* _XTCP_METRIC_H */

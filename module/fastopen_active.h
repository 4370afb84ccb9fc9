/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Fast Open of a client: what is remembered of servers, and what a SYN may bring.
 */
#ifndef _XTCP_FASTOPEN_ACTIVE_H
#define _XTCP_FASTOPEN_ACTIVE_H

#include <linux/types.h>

struct sock;
struct xtcp_net;
struct xtcp_opts;

bool xtcp_fastopen_begin(struct sock *sk);
void xtcp_fastopen_answered(struct sock *sk, const struct xtcp_opts *opts);
void xtcp_fastopen_timed_out(struct sock *sk);

int xtcp_fastopen_cache_init_net(struct xtcp_net *xnet);
void xtcp_fastopen_cache_exit_net(struct xtcp_net *xnet);

#endif /* _XTCP_FASTOPEN_ACTIVE_H */

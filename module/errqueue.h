/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is read with MSG_ERRQUEUE.
 */
#ifndef _XTCP_ERRQUEUE_H
#define _XTCP_ERRQUEUE_H

#include <linux/types.h>

struct msghdr;
struct sock;
struct xtcp_icmp_error;

bool xtcp_errqueue_wanted(const struct sock *sk);
void xtcp_errqueue_icmp(struct sock *sk, const struct xtcp_icmp_error *error);
void xtcp_errqueue_purge_icmp(struct sock *sk);
int xtcp_errqueue_recv(struct sock *sk, struct msghdr *msg, size_t len);

#endif /* _XTCP_ERRQUEUE_H */

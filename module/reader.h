/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_READER_H
#define _XTCP_READER_H

#include <linux/types.h>

struct msghdr;
struct sock;
struct socket;

int xtcp_recvmsg(struct socket *sock, struct msghdr *msg, size_t len, int flags);
int xtcp_reader_queued(struct sock *sk);

#endif /* _XTCP_READER_H */

/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_READER_H
#define _XTCP_READER_H

#include <linux/types.h>

struct msghdr;
struct pipe_inode_info;
struct sock;
struct socket;

int xtcp_recvmsg(struct socket *sock, struct msghdr *msg, size_t len, int flags);
ssize_t xtcp_splice_read(struct socket *sock, loff_t *pos, struct pipe_inode_info *pipe,
			 size_t len, unsigned int flags);
int xtcp_reader_queued(struct sock *sk);

#endif /* _XTCP_READER_H */

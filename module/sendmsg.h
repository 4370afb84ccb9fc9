/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_SENDMSG_H
#define _XTCP_SENDMSG_H

#include <linux/types.h>

struct msghdr;
struct socket;

int xtcp_sendmsg(struct socket *sock, struct msghdr *msg, size_t len);

#endif /* _XTCP_SENDMSG_H */

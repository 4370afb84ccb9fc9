/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_AF_H
#define _XTCP_AF_H

#include <linux/types.h>

struct msghdr;
struct sock;
struct socket;

extern int xtcp_family;			/* module parameter, AF_XTCP */
extern int xtcp_protocol;		/* module parameter, IPPROTO_XTCP */

int xtcp_accept_push(struct sock *listener, struct sock *child);
int xtcp_connect_message(struct socket *sock, const struct msghdr *msg);
int xtcp_connect_wait(struct socket *sock, bool first, int flags);
bool xtcp_accept_is_full(const struct sock *listener);
int xtcp_af_init(void);
void xtcp_af_exit(void);

#endif /* _XTCP_AF_H */

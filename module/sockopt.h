/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_SOCKOPT_H
#define _XTCP_SOCKOPT_H

#include <linux/sockptr.h>

struct socket;

int xtcp_setsockopt(struct socket *sock, int level, int name, sockptr_t val, unsigned int len);
int xtcp_getsockopt(struct socket *sock, int level, int name, char __user *val, int __user *len);

#endif /* _XTCP_SOCKOPT_H */

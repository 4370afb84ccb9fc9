/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Options: what the kernel calls, and below it the levels and what they share.
 */
#ifndef _XTCP_SOCKOPT_H
#define _XTCP_SOCKOPT_H

#include <linux/sockptr.h>

struct sock;
struct socket;

int xtcp_setsockopt(struct socket *sock, int level, int name, sockptr_t val, unsigned int len);
int xtcp_getsockopt(struct socket *sock, int level, int name, char __user *val, int __user *len);

int xtcp_sockopt_set_tcp(struct sock *sk, int name, sockptr_t val, unsigned int len);
int xtcp_sockopt_get_tcp(struct sock *sk, int name, char __user *val, int __user *len);
int xtcp_sockopt_set_ip(struct sock *sk, int name, sockptr_t val, unsigned int len);
int xtcp_sockopt_get_ip(struct sock *sk, int name, char __user *val, int __user *len);
int xtcp_sockopt_set_ipv6(struct sock *sk, int name, sockptr_t val, unsigned int len);
int xtcp_sockopt_get_ipv6(struct sock *sk, int name, char __user *val, int __user *len);

int xtcp_sockopt_int(int *value, sockptr_t val, unsigned int len);
int xtcp_sockopt_put(char __user *val, int __user *optlen, const void *from, int size);

#endif /* _XTCP_SOCKOPT_H */

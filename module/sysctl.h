/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_SYSCTL_H
#define _XTCP_SYSCTL_H

struct xtcp_cong_ops;
struct xtcp_net;

int xtcp_sysctl_init_net(struct xtcp_net *xnet);
void xtcp_sysctl_exit_net(struct xtcp_net *xnet);
const struct xtcp_cong_ops *xtcp_sysctl_cong_get(const struct xtcp_net *xnet);

/* xtcp_sysctl(sk, rto_min_ms): the value in the socket's namespace */
#define xtcp_sysctl_net(xnet, name)	READ_ONCE((xnet)->sysctl.name)
#define xtcp_sysctl_sk(sk, name)	xtcp_sysctl_net(xtcp_sock_net(sk), name)

#endif /* _XTCP_SYSCTL_H */

/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_INFO_H
#define _XTCP_INFO_H

struct sock;
struct tcp_info;

void xtcp_info_fill(const struct sock *sk, struct tcp_info *info);

#endif /* _XTCP_INFO_H */

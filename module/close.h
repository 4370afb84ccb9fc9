/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_CLOSE_H
#define _XTCP_CLOSE_H

struct sock;
struct socket;

int xtcp_shutdown(struct socket *sock, int how);
int xtcp_release(struct socket *sock);
void xtcp_close_abort(struct sock *sk, int err);
int xtcp_close_destroy(struct sock *sk);
void xtcp_close_fin_wait2(struct sock *sk);
int xtcp_disconnect(struct sock *sk);

#endif /* _XTCP_CLOSE_H */

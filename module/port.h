/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Who owns which port, per namespace and carrier.
 *
 * A lease is a claim on (carrier, port, address, device). On the ordinary carrier it comes with
 * a claim in the kernel's TCP, made through the kernel's own bind(), so that the two can never
 * own the same port. Sockets, TIME-WAIT objects and half-open children share their lease by
 * reference. All of this room runs in process context but for xtcp_lease_get(),
 * xtcp_lease_put() and xtcp_port_release(), which may be called anywhere.
 */
#ifndef _XTCP_PORT_H
#define _XTCP_PORT_H

#include <linux/types.h>

struct net;
struct sock;
struct xtcp_cursor;
struct xtcp_lease;
struct xtcp_net;

int xtcp_port_bind(struct sock *sk, u16 port);
int xtcp_port_listen(struct sock *sk);
void xtcp_port_unlisten(struct sock *sk);
int xtcp_port_connect(struct sock *sk);

struct xtcp_lease *xtcp_lease_get(struct xtcp_lease *lease);
void xtcp_lease_put(struct xtcp_lease *lease);
void xtcp_port_release(struct sock *sk);
void xtcp_port_flush(struct net *net);
int xtcp_port_walk(struct net *net, struct xtcp_cursor *cursor,
		   int (*fn)(struct sock *sk, void *arg), void *arg);

int xtcp_port_init_net(struct xtcp_net *xnet);
void xtcp_port_exit_net(struct xtcp_net *xnet);
int xtcp_port_init(void);
void xtcp_port_exit(void);

#endif /* _XTCP_PORT_H */

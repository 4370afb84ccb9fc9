/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Leases: claims on ports, ours and, by a kernel socket, the kernel's. For port.c alone; others
 * know a lease by xtcp_lease_get() and xtcp_lease_put().
 *
 * Locks: a bucket's mutex (by namespace, carrier and port) makes looking and claiming one step.
 * In it nest the kernel's bind locks, and the leaves: a pool's lock, and a lease's lock (BH),
 * which alone protects what a socket leaves in softirq.
 *
 * Lives: bound and connected sockets, children and TIME-WAIT objects hold a reference each. With
 * the last one the lease is dead: it does not come back, and whoever meets it in its bucket
 * buries it, so that the port is free at once. Otherwise a work item does, for the last reference
 * may go in softirq and a kernel socket is released in process context. Memory is freed after a
 * grace period, because a child is made from a listener that may be losing its lease.
 */
#ifndef _XTCP_LEASE_H
#define _XTCP_LEASE_H

#include <linux/in6.h>
#include <linux/llist.h>
#include <linux/mutex.h>
#include <linux/refcount.h>
#include <linux/uidgid.h>
#include <linux/workqueue.h>

#include "pernet.h"
#include "pool.h"

struct sock;
struct socket;
struct xtcp_cursor;

/**
 * struct xtcp_port_space - the ports of one namespace
 * @xnet: the namespace
 * @pools: ephemeral ports, by carrier
 * @leases: leases whose memory counts on this structure
 * @dying: leases without references, to be buried
 * @drain_lock: around the burials of @dying; outside the bucket mutexes
 * @drain: does them
 */
struct xtcp_port_space {
	struct xtcp_net		*xnet;
	struct xtcp_pool	pools[XTCP_CARRIERS];
	atomic_t		leases;
	struct llist_head	dying;
	struct mutex		drain_lock;	/* outside the bucket mutexes */
	struct work_struct	drain;
};

/**
 * struct xtcp_lease - a claim on (carrier, port, address, device)
 * @refs: holders; zero: dead
 * @port: host order; 0 as long as nothing is claimed
 * @carrier: index
 * @v6only: of `::` alone: IPv4 is not claimed
 * @autobound: made by connect(), for any address and device, and shared by connect() alone
 * @exclusive: some holder that is not in @bound had no SO_REUSEADDR
 * @unshared: some holder that is not in @bound had no SO_REUSEPORT, or was not @uid's
 * @uid: of the first socket that was bound
 * @dev: interface index, or 0 for all
 * @addr: local address; IPv4 as v4-mapped, the any-addresses `::` and ::ffff:0.0.0.0
 * @space: the namespace's
 * @hold: the claim in the kernel's TCP; NULL on the native carrier and once buried
 * @node: in its bucket, from the claim to the burial
 * @lock: leaf, BH
 * @bound: sockets bound to it by bind() or listen(), by sk_bind_node
 * @dying: in the space's @dying
 * @rcu: for the memory
 */
struct xtcp_lease {
	refcount_t		refs;
	u16			port;		/* bucket mutex until claimed, then constant */
	u8			carrier;
	bool			v6only;
	bool			autobound;
	bool			exclusive;	/* lock */
	bool			unshared;	/* lock */
	kuid_t			uid;		/* lock */
	int			dev;
	struct in6_addr		addr;
	struct xtcp_port_space	*space;
	struct socket		*hold;		/* maker until claimed, then bucket mutex */
	struct hlist_node	node;		/* bucket mutex */
	spinlock_t		lock;
	struct hlist_head	bound;		/* lock */
	struct llist_node	dying;
	struct rcu_head		rcu;
};

struct xtcp_lease *xtcp_lease_new(struct sock *sk, bool autobound);
int xtcp_lease_claim(struct xtcp_lease *lease, u16 port);
int xtcp_lease_bind(struct xtcp_lease *lease, struct sock *sk, u16 port);
struct xtcp_lease *xtcp_lease_find_autobound(struct xtcp_port_space *space, unsigned int carrier,
					     u16 port);
int xtcp_lease_listen(struct xtcp_lease *lease, struct sock *sk);
void xtcp_lease_unlisten(struct xtcp_lease *lease, struct sock *sk);
void xtcp_lease_attach(struct xtcp_lease *lease, struct sock *sk);
void xtcp_lease_detach(struct xtcp_lease *lease, struct sock *sk);
int xtcp_lease_walk(const struct xtcp_port_space *space, struct xtcp_cursor *cursor,
		    int (*fn)(struct sock *sk, void *arg), void *arg);
void xtcp_lease_drop(struct xtcp_lease *lease);
void xtcp_lease_drain(struct xtcp_port_space *space);

int xtcp_lease_init_net(struct xtcp_port_space *space);
void xtcp_lease_exit_net(struct xtcp_port_space *space);
int xtcp_lease_init(void);
void xtcp_lease_exit(void);

#endif /* _XTCP_LEASE_H */

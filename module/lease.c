// SPDX-License-Identifier: GPL-2.0
/*
 * Leases: made, claimed against our own and against the kernel's TCP, shared and buried.
 */
#include <linux/in.h>
#include <linux/ipv6.h>
#include <linux/net.h>
#include <linux/slab.h>
#include <net/inet_sock.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include <net/netns/hash.h>
#include <net/sock.h>

#include "cursor.h"
#include "hook.h"
#include "lease.h"
#include "port.h"
#include "sock.h"

#define BUCKETS		2048	/* a power of two; the whole ephemeral range makes 14 in each */

/**
 * struct bucket - the leases of some ports
 * @lock: makes looking and claiming one step
 * @leases: by xtcp_lease.node
 */
struct bucket {
	struct mutex		lock;	/* see lease.h */
	struct hlist_head	leases;	/* lock */
};

static struct bucket *buckets;
static struct workqueue_struct *drain_queue;

static struct bucket *bucket_lock(const struct xtcp_port_space *space, u16 port)
{
	struct bucket *b = &buckets[(port + net_hash_mix(space->xnet->net)) & (BUCKETS - 1)];

	mutex_lock(&b->lock);
	return b;
}

static bool lease_is_dead(const struct xtcp_lease *lease)
{
	return !refcount_read(&lease->refs);
}

/* Whether a lease is on the port of that carrier and namespace, whatever its address. */
static bool lease_is_on(const struct xtcp_lease *lease, const struct xtcp_port_space *space,
			unsigned int carrier, u16 port)
{
	return lease->port == port && lease->carrier == carrier && lease->space == space;
}

static bool addr_any(const struct in6_addr *addr)
{
	return ipv6_addr_any(addr) || (ipv6_addr_v4mapped(addr) && !addr->s6_addr32[3]);
}

/* Whether a socket of one could be sent what is meant for the other, the ports being the same. */
static bool leases_overlap(const struct xtcp_lease *a, const struct xtcp_lease *b)
{
	bool a_v4 = ipv6_addr_v4mapped(&a->addr);
	bool b_v4 = ipv6_addr_v4mapped(&b->addr);
	const struct xtcp_lease *six = a_v4 ? b : a;

	if (a->dev && b->dev && a->dev != b->dev)
		return false;
	if (a_v4 != b_v4)
		return ipv6_addr_any(&six->addr) && !six->v6only;
	return addr_any(&a->addr) || addr_any(&b->addr) || ipv6_addr_equal(&a->addr, &b->addr);
}

static bool leases_equal(const struct xtcp_lease *a, const struct xtcp_lease *b)
{
	return ipv6_addr_equal(&a->addr, &b->addr) && a->v6only == b->v6only &&
	       a->dev == b->dev && a->autobound == b->autobound;
}

/*
 * The kernel's claim.
 */

static void hold_release(struct xtcp_lease *lease)
{
	if (lease->hold)
		sock_release(lease->hold);
	lease->hold = NULL;
}

static int hold_family(const struct xtcp_lease *lease)
{
	if (ipv6_addr_v4mapped(&lease->addr))
		return AF_INET;
	/* Without IPv6 in the kernel, any address is any IPv4 address. */
	if (ipv6_addr_any(&lease->addr) && !lease->v6only && !ipv6_mod_enabled())
		return AF_INET;
	return AF_INET6;
}

static int hold_create(struct xtcp_lease *lease)
{
	struct net *net = lease->space->xnet->net;
	struct socket *hold;
	int err;

	err = sock_create_kern(net, hold_family(lease), SOCK_STREAM, IPPROTO_TCP, &hold);
	if (err)
		return err;
	lease->hold = hold;
	/* Whether the address will do has been seen to. */
	ip_sock_set_freebind(hold->sk);
	/* Of no user, so that no user's SO_REUSEPORT meets ours; see hold_bind(). */
	SOCK_INODE(hold)->i_uid = INVALID_UID;
	hold->sk->sk_uid = INVALID_UID;
	hold->sk->sk_ipv6only = lease->v6only;
	return lease->dev ? sock_bindtoindex(hold->sk, lease->dev, true) : 0;
}

/* A cgroup's BPF program may have sent the kernel socket elsewhere. */
static bool hold_is_at(const struct sock *sk, const struct in6_addr *addr, u16 port)
{
	const struct in6_addr *addr6 = inet6_rcv_saddr(sk);

	if (inet_sk(sk)->inet_num != port)
		return false;
	return addr6 ? ipv6_addr_equal(addr6, addr) : sk->sk_rcv_saddr == addr->s6_addr32[3];
}

/*
 * Where leases of ours overlap, by SO_REUSEADDR, so do their kernel sockets; the kernel lets them
 * by SO_REUSEPORT, which asks for one owner, and no user is that owner. The first one comes
 * without it, for then the kernel's TIME-WAIT sockets count too.
 */
static int hold_bind(struct xtcp_lease *lease, u16 port, bool overlap)
{
	union {
		struct sockaddr_in	in;
		struct sockaddr_in6	in6;
	} addr = {};
	struct socket *hold = lease->hold;
	int len;
	int err;

	if (!hold)
		return 0;
	if (hold->sk->sk_family == AF_INET) {
		addr.in.sin_family = AF_INET;
		addr.in.sin_port = htons(port);
		addr.in.sin_addr.s_addr = lease->addr.s6_addr32[3];
		len = sizeof(addr.in);
	} else {
		addr.in6.sin6_family = AF_INET6;
		addr.in6.sin6_port = htons(port);
		addr.in6.sin6_addr = lease->addr;
		addr.in6.sin6_scope_id = lease->dev;
		len = sizeof(addr.in6);
	}
	hold->sk->sk_reuseport = overlap;
	err = kernel_bind(hold, (struct sockaddr_unsized *)&addr, len);
	if (err)
		return err;
	hold->sk->sk_reuseport = 1;
	return hold_is_at(hold->sk, &lease->addr, port) ? 0 : -EPERM;
}

/*
 * Birth and burial.
 */

static void lease_free(struct xtcp_lease *lease)
{
	struct xtcp_port_space *space = lease->space;

	hold_release(lease);
	if (!lease->carrier)
		xtcp_hook_put(space->xnet);
	kfree_rcu(lease, rcu);
	atomic_dec(&space->leases);
}

/**
 * xtcp_lease_new - a lease that claims nothing yet
 * @sk: socket it is for: its namespace, carrier and, unless @autobound, address and device
 * @autobound: for connect(): any address and device
 *
 * From here on the ordinary carrier's hook stands.
 *
 * Return: lease with a reference for the caller, or an ERR_PTR(). Context: process, the socket's
 * lock; no lock of this room.
 */
struct xtcp_lease *xtcp_lease_new(struct sock *sk, bool autobound)
{
	struct xtcp_net *xnet = xtcp_sock_net(sk);
	struct xtcp_sock *xsk = xtcp_sk(sk);
	struct xtcp_lease *lease;
	int err;

	lease = kzalloc(sizeof(*lease), GFP_KERNEL_ACCOUNT);
	if (!lease)
		return ERR_PTR(-ENOMEM);
	refcount_set(&lease->refs, 1);
	spin_lock_init(&lease->lock);
	INIT_HLIST_NODE(&lease->node);
	INIT_HLIST_HEAD(&lease->bound);
	lease->space = xnet->ports;
	lease->carrier = xtcp_sock_native(sk);
	lease->autobound = autobound;
	lease->exclusive = autobound;
	if (!autobound) {
		lease->addr = xsk->tuple.laddr;
		lease->v6only = xsk->v6only && ipv6_addr_any(&lease->addr);
		lease->dev = READ_ONCE(sk->sk_bound_dev_if);
	}

	if (!lease->carrier) {
		err = xtcp_hook_get(xnet);
		if (err) {
			kfree(lease);
			return ERR_PTR(err);
		}
	}
	atomic_inc(&lease->space->leases);
	err = lease->carrier ? 0 : hold_create(lease);
	if (err) {
		lease_free(lease);
		return ERR_PTR(err);
	}
	return lease;
}

/* Nobody of ours is on the port any more: connect() may have it. */
static void port_vacate(struct bucket *b, const struct xtcp_lease *gone)
{
	struct xtcp_lease *lease;

	hlist_for_each_entry(lease, &b->leases, node) {
		if (lease_is_on(lease, gone->space, gone->carrier, gone->port))
			return;
	}
	xtcp_pool_move(&gone->space->pools[gone->carrier], gone->port, XTCP_POOL_FREE);
}

/* Gives the port back; the memory goes with lease_free(), later. */
static void lease_bury(struct bucket *b, struct xtcp_lease *lease)
{
	lockdep_assert_held(&b->lock);

	if (hlist_unhashed(&lease->node))
		return;
	hlist_del_init(&lease->node);
	hold_release(lease);
	port_vacate(b, lease);
}

static void lease_destroy(struct xtcp_lease *lease)
{
	struct bucket *b = bucket_lock(lease->space, lease->port);

	lease_bury(b, lease);
	mutex_unlock(&b->lock);
	lease_free(lease);
}

/* Buries what is dead on a port; whether anything is left. */
static bool port_sweep(struct bucket *b, const struct xtcp_port_space *space, unsigned int carrier,
		       u16 port)
{
	struct xtcp_lease *lease;
	struct hlist_node *next;
	bool left = false;

	hlist_for_each_entry_safe(lease, next, &b->leases, node) {
		if (!lease_is_on(lease, space, carrier, port))
			continue;
		if (lease_is_dead(lease))
			lease_bury(b, lease);
		else
			left = true;
	}
	return left;
}

/*
 * Claims.
 */

static int lease_link(struct bucket *b, struct xtcp_lease *lease, u16 port, bool overlap)
{
	int err;

	lockdep_assert_held(&b->lock);

	err = hold_bind(lease, port, overlap);
	if (err)
		return err;
	lease->port = port;
	hlist_add_head(&lease->node, &b->leases);
	xtcp_pool_move(&lease->space->pools[lease->carrier], port, XTCP_POOL_TAKEN);
	return 0;
}

/**
 * xtcp_lease_claim - claim a port that nobody of ours has, at whatever address
 * @lease: from xtcp_lease_new(); may be tried with other ports after -EADDRINUSE
 * @port: host order, not 0
 *
 * The carrier's pool learns what the port turned out to be.
 *
 * Return: 0, -EADDRINUSE, or another error of the kernel's bind(). Context: process; takes the
 * bucket mutex.
 */
int xtcp_lease_claim(struct xtcp_lease *lease, u16 port)
{
	struct xtcp_port_space *space = lease->space;
	struct xtcp_pool *pool = &space->pools[lease->carrier];
	struct bucket *b = bucket_lock(space, port);
	int err;

	if (port_sweep(b, space, lease->carrier, port)) {
		xtcp_pool_move(pool, port, XTCP_POOL_TAKEN);
		err = -EADDRINUSE;
	} else {
		err = lease_link(b, lease, port, false);
		if (err == -EADDRINUSE)
			xtcp_pool_move(pool, port, XTCP_POOL_FOREIGN);
	}
	mutex_unlock(&b->lock);
	return err;
}

/* One about to listen counts as a listener. */
static bool socks_share(const struct sock *sk, const struct sock *other, bool by_addr, bool by_port)
{
	if (by_port && other->sk_reuseport &&
	    uid_eq(READ_ONCE(other->sk_uid), READ_ONCE(sk->sk_uid)))
		return true;
	return by_addr && other->sk_reuse && READ_ONCE(other->sk_state) != TCP_LISTEN &&
	       !xtcp_sk(other)->listens;
}

/*
 * socket(7): SO_REUSEADDR on all sides shares a port, unless somebody listens; SO_REUSEPORT does in
 * any case, with sockets of the same user.
 */
static bool lease_refuses(struct xtcp_lease *lease, const struct sock *sk)
{
	bool own = xtcp_sk(sk)->lease == lease;
	bool by_addr, by_port, refuses = false;
	struct sock *other;

	spin_lock_bh(&lease->lock);
	by_addr = sk->sk_reuse && !lease->exclusive;
	by_port = sk->sk_reuseport && !lease->unshared && !lease->autobound &&
		  uid_eq(READ_ONCE(sk->sk_uid), lease->uid);
	if (!by_addr && !by_port)
		refuses = !own || refcount_read(&lease->refs) > 1;
	sk_for_each_bound(other, &lease->bound) {
		if (refuses)
			break;
		if (other != sk)
			refuses = !socks_share(sk, other, by_addr, by_port);
	}
	spin_unlock_bh(&lease->lock);
	return refuses;
}

/* The socket's own lease is among those that are asked, if it has one. */
static bool port_refuses(struct bucket *b, const struct xtcp_lease *claim, u16 port,
			 const struct sock *sk)
{
	struct xtcp_lease *lease;

	lockdep_assert_held(&b->lock);

	hlist_for_each_entry(lease, &b->leases, node) {
		if (lease_is_on(lease, claim->space, claim->carrier, port) &&
		    leases_overlap(lease, claim) && lease_refuses(lease, sk))
			return true;
	}
	return false;
}

/* A lease to be shared; a dead one, which nobody can share, is buried. */
static struct xtcp_lease *port_find_equal(struct bucket *b, const struct xtcp_lease *claim,
					  u16 port, bool *overlap)
{
	struct xtcp_lease *lease;
	struct hlist_node *next;

	hlist_for_each_entry_safe(lease, next, &b->leases, node) {
		if (!lease_is_on(lease, claim->space, claim->carrier, port))
			continue;
		if (leases_equal(lease, claim)) {
			if (xtcp_lease_get(lease))
				return lease;
			lease_bury(b, lease);
		} else if (leases_overlap(lease, claim)) {
			*overlap = true;
		}
	}
	return NULL;
}

/**
 * xtcp_lease_bind - bind a socket to a port of the user's choice
 * @lease: from xtcp_lease_new(); consumed in all cases
 * @sk: socket that @lease was made for
 * @port: host order, not 0
 *
 * The socket may get a lease that is there already, if all who use it agree.
 *
 * Return: 0, -EADDRINUSE, or another error of the kernel's bind(). Context: process, the socket's
 * lock; takes the bucket mutex.
 */
int xtcp_lease_bind(struct xtcp_lease *lease, struct sock *sk, u16 port)
{
	struct bucket *b = bucket_lock(lease->space, port);
	struct xtcp_lease *shared = NULL;
	bool overlap = false;
	int err = 0;

	port_sweep(b, lease->space, lease->carrier, port);
	if (port_refuses(b, lease, port, sk)) {
		err = -EADDRINUSE;
	} else {
		shared = port_find_equal(b, lease, port, &overlap);
		if (!shared)
			err = lease_link(b, lease, port, overlap);
	}
	if (!err)
		xtcp_lease_attach(shared ?: lease, sk);
	mutex_unlock(&b->lock);

	if (err || shared)
		xtcp_lease_drop(lease);
	return err;
}

/**
 * xtcp_lease_find_autobound - a lease that connect() made, for another connect() to share
 * @space: the namespace's ports
 * @carrier: index
 * @port: host order
 *
 * Return: lease with a reference for the caller, or NULL. Context: process; takes the bucket
 * mutex.
 */
struct xtcp_lease *xtcp_lease_find_autobound(struct xtcp_port_space *space, unsigned int carrier,
					     u16 port)
{
	struct bucket *b = bucket_lock(space, port);
	struct xtcp_lease *found = NULL;
	struct xtcp_lease *lease;

	hlist_for_each_entry(lease, &b->leases, node) {
		if (!lease_is_on(lease, space, carrier, port) || !lease->autobound)
			continue;
		found = xtcp_lease_get(lease);
		if (found)
			break;
	}
	mutex_unlock(&b->lock);
	return found;
}

/**
 * xtcp_lease_listen - make a bound socket the only one that may listen, but for SO_REUSEPORT
 * @lease: its lease
 * @sk: socket
 *
 * It counts as a listener from here on, until xtcp_lease_unlisten() or its release.
 *
 * Return: 0 or -EADDRINUSE. Context: process, the socket's lock; takes the bucket mutex.
 */
int xtcp_lease_listen(struct xtcp_lease *lease, struct sock *sk)
{
	struct bucket *b = bucket_lock(lease->space, lease->port);
	int err = 0;

	port_sweep(b, lease->space, lease->carrier, lease->port);
	if (port_refuses(b, lease, lease->port, sk)) {
		err = -EADDRINUSE;
	} else {
		spin_lock_bh(&lease->lock);
		xtcp_sk(sk)->listens = true;
		spin_unlock_bh(&lease->lock);
	}
	mutex_unlock(&b->lock);
	return err;
}

/**
 * xtcp_lease_unlisten - a socket listens no more, but stays bound
 * @lease: its lease
 * @sk: socket
 *
 * Context: the socket's lock; any. Takes the lease's lock.
 */
void xtcp_lease_unlisten(struct xtcp_lease *lease, struct sock *sk)
{
	spin_lock_bh(&lease->lock);
	xtcp_sk(sk)->listens = false;
	spin_unlock_bh(&lease->lock);
}

/**
 * xtcp_lease_attach - give a lease to a socket that bind() bound
 * @lease: lease, whose reference the socket takes over
 * @sk: socket without a lease
 *
 * SOCK_BINDPORT_LOCK says that the socket is in the lease's list. A child, which is a copy of its
 * listener, has it cleared by sk_clone_lock(), and is not.
 *
 * Context: the socket's lock; any. Takes the lease's lock.
 */
void xtcp_lease_attach(struct xtcp_lease *lease, struct sock *sk)
{
	spin_lock_bh(&lease->lock);
	if (hlist_empty(&lease->bound) && refcount_read(&lease->refs) == 1)
		lease->uid = READ_ONCE(sk->sk_uid);
	sk_add_bind_node(sk, &lease->bound);
	spin_unlock_bh(&lease->lock);
	sk->sk_userlocks |= SOCK_BINDPORT_LOCK;
	WRITE_ONCE(xtcp_sk(sk)->lease, lease);
}

/**
 * xtcp_lease_detach - take a lease away from a socket, bound or not
 * @lease: its lease; the reference is the caller's now
 * @sk: socket
 *
 * What the socket leaves behind, children or TIME-WAIT objects, is as ready to share the port as
 * the socket was.
 *
 * Context: the socket's lock, or its destructor; any. Takes the lease's lock.
 */
void xtcp_lease_detach(struct xtcp_lease *lease, struct sock *sk)
{
	if (sk->sk_userlocks & SOCK_BINDPORT_LOCK) {
		spin_lock_bh(&lease->lock);
		hlist_del_init(&sk->sk_bind_node);
		if (!sk->sk_reuse)
			lease->exclusive = true;
		if (!sk->sk_reuseport || !uid_eq(READ_ONCE(sk->sk_uid), lease->uid))
			lease->unshared = true;
		xtcp_sk(sk)->listens = false;
		spin_unlock_bh(&lease->lock);
		sk->sk_userlocks &= ~SOCK_BINDPORT_LOCK;
	}
	WRITE_ONCE(xtcp_sk(sk)->lease, NULL);
}

/* The next sockets of a bucket, whose mutex is held, as RCU is. */
static void pick_bound(const struct xtcp_port_space *space, u32 slot,
		       const struct xtcp_cursor *cursor, struct xtcp_pick *pick)
{
	struct xtcp_lease *lease;
	struct sock *sk;

	xtcp_pick_begin(pick, cursor);
	hlist_for_each_entry(lease, &buckets[slot].leases, node) {
		if (lease->space != space)
			continue;
		spin_lock_bh(&lease->lock);
		sk_for_each_bound(sk, &lease->bound)
			xtcp_pick_add(pick, sk);
		spin_unlock_bh(&lease->lock);
	}
}

static int walk_bucket(const struct xtcp_port_space *space, struct xtcp_cursor *cursor,
		       int (*fn)(struct sock *sk, void *arg), void *arg)
{
	u32 slot = cursor->bucket;
	struct xtcp_pick pick;
	struct sock *sk;
	int ret = 0;

	do {
		mutex_lock(&buckets[slot].lock);
		rcu_read_lock();
		pick_bound(space, slot, cursor, &pick);
		while (!ret && (sk = xtcp_pick_next(&pick, cursor)))
			ret = fn(sk, arg);
		rcu_read_unlock();
		mutex_unlock(&buckets[slot].lock);
	} while (!ret && !xtcp_pick_is_last(&pick));
	return ret;
}

/**
 * xtcp_lease_walk - visit the sockets of a namespace that bind() or listen() bound
 * @space: the namespace's ports
 * @cursor: as xtcp_table_walk() has it
 * @fn: called with RCU held; a socket may be about to go. Other than 0 ends the walk
 * @arg: for @fn
 *
 * Context: Process context, no locks held; takes the bucket mutexes.
 * Return: what @fn returned last, 0 at the end.
 */
int xtcp_lease_walk(const struct xtcp_port_space *space, struct xtcp_cursor *cursor,
		    int (*fn)(struct sock *sk, void *arg), void *arg)
{
	int ret;

	for (; cursor->bucket < BUCKETS; xtcp_cursor_advance(cursor)) {
		if (hlist_empty(&buckets[cursor->bucket].leases))
			continue;
		ret = walk_bucket(space, cursor, fn, arg);
		if (ret)
			return ret;
		cond_resched();
	}
	return 0;
}

/*
 * References.
 */

/**
 * xtcp_lease_get - another holder of a lease
 * @lease: lease, or NULL
 *
 * Return: @lease, or NULL if it is dead, which one that the caller holds no reference to may be.
 * Context: any; RCU unless the caller holds a reference.
 */
struct xtcp_lease *xtcp_lease_get(struct xtcp_lease *lease)
{
	return lease && refcount_inc_not_zero(&lease->refs) ? lease : NULL;
}

/**
 * xtcp_lease_put - a holder less
 * @lease: lease, or NULL
 *
 * After the last one bind() and connect() of ours find the port free at once, the kernel's TCP
 * when the work item has run or xtcp_port_flush() returns.
 *
 * Context: any.
 */
void xtcp_lease_put(struct xtcp_lease *lease)
{
	struct xtcp_port_space *space;

	if (!lease || !refcount_dec_and_test(&lease->refs))
		return;
	space = lease->space;
	/* Once it is on the list it is whoever's drains it; a list with others on it will be. */
	if (llist_add(&lease->dying, &space->dying))
		queue_work(drain_queue, &space->drain);
}

/**
 * xtcp_lease_drop - a holder less, and the burial at once if it was the last
 * @lease: lease
 *
 * Context: process; takes the bucket mutex.
 */
void xtcp_lease_drop(struct xtcp_lease *lease)
{
	if (refcount_dec_and_test(&lease->refs))
		lease_destroy(lease);
}

/**
 * xtcp_lease_drain - bury what is dead
 * @space: the namespace's ports
 *
 * Every lease put for the last time before the call is buried after it.
 *
 * Context: process; takes bucket mutexes.
 */
void xtcp_lease_drain(struct xtcp_port_space *space)
{
	struct xtcp_lease *lease;
	struct xtcp_lease *next;

	mutex_lock(&space->drain_lock);
	llist_for_each_entry_safe(lease, next, llist_del_all(&space->dying), dying) {
		lease_destroy(lease);
		cond_resched();
	}
	mutex_unlock(&space->drain_lock);
}

static void drain_work(struct work_struct *work)
{
	xtcp_lease_drain(container_of(work, struct xtcp_port_space, drain));
}

/**
 * xtcp_lease_init_net - leases of a namespace
 * @space: its ports, zeroed but for @xnet
 *
 * Return: 0.
 */
int xtcp_lease_init_net(struct xtcp_port_space *space)
{
	atomic_set(&space->leases, 0);
	init_llist_head(&space->dying);
	mutex_init(&space->drain_lock);
	INIT_WORK(&space->drain, drain_work);
	return 0;
}

/**
 * xtcp_lease_exit_net - release all that a namespace claimed of the kernel's TCP
 * @space: its ports; sockets and TIME-WAIT objects are gone
 *
 * Kernel sockets do not keep their namespace, so none may be left.
 */
void xtcp_lease_exit_net(struct xtcp_port_space *space)
{
	flush_work(&space->drain);
	xtcp_lease_drain(space);
	WARN_ON_ONCE(atomic_read(&space->leases));
}

/**
 * xtcp_lease_init - buckets and the work queue
 *
 * Return: 0 or -ENOMEM.
 */
int xtcp_lease_init(void)
{
	unsigned int i;

	buckets = kvcalloc(BUCKETS, sizeof(*buckets), GFP_KERNEL);
	if (!buckets)
		return -ENOMEM;
	for (i = 0; i < BUCKETS; i++) {
		mutex_init(&buckets[i].lock);
		INIT_HLIST_HEAD(&buckets[i].leases);
	}
	drain_queue = alloc_workqueue("xtcp_port", WQ_UNBOUND, 0);
	if (!drain_queue) {
		kvfree(buckets);
		return -ENOMEM;
	}
	return 0;
}

/**
 * xtcp_lease_exit - undo xtcp_lease_init(); no namespace has leases any more
 */
void xtcp_lease_exit(void)
{
	destroy_workqueue(drain_queue);
	kvfree(buckets);
}

// SPDX-License-Identifier: GPL-2.0
/*
 * Ports: what bind(), listen() and connect() ask for, and what a socket gives back.
 */
#include <linux/capability.h>
#include <linux/err.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <net/inet_sock.h>
#include <net/ip.h>
#include <net/sock.h>

#include "lease.h"
#include "port.h"
#include "sock.h"
#include "sysctl.h"
#include "table.h"
#include "timewait.h"

/* Foreign ports that connect() tries before it shares one of ours. */
#define FOREIGN_TRIES	16

static struct xtcp_pool *sock_pool(const struct sock *sk)
{
	return &xtcp_sock_net(sk)->ports->pools[xtcp_sock_native(sk)];
}

static void set_port(struct sock *sk, u16 port)
{
	xtcp_sk(sk)->tuple.lport = htons(port);
	inet_sk(sk)->inet_num = port;
	inet_sk(sk)->inet_sport = htons(port);
}

/**
 * struct choice - the ports that a socket may be given
 * @pool: its namespace's
 * @low: the first
 * @high: the last
 * @narrow: they are fewer than the pool's, which is then of no help: each has to be tried
 */
struct choice {
	struct xtcp_pool	*pool;
	u16			low;
	u16			high;
	bool			narrow;
};

/*
 * What net.xtcp.port_range says, whatever that is, and, of those, IP_LOCAL_PORT_RANGE: a bound that
 * is beyond them does not count (ip(7)).
 */
static int choose(const struct sock *sk, struct choice *choice)
{
	u32 bounds = READ_ONCE(xtcp_sk(sk)->port_range);
	int low = clamp(xtcp_sysctl_sk(sk, port_range[0]), 1, U16_MAX);
	int high = clamp(xtcp_sysctl_sk(sk, port_range[1]), low, U16_MAX);
	u16 least = bounds, most = bounds >> 16;

	choice->pool = sock_pool(sk);
	choice->low = least >= low && least <= high ? least : low;
	choice->high = most >= low && most <= high ? most : high;
	choice->narrow = choice->low != low || choice->high != high;
	return xtcp_pool_prepare(choice->pool, low, high);
}

static u32 choice_size(const struct choice *choice, enum xtcp_pool_part part)
{
	if (choice->narrow)
		return choice->high - choice->low + 1;
	return xtcp_pool_size(choice->pool, part);
}

static u16 choice_peek(const struct choice *choice, enum xtcp_pool_part part, u32 nth)
{
	if (choice->narrow)
		return choice->low + nth % choice_size(choice, part);
	return xtcp_pool_peek(choice->pool, part, nth);
}

/* A port that the administrator keeps from those who do not ask for it by number. */
static bool is_reserved(struct net *net, u16 port)
{
	return inet_is_local_reserved_port(net, port) || inet_port_requires_bind_service(net, port);
}

static int claim_from(struct xtcp_lease *lease, const struct choice *choice,
		      enum xtcp_pool_part part, u32 tries)
{
	struct net *net = lease->space->xnet->net;
	u32 nth = get_random_u32();
	u16 port;
	int err;

	for (tries = min(tries, choice_size(choice, part)); tries; tries--) {
		port = choice_peek(choice, part, nth++);
		if (!port)
			break;
		if (is_reserved(net, port)) {
			xtcp_pool_move(choice->pool, port, XTCP_POOL_FOREIGN);
			continue;
		}
		err = xtcp_lease_claim(lease, port);
		if (err != -EADDRINUSE)
			return err;
		cond_resched();
	}
	return -EADDRINUSE;
}

/* A port nobody has, for a fresh lease: nearly always the first that is tried. */
static int claim_any(struct xtcp_lease *lease, const struct sock *sk, u32 foreign_tries)
{
	struct choice choice;
	int err;

	err = choose(sk, &choice);
	if (err)
		return err;
	err = claim_from(lease, &choice, XTCP_POOL_FREE, U32_MAX);
	if (err != -EADDRINUSE)
		return err;
	xtcp_lease_drain(lease->space);
	err = claim_from(lease, &choice, XTCP_POOL_FREE, U32_MAX);
	if (err != -EADDRINUSE || choice.narrow)
		return err;
	return claim_from(lease, &choice, XTCP_POOL_FOREIGN, foreign_tries);
}

/**
 * xtcp_port_bind - bind a socket to a local port, at the address it has in its tuple
 * @sk: socket; sk_reuse, v6only and the bound device count
 * @port: host order; 0: any that nobody has, within IP_LOCAL_PORT_RANGE
 *
 * On the ordinary carrier the kernel's TCP refuses the same port from then on, and is asked
 * whether it has it. Low ports need CAP_NET_BIND_SERVICE (net.ipv4.ip_unprivileged_port_start).
 *
 * Return: 0, -EINVAL if it is bound, -EACCES, -EADDRINUSE, -EADDRNOTAVAIL if the address is not
 * local, -EPERM if a BPF program forbids it, -ENOMEM. Context: process, socket lock.
 */
int xtcp_port_bind(struct sock *sk, u16 port)
{
	struct net *net = sock_net(sk);
	struct xtcp_lease *lease;
	int err;

	if (xtcp_sk(sk)->lease)
		return -EINVAL;
	if (port && inet_port_requires_bind_service(net, port) &&
	    !ns_capable(net->user_ns, CAP_NET_BIND_SERVICE))
		return -EACCES;

	lease = xtcp_lease_new(sk, false);
	if (IS_ERR(lease))
		return PTR_ERR(lease);
	if (port) {
		err = xtcp_lease_bind(lease, sk, port);
	} else {
		err = claim_any(lease, sk, U32_MAX);
		if (err)
			xtcp_lease_drop(lease);
		else
			xtcp_lease_attach(lease, sk);
	}
	if (!err)
		set_port(sk, xtcp_sk(sk)->lease->port);
	return err;
}

/**
 * xtcp_port_listen - make sure that a socket may listen on its port
 * @sk: socket; bound to any port first, if it is not bound
 *
 * Sockets that share a port by SO_REUSEADDR may not listen side by side.
 *
 * Return: 0, -EADDRINUSE, or an error of xtcp_port_bind(). Context: process, socket lock.
 */
int xtcp_port_listen(struct sock *sk)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);
	int err;

	if (!xsk->lease) {
		err = xtcp_port_bind(sk, 0);
		if (err)
			return err;
	}
	return xtcp_lease_listen(xsk->lease, sk);
}

/**
 * xtcp_port_unlisten - others that share the port may listen again
 * @sk: socket that listened, or was about to; it stays bound
 *
 * Context: process, socket lock.
 */
void xtcp_port_unlisten(struct sock *sk)
{
	struct xtcp_lease *lease = xtcp_sk(sk)->lease;

	if (lease)
		xtcp_lease_unlisten(lease, sk);
}

/* Takes over the reference, unless it fails. */
static int connect_through(struct sock *sk, struct xtcp_lease *lease)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);
	int err;

	WRITE_ONCE(xsk->lease, lease);
	set_port(sk, lease->port);
	err = xtcp_table_insert(sk);
	if (err) {
		set_port(sk, 0);
		WRITE_ONCE(xsk->lease, NULL);
	}
	return err;
}

/* The connection first: should it go over to TIME-WAIT meanwhile, it is found there. */
static bool tuple_is_taken(struct net *net, const struct xtcp_tuple *tuple)
{
	u32 hash = xtcp_tuple_hash(net, tuple);
	struct xtcp_timewait *tw = NULL;
	struct sock *sk;

	rcu_read_lock();
	sk = xtcp_table_find(net, tuple, hash);
	if (!sk)
		tw = xtcp_timewait_find(net, tuple, hash);
	rcu_read_unlock();

	if (sk)
		sock_put(sk);
	if (tw)
		xtcp_timewait_put(tw);
	return sk || tw;
}

static int connect_shared(struct sock *sk)
{
	struct xtcp_tuple tuple = xtcp_sk(sk)->tuple;
	struct net *net = sock_net(sk);
	u32 nth = get_random_u32();
	struct xtcp_lease *lease;
	struct choice choice;
	u32 tries;
	u16 port;
	int err;

	err = choose(sk, &choice);
	if (err)
		return err;
	for (tries = choice_size(&choice, XTCP_POOL_TAKEN); tries; tries--) {
		cond_resched();
		port = choice_peek(&choice, XTCP_POOL_TAKEN, nth++);
		tuple.lport = htons(port);
		if (!port || tuple_is_taken(net, &tuple))
			continue;
		lease = xtcp_lease_find_autobound(xtcp_sock_net(sk)->ports, xtcp_sock_native(sk),
						  port);
		if (!lease)
			continue;
		err = connect_through(sk, lease);
		if (!err)
			return 0;
		xtcp_lease_drop(lease);
		if (err != -EADDRNOTAVAIL)
			return err;
	}
	return -EADDRNOTAVAIL;
}

/**
 * xtcp_port_connect - give a connection its local port and put it into the table
 * @sk: socket, its tuple complete but for the port, if it is not bound
 *
 * An unbound socket gets a random port that nobody has (RFC 6056 3.3.1) or, when there is none,
 * one that connect() gave to a connection with another remote end. It does so for any local
 * address: connections at other addresses may share it too, the kernel's TCP may not.
 *
 * Return: 0, -EADDRNOTAVAIL if no port makes a new connection of this tuple, -EPERM if a BPF
 * program forbids it, -ENOMEM; nothing has changed then. Context: process, socket lock.
 */
int xtcp_port_connect(struct sock *sk)
{
	struct xtcp_lease *lease;
	int err;

	if (xtcp_sk(sk)->lease)
		return xtcp_table_insert(sk);

	lease = xtcp_lease_new(sk, true);
	if (IS_ERR(lease))
		return PTR_ERR(lease);
	err = claim_any(lease, sk, FOREIGN_TRIES);
	if (err == -EADDRINUSE) {
		err = connect_shared(sk);
		if (err != -EADDRNOTAVAIL)
			goto drop;
		err = claim_any(lease, sk, U32_MAX);
	}
	if (!err)
		err = connect_through(sk, lease);
	if (!err)
		return 0;
drop:
	xtcp_lease_drop(lease);
	return err == -EADDRINUSE ? -EADDRNOTAVAIL : err;
}

/**
 * xtcp_port_release - a socket needs its port no more
 * @sk: socket, not hashed; idempotent
 *
 * The port itself is free when children and TIME-WAIT objects have let go of it, too.
 *
 * Context: socket lock or destructor; any.
 */
void xtcp_port_release(struct sock *sk)
{
	struct xtcp_lease *lease = xtcp_sk(sk)->lease;

	if (!lease)
		return;
	xtcp_lease_detach(lease, sk);
	set_port(sk, 0);
	xtcp_lease_put(lease);
}

/**
 * xtcp_port_flush - wait until what was released is free for the kernel's TCP, too
 * @net: namespace
 *
 * For close(): a program that closes a socket may bind the port again at once, in either TCP.
 *
 * Context: process, under a socket lock or none.
 */
void xtcp_port_flush(struct net *net)
{
	xtcp_lease_drain(xtcp_net(net)->ports);
}

/**
 * xtcp_port_walk - visit the sockets of a namespace that bind() or listen() bound
 * @net: namespace
 * @cursor: as xtcp_table_walk() has it
 * @fn: called with RCU held; the socket may be about to go. Other than 0 ends the walk
 * @arg: for @fn
 *
 * Context: process, no locks held.
 * Return: what @fn returned last, 0 at the end.
 */
int xtcp_port_walk(struct net *net, struct xtcp_cursor *cursor,
		   int (*fn)(struct sock *sk, void *arg), void *arg)
{
	return xtcp_lease_walk(xtcp_net(net)->ports, cursor, fn, arg);
}

/**
 * xtcp_port_init_net - ports of a namespace
 * @xnet: namespace
 *
 * Return: 0 or -ENOMEM.
 */
int xtcp_port_init_net(struct xtcp_net *xnet)
{
	struct xtcp_port_space *space;
	unsigned int i;

	space = kzalloc(sizeof(*space), GFP_KERNEL);
	if (!space)
		return -ENOMEM;
	space->xnet = xnet;
	for (i = 0; i < XTCP_CARRIERS; i++)
		xtcp_pool_init(&space->pools[i]);
	xtcp_lease_init_net(space);
	xnet->ports = space;
	return 0;
}

/**
 * xtcp_port_exit_net - undo xtcp_port_init_net()
 * @xnet: namespace; its sockets, TIME-WAIT objects and half-open entries are gone
 */
void xtcp_port_exit_net(struct xtcp_net *xnet)
{
	struct xtcp_port_space *space = xnet->ports;
	unsigned int i;

	xtcp_lease_exit_net(space);
	for (i = 0; i < XTCP_CARRIERS; i++)
		xtcp_pool_destroy(&space->pools[i]);
	xnet->ports = NULL;
	kfree(space);
}

/**
 * xtcp_port_init - what all namespaces share
 *
 * Return: 0 or -ENOMEM.
 */
int xtcp_port_init(void)
{
	return xtcp_lease_init();
}

/**
 * xtcp_port_exit - undo xtcp_port_init(); no namespace uses it any more
 */
void xtcp_port_exit(void)
{
	xtcp_lease_exit();
}

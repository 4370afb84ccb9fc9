// SPDX-License-Identifier: GPL-2.0
/* The lookup tables: connections by tuple, listeners by port. */
#include <linux/bits.h>
#include <linux/hash.h>
#include <linux/jhash.h>
#include <linux/mm.h>
#include <linux/moduleparam.h>
#include <linux/random.h>
#include <linux/rculist_nulls.h>
#include <net/netns/hash.h>

#include "cursor.h"
#include "sock.h"
#include "sysctl.h"
#include "table.h"

/* One bucket for so many bytes of memory, as the kernel's TCP has it. */
#define BYTES_PER_BUCKET	SZ_128K
#define BUCKETS_MIN		256
#define BUCKETS_MAX		SZ_512K

#define LISTEN_BUCKETS		256

/*
 * A socket that is disconnected and connected again may change its chain while a reader stands on
 * it. The end of each chain is marked with the chain's number, so that whoever was carried away
 * notices, and starts again. Listeners' numbers lie above all others.
 */
#define LISTEN_MARK		BIT(30)

struct bucket {
	spinlock_t		lock;	/* leaf, BH; for writers */
	struct hlist_nulls_head	head;	/* lock; RCU for readers */
};

static struct bucket *connections;
static u32 connections_mask;
static struct bucket listeners[LISTEN_BUCKETS];
static hsiphash_key_t hash_key __read_mostly;
static siphash_key_t ident_key __read_mostly;

static unsigned int buckets;
module_param(buckets, uint, 0444);
MODULE_PARM_DESC(buckets, "buckets of the connection table (0: by memory)");

/**
 * xtcp_tuple_hash - a hash that nobody outside can aim at a value
 * @net: namespace
 * @tuple: tuple
 *
 * Return: 32 bits, all equally good.
 */
u32 xtcp_tuple_hash(const struct net *net, const struct xtcp_tuple *tuple)
{
	u32 hash;

	if (xtcp_addr_is_v4(&tuple->laddr) && xtcp_addr_is_v4(&tuple->raddr))
		hash = hsiphash_4u32((__force u32)tuple->laddr.s6_addr32[3],
				     (__force u32)tuple->raddr.s6_addr32[3],
				     (u32)(__force u16)tuple->lport << 16 |
				     (__force u16)tuple->rport, tuple->link, &hash_key);
	else
		hash = hsiphash(tuple, sizeof(*tuple), &hash_key);
	return hash ^ net_hash_mix(net);
}

/**
 * xtcp_tuple_ident - what sock_diag calls by a cookie, although it is no socket
 * @tuple: its tuple
 * @a: what it has, together with @b, and another one with that tuple has not
 * @b: see @a
 *
 * It tells nothing of @a and @b, which may be secrets.
 *
 * Return: the same whenever it is asked for; never 0 nor %XTCP_IDENT_ANY.
 */
u64 xtcp_tuple_ident(const struct xtcp_tuple *tuple, u64 a, u64 b)
{
	const struct {
		struct xtcp_tuple	tuple;
		u64			a;
		u64			b;
	} __aligned(SIPHASH_ALIGNMENT) in = { *tuple, a, b };

	BUILD_BUG_ON(sizeof(in) != sizeof(in.tuple) + sizeof(in.a) + sizeof(in.b));
	return clamp_t(u64, siphash(&in, sizeof(in), &ident_key), 1, XTCP_IDENT_ANY - 1);
}

static u32 listen_slot(const struct net *net, const struct xtcp_tuple *tuple)
{
	return jhash_3words((__force u32)tuple->lport, tuple->link & XTCP_LINK_NATIVE,
			    net_hash_mix(net), 0) % LISTEN_BUCKETS;
}

static bool is_listener(const struct xtcp_tuple *tuple)
{
	return ipv6_addr_any(&tuple->raddr);
}

static struct bucket *bucket_of(const struct sock *sk)
{
	const struct xtcp_tuple *tuple = &xtcp_sk(sk)->tuple;

	if (is_listener(tuple))
		return &listeners[listen_slot(sock_net(sk), tuple)];
	return &connections[sk->sk_hash & connections_mask];
}

static bool matches(const struct sock *sk, const struct net *net, const struct xtcp_tuple *tuple)
{
	return net_eq(sock_net(sk), net) && xtcp_tuple_equal(&xtcp_sk(sk)->tuple, tuple);
}

/**
 * xtcp_table_find - the connection with a tuple
 * @net: namespace
 * @tuple: as seen from this host
 * @hash: its xtcp_tuple_hash()
 *
 * Context: Any.
 * Return: the socket, with a reference for the caller, or NULL.
 */
struct sock *xtcp_table_find(struct net *net, const struct xtcp_tuple *tuple, u32 hash)
{
	u32 slot = hash & connections_mask;
	struct hlist_nulls_node *node;
	struct sock *sk;

	rcu_read_lock();
again:
	sk_nulls_for_each_rcu(sk, node, &connections[slot].head) {
		if (!matches(sk, net, tuple) || !refcount_inc_not_zero(&sk->sk_refcnt))
			continue;
		/* It may have been connected elsewhere between the look and the reference. */
		if (likely(matches(sk, net, tuple)))
			goto out;
		sock_put(sk);
		goto again;
	}
	if (get_nulls_value(node) != slot)
		goto again;
	sk = NULL;
out:
	rcu_read_unlock();
	return sk;
}

/*
 * How well a listener fits, 0 if not at all: an address of its own counts most, then a device,
 * then an any-address of the packet's own version.
 */
static int listener_score(const struct sock *sk, const struct net *net,
			  const struct xtcp_tuple *tuple, const struct xtcp_arrival *from)
{
	const struct xtcp_sock *xsk = xtcp_sk(sk);
	const struct xtcp_tuple *own = &xsk->tuple;
	int dev = READ_ONCE(sk->sk_bound_dev_if);
	bool v4 = xtcp_tuple_is_v4(tuple);
	int score = 1;

	if (READ_ONCE(sk->sk_state) != TCP_LISTEN || !net_eq(sock_net(sk), net) ||
	    own->lport != tuple->lport || ((own->link ^ tuple->link) & XTCP_LINK_NATIVE))
		return 0;
	if (!xtcp_sock_hears(sk, from))
		return 0;
	if (dev)
		score += 4;
	else if (from->slave && !xtcp_sysctl_net(xtcp_net(net), l3mdev_accept))
		return 0;
	if (ipv6_addr_equal(&own->laddr, &tuple->laddr))
		return score + 8;
	if (ipv6_addr_any(&own->laddr))
		return v4 && READ_ONCE(xsk->v6only) ? 0 : score;
	if (v4 && ipv6_addr_v4mapped(&own->laddr) && !own->laddr.s6_addr32[3])
		return score + 2;
	return 0;
}

/*
 * Of listeners that share a port by SO_REUSEPORT, which has the connection: the one that it draws
 * the highest lot for. So they get equal shares, and one that comes or goes moves no others'
 * connections.
 */
static u32 listener_lot(const struct sock *sk, u32 hash)
{
	return jhash_2words(hash, hash_ptr(sk, 32), 0);
}

/**
 * xtcp_table_find_listener - the listener that fits a packet best
 * @net: namespace
 * @tuple: the packet's, as seen from this host; of @link only the carrier counts
 * @from: where it came in
 * @hash: xtcp_tuple_hash(), by which listeners that fit equally well share
 *
 * Takes no reference: a listener is freed a grace period after its last one. It may stop listening
 * at any moment; whoever makes something of it looks at its state under a lock.
 *
 * Context: RCU read side.
 * Return: the socket, or NULL.
 */
struct sock *xtcp_table_find_listener(struct net *net, const struct xtcp_tuple *tuple,
				      const struct xtcp_arrival *from, u32 hash)
{
	u32 slot = listen_slot(net, tuple);
	struct hlist_nulls_node *node;
	struct sock *sk, *best;
	u64 score, most;

again:
	best = NULL;
	most = 0;
	sk_nulls_for_each_rcu(sk, node, &listeners[slot].head) {
		score = listener_score(sk, net, tuple, from);
		if (!score)
			continue;
		score <<= 32;
		if (sk->sk_reuseport)
			score |= listener_lot(sk, hash);
		if (score > most) {
			most = score;
			best = sk;
		}
	}
	if (get_nulls_value(node) != (LISTEN_MARK | slot))
		goto again;
	return best;
}

/* Whether two sockets in one chain cannot be told apart, and do not share what comes. */
static bool clashes(const struct sock *sk, const struct sock *other)
{
	if (!matches(other, sock_net(sk), &xtcp_sk(sk)->tuple))
		return false;
	if (!is_listener(&xtcp_sk(sk)->tuple))
		return true;
	return READ_ONCE(sk->sk_bound_dev_if) == READ_ONCE(other->sk_bound_dev_if) &&
	       !(sk->sk_reuseport && other->sk_reuseport);
}

static bool insert(struct sock *sk)
{
	struct bucket *b = bucket_of(sk);
	struct hlist_nulls_node *node;
	struct sock *other;
	bool clash = false;

	spin_lock_bh(&b->lock);
	sk_nulls_for_each(other, node, &b->head) {
		clash = clashes(sk, other);
		if (clash)
			break;
	}
	if (!clash) {
		sk_nulls_add_node_rcu(sk, &b->head);
		sock_prot_inuse_add(sock_net(sk), sk->sk_prot, 1);
		xtcp_sk(sk)->hashed = true;
	}
	spin_unlock_bh(&b->lock);
	return !clash;
}

/**
 * xtcp_table_insert - let a connection be found by its tuple
 * @sk: socket, tuple set, not hashed; the table takes a reference
 *
 * Context: Socket lock.
 * Return: 0, or -EADDRNOTAVAIL if another connection has the tuple.
 */
int xtcp_table_insert(struct sock *sk)
{
	/* The fq qdisc, too, tells by this a socket from the one that had its memory before. */
	sk->sk_hash = xtcp_tuple_hash(sock_net(sk), &xtcp_sk(sk)->tuple);
	return insert(sk) ? 0 : -EADDRNOTAVAIL;
}

/**
 * xtcp_table_insert_listener - let a listener be found by its port
 * @sk: socket, tuple set (remote part zero), not hashed; the table takes a reference
 *
 * Context: Socket lock.
 * Return: 0, or -EADDRINUSE if another listener has the same address, port and device.
 */
int xtcp_table_insert_listener(struct sock *sk)
{
	return insert(sk) ? 0 : -EADDRINUSE;
}

/**
 * xtcp_table_remove - let a connection or a listener be found no more
 * @sk: socket; its tuple still as it was hashed; idempotent
 *
 * Who has found it already holds a reference.
 *
 * Context: Socket lock, and a reference besides the table's.
 */
void xtcp_table_remove(struct sock *sk)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);
	struct bucket *b;

	if (!xsk->hashed)
		return;
	b = bucket_of(sk);
	spin_lock_bh(&b->lock);
	if (sk_nulls_del_node_init_rcu(sk))
		sock_prot_inuse_add(sock_net(sk), sk->sk_prot, -1);
	xsk->hashed = false;
	spin_unlock_bh(&b->lock);
}

/* The next sockets of a bucket. @mark: of the end of its chain. RCU is held. */
static void pick_sockets(struct net *net, const struct bucket *b, u32 mark,
			 const struct xtcp_cursor *cursor, struct xtcp_pick *pick)
{
	struct hlist_nulls_node *node;
	struct sock *sk;

again:
	xtcp_pick_begin(pick, cursor);
	sk_nulls_for_each_rcu(sk, node, &b->head) {
		if (net_eq(sock_net(sk), net))
			xtcp_pick_add(pick, sk);
	}
	if (get_nulls_value(node) != mark)
		goto again;
}

/* From where the cursor is; it is left behind the socket that ended the walk, or the last one. */
static int walk_bucket(struct net *net, const struct bucket *b, u32 mark,
		       struct xtcp_cursor *cursor, int (*fn)(struct sock *sk, void *arg), void *arg)
{
	struct xtcp_pick pick;
	struct sock *sk;
	int ret = 0;

	do {
		rcu_read_lock();
		pick_sockets(net, b, mark, cursor, &pick);
		while (!ret && (sk = xtcp_pick_next(&pick, cursor)))
			ret = fn(sk, arg);
		rcu_read_unlock();
	} while (!ret && !xtcp_pick_is_last(&pick));
	return ret;
}

/**
 * xtcp_table_walk - visit the sockets of a namespace
 * @net: namespace
 * @listeners_only: listeners, otherwise connections
 * @cursor: zero at the start; left behind the last socket that was visited. @fn finds it behind
 *	the one that it is called for
 * @fn: called with RCU held and no lock; other than 0 ends the walk
 * @arg: for @fn
 *
 * Sockets may come and go meanwhile; whatever stays is visited once. RCU is held for as long as a
 * bucket takes.
 *
 * Context: Process context, no locks held.
 * Return: what @fn returned last, 0 at the end of the table.
 */
int xtcp_table_walk(struct net *net, bool listeners_only, struct xtcp_cursor *cursor,
		    int (*fn)(struct sock *sk, void *arg), void *arg)
{
	const struct bucket *table = listeners_only ? listeners : connections;
	u32 end = listeners_only ? LISTEN_BUCKETS : connections_mask + 1;
	u32 mark = listeners_only ? LISTEN_MARK : 0;
	const struct bucket *b;
	int ret;

	for (; cursor->bucket < end; xtcp_cursor_advance(cursor)) {
		b = &table[cursor->bucket];
		if (hlist_nulls_empty(&b->head))
			continue;
		ret = walk_bucket(net, b, mark | cursor->bucket, cursor, fn, arg);
		if (ret)
			return ret;
		cond_resched();
	}
	return 0;
}

static void init_buckets(struct bucket *table, u32 count, u32 mark)
{
	u32 i;

	for (i = 0; i < count; i++) {
		spin_lock_init(&table[i].lock);
		INIT_HLIST_NULLS_HEAD(&table[i].head, mark | i);
	}
}

/**
 * xtcp_table_init - make the tables, empty
 *
 * Return: 0 or -ENOMEM.
 */
int xtcp_table_init(void)
{
	u64 count = buckets ?: (u64)totalram_pages() * PAGE_SIZE / BYTES_PER_BUCKET;

	count = roundup_pow_of_two(clamp_t(u64, count, BUCKETS_MIN, BUCKETS_MAX));
	connections = kvmalloc_array(count, sizeof(*connections), GFP_KERNEL);
	if (!connections)
		return -ENOMEM;
	connections_mask = count - 1;
	buckets = count;
	get_random_bytes(&hash_key, sizeof(hash_key));
	get_random_bytes(&ident_key, sizeof(ident_key));
	init_buckets(connections, count, 0);
	init_buckets(listeners, LISTEN_BUCKETS, LISTEN_MARK);
	return 0;
}

/**
 * xtcp_table_exit - free the tables; no socket is left, and no packet on its way to one
 */
void xtcp_table_exit(void)
{
	kvfree(connections);
}

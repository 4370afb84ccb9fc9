// SPDX-License-Identifier: GPL-2.0
/*
 * Fast Open of a client (RFC 7413 4.1).
 *
 * A server's cookie, and how large a segment it takes, is remembered by the two addresses: the next
 * SYN brings data. As many servers are remembered as net.xtcp.fastopen_cookies says; those that
 * were not needed for longest are forgotten first.
 *
 * The data is a segment of its own in the queues, behind the SYN; the two go out as one
 * (xtcp_segment_send_syn()). So the SYN goes without it where it goes again, and what the SYN-ACK
 * does not acknowledge is there to be sent.
 *
 * There are paths that let no such SYN through (4.1.3.1): a server whose SYN-ACK came for nothing
 * but repeated SYNs, twice in a row, is left in peace for a while, and, where
 * net.xtcp.fastopen_blackhole_timeout_sec is set, all are after two timeouts of one SYN.
 */
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/slab.h>

#include "xtcp.h"

#define BUCKETS		64

/* Losses in a row after which a server is left in peace, and for how long at first. */
#define LOSSES_MIN	2
#define LOSSES_MAX	10
#define PEACE_S		60

/* Each black hole found in a row doubles the time, so often. */
#define HOLES_MAX	6

/**
 * struct server - what is remembered of one
 * @node: in its bucket
 * @lru: in the order of use
 * @key: the addresses and the link; ports are 0
 * @cookie: its cookie
 * @mss: what its MSS option said, 0: nothing
 * @losses: SYNs with data in a row that seem to have got lost
 * @lost_s: when the last of them did
 */
struct server {
	struct hlist_node		node;	/* lock of the cache; so is the rest */
	struct list_head		lru;
	struct xtcp_tuple		key;
	struct xtcp_fastopen_cookie	cookie;
	u16				mss;
	u8				losses;
	u32				lost_s;
};

/**
 * struct xtcp_fastopen_cache - a namespace's
 * @lock: leaf, BH
 * @lru: servers, the one that was needed last first
 * @len: their number
 * @buckets: servers by key
 * @holes: black holes found, since data of a SYN was acknowledged
 * @hole_s: when the last one was
 */
struct xtcp_fastopen_cache {
	spinlock_t		lock;			/* leaf, BH */
	struct list_head	lru;			/* lock; so is the rest */
	unsigned int		len;
	struct hlist_head	buckets[BUCKETS];
	u32			holes;
	u32			hole_s;
};

static u32 now_s(void)
{
	return (u32)ktime_get_seconds();
}

static struct xtcp_tuple key_of(const struct xtcp_tuple *tuple)
{
	struct xtcp_tuple key = *tuple;

	key.lport = 0;
	key.rport = 0;
	return key;
}

static struct hlist_head *bucket_of(struct xtcp_net *xnet, const struct xtcp_tuple *key)
{
	return &xnet->fastopen_cache->buckets[xtcp_tuple_hash(xnet->net, key) % BUCKETS];
}

static struct server *lookup(struct xtcp_net *xnet, const struct xtcp_tuple *key)
{
	struct xtcp_fastopen_cache *cache = xnet->fastopen_cache;
	struct server *server;

	lockdep_assert_held(&cache->lock);
	hlist_for_each_entry(server, bucket_of(xnet, key), node) {
		if (!xtcp_tuple_equal(&server->key, key))
			continue;
		list_move(&server->lru, &cache->lru);
		return server;
	}
	return NULL;
}

static void forget(struct xtcp_fastopen_cache *cache, struct server *server)
{
	hlist_del(&server->node);
	list_del(&server->lru);
	cache->len--;
	kfree(server);
}

/* The oldest go where there are more than there may be. */
static void shrink(struct xtcp_fastopen_cache *cache, unsigned int most)
{
	while (cache->len > most)
		forget(cache, list_last_entry(&cache->lru, struct server, lru));
}

static struct server *add(struct xtcp_net *xnet, const struct xtcp_tuple *key)
{
	struct xtcp_fastopen_cache *cache = xnet->fastopen_cache;
	struct server *server = kzalloc(sizeof(*server), GFP_ATOMIC | __GFP_NOWARN);

	if (!server)
		return NULL;
	server->key = *key;
	hlist_add_head(&server->node, bucket_of(xnet, key));
	list_add(&server->lru, &cache->lru);
	cache->len++;
	return server;
}

/* What an answer tells of a server. @cookie: NULL if it brought none. */
static void remember(struct sock *sk, const struct xtcp_fastopen_cookie *cookie, u16 mss, bool lost)
{
	struct xtcp_tuple key = key_of(&xtcp_sk(sk)->tuple);
	struct xtcp_net *xnet = xtcp_sock_net(sk);
	struct xtcp_fastopen_cache *cache = xnet->fastopen_cache;
	struct server *server;

	spin_lock_bh(&cache->lock);
	server = lookup(xnet, &key);
	if (!server && cookie)
		server = add(xnet, &key);
	if (server) {
		if (cookie)
			server->cookie = *cookie;
		server->mss = mss ?: server->mss;
		server->losses = lost ? min(server->losses + 1, LOSSES_MAX) : 0;
		server->lost_s = now_s();
	}
	shrink(cache, xtcp_sysctl_net(xnet, fastopen_cookies));
	spin_unlock_bh(&cache->lock);
}

/* Returns whether there may be data in a SYN to the server; what is not known is 0. */
static bool recall(struct sock *sk, struct xtcp_fastopen_cookie *cookie, u16 *mss)
{
	struct xtcp_tuple key = key_of(&xtcp_sk(sk)->tuple);
	struct xtcp_net *xnet = xtcp_sock_net(sk);
	struct xtcp_fastopen_cache *cache = xnet->fastopen_cache;
	struct server *server;
	bool ok = true;

	cookie->len = 0;
	*mss = 0;
	spin_lock_bh(&cache->lock);
	server = lookup(xnet, &key);
	if (server) {
		*cookie = server->cookie;
		*mss = server->mss;
		ok = server->losses < LOSSES_MIN ||
		     now_s() - server->lost_s >= PEACE_S << (server->losses - LOSSES_MIN);
	}
	spin_unlock_bh(&cache->lock);
	return ok;
}

/*
 * Black holes
 */

static bool is_disabled(const struct xtcp_net *xnet)
{
	const struct xtcp_fastopen_cache *cache = xnet->fastopen_cache;
	u32 timeout_s = xtcp_sysctl_net(xnet, fastopen_blackhole_timeout_sec);
	u32 holes = READ_ONCE(cache->holes);

	return holes && now_s() - READ_ONCE(cache->hole_s) <
			(u64)timeout_s << min_t(u32, holes - 1, HOLES_MAX);
}

/**
 * xtcp_fastopen_timed_out - a SYN with data, sent again without, is not answered either
 * @sk: socket
 *
 * Source: RFC 7413 4.1.3.1.
 *
 * Context: socket lock.
 */
void xtcp_fastopen_timed_out(struct sock *sk)
{
	struct xtcp_net *xnet = xtcp_sock_net(sk);
	struct xtcp_fastopen_cache *cache = xnet->fastopen_cache;

	if (!xtcp_sysctl_net(xnet, fastopen_blackhole_timeout_sec))
		return;
	spin_lock_bh(&cache->lock);
	WRITE_ONCE(cache->hole_s, now_s());
	WRITE_ONCE(cache->holes, min_t(u32, cache->holes, HOLES_MAX) + 1);
	spin_unlock_bh(&cache->lock);
	xtcp_mib_inc(xnet, TCPFastOpenBlackhole);
}

static void found_no_hole(struct xtcp_fastopen_cache *cache)
{
	if (likely(!READ_ONCE(cache->holes)))
		return;
	spin_lock_bh(&cache->lock);
	WRITE_ONCE(cache->holes, 0);
	spin_unlock_bh(&cache->lock);
}

/*
 * A connection
 */

static bool needs_no_cookie(struct sock *sk)
{
	return xtcp_sk(sk)->fastopen_free ||
	       (xtcp_sysctl_sk(sk, fastopen) & XTCP_FASTOPEN_CLIENT_FREE) ||
	       xtcp_metric_no_cookie(__sk_dst_get(sk));
}

/* Bytes of data that a SYN may bring: as much as the server takes, less the longest options. */
static u16 room_of(const struct sock *sk, u16 mss)
{
	const struct xtcp_sock *xsk = xtcp_sk(sk);
	bool v4 = xtcp_tuple_is_v4(&xsk->tuple);
	u32 headers = XTCP_HDR_MAX + (v4 ? sizeof(struct iphdr) : sizeof(struct ipv6hdr));
	u32 room = xsk->pmtu > headers ? xsk->pmtu - headers : 0;

	/* RFC 9293 3.7.1: where nothing is known. */
	if (!mss)
		mss = v4 ? 536 : 1220;
	if (xsk->mss_user)
		mss = min(mss, xsk->mss_user);
	return mss > XTCP_OPT_MAX ? min_t(u32, room, mss - XTCP_OPT_MAX) : 0;
}

/**
 * xtcp_fastopen_begin - what the SYN of a connection is to say
 * @sk: socket whose SYN is queued and not sent, with a route
 *
 * Source: RFC 7413 4.1.3.
 *
 * Context: socket lock.
 * Return: whether it is worth while to wait for data: fastopen_room says how much goes with it.
 */
bool xtcp_fastopen_begin(struct sock *sk)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);
	u16 mss;

	if (!(xtcp_sysctl_sk(sk, fastopen) & XTCP_FASTOPEN_CLIENT) ||
	    is_disabled(xtcp_sock_net(sk)) || !recall(sk, &xsk->fastopen_cookie, &mss))
		return false;
	if (!needs_no_cookie(sk)) {
		xsk->fastopen_say = 1;
		xsk->fastopen_asked = 1;
		if (!xsk->fastopen_cookie.len) {
			xsk->fastopen_fail = TFO_COOKIE_UNAVAILABLE;
			return false;
		}
	}
	xsk->fastopen_room = room_of(sk, mss);
	return true;
}

/**
 * xtcp_fastopen_answered - a SYN-ACK has come, or the ACK after a simultaneous open
 * @sk: socket; nothing happens to one that needed no Fast Open
 * @opts: options of what has come
 *
 * What it does not acknowledge of the data that went with the SYN is marked lost.
 *
 * Source: RFC 7413 4.1.3.
 *
 * Context: socket lock, what is acknowledged being out of the retransmit queue.
 */
void xtcp_fastopen_answered(struct sock *sk, const struct xtcp_opts *opts)
{
	const struct xtcp_fastopen_cookie *cookie = NULL;
	struct xtcp_net *xnet = xtcp_sock_net(sk);
	struct xtcp_sock *xsk = xtcp_sk(sk);
	bool left, again;

	if (likely(!xsk->fastopen_asked && !xsk->syn_data))
		return;
	left = xsk->syn_data && xtcp_rtxq_head(sk);
	again = xsk->total_retrans;
	if (xsk->fastopen_asked && (opts->seen & XTCP_OPT_FASTOPEN) && opts->fastopen.len)
		cookie = &opts->fastopen;
	remember(sk, cookie, opts->seen & XTCP_OPT_MSS ? opts->mss : 0, left && again && !cookie);
	if (left) {
		xsk->fastopen_fail = again ? TFO_SYN_RETRANSMITTED : TFO_DATA_NOT_ACKED;
		xtcp_mib_inc(xnet, TCPFastOpenActiveFail);
		xtcp_recovery_refused(sk);
	} else if (xsk->syn_data) {
		xsk->syn_data_acked = 1;
		xtcp_mib_inc(xnet, TCPFastOpenActive);
		found_no_hole(xnet->fastopen_cache);
	}
	xsk->fastopen_asked = 0;
	xsk->syn_data = 0;
}

/**
 * xtcp_fastopen_cache_init_net - remember servers, none so far
 * @xnet: namespace
 *
 * Return: 0 or -ENOMEM.
 */
int xtcp_fastopen_cache_init_net(struct xtcp_net *xnet)
{
	struct xtcp_fastopen_cache *cache = kzalloc(sizeof(*cache), GFP_KERNEL);

	if (!cache)
		return -ENOMEM;
	spin_lock_init(&cache->lock);
	INIT_LIST_HEAD(&cache->lru);
	xnet->fastopen_cache = cache;
	return 0;
}

/**
 * xtcp_fastopen_cache_exit_net - forget them
 * @xnet: namespace without sockets
 */
void xtcp_fastopen_cache_exit_net(struct xtcp_net *xnet)
{
	shrink(xnet->fastopen_cache, 0);
	kfree(xnet->fastopen_cache);
	xnet->fastopen_cache = NULL;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * TIME-WAIT: what is left of a connection for 2 MSL, and what it says to segments that come late.
 *
 * Objects of a namespace are spread over shards by their hash. A shard's lock guards its slice of
 * the hash table and its queue. All objects of a namespace last equally long, so that a queue is
 * in the order of their ends, and one timer serves it.
 *
 * An object has a reference from the table, and one from whoever found it. It is freed a grace
 * period after the last one.
 */
#include <linux/slab.h>

#include "xtcp.h"
#include "trace.h"

#define SHARDS		16
#define BUCKETS		4096

/* How far above the old connection's numbers a new one on the same tuple begins (RFC 6191 2). */
#define ISS_STEP	65537

/* ACKs that answer segments which should not have come: one in this time for each object. */
#define ACK_INTERVAL	(HZ / 2)

struct shard {
	spinlock_t			lock;	/* leaf, BH */
	struct list_head		queue;	/* lock; oldest first */
	struct timer_list		timer;	/* runs while the queue is not empty */
	struct xtcp_timewait_table	*table;
} ____cacheline_aligned_in_smp;

/**
 * struct xtcp_timewait_table - a namespace's TIME-WAIT objects
 * @xnet: the namespace
 * @len: their number
 * @shards: shard i has the buckets whose index is i modulo %SHARDS
 * @buckets: by tuple; the shard's lock, RCU for readers
 */
struct xtcp_timewait_table {
	struct xtcp_net		*xnet;
	atomic_t		len;
	struct shard		shards[SHARDS];
	struct hlist_head	buckets[BUCKETS];
};

static_assert(BUCKETS % SHARDS == 0);

/**
 * struct xtcp_timewait - a connection in TIME-WAIT
 * @node: in its bucket
 * @queue: in its shard's queue
 * @rcu: for freeing, when it is in no queue any more
 * @tuple: the connection's
 * @shard: where it belongs
 * @lease: keeps the port
 * @refs: see above
 * @since: jiffies when the 2 MSL began
 * @snd_nxt: next sequence number of ours, behind our FIN
 * @rcv_nxt: next one of the peer's, behind its FIN
 * @ts_recent: the peer's last timestamp
 * @ts_stamp: when it came, seconds
 * @ts_offset: what is added to our clock
 * @mark: of the ACKs
 * @window: window field of the ACKs
 * @wscale: and its scale
 * @tos: TOS or traffic class of the ACKs
 * @ack_tick: %ACK_INTERVAL in which the last ACK went out that was not for a FIN
 * @ts_ok: the connection had timestamps
 * @dead: out of its bucket and its queue
 */
struct xtcp_timewait {
	struct hlist_node	node;		/* shard's lock */
	union {
		struct list_head	queue;	/* shard's lock */
		struct rcu_head		rcu;
	};
	struct xtcp_tuple	tuple;
	struct shard		*shard;
	struct xtcp_lease	*lease;
	refcount_t		refs;
	u32			since;		/* shard's lock */
	u32			snd_nxt;
	u32			rcv_nxt;
	u32			ts_recent;	/* READ_ONCE: segments race for it */
	u32			ts_stamp;	/* likewise */
	u32			ts_offset;
	u32			mark;
	u16			window;
	u8			wscale;
	u8			tos;
	u8			ack_tick;
	bool			ts_ok;
	bool			dead;		/* shard's lock */
};

static_assert(sizeof(struct xtcp_timewait) <= 128);

static struct kmem_cache *cache;

static u32 bucket_index(const struct net *net, const struct xtcp_tuple *tuple)
{
	return xtcp_tuple_hash(net, tuple) % BUCKETS;
}

static unsigned long duration(const struct xtcp_net *xnet)
{
	return msecs_to_jiffies(max(xtcp_sysctl_net(xnet, time_wait_ms), 0));
}

/* Jiffies until the object ends; 0 or less when it should have. */
static s32 left(const struct xtcp_timewait *tw)
{
	return READ_ONCE(tw->since) + (u32)duration(tw->shard->table->xnet) - (u32)jiffies;
}

static u8 tick_now(void)
{
	return jiffies / ACK_INTERVAL;
}

static void free_rcu(struct rcu_head *head)
{
	kmem_cache_free(cache, container_of(head, struct xtcp_timewait, rcu));
}

/**
 * xtcp_timewait_put - drop a reference from xtcp_timewait_find()
 * @tw: object
 *
 * Context: Any.
 */
void xtcp_timewait_put(struct xtcp_timewait *tw)
{
	if (refcount_dec_and_test(&tw->refs))
		call_rcu(&tw->rcu, free_rcu);
}

/* Takes an object from those that are found; whoever does it owes it end(). */
static bool unlink_locked(struct xtcp_timewait *tw)
{
	lockdep_assert_held(&tw->shard->lock);

	if (tw->dead)
		return false;
	tw->dead = true;
	hlist_del_rcu(&tw->node);
	list_del(&tw->queue);
	return true;
}

/* What follows once, without the lock: the table's reference goes. */
static void end(struct xtcp_timewait *tw)
{
	struct xtcp_timewait_table *table = tw->shard->table;

	atomic_dec(&table->len);
	xtcp_lease_put(tw->lease);
	trace_xtcp_state(table->xnet->net, &tw->tuple, TCP_TIME_WAIT, TCP_CLOSE);
	xtcp_timewait_put(tw);
}

static bool kill(struct xtcp_timewait *tw)
{
	bool unlinked;

	spin_lock_bh(&tw->shard->lock);
	unlinked = unlink_locked(tw);
	spin_unlock_bh(&tw->shard->lock);
	if (unlinked)
		end(tw);
	return unlinked;
}

/* The shard's oldest object, if its time has come or anyway. */
static struct xtcp_timewait *take_oldest(struct shard *shard, bool anyway)
{
	struct xtcp_timewait *tw;

	spin_lock_bh(&shard->lock);
	tw = list_first_entry_or_null(&shard->queue, struct xtcp_timewait, queue);
	if (tw && !anyway && left(tw) > 0) {
		mod_timer(&shard->timer, jiffies + left(tw));
		tw = NULL;
	}
	if (tw)
		unlink_locked(tw);
	spin_unlock_bh(&shard->lock);
	return tw;
}

static void purge(struct shard *shard, bool anyway)
{
	struct xtcp_timewait *tw;

	while ((tw = take_oldest(shard, anyway)))
		end(tw);
}

static void timer_fired(struct timer_list *timer)
{
	purge(container_of(timer, struct shard, timer), false);
}

/*
 * Room for one more: the oldest of the same shard goes, which is about the oldest of all. Where
 * the shard has none, that of another one.
 */
static bool make_room(struct shard *shard)
{
	struct xtcp_timewait_table *table = shard->table;
	unsigned int i = shard - table->shards;
	struct xtcp_timewait *tw;
	unsigned int tries;

	if (atomic_inc_return(&table->len) <= xtcp_sysctl_net(table->xnet, max_tw_buckets))
		return true;
	for (tries = 0; tries < SHARDS; tries++) {
		tw = take_oldest(&table->shards[(i + tries) % SHARDS], true);
		if (tw) {
			xtcp_mib_inc(table->xnet, TimeWaitKilled);
			end(tw);
			return true;
		}
	}
	atomic_dec(&table->len);
	return false;
}

static void fill(struct xtcp_timewait *tw, const struct sock *sk)
{
	const struct xtcp_sock *xsk = xtcp_sk(sk);
	u32 wnd = xsk->rcv_adv - xsk->reasm.rcv_nxt;

	if ((s32)wnd < 0)
		wnd = 0;
	tw->tuple = xsk->tuple;
	tw->snd_nxt = xsk->snd_nxt;
	tw->rcv_nxt = xsk->reasm.rcv_nxt;
	tw->wscale = xsk->rcv_wscale;
	tw->window = min_t(u32, wnd >> xsk->rcv_wscale, U16_MAX);
	tw->ts_ok = xsk->ts_ok;
	tw->ts_recent = xsk->ts_recent;
	tw->ts_stamp = xsk->ts_recent_stamp;
	tw->ts_offset = xsk->ts_offset;
	tw->mark = READ_ONCE(sk->sk_mark);
	tw->tos = xtcp_tuple_is_v4(&xsk->tuple) ? xsk->inet.tos : xsk->inet6.tclass;
	tw->lease = xtcp_lease_get(xsk->lease);
	tw->ack_tick = tick_now() - 1;
	tw->dead = false;
	refcount_set(&tw->refs, 1);
}

static void insert(struct xtcp_timewait_table *table, struct xtcp_timewait *tw, u32 index)
{
	struct shard *shard = tw->shard;

	spin_lock_bh(&shard->lock);
	WRITE_ONCE(tw->since, jiffies);
	if (list_empty(&shard->queue))
		mod_timer(&shard->timer, jiffies + duration(table->xnet));
	list_add_tail(&tw->queue, &shard->queue);
	hlist_add_head_rcu(&tw->node, &table->buckets[index]);
	spin_unlock_bh(&shard->lock);
}

/**
 * xtcp_timewait_enter - hand a connection over to a TIME-WAIT object
 * @sk: socket, state TIME-WAIT, still hashed: so no segment finds a gap between the two
 *
 * The caller ends the socket with xtcp_sock_done() in any case. Source: RFC 9293 3.6.
 *
 * Context: Socket lock.
 * Return: 0, or -ENOMEM, -ENOBUFS where there is no room for it: then TIME-WAIT ended already,
 * and nothing will speak for the connection.
 */
int xtcp_timewait_enter(struct sock *sk)
{
	struct xtcp_net *xnet = xtcp_sock_net(sk);
	struct xtcp_timewait_table *table = xnet->timewait;
	const struct xtcp_tuple *tuple = &xtcp_sk(sk)->tuple;
	u32 index = bucket_index(xnet->net, tuple);
	struct shard *shard = &table->shards[index % SHARDS];
	struct xtcp_timewait *tw = NULL;
	int err = -ENOBUFS;

	if (make_room(shard)) {
		tw = kmem_cache_alloc(cache, GFP_ATOMIC | __GFP_NOWARN);
		if (!tw) {
			atomic_dec(&table->len);
			err = -ENOMEM;
		}
	}
	if (!tw) {
		xtcp_mib_inc(xnet, TimeWaitKilled);
		trace_xtcp_state(xnet->net, tuple, TCP_TIME_WAIT, TCP_CLOSE);
		return err;
	}
	tw->shard = shard;
	fill(tw, sk);
	insert(table, tw, index);
	xtcp_mib_inc(xnet, TimeWaits);
	return 0;
}

/**
 * xtcp_timewait_find - the TIME-WAIT object of a tuple
 * @net: namespace
 * @tuple: as seen from this host
 * @hash: its xtcp_tuple_hash()
 *
 * Context: Any.
 * Return: the object with a reference, to be dropped with xtcp_timewait_put(), or NULL.
 */
struct xtcp_timewait *xtcp_timewait_find(struct net *net, const struct xtcp_tuple *tuple,
					 u32 hash)
{
	struct xtcp_timewait_table *table = xtcp_net(net)->timewait;
	struct xtcp_timewait *tw;

	rcu_read_lock();
	hlist_for_each_entry_rcu(tw, &table->buckets[hash % BUCKETS], node) {
		if (xtcp_tuple_equal(&tw->tuple, tuple) && refcount_inc_not_zero(&tw->refs))
			goto out;
	}
	tw = NULL;
out:
	rcu_read_unlock();
	return tw;
}

/* The 2 MSL begin again. */
static void restart(struct xtcp_timewait *tw)
{
	struct shard *shard = tw->shard;

	spin_lock_bh(&shard->lock);
	if (!tw->dead) {
		WRITE_ONCE(tw->since, jiffies);
		list_move_tail(&tw->queue, &shard->queue);
	}
	spin_unlock_bh(&shard->lock);
}

/* An ACK for what should not have come: not too many, two hosts could play ball with them. */
static enum xtcp_timewait_verdict ack_seldom(struct xtcp_timewait *tw)
{
	u8 tick = tick_now();

	if (READ_ONCE(tw->ack_tick) == tick)
		return XTCP_TW_DROP;
	WRITE_ONCE(tw->ack_tick, tick);
	return XTCP_TW_ACK;
}

/*
 * RFC 6191 2: a SYN that cannot belong to the old connection opens a new one. Timestamps tell,
 * where the new connection would have them, and sequence numbers otherwise.
 */
static bool syn_is_new(const struct xtcp_timewait *tw, const struct xtcp_cb *cb,
		       const struct xtcp_opts *opts)
{
	bool later = xtcp_seq_ge(cb->seq, tw->rcv_nxt);
	u32 ts_recent = READ_ONCE(tw->ts_recent);

	if (!(opts->seen & XTCP_OPT_TS) || !xtcp_sysctl_net(tw->shard->table->xnet, timestamps))
		return later;
	if (!tw->ts_ok)
		return true;
	return xtcp_seq_gt(opts->tsval, ts_recent) || (opts->tsval == ts_recent && later);
}

static bool has_listener(const struct xtcp_timewait *tw, const struct xtcp_arrival *from)
{
	/* Any of those that share the port. */
	return xtcp_table_find_listener(tw->shard->table->xnet->net, &tw->tuple, from, 0);
}

/*
 * A SYN without ACK. If it replaces the object, its cb takes along the least ISN with which it may
 * be answered: a segment of the new connection must not look like one of the old.
 */
static enum xtcp_timewait_verdict rcv_syn(struct xtcp_timewait *tw, struct xtcp_cb *cb,
					  const struct xtcp_opts *opts)
{
	struct xtcp_net *xnet = tw->shard->table->xnet;

	if (!syn_is_new(tw, cb, opts) || !has_listener(tw, &cb->from)) {
		xtcp_drop(xnet, &tw->tuple, cb, XTCP_MIB_DropSequence);
		return ack_seldom(tw);
	}
	if (kill(tw))
		xtcp_mib_inc(xnet, TimeWaitReused);
	cb->ack = (tw->snd_nxt + ISS_STEP) ?: 1;
	return XTCP_TW_SYN;
}

/* RFC 1337: a reset does not end TIME-WAIT; where it may, RFC 5961 3 wants it exact. */
static enum xtcp_timewait_verdict rcv_rst(struct xtcp_timewait *tw, const struct xtcp_cb *cb)
{
	struct xtcp_net *xnet = tw->shard->table->xnet;

	if (xtcp_sysctl_net(xnet, rfc1337) || cb->seq != tw->rcv_nxt) {
		xtcp_drop(xnet, &tw->tuple, cb, XTCP_MIB_DropSequence);
		return XTCP_TW_DROP;
	}
	if (kill(tw))
		xtcp_mib_inc(xnet, InRsts);
	return XTCP_TW_DROP;
}

/* An ACK that says what is known already ends here; all else is told where we are. */
static enum xtcp_timewait_verdict rcv_late(struct xtcp_timewait *tw, const struct xtcp_cb *cb)
{
	struct xtcp_net *xnet = tw->shard->table->xnet;
	u32 wnd = (u32)tw->window << tw->wscale;

	if (cb->seq == tw->rcv_nxt && cb->end_seq == tw->rcv_nxt &&
	    xtcp_seq_le(cb->ack, tw->snd_nxt)) {
		xtcp_mib_inc(xnet, DupSegs);
		return XTCP_TW_DROP;
	}
	if (xtcp_seq_gt(cb->ack, tw->snd_nxt))
		xtcp_drop(xnet, &tw->tuple, cb, XTCP_MIB_DropAck);
	else if (xtcp_seq_in(cb->seq, tw->rcv_nxt, tw->rcv_nxt + wnd))
		xtcp_drop(xnet, &tw->tuple, cb, XTCP_MIB_DropClosedData);
	else
		xtcp_drop(xnet, &tw->tuple, cb, XTCP_MIB_DropSequence);
	return ack_seldom(tw);
}

/* RFC 7323 4.3: the timestamp of what came in order is the one to echo. */
static void take_timestamp(struct xtcp_timewait *tw, const struct xtcp_cb *cb,
			   const struct xtcp_opts *opts)
{
	if (!tw->ts_ok || !(opts->seen & XTCP_OPT_TS) || xtcp_seq_gt(cb->seq, tw->rcv_nxt) ||
	    xtcp_seq_lt(opts->tsval, READ_ONCE(tw->ts_recent)))
		return;
	WRITE_ONCE(tw->ts_recent, opts->tsval);
	WRITE_ONCE(tw->ts_stamp, ktime_get_seconds());
}

/**
 * xtcp_timewait_rcv - a segment for a connection in TIME-WAIT
 * @tw: object
 * @skb: segment, data at the TCP header, cb filled. Where %XTCP_TW_SYN is returned, cb's @ack is
 *	 the least ISN to answer it with
 *
 * Source: RFC 9293 3.10.7.4, RFC 1337, RFC 6191, RFC 7323 5.3.
 *
 * Context: BH off.
 * Return: what the caller is to do.
 */
enum xtcp_timewait_verdict xtcp_timewait_rcv(struct xtcp_timewait *tw, struct sk_buff *skb)
{
	const struct tcphdr *th = (const struct tcphdr *)skb->data;
	struct xtcp_net *xnet = tw->shard->table->xnet;
	struct xtcp_cb *cb = XTCP_CB(skb);
	struct xtcp_opts opts;

	if (cb->flags & XTCP_RST)
		return rcv_rst(tw, cb);
	if (xtcp_opt_parse((const u8 *)(th + 1), xtcp_hdr_len(th) - XTCP_HDR_MIN,
			   cb->flags & XTCP_SYN, &opts) != XTCP_OPT_OK) {
		xtcp_drop(xnet, &tw->tuple, cb, XTCP_MIB_DropOptions);
		return XTCP_TW_DROP;
	}
	if ((cb->flags & (XTCP_SYN | XTCP_ACK | XTCP_FIN)) == XTCP_SYN)
		return rcv_syn(tw, cb, &opts);
	if ((cb->flags & (XTCP_SYN | XTCP_ACK)) != XTCP_ACK) {
		xtcp_drop(xnet, &tw->tuple, cb, XTCP_MIB_DropFlags);
		return cb->flags & XTCP_SYN ? ack_seldom(tw) : XTCP_TW_DROP;
	}
	if (tw->ts_ok && (opts.seen & XTCP_OPT_TS) &&
	    xtcp_seq_lt(opts.tsval, READ_ONCE(tw->ts_recent))) {
		xtcp_drop(xnet, &tw->tuple, cb, XTCP_MIB_DropPaws);
		return ack_seldom(tw);
	}
	take_timestamp(tw, cb, &opts);
	/* "Retransmission of the remote FIN. Acknowledge it, and restart the 2 MSL timeout." */
	if ((cb->flags & XTCP_FIN) && cb->end_seq == tw->rcv_nxt) {
		xtcp_mib_inc(xnet, DupSegs);
		restart(tw);
		return XTCP_TW_ACK;
	}
	return rcv_late(tw, cb);
}

/**
 * xtcp_timewait_send_ack - say where the connection ended
 * @net: namespace
 * @tw: object
 * @skb: segment that asked for it
 *
 * Context: BH off.
 */
void xtcp_timewait_send_ack(struct net *net, struct xtcp_timewait *tw, const struct sk_buff *skb)
{
	struct xtcp_opts opts = {
		.seen	= tw->ts_ok ? XTCP_OPT_TS : 0,
		.tsval	= xtcp_clock_ts() + tw->ts_offset,
		.tsecr	= READ_ONCE(tw->ts_recent),
	};
	struct xtcp_reply reply = {
		.seq		= tw->snd_nxt,
		.ack		= tw->rcv_nxt,
		.window		= tw->window,
		.flags		= XTCP_ACK,
		.out.tos	= tw->tos,
		.out.mark	= tw->mark,
		.opts		= &opts,
	};

	xtcp_segment_reply(net, &tw->tuple, &reply);
}

/**
 * xtcp_timewait_reuse - connect() on a tuple that may be in TIME-WAIT
 * @sk: the new connection's socket, already hashed under @tuple, so that nobody else reuses it
 * @tuple: its tuple
 * @iss: where there was an object, the initial sequence number to begin with, never 0; otherwise
 *	 left alone
 *
 * The peer may be in TIME-WAIT as well, and will take our SYN for a new one if its timestamp is
 * higher than all it has seen; that is sure once the clocks moved on. Source: RFC 6191, RFC 7323.
 *
 * Context: Process context.
 * Return: 0 if the tuple is free now, -EADDRNOTAVAIL if it is not.
 */
int xtcp_timewait_reuse(struct sock *sk, const struct xtcp_tuple *tuple, u32 *iss)
{
	struct xtcp_net *xnet = xtcp_sock_net(sk);
	struct xtcp_timewait *tw;
	int err = -EADDRNOTAVAIL;
	u32 isn;

	tw = xtcp_timewait_find(xnet->net, tuple, xtcp_tuple_hash(xnet->net, tuple));
	if (!tw)
		return 0;
	if (tw->ts_ok && xtcp_sysctl_net(xnet, timestamps) &&
	    (u32)ktime_get_seconds() - READ_ONCE(tw->ts_stamp) > 1) {
		isn = xtcp_isn(&xnet->isn_key, tuple, ktime_get_ns());
		*iss = xtcp_seq_max(isn, tw->snd_nxt + ISS_STEP) ?: 1;
		if (kill(tw))
			xtcp_mib_inc(xnet, TimeWaitReused);
		err = 0;
	}
	xtcp_timewait_put(tw);
	return err;
}

/* A later connection with the same tuple has ended elsewhere. */
static u64 ident_of(const struct xtcp_timewait *tw)
{
	return xtcp_tuple_ident(&tw->tuple, (u64)tw->rcv_nxt << 32 | tw->snd_nxt, 0);
}

static void show(const struct xtcp_timewait *tw, struct xtcp_proc_line *line)
{
	line->tuple = tw->tuple;
	line->format = xtcp_tuple_is_v4(&tw->tuple) ? AF_INET : AF_INET6;
	line->state = TCP_TIME_WAIT;
	line->timer = XTCP_PROC_TIMER_TIMEWAIT;
	line->expires = left(tw);
	line->uid = GLOBAL_ROOT_UID;
	line->refs = refcount_read(&tw->refs);
	line->object = tw;
	line->ident = ident_of(tw);
}

/**
 * xtcp_timewait_show - the TIME-WAIT object of a tuple as /proc has it
 * @net: namespace
 * @tuple: as seen from this host
 * @line: filled; zeroed by the caller
 *
 * Context: Any.
 * Return: whether there is one.
 */
bool xtcp_timewait_show(struct net *net, const struct xtcp_tuple *tuple,
			struct xtcp_proc_line *line)
{
	struct xtcp_timewait *tw = xtcp_timewait_find(net, tuple, xtcp_tuple_hash(net, tuple));

	if (!tw)
		return false;
	show(tw, line);
	xtcp_timewait_put(tw);
	return true;
}

/**
 * xtcp_timewait_abort - end a TIME-WAIT before its time
 * @net: namespace
 * @tuple: as seen from this host
 * @ident: what xtcp_timewait_show() has called it, or %XTCP_IDENT_ANY
 *
 * The peer is not told: for it the connection is over. Source: RFC 9293 3.10.5.
 *
 * Context: Any.
 * Return: 0, -ENOENT if there is none, or -ESTALE if it is another one.
 */
int xtcp_timewait_abort(struct net *net, const struct xtcp_tuple *tuple, u64 ident)
{
	struct xtcp_timewait *tw = xtcp_timewait_find(net, tuple, xtcp_tuple_hash(net, tuple));
	int err = -ESTALE;

	if (!tw)
		return -ENOENT;
	if (ident == XTCP_IDENT_ANY || ident == ident_of(tw))
		err = kill(tw) ? 0 : -ENOENT;
	xtcp_timewait_put(tw);
	return err;
}

static unsigned int walk_bucket(const struct hlist_head *bucket, struct xtcp_cursor *cursor,
				struct xtcp_proc_line *lines, unsigned int max)
{
	struct xtcp_timewait *tw;
	struct xtcp_pick pick;
	unsigned int n = 0;

	do {
		rcu_read_lock();
		xtcp_pick_begin(&pick, cursor);
		hlist_for_each_entry_rcu(tw, bucket, node)
			xtcp_pick_add(&pick, tw);
		while (n < max && (tw = xtcp_pick_next(&pick, cursor)))
			show(tw, &lines[n++]);
		rcu_read_unlock();
	} while (n < max && !xtcp_pick_is_last(&pick));
	return n;
}

/**
 * xtcp_timewait_walk - the TIME-WAIT objects of a namespace for /proc; see xtcp_proc_walk_t
 * @net: namespace
 * @cursor: zero at the start; left behind the last object that was copied
 * @lines: filled from the first
 * @max: their number
 *
 * Context: Process context, no locks held.
 * Return: number of lines filled, 0 at the end.
 */
unsigned int xtcp_timewait_walk(struct net *net, struct xtcp_cursor *cursor,
				struct xtcp_proc_line *lines, unsigned int max)
{
	struct xtcp_timewait_table *table = xtcp_net(net)->timewait;
	unsigned int n = 0;

	for (; cursor->bucket < BUCKETS; xtcp_cursor_advance(cursor)) {
		if (hlist_empty(&table->buckets[cursor->bucket]))
			continue;
		n += walk_bucket(&table->buckets[cursor->bucket], cursor, lines + n, max - n);
		if (n == max)
			break;
		cond_resched();
	}
	return n;
}

/**
 * xtcp_timewait_init_net - make a namespace's table
 * @xnet: namespace
 *
 * Return: 0 or -ENOMEM.
 */
int xtcp_timewait_init_net(struct xtcp_net *xnet)
{
	struct xtcp_timewait_table *table;
	struct shard *shard;

	table = kvzalloc(sizeof(*table), GFP_KERNEL);
	if (!table)
		return -ENOMEM;
	table->xnet = xnet;
	for (shard = table->shards; shard < table->shards + SHARDS; shard++) {
		spin_lock_init(&shard->lock);
		INIT_LIST_HEAD(&shard->queue);
		timer_setup(&shard->timer, timer_fired, 0);
		shard->table = table;
	}
	xnet->timewait = table;
	return 0;
}

/**
 * xtcp_timewait_exit_net - end all TIME-WAITs of a namespace and free its table
 * @xnet: namespace: no socket is left in it, and no segment on its way
 *
 * Context: Process context.
 */
void xtcp_timewait_exit_net(struct xtcp_net *xnet)
{
	struct xtcp_timewait_table *table = xnet->timewait;
	struct shard *shard;

	for (shard = table->shards; shard < table->shards + SHARDS; shard++) {
		purge(shard, true);
		/* With its queue empty it arms itself no more. */
		timer_delete_sync(&shard->timer);
	}
	WARN_ON_ONCE(atomic_read(&table->len));
	xnet->timewait = NULL;
	kvfree(table);
}

/**
 * xtcp_timewait_init - make the slab
 *
 * Return: 0 or -ENOMEM.
 */
int xtcp_timewait_init(void)
{
	cache = kmem_cache_create("xtcp_timewait", sizeof(struct xtcp_timewait), 0,
				  SLAB_HWCACHE_ALIGN, NULL);
	return cache ? 0 : -ENOMEM;
}

/**
 * xtcp_timewait_exit - free the slab; no namespace is left, and RCU's callbacks have run
 */
void xtcp_timewait_exit(void)
{
	kmem_cache_destroy(cache);
}

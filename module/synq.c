// SPDX-License-Identifier: GPL-2.0
/*
 * The half-open queue: connections between their SYN and the ACK of our SYN-ACK, as entries
 * that are no sockets.
 *
 * Entries live in their bucket and are touched under its lock alone. Whoever needs one without
 * the lock copies it, or claims it: a claimed entry stays, and nobody else acts on it, until
 * settle(). What is sent is sent from a copy, with no lock held.
 *
 * An entry is not made once its listener has stopped listening: keep() counts the entry, then looks
 * at the state; xtcp_synq_purge() comes when the state has changed, and looks at the count. So
 * purging finds every entry there will ever be, and an entry needs no reference to its listener.
 * Who has claimed one is an RCU reader, and listeners are freed a grace period after their end.
 *
 * There is room for so many bytes of entries in a namespace, and so many entries of a listener.
 * Past that the oldest of the bucket makes room, or else nothing is kept of a SYN: every ISN is a
 * cookie (jar.c) that brings the connection back.
 */
#include <linux/hash.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/slab.h>

#include "xtcp.h"
#include "halfopen.h"
#include "synq_bucket.h"
#include "trace.h"

/* Entries in a bucket while the budget is used up, on average. */
#define LOAD		4
#define BUCKETS_MIN	256
#define BUCKETS_MAX	SZ_64K

/* The timer looks at a quarter of the buckets at a time, so at each entry every 200 ms. */
#define SLICES		4
#define SLICE_JIFFIES	max(HZ / 20, 1)
/* Listeners are looked at every so many slices: once a second. */
#define TICK_SLICES	(HZ / SLICE_JIFFIES)

static struct kmem_cache *cache;
/* Orders those who make the buckets of a namespace. */
static DEFINE_MUTEX(prepare_mutex);

static struct xtcp_saved_syn *find_saved(struct xtcp_synq_bucket *b,
					 const struct xtcp_tuple *tuple)
{
	struct xtcp_saved_syn *saved;

	lockdep_assert_held(&b->lock);
	hlist_for_each_entry(saved, &b->saved, node) {
		if (xtcp_tuple_equal(&saved->tuple, tuple))
			return saved;
	}
	return NULL;
}

/* How many entries would take as much memory. */
static int saved_weight(const struct xtcp_saved_syn *saved)
{
	return DIV_ROUND_UP(saved->size, sizeof(struct xtcp_half_open));
}

/* The SYN of an entry, not in the queue any more; NULL if it was not kept. */
static struct xtcp_saved_syn *take_saved(struct xtcp_synq *q, struct xtcp_synq_bucket *b,
					 const struct xtcp_half_open *ho)
{
	struct xtcp_saved_syn *saved = find_saved(b, &ho->tuple);

	if (saved) {
		hlist_del_init(&saved->node);
		atomic_sub(saved_weight(saved), &q->len);
	}
	return saved;
}

/* Takes an entry from its bucket, and from its listener, which may be gone once the lock is. */
static void unlink(struct xtcp_synq *q, struct xtcp_synq_bucket *b, struct xtcp_half_open *ho)
{
	kfree(take_saved(q, b, ho));
	hlist_del(&ho->node);
	atomic_dec(&xtcp_sk(ho->listener)->synq_len);
}

/* Frees an entry that is in no bucket any more. */
static void release(struct xtcp_synq *q, struct xtcp_half_open *ho)
{
	kmem_cache_free(cache, ho);
	atomic_dec(&q->len);
}

/* The same for one that became no connection. */
static void fail(struct xtcp_synq *q, struct xtcp_half_open *ho, int state)
{
	xtcp_mib_inc(q->xnet, AttemptFails);
	trace_xtcp_state(q->xnet->net, &ho->tuple, TCP_SYN_RECV, state);
	release(q, ho);
}

/**
 * xtcp_synq_timeout - how long to wait for the answer to a SYN-ACK
 * @xnet: namespace
 * @ho: half-open connection
 *
 * Up to an eighth comes on top, or else what was lost together would be sent again together.
 *
 * Source: RFC 6298 2.1 and 5.5.
 *
 * Return: jiffies.
 */
u32 xtcp_synq_timeout(const struct xtcp_net *xnet, const struct xtcp_half_open *ho)
{
	unsigned int retries = ho->retries;
	u64 ms = (u64)xtcp_sysctl_net(xnet, rto_initial_ms) << min(retries, 16U);
	u32 least = msecs_to_jiffies(min_t(u64, ms, xtcp_sysctl_net(xnet, rto_max_ms)));

	/* The ISN, a hash, is chance enough. */
	return least + reciprocal_scale(hash_32(ho->isn + retries, 32), least / 8 + 1);
}

/**
 * xtcp_synq_wake - something is going on that has to be looked after
 * @xnet: namespace
 *
 * Context: Any.
 */
void xtcp_synq_wake(struct xtcp_net *xnet)
{
	struct timer_list *timer = &xnet->synq->timer;

	if (!timer_pending(timer))
		mod_timer(timer, jiffies + SLICE_JIFFIES);
}

/**
 * xtcp_synq_holds - whether there is a half-open entry with a tuple
 * @net: namespace
 * @tuple: as seen from this host
 * @hash: its xtcp_tuple_hash()
 *
 * Context: Any. The answer may be old when it is used.
 * Return: true if so.
 */
bool xtcp_synq_holds(struct net *net, const struct xtcp_tuple *tuple, u32 hash)
{
	struct xtcp_synq_bucket *b = xtcp_synq_bucket(xtcp_net(net)->synq, hash);
	bool found;

	if (!b || hlist_empty(&b->head))
		return false;
	spin_lock_bh(&b->lock);
	found = xtcp_synq_lookup(b, tuple);
	spin_unlock_bh(&b->lock);
	return found;
}

/* The bucket's oldest entry that may go, of a listener if it is given. */
static struct xtcp_half_open *victim(struct xtcp_synq_bucket *b, const struct sock *listener)
{
	struct xtcp_half_open *ho, *oldest = NULL;

	hlist_for_each_entry(ho, &b->head, node) {
		if (!ho->claimed && !ho->pinned && (!listener || ho->listener == listener))
			oldest = ho;
	}
	return oldest;
}

static struct xtcp_half_open *evict(struct xtcp_synq *q, struct xtcp_synq_bucket *b,
				    const struct sock *listener)
{
	struct xtcp_half_open *ho;

	if (xtcp_sysctl_net(q->xnet, syncookies) == XTCP_JAR_NEVER)
		return NULL;
	ho = victim(b, listener);
	if (!ho)
		return NULL;
	xtcp_mib_inc(q->xnet, SynqEvicted);
	this_cpu_inc(xtcp_listener_counts(ho->listener)->evicted);
	trace_xtcp_state(q->xnet->net, &ho->tuple, TCP_SYN_RECV, TCP_LISTEN);
	unlink(q, b, ho);
	xtcp_jar_spill(q->xnet);
	return ho;
}

/* Entries that a namespace has room for, and those of a listener. */
static int most_entries(const struct xtcp_synq *q)
{
	return xtcp_sysctl_net(q->xnet, synq_bytes) / (int)sizeof(struct xtcp_half_open);
}

static bool is_over_backlog(const struct sock *listener)
{
	/* As for listen(2) of old: one more than the backlog says. */
	s64 most = (s64)READ_ONCE(listener->sk_max_ack_backlog) + 1;

	return atomic_read(&xtcp_sk(listener)->synq_len) >= most;
}

/**
 * xtcp_synq_is_full - whether the next entry would cost another its place, or find none
 * @xnet: namespace
 * @listener: whose it would be
 *
 * Context: Any. The answer may be old when it is used.
 * Return: true if so.
 */
bool xtcp_synq_is_full(const struct xtcp_net *xnet, const struct sock *listener)
{
	return is_over_backlog(listener) ||
	       atomic_read(&xnet->synq->len) >= most_entries(xnet->synq);
}

/* Takes room for so many entries, if there is. */
static bool charge(struct xtcp_synq *q, int entries)
{
	if (atomic_add_return(entries, &q->len) <= most_entries(q))
		return true;
	atomic_sub(entries, &q->len);
	return false;
}

static struct xtcp_half_open *new_entry(struct xtcp_synq *q)
{
	struct xtcp_half_open *ho;

	if (!charge(q, 1))
		return NULL;
	ho = kmem_cache_alloc(cache, GFP_ATOMIC | __GFP_NOWARN);
	if (!ho)
		atomic_dec(&q->len);
	return ho;
}

/* Room for an entry: fresh, or of one that has to go; of the same listener if that has too many. */
static struct xtcp_half_open *find_room(struct xtcp_synq *q, struct xtcp_synq_bucket *b,
					struct sock *listener)
{
	struct xtcp_half_open *ho;

	if (is_over_backlog(listener))
		return evict(q, b, listener);
	ho = new_entry(q);
	return ho ?: evict(q, b, NULL);
}

/**
 * xtcp_synq_keep - make an entry
 * @xnet: namespace
 * @filled: what is in it
 * @hash: of its tuple
 *
 * Context: BH off, RCU read side.
 * Return: what became of it.
 */
enum xtcp_synq_kept xtcp_synq_keep(struct xtcp_net *xnet, const struct xtcp_half_open *filled,
				   u32 hash)
{
	enum xtcp_synq_kept kept = XTCP_SYNQ_NOT_WANTED;
	struct sock *listener = filled->listener;
	struct xtcp_synq *q = xnet->synq;
	struct xtcp_synq_bucket *b = xtcp_synq_bucket(q, hash);
	struct xtcp_half_open *ho;

	spin_lock_bh(&b->lock);
	if (xtcp_synq_lookup(b, &filled->tuple))
		goto unlock;
	kept = XTCP_SYNQ_NO_ROOM;
	ho = find_room(q, b, listener);
	if (!ho)
		goto unlock;
	*ho = *filled;
	/* A full barrier, pairs with xtcp_synq_purge(): that sees the count, or we the state. */
	atomic_inc_return(&xtcp_sk(listener)->synq_len);
	if (READ_ONCE(listener->sk_state) == TCP_LISTEN) {
		kept = XTCP_SYNQ_KEPT;
		hlist_add_head(&ho->node, &b->head);
	} else {
		kept = XTCP_SYNQ_NOT_WANTED;
		atomic_dec(&xtcp_sk(listener)->synq_len);
		release(q, ho);
	}
unlock:
	spin_unlock_bh(&b->lock);
	return kept;
}

/**
 * xtcp_synq_save_syn - keep the headers of an entry's SYN, if its listener wants them
 * @xnet: namespace
 * @kept: what xtcp_synq_keep() made an entry of
 * @hash: of its tuple
 * @skb: SYN
 *
 * They take from the budget that the entries have. Where that has no room for them, the connection
 * does without: nothing else goes for it.
 *
 * Context: BH off, RCU read side.
 */
void xtcp_synq_save_syn(struct xtcp_net *xnet, const struct xtcp_half_open *kept, u32 hash,
			const struct sk_buff *skb)
{
	enum xtcp_save_syn mode = READ_ONCE(xtcp_sk(kept->listener)->save_syn);
	struct xtcp_synq *q = xnet->synq;
	struct xtcp_synq_bucket *b;
	struct xtcp_saved_syn *saved;
	struct xtcp_half_open *ho;

	if (likely(mode == XTCP_SAVE_NONE))
		return;
	saved = xtcp_saved_syn_make(skb, &kept->tuple, mode);
	if (!saved)
		return;
	b = xtcp_synq_bucket(q, hash);
	spin_lock_bh(&b->lock);
	/* The listener may have closed, another entry taken the place of this one. */
	ho = xtcp_synq_lookup(b, &kept->tuple);
	if (ho && ho->irs == kept->irs && !find_saved(b, &kept->tuple) &&
	    charge(q, saved_weight(saved))) {
		hlist_add_head(&saved->node, &b->saved);
		saved = NULL;
	}
	spin_unlock_bh(&b->lock);
	kfree(saved);
}

/**
 * xtcp_synq_rcv - what a segment means to the half-open entry with its tuple
 * @xnet: namespace
 * @skb: segment, cb filled; stays the caller's
 * @tuple: its tuple
 * @hash: of the tuple
 * @opts: its options
 * @found: the entry's part, if there is one
 *
 * Of what the verdict calls for, only this is done: an entry that is to become a child is claimed,
 * and one that is to end has ended.
 *
 * Source: RFC 9293 3.10.7.4 (SYN-RECEIVED).
 *
 * Context: BH off, RCU read side.
 * Return: whether there is an entry.
 */
bool xtcp_synq_rcv(struct xtcp_net *xnet, const struct sk_buff *skb, const struct xtcp_tuple *tuple,
		   u32 hash, const struct xtcp_opts *opts, struct xtcp_synq_found *found)
{
	struct xtcp_synq *q = xnet->synq;
	struct xtcp_synq_bucket *b = xtcp_synq_bucket(q, hash);
	struct xtcp_half_open *ho;

	if (!b || hlist_empty(&b->head))
		return false;
	spin_lock_bh(&b->lock);
	ho = xtcp_synq_lookup(b, tuple);
	if (!ho) {
		spin_unlock_bh(&b->lock);
		return false;
	}
	found->why = XTCP_MIB_DropBacklog;
	found->verdict = XTCP_HO_DROP;
	if (!ho->claimed)
		found->verdict = xtcp_half_open_rcv(xnet, ho, XTCP_CB(skb), opts, &found->why);
	if (found->verdict == XTCP_HO_OPEN)
		ho->claimed = 1;
	else if (found->verdict == XTCP_HO_DELETE)
		unlink(q, b, ho);
	found->ho = ho;
	found->copy = *ho;
	found->way = xtcp_half_open_way(ho->listener, tuple);
	spin_unlock_bh(&b->lock);

	if (found->verdict == XTCP_HO_DELETE)
		fail(q, ho, TCP_LISTEN);
	return true;
}

/**
 * xtcp_synq_settle - give up the claim to an entry
 * @xnet: namespace
 * @ho: entry that xtcp_synq_rcv() claimed; gone if it became a child, or its listener closed
 * @child: it became this, whose lock is held; NULL: nothing
 *
 * Context: BH off, the same RCU read side as xtcp_synq_rcv().
 */
void xtcp_synq_settle(struct xtcp_net *xnet, struct xtcp_half_open *ho, struct sock *child)
{
	struct xtcp_synq *q = xnet->synq;
	struct xtcp_synq_bucket *b = xtcp_synq_bucket(q, xtcp_tuple_hash(xnet->net, &ho->tuple));
	bool gone;

	spin_lock_bh(&b->lock);
	gone = child || ho->dead;
	if (child)
		xtcp_saved_syn_give(child, take_saved(q, b, ho));
	if (gone)
		unlink(q, b, ho);
	else
		ho->claimed = 0;
	spin_unlock_bh(&b->lock);

	if (child)
		release(q, ho);
	else if (gone)
		fail(q, ho, TCP_CLOSE);
}

/**
 * xtcp_synq_icmp - an ICMP error that quotes a SYN-ACK
 * @net: namespace
 * @tuple: of the quoted segment, as seen from this host
 * @seq: its sequence number, which must be exactly the SYN-ACK's
 * @hard: it ends the attempt; anything else may pass, and is left to the retries (RFC 5461 4)
 *
 * Context: BH off.
 */
void xtcp_synq_icmp(struct net *net, const struct xtcp_tuple *tuple, u32 seq, bool hard)
{
	struct xtcp_synq *q = xtcp_net(net)->synq;
	struct xtcp_synq_bucket *b = xtcp_synq_bucket(q, xtcp_tuple_hash(net, tuple));
	struct xtcp_half_open *ho;
	bool ours;

	if (!b) {
		xtcp_drop(q->xnet, tuple, NULL, XTCP_MIB_DropIcmp);
		return;
	}
	spin_lock_bh(&b->lock);
	ho = xtcp_synq_lookup(b, tuple);
	ours = ho && ho->isn == seq;
	if (!ours || !hard || ho->claimed)
		ho = NULL;
	else
		unlink(q, b, ho);
	spin_unlock_bh(&b->lock);

	if (!ours)
		xtcp_drop(q->xnet, tuple, NULL, XTCP_MIB_DropIcmp);
	if (ho)
		fail(q, ho, TCP_CLOSE);
}

/* Why an entry cannot be ended, if so. */
static int refuse_abort(const struct xtcp_half_open *ho, u64 ident)
{
	if (!ho)
		return -ENOENT;
	if (ident != XTCP_IDENT_ANY && ident != xtcp_synq_ident(ho))
		return -ESTALE;
	return ho->claimed ? -EAGAIN : 0;
}

/**
 * xtcp_synq_abort - end a half-open connection, and tell the peer
 * @net: namespace
 * @tuple: as seen from this host
 * @ident: what xtcp_synq_show() has called it, or %XTCP_IDENT_ANY
 *
 * Context: Process context.
 * Return: 0, -ENOENT if there is none, -ESTALE if it is another one, -EAGAIN if it is becoming a
 * child at this moment.
 */
int xtcp_synq_abort(struct net *net, const struct xtcp_tuple *tuple, u64 ident)
{
	struct xtcp_synq *q = xtcp_net(net)->synq;
	struct xtcp_synq_bucket *b = xtcp_synq_bucket(q, xtcp_tuple_hash(net, tuple));
	struct xtcp_half_open_way way;
	struct xtcp_half_open *ho;
	int err;

	if (!b)
		return -ENOENT;
	spin_lock_bh(&b->lock);
	ho = xtcp_synq_lookup(b, tuple);
	err = refuse_abort(ho, ident);
	if (!err) {
		way = xtcp_half_open_way(ho->listener, tuple);
		unlink(q, b, ho);
	}
	spin_unlock_bh(&b->lock);
	if (err)
		return err;
	xtcp_half_open_reset(q->xnet, ho, &way);
	fail(q, ho, TCP_CLOSE);
	return 0;
}

/* All entries of a listener, or all there are. */
static void purge(struct xtcp_synq *q, const struct sock *listener)
{
	struct xtcp_synq_bucket *b;
	struct xtcp_half_open *ho;
	struct hlist_node *next;
	HLIST_HEAD(gone);

	if (!q->buckets)
		return;
	for (b = q->buckets; b <= q->buckets + q->mask; b++) {
		spin_lock_bh(&b->lock);
		hlist_for_each_entry_safe(ho, next, &b->head, node) {
			if (listener && ho->listener != listener)
				continue;
			ho->dead = 1;
			if (ho->claimed)
				continue;
			unlink(q, b, ho);
			hlist_add_head(&ho->node, &gone);
		}
		spin_unlock_bh(&b->lock);
	}
	hlist_for_each_entry_safe(ho, next, &gone, node)
		fail(q, ho, TCP_CLOSE);
}

/**
 * xtcp_synq_purge - forget the half-open connections of a listener
 * @listener: socket, not in state LISTEN any more: so no entry is made from now on
 *
 * A child that is being made at this moment is refused by the accept queue.
 *
 * Context: Socket lock.
 */
void xtcp_synq_purge(struct sock *listener)
{
	WARN_ON_ONCE(listener->sk_state == TCP_LISTEN);
	/* Pairs with keep(). */
	smp_mb();
	if (atomic_read(&xtcp_sk(listener)->synq_len))
		purge(xtcp_sock_net(listener)->synq, listener);
}

static bool is_due(const struct xtcp_half_open *ho)
{
	return !ho->claimed && (s32)((u32)jiffies - ho->expires) >= 0;
}

static struct xtcp_half_open *first_due(const struct xtcp_synq_bucket *b)
{
	struct xtcp_half_open *ho;

	hlist_for_each_entry(ho, &b->head, node) {
		if (is_due(ho))
			return ho;
	}
	return NULL;
}

/* How often a SYN-ACK is sent again. Where data is waited for, the last one asks for it. */
static unsigned int retry_limit(const struct xtcp_synq *q, const struct xtcp_half_open *ho)
{
	unsigned int limit = clamp(xtcp_sysctl_net(q->xnet, synack_retries), 0,
				   XTCP_HO_RETRIES_MAX);

	if (!ho->acked)
		return limit;
	return max_t(unsigned int, limit, READ_ONCE(xtcp_sk(ho->listener)->defer_accept) + 1);
}

enum due {
	NOTHING,
	GIVEN_UP,		/* nobody has answered */
	RESEND,
	WAIT_ON,		/* the peer has answered, its data may still come */
};

/* The lock is held. */
static enum due count_retry(struct xtcp_synq *q, struct xtcp_synq_bucket *b,
			    struct xtcp_half_open *ho)
{
	if (ho->retries >= retry_limit(q, ho)) {
		this_cpu_inc(xtcp_listener_counts(ho->listener)->expired);
		unlink(q, b, ho);
		return GIVEN_UP;
	}
	ho->retries++;
	ho->expires = jiffies + max(xtcp_synq_timeout(q->xnet, ho), 1U);
	if (ho->acked && ho->retries < READ_ONCE(xtcp_sk(ho->listener)->defer_accept))
		return WAIT_ON;
	this_cpu_inc(xtcp_listener_counts(ho->listener)->retries);
	ho->ecn_quiet |= !ho->acked && ho->retries > XTCP_ACCECN_RETRIES;
	ho->resent = 1;
	return RESEND;
}

/* The next SYN-ACK that is due in a bucket, or the next end of a vain wait; false if none is. */
static bool retry_one(struct xtcp_synq *q, struct xtcp_synq_bucket *b)
{
	struct xtcp_half_open copy, *ho;
	struct xtcp_half_open_way way;
	enum due due = NOTHING;

	spin_lock_bh(&b->lock);
	ho = first_due(b);
	if (ho) {
		way = xtcp_half_open_way(ho->listener, &ho->tuple);
		due = count_retry(q, b, ho);
		copy = *ho;
	}
	spin_unlock_bh(&b->lock);

	if (due == GIVEN_UP) {
		xtcp_mib_inc(q->xnet, SynqExpired);
		fail(q, ho, TCP_CLOSE);
	} else if (due == RESEND) {
		xtcp_mib_inc(q->xnet, SynAckRetrans);
		xtcp_half_open_syn_ack(q->xnet, &copy, &way, NULL, NULL);
	}
	return due != NOTHING;
}

static void timer_fired(struct timer_list *timer)
{
	struct xtcp_synq *q = container_of(timer, struct xtcp_synq, timer);
	bool again = true;
	unsigned int i;

	rcu_read_lock();
	for (i = q->slice++ % SLICES; i <= q->mask; i += SLICES) {
		if (hlist_empty(&q->buckets[i].head))
			continue;
		while (retry_one(q, &q->buckets[i]))
			;
	}
	if (q->slice % TICK_SLICES == 0)
		again = xtcp_listener_tick(q->xnet);
	rcu_read_unlock();
	if (again || atomic_read(&q->len))
		mod_timer(&q->timer, jiffies + SLICE_JIFFIES);
}

static u32 buckets_wanted(const struct xtcp_synq *q)
{
	u32 entries = xtcp_sysctl_net(q->xnet, synq_bytes) / (int)sizeof(struct xtcp_half_open);

	return clamp_t(u32, roundup_pow_of_two(entries / LOAD + 1), BUCKETS_MIN, BUCKETS_MAX);
}

/**
 * xtcp_synq_prepare - there will be a listener in the namespace
 * @xnet: namespace
 *
 * Most namespaces never have one, and do without the memory. The number of buckets is that which
 * the budget of this moment calls for; with a larger one later, they only fill up more.
 *
 * Context: Process context.
 * Return: 0 or -ENOMEM.
 */
int xtcp_synq_prepare(struct xtcp_net *xnet)
{
	struct xtcp_synq *q = xnet->synq;
	struct xtcp_synq_bucket *buckets;
	u32 count, i;

	if (READ_ONCE(q->buckets))
		return 0;
	count = buckets_wanted(q);
	buckets = kvcalloc(count, sizeof(*buckets), GFP_KERNEL);
	if (!buckets)
		return -ENOMEM;
	for (i = 0; i < count; i++)
		spin_lock_init(&buckets[i].lock);
	mutex_lock(&prepare_mutex);
	if (!q->buckets) {
		q->mask = count - 1;
		/* Pairs with xtcp_synq_bucket(). */
		smp_store_release(&q->buckets, buckets);
		buckets = NULL;
	}
	mutex_unlock(&prepare_mutex);
	kvfree(buckets);
	return 0;
}

/**
 * xtcp_synq_init_net - make a namespace's half-open queue
 * @xnet: namespace
 *
 * Return: 0 or -ENOMEM.
 */
int xtcp_synq_init_net(struct xtcp_net *xnet)
{
	struct xtcp_synq *q;

	q = kzalloc(sizeof(*q), GFP_KERNEL);
	if (!q)
		return -ENOMEM;
	q->xnet = xnet;
	timer_setup(&q->timer, timer_fired, 0);
	xnet->synq = q;
	return 0;
}

/**
 * xtcp_synq_exit_net - free a namespace's half-open queue
 * @xnet: namespace: no socket is left in it, and no segment on its way
 *
 * Context: Process context.
 */
void xtcp_synq_exit_net(struct xtcp_net *xnet)
{
	struct xtcp_synq *q = xnet->synq;

	purge(q, NULL);
	WARN_ON_ONCE(atomic_read(&q->len));
	/* No SYN comes that could wake it. */
	timer_delete_sync(&q->timer);
	xnet->synq = NULL;
	kvfree(q->buckets);
	kfree(q);
}

/**
 * xtcp_synq_init - make the slab
 *
 * Return: 0 or -ENOMEM.
 */
int xtcp_synq_init(void)
{
	cache = kmem_cache_create("xtcp_synq", sizeof(struct xtcp_half_open), 0, 0, NULL);
	return cache ? 0 : -ENOMEM;
}

/**
 * xtcp_synq_exit - free the slab; no namespace is left
 */
void xtcp_synq_exit(void)
{
	kmem_cache_destroy(cache);
}

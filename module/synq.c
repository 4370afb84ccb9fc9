// SPDX-License-Identifier: GPL-2.0
/*
 * The half-open queue: connections between their SYN and the ACK of our SYN-ACK, as entries
 * that are no sockets.
 *
 * Entries live in their bucket and are touched under its lock alone. Whoever needs one without
 * the lock copies it, or claims it: a claimed entry stays, and nobody else acts on it, until
 * settle(). What is sent is sent from a copy, with no lock held.
 *
 * An entry holds a reference to its listener, and is not made once that has stopped listening:
 * insert() looks at the state under the lock which xtcp_synq_purge() takes after the state has
 * changed. So purging finds every entry there will ever be.
 */
#include <linux/slab.h>

#include "xtcp.h"
#include "flood.h"
#include "halfopen.h"
#include "trace.h"

#define BUCKETS		1024

/* The timer looks at a quarter of the buckets at a time, so at each entry every 200 ms. */
#define SLICES		4
#define SLICE_JIFFIES	max(HZ / 20, 1)

struct bucket {
	spinlock_t		lock;	/* leaf, BH */
	struct hlist_head	head;	/* lock */
};

/**
 * struct xtcp_synq - a namespace's half-open queue
 * @xnet: the namespace
 * @timer: SYN-ACK retries; runs while there are entries
 * @slice: of the buckets, whose turn is next; the timer's
 * @len: number of entries, and of those that are being made
 * @buckets: entries by tuple
 */
struct xtcp_synq {
	struct xtcp_net		*xnet;
	struct timer_list	timer;
	unsigned int		slice;
	atomic_t		len;
	struct bucket		buckets[BUCKETS];
};

static struct kmem_cache *cache;

static struct bucket *bucket_of(struct xtcp_synq *q, const struct xtcp_tuple *tuple)
{
	return &q->buckets[xtcp_tuple_hash(q->xnet->net, tuple) % BUCKETS];
}

static struct xtcp_half_open *lookup(struct bucket *b, const struct xtcp_tuple *tuple)
{
	struct xtcp_half_open *ho;

	lockdep_assert_held(&b->lock);
	hlist_for_each_entry(ho, &b->head, node) {
		if (xtcp_tuple_equal(&ho->tuple, tuple))
			return ho;
	}
	return NULL;
}

static void count(struct xtcp_synq *q, enum xtcp_mib which)
{
	this_cpu_inc(q->xnet->mib->counts[which]);
}

static void discard(struct xtcp_synq *q, struct sk_buff *skb, enum xtcp_mib why)
{
	count(q, why);
	kfree_skb(skb);
}

/* Room for an entry, in the listener's backlog and in the namespace's. */
static bool reserve(struct xtcp_synq *q, struct sock *listener)
{
	struct xtcp_sock *xsk = xtcp_sk(listener);
	int len;

	/* As for listen(2) of old: one more than the backlog says. */
	if (atomic_inc_return(&xsk->synq_len) <= (s64)READ_ONCE(listener->sk_max_ack_backlog) + 1) {
		len = atomic_inc_return(&q->len);
		if (len == 1)
			mod_timer(&q->timer, jiffies + SLICE_JIFFIES);
		if (len <= xtcp_sysctl_net(q->xnet, max_syn_backlog))
			return true;
		atomic_dec(&q->len);
	}
	atomic_dec(&xsk->synq_len);
	return false;
}

static void unreserve(struct xtcp_synq *q, struct sock *listener)
{
	atomic_dec(&q->len);
	atomic_dec(&xtcp_sk(listener)->synq_len);
}

/* Frees an entry that is in no bucket any more. */
static void release(struct xtcp_synq *q, struct xtcp_half_open *ho)
{
	unreserve(q, ho->listener);
	sock_put(ho->listener);
	kmem_cache_free(cache, ho);
}

/* The same for one that became no connection. */
static void fail(struct xtcp_synq *q, struct xtcp_half_open *ho, int state)
{
	xtcp_mib_inc(q->xnet, AttemptFails);
	trace_xtcp_state(q->xnet->net, &ho->tuple, TCP_SYN_RECV, state);
	release(q, ho);
}

static u32 timeout(const struct xtcp_synq *q, unsigned int retries)
{
	u64 ms = (u64)xtcp_sysctl_net(q->xnet, rto_initial_ms) << min(retries, 16U);

	return msecs_to_jiffies(min_t(u64, ms, xtcp_sysctl_net(q->xnet, rto_max_ms)));
}

/**
 * xtcp_synq_holds - whether there is a half-open entry with a tuple
 * @net: namespace
 * @tuple: as seen from this host
 *
 * Context: Any. The answer may be old when it is used: xtcp_synq_segment() looks again.
 * Return: true if so.
 */
bool xtcp_synq_holds(struct net *net, const struct xtcp_tuple *tuple)
{
	struct bucket *b = bucket_of(xtcp_net(net)->synq, tuple);
	bool found;

	if (hlist_empty(&b->head))
		return false;
	spin_lock_bh(&b->lock);
	found = lookup(b, tuple);
	spin_unlock_bh(&b->lock);
	return found;
}

/* Fails if the listener has closed, or another CPU had the same SYN. */
static bool insert(struct xtcp_synq *q, struct xtcp_half_open *ho)
{
	struct bucket *b = bucket_of(q, &ho->tuple);
	bool ok;

	spin_lock_bh(&b->lock);
	ok = READ_ONCE(ho->listener->sk_state) == TCP_LISTEN && !lookup(b, &ho->tuple);
	if (ok) {
		sock_hold(ho->listener);
		hlist_add_head(&ho->node, &b->head);
	}
	spin_unlock_bh(&b->lock);
	return ok;
}

static bool parse(const struct sk_buff *skb, struct xtcp_opts *opts)
{
	const struct tcphdr *th = (const struct tcphdr *)skb->data;
	u8 flags = XTCP_CB(skb)->flags;

	return xtcp_opt_parse((const u8 *)(th + 1), xtcp_hdr_len(th) - XTCP_HDR_MIN,
			      flags & XTCP_SYN, opts) == XTCP_OPT_OK || (flags & XTCP_RST);
}

/* A packet that claims to come from where it goes to would have us talk to ourselves. */
static bool is_own_echo(const struct xtcp_tuple *tuple)
{
	return tuple->lport == tuple->rport && ipv6_addr_equal(&tuple->laddr, &tuple->raddr);
}

/**
 * xtcp_synq_syn - a SYN for a listener: an entry, and a SYN-ACK
 * @listener: socket; the caller's reference stays the caller's
 * @skb: segment with SYN and neither ACK, RST nor FIN, data at the TCP header; consumed
 * @tuple: the connection's
 *
 * Source: RFC 9293 3.10.7.2.
 *
 * Context: BH off.
 */
void xtcp_synq_syn(struct sock *listener, struct sk_buff *skb, const struct xtcp_tuple *tuple)
{
	struct xtcp_synq *q = xtcp_sock_net(listener)->synq;
	struct xtcp_half_open copy, *ho;
	struct xtcp_opts opts;

	if (!parse(skb, &opts)) {
		discard(q, skb, XTCP_MIB_DropOptions);
		return;
	}
	if (is_own_echo(tuple)) {
		discard(q, skb, XTCP_MIB_DropNoSocket);
		return;
	}
	if (xtcp_accept_is_full(listener) || !reserve(q, listener)) {
		discard(q, skb, XTCP_MIB_DropSynqFull);
		return;
	}
	ho = kmem_cache_alloc(cache, GFP_ATOMIC | __GFP_NOWARN);
	if (!ho) {
		unreserve(q, listener);
		discard(q, skb, XTCP_MIB_DropNoMemory);
		return;
	}
	xtcp_half_open_fill(q->xnet, ho, listener, tuple, XTCP_CB(skb), &opts);
	ho->expires = jiffies + timeout(q, 0);
	copy = *ho;
	/* Traced before anybody else can trace what becomes of it. */
	trace_xtcp_state(q->xnet->net, tuple, TCP_LISTEN, TCP_SYN_RECV);
	if (!insert(q, ho)) {
		trace_xtcp_state(q->xnet->net, tuple, TCP_SYN_RECV, TCP_LISTEN);
		unreserve(q, listener);
		kmem_cache_free(cache, ho);
		discard(q, skb, XTCP_MIB_DropNoSocket);
		return;
	}
	xtcp_mib_inc(q->xnet, SynqEntries);
	xtcp_half_open_syn_ack(q->xnet, &copy, READ_ONCE(listener->sk_mark));
	consume_skb(skb);
}

/* Gives up the claim: the entry goes if it became a child, or its listener closed meanwhile. */
static void settle(struct xtcp_synq *q, struct xtcp_half_open *ho, bool opened)
{
	struct bucket *b = bucket_of(q, &ho->tuple);
	bool gone;

	spin_lock_bh(&b->lock);
	gone = opened || ho->dead;
	if (gone)
		hlist_del(&ho->node);
	else
		ho->claimed = 0;
	spin_unlock_bh(&b->lock);

	if (opened)
		release(q, ho);
	else if (gone)
		fail(q, ho, TCP_CLOSE);
}

/*
 * The child is found before the entry is not, so that no segment falls between them. Where the
 * accept queue is full, or anything else is short, the entry stays: the peer takes the connection
 * for open, and our SYN-ACK, sent again, makes it repeat its ACK.
 */
static struct sock *open_child(struct xtcp_synq *q, struct xtcp_half_open *ho, enum xtcp_mib *why)
{
	struct sock *child = xtcp_half_open_child(ho, why);

	if (child && xtcp_table_insert(child)) {
		xtcp_sock_discard_child(child);
		*why = XTCP_MIB_DropNoSocket;
		child = NULL;
	}
	if (child)
		xtcp_mib_inc(q->xnet, PassiveOpens);
	settle(q, ho, child);
	return child;
}

/**
 * xtcp_synq_segment - a segment for a half-open entry
 * @net: namespace
 * @skb: segment, data at the TCP header, cb filled; consumed unless a child is returned
 * @tuple: its tuple
 *
 * Source: RFC 9293 3.10.7.4 (SYN-RECEIVED), RFC 5961, RFC 7323 5.3.
 *
 * Context: BH off, RCU read side.
 * Return: the child that the segment is for: SYN-RECEIVED, hashed, locked with bh_lock_sock(), with
 * a reference for the caller and one of its own to its listener. NULL if there is none.
 */
struct sock *xtcp_synq_segment(struct net *net, struct sk_buff *skb,
			       const struct xtcp_tuple *tuple)
{
	struct xtcp_synq *q = xtcp_net(net)->synq;
	enum xtcp_mib why = XTCP_MIB_DropNoSocket;
	struct bucket *b = bucket_of(q, tuple);
	enum xtcp_half_open_verdict verdict = XTCP_HO_DROP;
	struct xtcp_half_open copy, *ho;
	struct xtcp_opts opts;
	struct sock *child;
	u32 mark = 0;

	if (!parse(skb, &opts)) {
		discard(q, skb, XTCP_MIB_DropOptions);
		return NULL;
	}
	spin_lock_bh(&b->lock);
	ho = lookup(b, tuple);
	if (ho && ho->claimed) {
		why = XTCP_MIB_DropBacklog;
	} else if (ho) {
		verdict = xtcp_half_open_rcv(q->xnet, ho, XTCP_CB(skb), &opts, &why);
		if (verdict == XTCP_HO_OPEN)
			ho->claimed = 1;
		else if (verdict == XTCP_HO_DELETE)
			hlist_del(&ho->node);
		mark = READ_ONCE(ho->listener->sk_mark);
		copy = *ho;
	}
	spin_unlock_bh(&b->lock);

	if (verdict == XTCP_HO_OPEN) {
		child = open_child(q, ho, &why);
		if (child)
			return child;
	} else if (verdict == XTCP_HO_DELETE) {
		fail(q, ho, TCP_LISTEN);
	} else if (verdict != XTCP_HO_DROP) {
		xtcp_half_open_answer(q->xnet, &copy, mark, verdict, skb);
	}
	discard(q, skb, why);
	return NULL;
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
	struct bucket *b = bucket_of(q, tuple);
	struct xtcp_half_open *ho;
	bool ours;

	spin_lock_bh(&b->lock);
	ho = lookup(b, tuple);
	ours = ho && ho->isn == seq;
	if (!ours || !hard || ho->claimed)
		ho = NULL;
	else
		hlist_del(&ho->node);
	spin_unlock_bh(&b->lock);

	if (!ours)
		xtcp_mib_inc(q->xnet, DropIcmp);
	if (ho)
		fail(q, ho, TCP_CLOSE);
}

/* All entries of a listener, or all there are. */
static void purge(struct xtcp_synq *q, const struct sock *listener)
{
	struct xtcp_half_open *ho;
	struct hlist_node *next;
	HLIST_HEAD(gone);
	struct bucket *b;

	for (b = q->buckets; b < q->buckets + BUCKETS; b++) {
		spin_lock_bh(&b->lock);
		hlist_for_each_entry_safe(ho, next, &b->head, node) {
			if (listener && ho->listener != listener)
				continue;
			ho->dead = 1;
			if (ho->claimed)
				continue;
			hlist_del(&ho->node);
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
	purge(xtcp_sock_net(listener)->synq, listener);
}

static struct xtcp_half_open *first_due(const struct bucket *b)
{
	struct xtcp_half_open *ho;

	hlist_for_each_entry(ho, &b->head, node) {
		if (!ho->claimed && (s32)((u32)jiffies - ho->expires) >= 0)
			return ho;
	}
	return NULL;
}

/* The next SYN-ACK that is due in a bucket, or the next end of a vain wait; false if none is. */
static bool retry_one(struct xtcp_synq *q, struct bucket *b)
{
	unsigned int limit = clamp(xtcp_sysctl_net(q->xnet, synack_retries), 0,
				   XTCP_HO_RETRIES_MAX);
	struct xtcp_half_open copy, *ho;
	bool expired;
	u32 mark;

	spin_lock_bh(&b->lock);
	ho = first_due(b);
	if (!ho) {
		spin_unlock_bh(&b->lock);
		return false;
	}
	expired = ho->retries >= limit;
	if (expired) {
		hlist_del(&ho->node);
	} else {
		ho->retries++;
		ho->resent = 1;
		ho->expires = jiffies + max(timeout(q, ho->retries), 1U);
	}
	mark = READ_ONCE(ho->listener->sk_mark);
	copy = *ho;
	spin_unlock_bh(&b->lock);

	if (expired) {
		xtcp_mib_inc(q->xnet, SynqExpired);
		fail(q, ho, TCP_CLOSE);
	} else {
		xtcp_mib_inc(q->xnet, SynAckRetrans);
		xtcp_half_open_syn_ack(q->xnet, &copy, mark);
	}
	return true;
}

static void timer_fired(struct timer_list *timer)
{
	struct xtcp_synq *q = container_of(timer, struct xtcp_synq, timer);
	unsigned int i;

	rcu_read_lock();
	for (i = q->slice++ % SLICES; i < BUCKETS; i += SLICES) {
		if (hlist_empty(&q->buckets[i].head))
			continue;
		while (retry_one(q, &q->buckets[i]))
			;
	}
	rcu_read_unlock();
	if (atomic_read(&q->len))
		mod_timer(&q->timer, jiffies + SLICE_JIFFIES);
}

/**
 * xtcp_synq_listener_stats - what a listener has seen
 * @listener: socket
 * @stats: overwritten
 *
 * Context: Any.
 */
void xtcp_synq_listener_stats(const struct sock *listener, struct xtcp_synq_stats *stats)
{
	*stats = (struct xtcp_synq_stats) { };
}

/**
 * xtcp_synq_listener_flood - a listener's last report of its detection of floods
 * @listener: socket
 * @report: overwritten
 *
 * Context: Any.
 */
void xtcp_synq_listener_flood(const struct sock *listener, struct xtcp_flood_report *report)
{
	*report = (struct xtcp_flood_report) {
		.half_open = atomic_read(&xtcp_sk(listener)->synq_len),
	};
}

/* From entry number *skip on; *skip is left behind the one that ended the walk. */
static int visit_bucket(struct bucket *b, u32 *skip,
			int (*fn)(const struct xtcp_half_open *ho, void *arg), void *arg)
{
	struct xtcp_half_open *ho;
	u32 index = 0;
	int ret = 0;

	spin_lock_bh(&b->lock);
	hlist_for_each_entry(ho, &b->head, node) {
		if (index++ < *skip)
			continue;
		ret = fn(ho, arg);
		if (ret)
			break;
	}
	spin_unlock_bh(&b->lock);
	*skip = index;
	return ret;
}

/**
 * xtcp_synq_visit - visit the half-open entries of a namespace
 * @net: namespace
 * @pos: cursor, 0 at the start: bucket in the high 32 bits, index within it in the low ones;
 *	 left behind the last entry that was visited
 * @fn: called under the entry's lock, so it may copy and no more; other than 0 ends the walk
 * @arg: for @fn
 *
 * Entries may come and go between two calls: then one may be missed or visited twice. The cursor
 * never goes back, and within a bucket no further than there may be entries, so every walk ends.
 *
 * Context: Process context, no locks held.
 */
void xtcp_synq_visit(struct net *net, u64 *pos,
		     int (*fn)(const struct xtcp_half_open *ho, void *arg), void *arg)
{
	struct xtcp_synq *q = xtcp_net(net)->synq;
	u32 bucket = upper_32_bits(*pos);
	u32 skip = lower_32_bits(*pos);

	for (; bucket < BUCKETS; bucket++, skip = 0) {
		if (hlist_empty(&q->buckets[bucket].head))
			continue;
		if (visit_bucket(&q->buckets[bucket], &skip, fn, arg))
			break;
		cond_resched();
	}
	*pos = (u64)bucket << 32 | skip;
}

struct fill {
	struct xtcp_proc_line	*lines;
	unsigned int		count;
	unsigned int		max;
};

static int show(const struct xtcp_half_open *ho, void *arg)
{
	struct fill *fill = arg;
	struct xtcp_proc_line *line = &fill->lines[fill->count++];

	line->tuple = ho->tuple;
	line->format = READ_ONCE(xtcp_sk(ho->listener)->format);
	line->state = TCP_SYN_RECV;
	line->timer = XTCP_PROC_TIMER_RTX;
	line->expires = (s32)(ho->expires - (u32)jiffies);
	line->retries = ho->retries;
	line->uid = READ_ONCE(ho->listener->sk_uid);
	line->refs = 1;
	line->object = ho;
	return fill->count == fill->max;
}

/**
 * xtcp_synq_walk - the half-open entries of a namespace for /proc; see xtcp_proc_walk_t
 * @net: namespace
 * @pos: cursor, as xtcp_synq_visit() has it
 * @lines: filled from the first
 * @max: their number
 *
 * Context: Process context, no locks held.
 * Return: number of lines filled, 0 at the end.
 */
unsigned int xtcp_synq_walk(struct net *net, u64 *pos, struct xtcp_proc_line *lines,
			    unsigned int max)
{
	struct fill fill = { .lines = lines, .max = max };

	xtcp_synq_visit(net, pos, show, &fill);
	return fill.count;
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
	struct bucket *b;

	q = kvzalloc(sizeof(*q), GFP_KERNEL);
	if (!q)
		return -ENOMEM;
	q->xnet = xnet;
	timer_setup(&q->timer, timer_fired, 0);
	for (b = q->buckets; b < q->buckets + BUCKETS; b++)
		spin_lock_init(&b->lock);
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
	/* With nothing left it arms itself no more. */
	timer_delete_sync(&q->timer);
	xnet->synq = NULL;
	kvfree(q);
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

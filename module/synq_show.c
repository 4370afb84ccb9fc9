// SPDX-License-Identifier: GPL-2.0
/*
 * The half-open queue as it is shown: entry by entry, to dumps on netlink, and as the lines of
 * /proc.
 */
#include "xtcp.h"
#include "synq_bucket.h"

static int visit_bucket(struct xtcp_synq_bucket *b, struct xtcp_cursor *cursor,
			int (*fn)(const struct xtcp_half_open *ho, void *arg), void *arg)
{
	struct xtcp_half_open *ho;
	struct xtcp_pick pick;
	int ret = 0;

	do {
		spin_lock_bh(&b->lock);
		xtcp_pick_begin(&pick, cursor);
		hlist_for_each_entry(ho, &b->head, node)
			xtcp_pick_add(&pick, ho);
		while (!ret && (ho = xtcp_pick_next(&pick, cursor)))
			ret = fn(ho, arg);
		spin_unlock_bh(&b->lock);
	} while (!ret && !xtcp_pick_is_last(&pick));
	return ret;
}

/**
 * xtcp_synq_visit - visit the half-open entries of a namespace
 * @net: namespace
 * @cursor: zero at the start; left behind the last entry that was visited
 * @fn: called under the entry's lock, so it may copy and no more; other than 0 ends the walk
 * @arg: for @fn
 *
 * Entries may come and go meanwhile; whatever stays is visited once. The cursor never goes back, so
 * every walk ends.
 *
 * Context: Process context, no locks held.
 */
void xtcp_synq_visit(struct net *net, struct xtcp_cursor *cursor,
		     int (*fn)(const struct xtcp_half_open *ho, void *arg), void *arg)
{
	struct xtcp_synq *q = xtcp_net(net)->synq;
	struct xtcp_synq_bucket *b;

	/* Pairs with xtcp_synq_prepare(). */
	if (!smp_load_acquire(&q->buckets))
		return;
	for (; cursor->bucket <= q->mask; xtcp_cursor_advance(cursor)) {
		b = &q->buckets[cursor->bucket];
		if (hlist_empty(&b->head))
			continue;
		if (visit_bucket(b, cursor, fn, arg))
			return;
		cond_resched();
	}
}

struct fill {
	struct xtcp_proc_line	*lines;
	unsigned int		count;
	unsigned int		max;
};

static void show(const struct xtcp_half_open *ho, struct xtcp_proc_line *line)
{
	line->tuple = ho->tuple;
	line->format = READ_ONCE(xtcp_sk(ho->listener)->format);
	line->state = TCP_SYN_RECV;
	line->timer = XTCP_PROC_TIMER_RTX;
	line->expires = (s32)(ho->expires - (u32)jiffies);
	line->retries = ho->retries;
	line->uid = READ_ONCE(ho->listener->sk_uid);
	line->refs = 1;
	line->object = ho;
	line->ident = xtcp_synq_ident(ho);
}

static int show_next(const struct xtcp_half_open *ho, void *arg)
{
	struct fill *fill = arg;

	show(ho, &fill->lines[fill->count++]);
	return fill->count == fill->max;
}

/**
 * xtcp_synq_walk - the half-open entries of a namespace for /proc; see xtcp_proc_walk_t
 * @net: namespace
 * @cursor: as xtcp_synq_visit() has it
 * @lines: filled from the first
 * @max: their number
 *
 * Context: Process context, no locks held.
 * Return: number of lines filled, 0 at the end.
 */
unsigned int xtcp_synq_walk(struct net *net, struct xtcp_cursor *cursor,
			    struct xtcp_proc_line *lines, unsigned int max)
{
	struct fill fill = { .lines = lines, .max = max };

	xtcp_synq_visit(net, cursor, show_next, &fill);
	return fill.count;
}

/**
 * xtcp_synq_show - the half-open entry of a tuple as /proc has it
 * @net: namespace
 * @tuple: as seen from this host
 * @line: filled; zeroed by the caller
 *
 * Context: Any.
 * Return: whether there is one.
 */
bool xtcp_synq_show(struct net *net, const struct xtcp_tuple *tuple, struct xtcp_proc_line *line)
{
	struct xtcp_synq *q = xtcp_net(net)->synq;
	struct xtcp_synq_bucket *b = xtcp_synq_bucket(q, xtcp_tuple_hash(net, tuple));
	const struct xtcp_half_open *ho;

	if (!b)
		return false;
	spin_lock_bh(&b->lock);
	ho = xtcp_synq_lookup(b, tuple);
	if (ho)
		show(ho, line);
	spin_unlock_bh(&b->lock);
	return ho;
}

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where half-open entries lie, and how they are found there: for synq.c, whose they are, and
 * synq_show.c, which reads them.
 */
#ifndef _XTCP_SYNQ_BUCKET_H
#define _XTCP_SYNQ_BUCKET_H

#include <linux/atomic.h>
#include <linux/list.h>
#include <linux/lockdep.h>
#include <linux/spinlock.h>
#include <linux/timer.h>

#include "xtcp.h"
#include "halfopen.h"

struct xtcp_synq_bucket {
	spinlock_t		lock;	/* leaf, BH */
	struct hlist_head	head;	/* lock; the newest first */
	struct hlist_head	saved;	/* lock; SYNs of entries whose listener wants them */
};

/**
 * struct xtcp_synq - a namespace's half-open queue
 * @xnet: the namespace
 * @timer: SYN-ACK retries, and the listeners' floods; runs while there is anything to look at
 * @slice: of the buckets, whose turn is next; the timer's
 * @len: number of entries, and of those that are being made; of SYNs, how many they might be
 * @mask: number of buckets less one
 * @buckets: entries by tuple; NULL until the first listen(), constant afterwards
 */
struct xtcp_synq {
	struct xtcp_net		*xnet;
	struct timer_list	timer;
	unsigned int		slice;
	atomic_t		len;
	u32			mask;
	struct xtcp_synq_bucket	*buckets;
};

static inline struct xtcp_synq_bucket *xtcp_synq_bucket(struct xtcp_synq *q, u32 hash)
{
	/* Pairs with xtcp_synq_prepare(). */
	struct xtcp_synq_bucket *buckets = smp_load_acquire(&q->buckets);

	return buckets ? &buckets[hash & q->mask] : NULL;
}

static inline struct xtcp_half_open *xtcp_synq_lookup(struct xtcp_synq_bucket *b,
						      const struct xtcp_tuple *tuple)
{
	struct xtcp_half_open *ho;

	lockdep_assert_held(&b->lock);
	hlist_for_each_entry(ho, &b->head, node) {
		if (xtcp_tuple_equal(&ho->tuple, tuple))
			return ho;
	}
	return NULL;
}

/* The same all its life; an entry with the same tuple that is made later has another. */
static inline u64 xtcp_synq_ident(const struct xtcp_half_open *ho)
{
	return xtcp_tuple_ident(&ho->tuple, (u64)ho->irs << 32 | ho->isn, ho->sent_us);
}

#endif /* _XTCP_SYNQ_BUCKET_H */

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Ephemeral ports: which to try next, in constant time however many are taken.
 */
#ifndef _XTCP_POOL_H
#define _XTCP_POOL_H

#include <linux/spinlock.h>
#include <linux/types.h>

/* What is known of a port. A hint: only a lease makes a port anybody's. */
enum xtcp_pool_part {
	XTCP_POOL_FREE,		/* to be tried */
	XTCP_POOL_FOREIGN,	/* not ours when last tried: the kernel's, or reserved */
	XTCP_POOL_TAKEN,	/* under a lease */
	XTCP_POOL_PARTS
};

/**
 * struct xtcp_pool - the ephemeral ports of one carrier in one namespace, sorted by what they are
 * @lock: leaf, process context; protects the rest
 * @ports: every port once, less @low, the parts one behind the other
 * @places: where in @ports each is
 * @end: one past the last place of each part; of the last part: number of ports
 * @low: first port of the range, host order
 * @forgiven: jiffies when @ports was made or the foreign ports were last taken for free
 */
struct xtcp_pool {
	spinlock_t	lock;			/* leaf */
	u16		*ports;			/* lock */
	u16		*places;		/* lock; the second half of @ports' memory */
	u32		end[XTCP_POOL_PARTS];	/* lock */
	u16		low;			/* lock */
	unsigned long	forgiven;		/* lock */
};

void xtcp_pool_init(struct xtcp_pool *pool);
void xtcp_pool_destroy(struct xtcp_pool *pool);
int xtcp_pool_prepare(struct xtcp_pool *pool, u16 low, u16 high);
u32 xtcp_pool_size(struct xtcp_pool *pool, enum xtcp_pool_part part);
u16 xtcp_pool_peek(struct xtcp_pool *pool, enum xtcp_pool_part part, u32 nth);
void xtcp_pool_move(struct xtcp_pool *pool, u16 port, enum xtcp_pool_part to);

#endif /* _XTCP_POOL_H */

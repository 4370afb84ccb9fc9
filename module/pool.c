// SPDX-License-Identifier: GPL-2.0
/*
 * Ephemeral ports: a permutation of the range, cut into parts; a port changes parts by swaps.
 */
#include <linux/errno.h>
#include <linux/jiffies.h>
#include <linux/minmax.h>
#include <linux/mm.h>

#include "pool.h"

/* The kernel's TIME-WAIT: by then most ports that it had are worth another try. */
#define FORGIVE_AFTER	(60 * HZ)

/**
 * xtcp_pool_init - an empty pool; xtcp_pool_prepare() fills it
 * @pool: pool
 */
void xtcp_pool_init(struct xtcp_pool *pool)
{
	spin_lock_init(&pool->lock);
}

/**
 * xtcp_pool_destroy - free a pool's memory
 * @pool: pool; nobody uses it any more
 */
void xtcp_pool_destroy(struct xtcp_pool *pool)
{
	kvfree(pool->ports);
	pool->ports = NULL;
}

static u32 part_start(const struct xtcp_pool *pool, enum xtcp_pool_part part)
{
	return part ? pool->end[part - 1] : 0;
}

static bool has_range(const struct xtcp_pool *pool, u16 low, u32 count)
{
	return pool->ports && pool->low == low && pool->end[XTCP_POOL_TAKEN] == count;
}

/* Foreign ports are found out again and again, so that a few free ones do not serve for ever. */
static void forgive(struct xtcp_pool *pool)
{
	if (time_before(jiffies, pool->forgiven + FORGIVE_AFTER))
		return;
	pool->end[XTCP_POOL_FREE] = pool->end[XTCP_POOL_FOREIGN];
	pool->forgiven = jiffies;
}

/* Every port counts as free; whoever tries a leased one moves it. */
static u16 *fill(u32 count)
{
	u16 *ports = kvmalloc_array(count, 2 * sizeof(*ports), GFP_KERNEL_ACCOUNT);
	u32 i;

	if (!ports)
		return NULL;
	for (i = 0; i < count; i++) {
		ports[i] = i;
		ports[count + i] = i;
	}
	return ports;
}

/**
 * xtcp_pool_prepare - make a pool cover a range, and fit to be picked from
 * @pool: pool
 * @low: first port, not 0
 * @high: last port, not below @low
 *
 * Return: 0 or -ENOMEM. Context: process.
 */
int xtcp_pool_prepare(struct xtcp_pool *pool, u16 low, u16 high)
{
	u32 count = high - low + 1;
	u16 *ports;
	bool same;

	spin_lock(&pool->lock);
	same = has_range(pool, low, count);
	if (same)
		forgive(pool);
	spin_unlock(&pool->lock);
	if (same)
		return 0;

	ports = fill(count);
	if (!ports)
		return -ENOMEM;

	spin_lock(&pool->lock);
	/* Another may have been faster. */
	if (!has_range(pool, low, count)) {
		swap(pool->ports, ports);
		pool->places = pool->ports + count;
		pool->low = low;
		pool->end[XTCP_POOL_FREE] = count;
		pool->end[XTCP_POOL_FOREIGN] = count;
		pool->end[XTCP_POOL_TAKEN] = count;
		pool->forgiven = jiffies;
	}
	spin_unlock(&pool->lock);
	kvfree(ports);
	return 0;
}

/**
 * xtcp_pool_size - number of ports in a part
 * @pool: pool
 * @part: which
 *
 * Return: as of now; 0 of a pool that was never prepared. Context: process.
 */
u32 xtcp_pool_size(struct xtcp_pool *pool, enum xtcp_pool_part part)
{
	u32 size;

	spin_lock(&pool->lock);
	size = pool->end[part] - part_start(pool, part);
	spin_unlock(&pool->lock);
	return size;
}

/**
 * xtcp_pool_peek - one port of a part
 * @pool: pool
 * @part: which
 * @nth: any number, random or counting up; taken modulo the part's size
 *
 * With a random @nth this is RFC 6056 3.3.1, but never tries a port that is known to be taken.
 *
 * Return: port, host order, or 0 if the part is empty. Context: process.
 */
u16 xtcp_pool_peek(struct xtcp_pool *pool, enum xtcp_pool_part part, u32 nth)
{
	u16 port = 0;
	u32 start;
	u32 size;

	spin_lock(&pool->lock);
	start = part_start(pool, part);
	size = pool->end[part] - start;
	if (size)
		port = pool->low + pool->ports[start + nth % size];
	spin_unlock(&pool->lock);
	return port;
}

static void exchange(struct xtcp_pool *pool, u32 a, u32 b)
{
	swap(pool->ports[a], pool->ports[b]);
	pool->places[pool->ports[a]] = a;
	pool->places[pool->ports[b]] = b;
}

/**
 * xtcp_pool_move - a port has become free, foreign or taken
 * @pool: pool
 * @port: host order; one outside the range is ignored
 * @to: what it is now
 *
 * Constant time: the port goes to the border of its part and the border passes over it.
 * Context: process.
 */
void xtcp_pool_move(struct xtcp_pool *pool, u16 port, enum xtcp_pool_part to)
{
	enum xtcp_pool_part part = XTCP_POOL_FREE;
	u32 place;
	u32 next;

	spin_lock(&pool->lock);
	if (port < pool->low || port - pool->low >= pool->end[XTCP_POOL_TAKEN])
		goto out;

	place = pool->places[port - pool->low];
	while (place >= pool->end[part])
		part++;
	for (; part < to; part++) {
		next = --pool->end[part];
		exchange(pool, place, next);
		place = next;
	}
	for (; part > to; part--) {
		next = pool->end[part - 1]++;
		exchange(pool, place, next);
		place = next;
	}
out:
	spin_unlock(&pool->lock);
}

// SPDX-License-Identifier: GPL-2.0
/*
 * Which packet sizes to probe a path with, and what follows from what becomes of the probes.
 *
 * Packets of @low bytes get through, larger ones than @high do not, and probes close in on what
 * lies between. Sizes are those of whole IP packets: so they stay what they are when the options of
 * a segment change.
 */
#include <linux/limits.h>
#include <linux/minmax.h>

#include "plpmtud.h"
#include "seq.h"

static void search(struct xtcp_plpmtud *pl, u32 high, bool top)
{
	pl->state = XTCP_PLPMTUD_SEARCH;
	pl->high = max(high, pl->low);
	pl->tries = 0;
	pl->top = top;
}

/**
 * xtcp_plpmtud_start - trust nothing but what every path takes, and probe for more
 * @pl: the search
 * @base: size to begin with, bytes
 * @path: what the routing says that the path takes, bytes
 *
 * Source: RFC 4821 7.2, RFC 8899 5.2 (BASE).
 */
void xtcp_plpmtud_start(struct xtcp_plpmtud *pl, u32 base, u32 path)
{
	*pl = (struct xtcp_plpmtud){
		.low = min(base, path),
	};
	search(pl, path, true);
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_plpmtud_start);

/**
 * xtcp_plpmtud_black_hole - a packet was sent again and again, and never arrived
 * @pl: the search, perhaps off so far
 * @sent: the packet's size, bytes
 * @base: size to fall to, bytes
 * @least: size that not even those who stay silent at @base are sent less than, bytes
 *
 * It may also have been the whole path that was down. So what is larger is not given up: it is
 * searched through again once something arrives.
 *
 * Source: RFC 4821 7.7, RFC 8899 4.3.
 *
 * Return: false if nothing changes: the packet was small enough to get through any path.
 */
bool xtcp_plpmtud_black_hole(struct xtcp_plpmtud *pl, u32 sent, u32 base, u32 least)
{
	u32 low = sent > base ? base : max(sent / 2, least);
	u32 high = sent - 1;

	if (low >= sent)
		return false;
	/* The second fall in a row: what silenced the path was not its MTU, or not alone. */
	if (pl->state != XTCP_PLPMTUD_OFF && sent <= base)
		high = max(high, pl->high);
	pl->size = 0;
	pl->low = low;
	search(pl, high, false);
	return true;
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_plpmtud_black_hole);

/**
 * xtcp_plpmtud_path - the routing says something new of the path
 * @pl: the search
 * @before: what it said so far, bytes; 0: nothing
 * @path: what it takes now, bytes
 *
 * The new size is the likeliest: it is probed first.
 *
 * Source: RFC 8899 4.6.1.
 */
void xtcp_plpmtud_path(struct xtcp_plpmtud *pl, u32 before, u32 path)
{
	if (pl->state == XTCP_PLPMTUD_OFF || path == before)
		return;
	pl->low = min(pl->low, path);
	if (path > before || path <= pl->high)
		search(pl, path, true);
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_plpmtud_path);

/**
 * xtcp_plpmtud_next - the size of the next probe
 * @pl: the search
 * @path: what the routing says that the path takes, bytes
 * @most: largest packet that may be sent at all, bytes: also the peer's limit counts
 * @interval_s: from the end of a search to the beginning of the next, seconds
 * @now_s: any clock, seconds
 *
 * Source: RFC 4821 7.3 and 7.4, RFC 8899 5.3.
 *
 * Return: bytes; 0 if none is to be sent now.
 */
u32 xtcp_plpmtud_next(struct xtcp_plpmtud *pl, u32 path, u32 most, u32 interval_s, u32 now_s)
{
	u32 high;

	if (pl->state == XTCP_PLPMTUD_OFF || pl->size)
		return 0;
	if (pl->state == XTCP_PLPMTUD_DONE) {
		if (now_s - pl->done_s < interval_s)
			return 0;
		search(pl, path, true);
	}
	high = min(pl->high, most);
	if (high <= pl->low || (!pl->top && high - pl->low < XTCP_PLPMTUD_STEP)) {
		pl->state = XTCP_PLPMTUD_DONE;
		pl->done_s = now_s;
		return 0;
	}
	return pl->top ? high : pl->low + (high - pl->low + 1) / 2;
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_plpmtud_next);

/**
 * xtcp_plpmtud_sent - a probe goes out
 * @pl: the search, without a probe in flight
 * @size: from xtcp_plpmtud_next()
 * @seq: its first sequence number
 * @end: one past its last
 */
void xtcp_plpmtud_sent(struct xtcp_plpmtud *pl, u32 size, u32 seq, u32 end)
{
	pl->size = size;
	pl->seq = seq;
	pl->end = end;
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_plpmtud_sent);

/**
 * xtcp_plpmtud_acked - something is acknowledged, perhaps the probe
 * @pl: the search
 * @una: first sequence number that is not
 *
 * Source: RFC 4821 7.6.1.
 *
 * Return: true if the probe got through: packets may be larger from now on.
 */
bool xtcp_plpmtud_acked(struct xtcp_plpmtud *pl, u32 una)
{
	if (!pl->size || xtcp_seq_lt(una, pl->end))
		return false;
	/* What came through before the path changed says nothing of it now. */
	pl->low = max(pl->low, min(pl->size, pl->high));
	pl->size = 0;
	pl->tries = 0;
	pl->top = false;
	return true;
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_plpmtud_acked);

/**
 * xtcp_plpmtud_lost - the probe did not get through
 * @pl: the search
 * @alone: it is lost, and nothing else is: otherwise congestion may be why
 *
 * A packet may be lost by chance, so that one proves nothing. The first shot at the top is another
 * matter: what lies just below it is searched in any case.
 *
 * Source: RFC 4821 7.6.2 and 7.6.3, RFC 8899 5.1.2 (MAX_PROBES).
 */
void xtcp_plpmtud_lost(struct xtcp_plpmtud *pl, bool alone)
{
	u32 size = pl->size;

	pl->size = 0;
	if (!size || !alone)
		return;
	if (!pl->top && ++pl->tries < XTCP_PLPMTUD_PROBES)
		return;
	pl->high = max(min(pl->high, size - 1), pl->low);
	pl->tries = 0;
	pl->top = false;
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_plpmtud_lost);

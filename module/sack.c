// SPDX-License-Identifier: GPL-2.0
/* Selective acknowledgment: what an ACK says of data that waits beyond a gap. */
#include <linux/minmax.h>
#include <linux/string.h>

#include "sack.h"
#include "seq.h"

/**
 * xtcp_sack_clear - nothing is held any more
 * @list: of the connection
 */
void xtcp_sack_clear(struct xtcp_sack_list *list)
{
	*list = (struct xtcp_sack_list){};
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_sack_clear);

static bool touch(const struct xtcp_sack_block *a, const struct xtcp_sack_block *b)
{
	return xtcp_seq_le(a->start, b->end) && xtcp_seq_le(b->start, a->end);
}

/**
 * xtcp_sack_held - a segment is kept beyond a gap
 * @list: of the connection
 * @block: the block that it is part of now, as far as the caller knows
 *
 * It goes to the front, and takes in all that it touches. RFC 2018 4: "The first SACK block ...
 * MUST specify the contiguous block of data containing the segment which triggered this ACK".
 */
void xtcp_sack_held(struct xtcp_sack_list *list, const struct xtcp_sack_block *block)
{
	struct xtcp_sack_block merged = *block;
	struct xtcp_sack_block rest[XTCP_SACK_BLOCKS];
	unsigned int i, count = 0;

	for (i = 0; i < list->count; i++) {
		if (touch(&list->block[i], &merged)) {
			merged.start = xtcp_seq_min(merged.start, list->block[i].start);
			merged.end = xtcp_seq_max(merged.end, list->block[i].end);
		} else {
			rest[count++] = list->block[i];
		}
	}
	count = min_t(unsigned int, count, XTCP_SACK_BLOCKS - 1);
	list->block[0] = merged;
	memcpy(list->block + 1, rest, count * sizeof(*rest));
	list->count = count + 1;
	list->news = true;
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_sack_held);

/**
 * xtcp_sack_dup - something has come that had been received before
 * @list: of the connection
 * @start: its first sequence number
 * @end: one past its last
 *
 * Source: RFC 2883 4.
 */
void xtcp_sack_dup(struct xtcp_sack_list *list, u32 start, u32 end)
{
	list->dup = (struct xtcp_sack_block){ start, end };
	list->news = true;
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_sack_dup);

/**
 * xtcp_sack_upto - everything before a sequence number is acknowledged as such
 * @list: of the connection
 * @rcv_nxt: next sequence number expected
 */
void xtcp_sack_upto(struct xtcp_sack_list *list, u32 rcv_nxt)
{
	unsigned int i, count = 0;

	for (i = 0; i < list->count; i++)
		if (xtcp_seq_gt(list->block[i].start, rcv_nxt))
			list->block[count++] = list->block[i];
	list->count = count;
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_sack_upto);

/**
 * xtcp_sack_tell - put it into a segment's options
 * @list: of the connection; what it has of news is none from now on
 * @opts: the options, all others being there already
 * @most: blocks that there is room for; their own space is opt.c's to watch
 *
 * What has come twice goes first, and is told once (RFC 2883 4, points 1 and 2).
 */
void xtcp_sack_tell(struct xtcp_sack_list *list, struct xtcp_opts *opts, unsigned int most)
{
	unsigned int i;

	opts->sacks = 0;
	most = min_t(unsigned int, most, XTCP_SACK_BLOCKS);
	if (!most)
		return;
	if (list->dup.start != list->dup.end)
		opts->sack[opts->sacks++] = list->dup;
	for (i = 0; i < list->count && opts->sacks < most; i++)
		opts->sack[opts->sacks++] = list->block[i];
	if (opts->sacks)
		opts->seen |= XTCP_OPT_SACK;
	list->dup = (struct xtcp_sack_block){};
	list->news = false;
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_sack_tell);

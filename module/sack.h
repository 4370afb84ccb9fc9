/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_SACK_H
#define _XTCP_SACK_H

#include <linux/types.h>

#include "opt.h"

/**
 * struct xtcp_sack_list - what our next ACK says of data beyond a gap
 * @block: what we hold, in blocks that do not touch each other, the one that changed last first;
 *	   of more than there is room for, the ones that changed longest ago are forgotten
 * @dup: what has come twice (RFC 2883); empty if it has been told
 * @count: valid entries of @block
 * @news: there is something that no ACK has told
 */
struct xtcp_sack_list {
	struct xtcp_sack_block	block[XTCP_SACK_BLOCKS];
	struct xtcp_sack_block	dup;
	u8			count;
	bool			news;
};

void xtcp_sack_clear(struct xtcp_sack_list *list);
void xtcp_sack_held(struct xtcp_sack_list *list, const struct xtcp_sack_block *block);
void xtcp_sack_dup(struct xtcp_sack_list *list, u32 start, u32 end);
void xtcp_sack_upto(struct xtcp_sack_list *list, u32 rcv_nxt);
void xtcp_sack_tell(struct xtcp_sack_list *list, struct xtcp_opts *opts, unsigned int most);

#endif /* _XTCP_SACK_H */

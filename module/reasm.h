/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_REASM_H
#define _XTCP_REASM_H

#include <linux/rbtree.h>
#include <linux/skbuff.h>
#include <linux/types.h>

#include "opt.h"

struct sock;

/* Most segments kept beyond gaps, however small they are. */
#define XTCP_REASM_NODES_MAX	8192
/* Neighbours that are looked at, either way, to tell how far a block reaches. */
#define XTCP_REASM_WALK_MAX	16

/**
 * struct xtcp_reasm - received data: in order, and what waits for a gap to close
 * @inorder: the socket's receive queue, readable bytes up to @rcv_nxt
 * @ooo: segments above @rcv_nxt, by sequence number; socket lock
 * @rcv_nxt: next sequence number expected; counts the FIN once it is in order
 * @ooo_bytes: truesize of what is in @ooo
 * @ooo_nodes: number of segments in @ooo
 * @fin: a FIN has been reached in order
 *
 * A queued segment's cb says which sequence numbers it holds. Overlaps are not cut
 * out of the data: whoever reads skips what it has. In @inorder every segment has
 * end_seq == seq + len: a FIN that is in order is in @fin and @rcv_nxt alone; the last
 * one ends at @rcv_nxt, but for that.
 */
struct xtcp_reasm {
	struct sk_buff_head	*inorder;
	struct rb_root		ooo;
	u32			rcv_nxt;
	u32			ooo_bytes;
	u16			ooo_nodes;
	bool			fin;
};

enum xtcp_reasm_verdict {
	XTCP_REASM_INORDER,	/* rcv_nxt moved */
	XTCP_REASM_FILLED,	/* rcv_nxt moved and joined what had waited */
	XTCP_REASM_OOO,		/* kept beyond a gap */
	XTCP_REASM_DUP,		/* nothing new: not taken */
	XTCP_REASM_FULL,	/* no room beyond the gap: not taken */
};

bool xtcp_reasm_packs(u32 len, u32 truesize);
void xtcp_reasm_init(struct xtcp_reasm *r, struct sk_buff_head *inorder);
enum xtcp_reasm_verdict xtcp_reasm_add(struct xtcp_reasm *r, struct sock *sk,
				       struct sk_buff *skb, u32 ooo_bytes_max);
bool xtcp_reasm_block(const struct xtcp_reasm *r, u32 seq, struct xtcp_sack_block *block);
bool xtcp_reasm_byte(const struct xtcp_reasm *r, u32 seq, u8 *byte);
void xtcp_reasm_purge(struct xtcp_reasm *r);

#endif /* _XTCP_REASM_H */

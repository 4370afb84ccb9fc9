// SPDX-License-Identifier: GPL-2.0
/* Received data: put in order, and kept beyond gaps within bounds. */
#include <linux/sizes.h>
#include <linux/skbuff.h>
#include <net/sock.h>

#include "reasm.h"
#include "seq.h"
#include "sock.h"

/* Bytes of data in what short segments are copied to; with its bookkeeping a page, mostly. */
#define PACK_SIZE	((u32)SKB_WITH_OVERHEAD(SZ_4K))

/*
 * The tree is kept so that, from left to right, both first and last sequence numbers grow: what
 * another segment holds as a whole is not kept. So the neighbours of a place tell all about it.
 */

/**
 * xtcp_reasm_init - start empty
 * @r: the reassembly; the caller sets rcv_nxt once the peer's ISN is known
 * @inorder: where readable segments go
 */
void xtcp_reasm_init(struct xtcp_reasm *r, struct sk_buff_head *inorder)
{
	*r = (struct xtcp_reasm){
		.inorder = inorder,
		.ooo = RB_ROOT,
	};
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_reasm_init);

/* Bytes of @from have been added to @to: the last one says when they came. */
static void reasm_stamp(struct sk_buff *to, const struct sk_buff *from)
{
	if (!from->tstamp && !skb_shinfo(from)->hwtstamps.hwtstamp)
		return;
	to->tstamp = from->tstamp;
	*skb_hwtstamps(to) = skb_shinfo(from)->hwtstamps;
}

/*
 * Moves the bytes of @from behind those of @to and frees @from, if they follow upon each other and
 * the buffers allow it. Nothing may follow a FIN.
 */
static bool reasm_coalesce(struct sock *sk, struct sk_buff *to, struct sk_buff *from)
{
	bool stolen;
	int delta;

	if (XTCP_CB(to)->end_seq != XTCP_CB(from)->seq || (XTCP_CB(to)->flags & XTCP_FIN))
		return false;
	if (!skb_try_coalesce(to, from, &stolen, &delta))
		return false;
	XTCP_CB(to)->end_seq = XTCP_CB(from)->end_seq;
	XTCP_CB(to)->flags |= XTCP_CB(from)->flags & (XTCP_FIN | XTCP_PSH);
	reasm_stamp(to, from);
	if (sk) {
		/* before @from gives its charge back: never less charged than held */
		atomic_add(delta, &sk->sk_rmem_alloc);
		sk_mem_charge(sk, delta);
	}
	kfree_skb_partial(from, stolen);
	return true;
}

/**
 * xtcp_reasm_packs - whether a segment is so short that it is copied together with others
 * @len: bytes of data
 * @truesize: bytes of memory
 *
 * A third of a pack at most: so packs, which are full to two thirds at least, take less than twice
 * the memory of their data.
 *
 * Return: true if it is that where it has to wait for the reader behind others.
 */
bool xtcp_reasm_packs(u32 len, u32 truesize)
{
	return len <= PACK_SIZE / 3 && truesize > 2 * len;
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_reasm_packs);

/* Copies what of @skb follows on @to, if there is room behind it. */
static bool reasm_append(struct sk_buff *to, const struct sk_buff *skb)
{
	u32 offset = XTCP_CB(to)->end_seq - XTCP_CB(skb)->seq;
	u32 len = skb->len - offset;

	if (skb_cloned(to) || len > skb_tailroom(to) ||
	    skb_copy_bits(skb, offset, skb_tail_pointer(to), len))
		return false;
	skb_put(to, len);
	XTCP_CB(to)->end_seq = XTCP_CB(skb)->end_seq;
	XTCP_CB(to)->flags |= XTCP_CB(skb)->flags & XTCP_PSH;
	reasm_stamp(to, skb);
	return true;
}

/* An empty one that is to begin where @tail ends. */
static struct sk_buff *reasm_new_pack(struct sock *sk, const struct sk_buff *tail)
{
	struct sk_buff *pack = alloc_skb(PACK_SIZE, GFP_ATOMIC | __GFP_NOWARN);

	if (!pack)
		return NULL;
	if (sk && !sk_rmem_schedule(sk, pack, pack->truesize)) {
		kfree_skb(pack);
		return NULL;
	}
	memset(XTCP_CB(pack), 0, sizeof(struct xtcp_cb));
	XTCP_CB(pack)->seq = XTCP_CB(tail)->end_seq;
	XTCP_CB(pack)->end_seq = XTCP_CB(tail)->end_seq;
	if (sk)
		skb_set_owner_r(pack, sk);
	return pack;
}

/*
 * A sender of single bytes must not make each of them take the memory of a packet, while they wait
 * for a reader: that would be the more, the less it reads.
 */
static bool reasm_pack(struct xtcp_reasm *r, struct sock *sk, struct sk_buff *tail,
		       const struct sk_buff *skb)
{
	struct sk_buff *pack;

	if (!xtcp_reasm_packs(skb->len, skb->truesize))
		return false;
	if (reasm_append(tail, skb))
		return true;
	pack = reasm_new_pack(sk, tail);
	if (!pack)
		return false;
	if (!reasm_append(pack, skb)) {
		kfree_skb(pack);
		return false;
	}
	__skb_queue_tail(r->inorder, pack);
	return true;
}

/* Takes a segment that begins at or below rcv_nxt and ends above it. */
static void reasm_take(struct xtcp_reasm *r, struct sock *sk, struct sk_buff *skb)
{
	struct sk_buff *tail = skb_peek_tail(r->inorder);
	struct xtcp_cb *cb = XTCP_CB(skb);
	u32 rcv_nxt = r->rcv_nxt;

	r->rcv_nxt = cb->end_seq;
	if (cb->flags & XTCP_FIN) {
		/* The queue holds data; the FIN is r->fin from here on. */
		r->fin = true;
		cb->flags &= ~XTCP_FIN;
		cb->end_seq--;
	}
	if (cb->end_seq == rcv_nxt) {
		consume_skb(skb);
		return;
	}
	if (tail && reasm_pack(r, sk, tail, skb))
		consume_skb(skb);
	else if (!tail || !reasm_coalesce(sk, tail, skb))
		__skb_queue_tail(r->inorder, skb);
}

static void reasm_unlink(struct xtcp_reasm *r, struct sk_buff *skb)
{
	rb_erase(&skb->rbnode, &r->ooo);
	/* The node lay over these. */
	skb->next = NULL;
	skb->prev = NULL;
	skb->dev = NULL;
	r->ooo_bytes -= skb->truesize;
	r->ooo_nodes--;
}

/* Takes what waited and is in order now; behind a FIN nothing is. */
static bool reasm_fill(struct xtcp_reasm *r, struct sock *sk)
{
	struct sk_buff *skb;
	bool filled = false;

	while (!r->fin) {
		skb = skb_rb_first(&r->ooo);
		if (!skb || xtcp_seq_gt(XTCP_CB(skb)->seq, r->rcv_nxt))
			return filled;
		reasm_unlink(r, skb);
		if (xtcp_seq_le(XTCP_CB(skb)->end_seq, r->rcv_nxt)) {
			consume_skb(skb);
		} else {
			reasm_take(r, sk, skb);
			filled = true;
		}
	}
	xtcp_reasm_purge(r);
	return filled;
}

/* Where a segment belongs in the tree; *prev is its left neighbour, which begins before it. */
static struct rb_node **reasm_place(struct xtcp_reasm *r, u32 seq, struct rb_node **parent,
				    struct sk_buff **prev)
{
	struct rb_node **p = &r->ooo.rb_node;

	*parent = NULL;
	*prev = NULL;
	while (*p) {
		*parent = *p;
		if (xtcp_seq_le(seq, XTCP_CB(rb_to_skb(*parent))->seq)) {
			p = &(*parent)->rb_left;
		} else {
			*prev = rb_to_skb(*parent);
			p = &(*parent)->rb_right;
		}
	}
	return p;
}

/* Whether the neighbours hold all of it, if it is anything, or say that the stream ends before. */
static bool reasm_is_dup(const struct xtcp_cb *cb, struct sk_buff *prev, struct sk_buff *next)
{
	u32 held = cb->seq;

	if (prev && (XTCP_CB(prev)->flags & XTCP_FIN))
		return true;
	if (prev)
		held = xtcp_seq_max(held, XTCP_CB(prev)->end_seq);
	if (next && xtcp_seq_le(XTCP_CB(next)->seq, held))
		held = xtcp_seq_max(held, XTCP_CB(next)->end_seq);
	return xtcp_seq_le(cb->end_seq, held);
}

/* Frees the right neighbours that @skb holds as a whole. */
static void reasm_drop_covered(struct xtcp_reasm *r, struct sk_buff *skb)
{
	struct sk_buff *next;

	while ((next = skb_rb_next(skb)) &&
	       xtcp_seq_le(XTCP_CB(next)->end_seq, XTCP_CB(skb)->end_seq)) {
		reasm_unlink(r, next);
		consume_skb(next);
	}
}

/* Keeps a segment that begins above rcv_nxt. */
static enum xtcp_reasm_verdict reasm_keep(struct xtcp_reasm *r, struct sock *sk,
					  struct sk_buff *skb, u32 ooo_bytes_max)
{
	struct sk_buff *prev, *next;
	struct rb_node **p, *parent;
	unsigned int truesize;

	p = reasm_place(r, XTCP_CB(skb)->seq, &parent, &prev);
	next = prev ? skb_rb_next(prev) : skb_rb_first(&r->ooo);
	if (reasm_is_dup(XTCP_CB(skb), prev, next))
		return XTCP_REASM_DUP;
	if ((u64)r->ooo_bytes + skb->truesize > ooo_bytes_max ||
	    r->ooo_nodes >= XTCP_REASM_NODES_MAX)
		return XTCP_REASM_FULL;

	truesize = prev ? prev->truesize : 0;
	if (prev && reasm_coalesce(sk, prev, skb)) {
		r->ooo_bytes += prev->truesize - truesize;
		skb = prev;
	} else {
		rb_link_node(&skb->rbnode, parent, p);
		rb_insert_color(&skb->rbnode, &r->ooo);
		r->ooo_bytes += skb->truesize;
		r->ooo_nodes++;
	}
	reasm_drop_covered(r, skb);
	return XTCP_REASM_OOO;
}

/**
 * xtcp_reasm_add - take a received segment
 * @r: the reassembly
 * @sk: the socket that @skb is charged to, or NULL where nothing is charged
 * @skb: segment; its data begins at its first byte of data, its cb names the sequence numbers,
 *	 FIN included, and the caller has checked that it lies near the receive window
 * @ooo_bytes_max: most truesize to keep beyond gaps, bytes
 *
 * The stream ends with the FIN that is reached in order; nothing beyond it is taken, and a kept
 * segment that begins beyond a kept FIN is a duplicate. A segment that closes the gap is taken
 * even where there is no room for more beyond one. @skb belongs to the reassembly afterwards,
 * and may be freed already, unless the verdict is %XTCP_REASM_DUP or %XTCP_REASM_FULL.
 *
 * Of a segment in the queue all bytes from copied_seq on are new to the reader; cb.seq may lie
 * below it. The queue's segments hold data: none is empty, and none counts a FIN.
 *
 * Context: socket lock, if there is a socket.
 * Source: RFC 9293 3.10.7.4, seventh and eighth; 3.4.
 *
 * Return: what became of it.
 */
enum xtcp_reasm_verdict xtcp_reasm_add(struct xtcp_reasm *r, struct sock *sk,
				       struct sk_buff *skb, u32 ooo_bytes_max)
{
	struct xtcp_cb *cb = XTCP_CB(skb);

	if (r->fin || xtcp_seq_le(cb->end_seq, r->rcv_nxt))
		return XTCP_REASM_DUP;
	/* A queued segment outlives the device it came by. */
	skb->dev = NULL;
	if (xtcp_seq_gt(cb->seq, r->rcv_nxt))
		return reasm_keep(r, sk, skb, ooo_bytes_max);
	reasm_take(r, sk, skb);
	return reasm_fill(r, sk) ? XTCP_REASM_FILLED : XTCP_REASM_INORDER;
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_reasm_add);

/* The last segment in the tree that begins at or below a sequence number. */
static struct sk_buff *reasm_at(const struct xtcp_reasm *r, u32 seq)
{
	struct rb_node *p = r->ooo.rb_node;
	struct sk_buff *at = NULL;

	while (p) {
		if (xtcp_seq_le(XTCP_CB(rb_to_skb(p))->seq, seq)) {
			at = rb_to_skb(p);
			p = p->rb_right;
		} else {
			p = p->rb_left;
		}
	}
	return at;
}

/**
 * xtcp_reasm_block - the contiguous block beyond a gap that holds a sequence number
 * @r: the reassembly
 * @seq: sequence number
 * @block: filled if there is one; of a block in many small pieces, those around @seq
 *
 * Context: socket lock, if there is a socket.
 * Return: whether it is held.
 */
bool xtcp_reasm_block(const struct xtcp_reasm *r, u32 seq, struct xtcp_sack_block *block)
{
	struct sk_buff *at = reasm_at(r, seq), *skb;
	unsigned int steps;

	if (!at || xtcp_seq_le(XTCP_CB(at)->end_seq, seq))
		return false;
	block->start = XTCP_CB(at)->seq;
	block->end = XTCP_CB(at)->end_seq;
	for (steps = 0, skb = at; steps < XTCP_REASM_WALK_MAX; steps++) {
		skb = skb_rb_prev(skb);
		if (!skb || xtcp_seq_lt(XTCP_CB(skb)->end_seq, block->start))
			break;
		block->start = XTCP_CB(skb)->seq;
	}
	for (steps = 0, skb = at; steps < XTCP_REASM_WALK_MAX; steps++) {
		skb = skb_rb_next(skb);
		if (!skb || xtcp_seq_gt(XTCP_CB(skb)->seq, block->end))
			break;
		block->end = XTCP_CB(skb)->end_seq;
	}
	return true;
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_reasm_block);

/* The segment in order that holds a sequence number below rcv_nxt, if nobody has read it yet. */
static struct sk_buff *reasm_inorder_at(const struct xtcp_reasm *r, u32 seq)
{
	struct sk_buff *skb;

	skb_queue_reverse_walk(r->inorder, skb) {
		if (xtcp_seq_le(XTCP_CB(skb)->seq, seq))
			return skb;
	}
	return NULL;
}

/**
 * xtcp_reasm_byte - look at one byte of what is held, in order or beyond a gap
 * @r: the reassembly
 * @seq: its sequence number
 * @byte: filled if it is held
 *
 * Short where the byte came lately. Context: socket lock, if there is a socket.
 *
 * Return: whether it is held, and is a byte rather than a FIN.
 */
bool xtcp_reasm_byte(const struct xtcp_reasm *r, u32 seq, u8 *byte)
{
	struct sk_buff *at;

	at = xtcp_seq_lt(seq, r->rcv_nxt) ? reasm_inorder_at(r, seq) : reasm_at(r, seq);
	if (!at || seq - XTCP_CB(at)->seq >= at->len)
		return false;
	return !skb_copy_bits(at, seq - XTCP_CB(at)->seq, byte, 1);
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_reasm_byte);

/**
 * xtcp_reasm_purge - free what waits beyond gaps
 * @r: the reassembly
 *
 * What is in order stays for the reader.
 *
 * Context: socket lock, or nobody else knows the socket any more.
 */
void xtcp_reasm_purge(struct xtcp_reasm *r)
{
	struct sk_buff *skb;

	while ((skb = skb_rb_first(&r->ooo))) {
		reasm_unlink(r, skb);
		consume_skb(skb);
	}
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_reasm_purge);

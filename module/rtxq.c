// SPDX-License-Identifier: GPL-2.0
/*
 * What was written and is not acknowledged: the write queue and the retransmit queue.
 *
 * True whenever the socket lock is free, from the SYN (or from the child's birth) to
 * xtcp_rtxq_purge():
 *
 * 1. A segment is in one queue: in xtcp_sock.rtxq if its seq is before snd_nxt, in
 *    sk_write_queue otherwise.
 * 2. Laid end to end, rtxq first, the segments have neither gap nor overlap. They reach from
 *    snd_una to write_seq, and the two queues meet at snd_nxt.
 * 3. So rtxq is empty if and only if snd_una is snd_nxt. Its first segment may begin before
 *    snd_una, if there was no memory to cut the acknowledged part off; none ends there.
 * 4. A segment's end_seq - seq is its bytes of data, plus one for a SYN, plus one for a FIN, and
 *    never 0. A SYN has no data with it, whatever goes out with it (RFC 7413). A FIN is the last
 *    of everything.
 * 5. Data is in page fragments alone, and the fragments of what was never sent have no clone.
 *    A segment in flight may still be below as a clone, which shares the fragment list: whoever
 *    changes the list makes it the segment's own first. The pages may be somebody else's
 *    (zerocopy.c), and a segment that has a user's is counted, as is each part and copy of it.
 * 6. A segment's truesize is what it takes besides its data, plus its bytes of data.
 *    sk_wmem_queued is the sum of all truesizes; the same is charged to the socket's memory.
 * 7. rtxq_bytes is the sum of end_seq - seq over rtxq, lost_bytes over those of it that are
 *    marked lost, sacked_bytes over those that are selectively acknowledged, resent_bytes over
 *    those that were sent again since they were marked lost. No segment is two of the three.
 * 8. A segment of rtxq that is lost is in the list xtcp_sock.lost; one that may be found lost by
 *    its time is in xtcp_sock.sent, where those are in the order of their last transmission.
 */
#include "xtcp.h"

static u32 seq_space(const struct sk_buff *skb)
{
	return XTCP_CB(skb)->end_seq - XTCP_CB(skb)->seq;
}

static void charge(struct sock *sk, int bytes)
{
	sk_wmem_queued_add(sk, bytes);
	if (bytes >= 0)
		sk_mem_charge(sk, bytes);
	else
		sk_mem_uncharge(sk, -bytes);
}

static struct sk_buff *new_segment(const struct sock *sk, gfp_t gfp)
{
	struct sk_buff *skb = alloc_skb_fclone(sk->sk_prot->max_header, gfp);

	if (!skb)
		return NULL;
	skb_reserve(skb, sk->sk_prot->max_header);
	memset(XTCP_CB(skb), 0, sizeof(struct xtcp_cb));
	skb->ip_summed = CHECKSUM_PARTIAL;
	/* The headroom belongs to the clone that goes below, and which writes its headers there. */
	__skb_header_release(skb);
	return skb;
}

/**
 * xtcp_rtxq_alloc - an empty segment, to be filled and queued
 * @sk: socket that is charged for it
 * @gfp: how to allocate
 *
 * Whoever adds data charges it: sk_wmem_schedule(), then sk_mem_charge(),
 * sk_wmem_queued_add() and truesize, a byte for a byte.
 *
 * Context: socket lock.
 * Return: the segment, in no queue, or NULL if there is no memory or the protocol's limit is
 * reached.
 */
struct sk_buff *xtcp_rtxq_alloc(struct sock *sk, gfp_t gfp)
{
	struct sk_buff *skb = new_segment(sk, gfp);

	if (!skb)
		return NULL;
	if (!sk_wmem_schedule(sk, skb->truesize)) {
		kfree_skb(skb);
		return NULL;
	}
	charge(sk, skb->truesize);
	return skb;
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_rtxq_alloc);

/**
 * xtcp_rtxq_free - free a segment that is in no queue
 * @sk: socket that was charged for it
 * @skb: the segment
 *
 * Context: socket lock, or the destructor.
 */
void xtcp_rtxq_free(struct sock *sk, struct sk_buff *skb)
{
	charge(sk, -(int)skb->truesize);
	consume_skb(skb);
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_rtxq_free);

/**
 * xtcp_rtxq_queue - append a segment to the write queue
 * @sk: socket, no FIN queued yet
 * @skb: from xtcp_rtxq_alloc(), with its data; the queue owns it from now on
 * @flags: of %XTCP_SYN, %XTCP_FIN, %XTCP_PSH; the segment is not empty without
 *
 * Context: socket lock.
 */
void xtcp_rtxq_queue(struct sock *sk, struct sk_buff *skb, u8 flags)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);
	struct xtcp_cb *cb = XTCP_CB(skb);

	cb->flags = flags;
	cb->seq = xsk->write_seq;
	cb->end_seq = cb->seq + skb->len + !!(flags & XTCP_SYN) + !!(flags & XTCP_FIN);
	WRITE_ONCE(xsk->write_seq, cb->end_seq);
	__skb_queue_tail(&sk->sk_write_queue, skb);
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_rtxq_queue);

static int queue_empty(struct sock *sk, u8 flag, gfp_t gfp)
{
	struct sk_buff *skb = new_segment(sk, gfp);

	if (!skb)
		return -ENOMEM;
	/*
	 * Beyond the protocol's limit if need be: one small segment, and without it neither end
	 * could give its memory back. The debt is paid by the next sk_wmem_schedule().
	 */
	charge(sk, skb->truesize);
	xtcp_rtxq_queue(sk, skb, flag);
	return 0;
}

static int queue_fin(struct sock *sk, gfp_t gfp)
{
	struct sk_buff *tail = skb_peek_tail(&sk->sk_write_queue);
	struct xtcp_sock *xsk = xtcp_sk(sk);
	int err;

	if (xsk->fin_queued)
		return 0;
	if (tail && !(XTCP_CB(tail)->flags & XTCP_SYN)) {
		XTCP_CB(tail)->flags |= XTCP_FIN;
		XTCP_CB(tail)->end_seq++;
		WRITE_ONCE(xsk->write_seq, xsk->write_seq + 1);
	} else {
		/* A close() cannot fail, and its caller can wait. */
		if (gfpflags_allow_blocking(gfp))
			gfp |= __GFP_NOFAIL;
		err = queue_empty(sk, XTCP_FIN, gfp);
		if (err)
			return err;
	}
	xsk->fin_seq = xsk->write_seq - 1;
	xsk->fin_queued = true;
	return 0;
}

/**
 * xtcp_rtxq_queue_flag - queue a SYN, or the FIN behind all that was written
 * @sk: socket
 * @flag: %XTCP_SYN or %XTCP_FIN
 * @gfp: how to allocate; a FIN never fails where this may block
 *
 * A FIN sets fin_queued and fin_seq; queueing it again does nothing.
 *
 * Context: socket lock.
 * Return: 0 or -ENOMEM.
 */
int xtcp_rtxq_queue_flag(struct sock *sk, u8 flag, gfp_t gfp)
{
	if (flag == XTCP_FIN)
		return queue_fin(sk, gfp);
	return queue_empty(sk, flag, gfp);
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_rtxq_queue_flag);

/**
 * xtcp_rtxq_begin - the SYN, first of all that there will be
 * @sk: socket, iss chosen, nothing queued
 * @gfp: how to allocate
 *
 * Context: socket lock.
 * Return: 0 or -ENOMEM.
 */
int xtcp_rtxq_begin(struct sock *sk, gfp_t gfp)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);

	xsk->snd_una = xsk->iss;
	WRITE_ONCE(xsk->snd_nxt, xsk->iss);
	WRITE_ONCE(xsk->write_seq, xsk->iss);
	return queue_empty(sk, XTCP_SYN, gfp);
}

static void insert_in_flight(struct xtcp_sock *xsk, struct sk_buff *skb)
{
	struct rb_node **link = &xsk->rtxq.rb_node;
	struct rb_node *parent = NULL;

	while (*link) {
		parent = *link;
		if (xtcp_seq_lt(XTCP_CB(skb)->seq, XTCP_CB(rb_to_skb(parent))->seq))
			link = &parent->rb_left;
		else
			link = &parent->rb_right;
	}
	rb_link_node(&skb->rbnode, parent, link);
	rb_insert_color(&skb->rbnode, &xsk->rtxq);
}

/* See invariant 5. */
static int own_fragments(struct sock *sk, struct sk_buff *skb, gfp_t gfp)
{
	unsigned int before = skb->truesize;
	int err;

	if (!skb_cloned(skb))
		return 0;
	err = pskb_expand_head(skb, 0, 0, gfp);
	if (err)
		return err;
	__skb_header_release(skb);
	charge(sk, (int)(skb->truesize - before));
	return 0;
}

/**
 * xtcp_rtxq_split - cut a segment in two
 * @sk: socket
 * @skb: segment in either queue
 * @len: bytes of data that stay, at most skb->len; more than 0
 * @gfp: how to allocate
 *
 * The second part follows in the same queue and takes the FIN. PSH stays with the last byte; marks
 * and times are the same for both. With @len == skb->len the second part is the bare FIN.
 *
 * Context: socket lock.
 * Return: 0, or a negative errno and nothing has changed.
 */
int xtcp_rtxq_split(struct sock *sk, struct sk_buff *skb, u32 len, gfp_t gfp)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);
	struct xtcp_cb *cb = XTCP_CB(skb);
	struct sk_buff *rest;
	u32 moved;
	int err;

	if (WARN_ON_ONCE(!len || len > skb->len || len == seq_space(skb)))
		return -EINVAL;
	err = own_fragments(sk, skb, gfp);
	if (err)
		return err;
	rest = new_segment(sk, gfp);
	if (!rest)
		return -ENOMEM;
	/* The data is charged for already; its new head may exceed the limit for a while. */
	charge(sk, rest->truesize);

	moved = skb->len - len;
	*XTCP_CB(rest) = *cb;
	rest->tstamp = skb->tstamp;
	INIT_LIST_HEAD(&XTCP_CB(rest)->node);
	XTCP_CB(rest)->seq += len;
	cb->end_seq = XTCP_CB(rest)->seq;
	cb->flags &= ~XTCP_FIN;
	if (moved) {
		cb->flags &= ~XTCP_PSH;
		skb_split(skb, rest, len);
	} else {
		XTCP_CB(rest)->flags &= ~XTCP_PSH;
	}
	cb->alone = false;
	xtcp_txstamp_split(skb, rest);
	skb->truesize -= moved;
	rest->truesize += moved;

	if (xtcp_seq_ge(cb->seq, xsk->snd_nxt)) {
		__skb_queue_after(&sk->sk_write_queue, skb, rest);
		return 0;
	}
	insert_in_flight(xsk, rest);
	if (!list_empty(&cb->node))
		list_add(&XTCP_CB(rest)->node, &cb->node);
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_rtxq_split);

/**
 * xtcp_rtxq_sent - a segment goes out for the first time
 * @sk: socket
 * @skb: the first of the write queue; moves to the retransmit queue
 *
 * Context: socket lock.
 */
void xtcp_rtxq_sent(struct sock *sk, struct sk_buff *skb)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);

	__skb_unlink(skb, &sk->sk_write_queue);
	insert_in_flight(xsk, skb);
	list_add_tail(&XTCP_CB(skb)->node, &xsk->sent);
	xsk->rtxq_bytes += seq_space(skb);
	WRITE_ONCE(xsk->snd_nxt, XTCP_CB(skb)->end_seq);
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_rtxq_sent);

/**
 * xtcp_rtxq_head - the oldest segment in flight
 * @sk: socket
 *
 * Context: socket lock.
 * Return: the segment that holds snd_una, or NULL if nothing is in flight.
 */
struct sk_buff *xtcp_rtxq_head(const struct sock *sk)
{
	return skb_rb_first(&xtcp_sk(sk)->rtxq);
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_rtxq_head);

/**
 * xtcp_rtxq_next - the segment in flight that follows another
 * @skb: segment in the retransmit queue
 *
 * Context: socket lock.
 * Return: the segment, or NULL if @skb is the last.
 */
struct sk_buff *xtcp_rtxq_next(const struct sk_buff *skb)
{
	return skb_rb_next(skb);
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_rtxq_next);

/**
 * xtcp_rtxq_last - the youngest segment in flight
 * @sk: socket
 *
 * Context: socket lock.
 * Return: the segment, or NULL if nothing is in flight.
 */
struct sk_buff *xtcp_rtxq_last(const struct sock *sk)
{
	return skb_rb_last(&xtcp_sk(sk)->rtxq);
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_rtxq_last);

/**
 * xtcp_rtxq_find - the segment in flight that a sequence number lies in
 * @sk: socket
 * @seq: sequence number
 *
 * Context: socket lock.
 * Return: the first segment that ends behind @seq, or NULL.
 */
struct sk_buff *xtcp_rtxq_find(const struct sock *sk, u32 seq)
{
	struct rb_node *node = xtcp_sk(sk)->rtxq.rb_node;
	struct sk_buff *found = NULL;

	while (node) {
		if (xtcp_seq_gt(XTCP_CB(rb_to_skb(node))->end_seq, seq)) {
			found = rb_to_skb(node);
			node = node->rb_left;
		} else {
			node = node->rb_right;
		}
	}
	return found;
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_rtxq_find);

/**
 * xtcp_rtxq_first_lost - the segment that is to be sent again next
 * @sk: socket
 *
 * Context: socket lock.
 * Return: the segment, or NULL if there is none.
 */
struct sk_buff *xtcp_rtxq_first_lost(const struct sock *sk)
{
	struct xtcp_cb *cb = list_first_entry_or_null(&xtcp_sk(sk)->lost, struct xtcp_cb, node);

	return cb ? xtcp_cb_skb(cb) : NULL;
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_rtxq_first_lost);

static void clear_resent(struct xtcp_sock *xsk, struct sk_buff *skb)
{
	if (!XTCP_CB(skb)->resent)
		return;
	XTCP_CB(skb)->resent = false;
	xsk->resent_bytes -= seq_space(skb);
}

static void set_lost(struct xtcp_sock *xsk, struct sk_buff *skb)
{
	struct xtcp_cb *cb = XTCP_CB(skb);

	clear_resent(xsk, skb);
	cb->lost = true;
	xsk->lost_bytes += seq_space(skb);
	xsk->rate.lost += seq_space(skb);
	if (xsk->cong.ops && xsk->cong.ops->marked)
		xsk->cong.ops->marked(&xsk->cong, seq_space(skb), &cb->tx, xsk->rate.lost);
}

/**
 * xtcp_rtxq_mark_lost - a segment in flight is to be sent again
 * @sk: socket
 * @skb: segment in the retransmit queue, not selectively acknowledged; may be marked already
 *
 * The oldest of all goes first, others in the order in which they are marked first.
 *
 * Context: socket lock.
 */
void xtcp_rtxq_mark_lost(struct sock *sk, struct sk_buff *skb)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);
	struct xtcp_cb *cb = XTCP_CB(skb);

	bool marked = cb->lost;

	if (WARN_ON_ONCE(cb->sacked))
		return;
	if (!marked)
		set_lost(xsk, skb);
	if (skb == xtcp_rtxq_head(sk))
		list_move(&cb->node, &xsk->lost);
	else if (!marked)
		list_move_tail(&cb->node, &xsk->lost);
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_rtxq_mark_lost);

/**
 * xtcp_rtxq_mark_all_lost - all that is in flight is to be sent again, the oldest first
 * @sk: socket
 *
 * But for what is selectively acknowledged.
 *
 * Context: socket lock.
 */
void xtcp_rtxq_mark_all_lost(struct sock *sk)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);
	struct sk_buff *skb;

	for (skb = xtcp_rtxq_head(sk); skb; skb = xtcp_rtxq_next(skb)) {
		if (XTCP_CB(skb)->sacked)
			continue;
		if (!XTCP_CB(skb)->lost)
			set_lost(xsk, skb);
		list_move_tail(&XTCP_CB(skb)->node, &xsk->lost);
	}
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_rtxq_mark_all_lost);

static void clear_lost(struct xtcp_sock *xsk, struct sk_buff *skb)
{
	if (!XTCP_CB(skb)->lost)
		return;
	XTCP_CB(skb)->lost = false;
	xsk->lost_bytes -= seq_space(skb);
}

/**
 * xtcp_rtxq_resent - a segment in flight went out again
 * @sk: socket
 * @skb: segment in the retransmit queue, lost or not, not selectively acknowledged
 *
 * Context: socket lock.
 */
void xtcp_rtxq_resent(struct sock *sk, struct sk_buff *skb)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);

	clear_lost(xsk, skb);
	if (!XTCP_CB(skb)->resent) {
		XTCP_CB(skb)->resent = true;
		xsk->resent_bytes += seq_space(skb);
	}
	list_move_tail(&XTCP_CB(skb)->node, &xsk->sent);
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_rtxq_resent);

/**
 * xtcp_rtxq_lost_by_size - whether losses say something of the path's MTU, not of its load
 * @sk: socket
 *
 * Context: socket lock.
 * Return: true if all that is marked lost, and not sent again yet, went out as a probe of the path
 * MTU, or before segments were found to be too large.
 */
bool xtcp_rtxq_lost_by_size(const struct sock *sk)
{
	const struct xtcp_sock *xsk = xtcp_sk(sk);
	const struct xtcp_cb *cb;

	list_for_each_entry(cb, &xsk->lost, node) {
		if (cb->mss_gen == xsk->mss_gen)
			return false;
	}
	return true;
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_rtxq_lost_by_size);

/**
 * xtcp_rtxq_all_found - nothing of what was taken for lost is
 * @sk: socket
 *
 * By the time that it was sent it would be taken for lost again, at once. So it counts as sent
 * again now: what is late has as much time as a retransmission would have, and what is lost
 * after all is found by what is sent from here on.
 *
 * Context: socket lock.
 */
void xtcp_rtxq_all_found(struct sock *sk)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);
	u64 now_us = xtcp_rack_stamp(&xsk->rack, xsk->snd_nxt, xtcp_clock_us());
	struct xtcp_cb *cb;

	list_for_each_entry(cb, &xsk->lost, node) {
		cb->lost = false;
		xtcp_set_sent_us(xtcp_cb_skb(cb), now_us);
		cb->rtx = max_t(u8, cb->rtx, 1);
	}
	list_splice_tail_init(&xsk->lost, &xsk->sent);
	xtcp_rate_found(&xsk->rate, xsk->lost_bytes);
	xsk->lost_bytes = 0;
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_rtxq_all_found);

/* Newly arrived: all of a segment up to @end, of which nothing was known so far. */
static void note_arrival(struct xtcp_sock *xsk, const struct sk_buff *skb, u32 end,
			 struct xtcp_rtxq_news *news)
{
	const struct xtcp_cb *cb = XTCP_CB(skb);
	u32 start = xtcp_seq_max(cb->seq, xsk->snd_una);
	u64 sent_us = xtcp_sent_us(skb);

	news->bytes += end - start;
	news->first_time |= !cb->rtx && xtcp_seq_le(end, xsk->recover);
	if (cb->lost)
		xtcp_rate_found(&xsk->rate, end - start);
	xtcp_rack_delivered(&xsk->rack, sent_us, end, cb->rtx, news->now_us);
	xtcp_rate_delivered(&xsk->rate, &cb->tx, sent_us, cb->rtx, end - start, news->now_us,
			    &news->rate);
}

/**
 * xtcp_rtxq_mark_sacked - a segment in flight has arrived beyond a gap
 * @sk: socket
 * @skb: segment in the retransmit queue, not marked so before
 * @news: now_us is set; the rest is added to
 *
 * Context: socket lock.
 */
void xtcp_rtxq_mark_sacked(struct sock *sk, struct sk_buff *skb, struct xtcp_rtxq_news *news)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);

	note_arrival(xsk, skb, XTCP_CB(skb)->end_seq, news);
	clear_lost(xsk, skb);
	clear_resent(xsk, skb);
	XTCP_CB(skb)->sacked = true;
	list_del_init(&XTCP_CB(skb)->node);
	xsk->sacked_bytes += seq_space(skb);
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_rtxq_mark_sacked);

/**
 * xtcp_rtxq_forget_sacked - the peer may not have kept what it acknowledged selectively
 * @sk: socket
 *
 * Source: RFC 2018 8.
 *
 * Context: socket lock.
 */
void xtcp_rtxq_forget_sacked(struct sock *sk)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);
	struct sk_buff *skb;

	for (skb = xtcp_rtxq_head(sk); skb && xsk->sacked_bytes; skb = xtcp_rtxq_next(skb)) {
		if (!XTCP_CB(skb)->sacked)
			continue;
		XTCP_CB(skb)->sacked = false;
		xsk->sacked_bytes -= seq_space(skb);
	}
	xsk->sack_count = 0;
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_rtxq_forget_sacked);

static void remove_in_flight(struct sock *sk, struct sk_buff *skb)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);

	clear_lost(xsk, skb);
	clear_resent(xsk, skb);
	if (XTCP_CB(skb)->sacked)
		xsk->sacked_bytes -= seq_space(skb);
	list_del(&XTCP_CB(skb)->node);
	xsk->rtxq_bytes -= seq_space(skb);
	rb_erase(&skb->rbnode, &xsk->rtxq);
	xtcp_rtxq_free(sk, skb);
}

/* The fragments are the segment's own, and hold more than len bytes or just as many. */
static void eat_front(struct sk_buff *skb, u32 len)
{
	struct skb_shared_info *info = skb_shinfo(skb);
	int gone = 0;

	skb->len -= len;
	skb->data_len -= len;
	while (gone < info->nr_frags && skb_frag_size(&info->frags[gone]) <= len) {
		len -= skb_frag_size(&info->frags[gone]);
		put_page(skb_frag_page(&info->frags[gone]));
		gone++;
	}
	info->nr_frags -= gone;
	memmove(info->frags, info->frags + gone, info->nr_frags * sizeof(info->frags[0]));
	if (len) {
		skb_frag_off_add(&info->frags[0], len);
		skb_frag_size_sub(&info->frags[0], len);
	}
}

/* Moves up to @len bytes from the front of one segment to the end of another. Returns how many. */
static u32 move_front(struct sk_buff *to, struct sk_buff *from, u32 len)
{
	struct skb_shared_info *info = skb_shinfo(from);
	u32 moved = 0;
	int i;

	for (i = 0; i < info->nr_frags && moved < len; i++) {
		u32 size = min_t(u32, skb_frag_size(&info->frags[i]), len - moved);
		struct page *page = skb_frag_page(&info->frags[i]);
		u32 off = skb_frag_off(&info->frags[i]);
		int n = skb_shinfo(to)->nr_frags;

		if (skb_can_coalesce(to, n, page, off)) {
			skb_frag_size_add(&skb_shinfo(to)->frags[n - 1], size);
		} else if (n < MAX_SKB_FRAGS) {
			get_page(page);
			skb_fill_page_desc(to, n, page, off, size);
		} else {
			break;
		}
		moved += size;
	}
	to->len += moved;
	to->data_len += moved;
	to->truesize += moved;
	eat_front(from, moved);
	from->truesize -= moved;
	return moved;
}

/**
 * xtcp_rtxq_gather - make a segment longer out of those that follow it
 * @sk: socket
 * @skb: first of the write queue, with data
 * @len: bytes of data that it is to have
 *
 * It ends up shorter where there is no more data, or no room for more fragments.
 *
 * Context: socket lock.
 */
void xtcp_rtxq_gather(struct sock *sk, struct sk_buff *skb, u32 len)
{
	struct xtcp_cb *cb = XTCP_CB(skb);
	struct sk_buff *next;
	u32 moved;

	while (skb->len < len && !skb_queue_is_last(&sk->sk_write_queue, skb)) {
		next = skb_queue_next(&sk->sk_write_queue, skb);
		/* Who lent the pages of a segment wants to know when it is gone, not another. */
		if (skb_zcopy(skb) || skb_zcopy(next))
			return;
		if (xtcp_txstamp_pending(skb) || xtcp_txstamp_pending(next) || XTCP_CB(skb)->alone)
			return;
		moved = move_front(skb, next, len - skb->len);
		cb->end_seq += moved;
		XTCP_CB(next)->seq += moved;
		if (next->len)
			return;
		cb->flags = XTCP_CB(next)->flags;
		cb->alone = XTCP_CB(next)->alone;
		cb->end_seq = XTCP_CB(next)->end_seq;
		__skb_unlink(next, &sk->sk_write_queue);
		xtcp_rtxq_free(sk, next);
	}
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_rtxq_gather);

/* Without the memory it stays whole: sending acknowledged bytes again is merely a waste. */
static void trim_front(struct sock *sk, struct sk_buff *skb, u32 ack)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);
	struct xtcp_cb *cb = XTCP_CB(skb);
	u32 len = ack - cb->seq;

	if (WARN_ON_ONCE(len > skb->len) || own_fragments(sk, skb, sk_gfp_mask(sk, GFP_ATOMIC)))
		return;
	eat_front(skb, len);
	skb->truesize -= len;
	charge(sk, -(int)len);
	cb->seq = ack;
	xsk->rtxq_bytes -= len;
	if (cb->lost)
		xsk->lost_bytes -= len;
	if (cb->sacked)
		xsk->sacked_bytes -= len;
	if (cb->resent)
		xsk->resent_bytes -= len;
}

/**
 * xtcp_rtxq_grow_sndbuf - let the send buffer follow the congestion window
 * @sk: socket of a synchronized connection
 *
 * Room for one window in flight and one that is being written, so that the writer's pace is never
 * what limits the connection; up to mem_snd's most, and not where SO_SNDBUF was set.
 *
 * Context: socket lock.
 */
void xtcp_rtxq_grow_sndbuf(struct sock *sk)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);
	u32 segments = xsk->cong.cwnd / max_t(u32, xsk->mss, 1) + 1;
	u64 bytes;

	if ((sk->sk_userlocks & SOCK_SNDBUF_LOCK) || READ_ONCE(*sk->sk_prot->memory_pressure))
		return;
	bytes = xsk->cong.cwnd + (u64)segments * SKB_TRUESIZE(sk->sk_prot->max_header);
	bytes = min_t(u64, 2 * bytes, max(xtcp_sysctl_sk(sk, mem_snd[2]), 0));
	if (bytes > sk->sk_sndbuf)
		WRITE_ONCE(sk->sk_sndbuf, (int)bytes);
}

/**
 * xtcp_rtxq_acked - free what is acknowledged
 * @sk: socket
 * @ack: acknowledgment number, at most snd_nxt
 * @news: now_us is set; the rest is added to
 *
 * Waiting writers are not woken: the caller has SOCK_NOSPACE to look at.
 *
 * Context: socket lock.
 */
void xtcp_rtxq_acked(struct sock *sk, u32 ack, struct xtcp_rtxq_news *news)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);
	bool ambiguous = false;
	struct sk_buff *skb;
	u64 oldest = 0;

	while ((skb = xtcp_rtxq_head(sk)) && xtcp_seq_lt(XTCP_CB(skb)->seq, ack)) {
		u32 end = xtcp_seq_min(XTCP_CB(skb)->end_seq, ack);

		ambiguous |= XTCP_CB(skb)->rtx;
		if (!oldest)
			oldest = xtcp_sent_us(skb);
		if (!XTCP_CB(skb)->sacked)
			note_arrival(xsk, skb, end, news);
		xtcp_txstamp_acked(sk, skb, ack);
		if (end != XTCP_CB(skb)->end_seq) {
			trim_front(sk, skb, ack);
			break;
		}
		remove_in_flight(sk, skb);
	}
	xtcp_rtxq_grow_sndbuf(sk);
	news->sent_us = ambiguous ? 0 : oldest;
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_rtxq_acked);

/**
 * xtcp_rtxq_purge - free both queues
 * @sk: socket; idempotent
 *
 * Sequence numbers stay as they are: a dead connection's are still reported, and its RST needs
 * them.
 *
 * Context: socket lock, or the destructor.
 */
void xtcp_rtxq_purge(struct sock *sk)
{
	struct sk_buff *skb;

	while ((skb = xtcp_rtxq_head(sk)))
		remove_in_flight(sk, skb);
	while ((skb = __skb_dequeue(&sk->sk_write_queue)))
		xtcp_rtxq_free(sk, skb);
	sk_mem_reclaim(sk);
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_rtxq_purge);

// SPDX-License-Identifier: GPL-2.0
/*
 * The scoreboard: which segments in flight have been acknowledged selectively (RFC 2018, RFC 2883).
 * The marks themselves are the segments' own (rtxq.c).
 *
 * What an ACK costs is bounded, whatever its blocks say: marking is paid for by who sent the
 * segments, once each; of those that are marked already, only so many are walked over. Blocks grow,
 * and an honest peer's are nearly those of its last ACK, so that only the difference is walked.
 * Segments are cut at multiples of the MSS alone, so that no peer can make us keep crumbs.
 */
#include "xtcp.h"
#include "score.h"

/* Marked segments that the blocks of one ACK may have us walk over for nothing. */
#define WALK_MAX	256

/* Besides its data, what a connection's segments may take before they are not cut any more. */
#define CRUMBS_MAX	SZ_128K

/**
 * struct walk - what the marking for one ACK needs
 * @sk: socket
 * @news: what it has found so far
 * @left: steps for nothing that are left
 */
struct walk {
	struct sock		*sk;
	struct xtcp_rtxq_news	*news;
	unsigned int		left;
};

static bool is_within(const struct xtcp_sack_block *a, const struct xtcp_sack_block *b)
{
	return xtcp_seq_ge(a->start, b->start) && xtcp_seq_le(a->end, b->end);
}

/*
 * RFC 2883 4: the first block, if it lies below the acknowledgment, or within the second one. RFC
 * 2018 has no such blocks, so that a peer which knows nothing of it is not misunderstood.
 */
static bool is_duplicate(const struct xtcp_opts *opts, u32 ack)
{
	const struct xtcp_sack_block *first = &opts->sack[0];

	if (xtcp_seq_le(first->end, ack))
		return true;
	return opts->sacks > 1 && is_within(first, &opts->sack[1]);
}

/* Only what was sent in the last window can have come twice (RFC 2883 5). */
static void take_duplicate(const struct xtcp_sock *xsk, const struct xtcp_sack_block *block,
			   struct xtcp_score *score)
{
	if (!xtcp_seq_lt(block->start, block->end) || xtcp_seq_gt(block->end, xsk->snd_nxt) ||
	    xtcp_seq_lt(block->start, xsk->snd_una - xsk->snd_wnd_max))
		return;
	score->dup_bytes = block->end - block->start;
	score->dup_end = block->end;
}

/* Those that make sense, sorted. What begins at snd_una or before would be acknowledged. */
static unsigned int choose(const struct xtcp_sock *xsk, const struct xtcp_opts *opts,
			   unsigned int from, struct xtcp_sack_block *blocks)
{
	unsigned int i, at, count = 0;

	for (i = from; i < opts->sacks; i++) {
		const struct xtcp_sack_block *block = &opts->sack[i];

		if (!xtcp_seq_lt(block->start, block->end) ||
		    !xtcp_seq_gt(block->start, xsk->snd_una) ||
		    !xtcp_seq_le(block->end, xsk->snd_nxt))
			continue;
		for (at = count; at && xtcp_seq_gt(blocks[at - 1].start, block->start); at--)
			blocks[at] = blocks[at - 1];
		blocks[at] = *block;
		count++;
	}
	return count;
}

/* Cuts off the first @len bytes. Without memory, or with too little of it, nothing is cut. */
static bool cut(struct sock *sk, struct sk_buff *skb, u32 len)
{
	/* As much again as the buffer: half of it would be bookkeeping alone. */
	if ((sk->sk_wmem_queued >> 1) > sk->sk_sndbuf + CRUMBS_MAX)
		return false;
	return !xtcp_rtxq_split(sk, skb, len, GFP_ATOMIC);
}

/*
 * Marks a segment that @block covers, or the whole segments of it that it covers, which become one
 * of their own. Returns the one to go on behind.
 */
static struct sk_buff *mark(const struct walk *walk, struct sk_buff *skb,
			    const struct xtcp_sack_block *block)
{
	u32 mss = max_t(u32, xtcp_sk(walk->sk)->mss, 1);
	struct xtcp_cb *cb = XTCP_CB(skb);
	bool to_end = xtcp_seq_le(cb->end_seq, block->end);
	u32 from = 0, end = skb->len;

	if (xtcp_seq_lt(cb->seq, block->start))
		from = roundup(block->start - cb->seq, mss);
	if (!to_end)
		end = rounddown(block->end - cb->seq, mss);
	/* A bare FIN is not worth a segment either. */
	if ((from && from >= end) || (!to_end && (!end || end >= skb->len)))
		return skb;
	if (from) {
		if (!cut(walk->sk, skb, from))
			return skb;
		skb = xtcp_rtxq_next(skb);
	}
	if (to_end || cut(walk->sk, skb, end - from))
		xtcp_rtxq_mark_sacked(walk->sk, skb, walk->news);
	return skb;
}

/*
 * Marks what a block covers, from sequence number @from on, before @until. Returns how far it has
 * come, which is less where there are no steps left.
 */
static u32 mark_range(struct walk *walk, const struct xtcp_sack_block *block, u32 from, u32 until)
{
	struct sk_buff *skb = xtcp_rtxq_find(walk->sk, from);

	for (; skb && xtcp_seq_lt(XTCP_CB(skb)->seq, until); skb = xtcp_rtxq_next(skb)) {
		if (!XTCP_CB(skb)->sacked) {
			skb = mark(walk, skb, block);
			continue;
		}
		if (!walk->left)
			return XTCP_CB(skb)->seq;
		walk->left--;
	}
	return until;
}

/* Marks what a block covers and no block of the last ACK did; ends it where it has come to. */
static void mark_block(struct walk *walk, struct xtcp_sack_block *block)
{
	const struct xtcp_sock *xsk = xtcp_sk(walk->sk);
	u32 from = block->start;
	unsigned int i;

	for (i = 0; i < xsk->sack_count && walk->left; i++) {
		const struct xtcp_sack_block *old = &xsk->sacks[i];
		u32 edge = xtcp_seq_max(from, old->start);

		if (!is_within(old, block) || xtcp_seq_le(old->end, from))
			continue;
		/* Segments that old blocks covered in parts, at their edges, may be covered now. */
		from = mark_range(walk, block, xtcp_seq_min(from, old->start), edge + 1);
		if (walk->left)
			from = old->end;
	}
	if (walk->left && xtcp_seq_lt(from, block->end))
		from = mark_range(walk, block, from, block->end);
	block->end = from;
}

/**
 * xtcp_score_take - mark what an ACK acknowledges selectively
 * @sk: socket, snd_una already moved
 * @ack: acknowledgment number
 * @opts: its options
 * @news: now_us is set; what has newly arrived is added to
 * @score: overwritten
 *
 * Source: RFC 2018 5, RFC 2883 4 and 5, RFC 6675 4 (Update()).
 *
 * Context: socket lock.
 */
void xtcp_score_take(struct sock *sk, u32 ack, const struct xtcp_opts *opts,
		     struct xtcp_rtxq_news *news, struct xtcp_score *score)
{
	struct walk walk = { .sk = sk, .news = news, .left = WALK_MAX };
	struct xtcp_sack_block blocks[XTCP_SACK_BLOCKS];
	struct xtcp_sock *xsk = xtcp_sk(sk);
	unsigned int i, count, from = 0;

	*score = (struct xtcp_score) {};
	if (!xsk->sack_ok)
		return;
	/* The peer has nothing beyond a gap; what it had, the numbers may come round to. */
	if (!(opts->seen & XTCP_OPT_SACK) || !opts->sacks) {
		xsk->sack_count = 0;
		return;
	}
	if (is_duplicate(opts, ack)) {
		take_duplicate(xsk, &opts->sack[0], score);
		from = 1;
	}
	count = choose(xsk, opts, from, blocks);
	for (i = 0; i < count && walk.left; i++)
		mark_block(&walk, &blocks[i]);
	/* What was not reached is taken up the next time. */
	memcpy(xsk->sacks, blocks, i * sizeof(*blocks));
	xsk->sack_count = i;
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_score_take);

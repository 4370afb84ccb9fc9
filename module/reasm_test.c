// SPDX-License-Identifier: GPL-2.0
/* Reassembly, against a map of the bytes that came. */
#include <kunit/test.h>
#include <linux/kernel.h>
#include <linux/net.h>
#include <linux/netdevice.h>
#include <linux/prandom.h>
#include <linux/skbuff.h>
#include <net/net_namespace.h>
#include <net/sock.h>

#include "reasm.h"
#include "seq.h"
#include "sock.h"

#define REASM_TEST_BYTES	20000u	/* longest stream */
#define REASM_TEST_PIECES	600	/* most segments of a random run */
#define REASM_TEST_UNBOUNDED	U32_MAX

/* What the buffers look like decides which of them can be joined, and how. */
enum reasm_test_shape {
	REASM_TEST_TIGHT,	/* linear, full */
	REASM_TEST_ROOMY,	/* linear, with room behind */
	REASM_TEST_STEALABLE,	/* linear in a page fragment */
	REASM_TEST_PAGED,	/* in a page */
	REASM_TEST_CLONED,	/* linear, and somebody else has it too */
	REASM_TEST_SHAPES
};

/**
 * struct reasm_test - a receiver and what is known about it otherwise
 * @sock: a datagram socket that counts the memory
 * @sk: of @sock, or NULL to charge nothing
 * @r: the reassembly under test
 * @queue: its in-order queue
 * @clones: other owners of cloned segments
 * @start: sequence number of the stream's first byte
 * @len: bytes in the stream; its FIN is at this offset
 * @copied_seq: next byte to read
 * @have: by offset: it came; the FIN is one of them
 * @buf: for @len bytes
 * @rnd: the dice
 */
struct reasm_test {
	struct socket		*sock;
	struct sock		*sk;
	struct xtcp_reasm	r;
	struct sk_buff_head	queue;
	struct sk_buff_head	clones;
	u32			start;
	u32			len;
	u32			copied_seq;
	u8			*have;
	u8			*buf;
	struct rnd_state	rnd;
};

struct reasm_test_range {
	u32	from;
	u32	to;		/* beyond the last; len + 1 with the FIN */
};

static const u32 reasm_test_starts[] = { 0, 0xffffffff, 0xfffffffa, 0xfffffff4, 0x7ffffffa };

static u8 reasm_test_byte(u32 offset)
{
	return offset * 2654435761u >> 24;
}

static struct sk_buff *reasm_test_alloc(struct kunit *test, u32 len, enum reasm_test_shape shape)
{
	struct sk_buff *skb;
	struct page *page;

	switch (shape) {
	case REASM_TEST_PAGED:
		skb = alloc_skb(64, GFP_KERNEL);
		page = alloc_pages(GFP_KERNEL | __GFP_COMP, get_order(max(len, 1u)));
		KUNIT_ASSERT_NOT_NULL(test, skb);
		KUNIT_ASSERT_NOT_NULL(test, page);
		skb_add_rx_frag(skb, 0, page, 0, len, page_size(page));
		return skb;
	case REASM_TEST_STEALABLE:
		skb = netdev_alloc_skb(NULL, len + 1500);
		break;
	default:
		skb = alloc_skb(len + 512, GFP_KERNEL);
		break;
	}
	KUNIT_ASSERT_NOT_NULL(test, skb);
	if (shape != REASM_TEST_ROOMY)
		skb_reserve(skb, skb_tailroom(skb) - len);
	skb_put(skb, len);
	return skb;
}

/* The segment of offsets @from to @to, as input.c would hand it over. */
static struct sk_buff *reasm_test_segment(struct kunit *test, u32 from, u32 to,
					  enum reasm_test_shape shape)
{
	struct reasm_test *rt = test->priv;
	bool fin = to == rt->len + 1;
	struct sk_buff *skb, *clone;
	u32 i;

	skb = reasm_test_alloc(test, to - from - fin, shape);
	for (i = 0; i < skb->len; i++)
		rt->buf[i] = reasm_test_byte(from + i);
	KUNIT_ASSERT_EQ(test, skb_store_bits(skb, 0, rt->buf, skb->len), 0);
	skb->dev = init_net.loopback_dev;
	*XTCP_CB(skb) = (struct xtcp_cb){
		.seq = rt->start + from,
		.end_seq = rt->start + to,
		.flags = XTCP_ACK | (fin ? XTCP_FIN : 0),
	};
	if (shape == REASM_TEST_CLONED) {
		clone = skb_clone(skb, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, clone);
		__skb_queue_tail(&rt->clones, clone);
	}
	if (rt->sk) {
		KUNIT_ASSERT_TRUE(test, sk_rmem_schedule(rt->sk, skb, skb->truesize));
		skb_set_owner_r(skb, rt->sk);
	}
	return skb;
}

/* Offset of the first byte that did not come. */
static u32 reasm_test_edge(const struct reasm_test *rt)
{
	u32 edge = 0;

	while (edge <= rt->len && rt->have[edge])
		edge++;
	return edge;
}

/* What is charged is what is held; what waits is in order, and is what the counters say. */
static void reasm_test_check(struct kunit *test)
{
	struct reasm_test *rt = test->priv;
	u32 seq = rt->r.rcv_nxt, end_seq = rt->r.rcv_nxt;
	u32 bytes = 0, nodes = 0, charged = 0;
	struct sk_buff *skb;

	for (skb = skb_rb_first(&rt->r.ooo); skb; skb = skb_rb_next(skb)) {
		struct xtcp_cb *cb = XTCP_CB(skb);

		KUNIT_ASSERT_TRUE(test, xtcp_seq_gt(cb->seq, seq));
		KUNIT_ASSERT_TRUE(test, xtcp_seq_gt(cb->end_seq, end_seq));
		KUNIT_ASSERT_EQ(test, skb->len + !!(cb->flags & XTCP_FIN), cb->end_seq - cb->seq);
		seq = cb->seq;
		end_seq = cb->end_seq;
		bytes += skb->truesize;
		nodes++;
	}
	KUNIT_ASSERT_EQ(test, rt->r.ooo_bytes, bytes);
	KUNIT_ASSERT_EQ(test, rt->r.ooo_nodes, nodes);
	if (!rt->sk)
		return;
	skb_queue_walk(&rt->queue, skb)
		charged += skb->truesize;
	KUNIT_ASSERT_EQ(test, atomic_read(&rt->sk->sk_rmem_alloc), bytes + charged);
	/* memory comes in pages; a byte of them is either charged or not */
	KUNIT_ASSERT_EQ(test, (rt->sk->sk_forward_alloc + bytes + charged) % PAGE_SIZE, 0);
}

/* The block around an offset: all of it came, and it is the whole run unless that is in pieces. */
static void reasm_test_check_block(struct kunit *test, u32 offset)
{
	struct reasm_test *rt = test->priv;
	u32 from = offset, to = offset, edge = reasm_test_edge(rt);
	struct xtcp_sack_block block;

	if (offset < edge || offset > rt->len || !rt->have[offset]) {
		KUNIT_ASSERT_FALSE(test, xtcp_reasm_block(&rt->r, rt->start + offset, &block));
		return;
	}
	while (rt->have[from - 1])
		from--;
	while (to <= rt->len && rt->have[to])
		to++;
	KUNIT_ASSERT_TRUE(test, xtcp_reasm_block(&rt->r, rt->start + offset, &block));
	block.start -= rt->start;
	block.end -= rt->start;
	KUNIT_ASSERT_LE(test, from, block.start);
	KUNIT_ASSERT_LE(test, block.start, offset);
	KUNIT_ASSERT_LT(test, offset, block.end);
	KUNIT_ASSERT_LE(test, block.end, to);
	if (rt->r.ooo_nodes <= XTCP_REASM_WALK_MAX) {
		KUNIT_ASSERT_EQ(test, block.start, from);
		KUNIT_ASSERT_EQ(test, block.end, to);
	}
}

/* The byte at an offset can be looked at if it came and was not read; the FIN is none. */
static void reasm_test_check_byte(struct kunit *test, u32 offset)
{
	struct reasm_test *rt = test->priv;
	u8 byte = 0;

	if (offset > rt->len || xtcp_seq_lt(rt->start + offset, rt->copied_seq))
		return;
	if (offset == rt->len || !rt->have[offset]) {
		KUNIT_ASSERT_FALSE(test, xtcp_reasm_byte(&rt->r, rt->start + offset, &byte));
		return;
	}
	KUNIT_ASSERT_TRUE(test, xtcp_reasm_byte(&rt->r, rt->start + offset, &byte));
	KUNIT_ASSERT_EQ(test, byte, reasm_test_byte(offset));
}

/* Feeds a segment of a truthful peer, and holds the verdict against the map. */
static void reasm_test_feed(struct kunit *test, u32 from, u32 to, enum reasm_test_shape shape)
{
	struct sk_buff *skb = reasm_test_segment(test, from, to, shape);
	struct reasm_test *rt = test->priv;
	u32 before = reasm_test_edge(rt), after;
	enum xtcp_reasm_verdict verdict;
	bool news = memchr(rt->have + from, 0, to - from);

	verdict = xtcp_reasm_add(&rt->r, rt->sk, skb, REASM_TEST_UNBOUNDED);
	if (verdict == XTCP_REASM_DUP) {
		KUNIT_ASSERT_FALSE(test, news);
		kfree_skb(skb);
	}
	memset(rt->have + from, 1, to - from);
	after = reasm_test_edge(rt);
	if (to <= before)
		KUNIT_ASSERT_EQ(test, verdict, XTCP_REASM_DUP);
	else if (from > before)
		KUNIT_ASSERT_TRUE(test, verdict == XTCP_REASM_OOO || verdict == XTCP_REASM_DUP);
	else
		KUNIT_ASSERT_EQ(test, verdict,
				after > to ? XTCP_REASM_FILLED : XTCP_REASM_INORDER);
	KUNIT_ASSERT_EQ(test, rt->r.rcv_nxt, rt->start + after);
	KUNIT_ASSERT_EQ(test, rt->r.fin, after == rt->len + 1);
	reasm_test_check(test);
	reasm_test_check_block(test, from);
	reasm_test_check_block(test, to - 1);
	reasm_test_check_block(test, to);
	reasm_test_check_byte(test, from);
	reasm_test_check_byte(test, to);
}

/* Reads up to @max bytes, and holds them against what was sent. */
static void reasm_test_read(struct kunit *test, u32 max)
{
	struct reasm_test *rt = test->priv;
	struct sk_buff *skb;
	u32 offset, n, i;

	while (max && (skb = skb_peek(&rt->queue))) {
		offset = rt->copied_seq - XTCP_CB(skb)->seq;
		KUNIT_ASSERT_LT(test, offset, skb->len);
		KUNIT_ASSERT_EQ(test, XTCP_CB(skb)->seq + skb->len, XTCP_CB(skb)->end_seq);
		KUNIT_ASSERT_FALSE(test, XTCP_CB(skb)->flags & XTCP_FIN);
		KUNIT_ASSERT_NULL(test, skb->dev);
		n = min(skb->len - offset, max);
		KUNIT_ASSERT_EQ(test, skb_copy_bits(skb, offset, rt->buf, n), 0);
		for (i = 0; i < n; i++)
			KUNIT_ASSERT_EQ(test, rt->buf[i],
					reasm_test_byte(rt->copied_seq - rt->start + i));
		rt->copied_seq += n;
		max -= n;
		if (offset + n == skb->len) {
			__skb_unlink(skb, &rt->queue);
			consume_skb(skb);
		}
	}
}

static void reasm_test_begin(struct kunit *test, u32 start, u32 len)
{
	struct reasm_test *rt = test->priv;

	/* Some go through all orders there are. */
	cond_resched();
	__skb_queue_purge(&rt->queue);
	__skb_queue_purge(&rt->clones);
	xtcp_reasm_purge(&rt->r);
	xtcp_reasm_init(&rt->r, &rt->queue);
	memset(rt->have, 0, REASM_TEST_BYTES + 1);
	rt->r.rcv_nxt = start;
	rt->copied_seq = start;
	rt->start = start;
	rt->len = len;
}

/* The stream is complete: all of it can be read, and nothing is left. */
static void reasm_test_end(struct kunit *test)
{
	struct reasm_test *rt = test->priv;

	reasm_test_read(test, U32_MAX);
	KUNIT_ASSERT_EQ(test, rt->copied_seq, rt->start + rt->len);
	KUNIT_ASSERT_TRUE(test, rt->r.fin);
	KUNIT_ASSERT_TRUE(test, RB_EMPTY_ROOT(&rt->r.ooo));
	KUNIT_ASSERT_TRUE(test, skb_queue_empty(&rt->queue));
	reasm_test_check(test);
}

/* Eight ways to cut a stream of 12 bytes and a FIN into five segments. */
static const struct reasm_test_range reasm_test_sets[][5] = {
	{ { 0, 3 }, { 3, 6 }, { 6, 9 }, { 9, 12 }, { 12, 13 } },
	{ { 0, 4 }, { 2, 7 }, { 5, 9 }, { 8, 12 }, { 11, 13 } },
	{ { 0, 13 }, { 2, 4 }, { 4, 8 }, { 8, 12 }, { 12, 13 } },
	{ { 0, 6 }, { 0, 9 }, { 0, 3 }, { 6, 13 }, { 9, 13 } },
	{ { 0, 5 }, { 5, 13 }, { 5, 13 }, { 0, 13 }, { 1, 12 } },
	{ { 0, 1 }, { 1, 12 }, { 2, 11 }, { 3, 10 }, { 4, 13 } },
	{ { 0, 2 }, { 4, 6 }, { 8, 10 }, { 2, 8 }, { 9, 13 } },
	{ { 0, 2 }, { 4, 6 }, { 4, 10 }, { 1, 5 }, { 10, 13 } },
};

/* The nth order of five segments. */
static void reasm_test_permutation(struct kunit *test, const struct reasm_test_range *set, int nth,
				   enum reasm_test_shape shape, bool read)
{
	struct reasm_test_range left[5];
	int n, pick;

	memcpy(left, set, sizeof(left));
	for (n = 5; n; n--) {
		pick = nth % n;
		nth /= n;
		reasm_test_feed(test, left[pick].from, left[pick].to, shape);
		if (read)
			reasm_test_read(test, 2);
		left[pick] = left[n - 1];
	}
}

static void reasm_test_all_orders(struct kunit *test)
{
	int set, start, nth, shape;

	for (set = 0; set < ARRAY_SIZE(reasm_test_sets); set++) {
		for (start = 0; start < ARRAY_SIZE(reasm_test_starts); start++) {
			for (shape = 0; shape < REASM_TEST_SHAPES; shape++) {
				for (nth = 0; nth < 120; nth++) {
					reasm_test_begin(test, reasm_test_starts[start], 12);
					reasm_test_permutation(test, reasm_test_sets[set], nth,
							       shape, nth & 1);
					reasm_test_end(test);
				}
			}
		}
	}
}

/* The nth of all ranges within a stream of 5 bytes and a FIN; there are 21. */
static struct reasm_test_range reasm_test_nth_range(int nth)
{
	struct reasm_test_range range;

	for (range.from = 0; range.from < 6; range.from++) {
		for (range.to = range.from + 1; range.to <= 6; range.to++)
			if (!nth--)
				return range;
	}
	return (struct reasm_test_range){ 0, 6 };
}

/* Any three segments whatever, then a fourth with everything. */
static void reasm_test_any_three(struct kunit *test)
{
	int nth, n, rest, cut;

	for (cut = 0; cut < 2; cut++) {
		for (nth = 0; nth < 21 * 21 * 21; nth++) {
			reasm_test_begin(test, cut ? 0xfffffffd : 0x7fffffff, 5);
			for (n = 0, rest = nth; n < 3; n++, rest /= 21) {
				struct reasm_test_range range = reasm_test_nth_range(rest % 21);

				reasm_test_feed(test, range.from, range.to,
						cut ? REASM_TEST_PAGED : REASM_TEST_ROOMY);
			}
			reasm_test_feed(test, 0, 6, REASM_TEST_TIGHT);
			reasm_test_end(test);
		}
	}
}

/* A partition of the stream, as much again of random ranges, and repetitions. */
static int reasm_test_draw(struct reasm_test *rt, struct reasm_test_range *p)
{
	u32 at = 0, longest = prandom_u32_state(&rt->rnd) % 900 + rt->len / 200 + 1, pick;
	int n = 0, i, parts;

	while (at <= rt->len && n < REASM_TEST_PIECES / 2) {
		p[n].from = at;
		at += prandom_u32_state(&rt->rnd) % longest + 1;
		at = min(at, rt->len + 1);
		p[n++].to = at;
	}
	/* where that was too many, the last one has the rest */
	p[n - 1].to = rt->len + 1;
	parts = n;
	for (i = 0; i < parts; i++, n++) {
		if (prandom_u32_state(&rt->rnd) % 4 == 0) {
			p[n] = p[prandom_u32_state(&rt->rnd) % parts];
			continue;
		}
		p[n].from = prandom_u32_state(&rt->rnd) % (rt->len + 1);
		pick = prandom_u32_state(&rt->rnd) % (2 * longest) + 1;
		p[n].to = min(p[n].from + pick, rt->len + 1);
	}
	return n;
}

/* Whatever the order: from near-true to arbitrary. */
static void reasm_test_shuffle(struct reasm_test *rt, struct reasm_test_range *p, int n)
{
	int i, j, reach = prandom_u32_state(&rt->rnd) % n + 1;

	for (i = 0; i < n; i++) {
		j = min_t(u32, i + prandom_u32_state(&rt->rnd) % reach, n - 1);
		swap(p[i], p[j]);
	}
}

static void reasm_test_random_run(struct kunit *test, struct reasm_test_range *pieces)
{
	struct reasm_test *rt = test->priv;
	int shape = prandom_u32_state(&rt->rnd) % (REASM_TEST_SHAPES + 2);
	u32 len = prandom_u32_state(&rt->rnd) % REASM_TEST_BYTES;
	u32 start = prandom_u32_state(&rt->rnd);
	int i, n;

	/* most streams cross the wrap, some the middle of the circle */
	if (start % 4)
		start = (start % 4 == 1 ? 0x80000000 : 0) - start / 4 % (len + 1);
	if (len % 3 == 0)
		len %= 50;
	reasm_test_begin(test, start, len);
	n = reasm_test_draw(rt, pieces);
	reasm_test_shuffle(rt, pieces, n);
	for (i = 0; i < n; i++) {
		reasm_test_feed(test, pieces[i].from, pieces[i].to,
				shape < REASM_TEST_SHAPES ? shape :
				prandom_u32_state(&rt->rnd) % REASM_TEST_SHAPES);
		if (prandom_u32_state(&rt->rnd) % 4 == 0)
			reasm_test_read(test, prandom_u32_state(&rt->rnd) % 2000);
	}
	reasm_test_end(test);
}

static void reasm_test_random(struct kunit *test)
{
	struct reasm_test_range *pieces;
	int i;

	pieces = kunit_kcalloc(test, REASM_TEST_PIECES, sizeof(*pieces), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, pieces);
	for (i = 0; i < 200; i++)
		reasm_test_random_run(test, pieces);
}

/* Without a socket nothing is charged, and the rest is the same. */
static void reasm_test_random_uncharged(struct kunit *test)
{
	struct reasm_test *rt = test->priv;

	rt->sk = NULL;
	reasm_test_random(test);
	KUNIT_EXPECT_EQ(test, atomic_read(&rt->sock->sk->sk_rmem_alloc), 0);
}

/* Joined where they meet exactly, and where nobody else looks at the buffer. */
static void reasm_test_coalesce(struct kunit *test)
{
	struct reasm_test *rt = test->priv;
	int shape, i;

	for (shape = 0; shape < REASM_TEST_SHAPES; shape++) {
		bool joins = shape == REASM_TEST_ROOMY || shape == REASM_TEST_STEALABLE ||
			     shape == REASM_TEST_PAGED;

		reasm_test_begin(test, 0xfffffff0, 100);
		for (i = 0; i < 5; i++)
			reasm_test_feed(test, 10 + 10 * i, 20 + 10 * i, shape);
		KUNIT_EXPECT_EQ_MSG(test, rt->r.ooo_nodes, joins ? 1 : 5, "shape %d", shape);
		/* a gap, then an overlap */
		reasm_test_feed(test, 70, 80, shape);
		reasm_test_feed(test, 75, 85, shape);
		KUNIT_EXPECT_EQ_MSG(test, rt->r.ooo_nodes, joins ? 3 : 7, "shape %d", shape);

		reasm_test_begin(test, 0xfffffff0, 100);
		for (i = 0; i < 5; i++)
			reasm_test_feed(test, 10 * i, 10 + 10 * i, shape);
		/* In order, what is so short is copied behind the first or the second. */
		reasm_test_feed(test, 45, 60, shape);
		KUNIT_EXPECT_EQ_MSG(test, skb_queue_len(&rt->queue),
				    shape == REASM_TEST_ROOMY ? 1 : 2, "shape %d", shape);
		reasm_test_feed(test, 60, 101, shape);
		reasm_test_end(test);
	}
	/* What is long is not copied. */
	reasm_test_begin(test, 0xfffffff0, 8000);
	for (i = 0; i < 4; i++)
		reasm_test_feed(test, 2000 * i, 2000 * i + 2000, REASM_TEST_STEALABLE);
	KUNIT_EXPECT_EQ(test, skb_queue_len(&rt->queue), 1);
	reasm_test_feed(test, 8000, 8001, REASM_TEST_TIGHT);
	reasm_test_end(test);
}

/* A byte of news in each, whatever it looks like: together they take little more than that. */
static void reasm_test_pack(struct kunit *test)
{
	struct reasm_test *rt = test->priv;
	const u32 len = 5000;
	u32 i;

	KUNIT_EXPECT_TRUE(test, xtcp_reasm_packs(1, 512));
	KUNIT_EXPECT_FALSE(test, xtcp_reasm_packs(1000, 2000));
	KUNIT_EXPECT_TRUE(test, xtcp_reasm_packs(1000, 2001));
	KUNIT_EXPECT_FALSE(test, xtcp_reasm_packs(2000, 100000));
	reasm_test_begin(test, 0xfffff000, len);
	for (i = 0; i < len; i++) {
		reasm_test_feed(test, i ? i - 1 : 0, i + 1, i % REASM_TEST_SHAPES);
		KUNIT_ASSERT_LE(test, atomic_read(&rt->sk->sk_rmem_alloc), 2 * len + SZ_8K);
	}
	reasm_test_read(test, len / 2 + 1);
	reasm_test_feed(test, len - 1, len + 1, REASM_TEST_TIGHT);
	reasm_test_end(test);
}

static enum xtcp_reasm_verdict reasm_test_add(struct kunit *test, u32 from, u32 to, u32 max)
{
	struct sk_buff *skb = reasm_test_segment(test, from, to, REASM_TEST_TIGHT);
	struct reasm_test *rt = test->priv;
	enum xtcp_reasm_verdict verdict;

	verdict = xtcp_reasm_add(&rt->r, rt->sk, skb, max);
	if (verdict == XTCP_REASM_DUP || verdict == XTCP_REASM_FULL)
		kfree_skb(skb);
	reasm_test_check(test);
	return verdict;
}

static void reasm_test_bytes_bound(struct kunit *test)
{
	struct sk_buff *probe = reasm_test_alloc(test, 10, REASM_TEST_TIGHT);
	struct reasm_test *rt = test->priv;
	u32 truesize = probe->truesize, max = 4 * truesize + truesize / 2;
	int i;

	kfree_skb(probe);
	reasm_test_begin(test, 0xffffffe0, 1000);
	KUNIT_EXPECT_EQ(test, reasm_test_add(test, 20, 30, 0), XTCP_REASM_FULL);
	KUNIT_EXPECT_EQ(test, reasm_test_add(test, 20, 30, truesize - 1), XTCP_REASM_FULL);
	for (i = 1; i <= 4; i++)
		KUNIT_EXPECT_EQ(test, reasm_test_add(test, 20 * i, 20 * i + 10, max),
				XTCP_REASM_OOO);
	KUNIT_EXPECT_EQ(test, reasm_test_add(test, 100, 110, max), XTCP_REASM_FULL);
	KUNIT_EXPECT_EQ(test, rt->r.ooo_nodes, 4);
	KUNIT_EXPECT_EQ(test, rt->r.ooo_bytes, 4 * truesize);
	/* what is there already needs no room */
	KUNIT_EXPECT_EQ(test, reasm_test_add(test, 40, 50, max), XTCP_REASM_DUP);
	/* the limit fell meanwhile */
	KUNIT_EXPECT_EQ(test, reasm_test_add(test, 100, 110, truesize), XTCP_REASM_FULL);
	/* the gap is closed all the same, and there is room again */
	KUNIT_EXPECT_EQ(test, reasm_test_add(test, 0, 10, 0), XTCP_REASM_INORDER);
	KUNIT_EXPECT_EQ(test, reasm_test_add(test, 10, 20, 0), XTCP_REASM_FILLED);
	KUNIT_EXPECT_EQ(test, rt->r.rcv_nxt, rt->start + 30);
	KUNIT_EXPECT_EQ(test, reasm_test_add(test, 100, 110, max), XTCP_REASM_OOO);
	KUNIT_EXPECT_EQ(test, reasm_test_add(test, 120, 130, max), XTCP_REASM_FULL);
}

static void reasm_test_nodes_bound(struct kunit *test)
{
	struct reasm_test *rt = test->priv;
	struct sk_buff *skb;
	u32 i;

	reasm_test_begin(test, 0xffffff00, REASM_TEST_BYTES);
	for (i = 1; i <= XTCP_REASM_NODES_MAX + 10; i++) {
		enum xtcp_reasm_verdict verdict;

		skb = reasm_test_segment(test, 2 * i, 2 * i + 1, REASM_TEST_ROOMY);
		verdict = xtcp_reasm_add(&rt->r, rt->sk, skb, REASM_TEST_UNBOUNDED);
		KUNIT_ASSERT_EQ(test, verdict, i <= XTCP_REASM_NODES_MAX ? XTCP_REASM_OOO :
									   XTCP_REASM_FULL);
		if (verdict == XTCP_REASM_FULL)
			kfree_skb(skb);
	}
	KUNIT_EXPECT_EQ(test, rt->r.ooo_nodes, XTCP_REASM_NODES_MAX);
	reasm_test_check(test);
	KUNIT_EXPECT_EQ(test, reasm_test_add(test, 0, 2, 0), XTCP_REASM_FILLED);
	KUNIT_EXPECT_EQ(test, rt->r.ooo_nodes, XTCP_REASM_NODES_MAX - 1);
	/* one that holds many others takes their place */
	KUNIT_EXPECT_EQ(test, reasm_test_add(test, 4, 5 + 2 * 1000, REASM_TEST_UNBOUNDED),
			XTCP_REASM_OOO);
	KUNIT_EXPECT_EQ(test, rt->r.ooo_nodes, XTCP_REASM_NODES_MAX - 1 - 1000);
	xtcp_reasm_purge(&rt->r);
	KUNIT_EXPECT_EQ(test, rt->r.ooo_nodes, 0);
	KUNIT_EXPECT_EQ(test, rt->r.ooo_bytes, 0);
	reasm_test_check(test);
	reasm_test_read(test, U32_MAX);
	KUNIT_EXPECT_EQ(test, rt->copied_seq, rt->start + 3);
}

/* Nothing follows a FIN that is in order. */
static void reasm_test_beyond_fin(struct kunit *test)
{
	struct reasm_test *rt = test->priv;

	reasm_test_begin(test, 0xfffffffc, 10);
	/* data that waits beyond it goes when it comes */
	KUNIT_EXPECT_EQ(test, reasm_test_add(test, 20, 30, 100000), XTCP_REASM_OOO);
	KUNIT_EXPECT_EQ(test, reasm_test_add(test, 0, 11, 100000), XTCP_REASM_INORDER);
	KUNIT_EXPECT_TRUE(test, rt->r.fin);
	KUNIT_EXPECT_EQ(test, rt->r.ooo_nodes, 0);
	/* the FIN again, and data, near and far */
	KUNIT_EXPECT_EQ(test, reasm_test_add(test, 0, 11, 100000), XTCP_REASM_DUP);
	KUNIT_EXPECT_EQ(test, reasm_test_add(test, 10, 11, 100000), XTCP_REASM_DUP);
	KUNIT_EXPECT_EQ(test, reasm_test_add(test, 5, 20, 100000), XTCP_REASM_DUP);
	KUNIT_EXPECT_EQ(test, reasm_test_add(test, 11, 20, 100000), XTCP_REASM_DUP);
	KUNIT_EXPECT_EQ(test, reasm_test_add(test, 40, 50, 100000), XTCP_REASM_DUP);
	KUNIT_EXPECT_EQ(test, rt->r.rcv_nxt, rt->start + 11);
	reasm_test_end(test);

	/* it waits itself: what begins beyond it is not kept */
	reasm_test_begin(test, 0xfffffffc, 10);
	KUNIT_EXPECT_EQ(test, reasm_test_add(test, 5, 11, 100000), XTCP_REASM_OOO);
	KUNIT_EXPECT_EQ(test, reasm_test_add(test, 11, 20, 100000), XTCP_REASM_DUP);
	KUNIT_EXPECT_EQ(test, reasm_test_add(test, 30, 40, 100000), XTCP_REASM_DUP);
	KUNIT_EXPECT_EQ(test, reasm_test_add(test, 0, 5, 100000), XTCP_REASM_FILLED);
	reasm_test_end(test);
}

static void reasm_test_fin_alone(struct kunit *test)
{
	struct reasm_test *rt = test->priv;

	/* in order: it leaves no segment in the queue */
	reasm_test_begin(test, 0xfffffff6, 10);
	reasm_test_feed(test, 0, 10, REASM_TEST_PAGED);
	reasm_test_feed(test, 10, 11, REASM_TEST_PAGED);
	KUNIT_EXPECT_EQ(test, skb_queue_len(&rt->queue), 1);
	KUNIT_EXPECT_EQ(test, rt->r.rcv_nxt, rt->start + 11);
	reasm_test_end(test);

	/* first of all, and on a stream that is nothing else */
	reasm_test_begin(test, 0xfffffff6, 10);
	reasm_test_feed(test, 10, 11, REASM_TEST_ROOMY);
	reasm_test_feed(test, 0, 10, REASM_TEST_ROOMY);
	reasm_test_end(test);
	reasm_test_begin(test, 0xffffffff, 0);
	reasm_test_feed(test, 0, 1, REASM_TEST_ROOMY);
	KUNIT_EXPECT_EQ(test, rt->r.rcv_nxt, 0);
	reasm_test_end(test);

	/* with data that was there already */
	reasm_test_begin(test, 0xfffffff6, 10);
	reasm_test_feed(test, 0, 10, REASM_TEST_TIGHT);
	reasm_test_feed(test, 5, 11, REASM_TEST_TIGHT);
	KUNIT_EXPECT_EQ(test, skb_queue_len(&rt->queue), 1);
	reasm_test_end(test);
}

/* A segment without data and without FIN is never kept. */
static void reasm_test_empty(struct kunit *test)
{
	reasm_test_begin(test, 0xfffffff6, 1000);
	KUNIT_EXPECT_EQ(test, reasm_test_add(test, 0, 0, 100000), XTCP_REASM_DUP);
	KUNIT_EXPECT_EQ(test, reasm_test_add(test, 50, 50, 100000), XTCP_REASM_DUP);
	KUNIT_EXPECT_EQ(test, reasm_test_add(test, 40, 60, 100000), XTCP_REASM_OOO);
	KUNIT_EXPECT_EQ(test, reasm_test_add(test, 50, 50, 100000), XTCP_REASM_DUP);
	KUNIT_EXPECT_EQ(test, reasm_test_add(test, 60, 60, 100000), XTCP_REASM_DUP);
}

static int reasm_test_init(struct kunit *test)
{
	struct reasm_test *rt;
	int err;

	rt = kunit_kzalloc(test, sizeof(*rt), GFP_KERNEL);
	if (!rt)
		return -ENOMEM;
	rt->have = kunit_kzalloc(test, REASM_TEST_BYTES + 1, GFP_KERNEL);
	rt->buf = kunit_kzalloc(test, REASM_TEST_BYTES + 1, GFP_KERNEL);
	if (!rt->have || !rt->buf)
		return -ENOMEM;
	err = sock_create_kern(&init_net, AF_INET, SOCK_DGRAM, IPPROTO_UDP, &rt->sock);
	if (err)
		return err;
	rt->sk = rt->sock->sk;
	__skb_queue_head_init(&rt->queue);
	__skb_queue_head_init(&rt->clones);
	xtcp_reasm_init(&rt->r, &rt->queue);
	prandom_seed_state(&rt->rnd, 815);
	test->priv = rt;
	return 0;
}

static void reasm_test_exit(struct kunit *test)
{
	struct reasm_test *rt = test->priv;

	if (!rt)
		return;
	xtcp_reasm_purge(&rt->r);
	__skb_queue_purge(&rt->queue);
	__skb_queue_purge(&rt->clones);
	KUNIT_EXPECT_EQ(test, atomic_read(&rt->sock->sk->sk_rmem_alloc), 0);
	sock_release(rt->sock);
}

static struct kunit_case reasm_test_cases[] = {
	KUNIT_CASE(reasm_test_all_orders),
	KUNIT_CASE(reasm_test_any_three),
	KUNIT_CASE(reasm_test_random),
	KUNIT_CASE(reasm_test_random_uncharged),
	KUNIT_CASE(reasm_test_coalesce),
	KUNIT_CASE(reasm_test_pack),
	KUNIT_CASE(reasm_test_bytes_bound),
	KUNIT_CASE(reasm_test_nodes_bound),
	KUNIT_CASE(reasm_test_beyond_fin),
	KUNIT_CASE(reasm_test_fin_alone),
	KUNIT_CASE(reasm_test_empty),
	{}
};

static struct kunit_suite reasm_test_suite = {
	.name = "xtcp-reasm",
	.init = reasm_test_init,
	.exit = reasm_test_exit,
	.test_cases = reasm_test_cases,
};

kunit_test_suite(reasm_test_suite);

// SPDX-License-Identifier: GPL-2.0
/*
 * The scoreboard, against a map of segments: random blocks, honest, stale and absurd, over a flight
 * of large segments that they cut up; and that the walking is bounded, and gets on nevertheless.
 */
#include <kunit/test.h>
#include <linux/prandom.h>

#include "xtcp.h"
#include "score.h"

#define SCORE_TEST_MSS		100u
/* Small enough that the blocks of an ACK never reach the bound of the walk. */
#define SCORE_TEST_CELLS	60u
#define SCORE_TEST_STEPS	(IS_ENABLED(CONFIG_KASAN) ? 100000 : 1000000)

static atomic_long_t score_test_allocated;
static DEFINE_PER_CPU(int, score_test_fw_alloc);
static long score_test_limits[3] = { LONG_MAX, LONG_MAX, LONG_MAX };

static struct proto score_test_proto = {
	.name			= "XTCP score test",
	.max_header		= 256,
	.memory_allocated	= &score_test_allocated,
	.per_cpu_fw_alloc	= &score_test_fw_alloc,
	.sysctl_mem		= score_test_limits,
};

/**
 * struct score_test_bed - a socket, and what is to be of it
 * @xsk: the socket; nothing else of it is there
 * @rnd: chance
 * @page: the data of all segments, which nobody reads
 * @una: cell that snd_una lies at
 * @nxt: and snd_nxt
 * @sacked: cells that have arrived; in a ring
 * @clock_us: a moment for each segment
 */
struct score_test_bed {
	struct xtcp_sock	xsk;
	struct rnd_state	rnd;
	struct page		*page;
	u32			una;
	u32			nxt;
	bool			sacked[256];
	u64			clock_us;
};

static struct sock *score_test_sk(struct kunit *test)
{
	return (struct sock *)test->priv;
}

static u32 score_test_below(struct kunit *test, u32 ceiling)
{
	struct score_test_bed *bed = test->priv;

	return prandom_u32_state(&bed->rnd) % ceiling;
}

static bool *score_test_cell(struct score_test_bed *bed, u32 cell)
{
	return &bed->sacked[cell % ARRAY_SIZE(bed->sacked)];
}

/* Of so many segments. */
static void score_test_send(struct kunit *test, u32 cells)
{
	struct score_test_bed *bed = test->priv;
	struct sock *sk = score_test_sk(test);
	u32 len = cells * SCORE_TEST_MSS, piece;
	struct sk_buff *skb;

	skb = xtcp_rtxq_alloc(sk, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, skb);
	while (len) {
		piece = min_t(u32, len, PAGE_SIZE);
		get_page(bed->page);
		skb_fill_page_desc(skb, skb_shinfo(skb)->nr_frags, bed->page, 0, piece);
		KUNIT_ASSERT_TRUE(test, sk_wmem_schedule(sk, piece));
		skb->len += piece;
		skb->data_len += piece;
		skb->truesize += piece;
		sk_wmem_queued_add(sk, piece);
		sk_mem_charge(sk, piece);
		len -= piece;
	}
	xtcp_rtxq_queue(sk, skb, 0);
	xtcp_set_sent_us(skb, ++bed->clock_us);
	xtcp_rtxq_sent(sk, skb);
	while (cells--)
		*score_test_cell(bed, bed->nxt++) = false;
}

static void score_test_ack(struct kunit *test, u32 cells)
{
	struct score_test_bed *bed = test->priv;
	struct sock *sk = score_test_sk(test);
	struct xtcp_sock *xsk = &bed->xsk;
	struct xtcp_rtxq_news news = { .now_us = bed->clock_us };

	bed->una += cells;
	xtcp_rtxq_acked(sk, xsk->iss + bed->una * SCORE_TEST_MSS, &news);
	xsk->snd_una = xsk->iss + bed->una * SCORE_TEST_MSS;
}

/* Somewhere about the flight, and about the edges of segments. */
static u32 score_test_seq(struct kunit *test)
{
	struct score_test_bed *bed = test->priv;
	u32 cell = bed->una - 2 + score_test_below(test, bed->nxt - bed->una + 5);
	u32 seq = bed->xsk.iss + cell * SCORE_TEST_MSS;

	if (!score_test_below(test, 3))
		seq += score_test_below(test, SCORE_TEST_MSS);
	return seq;
}

static void score_test_blocks(struct kunit *test, struct xtcp_opts *opts)
{
	unsigned int i;

	*opts = (struct xtcp_opts) {
		.seen = XTCP_OPT_SACK,
		.sacks = 1 + score_test_below(test, XTCP_SACK_BLOCKS),
	};
	for (i = 0; i < opts->sacks; i++) {
		u32 a = score_test_seq(test), b = score_test_seq(test);

		if (xtcp_seq_gt(a, b) && score_test_below(test, 50))
			swap(a, b);
		if (!score_test_below(test, 200))
			a = prandom_u32_state(&((struct score_test_bed *)test->priv)->rnd);
		opts->sack[i] = (struct xtcp_sack_block) { a, b };
	}
}

static bool score_test_is_valid(const struct xtcp_sock *xsk, const struct xtcp_sack_block *block)
{
	return xtcp_seq_lt(block->start, block->end) && xtcp_seq_gt(block->start, xsk->snd_una) &&
	       xtcp_seq_le(block->end, xsk->snd_nxt);
}

/* What the ACK tells, by the map. Returns how much of it is new. */
static u32 score_test_expect(struct kunit *test, const struct xtcp_opts *opts)
{
	struct score_test_bed *bed = test->priv;
	const struct xtcp_sock *xsk = &bed->xsk;
	u32 cell, start, found = 0;
	unsigned int i;
	bool dup;

	dup = xtcp_seq_le(opts->sack[0].end, xsk->snd_una) ||
	      (opts->sacks > 1 && xtcp_seq_ge(opts->sack[0].start, opts->sack[1].start) &&
	       xtcp_seq_le(opts->sack[0].end, opts->sack[1].end));
	for (i = dup; i < opts->sacks; i++) {
		if (!score_test_is_valid(xsk, &opts->sack[i]))
			continue;
		for (cell = bed->una; cell != bed->nxt; cell++) {
			start = xsk->iss + cell * SCORE_TEST_MSS;
			if (*score_test_cell(bed, cell) ||
			    xtcp_seq_lt(start, opts->sack[i].start) ||
			    xtcp_seq_gt(start + SCORE_TEST_MSS, opts->sack[i].end))
				continue;
			*score_test_cell(bed, cell) = true;
			found += SCORE_TEST_MSS;
		}
	}
	return found;
}

static void score_test_compare(struct kunit *test)
{
	struct score_test_bed *bed = test->priv;
	u32 seq = bed->xsk.snd_una, cell = bed->una, sacked = 0;
	struct sk_buff *skb;

	for (skb = xtcp_rtxq_head(score_test_sk(test)); skb; skb = xtcp_rtxq_next(skb)) {
		KUNIT_ASSERT_EQ(test, XTCP_CB(skb)->seq, seq);
		for (; seq != XTCP_CB(skb)->end_seq; seq += SCORE_TEST_MSS, cell++) {
			KUNIT_ASSERT_EQ(test, !!XTCP_CB(skb)->sacked, *score_test_cell(bed, cell));
			sacked += XTCP_CB(skb)->sacked ? SCORE_TEST_MSS : 0;
		}
	}
	KUNIT_ASSERT_EQ(test, cell, bed->nxt);
	KUNIT_ASSERT_EQ(test, bed->xsk.sacked_bytes, sacked);
}

static void score_test_take(struct kunit *test)
{
	struct score_test_bed *bed = test->priv;
	struct xtcp_rtxq_news news = { .now_us = bed->clock_us };
	struct xtcp_score score;
	struct xtcp_opts opts;
	u32 expect;

	score_test_blocks(test, &opts);
	expect = score_test_expect(test, &opts);
	xtcp_score_take(score_test_sk(test), bed->xsk.snd_una, &opts, &news, &score);
	KUNIT_ASSERT_EQ(test, news.bytes, expect);
}

static void score_test_life(struct kunit *test)
{
	struct score_test_bed *bed = test->priv;
	u32 room, i;

	for (i = 0; i < SCORE_TEST_STEPS; i++) {
		room = SCORE_TEST_CELLS - (bed->nxt - bed->una);
		switch (score_test_below(test, 16)) {
		case 0 ... 2:
			if (room)
				score_test_send(test, 1 + score_test_below(test, min(room, 45u)));
			break;
		case 3:
			if (bed->nxt != bed->una)
				score_test_ack(test, 1 + score_test_below(test,
									  bed->nxt - bed->una));
			break;
		case 4:
			if (score_test_below(test, 20))
				break;
			xtcp_rtxq_forget_sacked(score_test_sk(test));
			memset(bed->sacked, 0, sizeof(bed->sacked));
			break;
		default:
			score_test_take(test);
		}
		if (i % 8 == 0)
			score_test_compare(test);
	}
}

/*
 * CVE-2019-11478 and its like: a peer that has the flight cut into single segments, and then names
 * all of it again and again, in blocks that are never those of its last ACK.
 */
static void score_test_adversary(struct kunit *test)
{
	struct score_test_bed *bed = test->priv;
	struct xtcp_opts opts = { .seen = XTCP_OPT_SACK, .sacks = 1 };
	struct xtcp_rtxq_news news = {};
	struct xtcp_sock *xsk = &bed->xsk;
	struct xtcp_score score;
	u32 i, acks = 0;

	for (i = 0; i < 100; i++)
		score_test_send(test, 40);
	for (i = 1; i < 4000; i += 2) {
		opts.sack[0].start = xsk->iss + i * SCORE_TEST_MSS;
		opts.sack[0].end = opts.sack[0].start + SCORE_TEST_MSS;
		xtcp_score_take(score_test_sk(test), xsk->snd_una, &opts, &news, &score);
	}
	KUNIT_ASSERT_EQ(test, news.bytes, 2000 * SCORE_TEST_MSS);
	/* Of one that has grown from nowhere, a part each time; but in the end, all of it. */
	opts.sack[0].start = xsk->iss + SCORE_TEST_MSS;
	opts.sack[0].end = xsk->snd_nxt;
	while (xsk->sacked_bytes != 3999 * SCORE_TEST_MSS) {
		u32 before = xsk->sacked_bytes;

		xtcp_score_take(score_test_sk(test), xsk->snd_una, &opts, &news, &score);
		KUNIT_ASSERT_GT(test, xsk->sacked_bytes, before);
		KUNIT_ASSERT_LE(test, xsk->sacked_bytes - before, 257 * SCORE_TEST_MSS);
		acks++;
	}
	KUNIT_EXPECT_GE(test, acks, 2000 / 257);
	KUNIT_EXPECT_EQ(test, news.bytes, 3999 * SCORE_TEST_MSS);
}

/* Segments are not cut for less than a whole one, nor where bookkeeping has grown out of hand. */
static void score_test_crumbs(struct kunit *test)
{
	struct score_test_bed *bed = test->priv;
	struct xtcp_opts opts = { .seen = XTCP_OPT_SACK, .sacks = 1 };
	struct xtcp_rtxq_news news = {};
	struct xtcp_sock *xsk = &bed->xsk;
	struct xtcp_score score;

	score_test_send(test, 40);
	opts.sack[0].start = xsk->iss + SCORE_TEST_MSS + 1;
	opts.sack[0].end = opts.sack[0].start + 2 * SCORE_TEST_MSS - 2;
	xtcp_score_take(score_test_sk(test), xsk->snd_una, &opts, &news, &score);
	KUNIT_EXPECT_EQ(test, news.bytes, 0);
	KUNIT_EXPECT_PTR_EQ(test, xtcp_rtxq_head(score_test_sk(test)),
			    xtcp_rtxq_last(score_test_sk(test)));
	opts.sack[0].start = xsk->iss + SCORE_TEST_MSS;
	opts.sack[0].end = xsk->snd_nxt;
	score_test_sk(test)->sk_sndbuf = -SZ_256K;
	xtcp_score_take(score_test_sk(test), xsk->snd_una, &opts, &news, &score);
	KUNIT_EXPECT_EQ(test, news.bytes, 0);
}

/* RFC 2883 4: below the acknowledgment, or within the next block; nothing else, nothing absurd. */
static void score_test_duplicates(struct kunit *test)
{
	struct score_test_bed *bed = test->priv;
	struct xtcp_opts opts = { .seen = XTCP_OPT_SACK, .sacks = 1 };
	struct xtcp_rtxq_news news = {};
	struct xtcp_sock *xsk = &bed->xsk;
	struct xtcp_score score;

	score_test_send(test, 40);
	score_test_ack(test, 10);
	xsk->snd_wnd_max = 1000;
	opts.sack[0] = (struct xtcp_sack_block) { xsk->snd_una - 300, xsk->snd_una - 100 };
	xtcp_score_take(score_test_sk(test), xsk->snd_una, &opts, &news, &score);
	KUNIT_EXPECT_EQ(test, score.dup_bytes, 200);
	KUNIT_EXPECT_EQ(test, score.dup_end, xsk->snd_una - 100);
	opts.sack[0] = (struct xtcp_sack_block) { xsk->snd_una - 1300, xsk->snd_una - 100 };
	xtcp_score_take(score_test_sk(test), xsk->snd_una, &opts, &news, &score);
	KUNIT_EXPECT_EQ(test, score.dup_bytes, 0);
	opts.sacks = 2;
	opts.sack[0] = (struct xtcp_sack_block) { xsk->snd_una + 300, xsk->snd_una + 400 };
	opts.sack[1] = (struct xtcp_sack_block) { xsk->snd_una + 200, xsk->snd_una + 500 };
	xtcp_score_take(score_test_sk(test), xsk->snd_una, &opts, &news, &score);
	KUNIT_EXPECT_EQ(test, score.dup_bytes, 100);
	KUNIT_EXPECT_EQ(test, news.bytes, 300);
	opts.sack[1].start = xsk->snd_una + 301;
	xtcp_score_take(score_test_sk(test), xsk->snd_una, &opts, &news, &score);
	KUNIT_EXPECT_EQ(test, score.dup_bytes, 0);
	/* Who was not offered any does not get to say any. */
	xsk->sack_ok = 0;
	opts.sack[0] = (struct xtcp_sack_block) { xsk->snd_una + 100, xsk->snd_nxt };
	xtcp_score_take(score_test_sk(test), xsk->snd_una, &opts, &news, &score);
	KUNIT_EXPECT_EQ(test, news.bytes, 300);
}

static int score_test_init(struct kunit *test)
{
	struct score_test_bed *bed = kvzalloc(sizeof(*bed), GFP_KERNEL);
	struct xtcp_sock *xsk;
	struct sock *sk;

	if (!bed)
		return -ENOMEM;
	test->priv = bed;
	bed->page = alloc_page(GFP_KERNEL);
	if (!bed->page)
		return -ENOMEM;
	prandom_seed_state(&bed->rnd, 2018);
	xsk = &bed->xsk;
	sk = (struct sock *)xsk;
	sk->sk_prot = &score_test_proto;
	sk->sk_allocation = GFP_KERNEL;
	sk->sk_userlocks = SOCK_SNDBUF_LOCK;
	sk->sk_sndbuf = SZ_64M;
	skb_queue_head_init(&sk->sk_write_queue);
	xsk->rtxq = RB_ROOT;
	INIT_LIST_HEAD(&xsk->sent);
	INIT_LIST_HEAD(&xsk->lost);
	xsk->iss = -20000;
	xsk->snd_una = xsk->iss;
	xsk->snd_nxt = xsk->iss;
	xsk->write_seq = xsk->iss;
	xsk->mss = SCORE_TEST_MSS;
	xsk->sack_ok = 1;
	xtcp_rack_init(&xsk->rack, xsk->iss);
	return 0;
}

static void score_test_exit(struct kunit *test)
{
	struct score_test_bed *bed = test->priv;

	if (!bed)
		return;
	if (bed->page) {
		xtcp_rtxq_purge((struct sock *)&bed->xsk);
		sk_mem_reclaim_final((struct sock *)&bed->xsk);
		KUNIT_EXPECT_EQ(test, page_count(bed->page), 1);
		put_page(bed->page);
	}
	kvfree(bed);
}

static struct kunit_case score_test_cases[] = {
	KUNIT_CASE(score_test_life),
	KUNIT_CASE(score_test_adversary),
	KUNIT_CASE(score_test_crumbs),
	KUNIT_CASE(score_test_duplicates),
	{}
};

static struct kunit_suite score_test_suite = {
	.name = "xtcp-score",
	.init = score_test_init,
	.exit = score_test_exit,
	.test_cases = score_test_cases,
};

kunit_test_suite(score_test_suite);

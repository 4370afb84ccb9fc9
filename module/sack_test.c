// SPDX-License-Identifier: GPL-2.0
/* SACK blocks against a map of what has been received, one bit for each sequence number. */
#include <kunit/test.h>
#include <linux/bitmap.h>
#include <linux/prandom.h>

#include "sack.h"
#include "seq.h"

#define SACK_TEST_SPAN		96
#define SACK_TEST_BASE		(0u - SACK_TEST_SPAN / 2)
#define SACK_TEST_ROUNDS	2000

struct sack_test {
	struct xtcp_sack_list	list;
	unsigned int		nxt;	/* rcv_nxt, as an index */
	DECLARE_BITMAP(map, SACK_TEST_SPAN);
};

/* The whole run that an index lies in. */
static struct xtcp_sack_block sack_test_run(const struct sack_test *st, unsigned int at)
{
	unsigned int start = at, end = at;

	while (start > st->nxt && test_bit(start - 1, st->map))
		start--;
	while (end < SACK_TEST_SPAN && test_bit(end, st->map))
		end++;
	return (struct xtcp_sack_block){ SACK_TEST_BASE + start, SACK_TEST_BASE + end };
}

/* All blocks are whole runs, and none is there twice. */
static void sack_test_check(struct kunit *test, const struct sack_test *st)
{
	const struct xtcp_sack_block *b = st->list.block;
	unsigned int i, j;

	KUNIT_ASSERT_LE(test, st->list.count, XTCP_SACK_BLOCKS);
	for (i = 0; i < st->list.count; i++) {
		struct xtcp_sack_block run = sack_test_run(st, b[i].start - SACK_TEST_BASE);

		KUNIT_ASSERT_EQ(test, run.start, b[i].start);
		KUNIT_ASSERT_EQ(test, run.end, b[i].end);
		KUNIT_ASSERT_TRUE(test, xtcp_seq_gt(b[i].end, b[i].start));
		for (j = 0; j < i; j++)
			KUNIT_ASSERT_NE(test, b[i].start, b[j].start);
	}
}

static void sack_test_random(struct kunit *test)
{
	struct sack_test *st = kunit_kzalloc(test, sizeof(*st), GFP_KERNEL);
	struct xtcp_sack_block block;
	unsigned int round, at, len;
	struct rnd_state rnd;

	KUNIT_ASSERT_NOT_NULL(test, st);
	prandom_seed_state(&rnd, 2018);
	for (round = 0; round < SACK_TEST_ROUNDS; round++) {
		st->nxt = 0;
		bitmap_zero(st->map, SACK_TEST_SPAN);
		xtcp_sack_clear(&st->list);
		while (st->nxt < SACK_TEST_SPAN) {
			at = st->nxt + prandom_u32_state(&rnd) % (SACK_TEST_SPAN - st->nxt);
			len = 1 + prandom_u32_state(&rnd) % min(8, SACK_TEST_SPAN - (int)at);
			bitmap_set(st->map, at, len);
			if (at == st->nxt) {
				st->nxt = find_next_zero_bit(st->map, SACK_TEST_SPAN, st->nxt);
				xtcp_sack_upto(&st->list, SACK_TEST_BASE + st->nxt);
			} else {
				block = sack_test_run(st, at);
				xtcp_sack_held(&st->list, &block);
				KUNIT_ASSERT_EQ(test, st->list.block[0].start, block.start);
				KUNIT_ASSERT_EQ(test, st->list.block[0].end, block.end);
			}
			sack_test_check(test, st);
		}
		KUNIT_ASSERT_EQ(test, 0, st->list.count);
	}
}

/* The caller may know less than the list does. */
static void sack_test_joins(struct kunit *test)
{
	struct xtcp_sack_block blocks[] = { { 10, 20 }, { 30, 40 }, { 50, 60 }, { 20, 30 } };
	struct xtcp_sack_list list;
	unsigned int i;

	xtcp_sack_clear(&list);
	for (i = 0; i < ARRAY_SIZE(blocks); i++)
		xtcp_sack_held(&list, &blocks[i]);
	KUNIT_ASSERT_EQ(test, 2, list.count);
	KUNIT_EXPECT_EQ(test, 10, list.block[0].start);
	KUNIT_EXPECT_EQ(test, 40, list.block[0].end);
	KUNIT_EXPECT_EQ(test, 50, list.block[1].start);
}

/* RFC 2883 4: a duplicate goes first, is told once, and only when it is told. */
static void sack_test_tell(struct kunit *test)
{
	struct xtcp_sack_block blocks[] = { { 10, 20 }, { 30, 40 }, { 50, 60 }, { 70, 80 } };
	struct xtcp_opts opts = {};
	struct xtcp_sack_list list;
	unsigned int i;

	xtcp_sack_clear(&list);
	xtcp_sack_tell(&list, &opts, 4);
	KUNIT_EXPECT_EQ(test, 0, opts.seen);
	for (i = 0; i < ARRAY_SIZE(blocks); i++)
		xtcp_sack_held(&list, &blocks[i]);
	xtcp_sack_dup(&list, 1, 2);
	xtcp_sack_tell(&list, &opts, 0);
	KUNIT_EXPECT_EQ(test, 0, opts.seen);
	KUNIT_EXPECT_TRUE(test, list.news);

	xtcp_sack_tell(&list, &opts, 3);
	KUNIT_EXPECT_EQ(test, XTCP_OPT_SACK, opts.seen);
	KUNIT_ASSERT_EQ(test, 3, opts.sacks);
	KUNIT_EXPECT_EQ(test, 1, opts.sack[0].start);
	KUNIT_EXPECT_EQ(test, 70, opts.sack[1].start);
	KUNIT_EXPECT_EQ(test, 50, opts.sack[2].start);
	KUNIT_EXPECT_FALSE(test, list.news);

	xtcp_sack_tell(&list, &opts, 9);
	KUNIT_ASSERT_EQ(test, 4, opts.sacks);
	KUNIT_EXPECT_EQ(test, 70, opts.sack[0].start);
}

static struct kunit_case sack_test_cases[] = {
	KUNIT_CASE(sack_test_random),
	KUNIT_CASE(sack_test_joins),
	KUNIT_CASE(sack_test_tell),
	{}
};

static struct kunit_suite sack_test_suite = {
	.name = "xtcp-sack",
	.test_cases = sack_test_cases,
};

kunit_test_suite(sack_test_suite);

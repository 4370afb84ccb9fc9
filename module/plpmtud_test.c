// SPDX-License-Identifier: GPL-2.0
/* The search for the path MTU, on paths that take what they take and say nothing. */
#include <kunit/test.h>

#include "plpmtud.h"

#define BASE		1064
#define LEAST		552
#define LINK		1500
#define INTERVAL_S	600

struct plpmtud_test_path {
	u32	takes;		/* bytes */
	u32	probes;
	u32	lost;
	u32	seq;
};

/* Probes until there is nothing more to be found out. */
static void plpmtud_test_run(struct kunit *test, struct xtcp_plpmtud *pl,
			     struct plpmtud_test_path *path, u32 most, u32 now_s)
{
	u32 before, size;

	while ((size = xtcp_plpmtud_next(pl, LINK, most, INTERVAL_S, now_s))) {
		KUNIT_ASSERT_LT(test, path->probes, 1000);
		KUNIT_ASSERT_GT(test, size, pl->low);
		KUNIT_ASSERT_LE(test, size, min(pl->high, most));
		before = pl->low;
		path->probes++;
		xtcp_plpmtud_sent(pl, size, path->seq, path->seq + size);
		KUNIT_ASSERT_TRUE(test, xtcp_plpmtud_is_probe(pl, path->seq, path->seq + size));
		KUNIT_ASSERT_EQ(test, xtcp_plpmtud_next(pl, LINK, most, INTERVAL_S, now_s), 0);
		KUNIT_ASSERT_FALSE(test, xtcp_plpmtud_acked(pl, path->seq + size - 1));
		if (size <= path->takes) {
			KUNIT_ASSERT_TRUE(test, xtcp_plpmtud_acked(pl, path->seq + size));
			KUNIT_ASSERT_EQ(test, xtcp_plpmtud_limit(pl), size);
		} else {
			path->lost++;
			xtcp_plpmtud_lost(pl, true);
			KUNIT_ASSERT_EQ(test, pl->low, before);
		}
		KUNIT_ASSERT_FALSE(test, xtcp_plpmtud_acked(pl, path->seq + size));
		path->seq += size;
	}
}

/* What is found is what there is, or a little less. */
static void plpmtud_test_expect(struct kunit *test, const struct xtcp_plpmtud *pl, u32 takes)
{
	KUNIT_EXPECT_LE(test, pl->low, takes);
	KUNIT_EXPECT_GT(test, pl->low + XTCP_PLPMTUD_STEP, takes);
	KUNIT_EXPECT_EQ(test, pl->state, XTCP_PLPMTUD_DONE);
}

/* Every MTU that a path may have, from the base on up, across the wrap of sequence numbers. */
static void plpmtud_test_search(struct kunit *test)
{
	u32 takes;

	for (takes = BASE; takes <= LINK; takes++) {
		struct plpmtud_test_path path = { .takes = takes, .seq = -2000 };
		struct xtcp_plpmtud pl = {};

		xtcp_plpmtud_start(&pl, BASE, LINK);
		KUNIT_EXPECT_EQ(test, xtcp_plpmtud_limit(&pl), BASE);
		plpmtud_test_run(test, &pl, &path, LINK, 0);
		plpmtud_test_expect(test, &pl, takes);
		/* Bisection: so many at most. */
		KUNIT_EXPECT_LE(test, path.probes, 1 + 6 * XTCP_PLPMTUD_PROBES);
		if (takes == LINK)
			KUNIT_EXPECT_EQ(test, path.probes, 1);
	}
}

/* Nothing is sent that the peer would not take; then there may be nothing to be searched for. */
static void plpmtud_test_most(struct kunit *test)
{
	struct plpmtud_test_path path = { .takes = LINK };
	struct xtcp_plpmtud pl = {};

	xtcp_plpmtud_start(&pl, BASE, LINK);
	plpmtud_test_run(test, &pl, &path, 1200, 0);
	KUNIT_EXPECT_EQ(test, pl.low, 1200);
	xtcp_plpmtud_start(&pl, BASE, LINK);
	KUNIT_EXPECT_EQ(test, xtcp_plpmtud_next(&pl, LINK, 600, INTERVAL_S, 0), 0);
	xtcp_plpmtud_start(&pl, BASE, 900);
	KUNIT_EXPECT_EQ(test, xtcp_plpmtud_limit(&pl), 900);
	KUNIT_EXPECT_EQ(test, xtcp_plpmtud_next(&pl, 900, 900, INTERVAL_S, 0), 0);
}

/* A probe that is lost with others, or a few by chance, say nothing. */
static void plpmtud_test_chance(struct kunit *test)
{
	struct xtcp_plpmtud pl = {};
	u32 size, i;

	xtcp_plpmtud_start(&pl, BASE, LINK);
	for (i = 0; i < 10; i++) {
		size = xtcp_plpmtud_next(&pl, LINK, LINK, INTERVAL_S, 0);
		KUNIT_EXPECT_EQ(test, size, LINK);
		xtcp_plpmtud_sent(&pl, size, 0, size);
		xtcp_plpmtud_lost(&pl, false);
	}
	/* The top has one shot. */
	xtcp_plpmtud_sent(&pl, LINK, 0, LINK);
	xtcp_plpmtud_lost(&pl, true);
	size = xtcp_plpmtud_next(&pl, LINK, LINK, INTERVAL_S, 0);
	KUNIT_EXPECT_EQ(test, size, BASE + (LINK - BASE) / 2);
	for (i = 0; i < XTCP_PLPMTUD_PROBES; i++) {
		KUNIT_EXPECT_EQ(test, xtcp_plpmtud_next(&pl, LINK, LINK, INTERVAL_S, 0), size);
		xtcp_plpmtud_sent(&pl, size, 0, size);
		xtcp_plpmtud_lost(&pl, true);
	}
	KUNIT_EXPECT_EQ(test, pl.high, size - 1);
	/* None is in flight. */
	xtcp_plpmtud_lost(&pl, true);
	KUNIT_EXPECT_EQ(test, pl.high, size - 1);
}

/* The path grows: it is found out when it is time, and not before. */
static void plpmtud_test_again(struct kunit *test)
{
	struct plpmtud_test_path path = { .takes = 1300 };
	struct xtcp_plpmtud pl = {};
	u32 start_s = -100, probes;

	xtcp_plpmtud_start(&pl, BASE, LINK);
	plpmtud_test_run(test, &pl, &path, LINK, start_s);
	plpmtud_test_expect(test, &pl, 1300);
	probes = path.probes;
	path.takes = LINK;
	plpmtud_test_run(test, &pl, &path, LINK, start_s + INTERVAL_S - 1);
	KUNIT_EXPECT_EQ(test, path.probes, probes);
	plpmtud_test_run(test, &pl, &path, LINK, start_s + INTERVAL_S);
	KUNIT_EXPECT_EQ(test, path.probes, probes + 1);
	KUNIT_EXPECT_EQ(test, xtcp_plpmtud_limit(&pl), LINK);
}

static void plpmtud_test_black_hole(struct kunit *test)
{
	struct plpmtud_test_path path = { .takes = 1400 };
	struct xtcp_plpmtud pl = {};

	KUNIT_EXPECT_EQ(test, xtcp_plpmtud_limit(&pl), U32_MAX);
	KUNIT_EXPECT_EQ(test, xtcp_plpmtud_next(&pl, LINK, LINK, INTERVAL_S, 0), 0);
	KUNIT_EXPECT_FALSE(test, xtcp_plpmtud_black_hole(&pl, LEAST, BASE, LEAST));
	KUNIT_EXPECT_EQ(test, xtcp_plpmtud_limit(&pl), U32_MAX);

	KUNIT_EXPECT_TRUE(test, xtcp_plpmtud_black_hole(&pl, LINK, BASE, LEAST));
	KUNIT_EXPECT_EQ(test, xtcp_plpmtud_limit(&pl), BASE);
	plpmtud_test_run(test, &pl, &path, LINK, 0);
	plpmtud_test_expect(test, &pl, 1400);

	/* All is silent: down to the least, and from there up to where it was. */
	path.takes = LINK;
	KUNIT_EXPECT_TRUE(test, xtcp_plpmtud_black_hole(&pl, pl.low, BASE, LEAST));
	KUNIT_EXPECT_TRUE(test, xtcp_plpmtud_black_hole(&pl, pl.low, BASE, LEAST));
	KUNIT_EXPECT_EQ(test, xtcp_plpmtud_limit(&pl), LEAST);
	KUNIT_EXPECT_FALSE(test, xtcp_plpmtud_black_hole(&pl, pl.low, BASE, LEAST));
	plpmtud_test_run(test, &pl, &path, LINK, 0);
	KUNIT_EXPECT_GT(test, pl.low, 1400 - 2 * XTCP_PLPMTUD_STEP);
}

/* The routing knows of a smaller path, and then of a larger one. */
static void plpmtud_test_path_news(struct kunit *test)
{
	struct xtcp_plpmtud pl = {};

	xtcp_plpmtud_path(&pl, LINK, 600);
	KUNIT_EXPECT_EQ(test, xtcp_plpmtud_limit(&pl), U32_MAX);
	xtcp_plpmtud_start(&pl, BASE, LINK);
	xtcp_plpmtud_sent(&pl, LINK, 0, LINK);
	xtcp_plpmtud_path(&pl, LINK, 1300);
	KUNIT_EXPECT_EQ(test, pl.high, 1300);
	/* It went out before. */
	KUNIT_EXPECT_TRUE(test, xtcp_plpmtud_acked(&pl, LINK));
	KUNIT_EXPECT_LE(test, xtcp_plpmtud_limit(&pl), 1300);
	xtcp_plpmtud_path(&pl, 1300, 600);
	KUNIT_EXPECT_EQ(test, xtcp_plpmtud_limit(&pl), 600);
	KUNIT_EXPECT_EQ(test, xtcp_plpmtud_next(&pl, 600, 600, INTERVAL_S, 0), 0);
	xtcp_plpmtud_path(&pl, 600, 600);
	KUNIT_EXPECT_EQ(test, xtcp_plpmtud_next(&pl, 600, 600, INTERVAL_S, 0), 0);
	xtcp_plpmtud_path(&pl, 600, LINK);
	KUNIT_EXPECT_EQ(test, xtcp_plpmtud_limit(&pl), 600);
	KUNIT_EXPECT_EQ(test, xtcp_plpmtud_next(&pl, LINK, LINK, INTERVAL_S, 0), LINK);
}

static struct kunit_case plpmtud_test_cases[] = {
	KUNIT_CASE(plpmtud_test_search),
	KUNIT_CASE(plpmtud_test_most),
	KUNIT_CASE(plpmtud_test_chance),
	KUNIT_CASE(plpmtud_test_again),
	KUNIT_CASE(plpmtud_test_black_hole),
	KUNIT_CASE(plpmtud_test_path_news),
	{}
};

static struct kunit_suite plpmtud_test_suite = {
	.name = "xtcp-plpmtud",
	.test_cases = plpmtud_test_cases,
};

kunit_test_suite(plpmtud_test_suite);

// SPDX-License-Identifier: GPL-2.0
/* The counter of different things: how far off it is, and what does not count. */
#include <kunit/test.h>
#include <linux/kernel.h>
#include <linux/prandom.h>
#include <linux/sched.h>

#include "sketch.h"

#define SKETCH_TEST_SEEDS	16

static struct xtcp_sketch *sketch_test_new(struct kunit *test)
{
	struct xtcp_sketch *sketch = kunit_kzalloc(test, sizeof(*sketch), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, sketch);
	return sketch;
}

/* Random hashes are as good as hashes of different things. */
static void sketch_test_add(struct xtcp_sketch *sketch, struct rnd_state *rnd, u32 count)
{
	u64 hash;
	u32 i;

	for (i = 0; i < count; i++) {
		hash = (u64)prandom_u32_state(rnd) << 32;
		xtcp_sketch_add(sketch, hash | prandom_u32_state(rnd));
		if (i % 65536 == 0)
			cond_resched();
	}
}

/*
 * At most 10% off wherever between 100 and a million; that is more than four standard deviations.
 * The mean of 16 is at most 3% off, five of its own, so that no size is wrong as such.
 */
static void sketch_test_error(struct kunit *test)
{
	static const u32 sizes[] = {
		100, 150, 200, 300, 500, 700, 1000, 1500, 2000, 3000, 4000, 4500, 5000, 5500, 6000,
		7000, 10000, 15000, 20000, 50000, 100000, 200000, 500000, 1000000,
	};
	struct xtcp_sketch *sketch = sketch_test_new(test);
	u64 sums[ARRAY_SIZE(sizes)] = {};
	struct rnd_state rnd;
	u32 seed, i, added, estimate;

	for (seed = 0; seed < SKETCH_TEST_SEEDS; seed++) {
		prandom_seed_state(&rnd, 2007 + seed);
		xtcp_sketch_clear(sketch);
		for (i = 0, added = 0; i < ARRAY_SIZE(sizes); added = sizes[i++]) {
			sketch_test_add(sketch, &rnd, sizes[i] - added);
			estimate = xtcp_sketch_estimate(sketch, sketch);
			sums[i] += estimate;
			KUNIT_EXPECT_GE_MSG(test, estimate, sizes[i] - sizes[i] / 10, "%u of %u",
					    sizes[i], seed);
			KUNIT_EXPECT_LE_MSG(test, estimate, sizes[i] + sizes[i] / 10, "%u of %u",
					    sizes[i], seed);
		}
	}
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		u64 whole = (u64)sizes[i] * SKETCH_TEST_SEEDS;

		KUNIT_EXPECT_GE_MSG(test, sums[i] * 100, whole * 97, "%u", sizes[i]);
		KUNIT_EXPECT_LE_MSG(test, sums[i] * 100, whole * 103, "%u", sizes[i]);
	}
}

/* In registers of their own, few are counted exactly. */
static void sketch_test_few(struct kunit *test)
{
	struct xtcp_sketch *sketch = sketch_test_new(test);
	u32 i, estimate;

	KUNIT_EXPECT_EQ(test, xtcp_sketch_estimate(sketch, sketch), 0);
	for (i = 1; i <= 40; i++) {
		xtcp_sketch_add(sketch, 1 << 11 | i * 51);
		estimate = xtcp_sketch_estimate(sketch, sketch);
		KUNIT_EXPECT_GE(test, estimate, i);
		KUNIT_EXPECT_LE(test, estimate, i + 1);
	}
}

/* What comes again does not count, however often. */
static void sketch_test_repeated(struct kunit *test)
{
	struct xtcp_sketch *sketch = sketch_test_new(test);
	struct rnd_state rnd;
	u32 turn, once = 0;

	for (turn = 0; turn < 20; turn++) {
		prandom_seed_state(&rnd, 99);
		sketch_test_add(sketch, &rnd, 5000);
		if (!turn)
			once = xtcp_sketch_estimate(sketch, sketch);
		KUNIT_EXPECT_EQ(test, xtcp_sketch_estimate(sketch, sketch), once);
	}
	KUNIT_EXPECT_GT(test, once, 4500);
}

/* More never makes it less. */
static void sketch_test_grows(struct kunit *test)
{
	struct xtcp_sketch *sketch = sketch_test_new(test);
	struct rnd_state rnd;
	u32 i, last, estimate = 0;

	prandom_seed_state(&rnd, 7);
	for (i = 0; i < 1000; i++) {
		last = estimate;
		sketch_test_add(sketch, &rnd, 1 + i / 10);
		estimate = xtcp_sketch_estimate(sketch, sketch);
		KUNIT_ASSERT_GE(test, estimate, last);
	}
	KUNIT_EXPECT_GT(test, estimate, 45000);
}

static void sketch_test_clear(struct kunit *test)
{
	struct xtcp_sketch *sketch = sketch_test_new(test);
	struct rnd_state rnd;
	u32 first;

	prandom_seed_state(&rnd, 3);
	sketch_test_add(sketch, &rnd, 10000);
	first = xtcp_sketch_estimate(sketch, sketch);
	xtcp_sketch_clear(sketch);
	KUNIT_EXPECT_EQ(test, xtcp_sketch_estimate(sketch, sketch), 0);
	prandom_seed_state(&rnd, 3);
	sketch_test_add(sketch, &rnd, 10000);
	KUNIT_EXPECT_EQ(test, xtcp_sketch_estimate(sketch, sketch), first);
}

/* Two together are as one to which the things of both were added. */
static void sketch_test_two(struct kunit *test)
{
	struct xtcp_sketch *a = sketch_test_new(test);
	struct xtcp_sketch *b = sketch_test_new(test);
	struct xtcp_sketch *both = sketch_test_new(test);
	struct rnd_state rnd;

	prandom_seed_state(&rnd, 1);
	sketch_test_add(a, &rnd, 20000);
	sketch_test_add(b, &rnd, 30000);
	KUNIT_EXPECT_NE(test, xtcp_sketch_estimate(a, a), xtcp_sketch_estimate(b, b));
	prandom_seed_state(&rnd, 1);
	sketch_test_add(both, &rnd, 50000);
	KUNIT_EXPECT_EQ(test, xtcp_sketch_estimate(a, b), xtcp_sketch_estimate(both, both));
	KUNIT_EXPECT_EQ(test, xtcp_sketch_estimate(b, a), xtcp_sketch_estimate(both, both));
	KUNIT_EXPECT_EQ(test, xtcp_sketch_estimate(a, both), xtcp_sketch_estimate(both, both));
}

/* A register takes the largest rank, ends at 15, and lets its neighbours alone. */
static void sketch_test_registers(struct kunit *test)
{
	struct xtcp_sketch *sketch = sketch_test_new(test);
	u32 i, zeros, rank;

	for (i = 0; i < XTCP_SKETCH_REGISTERS; i++) {
		xtcp_sketch_clear(sketch);
		for (zeros = 0; zeros < 53; zeros++) {
			rank = min(zeros + 1, 15u);
			xtcp_sketch_add(sketch, 1ull << (11 + zeros) | i);
			/* a smaller one afterwards */
			xtcp_sketch_add(sketch, 1ull << 11 | i);
			KUNIT_ASSERT_EQ(test, sketch->ranks[i / 2], rank << i % 2 * 4);
		}
		xtcp_sketch_add(sketch, 1ull << 11 | (i ^ 1));
		KUNIT_ASSERT_EQ(test, sketch->ranks[i / 2],
				0xf << i % 2 * 4 | 1 << (i + 1) % 2 * 4);
	}
}

/* With every register at its end, the number is the largest, and stays so. */
static void sketch_test_saturated(struct kunit *test)
{
	struct xtcp_sketch *sketch = sketch_test_new(test);
	struct rnd_state rnd;
	u32 i;

	for (i = 0; i < XTCP_SKETCH_REGISTERS; i++)
		xtcp_sketch_add(sketch, i);
	KUNIT_EXPECT_EQ(test, xtcp_sketch_estimate(sketch, sketch) / 1000000, 48);
	prandom_seed_state(&rnd, 5);
	sketch_test_add(sketch, &rnd, 10000);
	KUNIT_EXPECT_EQ(test, xtcp_sketch_estimate(sketch, sketch) / 1000000, 48);
}

static struct kunit_case sketch_test_cases[] = {
	KUNIT_CASE(sketch_test_error),
	KUNIT_CASE(sketch_test_few),
	KUNIT_CASE(sketch_test_repeated),
	KUNIT_CASE(sketch_test_grows),
	KUNIT_CASE(sketch_test_clear),
	KUNIT_CASE(sketch_test_two),
	KUNIT_CASE(sketch_test_registers),
	KUNIT_CASE(sketch_test_saturated),
	{}
};

static struct kunit_suite sketch_test_suite = {
	.name = "xtcp-sketch",
	.test_cases = sketch_test_cases,
};

kunit_test_suite(sketch_test_suite);

// SPDX-License-Identifier: GPL-2.0
/* Sequence arithmetic, against arithmetic that does not wrap. */
#include <kunit/test.h>
#include <linux/kernel.h>

#include "seq.h"

/* Where the circle is cut makes no difference; these are the cuts that could. */
static const u32 seq_bases[] = {
	0, 1, 2, 12345, 0x7ffffffe, 0x7fffffff, 0x80000000, 0x80000001, 0xffff0000, 0xfffffffe,
	0xffffffff,
};

static const s64 seq_steps[] = {
	0, 1, 2, 3, 1460, 0xffff, 0x10000, 0x3fffffff, 0x40000000, 0x7ffffffe, 0x7fffffff,
};

/* b lies step after a */
static void seq_test_pair(struct kunit *test, u32 a, s64 step)
{
	u32 b = a + (u32)step;

	KUNIT_ASSERT_EQ_MSG(test, xtcp_seq_lt(a, b), step > 0, "%x + %lld", a, step);
	KUNIT_ASSERT_EQ_MSG(test, xtcp_seq_le(a, b), step >= 0, "%x + %lld", a, step);
	KUNIT_ASSERT_EQ_MSG(test, xtcp_seq_gt(a, b), step < 0, "%x + %lld", a, step);
	KUNIT_ASSERT_EQ_MSG(test, xtcp_seq_ge(a, b), step <= 0, "%x + %lld", a, step);
	KUNIT_ASSERT_EQ_MSG(test, xtcp_seq_max(a, b), step > 0 ? b : a, "%x + %lld", a, step);
	KUNIT_ASSERT_EQ_MSG(test, xtcp_seq_min(a, b), step < 0 ? b : a, "%x + %lld", a, step);
}

static void seq_test_order(struct kunit *test)
{
	int i, j;

	for (i = 0; i < ARRAY_SIZE(seq_bases); i++) {
		for (j = 0; j < ARRAY_SIZE(seq_steps); j++) {
			seq_test_pair(test, seq_bases[i], seq_steps[j]);
			seq_test_pair(test, seq_bases[i], -seq_steps[j]);
		}
	}
}

/* Every pair of numbers in the neighbourhood of the wrap and of its antipode. */
static void seq_test_around_the_wrap(struct kunit *test)
{
	static const u32 centres[] = { 0, 0x80000000 };
	int i, a, b;

	for (i = 0; i < ARRAY_SIZE(centres); i++)
		for (a = -80; a <= 80; a++)
			for (b = -80; b <= 80; b++)
				seq_test_pair(test, centres[i] + a, b - a);
}

/* Membership as a count of steps from the lower end. */
static void seq_test_in(struct kunit *test)
{
	int i, len, at;

	for (i = 0; i < ARRAY_SIZE(seq_bases); i++) {
		u32 lo = seq_bases[i];

		for (len = 0; len <= 40; len++)
			for (at = -50; at <= 90; at++)
				KUNIT_ASSERT_EQ_MSG(test, xtcp_seq_in(lo + at, lo, lo + len),
						    at >= 0 && at < len,
						    "%x + %d in %d", lo, at, len);
	}
}

/* A range may be longer than half of the circle. */
static void seq_test_in_long(struct kunit *test)
{
	static const u32 lens[] = { 0x7fffffff, 0x80000000, 0xc0000000, 0xfffffffe, 0xffffffff };
	int i, j;

	for (i = 0; i < ARRAY_SIZE(seq_bases); i++) {
		for (j = 0; j < ARRAY_SIZE(lens); j++) {
			u32 lo = seq_bases[i], hi = lo + lens[j];

			KUNIT_EXPECT_TRUE(test, xtcp_seq_in(lo, lo, hi));
			KUNIT_EXPECT_TRUE(test, xtcp_seq_in(hi - 1, lo, hi));
			KUNIT_EXPECT_TRUE(test, xtcp_seq_in(lo + lens[j] / 2, lo, hi));
			KUNIT_EXPECT_FALSE(test, xtcp_seq_in(hi, lo, hi));
			KUNIT_EXPECT_FALSE(test, xtcp_seq_in(lo - 1, lo, hi));
		}
	}
}

static struct kunit_case seq_test_cases[] = {
	KUNIT_CASE(seq_test_order),
	KUNIT_CASE(seq_test_around_the_wrap),
	KUNIT_CASE(seq_test_in),
	KUNIT_CASE(seq_test_in_long),
	{}
};

static struct kunit_suite seq_test_suite = {
	.name = "xtcp-seq",
	.test_cases = seq_test_cases,
};

kunit_test_suite(seq_test_suite);

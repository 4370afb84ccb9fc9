// SPDX-License-Identifier: GPL-2.0
/* Initial sequence numbers: RFC 6528's clock, and no relation between tuples. */
#include <kunit/test.h>
#include <linux/sort.h>
#include <linux/string.h>

#include "isn.h"
#include "seq.h"
#include "wire.h"

#define ISN_TEST_TUPLES		4096

static const siphash_key_t isn_test_key = { { 0x0706050403020100, 0x0f0e0d0c0b0a0908 } };

static struct xtcp_tuple isn_test_tuple(u16 lport, u16 rport)
{
	struct xtcp_tuple tuple = {
		.laddr = { .in6_u.u6_addr8 = { [10] = 0xff, 0xff, 10, 0, 0, 1 } },
		.raddr = { .in6_u.u6_addr8 = { [10] = 0xff, 0xff, 10, 0, 0, 2 } },
		.lport = cpu_to_be16(lport),
		.rport = cpu_to_be16(rport),
	};

	return tuple;
}

/* A tick each 4 microseconds, 250,000 a second, the circle in 4.77 hours. */
static void isn_test_clock(struct kunit *test)
{
	struct xtcp_tuple tuple = isn_test_tuple(80, 40000);
	u32 base = xtcp_isn(&isn_test_key, &tuple, 0);
	u64 us;

	for (us = 0; us < 4000; us++)
		KUNIT_ASSERT_EQ(test, xtcp_isn(&isn_test_key, &tuple, us * 1000), base + us / 4);
	KUNIT_EXPECT_EQ(test, xtcp_isn(&isn_test_key, &tuple, 3999), base);
	KUNIT_EXPECT_EQ(test, xtcp_isn(&isn_test_key, &tuple, 4000), base + 1);
	KUNIT_EXPECT_EQ(test, xtcp_isn(&isn_test_key, &tuple, 1000000000), base + 250000);
	KUNIT_EXPECT_EQ(test, xtcp_isn(&isn_test_key, &tuple, 4000ull << 32), base);
	KUNIT_EXPECT_EQ(test, xtcp_isn(&isn_test_key, &tuple, (4000ull << 32) + 8000), base + 2);
}

/* Incarnations of one tuple follow each other upward, also across the wrap. */
static void isn_test_grows(struct kunit *test)
{
	struct xtcp_tuple tuple = isn_test_tuple(80, 40000);
	u64 step_ns = 60ull * 1000000000, now_ns;

	for (now_ns = 0; now_ns < 600 * step_ns; now_ns += step_ns) {
		u32 first = xtcp_isn(&isn_test_key, &tuple, now_ns);

		KUNIT_ASSERT_TRUE(test, xtcp_seq_lt(first, xtcp_isn(&isn_test_key, &tuple,
								    now_ns + step_ns)));
	}
}

/* Every bit of tuple and key counts, for both functions. */
static void isn_test_every_bit(struct kunit *test)
{
	struct xtcp_tuple tuple = isn_test_tuple(80, 40000);
	siphash_key_t key = isn_test_key;
	u32 isn = xtcp_isn(&key, &tuple, 0);
	u32 offset = xtcp_isn_ts_offset(&key, &tuple);
	u8 *bytes = (u8 *)&tuple;
	int bit;

	for (bit = 0; bit < 8 * sizeof(tuple); bit++) {
		bytes[bit / 8] ^= 1 << bit % 8;
		KUNIT_EXPECT_NE_MSG(test, xtcp_isn(&key, &tuple, 0), isn, "tuple bit %d", bit);
		KUNIT_EXPECT_NE_MSG(test, xtcp_isn_ts_offset(&key, &tuple), offset,
				    "tuple bit %d", bit);
		bytes[bit / 8] ^= 1 << bit % 8;
	}
	for (bit = 0; bit < 128; bit++) {
		key.key[bit / 64] ^= 1ull << bit % 64;
		KUNIT_EXPECT_NE_MSG(test, xtcp_isn(&key, &tuple, 0), isn, "key bit %d", bit);
		KUNIT_EXPECT_NE_MSG(test, xtcp_isn_ts_offset(&key, &tuple), offset,
				    "key bit %d", bit);
		key.key[bit / 64] ^= 1ull << bit % 64;
	}
	KUNIT_EXPECT_EQ(test, xtcp_isn(&key, &tuple, 0), isn);
	KUNIT_EXPECT_EQ(test, xtcp_isn_ts_offset(&key, &tuple), offset);
}

static int isn_test_cmp(const void *a, const void *b)
{
	return *(const u32 *)a < *(const u32 *)b ? -1 : *(const u32 *)a > *(const u32 *)b;
}

/* Neighbouring ports: no two numbers alike, and every bit set about half of the time. */
static void isn_test_spread(struct kunit *test)
{
	int i, bit, set[32] = {};
	u32 *isn;

	isn = kunit_kcalloc(test, ISN_TEST_TUPLES, sizeof(*isn), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, isn);
	for (i = 0; i < ISN_TEST_TUPLES; i++) {
		struct xtcp_tuple tuple = isn_test_tuple(80, 32768 + i);

		isn[i] = xtcp_isn(&isn_test_key, &tuple, 0);
		for (bit = 0; bit < 32; bit++)
			set[bit] += isn[i] >> bit & 1;
	}
	for (bit = 0; bit < 32; bit++) {
		KUNIT_EXPECT_GT_MSG(test, set[bit], ISN_TEST_TUPLES * 45 / 100, "bit %d", bit);
		KUNIT_EXPECT_LT_MSG(test, set[bit], ISN_TEST_TUPLES * 55 / 100, "bit %d", bit);
	}
	sort(isn, ISN_TEST_TUPLES, sizeof(*isn), isn_test_cmp, NULL);
	for (i = 1; i < ISN_TEST_TUPLES; i++)
		KUNIT_EXPECT_NE(test, isn[i - 1], isn[i]);
}

static struct kunit_case isn_test_cases[] = {
	KUNIT_CASE(isn_test_clock),
	KUNIT_CASE(isn_test_grows),
	KUNIT_CASE(isn_test_every_bit),
	KUNIT_CASE(isn_test_spread),
	{}
};

static struct kunit_suite isn_test_suite = {
	.name = "xtcp-isn",
	.test_cases = isn_test_cases,
};

kunit_test_suite(isn_test_suite);

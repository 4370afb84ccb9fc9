// SPDX-License-Identifier: GPL-2.0
/* Urgent pointers at the edges of 16 bits and of sequence space; marks as a reader meets them. */
#include <kunit/test.h>
#include <linux/kernel.h>

#include "seq.h"
#include "urgent.h"

static const u32 urgent_test_origins[] = { 0, 0xffffffff, 0xffff8000, 0x7fffffff, 0x80000001 };

static void urgent_test_pointer(struct kunit *test)
{
	struct xtcp_urgent urg = {};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(urgent_test_origins); i++) {
		u32 up = urgent_test_origins[i];

		urg.snd_up = up;
		urg.since = up - 70000;
		urg.sending = false;
		KUNIT_EXPECT_EQ(test, xtcp_urgent_pointer(&urg, up - 1), 0);
		urg.sending = true;
		KUNIT_EXPECT_EQ(test, xtcp_urgent_pointer(&urg, up + 1), 0);
		KUNIT_EXPECT_EQ(test, xtcp_urgent_pointer(&urg, up), 0);
		KUNIT_EXPECT_EQ(test, xtcp_urgent_pointer(&urg, up - 1), 1);
		KUNIT_EXPECT_EQ(test, xtcp_urgent_pointer(&urg, up - 65535), 65535);
		/* Out of reach: as far as it goes, but not into what went out without a pointer. */
		KUNIT_EXPECT_EQ(test, xtcp_urgent_pointer(&urg, up - 65536), 65535);
		KUNIT_EXPECT_EQ(test, xtcp_urgent_pointer(&urg, up - 70000), 65535);
		KUNIT_EXPECT_EQ(test, xtcp_urgent_pointer(&urg, urg.since - 65534), 65535);
		KUNIT_EXPECT_EQ(test, xtcp_urgent_pointer(&urg, urg.since - 65535), 0);
		KUNIT_EXPECT_EQ(test, xtcp_urgent_pointer(&urg, urg.since - 1000000), 0);
	}
}

/*
 * Whatever of these segments a peer gets, it never takes a byte for urgent that a pointer names
 * for want of a longer one: the segment that brings the byte has a pointer beyond it.
 */
static void urgent_test_no_byte_in_vain(struct kunit *test)
{
	struct xtcp_urgent urg = {
		.snd_up = 150000,
		.since = 2920,
		.sending = true,
	};
	u32 seq, named, other;
	const u32 mss = 1460;

	/* Sent before, up to since, and after, each of its own size. */
	for (seq = 0; seq < urg.snd_up; seq += mss) {
		named = seq + xtcp_urgent_pointer(&urg, seq) - 1;
		if (named == seq - 1 || named == urg.snd_up - 1)
			continue;
		KUNIT_ASSERT_GE(test, named, urg.since);
		other = rounddown(named, mss);
		KUNIT_EXPECT_GT(test, other + xtcp_urgent_pointer(&urg, other) - 1, named);
	}
}

static void urgent_test_mark(struct kunit *test)
{
	struct xtcp_urgent urg = {};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(urgent_test_origins); i++) {
		u32 mark = urgent_test_origins[i];

		urg.mark = mark;
		urg.state = XTCP_URGENT_NONE;
		KUNIT_EXPECT_FALSE(test, xtcp_urgent_at(&urg, mark));
		KUNIT_EXPECT_EQ(test, xtcp_urgent_room(&urg, mark - 5, 100), 100);
		for (urg.state = XTCP_URGENT_AWAITED; urg.state <= XTCP_URGENT_TAKEN; urg.state++) {
			KUNIT_EXPECT_TRUE(test, xtcp_urgent_at(&urg, mark));
			KUNIT_EXPECT_FALSE(test, xtcp_urgent_at(&urg, mark + 1));
			KUNIT_EXPECT_EQ(test, xtcp_urgent_room(&urg, mark - 5, 100), 5);
			KUNIT_EXPECT_EQ(test, xtcp_urgent_room(&urg, mark - 5, 4), 4);
			KUNIT_EXPECT_EQ(test, xtcp_urgent_room(&urg, mark - 1, 100), 1);
			KUNIT_EXPECT_EQ(test, xtcp_urgent_room(&urg, mark, 100), 100);
			KUNIT_EXPECT_EQ(test, xtcp_urgent_room(&urg, mark + 1, 100), 100);
			KUNIT_EXPECT_EQ(test, xtcp_urgent_room(&urg, mark - 5, SIZE_MAX), 5);
		}
	}
}

static struct kunit_case urgent_test_cases[] = {
	KUNIT_CASE(urgent_test_pointer),
	KUNIT_CASE(urgent_test_no_byte_in_vain),
	KUNIT_CASE(urgent_test_mark),
	{}
};

static struct kunit_suite urgent_test_suite = {
	.name = "xtcp-urgent",
	.test_cases = urgent_test_cases,
};

kunit_test_suite(urgent_test_suite);

// SPDX-License-Identifier: GPL-2.0
/*
 * RACK: which delivery counts, how late a segment may be, and what duplicates teach.
 */
#include <kunit/test.h>

#include "rack.h"

#define RACK_TEST_RTT_US	40000

static void rack_test_latest_counts(struct kunit *test)
{
	struct xtcp_rack rack;

	xtcp_rack_init(&rack, 1000);
	KUNIT_EXPECT_FALSE(test, xtcp_rack_is_candidate(&rack, 1, 1));
	/* Sent at 100, 200 and 300; the last arrives first, the first last. */
	xtcp_rack_delivered(&rack, 300, 4000, false, 300 + RACK_TEST_RTT_US);
	KUNIT_EXPECT_FALSE(test, rack.reordered);
	KUNIT_EXPECT_EQ(test, rack.rtt_us, RACK_TEST_RTT_US);
	KUNIT_EXPECT_TRUE(test, xtcp_rack_is_candidate(&rack, 200, 3000));
	KUNIT_EXPECT_TRUE(test, xtcp_rack_is_candidate(&rack, 300, 3000));
	KUNIT_EXPECT_FALSE(test, xtcp_rack_is_candidate(&rack, 300, 4000));
	KUNIT_EXPECT_FALSE(test, xtcp_rack_is_candidate(&rack, 300, 5000));
	KUNIT_EXPECT_FALSE(test, xtcp_rack_is_candidate(&rack, 301, 3000));
	xtcp_rack_delivered(&rack, 100, 2000, false, 400 + RACK_TEST_RTT_US);
	KUNIT_EXPECT_EQ(test, rack.sent_us, 300);
	KUNIT_EXPECT_EQ(test, rack.rtt_us, RACK_TEST_RTT_US);
	KUNIT_EXPECT_TRUE(test, rack.reordered);
}

/* In order, however many at once and across the wrap, is no reordering; nor is a hole's filling. */
static void rack_test_order(struct kunit *test)
{
	struct xtcp_rack rack;
	u32 seq = -3000;
	int i;

	xtcp_rack_init(&rack, seq);
	for (i = 1; i <= 6; i++)
		xtcp_rack_delivered(&rack, i, seq + i * 1000, false, RACK_TEST_RTT_US);
	KUNIT_EXPECT_FALSE(test, rack.reordered);
	KUNIT_EXPECT_EQ(test, rack.fack, 3000);
	xtcp_rack_delivered(&rack, 10, 5000, false, RACK_TEST_RTT_US);
	xtcp_rack_delivered(&rack, 11, 4000, true, 2 * RACK_TEST_RTT_US);
	KUNIT_EXPECT_FALSE(test, rack.reordered);
	KUNIT_EXPECT_EQ(test, rack.sent_us, 11);
}

/* RFC 8985 6.2 step 2: an answer that comes too soon is the first transmission's. */
static void rack_test_ambiguous(struct kunit *test)
{
	struct xtcp_rack rack;

	xtcp_rack_init(&rack, 0);
	xtcp_rack_rtt(&rack, RACK_TEST_RTT_US, 1000);
	xtcp_rack_delivered(&rack, 100, 1000, false, 100 + RACK_TEST_RTT_US);
	xtcp_rack_delivered(&rack, 90000, 2000, true, 90000 + RACK_TEST_RTT_US - 1);
	KUNIT_EXPECT_EQ(test, rack.sent_us, 100);
	xtcp_rack_delivered(&rack, 90000, 2000, true, 90000 + RACK_TEST_RTT_US);
	KUNIT_EXPECT_EQ(test, rack.sent_us, 90000);
}

static void rack_test_wait(struct kunit *test)
{
	struct xtcp_rack rack;

	xtcp_rack_init(&rack, 0);
	xtcp_rack_rtt(&rack, RACK_TEST_RTT_US, 1000);
	xtcp_rack_delivered(&rack, 5000, 1000, false, 5000 + RACK_TEST_RTT_US);
	/* Sent at 2000; it has its round trip and a quarter of one. */
	KUNIT_EXPECT_EQ(test, xtcp_rack_reo_wnd_us(&rack, RACK_TEST_RTT_US, false), 10000);
	KUNIT_EXPECT_EQ(test, xtcp_rack_wait_us(&rack, 2000, 10000, 5000 + RACK_TEST_RTT_US), 7000);
	KUNIT_EXPECT_EQ(test, xtcp_rack_wait_us(&rack, 2000, 10000, 12000 + RACK_TEST_RTT_US), 0);
	KUNIT_EXPECT_EQ(test, xtcp_rack_wait_us(&rack, 2000, 0, 5000 + RACK_TEST_RTT_US), 0);
	KUNIT_EXPECT_EQ(test, xtcp_rack_wait_us(&rack, 5000, 0, 5000 + RACK_TEST_RTT_US - 1), 1);
}

/* RFC 8985 6.2 step 4, line by line. */
static void rack_test_window(struct kunit *test)
{
	struct xtcp_rack rack;
	int i;

	xtcp_rack_init(&rack, 0);
	xtcp_rack_rtt(&rack, RACK_TEST_RTT_US, 1000);
	KUNIT_EXPECT_EQ(test, xtcp_rack_reo_wnd_us(&rack, RACK_TEST_RTT_US, true), 0);
	rack.reordered = true;
	KUNIT_EXPECT_EQ(test, xtcp_rack_reo_wnd_us(&rack, RACK_TEST_RTT_US, true), 10000);
	/* Once a round, however many are reported. */
	xtcp_rack_dsack(&rack, 0, 10000);
	xtcp_rack_dsack(&rack, 9999, 20000);
	KUNIT_EXPECT_EQ(test, xtcp_rack_reo_wnd_us(&rack, 90000, true), 20000);
	xtcp_rack_dsack(&rack, 10000, 20000);
	KUNIT_EXPECT_EQ(test, xtcp_rack_reo_wnd_us(&rack, 90000, true), 30000);
	/* As what an original's arrival tells. */
	xtcp_rack_late(&rack, 10001, 20000);
	KUNIT_EXPECT_EQ(test, xtcp_rack_reo_wnd_us(&rack, 90000, true), 30000);
	KUNIT_EXPECT_EQ(test, rack.reordered, 2);
	/* Never more than a round trip. */
	KUNIT_EXPECT_EQ(test, xtcp_rack_reo_wnd_us(&rack, 25000, true), 25000);
	for (i = 1; i < 16; i++)
		xtcp_rack_recovered(&rack);
	KUNIT_EXPECT_EQ(test, xtcp_rack_reo_wnd_us(&rack, 90000, true), 30000);
	xtcp_rack_recovered(&rack);
	KUNIT_EXPECT_EQ(test, xtcp_rack_reo_wnd_us(&rack, 90000, true), 10000);
	for (i = 0; i < 300; i++)
		xtcp_rack_dsack(&rack, i * 1000, i * 1000 + 1000);
	KUNIT_EXPECT_EQ(test, xtcp_rack_reo_wnd_us(&rack, U32_MAX, true), 64 * 10000);
}

/* The least of late: less counts at once, more when the old one is old. */
static void rack_test_min_rtt(struct kunit *test)
{
	struct xtcp_rack rack;

	xtcp_rack_init(&rack, 0);
	xtcp_rack_rtt(&rack, 100, 1000);
	xtcp_rack_rtt(&rack, 200, 2000);
	KUNIT_EXPECT_EQ(test, rack.min_rtt_us, 100);
	xtcp_rack_rtt(&rack, 50, 3000);
	KUNIT_EXPECT_EQ(test, rack.min_rtt_us, 50);
	xtcp_rack_rtt(&rack, 70, 3000 + 299 * 1000000ull);
	KUNIT_EXPECT_EQ(test, rack.min_rtt_us, 50);
	xtcp_rack_rtt(&rack, 70, 3000 + 300 * 1000000ull);
	KUNIT_EXPECT_EQ(test, rack.min_rtt_us, 70);
}

static struct kunit_case rack_test_cases[] = {
	KUNIT_CASE(rack_test_latest_counts),
	KUNIT_CASE(rack_test_order),
	KUNIT_CASE(rack_test_ambiguous),
	KUNIT_CASE(rack_test_wait),
	KUNIT_CASE(rack_test_window),
	KUNIT_CASE(rack_test_min_rtt),
	{}
};

static struct kunit_suite rack_test_suite = {
	.name = "xtcp-rack",
	.test_cases = rack_test_cases,
};

kunit_test_suite(rack_test_suite);

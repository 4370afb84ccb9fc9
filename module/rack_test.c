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

/* What goes again after something new is the later one, in the same tick of the clock, too. */
static void rack_test_stamp(struct kunit *test)
{
	struct xtcp_rack rack;
	u64 new_us, resent_us;

	xtcp_rack_init(&rack, -3000);
	new_us = xtcp_rack_stamp(&rack, -2000, 100);
	KUNIT_EXPECT_EQ(test, new_us, 100);
	/* Across the wrap, and still in order. */
	new_us = xtcp_rack_stamp(&rack, 1000, 100);
	KUNIT_EXPECT_EQ(test, new_us, 100);
	resent_us = xtcp_rack_stamp(&rack, -2000, 100);
	KUNIT_EXPECT_EQ(test, resent_us, 101);
	KUNIT_EXPECT_EQ(test, xtcp_rack_stamp(&rack, 2000, 100), 101);
	KUNIT_EXPECT_EQ(test, xtcp_rack_stamp(&rack, 2000, 101), 102);
	KUNIT_EXPECT_EQ(test, xtcp_rack_stamp(&rack, -2000, 200), 200);
	xtcp_rack_delivered(&rack, new_us, 1000, false, 100 + RACK_TEST_RTT_US);
	KUNIT_EXPECT_FALSE(test, xtcp_rack_is_candidate(&rack, resent_us, -2000));
	/* So soon that the clock is not there yet. */
	xtcp_rack_delivered(&rack, resent_us, -2000, false, 100);
	KUNIT_EXPECT_EQ(test, rack.rtt_us, 1);
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

static void rack_test_open(struct xtcp_rack *rack)
{
	xtcp_rack_init(rack, 0);
	xtcp_rack_rtt(rack, RACK_TEST_RTT_US, 1000);
}

/* One sent at @sent_us, and overtaken by one that was sent 1 ms later, comes @late_us later. */
static void rack_test_overtake(struct xtcp_rack *rack, u64 sent_us, u32 late_us)
{
	u32 end_seq = sent_us;

	xtcp_rack_delivered(rack, sent_us + 1000, end_seq + 1000, false,
			    sent_us + 1000 + RACK_TEST_RTT_US);
	xtcp_rack_delivered(rack, sent_us, end_seq, false, sent_us + RACK_TEST_RTT_US + late_us);
}

/* What is as late as another was is not lost, and is when it is later. */
static void rack_test_late(struct kunit *test)
{
	struct xtcp_rack rack;
	u32 wnd_us;

	rack_test_open(&rack);
	rack_test_overtake(&rack, 100000, 15000);
	wnd_us = xtcp_rack_reo_wnd_us(&rack, RACK_TEST_RTT_US, true);
	KUNIT_EXPECT_EQ(test, wnd_us, 15000);
	xtcp_rack_delivered(&rack, 301000, 301000, false, 301000 + RACK_TEST_RTT_US);
	KUNIT_EXPECT_EQ(test, 1, xtcp_rack_wait_us(&rack, 300000, wnd_us,
						   300000 + RACK_TEST_RTT_US + 14999));
	KUNIT_EXPECT_EQ(test, 0, xtcp_rack_wait_us(&rack, 300000, wnd_us,
						   300000 + RACK_TEST_RTT_US + 15000));
	/* Never more than a round trip, never less than a quarter of one. */
	KUNIT_EXPECT_EQ(test, xtcp_rack_reo_wnd_us(&rack, 14000, true), 14000);
	rack_test_open(&rack);
	rack_test_overtake(&rack, 100000, 5000);
	KUNIT_EXPECT_EQ(test, xtcp_rack_reo_wnd_us(&rack, RACK_TEST_RTT_US, true), 10000);
	/* Duplicates teach what they did. */
	xtcp_rack_dsack(&rack, 0, 10000);
	KUNIT_EXPECT_EQ(test, xtcp_rack_reo_wnd_us(&rack, RACK_TEST_RTT_US, true), 20000);
}

/* The latest counts, for 16 recoveries; then the latest of those that came since. */
static void rack_test_late_persists(struct kunit *test)
{
	struct xtcp_rack rack;
	int i;

	rack_test_open(&rack);
	rack_test_overtake(&rack, 100000, 30000);
	rack_test_overtake(&rack, 200000, 12000);
	rack_test_overtake(&rack, 300000, 20000);
	rack_test_overtake(&rack, 400000, 11000);
	for (i = 1; i < 16; i++)
		xtcp_rack_recovered(&rack);
	KUNIT_EXPECT_EQ(test, xtcp_rack_reo_wnd_us(&rack, RACK_TEST_RTT_US, true), 30000);
	xtcp_rack_recovered(&rack);
	KUNIT_EXPECT_EQ(test, xtcp_rack_reo_wnd_us(&rack, RACK_TEST_RTT_US, true), 20000);
	for (i = 1; i < 16; i++)
		xtcp_rack_recovered(&rack);
	KUNIT_EXPECT_EQ(test, xtcp_rack_reo_wnd_us(&rack, RACK_TEST_RTT_US, true), 20000);
	xtcp_rack_recovered(&rack);
	KUNIT_EXPECT_EQ(test, xtcp_rack_reo_wnd_us(&rack, RACK_TEST_RTT_US, true), 10000);
	rack_test_overtake(&rack, 500000, 30000);
	KUNIT_EXPECT_EQ(test, xtcp_rack_reo_wnd_us(&rack, RACK_TEST_RTT_US, true), 30000);
}

/* Nine of ten are overtaken, by the tenth, which takes half as long; then none is. */
static void rack_test_late_mean(struct kunit *test)
{
	struct xtcp_rack rack;
	u64 sent_us;
	int i, j;

	rack_test_open(&rack);
	for (i = 1; i < 400; i++) {
		sent_us = i * 100000;
		xtcp_rack_delivered(&rack, sent_us + 5000, sent_us + 5000, false,
				    sent_us + 5000 + RACK_TEST_RTT_US);
		for (j = 0; j < 9; j++)
			xtcp_rack_delivered(&rack, sent_us + j, sent_us + j, false,
					    sent_us + j + 2 * RACK_TEST_RTT_US);
	}
	KUNIT_EXPECT_GE(test, rack.late_mean_us, RACK_TEST_RTT_US * 85 / 100);
	KUNIT_EXPECT_LE(test, rack.late_mean_us, RACK_TEST_RTT_US);
	for (; i < 800; i++) {
		sent_us = i * 100000;
		xtcp_rack_delivered(&rack, sent_us, sent_us, false, sent_us + RACK_TEST_RTT_US);
	}
	KUNIT_EXPECT_LE(test, rack.late_mean_us, 32);
}

/* Of what left at once, the one behind is the younger. */
static void rack_test_late_of_burst(struct kunit *test)
{
	struct xtcp_rack rack;

	rack_test_open(&rack);
	xtcp_rack_delivered(&rack, 100000, 3000, false, 100000 + RACK_TEST_RTT_US);
	xtcp_rack_delivered(&rack, 100000, 2000, false, 112000 + RACK_TEST_RTT_US);
	KUNIT_EXPECT_EQ(test, rack.late_us, 12000);
}

/* Of what is not sure nothing is learnt. */
static void rack_test_not_late(struct kunit *test)
{
	u64 now_us = 100000 + RACK_TEST_RTT_US;
	struct xtcp_rack rack;

	/* The first of all, however long it took. */
	rack_test_open(&rack);
	xtcp_rack_delivered(&rack, 1000, 1000, false, now_us);
	KUNIT_EXPECT_EQ(test, rack.late_us, 0);
	/* Told of by the same ACK as the younger one. */
	xtcp_rack_delivered(&rack, 100000, 4000, false, now_us);
	xtcp_rack_delivered(&rack, 50000, 2000, false, now_us);
	KUNIT_EXPECT_EQ(test, rack.late_us, 0);
	/* Sent more than once. */
	xtcp_rack_delivered(&rack, 50000, 3000, true, now_us + 10000);
	KUNIT_EXPECT_EQ(test, rack.late_us, 0);
	/* The younger one was; which of the two has come, so that others seem late? */
	xtcp_rack_delivered(&rack, 110000, 1500, true, now_us + 20000);
	KUNIT_EXPECT_EQ(test, rack.sent_us, 110000);
	xtcp_rack_delivered(&rack, 90000, 3500, false, now_us + 30000);
	KUNIT_EXPECT_EQ(test, rack.late_us, 0);
	/* In order. */
	xtcp_rack_delivered(&rack, 120000, 6000, false, now_us + 40000);
	xtcp_rack_delivered(&rack, 121000, 7000, false, now_us + 90000);
	KUNIT_EXPECT_EQ(test, rack.late_us, 0);
	xtcp_rack_delivered(&rack, 119000, 5000, false, now_us + 100000);
	KUNIT_EXPECT_EQ(test, rack.late_us, 12000);
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
	KUNIT_CASE(rack_test_stamp),
	KUNIT_CASE(rack_test_ambiguous),
	KUNIT_CASE(rack_test_wait),
	KUNIT_CASE(rack_test_window),
	KUNIT_CASE(rack_test_late),
	KUNIT_CASE(rack_test_late_persists),
	KUNIT_CASE(rack_test_late_mean),
	KUNIT_CASE(rack_test_late_of_burst),
	KUNIT_CASE(rack_test_not_late),
	KUNIT_CASE(rack_test_min_rtt),
	{}
};

static struct kunit_suite rack_test_suite = {
	.name = "xtcp-rack",
	.test_cases = rack_test_cases,
};

kunit_test_suite(rack_test_suite);

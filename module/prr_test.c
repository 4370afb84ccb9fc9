// SPDX-License-Identifier: GPL-2.0
/*
 * Proportional rate reduction, against the algorithm of RFC 9937 6.2 in the examples' units: an MSS
 * of 1000, a flight of 20 segments, a threshold of half or of seven tenths of it.
 */
#include <kunit/test.h>

#include "prr.h"

#define MSS	1000

/*
 * RFC 9937 7 (from RFC 6937's figure 1): the first of 20 is lost, 19 duplicates come; the window
 * goes from 20 to 10 by sending for every second one that arrives.
 */
static void prr_test_one_loss(struct kunit *test)
{
	u32 pipe = 20 * MSS, ssthresh = 10 * MSS, sent = 0, may, i;
	struct xtcp_prr prr;

	xtcp_prr_begin(&prr, 20 * MSS);
	/* What is known to be lost is not in the network any more. */
	pipe -= MSS;
	for (i = 0; i < 19; i++) {
		pipe -= MSS;
		may = xtcp_prr_allowance(&prr, MSS, pipe, ssthresh, MSS, false);
		if (!i)
			KUNIT_EXPECT_EQ(test, may, MSS);
		while (may >= MSS) {
			may -= MSS;
			pipe += MSS;
			sent += MSS;
			xtcp_prr_sent(&prr, MSS);
		}
		KUNIT_EXPECT_LE(test, sent, (i + 2) * MSS / 2 + MSS);
	}
	KUNIT_EXPECT_EQ(test, pipe, ssthresh);
}

/* The same where most is lost at once: what arrives bounds what is sent, by slow start. */
static void prr_test_many_losses(struct kunit *test)
{
	u32 ssthresh = 14 * MSS, pipe = 4 * MSS;
	struct xtcp_prr prr;

	xtcp_prr_begin(&prr, 20 * MSS);
	/* With no sign that things get better, packet by packet (conservative). */
	KUNIT_EXPECT_EQ(test, xtcp_prr_allowance(&prr, MSS, pipe, ssthresh, MSS, false), MSS);
	xtcp_prr_sent(&prr, MSS);
	KUNIT_EXPECT_EQ(test, xtcp_prr_allowance(&prr, 2 * MSS, pipe, ssthresh, MSS, false),
			2 * MSS);
	xtcp_prr_sent(&prr, 2 * MSS);
	/* With one, a segment more. */
	KUNIT_EXPECT_EQ(test, xtcp_prr_allowance(&prr, MSS, pipe, ssthresh, MSS, true), 2 * MSS);
	xtcp_prr_sent(&prr, 2 * MSS);
	/* Never beyond the threshold. */
	KUNIT_EXPECT_EQ(test, xtcp_prr_allowance(&prr, 10 * MSS, 13 * MSS, ssthresh, MSS, true),
			MSS);
	KUNIT_EXPECT_EQ(test, xtcp_prr_allowance(&prr, 10 * MSS, 14 * MSS, ssthresh, MSS, true), 0);
}

/* The first retransmission goes out whatever the sums say; after it, they count. */
static void prr_test_first(struct kunit *test)
{
	struct xtcp_prr prr;

	xtcp_prr_begin(&prr, 100 * MSS);
	KUNIT_EXPECT_EQ(test, xtcp_prr_allowance(&prr, 10, 90 * MSS, 50 * MSS, MSS, false), MSS);
	xtcp_prr_sent(&prr, MSS);
	KUNIT_EXPECT_EQ(test, xtcp_prr_allowance(&prr, 10, 90 * MSS, 50 * MSS, MSS, false), 0);
}

static void prr_test_extremes(struct kunit *test)
{
	struct xtcp_prr prr;

	xtcp_prr_begin(&prr, 0);
	KUNIT_EXPECT_EQ(test, prr.flight, 1);
	KUNIT_EXPECT_LE(test, xtcp_prr_allowance(&prr, U32_MAX, U32_MAX - 5, 10, MSS, true), 5);
	KUNIT_EXPECT_EQ(test, xtcp_prr_allowance(&prr, U32_MAX, 0, 1000, U32_MAX, true), U32_MAX);
	xtcp_prr_sent(&prr, U32_MAX);
	xtcp_prr_sent(&prr, U32_MAX);
	KUNIT_EXPECT_EQ(test, prr.out, U32_MAX);
	KUNIT_EXPECT_EQ(test, prr.delivered, U32_MAX);
}

static struct kunit_case prr_test_cases[] = {
	KUNIT_CASE(prr_test_one_loss),
	KUNIT_CASE(prr_test_many_losses),
	KUNIT_CASE(prr_test_first),
	KUNIT_CASE(prr_test_extremes),
	{}
};

static struct kunit_suite prr_test_suite = {
	.name = "xtcp-prr",
	.test_cases = prr_test_cases,
};

kunit_test_suite(prr_test_suite);

// SPDX-License-Identifier: GPL-2.0
/* Delivery rate: draft-ietf-ccwg-bbr 4.1, on flights that can be reckoned by hand. */
#include <kunit/test.h>
#include <linux/kernel.h>

#include "rate.h"

#define RATE_TEST_MSS	1000u

struct rate_test_bed {
	struct xtcp_rate	rate;
	struct xtcp_rate_tx	tx[8];
	u64			sent_us[8];
	u32			in_flight;
};

static void rate_test_send(struct rate_test_bed *bed, unsigned int nth, u64 now_us)
{
	xtcp_rate_sent(&bed->rate, &bed->tx[nth], now_us, RATE_TEST_MSS, bed->in_flight);
	bed->sent_us[nth] = now_us;
	bed->in_flight += RATE_TEST_MSS;
}

static void rate_test_arrive(struct rate_test_bed *bed, unsigned int nth, u64 now_us,
			     struct xtcp_rate_sample *sample)
{
	xtcp_rate_delivered(&bed->rate, &bed->tx[nth], bed->sent_us[nth], false, RATE_TEST_MSS,
			    now_us, sample);
	bed->in_flight -= RATE_TEST_MSS;
}

/* Four at once, one ACK a millisecond, 10 ms later: a thousand bytes a millisecond. */
static void rate_test_steady(struct kunit *test)
{
	struct xtcp_rate_sample sample;
	struct rate_test_bed bed = {};
	unsigned int i;

	for (i = 0; i < 4; i++)
		rate_test_send(&bed, i, 1000000);
	for (i = 0; i < 4; i++) {
		sample = (struct xtcp_rate_sample){};
		rate_test_arrive(&bed, i, 1010000 + i * 1000, &sample);
		xtcp_rate_finish(&bed.rate, &sample, 10000);
		KUNIT_EXPECT_TRUE(test, sample.valid);
		KUNIT_EXPECT_EQ(test, sample.delivered, (i + 1) * RATE_TEST_MSS);
		KUNIT_EXPECT_EQ(test, sample.interval_us, 10000 + i * 1000);
		KUNIT_EXPECT_EQ(test, sample.prior_delivered, 0);
		KUNIT_EXPECT_EQ(test, sample.in_flight, (i + 1) * RATE_TEST_MSS);
		/* The next goes out at once: a round later it is seen what the path does. */
		rate_test_send(&bed, 4 + i, 1010000 + i * 1000);
	}
	for (i = 4; i < 8; i++) {
		sample = (struct xtcp_rate_sample){};
		rate_test_arrive(&bed, i, 1016000 + i * 1000, &sample);
		xtcp_rate_finish(&bed.rate, &sample, 10000);
		KUNIT_EXPECT_EQ(test, sample.delivered, 4 * RATE_TEST_MSS);
		/* Acknowledged within 10 ms, but sent after a burst, within up to 13. */
		KUNIT_EXPECT_EQ(test, sample.interval_us, 10000 + (i - 4) * 1000);
	}
	KUNIT_EXPECT_EQ(test, bed.rate.delivered, 8 * RATE_TEST_MSS);
}

/* One ACK for all: the time that it took to send them is the longer one. */
static void rate_test_compressed(struct kunit *test)
{
	struct xtcp_rate_sample sample = {};
	struct rate_test_bed bed = {};
	unsigned int i;

	for (i = 0; i < 4; i++)
		rate_test_send(&bed, i, 1000000 + i * 5000);
	for (i = 0; i < 4; i++)
		rate_test_arrive(&bed, i, 1016000, &sample);
	xtcp_rate_finish(&bed.rate, &sample, 1000);
	KUNIT_EXPECT_EQ(test, sample.delivered, 4 * RATE_TEST_MSS);
	KUNIT_EXPECT_EQ(test, sample.interval_us, 16000);
	/* Sent in 15 ms, but seen within 16; the other way round: */
	sample = (struct xtcp_rate_sample){};
	rate_test_send(&bed, 0, 1020000);
	rate_test_send(&bed, 1, 1050000);
	rate_test_arrive(&bed, 0, 1051000, &sample);
	rate_test_arrive(&bed, 1, 1051000, &sample);
	xtcp_rate_finish(&bed.rate, &sample, 1000);
	KUNIT_EXPECT_EQ(test, sample.interval_us, 31000);
}

/* What is quicker than the path can be is an artefact. */
static void rate_test_too_quick(struct kunit *test)
{
	struct xtcp_rate_sample sample = {};
	struct rate_test_bed bed = {};

	rate_test_send(&bed, 0, 1000);
	rate_test_arrive(&bed, 0, 1900, &sample);
	xtcp_rate_finish(&bed.rate, &sample, 1000);
	KUNIT_EXPECT_TRUE(test, sample.valid);
	KUNIT_EXPECT_EQ(test, sample.interval_us, 0);
}

/* Stamped ahead of the clock, and acknowledged before that: no time has passed. */
static void rate_test_ahead(struct kunit *test)
{
	struct xtcp_rate_sample sample = {};
	struct rate_test_bed bed = {};

	rate_test_send(&bed, 0, 1005);
	rate_test_arrive(&bed, 0, 1002, &sample);
	xtcp_rate_finish(&bed.rate, &sample, 0);
	KUNIT_EXPECT_EQ(test, sample.interval_us, 0);
}

/* Until what was in flight then has arrived. */
static void rate_test_app_limited(struct kunit *test)
{
	struct xtcp_rate_sample sample;
	struct rate_test_bed bed = {};
	unsigned int i;

	rate_test_send(&bed, 0, 1000000);
	rate_test_send(&bed, 1, 1000000);
	xtcp_rate_app_limited(&bed.rate, bed.in_flight);
	rate_test_send(&bed, 2, 1000000);
	for (i = 0; i < 3; i++) {
		sample = (struct xtcp_rate_sample){};
		rate_test_arrive(&bed, i, 1010000 + i, &sample);
		xtcp_rate_finish(&bed.rate, &sample, 10000);
		KUNIT_EXPECT_EQ(test, sample.app_limited, i == 2);
	}
	KUNIT_EXPECT_EQ(test, bed.rate.app_limited, 0);
	xtcp_rate_app_limited(&(struct xtcp_rate){}, 0);
}

/* Low bits are enough: what a segment keeps wraps every 4 GiB and every 71 minutes. */
static void rate_test_wraps(struct kunit *test)
{
	const u64 start_us = (1ull << 32) - 5000;
	struct rate_test_bed bed = { .rate.delivered = (7ull << 32) - 500 };
	struct xtcp_rate_sample sample = {};

	bed.rate.lost = U32_MAX;
	rate_test_send(&bed, 0, start_us);
	rate_test_send(&bed, 1, start_us);
	bed.rate.lost += 10;
	rate_test_arrive(&bed, 0, start_us + 10000, &sample);
	rate_test_arrive(&bed, 1, start_us + 10000, &sample);
	xtcp_rate_finish(&bed.rate, &sample, 1000);
	KUNIT_EXPECT_EQ(test, sample.prior_delivered, (7ull << 32) - 500);
	KUNIT_EXPECT_EQ(test, sample.delivered, 2 * RATE_TEST_MSS);
	KUNIT_EXPECT_EQ(test, sample.interval_us, 10000);
	KUNIT_EXPECT_EQ(test, sample.lost, 10);
}

/* What comes after all was not lost, whether it had been taken for that before or since. */
static void rate_test_found(struct kunit *test)
{
	struct rate_test_bed bed = { .rate.lost = 5 * RATE_TEST_MSS };
	struct xtcp_rate_sample sample = {};
	unsigned int i;

	for (i = 0; i < 2; i++)
		rate_test_send(&bed, i, 1000000);
	bed.rate.lost += 2 * RATE_TEST_MSS;
	xtcp_rate_found(&bed.rate, RATE_TEST_MSS);
	rate_test_arrive(&bed, 0, 1010000, &sample);
	xtcp_rate_finish(&bed.rate, &sample, 10000);
	KUNIT_EXPECT_EQ(test, sample.lost, RATE_TEST_MSS);
	xtcp_rate_found(&bed.rate, 4 * RATE_TEST_MSS);
	sample = (struct xtcp_rate_sample){};
	rate_test_arrive(&bed, 1, 1010000, &sample);
	xtcp_rate_finish(&bed.rate, &sample, 10000);
	KUNIT_EXPECT_EQ(test, sample.lost, 0);
}

static struct kunit_case rate_test_cases[] = {
	KUNIT_CASE(rate_test_steady),
	KUNIT_CASE(rate_test_compressed),
	KUNIT_CASE(rate_test_too_quick),
	KUNIT_CASE(rate_test_ahead),
	KUNIT_CASE(rate_test_app_limited),
	KUNIT_CASE(rate_test_wraps),
	KUNIT_CASE(rate_test_found),
	{}
};

static struct kunit_suite rate_test_suite = {
	.name = "xtcp-rate",
	.test_cases = rate_test_cases,
};

kunit_test_suite(rate_test_suite);

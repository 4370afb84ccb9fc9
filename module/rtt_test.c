// SPDX-License-Identifier: GPL-2.0
/* The retransmission timeout, against RFC 6298's formulas in fixed point. */
#include <kunit/test.h>
#include <linux/kernel.h>
#include <linux/math64.h>
#include <linux/prandom.h>

#include "rtt.h"

#define RTT_TEST_MS		1000u
#define RTT_TEST_S		1000000u
/* What the estimator's eighths and quarters of a microsecond may lose, microseconds. */
#define RTT_TEST_SLACK_US	20

/* The RFC's variables, in units of 2^-16 microseconds. */
struct rtt_test_oracle {
	s64	srtt;
	s64	rttvar;
	bool	any;
};

/* Section 2, sentence by sentence, with alpha = 1/8, beta = 1/4 and K = 4. */
static u32 rtt_test_expect(struct rtt_test_oracle *o, u32 rtt_us, u32 min_us, u32 max_us)
{
	s64 r = (s64)rtt_us << 16, variation, rto;

	if (!o->any) {
		o->srtt = r;
		o->rttvar = r / 2;
		o->any = true;
	} else {
		o->rttvar = o->rttvar * 3 / 4 + (o->srtt > r ? o->srtt - r : r - o->srtt) / 4;
		o->srtt = o->srtt * 7 / 8 + r / 8;
	}
	variation = 4 * o->rttvar;
	if (variation < (s64)XTCP_RTT_GRANULARITY_US << 16)
		variation = (s64)XTCP_RTT_GRANULARITY_US << 16;
	if (variation < (s64)min_us << 16)
		variation = (s64)min_us << 16;
	rto = (o->srtt + variation) >> 16;
	if (rto > max_us)
		rto = max_us;
	return rto;
}

static void rtt_test_near(struct kunit *test, u32 got_us, u32 want_us)
{
	s64 off = (s64)got_us - want_us;

	KUNIT_ASSERT_TRUE_MSG(test, off >= -RTT_TEST_SLACK_US && off <= RTT_TEST_SLACK_US,
			      "%u us instead of %u us", got_us, want_us);
}

static void rtt_test_initial(struct kunit *test)
{
	struct xtcp_rtt rtt;

	xtcp_rtt_init(&rtt, RTT_TEST_S, 200 * RTT_TEST_MS, 120 * RTT_TEST_S);
	KUNIT_EXPECT_EQ(test, xtcp_rtt_timeout_us(&rtt), RTT_TEST_S);
	KUNIT_EXPECT_EQ(test, rtt.srtt_us, 0);
	KUNIT_EXPECT_EQ(test, rtt.min_us, U32_MAX);

	xtcp_rtt_init(&rtt, 1, 200 * RTT_TEST_MS, 120 * RTT_TEST_S);
	KUNIT_EXPECT_EQ(test, xtcp_rtt_timeout_us(&rtt), 200 * RTT_TEST_MS);
	xtcp_rtt_init(&rtt, U32_MAX, 200 * RTT_TEST_MS, 120 * RTT_TEST_S);
	KUNIT_EXPECT_EQ(test, xtcp_rtt_timeout_us(&rtt), 120 * RTT_TEST_S);
	/* settings that contradict each other: the ceiling wins */
	xtcp_rtt_init(&rtt, RTT_TEST_S, 10 * RTT_TEST_S, 5 * RTT_TEST_S);
	KUNIT_EXPECT_EQ(test, xtcp_rtt_timeout_us(&rtt), 5 * RTT_TEST_S);
}

/* 2.2: RTO = R + 4 R/2, and what is beyond R has a floor */
static void rtt_test_first_sample(struct kunit *test)
{
	static const u32 samples_ms[] = { 67, 100, 150, 1000, 3000, 39999 };
	struct xtcp_rtt rtt;
	int i;

	for (i = 0; i < ARRAY_SIZE(samples_ms); i++) {
		u32 r = samples_ms[i] * RTT_TEST_MS;

		xtcp_rtt_init(&rtt, RTT_TEST_S, 200 * RTT_TEST_MS, 120 * RTT_TEST_S);
		xtcp_rtt_sample(&rtt, r);
		KUNIT_EXPECT_EQ(test, rtt.srtt_us, 8 * r);
		KUNIT_EXPECT_EQ(test, rtt.rttvar_us, 4 * r / 2);
		KUNIT_EXPECT_EQ(test, xtcp_rtt_timeout_us(&rtt), r + max(2 * r, 200 * RTT_TEST_MS));
	}
}

/* Worked by hand: 100, 200 and 100 ms. */
static void rtt_test_by_hand(struct kunit *test)
{
	struct xtcp_rtt rtt;

	xtcp_rtt_init(&rtt, RTT_TEST_S, 200 * RTT_TEST_MS, 120 * RTT_TEST_S);
	xtcp_rtt_sample(&rtt, 100 * RTT_TEST_MS);
	KUNIT_EXPECT_EQ(test, rtt.rto_us, 300000);
	/* RTTVAR 3/4 50 + 1/4 100 = 62.5, SRTT 7/8 100 + 1/8 200 = 112.5 */
	xtcp_rtt_sample(&rtt, 200 * RTT_TEST_MS);
	KUNIT_EXPECT_EQ(test, rtt.srtt_us, 8 * 112500);
	KUNIT_EXPECT_EQ(test, rtt.rttvar_us, 4 * 62500);
	KUNIT_EXPECT_EQ(test, rtt.rto_us, 362500);
	/* RTTVAR 3/4 62.5 + 1/4 12.5 = 50, SRTT 7/8 112.5 + 1/8 100 = 110.9375 */
	xtcp_rtt_sample(&rtt, 100 * RTT_TEST_MS);
	KUNIT_EXPECT_EQ(test, rtt.srtt_us, 887500);
	KUNIT_EXPECT_EQ(test, rtt.rttvar_us, 4 * 50000);
	KUNIT_EXPECT_EQ(test, rtt.rto_us, 310937);
	KUNIT_EXPECT_EQ(test, rtt.min_us, 100000);
}

/* 2.4 and 2.5 */
static void rtt_test_bounds(struct kunit *test)
{
	struct xtcp_rtt rtt;

	xtcp_rtt_init(&rtt, RTT_TEST_S, 200 * RTT_TEST_MS, 120 * RTT_TEST_S);
	xtcp_rtt_sample(&rtt, 50);
	KUNIT_EXPECT_EQ(test, xtcp_rtt_timeout_us(&rtt), 200 * RTT_TEST_MS + 50);
	xtcp_rtt_init(&rtt, RTT_TEST_S, 200 * RTT_TEST_MS, 120 * RTT_TEST_S);
	xtcp_rtt_sample(&rtt, 41 * RTT_TEST_S);
	KUNIT_EXPECT_EQ(test, xtcp_rtt_timeout_us(&rtt), 120 * RTT_TEST_S);
}

/* 2.3, G: where round trips do not vary, the timeout is not the round trip itself. */
static void rtt_test_granularity(struct kunit *test)
{
	struct xtcp_rtt rtt;
	int i;

	xtcp_rtt_init(&rtt, RTT_TEST_S, 0, 120 * RTT_TEST_S);
	for (i = 0; i < 200; i++)
		xtcp_rtt_sample(&rtt, 500 * RTT_TEST_MS);
	rtt_test_near(test, xtcp_rtt_timeout_us(&rtt),
		      500 * RTT_TEST_MS + XTCP_RTT_GRANULARITY_US);
}

/* No sample, however absurd, may overflow the estimator or look like none. */
static void rtt_test_absurd_samples(struct kunit *test)
{
	static const u32 samples_us[] = { 0, U32_MAX, 0, 1, U32_MAX, U32_MAX, U32_MAX, 0, 0 };
	struct xtcp_rtt rtt;
	int i, j;

	xtcp_rtt_init(&rtt, RTT_TEST_S, 200 * RTT_TEST_MS, 120 * RTT_TEST_S);
	for (i = 0; i < ARRAY_SIZE(samples_us); i++) {
		for (j = 0; j < 100; j++) {
			xtcp_rtt_sample(&rtt, samples_us[i]);
			KUNIT_ASSERT_GT(test, rtt.srtt_us, 0);
			KUNIT_ASSERT_GE(test, xtcp_rtt_timeout_us(&rtt), 200 * RTT_TEST_MS);
			KUNIT_ASSERT_LE(test, xtcp_rtt_timeout_us(&rtt), 120 * RTT_TEST_S);
			KUNIT_ASSERT_EQ(test, rtt.min_us, 1);
		}
		if (samples_us[i] == U32_MAX)
			KUNIT_EXPECT_EQ(test, rtt.rto_us, 120 * RTT_TEST_S);
		else
			KUNIT_EXPECT_EQ(test, rtt.rto_us, 200 * RTT_TEST_MS + rtt.srtt_us / 8);
	}
}

static u32 rtt_test_draw(struct rnd_state *rnd, int shape, int i)
{
	switch (shape) {
	case 0:	/* constant */
		return 20 * RTT_TEST_MS;
	case 1:	/* a queue that fills and drains */
		return (10 + i % 400) * RTT_TEST_MS;
	case 2:	/* every eighth ACK delayed */
		return (i % 8 ? 1 : 41) * RTT_TEST_MS;
	case 3:	/* anything up to a second */
		return prandom_u32_state(rnd) % RTT_TEST_S + 1;
	default: /* anything in any order of magnitude */
		return (prandom_u32_state(rnd) >> (prandom_u32_state(rnd) % 24 + 6)) + 1;
	}
}

static void rtt_test_oracle(struct kunit *test)
{
	static const u32 floors_us[] = { 0, 200 * RTT_TEST_MS, 1000 * RTT_TEST_MS };
	struct rnd_state rnd;
	int shape, f, i;

	prandom_seed_state(&rnd, 6298);
	for (f = 0; f < ARRAY_SIZE(floors_us); f++) {
		for (shape = 0; shape < 5; shape++) {
			struct rtt_test_oracle oracle = {};
			u32 min_us = U32_MAX;
			struct xtcp_rtt rtt;

			xtcp_rtt_init(&rtt, RTT_TEST_S, floors_us[f], 120 * RTT_TEST_S);
			for (i = 0; i < 10000; i++) {
				u32 r = rtt_test_draw(&rnd, shape, i);
				u32 want_us = rtt_test_expect(&oracle, r, floors_us[f],
							      120 * RTT_TEST_S);

				min_us = min(min_us, r);
				xtcp_rtt_sample(&rtt, r);
				rtt_test_near(test, xtcp_rtt_timeout_us(&rtt), want_us);
				rtt_test_near(test, rtt.srtt_us / 8, oracle.srtt >> 16);
				KUNIT_ASSERT_EQ(test, rtt.min_us, min_us);
			}
		}
	}
}

/* 5.5 and 2.5: doubled up to the ceiling, where it stays. */
static void rtt_test_backoff(struct kunit *test)
{
	static const u32 want_s[] = { 1, 2, 4, 8, 16, 32, 64, 120, 120, 120 };
	struct xtcp_rtt rtt;
	int i;

	xtcp_rtt_init(&rtt, RTT_TEST_S, 200 * RTT_TEST_MS, 120 * RTT_TEST_S);
	for (i = 0; i < ARRAY_SIZE(want_s); i++) {
		KUNIT_EXPECT_EQ(test, xtcp_rtt_timeout_us(&rtt), want_s[i] * RTT_TEST_S);
		KUNIT_EXPECT_EQ(test, rtt.backoff, i);
		xtcp_rtt_backoff(&rtt);
	}
	for (i = 0; i < 1000; i++) {
		xtcp_rtt_backoff(&rtt);
		KUNIT_ASSERT_EQ(test, xtcp_rtt_timeout_us(&rtt), 120 * RTT_TEST_S);
	}
	KUNIT_EXPECT_EQ(test, rtt.rto_us, RTT_TEST_S);

	/* 5, last paragraph: a new sample collapses it */
	xtcp_rtt_sample(&rtt, 100 * RTT_TEST_MS);
	KUNIT_EXPECT_EQ(test, rtt.backoff, 0);
	KUNIT_EXPECT_EQ(test, xtcp_rtt_timeout_us(&rtt), 300 * RTT_TEST_MS);
}

static struct kunit_case rtt_test_cases[] = {
	KUNIT_CASE(rtt_test_initial),
	KUNIT_CASE(rtt_test_first_sample),
	KUNIT_CASE(rtt_test_by_hand),
	KUNIT_CASE(rtt_test_bounds),
	KUNIT_CASE(rtt_test_granularity),
	KUNIT_CASE(rtt_test_absurd_samples),
	KUNIT_CASE(rtt_test_oracle),
	KUNIT_CASE(rtt_test_backoff),
	{}
};

static struct kunit_suite rtt_test_suite = {
	.name = "xtcp-rtt",
	.test_cases = rtt_test_cases,
};

kunit_test_suite(rtt_test_suite);

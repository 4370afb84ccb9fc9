// SPDX-License-Identifier: GPL-2.0
/*
 * Reno in bytes: RFC 5681's equations and RFC 3465's limits. And what all algorithms have in
 * common: how one follows another, and how they are registered.
 */
#include <kunit/test.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/prandom.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "cong.h"

#define CONG_TEST_MSS		1460u

static void cong_test_start(struct xtcp_cong *cc, u32 mss, u32 segments)
{
	xtcp_cong_init(cc, &xtcp_cong_reno, mss, segments, 0);
}

static void cong_test_acked(struct xtcp_cong *cc, u32 acked, bool cwnd_limited)
{
	const struct xtcp_cong_ack ack = { .acked = acked, .cwnd_limited = cwnd_limited };

	xtcp_cong_acked(cc, &ack);
}

static void cong_test_congested(struct xtcp_cong *cc, u32 flight, enum xtcp_cong_why why)
{
	const struct xtcp_cong_event event = { .flight = flight, .why = why };

	xtcp_cong_congested(cc, &event);
}

static void cong_test_initial(struct kunit *test)
{
	struct xtcp_cong cc;

	memset(&cc, 0xff, sizeof(cc));
	cong_test_start(&cc, CONG_TEST_MSS, 10);
	KUNIT_EXPECT_EQ(test, cc.cwnd, 14600);
	KUNIT_EXPECT_EQ(test, cc.ssthresh, XTCP_SSTHRESH_INFINITE);
	KUNIT_EXPECT_EQ(test, cc.acked, 0);
	KUNIT_EXPECT_FALSE(test, cc.after_timeout);
	cong_test_start(&cc, U16_MAX, U32_MAX);
	KUNIT_EXPECT_EQ(test, cc.cwnd, XTCP_CWND_MAX);
}

/* RFC 3465 2.2, RFC 9406 4.3: by the bytes acknowledged, however many an ACK is of. */
static void cong_test_slow_start(struct kunit *test)
{
	static const u32 acked[] = { 1, 100, 1459, 1460, 1461, 2921, 65536, SZ_1G, U32_MAX };
	struct xtcp_cong cc;
	int i;

	for (i = 0; i < ARRAY_SIZE(acked); i++) {
		cong_test_start(&cc, CONG_TEST_MSS, 10);
		cong_test_acked(&cc, acked[i], true);
		KUNIT_EXPECT_EQ_MSG(test, cc.cwnd, xtcp_cong_bound(14600ull + acked[i]), "%u",
				    acked[i]);
	}
}

/* An ACK for every other segment doubles the window each round trip. */
static void cong_test_doubles(struct kunit *test)
{
	struct xtcp_cong cc;
	u32 segments, i;

	cong_test_start(&cc, CONG_TEST_MSS, 10);
	for (segments = 10; segments <= 10 << 10; segments *= 2) {
		KUNIT_ASSERT_EQ(test, cc.cwnd, segments * CONG_TEST_MSS);
		for (i = 0; i < segments / 2; i++)
			cong_test_acked(&cc, 2 * CONG_TEST_MSS, true);
	}
}

/* Slow start ends at ssthresh, not beyond it. */
static void cong_test_slow_start_ends(struct kunit *test)
{
	struct xtcp_cong cc;

	cong_test_start(&cc, CONG_TEST_MSS, 10);
	cc.ssthresh = 15000;
	cong_test_acked(&cc, 2920, true);
	KUNIT_EXPECT_EQ(test, cc.cwnd, 15000);
	cong_test_acked(&cc, 14999, true);
	KUNIT_EXPECT_EQ(test, cc.cwnd, 15000);
	cong_test_acked(&cc, 1, true);
	KUNIT_EXPECT_EQ(test, cc.cwnd, 16460);
}

/* RFC 3465 2.1: one segment a window's worth of bytes, however many ACKs bring them. */
static void cong_test_avoidance(struct kunit *test)
{
	static const u32 acked[] = { 1, 7, 1460, 2920 };
	struct xtcp_cong cc;
	int i;

	for (i = 0; i < ARRAY_SIZE(acked); i++) {
		u32 want = 20 * CONG_TEST_MSS;
		u64 bytes = 0;

		cong_test_start(&cc, CONG_TEST_MSS, 20);
		cc.ssthresh = want;
		while (want < 30 * CONG_TEST_MSS) {
			cong_test_acked(&cc, acked[i], true);
			bytes += acked[i];
			if (bytes >= want) {
				bytes -= want;
				want += CONG_TEST_MSS;
			}
			KUNIT_ASSERT_EQ(test, cc.cwnd, want);
			KUNIT_ASSERT_EQ(test, cc.acked, bytes);
		}
	}
}

/* One ACK adds at most one segment, whatever it claims. */
static void cong_test_avoidance_stretch(struct kunit *test)
{
	struct xtcp_cong cc = {
		.ops = &xtcp_cong_reno,
		.mss = CONG_TEST_MSS,
		.cwnd = 29200,
		.ssthresh = 29200,
		.acked = 29199,
	};
	u32 before;
	int i;

	for (i = 0; i < 100; i++) {
		before = cc.cwnd;
		cong_test_acked(&cc, U32_MAX, true);
		KUNIT_ASSERT_EQ(test, cc.cwnd, before + CONG_TEST_MSS);
		KUNIT_ASSERT_LT(test, cc.acked, before);
	}
}

/* A window that was not used says nothing about the path. */
static void cong_test_not_limited(struct kunit *test)
{
	struct xtcp_cong cc, before;

	cong_test_start(&cc, CONG_TEST_MSS, 10);
	before = cc;
	cong_test_acked(&cc, 14600, false);
	KUNIT_EXPECT_EQ(test, cc.cwnd, before.cwnd);
	cc.ssthresh = cc.cwnd;
	cong_test_acked(&cc, 14600, false);
	KUNIT_EXPECT_EQ(test, cc.cwnd, before.cwnd);
	KUNIT_EXPECT_EQ(test, cc.acked, 0);
}

/* RFC 5681 (4): max(FlightSize / 2, 2 SMSS) */
static void cong_test_loss(struct kunit *test)
{
	static const struct {
		u32	in_flight;
		u32	ssthresh;
	} cases[] = {
		{ 0, 2920 }, { 1460, 2920 }, { 5839, 2920 }, { 5840, 2920 }, { 5842, 2921 },
		{ 14600, 7300 }, { 1000000, 500000 }, { U32_MAX, XTCP_CWND_MAX },
	};
	struct xtcp_cong cc;
	int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		cong_test_start(&cc, CONG_TEST_MSS, 10);
		cc.acked = 77;
		cc.after_timeout = true;
		cong_test_congested(&cc, cases[i].in_flight, XTCP_CONG_LOSS);
		KUNIT_EXPECT_EQ_MSG(test, cc.ssthresh, cases[i].ssthresh, "%u",
				    cases[i].in_flight);
		KUNIT_EXPECT_EQ_MSG(test, cc.cwnd, cases[i].ssthresh, "%u", cases[i].in_flight);
		KUNIT_EXPECT_EQ(test, cc.acked, 0);

		/* and goes on in congestion avoidance */
		cong_test_acked(&cc, 1460, true);
		KUNIT_EXPECT_EQ(test, cc.cwnd, cases[i].ssthresh);
	}
}

/* RFC 5681 3.1: loss window, and ssthresh only at the first timeout of a segment. */
static void cong_test_timeout(struct kunit *test)
{
	struct xtcp_cong cc;

	cong_test_start(&cc, CONG_TEST_MSS, 10);
	cong_test_congested(&cc, 29200, XTCP_CONG_TIMEOUT);
	KUNIT_EXPECT_EQ(test, cc.cwnd, CONG_TEST_MSS);
	KUNIT_EXPECT_EQ(test, cc.ssthresh, 14600);
	KUNIT_EXPECT_EQ(test, cc.acked, 0);
	cong_test_congested(&cc, 1460, XTCP_CONG_TIMEOUT_AGAIN);
	KUNIT_EXPECT_EQ(test, cc.cwnd, CONG_TEST_MSS);
	KUNIT_EXPECT_EQ(test, cc.ssthresh, 14600);
	cong_test_congested(&cc, 1460, XTCP_CONG_TIMEOUT);
	KUNIT_EXPECT_EQ(test, cc.ssthresh, 2920);
}

/* RFC 3465 2.3: L = 1 in the slow start after a timeout, none in a later one. */
static void cong_test_slow_start_after_timeout(struct kunit *test)
{
	struct xtcp_cong cc;
	u32 segments;

	cong_test_start(&cc, CONG_TEST_MSS, 10);
	cong_test_congested(&cc, 20 * CONG_TEST_MSS, XTCP_CONG_TIMEOUT);
	for (segments = 2; segments <= 10; segments++) {
		cong_test_acked(&cc, 5 * CONG_TEST_MSS, true);
		KUNIT_EXPECT_EQ(test, cc.cwnd, segments * CONG_TEST_MSS);
	}
	/* ssthresh is reached */
	cong_test_acked(&cc, 5 * CONG_TEST_MSS, true);
	KUNIT_EXPECT_EQ(test, cc.cwnd, 10 * CONG_TEST_MSS);
	cc.ssthresh = 100 * CONG_TEST_MSS;
	cong_test_acked(&cc, 5 * CONG_TEST_MSS, true);
	KUNIT_EXPECT_EQ(test, cc.cwnd, 15 * CONG_TEST_MSS);
}

/* Nor where it is known what an ACK is of. */
static void cong_test_slow_start_after_timeout_sack(struct kunit *test)
{
	const struct xtcp_cong_event event = {
		.flight = 20 * CONG_TEST_MSS,
		.in_flight = 3 * CONG_TEST_MSS,
		.why = XTCP_CONG_TIMEOUT,
		.sack = true,
	};
	struct xtcp_cong cc;

	cong_test_start(&cc, CONG_TEST_MSS, 10);
	xtcp_cong_congested(&cc, &event);
	KUNIT_EXPECT_EQ(test, cc.cwnd, 4 * CONG_TEST_MSS);
	cong_test_acked(&cc, 5 * CONG_TEST_MSS, true);
	KUNIT_EXPECT_EQ(test, cc.cwnd, 9 * CONG_TEST_MSS);
}

/* RFC 5681 4.1: restart window min(IW, cwnd) */
static void cong_test_idle(struct kunit *test)
{
	struct xtcp_cong cc = {
		.ops = &xtcp_cong_reno,
		.mss = CONG_TEST_MSS,
		.cwnd = 100000,
		.ssthresh = 50000,
		.acked = 9,
	};

	xtcp_cong_restart(&cc, 10, 0, 0, 0, false);
	KUNIT_EXPECT_EQ(test, cc.cwnd, 100000);
	KUNIT_EXPECT_EQ(test, cc.acked, 9);
	xtcp_cong_restart(&cc, 10, 1, 0, 0, false);
	KUNIT_EXPECT_EQ(test, cc.cwnd, 14600);
	KUNIT_EXPECT_EQ(test, cc.ssthresh, 50000);
	KUNIT_EXPECT_EQ(test, cc.acked, 0);
	cc.cwnd = CONG_TEST_MSS;
	xtcp_cong_restart(&cc, 10, 1000, 0, 0, false);
	KUNIT_EXPECT_EQ(test, cc.cwnd, CONG_TEST_MSS);
}

static void cong_test_event(struct rnd_state *rnd, struct xtcp_cong *cc)
{
	u32 number = prandom_u32_state(rnd) >> prandom_u32_state(rnd) % 32;

	switch (prandom_u32_state(rnd) % 32) {
	case 0:
		cong_test_congested(cc, number, XTCP_CONG_LOSS);
		return;
	case 1:
		cong_test_congested(cc, number, prandom_u32_state(rnd) & 1 ?
				    XTCP_CONG_TIMEOUT : XTCP_CONG_TIMEOUT_AGAIN);
		return;
	case 2:
		xtcp_cong_restart(cc, 10, prandom_u32_state(rnd) % 3, 0, 0, false);
		return;
	default:
		cong_test_acked(cc, number, prandom_u32_state(rnd) & 1);
		return;
	}
}

/* Whatever happens, there is always room for a segment, and never more than the bound. */
static void cong_test_bounds(struct kunit *test)
{
	struct xtcp_cong cc;
	struct rnd_state rnd;
	int i;

	prandom_seed_state(&rnd, 5681);
	cong_test_start(&cc, CONG_TEST_MSS, 10);
	for (i = 0; i < 300000; i++) {
		u32 before = cc.cwnd;

		cong_test_event(&rnd, &cc);
		KUNIT_ASSERT_GE(test, cc.cwnd, CONG_TEST_MSS);
		KUNIT_ASSERT_LE(test, cc.cwnd, XTCP_CWND_MAX);
		KUNIT_ASSERT_GE(test, cc.ssthresh, 2 * CONG_TEST_MSS);
		if (cc.cwnd > before)
			KUNIT_ASSERT_LE(test, cc.cwnd - before,
					max(2 * CONG_TEST_MSS, cc.ssthresh - before));
	}

	cc = (struct xtcp_cong){
		.ops = &xtcp_cong_reno,
		.mss = CONG_TEST_MSS,
		.cwnd = XTCP_CWND_MAX,
		.ssthresh = XTCP_CWND_MAX,
	};
	cong_test_acked(&cc, U32_MAX, true);
	KUNIT_EXPECT_EQ(test, cc.cwnd, XTCP_CWND_MAX);
	cc.ssthresh = XTCP_SSTHRESH_INFINITE;
	cong_test_acked(&cc, U32_MAX, true);
	KUNIT_EXPECT_EQ(test, cc.cwnd, XTCP_CWND_MAX);
}

/* What was lost under one algorithm is repaired under another: cwnd is what either made of it. */
static void cong_test_switch(struct kunit *test)
{
	struct xtcp_cong cc;

	cong_test_start(&cc, CONG_TEST_MSS, 10);
	cong_test_congested(&cc, 10 * CONG_TEST_MSS, XTCP_CONG_LOSS);
	memset(cc.priv, 0xff, sizeof(cc.priv));
	xtcp_cong_switch(&cc, &xtcp_cong_cubic, 1);
	KUNIT_EXPECT_EQ(test, cc.cwnd, 5 * CONG_TEST_MSS);
	KUNIT_EXPECT_EQ(test, cc.ssthresh, 5 * CONG_TEST_MSS);
	xtcp_cong_recovered(&cc, 2);
	KUNIT_EXPECT_EQ(test, cc.cwnd, 5 * CONG_TEST_MSS);

	/* ssthresh is nothing to BBR. */
	xtcp_cong_init(&cc, &xtcp_cong_bbr, CONG_TEST_MSS, 10, 3);
	cong_test_congested(&cc, 10 * CONG_TEST_MSS, XTCP_CONG_LOSS);
	KUNIT_EXPECT_EQ(test, cc.ssthresh, XTCP_SSTHRESH_INFINITE);
	cc.cwnd = 7 * CONG_TEST_MSS;
	xtcp_cong_switch(&cc, &xtcp_cong_reno, 4);
	KUNIT_EXPECT_EQ(test, cc.pacing_rate, ~0ull);
	xtcp_cong_recovered(&cc, 5);
	KUNIT_EXPECT_EQ(test, cc.cwnd, 7 * CONG_TEST_MSS);
	KUNIT_EXPECT_EQ(test, cc.ssthresh, XTCP_SSTHRESH_INFINITE);
}

static void cong_test_no_ack(struct xtcp_cong *cc, const struct xtcp_cong_ack *ack)
{
}

static u32 cong_test_no_ssthresh(struct xtcp_cong *cc, const struct xtcp_cong_event *event)
{
	return 0;
}

static const struct xtcp_cong_ops cong_test_least = {
	.ack		= cong_test_no_ack,
	.ssthresh	= cong_test_no_ssthresh,
	.name		= "kunit",
	.owner		= THIS_MODULE,
};

static void cong_test_incomplete(struct kunit *test)
{
	struct xtcp_cong_ops ops = cong_test_least;

	ops.ack = NULL;
	KUNIT_EXPECT_EQ(test, xtcp_cong_register(&ops), -EINVAL);
	ops = cong_test_least;
	ops.ssthresh = NULL;
	KUNIT_EXPECT_EQ(test, xtcp_cong_register(&ops), -EINVAL);
	ops = cong_test_least;
	ops.owner = NULL;
	KUNIT_EXPECT_EQ(test, xtcp_cong_register(&ops), -EINVAL);
	ops = cong_test_least;
	ops.name[0] = '\0';
	KUNIT_EXPECT_EQ(test, xtcp_cong_register(&ops), -EINVAL);
	memset(ops.name, 'k', sizeof(ops.name));
	KUNIT_EXPECT_EQ(test, xtcp_cong_register(&ops), -EINVAL);
	KUNIT_EXPECT_NULL(test, xtcp_cong_get(cong_test_least.name, false));
}

static void cong_test_registered(struct kunit *test)
{
	struct xtcp_cong_ops ops = cong_test_least, other = cong_test_least;

	ops.ssthresh = NULL;
	ops.flags = XTCP_CONG_OWN_RECOVERY;
	KUNIT_ASSERT_EQ(test, xtcp_cong_register(&ops), 0);
	KUNIT_EXPECT_EQ(test, xtcp_cong_register(&ops), -EEXIST);
	KUNIT_EXPECT_EQ(test, xtcp_cong_register(&other), -EEXIST);
	KUNIT_EXPECT_PTR_EQ(test, xtcp_cong_get(ops.name, false),
			    (const struct xtcp_cong_ops *)&ops);
	xtcp_cong_put(&ops);
	xtcp_cong_unregister(&ops);
	KUNIT_EXPECT_NULL(test, xtcp_cong_get(ops.name, false));

	strscpy(other.name, xtcp_cong_reno.name, sizeof(other.name));
	KUNIT_EXPECT_EQ(test, xtcp_cong_register(&other), -EEXIST);
}

static struct kunit_case cong_test_cases[] = {
	KUNIT_CASE(cong_test_initial),
	KUNIT_CASE(cong_test_slow_start),
	KUNIT_CASE(cong_test_doubles),
	KUNIT_CASE(cong_test_slow_start_ends),
	KUNIT_CASE(cong_test_avoidance),
	KUNIT_CASE(cong_test_avoidance_stretch),
	KUNIT_CASE(cong_test_not_limited),
	KUNIT_CASE(cong_test_loss),
	KUNIT_CASE(cong_test_timeout),
	KUNIT_CASE(cong_test_slow_start_after_timeout),
	KUNIT_CASE(cong_test_slow_start_after_timeout_sack),
	KUNIT_CASE(cong_test_idle),
	KUNIT_CASE(cong_test_bounds),
	KUNIT_CASE(cong_test_switch),
	KUNIT_CASE(cong_test_incomplete),
	KUNIT_CASE(cong_test_registered),
	{}
};

static struct kunit_suite cong_test_suite = {
	.name = "xtcp-cong",
	.test_cases = cong_test_cases,
};

kunit_test_suite(cong_test_suite);

// SPDX-License-Identifier: GPL-2.0
/*
 * CUBIC: its curve against RFC 9438's formulas, computed elsewhere to 60 digits; and a connection
 * that is clocked by its own ACKs and loses what it is told to.
 */
#include <kunit/test.h>
#include <linux/kernel.h>
#include <linux/prandom.h>
#include <linux/time64.h>

#include "cong.h"
#include "cong_cubic.h"
#include "hystart.h"

#define CUBIC_TEST_MSS		1460u

/* W_cubic(t) at 0, K / 4, 3 K / 4, K, 3 K / 2 and 5 K / 2, cwnd_epoch being 0.7 W_max. */
static const struct {
	u32	mss;
	u32	w_max;
	u32	cwnd;
	u32	k;		/* 1/1024 s */
	struct {
		u64	t_us;
		u32	window;
	} at[6];
} cubic_test_curves[] = {
	{ 536, 5360, 3752, 2004, {
		{ 0, 3752 }, { 489358, 4681 }, { 1468075, 5334 },
		{ 1957433, 5359 }, { 2936150, 5560 }, { 4893584, 10786 },
	} },
	{ 536, 2680000, 1876000, 15909, {
		{ 0, 1876000 }, { 3884040, 2340812 }, { 11652121, 2667437 },
		{ 15536162, 2679999 }, { 23304243, 2780499 }, { 38840406, 5393499 },
	} },
	{ 1460, 14600, 10220, 2004, {
		{ 0, 10220 }, { 489358, 12752 }, { 1468075, 14531 },
		{ 1957433, 14599 }, { 2936150, 15147 }, { 4893584, 29382 },
	} },
	{ 1460, 146000, 102200, 4318, {
		{ 0, 102200 }, { 1054290, 127521 }, { 3162872, 145315 },
		{ 4217163, 145999 }, { 6325744, 151474 }, { 10542908, 293824 },
	} },
	{ 1460, 7300000, 5110000, 15909, {
		{ 0, 5110000 }, { 3884040, 6376093 }, { 11652121, 7265781 },
		{ 15536162, 7299999 }, { 23304243, 7573749 }, { 38840406, 14691249 },
	} },
	{ 1460, 146000000, 102200000, 43183, {
		{ 0, 102199999 }, { 10542908, 127521874 }, { 31628724, 145315624 },
		{ 42171633, 145999999 }, { 63257449, 151474999 }, { 105429083, 293824998 },
	} },
	{ 8960, 896000, 627200, 4318, {
		{ 0, 627200 }, { 1054290, 782599 }, { 3162872, 891799 },
		{ 4217163, 895999 }, { 6325744, 929599 }, { 10542908, 1803199 },
	} },
	{ 8960, 896000000, 627200000, 43183, {
		{ 0, 627199999 }, { 10542908, 782599996 }, { 31628724, 891799998 },
		{ 42171633, 895999999 }, { 63257449, 929599995 }, { 105429083, 1073741824 },
	} },
};

/*
 * Times are counted in whole 1/1024 s: K and t may each be one too short, which is of less account
 * the farther from W_max.
 */
static void cubic_test_curve(struct kunit *test)
{
	int i, j;

	for (i = 0; i < ARRAY_SIZE(cubic_test_curves); i++) {
		const typeof(cubic_test_curves[0]) *curve = &cubic_test_curves[i];
		u32 k = xtcp_cubic_k(curve->w_max - curve->cwnd, curve->mss);

		KUNIT_EXPECT_EQ_MSG(test, k, curve->k, "curve %d", i);
		for (j = 0; j < ARRAY_SIZE(curve->at); j++) {
			s64 want = curve->at[j].window;
			s64 window = xtcp_cubic_window(curve->w_max, k, curve->at[j].t_us,
						       curve->mss);

			KUNIT_EXPECT_LE_MSG(test, abs(window - want),
					    abs(want - curve->w_max) / 256 + curve->mss / 64,
					    "curve %d at %d", i, j);
		}
	}
}

/* The largest of everything neither wraps nor leaves its bounds, and time never makes it less. */
static void cubic_test_corners(struct kunit *test)
{
	static const u32 segments[] = { 0, 1, 88, 1460, U16_MAX };
	u32 window, before, k;
	int i, bit;

	/* 2.5 * 2^30 s^3 */
	KUNIT_EXPECT_EQ(test, xtcp_cubic_k(XTCP_CWND_MAX, 1), 1423136);
	KUNIT_EXPECT_EQ(test, xtcp_cubic_k(0, 1), 0);
	for (i = 1; i < ARRAY_SIZE(segments); i++) {
		k = xtcp_cubic_k(XTCP_CWND_MAX, segments[i]);
		before = 0;
		for (bit = 0; bit < 64; bit++) {
			window = xtcp_cubic_window(XTCP_CWND_MAX, k, 1ull << bit, segments[i]);
			KUNIT_EXPECT_LE(test, window, XTCP_CWND_MAX);
			KUNIT_EXPECT_GE(test, window, before);
			before = window;
			KUNIT_EXPECT_LE(test, xtcp_cubic_window(0, 0, 1ull << bit, segments[i]),
					XTCP_CWND_MAX);
		}
		KUNIT_EXPECT_EQ(test, before, XTCP_CWND_MAX);
		KUNIT_EXPECT_EQ(test, xtcp_cubic_window(0, 0, ~0ull, segments[i]), XTCP_CWND_MAX);
		/* Days: a window lost that long ago has been left behind. */
		KUNIT_EXPECT_EQ(test, xtcp_cubic_window(14600, 2004, 7 * 86400ull * USEC_PER_SEC,
							segments[i]), XTCP_CWND_MAX);
	}
	KUNIT_EXPECT_EQ(test, xtcp_cubic_window(100, U32_MAX, 0, 1460), 0);
}

/* A connection. */
struct cubic_test_flow {
	struct xtcp_cong	cc;
	u64			now_us;
	u32			una;
	u32			rtt_us;
	bool			limited;
};

static void cubic_test_open(struct cubic_test_flow *flow, u32 mss, u32 rtt_us)
{
	*flow = (struct cubic_test_flow) {
		.now_us = 77 * USEC_PER_SEC,
		.una = -5000,
		.rtt_us = rtt_us,
		.limited = true,
	};
	memset(&flow->cc, 0xff, sizeof(flow->cc));
	xtcp_cong_init(&flow->cc, &xtcp_cong_cubic, mss, 10, flow->now_us);
}

static void cubic_test_ack(struct cubic_test_flow *flow, u32 acked)
{
	struct xtcp_cong_ack ack = {
		.now_us = flow->now_us,
		.acked = acked,
		.delivered = acked,
		.una = flow->una += acked,
		.nxt = flow->una + flow->cc.cwnd,
		.rtt_us = flow->rtt_us,
		.srtt_us = flow->rtt_us,
		.min_rtt_us = flow->rtt_us,
		.cwnd_limited = flow->limited,
	};

	xtcp_cong_acked(&flow->cc, &ack);
}

/* A window's worth of ACKs in the time of a round trip: one for each segment, but at most 64. */
static void cubic_test_round(struct cubic_test_flow *flow)
{
	u32 step = max(flow->cc.cwnd / 64, flow->cc.mss);
	u32 cwnd = flow->cc.cwnd;
	u32 acked;

	for (acked = 0; acked < cwnd; acked += step) {
		flow->now_us += div_u64((u64)flow->rtt_us * step, cwnd);
		cubic_test_ack(flow, min(step, cwnd - acked));
	}
}

static void cubic_test_congested(struct cubic_test_flow *flow, enum xtcp_cong_why why)
{
	struct xtcp_cong_event event = {
		.now_us = flow->now_us,
		.flight = flow->cc.cwnd,
		.in_flight = why == XTCP_CONG_TIMEOUT ? 0 : flow->cc.cwnd,
		.why = why,
	};

	xtcp_cong_congested(&flow->cc, &event);
}

static void cubic_test_lose(struct cubic_test_flow *flow, u32 cwnd)
{
	flow->cc.cwnd = cwnd;
	cubic_test_congested(flow, XTCP_CONG_LOSS);
	xtcp_cong_recovered(&flow->cc, flow->now_us);
}

/* From a loss on, cwnd lies between where it is to be now and where in a round trip. */
static void cubic_test_follow(struct kunit *test, u32 mss, u32 rtt_us, u32 w_max)
{
	struct cubic_test_flow flow;
	u64 begin_us;
	u32 k, t_us;

	cubic_test_open(&flow, mss, rtt_us);
	cubic_test_lose(&flow, w_max);
	KUNIT_ASSERT_EQ(test, flow.cc.cwnd, (u64)w_max * 7 / 10);
	k = xtcp_cubic_k(w_max - flow.cc.cwnd, mss);
	begin_us = flow.now_us;
	do {
		cubic_test_round(&flow);
		t_us = flow.now_us - begin_us;
		KUNIT_ASSERT_LE_MSG(test, flow.cc.cwnd,
				    xtcp_cubic_window(w_max, k, t_us + rtt_us, mss) + mss,
				    "MSS %u, RTT %u us, W_max %u", mss, rtt_us, w_max);
		KUNIT_ASSERT_GE_MSG(test, flow.cc.cwnd + mss + w_max / 128,
				    xtcp_cubic_window(w_max, k, max(t_us, rtt_us) - rtt_us, mss),
				    "MSS %u, RTT %u us, W_max %u", mss, rtt_us, w_max);
	} while ((u64)t_us << 10 < 2ull * k * USEC_PER_SEC);
	KUNIT_EXPECT_GT(test, flow.cc.cwnd, w_max);
}

static void cubic_test_follows(struct kunit *test)
{
	static const u32 mss[] = { 536, 1460, 8960 };
	int i;

	for (i = 0; i < ARRAY_SIZE(mss); i++) {
		cubic_test_follow(test, mss[i], 100000, 1000 * mss[i]);
		cubic_test_follow(test, mss[i], 300000, 100 * mss[i]);
		cubic_test_follow(test, mss[i], 40000, 20000 * mss[i]);
	}
}

/* RFC 9438 4.2: never more than half of cwnd in a round trip, however late. */
static void cubic_test_no_jump(struct kunit *test)
{
	struct cubic_test_flow flow;
	u32 cwnd;

	cubic_test_open(&flow, CUBIC_TEST_MSS, 500000);
	cubic_test_lose(&flow, 20 * CUBIC_TEST_MSS);
	cubic_test_ack(&flow, CUBIC_TEST_MSS);
	flow.now_us += 1000ull * USEC_PER_SEC;
	cwnd = flow.cc.cwnd;
	cubic_test_ack(&flow, U32_MAX);
	KUNIT_EXPECT_EQ(test, flow.cc.cwnd, cwnd + cwnd / 2);
}

/* RFC 9438 4.3: AIMD(9/17, 0.7) up to the window before, AIMD(1) from there on. */
static void cubic_test_reno_friendly(struct kunit *test)
{
	u32 w_max = 20 * CUBIC_TEST_MSS;
	struct cubic_test_flow flow;
	u32 rounds = 0, want;

	cubic_test_open(&flow, CUBIC_TEST_MSS, 2000);
	cubic_test_lose(&flow, w_max);
	while (flow.cc.cwnd < w_max) {
		cubic_test_round(&flow);
		want = 14 * CUBIC_TEST_MSS + ++rounds * CUBIC_TEST_MSS * 9 / 17;
		KUNIT_ASSERT_LE(test, flow.cc.cwnd, want + CUBIC_TEST_MSS / 4);
		KUNIT_ASSERT_GE(test, flow.cc.cwnd + CUBIC_TEST_MSS / 2, want);
	}
	KUNIT_EXPECT_EQ(test, rounds, 12);
	want = flow.cc.cwnd;
	for (rounds = 1; rounds < 20; rounds++) {
		cubic_test_round(&flow);
		KUNIT_ASSERT_LE(test, flow.cc.cwnd, want + rounds * CUBIC_TEST_MSS);
		KUNIT_ASSERT_GE(test, flow.cc.cwnd + CUBIC_TEST_MSS / 2,
				want + rounds * CUBIC_TEST_MSS);
	}
}

static u32 cubic_test_plateau(const struct cubic_test_flow *begin)
{
	struct cubic_test_flow flow = *begin;
	u32 least = U32_MAX, at = 0, cwnd;

	/* Where growth is slowest. */
	do {
		cwnd = flow.cc.cwnd;
		cubic_test_round(&flow);
		if (flow.cc.cwnd - cwnd < least) {
			least = flow.cc.cwnd - cwnd;
			at = cwnd;
		}
	} while (cwnd < 2 * begin->cc.cwnd);
	return at;
}

/* RFC 9438 4.6, 4.7: W_max is the window lost, or less of it if it had not come back yet. */
static void cubic_test_fast_convergence(struct kunit *test)
{
	u32 w_max = 1000 * CUBIC_TEST_MSS;
	struct cubic_test_flow flow;
	u32 plateau;

	cubic_test_open(&flow, CUBIC_TEST_MSS, 100000);
	cubic_test_lose(&flow, w_max);
	plateau = cubic_test_plateau(&flow);
	KUNIT_EXPECT_LE(test, abs((s32)(plateau - w_max)), w_max / 100);
	cubic_test_lose(&flow, w_max * 9 / 10);
	KUNIT_EXPECT_EQ(test, flow.cc.cwnd, w_max * 9 / 10 * 7 / 10);
	plateau = cubic_test_plateau(&flow);
	w_max = w_max * 9 / 10 * 17 / 20;
	KUNIT_EXPECT_LE(test, abs((s32)(plateau - w_max)), w_max / 100);
	cubic_test_lose(&flow, w_max * 2);
	plateau = cubic_test_plateau(&flow);
	KUNIT_EXPECT_LE(test, abs((s32)(plateau - w_max * 2)), w_max * 2 / 100);
}

/* Less than cwnd in flight: that is what the path was seen to hold, and cwnd the most it may be. */
static void cubic_test_flight(struct kunit *test)
{
	static const struct {
		u32	flight;
		u32	ssthresh;
	} cases[] = {
		{ 0, 2920 }, { 4170, 2920 }, { 4180, 2926 }, { 14600, 10220 }, { 100000, 70000 },
		{ 146000, 102200 }, { 146001, 102200 }, { U32_MAX, 102200 },
	};
	struct xtcp_cong_event event = {};
	struct cubic_test_flow flow;
	int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		for (event.why = XTCP_CONG_LOSS; event.why <= XTCP_CONG_TIMEOUT; event.why++) {
			cubic_test_open(&flow, CUBIC_TEST_MSS, 100000);
			flow.cc.cwnd = 146000;
			event.flight = cases[i].flight;
			xtcp_cong_congested(&flow.cc, &event);
			KUNIT_EXPECT_EQ(test, flow.cc.ssthresh, cases[i].ssthresh);
		}
	}
}

/* RFC 9438 4.8: after a timeout the stage begins where slow start ends, with that as W_max. */
static void cubic_test_timeout(struct kunit *test)
{
	struct cubic_test_flow flow;
	u32 ssthresh, i;

	cubic_test_open(&flow, CUBIC_TEST_MSS, 100000);
	flow.cc.cwnd = 1000 * CUBIC_TEST_MSS;
	cubic_test_congested(&flow, XTCP_CONG_TIMEOUT);
	ssthresh = 700 * CUBIC_TEST_MSS;
	KUNIT_EXPECT_EQ(test, flow.cc.ssthresh, ssthresh);
	KUNIT_EXPECT_EQ(test, flow.cc.cwnd, CUBIC_TEST_MSS);
	/* One segment an ACK. */
	cubic_test_ack(&flow, 5 * CUBIC_TEST_MSS);
	KUNIT_EXPECT_EQ(test, flow.cc.cwnd, 2 * CUBIC_TEST_MSS);
	flow.cc.cwnd = ssthresh - CUBIC_TEST_MSS;
	cubic_test_ack(&flow, CUBIC_TEST_MSS);
	KUNIT_EXPECT_EQ(test, flow.cc.cwnd, ssthresh);
	/* K being 0, 10 s on there are 0.4 * 10^3 segments more; W_max were 300 otherwise. */
	for (i = 0; i < 100; i++)
		cubic_test_round(&flow);
	KUNIT_EXPECT_GE(test, flow.cc.cwnd, ssthresh + 370 * CUBIC_TEST_MSS);
	KUNIT_EXPECT_LE(test, flow.cc.cwnd, ssthresh + 420 * CUBIC_TEST_MSS);
}

/* While losses are repaired, cwnd is of the moment; a timeout then is a second reduction. */
static void cubic_test_timeout_in_recovery(struct kunit *test)
{
	struct xtcp_cong_event event = { .flight = 146000, .why = XTCP_CONG_LOSS };
	struct cubic_test_flow flow;

	cubic_test_open(&flow, CUBIC_TEST_MSS, 100000);
	flow.cc.cwnd = 146000;
	xtcp_cong_congested(&flow.cc, &event);
	KUNIT_EXPECT_EQ(test, flow.cc.ssthresh, 102200);
	flow.cc.cwnd = 2920;
	event.why = XTCP_CONG_TIMEOUT;
	xtcp_cong_congested(&flow.cc, &event);
	KUNIT_EXPECT_EQ(test, flow.cc.ssthresh, 71540);
}

/* RFC 9438 4.9: what was for nothing leaves no trace, be it one reduction or two. */
static void cubic_test_undo(struct kunit *test)
{
	struct cubic_test_flow flow, before, ahead;
	int i, twice;

	cubic_test_open(&flow, CUBIC_TEST_MSS, 100000);
	cubic_test_lose(&flow, 1000 * CUBIC_TEST_MSS);
	for (i = 0; i < 30; i++)
		cubic_test_round(&flow);
	for (twice = 0; twice < 2; twice++) {
		before = flow;
		cubic_test_congested(&flow, XTCP_CONG_LOSS);
		if (twice)
			cubic_test_congested(&flow, XTCP_CONG_TIMEOUT);
		xtcp_cong_undo(&flow.cc, before.cc.cwnd, before.cc.ssthresh, flow.now_us);
		KUNIT_EXPECT_EQ(test, flow.cc.cwnd, before.cc.cwnd);
		for (ahead = before, i = 0; i < 40; i++) {
			cubic_test_round(&flow);
			cubic_test_round(&ahead);
		}
		KUNIT_EXPECT_EQ(test, flow.cc.cwnd, ahead.cc.cwnd);
		flow = before;
	}
	/* Grown beyond in the meantime, it keeps what it has. */
	cubic_test_lose(&flow, flow.cc.cwnd);
	while (flow.cc.cwnd <= before.cc.cwnd)
		cubic_test_round(&flow);
	ahead = flow;
	xtcp_cong_undo(&flow.cc, before.cc.cwnd, before.cc.ssthresh, flow.now_us);
	for (i = 0; i < 40; i++) {
		cubic_test_round(&flow);
		cubic_test_round(&ahead);
	}
	KUNIT_EXPECT_EQ(test, flow.cc.cwnd, ahead.cc.cwnd);
}

/* RFC 9438 4.2, 5.8: the time that the application did not fill the window does not count. */
static void cubic_test_app_limited(struct kunit *test)
{
	struct cubic_test_flow flow, ahead;
	int i;

	cubic_test_open(&flow, CUBIC_TEST_MSS, 100000);
	cubic_test_lose(&flow, 1000 * CUBIC_TEST_MSS);
	for (i = 0; i < 20; i++)
		cubic_test_round(&flow);
	ahead = flow;
	flow.limited = false;
	for (i = 0; i < 600; i++) {
		flow.now_us += 99999;
		cubic_test_ack(&flow, CUBIC_TEST_MSS);
	}
	flow.now_us += 3600ull * USEC_PER_SEC;
	xtcp_cong_restart(&flow.cc, 10, 0, flow.now_us, 3600ull * USEC_PER_SEC, true);
	KUNIT_EXPECT_EQ(test, flow.cc.cwnd, ahead.cc.cwnd);
	flow.limited = true;
	for (i = 0; i < 150; i++) {
		cubic_test_round(&flow);
		cubic_test_round(&ahead);
	}
	KUNIT_EXPECT_EQ(test, flow.cc.cwnd, ahead.cc.cwnd);
}

/* RFC 9438 4.10: slow start that nothing ended but longer round trips; W_max is where. */
static void cubic_test_hystart(struct kunit *test)
{
	struct cubic_test_flow flow;
	u32 cwnd, i;

	cubic_test_open(&flow, CUBIC_TEST_MSS, 100000);
	while (flow.cc.cwnd < 600 * CUBIC_TEST_MSS) {
		cwnd = flow.cc.cwnd;
		cubic_test_round(&flow);
		KUNIT_ASSERT_EQ(test, flow.cc.cwnd, min(2 * cwnd, cwnd + 64 * 8 * CUBIC_TEST_MSS));
	}
	KUNIT_EXPECT_EQ(test, flow.cc.ssthresh, XTCP_SSTHRESH_INFINITE);
	flow.rtt_us += 20000;
	for (i = 0; i < 8 && flow.cc.ssthresh == XTCP_SSTHRESH_INFINITE; i++)
		cubic_test_round(&flow);
	KUNIT_EXPECT_EQ(test, i, 6);
	cwnd = flow.cc.ssthresh;
	KUNIT_EXPECT_LE(test, abs((s32)(flow.cc.cwnd - cwnd)), 2 * CUBIC_TEST_MSS);
	KUNIT_EXPECT_LE(test, cwnd, 600 * CUBIC_TEST_MSS * 4);
	for (i = 0; i < 82; i++)
		cubic_test_round(&flow);
	KUNIT_EXPECT_GE(test, flow.cc.cwnd, cwnd + 370 * CUBIC_TEST_MSS);
	KUNIT_EXPECT_LE(test, flow.cc.cwnd, cwnd + 420 * CUBIC_TEST_MSS);
}

static void cubic_test_event(struct rnd_state *rnd, struct cubic_test_flow *flow)
{
	u32 number = prandom_u32_state(rnd) >> prandom_u32_state(rnd) % 32;

	flow->now_us += prandom_u32_state(rnd) >> prandom_u32_state(rnd) % 32;
	flow->rtt_us = number;
	flow->limited = prandom_u32_state(rnd) & 1;
	switch (prandom_u32_state(rnd) % 64) {
	case 0:
		cubic_test_congested(flow, number % (XTCP_CONG_TIMEOUT_AGAIN + 1));
		return;
	case 1:
		if (flow->cc.ssthresh != XTCP_SSTHRESH_INFINITE)
			xtcp_cong_recovered(&flow->cc, flow->now_us);
		return;
	case 2:
		number = min(number, XTCP_CWND_MAX);
		xtcp_cong_undo(&flow->cc, number, number, flow->now_us);
		return;
	case 3:
		xtcp_cong_restart(&flow->cc, 10, number % 3, flow->now_us, number, number & 1);
		return;
	default:
		cubic_test_ack(flow, number);
		return;
	}
}

/* Whatever happens, and in whatever order, there is room for a segment, and not too much. */
static void cubic_test_bounds(struct kunit *test)
{
	static const u32 mss[] = { 1, 1460, U16_MAX };
	struct cubic_test_flow flow;
	struct rnd_state rnd;
	int i;

	prandom_seed_state(&rnd, 9438);
	for (i = 0; i < 150000; i++) {
		if (i % 50000 == 0)
			cubic_test_open(&flow, mss[i / 50000], 1000);
		cubic_test_event(&rnd, &flow);
		KUNIT_ASSERT_GE(test, flow.cc.cwnd, flow.cc.mss);
		KUNIT_ASSERT_LE(test, flow.cc.cwnd, XTCP_CWND_MAX);
	}
	flow.cc.cwnd = 0;
	flow.cc.mss = 0;
	flow.cc.ssthresh = 0;
	flow.limited = true;
	cubic_test_ack(&flow, U32_MAX);
}

static struct kunit_case cubic_test_cases[] = {
	KUNIT_CASE(cubic_test_curve),
	KUNIT_CASE(cubic_test_corners),
	KUNIT_CASE(cubic_test_follows),
	KUNIT_CASE(cubic_test_no_jump),
	KUNIT_CASE(cubic_test_reno_friendly),
	KUNIT_CASE(cubic_test_fast_convergence),
	KUNIT_CASE(cubic_test_flight),
	KUNIT_CASE(cubic_test_timeout),
	KUNIT_CASE(cubic_test_timeout_in_recovery),
	KUNIT_CASE(cubic_test_undo),
	KUNIT_CASE(cubic_test_app_limited),
	KUNIT_CASE(cubic_test_hystart),
	KUNIT_CASE(cubic_test_bounds),
	{}
};

static struct kunit_suite cubic_test_suite = {
	.name = "xtcp-cubic",
	.test_cases = cubic_test_cases,
};

kunit_test_suite(cubic_test_suite);

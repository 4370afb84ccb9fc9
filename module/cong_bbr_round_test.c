// SPDX-License-Identifier: GPL-2.0
/*
 * What BBR makes of rounds that are told to it, one ACK for each: those in which a queue stood,
 * those that the peer's window or a buffer cut short, those in which the rate did not grow.
 */
#include <kunit/test.h>
#include <linux/kernel.h>
#include <linux/math64.h>
#include <linux/time64.h>

#include "cong.h"
#include "cong_bbr.h"
#include "rate.h"

#define ROUND_TEST_MSS		1460u
#define ROUND_TEST_FLIGHT	100000u
#define ROUND_TEST_RTT_US	40000u

/**
 * struct round_test - a connection that is told of rounds
 * @cc: its congestion state
 * @bbr: BBR's part of it
 * @now_us: the clock
 * @total: bytes delivered
 * @lost: bytes lost in the next round
 * @earlier: bytes that arrived after what arrives next was sent, besides its own flight
 * @late_us: as if others overtook what arrives by that
 * @held: the peer's window is full in the next round
 */
struct round_test {
	struct xtcp_cong	cc;
	struct xtcp_bbr		*bbr;
	u64			now_us;
	u64			total;
	u32			lost;
	u32			earlier;
	u32			late_us;
	bool			held;
};

/* A flight arrives, in so long, at the rate at which it would on the empty path. */
static void round_test_pass(struct round_test *round, u32 rtt_us)
{
	struct xtcp_rate_sample sample = {
		.prior_delivered = round->total - round->earlier,
		.delivered = ROUND_TEST_FLIGHT,
		.interval_us = ROUND_TEST_RTT_US,
		.sent_us = round->now_us,
		.lost = round->lost,
		.in_flight = ROUND_TEST_FLIGHT + round->lost,
		.valid = true,
	};
	struct xtcp_cong_ack ack = {
		.rate = &sample,
		.now_us = round->now_us += rtt_us,
		.delivered_total = round->total += ROUND_TEST_FLIGHT,
		.acked = ROUND_TEST_FLIGHT,
		.delivered = ROUND_TEST_FLIGHT,
		.in_flight = ROUND_TEST_FLIGHT,
		.lost = round->lost,
		.rtt_us = rtt_us,
		.srtt_us = rtt_us,
		.late_us = round->late_us,
		.held = round->held,
	};

	xtcp_cong_acked(&round->cc, &ack);
}

/* It is to be in that state, and not to leave it because of the time that it was there. */
static void round_test_keep(struct round_test *round, enum xtcp_bbr_state state)
{
	round->bbr->full_bw_reached = state != XTCP_BBR_STARTUP;
	round->bbr->state = state;
	round->bbr->cycle_us = round->now_us;
	round->bbr->rounds_since_probe = 0;
	round->bbr->probe_wait_us = 2 * USEC_PER_SEC;
	round->bbr->probe_rtt_at_us = round->now_us;
	round->bbr->min_rtt_at_us = round->now_us;
}

static void round_test_open(struct round_test *round, enum xtcp_bbr_state state)
{
	*round = (struct round_test) { .now_us = USEC_PER_SEC };
	xtcp_cong_init(&round->cc, &xtcp_cong_bbr, ROUND_TEST_MSS, 10, round->now_us);
	round->bbr = xtcp_cong_priv(&round->cc, struct xtcp_bbr);
	round_test_keep(round, state);
	round_test_pass(round, ROUND_TEST_RTT_US);
	round_test_keep(round, state);
}

static void round_test_pass_queued(struct round_test *round, enum xtcp_bbr_state state, int rounds)
{
	while (rounds--) {
		round_test_keep(round, state);
		round_test_pass(round, ROUND_TEST_RTT_US * 3 / 2);
	}
}

/* Five rounds in a row with a queue; one without, and it was chance. */
static void round_test_queued(struct kunit *test)
{
	struct round_test round;

	round_test_open(&round, XTCP_BBR_CRUISE);
	round_test_pass_queued(&round, XTCP_BBR_CRUISE, 4);
	KUNIT_EXPECT_FALSE(test, xtcp_bbr_is_queued(round.bbr));
	round_test_pass_queued(&round, XTCP_BBR_CRUISE, 1);
	KUNIT_EXPECT_TRUE(test, xtcp_bbr_is_queued(round.bbr));
	round_test_pass_queued(&round, XTCP_BBR_CRUISE, 20);
	KUNIT_EXPECT_TRUE(test, xtcp_bbr_is_queued(round.bbr));
	round_test_pass(&round, ROUND_TEST_RTT_US);
	KUNIT_EXPECT_FALSE(test, xtcp_bbr_is_queued(round.bbr));
	round_test_pass_queued(&round, XTCP_BBR_CRUISE, 4);
	KUNIT_EXPECT_FALSE(test, xtcp_bbr_is_queued(round.bbr));
}

/* Not what UP makes itself, nor what is only late; what a window cut short tells nothing. */
static void round_test_not_queued(struct kunit *test)
{
	struct round_test round;

	round_test_open(&round, XTCP_BBR_CRUISE);
	round_test_pass_queued(&round, XTCP_BBR_UP, 10);
	KUNIT_EXPECT_EQ(test, (u32)round.bbr->queued_rounds, 0);

	round_test_open(&round, XTCP_BBR_CRUISE);
	round.late_us = ROUND_TEST_RTT_US / 2;
	round_test_pass_queued(&round, XTCP_BBR_CRUISE, 10);
	KUNIT_EXPECT_EQ(test, (u32)round.bbr->queued_rounds, 0);

	round_test_open(&round, XTCP_BBR_CRUISE);
	round_test_pass_queued(&round, XTCP_BBR_CRUISE, 4);
	round.held = true;
	round_test_pass_queued(&round, XTCP_BBR_CRUISE, 10);
	KUNIT_EXPECT_EQ(test, (u32)round.bbr->queued_rounds, 4);
}

/*
 * Where the path holds less than a segment it is time to probe at once. But the last probing counts
 * first, so that the rates of the one before are forgotten.
 */
static void round_test_probes_again(struct kunit *test)
{
	struct round_test round;
	u64 bw;

	round_test_open(&round, XTCP_BBR_DOWN);
	bw = round.bbr->bw;
	round.bbr->bw_filter[0] = 10 * bw;
	round.bbr->bw_filter[1] = bw;
	round.bbr->min_rtt_us = 1;
	round.bbr->acks = XTCP_BBR_ACKS_STOPPING;
	round.bbr->state = XTCP_BBR_DOWN;
	round.bbr->rounds_since_probe = 1;
	round.earlier = 1;
	round_test_pass(&round, ROUND_TEST_RTT_US);
	KUNIT_EXPECT_NE(test, round.bbr->state, XTCP_BBR_REFILL);
	round.earlier = 0;
	round_test_pass(&round, ROUND_TEST_RTT_US);
	KUNIT_EXPECT_EQ(test, round.bbr->state, XTCP_BBR_REFILL);
	KUNIT_EXPECT_EQ(test, round.bbr->bw, bw);
}

/* Losses while a window stops the flow lower nothing, unless it stops it round after round. */
static void round_test_held(struct kunit *test)
{
	struct round_test round;
	int i;

	round_test_open(&round, XTCP_BBR_CRUISE);
	round.held = true;
	round.lost = ROUND_TEST_FLIGHT / 2;
	for (i = 0; i < 6; i++) {
		round_test_keep(&round, XTCP_BBR_CRUISE);
		round_test_pass(&round, ROUND_TEST_RTT_US);
		KUNIT_EXPECT_EQ(test, round.bbr->inflight_lo, U32_MAX);
		KUNIT_EXPECT_EQ(test, round.bbr->bw_lo, ~0ull);
	}
	round_test_keep(&round, XTCP_BBR_CRUISE);
	round_test_pass(&round, ROUND_TEST_RTT_US);
	KUNIT_EXPECT_LT(test, round.bbr->inflight_lo, U32_MAX);
	KUNIT_EXPECT_LT(test, round.bbr->bw_lo, ~0ull);
}

/* STARTUP ends three rounds after the rate stopped growing, and later where segments overtake. */
static void round_test_full(struct kunit *test)
{
	static const struct {
		u32	late_us;
		int	rounds;
	} cases[] = {
		{ 0, 3 },
		{ 1, 6 },
		{ ROUND_TEST_RTT_US, 9 },
		{ ROUND_TEST_RTT_US * 2, 12 },
		{ ROUND_TEST_RTT_US * 10, 12 },
	};
	struct round_test round;
	int i, j;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		round_test_open(&round, XTCP_BBR_STARTUP);
		round.late_us = cases[i].late_us;
		for (j = 0; j < cases[i].rounds; j++) {
			KUNIT_EXPECT_EQ(test, round.bbr->state, XTCP_BBR_STARTUP);
			round_test_pass(&round, ROUND_TEST_RTT_US);
		}
		KUNIT_EXPECT_NE(test, round.bbr->state, XTCP_BBR_STARTUP);
	}
}

/* What the path loses anyway is sent in addition, but no more than 3 % of all. */
static void round_test_paced(struct kunit *test)
{
	static const struct {
		u32	percent;
		u32	made_up;
	} cases[] = {
		{ 0, 0 }, { 1, 1 }, { 3, 3 }, { 5, 3 }, { 10, 3 },
	};
	struct round_test round;
	u64 rate, due;
	int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		round_test_open(&round, XTCP_BBR_CRUISE);
		/* A queue stands, and nothing new is learnt of the losses. */
		round.bbr->noise = XTCP_BBR_SHARE_ALL * cases[i].percent / 100;
		round_test_pass_queued(&round, XTCP_BBR_CRUISE, 1);
		rate = round.cc.pacing_rate * (100 - cases[i].made_up);
		due = round.bbr->bw * 99;
		KUNIT_EXPECT_EQ(test, round.bbr->bw,
				div_u64((u64)ROUND_TEST_FLIGHT * USEC_PER_SEC, ROUND_TEST_RTT_US));
		KUNIT_EXPECT_GE(test, rate, due - div_u64(due, 1000));
		KUNIT_EXPECT_LE(test, rate, due + div_u64(due, 1000));
	}
}

static struct kunit_case round_test_cases[] = {
	KUNIT_CASE(round_test_queued),
	KUNIT_CASE(round_test_not_queued),
	KUNIT_CASE(round_test_probes_again),
	KUNIT_CASE(round_test_held),
	KUNIT_CASE(round_test_full),
	KUNIT_CASE(round_test_paced),
	{}
};

static struct kunit_suite round_test_suite = {
	.name = "xtcp-bbr-rounds",
	.test_cases = round_test_cases,
};

kunit_test_suite(round_test_suite);

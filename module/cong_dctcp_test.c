// SPDX-License-Identifier: GPL-2.0
/* DCTCP: RFC 8257 3.3's estimate, when it is made, and what becomes of the window. */
#include <kunit/test.h>
#include <linux/kernel.h>
#include <linux/math64.h>
#include <linux/prandom.h>

#include "cong.h"
#include "cong_dctcp.h"

#define DCTCP_TEST_MSS		1000u

/* What TCP_CC_INFO has, of 1024. */
static u32 dctcp_test_alpha(const struct xtcp_cong *cc)
{
	const struct xtcp_cong_ecn ecn = { .ok = true };
	struct {
		u16	enabled;
		u16	ce;
		u32	alpha;
		u32	ecn;
		u32	total;
	} info;

	return xtcp_cong_dctcp.info(cc, &ecn, &info, sizeof(info)) == sizeof(info) ? info.alpha :
										     U32_MAX;
}

/* An ACK says that so many bytes have arrived. */
static void dctcp_test_echo(struct xtcp_cong *cc, u32 delivered, u32 una, u32 nxt, bool ece)
{
	const struct xtcp_cong_echo echo = {
		.delivered = delivered,
		.marked = ece ? delivered : 0,
		.una = una,
		.nxt = nxt,
	};

	xtcp_cong_echoed(cc, &echo);
}

/* An ACK that moves snd_una up to @una, @nxt having been sent. */
static void dctcp_test_ack(struct xtcp_cong *cc, u32 *from, u32 una, u32 nxt, bool ece)
{
	const struct xtcp_cong_ack ack = {
		.acked = una - *from,
		.una = una,
		.nxt = nxt,
		.ece = ece,
		.cwnd_limited = true,
	};

	dctcp_test_echo(cc, una - *from, una, nxt, ece);
	xtcp_cong_acked(cc, &ack);
	*from = una;
}

static void dctcp_test_congested(struct xtcp_cong *cc, enum xtcp_cong_why why)
{
	const struct xtcp_cong_event event = { .flight = cc->cwnd, .why = why };

	xtcp_cong_congested(cc, &event);
}

/*
 * Against alpha (1 - g) + g M in units of 2^-44, which loses nothing: a step rounds twice, by less
 * than one unit of 2^-20 each.
 */
static void dctcp_test_formula(struct kunit *test)
{
	struct rnd_state rnd;
	u32 i;

	prandom_seed_state(&rnd, 8257);
	for (i = 0; i < 100000; i++) {
		u32 alpha = prandom_u32_state(&rnd) % (XTCP_DCTCP_ONE + 1);
		u32 acked = (prandom_u32_state(&rnd) >> (i % 31)) | 1;
		u32 marked = prandom_u32_state(&rnd) % acked;
		u64 want = (u64)alpha * 15 << 20;
		u32 rest;
		s64 got;

		marked = i % 7 ? marked : acked;
		/* marked / acked in 2^-40, in two steps of 20 bits. */
		div_u64_rem((u64)marked << 20, acked, &rest);
		want += div_u64((u64)marked << 20, acked) << 20;
		want += div_u64((u64)rest << 20, acked);
		got = (s64)xtcp_dctcp_alpha(alpha, acked, marked) << 24;
		KUNIT_ASSERT_LE_MSG(test, abs(got - (s64)want), 1ll << 24, "%u %u/%u", alpha,
				    marked, acked);
	}
}

/* All is marked: 1; nothing is: in the end 0, and never beyond either. */
static void dctcp_test_ends(struct kunit *test)
{
	u32 alpha = XTCP_DCTCP_ONE, before, i;

	KUNIT_EXPECT_EQ(test, xtcp_dctcp_alpha(alpha, 1, 1), XTCP_DCTCP_ONE);
	KUNIT_EXPECT_EQ(test, xtcp_dctcp_alpha(alpha, U32_MAX, U32_MAX), XTCP_DCTCP_ONE);
	/* More cannot be marked than was acknowledged. */
	KUNIT_EXPECT_EQ(test, xtcp_dctcp_alpha(alpha, 5, 6), XTCP_DCTCP_ONE);
	for (i = 0; alpha; i++) {
		before = alpha;
		alpha = xtcp_dctcp_alpha(alpha, 1000, 0);
		KUNIT_ASSERT_LT(test, alpha, before);
	}
	/* 15/16 to the power of 215 is less than 2^-20; what is left of it takes another 16. */
	KUNIT_EXPECT_LE(test, i, 215 + 16);
	KUNIT_EXPECT_EQ(test, xtcp_dctcp_alpha(0, 1000, 0), 0);
	for (i = 0; i < 1000; i++)
		alpha = xtcp_dctcp_alpha(alpha, 3000, 1500);
	KUNIT_EXPECT_LE(test, abs((int)alpha - (int)(XTCP_DCTCP_ONE / 2)), 16);
}

/* An estimate is made once in a window, where WindowEnd is passed, across the wrap as well. */
static void dctcp_test_windows(struct kunit *test)
{
	u32 end, una = 0u - 5 * DCTCP_TEST_MSS;
	struct xtcp_cong cc;

	xtcp_cong_init(&cc, &xtcp_cong_dctcp, DCTCP_TEST_MSS, 10, 0);
	KUNIT_EXPECT_EQ(test, dctcp_test_alpha(&cc), 1024);
	end = una + 10 * DCTCP_TEST_MSS;
	dctcp_test_ack(&cc, &una, una + DCTCP_TEST_MSS, end, false);
	KUNIT_EXPECT_EQ(test, dctcp_test_alpha(&cc), 1024 * 15 / 16);
	/* Not before its end is passed. */
	while (una != end) {
		dctcp_test_ack(&cc, &una, una + DCTCP_TEST_MSS, end, false);
		KUNIT_EXPECT_EQ(test, dctcp_test_alpha(&cc), 1024 * 15 / 16);
	}
	/* Of ten, the last was marked: 15/16 of 15/16, and a sixteenth of a tenth. */
	dctcp_test_ack(&cc, &una, una + DCTCP_TEST_MSS, end, true);
	KUNIT_EXPECT_EQ(test, dctcp_test_alpha(&cc), 1024 * 225 / 256 + 1024 / 160);
}

/* What arrives beyond a gap counts as it came, and once. */
static void dctcp_test_gap(struct kunit *test)
{
	const u32 end = 10 * DCTCP_TEST_MSS;
	struct xtcp_cong cc;
	u32 una = 0, i;

	xtcp_cong_init(&cc, &xtcp_cong_dctcp, DCTCP_TEST_MSS, 10, 0);
	dctcp_test_ack(&cc, &una, DCTCP_TEST_MSS, end, false);
	for (i = 0; i < 8; i++)
		dctcp_test_echo(&cc, DCTCP_TEST_MSS, una, end, true);
	/* The retransmission was not marked. */
	dctcp_test_echo(&cc, DCTCP_TEST_MSS, end, end, false);
	dctcp_test_echo(&cc, DCTCP_TEST_MSS, end + 1, end + 1, false);
	/* Eight of ten. */
	KUNIT_EXPECT_EQ(test, dctcp_test_alpha(&cc), 1024 * 225 / 256 + 1024 * 8 / 160);
}

/* The window falls by half of alpha for a mark, and by half for a loss; it grows as Reno's. */
static void dctcp_test_window(struct kunit *test)
{
	u32 una = 0, before, i;
	struct xtcp_cong cc;

	xtcp_cong_init(&cc, &xtcp_cong_dctcp, DCTCP_TEST_MSS, 100, 0);
	dctcp_test_congested(&cc, XTCP_CONG_ECE);
	KUNIT_EXPECT_EQ(test, cc.cwnd, 50 * DCTCP_TEST_MSS);
	KUNIT_EXPECT_EQ(test, cc.ssthresh, 50 * DCTCP_TEST_MSS);
	for (i = 0; i < 50; i++)
		dctcp_test_ack(&cc, &una, una + DCTCP_TEST_MSS, una + DCTCP_TEST_MSS, false);
	KUNIT_EXPECT_EQ(test, cc.cwnd, 51 * DCTCP_TEST_MSS);
	/* What echoes makes nothing grow. */
	before = cc.cwnd;
	for (i = 0; i < 200; i++)
		dctcp_test_ack(&cc, &una, una + DCTCP_TEST_MSS, una + DCTCP_TEST_MSS, true);
	KUNIT_EXPECT_EQ(test, cc.cwnd, before);
	for (i = 0; i < 32; i++)
		dctcp_test_ack(&cc, &una, una + 100, una + 100, false);
	before = cc.cwnd;
	dctcp_test_congested(&cc, XTCP_CONG_ECE);
	/* As exact as the alpha that is told. */
	KUNIT_EXPECT_LE(test, cc.cwnd, before - before / 2048 * dctcp_test_alpha(&cc));
	KUNIT_EXPECT_GE(test, cc.cwnd, before - DIV_ROUND_UP(before, 2048) *
						(dctcp_test_alpha(&cc) + 1));
	KUNIT_EXPECT_GT(test, cc.cwnd, before / 2);
	before = cc.cwnd;
	dctcp_test_congested(&cc, XTCP_CONG_LOSS);
	KUNIT_EXPECT_EQ(test, cc.cwnd, before / 2);
	dctcp_test_congested(&cc, XTCP_CONG_TIMEOUT);
	KUNIT_EXPECT_EQ(test, cc.cwnd, DCTCP_TEST_MSS);
}

static struct kunit_case dctcp_test_cases[] = {
	KUNIT_CASE(dctcp_test_formula),
	KUNIT_CASE(dctcp_test_ends),
	KUNIT_CASE(dctcp_test_windows),
	KUNIT_CASE(dctcp_test_gap),
	KUNIT_CASE(dctcp_test_window),
	{}
};

static struct kunit_suite dctcp_test_suite = {
	.name = "xtcp-cong-dctcp",
	.test_cases = dctcp_test_cases,
};

kunit_test_suite(dctcp_test_suite);

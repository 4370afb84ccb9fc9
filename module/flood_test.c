// SPDX-License-Identifier: GPL-2.0
/* Detection of SYN floods: scripts of seconds, and what is said when. */
#include <kunit/test.h>
#include <linux/kernel.h>
#include <linux/prandom.h>
#include <linux/sched.h>
#include <linux/siphash.h>

#include "flood.h"

/* Every script passes the wrap of the clock. */
#define FLOOD_TEST_START	(U32_MAX - 15000)

/**
 * struct flood_test - a listener, and what has been said about it
 * @flood: the listener's counts
 * @now_ms: the clock, since the first tick
 * @tick_ms: from one tick to the next
 * @source: number of the last source that comes once
 * @rnd: choice among sources that come again
 * @begins: how many attacks have begun
 * @overs: how many are over
 * @begin_ms: when the last began
 * @over_ms: when the last was over
 * @report: of the last tick
 * @over: the report that said that the last was over
 */
struct flood_test {
	struct xtcp_flood		*flood;
	u32				now_ms;
	u32				tick_ms;
	u64				source;
	struct rnd_state		rnd;
	u32				begins;
	u32				overs;
	u32				begin_ms;
	u32				over_ms;
	struct xtcp_flood_report	report;
	struct xtcp_flood_report	over;
};

/* What comes in a second; @pool is how many sources there are, 0 if each comes once. */
struct flood_test_load {
	u32	syns;
	u32	pool;
	u32	opened;
};

static const struct flood_test_load flood_test_quiet = { 20, 0, 20 };
static const struct flood_test_load flood_test_attack = { 1020, 0, 20 };

static int flood_test_init(struct kunit *test)
{
	struct flood_test *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);

	if (!t)
		return -ENOMEM;
	t->flood = xtcp_flood_alloc(GFP_KERNEL);
	if (!t->flood)
		return -ENOMEM;
	t->tick_ms = 1000;
	t->source = 1u << 31;
	prandom_seed_state(&t->rnd, 4987);
	xtcp_flood_tick(t->flood, FLOOD_TEST_START, 0, &t->report);
	test->priv = t;
	return 0;
}

static void flood_test_exit(struct kunit *test)
{
	struct flood_test *t = test->priv;

	if (t)
		xtcp_flood_free(t->flood);
}

static void flood_test_syn(struct flood_test *t, u32 pool)
{
	static const siphash_key_t key = { { 0x0706050403020100, 0x0f0e0d0c0b0a0908 } };
	u64 source = pool ? prandom_u32_state(&t->rnd) % pool : ++t->source;

	xtcp_flood_syn(t->flood, siphash(&source, sizeof(source), &key));
}

/* Ends an interval. What is said has to fit what was said before. */
static void flood_test_tick(struct kunit *test, u32 half_open)
{
	struct flood_test *t = test->priv;
	struct xtcp_flood_report last;
	bool was_under = t->report.under;

	t->now_ms += t->tick_ms;
	switch (xtcp_flood_tick(t->flood, FLOOD_TEST_START + t->now_ms, half_open, &t->report)) {
	case XTCP_FLOOD_NONE:
		KUNIT_EXPECT_EQ(test, t->report.under, was_under);
		break;
	case XTCP_FLOOD_BEGIN:
		KUNIT_EXPECT_FALSE(test, was_under);
		KUNIT_EXPECT_TRUE(test, t->report.under);
		t->begins++;
		t->begin_ms = t->now_ms;
		break;
	case XTCP_FLOOD_OVER:
		KUNIT_EXPECT_TRUE(test, was_under);
		KUNIT_EXPECT_FALSE(test, t->report.under);
		t->overs++;
		t->over_ms = t->now_ms;
		t->over = t->report;
		break;
	}
	KUNIT_EXPECT_EQ(test, t->report.half_open, half_open);
	xtcp_flood_last(t->flood, &last);
	KUNIT_EXPECT_EQ(test, last.under, t->report.under);
	KUNIT_EXPECT_EQ(test, last.syn_rate, t->report.syn_rate);
	KUNIT_EXPECT_EQ(test, last.open_rate, t->report.open_rate);
	KUNIT_EXPECT_EQ(test, last.sources, t->report.sources);
	KUNIT_EXPECT_EQ(test, last.half_open, half_open);
	KUNIT_EXPECT_EQ(test, last.seconds, t->report.seconds);
	KUNIT_EXPECT_EQ(test, last.syns, t->report.syns);
	cond_resched();
}

/* The load, for so long, in ticks */
static void flood_test_run(struct kunit *test, const struct flood_test_load *load, u32 ms)
{
	struct flood_test *t = test->priv;
	u32 i, syns = load->syns * t->tick_ms / 1000, opened = load->opened * t->tick_ms / 1000;

	for (; ms >= t->tick_ms; ms -= t->tick_ms) {
		for (i = 0; i < syns; i++)
			flood_test_syn(t, load->pool);
		for (i = 0; i < opened; i++)
			xtcp_flood_opened(t->flood);
		flood_test_tick(test, syns);
	}
}

static void flood_test_begins_and_ends(struct kunit *test)
{
	struct flood_test *t = test->priv;

	flood_test_run(test, &flood_test_quiet, 20000);
	KUNIT_EXPECT_EQ(test, t->begins, 0);
	KUNIT_EXPECT_EQ(test, t->report.syn_rate, 20);
	KUNIT_EXPECT_EQ(test, t->report.open_rate, 20);
	KUNIT_EXPECT_EQ(test, t->report.seconds, 0);
	KUNIT_EXPECT_EQ(test, t->report.syns, 0);

	flood_test_run(test, &flood_test_attack, 30000);
	KUNIT_EXPECT_EQ(test, t->begins, 1);
	KUNIT_EXPECT_GE(test, t->begin_ms, 23000);
	KUNIT_EXPECT_LE(test, t->begin_ms, 25000);
	KUNIT_EXPECT_EQ(test, t->report.syn_rate, 1020);
	KUNIT_EXPECT_EQ(test, t->report.open_rate, 20);
	KUNIT_EXPECT_GE(test, t->report.sources, 4500);
	KUNIT_EXPECT_LE(test, t->report.sources, 11500);
	KUNIT_EXPECT_GE(test, t->report.seconds, 28);
	KUNIT_EXPECT_LE(test, t->report.seconds, 30);
	KUNIT_EXPECT_GE(test, t->report.syns, 28 * 1020);
	KUNIT_EXPECT_LE(test, t->report.syns, 30 * 1020);
	KUNIT_EXPECT_EQ(test, t->overs, 0);

	/* The window forgets it in 10 seconds, and 5 more have to pass. */
	flood_test_run(test, &flood_test_quiet, 30000);
	KUNIT_EXPECT_EQ(test, t->begins, 1);
	KUNIT_EXPECT_EQ(test, t->overs, 1);
	KUNIT_EXPECT_GE(test, t->over_ms, 55000);
	KUNIT_EXPECT_LE(test, t->over_ms, 66000);
	KUNIT_EXPECT_GE(test, t->over.seconds, 28);
	KUNIT_EXPECT_LE(test, t->over.seconds, 41);
	KUNIT_EXPECT_GE(test, t->over.syns, 28 * 1020);
	KUNIT_EXPECT_LE(test, t->over.syns, 30 * 1020 + 11 * 20);
	KUNIT_EXPECT_EQ(test, t->report.seconds, 0);
	KUNIT_EXPECT_EQ(test, t->report.syns, 0);
}

/* A minute of each, alone. */
static const struct flood_test_case {
	const char		*what;
	struct flood_test_load	load;
	u32			begins;
} flood_test_alone[] = {
	{ "nothing", { 0, 0, 0 }, 0 },
	{ "forged sources, little more than needed", { 115, 0, 0 }, 1 },
	{ "forged sources, at a low rate", { 90, 0, 0 }, 0 },
	{ "forged sources, at a high rate", { 20000, 0, 100 }, 1 },
	{ "sources forged in a prefix", { 5000, 65536, 0 }, 1 },
	{ "a botnet", { 5000, 3000, 0 }, 1 },
	{ "one source", { 5000, 1, 0 }, 0 },
	{ "few sources", { 5000, 8, 0 }, 0 },
	{ "a slow network", { 300, 50, 10 }, 0 },
	{ "a network that answers nothing", { 120, 300, 0 }, 0 },
	{ "a broken client beside others", { 500, 3, 50 }, 0 },
	{ "a busy server", { 5000, 0, 4950 }, 0 },
	{ "a busy server, three of five fail", { 5000, 0, 2000 }, 0 },
	{ "a busy server and a flood", { 5000, 0, 1000 }, 1 },
	{ "more completes than begins", { 100, 0, 200 }, 0 },
};

static void flood_test_each_alone(struct kunit *test)
{
	struct flood_test *t = test->priv;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(flood_test_alone); i++) {
		t->begins = 0;
		t->overs = 0;
		flood_test_run(test, &flood_test_alone[i].load, 60000);
		KUNIT_EXPECT_EQ_MSG(test, t->begins, flood_test_alone[i].begins, "%s",
				    flood_test_alone[i].what);
		KUNIT_EXPECT_EQ_MSG(test, t->overs, 0, "%s", flood_test_alone[i].what);
		flood_test_run(test, &flood_test_quiet, 20000);
		KUNIT_EXPECT_EQ_MSG(test, t->overs, t->begins, "%s", flood_test_alone[i].what);
	}
}

/* All come at once, and their handshakes complete two seconds late. */
static void flood_test_crowd(struct kunit *test)
{
	static const struct flood_test_load start = { 3000, 0, 0 }, crowd = { 3000, 0, 2900 };
	struct flood_test *t = test->priv;

	flood_test_run(test, &flood_test_quiet, 20000);
	flood_test_run(test, &start, 2000);
	flood_test_run(test, &crowd, 30000);
	flood_test_run(test, &flood_test_quiet, 30000);
	KUNIT_EXPECT_EQ(test, t->begins, 0);
}

/* Pulses are one attack, and so is one whose rate goes up and down. */
static void flood_test_flapping(struct kunit *test)
{
	static const struct flood_test_load more = { 130, 0, 0 }, less = { 70, 0, 0 };
	struct flood_test *t = test->priv;
	u32 i;

	for (i = 0; i < 10; i++) {
		flood_test_run(test, &flood_test_attack, 5000);
		flood_test_run(test, &flood_test_quiet, 5000);
	}
	KUNIT_EXPECT_EQ(test, t->begins, 1);
	KUNIT_EXPECT_EQ(test, t->overs, 0);
	KUNIT_EXPECT_GE(test, t->report.seconds, 90);
	KUNIT_EXPECT_LE(test, t->report.seconds, 100);
	flood_test_run(test, &flood_test_quiet, 20000);
	KUNIT_EXPECT_EQ(test, t->overs, 1);

	for (i = 0; i < 5; i++) {
		flood_test_run(test, &more, 20000);
		flood_test_run(test, &less, 20000);
	}
	KUNIT_EXPECT_EQ(test, t->begins, 2);
	KUNIT_EXPECT_EQ(test, t->overs, 1);
}

/* A second attack is another one, counted anew; one second is none. */
static void flood_test_again(struct kunit *test)
{
	struct flood_test *t = test->priv;

	flood_test_run(test, &flood_test_attack, 60000);
	flood_test_run(test, &flood_test_quiet, 30000);
	flood_test_run(test, &flood_test_attack, 10000);
	KUNIT_EXPECT_EQ(test, t->begins, 2);
	KUNIT_EXPECT_LE(test, t->report.seconds, 10);
	flood_test_run(test, &flood_test_quiet, 30000);
	KUNIT_EXPECT_EQ(test, t->overs, 2);
	KUNIT_EXPECT_LE(test, t->over.syns, 11 * 1020);

	flood_test_run(test, &(const struct flood_test_load){ 150, 0, 0 }, 1000);
	flood_test_run(test, &flood_test_quiet, 30000);
	KUNIT_EXPECT_EQ(test, t->begins, 2);
}

/* Ticks may come often, seldom, twice at a time, or in the wrong order. */
static void flood_test_ticks(struct kunit *test)
{
	static const u32 ticks_ms[] = { 100, 333, 999, 2500, 7000, 20000 };
	struct xtcp_flood_report report;
	struct flood_test *t = test->priv;
	u32 i, start_ms;

	for (i = 0; i < ARRAY_SIZE(ticks_ms); i++) {
		t->tick_ms = ticks_ms[i];
		start_ms = t->now_ms;
		flood_test_run(test, &flood_test_attack, 60000);
		KUNIT_EXPECT_EQ(test, t->begins, i + 1);
		KUNIT_EXPECT_GE(test, t->begin_ms - start_ms, 3000);
		KUNIT_EXPECT_LE(test, t->begin_ms - start_ms, 3000 + 2 * ticks_ms[i]);
		KUNIT_EXPECT_GE(test, t->report.syn_rate, 1000);
		KUNIT_EXPECT_LE(test, t->report.syn_rate, 1020);
		flood_test_run(test, &flood_test_quiet, 100000);
		KUNIT_EXPECT_EQ(test, t->overs, i + 1);
	}
	for (i = 0; i < 2; i++) {
		KUNIT_EXPECT_EQ(test, xtcp_flood_tick(t->flood, FLOOD_TEST_START + t->now_ms - i,
						      77, &report), XTCP_FLOOD_NONE);
		KUNIT_EXPECT_EQ(test, report.syn_rate, t->report.syn_rate);
		KUNIT_EXPECT_EQ(test, report.half_open, t->report.half_open);
	}
}

/* What came before the first tick is not taken for what came in no time. */
static void flood_test_first_tick(struct kunit *test)
{
	struct flood_test *t = test->priv;
	u32 i;

	xtcp_flood_free(t->flood);
	t->flood = xtcp_flood_alloc(GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, t->flood);
	memset(&t->report, 0xff, sizeof(t->report));
	xtcp_flood_last(t->flood, &t->report);
	KUNIT_EXPECT_FALSE(test, t->report.under);
	KUNIT_EXPECT_EQ(test, t->report.syn_rate, 0);
	KUNIT_EXPECT_EQ(test, t->report.syns, 0);
	for (i = 0; i < 10000; i++)
		flood_test_syn(t, 0);
	for (i = 0; i < 10; i++) {
		flood_test_tick(test, 0);
		KUNIT_EXPECT_EQ(test, t->report.syn_rate, 0);
		KUNIT_EXPECT_EQ(test, t->report.sources, 0);
	}
	KUNIT_EXPECT_EQ(test, t->begins, 0);
}

/* Numbers that say attack, by a hair in each respect */
static const struct xtcp_flood_numbers flood_test_just = {
	.ms = 1000, .window_ms = 10000, .syns = 100, .window_syns = 1000, .window_opened = 249,
	.window_sources = 376,
};

/* Four seconds of numbers; whether they were an attack in the end */
static bool flood_test_is_attack(const struct xtcp_flood_numbers *numbers)
{
	struct xtcp_flood_state state = {};
	int i;

	for (i = 0; i < 4; i++)
		xtcp_flood_judge(&state, numbers);
	return state.under;
}

static void flood_test_limits(struct kunit *test)
{
	struct xtcp_flood_numbers n = flood_test_just;

	KUNIT_EXPECT_TRUE(test, flood_test_is_attack(&n));
	n.window_syns = 999;
	KUNIT_EXPECT_FALSE(test, flood_test_is_attack(&n));
	n = flood_test_just;
	n.window_opened = 250;
	KUNIT_EXPECT_FALSE(test, flood_test_is_attack(&n));
	n = flood_test_just;
	n.window_sources = 375;
	KUNIT_EXPECT_FALSE(test, flood_test_is_attack(&n));

	/* Sources that suffice at any number of SYNs, and at the least. */
	n.window_syns = 1000000;
	n.window_sources = 1024;
	KUNIT_EXPECT_TRUE(test, flood_test_is_attack(&n));
	n.window_sources = 1023;
	KUNIT_EXPECT_FALSE(test, flood_test_is_attack(&n));
	n = (struct xtcp_flood_numbers){
		.ms = 1000, .window_ms = 1000, .window_syns = 120, .window_sources = 64,
	};
	KUNIT_EXPECT_TRUE(test, flood_test_is_attack(&n));
	n.window_sources = 63;
	KUNIT_EXPECT_FALSE(test, flood_test_is_attack(&n));
}

/* Half of each limit is what keeps an attack going, and the times are kept to the millisecond. */
static void flood_test_hysteresis(struct kunit *test)
{
	static const struct xtcp_flood_numbers still = {
		.ms = 1000, .window_ms = 10000, .syns = 50, .window_syns = 500,
		.window_opened = 249, .window_sources = 63,
	};
	struct xtcp_flood_numbers n = flood_test_just, calm = still;
	struct xtcp_flood_state state = {};
	int i;

	n.ms = 2999;
	KUNIT_EXPECT_EQ(test, xtcp_flood_judge(&state, &n), XTCP_FLOOD_NONE);
	n.ms = 1;
	KUNIT_EXPECT_EQ(test, xtcp_flood_judge(&state, &n), XTCP_FLOOD_BEGIN);
	for (i = 0; i < 1000; i++)
		KUNIT_ASSERT_EQ(test, xtcp_flood_judge(&state, &still), XTCP_FLOOD_NONE);
	KUNIT_EXPECT_EQ(test, state.attack_ms, 1003000);
	KUNIT_EXPECT_EQ(test, state.attack_syns, 200 + 50 * 1000);

	calm.window_opened = 250;
	calm.ms = 4999;
	KUNIT_EXPECT_EQ(test, xtcp_flood_judge(&state, &calm), XTCP_FLOOD_NONE);
	/* one bad interval, and all of it was part of the attack */
	KUNIT_EXPECT_EQ(test, xtcp_flood_judge(&state, &still), XTCP_FLOOD_NONE);
	KUNIT_EXPECT_EQ(test, state.attack_ms, 1003000 + 4999 + 1000);
	KUNIT_EXPECT_EQ(test, xtcp_flood_judge(&state, &calm), XTCP_FLOOD_NONE);
	calm.ms = 1;
	KUNIT_EXPECT_EQ(test, xtcp_flood_judge(&state, &calm), XTCP_FLOOD_OVER);
	KUNIT_EXPECT_EQ(test, state.attack_ms, 1003000 + 4999 + 1000);
	KUNIT_EXPECT_EQ(test, state.attack_syns, 200 + 50 * 1002);
	KUNIT_EXPECT_EQ(test, xtcp_flood_judge(&state, &calm), XTCP_FLOOD_NONE);
	KUNIT_EXPECT_EQ(test, state.attack_ms, 0);
	KUNIT_EXPECT_EQ(test, state.attack_syns, 0);
	/* What keeps one going begins none. */
	for (i = 0; i < 1000; i++)
		KUNIT_ASSERT_EQ(test, xtcp_flood_judge(&state, &still), XTCP_FLOOD_NONE);
}

/* Weeks of it, at rates that no 32 bits hold for long */
static void flood_test_long(struct kunit *test)
{
	struct xtcp_flood_numbers n = {
		.ms = 10000, .window_ms = 20000, .syns = U32_MAX, .window_syns = 2ull * U32_MAX,
		.window_sources = 48000000,
	};
	struct xtcp_flood_state state = {};
	u32 i, begins = 0;

	for (i = 0; i < 500000; i++)
		begins += xtcp_flood_judge(&state, &n) == XTCP_FLOOD_BEGIN;
	KUNIT_EXPECT_EQ(test, begins, 1);
	KUNIT_EXPECT_EQ(test, state.attack_ms, 5000000000ull);
	KUNIT_EXPECT_EQ(test, state.attack_syns, 500000ull * U32_MAX);
}

/* Whatever the numbers, begin and over take turns, and no attack is shorter than it may be. */
static void flood_test_turns(struct kunit *test)
{
	struct xtcp_flood_state state = {};
	u32 i, begins = 0, overs = 0;
	struct rnd_state rnd;

	prandom_seed_state(&rnd, 11);
	for (i = 0; i < 300000; i++) {
		u32 calm = prandom_u32_state(&rnd) % 3;
		struct xtcp_flood_numbers n = {
			.ms = 1 + prandom_u32_state(&rnd) % 2000,
			.window_ms = 5000 + prandom_u32_state(&rnd) % 5000,
			.syns = prandom_u32_state(&rnd) % 2000,
			.window_syns = prandom_u32_state(&rnd) % 10000,
			.window_opened = prandom_u32_state(&rnd) % 10000 * calm / 4,
			.window_sources = prandom_u32_state(&rnd) % 4000,
		};

		switch (xtcp_flood_judge(&state, &n)) {
		case XTCP_FLOOD_BEGIN:
			KUNIT_ASSERT_EQ(test, begins++, overs);
			KUNIT_ASSERT_GE(test, state.attack_ms, 3000);
			break;
		case XTCP_FLOOD_OVER:
			KUNIT_ASSERT_EQ(test, ++overs, begins);
			break;
		default:
			break;
		}
		KUNIT_ASSERT_EQ(test, state.under, begins > overs);
	}
	KUNIT_EXPECT_GT(test, overs, 100);
}

static struct kunit_case flood_test_cases[] = {
	KUNIT_CASE(flood_test_begins_and_ends),
	KUNIT_CASE(flood_test_each_alone),
	KUNIT_CASE(flood_test_crowd),
	KUNIT_CASE(flood_test_flapping),
	KUNIT_CASE(flood_test_again),
	KUNIT_CASE(flood_test_ticks),
	KUNIT_CASE(flood_test_first_tick),
	KUNIT_CASE(flood_test_limits),
	KUNIT_CASE(flood_test_hysteresis),
	KUNIT_CASE(flood_test_long),
	KUNIT_CASE(flood_test_turns),
	{}
};

static struct kunit_suite flood_test_suite = {
	.name = "xtcp-flood",
	.init = flood_test_init,
	.exit = flood_test_exit,
	.test_cases = flood_test_cases,
};

kunit_test_suite(flood_test_suite);

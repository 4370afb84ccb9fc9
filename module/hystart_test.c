// SPDX-License-Identifier: GPL-2.0
/* HyStart++: which sequences of round-trip times end slow start, and which do not. */
#include <kunit/test.h>
#include <linux/kernel.h>
#include <linux/prandom.h>

#include "hystart.h"

#define HYSTART_TEST_MSS	1460u

struct hystart_test_flow {
	struct xtcp_hystart	hystart;
	u32			una;
	u32			nxt;
	enum xtcp_hystart_phase	phase;
};

static void hystart_test_open(struct hystart_test_flow *flow)
{
	/* across the wrap of the sequence numbers */
	*flow = (struct hystart_test_flow) { .una = -40000, .nxt = -40000 };
}

/* A round of so many ACKs, which clock out as many segments. */
static enum xtcp_hystart_phase hystart_test_round(struct hystart_test_flow *flow, u32 acks,
						  u32 rtt_us)
{
	u32 step, end;

	if (flow->una == flow->nxt)
		flow->nxt += acks * HYSTART_TEST_MSS;
	end = flow->nxt;
	step = (end - flow->una) / acks;
	while (acks--) {
		flow->una = acks ? flow->una + step : end;
		if (flow->una == end)
			flow->nxt = end + 10 * HYSTART_TEST_MSS;
		flow->phase = xtcp_hystart_ack(&flow->hystart, flow->una, flow->nxt, rtt_us);
	}
	return flow->phase;
}

/* As recorded: least round-trip times of rounds, and the phase that each is to end in. */
static const struct {
	const char	*what;
	u32		acks;
	struct {
		u32			rtt_us;
		enum xtcp_hystart_phase	phase;
	} round[12];
} hystart_test_cases[] = {
#define SS	XTCP_HYSTART_SLOW_START
#define CSS	XTCP_HYSTART_CSS
#define DONE	XTCP_HYSTART_DONE
	{ "an empty path", 10, {
		{ 40000, SS }, { 40100, SS }, { 39900, SS }, { 40050, SS }, { 40000, SS },
	} },
	{ "a queue that fills", 10, {
		{ 40000, SS }, { 40500, SS }, { 47000, CSS }, { 60000, CSS }, { 70000, CSS },
		{ 80000, CSS }, { 80000, DONE }, { 40000, DONE },
	} },
	{ "no queue after all", 10, {
		{ 40000, SS }, { 46000, CSS }, { 46500, CSS }, { 45999, SS }, { 46000, SS },
		{ 46000, SS }, { 52000, CSS }, { 52000, CSS }, { 52000, CSS }, { 52000, CSS },
		{ 52000, DONE },
	} },
	{ "an eighth, not less", 10, {
		{ 80000, SS }, { 89999, SS }, { 101247, SS }, { 113902, CSS },
	} },
	{ "4 ms at least", 10, {
		{ 1000, SS }, { 4999, SS }, { 8998, SS }, { 12998, CSS },
	} },
	{ "16 ms at most", 10, {
		{ 400000, SS }, { 415999, SS }, { 431999, CSS },
	} },
	{ "too few samples", 7, {
		{ 40000, SS }, { 60000, SS }, { 90000, SS }, { 200000, SS },
	} },
	{ "enough of them", 8, {
		{ 40000, SS }, { 60000, CSS },
	} },
#undef SS
#undef CSS
#undef DONE
};

static void hystart_test_recorded(struct kunit *test)
{
	struct hystart_test_flow flow;
	int i, j;

	for (i = 0; i < ARRAY_SIZE(hystart_test_cases); i++) {
		const typeof(hystart_test_cases[0]) *c = &hystart_test_cases[i];

		hystart_test_open(&flow);
		for (j = 0; j < ARRAY_SIZE(c->round) && c->round[j].rtt_us; j++)
			KUNIT_EXPECT_EQ_MSG(test, c->round[j].phase,
					    hystart_test_round(&flow, c->acks, c->round[j].rtt_us),
					    "%s, round %d", c->what, j);
	}
}

/* One short round trip among long ones is enough to see that there is no queue. */
static void hystart_test_least(struct kunit *test)
{
	struct hystart_test_flow flow;
	int i;

	hystart_test_open(&flow);
	hystart_test_round(&flow, 20, 40000);
	for (i = 0; i < 10; i++) {
		xtcp_hystart_ack(&flow.hystart, ++flow.una, flow.nxt, 40000);
		KUNIT_EXPECT_EQ(test, hystart_test_round(&flow, 20, 90000),
				XTCP_HYSTART_SLOW_START);
	}
}

/* ACKs that measure nothing are no samples, and a round without any is compared with none. */
static void hystart_test_unmeasured(struct kunit *test)
{
	struct hystart_test_flow flow;

	hystart_test_open(&flow);
	hystart_test_round(&flow, 10, 40000);
	KUNIT_EXPECT_EQ(test, hystart_test_round(&flow, 10, 0), XTCP_HYSTART_SLOW_START);
	KUNIT_EXPECT_EQ(test, hystart_test_round(&flow, 10, 90000), XTCP_HYSTART_SLOW_START);
	KUNIT_EXPECT_EQ(test, hystart_test_round(&flow, 10, 190000), XTCP_HYSTART_CSS);
}

/* What a peer may make of it: it never leaves the phases, nor comes back from the last. */
static void hystart_test_noise(struct kunit *test)
{
	enum xtcp_hystart_phase phase, last = XTCP_HYSTART_SLOW_START;
	struct xtcp_hystart hystart = {};
	unsigned int done = 0;
	struct rnd_state rnd;
	u32 una = 0;
	int i;

	prandom_seed_state(&rnd, 9406);
	for (i = 0; i < 200000; i++) {
		u32 number = prandom_u32_state(&rnd);

		una += number & 0xfff;
		phase = xtcp_hystart_ack(&hystart, una, una + (number & 0x7fff),
					 number % 16 ? i % 1000 * 1000 : number | 1 << 20);
		KUNIT_ASSERT_LE(test, phase, XTCP_HYSTART_DONE);
		KUNIT_ASSERT_TRUE(test, last != XTCP_HYSTART_DONE || phase == last);
		last = phase;
		if (phase != XTCP_HYSTART_DONE || i % 1000 != 999)
			continue;
		done++;
		hystart = (struct xtcp_hystart) {};
		last = XTCP_HYSTART_SLOW_START;
	}
	KUNIT_EXPECT_GT(test, done, 0);
}

static struct kunit_case hystart_test_list[] = {
	KUNIT_CASE(hystart_test_recorded),
	KUNIT_CASE(hystart_test_least),
	KUNIT_CASE(hystart_test_unmeasured),
	KUNIT_CASE(hystart_test_noise),
	{}
};

static struct kunit_suite hystart_test_suite = {
	.name = "xtcp-hystart",
	.test_cases = hystart_test_list,
};

kunit_test_suite(hystart_test_suite);

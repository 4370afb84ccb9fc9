// SPDX-License-Identifier: GPL-2.0
/*
 * The size of receive buffers: by the numbers, and against a sender in slow start on a long path.
 */
#include <kunit/test.h>
#include <linux/kernel.h>
#include <linux/limits.h>

#include "tune.h"

#define MSS	1448
#define RTT_US	200000
#define MS	1000
#define START	0xfffff000u	/* sequence numbers wrap */

static struct xtcp_tune tune_test_new(u32 rtt_us)
{
	struct xtcp_tune tune;

	xtcp_tune_init(&tune);
	xtcp_tune_begin(&tune, 10 * MSS, START, 1);
	if (rtt_us)
		xtcp_tune_echo(&tune, U32_MAX, rtt_us);
	return tune;
}

/* What a sender's pauses add counts by and by; what is shorter, at once; each echo once. */
static void tune_test_echo(struct kunit *test)
{
	struct xtcp_tune tune = tune_test_new(0);
	int i;

	xtcp_tune_echo(&tune, 1, 80000);
	KUNIT_EXPECT_EQ(test, tune.rtt_us, 80000);
	xtcp_tune_echo(&tune, 2, 160000);
	KUNIT_EXPECT_EQ(test, tune.rtt_us, 90000);
	xtcp_tune_echo(&tune, 2, 5);
	KUNIT_EXPECT_EQ(test, tune.rtt_us, 90000);
	xtcp_tune_echo(&tune, 3, 70000);
	KUNIT_EXPECT_EQ(test, tune.rtt_us, 70000);
	for (i = 0; i < 100; i++)
		xtcp_tune_echo(&tune, 4 + i, 140000);
	KUNIT_EXPECT_LT(test, 139000, tune.rtt_us);
	KUNIT_EXPECT_GE(test, 140000, tune.rtt_us);
	xtcp_tune_echo(&tune, 200, 0);
	KUNIT_EXPECT_EQ(test, tune.rtt_us, 1);
	xtcp_tune_echo(&tune, 201, U32_MAX);
	KUNIT_EXPECT_LE(test, tune.rtt_us, U32_MAX / 8 + 1);
}

/* Without timestamps: the least time that a window's worth took, across the wrap. */
static void tune_test_window(struct kunit *test)
{
	struct xtcp_tune tune = tune_test_new(0);
	u32 seq = START;

	xtcp_tune_window(&tune, seq, 10000, 1000);
	xtcp_tune_window(&tune, seq + 9999, 10000, 60000);
	KUNIT_EXPECT_EQ(test, tune.rtt_us, 0);
	xtcp_tune_window(&tune, seq + 10000, 10000, 101000);
	KUNIT_EXPECT_EQ(test, tune.rtt_us, 100000);
	xtcp_tune_window(&tune, seq + 20000, 10000, 161000);
	KUNIT_EXPECT_EQ(test, tune.rtt_us, 60000);
	/* A sender that has less to send says nothing. */
	xtcp_tune_window(&tune, seq + 30000, 10000, 900000);
	KUNIT_EXPECT_EQ(test, tune.rtt_us, 60000);
	xtcp_tune_window(&tune, seq + 40000, 10000, 900000 + (2ull << 32));
	KUNIT_EXPECT_EQ(test, tune.rtt_us, 60000);
}

static void tune_test_share(struct kunit *test)
{
	struct xtcp_tune tune = tune_test_new(RTT_US);
	int i;

	/* As SO_RCVBUF has it. */
	KUNIT_EXPECT_EQ(test, xtcp_tune_data(&tune, 131072), 65536);
	KUNIT_EXPECT_EQ(test, xtcp_tune_memory(&tune, 65536), 131072);
	for (i = 0; i < 200; i++)
		xtcp_tune_came(&tune, 64000, 65000, false);
	KUNIT_EXPECT_EQ(test, tune.share, XTCP_TUNE_SHARE_MOST);
	for (i = 0; i < 200; i++)
		xtcp_tune_came(&tune, 1448, 2304, false);
	KUNIT_EXPECT_EQ(test, tune.share, 1448 * 256 / 2304);
	/* Short ones come to share memory, or else they do not. */
	for (i = 0; i < 200; i++)
		xtcp_tune_came(&tune, 1, 768, true);
	KUNIT_EXPECT_EQ(test, tune.share, XTCP_TUNE_SHARE_FIRST);
	for (i = 0; i < 200; i++)
		xtcp_tune_came(&tune, 1, 100000, false);
	KUNIT_EXPECT_EQ(test, tune.share, XTCP_TUNE_SHARE_LEAST);
	/* Nothing that a segment claims goes beyond the bounds. */
	for (i = 0; i < 200; i++)
		xtcp_tune_came(&tune, U32_MAX, 0, false);
	KUNIT_EXPECT_EQ(test, tune.share, XTCP_TUNE_SHARE_MOST);
	KUNIT_EXPECT_LE(test, xtcp_tune_data(&tune, U32_MAX), U32_MAX / 16 * 15 + 15);
	KUNIT_EXPECT_EQ(test, xtcp_tune_memory(&tune, U32_MAX), U32_MAX);
	for (i = 1; i < 100000; i += 37)
		KUNIT_ASSERT_LE(test, i, xtcp_tune_data(&tune, xtcp_tune_memory(&tune, i)));
}

static void tune_test_read(struct kunit *test)
{
	struct xtcp_tune tune = tune_test_new(0);
	u32 seq = START;
	u64 now = 1;

	/* Nobody knows yet how long a round is. */
	KUNIT_EXPECT_EQ(test, xtcp_tune_read(&tune, seq + 100000, MSS, now + 10 * RTT_US), 0);
	tune = tune_test_new(RTT_US);
	/* It is not over yet. */
	KUNIT_EXPECT_EQ(test, xtcp_tune_read(&tune, seq + 20000, MSS, now + RTT_US - 1), 0);
	/* Half as much again as a sender begins with: twice that, and four times what is new. */
	seq += 15 * MSS;
	now += RTT_US;
	KUNIT_EXPECT_EQ(test, xtcp_tune_read(&tune, seq, MSS, now), (30 + 20 + 16) * MSS);
	KUNIT_EXPECT_EQ(test, tune.space, 15 * MSS);
	/* No more than that, or nothing: no need. */
	seq += 15 * MSS;
	now += RTT_US;
	KUNIT_EXPECT_EQ(test, xtcp_tune_read(&tune, seq, MSS, now), 0);
	now += RTT_US;
	KUNIT_EXPECT_EQ(test, xtcp_tune_read(&tune, seq, MSS, now), 0);
	/* A byte more. */
	seq += 15 * MSS + 1;
	now += RTT_US;
	KUNIT_EXPECT_EQ(test, xtcp_tune_read(&tune, seq, MSS, now), 46 * MSS + 6);
	/* As much as numbers go. */
	seq += U32_MAX;
	now += RTT_US;
	KUNIT_EXPECT_EQ(test, xtcp_tune_read(&tune, seq, U16_MAX, now), U32_MAX);
}

/* Whoever takes less in a round trip than any sender begins with never asks for more. */
static void tune_test_slow_reader(struct kunit *test)
{
	struct xtcp_tune tune = tune_test_new(RTT_US);
	u32 seq = START;
	u64 now = 1;
	int i;

	for (i = 0; i < 10000; i++) {
		seq += 1000;
		now += RTT_US / 10;
		KUNIT_ASSERT_EQ(test, xtcp_tune_read(&tune, seq, MSS, now), 0);
	}
}

#define PATH_MS		(RTT_US / MS / 2)
#define PATH_STEPS	4000
#define PATH_BUFFER	6291456

/**
 * struct tune_test_path - a sender and a receiver, and what is between them, by milliseconds
 * @sent: bytes sent up to then
 * @edge: right edge of the window that was offered then
 * @cwnd: the sender's, now
 * @limited: milliseconds in which the window was what held the sender
 */
struct tune_test_path {
	u32	sent[PATH_STEPS + 1];
	u32	edge[PATH_STEPS + 1];
	u32	cwnd;
	u32	limited;
};

static u32 tune_test_then(const u32 *values, int ms, u32 first)
{
	return ms < 0 ? first : values[ms];
}

/* In slow start all the time, at @rate bytes in a millisecond. */
static void tune_test_send(struct tune_test_path *path, int ms, u32 rate)
{
	u32 sent = tune_test_then(path->sent, ms - 1, 0);
	u32 acked = tune_test_then(path->sent, ms - 2 * PATH_MS, 0);
	u32 edge = tune_test_then(path->edge, ms - PATH_MS, 65535);
	u32 room;

	path->cwnd += acked - tune_test_then(path->sent, ms - 2 * PATH_MS - 1, 0);
	room = min(path->cwnd - min(path->cwnd, sent - acked), rate);
	if (edge - sent < room) {
		path->limited++;
		room = edge - sent;
	}
	path->sent[ms] = sent + room;
}

static void tune_test_long_path(struct kunit *test, u32 rate, u32 len, u32 truesize, u32 *limited,
				u32 *memory)
{
	struct tune_test_path *path = kunit_kzalloc(test, sizeof(*path), GFP_KERNEL);
	struct xtcp_tune tune = tune_test_new(RTT_US);
	u32 read, want, last = 0;
	int ms;

	KUNIT_ASSERT_NOT_NULL(test, path);
	path->cwnd = 10 * MSS;
	*memory = 131072;
	for (ms = 0; ms < PATH_STEPS; ms++) {
		u64 now = 1 + (u64)ms * MS;

		tune_test_send(path, ms, rate);
		read = tune_test_then(path->sent, ms - PATH_MS, 0);
		if (read != last) {
			xtcp_tune_came(&tune, len, truesize, false);
			xtcp_tune_echo(&tune, ms, RTT_US);
			want = xtcp_tune_read(&tune, START + read, MSS, now);
			*memory = clamp_t(u32, xtcp_tune_memory(&tune, want), *memory, PATH_BUFFER);
		}
		last = read;
		path->edge[ms] = max(tune_test_then(path->edge, ms - 1, 65535),
				     read + xtcp_tune_data(&tune, *memory));
	}
	*limited = path->limited;
}

/* 200 Mbit/s and 200 ms, from the first segment on; half of it in segments of their own. */
static void tune_test_paths(struct kunit *test)
{
	u32 limited, memory;

	tune_test_long_path(test, 25000, 64000, 65000, &limited, &memory);
	KUNIT_EXPECT_EQ(test, limited, 0);
	KUNIT_EXPECT_EQ(test, memory, PATH_BUFFER);
	tune_test_long_path(test, 12500, 1448, 2304, &limited, &memory);
	KUNIT_EXPECT_EQ(test, limited, 0);
	/* A tenth: four times what a round trip brings, for nobody knows that it ends there. */
	tune_test_long_path(test, 2500, 64000, 65000, &limited, &memory);
	KUNIT_EXPECT_EQ(test, limited, 0);
	KUNIT_EXPECT_LE(test, memory, 5 * 500000);
}

static struct kunit_case tune_test_cases[] = {
	KUNIT_CASE(tune_test_echo),
	KUNIT_CASE(tune_test_window),
	KUNIT_CASE(tune_test_share),
	KUNIT_CASE(tune_test_read),
	KUNIT_CASE(tune_test_slow_reader),
	KUNIT_CASE(tune_test_paths),
	{}
};

static struct kunit_suite tune_test_suite = {
	.name = "xtcp-tune",
	.test_cases = tune_test_cases,
};

kunit_test_suite(tune_test_suite);

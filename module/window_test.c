// SPDX-License-Identifier: GPL-2.0
/* Windows: RFC 9293 3.8.6.2's rules, and a right edge that only ever advances. */
#include <kunit/test.h>
#include <linux/kernel.h>
#include <linux/prandom.h>

#include "window.h"

static void window_test_scale(struct kunit *test)
{
	int shift;

	KUNIT_EXPECT_EQ(test, xtcp_window_scale(0), 0);
	KUNIT_EXPECT_EQ(test, xtcp_window_scale(1), 0);
	for (shift = 0; shift < 14; shift++) {
		u32 most = (65536u << shift) - 1;

		KUNIT_EXPECT_EQ(test, xtcp_window_scale(65535u << shift), shift);
		KUNIT_EXPECT_EQ(test, xtcp_window_scale(most), shift);
		KUNIT_EXPECT_EQ(test, xtcp_window_scale(most + 1), shift + 1);
	}
	KUNIT_EXPECT_EQ(test, xtcp_window_scale(1u << 30), 14);
	KUNIT_EXPECT_EQ(test, xtcp_window_scale(U32_MAX), 14);
}

/* 3.8.6.2.2 with numbers: a buffer of 10,000 bytes, segments of 1,000. */
static void window_test_offer_numbers(struct kunit *test)
{
	/* all free, nothing offered yet */
	KUNIT_EXPECT_EQ(test, xtcp_window_offer(10000, 10000, 1000, 0, 0), 10000);
	/* a segment came and was not read: the edge stands */
	KUNIT_EXPECT_EQ(test, xtcp_window_offer(9000, 10000, 1000, 9000, 0), 9000);
	/* 999 bytes were read: it still stands; the thousandth moves it */
	KUNIT_EXPECT_EQ(test, xtcp_window_offer(9999, 10000, 1000, 9000, 0), 9000);
	KUNIT_EXPECT_EQ(test, xtcp_window_offer(10000, 10000, 1000, 9000, 0), 10000);
	/* closed, and opened by a segment */
	KUNIT_EXPECT_EQ(test, xtcp_window_offer(0, 10000, 1000, 0, 0), 0);
	KUNIT_EXPECT_EQ(test, xtcp_window_offer(999, 10000, 1000, 0, 0), 0);
	KUNIT_EXPECT_EQ(test, xtcp_window_offer(1000, 10000, 1000, 0, 0), 1000);
	/* half of a buffer that is smaller than two segments */
	KUNIT_EXPECT_EQ(test, xtcp_window_offer(749, 1500, 1460, 0, 0), 0);
	KUNIT_EXPECT_EQ(test, xtcp_window_offer(750, 1500, 1460, 0, 0), 750);
	/* the buffer shrank below what is promised: promised is promised */
	KUNIT_EXPECT_EQ(test, xtcp_window_offer(100, 10000, 1000, 9000, 0), 9000);
	/* 16 bits, and 16 bits scaled */
	KUNIT_EXPECT_EQ(test, xtcp_window_offer(1 << 20, 1 << 20, 1000, 0, 0), 65535);
	KUNIT_EXPECT_EQ(test, xtcp_window_offer(1 << 20, 1 << 20, 1000, 0, 3), 65535 << 3);
	KUNIT_EXPECT_EQ(test, xtcp_window_offer(U32_MAX, U32_MAX, 1000, 0, 14), 65535 << 14);
	KUNIT_EXPECT_EQ(test, xtcp_window_offer(0, 1000, 1000, U32_MAX, 14), 65535 << 14);
	/* scaled: free space is rounded down, what is promised up */
	KUNIT_EXPECT_EQ(test, xtcp_window_offer(10000, 10000, 1000, 0, 7), 9984);
	KUNIT_EXPECT_EQ(test, xtcp_window_offer(9000, 10000, 1000, 8983, 7), 9088);
}

/* The rule in words: up to the next step, or by as much as there is, but not by a little. */
static u32 window_test_expect(u32 space, u32 space_max, u32 mss, u32 offered, u32 step)
{
	u64 most = 65535ull * step, open = space / step * (u64)step;
	u64 keep = (offered + step - 1) / step * (u64)step;
	u32 fraction = space_max / 2;

	if (keep > most)
		keep = most;
	if (open > most)
		open = most;
	if (open > offered && open - offered >= (mss < fraction ? mss : fraction))
		return open;
	return keep;
}

static void window_test_offer_one(struct kunit *test, u32 space, u32 max, u32 mss, u32 offered)
{
	u8 shift;

	for (shift = 0; shift < 5; shift++)
		KUNIT_ASSERT_EQ_MSG(test, xtcp_window_offer(space, max, mss, offered, shift),
				    window_test_expect(space, max, mss, offered, 1 << shift),
				    "%u of %u, mss %u, offered %u, shift %u", space, max, mss,
				    offered, shift);
}

static void window_test_offer_all(struct kunit *test)
{
	static const u32 mss[] = { 1, 2, 5, 16, 100 };
	u32 space, offered, max, i;

	for (max = 1; max <= 33; max += 8)
		for (space = 0; space <= max; space++)
			for (offered = 0; offered <= 40; offered++)
				for (i = 0; i < ARRAY_SIZE(mss); i++)
					window_test_offer_one(test, space, max, mss[i], offered);
}

/**
 * struct window_test_host - a receiver
 * @rcv_nxt: bytes that came
 * @copied: bytes that were read
 * @edge: right edge of the last window
 * @size: of the buffer
 * @mss: of the sender
 * @shift: of the window
 */
struct window_test_host {
	u64	rcv_nxt;
	u64	copied;
	u64	edge;
	u32	size;
	u32	mss;
	u8	shift;
};

static u32 window_test_space(const struct window_test_host *h)
{
	u64 held = h->rcv_nxt - h->copied;

	return held < h->size ? h->size - held : 0;
}

/* Sends a window and holds it against all that is promised of it. */
static void window_test_announce(struct kunit *test, struct window_test_host *h)
{
	u32 offered = h->edge - h->rcv_nxt, space = window_test_space(h);
	u32 window = xtcp_window_offer(space, h->size, h->mss, offered, h->shift);
	u64 edge = h->rcv_nxt + window;
	u32 least = min(h->mss, h->size / 2);

	KUNIT_ASSERT_EQ(test, window & ((1u << h->shift) - 1), 0);
	KUNIT_ASSERT_LE(test, window, 65535u << h->shift);
	KUNIT_ASSERT_GE_MSG(test, edge, h->edge, "the edge moved back");
	/* beyond what rounding adds, the edge moves by much, and into free space only */
	if (edge - h->edge >= 1u << h->shift) {
		KUNIT_ASSERT_GE(test, edge - h->edge, (u64)least);
		KUNIT_ASSERT_LE(test, window, space);
	}
	h->edge = edge;
}

/* Where all is read, the window is open but for what is too little to announce. */
static void window_test_drain(struct kunit *test, struct window_test_host *h)
{
	u32 open = min(h->size, 65535u << h->shift), slack;

	h->copied = h->rcv_nxt;
	window_test_announce(test, h);
	slack = min(h->mss, h->size / 2) + (1u << h->shift);
	KUNIT_ASSERT_GT(test, h->edge - h->rcv_nxt + slack, (u64)open);
}

static void window_test_run(struct kunit *test, struct rnd_state *rnd, u8 shift)
{
	struct window_test_host h = {
		.size = (prandom_u32_state(rnd) % 100000) + (4 << shift),
		.mss = prandom_u32_state(rnd) % 9000 + 1,
		.shift = shift,
	};
	int i;

	window_test_announce(test, &h);
	for (i = 0; i < 2000; i++) {
		u32 room = h.edge - h.rcv_nxt, held = h.rcv_nxt - h.copied;

		switch (prandom_u32_state(rnd) % 4) {
		case 0:
			h.rcv_nxt += min(room, h.mss);
			break;
		case 1:
			h.rcv_nxt += min(room, prandom_u32_state(rnd) % h.mss);
			break;
		case 2:
			h.copied += held ? prandom_u32_state(rnd) % held : 0;
			break;
		case 3:
			if (prandom_u32_state(rnd) % 8 == 0)
				window_test_drain(test, &h);
			break;
		}
		window_test_announce(test, &h);
	}
}

static void window_test_edge(struct kunit *test)
{
	struct rnd_state rnd;
	int round, shift;

	prandom_seed_state(&rnd, 9293);
	for (round = 0; round < 10; round++)
		for (shift = 0; shift <= 14; shift++)
			window_test_run(test, &rnd, shift);
}

/* 3.8.6.2.1, with the brackets of Nagle, as it is written there; but nothing is not sent. */
static bool window_test_send_expect(u32 d, u32 u, u32 mss, u32 max_wnd, bool pushed,
				    bool in_flight, bool nodelay)
{
	bool bracket = nodelay || !in_flight;
	u32 least = d < u ? d : u;

	if (least == 0)
		return false;
	return least >= mss ||
	       (bracket && pushed && d <= u) ||
	       (bracket && 2 * least >= max_wnd);
}

static void window_test_send_one(struct kunit *test, u32 d, u32 u, u32 mss, u32 max_wnd)
{
	u32 f;

	for (f = 0; f < 8; f++)
		KUNIT_ASSERT_EQ_MSG(test,
				    xtcp_window_send_ok(d, u, mss, max_wnd, f & 1, f & 2, f & 4),
				    window_test_send_expect(d, u, mss, max_wnd, f & 1, f & 2,
							    f & 4),
				    "D %u U %u mss %u max %u flags %u", d, u, mss, max_wnd, f);
}

static void window_test_send_all(struct kunit *test)
{
	u32 d, u, mss, max_wnd;

	for (d = 0; d <= 12; d++)
		for (u = 0; u <= 12; u++)
			for (mss = 1; mss <= 6; mss++)
				for (max_wnd = 0; max_wnd <= 14; max_wnd++)
					window_test_send_one(test, d, u, mss, max_wnd);
}

static void window_test_send_numbers(struct kunit *test)
{
	/* a keystroke into an idle connection goes at once, the next one waits for its ACK */
	KUNIT_EXPECT_TRUE(test, xtcp_window_send_ok(1, 65535, 1460, 65535, true, false, false));
	KUNIT_EXPECT_FALSE(test, xtcp_window_send_ok(1, 65535, 1460, 65535, true, true, false));
	KUNIT_EXPECT_TRUE(test, xtcp_window_send_ok(1, 65535, 1460, 65535, true, true, true));
	/* more is to come: wait for it, even with TCP_NODELAY */
	KUNIT_EXPECT_FALSE(test, xtcp_window_send_ok(1, 65535, 1460, 65535, false, false, true));
	/* a full segment never waits */
	KUNIT_EXPECT_TRUE(test, xtcp_window_send_ok(1460, 1460, 1460, 65535, false, true, false));
	KUNIT_EXPECT_FALSE(test, xtcp_window_send_ok(1459, 9999, 1460, 65535, false, true, false));
	/* a silly window is not filled */
	KUNIT_EXPECT_FALSE(test, xtcp_window_send_ok(5000, 700, 1460, 65535, true, false, true));
	/* unless the peer never had twice as much */
	KUNIT_EXPECT_TRUE(test, xtcp_window_send_ok(5000, 700, 1460, 1400, true, false, false));
	KUNIT_EXPECT_FALSE(test, xtcp_window_send_ok(5000, 700, 1460, 1401, true, false, false));
	/* huge numbers */
	KUNIT_EXPECT_TRUE(test, xtcp_window_send_ok(U32_MAX, U32_MAX, 1460, U32_MAX, false, true,
						    false));
	KUNIT_EXPECT_FALSE(test, xtcp_window_send_ok(U32_MAX, 1, 1460, U32_MAX, true, false,
						     true));
}

static struct kunit_case window_test_cases[] = {
	KUNIT_CASE(window_test_scale),
	KUNIT_CASE(window_test_offer_numbers),
	KUNIT_CASE(window_test_offer_all),
	KUNIT_CASE(window_test_edge),
	KUNIT_CASE(window_test_send_all),
	KUNIT_CASE(window_test_send_numbers),
	{}
};

static struct kunit_suite window_test_suite = {
	.name = "xtcp-window",
	.test_cases = window_test_cases,
};

kunit_test_suite(window_test_suite);

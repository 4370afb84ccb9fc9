// SPDX-License-Identifier: GPL-2.0
/*
 * The stopwatch: every microsecond is of one kind, and none is lost.
 */
#include <kunit/test.h>

#include "chrono.h"

static void chrono_test_all_time_counts(struct kunit *test)
{
	struct xtcp_chrono chrono = {};
	u64 now_us = 5000;

	xtcp_chrono_switch_at(&chrono, XTCP_BUSY, now_us);
	KUNIT_EXPECT_EQ(test, xtcp_chrono_spent_us(&chrono, XTCP_BUSY, now_us), 0);
	KUNIT_EXPECT_EQ(test, xtcp_chrono_spent_us(&chrono, XTCP_BUSY, now_us + 7), 7);
	KUNIT_EXPECT_EQ(test, xtcp_chrono_spent_us(&chrono, XTCP_BUSY_WINDOW, now_us + 7), 0);
	xtcp_chrono_switch_at(&chrono, XTCP_BUSY_WINDOW, now_us + 10);
	xtcp_chrono_switch_at(&chrono, XTCP_BUSY, now_us + 100);
	xtcp_chrono_switch_at(&chrono, XTCP_BUSY_BUFFER, now_us + 1000);
	xtcp_chrono_switch_at(&chrono, XTCP_BUSY_NOT, now_us + 10000);
	now_us += 1000000;
	KUNIT_EXPECT_EQ(test, xtcp_chrono_spent_us(&chrono, XTCP_BUSY, now_us), 10 + 900);
	KUNIT_EXPECT_EQ(test, xtcp_chrono_spent_us(&chrono, XTCP_BUSY_WINDOW, now_us), 90);
	KUNIT_EXPECT_EQ(test, xtcp_chrono_spent_us(&chrono, XTCP_BUSY_BUFFER, now_us), 9000);
}

/* What goes on is not begun anew, and a second time adds to the first. */
static void chrono_test_again(struct kunit *test)
{
	struct xtcp_chrono chrono = {};

	xtcp_chrono_switch_at(&chrono, XTCP_BUSY, 1);
	xtcp_chrono_switch_at(&chrono, XTCP_BUSY, 3);
	xtcp_chrono_switch_at(&chrono, XTCP_BUSY_NOT, 6);
	xtcp_chrono_switch_at(&chrono, XTCP_BUSY, 1ull << 40);
	KUNIT_EXPECT_EQ(test, xtcp_chrono_spent_us(&chrono, XTCP_BUSY, (1ull << 40) + 2), 5 + 2);
}

static struct kunit_case chrono_test_cases[] = {
	KUNIT_CASE(chrono_test_all_time_counts),
	KUNIT_CASE(chrono_test_again),
	{}
};

static struct kunit_suite chrono_test_suite = {
	.name = "xtcp-chrono",
	.test_cases = chrono_test_cases,
};

kunit_test_suite(chrono_test_suite);

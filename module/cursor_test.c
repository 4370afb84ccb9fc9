// SPDX-License-Identifier: GPL-2.0
/*
 * The cursor: what is there throughout is visited once, while the chain changes between any two
 * looks at it.
 */
#include <kunit/test.h>
#include <linux/bitmap.h>

#include "cursor.h"

#define OBJECTS		100

struct bed {
	char		objects[OBJECTS];	/* their addresses are all that counts */
	unsigned int	order[OBJECTS];		/* as they lie in the chain */
	DECLARE_BITMAP(there, OBJECTS);
	unsigned int	visits[OBJECTS];
};

static int init(struct kunit *test)
{
	struct bed *bed = kunit_kzalloc(test, sizeof(*bed), GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, bed);
	/* 37 has no factor in common with 100: each is there once, and in no order. */
	for (i = 0; i < OBJECTS; i++)
		bed->order[i] = i * 37 % OBJECTS;
	bitmap_fill(bed->there, OBJECTS);
	test->priv = bed;
	return 0;
}

static void look(struct bed *bed, struct xtcp_pick *pick, const struct xtcp_cursor *cursor)
{
	unsigned int i;

	xtcp_pick_begin(pick, cursor);
	for (i = 0; i < OBJECTS; i++) {
		if (test_bit(bed->order[i], bed->there))
			xtcp_pick_add(pick, &bed->objects[bed->order[i]]);
	}
}

/* The next @most objects; false at the end. Each is behind the one before. */
static bool visit(struct kunit *test, struct xtcp_cursor *cursor, unsigned int most)
{
	struct bed *bed = test->priv;
	unsigned long before = cursor->after;
	struct xtcp_pick pick;
	char *object;

	look(bed, &pick, cursor);
	while (most-- && (object = xtcp_pick_next(&pick, cursor))) {
		KUNIT_EXPECT_GT(test, (unsigned long)object, before);
		KUNIT_EXPECT_EQ(test, (unsigned long)object, cursor->after);
		before = cursor->after;
		bed->visits[object - bed->objects]++;
	}
	return pick.next < pick.count || !xtcp_pick_is_last(&pick);
}

static void cursor_test_all(struct kunit *test)
{
	struct bed *bed = test->priv;
	unsigned int i, most;

	for (most = 1; most <= XTCP_PICK_MAX + 1; most++) {
		struct xtcp_cursor cursor = {};

		while (visit(test, &cursor, most))
			;
		for (i = 0; i < OBJECTS; i++)
			KUNIT_EXPECT_EQ(test, bed->visits[i], most);
	}
}

static void cursor_test_none(struct kunit *test)
{
	struct xtcp_cursor cursor = {};
	struct bed *bed = test->priv;

	bitmap_zero(bed->there, OBJECTS);
	KUNIT_EXPECT_FALSE(test, visit(test, &cursor, XTCP_PICK_MAX));
	KUNIT_EXPECT_EQ(test, cursor.after, 0);
}

/* Exactly as many as are picked: the next look finds that there is no other. */
static void cursor_test_full(struct kunit *test)
{
	struct xtcp_cursor cursor = {};
	struct bed *bed = test->priv;

	bitmap_zero(bed->there, OBJECTS);
	bitmap_set(bed->there, 7, XTCP_PICK_MAX);
	KUNIT_EXPECT_TRUE(test, visit(test, &cursor, XTCP_PICK_MAX));
	KUNIT_EXPECT_FALSE(test, visit(test, &cursor, XTCP_PICK_MAX));
}

/* Every other object comes and goes; the rest is visited once all the same. */
static void cursor_test_churn(struct kunit *test)
{
	struct xtcp_cursor cursor = {};
	struct bed *bed = test->priv;
	unsigned int i, round = 0;

	do {
		round++;
		for (i = 0; i < OBJECTS; i += 2)
			__assign_bit(i, bed->there, (i / 2 + round) % 3);
	} while (visit(test, &cursor, 3));
	for (i = 1; i < OBJECTS; i += 2)
		KUNIT_EXPECT_EQ(test, bed->visits[i], 1);
	for (i = 0; i < OBJECTS; i += 2)
		KUNIT_EXPECT_LE(test, bed->visits[i], 1);
}

/* Who is carried back to a chain's head meets some again. */
static void cursor_test_again(struct kunit *test)
{
	struct xtcp_cursor cursor = {};
	struct bed *bed = test->priv;
	struct xtcp_pick pick;
	unsigned int i;

	look(bed, &pick, &cursor);
	for (i = 0; i < OBJECTS; i++)
		xtcp_pick_add(&pick, &bed->objects[i]);
	KUNIT_EXPECT_EQ(test, pick.count, XTCP_PICK_MAX);
	for (i = 0; i < XTCP_PICK_MAX; i++)
		KUNIT_EXPECT_PTR_EQ(test, pick.objects[i], (void *)&bed->objects[i]);
}

static void cursor_test_advance(struct kunit *test)
{
	struct xtcp_cursor cursor = { .bucket = 7, .after = 1000 };

	xtcp_cursor_advance(&cursor);
	KUNIT_EXPECT_EQ(test, cursor.bucket, 8);
	KUNIT_EXPECT_EQ(test, cursor.after, 0);
}

static struct kunit_case cursor_test_cases[] = {
	KUNIT_CASE(cursor_test_all),
	KUNIT_CASE(cursor_test_none),
	KUNIT_CASE(cursor_test_full),
	KUNIT_CASE(cursor_test_churn),
	KUNIT_CASE(cursor_test_again),
	KUNIT_CASE(cursor_test_advance),
	{}
};

static struct kunit_suite cursor_test_suite = {
	.name = "xtcp-cursor",
	.init = init,
	.test_cases = cursor_test_cases,
};

kunit_test_suite(cursor_test_suite);

// SPDX-License-Identifier: GPL-2.0
/* Options: truncated, lying, repeated, random; and what is built is what is parsed. */
#include <kunit/test.h>
#include <linux/kernel.h>
#include <linux/prandom.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "opt.h"
#include "wire.h"

#define OPT_TEST_RANDOM		300000

/* As strings, which can be joined: kind, length, value. */
#define OPT_TEST_NOP		"\1"
#define OPT_TEST_MSS_1460	"\2\4\x05\xb4"
#define OPT_TEST_MSS_LEN	4
#define OPT_TEST_MSS_1000	"\2\4\x03\xe8"
#define OPT_TEST_WSCALE_2	"\3\3\2"
#define OPT_TEST_WSCALE_7	"\3\3\7"
#define OPT_TEST_SACK_PERM	"\4\2"
#define OPT_TEST_TS		"\x08\x0a\1\2\3\4\5\6\7\x08"
#define OPT_TEST_TS_LEN		10
#define OPT_TEST_SACK_1		"\5\x0a\0\0\0\1\0\0\0\2"

/* The longest list that a test parses. */
#define OPT_TEST_LONGEST	(2 * XTCP_OPT_MAX)

static int opt_test_init(struct kunit *test)
{
	test->priv = kunit_kcalloc(test, OPT_TEST_LONGEST + 1, sizeof(u8 *), GFP_KERNEL);
	return test->priv ? 0 : -ENOMEM;
}

/* Kept for the next list as long as this: an allocation takes a debug kernel longer than a list. */
static u8 *opt_test_room(struct kunit *test, unsigned int len)
{
	u8 **rooms = test->priv;

	KUNIT_ASSERT_LE(test, len, OPT_TEST_LONGEST);
	if (!rooms[len])
		rooms[len] = kunit_kmalloc(test, len, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, rooms[len]);
	return rooms[len];
}

/*
 * Parses a copy that lies at the very end of an allocation, so that KASAN sees the first byte that
 * is read beyond it.
 */
static enum xtcp_opt_verdict opt_test_parse(struct kunit *test, const void *bytes,
					    unsigned int len, bool syn, struct xtcp_opts *opts)
{
	u8 *copy = opt_test_room(test, len);

	memcpy(copy, bytes, len);
	memset(opts, 0xa5, sizeof(*opts));
	return xtcp_opt_parse(copy, len, syn, opts);
}

#define opt_test_parse_string(test, string, syn, opts) \
	opt_test_parse(test, string, sizeof(string) - 1, syn, opts)

/* The SYN of a Linux host. */
static void opt_test_linux_syn(struct kunit *test)
{
	static const char bytes[] = OPT_TEST_MSS_1460 OPT_TEST_SACK_PERM OPT_TEST_TS
				    OPT_TEST_NOP OPT_TEST_WSCALE_7;
	u8 built[XTCP_OPT_MAX];
	struct xtcp_opts opts;

	KUNIT_EXPECT_EQ(test, opt_test_parse_string(test, bytes, true, &opts), XTCP_OPT_OK);
	KUNIT_EXPECT_EQ(test, opts.seen, XTCP_OPT_MSS | XTCP_OPT_SACK_PERM | XTCP_OPT_TS |
					 XTCP_OPT_WSCALE);
	KUNIT_EXPECT_EQ(test, opts.mss, 1460);
	KUNIT_EXPECT_EQ(test, opts.wscale, 7);
	KUNIT_EXPECT_EQ(test, opts.tsval, 0x01020304);
	KUNIT_EXPECT_EQ(test, opts.tsecr, 0x05060708);
	KUNIT_EXPECT_EQ(test, opts.sacks, 0);

	KUNIT_EXPECT_EQ(test, xtcp_opt_build(built, &opts), sizeof(bytes) - 1);
	KUNIT_EXPECT_EQ(test, memcmp(built, bytes, sizeof(bytes) - 1), 0);
}

/* It has a shortcut, which a NOP in front bars: both ways say the same, whatever comes. */
static void opt_test_shortcut(struct kunit *test)
{
	static const char usual[] = OPT_TEST_NOP OPT_TEST_MSS_1460 OPT_TEST_SACK_PERM OPT_TEST_TS
				    OPT_TEST_NOP OPT_TEST_WSCALE_7;
	struct xtcp_opts quick, slow;
	u8 bytes[sizeof(usual) - 1];
	unsigned int i, value;

	for (i = 1; i < sizeof(bytes); i++) {
		for (value = 0; value <= U8_MAX; value++) {
			memcpy(bytes, usual, sizeof(bytes));
			bytes[i] = value;
			KUNIT_ASSERT_EQ(test,
					opt_test_parse(test, bytes + 1, sizeof(bytes) - 1, true,
						       &quick),
					opt_test_parse(test, bytes, sizeof(bytes), true, &slow));
			KUNIT_ASSERT_EQ_MSG(test, memcmp(&quick, &slow, sizeof(quick)), 0,
					    "byte %u is %u", i, value);
		}
	}
}

/* The other layouts, to the byte. */
static void opt_test_layouts(struct kunit *test)
{
	static const struct {
		u8		seen;
		u8		len;
		const char	*bytes;
	} layouts[] = {
		{ 0, 0, "" },
		{ XTCP_OPT_MSS, 4, OPT_TEST_MSS_1460 },
		{ XTCP_OPT_WSCALE, 4, OPT_TEST_NOP OPT_TEST_WSCALE_7 },
		{ XTCP_OPT_SACK_PERM, 4, OPT_TEST_NOP OPT_TEST_NOP OPT_TEST_SACK_PERM },
		{ XTCP_OPT_TS, 12, OPT_TEST_NOP OPT_TEST_NOP OPT_TEST_TS },
		{ XTCP_OPT_SACK, 12, OPT_TEST_NOP OPT_TEST_NOP OPT_TEST_SACK_1 },
		{ XTCP_OPT_TS | XTCP_OPT_SACK_PERM, 12, OPT_TEST_SACK_PERM OPT_TEST_TS },
		{ XTCP_OPT_TS | XTCP_OPT_MSS, 16,
		  OPT_TEST_MSS_1460 OPT_TEST_NOP OPT_TEST_NOP OPT_TEST_TS },
		{ XTCP_OPT_MSS | XTCP_OPT_WSCALE, 8,
		  OPT_TEST_MSS_1460 OPT_TEST_NOP OPT_TEST_WSCALE_7 },
		{ XTCP_OPT_TS | XTCP_OPT_SACK, 24, OPT_TEST_NOP OPT_TEST_NOP OPT_TEST_TS
						   OPT_TEST_NOP OPT_TEST_NOP OPT_TEST_SACK_1 },
	};
	struct xtcp_opts opts = {
		.mss = 1460, .wscale = 7, .tsval = 0x01020304, .tsecr = 0x05060708,
		.sacks = 1, .sack = { { 1, 2 } },
	};
	u8 built[XTCP_OPT_MAX];
	int i;

	for (i = 0; i < ARRAY_SIZE(layouts); i++) {
		opts.seen = layouts[i].seen;
		KUNIT_EXPECT_EQ_MSG(test, xtcp_opt_build(built, &opts), layouts[i].len, "%d", i);
		KUNIT_EXPECT_EQ_MSG(test, memcmp(built, layouts[i].bytes, layouts[i].len), 0,
				    "%d", i);
	}
}

/* One option, cut after each of its bytes, alone and behind one that is whole. */
static void opt_test_cut(struct kunit *test, const void *option, u8 len, u8 bit, bool syn)
{
	u8 bytes[OPT_TEST_TS_LEN + XTCP_OPT_MAX];
	u8 kind = *(const u8 *)option, cut;
	struct xtcp_opts opts;

	memcpy(bytes, OPT_TEST_TS, OPT_TEST_TS_LEN);
	memcpy(bytes + OPT_TEST_TS_LEN, option, len);
	for (cut = 1; cut < len; cut++) {
		KUNIT_EXPECT_EQ_MSG(test, opt_test_parse(test, option, cut, syn, &opts),
				    XTCP_OPT_MALFORMED, "kind %u, %u of %u", kind, cut, len);
		KUNIT_EXPECT_EQ(test, opts.seen, 0);
		KUNIT_EXPECT_EQ_MSG(test, opt_test_parse(test, bytes, OPT_TEST_TS_LEN + cut,
							 syn, &opts),
				    XTCP_OPT_MALFORMED, "kind %u, %u of %u", kind, cut, len);
		KUNIT_EXPECT_EQ(test, opts.seen, XTCP_OPT_TS);
		KUNIT_EXPECT_EQ(test, opts.tsval, 0x01020304);
	}
	KUNIT_EXPECT_EQ(test, opt_test_parse(test, option, len, syn, &opts), XTCP_OPT_OK);
	KUNIT_EXPECT_EQ_MSG(test, opts.seen, bit, "kind %u", kind);
}

static void opt_test_truncated(struct kunit *test)
{
	u8 sack[34] = { 5 };
	u8 blocks;

	opt_test_cut(test, OPT_TEST_MSS_1460, 4, XTCP_OPT_MSS, true);
	opt_test_cut(test, OPT_TEST_WSCALE_7, 3, XTCP_OPT_WSCALE, true);
	opt_test_cut(test, OPT_TEST_SACK_PERM, 2, XTCP_OPT_SACK_PERM, true);
	opt_test_cut(test, OPT_TEST_TS, 10, XTCP_OPT_TS, true);
	opt_test_cut(test, OPT_TEST_TS, 10, XTCP_OPT_TS, false);
	opt_test_cut(test, "\xfd\x06\1\2\3\4", 6, 0, true);
	opt_test_cut(test, "\x22\x02", 2, XTCP_OPT_FASTOPEN, true);
	opt_test_cut(test, "\x22\x0a\1\2\3\4\5\6\7\x08", 10, XTCP_OPT_FASTOPEN, true);
	for (blocks = 1; blocks <= XTCP_SACK_BLOCKS; blocks++) {
		sack[1] = 2 + 8 * blocks;
		opt_test_cut(test, sack, sack[1], XTCP_OPT_SACK, false);
	}
}

/* Whether the length is one that the kind has. */
static bool opt_test_own_length(u8 kind, u8 len, bool syn, u8 *bit)
{
	switch (kind) {
	case 2:
		*bit = XTCP_OPT_MSS;
		return syn && len == 4;
	case 3:
		*bit = XTCP_OPT_WSCALE;
		return syn && len == 3;
	case 4:
		*bit = XTCP_OPT_SACK_PERM;
		return syn && len == 2;
	case 5:
		*bit = XTCP_OPT_SACK;
		return !syn && (len == 10 || len == 18 || len == 26 || len == 34);
	case 8:
		*bit = XTCP_OPT_TS;
		return len == 10;
	case 34:
		*bit = XTCP_OPT_FASTOPEN;
		return syn && (len == 2 || (len >= 6 && len <= 18 && len % 2 == 0));
	}
	return false;
}

/* Every kind with every length, at the head of a list of NOPs. */
static void opt_test_lengths(struct kunit *test, u8 *bytes, unsigned int total, bool syn)
{
	struct xtcp_opts opts;
	int kind, len;
	u8 bit;

	memset(bytes, 1, total);
	for (kind = 2; kind <= U8_MAX; kind++) {
		for (len = 0; len <= U8_MAX; len++) {
			bool fits = len >= 2 && len <= total;

			bytes[0] = kind;
			bytes[1] = len;
			KUNIT_ASSERT_EQ_MSG(test, opt_test_parse(test, bytes, total, syn, &opts),
					    fits ? XTCP_OPT_OK : XTCP_OPT_MALFORMED,
					    "kind %d, length %d", kind, len);
			if (!opt_test_own_length(kind, len, syn, &bit))
				bit = 0;
			KUNIT_ASSERT_EQ_MSG(test, opts.seen, bit, "kind %d, length %d", kind, len);
		}
	}
}

static void opt_test_lying_lengths(struct kunit *test)
{
	u8 bytes[OPT_TEST_LONGEST];
	int syn;

	for (syn = 0; syn <= 1; syn++) {
		opt_test_lengths(test, bytes, XTCP_OPT_MAX, syn);
		/* longer than any header: the parser's bounds are its own */
		opt_test_lengths(test, bytes, sizeof(bytes), syn);
	}
}

static void opt_test_duplicates(struct kunit *test)
{
	static const char twice[] = OPT_TEST_MSS_1000 OPT_TEST_WSCALE_2 OPT_TEST_MSS_1460
				    OPT_TEST_WSCALE_7 "\x08\x0a\0\0\0\0\0\0\0\0" OPT_TEST_TS;
	/* of lengths that are not theirs, and an MSS of 0 */
	static const char then_wrong[] = OPT_TEST_MSS_1460 OPT_TEST_WSCALE_7
					 "\2\3\1\3\4\1\1\2\4\0\0";
	static const char sacks[] = "\5\x12\0\0\0\3\0\0\0\4\0\0\0\5\0\0\0\6" OPT_TEST_SACK_1;
	struct xtcp_opts opts;

	KUNIT_EXPECT_EQ(test, opt_test_parse_string(test, twice, true, &opts), XTCP_OPT_OK);
	KUNIT_EXPECT_EQ(test, opts.seen, XTCP_OPT_MSS | XTCP_OPT_WSCALE | XTCP_OPT_TS);
	KUNIT_EXPECT_EQ(test, opts.mss, 1460);
	KUNIT_EXPECT_EQ(test, opts.wscale, 7);
	KUNIT_EXPECT_EQ(test, opts.tsval, 0x01020304);

	KUNIT_EXPECT_EQ(test, opt_test_parse_string(test, then_wrong, true, &opts), XTCP_OPT_OK);
	KUNIT_EXPECT_EQ(test, opts.mss, 1460);
	KUNIT_EXPECT_EQ(test, opts.wscale, 7);

	KUNIT_EXPECT_EQ(test, opt_test_parse_string(test, sacks, false, &opts), XTCP_OPT_OK);
	KUNIT_EXPECT_EQ(test, opts.sacks, 1);
	KUNIT_EXPECT_EQ(test, opts.sack[0].start, 1);
	KUNIT_EXPECT_EQ(test, opts.sack[0].end, 2);
}

/* NOPs anywhere; behind an EOL nothing is looked at. */
static void opt_test_padding(struct kunit *test)
{
	u8 bytes[XTCP_OPT_MAX];
	struct xtcp_opts opts;
	int nops;

	for (nops = 0; nops <= sizeof(bytes) - OPT_TEST_MSS_LEN; nops++) {
		memset(bytes, 1, sizeof(bytes));
		memcpy(bytes + nops, OPT_TEST_MSS_1460, OPT_TEST_MSS_LEN);
		KUNIT_EXPECT_EQ(test, opt_test_parse(test, bytes, sizeof(bytes), true, &opts),
				XTCP_OPT_OK);
		KUNIT_EXPECT_EQ_MSG(test, opts.seen, XTCP_OPT_MSS, "%d NOPs", nops);
		KUNIT_EXPECT_EQ(test, opts.mss, 1460);

		/* the rest would lie, if it were read */
		memset(bytes + nops + OPT_TEST_MSS_LEN, 0xff,
		       sizeof(bytes) - nops - OPT_TEST_MSS_LEN);
		if (nops + OPT_TEST_MSS_LEN < sizeof(bytes))
			bytes[nops + OPT_TEST_MSS_LEN] = 0;
		KUNIT_EXPECT_EQ(test, opt_test_parse(test, bytes, sizeof(bytes), true, &opts),
				XTCP_OPT_OK);
		KUNIT_EXPECT_EQ_MSG(test, opts.seen, XTCP_OPT_MSS, "%d NOPs", nops);

		/* and what is good is not either */
		if (nops) {
			bytes[nops - 1] = 0;
			KUNIT_EXPECT_EQ(test, opt_test_parse(test, bytes, sizeof(bytes), true,
							     &opts), XTCP_OPT_OK);
			KUNIT_EXPECT_EQ_MSG(test, opts.seen, 0, "%d NOPs", nops);
		}
	}
	KUNIT_EXPECT_EQ(test, opt_test_parse(test, bytes, 0, true, &opts), XTCP_OPT_OK);
	KUNIT_EXPECT_EQ(test, opts.seen, 0);
}

/* What stands behind a kind that nobody knows is found, whatever its length. */
static void opt_test_unknown_kinds(struct kunit *test)
{
	u8 bytes[XTCP_OPT_MAX];
	struct xtcp_opts opts;
	int kind, len;

	for (kind = 6; kind <= U8_MAX; kind++) {
		if (kind == 8 || kind == 34)
			continue;
		for (len = 2; len <= sizeof(bytes) - OPT_TEST_TS_LEN; len++) {
			memset(bytes, 0xff, sizeof(bytes));
			bytes[0] = kind;
			bytes[1] = len;
			memcpy(bytes + len, OPT_TEST_TS, OPT_TEST_TS_LEN);
			KUNIT_ASSERT_EQ(test, opt_test_parse(test, bytes, len + OPT_TEST_TS_LEN,
							     true, &opts), XTCP_OPT_OK);
			KUNIT_ASSERT_EQ_MSG(test, opts.seen, XTCP_OPT_TS, "kind %d, length %d",
					    kind, len);
			KUNIT_ASSERT_EQ(test, opts.tsecr, 0x05060708);
		}
	}
}

/* SYN options count on a SYN, SACK where there is none; timestamps on both. */
static void opt_test_syn_or_not(struct kunit *test)
{
	static const char bytes[] = OPT_TEST_MSS_1460 OPT_TEST_WSCALE_7 OPT_TEST_SACK_PERM
				    OPT_TEST_TS OPT_TEST_SACK_1;
	struct xtcp_opts opts;

	KUNIT_EXPECT_EQ(test, opt_test_parse_string(test, bytes, true, &opts), XTCP_OPT_OK);
	KUNIT_EXPECT_EQ(test, opts.seen, XTCP_OPT_MSS | XTCP_OPT_WSCALE | XTCP_OPT_SACK_PERM |
					 XTCP_OPT_TS);
	KUNIT_EXPECT_EQ(test, opts.sacks, 0);

	KUNIT_EXPECT_EQ(test, opt_test_parse_string(test, bytes, false, &opts), XTCP_OPT_OK);
	KUNIT_EXPECT_EQ(test, opts.seen, XTCP_OPT_TS | XTCP_OPT_SACK);
	KUNIT_EXPECT_EQ(test, opts.mss, 0);
	KUNIT_EXPECT_EQ(test, opts.wscale, 0);
}

static void opt_test_values(struct kunit *test)
{
	u8 wscale[] = { 3, 3, 0 }, mss[] = { 2, 4, 0, 0 };
	struct xtcp_opts opts;
	int value;

	for (value = 0; value <= U8_MAX; value++) {
		wscale[2] = value;
		opt_test_parse(test, wscale, sizeof(wscale), true, &opts);
		KUNIT_EXPECT_EQ(test, opts.seen, XTCP_OPT_WSCALE);
		KUNIT_EXPECT_EQ(test, opts.wscale, value > 14 ? 14 : value);
	}
	for (value = 0; value <= U16_MAX; value++) {
		mss[2] = value >> 8;
		mss[3] = value;
		opt_test_parse(test, mss, sizeof(mss), true, &opts);
		KUNIT_ASSERT_EQ(test, opts.mss, value);
		KUNIT_ASSERT_EQ(test, opts.seen, value ? XTCP_OPT_MSS : 0);
	}
}

static void opt_test_expect_equal(struct kunit *test, const struct xtcp_opts *got,
				  const struct xtcp_opts *want)
{
	int i;

	KUNIT_ASSERT_EQ(test, got->seen, want->seen);
	KUNIT_ASSERT_EQ(test, got->mss, want->mss);
	KUNIT_ASSERT_EQ(test, got->wscale, want->wscale);
	KUNIT_ASSERT_EQ(test, got->tsval, want->tsval);
	KUNIT_ASSERT_EQ(test, got->tsecr, want->tsecr);
	KUNIT_ASSERT_EQ(test, got->sacks, want->sacks);
	for (i = 0; i < want->sacks; i++) {
		KUNIT_ASSERT_EQ(test, got->sack[i].start, want->sack[i].start);
		KUNIT_ASSERT_EQ(test, got->sack[i].end, want->sack[i].end);
	}
	KUNIT_ASSERT_EQ(test, got->fastopen.len, want->fastopen.len);
	KUNIT_ASSERT_EQ(test, memcmp(got->fastopen.bytes, want->fastopen.bytes,
				     want->fastopen.len), 0);
}

/* Of what was asked to be built, what a parser may find. */
static void opt_test_keep(struct xtcp_opts *opts, bool syn)
{
	u8 fixed = 0, sacks = opts->sacks, fit;

	if (opts->seen & XTCP_OPT_MSS)
		fixed += 4;
	if (opts->seen & XTCP_OPT_WSCALE)
		fixed += 4;
	if (opts->seen & XTCP_OPT_TS)
		fixed += 12;
	else if (opts->seen & XTCP_OPT_SACK_PERM)
		fixed += 4;
	if (opts->seen & XTCP_OPT_FASTOPEN)
		fixed += round_up(2 + opts->fastopen.len, 4);
	fit = fixed + 4 < XTCP_OPT_MAX ? (XTCP_OPT_MAX - fixed - 4) / 8 : 0;
	if (sacks > fit)
		sacks = fit;
	if (syn)
		opts->seen &= ~XTCP_OPT_SACK;
	else
		opts->seen &= XTCP_OPT_TS | XTCP_OPT_SACK;
	if (!sacks)
		opts->seen &= ~XTCP_OPT_SACK;
	opts->sacks = opts->seen & XTCP_OPT_SACK ? sacks : 0;
	if (!(opts->seen & XTCP_OPT_FASTOPEN))
		opts->fastopen.len = 0;
	if (!(opts->seen & XTCP_OPT_MSS))
		opts->mss = 0;
	if (!(opts->seen & XTCP_OPT_WSCALE))
		opts->wscale = 0;
	if (!(opts->seen & XTCP_OPT_TS)) {
		opts->tsval = 0;
		opts->tsecr = 0;
	}
}

static void opt_test_round_trip_one(struct kunit *test, const struct xtcp_opts *opts)
{
	unsigned int len = xtcp_opt_len(opts);
	struct xtcp_opts want, got;
	int syn;
	u8 *p;

	KUNIT_ASSERT_LE(test, len, XTCP_OPT_MAX);
	KUNIT_ASSERT_EQ(test, len % 4, 0);
	p = kmalloc(len, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, p);
	KUNIT_ASSERT_EQ(test, xtcp_opt_build(p, opts), len);
	for (syn = 0; syn <= 1; syn++) {
		KUNIT_ASSERT_EQ(test, xtcp_opt_parse(p, len, syn, &got), XTCP_OPT_OK);
		want = *opts;
		opt_test_keep(&want, syn);
		opt_test_expect_equal(test, &got, &want);
	}
	kfree(p);
}

/* Every set of options with every number of blocks, and too many of them. */
static void opt_test_round_trip(struct kunit *test)
{
	struct xtcp_opts opts;
	struct rnd_state rnd;
	int round, seen, sacks;

	prandom_seed_state(&rnd, 7323);
	for (round = 0; round < 50; round++) {
		for (seen = 0; seen < 64; seen++) {
			for (sacks = 0; sacks <= XTCP_SACK_BLOCKS; sacks++) {
				prandom_bytes_state(&rnd, &opts, sizeof(opts));
				opts.seen = seen;
				opts.sacks = sacks;
				opts.wscale %= 15;
				opts.mss |= 1;
				opts.fastopen.len %= 8;
				opts.fastopen.len *= 2;
				if (opts.fastopen.len)
					opts.fastopen.len += 2;
				opt_test_round_trip_one(test, &opts);
			}
		}
	}
}

/* A parser of another make: cuts into options first, then asks for the last of each kind. */
static enum xtcp_opt_verdict opt_test_reference(const u8 *b, int len, bool syn,
						struct xtcp_opts *opts)
{
	enum xtcp_opt_verdict verdict = XTCP_OPT_OK;
	int last[256], at, i;
	u8 bit;

	memset(last, 0xff, sizeof(last));
	memset(opts, 0, sizeof(*opts));
	for (at = 0; at < len && b[at] != 0; at += b[at] == 1 ? 1 : b[at + 1]) {
		if (b[at] == 1)
			continue;
		if (at + 1 == len || b[at + 1] < 2 || at + b[at + 1] > len) {
			verdict = XTCP_OPT_MALFORMED;
			break;
		}
		if (opt_test_own_length(b[at], b[at + 1], syn, &bit) &&
		    !(b[at] == 2 && !b[at + 2] && !b[at + 3])) {
			opts->seen |= bit;
			last[b[at]] = at;
		}
	}
	if (last[2] >= 0)
		opts->mss = b[last[2] + 2] * 256 + b[last[2] + 3];
	if (last[3] >= 0)
		opts->wscale = b[last[3] + 2] > 14 ? 14 : b[last[3] + 2];
	if (last[8] >= 0) {
		for (i = 2; i < 6; i++) {
			opts->tsval = opts->tsval << 8 | b[last[8] + i];
			opts->tsecr = opts->tsecr << 8 | b[last[8] + 4 + i];
		}
	}
	if (last[34] >= 0) {
		opts->fastopen.len = b[last[34] + 1] - 2;
		memcpy(opts->fastopen.bytes, b + last[34] + 2, opts->fastopen.len);
	}
	if (last[5] >= 0) {
		opts->sacks = b[last[5] + 1] / 8;
		for (i = 0; i < 4 * opts->sacks; i++) {
			at = last[5] + 2 + i / 4 * 8 + i % 4;
			opts->sack[i / 4].start = opts->sack[i / 4].start << 8 | b[at];
			opts->sack[i / 4].end = opts->sack[i / 4].end << 8 | b[at + 4];
		}
	}
	return verdict;
}

/* Random bytes would seldom get past their first length; so kinds and lengths are often true. */
static unsigned int opt_test_draw(struct rnd_state *rnd, u8 *bytes)
{
	static const u8 lens[] = { 1, 1, 4, 3, 2, 10, 6, 6, 10 };
	unsigned int len = prandom_u32_state(rnd) % (XTCP_OPT_MAX + 1), at = 0;
	u32 dice;

	prandom_bytes_state(rnd, bytes, len);
	while (at < len) {
		dice = prandom_u32_state(rnd);
		bytes[at] = dice % 16 < 15 ? 1 + dice / 16 % 8 : bytes[at];
		if (bytes[at] == 7)
			bytes[at] = 34;
		if (bytes[at] == 34 && at + 1 < len && dice >> 28) {
			bytes[at + 1] = dice >> 24 & 15 ? 4 + (dice >> 24) % 8 * 2 : 2;
			at += bytes[at + 1];
			continue;
		}
		if (bytes[at] == 1 || bytes[at] >= ARRAY_SIZE(lens) || at + 1 == len) {
			at++;
			continue;
		}
		dice >>= 16;
		if (dice % 16)
			bytes[at + 1] = lens[bytes[at]] + (bytes[at] == 5 ? dice / 16 % 5 * 8 : 0);
		at += max_t(u8, bytes[at + 1], 1);
	}
	return len;
}

static void opt_test_random(struct kunit *test)
{
	enum xtcp_opt_verdict verdict;
	struct xtcp_opts got, want;
	u8 bytes[XTCP_OPT_MAX];
	struct rnd_state rnd;
	unsigned int len, i;
	int seen = 0, bad = 0;

	prandom_seed_state(&rnd, 9293);
	for (i = 0; i < OPT_TEST_RANDOM; i++) {
		bool syn = i & 1;

		len = opt_test_draw(&rnd, bytes);
		verdict = opt_test_parse(test, bytes, len, syn, &got);
		KUNIT_ASSERT_EQ_MSG(test, verdict, opt_test_reference(bytes, len, syn, &want),
				    "%*ph", len, bytes);
		opt_test_expect_equal(test, &got, &want);
		seen += hweight8(got.seen);
		bad += verdict == XTCP_OPT_MALFORMED;
	}
	/* the draw is worth something: both kinds of lists, and many options in them */
	KUNIT_EXPECT_GT(test, seen, OPT_TEST_RANDOM / 2);
	KUNIT_EXPECT_GT(test, bad, OPT_TEST_RANDOM / 10);
	KUNIT_EXPECT_LT(test, bad, OPT_TEST_RANDOM * 9 / 10);
}

static struct kunit_case opt_test_cases[] = {
	KUNIT_CASE(opt_test_linux_syn),
	KUNIT_CASE(opt_test_shortcut),
	KUNIT_CASE(opt_test_layouts),
	KUNIT_CASE(opt_test_truncated),
	KUNIT_CASE(opt_test_lying_lengths),
	KUNIT_CASE(opt_test_duplicates),
	KUNIT_CASE(opt_test_padding),
	KUNIT_CASE(opt_test_unknown_kinds),
	KUNIT_CASE(opt_test_syn_or_not),
	KUNIT_CASE(opt_test_values),
	KUNIT_CASE(opt_test_round_trip),
	KUNIT_CASE(opt_test_random),
	{}
};

static struct kunit_suite opt_test_suite = {
	.name = "xtcp-opt",
	.init = opt_test_init,
	.test_cases = opt_test_cases,
};

kunit_test_suite(opt_test_suite);

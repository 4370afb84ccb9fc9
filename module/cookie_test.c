// SPDX-License-Identifier: GPL-2.0
/* SYN cookies: what comes back, what is refused, for how long, and at what odds. */
#include <kunit/test.h>
#include <linux/bitops.h>
#include <linux/kernel.h>
#include <linux/prandom.h>
#include <linux/sched.h>

#include "cookie.h"
#include "wire.h"

#define COOKIE_TEST_NOW		1000u
#define COOKIE_TEST_SAMPLES	16384

/*
 * Guesses, each right at odds of 2^-24. Of 10 million, 0.6 are expected, and more than 9 with a
 * probability of 9e-10 (Poisson); of 1 million 0.06, and more than 5 with one of 6e-11.
 */
#define COOKIE_TEST_GUESSES	(IS_ENABLED(CONFIG_KASAN) ? 1000000 : 10000000)
#define COOKIE_TEST_HITS_MAX	(IS_ENABLED(CONFIG_KASAN) ? 5 : 9)

/* What there is to come back, written down a second time. */
static const u16 cookie_test_mss[] = { 48, 536, 1220, 1300, 1360, 1400, 1440, 1460 };
static const u16 cookie_test_mss_ts[] = {
	48, 128, 256, 468, 536, 768, 966, 1100, 1220, 1240, 1260, 1280, 1300, 1320, 1340, 1350,
	1360, 1370, 1380, 1390, 1400, 1410, 1420, 1432, 1440, 1448, 1452, 1456, 1460, 8856, 8940,
	8960,
};

static const u16 cookie_test_wscale[] = { 0, 2, 5, 6, 7, 8, 10 };

static const siphash_key_t cookie_test_key[] = {
	{ { 0x0706050403020100, 0x0f0e0d0c0b0a0908 } },
	{ { 0x1716151413121110, 0x1f1e1d1c1b1a1918 } },
	{ { 0x2726252423222120, 0x2f2e2d2c2b2a2928 } },
};

static const struct xtcp_cookie cookie_test_cookie = {
	.mss = 1460, .wscale = 7, .wscale_ok = true, .sack_ok = true,
};

static struct xtcp_tuple cookie_test_tuple(u16 rport)
{
	struct xtcp_tuple tuple = {
		.laddr = { .in6_u.u6_addr8 = { [10] = 0xff, 0xff, 10, 0, 0, 1 } },
		.raddr = { .in6_u.u6_addr8 = { [10] = 0xff, 0xff, 10, 0, 0, 2 } },
		.lport = cpu_to_be16(80),
		.rport = cpu_to_be16(rport),
	};

	return tuple;
}

/* Two secrets, the first a life older than the second. */
static struct xtcp_cookie_secrets cookie_test_secrets(u32 now_s)
{
	struct xtcp_cookie_secrets secrets = {};

	xtcp_cookie_rotate(&secrets, &cookie_test_key[0], now_s - XTCP_COOKIE_LIFE_S);
	xtcp_cookie_rotate(&secrets, &cookie_test_key[1], now_s);
	return secrets;
}

static u16 cookie_test_floor(const u16 *values, int n, u16 value)
{
	while (n > 1 && values[n - 1] > value)
		n--;
	return values[n - 1];
}

/* There and back, to exactly what it should be. */
static void cookie_test_trip(struct kunit *test, const struct xtcp_cookie_secrets *secrets,
			     const struct xtcp_cookie *cookie, bool ts, u32 clock)
{
	struct xtcp_tuple tuple = cookie_test_tuple(40000);
	struct xtcp_cookie back = { .mss = 0xdead, .wscale = 0xef };
	u32 tsval = clock, wscale = cookie->wscale, mss;
	u32 isn = xtcp_cookie_make(secrets, &tuple, 77, cookie, ts ? &tsval : NULL);
	const u32 *tsecr = ts ? &tsval : NULL;

	if (ts) {
		mss = cookie_test_floor(cookie_test_mss_ts, ARRAY_SIZE(cookie_test_mss_ts),
					cookie->mss);
	} else {
		mss = cookie_test_floor(cookie_test_mss, ARRAY_SIZE(cookie_test_mss), cookie->mss);
		wscale = cookie_test_floor(cookie_test_wscale, ARRAY_SIZE(cookie_test_wscale),
					   cookie->wscale);
	}
	KUNIT_ASSERT_TRUE(test, xtcp_cookie_check(secrets, &tuple, 77, isn, tsecr,
						  COOKIE_TEST_NOW, &back));
	KUNIT_ASSERT_EQ(test, back.mss, mss);
	KUNIT_ASSERT_EQ(test, back.wscale_ok, cookie->wscale_ok);
	KUNIT_ASSERT_EQ(test, back.wscale, cookie->wscale_ok ? wscale : 0);
	KUNIT_ASSERT_EQ(test, back.sack_ok, cookie->sack_ok);
	KUNIT_ASSERT_EQ(test, back.ecn_ok, ts && cookie->ecn_ok);
}

/* Every MSS comes back as the class below it, never as more than was said. */
static void cookie_test_every_mss(struct kunit *test)
{
	struct xtcp_cookie_secrets secrets = cookie_test_secrets(COOKIE_TEST_NOW);
	struct xtcp_cookie cookie = cookie_test_cookie;
	u32 mss;

	for (mss = 0; mss <= U16_MAX; mss++) {
		cookie.mss = mss;
		cookie_test_trip(test, &secrets, &cookie, false, 0);
		cookie_test_trip(test, &secrets, &cookie, true, mss * 77);
		if (mss % 4096 == 0)
			cond_resched();
	}
}

static void cookie_test_every_option(struct kunit *test)
{
	struct xtcp_cookie_secrets secrets[2] = {};
	struct xtcp_cookie cookie;
	u32 i, bits, mss;

	secrets[0] = cookie_test_secrets(COOKIE_TEST_NOW);
	xtcp_cookie_rotate(&secrets[1], &cookie_test_key[2], COOKIE_TEST_NOW);
	secrets[1].current_key ^= 1;
	secrets[1].made_s[0] = COOKIE_TEST_NOW;
	for (i = 0; i < ARRAY_SIZE(cookie_test_mss_ts); i++) {
		mss = cookie_test_mss_ts[i];
		for (bits = 0; bits < 256; bits++) {
			cookie = (struct xtcp_cookie){
				.mss		= mss,
				.wscale		= min(bits >> 4, 14u),
				.wscale_ok	= bits >> 4 < 15,
				.ecn_ok		= bits & 8,
				.sack_ok	= bits & 4,
			};
			cookie_test_trip(test, &secrets[bits & 1], &cookie, bits & 2, mss + bits);
		}
	}
}

/* The timestamp is at most 31 behind the clock and never ahead, also where the clock wraps. */
static void cookie_test_tsval(struct kunit *test)
{
	static const u32 bases[] = { 0, 0x12345640, U32_MAX - 127, U32_MAX - 63 };
	struct xtcp_tuple tuple = cookie_test_tuple(40000);
	struct xtcp_cookie_secrets secrets = cookie_test_secrets(COOKIE_TEST_NOW);
	struct xtcp_cookie cookie = { .wscale_ok = true };
	u32 bits, i, low, tsval;

	for (bits = 0; bits < 32; bits++) {
		cookie.mss = cookie_test_mss_ts[bits];
		cookie.ecn_ok = bits & 1;
		cookie.wscale_ok = bits / 2 < 15;
		cookie.wscale = bits / 2;
		for (i = 0; i < ARRAY_SIZE(bases); i++) {
			for (low = 0; low < 128; low++) {
				tsval = bases[i] + low;
				xtcp_cookie_make(&secrets, &tuple, 1, &cookie, &tsval);
				KUNIT_ASSERT_LE(test, bases[i] + low - tsval, 31);
				KUNIT_ASSERT_EQ(test, tsval & 31, bits);
				KUNIT_ASSERT_EQ(test, tsval, xtcp_cookie_tsval(&cookie,
									       bases[i] + low));
				KUNIT_ASSERT_EQ(test, tsval, xtcp_cookie_tsval(&cookie, tsval));
			}
		}
	}
}

/* Counts the bits of an object of which one alone can be changed without the check failing. */
static u32 cookie_test_flips(const struct xtcp_cookie_secrets *secrets, struct xtcp_tuple *tuple,
			     u32 *irs, u32 *isn, const u32 *tsecr, void *object, int bits)
{
	struct xtcp_cookie back;
	u8 *bytes = object;
	u32 passed = 0;
	int bit;

	for (bit = 0; bit < bits; bit++) {
		bytes[bit / 8] ^= 1 << bit % 8;
		passed += xtcp_cookie_check(secrets, tuple, *irs, *isn, tsecr, COOKIE_TEST_NOW,
					    &back);
		bytes[bit / 8] ^= 1 << bit % 8;
	}
	return passed;
}

/*
 * No bit can be changed. Each of the 66,000 changes would pass at odds of 2^-24, one of them at
 * odds of 0.4%; with these keys and numbers none does.
 */
static void cookie_test_every_bit(struct kunit *test)
{
	struct xtcp_cookie_secrets secrets = cookie_test_secrets(COOKIE_TEST_NOW);
	u32 i, bit, irs, isn, tsval, changed;
	const u32 *tsecr;

	for (i = 0; i < 128; i++) {
		struct xtcp_tuple tuple = cookie_test_tuple(30000 + i);
		struct xtcp_cookie cookie = {
			.mss = 1000 + i * 8, .wscale = i % 15, .wscale_ok = i % 7, .sack_ok = i & 4,
		};

		irs = i * 0x01234567;
		tsval = i * 0x07654321;
		tsecr = i & 1 ? &tsval : NULL;
		isn = xtcp_cookie_make(&secrets, &tuple, irs, &cookie, i & 1 ? &tsval : NULL);
		KUNIT_ASSERT_TRUE(test, xtcp_cookie_check(&secrets, &tuple, irs, isn, tsecr,
							  COOKIE_TEST_NOW, &cookie));
		KUNIT_EXPECT_EQ(test, cookie_test_flips(&secrets, &tuple, &irs, &isn, tsecr,
							&isn, 32), 0);
		KUNIT_EXPECT_EQ(test, cookie_test_flips(&secrets, &tuple, &irs, &isn, tsecr,
							&irs, 32), 0);
		KUNIT_EXPECT_EQ(test, cookie_test_flips(&secrets, &tuple, &irs, &isn, tsecr,
							&tuple, 8 * sizeof(tuple)), 0);
		/* Of the secrets, the one that is used. */
		KUNIT_EXPECT_EQ(test, cookie_test_flips(&secrets, &tuple, &irs, &isn, tsecr,
							secrets.key, 256), 128);
		if (!tsecr)
			continue;
		/* The clock's bits and that of ECN are anybody's, the cookie's others are not. */
		for (bit = 0; bit < 32; bit++) {
			changed = tsval ^ 1u << bit;
			KUNIT_EXPECT_EQ_MSG(test, !bit || bit >= 5,
					    xtcp_cookie_check(&secrets, &tuple, irs, isn, &changed,
							      COOKIE_TEST_NOW, &cookie),
					    "bit %u", bit);
		}
	}
}

/* Timestamps that one of the two does not have. */
static void cookie_test_ts_or_not(struct kunit *test)
{
	struct xtcp_cookie_secrets secrets = cookie_test_secrets(COOKIE_TEST_NOW);
	struct xtcp_cookie back;
	u32 i, isn, tsval;

	for (i = 0; i < 4096; i++) {
		struct xtcp_tuple tuple = cookie_test_tuple(i);

		tsval = i;
		isn = xtcp_cookie_make(&secrets, &tuple, i, &cookie_test_cookie, &tsval);
		KUNIT_ASSERT_FALSE(test, xtcp_cookie_check(&secrets, &tuple, i, isn, NULL,
							   COOKIE_TEST_NOW, &back));
		isn = xtcp_cookie_make(&secrets, &tuple, i, &cookie_test_cookie, NULL);
		tsval = i;
		KUNIT_ASSERT_FALSE(test, xtcp_cookie_check(&secrets, &tuple, i, isn, &tsval,
							   COOKIE_TEST_NOW, &back));
	}
}

/* A SYN that comes again and asks for ECN no more gets the same number, and has its answer back. */
static void cookie_test_ecn_given_up(struct kunit *test)
{
	struct xtcp_cookie_secrets secrets = cookie_test_secrets(COOKIE_TEST_NOW);
	struct xtcp_tuple tuple = cookie_test_tuple(40000);
	struct xtcp_cookie cookie = cookie_test_cookie, back;
	u32 isn, tsval[2] = { 12345, 12345 };

	cookie.ecn_ok = true;
	isn = xtcp_cookie_make(&secrets, &tuple, 77, &cookie, &tsval[0]);
	cookie.ecn_ok = false;
	KUNIT_EXPECT_EQ(test, isn, xtcp_cookie_make(&secrets, &tuple, 77, &cookie, &tsval[1]));
	KUNIT_EXPECT_TRUE(test, xtcp_cookie_check(&secrets, &tuple, 77, isn, &tsval[0],
						  COOKIE_TEST_NOW, &back));
	KUNIT_EXPECT_TRUE(test, back.ecn_ok);
	KUNIT_EXPECT_TRUE(test, xtcp_cookie_check(&secrets, &tuple, 77, isn, &tsval[1],
						  COOKIE_TEST_NOW, &back));
	KUNIT_EXPECT_FALSE(test, back.ecn_ok);
}

/* What was there stays where the answer is no. */
static void cookie_test_refusal_leaves(struct kunit *test)
{
	struct xtcp_cookie_secrets secrets = cookie_test_secrets(COOKIE_TEST_NOW);
	struct xtcp_tuple tuple = cookie_test_tuple(1);
	struct xtcp_cookie back = { .mss = 0xdead, .wscale = 0xef };

	KUNIT_EXPECT_FALSE(test, xtcp_cookie_check(&secrets, &tuple, 1, 2, NULL, COOKIE_TEST_NOW,
						   &back));
	KUNIT_EXPECT_EQ(test, back.mss, 0xdead);
	KUNIT_EXPECT_EQ(test, back.wscale, 0xef);
}

static bool cookie_test_taken(const struct xtcp_cookie_secrets *secrets, u32 isn, u32 now_s)
{
	struct xtcp_tuple tuple = cookie_test_tuple(40000);
	struct xtcp_cookie back;

	return xtcp_cookie_check(secrets, &tuple, 77, isn, NULL, now_s, &back);
}

static u32 cookie_test_isn(const struct xtcp_cookie_secrets *secrets)
{
	struct xtcp_tuple tuple = cookie_test_tuple(40000);

	return xtcp_cookie_make(secrets, &tuple, 77, &cookie_test_cookie, NULL);
}

/* One life as the current secret, another as the older one; wherever the clock wraps. */
static void cookie_test_lives(struct kunit *test)
{
	static const u32 starts[] = {
		0, 1, 1000, S32_MAX - 30, S32_MAX, U32_MAX - 150, U32_MAX - 119, U32_MAX - 90,
		U32_MAX - 75, U32_MAX - 74, U32_MAX - 1, U32_MAX,
	};
	u32 i, first, second, start;

	for (i = 0; i < ARRAY_SIZE(starts); i++) {
		struct xtcp_cookie_secrets secrets = {};
		/* A secret that was made at 0 passes for a second older. */
		u32 odd = !starts[i], odd_next = !(starts[i] + XTCP_COOKIE_LIFE_S);

		start = starts[i];
		KUNIT_EXPECT_TRUE(test, xtcp_cookie_is_due(&secrets, start));
		xtcp_cookie_rotate(&secrets, &cookie_test_key[0], start);
		KUNIT_EXPECT_FALSE(test, xtcp_cookie_is_due(&secrets, start));
		KUNIT_EXPECT_FALSE(test, xtcp_cookie_is_due(&secrets, start + 59 - odd));
		KUNIT_EXPECT_TRUE(test, xtcp_cookie_is_due(&secrets, start + 75 - odd));
		first = cookie_test_isn(&secrets);
		KUNIT_EXPECT_TRUE(test, cookie_test_taken(&secrets, first, start));
		KUNIT_EXPECT_TRUE(test, cookie_test_taken(&secrets, first, start + 119 - odd));
		KUNIT_EXPECT_FALSE(test, cookie_test_taken(&secrets, first, start + 150 - odd));

		start += XTCP_COOKIE_LIFE_S;
		xtcp_cookie_rotate(&secrets, &cookie_test_key[1], start);
		second = cookie_test_isn(&secrets);
		KUNIT_EXPECT_NE(test, first, second);
		KUNIT_EXPECT_TRUE(test, cookie_test_taken(&secrets, first, start + 59 - odd));
		KUNIT_EXPECT_FALSE(test, cookie_test_taken(&secrets, first, start + 75 - odd));
		KUNIT_EXPECT_TRUE(test, cookie_test_taken(&secrets, second, start + 75));

		start += XTCP_COOKIE_LIFE_S;
		xtcp_cookie_rotate(&secrets, &cookie_test_key[2], start);
		KUNIT_EXPECT_FALSE(test, cookie_test_taken(&secrets, first, start));
		KUNIT_EXPECT_TRUE(test, cookie_test_taken(&secrets, second, start + 59 - odd_next));
		KUNIT_EXPECT_FALSE(test, cookie_test_taken(&secrets, second,
							   start + 75 - odd_next));
		KUNIT_EXPECT_TRUE(test, cookie_test_taken(&secrets, cookie_test_isn(&secrets),
							  start + 118));
	}
}

/* After a silence that was longer than two lives nothing is left of before. */
static void cookie_test_silence(struct kunit *test)
{
	static const u32 silences[] = { 150, 151, 225, 226, 86400, S32_MAX - 75 };
	u32 i, older, newer, now_s;

	for (i = 0; i < ARRAY_SIZE(silences); i++) {
		struct xtcp_cookie_secrets secrets = {};

		xtcp_cookie_rotate(&secrets, &cookie_test_key[0], 5);
		older = cookie_test_isn(&secrets);
		xtcp_cookie_rotate(&secrets, &cookie_test_key[1], 65);
		newer = cookie_test_isn(&secrets);
		now_s = 65 + silences[i];

		KUNIT_EXPECT_FALSE(test, cookie_test_taken(&secrets, older, now_s));
		KUNIT_EXPECT_FALSE(test, cookie_test_taken(&secrets, newer, now_s));
		KUNIT_EXPECT_TRUE(test, xtcp_cookie_is_due(&secrets, now_s));
		xtcp_cookie_rotate(&secrets, &cookie_test_key[2], now_s);
		KUNIT_EXPECT_FALSE(test, xtcp_cookie_is_due(&secrets, now_s));
		KUNIT_EXPECT_FALSE(test, cookie_test_taken(&secrets, older, now_s));
		KUNIT_EXPECT_FALSE(test, cookie_test_taken(&secrets, newer, now_s));
		KUNIT_EXPECT_TRUE(test, cookie_test_taken(&secrets, cookie_test_isn(&secrets),
							  now_s));
	}
}

/* Two CPUs see that a secret is due; the second has read its clock a moment before the first. */
static void cookie_test_rotated_once(struct kunit *test)
{
	struct xtcp_cookie_secrets secrets = {};
	u32 isn;

	xtcp_cookie_rotate(&secrets, &cookie_test_key[0], 100);
	xtcp_cookie_rotate(&secrets, &cookie_test_key[1], 161);
	isn = cookie_test_isn(&secrets);
	KUNIT_EXPECT_FALSE(test, xtcp_cookie_is_due(&secrets, 160));
	KUNIT_EXPECT_TRUE(test, cookie_test_taken(&secrets, isn, 160));
	xtcp_cookie_rotate(&secrets, &cookie_test_key[2], 160);
	xtcp_cookie_rotate(&secrets, &cookie_test_key[2], 161);
	KUNIT_EXPECT_EQ(test, isn, cookie_test_isn(&secrets));
}

/* With no secret, or one alone, nothing but that one's cookies is taken. */
static void cookie_test_never_made(struct kunit *test)
{
	struct xtcp_cookie_secrets none = {}, secrets = {};
	u32 i;

	xtcp_cookie_rotate(&secrets, &cookie_test_key[0], 1);
	for (i = 0; i < 256; i++) {
		struct xtcp_cookie_secrets zero = { .made_s = { 1, 1 }, .current_key = i & 1 };
		struct xtcp_tuple tuple = cookie_test_tuple(i);
		struct xtcp_cookie back;
		u32 isn = xtcp_cookie_make(&zero, &tuple, i, &cookie_test_cookie, NULL);

		KUNIT_EXPECT_TRUE(test, xtcp_cookie_check(&zero, &tuple, i, isn, NULL, 1, &back));
		KUNIT_EXPECT_FALSE(test, xtcp_cookie_check(&none, &tuple, i, isn, NULL, 1, &back));
		KUNIT_EXPECT_FALSE(test, xtcp_cookie_check(&secrets, &tuple, i, isn, NULL, 1,
							   &back));
	}
}

static void cookie_test_guesses(struct kunit *test)
{
	struct xtcp_cookie_secrets secrets = cookie_test_secrets(COOKIE_TEST_NOW);
	struct xtcp_tuple tuple = cookie_test_tuple(40000);
	struct xtcp_cookie back;
	struct rnd_state rnd;
	u32 i, isn, tsecr, hits = 0;

	prandom_seed_state(&rnd, 4987);
	for (i = 0; i < COOKIE_TEST_GUESSES; i++) {
		tuple.rport = cpu_to_be16(i >> 8);
		isn = prandom_u32_state(&rnd);
		tsecr = i;
		hits += xtcp_cookie_check(&secrets, &tuple, 77, isn, i & 1 ? &tsecr : NULL,
					  COOKIE_TEST_NOW, &back);
		if (i % 65536 == 0)
			cond_resched();
	}
	kunit_info(test, "%u of %u guesses were right\n", hits, COOKIE_TEST_GUESSES);
	KUNIT_EXPECT_LE(test, hits, COOKIE_TEST_HITS_MAX);
}

/*
 * Peers that say the same get numbers of which each bit is set half of the time, and equals each
 * other bit half of the time; within six standard deviations, of 64.
 */
static void cookie_test_uniform(struct kunit *test)
{
	struct xtcp_cookie_secrets secrets = cookie_test_secrets(COOKIE_TEST_NOW);
	u32 (*counts)[32];
	u32 i, turn, bit;

	counts = kunit_kcalloc(test, 32, sizeof(*counts), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, counts);
	for (i = 0; i < COOKIE_TEST_SAMPLES; i++) {
		struct xtcp_tuple tuple = cookie_test_tuple(i);
		u32 isn = xtcp_cookie_make(&secrets, &tuple, 77, &cookie_test_cookie, NULL);

		for (turn = 0; turn < 32; turn++) {
			u32 word = turn ? isn ^ rol32(isn, turn) : isn;

			for (bit = 0; bit < 32; bit++)
				counts[turn][bit] += word >> bit & 1;
		}
	}
	for (turn = 0; turn < 32; turn++) {
		for (bit = 0; bit < 32; bit++) {
			KUNIT_EXPECT_GT_MSG(test, counts[turn][bit],
					    COOKIE_TEST_SAMPLES / 2 - 6 * 64, "bits %u and %u", bit,
					    (bit - turn) % 32);
			KUNIT_EXPECT_LT_MSG(test, counts[turn][bit],
					    COOKIE_TEST_SAMPLES / 2 + 6 * 64, "bits %u and %u", bit,
					    (bit - turn) % 32);
		}
	}
}

static struct kunit_case cookie_test_cases[] = {
	KUNIT_CASE(cookie_test_every_mss),
	KUNIT_CASE(cookie_test_every_option),
	KUNIT_CASE(cookie_test_tsval),
	KUNIT_CASE(cookie_test_every_bit),
	KUNIT_CASE(cookie_test_ts_or_not),
	KUNIT_CASE(cookie_test_ecn_given_up),
	KUNIT_CASE(cookie_test_refusal_leaves),
	KUNIT_CASE(cookie_test_lives),
	KUNIT_CASE(cookie_test_silence),
	KUNIT_CASE(cookie_test_rotated_once),
	KUNIT_CASE(cookie_test_never_made),
	KUNIT_CASE(cookie_test_guesses),
	KUNIT_CASE(cookie_test_uniform),
	{}
};

static struct kunit_suite cookie_test_suite = {
	.name = "xtcp-cookie",
	.test_cases = cookie_test_cases,
};

kunit_test_suite(cookie_test_suite);

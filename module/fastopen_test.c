// SPDX-License-Identifier: GPL-2.0
/* Fast Open: cookies against SipHash's published vectors, keys, and the bound. */
#include <kunit/test.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include <net/ipv6.h>

#include "fastopen.h"
#include "wire.h"

/* 0, 1, 2 and so on: the key and the message of SipHash's test vectors. */
static void fastopen_test_count_up(u8 *bytes, unsigned int len)
{
	unsigned int i;

	for (i = 0; i < len; i++)
		bytes[i] = i;
}

static struct xtcp_fastopen_keys fastopen_test_keys(unsigned int count)
{
	u8 bytes[XTCP_FASTOPEN_KEYS * XTCP_FASTOPEN_KEY];
	struct xtcp_fastopen_keys keys;

	fastopen_test_count_up(bytes, sizeof(bytes));
	xtcp_fastopen_keys_read(&keys, bytes, count);
	return keys;
}

/* A client at 0.1.2.3, or 1:203:405:..., and a server whose address goes on from there. */
static struct xtcp_tuple fastopen_test_tuple(bool v4)
{
	struct xtcp_tuple tuple = { .lport = cpu_to_be16(80), .rport = cpu_to_be16(40000) };
	unsigned int i;

	if (v4) {
		ipv6_addr_set_v4mapped(cpu_to_be32(0x00010203), &tuple.raddr);
		ipv6_addr_set_v4mapped(cpu_to_be32(0x04050607), &tuple.laddr);
		return tuple;
	}
	for (i = 0; i < 16; i++) {
		tuple.raddr.s6_addr[i] = i;
		tuple.laddr.s6_addr[i] = 16 + i;
	}
	return tuple;
}

/* "SipHash: a fast short-input PRF", appendix A, and the vectors that come with it. */
static void fastopen_test_vectors(struct kunit *test)
{
	static const u8 v4[] = { 0x62, 0x24, 0x93, 0x9a, 0x79, 0xf5, 0xf5, 0x93 };
	static const u8 v6[] = { 0xce, 0x7c, 0xf2, 0x72, 0x2f, 0x51, 0x27, 0x71 };
	struct xtcp_fastopen_keys keys = fastopen_test_keys(1);
	struct xtcp_fastopen_cookie cookie;
	struct xtcp_tuple tuple;

	tuple = fastopen_test_tuple(true);
	xtcp_fastopen_make(&keys, &tuple, &cookie);
	KUNIT_EXPECT_EQ(test, cookie.len, sizeof(v4));
	KUNIT_EXPECT_EQ(test, memcmp(cookie.bytes, v4, sizeof(v4)), 0);
	tuple = fastopen_test_tuple(false);
	xtcp_fastopen_make(&keys, &tuple, &cookie);
	KUNIT_EXPECT_EQ(test, cookie.len, sizeof(v6));
	KUNIT_EXPECT_EQ(test, memcmp(cookie.bytes, v6, sizeof(v6)), 0);
}

/* Each bit of it counts, its length does, and whose it is; ports do not. */
static void fastopen_test_check_one(struct kunit *test, bool v4)
{
	struct xtcp_fastopen_keys keys = fastopen_test_keys(1);
	struct xtcp_tuple tuple = fastopen_test_tuple(v4), other;
	struct xtcp_fastopen_cookie cookie, wrong;
	unsigned int i;

	xtcp_fastopen_make(&keys, &tuple, &cookie);
	KUNIT_EXPECT_EQ(test, xtcp_fastopen_check(&keys, &tuple, &cookie), XTCP_FASTOPEN_VALID);
	for (i = 0; i < 8 * XTCP_FASTOPEN_LEN; i++) {
		wrong = cookie;
		wrong.bytes[i / 8] ^= 1 << i % 8;
		KUNIT_EXPECT_EQ(test, xtcp_fastopen_check(&keys, &tuple, &wrong),
				XTCP_FASTOPEN_FORGED);
	}
	for (i = 0; i <= XTCP_FASTOPEN_MAX; i += 2) {
		wrong = cookie;
		wrong.len = i;
		KUNIT_EXPECT_EQ(test, xtcp_fastopen_check(&keys, &tuple, &wrong),
				i == XTCP_FASTOPEN_LEN ? XTCP_FASTOPEN_VALID :
							 XTCP_FASTOPEN_FORGED);
	}
	other = tuple;
	other.lport = cpu_to_be16(1);
	other.rport = cpu_to_be16(2);
	KUNIT_EXPECT_EQ(test, xtcp_fastopen_check(&keys, &other, &cookie), XTCP_FASTOPEN_VALID);
	other = tuple;
	other.raddr.s6_addr[15] ^= 1;
	KUNIT_EXPECT_EQ(test, xtcp_fastopen_check(&keys, &other, &cookie), XTCP_FASTOPEN_FORGED);
	other = tuple;
	other.laddr.s6_addr[15] ^= 1;
	KUNIT_EXPECT_EQ(test, xtcp_fastopen_check(&keys, &other, &cookie), XTCP_FASTOPEN_FORGED);
	other.laddr = tuple.raddr;
	other.raddr = tuple.laddr;
	KUNIT_EXPECT_EQ(test, xtcp_fastopen_check(&keys, &other, &cookie), XTCP_FASTOPEN_FORGED);
}

static void fastopen_test_check(struct kunit *test)
{
	fastopen_test_check_one(test, true);
	fastopen_test_check_one(test, false);
}

/* The second key checks, and makes none. */
static void fastopen_test_rotate(struct kunit *test)
{
	struct xtcp_fastopen_keys both = fastopen_test_keys(2), one, old = { .count = 1 };
	u8 bytes[XTCP_FASTOPEN_KEYS * XTCP_FASTOPEN_KEY], again[sizeof(bytes)] = {};
	struct xtcp_tuple tuple = fastopen_test_tuple(true);
	struct xtcp_fastopen_cookie cookie, stale;

	one = fastopen_test_keys(1);
	old.key[0] = both.key[1];
	xtcp_fastopen_make(&both, &tuple, &cookie);
	xtcp_fastopen_make(&old, &tuple, &stale);
	KUNIT_EXPECT_EQ(test, xtcp_fastopen_check(&one, &tuple, &cookie), XTCP_FASTOPEN_VALID);
	KUNIT_EXPECT_EQ(test, xtcp_fastopen_check(&both, &tuple, &cookie), XTCP_FASTOPEN_VALID);
	KUNIT_EXPECT_EQ(test, xtcp_fastopen_check(&both, &tuple, &stale), XTCP_FASTOPEN_OLD);
	KUNIT_EXPECT_EQ(test, xtcp_fastopen_check(&one, &tuple, &stale), XTCP_FASTOPEN_FORGED);

	fastopen_test_count_up(bytes, sizeof(bytes));
	xtcp_fastopen_keys_write(&both, again);
	KUNIT_EXPECT_EQ(test, memcmp(bytes, again, sizeof(bytes)), 0);
}

/* Of the one key that there is, all bits of a second one that would be zero check nothing. */
static void fastopen_test_one_key(struct kunit *test)
{
	struct xtcp_fastopen_keys one = fastopen_test_keys(1), zero = { .count = 1 };
	struct xtcp_tuple tuple = fastopen_test_tuple(true);
	struct xtcp_fastopen_cookie cookie;

	xtcp_fastopen_make(&zero, &tuple, &cookie);
	KUNIT_EXPECT_EQ(test, xtcp_fastopen_check(&one, &tuple, &cookie), XTCP_FASTOPEN_FORGED);
}

static void fastopen_test_bound(struct kunit *test)
{
	struct xtcp_fastopen_bound bound = {};
	u32 now_s = 1234, until = now_s;

	KUNIT_EXPECT_FALSE(test, xtcp_fastopen_bound_ok(&bound, 0, now_s));
	KUNIT_EXPECT_TRUE(test, xtcp_fastopen_bound_ok(&bound, 2, now_s));
	bound.pending = 1;
	KUNIT_EXPECT_TRUE(test, xtcp_fastopen_bound_ok(&bound, 2, now_s));
	/* One that was reset is as good as one that waits, and one of each is enough. */
	xtcp_fastopen_bound_reset(&bound, now_s);
	KUNIT_EXPECT_FALSE(test, xtcp_fastopen_bound_ok(&bound, 2, now_s));
	KUNIT_EXPECT_TRUE(test, xtcp_fastopen_bound_ok(&bound, 3, now_s));

	while (!xtcp_fastopen_bound_ok(&bound, 2, until) && until < now_s + 1000)
		until++;
	KUNIT_EXPECT_GE(test, until, now_s + XTCP_FASTOPEN_RESET_S);
	KUNIT_EXPECT_LE(test, until, now_s + XTCP_FASTOPEN_RESET_S + XTCP_FASTOPEN_SLOT_S);
	KUNIT_EXPECT_EQ(test, bound.resets, 0);
}

/* A reset each second: at any time those of the last minute, and no more than of a slot besides. */
static void fastopen_test_many_resets(struct kunit *test)
{
	const u32 start_s = U32_MAX / 2 - 500;
	struct xtcp_fastopen_bound bound = {};
	u32 i;

	for (i = 1; i <= 1000; i++) {
		xtcp_fastopen_bound_reset(&bound, start_s + i);
		if (i < XTCP_FASTOPEN_RESET_S)
			KUNIT_ASSERT_EQ(test, bound.resets, i);
		KUNIT_ASSERT_LE(test, bound.resets,
				XTCP_FASTOPEN_RESET_S + XTCP_FASTOPEN_SLOT_S);
		if (i > XTCP_FASTOPEN_RESET_S)
			KUNIT_ASSERT_GE(test, bound.resets, XTCP_FASTOPEN_RESET_S);
	}
	/* After a long silence there are none. */
	KUNIT_EXPECT_TRUE(test, xtcp_fastopen_bound_ok(&bound, 1, start_s + 100000));
}

static struct kunit_case fastopen_test_cases[] = {
	KUNIT_CASE(fastopen_test_vectors),
	KUNIT_CASE(fastopen_test_check),
	KUNIT_CASE(fastopen_test_rotate),
	KUNIT_CASE(fastopen_test_one_key),
	KUNIT_CASE(fastopen_test_bound),
	KUNIT_CASE(fastopen_test_many_resets),
	{}
};

static struct kunit_suite fastopen_test_suite = {
	.name = "xtcp-fastopen",
	.test_cases = fastopen_test_cases,
};

kunit_test_suite(fastopen_test_suite);

// SPDX-License-Identifier: GPL-2.0
/* Which segments are joined, and what the pieces of a large one say. */
#include <kunit/test.h>
#include <linux/string.h>

#include "offload.h"
#include "wire.h"

#define OFFLOAD_TEST_MSS	1448
#define OFFLOAD_TEST_OPTIONS	12
#define OFFLOAD_TEST_SEQ	(0u - 2 * OFFLOAD_TEST_MSS)

/* A header with options; bytes, so that each can be changed. */
union offload_test_header {
	struct tcphdr	th;
	u8		bytes[XTCP_HDR_MIN + OFFLOAD_TEST_OPTIONS];
};

/* @n: how many segments come before it. */
static union offload_test_header offload_test_segment(unsigned int n)
{
	union offload_test_header hdr = {};

	hdr.th.source = htons(1);
	hdr.th.dest = htons(2);
	hdr.th.seq = htonl(OFFLOAD_TEST_SEQ + n * OFFLOAD_TEST_MSS);
	hdr.th.ack_seq = htonl(3);
	hdr.th.window = htons(4);
	hdr.bytes[12] = sizeof(hdr) / 4 << 4;
	hdr.bytes[13] = XTCP_ACK;
	memset(hdr.bytes + XTCP_HDR_MIN, 5, OFFLOAD_TEST_OPTIONS);
	return hdr;
}

/* Four of them, around the wrap of the sequence numbers, and a shorter one. */
static void offload_test_row(struct kunit *test)
{
	union offload_test_header first = offload_test_segment(0), next;
	unsigned int n;

	for (n = 1; n < 4; n++) {
		next = offload_test_segment(n);
		KUNIT_EXPECT_TRUE(test, xtcp_offload_joins(&first.th, n * OFFLOAD_TEST_MSS,
							   OFFLOAD_TEST_MSS, &next.th,
							   OFFLOAD_TEST_MSS));
		KUNIT_EXPECT_TRUE(test, xtcp_offload_joins(&first.th, n * OFFLOAD_TEST_MSS,
							   OFFLOAD_TEST_MSS, &next.th, 1));
		/* Not where there is a gap, or an overlap; not without data, or with more. */
		KUNIT_EXPECT_FALSE(test, xtcp_offload_joins(&first.th, n * OFFLOAD_TEST_MSS - 1,
							    OFFLOAD_TEST_MSS, &next.th,
							    OFFLOAD_TEST_MSS));
		KUNIT_EXPECT_FALSE(test, xtcp_offload_joins(&first.th, n * OFFLOAD_TEST_MSS + 1,
							    OFFLOAD_TEST_MSS, &next.th,
							    OFFLOAD_TEST_MSS));
		KUNIT_EXPECT_FALSE(test, xtcp_offload_joins(&first.th, n * OFFLOAD_TEST_MSS,
							    OFFLOAD_TEST_MSS, &next.th, 0));
		KUNIT_EXPECT_FALSE(test, xtcp_offload_joins(&first.th, n * OFFLOAD_TEST_MSS,
							    OFFLOAD_TEST_MSS, &next.th,
							    OFFLOAD_TEST_MSS + 1));
	}
}

/* Whichever bit of the header differs, but for those that may, and those that are not compared. */
static void offload_test_bits(struct kunit *test)
{
	union offload_test_header first = offload_test_segment(0), next;
	unsigned int byte, bit;

	for (byte = 0; byte < sizeof(next); byte++) {
		for (bit = 0; bit < 8; bit++) {
			/* The ports were compared before, the checksum is another's. */
			bool may = byte < 4 || (byte >= 16 && byte < 20);

			/* A shorter header would have other options behind it. */
			if (byte == 12 && bit >= 4)
				continue;
			if (byte == 13)
				may = (1 << bit) & (XTCP_FIN | XTCP_PSH);
			next = offload_test_segment(1);
			next.bytes[byte] ^= 1 << bit;
			KUNIT_EXPECT_EQ_MSG(test, may,
					    xtcp_offload_joins(&first.th, OFFLOAD_TEST_MSS,
							       OFFLOAD_TEST_MSS, &next.th,
							       OFFLOAD_TEST_MSS),
					    "byte %u bit %u", byte, bit);
		}
	}
}

/* RFC 9768: ACE is AE, CWR and ECE; what has been counted meanwhile is not to be lost. */
static void offload_test_ace(struct kunit *test)
{
	union offload_test_header first = offload_test_segment(0), next = offload_test_segment(1);
	unsigned int one, other;

	for (one = 0; one < 8; one++) {
		for (other = 0; other < 8; other++) {
			first.bytes[12] = (first.bytes[12] & ~1) | one >> 2;
			first.bytes[13] = XTCP_ACK | xtcp_ace_flags(one & 3);
			next.bytes[12] = (next.bytes[12] & ~1) | other >> 2;
			next.bytes[13] = XTCP_ACK | xtcp_ace_flags(other & 3);
			KUNIT_EXPECT_EQ_MSG(test, one == other && !(one & 2),
					    xtcp_offload_joins(&first.th, OFFLOAD_TEST_MSS,
							       OFFLOAD_TEST_MSS, &next.th,
							       OFFLOAD_TEST_MSS),
					    "%u %u", one, other);
		}
	}
}

static void offload_test_lengths(struct kunit *test)
{
	union offload_test_header first = offload_test_segment(0), next = offload_test_segment(1);

	next.bytes[12] = XTCP_HDR_MIN / 4 << 4;
	KUNIT_EXPECT_FALSE(test, xtcp_offload_joins(&first.th, OFFLOAD_TEST_MSS, OFFLOAD_TEST_MSS,
						    &next.th, OFFLOAD_TEST_MSS));
	first.bytes[12] = XTCP_HDR_MIN / 4 << 4;
	KUNIT_EXPECT_TRUE(test, xtcp_offload_joins(&first.th, OFFLOAD_TEST_MSS, OFFLOAD_TEST_MSS,
						   &next.th, OFFLOAD_TEST_MSS));
}

static void offload_test_ends(struct kunit *test)
{
	const u8 alone = XTCP_FIN | XTCP_SYN | XTCP_RST | XTCP_PSH | XTCP_URG | XTCP_CWR;
	unsigned int flags;

	for (flags = 0; flags <= U8_MAX; flags++)
		KUNIT_EXPECT_EQ(test, !!(flags & alone),
				xtcp_offload_ends(flags, OFFLOAD_TEST_MSS, OFFLOAD_TEST_MSS));
	KUNIT_EXPECT_TRUE(test, xtcp_offload_ends(XTCP_ACK, OFFLOAD_TEST_MSS,
						  OFFLOAD_TEST_MSS - 1));
	KUNIT_EXPECT_TRUE(test, xtcp_offload_ends(XTCP_ACK, 0, 0));
}

/* What all pieces say together is what the large segment says, each in its place. */
static void offload_test_flags(struct kunit *test)
{
	unsigned int flags;

	for (flags = 0; flags <= U8_MAX; flags++) {
		u8 first = xtcp_offload_flags(flags, true, false);
		u8 middle = xtcp_offload_flags(flags, false, false);
		u8 last = xtcp_offload_flags(flags, false, true);

		KUNIT_EXPECT_EQ(test, first, (u8)(flags & ~(XTCP_FIN | XTCP_PSH)));
		KUNIT_EXPECT_EQ(test, middle, (u8)(flags & ~(XTCP_FIN | XTCP_PSH | XTCP_CWR)));
		KUNIT_EXPECT_EQ(test, last, (u8)(flags & ~XTCP_CWR));
		KUNIT_EXPECT_EQ(test, xtcp_offload_flags(flags, true, true), (u8)flags);
	}
}

static struct kunit_case offload_test_cases[] = {
	KUNIT_CASE(offload_test_row),
	KUNIT_CASE(offload_test_bits),
	KUNIT_CASE(offload_test_ace),
	KUNIT_CASE(offload_test_lengths),
	KUNIT_CASE(offload_test_ends),
	KUNIT_CASE(offload_test_flags),
	{}
};

static struct kunit_suite offload_test_suite = {
	.name = "xtcp-offload",
	.test_cases = offload_test_cases,
};

kunit_test_suite(offload_test_suite);

// SPDX-License-Identifier: GPL-2.0
/* AccECN: each row of RFC 9768's tables, each ACE that can follow another, when to acknowledge. */
#include <kunit/test.h>
#include <linux/kernel.h>
#include <net/inet_ecn.h>

#include "accecn.h"

/* ACE as the RFC writes it. */
#define ACE(ae, cwr, ece)	((ae) << 2 | (cwr) << 1 | (ece))

/* 3.1.2, table 2, and what is not in it. */
static void accecn_test_asked(struct kunit *test)
{
	static const enum xtcp_ecn_mode modes[] = {
		[ACE(0, 0, 0)] = XTCP_ECN_MODE_NONE,
		[ACE(0, 0, 1)] = XTCP_ECN_MODE_ACCURATE,
		[ACE(0, 1, 0)] = XTCP_ECN_MODE_ACCURATE,
		[ACE(0, 1, 1)] = XTCP_ECN_MODE_CLASSIC,
		[ACE(1, 0, 0)] = XTCP_ECN_MODE_ACCURATE,
		[ACE(1, 0, 1)] = XTCP_ECN_MODE_ACCURATE,
		[ACE(1, 1, 0)] = XTCP_ECN_MODE_ACCURATE,
		[ACE(1, 1, 1)] = XTCP_ECN_MODE_ACCURATE,
	};
	u8 ace;

	for (ace = 0; ace <= XTCP_ACE_MASK; ace++)
		KUNIT_EXPECT_EQ_MSG(test, xtcp_accecn_asked(ace), modes[ace], "ACE %u", ace);
}

/* 3.1.2, table 2, its blocks from above; then 3.2.2, which reads the same. */
static void accecn_test_handshake(struct kunit *test)
{
	static const struct {
		u8			ace;
		enum xtcp_ecn_mode	mode;
		int			codepoint;	/* -1: as it was sent */
	} rows[] = {
		{ ACE(0, 1, 0), XTCP_ECN_MODE_ACCURATE, INET_ECN_NOT_ECT },
		{ ACE(0, 1, 1), XTCP_ECN_MODE_ACCURATE, INET_ECN_ECT_1 },
		{ ACE(1, 0, 0), XTCP_ECN_MODE_ACCURATE, INET_ECN_ECT_0 },
		{ ACE(1, 1, 0), XTCP_ECN_MODE_ACCURATE, INET_ECN_CE },
		{ ACE(1, 0, 1), XTCP_ECN_MODE_ACCURATE, -1 },
		{ ACE(0, 0, 1), XTCP_ECN_MODE_CLASSIC, -1 },
		{ ACE(0, 0, 0), XTCP_ECN_MODE_NONE, -1 },
		{ ACE(1, 1, 1), XTCP_ECN_MODE_NONE, -1 },
	};
	u8 sent, told;
	int i;

	static_assert(ARRAY_SIZE(rows) == XTCP_ACE_MASK + 1);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		KUNIT_EXPECT_EQ_MSG(test, xtcp_accecn_answered(rows[i].ace), rows[i].mode,
				    "row %d", i);
		for (sent = 0; sent <= INET_ECN_CE; sent++) {
			told = rows[i].codepoint < 0 ? sent : rows[i].codepoint;
			KUNIT_EXPECT_EQ_MSG(test, xtcp_accecn_told(rows[i].ace, sent), told,
					    "row %d, sent with %u", i, sent);
		}
		if (rows[i].codepoint >= 0)
			KUNIT_EXPECT_EQ_MSG(test, xtcp_accecn_tell(rows[i].codepoint),
					    rows[i].ace, "row %d", i);
	}
}

/* 3.2.2: of a codepoint may become itself, and of one that allows it, a mark or the other. */
static void accecn_test_mangled(struct kunit *test)
{
	static const bool fine[4][4] = {
		[INET_ECN_NOT_ECT][INET_ECN_NOT_ECT] = true,
		[INET_ECN_ECT_0][INET_ECN_ECT_0] = true,
		[INET_ECN_ECT_0][INET_ECN_ECT_1] = true,
		[INET_ECN_ECT_0][INET_ECN_CE] = true,
		[INET_ECN_ECT_1][INET_ECN_ECT_0] = true,
		[INET_ECN_ECT_1][INET_ECN_ECT_1] = true,
		[INET_ECN_ECT_1][INET_ECN_CE] = true,
		[INET_ECN_CE][INET_ECN_CE] = true,
	};
	u8 sent, came;

	for (sent = 0; sent <= INET_ECN_CE; sent++)
		for (came = 0; came <= INET_ECN_CE; came++)
			KUNIT_EXPECT_EQ_MSG(test, xtcp_accecn_is_mangled(sent, came),
					    !fine[sent][came], "%u became %u", sent, came);
}

#define ACCECN_TEST_ACKED	40

/* What appendix A wants: as many as can be, of those numbers that leave ACE what it is. */
static u32 accecn_test_most(u32 s_cep, u8 ace, u32 acked)
{
	u32 marks, most = 0;

	for (marks = 0; marks <= acked; marks++) {
		if (((s_cep + marks) & XTCP_ACE_MASK) == ace)
			most = marks;
	}
	return most;
}

/* Each s.cep modulo 8, also across its wrap, each ACE, and each number of packets. */
static void accecn_test_decode(struct kunit *test)
{
	u32 base, s_cep, acked, marks, least;
	bool marking;
	u8 ace;

	for (base = -12; base != 12; base++) {
		for (ace = 0; ace <= XTCP_ACE_MASK; ace++) {
			s_cep = base;
			least = 0;
			while (((s_cep + least) & XTCP_ACE_MASK) != ace)
				least++;
			for (acked = 0; acked <= ACCECN_TEST_ACKED; acked++) {
				for (marking = false;; marking = true) {
					marks = xtcp_accecn_decode(s_cep, ace, acked, marking);
					if (acked < 8 || (!least && !marking))
						KUNIT_EXPECT_EQ(test, marks, least);
					else
						KUNIT_EXPECT_EQ(test, marks,
								accecn_test_most(s_cep, ace,
										 acked));
					if (marking)
						break;
				}
			}
		}
	}
}

/* What is not marked is not taken for marked because of a stretch that was. */
static void accecn_test_heard(struct kunit *test)
{
	struct xtcp_accecn acc;

	xtcp_accecn_begin(&acc, INET_ECN_NOT_ECT);
	KUNIT_EXPECT_EQ(test, xtcp_accecn_heard(&acc, 5, 44), 0);
	KUNIT_EXPECT_EQ(test, xtcp_accecn_heard(&acc, 6, 1), 1);
	/* A window update, in between, says nothing of what is marked now. */
	KUNIT_EXPECT_EQ(test, xtcp_accecn_heard(&acc, 6, 0), 0);
	KUNIT_EXPECT_EQ(test, xtcp_accecn_heard(&acc, 6, 16), 16);
	KUNIT_EXPECT_EQ(test, xtcp_accecn_heard(&acc, 6, 16), 0);
	KUNIT_EXPECT_EQ(test, xtcp_accecn_heard(&acc, 0, 2), 2);
	KUNIT_EXPECT_EQ(test, xtcp_accecn_heard(&acc, 1, 17), 17);
	KUNIT_EXPECT_EQ(test, acc.s_cep, XTCP_ACCECN_CEP + 1 + 16 + 2 + 17);
}

/* 3.2.2: at the first mark after data without, at each second, or third if that is all. */
static void accecn_test_came(struct kunit *test)
{
	struct xtcp_accecn acc;
	u32 i;

	xtcp_accecn_begin(&acc, INET_ECN_NOT_ECT);
	KUNIT_EXPECT_FALSE(test, xtcp_accecn_came(&acc, false, 1, true, false));
	KUNIT_EXPECT_EQ(test, xtcp_accecn_ace(&acc, true), 5);
	KUNIT_EXPECT_TRUE(test, xtcp_accecn_came(&acc, true, 1, true, false));
	KUNIT_EXPECT_EQ(test, xtcp_accecn_ace(&acc, true), 6);
	KUNIT_EXPECT_FALSE(test, xtcp_accecn_came(&acc, true, 1, true, false));
	KUNIT_EXPECT_TRUE(test, xtcp_accecn_came(&acc, true, 1, true, true));
	KUNIT_EXPECT_EQ(test, xtcp_accecn_ace(&acc, false), 0);
	/* ACKs do not end a run of data, nor begin one. */
	KUNIT_EXPECT_FALSE(test, xtcp_accecn_came(&acc, false, 1, false, false));
	KUNIT_EXPECT_FALSE(test, xtcp_accecn_came(&acc, true, 1, true, false));
	KUNIT_EXPECT_EQ(test, xtcp_accecn_ace(&acc, false), 1);
	KUNIT_EXPECT_FALSE(test, xtcp_accecn_came(&acc, false, 1, true, false));
	for (i = 0; i < 2; i++)
		KUNIT_EXPECT_FALSE(test, xtcp_accecn_came(&acc, true, 1, false, false));
	KUNIT_EXPECT_TRUE(test, xtcp_accecn_came(&acc, true, 1, false, false));
	KUNIT_EXPECT_EQ(test, xtcp_accecn_ace(&acc, true), 4);
	/* While data waits for its ACK, that can as well come now. */
	KUNIT_EXPECT_FALSE(test, xtcp_accecn_came(&acc, true, 1, false, true));
	KUNIT_EXPECT_TRUE(test, xtcp_accecn_came(&acc, true, 1, false, true));
	/* Joined ones, each. */
	KUNIT_EXPECT_TRUE(test, xtcp_accecn_came(&acc, true, 44, true, false));
	KUNIT_EXPECT_EQ(test, acc.r_cep, 5 + 1 + 2 + 1 + 3 + 2 + 44);
}

/* 3.2.2: the ACK of a SYN-ACK, if nothing else is in it. */
static void accecn_test_last_ack(struct kunit *test)
{
	struct xtcp_accecn acc;
	u8 codepoint;
	int bare;

	for (codepoint = 0; codepoint <= INET_ECN_CE; codepoint++) {
		for (bare = 0; bare <= 1; bare++) {
			xtcp_accecn_begin(&acc, codepoint);
			acc.tells_syn_ack = 1;
			KUNIT_EXPECT_EQ(test, xtcp_accecn_ace(&acc, bare),
					bare ? xtcp_accecn_tell(codepoint) : 5);
			KUNIT_EXPECT_EQ(test, xtcp_accecn_ace(&acc, true), 5);
		}
	}
}

/* 3.2.2: four round trips with nothing but marks, from the first on. */
static void accecn_test_stuck(struct kunit *test)
{
	struct xtcp_accecn acc;
	u32 una = -20000, marks, i;
	bool stuck;
	int lucky;

	for (lucky = -1; lucky < 12; lucky++) {
		xtcp_accecn_begin(&acc, INET_ECN_NOT_ECT);
		/* Two ACKs a round trip, of two packets each: number 8 is the last. */
		for (i = 0; i <= 8; i++) {
			una += 2000;
			marks = i == lucky ? 1 : 2;
			stuck = xtcp_accecn_is_stuck(&acc, 2, marks, una, una + 4000);
			KUNIT_EXPECT_EQ_MSG(test, stuck, i == 8 && (lucky < 0 || lucky > 8),
					    "ACK %u, a packet without a mark in %d", i, lucky);
			/* What acknowledges nothing proves nothing. */
			stuck = xtcp_accecn_is_stuck(&acc, 0, 0, una, una + 4000);
			KUNIT_EXPECT_FALSE(test, stuck);
		}
	}
}

static struct kunit_case accecn_test_cases[] = {
	KUNIT_CASE(accecn_test_asked),
	KUNIT_CASE(accecn_test_handshake),
	KUNIT_CASE(accecn_test_mangled),
	KUNIT_CASE(accecn_test_decode),
	KUNIT_CASE(accecn_test_heard),
	KUNIT_CASE(accecn_test_came),
	KUNIT_CASE(accecn_test_last_ack),
	KUNIT_CASE(accecn_test_stuck),
	{}
};

static struct kunit_suite accecn_test_suite = {
	.name = "xtcp-accecn",
	.test_cases = accecn_test_cases,
};

kunit_test_suite(accecn_test_suite);

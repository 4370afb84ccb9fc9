// SPDX-License-Identifier: GPL-2.0
/*
 * Selective acknowledgment as a receiver: when it is agreed on (RFC 2018 2), which blocks an ACK
 * has (RFC 2018 4), and what it says of what came twice (RFC 2883 4).
 */
#include "kselftest_harness.h"

#include "lib/data_fixture.h"

#define BY_TEN(n) (1 + 10 * (n))

/* With segments of MSS bytes, SACK, and what else is asked for. */
static void open_sack(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self,
		      unsigned int more)
{
	struct peer *p = &self->peer;

	/* The reference would make one ACK of several. */
	net_sysctl_write("net/ipv4/tcp_comp_sack_nr", "0");
	p->syn = (struct segment_options){
		.seen = OPT_MSS | OPT_SACK_PERM | more,
		.mss = MSS,
		.tsval = 1000,
	};
	p->tsval = more & OPT_TS ? 1000 : 0;
	open_passive(_metadata, self);
}

/* "ACK: START-END START-END" */
static const char *describe(const struct segment *seg)
{
	static char text[160];
	size_t len = snprintf(text, sizeof(text), "%u:", seg->ack);
	unsigned int i;

	for (i = 0; i < seg->opt.sacks; i++)
		len += snprintf(text + len, sizeof(text) - len, " %u-%u", seg->opt.sack[i].start,
				seg->opt.sack[i].end);
	return text;
}

/* The answer, which comes at once. */
#define ASSERT_SACK(what) do { \
	ASSERT_TRUE(peer_receive(&self->peer, clock_at_once_ms())); \
	ASSERT_EQ(ACK, self->peer.got.flags); \
	ASSERT_EQ(0, self->peer.got.len); \
	ASSERT_STREQ(what, describe(&self->peer.got)); \
} while (0)

/* The peer's bytes from the @nth ten on. */
static void tens(FIXTURE_DATA(peer) *self, uint32_t nth, unsigned int count)
{
	peer_writes(self, BY_TEN(nth), 1, 10 * count);
}

TEST_F(peer, agreed_on_when_the_peer_begins)
{
	open_sack(_metadata, self, 0);
	tens(self, 1, 1);
	ASSERT_SACK("1: 11-21");
}

TEST_F(peer, syn_ack_has_it_if_the_syn_had)
{
	struct peer *p = &self->peer;

	p->syn = (struct segment_options){ .seen = OPT_MSS | OPT_SACK_PERM, .mss = MSS };
	begin_passive(_metadata, self);
	ASSERT_TRUE(p->got.opt.seen & OPT_SACK_PERM);
}

TEST_F(peer, not_if_the_peer_does_not)
{
	struct peer *p = &self->peer;

	p->syn = (struct segment_options){ .seen = OPT_MSS, .mss = MSS };
	begin_passive(_metadata, self);
	ASSERT_FALSE(p->got.opt.seen & OPT_SACK_PERM);
	peer_send(p, .flags = ACK, .seq = 1, .ack = 1);
	self->fd = accept_now(self);
	ASSERT_LE(0, self->fd);
	tens(self, 1, 1);
	ASSERT_SACK("1:");
	tens(self, 1, 1);
	ASSERT_SACK("1:");
}

TEST_F(peer, not_if_it_is_switched_off)
{
	struct peer *p = &self->peer;

	net_sysctl_write("net/ipv4/tcp_sack", "0");
	if (!host_is_reference(&self->host))
		ASSERT_EQ(0, net_sysctl_write("net/xtcp/sack", "0"));
	p->syn = (struct segment_options){ .seen = OPT_MSS | OPT_SACK_PERM, .mss = MSS };
	begin_passive(_metadata, self);
	ASSERT_FALSE(p->got.opt.seen & OPT_SACK_PERM);
	peer_send(p, .flags = ACK, .seq = 1, .ack = 1);
	self->fd = accept_now(self);
	ASSERT_LE(0, self->fd);
	tens(self, 1, 1);
	ASSERT_SACK("1:");
}

TEST_F(peer, agreed_on_when_the_host_begins)
{
	struct peer *p = &self->peer;

	p->syn = (struct segment_options){ .seen = OPT_MSS | OPT_SACK_PERM, .mss = MSS };
	begin_active(_metadata, self);
	ASSERT_TRUE(p->got.opt.seen & OPT_SACK_PERM);
	peer_send(p, .flags = SYN | ACK, .ack = 1);
	ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 1, .ack = 1));
	tens(self, 2, 1);
	ASSERT_SACK("1: 21-31");
}

TEST_F(peer, offered_and_not_taken)
{
	struct peer *p = &self->peer;

	p->syn = (struct segment_options){ .seen = OPT_MSS, .mss = MSS };
	begin_active(_metadata, self);
	ASSERT_TRUE(p->got.opt.seen & OPT_SACK_PERM);
	peer_send(p, .flags = SYN | ACK, .ack = 1);
	ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 1, .ack = 1));
	tens(self, 2, 1);
	ASSERT_SACK("1:");
}

/* "The first SACK block MUST specify the contiguous block of data containing the segment". */
TEST_F(peer, last_one_first)
{
	open_sack(_metadata, self, 0);
	tens(self, 1, 1);
	ASSERT_SACK("1: 11-21");
	tens(self, 5, 1);
	ASSERT_SACK("1: 51-61 11-21");
	tens(self, 3, 1);
	ASSERT_SACK("1: 31-41 51-61 11-21");
	/* The whole block, not the segment. */
	tens(self, 2, 1);
	ASSERT_SACK("1: 11-41 51-61");
	tens(self, 6, 1);
	ASSERT_SACK("1: 51-71 11-41");
	tens(self, 4, 1);
	ASSERT_SACK("1: 11-71");
	tens(self, 0, 1);
	ASSERT_SACK("71:");
	host_reads(_metadata, self, 1, 70);
}

/* Some holes are filled, others stay. */
TEST_F(peer, blocks_go_as_holes_are_filled)
{
	open_sack(_metadata, self, 0);
	tens(self, 1, 1);
	ASSERT_SACK("1: 11-21");
	tens(self, 3, 1);
	ASSERT_SACK("1: 31-41 11-21");
	tens(self, 0, 1);
	ASSERT_SACK("21: 31-41");
	tens(self, 2, 1);
	ASSERT_SACK("41:");
	tens(self, 4, 1);
	ASSERT_SACK("51:");
	host_reads(_metadata, self, 1, 50);
}

/* 40 bytes of options have room for four blocks, beside timestamps for three. */
TEST_F(peer, as_many_as_there_is_room_for)
{
	unsigned int i;

	open_sack(_metadata, self, 0);
	for (i = 1; i < 12; i += 2) {
		tens(self, i, 1);
		ASSERT_TRUE(peer_receive(&self->peer, clock_at_once_ms()));
	}
	ASSERT_STREQ("1: 111-121 91-101 71-81 51-61", describe(&self->peer.got));
	if (host_is_reference(&self->host))
		SKIP(return, "the reference tells no more of a block than it remembers");
	/* Two that had been forgotten, and what joins them. */
	tens(self, 2, 1);
	ASSERT_SACK("1: 11-41 111-121 91-101 71-81");
}

TEST_F(peer, beside_timestamps)
{
	unsigned int i;

	open_sack(_metadata, self, OPT_TS);
	for (i = 1; i < 10; i += 2) {
		tens(self, i, 1);
		ASSERT_TRUE(peer_receive(&self->peer, clock_at_once_ms()));
		ASSERT_TRUE(self->peer.got.opt.seen & OPT_TS);
	}
	ASSERT_STREQ("1: 91-101 71-81 51-61", describe(&self->peer.got));
}

/* RFC 2883 4.1.1: a segment that had been acknowledged. */
TEST_F(peer, dup_of_what_is_acknowledged)
{
	open_sack(_metadata, self, 0);
	tens(self, 0, 3);
	ASSERT_SACK("31:");
	tens(self, 1, 1);
	ASSERT_SACK("31: 11-21");
	/* It is told once. */
	tens(self, 3, 1);
	ASSERT_SACK("41:");
}

/* RFC 2883 4.1.2: the same while there is a hole: then what lies beyond it comes second. */
TEST_F(peer, dup_beside_a_hole)
{
	open_sack(_metadata, self, 0);
	tens(self, 0, 3);
	ASSERT_SACK("31:");
	tens(self, 5, 1);
	ASSERT_SACK("31: 51-61");
	tens(self, 0, 1);
	ASSERT_SACK("31: 1-11 51-61");
	tens(self, 7, 1);
	ASSERT_SACK("31: 71-81 51-61");
}

/* RFC 2883 4.1.3, 4 point 5: of what is held beyond a hole; the block that it is in is second. */
TEST_F(peer, dup_beyond_a_hole)
{
	open_sack(_metadata, self, 0);
	tens(self, 2, 3);
	ASSERT_SACK("1: 21-51");
	tens(self, 7, 1);
	ASSERT_SACK("1: 71-81 21-51");
	tens(self, 3, 1);
	ASSERT_SACK("1: 31-41 21-51 71-81");
	tens(self, 0, 2);
	ASSERT_SACK("51: 71-81");
}

/* RFC 2883 4.2.1: part of it is new. */
TEST_F(peer, dup_in_part)
{
	open_sack(_metadata, self, 0);
	tens(self, 0, 2);
	ASSERT_SACK("21:");
	tens(self, 1, 3);
	ASSERT_SACK("41: 11-21");
	host_reads(_metadata, self, 1, 40);
}

/* What the host sends later says it again. */
TEST_F(peer, blocks_beside_data)
{
	struct peer *p = &self->peer;

	open_sack(_metadata, self, 0);
	tens(self, 1, 1);
	ASSERT_SACK("1: 11-21");
	host_writes(_metadata, self, 1, 100, 0);
	ASSERT_TRUE(peer_receive(p, clock_patience_ms()));
	ASSERT_EQ(100, p->got.len);
	ASSERT_STREQ("1: 11-21", describe(&p->got));
}

/* A segment is never longer than the path takes, with or without blocks. */
TEST_F(peer, full_segments_have_no_room)
{
	struct peer *p = &self->peer;
	const unsigned int most = MSS;
	unsigned int got;

	open_sack(_metadata, self, 0);
	tens(self, 1, 1);
	ASSERT_SACK("1: 11-21");
	host_writes(_metadata, self, 1, 3 * MSS, 0);
	for (got = 0; got < 3 * MSS; got += p->got.len) {
		ASSERT_TRUE(peer_receive(p, clock_patience_ms()));
		ASSERT_LT(0, p->got.len);
		ASSERT_GE(most, p->got.len + (p->got.opt.sacks ? 4 + 8 * p->got.opt.sacks : 0));
	}
}

/* An ACK with news of a hole is no segment of data, and comes before those that it lets go. */
TEST_F(peer, news_come_without_data)
{
	struct peer *p = &self->peer;

	ONLY_XTCP();
	open_sack(_metadata, self, 0);
	p->window = 1000;
	peer_acks(self, 1);
	host_writes(_metadata, self, 1, 3000, 0);
	ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 1, .ack = 1, .len = 1000));
	ASSERT_FALSE(peer_receive(p, 0));
	peer_writes(self, BY_TEN(1), 1001, 10);
	ASSERT_SACK("1: 11-21");
	ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 1001, .ack = 1, .len = 1000));
}

/* RFC 2018 8: what had to make room for what closes the hole is no longer said to be held. */
TEST_F(peer, what_had_to_go)
{
	const int least = 1;
	unsigned int i;

	ONLY_XTCP();
	open_sack(_metadata, self, 0);
	for (i = 1; i <= 10; i++) {
		peer_writes(self, 1 + 2 * i * MSS, 1, MSS);
		ASSERT_TRUE(peer_receive(&self->peer, clock_at_once_ms()));
		ASSERT_LT(0, self->peer.got.opt.sacks);
	}
	ASSERT_EQ(0, setsockopt(self->fd, SOL_SOCKET, SO_RCVBUF, &least, sizeof(least)));
	tens(self, 0, 1);
	ASSERT_SACK("11:");
	host_reads(_metadata, self, 1, 10);
	tens(self, 1, 1);
	ASSERT_SACK("21:");
}

/* A FIN beyond a hole is held like data, and nothing is when it is reached. */
TEST_F(peer, a_fin_ends_it)
{
	struct peer *p = &self->peer;

	open_sack(_metadata, self, 0);
	peer_send(p, .flags = ACK | FIN, .seq = 11, .ack = 1, .len = 2, .data = "xy");
	ASSERT_SACK("1: 11-14");
	tens(self, 0, 1);
	ASSERT_SACK("14:");
	ASSERT_STATE(STATE_CLOSE_WAIT);
}

TEST_HARNESS_MAIN

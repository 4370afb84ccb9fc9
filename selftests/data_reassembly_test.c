// SPDX-License-Identifier: GPL-2.0
/*
 * What arrives: in any order, more than once, overlapping, or beyond the window. The stream comes
 * out right, and the ACKs say each time where it stands.
 */
#include "kselftest_harness.h"
#include "lib/data_fixture.h"

/* Bytes in one round, few enough to fit the window. */
#define ROUND	4000

/* The next segment is an ACK of all before @ack. */
static void expect_ack(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self, uint32_t ack)
{
	ASSERT_FINE(peer_expect(&self->peer, .flags = ACK, .seq = 1, .ack = ack));
}

/* Delayed enough that a slow machine sees it. */
static void slow_acks(const struct host *host)
{
	if (host_is_reference(host))
		return;
	net_sysctl_write("net/xtcp/delack_max_ms", "450");
	net_sysctl_write("net/xtcp/delack_min_ms", "450");
}

/* After some segments a host no longer answers each at once. */
static void end_quick_acks(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self,
			   uint32_t *seq)
{
	const uint32_t from = *seq;
	unsigned int i;

	for (i = 0; i < 20; i++, *seq += MSS) {
		peer_writes(self, *seq, 1, MSS);
		peer_drain(&self->peer);
	}
	/* Leave nothing that is due. */
	while (self->peer.host_ack != *seq)
		ASSERT_TRUE(peer_receive(&self->peer, clock_patience_ms()));
	host_reads(_metadata, self, from, *seq - from);
	peer_drain(&self->peer);
}

/* A host that delays its ACKs for long; *@seq is the peer's next byte. */
static void open_delaying(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self,
			  uint32_t *seq)
{
	slow_acks(&self->host);
	open_stream(_metadata, self, 0);
	end_quick_acks(_metadata, self, seq);
}

/* Where there is a hole is known to @have: what is there of bytes @first to @first + ROUND - 1. */
static uint32_t next_missing(const bool *have, uint32_t first)
{
	uint32_t i;

	for (i = 0; i < ROUND && have[i]; i++)
		;
	return first + i;
}

/* RFC 9293 3.4, 3.10.7.4, RFC 5681 4.2: an ACK for each that is not the next, at once. */
static void deliver(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self, bool *have,
		    uint32_t first, uint32_t offset, size_t len)
{
	uint32_t next;

	peer_writes(self, first + offset, 1, len);
	memset(have + offset, true, len);
	next = next_missing(have, first);
	ASSERT_FINE(peer_expect(&self->peer, .flags = ACK, .seq = 1, .ack = next));
}

static void shuffle(unsigned int *order, unsigned int n, uint64_t *random)
{
	unsigned int i, j, swap;

	for (i = 0; i < n; i++)
		order[i] = i;
	for (i = n - 1; i; i--) {
		j = pattern_random(random) % (i + 1);
		swap = order[i];
		order[i] = order[j];
		order[j] = swap;
	}
}

/* Every order in which four can come. */
TEST_F(peer, all_permutations)
{
	const uint32_t part = ROUND / 4;
	uint32_t first = 1;
	unsigned int a, b, c, d;

	open_stream(_metadata, self, 0);
	for (a = 0; a < 4; a++)
		for (b = 0; b < 4; b++)
			for (c = 0; c < 4; c++) {
				bool have[ROUND] = {};

				d = 6 - a - b - c;
				if (a == b || a == c || b == c)
					continue;
				deliver(_metadata, self, have, first, a * part, part);
				deliver(_metadata, self, have, first, b * part, part);
				deliver(_metadata, self, have, first, c * part, part);
				/* The last in order may be acknowledged by and by. */
				deliver(_metadata, self, have, first, d * part, part);
				host_reads(_metadata, self, first, ROUND);
				host_reads_nothing(_metadata, self);
				first += ROUND;
			}
}

TEST_F(peer, permuted)
{
	const unsigned int parts = 20;
	uint64_t random = 9293;
	unsigned int order[20];
	uint32_t first = 1;
	unsigned int i, n;

	open_stream(_metadata, self, 0);
	for (n = clock_scaled(8, 2); n; n--, first += ROUND) {
		bool have[ROUND] = {};

		shuffle(order, parts, &random);
		for (i = 0; i < parts; i++)
			deliver(_metadata, self, have, first, order[i] * (ROUND / parts),
				ROUND / parts);
		host_reads(_metadata, self, first, ROUND);
		host_reads_nothing(_metadata, self);
	}
}

/* RFC 9293 3.10.7.4, first: what is old is trimmed off; the rest may overlap in any way. */
TEST_F(peer, overlapping)
{
	uint32_t offset, len, first = 1;
	uint64_t random = 793;
	unsigned int n, i;

	open_stream(_metadata, self, 0);
	for (n = clock_scaled(8, 2); n; n--, first += ROUND) {
		bool have[ROUND] = {};

		for (i = 0; i < 20; i++) {
			offset = pattern_random(&random) % ROUND;
			len = 1 + pattern_random(&random) % 700;
			deliver(_metadata, self, have, first, offset,
				len < ROUND - offset ? len : ROUND - offset);
		}
		/* What is missing still, too much at once. */
		while ((offset = next_missing(have, first) - first) < ROUND)
			deliver(_metadata, self, have, first, offset,
				ROUND - offset < 900 ? ROUND - offset : 900);
		host_reads(_metadata, self, first, ROUND);
		host_reads_nothing(_metadata, self);
	}
}

/* All ways in which a segment can lie over another that waits beyond a hole. */
TEST_F(peer, overlap_shapes)
{
	static const struct { uint32_t offset; size_t len; } shapes[] = {
		{ 1000, 200 }, { 1000, 100 }, { 1100, 100 }, { 1050, 100 }, { 900, 400 },
		{ 900, 200 }, { 1100, 200 }, { 900, 300 }, { 1000, 300 }, { 900, 100 },
		{ 1200, 100 }, { 1199, 1 }, { 1000, 1 },
	};
	uint32_t first = 1;
	unsigned int i;

	open_stream(_metadata, self, 0);
	for (i = 0; i < ARRAY_SIZE(shapes); i++, first += ROUND) {
		bool have[ROUND] = {};

		deliver(_metadata, self, have, first, 1000, 200);
		deliver(_metadata, self, have, first, shapes[i].offset, shapes[i].len);
		deliver(_metadata, self, have, first, 0, 1000);
		deliver(_metadata, self, have, first, 800, ROUND - 800);
		host_reads(_metadata, self, first, ROUND);
		host_reads_nothing(_metadata, self);
	}
}

/* RFC 9293 3.10.7.4, first: wholly old, it is dropped, but answered. */
TEST_F(peer, duplicates)
{
	uint32_t seq = 1;
	unsigned int i;

	open_stream(_metadata, self, 0);
	end_quick_acks(_metadata, self, &seq);
	for (i = 0; i < 5; i++) {
		peer_writes(self, seq - MSS, 1, MSS);
		expect_ack(_metadata, self, seq);
		peer_writes(self, 1, 1, 10);
		expect_ack(_metadata, self, seq);
	}
	host_reads_nothing(_metadata, self);
	/* Old and new in one. */
	peer_writes(self, seq - 100, 1, 150);
	expect_ack(_metadata, self, seq + 50);
	host_reads(_metadata, self, seq, 50);
	host_reads_nothing(_metadata, self);
	/* And one that waits already. */
	peer_writes(self, seq + 500, 1, 100);
	expect_ack(_metadata, self, seq + 50);
	peer_writes(self, seq + 500, 1, 100);
	expect_ack(_metadata, self, seq + 50);
	peer_writes(self, seq + 50, 1, 450);
	expect_ack(_metadata, self, seq + 600);
	host_reads(_metadata, self, seq + 50, 550);
	host_reads_nothing(_metadata, self);
}

/* RFC 9293 3.10.7.4, first: "trim off any portions that lie outside the window". */
TEST_F(peer, beyond_window)
{
	struct peer *p = &self->peer;
	uint32_t edge, seq;

	/* It takes what begins within the window to its end. */
	ONLY_XTCP();
	ASSERT_EQ(0, net_sysctl_write("net/xtcp/mem_rcv", "4096 16384 16384"));
	open_stream(_metadata, self, 0);
	edge = 1 + p->got.window;
	ASSERT_EQ(1, p->got.ack);
	ASSERT_LT(MSS, edge);
	ASSERT_GT(STREAM_MAX / 2, edge);

	/* Wholly beyond: nothing of it is kept. */
	peer_writes(self, edge, 1, 500);
	expect_ack(_metadata, self, 1);
	peer_writes(self, edge + 1000, 1, 500);
	expect_ack(_metadata, self, 1);
	/* Across the edge, with a hole before. */
	peer_writes(self, edge - 100, 1, 300);
	expect_ack(_metadata, self, 1);
	/* The hole is filled; the right edge is where it ends. */
	for (seq = 1; seq < edge - 100; seq += 500) {
		peer_writes(self, seq, 1, seq + 500 < edge - 100 ? 500 : edge - 100 - seq);
		ASSERT_TRUE(peer_receive(p, clock_patience_ms()));
		ASSERT_EQ(ACK, p->got.flags);
	}
	peer_drain(p);
	ASSERT_EQ(edge, p->host_ack);
	host_reads(_metadata, self, 1, edge - 1);
	host_reads_nothing(_metadata, self);
	/* What was cut off comes again, and is wanted now. */
	peer_drain(p);
	peer_writes(self, edge, 1, 200);
	expect_ack(_metadata, self, edge + 200);
	host_reads(_metadata, self, edge, 200);
}

/* RFC 9293 3.8.6.3 (SHLD-18), RFC 5681 4.2: a lone segment may wait for company. */
TEST_F(peer, delayed_ack_alone)
{
	struct peer *p = &self->peer;
	uint32_t seq = 1;

	open_delaying(_metadata, self, &seq);
	peer_writes(self, seq, 1, MSS);
	ASSERT_FALSE(peer_receive(p, 0));
	expect_ack(_metadata, self, seq + MSS);
	ASSERT_FINE(peer_expect_nothing(p));
}

/* RFC 9293 3.8.6.3 (MUST-59): the delay is less than half a second, whatever is set. */
TEST_F(peer, delayed_ack_bound)
{
	ONLY_XTCP();
	ASSERT_EQ(0, net_sysctl_write("net/xtcp/delack_max_ms", "499"));
	ASSERT_NE(0, net_sysctl_write("net/xtcp/delack_max_ms", "500"));
}

/* RFC 9293 3.8.6.3 (SHLD-19), RFC 5681 4.2: for every second full-sized one, at once. */
TEST_F(peer, delayed_ack_every_second)
{
	struct peer *p = &self->peer;
	uint32_t seq = 1;
	unsigned int i;

	open_delaying(_metadata, self, &seq);
	for (i = 0; i < 4; i++, seq += 2 * MSS) {
		peer_writes(self, seq, 1, MSS);
		ASSERT_FALSE(peer_receive(p, 0));
		peer_writes(self, seq + MSS, 1, MSS);
		expect_ack(_metadata, self, seq + 2 * MSS);
		host_reads(_metadata, self, seq, 2 * MSS);
	}
	ASSERT_FINE(peer_expect_nothing(p));
}

/* RFC 9293 3.8.6.3: what has an answer needs no ACK of its own. */
TEST_F(peer, delayed_ack_with_data)
{
	struct peer *p = &self->peer;
	uint32_t seq = 1;

	open_delaying(_metadata, self, &seq);
	peer_writes(self, seq, 1, 100);
	ASSERT_FALSE(peer_receive(p, 0));
	host_writes(_metadata, self, 1, 10, 0);
	ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 1, .ack = seq + 100, .len = 10));
	peer_send(p, .flags = ACK, .seq = seq + 100, .ack = 11);
	ASSERT_FALSE(peer_receive(p, 500));
}

/* tcp(7), TCP_QUICKACK: what is pushed, and read, at once, unless its user answers. */
TEST_F(peer, pushed)
{
	struct peer *p = &self->peer;
	uint32_t seq = 1;
	unsigned int i;

	open_delaying(_metadata, self, &seq);
	for (i = 0; i < 3; i++, seq += 100) {
		peer_pushes(self, seq, 1, 100);
		host_reads(_metadata, self, seq, 100);
		ASSERT_TRUE(peer_receive(p, clock_at_once_ms()));
		ASSERT_EQ(seq + 100, p->got.ack);
	}
	host_writes(_metadata, self, 1, 10, 0);
	ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 1, .ack = seq, .len = 10));
	for (i = 0; i < 3; i++, seq += 100) {
		peer_pushes(self, seq, 11 + i * 10, 100);
		host_reads(_metadata, self, seq, 100);
		ASSERT_FALSE(peer_receive(p, 0));
		host_writes(_metadata, self, 11 + i * 10, 10, 0);
		ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 11 + i * 10, .ack = seq + 100,
					.len = 10));
	}
	/* One that is not answered: the next does not wait any more. */
	peer_pushes(self, seq, 41, 100);
	host_reads(_metadata, self, seq, 100);
	ASSERT_FALSE(peer_receive(p, 0));
	ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 41, .ack = seq + 100));
	seq += 100;
	peer_pushes(self, seq, 41, 100);
	host_reads(_metadata, self, seq, 100);
	ASSERT_TRUE(peer_receive(p, clock_at_once_ms()));
	ASSERT_EQ(seq + 100, p->got.ack);
}

/* tcp(7), TCP_QUICKACK: who turns it off is to answer, and who turns it on is not. */
TEST_F(peer, pushed_without_quickack)
{
	struct peer *p = &self->peer;
	uint32_t seq = 1;

	open_delaying(_metadata, self, &seq);
	ASSERT_EQ(0, host_set(self->fd, IPPROTO_TCP, TCP_QUICKACK, 0));
	peer_pushes(self, seq, 1, 100);
	host_reads(_metadata, self, seq, 100);
	ASSERT_FALSE(peer_receive(p, 0));
	expect_ack(_metadata, self, seq + 100);
}

/* A reader that is behind gets what is pushed, too, before it can answer. */
TEST_F(peer, pushed_but_not_read)
{
	struct peer *p = &self->peer;
	uint32_t seq = 1;

	open_delaying(_metadata, self, &seq);
	peer_writes(self, seq, 1, 100);
	peer_pushes(self, seq + 100, 1, 100);
	ASSERT_FALSE(peer_receive(p, 0));
	expect_ack(_metadata, self, seq + 200);
}

/* RFC 5681 4.2: out of order, and what fills a hole, at once, so that the sender learns of it. */
TEST_F(peer, holes_are_reported_at_once)
{
	struct peer *p = &self->peer;
	uint32_t seq = 1;
	unsigned int i;

	open_delaying(_metadata, self, &seq);
	for (i = 1; i < 5; i++) {
		peer_writes(self, seq + i * MSS, 1, MSS);
		ASSERT_TRUE(peer_receive(p, clock_at_once_ms()));
		ASSERT_EQ(seq, p->got.ack);
	}
	peer_writes(self, seq, 1, MSS);
	ASSERT_TRUE(peer_receive(p, clock_at_once_ms()));
	ASSERT_EQ(seq + 5 * MSS, p->got.ack);
	host_reads(_metadata, self, seq, 5 * MSS);
}

static void open_timestamps(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self,
			    uint32_t tsval)
{
	struct peer *p = &self->peer;

	p->syn = (struct segment_options){ .seen = OPT_MSS | OPT_TS, .mss = MSS, .tsval = tsval };
	p->tsval = tsval;
	open_passive(_metadata, self);
}

/* RFC 7323 5.3, R1: older than the last, it is dropped and answered, though in the window. */
TEST_F(peer, paws)
{
	struct peer *p = &self->peer;

	open_timestamps(_metadata, self, 0x80000000);
	p->tsval = 0x80000010;
	peer_writes(self, 1, 1, 100);
	expect_ack(_metadata, self, 101);
	/* By more than one tick, which the reference puts up with. */
	p->tsval = 0x8000000e;
	peer_writes(self, 101, 1, 100);
	expect_ack(_metadata, self, 101);
	peer_writes(self, 201, 1, 100);
	expect_ack(_metadata, self, 101);
	host_reads(_metadata, self, 1, 100);
	host_reads_nothing(_metadata, self);
	p->tsval = 0x80000010;
	peer_writes(self, 101, 1, 100);
	expect_ack(_metadata, self, 201);
	host_reads(_metadata, self, 101, 100);
	host_reads_nothing(_metadata, self);
}

/* RFC 7323 4.3, (A): the echo is of the earliest segment that the ACK is for. */
TEST_F(peer, timestamp_of_delayed_ack)
{
	struct peer *p = &self->peer;
	uint32_t seq = 1;

	slow_acks(&self->host);
	open_timestamps(_metadata, self, 1000);
	end_quick_acks(_metadata, self, &seq);
	p->tsval = 2000;
	peer_writes(self, seq, 1, MSS);
	ASSERT_FALSE(peer_receive(p, 0));
	p->tsval = 3000;
	peer_writes(self, seq + MSS, 1, MSS);
	expect_ack(_metadata, self, seq + 2 * MSS);
	ASSERT_EQ(2000, p->got.opt.tsecr);
}

/* RFC 7323 4.3, (B) and (C): of the last in order, until the hole is filled: of what filled it. */
TEST_F(peer, timestamp_of_hole)
{
	struct peer *p = &self->peer;

	open_timestamps(_metadata, self, 1000);
	p->tsval = 2000;
	peer_writes(self, 1, 1, 100);
	expect_ack(_metadata, self, 101);
	ASSERT_EQ(2000, p->got.opt.tsecr);
	p->tsval = 3000;
	peer_writes(self, 201, 1, 100);
	expect_ack(_metadata, self, 101);
	ASSERT_EQ(2000, p->got.opt.tsecr);
	p->tsval = 3500;
	peer_writes(self, 301, 1, 100);
	expect_ack(_metadata, self, 101);
	ASSERT_EQ(2000, p->got.opt.tsecr);
	p->tsval = 4000;
	peer_writes(self, 101, 1, 100);
	expect_ack(_metadata, self, 401);
	ASSERT_EQ(4000, p->got.opt.tsecr);
}

TEST_HARNESS_MAIN

// SPDX-License-Identifier: GPL-2.0
/*
 * What is lost is sent again before the timer: fast retransmit and fast recovery, with nothing but
 * cumulative ACKs to go by.
 */
#include "kselftest_harness.h"
#include "lib/data_fixture.h"

/* The timers are calm: whatever is sent again, ACKs have caused it. */
static void fill_flight(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self)
{
	open_stream(_metadata, self, 0);
	host_writes(_metadata, self, 1, 10 * MSS, 0);
	expect_full(_metadata, self, 1, 10);
}

/* The reference's timer is not, and a slow script would meet it. */
#define SKIP_REFERENCE() do { \
	if (host_is_reference(&self->host)) \
		SKIP(return, "its timers cannot be calmed"); \
} while (0)

/* RFC 5681 3.2: on the third duplicate, not before; once, not again. */
TEST_F(peer, fast_retransmit)
{
	struct peer *p = &self->peer;
	unsigned int i;

	SKIP_REFERENCE();
	fill_flight(_metadata, self);
	peer_acks(self, 1 + 2 * MSS);
	peer_acks(self, 1 + 2 * MSS);
	peer_acks(self, 1 + 2 * MSS);
	ASSERT_FINE(peer_expect_nothing(p));
	peer_acks(self, 1 + 2 * MSS);
	expect_data(_metadata, self, 1 + 2 * MSS, MSS);
	for (i = 0; i < 4; i++)
		peer_acks(self, 1 + 2 * MSS);
	ASSERT_FINE(peer_expect_nothing(p));
	peer_acks(self, 1 + 10 * MSS);
	ASSERT_FINE(peer_expect_nothing(p));
}

/* RFC 5681 2: what carries data, or changes the window, is no duplicate. */
TEST_F(peer, no_duplicates)
{
	struct peer *p = &self->peer;
	unsigned int i;

	SKIP_REFERENCE();
	fill_flight(_metadata, self);
	for (i = 0; i < 5; i++) {
		p->window--;
		peer_acks(self, 1);
	}
	ASSERT_FINE(peer_expect_nothing(p));
	for (i = 0; i < 5; i++) {
		peer_writes(self, 1 + i * 10, 1, 10);
		ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 1 + 10 * MSS,
					.ack = 11 + i * 10));
	}
	ASSERT_FINE(peer_expect_nothing(p));
}

/* With nothing in flight, an ACK is nothing but an ACK. */
TEST_F(peer, no_duplicates_when_idle)
{
	struct peer *p = &self->peer;
	unsigned int i;

	SKIP_REFERENCE();
	fill_flight(_metadata, self);
	for (i = 0; i < 5; i++)
		peer_acks(self, 1 + 10 * MSS);
	host_writes(_metadata, self, 1 + 10 * MSS, MSS, 0);
	expect_data(_metadata, self, 1 + 10 * MSS, MSS);
	peer_acks(self, 1 + 10 * MSS);
	peer_acks(self, 1 + 10 * MSS);
	ASSERT_FINE(peer_expect_nothing(p));
}

/* RFC 6582 3.2, step 3: an ACK of only a part shows the next hole, without more duplicates. */
TEST_F(peer, partial_acks)
{
	struct peer *p = &self->peer;
	unsigned int i;

	SKIP_REFERENCE();
	fill_flight(_metadata, self);
	/* Lost are the first, the fourth and the eighth. */
	for (i = 0; i < 7; i++)
		peer_acks(self, 1);
	expect_data(_metadata, self, 1, MSS);
	ASSERT_FINE(peer_expect_nothing(p));
	peer_acks(self, 1 + 3 * MSS);
	expect_data(_metadata, self, 1 + 3 * MSS, MSS);
	ASSERT_FINE(peer_expect_nothing(p));
	peer_acks(self, 1 + 7 * MSS);
	expect_data(_metadata, self, 1 + 7 * MSS, MSS);
	ASSERT_FINE(peer_expect_nothing(p));
	peer_acks(self, 1 + 10 * MSS);
	ASSERT_FINE(peer_expect_nothing(p));
	host_writes(_metadata, self, 1 + 10 * MSS, 2 * MSS, 0);
	expect_full(_metadata, self, 1 + 10 * MSS, 2);
}

/* RFC 5681 3.2, equation (4): half of the flight is the new threshold; and so is the window. */
TEST_F(peer, window_halved)
{
	struct peer *p = &self->peer;
	struct tcp_info info;
	unsigned int i;

	SKIP_REFERENCE();
	fill_flight(_metadata, self);
	for (i = 0; i < 3; i++)
		peer_acks(self, 1);
	expect_data(_metadata, self, 1, MSS);
	ASSERT_EQ(0, host_info(self->fd, &info));
	ASSERT_EQ(5, info.tcpi_snd_ssthresh);
	peer_acks(self, 1 + 10 * MSS);
	host_writes(_metadata, self, 1 + 10 * MSS, 20 * MSS, 0);
	expect_full(_metadata, self, 1 + 10 * MSS, 5);
	ASSERT_FINE(peer_expect_nothing(p));
}

/*
 * RFC 5681 3.2, RFC 6582 3.2: each duplicate is a segment that has left the network; new data may
 * take its place as soon as what is on the way is less than the new window. RFC 3042: and for the
 * first two, in any case.
 */
TEST_F(peer, new_data_in_recovery)
{
	struct peer *p = &self->peer;
	uint32_t next = 1 + 10 * MSS;
	unsigned int i;

	SKIP_REFERENCE();
	fill_flight(_metadata, self);
	host_writes(_metadata, self, next, 10 * MSS, 0);
	ASSERT_FINE(peer_expect_nothing(p));
	peer_acks(self, 1);
	expect_data(_metadata, self, next, MSS);
	peer_acks(self, 1);
	expect_data(_metadata, self, next + MSS, MSS);
	peer_acks(self, 1);
	expect_data(_metadata, self, 1, MSS);
	ASSERT_FINE(peer_expect_nothing(p));
	next += 2 * MSS;
	/* Eleven at most can have arrived. */
	for (i = 3; i < 11; i++)
		peer_acks(self, 1);
	for (i = 0; peer_receive(p, clock_quiet_ms()); i++)
		ASSERT_EQ(next + i * MSS, p->got.seq);
	ASSERT_LE(3, i);
	ASSERT_GE(6, i);
}

/* RFC 6582 3.2, step 1: duplicates that the recovery itself brought about begin no other. */
TEST_F(peer, one_recovery_for_one_flight)
{
	struct peer *p = &self->peer;
	struct tcp_info info;
	unsigned int i;

	SKIP_REFERENCE();
	ONE_OF_EACH();
	set_timers(&self->host);
	fill_flight(_metadata, self);
	/* The timer takes over, and all is sent again, though but the first had arrived. */
	expect_data(_metadata, self, 1, MSS);
	ASSERT_EQ(0, host_info(self->fd, &info));
	for (i = 0; i < 5; i++)
		peer_acks(self, 1);
	while (peer_receive(p, clock_at_once_ms()))
		ASSERT_GE(1 + 2 * MSS, p->got.seq);
	ASSERT_EQ(0, host_info(self->fd, &info));
	ASSERT_EQ(5, info.tcpi_snd_ssthresh);
	peer_acks(self, 1 + 10 * MSS);
}

TEST_HARNESS_MAIN

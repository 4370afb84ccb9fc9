// SPDX-License-Identifier: GPL-2.0
/*
 * SO_TIMESTAMPING of what is sent: which byte passes which station when, whatever segments it goes
 * in, and how often.
 */
#include "kselftest_harness.h"
#include "lib/data_fixture.h"
#include "lib/stamp.h"

#define STAMPS	stamp_list(self->fd, self->host.version)

static int ask(int fd, int flags)
{
	return host_set(fd, SOL_SOCKET, SO_TIMESTAMPING_OLD, flags);
}

/* Every call asks; nothing is sent but what the script waits for. */
static void open_stamped(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self)
{
	net_sysctl_write("net/ipv4/tcp_early_retrans", "0");
	open_stream(_metadata, self, 1);
	ASSERT_EQ(0, ask(self->fd, STAMP_NUMBERS | STAMP_STATIONS));
}

TEST_F(peer, each_station)
{
	open_stamped(_metadata, self);
	EXPECT_STREQ("", STAMPS);
	host_writes(_metadata, self, 1, 100, 0);
	expect_data(_metadata, self, 1, 100);
	EXPECT_STREQ("queued 99, sent 99", STAMPS);
	peer_acks(self, 100);
	EXPECT_STREQ("", STAMPS);
	peer_acks(self, 101);
	EXPECT_STREQ("acked 99", STAMPS);
	host_writes(_metadata, self, 101, 50, 0);
	expect_data(_metadata, self, 101, 50);
	peer_acks(self, 151);
	EXPECT_STREQ("queued 149, sent 149, acked 149", STAMPS);
}

/* What is larger than a segment has passed when its last byte has. */
TEST_F(peer, several_segments)
{
	open_stamped(_metadata, self);
	host_writes(_metadata, self, 1, 3 * MSS, 0);
	expect_full(_metadata, self, 1, 3);
	EXPECT_STREQ("queued 2999, sent 2999", STAMPS);
	peer_acks(self, 1 + MSS);
	peer_acks(self, 1 + 2 * MSS + 1);
	EXPECT_STREQ("", STAMPS);
	peer_acks(self, 1 + 3 * MSS);
	EXPECT_STREQ("acked 2999", STAMPS);
}

/* Its last part waits for the window, and so does the word of it. */
TEST_F(peer, cut_by_the_window)
{
	self->peer.window = 2 * MSS;
	open_stamped(_metadata, self);
	host_writes(_metadata, self, 1, 3 * MSS, 0);
	expect_full(_metadata, self, 1, 2);
	EXPECT_STREQ("", STAMPS);
	peer_acks(self, 1 + 2 * MSS);
	expect_full(_metadata, self, 1 + 2 * MSS, 1);
	EXPECT_STREQ("queued 2999, sent 2999", STAMPS);
	peer_acks(self, 1 + 3 * MSS);
	EXPECT_STREQ("acked 2999", STAMPS);
}

/* What is asked of a byte in the midst of a large segment is told of the piece that has it. */
TEST_F(peer, amid_a_large_segment)
{
	open_stamped(_metadata, self);
	host_writes(_metadata, self, 1, 100, MSG_MORE);
	ASSERT_EQ(0, ask(self->fd, STAMP_NUMBERS));
	host_writes(_metadata, self, 101, 3 * MSS - 100, 0);
	expect_full(_metadata, self, 1, 3);
	EXPECT_STREQ("queued 99, sent 99", STAMPS);
	peer_acks(self, 1 + MSS);
	EXPECT_STREQ("acked 99", STAMPS);
	peer_acks(self, 1 + 3 * MSS);
	EXPECT_STREQ("", STAMPS);
}

/* A hole in front: it has arrived, but not all of the call's bytes have. */
TEST_F(peer, selectively_acknowledged)
{
	struct segment_options opt = { .seen = OPT_SACK, .sacks = 1 };

	self->peer.syn.seen |= OPT_SACK_PERM;
	open_stamped(_metadata, self);
	host_writes(_metadata, self, 1, 3 * MSS, 0);
	expect_full(_metadata, self, 1, 3);
	EXPECT_STREQ("queued 2999, sent 2999", STAMPS);
	opt.sack[0] = (struct segment_sack){ 1 + 2 * MSS, 1 + 3 * MSS };
	peer_send(&self->peer, .flags = ACK, .seq = 1, .ack = 1, .opt = opt);
	clock_sleep_ms(50);
	EXPECT_STREQ("", STAMPS);
	peer_acks(self, 1 + 3 * MSS);
	EXPECT_STREQ("acked 2999", STAMPS);
}

/* What goes out again passes the same stations again, but is acknowledged once. */
TEST_F(peer, sent_again)
{
	wake_timers(&self->host);
	open_stamped(_metadata, self);
	host_writes(_metadata, self, 1, 100, 0);
	expect_data(_metadata, self, 1, 100);
	expect_data(_metadata, self, 1, 100);
	peer_acks(self, 101);
	EXPECT_STREQ("queued 99, sent 99, queued 99, sent 99, acked 99", STAMPS);
}

/* Calls that wait for the window share a segment: the last one is told of its byte. */
TEST_F(peer, calls_share_a_segment)
{
	self->peer.window = 0;
	open_stamped(_metadata, self);
	host_writes(_metadata, self, 1, 100, 0);
	host_writes(_metadata, self, 101, 100, 0);
	EXPECT_STREQ("", STAMPS);
	self->peer.window = 60000;
	peer_acks(self, 1);
	expect_data(_metadata, self, 1, 200);
	peer_acks(self, 201);
	EXPECT_STREQ("queued 199, sent 199, acked 199", STAMPS);
}

/* ... but for MSG_EOR. */
TEST_F(peer, calls_do_not_share)
{
	self->peer.window = 0;
	open_stamped(_metadata, self);
	host_writes(_metadata, self, 1, 100, MSG_EOR);
	host_writes(_metadata, self, 101, 100, 0);
	self->peer.window = 60000;
	peer_acks(self, 1);
	expect_data(_metadata, self, 1, 100);
	expect_data(_metadata, self, 101, 100);
	peer_acks(self, 201);
	EXPECT_STREQ("queued 99, sent 99, queued 199, sent 199, acked 99, acked 199", STAMPS);
}

/* A call may ask for itself, and for other than the socket does. */
TEST_F(peer, by_the_call)
{
	static const uint8_t buf[10];

	open_stamped(_metadata, self);
	ASSERT_EQ(0, ask(self->fd, STAMP_NUMBERS));
	ASSERT_EQ(10, send(self->fd, buf, 10, 0));
	ASSERT_EQ(10, stamp_send(self->fd, buf, 10, SOF_TIMESTAMPING_TX_SCHED, 0));
	EXPECT_STREQ("queued 19", STAMPS);
	ASSERT_EQ(10, stamp_send(self->fd, buf, 10, SOF_TIMESTAMPING_TX_ACK, 0));
	peer_acks(self, 31);
	EXPECT_STREQ("acked 29", STAMPS);
	ASSERT_EQ(0, ask(self->fd, STAMP_NUMBERS | STAMP_STATIONS));
	ASSERT_EQ(10, stamp_send(self->fd, buf, 10, SOF_TIMESTAMPING_TX_SOFTWARE, 0));
	ASSERT_EQ(10, stamp_send(self->fd, buf, 10, 0, 0));
	peer_acks(self, 51);
	EXPECT_STREQ("sent 39", STAMPS);
	/* How it is to be told is the socket's to say. */
	EXPECT_EQ(-EINVAL, stamp_send(self->fd, buf, 10, SOF_TIMESTAMPING_OPT_ID, 0));
}

/* From the first byte that is written, or not acknowledged; from anew each time that it is on. */
TEST_F(peer, counted_from)
{
	open_stamped(_metadata, self);
	ASSERT_EQ(0, ask(self->fd, 0));
	host_writes(_metadata, self, 1, 100, 0);
	ASSERT_EQ(0, ask(self->fd, STAMP_NUMBERS | SOF_TIMESTAMPING_TX_SOFTWARE));
	host_writes(_metadata, self, 101, 50, 0);
	EXPECT_STREQ("sent 49", STAMPS);
	/* It is on already. */
	ASSERT_EQ(0, ask(self->fd, STAMP_NUMBERS | SOF_TIMESTAMPING_TX_SOFTWARE));
	host_writes(_metadata, self, 151, 50, 0);
	EXPECT_STREQ("sent 99", STAMPS);
	ASSERT_EQ(0, ask(self->fd, SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_OPT_TSONLY |
			 SOF_TIMESTAMPING_TX_SOFTWARE));
	host_writes(_metadata, self, 201, 50, 0);
	EXPECT_STREQ("sent 0", STAMPS);
	peer_acks(self, 51);
	ASSERT_EQ(0, ask(self->fd, (STAMP_NUMBERS & ~STAMP_OPT_ID_TCP) |
			 SOF_TIMESTAMPING_TX_SOFTWARE));
	host_writes(_metadata, self, 251, 50, 0);
	EXPECT_STREQ("sent 249", STAMPS);
	EXPECT_EQ(-EINVAL, ask(self->fd, STAMP_OPT_ID_TCP));
}

/* Without SOF_TIMESTAMPING_OPT_TSONLY, with what it was of. */
TEST_F(peer, with_the_data)
{
	static const uint32_t stations[] = { SCM_TSTAMP_SCHED, SCM_TSTAMP_SND, SCM_TSTAMP_ACK };
	const size_t headers = self->host.version == 4 ? 40 : 60;
	struct stamp_told told;
	unsigned int i;

	open_stamped(_metadata, self);
	ASSERT_EQ(0, ask(self->fd, (STAMP_NUMBERS & ~SOF_TIMESTAMPING_OPT_TSONLY) |
			 STAMP_STATIONS));
	host_writes(_metadata, self, 1, 100, 0);
	expect_data(_metadata, self, 1, 100);
	peer_acks(self, 101);
	for (i = 0; i < ARRAY_SIZE(stations); i++) {
		ASSERT_EQ(0, stamp_take(self->fd, self->host.version, &told));
		EXPECT_EQ(stations[i], told.station);
		EXPECT_EQ(99, told.number);
		/* What is queued here has no headers yet. */
		ASSERT_EQ(stations[i] == SCM_TSTAMP_ACK ? 100 : 100 + headers, told.len);
		EXPECT_EQ(100, pattern_check(HOST_SEED, 1, told.data + told.len - 100, 100));
	}
}

/* What nobody reads fills the receive buffer and no more; the connection does not mind. */
TEST_F(peer, nobody_reads)
{
	unsigned int i;

	open_stamped(_metadata, self);
	ASSERT_EQ(0, host_set(self->fd, SOL_SOCKET, SO_RCVBUF, 1));
	for (i = 0; i < 100; i++) {
		host_writes(_metadata, self, 1 + 10 * i, 10, 0);
		expect_data(_metadata, self, 1 + 10 * i, 10);
		peer_acks(self, 11 + 10 * i);
	}
	EXPECT_EQ(0, strncmp("queued 9, sent 9", STAMPS, 16));
}

TEST_HARNESS_MAIN

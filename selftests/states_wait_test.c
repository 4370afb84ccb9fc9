// SPDX-License-Identifier: GPL-2.0
/*
 * TIME-WAIT: what still arrives there, how long it lasts, and what may end it
 * (RFC 9293 3.6, 3.10.7.4; RFC 6191; RFC 1337).
 */
#include "kselftest_harness.h"
#include "lib/peer_fixture.h"

/* The next sequence number is 2 on either side. The listener goes on listening. */
static void go_time_wait(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self)
{
	struct peer *p = &self->peer;

	open_passive(_metadata, self);
	host_closes(self);
	ASSERT_FINE(peer_expect(p, .flags = FIN | ACK, .seq = 1, .ack = 1));
	peer_send(p, .flags = FIN | ACK, .seq = 1, .ack = 2);
	ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 2, .ack = 2));
	ASSERT_STATE(STATE_TIME_WAIT);
}

static void set_rfc1337(const struct host *host, const char *value)
{
	net_sysctl_write(host_is_reference(host) ? "net/ipv4/tcp_rfc1337" : "net/xtcp/rfc1337",
			 value);
}

TEST_F(peer, fin_again)
{
	struct peer *p = &self->peer;
	int i;

	go_time_wait(_metadata, self);
	for (i = 0; i < 3; i++) {
		/* The reference answers the same at most every half second. */
		if (host_is_reference(&self->host))
			clock_sleep_ms(600);
		peer_send(p, .flags = FIN | ACK, .seq = 1, .ack = 2);
		ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 2, .ack = 2));
		ASSERT_STATE(STATE_TIME_WAIT);
	}
}

TEST_F(peer, acks_and_old_data)
{
	struct peer *p = &self->peer;

	go_time_wait(_metadata, self);
	peer_send(p, .flags = ACK, .seq = 2, .ack = 2);
	ASSERT_STATE(STATE_TIME_WAIT);
	peer_send(p, .flags = ACK, .seq = -3, .ack = 2, .data = "old", .len = 3);
	while (peer_receive(p, clock_quiet_ms())) {
		ASSERT_EQ(ACK, p->got.flags);
		ASSERT_EQ(2, p->got.seq);
		ASSERT_EQ(2, p->got.ack);
	}
	ASSERT_STATE(STATE_TIME_WAIT);
}

/* RFC 1337's hazard, and its cure: a RST does not end TIME-WAIT. */
TEST_F(peer, reset_ignored)
{
	struct peer *p = &self->peer;

	set_rfc1337(&self->host, "1");
	go_time_wait(_metadata, self);
	peer_send(p, .flags = RST, .seq = 2);
	peer_send(p, .flags = RST | ACK, .seq = 2, .ack = 2);
	ASSERT_FINE(peer_expect_nothing(p));
	ASSERT_STATE(STATE_TIME_WAIT);
}

TEST_F(peer, reset_ends_it_if_wanted)
{
	struct peer *p = &self->peer;

	set_rfc1337(&self->host, "0");
	go_time_wait(_metadata, self);
	peer_send(p, .flags = RST, .seq = -5000);
	ASSERT_FINE(peer_expect_nothing(p));
	ASSERT_STATE(STATE_TIME_WAIT);
	peer_send(p, .flags = RST, .seq = 2);
	ASSERT_FINE(peer_expect_nothing(p));
	ASSERT_STATE(STATE_NONE);
}

/* RFC 9293 3.10.7.4: a new incarnation begins above all numbers that the old one used. */
TEST_F(peer, new_syn_reopens)
{
	struct peer *p = &self->peer;
	uint32_t old_irs;

	go_time_wait(_metadata, self);
	old_irs = p->irs;
	peer_forget(p);
	p->iss += 100000;
	peer_send(p, .flags = SYN);
	ASSERT_FINE(peer_expect(p, .flags = SYN | ACK, .ack = 1));
	ASSERT_LT(1, (int32_t)(p->irs - old_irs));
	ASSERT_STATE(STATE_SYN_RECEIVED);
	peer_send(p, .flags = ACK, .seq = 1, .ack = 1);
	self->fd = accept_now(self);
	ASSERT_LE(0, self->fd);
	ASSERT_STATE(STATE_ESTABLISHED);
}

/* RFC 5082: not from farther away than the listener's peers. */
TEST_F(peer, new_syn_from_too_far)
{
	const int level = self->host.version == 4 ? IPPROTO_IP : IPPROTO_IPV6;
	const int name = self->host.version == 4 ? IP_MINTTL : IPV6_MINHOPCOUNT;
	const int far = 255;

	go_time_wait(_metadata, self);
	ASSERT_EQ(0, setsockopt(self->listener, level, name, &far, sizeof(far)));
	self->peer.iss += 100000;
	peer_send(&self->peer, .flags = SYN);
	ASSERT_FINE(peer_expect_nothing(&self->peer));
	if (!host_is_reference(&self->host))
		EXPECT_EQ(1, host_counter("DropMinTtl"));
}

TEST_F(peer, old_syn_does_not)
{
	struct peer *p = &self->peer;

	go_time_wait(_metadata, self);
	peer_send(p, .flags = SYN, .seq = -1000);
	ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 2, .ack = 2));
	ASSERT_STATE(STATE_TIME_WAIT);
}

/* RFC 6191: with timestamps the clock decides, not the sequence number. */
TEST_F(peer, timestamp_reopens)
{
	struct peer *p = &self->peer;

	p->tsval = 1000000;
	go_time_wait(_metadata, self);
	peer_send(p, .flags = SYN, .seq = -1000,
		  .opt = { .seen = OPT_MSS | OPT_TS, .mss = 1460, .tsval = 999000 });
	ASSERT_TRUE(peer_receive(p, clock_patience_ms()));
	ASSERT_EQ(ACK, p->got.flags);
	ASSERT_STATE(STATE_TIME_WAIT);

	peer_forget(p);
	peer_send(p, .flags = SYN, .seq = -1000,
		  .opt = { .seen = OPT_MSS | OPT_TS, .mss = 1460, .tsval = 1005000 });
	ASSERT_FINE(peer_expect(p, .flags = SYN | ACK, .ack = -999));
	ASSERT_STATE(STATE_SYN_RECEIVED);
}

/* Nobody listens any more: whatever the answer to a new SYN, nothing opens. */
TEST_F(peer, syn_without_listener)
{
	struct peer *p = &self->peer;

	go_time_wait(_metadata, self);
	close(self->listener);
	self->listener = -1;
	peer_send(p, .flags = SYN, .seq = 100000);
	ASSERT_TRUE(peer_receive(p, clock_patience_ms()));
	ASSERT_FALSE(p->got.flags & SYN);
	ASSERT_TRUE(p->got.flags & (ACK | RST));
	ASSERT_EQ(0, host_count(&self->host, STATE_SYN_RECEIVED));
}

static void wait_until_gone(FIXTURE_DATA(peer) *self)
{
	const uint64_t end = clock_ms() + clock_patience_ms();

	while (connection_state(&self->host, &self->peer, self->fd) == STATE_TIME_WAIT &&
	       clock_ms() < end)
		clock_sleep_ms(10);
}

TEST_F(peer, ends_by_itself)
{
	uint64_t began;

	if (host_is_reference(&self->host))
		SKIP(return, "the reference takes a minute");
	ASSERT_LE(0, net_sysctl_write("net/xtcp/time_wait_ms", "1000"));
	began = clock_ms();
	go_time_wait(_metadata, self);
	wait_until_gone(self);
	ASSERT_STATE(STATE_NONE);
	/* Timers may be late, and jiffies are coarse. */
	ASSERT_LE(950, clock_ms() - began);
}

/* The peer's FIN again means that our last ACK was lost: 2 MSL from now on. */
TEST_F(peer, fin_starts_it_anew)
{
	struct peer *p = &self->peer;
	uint64_t again;

	if (host_is_reference(&self->host))
		SKIP(return, "the reference takes a minute");
	ASSERT_LE(0, net_sysctl_write("net/xtcp/time_wait_ms", "1000"));
	go_time_wait(_metadata, self);
	clock_sleep_ms(600);
	again = clock_ms();
	peer_send(p, .flags = FIN | ACK, .seq = 1, .ack = 2);
	/* A machine so slow that it was over before proves nothing. */
	if (connection_state(&self->host, p, -1) != STATE_TIME_WAIT)
		SKIP(return, "too slow a machine");
	ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 2, .ack = 2));
	wait_until_gone(self);
	ASSERT_STATE(STATE_NONE);
	ASSERT_LE(950, clock_ms() - again);
}

/* A close of ours that the peer never answers ends, too. */
TEST_F(peer, orphan_in_fin_wait_2_ends)
{
	struct peer *p = &self->peer;
	const uint64_t end = clock_ms() + clock_patience_ms();

	if (host_is_reference(&self->host))
		SKIP(return, "the reference takes a minute");
	ASSERT_LE(0, net_sysctl_write("net/xtcp/fin_timeout_ms", "1000"));
	open_passive(_metadata, self);
	host_closes(self);
	ASSERT_FINE(peer_expect(p, .flags = FIN | ACK, .seq = 1, .ack = 1));
	peer_send(p, .flags = ACK, .seq = 1, .ack = 2);
	ASSERT_STATE(STATE_FIN_WAIT_2);
	while (connection_state(&self->host, p, -1) != STATE_NONE && clock_ms() < end)
		clock_sleep_ms(10);
	ASSERT_STATE(STATE_NONE);
}

/* With a program still reading, FIN-WAIT-2 lasts as long as it takes. */
TEST_F(peer, half_closed_in_fin_wait_2_stays)
{
	struct peer *p = &self->peer;

	if (host_is_reference(&self->host))
		SKIP(return, "the reference takes a minute");
	ASSERT_LE(0, net_sysctl_write("net/xtcp/fin_timeout_ms", "1000"));
	open_passive(_metadata, self);
	host_shuts(_metadata, self, 1, 1);
	peer_send(p, .flags = ACK, .seq = 1, .ack = 2);
	ASSERT_STATE(STATE_FIN_WAIT_2);
	clock_sleep_ms(1600);
	ASSERT_STATE(STATE_FIN_WAIT_2);
	peer_send(p, .flags = FIN | ACK, .seq = 1, .ack = 2);
	ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 2, .ack = 2));
	ASSERT_STATE(STATE_TIME_WAIT);
}

TEST_HARNESS_MAIN

// SPDX-License-Identifier: GPL-2.0
/*
 * What is lost is sent again: by the timer, with exponential backoff, until it gives up.
 */
#include "kselftest_harness.h"
#include "lib/data_fixture.h"

/* As the time that a SYN is given, and data. */
static void set_retries(const char *name, const char *value)
{
	char path[64];

	snprintf(path, sizeof(path), "net/xtcp/%s", name);
	net_sysctl_write(path, value);
}

static void wait_for_error(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self, int err)
{
	struct pollfd pfd = { .fd = self->fd, .events = POLLIN };

	ASSERT_EQ(1, poll(&pfd, 1, clock_patience_ms()));
	ASSERT_EQ(POLLERR | POLLHUP, pfd.revents & (POLLERR | POLLHUP));
	ASSERT_EQ(err, host_socket_error(self->fd));
	ASSERT_STATE(STATE_CLOSED);
	ASSERT_STREQ("none", host_state_name(host_state(&self->host, self->peer.host_port,
							self->peer.port)));
}

static void now_established(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self)
{
	peer_send(&self->peer, .flags = ACK, .seq = 1, .ack = 1);
	self->fd = accept_now(self);
	ASSERT_LE(0, self->fd);
}

/* RFC 6298 5.4, 5.5 and 5.6: the earliest, and after twice the time once more. */
TEST_F(peer, backoff)
{
	struct peer *p = &self->peer;
	uint64_t at[5];

	ONE_OF_EACH();
	set_timers(&self->host);
	open_stream(_metadata, self, 0);
	host_writes(_metadata, self, 1, 3 * MSS, 0);
	at[0] = clock_ms();
	expect_full(_metadata, self, 1, 3);
	/* RFC 5681 3.1: the loss window is one segment, whatever was in flight. */
	watch(_metadata, self, 1, 4, at + 1);
	ASSERT_EQ(MSS, p->got.len);
	ASSERT_EQ(MSS, pattern_check(HOST_SEED, 1, p->data, MSS));
	ASSERT_DOUBLING(at, 5);
}

/* RFC 5681 3.1: after a timeout, slow start from one segment on. */
TEST_F(peer, slow_start_after_timeout)
{
	struct peer *p = &self->peer;
	uint32_t last;

	ONE_OF_EACH();
	set_timers(&self->host);
	open_stream(_metadata, self, 0);
	host_writes(_metadata, self, 1, 10 * MSS, 0);
	expect_full(_metadata, self, 1, 10);
	expect_data(_metadata, self, 1, MSS);
	peer_acks(self, 1 + MSS);
	/* Two at the most, before the next timeout. */
	for (last = 1 + MSS; peer_receive(p, rto_unit_ms() / 4); last += MSS) {
		if (p->got.seq != last)
			break;
	}
	ASSERT_LE(1 + 2 * MSS, last);
	ASSERT_GE(1 + 3 * MSS, last);
	/* Then all of it, in the order in which it was lost. */
	peer_acks(self, last);
	ASSERT_FINE(peer_collect(p, last, 1 + 10 * MSS, NULL, true));
}

/*
 * RFC 6298 3, Karn's algorithm: an ACK of what was sent twice tells nothing of the round-trip
 * time; 5: and the timeout stays backed off until there is a sample.
 */
TEST_F(peer, karn)
{
	struct peer *p = &self->peer;
	struct tcp_info before, after;
	unsigned int i;

	ONLY_XTCP();
	ONE_OF_EACH();
	set_timers(&self->host);
	open_stream(_metadata, self, 0);
	host_writes(_metadata, self, 1, MSS, 0);
	expect_data(_metadata, self, 1, MSS);
	peer_acks(self, 1 + MSS);
	ASSERT_EQ(0, host_info(self->fd, &before));
	host_writes(_metadata, self, 1 + MSS, MSS, 0);
	for (i = 0; i < 4; i++)
		expect_data(_metadata, self, 1 + MSS, MSS);
	peer_acks(self, 1 + 2 * MSS);
	ASSERT_EQ(0, host_info(self->fd, &after));
	ASSERT_EQ(before.tcpi_rtt, after.tcpi_rtt);
	ASSERT_EQ(before.tcpi_rttvar, after.tcpi_rttvar);
	ASSERT_LE(4 * before.tcpi_rto, after.tcpi_rto);
	/* One that was sent once ends it. */
	host_writes(_metadata, self, 1 + 2 * MSS, MSS, 0);
	expect_data(_metadata, self, 1 + 2 * MSS, MSS);
	peer_acks(self, 1 + 3 * MSS);
	ASSERT_EQ(0, host_info(self->fd, &after));
	ASSERT_GT(4 * before.tcpi_rto, after.tcpi_rto);
	ASSERT_EQ(3, after.tcpi_total_retrans);
	ASSERT_FINE(peer_expect_nothing(p));
}

/* RFC 7323 4.1: an echoed timestamp tells which of them it was; so there is no ambiguity. */
TEST_F(peer, timestamp_sample)
{
	struct peer *p = &self->peer;
	struct tcp_info before, after;

	ONLY_XTCP();
	ONE_OF_EACH();
	set_timers(&self->host);
	p->syn.seen |= OPT_TS;
	p->syn.tsval = 1000;
	p->tsval = 1000;
	open_stream(_metadata, self, 0);
	host_writes(_metadata, self, 1, 100, 0);
	expect_data(_metadata, self, 1, 100);
	ASSERT_EQ(0, host_info(self->fd, &before));
	expect_data(_metadata, self, 1, 100);
	expect_data(_metadata, self, 1, 100);
	/* It echoes the last. */
	peer_acks(self, 101);
	ASSERT_EQ(0, host_info(self->fd, &after));
	ASSERT_GT(2 * before.tcpi_rto, after.tcpi_rto);
}

/* RFC 9293 3.8.3, RFC 1122 4.2.3.5: so many retransmissions, then the user is told. */
TEST_F(peer, data_times_out)
{
	struct peer *p = &self->peer;
	unsigned int sent = 0;

	ONLY_XTCP();
	ONE_OF_EACH();
	set_timers(&self->host);
	set_retries("retries2", "3");
	open_stream(_metadata, self, 0);
	host_writes(_metadata, self, 1, 100, 0);
	wait_for_error(_metadata, self, ETIMEDOUT);
	ASSERT_EQ(0, read(self->fd, p->text, 1));
	ASSERT_EQ(-1, send(self->fd, "x", 1, MSG_NOSIGNAL));
	ASSERT_EQ(EPIPE, errno);
	for (; peer_receive(p, clock_at_once_ms()); sent++) {
		ASSERT_EQ(1, p->got.seq);
		ASSERT_EQ(100, p->got.len);
	}
	ASSERT_EQ(1 + 3, sent);
}

/* A FIN is data in this respect; nobody is there to be told, but it must end. */
TEST_F(peer, orphan_times_out)
{
	const uint64_t end = clock_ms() + clock_patience_ms();
	struct peer *p = &self->peer;
	uint64_t at[4];

	ONLY_XTCP();
	ONE_OF_EACH();
	set_timers(&self->host);
	set_retries("orphan_retries", "3");
	open_stream(_metadata, self, 0);
	host_closes(self);
	ASSERT_FINE(peer_expect(p, .flags = FIN | ACK, .seq = 1, .ack = 1));
	at[0] = clock_ms();
	watch(_metadata, self, 1, 3, at + 1);
	ASSERT_EQ(FIN | ACK, p->got.flags);
	ASSERT_DOUBLING(at, 4);
	while (host_state(&self->host, p->host_port, p->port) != STATE_NONE) {
		ASSERT_GT(end, clock_ms());
		clock_sleep_ms(10);
	}
}

/* RFC 9293 3.8.3 (MUST-23), RFC 6298: SYNs too, with the same number each time. */
TEST_F(peer, syn_times_out)
{
	struct peer *p = &self->peer;
	uint64_t at[4];

	ONLY_XTCP();
	ONE_OF_EACH();
	set_timers(&self->host);
	set_retries("syn_retries", "3");
	begin_active(_metadata, self);
	at[0] = clock_ms();
	watch(_metadata, self, 0, 3, at + 1);
	ASSERT_EQ(SYN, p->got.flags);
	ASSERT_DOUBLING(at, 4);
	wait_for_error(_metadata, self, ETIMEDOUT);
	ASSERT_FINE(peer_expect_nothing(p));
}

/* RFC 9293 3.10.7.4: the half-open end likewise; it vanishes, and nobody hears of it. */
TEST_F(peer, syn_ack_times_out)
{
	const uint64_t end = clock_ms() + clock_patience_ms();
	struct peer *p = &self->peer;
	uint64_t at[4];

	ONLY_XTCP();
	ONE_OF_EACH();
	set_timers(&self->host);
	set_retries("synack_retries", "3");
	begin_passive(_metadata, self);
	at[0] = clock_ms();
	watch(_metadata, self, 0, 3, at + 1);
	ASSERT_EQ(SYN | ACK, p->got.flags);
	ASSERT_EQ(1, p->got.ack);
	ASSERT_DOUBLING(at, 4);
	while (host_state(&self->host, p->host_port, p->port) != STATE_NONE) {
		ASSERT_GT(end, clock_ms());
		clock_sleep_ms(10);
	}
	ASSERT_FINE(peer_expect_nothing(p));
	ASSERT_EQ(-EAGAIN, accept_now(self));
}

/* RFC 6298 5.7: a SYN that was sent twice has taught caution; RFC 5681 3.1, RFC 6928 2: as well. */
TEST_F(peer, syn_sent_again)
{
	struct peer *p = &self->peer;
	struct tcp_info info;

	ONLY_XTCP();
	ONE_OF_EACH();
	set_timers(&self->host);
	p->syn.mss = MSS;
	begin_active(_metadata, self);
	ASSERT_FINE(peer_expect(p, .flags = SYN));
	ASSERT_FINE(peer_expect(p, .flags = SYN));
	peer_send(p, .flags = SYN | ACK, .ack = 1);
	ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 1, .ack = 1));
	ASSERT_EQ(0, host_info(self->fd, &info));
	ASSERT_LE(3000000, info.tcpi_rto);
	host_writes(_metadata, self, 1, 4 * MSS, 0);
	expect_data(_metadata, self, 1, MSS);
	ASSERT_FINE(peer_expect_nothing(p));
}

TEST_F(peer, syn_ack_sent_again)
{
	struct peer *p = &self->peer;
	struct tcp_info info;

	ONLY_XTCP();
	ONE_OF_EACH();
	set_timers(&self->host);
	p->syn.mss = MSS;
	begin_passive(_metadata, self);
	ASSERT_FINE(peer_expect(p, .flags = SYN | ACK, .ack = 1));
	ASSERT_FINE(peer_expect(p, .flags = SYN | ACK, .ack = 1));
	now_established(_metadata, self);
	ASSERT_EQ(0, host_info(self->fd, &info));
	ASSERT_LE(3000000, info.tcpi_rto);
	host_writes(_metadata, self, 1, 4 * MSS, 0);
	expect_data(_metadata, self, 1, MSS);
	ASSERT_FINE(peer_expect_nothing(p));
}

TEST_HARNESS_MAIN

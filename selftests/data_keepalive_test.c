// SPDX-License-Identifier: GPL-2.0
/*
 * Whether the peer is there still: keepalive, and for how long its silence is borne.
 */
#include "kselftest_harness.h"
#include "lib/data_fixture.h"

/* Milliseconds, where the options of the socket have seconds. */
static void set_keepalive(const char *idle, const char *interval, const char *probes)
{
	net_sysctl_write("net/xtcp/keepalive_idle_ms", idle);
	net_sysctl_write("net/xtcp/keepalive_interval_ms", interval);
	net_sysctl_write("net/xtcp/keepalive_probes", probes);
}

/* A connection whose listener has an option set. */
static void open_child(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self, int level,
		       int name, int value)
{
	struct peer *p = &self->peer;

	p->syn.mss = MSS;
	start_listener(_metadata, self);
	ASSERT_EQ(0, host_set(self->listener, level, name, value));
	peer_send(p, .flags = SYN);
	ASSERT_FINE(peer_expect(p, .flags = SYN | ACK, .ack = 1));
	peer_send(p, .flags = ACK, .seq = 1, .ack = 1);
	self->fd = accept_now(self);
	ASSERT_LE(0, self->fd);
}

static void expect_probe(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self, uint32_t seq)
{
	ASSERT_FINE(peer_expect(&self->peer, .flags = ACK, .seq = seq - 1, .ack = 1));
}

static void wait_for_timeout(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self)
{
	struct pollfd pfd = { .fd = self->fd };

	ASSERT_EQ(1, poll(&pfd, 1, clock_patience_ms()));
	ASSERT_EQ(ETIMEDOUT, host_socket_error(self->fd));
	ASSERT_STATE(STATE_CLOSED);
}

static int probes_of(int fd)
{
	struct tcp_info info;

	return host_info(fd, &info) ? -1 : info.tcpi_probes;
}

/* RFC 9293 3.8.4, the option inherited from the listener, the times from the namespace. */
TEST_F(peer, keepalive_ends)
{
	struct peer *p = &self->peer;
	unsigned int i;

	ONLY_XTCP();
	set_keepalive("100", "50", "3");
	open_child(_metadata, self, SOL_SOCKET, SO_KEEPALIVE, 1);
	for (i = 1; i <= 3; i++)
		expect_probe(_metadata, self, 1);
	ASSERT_FINE(peer_expect(p, .flags = RST | ACK, .seq = 1, .ack = 1));
	wait_for_timeout(_metadata, self);
	ASSERT_FINE(peer_expect_nothing(p));
	ASSERT_EQ(3, host_counter("KeepaliveProbes"));
	ASSERT_EQ(1, host_counter("GivenUp"));
}

/* Who answers each time lives for ever; whoever does so late, as long as he is asked. */
TEST_F(peer, keepalive_answered)
{
	unsigned int i;

	ONLY_XTCP();
	set_keepalive("100", "100", "2");
	open_child(_metadata, self, SOL_SOCKET, SO_KEEPALIVE, 1);
	for (i = 0; i < 4; i++) {
		expect_probe(_metadata, self, 1);
		if (i == 3)
			expect_probe(_metadata, self, 1);
		ASSERT_LE(1, probes_of(self->fd));
		peer_acks(self, 1);
		ASSERT_EQ(0, probes_of(self->fd));
	}
	expect_probe(_metadata, self, 1);
	ASSERT_STATE(STATE_ESTABLISHED);
}

/*
 * RFC 9293 3.8.4 (MUST-26): only while nothing is in flight. Data is asked after by the
 * retransmission timer, and keepalive goes on when it has arrived; so it does behind probes that
 * were not answered.
 */
TEST_F(peer, keepalive_behind_data)
{
	ONLY_XTCP();
	set_timers(&self->host);
	set_keepalive("300", "300", "2");
	open_child(_metadata, self, SOL_SOCKET, SO_KEEPALIVE, 1);
	expect_probe(_metadata, self, 1);
	host_writes(_metadata, self, 1, 100, 0);
	expect_data(_metadata, self, 1, 100);
	expect_data(_metadata, self, 1, 100);
	expect_data(_metadata, self, 1, 100);
	peer_acks(self, 101);
	expect_probe(_metadata, self, 101);
	expect_probe(_metadata, self, 101);
	ASSERT_STATE(STATE_ESTABLISHED);
}

/* Nor unless it is asked for (MUST-25), and not any more once it is not. */
TEST_F(peer, keepalive_is_off)
{
	ONLY_XTCP();
	ONE_OF_EACH();
	set_keepalive("50", "50", "2");
	open_passive(_metadata, self);
	clock_sleep_ms(200);
	ASSERT_FINE(peer_expect_nothing(&self->peer));
	ASSERT_EQ(0, host_set(self->fd, SOL_SOCKET, SO_KEEPALIVE, 1));
	expect_probe(_metadata, self, 1);
	ASSERT_EQ(0, host_set(self->fd, SOL_SOCKET, SO_KEEPALIVE, 0));
	peer_drain(&self->peer);
	clock_sleep_ms(200);
	ASSERT_FINE(peer_expect_nothing(&self->peer));
}

/* Setting it once more puts nothing off. */
TEST_F(peer, keepalive_set_again)
{
	const uint64_t end = clock_ms() + clock_patience_ms();

	ONLY_XTCP();
	ONE_OF_EACH();
	set_keepalive("1000", "1000", "2");
	open_child(_metadata, self, SOL_SOCKET, SO_KEEPALIVE, 1);
	while (!peer_receive(&self->peer, 0)) {
		ASSERT_GT(end, clock_ms());
		ASSERT_EQ(0, host_set(self->fd, SOL_SOCKET, SO_KEEPALIVE, 1));
		clock_sleep_ms(100);
	}
	ASSERT_EQ(0, self->peer.got.seq);
}

/* tcp(7): TCP_USER_TIMEOUT says when it ends, whatever TCP_KEEPCNT does; not how often is asked. */
TEST_F(peer, user_timeout_of_keepalive)
{
	struct peer *p = &self->peer;
	unsigned int probes = 0;
	uint64_t begin;

	ONLY_XTCP();
	set_keepalive("100", "50", "1");
	open_child(_metadata, self, IPPROTO_TCP, TCP_USER_TIMEOUT, 400);
	begin = clock_ms();
	ASSERT_EQ(0, host_set(self->fd, SOL_SOCKET, SO_KEEPALIVE, 1));
	for (;;) {
		ASSERT_TRUE(peer_receive(p, clock_patience_ms()));
		if (p->got.flags != ACK)
			break;
		ASSERT_EQ(0, p->got.seq);
		probes++;
	}
	ASSERT_EQ(RST | ACK, p->got.flags);
	wait_for_timeout(_metadata, self);
	ASSERT_LE(2, probes);
	ASSERT_LE(400, clock_ms() - begin);
}

/*
 * RFC 9293 3.8.3, RFC 5482: the user's timeout rather than a number of retransmissions, of which
 * the first is made in any case. A listener's is its children's.
 */
TEST_F(peer, user_timeout_of_data)
{
	const int timeout = host_is_reference(&self->host) ? 1500 : 20 * rto_unit_ms();
	struct peer *p = &self->peer;
	unsigned int sent = 0;
	uint64_t begin;

	ONE_OF_EACH();
	set_timers(&self->host);
	if (!host_is_reference(&self->host))
		ASSERT_EQ(0, net_sysctl_write("net/xtcp/retries2", "1"));
	open_child(_metadata, self, IPPROTO_TCP, TCP_USER_TIMEOUT, timeout);
	begin = clock_ms();
	host_writes(_metadata, self, 1, 100, 0);
	wait_for_timeout(_metadata, self);
	ASSERT_LE((uint64_t)timeout, clock_ms() - begin);
	while (peer_receive(p, 0)) {
		ASSERT_EQ(1, p->got.seq);
		sent++;
	}
	ASSERT_LE(3, sent);
}

/* An ACK of something new begins it again. The timeout stays backed off meanwhile. */
TEST_F(peer, user_timeout_begins_again)
{
	struct peer *p = &self->peer;
	unsigned int i;

	ONLY_XTCP();
	ONE_OF_EACH();
	set_timers(&self->host);
	open_child(_metadata, self, IPPROTO_TCP, TCP_USER_TIMEOUT, 14 * rto_unit_ms());
	for (i = 0; i < 2; i++) {
		host_writes(_metadata, self, 1 + 100 * i, 100, 0);
		/* Twice in vain. */
		expect_data(_metadata, self, 1 + 100 * i, 100);
		expect_data(_metadata, self, 1 + 100 * i, 100);
		expect_data(_metadata, self, 1 + 100 * i, 100);
		clock_sleep_ms(3 * rto_unit_ms());
		peer_drain(p);
		peer_acks(self, 101 + 100 * i);
	}
	ASSERT_STATE(STATE_ESTABLISHED);
}

/* Set while the timer already waits for long: it does not any more. */
TEST_F(peer, user_timeout_at_once)
{
	struct peer *p = &self->peer;
	uint64_t at[5];

	ONLY_XTCP();
	ONE_OF_EACH();
	set_timers(&self->host);
	open_stream(_metadata, self, 0);
	host_writes(_metadata, self, 1, 100, 0);
	watch(_metadata, self, 1, 5, at);
	ASSERT_EQ(0, host_set(self->fd, IPPROTO_TCP, TCP_USER_TIMEOUT, 1));
	wait_for_timeout(_metadata, self);
	ASSERT_FINE(peer_expect_nothing(p));
}

/* tcp(7): data that a closed window keeps back likewise, though the peer answers each probe. */
TEST_F(peer, user_timeout_of_window)
{
	const int timeout = host_is_reference(&self->host) ? 1000 : 20 * rto_unit_ms();
	struct peer *p = &self->peer;
	unsigned int probes = 0;
	uint64_t begin;

	ONE_OF_EACH();
	set_timers(&self->host);
	open_stream(_metadata, self, 0);
	ASSERT_EQ(0, host_set(self->fd, IPPROTO_TCP, TCP_USER_TIMEOUT, timeout));
	p->window = 0;
	peer_acks(self, 1);
	begin = clock_ms();
	host_writes(_metadata, self, 1, 100, 0);
	while (host_info(self->fd, &(struct tcp_info){}) == 0 &&
	       peer_receive(p, clock_patience_ms()) && p->got.flags == ACK) {
		ASSERT_EQ(0, p->got.seq);
		probes++;
		peer_acks(self, 1);
		/* The reference says nothing at its end. */
		if (connection_state(&self->host, p, self->fd) == STATE_CLOSED)
			break;
		if (host_is_reference(&self->host) && clock_ms() - begin > 900)
			break;
	}
	wait_for_timeout(_metadata, self);
	ASSERT_LE(2, probes);
	ASSERT_LE((uint64_t)timeout, clock_ms() - begin);
}

/* Without, for as long as it answers; and a window that opens ends the waiting. */
TEST_F(peer, window_closed_for_long)
{
	struct peer *p = &self->peer;
	unsigned int i;

	ONLY_XTCP();
	ONE_OF_EACH();
	set_timers(&self->host);
	ASSERT_EQ(0, net_sysctl_write("net/xtcp/retries2", "2"));
	ASSERT_EQ(0, net_sysctl_write("net/xtcp/rto_max_ms", "400"));
	open_stream(_metadata, self, 0);
	p->window = 0;
	peer_acks(self, 1);
	host_writes(_metadata, self, 1, 100, 0);
	for (i = 0; i < 8; i++) {
		expect_probe(_metadata, self, 1);
		peer_acks(self, 1);
	}
	ASSERT_EQ(0, host_set(self->fd, IPPROTO_TCP, TCP_USER_TIMEOUT, 1000000));
	p->window = 1000;
	peer_acks(self, 1);
	expect_data(_metadata, self, 1, 100);
	ASSERT_EQ(0, probes_of(self->fd));
}

/* The kernel's TCP has it for the handshake as well. */
TEST_F(peer, user_timeout_of_syn)
{
	struct peer *p = &self->peer;
	unsigned int sent = 0;

	ONLY_XTCP();
	ONE_OF_EACH();
	set_timers(&self->host);
	self->fd = host_socket(&self->host, SOCK_NONBLOCK | SOCK_CLOEXEC);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, host_set(self->fd, IPPROTO_TCP, TCP_USER_TIMEOUT, 6 * rto_unit_ms()));
	ASSERT_EQ(-EINPROGRESS, host_connect(&self->host, self->fd, "peer", p->port));
	wait_for_timeout(_metadata, self);
	for (; peer_receive(p, clock_at_once_ms()); sent++)
		ASSERT_EQ(SYN, p->got.flags);
	ASSERT_LE(2, sent);
	ASSERT_GE(5, sent);
}

TEST_HARNESS_MAIN

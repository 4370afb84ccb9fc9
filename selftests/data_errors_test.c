// SPDX-License-Identifier: GPL-2.0
/*
 * What the network says of a connection by ICMP, and how its end is told (RFC 1122 4.2.3.9,
 * RFC 5461, RFC 5927).
 */
#include "kselftest_harness.h"
#include "lib/data_fixture.h"

/* "Port unreachable": a hard error. */
static void port_unreachable(FIXTURE_DATA(peer) *self, uint32_t seq)
{
	if (self->host.version == 4)
		peer_send_icmp(&self->peer, 3, 3, 0, seq);
	else
		peer_send_icmp(&self->peer, 1, 4, 0, seq);
}

/* "Host unreachable", "address unreachable": a soft error. */
static void host_unreachable(FIXTURE_DATA(peer) *self, uint32_t seq)
{
	if (self->host.version == 4)
		peer_send_icmp(&self->peer, 3, 1, 0, seq);
	else
		peer_send_icmp(&self->peer, 1, 3, 0, seq);
}

static void wait_for_error(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self, int err)
{
	struct pollfd pfd = { .fd = self->fd, .events = POLLIN };

	ASSERT_EQ(1, poll(&pfd, 1, clock_patience_ms()));
	ASSERT_EQ(err, host_socket_error(self->fd));
	ASSERT_STATE(STATE_CLOSED);
}

/* RFC 9293 3.10.7.3: a RST that acknowledges the SYN. */
TEST_F(peer, refused)
{
	struct peer *p = &self->peer;

	begin_active(_metadata, self);
	peer_send(p, .flags = RST | ACK, .ack = 1);
	wait_for_error(_metadata, self, ECONNREFUSED);
	ASSERT_FINE(peer_expect_nothing(p));
}

/* RFC 9293 3.9.2.2 (MUST-56): an attempt is ended by a hard error. */
TEST_F(peer, hard_in_syn_sent)
{
	begin_active(_metadata, self);
	port_unreachable(self, 0);
	wait_for_error(_metadata, self, ECONNREFUSED);
}

/* RFC 5927 4.1: of what was never sent, it is a forgery. */
TEST_F(peer, hard_with_wrong_sequence)
{
	struct peer *p = &self->peer;

	begin_active(_metadata, self);
	/* It takes the next number for one that was sent. */
	if (!host_is_reference(&self->host))
		port_unreachable(self, 1);
	port_unreachable(self, -1);
	port_unreachable(self, 0x80000000);
	ASSERT_EQ(0, host_socket_error(self->fd));
	ASSERT_STATE(STATE_SYN_SENT);
	peer_send(p, .flags = SYN | ACK, .ack = 1);
	ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 1, .ack = 1));
	ASSERT_STATE(STATE_ESTABLISHED);
}

/* RFC 9293 3.9.2.2 (MUST-56): a soft error must not end even an attempt. */
TEST_F(peer, soft_in_syn_sent)
{
	struct peer *p = &self->peer;

	/* It does, as RFC 5461 4 says of many. */
	ONLY_XTCP();
	begin_active(_metadata, self);
	host_unreachable(self, 0);
	ASSERT_STATE(STATE_SYN_SENT);
	peer_send(p, .flags = SYN | ACK, .ack = 1);
	ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 1, .ack = 1));
	ASSERT_STATE(STATE_ESTABLISHED);
	ASSERT_EQ(0, host_socket_error(self->fd));
}

/* RFC 1122 4.2.3.9: but when the time is up, it says why. */
TEST_F(peer, soft_in_syn_sent_at_last)
{
	ONLY_XTCP();
	ONE_OF_EACH();
	set_timers(&self->host);
	net_sysctl_write("net/xtcp/syn_retries", "2");
	begin_active(_metadata, self);
	host_unreachable(self, 0);
	wait_for_error(_metadata, self, EHOSTUNREACH);
}

/* RFC 5927 6: a connection that was established outlives hard errors, too. */
TEST_F(peer, hard_in_established)
{
	struct peer *p = &self->peer;

	open_stream(_metadata, self, 1);
	host_writes(_metadata, self, 1, 100, 0);
	expect_data(_metadata, self, 1, 100);
	port_unreachable(self, 1);
	if (self->host.version == 4)
		peer_send_icmp(p, 3, 2, 0, 1);
	ASSERT_STATE(STATE_ESTABLISHED);
	host_writes(_metadata, self, 101, 100, 0);
	expect_data(_metadata, self, 101, 100);
}

TEST_F(peer, soft_in_established)
{
	struct peer *p = &self->peer;

	open_stream(_metadata, self, 1);
	host_writes(_metadata, self, 1, 100, 0);
	expect_data(_metadata, self, 1, 100);
	host_unreachable(self, 1);
	ASSERT_STATE(STATE_ESTABLISHED);
	peer_acks(self, 101);
	peer_writes(self, 1, 101, 10);
	ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 101, .ack = 11));
	host_reads(_metadata, self, 1, 10);
}

/* RFC 1122 4.2.3.9: "make the information available to the application", when it gives up. */
TEST_F(peer, soft_in_established_at_last)
{
	ONLY_XTCP();
	ONE_OF_EACH();
	set_timers(&self->host);
	net_sysctl_write("net/xtcp/retries2", "2");
	open_stream(_metadata, self, 1);
	host_writes(_metadata, self, 1, 100, 0);
	expect_data(_metadata, self, 1, 100);
	host_unreachable(self, 1);
	wait_for_error(_metadata, self, EHOSTUNREACH);
}

/* What was in the way is not any more. */
TEST_F(peer, soft_forgotten)
{
	ONLY_XTCP();
	ONE_OF_EACH();
	set_timers(&self->host);
	net_sysctl_write("net/xtcp/retries2", "2");
	open_stream(_metadata, self, 1);
	host_writes(_metadata, self, 1, 100, 0);
	expect_data(_metadata, self, 1, 100);
	host_unreachable(self, 1);
	peer_acks(self, 101);
	host_writes(_metadata, self, 101, 100, 0);
	wait_for_error(_metadata, self, ETIMEDOUT);
}

TEST_F(peer, soft_with_wrong_sequence)
{
	ONLY_XTCP();
	ONE_OF_EACH();
	set_timers(&self->host);
	net_sysctl_write("net/xtcp/retries2", "2");
	open_stream(_metadata, self, 1);
	host_writes(_metadata, self, 1, 100, 0);
	expect_data(_metadata, self, 1, 100);
	host_unreachable(self, 0);
	host_unreachable(self, 101);
	host_unreachable(self, 0x80000000);
	wait_for_error(_metadata, self, ETIMEDOUT);
}

/* Of the half-open: a hard error ends it, if it is about the SYN-ACK itself. */
TEST_F(peer, hard_in_syn_received)
{
	struct peer *p = &self->peer;

	/* It drops the entry for none of them. */
	ONLY_XTCP();
	begin_passive(_metadata, self);
	port_unreachable(self, 1);
	port_unreachable(self, -1);
	host_unreachable(self, 0);
	ASSERT_STATE(STATE_SYN_RECEIVED);
	port_unreachable(self, 0);
	ASSERT_STATE(STATE_NONE);
	peer_send(p, .flags = RST, .seq = 1);
	ASSERT_FINE(peer_expect_nothing(p));
}

TEST_HARNESS_MAIN

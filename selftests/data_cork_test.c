// SPDX-License-Identifier: GPL-2.0
/*
 * What waits, because the user says so: data for more of it (TCP_CORK), an acknowledgment for data
 * to go with (TCP_QUICKACK). And what TCP_INFO says of what has waited for what.
 */
#include "kselftest_harness.h"
#include "lib/data_fixture.h"

/* tcp(7): no partial frames, until it is taken off; full ones are not held up. */
TEST_F(peer, cork)
{
	struct peer *p = &self->peer;

	open_stream(_metadata, self, 1);
	ASSERT_EQ(0, host_set(self->fd, IPPROTO_TCP, TCP_CORK, 1));
	host_writes(_metadata, self, 1, 100, 0);
	ASSERT_FINE(peer_expect_nothing(p));
	host_writes(_metadata, self, 101, MSS, 0);
	expect_data(_metadata, self, 1, MSS);
	host_writes(_metadata, self, 101 + MSS, 50, 0);
	peer_acks(self, 1 + MSS);
	ASSERT_FINE(peer_expect_nothing(p));
	ASSERT_EQ(0, host_set(self->fd, IPPROTO_TCP, TCP_CORK, 0));
	expect_data(_metadata, self, 1 + MSS, 150);
	/* And from then on everything goes as usual. */
	host_writes(_metadata, self, 151 + MSS, 10, 0);
	expect_data(_metadata, self, 151 + MSS, 10);
}

/* The end of the stream is the end of what could be waited for. */
TEST_F(peer, cork_and_fin)
{
	open_stream(_metadata, self, 0);
	ASSERT_EQ(0, host_set(self->fd, IPPROTO_TCP, TCP_CORK, 1));
	host_writes(_metadata, self, 1, 100, 0);
	ASSERT_FINE(peer_expect_nothing(&self->peer));
	ASSERT_EQ(0, shutdown(self->fd, SHUT_WR));
	ASSERT_FINE(peer_expect(&self->peer, .flags = FIN | ACK, .seq = 1, .ack = 1, .len = 100));
}

/* tcp(7), TCP_NODELAY: setting it is a push, even of corked data; but the cork stays in. */
TEST_F(peer, cork_and_nodelay)
{
	struct peer *p = &self->peer;

	open_stream(_metadata, self, 0);
	ASSERT_EQ(0, host_set(self->fd, IPPROTO_TCP, TCP_CORK, 1));
	host_writes(_metadata, self, 1, 100, 0);
	ASSERT_FINE(peer_expect_nothing(p));
	ASSERT_EQ(0, host_set(self->fd, IPPROTO_TCP, TCP_NODELAY, 1));
	expect_data(_metadata, self, 1, 100);
	host_writes(_metadata, self, 101, 100, 0);
	ASSERT_FINE(peer_expect_nothing(p));
	ASSERT_EQ(0, host_set(self->fd, IPPROTO_TCP, TCP_CORK, 0));
	expect_data(_metadata, self, 101, 100);
}

/* Nagle's algorithm has its say when the cork is out; and what it holds back, a cork does then. */
TEST_F(peer, cork_and_nagle)
{
	struct peer *p = &self->peer;

	open_stream(_metadata, self, 0);
	host_writes(_metadata, self, 1, 10, 0);
	expect_data(_metadata, self, 1, 10);
	ASSERT_EQ(0, host_set(self->fd, IPPROTO_TCP, TCP_CORK, 1));
	host_writes(_metadata, self, 11, 10, 0);
	ASSERT_EQ(0, host_set(self->fd, IPPROTO_TCP, TCP_CORK, 0));
	ASSERT_FINE(peer_expect_nothing(p));
	ASSERT_EQ(0, host_set(self->fd, IPPROTO_TCP, TCP_CORK, 1));
	peer_acks(self, 11);
	ASSERT_FINE(peer_expect_nothing(p));
	ASSERT_EQ(0, host_set(self->fd, IPPROTO_TCP, TCP_CORK, 0));
	expect_data(_metadata, self, 11, 10);
}

/* Taking it off also lets go what MSG_MORE held. */
TEST_F(peer, cork_and_more)
{
	struct peer *p = &self->peer;

	open_stream(_metadata, self, 0);
	ASSERT_EQ(0, host_set(self->fd, IPPROTO_TCP, TCP_CORK, 1));
	host_writes(_metadata, self, 1, 100, MSG_MORE);
	host_writes(_metadata, self, 101, 100, 0);
	ASSERT_FINE(peer_expect_nothing(p));
	ASSERT_EQ(0, host_set(self->fd, IPPROTO_TCP, TCP_CORK, 0));
	expect_data(_metadata, self, 1, 200);
}

/* tcp(7): 200 ms at the most; again and again; and MSG_MORE as well. */
TEST_F(peer, cork_ceiling)
{
	struct peer *p = &self->peer;

	if (!host_is_reference(&self->host))
		ASSERT_EQ(0, net_sysctl_write("net/xtcp/cork_ms", "150"));
	open_stream(_metadata, self, 0);
	ASSERT_EQ(0, host_set(self->fd, IPPROTO_TCP, TCP_CORK, 1));
	host_writes(_metadata, self, 1, 100, 0);
	ASSERT_FINE(peer_expect_nothing(p));
	expect_data(_metadata, self, 1, 100);
	/* In flight is what may bring an ACK, and then the time begins. */
	host_writes(_metadata, self, 101, 100, 0);
	peer_acks(self, 101);
	expect_data(_metadata, self, 101, 100);
	peer_acks(self, 201);
	ASSERT_EQ(0, host_set(self->fd, IPPROTO_TCP, TCP_CORK, 0));
	host_writes(_metadata, self, 201, 100, MSG_MORE);
	ASSERT_FINE(peer_expect_nothing(p));
	expect_data(_metadata, self, 201, 100);
	if (!host_is_reference(&self->host))
		ASSERT_EQ(0, host_counter("WindowProbes"));
}

/* For so long that a slow script is not overtaken by the timer. */
static void set_delack(const struct host *host)
{
	if (host_is_reference(host))
		return;
	net_sysctl_write("net/xtcp/delack_max_ms", "450");
	net_sysctl_write("net/xtcp/delack_min_ms", "450");
}

/* tcp(7): turned off, ACKs wait; turned on, the one that waits goes, and so do the next ones. */
TEST_F(peer, quickack)
{
	struct peer *p = &self->peer;

	set_delack(&self->host);
	open_stream(_metadata, self, 0);
	ASSERT_EQ(1, host_get(self->fd, IPPROTO_TCP, TCP_QUICKACK));
	ASSERT_EQ(0, host_set(self->fd, IPPROTO_TCP, TCP_QUICKACK, 0));
	ASSERT_EQ(0, host_get(self->fd, IPPROTO_TCP, TCP_QUICKACK));
	peer_writes(self, 1, 1, 100);
	host_reads(_metadata, self, 1, 100);
	ASSERT_FINE(peer_expect_nothing(p));
	ASSERT_EQ(0, host_set(self->fd, IPPROTO_TCP, TCP_QUICKACK, 1));
	ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 1, .ack = 101));
	ASSERT_EQ(1, host_get(self->fd, IPPROTO_TCP, TCP_QUICKACK));
	peer_writes(self, 101, 1, 100);
	ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 1, .ack = 201));
	/* An even number is for the one that waits alone. */
	ASSERT_EQ(0, host_set(self->fd, IPPROTO_TCP, TCP_QUICKACK, 0));
	peer_writes(self, 201, 1, 100);
	host_reads(_metadata, self, 101, 200);
	ASSERT_FINE(peer_expect_nothing(p));
	ASSERT_EQ(0, host_set(self->fd, IPPROTO_TCP, TCP_QUICKACK, 2));
	ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 1, .ack = 301));
	ASSERT_EQ(0, host_get(self->fd, IPPROTO_TCP, TCP_QUICKACK));
}

/* It is not for ever. */
TEST_F(peer, quickack_wears_off)
{
	struct peer *p = &self->peer;
	unsigned int i;

	ONLY_XTCP();
	ONE_OF_EACH();
	set_delack(&self->host);
	open_stream(_metadata, self, 0);
	for (i = 0; i < 16; i++) {
		peer_writes(self, 1 + 10 * i, 1, 10);
		ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 1, .ack = 11 + 10 * i));
	}
	peer_writes(self, 161, 1, 10);
	ASSERT_FINE(peer_expect_nothing(p));
	ASSERT_EQ(0, host_get(self->fd, IPPROTO_TCP, TCP_QUICKACK));
	ASSERT_EQ(0, host_set(self->fd, IPPROTO_TCP, TCP_QUICKACK, 1));
	ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 1, .ack = 171));
}

/* Turned off beforehand, the handshake's last ACK can go with data, too. */
TEST_F(peer, quickack_of_handshake)
{
	struct peer *p = &self->peer;

	set_delack(&self->host);
	p->syn.mss = MSS;
	self->fd = host_socket(&self->host, SOCK_NONBLOCK | SOCK_CLOEXEC);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, host_set(self->fd, IPPROTO_TCP, TCP_QUICKACK, 0));
	ASSERT_EQ(-EINPROGRESS, host_connect(&self->host, self->fd, "peer", p->port));
	ASSERT_FINE(peer_expect(p, .flags = SYN));
	peer_send(p, .flags = SYN | ACK, .ack = 1);
	ASSERT_FINE(peer_expect_nothing(p));
	ASSERT_STATE(STATE_ESTABLISHED);
	host_writes(_metadata, self, 1, 100, 0);
	expect_data(_metadata, self, 1, 100);
}

/* If there is none, it goes by itself. */
TEST_F(peer, quickack_of_handshake_alone)
{
	struct peer *p = &self->peer;

	ONE_OF_EACH();
	self->fd = host_socket(&self->host, SOCK_NONBLOCK | SOCK_CLOEXEC);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, host_set(self->fd, IPPROTO_TCP, TCP_QUICKACK, 0));
	ASSERT_EQ(-EINPROGRESS, host_connect(&self->host, self->fd, "peer", p->port));
	ASSERT_FINE(peer_expect(p, .flags = SYN));
	peer_send(p, .flags = SYN | ACK, .ack = 1);
	ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 1, .ack = 1));
}

/* TCP_INFO: the network, the peer's window and the send buffer have their shares of the time. */
TEST_F(peer, info_times)
{
	struct tcp_info before, info;
	struct peer *p = &self->peer;
	const int small = 4096;
	char buf[8192] = "";

	ONE_OF_EACH();
	open_stream(_metadata, self, 1);
	ASSERT_EQ(0, host_info(self->fd, &info));
	ASSERT_EQ(0, info.tcpi_busy_time);
	host_writes(_metadata, self, 1, 100, 0);
	expect_data(_metadata, self, 1, 100);
	clock_sleep_ms(30);
	p->window = 0;
	peer_acks(self, 101);
	clock_sleep_ms(30);
	ASSERT_EQ(0, host_info(self->fd, &before));
	ASSERT_LE(20000, before.tcpi_busy_time);
	ASSERT_EQ(0, before.tcpi_rwnd_limited);
	ASSERT_EQ(0, before.tcpi_sndbuf_limited);
	/* While nothing is to be sent, nothing is waited for. */
	clock_sleep_ms(30);
	ASSERT_EQ(0, host_info(self->fd, &info));
	ASSERT_EQ(before.tcpi_busy_time, info.tcpi_busy_time);
	ASSERT_LE(30, info.tcpi_last_ack_recv);

	host_writes(_metadata, self, 101, 100, 0);
	clock_sleep_ms(30);
	p->window = 65535;
	peer_acks(self, 101);
	expect_data(_metadata, self, 101, 100);
	peer_acks(self, 201);
	ASSERT_EQ(0, host_info(self->fd, &info));
	ASSERT_LE(20000, info.tcpi_rwnd_limited);
	ASSERT_LE(before.tcpi_busy_time + info.tcpi_rwnd_limited, info.tcpi_busy_time);

	/* The reference asks only when it sends. */
	if (host_is_reference(&self->host))
		return;
	ASSERT_EQ(0, setsockopt(self->fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof(small)));
	while (send(self->fd, buf, sizeof(buf), MSG_NOSIGNAL) > 0)
		;
	ASSERT_EQ(EAGAIN, errno);
	/* The first ACK finds everything sent, and the user waiting. */
	ASSERT_TRUE(peer_receive(p, clock_patience_ms()));
	peer_acks(self, 201 + MSS);
	clock_sleep_ms(30);
	ASSERT_EQ(0, host_info(self->fd, &info));
	ASSERT_LE(20000, info.tcpi_sndbuf_limited);
}

/* TCP_INFO: what was sent again and is not acknowledged, timeouts, and what came out of order. */
TEST_F(peer, info_counts)
{
	struct peer *p = &self->peer;
	struct tcp_info info;

	ONLY_XTCP();
	ONE_OF_EACH();
	set_timers(&self->host);
	open_stream(_metadata, self, 0);
	host_writes(_metadata, self, 1, 2 * MSS, 0);
	expect_full(_metadata, self, 1, 2);
	expect_data(_metadata, self, 1, MSS);
	ASSERT_EQ(0, host_info(self->fd, &info));
	ASSERT_EQ(1, info.tcpi_retrans);
	ASSERT_EQ(1, info.tcpi_lost);
	ASSERT_EQ(3, info.tcpi_reordering);
	ASSERT_EQ(1, info.tcpi_total_rto);
	ASSERT_EQ(1, info.tcpi_total_rto_recoveries);
	peer_acks(self, 1 + 2 * MSS);
	ASSERT_EQ(0, host_info(self->fd, &info));
	ASSERT_EQ(0, info.tcpi_retrans);
	ASSERT_EQ(1, info.tcpi_total_rto_recoveries);

	peer_writes(self, 101, 1 + 2 * MSS, 100);
	ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 1 + 2 * MSS, .ack = 1));
	ASSERT_EQ(0, host_info(self->fd, &info));
	ASSERT_EQ(1, info.tcpi_rcv_ooopack);
}

TEST_HARNESS_MAIN

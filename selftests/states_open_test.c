// SPDX-License-Identifier: GPL-2.0
/*
 * The way up: every edge of RFC 9293's figure 5 that leads to ESTABLISHED or fails to, driven
 * from outside.
 */
#include "kselftest_harness.h"
#include "lib/peer_fixture.h"

TEST_F(peer, passive_open)
{
	struct peer *p = &self->peer;

	start_listener(_metadata, self);
	ASSERT_EQ(STATE_LISTEN, host_state(&self->host, HOST_PORT, 0));

	peer_send(p, .flags = SYN);
	ASSERT_FINE(peer_expect(p, .flags = SYN | ACK, .ack = 1));
	EXPECT_TRUE(p->got.opt.seen & OPT_MSS);
	EXPECT_EQ(self->host.version == 4 ? 1460 : 1440, p->got.opt.mss);
	EXPECT_FALSE(p->got.opt.seen & (OPT_WSCALE | OPT_TS));
	ASSERT_STATE(STATE_SYN_RECEIVED);
	ASSERT_EQ(-EAGAIN, accept_now(self));

	peer_send(p, .flags = ACK, .seq = 1, .ack = 1);
	ASSERT_STATE(STATE_ESTABLISHED);
	ASSERT_FINE(peer_expect_nothing(p));
	self->fd = accept_now(self);
	ASSERT_LE(0, self->fd);
	ASSERT_STATE(STATE_ESTABLISHED);
	ASSERT_EQ(STATE_LISTEN, host_state(&self->host, HOST_PORT, 0));
	ASSERT_EQ(-EAGAIN, accept_now(self));
}

TEST_F(peer, active_open)
{
	struct pollfd pfd = { .events = POLLOUT };
	struct peer *p = &self->peer;

	begin_active(_metadata, self);
	EXPECT_TRUE(p->got.opt.seen & OPT_MSS);
	EXPECT_EQ(self->host.version == 4 ? 1460 : 1440, p->got.opt.mss);
	EXPECT_TRUE(p->got.opt.seen & OPT_TS);
	EXPECT_TRUE(p->got.opt.seen & OPT_WSCALE);
	pfd.fd = self->fd;
	ASSERT_EQ(0, poll(&pfd, 1, 0));
	ASSERT_EQ(-EALREADY, host_connect(&self->host, self->fd, "peer", PEER_PORT));

	peer_send(p, .flags = SYN | ACK, .ack = 1);
	ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 1, .ack = 1));
	ASSERT_STATE(STATE_ESTABLISHED);
	ASSERT_EQ(1, poll(&pfd, 1, 0));
	ASSERT_EQ(POLLOUT, pfd.revents);
	ASSERT_EQ(0, host_socket_error(self->fd));
	ASSERT_EQ(0, host_connect(&self->host, self->fd, "peer", PEER_PORT));
	ASSERT_EQ(-EISCONN, host_connect(&self->host, self->fd, "peer", PEER_PORT));
}

/* RFC 9293 figure 7; the peer's last word is its SYN again, now with the ACK. */
TEST_F(peer, simultaneous_open)
{
	struct peer *p = &self->peer;

	begin_active(_metadata, self);
	peer_send(p, .flags = SYN);
	ASSERT_FINE(peer_expect(p, .flags = SYN | ACK, .ack = 1));
	ASSERT_STATE(STATE_SYN_RECEIVED);
	peer_send(p, .flags = SYN | ACK, .ack = 1);
	ASSERT_STATE(STATE_ESTABLISHED);
	peer_drain(p);
	ASSERT_EQ(0, host_socket_error(self->fd));
	ASSERT_EQ(3, write(self->fd, "one", 3));
	ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 1, .ack = 1, .len = 3, .data = "one"));
}

TEST_F(peer, simultaneous_open_plain_ack)
{
	struct peer *p = &self->peer;

	begin_active(_metadata, self);
	peer_send(p, .flags = SYN);
	ASSERT_FINE(peer_expect(p, .flags = SYN | ACK, .ack = 1));
	peer_send(p, .flags = ACK, .seq = 1, .ack = 1);
	ASSERT_STATE(STATE_ESTABLISHED);
	ASSERT_FINE(peer_expect_nothing(p));
}

TEST_F(peer, simultaneous_open_closed_at_once)
{
	struct peer *p = &self->peer;

	begin_active(_metadata, self);
	peer_send(p, .flags = SYN);
	ASSERT_FINE(peer_expect(p, .flags = SYN | ACK, .ack = 1));
	host_closes(self);
	ASSERT_FINE(peer_expect(p, .flags = FIN | ACK, .seq = 1, .ack = 1));
	ASSERT_STATE(STATE_FIN_WAIT_1);
	peer_send(p, .flags = ACK, .seq = 1, .ack = 2);
	ASSERT_STATE(STATE_FIN_WAIT_2);
	peer_send(p, .flags = FIN | ACK, .seq = 1, .ack = 2);
	ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 2, .ack = 2));
	ASSERT_STATE(STATE_TIME_WAIT);
}

TEST_F(peer, simultaneous_open_reset)
{
	struct peer *p = &self->peer;

	begin_active(_metadata, self);
	peer_send(p, .flags = SYN);
	ASSERT_FINE(peer_expect(p, .flags = SYN | ACK, .ack = 1));
	peer_send(p, .flags = RST, .seq = 1);
	ASSERT_FINE(peer_expect_nothing(p));
	ASSERT_STATE(STATE_CLOSED);
	/* RFC 9293 3.10.7.4: an active OPEN was refused. The reference calls it ECONNRESET. */
	if (!host_is_reference(&self->host))
		ASSERT_EQ(ECONNREFUSED, host_socket_error(self->fd));
}

TEST_F(peer, refused)
{
	struct pollfd pfd = { .events = POLLIN | POLLOUT };
	struct peer *p = &self->peer;

	begin_active(_metadata, self);
	peer_send(p, .flags = RST | ACK, .ack = 1);
	ASSERT_FINE(peer_expect_nothing(p));
	ASSERT_STATE(STATE_CLOSED);
	pfd.fd = self->fd;
	ASSERT_EQ(1, poll(&pfd, 1, 0));
	EXPECT_EQ(POLLIN | POLLOUT | POLLERR | POLLHUP, pfd.revents);
	ASSERT_EQ(ECONNREFUSED, host_socket_error(self->fd));
}

/* RFC 9293 3.10.7.3: in SYN-SENT a RST counts only if it acknowledges the SYN. */
TEST_F(peer, syn_sent_wrong_reset)
{
	struct peer *p = &self->peer;

	if (host_is_reference(&self->host))
		SKIP(return, "it sends its SYN anew, and at once");
	begin_active(_metadata, self);
	peer_send(p, .flags = RST);
	peer_send(p, .flags = RST | ACK, .ack = 0);
	peer_send(p, .flags = RST | ACK, .ack = 2);
	ASSERT_FINE(peer_expect_nothing(p));
	ASSERT_STATE(STATE_SYN_SENT);
	ASSERT_EQ(0, host_socket_error(self->fd));
}

/* RFC 9293 figure 8, the initiator's side: an old duplicate of our SYN was answered. */
TEST_F(peer, syn_sent_wrong_ack)
{
	struct peer *p = &self->peer;

	if (host_is_reference(&self->host))
		SKIP(return, "it sends its SYN anew, and at once");
	begin_active(_metadata, self);
	peer_send(p, .flags = SYN | ACK, .ack = 0);
	ASSERT_FINE(peer_expect(p, .flags = RST, .seq = 0));
	ASSERT_STATE(STATE_SYN_SENT);
	peer_send(p, .flags = SYN | ACK, .ack = 2);
	ASSERT_FINE(peer_expect(p, .flags = RST, .seq = 2));
	ASSERT_STATE(STATE_SYN_SENT);
	peer_send(p, .flags = ACK, .seq = 5, .ack = 77);
	ASSERT_FINE(peer_expect(p, .flags = RST, .seq = 77));
	ASSERT_STATE(STATE_SYN_SENT);

	peer_send(p, .flags = SYN | ACK, .ack = 1);
	ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 1, .ack = 1));
	ASSERT_STATE(STATE_ESTABLISHED);
}

TEST_F(peer, syn_sent_neither_syn_nor_reset)
{
	struct peer *p = &self->peer;

	begin_active(_metadata, self);
	peer_send(p, .flags = 0);
	peer_send(p, .flags = FIN);
	peer_send(p, .flags = PSH, .data = "data", .len = 4);
	peer_send(p, .flags = ACK, .seq = 1, .ack = 1);
	ASSERT_FINE(peer_expect_nothing(p));
	ASSERT_STATE(STATE_SYN_SENT);
}

TEST_F(peer, syn_sent_close)
{
	struct peer *p = &self->peer;

	begin_active(_metadata, self);
	host_closes(self);
	ASSERT_FINE(peer_expect_nothing(p));
	ASSERT_STATE(STATE_NONE);
	peer_send(p, .flags = SYN | ACK, .ack = 1);
	ASSERT_FINE(peer_expect(p, .flags = RST, .seq = 1));
}

/* RFC 9293 figure 8, the listener's side: nothing is opened by a SYN that was long forgotten. */
TEST_F(peer, stale_duplicate_syn)
{
	struct peer *p = &self->peer;

	start_listener(_metadata, self);
	peer_send(p, .flags = SYN, .seq = -10);
	ASSERT_FINE(peer_expect(p, .flags = SYN | ACK, .ack = -9));
	peer_send(p, .flags = RST, .seq = -9);
	ASSERT_FINE(peer_expect_nothing(p));
	ASSERT_STATE(STATE_NONE);

	peer_forget(p);
	peer_send(p, .flags = SYN);
	ASSERT_FINE(peer_expect(p, .flags = SYN | ACK, .ack = 1));
	peer_send(p, .flags = ACK, .seq = 1, .ack = 1);
	self->fd = accept_now(self);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(-EAGAIN, accept_now(self));
	ASSERT_STATE(STATE_ESTABLISHED);
}

/* The stale SYN's answer is never reset: the true one, elsewhere in sequence, only gets an ACK. */
TEST_F(peer, syn_received_other_syn)
{
	struct peer *p = &self->peer;

	begin_passive(_metadata, self);
	peer_send(p, .flags = SYN, .seq = 300000);
	ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 1, .ack = 1));
	ASSERT_STATE(STATE_SYN_RECEIVED);
}

TEST_F(peer, syn_received_syn_again)
{
	struct peer *p = &self->peer;

	begin_passive(_metadata, self);
	peer_send(p, .flags = SYN);
	ASSERT_FINE(peer_expect(p, .flags = SYN | ACK, .ack = 1));
	ASSERT_EQ(1, host_count(&self->host, STATE_SYN_RECEIVED));
	peer_send(p, .flags = ACK, .seq = 1, .ack = 1);
	ASSERT_STATE(STATE_ESTABLISHED);
}

/* The SYN-ACK was not seen to open the peer's side: it sends its SYN-ACK's twin, not an ACK. */
TEST_F(peer, syn_received_wrong_ack)
{
	struct peer *p = &self->peer;

	begin_passive(_metadata, self);
	peer_send(p, .flags = ACK, .seq = 1, .ack = 0);
	ASSERT_FINE(peer_expect(p, .flags = RST, .seq = 0));
	peer_send(p, .flags = ACK, .seq = 1, .ack = 2);
	ASSERT_FINE(peer_expect(p, .flags = RST, .seq = 2));
	ASSERT_STATE(STATE_SYN_RECEIVED);
	peer_send(p, .flags = ACK, .seq = 1, .ack = 1);
	ASSERT_STATE(STATE_ESTABLISHED);
}

TEST_F(peer, syn_received_out_of_window)
{
	struct peer *p = &self->peer;

	begin_passive(_metadata, self);
	peer_send(p, .flags = ACK, .seq = -1000, .ack = 1);
	ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 1, .ack = 1));
	ASSERT_STATE(STATE_SYN_RECEIVED);
	peer_send(p, .flags = RST, .seq = 200000);
	ASSERT_FINE(peer_expect_nothing(p));
	ASSERT_STATE(STATE_SYN_RECEIVED);
}

TEST_F(peer, syn_received_reset)
{
	struct peer *p = &self->peer;

	begin_passive(_metadata, self);
	peer_send(p, .flags = RST, .seq = 1);
	ASSERT_FINE(peer_expect_nothing(p));
	ASSERT_STATE(STATE_NONE);
	ASSERT_EQ(STATE_LISTEN, host_state(&self->host, HOST_PORT, 0));
	ASSERT_EQ(-EAGAIN, accept_now(self));
}

/* An ACK bit is all that a segment in SYN-RECEIVED may lack nothing without. */
TEST_F(peer, syn_received_no_ack_flag)
{
	struct peer *p = &self->peer;

	begin_passive(_metadata, self);
	peer_send(p, .flags = 0, .seq = 1);
	peer_send(p, .flags = FIN, .seq = 1);
	peer_send(p, .flags = PSH, .seq = 1, .data = "data", .len = 4);
	ASSERT_FINE(peer_expect_nothing(p));
	ASSERT_STATE(STATE_SYN_RECEIVED);
}

TEST_F(peer, syn_received_ack_with_data)
{
	struct peer *p = &self->peer;
	char buf[16];

	begin_passive(_metadata, self);
	peer_send(p, .flags = ACK | PSH, .seq = 1, .ack = 1, .data = "hello", .len = 5);
	self->fd = accept_now(self);
	ASSERT_LE(0, self->fd);
	ASSERT_STATE(STATE_ESTABLISHED);
	ASSERT_EQ(5, read(self->fd, buf, sizeof(buf)));
	ASSERT_EQ(0, memcmp(buf, "hello", 5));
	ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 1, .ack = 6));
}

TEST_F(peer, syn_received_fin)
{
	struct peer *p = &self->peer;
	char buf[16];

	begin_passive(_metadata, self);
	peer_send(p, .flags = FIN | ACK, .seq = 1, .ack = 1, .data = "bye", .len = 3);
	ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 1, .ack = 5));
	ASSERT_STATE(STATE_CLOSE_WAIT);
	self->fd = accept_now(self);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(3, read(self->fd, buf, sizeof(buf)));
	ASSERT_EQ(0, read(self->fd, buf, sizeof(buf)));
	ASSERT_STATE(STATE_CLOSE_WAIT);
}

/* What comes with the SYN is not lost: acknowledged or not, it arrives once. */
TEST_F(peer, syn_with_data)
{
	struct peer *p = &self->peer;
	uint32_t taken;
	char buf[16];

	start_listener(_metadata, self);
	peer_send(p, .flags = SYN, .data = "early", .len = 5);
	ASSERT_TRUE(peer_receive(p, clock_patience_ms()));
	ASSERT_EQ(SYN | ACK, p->got.flags);
	taken = p->got.ack - 1;
	ASSERT_TRUE(taken == 0 || taken == 5);
	peer_send(p, .flags = ACK, .seq = 1 + taken, .ack = 1);
	peer_send(p, .flags = ACK, .seq = 1, .ack = 1, .data = "early", .len = 5);
	self->fd = accept_now(self);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(5, read(self->fd, buf, sizeof(buf)));
	ASSERT_EQ(0, memcmp(buf, "early", 5));
	ASSERT_EQ(-1, read(self->fd, buf, sizeof(buf)));
	ASSERT_EQ(EAGAIN, errno);
}

TEST_F(peer, listen_no_syn)
{
	struct peer *p = &self->peer;

	start_listener(_metadata, self);
	peer_send(p, .flags = RST, .seq = 1);
	peer_send(p, .flags = RST | ACK, .seq = 1, .ack = 1);
	peer_send(p, .flags = RST | SYN);
	peer_send(p, .flags = 0);
	peer_send(p, .flags = FIN);
	peer_send(p, .flags = PSH, .data = "data", .len = 4);
	ASSERT_FINE(peer_expect_nothing(p));
	ASSERT_STATE(STATE_NONE);

	/* RFC 9293 3.10.7.2, second: any acknowledgment is bad. */
	peer_send(p, .flags = ACK, .seq = 1, .ack = 1000);
	ASSERT_FINE(peer_expect(p, .flags = RST, .seq = 1000));
	peer_send(p, .flags = SYN | ACK, .ack = 2000);
	ASSERT_FINE(peer_expect(p, .flags = RST, .seq = 2000));
	peer_send(p, .flags = FIN | ACK, .seq = 1, .ack = 3000);
	ASSERT_FINE(peer_expect(p, .flags = RST, .seq = 3000));
	ASSERT_STATE(STATE_NONE);
	ASSERT_EQ(STATE_LISTEN, host_state(&self->host, HOST_PORT, 0));
}

/* No program asks for a connection and ends it in one segment; only scanners do. */
TEST_F(peer, listen_syn_fin)
{
	struct peer *p = &self->peer;

	start_listener(_metadata, self);
	peer_send(p, .flags = SYN | FIN);
	ASSERT_FINE(peer_expect_nothing(p));
	ASSERT_STATE(STATE_NONE);
}

TEST_F(peer, listen_close_drops_half_open)
{
	struct peer *p = &self->peer;

	begin_passive(_metadata, self);
	close(self->listener);
	self->listener = -1;
	/* The reference lets its own run out by themselves. */
	if (!host_is_reference(&self->host))
		ASSERT_STATE(STATE_NONE);
	peer_send(p, .flags = ACK, .seq = 1, .ack = 1);
	ASSERT_FINE(peer_expect(p, .flags = RST, .seq = 1));
}

TEST_F(peer, listen_close_resets_unaccepted)
{
	struct peer *p = &self->peer;

	begin_passive(_metadata, self);
	peer_send(p, .flags = ACK, .seq = 1, .ack = 1);
	ASSERT_STATE(STATE_ESTABLISHED);
	close(self->listener);
	self->listener = -1;
	ASSERT_FINE(peer_expect(p, .flags = RST | ACK, .seq = 1, .ack = 1));
	ASSERT_STATE(STATE_NONE);
}

/* RFC 9293 3.10.7.1. */
TEST_F(peer, closed_port)
{
	struct peer *p = &self->peer;

	p->host_port = HOST_PORT;
	p->irs_known = true;
	peer_send(p, .flags = SYN);
	ASSERT_FINE(peer_expect(p, .flags = RST | ACK, .ack = 1));
	peer_send(p, .flags = SYN | PSH, .data = "data", .len = 4);
	ASSERT_FINE(peer_expect(p, .flags = RST | ACK, .ack = 5));
	peer_send(p, .flags = 0, .seq = 50);
	ASSERT_FINE(peer_expect(p, .flags = RST | ACK, .ack = 50));
	peer_send(p, .flags = FIN, .seq = 50);
	ASSERT_FINE(peer_expect(p, .flags = RST | ACK, .ack = 51));
	peer_send(p, .flags = ACK, .seq = 50, .ack = 4000);
	ASSERT_FINE(peer_expect(p, .flags = RST, .seq = 4000));
	peer_send(p, .flags = SYN | ACK, .seq = 50, .ack = 4000);
	ASSERT_FINE(peer_expect(p, .flags = RST, .seq = 4000));
	peer_send(p, .flags = RST, .seq = 50);
	peer_send(p, .flags = RST | ACK, .seq = 50, .ack = 4000);
	peer_send(p, .flags = SYN, .bad_checksum = true);
	ASSERT_FINE(peer_expect_nothing(p));
}

/* The backlog is full: the newcomer waits for its SYN-ACK or for its connection, none is lost. */
TEST_F(peer, backlog_full)
{
	struct linger abort = { .l_onoff = 1 };
	struct peer *p = &self->peer;
	uint16_t port;
	int opened = 0;
	int fd;

	self->listener = host_listen(&self->host, NULL, HOST_PORT, 1);
	ASSERT_LE(0, self->listener);
	for (port = PEER_PORT; port < PEER_PORT + 10; port++) {
		p->host_port = HOST_PORT;
		p->port = port;
		peer_forget(p);
		peer_send(p, .flags = SYN);
		if (!peer_receive(p, clock_quiet_ms()))
			break;
		ASSERT_EQ(SYN | ACK, p->got.flags);
		peer_send(p, .flags = ACK, .seq = 1, .ack = 1);
	}
	ASSERT_LT(PEER_PORT, port);
	ASSERT_GT(PEER_PORT + 10, port);
	while ((fd = accept_now(self)) >= 0) {
		/* The peer answers but the last of them: the others are to leave no orphan. */
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &abort, sizeof(abort));
		close(fd);
		opened++;
	}
	ASSERT_LE(1, opened);
	ASSERT_GE(2, opened);
	ASSERT_EQ(-EAGAIN, fd);
}

TEST_HARNESS_MAIN

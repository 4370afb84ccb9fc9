// SPDX-License-Identifier: GPL-2.0
/*
 * The way down: every edge of RFC 9293's figure 5 from ESTABLISHED to CLOSED, driven from
 * outside, and half-close both ways.
 */
#include "kselftest_harness.h"
#include "lib/peer_fixture.h"

/* What is there to be read: these bytes, or the end. */
static void assert_read(struct __test_metadata *_metadata, int fd, const char *want)
{
	char buf[64] = "";

	ASSERT_EQ((ssize_t)strlen(want), read(fd, buf, sizeof(buf) - 1));
	ASSERT_STREQ(want, buf);
}

#define ASSERT_READ(want) assert_read(_metadata, self->fd, want)

TEST_F(peer, active_close)
{
	struct peer *p = &self->peer;

	open_active(_metadata, self);
	host_closes(self);
	ASSERT_FINE(peer_expect(p, .flags = FIN | ACK, .seq = 1, .ack = 1));
	ASSERT_STATE(STATE_FIN_WAIT_1);
	peer_send(p, .flags = ACK, .seq = 1, .ack = 2);
	ASSERT_STATE(STATE_FIN_WAIT_2);
	ASSERT_FINE(peer_expect_nothing(p));
	peer_send(p, .flags = FIN | ACK, .seq = 1, .ack = 2);
	ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 2, .ack = 2));
	ASSERT_STATE(STATE_TIME_WAIT);
}

TEST_F(peer, passive_close)
{
	struct pollfd pfd = { .events = POLLIN | POLLRDHUP };
	struct peer *p = &self->peer;

	open_passive(_metadata, self);
	peer_send(p, .flags = FIN | ACK, .seq = 1, .ack = 1);
	ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 1, .ack = 2));
	ASSERT_STATE(STATE_CLOSE_WAIT);
	pfd.fd = self->fd;
	ASSERT_EQ(1, poll(&pfd, 1, 0));
	ASSERT_EQ(POLLIN | POLLRDHUP, pfd.revents);
	ASSERT_READ("");
	host_closes(self);
	ASSERT_FINE(peer_expect(p, .flags = FIN | ACK, .seq = 1, .ack = 2));
	ASSERT_STATE(STATE_LAST_ACK);
	peer_send(p, .flags = ACK, .seq = 2, .ack = 2);
	ASSERT_STATE(STATE_NONE);
	ASSERT_FINE(peer_expect_nothing(p));
}

/* RFC 9293 figure 13. */
TEST_F(peer, simultaneous_close)
{
	struct peer *p = &self->peer;

	open_active(_metadata, self);
	host_closes(self);
	ASSERT_FINE(peer_expect(p, .flags = FIN | ACK, .seq = 1, .ack = 1));
	peer_send(p, .flags = FIN | ACK, .seq = 1, .ack = 1);
	ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 2, .ack = 2));
	ASSERT_STATE(STATE_CLOSING);
	peer_send(p, .flags = FIN | ACK, .seq = 1, .ack = 1);
	ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 2, .ack = 2));
	ASSERT_STATE(STATE_CLOSING);
	peer_send(p, .flags = ACK, .seq = 2, .ack = 2);
	ASSERT_STATE(STATE_TIME_WAIT);
	ASSERT_FINE(peer_expect_nothing(p));
}

TEST_F(peer, fin_and_ack_in_one)
{
	struct peer *p = &self->peer;

	open_passive(_metadata, self);
	host_closes(self);
	ASSERT_FINE(peer_expect(p, .flags = FIN | ACK, .seq = 1, .ack = 1));
	ASSERT_STATE(STATE_FIN_WAIT_1);
	peer_send(p, .flags = FIN | ACK, .seq = 1, .ack = 2);
	ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 2, .ack = 2));
	ASSERT_STATE(STATE_TIME_WAIT);
}

/* We are done, the peer is not: it goes on in FIN-WAIT-1, and in FIN-WAIT-2. */
TEST_F(peer, half_close_ours)
{
	struct peer *p = &self->peer;

	open_passive(_metadata, self);
	host_shuts(_metadata, self, 1, 1);
	ASSERT_STATE(STATE_FIN_WAIT_1);
	ASSERT_EQ(-1, send(self->fd, "no", 2, MSG_NOSIGNAL));
	ASSERT_EQ(EPIPE, errno);

	peer_send(p, .flags = ACK, .seq = 1, .ack = 1, .data = "one", .len = 3);
	ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 2, .ack = 4));
	ASSERT_STATE(STATE_FIN_WAIT_1);
	ASSERT_READ("one");
	peer_send(p, .flags = ACK, .seq = 4, .ack = 2, .data = "two", .len = 3);
	ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 2, .ack = 7));
	ASSERT_STATE(STATE_FIN_WAIT_2);
	ASSERT_READ("two");
	peer_send(p, .flags = ACK, .seq = 7, .ack = 2, .data = "three", .len = 5);
	ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 2, .ack = 12));
	ASSERT_READ("three");
	ASSERT_STATE(STATE_FIN_WAIT_2);

	peer_send(p, .flags = FIN | ACK, .seq = 12, .ack = 2, .data = "end", .len = 3);
	ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 2, .ack = 16));
	ASSERT_STATE(STATE_TIME_WAIT);
	ASSERT_READ("end");
	ASSERT_READ("");
}

/* The peer is done, we are not. */
TEST_F(peer, half_close_theirs)
{
	struct peer *p = &self->peer;

	open_active(_metadata, self);
	peer_send(p, .flags = FIN | ACK, .seq = 1, .ack = 1, .data = "end", .len = 3);
	ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 1, .ack = 5));
	ASSERT_STATE(STATE_CLOSE_WAIT);
	ASSERT_READ("end");
	ASSERT_READ("");
	ASSERT_EQ(3, write(self->fd, "one", 3));
	ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 1, .ack = 5, .len = 3, .data = "one"));
	peer_send(p, .flags = ACK, .seq = 5, .ack = 4);
	ASSERT_EQ(3, write(self->fd, "two", 3));
	ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 4, .ack = 5, .len = 3, .data = "two"));
	ASSERT_STATE(STATE_CLOSE_WAIT);
	host_shuts(_metadata, self, 7, 5);
	ASSERT_STATE(STATE_LAST_ACK);
	peer_send(p, .flags = ACK, .seq = 5, .ack = 7);
	ASSERT_STATE(STATE_LAST_ACK);
	peer_send(p, .flags = ACK, .seq = 5, .ack = 8);
	ASSERT_STATE(STATE_CLOSED);
	ASSERT_EQ(0, host_socket_error(self->fd));
}

/* A FIN counts when all before it is there, not when it comes. */
TEST_F(peer, fin_before_its_data)
{
	struct peer *p = &self->peer;

	open_passive(_metadata, self);
	peer_send(p, .flags = FIN | ACK, .seq = 4, .ack = 1);
	ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 1, .ack = 1));
	ASSERT_STATE(STATE_ESTABLISHED);
	peer_send(p, .flags = ACK, .seq = 1, .ack = 1, .data = "one", .len = 3);
	ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 1, .ack = 5));
	ASSERT_STATE(STATE_CLOSE_WAIT);
	ASSERT_READ("one");
	ASSERT_READ("");
}

TEST_F(peer, fin_before_its_data_in_fin_wait)
{
	struct peer *p = &self->peer;

	open_passive(_metadata, self);
	host_shuts(_metadata, self, 1, 1);
	peer_send(p, .flags = FIN | ACK, .seq = 4, .ack = 2);
	ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 2, .ack = 1));
	ASSERT_STATE(STATE_FIN_WAIT_2);
	peer_send(p, .flags = ACK, .seq = 1, .ack = 2, .data = "one", .len = 3);
	ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 2, .ack = 5));
	ASSERT_STATE(STATE_TIME_WAIT);
	ASSERT_READ("one");
	ASSERT_READ("");
}

TEST_F(peer, fin_again)
{
	struct peer *p = &self->peer;

	open_passive(_metadata, self);
	peer_send(p, .flags = FIN | ACK, .seq = 1, .ack = 1);
	ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 1, .ack = 2));
	peer_send(p, .flags = FIN | ACK, .seq = 1, .ack = 1);
	ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 1, .ack = 2));
	ASSERT_STATE(STATE_CLOSE_WAIT);
	host_shuts(_metadata, self, 1, 2);
	peer_send(p, .flags = FIN | ACK, .seq = 1, .ack = 1);
	ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 2, .ack = 2));
	ASSERT_STATE(STATE_LAST_ACK);
}

/* After its FIN a peer has nothing to say; what it says nevertheless nobody reads. */
TEST_F(peer, data_after_fin)
{
	struct peer *p = &self->peer;

	open_passive(_metadata, self);
	peer_send(p, .flags = FIN | ACK, .seq = 1, .ack = 1, .data = "end", .len = 3);
	ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 1, .ack = 5));
	peer_send(p, .flags = ACK, .seq = 5, .ack = 1, .data = "more", .len = 4);
	/* The reference resets on what begins before the FIN and goes on behind it. */
	if (!host_is_reference(&self->host))
		peer_send(p, .flags = ACK, .seq = 4, .ack = 1, .data = "more", .len = 4);
	while (peer_receive(p, clock_quiet_ms())) {
		ASSERT_EQ(ACK, p->got.flags);
		ASSERT_EQ(5, p->got.ack);
	}
	ASSERT_STATE(STATE_CLOSE_WAIT);
	ASSERT_READ("end");
	ASSERT_READ("");
	host_shuts(_metadata, self, 1, 5);
}

/* Data waits its turn, the FIN comes behind it. */
TEST_F(peer, fin_behind_data)
{
	struct peer *p = &self->peer;

	open_active(_metadata, self);
	p->window = 0;
	peer_send(p, .flags = ACK, .seq = 1, .ack = 1);
	ASSERT_EQ(5, write(self->fd, "hello", 5));
	host_closes(self);
	ASSERT_FINE(peer_expect_nothing(p));
	ASSERT_STATE(STATE_FIN_WAIT_1);
	p->window = 1000;
	peer_send(p, .flags = ACK, .seq = 1, .ack = 1);
	ASSERT_FINE(peer_expect(p, .flags = FIN | ACK, .seq = 1, .ack = 1, .len = 5,
				.data = "hello"));
	/* The data is covered, the FIN is not. */
	peer_send(p, .flags = ACK, .seq = 1, .ack = 6);
	ASSERT_STATE(STATE_FIN_WAIT_1);
	peer_send(p, .flags = ACK, .seq = 1, .ack = 7);
	ASSERT_STATE(STATE_FIN_WAIT_2);
}

/* An ACK of less than the FIN moves nothing in any of the states that wait for it. */
TEST_F(peer, old_ack_in_closing)
{
	struct peer *p = &self->peer;

	open_active(_metadata, self);
	host_closes(self);
	ASSERT_FINE(peer_expect(p, .flags = FIN | ACK, .seq = 1, .ack = 1));
	peer_send(p, .flags = ACK, .seq = 1, .ack = 1);
	ASSERT_STATE(STATE_FIN_WAIT_1);
	peer_send(p, .flags = FIN | ACK, .seq = 1, .ack = 1);
	ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 2, .ack = 2));
	peer_send(p, .flags = ACK, .seq = 2, .ack = 1);
	ASSERT_STATE(STATE_CLOSING);
	peer_send(p, .flags = ACK, .seq = 2, .ack = 2);
	ASSERT_STATE(STATE_TIME_WAIT);
}

/* RFC 9293 3.10.7.4, fifth: an ACK of what was never sent is answered, and changes nothing. */
TEST_F(peer, ack_of_unsent)
{
	struct peer *p = &self->peer;

	open_active(_metadata, self);
	peer_send(p, .flags = ACK, .seq = 1, .ack = 1000, .data = "bad", .len = 3);
	/* The reference answers so only in the states of the close. */
	if (!host_is_reference(&self->host))
		ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 1, .ack = 1));
	ASSERT_STATE(STATE_ESTABLISHED);
	ASSERT_EQ(-1, read(self->fd, p->text, 8));
	ASSERT_EQ(EAGAIN, errno);
	host_closes(self);
	ASSERT_FINE(peer_expect(p, .flags = FIN | ACK, .seq = 1, .ack = 1));
	peer_send(p, .flags = ACK, .seq = 1, .ack = 3);
	ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 2, .ack = 1));
	ASSERT_STATE(STATE_FIN_WAIT_1);
}

/* RFC 9293 3.6: a close with data unread says so with a RST instead of a FIN. */
TEST_F(peer, close_with_data_unread)
{
	struct peer *p = &self->peer;

	open_passive(_metadata, self);
	peer_send(p, .flags = ACK, .seq = 1, .ack = 1, .data = "unread", .len = 6);
	ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 1, .ack = 7));
	host_closes(self);
	ASSERT_FINE(peer_expect(p, .flags = RST | ACK, .seq = 1, .ack = 7));
	ASSERT_STATE(STATE_NONE);
}

/* The same where nobody is left to read what comes afterwards. */
TEST_F(peer, data_for_nobody_fin_wait_1)
{
	struct peer *p = &self->peer;

	open_active(_metadata, self);
	host_closes(self);
	ASSERT_FINE(peer_expect(p, .flags = FIN | ACK, .seq = 1, .ack = 1));
	peer_send(p, .flags = ACK, .seq = 1, .ack = 1, .data = "data", .len = 4);
	ASSERT_TRUE(peer_receive(p, clock_patience_ms()));
	ASSERT_EQ(RST, p->got.flags & RST);
	ASSERT_STATE(STATE_NONE);
}

TEST_F(peer, data_for_nobody_fin_wait_2)
{
	struct peer *p = &self->peer;

	open_active(_metadata, self);
	host_closes(self);
	ASSERT_FINE(peer_expect(p, .flags = FIN | ACK, .seq = 1, .ack = 1));
	peer_send(p, .flags = ACK, .seq = 1, .ack = 2);
	ASSERT_STATE(STATE_FIN_WAIT_2);
	peer_send(p, .flags = ACK, .seq = 1, .ack = 2, .data = "data", .len = 4);
	ASSERT_TRUE(peer_receive(p, clock_patience_ms()));
	ASSERT_EQ(RST, p->got.flags & RST);
	ASSERT_EQ(2, p->got.seq);
	ASSERT_STATE(STATE_NONE);
}

TEST_F(peer, linger_zero)
{
	const struct linger linger = { .l_onoff = 1, .l_linger = 0 };
	struct peer *p = &self->peer;

	open_passive(_metadata, self);
	ASSERT_EQ(0, setsockopt(self->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)));
	ASSERT_EQ(4, write(self->fd, "data", 4));
	ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 1, .ack = 1, .len = 4));
	host_closes(self);
	ASSERT_FINE(peer_expect(p, .flags = RST | ACK, .seq = 5, .ack = 1));
	ASSERT_STATE(STATE_NONE);
}

TEST_F(peer, linger_zero_syn_sent)
{
	const struct linger linger = { .l_onoff = 1, .l_linger = 0 };
	struct peer *p = &self->peer;

	begin_active(_metadata, self);
	ASSERT_EQ(0, setsockopt(self->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)));
	host_closes(self);
	ASSERT_FINE(peer_expect_nothing(p));
	ASSERT_STATE(STATE_NONE);
}

TEST_F(peer, shut_rd_sends_nothing)
{
	struct peer *p = &self->peer;

	open_passive(_metadata, self);
	ASSERT_EQ(0, shutdown(self->fd, SHUT_RD));
	ASSERT_FINE(peer_expect_nothing(p));
	ASSERT_STATE(STATE_ESTABLISHED);
	ASSERT_READ("");
	ASSERT_EQ(3, write(self->fd, "one", 3));
	ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 1, .ack = 1, .len = 3, .data = "one"));
}

TEST_F(peer, shut_rdwr)
{
	struct pollfd pfd = { .events = POLLIN | POLLOUT };
	struct peer *p = &self->peer;

	open_passive(_metadata, self);
	ASSERT_EQ(0, shutdown(self->fd, SHUT_RDWR));
	ASSERT_FINE(peer_expect(p, .flags = FIN | ACK, .seq = 1, .ack = 1));
	ASSERT_STATE(STATE_FIN_WAIT_1);
	pfd.fd = self->fd;
	ASSERT_EQ(1, poll(&pfd, 1, 0));
	ASSERT_EQ(POLLIN | POLLOUT | POLLHUP, pfd.revents);
	ASSERT_READ("");
	ASSERT_EQ(-1, send(self->fd, "no", 2, MSG_NOSIGNAL));
	ASSERT_EQ(EPIPE, errno);
}

TEST_HARNESS_MAIN

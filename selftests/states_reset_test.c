// SPDX-License-Identifier: GPL-2.0
/*
 * RST and SYN where neither is expected: each state, in and out of the window
 * (RFC 9293 3.10.7.4, RFC 5961, RFC 1337).
 */
#include "kselftest_harness.h"
#include "lib/peer_fixture.h"

/* Leads to a synchronized state; the host's next number is in *seq, the peer's in *ack. */
typedef void (*go_t)(struct __test_metadata *, FIXTURE_DATA(peer) *, uint32_t *, uint32_t *);

static void go_established(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self,
			   uint32_t *seq, uint32_t *ack)
{
	open_active(_metadata, self);
	*seq = 1;
	*ack = 1;
}

static void go_fin_wait_1(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self,
			  uint32_t *seq, uint32_t *ack)
{
	open_active(_metadata, self);
	host_shuts(_metadata, self, 1, 1);
	ASSERT_STATE(STATE_FIN_WAIT_1);
	*seq = 2;
	*ack = 1;
}

static void go_fin_wait_2(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self,
			  uint32_t *seq, uint32_t *ack)
{
	go_fin_wait_1(_metadata, self, seq, ack);
	peer_send(&self->peer, .flags = ACK, .seq = 1, .ack = 2);
	ASSERT_STATE(STATE_FIN_WAIT_2);
}

static void go_closing(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self,
		       uint32_t *seq, uint32_t *ack)
{
	go_fin_wait_1(_metadata, self, seq, ack);
	peer_send(&self->peer, .flags = FIN | ACK, .seq = 1, .ack = 1);
	ASSERT_FINE(peer_expect(&self->peer, .flags = ACK, .seq = 2, .ack = 2));
	ASSERT_STATE(STATE_CLOSING);
	*ack = 2;
}

static void go_close_wait(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self,
			  uint32_t *seq, uint32_t *ack)
{
	open_passive(_metadata, self);
	peer_send(&self->peer, .flags = FIN | ACK, .seq = 1, .ack = 1);
	ASSERT_FINE(peer_expect(&self->peer, .flags = ACK, .seq = 1, .ack = 2));
	ASSERT_STATE(STATE_CLOSE_WAIT);
	*seq = 1;
	*ack = 2;
}

static void go_last_ack(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self,
			uint32_t *seq, uint32_t *ack)
{
	go_close_wait(_metadata, self, seq, ack);
	host_shuts(_metadata, self, 1, 2);
	ASSERT_STATE(STATE_LAST_ACK);
	*seq = 2;
}

struct station {
	int	state;
	go_t	go;
	int	err;	/* what a reset tells the user */
};

static const struct station established = { STATE_ESTABLISHED, go_established, ECONNRESET };
static const struct station fin_wait_1 = { STATE_FIN_WAIT_1, go_fin_wait_1, ECONNRESET };
static const struct station fin_wait_2 = { STATE_FIN_WAIT_2, go_fin_wait_2, ECONNRESET };
static const struct station close_wait = { STATE_CLOSE_WAIT, go_close_wait, EPIPE };
static const struct station closing = { STATE_CLOSING, go_closing, ECONNRESET };
static const struct station last_ack = { STATE_LAST_ACK, go_last_ack, ECONNRESET };

/* RFC 5961 3.2: exactly the next number it must be, to count. */
static void reset(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self,
		  const struct station *at)
{
	struct peer *p = &self->peer;
	uint32_t seq, ack;
	char byte;

	at->go(_metadata, self, &seq, &ack);
	peer_send(p, .flags = RST, .seq = ack);
	ASSERT_FINE(peer_expect_nothing(p));
	ASSERT_STATE(STATE_CLOSED);
	ASSERT_EQ(at->err, host_socket_error(self->fd));
	ASSERT_EQ(0, read(self->fd, &byte, 1));
	ASSERT_EQ(-1, send(self->fd, "x", 1, MSG_NOSIGNAL));
	ASSERT_EQ(EPIPE, errno);
}

TEST_F(peer, reset_in_established) { reset(_metadata, self, &established); }
TEST_F(peer, reset_in_fin_wait_1) { reset(_metadata, self, &fin_wait_1); }
TEST_F(peer, reset_in_fin_wait_2) { reset(_metadata, self, &fin_wait_2); }
TEST_F(peer, reset_in_close_wait) { reset(_metadata, self, &close_wait); }
TEST_F(peer, reset_in_closing) { reset(_metadata, self, &closing); }
TEST_F(peer, reset_in_last_ack) { reset(_metadata, self, &last_ack); }

static void reset_in_window(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self,
			    const struct station *at)
{
	struct peer *p = &self->peer;
	uint32_t seq, ack;

	at->go(_metadata, self, &seq, &ack);
	peer_send(p, .flags = RST, .seq = ack + 1);
	ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = seq, .ack = ack));
	ASSERT_STATE(at->state);
	ASSERT_EQ(0, host_socket_error(self->fd));
}

TEST_F(peer, reset_in_window_in_established) { reset_in_window(_metadata, self, &established); }
TEST_F(peer, reset_in_window_in_fin_wait_1) { reset_in_window(_metadata, self, &fin_wait_1); }
TEST_F(peer, reset_in_window_in_fin_wait_2) { reset_in_window(_metadata, self, &fin_wait_2); }
TEST_F(peer, reset_in_window_in_close_wait) { reset_in_window(_metadata, self, &close_wait); }
TEST_F(peer, reset_in_window_in_closing) { reset_in_window(_metadata, self, &closing); }
TEST_F(peer, reset_in_window_in_last_ack) { reset_in_window(_metadata, self, &last_ack); }

static void stray_reset(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self,
			const struct station *at)
{
	struct peer *p = &self->peer;
	uint32_t seq, ack;

	at->go(_metadata, self, &seq, &ack);
	peer_send(p, .flags = RST, .seq = ack - 1000);
	peer_send(p, .flags = RST, .seq = ack + 100000000);
	ASSERT_FINE(peer_expect_nothing(p));
	ASSERT_STATE(at->state);
	ASSERT_EQ(0, host_socket_error(self->fd));
}

TEST_F(peer, stray_reset_in_established) { stray_reset(_metadata, self, &established); }
TEST_F(peer, stray_reset_in_fin_wait_1) { stray_reset(_metadata, self, &fin_wait_1); }
TEST_F(peer, stray_reset_in_fin_wait_2) { stray_reset(_metadata, self, &fin_wait_2); }
TEST_F(peer, stray_reset_in_close_wait) { stray_reset(_metadata, self, &close_wait); }
TEST_F(peer, stray_reset_in_closing) { stray_reset(_metadata, self, &closing); }
TEST_F(peer, stray_reset_in_last_ack) { stray_reset(_metadata, self, &last_ack); }

/* RFC 5961 4.2: wherever it lies, a SYN is answered with where we are. */
static void syn(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self,
		const struct station *at)
{
	struct peer *p = &self->peer;
	uint32_t seq, ack;

	at->go(_metadata, self, &seq, &ack);
	peer_send(p, .flags = SYN, .seq = ack + 10);
	ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = seq, .ack = ack));
	ASSERT_STATE(at->state);
}

TEST_F(peer, syn_in_established) { syn(_metadata, self, &established); }
TEST_F(peer, syn_in_fin_wait_1) { syn(_metadata, self, &fin_wait_1); }
TEST_F(peer, syn_in_fin_wait_2) { syn(_metadata, self, &fin_wait_2); }
TEST_F(peer, syn_in_close_wait) { syn(_metadata, self, &close_wait); }
TEST_F(peer, syn_in_closing) { syn(_metadata, self, &closing); }
TEST_F(peer, syn_in_last_ack) { syn(_metadata, self, &last_ack); }

static void syn_out_of_window(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self,
			      const struct station *at)
{
	struct peer *p = &self->peer;
	uint32_t seq, ack;

	at->go(_metadata, self, &seq, &ack);
	peer_send(p, .flags = SYN, .seq = ack + 100000000);
	ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = seq, .ack = ack));
	ASSERT_STATE(at->state);
}

TEST_F(peer, syn_out_of_window_in_established) { syn_out_of_window(_metadata, self, &established); }
TEST_F(peer, syn_out_of_window_in_fin_wait_1) { syn_out_of_window(_metadata, self, &fin_wait_1); }
TEST_F(peer, syn_out_of_window_in_fin_wait_2) { syn_out_of_window(_metadata, self, &fin_wait_2); }
TEST_F(peer, syn_out_of_window_in_close_wait) { syn_out_of_window(_metadata, self, &close_wait); }
TEST_F(peer, syn_out_of_window_in_closing) { syn_out_of_window(_metadata, self, &closing); }
TEST_F(peer, syn_out_of_window_in_last_ack) { syn_out_of_window(_metadata, self, &last_ack); }

/* Where no program holds the connection any more. */
static void orphan_reset(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self,
			 const struct station *at)
{
	uint32_t seq, ack;

	at->go(_metadata, self, &seq, &ack);
	host_closes(self);
	ASSERT_STATE(at->state);
	peer_send(&self->peer, .flags = RST, .seq = ack);
	ASSERT_FINE(peer_expect_nothing(&self->peer));
	ASSERT_STATE(STATE_NONE);
}

TEST_F(peer, orphan_reset_in_fin_wait_1) { orphan_reset(_metadata, self, &fin_wait_1); }
TEST_F(peer, orphan_reset_in_fin_wait_2) { orphan_reset(_metadata, self, &fin_wait_2); }
TEST_F(peer, orphan_reset_in_closing) { orphan_reset(_metadata, self, &closing); }
TEST_F(peer, orphan_reset_in_last_ack) { orphan_reset(_metadata, self, &last_ack); }

/* RFC 9293 figure 10: the peer has rebooted, and learns that we have not. */
TEST_F(peer, half_open_connection)
{
	struct peer *p = &self->peer;

	open_passive(_metadata, self);
	peer_send(p, .flags = SYN, .seq = 400000);
	ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 1, .ack = 1));
	peer_send(p, .flags = RST, .seq = p->got.ack);
	ASSERT_STATE(STATE_CLOSED);
	ASSERT_EQ(ECONNRESET, host_socket_error(self->fd));

	peer_forget(p);
	peer_send(p, .flags = SYN, .seq = 400000);
	ASSERT_FINE(peer_expect(p, .flags = SYN | ACK, .ack = 400001));
}

TEST_F(peer, reset_wakes_reader)
{
	struct pollfd pfd = { .events = POLLIN | POLLOUT };
	struct peer *p = &self->peer;
	char byte;

	open_passive(_metadata, self);
	peer_send(p, .flags = RST | ACK, .seq = 1, .ack = 1);
	pfd.fd = self->fd;
	ASSERT_EQ(1, poll(&pfd, 1, 0));
	ASSERT_EQ(POLLIN | POLLOUT | POLLERR | POLLHUP, pfd.revents);
	ASSERT_EQ(-1, read(self->fd, &byte, 1));
	ASSERT_EQ(ECONNRESET, errno);
	ASSERT_EQ(0, read(self->fd, &byte, 1));
}

/* The reset takes back what had not been read: the kernel's TCP does so too. */
TEST_F(peer, reset_of_unaccepted)
{
	struct peer *p = &self->peer;
	char byte;

	begin_passive(_metadata, self);
	peer_send(p, .flags = ACK, .seq = 1, .ack = 1);
	peer_send(p, .flags = RST, .seq = 1);
	self->fd = accept_now(self);
	if (self->fd >= 0) {
		ASSERT_EQ(-1, read(self->fd, &byte, 1));
		ASSERT_EQ(ECONNRESET, errno);
	} else {
		ASSERT_TRUE(self->fd == -EAGAIN || self->fd == -ECONNABORTED);
	}
	ASSERT_STATE(self->fd >= 0 ? STATE_CLOSED : STATE_NONE);
}

TEST_HARNESS_MAIN

// SPDX-License-Identifier: GPL-2.0
/*
 * The stream over its whole way: what is queued, what is covered in part, what survives heavy
 * loss, any order and a path that grows narrower, and when its ends give each other up.
 */
#include "kselftest_harness.h"
#include "lib/pattern.h"
#include "lib/peer_fixture.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>

#define MSS 500

/* The host's stream is pattern 2, the peer's is pattern 1; sequence number 1 is its first byte. */
static void write_stream(struct __test_metadata *_metadata, int fd, uint32_t len)
{
	static uint8_t buf[65536];

	ASSERT_GE(sizeof(buf), len);
	pattern_fill(2, 0, buf, len);
	ASSERT_EQ(len, write(fd, buf, len));
}

static void send_part(struct peer *p, uint32_t from, uint32_t len)
{
	static uint8_t part[65536];

	pattern_fill(1, from - 1, part, len);
	peer_send(p, .flags = ACK, .seq = from, .ack = 1, .data = part, .len = len);
}

/* The stream up to @until is there to be read, and nothing else. */
static void read_stream(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self,
			uint32_t from, uint32_t until)
{
	static uint8_t buf[65536];
	uint32_t next = from;
	ssize_t n;

	while (next < until) {
		n = read(self->fd, buf, sizeof(buf));
		ASSERT_LT(0, n);
		ASSERT_EQ(n, pattern_check(1, next - 1, buf, n));
		next += n;
	}
	ASSERT_EQ(until, next);
	ASSERT_EQ(-1, read(self->fd, buf, sizeof(buf)));
	ASSERT_EQ(EAGAIN, errno);
}

/* Everything has been acknowledged by now, or is so soon. */
static void wait_for_ack(struct __test_metadata *_metadata, struct peer *p, uint32_t ack)
{
	do {
		ASSERT_TRUE(peer_receive(p, clock_patience_ms()));
		ASSERT_EQ(ACK, p->got.flags);
	} while (p->got.ack != ack);
}

/*
 * One round: a stretch of the stream in random pieces, which overlap and repeat, in random
 * order, read in between or not. Returns where it ends.
 */
static uint32_t random_round(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self,
			     uint32_t from, uint64_t *random)
{
	const uint32_t len = 1 + pattern_random(random) % 4000;
	const uint32_t until = from + len;
	struct peer *p = &self->peer;
	uint32_t at, n, i;

	for (i = 0; i < 12; i++) {
		at = pattern_random(random) % len;
		n = 1 + pattern_random(random) % 800;
		send_part(p, from + at, n < len - at ? n : len - at);
		peer_drain(p);
	}
	/* What chance has left out, backwards. */
	for (at = len; at > 0; at -= n) {
		n = at < MSS ? at : MSS;
		send_part(p, from + at - n, n);
	}
	wait_for_ack(_metadata, p, until);
	read_stream(_metadata, self, from, until);
	return until;
}

TEST_F(peer, any_order)
{
	const unsigned int rounds = clock_scaled(200, 30);
	uint64_t random = 1;
	uint32_t next = 1;
	unsigned int i;

	open_passive(_metadata, self);
	for (i = 0; i < rounds; i++)
		next = random_round(_metadata, self, next, &random);
}

/* One gap and a great many pieces behind it: more than anyone would keep may be dropped. */
TEST_F(peer, many_pieces)
{
	const uint32_t pieces = clock_scaled(4000, 1000);
	const uint32_t until = 1 + pieces * 10;
	static uint8_t buf[65536];
	struct peer *p = &self->peer;
	uint32_t next = 1;
	uint32_t at;
	ssize_t n;

	open_passive(_metadata, self);
	for (at = 11; at < until; at += 10) {
		send_part(p, at, 5);
		peer_drain(p);
	}
	ASSERT_STATE(STATE_ESTABLISHED);
	/* The stream anew, in order: it is all read, whatever had been kept. */
	for (at = 1; at < until; at += MSS) {
		send_part(p, at, MSS);
		while ((n = read(self->fd, buf, sizeof(buf))) > 0) {
			ASSERT_EQ(n, pattern_check(1, next - 1, buf, n));
			next += n;
		}
		peer_drain(p);
	}
	ASSERT_EQ(until, next);
	ASSERT_STATE(STATE_ESTABLISHED);
}

TEST_F(peer, queue_lengths)
{
	struct peer *p = &self->peer;
	int n = -1;

	open_active(_metadata, self);
	ASSERT_EQ(0, ioctl(self->fd, SIOCOUTQ, &n));
	ASSERT_EQ(0, n);
	ASSERT_EQ(300, write(self->fd, p->data, 300));
	ASSERT_EQ(200, write(self->fd, p->data, 200));
	ASSERT_EQ(0, ioctl(self->fd, SIOCOUTQ, &n));
	ASSERT_EQ(500, n);
	ASSERT_EQ(0, ioctl(self->fd, SIOCOUTQNSD, &n));
	ASSERT_EQ(200, n);
	peer_drain(p);
	peer_send(p, .flags = ACK, .seq = 1, .ack = 301);
	ASSERT_EQ(0, ioctl(self->fd, SIOCOUTQ, &n));
	ASSERT_EQ(200, n);
	peer_send(p, .flags = ACK, .seq = 1, .ack = 501);
	ASSERT_EQ(0, ioctl(self->fd, SIOCOUTQ, &n));
	ASSERT_EQ(0, n);
}

/* An ACK of a part of a segment: the rest is what remains. */
TEST_F(peer, acknowledged_in_part)
{
	struct peer *p = &self->peer;
	int n = -1;

	wake_timers(&self->host);
	open_active(_metadata, self);
	write_stream(_metadata, self->fd, 1000);
	ASSERT_FINE(peer_expect(p, .flags = ACK | PSH, .seq = 1, .ack = 1, .len = 1000));
	peer_send(p, .flags = ACK, .seq = 1, .ack = 301);
	ASSERT_EQ(0, ioctl(self->fd, SIOCOUTQ, &n));
	ASSERT_EQ(700, n);
	/* The reference sends again from the segment's beginning or from there. */
	ASSERT_TRUE(peer_receive(p, clock_patience_ms()));
	ASSERT_EQ(1001, p->got.seq + p->got.len);
	ASSERT_EQ(p->got.len, pattern_check(2, p->got.seq - 1, p->data, p->got.len));
	peer_send(p, .flags = ACK, .seq = 1, .ack = 1001);
	ASSERT_EQ(0, ioctl(self->fd, SIOCOUTQ, &n));
	ASSERT_EQ(0, n);
}

/* Half of everything is lost. */
TEST_F(peer, lossy_stream)
{
	const uint32_t total = clock_scaled(30, 10) * MSS;
	struct peer *p = &self->peer;
	uint32_t next = 1;
	uint64_t random = 4;

	if (host_is_reference(&self->host))
		SKIP(return, "its timeouts cannot be made short");
	hurry_timers(&self->host);
	net_sysctl_write("net/xtcp/retries2", "15");
	p->syn.mss = MSS;
	open_active(_metadata, self);
	write_stream(_metadata, self->fd, total);
	while (next != 1 + total) {
		ASSERT_TRUE(peer_receive(p, clock_patience_ms()));
		ASSERT_EQ(p->got.len, pattern_check(2, p->got.seq - 1, p->data, p->got.len));
		if (pattern_random(&random) % 2 || p->got.seq != next)
			continue;
		next += p->got.len;
		peer_send(p, .flags = ACK, .seq = 1, .ack = next);
	}
	ASSERT_STATE(STATE_ESTABLISHED);
}

/* What is sent again is what was sent, also where segments were cut otherwise before. */
TEST_F(peer, acknowledged_in_part_and_window_small)
{
	struct peer *p = &self->peer;
	uint8_t got[1200];

	wake_timers(&self->host);
	open_active(_metadata, self);
	write_stream(_metadata, self->fd, sizeof(got));
	ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 1, .ack = 1, .len = 1200));
	/* Only a part has room now. */
	p->window = 500;
	peer_send(p, .flags = ACK, .seq = 1, .ack = 101);
	p->window = 65535;
	ASSERT_FINE(peer_collect(p, 101, 1201, got, true));
	ASSERT_EQ(1100, pattern_check(2, 100, got, 1100));
}

/* RFC 1191, RFC 8201: the path's narrowest link is told of, and what was too big is sent anew. */
TEST_F(peer, icmp_too_big)
{
	const bool v4 = self->host.version == 4;
	const uint32_t most = v4 ? 1000 - 40 : 1280 - 60;
	struct peer *p = &self->peer;
	/* Three full segments over IPv6, and none that fits over IPv4: all must go again. */
	uint8_t sent[4320], got[4320];

	open_active(_metadata, self);
	pattern_fill(2, 0, sent, sizeof(sent));
	ASSERT_EQ(sizeof(sent), write(self->fd, sent, sizeof(sent)));
	ASSERT_TRUE(peer_receive(p, clock_patience_ms()));
	ASSERT_LT(most, p->got.len);
	peer_drain(p);
	if (v4)
		peer_send_icmp(p, 3, 4, 1000, 1);
	else
		peer_send_icmp(p, 2, 0, 1280, 1);
	/* No timer is near: this is the answer to the message. */
	ASSERT_TRUE(peer_receive(p, clock_patience_ms() / 4));
	ASSERT_EQ(1, p->got.seq);
	ASSERT_GE(most, p->got.len);
	memcpy(got, p->data, p->got.len);
	peer_send(p, .flags = ACK, .seq = 1, .ack = 1 + p->got.len);
	ASSERT_FINE(peer_collect(p, 1 + p->got.len, 1 + sizeof(sent), got + p->got.len, true));
	ASSERT_EQ(sizeof(got), pattern_check(2, 0, got, sizeof(got)));
}

/* 0: none came in time. */
static int wait_for_error(int fd)
{
	struct pollfd pfd = { .fd = fd };

	return poll(&pfd, 1, clock_patience_ms()) == 1 ? host_socket_error(fd) : 0;
}

static void wait_until_gone(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self)
{
	const uint64_t end = clock_ms() + clock_patience_ms();

	while (connection_state(&self->host, &self->peer, -1) != STATE_NONE && clock_ms() < end)
		clock_sleep_ms(5);
	ASSERT_EQ(STATE_NONE, connection_state(&self->host, &self->peer, -1));
}

/* Each ACK of something new is a sign of life. */
TEST_F(peer, slow_but_alive)
{
	struct peer *p = &self->peer;
	int i;

	if (host_is_reference(&self->host))
		SKIP(return, "its timeouts cannot be made short");
	hurry_timers(&self->host);
	open_active(_metadata, self);
	for (i = 0; i < 6; i++) {
		ASSERT_EQ(1, write(self->fd, "x", 1));
		ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 1 + i, .ack = 1, .len = 1));
		ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 1 + i, .ack = 1, .len = 1));
		peer_send(p, .flags = ACK, .seq = 1, .ack = 2 + i);
		peer_drain(p);
	}
	ASSERT_STATE(STATE_ESTABLISHED);
}

TEST_F(peer, silent_last_ack)
{
	struct peer *p = &self->peer;

	if (host_is_reference(&self->host))
		SKIP(return, "its timeouts cannot be made short");
	hurry_timers(&self->host);
	open_passive(_metadata, self);
	peer_send(p, .flags = FIN | ACK, .seq = 1, .ack = 1);
	ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 1, .ack = 2));
	host_closes(self);
	ASSERT_STATE(STATE_LAST_ACK);
	wait_until_gone(_metadata, self);
}

/* RFC 1122 4.2.3.6: a connection that is idle is asked whether it lives; if not, it ends. */
TEST_F(peer, keepalive)
{
	const int one = 1, probes = 2;
	struct peer *p = &self->peer;

	open_active(_metadata, self);
	ASSERT_EQ(0, setsockopt(self->fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof(one)));
	/* At once, though the timer runs. */
	ASSERT_EQ(0, setsockopt(self->fd, IPPROTO_TCP, TCP_KEEPIDLE, &one, sizeof(one)));
	ASSERT_EQ(0, setsockopt(self->fd, IPPROTO_TCP, TCP_KEEPINTVL, &one, sizeof(one)));
	ASSERT_EQ(0, setsockopt(self->fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof(probes)));
	ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 0, .ack = 1));
	peer_send(p, .flags = ACK, .seq = 1, .ack = 1);
	ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 0, .ack = 1));
	ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 0, .ack = 1));
	ASSERT_FINE(peer_expect(p, .flags = RST | ACK, .seq = 1, .ack = 1));
	ASSERT_EQ(ETIMEDOUT, wait_for_error(self->fd));
}

TEST_HARNESS_MAIN

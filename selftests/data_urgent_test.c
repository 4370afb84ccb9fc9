// SPDX-License-Identifier: GPL-2.0
/*
 * Urgent data: where its pointer says that it is, however far that is and whatever the window; what
 * the reader sees of it, out of band and inline; and pointers that nobody honest sends.
 */
#include "kselftest_harness.h"
#include "lib/data_fixture.h"

#include <linux/sockios.h>
#include <signal.h>
#include <sys/ioctl.h>

/*
 * What the user sees
 */

static int at_mark(int fd)
{
	int answer = -1;

	return ioctl(fd, SIOCATMARK, &answer) ? -errno : answer;
}

static int queued(int fd)
{
	int answer = -1;

	return ioctl(fd, SIOCINQ, &answer) ? -errno : answer;
}

static int events(int fd)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN | POLLPRI };

	return poll(&pfd, 1, 0) < 0 ? -errno : pfd.revents;
}

/* Sequence number of the byte read out of band, or a negative errno; 0 at the end. */
static int read_urgent(struct __test_metadata *_metadata, int fd, uint32_t seq, int flags)
{
	uint8_t byte = 0;
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	int n = recvmsg(fd, &msg, MSG_OOB | flags);

	if (n <= 0)
		return n ? -errno : 0;
	EXPECT_TRUE(msg.msg_flags & MSG_OOB);
	EXPECT_EQ(1, pattern_check(PEER_SEED, seq, &byte, 1));
	return seq;
}

#define ASSERT_URGENT(result, seq, flags) \
	ASSERT_EQ(result, read_urgent(_metadata, self->fd, seq, flags))

/* One read ends behind these, though there was room for more. */
static void read_once(struct __test_metadata *_metadata, int fd, uint64_t seed, uint32_t seq,
		      size_t len, int flags)
{
	uint8_t buf[4096];

	ASSERT_EQ((ssize_t)len, recv(fd, buf, sizeof(buf), MSG_DONTWAIT | flags));
	ASSERT_EQ(len, pattern_check(seed, seq, buf, len));
}

#define ASSERT_READ(seq, len, flags) \
	read_once(_metadata, self->fd, PEER_SEED, seq, len, flags)

/* SIGURG is never delivered, so that it can be asked for. */
static void watch_signal(struct __test_metadata *_metadata, int fd)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGURG);
	ASSERT_EQ(0, sigprocmask(SIG_BLOCK, &set, NULL));
	ASSERT_EQ(0, fcntl(fd, F_SETOWN, getpid()));
}

static bool was_signalled(void)
{
	const struct timespec now = {};
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGURG);
	return sigtimedwait(&set, NULL, &now) == SIGURG;
}

static long counted(const FIXTURE_DATA(peer) *self, const char *name)
{
	return host_is_reference(&self->host) ? -1 : host_counter(name);
}

#define ASSERT_COUNTED(n, name, before) do { \
	if (!host_is_reference(&self->host)) \
		ASSERT_EQ(n, counted(self, name) - (before)); \
} while (0)

/*
 * What is on the wire
 */

/* The peer sends its bytes @seq and following; its pointer is @pointer. */
static void peer_urges(FIXTURE_DATA(peer) *self, uint32_t seq, size_t len, uint16_t pointer)
{
	uint8_t buf[4096];

	pattern_fill(PEER_SEED, seq, buf, len);
	peer_send(&self->peer, .flags = ACK | URG, .seq = seq, .ack = 1, .data = buf, .len = len,
		  .urgent = pointer);
}

static void expect_urgent(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self,
			  uint32_t seq, size_t len, uint16_t pointer)
{
	struct peer *p = &self->peer;

	ASSERT_FINE(peer_expect(p, .flags = ACK | URG, .seq = seq, .ack = 1, .len = len,
				.urgent = pointer));
	ASSERT_EQ(len, pattern_check(HOST_SEED, seq, p->data, len));
}

/*
 * Sent
 */

/* RFC 9293 3.8.5: the pointer names the byte that follows. As on Linux, Nagle does not count. */
TEST_F(peer, sent_with_data)
{
	struct peer *p = &self->peer;

	set_timers(&self->host);
	open_stream(_metadata, self, 0);
	host_writes(_metadata, self, 1, 10, 0);
	expect_data(_metadata, self, 1, 10);
	host_writes(_metadata, self, 11, 5, MSG_OOB | MSG_MORE);
	expect_urgent(_metadata, self, 11, 5, 5);
	/* What comes behind it is not urgent; but what is before is, when it is sent again. */
	host_writes(_metadata, self, 16, 10, 0);
	expect_data(_metadata, self, 16, 10);
	do {
		ASSERT_TRUE(peer_receive(p, clock_patience_ms()));
		ASSERT_EQ(p->got.seq < 16 ? 16 - p->got.seq : 0, p->got.urgent);
		ASSERT_EQ(p->got.urgent ? URG : 0, p->got.flags & URG);
	} while (p->got.seq >= 16);
	peer_acks(self, 26);
	peer_drain(p);
	host_writes(_metadata, self, 26, 10, 0);
	expect_data(_metadata, self, 26, 10);
	/* Nothing was written. */
	ASSERT_EQ(0, send(self->fd, "", 0, MSG_OOB));
	peer_acks(self, 36);
	ASSERT_FINE(peer_expect_nothing(p));
}

/* RFC 9293 3.8.5: the peer hears of it while its window is closed, again and again. */
TEST_F(peer, sent_to_a_closed_window)
{
	struct peer *p = &self->peer;

	set_timers(&self->host);
	p->window = 0;
	open_stream(_metadata, self, 0);
	host_writes(_metadata, self, 1, 7, MSG_OOB);
	/* At once; by the reference with its first probe. */
	ASSERT_TRUE(peer_receive(p, host_is_reference(&self->host) ? clock_patience_ms() : 0));
	ASSERT_FINE(p->text);
	ASSERT_EQ(ACK | URG, p->got.flags);
	ASSERT_EQ(1, p->got.seq);
	ASSERT_EQ(0, p->got.len);
	ASSERT_EQ(7, p->got.urgent);
	/* Any ACK says it, and so does what goes with a probe. */
	peer_writes(self, 1, 1, MSS);
	do {
		ASSERT_TRUE(peer_receive(p, clock_patience_ms()));
		ASSERT_EQ(8, p->got.seq + p->got.urgent);
	} while (p->got.ack != 1 + MSS || p->got.seq != 1);
	do {
		ASSERT_TRUE(peer_receive(p, clock_patience_ms()));
		ASSERT_EQ(8, p->got.seq + p->got.urgent);
	} while (p->got.seq != 0);
	ASSERT_FINE(peer_expect(p, .flags = ACK | URG, .seq = 1, .ack = 1 + MSS, .urgent = 7));
	peer_drain(p);
	p->window = 65535;
	peer_send(p, .flags = ACK, .seq = 1 + MSS, .ack = 1);
	ASSERT_FINE(peer_expect(p, .flags = ACK | URG, .seq = 1, .ack = 1 + MSS, .len = 7,
				.urgent = 7));
	peer_send(p, .flags = ACK, .seq = 1 + MSS, .ack = 8);
	ASSERT_FINE(peer_expect_nothing(p));
}

/* What lies below cuts long segments, and cannot count: each of these has its own pointer. */
TEST_F(peer, sent_with_long_segments)
{
	const uint32_t up = 1 + 15 * MSS + 4001;
	struct peer *p = &self->peer;
	uint32_t next = 1;

	p->window = 0;
	open_stream(_metadata, self, 0);
	host_writes(_metadata, self, 1, 15 * MSS, 0);
	host_writes(_metadata, self, 1 + 15 * MSS, 4001, MSG_OOB);
	host_writes(_metadata, self, up, 2 * MSS, 0);
	peer_drain(p);
	p->window = 65535;
	for (peer_acks(self, 1); next != up + 2 * MSS; peer_acks(self, next)) {
		ASSERT_TRUE(peer_receive(p, clock_patience_ms()));
		ASSERT_FINE(p->text);
		ASSERT_EQ(next, p->got.seq);
		ASSERT_GE(MSS, p->got.len);
		ASSERT_EQ(next < up ? up - next : 0, p->got.urgent);
		ASSERT_EQ(next < up ? URG : 0, p->got.flags & URG);
		ASSERT_EQ(p->got.len, pattern_check(HOST_SEED, next, p->data, p->got.len));
		next += p->got.len;
	}
}

/* It is further ahead than 16 bits can tell: then as far as they can, or farther than the data. */
TEST_F(peer, sent_far_ahead)
{
	const int size = 400000;
	struct peer *p = &self->peer;
	const uint32_t up = 1 + 2 * 50000 + 1;
	uint32_t next = 1;
	uint16_t pointer;

	ONE_OF_EACH();
	p->window = 0;
	open_stream(_metadata, self, 0);
	ASSERT_EQ(0, setsockopt(self->fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)));
	host_writes(_metadata, self, 1, 50000, 0);
	host_writes(_metadata, self, 50001, 50000, 0);
	host_writes(_metadata, self, 100001, 1, MSG_OOB);
	if (!host_is_reference(&self->host))
		ASSERT_FINE(peer_expect(p, .flags = ACK | URG, .seq = 1, .ack = 1,
					.urgent = 65535));
	peer_drain(p);
	p->window = 65535;
	for (peer_acks(self, 1); next != up; peer_acks(self, next)) {
		ASSERT_TRUE(peer_receive(p, clock_patience_ms()));
		ASSERT_EQ(next, p->got.seq);
		pointer = up - next > 65535 ? 65535 : up - next;
		ASSERT_EQ(pointer, p->got.urgent);
		next += p->got.len;
	}
}

/* A later one takes over from one that is not acknowledged, and of a short write there is none. */
TEST_F(peer, sent_again)
{
	static uint8_t buf[4 * STREAM_MAX];
	struct peer *p = &self->peer;
	ssize_t n;

	open_stream(_metadata, self, 0);
	host_writes(_metadata, self, 1, 3, MSG_OOB);
	expect_urgent(_metadata, self, 1, 3, 3);
	host_writes(_metadata, self, 4, 4, MSG_OOB);
	expect_urgent(_metadata, self, 4, 4, 4);
	p->window = 0;
	peer_acks(self, 4);
	peer_acks(self, 8);
	peer_drain(p);
	ONLY_XTCP();
	ASSERT_EQ(0, setsockopt(self->fd, SOL_SOCKET, SO_SNDBUF, &(int){ 1 }, sizeof(int)));
	pattern_fill(HOST_SEED, 8, buf, sizeof(buf));
	n = send(self->fd, buf, sizeof(buf), MSG_OOB);
	ASSERT_LT(0, n);
	ASSERT_GT(sizeof(buf), n);
	p->window = 65535;
	peer_acks(self, 8);
	ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 8, .ack = 1, .len = n < MSS ? n : MSS));
}

/*
 * Received
 */

/* tcp(7): the byte is not in the stream; a read ends before it; each of these says where it is. */
TEST_F(peer, out_of_band)
{
	long marks = counted(self, "UrgentMarks");
	long unread = counted(self, "UrgentUnread");
	uint8_t byte;

	open_stream(_metadata, self, 0);
	watch_signal(_metadata, self->fd);
	ASSERT_URGENT(-EINVAL, 0, 0);
	peer_urges(self, 1, 4, 4);
	ASSERT_TRUE(was_signalled());
	peer_writes(self, 5, 1, 6);
	ASSERT_EQ(POLLIN | POLLPRI, events(self->fd));
	ASSERT_EQ(3, queued(self->fd));
	ASSERT_EQ(0, at_mark(self->fd));
	ASSERT_READ(1, 3, MSG_PEEK);
	ASSERT_EQ(2, recv(self->fd, &byte, 2, MSG_TRUNC));
	ASSERT_EQ(0, at_mark(self->fd));
	ASSERT_READ(3, 1, 0);
	ASSERT_EQ(1, at_mark(self->fd));
	ASSERT_EQ(0, queued(self->fd));
	/* From the mark on, one may look behind it. */
	ASSERT_READ(5, 6, MSG_PEEK);
	ASSERT_EQ(1, at_mark(self->fd));
	ASSERT_URGENT(4, 4, MSG_PEEK);
	if (!host_is_reference(&self->host)) {
		ASSERT_EQ(-1, recv(self->fd, (void *)8, 1, MSG_OOB));
		ASSERT_EQ(EFAULT, errno);
	}
	ASSERT_URGENT(4, 4, 0);
	ASSERT_URGENT(-EINVAL, 4, 0);
	ASSERT_EQ(POLLIN, events(self->fd));
	ASSERT_EQ(1, at_mark(self->fd));
	ASSERT_READ(5, 6, 0);
	ASSERT_EQ(0, at_mark(self->fd));
	ASSERT_URGENT(-EINVAL, 4, 0);
	host_reads_nothing(_metadata, self);
	/* The same pointer again is no news, and neither is its segment. */
	peer_urges(self, 1, 4, 4);
	ASSERT_FALSE(was_signalled());
	host_reads_nothing(_metadata, self);
	ASSERT_COUNTED(1, "UrgentMarks", marks);
	ASSERT_COUNTED(0, "UrgentUnread", unread);
}

/* SO_OOBINLINE: the byte is in the stream, and a read ends before it all the same. */
TEST_F(peer, inline)
{
	const int one = 1;

	open_stream(_metadata, self, 0);
	ASSERT_EQ(0, setsockopt(self->fd, SOL_SOCKET, SO_OOBINLINE, &one, sizeof(one)));
	peer_urges(self, 1, 4, 4);
	peer_writes(self, 5, 1, 6);
	ASSERT_EQ(POLLIN | POLLPRI, events(self->fd));
	ASSERT_EQ(10, queued(self->fd));
	ASSERT_URGENT(-EINVAL, 4, 0);
	ASSERT_READ(1, 3, MSG_PEEK);
	ASSERT_READ(1, 3, 0);
	ASSERT_EQ(1, at_mark(self->fd));
	ASSERT_EQ(POLLIN | POLLPRI, events(self->fd));
	ASSERT_READ(4, 7, MSG_PEEK);
	ASSERT_READ(4, 7, 0);
	ASSERT_EQ(0, at_mark(self->fd));
	ASSERT_EQ(0, events(self->fd));
}

/* RFC 9293 3.8.5: a pointer comes before its byte, by a bare ACK and beyond the window. */
TEST_F(peer, announced)
{
	open_stream(_metadata, self, 0);
	watch_signal(_metadata, self->fd);
	peer_urges(self, 1, 0, 6);
	ASSERT_TRUE(was_signalled());
	ASSERT_URGENT(-EAGAIN, 6, 0);
	ASSERT_EQ(0, events(self->fd));
	peer_urges(self, 1, 5, 6);
	ASSERT_FALSE(was_signalled());
	ASSERT_EQ(POLLIN, events(self->fd));
	ASSERT_EQ(5, queued(self->fd));
	ASSERT_READ(1, 5, 0);
	ASSERT_EQ(1, at_mark(self->fd));
	host_reads_nothing(_metadata, self);
	ASSERT_URGENT(-EAGAIN, 6, 0);
	peer_writes(self, 6, 1, 1);
	/* One byte, and it is none that could be read. */
	ASSERT_EQ(POLLPRI, events(self->fd));
	ASSERT_EQ(1, at_mark(self->fd));
	ASSERT_URGENT(6, 6, 0);
	ASSERT_EQ(0, events(self->fd));
	peer_writes(self, 7, 1, 3);
	ASSERT_EQ(POLLIN, events(self->fd));
	ASSERT_READ(7, 3, 0);
	/* Far beyond all windows: no more than a mark that is never reached. */
	peer_urges(self, 10, 0, 65535);
	ASSERT_TRUE(was_signalled());
	peer_writes(self, 10, 1, 5);
	ASSERT_READ(10, 5, 0);
	ASSERT_URGENT(-EAGAIN, 0, 0);
}

/* Who reads on at the mark does without the byte. */
TEST_F(peer, read_past)
{
	long unread = counted(self, "UrgentUnread");

	open_stream(_metadata, self, 0);
	peer_urges(self, 1, 3, 3);
	ASSERT_READ(1, 2, MSG_WAITALL);
	host_reads_nothing(_metadata, self);
	ASSERT_EQ(0, at_mark(self->fd));
	ASSERT_EQ(0, events(self->fd));
	ASSERT_URGENT(-EINVAL, 3, 0);
	ASSERT_COUNTED(1, "UrgentUnread", unread);
	peer_urges(self, 4, 3, 1);
	ASSERT_EQ(1, at_mark(self->fd));
	ASSERT_READ(5, 2, 0);
	ASSERT_COUNTED(2, "UrgentUnread", unread);
	/* Nothing that was not read is left: closing is no abort. */
	host_closes(self);
	peer_drain(&self->peer);
	ASSERT_STATE(STATE_FIN_WAIT_1);
}

/* Of two that nobody has read the first is back in the stream, unless its reader is right there. */
TEST_F(peer, next_mark)
{
	long unread = counted(self, "UrgentUnread");

	open_stream(_metadata, self, 0);
	watch_signal(_metadata, self->fd);
	peer_urges(self, 1, 2, 2);
	ASSERT_TRUE(was_signalled());
	peer_urges(self, 3, 2, 2);
	ASSERT_TRUE(was_signalled());
	ASSERT_URGENT(4, 4, 0);
	ASSERT_COUNTED(1, "UrgentUnread", unread);
	ASSERT_READ(1, 3, 0);
	ASSERT_EQ(1, at_mark(self->fd));
	peer_urges(self, 5, 2, 2);
	ASSERT_EQ(0, at_mark(self->fd));
	ASSERT_EQ(1, queued(self->fd));
	ASSERT_READ(5, 1, 0);
	ASSERT_URGENT(6, 6, 0);
	ASSERT_COUNTED(1, "UrgentUnread", unread);
}

/* A byte beyond a gap can be had before the gap is closed. */
TEST_F(peer, beyond_a_gap)
{
	open_stream(_metadata, self, 0);
	peer_urges(self, 3, 2, 2);
	ASSERT_EQ(POLLPRI, events(self->fd));
	ASSERT_URGENT(4, 4, 0);
	peer_writes(self, 1, 1, 2);
	peer_writes(self, 5, 1, 1);
	ASSERT_READ(1, 3, 0);
	ASSERT_READ(5, 1, 0);
	/* It was there before its pointer; the reference does not find it then. */
	ONLY_XTCP();
	peer_writes(self, 8, 1, 2);
	peer_urges(self, 6, 1, 3);
	ASSERT_EQ(POLLIN | POLLPRI, events(self->fd));
	ASSERT_URGENT(8, 8, 0);
	peer_writes(self, 7, 1, 1);
	ASSERT_READ(6, 2, 0);
	ASSERT_EQ(1, at_mark(self->fd));
	ASSERT_READ(9, 1, 0);
}

/* RFC 9293 3.10.7.4, sixth: the pointer only ever moves on, and only in what is acceptable. */
TEST_F(peer, forged_pointers)
{
	struct peer *p = &self->peer;
	long old = counted(self, "UrgentOld");
	uint8_t byte = 0;

	open_stream(_metadata, self, 0);
	watch_signal(_metadata, self->fd);
	peer_writes(self, 1, 1, 10);
	/* Behind what has come, by a repetition and by a bare ACK. */
	peer_urges(self, 1, 10, 10);
	peer_urges(self, 10, 1, 1);
	ASSERT_COUNTED(2, "UrgentOld", old);
	/* Beyond the window; with an ACK of what was never sent; in a SYN, and in a reset. */
	peer_urges(self, 11 + (1 << 24), 4, 2);
	peer_send(p, .flags = ACK | URG, .seq = 11, .ack = 1000, .urgent = 2);
	peer_send(p, .flags = SYN | ACK | URG, .seq = 11, .ack = 1, .urgent = 3);
	peer_send(p, .flags = RST | URG, .seq = 12, .urgent = 2);
	ASSERT_FALSE(was_signalled());
	/* A pointer is nothing without the flag. */
	peer_send(p, .flags = ACK, .seq = 11, .ack = 1, .urgent = 5);
	ASSERT_FALSE(was_signalled());
	ASSERT_COUNTED(2, "UrgentOld", old);
	ASSERT_READ(1, 10, 0);
	ASSERT_EQ(0, at_mark(self->fd));
	/* Moved on, and back. */
	peer_urges(self, 11, 0, 20);
	ASSERT_TRUE(was_signalled());
	peer_urges(self, 11, 5, 3);
	peer_urges(self, 16, 0, 15);
	ASSERT_FALSE(was_signalled());
	ASSERT_COUNTED(4, "UrgentOld", old);
	ASSERT_READ(11, 5, 0);
	peer_writes(self, 16, 1, 20);
	ASSERT_URGENT(30, 30, 0);
	ASSERT_READ(16, 14, 0);
	ASSERT_READ(31, 5, 0);
	/* RFC 1122 4.2.2.4: that sender's pointer to a single byte. */
	peer_urges(self, 36, 1, 0);
	ASSERT_EQ(1, at_mark(self->fd));
	ASSERT_URGENT(36, 36, 0);
	/* Room for none. */
	peer_urges(self, 37, 1, 1);
	ASSERT_EQ(0, recv(self->fd, &byte, 0, MSG_OOB));
	ASSERT_URGENT(-EINVAL, 37, 0);
	ASSERT_STATE(STATE_ESTABLISHED);
}

/* The stream ends at its FIN, wherever a pointer points. */
TEST_F(peer, and_then_the_end)
{
	struct peer *p = &self->peer;
	uint8_t buf[4];

	open_stream(_metadata, self, 0);
	watch_signal(_metadata, self->fd);
	pattern_fill(PEER_SEED, 1, buf, 3);
	peer_send(p, .flags = ACK | URG | FIN, .seq = 1, .ack = 1, .data = buf, .len = 3,
		  .urgent = 3);
	ASSERT_TRUE(was_signalled());
	ASSERT_STATE(STATE_CLOSE_WAIT);
	ASSERT_EQ(2, queued(self->fd));
	ASSERT_READ(1, 2, 0);
	ASSERT_EQ(1, at_mark(self->fd));
	ASSERT_URGENT(3, 3, 0);
	ASSERT_READ(4, 0, 0);
	ASSERT_READ(4, 0, 0);
	/* Behind the FIN. */
	peer_send(p, .flags = ACK | URG, .seq = 5, .ack = 1, .urgent = 9);
	if (!host_is_reference(&self->host))
		ASSERT_FALSE(was_signalled());
	ASSERT_READ(4, 0, 0);
	host_closes(self);
	peer_drain(p);
	ASSERT_STATE(STATE_LAST_ACK);
}

TEST_F(peer, beyond_the_end)
{
	struct peer *p = &self->peer;
	uint8_t buf[4];

	open_stream(_metadata, self, 0);
	pattern_fill(PEER_SEED, 1, buf, 3);
	peer_send(p, .flags = ACK | URG | FIN, .seq = 1, .ack = 1, .data = buf, .len = 3,
		  .urgent = 100);
	ASSERT_URGENT(0, 0, 0);
	ASSERT_EQ(3, queued(self->fd));
	ASSERT_READ(1, 3, 0);
	ASSERT_READ(4, 0, 0);
	ASSERT_URGENT(0, 0, 0);
}

/* The first segment of all, before anybody has accepted; the SYN-ACK and what it brings. */
TEST_F(peer, from_the_beginning)
{
	begin_passive(_metadata, self);
	peer_urges(self, 1, 3, 2);
	self->fd = accept_now(self);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(POLLIN | POLLPRI, events(self->fd));
	ASSERT_READ(1, 1, 0);
	ASSERT_URGENT(2, 2, 0);
	ASSERT_READ(3, 1, 0);
	/* There is no mark on who has no peer. */
	ASSERT_EQ(0, at_mark(self->listener));
	ASSERT_EQ(-ENOTCONN, read_urgent(_metadata, self->listener, 0, 0));
	peer_urges(self, 4, 3, 2);
	ASSERT_EQ(0, connect(self->fd, &(struct sockaddr){ AF_UNSPEC }, sizeof(struct sockaddr)));
	ASSERT_EQ(0, at_mark(self->fd));
	ASSERT_URGENT(-EINVAL, 0, 0);
	ASSERT_EQ(-1, send(self->fd, "x", 1, MSG_OOB | MSG_NOSIGNAL));
}

/*
 * Real traffic
 */

/* Both ends of a connection over loopback: the host's and the kernel's, either of which listens. */
static void connect_to_kernel(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self,
			      bool listen, int fds[2])
{
	const struct host kernel = { 0, IPPROTO_TCP, self->host.version };
	const struct host *server = listen ? &self->host : &kernel;
	const struct host *client = listen ? &kernel : &self->host;
	static uint16_t port = HOST_PORT;

	port++;
	self->listener = host_listen(server, NULL, port, 8);
	ASSERT_LE(0, self->listener);
	ASSERT_EQ(0, fcntl(self->listener, F_SETFL, 0));
	fds[1] = host_socket(client, SOCK_CLOEXEC);
	ASSERT_LE(0, fds[1]);
	ASSERT_EQ(0, host_connect(client, fds[1], "lo", port));
	fds[0] = accept(self->listener, NULL, NULL);
	ASSERT_LE(0, fds[0]);
	close(self->listener);
	self->listener = -1;
}

static void write_part(struct __test_metadata *_metadata, int fd, uint32_t seq, size_t len,
		       int flags)
{
	static uint8_t buf[20000];

	pattern_fill(HOST_SEED, seq, buf, len);
	ASSERT_EQ((ssize_t)len, send(fd, buf, len, flags));
}

/* A byte out of band every now and then: it comes, and where it was is known. */
static void talk_out_of_band(struct __test_metadata *_metadata, int from, int to)
{
	struct pollfd pfd = { .fd = to, .events = POLLPRI };
	uint8_t buf[20000];
	uint32_t next = 1, up;
	uint64_t random = 5;
	unsigned int i;
	ssize_t n;

	for (i = 0; i < 30; i++) {
		up = next + pattern_random(&random) % 15000;
		if (up != next)
			write_part(_metadata, from, next, up - next, 0);
		write_part(_metadata, from, up, 1, MSG_OOB);
		write_part(_metadata, from, up + 1, 10, 0);
		ASSERT_EQ(1, poll(&pfd, 1, clock_patience_ms()));
		while (!at_mark(to)) {
			n = recv(to, buf, sizeof(buf), 0);
			ASSERT_LT(0, n);
			ASSERT_EQ(n, pattern_check(HOST_SEED, next, buf, n));
			next += n;
		}
		ASSERT_EQ(up, next);
		ASSERT_EQ(1, recv(to, buf, 1, MSG_OOB));
		ASSERT_EQ(1, pattern_check(HOST_SEED, up, buf, 1));
		ASSERT_EQ(10, recv(to, buf, 10, MSG_WAITALL));
		ASSERT_EQ(10, pattern_check(HOST_SEED, up + 1, buf, 10));
		next += 11;
	}
}

/* Any number of them, inline: nothing is missing, and no read goes across the last mark. */
static void talk_inline(struct __test_metadata *_metadata, int from, int to)
{
	const int one = 1;
	uint32_t sent = 1, got = 1;
	uint64_t random = 6;
	uint8_t buf[20000];
	unsigned int i;
	ssize_t n;

	ASSERT_EQ(0, setsockopt(to, SOL_SOCKET, SO_OOBINLINE, &one, sizeof(one)));
	for (i = 0; i < 200; i++) {
		size_t len = 1 + pattern_random(&random) % 8000;
		int flags = pattern_random(&random) % 3 ? 0 : MSG_OOB;

		write_part(_metadata, from, sent, len, flags);
		sent += len;
		/* What is read lags behind by as much as the buffers take for certain. */
		while (sent - got > (i == 199 ? 0 : 30000)) {
			n = recv(to, buf, pattern_random(&random) % sizeof(buf) + 1, 0);
			ASSERT_LT(0, n);
			ASSERT_EQ(n, pattern_check(HOST_SEED, got, buf, n));
			got += n;
		}
	}
	ASSERT_EQ(sent, got);
}

TEST_F(peer, with_the_kernel)
{
	int fds[2], i;

	if (self->host.protocol != IPPROTO_TCP)
		SKIP(return, "the kernel does not speak this carrier");
	for (i = 0; i < 2; i++) {
		connect_to_kernel(_metadata, self, i, fds);
		talk_out_of_band(_metadata, fds[0], fds[1]);
		talk_out_of_band(_metadata, fds[1], fds[0]);
		close(fds[0]);
		close(fds[1]);
		connect_to_kernel(_metadata, self, i, fds);
		talk_inline(_metadata, fds[0], fds[1]);
		talk_inline(_metadata, fds[1], fds[0]);
		close(fds[0]);
		close(fds[1]);
	}
}

TEST_HARNESS_MAIN

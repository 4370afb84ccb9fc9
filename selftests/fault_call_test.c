// SPDX-License-Identifier: GPL-2.0
/*
 * System calls without memory: each allocation, and each copy from or to the user, of each call
 * fails in turn. The call says so or succeeds later, the connection loses no byte, and nothing is
 * left behind.
 *
 * On a kernel without fault injection there is nothing to do.
 */
#include "kselftest_harness.h"
#include "lib/fault_fixture.h"

#include <linux/sockios.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>

#include "lib/notice.h"
#include "lib/pattern.h"

TEST_F(fault, socket)
{
	unsigned int nth;
	bool hit;
	int fd;

	for (nth = 0, hit = true; hit; nth++) {
		FAULTY(nth, hit, fd = host_socket(&self->host, SOCK_CLOEXEC));
		if (fd < 0) {
			ASSERT_TRUE(hit);
			ASSERT_TRUE(is_for_want_of_memory(-fd)) TH_LOG("%s", strerror(-fd));
			continue;
		}
		ASSERT_EQ(0, host_bind(&self->host, fd, NULL, HOST_PORT));
		close(fd);
	}
	assert_faults_done(_metadata, nth, hit);
}

static void fail_bind(struct __test_metadata *_metadata, FIXTURE_DATA(fault) *self, uint16_t port)
{
	unsigned int nth;
	bool hit;
	int ret;

	for (nth = 0, hit = true; hit; nth++) {
		self->fd = host_socket(&self->host, SOCK_CLOEXEC);
		FAULTY(nth, hit, ret = host_bind(&self->host, self->fd, NULL, port));
		if (ret) {
			ASSERT_TRUE(hit);
			/* The kernel's own bind() has no other word for it. */
			if (ret != -EADDRINUSE)
				ASSERT_TRUE(is_for_want_of_memory(-ret))
					TH_LOG("%s", strerror(-ret));
			ASSERT_EQ(0, host_local_port(self->fd));
			ASSERT_EQ(0, host_bind(&self->host, self->fd, NULL, port));
		}
		ASSERT_NE(0, host_local_port(self->fd));
		ASSERT_EQ(0, listen(self->fd, 1));
		close(self->fd);
		self->fd = -1;
	}
	assert_faults_done(_metadata, nth, hit);
}

TEST_F(fault, bind)
{
	fail_bind(_metadata, self, HOST_PORT);
}

TEST_F(fault, bind_to_any_port)
{
	fail_bind(_metadata, self, 0);
}

/* Unbound, so that it takes a port as well. */
TEST_F(fault, listen)
{
	unsigned int nth;
	bool hit;
	int ret;

	for (nth = 0, hit = true; hit; nth++) {
		self->fd = host_socket(&self->host, SOCK_CLOEXEC);
		FAULTY(nth, hit, ret = listen(self->fd, 1));
		if (ret) {
			ASSERT_TRUE(hit);
			ASSERT_TRUE(is_for_want_of_memory(errno)) TH_LOG("%s", strerror(errno));
			ASSERT_EQ(0, listen(self->fd, 1));
		}
		ASSERT_NE(0, host_local_port(self->fd));
		close(self->fd);
		self->fd = -1;
	}
	assert_faults_done(_metadata, nth, hit);
}

/* A namespace's first listener brings the half-open queue and its secrets with it. */
TEST_F(fault, first_listen)
{
	unsigned int nth;
	bool hit;
	int ret;

	for (nth = 0, hit = true; hit; nth++) {
		ASSERT_EQ(0, net_enter_new());
		self->fd = host_socket(&self->host, SOCK_CLOEXEC);
		ASSERT_EQ(0, host_bind(&self->host, self->fd, NULL, HOST_PORT));
		FAULTY(nth, hit, ret = listen(self->fd, 1));
		if (ret) {
			ASSERT_TRUE(hit);
			ASSERT_TRUE(is_for_want_of_memory(errno)) TH_LOG("%s", strerror(errno));
			ASSERT_EQ(0, listen(self->fd, 1));
		}
		close(self->fd);
		self->fd = -1;
	}
	assert_faults_done(_metadata, nth, hit);
}

TEST_F(fault, connect)
{
	struct peer *p = &self->peer;
	unsigned int nth;
	bool hit;
	int ret;

	for (nth = 0, hit = true; hit; nth++) {
		next_connection(self);
		self->fd = host_socket(&self->host, SOCK_NONBLOCK | SOCK_CLOEXEC);
		FAULTY(nth, hit, ret = host_connect(&self->host, self->fd, "peer", p->port));
		if (ret != -EINPROGRESS) {
			ASSERT_TRUE(hit);
			ASSERT_TRUE(is_for_want_of_memory(-ret)) TH_LOG("%s", strerror(-ret));
			ASSERT_EQ(0, host_local_port(self->fd));
			ret = host_connect(&self->host, self->fd, "peer", p->port);
		}
		ASSERT_EQ(-EINPROGRESS, ret);
		ASSERT_TRUE(peer_awaits(p, SYN));
		peer_send(p, .flags = SYN | ACK, .ack = 1);
		ASSERT_EQ(STATE_ESTABLISHED, state_of(self));
		end_connection(self);
	}
	assert_faults_done(_metadata, nth, hit);
}

/* A child is given, or kept, or reset, but not lost. */
TEST_F(fault, accept)
{
	struct peer *p = &self->peer;
	struct sockaddr_storage addr;
	unsigned int nth;
	socklen_t len;
	bool hit;

	start_listener(_metadata, self);
	for (nth = 0, hit = true; hit; nth++) {
		next_connection(self);
		peer_send(p, .flags = SYN);
		ASSERT_TRUE(peer_awaits(p, SYN | ACK));
		peer_send(p, .flags = ACK, .seq = 1, .ack = 1);
		len = sizeof(addr);
		FAULTY(nth, hit, self->fd = accept(self->listener, (struct sockaddr *)&addr, &len));
		if (self->fd < 0) {
			ASSERT_TRUE(hit);
			ASSERT_TRUE(is_for_want_of_memory(errno)) TH_LOG("%s", strerror(errno));
			self->fd = accept_now(self);
		}
		if (self->fd < 0) {
			/* Where the address could not be told it was open already. */
			ASSERT_TRUE(peer_awaits(p, FIN));
		} else {
			peer_send(p, .flags = ACK, .seq = 1, .ack = 1, .data = "x", .len = 1);
			ASSERT_STREQ("x", reads(self->fd, "x"));
		}
		end_connection(self);
	}
	assert_faults_done(_metadata, nth, hit);
}

static void send_all(struct __test_metadata *_metadata, int fd, const uint8_t *buf, size_t len)
{
	while (len) {
		ssize_t n = write(fd, buf, len);

		ASSERT_LT(0, n);
		buf += n;
		len -= n;
	}
}

#define SENT		20000
#define SENT_SEED	2

static const uint8_t *what_is_sent(void)
{
	static uint8_t bytes[SENT];

	pattern_fill(SENT_SEED, 0, bytes, sizeof(bytes));
	return bytes;
}

/* After a call that took @n of what is sent, or failed: the rest. All of it arrives. */
static void send_rest(struct __test_metadata *_metadata, FIXTURE_DATA(fault) *self, ssize_t n,
		      bool hit)
{
	const uint8_t *bytes = what_is_sent();
	static uint8_t got[SENT];
	size_t done = n;

	if (n < 0) {
		ASSERT_TRUE(hit);
		ASSERT_TRUE(is_for_want_of_memory(errno) || errno == EAGAIN)
			TH_LOG("%s", strerror(errno));
		done = 0;
	}
	send_all(_metadata, self->fd, bytes + done, SENT - done);
	ASSERT_FINE(peer_collect(&self->peer, 1, 1 + SENT, got, true));
	ASSERT_EQ(0, memcmp(bytes, got, SENT));
}

/* What send() says it took arrives, and nothing else. */
TEST_F(fault, send)
{
	const uint8_t *bytes = what_is_sent();
	unsigned int nth;
	ssize_t n;
	bool hit;

	start_listener(_metadata, self);
	for (nth = 0, hit = true; hit; nth++) {
		open_passive(_metadata, self);
		FAULTY(nth, hit, n = send(self->fd, bytes, SENT, MSG_NOSIGNAL));
		send_rest(_metadata, self, n, hit);
		end_connection(self);
	}
	assert_faults_done(_metadata, nth, hit);
}

/* The other carrier copies, and that has a test. */
#define ONLY_SHARING() do { \
	if (self->host.protocol != IPPROTO_TCP) \
		SKIP(return, "this carrier copies"); \
} while (0)

/* A call that sent anything is told of; what could not be pinned, or counted, says so. */
TEST_F(fault, send_zerocopy)
{
	const uint8_t *bytes = what_is_sent();
	const int one = 1;
	unsigned int nth;
	ssize_t n;
	bool hit;

	ONLY_SHARING();
	start_listener(_metadata, self);
	if (setsockopt(self->listener, SOL_SOCKET, SO_ZEROCOPY, &one, sizeof(one)))
		SKIP(return, "the kernel reserves SO_ZEROCOPY for families it knows");
	for (nth = 0, hit = true; hit; nth++) {
		open_passive(_metadata, self);
		FAULTY(nth, hit, n = send(self->fd, bytes, SENT, MSG_ZEROCOPY));
		send_rest(_metadata, self, n, hit);
		ASSERT_STREQ(n < 0 ? "" : "0-0 copied", notice_list(self->fd, self->host.version));
		end_connection(self);
	}
	assert_faults_done(_metadata, nth, hit);
}

TEST_F(fault, sendfile)
{
	unsigned int nth;
	ssize_t n;
	bool hit;
	int file;

	ONLY_SHARING();
	start_listener(_metadata, self);
	file = memory_file(SENT_SEED, SENT);
	ASSERT_LE(0, file);
	for (nth = 0, hit = true; hit; nth++) {
		open_passive(_metadata, self);
		lseek(file, 0, SEEK_SET);
		FAULTY(nth, hit, n = sendfile(self->fd, file, NULL, SENT));
		send_rest(_metadata, self, n, hit);
		end_connection(self);
	}
	assert_faults_done(_metadata, nth, hit);
	EXPECT_TRUE(memory_is_free(file));
	close(file);
}

/* What recv() could not give is still there. */
static void fail_recv(struct __test_metadata *_metadata, FIXTURE_DATA(fault) *self, int flags)
{
	struct peer *p = &self->peer;
	uint8_t sent[3000], got[3000];
	unsigned int nth;
	ssize_t n, more;
	bool hit;

	start_listener(_metadata, self);
	pattern_fill(3, 0, sent, sizeof(sent));
	for (nth = 0, hit = true; hit; nth++) {
		open_passive(_metadata, self);
		for (n = 0; n < 3; n++)
			peer_send(p, .flags = ACK, .seq = 1 + 1000 * n, .ack = 1,
				  .data = sent + 1000 * n, .len = 1000);
		memset(got, 0, sizeof(got));
		FAULTY(nth, hit, n = recv(self->fd, got, sizeof(got), flags));
		if (n < 0) {
			ASSERT_TRUE(hit);
			ASSERT_TRUE(is_for_want_of_memory(errno)) TH_LOG("%s", strerror(errno));
		}
		if (n < 0 || flags & MSG_PEEK)
			n = 0;
		while (n < (ssize_t)sizeof(got)) {
			more = recv(self->fd, got + n, sizeof(got) - n, MSG_DONTWAIT);
			ASSERT_LT(0, more);
			n += more;
		}
		ASSERT_EQ(0, memcmp(sent, got, sizeof(sent)));
		ASSERT_TRUE(peer_awaits_ack(p, 3001));
		end_connection(self);
	}
	assert_faults_done(_metadata, nth, hit);
}

TEST_F(fault, recv)
{
	fail_recv(_metadata, self, 0);
}

TEST_F(fault, peek)
{
	fail_recv(_metadata, self, MSG_PEEK);
}

/*
 * All bytes and a FIN, or a reset: an end that comes too early is one that nobody would notice.
 */
static const char *ends_well(struct peer *p, const uint8_t *sent, uint32_t len, bool hit)
{
	const uint64_t end = clock_ms() + clock_patience_ms();
	uint32_t next = 1;

	while (clock_ms() < end && peer_receive(p, clock_patience_ms())) {
		if (p->got.flags & RST)
			return hit ? "" : "a reset without a reason";
		if (p->got.seq == next && p->got.len) {
			if (next - 1 + p->got.len > len ||
			    memcmp(sent + next - 1, p->data, p->got.len))
				return "other bytes";
			next += p->got.len;
		}
		if (p->got.flags & FIN && p->got.seq + p->got.len == next)
			return next == len + 1 ? "" : "an end that comes too early";
		peer_send(p, .flags = ACK, .seq = 1, .ack = next);
	}
	return "no end";
}

static void fail_ending(struct __test_metadata *_metadata, FIXTURE_DATA(fault) *self,
			int (*ending)(int fd), bool closes, size_t len)
{
	struct peer *p = &self->peer;
	uint8_t sent[3000];
	unsigned int nth;
	bool hit;
	int ret;

	start_listener(_metadata, self);
	pattern_fill(4, 0, sent, sizeof(sent));
	for (nth = 0, hit = true; hit; nth++) {
		p->window = len ? 0 : 65535;
		open_passive(_metadata, self);
		send_all(_metadata, self->fd, sent, len);
		FAULTY(nth, hit, ret = ending(self->fd));
		ASSERT_EQ(0, ret);
		if (closes)
			self->fd = -1;
		p->window = 65535;
		peer_send(p, .flags = ACK, .seq = 1, .ack = 1);
		ASSERT_FINE(ends_well(p, sent, len, nth && hit));
		end_connection(self);
	}
	/* Behind data that waits a FIN needs nothing of its own. */
	ASSERT_FALSE(hit);
	if (!len)
		assert_faults_done(_metadata, nth, hit);
}

static int shut_down(int fd)
{
	return shutdown(fd, SHUT_WR);
}

TEST_F(fault, shutdown)
{
	fail_ending(_metadata, self, shut_down, false, 0);
}

TEST_F(fault, shutdown_behind_data)
{
	fail_ending(_metadata, self, shut_down, false, 3000);
}

TEST_F(fault, close)
{
	fail_ending(_metadata, self, close, true, 0);
}

TEST_F(fault, close_behind_data)
{
	fail_ending(_metadata, self, close, true, 3000);
}

/* A reset that could not be sent is sent when the peer speaks again. */
TEST_F(fault, abort)
{
	const struct linger abort = { .l_onoff = 1 };
	struct peer *p = &self->peer;
	unsigned int nth;
	bool hit;
	int ret;

	start_listener(_metadata, self);
	for (nth = 0, hit = true; hit; nth++) {
		open_passive(_metadata, self);
		setsockopt(self->fd, SOL_SOCKET, SO_LINGER, &abort, sizeof(abort));
		FAULTY(nth, hit, ret = close(self->fd));
		self->fd = -1;
		ASSERT_EQ(0, ret);
		ASSERT_EQ(STATE_NONE, state_of(self));
		if (hit)
			peer_send(p, .flags = ACK, .seq = 1, .ack = 1, .data = "x", .len = 1);
		ASSERT_TRUE(peer_awaits(p, RST));
	}
	assert_faults_done(_metadata, nth, hit);
}

/* A listener that has a half-open connection, one that waits, and nobody who wants them. */
TEST_F(fault, close_listener)
{
	struct peer *p = &self->peer;
	unsigned int nth;
	bool hit;
	int ret;

	for (nth = 0, hit = true; hit; nth++) {
		start_listener(_metadata, self);
		next_connection(self);
		peer_send(p, .flags = SYN);
		ASSERT_TRUE(peer_awaits(p, SYN | ACK));
		next_connection(self);
		peer_send(p, .flags = SYN);
		ASSERT_TRUE(peer_awaits(p, SYN | ACK));
		peer_send(p, .flags = ACK, .seq = 1, .ack = 1);
		FAULTY(nth, hit, ret = close(self->listener));
		self->listener = -1;
		ASSERT_EQ(0, ret);
		ASSERT_EQ(0, host_count(&self->host, STATE_NONE));
	}
	assert_faults_done(_metadata, nth, hit);
}

typedef int (*ask_t)(int fd);

static int ask_info(int fd)
{
	struct tcp_info info;
	socklen_t len = sizeof(info);

	return getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len);
}

static int ask_name(int fd)
{
	struct sockaddr_storage addr;
	socklen_t len = sizeof(addr);

	return getsockname(fd, (struct sockaddr *)&addr, &len);
}

static int ask_peer(int fd)
{
	struct sockaddr_storage addr;
	socklen_t len = sizeof(addr);

	return getpeername(fd, (struct sockaddr *)&addr, &len);
}

static int ask_nodelay(int fd)
{
	const int on = 1;

	return setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

static int ask_queued(int fd)
{
	int queued;

	return ioctl(fd, SIOCINQ, &queued);
}

static int ask_poll(int fd)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN | POLLOUT };

	return poll(&pfd, 1, 0) < 0 ? -1 : 0;
}

static int ask_proc(int fd)
{
	char buf[4096];
	int file = open("/proc/net/xtcp", O_RDONLY | O_CLOEXEC);
	int ret;

	if (file < 0)
		return -1;
	ret = read(file, buf, sizeof(buf)) < 0 ? -1 : 0;
	close(file);
	return ret;
}

TEST_F(fault, questions)
{
	const ask_t questions[] = {
		ask_info, ask_name, ask_peer, ask_nodelay, ask_queued, ask_poll, ask_proc,
	};
	unsigned int places = 0;
	unsigned int nth, i;
	bool hit;
	int ret;

	start_listener(_metadata, self);
	open_passive(_metadata, self);
	for (i = 0; i < sizeof(questions) / sizeof(*questions); i++) {
		for (nth = 0, hit = true; hit; nth++) {
			FAULTY(nth, hit, ret = questions[i](self->fd));
			if (!ret)
				continue;
			ASSERT_TRUE(hit);
			ASSERT_TRUE(is_for_want_of_memory(errno)) TH_LOG("%s", strerror(errno));
			ASSERT_EQ(0, questions[i](self->fd));
		}
		ASSERT_FALSE(hit);
		places += nth - 2;
	}
	EXPECT_LT(5, places);
}

int main(int argc, char **argv)
{
	return fault_run(test_harness_run, argc, argv);
}

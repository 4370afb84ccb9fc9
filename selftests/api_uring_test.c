// SPDX-License-Identifier: GPL-2.0
/* io_uring(7): calls that wait for a socket without anybody waiting in them. */
#include "kselftest_harness.h"

#include "api_fixture.h"
#include "ring.h"

/* What the results are told apart by. */
enum {
	NUMBER_NONE,
	NUMBER_ACCEPT,
	NUMBER_CONNECT,
	NUMBER_RECV,
	NUMBER_SEND,
	NUMBER_POLL,
	NUMBER_CANCEL,
	NUMBER_BUFFERS,
};

#define GROUP_OF_BUFFERS	1
#define BUFFERS			8
#define BUFFER_BYTES		16

static void start(struct __test_metadata *_metadata, struct ring *ring)
{
	ASSERT_EQ(0, ring_open(ring, 32));
}

/* The next result, which has to be of that number. */
static struct ring_result next(struct __test_metadata *_metadata, struct ring *ring,
			       uint64_t number)
{
	struct ring_result result = {};

	if (!ring_take(ring, &result)) {
		ASSERT_EQ(0, ring_submit(ring, 1));
		ASSERT_TRUE(ring_take(ring, &result));
	}
	ASSERT_EQ(number, result.number);
	return result;
}

static bool is_quiet(struct ring *ring)
{
	struct ring_result result;

	clock_sleep_ms(20);
	return !ring_take(ring, &result);
}

static void prepare_recv(struct ring *ring, int fd, void *buf, size_t len)
{
	struct io_uring_sqe *entry = ring_prepare(ring, IORING_OP_RECV, fd, NUMBER_RECV);

	entry->addr = (uintptr_t)buf;
	entry->len = len;
}

static void prepare_send(struct ring *ring, int fd, const void *buf, size_t len)
{
	struct io_uring_sqe *entry = ring_prepare(ring, IORING_OP_SEND, fd, NUMBER_SEND);

	entry->addr = (uintptr_t)buf;
	entry->len = len;
	entry->msg_flags = MSG_NOSIGNAL;
}

static void prepare_connect(struct ring *ring, FIXTURE_DATA(api) *self, int fd,
			    struct sockaddr_storage *to)
{
	struct io_uring_sqe *entry = ring_prepare(ring, IORING_OP_CONNECT, fd, NUMBER_CONNECT);

	entry->addr = (uintptr_t)to;
	entry->off = host_address(&self->host, to, "lo", PORT);
}

TEST_F(api, connects_and_accepts)
{
	struct sockaddr_storage to;
	struct ring ring;

	start(_metadata, &ring);
	open_listener(_metadata, self);
	ring_prepare(&ring, IORING_OP_ACCEPT, self->listener, NUMBER_ACCEPT);
	ASSERT_EQ(0, ring_submit(&ring, 0));
	EXPECT_TRUE(is_quiet(&ring));
	self->a = host_socket(&self->host, SOCK_CLOEXEC);
	ASSERT_LE(0, self->a);
	prepare_connect(&ring, self, self->a, &to);
	ASSERT_EQ(0, ring_submit(&ring, 2));
	while (self->b < 0 || host_state(&self->host, host_local_port(self->a), PORT) !=
	       STATE_ESTABLISHED) {
		struct ring_result result;

		ASSERT_TRUE(ring_take(&ring, &result));
		if (result.number == NUMBER_ACCEPT)
			self->b = result.res;
		else
			ASSERT_EQ(0, result.res);
	}
	ASSERT_EQ(1, write(self->a, "x", 1));
	ring_close(&ring);
}

TEST_F(api, connect_is_refused)
{
	struct sockaddr_storage to;
	struct ring ring;

	start(_metadata, &ring);
	self->a = host_socket(&self->host, SOCK_CLOEXEC);
	ASSERT_LE(0, self->a);
	prepare_connect(&ring, self, self->a, &to);
	ASSERT_EQ(-ECONNREFUSED, next(_metadata, &ring, NUMBER_CONNECT).res);
	ring_close(&ring);
}

/* One request, a descriptor for each client. */
TEST_F(api, accepts_many)
{
	struct ring_result result;
	struct ring ring;
	int i;

	start(_metadata, &ring);
	open_listener(_metadata, self);
	ring_prepare(&ring, IORING_OP_ACCEPT, self->listener, NUMBER_ACCEPT)->ioprio =
		IORING_ACCEPT_MULTISHOT;
	ASSERT_EQ(0, ring_submit(&ring, 0));
	for (i = 0; i < 3; i++) {
		close_fd(&self->a);
		close_fd(&self->b);
		self->a = open_client(_metadata, self);
		result = next(_metadata, &ring, NUMBER_ACCEPT);
		ASSERT_LE(0, result.res);
		EXPECT_TRUE(result.more);
		self->b = result.res;
		ASSERT_EQ(1, write(self->b, "x", 1));
	}
	ring_close(&ring);
}

TEST_F(api, receives_what_comes_later)
{
	char buf[16] = "", text[] = "later";
	struct ring_result result;
	struct ring ring;

	start(_metadata, &ring);
	open_pair(_metadata, self);
	prepare_recv(&ring, self->b, buf, sizeof(buf));
	ASSERT_EQ(0, ring_submit(&ring, 0));
	EXPECT_TRUE(is_quiet(&ring));
	prepare_send(&ring, self->a, text, 5);
	ASSERT_EQ(5, next(_metadata, &ring, NUMBER_SEND).res);
	ASSERT_EQ(5, next(_metadata, &ring, NUMBER_RECV).res);
	EXPECT_STREQ("later", buf);
	/* The flag says whether to ask again at once. */
	ASSERT_EQ(10, write(self->a, "0123456789", 10));
	ASSERT_EQ(POLLIN, poll_events(self->b, POLLIN, true));
	prepare_recv(&ring, self->b, buf, 4);
	result = next(_metadata, &ring, NUMBER_RECV);
	EXPECT_EQ(4, result.res);
	EXPECT_TRUE(result.nonempty);
	prepare_recv(&ring, self->b, buf, sizeof(buf));
	result = next(_metadata, &ring, NUMBER_RECV);
	EXPECT_EQ(6, result.res);
	EXPECT_FALSE(result.nonempty);
	/* The end of the stream, and a reset, end a call that waits. */
	prepare_recv(&ring, self->b, buf, sizeof(buf));
	ASSERT_EQ(0, ring_submit(&ring, 0));
	ASSERT_EQ(0, shutdown(self->a, SHUT_WR));
	EXPECT_EQ(0, next(_metadata, &ring, NUMBER_RECV).res);
	ring_close(&ring);
}

TEST_F(api, reset_ends_it)
{
	const struct linger abort = { .l_onoff = 1 };
	struct ring ring;
	char buf[16];

	start(_metadata, &ring);
	open_pair(_metadata, self);
	prepare_recv(&ring, self->b, buf, sizeof(buf));
	ASSERT_EQ(0, ring_submit(&ring, 0));
	ASSERT_EQ(0, setsockopt(self->a, SOL_SOCKET, SO_LINGER, &abort, sizeof(abort)));
	close_fd(&self->a);
	EXPECT_EQ(-ECONNRESET, next(_metadata, &ring, NUMBER_RECV).res);
	ring_close(&ring);
}

/* One request, a buffer of the kernel's choice for each piece. */
TEST_F(api, receives_many)
{
	char buffers[BUFFERS][BUFFER_BYTES] = {};
	struct ring_result result;
	struct io_uring_sqe *entry;
	struct ring ring;
	unsigned int i;

	start(_metadata, &ring);
	open_pair(_metadata, self);
	entry = ring_prepare(&ring, IORING_OP_PROVIDE_BUFFERS, BUFFERS, NUMBER_BUFFERS);
	entry->addr = (uintptr_t)buffers;
	entry->len = BUFFER_BYTES;
	entry->buf_group = GROUP_OF_BUFFERS;
	ASSERT_EQ(0, next(_metadata, &ring, NUMBER_BUFFERS).res);
	entry = ring_prepare(&ring, IORING_OP_RECV, self->b, NUMBER_RECV);
	entry->flags = IOSQE_BUFFER_SELECT;
	entry->buf_group = GROUP_OF_BUFFERS;
	entry->ioprio = IORING_RECV_MULTISHOT;
	ASSERT_EQ(0, ring_submit(&ring, 0));
	for (i = 0; i < 3; i++) {
		const char text[] = { 'a' + i, 'b', 'c' };

		ASSERT_EQ(3, write(self->a, text, 3));
		result = next(_metadata, &ring, NUMBER_RECV);
		ASSERT_EQ(3, result.res);
		EXPECT_TRUE(result.more);
		EXPECT_EQ(0, memcmp(text, buffers[result.buffer], 3));
	}
	ASSERT_EQ(0, shutdown(self->a, SHUT_WR));
	result = next(_metadata, &ring, NUMBER_RECV);
	EXPECT_EQ(0, result.res);
	EXPECT_FALSE(result.more);
	ring_close(&ring);
}

/* What does not fit waits until there is room. */
TEST_F(api, sends_when_there_is_room)
{
	static char big[1 << 20];
	struct ring ring;
	size_t total = 0;
	ssize_t got;

	start(_metadata, &ring);
	open_listener(_metadata, self);
	set_buffers(self->listener, 8192);
	self->a = open_client(_metadata, self);
	set_buffers(self->a, 8192);
	self->b = accept(self->listener, NULL, NULL);
	ASSERT_LE(0, self->b);
	pattern_fill(1, 0, big, sizeof(big));
	prepare_send(&ring, self->a, big, sizeof(big));
	ring.sqes[(*ring.sq_tail) & ring.sq_mask].msg_flags |= MSG_WAITALL;
	ASSERT_EQ(0, ring_submit(&ring, 0));
	EXPECT_TRUE(is_quiet(&ring));
	while (total < sizeof(big)) {
		static char buf[65536];

		got = recv(self->b, buf, sizeof(buf), 0);
		ASSERT_LT(0, got);
		ASSERT_EQ(0, memcmp(buf, big + total, got));
		total += got;
	}
	EXPECT_EQ((int)sizeof(big), next(_metadata, &ring, NUMBER_SEND).res);
	ring_close(&ring);
}

TEST_F(api, polls_many_times)
{
	struct ring_result result;
	struct io_uring_sqe *entry;
	struct ring ring;
	char byte;
	int i;

	start(_metadata, &ring);
	open_pair(_metadata, self);
	entry = ring_prepare(&ring, IORING_OP_POLL_ADD, self->b, NUMBER_POLL);
	entry->poll32_events = POLLIN;
	entry->len = IORING_POLL_ADD_MULTI;
	ASSERT_EQ(0, ring_submit(&ring, 0));
	EXPECT_TRUE(is_quiet(&ring));
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(1, write(self->a, "x", 1));
		result = next(_metadata, &ring, NUMBER_POLL);
		EXPECT_TRUE(result.res & POLLIN);
		EXPECT_TRUE(result.more);
		ASSERT_EQ(1, read(self->b, &byte, 1));
	}
	ring_close(&ring);
}

/* A socket that was given up does not keep what waits for it, nor what waits the socket. */
TEST_F(api, is_cancelled)
{
	struct io_uring_sqe *entry;
	struct ring ring;
	char buf[16];
	int i;

	start(_metadata, &ring);
	open_pair(_metadata, self);
	prepare_recv(&ring, self->b, buf, sizeof(buf));
	ASSERT_EQ(0, ring_submit(&ring, 0));
	entry = ring_prepare(&ring, IORING_OP_ASYNC_CANCEL, -1, NUMBER_CANCEL);
	entry->addr = NUMBER_RECV;
	ASSERT_EQ(0, ring_submit(&ring, 2));
	for (i = 0; i < 2; i++) {
		struct ring_result result;

		ASSERT_TRUE(ring_take(&ring, &result));
		EXPECT_EQ(result.number == NUMBER_RECV ? -ECANCELED : 0, result.res);
	}
	ASSERT_EQ(1, write(self->a, "x", 1));
	ASSERT_EQ(1, read(self->b, buf, sizeof(buf)));
	/* The ring's end is the request's. */
	prepare_recv(&ring, self->b, buf, sizeof(buf));
	ASSERT_EQ(0, ring_submit(&ring, 0));
	ring_close(&ring);
}

TEST_HARNESS_MAIN

// SPDX-License-Identifier: GPL-2.0
/*
 * sendfile(), splice() and MSG_ZEROCOPY between two sockets, and what goes with them.
 */
#include "kselftest_harness.h"
#include "lib/api_fixture.h"
#include "lib/notice.h"

#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/uio.h>

#ifndef TCP_ZEROCOPY_RECEIVE
#define TCP_ZEROCOPY_RECEIVE 35
#endif

static int get_zerocopy(int fd)
{
	int value = -1;
	socklen_t len = sizeof(value);

	return getsockopt(fd, SOL_SOCKET, SO_ZEROCOPY, &value, &len) ? -errno : value;
}

static int set_zerocopy(int fd, int value)
{
	return setsockopt(fd, SOL_SOCKET, SO_ZEROCOPY, &value, sizeof(value)) ? -errno : 0;
}

#define NEED_ZEROCOPY(fd) do { \
	if (set_zerocopy(fd, 1) == -EOPNOTSUPP) \
		SKIP(return, "the kernel reserves SO_ZEROCOPY for families it knows"); \
} while (0)

TEST_F(api, permission)
{
	const int one = 1;
	int value = 77;
	socklen_t len = sizeof(value);

	open_listener(_metadata, self);
	ASSERT_EQ(0, get_zerocopy(self->listener));
	NEED_ZEROCOPY(self->listener);
	EXPECT_EQ(1, get_zerocopy(self->listener));
	EXPECT_EQ(-EINVAL, set_zerocopy(self->listener, 2));
	EXPECT_EQ(-EINVAL, set_zerocopy(self->listener, -1));
	ASSERT_FAILS(EINVAL, setsockopt(self->listener, SOL_SOCKET, SO_ZEROCOPY, &one, 1));
	ASSERT_FAILS(EFAULT, setsockopt(self->listener, SOL_SOCKET, SO_ZEROCOPY, (void *)8, 4));
	EXPECT_EQ(1, get_zerocopy(self->listener));
	open_pair(_metadata, self);
	EXPECT_EQ(0, get_zerocopy(self->a));
	EXPECT_EQ(1, get_zerocopy(self->b));
	/* An accepted socket can be told as well, and all else goes the way it always went. */
	EXPECT_EQ(0, set_zerocopy(self->b, 0));
	EXPECT_EQ(0, get_zerocopy(self->b));
	EXPECT_EQ(0, set_zerocopy(self->a, 1));
	ASSERT_EQ(0, setsockopt(self->b, SOL_SOCKET, SO_PRIORITY, &one, sizeof(one)));
	ASSERT_EQ(0, getsockopt(self->b, SOL_SOCKET, SO_PRIORITY, &value, &len));
	EXPECT_EQ(1, value);
}

/* Without SO_ZEROCOPY the flag means nothing; and there is nothing on the error queue. */
TEST_F(api, not_permitted)
{
	char buf[8];

	open_pair(_metadata, self);
	ASSERT_EQ(5, send(self->a, "hello", 5, MSG_ZEROCOPY));
	ASSERT_EQ(5, recv(self->b, buf, 5, MSG_WAITALL));
	EXPECT_STREQ("", notice_list(self->a, self->host.version));
	ASSERT_FAILS(EAGAIN, recv(self->a, buf, 5, MSG_ERRQUEUE));
}

TEST_F(api, not_supported)
{
	char buf[64] = "";
	socklen_t len = sizeof(buf);

	if (host_is_reference(&self->host))
		SKIP(return, "the reference can");
	open_pair(_metadata, self);
	ASSERT_EQ(MAP_FAILED, mmap(NULL, 4096, PROT_READ, MAP_SHARED, self->a, 0));
	EXPECT_EQ(ENODEV, errno);
	ASSERT_FAILS(ENOPROTOOPT,
		     getsockopt(self->a, IPPROTO_TCP, TCP_ZEROCOPY_RECEIVE, buf, &len));
}

/* Reads until it has @total bytes of the pattern. */
static void expect_stream(struct __test_metadata *_metadata, int fd, uint64_t seed, size_t total)
{
	static uint8_t buf[65536];
	size_t done = 0;
	ssize_t n;

	while (done < total) {
		n = recv(fd, buf, sizeof(buf), 0);
		ASSERT_LT(0, n);
		ASSERT_EQ(n, pattern_check(seed, done, buf, n));
		done += n;
	}
}

/*
 * The sender writes over each buffer as soon as it is his again, and the receiver must see none of
 * that. In the end each call was told of, once, in turn.
 */
static int send_buffers(int fd, int version, unsigned int n)
{
	static uint8_t buf[4][30000];
	struct pollfd pfd = { .fd = fd };
	struct notice notice;
	uint32_t told = 0;
	uint32_t i;
	int ret;

	for (i = 0; i < n || told < n; ) {
		if (i < n && i - told < 4) {
			pattern_fill(9, i * sizeof(buf[0]), buf[i % 4], sizeof(buf[0]));
			if (send(fd, buf[i % 4], sizeof(buf[0]), MSG_ZEROCOPY) != sizeof(buf[0]))
				return 1;
			i++;
			continue;
		}
		if (poll(&pfd, 1, clock_patience_ms()) != 1 || pfd.revents != POLLERR)
			return 2;
		ret = notice_read(fd, version, &notice);
		if (ret || notice.first != told || notice.last < told || notice.last >= i)
			return 3;
		for (; told <= notice.last; told++)
			memset(buf[told % 4], 0xff, sizeof(buf[0]));
	}
	return 0;
}

TEST_F(api, buffers_in_turn)
{
	const unsigned int n = clock_scaled(200, 30);
	int status = -1;
	pid_t pid;

	open_pair(_metadata, self);
	NEED_ZEROCOPY(self->a);
	pid = fork();
	if (!pid)
		_exit(send_buffers(self->a, self->host.version, n));
	expect_stream(_metadata, self->b, 9, n * 30000);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	ASSERT_EQ(0, status);
}

/* To the socket from a file, in odd pieces, and by way of a pipe. */
static int send_file(int fd, int file, size_t total, bool by_pipe)
{
	off_t offset = 0;
	int pipefd[2];
	ssize_t n;

	if (pipe(pipefd))
		return 1;
	while ((size_t)offset < total) {
		if (!by_pipe) {
			if (sendfile(fd, file, &offset, 10007) <= 0)
				return 2;
			continue;
		}
		n = splice(file, &offset, pipefd[1], NULL, 20011, 0);
		while (n > 0) {
			ssize_t moved = splice(pipefd[0], NULL, fd, NULL, n, SPLICE_F_MORE);

			if (moved <= 0)
				return 3;
			n -= moved;
		}
		if (n)
			return 4;
	}
	return 0;
}

static void carry_file(struct __test_metadata *_metadata, FIXTURE_DATA(api) *self, bool by_pipe)
{
	const size_t total = clock_scaled(4, 1) << 20;
	const int file = memory_file(10, total);
	int status = -1;
	pid_t pid;

	ASSERT_LE(0, file);
	open_pair(_metadata, self);
	pid = fork();
	if (!pid)
		_exit(send_file(self->a, file, total, by_pipe));
	expect_stream(_metadata, self->b, 10, total);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	ASSERT_EQ(0, status);
	if (!host_is_reference(&self->host))
		EXPECT_EQ(self->host.protocol == IPPROTO_TCP ? (long)total : 0,
			  host_counter("SharedBytes"));
	close(file);
}

TEST_F(api, sendfile)
{
	carry_file(_metadata, self, false);
}

TEST_F(api, splice_to_socket)
{
	carry_file(_metadata, self, true);
}

static int send_pattern(int fd, uint64_t seed, size_t total)
{
	static uint8_t buf[20000];
	size_t done, n;

	for (done = 0; done < total; done += n) {
		n = sizeof(buf) < total - done ? sizeof(buf) : total - done;
		pattern_fill(seed, done, buf, n);
		if (send(fd, buf, n, 0) != (ssize_t)n)
			return 1;
	}
	return 0;
}

/* By way of a pipe to a file; what was written when, and in which pieces, does not matter. */
TEST_F(api, splice_from_socket)
{
	const size_t total = clock_scaled(4, 1) << 20;
	int pipefd[2], status = -1;
	size_t done = 0;
	uint8_t *map;
	int file;
	ssize_t n;
	pid_t pid;

	ASSERT_EQ(0, pipe(pipefd));
	file = memory_file(11, 1);
	ASSERT_LE(0, file);
	open_pair(_metadata, self);
	pid = fork();
	if (!pid)
		_exit(send_pattern(self->a, 12, total));
	while (done < total) {
		n = splice(self->b, NULL, pipefd[1], NULL, total, 0);
		ASSERT_LT(0, n);
		while (n) {
			off_t offset = done;
			ssize_t moved = splice(pipefd[0], NULL, file, &offset, n, 0);

			ASSERT_LT(0, moved);
			n -= moved;
			done += moved;
		}
	}
	ASSERT_EQ(total, done);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	ASSERT_EQ(0, status);
	map = memory_map(file, total);
	ASSERT_NE(NULL, map);
	EXPECT_EQ(total, pattern_check(12, 0, map, total));
	munmap(map, total);
	close(file);
	close(pipefd[0]);
	close(pipefd[1]);
}

/* From one socket to another by way of a pipe. */
static int relay(int from, int to, size_t total)
{
	int pipefd[2];
	ssize_t n;

	if (pipe(pipefd))
		return 1;
	while (total) {
		n = splice(from, NULL, pipefd[1], NULL, total, 0);
		if (n <= 0)
			return 2;
		total -= n;
		while (n) {
			ssize_t moved = splice(pipefd[0], NULL, to, NULL, n, 0);

			if (moved <= 0)
				return 3;
			n -= moved;
		}
	}
	return 0;
}

/* What one connection brings in, in pages of the kernel's, goes out by another without a copy. */
TEST_F(api, splice_through)
{
	const size_t total = clock_scaled(4, 1) << 20;
	pid_t sender, middle;
	int status, c, d;

	open_pair(_metadata, self);
	c = open_client(_metadata, self);
	d = accept(self->listener, NULL, NULL);
	ASSERT_LE(0, d);
	sender = fork();
	if (!sender)
		_exit(send_pattern(self->a, 13, total));
	middle = fork();
	if (!middle)
		_exit(relay(self->b, c, total));
	expect_stream(_metadata, d, 13, total);
	ASSERT_EQ(sender, waitpid(sender, &status, 0));
	ASSERT_EQ(0, status);
	ASSERT_EQ(middle, waitpid(middle, &status, 0));
	ASSERT_EQ(0, status);
	if (!host_is_reference(&self->host))
		EXPECT_EQ(self->host.protocol == IPPROTO_TCP ? (long)total : 0,
			  host_counter("SharedBytes"));
	close(c);
	close(d);
}

/* What splice() says where there is nothing to move, or nowhere to. */
TEST_F(api, splice_edges)
{
	static const char page[4096];
	char buf[16] = "";
	int pipefd[2];

	signal(SIGPIPE, SIG_IGN);
	self->a = host_socket(&self->host, SOCK_CLOEXEC);
	ASSERT_EQ(0, pipe(pipefd));
	ASSERT_FAILS(ENOTCONN, splice(self->a, NULL, pipefd[1], NULL, 10, 0));
	close_fd(&self->a);
	open_pair(_metadata, self);
	ASSERT_FAILS(ENOTCONN, splice(self->listener, NULL, pipefd[1], NULL, 10, 0));
	ASSERT_EQ(0, fcntl(self->b, F_SETFL, O_NONBLOCK));
	ASSERT_FAILS(EAGAIN, splice(self->b, NULL, pipefd[1], NULL, 10, 0));
	/* The rest of a segment stays to be read. */
	ASSERT_EQ(10, send(self->a, "0123456789", 10, 0));
	ASSERT_EQ(POLLIN, poll_events(self->b, POLLIN, true));
	ASSERT_EQ(4, splice(self->b, NULL, pipefd[1], NULL, 4, 0));
	ASSERT_EQ(6, recv(self->b, buf, sizeof(buf), 0));
	EXPECT_STREQ("456789", buf);
	memset(buf, 0, sizeof(buf));
	ASSERT_EQ(4, read(pipefd[0], buf, sizeof(buf)));
	EXPECT_STREQ("0123", buf);
	/* A pipe that is full takes no more, and nothing is lost of what it does not take. */
	fcntl(pipefd[1], F_SETFL, O_NONBLOCK);
	while (write(pipefd[1], page, sizeof(page)) == sizeof(page))
		;
	ASSERT_EQ(EAGAIN, errno);
	ASSERT_EQ(4, send(self->a, "more", 4, 0));
	ASSERT_EQ(POLLIN, poll_events(self->b, POLLIN, true));
	ASSERT_FAILS(EAGAIN, splice(self->b, NULL, pipefd[1], NULL, 4, SPLICE_F_NONBLOCK));
	close(pipefd[0]);
	ASSERT_FAILS(EPIPE, splice(self->b, NULL, pipefd[1], NULL, 4, SPLICE_F_NONBLOCK));
	close(pipefd[1]);
	ASSERT_EQ(4, recv(self->b, buf, sizeof(buf), 0));
	ASSERT_EQ(0, memcmp(buf, "more", 4));
	/* The end of the stream. */
	ASSERT_EQ(0, shutdown(self->a, SHUT_WR));
	ASSERT_EQ(0, pipe(pipefd));
	fcntl(self->b, F_SETFL, 0);
	ASSERT_EQ(0, splice(self->b, NULL, pipefd[1], NULL, 4, 0));
	close(pipefd[0]);
	close(pipefd[1]);
}

TEST_HARNESS_MAIN

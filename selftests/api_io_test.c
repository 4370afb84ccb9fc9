// SPDX-License-Identifier: GPL-2.0
/*
 * Bytes through sockets: flags of send and recv, waiting and not waiting, shutdown and close.
 */
#include "kselftest_harness.h"
#include "lib/api_fixture.h"

#include <linux/sockios.h>
#include <sys/sendfile.h>
#include <sys/time.h>
#include <sys/uio.h>

static void wait_readable(struct __test_metadata *_metadata, int fd, int bytes)
{
	const uint64_t end = clock_ms() + clock_patience_ms();
	int queued = 0;

	while (!ioctl(fd, SIOCINQ, &queued) && queued < bytes && clock_ms() < end)
		clock_sleep_ms(1);
	ASSERT_EQ(bytes, queued);
}

/* A child that runs the statement and ends; ASSERT_CHILD(pid) waits for its success. */
#define IN_CHILD(statement) ({ \
	pid_t pid_ = fork(); \
	if (!pid_) { \
		statement; \
		_exit(0); \
	} \
	pid_; \
})

#define ASSERT_CHILD(pid) do { \
	const pid_t child_ = (pid); \
	int status_ = -1; \
	ASSERT_EQ(child_, waitpid(child_, &status_, 0)); \
	ASSERT_EQ(0, status_); \
} while (0)

TEST_F(api, there_and_back)
{
	char buf[16];

	open_pair(_metadata, self);
	ASSERT_EQ(5, send(self->a, "there", 5, 0));
	ASSERT_EQ(5, recv(self->b, buf, sizeof(buf), 0));
	ASSERT_EQ(0, memcmp(buf, "there", 5));
	ASSERT_EQ(8, send(self->b, "and back", 8, 0));
	ASSERT_EQ(8, recv(self->a, buf, sizeof(buf), 0));
	ASSERT_EQ(0, memcmp(buf, "and back", 8));
}

TEST_F(api, peek)
{
	char buf[16] = "";

	open_pair(_metadata, self);
	ASSERT_EQ(5, send(self->a, "hello", 5, 0));
	wait_readable(_metadata, self->b, 5);
	ASSERT_EQ(2, recv(self->b, buf, 2, MSG_PEEK));
	ASSERT_EQ(5, recv(self->b, buf, sizeof(buf), MSG_PEEK));
	ASSERT_EQ(0, memcmp(buf, "hello", 5));
	ASSERT_EQ(2, recv(self->b, buf, 2, 0));
	ASSERT_EQ(3, recv(self->b, buf, sizeof(buf), MSG_PEEK));
	ASSERT_EQ(0, memcmp(buf, "llo", 3));
	ASSERT_EQ(3, recv(self->b, buf, sizeof(buf), 0));
	ASSERT_FAILS(EAGAIN, recv(self->b, buf, sizeof(buf), MSG_PEEK | MSG_DONTWAIT));
}

TEST_F(api, peek_across_segments)
{
	unsigned char sent[9000], got[9000];
	const int one = 1;
	int i;

	open_pair(_metadata, self);
	ASSERT_EQ(0, setsockopt(self->a, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)));
	pattern_fill(7, 0, sent, sizeof(sent));
	for (i = 0; i < 9; i++)
		ASSERT_EQ(1000, send(self->a, sent + i * 1000, 1000, 0));
	wait_readable(_metadata, self->b, 9000);
	ASSERT_EQ(9000, recv(self->b, got, sizeof(got), MSG_PEEK));
	ASSERT_EQ(0, memcmp(sent, got, sizeof(got)));
	memset(got, 0, sizeof(got));
	ASSERT_EQ(9000, recv(self->b, got, sizeof(got), 0));
	ASSERT_EQ(0, memcmp(sent, got, sizeof(got)));
}

TEST_F(api, wait_for_all)
{
	char buf[16];
	pid_t pid;

	open_pair(_metadata, self);
	pid = IN_CHILD({
		send(self->a, "he", 2, 0);
		clock_sleep_ms(50);
		send(self->a, "ll", 2, 0);
		clock_sleep_ms(50);
		send(self->a, "o!", 2, 0);
	});
	ASSERT_EQ(5, recv(self->b, buf, 5, MSG_WAITALL));
	ASSERT_EQ(0, memcmp(buf, "hello", 5));
	ASSERT_CHILD(pid);
	ASSERT_EQ(1, recv(self->b, buf, sizeof(buf), 0));
	/* The end comes before all is there. */
	ASSERT_EQ(3, send(self->a, "end", 3, 0));
	ASSERT_EQ(0, shutdown(self->a, SHUT_WR));
	ASSERT_EQ(3, recv(self->b, buf, 5, MSG_WAITALL));
}

TEST_F(api, wait_for_all_and_peek)
{
	char buf[16];
	pid_t pid;

	open_pair(_metadata, self);
	ASSERT_EQ(2, send(self->a, "he", 2, 0));
	pid = IN_CHILD({
		clock_sleep_ms(100);
		send(self->a, "llo", 3, 0);
	});
	ASSERT_EQ(5, recv(self->b, buf, 5, MSG_WAITALL | MSG_PEEK));
	ASSERT_EQ(5, recv(self->b, buf, 5, 0));
	ASSERT_EQ(0, memcmp(buf, "hello", 5));
	ASSERT_CHILD(pid);
}

/* tcp(7): MSG_TRUNC throws bytes away and counts them. */
TEST_F(api, truncate)
{
	char buf[16] = "untouched";

	open_pair(_metadata, self);
	ASSERT_EQ(5, send(self->a, "hello", 5, 0));
	wait_readable(_metadata, self->b, 5);
	ASSERT_EQ(3, recv(self->b, buf, 3, MSG_TRUNC));
	ASSERT_STREQ("untouched", buf);
	ASSERT_EQ(2, recv(self->b, buf, sizeof(buf), 0));
	ASSERT_EQ(0, memcmp(buf, "lo", 2));
}

TEST_F(api, do_not_wait)
{
	char byte;

	open_pair(_metadata, self);
	ASSERT_FAILS(EAGAIN, recv(self->b, &byte, 1, MSG_DONTWAIT));
	set_buffers(self->a, 4096);
	set_buffers(self->b, 4096);
	ASSERT_LT(0, fill(self->a));
	ASSERT_FAILS(EAGAIN, send(self->a, "x", 1, MSG_DONTWAIT));
	ASSERT_EQ(0, fcntl(self->a, F_SETFL, O_NONBLOCK));
	ASSERT_FAILS(EAGAIN, send(self->a, "x", 1, 0));
	ASSERT_FAILS(EAGAIN, recv(self->a, &byte, 1, 0));
}

TEST_F(api, receive_timeout)
{
	/* Not as long where the kernel's ticks were late when it began. */
	const struct timeval soon = { .tv_usec = 200000 };
	uint64_t began;
	char byte;

	open_pair(_metadata, self);
	ASSERT_EQ(0, setsockopt(self->b, SOL_SOCKET, SO_RCVTIMEO, &soon, sizeof(soon)));
	began = clock_ms();
	ASSERT_FAILS(EAGAIN, recv(self->b, &byte, 1, 0));
	ASSERT_LE(150, clock_ms() - began);
	ASSERT_EQ(0, setsockopt(self->listener, SOL_SOCKET, SO_RCVTIMEO, &soon, sizeof(soon)));
	began = clock_ms();
	ASSERT_FAILS(EAGAIN, accept(self->listener, NULL, NULL));
	ASSERT_LE(150, clock_ms() - began);
}

TEST_F(api, send_timeout)
{
	const struct timeval soon = { .tv_usec = 200000 };
	uint64_t began;

	open_pair(_metadata, self);
	set_buffers(self->a, 4096);
	set_buffers(self->b, 4096);
	ASSERT_EQ(0, setsockopt(self->a, SOL_SOCKET, SO_SNDTIMEO, &soon, sizeof(soon)));
	fill(self->a);
	began = clock_ms();
	ASSERT_FAILS(EAGAIN, send(self->a, "x", 1, 0));
	ASSERT_LE(150, clock_ms() - began);
}

static void ignore(int sig)
{
}

/* Alarms that come again and again, so that none can come too early. */
static void start_alarms(bool restart)
{
	const struct itimerval often = { { .tv_usec = 100000 }, { .tv_usec = 100000 } };
	struct sigaction action = { .sa_handler = ignore, .sa_flags = restart ? SA_RESTART : 0 };

	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
}

TEST_F(api, interrupted)
{
	char byte;

	open_pair(_metadata, self);
	set_buffers(self->a, 4096);
	set_buffers(self->b, 4096);
	fill(self->a);
	start_alarms(false);
	ASSERT_FAILS(EINTR, recv(self->a, &byte, 1, 0));
	ASSERT_FAILS(EINTR, send(self->a, "x", 1, 0));
	ASSERT_FAILS(EINTR, accept(self->listener, NULL, NULL));
}

TEST_F(api, restarted)
{
	char byte;
	pid_t pid;

	open_pair(_metadata, self);
	pid = IN_CHILD({
		clock_sleep_ms(350);
		send(self->a, "x", 1, 0);
	});
	start_alarms(true);
	ASSERT_EQ(1, recv(self->b, &byte, 1, 0));
	ASSERT_CHILD(pid);
}

/* A blocking connect that a signal interrupts goes on without its caller. */
TEST_F(api, interrupted_connect)
{
	int full[4];
	int i, fd;

	self->listener = host_listen(&self->host, NULL, PORT, 0);
	ASSERT_LE(0, self->listener);
	for (i = 0; i < 4; i++) {
		full[i] = host_socket(&self->host, SOCK_NONBLOCK);
		host_connect(&self->host, full[i], "lo", PORT);
	}
	clock_sleep_ms(100);
	fd = host_socket(&self->host, 0);
	start_alarms(false);
	ASSERT_EQ(-EINTR, host_connect(&self->host, fd, "lo", PORT));
	ASSERT_EQ(0, fcntl(fd, F_SETFL, O_NONBLOCK));
	ASSERT_EQ(-EALREADY, host_connect(&self->host, fd, "lo", PORT));
	close(fd);
	for (i = 0; i < 4; i++)
		close(full[i]);
}

TEST_F(api, broken_pipe)
{
	struct sigaction action = { .sa_handler = SIG_DFL };
	pid_t pid;
	int status;

	open_pair(_metadata, self);
	ASSERT_EQ(0, shutdown(self->a, SHUT_WR));
	ASSERT_FAILS(EPIPE, send(self->a, "x", 1, MSG_NOSIGNAL));
	sigaction(SIGPIPE, &action, NULL);
	pid = IN_CHILD(send(self->a, "x", 1, 0));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	ASSERT_TRUE(WIFSIGNALED(status));
	ASSERT_EQ(SIGPIPE, WTERMSIG(status));
	action.sa_handler = SIG_IGN;
	sigaction(SIGPIPE, &action, NULL);
	ASSERT_FAILS(EPIPE, write(self->a, "x", 1));
}

TEST_F(api, shutdown_forms)
{
	char buf[8];

	open_pair(_metadata, self);
	ASSERT_FAILS(EINVAL, shutdown(self->a, 3));
	ASSERT_FAILS(EINVAL, shutdown(self->a, -1));
	ASSERT_EQ(3, send(self->a, "end", 3, 0));
	ASSERT_EQ(0, shutdown(self->a, SHUT_WR));
	ASSERT_EQ(3, recv(self->b, buf, sizeof(buf), MSG_WAITALL));
	ASSERT_EQ(0, recv(self->b, buf, sizeof(buf), 0));
	ASSERT_EQ(0, recv(self->b, buf, sizeof(buf), 0));
	ASSERT_EQ(4, send(self->b, "more", 4, 0));
	ASSERT_EQ(4, recv(self->a, buf, 4, MSG_WAITALL));
	ASSERT_EQ(0, shutdown(self->b, SHUT_RDWR));
	ASSERT_EQ(0, recv(self->a, buf, sizeof(buf), 0));
}

/* What is there can be read after SHUT_RD, and then comes the end. */
TEST_F(api, shutdown_read)
{
	char buf[8];

	open_pair(_metadata, self);
	ASSERT_EQ(3, send(self->a, "one", 3, 0));
	wait_readable(_metadata, self->b, 3);
	ASSERT_EQ(0, shutdown(self->b, SHUT_RD));
	ASSERT_EQ(3, recv(self->b, buf, sizeof(buf), 0));
	ASSERT_EQ(0, recv(self->b, buf, sizeof(buf), 0));
	ASSERT_EQ(3, send(self->b, "two", 3, 0));
	ASSERT_EQ(3, recv(self->a, buf, sizeof(buf), 0));
}

TEST_F(api, shutdown_wakes_reader)
{
	char byte;
	pid_t pid;

	open_pair(_metadata, self);
	pid = IN_CHILD({
		if (recv(self->b, &byte, 1, 0))
			_exit(1);
	});
	clock_sleep_ms(50);
	ASSERT_EQ(0, shutdown(self->b, SHUT_RDWR));
	ASSERT_CHILD(pid);
}

TEST_F(api, linger_zero_resets)
{
	const struct linger linger = { .l_onoff = 1, .l_linger = 0 };
	char byte;

	open_pair(_metadata, self);
	ASSERT_EQ(0, setsockopt(self->a, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)));
	close_fd(&self->a);
	ASSERT_FAILS(ECONNRESET, recv(self->b, &byte, 1, 0));
	ASSERT_EQ(0, recv(self->b, &byte, 1, 0));
	ASSERT_FAILS(EPIPE, send(self->b, "x", 1, MSG_NOSIGNAL));
}

TEST_F(api, linger_waits)
{
	const struct linger linger = { .l_onoff = 1, .l_linger = 1 };
	size_t sent, got = 0;
	char buf[4096];
	uint64_t began;
	ssize_t n;

	open_pair(_metadata, self);
	set_buffers(self->a, 4096);
	set_buffers(self->b, 4096);
	ASSERT_EQ(0, setsockopt(self->a, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)));
	sent = fill(self->a);
	began = clock_ms();
	close_fd(&self->a);
	ASSERT_LE(900, clock_ms() - began);
	/* Nothing is lost by it. */
	while ((n = recv(self->b, buf, sizeof(buf), 0)) > 0)
		got += n;
	ASSERT_EQ(0, n);
	ASSERT_EQ(sent, got);
}

TEST_F(api, close_delivers_all)
{
	size_t sent, got = 0;
	char buf[4096];
	ssize_t n;

	open_pair(_metadata, self);
	sent = fill(self->a);
	close_fd(&self->a);
	while ((n = recv(self->b, buf, sizeof(buf), 0)) > 0)
		got += n;
	ASSERT_EQ(0, n);
	ASSERT_EQ(sent, got);
}

TEST_F(api, close_with_data_unread_resets)
{
	char byte;

	open_pair(_metadata, self);
	ASSERT_EQ(6, send(self->a, "unread", 6, 0));
	wait_readable(_metadata, self->b, 6);
	close_fd(&self->b);
	ASSERT_FAILS(ECONNRESET, recv(self->a, &byte, 1, 0));
}

TEST_F(api, queue_lengths)
{
	const uint64_t end = clock_ms() + clock_patience_ms();
	char buf[1000] = "";
	int n = -1;

	open_pair(_metadata, self);
	ASSERT_EQ(0, ioctl(self->b, SIOCINQ, &n));
	ASSERT_EQ(0, n);
	ASSERT_EQ(1000, send(self->a, buf, sizeof(buf), 0));
	wait_readable(_metadata, self->b, 1000);
	ASSERT_EQ(100, recv(self->b, buf, 100, 0));
	ASSERT_EQ(0, ioctl(self->b, FIONREAD, &n));
	ASSERT_EQ(900, n);
	while (!ioctl(self->a, SIOCOUTQ, &n) && n && clock_ms() < end)
		clock_sleep_ms(1);
	ASSERT_EQ(0, n);
	/* The end is no byte. */
	ASSERT_EQ(0, shutdown(self->a, SHUT_WR));
	clock_sleep_ms(20);
	ASSERT_EQ(0, ioctl(self->b, SIOCINQ, &n));
	ASSERT_EQ(900, n);
	ASSERT_FAILS(EINVAL, ioctl(self->listener, SIOCINQ, &n));
	ASSERT_FAILS(ENOTTY, ioctl(self->b, 0xdeadbeef, &n));
}

TEST_F(api, gather_and_scatter)
{
	struct iovec out[3] = { { "he", 2 }, { "", 0 }, { "llo", 3 } };
	char one[1], rest[8];
	struct iovec in[2] = { { one, 1 }, { rest, 8 } };

	open_pair(_metadata, self);
	ASSERT_EQ(5, writev(self->a, out, 3));
	wait_readable(_metadata, self->b, 5);
	ASSERT_EQ(5, readv(self->b, in, 2));
	ASSERT_EQ('h', one[0]);
	ASSERT_EQ(0, memcmp(rest, "ello", 4));
	ASSERT_EQ(0, send(self->a, "", 0, 0));
	ASSERT_FAILS(EAGAIN, recv(self->b, rest, 8, MSG_DONTWAIT));
}

TEST_F(api, bad_memory)
{
	char buf[8];

	open_pair(_metadata, self);
	ASSERT_FAILS(EFAULT, send(self->a, (void *)8, 100, 0));
	ASSERT_EQ(5, send(self->a, "hello", 5, 0));
	wait_readable(_metadata, self->b, 5);
	ASSERT_FAILS(EFAULT, recv(self->b, (void *)8, 100, 0));
	ASSERT_EQ(5, recv(self->b, buf, sizeof(buf), 0));
	ASSERT_EQ(0, memcmp(buf, "hello", 5));
}

TEST_F(api, send_a_file)
{
	char name[] = "/tmp/xtcp-api-XXXXXX";
	unsigned char buf[50000];
	off_t offset = 0;
	size_t got = 0;
	ssize_t n;
	int fd;

	fd = mkstemp(name);
	ASSERT_LE(0, fd);
	unlink(name);
	pattern_fill(3, 0, buf, sizeof(buf));
	ASSERT_EQ(sizeof(buf), write(fd, buf, sizeof(buf)));
	open_pair(_metadata, self);
	while (offset < (off_t)sizeof(buf)) {
		n = sendfile(self->a, fd, &offset, sizeof(buf) - offset);
		ASSERT_LT(0, n);
		while (got < (size_t)offset) {
			n = recv(self->b, buf + got, sizeof(buf) - got, 0);
			ASSERT_LT(0, n);
			got += n;
		}
	}
	ASSERT_EQ(sizeof(buf), pattern_check(3, 0, buf, sizeof(buf)));
	close(fd);
}

/* Two processes have it; it ends when the last lets go. */
TEST_F(api, shared_by_fork)
{
	char buf[8];
	pid_t pid;

	open_pair(_metadata, self);
	pid = IN_CHILD({
		close(self->b);
		if (recv(self->a, buf, 3, MSG_WAITALL) != 3 || send(self->a, "two", 3, 0) != 3)
			_exit(1);
	});
	close_fd(&self->a);
	ASSERT_EQ(3, send(self->b, "one", 3, 0));
	ASSERT_EQ(3, recv(self->b, buf, 3, MSG_WAITALL));
	ASSERT_EQ(0, memcmp(buf, "two", 3));
	ASSERT_EQ(0, recv(self->b, buf, sizeof(buf), 0));
	ASSERT_CHILD(pid);
}

/* More than all buffers hold, in both directions at once, by blocking calls. */
TEST_F(api, more_than_fits)
{
	const size_t total = clock_scaled(8, 1) << 20;
	unsigned char buf[16384];
	size_t done = 0;
	ssize_t n;
	pid_t pid;

	open_pair(_metadata, self);
	pid = IN_CHILD({
		for (; done < total; done += sizeof(buf)) {
			pattern_fill(5, done, buf, sizeof(buf));
			if (send(self->a, buf, sizeof(buf), 0) != sizeof(buf))
				_exit(1);
		}
	});
	while (done < total) {
		n = recv(self->b, buf, sizeof(buf), 0);
		ASSERT_LT(0, n);
		ASSERT_EQ(n, pattern_check(5, done, buf, n));
		done += n;
	}
	ASSERT_CHILD(pid);
}

TEST_HARNESS_MAIN

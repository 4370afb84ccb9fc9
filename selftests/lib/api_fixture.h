/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The stage of the API tests: a namespace with a loopback device, and two sockets that talk to
 * each other over it; XTCP's on either carrier, or the kernel's TCP as the reference.
 *
 * Included by one test program each, after kselftest_harness.h.
 */
#ifndef _SELFTEST_API_FIXTURE_H
#define _SELFTEST_API_FIXTURE_H

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "host.h"
#include "net.h"
#include "pattern.h"

/* Seconds: an emulated debug kernel takes its time. */
#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT 180

#define PORT 5000

/**
 * api - the fixture
 * @host: whose sockets
 * @listener: on any address, PORT; -1 until open_listener() or open_pair()
 * @a: of a pair, the one that connected
 * @b: of a pair, the one that was accepted
 */
FIXTURE(api) {
	struct host	host;
	int		listener;
	int		a;
	int		b;
};

FIXTURE_VARIANT(api) {
	struct host	host;
};

FIXTURE_VARIANT_ADD(api, ordinary_v4) { .host = { AF_XTCP, IPPROTO_TCP, 4 } };
FIXTURE_VARIANT_ADD(api, ordinary_v6) { .host = { AF_XTCP, IPPROTO_TCP, 6 } };
FIXTURE_VARIANT_ADD(api, native_v4) { .host = { AF_XTCP, IPPROTO_XTCP, 4 } };
FIXTURE_VARIANT_ADD(api, native_v6) { .host = { AF_XTCP, IPPROTO_XTCP, 6 } };
FIXTURE_VARIANT_ADD(api, kernel_v4) { .host = { 0, IPPROTO_TCP, 4 } };
FIXTURE_VARIANT_ADD(api, kernel_v6) { .host = { 0, IPPROTO_TCP, 6 } };

FIXTURE_SETUP(api)
{
	self->host = variant->host;
	self->listener = -1;
	self->a = -1;
	self->b = -1;
	if (host_is_reference(&self->host) && clock_is_debug())
		SKIP(return, "the reference needs no debug kernel");
	ASSERT_EQ(0, net_enter_new());
}

static inline void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

FIXTURE_TEARDOWN(api)
{
	const struct linger abort = { .l_onoff = 1 };

	/* A FIN nobody answers would keep the namespace for long. */
	setsockopt(self->a, SOL_SOCKET, SO_LINGER, &abort, sizeof(abort));
	setsockopt(self->b, SOL_SOCKET, SO_LINGER, &abort, sizeof(abort));
	close_fd(&self->a);
	close_fd(&self->b);
	close_fd(&self->listener);
}

/* ASSERT_FAILS(EINVAL, bind(...)) */
#define ASSERT_FAILS(err, call) do { \
	errno = 0; \
	ASSERT_EQ(-1, call); \
	ASSERT_EQ(err, errno); \
} while (0)

static inline void open_listener(struct __test_metadata *_metadata, FIXTURE_DATA(api) *self)
{
	self->listener = host_listen(&self->host, NULL, PORT, 8);
	ASSERT_LE(0, self->listener);
	/* Blocking, as sockets come. */
	ASSERT_EQ(0, fcntl(self->listener, F_SETFL, 0));
}

static inline int open_client(struct __test_metadata *_metadata, FIXTURE_DATA(api) *self)
{
	int fd = host_socket(&self->host, SOCK_CLOEXEC);

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, host_connect(&self->host, fd, "lo", PORT));
	return fd;
}

static inline void open_pair(struct __test_metadata *_metadata, FIXTURE_DATA(api) *self)
{
	if (self->listener < 0)
		open_listener(_metadata, self);
	self->a = open_client(_metadata, self);
	self->b = accept(self->listener, NULL, NULL);
	ASSERT_LE(0, self->b);
}

static inline void set_buffers(int fd, int size)
{
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
}

/* Writes without waiting until nothing more fits; how much did. */
static inline size_t fill(int fd)
{
	const uint64_t end = clock_ms() + clock_patience_ms();
	char buf[4096] = "";
	size_t total = 0;
	int full = 0;
	ssize_t n;

	/* An ACK that is delayed makes room once more. */
	while (full < 15 && clock_ms() < end) {
		n = send(fd, buf, sizeof(buf), MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n > 0) {
			total += n;
			full = 0;
		} else {
			full++;
			clock_sleep_ms(20);
		}
	}
	return total;
}

/* What poll() says now, or, where @patient, as soon as it says anything. */
static inline int poll_events(int fd, int events, bool patient)
{
	struct pollfd pfd = { .fd = fd, .events = events };

	return poll(&pfd, 1, patient ? (int)clock_patience_ms() : 0) < 0 ? -errno : pfd.revents;
}

#endif /* _SELFTEST_API_FIXTURE_H */

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The stage of the tests of faults: a namespace in which timers are short, a scripted peer, and
 * XTCP on either carrier, over IPv4 and IPv6.
 *
 * The peer's segments are handled within the write() that delivers them, in the context of its
 * task, so that fail-nth reaches the packet path, too.
 *
 * Included by one test program each, after kselftest_harness.h.
 */
#ifndef _SELFTEST_FAULT_FIXTURE_H
#define _SELFTEST_FAULT_FIXTURE_H

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "fault.h"
#include "host.h"
#include "net.h"
#include "peer.h"

/* Seconds: an emulated debug kernel takes its time. */
#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT 280

#define HOST_PORT 5000

FIXTURE(fault) {
	struct peer	peer;
	struct host	host;
	int		listener;
	int		fd;
};

FIXTURE_VARIANT(fault) {
	struct host	host;
};

FIXTURE_VARIANT_ADD(fault, ordinary_v4) { .host = { AF_XTCP, IPPROTO_TCP, 4 } };
FIXTURE_VARIANT_ADD(fault, ordinary_v6) { .host = { AF_XTCP, IPPROTO_TCP, 6 } };
FIXTURE_VARIANT_ADD(fault, native_v4) { .host = { AF_XTCP, IPPROTO_XTCP, 4 } };
FIXTURE_VARIANT_ADD(fault, native_v6) { .host = { AF_XTCP, IPPROTO_XTCP, 6 } };

FIXTURE_SETUP(fault)
{
	self->host = variant->host;
	self->fd = -1;
	self->listener = -1;
	faults_by_count();
	ASSERT_EQ(0, net_enter_new());
	ASSERT_EQ(0, peer_open(&self->peer, &self->host));
	/* What was not sent for want of memory is sent again soon. */
	net_sysctl_write("net/xtcp/rto_min_ms", "20");
	net_sysctl_write("net/xtcp/rto_initial_ms", "20");
	net_sysctl_write("net/xtcp/rto_max_ms", "100");
	ASSERT_EQ(0, fault_open());
}

static inline void end_connection(FIXTURE_DATA(fault) *self)
{
	const struct linger abort = { .l_onoff = 1 };

	if (self->fd >= 0) {
		setsockopt(self->fd, SOL_SOCKET, SO_LINGER, &abort, sizeof(abort));
		close(self->fd);
	}
	self->fd = -1;
	peer_drain(&self->peer);
	peer_send(&self->peer, .flags = RST, .seq = self->peer.host_ack);
	peer_drain(&self->peer);
}

/* Nothing but TIME-WAIT is left, at the latest when what was lost has been sent again. */
static inline bool is_over(const struct host *host)
{
	const uint64_t end = clock_ms() + clock_patience_ms();
	bool over = false;

	while (!over && clock_ms() < end) {
		over = host_count(host, STATE_NONE) == host_count(host, STATE_TIME_WAIT);
		if (!over)
			clock_sleep_ms(10);
	}
	return over;
}

FIXTURE_TEARDOWN(fault)
{
	end_connection(self);
	if (self->listener >= 0)
		close(self->listener);
	EXPECT_TRUE(is_over(&self->host));
	peer_close(&self->peer);
}

#define ASSERT_FINE(complaint) ASSERT_STREQ("", complaint)

/* A new connection, of other ports than the last one. */
static inline void next_connection(FIXTURE_DATA(fault) *self)
{
	struct peer *p = &self->peer;

	peer_drain(p);
	peer_forget(p);
	p->port++;
	p->host_ack = 0;
	p->host_port = self->listener >= 0 ? HOST_PORT : 0;
}

static inline void start_listener(struct __test_metadata *_metadata, FIXTURE_DATA(fault) *self)
{
	self->listener = host_listen(&self->host, NULL, HOST_PORT, 8);
	ASSERT_LE(0, self->listener);
}

/* Waits for a segment with these flags, whatever comes before it. */
static inline bool peer_awaits(struct peer *p, uint8_t flags)
{
	const uint64_t end = clock_ms() + clock_patience_ms();

	while (clock_ms() < end) {
		if (peer_receive(p, clock_patience_ms()) && (p->got.flags & flags) == flags)
			return true;
	}
	return false;
}

/* Waits until the host has acknowledged everything below @ack. */
static inline bool peer_awaits_ack(struct peer *p, uint32_t ack)
{
	while (p->got.ack != ack || !(p->got.flags & ACK))
		if (!peer_receive(p, clock_patience_ms()))
			return false;
	return true;
}

static inline int accept_now(FIXTURE_DATA(fault) *self)
{
	int fd = accept4(self->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static inline void open_passive(struct __test_metadata *_metadata, FIXTURE_DATA(fault) *self)
{
	struct peer *p = &self->peer;

	next_connection(self);
	peer_send(p, .flags = SYN);
	ASSERT_TRUE(peer_awaits(p, SYN | ACK));
	peer_send(p, .flags = ACK, .seq = 1, .ack = 1);
	self->fd = accept_now(self);
	ASSERT_LE(0, self->fd);
}

static inline int state_of(FIXTURE_DATA(fault) *self)
{
	return host_state(&self->host, self->peer.host_port, self->peer.port);
}

/* All that can be read without waiting is these bytes. */
static inline const char *reads(int fd, const char *want)
{
	static char got[256];
	ssize_t n = read(fd, got, sizeof(got) - 1);

	got[n < 0 ? 0 : n] = '\0';
	return strcmp(got, want) ? got : want;
}

/*
 * Each test goes on until a round in which nothing was left to fail. In round 0 nothing fails, but
 * counts as if it did: it brings in pages of the program itself, so that these are not what fails.
 */
#define FAULTY(nth, hit, call) do { \
	fault_begin(nth); \
	call; \
	hit = fault_end(); \
} while (0)

/* Something did fail, and in the end nothing. */
static inline void assert_faults_done(struct __test_metadata *_metadata, unsigned int nth, bool hit)
{
	ASSERT_FALSE(hit);
	ASSERT_LT(2, nth);
	TH_LOG("%u places", nth - 2);
}

#endif /* _SELFTEST_FAULT_FIXTURE_H */

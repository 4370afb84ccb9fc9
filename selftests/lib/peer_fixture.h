/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The stage of the scripted tests: a namespace, a scripted peer, and the host under test as
 * XTCP on either carrier, or as the kernel's TCP, over IPv4 and IPv6.
 *
 * Included by one test program each, after kselftest_harness.h.
 */
#ifndef _SELFTEST_PEER_FIXTURE_H
#define _SELFTEST_PEER_FIXTURE_H

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "host.h"
#include "net.h"
#include "peer.h"

/* Seconds: an emulated debug kernel takes its time. */
#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT 180

#define HOST_PORT 5000

FIXTURE(peer) {
	struct peer	peer;
	struct host	host;
	int		listener;
	int		fd;
};

FIXTURE_VARIANT(peer) {
	struct host	host;
};

FIXTURE_VARIANT_ADD(peer, ordinary_v4) { .host = { AF_XTCP, IPPROTO_TCP, 4 } };
FIXTURE_VARIANT_ADD(peer, ordinary_v6) { .host = { AF_XTCP, IPPROTO_TCP, 6 } };
FIXTURE_VARIANT_ADD(peer, native_v4) { .host = { AF_XTCP, IPPROTO_XTCP, 4 } };
FIXTURE_VARIANT_ADD(peer, native_v6) { .host = { AF_XTCP, IPPROTO_XTCP, 6 } };
/* A test that the reference cannot take at all says so before it includes this. */
#ifndef PEER_WITHOUT_REFERENCE
FIXTURE_VARIANT_ADD(peer, kernel_v4) { .host = { 0, IPPROTO_TCP, 4 } };
FIXTURE_VARIANT_ADD(peer, kernel_v6) { .host = { 0, IPPROTO_TCP, 6 } };
#endif

#define ASSERT_FINE(complaint) ASSERT_STREQ("", complaint)

/* As the test sees it: the socket's own word, or /proc's where there is no socket any more. */
static inline int connection_state(const struct host *host, const struct peer *peer, int fd)
{
	int listed = host_state(host, peer->host_port, peer->port);
	struct tcp_info info;

	if (fd < 0 || listed == STATE_TIME_WAIT)
		return listed;
	if (host_info(fd, &info))
		return -1;
	if (listed == STATE_NONE)
		listed = STATE_CLOSED;
	return info.tcpi_state == listed ? listed : -1;
}

/* The connection of self->fd, or of the peer's ports if that is -1. */
#define ASSERT_STATE(state) \
	ASSERT_STREQ(host_state_name(state), \
		     host_state_name(connection_state(&self->host, &self->peer, self->fd)))

/* Timers must not stir while a script, perhaps a slow one, goes from step to step. */
static inline void calm_timers(const struct host *host)
{
	if (host_is_reference(host))
		return;
	net_sysctl_write("net/xtcp/rto_initial_ms", "20000");
	net_sysctl_write("net/xtcp/rto_min_ms", "20000");
	net_sysctl_write("net/xtcp/cork_ms", "20000");
}

/* Scripts reckon with half of a window where something is lost: either implementation is Reno. */
static inline void choose_reno(void)
{
	net_sysctl_write("net/xtcp/congestion_control", "reno");
	net_sysctl_write("net/ipv4/tcp_congestion_control", "reno");
}

/* For tests of the timers themselves: Linux's usual ones, and a first RTO that is not long. */
static inline void wake_timers(const struct host *host)
{
	if (host_is_reference(host))
		return;
	net_sysctl_write("net/xtcp/rto_min_ms", "200");
	net_sysctl_write("net/xtcp/rto_initial_ms", "400");
}

/* For tests of what comes when timers have run: two retransmissions, soon, and an end. */
static inline void hurry_timers(const struct host *host)
{
	if (host_is_reference(host))
		return;
	net_sysctl_write("net/xtcp/rto_min_ms", "20");
	net_sysctl_write("net/xtcp/rto_initial_ms", "400");
	net_sysctl_write("net/xtcp/rto_max_ms", "400");
	net_sysctl_write("net/xtcp/syn_retries", "2");
	net_sysctl_write("net/xtcp/synack_retries", "2");
	net_sysctl_write("net/xtcp/retries2", "2");
	net_sysctl_write("net/xtcp/orphan_retries", "2");
}

FIXTURE_SETUP(peer)
{
	self->host = variant->host;
	self->fd = -1;
	self->listener = -1;
	if (host_is_reference(&self->host) && clock_is_debug())
		SKIP(return, "the reference needs no debug kernel");
	ASSERT_EQ(0, net_enter_new());
	ASSERT_EQ(0, peer_open(&self->peer, &self->host));
	calm_timers(&self->host);
	choose_reno();
}

FIXTURE_TEARDOWN(peer)
{
	if (self->fd >= 0)
		close(self->fd);
	if (self->listener >= 0)
		close(self->listener);
	peer_close(&self->peer);
}

static inline void start_listener(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self)
{
	self->listener = host_listen(&self->host, NULL, HOST_PORT, 8);
	ASSERT_LE(0, self->listener);
	self->peer.host_port = HOST_PORT;
}

static inline int accept_now(FIXTURE_DATA(peer) *self)
{
	int fd = accept4(self->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* SYN-RECEIVED by way of LISTEN. */
static inline void begin_passive(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self)
{
	start_listener(_metadata, self);
	peer_send(&self->peer, .flags = SYN);
	ASSERT_FINE(peer_expect(&self->peer, .flags = SYN | ACK, .ack = 1));
}

/* ESTABLISHED by way of LISTEN; the next sequence number is 1 on either side. */
static inline void open_passive(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self)
{
	begin_passive(_metadata, self);
	peer_send(&self->peer, .flags = ACK, .seq = 1, .ack = 1);
	self->fd = accept_now(self);
	ASSERT_LE(0, self->fd);
	ASSERT_STATE(STATE_ESTABLISHED);
}

/* SYN-SENT. */
static inline void begin_active(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self)
{
	self->fd = host_socket(&self->host, SOCK_NONBLOCK | SOCK_CLOEXEC);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(-EINPROGRESS, host_connect(&self->host, self->fd, "peer", self->peer.port));
	ASSERT_FINE(peer_expect(&self->peer, .flags = SYN));
	ASSERT_STATE(STATE_SYN_SENT);
}

/* ESTABLISHED by way of SYN-SENT. */
static inline void open_active(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self)
{
	begin_active(_metadata, self);
	peer_send(&self->peer, .flags = SYN | ACK, .ack = 1);
	ASSERT_FINE(peer_expect(&self->peer, .flags = ACK, .seq = 1, .ack = 1));
	ASSERT_STATE(STATE_ESTABLISHED);
}

/* The host has nothing more to send: FIN-WAIT-1 or LAST-ACK, its FIN being number @seq. */
static inline void host_shuts(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self,
			      uint32_t seq, uint32_t ack)
{
	ASSERT_EQ(0, shutdown(self->fd, SHUT_WR));
	ASSERT_FINE(peer_expect(&self->peer, .flags = FIN | ACK, .seq = seq, .ack = ack));
}

static inline void host_closes(FIXTURE_DATA(peer) *self)
{
	close(self->fd);
	self->fd = -1;
}

#endif /* _SELFTEST_PEER_FIXTURE_H */

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the tests of the stream itself have in common: segments of a round size, and bytes that
 * tell where they belong. The byte with relative sequence number n is byte n of the pattern.
 *
 * Included by one test program each, after kselftest_harness.h.
 */
#ifndef _SELFTEST_DATA_FIXTURE_H
#define _SELFTEST_DATA_FIXTURE_H

#include "pattern.h"
#include "peer_fixture.h"

#define MSS		1000
#define HOST_SEED	1
#define PEER_SEED	2
#define STREAM_MAX	60000

#define ONLY_XTCP() do { \
	if (host_is_reference(&self->host)) \
		SKIP(return, "the reference does otherwise, or has no such setting"); \
} while (0)

/* For what takes long, and where IP makes no difference. */
#define ONE_OF_EACH() do { \
	if (self->host.version != (self->host.protocol == IPPROTO_TCP ? 4 : 6)) \
		SKIP(return, "on the other version of IP"); \
} while (0)

/* The shortest retransmission timeout that gaps can be compared by. */
static inline unsigned int rto_unit_ms(void)
{
	return clock_scaled(50, 200);
}

/* Undoes calm_timers(). */
static inline void set_timers(const struct host *host)
{
	char value[16];

	if (host_is_reference(host))
		return;
	snprintf(value, sizeof(value), "%u", rto_unit_ms());
	net_sysctl_write("net/xtcp/rto_min_ms", value);
	net_sysctl_write("net/xtcp/rto_initial_ms", value);
}

/* ESTABLISHED with segments of MSS bytes, and, but for @nodelay, Nagle's algorithm. */
static inline void open_stream(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self,
			       int nodelay)
{
	self->peer.syn.mss = MSS;
	open_passive(_metadata, self);
	ASSERT_EQ(0, setsockopt(self->fd, IPPROTO_TCP, TCP_NODELAY, &nodelay, sizeof(nodelay)));
}

/* The host sends its bytes @seq and following. */
static inline void host_writes(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self,
			       uint32_t seq, size_t len, int flags)
{
	static uint8_t buf[STREAM_MAX];

	ASSERT_GE(sizeof(buf), len);
	pattern_fill(HOST_SEED, seq, buf, len);
	ASSERT_EQ((ssize_t)len, send(self->fd, buf, len, flags | MSG_NOSIGNAL));
}

/* The next segment holds exactly these; nothing came from the peer so far. */
static inline void expect_data(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self,
			       uint32_t seq, size_t len)
{
	struct peer *p = &self->peer;

	ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = seq, .ack = 1, .len = len));
	ASSERT_EQ(len, pattern_check(HOST_SEED, seq, p->data, len));
}

/* @n full segments in a row. */
static inline void expect_full(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self,
			       uint32_t seq, unsigned int n)
{
	for (; n; n--, seq += MSS)
		expect_data(_metadata, self, seq, MSS);
}

/* The peer sends its bytes @seq and following, and acknowledges all before @ack. */
static inline void peer_says(FIXTURE_DATA(peer) *self, uint8_t flags, uint32_t seq, uint32_t ack,
			     size_t len)
{
	static uint8_t buf[STREAM_MAX];

	pattern_fill(PEER_SEED, seq, buf, len);
	peer_send(&self->peer, .flags = flags, .seq = seq, .ack = ack, .data = buf, .len = len);
}

static inline void peer_writes(FIXTURE_DATA(peer) *self, uint32_t seq, uint32_t ack, size_t len)
{
	peer_says(self, ACK, seq, ack, len);
}

static inline void peer_pushes(FIXTURE_DATA(peer) *self, uint32_t seq, uint32_t ack, size_t len)
{
	peer_says(self, ACK | PSH, seq, ack, len);
}

static inline void peer_acks(FIXTURE_DATA(peer) *self, uint32_t ack)
{
	peer_send(&self->peer, .flags = ACK, .seq = 1, .ack = ack);
}

/* What the host's user reads next is these, and they are there. */
static inline void host_reads(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self,
			      uint32_t seq, size_t len)
{
	uint8_t buf[4096];
	ssize_t n;

	while (len) {
		n = read(self->fd, buf, len < sizeof(buf) ? len : sizeof(buf));
		ASSERT_LT(0, n);
		ASSERT_EQ((size_t)n, pattern_check(PEER_SEED, seq, buf, n));
		seq += n;
		len -= n;
	}
}

static inline void host_reads_nothing(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self)
{
	char byte;

	ASSERT_EQ(-1, read(self->fd, &byte, 1));
	ASSERT_EQ(EAGAIN, errno);
}

/*
 * Takes the next @n segments, all of which are to begin at @seq, and notes when they came, in
 * milliseconds.
 */
static inline void watch(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self,
			 uint32_t seq, unsigned int n, uint64_t *at)
{
	unsigned int i;

	for (i = 0; i < n; i++) {
		ASSERT_TRUE(peer_receive(&self->peer, clock_patience_ms()));
		ASSERT_EQ(seq, self->peer.got.seq);
		at[i] = clock_ms();
	}
}

/*
 * The gaps double, from an RTO on. A timer is never early, but on a busy machine it may be late: so
 * the sum of the gaps is what counts.
 */
#define ASSERT_DOUBLING(at, n) do { \
	uint64_t all_ = (at)[(n) - 1] - (at)[0]; \
	uint64_t first_ = (at)[1] - (at)[0]; \
	uint64_t sum_ = (1u << ((n) - 1)) - 1; \
	ASSERT_LE(sum_ * rto_unit_ms() * 9 / 10, all_); \
	if (first_ < rto_unit_ms()) \
		first_ = rto_unit_ms(); \
	ASSERT_GE(sum_ * first_ * 3, all_); \
} while (0)

#endif /* _SELFTEST_DATA_FIXTURE_H */

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the tests of ECN have in common, be it RFC 3168's or RFC 9768's: the setting, and handshakes
 * in the terms of ACE, which is AE, CWR and ECE as a number.
 *
 * Included by one test program each, after kselftest_harness.h.
 */
#ifndef _SELFTEST_ECN_FIXTURE_H
#define _SELFTEST_ECN_FIXTURE_H

#include "data_fixture.h"

/* Flags and ACE of a segment. */
#define SAYS(also, ace) \
	.flags = (also) | ((ace) & 3) << 6, .reserved = (ace) >> 2 & 1

static inline void set_ecn(int value)
{
	char text[4];

	snprintf(text, sizeof(text), "%d", value);
	net_sysctl_write("net/xtcp/ecn", text);
	net_sysctl_write("net/ipv4/tcp_ecn", text);
}

/* SYN-SENT; what the SYN looks like is for the caller to see. */
static inline void ask(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self)
{
	self->fd = host_socket(&self->host, SOCK_NONBLOCK | SOCK_CLOEXEC);
	ASSERT_LE(0, self->fd);
	self->peer.host_port = 0;
	ASSERT_EQ(-EINPROGRESS, host_connect(&self->host, self->fd, "peer", self->peer.port));
}

/**
 * struct crossing - both begin at once: ACE of each of the four segments
 * @syn: the host's SYN
 * @peer_syn: the peer's, which crosses it
 * @syn_ack: the host's answer
 * @peer_syn_ack: the peer's
 */
struct crossing {
	uint8_t	syn;
	uint8_t	peer_syn;
	uint8_t	syn_ack;
	uint8_t	peer_syn_ack;
};

/* ESTABLISHED by way of SYN-SENT and SYN-RECEIVED; neither of the host's may be marked. */
static inline void cross_syns(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self,
			      const struct crossing *crossing)
{
	struct peer *p = &self->peer;

	ask(_metadata, self);
	ASSERT_FINE(peer_expect(p, SAYS(SYN, crossing->syn)));
	ASSERT_EQ(crossing->syn >> 2, p->got.reserved);
	ASSERT_EQ(NOT_ECT, p->got.ecn);
	peer_send(p, SAYS(SYN, crossing->peer_syn));
	ASSERT_FINE(peer_expect(p, SAYS(SYN | ACK, crossing->syn_ack), .ack = 1));
	ASSERT_EQ(crossing->syn_ack >> 2, p->got.reserved);
	ASSERT_EQ(NOT_ECT, p->got.ecn);
	peer_send(p, SAYS(SYN | ACK, crossing->peer_syn_ack), .ack = 1);
	ASSERT_STATE(STATE_ESTABLISHED);
}

#endif /* _SELFTEST_ECN_FIXTURE_H */

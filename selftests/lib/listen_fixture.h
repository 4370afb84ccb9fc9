/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the tests of listeners have in common: SYNs of many connections, and what is half open.
 *
 * Included by one test program each, after kselftest_harness.h.
 */
#ifndef _SELFTEST_LISTEN_FIXTURE_H
#define _SELFTEST_LISTEN_FIXTURE_H

#include "peer_fixture.h"

static inline void set_sysctl(const char *name, long value)
{
	char path[64], text[24];

	snprintf(path, sizeof(path), "net/xtcp/%s", name);
	snprintf(text, sizeof(text), "%ld", value);
	net_sysctl_write(path, text);
}

static inline void listen_for(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self,
			      int backlog)
{
	self->listener = host_listen(&self->host, NULL, HOST_PORT, backlog);
	ASSERT_LE(0, self->listener);
	self->peer.host_port = HOST_PORT;
}

/* A SYN of a connection of its own, and the SYN-ACK. */
static inline void knock(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self,
			 uint16_t port, const struct segment_options *opt)
{
	struct peer *p = &self->peer;

	peer_forget(p);
	p->host_port = HOST_PORT;
	p->port = port;
	p->syn = opt ? *opt : (struct segment_options) {};
	peer_send(p, .flags = SYN);
	ASSERT_FINE(peer_expect(p, .flags = SYN | ACK, .ack = 1));
}

/* Without a word of the peer, a close in good order would take its time. */
static inline void host_aborts(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self)
{
	const struct linger none = { .l_onoff = 1 };

	ASSERT_EQ(0, setsockopt(self->fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none)));
	host_closes(self);
	peer_drain(&self->peer);
}

static inline unsigned int half_open(FIXTURE_DATA(peer) *self)
{
	return host_count(&self->host, STATE_SYN_RECEIVED);
}

#endif /* _SELFTEST_LISTEN_FIXTURE_H */

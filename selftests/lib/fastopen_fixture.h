/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the tests of Fast Open have in common: settings, and options of SYNs.
 *
 * Included by one test program each, after kselftest_harness.h.
 */
#ifndef _SELFTEST_FASTOPEN_FIXTURE_H
#define _SELFTEST_FASTOPEN_FIXTURE_H

#include <linux/inet_diag.h>

#include "data_fixture.h"

#define COOKIE		8	/* bytes, as Linux has them */

#define CLIENT		0x001
#define SERVER		0x002
#define CLIENT_FREE	0x004
#define SERVER_FREE	0x200
#define SERVER_ALL	0x400

static inline void set_fastopen(int value)
{
	char text[8];

	snprintf(text, sizeof(text), "%d", value);
	net_sysctl_write("net/xtcp/fastopen", text);
	net_sysctl_write("net/ipv4/tcp_fastopen", text);
}

static inline struct tcp_info info_of(FIXTURE_DATA(peer) *self)
{
	struct tcp_info info = {};

	host_info(self->fd, &info);
	return info;
}

/* What the peer's SYN says from here on: a cookie, or a request if @len is 0. */
static inline void say(FIXTURE_DATA(peer) *self, const uint8_t *cookie, unsigned int len)
{
	struct segment_options *opt = &self->peer.syn;

	opt->seen |= OPT_FASTOPEN;
	opt->fastopen_len = len;
	if (len)
		memcpy(opt->fastopen, cookie, len);
}

static inline int events_of(int fd)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN | POLLOUT };

	return poll(&pfd, 1, 0) < 0 ? -errno : pfd.revents;
}

#endif /* _SELFTEST_FASTOPEN_FIXTURE_H */

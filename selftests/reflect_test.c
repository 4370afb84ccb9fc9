// SPDX-License-Identifier: GPL-2.0
/*
 * net.xtcp.syn_reflect: SYNs that are answered before the routing, and all that is left to its
 * usual way. On the native carrier that is everything.
 */
#include <arpa/inet.h>

#define PEER_WITHOUT_REFERENCE
#include "kselftest_harness.h"
#include "lib/listen_fixture.h"

#define ONLY_ORDINARY() do { \
	if (self->host.protocol != IPPROTO_TCP) \
		SKIP(return, "on this carrier, no SYN is reflected"); \
} while (0)

static const struct segment_options all_options = {
	.seen = OPT_MSS | OPT_WSCALE | OPT_SACK_PERM | OPT_TS,
	.mss = 1400,
	.wscale = 9,
	.tsval = 1000,
};

static void complete(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self)
{
	struct peer *p = &self->peer;
	struct segment_options ack = {};

	if (p->got.opt.seen & OPT_TS)
		ack = (struct segment_options){
			.seen = OPT_TS, .tsval = 1001, .tsecr = p->got.opt.tsval,
		};
	peer_send(p, .flags = ACK, .seq = 1, .ack = 1, .opt = ack);
	ASSERT_FINE(peer_expect_nothing(p));
	self->fd = accept_now(self);
	ASSERT_LE(0, self->fd);
	ASSERT_STATE(STATE_ESTABLISHED);
}

/* With no entry, no route, and all options. */
TEST_F(peer, opens)
{
	struct peer *p = &self->peer;
	struct tcp_info info;

	set_sysctl("syn_reflect", 2);
	listen_for(_metadata, self, 8);
	knock(_metadata, self, PEER_PORT, &all_options);
	ASSERT_EQ(OPT_MSS | OPT_WSCALE | OPT_SACK_PERM | OPT_TS, p->got.opt.seen);
	EXPECT_EQ(self->host.version == 4 ? 1460 : 1440, p->got.opt.mss);
	EXPECT_EQ(1000, p->got.opt.tsecr);
	if (self->host.protocol != IPPROTO_TCP) {
		EXPECT_EQ(0, host_counter("SynsReflected"));
		ASSERT_EQ(1, half_open(self));
		return;
	}
	EXPECT_EQ(1, host_counter("SynsReflected"));
	EXPECT_EQ(1, host_counter("CookiesSent"));
	EXPECT_EQ(1, host_counter("InSegs"));
	EXPECT_EQ(1, host_counter("OutSegs"));
	ASSERT_EQ(0, half_open(self));

	complete(_metadata, self);
	EXPECT_EQ(1, host_counter("CookiesAccepted"));
	ASSERT_EQ(0, host_info(self->fd, &info));
	EXPECT_EQ(TCPI_OPT_WSCALE | TCPI_OPT_SACK | TCPI_OPT_TIMESTAMPS, info.tcpi_options);
	EXPECT_EQ(9, (int)info.tcpi_snd_wscale);
	EXPECT_LE(1300, info.tcpi_snd_mss);
	ASSERT_EQ(3, write(self->fd, "one", 3));
	ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 1, .ack = 1, .len = 3, .data = "one"));
}

/* Without options, for a listener on one address and with an MSS of its own. */
TEST_F(peer, one_address)
{
	const int mss = 1000;

	ONLY_ORDINARY();
	set_sysctl("syn_reflect", 2);
	self->listener = host_listen(&self->host, "host", HOST_PORT, 8);
	ASSERT_LE(0, self->listener);
	ASSERT_EQ(0, setsockopt(self->listener, IPPROTO_TCP, TCP_MAXSEG, &mss, sizeof(mss)));
	knock(_metadata, self, PEER_PORT, NULL);
	ASSERT_EQ(OPT_MSS, self->peer.got.opt.seen);
	EXPECT_EQ(mss, self->peer.got.opt.mss);
	EXPECT_EQ(1, host_counter("SynsReflected"));
	complete(_metadata, self);
}

/* The peer's SYN again: the same answer. */
TEST_F(peer, again)
{
	struct peer *p = &self->peer;

	ONLY_ORDINARY();
	set_sysctl("syn_reflect", 2);
	listen_for(_metadata, self, 8);
	knock(_metadata, self, PEER_PORT, &all_options);
	peer_send(p, .flags = SYN, .opt = all_options);
	/* Of the same number: relative to the first one's, it is 0. */
	ASSERT_FINE(peer_expect(p, .flags = SYN | ACK, .ack = 1));
	EXPECT_EQ(2, host_counter("SynsReflected"));
	complete(_metadata, self);
}

/* Only while the listener is under attack, which a single SYN is not. */
TEST_F(peer, in_peace)
{
	set_sysctl("syn_reflect", 1);
	listen_for(_metadata, self, 8);
	knock(_metadata, self, PEER_PORT, NULL);
	EXPECT_EQ(0, host_counter("SynsReflected"));
	ASSERT_EQ(1, half_open(self));
}

/* On, off, on; and never where cookies are not to be. */
TEST_F(peer, switched)
{
	struct peer *p = &self->peer;
	char value[8];

	ONLY_ORDINARY();
	listen_for(_metadata, self, 8);
	knock(_metadata, self, PEER_PORT, NULL);
	ASSERT_EQ(1, half_open(self));
	set_sysctl("syn_reflect", 2);
	ASSERT_EQ(0, net_sysctl_read("net/xtcp/syn_reflect", value, sizeof(value)));
	EXPECT_STREQ("2", value);
	ASSERT_EQ(-EINVAL, net_sysctl_write("net/xtcp/syn_reflect", "3"));
	knock(_metadata, self, PEER_PORT + 1, NULL);
	ASSERT_EQ(1, half_open(self));
	set_sysctl("syn_reflect", 0);
	knock(_metadata, self, PEER_PORT + 2, NULL);
	ASSERT_EQ(2, half_open(self));
	set_sysctl("syn_reflect", 2);
	set_sysctl("syncookies", 0);
	knock(_metadata, self, PEER_PORT + 3, NULL);
	ASSERT_EQ(3, half_open(self));
	EXPECT_EQ(1, host_counter("SynsReflected"));
	/* What is half open is not reflected, but answered from its entry. */
	set_sysctl("syncookies", 1);
	peer_send(p, .flags = SYN);
	ASSERT_FINE(peer_expect(p, .flags = SYN | ACK, .ack = 1));
	EXPECT_EQ(1, host_counter("SynAckRetrans"));
	EXPECT_EQ(1, host_counter("SynsReflected"));
}

/* RFC 5082: whoever comes from farther away than the listener's peers gets no answer. */
TEST_F(peer, from_too_far)
{
	const int level = self->host.version == 4 ? IPPROTO_IP : IPPROTO_IPV6;
	const int name = self->host.version == 4 ? IP_MINTTL : IPV6_MINHOPCOUNT;
	const int far = 255, near = 64;

	ONLY_ORDINARY();
	set_sysctl("syn_reflect", 2);
	listen_for(_metadata, self, 8);
	ASSERT_EQ(0, setsockopt(self->listener, level, name, &far, sizeof(far)));
	peer_send(&self->peer, .flags = SYN);
	ASSERT_FINE(peer_expect_nothing(&self->peer));
	EXPECT_EQ(1, host_counter("DropMinTtl"));
	ASSERT_EQ(0, setsockopt(self->listener, level, name, &near, sizeof(near)));
	knock(_metadata, self, PEER_PORT + 1, NULL);
	EXPECT_EQ(0, host_counter("SynsReflected"));
	ASSERT_EQ(1, half_open(self));
}

/* What belongs to a connection, or to one that is over, is none of a listener's. */
TEST_F(peer, known_connections)
{
	struct peer *p = &self->peer;

	ONLY_ORDINARY();
	set_sysctl("syn_reflect", 2);
	listen_for(_metadata, self, 8);
	knock(_metadata, self, PEER_PORT, NULL);
	complete(_metadata, self);
	/* RFC 5961 4.2: a SYN within a connection is challenged. */
	peer_send(p, .flags = SYN, .seq = 1);
	ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 1, .ack = 1));
	host_shuts(_metadata, self, 1, 1);
	peer_send(p, .flags = FIN | ACK, .seq = 1, .ack = 2);
	ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 2, .ack = 2));
	ASSERT_STATE(STATE_TIME_WAIT);
	host_closes(self);
	/* RFC 6191: an entry, whose number is clear of the old connection's. */
	peer_forget(p);
	p->host_port = HOST_PORT;
	peer_send(p, .flags = SYN, .seq = 100000);
	ASSERT_FINE(peer_expect(p, .flags = SYN | ACK, .ack = 100001));
	EXPECT_EQ(1, host_counter("SynsReflected"));
	EXPECT_EQ(1, host_counter("SynqEntries"));
}

/* No listener, data, other flags, another host's address: their usual ways. */
TEST_F(peer, the_rest)
{
	struct peer *p = &self->peer;
	struct in6_addr host;

	ONLY_ORDINARY();
	set_sysctl("syn_reflect", 2);
	listen_for(_metadata, self, 8);
	p->host_port = HOST_PORT + 1;
	peer_send(p, .flags = SYN);
	ASSERT_FINE(peer_expect(p, .flags = RST | ACK, .ack = 1));
	p->host_port = HOST_PORT;
	peer_send(p, .flags = SYN | FIN);
	ASSERT_FINE(peer_expect_nothing(p));
	EXPECT_EQ(1, host_counter("DropFlags"));
	peer_send(p, .flags = SYN | RST);
	ASSERT_FINE(peer_expect_nothing(p));
	peer_send(p, .flags = SYN | ACK, .ack = 77);
	ASSERT_FINE(peer_expect(p, .flags = RST, .seq = 77));

	host = p->path.dst;
	p->path.dst.s6_addr[15] = 77;
	peer_send(p, .flags = SYN);
	ASSERT_FINE(peer_expect_nothing(p));
	p->path.dst = host;
	ASSERT_EQ(0, host_counter("SynqEntries"));

	peer_forget(p);
	p->host_port = HOST_PORT;
	peer_send(p, .flags = SYN, .len = 3, .data = "abc");
	ASSERT_FINE(peer_expect(p, .flags = SYN | ACK, .ack = 1));
	ASSERT_EQ(1, half_open(self));
	ASSERT_EQ(0, host_counter("SynsReflected"));
}

/* Sources that are no host, or this one: nobody is talked to. */
TEST_F(peer, sources)
{
	static const char *const nobody[2][4] = {
		{ "::ffff:0.0.0.0", "::ffff:224.0.0.1", "::ffff:255.255.255.255",
		  "::ffff:127.0.0.1" },
		{ "::", "ff02::1", "::1", "::ffff:192.0.2.2" },
	};
	struct peer *p = &self->peer;
	unsigned int i;

	ONLY_ORDINARY();
	set_sysctl("syn_reflect", 2);
	listen_for(_metadata, self, 8);
	for (i = 0; i < 4; i++) {
		ASSERT_EQ(1, inet_pton(AF_INET6, nobody[self->host.version == 6][i],
				       &p->path.src));
		peer_send(p, .flags = SYN);
		ASSERT_FINE(peer_expect_nothing(p));
	}
	ASSERT_EQ(0, host_counter("SynsReflected"));
	ASSERT_EQ(0, half_open(self));
}

/* What is broken is counted, and what cannot be accepted. */
TEST_F(peer, drops)
{
	const uint8_t lie[] = { 8, 40, 1, 1 };
	struct peer *p = &self->peer;

	ONLY_ORDINARY();
	set_sysctl("syn_reflect", 2);
	listen_for(_metadata, self, 0);
	peer_send(p, .flags = SYN, .bad_checksum = true);
	ASSERT_FINE(peer_expect_nothing(p));
	EXPECT_EQ(1, host_counter("DropChecksum"));
	peer_send(p, .flags = SYN, .raw_opt = lie, .raw_opt_len = sizeof(lie));
	ASSERT_FINE(peer_expect_nothing(p));
	EXPECT_EQ(1, host_counter("DropOptions"));
	peer_send(p, .flags = SYN, .doff = 4);
	ASSERT_FINE(peer_expect_nothing(p));
	peer_send(p, .flags = SYN, .doff = 15);
	ASSERT_FINE(peer_expect_nothing(p));
	EXPECT_EQ(2, host_counter("DropHeader"));
	ASSERT_EQ(0, host_counter("SynsReflected"));

	knock(_metadata, self, PEER_PORT, NULL);
	peer_send(p, .flags = ACK, .seq = 1, .ack = 1);
	ASSERT_FINE(peer_expect_nothing(p));
	peer_forget(p);
	p->host_port = HOST_PORT;
	p->port++;
	peer_send(p, .flags = SYN);
	ASSERT_FINE(peer_expect_nothing(p));
	EXPECT_EQ(1, host_counter("DropSynqFull"));
	EXPECT_EQ(1, host_counter("SynsReflected"));
}

TEST_HARNESS_MAIN

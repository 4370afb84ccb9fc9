// SPDX-License-Identifier: GPL-2.0
/*
 * What a listener's IP options do to its SYN-ACKs, and to what its children send.
 */
#include "kselftest_harness.h"
#include "lib/data_fixture.h"

#include <arpa/inet.h>

#define TTL	33
#define TOS	0x28	/* AF11: no bit of it is ECN's */

/* Of a packet: what segment_decode() has no use for. */
struct seen {
	uint8_t		tos;
	uint8_t		ttl;
	uint32_t	seq;
};

/* The next packet of the connection, unrolled by hand. */
static void see(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self, struct seen *seen)
{
	struct pollfd pfd = { .fd = self->peer.tun, .events = POLLIN };
	const bool v4 = self->host.version == 4;
	uint8_t packet[2048];
	unsigned int off;

	do {
		ASSERT_EQ(1, poll(&pfd, 1, clock_patience_ms()));
		ASSERT_LT(0, read(self->peer.tun, packet, sizeof(packet)));
	} while (packet[v4 ? 9 : 6] != self->peer.path.protocol);
	off = v4 ? 4 * (packet[0] & 15) : 40;
	seen->tos = v4 ? packet[1] : packet[0] << 4 | packet[1] >> 4;
	seen->ttl = packet[v4 ? 8 : 7];
	memcpy(&seen->seq, packet + off + 4, sizeof(seen->seq));
	seen->seq = ntohl(seen->seq);
}

static void set(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self, int name_v4,
		int name_v6, int value)
{
	const bool v4 = self->host.version == 4;

	ASSERT_EQ(0, setsockopt(self->listener, v4 ? IPPROTO_IP : IPPROTO_IPV6,
				v4 ? name_v4 : name_v6, &value, sizeof(value)));
}

/* ip(7), ipv6(7); RFC 5082: a peer that looks at the TTL does so from the first segment on. */
TEST_F(peer, ttl_and_tos)
{
	struct peer *p = &self->peer;
	struct seen seen;

	start_listener(_metadata, self);
	set(_metadata, self, IP_TTL, IPV6_UNICAST_HOPS, TTL);
	set(_metadata, self, IP_TOS, IPV6_TCLASS, TOS);
	p->syn.mss = MSS;
	peer_send(p, .flags = SYN);
	see(_metadata, self, &seen);
	ASSERT_EQ(TTL, seen.ttl);
	ASSERT_EQ(TOS, seen.tos);
	p->irs = seen.seq;
	p->irs_known = true;
	peer_send(p, .flags = ACK, .seq = 1, .ack = 1);
	self->fd = accept_now(self);
	ASSERT_LE(0, self->fd);
	host_writes(_metadata, self, 1, 100, 0);
	see(_metadata, self, &seen);
	ASSERT_EQ(TTL, seen.ttl);
	ASSERT_EQ(TOS, seen.tos);
	ASSERT_EQ(1, seen.seq - p->irs);
}

/* socket(7), SO_BINDTODEVICE: nothing leaves by another device, be there a better route. */
TEST_F(peer, bound_to_device)
{
	const bool v4 = self->host.version == 4;
	struct peer *p = &self->peer;
	int other;

	start_listener(_metadata, self);
	ASSERT_EQ(0, setsockopt(self->listener, SOL_SOCKET, SO_BINDTODEVICE, PEER_DEV,
				sizeof(PEER_DEV)));
	other = net_tun_open("other0");
	ASSERT_LE(0, other);
	ASSERT_EQ(0, net_address_add("other0", v4 ? "192.0.2.3" : "2001:db8::3", v4 ? 31 : 127));
	p->syn.mss = MSS;
	peer_send(p, .flags = SYN);
	ASSERT_FINE(peer_expect(p, .flags = SYN | ACK, .ack = 1));
	peer_send(p, .flags = ACK, .seq = 1, .ack = 1);
	self->fd = accept_now(self);
	ASSERT_LE(0, self->fd);
	host_writes(_metadata, self, 1, 100, 0);
	expect_data(_metadata, self, 1, 100);
	close(other);
}

TEST_HARNESS_MAIN

// SPDX-License-Identifier: GPL-2.0
/*
 * TCP_SAVE_SYN: whoever accepts a connection may see the headers of its SYN.
 */
#include <linux/if_ether.h>
#include <linux/tcp.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>

#include "kselftest_harness.h"
#include "lib/api_fixture.h"

/* What TCP_SAVE_SYN may be told. */
enum { SAVE_NONE, SAVE_IP, SAVE_LINK };

struct saved {
	uint8_t		bytes[256];
	socklen_t	len;
};

static int read_saved(int fd, struct saved *saved)
{
	memset(saved, 0xee, sizeof(*saved));
	saved->len = sizeof(saved->bytes);
	return getsockopt(fd, IPPROTO_TCP, TCP_SAVED_SYN, saved->bytes, &saved->len) ? -errno : 0;
}

static void open_saving(struct __test_metadata *_metadata, FIXTURE_DATA(api) *self, int mode)
{
	open_listener(_metadata, self);
	ASSERT_EQ(0, host_set(self->listener, IPPROTO_TCP, TCP_SAVE_SYN, mode));
	open_pair(_metadata, self);
}

static const struct tcphdr *after_ip(struct __test_metadata *_metadata,
				     const FIXTURE_DATA(api) *self, const uint8_t *at)
{
	const struct ip6_hdr *ip6h = (const struct ip6_hdr *)at;
	const struct iphdr *iph = (const struct iphdr *)at;

	if (self->host.version == 4) {
		EXPECT_EQ(0x40, at[0] & 0xf0);
		EXPECT_EQ(host_ip_protocol(&self->host), iph->protocol);
		EXPECT_EQ(htonl(INADDR_LOOPBACK), iph->saddr);
		return (const struct tcphdr *)(at + iph->ihl * 4);
	}
	EXPECT_EQ(0x60, at[0] & 0xf0);
	EXPECT_EQ(host_ip_protocol(&self->host), ip6h->ip6_nxt);
	EXPECT_EQ(0, memcmp(&in6addr_loopback, &ip6h->ip6_src, sizeof(ip6h->ip6_src)));
	return (const struct tcphdr *)(ip6h + 1);
}

/* All of the headers from @at on, and no more. */
static void expect_syn(struct __test_metadata *_metadata, const FIXTURE_DATA(api) *self,
		       const struct saved *saved, const uint8_t *at)
{
	const struct tcphdr *th = after_ip(_metadata, self, at);

	EXPECT_EQ(host_local_port(self->a), ntohs(th->source));
	EXPECT_EQ(PORT, ntohs(th->dest));
	EXPECT_TRUE(th->syn && !th->ack);
	EXPECT_EQ(saved->bytes + saved->len, (const uint8_t *)th + th->doff * 4);
	/* Room was left. */
	EXPECT_EQ(0xee, saved->bytes[saved->len]);
}

TEST_F(api, values)
{
	int mode;

	self->a = host_socket(&self->host, 0);
	ASSERT_LE(0, self->a);
	EXPECT_EQ(SAVE_NONE, host_get(self->a, IPPROTO_TCP, TCP_SAVE_SYN));
	for (mode = SAVE_NONE; mode <= SAVE_LINK; mode++) {
		EXPECT_EQ(0, host_set(self->a, IPPROTO_TCP, TCP_SAVE_SYN, mode));
		EXPECT_EQ(mode, host_get(self->a, IPPROTO_TCP, TCP_SAVE_SYN));
	}
	EXPECT_EQ(-EINVAL, host_set(self->a, IPPROTO_TCP, TCP_SAVE_SYN, -1));
	EXPECT_EQ(-EINVAL, host_set(self->a, IPPROTO_TCP, TCP_SAVE_SYN, 3));
	EXPECT_EQ(SAVE_LINK, host_get(self->a, IPPROTO_TCP, TCP_SAVE_SYN));
	EXPECT_EQ(-ENOPROTOOPT, host_set(self->a, IPPROTO_TCP, TCP_SAVED_SYN, 1));
}

TEST_F(api, from_the_ip_header)
{
	struct saved saved;

	open_saving(_metadata, self, SAVE_IP);
	EXPECT_EQ(SAVE_IP, host_get(self->b, IPPROTO_TCP, TCP_SAVE_SYN));
	ASSERT_EQ(0, read_saved(self->b, &saved));
	ASSERT_LT(40, saved.len);
	expect_syn(_metadata, self, &saved, saved.bytes);
}

TEST_F(api, from_the_link_header)
{
	struct saved saved;
	struct ethhdr eth;

	open_saving(_metadata, self, SAVE_LINK);
	ASSERT_EQ(0, read_saved(self->b, &saved));
	ASSERT_LT(sizeof(eth) + 40, saved.len);
	memcpy(&eth, saved.bytes, sizeof(eth));
	EXPECT_EQ(self->host.version == 4 ? ETH_P_IP : ETH_P_IPV6, ntohs(eth.h_proto));
	expect_syn(_metadata, self, &saved, saved.bytes + sizeof(eth));
}

TEST_F(api, nothing_saved)
{
	struct saved saved;

	open_pair(_metadata, self);
	ASSERT_EQ(0, read_saved(self->b, &saved));
	EXPECT_EQ(0, saved.len);
	ASSERT_EQ(0, read_saved(self->a, &saved));
	EXPECT_EQ(0, saved.len);
	ASSERT_EQ(0, read_saved(self->listener, &saved));
	EXPECT_EQ(0, saved.len);
	EXPECT_EQ(0xee, saved.bytes[0]);
	/* It is the listener's word at the time of the SYN that counts. */
	ASSERT_EQ(0, host_set(self->b, IPPROTO_TCP, TCP_SAVE_SYN, SAVE_IP));
	ASSERT_EQ(0, read_saved(self->b, &saved));
	EXPECT_EQ(0, saved.len);
}

TEST_F(api, read_once)
{
	struct saved saved;
	socklen_t full, len;
	char byte;

	open_saving(_metadata, self, SAVE_IP);
	len = 0;
	ASSERT_FAILS(EINVAL, getsockopt(self->b, IPPROTO_TCP, TCP_SAVED_SYN, &byte, &len));
	full = len;
	ASSERT_LT(40, full);
	len = full - 1;
	ASSERT_FAILS(EINVAL, getsockopt(self->b, IPPROTO_TCP, TCP_SAVED_SYN, saved.bytes, &len));
	EXPECT_EQ(full, len);
	len = -1;
	ASSERT_FAILS(EINVAL, getsockopt(self->b, IPPROTO_TCP, TCP_SAVED_SYN, saved.bytes, &len));
	len = full;
	ASSERT_FAILS(EFAULT, getsockopt(self->b, IPPROTO_TCP, TCP_SAVED_SYN, (void *)8, &len));
	ASSERT_FAILS(EFAULT, getsockopt(self->b, IPPROTO_TCP, TCP_SAVED_SYN, saved.bytes, NULL));
	/* None of these have taken it away. */
	memset(&saved, 0xee, sizeof(saved));
	saved.len = full;
	ASSERT_EQ(0, getsockopt(self->b, IPPROTO_TCP, TCP_SAVED_SYN, saved.bytes, &saved.len));
	EXPECT_EQ(full, saved.len);
	expect_syn(_metadata, self, &saved, saved.bytes);
	ASSERT_EQ(0, read_saved(self->b, &saved));
	EXPECT_EQ(0, saved.len);
}

TEST_F(api, outlives_the_connection)
{
	const struct linger abort = { .l_onoff = 1 };
	struct saved saved;

	open_saving(_metadata, self, SAVE_IP);
	setsockopt(self->a, SOL_SOCKET, SO_LINGER, &abort, sizeof(abort));
	close_fd(&self->a);
	ASSERT_TRUE(poll_events(self->b, POLLIN, true) & POLLERR);
	ASSERT_EQ(0, read_saved(self->b, &saved));
	EXPECT_LT(40, saved.len);
}

TEST_F(api, forgotten_by_disconnect)
{
	const struct sockaddr nobody = { .sa_family = AF_UNSPEC };
	struct saved saved;

	open_saving(_metadata, self, SAVE_IP);
	ASSERT_EQ(0, connect(self->b, &nobody, sizeof(nobody)));
	ASSERT_EQ(0, read_saved(self->b, &saved));
	EXPECT_EQ(0, saved.len);
}

/* A cookie has no room for it. */
TEST_F(api, cookie)
{
	struct saved saved;

	ASSERT_EQ(0, net_sysctl_write(host_is_reference(&self->host) ?
				      "net/ipv4/tcp_syncookies" : "net/xtcp/syncookies", "2"));
	open_saving(_metadata, self, SAVE_IP);
	ASSERT_EQ(0, read_saved(self->b, &saved));
	EXPECT_EQ(0, saved.len);
}

/* What nobody accepts or reads goes without a trace. */
TEST_F(api, unread)
{
	open_saving(_metadata, self, SAVE_LINK);
	close_fd(&self->b);
	close_fd(&self->a);
	self->a = open_client(_metadata, self);
	close_fd(&self->listener);
}

TEST_HARNESS_MAIN

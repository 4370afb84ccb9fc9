// SPDX-License-Identifier: GPL-2.0
/*
 * IPv6's flow label (RFC 6437), by which routers choose among paths: it stays as long as the path
 * seems to work, and no longer, unless SO_TXREHASH says otherwise.
 */
#include "kselftest_harness.h"
#include "lib/data_fixture.h"

#include <linux/in6.h>

#define OWN_LABEL	0x54321

#define ONLY_V6() do { \
	if (self->host.version != 6) \
		SKIP(return, "of IPv6"); \
} while (0)

/* A retransmission is for a timeout, and nothing that comes before one. */
static void open_labelled(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self)
{
	net_sysctl_write("net/ipv4/tcp_early_retrans", "0");
	wake_timers(&self->host);
	open_stream(_metadata, self, 1);
}

/* The label of the next segment, which is data. */
static uint32_t data_label(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self,
			   uint32_t seq)
{
	expect_data(_metadata, self, seq, 100);
	return self->peer.got.label;
}

/* Of the ACK for data that comes, perhaps not for the first time. */
static uint32_t ack_label(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self,
			  uint32_t label, uint32_t seq)
{
	struct peer *p = &self->peer;

	p->path.label = label;
	peer_writes(self, seq, 1, 100);
	EXPECT_STREQ("", peer_expect(p, .flags = ACK, .seq = 1, .ack = seq + 100));
	return p->got.label;
}

TEST_F(peer, stays)
{
	struct peer *p = &self->peer;
	uint32_t label;

	ONLY_V6();
	begin_active(_metadata, self);
	label = p->got.label;
	EXPECT_NE(0, label);
	peer_send(p, .flags = SYN | ACK, .ack = 1);
	ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 1, .ack = 1));
	EXPECT_EQ(label, p->got.label);
	EXPECT_EQ(label, ack_label(_metadata, self, 0, 1));
	host_writes(_metadata, self, 1, 100, 0);
	ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 1, .ack = 101, .len = 100));
	EXPECT_EQ(label, p->got.label);
}

/* Each connection has one of its own. */
TEST_F(peer, differs)
{
	uint32_t first;

	ONLY_V6();
	open_labelled(_metadata, self);
	host_writes(_metadata, self, 1, 100, 0);
	first = data_label(_metadata, self, 1);
	peer_send(&self->peer, .flags = RST, .seq = 1);
	close(self->fd);
	close(self->listener);
	peer_forget(&self->peer);
	self->peer.port++;
	open_labelled(_metadata, self);
	host_writes(_metadata, self, 1, 100, 0);
	EXPECT_NE(first, data_label(_metadata, self, 1));
}

TEST_F(peer, changes_with_a_timeout)
{
	uint32_t first, second;

	ONLY_V6();
	open_labelled(_metadata, self);
	host_writes(_metadata, self, 1, 100, 0);
	first = data_label(_metadata, self, 1);
	second = data_label(_metadata, self, 1);
	EXPECT_NE(first, second);
	EXPECT_NE(second, data_label(_metadata, self, 1));
}

TEST_F(peer, changes_with_a_syn)
{
	struct peer *p = &self->peer;
	uint32_t first;

	ONLY_V6();
	wake_timers(&self->host);
	begin_active(_metadata, self);
	first = p->got.label;
	ASSERT_FINE(peer_expect(p, .flags = SYN));
	EXPECT_NE(first, p->got.label);
}

TEST_F(peer, is_to_stay)
{
	uint32_t first;

	ONLY_V6();
	open_labelled(_metadata, self);
	ASSERT_EQ(0, host_set(self->fd, SOL_SOCKET, SO_TXREHASH, 0));
	host_writes(_metadata, self, 1, 100, 0);
	first = data_label(_metadata, self, 1);
	EXPECT_EQ(first, data_label(_metadata, self, 1));
	EXPECT_EQ(first, data_label(_metadata, self, 1));
}

/* Data comes again, by another way: its sender saw a timeout, so our ACKs may be what is lost. */
TEST_F(peer, changes_with_the_peer_s)
{
	uint32_t first, second;

	ONLY_V6();
	open_labelled(_metadata, self);
	first = ack_label(_metadata, self, 0x11111, 1);
	EXPECT_EQ(first, ack_label(_metadata, self, 0x11111, 1));
	second = ack_label(_metadata, self, 0x22222, 1);
	EXPECT_NE(first, second);
	EXPECT_EQ(second, ack_label(_metadata, self, 0x22222, 1));
	/* What is new may come by whichever way it likes. */
	EXPECT_EQ(second, ack_label(_metadata, self, 0x33333, 101));
	EXPECT_EQ(second, ack_label(_metadata, self, 0x33333, 101));
	ASSERT_EQ(0, host_set(self->fd, SOL_SOCKET, SO_TXREHASH, 0));
	EXPECT_EQ(second, ack_label(_metadata, self, 0x44444, 101));
}

/* ipv6(7), sin6_flowinfo: begins SYN-SENT with a label of the user's, if that is what he wants. */
static void begin_labelled(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self, int wanted)
{
	struct sockaddr_storage addr;
	struct sockaddr_in6 *sin6 = (struct sockaddr_in6 *)&addr;
	socklen_t len = host_address(&self->host, &addr, "peer", self->peer.port);

	wake_timers(&self->host);
	self->fd = host_socket(&self->host, SOCK_NONBLOCK | SOCK_CLOEXEC);
	ASSERT_LE(0, self->fd);
	if (!host_is_reference(&self->host))
		ASSERT_EQ(0, host_set(self->fd, IPPROTO_IPV6, IPV6_ADDRFORM, AF_INET6));
	EXPECT_EQ(0, host_get(self->fd, IPPROTO_IPV6, IPV6_FLOWINFO_SEND));
	ASSERT_EQ(0, host_set(self->fd, IPPROTO_IPV6, IPV6_FLOWINFO_SEND, wanted));
	EXPECT_EQ(wanted, host_get(self->fd, IPPROTO_IPV6, IPV6_FLOWINFO_SEND));
	sin6->sin6_flowinfo = htonl(OWN_LABEL);
	ASSERT_EQ(-1, connect(self->fd, (struct sockaddr *)&addr, len));
	ASSERT_EQ(EINPROGRESS, errno);
	ASSERT_FINE(peer_expect(&self->peer, .flags = SYN));
}

TEST_F(peer, by_hand)
{
	struct peer *p = &self->peer;
	struct sockaddr_in6 name = {};
	socklen_t len = sizeof(name);

	ONLY_V6();
	begin_labelled(_metadata, self, 1);
	EXPECT_EQ(OWN_LABEL, p->got.label);
	ASSERT_FINE(peer_expect(p, .flags = SYN));
	EXPECT_EQ(OWN_LABEL, p->got.label);
	peer_send(p, .flags = SYN | ACK, .ack = 1);
	ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 1, .ack = 1));
	EXPECT_EQ(OWN_LABEL, p->got.label);
	ASSERT_EQ(0, getpeername(self->fd, (struct sockaddr *)&name, &len));
	EXPECT_EQ(htonl(OWN_LABEL), name.sin6_flowinfo);
}

TEST_F(peer, not_by_hand)
{
	struct sockaddr_in6 name = {};
	socklen_t len = sizeof(name);

	ONLY_V6();
	begin_labelled(_metadata, self, 0);
	EXPECT_NE(OWN_LABEL, self->peer.got.label);
	peer_send(&self->peer, .flags = SYN | ACK, .ack = 1);
	ASSERT_EQ(0, getpeername(self->fd, (struct sockaddr *)&name, &len));
	EXPECT_EQ(0, name.sin6_flowinfo);
}

/* SYN-RECEIVED; the label of the SYN-ACK. */
static uint32_t syn_ack_label(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self)
{
	peer_send(&self->peer, .flags = SYN);
	EXPECT_STREQ("", peer_expect(&self->peer, .flags = SYN | ACK, .ack = 1));
	return self->peer.got.label;
}

/* What follows a SYN-ACK has its label. */
static void expect_same(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self,
			uint32_t label)
{
	peer_send(&self->peer, .flags = ACK, .seq = 1, .ack = 1);
	self->fd = accept_now(self);
	ASSERT_LE(0, self->fd);
	EXPECT_EQ(label, ack_label(_metadata, self, 0, 1));
	host_writes(_metadata, self, 1, 100, 0);
	EXPECT_STREQ("", peer_expect(&self->peer, .flags = ACK, .seq = 1, .ack = 101,
				     .len = 100));
	EXPECT_EQ(label, self->peer.got.label);
}

/* The next connection begins as if there had been none. */
static void end_connection(FIXTURE_DATA(peer) *self)
{
	struct peer *p = &self->peer;

	peer_send(p, .flags = RST, .seq = p->host_ack);
	host_closes(self);
	peer_drain(p);
	peer_forget(p);
	p->port++;
}

/* With an entry of the half-open queue, with a cookie alone, and with one that takes no route. */
TEST_F(peer, begins_with_the_syn_ack)
{
	static const struct {
		const char	*syncookies;
		const char	*syn_reflect;
	} rows[] = { { "1", "0" }, { "2", "0" }, { "2", "2" } };
	uint32_t label, last = 0;
	unsigned int i;

	ONLY_V6();
	start_listener(_metadata, self);
	for (i = 0; i < (host_is_reference(&self->host) ? 1 : 3); i++) {
		net_sysctl_write("net/xtcp/syncookies", rows[i].syncookies);
		net_sysctl_write("net/xtcp/syn_reflect", rows[i].syn_reflect);
		label = syn_ack_label(_metadata, self);
		EXPECT_NE(0, label);
		EXPECT_NE(last, label);
		expect_same(_metadata, self, label);
		end_connection(self);
		last = label;
	}
	if (!host_is_reference(&self->host)) {
		EXPECT_EQ(2, host_counter("CookiesAccepted"));
		EXPECT_EQ(self->host.protocol == IPPROTO_TCP, host_counter("SynsReflected"));
	}
}

/* What is sent again may take another way, and the connection follows it. */
TEST_F(peer, changes_with_a_syn_ack)
{
	struct peer *p = &self->peer;
	uint32_t first;

	ONLY_V6();
	wake_timers(&self->host);
	start_listener(_metadata, self);
	first = syn_ack_label(_metadata, self);
	ASSERT_FINE(peer_expect(p, .flags = SYN | ACK, .ack = 1));
	EXPECT_NE(first, p->got.label);
	calm_timers(&self->host);
	expect_same(_metadata, self, p->got.label);
	end_connection(self);

	wake_timers(&self->host);
	ASSERT_EQ(0, host_set(self->listener, SOL_SOCKET, SO_TXREHASH, 0));
	first = syn_ack_label(_metadata, self);
	ASSERT_FINE(peer_expect(p, .flags = SYN | ACK, .ack = 1));
	EXPECT_EQ(first, p->got.label);
	calm_timers(&self->host);
	expect_same(_metadata, self, p->got.label);
}

TEST_F(peer, no_syn_ack_s)
{
	ONLY_V6();
	start_listener(_metadata, self);
	ASSERT_EQ(0, host_set(self->listener, IPPROTO_IPV6, IPV6_AUTOFLOWLABEL, 0));
	EXPECT_EQ(0, syn_ack_label(_metadata, self));
	expect_same(_metadata, self, 0);
}

TEST_F(peer, is_not_wanted)
{
	ONLY_V6();
	open_labelled(_metadata, self);
	ASSERT_EQ(0, host_set(self->fd, IPPROTO_IPV6, IPV6_AUTOFLOWLABEL, 0));
	host_writes(_metadata, self, 1, 100, 0);
	EXPECT_EQ(0, data_label(_metadata, self, 1));
	EXPECT_EQ(0, data_label(_metadata, self, 1));
}

TEST_HARNESS_MAIN

// SPDX-License-Identifier: GPL-2.0
/* What ip-route(8) says of a destination, as it shows on the wire and in TCP_INFO. */
#include "kselftest_harness.h"
#include "lib/data_fixture.h"

/* The route to the peer gets these metrics, and loses those it had. */
static void route(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self, const char *metrics)
{
	char command[256];

	snprintf(command, sizeof(command), "ip -%d route replace %s dev %s %s",
		 self->host.version, self->host.version == 4 ? PEER_V4 : PEER_V6, PEER_DEV,
		 metrics);
	ASSERT_EQ(0, system(command))
		TH_LOG("%s", command);
}

static struct tcp_info info_of(FIXTURE_DATA(peer) *self)
{
	struct tcp_info info = {};

	host_info(self->fd, &info);
	return info;
}

/* What the SYN, or SYN-ACK, says, and how much goes out at first. */
#define BEGINNING "advmss 1100 initrwnd 3 initcwnd 4"

static void check_syn(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self)
{
	EXPECT_EQ(1100, self->peer.got.opt.mss);
	EXPECT_EQ(3 * 1100, self->peer.got.window);
}

static void check_flight(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self)
{
	int on = 1;

	ASSERT_EQ(0, setsockopt(self->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)));
	host_writes(_metadata, self, 1, 20 * MSS, 0);
	expect_full(_metadata, self, 1, 4);
	ASSERT_FINE(peer_expect_nothing(&self->peer));
}

TEST_F(peer, beginning_passive)
{
	route(_metadata, self, BEGINNING);
	self->peer.syn.mss = MSS;
	begin_passive(_metadata, self);
	check_syn(_metadata, self);
	peer_send(&self->peer, .flags = ACK, .seq = 1, .ack = 1);
	self->fd = accept_now(self);
	ASSERT_LE(0, self->fd);
	check_flight(_metadata, self);
}

TEST_F(peer, beginning_active)
{
	route(_metadata, self, BEGINNING);
	self->peer.syn.mss = MSS;
	begin_active(_metadata, self);
	check_syn(_metadata, self);
	peer_send(&self->peer, .flags = SYN | ACK, .ack = 1);
	ASSERT_FINE(peer_expect(&self->peer, .flags = ACK, .seq = 1, .ack = 1));
	check_flight(_metadata, self);
}

/* RFC 5681 4.1: after a silence it is what the window falls back to. */
TEST_F(peer, restart)
{
	uint32_t next;

	ONLY_XTCP();
	set_timers(&self->host);
	route(_metadata, self, "initcwnd 4");
	open_stream(_metadata, self, 1);
	for (next = 1; next < 1 + 20 * MSS; next += 4 * MSS) {
		host_writes(_metadata, self, next, 4 * MSS, 0);
		ASSERT_FINE(peer_collect(&self->peer, next, next + 4 * MSS, NULL, true));
	}
	EXPECT_LT(4, info_of(self).tcpi_snd_cwnd);
	clock_sleep_ms(20 * rto_unit_ms());
	host_writes(_metadata, self, next, 20 * MSS, 0);
	expect_full(_metadata, self, next, 4);
	EXPECT_EQ(4, info_of(self).tcpi_snd_cwnd);
}

/* "features ecn": asked for and granted here, whatever the setting is (RFC 3168 6.1.1). */
TEST_F(peer, ecn)
{
	struct peer *p = &self->peer;

	route(_metadata, self, "features ecn");
	net_sysctl_write("net/xtcp/ecn", "0");
	net_sysctl_write("net/ipv4/tcp_ecn", "0");
	self->fd = host_socket(&self->host, SOCK_NONBLOCK | SOCK_CLOEXEC);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(-EINPROGRESS, host_connect(&self->host, self->fd, "peer", p->port));
	ASSERT_FINE(peer_expect(p, .flags = SYN | ECE | CWR));
	host_closes(self);
	peer_forget(p);
	start_listener(_metadata, self);
	peer_send(p, .flags = SYN | ECE | CWR);
	ASSERT_FINE(peer_expect(p, .flags = SYN | ACK | ECE, .ack = 1));
}

/* An operator's locked guesses are facts: of the window's bounds, and of the path's length. */
TEST_F(peer, locked)
{
	struct peer *p = &self->peer;
	unsigned int i;

	ONLY_XTCP();
	route(_metadata, self, "cwnd lock 6 ssthresh lock 5 rtt lock 30s");
	p->syn.mss = MSS;
	begin_active(_metadata, self);
	EXPECT_LE(30 * 1000000, info_of(self).tcpi_rto);
	peer_send(p, .flags = SYN | ACK, .ack = 1);
	ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 1, .ack = 1));
	EXPECT_EQ(5, info_of(self).tcpi_snd_ssthresh);
	host_writes(_metadata, self, 1, 40 * MSS, 0);
	expect_full(_metadata, self, 1, 6);
	for (i = 1; i < 20; i++) {
		peer_acks(self, 1 + i * MSS);
		expect_full(_metadata, self, 1 + (5 + i) * MSS, 1);
	}
	ASSERT_FINE(peer_expect_nothing(p));
	EXPECT_EQ(6, info_of(self).tcpi_snd_cwnd);
	/* Without its lock it is somebody's guess. */
	host_closes(self);
	peer_send(p, .flags = RST, .seq = p->host_ack);
	peer_forget(p);
	p->host_port = 0;
	route(_metadata, self, "cwnd 6 ssthresh 5 rtt 30s");
	begin_active(_metadata, self);
	EXPECT_GT(30 * 1000000, info_of(self).tcpi_rto);
	peer_send(p, .flags = SYN | ACK, .ack = 1);
	ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 1, .ack = 1));
	EXPECT_EQ(10, info_of(self).tcpi_snd_cwnd);
	EXPECT_LT(1000, info_of(self).tcpi_snd_ssthresh);
}

/* Also on a connection that is there already: by its next segment it has found the new route. */
TEST_F(peer, rto_min)
{
	struct peer *p = &self->peer;

	ONLY_XTCP();
	open_stream(_metadata, self, 1);
	EXPECT_LE(20 * 1000000, info_of(self).tcpi_rto);
	route(_metadata, self, "rto_min 30ms");
	host_writes(_metadata, self, 1, MSS, 0);
	expect_data(_metadata, self, 1, MSS);
	peer_acks(self, 1 + MSS);
	EXPECT_GT(20 * 1000000, info_of(self).tcpi_rto);
	host_writes(_metadata, self, 1 + MSS, MSS, 0);
	expect_data(_metadata, self, 1 + MSS, MSS);
	/* Which comes in time, as all that is waited for. */
	expect_data(_metadata, self, 1 + MSS, MSS);
	peer_acks(self, 1 + 2 * MSS);
	route(_metadata, self, "");
	host_writes(_metadata, self, 1 + 2 * MSS, MSS, 0);
	expect_data(_metadata, self, 1 + 2 * MSS, MSS);
	ASSERT_FINE(peer_expect_nothing(p));
	peer_acks(self, 1 + 3 * MSS);
	EXPECT_LE(20 * 1000000, info_of(self).tcpi_rto);
}

/* Each segment is acknowledged at once, and no window is larger than the route says. */
TEST_F(peer, receiver)
{
	struct peer *p = &self->peer;
	uint32_t seq;

	route(_metadata, self, "quickack 1 window 5000");
	begin_passive(_metadata, self);
	EXPECT_GE(5000, p->got.window);
	peer_send(p, .flags = ACK, .seq = 1, .ack = 1);
	self->fd = accept_now(self);
	ASSERT_LE(0, self->fd);
	for (seq = 1; seq < 60; seq++) {
		peer_writes(self, seq, 1, 1);
		ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 1, .ack = seq + 1));
		ASSERT_GE(5000, p->got.window);
		host_reads(_metadata, self, seq, 1);
	}
}

/* A locked MTU is the last word: ICMP does not lower it, and routers may cut what is longer. */
TEST_F(peer, mtu_lock)
{
	struct peer *p = &self->peer;
	const size_t mss = 1400 - 40;

	if (self->host.version == 6)
		SKIP(return, "IPv6's discovery is not optional");
	route(_metadata, self, "mtu lock 1400");
	p->syn.mss = 1460;
	open_passive(_metadata, self);
	host_writes(_metadata, self, 1, mss, 0);
	expect_data(_metadata, self, 1, mss);
	peer_send_icmp(p, 3, 4, 1300, 1);
	ASSERT_FINE(peer_expect_nothing(p));
	peer_acks(self, 1 + mss);
	host_writes(_metadata, self, 1 + mss, mss, 0);
	expect_data(_metadata, self, 1 + mss, mss);
}

TEST_HARNESS_MAIN

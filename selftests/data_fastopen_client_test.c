// SPDX-License-Identifier: GPL-2.0
/*
 * TCP Fast Open (RFC 7413), the client: what goes with a SYN, and what its answer does.
 */
#include "kselftest_harness.h"
#include "lib/fastopen_fixture.h"

static const uint8_t a_cookie[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 };

/* Why data did not go with the SYN, or not for good. */
static int failure_of(FIXTURE_DATA(peer) *self)
{
	return info_of(self).tcpi_fastopen_client_fail;
}

/* A socket, and a connection whose numbers begin anew. */
static void new_client(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self)
{
	struct peer *p = &self->peer;

	if (self->fd >= 0)
		close(self->fd);
	peer_drain(p);
	peer_forget(p);
	p->host_port = 0;
	p->syn = (struct segment_options){ .seen = OPT_MSS, .mss = MSS };
	self->fd = host_socket(&self->host, SOCK_NONBLOCK | SOCK_CLOEXEC);
	ASSERT_LE(0, self->fd);
}

/* sendto(MSG_FASTOPEN) of the host's bytes 1 and following. */
static ssize_t send_fast(FIXTURE_DATA(peer) *self, size_t len)
{
	static uint8_t buf[STREAM_MAX];
	struct sockaddr_storage addr;
	socklen_t addrlen;
	ssize_t n;

	addrlen = host_address(&self->host, &addr, "peer", self->peer.port);
	pattern_fill(HOST_SEED, 1, buf, len);
	n = sendto(self->fd, buf, len, MSG_FASTOPEN | MSG_NOSIGNAL, (struct sockaddr *)&addr,
		   addrlen);
	return n < 0 ? -errno : n;
}

/* What the SYN brings: these bytes, and an option with these, or none at all if @cookie is -1. */
static void expect_syn(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self, size_t len,
		       int cookie)
{
	struct peer *p = &self->peer;

	ASSERT_FINE(peer_expect(p, .flags = SYN, .len = len));
	ASSERT_EQ(len, pattern_check(HOST_SEED, 1, p->data, len));
	ASSERT_EQ(cookie < 0 ? 0 : OPT_FASTOPEN, p->got.opt.seen & OPT_FASTOPEN);
	if (cookie < 0)
		return;
	ASSERT_EQ((unsigned int)cookie, p->got.opt.fastopen_len);
	ASSERT_EQ(0, memcmp(a_cookie, p->got.opt.fastopen, cookie));
}

/* Resets it, and whatever else there is. */
static void end_client(FIXTURE_DATA(peer) *self)
{
	struct linger none = { .l_onoff = 1 };

	setsockopt(self->fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none));
	host_closes(self);
	peer_drain(&self->peer);
}

/* The host asks, and gets a cookie of that length. */
static void learn(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self, unsigned int len)
{
	struct peer *p = &self->peer;

	new_client(_metadata, self);
	ASSERT_EQ(-EINPROGRESS, send_fast(self, 100));
	expect_syn(_metadata, self, 0, 0);
	say(self, a_cookie, len);
	peer_send(p, .flags = SYN | ACK, .ack = 1);
	ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 1, .ack = 1));
	ASSERT_EQ(TFO_COOKIE_UNAVAILABLE, failure_of(self));
	end_client(self);
	new_client(_metadata, self);
}

/* RFC 7413 4.1.3: no data without a cookie, and none by the next SYN if it got none. */
TEST_F(peer, client_request)
{
	struct peer *p = &self->peer;
	unsigned int i;

	/* The reference tries another option the next time, that of experiments. */
	ONLY_XTCP();
	for (i = 0; i < 2; i++) {
		new_client(_metadata, self);
		ASSERT_EQ(-EINPROGRESS, send_fast(self, 100));
		expect_syn(_metadata, self, 0, 0);
		ASSERT_EQ(-EALREADY, send_fast(self, 100));
		peer_send(p, .flags = SYN | ACK, .ack = 1);
		ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 1, .ack = 1));
		ASSERT_STATE(STATE_ESTABLISHED);
		ASSERT_EQ(100, send_fast(self, 100));
		ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 1, .ack = 1, .len = 100));
		ASSERT_EQ(-EISCONN, send_fast(self, 100));
		end_client(self);
	}
	/* Whoever connects without is given no cookie, not even if there is one. */
	new_client(_metadata, self);
	begin_active(_metadata, self);
	ASSERT_FALSE(p->got.opt.seen & OPT_FASTOPEN);
	say(self, a_cookie, COOKIE);
	peer_send(p, .flags = SYN | ACK, .ack = 1);
	ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 1, .ack = 1));
	end_client(self);
	new_client(_metadata, self);
	ASSERT_EQ(-EINPROGRESS, send_fast(self, 100));
	expect_syn(_metadata, self, 0, 0);
}

/* A cookie of any length, and data: acknowledged with the SYN. */
TEST_F(peer, client_data)
{
	struct peer *p = &self->peer;
	unsigned int len;

	for (len = 4; len <= 16; len += 2) {
		p->path.src.s6_addr[15] = 2;
		learn(_metadata, self, len);
		ASSERT_EQ(100, send_fast(self, 100));
		expect_syn(_metadata, self, 100, len);
		peer_send(p, .flags = SYN | ACK, .ack = 101);
		ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 101, .ack = 1));
		ASSERT_STATE(STATE_ESTABLISHED);
		ASSERT_TRUE(info_of(self).tcpi_options & TCPI_OPT_SYN_DATA);
		ASSERT_EQ(0, failure_of(self));
		host_writes(_metadata, self, 101, 50, 0);
		ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 101, .ack = 1, .len = 50));
		ASSERT_EQ(50, pattern_check(HOST_SEED, 101, p->data, 50));
		ASSERT_EQ(0, info_of(self).tcpi_total_retrans);
		end_client(self);
		/* The server has forgotten us, and says so. */
		new_client(_metadata, self);
		ASSERT_EQ(10, send_fast(self, 10));
		expect_syn(_metadata, self, 10, len);
		peer_send(p, .flags = RST | ACK, .ack = 11);
		ASSERT_EQ(ECONNREFUSED, host_socket_error(self->fd));
		/* Each length is somebody else's. */
		net_sysctl_write("net/xtcp/fastopen_cookies", "0");
		if (host_is_reference(&self->host))
			return;
		new_client(_metadata, self);
		ASSERT_EQ(10, send_fast(self, 10));
		expect_syn(_metadata, self, 10, len);
		peer_send(p, .flags = SYN | ACK, .ack = 11);
		ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 11, .ack = 1));
		end_client(self);
		net_sysctl_write("net/xtcp/fastopen_cookies", "100");
	}
	ASSERT_EQ(14, host_counter("TCPFastOpenActive"));
	ASSERT_EQ(0, host_counter("TCPFastOpenActiveFail"));
}

/* RFC 7413 4.1.3: what the SYN-ACK leaves out follows at once. */
TEST_F(peer, client_refused)
{
	static const unsigned int acked[] = { 0, 1, 60, 99 };
	struct peer *p = &self->peer;
	unsigned int i;

	learn(_metadata, self, COOKIE);
	for (i = 0; i < 4; i++) {
		unsigned int left = 100 - acked[i];

		new_client(_metadata, self);
		ASSERT_EQ(100, send_fast(self, 100));
		expect_syn(_metadata, self, 100, COOKIE);
		peer_send(p, .flags = SYN | ACK, .ack = 1 + acked[i]);
		expect_data(_metadata, self, 1 + acked[i], left);
		ASSERT_FALSE(info_of(self).tcpi_options & TCPI_OPT_SYN_DATA);
		ASSERT_EQ(TFO_DATA_NOT_ACKED, failure_of(self));
		if (!host_is_reference(&self->host))
			ASSERT_EQ(TCP_CA_Open, info_of(self).tcpi_ca_state);
		peer_acks(self, 101);
		host_writes(_metadata, self, 101, 10, 0);
		expect_data(_metadata, self, 101, 10);
		end_client(self);
	}
	if (!host_is_reference(&self->host))
		ASSERT_EQ(4, host_counter("TCPFastOpenActiveFail"));
}

/* RFC 7413 4.1.3: sent again it is a SYN like any other. */
TEST_F(peer, client_syn_again)
{
	struct peer *p = &self->peer;

	learn(_metadata, self, COOKIE);
	ASSERT_EQ(100, send_fast(self, 100));
	expect_syn(_metadata, self, 100, COOKIE);
	end_client(self);

	wake_timers(&self->host);
	new_client(_metadata, self);
	ASSERT_EQ(100, send_fast(self, 100));
	expect_syn(_metadata, self, 100, COOKIE);
	expect_syn(_metadata, self, 0, -1);
	ASSERT_STATE(STATE_SYN_SENT);
	calm_timers(&self->host);
	peer_send(p, .flags = SYN | ACK, .ack = 1);
	expect_data(_metadata, self, 1, 100);
	ASSERT_EQ(TFO_SYN_RETRANSMITTED, failure_of(self));
	peer_acks(self, 101);
	host_writes(_metadata, self, 101, 10, 0);
	expect_data(_metadata, self, 101, 10);
}

/* RFC 7413 4.1.3.1: twice in a row, and the server is left in peace. */
TEST_F(peer, client_losses)
{
	struct peer *p = &self->peer;
	unsigned int i;

	ONLY_XTCP();
	learn(_metadata, self, COOKIE);
	wake_timers(&self->host);
	for (i = 0; i < 2; i++) {
		new_client(_metadata, self);
		ASSERT_EQ(100, send_fast(self, 100));
		expect_syn(_metadata, self, 100, COOKIE);
		expect_syn(_metadata, self, 0, -1);
		peer_send(p, .flags = SYN | ACK, .ack = 1);
		expect_data(_metadata, self, 1, 100);
		end_client(self);
	}
	new_client(_metadata, self);
	ASSERT_EQ(-EINPROGRESS, send_fast(self, 100));
	expect_syn(_metadata, self, 0, -1);
}

/* Of what does not fit, the rest is for another write; the last SYN-ACK said how much fits. */
TEST_F(peer, client_mss)
{
	struct peer *p = &self->peer;

	learn(_metadata, self, COOKIE);
	ASSERT_EQ(MSS - 40, send_fast(self, 5000));
	expect_syn(_metadata, self, MSS - 40, COOKIE);
	p->syn.mss = 600;
	peer_send(p, .flags = SYN | ACK, .ack = 1 + MSS - 40);
	ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 1 + MSS - 40, .ack = 1));
	end_client(self);
	new_client(_metadata, self);
	ASSERT_EQ(560, send_fast(self, 5000));
	expect_syn(_metadata, self, 560, COOKIE);
	/* Now it takes less than was sent, and nothing of it. */
	p->syn.mss = 400;
	peer_send(p, .flags = SYN | ACK, .ack = 1);
	expect_data(_metadata, self, 1, 400);
	expect_data(_metadata, self, 401, 160);
}

/* A SYN-ACK may bring another cookie; one of no length that it may have is none. */
TEST_F(peer, client_another)
{
	static const uint8_t wrong[] = { 34, 7, 1, 1, 1, 1, 1, 1, 2, 4, MSS >> 8, MSS & 255 };
	static const uint8_t other[] = { 34, 6, 9, 9, 9, 9, 1, 1, 2, 4, MSS >> 8, MSS & 255 };
	struct peer *p = &self->peer;

	learn(_metadata, self, COOKIE);
	ASSERT_EQ(10, send_fast(self, 10));
	expect_syn(_metadata, self, 10, COOKIE);
	peer_send(p, .flags = SYN | ACK, .ack = 11, .raw_opt = wrong, .raw_opt_len = 12);
	ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 11, .ack = 1));
	end_client(self);
	new_client(_metadata, self);
	ASSERT_EQ(10, send_fast(self, 10));
	expect_syn(_metadata, self, 10, COOKIE);
	peer_send(p, .flags = SYN | ACK, .ack = 11, .raw_opt = other, .raw_opt_len = 12);
	ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 11, .ack = 1));
	end_client(self);
	new_client(_metadata, self);
	ASSERT_EQ(10, send_fast(self, 10));
	ASSERT_FINE(peer_expect(p, .flags = SYN, .len = 10));
	ASSERT_EQ(4, p->got.opt.fastopen_len);
	ASSERT_EQ(0, memcmp("\x9\x9\x9\x9", p->got.opt.fastopen, 4));
}

/* TCP_FASTOPEN_CONNECT: connect() leaves the SYN to the first write(), where there is a cookie. */
TEST_F(peer, client_connect)
{
	struct peer *p = &self->peer;
	unsigned int i;

	for (i = 0; i < 2; i++) {
		if (i)
			learn(_metadata, self, COOKIE);
		else
			new_client(_metadata, self);
		ASSERT_EQ(-EINVAL, host_set(self->fd, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, 2));
		ASSERT_EQ(0, host_set(self->fd, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, 1));
		ASSERT_EQ(1, host_get(self->fd, IPPROTO_TCP, TCP_FASTOPEN_CONNECT));
		if (!i) {
			ASSERT_EQ(-EINPROGRESS,
				  host_connect(&self->host, self->fd, "peer", p->port));
			expect_syn(_metadata, self, 0, 0);
			end_client(self);
			continue;
		}
		ASSERT_EQ(0, host_connect(&self->host, self->fd, "peer", p->port));
		ASSERT_FINE(peer_expect_nothing(p));
		ASSERT_EQ(POLLOUT, events_of(self->fd));
		ASSERT_EQ(-EISCONN, host_connect(&self->host, self->fd, "peer", p->port));
	}
	host_writes(_metadata, self, 1, 100, 0);
	expect_syn(_metadata, self, 100, COOKIE);
	ASSERT_EQ(0, events_of(self->fd));
	peer_send(p, .flags = SYN | ACK, .ack = 101);
	ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 101, .ack = 1));
	ASSERT_STATE(STATE_ESTABLISHED);
	ASSERT_TRUE(info_of(self).tcpi_options & TCPI_OPT_SYN_DATA);
	end_client(self);

	/* One that is never written to. */
	new_client(_metadata, self);
	ASSERT_EQ(0, host_set(self->fd, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, 1));
	ASSERT_EQ(0, host_connect(&self->host, self->fd, "peer", p->port));
	if (!host_is_reference(&self->host)) {
		p->host_port = host_local_port(self->fd);
		peer_send(p, .flags = SYN);
	}
	host_closes(self);
	ASSERT_FINE(peer_expect_nothing(p));
}

/* Data without a cookie, for who wants that; and nothing of the kind for who does not. */
TEST_F(peer, client_setting)
{
	struct peer *p = &self->peer;
	unsigned int i;

	for (i = 0; i < 2; i++) {
		new_client(_metadata, self);
		if (i)
			set_fastopen(CLIENT | CLIENT_FREE);
		else
			ASSERT_EQ(0, host_set(self->fd, IPPROTO_TCP, TCP_FASTOPEN_NO_COOKIE, 1));
		ASSERT_EQ(100, send_fast(self, 100));
		expect_syn(_metadata, self, 100, -1);
		peer_send(p, .flags = SYN | ACK, .ack = 101);
		ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 101, .ack = 1));
		end_client(self);
	}
	set_fastopen(SERVER);
	new_client(_metadata, self);
	ASSERT_EQ(-EOPNOTSUPP, send_fast(self, 100));
	ASSERT_EQ(-EOPNOTSUPP, host_set(self->fd, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, 1));
	ASSERT_FINE(peer_expect_nothing(p));
	set_fastopen(CLIENT);
	ASSERT_EQ(-1, sendto(self->fd, "x", 1, MSG_FASTOPEN, NULL, 0));
	ASSERT_EQ(EINVAL, errno);
}

/* net.xtcp.fastopen_cookies: the server that was not needed for longest is forgotten. */
TEST_F(peer, client_cache)
{
	struct peer *p = &self->peer;
	struct sockaddr_storage addr;
	socklen_t len;
	uint8_t *last;
	unsigned int i;
	int fd;

	ONLY_XTCP();
	net_sysctl_write("net/xtcp/fastopen_cookies", "2");
	/* The first, the second, the first again, the third: it is the second that is gone. */
	for (i = 0; i < 6; i++) {
		static const int whom[] = { 2, 3, 2, 4, 2, 3 }, known[] = { 0, 0, 1, 0, 1, 0 };

		new_client(_metadata, self);
		fd = self->fd;
		p->path.src.s6_addr[15] = whom[i];
		len = host_address(&self->host, &addr, "peer", p->port);
		last = self->host.version == 4 ?
		       (uint8_t *)&((struct sockaddr_in *)&addr)->sin_addr + 3 :
		       ((struct sockaddr_in6 *)&addr)->sin6_addr.s6_addr + 15;
		*last = whom[i];
		ASSERT_EQ(known[i] ? 1 : -1, sendto(fd, "x", 1, MSG_FASTOPEN,
						    (struct sockaddr *)&addr, len));
		ASSERT_FINE(peer_expect(p, .flags = SYN, .len = known[i]));
		ASSERT_EQ(known[i] ? COOKIE : 0, p->got.opt.fastopen_len);
		say(self, a_cookie, COOKIE);
		peer_send(p, .flags = SYN | ACK, .ack = 1 + known[i]);
		ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 1 + known[i], .ack = 1));
		end_client(self);
	}
}

/* net.xtcp.fastopen_blackhole_timeout_sec: two timeouts of one SYN, and no SYN brings data. */
TEST_F(peer, client_black_hole)
{
	struct peer *p = &self->peer;
	unsigned int i;

	ONLY_XTCP();
	learn(_metadata, self, COOKIE);
	hurry_timers(&self->host);
	for (i = 0; i < 2; i++) {
		new_client(_metadata, self);
		ASSERT_EQ(100, send_fast(self, 100));
		expect_syn(_metadata, self, 100, COOKIE);
		expect_syn(_metadata, self, 0, -1);
		expect_syn(_metadata, self, 0, -1);
		/* Off at first, as Linux's. */
		ASSERT_EQ(i, host_counter("TCPFastOpenBlackhole"));
		net_sysctl_write("net/xtcp/fastopen_blackhole_timeout_sec", "3600");
		peer_send(p, .flags = RST | ACK, .ack = 1);
		ASSERT_EQ(ECONNREFUSED, host_socket_error(self->fd));
	}
	new_client(_metadata, self);
	ASSERT_EQ(-EINPROGRESS, send_fast(self, 100));
	expect_syn(_metadata, self, 0, -1);
	peer_send(p, .flags = SYN | ACK, .ack = 1);
	ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 1, .ack = 1));
	end_client(self);
	net_sysctl_write("net/xtcp/fastopen_blackhole_timeout_sec", "0");
	new_client(_metadata, self);
	ASSERT_EQ(100, send_fast(self, 100));
	expect_syn(_metadata, self, 100, COOKIE);
}

/* Both ends begin at once: the data goes again, once the numbers are known. */
TEST_F(peer, client_simultaneous)
{
	struct peer *p = &self->peer;

	ONLY_XTCP();
	learn(_metadata, self, COOKIE);
	ASSERT_EQ(100, send_fast(self, 100));
	expect_syn(_metadata, self, 100, COOKIE);
	peer_send(p, .flags = SYN);
	ASSERT_FINE(peer_expect(p, .flags = SYN | ACK, .ack = 1));
	peer_send(p, .flags = SYN | ACK, .ack = 1);
	expect_data(_metadata, self, 1, 100);
	ASSERT_STATE(STATE_ESTABLISHED);
}

TEST_HARNESS_MAIN

// SPDX-License-Identifier: GPL-2.0
/*
 * How a stream is cut into segments, and when a short one may go: MSS, path MTU, Nagle's
 * algorithm, the sender's side of silly-window avoidance.
 */
#include "kselftest_harness.h"
#include "lib/data_fixture.h"

static size_t header_len(const struct host *host)
{
	return (host->version == 4 ? 20 : 40) + 20;
}

/* All of @len bytes from number 1 on, right, and no segment longer than @most. */
static void collect(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self, size_t len,
		    size_t most)
{
	struct peer *p = &self->peer;
	uint32_t next = 1;

	while (next < len + 1) {
		ASSERT_TRUE(peer_receive(p, clock_patience_ms()));
		ASSERT_STREQ("", p->text);
		ASSERT_EQ(next, p->got.seq);
		ASSERT_LT(0, p->got.len);
		ASSERT_GE(most, p->got.len);
		ASSERT_EQ(p->got.len, pattern_check(HOST_SEED, next, p->data, p->got.len));
		next += p->got.len;
		peer_acks(self, next);
	}
	ASSERT_EQ(len + 1, next);
}

/*
 * RFC 9293 3.7.1 (MUST-16): never more than the peer's MSS, however much is written at once;
 * 3.9.1.2 (MUST-61): the last segment of what was written is pushed.
 */
TEST_F(peer, mss_of_peer)
{
	struct peer *p = &self->peer;
	uint32_t seq;

	open_stream(_metadata, self, 0);
	host_writes(_metadata, self, 1, 9 * MSS + 500, 0);
	for (seq = 1; seq < 9 * MSS; seq += MSS)
		expect_data(_metadata, self, seq, MSS);
	expect_data(_metadata, self, seq, 500);
	ASSERT_EQ(PSH, p->got.flags & PSH);
	ASSERT_FINE(peer_expect_nothing(p));
}

/* The last of a burst that the congestion window ends is pushed; not what goes alone. */
TEST_F(peer, burst_is_pushed)
{
	struct peer *p = &self->peer;
	uint32_t seq, end = 1 + 10 * MSS;

	ONLY_XTCP();
	open_stream(_metadata, self, 0);
	host_writes(_metadata, self, 1, 30 * MSS, 0);
	for (seq = 1; seq < end; seq += MSS) {
		expect_data(_metadata, self, seq, MSS);
		ASSERT_EQ(seq + MSS == end ? PSH : 0, p->got.flags & PSH);
	}
	ASSERT_FINE(peer_expect_nothing(p));
	/* Slow start: two for each. */
	peer_acks(self, 1 + 2 * MSS);
	for (end += 4 * MSS; seq < end; seq += MSS) {
		expect_data(_metadata, self, seq, MSS);
		ASSERT_EQ(seq + MSS == end ? PSH : 0, p->got.flags & PSH);
	}
	ASSERT_FINE(peer_expect_nothing(p));
}

TEST_F(peer, mss_of_peer_active)
{
	self->peer.syn.mss = MSS;
	open_active(_metadata, self);
	host_writes(_metadata, self, 1, 5 * MSS, 0);
	expect_full(_metadata, self, 1, 5);
}

/* RFC 9293 3.7.1 (MUST-15): 536 for IPv4, 1220 for IPv6. */
TEST_F(peer, mss_absent)
{
	const size_t mss = self->host.version == 4 ? 536 : 1220;

	self->peer.syn.seen = 0;
	open_passive(_metadata, self);
	host_writes(_metadata, self, 1, 3 * mss, 0);
	expect_data(_metadata, self, 1, mss);
	expect_data(_metadata, self, 1 + mss, mss);
	expect_data(_metadata, self, 1 + 2 * mss, mss);
}

TEST_F(peer, mss_absent_active)
{
	const size_t mss = self->host.version == 4 ? 536 : 1220;

	self->peer.syn.seen = 0;
	open_active(_metadata, self);
	host_writes(_metadata, self, 1, 2 * mss, 0);
	expect_data(_metadata, self, 1, mss);
	expect_data(_metadata, self, 1 + mss, mss);
}

/* What the peer can take says nothing of the path. */
TEST_F(peer, mss_beyond_path)
{
	const size_t mss = 1500 - header_len(&self->host);

	self->peer.syn.mss = 9000;
	open_passive(_metadata, self);
	host_writes(_metadata, self, 1, 3 * mss, 0);
	collect(_metadata, self, 3 * mss, mss);
}

TEST_F(peer, mss_small)
{
	self->peer.syn.mss = 100;
	open_passive(_metadata, self);
	host_writes(_metadata, self, 1, 2500, 0);
	collect(_metadata, self, 2500, 100);
}

/* Nobody means that; what matters is that the stream arrives and the host lives. */
TEST_F(peer, mss_absurd)
{
	self->peer.syn.mss = 0;
	open_passive(_metadata, self);
	host_writes(_metadata, self, 1, 2000, 0);
	collect(_metadata, self, 2000, 1220);
}

TEST_F(peer, mss_absurd_active)
{
	self->peer.syn.mss = 1;
	open_active(_metadata, self);
	host_writes(_metadata, self, 1, 2000, 0);
	collect(_metadata, self, 2000, 1220);
}

/* RFC 6691 3: options are at the expense of the data. */
TEST_F(peer, mss_less_timestamps)
{
	struct peer *p = &self->peer;

	p->syn = (struct segment_options){ .seen = OPT_MSS | OPT_TS, .mss = MSS, .tsval = 100 };
	p->tsval = 100;
	open_passive(_metadata, self);
	host_writes(_metadata, self, 1, 3 * (MSS - 12), 0);
	expect_data(_metadata, self, 1, MSS - 12);
	ASSERT_TRUE(p->got.opt.seen & OPT_TS);
	expect_data(_metadata, self, 1 + MSS - 12, MSS - 12);
	expect_data(_metadata, self, 1 + 2 * (MSS - 12), MSS - 12);
}

/* RFC 9293 3.7.1 (SHLD-5, MUST-67), RFC 6691 2: the path's MTU less the fixed headers. */
TEST_F(peer, mss_announced)
{
	struct peer *p = &self->peer;

	begin_passive(_metadata, self);
	ASSERT_TRUE(p->got.opt.seen & OPT_MSS);
	ASSERT_EQ(1500 - header_len(&self->host), p->got.opt.mss);
}

TEST_F(peer, mss_announced_active)
{
	struct peer *p = &self->peer;

	begin_active(_metadata, self);
	ASSERT_TRUE(p->got.opt.seen & OPT_MSS);
	ASSERT_EQ(1500 - header_len(&self->host), p->got.opt.mss);
}

/*
 * RFC 6928 2: ten segments to begin with. RFC 5681 3.1: in slow start, each ACK adds a segment
 * to the one that it takes out of the network; RFC 3465 2.3: and at most one more.
 */
TEST_F(peer, initial_window_and_slow_start)
{
	struct peer *p = &self->peer;
	uint32_t last;

	open_stream(_metadata, self, 0);
	host_writes(_metadata, self, 1, 30 * MSS, 0);
	expect_full(_metadata, self, 1, 10);
	ASSERT_FINE(peer_expect_nothing(p));
	peer_acks(self, 1 + MSS);
	expect_full(_metadata, self, 1 + 10 * MSS, 2);
	ASSERT_FINE(peer_expect_nothing(p));
	peer_acks(self, 1 + 3 * MSS);
	for (last = 1 + 12 * MSS; peer_receive(p, clock_quiet_ms()); last += MSS) {
		ASSERT_EQ(last, p->got.seq);
		ASSERT_EQ(MSS, p->got.len);
	}
	ASSERT_LE(1 + 15 * MSS, last);
	ASSERT_GE(1 + 16 * MSS, last);
}

/* RFC 9293 3.7.4 (SHLD-7), RFC 896: short ones wait while anything is on its way, together. */
TEST_F(peer, nagle)
{
	struct peer *p = &self->peer;

	open_stream(_metadata, self, 0);
	host_writes(_metadata, self, 1, 10, 0);
	expect_data(_metadata, self, 1, 10);
	host_writes(_metadata, self, 11, 10, 0);
	host_writes(_metadata, self, 21, 10, 0);
	ASSERT_FINE(peer_expect_nothing(p));
	peer_acks(self, 11);
	expect_data(_metadata, self, 11, 20);
}

TEST_F(peer, nagle_lets_full_segments_go)
{
	struct peer *p = &self->peer;

	open_stream(_metadata, self, 0);
	host_writes(_metadata, self, 1, 10, 0);
	expect_data(_metadata, self, 1, 10);
	host_writes(_metadata, self, 11, MSS - 1, 0);
	ASSERT_FINE(peer_expect_nothing(p));
	host_writes(_metadata, self, 10 + MSS, 11, 0);
	expect_data(_metadata, self, 11, MSS);
	ASSERT_FINE(peer_expect_nothing(p));
	peer_acks(self, 11 + MSS);
	expect_data(_metadata, self, 11 + MSS, 10);
}

/* What is closed behind it cannot grow any more. */
TEST_F(peer, nagle_ends_with_fin)
{
	struct peer *p = &self->peer;

	open_stream(_metadata, self, 0);
	host_writes(_metadata, self, 1, 10, 0);
	expect_data(_metadata, self, 1, 10);
	host_writes(_metadata, self, 11, 10, 0);
	ASSERT_FINE(peer_expect_nothing(p));
	ASSERT_EQ(0, shutdown(self->fd, SHUT_WR));
	ASSERT_FINE(peer_expect(p, .flags = FIN | ACK, .seq = 11, .ack = 1, .len = 10));
}

/* RFC 9293 3.7.4 (MUST-17): an application can do without. */
TEST_F(peer, nodelay)
{
	open_stream(_metadata, self, 1);
	host_writes(_metadata, self, 1, 10, 0);
	expect_data(_metadata, self, 1, 10);
	host_writes(_metadata, self, 11, 10, 0);
	expect_data(_metadata, self, 11, 10);
	host_writes(_metadata, self, 21, 1, 0);
	expect_data(_metadata, self, 21, 1);
}

/* Whoever sets it wants what waits to go. */
TEST_F(peer, nodelay_lets_go)
{
	const int one = 1;
	struct peer *p = &self->peer;

	open_stream(_metadata, self, 0);
	host_writes(_metadata, self, 1, 10, 0);
	expect_data(_metadata, self, 1, 10);
	host_writes(_metadata, self, 11, 10, 0);
	ASSERT_FINE(peer_expect_nothing(p));
	ASSERT_EQ(0, setsockopt(self->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)));
	expect_data(_metadata, self, 11, 10);
}

/* send(2): more will come, so that a short segment waits for it, even with TCP_NODELAY. */
TEST_F(peer, msg_more)
{
	struct peer *p = &self->peer;

	open_stream(_metadata, self, 1);
	host_writes(_metadata, self, 1, 100, MSG_MORE);
	ASSERT_FINE(peer_expect_nothing(p));
	host_writes(_metadata, self, 101, 100, MSG_MORE);
	ASSERT_FINE(peer_expect_nothing(p));
	host_writes(_metadata, self, 201, MSS, MSG_MORE);
	expect_data(_metadata, self, 1, MSS);
	ASSERT_FINE(peer_expect_nothing(p));
	host_writes(_metadata, self, 201 + MSS, 10, 0);
	expect_data(_metadata, self, 1 + MSS, 210);
}

/* Opens with a peer whose window never was larger than @window. */
static void open_narrow(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self,
			uint16_t window)
{
	self->peer.window = window;
	open_stream(_metadata, self, 0);
}

/* RFC 9293 3.8.6: never beyond the window, and (3.8.6.2.1) no scraps at its edge. */
TEST_F(peer, window_edge)
{
	struct peer *p = &self->peer;

	open_narrow(_metadata, self, 2500);
	host_writes(_metadata, self, 1, 5 * MSS, 0);
	expect_full(_metadata, self, 1, 2);
	ASSERT_FINE(peer_expect_nothing(p));
	p->window = 3 * MSS;
	peer_acks(self, 1 + 2 * MSS);
	expect_full(_metadata, self, 1 + 2 * MSS, 3);
	ASSERT_FINE(peer_expect_nothing(p));
}

/* RFC 9293 3.8.6.2.1 (MUST-38), case 1 only: a full segment. */
TEST_F(peer, silly_window_waits)
{
	struct peer *p = &self->peer;

	open_narrow(_metadata, self, 4 * MSS);
	host_writes(_metadata, self, 1, 8 * MSS, 0);
	expect_full(_metadata, self, 1, 4);
	p->window = 300;
	peer_acks(self, 1 + 4 * MSS);
	ASSERT_FINE(peer_expect_nothing(p));
	p->window = MSS - 1;
	peer_acks(self, 1 + 4 * MSS);
	ASSERT_FINE(peer_expect_nothing(p));
	p->window = MSS;
	peer_acks(self, 1 + 4 * MSS);
	expect_data(_metadata, self, 1 + 4 * MSS, MSS);
}

/* Case 2: all that there is, and pushed. */
TEST_F(peer, silly_window_takes_all)
{
	struct peer *p = &self->peer;

	open_narrow(_metadata, self, 4 * MSS);
	host_writes(_metadata, self, 1, 4 * MSS + 300, 0);
	expect_full(_metadata, self, 1, 4);
	p->window = 299;
	peer_acks(self, 1 + 4 * MSS);
	ASSERT_FINE(peer_expect_nothing(p));
	p->window = 300;
	peer_acks(self, 1 + 4 * MSS);
	expect_data(_metadata, self, 1 + 4 * MSS, 300);
}

/* Case 3: half of the largest window that there ever was. */
TEST_F(peer, silly_window_half)
{
	struct peer *p = &self->peer;

	/* It takes half of the largest window for the segment size, which comes to the same. */
	ONLY_XTCP();
	open_narrow(_metadata, self, 600);
	p->window = 299;
	peer_acks(self, 1);
	host_writes(_metadata, self, 1, 2 * MSS, 0);
	ASSERT_FINE(peer_expect_nothing(p));
	p->window = 300;
	peer_acks(self, 1);
	expect_data(_metadata, self, 1, 300);
}

/* Case 4: the override timeout. */
TEST_F(peer, silly_window_override)
{
	struct peer *p = &self->peer;

	set_timers(&self->host);
	open_narrow(_metadata, self, 4 * MSS);
	host_writes(_metadata, self, 1, 6 * MSS, 0);
	expect_full(_metadata, self, 1, 4);
	p->window = 300;
	peer_acks(self, 1 + 4 * MSS);
	expect_data(_metadata, self, 1 + 4 * MSS, 300);
}

/* RFC 7323 2.3: the window is scaled by what the peer said, but not in its SYN. */
TEST_F(peer, window_scale_of_peer)
{
	struct peer *p = &self->peer;

	p->syn = (struct segment_options){ .seen = OPT_MSS | OPT_WSCALE, .mss = MSS, .wscale = 3 };
	begin_passive(_metadata, self);
	p->window = 2 * MSS / 8;
	peer_acks(self, 1);
	self->fd = accept_now(self);
	ASSERT_LE(0, self->fd);
	host_writes(_metadata, self, 1, 4 * MSS, 0);
	expect_full(_metadata, self, 1, 2);
	ASSERT_FINE(peer_expect_nothing(p));
}

TEST_F(peer, window_scale_not_in_syn)
{
	struct peer *p = &self->peer;

	begin_active(_metadata, self);
	p->window = 2 * MSS;
	peer_send(p, .flags = SYN | ACK, .ack = 1,
		  .opt = { .seen = OPT_MSS | OPT_WSCALE, .mss = MSS, .wscale = 7 });
	ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 1, .ack = 1));
	host_writes(_metadata, self, 1, 4 * MSS, 0);
	expect_full(_metadata, self, 1, 2);
	ASSERT_FINE(peer_expect_nothing(p));
}

/* RFC 7323 2.3: "a shift count greater than 14 ... MUST use 14". */
TEST_F(peer, window_scale_too_large)
{
	struct peer *p = &self->peer;

	ONLY_XTCP();
	ASSERT_EQ(0, net_sysctl_write("net/xtcp/initial_window", "40"));
	p->syn = (struct segment_options){ .seen = OPT_MSS | OPT_WSCALE, .mss = MSS, .wscale = 15 };
	begin_passive(_metadata, self);
	p->window = 1;
	peer_acks(self, 1);
	self->fd = accept_now(self);
	ASSERT_LE(0, self->fd);
	host_writes(_metadata, self, 1, 20 * MSS, 0);
	expect_full(_metadata, self, 1, 16);
	ASSERT_FINE(peer_expect_nothing(p));
}

static void too_big(FIXTURE_DATA(peer) *self, uint32_t mtu, uint32_t seq)
{
	if (self->host.version == 4)
		peer_send_icmp(&self->peer, 3, 4, mtu, seq);
	else
		peer_send_icmp(&self->peer, 2, 0, mtu, seq);
}

/* RFC 1191 6.3 and 6.5, RFC 8201 5.4: smaller from now on, and what was too big at once. */
TEST_F(peer, pmtu_lowers_segments)
{
	const size_t mss = 1300 - header_len(&self->host);
	const size_t all = 5 * 1400;
	struct peer *p = &self->peer;
	uint32_t next = 1;

	p->syn.mss = 1400;
	open_passive(_metadata, self);
	host_writes(_metadata, self, 1, all, 0);
	ASSERT_FINE(peer_collect(p, 1, all + 1, NULL, false));
	too_big(self, 1300, 1);
	ASSERT_TRUE(peer_receive(p, clock_patience_ms()));
	ASSERT_EQ(1, p->got.seq);
	while (next < all + 1) {
		ASSERT_GE(mss, p->got.len);
		if (p->got.seq == next) {
			ASSERT_EQ(p->got.len,
				  pattern_check(HOST_SEED, next, p->data, p->got.len));
			next += p->got.len;
			peer_acks(self, next);
		}
		if (next < all + 1 && !peer_receive(p, clock_quiet_ms())) {
			/* Only the first was known to be too big; the rest did arrive. */
			next = all + 1;
			peer_acks(self, next);
		}
	}
	peer_drain(p);
	host_writes(_metadata, self, next, 3 * mss, 0);
	expect_data(_metadata, self, next, mss);
	expect_data(_metadata, self, next + mss, mss);
	expect_data(_metadata, self, next + 2 * mss, mss);
}

/* RFC 5927 7.2: only what is in flight can have been too big. */
TEST_F(peer, pmtu_wrong_sequence)
{
	struct peer *p = &self->peer;

	p->syn.mss = 1400;
	open_passive(_metadata, self);
	host_writes(_metadata, self, 1, 1400, 0);
	expect_data(_metadata, self, 1, 1400);
	too_big(self, 1300, 1401 + 5000);
	too_big(self, 1300, -5000);
	ASSERT_FINE(peer_expect_nothing(p));
	peer_acks(self, 1401);
	host_writes(_metadata, self, 1401, 1400, 0);
	expect_data(_metadata, self, 1401, 1400);
}

/* RFC 1191 5, RFC 8201 4: it never raises the estimate, and no link takes less than the least. */
TEST_F(peer, pmtu_absurd)
{
	struct peer *p = &self->peer;
	uint32_t seq;

	p->syn.mss = 1400;
	open_passive(_metadata, self);
	host_writes(_metadata, self, 1, 1400, 0);
	expect_data(_metadata, self, 1, 1400);
	too_big(self, 9000, 1);
	/* With 0 an old IPv4 router says that it does not know; so do not ask the reference. */
	if (!host_is_reference(&self->host))
		too_big(self, 40, 1);
	while (peer_receive(p, clock_quiet_ms()))
		ASSERT_EQ(1400, p->got.len);
	peer_acks(self, 1401);
	seq = 1401;
	host_writes(_metadata, self, seq, 1400, 0);
	expect_data(_metadata, self, seq, 1400);
}

TEST_HARNESS_MAIN

// SPDX-License-Identifier: GPL-2.0
/*
 * Flow control: the peer's window closed, shrunk and opened again, and how the host offers its own.
 */
#include "kselftest_harness.h"
#include "lib/data_fixture.h"

/* The window that the last segment offers ends here. */
static uint32_t right_edge(const struct peer *p, unsigned int scale)
{
	return p->got.ack + ((uint32_t)p->got.window << scale);
}

/* The host has filled the window, and more to send; its number @una is the next. */
static void close_window(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self,
			 uint32_t una)
{
	self->peer.window = 2 * MSS;
	open_stream(_metadata, self, 0);
	host_writes(_metadata, self, 1, 6 * MSS, 0);
	expect_full(_metadata, self, 1, 2);
	self->peer.window = 0;
	peer_acks(self, una);
}

/* A probe asks without bringing anything that the peer would have to take. */
static void expect_probe(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self, uint32_t una)
{
	struct peer *p = &self->peer;

	ASSERT_TRUE(peer_receive(p, clock_patience_ms()));
	ASSERT_EQ(ACK, p->got.flags & ~PSH);
	ASSERT_GE(1, p->got.len);
	ASSERT_LE(una - 1, p->got.seq);
	ASSERT_GE(una, p->got.seq);
}

/* RFC 9293 3.8.6: nothing new goes into a closed window; an update lets it go at once. */
TEST_F(peer, zero_window)
{
	struct peer *p = &self->peer;

	close_window(_metadata, self, 1 + 2 * MSS);
	ASSERT_FINE(peer_expect_nothing(p));
	p->window = 2 * MSS;
	peer_acks(self, 1 + 2 * MSS);
	expect_full(_metadata, self, 1 + 2 * MSS, 2);
	p->window = 60000;
	peer_acks(self, 1 + 4 * MSS);
	expect_full(_metadata, self, 1 + 4 * MSS, 2);
	ASSERT_FINE(peer_expect_nothing(p));
}

/* From the first segment on. */
TEST_F(peer, zero_window_at_once)
{
	struct peer *p = &self->peer;

	p->window = 0;
	open_stream(_metadata, self, 0);
	host_writes(_metadata, self, 1, MSS, 0);
	ASSERT_FINE(peer_expect_nothing(p));
	p->window = 60000;
	peer_acks(self, 1);
	expect_data(_metadata, self, 1, MSS);
}

/*
 * RFC 9293 3.8.6.1 (MUST-36, SHLD-29, SHLD-30): the first probe after an RTO, the gaps growing;
 * (MUST-37): as long as they are answered, there is no end to it.
 */
TEST_F(peer, probes)
{
	struct peer *p = &self->peer;
	uint64_t at[6];
	unsigned int i;

	ONLY_XTCP();
	ONE_OF_EACH();
	set_timers(&self->host);
	ASSERT_EQ(0, net_sysctl_write("net/xtcp/retries2", "2"));
	close_window(_metadata, self, 1 + 2 * MSS);
	at[0] = clock_ms();
	for (i = 1; i < 6; i++) {
		expect_probe(_metadata, self, 1 + 2 * MSS);
		at[i] = clock_ms();
		peer_acks(self, 1 + 2 * MSS);
	}
	ASSERT_DOUBLING(at, 6);
	ASSERT_STATE(STATE_ESTABLISHED);
	p->window = 60000;
	peer_acks(self, 1 + 2 * MSS);
	expect_full(_metadata, self, 1 + 2 * MSS, 4);
}

/* The update got lost: that is what probes are for. */
TEST_F(peer, probe_finds_window_open)
{
	struct peer *p = &self->peer;

	ONE_OF_EACH();
	set_timers(&self->host);
	close_window(_metadata, self, 1 + 2 * MSS);
	expect_probe(_metadata, self, 1 + 2 * MSS);
	p->window = 60000;
	peer_acks(self, 1 + 2 * MSS);
	expect_full(_metadata, self, 1 + 2 * MSS, 4);
}

/* RFC 9293 3.8.3 (MUST-20, MUST-21): nobody answers. */
TEST_F(peer, probes_unanswered)
{
	struct pollfd pfd = { .events = POLLIN };
	struct peer *p = &self->peer;
	unsigned int probes = 0;

	ONLY_XTCP();
	ONE_OF_EACH();
	set_timers(&self->host);
	ASSERT_EQ(0, net_sysctl_write("net/xtcp/retries2", "3"));
	close_window(_metadata, self, 1 + 2 * MSS);
	pfd.fd = self->fd;
	ASSERT_EQ(1, poll(&pfd, 1, clock_patience_ms()));
	ASSERT_EQ(ETIMEDOUT, host_socket_error(self->fd));
	ASSERT_STATE(STATE_CLOSED);
	while (peer_receive(p, clock_at_once_ms())) {
		ASSERT_EQ(ACK, p->got.flags);
		probes++;
	}
	ASSERT_EQ(3, probes);
}

/* RFC 9293 3.8.6 (MUST-34): a peer may take back what it offered. */
TEST_F(peer, shrunk_window)
{
	struct peer *p = &self->peer;

	/* Its timers cannot be calmed. */
	ONLY_XTCP();
	open_stream(_metadata, self, 0);
	host_writes(_metadata, self, 1, 8 * MSS, 0);
	expect_full(_metadata, self, 1, 8);
	host_writes(_metadata, self, 1 + 8 * MSS, 2 * MSS, 0);
	expect_full(_metadata, self, 1 + 8 * MSS, 2);
	host_writes(_metadata, self, 1 + 10 * MSS, 2 * MSS, 0);
	p->window = MSS;
	peer_acks(self, 1 + 2 * MSS);
	ASSERT_FINE(peer_expect_nothing(p));
	/* It did take what was under way. */
	peer_acks(self, 1 + 9 * MSS);
	ASSERT_FINE(peer_expect_nothing(p));
	p->window = 60000;
	peer_acks(self, 1 + 10 * MSS);
	expect_full(_metadata, self, 1 + 10 * MSS, 2);
}

/* RFC 9293 3.10.7.4, fifth: a window from an older segment says nothing (SND.WL1, SND.WL2). */
TEST_F(peer, old_window_update)
{
	struct peer *p = &self->peer;

	open_stream(_metadata, self, 0);
	peer_writes(self, 1, 1, 100);
	ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 1, .ack = 101));
	p->window = 2 * MSS;
	peer_send(p, .flags = ACK, .seq = 1, .ack = 1);
	peer_drain(p);
	host_writes(_metadata, self, 1, 5 * MSS, 0);
	ASSERT_FINE(peer_collect(p, 1, 1 + 5 * MSS, NULL, false));
}

/* The host's buffer: this much, so that it can be filled. */
static void open_small_buffer(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self)
{
	net_sysctl_write("net/xtcp/mem_rcv", "4096 32768 32768");
	open_stream(_metadata, self, 0);
}

/* Writes until the window is too small for a segment; returns the next sequence number. */
static uint32_t fill_window(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self)
{
	struct peer *p = &self->peer;
	uint32_t edge, seq = 1;

	edge = right_edge(p, 0);
	while (edge != seq) {
		peer_writes(self, seq, 1, edge - seq < MSS ? edge - seq : MSS);
		seq += edge - seq < MSS ? edge - seq : MSS;
		do {
			ASSERT_TRUE(peer_receive(p, clock_patience_ms()));
			/* RFC 9293 3.8.6 (SHLD-14): the right edge never moves to the left. */
			ASSERT_LE(0, (int32_t)(right_edge(p, 0) - edge));
			edge = right_edge(p, 0);
		} while (p->got.ack != seq);
		ASSERT_GT(STREAM_MAX, seq);
	}
	return seq;
}

/* RFC 9293 3.8.6.2.2 (MUST-39): when enough is read, the peer hears of it without asking. */
TEST_F(peer, update_after_read)
{
	struct peer *p = &self->peer;
	uint32_t seq;

	/* Its window promises more of a small buffer than it then takes. */
	ONLY_XTCP();
	open_small_buffer(_metadata, self);
	seq = fill_window(_metadata, self);
	ASSERT_EQ(0, p->got.window);
	host_reads(_metadata, self, 1, seq - 1);
	ASSERT_TRUE(peer_receive(p, clock_patience_ms()));
	while (peer_receive(p, clock_at_once_ms()))
		;
	ASSERT_EQ(ACK, p->got.flags);
	ASSERT_EQ(0, p->got.len);
	ASSERT_EQ(seq, p->got.ack);
	ASSERT_LE(MSS, p->got.window);
	peer_writes(self, seq, 1, MSS);
	ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 1, .ack = seq + MSS));
	host_reads(_metadata, self, seq, MSS);
}

/* RFC 9293 3.8.6.2.2 (MUST-39): but not of every byte. */
TEST_F(peer, no_silly_update)
{
	struct peer *p = &self->peer;
	uint32_t seq;

	/* Its window promises more of a small buffer than it then takes. */
	ONLY_XTCP();
	open_small_buffer(_metadata, self);
	seq = fill_window(_metadata, self);
	host_reads(_metadata, self, 1, 10);
	ASSERT_FINE(peer_expect_nothing(p));
	host_reads(_metadata, self, 11, 100);
	ASSERT_FINE(peer_expect_nothing(p));
	/* Nor when asked. */
	peer_writes(self, seq - 1, 1, 1);
	ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 1, .ack = seq));
	ASSERT_EQ(0, p->got.window);
	host_reads(_metadata, self, 111, seq - 111);
	ASSERT_TRUE(peer_receive(p, clock_patience_ms()));
	ASSERT_LE(MSS, p->got.window);
}

/* RFC 9293 3.10.7.4, first: probes of a closed window are answered, their byte is not taken. */
TEST_F(peer, probed)
{
	struct peer *p = &self->peer;
	uint32_t seq;
	unsigned int i;

	/* Its window promises more of a small buffer than it then takes. */
	ONLY_XTCP();
	open_small_buffer(_metadata, self);
	seq = fill_window(_metadata, self);
	for (i = 0; i < 3; i++) {
		peer_writes(self, seq, 1, 1);
		ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 1, .ack = seq));
		ASSERT_EQ(0, p->got.window);
		peer_send(p, .flags = ACK, .seq = seq - 1, .ack = 1);
		/* The reference answers so only now and then. */
		if (host_is_reference(&self->host))
			peer_drain(p);
		else
			ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 1, .ack = seq));
		ASSERT_EQ(0, p->got.window);
	}
	host_reads(_metadata, self, 1, seq - 1);
	host_reads_nothing(_metadata, self);
}

/* RFC 9293 3.10.7.4, first: with the window closed, ACKs, and what they bring, still count. */
TEST_F(peer, acks_in_closed_window)
{
	struct peer *p = &self->peer;
	uint32_t seq;

	/* Its window promises more of a small buffer than it then takes. */
	ONLY_XTCP();
	open_small_buffer(_metadata, self);
	seq = fill_window(_metadata, self);
	host_writes(_metadata, self, 1, 20 * MSS, 0);
	ASSERT_FINE(peer_collect(p, 1, 1 + 10 * MSS, NULL, false));
	peer_send(p, .flags = ACK, .seq = seq, .ack = 1 + 10 * MSS);
	ASSERT_FINE(peer_collect(p, 1 + 10 * MSS, 1 + 20 * MSS, NULL, false));
}

/*
 * RFC 9293 3.8.6 (SHLD-14): segments that take far more memory than they bring data, out of order,
 * and a buffer that gets smaller: what was offered stays offered.
 */
TEST_F(peer, never_shrinks)
{
	struct peer *p = &self->peer;
	uint32_t edge, seq = 1;
	const int small = 4096;
	uint64_t random = 813;
	unsigned int i;

	/* It lets a buffer that is made smaller take back a part of the window. */
	ONLY_XTCP();
	open_small_buffer(_metadata, self);
	edge = right_edge(p, 0);
	for (i = 0; i < 100 && edge - seq > 400; i++) {
		if (i == 50)
			ASSERT_EQ(0, setsockopt(self->fd, SOL_SOCKET, SO_RCVBUF, &small,
						sizeof(small)));
		/* Some leave a hole, to be filled by the next. */
		if (pattern_random(&random) % 4) {
			peer_writes(self, seq, 1, 100);
			seq += 100;
		} else {
			peer_writes(self, seq + 100, 1, 100);
		}
		while (peer_receive(p, 0)) {
			ASSERT_LE(0, (int32_t)(right_edge(p, 0) - edge));
			edge = right_edge(p, 0);
		}
	}
	ASSERT_LT(50, i);
}

/* Segment by segment, each read at once; the last ACK's window. */
static uint32_t window_after(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self,
			     uint32_t seq, unsigned int n)
{
	struct peer *p = &self->peer;

	for (; n; n--, seq += MSS) {
		peer_writes(self, seq, 1, MSS);
		do {
			ASSERT_TRUE(peer_receive(p, clock_patience_ms()));
		} while (p->got.ack != seq + MSS);
		host_reads(_metadata, self, seq, MSS);
	}
	return p->got.window;
}

/* RFC 9293 3.8.6: what waits beyond a gap is a part of what is offered, and not less of it. */
TEST_F(peer, waits_beyond_gap)
{
	struct peer *p = &self->peer;
	uint32_t window, seq;

	/* Its window gets smaller by it. */
	ONLY_XTCP();
	open_small_buffer(_metadata, self);
	window = window_after(_metadata, self, 1, 8);
	for (seq = 1 + 16 * MSS; seq != 1 + 22 * MSS; seq += MSS) {
		peer_writes(self, seq, 1, MSS);
		ASSERT_TRUE(peer_receive(p, clock_patience_ms()));
		ASSERT_EQ(1 + 8 * MSS, p->got.ack);
	}
	ASSERT_LE(window - MSS, window_after(_metadata, self, 1 + 8 * MSS, 7));
	peer_writes(self, 1 + 15 * MSS, 1, MSS);
	ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 1, .ack = 1 + 22 * MSS));
	host_reads(_metadata, self, 1 + 15 * MSS, 7 * MSS);
}

/* As many full segments as SO_SNDBUF takes; returns what they are in all. */
static size_t fill_buffer(FIXTURE_DATA(peer) *self, uint32_t seq)
{
	uint8_t buf[MSS];
	size_t sum;

	for (sum = 0; sum < STREAM_MAX; sum += MSS) {
		pattern_fill(HOST_SEED, seq + sum, buf, MSS);
		if (send(self->fd, buf, MSS, MSG_DONTWAIT) != MSS)
			break;
	}
	return sum;
}

static int is_writable(int fd, unsigned int ms)
{
	struct pollfd pfd = { .fd = fd, .events = POLLOUT };

	return poll(&pfd, 1, ms);
}

/*
 * Who waits for room writes a third of the buffer at a time: but where all is sent, the network
 * would wait with him.
 */
TEST_F(peer, room_to_write)
{
	struct peer *p = &self->peer;
	const int small = 8192;
	size_t sent;

	/* It waits for a third in either case. */
	ONLY_XTCP();
	open_stream(_metadata, self, 1);
	ASSERT_EQ(0, setsockopt(self->fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof(small)));
	sent = fill_buffer(self, 1);
	ASSERT_LT(4 * MSS, sent);
	ASSERT_GT(10 * MSS, sent);
	expect_full(_metadata, self, 1, sent / MSS);
	ASSERT_EQ(0, is_writable(self->fd, 0));
	p->window = 0;
	peer_acks(self, 1 + MSS);
	ASSERT_EQ(1, is_writable(self->fd, clock_patience_ms()));
	host_writes(_metadata, self, 1 + sent, 2 * MSS, 0);
	peer_acks(self, 1 + 3 * MSS);
	ASSERT_FINE(peer_expect_nothing(p));
	ASSERT_EQ(0, is_writable(self->fd, 0));
	p->window = 60000;
	peer_acks(self, 1 + sent);
	ASSERT_EQ(1, is_writable(self->fd, clock_patience_ms()));
	expect_full(_metadata, self, 1 + sent, 2);
}

/* RFC 7323 2.2, 2.3: offered in the SYN, where the window itself is not scaled. */
TEST_F(peer, scale_offered)
{
	struct peer *p = &self->peer;
	unsigned int scale;

	begin_active(_metadata, self);
	ASSERT_TRUE(p->got.opt.seen & OPT_WSCALE);
	ASSERT_GE(14, p->got.opt.wscale);
	ASSERT_LT(0, p->got.opt.wscale);
	ASSERT_LE(4096, p->got.window);
	scale = p->got.opt.wscale;
	peer_send(p, .flags = SYN | ACK, .ack = 1,
		  .opt = { .seen = OPT_MSS | OPT_WSCALE, .mss = MSS });
	ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 1, .ack = 1));
	/* It can be expressed in what scaling leaves of it, and it is no less than before. */
	ASSERT_LE(4096 << scale >> scale, p->got.window << scale);
	ASSERT_GT(1 << 20, (int)(p->got.window << scale));
	ASSERT_LT(p->got.window, 32768);
}

/* RFC 7323 2.2: only if both sides say so. */
TEST_F(peer, scale_declined)
{
	struct peer *p = &self->peer;
	uint16_t window;

	begin_active(_metadata, self);
	window = p->got.window;
	peer_send(p, .flags = SYN | ACK, .ack = 1, .opt = { .seen = OPT_MSS, .mss = MSS });
	ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 1, .ack = 1));
	ASSERT_EQ(window, p->got.window);
}

TEST_F(peer, scale_not_offered_to_who_does_not)
{
	struct peer *p = &self->peer;

	begin_passive(_metadata, self);
	ASSERT_FALSE(p->got.opt.seen & OPT_WSCALE);
	/* And the other way round. */
	peer_send(p, .flags = RST, .seq = 1);
	peer_forget(p);
	p->port++;
	p->syn.seen |= OPT_WSCALE;
	peer_send(p, .flags = SYN);
	ASSERT_FINE(peer_expect(p, .flags = SYN | ACK, .ack = 1));
	ASSERT_TRUE(p->got.opt.seen & OPT_WSCALE);
}

/* RFC 7323 2.3: a window that 16 bits cannot say, and data to the end of it. */
TEST_F(peer, scaled_window)
{
	struct peer *p = &self->peer;
	const int size = 400000;
	unsigned int scale;
	uint32_t seq;

	net_sysctl_write("net/core/rmem_max", "1000000");
	start_listener(_metadata, self);
	ASSERT_EQ(0, setsockopt(self->listener, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)));
	p->syn.seen |= OPT_WSCALE;
	peer_send(p, .flags = SYN);
	ASSERT_FINE(peer_expect(p, .flags = SYN | ACK, .ack = 1));
	scale = p->got.opt.wscale;
	ASSERT_LT(0, scale);
	peer_send(p, .flags = ACK, .seq = 1, .ack = 1);
	self->fd = accept_now(self);
	ASSERT_LE(0, self->fd);
	/* Nobody reads: the window grows with what is shown to be sent, or is there at once. */
	for (seq = 1; seq < 150000; seq += 1400) {
		peer_writes(self, seq, 1, 1400);
		while (peer_receive(p, 0))
			;
	}
	while (p->host_ack != seq)
		ASSERT_TRUE(peer_receive(p, clock_patience_ms()));
	ASSERT_LT(65535, (uint32_t)p->got.window << scale);
	host_reads(_metadata, self, 1, seq - 1);
}

/* What waits for nothing but its time is no probe of a window, and does not go before that. */
TEST_F(peer, slow_pace)
{
	const unsigned int rate = clock_scaled(2000, 1000);
	struct tcp_info info;
	uint64_t sent;

	ONLY_XTCP();
	net_sysctl_write("net/xtcp/cork_ms", "50");
	open_stream(_metadata, self, 1);
	ASSERT_EQ(0, setsockopt(self->fd, SOL_SOCKET, SO_MAX_PACING_RATE, &rate, sizeof(rate)));
	host_writes(_metadata, self, 1, MSS, 0);
	expect_data(_metadata, self, 1, MSS);
	sent = clock_ms();
	peer_acks(self, 1 + MSS);
	host_writes(_metadata, self, 1 + MSS, MSS, 0);
	expect_data(_metadata, self, 1 + MSS, MSS);
	EXPECT_LE(MSS * 1000 / rate * 9 / 10, clock_ms() - sent);
	peer_acks(self, 1 + 2 * MSS);
	host_writes(_metadata, self, 1 + 2 * MSS, MSS, 0);
	expect_data(_metadata, self, 1 + 2 * MSS, MSS);
	EXPECT_LE(2 * MSS * 1000 / rate * 9 / 10, clock_ms() - sent);
	ASSERT_EQ(0, host_info(self->fd, &info));
	EXPECT_EQ(0, info.tcpi_backoff);
	peer_acks(self, 1 + 3 * MSS);
}

TEST_HARNESS_MAIN

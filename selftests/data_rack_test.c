// SPDX-License-Identifier: GPL-2.0
/*
 * What is lost is found by time where the peer acknowledges selectively (RFC 8985), sent again in
 * proportion to what arrives (RFC 9937), probed for where nothing comes (RFC 8985 7), and undone
 * where it was not lost (RFC 5682, RFC 3522, RFC 3708).
 */
#define PEER_WITHOUT_REFERENCE
#include "kselftest_harness.h"
#include "lib/data_fixture.h"

/* Begin and end of segment @n, from 0. */
#define SEG(n)		(1 + (n) * MSS)

static const struct segment_options sack_syn = {
	.seen = OPT_MSS | OPT_SACK_PERM,
	.mss = MSS,
};

/* A round trip, a quarter of which a busy machine does not spend between two steps. */
static void travel(void)
{
	clock_sleep_ms(clock_scaled(400, 1600));
}

/*
 * ESTABLISHED, with a peer that acknowledges selectively, on a path of some length: what is late is
 * waited for a quarter of it.
 */
static void open_sack(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self, bool far)
{
	int on = 1;

	self->peer.syn = sack_syn;
	begin_passive(_metadata, self);
	if (far)
		travel();
	peer_send(&self->peer, .flags = ACK, .seq = 1, .ack = 1);
	self->fd = accept_now(self);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, setsockopt(self->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)));
}

static void fill_flight(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self, bool far)
{
	open_sack(_metadata, self, far);
	host_writes(_metadata, self, 1, 10 * MSS, 0);
	expect_full(_metadata, self, 1, 10);
	if (far)
		travel();
}

/* Acknowledges segments before @ack, and those from one on before another, in pairs; 0 ends. */
static void peer_sacks(FIXTURE_DATA(peer) *self, unsigned int ack, const unsigned int *pairs)
{
	struct segment_options opt = { .seen = OPT_SACK };

	for (; pairs[1]; pairs += 2, opt.sacks++) {
		opt.sack[opt.sacks].start = SEG(pairs[0]);
		opt.sack[opt.sacks].end = SEG(pairs[1]);
	}
	peer_send(&self->peer, .flags = ACK, .seq = 1, .ack = SEG(ack), .opt = opt);
}

#define SACKS(ack, ...) peer_sacks(self, ack, (const unsigned int[]){ __VA_ARGS__, 0, 0 })

/* The handshake's timer stays calm: a round trip is longer than it would be. */
static void wake_timers_of_data(void)
{
	char value[16];

	snprintf(value, sizeof(value), "%u", rto_unit_ms());
	net_sysctl_write("net/xtcp/rto_min_ms", value);
}

static struct tcp_info info_of(FIXTURE_DATA(peer) *self)
{
	struct tcp_info info = {};

	host_info(self->fd, &info);
	return info;
}

/* Three segments that were sent later have arrived: what is missing is lost, and nothing else. */
TEST_F(peer, holes)
{
	struct peer *p = &self->peer;
	struct tcp_info info;

	fill_flight(_metadata, self, true);
	SACKS(1, 2, 4, 5, 7, 8, 10);
	expect_data(_metadata, self, SEG(1), MSS);
	expect_data(_metadata, self, SEG(4), MSS);
	expect_data(_metadata, self, SEG(7), MSS);
	ASSERT_FINE(peer_expect_nothing(p));
	info = info_of(self);
	EXPECT_EQ(6, info.tcpi_sacked);
	EXPECT_EQ(0, info.tcpi_lost);
	EXPECT_EQ(TCP_CA_Recovery, info.tcpi_ca_state);
	EXPECT_EQ(3, info.tcpi_total_retrans);
	EXPECT_EQ(1, host_counter("FastRetrans"));
	/* Part of them is filled; the next are on their way. */
	SACKS(4, 5, 7, 8, 10);
	ASSERT_FINE(peer_expect_nothing(p));
	peer_acks(self, SEG(10));
	ASSERT_FINE(peer_expect_nothing(p));
	info = info_of(self);
	EXPECT_EQ(0, info.tcpi_sacked);
	EXPECT_EQ(TCP_CA_Open, info.tcpi_ca_state);
	EXPECT_EQ(info.tcpi_snd_ssthresh, info.tcpi_snd_cwnd);
	EXPECT_EQ(0, host_counter("Timeouts"));
}

/* Blocks that name parts of segments, that overlap, repeat, or make no sense, do no harm. */
TEST_F(peer, odd_blocks)
{
	struct peer *p = &self->peer;
	struct segment_options opt = {
		.seen = OPT_SACK,
		.sacks = 4,
		.sack = {
			{ SEG(5), SEG(7) },
			{ SEG(4), SEG(6) },
			{ SEG(2) + 1, SEG(4) - 1 },
			{ SEG(9), SEG(10) + 1 },
		},
	};
	struct tcp_info info;

	fill_flight(_metadata, self, true);
	peer_send(p, .flags = ACK, .seq = 1, .ack = SEG(1), .opt = opt);
	/* Of three that are lost, one may go. */
	expect_data(_metadata, self, SEG(1), MSS);
	info = info_of(self);
	EXPECT_EQ(3, info.tcpi_sacked);
	EXPECT_EQ(2, info.tcpi_lost);
	/* Back to front, from before the flight, of nothing. */
	opt.sack[0] = (struct segment_sack) { SEG(9), SEG(8) };
	opt.sack[1] = (struct segment_sack) { SEG(0) - 500, SEG(9) };
	opt.sack[2] = (struct segment_sack) { SEG(8), SEG(8) };
	opt.sack[3] = (struct segment_sack) { SEG(1), SEG(2) };
	peer_send(p, .flags = ACK, .seq = 1, .ack = SEG(1), .opt = opt);
	info = info_of(self);
	EXPECT_EQ(3, info.tcpi_sacked);
	EXPECT_EQ(2, info.tcpi_lost);
	peer_acks(self, SEG(10));
	ASSERT_EQ(0, info_of(self).tcpi_unacked);
}

/* What was overtaken by little is waited for: then it comes, and nothing is sent again. */
TEST_F(peer, reordering)
{
	struct peer *p = &self->peer;

	fill_flight(_metadata, self, true);
	SACKS(1, 2, 3);
	peer_acks(self, SEG(3));
	SACKS(3, 4, 6);
	peer_acks(self, SEG(6));
	ASSERT_FINE(peer_expect_nothing(p));
	/* Once that is known, also three are not enough. */
	SACKS(6, 7, 10);
	peer_acks(self, SEG(10));
	ASSERT_FINE(peer_expect_nothing(p));
	ASSERT_EQ(0, host_counter("RetransSegs"));
}

/* What comes in order is never taken for reordered, wherever the connection's first number lies. */
TEST_F(peer, in_order_from_any_number)
{
	const struct linger hard = { .l_onoff = 1 };
	struct peer *p = &self->peer;
	bool seen[2] = {};
	unsigned int i;

	p->syn = sack_syn;
	for (i = 0; i < 64 && !(seen[0] && seen[1]); i++) {
		open_active(_metadata, self);
		seen[p->irs >> 31] = true;
		host_writes(_metadata, self, SEG(0), 3 * MSS, 0);
		expect_full(_metadata, self, SEG(0), 3);
		peer_acks(self, SEG(1));
		peer_acks(self, SEG(3));
		ASSERT_EQ(0, info_of(self).tcpi_reord_seen);
		ASSERT_EQ(0, setsockopt(self->fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard)));
		host_closes(self);
		ASSERT_FINE(peer_expect(p, .flags = RST | ACK, .seq = SEG(3), .ack = 1));
		peer_forget(p);
		p->host_port = 0;
	}
	ASSERT_TRUE(seen[0] && seen[1]);
}

/* Or it does not, and the timer that waited for it finds it lost. */
TEST_F(peer, reordering_timer)
{
	struct peer *p = &self->peer;

	fill_flight(_metadata, self, true);
	SACKS(8, 9, 10);
	expect_data(_metadata, self, SEG(8), MSS);
	ASSERT_FINE(peer_expect_nothing(p));
	EXPECT_EQ(1, host_counter("FastRetrans"));
	EXPECT_EQ(0, host_counter("Timeouts"));
	EXPECT_EQ(0, host_counter("LossProbes"));
	peer_acks(self, SEG(10));
}

/* A retransmission that is lost as well is found by what was sent after it (RFC 8985 3.2). */
TEST_F(peer, lost_retransmission)
{
	struct peer *p = &self->peer;

	fill_flight(_metadata, self, true);
	SACKS(0, 1, 10);
	expect_data(_metadata, self, SEG(0), MSS);
	host_writes(_metadata, self, SEG(10), 2 * MSS, 0);
	expect_full(_metadata, self, SEG(10), 2);
	ASSERT_FINE(peer_expect_nothing(p));
	/* It has its round trip. */
	travel();
	travel();
	SACKS(0, 1, 12);
	expect_data(_metadata, self, SEG(0), MSS);
	ASSERT_FINE(peer_expect_nothing(p));
	EXPECT_EQ(0, host_counter("Timeouts"));
	EXPECT_EQ(1, host_counter("FastRetrans"));
	peer_acks(self, SEG(12));
}

/*
 * The first of a flight is lost, and found so by the timer that waited for it. Returns when it went
 * again.
 */
static uint64_t lose_first(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self)
{
	wake_timers_of_data();
	fill_flight(_metadata, self, true);
	SACKS(0, 2, 3);
	SACKS(0, 1, 3);
	expect_data(_metadata, self, SEG(0), MSS);
	return clock_ms();
}

/* RFC 6298 5: to wait for what is late, again and again, does not put the timeout off. */
TEST_F(peer, reordering_timer_and_timeout)
{
	unsigned int rto_ms;
	uint64_t sent;

	sent = lose_first(_metadata, self);
	rto_ms = info_of(self).tcpi_rto / 1000;
	travel();
	travel();
	/* One is missing, then it is there: the head, sent again since, is not waited for. */
	SACKS(0, 1, 3, 4, 5);
	SACKS(0, 1, 5);
	expect_data(_metadata, self, SEG(0), MSS);
	EXPECT_EQ(1, host_counter("Timeouts"));
	EXPECT_GE(rto_ms + rto_ms / 5, clock_ms() - sent);
	peer_acks(self, SEG(10));
}

/* RFC 6675 6: the timeout of a retransmission counts from when it went out. */
TEST_F(peer, timeout_of_retransmission)
{
	unsigned int rto_ms;
	uint64_t sent;

	sent = lose_first(_metadata, self);
	rto_ms = info_of(self).tcpi_rto / 1000;
	expect_data(_metadata, self, SEG(0), MSS);
	EXPECT_EQ(1, host_counter("Timeouts"));
	EXPECT_LE(rto_ms - rto_ms / 10, clock_ms() - sent);
	peer_acks(self, SEG(10));
}

/* RFC 8985 6.3: a timeout is of what was sent that long ago, not of what was sent a moment ago. */
TEST_F(peer, timeout_of_the_oldest)
{
	struct peer *p = &self->peer;
	struct tcp_info info;

	wake_timers_of_data();
	open_sack(_metadata, self, true);
	host_writes(_metadata, self, SEG(0), MSS, 0);
	expect_data(_metadata, self, SEG(0), MSS);
	/* The second round trip takes twice the time, the timeout is more than thrice the first. */
	travel();
	travel();
	peer_acks(self, SEG(1));
	host_writes(_metadata, self, SEG(1), MSS, 0);
	expect_data(_metadata, self, SEG(1), MSS);
	/* The probe; from then on the timeout counts. */
	expect_data(_metadata, self, SEG(1), MSS);
	travel();
	travel();
	clock_sleep_ms(clock_scaled(200, 800));
	host_writes(_metadata, self, SEG(2), 3 * MSS, 0);
	expect_full(_metadata, self, SEG(2), 3);
	expect_data(_metadata, self, SEG(1), MSS);
	EXPECT_EQ(1, host_counter("Timeouts"));
	info = info_of(self);
	EXPECT_EQ(TCP_CA_Loss, info.tcpi_ca_state);
	EXPECT_EQ(0, info.tcpi_lost);
	EXPECT_EQ(4, info.tcpi_snd_cwnd);
	peer_acks(self, SEG(5));
	ASSERT_FINE(peer_expect_nothing(p));
	EXPECT_EQ(2, host_counter("RetransSegs"));
}

/* RFC 9937: half of what arrives lets something go, while there is too much in the network. */
TEST_F(peer, proportional)
{
	struct peer *p = &self->peer;
	unsigned int i, sent = 0;

	fill_flight(_metadata, self, true);
	host_writes(_metadata, self, SEG(10), 20 * MSS, 0);
	/* Three arrive behind the first, which is lost; then the others, one by one. */
	SACKS(0, 1, 4);
	expect_data(_metadata, self, SEG(0), MSS);
	for (i = 5; i <= 10; i++) {
		SACKS(0, 1, i);
		while (peer_receive(p, i < 10 ? clock_at_once_ms() : clock_quiet_ms())) {
			ASSERT_EQ(SEG(10 + sent), p->got.seq);
			sent++;
		}
		/* The retransmission is one of them; the sums are rounded up. */
		ASSERT_GE((i - 1 + 1) / 2 + 1, sent + 1);
	}
	/* Half of what there was is on its way. */
	ASSERT_EQ(5, sent + 1);
	peer_acks(self, SEG(10 + sent));
	ASSERT_EQ(5, info_of(self).tcpi_snd_ssthresh);
}

/* RFC 8985 7: nothing comes of the tail, so the last of it goes again, long before the timeout. */
TEST_F(peer, tail_loss)
{
	struct peer *p = &self->peer;

	fill_flight(_metadata, self, false);
	expect_data(_metadata, self, SEG(9), MSS);
	EXPECT_EQ(1, host_counter("LossProbes"));
	/* The last two were lost, and the probe's answer comes too late to be the first's. */
	travel();
	SACKS(8, 9, 10);
	expect_data(_metadata, self, SEG(8), MSS);
	ASSERT_FINE(peer_expect_nothing(p));
	EXPECT_EQ(0, host_counter("Timeouts"));
	EXPECT_EQ(1, host_counter("LossProbes"));
	peer_acks(self, SEG(10));
	ASSERT_EQ(0, info_of(self).tcpi_unacked);
}

/* A probe goes out once, and the timeout follows it. */
TEST_F(peer, probe_unanswered)
{
	uint64_t at[3];

	set_timers(&self->host);
	fill_flight(_metadata, self, false);
	expect_data(_metadata, self, SEG(9), MSS);
	watch(_metadata, self, SEG(0), 3, at);
	EXPECT_EQ(1, host_counter("LossProbes"));
	EXPECT_LE(3, host_counter("Timeouts"));
	peer_acks(self, SEG(10));
}

/* Where there is something new to send, that is the probe. */
TEST_F(peer, probe_with_new_data)
{
	struct peer *p = &self->peer;

	fill_flight(_metadata, self, false);
	host_writes(_metadata, self, SEG(10), MSS, 0);
	expect_data(_metadata, self, SEG(10), MSS);
	EXPECT_EQ(1, host_counter("LossProbes"));
	peer_acks(self, SEG(11));
	ASSERT_FINE(peer_expect_nothing(p));
	EXPECT_EQ(0, host_counter("RetransSegs"));
	EXPECT_LT(1000, info_of(self).tcpi_snd_ssthresh);
}

/* RFC 8985 7.4: the probe repaired a loss, which is a sign of congestion all the same. */
TEST_F(peer, probe_repairs)
{
	fill_flight(_metadata, self, false);
	peer_acks(self, SEG(9));
	expect_data(_metadata, self, SEG(9), MSS);
	peer_acks(self, SEG(10));
	host_writes(_metadata, self, SEG(10), MSS, 0);
	expect_data(_metadata, self, SEG(10), MSS);
	peer_acks(self, SEG(11));
	EXPECT_GT(10, info_of(self).tcpi_snd_ssthresh);
}

/* Or there was none: the peer has had it twice. */
TEST_F(peer, probe_was_needless)
{
	fill_flight(_metadata, self, false);
	peer_acks(self, SEG(9));
	expect_data(_metadata, self, SEG(9), MSS);
	SACKS(10, 9, 10);
	host_writes(_metadata, self, SEG(10), MSS, 0);
	expect_data(_metadata, self, SEG(10), MSS);
	peer_acks(self, SEG(11));
	EXPECT_LT(1000, info_of(self).tcpi_snd_ssthresh);
}

/*
 * RFC 5682 3.1: after a timeout and the first ACK of it, new data goes out; the ACK that follows
 * says whether anything was lost.
 */
static void to_the_second_ack(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self)
{
	set_timers(&self->host);
	self->peer.syn.mss = MSS;
	open_stream(_metadata, self, 1);
	host_writes(_metadata, self, 1, 14 * MSS, 0);
	expect_full(_metadata, self, 1, 10);
	expect_data(_metadata, self, SEG(0), MSS);
	net_sysctl_write("net/xtcp/rto_min_ms", "20000");
	peer_acks(self, SEG(1));
	expect_full(_metadata, self, SEG(10), 2);
	ASSERT_FINE(peer_expect_nothing(&self->peer));
}

TEST_F(peer, frto_spurious)
{
	to_the_second_ack(_metadata, self);
	peer_acks(self, SEG(2));
	EXPECT_EQ(1, host_counter("SpuriousLosses"));
	/* As if nothing had been: the window is the old one, and nothing is sent again. */
	EXPECT_LE(10, info_of(self).tcpi_snd_cwnd);
	EXPECT_EQ(1, host_counter("RetransSegs"));
	expect_data(_metadata, self, SEG(12), MSS);
	peer_acks(self, SEG(13));
	expect_data(_metadata, self, SEG(13), MSS);
	peer_acks(self, SEG(14));
}

TEST_F(peer, frto_genuine)
{
	to_the_second_ack(_metadata, self);
	peer_acks(self, SEG(1));
	EXPECT_EQ(0, host_counter("SpuriousLosses"));
	expect_data(_metadata, self, SEG(1), MSS);
	peer_acks(self, SEG(12));
}

/* RFC 3522: the ACK echoes the timestamp of the original. */
TEST_F(peer, eifel)
{
	struct peer *p = &self->peer;
	uint32_t original;

	set_timers(&self->host);
	p->tsval = 1000;
	p->syn = (struct segment_options) { .seen = OPT_MSS | OPT_TS, .mss = MSS, .tsval = 999 };
	begin_passive(_metadata, self);
	peer_send(p, .flags = ACK, .seq = 1, .ack = 1);
	self->fd = accept_now(self);
	ASSERT_LE(0, self->fd);
	host_writes(_metadata, self, 1, 988, 0);
	ASSERT_TRUE(peer_receive(p, clock_patience_ms()));
	original = p->got.opt.tsval;
	ASSERT_TRUE(peer_receive(p, clock_patience_ms()));
	ASSERT_EQ(1, p->got.seq);
	ASSERT_LT(original, p->got.opt.tsval);
	EXPECT_EQ(1, info_of(self).tcpi_snd_cwnd);
	peer_send(p, .flags = ACK, .seq = 1, .ack = 989,
		  .opt = { .seen = OPT_TS, .tsval = 1001, .tsecr = original });
	EXPECT_EQ(1, host_counter("SpuriousLosses"));
	EXPECT_LE(10, info_of(self).tcpi_snd_cwnd);
}

/* As peer_sacks(), to acknowledge up to @ack, with a timestamp. */
static void peer_echoes(FIXTURE_DATA(peer) *self, unsigned int ack, unsigned int from,
			unsigned int to, uint32_t tsecr)
{
	struct segment_options opt = {
		.seen = OPT_TS,
		.tsval = 1001,
		.tsecr = tsecr,
	};

	if (from != to) {
		opt.seen |= OPT_SACK;
		opt.sacks = 1;
		opt.sack[0] = (struct segment_sack) { SEG(from), SEG(to) };
	}
	peer_send(&self->peer, .flags = ACK, .seq = 1, .ack = SEG(ack), .opt = opt);
}

/* A round trip from a flight of ten, from SEG(1) on; returns its timestamp. */
static uint32_t fill_flight_with_timestamps(struct __test_metadata *_metadata,
					    FIXTURE_DATA(peer) *self)
{
	struct peer *p = &self->peer;
	uint32_t tsval;

	p->syn = sack_syn;
	p->syn.mss = MSS + 12;
	p->syn.seen |= OPT_TS;
	p->syn.tsval = 999;
	p->tsval = 1000;
	begin_passive(_metadata, self);
	travel();
	peer_send(p, .flags = ACK, .seq = 1, .ack = 1);
	self->fd = accept_now(self);
	ASSERT_LE(0, self->fd);
	host_writes(_metadata, self, SEG(0), MSS, 0);
	expect_data(_metadata, self, SEG(0), MSS);
	travel();
	peer_echoes(self, 1, 0, 0, p->got.opt.tsval);
	host_writes(_metadata, self, SEG(1), 10 * MSS, 0);
	expect_full(_metadata, self, SEG(1), 10);
	tsval = p->got.opt.tsval;
	travel();
	return tsval;
}

/* One segment that was late says nothing of another that is on its way again. */
TEST_F(peer, eifel_of_a_part)
{
	struct peer *p = &self->peer;
	uint32_t original;

	original = fill_flight_with_timestamps(_metadata, self);
	peer_echoes(self, 1, 2, 5, original);
	expect_data(_metadata, self, SEG(1), MSS);
	peer_echoes(self, 1, 6, 11, original);
	expect_data(_metadata, self, SEG(5), MSS);
	peer_echoes(self, 5, 6, 11, original);
	EXPECT_EQ(0, host_counter("SpuriousLosses"));
	EXPECT_EQ(TCP_CA_Recovery, info_of(self).tcpi_ca_state);
	peer_echoes(self, 11, 0, 0, original);
	EXPECT_EQ(1, host_counter("SpuriousLosses"));
	EXPECT_LE(10, info_of(self).tcpi_snd_cwnd);
	ASSERT_FINE(peer_expect_nothing(p));
}

/* It went again twice: what echoes the first of these is not of what went before both. */
TEST_F(peer, eifel_of_resent_twice)
{
	struct peer *p = &self->peer;
	uint32_t original, first;

	original = fill_flight_with_timestamps(_metadata, self);
	peer_echoes(self, 1, 2, 5, original);
	expect_data(_metadata, self, SEG(1), MSS);
	first = p->got.opt.tsval;
	peer_echoes(self, 1, 2, 11, original);
	host_writes(_metadata, self, SEG(11), 2 * MSS, 0);
	expect_full(_metadata, self, SEG(11), 2);
	travel();
	peer_echoes(self, 1, 2, 13, original);
	expect_data(_metadata, self, SEG(1), MSS);
	ASSERT_NE(first, p->got.opt.tsval);
	peer_echoes(self, 13, 0, 0, first);
	EXPECT_EQ(0, host_counter("SpuriousLosses"));
	ASSERT_FINE(peer_expect_nothing(p));
}

/* What is late is waited for longer from then on, before anything is reported as a duplicate. */
TEST_F(peer, eifel_widens_window)
{
	struct peer *p = &self->peer;
	uint32_t original;
	uint64_t sacked;

	original = fill_flight_with_timestamps(_metadata, self);
	peer_echoes(self, 1, 2, 5, original);
	expect_data(_metadata, self, SEG(1), MSS);
	peer_echoes(self, 11, 0, 0, original);
	EXPECT_EQ(1, host_counter("SpuriousLosses"));
	host_writes(_metadata, self, SEG(11), 5 * MSS, 0);
	expect_full(_metadata, self, SEG(11), 5);
	travel();
	sacked = clock_ms();
	peer_echoes(self, 11, 12, 16, p->got.opt.tsval);
	expect_data(_metadata, self, SEG(11), MSS);
	/* Half a round trip, not none, nor a quarter. */
	EXPECT_LE(clock_scaled(180, 720), clock_ms() - sacked);
}

/* What goes again while the user has no more to send tells of the user. */
TEST_F(peer, resent_while_limited)
{
	fill_flight(_metadata, self, true);
	peer_acks(self, SEG(2));
	SACKS(2, 4, 8);
	expect_full(_metadata, self, SEG(2), 2);
	travel();
	peer_acks(self, SEG(10));
	EXPECT_EQ(1, (int)info_of(self).tcpi_delivery_rate_app_limited);
}

/* Nor does a probe of the tail, while the window would take more and there was no more to send. */
TEST_F(peer, probe_while_limited)
{
	open_sack(_metadata, self, false);
	host_writes(_metadata, self, SEG(0), 12 * MSS, 0);
	expect_full(_metadata, self, SEG(0), 10);
	peer_acks(self, SEG(2));
	expect_full(_metadata, self, SEG(10), 2);
	expect_data(_metadata, self, SEG(11), MSS);
	peer_acks(self, SEG(12));
	EXPECT_EQ(1, (int)info_of(self).tcpi_delivery_rate_app_limited);
}

/* One that came before it could go again leaves no duplicate; how late it was is known anyway. */
TEST_F(peer, lateness_widens_window)
{
	uint64_t sacked;

	fill_flight(_metadata, self, true);
	SACKS(1, 4, 7);
	/* Of three that are lost, one may go. */
	expect_data(_metadata, self, SEG(1), MSS);
	/* Half a round trip later another comes by itself. */
	clock_sleep_ms(clock_scaled(200, 800));
	SACKS(1, 3, 7);
	peer_acks(self, SEG(10));
	host_writes(_metadata, self, SEG(10), 4 * MSS, 0);
	expect_full(_metadata, self, SEG(10), 4);
	travel();
	sacked = clock_ms();
	SACKS(10, 11, 14);
	expect_data(_metadata, self, SEG(10), MSS);
	/* It had as much time, not a quarter of a round trip. */
	EXPECT_LE(clock_scaled(180, 720), clock_ms() - sacked);
	peer_acks(self, SEG(14));
}

/* RFC 3708: all that was sent again has come twice. */
TEST_F(peer, came_twice)
{
	struct peer *p = &self->peer;

	fill_flight(_metadata, self, true);
	SACKS(1, 2, 4, 5, 10);
	expect_data(_metadata, self, SEG(1), MSS);
	expect_data(_metadata, self, SEG(4), MSS);
	EXPECT_EQ(4, info_of(self).tcpi_snd_ssthresh);
	SACKS(10, 1, 2);
	EXPECT_EQ(0, host_counter("SpuriousLosses"));
	SACKS(10, 4, 5);
	EXPECT_EQ(1, host_counter("SpuriousLosses"));
	EXPECT_LE(10, info_of(self).tcpi_snd_cwnd);
	EXPECT_LT(1000, info_of(self).tcpi_snd_ssthresh);
	ASSERT_FINE(peer_expect_nothing(p));
}

/* Not all that was taken for lost need have been late: what is not, is found once more. */
TEST_F(peer, came_twice_but_not_all)
{
	struct peer *p = &self->peer;

	fill_flight(_metadata, self, true);
	SACKS(1, 4, 7);
	/* Of three that are lost, one may go; and that had arrived. */
	expect_data(_metadata, self, SEG(1), MSS);
	EXPECT_EQ(2, info_of(self).tcpi_lost);
	SACKS(2, 1, 2, 4, 7);
	EXPECT_EQ(1, host_counter("SpuriousLosses"));
	EXPECT_EQ(0, info_of(self).tcpi_lost);
	host_writes(_metadata, self, SEG(10), MSS, 0);
	expect_data(_metadata, self, SEG(10), MSS);
	ASSERT_FINE(peer_expect_nothing(p));
	travel();
	travel();
	SACKS(2, 4, 11);
	expect_data(_metadata, self, SEG(2), MSS);
	expect_data(_metadata, self, SEG(3), MSS);
	ASSERT_FINE(peer_expect_nothing(p));
	EXPECT_EQ(0, host_counter("Timeouts"));
	peer_acks(self, SEG(11));
}

/* RFC 2018 8: a peer that drops what it has acknowledged selectively gets it all again. */
TEST_F(peer, reneging)
{
	struct peer *p = &self->peer;

	set_timers(&self->host);
	fill_flight(_metadata, self, false);
	SACKS(0, 1, 10);
	expect_data(_metadata, self, SEG(0), MSS);
	peer_acks(self, SEG(1));
	/* The timeout; and then the rest by slow start. */
	expect_data(_metadata, self, SEG(1), MSS);
	EXPECT_EQ(0, info_of(self).tcpi_sacked);
	peer_acks(self, SEG(2));
	ASSERT_FINE(peer_collect(p, SEG(2), SEG(10), NULL, true));
}

TEST_HARNESS_MAIN

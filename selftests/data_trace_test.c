// SPDX-License-Identifier: GPL-2.0
/*
 * What the tracepoints say of scripted losses, and of what is discarded, field by field: against
 * what is on the wire, the counters and TCP_INFO.
 */
#define PEER_WITHOUT_REFERENCE
#include "kselftest_harness.h"
#include "lib/data_fixture.h"
#include "lib/trace.h"

/* Begin of segment @n, from 0. */
#define SEG(n)		(1 + (n) * MSS)

static const struct segment_options sack_syn = {
	.seen = OPT_MSS | OPT_SACK_PERM,
	.mss = MSS,
};

static const struct segment_options plain_syn = {
	.seen = OPT_MSS,
	.mss = MSS,
};

static void travel(void)
{
	clock_sleep_ms(clock_scaled(400, 1600));
}

/* ESTABLISHED, traced, with ten segments in flight, on a path of some length. */
static void fill_flight(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self, bool sack)
{
	int on = 1;

	ASSERT_EQ(0, trace_open());
	self->peer.syn = sack ? sack_syn : plain_syn;
	begin_passive(_metadata, self);
	travel();
	peer_send(&self->peer, .flags = ACK, .seq = 1, .ack = 1);
	self->fd = accept_now(self);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, setsockopt(self->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)));
	host_writes(_metadata, self, 1, 10 * MSS, 0);
	expect_full(_metadata, self, 1, 10);
}

/* Retransmission number @n is of one segment, @segment of the flight. */
static void expect_traced(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self,
			  unsigned int n, unsigned int segment, const char *why)
{
	ASSERT_EQ(n + 1, trace_count("xtcp_retransmit"));
	EXPECT_STREQ(why, trace_field("xtcp_retransmit", n, "why"));
	EXPECT_EQ((uint32_t)(self->peer.irs + SEG(segment)),
		  trace_number("xtcp_retransmit", n, "seq"));
	EXPECT_EQ(MSS, trace_number("xtcp_retransmit", n, "len"));
	EXPECT_EQ(1, trace_number("xtcp_retransmit", n, "segs"));
	EXPECT_STREQ("ESTABLISHED", trace_field("xtcp_retransmit", n, "state"));
	EXPECT_EQ(n + 1, host_counter("RetransSegs"));
}

/* The last word about the window is what TCP_INFO says. */
static void expect_window(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self,
			  const char *phase)
{
	unsigned int last = trace_count("xtcp_cwnd") - 1;
	struct tcp_info info;

	ASSERT_EQ(0, host_info(self->fd, &info));
	EXPECT_STREQ(phase, trace_field("xtcp_cwnd", last, "phase"));
	EXPECT_EQ(info.tcpi_snd_cwnd, trace_number("xtcp_cwnd", last, "cwnd") / MSS);
	EXPECT_EQ(info.tcpi_snd_ssthresh, trace_number("xtcp_cwnd", last, "ssthresh") / MSS);
	EXPECT_EQ(info.tcpi_rtt, trace_number("xtcp_cwnd", last, "srtt_us"));
	EXPECT_EQ(info.tcpi_pacing_rate, trace_number("xtcp_cwnd", last, "pacing_rate"));
	EXPECT_EQ(info.tcpi_delivery_rate, trace_number("xtcp_cwnd", last, "delivery_rate"));
	EXPECT_STREQ("reno", trace_field("xtcp_cwnd", last, "algorithm"));
}

static void peer_sacks(FIXTURE_DATA(peer) *self, unsigned int ack, unsigned int start,
		       unsigned int end)
{
	const struct segment_options opt = {
		.seen = OPT_SACK,
		.sacks = 1,
		.sack = { { SEG(start), SEG(end) } },
	};

	peer_send(&self->peer, .flags = ACK, .seq = 1, .ack = SEG(ack), .opt = opt);
}

TEST_F(peer, overtaken)
{
	fill_flight(_metadata, self, true);
	travel();
	peer_sacks(self, 1, 2, 10);
	expect_data(_metadata, self, SEG(1), MSS);
	expect_traced(_metadata, self, 0, 1, "RACK");
	expect_window(_metadata, self, "RECOVERY");
	peer_acks(self, SEG(10));
	ASSERT_FINE(peer_expect_nothing(&self->peer));
	expect_window(_metadata, self, "OPEN");
	trace_close();
}

TEST_F(peer, duplicate_acks)
{
	unsigned int i;

	fill_flight(_metadata, self, false);
	travel();
	for (i = 0; i < 4; i++)
		peer_acks(self, SEG(1));
	expect_data(_metadata, self, SEG(1), MSS);
	expect_traced(_metadata, self, 0, 1, "FAST");
	EXPECT_STREQ("RECOVERY", trace_field("xtcp_cwnd", trace_count("xtcp_cwnd") - 1, "phase"));
	peer_acks(self, SEG(10));
	trace_close();
}

TEST_F(peer, tail)
{
	fill_flight(_metadata, self, true);
	expect_data(_metadata, self, SEG(9), MSS);
	expect_traced(_metadata, self, 0, 9, "TLP");
	peer_acks(self, SEG(10));
	trace_close();
}

TEST_F(peer, timeout)
{
	char rto[16];

	snprintf(rto, sizeof(rto), "%u", rto_unit_ms());
	net_sysctl_write("net/xtcp/rto_min_ms", rto);
	fill_flight(_metadata, self, false);
	expect_data(_metadata, self, SEG(0), MSS);
	expect_traced(_metadata, self, 0, 0, "RTO");
	EXPECT_EQ(1, host_counter("Timeouts"));
	expect_window(_metadata, self, "LOSS");
	/* One segment, and half of the flight. */
	EXPECT_EQ(MSS, trace_number("xtcp_cwnd", trace_count("xtcp_cwnd") - 1, "cwnd"));
	EXPECT_EQ(5 * MSS, trace_number("xtcp_cwnd", trace_count("xtcp_cwnd") - 1, "ssthresh"));
	peer_acks(self, SEG(10));
	trace_close();
}

/* As they are in the header, both ways. */
TEST_F(peer, windows)
{
	struct peer *p = &self->peer;

	open_passive(_metadata, self);
	ASSERT_EQ(0, trace_open());
	p->window = 12345;
	peer_send(p, .flags = ACK, .seq = 1, .ack = 1);
	ASSERT_EQ(1, trace_count("xtcp_receive"));
	EXPECT_EQ(12345, trace_number("xtcp_receive", 0, "window"));
	host_writes(_metadata, self, 1, 10, 0);
	expect_data(_metadata, self, 1, 10);
	ASSERT_EQ(1, trace_count("xtcp_send"));
	EXPECT_EQ(p->got.window, trace_number("xtcp_send", 0, "window"));
	peer_acks(self, 11);
	trace_close();
}

/* Beyond the window; acknowledges what was never sent; of no connection: each with its numbers. */
TEST_F(peer, drops)
{
	struct peer *p = &self->peer;

	open_passive(_metadata, self);
	ASSERT_EQ(0, trace_open());
	peer_send(p, .flags = ACK, .seq = 0x7000000, .ack = 1, .data = "0123456789",
		  .len = 10);
	ASSERT_EQ(1, trace_count("xtcp_drop"));
	EXPECT_STREQ("DropSequence", trace_field("xtcp_drop", 0, "reason"));
	EXPECT_EQ((uint32_t)(p->iss + 0x7000000), trace_number("xtcp_drop", 0, "seq"));
	EXPECT_EQ((uint32_t)(p->irs + 1), trace_number("xtcp_drop", 0, "ack"));
	EXPECT_EQ(10, trace_number("xtcp_drop", 0, "len"));
	EXPECT_STREQ("ACK", trace_field("xtcp_drop", 0, "flags"));
	peer_send(p, .flags = ACK, .seq = 1, .ack = 1000);
	ASSERT_EQ(2, trace_count("xtcp_drop"));
	EXPECT_STREQ("DropAck", trace_field("xtcp_drop", 1, "reason"));
	EXPECT_EQ((uint32_t)(p->irs + 1000), trace_number("xtcp_drop", 1, "ack"));
	EXPECT_EQ(0, trace_number("xtcp_drop", 1, "len"));
	EXPECT_EQ(1, host_counter("DropSequence"));
	EXPECT_EQ(1, host_counter("DropAck"));
	EXPECT_STREQ(self->host.protocol == IPPROTO_XTCP ? "native" : "tcp",
		     trace_field("xtcp_drop", 1, "carrier"));
	peer_drain(p);
	trace_close();
}

TEST_HARNESS_MAIN

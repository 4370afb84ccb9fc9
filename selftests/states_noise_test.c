// SPDX-License-Identifier: GPL-2.0
/*
 * Segments that are wrong in themselves, or stale, or empty-handed: a connection lives through
 * them, and each is counted.
 */
#include "kselftest_harness.h"
#include "lib/peer_fixture.h"

/* True where the counter has moved since, or for the reference, which has others. */
static bool counted(const struct host *host, const char *name, long before)
{
	return host_is_reference(host) || host_counter(name) > before;
}

/* The connection is as it should be: it takes these five bytes, and no others. */
static void still_works(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self)
{
	struct peer *p = &self->peer;
	char buf[16];

	ASSERT_STATE(STATE_ESTABLISHED);
	peer_drain(p);
	peer_send(p, .flags = ACK, .seq = 1, .ack = 1, .data = "hello", .len = 5);
	ASSERT_EQ(5, read(self->fd, buf, sizeof(buf)));
	ASSERT_EQ(0, memcmp(buf, "hello", 5));
	ASSERT_EQ(-1, read(self->fd, buf, sizeof(buf)));
	ASSERT_EQ(EAGAIN, errno);
	ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 1, .ack = 6));
}

TEST_F(peer, bad_checksum)
{
	struct peer *p = &self->peer;
	long before;

	open_active(_metadata, self);
	before = host_counter("DropChecksum");
	peer_send(p, .flags = ACK, .seq = 1, .ack = 1, .data = "wrong", .len = 5,
		  .bad_checksum = true);
	peer_send(p, .flags = RST, .seq = 1, .bad_checksum = true);
	ASSERT_FINE(peer_expect_nothing(p));
	ASSERT_TRUE(counted(&self->host, "DropChecksum", before));
	still_works(_metadata, self);
}

TEST_F(peer, bad_checksum_of_syn)
{
	struct peer *p = &self->peer;

	start_listener(_metadata, self);
	peer_send(p, .flags = SYN, .bad_checksum = true);
	ASSERT_FINE(peer_expect_nothing(p));
	ASSERT_STATE(STATE_NONE);
}

TEST_F(peer, data_offset_lies)
{
	struct peer *p = &self->peer;
	long before;
	int doff;

	open_active(_metadata, self);
	before = host_counter("DropHeader");
	for (doff = 1; doff < 5; doff++)
		peer_send(p, .flags = ACK, .seq = 1, .ack = 1, .data = "wrong", .len = 5,
			  .doff = doff);
	/* Twenty-five bytes there are, sixty are claimed. */
	peer_send(p, .flags = ACK, .seq = 1, .ack = 1, .data = "wrong", .len = 5, .doff = 15);
	ASSERT_FINE(peer_expect_nothing(p));
	ASSERT_TRUE(counted(&self->host, "DropHeader", before));
	still_works(_metadata, self);
}

TEST_F(peer, header_cut_off)
{
	const uint8_t ports[4] = { PEER_PORT >> 8, PEER_PORT & 0xff, HOST_PORT >> 8,
				   HOST_PORT & 0xff };
	struct peer *p = &self->peer;
	uint8_t packet[128];
	uint8_t tcp[20];
	size_t len, n;

	open_passive(_metadata, self);
	memset(tcp, 0, sizeof(tcp));
	memcpy(tcp, ports, sizeof(ports));
	for (len = 0; len < sizeof(tcp); len++) {
		n = segment_encode_ip(&p->path, tcp, len, packet, sizeof(packet));
		ASSERT_EQ(n, write(p->tun, packet, n));
	}
	ASSERT_FINE(peer_expect_nothing(p));
	still_works(_metadata, self);
}

static const uint8_t lying_options[][8] = {
	{ 2, 0, 5, 0xb4, 0, 0, 0, 0 },		/* no length at all */
	{ 2, 1, 5, 0xb4, 0, 0, 0, 0 },		/* shorter than itself */
	{ 1, 1, 1, 1, 1, 1, 1, 2 },		/* kind without a length */
	{ 1, 1, 1, 1, 1, 1, 2, 4 },		/* value behind the end */
	{ 3, 255, 7, 1, 1, 1, 1, 1 },
	{ 8, 10, 0, 0, 0, 1, 0, 0 },		/* timestamp cut off */
	{ 8, 4, 0, 0, 1, 1, 1, 1 },		/* timestamp too short */
	{ 2, 3, 5, 1, 3, 2, 1, 1 },		/* MSS of one byte, scale of none */
	{ 5, 7, 0, 0, 0, 1, 0, 0 },		/* SACK of half a block */
	{ 5, 2, 5, 2, 5, 2, 5, 2 },		/* SACK of no block */
	{ 254, 40, 0, 0, 0, 0, 0, 0 },
	{ 0, 2, 4, 0, 0, 0, 0, 0 },		/* what follows the end is nothing */
};

TEST_F(peer, options_lie)
{
	struct peer *p = &self->peer;
	size_t i;

	open_active(_metadata, self);
	for (i = 0; i < ARRAY_SIZE(lying_options); i++)
		peer_send(p, .flags = ACK, .seq = 1, .ack = 1, .raw_opt = lying_options[i],
			  .raw_opt_len = sizeof(lying_options[i]));
	still_works(_metadata, self);
}

TEST_F(peer, options_of_syn_lie)
{
	struct peer *p = &self->peer;
	size_t i;

	start_listener(_metadata, self);
	for (i = 0; i < ARRAY_SIZE(lying_options); i++) {
		peer_forget(p);
		peer_send(p, .flags = SYN, .raw_opt = lying_options[i],
			  .raw_opt_len = sizeof(lying_options[i]));
		if (!peer_receive(p, clock_quiet_ms()))
			continue;
		ASSERT_EQ(SYN | ACK, p->got.flags);
		peer_send(p, .flags = RST, .seq = 1);
		ASSERT_STATE(STATE_NONE);
	}
	peer_forget(p);
	peer_send(p, .flags = SYN);
	ASSERT_FINE(peer_expect(p, .flags = SYN | ACK, .ack = 1));
	peer_send(p, .flags = ACK, .seq = 1, .ack = 1);
	self->fd = accept_now(self);
	ASSERT_LE(0, self->fd);
	still_works(_metadata, self);
}

/* RFC 9293 3.10.7.4, fifth: without an ACK a segment says nothing. */
TEST_F(peer, no_ack_flag)
{
	struct peer *p = &self->peer;

	open_passive(_metadata, self);
	peer_send(p, .flags = 0, .seq = 1);
	peer_send(p, .flags = PSH, .seq = 1, .data = "wrong", .len = 5);
	peer_send(p, .flags = FIN, .seq = 1);
	ASSERT_FINE(peer_expect_nothing(p));
	still_works(_metadata, self);
}

TEST_F(peer, other_flags_do_no_harm)
{
	struct peer *p = &self->peer;
	char buf[16];

	open_passive(_metadata, self);
	peer_send(p, .flags = ACK | PSH | ECE | CWR, .seq = 1, .ack = 1, .data = "hello", .len = 5);
	ASSERT_EQ(5, read(self->fd, buf, sizeof(buf)));
	ASSERT_STATE(STATE_ESTABLISHED);
}

/* RFC 9293 3.10.7.4, first: out of the window, an ACK says where the window is. */
TEST_F(peer, out_of_window)
{
	struct peer *p = &self->peer;
	long before;

	open_active(_metadata, self);
	before = host_counter("DropSequence");
	peer_send(p, .flags = ACK, .seq = 200000000, .ack = 1, .data = "wrong", .len = 5);
	ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 1, .ack = 1));
	ASSERT_TRUE(counted(&self->host, "DropSequence", before));
	peer_send(p, .flags = ACK, .seq = -4, .ack = 1, .data = "wrong", .len = 5);
	ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 1, .ack = 1));
	still_works(_metadata, self);
}

/* RFC 1122 4.2.3.6: what keepalives rely on. */
TEST_F(peer, keepalive_is_answered)
{
	struct peer *p = &self->peer;

	open_active(_metadata, self);
	peer_send(p, .flags = ACK, .seq = 0, .ack = 1);
	ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 1, .ack = 1));
	peer_send(p, .flags = ACK, .seq = 0, .ack = 1, .data = "x", .len = 1);
	ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 1, .ack = 1));
	still_works(_metadata, self);
}

/* RFC 5961 5.2: an ACK older than any window the peer can have in mind is somebody's guess. */
TEST_F(peer, blind_ack)
{
	struct peer *p = &self->peer;

	open_active(_metadata, self);
	peer_send(p, .flags = ACK, .seq = 1, .ack = -2000000000, .data = "wrong", .len = 5);
	ASSERT_TRUE(peer_receive(p, clock_patience_ms()));
	ASSERT_EQ(ACK, p->got.flags);
	ASSERT_EQ(1, p->got.ack);
	still_works(_metadata, self);
}

/* A byte with a timestamp. */
static void send_at(FIXTURE_DATA(peer) *self, uint32_t seq, uint32_t tsval)
{
	struct peer *p = &self->peer;

	peer_send(p, .flags = ACK, .seq = seq, .ack = 1, .data = "x", .len = 1,
		  .opt = { .seen = OPT_TS, .tsval = tsval, .tsecr = p->got.opt.tsval });
}

/* RFC 7323 5.3: older than what was seen last is a segment from another time. */
TEST_F(peer, paws)
{
	struct peer *p = &self->peer;
	long before;

	p->tsval = 1000000;
	open_passive(_metadata, self);
	before = host_counter("DropPaws");
	peer_send(p, .flags = ACK, .seq = 1, .ack = 1, .data = "wrong", .len = 5,
		  .opt = { .seen = OPT_TS, .tsval = 999000, .tsecr = p->got.opt.tsval });
	ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 1, .ack = 1));
	ASSERT_TRUE(p->got.opt.seen & OPT_TS);
	ASSERT_EQ(1000000, p->got.opt.tsecr);
	ASSERT_TRUE(counted(&self->host, "DropPaws", before));
	p->tsval++;
	still_works(_metadata, self);
	ASSERT_EQ(1000001, p->got.opt.tsecr);
}

/* ... but what a retransmission has overtaken, which filled a gap, is of the same time. */
TEST_F(peer, paws_overtaken)
{
	struct peer *p = &self->peer;
	long before;

	if (host_is_reference(&self->host))
		SKIP(return, "throws it away");
	p->tsval = 1000000;
	open_passive(_metadata, self);
	before = host_counter("DropPaws");
	send_at(self, 2, 1000001);
	ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 1, .ack = 1));
	send_at(self, 1, 1000010);
	ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 1, .ack = 3));
	ASSERT_EQ(1000010, p->got.opt.tsecr);
	send_at(self, 3, 1000001);
	ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 1, .ack = 4));
	ASSERT_EQ(1000010, p->got.opt.tsecr);
	ASSERT_EQ(before, host_counter("DropPaws"));
	/* Not what was sent before the gap. */
	send_at(self, 4, 999999);
	ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 1, .ack = 4));
	ASSERT_TRUE(counted(&self->host, "DropPaws", before));
	/* Nor once something comes in order. */
	send_at(self, 4, 1000020);
	ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 1, .ack = 5));
	before = host_counter("DropPaws");
	send_at(self, 5, 1000019);
	ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 1, .ack = 5));
	ASSERT_TRUE(counted(&self->host, "DropPaws", before));
}

TEST_F(peer, timestamps_only_if_both)
{
	struct peer *p = &self->peer;

	open_passive(_metadata, self);
	still_works(_metadata, self);
	ASSERT_EQ(0, p->got.opt.seen);
}

TEST_F(peer, timestamps_echoed)
{
	struct peer *p = &self->peer;
	uint32_t first;

	p->tsval = 5000;
	begin_active(_metadata, self);
	first = p->got.opt.tsval;
	peer_send(p, .flags = SYN | ACK, .ack = 1,
		  .opt = { .seen = OPT_MSS | OPT_TS, .mss = 1460, .tsval = 5000, .tsecr = first });
	ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 1, .ack = 1));
	ASSERT_TRUE(p->got.opt.seen & OPT_TS);
	ASSERT_EQ(5000, p->got.opt.tsecr);
	ASSERT_LE(0, (int32_t)(p->got.opt.tsval - first));
	p->tsval = 5001;
	still_works(_metadata, self);
	ASSERT_EQ(5001, p->got.opt.tsecr);
}

TEST_HARNESS_MAIN

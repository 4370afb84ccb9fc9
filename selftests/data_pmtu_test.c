// SPDX-License-Identifier: GPL-2.0
/*
 * The path MTU: what an ICMP error says of it, true or forged (RFC 1191, RFC 8201, RFC 5927), and
 * what is found out without any (RFC 4821, RFC 8899) on paths that drop what is too large and say
 * nothing.
 */
#include <arpa/inet.h>

#define PEER_WITHOUT_REFERENCE
#include "kselftest_harness.h"
#include "lib/data_fixture.h"

#define LARGE		1400	/* the peer's MSS */
#define BASE		1024	/* net.xtcp.base_mss */
#define CHUNK		40000
#define LONG_STREAM	400000

static uint32_t header_len(const struct host *host)
{
	return host->version == 4 ? 40 : 60;
}

static void too_big(FIXTURE_DATA(peer) *self, uint32_t mtu, uint32_t seq)
{
	if (self->host.version == 4)
		peer_send_icmp(&self->peer, 3, 4, mtu, seq);
	else
		peer_send_icmp(&self->peer, 2, 0, mtu, seq);
}

static void probing(struct __test_metadata *_metadata, const char *mode)
{
	ASSERT_EQ(0, net_sysctl_write("net/xtcp/mtu_probing", mode));
}

/* ESTABLISHED with segments of LARGE bytes at most, and no Nagle algorithm. */
static void open_large(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self, bool sack)
{
	int on = 1;

	self->peer.syn = (struct segment_options) {
		.seen = OPT_MSS | (sack ? OPT_SACK_PERM : 0),
		.mss = LARGE,
	};
	open_passive(_metadata, self);
	ASSERT_EQ(0, setsockopt(self->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)));
}

static struct tcp_info info_of(FIXTURE_DATA(peer) *self)
{
	struct tcp_info info = {};

	host_info(self->fd, &info);
	return info;
}

/* The next segments hold all from @from to before @until, none of them more than @most bytes. */
static void expect_pieces(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self,
			  uint32_t from, uint32_t until, size_t most)
{
	struct peer *p = &self->peer;

	while (from < until) {
		ASSERT_TRUE(peer_receive(p, clock_patience_ms()));
		ASSERT_EQ(from, p->got.seq);
		ASSERT_GE(most, p->got.len);
		ASSERT_EQ(p->got.len, pattern_check(HOST_SEED, from, p->data, p->got.len));
		from += p->got.len;
	}
}

/* Nothing was taken for congestion. */
#define EXPECT_NO_CONGESTION() do { \
	EXPECT_EQ(0, host_counter("FastRetrans")); \
	EXPECT_EQ(0, host_counter("Timeouts")); \
	EXPECT_LT(1000, info_of(self).tcpi_snd_ssthresh); \
} while (0)

/*
 * ICMP
 */

/* RFC 1191 6.5, RFC 8201 5.4: all that was too big goes again at once, and nothing slows down. */
static void shrink(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self, bool sack)
{
	const size_t mss = 1300 - header_len(&self->host);
	const uint32_t end = 1 + 10 * LARGE;
	struct peer *p = &self->peer;

	open_large(_metadata, self, sack);
	host_writes(_metadata, self, 1, 10 * LARGE, 0);
	ASSERT_FINE(peer_collect(p, 1, end, NULL, false));
	too_big(self, 1300, 1 + 4 * LARGE);
	expect_pieces(_metadata, self, 1, end, mss);
	EXPECT_EQ(mss, info_of(self).tcpi_snd_mss);
	/* Each of the others had its own error on its way. */
	too_big(self, 1300, 1);
	too_big(self, 1300, 1 + 9 * LARGE);
	ASSERT_FINE(peer_expect_nothing(p));
	peer_acks(self, 1 + 4 * mss);
	peer_acks(self, end);
	EXPECT_NO_CONGESTION();
	EXPECT_EQ(0, host_counter("DropIcmp"));
	host_writes(_metadata, self, end, 3 * mss, 0);
	expect_pieces(_metadata, self, end, end + 3 * mss, mss);
	ASSERT_EQ(0, info_of(self).tcpi_retransmits);
}

TEST_F(peer, shrink)
{
	shrink(_metadata, self, false);
}

TEST_F(peer, shrink_sack)
{
	shrink(_metadata, self, true);
}

/* The path is known to be smaller by the time that the error comes; what is in flight is not. */
TEST_F(peer, shrunk_before)
{
	const size_t mss = 1300 - header_len(&self->host);
	struct peer *p = &self->peer;

	open_large(_metadata, self, true);
	host_writes(_metadata, self, 1, 3 * LARGE, 0);
	ASSERT_FINE(peer_collect(p, 1, 1 + 3 * LARGE, NULL, false));
	ASSERT_EQ(0, net_link_mtu(PEER_DEV, 1300));
	host_writes(_metadata, self, 1 + 3 * LARGE, 2 * mss, 0);
	expect_pieces(_metadata, self, 1 + 3 * LARGE, 1 + 3 * LARGE + 2 * mss, mss);
	too_big(self, 1300, 1);
	expect_pieces(_metadata, self, 1, 1 + 3 * LARGE, mss);
	ASSERT_FINE(peer_expect_nothing(p));
	peer_acks(self, 1 + 3 * LARGE + 2 * mss);
	EXPECT_NO_CONGESTION();
}

/* RFC 5927 7.2; RFC 1191 5, RFC 8201 4: what cannot be true changes nothing, and is counted. */
TEST_F(peer, forged)
{
	struct peer *p = &self->peer;
	const struct {
		uint32_t mtu, seq;
	} lies[] = {
		{ 1300, -1 },			/* before the window */
		{ 1300, -5000 },
		{ 1300, 1 + 2 * LARGE },	/* never sent */
		{ 1300, 1 + 0x40000000u },
		{ self->host.version == 4 ? 67 : 1279, 1 },
		{ 0, 1 },
		{ 9000, 1 },			/* it fits */
		{ 0xffff, 1 },
	};
	unsigned int i;

	open_large(_metadata, self, true);
	host_writes(_metadata, self, 1, LARGE, 0);
	expect_data(_metadata, self, 1, LARGE);
	peer_acks(self, 1 + LARGE);
	host_writes(_metadata, self, 1 + LARGE, LARGE, 0);
	expect_data(_metadata, self, 1 + LARGE, LARGE);
	for (i = 0; i < ARRAY_SIZE(lies); i++) {
		too_big(self, lies[i].mtu, lies[i].seq + (lies[i].seq == 1 ? LARGE : 0));
		EXPECT_EQ(i + 1, host_counter("DropIcmp"));
	}
	ASSERT_FINE(peer_expect_nothing(p));
	EXPECT_EQ(LARGE, info_of(self).tcpi_snd_mss);
	EXPECT_EQ(1500, info_of(self).tcpi_pmtu);
	/* And one that is true. */
	too_big(self, 1300, 1 + LARGE);
	expect_pieces(_metadata, self, 1 + LARGE, 1 + 2 * LARGE, 1300 - header_len(&self->host));
	EXPECT_EQ(i, host_counter("DropIcmp"));
}

/* ip(7): who lets routers cut his packets is not to be told how large they may be. */
TEST_F(peer, discover)
{
	const int modes[] = { IP_PMTUDISC_DONT, IP_PMTUDISC_WANT, IP_PMTUDISC_DO };
	struct peer *p = &self->peer;
	uint32_t seq = 1;
	unsigned int i;

	if (self->host.version != 4)
		SKIP(return, "IPv6 has no routers that do");
	open_large(_metadata, self, true);
	for (i = 0; i < ARRAY_SIZE(modes); i++, seq += 1260) {
		const int mtu = 1400 - 50 * i;

		ASSERT_EQ(0, setsockopt(self->fd, IPPROTO_IP, IP_MTU_DISCOVER, &modes[i],
					sizeof(modes[i])));
		host_writes(_metadata, self, seq, 1260, 0);
		ASSERT_TRUE(peer_receive(p, clock_patience_ms()));
		ASSERT_EQ(seq, p->got.seq);
		too_big(self, mtu - 20 * !i, seq);
		EXPECT_EQ(i ? mtu - 40 : LARGE, info_of(self).tcpi_snd_mss);
		peer_acks(self, seq + 1260);
	}
}

/*
 * Black holes and probes
 */

/**
 * struct path - the network between the host and the peer, and what the peer has
 * @takes: bytes of data, at most, of a segment that gets through; others vanish without a word
 * @next: what the peer acknowledges
 * @last: one past the last byte that it has
 * @begin: where the last block begins that it has beyond a gap
 * @vanished: segments that did not get through
 * @longest: of those that did, bytes
 * @have: by sequence number, what has come
 */
static struct path {
	size_t		takes;
	uint32_t	next;
	uint32_t	last;
	uint32_t	begin;
	unsigned int	vanished;
	size_t		longest;
	bool		have[LONG_STREAM + CHUNK + 1];
} path;

static void path_of(size_t takes)
{
	memset(&path, 0, sizeof(path));
	path.takes = takes;
	path.next = 1;
	path.last = 1;
}

/* Acknowledges what has come, a block beyond a gap selectively if that is the custom. */
static void path_acks(FIXTURE_DATA(peer) *self)
{
	struct peer *p = &self->peer;
	struct segment_options opt = {};

	while (path.have[path.next])
		path.next++;
	if (path.last > path.next && p->syn.seen & OPT_SACK_PERM) {
		opt.seen = OPT_SACK;
		opt.sacks = 1;
		opt.sack[0].start = path.begin;
		opt.sack[0].end = path.last;
	}
	peer_send(p, .flags = ACK, .seq = 1, .ack = path.next, .opt = opt);
}

/* One segment of the host: it arrives, and is acknowledged, or vanishes. */
static void path_carries(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self)
{
	struct peer *p = &self->peer;
	uint32_t seq;

	/* What is sent later is to be seen to be: a clock may stand still. */
	usleep(1);
	ASSERT_TRUE(peer_receive(p, clock_patience_ms()))
		TH_LOG("nothing comes after %u", path.next);
	if (p->got.len > path.takes) {
		path.vanished++;
		return;
	}
	seq = p->got.seq;
	ASSERT_GE(LONG_STREAM + CHUNK, seq + p->got.len);
	ASSERT_EQ(p->got.len, pattern_check(HOST_SEED, seq, p->data, p->got.len));
	if (p->got.len > path.longest)
		path.longest = p->got.len;
	memset(path.have + seq, true, p->got.len);
	if (seq + p->got.len > path.last) {
		if (seq != path.last)
			path.begin = seq;
		path.last = seq + p->got.len;
	}
	path_acks(self);
}

/* So many bytes, of which there is always something to be sent. */
static void stream(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self, uint32_t *written,
		   uint32_t bytes)
{
	const uint32_t end = *written + bytes;

	while (path.next < end) {
		if (*written < end && *written - path.next < CHUNK) {
			host_writes(_metadata, self, *written, CHUNK / 4, 0);
			*written += CHUNK / 4;
		}
		path_carries(_metadata, self);
	}
}

/* After so many timeouts of a full segment the segments fall to the base; then up to what fits. */
static void black_hole(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self, bool sack)
{
	const size_t takes = self->host.version == 4 ? 1200 : 1300;
	uint32_t written = 1;

	set_timers(&self->host);
	open_large(_metadata, self, sack);
	path_of(takes);
	stream(_metadata, self, &written, LONG_STREAM);
	EXPECT_EQ(1, host_counter("MtuBlackHoles"));
	/* The end of the first write was short enough to show that what was before it was lost. */
	EXPECT_GE(1, host_counter("FastRetrans"));
	EXPECT_LT(0, host_counter("MtuProbesLost"));
	EXPECT_LT(host_counter("MtuProbesLost"), host_counter("MtuProbes"));
	/* It comes within a few bytes of what the path takes, and goes no further. */
	EXPECT_GE(takes, info_of(self).tcpi_snd_mss);
	EXPECT_LE(takes - 8, info_of(self).tcpi_snd_mss);
	EXPECT_EQ(path.longest, info_of(self).tcpi_snd_mss);
}

TEST_F(peer, black_hole)
{
	probing(_metadata, "1");
	black_hole(_metadata, self, false);
}

TEST_F(peer, black_hole_sack)
{
	probing(_metadata, "1");
	black_hole(_metadata, self, true);
}

/* Who does not ask for it goes on with what the routing says. */
TEST_F(peer, never)
{
	struct peer *p = &self->peer;
	unsigned int i;

	set_timers(&self->host);
	open_large(_metadata, self, false);
	host_writes(_metadata, self, 1, LARGE, 0);
	for (i = 0; i < 6; i++)
		expect_data(_metadata, self, 1, LARGE);
	peer_acks(self, 1 + LARGE);
	ASSERT_FINE(peer_expect_nothing(p));
	EXPECT_EQ(0, host_counter("MtuBlackHoles"));
}

/* Something short that is not answered says nothing of the MTU. */
TEST_F(peer, short_is_no_black_hole)
{
	unsigned int i;

	set_timers(&self->host);
	probing(_metadata, "1");
	open_large(_metadata, self, false);
	host_writes(_metadata, self, 1, 900, 0);
	for (i = 0; i < 6; i++)
		expect_data(_metadata, self, 1, 900);
	peer_acks(self, 901);
	EXPECT_EQ(0, host_counter("MtuBlackHoles"));
	EXPECT_EQ(LARGE, info_of(self).tcpi_snd_mss);
}

/* From the base on up: the first probe gets through, and there is no more to be found. */
TEST_F(peer, always)
{
	uint32_t written = 1;

	probing(_metadata, "2");
	open_large(_metadata, self, true);
	path_of(LARGE);
	EXPECT_EQ(self->host.version == 4 ? BASE : 1280 - 60, info_of(self).tcpi_snd_mss);
	stream(_metadata, self, &written, 2 * CHUNK);
	EXPECT_EQ(LARGE, info_of(self).tcpi_snd_mss);
	EXPECT_EQ(1, host_counter("MtuProbes"));
	EXPECT_EQ(0, host_counter("MtuProbesLost"));
	EXPECT_EQ(0, host_counter("RetransSegs"));
}

/*
 * A probe is out, of the first bytes, and more behind it, ten segments of the MSS in all; returns
 * that. The peer has not answered yet.
 */
static size_t send_probe(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self, bool sack)
{
	const size_t mss = self->host.version == 4 ? BASE : 1280 - 60;
	struct peer *p = &self->peer;

	probing(_metadata, "2");
	/* All is to be written before any of it goes. */
	p->window = 0;
	open_large(_metadata, self, sack);
	host_writes(_metadata, self, 1, 10 * mss, 0);
	p->window = 65535;
	peer_acks(self, 1);
	expect_data(_metadata, self, 1, LARGE);
	expect_pieces(_metadata, self, 1 + LARGE, 1 + 10 * mss, mss);
	EXPECT_EQ(1, host_counter("MtuProbes"));
	return mss;
}

/* What of the probe is lost goes again in segments, at once; and that is all. */
static void lost_probe(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self, bool sack)
{
	const size_t mss = send_probe(_metadata, self, sack);
	const uint32_t cwnd = info_of(self).tcpi_snd_cwnd;
	struct segment_options opt = {};
	struct peer *p = &self->peer;
	unsigned int i;

	for (i = 1; i <= 6; i++) {
		if (sack) {
			opt.seen = OPT_SACK;
			opt.sacks = 1;
			opt.sack[0].start = 1 + LARGE;
			opt.sack[0].end = 1 + LARGE + i * mss;
		}
		peer_send(p, .flags = ACK, .seq = 1, .ack = 1, .opt = opt);
	}
	expect_pieces(_metadata, self, 1, 1 + LARGE, mss);
	ASSERT_FINE(peer_expect_nothing(p));
	EXPECT_EQ(cwnd, info_of(self).tcpi_snd_cwnd);
	EXPECT_EQ(1, host_counter("MtuProbesLost"));
	peer_acks(self, 1 + 10 * mss);
	EXPECT_EQ(mss, info_of(self).tcpi_snd_mss);
	EXPECT_LE(cwnd, info_of(self).tcpi_snd_cwnd);
	EXPECT_NO_CONGESTION();
	EXPECT_EQ(0, host_counter("MtuBlackHoles"));
}

TEST_F(peer, lost_probe)
{
	lost_probe(_metadata, self, false);
}

TEST_F(peer, lost_probe_sack)
{
	lost_probe(_metadata, self, true);
}

/* RFC 4821 7.5: also where only the timer finds that out. */
TEST_F(peer, lost_probe_timeout)
{
	struct tcp_info info;
	size_t mss;

	set_timers(&self->host);
	mss = send_probe(_metadata, self, false);
	expect_pieces(_metadata, self, 1, 1 + LARGE, mss);
	info = info_of(self);
	EXPECT_EQ(1, host_counter("MtuProbesLost"));
	/* One that does not count. The next, which a slow machine may have seen, does. */
	EXPECT_EQ(info.tcpi_retransmits, info.tcpi_backoff + 1);
	if (info.tcpi_retransmits == 1) {
		EXPECT_EQ(10, info.tcpi_snd_cwnd);
		EXPECT_LT(1000, info.tcpi_snd_ssthresh);
	}
	expect_data(_metadata, self, 1, mss);
	EXPECT_LE(1, info_of(self).tcpi_backoff);
	peer_acks(self, 1 + 10 * mss);
	EXPECT_EQ(mss, info_of(self).tcpi_snd_mss);
}

/* Lost together with what follows it: that is congestion, and the probe may have another try. */
TEST_F(peer, lost_with_others)
{
	const size_t mss = send_probe(_metadata, self, true);
	struct segment_options opt = {
		.seen = OPT_SACK,
		.sacks = 1,
		.sack[0] = { 1 + LARGE + 2 * mss, 1 + LARGE + 6 * mss },
	};

	peer_send(&self->peer, .flags = ACK, .seq = 1, .ack = 1, .opt = opt);
	expect_pieces(_metadata, self, 1, 1 + mss, mss);
	EXPECT_EQ(1, host_counter("FastRetrans"));
	EXPECT_GT(1000, info_of(self).tcpi_snd_ssthresh);
	peer_drain(&self->peer);
	peer_acks(self, 1 + 10 * mss);
}

TEST_HARNESS_MAIN

// SPDX-License-Identifier: GPL-2.0
/*
 * Half-open connections when there is no room for them: cookies, eviction, and what must not open
 * anything; the accept queue when it is full, and TCP_DEFER_ACCEPT.
 */
#define PEER_WITHOUT_REFERENCE
#include "kselftest_harness.h"
#include "lib/listen_fixture.h"

#define ENTRY_BYTES	96
#define MANY		600

TEST_F(peer, cookie_alone)
{
	const struct segment_options opt = {
		.seen = OPT_MSS | OPT_WSCALE,
		.mss = 1400,
		.wscale = 7,
	};
	struct peer *p = &self->peer;
	struct tcp_info info;

	set_sysctl("syncookies", 2);
	listen_for(_metadata, self, 8);
	knock(_metadata, self, PEER_PORT, &opt);
	EXPECT_TRUE(p->got.opt.seen & OPT_WSCALE);
	ASSERT_EQ(0, half_open(self));
	ASSERT_EQ(0, host_counter("SynqEntries"));
	ASSERT_EQ(1, host_counter("CookiesSent"));

	peer_send(p, .flags = ACK, .seq = 1, .ack = 1);
	ASSERT_FINE(peer_expect_nothing(p));
	self->fd = accept_now(self);
	ASSERT_LE(0, self->fd);
	ASSERT_STATE(STATE_ESTABLISHED);
	ASSERT_EQ(1, host_counter("CookiesAccepted"));
	ASSERT_EQ(1, host_counter("PassiveOpens"));

	ASSERT_EQ(0, host_info(self->fd, &info));
	EXPECT_EQ(TCPI_OPT_WSCALE, info.tcpi_options);
	EXPECT_EQ(7, (int)info.tcpi_snd_wscale);
	EXPECT_LE(1300, info.tcpi_snd_mss);
	EXPECT_GE(1400, info.tcpi_snd_mss);
	ASSERT_EQ(3, write(self->fd, "one", 3));
	ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 1, .ack = 1, .len = 3, .data = "one"));
}

/* Timestamps remember the shift exactly, and the MSS more closely. */
TEST_F(peer, cookie_with_timestamps)
{
	struct peer *p = &self->peer;
	struct tcp_info info;
	int shift;

	set_sysctl("syncookies", 2);
	listen_for(_metadata, self, 32);
	for (shift = 0; shift <= 14; shift++) {
		const struct segment_options opt = {
			.seen = OPT_MSS | OPT_WSCALE | OPT_TS,
			.mss = 1460,
			.wscale = shift,
			.tsval = 1000,
		};

		knock(_metadata, self, PEER_PORT + shift, &opt);
		ASSERT_TRUE(p->got.opt.seen & OPT_TS);
		ASSERT_EQ(1000, p->got.opt.tsecr);
		peer_send(p, .flags = ACK, .seq = 1, .ack = 1,
			  .opt = { .seen = OPT_TS, .tsval = 1001, .tsecr = p->got.opt.tsval });
		self->fd = accept_now(self);
		ASSERT_LE(0, self->fd);
		ASSERT_EQ(0, host_info(self->fd, &info));
		EXPECT_EQ(TCPI_OPT_WSCALE | TCPI_OPT_TIMESTAMPS, info.tcpi_options);
		EXPECT_EQ(shift, (int)info.tcpi_snd_wscale);
		host_aborts(_metadata, self);
	}
}

/* Data that comes before the ACK, or in its place, opens the connection as well. */
TEST_F(peer, cookie_with_data)
{
	struct peer *p = &self->peer;
	char buf[8];

	set_sysctl("syncookies", 2);
	listen_for(_metadata, self, 8);
	knock(_metadata, self, PEER_PORT, NULL);
	peer_send(p, .flags = ACK | FIN, .seq = 1, .ack = 1, .len = 3, .data = "abc");
	ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 1, .ack = 5));
	self->fd = accept_now(self);
	ASSERT_LE(0, self->fd);
	ASSERT_STATE(STATE_CLOSE_WAIT);
	ASSERT_EQ(3, read(self->fd, buf, sizeof(buf)));
	ASSERT_EQ(0, memcmp(buf, "abc", 3));
	ASSERT_EQ(0, read(self->fd, buf, sizeof(buf)));
}

/* More SYNs than the budget has room for: never a byte too much, and nobody is turned away. */
TEST_F(peer, eviction)
{
	const struct segment_options opt = {
		.seen = OPT_MSS | OPT_WSCALE,
		.mss = 1460,
		.wscale = 8,
	};
	const unsigned int room = 64;
	static uint32_t irs[MANY];
	struct peer *p = &self->peer;
	struct tcp_info info;
	unsigned int i;
	long entries;

	set_sysctl("synq_bytes", room * ENTRY_BYTES + ENTRY_BYTES - 1);
	listen_for(_metadata, self, MANY);
	for (i = 0; i < MANY; i++) {
		knock(_metadata, self, PEER_PORT + i, &opt);
		irs[i] = p->irs;
		ASSERT_GE(room, half_open(self));
	}
	ASSERT_EQ(room, half_open(self));
	entries = host_counter("SynqEntries");
	EXPECT_LT(0, host_counter("SynqEvicted"));
	EXPECT_EQ(room, entries - host_counter("SynqEvicted"));
	EXPECT_EQ(MANY, entries + host_counter("CookiesSent"));

	for (i = 0; i < MANY; i++) {
		p->port = PEER_PORT + i;
		p->irs = irs[i];
		peer_send(p, .flags = ACK, .seq = 1, .ack = 1);
		self->fd = accept_now(self);
		ASSERT_LE(0, self->fd);
		ASSERT_EQ(0, host_info(self->fd, &info));
		ASSERT_EQ(8, (int)info.tcpi_snd_wscale);
		ASSERT_LE(1400, info.tcpi_snd_mss);
		host_aborts(_metadata, self);
	}
	ASSERT_EQ(0, half_open(self));
	EXPECT_EQ(MANY, host_counter("PassiveOpens"));
	EXPECT_EQ(MANY - room, host_counter("CookiesAccepted"));
}

/*
 * TCP_SAVE_SYN takes from the same budget: entries go sooner, and SYNs with them. Those who still
 * have an entry may or may not have a SYN, those who open by a cookie never.
 */
TEST_F(peer, saved_syns)
{
	const unsigned int room = 64;
	static uint32_t irs[MANY];
	struct peer *p = &self->peer;
	unsigned int i, saved = 0;
	long cookies, evicted;
	uint8_t syn[256];
	socklen_t len;

	set_sysctl("synq_bytes", room * ENTRY_BYTES);
	listen_for(_metadata, self, MANY);
	ASSERT_EQ(0, host_set(self->listener, IPPROTO_TCP, TCP_SAVE_SYN, 2));
	for (i = 0; i < MANY; i++) {
		knock(_metadata, self, PEER_PORT + i, NULL);
		irs[i] = p->irs;
		ASSERT_GT(room, half_open(self));
	}
	for (i = 0; i < MANY; i++) {
		p->port = PEER_PORT + i;
		p->irs = irs[i];
		cookies = host_counter("CookiesAccepted");
		peer_send(p, .flags = ACK, .seq = 1, .ack = 1);
		self->fd = accept_now(self);
		ASSERT_LE(0, self->fd);
		len = sizeof(syn);
		ASSERT_EQ(0, getsockopt(self->fd, IPPROTO_TCP, TCP_SAVED_SYN, syn, &len));
		if (len) {
			ASSERT_EQ(cookies, host_counter("CookiesAccepted"));
			saved++;
		}
		host_aborts(_metadata, self);
	}
	EXPECT_LT(0, saved);
	/* One takes two to three times what an entry does. */
	EXPECT_GE(room / 2, saved);
	ASSERT_EQ(0, half_open(self));

	/* The room has been given back: without SYNs there are as many entries as ever. */
	ASSERT_EQ(0, host_set(self->listener, IPPROTO_TCP, TCP_SAVE_SYN, 0));
	evicted = host_counter("SynqEvicted");
	for (i = 0; i < MANY && host_counter("SynqEvicted") == evicted; i++)
		knock(_metadata, self, PEER_PORT + MANY + i, NULL);
	for (; i < MANY && half_open(self) < room; i++)
		knock(_metadata, self, PEER_PORT + MANY + i, NULL);
	EXPECT_EQ(room, half_open(self));
	/* Nor does it stay where the listener goes first. */
	ASSERT_EQ(0, host_set(self->listener, IPPROTO_TCP, TCP_SAVE_SYN, 1));
	for (i = 0; i < room; i++)
		knock(_metadata, self, PEER_PORT + i, NULL);
}

/* RFC 2018: what the SYN said of SACK outlives its entry, with and without timestamps. */
static void evict_and_open(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self,
			   uint16_t port, const struct segment_options *opt)
{
	struct peer *p = &self->peer;
	const bool sack = opt->seen & OPT_SACK_PERM;
	struct segment_options ack = {};
	uint16_t other = port + 1000;
	struct tcp_info info;
	uint32_t irs;
	long evicted;

	knock(_metadata, self, port, opt);
	ASSERT_EQ(sack, !!(p->got.opt.seen & OPT_SACK_PERM));
	if (opt->seen & OPT_TS) {
		ack = (struct segment_options){
			.seen = OPT_TS, .tsval = opt->tsval, .tsecr = p->got.opt.tsval,
		};
	}
	irs = p->irs;
	/*
	 * There is room for one, which goes as soon as another is for the same bucket. (This may
	 * have been one, and the room is that of the case before.)
	 */
	evicted = host_counter("SynqEvicted");
	while (host_counter("SynqEvicted") == evicted)
		knock(_metadata, self, ++other, NULL);
	ASSERT_EQ(1, half_open(self));
	p->port = port;
	p->irs = irs;
	peer_send(p, .flags = ACK, .seq = 1, .ack = 1, .opt = ack);
	self->fd = accept_now(self);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, host_info(self->fd, &info));
	EXPECT_EQ(sack, !!(info.tcpi_options & TCPI_OPT_SACK));
	EXPECT_EQ(7, (int)info.tcpi_snd_wscale);
	/* And it is used. */
	peer_send(p, .flags = ACK, .seq = 11, .ack = 1, .len = 2, .data = "xy", .opt = ack);
	ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 1, .ack = 1));
	ASSERT_EQ(sack, p->got.opt.sacks);
	if (sack) {
		EXPECT_EQ(11, p->got.opt.sack[0].start);
		EXPECT_EQ(13, p->got.opt.sack[0].end);
	}
	host_aborts(_metadata, self);
}

TEST_F(peer, sack_outlives_its_entry)
{
	struct segment_options opt = { .mss = 1400, .wscale = 7, .tsval = 1000 };
	unsigned int i;

	set_sysctl("synq_bytes", ENTRY_BYTES);
	listen_for(_metadata, self, 8);
	for (i = 0; i < 4; i++) {
		opt.seen = OPT_MSS | OPT_WSCALE;
		opt.seen |= (i & 1 ? OPT_TS : 0) | (i & 2 ? OPT_SACK_PERM : 0);
		evict_and_open(_metadata, self, PEER_PORT + 2000 * i, &opt);
	}
	ASSERT_EQ(4, host_counter("CookiesAccepted"));
}

/* The listener's own backlog is a limit as well. */
TEST_F(peer, listener_backlog)
{
	unsigned int i;

	listen_for(_metadata, self, 3);
	for (i = 0; i < 100; i++)
		knock(_metadata, self, PEER_PORT + i, NULL);
	ASSERT_EQ(4, half_open(self));
	EXPECT_EQ(100 - 4, host_counter("CookiesSent") + host_counter("SynqEvicted"));
}

/* Who has data with the SYN gets an entry or nothing: no cookie, and nobody goes for him. */
TEST_F(peer, data_with_the_syn)
{
	struct peer *p = &self->peer;

	set_sysctl("synq_bytes", ENTRY_BYTES);
	listen_for(_metadata, self, 8);
	peer_send(p, .flags = SYN, .len = 3, .data = "abc");
	ASSERT_FINE(peer_expect(p, .flags = SYN | ACK, .ack = 1));
	ASSERT_EQ(1, half_open(self));
	peer_forget(p);
	p->host_port = HOST_PORT;
	p->port++;
	peer_send(p, .flags = SYN, .len = 3, .data = "abc");
	ASSERT_FINE(peer_expect_nothing(p));
	EXPECT_EQ(1, host_counter("DropSynData"));
	EXPECT_EQ(0, host_counter("CookiesSent") + host_counter("SynqEvicted"));
	/* As it comes again. */
	peer_send(p, .flags = SYN);
	ASSERT_FINE(peer_expect(p, .flags = SYN | ACK, .ack = 1));
	EXPECT_EQ(1, host_counter("CookiesSent") + host_counter("SynqEvicted"));
	/* Where there are never any entries, it is not asked to. */
	set_sysctl("syncookies", 2);
	peer_forget(p);
	p->host_port = HOST_PORT;
	p->port++;
	peer_send(p, .flags = SYN, .len = 3, .data = "abc");
	ASSERT_FINE(peer_expect(p, .flags = SYN | ACK, .ack = 1));
	EXPECT_EQ(1, host_counter("DropSynData"));
}

TEST_F(peer, no_cookies)
{
	struct peer *p = &self->peer;
	uint32_t irs;

	set_sysctl("syncookies", 0);
	set_sysctl("synq_bytes", ENTRY_BYTES);
	listen_for(_metadata, self, 8);
	knock(_metadata, self, PEER_PORT, NULL);
	irs = p->irs;
	peer_forget(p);
	p->host_port = HOST_PORT;
	p->port = PEER_PORT + 1;
	peer_send(p, .flags = SYN);
	ASSERT_FINE(peer_expect_nothing(p));
	EXPECT_EQ(1, host_counter("DropSynqFull"));
	ASSERT_EQ(1, half_open(self));
	p->port = PEER_PORT;
	p->irs = irs;
	p->irs_known = true;
	peer_send(p, .flags = ACK, .seq = 1, .ack = 1);
	self->fd = accept_now(self);
	ASSERT_LE(0, self->fd);
	EXPECT_EQ(0, host_counter("CookiesAccepted"));
}

/* Cookies open nothing while no entry had to go: an ACK from nowhere is reset, and no forgery. */
TEST_F(peer, quiet_times)
{
	struct peer *p = &self->peer;
	uint32_t irs;

	set_sysctl("syncookies", 2);
	listen_for(_metadata, self, 8);
	knock(_metadata, self, PEER_PORT, NULL);
	irs = p->irs;
	set_sysctl("syncookies", 0);
	peer_send(p, .flags = ACK, .seq = 1, .ack = 1);
	ASSERT_FINE(peer_expect(p, .flags = RST, .seq = 1));
	EXPECT_EQ(0, host_counter("CookiesForged"));
	ASSERT_EQ(-EAGAIN, accept_now(self));
	/* The same, when they count. */
	set_sysctl("syncookies", 1);
	p->irs = irs;
	peer_send(p, .flags = ACK, .seq = 1, .ack = 1);
	self->fd = accept_now(self);
	ASSERT_LE(0, self->fd);
}

TEST_F(peer, forged)
{
	const struct segment_options ts = { .seen = OPT_TS, .tsval = 1000 };
	struct peer *p = &self->peer;
	uint32_t tsval;

	set_sysctl("syncookies", 2);
	listen_for(_metadata, self, 8);
	knock(_metadata, self, PEER_PORT, NULL);
	/* Another number, another ISN of the peer, another port; timestamps that were not there. */
	peer_send(p, .flags = ACK, .seq = 1, .ack = 2);
	ASSERT_FINE(peer_expect(p, .flags = RST, .seq = 2));
	peer_send(p, .flags = ACK, .seq = 2, .ack = 1);
	ASSERT_FINE(peer_expect(p, .flags = RST, .seq = 1));
	p->port++;
	peer_send(p, .flags = ACK, .seq = 1, .ack = 1);
	ASSERT_FINE(peer_expect(p, .flags = RST, .seq = 1));
	p->port--;
	peer_send(p, .flags = ACK, .seq = 1, .ack = 1, .opt = ts);
	ASSERT_FINE(peer_expect(p, .flags = RST, .seq = 1));
	EXPECT_EQ(4, host_counter("CookiesForged"));
	ASSERT_EQ(-EAGAIN, accept_now(self));

	/* Timestamps that were there: left out, of the future, of long ago. */
	knock(_metadata, self, PEER_PORT + 2, &ts);
	tsval = p->got.opt.tsval;
	peer_send(p, .flags = ACK, .seq = 1, .ack = 1);
	ASSERT_FINE(peer_expect(p, .flags = RST, .seq = 1));
	peer_send(p, .flags = ACK, .seq = 1, .ack = 1,
		  .opt = { .seen = OPT_TS, .tsval = 1001, .tsecr = tsval + 64000 });
	ASSERT_FINE(peer_expect(p, .flags = RST, .seq = 1));
	peer_send(p, .flags = ACK, .seq = 1, .ack = 1,
		  .opt = { .seen = OPT_TS, .tsval = 1001, .tsecr = tsval - 640000 });
	ASSERT_FINE(peer_expect(p, .flags = RST, .seq = 1));
	EXPECT_EQ(7, host_counter("CookiesForged"));
	ASSERT_EQ(-EAGAIN, accept_now(self));
	peer_send(p, .flags = ACK, .seq = 1, .ack = 1,
		  .opt = { .seen = OPT_TS, .tsval = 1001, .tsecr = tsval });
	self->fd = accept_now(self);
	ASSERT_LE(0, self->fd);
}

/* A cookie opens one connection. */
TEST_F(peer, replayed)
{
	struct peer *p = &self->peer;

	set_sysctl("syncookies", 2);
	listen_for(_metadata, self, 8);
	knock(_metadata, self, PEER_PORT, NULL);
	peer_send(p, .flags = ACK, .seq = 1, .ack = 1);
	self->fd = accept_now(self);
	ASSERT_LE(0, self->fd);
	peer_send(p, .flags = RST, .seq = 1);
	ASSERT_STATE(STATE_CLOSED);
	host_closes(self);
	peer_send(p, .flags = ACK, .seq = 1, .ack = 1);
	ASSERT_FINE(peer_expect_nothing(p));
	ASSERT_EQ(-EAGAIN, accept_now(self));
	EXPECT_EQ(1, host_counter("DropCookieSpent"));
	EXPECT_EQ(1, host_counter("PassiveOpens"));
}

/* The same, where the connection came out of an entry, before cookies began to count. */
TEST_F(peer, replayed_later)
{
	struct peer *p = &self->peer;
	uint32_t irs;

	listen_for(_metadata, self, 8);
	knock(_metadata, self, PEER_PORT, NULL);
	irs = p->irs;
	peer_send(p, .flags = ACK, .seq = 1, .ack = 1);
	self->fd = accept_now(self);
	ASSERT_LE(0, self->fd);
	peer_send(p, .flags = RST, .seq = 1);
	ASSERT_STATE(STATE_CLOSED);
	host_closes(self);
	set_sysctl("synq_bytes", 0);
	knock(_metadata, self, PEER_PORT + 1, NULL);
	ASSERT_EQ(1, host_counter("CookiesSent"));
	p->port = PEER_PORT;
	p->irs = irs;
	peer_send(p, .flags = ACK, .seq = 1, .ack = 1);
	ASSERT_FINE(peer_expect_nothing(p));
	ASSERT_EQ(-EAGAIN, accept_now(self));
	EXPECT_EQ(1, host_counter("DropCookieSpent"));
}

/* Lengths that lie are refused before anything else is looked at. */
TEST_F(peer, lying_options)
{
	const uint8_t lie[] = { 8, 40, 1, 1 };
	struct peer *p = &self->peer;

	set_sysctl("syncookies", 2);
	listen_for(_metadata, self, 8);
	peer_send(p, .flags = SYN, .raw_opt = lie, .raw_opt_len = sizeof(lie));
	ASSERT_FINE(peer_expect_nothing(p));
	EXPECT_EQ(1, host_counter("DropOptions"));
	knock(_metadata, self, PEER_PORT, NULL);
	peer_send(p, .flags = ACK, .seq = 1, .ack = 1, .raw_opt = lie, .raw_opt_len = sizeof(lie));
	ASSERT_FINE(peer_expect_nothing(p));
	EXPECT_EQ(2, host_counter("DropOptions"));
	ASSERT_EQ(-EAGAIN, accept_now(self));
}

/* Two connections wait, of which a backlog of 1 is full; the peer is half open as a third. */
static void fill_accept_queue(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self)
{
	struct peer *p = &self->peer;
	uint32_t irs;

	listen_for(_metadata, self, 1);
	knock(_metadata, self, PEER_PORT, NULL);
	peer_send(p, .flags = ACK, .seq = 1, .ack = 1);
	knock(_metadata, self, PEER_PORT + 2, NULL);
	irs = p->irs;
	knock(_metadata, self, PEER_PORT + 1, NULL);
	peer_send(p, .flags = ACK, .seq = 1, .ack = 1);
	p->port = PEER_PORT + 2;
	p->irs = irs;
}

/* The last ACK is dropped, the entry or the cookie stays good, and the peer's next try gets in. */
static void accept_queue_full(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self)
{
	struct peer *p = &self->peer;

	fill_accept_queue(_metadata, self);
	peer_send(p, .flags = ACK, .seq = 1, .ack = 1);
	ASSERT_FINE(peer_expect_nothing(p));
	EXPECT_EQ(1, host_counter("DropAcceptFull"));
	/* A newcomer has to wait as well. */
	p->port++;
	peer_send(p, .flags = SYN);
	ASSERT_FINE(peer_expect_nothing(p));
	EXPECT_EQ(1, host_counter("DropSynqFull"));
	p->port--;

	self->fd = accept_now(self);
	ASSERT_LE(0, self->fd);
	host_aborts(_metadata, self);
	ASSERT_EQ(2, host_counter("PassiveOpens"));
	peer_send(p, .flags = ACK, .seq = 1, .ack = 1);
	ASSERT_EQ(3, host_counter("PassiveOpens"));
	self->fd = accept_now(self);
	ASSERT_LE(0, self->fd);
	host_aborts(_metadata, self);
}

TEST_F(peer, accept_queue_full_entry)
{
	accept_queue_full(_metadata, self);
	EXPECT_EQ(0, host_counter("CookiesAccepted"));
}

TEST_F(peer, accept_queue_full_cookie)
{
	set_sysctl("syncookies", 2);
	accept_queue_full(_metadata, self);
	EXPECT_EQ(3, host_counter("CookiesAccepted"));
}

TEST_F(peer, abort_on_overflow)
{
	struct peer *p = &self->peer;

	set_sysctl("abort_on_overflow", 1);
	fill_accept_queue(_metadata, self);
	peer_send(p, .flags = ACK, .seq = 1, .ack = 1);
	ASSERT_FINE(peer_expect(p, .flags = RST, .seq = 1));
}

static void defer(struct __test_metadata *_metadata, int fd, int seconds)
{
	socklen_t len = sizeof(seconds);
	int got;

	ASSERT_EQ(0, setsockopt(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, &seconds, sizeof(seconds)));
	ASSERT_EQ(0, getsockopt(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, &got, &len));
	ASSERT_LE(seconds, got);
}

/* tcp(7): awakened only when data arrives. */
TEST_F(peer, defer_accept)
{
	struct peer *p = &self->peer;
	char buf[8];

	listen_for(_metadata, self, 8);
	defer(_metadata, self->listener, 5);
	knock(_metadata, self, PEER_PORT, NULL);
	peer_send(p, .flags = ACK, .seq = 1, .ack = 1);
	ASSERT_FINE(peer_expect_nothing(p));
	ASSERT_EQ(-EAGAIN, accept_now(self));
	ASSERT_STATE(STATE_SYN_RECEIVED);
	EXPECT_EQ(1, host_counter("DeferredAcks"));
	peer_send(p, .flags = ACK, .seq = 1, .ack = 1, .len = 3, .data = "abc");
	ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 1, .ack = 4));
	self->fd = accept_now(self);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(3, read(self->fd, buf, sizeof(buf)));
}

/* The time is up: a SYN-ACK makes the peer repeat its ACK, which counts now. */
TEST_F(peer, defer_accept_ends)
{
	struct peer *p = &self->peer;

	hurry_timers(&self->host);
	listen_for(_metadata, self, 8);
	defer(_metadata, self->listener, 1);
	knock(_metadata, self, PEER_PORT, NULL);
	peer_send(p, .flags = ACK, .seq = 1, .ack = 1);
	ASSERT_EQ(-EAGAIN, accept_now(self));
	ASSERT_TRUE(peer_receive(p, clock_patience_ms()));
	ASSERT_EQ(SYN | ACK, p->got.flags);
	peer_send(p, .flags = ACK, .seq = 1, .ack = 1);
	self->fd = accept_now(self);
	ASSERT_LE(0, self->fd);
}

/* A listener takes its entries with it, and only those. */
TEST_F(peer, listener_closes)
{
	struct peer *p = &self->peer;
	unsigned int i;
	int other;

	listen_for(_metadata, self, 100);
	other = host_listen(&self->host, NULL, HOST_PORT + 1, 8);
	ASSERT_LE(0, other);
	for (i = 0; i < 50; i++)
		knock(_metadata, self, PEER_PORT + i, NULL);
	peer_forget(p);
	p->host_port = HOST_PORT + 1;
	peer_send(p, .flags = SYN);
	ASSERT_FINE(peer_expect(p, .flags = SYN | ACK, .ack = 1));
	ASSERT_EQ(51, half_open(self));
	close(self->listener);
	self->listener = -1;
	ASSERT_EQ(1, half_open(self));
	close(other);
	ASSERT_EQ(0, half_open(self));
}

/* What was shut down can listen again, with nothing left of before. */
TEST_F(peer, listens_again)
{
	struct peer *p = &self->peer;

	listen_for(_metadata, self, 8);
	knock(_metadata, self, PEER_PORT, NULL);
	ASSERT_EQ(0, shutdown(self->listener, SHUT_RD));
	ASSERT_EQ(0, half_open(self));
	ASSERT_EQ(0, listen(self->listener, 8));
	knock(_metadata, self, PEER_PORT + 1, NULL);
	peer_send(p, .flags = ACK, .seq = 1, .ack = 1);
	self->fd = accept_now(self);
	ASSERT_LE(0, self->fd);
}

TEST_HARNESS_MAIN

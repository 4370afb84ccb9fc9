// SPDX-License-Identifier: GPL-2.0
/*
 * Accurate ECN feedback (RFC 9768): who agrees to it and how, what the path may not do to it, what
 * is counted, and what becomes of the window.
 */
#include "kselftest_harness.h"
#define PEER_WITHOUT_REFERENCE
#include "lib/ecn_fixture.h"
#include "lib/fastopen_fixture.h"
#include "lib/trace.h"

/* Values of ACE in a handshake: RFC 9768 3.1.2, table 2, and 3.2.2. */
enum {
	NO_ECN = 0,
	CLASSIC = 1,
	CAME_NOT_ECT = 2,
	ASKS_CLASSIC = 3,
	CAME_ECT1 = 3,
	CAME_ECT0 = 4,
	UNUSED = 5,
	CAME_CE = 6,
	ASKS = 7,
};

/* r.cep before any mark. */
#define FIRST	5

/* By codepoint. */
static const uint8_t came[] = {
	[NOT_ECT] = CAME_NOT_ECT,
	[ECT1] = CAME_ECT1,
	[ECT0] = CAME_ECT0,
	[CE] = CAME_CE,
};

/* The next segment, what it says, and how it may be marked. */
#define ASSERT_NEXT(codepoint, also, ace, ...) do { \
	ASSERT_FINE(peer_expect(&self->peer, SAYS(also, ace), __VA_ARGS__)); \
	ASSERT_EQ((ace) >> 2 & 1, self->peer.got.reserved); \
	ASSERT_EQ(codepoint, self->peer.got.ecn); \
} while (0)

/* One byte of the peer's at @number. */
#define PEER_BYTE(number, ace, codepoint) \
	peer_send(&self->peer, SAYS(ACK, ace), .seq = (number), .ack = 1, .data = "x", .len = 1, \
		  .ecn = (codepoint))

#define ASSERT_SEGMENT(n, codepoint, ace) \
	ASSERT_NEXT(codepoint, ACK, ace, .seq = 1 + (n) * MSS, .ack = 1, .len = MSS)

#define PEER_ACKS(n, ace) \
	peer_send(&self->peer, SAYS(ACK, ace), .seq = 1, .ack = 1 + (n) * MSS)

/* The next connection begins as if there had been none. */
static void end_connection(FIXTURE_DATA(peer) *self)
{
	struct linger none = { .l_onoff = 1 };

	setsockopt(self->fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none));
	host_closes(self);
	peer_drain(&self->peer);
	peer_forget(&self->peer);
}

static void accept_it(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self)
{
	int on = 1;

	self->fd = accept_now(self);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, setsockopt(self->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)));
}

/* The host's first data: whether it may be marked, and what it says. */
static void expect_data_that(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self,
			     bool ect, uint8_t ace)
{
	host_writes(_metadata, self, 1, 10, 0);
	ASSERT_NEXT(ect ? ECT0 : NOT_ECT, ACK, ace, .seq = 1, .ack = 1, .len = 10);
}

static void set_dctcp(struct __test_metadata *_metadata, int fd)
{
	ASSERT_EQ(0, setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, "dctcp", 5));
}

/* The end of TCP_INFO, whichever kernel it is. */
static struct xtcp_info_tail tail_of(FIXTURE_DATA(peer) *self)
{
	struct {
		char			common[XTCP_INFO_TAIL];
		struct xtcp_info_tail	tail;
	} info = {};
	socklen_t len = sizeof(info);

	getsockopt(self->fd, IPPROTO_TCP, TCP_INFO, &info, &len);
	return info.tail;
}

/* Table 2, the client: each answer to a SYN that left as not to be marked. */
TEST_F(peer, active)
{
	static const struct {
		bool	accurate;
		bool	ect;
	} rows[] = {
		[NO_ECN] = { false, false },
		[CLASSIC] = { false, true },
		[CAME_NOT_ECT] = { true, true },
		[CAME_ECT1] = { true, false },
		[CAME_ECT0] = { true, false },
		[UNUSED] = { true, true },
		[CAME_CE] = { true, false },
		[ASKS] = { false, false },
	};
	struct peer *p = &self->peer;
	uint8_t ace;

	set_ecn(3);
	for (ace = 0; ace <= 7; ace++) {
		ask(_metadata, self);
		ASSERT_NEXT(NOT_ECT, SYN, ASKS, .seq = 0);
		peer_send(p, SAYS(SYN | ACK, ace), .ack = 1);
		ASSERT_NEXT(NOT_ECT, ACK, rows[ace].accurate ? CAME_NOT_ECT : 0, .seq = 1,
			    .ack = 1);
		expect_data_that(_metadata, self, rows[ace].ect, rows[ace].accurate ? FIRST : 0);
		ASSERT_EQ(rows[ace].accurate || rows[ace].ect ? TCPI_OPT_ECN : 0,
			  info_of(self).tcpi_options & TCPI_OPT_ECN);
		ASSERT_EQ(rows[ace].accurate ? XTCP_INFO_ECN_ACCURATE :
			  rows[ace].ect ? XTCP_INFO_ECN_CLASSIC : XTCP_INFO_ECN_NONE,
			  0 + tail_of(self).ecn_mode);
		end_connection(self);
	}
	ASSERT_EQ(5, host_counter("AccEcnOpens"));
	ASSERT_EQ(3, host_counter("AccEcnMangled"));
	ASSERT_EQ(1, host_counter("EcnOpens"));
}

/* What the other settings ask for is as without AccECN, whose bit is nobody's. */
TEST_F(peer, active_classic)
{
	struct peer *p = &self->peer;
	int setting;
	uint8_t ace;

	for (setting = 4; setting <= 5; setting++) {
		set_ecn(setting);
		for (ace = 0; ace <= 7; ace++) {
			ask(_metadata, self);
			ASSERT_NEXT(NOT_ECT, SYN, setting == 4 ? ASKS_CLASSIC : 0, .seq = 0);
			peer_send(p, SAYS(SYN | ACK, ace), .ack = 1);
			ASSERT_NEXT(NOT_ECT, ACK, 0, .seq = 1, .ack = 1);
			expect_data_that(_metadata, self, setting == 4 && (ace & 3) == CLASSIC,
					 0);
			end_connection(self);
		}
	}
	ASSERT_EQ(0, host_counter("AccEcnOpens"));
}

/* The client tells how the SYN-ACK came, where nothing else is to be told with it. */
TEST_F(peer, last_ack)
{
	struct peer *p = &self->peer;
	int off = 0, lazy;
	uint8_t codepoint;

	set_ecn(3);
	for (lazy = 0; lazy <= 1; lazy++) {
		for (codepoint = 0; codepoint <= CE; codepoint++) {
			ask(_metadata, self);
			if (lazy)
				ASSERT_EQ(0, setsockopt(self->fd, IPPROTO_TCP, TCP_QUICKACK, &off,
							sizeof(off)));
			ASSERT_NEXT(NOT_ECT, SYN, ASKS, .seq = 0);
			peer_send(p, SAYS(SYN | ACK, CAME_NOT_ECT), .ack = 1, .ecn = codepoint);
			if (!lazy)
				ASSERT_NEXT(NOT_ECT, ACK, came[codepoint], .seq = 1, .ack = 1);
			expect_data_that(_metadata, self, true, FIRST + (codepoint == CE));
			end_connection(self);
		}
	}
}

/* Table 2, the server: each SYN, and the answers, that tell how it came. */
TEST_F(peer, passive)
{
	struct peer *p = &self->peer;
	uint8_t ace, codepoint;
	int setting;

	start_listener(_metadata, self);
	for (setting = 3; setting <= 5; setting++) {
		set_ecn(setting);
		for (ace = 0; ace <= 7; ace++) {
			bool accurate = ace != NO_ECN && ace != ASKS_CLASSIC;

			for (codepoint = 0; codepoint <= (setting == 3 ? CE : 0); codepoint++) {
				peer_send(p, SAYS(SYN, ace), .ecn = codepoint);
				ASSERT_NEXT(NOT_ECT, SYN | ACK,
					    accurate ? came[codepoint] : ace ? CLASSIC : 0,
					    .ack = 1);
				peer_send(p, SAYS(ACK, accurate ? CAME_NOT_ECT : 0), .seq = 1,
					  .ack = 1);
				accept_it(_metadata, self);
				expect_data_that(_metadata, self, ace, accurate ? FIRST : 0);
				end_connection(self);
			}
		}
	}
	ASSERT_EQ(6 * (4 + 1 + 1), host_counter("AccEcnOpens"));
	ASSERT_EQ(4 + 1 + 1, host_counter("EcnOpens"));
}

/* Table 4: what the client says of a SYN-ACK that left as not to be marked, or as the other. */
TEST_F(peer, final_ack)
{
	static const bool fine[2][8] = {
		{ false, true, true, false, false, true, false, true },
		{ false, true, false, true, true, true, true, true },
	};
	struct peer *p = &self->peer;
	int dctcp, marked, reductions = 0;
	uint8_t ace;

	set_ecn(5);
	start_listener(_metadata, self);
	for (dctcp = 0; dctcp <= 1; dctcp++) {
		if (dctcp)
			set_dctcp(_metadata, self->listener);
		for (ace = 0; ace <= 7; ace++) {
			marked = dctcp && ace == CAME_CE;
			reductions += marked;
			peer_send(p, SAYS(SYN, ASKS));
			ASSERT_NEXT(dctcp ? ECT0 : NOT_ECT, SYN | ACK, CAME_NOT_ECT, .ack = 1);
			peer_send(p, SAYS(ACK, ace), .seq = 1, .ack = 1);
			accept_it(_metadata, self);
			ASSERT_EQ(marked, info_of(self).tcpi_delivered_ce);
			ASSERT_EQ(reductions, host_counter("EcnReductions"));
			expect_data_that(_metadata, self, fine[dctcp][ace], FIRST);
			/* The peer hears of marks nevertheless. */
			PEER_BYTE(1, FIRST + marked, CE);
			ASSERT_NEXT(NOT_ECT, ACK, FIRST + 1, .seq = 11, .ack = 2);
			end_connection(self);
		}
	}
	ASSERT_EQ(4 + 2, host_counter("AccEcnMangled"));
}

/* 3.1.4.1: asked twice; then, where the answer is to what asked, for the peer's marks alone. */
TEST_F(peer, given_up)
{
	static const uint8_t answers[] = { CAME_NOT_ECT, CLASSIC, NO_ECN };
	struct peer *p = &self->peer;
	unsigned int i;

	wake_timers(&self->host);
	set_ecn(3);
	for (i = 0; i < 3; i++) {
		ask(_metadata, self);
		ASSERT_NEXT(NOT_ECT, SYN, ASKS, .seq = 0);
		ASSERT_NEXT(NOT_ECT, SYN, ASKS, .seq = 0);
		ASSERT_NEXT(NOT_ECT, SYN, 0, .seq = 0);
		peer_send(p, SAYS(SYN | ACK, answers[i]), .ack = 1);
		ASSERT_NEXT(NOT_ECT, ACK, i ? 0 : CAME_NOT_ECT, .seq = 1, .ack = 1);
		PEER_BYTE(1, 0, CE);
		ASSERT_NEXT(NOT_ECT, ACK, i ? 0 : FIRST + 1, .seq = 1, .ack = 2);
		host_writes(_metadata, self, 1, 10, 0);
		ASSERT_NEXT(NOT_ECT, ACK, i ? 0 : FIRST + 1, .seq = 1, .ack = 2, .len = 10);
		end_connection(self);
	}
	ASSERT_EQ(3, host_counter("EcnFallbacks"));
	ASSERT_EQ(0, host_counter("AccEcnMangled"));
}

/* 3.1: a SYN that comes again is answered as it came, but what was agreed on stays. */
TEST_F(peer, syn_again)
{
	struct peer *p = &self->peer;

	set_ecn(3);
	start_listener(_metadata, self);
	peer_send(p, SAYS(SYN, ASKS));
	ASSERT_NEXT(NOT_ECT, SYN | ACK, CAME_NOT_ECT, .ack = 1);
	peer_send(p, SAYS(SYN, ASKS), .ecn = ECT0);
	ASSERT_NEXT(NOT_ECT, SYN | ACK, CAME_ECT0, .ack = 1);
	/* What is not acceptable has its answer counted from the start. */
	peer_send(p, SAYS(ACK, ASKS), .seq = 0x7000000, .ack = 1);
	ASSERT_NEXT(NOT_ECT, ACK, FIRST, .seq = 1, .ack = 1);
	peer_send(p, SAYS(SYN, 0));
	ASSERT_NEXT(NOT_ECT, SYN | ACK, 0, .ack = 1);
	peer_send(p, SAYS(SYN, ASKS));
	ASSERT_NEXT(NOT_ECT, SYN | ACK, 0, .ack = 1);
	peer_send(p, SAYS(ACK, CAME_NOT_ECT), .seq = 1, .ack = 1);
	accept_it(_metadata, self);
	expect_data_that(_metadata, self, false, FIRST);
	ASSERT_EQ(0, host_counter("AccEcnMangled"));
}

/* 3.1.4: granted twice; then the SYN-ACK may be what the path does not let through. */
TEST_F(peer, syn_ack_again)
{
	struct peer *p = &self->peer;

	wake_timers(&self->host);
	set_ecn(3);
	start_listener(_metadata, self);
	peer_send(p, SAYS(SYN, ASKS));
	ASSERT_NEXT(NOT_ECT, SYN | ACK, CAME_NOT_ECT, .ack = 1);
	ASSERT_NEXT(NOT_ECT, SYN | ACK, CAME_NOT_ECT, .ack = 1);
	ASSERT_NEXT(NOT_ECT, SYN | ACK, 0, .ack = 1);
	peer_send(p, SAYS(ACK, CAME_NOT_ECT), .seq = 1, .ack = 1);
	accept_it(_metadata, self);
	expect_data_that(_metadata, self, false, FIRST);
}

/* 3.1.2: both begin at once: each is a server to the other's SYN. */
TEST_F(peer, simultaneous)
{
	static const struct {
		struct crossing	crossing;
		uint8_t		ace;
		bool		ect;
	} rows[] = {
		{ { ASKS, ASKS, CAME_NOT_ECT, CAME_NOT_ECT }, FIRST, true },
		{ { ASKS, ASKS, CAME_NOT_ECT, NO_ECN }, FIRST, false },
		{ { ASKS, ASKS_CLASSIC, CLASSIC, CLASSIC }, 0, true },
		{ { ASKS, ASKS_CLASSIC, CLASSIC, NO_ECN }, 0, false },
		{ { ASKS, NO_ECN, NO_ECN, NO_ECN }, 0, false },
	};
	unsigned int i;

	set_ecn(3);
	for (i = 0; i < 5; i++) {
		cross_syns(_metadata, self, &rows[i].crossing);
		expect_data_that(_metadata, self, rows[i].ect, rows[i].ace);
		end_connection(self);
	}
}

static const struct segment_options ts_syn = {
	.seen = OPT_MSS | OPT_TS,
	.mss = MSS,
	.tsval = 1000,
};

/*
 * What there is no entry for, or no more: the ACK tells which kind it was (3.2.2, table 4).
 * Classic ECN is a matter of timestamps.
 */
TEST_F(peer, cookies)
{
	static const uint8_t asks[] = { ASKS, ASKS_CLASSIC };
	struct peer *p = &self->peer;
	unsigned int i;

	set_ecn(3);
	start_listener(_metadata, self);
	for (i = 0; i < 8; i++) {
		bool ts = i & 1, which = i & 2, kept = i & 4;
		bool classic = which && (ts || kept);

		net_sysctl_write("net/xtcp/syncookies", kept ? "1" : "2");
		if (ts)
			p->syn = ts_syn;
		else
			p->syn = (struct segment_options){ .seen = OPT_MSS, .mss = MSS };
		p->tsval = 0;
		p->iss += 0x10000;
		peer_send(p, SAYS(SYN, asks[which]), .ecn = ECT0);
		ASSERT_NEXT(NOT_ECT, SYN | ACK, !which ? CAME_ECT0 : classic ? CLASSIC : 0,
			    .ack = 1);
		p->tsval = ts ? 1001 : 0;
		/* As if it had been evicted. */
		if (kept)
			peer_send(p, .flags = RST, .seq = 1);
		net_sysctl_write("net/xtcp/syncookies", "2");
		peer_send(p, SAYS(ACK, which ? 0 : CAME_NOT_ECT), .seq = 1, .ack = 1);
		accept_it(_metadata, self);
		expect_data_that(_metadata, self, !which || ts, which ? 0 : FIRST);
		end_connection(self);
	}
	ASSERT_EQ(8, host_counter("CookiesAccepted"));
	ASSERT_EQ(4, host_counter("AccEcnOpens"));
}

/* Data goes with the SYN: it asks, or is answered, all the same. */
TEST_F(peer, fastopen)
{
	struct peer *p = &self->peer;
	struct sockaddr_storage addr;
	socklen_t addrlen;

	set_ecn(3);
	set_fastopen(CLIENT | CLIENT_FREE | SERVER | SERVER_FREE | SERVER_ALL);
	self->fd = host_socket(&self->host, SOCK_NONBLOCK | SOCK_CLOEXEC);
	ASSERT_LE(0, self->fd);
	addrlen = host_address(&self->host, &addr, "peer", p->port);
	ASSERT_EQ(10, sendto(self->fd, "0123456789", 10, MSG_FASTOPEN, (struct sockaddr *)&addr,
			     addrlen));
	ASSERT_NEXT(NOT_ECT, SYN, ASKS, .seq = 0, .len = 10);
	peer_send(p, SAYS(SYN | ACK, CAME_NOT_ECT), .ack = 11);
	ASSERT_NEXT(NOT_ECT, ACK, CAME_NOT_ECT, .seq = 11, .ack = 1);
	end_connection(self);

	start_listener(_metadata, self);
	peer_send(p, SAYS(SYN, ASKS), .data = "x", .len = 1, .ecn = CE);
	ASSERT_NEXT(NOT_ECT, SYN | ACK, CAME_CE, .ack = 2);
	accept_it(_metadata, self);
	host_writes(_metadata, self, 1, 10, 0);
	ASSERT_NEXT(ECT0, ACK, FIRST, .seq = 1, .ack = 2, .len = 10);
	peer_send(p, SAYS(ACK, CAME_NOT_ECT), .seq = 2, .ack = 1);
	ASSERT_STATE(STATE_ESTABLISHED);
	peer_send(p, SAYS(ACK, FIRST + 1), .seq = 2, .ack = 11);
	ASSERT_EQ(1, info_of(self).tcpi_delivered_ce);
	end_connection(self);

	/* The SYN again, and once more, without. */
	peer_send(p, SAYS(SYN, ASKS), .data = "x", .len = 1);
	ASSERT_NEXT(NOT_ECT, SYN | ACK, CAME_NOT_ECT, .ack = 2);
	peer_send(p, SAYS(SYN, ASKS), .ecn = ECT0);
	ASSERT_NEXT(NOT_ECT, SYN | ACK, CAME_ECT0, .ack = 2);
	peer_send(p, SAYS(SYN, 0));
	ASSERT_NEXT(NOT_ECT, SYN | ACK, 0, .ack = 2);
	accept_it(_metadata, self);
	host_writes(_metadata, self, 1, 10, 0);
	ASSERT_NEXT(NOT_ECT, ACK, FIRST, .seq = 1, .ack = 2, .len = 10);
	end_connection(self);

	/* The ACK that tells how the SYN-ACK came is lost; the next tells of the data. */
	peer_send(p, SAYS(SYN, ASKS), .data = "x", .len = 1);
	ASSERT_NEXT(NOT_ECT, SYN | ACK, CAME_NOT_ECT, .ack = 2);
	accept_it(_metadata, self);
	host_writes(_metadata, self, 1, 10, 0);
	ASSERT_NEXT(ECT0, ACK, FIRST, .seq = 1, .ack = 2, .len = 10);
	peer_send(p, SAYS(ACK, FIRST + 1), .seq = 2, .ack = 11);
	ASSERT_EQ(1, info_of(self).tcpi_delivered_ce);
	host_writes(_metadata, self, 11, 10, 0);
	ASSERT_NEXT(ECT0, ACK, FIRST, .seq = 11, .ack = 2, .len = 10);
	ASSERT_EQ(0, host_counter("AccEcnMangled"));
}

/* The bit that has no place among the flags is traced with them. */
TEST_F(peer, traced)
{
	ASSERT_EQ(0, trace_open());
	set_ecn(3);
	start_listener(_metadata, self);
	peer_send(&self->peer, SAYS(SYN, ASKS), .ecn = ECT0);
	ASSERT_NEXT(NOT_ECT, SYN | ACK, CAME_ECT0, .ack = 1);
	EXPECT_STREQ("SYN|ECE|CWR|AE", trace_field("xtcp_receive", 0, "flags"));
	EXPECT_STREQ("SYN|ACK|AE", trace_field("xtcp_send", 0, "flags"));
	/* Also of what is discarded. */
	peer_send(&self->peer, SAYS(ACK, ASKS), .seq = 0x7000000, .ack = 1);
	ASSERT_EQ(1, trace_count("xtcp_drop"));
	EXPECT_STREQ("ACK|ECE|CWR|AE", trace_field("xtcp_drop", 0, "flags"));
	peer_drain(&self->peer);
	trace_close();
}

/* ESTABLISHED, with AccECN. */
static void open_accurate(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self)
{
	set_ecn(3);
	self->peer.syn.mss = MSS;
	start_listener(_metadata, self);
	peer_send(&self->peer, SAYS(SYN, ASKS));
	ASSERT_NEXT(NOT_ECT, SYN | ACK, CAME_NOT_ECT, .ack = 1);
	peer_send(&self->peer, SAYS(ACK, CAME_NOT_ECT), .seq = 1, .ack = 1);
	accept_it(_metadata, self);
}

/* 3.2.2: each mark counts, modulo 8, whatever it is on, if that may be believed. */
TEST_F(peer, counts)
{
	struct peer *p = &self->peer;
	unsigned int i;

	open_accurate(_metadata, self);
	for (i = 1; i <= 12; i++) {
		PEER_BYTE(i, FIRST, CE);
		ASSERT_NEXT(NOT_ECT, ACK, (FIRST + i) & 7, .seq = 1, .ack = 1 + i);
	}
	PEER_BYTE(13, FIRST, ECT0);
	ASSERT_NEXT(NOT_ECT, ACK, (FIRST + 12) & 7, .seq = 1, .ack = 14);
	/* Neither what is old, nor what is far away. */
	PEER_BYTE(1, FIRST, CE);
	ASSERT_NEXT(NOT_ECT, ACK, (FIRST + 12) & 7, .seq = 1, .ack = 14);
	PEER_BYTE(0x7000000, FIRST, CE);
	ASSERT_NEXT(NOT_ECT, ACK, (FIRST + 12) & 7, .seq = 1, .ack = 14);
	/* A bare ACK does; our data says so as well. */
	peer_send(p, SAYS(ACK, FIRST), .seq = 14, .ack = 1, .ecn = CE);
	ASSERT_FINE(peer_expect_nothing(p));
	host_writes(_metadata, self, 1, 10, 0);
	ASSERT_NEXT(ECT0, ACK, (FIRST + 13) & 7, .seq = 1, .ack = 14, .len = 10);
	ASSERT_EQ(12, host_counter("EcnMarked"));
	ASSERT_EQ(13, tail_of(self).received_ce);
}

/* 3.2.2: what is to be heard of at once. */
TEST_F(peer, acknowledges)
{
	struct peer *p = &self->peer;
	unsigned int i;
	int off = 0;

	net_sysctl_write("net/xtcp/delack_max_ms", "499");
	net_sysctl_write("net/xtcp/delack_min_ms", "499");
	open_accurate(_metadata, self);
	ASSERT_EQ(0, setsockopt(self->fd, IPPROTO_TCP, TCP_QUICKACK, &off, sizeof(off)));
	PEER_BYTE(1, FIRST, ECT0);
	/* The first after one that was not marked. */
	PEER_BYTE(2, FIRST, CE);
	ASSERT_NEXT(NOT_ECT, ACK, FIRST + 1, .seq = 1, .ack = 3);
	/* The second. */
	PEER_BYTE(3, FIRST, CE);
	PEER_BYTE(4, FIRST, CE);
	ASSERT_NEXT(NOT_ECT, ACK, (FIRST + 3) & 7, .seq = 1, .ack = 5);
	/* The third, where there is nothing but ACKs. */
	for (i = 0; i < 3; i++)
		peer_send(p, SAYS(ACK, FIRST), .seq = 5, .ack = 1, .ecn = CE);
	ASSERT_NEXT(NOT_ECT, ACK, (FIRST + 6) & 7, .seq = 1, .ack = 5);
	ASSERT_FINE(peer_expect_nothing(p));
}

/* 3.2.2: once a round trip, by half; and by what stays as it is, not at all. */
TEST_F(peer, reduction)
{
	struct peer *p = &self->peer;
	struct tcp_info info;
	unsigned int i;

	open_accurate(_metadata, self);
	host_writes(_metadata, self, 1, 50 * MSS, 0);
	for (i = 0; i < 10; i++)
		ASSERT_SEGMENT(i, ECT0, FIRST);
	PEER_ACKS(1, FIRST);
	for (i = 10; i < 12; i++)
		ASSERT_SEGMENT(i, ECT0, FIRST);
	ASSERT_EQ(11, info_of(self).tcpi_snd_cwnd);
	ASSERT_EQ(0, host_counter("EcnReductions"));

	PEER_ACKS(2, FIRST + 1);
	info = info_of(self);
	ASSERT_EQ(5, info.tcpi_snd_cwnd);
	ASSERT_EQ(5, info.tcpi_snd_ssthresh);
	ASSERT_EQ(1, info.tcpi_delivered_ce);
	ASSERT_EQ(TCP_CA_CWR, info.tcpi_ca_state);
	/* More of it, round the wrap, in the same round trip. */
	PEER_ACKS(6, (FIRST + 4) & 7);
	ASSERT_EQ(5, info_of(self).tcpi_snd_cwnd);
	ASSERT_EQ(4, info_of(self).tcpi_delivered_ce);
	ASSERT_EQ(1, host_counter("EcnReductions"));
	/* What was overtaken, or may have been, looks like seven more. */
	PEER_ACKS(5, (FIRST + 3) & 7);
	PEER_ACKS(6, (FIRST + 3) & 7);
	ASSERT_EQ(4, info_of(self).tcpi_delivered_ce);
	ASSERT_FINE(peer_expect_nothing(p));
	/* Nothing that says CWR. */
	PEER_ACKS(10, (FIRST + 4) & 7);
	for (i = 12; i < 15; i++)
		ASSERT_SEGMENT(i, ECT0, FIRST);
	PEER_ACKS(13, (FIRST + 4) & 7);
	for (i = 15; i < 18; i++)
		ASSERT_SEGMENT(i, ECT0, FIRST);
	ASSERT_EQ(TCP_CA_Open, info_of(self).tcpi_ca_state);
	ASSERT_EQ(1, host_counter("EcnReductions"));
	/* The next round trip: it has grown meanwhile. */
	ASSERT_EQ(6, info_of(self).tcpi_snd_cwnd);
	PEER_ACKS(14, (FIRST + 5) & 7);
	ASSERT_EQ(3, info_of(self).tcpi_snd_cwnd);
	ASSERT_EQ(2, host_counter("EcnReductions"));
	ASSERT_EQ(5, info_of(self).tcpi_delivered_ce);
	ASSERT_EQ(0, host_counter("FastRetrans"));
}

/* With timestamps, an ACK of nothing new tells when it was sent. */
TEST_F(peer, later)
{
	struct peer *p = &self->peer;
	unsigned int i;

	p->syn = ts_syn;
	set_ecn(3);
	start_listener(_metadata, self);
	peer_send(p, SAYS(SYN, ASKS));
	ASSERT_NEXT(NOT_ECT, SYN | ACK, CAME_NOT_ECT, .ack = 1);
	p->tsval = 1001;
	peer_send(p, SAYS(ACK, CAME_NOT_ECT), .seq = 1, .ack = 1);
	accept_it(_metadata, self);
	for (i = 0; i < 2; i++) {
		peer_send(p, SAYS(ACK, FIRST + 1), .seq = 1, .ack = 1);
		ASSERT_EQ(i, info_of(self).tcpi_delivered_ce);
		p->tsval++;
	}
}

/* So does data that goes on, but none that fills a gap. */
TEST_F(peer, later_data)
{
	open_accurate(_metadata, self);
	PEER_BYTE(2, FIRST + 1, NOT_ECT);
	ASSERT_EQ(1, info_of(self).tcpi_delivered_ce);
	PEER_BYTE(1, FIRST, NOT_ECT);
	ASSERT_EQ(1, info_of(self).tcpi_delivered_ce);
	PEER_BYTE(3, FIRST + 2, NOT_ECT);
	ASSERT_EQ(2, info_of(self).tcpi_delivered_ce);
}

/* 3.2.2: what the path has cleared, before anybody can have counted so far. */
TEST_F(peer, zeroed)
{
	struct peer *p = &self->peer;

	set_ecn(3);
	p->syn.mss = MSS;
	ask(_metadata, self);
	ASSERT_NEXT(NOT_ECT, SYN, ASKS, .seq = 0);
	peer_send(p, SAYS(SYN | ACK, CAME_NOT_ECT), .ack = 1);
	ASSERT_NEXT(NOT_ECT, ACK, CAME_NOT_ECT, .seq = 1, .ack = 1);
	host_writes(_metadata, self, 1, MSS, 0);
	ASSERT_SEGMENT(0, ECT0, FIRST);
	PEER_ACKS(1, 0);
	ASSERT_EQ(0, info_of(self).tcpi_delivered_ce);
	host_writes(_metadata, self, 1 + MSS, MSS, 0);
	ASSERT_SEGMENT(1, NOT_ECT, FIRST);
	/* And for good. */
	PEER_ACKS(2, FIRST + 1);
	host_writes(_metadata, self, 1 + 2 * MSS, MSS, 0);
	ASSERT_SEGMENT(2, NOT_ECT, FIRST);
	ASSERT_EQ(1, host_counter("AccEcnMangled"));
	ASSERT_EQ(0, host_counter("EcnReductions"));
}

/* 3.2.2: what marks every packet, round trip by round trip, is no queue. */
TEST_F(peer, stuck)
{
	struct peer *p = &self->peer;
	unsigned int i;

	open_accurate(_metadata, self);
	for (i = 0; i < 7; i++) {
		host_writes(_metadata, self, 1 + i * MSS, MSS, 0);
		ASSERT_SEGMENT(i, i < 5 ? ECT0 : NOT_ECT, FIRST);
		ASSERT_EQ(i < 5 ? 0 : 1, host_counter("AccEcnMangled"));
		peer_send(p, SAYS(ACK, (FIRST + i + 1) & 7), .seq = 1, .ack = 1 + (i + 1) * MSS);
	}
	ASSERT_EQ(5, info_of(self).tcpi_delivered_ce);
}

/* Of what goes out as one, each says the same: also where it is what CWR would be. */
TEST_F(peer, burst)
{
	unsigned int i, marks;

	open_accurate(_metadata, self);
	for (marks = 1; marks <= 8; marks++) {
		PEER_BYTE(marks, FIRST, CE);
		ASSERT_NEXT(NOT_ECT, ACK, (FIRST + marks) & 7,
			    .seq = 1 + (marks - 1) * 5 * MSS, .ack = 1 + marks);
		host_writes(_metadata, self, 1 + (marks - 1) * 5 * MSS, 5 * MSS, 0);
		for (i = 0; i < 5; i++)
			ASSERT_NEXT(ECT0, ACK, (FIRST + marks) & 7,
				    .seq = 1 + ((marks - 1) * 5 + i) * MSS, .ack = 1 + marks,
				    .len = MSS);
		peer_send(&self->peer, SAYS(ACK, FIRST), .seq = 1 + marks,
			  .ack = 1 + marks * 5 * MSS);
	}
	ASSERT_EQ(0, host_counter("EcnReductions"));
}

/* DCTCP is told how much was marked of what an ACK covers. */
TEST_F(peer, dctcp)
{
	struct tcp_dctcp_info dctcp = {};
	socklen_t len = sizeof(dctcp);
	struct peer *p = &self->peer;
	unsigned int i;

	set_ecn(3);
	p->syn.mss = MSS;
	start_listener(_metadata, self);
	set_dctcp(_metadata, self->listener);
	peer_send(p, SAYS(SYN, ASKS));
	ASSERT_NEXT(ECT0, SYN | ACK, CAME_NOT_ECT, .ack = 1);
	peer_send(p, SAYS(ACK, CAME_ECT0), .seq = 1, .ack = 1);
	accept_it(_metadata, self);
	host_writes(_metadata, self, 1, 30 * MSS, 0);
	for (i = 0; i < 10; i++)
		ASSERT_SEGMENT(i, ECT0, FIRST);
	PEER_ACKS(1, FIRST);
	PEER_ACKS(5, FIRST + 1);
	ASSERT_EQ(0, getsockopt(self->fd, IPPROTO_TCP, TCP_CC_INFO, &dctcp, &len));
	ASSERT_EQ(MSS, dctcp.dctcp_ab_ecn);
	ASSERT_EQ(4 * MSS, dctcp.dctcp_ab_tot);
	ASSERT_EQ(1, host_counter("EcnReductions"));
	end_connection(self);

	/* Its SYN may be marked as well, which calls for a smaller window to begin with. */
	for (i = 0; i < 2; i++) {
		self->fd = host_socket(&self->host, SOCK_NONBLOCK | SOCK_CLOEXEC);
		ASSERT_LE(0, self->fd);
		set_dctcp(_metadata, self->fd);
		p->host_port = 0;
		ASSERT_EQ(-EINPROGRESS, host_connect(&self->host, self->fd, "peer", p->port));
		ASSERT_NEXT(ECT0, SYN, ASKS, .seq = 0);
		peer_send(p, SAYS(SYN | ACK, i ? CAME_CE : CAME_ECT0), .ack = 1);
		ASSERT_NEXT(NOT_ECT, ACK, CAME_NOT_ECT, .seq = 1, .ack = 1);
		ASSERT_EQ(i ? 5 : 10, info_of(self).tcpi_snd_cwnd);
		ASSERT_EQ(0, info_of(self).tcpi_delivered_ce);
		expect_data_that(_metadata, self, true, FIRST);
		end_connection(self);
	}
	ASSERT_EQ(2, host_counter("EcnReductions"));
}

/* Its option is not needed, and does no harm; a reset says nothing of marks. */
TEST_F(peer, option)
{
	static const uint8_t counts[] = { 172, 11, 0, 0, 1, 0, 0, 0, 0, 0, 1, 1 };
	struct linger none = { .l_onoff = 1 };
	struct peer *p = &self->peer;

	set_ecn(3);
	start_listener(_metadata, self);
	peer_send(p, SAYS(SYN, ASKS), .raw_opt = counts, .raw_opt_len = sizeof(counts));
	ASSERT_NEXT(NOT_ECT, SYN | ACK, CAME_NOT_ECT, .ack = 1);
	peer_send(p, SAYS(ACK, CAME_NOT_ECT), .seq = 1, .ack = 1, .raw_opt = counts,
		  .raw_opt_len = sizeof(counts));
	accept_it(_metadata, self);
	expect_data_that(_metadata, self, true, FIRST);
	peer_send(p, SAYS(ACK, FIRST + 1), .seq = 1, .ack = 11, .raw_opt = counts,
		  .raw_opt_len = sizeof(counts));
	ASSERT_EQ(1, info_of(self).tcpi_delivered_ce);
	ASSERT_EQ(0, setsockopt(self->fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none)));
	host_closes(self);
	ASSERT_NEXT(NOT_ECT, RST | ACK, 0, .seq = 11, .ack = 1);
}

/* Who asks for classic ECN gets all of it. */
TEST_F(peer, classic)
{
	set_ecn(3);
	start_listener(_metadata, self);
	peer_send(&self->peer, SAYS(SYN, ASKS_CLASSIC));
	ASSERT_NEXT(NOT_ECT, SYN | ACK, CLASSIC, .ack = 1);
	peer_send(&self->peer, .flags = ACK, .seq = 1, .ack = 1);
	accept_it(_metadata, self);
	PEER_BYTE(1, 0, CE);
	ASSERT_FINE(peer_expect(&self->peer, .flags = ACK | ECE, .seq = 1, .ack = 2));
	PEER_BYTE(2, 0, ECT0);
	ASSERT_FINE(peer_expect(&self->peer, .flags = ACK | ECE, .seq = 1, .ack = 3));
	peer_send(&self->peer, .flags = ACK | CWR, .seq = 3, .ack = 1, .data = "x", .len = 1);
	ASSERT_FINE(peer_expect(&self->peer, .flags = ACK, .seq = 1, .ack = 4));
	ASSERT_EQ(0, self->peer.got.reserved);
}

TEST_F(peer, setting)
{
	ASSERT_EQ(0, net_sysctl_write("net/xtcp/ecn", "5"));
	ASSERT_EQ(-EINVAL, net_sysctl_write("net/xtcp/ecn", "6"));
}

TEST_HARNESS_MAIN

// SPDX-License-Identifier: GPL-2.0
/*
 * Explicit congestion notification (RFC 3168), and DCTCP (RFC 8257): who agrees to it, what may be
 * marked, what is echoed, and what becomes of the window.
 */
#include "kselftest_harness.h"
#include "lib/ecn_fixture.h"

#include <linux/inet_diag.h>

#define ASKS		(ECE | CWR)
#define AE		1	/* of the reserved bits: RFC 9768's */

/* The next segment, and how it may be marked. */
#define ASSERT_NEXT(codepoint, ...) do { \
	ASSERT_FINE(peer_expect(&self->peer, __VA_ARGS__)); \
	ASSERT_EQ(codepoint, self->peer.got.ecn); \
} while (0)

static struct tcp_info info_of(FIXTURE_DATA(peer) *self)
{
	struct tcp_info info = {};

	host_info(self->fd, &info);
	return info;
}

/* The next connection begins as if there had been none. */
static void end_connection(FIXTURE_DATA(peer) *self)
{
	host_closes(self);
	peer_drain(&self->peer);
	peer_send(&self->peer, .flags = RST, .seq = self->peer.host_ack);
	peer_drain(&self->peer);
	peer_forget(&self->peer);
}

/* What was agreed on shows in data, and in TCP_INFO. */
static void expect_agreed(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self, bool agreed)
{
	host_writes(_metadata, self, 1, 10, 0);
	ASSERT_NEXT(agreed ? ECT0 : NOT_ECT, .flags = ACK, .seq = 1, .ack = 1, .len = 10);
	ASSERT_EQ(agreed ? TCPI_OPT_ECN : 0, info_of(self).tcpi_options & TCPI_OPT_ECN);
}

/* connect(), for each setting and each answer. */
TEST_F(peer, active)
{
	static const uint8_t answers[] = { 0, ECE, CWR, ECE | CWR };
	struct peer *p = &self->peer;
	unsigned int i;
	int setting;

	for (setting = 0; setting <= 2; setting++) {
		set_ecn(setting);
		for (i = 0; i < 4; i++) {
			bool asks = setting == 1;

			ask(_metadata, self);
			ASSERT_NEXT(NOT_ECT, .flags = SYN | (asks ? ASKS : 0));
			ASSERT_EQ(0, p->got.reserved);
			peer_send(p, .flags = SYN | ACK | answers[i], .ack = 1);
			ASSERT_NEXT(NOT_ECT, .flags = ACK, .seq = 1, .ack = 1);
			expect_agreed(_metadata, self, asks && answers[i] == ECE);
			end_connection(self);
		}
	}
	if (!host_is_reference(&self->host)) {
		ASSERT_EQ(1, host_counter("EcnOpens"));
		ASSERT_EQ(0, host_counter("EcnReductions"));
	}
}

/* accept(), for each setting and each SYN; one that asks for more gets this (RFC 9768 3.1.2). */
TEST_F(peer, passive)
{
	static const struct {
		uint8_t	flags;
		uint8_t	reserved;
	} syns[] = { { 0, 0 }, { ECE, 0 }, { CWR, 0 }, { ASKS, 0 }, { ASKS, AE }, { 0, AE } };
	struct peer *p = &self->peer;
	unsigned int i;
	int setting;

	start_listener(_metadata, self);
	for (setting = 0; setting <= 2; setting++) {
		set_ecn(setting);
		for (i = 0; i < 6; i++) {
			bool agreed = setting && syns[i].flags == ASKS;

			peer_send(p, .flags = SYN | syns[i].flags, .reserved = syns[i].reserved);
			ASSERT_NEXT(NOT_ECT, .flags = SYN | ACK | (agreed ? ECE : 0), .ack = 1);
			ASSERT_EQ(0, p->got.reserved);
			peer_send(p, .flags = ACK, .seq = 1, .ack = 1);
			self->fd = accept_now(self);
			ASSERT_LE(0, self->fd);
			expect_agreed(_metadata, self, agreed);
			end_connection(self);
		}
	}
}

/* RFC 3168 6.1.1.1: what is not answered may have been dropped for what it asks. */
TEST_F(peer, given_up)
{
	struct peer *p = &self->peer;

	ONLY_XTCP();
	wake_timers(&self->host);
	set_ecn(1);
	ask(_metadata, self);
	ASSERT_NEXT(NOT_ECT, .flags = SYN | ASKS);
	ASSERT_NEXT(NOT_ECT, .flags = SYN);
	/* An answer to the first comes too late. */
	peer_send(p, .flags = SYN | ACK | ECE, .ack = 1);
	ASSERT_NEXT(NOT_ECT, .flags = ACK, .seq = 1, .ack = 1);
	expect_agreed(_metadata, self, false);
	ASSERT_EQ(1, host_counter("EcnFallbacks"));
}

/* Nor is it granted to a peer that gave it up; repeated, the answer is what it was. */
TEST_F(peer, peer_gives_up)
{
	struct peer *p = &self->peer;

	ONLY_XTCP();
	start_listener(_metadata, self);
	peer_send(p, .flags = SYN | ASKS);
	ASSERT_NEXT(NOT_ECT, .flags = SYN | ACK | ECE, .ack = 1);
	peer_send(p, .flags = SYN | ASKS);
	ASSERT_NEXT(NOT_ECT, .flags = SYN | ACK | ECE, .ack = 1);
	peer_send(p, .flags = SYN);
	ASSERT_NEXT(NOT_ECT, .flags = SYN | ACK, .ack = 1);
	peer_send(p, .flags = ACK, .seq = 1, .ack = 1);
	self->fd = accept_now(self);
	ASSERT_LE(0, self->fd);
	expect_agreed(_metadata, self, false);
}

/* Both begin at once: each SYN asks, and each SYN-ACK must grant it. */
TEST_F(peer, simultaneous)
{
	static const struct crossing crossings[] = { { 3, 3, 1, 1 }, { 3, 3, 1, 0 } };
	unsigned int i;

	ONLY_XTCP();
	set_ecn(1);
	for (i = 0; i < 2; i++) {
		cross_syns(_metadata, self, &crossings[i]);
		expect_agreed(_metadata, self, !i);
		ASSERT_EQ(TCP_CA_Open, info_of(self).tcpi_ca_state);
		end_connection(self);
	}
}

static const struct segment_options ts_syn = {
	.seen = OPT_MSS | OPT_TS,
	.mss = MSS,
	.tsval = 1000,
};

/* What there is no entry for: timestamps remember it, and without them it is not granted. */
TEST_F(peer, cookies)
{
	struct peer *p = &self->peer;
	unsigned int i;

	ONLY_XTCP();
	net_sysctl_write("net/xtcp/syncookies", "2");
	start_listener(_metadata, self);
	for (i = 0; i < 4; i++) {
		bool ts = i & 1, asks = i & 2;

		if (ts)
			p->syn = ts_syn;
		else
			p->syn = (struct segment_options){ .seen = OPT_MSS, .mss = MSS };
		p->tsval = 0;
		p->iss += 0x10000;
		peer_send(p, .flags = SYN | (asks ? ASKS : 0));
		ASSERT_NEXT(NOT_ECT, .flags = SYN | ACK | (ts && asks ? ECE : 0), .ack = 1);
		p->tsval = ts ? 1001 : 0;
		peer_send(p, .flags = ACK, .seq = 1, .ack = 1);
		self->fd = accept_now(self);
		ASSERT_LE(0, self->fd);
		expect_agreed(_metadata, self, ts && asks);
		end_connection(self);
	}
	ASSERT_EQ(4, host_counter("CookiesAccepted"));
}

/* An entry that granted it goes, and its cookie comes back: what is not remembered is echoed. */
TEST_F(peer, forgotten)
{
	struct peer *p = &self->peer;
	unsigned int ts;

	ONLY_XTCP();
	start_listener(_metadata, self);
	for (ts = 0; ts < 2; ts++) {
		net_sysctl_write("net/xtcp/syncookies", "1");
		if (ts)
			p->syn = ts_syn;
		p->iss += 0x10000;
		peer_send(p, .flags = SYN | ASKS);
		ASSERT_NEXT(NOT_ECT, .flags = SYN | ACK | ECE, .ack = 1);
		p->tsval = ts ? 1001 : 0;
		/* As if it had been evicted. */
		peer_send(p, .flags = RST, .seq = 1);
		net_sysctl_write("net/xtcp/syncookies", "2");
		peer_send(p, .flags = ACK, .seq = 1, .ack = 1);
		self->fd = accept_now(self);
		ASSERT_LE(0, self->fd);
		expect_agreed(_metadata, self, ts);
		peer_send(p, .flags = ACK, .seq = 1, .ack = 11, .data = "x", .len = 1, .ecn = CE);
		ASSERT_NEXT(NOT_ECT, .flags = ACK | ECE, .seq = 11, .ack = 2);
		p->tsval = 0;
		end_connection(self);
	}
}

/* ESTABLISHED, with ECN. */
static void open_ecn(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self)
{
	int on = 1;

	self->peer.syn.mss = MSS;
	start_listener(_metadata, self);
	peer_send(&self->peer, .flags = SYN | ASKS);
	ASSERT_FINE(peer_expect(&self->peer, .flags = SYN | ACK | ECE, .ack = 1));
	peer_send(&self->peer, .flags = ACK, .seq = 1, .ack = 1);
	self->fd = accept_now(self);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, setsockopt(self->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)));
}

/* One byte of the peer's at @seq, what goes with it, and how it came. */
#define PEER_BYTE(number, also, codepoint) \
	peer_send(&self->peer, .flags = ACK | (also), .seq = (number), .ack = 1, .data = "x", \
		  .len = 1, .ecn = (codepoint))

/* RFC 3168 6.1.3: from a mark on until CWR comes, whatever else comes. */
TEST_F(peer, echo)
{
	struct peer *p = &self->peer;

	ONLY_XTCP();
	open_ecn(_metadata, self);
	PEER_BYTE(1, 0, NOT_ECT);
	ASSERT_NEXT(NOT_ECT, .flags = ACK, .seq = 1, .ack = 2);
	ASSERT_EQ(0, info_of(self).tcpi_options & TCPI_OPT_ECN_SEEN);
	PEER_BYTE(2, 0, ECT0);
	ASSERT_NEXT(NOT_ECT, .flags = ACK, .seq = 1, .ack = 3);
	ASSERT_EQ(TCPI_OPT_ECN_SEEN, info_of(self).tcpi_options & TCPI_OPT_ECN_SEEN);
	PEER_BYTE(3, 0, CE);
	ASSERT_NEXT(NOT_ECT, .flags = ACK | ECE, .seq = 1, .ack = 4);
	PEER_BYTE(4, 0, ECT1);
	ASSERT_NEXT(NOT_ECT, .flags = ACK | ECE, .seq = 1, .ack = 5);
	/* Beyond a gap; and data of our own has it as well. */
	PEER_BYTE(6, 0, ECT0);
	ASSERT_NEXT(NOT_ECT, .flags = ACK | ECE, .seq = 1, .ack = 5);
	host_writes(_metadata, self, 1, 10, 0);
	ASSERT_NEXT(ECT0, .flags = ACK | ECE, .seq = 1, .ack = 5, .len = 10);
	/* CWR where there is no data is nobody's. */
	peer_send(p, .flags = ACK | CWR, .seq = 5, .ack = 11);
	PEER_BYTE(5, 0, ECT0);
	ASSERT_NEXT(NOT_ECT, .flags = ACK | ECE, .seq = 11, .ack = 7);
	PEER_BYTE(7, CWR, ECT0);
	ASSERT_NEXT(NOT_ECT, .flags = ACK, .seq = 11, .ack = 8);
	PEER_BYTE(8, 0, ECT0);
	ASSERT_NEXT(NOT_ECT, .flags = ACK, .seq = 11, .ack = 9);
	/* Marked again, by the very segment that says so. */
	PEER_BYTE(9, CWR, CE);
	ASSERT_NEXT(NOT_ECT, .flags = ACK | ECE, .seq = 11, .ack = 10);
	PEER_BYTE(10, CWR, ECT0);
	ASSERT_NEXT(NOT_ECT, .flags = ACK, .seq = 11, .ack = 11);
	ASSERT_EQ(2, host_counter("EcnMarked"));
}

/* RFC 3168 6.1.5: what is not in the window says nothing; nor does anything without agreement. */
TEST_F(peer, no_echo)
{
	ONLY_XTCP();
	open_ecn(_metadata, self);
	PEER_BYTE(1, 0, ECT0);
	ASSERT_NEXT(NOT_ECT, .flags = ACK, .seq = 1, .ack = 2);
	PEER_BYTE(1, 0, CE);
	ASSERT_NEXT(NOT_ECT, .flags = ACK, .seq = 1, .ack = 2);
	PEER_BYTE(0x7000000, 0, CE);
	ASSERT_NEXT(NOT_ECT, .flags = ACK, .seq = 1, .ack = 2);
	peer_send(&self->peer, .flags = ACK, .seq = 2, .ack = 1, .ecn = CE);
	PEER_BYTE(2, 0, ECT0);
	ASSERT_NEXT(NOT_ECT, .flags = ACK, .seq = 1, .ack = 3);
	end_connection(self);

	set_ecn(0);
	peer_send(&self->peer, .flags = SYN | ASKS);
	ASSERT_NEXT(NOT_ECT, .flags = SYN | ACK, .ack = 1);
	peer_send(&self->peer, .flags = ACK, .seq = 1, .ack = 1);
	self->fd = accept_now(self);
	ASSERT_LE(0, self->fd);
	PEER_BYTE(1, 0, CE);
	ASSERT_NEXT(NOT_ECT, .flags = ACK, .seq = 1, .ack = 2);
	ASSERT_EQ(0, host_counter("EcnMarked"));
}

/* The host's segment @n, from 0, with CWR if @cwr. */
#define ASSERT_SEGMENT(n, codepoint, cwr) \
	ASSERT_NEXT(codepoint, .flags = ACK | ((cwr) ? CWR : 0), .seq = 1 + (n) * MSS, .ack = 1, \
		    .len = MSS)

#define PEER_ACKS(n, also) \
	peer_send(&self->peer, .flags = ACK | (also), .seq = 1, .ack = 1 + (n) * MSS)

/* Ten segments in flight, more to follow. */
static void fill_flight(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self)
{
	unsigned int i;

	host_writes(_metadata, self, 1, 40 * MSS, 0);
	for (i = 0; i < 10; i++)
		ASSERT_SEGMENT(i, ECT0, false);
	ASSERT_EQ(10, info_of(self).tcpi_snd_cwnd);
}

/* RFC 3168 6.1.2: once a window, by half, and said once; again where that was not heard. */
TEST_F(peer, reduction)
{
	struct peer *p = &self->peer;
	struct tcp_info info;
	unsigned int i;

	ONLY_XTCP();
	open_ecn(_metadata, self);
	fill_flight(_metadata, self);
	PEER_ACKS(2, ECE);
	info = info_of(self);
	ASSERT_EQ(5, info.tcpi_snd_cwnd);
	ASSERT_EQ(5, info.tcpi_snd_ssthresh);
	ASSERT_EQ(2, info.tcpi_delivered_ce);
	ASSERT_EQ(TCP_CA_CWR, info.tcpi_ca_state);
	PEER_ACKS(5, ECE);
	ASSERT_FINE(peer_expect_nothing(p));
	PEER_ACKS(6, ECE);
	ASSERT_SEGMENT(10, ECT0, true);
	for (i = 7; i <= 10; i++) {
		PEER_ACKS(i, ECE);
		ASSERT_SEGMENT(i + 4, ECT0, false);
	}
	/* Nor has it grown by what echoes. */
	ASSERT_EQ(5, info_of(self).tcpi_snd_cwnd);
	ASSERT_EQ(1, host_counter("EcnReductions"));
	/* It was heard. */
	PEER_ACKS(11, 0);
	ASSERT_SEGMENT(15, ECT0, false);
	ASSERT_EQ(TCP_CA_Open, info_of(self).tcpi_ca_state);
	/* There is more of it. */
	PEER_ACKS(12, ECE);
	ASSERT_EQ(2, info_of(self).tcpi_snd_cwnd);
	ASSERT_EQ(2, host_counter("EcnReductions"));
	ASSERT_EQ(0, host_counter("FastRetrans"));
	ASSERT_EQ(11, info_of(self).tcpi_delivered_ce);
}

/* Of what goes out as one, the first says it. */
TEST_F(peer, said_once)
{
	unsigned int i;

	ONLY_XTCP();
	open_ecn(_metadata, self);
	fill_flight(_metadata, self);
	PEER_ACKS(10, ECE);
	for (i = 0; i < 5; i++)
		ASSERT_SEGMENT(10 + i, ECT0, !i);
	ASSERT_FINE(peer_expect_nothing(&self->peer));
}

/* RFC 3168 6.1.5: not what is sent again; 6.1.2: a loss reduces the window as well, and says so. */
TEST_F(peer, sent_again)
{
	struct peer *p = &self->peer;
	unsigned int i;

	ONLY_XTCP();
	open_ecn(_metadata, self);
	fill_flight(_metadata, self);
	for (i = 0; i < 2; i++) {
		PEER_ACKS(0, 0);
		ASSERT_SEGMENT(10 + i, ECT0, false);
	}
	PEER_ACKS(0, 0);
	ASSERT_SEGMENT(0, NOT_ECT, false);
	/* What is echoed meanwhile calls for no more. */
	PEER_ACKS(0, ECE);
	PEER_ACKS(0, ECE);
	ASSERT_FINE(peer_expect_nothing(p));
	PEER_ACKS(12, ECE);
	for (i = 0; i < 6; i++)
		ASSERT_SEGMENT(12 + i, ECT0, !i);
	ASSERT_EQ(6, info_of(self).tcpi_snd_cwnd);
	ASSERT_EQ(0, host_counter("EcnReductions"));
	ASSERT_EQ(1, host_counter("FastRetrans"));
	ASSERT_FINE(peer_expect_nothing(p));
}

/* What the user says of the service is left alone; what he says of the codepoint is not his to. */
TEST_F(peer, service)
{
	int v4 = self->host.version == 4;
	int tos = 46 << 2 | CE;

	open_ecn(_metadata, self);
	ASSERT_EQ(0, setsockopt(self->fd, v4 ? IPPROTO_IP : IPPROTO_IPV6,
				v4 ? IP_TOS : IPV6_TCLASS, &tos, sizeof(tos)));
	host_writes(_metadata, self, 1, MSS, 0);
	ASSERT_SEGMENT(0, ECT0, false);
	ASSERT_EQ(46, self->peer.got.dscp);
	PEER_BYTE(1, 0, CE);
	ASSERT_NEXT(NOT_ECT, .flags = ACK | ECE, .seq = 1 + MSS, .ack = 2);
	ASSERT_EQ(46, self->peer.got.dscp);
}

/* RFC 3168 6.1.4, 6.1.6: nor probes of the window, nor the FIN, nor the reset. */
TEST_F(peer, control)
{
	struct linger linger = { .l_onoff = 1 };
	struct peer *p = &self->peer;

	ONLY_XTCP();
	wake_timers(&self->host);
	open_ecn(_metadata, self);
	p->window = 0;
	PEER_BYTE(1, 0, CE);
	ASSERT_NEXT(NOT_ECT, .flags = ACK | ECE, .seq = 1, .ack = 2);
	host_writes(_metadata, self, 1, 10, 0);
	ASSERT_NEXT(NOT_ECT, .flags = ACK | ECE, .seq = 0, .ack = 2);
	p->window = 10;
	peer_send(p, .flags = ACK, .seq = 2, .ack = 1);
	ASSERT_NEXT(ECT0, .flags = ACK | ECE, .seq = 1, .ack = 2, .len = 10);
	p->window = 1000;
	peer_send(p, .flags = ACK, .seq = 2, .ack = 11);
	ASSERT_EQ(0, shutdown(self->fd, SHUT_WR));
	ASSERT_NEXT(NOT_ECT, .flags = FIN | ACK | ECE, .seq = 11, .ack = 2);
	ASSERT_EQ(0, setsockopt(self->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)));
	host_closes(self);
	ASSERT_NEXT(NOT_ECT, .flags = RST | ACK, .seq = 12, .ack = 2);
}

/*
 * DCTCP
 */

static void set_dctcp(struct __test_metadata *_metadata, int fd)
{
	ASSERT_EQ(0, setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, "dctcp", 5));
}

static struct tcp_dctcp_info dctcp_of(FIXTURE_DATA(peer) *self)
{
	struct tcp_dctcp_info info = {};
	socklen_t len = sizeof(info);

	getsockopt(self->fd, IPPROTO_TCP, TCP_CC_INFO, &info, &len);
	return info;
}

/* Whatever the setting is; the SYN-ACK may be marked as well (RFC 8257 3.6). */
static void open_dctcp(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self)
{
	int on = 1;

	set_ecn(0);
	self->peer.syn.mss = MSS;
	start_listener(_metadata, self);
	set_dctcp(_metadata, self->listener);
	peer_send(&self->peer, .flags = SYN | ASKS);
	ASSERT_NEXT(ECT0, .flags = SYN | ACK | ECE, .ack = 1);
	peer_send(&self->peer, .flags = ACK, .seq = 1, .ack = 1);
	self->fd = accept_now(self);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, setsockopt(self->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)));
}

/* RFC 8257 3.2: an ACK says of what it covers whether it was marked; CWR makes no difference. */
TEST_F(peer, dctcp_echo)
{
	struct peer *p = &self->peer;
	int off = 0;

	ONLY_XTCP();
	net_sysctl_write("net/xtcp/delack_max_ms", "499");
	net_sysctl_write("net/xtcp/delack_min_ms", "499");
	open_dctcp(_metadata, self);
	ASSERT_EQ(1, dctcp_of(self).dctcp_enabled);
	ASSERT_EQ(0, dctcp_of(self).dctcp_ce_state);
	PEER_BYTE(1, 0, CE);
	ASSERT_NEXT(NOT_ECT, .flags = ACK | ECE, .seq = 1, .ack = 2);
	ASSERT_EQ(1, dctcp_of(self).dctcp_ce_state);
	PEER_BYTE(2, CWR, CE);
	ASSERT_NEXT(NOT_ECT, .flags = ACK | ECE, .seq = 1, .ack = 3);
	PEER_BYTE(3, 0, ECT0);
	ASSERT_NEXT(NOT_ECT, .flags = ACK, .seq = 1, .ack = 4);
	/* Where ACKs are delayed, what came before the change is acknowledged as it came. */
	ASSERT_EQ(0, setsockopt(self->fd, IPPROTO_TCP, TCP_QUICKACK, &off, sizeof(off)));
	PEER_BYTE(4, 0, ECT0);
	PEER_BYTE(5, 0, CE);
	ASSERT_NEXT(NOT_ECT, .flags = ACK, .seq = 1, .ack = 5);
	ASSERT_NEXT(NOT_ECT, .flags = ACK | ECE, .seq = 1, .ack = 6);
	PEER_BYTE(6, 0, CE);
	PEER_BYTE(7, CWR, ECT0);
	ASSERT_NEXT(NOT_ECT, .flags = ACK | ECE, .seq = 1, .ack = 7);
	ASSERT_NEXT(NOT_ECT, .flags = ACK, .seq = 1, .ack = 8);
	ASSERT_FINE(peer_expect_nothing(p));
}

/* RFC 8257 3.3: the window falls by half of alpha; 3.4, 3.5: and else it is Reno's. */
TEST_F(peer, dctcp_window)
{
	unsigned int i, before, want;
	struct tcp_info info;

	ONLY_XTCP();
	open_dctcp(_metadata, self);
	ASSERT_EQ(1024, dctcp_of(self).dctcp_alpha);
	host_writes(_metadata, self, 1, 60 * MSS, 0);
	for (i = 0; i < 10; i++)
		ASSERT_SEGMENT(i, ECT0, false);
	PEER_ACKS(1, 0);
	ASSERT_EQ(1024 * 15 / 16, dctcp_of(self).dctcp_alpha);
	PEER_ACKS(10, 0);
	/* Beyond the first window. */
	PEER_ACKS(11, 0);
	ASSERT_EQ(1024 * 225 / 256, dctcp_of(self).dctcp_alpha);
	before = info_of(self).tcpi_snd_cwnd;
	ASSERT_LT(10, before);
	PEER_ACKS(12, ECE);
	want = before * MSS - before * MSS * (1024 * 225 / 256) / 2048;
	info = info_of(self);
	ASSERT_EQ(want / MSS, info.tcpi_snd_cwnd);
	ASSERT_EQ(1, host_counter("EcnReductions"));
	/* All that was sent before the window fell, of which one was marked. */
	PEER_ACKS(13, 0);
	ASSERT_EQ(1, host_counter("EcnReductions"));
	ASSERT_EQ(MSS, dctcp_of(self).dctcp_ab_ecn);
	ASSERT_EQ(2 * MSS, dctcp_of(self).dctcp_ab_tot);
}

/*
 * What is acknowledged selectively alone counts as it came; what closes the gap says nothing of it.
 */
TEST_F(peer, dctcp_gap)
{
	static const struct segment_options sack_syn = {
		.seen = OPT_MSS | OPT_SACK_PERM,
		.mss = MSS,
	};
	struct segment_options opt = { .seen = OPT_SACK, .sacks = 1 };
	struct peer *p = &self->peer;
	unsigned int i;

	ONLY_XTCP();
	p->syn = sack_syn;
	open_dctcp(_metadata, self);
	host_writes(_metadata, self, 1, 10 * MSS, 0);
	for (i = 0; i < 10; i++)
		ASSERT_SEGMENT(i, ECT0, false);
	/* The first window ends here. */
	PEER_ACKS(1, 0);
	for (i = 3; i <= 5; i++) {
		opt.sack[0].start = 1 + 2 * MSS;
		opt.sack[0].end = 1 + i * MSS;
		peer_send(p, .flags = ACK | (i > 3 ? ECE : 0), .seq = 1, .ack = 1 + MSS,
			  .opt = opt);
		ASSERT_EQ((i - 3) * MSS, dctcp_of(self).dctcp_ab_ecn);
		ASSERT_EQ((i - 2) * MSS, dctcp_of(self).dctcp_ab_tot);
	}
	peer_drain(p);
	PEER_ACKS(5, 0);
	ASSERT_EQ(2 * MSS, dctcp_of(self).dctcp_ab_ecn);
	ASSERT_EQ(4 * MSS, dctcp_of(self).dctcp_ab_tot);
}

/* SYN and reset may be marked; the SYN that is sent again asks for nothing. */
TEST_F(peer, dctcp_control)
{
	struct linger linger = { .l_onoff = 1 };
	struct peer *p = &self->peer;
	unsigned int i;

	ONLY_XTCP();
	set_ecn(0);
	for (i = 0; i < 2; i++) {
		self->fd = host_socket(&self->host, SOCK_NONBLOCK | SOCK_CLOEXEC);
		ASSERT_LE(0, self->fd);
		set_dctcp(_metadata, self->fd);
		p->host_port = 0;
		ASSERT_EQ(-EINPROGRESS, host_connect(&self->host, self->fd, "peer", p->port));
		ASSERT_NEXT(ECT0, .flags = SYN | ASKS);
		peer_send(p, .flags = SYN | ACK | (i ? 0 : ECE), .ack = 1);
		ASSERT_NEXT(NOT_ECT, .flags = ACK, .seq = 1, .ack = 1);
		ASSERT_EQ(!i, dctcp_of(self).dctcp_enabled);
		expect_agreed(_metadata, self, !i);
		ASSERT_EQ(0, setsockopt(self->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)));
		host_closes(self);
		ASSERT_NEXT(i ? NOT_ECT : ECT0, .flags = RST | ACK, .seq = 11, .ack = 1);
		peer_forget(p);
	}
}

/* With a peer that does no ECN it is Reno, whatever bits its ACKs have. */
TEST_F(peer, dctcp_alone)
{
	struct peer *p = &self->peer;
	unsigned int i;

	ONLY_XTCP();
	p->syn.mss = MSS;
	start_listener(_metadata, self);
	set_dctcp(_metadata, self->listener);
	peer_send(p, .flags = SYN);
	ASSERT_NEXT(NOT_ECT, .flags = SYN | ACK, .ack = 1);
	peer_send(p, .flags = ACK, .seq = 1, .ack = 1);
	self->fd = accept_now(self);
	ASSERT_LE(0, self->fd);
	host_writes(_metadata, self, 1, 40 * MSS, 0);
	for (i = 0; i < 10; i++)
		ASSERT_SEGMENT(i, NOT_ECT, false);
	PEER_ACKS(1, ECE);
	ASSERT_LE(10, info_of(self).tcpi_snd_cwnd);
	ASSERT_EQ(0, host_counter("EcnReductions"));
	PEER_ACKS(1, 0);
	PEER_ACKS(1, 0);
	peer_drain(p);
	PEER_ACKS(1, 0);
	ASSERT_SEGMENT(1, NOT_ECT, false);
	ASSERT_EQ(1, host_counter("FastRetrans"));
}

TEST_HARNESS_MAIN

// SPDX-License-Identifier: GPL-2.0
/*
 * TCP Fast Open (RFC 7413), the server: what the option and the data of a SYN do to a listener.
 */
#include "kselftest_harness.h"
#include "lib/fastopen_fixture.h"

#define KEY	16	/* bytes */

/* Of the peer: its bytes from number 1 on. */
static const void *text_of(size_t len)
{
	static uint8_t buf[STREAM_MAX];

	pattern_fill(PEER_SEED, 1, buf, len);
	return buf;
}

/* LISTEN, with room for so many that are open before their handshake is complete. */
static void start_fast(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self, int queue)
{
	set_fastopen(CLIENT | SERVER);
	start_listener(_metadata, self);
	ASSERT_EQ(0, host_set(self->listener, IPPROTO_TCP, TCP_FASTOPEN, queue));
	ASSERT_EQ(queue, host_get(self->listener, IPPROTO_TCP, TCP_FASTOPEN));
}

/* Another connection; of the last one nothing is left but what the host keeps. */
static void next_connection(FIXTURE_DATA(peer) *self)
{
	peer_drain(&self->peer);
	peer_forget(&self->peer);
	self->peer.port++;
	self->peer.host_port = HOST_PORT;
	self->peer.syn = (struct segment_options){ .seen = OPT_MSS, .mss = MSS };
}

/* By an ordinary handshake, which is not completed. */
static void get_cookie(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self, uint8_t *cookie)
{
	struct peer *p = &self->peer;

	next_connection(self);
	say(self, NULL, 0);
	peer_send(p, .flags = SYN);
	ASSERT_FINE(peer_expect(p, .flags = SYN | ACK, .ack = 1));
	ASSERT_TRUE(p->got.opt.seen & OPT_FASTOPEN);
	ASSERT_EQ(COOKIE, p->got.opt.fastopen_len);
	memcpy(cookie, p->got.opt.fastopen, COOKIE);
	peer_send(p, .flags = RST, .seq = 1);
	next_connection(self);
}

/* A SYN with data opens a connection: the SYN-ACK acknowledges both. */
static void open_fast(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self,
		      const uint8_t *cookie, size_t len)
{
	struct peer *p = &self->peer;

	say(self, cookie, COOKIE);
	peer_send(p, .flags = SYN, .data = text_of(len), .len = len);
	ASSERT_FINE(peer_expect(p, .flags = SYN | ACK, .ack = 1 + len));
	ASSERT_FALSE(p->got.opt.seen & OPT_FASTOPEN);
}

/* A SYN with data opens nothing: the SYN-ACK acknowledges it alone. */
static void open_slowly(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self, size_t len)
{
	struct peer *p = &self->peer;

	peer_send(p, .flags = SYN, .data = text_of(len), .len = len);
	ASSERT_FINE(peer_expect(p, .flags = SYN | ACK, .ack = 1));
	ASSERT_EQ(-EAGAIN, accept_now(self));
}

/* RFC 7413 4.1.1: the same for the same client, and only where it is asked for. */
TEST_F(peer, request)
{
	uint8_t cookie[COOKIE], again[COOKIE];
	struct peer *p = &self->peer;

	start_fast(_metadata, self, 8);
	get_cookie(_metadata, self, cookie);
	get_cookie(_metadata, self, again);
	ASSERT_EQ(0, memcmp(cookie, again, COOKIE));
	/* What comes along is left to the handshake, as it ever was. */
	say(self, NULL, 0);
	open_slowly(_metadata, self, 100);
	ASSERT_TRUE(p->got.opt.seen & OPT_FASTOPEN);
	ASSERT_EQ(0, memcmp(cookie, p->got.opt.fastopen, COOKIE));
	peer_send(p, .flags = ACK, .seq = 1, .ack = 1, .data = text_of(100), .len = 100);
	self->fd = accept_now(self);
	ASSERT_LE(0, self->fd);
	host_reads(_metadata, self, 1, 100);
	ASSERT_FALSE(info_of(self).tcpi_options & TCPI_OPT_SYN_DATA);
	peer_send(p, .flags = RST, .seq = 101);

	next_connection(self);
	open_slowly(_metadata, self, 100);
	ASSERT_FALSE(p->got.opt.seen & OPT_FASTOPEN);
	if (host_is_reference(&self->host))
		return;
	ASSERT_EQ(3, host_counter("TCPFastOpenCookieReqd"));
	ASSERT_EQ(0, host_counter("TCPFastOpenPassive"));
}

/* RFC 5927 6: what has been accepted is no attempt any more. */
TEST_F(peer, unreachable)
{
	const bool v4 = self->host.version == 4;
	uint8_t cookie[COOKIE];

	start_fast(_metadata, self, 8);
	get_cookie(_metadata, self, cookie);
	open_fast(_metadata, self, cookie, 100);
	self->fd = accept_now(self);
	ASSERT_LE(0, self->fd);
	peer_send_icmp(&self->peer, v4 ? 3 : 1, v4 ? 3 : 4, 0, 0);
	ASSERT_STATE(STATE_SYN_RECEIVED);
	host_reads(_metadata, self, 1, 100);
	peer_send(&self->peer, .flags = ACK, .seq = 101, .ack = 1);
	ASSERT_STATE(STATE_ESTABLISHED);
}

/* TCP_SAVED_SYN has what opened the connection, without the data. */
TEST_F(peer, saved_syn)
{
	uint8_t cookie[COOKIE], saved[256];
	socklen_t len = sizeof(saved);
	const int on = 1;

	start_fast(_metadata, self, 8);
	ASSERT_EQ(0, setsockopt(self->listener, IPPROTO_TCP, TCP_SAVE_SYN, &on, sizeof(on)));
	get_cookie(_metadata, self, cookie);
	open_fast(_metadata, self, cookie, 100);
	self->fd = accept_now(self);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, getsockopt(self->fd, IPPROTO_TCP, TCP_SAVED_SYN, saved, &len));
	ASSERT_LT((self->host.version == 4 ? 20 : 40) + 20 + COOKIE, len);
	ASSERT_GE((self->host.version == 4 ? 20 : 40) + 60, len);
	ASSERT_NE(NULL, memmem(saved, len, cookie, COOKIE));
}

/* RFC 7413 4.2.2: read and answered before the handshake is complete. */
TEST_F(peer, opened_at_once)
{
	struct peer *p = &self->peer;
	uint8_t cookie[COOKIE];

	start_fast(_metadata, self, 8);
	get_cookie(_metadata, self, cookie);
	open_fast(_metadata, self, cookie, 100);
	self->fd = accept_now(self);
	ASSERT_LE(0, self->fd);
	ASSERT_STATE(STATE_SYN_RECEIVED);
	ASSERT_EQ(POLLIN | POLLOUT, events_of(self->fd));
	ASSERT_TRUE(info_of(self).tcpi_options & TCPI_OPT_SYN_DATA);
	host_reads(_metadata, self, 1, 100);
	host_reads_nothing(_metadata, self);
	ASSERT_EQ(POLLOUT, events_of(self->fd));

	host_writes(_metadata, self, 1, 50, 0);
	ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 1, .ack = 101, .len = 50));
	ASSERT_EQ(50, pattern_check(HOST_SEED, 1, p->data, 50));
	ASSERT_STATE(STATE_SYN_RECEIVED);
	peer_send(p, .flags = ACK, .seq = 101, .ack = 51);
	ASSERT_STATE(STATE_ESTABLISHED);
	ASSERT_FINE(peer_expect_nothing(p));

	peer_writes(self, 101, 51, 200);
	ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 51, .ack = 301));
	host_reads(_metadata, self, 101, 200);
	host_writes(_metadata, self, 51, 50, 0);
	ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 51, .ack = 301, .len = 50));
	if (host_is_reference(&self->host))
		return;
	ASSERT_EQ(1, host_counter("TCPFastOpenPassive"));
	ASSERT_EQ(1, host_counter("Established"));
}

/* A cookie without data is as good; what the handshake's ACK brings follows. */
TEST_F(peer, without_data)
{
	struct peer *p = &self->peer;
	uint8_t cookie[COOKIE];

	start_fast(_metadata, self, 8);
	get_cookie(_metadata, self, cookie);
	open_fast(_metadata, self, cookie, 0);
	self->fd = accept_now(self);
	ASSERT_LE(0, self->fd);
	ASSERT_STATE(STATE_SYN_RECEIVED);
	host_reads_nothing(_metadata, self);
	peer_writes(self, 1, 1, 10);
	ASSERT_STATE(STATE_ESTABLISHED);
	host_reads(_metadata, self, 1, 10);
	ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 1, .ack = 11));
}

/* RFC 7413 4.2.2: the handshake comes first, and tells the right one. */
TEST_F(peer, wrong_cookie)
{
	uint8_t cookie[COOKIE], wrong[16];
	struct peer *p = &self->peer;
	static const uint8_t lens[] = { 4, 6, 8, 10, 12, 14, 16 };
	unsigned int i;

	start_fast(_metadata, self, 8);
	get_cookie(_metadata, self, cookie);
	for (i = 0; i < sizeof(lens); i++) {
		next_connection(self);
		memset(wrong, 0, sizeof(wrong));
		memcpy(wrong, cookie, COOKIE);
		wrong[COOKIE - 1] ^= lens[i] == COOKIE;
		say(self, wrong, lens[i]);
		open_slowly(_metadata, self, 100);
		ASSERT_TRUE(p->got.opt.seen & OPT_FASTOPEN);
		ASSERT_EQ(COOKIE, p->got.opt.fastopen_len);
		ASSERT_EQ(0, memcmp(cookie, p->got.opt.fastopen, COOKIE));
		peer_send(p, .flags = RST, .seq = 1);
	}
	if (!host_is_reference(&self->host))
		ASSERT_EQ(7, host_counter("TCPFastOpenPassiveFail"));
}

/* Options of no length that they may have are none. */
TEST_F(peer, lying_lengths)
{
	static const uint8_t lens[] = { 3, 4, 5, 7, 9, 11, 17, 19, 20 };
	struct peer *p = &self->peer;
	uint8_t cookie[COOKIE], opts[24];
	unsigned int i;

	start_fast(_metadata, self, 8);
	get_cookie(_metadata, self, cookie);
	for (i = 0; i < sizeof(lens); i++) {
		next_connection(self);
		memset(opts, 1, sizeof(opts));
		opts[0] = 34;
		opts[1] = lens[i];
		memcpy(opts + 2, cookie, lens[i] - 2 < COOKIE ? lens[i] - 2 : COOKIE);
		peer_send(p, .flags = SYN, .raw_opt = opts, .raw_opt_len = sizeof(opts),
			  .data = text_of(10), .len = 10);
		ASSERT_FINE(peer_expect(p, .flags = SYN | ACK, .ack = 1));
		ASSERT_FALSE(p->got.opt.seen & OPT_FASTOPEN);
		ASSERT_EQ(-EAGAIN, accept_now(self));
		peer_send(p, .flags = RST, .seq = 1);
	}
	ONLY_XTCP();
	/* One that goes on beyond the header spoils the whole segment. */
	next_connection(self);
	opts[1] = sizeof(opts) + 2;
	peer_send(p, .flags = SYN, .raw_opt = opts, .raw_opt_len = sizeof(opts));
	ASSERT_FINE(peer_expect_nothing(p));
	ASSERT_EQ(1, host_counter("DropOptions"));
}

/* RFC 7413 5.1: above the bound the handshake comes first. Who has completed it counts no more. */
TEST_F(peer, bound)
{
	struct peer *p = &self->peer;
	uint8_t cookie[COOKIE], buf[20];
	uint16_t first;
	int fds[3];

	start_fast(_metadata, self, 2);
	get_cookie(_metadata, self, cookie);
	first = p->port;
	open_fast(_metadata, self, cookie, 10);
	fds[0] = accept_now(self);
	next_connection(self);
	open_fast(_metadata, self, cookie, 10);
	fds[1] = accept_now(self);
	next_connection(self);
	say(self, cookie, COOKIE);
	open_slowly(_metadata, self, 10);
	peer_send(p, .flags = RST, .seq = 1);
	if (!host_is_reference(&self->host))
		ASSERT_EQ(1, host_counter("TCPFastOpenListenOverflow"));

	/* The first one's numbers are not known any more, but it can be asked. */
	next_connection(self);
	p->port = first;
	say(self, cookie, COOKIE);
	peer_send(p, .flags = SYN, .data = text_of(10), .len = 10);
	ASSERT_FINE(peer_expect(p, .flags = SYN | ACK, .ack = 11));
	peer_send(p, .flags = ACK, .seq = 11, .ack = 1);
	p->port += 3;
	next_connection(self);
	open_fast(_metadata, self, cookie, 10);
	fds[2] = accept_now(self);
	ASSERT_LE(0, fds[2]);
	/* One that is closed before its handshake is complete counts until it is over. */
	ASSERT_EQ(10, read(fds[2], buf, sizeof(buf)));
	close(fds[2]);
	peer_drain(p);
	next_connection(self);
	say(self, cookie, COOKIE);
	open_slowly(_metadata, self, 10);
	close(fds[0]);
	close(fds[1]);
	/* Nor is it to go on for ever. */
	p->port--;
	peer_send(p, .flags = RST, .seq = 11);
}

/* RFC 7413 5.1: a reset may come from somebody whose cookie another has used. */
TEST_F(peer, reset)
{
	struct peer *p = &self->peer;
	uint8_t cookie[COOKIE];
	char byte;

	start_fast(_metadata, self, 1);
	get_cookie(_metadata, self, cookie);
	open_fast(_metadata, self, cookie, 0);
	self->fd = accept_now(self);
	ASSERT_LE(0, self->fd);
	peer_send(p, .flags = RST, .seq = 1);
	ASSERT_EQ(-1, read(self->fd, &byte, 1));
	ASSERT_EQ(ECONNRESET, errno);
	host_closes(self);

	next_connection(self);
	say(self, cookie, COOKIE);
	open_slowly(_metadata, self, 10);
	peer_send(p, .flags = ACK, .seq = 1, .ack = 1);
	self->fd = accept_now(self);
	ASSERT_LE(0, self->fd);
}

/* The SYN-ACK comes again when it is asked for, and whatever it is asked with. */
TEST_F(peer, syn_again)
{
	struct peer *p = &self->peer;
	uint8_t cookie[COOKIE];

	start_fast(_metadata, self, 8);
	get_cookie(_metadata, self, cookie);
	open_fast(_metadata, self, cookie, 100);
	peer_send(p, .flags = SYN, .data = text_of(100), .len = 100);
	ASSERT_FINE(peer_expect(p, .flags = SYN | ACK, .ack = 101));
	/* RFC 7413 4.1.3: as a client sends it again. */
	p->syn.seen &= ~OPT_FASTOPEN;
	peer_send(p, .flags = SYN);
	ASSERT_FINE(peer_expect(p, .flags = SYN | ACK, .ack = 101));
	peer_send(p, .flags = ACK, .seq = 101, .ack = 1);
	self->fd = accept_now(self);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(-EAGAIN, accept_now(self));
	ASSERT_STATE(STATE_ESTABLISHED);
	host_reads(_metadata, self, 1, 100);
	host_reads_nothing(_metadata, self);
}

/* By its timer too, with what the user wrote behind it, until it gives up. */
TEST_F(peer, synack_again)
{
	struct peer *p = &self->peer;
	uint8_t cookie[COOKIE];
	char byte;

	ONLY_XTCP();
	hurry_timers(&self->host);
	start_fast(_metadata, self, 1);
	get_cookie(_metadata, self, cookie);
	open_fast(_metadata, self, cookie, 10);
	self->fd = accept_now(self);
	ASSERT_LE(0, self->fd);
	ASSERT_FINE(peer_expect(p, .flags = SYN | ACK, .ack = 11));
	ASSERT_FINE(peer_expect(p, .flags = SYN | ACK, .ack = 11));
	ASSERT_FINE(peer_expect_nothing(p));
	usleep(1000 * clock_scaled(600, 2000));
	host_reads(_metadata, self, 1, 10);
	ASSERT_EQ(-1, read(self->fd, &byte, 1));
	ASSERT_EQ(ETIMEDOUT, errno);
	host_closes(self);
	/* It was no reset. */
	next_connection(self);
	open_fast(_metadata, self, cookie, 10);
}

/* shutdown() before the handshake is complete: the FIN follows, where the reference has it wait. */
TEST_F(peer, closed_early)
{
	struct peer *p = &self->peer;
	uint8_t cookie[COOKIE];

	ONLY_XTCP();
	start_fast(_metadata, self, 1);
	get_cookie(_metadata, self, cookie);
	open_fast(_metadata, self, cookie, 10);
	self->fd = accept_now(self);
	ASSERT_LE(0, self->fd);
	host_reads(_metadata, self, 1, 10);
	host_writes(_metadata, self, 1, 5, 0);
	ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 1, .ack = 11, .len = 5));
	host_shuts(_metadata, self, 6, 11);
	ASSERT_STATE(STATE_FIN_WAIT_1);
	peer_send(p, .flags = ACK, .seq = 11, .ack = 7);
	ASSERT_STATE(STATE_FIN_WAIT_2);
	peer_send(p, .flags = FIN | ACK, .seq = 11, .ack = 7);
	ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 7, .ack = 12));
	ASSERT_STATE(STATE_TIME_WAIT);
	/* And it counts no more. */
	next_connection(self);
	open_fast(_metadata, self, cookie, 10);
}

/* Whoever waits for accept() is reset; whoever was accepted goes on. */
TEST_F(peer, listener_closed)
{
	struct peer *p = &self->peer;
	uint8_t cookie[COOKIE];

	start_fast(_metadata, self, 8);
	get_cookie(_metadata, self, cookie);
	open_fast(_metadata, self, cookie, 10);
	close(self->listener);
	self->listener = -1;
	ASSERT_FINE(peer_expect(p, .flags = RST | ACK, .seq = 1, .ack = 11));

	next_connection(self);
	start_fast(_metadata, self, 8);
	get_cookie(_metadata, self, cookie);
	open_fast(_metadata, self, cookie, 10);
	self->fd = accept_now(self);
	ASSERT_LE(0, self->fd);
	close(self->listener);
	self->listener = -1;
	ASSERT_FINE(peer_expect_nothing(p));
	peer_send(p, .flags = ACK, .seq = 11, .ack = 1);
	ASSERT_STATE(STATE_ESTABLISHED);
	host_reads(_metadata, self, 1, 10);
	host_writes(_metadata, self, 1, 10, 0);
	ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 1, .ack = 11, .len = 10));
}

/* ip-route(8): fastopen_no_cookie. */
static void route_without_cookie(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self)
{
	char command[128];

	snprintf(command, sizeof(command),
		 "ip -%d route replace %s dev " PEER_DEV " fastopen_no_cookie 1",
		 self->host.version, self->host.version == 4 ? PEER_V4 : PEER_V6);
	ASSERT_EQ(0, system(command));
}

/* Whoever asks for no cookies gets data without. */
TEST_F(peer, no_cookie)
{
	struct peer *p = &self->peer;
	int way;

	for (way = 0; way < 3; way++) {
		next_connection(self);
		start_fast(_metadata, self, 8);
		if (way == 0) {
			ASSERT_EQ(0, host_set(self->listener, IPPROTO_TCP, TCP_FASTOPEN_NO_COOKIE,
					      1));
		} else if (way == 1) {
			set_fastopen(SERVER | SERVER_FREE);
		} else {
			route_without_cookie(_metadata, self);
		}
		peer_send(p, .flags = SYN, .data = text_of(10), .len = 10);
		ASSERT_FINE(peer_expect(p, .flags = SYN | ACK, .ack = 11));
		self->fd = accept_now(self);
		ASSERT_LE(0, self->fd);
		host_reads(_metadata, self, 1, 10);
		peer_send(p, .flags = RST, .seq = 11);
		host_closes(self);
		/* Without data there is nothing to be had by it. */
		next_connection(self);
		open_slowly(_metadata, self, 0);
		close(self->listener);
		self->listener = -1;
	}
}

/* net.xtcp.fastopen: listeners that asked for nothing, and none at all. */
TEST_F(peer, setting)
{
	struct peer *p = &self->peer;
	uint8_t cookie[COOKIE];

	set_fastopen(SERVER | SERVER_ALL);
	start_listener(_metadata, self);
	ASSERT_EQ(8, host_get(self->listener, IPPROTO_TCP, TCP_FASTOPEN));
	get_cookie(_metadata, self, cookie);
	open_fast(_metadata, self, cookie, 10);
	peer_send(p, .flags = RST, .seq = 11);
	next_connection(self);

	set_fastopen(CLIENT);
	say(self, cookie, COOKIE);
	peer_send(p, .flags = SYN, .data = text_of(10), .len = 10);
	ASSERT_FINE(peer_expect(p, .flags = SYN | ACK, .ack = 1));
	ASSERT_FALSE(p->got.opt.seen & OPT_FASTOPEN);
	peer_send(p, .flags = RST, .seq = 1);
	next_connection(self);
	say(self, NULL, 0);
	peer_send(p, .flags = SYN);
	ASSERT_FINE(peer_expect(p, .flags = SYN | ACK, .ack = 1));
	ASSERT_FALSE(p->got.opt.seen & OPT_FASTOPEN);
}

/* Two keys: a cookie of the older one opens, and the SYN-ACK brings another. */
TEST_F(peer, second_key)
{
	uint8_t keys[2 * KEY], got[3 * KEY], old[COOKIE], fresh[COOKIE];
	struct peer *p = &self->peer;
	socklen_t len = sizeof(got);
	int i;

	for (i = 0; i < 2 * KEY; i++)
		keys[i] = i;
	start_fast(_metadata, self, 8);
	ASSERT_EQ(0, setsockopt(self->listener, IPPROTO_TCP, TCP_FASTOPEN_KEY, keys + KEY, KEY));
	get_cookie(_metadata, self, old);
	ASSERT_EQ(0, setsockopt(self->listener, IPPROTO_TCP, TCP_FASTOPEN_KEY, keys, 2 * KEY));
	ASSERT_EQ(0, getsockopt(self->listener, IPPROTO_TCP, TCP_FASTOPEN_KEY, got, &len));
	ASSERT_EQ(2 * KEY, len);
	ASSERT_EQ(0, memcmp(keys, got, 2 * KEY));
	get_cookie(_metadata, self, fresh);
	ASSERT_NE(0, memcmp(old, fresh, COOKIE));

	say(self, old, COOKIE);
	peer_send(p, .flags = SYN, .data = text_of(10), .len = 10);
	ASSERT_FINE(peer_expect(p, .flags = SYN | ACK, .ack = 11));
	ASSERT_TRUE(p->got.opt.seen & OPT_FASTOPEN);
	ASSERT_EQ(0, memcmp(fresh, p->got.opt.fastopen, COOKIE));
	/* Sent again, it does not. */
	peer_send(p, .flags = SYN);
	ASSERT_FINE(peer_expect(p, .flags = SYN | ACK, .ack = 11));
	ASSERT_FALSE(p->got.opt.seen & OPT_FASTOPEN);
	if (!host_is_reference(&self->host))
		ASSERT_EQ(1, host_counter("TCPFastOpenPassiveAltKey"));
}

/* Hosts that share a key take each other's cookies: here XTCP and the kernel's TCP. */
TEST_F(peer, shared_key)
{
	static const char text[] = "00112233-44556677-8899aabb-ccddeeff";
	struct host kernel = { 0, IPPROTO_TCP, self->host.version };
	uint8_t ours[COOKIE], theirs[COOKIE];
	char got[100];
	int fd;

	ONLY_XTCP();
	if (self->host.protocol != IPPROTO_TCP)
		SKIP(return, "no kernel on this carrier");
	net_sysctl_write("net/xtcp/fastopen_key", text);
	net_sysctl_write("net/ipv4/tcp_fastopen_key", text);
	ASSERT_EQ(0, net_sysctl_read("net/xtcp/fastopen_key", got, sizeof(got)));
	ASSERT_STREQ(text, strtok(got, "\n"));
	start_fast(_metadata, self, 8);
	get_cookie(_metadata, self, ours);
	close(self->listener);
	self->listener = -1;

	fd = host_listen(&kernel, NULL, HOST_PORT, 8);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, host_set(fd, IPPROTO_TCP, TCP_FASTOPEN, 8));
	get_cookie(_metadata, self, theirs);
	ASSERT_EQ(0, memcmp(ours, theirs, COOKIE));
	close(fd);
}

/* A queue without room takes no SYN with data, but one that needs no room. */
TEST_F(peer, queue_full)
{
	struct peer *p = &self->peer;
	uint8_t cookie[COOKIE];

	ONLY_XTCP();
	start_fast(_metadata, self, 8);
	get_cookie(_metadata, self, cookie);
	net_sysctl_write("net/xtcp/synq_bytes", "0");
	peer_send(p, .flags = SYN, .data = text_of(10), .len = 10);
	ASSERT_FINE(peer_expect_nothing(p));
	ASSERT_EQ(1, host_counter("DropSynData"));
	open_fast(_metadata, self, cookie, 10);
	self->fd = accept_now(self);
	ASSERT_LE(0, self->fd);
	peer_send(p, .flags = RST, .seq = 11);
	/* Where nothing is kept of a SYN, no child is either. */
	net_sysctl_write("net/xtcp/syncookies", "2");
	next_connection(self);
	say(self, cookie, COOKIE);
	open_slowly(_metadata, self, 10);
	ASSERT_EQ(1, host_counter("TCPFastOpenPassive"));
}

/* net.xtcp.syn_reflect answers a request, and lets pass what opens. */
TEST_F(peer, reflected)
{
	struct peer *p = &self->peer;
	uint8_t cookie[COOKIE];
	unsigned int i;

	ONLY_XTCP();
	if (self->host.protocol != IPPROTO_TCP)
		SKIP(return, "not reflected");
	net_sysctl_write("net/xtcp/syn_reflect", "2");
	start_fast(_metadata, self, 8);
	get_cookie(_metadata, self, cookie);
	ASSERT_EQ(1, host_counter("SynsReflected"));
	for (i = 0; i < 2; i++) {
		open_fast(_metadata, self, cookie, i ? 10 : 0);
		self->fd = accept_now(self);
		ASSERT_LE(0, self->fd);
		peer_send(p, .flags = RST, .seq = i ? 11 : 1);
		host_closes(self);
		next_connection(self);
	}
	ASSERT_EQ(1, host_counter("SynsReflected"));
	cookie[0] ^= 1;
	say(self, cookie, COOKIE);
	peer_send(p, .flags = SYN);
	ASSERT_FINE(peer_expect(p, .flags = SYN | ACK, .ack = 1));
	ASSERT_TRUE(p->got.opt.seen & OPT_FASTOPEN);
	ASSERT_EQ(2, host_counter("SynsReflected"));
}

/* What setsockopt() and getsockopt() take. */
TEST_F(peer, options)
{
	uint8_t key[3 * KEY] = {}, got[KEY];
	socklen_t len = sizeof(got);
	int fd;

	set_fastopen(CLIENT | SERVER);
	fd = host_socket(&self->host, SOCK_CLOEXEC);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, host_get(fd, IPPROTO_TCP, TCP_FASTOPEN));
	ASSERT_EQ(-EINVAL, host_set(fd, IPPROTO_TCP, TCP_FASTOPEN, -1));
	ASSERT_EQ(0, host_set(fd, IPPROTO_TCP, TCP_FASTOPEN, 5));
	ASSERT_EQ(5, host_get(fd, IPPROTO_TCP, TCP_FASTOPEN));
	ASSERT_EQ(-EINVAL, host_set(fd, IPPROTO_TCP, TCP_FASTOPEN_NO_COOKIE, 2));
	ASSERT_EQ(0, host_set(fd, IPPROTO_TCP, TCP_FASTOPEN_NO_COOKIE, 1));
	ASSERT_EQ(1, host_get(fd, IPPROTO_TCP, TCP_FASTOPEN_NO_COOKIE));
	ASSERT_EQ(-1, setsockopt(fd, IPPROTO_TCP, TCP_FASTOPEN_KEY, key, KEY - 1));
	ASSERT_EQ(EINVAL, errno);
	ASSERT_EQ(-1, setsockopt(fd, IPPROTO_TCP, TCP_FASTOPEN_KEY, key, 3 * KEY));
	ASSERT_EQ(EINVAL, errno);
	memset(key, 7, sizeof(key));
	ASSERT_EQ(0, setsockopt(fd, IPPROTO_TCP, TCP_FASTOPEN_KEY, key, KEY));
	ASSERT_EQ(0, getsockopt(fd, IPPROTO_TCP, TCP_FASTOPEN_KEY, got, &len));
	ASSERT_EQ(KEY, len);
	ASSERT_EQ(0, memcmp(key, got, KEY));
	close(fd);
	ONLY_XTCP();
	ASSERT_EQ(-EINVAL, net_sysctl_write("net/xtcp/fastopen_key", "1-2-3"));
	ASSERT_EQ(-EINVAL, net_sysctl_write("net/xtcp/fastopen_key", "1-2-3-4-5"));
	ASSERT_EQ(-EINVAL, net_sysctl_write("net/xtcp/fastopen_key", "1-2-3-4,"));
	ASSERT_EQ(0, net_sysctl_write("net/xtcp/fastopen_key", "1-2-3-4,5-6-7-8"));
}

TEST_HARNESS_MAIN

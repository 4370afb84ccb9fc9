// SPDX-License-Identifier: GPL-2.0
/*
 * Noise against sockets in every state: segments with anything in any field, cut, broken up and
 * spoilt, and ICMP errors, while another thread does with the same sockets what comes to its mind.
 *
 * What must hold all the same: each byte of a stream follows from its sequence number, and no
 * other is delivered, or sent; nothing is acknowledged that was not sent; TCP_INFO makes sense;
 * a connection opened afterwards works; and in the end nothing is left.
 *
 * The seed is printed, and XTCP_SEED repeats it: the segments are the same then, though not the
 * moments at which the other thread acts.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "lib/clock.h"
#include "lib/host.h"
#include "lib/net.h"
#include "lib/noise.h"
#include "lib/pattern.h"
#include "lib/peer.h"

#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT 280

#define HOST_PORT	5000
#define PORTS		997	/* of the peer: so soon no tuple comes again */
#define FDS		4	/* sockets of a round at most */
#define ORIGINS		64	/* SYNs of a round whose sequence numbers are remembered */
#define SPANS		512	/* segments of a round whose numbers are remembered */

/* First sequence numbers of streams, as SYNs have named them. Which one a stream has, shows. */
struct origins {
	uint32_t	seq[ORIGINS];
	unsigned int	count;
};

/**
 * struct stream - what the user has done with one socket
 * @fd: -1: none
 * @sent: bytes written
 * @got: bytes read
 * @may: which of the peer's origins explain all that was read
 * @holes: urgent bytes are out of band, so that what is read is not all of the stream
 */
struct stream {
	int		fd;
	uint32_t	sent;
	uint32_t	got;
	uint64_t	may;
	bool		holes;
};

FIXTURE(fuzz) {
	struct peer	peer;
	struct host	host;
	uint64_t	random;		/* of the segments */
	uint64_t	whim;		/* of the system calls */
	struct origins	theirs;		/* SYNs that the peer sent */
	struct origins	ours;		/* SYNs that the host sent */
	uint32_t	sent[SPANS][2];	/* of the peer's segments: first number and end */
	unsigned int	sent_count;
	uint32_t	sent_to;	/* where the last of them ended */
	uint32_t	our_next;	/* what the host sent last ends here */
	pthread_mutex_t	lock;		/* the rest */
	struct stream	streams[FDS];
	int		listener;
	bool		quit;
	char		wrong[320];
};

FIXTURE_VARIANT(fuzz) {
	struct host	host;
};

FIXTURE_VARIANT_ADD(fuzz, ordinary_v4) { .host = { AF_XTCP, IPPROTO_TCP, 4 } };
FIXTURE_VARIANT_ADD(fuzz, ordinary_v6) { .host = { AF_XTCP, IPPROTO_TCP, 6 } };
FIXTURE_VARIANT_ADD(fuzz, native_v4) { .host = { AF_XTCP, IPPROTO_XTCP, 4 } };
FIXTURE_VARIANT_ADD(fuzz, native_v6) { .host = { AF_XTCP, IPPROTO_XTCP, 6 } };

static uint64_t first_seed(void)
{
	const char *text = getenv("XTCP_SEED");

	return text ? strtoull(text, NULL, 0) : clock_ms() * 1000003 + getpid();
}

/* Timers fire while the noise goes on, and what is orphaned is soon gone. */
static void hurry_timers(void)
{
	static const char * const settings[][2] = {
		{ "net/xtcp/rto_min_ms", "10" }, { "net/xtcp/rto_initial_ms", "20" },
		{ "net/xtcp/rto_max_ms", "100" }, { "net/xtcp/delack_min_ms", "2" },
		{ "net/xtcp/syn_retries", "3" }, { "net/xtcp/synack_retries", "2" },
		{ "net/xtcp/orphan_retries", "2" }, { "net/xtcp/time_wait_ms", "1000" },
		{ "net/xtcp/fin_timeout_ms", "1000" }, { "net/xtcp/rfc1337", "0" },
		{ "net/xtcp/keepalive_idle_ms", "100" }, { "net/xtcp/cork_ms", "20" },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(settings); i++)
		net_sysctl_write(settings[i][0], settings[i][1]);
}

FIXTURE_SETUP(fuzz)
{
	unsigned int i;

	self->host = variant->host;
	self->listener = -1;
	for (i = 0; i < FDS; i++)
		self->streams[i].fd = -1;
	pthread_mutex_init(&self->lock, NULL);
	ASSERT_EQ(0, net_enter_new());
	ASSERT_EQ(0, peer_open(&self->peer, &self->host));
	hurry_timers();
	self->random = first_seed();
	self->whim = ~self->random;
	TH_LOG("XTCP_SEED=%llu", (unsigned long long)self->random);
}

FIXTURE_TEARDOWN(fuzz)
{
	peer_close(&self->peer);
}

static void add_origin(struct origins *o, uint32_t seq)
{
	unsigned int i;

	for (i = 0; i < o->count; i++) {
		if (o->seq[i] == seq)
			return;
	}
	if (o->count < ORIGINS)
		o->seq[o->count++] = seq;
}

/* The first complaint is the one that counts. Called with the lock. */
static void complain(FIXTURE_DATA(fuzz) *self, const char *what, uint32_t a, uint32_t b)
{
	if (!self->wrong[0])
		snprintf(self->wrong, sizeof(self->wrong), "%s (%u, %u)", what, a, b);
}

/*
 * The user
 */

static void user_begin(FIXTURE_DATA(fuzz) *self, struct stream *s, int fd)
{
	int inline_too = !noise_one_in(&self->whim, 3);

	setsockopt(fd, SOL_SOCKET, SO_OOBINLINE, &inline_too, sizeof(inline_too));
	*s = (struct stream){ .fd = fd, .may = ~0ull, .holes = !inline_too };
}

static void user_read(FIXTURE_DATA(fuzz) *self, struct stream *s, int flags)
{
	static uint8_t buf[NOISE_SEGMENT];
	uint64_t may = 0;
	unsigned int i;
	ssize_t n;

	n = recv(s->fd, buf, 1 + noise_draw(&self->whim, sizeof(buf)), MSG_DONTWAIT | flags);
	if (n <= 0 || s->holes)
		return;
	for (i = 0; i < self->theirs.count; i++) {
		if (s->may & 1ull << i && noise_matches(buf, self->theirs.seq[i] + 1 + s->got, n))
			may |= 1ull << i;
	}
	if (!may)
		complain(self, "what was read is not what was sent", s->got, n);
	if (flags & MSG_PEEK)
		return;
	s->may = may;
	s->got += n;
}

/* The host's bytes are numbered from 0: its ISN is not known here. */
static void user_write(FIXTURE_DATA(fuzz) *self, struct stream *s)
{
	static uint8_t buf[20000];
	size_t len = 1 + noise_draw(&self->whim, noise_one_in(&self->whim, 4) ? sizeof(buf) : 200);
	ssize_t n;

	noise_fill(buf, s->sent, len);
	n = send(s->fd, buf, len, MSG_DONTWAIT | MSG_NOSIGNAL |
		 (noise_one_in(&self->whim, 4) ? MSG_MORE : 0) |
		 (noise_one_in(&self->whim, 6) ? MSG_OOB : 0));
	if (n > 0)
		s->sent += n;
}

static void user_set(FIXTURE_DATA(fuzz) *self, struct stream *s)
{
	static const struct {
		int	level;
		int	name;
		int	most;
	} options[] = {
		{ SOL_SOCKET, SO_RCVBUF, 200000 }, { SOL_SOCKET, SO_SNDBUF, 200000 },
		{ SOL_SOCKET, SO_KEEPALIVE, 2 }, { SOL_SOCKET, SO_RCVLOWAT, 100000 },
		{ IPPROTO_TCP, TCP_NODELAY, 2 }, { IPPROTO_TCP, TCP_MAXSEG, 2000 },
		{ IPPROTO_TCP, TCP_SYNCNT, 5 }, { IPPROTO_TCP, TCP_LINGER2, 3 },
		{ IPPROTO_TCP, TCP_CORK, 2 }, { IPPROTO_TCP, TCP_QUICKACK, 3 },
		{ IPPROTO_TCP, TCP_KEEPIDLE, 3 }, { IPPROTO_TCP, TCP_KEEPINTVL, 3 },
		{ IPPROTO_TCP, TCP_KEEPCNT, 9 }, { IPPROTO_TCP, TCP_USER_TIMEOUT, 5000 },
		{ IPPROTO_IP, IP_TOS, 256 }, { IPPROTO_IPV6, IPV6_TCLASS, 256 },
	};
	unsigned int i = noise_draw(&self->whim, ARRAY_SIZE(options));
	int value = noise_draw(&self->whim, options[i].most);

	setsockopt(s->fd, options[i].level, options[i].name, &value, sizeof(value));
}

static void user_look(FIXTURE_DATA(fuzz) *self, struct stream *s)
{
	struct pollfd pfd = { .fd = s->fd, .events = POLLIN | POLLOUT | POLLRDHUP | POLLPRI };
	struct sockaddr_storage addr;
	socklen_t len = sizeof(addr);
	struct tcp_info info;
	int in = 0, out = 0, mark = 0;
	char urgent;

	poll(&pfd, 1, 0);
	ioctl(s->fd, SIOCATMARK, &mark);
	recv(s->fd, &urgent, 1, MSG_OOB | (noise_one_in(&self->whim, 2) ? MSG_PEEK : 0));
	getsockname(s->fd, (struct sockaddr *)&addr, &len);
	len = sizeof(addr);
	getpeername(s->fd, (struct sockaddr *)&addr, &len);
	ioctl(s->fd, SIOCINQ, &in);
	ioctl(s->fd, SIOCOUTQ, &out);
	if (in < 0 || out < 0)
		complain(self, "a queue is shorter than nothing", in, out);
	if (host_info(s->fd, &info)) {
		complain(self, "no TCP_INFO", errno, 0);
		return;
	}
	if (!info.tcpi_state || info.tcpi_state > STATE_CLOSING ||
	    info.tcpi_state == STATE_TIME_WAIT)
		complain(self, "no state for a socket", info.tcpi_state, 0);
	if (info.tcpi_state == STATE_ESTABLISHED &&
	    (!info.tcpi_snd_mss || !info.tcpi_snd_cwnd || !info.tcpi_rto))
		complain(self, "an impossible MSS, window or timeout", info.tcpi_snd_mss,
			 info.tcpi_snd_cwnd);
	if (info.tcpi_lost > info.tcpi_unacked)
		complain(self, "more lost than sent", info.tcpi_lost, info.tcpi_unacked);
}

static void user_close(FIXTURE_DATA(fuzz) *self, struct stream *s, bool abort)
{
	struct linger linger = { .l_onoff = abort };

	setsockopt(s->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	close(s->fd);
	s->fd = -1;
}

static void user_disconnect(struct stream *s)
{
	struct sockaddr unspec = { .sa_family = AF_UNSPEC };

	connect(s->fd, &unspec, sizeof(unspec));
}

static void user_accept(FIXTURE_DATA(fuzz) *self)
{
	unsigned int i;
	int fd;

	if (self->listener < 0)
		return;
	for (i = 0; i < FDS; i++) {
		if (self->streams[i].fd >= 0)
			continue;
		fd = accept4(self->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd >= 0)
			user_begin(self, &self->streams[i], fd);
		return;
	}
}

static void user_act(FIXTURE_DATA(fuzz) *self)
{
	struct stream *s = &self->streams[noise_draw(&self->whim, FDS)];

	if (noise_one_in(&self->whim, 8))
		user_accept(self);
	if (noise_one_in(&self->whim, 64))
		host_count(&self->host, STATE_NONE);
	if (s->fd < 0)
		return;
	switch (noise_draw(&self->whim, 40)) {
	case 0 ... 9:
		user_write(self, s);
		break;
	case 10 ... 19:
		user_read(self, s, 0);
		break;
	case 20 ... 22:
		user_read(self, s, MSG_PEEK);
		break;
	case 23 ... 26:
		user_set(self, s);
		break;
	case 27 ... 36:
		user_look(self, s);
		break;
	case 37:
		if (noise_one_in(&self->whim, 2))
			shutdown(s->fd, noise_draw(&self->whim, 3));
		break;
	case 38:
		if (noise_one_in(&self->whim, 4))
			user_close(self, s, noise_one_in(&self->whim, 2));
		break;
	case 39:
		if (noise_one_in(&self->whim, 8))
			user_disconnect(s);
		break;
	}
}

static void *user(void *arg)
{
	FIXTURE_DATA(fuzz) *self = arg;
	bool quit = false;

	while (!quit) {
		pthread_mutex_lock(&self->lock);
		user_act(self);
		quit = self->quit;
		pthread_mutex_unlock(&self->lock);
		if (noise_one_in(&self->whim, 4))
			usleep(noise_draw(&self->whim, 300));
	}
	return NULL;
}

/*
 * The peer's segments
 */

/* Options as they should be, with a byte or two changed, or none that make sense. */
static void draw_options(const struct peer *peer, struct noise *n, uint64_t *random)
{
	static const uint8_t mss[] = { 2, 4, 0x05, 0xb4 };
	static const uint8_t wscale[] = { 1, 3, 3, 7 };
	uint8_t *p = n->opt;
	size_t i;

	if (n->flags & SYN && !noise_one_in(random, 3)) {
		memcpy(p, mss, 4);
		if (noise_one_in(random, 3))
			noise_put16(p + 2, noise_draw(random, 300));
		p += 4;
	}
	if (!noise_one_in(random, 3)) {
		memcpy(p, (uint8_t[]){ 1, 1, 8, 10 }, 4);
		noise_put32(p + 4, peer->tsval + noise_draw(random, 20) - 10 +
		      (noise_one_in(random, 30) ? pattern_random(random) : 0));
		noise_put32(p + 8, noise_one_in(random, 10) ? pattern_random(random) :
		      peer->got.opt.tsval);
		p += 12;
	}
	if (n->flags & SYN && !noise_one_in(random, 3)) {
		memcpy(p, wscale, 4);
		p[3] = noise_draw(random, 20);
		p += 4;
	}
	n->opt_len = p - n->opt;
	if (noise_one_in(random, 10)) {
		n->opt_len = 4 * noise_draw(random, 11);
		for (i = 0; i < n->opt_len; i++)
			n->opt[i] = noise_draw(random, noise_one_in(random, 2) ? 256 : 12);
	} else if (n->opt_len && noise_one_in(random, 10)) {
		n->opt[noise_draw(random, n->opt_len)] = pattern_random(random);
	}
}

static uint8_t draw_flags(uint64_t *random)
{
	static const uint8_t likely[] = {
		ACK, ACK, ACK, ACK, ACK, ACK, ACK, ACK | PSH, ACK | PSH, ACK | FIN, ACK | URG,
		SYN, SYN | ACK, RST, RST | ACK, 0, FIN, SYN | FIN, SYN | RST, 0xff,
	};

	if (noise_one_in(random, 12))
		return pattern_random(random);
	return likely[noise_draw(random, sizeof(likely))];
}

/* A number at one of the edges that matter, give or take a little. */
static uint32_t draw_near(uint64_t *random, const uint32_t *edges, unsigned int count)
{
	uint32_t edge = edges[noise_draw(random, count)];

	switch (noise_draw(random, 10)) {
	case 0 ... 4:
		return edge;
	case 5 ... 6:
		return edge + noise_draw(random, 5) - 2;
	case 7:
		return edge + noise_draw(random, 4000) - 2000;
	case 8:
		return edge + noise_draw(random, 200000) - 100000;
	default:
		return pattern_random(random);
	}
}

static size_t draw_length(uint64_t *random)
{
	switch (noise_draw(random, 12)) {
	case 0 ... 3:
		return 0;
	case 4 ... 6:
		return noise_draw(random, 8);
	case 7 ... 10:
		return noise_draw(random, 1460);
	default:
		return noise_draw(random, 9000);
	}
}

static void draw_noise(FIXTURE_DATA(fuzz) *self, struct noise *n)
{
	const struct segment *got = &self->peer.got;
	uint64_t *random = &self->random;
	uint32_t host_ack = self->peer.iss + self->peer.host_ack;
	uint32_t una = self->peer.irs + got->seq;
	uint32_t window = got->window << noise_draw(random, 9);
	const uint32_t seqs[] = {
		host_ack, host_ack, host_ack, host_ack, host_ack - 1, self->peer.iss,
		self->sent_to, host_ack + window, host_ack + got->window,
	};
	const uint32_t acks[] = {
		self->our_next, self->our_next, self->our_next, una, una - 1, self->peer.irs,
		self->peer.irs + 1, una - 65535, una + 0x80000000u,
	};

	*n = (struct noise) {
		.flags = draw_flags(random),
		.seq = draw_near(random, seqs, ARRAY_SIZE(seqs)),
		.ack = draw_near(random, acks, ARRAY_SIZE(acks)),
		.window = noise_one_in(random, 3) ?
			  noise_draw(random, 3) * noise_draw(random, 2000) :
			  pattern_random(random),
		.urgent = pattern_random(random),
		.len = draw_length(random),
		.bad_sum = noise_one_in(random, 20),
	};
	draw_options(&self->peer, n, random);
	if (noise_one_in(random, 20)) {
		/* Where it is not less than the header, it cuts off data: then that is not ours. */
		n->lie = true;
		n->doff = noise_draw(random, 16);
		if (n->doff >= 5)
			n->len = 0;
		if (n->doff >= 5 && n->doff * 4u < 20 + n->opt_len)
			n->opt_len = n->doff * 4 - 20;
	}
}

static void note_sent(FIXTURE_DATA(fuzz) *self, const struct noise *n)
{
	uint32_t end = n->seq + n->len + !!(n->flags & SYN) + !!(n->flags & FIN);

	if (n->flags & SYN)
		add_origin(&self->theirs, n->seq);
	self->sent_to = end;
	self->sent[self->sent_count % SPANS][0] = n->seq;
	self->sent[self->sent_count++ % SPANS][1] = end;
}

static bool was_sent(const FIXTURE_DATA(fuzz) *self, uint32_t seq)
{
	unsigned int i;

	for (i = 0; i < self->sent_count && i < SPANS; i++) {
		if (seq - self->sent[i][0] <= self->sent[i][1] - self->sent[i][0])
			return true;
	}
	return false;
}

static void send_noise(FIXTURE_DATA(fuzz) *self)
{
	uint8_t tcp[NOISE_SEGMENT];
	struct noise n;
	size_t len;

	draw_noise(self, &n);
	pthread_mutex_lock(&self->lock);
	note_sent(self, &n);
	pthread_mutex_unlock(&self->lock);
	len = noise_encode(&self->peer, &n, tcp);
	noise_send(&self->peer, tcp, len, !n.bad_sum, &self->random);
}

/* ICMP and ICMPv6 errors, their quotes cut, of somebody else's segment, or no quote at all. */
static void send_icmp(FIXTURE_DATA(fuzz) *self)
{
	const struct segment_path *path = &self->peer.path;
	struct segment_path back = *path, outer = *path;
	uint64_t *random = &self->random;
	uint8_t message[300] = {}, packet[600];
	struct segment quote = {
		.sport = self->peer.host_port + noise_one_in(random, 8),
		.dport = self->peer.port, .flags = ACK,
		.seq = noise_one_in(random, 3) ? pattern_random(random) :
					   self->peer.irs + self->peer.got.seq,
	};
	uint16_t sum;
	size_t len;

	back.src = path->dst;
	back.dst = path->src;
	outer.protocol = path->version == 4 ? IPPROTO_ICMP : IPPROTO_ICMPV6;
	if (path->version == 6)
		message[0] = 1 + noise_draw(random, 4);
	else
		message[0] = noise_one_in(random, 4) ? 11 + noise_draw(random, 2) : 3;
	message[1] = noise_draw(random, 17);
	noise_put32(message + 4, noise_one_in(random, 3) ? pattern_random(random) :
							   noise_draw(random, 2000));
	len = 8 + segment_encode(&quote, &back, message + 8, sizeof(message) - 8);
	if (noise_one_in(random, 6))
		message[8 + noise_draw(random, len - 8)] ^= 1 << noise_draw(random, 8);
	if (noise_one_in(random, 4))
		len = 1 + noise_draw(random, len);
	if (len > 3) {
		noise_put16(message + 2, 0);
		sum = segment_checksum(path->version == 4 ? NULL : &outer, message, len);
		noise_put16(message + 2, noise_one_in(random, 8) ? sum ^ 1 : sum);
	}
	len = segment_encode_ip(&outer, message, len, packet, sizeof(packet));
	noise_write(&self->peer, packet, len);
}

/* What the host says must be true; called with the lock. */
static void check_answer(FIXTURE_DATA(fuzz) *self)
{
	const struct segment *got = &self->peer.got;
	uint32_t seq = self->peer.irs + got->seq;
	uint32_t ack = self->peer.iss + got->ack;
	unsigned int i;

	if (self->peer.text[0]) {
		complain(self, self->peer.text, got->seq, got->len);
		return;
	}
	if (got->flags & SYN)
		add_origin(&self->ours, seq);
	/* A reset answers whatever came, with its own numbers. */
	if (got->flags & RST)
		return;
	if (got->flags & ACK && !was_sent(self, ack))
		complain(self, "acknowledged what was not sent", ack, self->sent_to);
	self->our_next = seq + got->len + !!(got->flags & (SYN | FIN));
	for (i = 0; i < self->ours.count; i++) {
		if (noise_matches(got->data, seq - self->ours.seq[i] - 1, got->len))
			return;
	}
	if (got->len)
		complain(self, "sent what nobody wrote", got->seq, got->len);
}

static void hear(FIXTURE_DATA(fuzz) *self)
{
	while (peer_receive(&self->peer, 0)) {
		pthread_mutex_lock(&self->lock);
		check_answer(self);
		pthread_mutex_unlock(&self->lock);
	}
}

/* A segment that is as it should be. */
static void say(FIXTURE_DATA(fuzz) *self, uint8_t flags, size_t len)
{
	uint8_t tcp[NOISE_SEGMENT];
	struct noise n = {
		.flags = flags, .len = len, .window = 65535, .ack = self->our_next,
		.seq = flags & SYN ? self->peer.iss : self->peer.iss + self->peer.host_ack,
	};
	uint8_t packet[NOISE_PACKET];
	size_t total;

	if (self->peer.tsval) {
		memcpy(n.opt, (uint8_t[]){ 1, 1, 8, 10 }, 4);
		noise_put32(n.opt + 4, self->peer.tsval);
		noise_put32(n.opt + 8, self->peer.got.opt.tsval);
		n.opt_len = 12;
	}
	pthread_mutex_lock(&self->lock);
	note_sent(self, &n);
	pthread_mutex_unlock(&self->lock);
	total = noise_encode(&self->peer, &n, tcp);
	total = segment_encode_ip(&self->peer.path, tcp, total, packet, sizeof(packet));
	noise_write(&self->peer, packet, total);
	hear(self);
}

/*
 * Rounds
 */

static void begin_round(FIXTURE_DATA(fuzz) *self, unsigned int round)
{
	struct peer *peer = &self->peer;

	peer_drain(peer);
	peer_forget(peer);
	peer->port = PEER_PORT + round % PORTS;
	peer->host_port = 0;
	peer->host_ack = 0;
	peer->iss = pattern_random(&self->random);
	peer->tsval = noise_one_in(&self->random, 2) ? pattern_random(&self->random) | 1 : 0;
	memset(&peer->got, 0, sizeof(peer->got));
	self->sent_to = peer->iss;
	self->sent_count = 0;
	self->our_next = 0;
	self->ours.count = 0;
	self->theirs.count = 0;
}

static void connect_out(FIXTURE_DATA(fuzz) *self)
{
	int fd = host_socket(&self->host, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd < 0)
		return;
	user_begin(self, &self->streams[0], fd);
	host_connect(&self->host, fd, "peer", self->peer.port);
}

/* As far on the way through the states as the dice say. */
static void walk(FIXTURE_DATA(fuzz) *self)
{
	bool active = noise_one_in(&self->random, 2);
	unsigned int steps = noise_draw(&self->random, 8);

	pthread_mutex_lock(&self->lock);
	if (active) {
		connect_out(self);
	} else {
		self->listener = host_listen(&self->host, NULL, HOST_PORT, 2);
		self->peer.host_port = HOST_PORT;
	}
	pthread_mutex_unlock(&self->lock);
	hear(self);
	if (steps-- == 0)
		return;
	if (active && noise_one_in(&self->random, 4))
		say(self, SYN, 0);
	say(self, active ? SYN | ACK : SYN, 0);
	if (steps-- == 0)
		return;
	say(self, ACK, 0);
	if (steps-- == 0)
		return;
	pthread_mutex_lock(&self->lock);
	user_accept(self);
	pthread_mutex_unlock(&self->lock);
	say(self, ACK | PSH, noise_draw(&self->random, 1000));
	for (; steps; steps--) {
		pthread_mutex_lock(&self->lock);
		if (noise_one_in(&self->random, 2) && self->streams[0].fd >= 0)
			shutdown(self->streams[0].fd, SHUT_WR);
		else if (noise_one_in(&self->random, 3) && self->streams[0].fd >= 0)
			user_close(self, &self->streams[0], false);
		pthread_mutex_unlock(&self->lock);
		hear(self);
		say(self, noise_one_in(&self->random, 2) ? ACK | FIN : ACK, 0);
	}
}

static void end_round(FIXTURE_DATA(fuzz) *self)
{
	unsigned int i;

	pthread_mutex_lock(&self->lock);
	for (i = 0; i < FDS; i++) {
		if (self->streams[i].fd < 0)
			continue;
		user_look(self, &self->streams[i]);
		user_read(self, &self->streams[i], 0);
		user_close(self, &self->streams[i], noise_one_in(&self->random, 2));
	}
	if (self->listener >= 0)
		close(self->listener);
	self->listener = -1;
	pthread_mutex_unlock(&self->lock);
	hear(self);
	say(self, RST, 0);
}

static void noise(FIXTURE_DATA(fuzz) *self, unsigned int round, unsigned int segments)
{
	begin_round(self, round);
	walk(self);
	while (segments--) {
		if (noise_one_in(&self->random, 12))
			send_icmp(self);
		else
			send_noise(self);
		hear(self);
		if (noise_one_in(&self->random, 8))
			say(self, ACK, noise_draw(&self->random, 3000));
		if (noise_one_in(&self->random, 16))
			usleep(noise_draw(&self->random, 15000));
	}
	end_round(self);
}

/* The peer's next packet is of an earlier connection perhaps: it is on other ports. */
static void check_alive(struct __test_metadata *_metadata, FIXTURE_DATA(fuzz) *self)
{
	struct peer *p = &self->peer;
	char buf[16];
	int listener, fd;

	pthread_mutex_lock(&self->lock);
	EXPECT_STREQ("", self->wrong);
	peer_drain(p);
	peer_forget(p);
	p->tsval = 0;
	p->iss = PEER_ISS;
	p->port = PEER_PORT - 1;
	p->host_port = HOST_PORT + 1;
	listener = host_listen(&self->host, NULL, HOST_PORT + 1, 2);
	ASSERT_LE(0, listener);
	peer_send(p, .flags = SYN);
	ASSERT_STREQ("", peer_expect(p, .flags = SYN | ACK, .ack = 1));
	peer_send(p, .flags = ACK | PSH, .seq = 1, .ack = 1, .data = "hello", .len = 5);
	fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	ASSERT_LE(0, fd);
	ASSERT_EQ(5, recv(fd, buf, sizeof(buf), 0));
	ASSERT_EQ(0, memcmp(buf, "hello", 5));
	peer_send(p, .flags = RST, .seq = 6);
	ASSERT_EQ(-1, recv(fd, buf, sizeof(buf), 0));
	ASSERT_EQ(ECONNRESET, errno);
	close(fd);
	close(listener);
	pthread_mutex_unlock(&self->lock);
}

/* Orphans give up, TIME-WAIT ends: no connection may be stuck for want of a timer. */
static unsigned int wait_for_end(FIXTURE_DATA(fuzz) *self)
{
	const uint64_t end = clock_ms() + clock_patience_ms();
	unsigned int left;

	while ((left = host_count(&self->host, STATE_NONE)) && clock_ms() < end) {
		peer_drain(&self->peer);
		clock_sleep_ms(50);
	}
	return left;
}

TEST_F(fuzz, noise)
{
	unsigned int rounds = clock_scaled(100, 25);
	pthread_t thread;
	unsigned int i;

	ASSERT_EQ(0, pthread_create(&thread, NULL, user, self));
	for (i = 0; i < rounds && !self->wrong[0]; i++) {
		noise(self, i, 20 + noise_draw(&self->random, 60));
		if (i % 8 == 7)
			check_alive(_metadata, self);
	}
	pthread_mutex_lock(&self->lock);
	self->quit = true;
	pthread_mutex_unlock(&self->lock);
	ASSERT_EQ(0, pthread_join(thread, NULL));
	check_alive(_metadata, self);
	EXPECT_EQ(0, wait_for_end(self)) {
		TH_LOG("connections are left");
		system("cat /proc/net/xtcp /proc/net/xtcp6");
	}
}

TEST_HARNESS_MAIN

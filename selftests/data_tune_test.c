// SPDX-License-Identifier: GPL-2.0
/*
 * Buffers that follow their connection: the receiver's grows with what is read in a round trip, and
 * no further than it may; the sender's with the congestion window. And how a user bounds either.
 */
#include "kselftest_harness.h"
#include "lib/data_fixture.h"

#include <linux/sock_diag.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/wait.h>

#define ROUND_MS	40
#define ROUNDS		6

/* ESTABLISHED with window scaling, and with timestamps if the peer has any. */
static void open_scaled(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self,
			bool timestamps)
{
	struct peer *p = &self->peer;

	p->syn = (struct segment_options){ .seen = OPT_MSS | OPT_WSCALE, .mss = MSS };
	if (timestamps) {
		p->syn.seen |= OPT_TS;
		p->syn.tsval = 1;
		p->tsval = 1;
	}
	if (self->listener < 0)
		start_listener(_metadata, self);
	peer_send(p, .flags = SYN);
	ASSERT_FINE(peer_expect(p, .flags = SYN | ACK, .ack = 1));
	p->syn.wscale = p->got.opt.wscale;
	peer_send(p, .flags = ACK, .seq = 1, .ack = 1);
	self->fd = accept_now(self);
	ASSERT_LE(0, self->fd);
	p->host_ack = 1;
}

/**
 * struct flow - what the peer sends, and how much it may
 * @seq: next sequence number
 * @read: next that the host's user will read
 * @edge: right edge of what is offered; never moves back
 * @scale: of the window field
 */
struct flow {
	uint32_t	seq;
	uint32_t	read;
	uint32_t	edge;
	unsigned int	scale;
};

static struct flow flow_of(FIXTURE_DATA(peer) *self)
{
	return (struct flow) {
		.seq	= 1,
		.read	= 1,
		.edge	= 1 + self->peer.got.window,
		.scale	= self->peer.syn.wscale,
	};
}

/* RFC 9293 3.8.6 (SHLD-14). */
static void take_ack(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self,
		     struct flow *flow)
{
	struct peer *p = &self->peer;
	uint32_t edge;

	edge = p->got.ack + ((uint32_t)p->got.window << flow->scale);
	ASSERT_LE(0, (int32_t)(edge - flow->edge));
	flow->edge = edge;
}

static void take_acks(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self,
		      struct flow *flow)
{
	while (peer_receive(&self->peer, 0))
		take_ack(_metadata, self, flow);
}

static void read_up_to(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self,
		       struct flow *flow, uint32_t seq)
{
	if (seq > flow->seq)
		seq = flow->seq;
	if (seq <= flow->read)
		return;
	host_reads(_metadata, self, flow->read, seq - flow->read);
	flow->read = seq;
}

/*
 * One round trip: as much of @len as the window takes, of which the user reads @part. What the host
 * says meanwhile, its timestamps and windows, reaches the peer for the next.
 */
static void round_trip(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self,
		       struct flow *flow, uint32_t len, uint32_t part)
{
	const uint32_t stop = part < UINT32_MAX - flow->read ? flow->read + part : UINT32_MAX;
	/* Whatever clocks round to, by the host's a round is over when the next begins. */
	const uint32_t echo = self->peer.got.opt.tsval + ROUND_MS / 4;
	const uint32_t edge = flow->edge;
	const uint32_t end = flow->seq + len;

	self->peer.got.opt.tsval = echo;
	while (flow->seq < end && edge - flow->seq >= MSS) {
		peer_writes(self, flow->seq, 1, MSS);
		flow->seq += MSS;
		if (flow->seq / MSS % 10 == 0 || flow->seq == end) {
			read_up_to(_metadata, self, flow, stop);
			take_acks(_metadata, self, flow);
			self->peer.got.opt.tsval = echo;
		}
	}
	read_up_to(_metadata, self, flow, stop);
	while (self->peer.host_ack != flow->seq) {
		ASSERT_TRUE(peer_receive(&self->peer, clock_patience_ms()));
		take_ack(_metadata, self, flow);
	}
	take_acks(_metadata, self, flow);
	clock_sleep_ms(ROUND_MS);
	take_acks(_metadata, self, flow);
}

/* A sender in slow start and a reader that keeps up with it: four times a round's at the end. */
static void grow(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self, struct flow *flow)
{
	unsigned int i;

	*flow = flow_of(self);
	for (i = 0; i < ROUNDS; i++)
		round_trip(_metadata, self, flow, 10 * MSS << i, UINT32_MAX);
}

static void expect_growth(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self, int before)
{
	struct tcp_info info;
	struct flow flow;

	grow(_metadata, self, &flow);
	ASSERT_LT(2 * before, host_get(self->fd, SOL_SOCKET, SO_RCVBUF));
	ASSERT_LT(200 * MSS, flow.edge - flow.seq);
	/* But for the last round, of which the peer learns too late, it never held the sender. */
	ASSERT_LE(10 * MSS * ((1u << (ROUNDS - 1)) - 1), flow.seq);
	ASSERT_EQ(0, host_info(self->fd, &info));
	ASSERT_LT(50 * MSS, info.tcpi_rcv_space);
	ASSERT_LT(0, info.tcpi_rcv_rtt);
	ASSERT_LT(200 * MSS, info.tcpi_rcv_ssthresh);
}

TEST_F(peer, grows_with_reader)
{
	open_scaled(_metadata, self, true);
	expect_growth(_metadata, self, host_get(self->fd, SOL_SOCKET, SO_RCVBUF));
}

/* As long as the windows are what limits it, their round trip can be seen. */
TEST_F(peer, grows_without_timestamps)
{
	struct flow flow;
	unsigned int i;
	int before;

	ONE_OF_EACH();
	open_scaled(_metadata, self, false);
	before = host_get(self->fd, SOL_SOCKET, SO_RCVBUF);
	flow = flow_of(self);
	for (i = 0; i < 3 * ROUNDS && host_get(self->fd, SOL_SOCKET, SO_RCVBUF) <= 2 * before; i++)
		round_trip(_metadata, self, &flow, UINT32_MAX / 2, UINT32_MAX);
	ASSERT_GT(3 * ROUNDS, i);
}

/* What nobody reads, or who reads little, needs no room. */
TEST_F(peer, does_not_grow_for_slow_reader)
{
	struct flow flow;
	unsigned int i;
	int before;

	open_scaled(_metadata, self, true);
	before = host_get(self->fd, SOL_SOCKET, SO_RCVBUF);
	flow = flow_of(self);
	round_trip(_metadata, self, &flow, 10 * MSS, 0);
	for (i = 0; i < 3 * ROUNDS; i++)
		round_trip(_metadata, self, &flow, 3 * MSS, 2 * MSS);
	ASSERT_EQ(before, host_get(self->fd, SOL_SOCKET, SO_RCVBUF));
	ASSERT_GE(before, flow.edge - flow.read);
	host_reads(_metadata, self, flow.read, flow.seq - flow.read);
}

/* Whoever sets SO_RCVBUF means it. */
TEST_F(peer, does_not_grow_what_is_set)
{
	struct flow flow;

	start_listener(_metadata, self);
	ASSERT_EQ(0, host_set(self->listener, SOL_SOCKET, SO_RCVBUF, 50000));
	open_scaled(_metadata, self, true);
	grow(_metadata, self, &flow);
	ASSERT_EQ(100000, host_get(self->fd, SOL_SOCKET, SO_RCVBUF));
	ASSERT_GE(100000, flow.edge - flow.seq);
}

TEST_F(peer, does_not_grow_beyond_sysctls)
{
	struct flow flow;

	ONLY_XTCP();
	ASSERT_EQ(0, net_sysctl_write("net/xtcp/mem_rcv", "4096 131072 200000"));
	open_scaled(_metadata, self, true);
	grow(_metadata, self, &flow);
	ASSERT_EQ(200000, host_get(self->fd, SOL_SOCKET, SO_RCVBUF));
	ASSERT_GE(200000, flow.edge - flow.seq);

	peer_send(&self->peer, .flags = RST, .seq = flow.seq);
	close(self->fd);
	peer_drain(&self->peer);
	peer_forget(&self->peer);
	self->peer.port++;
	ASSERT_EQ(0, net_sysctl_write("net/xtcp/moderate_rcvbuf", "0"));
	open_scaled(_metadata, self, true);
	grow(_metadata, self, &flow);
	ASSERT_EQ(131072, host_get(self->fd, SOL_SOCKET, SO_RCVBUF));
}

static uint32_t memory_of(int fd)
{
	uint32_t info[SK_MEMINFO_VARS] = {};
	socklen_t len = sizeof(info);

	if (getsockopt(fd, SOL_SOCKET, SO_MEMINFO, info, &len))
		return UINT32_MAX;
	return info[SK_MEMINFO_RMEM_ALLOC];
}

/* A byte each: they share memory while they wait, and all of what was offered is taken. */
TEST_F(peer, single_bytes)
{
	const uint32_t n = clock_scaled(6000, 2000);
	struct peer *p = &self->peer;
	uint32_t seq, buffer;

	/* The reference takes what a packet's memory has room for, and then drops. */
	ONLY_XTCP();
	ONE_OF_EACH();
	open_scaled(_metadata, self, true);
	buffer = host_get(self->fd, SOL_SOCKET, SO_RCVBUF);
	ASSERT_GE(p->got.window, n);
	for (seq = 1; seq < 1 + n; seq++) {
		peer_writes(self, seq, 1, 1);
		peer_drain(p);
		ASSERT_GE(2 * n + 20000, memory_of(self->fd));
	}
	ASSERT_EQ(buffer, (uint32_t)host_get(self->fd, SOL_SOCKET, SO_RCVBUF));
	while (p->host_ack != 1 + n)
		ASSERT_TRUE(peer_receive(p, clock_patience_ms()));
	host_reads(_metadata, self, 1, n);
	ASSERT_EQ(0, memory_of(self->fd));
}

/* Overlapping, and with holes, which takes memory that nobody can share: there is an end to it. */
TEST_F(peer, single_bytes_apart)
{
	const uint32_t n = clock_scaled(1500, 700);
	struct peer *p = &self->peer;
	uint32_t seq, buffer;

	ONE_OF_EACH();
	open_scaled(_metadata, self, true);
	buffer = host_get(self->fd, SOL_SOCKET, SO_RCVBUF);
	for (seq = 1 + 2 * n; seq > 1; seq -= 2) {
		peer_writes(self, seq, 1, 1);
		peer_drain(p);
		ASSERT_GE(buffer + buffer / 2, memory_of(self->fd));
	}
	/* What closes the first of the holes is taken all the same, and so on. */
	for (seq = 1; seq < 1 + 2 * n; seq++) {
		peer_writes(self, seq, 1, 2);
		peer_drain(p);
		ASSERT_GE(2 * buffer + buffer / 2, memory_of(self->fd));
	}
	if (!host_is_reference(&self->host))
		ASSERT_EQ(2 + 2 * n, p->host_ack);
}

/* tcp(7): bounds the window that is offered, from the SYN-ACK on; what was offered, it leaves. */
TEST_F(peer, window_clamp)
{
	struct peer *p = &self->peer;
	struct flow flow;

	start_listener(_metadata, self);
	ASSERT_EQ(-EINVAL, host_set(self->listener, IPPROTO_TCP, TCP_WINDOW_CLAMP, 0));
	ASSERT_EQ(0, host_set(self->listener, IPPROTO_TCP, TCP_WINDOW_CLAMP, 20000));
	ASSERT_EQ(20000, host_get(self->listener, IPPROTO_TCP, TCP_WINDOW_CLAMP));
	open_scaled(_metadata, self, true);
	ASSERT_GE(20000, p->got.window);
	ASSERT_EQ(20000, host_get(self->fd, IPPROTO_TCP, TCP_WINDOW_CLAMP));
	ASSERT_EQ(-EINVAL, host_set(self->fd, IPPROTO_TCP, TCP_WINDOW_CLAMP, 0));
	/* It lets the window follow its buffer, whatever was set. */
	ONLY_XTCP();
	flow = flow_of(self);
	round_trip(_metadata, self, &flow, 15 * MSS, UINT32_MAX);
	ASSERT_GE(20000, flow.edge - flow.seq);
	ASSERT_LE(19000, flow.edge - flow.seq);
	/* Up, and far down: the edge stands until it may move on. */
	ASSERT_EQ(0, host_set(self->fd, IPPROTO_TCP, TCP_WINDOW_CLAMP, 40000));
	round_trip(_metadata, self, &flow, 10 * MSS, UINT32_MAX);
	ASSERT_GE(40000, flow.edge - flow.seq);
	ASSERT_LE(38000, flow.edge - flow.seq);
	ASSERT_EQ(0, host_set(self->fd, IPPROTO_TCP, TCP_WINDOW_CLAMP, 1));
	ASSERT_LT(500, host_get(self->fd, IPPROTO_TCP, TCP_WINDOW_CLAMP));
	ASSERT_GT(3000, host_get(self->fd, IPPROTO_TCP, TCP_WINDOW_CLAMP));
	round_trip(_metadata, self, &flow, 38 * MSS, UINT32_MAX);
	/* In steps of what scaling can say, each rounded up. */
	ASSERT_GE(8000, flow.edge - flow.seq);
	/* But it is no end. */
	round_trip(_metadata, self, &flow, 10 * MSS, UINT32_MAX);
	ASSERT_LE(500, flow.edge - flow.seq);
}

TEST_F(peer, window_clamp_of_closed)
{
	ONE_OF_EACH();
	self->fd = host_socket(&self->host, SOCK_NONBLOCK);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, host_set(self->fd, IPPROTO_TCP, TCP_WINDOW_CLAMP, 5000));
	ASSERT_EQ(5000, host_get(self->fd, IPPROTO_TCP, TCP_WINDOW_CLAMP));
	ASSERT_EQ(0, host_set(self->fd, IPPROTO_TCP, TCP_WINDOW_CLAMP, 0));
	ASSERT_EQ(0, host_get(self->fd, IPPROTO_TCP, TCP_WINDOW_CLAMP));
	ASSERT_EQ(0, host_set(self->fd, IPPROTO_TCP, TCP_WINDOW_CLAMP, 5000));
	ASSERT_EQ(-EINPROGRESS, host_connect(&self->host, self->fd, "peer", self->peer.port));
	ASSERT_FINE(peer_expect(&self->peer, .flags = SYN));
	ASSERT_GE(5000, self->peer.got.window);
}

/* The sender's: a window in flight and one that is being written. */
TEST_F(peer, sndbuf_follows_cwnd)
{
	struct tcp_info info;
	uint32_t seq = 1;
	int before;

	ONLY_XTCP();
	open_stream(_metadata, self, 1);
	before = host_get(self->fd, SOL_SOCKET, SO_SNDBUF);
	ASSERT_LE(20 * MSS, before);
	while (seq < 1 + 300 * MSS) {
		host_writes(_metadata, self, seq, 15 * MSS, 0);
		ASSERT_FINE(peer_collect(&self->peer, seq, seq + 15 * MSS, NULL, true));
		seq += 15 * MSS;
		ASSERT_EQ(0, host_info(self->fd, &info));
		ASSERT_LE(2 * info.tcpi_snd_cwnd * info.tcpi_snd_mss,
			  (uint32_t)host_get(self->fd, SOL_SOCKET, SO_SNDBUF) + 4 * MSS);
	}
	ASSERT_LT(10, info.tcpi_snd_cwnd);
	ASSERT_LT(before, host_get(self->fd, SOL_SOCKET, SO_SNDBUF));
}

static bool is_writable(int fd)
{
	struct pollfd pfd = { .fd = fd, .events = POLLOUT };

	return poll(&pfd, 1, 0) == 1 && pfd.revents & POLLOUT;
}

static uint32_t unsent(int fd)
{
	struct tcp_info info;

	return host_info(fd, &info) ? UINT32_MAX : info.tcpi_notsent_bytes;
}

/* Writes until there is an end to it; how much that was. */
static uint32_t write_out(int fd)
{
	static const char buf[MSS];
	uint32_t n = 0;

	while (send(fd, buf, sizeof(buf), MSG_NOSIGNAL | MSG_DONTWAIT) == sizeof(buf))
		n += sizeof(buf);
	return n;
}

/* A writer waits while so much was never sent, however large its buffer is. */
TEST_F(peer, notsent_lowat)
{
	const uint32_t lowat = 20000, skb = 65536 + MSS;
	struct peer *p = &self->peer;
	uint32_t acked = 1;

	start_listener(_metadata, self);
	ASSERT_EQ(0, host_set(self->listener, IPPROTO_TCP, TCP_NOTSENT_LOWAT, lowat));
	ASSERT_EQ(0, host_set(self->listener, SOL_SOCKET, SO_SNDBUF, 1 << 20));
	p->syn.mss = MSS;
	peer_send(p, .flags = SYN);
	ASSERT_FINE(peer_expect(p, .flags = SYN | ACK, .ack = 1));
	peer_send(p, .flags = ACK, .seq = 1, .ack = 1);
	self->fd = accept_now(self);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ((int)lowat, host_get(self->fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT));
	ASSERT_TRUE(is_writable(self->fd));
	ASSERT_GE(10 * MSS + lowat + skb, write_out(self->fd));
	ASSERT_LE(lowat, unsent(self->fd));
	while (unsent(self->fd)) {
		/* So that a writer who waited writes more than a little. */
		ASSERT_EQ(2 * unsent(self->fd) < lowat, is_writable(self->fd));
		acked += 2 * MSS;
		peer_acks(self, acked);
		peer_drain(p);
	}
	ASSERT_TRUE(is_writable(self->fd));
	/* Without, the buffer is the bound. */
	ASSERT_EQ(0, host_set(self->fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, 0));
	ASSERT_LT(3 * skb, write_out(self->fd));
	/* And may be again at any time. */
	ASSERT_EQ(0, host_set(self->fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, 1));
	ASSERT_FALSE(is_writable(self->fd));
}

/* What lets data go lets the writer go on, though nothing is acknowledged by it. */
TEST_F(peer, notsent_lowat_wakes)
{
	struct peer *p = &self->peer;
	int status = -1;
	pid_t pid;

	p->window = 3 * MSS;
	if (!host_is_reference(&self->host))
		ASSERT_EQ(0, net_sysctl_write("net/xtcp/notsent_lowat", "3000"));
	open_stream(_metadata, self, 1);
	if (host_is_reference(&self->host))
		ASSERT_EQ(0, host_set(self->fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, 3000));
	host_writes(_metadata, self, 1, 6 * MSS, 0);
	expect_full(_metadata, self, 1, 3);
	ASSERT_EQ(3 * MSS, unsent(self->fd));
	ASSERT_FALSE(is_writable(self->fd));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		struct pollfd pfd = { .fd = self->fd, .events = POLLOUT };

		_exit(poll(&pfd, 1, clock_patience_ms()) == 1 ? 0 : 1);
	}
	clock_sleep_ms(50);
	p->window = 60000;
	peer_acks(self, 1);
	expect_full(_metadata, self, 1 + 3 * MSS, 3);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	ASSERT_EQ(0, status);
}

TEST_HARNESS_MAIN

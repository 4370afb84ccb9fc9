// SPDX-License-Identifier: GPL-2.0
/*
 * sock_diag: every state with its addresses, queues and timers, field by field as the socket says
 * itself; who may see and end what; and requests that make no sense.
 */
#include "kselftest_harness.h"

#include <linux/sock_diag.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define PEER_WITHOUT_REFERENCE
#include "peer_fixture.h"
#include "diag.h"

#define EXT(attr)	(1 << ((attr) - 1))
#define ALL_EXT		0xff
#define ANY_STATE	0
#define NOBODY		65534

static struct diag diag;

/* The same numbers as the kernel's, which shows these since 6.8. */
static const char *state_name(int state)
{
	return state == XTCP_DIAG_BOUND ? "bound" : host_state_name(state);
}

#define ASSERT_STATE_IS(want, got) \
	ASSERT_STREQ(state_name(want), state_name(got))

static void request(FIXTURE_DATA(peer) *self, uint32_t states, struct xtcp_diag_req *req)
{
	diag_request(&self->host, req);
	req->idiag_states = states;
	req->idiag_ext = ALL_EXT;
}

/* The only thing that there is in these states, ANY_STATE for all of them. */
static const struct inet_diag_msg *the_one(struct __test_metadata *_metadata,
					   FIXTURE_DATA(peer) *self, uint32_t states)
{
	struct xtcp_diag_req req;

	request(self, states, &req);
	ASSERT_EQ(0, diag_dump(&req, &diag));
	ASSERT_EQ(1, diag.count);
	return diag_msg(&diag, 0);
}

/* Leaves what was dumped before as it is. */
static unsigned int how_many(FIXTURE_DATA(peer) *self, uint32_t states)
{
	static struct diag counted;
	struct xtcp_diag_req req;
	int err;

	request(self, states, &req);
	err = diag_dump(&req, &counted);
	return err ? (unsigned int)-1 : counted.count;
}

static void expect_end(struct __test_metadata *_metadata, const struct host *host,
		       const __be32 *got, __be16 port, const struct sockaddr_storage *want)
{
	const struct sockaddr_in6 *sin6 = (const struct sockaddr_in6 *)want;
	const struct sockaddr_in *sin = (const struct sockaddr_in *)want;
	__be32 address[4] = { };

	if (host->version == 4)
		address[0] = sin->sin_addr.s_addr;
	else
		memcpy(address, &sin6->sin6_addr, sizeof(address));
	ASSERT_EQ(0, memcmp(address, got, sizeof(address)));
	ASSERT_EQ(host_address_port(want), ntohs(port));
}

static void expect_name(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self,
			const struct inet_diag_msg *msg, int fd)
{
	struct sockaddr_storage addr = { };
	socklen_t len = sizeof(addr);
	uint64_t cookie;
	struct stat st;

	ASSERT_EQ(0, getsockname(fd, (struct sockaddr *)&addr, &len));
	expect_end(_metadata, &self->host, msg->id.idiag_src, msg->id.idiag_sport, &addr);
	ASSERT_EQ(0, fstat(fd, &st));
	ASSERT_EQ(st.st_ino, msg->idiag_inode);
	ASSERT_EQ(st.st_uid, msg->idiag_uid);
	len = sizeof(cookie);
	ASSERT_EQ(0, getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &len));
	ASSERT_EQ((uint32_t)cookie, msg->id.idiag_cookie[0]);
	ASSERT_EQ(cookie >> 32, msg->id.idiag_cookie[1]);
}

static void expect_kind(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self,
			const struct inet_diag_msg *msg, int state)
{
	ASSERT_STATE_IS(state, msg->idiag_state);
	ASSERT_EQ(self->host.version == 4 ? AF_INET : AF_INET6, msg->idiag_family);
	ASSERT_EQ(host_ip_protocol(&self->host), diag_number(&diag, 0, INET_DIAG_PROTOCOL));
}

/* Both ends as the scripted peer knows them. */
static void expect_ends(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self,
			const struct inet_diag_msg *msg)
{
	struct sockaddr_storage addr;

	host_address(&self->host, &addr, "host", self->peer.host_port);
	expect_end(_metadata, &self->host, msg->id.idiag_src, msg->id.idiag_sport, &addr);
	host_address(&self->host, &addr, "peer", self->peer.port);
	expect_end(_metadata, &self->host, msg->id.idiag_dst, msg->id.idiag_dport, &addr);
}

static uint64_t cookie_of(const struct inet_diag_msg *msg)
{
	return (uint64_t)msg->id.idiag_cookie[1] << 32 | msg->id.idiag_cookie[0];
}

/* What dump has shown, as what is to be looked for. */
static void exact(FIXTURE_DATA(peer) *self, const struct inet_diag_msg *msg,
		  struct xtcp_diag_req *req)
{
	request(self, ANY_STATE, req);
	req->id = msg->id;
}

TEST_F(peer, nothing)
{
	ASSERT_EQ(0, how_many(self, ANY_STATE));
}

TEST_F(peer, bound)
{
	const struct inet_diag_msg *msg;

	self->fd = host_socket(&self->host, SOCK_CLOEXEC);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, how_many(self, ANY_STATE));
	ASSERT_EQ(0, host_bind(&self->host, self->fd, "host", HOST_PORT));
	msg = the_one(_metadata, self, ANY_STATE);
	expect_kind(_metadata, self, msg, XTCP_DIAG_BOUND);
	expect_name(_metadata, self, msg, self->fd);
	ASSERT_EQ(0, how_many(self, ~(1u << XTCP_DIAG_BOUND)));
}

TEST_F(peer, listener)
{
	const struct inet_diag_msg *msg;

	start_listener(_metadata, self);
	msg = the_one(_metadata, self, ANY_STATE);
	expect_kind(_metadata, self, msg, STATE_LISTEN);
	expect_name(_metadata, self, msg, self->listener);
	ASSERT_EQ(0, msg->id.idiag_dport);
	ASSERT_EQ(0, msg->idiag_rqueue);
	ASSERT_EQ(8, msg->idiag_wqueue);
	ASSERT_EQ(self->host.version == 6 ? 0 : -1, diag_number(&diag, 0, INET_DIAG_SKV6ONLY));
	ASSERT_EQ(0, how_many(self, ~(1u << STATE_LISTEN)));

	/* One that waits for accept() has no inode yet. */
	peer_send(&self->peer, .flags = SYN);
	ASSERT_FINE(peer_expect(&self->peer, .flags = SYN | ACK, .ack = 1));
	peer_send(&self->peer, .flags = ACK, .seq = 1, .ack = 1);
	ASSERT_EQ(1, the_one(_metadata, self, 1 << STATE_LISTEN)->idiag_rqueue);
	msg = the_one(_metadata, self, 1 << STATE_ESTABLISHED);
	ASSERT_EQ(0, msg->idiag_inode);
	self->fd = accept_now(self);
	ASSERT_LE(0, self->fd);
}

TEST_F(peer, half_open)
{
	const struct inet_diag_msg *msg;

	begin_passive(_metadata, self);
	msg = the_one(_metadata, self, 1 << STATE_SYN_RECEIVED);
	expect_kind(_metadata, self, msg, STATE_SYN_RECEIVED);
	expect_ends(_metadata, self, msg);
	ASSERT_EQ(1, msg->idiag_timer);
	ASSERT_EQ(0, msg->idiag_retrans);
	ASSERT_LT(15000, msg->idiag_expires);
	ASSERT_GE(23000, msg->idiag_expires);
	ASSERT_EQ(0, msg->idiag_inode);
	ASSERT_EQ(2, how_many(self, ANY_STATE));
}

/* As the socket's own options have it, of which time alone changes some. */
static void expect_info(struct __test_metadata *_metadata, int fd)
{
	const struct tcp_info *got;
	struct tcp_info want;
	size_t len;

	ASSERT_EQ(0, host_info(fd, &want));
	got = diag_attr(&diag, 0, INET_DIAG_INFO, &len);
	ASSERT_NE(NULL, got);
	ASSERT_LE(offsetof(struct tcp_info, tcpi_snd_wnd), len);
#define SAME(field) ASSERT_EQ(want.tcpi_##field, got->tcpi_##field)
	SAME(state);
	SAME(ca_state);
	SAME(retransmits);
	SAME(options);
	SAME(rto);
	SAME(ato);
	SAME(snd_mss);
	SAME(rcv_mss);
	SAME(unacked);
	SAME(pmtu);
	SAME(rtt);
	SAME(rttvar);
	SAME(snd_ssthresh);
	SAME(snd_cwnd);
	SAME(advmss);
	SAME(total_retrans);
	SAME(bytes_acked);
	SAME(bytes_received);
	SAME(bytes_sent);
	SAME(segs_in);
	SAME(segs_out);
	SAME(data_segs_in);
	SAME(data_segs_out);
	SAME(notsent_bytes);
	SAME(snd_wnd);
#undef SAME
	ASSERT_EQ(0 + want.tcpi_snd_wscale, 0 + got->tcpi_snd_wscale);
	ASSERT_EQ(0 + want.tcpi_rcv_wscale, 0 + got->tcpi_rcv_wscale);
}

static void expect_memory(struct __test_metadata *_metadata, int fd)
{
	uint32_t want[SK_MEMINFO_VARS];
	socklen_t size = sizeof(want);
	const void *got;
	size_t len;

	ASSERT_EQ(0, getsockopt(fd, SOL_SOCKET, SO_MEMINFO, want, &size));
	got = diag_attr(&diag, 0, INET_DIAG_SKMEMINFO, &len);
	ASSERT_NE(NULL, got);
	ASSERT_EQ(size, len);
	ASSERT_EQ(0, memcmp(want, got, len));
	got = diag_attr(&diag, 0, INET_DIAG_MEMINFO, &len);
	ASSERT_NE(NULL, got);
	ASSERT_EQ(sizeof(struct inet_diag_meminfo), len);
	ASSERT_EQ(want[SK_MEMINFO_RMEM_ALLOC], ((struct inet_diag_meminfo *)got)->idiag_rmem);
}

TEST_F(peer, established)
{
	const bool v4 = self->host.version == 4;
	const struct inet_diag_msg *msg;
	const char *name;
	size_t len;

	open_passive(_metadata, self);
	close(self->listener);
	self->listener = -1;
	peer_send(&self->peer, .flags = ACK, .seq = 1, .ack = 1, .data = "12345", .len = 5);
	ASSERT_EQ(3, send(self->fd, "678", 3, 0));
	ASSERT_EQ(0, host_set(self->fd, SOL_SOCKET, SO_MARK, 42));
	ASSERT_EQ(0, host_set(self->fd, v4 ? IPPROTO_IP : IPPROTO_IPV6, v4 ? IP_TOS : IPV6_TCLASS,
			      0x20));

	msg = the_one(_metadata, self, ANY_STATE);
	expect_kind(_metadata, self, msg, STATE_ESTABLISHED);
	expect_name(_metadata, self, msg, self->fd);
	expect_ends(_metadata, self, msg);
	ASSERT_EQ(5, msg->idiag_rqueue);
	ASSERT_EQ(3, msg->idiag_wqueue);
	ASSERT_EQ(1, msg->idiag_timer);
	ASSERT_EQ(0, msg->idiag_retrans);
	ASSERT_LT(0, msg->idiag_expires);
	expect_info(_metadata, self->fd);
	expect_memory(_metadata, self->fd);
	name = diag_attr(&diag, 0, INET_DIAG_CONG, &len);
	ASSERT_NE(NULL, name);
	ASSERT_EQ(sizeof("reno"), len);
	ASSERT_STREQ("reno", name);
	ASSERT_EQ(42, diag_number(&diag, 0, INET_DIAG_MARK));
	ASSERT_EQ(v4 ? 0x20 : 0, diag_number(&diag, 0, INET_DIAG_TOS));
	ASSERT_EQ(v4 ? -1 : 0x20, diag_number(&diag, 0, INET_DIAG_TCLASS));
	ASSERT_EQ(0, diag_number(&diag, 0, INET_DIAG_SHUTDOWN));
	ASSERT_EQ(-1, diag_number(&diag, 0, INET_DIAG_SKV6ONLY));
	ASSERT_NE(NULL, diag_attr(&diag, 0, INET_DIAG_SOCKOPT, &len));
	ASSERT_EQ(sizeof(struct inet_diag_sockopt), len);
}

TEST_F(peer, only_what_is_asked)
{
	struct xtcp_diag_req req;
	size_t len;

	open_passive(_metadata, self);
	request(self, 1 << STATE_ESTABLISHED, &req);
	req.idiag_ext = 0;
	ASSERT_EQ(0, diag_dump(&req, &diag));
	ASSERT_EQ(1, diag.count);
	ASSERT_EQ(NULL, diag_attr(&diag, 0, INET_DIAG_INFO, &len));
	ASSERT_EQ(NULL, diag_attr(&diag, 0, INET_DIAG_MEMINFO, &len));
	ASSERT_EQ(NULL, diag_attr(&diag, 0, INET_DIAG_SKMEMINFO, &len));
	ASSERT_EQ(NULL, diag_attr(&diag, 0, INET_DIAG_CONG, &len));
	ASSERT_EQ(NULL, diag_attr(&diag, 0, INET_DIAG_TOS, &len));
	ASSERT_EQ(NULL, diag_attr(&diag, 0, INET_DIAG_TCLASS, &len));
	req.idiag_ext = EXT(INET_DIAG_CONG);
	ASSERT_EQ(0, diag_dump(&req, &diag));
	ASSERT_NE(NULL, diag_attr(&diag, 0, INET_DIAG_CONG, &len));
	ASSERT_EQ(NULL, diag_attr(&diag, 0, INET_DIAG_INFO, &len));
}

TEST_F(peer, of_an_algorithm)
{
	size_t len;

	open_passive(_metadata, self);
	ASSERT_EQ(0, setsockopt(self->fd, IPPROTO_TCP, TCP_CONGESTION, "bbr", 3));
	the_one(_metadata, self, 1 << STATE_ESTABLISHED);
	ASSERT_NE(NULL, diag_attr(&diag, 0, INET_DIAG_BBRINFO, &len));
	ASSERT_EQ(sizeof(struct tcp_bbr_info), len);
	ASSERT_EQ(0, setsockopt(self->fd, IPPROTO_TCP, TCP_CONGESTION, "dctcp", 5));
	the_one(_metadata, self, 1 << STATE_ESTABLISHED);
	ASSERT_EQ(NULL, diag_attr(&diag, 0, INET_DIAG_BBRINFO, &len));
	ASSERT_NE(NULL, diag_attr(&diag, 0, INET_DIAG_DCTCPINFO, &len));
	ASSERT_EQ(sizeof(struct tcp_dctcp_info), len);
}

static void expect_state(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self, int state)
{
	const struct inet_diag_msg *msg = the_one(_metadata, self, ~(1u << STATE_LISTEN));

	expect_kind(_metadata, self, msg, state);
	expect_ends(_metadata, self, msg);
	ASSERT_EQ(0, how_many(self, ~(1u << STATE_LISTEN | 1u << state)));
}

TEST_F(peer, syn_sent)
{
	begin_active(_metadata, self);
	expect_state(_metadata, self, STATE_SYN_SENT);
	ASSERT_EQ(1, diag_msg(&diag, 0)->idiag_timer);
	/* Simultaneous open: this one is a socket. */
	peer_send(&self->peer, .flags = SYN);
	ASSERT_FINE(peer_expect(&self->peer, .flags = SYN | ACK, .ack = 1));
	expect_state(_metadata, self, STATE_SYN_RECEIVED);
}

TEST_F(peer, closed_by_the_host)
{
	open_passive(_metadata, self);
	host_shuts(_metadata, self, 1, 1);
	expect_state(_metadata, self, STATE_FIN_WAIT_1);
	ASSERT_EQ(2, diag_number(&diag, 0, INET_DIAG_SHUTDOWN));
	peer_send(&self->peer, .flags = ACK, .seq = 1, .ack = 2);
	expect_state(_metadata, self, STATE_FIN_WAIT_2);
	peer_send(&self->peer, .flags = FIN | ACK, .seq = 1, .ack = 2);
	ASSERT_FINE(peer_expect(&self->peer, .flags = ACK, .seq = 2, .ack = 2));
	expect_state(_metadata, self, STATE_TIME_WAIT);
	ASSERT_EQ(3, diag_msg(&diag, 0)->idiag_timer);
	ASSERT_LT(50000, diag_msg(&diag, 0)->idiag_expires);
	ASSERT_GE(60000, diag_msg(&diag, 0)->idiag_expires);
	ASSERT_NE(0, cookie_of(diag_msg(&diag, 0)));
}

TEST_F(peer, closed_by_the_peer)
{
	open_passive(_metadata, self);
	peer_send(&self->peer, .flags = FIN | ACK, .seq = 1, .ack = 1);
	ASSERT_FINE(peer_expect(&self->peer, .flags = ACK, .seq = 1, .ack = 2));
	expect_state(_metadata, self, STATE_CLOSE_WAIT);
	host_shuts(_metadata, self, 1, 2);
	expect_state(_metadata, self, STATE_LAST_ACK);
}

TEST_F(peer, closed_by_both)
{
	open_passive(_metadata, self);
	host_shuts(_metadata, self, 1, 1);
	peer_send(&self->peer, .flags = FIN | ACK, .seq = 1, .ack = 1);
	ASSERT_FINE(peer_expect(&self->peer, .flags = ACK, .seq = 2, .ack = 2));
	expect_state(_metadata, self, STATE_CLOSING);
}

TEST_F(peer, filters)
{
	struct xtcp_diag_req req;

	open_passive(_metadata, self);
	request(self, ANY_STATE, &req);
	ASSERT_EQ(0, diag_dump(&req, &diag));
	ASSERT_EQ(2, diag.count);
	req.sdiag_protocol = 0;
	req.idiag_format = 0;
	ASSERT_EQ(0, diag_dump(&req, &diag));
	ASSERT_EQ(2, diag.count);

	req.id.idiag_dport = htons(self->peer.port);
	ASSERT_EQ(0, diag_dump(&req, &diag));
	ASSERT_EQ(1, diag.count);
	req.id.idiag_dport = htons(self->peer.port + 1);
	ASSERT_EQ(0, diag_dump(&req, &diag));
	ASSERT_EQ(0, diag.count);
	req.id.idiag_dport = 0;
	req.id.idiag_sport = htons(HOST_PORT);
	ASSERT_EQ(0, diag_dump(&req, &diag));
	ASSERT_EQ(2, diag.count);
	req.id.idiag_sport = htons(HOST_PORT + 1);
	ASSERT_EQ(0, diag_dump(&req, &diag));
	ASSERT_EQ(0, diag.count);
	req.id.idiag_sport = 0;

	req.idiag_format = self->host.version == 4 ? AF_INET6 : AF_INET;
	ASSERT_EQ(0, diag_dump(&req, &diag));
	ASSERT_EQ(0, diag.count);
	req.idiag_format = 0;
	req.sdiag_protocol = self->host.protocol == IPPROTO_TCP ? IPPROTO_XTCP : IPPROTO_TCP;
	ASSERT_EQ(0, diag_dump(&req, &diag));
	ASSERT_EQ(0, diag.count);
}

TEST_F(peer, exact)
{
	const struct inet_diag_msg *msg;
	struct xtcp_diag_req req;
	unsigned int state;

	begin_passive(_metadata, self);
	for (state = STATE_SYN_RECEIVED; ; state = STATE_ESTABLISHED) {
		msg = the_one(_metadata, self, 1 << state);
		exact(self, msg, &req);
		ASSERT_EQ(0, diag_get(&req, &diag));
		ASSERT_EQ(1, diag.count);
		expect_kind(_metadata, self, diag_msg(&diag, 0), state);
		expect_ends(_metadata, self, diag_msg(&diag, 0));
		req.idiag_states = ~(1u << state);
		ASSERT_EQ(-ENOENT, diag_get(&req, &diag));
		req.idiag_states = 0;
		req.id.idiag_dport ^= 1;
		ASSERT_EQ(-ENOENT, diag_get(&req, &diag));
		if (state == STATE_ESTABLISHED)
			break;
		peer_send(&self->peer, .flags = ACK, .seq = 1, .ack = 1);
		self->fd = accept_now(self);
		ASSERT_LE(0, self->fd);
	}
	req.id.idiag_dport ^= 1;
	req.id.idiag_cookie[0]++;
	ASSERT_EQ(-ESTALE, diag_get(&req, &diag));
	req.id.idiag_cookie[0] = INET_DIAG_NOCOOKIE;
	req.id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
	ASSERT_EQ(0, diag_get(&req, &diag));

	msg = the_one(_metadata, self, 1 << STATE_LISTEN);
	exact(self, msg, &req);
	ASSERT_EQ(0, diag_get(&req, &diag));
	expect_kind(_metadata, self, diag_msg(&diag, 0), STATE_LISTEN);
	req.id.idiag_if = 1;
	ASSERT_EQ(-ENOENT, diag_get(&req, &diag));
	req.id.idiag_if = 0;
	req.id.idiag_sport ^= 1;
	ASSERT_EQ(-ENOENT, diag_get(&req, &diag));
}

/* In a child that is nobody: what it ends with. */
#define AS_NOBODY(status) ({ \
	int status_ = -1; \
	pid_t pid_ = fork(); \
	if (!pid_) \
		_exit(setresuid(NOBODY, NOBODY, NOBODY) ? 99 : (status)); \
	waitpid(pid_, &status_, 0); \
	WIFEXITED(status_) ? WEXITSTATUS(status_) : -1; \
})

static int seen_by_nobody(FIXTURE_DATA(peer) *self)
{
	struct xtcp_diag_req req;
	size_t len;

	request(self, 1 << STATE_ESTABLISHED, &req);
	if (diag_dump(&req, &diag) || diag.count != 1)
		return 1;
	if (diag_number(&diag, 0, INET_DIAG_MARK) != -1)
		return 2;
	if (!diag_attr(&diag, 0, INET_DIAG_INFO, &len) || !diag_msg(&diag, 0)->idiag_inode)
		return 3;
	exact(self, diag_msg(&diag, 0), &req);
	if (diag_get(&req, &diag) || diag_number(&diag, 0, INET_DIAG_MARK) != -1)
		return 4;
	return diag_destroy(&req) == -EPERM ? 0 : 5;
}

TEST_F(peer, unprivileged)
{
	open_passive(_metadata, self);
	ASSERT_EQ(0, host_set(self->fd, SOL_SOCKET, SO_MARK, 42));
	ASSERT_EQ(0, AS_NOBODY(seen_by_nobody(self)));
	ASSERT_STATE(STATE_ESTABLISHED);
}

TEST_F(peer, destroy_connection)
{
	struct pollfd pfd = { .events = POLLIN };
	struct xtcp_diag_req req;

	open_passive(_metadata, self);
	exact(self, the_one(_metadata, self, 1 << STATE_ESTABLISHED), &req);
	req.id.idiag_cookie[0]++;
	ASSERT_EQ(-ESTALE, diag_destroy(&req));
	req.id.idiag_cookie[0]--;
	req.idiag_states = 1 << STATE_TIME_WAIT;
	ASSERT_EQ(-ENOENT, diag_destroy(&req));
	ASSERT_FINE(peer_expect_nothing(&self->peer));
	req.idiag_states = 0;
	ASSERT_EQ(0, diag_destroy(&req));
	ASSERT_FINE(peer_expect(&self->peer, .flags = RST | ACK, .seq = 1, .ack = 1));
	pfd.fd = self->fd;
	ASSERT_EQ(1, poll(&pfd, 1, 0));
	ASSERT_EQ(POLLERR | POLLHUP, pfd.revents & (POLLERR | POLLHUP));
	ASSERT_EQ(ECONNABORTED, host_socket_error(self->fd));
	ASSERT_EQ(0, how_many(self, 1 << STATE_ESTABLISHED));
	ASSERT_EQ(-ENOENT, diag_destroy(&req));
}

/* Who waits in a call hears of it. */
TEST_F(peer, destroy_under_a_reader)
{
	struct xtcp_diag_req req;
	int status;
	pid_t pid;

	open_passive(_metadata, self);
	exact(self, the_one(_metadata, self, 1 << STATE_ESTABLISHED), &req);
	ASSERT_EQ(0, fcntl(self->fd, F_SETFL, 0));
	pid = fork();
	if (!pid) {
		char byte;

		_exit(read(self->fd, &byte, 1) < 0 ? errno : 0);
	}
	clock_sleep_ms(100);
	ASSERT_EQ(0, diag_destroy(&req));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	ASSERT_EQ(ECONNABORTED, WEXITSTATUS(status));
}

TEST_F(peer, destroy_half_open)
{
	struct xtcp_diag_req req;

	begin_passive(_metadata, self);
	exact(self, the_one(_metadata, self, 1 << STATE_SYN_RECEIVED), &req);
	ASSERT_EQ(0, diag_destroy(&req));
	ASSERT_FINE(peer_expect(&self->peer, .flags = RST | ACK, .seq = 1, .ack = 1));
	ASSERT_EQ(0, how_many(self, 1 << STATE_SYN_RECEIVED));
	ASSERT_EQ(-ENOENT, diag_destroy(&req));
	/* The listener lives on, and the cookie that the SYN-ACK was opens nothing. */
	peer_send(&self->peer, .flags = ACK, .seq = 1, .ack = 1);
	ASSERT_FINE(peer_expect(&self->peer, .flags = RST, .seq = 1));
	ASSERT_EQ(-EAGAIN, accept_now(self));
}

/* A cookie that is wrong, or what was here before had it, while something else is there. */
static void expect_stale(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self,
			 const struct xtcp_diag_req *old, unsigned int state)
{
	struct xtcp_diag_req req = *old;
	const uint64_t now = cookie_of(the_one(_metadata, self, 1 << state));

	ASSERT_NE(now, (uint64_t)old->id.idiag_cookie[1] << 32 | old->id.idiag_cookie[0]);
	ASSERT_EQ(-ESTALE, diag_get(&req, &diag));
	ASSERT_EQ(-ESTALE, diag_destroy(&req));
	/* Not that it were in the wrong state. */
	req.idiag_states = 1 << state;
	ASSERT_EQ(-ESTALE, diag_destroy(&req));
	ASSERT_EQ(now, cookie_of(the_one(_metadata, self, 1 << state)));
}

TEST_F(peer, cookie_of_half_open)
{
	struct xtcp_diag_req first, second;
	uint64_t cookie;

	begin_passive(_metadata, self);
	exact(self, the_one(_metadata, self, 1 << STATE_SYN_RECEIVED), &first);
	cookie = cookie_of(diag_msg(&diag, 0));
	ASSERT_NE(0, cookie);
	ASSERT_NE(UINT64_MAX, cookie);
	/* Once its SYN-ACK was sent again, it is the same still. */
	clock_sleep_ms(24000);
	ASSERT_FINE(peer_expect(&self->peer, .flags = SYN | ACK, .ack = 1));
	ASSERT_EQ(0, diag_get(&first, &diag));
	ASSERT_EQ(1, diag_msg(&diag, 0)->idiag_retrans);
	ASSERT_EQ(cookie, cookie_of(diag_msg(&diag, 0)));
	second = first;
	second.id.idiag_cookie[1]++;
	expect_stale(_metadata, self, &second, STATE_SYN_RECEIVED);
	ASSERT_EQ(0, diag_destroy(&first));
	ASSERT_FINE(peer_expect(&self->peer, .flags = RST | ACK, .seq = 1, .ack = 1));
	ASSERT_EQ(-ENOENT, diag_get(&first, &diag));
	ASSERT_EQ(-ENOENT, diag_destroy(&first));

	/* The same SYN once more makes another one, which becomes a connection. */
	peer_forget(&self->peer);
	peer_send(&self->peer, .flags = SYN);
	ASSERT_FINE(peer_expect(&self->peer, .flags = SYN | ACK, .ack = 1));
	exact(self, the_one(_metadata, self, 1 << STATE_SYN_RECEIVED), &second);
	expect_stale(_metadata, self, &first, STATE_SYN_RECEIVED);
	peer_send(&self->peer, .flags = ACK, .seq = 1, .ack = 1);
	self->fd = accept_now(self);
	ASSERT_LE(0, self->fd);
	expect_stale(_metadata, self, &second, STATE_ESTABLISHED);
	ASSERT_STATE(STATE_ESTABLISHED);
}

TEST_F(peer, cookie_of_time_wait)
{
	struct xtcp_diag_req connection, waiting;

	open_passive(_metadata, self);
	exact(self, the_one(_metadata, self, 1 << STATE_ESTABLISHED), &connection);
	host_shuts(_metadata, self, 1, 1);
	peer_send(&self->peer, .flags = FIN | ACK, .seq = 1, .ack = 2);
	ASSERT_FINE(peer_expect(&self->peer, .flags = ACK, .seq = 2, .ack = 2));
	exact(self, the_one(_metadata, self, 1 << STATE_TIME_WAIT), &waiting);
	ASSERT_NE(UINT64_MAX, cookie_of(diag_msg(&diag, 0)));
	expect_stale(_metadata, self, &connection, STATE_TIME_WAIT);
	/* The peer's FIN again begins the 2 MSL again, and no more. */
	peer_send(&self->peer, .flags = FIN | ACK, .seq = 1, .ack = 2);
	ASSERT_FINE(peer_expect(&self->peer, .flags = ACK, .seq = 2, .ack = 2));
	ASSERT_EQ(0, diag_get(&waiting, &diag));
	ASSERT_EQ(1, diag.count);
	ASSERT_EQ(0, diag_destroy(&waiting));
	ASSERT_EQ(-ENOENT, diag_destroy(&waiting));
}

TEST_F(peer, destroy_time_wait)
{
	struct xtcp_diag_req req;

	open_passive(_metadata, self);
	host_shuts(_metadata, self, 1, 1);
	peer_send(&self->peer, .flags = FIN | ACK, .seq = 1, .ack = 2);
	ASSERT_FINE(peer_expect(&self->peer, .flags = ACK, .seq = 2, .ack = 2));
	exact(self, the_one(_metadata, self, 1 << STATE_TIME_WAIT), &req);
	ASSERT_EQ(0, diag_destroy(&req));
	/* RFC 9293 3.10.5: to the peer there is nothing to say. */
	ASSERT_FINE(peer_expect_nothing(&self->peer));
	ASSERT_EQ(0, how_many(self, 1 << STATE_TIME_WAIT));
	ASSERT_EQ(-ENOENT, diag_destroy(&req));
}

TEST_F(peer, destroy_syn_sent)
{
	struct xtcp_diag_req req;

	begin_active(_metadata, self);
	exact(self, the_one(_metadata, self, 1 << STATE_SYN_SENT), &req);
	ASSERT_EQ(0, diag_destroy(&req));
	ASSERT_EQ(ECONNABORTED, host_socket_error(self->fd));
	ASSERT_FINE(peer_expect_nothing(&self->peer));
}

/* An orphan: there is nobody to tell but the peer. */
TEST_F(peer, destroy_orphan)
{
	struct xtcp_diag_req req;

	open_passive(_metadata, self);
	host_closes(self);
	ASSERT_FINE(peer_expect(&self->peer, .flags = FIN | ACK, .seq = 1, .ack = 1));
	exact(self, the_one(_metadata, self, 1 << STATE_FIN_WAIT_1), &req);
	ASSERT_EQ(0, diag_destroy(&req));
	ASSERT_FINE(peer_expect(&self->peer, .flags = RST | ACK, .seq = 2, .ack = 1));
	ASSERT_EQ(1, how_many(self, ANY_STATE));
}

TEST_F(peer, destroy_listener)
{
	struct xtcp_diag_req req;
	int fd;

	begin_passive(_metadata, self);
	exact(self, the_one(_metadata, self, 1 << STATE_LISTEN), &req);
	ASSERT_EQ(0, diag_destroy(&req));
	ASSERT_EQ(0, how_many(self, ~(1u << XTCP_DIAG_BOUND)));
	ASSERT_EQ(ECONNABORTED, host_socket_error(self->listener));
	ASSERT_EQ(-EINVAL, accept_now(self));
	close(self->listener);
	self->listener = -1;
	/* And the port is free. */
	fd = host_listen(&self->host, NULL, HOST_PORT, 8);
	ASSERT_LE(0, fd);
	close(fd);
}

/* One that has come and waits for accept(): the program gets it, and finds it ended. */
TEST_F(peer, destroy_before_accept)
{
	struct xtcp_diag_req req;
	char byte;

	begin_passive(_metadata, self);
	peer_send(&self->peer, .flags = ACK, .seq = 1, .ack = 1);
	exact(self, the_one(_metadata, self, 1 << STATE_ESTABLISHED), &req);
	ASSERT_EQ(0, diag_destroy(&req));
	ASSERT_FINE(peer_expect(&self->peer, .flags = RST | ACK, .seq = 1, .ack = 1));
	self->fd = accept_now(self);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(-1, read(self->fd, &byte, 1));
	ASSERT_EQ(ECONNABORTED, errno);
}

TEST_F(peer, malformed)
{
	static char huge[60000];
	struct {
		struct xtcp_diag_req	req;
		struct nlattr		attr;
		uint32_t		value;
	} message = { };
	struct xtcp_diag_req req;
	size_t len;

	start_listener(_metadata, self);
	request(self, ANY_STATE, &req);

	/* Short: of each length, none of which may be read beyond. */
	for (len = 2; len < sizeof(req); len++) {
		ASSERT_EQ(-EINVAL, diag_talk(SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, &req, len, &diag));
		ASSERT_EQ(-EINVAL, diag_talk(SOCK_DIAG_BY_FAMILY, NLM_F_ACK, &req, len, &diag));
		ASSERT_EQ(-EINVAL, diag_talk(SOCK_DESTROY, NLM_F_ACK, &req, len, &diag));
	}
	/* Huge: what follows the request is no attribute. */
	memset(huge, 0xff, sizeof(huge));
	memcpy(huge, &req, sizeof(req));
	ASSERT_EQ(-EINVAL, diag_talk(SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, huge, sizeof(huge), &diag));
	memset(huge + sizeof(req), 0, sizeof(huge) - sizeof(req));
	ASSERT_EQ(-EINVAL, diag_talk(SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, huge, sizeof(huge), &diag));

	/* One that nobody knows. */
	message.req = req;
	message.attr.nla_len = sizeof(message) - sizeof(req);
	for (message.attr.nla_type = 0; message.attr.nla_type < 8; message.attr.nla_type++)
		ASSERT_EQ(-EINVAL, diag_talk(SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, &message,
					     sizeof(message), &diag));

	req.idiag_format = AF_UNIX;
	ASSERT_EQ(-EAFNOSUPPORT, diag_dump(&req, &diag));
	ASSERT_EQ(-EAFNOSUPPORT, diag_get(&req, &diag));
	ASSERT_EQ(-EAFNOSUPPORT, diag_destroy(&req));
	req.idiag_format = 0;
	req.sdiag_protocol = IPPROTO_UDP;
	ASSERT_EQ(-EPROTONOSUPPORT, diag_dump(&req, &diag));
	/* What a dump may leave open, has to be named where one is looked for. */
	req.sdiag_protocol = self->host.protocol;
	ASSERT_EQ(-EINVAL, diag_get(&req, &diag));
	ASSERT_EQ(-EINVAL, diag_destroy(&req));
	request(self, ANY_STATE, &req);
	req.sdiag_protocol = 0;
	ASSERT_EQ(-EINVAL, diag_get(&req, &diag));
	req.sdiag_family = AF_MAX;
	ASSERT_EQ(-EINVAL, diag_dump(&req, &diag));

	ASSERT_EQ(1, how_many(self, ANY_STATE));
}

TEST_HARNESS_MAIN

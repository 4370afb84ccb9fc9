// SPDX-License-Identifier: GPL-2.0
/*
 * Memory that is not there: each allocation, and each copy from or to the user, of each system
 * call and of each segment's way in fails in turn. The call says so or succeeds later, the
 * connection loses no byte, and nothing is left behind.
 *
 * The scripted peer's segments are handled within the write() that delivers them, in the
 * context of its task, so that fail-nth reaches the packet path, too.
 *
 * On a kernel without fault injection there is nothing to do.
 */
#include "kselftest_harness.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/host.h"
#include "lib/net.h"
#include "lib/pattern.h"
#include "lib/peer.h"

/* Seconds: an emulated debug kernel takes its time. */
#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT 280

#define HOST_PORT	5000
#define FAIL_NTH	"/proc/self/fail-nth"
#define DEBUGFS		"/sys/kernel/debug/"

/*
 * Faults.
 */

static int fail_nth = -1;

static void write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	if (write(fd, text, strlen(text)) < 0)
		perror(path);
	close(fd);
}

/* The @nth chance from here on fails. */
static void fault_begin(unsigned int nth)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%u", nth);

	if (pwrite(fail_nth, text, len, 0) != len)
		perror(FAIL_NTH);
}

/* Whether it did. What is left of the count may hit the calls here, which then are repeated. */
static bool fault_end(void)
{
	const int saved = errno;
	char text[16] = "";
	bool hit;

	hit = pread(fail_nth, text, sizeof(text) - 1, 0) > 0 && atoi(text) == 0;
	while (pwrite(fail_nth, "0", 1, 0) != 1)
		;
	errno = saved;
	return hit;
}

static void cache_mark(const char *name, const char *mark)
{
	char path[320];

	snprintf(path, sizeof(path), "/sys/kernel/slab/%s/failslab", name);
	write_text(path, mark);
}

static void caches_mark(const char *mark)
{
	DIR *dir = opendir("/sys/kernel/slab");
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			cache_mark(entry->d_name, mark);
	if (dir)
		closedir(dir);
}

/*
 * What is next in turn fails, whoever wants it for whatever. Only the kernel's reference tracker
 * must get its objects, for it complains if it does not.
 */
static void faults_by_count(void)
{
	write_text(DEBUGFS "failslab/probability", "0");
	caches_mark("1");
	cache_mark("kmalloc-32", "0");
	write_text(DEBUGFS "failslab/cache-filter", "Y");
	write_text(DEBUGFS "failslab/ignore-gfp-wait", "N");
	write_text(DEBUGFS "fail_page_alloc/ignore-gfp-wait", "N");
	write_text(DEBUGFS "fail_page_alloc/ignore-gfp-highmem", "N");
	write_text(DEBUGFS "fail_page_alloc/min-order", "0");
	/* The call says what fails; the kernel log need not. */
	write_text(DEBUGFS "failslab/verbose", "0");
	write_text(DEBUGFS "fail_page_alloc/verbose", "0");
	write_text(DEBUGFS "fail_usercopy/verbose", "0");
}

/* Objects of the kinds that a segment needs fail to come where nobody can wait for them. */
static void faults_by_chance(const char *percent)
{
	static const char * const names[] = {
		"xtcp_synq", "xtcp_timewait", "skbuff_head_cache", "skbuff_fclone_cache",
		"skbuff_small_head", "kmalloc-512", "kmalloc-1k", "kmalloc-2k", "kmalloc-4k",
	};
	unsigned int i;

	caches_mark("0");
	for (i = 0; i < sizeof(names) / sizeof(*names); i++)
		cache_mark(names[i], "1");
	write_text(DEBUGFS "failslab/ignore-gfp-wait", "Y");
	write_text(DEBUGFS "failslab/times", "-1");
	write_text(DEBUGFS "failslab/probability", percent);
}

static void faults_end(void)
{
	write_text(DEBUGFS "failslab/probability", "0");
	write_text(DEBUGFS "failslab/times", "1");
	write_text(DEBUGFS "failslab/cache-filter", "N");
	write_text(DEBUGFS "failslab/ignore-gfp-wait", "Y");
	write_text(DEBUGFS "failslab/verbose", "2");
	write_text(DEBUGFS "fail_page_alloc/ignore-gfp-wait", "Y");
	write_text(DEBUGFS "fail_page_alloc/ignore-gfp-highmem", "Y");
	write_text(DEBUGFS "fail_page_alloc/min-order", "1");
	write_text(DEBUGFS "fail_page_alloc/verbose", "2");
	write_text(DEBUGFS "fail_usercopy/verbose", "2");
	caches_mark("0");
}

/* An answer that a program can understand. */
static bool is_for_want_of_memory(int err)
{
	return err == ENOMEM || err == ENOBUFS || err == ENFILE || err == EFAULT;
}

/*
 * The stage.
 */

FIXTURE(fault) {
	struct peer	peer;
	struct host	host;
	int		listener;
	int		fd;
};

FIXTURE_VARIANT(fault) {
	struct host	host;
};

FIXTURE_VARIANT_ADD(fault, ordinary_v4) { .host = { AF_XTCP, IPPROTO_TCP, 4 } };
FIXTURE_VARIANT_ADD(fault, ordinary_v6) { .host = { AF_XTCP, IPPROTO_TCP, 6 } };
FIXTURE_VARIANT_ADD(fault, native_v4) { .host = { AF_XTCP, IPPROTO_XTCP, 4 } };
FIXTURE_VARIANT_ADD(fault, native_v6) { .host = { AF_XTCP, IPPROTO_XTCP, 6 } };

FIXTURE_SETUP(fault)
{
	self->host = variant->host;
	self->fd = -1;
	self->listener = -1;
	faults_by_count();
	ASSERT_EQ(0, net_enter_new());
	ASSERT_EQ(0, peer_open(&self->peer, &self->host));
	/* What was not sent for want of memory is sent again soon. */
	net_sysctl_write("net/xtcp/rto_min_ms", "20");
	net_sysctl_write("net/xtcp/rto_initial_ms", "20");
	net_sysctl_write("net/xtcp/rto_max_ms", "100");
	fail_nth = open(FAIL_NTH, O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, fail_nth);
}

static void end_connection(FIXTURE_DATA(fault) *self)
{
	const struct linger abort = { .l_onoff = 1 };

	if (self->fd >= 0) {
		setsockopt(self->fd, SOL_SOCKET, SO_LINGER, &abort, sizeof(abort));
		close(self->fd);
	}
	self->fd = -1;
	peer_drain(&self->peer);
	peer_send(&self->peer, .flags = RST, .seq = self->peer.host_ack);
	peer_drain(&self->peer);
}

/* Nothing but TIME-WAIT is left, at the latest when what was lost has been sent again. */
static bool is_over(const struct host *host)
{
	const uint64_t end = clock_ms() + clock_patience_ms();
	bool over = false;

	while (!over && clock_ms() < end) {
		over = host_count(host, STATE_NONE) == host_count(host, STATE_TIME_WAIT);
		if (!over)
			clock_sleep_ms(10);
	}
	return over;
}

FIXTURE_TEARDOWN(fault)
{
	end_connection(self);
	if (self->listener >= 0)
		close(self->listener);
	EXPECT_TRUE(is_over(&self->host));
	peer_close(&self->peer);
}

#define ASSERT_FINE(complaint) ASSERT_STREQ("", complaint)

/* A new connection, of other ports than the last one. */
static void next_connection(FIXTURE_DATA(fault) *self)
{
	struct peer *p = &self->peer;

	peer_drain(p);
	peer_forget(p);
	p->port++;
	p->host_ack = 0;
	p->host_port = self->listener >= 0 ? HOST_PORT : 0;
}

static void start_listener(struct __test_metadata *_metadata, FIXTURE_DATA(fault) *self)
{
	self->listener = host_listen(&self->host, NULL, HOST_PORT, 8);
	ASSERT_LE(0, self->listener);
}

/* Waits for a segment with these flags, whatever comes before it. */
static bool peer_awaits(struct peer *p, uint8_t flags)
{
	const uint64_t end = clock_ms() + clock_patience_ms();

	while (clock_ms() < end) {
		if (peer_receive(p, clock_patience_ms()) && (p->got.flags & flags) == flags)
			return true;
	}
	return false;
}

/* Waits until the host has acknowledged everything below @ack. */
static bool peer_awaits_ack(struct peer *p, uint32_t ack)
{
	while (p->got.ack != ack || !(p->got.flags & ACK))
		if (!peer_receive(p, clock_patience_ms()))
			return false;
	return true;
}

static int accept_now(FIXTURE_DATA(fault) *self)
{
	int fd = accept4(self->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static void open_passive(struct __test_metadata *_metadata, FIXTURE_DATA(fault) *self)
{
	struct peer *p = &self->peer;

	next_connection(self);
	peer_send(p, .flags = SYN);
	ASSERT_TRUE(peer_awaits(p, SYN | ACK));
	peer_send(p, .flags = ACK, .seq = 1, .ack = 1);
	self->fd = accept_now(self);
	ASSERT_LE(0, self->fd);
}

static int state_of(FIXTURE_DATA(fault) *self)
{
	return host_state(&self->host, self->peer.host_port, self->peer.port);
}

/* All that can be read without waiting is these bytes. */
static const char *reads(int fd, const char *want)
{
	static char got[256];
	ssize_t n = read(fd, got, sizeof(got) - 1);

	got[n < 0 ? 0 : n] = '\0';
	return strcmp(got, want) ? got : want;
}

/*
 * Each test goes on until a round in which nothing was left to fail. In round 0 nothing fails, but
 * counts as if it did: it brings in pages of the program itself, so that these are not what fails.
 */
#define FAULTY(nth, hit, call) do { \
	fault_begin(nth); \
	call; \
	hit = fault_end(); \
} while (0)

/* Something did fail, and in the end nothing. */
static void assert_faults_done(struct __test_metadata *_metadata, unsigned int nth, bool hit)
{
	ASSERT_FALSE(hit);
	ASSERT_LT(2, nth);
	TH_LOG("%u places", nth - 2);
}

/*
 * Segments. Each comes again, as one does that was not answered, and then all is as it should.
 */

TEST_F(fault, syn)
{
	struct peer *p = &self->peer;
	unsigned int nth;
	bool hit;

	start_listener(_metadata, self);
	for (nth = 0, hit = true; hit; nth++) {
		next_connection(self);
		FAULTY(nth, hit, peer_send(p, .flags = SYN));
		peer_drain(p);
		peer_forget(p);
		peer_send(p, .flags = SYN);
		ASSERT_TRUE(peer_awaits(p, SYN | ACK));
		peer_send(p, .flags = ACK, .seq = 1, .ack = 1, .data = "x", .len = 1);
		self->fd = accept_now(self);
		ASSERT_LE(0, self->fd);
		ASSERT_STREQ("x", reads(self->fd, "x"));
		end_connection(self);
	}
	assert_faults_done(_metadata, nth, hit);
}

TEST_F(fault, final_ack)
{
	struct peer *p = &self->peer;
	unsigned int nth;
	bool hit;

	start_listener(_metadata, self);
	for (nth = 0, hit = true; hit; nth++) {
		next_connection(self);
		peer_send(p, .flags = SYN);
		ASSERT_TRUE(peer_awaits(p, SYN | ACK));
		FAULTY(nth, hit,
		       peer_send(p, .flags = ACK, .seq = 1, .ack = 1, .data = "x", .len = 1));
		peer_send(p, .flags = ACK, .seq = 1, .ack = 1, .data = "x", .len = 1);
		ASSERT_TRUE(peer_awaits_ack(p, 2));
		self->fd = accept_now(self);
		ASSERT_LE(0, self->fd);
		ASSERT_STREQ("x", reads(self->fd, "x"));
		/* There is one child, not two. */
		ASSERT_EQ(-EAGAIN, accept_now(self));
		end_connection(self);
	}
	assert_faults_done(_metadata, nth, hit);
}

TEST_F(fault, syn_ack)
{
	struct peer *p = &self->peer;
	unsigned int nth;
	bool hit;

	for (nth = 0, hit = true; hit; nth++) {
		next_connection(self);
		self->fd = host_socket(&self->host, SOCK_NONBLOCK | SOCK_CLOEXEC);
		ASSERT_EQ(-EINPROGRESS, host_connect(&self->host, self->fd, "peer", p->port));
		ASSERT_TRUE(peer_awaits(p, SYN));
		FAULTY(nth, hit, peer_send(p, .flags = SYN | ACK, .ack = 1));
		peer_drain(p);
		peer_send(p, .flags = SYN | ACK, .ack = 1);
		ASSERT_TRUE(peer_awaits_ack(p, 1));
		ASSERT_EQ(STATE_ESTABLISHED, state_of(self));
		ASSERT_EQ(1, write(self->fd, "y", 1));
		ASSERT_TRUE(peer_awaits(p, PSH));
		end_connection(self);
	}
	assert_faults_done(_metadata, nth, hit);
}

TEST_F(fault, data_in_order)
{
	struct peer *p = &self->peer;
	unsigned int nth;
	bool hit;

	start_listener(_metadata, self);
	for (nth = 0, hit = true; hit; nth++) {
		open_passive(_metadata, self);
		FAULTY(nth, hit, peer_send(p, .flags = ACK, .seq = 1, .ack = 1,
					   .data = "abc", .len = 3));
		peer_send(p, .flags = ACK, .seq = 1, .ack = 1, .data = "abc", .len = 3);
		ASSERT_TRUE(peer_awaits_ack(p, 4));
		ASSERT_STREQ("abc", reads(self->fd, "abc"));
		ASSERT_STREQ("", reads(self->fd, ""));
		end_connection(self);
	}
	assert_faults_done(_metadata, nth, hit);
}

TEST_F(fault, data_beyond_a_gap)
{
	struct peer *p = &self->peer;
	unsigned int nth;
	bool hit;

	start_listener(_metadata, self);
	for (nth = 0, hit = true; hit; nth++) {
		open_passive(_metadata, self);
		FAULTY(nth, hit, peer_send(p, .flags = ACK, .seq = 4, .ack = 1,
					   .data = "def", .len = 3));
		peer_send(p, .flags = ACK, .seq = 4, .ack = 1, .data = "def", .len = 3);
		peer_send(p, .flags = ACK, .seq = 1, .ack = 1, .data = "abc", .len = 3);
		ASSERT_TRUE(peer_awaits_ack(p, 7));
		ASSERT_STREQ("abcdef", reads(self->fd, "abcdef"));
		end_connection(self);
	}
	assert_faults_done(_metadata, nth, hit);
}

/* An ACK that opens the window to data: what it lets go may fail to go. */
TEST_F(fault, window)
{
	struct peer *p = &self->peer;
	uint8_t sent[4000], got[4000];
	unsigned int nth;
	bool hit;

	start_listener(_metadata, self);
	pattern_fill(1, 0, sent, sizeof(sent));
	for (nth = 0, hit = true; hit; nth++) {
		p->window = 0;
		open_passive(_metadata, self);
		ASSERT_EQ(sizeof(sent), write(self->fd, sent, sizeof(sent)));
		p->window = 65535;
		FAULTY(nth, hit, peer_send(p, .flags = ACK, .seq = 1, .ack = 1));
		/* A probe may have been on its way, and want this one. */
		peer_send(p, .flags = ACK, .seq = 1, .ack = 1);
		ASSERT_FINE(peer_collect(p, 1, 1 + sizeof(sent), got, true));
		ASSERT_EQ(0, memcmp(sent, got, sizeof(sent)));
		end_connection(self);
	}
	assert_faults_done(_metadata, nth, hit);
}

TEST_F(fault, fin)
{
	struct peer *p = &self->peer;
	unsigned int nth;
	bool hit;

	start_listener(_metadata, self);
	for (nth = 0, hit = true; hit; nth++) {
		open_passive(_metadata, self);
		FAULTY(nth, hit, peer_send(p, .flags = FIN | ACK, .seq = 1, .ack = 1,
					   .data = "x", .len = 1));
		peer_send(p, .flags = FIN | ACK, .seq = 1, .ack = 1, .data = "x", .len = 1);
		ASSERT_TRUE(peer_awaits_ack(p, 3));
		ASSERT_EQ(STATE_CLOSE_WAIT, state_of(self));
		ASSERT_STREQ("x", reads(self->fd, "x"));
		ASSERT_EQ(0, read(self->fd, &hit, 1));
		end_connection(self);
	}
	assert_faults_done(_metadata, nth, hit);
}

/* Without memory for TIME-WAIT there is none, but the connection is over all the same. */
TEST_F(fault, last_fin)
{
	struct peer *p = &self->peer;
	unsigned int nth;
	bool hit;

	start_listener(_metadata, self);
	for (nth = 0, hit = true; hit; nth++) {
		open_passive(_metadata, self);
		close(self->fd);
		self->fd = -1;
		ASSERT_TRUE(peer_awaits(p, FIN));
		peer_send(p, .flags = ACK, .seq = 1, .ack = 2);
		ASSERT_EQ(STATE_FIN_WAIT_2, state_of(self));
		FAULTY(nth, hit, peer_send(p, .flags = FIN | ACK, .seq = 1, .ack = 2));
		if (state_of(self) == STATE_FIN_WAIT_2)
			peer_send(p, .flags = FIN | ACK, .seq = 1, .ack = 2);
		if (hit && state_of(self) == STATE_NONE)
			continue;
		ASSERT_EQ(STATE_TIME_WAIT, state_of(self));
		peer_drain(p);
		peer_send(p, .flags = FIN | ACK, .seq = 1, .ack = 2);
		ASSERT_TRUE(peer_awaits_ack(p, 2));
	}
	assert_faults_done(_metadata, nth, hit);
}

TEST_F(fault, rst)
{
	struct peer *p = &self->peer;
	unsigned int nth;
	bool hit;
	char c;

	start_listener(_metadata, self);
	for (nth = 0, hit = true; hit; nth++) {
		open_passive(_metadata, self);
		FAULTY(nth, hit, peer_send(p, .flags = RST, .seq = 1));
		peer_send(p, .flags = RST, .seq = 1);
		ASSERT_EQ(STATE_NONE, state_of(self));
		ASSERT_EQ(-1, read(self->fd, &c, 1));
		ASSERT_EQ(ECONNRESET, errno);
		end_connection(self);
	}
	assert_faults_done(_metadata, nth, hit);
}

/* Answered by a reset, or not. */
TEST_F(fault, segment_for_nobody)
{
	struct peer *p = &self->peer;
	unsigned int nth;
	bool hit;

	for (nth = 0, hit = true; hit; nth++) {
		next_connection(self);
		p->host_port = 9;
		FAULTY(nth, hit, peer_send(p, .flags = SYN));
		peer_drain(p);
		peer_forget(p);
		peer_send(p, .flags = SYN);
		ASSERT_TRUE(peer_awaits(p, RST));
	}
	assert_faults_done(_metadata, nth, hit);
}

/*
 * System calls.
 */

TEST_F(fault, socket)
{
	unsigned int nth;
	bool hit;
	int fd;

	for (nth = 0, hit = true; hit; nth++) {
		FAULTY(nth, hit, fd = host_socket(&self->host, SOCK_CLOEXEC));
		if (fd < 0) {
			ASSERT_TRUE(hit);
			ASSERT_TRUE(is_for_want_of_memory(-fd)) TH_LOG("%s", strerror(-fd));
			continue;
		}
		ASSERT_EQ(0, host_bind(&self->host, fd, NULL, HOST_PORT));
		close(fd);
	}
	assert_faults_done(_metadata, nth, hit);
}

static void fail_bind(struct __test_metadata *_metadata, FIXTURE_DATA(fault) *self, uint16_t port)
{
	unsigned int nth;
	bool hit;
	int ret;

	for (nth = 0, hit = true; hit; nth++) {
		self->fd = host_socket(&self->host, SOCK_CLOEXEC);
		FAULTY(nth, hit, ret = host_bind(&self->host, self->fd, NULL, port));
		if (ret) {
			ASSERT_TRUE(hit);
			/* The kernel's own bind() has no other word for it. */
			if (ret != -EADDRINUSE)
				ASSERT_TRUE(is_for_want_of_memory(-ret))
					TH_LOG("%s", strerror(-ret));
			ASSERT_EQ(0, host_local_port(self->fd));
			ASSERT_EQ(0, host_bind(&self->host, self->fd, NULL, port));
		}
		ASSERT_NE(0, host_local_port(self->fd));
		ASSERT_EQ(0, listen(self->fd, 1));
		close(self->fd);
		self->fd = -1;
	}
	assert_faults_done(_metadata, nth, hit);
}

TEST_F(fault, bind)
{
	fail_bind(_metadata, self, HOST_PORT);
}

TEST_F(fault, bind_to_any_port)
{
	fail_bind(_metadata, self, 0);
}

/* Unbound, so that it takes a port as well. */
TEST_F(fault, listen)
{
	unsigned int nth;
	bool hit;
	int ret;

	for (nth = 0, hit = true; hit; nth++) {
		self->fd = host_socket(&self->host, SOCK_CLOEXEC);
		FAULTY(nth, hit, ret = listen(self->fd, 1));
		if (ret) {
			ASSERT_TRUE(hit);
			ASSERT_TRUE(is_for_want_of_memory(errno)) TH_LOG("%s", strerror(errno));
			ASSERT_EQ(0, listen(self->fd, 1));
		}
		ASSERT_NE(0, host_local_port(self->fd));
		close(self->fd);
		self->fd = -1;
	}
	assert_faults_done(_metadata, nth, hit);
}

TEST_F(fault, connect)
{
	struct peer *p = &self->peer;
	unsigned int nth;
	bool hit;
	int ret;

	for (nth = 0, hit = true; hit; nth++) {
		next_connection(self);
		self->fd = host_socket(&self->host, SOCK_NONBLOCK | SOCK_CLOEXEC);
		FAULTY(nth, hit, ret = host_connect(&self->host, self->fd, "peer", p->port));
		if (ret != -EINPROGRESS) {
			ASSERT_TRUE(hit);
			ASSERT_TRUE(is_for_want_of_memory(-ret)) TH_LOG("%s", strerror(-ret));
			ASSERT_EQ(0, host_local_port(self->fd));
			ret = host_connect(&self->host, self->fd, "peer", p->port);
		}
		ASSERT_EQ(-EINPROGRESS, ret);
		ASSERT_TRUE(peer_awaits(p, SYN));
		peer_send(p, .flags = SYN | ACK, .ack = 1);
		ASSERT_EQ(STATE_ESTABLISHED, state_of(self));
		end_connection(self);
	}
	assert_faults_done(_metadata, nth, hit);
}

/* A child is given, or kept, or reset, but not lost. */
TEST_F(fault, accept)
{
	struct peer *p = &self->peer;
	struct sockaddr_storage addr;
	unsigned int nth;
	socklen_t len;
	bool hit;

	start_listener(_metadata, self);
	for (nth = 0, hit = true; hit; nth++) {
		next_connection(self);
		peer_send(p, .flags = SYN);
		ASSERT_TRUE(peer_awaits(p, SYN | ACK));
		peer_send(p, .flags = ACK, .seq = 1, .ack = 1);
		len = sizeof(addr);
		FAULTY(nth, hit, self->fd = accept(self->listener, (struct sockaddr *)&addr, &len));
		if (self->fd < 0) {
			ASSERT_TRUE(hit);
			ASSERT_TRUE(is_for_want_of_memory(errno)) TH_LOG("%s", strerror(errno));
			self->fd = accept_now(self);
		}
		if (self->fd < 0) {
			/* Where the address could not be told it was open already. */
			ASSERT_TRUE(peer_awaits(p, FIN));
		} else {
			peer_send(p, .flags = ACK, .seq = 1, .ack = 1, .data = "x", .len = 1);
			ASSERT_STREQ("x", reads(self->fd, "x"));
		}
		end_connection(self);
	}
	assert_faults_done(_metadata, nth, hit);
}

static void send_all(struct __test_metadata *_metadata, int fd, const uint8_t *buf, size_t len)
{
	while (len) {
		ssize_t n = write(fd, buf, len);

		ASSERT_LT(0, n);
		buf += n;
		len -= n;
	}
}

/* What send() says it took arrives, and nothing else. */
TEST_F(fault, send)
{
	struct peer *p = &self->peer;
	uint8_t sent[20000], got[20000];
	unsigned int nth;
	ssize_t n;
	bool hit;

	start_listener(_metadata, self);
	pattern_fill(2, 0, sent, sizeof(sent));
	for (nth = 0, hit = true; hit; nth++) {
		open_passive(_metadata, self);
		FAULTY(nth, hit, n = send(self->fd, sent, sizeof(sent), MSG_NOSIGNAL));
		if (n < 0) {
			ASSERT_TRUE(hit);
			ASSERT_TRUE(is_for_want_of_memory(errno) || errno == EAGAIN)
				TH_LOG("%s", strerror(errno));
			n = 0;
		}
		send_all(_metadata, self->fd, sent + n, sizeof(sent) - n);
		ASSERT_FINE(peer_collect(p, 1, 1 + sizeof(sent), got, true));
		ASSERT_EQ(0, memcmp(sent, got, sizeof(sent)));
		end_connection(self);
	}
	assert_faults_done(_metadata, nth, hit);
}

/* What recv() could not give is still there. */
static void fail_recv(struct __test_metadata *_metadata, FIXTURE_DATA(fault) *self, int flags)
{
	struct peer *p = &self->peer;
	uint8_t sent[3000], got[3000];
	unsigned int nth;
	ssize_t n, more;
	bool hit;

	start_listener(_metadata, self);
	pattern_fill(3, 0, sent, sizeof(sent));
	for (nth = 0, hit = true; hit; nth++) {
		open_passive(_metadata, self);
		for (n = 0; n < 3; n++)
			peer_send(p, .flags = ACK, .seq = 1 + 1000 * n, .ack = 1,
				  .data = sent + 1000 * n, .len = 1000);
		memset(got, 0, sizeof(got));
		FAULTY(nth, hit, n = recv(self->fd, got, sizeof(got), flags));
		if (n < 0) {
			ASSERT_TRUE(hit);
			ASSERT_TRUE(is_for_want_of_memory(errno)) TH_LOG("%s", strerror(errno));
		}
		if (n < 0 || flags & MSG_PEEK)
			n = 0;
		while (n < (ssize_t)sizeof(got)) {
			more = recv(self->fd, got + n, sizeof(got) - n, MSG_DONTWAIT);
			ASSERT_LT(0, more);
			n += more;
		}
		ASSERT_EQ(0, memcmp(sent, got, sizeof(sent)));
		ASSERT_TRUE(peer_awaits_ack(p, 3001));
		end_connection(self);
	}
	assert_faults_done(_metadata, nth, hit);
}

TEST_F(fault, recv)
{
	fail_recv(_metadata, self, 0);
}

TEST_F(fault, peek)
{
	fail_recv(_metadata, self, MSG_PEEK);
}

/*
 * All bytes and a FIN, or a reset: an end that comes too early is one that nobody would notice.
 */
static const char *ends_well(struct peer *p, const uint8_t *sent, uint32_t len, bool hit)
{
	const uint64_t end = clock_ms() + clock_patience_ms();
	uint32_t next = 1;

	while (clock_ms() < end && peer_receive(p, clock_patience_ms())) {
		if (p->got.flags & RST)
			return hit ? "" : "a reset without a reason";
		if (p->got.seq == next && p->got.len) {
			if (next - 1 + p->got.len > len ||
			    memcmp(sent + next - 1, p->data, p->got.len))
				return "other bytes";
			next += p->got.len;
		}
		if (p->got.flags & FIN && p->got.seq + p->got.len == next)
			return next == len + 1 ? "" : "an end that comes too early";
		peer_send(p, .flags = ACK, .seq = 1, .ack = next);
	}
	return "no end";
}

static void fail_ending(struct __test_metadata *_metadata, FIXTURE_DATA(fault) *self,
			int (*ending)(int fd), bool closes, size_t len)
{
	struct peer *p = &self->peer;
	uint8_t sent[3000];
	unsigned int nth;
	bool hit;
	int ret;

	start_listener(_metadata, self);
	pattern_fill(4, 0, sent, sizeof(sent));
	for (nth = 0, hit = true; hit; nth++) {
		p->window = len ? 0 : 65535;
		open_passive(_metadata, self);
		send_all(_metadata, self->fd, sent, len);
		FAULTY(nth, hit, ret = ending(self->fd));
		ASSERT_EQ(0, ret);
		if (closes)
			self->fd = -1;
		p->window = 65535;
		peer_send(p, .flags = ACK, .seq = 1, .ack = 1);
		ASSERT_FINE(ends_well(p, sent, len, nth && hit));
		end_connection(self);
	}
	/* Behind data that waits a FIN needs nothing of its own. */
	ASSERT_FALSE(hit);
	if (!len)
		assert_faults_done(_metadata, nth, hit);
}

static int shut_down(int fd)
{
	return shutdown(fd, SHUT_WR);
}

TEST_F(fault, shutdown)
{
	fail_ending(_metadata, self, shut_down, false, 0);
}

TEST_F(fault, shutdown_behind_data)
{
	fail_ending(_metadata, self, shut_down, false, 3000);
}

TEST_F(fault, close)
{
	fail_ending(_metadata, self, close, true, 0);
}

TEST_F(fault, close_behind_data)
{
	fail_ending(_metadata, self, close, true, 3000);
}

/* A reset that could not be sent is sent when the peer speaks again. */
TEST_F(fault, abort)
{
	const struct linger abort = { .l_onoff = 1 };
	struct peer *p = &self->peer;
	unsigned int nth;
	bool hit;
	int ret;

	start_listener(_metadata, self);
	for (nth = 0, hit = true; hit; nth++) {
		open_passive(_metadata, self);
		setsockopt(self->fd, SOL_SOCKET, SO_LINGER, &abort, sizeof(abort));
		FAULTY(nth, hit, ret = close(self->fd));
		self->fd = -1;
		ASSERT_EQ(0, ret);
		ASSERT_EQ(STATE_NONE, state_of(self));
		if (hit)
			peer_send(p, .flags = ACK, .seq = 1, .ack = 1, .data = "x", .len = 1);
		ASSERT_TRUE(peer_awaits(p, RST));
	}
	assert_faults_done(_metadata, nth, hit);
}

/* A listener that has a half-open connection, one that waits, and nobody who wants them. */
TEST_F(fault, close_listener)
{
	struct peer *p = &self->peer;
	unsigned int nth;
	bool hit;
	int ret;

	for (nth = 0, hit = true; hit; nth++) {
		start_listener(_metadata, self);
		next_connection(self);
		peer_send(p, .flags = SYN);
		ASSERT_TRUE(peer_awaits(p, SYN | ACK));
		next_connection(self);
		peer_send(p, .flags = SYN);
		ASSERT_TRUE(peer_awaits(p, SYN | ACK));
		peer_send(p, .flags = ACK, .seq = 1, .ack = 1);
		FAULTY(nth, hit, ret = close(self->listener));
		self->listener = -1;
		ASSERT_EQ(0, ret);
		ASSERT_EQ(0, host_count(&self->host, STATE_NONE));
	}
	assert_faults_done(_metadata, nth, hit);
}

typedef int (*ask_t)(int fd);

static int ask_info(int fd)
{
	struct tcp_info info;
	socklen_t len = sizeof(info);

	return getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len);
}

static int ask_name(int fd)
{
	struct sockaddr_storage addr;
	socklen_t len = sizeof(addr);

	return getsockname(fd, (struct sockaddr *)&addr, &len);
}

static int ask_peer(int fd)
{
	struct sockaddr_storage addr;
	socklen_t len = sizeof(addr);

	return getpeername(fd, (struct sockaddr *)&addr, &len);
}

static int ask_nodelay(int fd)
{
	const int on = 1;

	return setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

static int ask_queued(int fd)
{
	int queued;

	return ioctl(fd, SIOCINQ, &queued);
}

static int ask_poll(int fd)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN | POLLOUT };

	return poll(&pfd, 1, 0) < 0 ? -1 : 0;
}

static int ask_proc(int fd)
{
	char buf[4096];
	int file = open("/proc/net/xtcp", O_RDONLY | O_CLOEXEC);
	int ret;

	if (file < 0)
		return -1;
	ret = read(file, buf, sizeof(buf)) < 0 ? -1 : 0;
	close(file);
	return ret;
}

TEST_F(fault, questions)
{
	const ask_t questions[] = {
		ask_info, ask_name, ask_peer, ask_nodelay, ask_queued, ask_poll, ask_proc,
	};
	unsigned int places = 0;
	unsigned int nth, i;
	bool hit;
	int ret;

	start_listener(_metadata, self);
	open_passive(_metadata, self);
	for (i = 0; i < sizeof(questions) / sizeof(*questions); i++) {
		for (nth = 0, hit = true; hit; nth++) {
			FAULTY(nth, hit, ret = questions[i](self->fd));
			if (!ret)
				continue;
			ASSERT_TRUE(hit);
			ASSERT_TRUE(is_for_want_of_memory(errno)) TH_LOG("%s", strerror(errno));
			ASSERT_EQ(0, questions[i](self->fd));
		}
		ASSERT_FALSE(hit);
		places += nth - 2;
	}
	EXPECT_LT(5, places);
}

/*
 * Softirq, where no count reaches: every tenth object does not come.
 */

static bool take_turn(int from, int to, uint64_t seed, size_t *sent, size_t *got, size_t total)
{
	uint8_t buf[8192];
	ssize_t n = total - *sent < sizeof(buf) ? total - *sent : sizeof(buf);

	pattern_fill(seed, *sent, buf, n);
	n = send(from, buf, n, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n > 0)
		*sent += n;
	n = recv(to, buf, sizeof(buf), MSG_DONTWAIT);
	if (n <= 0)
		return n < 0 && errno == EAGAIN;
	if (pattern_check(seed, *got, buf, n) != (size_t)n)
		return false;
	*got += n;
	return true;
}

static void await_end(struct __test_metadata *_metadata, int fd)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	char c;

	ASSERT_EQ(1, poll(&pfd, 1, clock_patience_ms()));
	ASSERT_EQ(0, read(fd, &c, 1));
}

static void exchange(struct __test_metadata *_metadata, int a, int b, size_t total)
{
	const uint64_t end = clock_ms() + clock_patience_ms();
	size_t sent[2] = {}, got[2] = {};

	while (got[0] < total || got[1] < total) {
		ASSERT_GT(end, clock_ms());
		if (got[0] < total)
			ASSERT_TRUE(take_turn(a, b, 5, &sent[0], &got[0], total));
		if (got[1] < total)
			ASSERT_TRUE(take_turn(b, a, 6, &sent[1], &got[1], total));
	}
	ASSERT_EQ(0, shutdown(a, SHUT_WR));
	await_end(_metadata, b);
	ASSERT_EQ(0, shutdown(b, SHUT_WR));
	await_end(_metadata, a);
}

TEST_F(fault, every_tenth)
{
	const unsigned int rounds = clock_scaled(20, 10);
	struct pollfd pfd;
	unsigned int i;
	long lost;
	int a, b;

	start_listener(_metadata, self);
	faults_by_chance("10");
	for (i = 0; i < rounds; i++) {
		a = host_socket(&self->host, SOCK_CLOEXEC);
		ASSERT_LE(0, a);
		ASSERT_EQ(0, host_connect(&self->host, a, "lo", HOST_PORT));
		pfd = (struct pollfd){ .fd = self->listener, .events = POLLIN };
		ASSERT_EQ(1, poll(&pfd, 1, clock_patience_ms()));
		b = accept_now(self);
		ASSERT_LE(0, b);
		exchange(_metadata, a, b, 100000);
		close(a);
		close(b);
	}
	faults_by_count();
	lost = host_counter("RetransSegs") + host_counter("DropNoMemory");
	TH_LOG("%ld sent again, %ld without memory", host_counter("RetransSegs"),
	       host_counter("DropNoMemory"));
	EXPECT_LT(0, lost);
}

/*
 * A namespace is made by everybody's allocations, hundreds of them; the kernel log tells which are
 * ours.
 */

static bool log_says(int log, const char *text)
{
	char record[1024];
	bool says = false;
	ssize_t n;

	do {
		n = read(log, record, sizeof(record) - 1);
		if (n > 0) {
			record[n] = '\0';
			says |= !!strstr(record, text);
		}
	} while (n > 0 || errno == EPIPE);
	return says;
}

/* How many chances there were; the kernel has many words for failure, any will do. */
static unsigned int make_namespace(unsigned int nth, bool *made)
{
	char text[16] = "";

	fault_begin(nth);
	*made = !unshare(CLONE_NEWNET);
	if (pread(fail_nth, text, sizeof(text) - 1, 0) < 0)
		text[0] = '\0';
	fault_end();
	return nth - atoi(text);
}

static bool our_namespace_fails(int log, unsigned int nth)
{
	bool made;

	make_namespace(nth, &made);
	return log_says(log, "xtcp: step ") && !made;
}

TEST(namespace)
{
	const unsigned int many = 1000000, stride = 4, around = 32;
	unsigned int nth, last;
	unsigned int ours = 0;
	bool made;
	int log;

	fail_nth = open(FAIL_NTH, O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, fail_nth);
	log = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	ASSERT_LE(0, log);
	lseek(log, 0, SEEK_END);

	make_namespace(many, &made);
	nth = make_namespace(many, &made);
	ASSERT_TRUE(made);
	while (nth > stride && !our_namespace_fails(log, nth))
		nth -= stride;
	ASSERT_LT(stride, nth);
	last = nth + around;
	for (nth = nth > around ? nth - around : 1; nth <= last; nth++)
		ours += our_namespace_fails(log, nth);
	TH_LOG("%u failures up to place %u", ours, last);
	EXPECT_LT(2, ours);
	/* After all that the next one is made, and works. */
	ASSERT_EQ(0, net_enter_new());
	ASSERT_LE(0, host_listen(&(struct host){ AF_XTCP, IPPROTO_TCP, 4 }, NULL, HOST_PORT, 1));
}

int main(int argc, char **argv)
{
	int ret;

	if (access(FAIL_NTH, W_OK) || access(DEBUGFS "failslab", X_OK)) {
		puts("TAP version 13\n1..0 # SKIP the kernel injects no faults");
		return KSFT_SKIP;
	}
	/* A child that runs into its time leaves this to its parent. */
	faults_by_count();
	ret = test_harness_run(argc, argv);
	faults_end();
	return ret;
}

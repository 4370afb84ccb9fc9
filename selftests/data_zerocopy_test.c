// SPDX-License-Identifier: GPL-2.0
/*
 * Data that is sent from where it lies, seen from both of its ends: what is on the wire, how long
 * the pages of the sender are held, and what he is told.
 *
 * The TUN device copies what it is given of the pages of a user, and says so. Where that must not
 * be, what the host sends goes to a device that throws it away, and the peer acknowledges unseen.
 */
#include "kselftest_harness.h"
#include "lib/data_fixture.h"
#include "lib/notice.h"

#include <linux/capability.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>

#define PAGE	4096
#define NOTICES	notice_list(self->fd, self->host.version)

/* The native carrier computes its checksum itself, and so it copies. */
static bool shares(const struct host *host)
{
	return host->protocol == IPPROTO_TCP;
}

#define ONLY_SHARING() do { \
	if (!shares(&self->host)) \
		SKIP(return, "this carrier copies"); \
} while (0)

static int allow_zerocopy(int fd)
{
	const int one = 1;

	return setsockopt(fd, SOL_SOCKET, SO_ZEROCOPY, &one, sizeof(one)) ? -errno : 0;
}

#define OPEN_ZEROCOPY() do { \
	open_stream(_metadata, self, 1); \
	if (allow_zerocopy(self->fd) == -EOPNOTSUPP) \
		SKIP(return, "the kernel reserves SO_ZEROCOPY for families it knows"); \
} while (0)

/* From here on what the host sends is seen by nobody. */
static void hide_peer(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self)
{
	const char *route = self->host.version == 4 ? "ip route add " PEER_V4 " dev void" :
						      "ip route add " PEER_V6 " dev void metric 1";

	ASSERT_EQ(0, system("ip link add void type dummy && ip link set void up"));
	ASSERT_EQ(0, system(route));
}

static ssize_t send_zerocopy(int fd, const void *buf, size_t len)
{
	return send(fd, buf, len, MSG_ZEROCOPY | MSG_NOSIGNAL);
}

static bool has_notice(int fd)
{
	struct pollfd pfd = { .fd = fd };

	return poll(&pfd, 1, 0) == 1 && pfd.revents & POLLERR;
}

/* What is dropped by the peer's socket may be freed a little later. */
static bool becomes_free(int file)
{
	const uint64_t end = clock_ms() + clock_patience_ms();
	bool is_free;

	while (!(is_free = memory_is_free(file)) && clock_ms() < end)
		clock_sleep_ms(10);
	return is_free;
}

/* Each call is told of when its last byte is acknowledged, and not before. */
TEST_F(peer, told_when_acknowledged)
{
	static uint8_t buf[3 * MSS];
	unsigned int i;

	OPEN_ZEROCOPY();
	pattern_fill(HOST_SEED, 1, buf, sizeof(buf));
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(MSS, send_zerocopy(self->fd, buf + i * MSS, MSS));
		expect_data(_metadata, self, 1 + i * MSS, MSS);
	}
	if (!shares(&self->host)) {
		EXPECT_TRUE(has_notice(self->fd));
		EXPECT_STREQ("0-2 copied", NOTICES);
		return;
	}
	EXPECT_FALSE(has_notice(self->fd));
	EXPECT_STREQ("", NOTICES);
	peer_acks(self, MSS);
	EXPECT_STREQ("", NOTICES);
	peer_acks(self, 1 + MSS);
	EXPECT_TRUE(has_notice(self->fd));
	EXPECT_STREQ("0-0 copied", NOTICES);
	EXPECT_FALSE(has_notice(self->fd));
	/* Ranges that nobody has asked for are one. */
	peer_acks(self, 1 + 2 * MSS);
	peer_acks(self, 1 + 3 * MSS);
	EXPECT_STREQ("1-2 copied", NOTICES);
	EXPECT_STREQ("", NOTICES);
}

/* While the peer's window is closed, calls add to one segment, and are counted together. */
TEST_F(peer, counted_together)
{
	static uint8_t buf[1000];
	unsigned int i;

	self->peer.window = 0;
	OPEN_ZEROCOPY();
	pattern_fill(HOST_SEED, 1, buf, sizeof(buf));
	for (i = 0; i < 3; i++)
		ASSERT_EQ(100, send_zerocopy(self->fd, buf + i * 100, 100));
	/* Copied bytes between them change nothing. */
	ASSERT_EQ(100, send(self->fd, buf + 300, 100, 0));
	ASSERT_EQ(100, send_zerocopy(self->fd, buf + 400, 100));
	if (shares(&self->host))
		EXPECT_STREQ("", NOTICES);
	self->peer.window = 60000;
	peer_acks(self, 1);
	ASSERT_FINE(peer_collect(&self->peer, 1, 501, buf + 500, false));
	EXPECT_EQ(0, memcmp(buf, buf + 500, 500));
	if (shares(&self->host))
		EXPECT_STREQ("", NOTICES);
	peer_acks(self, 501);
	EXPECT_STREQ("0-3 copied", NOTICES);
	/* Nothing to add to is left. */
	ASSERT_EQ(100, send_zerocopy(self->fd, buf, 100));
	peer_acks(self, 601);
	EXPECT_STREQ("4-4 copied", NOTICES);
}

/* The pages are held until the last acknowledgment, and nobody had to copy them. */
TEST_F(peer, held_until_acknowledged)
{
	const size_t len = 8 * PAGE;
	uint8_t *map;
	int file;

	ONLY_SHARING();
	OPEN_ZEROCOPY();
	hide_peer(_metadata, self);
	file = memory_file(HOST_SEED, len);
	map = memory_map(file, len);
	ASSERT_NE(NULL, map);
	ASSERT_EQ(MSS, send_zerocopy(self->fd, map, MSS));
	ASSERT_EQ(4 * MSS, send_zerocopy(self->fd, map + PAGE - 1, 4 * MSS));
	munmap(map, len);
	if (!host_is_reference(&self->host))
		EXPECT_EQ(5 * MSS, host_counter("SharedBytes"));
	peer_acks(self, 1 + 2 * MSS);
	EXPECT_STREQ("0-0", NOTICES);
	EXPECT_FALSE(memory_is_free(file));
	peer_acks(self, 1 + 5 * MSS);
	EXPECT_STREQ("1-1", NOTICES);
	EXPECT_TRUE(becomes_free(file));
	close(file);
}

/* One call, cut by the window, by an ACK in the middle of a segment, and sent again in part. */
TEST_F(peer, cut_and_sent_again)
{
	static uint8_t buf[10 * MSS];
	struct peer *p = &self->peer;
	unsigned int i;

	ONLY_XTCP();
	ONLY_SHARING();
	p->window = 3 * MSS;
	OPEN_ZEROCOPY();
	pattern_fill(HOST_SEED, 1, buf, sizeof(buf));
	ASSERT_EQ(sizeof(buf), send_zerocopy(self->fd, buf, sizeof(buf)));
	expect_full(_metadata, self, 1, 3);
	ASSERT_FINE(peer_expect_nothing(p));
	p->window = 60000;
	peer_acks(self, 1 + MSS / 2);
	expect_full(_metadata, self, 1 + 3 * MSS, 7);
	for (i = 0; i < 3; i++)
		peer_acks(self, 1 + MSS / 2);
	/* The first again, without what is acknowledged of it. */
	ASSERT_TRUE(peer_receive(p, clock_patience_ms()));
	EXPECT_EQ(1 + MSS / 2, p->got.seq);
	EXPECT_EQ(p->got.len, pattern_check(HOST_SEED, p->got.seq, p->data, p->got.len));
	EXPECT_STREQ("", NOTICES);
	peer_acks(self, 1 + 9 * MSS);
	EXPECT_STREQ("", NOTICES);
	peer_drain(p);
	peer_acks(self, 1 + 10 * MSS);
	EXPECT_STREQ("0-0 copied", NOTICES);
	EXPECT_EQ(sizeof(buf), host_counter("SharedBytes"));
}

/* A file's pages are what is sent: what is written to it is what is sent again. */
TEST_F(peer, file_sent_again)
{
	const uint32_t len = 4 * MSS;
	struct peer *p = &self->peer;
	uint8_t news[MSS];
	unsigned int i;
	int file;

	open_stream(_metadata, self, 1);
	file = memory_file(HOST_SEED, 1 + len);
	ASSERT_LE(0, file);
	ASSERT_EQ(1, lseek(file, 1, SEEK_SET));
	ASSERT_EQ(len, sendfile(self->fd, file, NULL, len));
	expect_full(_metadata, self, 1, 4);
	memset(news, 0xa5, sizeof(news));
	ASSERT_EQ(MSS, pwrite(file, news, MSS, 1));
	if (!host_is_reference(&self->host))
		EXPECT_EQ(shares(&self->host) ? len : 0, host_counter("SharedBytes"));
	/* The reference may have been faster, with a timeout. */
	peer_drain(p);
	for (i = 0; i < 3; i++)
		peer_acks(self, 1);
	do {
		ASSERT_TRUE(peer_receive(p, clock_patience_ms()));
	} while (p->got.seq != 1);
	ASSERT_LE(MSS, p->got.len);
	EXPECT_EQ(shares(&self->host), !memcmp(news, p->data, MSS));
	EXPECT_EQ(!shares(&self->host), pattern_check(HOST_SEED, 1, p->data, MSS) == MSS);
	EXPECT_FALSE(shares(&self->host) && memory_is_free(file));
	peer_acks(self, 1 + len);
	EXPECT_TRUE(becomes_free(file));
	close(file);
}

/* Two segments, from a page of a file that is mapped no longer: its descriptor. */
static int send_mapped(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self)
{
	int file = memory_file(HOST_SEED, PAGE);
	uint8_t *map = memory_map(file, PAGE);

	hide_peer(_metadata, self);
	ASSERT_NE(NULL, map);
	ASSERT_EQ(2 * MSS, send_zerocopy(self->fd, map, 2 * MSS));
	munmap(map, PAGE);
	return file;
}

/* The file is closed, the connection goes on, and the pages with it; nobody is there to be told. */
TEST_F(peer, closed_before_acknowledged)
{
	int file;

	ONLY_SHARING();
	OPEN_ZEROCOPY();
	file = send_mapped(_metadata, self);
	host_closes(self);
	EXPECT_FALSE(memory_is_free(file));
	peer_acks(self, 2 + 2 * MSS);
	EXPECT_TRUE(becomes_free(file));
	close(file);
}

/* A reset ends it all. What was not delivered is told of nevertheless. */
TEST_F(peer, reset_before_acknowledged)
{
	int file;

	ONLY_SHARING();
	OPEN_ZEROCOPY();
	file = send_mapped(_metadata, self);
	peer_send(&self->peer, .flags = RST, .seq = 1);
	EXPECT_STREQ("0-0", NOTICES);
	EXPECT_TRUE(becomes_free(file));
	errno = 0;
	EXPECT_EQ(-1, send_zerocopy(self->fd, "x", 1));
	EXPECT_EQ(ECONNRESET, errno);
	EXPECT_STREQ("", NOTICES);
	close(file);
}

static int drop_capability(int cap)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &header, data))
		return -errno;
	data[cap / 32].effective &= ~(1u << cap % 32);
	data[cap / 32].permitted &= ~(1u << cap % 32);
	return syscall(SYS_capset, &header, data) ? -errno : 0;
}

/* RLIMIT_MEMLOCK: a call counts for its pages, and for two more. */
TEST_F(peer, pinned_memory_is_limited)
{
	const struct rlimit limit = { 6 * PAGE, 6 * PAGE };
	static uint8_t buf[5 * PAGE];

	ONLY_SHARING();
	OPEN_ZEROCOPY();
	hide_peer(_metadata, self);
	ASSERT_EQ(0, setrlimit(RLIMIT_MEMLOCK, &limit));
	ASSERT_EQ(0, drop_capability(CAP_IPC_LOCK));
	errno = 0;
	EXPECT_EQ(-1, send_zerocopy(self->fd, buf, 5 * PAGE));
	EXPECT_EQ(ENOBUFS, errno);
	ASSERT_EQ(2 * PAGE, send_zerocopy(self->fd, buf, 2 * PAGE));
	errno = 0;
	EXPECT_EQ(-1, send_zerocopy(self->fd, buf, 2 * PAGE));
	EXPECT_EQ(ENOBUFS, errno);
	/* Who copies pins nothing. */
	ASSERT_EQ(10, send(self->fd, buf, 10, 0));
	peer_acks(self, 1 + 2 * PAGE + 10);
	EXPECT_STREQ("0-0", NOTICES);
	ASSERT_EQ(2 * PAGE, send_zerocopy(self->fd, buf, 2 * PAGE));
	peer_acks(self, 1 + 4 * PAGE + 10);
	EXPECT_STREQ("1-1", NOTICES);
}

/* net.core.optmem_max: notifications that are still to come take room. */
TEST_F(peer, notices_are_limited)
{
	uint8_t byte = 0;
	unsigned int n;

	ONLY_SHARING();
	OPEN_ZEROCOPY();
	hide_peer(_metadata, self);
	if (net_sysctl_write("net/core/optmem_max", "4000"))
		SKIP(return, "the limit is not the namespace's");
	for (n = 0; n < 100 && send_zerocopy(self->fd, &byte, 1) == 1; n++)
		;
	EXPECT_EQ(ENOBUFS, errno);
	EXPECT_LT(2, n);
	EXPECT_GT(100, n);
	peer_acks(self, 1 + n);
	EXPECT_STRNE("", NOTICES);
	EXPECT_EQ(1, send_zerocopy(self->fd, &byte, 1));
}

/* A call that sends nothing has no number. */
TEST_F(peer, memory_that_is_not_there)
{
	uint8_t *map;

	OPEN_ZEROCOPY();
	map = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, map);
	ASSERT_EQ(0, munmap(map + PAGE, PAGE));
	pattern_fill(HOST_SEED, 1, map, PAGE);
	errno = 0;
	EXPECT_EQ(-1, send_zerocopy(self->fd, map + PAGE, 100));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_STREQ("", NOTICES);
	EXPECT_EQ(0, send_zerocopy(self->fd, map, 0));
	EXPECT_STREQ("", NOTICES);
	ASSERT_EQ(100, send_zerocopy(self->fd, map, 100));
	expect_data(_metadata, self, 1, 100);
	peer_acks(self, 101);
	EXPECT_STREQ("0-0 copied", NOTICES);
	if (host_is_reference(&self->host))
		return;
	/* As much of it as there is, as if it were copied. */
	pattern_fill(HOST_SEED, 101, map + PAGE - 50, 50);
	EXPECT_EQ(50, send_zerocopy(self->fd, map + PAGE - 50, 100));
	expect_data(_metadata, self, 101, 50);
	peer_acks(self, 151);
	EXPECT_STREQ("1-1 copied", NOTICES);
}

TEST_HARNESS_MAIN

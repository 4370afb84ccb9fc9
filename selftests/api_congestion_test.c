// SPDX-License-Identifier: GPL-2.0
/*
 * TCP_CONGESTION: which names it takes, whom a choice is for, and that a connection in the middle
 * of a transfer goes on by any algorithm after any other.
 */
#include "kselftest_harness.h"
#include "lib/api_fixture.h"

#include <stdio.h>

/* Names with their end. */
#define NAME_LEN	16
#define NAMES_MAX	16

/* Of a transfer, between two switches; more than a window's. */
#define PIECE		(96 * 1024)
#define SEED		7

struct names {
	char		name[NAMES_MAX][NAME_LEN];
	unsigned int	count;
};

/* All that whoever may is offered. */
static void read_names(struct __test_metadata *_metadata, const struct host *host,
		       struct names *names)
{
	const char *file = host_is_reference(host) ?
			   "net/ipv4/tcp_available_congestion_control" :
			   "net/xtcp/available_congestion_control";
	char line[512], *next = line, *name;

	ASSERT_LE(0, net_sysctl_read(file, line, sizeof(line)));
	while ((name = strsep(&next, " "))) {
		ASSERT_GT(NAMES_MAX, names->count);
		ASSERT_GT(NAME_LEN, strlen(name));
		memcpy(names->name[names->count++], name, strlen(name));
	}
	ASSERT_LE(3, names->count);
}

static int choose(int fd, const char *name)
{
	return setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, strlen(name)) ? -errno : 0;
}

static const char *chosen(int fd)
{
	static char name[NAME_LEN];
	socklen_t len = sizeof(name);

	memset(name, 0, sizeof(name));
	if (getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, &len))
		return strerror(errno);
	/* What Linux calls its DCTCP where there is no ECN. */
	return strcmp(name, "dctcp-reno") ? name : "dctcp";
}

TEST_F(api, names)
{
	char name[NAME_LEN] = "reno", longer[64] = "reno";
	socklen_t len;

	self->a = host_socket(&self->host, 0);
	ASSERT_LE(0, self->a);
	EXPECT_EQ(-ENOENT, choose(self->a, "nonesuch"));
	EXPECT_EQ(-ENOENT, choose(self->a, "ren"));
	EXPECT_EQ(-ENOENT, choose(self->a, "renovated"));
	/* Of one that is too long, what there is room for counts. */
	EXPECT_EQ(-ENOENT, choose(self->a, "reno-and-much-more-than-that"));
	ASSERT_FAILS(EINVAL, setsockopt(self->a, IPPROTO_TCP, TCP_CONGESTION, name, 0));
	ASSERT_FAILS(EFAULT, setsockopt(self->a, IPPROTO_TCP, TCP_CONGESTION, (void *)8, 4));
	EXPECT_STRNE("reno", chosen(self->a));

	/* With its end or without, and whatever follows that. */
	ASSERT_EQ(0, setsockopt(self->a, IPPROTO_TCP, TCP_CONGESTION, longer, sizeof(longer)));
	EXPECT_STREQ("reno", chosen(self->a));
	EXPECT_EQ(0, choose(self->a, "cubic"));
	EXPECT_STREQ("cubic", chosen(self->a));

	len = 3;
	memset(name, 'x', sizeof(name));
	ASSERT_EQ(0, getsockopt(self->a, IPPROTO_TCP, TCP_CONGESTION, name, &len));
	EXPECT_EQ(3, len);
	EXPECT_EQ(0, memcmp(name, "cubx", 4));
	len = 64;
	ASSERT_EQ(0, getsockopt(self->a, IPPROTO_TCP, TCP_CONGESTION, longer, &len));
	EXPECT_EQ(NAME_LEN, len);
	len = -1;
	ASSERT_FAILS(EINVAL, getsockopt(self->a, IPPROTO_TCP, TCP_CONGESTION, name, &len));
}

/* Of a listener, for those that it accepts from then on. */
TEST_F(api, inherited)
{
	struct names names = {};
	unsigned int i;

	read_names(_metadata, &self->host, &names);
	open_listener(_metadata, self);
	for (i = 0; i < names.count; i++) {
		ASSERT_EQ(0, choose(self->listener, names.name[i]));
		open_pair(_metadata, self);
		EXPECT_STREQ(names.name[i], chosen(self->b));
		ASSERT_EQ(1, send(self->b, "x", 1, 0));
		close_fd(&self->a);
		close_fd(&self->b);
	}
}

/* What fits goes out, what is there comes in and is the right bytes. */
static bool move(struct __test_metadata *_metadata, FIXTURE_DATA(api) *self, uint64_t *sent,
		 uint64_t *received, uint64_t end)
{
	static char buf[16 * 1024];
	size_t len = end - *sent < sizeof(buf) ? end - *sent : sizeof(buf);
	bool moved = false;
	ssize_t n;

	pattern_fill(SEED, *sent, buf, len);
	n = len ? send(self->a, buf, len, MSG_DONTWAIT | MSG_NOSIGNAL) : 0;
	if (n > 0) {
		*sent += n;
		moved = true;
	}
	n = recv(self->b, buf, sizeof(buf), MSG_DONTWAIT);
	if (n > 0) {
		EXPECT_EQ(n, pattern_check(SEED, *received, buf, n));
		*received += n;
		moved = true;
	}
	return moved;
}

/* Some of what was sent under the last algorithm is still on its way. */
TEST_F(api, switches)
{
	uint64_t sent = 0, received = 0, end = 0, give_up;
	struct names names = {};
	unsigned int i, pairs;

	read_names(_metadata, &self->host, &names);
	open_pair(_metadata, self);
	set_buffers(self->b, 32 * 1024);
	pairs = names.count * names.count;
	/* From i / count to i % count. */
	for (i = 0; i < 2 * pairs; i++) {
		unsigned int pair = i / 2;
		const char *name = names.name[i % 2 ? pair % names.count : pair / names.count];

		ASSERT_EQ(0, choose(self->a, name));
		ASSERT_STREQ(name, chosen(self->a));
		end += PIECE;
		give_up = clock_ms() + clock_patience_ms();
		while (sent < end) {
			if (!move(_metadata, self, &sent, &received, end))
				clock_sleep_ms(1);
			ASSERT_GT(give_up, clock_ms());
		}
	}
	give_up = clock_ms() + clock_patience_ms();
	while (received < end && clock_ms() < give_up) {
		if (!move(_metadata, self, &sent, &received, end))
			clock_sleep_ms(1);
	}
	EXPECT_EQ(end, received);
}

TEST_HARNESS_MAIN

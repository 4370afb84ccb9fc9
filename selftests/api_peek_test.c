// SPDX-License-Identifier: GPL-2.0
/*
 * SO_PEEK_OFF: a peek that goes on where the last one ended.
 */
#include "kselftest_harness.h"
#include "lib/api_fixture.h"

#ifndef SO_PEEK_OFF
#define SO_PEEK_OFF 42
#endif

static int offset(int fd)
{
	return host_get(fd, SOL_SOCKET, SO_PEEK_OFF);
}

#define EXPECT_READ(text, size, flags) do { \
	memset(buf, 0, sizeof(buf)); \
	EXPECT_EQ((ssize_t)strlen(text), recv(self->b, buf, size, flags)); \
	EXPECT_STREQ(text, buf); \
} while (0)

TEST_F(api, values)
{
	self->a = host_socket(&self->host, 0);
	ASSERT_LE(0, self->a);
	EXPECT_EQ(-1, offset(self->a));
	EXPECT_EQ(0, host_set(self->a, SOL_SOCKET, SO_PEEK_OFF, 0));
	EXPECT_EQ(0, offset(self->a));
	EXPECT_EQ(0, host_set(self->a, SOL_SOCKET, SO_PEEK_OFF, 77));
	EXPECT_EQ(77, offset(self->a));
	EXPECT_EQ(0, host_set(self->a, SOL_SOCKET, SO_PEEK_OFF, -1));
	EXPECT_EQ(-1, offset(self->a));
}

/* Without it, each peek begins at the front. */
TEST_F(api, off)
{
	char buf[16];

	open_pair(_metadata, self);
	ASSERT_EQ(6, write(self->a, "abcdef", 6));
	ASSERT_EQ(POLLIN, poll_events(self->b, POLLIN, true));
	EXPECT_READ("ab", 2, MSG_PEEK);
	EXPECT_READ("ab", 2, MSG_PEEK);
	EXPECT_EQ(-1, offset(self->b));
}

TEST_F(api, peeks_on)
{
	char buf[16];

	open_pair(_metadata, self);
	ASSERT_EQ(0, host_set(self->b, SOL_SOCKET, SO_PEEK_OFF, 0));
	ASSERT_EQ(6, write(self->a, "abcdef", 6));
	ASSERT_EQ(POLLIN, poll_events(self->b, POLLIN, true));
	EXPECT_READ("ab", 2, MSG_PEEK);
	EXPECT_EQ(2, offset(self->b));
	EXPECT_READ("cd", 2, MSG_PEEK);
	EXPECT_EQ(4, offset(self->b));
	/* What is read is not there to be peeked at any more. */
	EXPECT_READ("abc", 3, 0);
	EXPECT_EQ(1, offset(self->b));
	EXPECT_READ("ef", 10, MSG_PEEK);
	EXPECT_EQ(3, offset(self->b));
	ASSERT_FAILS(EAGAIN, recv(self->b, buf, 1, MSG_PEEK | MSG_DONTWAIT));
	/* More comes. */
	ASSERT_EQ(2, write(self->a, "gh", 2));
	EXPECT_READ("gh", 10, MSG_PEEK);
	EXPECT_READ("defgh", 10, 0);
	EXPECT_EQ(0, offset(self->b));
}

/* It may begin anywhere, also where nothing has come yet. */
TEST_F(api, begins_anywhere)
{
	char buf[16];

	open_pair(_metadata, self);
	ASSERT_EQ(0, host_set(self->b, SOL_SOCKET, SO_PEEK_OFF, 4));
	ASSERT_EQ(3, write(self->a, "abc", 3));
	ASSERT_EQ(POLLIN, poll_events(self->b, POLLIN, true));
	ASSERT_FAILS(EAGAIN, recv(self->b, buf, 1, MSG_PEEK | MSG_DONTWAIT));
	EXPECT_EQ(4, offset(self->b));
	ASSERT_EQ(3, write(self->a, "def", 3));
	EXPECT_READ("ef", 10, MSG_PEEK);
	EXPECT_EQ(6, offset(self->b));
	EXPECT_READ("abcdef", 10, 0);
	EXPECT_EQ(0, offset(self->b));
	/* No further than the front. */
	ASSERT_EQ(3, write(self->a, "ghi", 3));
	EXPECT_READ("gh", 2, 0);
	EXPECT_EQ(0, offset(self->b));
	EXPECT_READ("i", 2, MSG_PEEK);
	EXPECT_EQ(1, offset(self->b));
	/* The end is where it always is. */
	ASSERT_EQ(0, shutdown(self->a, SHUT_WR));
	EXPECT_EQ(0, recv(self->b, buf, 1, MSG_PEEK));
	EXPECT_EQ(1, offset(self->b));
	EXPECT_READ("i", 2, 0);
}

/* So far ahead that behind it is half of the numbers away. */
TEST_F(api, far_ahead)
{
	char buf[16];

	if (host_is_reference(&self->host))
		SKIP(return, "the reference warns of it");
	open_pair(_metadata, self);
	ASSERT_EQ(0, host_set(self->b, SOL_SOCKET, SO_PEEK_OFF, INT32_MAX));
	ASSERT_EQ(3, write(self->a, "abc", 3));
	ASSERT_EQ(POLLIN, poll_events(self->b, POLLIN, true));
	ASSERT_FAILS(EAGAIN, recv(self->b, buf, 1, MSG_PEEK | MSG_DONTWAIT));
	ASSERT_EQ(0, shutdown(self->a, SHUT_WR));
	ASSERT_EQ(POLLIN | POLLRDHUP, poll_events(self->b, POLLRDHUP, true) | POLLIN);
	EXPECT_EQ(0, recv(self->b, buf, 1, MSG_PEEK));
	EXPECT_READ("abc", 10, 0);
	EXPECT_EQ(INT32_MAX - 3, offset(self->b));
}

TEST_HARNESS_MAIN

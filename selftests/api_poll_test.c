// SPDX-License-Identifier: GPL-2.0
/*
 * What poll() and epoll say of a socket, and when they say it.
 */
#include "kselftest_harness.h"
#include "lib/api_fixture.h"

#include <sys/epoll.h>

#define EVERYTHING (POLLIN | POLLOUT | POLLRDHUP | POLLPRI)

TEST_F(api, fresh)
{
	self->a = host_socket(&self->host, 0);
	ASSERT_LE(0, self->a);
	EXPECT_EQ(POLLOUT | POLLHUP, poll_events(self->a, EVERYTHING, false));
}

TEST_F(api, listener_becomes_readable)
{
	open_listener(_metadata, self);
	EXPECT_EQ(0, poll_events(self->listener, EVERYTHING, false));
	self->a = open_client(_metadata, self);
	EXPECT_EQ(POLLIN, poll_events(self->listener, EVERYTHING, true));
	self->b = accept(self->listener, NULL, NULL);
	ASSERT_LE(0, self->b);
	EXPECT_EQ(0, poll_events(self->listener, EVERYTHING, false));
}

TEST_F(api, input)
{
	char buf[8];

	open_pair(_metadata, self);
	EXPECT_EQ(POLLOUT, poll_events(self->b, EVERYTHING, false));
	ASSERT_EQ(2, send(self->a, "hi", 2, 0));
	EXPECT_EQ(POLLIN, poll_events(self->b, POLLIN, true));
	EXPECT_EQ(POLLIN | POLLOUT, poll_events(self->b, EVERYTHING, false));
	ASSERT_EQ(1, recv(self->b, buf, 1, 0));
	EXPECT_EQ(POLLIN, poll_events(self->b, POLLIN, false));
	ASSERT_EQ(1, recv(self->b, buf, 1, 0));
	EXPECT_EQ(0, poll_events(self->b, POLLIN, false));
}

TEST_F(api, their_end)
{
	open_pair(_metadata, self);
	ASSERT_EQ(0, shutdown(self->a, SHUT_WR));
	EXPECT_EQ(POLLIN | POLLRDHUP, poll_events(self->b, POLLIN | POLLRDHUP, true));
	EXPECT_EQ(POLLIN | POLLRDHUP | POLLOUT, poll_events(self->b, EVERYTHING, false));
	EXPECT_EQ(POLLOUT, poll_events(self->a, EVERYTHING, false));
}

TEST_F(api, both_ends)
{
	open_pair(_metadata, self);
	ASSERT_EQ(0, shutdown(self->a, SHUT_WR));
	ASSERT_NE(0, poll_events(self->b, POLLRDHUP, true));
	ASSERT_EQ(0, shutdown(self->b, SHUT_WR));
	EXPECT_EQ(POLLHUP, poll_events(self->a, 0, true));
	EXPECT_EQ(POLLIN | POLLOUT | POLLRDHUP | POLLHUP, poll_events(self->a, EVERYTHING, false));
	EXPECT_EQ(POLLIN | POLLOUT | POLLRDHUP | POLLHUP, poll_events(self->b, EVERYTHING, true));
}

TEST_F(api, shut_by_oneself)
{
	open_pair(_metadata, self);
	ASSERT_EQ(0, shutdown(self->a, SHUT_RD));
	EXPECT_EQ(POLLIN | POLLOUT | POLLRDHUP, poll_events(self->a, EVERYTHING, false));
	ASSERT_EQ(0, shutdown(self->a, SHUT_RDWR));
	EXPECT_EQ(POLLIN | POLLOUT | POLLRDHUP | POLLHUP, poll_events(self->a, EVERYTHING, false));
}

TEST_F(api, reset)
{
	const struct linger linger = { .l_onoff = 1, .l_linger = 0 };

	open_pair(_metadata, self);
	ASSERT_EQ(0, setsockopt(self->a, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)));
	close_fd(&self->a);
	EXPECT_EQ(POLLERR | POLLHUP, poll_events(self->b, 0, true));
	EXPECT_EQ(POLLIN | POLLOUT | POLLRDHUP | POLLERR | POLLHUP,
		  poll_events(self->b, EVERYTHING, false));
	EXPECT_EQ(ECONNRESET, host_socket_error(self->b));
	EXPECT_EQ(POLLIN | POLLOUT | POLLRDHUP | POLLHUP, poll_events(self->b, EVERYTHING, false));
}

TEST_F(api, connecting)
{
	open_listener(_metadata, self);
	self->a = host_socket(&self->host, SOCK_NONBLOCK);
	ASSERT_LE(0, self->a);
	ASSERT_EQ(-EINPROGRESS, host_connect(&self->host, self->a, "lo", PORT));
	EXPECT_EQ(POLLOUT, poll_events(self->a, POLLOUT, true));
	EXPECT_EQ(0, host_socket_error(self->a));
	EXPECT_EQ(0, host_connect(&self->host, self->a, "lo", PORT));
}

TEST_F(api, connecting_in_vain)
{
	self->a = host_socket(&self->host, SOCK_NONBLOCK);
	ASSERT_LE(0, self->a);
	ASSERT_EQ(-EINPROGRESS, host_connect(&self->host, self->a, "lo", PORT));
	EXPECT_EQ(POLLOUT | POLLERR | POLLHUP, poll_events(self->a, POLLOUT, true));
	EXPECT_EQ(ECONNREFUSED, host_socket_error(self->a));
	EXPECT_EQ(0, host_socket_error(self->a));
}

/* Full, it is not writable; when a good part has gone, it is. */
TEST_F(api, writable_again)
{
	char buf[16384];

	open_pair(_metadata, self);
	set_buffers(self->a, 16384);
	set_buffers(self->b, 16384);
	ASSERT_LT(0, fill(self->a));
	EXPECT_EQ(0, poll_events(self->a, POLLOUT, false));
	while (!poll_events(self->a, POLLOUT, false))
		ASSERT_LT(0, recv(self->b, buf, sizeof(buf), 0));
	EXPECT_EQ(POLLOUT, poll_events(self->a, POLLOUT, false));
	ASSERT_EQ(1, send(self->a, "x", 1, MSG_DONTWAIT));
}

static int epoll_with(int fd, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.fd = fd };
	int ep = epoll_create1(EPOLL_CLOEXEC);

	if (ep >= 0)
		epoll_ctl(ep, EPOLL_CTL_ADD, fd, &event);
	return ep;
}

static uint32_t epoll_events_now(int ep, bool patient)
{
	struct epoll_event event = { 0 };

	epoll_wait(ep, &event, 1, patient ? (int)clock_patience_ms() : 0);
	return event.events;
}

/* An edge is news: each arrival is told of once, read or not. */
TEST_F(api, edges_of_input)
{
	char buf[8];
	int ep;

	open_pair(_metadata, self);
	ep = epoll_with(self->b, EPOLLIN | EPOLLRDHUP | EPOLLET);
	ASSERT_LE(0, ep);
	EXPECT_EQ(0, epoll_events_now(ep, false));
	ASSERT_EQ(3, send(self->a, "one", 3, 0));
	EXPECT_EQ(EPOLLIN, epoll_events_now(ep, true));
	EXPECT_EQ(0, epoll_events_now(ep, false));
	ASSERT_EQ(3, send(self->a, "two", 3, 0));
	EXPECT_EQ(EPOLLIN, epoll_events_now(ep, true));
	ASSERT_EQ(6, recv(self->b, buf, sizeof(buf), 0));
	EXPECT_EQ(0, epoll_events_now(ep, false));
	ASSERT_EQ(0, shutdown(self->a, SHUT_WR));
	EXPECT_EQ(EPOLLIN | EPOLLRDHUP, epoll_events_now(ep, true));
	EXPECT_EQ(0, epoll_events_now(ep, false));
	close(ep);
}

TEST_F(api, edges_of_output)
{
	char buf[4096];
	int ep;

	open_pair(_metadata, self);
	set_buffers(self->a, 16384);
	set_buffers(self->b, 16384);
	ep = epoll_with(self->a, EPOLLOUT | EPOLLET);
	ASSERT_LE(0, ep);
	EXPECT_EQ(EPOLLOUT, epoll_events_now(ep, true));
	ASSERT_LT(0, fill(self->a));
	while (epoll_events_now(ep, false))
		;
	EXPECT_EQ(0, poll_events(self->a, POLLOUT, false));
	while (recv(self->b, buf, sizeof(buf), MSG_DONTWAIT) > 0 ||
	       !poll_events(self->a, POLLOUT, false))
		;
	EXPECT_EQ(EPOLLOUT, epoll_events_now(ep, true));
	close(ep);
}

TEST_F(api, one_shot)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLONESHOT };
	int ep;

	open_pair(_metadata, self);
	ep = epoll_with(self->b, EPOLLIN | EPOLLONESHOT);
	ASSERT_LE(0, ep);
	ASSERT_EQ(1, send(self->a, "x", 1, 0));
	EXPECT_EQ(EPOLLIN, epoll_events_now(ep, true));
	EXPECT_EQ(0, epoll_events_now(ep, false));
	ASSERT_EQ(0, epoll_ctl(ep, EPOLL_CTL_MOD, self->b, &event));
	EXPECT_EQ(EPOLLIN, epoll_events_now(ep, true));
	close(ep);
}

/* SIGIO, for those who asked for it. */
TEST_F(api, signal_driven)
{
	const struct timespec patience = { .tv_sec = clock_patience_ms() / 1000 };
	sigset_t set;

	open_pair(_metadata, self);
	sigemptyset(&set);
	sigaddset(&set, SIGIO);
	ASSERT_EQ(0, sigprocmask(SIG_BLOCK, &set, NULL));
	ASSERT_EQ(0, fcntl(self->b, F_SETOWN, getpid()));
	ASSERT_EQ(0, fcntl(self->b, F_SETFL, O_ASYNC));
	ASSERT_EQ(1, send(self->a, "x", 1, 0));
	ASSERT_EQ(SIGIO, sigtimedwait(&set, NULL, &patience));
}

TEST_HARNESS_MAIN

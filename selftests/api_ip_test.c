// SPDX-License-Identifier: GPL-2.0
/*
 * Options of ip(7) and ipv6(7) that say where a socket may be and who may be its peer, and those of
 * packets, which a stream does not show; TCP_INQ.
 */
#include <linux/in6.h>
#include <linux/tcp.h>

#include "kselftest_harness.h"

#include "api_fixture.h"

#ifndef IP_LOCAL_PORT_RANGE
#define IP_LOCAL_PORT_RANGE	51
#endif

/* Of nobody (RFC 5737, RFC 3849). */
#define FOREIGN_V4	"203.0.113.9"
#define FOREIGN_V6	"2001:db8:9::9"

static const char *foreign(const struct host *host)
{
	return host->version == 4 ? FOREIGN_V4 : FOREIGN_V6;
}

/* Of the level that the version has. */
static int set_ip(const struct host *host, int fd, int v4, int v6, int value)
{
	return host->version == 4 ? host_set(fd, IPPROTO_IP, v4, value) :
				    host_set(fd, IPPROTO_IPV6, v6, value);
}

static int get_ip(const struct host *host, int fd, int v4, int v6)
{
	return host->version == 4 ? host_get(fd, IPPROTO_IP, v4) :
				    host_get(fd, IPPROTO_IPV6, v6);
}

/* A socket that has not been anywhere does not know its version; IP's options ask for it. */
static int open_socket(const struct host *host)
{
	int family = host->version == 4 ? AF_INET : AF_INET6;
	int fd = host_socket(host, SOCK_CLOEXEC);

	if (fd >= 0 && !host_is_reference(host))
		host_set(fd, IPPROTO_IPV6, IPV6_ADDRFORM, family);
	return fd;
}

static void foreign_address(struct __test_metadata *_metadata, FIXTURE_DATA(api) *self, int v4,
			    int v6)
{
	self->a = open_socket(&self->host);
	ASSERT_LE(0, self->a);
	EXPECT_EQ(0, get_ip(&self->host, self->a, v4, v6));
	EXPECT_EQ(-EADDRNOTAVAIL, host_bind(&self->host, self->a, foreign(&self->host), PORT));
	ASSERT_EQ(0, set_ip(&self->host, self->a, v4, v6, 1));
	EXPECT_EQ(1, get_ip(&self->host, self->a, v4, v6));
	EXPECT_EQ(0, host_bind(&self->host, self->a, foreign(&self->host), PORT));
	EXPECT_EQ(0, listen(self->a, 1));
	self->b = open_socket(&self->host);
	ASSERT_EQ(0, set_ip(&self->host, self->b, v4, v6, 1));
	EXPECT_EQ(-EADDRINUSE, host_bind(&self->host, self->b, foreign(&self->host), PORT));
}

TEST_F(api, freebind)
{
	foreign_address(_metadata, self, IP_FREEBIND, IPV6_FREEBIND);
}

TEST_F(api, transparent)
{
	foreign_address(_metadata, self, IP_TRANSPARENT, IPV6_TRANSPARENT);
}

/* ip(7): CAP_NET_ADMIN. */
TEST_F(api, transparent_unprivileged)
{
	int status;
	pid_t pid;

	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		if (setuid(65534))
			_exit(1);
		self->a = open_socket(&self->host);
		_exit(set_ip(&self->host, self->a, IP_TRANSPARENT, IPV6_TRANSPARENT, 1) == -EPERM ?
		      0 : 2);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
}

/* The address now, the port when it is known what for. */
TEST_F(api, address_without_port)
{
	open_listener(_metadata, self);
	self->a = open_socket(&self->host);
	ASSERT_LE(0, self->a);
	ASSERT_EQ(0, host_set(self->a, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1));
	ASSERT_EQ(0, host_bind(&self->host, self->a, "lo", 0));
	EXPECT_EQ(0, host_local_port(self->a));
	ASSERT_EQ(0, host_connect(&self->host, self->a, "lo", PORT));
	EXPECT_NE(0, host_local_port(self->a));
	self->b = accept(self->listener, NULL, NULL);
	ASSERT_LE(0, self->b);
	ASSERT_EQ(1, write(self->a, "x", 1));
}

TEST_F(api, address_without_port_listens)
{
	struct sockaddr_storage want, got;
	socklen_t len = sizeof(got);

	self->listener = open_socket(&self->host);
	ASSERT_LE(0, self->listener);
	ASSERT_EQ(0, host_set(self->listener, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1));
	ASSERT_EQ(0, host_bind(&self->host, self->listener, "lo", 0));
	EXPECT_EQ(0, host_local_port(self->listener));
	ASSERT_EQ(0, listen(self->listener, 1));
	memset(&got, 0, sizeof(got));
	ASSERT_EQ(0, getsockname(self->listener, (struct sockaddr *)&got, &len));
	host_address(&self->host, &want, "lo", host_local_port(self->listener));
	EXPECT_NE(0, host_address_port(&got));
	EXPECT_EQ(0, memcmp(&want, &got, len));
	self->a = open_socket(&self->host);
	ASSERT_EQ(0, host_connect(&self->host, self->a, "lo", host_address_port(&got)));
}

/* Least and most. */
static int set_port_range(int fd, uint16_t low, uint16_t high)
{
	return host_set(fd, IPPROTO_IP, IP_LOCAL_PORT_RANGE, high << 16 | low);
}

static int bind_any(const struct host *host, int fd)
{
	return host_bind(host, fd, "lo", 0) ?: host_local_port(fd);
}

/* ip(7); the system's range is 32768 to 60999. */
TEST_F(api, port_range)
{
	unsigned int i, seen = 0;
	uint32_t range = 0;
	int fds[5], ports[5];

	self->a = open_socket(&self->host);
	ASSERT_LE(0, self->a);
	EXPECT_EQ(0, host_get(self->a, IPPROTO_IP, IP_LOCAL_PORT_RANGE));
	EXPECT_EQ(-EINVAL, set_port_range(self->a, 40001, 40000));
	ASSERT_FAILS(EINVAL, setsockopt(self->a, IPPROTO_IP, IP_LOCAL_PORT_RANGE, &range, 2));
	ASSERT_EQ(0, set_port_range(self->a, 40000, 40003));
	EXPECT_EQ(40003 << 16 | 40000, (uint32_t)host_get(self->a, IPPROTO_IP,
							  IP_LOCAL_PORT_RANGE));
	for (i = 0; i < ARRAY_SIZE(fds); i++) {
		fds[i] = open_socket(&self->host);
		ASSERT_LE(0, fds[i]);
		ASSERT_EQ(0, set_port_range(fds[i], 40000, 40003));
		ports[i] = bind_any(&self->host, fds[i]);
		if (ports[i] >= 40000 && ports[i] <= 40003)
			seen |= 1 << (ports[i] - 40000);
	}
	EXPECT_EQ(0xf, seen);
	EXPECT_EQ(-EADDRINUSE, ports[4]);
	for (i = 0; i < ARRAY_SIZE(fds); i++)
		close(fds[i]);
}

/* A bound beyond the system's is none. */
TEST_F(api, port_range_cut)
{
	self->a = open_socket(&self->host);
	ASSERT_LE(0, self->a);
	ASSERT_EQ(0, set_port_range(self->a, 10, 32768));
	EXPECT_EQ(32768, bind_any(&self->host, self->a));
	self->b = open_socket(&self->host);
	ASSERT_EQ(0, set_port_range(self->b, 60999, 0));
	EXPECT_EQ(60999, bind_any(&self->host, self->b));
}

/* connect() shares a port among peers, if it must. */
TEST_F(api, port_range_connects)
{
	int other, third;

	open_listener(_metadata, self);
	other = host_listen(&self->host, NULL, PORT + 1, 8);
	ASSERT_LE(0, other);
	self->a = open_socket(&self->host);
	self->b = open_socket(&self->host);
	third = open_socket(&self->host);
	ASSERT_EQ(0, set_port_range(self->a, 40000, 40000));
	ASSERT_EQ(0, set_port_range(self->b, 40000, 40000));
	ASSERT_EQ(0, set_port_range(third, 40000, 40000));
	ASSERT_EQ(0, host_connect(&self->host, self->a, "lo", PORT));
	EXPECT_EQ(40000, host_local_port(self->a));
	EXPECT_EQ(0, host_connect(&self->host, self->b, "lo", PORT + 1));
	EXPECT_EQ(40000, host_local_port(self->b));
	EXPECT_EQ(-EADDRNOTAVAIL, host_connect(&self->host, third, "lo", PORT));
	close(third);
	close(other);
}

/* It can be asked for, but what a stream's reader gets is no packet. */
TEST_F(api, of_each_packet)
{
	static const struct {
		int v4, v6;
	} options[] = {
		{ IP_PKTINFO, IPV6_RECVPKTINFO }, { IP_RECVTTL, IPV6_RECVHOPLIMIT },
		{ IP_RECVTOS, IPV6_RECVTCLASS },
	};
	char control[256], byte;
	struct iovec iov = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	unsigned int i;

	open_pair(_metadata, self);
	for (i = 0; i < ARRAY_SIZE(options); i++) {
		const int v4 = options[i].v4, v6 = options[i].v6;

		EXPECT_EQ(0, get_ip(&self->host, self->b, v4, v6));
		EXPECT_EQ(0, set_ip(&self->host, self->b, v4, v6, 7));
		EXPECT_EQ(1, get_ip(&self->host, self->b, v4, v6));
	}
	ASSERT_EQ(1, write(self->a, "x", 1));
	ASSERT_EQ(1, recvmsg(self->b, &msg, 0));
	EXPECT_EQ(0, msg.msg_controllen);
	EXPECT_EQ(0, set_ip(&self->host, self->b, IP_PKTINFO, IPV6_RECVPKTINFO, 0));
	EXPECT_EQ(0, get_ip(&self->host, self->b, IP_PKTINFO, IPV6_RECVPKTINFO));
}

/* What needs the kernel's own lists, or its own TCP's, is refused; README has the list. */
TEST_F(api, refused)
{
	struct in6_flowlabel_req label = { .flr_action = IPV6_FL_A_GET };

	if (host_is_reference(&self->host))
		SKIP(return, "it has them");
	open_pair(_metadata, self);
	EXPECT_EQ(-ENOPROTOOPT, get_ip(&self->host, self->a, IP_PKTOPTIONS, IPV6_2292PKTOPTIONS));
	ASSERT_FAILS(ENOPROTOOPT, setsockopt(self->a, IPPROTO_IPV6, IPV6_FLOWLABEL_MGR, &label,
					     sizeof(label)));
}

/* RFC 5082: what comes from farther away is not heard, until it comes with a TTL that fits. */
TEST_F(api, least_ttl)
{
	long dropped = 0;
	char byte;

	open_pair(_metadata, self);
	EXPECT_EQ(-EINVAL, set_ip(&self->host, self->b, IP_MINTTL, IPV6_MINHOPCOUNT, 256));
	EXPECT_EQ(-EINVAL, set_ip(&self->host, self->b, IP_MINTTL, IPV6_MINHOPCOUNT, -1));
	ASSERT_EQ(0, set_ip(&self->host, self->b, IP_MINTTL, IPV6_MINHOPCOUNT, 65));
	EXPECT_EQ(65, get_ip(&self->host, self->b, IP_MINTTL, IPV6_MINHOPCOUNT));
	if (!host_is_reference(&self->host))
		dropped = host_counter("DropMinTtl");
	ASSERT_EQ(1, write(self->a, "x", 1));
	clock_sleep_ms(50);
	ASSERT_FAILS(EAGAIN, recv(self->b, &byte, 1, MSG_DONTWAIT));
	if (!host_is_reference(&self->host))
		EXPECT_LT(dropped, host_counter("DropMinTtl"));
	ASSERT_EQ(0, set_ip(&self->host, self->a, IP_TTL, IPV6_UNICAST_HOPS, 255));
	ASSERT_EQ(1, recv(self->b, &byte, 1, 0));
}

/* A listener hears nobody either. */
TEST_F(api, least_ttl_of_a_listener)
{
	open_listener(_metadata, self);
	ASSERT_EQ(0, set_ip(&self->host, self->listener, IP_MINTTL, IPV6_MINHOPCOUNT, 255));
	self->a = open_socket(&self->host);
	ASSERT_EQ(0, host_set(self->a, IPPROTO_TCP, TCP_SYNCNT, 1));
	EXPECT_EQ(-ETIMEDOUT, host_connect(&self->host, self->a, "lo", PORT));
	close_fd(&self->a);
	self->a = open_socket(&self->host);
	ASSERT_EQ(0, set_ip(&self->host, self->a, IP_TTL, IPV6_UNICAST_HOPS, 255));
	EXPECT_EQ(0, host_connect(&self->host, self->a, "lo", PORT));
}

/* What is left, or a negative errno. */
static int read_and_ask(int fd, size_t size, int *left)
{
	char control[CMSG_SPACE(sizeof(int))], buf[64];
	struct iovec iov = { .iov_base = buf, .iov_len = size };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	ssize_t got = recvmsg(fd, &msg, 0);
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);

	*left = -1;
	if (got >= 0 && cmsg && cmsg->cmsg_level == IPPROTO_TCP && cmsg->cmsg_type == TCP_CM_INQ)
		memcpy(left, CMSG_DATA(cmsg), sizeof(*left));
	return got < 0 ? -errno : got;
}

TEST_F(api, what_is_left)
{
	int left;

	open_pair(_metadata, self);
	ASSERT_EQ(10, write(self->a, "0123456789", 10));
	ASSERT_EQ(POLLIN, poll_events(self->b, POLLIN, true));
	ASSERT_EQ(2, read_and_ask(self->b, 2, &left));
	EXPECT_EQ(-1, left);
	EXPECT_EQ(-EINVAL, host_set(self->b, IPPROTO_TCP, TCP_INQ, 2));
	ASSERT_EQ(0, host_set(self->b, IPPROTO_TCP, TCP_INQ, 1));
	EXPECT_EQ(1, host_get(self->b, IPPROTO_TCP, TCP_INQ));
	ASSERT_EQ(3, read_and_ask(self->b, 3, &left));
	EXPECT_EQ(5, left);
	ASSERT_EQ(5, read_and_ask(self->b, 64, &left));
	EXPECT_EQ(0, left);
	/* The end is there to be read. */
	ASSERT_EQ(1, write(self->a, "x", 1));
	ASSERT_EQ(0, shutdown(self->a, SHUT_WR));
	ASSERT_EQ(POLLIN | POLLRDHUP, poll_events(self->b, POLLRDHUP, true) | POLLIN);
	ASSERT_EQ(1, read_and_ask(self->b, 64, &left));
	EXPECT_EQ(1, left);
	ASSERT_EQ(0, read_and_ask(self->b, 64, &left));
}

TEST_HARNESS_MAIN

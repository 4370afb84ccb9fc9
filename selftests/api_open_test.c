// SPDX-License-Identifier: GPL-2.0
/*
 * Sockets come to be and to be connected: socket, bind, listen, accept, connect, and the ways
 * in which each of them fails.
 */
#include "kselftest_harness.h"
#include "lib/api_fixture.h"

static int new_socket(struct __test_metadata *_metadata, const struct host *host)
{
	int fd = host_socket(host, SOCK_CLOEXEC);

	ASSERT_LE(0, fd);
	return fd;
}

static int socket_option(int fd, int name)
{
	int value = -1;
	socklen_t len = sizeof(value);

	return getsockopt(fd, SOL_SOCKET, name, &value, &len) ? -errno : value;
}

TEST_F(api, socket_types)
{
	const struct host *host = &self->host;

	if (host_is_reference(host))
		SKIP(return, "the kernel's family has other types, too");
	ASSERT_FAILS(ESOCKTNOSUPPORT, socket(host->family, SOCK_DGRAM, 0));
	ASSERT_FAILS(ESOCKTNOSUPPORT, socket(host->family, SOCK_RAW, host->protocol));
	ASSERT_FAILS(ESOCKTNOSUPPORT, socket(host->family, SOCK_SEQPACKET, 0));
	ASSERT_FAILS(EPROTONOSUPPORT, socket(host->family, SOCK_STREAM, IPPROTO_UDP));
	ASSERT_FAILS(EPROTONOSUPPORT, socket(host->family, SOCK_STREAM, 99));
}

TEST_F(api, socket_knows_itself)
{
	const struct host *host = &self->host;
	int family = host->family ?: host->version == 4 ? AF_INET : AF_INET6;

	self->a = new_socket(_metadata, host);
	EXPECT_EQ(SOCK_STREAM, socket_option(self->a, SO_TYPE));
	EXPECT_EQ(family, socket_option(self->a, SO_DOMAIN));
	EXPECT_EQ(host->protocol, socket_option(self->a, SO_PROTOCOL));
	EXPECT_EQ(0, socket_option(self->a, SO_ACCEPTCONN));
	EXPECT_EQ(0, socket_option(self->a, SO_ERROR));
	open_listener(_metadata, self);
	EXPECT_EQ(1, socket_option(self->listener, SO_ACCEPTCONN));
}

TEST_F(api, protocol_zero_is_tcp)
{
	const struct host *host = &self->host;

	if (host_is_reference(host))
		SKIP(return, "of XTCP only");
	self->a = socket(host->family, SOCK_STREAM, 0);
	ASSERT_LE(0, self->a);
	EXPECT_EQ(IPPROTO_TCP, socket_option(self->a, SO_PROTOCOL));
}

TEST_F(api, socket_flags)
{
	self->a = host_socket(&self->host, SOCK_NONBLOCK | SOCK_CLOEXEC);
	ASSERT_LE(0, self->a);
	EXPECT_EQ(O_NONBLOCK, fcntl(self->a, F_GETFL) & O_NONBLOCK);
	EXPECT_EQ(FD_CLOEXEC, fcntl(self->a, F_GETFD) & FD_CLOEXEC);
}

TEST_F(api, no_pairs)
{
	const struct host *host = &self->host;
	int family = host->family ?: host->version == 4 ? AF_INET : AF_INET6;
	int fds[2];

	ASSERT_FAILS(EOPNOTSUPP, socketpair(family, SOCK_STREAM, host->protocol, fds));
}

TEST_F(api, bind_picks_a_port)
{
	self->a = new_socket(_metadata, &self->host);
	ASSERT_EQ(0, host_bind(&self->host, self->a, "lo", 0));
	EXPECT_LE(32768, host_local_port(self->a));
	EXPECT_GE(60999, host_local_port(self->a));
	ASSERT_EQ(-EINVAL, host_bind(&self->host, self->a, "lo", 0));
}

TEST_F(api, bind_shows)
{
	const struct host *host = &self->host;
	struct sockaddr_storage want, got;
	socklen_t want_len, got_len = sizeof(got);

	self->a = new_socket(_metadata, host);
	ASSERT_EQ(0, host_bind(host, self->a, "lo", PORT));
	want_len = host_address(host, &want, "lo", PORT);
	memset(&got, 0, sizeof(got));
	ASSERT_EQ(0, getsockname(self->a, (struct sockaddr *)&got, &got_len));
	EXPECT_EQ(want_len, got_len);
	EXPECT_EQ(0, memcmp(&want, &got, want_len));
}

TEST_F(api, bind_bad_address)
{
	const struct host *host = &self->host;
	struct sockaddr_storage addr;
	socklen_t len;

	self->a = new_socket(_metadata, host);
	len = host_address(host, &addr, "lo", PORT);
	ASSERT_FAILS(EINVAL, bind(self->a, (struct sockaddr *)&addr, 4));
	ASSERT_FAILS(EFAULT, bind(self->a, NULL, len));
	addr.ss_family = AF_UNIX;
	ASSERT_FAILS(EAFNOSUPPORT, bind(self->a, (struct sockaddr *)&addr, len));
	ASSERT_EQ(-EADDRNOTAVAIL, host_bind(host, self->a, "peer", PORT));
	ASSERT_EQ(0, host_bind(host, self->a, "lo", PORT));
}

TEST_F(api, bind_low_port)
{
	const struct host *host = &self->host;

	self->a = new_socket(_metadata, host);
	ASSERT_EQ(0, host_bind(host, self->a, "lo", 80));
	self->b = new_socket(_metadata, host);
	ASSERT_EQ(0, setresuid(65534, 65534, 65534));
	ASSERT_EQ(-EACCES, host_bind(host, self->b, "lo", 81));
	ASSERT_EQ(0, host_bind(host, self->b, "lo", PORT));
}

TEST_F(api, bind_in_use)
{
	const struct host *host = &self->host;

	self->a = new_socket(_metadata, host);
	self->b = new_socket(_metadata, host);
	ASSERT_EQ(0, host_bind(host, self->a, NULL, PORT));
	ASSERT_EQ(-EADDRINUSE, host_bind(host, self->b, NULL, PORT));
	ASSERT_EQ(-EADDRINUSE, host_bind(host, self->b, "lo", PORT));
	close_fd(&self->a);
	ASSERT_EQ(0, host_bind(host, self->b, NULL, PORT));
}

TEST_F(api, bind_by_address)
{
	const struct host *host = &self->host;

	if (host->version == 6)
		SKIP(return, "there is but one IPv6 loopback address");
	self->a = new_socket(_metadata, host);
	self->b = new_socket(_metadata, host);
	ASSERT_EQ(0, host_bind(host, self->a, "127.0.0.1", PORT));
	ASSERT_EQ(0, host_bind(host, self->b, "127.0.0.2", PORT));
	self->listener = new_socket(_metadata, host);
	ASSERT_EQ(-EADDRINUSE, host_bind(host, self->listener, NULL, PORT));
}

static void set_reuse(int fd)
{
	const int one = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
}

/* Both want to share, neither listens: they may. One listens: it is alone. */
TEST_F(api, bind_reuse)
{
	const struct host *host = &self->host;
	int third;

	self->a = new_socket(_metadata, host);
	self->b = new_socket(_metadata, host);
	set_reuse(self->a);
	ASSERT_EQ(0, host_bind(host, self->a, NULL, PORT));
	ASSERT_EQ(-EADDRINUSE, host_bind(host, self->b, NULL, PORT));
	set_reuse(self->b);
	ASSERT_EQ(0, host_bind(host, self->b, NULL, PORT));
	ASSERT_EQ(0, listen(self->a, 1));
	ASSERT_FAILS(EADDRINUSE, listen(self->b, 1));
	third = new_socket(_metadata, host);
	set_reuse(third);
	ASSERT_EQ(-EADDRINUSE, host_bind(host, third, NULL, PORT));
	close(third);
}

TEST_F(api, listen_unbound)
{
	self->a = new_socket(_metadata, &self->host);
	ASSERT_EQ(0, listen(self->a, 1));
	ASSERT_NE(0, host_local_port(self->a));
	ASSERT_EQ(0, listen(self->a, 5));
	ASSERT_EQ(-EISCONN, host_connect(&self->host, self->a, "lo", PORT));
	/* XTCP's has become an IPv4 socket with that, for want of an address. */
	ASSERT_GT(0, host_bind(&self->host, self->a, "lo", PORT));
}

TEST_F(api, listen_connected)
{
	open_pair(_metadata, self);
	ASSERT_FAILS(EINVAL, listen(self->a, 1));
	ASSERT_FAILS(EINVAL, listen(self->b, 1));
}

TEST_F(api, accept_fails)
{
	self->a = new_socket(_metadata, &self->host);
	ASSERT_FAILS(EINVAL, accept(self->a, NULL, NULL));
	open_listener(_metadata, self);
	ASSERT_EQ(0, fcntl(self->listener, F_SETFL, O_NONBLOCK));
	ASSERT_FAILS(EAGAIN, accept(self->listener, NULL, NULL));
	ASSERT_FAILS(EINVAL, accept4(self->listener, NULL, NULL, 0x7f));
}

/* connect() is over before the handshake is, which another processor may be busy with. */
static int await_child(int listener)
{
	struct pollfd pfd = { .fd = listener, .events = POLLIN };

	return poll(&pfd, 1, clock_patience_ms());
}

TEST_F(api, accept_flags)
{
	open_listener(_metadata, self);
	ASSERT_EQ(0, fcntl(self->listener, F_SETFL, O_NONBLOCK));
	self->a = open_client(_metadata, self);
	ASSERT_EQ(1, await_child(self->listener));
	self->b = accept(self->listener, NULL, NULL);
	ASSERT_LE(0, self->b);
	EXPECT_EQ(0, fcntl(self->b, F_GETFL) & O_NONBLOCK);
	EXPECT_EQ(0, fcntl(self->b, F_GETFD) & FD_CLOEXEC);
	close_fd(&self->a);
	close_fd(&self->b);
	self->a = open_client(_metadata, self);
	ASSERT_EQ(1, await_child(self->listener));
	self->b = accept4(self->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	ASSERT_LE(0, self->b);
	EXPECT_EQ(O_NONBLOCK, fcntl(self->b, F_GETFL) & O_NONBLOCK);
	EXPECT_EQ(FD_CLOEXEC, fcntl(self->b, F_GETFD) & FD_CLOEXEC);
}

/* The four names of a connection, pairwise the same. */
TEST_F(api, names)
{
	struct sockaddr_storage name[4];
	socklen_t len[4] = { sizeof(name[0]), sizeof(name[0]), sizeof(name[0]), sizeof(name[0]) };

	memset(name, 0, sizeof(name));
	open_listener(_metadata, self);
	self->a = open_client(_metadata, self);
	self->b = accept(self->listener, (struct sockaddr *)&name[0], &len[0]);
	ASSERT_LE(0, self->b);
	ASSERT_EQ(0, getsockname(self->a, (struct sockaddr *)&name[1], &len[1]));
	ASSERT_EQ(0, getpeername(self->a, (struct sockaddr *)&name[2], &len[2]));
	ASSERT_EQ(0, getsockname(self->b, (struct sockaddr *)&name[3], &len[3]));
	EXPECT_EQ(self->host.version == 4 ? AF_INET : AF_INET6, name[0].ss_family);
	EXPECT_EQ(len[0], len[1]);
	EXPECT_EQ(0, memcmp(&name[0], &name[1], len[0]));
	EXPECT_EQ(0, memcmp(&name[2], &name[3], len[2]));
	EXPECT_EQ(PORT, host_address_port(&name[2]));
	EXPECT_LE(32768, host_address_port(&name[0]));
}

TEST_F(api, names_missing)
{
	struct sockaddr_storage name;
	socklen_t len = sizeof(name);

	self->a = new_socket(_metadata, &self->host);
	ASSERT_FAILS(ENOTCONN, getpeername(self->a, (struct sockaddr *)&name, &len));
	ASSERT_EQ(0, getsockname(self->a, (struct sockaddr *)&name, &len));
	open_listener(_metadata, self);
	ASSERT_FAILS(ENOTCONN, getpeername(self->listener, (struct sockaddr *)&name, &len));
}

TEST_F(api, connect_refused)
{
	self->a = new_socket(_metadata, &self->host);
	ASSERT_EQ(-ECONNREFUSED, host_connect(&self->host, self->a, "lo", PORT));
	EXPECT_EQ(0, host_socket_error(self->a));
	/* It may be tried again on the same socket. */
	open_listener(_metadata, self);
	ASSERT_EQ(0, host_connect(&self->host, self->a, "lo", PORT));
	ASSERT_EQ(-EISCONN, host_connect(&self->host, self->a, "lo", PORT));
}

TEST_F(api, connect_any_is_loopback)
{
	open_listener(_metadata, self);
	self->a = new_socket(_metadata, &self->host);
	ASSERT_EQ(0, host_connect(&self->host, self->a, NULL, PORT));
}

TEST_F(api, connect_bad_address)
{
	const struct host *host = &self->host;
	struct sockaddr_storage addr;
	socklen_t len;

	self->a = new_socket(_metadata, host);
	len = host_address(host, &addr, "lo", PORT);
	ASSERT_FAILS(EINVAL, connect(self->a, (struct sockaddr *)&addr, 4));
	addr.ss_family = AF_UNIX;
	ASSERT_FAILS(EAFNOSUPPORT, connect(self->a, (struct sockaddr *)&addr, len));
	ASSERT_EQ(-ENETUNREACH, host_connect(host, self->a, "peer", PORT));
	ASSERT_EQ(-ENETUNREACH, host_connect(host, self->a,
					     host->version == 4 ? "224.0.0.1" : "ff0e::1", PORT));
	if (host->version == 4)
		ASSERT_EQ(-ENETUNREACH, host_connect(host, self->a, "255.255.255.255", PORT));
}

/* A socket has one format: the first address decides. */
TEST_F(api, connect_other_format)
{
	const struct host *host = &self->host;
	int ret;

	self->a = new_socket(_metadata, host);
	ASSERT_EQ(0, host_bind(host, self->a, NULL, 0));
	ret = host_connect(host, self->a, host->version == 4 ? "::1" : "127.0.0.1", PORT);
	ASSERT_GT(0, ret);
	if (host->version == 4)
		ASSERT_EQ(-EAFNOSUPPORT, ret);
}

TEST_F(api, connect_from_bound)
{
	open_listener(_metadata, self);
	self->a = new_socket(_metadata, &self->host);
	ASSERT_EQ(0, host_bind(&self->host, self->a, "lo", 40001));
	ASSERT_EQ(0, host_connect(&self->host, self->a, "lo", PORT));
	ASSERT_EQ(40001, host_local_port(self->a));
}

/* connect() to AF_UNSPEC undoes a connection; the socket can be used for another one. */
TEST_F(api, disconnect)
{
	const struct sockaddr none = { .sa_family = AF_UNSPEC };
	char byte;

	open_pair(_metadata, self);
	ASSERT_EQ(0, connect(self->a, &none, sizeof(none)));
	ASSERT_FAILS(ECONNRESET, recv(self->b, &byte, 1, 0));
	close_fd(&self->b);
	ASSERT_EQ(0, host_connect(&self->host, self->a, "lo", PORT));
	self->b = accept(self->listener, NULL, NULL);
	ASSERT_LE(0, self->b);
	ASSERT_EQ(1, send(self->a, "x", 1, 0));
	ASSERT_EQ(1, recv(self->b, &byte, 1, 0));
}

TEST_F(api, not_connected)
{
	char byte = 0;

	self->a = new_socket(_metadata, &self->host);
	ASSERT_FAILS(ENOTCONN, recv(self->a, &byte, 1, 0));
	ASSERT_FAILS(ENOTCONN, shutdown(self->a, SHUT_RDWR));
	ASSERT_FAILS(EPIPE, send(self->a, &byte, 1, MSG_NOSIGNAL));
	open_listener(_metadata, self);
	ASSERT_FAILS(ENOTCONN, recv(self->listener, &byte, 1, 0));
	ASSERT_FAILS(EPIPE, send(self->listener, &byte, 1, MSG_NOSIGNAL));
}

TEST_F(api, listener_shut)
{
	open_listener(_metadata, self);
	ASSERT_EQ(0, shutdown(self->listener, SHUT_RD));
	ASSERT_FAILS(EINVAL, accept(self->listener, NULL, NULL));
	self->a = new_socket(_metadata, &self->host);
	ASSERT_EQ(-ECONNREFUSED, host_connect(&self->host, self->a, "lo", PORT));
}

TEST_F(api, listener_closed_with_connections_waiting)
{
	char byte;

	open_listener(_metadata, self);
	self->a = open_client(_metadata, self);
	close_fd(&self->listener);
	ASSERT_FAILS(ECONNRESET, recv(self->a, &byte, 1, 0));
}

TEST_F(api, connects_to_itself)
{
	char byte = 0;

	self->a = new_socket(_metadata, &self->host);
	ASSERT_EQ(0, host_bind(&self->host, self->a, "lo", PORT));
	ASSERT_EQ(0, host_connect(&self->host, self->a, "lo", PORT));
	ASSERT_EQ(1, send(self->a, "x", 1, 0));
	ASSERT_EQ(1, recv(self->a, &byte, 1, 0));
	ASSERT_EQ('x', byte);
}

TEST_HARNESS_MAIN

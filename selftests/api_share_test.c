// SPDX-License-Identifier: GPL-2.0
/*
 * XTCP beside the kernel's TCP: a port has one owner, whoever asks first; on the native carrier
 * they are in different worlds. What belongs to the kernel's TCP reaches it.
 */
#include "kselftest_harness.h"
#include "lib/api_fixture.h"

FIXTURE(share) {
	struct host	xtcp;
	struct host	kernel;
	int		x;
	int		k;
};

FIXTURE_VARIANT(share) {
	int	version;
};

FIXTURE_VARIANT_ADD(share, v4) { .version = 4 };
FIXTURE_VARIANT_ADD(share, v6) { .version = 6 };

FIXTURE_SETUP(share)
{
	self->xtcp = (struct host){ AF_XTCP, IPPROTO_TCP, variant->version };
	self->kernel = (struct host){ 0, IPPROTO_TCP, variant->version };
	ASSERT_EQ(0, net_enter_new());
	self->x = host_socket(&self->xtcp, 0);
	self->k = host_socket(&self->kernel, 0);
	ASSERT_LE(0, self->x);
	ASSERT_LE(0, self->k);
}

FIXTURE_TEARDOWN(share)
{
	const struct linger abort = { .l_onoff = 1 };

	setsockopt(self->x, SOL_SOCKET, SO_LINGER, &abort, sizeof(abort));
	setsockopt(self->k, SOL_SOCKET, SO_LINGER, &abort, sizeof(abort));
	close_fd(&self->x);
	close_fd(&self->k);
}

static int reuse(int fd)
{
	const int one = 1;

	return setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
}

TEST_F(share, ours_first)
{
	ASSERT_EQ(0, host_bind(&self->xtcp, self->x, NULL, PORT));
	ASSERT_EQ(-EADDRINUSE, host_bind(&self->kernel, self->k, NULL, PORT));
	ASSERT_EQ(-EADDRINUSE, host_bind(&self->kernel, self->k, "lo", PORT));
	close_fd(&self->x);
	ASSERT_EQ(0, host_bind(&self->kernel, self->k, NULL, PORT));
}

TEST_F(share, theirs_first)
{
	ASSERT_EQ(0, host_bind(&self->kernel, self->k, NULL, PORT));
	ASSERT_EQ(-EADDRINUSE, host_bind(&self->xtcp, self->x, NULL, PORT));
	ASSERT_EQ(-EADDRINUSE, host_bind(&self->xtcp, self->x, "lo", PORT));
	close_fd(&self->k);
	ASSERT_EQ(0, host_bind(&self->xtcp, self->x, NULL, PORT));
}

/* Not even where both say that they would share. */
TEST_F(share, reuse_is_among_equals)
{
	ASSERT_EQ(0, reuse(self->x));
	ASSERT_EQ(0, reuse(self->k));
	ASSERT_EQ(0, host_bind(&self->xtcp, self->x, NULL, PORT));
	ASSERT_EQ(-EADDRINUSE, host_bind(&self->kernel, self->k, NULL, PORT));
	close_fd(&self->x);
	ASSERT_EQ(0, host_bind(&self->kernel, self->k, NULL, PORT));
	self->x = host_socket(&self->xtcp, 0);
	ASSERT_EQ(0, reuse(self->x));
	ASSERT_EQ(-EADDRINUSE, host_bind(&self->xtcp, self->x, NULL, PORT));
}

TEST_F(share, listeners)
{
	ASSERT_EQ(0, reuse(self->x));
	ASSERT_EQ(0, reuse(self->k));
	ASSERT_EQ(0, host_bind(&self->xtcp, self->x, "lo", PORT));
	ASSERT_EQ(0, listen(self->x, 1));
	ASSERT_EQ(-EADDRINUSE, host_bind(&self->kernel, self->k, NULL, PORT));
	ASSERT_EQ(-EADDRINUSE, host_bind(&self->kernel, self->k, "lo", PORT));
}

TEST_F(share, different_addresses)
{
	if (self->xtcp.version == 6)
		SKIP(return, "there is but one IPv6 loopback address");
	ASSERT_EQ(0, host_bind(&self->xtcp, self->x, "127.0.0.1", PORT));
	ASSERT_EQ(0, host_bind(&self->kernel, self->k, "127.0.0.2", PORT));
}

/* An IPv6 socket on any address has IPv4's, too, unless it says otherwise. */
TEST_F(share, across_versions)
{
	const struct host k4 = { 0, IPPROTO_TCP, 4 };
	const int one = 1;
	int fd;

	if (self->xtcp.version == 4)
		SKIP(return, "of IPv6");
	fd = host_socket(&k4, 0);
	ASSERT_EQ(0, host_bind(&self->xtcp, self->x, NULL, PORT));
	ASSERT_EQ(-EADDRINUSE, host_bind(&k4, fd, NULL, PORT));
	close_fd(&self->x);
	self->x = host_socket(&self->xtcp, 0);
	ASSERT_EQ(0, setsockopt(self->x, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one)));
	ASSERT_EQ(0, host_bind(&self->xtcp, self->x, NULL, PORT));
	ASSERT_EQ(0, host_bind(&k4, fd, NULL, PORT));
	close(fd);
}

TEST_F(share, native_is_another_world)
{
	const struct host native = { AF_XTCP, IPPROTO_XTCP, self->xtcp.version };
	int fd = host_socket(&native, 0);

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, host_bind(&self->xtcp, self->x, NULL, PORT));
	ASSERT_EQ(0, host_bind(&native, fd, NULL, PORT));
	close_fd(&self->x);
	ASSERT_EQ(0, host_bind(&self->kernel, self->k, NULL, PORT));
	close(fd);
}

/* While a child lives, the port is its, though the listener is gone. */
TEST_F(share, children_keep_the_port)
{
	int a, b, k2;

	ASSERT_EQ(0, host_bind(&self->xtcp, self->x, NULL, PORT));
	ASSERT_EQ(0, listen(self->x, 1));
	a = host_socket(&self->kernel, 0);
	ASSERT_EQ(0, host_connect(&self->kernel, a, "lo", PORT));
	b = accept(self->x, NULL, NULL);
	ASSERT_LE(0, b);
	close_fd(&self->x);
	ASSERT_EQ(-EADDRINUSE, host_bind(&self->kernel, self->k, NULL, PORT));
	/* The child's peer goes first, so that nothing stays behind in TIME-WAIT here. */
	shutdown(a, SHUT_WR);
	ASSERT_EQ(0, recv(b, &k2, 1, 0));
	close(b);
	ASSERT_EQ(0, recv(a, &k2, 1, 0));
	close(a);
	ASSERT_EQ(0, host_bind(&self->kernel, self->k, NULL, PORT));
}

/* As after a server's restart: TIME-WAIT keeps a port from all but those who know. */
TEST_F(share, time_wait)
{
	int a, b, second;
	char byte;

	ASSERT_EQ(0, reuse(self->x));
	ASSERT_EQ(0, host_bind(&self->xtcp, self->x, NULL, PORT));
	ASSERT_EQ(0, listen(self->x, 1));
	a = host_socket(&self->xtcp, 0);
	ASSERT_EQ(0, host_connect(&self->xtcp, a, "lo", PORT));
	b = accept(self->x, NULL, NULL);
	ASSERT_LE(0, b);
	close(b);
	ASSERT_EQ(0, recv(a, &byte, 1, 0));
	close(a);
	close_fd(&self->x);
	ASSERT_EQ(1, host_count(&self->xtcp, STATE_TIME_WAIT));

	second = host_socket(&self->xtcp, 0);
	ASSERT_EQ(-EADDRINUSE, host_bind(&self->xtcp, second, NULL, PORT));
	ASSERT_EQ(-EADDRINUSE, host_bind(&self->kernel, self->k, NULL, PORT));
	ASSERT_EQ(0, reuse(second));
	ASSERT_EQ(0, host_bind(&self->xtcp, second, NULL, PORT));
	ASSERT_EQ(0, listen(second, 1));
	close(second);
}

/* XTCP's hook stands; what is not XTCP's goes past it. */
TEST_F(share, kernel_goes_on)
{
	int a, b;
	char byte;

	ASSERT_EQ(0, host_bind(&self->xtcp, self->x, NULL, PORT));
	ASSERT_EQ(0, listen(self->x, 1));
	ASSERT_EQ(0, host_bind(&self->kernel, self->k, NULL, PORT + 1));
	ASSERT_EQ(0, listen(self->k, 1));
	a = host_socket(&self->kernel, 0);
	ASSERT_EQ(0, host_connect(&self->kernel, a, "lo", PORT + 1));
	b = accept(self->k, NULL, NULL);
	ASSERT_LE(0, b);
	ASSERT_EQ(1, send(a, "x", 1, 0));
	ASSERT_EQ(1, recv(b, &byte, 1, 0));
	close(a);
	close(b);
	a = host_socket(&self->kernel, 0);
	ASSERT_EQ(-ECONNREFUSED, host_connect(&self->kernel, a, "lo", PORT + 2));
	close(a);
}

/* Either way round: XTCP to the kernel's TCP over loopback. */
TEST_F(share, talk_to_each_other)
{
	int a, b;
	char byte;

	ASSERT_EQ(0, host_bind(&self->kernel, self->k, NULL, PORT));
	ASSERT_EQ(0, listen(self->k, 1));
	a = host_socket(&self->xtcp, 0);
	ASSERT_EQ(0, host_connect(&self->xtcp, a, "lo", PORT));
	b = accept(self->k, NULL, NULL);
	ASSERT_LE(0, b);
	ASSERT_EQ(1, send(a, "x", 1, 0));
	ASSERT_EQ(1, recv(b, &byte, 1, 0));
	ASSERT_EQ(1, send(b, "y", 1, 0));
	ASSERT_EQ(1, recv(a, &byte, 1, 0));
	ASSERT_EQ('y', byte);
	close(a);
	close(b);
}

/* Four ephemeral ports for both, and both take what the other has left. */
TEST_F(share, ephemeral_ports)
{
	struct host native = { AF_XTCP, IPPROTO_XTCP, self->xtcp.version };
	uint16_t ports[4];
	int fds[4];
	int i, j, fd;

	ASSERT_EQ(0, net_sysctl_write("net/ipv4/ip_local_port_range", "40000 40003"));
	ASSERT_EQ(0, net_sysctl_write("net/xtcp/port_range", "40000 40003"));
	for (i = 0; i < 4; i++) {
		const struct host *host = i % 2 ? &self->kernel : &self->xtcp;

		fds[i] = host_socket(host, 0);
		ASSERT_EQ(0, host_bind(host, fds[i], NULL, 0));
		ports[i] = host_local_port(fds[i]);
		ASSERT_LE(40000, ports[i]);
		ASSERT_GE(40003, ports[i]);
		for (j = 0; j < i; j++)
			ASSERT_NE(ports[j], ports[i]);
	}
	ASSERT_EQ(-EADDRINUSE, host_bind(&self->xtcp, self->x, NULL, 0));
	ASSERT_EQ(-EADDRINUSE, host_bind(&self->kernel, self->k, NULL, 0));
	/* The native carrier has four of its own. */
	for (i = 0; i < 4; i++) {
		fd = host_socket(&native, 0);
		ASSERT_EQ(0, host_bind(&native, fd, NULL, 0));
	}
	close(fds[1]);
	ASSERT_EQ(0, host_bind(&self->xtcp, self->x, NULL, 0));
	ASSERT_EQ(ports[1], host_local_port(self->x));
}

/* The same for connect(), which has to find a port of its own. */
TEST_F(share, ephemeral_ports_of_connections)
{
	int server, fds[3];
	int i;

	ASSERT_EQ(0, net_sysctl_write("net/ipv4/ip_local_port_range", "40000 40003"));
	ASSERT_EQ(0, net_sysctl_write("net/xtcp/port_range", "40000 40003"));
	server = host_listen(&self->xtcp, NULL, PORT, 8);
	ASSERT_LE(0, server);
	for (i = 0; i < 3; i++) {
		fds[i] = host_socket(&self->xtcp, 0);
		ASSERT_EQ(0, host_connect(&self->xtcp, fds[i], "lo", PORT));
	}
	/* One is left: the kernel's. */
	ASSERT_EQ(0, host_bind(&self->kernel, self->k, NULL, 0));
	ASSERT_GT(0, host_connect(&self->xtcp, self->x, "lo", PORT));
	ASSERT_EQ(EADDRNOTAVAIL, errno);
	close_fd(&self->k);
	ASSERT_EQ(0, host_connect(&self->xtcp, self->x, "lo", PORT));
	for (i = 0; i < 3; i++)
		close(fds[i]);
	close(server);
}

TEST_HARNESS_MAIN

// SPDX-License-Identifier: GPL-2.0
/*
 * TCP Fast Open between whole stacks: XTCP with itself, and with the kernel's TCP in either role.
 */
#include "kselftest_harness.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <netinet/in.h>
#include <linux/inet_diag.h>

#include "lib/clock.h"
#include "lib/host.h"
#include "lib/net.h"

#define PORT	5000

FIXTURE(wire) {
	int	listener;
	int	server;
	int	client;
};

FIXTURE_VARIANT(wire) {
	struct host	server;
	struct host	client;
};

#define WIRE(name, server_family, client_family, carrier, version) \
	FIXTURE_VARIANT_ADD(wire, name) { \
		.server = { server_family, carrier, version }, \
		.client = { client_family, carrier, version }, \
	}

WIRE(kernel_client_v4, AF_XTCP, 0, IPPROTO_TCP, 4);
WIRE(kernel_client_v6, AF_XTCP, 0, IPPROTO_TCP, 6);
WIRE(kernel_server_v4, 0, AF_XTCP, IPPROTO_TCP, 4);
WIRE(kernel_server_v6, 0, AF_XTCP, IPPROTO_TCP, 6);
WIRE(ordinary_v4, AF_XTCP, AF_XTCP, IPPROTO_TCP, 4);
WIRE(ordinary_v6, AF_XTCP, AF_XTCP, IPPROTO_TCP, 6);
WIRE(native_v4, AF_XTCP, AF_XTCP, IPPROTO_XTCP, 4);
WIRE(native_v6, AF_XTCP, AF_XTCP, IPPROTO_XTCP, 6);

FIXTURE_SETUP(wire)
{
	self->server = -1;
	self->client = -1;
	ASSERT_EQ(0, net_enter_new());
	ASSERT_EQ(0, net_link_up("lo"));
	ASSERT_EQ(0, net_sysctl_write("net/xtcp/fastopen", "3"));
	ASSERT_EQ(0, net_sysctl_write("net/ipv4/tcp_fastopen", "3"));
	self->listener = host_listen(&variant->server, "lo", PORT, 8);
	ASSERT_LE(0, self->listener);
	ASSERT_EQ(0, host_set(self->listener, IPPROTO_TCP, TCP_FASTOPEN, 8));
}

FIXTURE_TEARDOWN(wire)
{
	close(self->client);
	close(self->server);
	close(self->listener);
}

static bool wait_for(int fd, short events)
{
	struct pollfd pfd = { .fd = fd, .events = events };

	return poll(&pfd, 1, clock_patience_ms()) == 1 && (pfd.revents & events);
}

static bool used_syn_data(int fd)
{
	struct tcp_info info = {};

	return !host_info(fd, &info) && (info.tcpi_options & TCPI_OPT_SYN_DATA);
}

/* All @len bytes of a text that the other end has written. */
static bool reads(int fd, const char *text, size_t len)
{
	char buf[4096];
	ssize_t n;

	while (len) {
		if (!wait_for(fd, POLLIN))
			return false;
		n = read(fd, buf, len < sizeof(buf) ? len : sizeof(buf));
		if (n <= 0 || memcmp(buf, text, n))
			return false;
		text += n;
		len -= n;
	}
	return true;
}

static void ends(FIXTURE_DATA(wire) *self)
{
	close(self->client);
	self->client = -1;
	close(self->server);
	self->server = -1;
}

/* The question goes with the SYN if @fast; either way it is answered, and so are longer ones. */
static void ask(struct __test_metadata *_metadata, FIXTURE_DATA(wire) *self,
		const FIXTURE_VARIANT(wire) *variant, const char *question, size_t len, bool fast)
{
	struct sockaddr_storage addr;
	socklen_t addrlen;

	addrlen = host_address(&variant->client, &addr, "lo", PORT);
	/* Blocking: it returns when it is connected, and all is written. */
	self->client = host_socket(&variant->client, SOCK_CLOEXEC);
	ASSERT_LE(0, self->client);
	ASSERT_EQ((ssize_t)len, sendto(self->client, question, len, MSG_FASTOPEN,
				       (struct sockaddr *)&addr, addrlen));
	ASSERT_TRUE(wait_for(self->listener, POLLIN));
	self->server = accept4(self->listener, NULL, NULL, SOCK_CLOEXEC);
	ASSERT_LE(0, self->server);
	ASSERT_TRUE(reads(self->server, question, len));
	ASSERT_EQ(fast, used_syn_data(self->client));
	ASSERT_EQ(fast, used_syn_data(self->server));
	ASSERT_EQ(6, write(self->server, "answer", 6));
	ASSERT_TRUE(reads(self->client, "answer", 6));
	ends(self);
}

TEST_F(wire, questions)
{
	static char text[100000];
	size_t len;

	for (len = 0; len < sizeof(text); len++)
		text[len] = 'a' + len % 23;
	ask(_metadata, self, variant, text, 10, false);
	for (len = 1; len <= sizeof(text); len *= 10)
		ask(_metadata, self, variant, text, len, true);
}

/* TCP_FASTOPEN_CONNECT; and a server that has another key by now. */
TEST_F(wire, connect_and_write)
{
	static const unsigned char key[16] = { 1 };
	unsigned int i;

	ask(_metadata, self, variant, "question", 8, false);
	for (i = 0; i < 3; i++) {
		bool fast = i != 1;

		if (!fast)
			ASSERT_EQ(0, setsockopt(self->listener, IPPROTO_TCP, TCP_FASTOPEN_KEY, key,
						sizeof(key)));
		self->client = host_socket(&variant->client, SOCK_CLOEXEC);
		ASSERT_LE(0, self->client);
		ASSERT_EQ(0, host_set(self->client, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, 1));
		ASSERT_EQ(0, host_connect(&variant->client, self->client, "lo", PORT));
		ASSERT_EQ(8, write(self->client, "question", 8));
		ASSERT_TRUE(wait_for(self->listener, POLLIN));
		self->server = accept4(self->listener, NULL, NULL, SOCK_CLOEXEC);
		ASSERT_LE(0, self->server);
		ASSERT_TRUE(reads(self->server, "question", 8));
		ASSERT_EQ(fast, used_syn_data(self->client));
		ASSERT_EQ(fast, used_syn_data(self->server));
		shutdown(self->server, SHUT_WR);
		ASSERT_TRUE(wait_for(self->client, POLLIN));
		ends(self);
	}
}

TEST_HARNESS_MAIN

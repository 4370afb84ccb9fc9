// SPDX-License-Identifier: GPL-2.0
/*
 * SO_BINDTODEVICE, and VRFs (the kernel's Documentation/networking/vrf.rst): the host has two
 * links, each to a peer, and all addresses twice.
 */
#include <net/if.h>
#include <sched.h>
#include <stdio.h>

#include "kselftest_harness.h"
#include "lib/api_fixture.h"

static const char * const links[] = { "red", "blue" };

#define LINKS 2

/* Of each peer, and of the host while the peers are at work. */
static int peer_net[LINKS], host_net;

#define IN_PEER(i) \
	for (int _once = setns(peer_net[i], CLONE_NEWNET); !_once; \
	     _once = setns(host_net, CLONE_NEWNET) ?: 1)

static int own_net(void)
{
	return open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
}

#define RUN(...) do { \
	char _command[512]; \
	snprintf(_command, sizeof(_command), __VA_ARGS__); \
	ASSERT_EQ(0, system(_command)) \
		TH_LOG("%s", _command); \
} while (0)

static int mask(const struct host *host)
{
	return host->version == 4 ? 24 : 64;
}

static const char *address_of(const struct host *host, bool peer)
{
	if (host->version == 4)
		return peer ? PEER_V4 : HOST_V4;
	return peer ? PEER_V6 : HOST_V6;
}

/* "red" and "blue" lead to a peer each, where the link is called "eth". */
static void make_peers(struct __test_metadata *_metadata, FIXTURE_DATA(api) *self)
{
	int i;

	host_net = own_net();
	for (i = 0; i < LINKS; i++) {
		ASSERT_EQ(0, unshare(CLONE_NEWNET));
		peer_net[i] = own_net();
		ASSERT_EQ(0, setns(host_net, CLONE_NEWNET));
	}
	RUN("ip -batch - <<-IP\n"
	    "link add red type veth peer name eth netns /proc/%d/fd/%d\n"
	    "link add blue type veth peer name eth netns /proc/%d/fd/%d\n"
	    "IP", getpid(), peer_net[0], getpid(), peer_net[1]);
	for (i = 0; i < LINKS; i++) {
		IN_PEER(i) {
			ASSERT_EQ(0, net_link_up("eth"));
		}
		ASSERT_EQ(0, net_link_up(links[i]));
		/* An IPv6 address is of use when its link has two ends. */
		IN_PEER(i) {
			ASSERT_EQ(0, net_address_add("eth", address_of(&self->host, true),
						     mask(&self->host)));
		}
	}
}

static void give_address(struct __test_metadata *_metadata, FIXTURE_DATA(api) *self,
			 const char *dev)
{
	ASSERT_EQ(0, net_address_add(dev, address_of(&self->host, false), mask(&self->host)));
}

/* "red" is in the VRF "vred", and so on. */
static void make_vrfs(struct __test_metadata *_metadata, FIXTURE_DATA(api) *self)
{
	int i;

	make_peers(_metadata, self);
	RUN("ip -batch - <<-IP\n"
	    "link add vred type vrf table 10\n"
	    "link set vred up\n"
	    "link set red vrf vred\n"
	    "link add vblue type vrf table 11\n"
	    "link set vblue up\n"
	    "link set blue vrf vblue\n"
	    "IP");
	for (i = 0; i < LINKS; i++)
		give_address(_metadata, self, links[i]);
}

static int bound_to(struct __test_metadata *_metadata, FIXTURE_DATA(api) *self, const char *dev)
{
	int fd = host_socket(&self->host, SOCK_CLOEXEC);

	ASSERT_LE(0, fd);
	if (dev)
		ASSERT_EQ(0, setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, dev, strlen(dev)));
	return fd;
}

static int listen_on(struct __test_metadata *_metadata, FIXTURE_DATA(api) *self, const char *dev)
{
	int fd = bound_to(_metadata, self, dev);

	ASSERT_EQ(0, host_bind(&self->host, fd, NULL, PORT));
	ASSERT_EQ(0, listen(fd, 8));
	return fd;
}

/* A socket of peer @i that connects to the host, always from the same port; or a negative errno. */
static int from_peer(struct __test_metadata *_metadata, FIXTURE_DATA(api) *self, int i, int port)
{
	int fd = -1, err = -1;

	IN_PEER(i) {
		fd = host_socket(&self->host, SOCK_CLOEXEC);
		ASSERT_LE(0, fd);
		ASSERT_EQ(0, host_bind(&self->host, fd, NULL, port));
		err = host_connect(&self->host, fd, "host", PORT);
	}
	if (!err)
		return fd;
	close(fd);
	return err;
}

/* What one writes, the other reads. */
static void carries(struct __test_metadata *_metadata, int from, int to, char c)
{
	char got = 0;

	ASSERT_EQ(1, write(from, &c, 1));
	ASSERT_EQ(1, recv(to, &got, 1, 0));
	ASSERT_EQ(c, got);
}

/* Accepts what self->a has connected to, and both talk. */
static void talk(struct __test_metadata *_metadata, FIXTURE_DATA(api) *self)
{
	ASSERT_LE(0, self->a);
	self->b = accept(self->listener, NULL, NULL);
	ASSERT_LE(0, self->b);
	carries(_metadata, self->a, self->b, 'x');
	carries(_metadata, self->b, self->a, 'y');
}

static void carry_both(struct __test_metadata *_metadata, const int a[LINKS], const int b[LINKS])
{
	int i;

	for (i = 0; i < LINKS; i++)
		carries(_metadata, a[i], b[i], '0' + i);
	for (i = 0; i < LINKS; i++)
		carries(_metadata, b[i], a[i], 'a' + i);
}

static void abort_all(const int fd[LINKS])
{
	const struct linger abort = { .l_onoff = 1 };
	int i;

	for (i = 0; i < LINKS; i++) {
		setsockopt(fd[i], SOL_SOCKET, SO_LINGER, &abort, sizeof(abort));
		close(fd[i]);
	}
}

/* The same addresses and ports in two VRFs are two connections. */
static void open_apart(struct __test_metadata *_metadata, FIXTURE_DATA(api) *self,
		       int listener[LINKS], int peer[LINKS], int host[LINKS])
{
	int i;

	make_vrfs(_metadata, self);
	for (i = 0; i < LINKS; i++) {
		char vrf[IFNAMSIZ];

		snprintf(vrf, sizeof(vrf), "v%s", links[i]);
		listener[i] = listen_on(_metadata, self, vrf);
	}
	for (i = LINKS; i--;) {
		peer[i] = from_peer(_metadata, self, i, 4000);
		ASSERT_LE(0, peer[i]);
	}
	for (i = 0; i < LINKS; i++) {
		host[i] = accept(listener[i], NULL, NULL);
		ASSERT_LE(0, host[i]);
	}
	carry_both(_metadata, peer, host);
}

TEST_F(api, vrfs_apart)
{
	int listener[LINKS], peer[LINKS], host[LINKS];

	open_apart(_metadata, self, listener, peer, host);
	abort_all(host);
	abort_all(peer);
	abort_all(listener);
}

/* Nothing but the ACK of a cookie tells which VRF it is. */
TEST_F(api, cookies_apart)
{
	int listener[LINKS], peer[LINKS], host[LINKS];

	ASSERT_EQ(0, net_sysctl_write(host_is_reference(&self->host) ?
				      "net/ipv4/tcp_syncookies" : "net/xtcp/syncookies", "2"));
	open_apart(_metadata, self, listener, peer, host);
	abort_all(host);
	abort_all(peer);
	abort_all(listener);
}

/* What is over in one VRF is in nobody's way in the other, nor for long in its own. */
TEST_F(api, time_waits_apart)
{
	int listener[LINKS], peer[LINKS], host[LINKS], i;
	char byte;

	open_apart(_metadata, self, listener, peer, host);
	for (i = 0; i < LINKS; i++) {
		ASSERT_EQ(0, shutdown(host[i], SHUT_WR));
		ASSERT_EQ(0, recv(peer[i], &byte, 1, 0));
		close(peer[i]);
		ASSERT_EQ(0, recv(host[i], &byte, 1, 0));
		close(host[i]);
		/* The other one's goes on. */
		if (!i)
			carries(_metadata, peer[1], host[1], 'z');
		peer[i] = from_peer(_metadata, self, i, 4000);
		ASSERT_LE(0, peer[i]);
		host[i] = accept(listener[i], NULL, NULL);
		ASSERT_LE(0, host[i]);
	}
	carry_both(_metadata, peer, host);
	abort_all(host);
	abort_all(peer);
	abort_all(listener);
}

/* From here as well. */
TEST_F(api, out_into_vrfs)
{
	int listener[LINKS], peer[LINKS], host[LINKS], i;

	make_vrfs(_metadata, self);
	for (i = 0; i < LINKS; i++) {
		IN_PEER(i)
			listener[i] = listen_on(_metadata, self, NULL);
		/* One by the VRF's name, one by the link's. */
		host[i] = bound_to(_metadata, self, i ? "vblue" : "red");
		ASSERT_EQ(0, host_bind(&self->host, host[i], NULL, 4000));
		ASSERT_EQ(0, host_connect(&self->host, host[i], "peer", PORT));
		peer[i] = accept(listener[i], NULL, NULL);
		ASSERT_LE(0, peer[i]);
	}
	carry_both(_metadata, host, peer);
	abort_all(host);
	abort_all(peer);
	abort_all(listener);
	/* Outside of the VRFs there is nothing. */
	self->a = bound_to(_metadata, self, NULL);
	ASSERT_EQ(-ENETUNREACH, host_connect(&self->host, self->a, "peer", PORT));
}

/* Who is bound to nothing does not listen in a VRF, unless l3mdev_accept says so. */
TEST_F(api, outside_of_vrfs)
{
	char dev[IFNAMSIZ] = "";
	socklen_t len = sizeof(dev);

	make_vrfs(_metadata, self);
	open_listener(_metadata, self);
	ASSERT_EQ(-ECONNREFUSED, from_peer(_metadata, self, 0, 4000));
	ASSERT_EQ(0, net_sysctl_write(host_is_reference(&self->host) ?
				      "net/ipv4/tcp_l3mdev_accept" :
				      "net/xtcp/l3mdev_accept", "1"));
	self->a = from_peer(_metadata, self, 0, 4001);
	talk(_metadata, self);
	ASSERT_EQ(0, getsockopt(self->b, SOL_SOCKET, SO_BINDTODEVICE, dev, &len));
	EXPECT_STREQ("vred", dev);
}

/* One of the VRF's links alone. */
TEST_F(api, link_of_a_vrf)
{
	make_vrfs(_metadata, self);
	self->listener = listen_on(_metadata, self, "red");
	ASSERT_EQ(-ECONNREFUSED, from_peer(_metadata, self, 1, 4000));
	self->a = from_peer(_metadata, self, 0, 4000);
	talk(_metadata, self);
}

/* socket(7): what comes by another device is none of the socket's, though it be for it. */
TEST_F(api, by_another_device)
{
	const char *host = address_of(&self->host, false);
	char byte = 'x';

	make_peers(_metadata, self);
	give_address(_metadata, self, "red");
	self->listener = listen_on(_metadata, self, "red");
	self->a = from_peer(_metadata, self, 0, 4000);
	talk(_metadata, self);

	/* From now on the peer's way to the host is another, and nobody listens there. */
	RUN("ip link add other address 02:00:00:00:00:01 type veth peer name other netns /proc/%d/fd/%d",
	    getpid(), peer_net[0]);
	ASSERT_EQ(0, net_link_up("other"));
	IN_PEER(0) {
		ASSERT_EQ(0, net_link_up("other"));
		RUN("ip -batch - <<-IP\n"
		    "route add %s dev other\n"
		    "neighbour add %s lladdr 02:00:00:00:00:01 dev other\n"
		    "IP", host, host);
	}
	ASSERT_EQ(1, write(self->a, &byte, 1));
	ASSERT_FAILS(ECONNRESET, recv(self->a, &byte, 1, 0));
	ASSERT_FAILS(EAGAIN, recv(self->b, &byte, 1, MSG_DONTWAIT));
}

TEST_HARNESS_MAIN

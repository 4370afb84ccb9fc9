// SPDX-License-Identifier: GPL-2.0
/*
 * Socket options: what can be set is set, and what can be read is true.
 */
#include "kselftest_harness.h"
#include "lib/api_fixture.h"

#include <limits.h>

TEST_F(api, unknown)
{
	self->a = host_socket(&self->host, 0);
	ASSERT_LE(0, self->a);
	ASSERT_EQ(-ENOPROTOOPT, host_get(self->a, IPPROTO_TCP, 9999));
	ASSERT_EQ(-ENOPROTOOPT, host_set(self->a, IPPROTO_TCP, 9999, 1));
	ASSERT_EQ(-ENOPROTOOPT, host_get(self->a, SOL_SOCKET, 9999));
	ASSERT_EQ(-ENOPROTOOPT, host_set(self->a, SOL_SOCKET, 9999, 1));
	ASSERT_GT(0, host_get(self->a, IPPROTO_UDP, 1));
	ASSERT_GT(0, host_set(self->a, IPPROTO_UDP, 1, 1));
}

TEST_F(api, wrong_lengths)
{
	socklen_t len = sizeof(int);
	int value = 1;

	self->a = host_socket(&self->host, 0);
	ASSERT_LE(0, self->a);
	ASSERT_FAILS(EINVAL, setsockopt(self->a, IPPROTO_TCP, TCP_NODELAY, &value, 1));
	ASSERT_FAILS(EFAULT, setsockopt(self->a, IPPROTO_TCP, TCP_NODELAY, (void *)8, len));
	ASSERT_FAILS(EFAULT, getsockopt(self->a, IPPROTO_TCP, TCP_NODELAY, (void *)8, &len));
	ASSERT_FAILS(EFAULT, getsockopt(self->a, IPPROTO_TCP, TCP_NODELAY, &value, NULL));
	len = -1;
	ASSERT_FAILS(EINVAL, getsockopt(self->a, IPPROTO_TCP, TCP_NODELAY, &value, &len));
	len = 100;
	ASSERT_EQ(0, getsockopt(self->a, IPPROTO_TCP, TCP_NODELAY, &value, &len));
	ASSERT_EQ(sizeof(int), len);
}

/* tcp(7): least and most of each, and what is beyond them changes nothing. */
TEST_F(api, ranges)
{
	static const struct {
		int name, least, most, preset;
	} options[] = {
		{ TCP_KEEPIDLE, 1, 32767, 7200 }, { TCP_KEEPINTVL, 1, 32767, 75 },
		{ TCP_KEEPCNT, 1, 127, 9 }, { TCP_USER_TIMEOUT, 0, INT_MAX, 0 },
		{ TCP_SYNCNT, 1, 127, 6 },
	};
	unsigned int i;

	self->a = host_socket(&self->host, 0);
	ASSERT_LE(0, self->a);
	for (i = 0; i < ARRAY_SIZE(options); i++) {
		const int name = options[i].name;

		EXPECT_EQ(options[i].preset, host_get(self->a, IPPROTO_TCP, name)) {
			TH_LOG("option %d", name);
		}
		EXPECT_EQ(-EINVAL, host_set(self->a, IPPROTO_TCP, name, options[i].least - 1));
		EXPECT_EQ(-EINVAL, host_set(self->a, IPPROTO_TCP, name, -1));
		if (options[i].most < INT_MAX)
			EXPECT_EQ(-EINVAL, host_set(self->a, IPPROTO_TCP, name,
						    options[i].most + 1));
		EXPECT_EQ(options[i].preset, host_get(self->a, IPPROTO_TCP, name));
		EXPECT_EQ(0, host_set(self->a, IPPROTO_TCP, name, options[i].least));
		EXPECT_EQ(options[i].least, host_get(self->a, IPPROTO_TCP, name));
		EXPECT_EQ(0, host_set(self->a, IPPROTO_TCP, name, options[i].most));
		EXPECT_EQ(options[i].most, host_get(self->a, IPPROTO_TCP, name));
	}
	/* Seconds; cut down to the most, negative: none at all. */
	EXPECT_EQ(60, host_get(self->a, IPPROTO_TCP, TCP_LINGER2));
	EXPECT_EQ(0, host_set(self->a, IPPROTO_TCP, TCP_LINGER2, 7));
	EXPECT_EQ(7, host_get(self->a, IPPROTO_TCP, TCP_LINGER2));
	EXPECT_EQ(0, host_set(self->a, IPPROTO_TCP, TCP_LINGER2, 1000));
	EXPECT_EQ(120, host_get(self->a, IPPROTO_TCP, TCP_LINGER2));
	EXPECT_EQ(0, host_set(self->a, IPPROTO_TCP, TCP_LINGER2, -5));
	EXPECT_EQ(-1, host_get(self->a, IPPROTO_TCP, TCP_LINGER2));
	/* Whatever is not 0. */
	EXPECT_EQ(0, host_get(self->a, IPPROTO_TCP, TCP_CORK));
	EXPECT_EQ(0, host_set(self->a, IPPROTO_TCP, TCP_CORK, 77));
	EXPECT_EQ(1, host_get(self->a, IPPROTO_TCP, TCP_CORK));
	EXPECT_EQ(1, host_get(self->a, IPPROTO_TCP, TCP_QUICKACK));
	EXPECT_EQ(0, host_set(self->a, IPPROTO_TCP, TCP_QUICKACK, 0));
	EXPECT_EQ(0, host_get(self->a, IPPROTO_TCP, TCP_QUICKACK));
	EXPECT_EQ(0, host_set(self->a, IPPROTO_TCP, TCP_QUICKACK, -1));
	EXPECT_EQ(1, host_get(self->a, IPPROTO_TCP, TCP_QUICKACK));
}

TEST_F(api, no_delay)
{
	open_pair(_metadata, self);
	EXPECT_EQ(0, host_get(self->a, IPPROTO_TCP, TCP_NODELAY));
	ASSERT_EQ(0, host_set(self->a, IPPROTO_TCP, TCP_NODELAY, 1));
	EXPECT_EQ(1, host_get(self->a, IPPROTO_TCP, TCP_NODELAY));
	ASSERT_EQ(0, host_set(self->a, IPPROTO_TCP, TCP_NODELAY, 0));
	EXPECT_EQ(0, host_get(self->a, IPPROTO_TCP, TCP_NODELAY));
}

/* What was set on the listener its children have. */
TEST_F(api, inherited)
{
	static const int tcp[] = {
		TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT, TCP_USER_TIMEOUT, TCP_SYNCNT, TCP_LINGER2,
	};
	const struct linger linger = { .l_onoff = 1, .l_linger = 5 };
	struct linger got;
	unsigned int i;
	socklen_t len = sizeof(got);

	open_listener(_metadata, self);
	ASSERT_EQ(0, host_set(self->listener, IPPROTO_TCP, TCP_NODELAY, 1));
	ASSERT_EQ(0, host_set(self->listener, SOL_SOCKET, SO_KEEPALIVE, 1));
	ASSERT_EQ(0, host_set(self->listener, SOL_SOCKET, SO_RCVBUF, 20000));
	ASSERT_EQ(0, host_set(self->listener, SOL_SOCKET, SO_PRIORITY, 5));
	ASSERT_EQ(0, host_set(self->listener, SOL_SOCKET, SO_MARK, 77));
	for (i = 0; i < ARRAY_SIZE(tcp); i++)
		ASSERT_EQ(0, host_set(self->listener, IPPROTO_TCP, tcp[i], 11 + i));
	ASSERT_EQ(0, host_set(self->listener, IPPROTO_TCP, TCP_CORK, 1));
	ASSERT_EQ(0, setsockopt(self->listener, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)));
	open_pair(_metadata, self);
	EXPECT_EQ(1, host_get(self->b, IPPROTO_TCP, TCP_NODELAY));
	EXPECT_EQ(1, host_get(self->b, SOL_SOCKET, SO_KEEPALIVE));
	EXPECT_EQ(40000, host_get(self->b, SOL_SOCKET, SO_RCVBUF));
	/* But for this one, with the kernel's TCP as well. */
	EXPECT_EQ(0, host_get(self->b, SOL_SOCKET, SO_PRIORITY));
	EXPECT_EQ(77, host_get(self->b, SOL_SOCKET, SO_MARK));
	for (i = 0; i < ARRAY_SIZE(tcp); i++)
		EXPECT_EQ(11 + (int)i, host_get(self->b, IPPROTO_TCP, tcp[i]));
	EXPECT_EQ(1, host_get(self->b, IPPROTO_TCP, TCP_CORK));
	ASSERT_EQ(0, getsockopt(self->b, SOL_SOCKET, SO_LINGER, &got, &len));
	EXPECT_EQ(0, memcmp(&linger, &got, sizeof(linger)));
}

TEST_F(api, buffers)
{
	self->a = host_socket(&self->host, 0);
	ASSERT_LE(0, self->a);
	EXPECT_LT(4096, host_get(self->a, SOL_SOCKET, SO_RCVBUF));
	EXPECT_LT(4096, host_get(self->a, SOL_SOCKET, SO_SNDBUF));
	/* socket(7): twice what was asked for, and never less than the least. */
	ASSERT_EQ(0, host_set(self->a, SOL_SOCKET, SO_RCVBUF, 20000));
	ASSERT_EQ(0, host_set(self->a, SOL_SOCKET, SO_SNDBUF, 20000));
	EXPECT_EQ(40000, host_get(self->a, SOL_SOCKET, SO_RCVBUF));
	EXPECT_EQ(40000, host_get(self->a, SOL_SOCKET, SO_SNDBUF));
	ASSERT_EQ(0, host_set(self->a, SOL_SOCKET, SO_RCVBUF, 1));
	ASSERT_EQ(0, host_set(self->a, SOL_SOCKET, SO_SNDBUF, 1));
	EXPECT_LE(1024, host_get(self->a, SOL_SOCKET, SO_RCVBUF));
	EXPECT_LE(1024, host_get(self->a, SOL_SOCKET, SO_SNDBUF));
}

TEST_F(api, max_segment)
{
	char buf[4000] = "";
	struct tcp_info info;
	int fd;

	fd = host_socket(&self->host, 0);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, host_set(fd, IPPROTO_TCP, TCP_MAXSEG, 700));
	EXPECT_EQ(-EINVAL, host_set(fd, IPPROTO_TCP, TCP_MAXSEG, 7));
	EXPECT_EQ(-EINVAL, host_set(fd, IPPROTO_TCP, TCP_MAXSEG, 1000000));
	open_listener(_metadata, self);
	ASSERT_EQ(0, host_connect(&self->host, fd, "lo", PORT));
	self->a = fd;
	self->b = accept(self->listener, NULL, NULL);
	ASSERT_LE(0, self->b);
	/* Less the timestamp that every segment carries, or not less: never more. */
	EXPECT_GE(700, host_get(self->a, IPPROTO_TCP, TCP_MAXSEG));
	EXPECT_LE(700 - 12, host_get(self->a, IPPROTO_TCP, TCP_MAXSEG));
	/* The option also told the other side. */
	ASSERT_EQ(sizeof(buf), send(self->b, buf, sizeof(buf), 0));
	ASSERT_EQ(sizeof(buf), recv(self->a, buf, sizeof(buf), MSG_WAITALL));
	ASSERT_EQ(0, host_info(self->b, &info));
	EXPECT_GE(700, info.tcpi_snd_mss);
	ASSERT_EQ(0, host_info(self->a, &info));
	EXPECT_GE(700, info.tcpi_rcv_mss);
}

/* The clock that our segments' timestamps show; nobody sets it but who repairs a connection. */
TEST_F(api, timestamp_clock)
{
	uint32_t first, second;

	open_pair(_metadata, self);
	first = host_get(self->a, IPPROTO_TCP, TCP_TIMESTAMP);
	clock_sleep_ms(20);
	second = host_get(self->a, IPPROTO_TCP, TCP_TIMESTAMP);
	EXPECT_LE(20, second - first);
	EXPECT_GT(clock_patience_ms(), second - first);
	EXPECT_EQ(-EPERM, host_set(self->a, IPPROTO_TCP, TCP_TIMESTAMP, 1));
}

/* As net.core.txrehash has it. */
TEST_F(api, rehash)
{
	self->a = host_socket(&self->host, 0);
	ASSERT_LE(0, self->a);
	EXPECT_EQ(1, host_get(self->a, SOL_SOCKET, SO_TXREHASH));
	ASSERT_EQ(0, host_set(self->a, SOL_SOCKET, SO_TXREHASH, 0));
	EXPECT_EQ(0, host_get(self->a, SOL_SOCKET, SO_TXREHASH));
	ASSERT_EQ(0, net_sysctl_write("net/core/txrehash", "0"));
	self->b = host_socket(&self->host, 0);
	ASSERT_LE(0, self->b);
	EXPECT_EQ(0, host_get(self->b, SOL_SOCKET, SO_TXREHASH));
}

TEST_F(api, flow_label)
{
	if (self->host.version == 4)
		SKIP(return, "of IPv6");
	open_pair(_metadata, self);
	EXPECT_EQ(1, host_get(self->a, IPPROTO_IPV6, IPV6_AUTOFLOWLABEL));
	ASSERT_EQ(0, host_set(self->a, IPPROTO_IPV6, IPV6_AUTOFLOWLABEL, 0));
	EXPECT_EQ(0, host_get(self->a, IPPROTO_IPV6, IPV6_AUTOFLOWLABEL));
	ASSERT_EQ(0, host_set(self->a, IPPROTO_IPV6, IPV6_AUTOFLOWLABEL, 7));
	EXPECT_EQ(1, host_get(self->a, IPPROTO_IPV6, IPV6_AUTOFLOWLABEL));
}

TEST_F(api, info)
{
	const uint64_t end = clock_ms() + clock_patience_ms();
	char buf[5000] = "";
	struct tcp_info info;

	open_pair(_metadata, self);
	ASSERT_EQ(sizeof(buf), send(self->a, buf, sizeof(buf), 0));
	ASSERT_EQ(sizeof(buf), recv(self->b, buf, sizeof(buf), MSG_WAITALL));
	do {
		ASSERT_EQ(0, host_info(self->a, &info));
	} while (info.tcpi_unacked && clock_ms() < end);
	EXPECT_EQ(STATE_ESTABLISHED, info.tcpi_state);
	EXPECT_EQ(TCPI_OPT_TIMESTAMPS | TCPI_OPT_WSCALE | TCPI_OPT_SACK,
		  info.tcpi_options & (TCPI_OPT_TIMESTAMPS | TCPI_OPT_WSCALE | TCPI_OPT_SACK));
	EXPECT_EQ(0, info.tcpi_unacked);
	EXPECT_EQ(0, info.tcpi_retransmits);
	EXPECT_LT(500, info.tcpi_snd_mss);
	EXPECT_LT(0, info.tcpi_rtt);
	EXPECT_LE(200000, info.tcpi_rto);
	EXPECT_LT(0, info.tcpi_snd_cwnd);
	EXPECT_LE(1280, info.tcpi_pmtu);
	EXPECT_LE(sizeof(buf), info.tcpi_bytes_acked);
	EXPECT_GE(sizeof(buf) + 1, info.tcpi_bytes_acked);
	EXPECT_LE(1, info.tcpi_data_segs_out);
	EXPECT_LE(info.tcpi_data_segs_out, info.tcpi_segs_out);
	EXPECT_LE(1, info.tcpi_segs_in);
	ASSERT_EQ(0, host_info(self->b, &info));
	EXPECT_EQ(sizeof(buf), info.tcpi_bytes_received);
	EXPECT_LE(1, info.tcpi_data_segs_in);
	EXPECT_EQ(0, info.tcpi_data_segs_out);
	ASSERT_EQ(0, host_info(self->listener, &info));
	EXPECT_EQ(STATE_LISTEN, info.tcpi_state);
}

TEST_F(api, info_cut_short)
{
	struct tcp_info info;
	socklen_t len = 8;

	open_pair(_metadata, self);
	memset(&info, 0xee, sizeof(info));
	ASSERT_EQ(0, getsockopt(self->a, IPPROTO_TCP, TCP_INFO, &info, &len));
	EXPECT_EQ(8, len);
	EXPECT_EQ(STATE_ESTABLISHED, info.tcpi_state);
	EXPECT_EQ(0xeeeeeeee, info.tcpi_rto);
}

TEST_F(api, of_the_ip_level)
{
	const bool v4 = self->host.version == 4;

	/* After the first address it is known which of the two levels is meant. */
	open_pair(_metadata, self);
	if (v4) {
		ASSERT_EQ(0, host_set(self->a, IPPROTO_IP, IP_TOS, 0x10));
		EXPECT_EQ(0x10, host_get(self->a, IPPROTO_IP, IP_TOS));
		ASSERT_EQ(0, host_set(self->a, IPPROTO_IP, IP_TTL, 33));
		EXPECT_EQ(33, host_get(self->a, IPPROTO_IP, IP_TTL));
	} else {
		ASSERT_EQ(0, host_set(self->a, IPPROTO_IPV6, IPV6_TCLASS, 0x10));
		EXPECT_EQ(0x10, host_get(self->a, IPPROTO_IPV6, IPV6_TCLASS));
		ASSERT_EQ(0, host_set(self->a, IPPROTO_IPV6, IPV6_UNICAST_HOPS, 33));
		EXPECT_EQ(33, host_get(self->a, IPPROTO_IPV6, IPV6_UNICAST_HOPS));
	}
}

TEST_F(api, of_the_socket_level)
{
	struct timeval timeout = { .tv_sec = 3 };
	socklen_t len = sizeof(timeout);

	self->a = host_socket(&self->host, 0);
	ASSERT_LE(0, self->a);
	ASSERT_EQ(0, host_set(self->a, SOL_SOCKET, SO_REUSEADDR, 1));
	EXPECT_EQ(1, host_get(self->a, SOL_SOCKET, SO_REUSEADDR));
	ASSERT_EQ(0, host_set(self->a, SOL_SOCKET, SO_KEEPALIVE, 1));
	EXPECT_EQ(1, host_get(self->a, SOL_SOCKET, SO_KEEPALIVE));
	ASSERT_EQ(0, setsockopt(self->a, SOL_SOCKET, SO_RCVTIMEO, &timeout, len));
	timeout.tv_sec = 0;
	ASSERT_EQ(0, getsockopt(self->a, SOL_SOCKET, SO_RCVTIMEO, &timeout, &len));
	EXPECT_EQ(3, timeout.tv_sec);
}

/* Bound to a device, a socket meets only those that come by it. */
TEST_F(api, bound_to_device)
{
	self->listener = host_socket(&self->host, 0);
	ASSERT_LE(0, self->listener);
	ASSERT_EQ(0, setsockopt(self->listener, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3));
	ASSERT_EQ(0, host_bind(&self->host, self->listener, NULL, PORT));
	ASSERT_EQ(0, listen(self->listener, 1));
	open_pair(_metadata, self);
}

TEST_F(api, v6_only)
{
	int fd;

	if (self->host.version == 4)
		SKIP(return, "of IPv6");
	self->listener = host_socket(&self->host, 0);
	ASSERT_LE(0, self->listener);
	EXPECT_EQ(0, host_get(self->listener, IPPROTO_IPV6, IPV6_V6ONLY));
	ASSERT_EQ(0, host_set(self->listener, IPPROTO_IPV6, IPV6_V6ONLY, 1));
	EXPECT_EQ(1, host_get(self->listener, IPPROTO_IPV6, IPV6_V6ONLY));
	ASSERT_EQ(0, host_bind(&self->host, self->listener, NULL, PORT));
	EXPECT_EQ(-EINVAL, host_set(self->listener, IPPROTO_IPV6, IPV6_V6ONLY, 0));
	ASSERT_EQ(0, listen(self->listener, 4));
	fd = host_socket(&self->host, 0);
	EXPECT_EQ(-ECONNREFUSED, host_connect(&self->host, fd, "::ffff:127.0.0.1", PORT));
	close(fd);
	open_pair(_metadata, self);
}

static int name_family(int fd)
{
	struct sockaddr_storage name;
	socklen_t len = sizeof(name);

	return getsockname(fd, (struct sockaddr *)&name, &len) ? -errno : name.ss_family;
}

/* ipv6(7): an IPv6 socket of an IPv4 connection becomes one of IPv4. */
TEST_F(api, address_form)
{
	if (self->host.version == 4)
		SKIP(return, "of IPv6");
	open_listener(_metadata, self);
	self->a = host_socket(&self->host, 0);
	ASSERT_LE(0, self->a);
	ASSERT_EQ(0, host_connect(&self->host, self->a, "::ffff:127.0.0.1", PORT));
	self->b = accept(self->listener, NULL, NULL);
	ASSERT_LE(0, self->b);
	EXPECT_EQ(-ENOTCONN, host_set(self->listener, IPPROTO_IPV6, IPV6_ADDRFORM, AF_INET));
	EXPECT_EQ(-EINVAL, host_set(self->a, IPPROTO_IPV6, IPV6_ADDRFORM, AF_INET6));
	EXPECT_EQ(AF_INET6, host_get(self->a, IPPROTO_IPV6, IPV6_ADDRFORM));
	EXPECT_EQ(0, host_set(self->a, IPPROTO_IPV6, IPV6_ADDRFORM, AF_INET));
	EXPECT_EQ(AF_INET, name_family(self->a));
	EXPECT_EQ(AF_INET6, name_family(self->b));
	EXPECT_EQ(-ENOPROTOOPT, host_set(self->a, IPPROTO_IPV6, IPV6_ADDRFORM, AF_INET));
	ASSERT_EQ(1, write(self->a, "x", 1));
}

TEST_F(api, address_form_of_ipv6)
{
	if (self->host.version == 4)
		SKIP(return, "of IPv6");
	open_listener(_metadata, self);
	open_pair(_metadata, self);
	EXPECT_EQ(-EADDRNOTAVAIL, host_set(self->a, IPPROTO_IPV6, IPV6_ADDRFORM, AF_INET));
}

/* XTCP's sockets are of neither version before their first address, unless this says so. */
TEST_F(api, address_form_to_be)
{
	const int mine = self->host.version == 4 ? AF_INET : AF_INET6;
	const int version = 10 - self->host.version;
	const struct host other = { self->host.family, self->host.protocol, version };

	if (host_is_reference(&self->host))
		SKIP(return, "its sockets are born with a version");
	self->a = host_socket(&self->host, 0);
	ASSERT_LE(0, self->a);
	EXPECT_EQ(-EINVAL, host_set(self->a, IPPROTO_IPV6, IPV6_ADDRFORM, AF_UNIX));
	EXPECT_EQ(-ENOTCONN, host_get(self->a, IPPROTO_IPV6, IPV6_ADDRFORM));
	ASSERT_EQ(0, host_set(self->a, IPPROTO_IPV6, IPV6_ADDRFORM, mine));
	EXPECT_EQ(mine, name_family(self->a));
	EXPECT_EQ(-EAFNOSUPPORT, host_bind(&other, self->a, NULL, PORT));
	EXPECT_EQ(0, listen(self->a, 1));
	EXPECT_EQ(mine, name_family(self->a));
}

TEST_F(api, v4_mapped)
{
	const struct host v4 = { self->host.family, self->host.protocol, 4 };
	struct sockaddr_storage want, got;
	socklen_t len = sizeof(got);

	if (self->host.version == 4)
		SKIP(return, "of IPv6");
	open_listener(_metadata, self);
	self->a = host_socket(&v4, 0);
	ASSERT_LE(0, self->a);
	ASSERT_EQ(0, host_connect(&v4, self->a, "lo", PORT));
	memset(&got, 0, sizeof(got));
	self->b = accept(self->listener, (struct sockaddr *)&got, &len);
	ASSERT_LE(0, self->b);
	ASSERT_EQ(sizeof(struct sockaddr_in6), len);
	host_address(&self->host, &want, "::ffff:127.0.0.1", host_local_port(self->a));
	EXPECT_EQ(0, memcmp(&want, &got, len));
	ASSERT_EQ(0, getsockname(self->b, (struct sockaddr *)&got, &len));
	host_address(&self->host, &want, "::ffff:127.0.0.1", PORT);
	EXPECT_EQ(0, memcmp(&want, &got, len));
	ASSERT_EQ(1, send(self->b, "x", 1, 0));
	ASSERT_EQ(1, recv(self->a, &got, 1, 0));

	/* And an IPv6 socket that connects so. */
	close_fd(&self->a);
	close_fd(&self->b);
	self->a = host_socket(&self->host, 0);
	ASSERT_EQ(0, host_connect(&self->host, self->a, "::ffff:127.0.0.1", PORT));
}

TEST_HARNESS_MAIN

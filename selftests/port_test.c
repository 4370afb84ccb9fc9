// SPDX-License-Identifier: GPL-2.0
/*
 * Ephemeral ports: how many there are, how they are picked, what a pick costs, and that XTCP and
 * the kernel's TCP never have the same one.
 */
#include "kselftest_harness.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/host.h"
#include "lib/net.h"
#include "lib/pattern.h"

/* Seconds: an emulated debug kernel takes its time. */
#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT 280

#define REMOTE_PORT	7000
#define LOW		20000
#define PORTS		65536

static const struct host carriers[] = {
	{ AF_XTCP, IPPROTO_TCP, 4 },
	{ AF_XTCP, IPPROTO_XTCP, 4 },
};

static const struct host kernel_v4 = { 0, IPPROTO_TCP, 4 };
static const struct host kernel_v6 = { 0, IPPROTO_TCP, 6 };

/**
 * holding - sockets, and the ports that they have
 * @fds: descriptors
 * @ports: of each
 * @count: how many
 * @by_port: how often each port is among them
 */
struct holding {
	int		*fds;
	uint16_t	*ports;
	unsigned int	count;
	uint8_t		by_port[PORTS];
};

FIXTURE(port) {
	struct host	host;
	struct holding	*held;
	struct holding	*other;
	int		low;
	int		high;
};

FIXTURE_VARIANT(port) {
	struct host	host;
};

FIXTURE_VARIANT_ADD(port, ordinary_v4) { .host = { AF_XTCP, IPPROTO_TCP, 4 } };
FIXTURE_VARIANT_ADD(port, ordinary_v6) { .host = { AF_XTCP, IPPROTO_TCP, 6 } };
FIXTURE_VARIANT_ADD(port, native_v4) { .host = { AF_XTCP, IPPROTO_XTCP, 4 } };
FIXTURE_VARIANT_ADD(port, native_v6) { .host = { AF_XTCP, IPPROTO_XTCP, 6 } };

static struct holding *holding_new(void)
{
	struct holding *h = calloc(1, sizeof(*h));

	h->fds = calloc(PORTS, sizeof(*h->fds));
	h->ports = calloc(PORTS, sizeof(*h->ports));
	return h;
}

static void holding_add(struct holding *h, int fd)
{
	const uint16_t port = host_local_port(fd);

	h->fds[h->count] = fd;
	h->ports[h->count++] = port;
	h->by_port[port]++;
}

/* The last one goes; its port. */
static uint16_t holding_drop(struct holding *h)
{
	const uint16_t port = h->ports[--h->count];

	close(h->fds[h->count]);
	h->by_port[port]--;
	return port;
}

static void holding_free(struct holding *h)
{
	while (h->count)
		holding_drop(h);
	free(h->fds);
	free(h->ports);
	free(h);
}

/* A path on which nobody answers, so that connections take their port and stay as they are. */
static int silent_path(void)
{
	int tun = net_tun_open("silent0");

	if (tun < 0)
		return tun;
	net_address_add("silent0", HOST_V4, 24);
	net_address_add("silent0", HOST_V6, 64);
	net_sysctl_write("net/xtcp/rto_initial_ms", "120000");
	return 0;
}

static void set_range(int low, int high)
{
	char text[32];

	snprintf(text, sizeof(text), "%d %d", low, high);
	net_sysctl_write("net/xtcp/port_range", text);
	net_sysctl_write("net/ipv4/ip_local_port_range", text);
}

FIXTURE_SETUP(port)
{
	struct rlimit files = { 262144, 262144 };

	self->host = variant->host;
	self->held = holding_new();
	self->other = holding_new();
	setrlimit(RLIMIT_NOFILE, &files);
	ASSERT_EQ(0, net_enter_new());
	ASSERT_EQ(0, silent_path());
	self->low = LOW;
	self->high = LOW + clock_scaled(999, 399);
}

FIXTURE_TEARDOWN(port)
{
	holding_free(self->held);
	holding_free(self->other);
}

/* Each returns a descriptor with a port, or a negative errno. */
static int bind_at(const struct host *host, const char *address, uint16_t port)
{
	int fd = host_socket(host, SOCK_CLOEXEC);
	int ret;

	if (fd < 0)
		return fd;
	ret = host_bind(host, fd, address, port);
	if (!ret)
		return fd;
	close(fd);
	return ret;
}

static int bind_any(const struct host *host)
{
	return bind_at(host, NULL, 0);
}

static int connect_to(const struct host *host, uint16_t port)
{
	int fd = host_socket(host, SOCK_NONBLOCK | SOCK_CLOEXEC);
	int ret;

	if (fd < 0)
		return fd;
	ret = host_connect(host, fd, "peer", port);
	if (ret == -EINPROGRESS)
		return fd;
	close(fd);
	return ret;
}

static int connect_any(const struct host *host)
{
	return connect_to(host, REMOTE_PORT);
}

typedef int (*take_t)(const struct host *host);

/* Takes up to @most ports; 0, or the error that ended it. */
static int take(struct holding *h, const struct host *host, take_t how, unsigned int most)
{
	int fd;

	while (most--) {
		fd = how(host);
		if (fd < 0)
			return fd;
		holding_add(h, fd);
	}
	return 0;
}

/* Bound and connected ones in turns. */
static int take_mixed(struct holding *h, const struct host *host, unsigned int most)
{
	int ret = 0;

	while (most-- && !ret)
		ret = take(h, host, most & 1 ? bind_any : connect_any, 1);
	return ret;
}

/* Ports that more than one has, or that are outside the range. */
static unsigned int count_wrong(const struct holding *h, int low, int high)
{
	unsigned int wrong = 0;
	int port;

	for (port = 0; port < PORTS; port++)
		if (h->by_port[port] > (port >= low && port <= high))
			wrong++;
	return wrong;
}

static unsigned int count_common(const struct holding *a, const struct holding *b)
{
	unsigned int common = 0;
	int port;

	for (port = 0; port < PORTS; port++)
		if (a->by_port[port] && b->by_port[port])
			common++;
	return common;
}

/*
 * How many, and what happens when they are used up.
 */

TEST(each_carrier_has_its_own)
{
	const unsigned int want = clock_scaled(28000, 1000);
	struct rlimit files = { 262144, 262144 };
	struct holding *h[2];
	int i;

	setrlimit(RLIMIT_NOFILE, &files);
	ASSERT_EQ(0, net_enter_new());
	ASSERT_EQ(0, silent_path());
	if (clock_is_debug())
		set_range(LOW, LOW + want + 7);
	for (i = 0; i < 2; i++) {
		h[i] = holding_new();
		EXPECT_EQ(0, take_mixed(h[i], &carriers[i], want));
		EXPECT_EQ(want, h[i]->count);
	}
	for (i = 0; i < 2; i++)
		EXPECT_EQ(0, count_wrong(h[i], 1024, PORTS - 1));
	for (i = 0; i < 2; i++)
		holding_free(h[i]);
}

TEST_F(port, used_up)
{
	const unsigned int all = self->high - self->low + 1;
	unsigned int i;
	uint16_t port;

	set_range(self->low, self->high);
	ASSERT_EQ(0, take_mixed(self->held, &self->host, all));
	EXPECT_EQ(0, count_wrong(self->held, self->low, self->high));
	EXPECT_EQ(-EADDRINUSE, bind_any(&self->host));
	EXPECT_EQ(-EADDRNOTAVAIL, connect_any(&self->host));

	/* What is closed is free at once, whoever had it and whoever wants it. */
	for (i = 0; i < 20; i++) {
		port = holding_drop(self->held);
		ASSERT_EQ(0, take(self->held, &self->host, i & 2 ? bind_any : connect_any, 1));
		ASSERT_EQ(port, self->held->ports[self->held->count - 1]);
		ASSERT_EQ(-EADDRINUSE, bind_any(&self->host));
		ASSERT_EQ(-EADDRNOTAVAIL, connect_any(&self->host));
	}
	port = holding_drop(self->held);
	EXPECT_LE(0, bind_at(&self->host, NULL, port));
}

/* connect() shares what connect() took, as long as the other ends differ. */
TEST_F(port, shared_by_connections)
{
	unsigned int i;
	int fd;

	set_range(self->low, self->low + 99);
	ASSERT_EQ(0, take(self->held, &self->host, connect_any, 100));
	for (i = 0; i < 100; i++) {
		fd = connect_to(&self->host, REMOTE_PORT + 1);
		ASSERT_LE(0, fd);
		holding_add(self->other, fd);
	}
	EXPECT_EQ(0, count_wrong(self->other, self->low, self->low + 99));
	EXPECT_EQ(-EADDRNOTAVAIL, connect_to(&self->host, REMOTE_PORT + 1));
	/* A port is free when all that share it are gone. */
	holding_drop(self->held);
	EXPECT_EQ(-EADDRINUSE, bind_any(&self->host));
	while (self->other->count)
		holding_drop(self->other);
	EXPECT_EQ(0, take(self->held, &self->host, bind_any, 1));
	EXPECT_EQ(-EADDRINUSE, bind_any(&self->host));
}

TEST_F(port, range_changes)
{
	set_range(self->low, self->low + 99);
	ASSERT_EQ(0, take_mixed(self->held, &self->host, 100));
	/* Half of the new range is taken already. */
	set_range(self->low + 50, self->low + 149);
	ASSERT_EQ(0, take_mixed(self->other, &self->host, 50));
	EXPECT_EQ(0, count_wrong(self->other, self->low + 100, self->low + 149));
	EXPECT_EQ(-EADDRNOTAVAIL, connect_any(&self->host));
	EXPECT_EQ(-EADDRINUSE, bind_any(&self->host));
}

TEST_F(port, reserved_ones_are_left_alone)
{
	char text[32];

	set_range(self->low, self->low + 99);
	snprintf(text, sizeof(text), "%d-%d", self->low + 20, self->low + 79);
	ASSERT_EQ(0, net_sysctl_write("net/ipv4/ip_local_reserved_ports", text));
	EXPECT_EQ(0, take_mixed(self->held, &self->host, 40));
	EXPECT_EQ(0, count_wrong(self->held, self->low, self->low + 99));
	EXPECT_EQ(-EADDRNOTAVAIL, connect_any(&self->host));
	EXPECT_EQ(-EADDRINUSE, bind_any(&self->host));
	/* Who asks for one by its number gets it. */
	EXPECT_LE(0, bind_at(&self->host, NULL, self->low + 20));
}

/*
 * How they are picked (RFC 6056). All bounds are such that honest chance exceeds them less than
 * once in ten million runs.
 */

#define PICKS 512

struct picks {
	uint16_t	ports[PICKS];
	int		range;
};

static int by_value(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

/* How often the most frequent of some numbers is there. */
static unsigned int top_count(int *values, unsigned int count)
{
	unsigned int top = 0, run = 0, i;

	qsort(values, count, sizeof(*values), by_value);
	for (i = 0; i < count; i++) {
		run = i && values[i] == values[i - 1] ? run + 1 : 1;
		if (run > top)
			top = run;
	}
	return top;
}

/* The most frequent stride: 6 of 511 being equal by chance: 511^6 / 6! / 28232^5 = 1.4e-9. */
static unsigned int top_stride(const struct picks *p)
{
	int strides[PICKS - 1];
	int i;

	for (i = 0; i < PICKS - 1; i++)
		strides[i] = (p->ports[i + 1] - p->ports[i] + p->range) % p->range;
	return top_count(strides, PICKS - 1);
}

static unsigned int top_difference(const struct picks *a, const struct picks *b)
{
	int differences[PICKS];
	int i;

	for (i = 0; i < PICKS; i++)
		differences[i] = (b->ports[i] - a->ports[i] + a->range) % a->range;
	return top_count(differences, PICKS);
}

/* Of length 14 by chance: 2 * 512 / 14! = 1.2e-8. */
static unsigned int longest_monotone_run(const struct picks *p)
{
	unsigned int up = 1, down = 1, longest = 1;
	int i;

	for (i = 1; i < PICKS; i++) {
		up = p->ports[i] > p->ports[i - 1] ? up + 1 : 1;
		down = p->ports[i] < p->ports[i - 1] ? down + 1 : 1;
		if (up > longest)
			longest = up;
		if (down > longest)
			longest = down;
	}
	return longest;
}

/* Next to the last one: 0.58 are to be expected, 10 by chance: 0.58^10 / 10! = 1.2e-9. */
static unsigned int count_neighbours(const struct picks *p)
{
	unsigned int near = 0;
	int i;

	for (i = 1; i < PICKS; i++)
		if (abs(p->ports[i] - p->ports[i - 1]) <= 16)
			near++;
	return near;
}

/* Chi-square over 16 equal parts of the range: 15 is to be expected, 80 by chance: 1e-10. */
static double unevenness(const struct picks *p, int low)
{
	const double expected = PICKS / 16.0;
	unsigned int parts[16] = {};
	double sum = 0;
	int i;

	for (i = 0; i < PICKS; i++)
		parts[(p->ports[i] - low) * 16 / p->range]++;
	for (i = 0; i < 16; i++)
		sum += (parts[i] - expected) * (parts[i] - expected) / expected;
	return sum;
}

/* @keep: each is kept, or closed before the next is taken. */
static int pick(struct picks *p, const struct host *host, take_t how, bool keep)
{
	struct holding *h = holding_new();
	int ret = 0;
	int i;

	for (i = 0; i < PICKS && !ret; i++) {
		ret = take(h, host, how, 1);
		if (ret)
			break;
		p->ports[i] = h->ports[h->count - 1];
		if (!keep)
			holding_drop(h);
	}
	p->range = 60999 - 32768 + 1;
	holding_free(h);
	return ret;
}

static int new_namespace(void)
{
	return net_enter_new() ?: silent_path();
}

static void expect_unpredictable(struct __test_metadata *_metadata, const struct picks *p)
{
	EXPECT_GT(6, top_stride(p));
	EXPECT_GT(14, longest_monotone_run(p));
	EXPECT_GT(10, count_neighbours(p));
	EXPECT_GT(80.0, unevenness(p, 32768));
}

TEST_F(port, unpredictable)
{
	const take_t how[] = { bind_any, connect_any };
	struct picks first, second;
	int keep, i;

	for (i = 0; i < 2; i++) {
		for (keep = 0; keep < 2; keep++) {
			ASSERT_EQ(0, new_namespace());
			ASSERT_EQ(0, pick(&first, &self->host, how[i], keep));
			expect_unpredictable(_metadata, &first);
			/* Another namespace, or later in the same: another sequence. */
			if (keep)
				ASSERT_EQ(0, new_namespace());
			ASSERT_EQ(0, pick(&second, &self->host, how[i], keep));
			expect_unpredictable(_metadata, &second);
			EXPECT_GT(6, top_difference(&first, &second));
		}
	}
}

/*
 * What a pick costs.
 */

static int by_time(const void *a, const void *b)
{
	const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* Median over the next @count picks, in ticks; 0 if one failed. */
static uint64_t pick_cost(struct holding *h, const struct host *host, bool connects,
			  unsigned int count)
{
	uint64_t *times = calloc(count, sizeof(*times));
	uint64_t began, median;
	unsigned int i;
	int ret, fd;

	for (i = 0; i < count; i++) {
		fd = host_socket(host, SOCK_NONBLOCK | SOCK_CLOEXEC);
		began = clock_ticks();
		if (connects)
			ret = host_connect(host, fd, "peer", REMOTE_PORT);
		else
			ret = host_bind(host, fd, NULL, 0);
		times[i] = clock_ticks() - began;
		if (ret && ret != -EINPROGRESS) {
			close(fd);
			break;
		}
		holding_add(h, fd);
	}
	qsort(times, count, sizeof(*times), by_time);
	median = i == count ? times[count / 2] : 0;
	free(times);
	return median;
}

/* With the range nearly full, random tries or a walk would take dozens of steps. */
static void compare_cost(struct __test_metadata *_metadata, FIXTURE_DATA(port) *self,
			 bool connects)
{
	const unsigned int all = clock_scaled(4000, 1000);
	const unsigned int sample = all / 25;
	uint64_t empty, full;

	set_range(self->low, self->low + all - 1);
	empty = pick_cost(self->held, &self->host, connects, sample);
	ASSERT_EQ(0, take(self->held, &self->host, bind_any, all * 95 / 100 - sample));
	full = pick_cost(self->held, &self->host, connects, sample);
	ASSERT_NE(0, empty);
	ASSERT_NE(0, full);
	TH_LOG("median of a pick: %llu ticks when empty, %llu when full",
	       (unsigned long long)empty, (unsigned long long)full);
	EXPECT_GT(5 * empty, full);
}

TEST_F(port, cost_of_bind)
{
	compare_cost(_metadata, self, false);
}

TEST_F(port, cost_of_connect)
{
	compare_cost(_metadata, self, true);
}

/*
 * The kernel's TCP and XTCP in one range.
 */

/* Of every kind that a program may have: any address or one, listening or not, shared or not. */
static int kernel_takes(struct holding *h, uint16_t port, unsigned int kind)
{
	const struct host *host = kind & 1 ? &kernel_v6 : &kernel_v4;
	int fd = host_socket(host, SOCK_CLOEXEC);
	const int on = 1;
	int ret;

	if (kind & 2)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (kind & 4)
		setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
	ret = host_bind(host, fd, kind & 8 ? "host" : NULL, port);
	if (!ret && kind & 16)
		ret = listen(fd, 1) ? -errno : 0;
	if (ret) {
		close(fd);
		return ret;
	}
	holding_add(h, fd);
	return 0;
}

TEST_F(port, what_the_kernel_has_is_not_taken)
{
	const bool native = self->host.protocol == IPPROTO_XTCP;
	const int all = self->high - self->low + 1;
	const int foreign = all * 3 / 10;
	uint64_t random = 1;
	uint16_t port;
	int i;

	set_range(self->low, self->high);
	for (i = 0; i < foreign; i++) {
		do
			port = self->low + pattern_random(&random) % all;
		while (self->other->by_port[port]);
		ASSERT_EQ(0, kernel_takes(self->other, port, i));
	}

	/* What connect() takes is taken for all addresses of either IP. */
	ASSERT_EQ(0, take(self->held, &self->host, connect_any, native ? all : all - foreign));
	EXPECT_EQ(0, count_wrong(self->held, self->low, self->high));
	EXPECT_EQ(native ? foreign : 0, count_common(self->held, self->other));
	EXPECT_EQ(-EADDRNOTAVAIL, connect_any(&self->host));

	/* Once the kernel lets go of one, it is there to be had. */
	for (i = 0; i < 10 && !native; i++) {
		port = holding_drop(self->other);
		ASSERT_EQ(0, take(self->held, &self->host, connect_any, 1));
		ASSERT_EQ(port, self->held->ports[self->held->count - 1]);
	}
	EXPECT_EQ(native ? foreign : 0, count_common(self->held, self->other));
}

/* By bind() too, which asks for one address alone. */
TEST_F(port, what_the_kernel_bound_is_not_bound)
{
	const bool native = self->host.protocol == IPPROTO_XTCP;
	const struct host kernel = { 0, IPPROTO_TCP, self->host.version };
	int i;

	set_range(self->low, self->low + 199);
	for (i = 0; i < 100; i++) {
		int fd = bind_at(&kernel, i & 1 ? NULL : "host", self->low + 2 * i);

		ASSERT_LE(0, fd);
		holding_add(self->other, fd);
	}
	ASSERT_EQ(0, take(self->held, &self->host, bind_any, native ? 200 : 100));
	EXPECT_EQ(native ? 100 : 0, count_common(self->held, self->other));
	EXPECT_EQ(-EADDRINUSE, bind_any(&self->host));
	for (i = 0; i < 100; i++)
		ASSERT_EQ(-EADDRINUSE, bind_at(&self->host, NULL, self->low + 2 * i));
}

/* The kernel's connection has its port, whatever it is connected to. */
TEST_F(port, what_the_kernel_connected_is_not_taken)
{
	const bool native = self->host.protocol == IPPROTO_XTCP;
	const struct host kernel = { 0, IPPROTO_TCP, self->host.version };

	set_range(self->low, self->low + 199);
	ASSERT_EQ(0, take(self->other, &kernel, connect_any, 50));
	ASSERT_EQ(0, take(self->held, &self->host, connect_any, native ? 200 : 150));
	EXPECT_EQ(native ? 50 : 0, count_common(self->held, self->other));
	EXPECT_EQ(-EADDRNOTAVAIL, connect_any(&self->host));
	EXPECT_EQ(-EADDRINUSE, bind_any(&self->host));
}

/* The kernel's bind() to a port by number, with all that might talk it into sharing. */
static int kernel_insists(const struct host *host, const char *address, uint16_t port)
{
	int fd = host_socket(host, SOCK_CLOEXEC);
	const int on = 1;
	int ret;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
	ret = host_bind(host, fd, address, port);
	close(fd);
	return ret;
}

TEST_F(port, what_we_have_the_kernel_does_not_get)
{
	const struct host kernel = { 0, IPPROTO_TCP, self->host.version };
	const int all = clock_scaled(300, 100);
	unsigned int i;
	uint16_t port;

	set_range(self->low, self->low + all - 1);
	ASSERT_EQ(0, take_mixed(self->held, &self->host, all));
	if (self->host.protocol == IPPROTO_XTCP) {
		/* The native carrier's ports are none of the kernel's. */
		EXPECT_EQ(0, take(self->other, &kernel, bind_any, all));
		EXPECT_EQ(all, count_common(self->held, self->other));
		return;
	}
	EXPECT_EQ(-EADDRINUSE, bind_any(&kernel));
	EXPECT_EQ(-EADDRNOTAVAIL, connect_any(&kernel));
	for (i = 0; i < self->held->count; i++) {
		port = self->held->ports[i];
		ASSERT_EQ(-EADDRINUSE, bind_at(&kernel, NULL, port));
		ASSERT_EQ(-EADDRINUSE, kernel_insists(&kernel, NULL, port));
		ASSERT_EQ(-EADDRINUSE, kernel_insists(&kernel, "host", port));
	}

	/* What we close, and nothing else, is the kernel's to have: at once. */
	for (i = 0; i < 20; i++) {
		port = holding_drop(self->held);
		ASSERT_EQ(0, take(self->other, &kernel, i & 2 ? bind_any : connect_any, 1));
		ASSERT_EQ(port, self->other->ports[self->other->count - 1]);
	}
	EXPECT_EQ(0, count_common(self->held, self->other));
	EXPECT_EQ(-EADDRINUSE, bind_any(&kernel));
	port = holding_drop(self->held);
	EXPECT_LE(0, bind_at(&kernel, NULL, port));
}

/* Both pick from one range at the same time, and between them they get every port once. */
TEST_F(port, both_pick)
{
	const struct host kernel = { 0, IPPROTO_TCP, self->host.version };
	const bool native = self->host.protocol == IPPROTO_XTCP;
	const unsigned int all = clock_scaled(400, 200);
	int ours = 0, theirs = 0;

	set_range(self->low, self->low + all - 1);
	while (!ours || !theirs) {
		if (!ours)
			ours = take(self->held, &self->host, bind_any, 1);
		if (!theirs)
			theirs = take(self->other, &kernel, bind_any, 1);
	}
	EXPECT_EQ(-EADDRINUSE, ours);
	EXPECT_EQ(-EADDRINUSE, theirs);
	EXPECT_EQ(native ? all : 0, count_common(self->held, self->other));
	EXPECT_EQ(native ? 2 * all : all, self->held->count + self->other->count);
}

/* TIME-WAIT has no socket, but the port still. */
TEST_F(port, time_wait_keeps_its_port)
{
	const struct host kernel = { 0, IPPROTO_TCP, self->host.version };
	const bool native = self->host.protocol == IPPROTO_XTCP;
	uint16_t port;
	int l, a, b;

	set_range(self->low, self->low + 1);
	l = host_listen(&self->host, NULL, REMOTE_PORT, 1);
	ASSERT_LE(0, l);
	a = host_socket(&self->host, SOCK_CLOEXEC);
	ASSERT_EQ(0, host_connect(&self->host, a, "lo", REMOTE_PORT));
	b = accept(l, NULL, NULL);
	ASSERT_LE(0, b);
	port = host_local_port(a);
	close(a);
	close(b);
	ASSERT_EQ(STATE_TIME_WAIT, host_state(&self->host, port, REMOTE_PORT));

	EXPECT_EQ(-EADDRINUSE, bind_at(&self->host, NULL, port));
	if (!native)
		EXPECT_EQ(-EADDRINUSE, kernel_insists(&kernel, NULL, port));
	ASSERT_EQ(0, take(self->held, &self->host, bind_any, 1));
	EXPECT_NE(port, self->held->ports[0]);
	EXPECT_EQ(-EADDRINUSE, bind_any(&self->host));
	if (!native)
		EXPECT_EQ(-EADDRINUSE, bind_any(&kernel));
	close(l);
}

TEST_HARNESS_MAIN

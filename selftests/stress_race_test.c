// SPDX-License-Identifier: GPL-2.0
/*
 * Everything at once: threads that open, use, share, abort and look at connections on both
 * carriers, over loopback and veth, while namespaces with connections in them come and go.
 *
 * Hardly anything can be said of a single call; the kernel's log says whether it went well. In
 * the end nothing may be left, and a connection must work as ever.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "lib/clock.h"
#include "lib/host.h"
#include "lib/net.h"
#include "lib/pattern.h"

#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT 280

#define PORT		5000
#define SLOTS		24	/* connections of an arena at a time */

/**
 * struct arena - two hosts, or one that talks to itself, and their connections
 * @host: carrier and version
 * @address: of the server
 * @server_ns: namespace of the listener
 * @client_ns: of those who connect
 * @listener: changes now and then
 * @slots: sockets of either side; -1: none. Whoever takes one out closes it, and others may still
 *	   use its number then, or what has got it since: that is part of the game
 */
struct arena {
	struct host	host;
	const char	*address;
	int		server_ns;
	int		client_ns;
	int		listener;
	int		slots[SLOTS];
};

struct actor {
	pthread_t	thread;
	struct arena	*arena;
	void		(*act)(struct actor *actor);
	int		ns;
	uint64_t	random;
	unsigned long	acts;
};

static struct arena arenas[] = {
	{ .host = { AF_XTCP, IPPROTO_TCP, 4 }, .address = "lo" },
	{ .host = { AF_XTCP, IPPROTO_XTCP, 6 }, .address = "lo" },
	{ .host = { AF_XTCP, IPPROTO_TCP, 6 }, .address = HOST_V6 },
	{ .host = { AF_XTCP, IPPROTO_XTCP, 4 }, .address = HOST_V4 },
};

#define ARENAS	(ARRAY_SIZE(arenas))

static bool stop;

static uint32_t draw(struct actor *actor, uint32_t below)
{
	return pattern_random(&actor->random) % below;
}

static bool stopped(void)
{
	return __atomic_load_n(&stop, __ATOMIC_RELAXED);
}

/*
 * Namespaces
 */

static int current_ns(void)
{
	return open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
}

/* A new one with its loopback up, of which the calling thread is part from then on. */
static int enter_new_ns(void)
{
	int ret = net_enter_new();

	return ret < 0 ? ret : current_ns();
}

static int address_of(struct arena *arena, const char *dev, bool server)
{
	const bool v4 = arena->host.version == 4;

	if (server)
		return net_address_add(dev, v4 ? HOST_V4 : HOST_V6, v4 ? 24 : 64);
	return net_address_add(dev, v4 ? PEER_V4 : PEER_V6, v4 ? 24 : 64);
}

static int join_by_veth(struct arena *arena)
{
	char command[160];
	int ret;

	snprintf(command, sizeof(command),
		 "ip link add veth0 type veth peer name veth1 netns /proc/%d/fd/%d",
		 getpid(), arena->server_ns);
	if (system(command))
		return -1;
	/* An address can be used when both ends are up. */
	ret = net_link_up("veth0");
	setns(arena->server_ns, CLONE_NEWNET);
	ret = ret ?: net_link_up("veth1") ?: address_of(arena, "veth1", true);
	setns(arena->client_ns, CLONE_NEWNET);
	return ret ?: address_of(arena, "veth0", false);
}

static int arena_open(struct arena *arena)
{
	unsigned int i;

	for (i = 0; i < SLOTS; i++)
		arena->slots[i] = -1;
	arena->listener = -1;
	arena->server_ns = enter_new_ns();
	if (arena->server_ns < 0)
		return arena->server_ns;
	if (!strcmp(arena->address, "lo")) {
		arena->client_ns = dup(arena->server_ns);
		return 0;
	}
	arena->client_ns = enter_new_ns();
	return arena->client_ns < 0 ? arena->client_ns : join_by_veth(arena);
}

/*
 * Actors
 */

static int take_slot(int *slot)
{
	return __atomic_exchange_n(slot, -1, __ATOMIC_ACQ_REL);
}

static void close_some_way(struct actor *actor, int fd)
{
	struct linger linger = { .l_onoff = draw(actor, 3) == 0 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	if (draw(actor, 4) == 0)
		shutdown(fd, draw(actor, 3));
	close(fd);
}

static void put_slot(struct actor *actor, int fd)
{
	int *slot = &actor->arena->slots[draw(actor, SLOTS)];
	int old = __atomic_exchange_n(slot, fd, __ATOMIC_ACQ_REL);

	if (old >= 0)
		close_some_way(actor, old);
}

static void set_patience(int fd)
{
	struct timeval brief = { .tv_usec = 20000 };

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &brief, sizeof(brief));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &brief, sizeof(brief));
}

static void serve(struct actor *actor)
{
	struct arena *arena = actor->arena;
	int fd = __atomic_load_n(&arena->listener, __ATOMIC_ACQUIRE);

	if (fd < 0 || draw(actor, 200) == 0) {
		fd = take_slot(&arena->listener);
		if (fd >= 0) {
			if (draw(actor, 2))
				shutdown(fd, SHUT_RDWR);
			close(fd);
		}
		fd = host_listen(&arena->host, NULL, PORT, 1 + draw(actor, 8));
		if (fd < 0)
			return;
		fcntl(fd, F_SETFL, 0);
		set_patience(fd);
		fd = __atomic_exchange_n(&arena->listener, fd, __ATOMIC_ACQ_REL);
		if (fd >= 0)
			close(fd);
		return;
	}
	fd = accept4(fd, NULL, NULL, SOCK_CLOEXEC | (draw(actor, 2) ? SOCK_NONBLOCK : 0));
	if (fd < 0)
		return;
	set_patience(fd);
	put_slot(actor, fd);
}

static void dial(struct actor *actor)
{
	struct arena *arena = actor->arena;
	int flags = draw(actor, 2) ? SOCK_NONBLOCK : 0;
	int fd = host_socket(&arena->host, flags | SOCK_CLOEXEC);

	if (fd < 0)
		return;
	set_patience(fd);
	/* Now and then both ends call each other, or nobody answers. */
	if (draw(actor, 8) == 0)
		host_bind(&arena->host, fd, NULL, PORT + 1 + draw(actor, 3));
	host_connect(&arena->host, fd, arena->address,
		     draw(actor, 8) ? PORT : PORT + draw(actor, 4));
	put_slot(actor, fd);
}

static void set_something(struct actor *actor, int fd)
{
	static const int names[][2] = {
		{ SOL_SOCKET, SO_RCVBUF }, { SOL_SOCKET, SO_SNDBUF }, { SOL_SOCKET, SO_KEEPALIVE },
		{ IPPROTO_TCP, TCP_NODELAY }, { IPPROTO_TCP, TCP_LINGER2 },
		{ IPPROTO_TCP, TCP_CORK }, { IPPROTO_TCP, TCP_QUICKACK },
		{ IPPROTO_TCP, TCP_KEEPIDLE },
	};
	unsigned int i = draw(actor, ARRAY_SIZE(names));
	int value = draw(actor, i < 2 ? 300000 : 2);

	setsockopt(fd, names[i][0], names[i][1], &value, sizeof(value));
}

static void use(struct actor *actor)
{
	static __thread char buf[65536];
	struct pollfd pfd = { .events = POLLIN | POLLOUT | POLLRDHUP };
	struct sockaddr unspec = { .sa_family = AF_UNSPEC };
	struct arena *arena = actor->arena;
	int *slot = &arena->slots[draw(actor, SLOTS)];
	int fd = __atomic_load_n(slot, __ATOMIC_ACQUIRE);
	struct tcp_info info;

	if (fd < 0) {
		sched_yield();
		return;
	}
	switch (draw(actor, 32)) {
	case 0 ... 9:
		send(fd, buf, 1 + draw(actor, sizeof(buf)), MSG_NOSIGNAL |
		     (draw(actor, 2) ? MSG_DONTWAIT : 0) | (draw(actor, 4) ? 0 : MSG_MORE));
		break;
	case 10 ... 19:
		recv(fd, buf, 1 + draw(actor, sizeof(buf)), (draw(actor, 2) ? MSG_DONTWAIT : 0) |
		     (draw(actor, 4) ? 0 : MSG_WAITALL) | (draw(actor, 4) ? 0 : MSG_PEEK));
		break;
	case 20 ... 22:
		pfd.fd = fd;
		poll(&pfd, 1, draw(actor, 3));
		break;
	case 23 ... 25:
		host_info(fd, &info);
		host_socket_error(fd);
		host_local_port(fd);
		break;
	case 26:
		set_something(actor, fd);
		break;
	case 27:
		shutdown(fd, draw(actor, 3));
		break;
	case 28:
		if (draw(actor, 4) == 0)
			connect(fd, &unspec, sizeof(unspec));
		break;
	case 29:
		if (draw(actor, 4) == 0)
			host_connect(&arena->host, fd, arena->address, PORT);
		break;
	default:
		fd = take_slot(slot);
		if (fd >= 0)
			close_some_way(actor, fd);
		break;
	}
}

static void look(struct actor *actor)
{
	static const char * const files[] = {
		"/proc/thread-self/net/xtcp", "/proc/thread-self/net/xtcp6",
		"/proc/thread-self/net/xtcp_stat",
	};
	int fd = open(files[draw(actor, 3)], O_RDONLY | O_CLOEXEC);
	char buf[4096];

	if (fd < 0)
		return;
	while (read(fd, buf, 1 + draw(actor, sizeof(buf))) > 0)
		;
	close(fd);
	usleep(1000);
}

/* A namespace goes with connections in all states, and TIME-WAIT and half-open ones, in it. */
static void churn(struct actor *actor)
{
	struct host host = { AF_XTCP, draw(actor, 2) ? IPPROTO_TCP : IPPROTO_XTCP,
			     draw(actor, 2) ? 4 : 6 };
	int fds[12], listener, ns, i;

	ns = enter_new_ns();
	if (ns < 0)
		return;
	net_sysctl_write("net/xtcp/orphan_retries", "1");
	listener = host_listen(&host, NULL, PORT, 4);
	for (i = 0; i < 8; i++) {
		fds[i] = host_socket(&host, SOCK_CLOEXEC | SOCK_NONBLOCK);
		host_connect(&host, fds[i], "lo", PORT + (i == 7));
		send(fds[i], "x", draw(actor, 2), MSG_DONTWAIT | MSG_NOSIGNAL);
	}
	for (i = 8; i < 12; i++)
		fds[i] = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	for (i = 0; i < 12; i++) {
		if (fds[i] >= 0)
			close_some_way(actor, fds[i]);
	}
	close(listener);
	close(ns);
	setns(actor->ns, CLONE_NEWNET);
	usleep(5000);
}

static void *run(void *arg)
{
	struct actor *actor = arg;

	if (unshare(CLONE_FS) || setns(actor->ns, CLONE_NEWNET))
		return NULL;
	for (; !stopped(); actor->acts++)
		actor->act(actor);
	return NULL;
}

/*
 * The stage
 */

/* Orphans are reset or gone before the namespaces go: nothing waits for the module's unloading. */
static unsigned int wait_for_end(struct arena *arena)
{
	const uint64_t end = clock_ms() + clock_patience_ms();
	unsigned int left;

	do {
		setns(arena->server_ns, CLONE_NEWNET);
		left = host_count(&arena->host, STATE_NONE) -
		       host_count(&arena->host, STATE_TIME_WAIT);
		setns(arena->client_ns, CLONE_NEWNET);
		left += host_count(&arena->host, STATE_NONE) -
			host_count(&arena->host, STATE_TIME_WAIT);
		if (left)
			clock_sleep_ms(50);
	} while (left && clock_ms() < end);
	return left;
}

static void check_alive(struct __test_metadata *_metadata, struct arena *arena)
{
	int listener, fd, child;
	char buf[8];

	ASSERT_EQ(0, setns(arena->server_ns, CLONE_NEWNET));
	listener = host_listen(&arena->host, NULL, PORT + 10, 4);
	ASSERT_LE(0, listener);
	ASSERT_EQ(0, fcntl(listener, F_SETFL, 0));
	ASSERT_EQ(0, setns(arena->client_ns, CLONE_NEWNET));
	fd = host_socket(&arena->host, SOCK_CLOEXEC);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, host_connect(&arena->host, fd, arena->address, PORT + 10));
	ASSERT_EQ(5, send(fd, "hello", 5, 0));
	child = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	ASSERT_LE(0, child);
	ASSERT_EQ(5, recv(child, buf, sizeof(buf), 0));
	ASSERT_EQ(0, memcmp(buf, "hello", 5));
	close(fd);
	ASSERT_EQ(0, recv(child, buf, sizeof(buf), 0));
	close(child);
	close(listener);
}

static void hurry_timers(struct arena *arena)
{
	const int spaces[] = { arena->server_ns, arena->client_ns };
	unsigned int i;

	for (i = 0; i < 2; i++) {
		setns(spaces[i], CLONE_NEWNET);
		net_sysctl_write("net/xtcp/orphan_retries", "2");
		net_sysctl_write("net/xtcp/rto_min_ms", "20");
		net_sysctl_write("net/xtcp/rto_initial_ms", "100");
		net_sysctl_write("net/xtcp/rto_max_ms", "500");
		net_sysctl_write("net/xtcp/syn_retries", "2");
		net_sysctl_write("net/xtcp/fin_timeout_ms", "1000");
		net_sysctl_write("net/xtcp/time_wait_ms", "1000");
		net_sysctl_write("net/xtcp/max_tw_buckets", "50");
	}
}

/* A slow kernel takes its time; where one processor takes turns, more of it shows little more. */
static unsigned int game_ms(void)
{
	return sysconf(_SC_NPROCESSORS_ONLN) > 1 ? clock_scaled(6000, 20000) : 1000;
}

TEST(everything_at_once)
{
	static void (* const acts[])(struct actor *actor) = { serve, serve, dial, use, use };
	const unsigned int crew = ARRAY_SIZE(acts);
	struct actor actors[ARENAS * crew + 2];
	struct actor *actor = actors;
	const int home = current_ns();
	unsigned int i, j;

	for (i = 0; i < ARENAS; i++) {
		ASSERT_EQ(0, arena_open(&arenas[i]));
		hurry_timers(&arenas[i]);
	}
	for (i = 0; i < ARENAS; i++) {
		for (j = 0; j < crew; j++)
			*actor++ = (struct actor){
				.arena = &arenas[i], .act = acts[j],
				.ns = j < 2 ? arenas[i].server_ns : arenas[i].client_ns,
			};
	}
	*actor++ = (struct actor){ .act = look, .ns = arenas[0].server_ns };
	*actor++ = (struct actor){ .act = churn, .ns = home };

	for (actor = actors, i = 0; i < ARENAS * crew + 2; i++, actor++) {
		actor->random = 1000 * i;
		ASSERT_EQ(0, pthread_create(&actor->thread, NULL, run, actor));
	}
	clock_sleep_ms(game_ms());
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	for (actor = actors, i = 0; i < ARENAS * crew + 2; i++, actor++) {
		ASSERT_EQ(0, pthread_join(actor->thread, NULL));
		EXPECT_LT(0, actor->acts);
	}

	for (i = 0; i < ARENAS; i++) {
		close(arenas[i].listener);
		for (j = 0; j < SLOTS; j++) {
			if (arenas[i].slots[j] >= 0)
				close_some_way(actors, arenas[i].slots[j]);
		}
	}
	for (i = 0; i < ARENAS; i++) {
		EXPECT_EQ(0, wait_for_end(&arenas[i]));
		check_alive(_metadata, &arenas[i]);
	}
}

/*
 * Several threads read one connection, and peek into it: each byte comes to one of them, once.
 */

struct readers {
	int			fd;
	uint64_t		counts[256];	/* atomic; of each value read */
	uint64_t		peeked;
};

static void *reader(void *arg)
{
	static __thread unsigned char buf[20000];
	struct readers *readers = arg;
	uint64_t random = (uintptr_t)buf;
	ssize_t n, i;

	for (;;) {
		if (pattern_random(&random) % 4 == 0)
			recv(readers->fd, buf, sizeof(buf), MSG_PEEK | MSG_DONTWAIT);
		n = recv(readers->fd, buf, 1 + pattern_random(&random) % sizeof(buf), 0);
		if (n <= 0)
			return NULL;
		for (i = 0; i < n; i++)
			__atomic_fetch_add(&readers->counts[buf[i]], 1, __ATOMIC_RELAXED);
	}
}

static void send_counted(struct __test_metadata *_metadata, int fd, size_t total,
			 uint64_t counts[256])
{
	unsigned char buf[10000];
	size_t done = 0;
	ssize_t n, i;

	while (done < total) {
		pattern_fill(1, done, buf, sizeof(buf));
		/* none of the values that fresh memory is full of */
		for (i = 0; i < (ssize_t)sizeof(buf); i++)
			buf[i] = buf[i] % 100 + 1;
		n = send(fd, buf, sizeof(buf), 0);
		ASSERT_LT(0, n);
		for (i = 0; i < n; i++)
			counts[buf[i]]++;
		done += n;
	}
}

TEST(many_readers)
{
	struct arena arena = { .host = { AF_XTCP, IPPROTO_TCP, 4 }, .address = "lo" };
	struct readers readers = { .fd = -1 };
	uint64_t counts[256] = {};
	pthread_t threads[4];
	int listener, fd;
	unsigned int i;

	ASSERT_EQ(0, arena_open(&arena));
	listener = host_listen(&arena.host, NULL, PORT, 4);
	ASSERT_LE(0, listener);
	fd = host_socket(&arena.host, SOCK_CLOEXEC);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, host_connect(&arena.host, fd, "lo", PORT));
	ASSERT_EQ(0, fcntl(listener, F_SETFL, 0));
	readers.fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	ASSERT_LE(0, readers.fd);
	for (i = 0; i < 4; i++)
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, reader, &readers));
	send_counted(_metadata, fd, clock_scaled(32 << 20, 4 << 20), counts);
	ASSERT_EQ(0, shutdown(fd, SHUT_WR));
	for (i = 0; i < 4; i++)
		ASSERT_EQ(0, pthread_join(threads[i], NULL));
	for (i = 0; i < 256; i++)
		EXPECT_EQ(counts[i], readers.counts[i]);
	close(readers.fd);
	close(fd);
	close(listener);
}

TEST_HARNESS_MAIN

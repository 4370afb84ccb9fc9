// SPDX-License-Identifier: GPL-2.0
/*
 * sockets_many ordinary|native|kernel COUNT [CHURN]: COUNT sockets, two and two of them connected
 * over loopback, all within this process, to ports from 6000 on; says "ready", and keeps them until
 * its standard input ends. With CHURN, so many other connections, to port 5999, are closed and
 * opened over and over meanwhile, one in a millisecond: on a machine with one processor others are
 * to have it as well. In the end it says the ticks that the longest of these rounds took.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/host.h"

#define PORT		6000
#define PORT_CHURN	5999
/* Ports of loopback addresses enough for each listener. */
#define PER_PORT	10000
#define CHURN_MAX	1000

struct pair {
	int	client;
	int	server;
};

static struct host host = { AF_XTCP, IPPROTO_TCP, 4 };
static struct pair *pairs;
static unsigned int pair_count;
static struct pair churning[CHURN_MAX];

static void check(bool ok, const char *what)
{
	if (ok)
		return;
	printf("sockets_many: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int start_listener(int port)
{
	int fd = host_listen(&host, "lo", port, 64);

	check(fd >= 0, "listen");
	check(!fcntl(fd, F_SETFL, 0), "fcntl");
	return fd;
}

static void open_pair(struct pair *pair, int listener, int port)
{
	int err;

	pair->client = host_socket(&host, SOCK_CLOEXEC);
	check(pair->client >= 0, "socket");
	err = host_connect(&host, pair->client, "lo", port);
	if (err)
		errno = -err;
	check(!err, "connect");
	pair->server = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	check(pair->server >= 0, "accept");
}

/* Without TIME-WAIT, which would pile up. */
static void close_pair(const struct pair *pair)
{
	const struct linger abort = { .l_onoff = 1 };

	setsockopt(pair->client, SOL_SOCKET, SO_LINGER, &abort, sizeof(abort));
	close(pair->client);
	close(pair->server);
}

static bool input_ended(int timeout_ms)
{
	struct pollfd pfd = { .fd = STDIN_FILENO, .events = POLLIN };

	return poll(&pfd, 1, timeout_ms) == 1;
}

/* Until the input ends: the most ticks that a round took. */
static uint64_t keep_churning(unsigned int count)
{
	int listener = start_listener(PORT_CHURN);
	uint64_t began, took, most = 0;
	unsigned int i;

	for (i = 0; i < count; i++)
		open_pair(&churning[i], listener, PORT_CHURN);
	puts("ready");
	fflush(stdout);
	began = clock_ticks();
	for (i = 0; !input_ended(1); i = (i + 1) % count) {
		close_pair(&churning[i]);
		open_pair(&churning[i], listener, PORT_CHURN);
		took = clock_ticks() - began;
		if (took > most)
			most = took;
		began += took;
	}
	for (i = 0; i < count; i++)
		close_pair(&churning[i]);
	return most;
}

int main(int argc, char **argv)
{
	const struct rlimit files = { 1 << 20, 1 << 20 };
	unsigned int i, churn;
	int listener = -1;

	if (argc < 3 || !host_choose(&host, argv[1]))
		return 2;
	host.version = 4;
	pair_count = atoi(argv[2]) / 2;
	churn = argc > 3 ? atoi(argv[3]) : 0;
	if (churn > CHURN_MAX)
		return 2;
	check(!setrlimit(RLIMIT_NOFILE, &files), "setrlimit");
	pairs = calloc(pair_count, sizeof(*pairs));
	check(pairs, "calloc");
	for (i = 0; i < pair_count; i++) {
		if (i % PER_PORT == 0)
			listener = start_listener(PORT + i / PER_PORT);
		open_pair(&pairs[i], listener, PORT + i / PER_PORT);
	}
	if (churn) {
		printf("%llu\n", (unsigned long long)keep_churning(churn));
	} else {
		puts("ready");
		fflush(stdout);
		input_ended(-1);
	}
	for (i = 0; i < pair_count; i++)
		close_pair(&pairs[i]);
	return 0;
}

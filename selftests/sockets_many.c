// SPDX-License-Identifier: GPL-2.0
/*
 * sockets_many ordinary|native|kernel COUNT [CHURN]: COUNT connections over loopback, all of them
 * within this process (half as many clients); says "ready", and keeps them until its standard input
 * ends. With CHURN it closes and opens that many of them over and over meanwhile, one in a
 * millisecond: on a machine with one processor others are to have it as well.
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

#include "lib/host.h"

#define PORT	6000
/* Ports of loopback addresses enough for each listener. */
#define PER_PORT	10000

struct pair {
	int	client;
	int	server;
};

static struct host host = { AF_XTCP, IPPROTO_TCP, 4 };
static struct pair *pairs;
static unsigned int pair_count;

static void check(bool ok, const char *what)
{
	if (ok)
		return;
	printf("sockets_many: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void open_pair(struct pair *pair, const int *listeners, unsigned int i)
{
	unsigned int which = i / PER_PORT;
	int err;

	pair->client = host_socket(&host, SOCK_CLOEXEC);
	check(pair->client >= 0, "socket");
	err = host_connect(&host, pair->client, "lo", PORT + which);
	if (err)
		errno = -err;
	check(!err, "connect");
	pair->server = accept4(listeners[which], NULL, NULL, SOCK_CLOEXEC);
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

int main(int argc, char **argv)
{
	const struct rlimit files = { 1 << 20, 1 << 20 };
	unsigned int i, churn, listen_count;
	int *listeners;

	if (argc < 3 || !host_choose(&host, argv[1]))
		return 2;
	host.version = 4;
	pair_count = atoi(argv[2]) / 2;
	churn = argc > 3 ? atoi(argv[3]) : 0;
	check(!setrlimit(RLIMIT_NOFILE, &files), "setrlimit");
	listen_count = pair_count / PER_PORT + 1;
	listeners = calloc(listen_count, sizeof(*listeners));
	pairs = calloc(pair_count, sizeof(*pairs));
	check(listeners && pairs, "calloc");
	for (i = 0; i < listen_count; i++) {
		listeners[i] = host_listen(&host, "lo", PORT + i, 64);
		check(listeners[i] >= 0, "listen");
		check(!fcntl(listeners[i], F_SETFL, 0), "fcntl");
	}
	for (i = 0; i < pair_count; i++)
		open_pair(&pairs[i], listeners, i);
	puts("ready");
	fflush(stdout);
	for (i = 0; !input_ended(churn ? 1 : -1); i = (i + 1) % (churn ?: 1)) {
		close_pair(&pairs[i]);
		open_pair(&pairs[i], listeners, i);
	}
	for (i = 0; i < pair_count; i++)
		close_pair(&pairs[i]);
	return 0;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * Clients of a server that may be under attack: each connects, sends a byte, and wants it back
 * within its patience. Nothing that goes wrong ends the program: what it prints is how many there
 * were, how many got through, and how long they took.
 */
#include <errno.h>
#include <getopt.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/host.h"

#define AT_ONCE_MAX	256
#define RESULTS_MAX	1000000

static struct {
	struct host	host;
	const char	*address;
	unsigned int	seconds;
	unsigned int	at_once;
	unsigned int	patience_ms;
	int		backlog;
	uint16_t	port;
} args = {
	.host = { AF_XTCP, IPPROTO_TCP, 4 }, .port = 5000, .seconds = 5, .at_once = 4,
	.patience_ms = 20000, .backlog = 4096,
};

/* Slot i is pollfds[i] and began_ms[i]; the server's listener comes after the last. */
static struct pollfd pollfds[AT_ONCE_MAX + 1];
static uint64_t began_ms[AT_ONCE_MAX];
static unsigned int begun, failed;

/* How long each took that got through. */
static unsigned int took_ms[RESULTS_MAX];
static unsigned int served;

static void fail(const char *what)
{
	printf("knock: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void usage(void)
{
	fputs("usage: knock -l | -c ADDRESS  [-4 | -6] [-f ordinary|native|kernel] [-p PORT]\n"
	      "             [-b BACKLOG] [-t SECONDS] [-j AT_ONCE] [-w PATIENCE_MS]\n"
	      "  The server runs until it is killed. The client prints: clients, got through,\n"
	      "  median ms, 99th percentile, longest.\n", stderr);
	exit(2);
}

static void parse(int argc, char **argv)
{
	bool server = false;
	int c;

	while ((c = getopt(argc, argv, "46lc:f:p:b:t:j:w:")) >= 0) {
		switch (c) {
		case '4':
		case '6':
			args.host.version = c - '0';
			break;
		case 'l':
			server = true;
			break;
		case 'c':
			args.address = optarg;
			break;
		case 'f':
			if (!host_choose(&args.host, optarg))
				usage();
			break;
		case 'p':
			args.port = atoi(optarg);
			break;
		case 'b':
			args.backlog = atoi(optarg);
			break;
		case 't':
			args.seconds = atoi(optarg);
			break;
		case 'j':
			args.at_once = atoi(optarg);
			break;
		case 'w':
			args.patience_ms = atoi(optarg);
			break;
		default:
			usage();
		}
	}
	if (server == !!args.address || !args.at_once || args.at_once > AT_ONCE_MAX)
		usage();
}

static void end(unsigned int slot)
{
	close(pollfds[slot].fd);
	pollfds[slot].fd = -1;
}

/* The server */

static int free_slot(void)
{
	int i;

	for (i = 0; i < AT_ONCE_MAX; i++) {
		if (pollfds[i].fd < 0)
			return i;
	}
	return -1;
}

/* More than there are slots wait in the accept queue. */
static void admit(void)
{
	struct pollfd *listener = &pollfds[AT_ONCE_MAX];
	int slot, fd;

	while ((slot = free_slot()) >= 0) {
		fd = accept4(listener->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0)
			return;
		pollfds[slot] = (struct pollfd){ .fd = fd, .events = POLLIN };
	}
}

static void echo(unsigned int slot)
{
	ssize_t n;
	char c;

	n = recv(pollfds[slot].fd, &c, 1, 0);
	if (n < 0 && errno == EAGAIN)
		return;
	if (n <= 0 || send(pollfds[slot].fd, &c, 1, MSG_NOSIGNAL) < 0)
		end(slot);
}

static void serve(void)
{
	unsigned int i;
	int fd;

	fd = host_listen(&args.host, NULL, args.port, args.backlog);
	errno = -fd;
	if (fd < 0)
		fail("listen");
	pollfds[AT_ONCE_MAX].fd = fd;
	puts("ready");
	for (;;) {
		pollfds[AT_ONCE_MAX].events = free_slot() < 0 ? 0 : POLLIN;
		poll(pollfds, AT_ONCE_MAX + 1, -1);
		for (i = 0; i < AT_ONCE_MAX; i++) {
			if (pollfds[i].fd >= 0 && pollfds[i].revents)
				echo(i);
		}
		if (pollfds[AT_ONCE_MAX].revents)
			admit();
	}
}

/* The client */

static void give_up(unsigned int slot)
{
	failed++;
	end(slot);
}

static void begin(unsigned int slot)
{
	int fd = host_socket(&args.host, SOCK_NONBLOCK | SOCK_CLOEXEC);
	int ret;

	errno = -fd;
	if (fd < 0)
		fail("socket");
	pollfds[slot] = (struct pollfd){ .fd = fd, .events = POLLOUT };
	began_ms[slot] = clock_ms();
	begun++;
	ret = host_connect(&args.host, fd, args.address, args.port);
	if (ret && ret != -EINPROGRESS)
		give_up(slot);
}

/* Connected, or not; then answered, or not. */
static void go_on(unsigned int slot)
{
	struct pollfd *pfd = &pollfds[slot];
	char c = 'x';

	if (pfd->events == POLLOUT) {
		if (send(pfd->fd, &c, 1, MSG_NOSIGNAL) == 1)
			pfd->events = POLLIN;
		else
			give_up(slot);
		return;
	}
	if (recv(pfd->fd, &c, 1, 0) != 1 || c != 'x') {
		give_up(slot);
		return;
	}
	if (served < RESULTS_MAX)
		took_ms[served++] = clock_ms() - began_ms[slot];
	end(slot);
}

static void visit(unsigned int slot)
{
	if (pollfds[slot].fd < 0)
		return;
	if (pollfds[slot].revents)
		go_on(slot);
	else if (clock_ms() - began_ms[slot] > args.patience_ms)
		give_up(slot);
}

static int compare(const void *a, const void *b)
{
	return (int)(*(unsigned int *)a - *(unsigned int *)b);
}

static unsigned int quantile(unsigned int percent)
{
	return served ? took_ms[(uint64_t)(served - 1) * percent / 100] : 0;
}

static void knock(void)
{
	const uint64_t until = clock_ms() + 1000ull * args.seconds;
	unsigned int i;

	do {
		for (i = 0; i < args.at_once && clock_ms() < until; i++) {
			if (pollfds[i].fd < 0)
				begin(i);
		}
		poll(pollfds, args.at_once, 100);
		for (i = 0; i < args.at_once; i++)
			visit(i);
	} while (clock_ms() < until || begun > served + failed);
	qsort(took_ms, served, sizeof(*took_ms), compare);
	printf("%u %u %u %u %u\n", begun, served, quantile(50), quantile(99), quantile(100));
}

int main(int argc, char **argv)
{
	unsigned int i;

	setvbuf(stdout, NULL, _IOLBF, 0);
	parse(argc, argv);
	for (i = 0; i <= AT_ONCE_MAX; i++)
		pollfds[i].fd = -1;
	if (args.address)
		knock();
	else
		serve();
	return 0;
}

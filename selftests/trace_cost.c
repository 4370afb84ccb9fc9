// SPDX-License-Identifier: GPL-2.0
/*
 * What a connection over the loopback device costs, in nanoseconds of this process's own time: both
 * ends are its sockets, so that all of it is. Prints a line for a request and its response, of 64
 * bytes each, and one for a megabyte, in large segments.
 */
#include <errno.h>
#include <getopt.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/host.h"

#define REQUEST		64
#define CHUNK		(256 * 1024)

static struct host host = { AF_XTCP, IPPROTO_TCP, 4 };

static void explain(void)
{
	fputs("usage: trace_cost [-4 | -6] [-f ordinary|native|kernel] [-n REQUESTS]\n"
	      "                  [-m MEGABYTES]\n", stderr);
	exit(2);
}

static void fail(const char *what, int error)
{
	printf("trace_cost: %s: %s\n", what, strerror(error));
	exit(1);
}

static uint64_t spent_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return ts.tv_sec * 1000000000ull + ts.tv_nsec;
}

static void open_both(int fds[2])
{
	int listener = host_listen(&host, "lo", 0, 1), err;
	uint16_t port;

	if (listener < 0)
		fail("listen", -listener);
	port = host_local_port(listener);
	fds[0] = host_socket(&host, 0);
	if (fds[0] < 0)
		fail("socket", -fds[0]);
	err = host_connect(&host, fds[0], "lo", port);
	if (err)
		fail("connect", -err);
	fds[1] = accept(listener, NULL, NULL);
	if (fds[1] < 0)
		fail("accept", errno);
	host_set(fds[0], IPPROTO_TCP, TCP_NODELAY, 1);
	host_set(fds[1], IPPROTO_TCP, TCP_NODELAY, 1);
	close(listener);
}

static void pass(int from, int to)
{
	char text[REQUEST] = "";

	if (send(from, text, sizeof(text), 0) != sizeof(text))
		fail("send", errno);
	if (recv(to, text, sizeof(text), MSG_WAITALL) != sizeof(text))
		fail("recv", errno);
}

static uint64_t measure_requests(int fds[2], unsigned int count)
{
	uint64_t begun = spent_ns();
	unsigned int i;

	for (i = 0; i < count; i++) {
		pass(fds[0], fds[1]);
		pass(fds[1], fds[0]);
	}
	return (spent_ns() - begun) / count;
}

/* Whatever there is to be read. */
static uint64_t drain(int fd)
{
	static char chunk[CHUNK];
	uint64_t got = 0;
	ssize_t n;

	while ((n = recv(fd, chunk, sizeof(chunk), MSG_DONTWAIT)) > 0)
		got += n;
	if (!n || errno != EAGAIN)
		fail("recv", n ? errno : ECONNRESET);
	return got;
}

static uint64_t measure_bulk(int fds[2], unsigned int megabytes)
{
	struct pollfd pfds[] = {
		{ .fd = fds[0], .events = POLLOUT },
		{ .fd = fds[1], .events = POLLIN },
	};
	uint64_t left = megabytes * 1000000ull, begun = spent_ns();
	static const char chunk[CHUNK];

	while (left) {
		uint64_t got;

		if (send(fds[0], chunk, sizeof(chunk), MSG_DONTWAIT) < 0 && errno != EAGAIN)
			fail("send", errno);
		got = drain(fds[1]);
		left -= got < left ? got : left;
		if (!got)
			poll(pfds, 2, 10);
	}
	return (spent_ns() - begun) / megabytes;
}

int main(int argc, char **argv)
{
	unsigned int requests = 10000, megabytes = 100;
	int fds[2], c;

	while ((c = getopt(argc, argv, "46f:n:m:")) >= 0) {
		switch (c) {
		case '4':
		case '6':
			host.version = c - '0';
			break;
		case 'f':
			if (!host_choose(&host, optarg))
				explain();
			break;
		case 'n':
			requests = strtoul(optarg, NULL, 0);
			break;
		case 'm':
			megabytes = strtoul(optarg, NULL, 0);
			break;
		default:
			explain();
		}
	}
	if (optind < argc || !requests || !megabytes)
		explain();
	open_both(fds);
	/* The first ones find cold caches. */
	measure_requests(fds, requests / 10 + 1);
	printf("request %llu\n", (unsigned long long)measure_requests(fds, requests));
	printf("megabyte %llu\n", (unsigned long long)measure_bulk(fds, megabytes));
	return 0;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * Sends SYNs that say they come from hosts which do not answer: each from an address of its own,
 * which counts up from the first one, and from port 10000 on.
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <linux/xtcp.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "lib/segment.h"

#define FIRST_PORT	10000

#ifndef IPV6_HDRINCL
#define IPV6_HDRINCL	36
#endif

/**
 * struct plan - what to send
 * @path: to whom, and from which address on
 * @syn: the segment
 * @count: SYNs
 * @sources: addresses, after which they begin again
 * @rate: SYNs a second, 0: as fast as may be
 */
struct plan {
	struct segment_path	path;
	struct segment		syn;
	unsigned int		count;
	unsigned int		sources;
	unsigned int		rate;
};

static void parse_address(const char *text, struct segment_path *path, struct in6_addr *addr)
{
	memset(addr, 0, sizeof(*addr));
	path->version = strchr(text, ':') ? 6 : 4;
	if (path->version == 6) {
		if (inet_pton(AF_INET6, text, addr) == 1)
			return;
	} else {
		memset(addr->s6_addr + 10, 0xff, 2);
		if (inet_pton(AF_INET, text, addr->s6_addr + 12) == 1)
			return;
	}
	errx(2, "no address: %s", text);
}

static int open_raw(const struct segment_path *path)
{
	int family = path->version == 4 ? AF_INET : AF_INET6;
	int fd = socket(family, SOCK_RAW, IPPROTO_RAW);
	const int on = 1;

	if (fd < 0)
		err(1, "socket");
	if (family == AF_INET6 && setsockopt(fd, IPPROTO_IPV6, IPV6_HDRINCL, &on, sizeof(on)))
		err(1, "IPV6_HDRINCL");
	return fd;
}

static void send_packet(int fd, const struct segment_path *path, const void *packet, size_t len)
{
	struct sockaddr_in6 to6 = { .sin6_family = AF_INET6, .sin6_addr = path->dst };
	struct sockaddr_in to4 = { .sin_family = AF_INET };
	const struct sockaddr *to = (struct sockaddr *)&to6;
	socklen_t to_len = sizeof(to6);

	if (path->version == 4) {
		memcpy(&to4.sin_addr, path->dst.s6_addr + 12, 4);
		to = (struct sockaddr *)&to4;
		to_len = sizeof(to4);
	}
	/* A queue that is full is as good as a loss. */
	if (sendto(fd, packet, len, 0, to, to_len) < 0 && errno != ENOBUFS)
		err(1, "sendto");
}

/* The address that is @i behind the first. */
static struct in6_addr source(struct in6_addr first, unsigned int i)
{
	uint32_t low;

	memcpy(&low, first.s6_addr + 12, 4);
	low = htonl(ntohl(low) + i);
	memcpy(first.s6_addr + 12, &low, 4);
	return first;
}

/* Sleeps until it is time for number @i. */
static void keep_rate(const struct timespec *start, unsigned int i, unsigned int rate)
{
	struct timespec at = *start;

	if (!rate)
		return;
	at.tv_sec += i / rate;
	at.tv_nsec += (uint64_t)(i % rate) * 1000000000 / rate;
	if (at.tv_nsec >= 1000000000) {
		at.tv_sec++;
		at.tv_nsec -= 1000000000;
	}
	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
}

static void send_all(struct plan *plan)
{
	const struct in6_addr first = plan->path.src;
	int fd = open_raw(&plan->path);
	struct timespec start;
	uint8_t packet[128];
	unsigned int i;
	size_t len;

	clock_gettime(CLOCK_MONOTONIC, &start);
	for (i = 0; i < plan->count; i++) {
		plan->path.src = source(first, i % plan->sources);
		plan->syn.sport = FIRST_PORT + i % 50000;
		plan->syn.seq = i * 7919;
		len = segment_encode(&plan->syn, &plan->path, packet, sizeof(packet));
		keep_rate(&start, i, plan->rate);
		send_packet(fd, &plan->path, packet, len);
	}
	close(fd);
}

static void print_usage(void)
{
	fputs("usage: syns [-n] [-o] [-c COUNT] [-s SOURCES] [-r RATE] FROM TO PORT\n"
	      "  -n  native carrier   -o  MSS 1400, scale 7, SACK and timestamps, instead of none\n"
	      "  -c  SYNs, 1   -s  addresses, as many as SYNs   -r  SYNs a second\n", stderr);
	exit(2);
}

int main(int argc, char **argv)
{
	struct plan plan = {
		.path.protocol	= IPPROTO_TCP,
		.syn		= { .flags = SYN, .window = 65535 },
		.count		= 1,
	};
	int opt;

	while ((opt = getopt(argc, argv, "noc:s:r:")) != -1) {
		if (opt == 'n')
			plan.path.protocol = IPPROTO_XTCP;
		else if (opt == 'o')
			plan.syn.opt = (struct segment_options) {
				.seen	= OPT_MSS | OPT_WSCALE | OPT_SACK_PERM | OPT_TS,
				.mss	= 1400,
				.wscale	= 7,
				.tsval	= 1000,
			};
		else if (opt == 'c')
			plan.count = atoi(optarg);
		else if (opt == 's')
			plan.sources = atoi(optarg);
		else if (opt == 'r')
			plan.rate = atoi(optarg);
		else
			print_usage();
	}
	if (argc - optind != 3)
		print_usage();
	parse_address(argv[optind], &plan.path, &plan.path.src);
	parse_address(argv[optind + 1], &plan.path, &plan.path.dst);
	plan.syn.dport = atoi(argv[optind + 2]);
	plan.sources = plan.sources ?: plan.count ?: 1;
	send_all(&plan);
	return 0;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * What a SYN costs the host that receives it, or whatever else is sent to exhaust it: writes such
 * segments from random sources into a TUN device, at a listener of its own, and prints the
 * nanoseconds of CPU for each.
 *
 * A write() runs the whole way in and the SYN-ACK's way out before it returns, so the CPU time of
 * this thread is all there is to count, but for timers and RCU, which run in softirqs; the caller
 * finds those in /proc/stat. The packets are made before the clock starts.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "lib/host.h"
#include "lib/pattern.h"
#include "lib/segment.h"

#define PORT		5000
#define PACKET_MAX	128

struct packet {
	uint8_t		bytes[PACKET_MAX];
	size_t		len;
};

/* MSS, SACK-permitted, timestamps, NOP, window scale: a Linux client's, in its order. */
static const uint8_t linux_opt[] = {
	2, 4, 1460 >> 8, 1460 & 0xff, 4, 2, 8, 10, 0, 0, 0, 0, 0, 0, 0, 0, 1, 3, 3, 7,
};

/* The same, but the last one says that it is longer than all that is left. */
static const uint8_t lying_opt[] = {
	2, 4, 1460 >> 8, 1460 & 0xff, 4, 2, 8, 10, 0, 0, 0, 0, 0, 0, 0, 0, 1, 3, 200, 7,
};

/* An ACK has NOP, NOP, timestamps. */
static const uint8_t ack_opt[] = { 1, 1, 8, 10, 0, 0, 0, 0, 0, 0, 0, 0 };

static const struct kind {
	const char	*name;
	const uint8_t	*opt;
	uint16_t	len;
	uint8_t		opt_len;
	uint8_t		tsval_at;
	uint8_t		flags;
} kinds[] = {
	{ "syn", linux_opt, 0, sizeof(linux_opt), 8, SYN },
	{ "data", linux_opt, 40, sizeof(linux_opt), 8, SYN },
	{ "lie", lying_opt, 0, sizeof(lying_opt), 8, SYN },
	{ "ack", ack_opt, 0, sizeof(ack_opt), 4, ACK },
	{ "rst", ack_opt, 0, 0, 0, RST },
};

static struct {
	struct host	host;
	const struct kind *kind;
	bool		listen;
	const char	*dev;
	unsigned int	count;
	unsigned int	backlog;
	uint64_t	seed;
} args = {
	.host = { AF_XTCP, IPPROTO_TCP, 4 },
	.kind = kinds,
	.listen = true,
	.count = 10000,
	.backlog = 4096,
};

static void fail(const char *what)
{
	printf("syn_cost: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void usage(void)
{
	fputs("usage: syn_cost [-4 | -6] [-f ordinary|native|kernel] [-q] [-k KIND] [-n SEGMENTS]\n"
	      "                [-b BACKLOG] [-s SEED] DEVICE\n"
	      "  -q  no listener: the namespace is to drop them\n"
	      "  -k  syn (default), data or lie (SYNs with data, or with an option that lies about\n"
	      "      its length), ack (that no SYN-ACK went before), rst\n"
	      "  From 10/8 or 2001:db8:f::/64 to 192.0.2.1 or 2001:db8::1, port 5000.\n", stderr);
	exit(2);
}

static bool choose_kind(const char *name)
{
	unsigned int i;

	for (i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		if (!strcmp(name, kinds[i].name)) {
			args.kind = &kinds[i];
			return true;
		}
	}
	return false;
}

static void parse(int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "46f:qk:n:b:s:")) >= 0) {
		switch (c) {
		case '4':
		case '6':
			args.host.version = c - '0';
			break;
		case 'f':
			if (!host_choose(&args.host, optarg))
				usage();
			break;
		case 'q':
			args.listen = false;
			break;
		case 'k':
			if (!choose_kind(optarg))
				usage();
			break;
		case 'n':
			args.count = atoi(optarg);
			break;
		case 'b':
			args.backlog = atoi(optarg);
			break;
		case 's':
			args.seed = atoi(optarg);
			break;
		default:
			usage();
		}
	}
	if (optind != argc - 1 || !args.count)
		usage();
	args.dev = argv[optind];
}

/* One that is there, up, with its addresses and routes. */
static int open_tun(void)
{
	struct ifreq ifr = { .ifr_flags = IFF_TUN | IFF_NO_PI };
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", args.dev);
	/* What goes back this way is as cheap as what goes elsewhere: no checksums. */
	if (fd < 0 || ioctl(fd, TUNSETIFF, &ifr) || ioctl(fd, TUNSETOFFLOAD, TUN_F_CSUM))
		fail(args.dev);
	return fd;
}

/*
 * A source within the block that the namespace routes to nowhere: no two packets have the same, up
 * to 2^24 of them, for an odd factor makes a permutation.
 */
static void draw_source(struct segment_path *path, unsigned int index)
{
	uint32_t low = htonl((index * 0x9e3779b1u + args.seed) & 0xffffff);

	memcpy(path->src.s6_addr + 13, (uint8_t *)&low + 1, 3);
}

static struct packet *make_packets(void)
{
	struct segment_path path = { args.host.version, host_ip_protocol(&args.host) };
	const bool v4 = args.host.version == 4;
	const struct kind *kind = args.kind;
	static const uint8_t data[64];
	uint8_t opt[40];
	struct segment seg = {
		.dport = PORT,
		.flags = kind->flags,
		.window = 64240,
		.raw_opt = opt,
		.raw_opt_len = kind->opt_len,
		.data = data,
		.len = kind->len,
	};
	struct packet *packets = calloc(args.count, sizeof(*packets));
	uint64_t state = args.seed << 32;
	uint32_t tsval;
	unsigned int i;

	if (!packets)
		fail("memory");
	memcpy(opt, kind->opt, kind->opt_len);
	inet_pton(AF_INET6, v4 ? "::ffff:10.0.0.0" : "2001:db8:f::", &path.src);
	inet_pton(AF_INET6, v4 ? "::ffff:" HOST_V4 : HOST_V6, &path.dst);
	for (i = 0; i < args.count; i++) {
		draw_source(&path, i);
		seg.sport = 1024 + pattern_random(&state) % 64512;
		seg.seq = pattern_random(&state);
		if (kind->flags & ACK)
			seg.ack = pattern_random(&state);
		tsval = pattern_random(&state);
		if (kind->opt_len)
			memcpy(opt + kind->tsval_at, &tsval, sizeof(tsval));
		packets[i].len = segment_encode(&seg, &path, packets[i].bytes, PACKET_MAX);
	}
	return packets;
}

static uint64_t cpu_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return now.tv_sec * 1000000000ull + now.tv_nsec;
}

int main(int argc, char **argv)
{
	struct packet *packets;
	uint64_t began;
	unsigned int i;
	int tun, fd;

	parse(argc, argv);
	tun = open_tun();
	packets = make_packets();
	fd = args.listen ? host_listen(&args.host, NULL, PORT, args.backlog) : 0;
	errno = -fd;
	if (fd < 0)
		fail("listen");

	began = cpu_ns();
	for (i = 0; i < args.count; i++) {
		if (write(tun, packets[i].bytes, packets[i].len) < 0)
			fail("write");
	}
	printf("%llu\n", (unsigned long long)(cpu_ns() - began) / args.count);
	return 0;
}

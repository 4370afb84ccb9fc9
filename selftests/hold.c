// SPDX-License-Identifier: GPL-2.0
/*
 * Brings a socket into a state, in a network namespace of its own, says "ready", and stays there
 * until its standard input ends. The other side is the scripted peer, so that nothing moves
 * meanwhile. If it is killed instead, its namespace is left with what such a program leaves.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/net.h"
#include "lib/peer.h"

#define PORT 5000

static struct host host = { AF_XTCP, IPPROTO_TCP, 4 };
static struct peer peer;
static bool quick;

static void check(bool ok, const char *what)
{
	if (ok)
		return;
	printf("hold: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void fine(const char *complaint)
{
	if (!*complaint)
		return;
	printf("hold: %s\n", complaint);
	exit(1);
}

/*
 * While a test looks nothing is to move, but what is left alone (-q), with a FIN that nobody
 * answers, is to give up soon.
 */
static void set_timers(bool soon)
{
	quick = soon;
	net_sysctl_write("net/xtcp/rto_initial_ms", "20000");
	net_sysctl_write("net/xtcp/rto_min_ms", soon ? "10" : "20000");
	net_sysctl_write("net/xtcp/orphan_retries", soon ? "1" : "8");
}

static int bound(void)
{
	int fd = host_socket(&host, 0);

	check(fd >= 0, "socket");
	check(!host_bind(&host, fd, NULL, PORT), "bind");
	return fd;
}

static int listening(void)
{
	int fd = bound();

	check(!listen(fd, 8), "listen");
	return fd;
}

static int half_open(void)
{
	int fd = listening();

	peer.host_port = PORT;
	peer_send(&peer, .flags = SYN);
	fine(peer_expect(&peer, .flags = SYN | ACK, .ack = 1));
	return fd;
}

/* The listener, with a child that nobody accepts. */
static int waiting(void)
{
	int fd = half_open();

	peer_send(&peer, .flags = ACK, .seq = 1, .ack = 1);
	check(host_state(&host, PORT, peer.port) == STATE_ESTABLISHED, "no child");
	return fd;
}

static int syn_sent(void)
{
	int fd = host_socket(&host, SOCK_NONBLOCK);

	check(fd >= 0, "socket");
	check(host_connect(&host, fd, "peer", peer.port) == -EINPROGRESS, "connect");
	fine(peer_expect(&peer, .flags = SYN));
	return fd;
}

static int established(void)
{
	int fd = syn_sent();

	peer_send(&peer, .flags = SYN | ACK, .ack = 1);
	fine(peer_expect(&peer, .flags = ACK, .seq = 1, .ack = 1));
	return fd;
}

/* No file any more; the peer is silent. */
static int orphan(void)
{
	close(established());
	if (quick)
		return -1;
	fine(peer_expect(&peer, .flags = FIN | ACK, .seq = 1, .ack = 1));
	check(host_state(&host, peer.host_port, peer.port) == STATE_FIN_WAIT_1, "not FIN-WAIT-1");
	return -1;
}

static int time_wait(void)
{
	set_timers(false);
	orphan();
	peer_send(&peer, .flags = FIN | ACK, .seq = 1, .ack = 2);
	fine(peer_expect(&peer, .flags = ACK, .seq = 2, .ack = 2));
	check(host_state(&host, peer.host_port, peer.port) == STATE_TIME_WAIT, "not TIME-WAIT");
	return -1;
}

static const struct {
	const char	*name;
	int		(*enter)(void);
} states[] = {
	{ "bound", bound },
	{ "listening", listening },
	{ "half-open", half_open },
	{ "waiting", waiting },
	{ "syn-sent", syn_sent },
	{ "established", established },
	{ "orphan", orphan },
	{ "time-wait", time_wait },
};

/* What socket() says, as a word. */
static int try_socket(int family, int protocol)
{
	int fd = socket(family, SOCK_STREAM, protocol);

	puts(fd < 0 ? strerrorname_np(errno) : "ok");
	return 0;
}

/* A connection to itself, and one byte over it, whatever the family and the protocol are. */
static int try_connection(int family, int protocol)
{
	struct sockaddr_in addr = { .sin_family = AF_INET, .sin_port = htons(PORT + 1) };
	const int on = 1;
	int l, a, b;
	char c = 0;

	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	l = socket(family, SOCK_STREAM, protocol);
	check(l >= 0, "socket");
	/* The last one may be in TIME-WAIT. */
	setsockopt(l, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	check(!bind(l, (struct sockaddr *)&addr, sizeof(addr)), "bind");
	check(!listen(l, 1), "listen");
	a = socket(family, SOCK_STREAM, protocol);
	check(!connect(a, (struct sockaddr *)&addr, sizeof(addr)), "connect");
	b = accept(l, NULL, NULL);
	check(b >= 0, "accept");
	check(write(a, "x", 1) == 1, "write");
	check(read(b, &c, 1) == 1 && c == 'x', "read");
	puts("ok");
	return 0;
}

static void print_usage(void)
{
	fputs("usage: hold [-4 | -6] [-n] [-q] STATE\n"
	      "       hold socket|connection FAMILY PROTOCOL\n"
	      "  -n  native carrier   -q  what it leaves gives up soon\n", stderr);
	exit(2);
}

static void enter(const char *name)
{
	unsigned int i;

	for (i = 0; i < sizeof(states) / sizeof(*states); i++) {
		if (strcmp(states[i].name, name))
			continue;
		states[i].enter();
		return;
	}
	print_usage();
}

int main(int argc, char **argv)
{
	bool soon = false;
	char c;
	int opt;

	while ((opt = getopt(argc, argv, "46nq")) != -1) {
		if (opt == '4' || opt == '6')
			host.version = opt - '0';
		else if (opt == 'n')
			host.protocol = IPPROTO_XTCP;
		else if (opt == 'q')
			soon = true;
		else
			print_usage();
	}
	argv += optind;
	argc -= optind;
	if (argc == 3 && !strcmp(argv[0], "socket"))
		return try_socket(atoi(argv[1]), atoi(argv[2]));
	if (argc == 3 && !strcmp(argv[0], "connection"))
		return try_connection(atoi(argv[1]), atoi(argv[2]));
	if (argc != 1)
		print_usage();

	setlinebuf(stdout);
	errno = -net_enter_new();
	check(!errno, "namespace");
	errno = -peer_open(&peer, &host);
	check(!errno, "peer");
	set_timers(soon);
	enter(argv[0]);
	puts("ready");
	while (read(STDIN_FILENO, &c, 1) > 0)
		;
	peer_close(&peer);
	return 0;
}

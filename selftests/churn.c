// SPDX-License-Identifier: GPL-2.0
/*
 * Many connections, many of them at a time, each of which ends in one of four ways: closed by
 * the client or by the server first, or reset by one of them while the other is still sending.
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
#include "lib/pattern.h"

#define REQUEST		1000
#define REPLY		5000
#define ENDLESS		UINT64_MAX
#define AT_ONCE_MAX	256

/* The first byte of a request; the rest of it is the pattern. */
enum way {
	CLIENT_CLOSES,
	SERVER_CLOSES,
	CLIENT_RESETS,
	SERVER_RESETS,
	WAYS,
};

enum end {
	CLOSE_WHEN_DONE,	/* all sent and all received */
	CLOSE_AT_EOF,		/* the same, and the other side has closed */
	RESET_WHEN_DONE,	/* all received */
	BE_RESET,
};

/* What a side sends, what it receives at least, and how the connection ends for it. */
struct plan {
	uint64_t	send;
	uint64_t	receive;
	enum end	end;
};

static const struct plan client_plans[WAYS] = {
	[CLIENT_CLOSES] = { REQUEST, REPLY, CLOSE_WHEN_DONE },
	[SERVER_CLOSES] = { REQUEST, REPLY, CLOSE_AT_EOF },
	[CLIENT_RESETS] = { REQUEST, REPLY, RESET_WHEN_DONE },
	[SERVER_RESETS] = { ENDLESS, 0, BE_RESET },
};

static const struct plan server_plans[WAYS] = {
	[CLIENT_CLOSES] = { REPLY, REQUEST, CLOSE_AT_EOF },
	[SERVER_CLOSES] = { REPLY, REQUEST, CLOSE_WHEN_DONE },
	[CLIENT_RESETS] = { ENDLESS, REQUEST, BE_RESET },
	[SERVER_RESETS] = { 0, REQUEST + REPLY, RESET_WHEN_DONE },
};

/* A server's, before it knows which. */
static const struct plan unknown_plan = { 0, REQUEST, CLOSE_AT_EOF };

struct connection {
	const struct plan	*plan;
	enum way		way;
	bool			connected;
	uint64_t		sent;
	uint64_t		received;
};

static struct {
	struct host	host;
	const char	*address;
	bool		server;
	unsigned int	count;
	unsigned int	at_once;
	uint16_t	port;
} args = { .host = { AF_XTCP, IPPROTO_TCP, 4 }, .port = 5001, .count = 100, .at_once = 64 };

/* Slot i is pollfds[i] and connections[i]; the server's listener comes after the last. */
static struct pollfd pollfds[AT_ONCE_MAX + 1];
static struct connection connections[AT_ONCE_MAX];
static unsigned int begun, over;

static void fail(const char *what, const struct connection *c)
{
	int err = errno;

	printf("churn: %s: %s: %s", args.server ? "server" : "client", what, strerror(err));
	if (c)
		printf(" (way %d, sent %llu, received %llu)", c->way,
		       (unsigned long long)c->sent, (unsigned long long)c->received);
	printf("; %u begun, %u over\n", begun, over);
	exit(1);
}

static void usage(void)
{
	fputs("usage: churn -l | -c ADDRESS  [-4 | -6] [-f ordinary|native|kernel]\n"
	      "             [-p PORT] [-n CONNECTIONS] [-j AT_ONCE]\n", stderr);
	exit(2);
}

static void parse(int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "46lc:f:p:n:j:")) >= 0) {
		switch (c) {
		case '4':
		case '6':
			args.host.version = c - '0';
			break;
		case 'l':
			args.server = true;
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
		case 'n':
			args.count = atoi(optarg);
			break;
		case 'j':
			args.at_once = atoi(optarg);
			break;
		default:
			usage();
		}
	}
	if (args.server == !!args.address || !args.at_once || args.at_once > AT_ONCE_MAX)
		usage();
}

static void begin(unsigned int slot, int fd)
{
	struct connection *c = &connections[slot];

	*c = (struct connection){ .plan = &unknown_plan, .connected = true };
	pollfds[slot].fd = fd;
	if (!args.server) {
		c->way = begun % WAYS;
		c->plan = &client_plans[c->way];
		c->connected = false;
	}
	begun++;
}

static void end(unsigned int slot, bool reset)
{
	const struct linger linger = { .l_onoff = 1, .l_linger = 0 };
	int fd = pollfds[slot].fd;

	if (reset && setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)))
		fail("SO_LINGER", &connections[slot]);
	close(fd);
	pollfds[slot].fd = -1;
	over++;
}

/* The other side has reset it. Ends the connection if that was the plan. */
static void was_reset(unsigned int slot)
{
	const struct connection *c = &connections[slot];

	if (errno != ECONNRESET || c->plan->end != BE_RESET || c->received < c->plan->receive)
		fail("send, recv", c);
	end(slot, false);
}

/* Byte 0 of the client's stream is the way to end, all else is a pattern. */
static void fill(const struct connection *c, unsigned char *buf, size_t len)
{
	pattern_fill(args.server ? 2 : 1, c->sent, buf, len);
	if (!args.server && !c->sent)
		buf[0] = c->way;
}

static void check(struct connection *c, unsigned char *buf, size_t len)
{
	const uint64_t seed = args.server ? 1 : 2;

	if (args.server && !c->received) {
		if (buf[0] >= WAYS)
			fail("no such way", c);
		c->way = buf[0];
		c->plan = &server_plans[c->way];
		pattern_fill(seed, 0, buf, 1);
	}
	if (pattern_check(seed, c->received, buf, len) < len)
		fail("wrong byte", c);
}

static void receive_some(unsigned int slot)
{
	struct connection *c = &connections[slot];
	unsigned char buf[8192];
	ssize_t n;

	n = recv(pollfds[slot].fd, buf, sizeof(buf), 0);
	if (n < 0 && errno == EAGAIN)
		return;
	if (n < 0) {
		was_reset(slot);
		return;
	}
	if (!n) {
		if (c->plan->end != CLOSE_AT_EOF || c->sent < c->plan->send ||
		    c->received < c->plan->receive)
			fail("unexpected end", c);
		end(slot, false);
		return;
	}
	check(c, buf, n);
	c->received += n;
}

/* A server answers what it has read. */
static bool may_send(const struct connection *c)
{
	return c->sent < c->plan->send && (!args.server || c->received >= c->plan->receive);
}

static void send_some(unsigned int slot)
{
	struct connection *c = &connections[slot];
	unsigned char buf[2048];
	size_t len = sizeof(buf);
	ssize_t n;

	if (c->plan->send - c->sent < len)
		len = c->plan->send - c->sent;
	fill(c, buf, len);
	n = send(pollfds[slot].fd, buf, len, MSG_NOSIGNAL);
	if (n > 0)
		c->sent += n;
	else if (errno != EAGAIN)
		was_reset(slot);
}

static void end_when_done(unsigned int slot)
{
	const struct connection *c = &connections[slot];
	const struct plan *plan = c->plan;

	if (c->received < plan->receive)
		return;
	if (plan->end == RESET_WHEN_DONE)
		end(slot, true);
	else if (plan->end == CLOSE_WHEN_DONE && c->sent == plan->send)
		end(slot, false);
}

static void serve(unsigned int slot)
{
	struct connection *c = &connections[slot];
	int events = pollfds[slot].revents;

	if (!c->connected) {
		errno = host_socket_error(pollfds[slot].fd);
		if (errno)
			fail("connect", c);
		c->connected = true;
	}
	/* The one that will be reset need not read what comes, and an error shows either way. */
	if (events & (POLLIN | POLLHUP | POLLERR))
		receive_some(slot);
	if (pollfds[slot].fd >= 0 && events & POLLOUT && may_send(c))
		send_some(slot);
	if (pollfds[slot].fd >= 0)
		end_when_done(slot);
}

static void begin_client(unsigned int slot)
{
	int fd = host_socket(&args.host, SOCK_NONBLOCK | SOCK_CLOEXEC);
	int ret;

	errno = -fd;
	if (fd < 0)
		fail("socket", NULL);
	ret = host_connect(&args.host, fd, args.address, args.port);
	errno = -ret;
	if (ret && ret != -EINPROGRESS)
		fail("connect", NULL);
	begin(slot, fd);
}

/* False if there is nobody to accept. */
static bool begin_server(unsigned int slot)
{
	int fd = accept4(pollfds[AT_ONCE_MAX].fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd < 0 && errno != EAGAIN)
		fail("accept", NULL);
	if (fd < 0)
		return false;
	begin(slot, fd);
	return true;
}

static void begin_more(void)
{
	unsigned int i;

	for (i = 0; i < args.at_once && begun < args.count; i++) {
		if (pollfds[i].fd >= 0)
			continue;
		if (!args.server)
			begin_client(i);
		else if (!begin_server(i))
			break;
	}
}

static void wait_for_events(void)
{
	unsigned int i;

	for (i = 0; i < args.at_once; i++)
		pollfds[i].events = connections[i].connected && !may_send(&connections[i]) ?
				    POLLIN : POLLIN | POLLOUT;
	if (poll(pollfds, AT_ONCE_MAX + 1, 6 * clock_patience_ms()) <= 0)
		fail("stalled", NULL);
}

static void open_listener(void)
{
	int fd = host_listen(&args.host, NULL, args.port, 2 * AT_ONCE_MAX);

	errno = -fd;
	if (fd < 0)
		fail("listen", NULL);
	pollfds[AT_ONCE_MAX] = (struct pollfd){ .fd = fd, .events = POLLIN };
}

int main(int argc, char **argv)
{
	unsigned int i;

	setvbuf(stdout, NULL, _IOLBF, 0);
	parse(argc, argv);
	for (i = 0; i <= AT_ONCE_MAX; i++)
		pollfds[i].fd = -1;
	if (args.server)
		open_listener();
	while (over < args.count) {
		begin_more();
		wait_for_events();
		for (i = 0; i < args.at_once; i++)
			if (pollfds[i].fd >= 0 && pollfds[i].revents)
				serve(i);
	}
	return 0;
}

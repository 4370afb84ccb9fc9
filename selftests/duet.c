// SPDX-License-Identifier: GPL-2.0
/*
 * Both ends of one connection, each in a network namespace of its own, led step by step: what
 * one end does is over before the other begins.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/host.h"

#define MOST (64 * 1024)

/**
 * struct end - one of the two
 * @name: left or right
 * @netns: its namespace, as "ip netns" names it
 * @host: whose sockets it opens
 * @fd: its socket
 */
struct end {
	const char	*name;
	const char	*netns;
	struct host	host;
	int		fd;
};

static struct end ends[2] = {
	{ .name = "left", .host = { AF_XTCP, IPPROTO_TCP, 4 } },
	{ .name = "right", .host = { AF_XTCP, IPPROTO_TCP, 4 } },
};

static void explain(void)
{
	fputs("usage: duet [-4 | -6] [-p PORT] -l NETNS:KIND -r NETNS:KIND STEP...\n"
	      "The left end connects to the right one. KIND is ordinary, native or kernel.\n"
	      "STEP is left:DO or right:DO, where DO is\n"
	      "  send=BYTES, take=BYTES   that many      end     expect the other's end of stream\n"
	      "  shut                     write no more  close\n"
	      "  look=COMMAND             of the shell   reset   close, by RST\n", stderr);
	exit(2);
}

static void fail(const struct end *end, const char *what, int error)
{
	printf("duet: %s: %s: %s\n", end->name, what, strerror(error));
	exit(1);
}

static void set_end(struct end *end, char *text)
{
	char *kind = strchr(text, ':');

	if (!kind)
		explain();
	*kind++ = '\0';
	end->netns = text;
	if (!strcmp(kind, "native"))
		end->host.protocol = IPPROTO_XTCP;
	else if (!strcmp(kind, "kernel"))
		end->host.family = 0;
	else if (strcmp(kind, "ordinary"))
		explain();
}

static void enter(const struct end *end)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "/run/netns/%s", end->netns);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET))
		fail(end, path, errno);
	close(fd);
}

/* Whoever waits too long says so, and does not wait for ever. */
static void limit_waits(const struct end *end)
{
	const struct timeval tv = { .tv_sec = clock_patience_ms() / 1000 };

	if (setsockopt(end->fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)) ||
	    setsockopt(end->fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv)))
		fail(end, "SO_RCVTIMEO, SO_SNDTIMEO", errno);
}

static void open_connection(struct end *left, struct end *right, uint16_t port)
{
	struct end listener = *right;
	int error;

	enter(right);
	listener.fd = host_listen(&right->host, NULL, port, 8);
	if (listener.fd < 0)
		fail(right, "listen", -listener.fd);
	enter(left);
	left->fd = host_socket(&left->host, SOCK_CLOEXEC);
	if (left->fd < 0)
		fail(left, "socket", -left->fd);
	limit_waits(left);
	error = -host_connect(&left->host, left->fd, "peer", port);
	if (error)
		fail(left, "connect", error);
	if (fcntl(listener.fd, F_SETFL, 0))
		fail(right, "fcntl", errno);
	limit_waits(&listener);
	right->fd = accept4(listener.fd, NULL, NULL, SOCK_CLOEXEC);
	if (right->fd < 0)
		fail(right, "accept", errno);
	limit_waits(right);
	close(listener.fd);
}

static void give(const struct end *end, size_t len)
{
	static const char text[MOST];
	ssize_t n = send(end->fd, text, len, MSG_NOSIGNAL);

	if (n != (ssize_t)len)
		fail(end, "send", n < 0 ? errno : EIO);
}

static void take(const struct end *end, size_t len)
{
	static char text[MOST];
	ssize_t n = recv(end->fd, text, len, MSG_WAITALL);

	if (n != (ssize_t)len)
		fail(end, "recv", n < 0 ? errno : EIO);
}

static void expect_end(const struct end *end)
{
	char byte;
	ssize_t n = recv(end->fd, &byte, 1, 0);

	if (n)
		fail(end, "end of stream", n < 0 ? errno : EIO);
}

static void shut(const struct end *end)
{
	if (shutdown(end->fd, SHUT_WR))
		fail(end, "shutdown", errno);
}

/* What others say of the connection meanwhile. */
static void look(const struct end *end, const char *command)
{
	int status = system(command);

	if (status)
		fail(end, command, status < 0 ? errno : EIO);
}

static void reset(const struct end *end)
{
	const struct linger linger = { .l_onoff = 1 };

	if (setsockopt(end->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)))
		fail(end, "SO_LINGER", errno);
	close(end->fd);
}

static void take_step(const char *step)
{
	struct end *end = &ends[!strncmp(step, "right:", 6)];
	const char *what = strchr(step, ':');
	size_t len = 0;
	int n = 0;

	if (!what || strncmp(step, end->name, what - step))
		explain();
	what++;
	if (sscanf(what, "send=%zu%n", &len, &n) == 1 && !what[n] && len <= MOST)
		give(end, len);
	else if (sscanf(what, "take=%zu%n", &len, &n) == 1 && !what[n] && len <= MOST)
		take(end, len);
	else if (!strcmp(what, "end"))
		expect_end(end);
	else if (!strcmp(what, "shut"))
		shut(end);
	else if (!strncmp(what, "look=", 5))
		look(end, what + 5);
	else if (!strcmp(what, "close"))
		close(end->fd);
	else if (!strcmp(what, "reset"))
		reset(end);
	else
		explain();
}

int main(int argc, char **argv)
{
	uint16_t port = 5001;
	int c;

	setvbuf(stdout, NULL, _IOLBF, 0);
	while ((c = getopt(argc, argv, "46p:l:r:")) >= 0) {
		switch (c) {
		case '4':
		case '6':
			ends[0].host.version = c - '0';
			ends[1].host.version = c - '0';
			break;
		case 'p':
			port = atoi(optarg);
			break;
		case 'l':
			set_end(&ends[0], optarg);
			break;
		case 'r':
			set_end(&ends[1], optarg);
			break;
		default:
			explain();
		}
	}
	if (!ends[0].netns || !ends[1].netns)
		explain();
	open_connection(&ends[0], &ends[1], port);
	while (optind < argc)
		take_step(argv[optind++]);
	return 0;
}

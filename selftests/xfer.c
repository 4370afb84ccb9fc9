// SPDX-License-Identifier: GPL-2.0
/*
 * Carries bytes both ways over one connection and makes sure that they are the right ones:
 * a pattern that each end can compute, or a file.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/host.h"
#include "lib/pattern.h"

#define CHUNK (64 * 1024)

/**
 * struct flow - one direction of the connection
 * @file: descriptor to read from or write to; -1: the pattern
 * @seed: of the pattern
 * @want: bytes that are to come or go
 * @done: bytes that have
 * @over: shut down, or end of stream seen
 */
struct flow {
	int		file;
	uint64_t	seed;
	uint64_t	want;
	uint64_t	done;
	bool		over;
};

static struct {
	struct host	host;
	const char	*address;
	bool		server;
	bool		send_last;	/* the server's bytes, when the client has no more */
	bool		nodelay;
	bool		random_sizes;
	bool		in_place;	/* files by sendfile() and splice() */
	const char	*congestion;	/* NULL: the default */
	const char	*info;		/* where TCP_INFO is to go; NULL: nowhere */
	int		buffer;		/* SO_SNDBUF and SO_RCVBUF, 0: as they are */
	uint16_t	port;
	uint64_t	random;
} args = { .host = { AF_XTCP, IPPROTO_TCP, 4 }, .port = 5001 };

static unsigned char send_buf[CHUNK];
static size_t send_len, send_pos;

static void fail(const char *what)
{
	printf("xfer: %s: %s: %s\n", args.server ? "server" : "client", what, strerror(errno));
	exit(1);
}

static void explain(void)
{
	fputs("usage: xfer -l [ADDRESS] | -c ADDRESS  [-4 | -6] [-f ordinary|native|kernel]\n"
	      "            [-p PORT] [-s BYTES | -i FILE] [-r BYTES | -o FILE -r BYTES]\n"
	      "            [-e] [-n] [-z] [-w] [-b BUFFER] [-g CONGESTION_CONTROL] [-I FILE]\n"
	      "  -e  the server begins when the client ends   -n  TCP_NODELAY\n"
	      "  -z  writes and reads of random sizes\n"
	      "  -w  a file's bytes from where they lie, by sendfile(), and to it by splice()\n",
	      stderr);
	exit(2);
}

static uint64_t parse_size(const char *text)
{
	char *end;
	uint64_t size = strtoull(text, &end, 0);

	if (*end == 'k')
		return size << 10;
	if (*end == 'M')
		return size << 20;
	if (*end)
		explain();
	return size;
}

static void open_file(struct flow *flow, const char *path, int flags)
{
	off_t size;

	flow->file = open(path, flags | O_CLOEXEC, 0644);
	if (flow->file < 0)
		fail(path);
	if (flags == O_RDONLY) {
		size = lseek(flow->file, 0, SEEK_END);
		lseek(flow->file, 0, SEEK_SET);
		flow->want = size;
	}
}

static void parse(int argc, char **argv, struct flow *out, struct flow *in)
{
	int c;

	while ((c = getopt(argc, argv, "46l::c:f:p:s:r:i:o:enzwb:g:I:")) >= 0) {
		switch (c) {
		case '4':
		case '6':
			args.host.version = c - '0';
			break;
		case 'l':
			args.server = true;
			args.address = optarg;
			break;
		case 'c':
			args.address = optarg;
			break;
		case 'f':
			if (!host_choose(&args.host, optarg))
				explain();
			break;
		case 'p':
			args.port = atoi(optarg);
			break;
		case 's':
			out->want = parse_size(optarg);
			break;
		case 'r':
			in->want = parse_size(optarg);
			break;
		case 'i':
			open_file(out, optarg, O_RDONLY);
			break;
		case 'o':
			open_file(in, optarg, O_WRONLY | O_CREAT | O_TRUNC);
			break;
		case 'e':
			args.send_last = true;
			break;
		case 'n':
			args.nodelay = true;
			break;
		case 'z':
			args.random_sizes = true;
			break;
		case 'w':
			args.in_place = true;
			break;
		case 'b':
			args.buffer = parse_size(optarg);
			break;
		case 'g':
			args.congestion = optarg;
			break;
		case 'I':
			args.info = optarg;
			break;
		default:
			explain();
		}
	}
	if ((!args.server && !args.address) || optind < argc)
		explain();
	out->seed = args.server ? 2 : 1;
	in->seed = args.server ? 1 : 2;
}

static void set_options(int fd)
{
	const int one = 1;

	if (args.nodelay && setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)))
		fail("TCP_NODELAY");
	if (args.congestion && setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, args.congestion,
					  strlen(args.congestion)))
		fail("TCP_CONGESTION");
	if (args.buffer &&
	    (setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &args.buffer, sizeof(args.buffer)) ||
	     setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &args.buffer, sizeof(args.buffer))))
		fail("SO_SNDBUF, SO_RCVBUF");
}

static int open_server(void)
{
	const int one = 1;
	int listener, fd;

	listener = host_socket(&args.host, 0);
	if (listener < 0) {
		errno = -listener;
		fail("socket");
	}
	set_options(listener);
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	errno = -host_bind(&args.host, listener, args.address, args.port);
	if (errno || listen(listener, 8))
		fail("bind, listen");
	fd = accept(listener, NULL, NULL);
	if (fd < 0)
		fail("accept");
	close(listener);
	return fd;
}

/* The server may be slow to start. */
static int open_client(void)
{
	const uint64_t end = clock_ms() + clock_patience_ms();
	int fd, ret;

	do {
		fd = host_socket(&args.host, 0);
		if (fd < 0) {
			errno = -fd;
			fail("socket");
		}
		set_options(fd);
		ret = host_connect(&args.host, fd, args.address, args.port);
		if (!ret)
			return fd;
		close(fd);
		clock_sleep_ms(50);
	} while (ret == -ECONNREFUSED && clock_ms() < end);
	errno = -ret;
	fail("connect");
	return -1;
}

static size_t chunk(void)
{
	return args.random_sizes ? pattern_random(&args.random) % CHUNK + 1 : CHUNK;
}

static void refill(struct flow *out)
{
	uint64_t left = out->want - out->done;
	size_t most = chunk();
	ssize_t n;

	send_pos = 0;
	send_len = left < most ? left : most;
	if (out->file < 0) {
		pattern_fill(out->seed, out->done, send_buf, send_len);
		return;
	}
	n = read(out->file, send_buf, send_len);
	if (n <= 0)
		fail("read of the file");
	send_len = n;
}

static void send_in_place(int fd, struct flow *out)
{
	uint64_t left = out->want - out->done;
	size_t most = chunk();
	ssize_t n;

	n = sendfile(fd, out->file, NULL, left < most ? left : most);
	if (n < 0 && errno != EAGAIN && errno != EINTR)
		fail("sendfile");
	if (n > 0)
		out->done += n;
}

static void send_some(int fd, struct flow *out)
{
	ssize_t n;

	if (out->done == out->want) {
		if (shutdown(fd, SHUT_WR))
			fail("shutdown");
		out->over = true;
		return;
	}
	if (args.in_place && out->file >= 0) {
		send_in_place(fd, out);
		return;
	}
	if (send_pos == send_len)
		refill(out);
	n = send(fd, send_buf + send_pos, send_len - send_pos, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (n < 0 && errno != EAGAIN && errno != EINTR)
		fail("send");
	if (n > 0) {
		send_pos += n;
		out->done += n;
	}
}

static void take(struct flow *in, const unsigned char *buf, size_t len)
{
	size_t right;

	if (in->file >= 0) {
		if (write(in->file, buf, len) != (ssize_t)len)
			fail("write of the file");
		return;
	}
	right = pattern_check(in->seed, in->done, buf, len);
	if (right < len) {
		printf("xfer: wrong byte %llu\n", (unsigned long long)(in->done + right));
		exit(1);
	}
}

/* As recv(), but what comes goes to the file. */
static ssize_t receive_in_place(int fd, struct flow *in)
{
	static int pipefd[2] = { -1, -1 };
	ssize_t n, left, moved;

	if (pipefd[0] < 0 && pipe(pipefd))
		fail("pipe");
	n = splice(fd, NULL, pipefd[1], NULL, chunk(), 0);
	for (left = n; left > 0; left -= moved) {
		moved = splice(pipefd[0], NULL, in->file, NULL, left, 0);
		if (moved <= 0)
			fail("splice to the file");
	}
	return n;
}

static void receive_some(int fd, struct flow *in)
{
	const bool in_place = args.in_place && in->file >= 0;
	static unsigned char buf[CHUNK];
	ssize_t n;

	if (in_place)
		n = receive_in_place(fd, in);
	else
		n = recv(fd, buf, chunk(), MSG_DONTWAIT);
	if (n < 0) {
		if (errno != EAGAIN && errno != EINTR)
			fail("recv");
		return;
	}
	if (!n) {
		in->over = true;
		return;
	}
	if (!in_place)
		take(in, buf, n);
	in->done += n;
}

static void carry(int fd, struct flow *out, struct flow *in)
{
	const bool last = args.server && args.send_last;
	struct pollfd pfd = { .fd = fd };

	while (!out->over || !in->over) {
		const bool may_send = !out->over && (!last || in->over);

		pfd.events = (may_send ? POLLOUT : 0) | (in->over ? 0 : POLLIN);
		/* Loss may cost many timeouts in a row; a standstill is longer. */
		if (poll(&pfd, 1, 12 * clock_patience_ms()) <= 0) {
			printf("xfer: stalled: sent %llu of %llu, received %llu of %llu\n",
			       (unsigned long long)out->done, (unsigned long long)out->want,
			       (unsigned long long)in->done, (unsigned long long)in->want);
			exit(1);
		}
		if (may_send && pfd.revents & (POLLOUT | POLLERR))
			send_some(fd, out);
		if (!in->over && pfd.revents & (POLLIN | POLLERR | POLLHUP))
			receive_some(fd, in);
	}
}

/* What it is when all has been acknowledged. */
static void write_info(int fd)
{
	const uint64_t end = clock_ms() + 12 * clock_patience_ms();
	FILE *file = fopen(args.info, "w");
	struct tcp_info info = {};
	int unsent;

	if (!file)
		fail(args.info);
	while (!ioctl(fd, SIOCOUTQ, &unsent) && unsent && clock_ms() < end)
		clock_sleep_ms(10);
	errno = -host_info(fd, &info);
	if (errno)
		fail("TCP_INFO");
	fprintf(file, "{\"cwnd\":%u,\"ssthresh\":%u,\"mss\":%u,\"total_retrans\":%u,",
		info.tcpi_snd_cwnd, info.tcpi_snd_ssthresh, info.tcpi_snd_mss,
		info.tcpi_total_retrans);
	fprintf(file, "\"bytes_sent\":%llu,\"bytes_retrans\":%llu}\n",
		(unsigned long long)info.tcpi_bytes_sent,
		(unsigned long long)info.tcpi_bytes_retrans);
	if (fclose(file))
		fail(args.info);
}

int main(int argc, char **argv)
{
	struct flow out = { .file = -1 }, in = { .file = -1 };
	int fd;

	setvbuf(stdout, NULL, _IOLBF, 0);
	parse(argc, argv, &out, &in);
	fd = args.server ? open_server() : open_client();
	/* Neither call has a flag of its own for it. */
	if (args.in_place)
		fcntl(fd, F_SETFL, O_NONBLOCK);
	carry(fd, &out, &in);
	if (args.info)
		write_info(fd);
	close(fd);
	if (in.done != in.want) {
		printf("xfer: received %llu bytes instead of %llu\n",
		       (unsigned long long)in.done, (unsigned long long)in.want);
		return 1;
	}
	return 0;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * musl serve ADDRESS PORT: echoes, until it is killed.
 * musl ask ADDRESS PORT BYTES: sends them, and checks what comes back.
 *
 * An ordinary program that knows nothing of XTCP. What is special is its libc, linked statically.
 */
#include <err.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PIECE	16384

struct sender {
	int	fd;
	size_t	size;
};

static unsigned char byte_at(size_t i)
{
	return i ^ i >> 8 ^ i >> 16;
}

static struct addrinfo *resolve(const char *address, const char *port)
{
	struct addrinfo hints = {
		.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
	};
	struct addrinfo *to;
	int error = getaddrinfo(address, port, &hints, &to);

	if (error)
		errx(1, "%s port %s: %s", address, port, gai_strerror(error));
	return to;
}

/* It is to look like one of the kernel's TCP. */
static int open_socket(const struct addrinfo *to)
{
	int fd = socket(to->ai_family, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP);
	const int on = 1;
	int domain;
	socklen_t len = sizeof(domain);

	if (fd < 0)
		err(1, "socket");
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) ||
	    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) ||
	    getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len))
		err(1, "options");
	if (domain != to->ai_family)
		errx(1, "a socket of family %d, not %d", domain, to->ai_family);
	return fd;
}

static void send_all(int fd, const void *buf, size_t len)
{
	const char *next = buf;
	ssize_t n;

	for (; len; next += n, len -= n) {
		n = send(fd, next, len, MSG_NOSIGNAL);
		if (n < 0)
			err(1, "send");
	}
}

static void *echo(void *arg)
{
	int fd = (intptr_t)arg;
	char buf[PIECE];
	ssize_t n;

	while ((n = recv(fd, buf, sizeof(buf), 0)) > 0)
		send_all(fd, buf, n);
	if (n < 0)
		warn("recv");
	close(fd);
	return NULL;
}

static void serve(const struct addrinfo *at)
{
	int listener = open_socket(at), fd;
	pthread_t thread;

	if (bind(listener, at->ai_addr, at->ai_addrlen) || listen(listener, 16))
		err(1, "listen");
	for (;;) {
		fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		if (fd < 0)
			err(1, "accept4");
		if (pthread_create(&thread, NULL, echo, (void *)(intptr_t)fd))
			errx(1, "no thread");
		pthread_detach(thread);
	}
}

static void *send_pattern(void *arg)
{
	const struct sender *sender = arg;
	unsigned char buf[PIECE];
	size_t sent = 0, len, i;

	for (; sent < sender->size; sent += len) {
		len = sender->size - sent < PIECE ? sender->size - sent : PIECE;
		for (i = 0; i < len; i++)
			buf[i] = byte_at(sent + i);
		send_all(sender->fd, buf, len);
	}
	if (shutdown(sender->fd, SHUT_WR))
		err(1, "shutdown");
	return NULL;
}

static void ask(const struct addrinfo *to, size_t size)
{
	struct sender sender = { .fd = open_socket(to), .size = size };
	unsigned char buf[PIECE];
	pthread_t thread;
	size_t got = 0;
	ssize_t n, i;

	if (connect(sender.fd, to->ai_addr, to->ai_addrlen))
		err(1, "connect");
	if (pthread_create(&thread, NULL, send_pattern, &sender))
		errx(1, "no thread");
	while ((n = recv(sender.fd, buf, sizeof(buf), 0)) > 0) {
		for (i = 0; i < n; i++, got++) {
			if (buf[i] != byte_at(got))
				errx(1, "byte %zu is wrong", got);
		}
	}
	if (n < 0)
		err(1, "recv");
	pthread_join(thread, NULL);
	close(sender.fd);
	if (got != size)
		errx(1, "%zu bytes of %zu", got, size);
}

int main(int argc, char **argv)
{
	if (argc == 4 && !strcmp(argv[1], "serve"))
		serve(resolve(argv[2], argv[3]));
	else if (argc == 5 && !strcmp(argv[1], "ask"))
		ask(resolve(argv[2], argv[3]), strtoul(argv[4], NULL, 0));
	else
		errx(2, "usage: musl serve ADDRESS PORT | ask ADDRESS PORT BYTES");
	return 0;
}

// SPDX-License-Identifier: GPL-2.0
/* xtcp-echo HOST PORT: sends a line of standard input to an echo server, prints the answer. */
#include <err.h>
#include <linux/xtcp.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

int main(int argc, char **argv)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *to;
	char line[1024];
	int fd, len;

	if (argc != 3 || !fgets(line, sizeof(line), stdin))
		errx(2, "usage: echo LINE | xtcp-echo HOST PORT");
	if (getaddrinfo(argv[1], argv[2], &hints, &to))
		errx(1, "%s port %s: no such address", argv[1], argv[2]);
	fd = socket(AF_XTCP, SOCK_STREAM, 0);
	if (fd < 0 || connect(fd, to->ai_addr, to->ai_addrlen))
		err(1, fd < 0 ? "socket" : "connect");
	if (send(fd, line, strlen(line), 0) < 0 || shutdown(fd, SHUT_WR))
		err(1, "send");
	while ((len = recv(fd, line, sizeof(line), 0)) > 0)
		fwrite(line, 1, len, stdout);
	if (len < 0)
		err(1, "recv");
	return 0;
}

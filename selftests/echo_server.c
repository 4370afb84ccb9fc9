// SPDX-License-Identifier: GPL-2.0
/*
 * echo_server 4|6 ordinary|native|kernel PORT: sends back what it receives, to one after the
 * other, until it is killed.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/host.h"

static void serve(int fd)
{
	char buf[4096];
	ssize_t len;

	while ((len = recv(fd, buf, sizeof(buf), 0)) > 0)
		if (send(fd, buf, len, MSG_NOSIGNAL) != len)
			break;
	close(fd);
}

int main(int argc, char **argv)
{
	struct host host = { AF_XTCP, IPPROTO_TCP, 4 };
	int listener, fd;

	if (argc != 4)
		return 2;
	host.version = atoi(argv[1]);
	if (!strcmp(argv[2], "native"))
		host.protocol = IPPROTO_XTCP;
	else if (!strcmp(argv[2], "kernel"))
		host.family = 0;
	listener = host_listen(&host, NULL, atoi(argv[3]), 8);
	if (listener < 0 || fcntl(listener, F_SETFL, 0)) {
		printf("echo_server: %s\n", strerror(listener < 0 ? -listener : errno));
		return 1;
	}
	while ((fd = accept(listener, NULL, NULL)) >= 0)
		serve(fd);
	printf("echo_server: accept: %s\n", strerror(errno));
	return 1;
}

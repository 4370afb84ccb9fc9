// SPDX-License-Identifier: GPL-2.0
/*
 * listener 4|6 ordinary|native ADDRESS|any PORT BACKLOG: listens, says "ready", and accepts
 * nothing, until it is killed.
 */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/host.h"

int main(int argc, char **argv)
{
	struct host host = { AF_XTCP, IPPROTO_TCP, 4 };
	const char *address;
	int fd;

	if (argc != 6)
		return 2;
	host.version = atoi(argv[1]);
	if (!strcmp(argv[2], "native"))
		host.protocol = IPPROTO_XTCP;
	address = strcmp(argv[3], "any") ? argv[3] : NULL;
	fd = host_listen(&host, address, atoi(argv[4]), atoi(argv[5]));
	if (fd < 0) {
		printf("listener: %s\n", strerror(-fd));
		return 1;
	}
	puts("ready");
	fflush(stdout);
	for (;;)
		pause();
}

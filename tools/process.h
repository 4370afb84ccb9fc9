/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which processes have which sockets open, as far as /proc lets one see.
 */
#ifndef _XTCP_TOOL_PROCESS_H
#define _XTCP_TOOL_PROCESS_H

#include <stdint.h>

struct process {
	uint64_t	inode;	/* of the socket */
	int		pid;
	int		fd;
	char		name[17];
};

/* Looks, once. */
void process_scan(void);
/* Those that have a socket open: the first of @count. */
const struct process *process_find(uint64_t inode, unsigned int *count);

#endif /* _XTCP_TOOL_PROCESS_H */

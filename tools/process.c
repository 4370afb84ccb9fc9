// SPDX-License-Identifier: GPL-2.0
/* Which processes have which sockets open: /proc/PID/fd. */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "process.h"
#include "xtcp.h"

static struct process *processes;
static unsigned int process_count;

static int compare(const void *a, const void *b)
{
	const struct process *x = a, *y = b;

	if (x->inode != y->inode)
		return x->inode < y->inode ? -1 : 1;
	return x->pid != y->pid ? x->pid - y->pid : x->fd - y->fd;
}

static void add(uint64_t inode, int pid, int fd, const char *name)
{
	struct process *p;

	if (!(process_count & (process_count - 1)))
		processes = xrealloc(processes, process_count * 2 ?: 1, sizeof(*processes));
	p = &processes[process_count++];
	*p = (struct process) { .inode = inode, .pid = pid, .fd = fd };
	snprintf(p->name, sizeof(p->name), "%s", name);
}

static void read_name(int pid, char *name, size_t size)
{
	char path[32];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	file = fopen(path, "re");
	if (!file || !fgets(name, size, file))
		*name = 0;
	name[strcspn(name, "\n")] = 0;
	if (file)
		fclose(file);
}

/* Those that have ended, and those of others, say nothing. */
static void scan_fds(int pid)
{
	char path[32], link[64], name[17] = "";
	struct dirent *entry;
	uint64_t inode;
	ssize_t len;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	dir = opendir(path);
	if (!dir)
		return;
	while ((entry = readdir(dir))) {
		len = readlinkat(dirfd(dir), entry->d_name, link, sizeof(link) - 1);
		if (len < 0)
			continue;
		link[len] = 0;
		if (sscanf(link, "socket:[%" SCNu64 "]", &inode) != 1)
			continue;
		if (!*name)
			read_name(pid, name, sizeof(name));
		add(inode, pid, atoi(entry->d_name), name);
	}
	closedir(dir);
}

void process_scan(void)
{
	struct dirent *entry;
	DIR *dir;
	int pid;

	dir = opendir("/proc");
	if (!dir)
		die("/proc: %s", strerror(errno));
	while ((entry = readdir(dir))) {
		pid = atoi(entry->d_name);
		if (pid > 0)
			scan_fds(pid);
	}
	closedir(dir);
	if (process_count)
		qsort(processes, process_count, sizeof(*processes), compare);
}

const struct process *process_find(uint64_t inode, unsigned int *count)
{
	unsigned int low = 0, high = process_count, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (processes[middle].inode < inode)
			low = middle + 1;
		else
			high = middle;
	}
	for (*count = 0; low + *count < process_count; (*count)++) {
		if (processes[low + *count].inode != inode)
			break;
	}
	return &processes[low];
}

// SPDX-License-Identifier: GPL-2.0
/* An instance of the kernel's tracing, by tracefs. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "trace.h"
#include "xtcp.h"

#define TRACING		"/sys/kernel/tracing"
#define BUFFER_KIB	"4096"	/* a processor's: some ten thousand segments */
#define QUIET_MS	500
#define PATIENCE	6	/* times that */

static char instance[64];
/* Whose it is: a child that fails ends without it. */
static pid_t owner;

static bool write_text(const char *name, const char *text)
{
	char path[128];
	bool written;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", instance, name);
	fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	if (fd < 0)
		return false;
	written = write(fd, text, strlen(text)) == (ssize_t)strlen(text);
	close(fd);
	return written;
}

void trace_end(void)
{
	if (getpid() != owner)
		return;
	owner = 0;
	write_text("events/enable", "0");
	rmdir(instance);
}

static void set(const char *name, const char *text)
{
	if (!write_text(name, text))
		die("%s/%s: %s", instance, name, strerror(errno));
}

void trace_begin(bool forks)
{
	if (access("/sys/module/xtcp", F_OK))
		die("the kernel does not know XTCP: the module is not loaded");
	snprintf(instance, sizeof(instance), TRACING "/instances/xtcp-%d", getpid());
	if (mkdir(instance, 0700))
		die(TRACING ": %s", strerror(errno));
	owner = getpid();
	atexit(trace_end);
	set("trace_clock", "mono");
	set("buffer_size_kb", BUFFER_KIB);
	if (forks)
		set("events/sched/sched_process_fork/enable", "1");
	/* Of an end that is the kernel's, the states are all that is told. */
	set("events/sock/inet_sock_set_state/enable", "1");
	set("events/xtcp/xtcp_state/enable", "1");
	set("events/xtcp/xtcp_send/enable", "1");
	set("events/xtcp/xtcp_receive/enable", "1");
}

FILE *trace_text(void)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/trace", instance);
	file = fopen(path, "re");
	if (!file)
		die("%s: %s", path, strerror(errno));
	return file;
}

static unsigned long count_lines(void)
{
	FILE *file = trace_text();
	unsigned long count = 0;
	int c;

	while ((c = getc(file)) != EOF)
		count += c == '\n';
	fclose(file);
	return count;
}

void trace_settle(void)
{
	const struct timespec quiet = { .tv_nsec = QUIET_MS * 1000000L };
	unsigned long before, count = count_lines();
	int i;

	for (i = 0; i < PATIENCE; i++) {
		before = count;
		nanosleep(&quiet, NULL);
		count = count_lines();
		if (count == before)
			return;
	}
}

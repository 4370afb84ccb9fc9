// SPDX-License-Identifier: GPL-2.0
/* An instance of the kernel's tracing, by tracefs. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tracefs.h"

#define INSTANCES	"/sys/kernel/tracing/instances"
#define LOADED		"/sys/module/xtcp"

static char instance[64];
static int pipe_fd = -1;

/* It is busy as long as its pipe is open. */
void tracefs_close(void)
{
	if (pipe_fd >= 0)
		close(pipe_fd);
	pipe_fd = -1;
	if (*instance)
		rmdir(instance);
	*instance = 0;
}

static void make_instance(void)
{
	char path[sizeof(instance)];

	snprintf(path, sizeof(path), INSTANCES "/xtcp-%d", getpid());
	/* One who was killed, and had this number, has left it. */
	if (mkdir(path, 0700) && (errno != EEXIST || rmdir(path) || mkdir(path, 0700))) {
		if (errno == EACCES || errno == EPERM)
			die("only who may write to " INSTANCES " may trace");
		die("%s: %s", path, strerror(errno));
	}
	snprintf(instance, sizeof(instance), "%s", path);
	atexit(tracefs_close);
}

static int open_file(const char *name, int flags)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", instance, name);
	fd = open(path, flags | O_CLOEXEC);
	if (fd < 0)
		die("%s: %s", path, strerror(errno));
	return fd;
}

void tracefs_write(const char *file, const char *format, ...)
{
	int fd = open_file(file, O_WRONLY | O_TRUNC);
	va_list args;
	int written;

	va_start(args, format);
	written = vdprintf(fd, format, args);
	va_end(args);
	if (written < 0)
		die("%s/%s: %s", instance, file, strerror(errno));
	close(fd);
}

void tracefs_open(void)
{
	require_module();
	make_instance();
	tracefs_write("trace_clock", "mono");
}

void tracefs_enable(const char *event, const char *filter)
{
	char file[64];

	if (filter) {
		snprintf(file, sizeof(file), "events/%s/filter", event);
		tracefs_write(file, "%s", filter);
	}
	snprintf(file, sizeof(file), "events/%s/enable", event);
	tracefs_write(file, "1");
}

FILE *tracefs_text(void)
{
	FILE *file = fdopen(open_file("trace", O_RDONLY), "r");

	if (!file)
		die("%s/trace: %s", instance, strerror(errno));
	return file;
}

int tracefs_follow(void)
{
	/* Who waits hears of the first event, and not only once half of the buffer is full. */
	tracefs_write("buffer_percent", "0");
	pipe_fd = open_file("trace_pipe", O_RDONLY | O_NONBLOCK);
	return pipe_fd;
}

/* Passes the whole lines on, and returns how much of another follows; that is at the start then. */
static size_t pass_lines(char *text, size_t len, void (*each)(char *line))
{
	char *line = text, *end;

	while ((end = memchr(line, '\n', text + len - line))) {
		*end = 0;
		each(line);
		line = end + 1;
	}
	len -= line - text;
	memmove(text, line, len);
	return len;
}

void tracefs_read(void (*each)(char *line))
{
	static char text[0x10000];
	static size_t len;
	ssize_t got;

	/* The instance stays, but there will be no event. */
	if (access(LOADED, F_OK))
		die("the module has been unloaded");
	while ((got = read(pipe_fd, text + len, sizeof(text) - len)) > 0) {
		len = pass_lines(text, len + got, each);
		if (len == sizeof(text))
			die("%s/trace_pipe makes no sense", instance);
	}
	if (got < 0 && errno != EAGAIN && errno != EINTR)
		die("%s/trace_pipe: %s", instance, strerror(errno));
}

// SPDX-License-Identifier: GPL-2.0
/* xtcp run --preload: the library that stands in front of libc's calls. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "run.h"

#define EXPORT __attribute__((visibility("default")))

static struct run run;
static bool active;
static int (*next_connect)(int fd, const struct sockaddr *to, socklen_t len);

static __attribute__((constructor)) void read_environment(void)
{
	const char *text = getenv(RUN_ENVIRONMENT);
	int strict, verbose;

	next_connect = dlsym(RTLD_NEXT, "connect");
	if (!text || sscanf(text, RUN_ENVIRONMENT_FORMAT, &run.family, &run.protocol, &run.which,
			    &run.low, &run.high, &strict, &verbose) != 7)
		return;
	run.strict = strict;
	run.verbose = verbose;
	active = true;
}

static void tell(const char *call, int fd)
{
	if (run.verbose)
		dprintf(STDERR_FILENO, "xtcp: %s[%d]: %s: socket %d is XTCP's\n",
			program_invocation_short_name, getpid(), call, fd);
}

EXPORT int socket(int family, int type, int protocol)
{
	int fd;

	if (active && run_from_start(&run) && run_is_tcp(family, type, protocol)) {
		fd = run_socket(&run, family, type & (SOCK_NONBLOCK | SOCK_CLOEXEC));
		if (fd >= 0) {
			tell("socket", fd);
			return fd;
		}
		if (run.strict || fd != -EAFNOSUPPORT) {
			errno = -fd;
			return -1;
		}
	}
	return syscall(SYS_socket, family, type, protocol);
}

/* Puts an XTCP socket in the place of @fd. 0, or a negative errno. */
static int exchange(int fd, const char *call)
{
	int closes = fcntl(fd, F_GETFD);
	struct run_exchange new = {};
	int err;

	err = run_exchange(&run, fd, &new);
	if (err)
		return run.strict ? err : 0;
	if (dup3(new.fd, fd, closes & FD_CLOEXEC ? O_CLOEXEC : 0) < 0)
		err = -errno;
	if (!err)
		err = run_exchange_bind(&new);
	close(new.fd);
	if (!err)
		tell(call, fd);
	return err;
}

EXPORT int connect(int fd, const struct sockaddr *to, socklen_t len)
{
	struct sockaddr_storage copy = {};
	int err = 0;

	if (active && !run_from_start(&run) && to && len <= sizeof(copy)) {
		memcpy(&copy, to, len);
		if (run_wants_connect(&run, fd, &copy, len))
			err = exchange(fd, "connect");
	}
	if (err) {
		errno = -err;
		return -1;
	}
	return next_connect(fd, to, len);
}

EXPORT int listen(int fd, int backlog)
{
	int err = 0;

	if (active && !run_from_start(&run) && run_wants_listen(&run, fd))
		err = exchange(fd, "listen");
	if (err) {
		errno = -err;
		return -1;
	}
	return syscall(SYS_listen, fd, backlog);
}

EXPORT int getsockopt(int fd, int level, int name, void *value, socklen_t *len)
{
	int said = 0;

	if (active && level == SOL_SOCKET && (name == SO_DOMAIN || name == SO_PROTOCOL) && value &&
	    len && *len <= INT32_MAX)
		said = run_passes_for(&run, fd, name);
	if (!said)
		return syscall(SYS_getsockopt, fd, level, name, value, len);
	if (*len > sizeof(said))
		*len = sizeof(said);
	memcpy(value, &said, *len);
	return 0;
}

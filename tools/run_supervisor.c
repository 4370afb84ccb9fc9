// SPDX-License-Identifier: GPL-2.0
/*
 * xtcp run: the supervisor, which seccomp_unotify(2) asks about the sockets of others.
 *
 * What it reads of a process may have changed by the time that the kernel does the same: a program
 * can so keep a socket from XTCP, its own, and no more. This is no fence.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "run.h"
#include "xtcp.h"

#ifndef SECCOMP_IOCTL_NOTIF_SET_FLAGS
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS	SECCOMP_IOW(4, __u64)
#define SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP	(1UL << 0)
#endif

/**
 * struct question - a call that waits for its answer
 * @run: what is wanted
 * @listener: where it came from
 * @ask: the call
 * @reply: answer
 * @program: who asks, for people
 */
struct question {
	const struct run		*run;
	int				listener;
	struct seccomp_notif		*ask;
	struct seccomp_notif_resp	*reply;
	char				program[32];
};

static int open_of(const struct question *q, const char *name, int flags)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%u/%s", q->ask->pid, name);
	return open(path, flags | O_CLOEXEC);
}

/* False if it is gone, and its number perhaps another's. */
static bool is_waiting(const struct question *q)
{
	return !ioctl(q->listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &q->ask->id);
}

static void name_program(struct question *q)
{
	int fd = open_of(q, "comm", O_RDONLY);
	ssize_t len = -1;

	if (fd >= 0) {
		len = read(fd, q->program, sizeof(q->program) - 1);
		close(fd);
	}
	q->program[len > 0 ? len - 1 : 0] = '\0';
}

static PRINTF(2, 3) void tell(struct question *q, const char *format, ...)
{
	va_list args;

	name_program(q);
	va_start(args, format);
	fprintf(stderr, "xtcp: %s[%u]: ", q->program, q->ask->pid);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
}

static void answer(struct question *q, int error, int64_t value, unsigned int flags)
{
	struct seccomp_notif_resp *reply = q->reply;

	*reply = (struct seccomp_notif_resp) {
		.id = q->ask->id, .error = error, .val = value, .flags = flags,
	};
	/* Who asked may be gone. */
	ioctl(q->listener, SECCOMP_IOCTL_NOTIF_SEND, reply);
}

static void let_pass(struct question *q)
{
	answer(q, 0, 0, SECCOMP_USER_NOTIF_FLAG_CONTINUE);
}

/* It cannot be XTCP's. */
static void decline(struct question *q, int err, const char *why)
{
	static bool told;

	if (q->run->strict) {
		tell(q, "%s: %s", why, strerror(-err));
		answer(q, err, 0, 0);
		return;
	}
	if (!told || q->run->verbose)
		tell(q, "%s: %s; the socket is the kernel's TCP", why, strerror(-err));
	told = true;
	let_pass(q);
}

/*
 * A socket is of the network that its maker is in. Returns a descriptor to go back by, -1 if the
 * process is in ours, or a negative errno less 1.
 */
static int enter_network(const struct question *q)
{
	int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	int theirs = open_of(q, "ns/net", O_RDONLY);
	struct stat a, b;
	int err = 0;

	/* One that lets nobody look is taken to be where we are. */
	if (home < 0 || theirs < 0 || fstat(home, &a) || fstat(theirs, &b) || a.st_ino == b.st_ino)
		goto stay;
	if (setns(theirs, CLONE_NEWNET)) {
		err = -errno;
		goto stay;
	}
	close(theirs);
	return home;

stay:
	if (home >= 0)
		close(home);
	if (theirs >= 0)
		close(theirs);
	return err - 1;
}

static void leave_network(int home)
{
	if (home < 0)
		return;
	if (setns(home, CLONE_NEWNET))
		die("network namespace: %s", strerror(errno));
	close(home);
}

/* Firewalls and /proc/net/xtcp name a socket's owner. */
static void give_to_owner(const struct question *q, int fd)
{
	char path[32];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%u", q->ask->pid);
	if (!stat(path, &st) && st.st_uid != geteuid() && fchown(fd, st.st_uid, -1))
		return;
}

/* -EPERM for another network that may not be entered. */
static int socket_for(const struct question *q, int family, int flags)
{
	int home = enter_network(q);
	int fd;

	if (home < -1)
		return home + 1;
	fd = run_socket(q->run, family, flags);
	leave_network(home);
	if (fd >= 0)
		give_to_owner(q, fd);
	return fd;
}

static void asked_socket(struct question *q)
{
	const int family = q->ask->data.args[0];
	const int type = q->ask->data.args[1];
	struct seccomp_notif_addfd add = {
		.id		= q->ask->id,
		.newfd_flags	= type & SOCK_CLOEXEC ? O_CLOEXEC : 0,
	};
	int fd = socket_for(q, family, (type & SOCK_NONBLOCK) | SOCK_CLOEXEC);
	int theirs, err;

	if (fd < 0) {
		decline(q, fd, "socket");
		return;
	}
	add.srcfd = fd;
	if (q->run->verbose)
		tell(q, "an XTCP socket for one of %s", family == AF_INET ? "IPv4" : "IPv6");
	theirs = ioctl(q->listener, SECCOMP_IOCTL_NOTIF_ADDFD, &add);
	err = theirs < 0 ? -errno : 0;
	/* Before the answer: if it closes its descriptor at once, that has to be the last one. */
	close(fd);
	answer(q, err, err ? 0 : theirs, 0);
}

/* A thread has no descriptor; its process has. */
static int process_of(const struct question *q)
{
	int fd = open_of(q, "status", O_RDONLY);
	char text[512] = {};
	unsigned int pid;
	char *line;
	ssize_t len;

	if (fd < 0)
		return -errno;
	len = read(fd, text, sizeof(text) - 1);
	close(fd);
	line = len > 0 ? strstr(text, "\nTgid:") : NULL;
	if (!line || sscanf(line, "\nTgid: %u", &pid) != 1)
		return -ESRCH;
	fd = syscall(SYS_pidfd_open, pid, 0);
	return fd < 0 ? -errno : fd;
}

/* A descriptor of our own for the one that the call names. */
static int descriptor_of(const struct question *q)
{
	int process = process_of(q);
	int fd, err;

	if (process < 0)
		return process;
	fd = syscall(SYS_pidfd_getfd, process, (int)q->ask->data.args[0], 0);
	err = -errno;
	close(process);
	return fd < 0 ? err : fd;
}

static bool closes_on_exec(const struct question *q)
{
	char name[32], text[256] = {};
	unsigned int flags = 0;
	char *line;
	int fd;

	snprintf(name, sizeof(name), "fdinfo/%d", (int)q->ask->data.args[0]);
	fd = open_of(q, name, O_RDONLY);
	if (fd < 0)
		return false;
	if (read(fd, text, sizeof(text) - 1) > 0) {
		line = strstr(text, "flags:");
		if (line)
			sscanf(line, "flags: %o", &flags);
	}
	close(fd);
	return flags & O_CLOEXEC;
}

/* Bytes of the process's memory, or a negative errno. */
static ssize_t memory(const struct question *q, uint64_t where, void *what, size_t len, bool write)
{
	int fd = open_of(q, "mem", write ? O_RDWR : O_RDONLY);
	ssize_t got;

	if (fd < 0)
		return -errno;
	if (!is_waiting(q))
		got = -1, errno = ESRCH;
	else if (write)
		got = pwrite(fd, what, len, where);
	else
		got = pread(fd, what, len, where);
	if (got < 0)
		got = -errno;
	close(fd);
	return got;
}

/* Puts the new socket in the place of the old one, @old, which is closed. */
static int exchange(const struct question *q, int old)
{
	struct seccomp_notif_addfd add = {
		.id		= q->ask->id,
		.flags		= SECCOMP_ADDFD_FLAG_SETFD,
		.newfd		= q->ask->data.args[0],
		.newfd_flags	= closes_on_exec(q) ? O_CLOEXEC : 0,
	};
	struct run_exchange new = {};
	int home = enter_network(q);
	int err;

	err = home < -1 ? home + 1 : run_exchange(q->run, old, &new);
	leave_network(home);
	if (err) {
		close(old);
		return err;
	}
	give_to_owner(q, new.fd);
	add.srcfd = new.fd;
	err = ioctl(q->listener, SECCOMP_IOCTL_NOTIF_ADDFD, &add) < 0 ? -errno : 0;
	close(old);
	if (!err)
		err = run_exchange_bind(&new);
	close(new.fd);
	return err;
}

static void exchange_and_go_on(struct question *q, int old, const char *call)
{
	int err = exchange(q, old);

	if (err) {
		decline(q, err, call);
		return;
	}
	if (q->run->verbose)
		tell(q, "%s: socket %d is XTCP's now", call, (int)q->ask->data.args[0]);
	let_pass(q);
}

static void asked_connect(struct question *q)
{
	const uint64_t len = q->ask->data.args[2];
	struct sockaddr_storage to = {};
	int fd = descriptor_of(q);
	ssize_t got;

	if (fd == -EBADF) {
		let_pass(q);
		return;
	}
	got = fd < 0 ? fd : memory(q, q->ask->data.args[1], &to,
				   len < sizeof(to) ? len : sizeof(to), false);
	if (fd >= 0 && got >= 0 && run_wants_connect(q->run, fd, &to, got)) {
		exchange_and_go_on(q, fd, "connect");
		return;
	}
	if (fd >= 0)
		close(fd);
	/* A bad address is the call's own affair. */
	if (got == -EIO || got >= 0)
		let_pass(q);
	else
		decline(q, got, "cannot look into the process");
}

static void asked_listen(struct question *q)
{
	int fd = descriptor_of(q);

	if (fd == -EBADF) {
		let_pass(q);
	} else if (fd < 0) {
		decline(q, fd, "cannot look into the process");
	} else if (run_wants_listen(q->run, fd)) {
		exchange_and_go_on(q, fd, "listen");
	} else {
		close(fd);
		let_pass(q);
	}
}

/* getsockopt(), where the kernel would say AF_XTCP, or the native carrier. */
static void asked_option(struct question *q)
{
	int fd = descriptor_of(q);
	socklen_t len = 0;
	int value = 0;

	if (fd >= 0) {
		value = run_passes_for(q->run, fd, q->ask->data.args[2]);
		close(fd);
	}
	if (!value || memory(q, q->ask->data.args[4], &len, sizeof(len), false) != sizeof(len) ||
	    len > INT32_MAX) {
		let_pass(q);
		return;
	}
	if (len > sizeof(value))
		len = sizeof(value);
	if (memory(q, q->ask->data.args[3], &value, len, true) != (ssize_t)len ||
	    memory(q, q->ask->data.args[4], &len, sizeof(len), true) != sizeof(len))
		answer(q, -EFAULT, 0, 0);
	else
		answer(q, 0, 0, 0);
}

static void answer_one(struct question *q)
{
	switch (q->ask->data.nr) {
	case SYS_socket:
		asked_socket(q);
		break;
	case SYS_connect:
		asked_connect(q);
		break;
	case SYS_listen:
		asked_listen(q);
		break;
	case SYS_getsockopt:
		asked_option(q);
		break;
	default:
		let_pass(q);
		break;
	}
}

_Noreturn void run_supervise(const struct run *run, int listener)
{
	struct pollfd poll_listener = { .fd = listener, .events = POLLIN };
	struct question q = { .run = run, .listener = listener };
	struct seccomp_notif_sizes sizes;
	size_t ask = sizeof(*q.ask), reply = sizeof(*q.reply);

	if (syscall(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, &sizes))
		die("seccomp: %s", strerror(errno));
	/* The kernel's may be longer than what this was compiled with. */
	if (sizes.seccomp_notif > ask)
		ask = sizes.seccomp_notif;
	if (sizes.seccomp_notif_resp > reply)
		reply = sizes.seccomp_notif_resp;
	q.ask = xrealloc(NULL, 1, ask);
	q.reply = xrealloc(NULL, 1, reply);
	memset(q.reply, 0, reply);
	/* Since Linux 6.6, and the quicker way: who asks has nothing else to do. */
	ioctl(listener, SECCOMP_IOCTL_NOTIF_SET_FLAGS, SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP);
	for (;;) {
		if (poll(&poll_listener, 1, -1) < 0) {
			if (errno == EINTR)
				continue;
			die("poll: %s", strerror(errno));
		}
		if (!(poll_listener.revents & POLLIN))
			exit(STATUS_OK);
		memset(q.ask, 0, ask);
		/* Who asked may have been killed. */
		if (!ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, q.ask))
			answer_one(&q);
	}
}

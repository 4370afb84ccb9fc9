/* SPDX-License-Identifier: GPL-2.0 */
/*
 * xtcp run: a program whose TCP sockets are XTCP's. What the supervisor (a process beside it) and
 * the library (preloaded into it) share.
 */
#ifndef _XTCP_RUN_H
#define _XTCP_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

/* The program ends with these if it was not begun, as env(1) and timeout(1) have it. */
enum {
	STATUS_NOT_RUN		= 125,
	STATUS_NOT_EXECUTABLE	= 126,
	STATUS_NOT_FOUND	= 127,
};

/* Which sockets: those that connect, those that listen. */
#define RUN_CONNECT	0x1
#define RUN_LISTEN	0x2
#define RUN_ALL		(RUN_CONNECT | RUN_LISTEN)

/**
 * struct run - what becomes XTCP's
 * @family: of XTCP's sockets: AF_XTCP, or what the module was told to take
 * @protocol: its carrier, third argument of socket()
 * @which: RUN_CONNECT, RUN_LISTEN or both
 * @low: first port: the remote one of a socket that connects, the local one of one that listens
 * @high: last port
 * @strict: what cannot be XTCP's fails
 * @verbose: each socket is told of
 */
struct run {
	int		family;
	int		protocol;
	unsigned int	which;
	unsigned int	low;
	unsigned int	high;
	bool		strict;
	bool		verbose;
};

/*
 * Whether a socket is XTCP's from the start. Otherwise it begins as the kernel's, and is exchanged
 * when it turns out to be wanted.
 */
static inline bool run_from_start(const struct run *run)
{
	return run->which == RUN_ALL && run->low == 0 && run->high == 65535;
}

/* socket(@family, @type, @protocol) asks for TCP. */
bool run_is_tcp(int family, int type, int protocol);

/**
 * run_socket() - an XTCP socket that passes for one of @family
 * @run: carrier
 * @family: AF_INET or AF_INET6: of its addresses
 * @flags: SOCK_NONBLOCK, SOCK_CLOEXEC
 *
 * Return: descriptor, or a negative errno: -EAFNOSUPPORT if there is no such module, or no IPv6.
 */
int run_socket(const struct run *run, int family, int flags);

/*
 * What getsockopt(@name) is to say, SO_DOMAIN or SO_PROTOCOL, if @fd is an XTCP socket: what it
 * would of one of the kernel's TCP. Otherwise 0.
 */
int run_passes_for(const struct run *run, int fd, int name);

/**
 * struct run_exchange - a socket of the kernel's that is to become XTCP's
 * @fd: the new one, with the options of the old one
 * @local: what the old one was bound to
 * @bound: it was
 */
struct run_exchange {
	int			fd;
	struct sockaddr_storage	local;
	bool			bound;
};

/* Whether @fd is to be exchanged before it connects to @to, or listens. */
bool run_wants_connect(const struct run *run, int fd, const struct sockaddr_storage *to,
		       socklen_t len);
bool run_wants_listen(const struct run *run, int fd);

/**
 * run_exchange() - make the new socket
 * @run: carrier
 * @old: the kernel's socket, neither connected nor listening; it stays open
 * @new: filled
 *
 * The new one is still to be bound, run_exchange_bind(), when the old one has given up its port.
 *
 * Return: 0 or a negative errno. Options that XTCP does not have are lost.
 */
int run_exchange(const struct run *run, int old, struct run_exchange *new);
int run_exchange_bind(const struct run_exchange *new);

/**
 * run_filter_install() - from here on a supervisor is asked about sockets
 * @run: which
 *
 * Return: descriptor of the supervisor's end (seccomp_unotify(2)), or a negative errno: -EACCES
 * without the right to, -EBUSY if there is a supervisor already, -EINVAL, -EOPNOTSUPP if the kernel
 * cannot.
 */
int run_filter_install(const struct run *run);

/* Answers what comes from @listener, until nobody is left to ask. */
_Noreturn void run_supervise(const struct run *run, int listener);

/* The library is told in the environment. */
#define RUN_ENVIRONMENT		"XTCP_RUN"
#define RUN_ENVIRONMENT_FORMAT	"%d %d %u %u %u %d %d"
#define RUN_LIBRARY		"libxtcp-run.so"

#endif /* _XTCP_RUN_H */

// SPDX-License-Identifier: GPL-2.0
/* xtcp run: sockets of XTCP in place of the kernel's. The supervisor's and the library's. */
#include <errno.h>
#include <fcntl.h>
#include <linux/xtcp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "run.h"

#ifndef SO_BUF_LOCK
#define SO_BUF_LOCK		72
#endif
#ifndef SOCK_SNDBUF_LOCK
#define SOCK_SNDBUF_LOCK	1
#define SOCK_RCVBUF_LOCK	2
#endif
#ifndef TCP_NOTSENT_LOWAT
#define TCP_NOTSENT_LOWAT	25
#endif

/* What setsockopt() takes as getsockopt() gives it. */
static const struct {
	int	level;
	int	name;
} options[] = {
	{ SOL_SOCKET, SO_REUSEADDR },
	{ SOL_SOCKET, SO_REUSEPORT },
	{ SOL_SOCKET, SO_KEEPALIVE },
	{ SOL_SOCKET, SO_OOBINLINE },
	{ SOL_SOCKET, SO_DONTROUTE },
	{ SOL_SOCKET, SO_PRIORITY },
	{ SOL_SOCKET, SO_MARK },
	{ SOL_SOCKET, SO_LINGER },
	{ SOL_SOCKET, SO_RCVTIMEO },
	{ SOL_SOCKET, SO_SNDTIMEO },
	{ SOL_SOCKET, SO_RCVLOWAT },
	{ SOL_SOCKET, SO_BINDTODEVICE },
	{ SOL_SOCKET, SO_MAX_PACING_RATE },
	{ SOL_SOCKET, SO_ZEROCOPY },
	{ SOL_SOCKET, SO_BUSY_POLL },
	{ SOL_SOCKET, SO_TIMESTAMP },
	{ IPPROTO_IP, IP_TOS },
	{ IPPROTO_IP, IP_TTL },
	{ IPPROTO_IP, IP_MTU_DISCOVER },
	{ IPPROTO_IP, IP_FREEBIND },
	{ IPPROTO_IP, IP_TRANSPARENT },
	{ IPPROTO_IPV6, IPV6_V6ONLY },
	{ IPPROTO_IPV6, IPV6_TCLASS },
	{ IPPROTO_IPV6, IPV6_UNICAST_HOPS },
	{ IPPROTO_IPV6, IPV6_MTU_DISCOVER },
	{ IPPROTO_TCP, TCP_NODELAY },
	{ IPPROTO_TCP, TCP_CORK },
	{ IPPROTO_TCP, TCP_MAXSEG },
	{ IPPROTO_TCP, TCP_KEEPIDLE },
	{ IPPROTO_TCP, TCP_KEEPINTVL },
	{ IPPROTO_TCP, TCP_KEEPCNT },
	{ IPPROTO_TCP, TCP_SYNCNT },
	{ IPPROTO_TCP, TCP_LINGER2 },
	{ IPPROTO_TCP, TCP_DEFER_ACCEPT },
	{ IPPROTO_TCP, TCP_WINDOW_CLAMP },
	{ IPPROTO_TCP, TCP_USER_TIMEOUT },
	{ IPPROTO_TCP, TCP_NOTSENT_LOWAT },
	{ IPPROTO_TCP, TCP_CONGESTION },
};

#define OPTIONS (sizeof(options) / sizeof(*options))

bool run_is_tcp(int family, int type, int protocol)
{
	return (family == AF_INET || family == AF_INET6) &&
	       (type & ~(SOCK_NONBLOCK | SOCK_CLOEXEC)) == SOCK_STREAM &&
	       (protocol == 0 || protocol == IPPROTO_TCP);
}

/* Not by libc's function, which the library stands in front of. */
static int open_socket(int family, int type, int protocol)
{
	int fd = syscall(SYS_socket, family, type, protocol);

	return fd < 0 ? -errno : fd;
}

static int get_int(int fd, int level, int name, int *value)
{
	socklen_t len = sizeof(*value);

	return syscall(SYS_getsockopt, fd, level, name, value, &len);
}

int run_socket(const struct run *run, int family, int flags)
{
	int fd = open_socket(run->family, SOCK_STREAM | flags, run->protocol);
	int err;

	if (fd < 0 || !setsockopt(fd, IPPROTO_IPV6, IPV6_ADDRFORM, &family, sizeof(family)))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

int run_passes_for(const struct run *run, int fd, int name)
{
	struct sockaddr_storage local;
	socklen_t len = sizeof(local);
	int domain;

	if (get_int(fd, SOL_SOCKET, SO_DOMAIN, &domain) || domain != run->family ||
	    getsockname(fd, (struct sockaddr *)&local, &len))
		return 0;
	return name == SO_PROTOCOL ? IPPROTO_TCP : local.ss_family;
}

/* A TCP socket of the kernel's to which nothing has happened yet. */
static bool is_fresh(int fd)
{
	struct tcp_info info;
	socklen_t len = sizeof(info);
	int domain, type, protocol;

	return !get_int(fd, SOL_SOCKET, SO_DOMAIN, &domain) &&
	       !get_int(fd, SOL_SOCKET, SO_TYPE, &type) &&
	       !get_int(fd, SOL_SOCKET, SO_PROTOCOL, &protocol) &&
	       run_is_tcp(domain, type, protocol) &&
	       !getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) &&
	       info.tcpi_state == TCP_CLOSE;
}

/* The families have their port at the same place. */
static unsigned int port_of(const struct sockaddr_storage *addr)
{
	return ntohs(((const struct sockaddr_in *)addr)->sin_port);
}

static bool is_inside(const struct run *run, unsigned int port)
{
	return port >= run->low && port <= run->high;
}

bool run_wants_connect(const struct run *run, int fd, const struct sockaddr_storage *to,
		       socklen_t len)
{
	return (run->which & RUN_CONNECT) && len >= sizeof(struct sockaddr_in) &&
	       (to->ss_family == AF_INET || to->ss_family == AF_INET6) &&
	       is_inside(run, port_of(to)) && is_fresh(fd);
}

bool run_wants_listen(const struct run *run, int fd)
{
	struct sockaddr_storage local;
	socklen_t len = sizeof(local);

	return (run->which & RUN_LISTEN) && is_fresh(fd) &&
	       !getsockname(fd, (struct sockaddr *)&local, &len) && is_inside(run, port_of(&local));
}

/* What differs from @plain's was set by the program. */
static void copy_option(int old, int plain, int new, int level, int name)
{
	char was[64] = {}, is[64] = {};
	socklen_t was_len = sizeof(was), is_len = sizeof(is);

	if (getsockopt(old, level, name, is, &is_len) ||
	    getsockopt(plain, level, name, was, &was_len) ||
	    (is_len == was_len && !memcmp(is, was, is_len)))
		return;
	setsockopt(new, level, name, is, is_len);
}

/* getsockopt() tells twice what was set (socket(7)). */
static void copy_buffer(int old, int new, int name)
{
	int bytes;

	if (get_int(old, SOL_SOCKET, name, &bytes))
		return;
	bytes /= 2;
	setsockopt(new, SOL_SOCKET, name, &bytes, sizeof(bytes));
}

static void copy_options(int old, int plain, int new)
{
	int locked = 0;
	size_t i;

	for (i = 0; i < OPTIONS; i++)
		copy_option(old, plain, new, options[i].level, options[i].name);
	get_int(old, SOL_SOCKET, SO_BUF_LOCK, &locked);
	if (locked & SOCK_SNDBUF_LOCK)
		copy_buffer(old, new, SO_SNDBUF);
	if (locked & SOCK_RCVBUF_LOCK)
		copy_buffer(old, new, SO_RCVBUF);
}

static bool is_any(const struct sockaddr_storage *addr)
{
	const struct sockaddr_in6 *sin6 = (const struct sockaddr_in6 *)addr;
	const struct sockaddr_in *sin = (const struct sockaddr_in *)addr;

	if (addr->ss_family == AF_INET)
		return sin->sin_addr.s_addr == htonl(INADDR_ANY);
	return IN6_IS_ADDR_UNSPECIFIED(&sin6->sin6_addr);
}

int run_exchange(const struct run *run, int old, struct run_exchange *new)
{
	socklen_t len = sizeof(new->local);
	int plain, domain;

	if (get_int(old, SOL_SOCKET, SO_DOMAIN, &domain) ||
	    getsockname(old, (struct sockaddr *)&new->local, &len))
		return -errno;
	new->bound = port_of(&new->local) || !is_any(&new->local);
	plain = open_socket(domain, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP);
	if (plain < 0)
		return plain;
	new->fd = run_socket(run, domain, SOCK_CLOEXEC);
	if (new->fd >= 0) {
		copy_options(old, plain, new->fd);
		fcntl(new->fd, F_SETFL, fcntl(old, F_GETFL));
	}
	close(plain);
	return new->fd < 0 ? new->fd : 0;
}

int run_exchange_bind(const struct run_exchange *new)
{
	socklen_t len = new->local.ss_family == AF_INET ? sizeof(struct sockaddr_in) :
							  sizeof(struct sockaddr_in6);

	if (!new->bound || !bind(new->fd, (const struct sockaddr *)&new->local, len))
		return 0;
	return -errno;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * Sockets of the host under test, and its /proc files.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host.h"

bool host_choose(struct host *host, const char *name)
{
	const bool kernel = !strcmp(name, "kernel"), native = !strcmp(name, "native");

	if (!kernel && !native && strcmp(name, "ordinary"))
		return false;
	host->family = kernel ? 0 : AF_XTCP;
	host->protocol = native ? IPPROTO_XTCP : IPPROTO_TCP;
	return true;
}

bool host_is_reference(const struct host *host)
{
	return !host->family;
}

uint8_t host_ip_protocol(const struct host *host)
{
	return host->protocol ?: IPPROTO_TCP;
}

int host_socket(const struct host *host, int flags)
{
	int family = host->family;
	int fd;

	if (!family)
		family = host->version == 4 ? AF_INET : AF_INET6;
	fd = socket(family, SOCK_STREAM | flags, host->protocol);
	return fd < 0 ? -errno : fd;
}

static const char *address_text(const struct host *host, const char *address)
{
	const bool v4 = host->version == 4;

	if (!address)
		return v4 ? "0.0.0.0" : "::";
	if (!strcmp(address, "lo"))
		return v4 ? "127.0.0.1" : "::1";
	if (!strcmp(address, "host"))
		return v4 ? HOST_V4 : HOST_V6;
	if (!strcmp(address, "peer"))
		return v4 ? PEER_V4 : PEER_V6;
	return address;
}

socklen_t host_address(const struct host *host, struct sockaddr_storage *addr,
		       const char *address, uint16_t port)
{
	struct sockaddr_in6 *sin6 = (struct sockaddr_in6 *)addr;
	struct sockaddr_in *sin = (struct sockaddr_in *)addr;
	const char *text = address_text(host, address);
	int ok;

	memset(addr, 0, sizeof(*addr));
	if (strchr(text, ':')) {
		sin6->sin6_family = AF_INET6;
		sin6->sin6_port = htons(port);
		ok = inet_pton(AF_INET6, text, &sin6->sin6_addr);
	} else {
		sin->sin_family = AF_INET;
		sin->sin_port = htons(port);
		ok = inet_pton(AF_INET, text, &sin->sin_addr);
	}
	if (ok != 1) {
		fprintf(stderr, "no address: %s\n", text);
		exit(1);
	}
	return addr->ss_family == AF_INET ? sizeof(*sin) : sizeof(*sin6);
}

uint16_t host_address_port(const struct sockaddr_storage *addr)
{
	if (addr->ss_family == AF_INET)
		return ntohs(((const struct sockaddr_in *)addr)->sin_port);
	return ntohs(((const struct sockaddr_in6 *)addr)->sin6_port);
}

int host_bind(const struct host *host, int fd, const char *address, uint16_t port)
{
	struct sockaddr_storage addr;
	socklen_t len = host_address(host, &addr, address, port);

	return bind(fd, (struct sockaddr *)&addr, len) ? -errno : 0;
}

int host_connect(const struct host *host, int fd, const char *address, uint16_t port)
{
	struct sockaddr_storage addr;
	socklen_t len = host_address(host, &addr, address, port);

	return connect(fd, (struct sockaddr *)&addr, len) ? -errno : 0;
}

int host_listen(const struct host *host, const char *address, uint16_t port, int backlog)
{
	int fd = host_socket(host, SOCK_NONBLOCK | SOCK_CLOEXEC);
	int ret;

	if (fd < 0)
		return fd;
	ret = host_bind(host, fd, address, port);
	if (!ret && listen(fd, backlog))
		ret = -errno;
	if (!ret)
		return fd;
	close(fd);
	return ret;
}

uint16_t host_local_port(int fd)
{
	struct sockaddr_storage addr;
	socklen_t len = sizeof(addr);

	if (getsockname(fd, (struct sockaddr *)&addr, &len))
		return 0;
	return host_address_port(&addr);
}

int host_get(int fd, int level, int name)
{
	int value = -1;
	socklen_t len = sizeof(value);

	return getsockopt(fd, level, name, &value, &len) ? -errno : value;
}

int host_set(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof(value)) ? -errno : 0;
}

int host_info(int fd, struct tcp_info *info)
{
	socklen_t len = sizeof(*info);

	memset(info, 0, sizeof(*info));
	return getsockopt(fd, IPPROTO_TCP, TCP_INFO, info, &len) ? -errno : 0;
}

int host_socket_error(int fd)
{
	int err = 0;
	socklen_t len = sizeof(err);

	return getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len) ? -errno : err;
}

/* One line of /proc/net/tcp or alike: ports and state. */
struct proc_line {
	unsigned int	lport;
	unsigned int	rport;
	unsigned int	state;
};

typedef void (*proc_visit_t)(const struct proc_line *line, void *arg);

static void proc_walk_file(const char *path, proc_visit_t visit, void *arg)
{
	struct proc_line line;
	char text[512];
	FILE *file;

	file = fopen(path, "re");
	if (!file)
		return;
	while (fgets(text, sizeof(text), file))
		if (sscanf(text, "%*d: %*[0-9A-Fa-f]:%x %*[0-9A-Fa-f]:%x %x",
			   &line.lport, &line.rport, &line.state) == 3)
			visit(&line, arg);
	fclose(file);
}

static void proc_walk(const struct host *host, proc_visit_t visit, void *arg)
{
	const bool reference = host_is_reference(host);

	proc_walk_file(reference ? "/proc/net/tcp" : "/proc/net/xtcp", visit, arg);
	proc_walk_file(reference ? "/proc/net/tcp6" : "/proc/net/xtcp6", visit, arg);
}

static void visit_find(const struct proc_line *line, void *arg)
{
	struct proc_line *want = arg;

	if (line->lport == want->lport && line->rport == want->rport)
		want->state = line->state;
}

int host_state(const struct host *host, uint16_t lport, uint16_t rport)
{
	struct proc_line want = { .lport = lport, .rport = rport, .state = STATE_NONE };

	proc_walk(host, visit_find, &want);
	return want.state;
}

struct proc_count {
	unsigned int	state;
	unsigned int	lines;
};

static void visit_count(const struct proc_line *line, void *arg)
{
	struct proc_count *count = arg;

	if (count->state == STATE_NONE || count->state == line->state)
		count->lines++;
}

unsigned int host_count(const struct host *host, int state)
{
	struct proc_count count = { .state = state };

	proc_walk(host, visit_count, &count);
	return count.lines;
}

const char *host_state_name(int state)
{
	static const char * const names[] = {
		[STATE_NONE] = "none", [STATE_ESTABLISHED] = "ESTABLISHED",
		[STATE_SYN_SENT] = "SYN-SENT", [STATE_SYN_RECEIVED] = "SYN-RECEIVED",
		[STATE_FIN_WAIT_1] = "FIN-WAIT-1", [STATE_FIN_WAIT_2] = "FIN-WAIT-2",
		[STATE_TIME_WAIT] = "TIME-WAIT", [STATE_CLOSED] = "CLOSED",
		[STATE_CLOSE_WAIT] = "CLOSE-WAIT", [STATE_LAST_ACK] = "LAST-ACK",
		[STATE_LISTEN] = "LISTEN", [STATE_CLOSING] = "CLOSING",
	};

	if (state < 0)
		return "TCP_INFO and /proc disagree";
	return state <= STATE_CLOSING ? names[state] : "no such state";
}

/* Two lines, as in /proc/net/netstat: the names, and below them the values. */
long host_counter(const char *name)
{
	char names[2048], values[2048];
	char *n, *v, *n_rest, *v_rest;
	long result = -1;
	FILE *file;

	file = fopen("/proc/net/xtcp_stat", "re");
	if (!file)
		return -1;
	if (fgets(names, sizeof(names), file) && fgets(values, sizeof(values), file)) {
		n = strtok_r(names, "\n ", &n_rest);
		v = strtok_r(values, "\n ", &v_rest);
		while (n && v) {
			if (!strcmp(n, name))
				result = atol(v);
			n = strtok_r(NULL, "\n ", &n_rest);
			v = strtok_r(NULL, "\n ", &v_rest);
		}
	}
	fclose(file);
	return result;
}

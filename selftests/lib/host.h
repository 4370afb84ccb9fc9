/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The host under test: its sockets, and what it shows of them.
 *
 * A host is XTCP on one of its carriers, or the kernel's own TCP, which the same tests run
 * against as the reference.
 */
#ifndef _SELFTEST_HOST_H
#define _SELFTEST_HOST_H

#include <linux/tcp.h>
#include <linux/xtcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

/* <net/tcp_states.h> of the kernel; the UAPI has no names for them. */
enum {
	STATE_NONE,
	STATE_ESTABLISHED,
	STATE_SYN_SENT,
	STATE_SYN_RECEIVED,
	STATE_FIN_WAIT_1,
	STATE_FIN_WAIT_2,
	STATE_TIME_WAIT,
	STATE_CLOSED,
	STATE_CLOSE_WAIT,
	STATE_LAST_ACK,
	STATE_LISTEN,
	STATE_CLOSING,
};

/**
 * struct host - whose sockets a test opens
 * @family: AF_XTCP; 0: the kernel's TCP
 * @protocol: third argument of socket()
 * @version: 4 or 6: of IP
 */
struct host {
	int	family;
	int	protocol;
	int	version;
};

/* On the test's TUN device or veth: this host, and whoever is on the other side. */
#define HOST_V4		"192.0.2.1"
#define PEER_V4		"192.0.2.2"
#define HOST_V6		"2001:db8::1"
#define PEER_V6		"2001:db8::2"

/* By name, ordinary, native or kernel; leaves the version. False: no such host. */
bool host_choose(struct host *host, const char *name);
bool host_is_reference(const struct host *host);
/* Of the carrier, in the IP header. */
uint8_t host_ip_protocol(const struct host *host);

/* File descriptors, or a negative errno. @flags: SOCK_NONBLOCK and so on. */
int host_socket(const struct host *host, int flags);
int host_listen(const struct host *host, const char *address, uint16_t port, int backlog);

/* @address: as text; NULL: any; "lo": loopback, "host" and "peer": the two above. */
socklen_t host_address(const struct host *host, struct sockaddr_storage *addr,
		       const char *address, uint16_t port);
uint16_t host_address_port(const struct sockaddr_storage *addr);
int host_bind(const struct host *host, int fd, const char *address, uint16_t port);
int host_connect(const struct host *host, int fd, const char *address, uint16_t port);
uint16_t host_local_port(int fd);

/* Options that are an int. The value, or a negative errno; 0 or a negative errno. */
int host_get(int fd, int level, int name);
int host_set(int fd, int level, int name, int value);

int host_info(int fd, struct tcp_info *info);
int host_socket_error(int fd);

/* From /proc/net/xtcp, xtcp6 (or tcp, tcp6). @rport 0: a listener. STATE_NONE: no such line. */
int host_state(const struct host *host, uint16_t lport, uint16_t rport);
/* Lines in that state; STATE_NONE: in any. */
unsigned int host_count(const struct host *host, int state);
const char *host_state_name(int state);

/* From /proc/net/xtcp_stat; -1: no such counter. */
long host_counter(const char *name);

#endif /* _SELFTEST_HOST_H */

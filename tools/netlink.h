/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The module's netlink family. What goes wrong ends the program with one line that says so.
 */
#ifndef _XTCP_NETLINK_H
#define _XTCP_NETLINK_H

#include <netlink/attr.h>
#include <netlink/socket.h>
#include <stdint.h>

/**
 * struct netlink - a socket to talk to the module
 * @sk: the socket
 * @family: the family's number
 */
struct netlink {
	struct nl_sock	*sk;
	int		family;
};

void netlink_open(struct netlink *nl);
void netlink_close(struct netlink *nl);

/* Calls @each with the attributes, 0 to @max, of each answer; @lport is asked for if not 0. */
void netlink_dump(struct netlink *nl, int cmd, uint16_t lport, int max,
		  void (*each)(struct nlattr **attrs, void *arg), void *arg);

/*
 * Joins the events; netlink_receive() then waits for nothing, and calls @each for those that there
 * are. If some were lost meanwhile, @lost is called.
 */
void netlink_join(struct netlink *nl);
int netlink_fd(const struct netlink *nl);
void netlink_receive(struct netlink *nl, void (*each)(int cmd, struct nlattr **attrs),
		     void (*lost)(void));

/* Of a number of 1, 2, 4 or 8 bytes; 0 if it is not there. */
uint64_t netlink_uint(const struct nlattr *attr);

#endif /* _XTCP_NETLINK_H */

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The module's side of sock_diag(7). What goes wrong ends the program with one line that says so.
 */
#ifndef _XTCP_TOOL_DIAG_H
#define _XTCP_TOOL_DIAG_H

#include <linux/netlink.h>
#include <linux/xtcp_diag.h>
#include <stdbool.h>

/* A netlink socket. */
int diag_open(void);
/*
 * Calls @each with each answer, which is gone afterwards. @req->sdiag_family is filled. Meanwhile
 * @fd is of no use for anything else.
 */
void diag_dump(int fd, struct xtcp_diag_req *req,
	       void (*each)(const struct nlmsghdr *nlh, void *arg), void *arg);
/* Ends a connection. False: there is none such any more. */
bool diag_destroy(int fd, struct xtcp_diag_req *req);

#endif /* _XTCP_TOOL_DIAG_H */

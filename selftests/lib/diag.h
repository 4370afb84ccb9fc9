/* SPDX-License-Identifier: GPL-2.0 */
/*
 * sock_diag(7) for XTCP, message by message.
 */
#ifndef _SELFTEST_DIAG_H
#define _SELFTEST_DIAG_H

#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/xtcp_diag.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "host.h"

#define DIAG_ENTRIES	64
#define DIAG_ENTRY_SIZE	1024

/**
 * struct diag - what sock_diag said last
 * @count: messages; more than DIAG_ENTRIES are counted, but not kept
 * @entries: those messages
 */
struct diag {
	unsigned int	count;
	union {
		struct nlmsghdr	nlh;
		char		bytes[DIAG_ENTRY_SIZE];
	} entries[DIAG_ENTRIES];
};

/* Of a host's sockets: its family, its carrier, its version of IP. */
void diag_request(const struct host *host, struct xtcp_diag_req *req);

/*
 * One message to sock_diag, from a socket of its own, and all answers to it. @diag may be NULL.
 * 0, or the negative errno that is its answer.
 */
int diag_talk(int type, int flags, const void *payload, size_t len, struct diag *diag);
int diag_dump(const struct xtcp_diag_req *req, struct diag *diag);
int diag_get(const struct xtcp_diag_req *req, struct diag *diag);
int diag_destroy(const struct xtcp_diag_req *req);

const struct inet_diag_msg *diag_msg(const struct diag *diag, unsigned int i);
/* The attribute's payload and length, NULL if it is not there. */
const void *diag_attr(const struct diag *diag, unsigned int i, int type, size_t *len);
/* Of one that is a number of 1, 4 or 8 bytes; -1: not there, or another size. */
int64_t diag_number(const struct diag *diag, unsigned int i, int type);

#endif /* _SELFTEST_DIAG_H */

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Generic netlink: listeners, half-open entries and counters as dumps, floods as events.
 * include/xtcp.yaml says what the messages hold.
 */
#ifndef _XTCP_GENL_H
#define _XTCP_GENL_H

#include <linux/types.h>

struct net;
struct xtcp_flood_report;
struct xtcp_tuple;

void xtcp_genl_flood(struct net *net, const struct xtcp_tuple *tuple,
		     const struct xtcp_flood_report *report, bool over);

int xtcp_genl_init(void);
void xtcp_genl_exit(void);

#endif /* _XTCP_GENL_H */

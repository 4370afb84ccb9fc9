/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_EVENT_H
#define _XTCP_EVENT_H

#include <linux/types.h>

struct net;
struct xtcp_flood_report;
struct xtcp_tuple;

void xtcp_event_flood(struct net *net, const struct xtcp_tuple *tuple,
		      const struct xtcp_flood_report *report, bool over);

#endif /* _XTCP_EVENT_H */

/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_REFLECT_H
#define _XTCP_REFLECT_H

#include <linux/types.h>

struct xtcp_net;

/* net.xtcp.syn_reflect */
enum {
	XTCP_REFLECT_NEVER,
	XTCP_REFLECT_ATTACK,	/* the SYNs of a listener that is under attack */
	XTCP_REFLECT_ALWAYS,
};

int xtcp_reflect_set(struct xtcp_net *xnet, bool on);
void xtcp_reflect_quiet(struct xtcp_net *xnet);
void xtcp_reflect_exit_net(struct xtcp_net *xnet);

#endif /* _XTCP_REFLECT_H */

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Counters; what they mean is in the UAPI header.
 */
#ifndef _XTCP_MIB_H
#define _XTCP_MIB_H

#include <linux/percpu.h>
#include <linux/types.h>

#include "../include/uapi/linux/xtcp_mib.h"

struct xtcp_cb;
struct xtcp_net;
struct xtcp_tuple;

enum xtcp_mib {
#define X(name, what) XTCP_MIB_##name,
	XTCP_MIB_LIST(X)
#undef X
	XTCP_MIB_MAX
};

/* Whether a counter is one of XTCP_MIB_DROPS(), which come last. */
static inline bool xtcp_mib_is_drop(enum xtcp_mib which)
{
	return which >= XTCP_MIB_DropChecksum;
}

struct xtcp_mib_cpu {
	unsigned long	counts[XTCP_MIB_MAX];
};

#define xtcp_mib_inc(xnet, name)	this_cpu_inc((xnet)->mib->counts[XTCP_MIB_##name])
#define xtcp_mib_add(xnet, name, n)	this_cpu_add((xnet)->mib->counts[XTCP_MIB_##name], n)

void xtcp_drop(const struct xtcp_net *xnet, const struct xtcp_tuple *tuple,
	       const struct xtcp_cb *cb, enum xtcp_mib why);

unsigned long xtcp_mib_sum(const struct xtcp_net *xnet, enum xtcp_mib which);
const char *xtcp_mib_name(enum xtcp_mib which);

int xtcp_mib_init_net(struct xtcp_net *xnet);
void xtcp_mib_exit_net(struct xtcp_net *xnet);

#endif /* _XTCP_MIB_H */

// SPDX-License-Identifier: GPL-2.0
/* Counters of a namespace: one set a CPU, summed when somebody looks. */
#include <linux/errno.h>
#include <linux/percpu.h>

#include "xtcp.h"
#include "trace.h"

/* In the order of enum xtcp_mib, which is made from the same list. */
static const char * const xtcp_mib_names[] = {
#define X(name, what) #name,
	XTCP_MIB_LIST(X)
#undef X
};

static_assert(ARRAY_SIZE(xtcp_mib_names) == XTCP_MIB_MAX);

static_assert(XTCP_MIB_MAX <= U8_MAX);

/**
 * xtcp_drop() - count what is discarded, and trace it
 * @xnet: namespace
 * @tuple: whose it is; NULL: nobody can tell
 * @cb: of the segment; NULL: it is none, or one that was to be sent
 * @why: counter; only one of XTCP_MIB_DROPS() is traced
 *
 * Context: Any.
 */
void xtcp_drop(const struct xtcp_net *xnet, const struct xtcp_tuple *tuple,
	       const struct xtcp_cb *cb, enum xtcp_mib why)
{
	static const struct xtcp_tuple unknown;

	this_cpu_inc(xnet->mib->counts[why]);
	if (xtcp_mib_is_drop(why))
		trace_xtcp_drop(xnet->net, tuple ?: &unknown, cb, why);
}

/**
 * xtcp_mib_name() - name of a counter, as /proc/net/xtcp_stat prints it
 * @which: the counter, below %XTCP_MIB_MAX
 *
 * Context: Any.
 * Return: the name.
 */
const char *xtcp_mib_name(enum xtcp_mib which)
{
	return xtcp_mib_names[which];
}

/**
 * xtcp_mib_sum() - value of a counter
 * @xnet: namespace
 * @which: the counter
 *
 * CPUs go on counting meanwhile, so that the sum is exact only when nothing happens.
 *
 * Context: Any.
 * Return: events since the namespace was made.
 */
unsigned long xtcp_mib_sum(const struct xtcp_net *xnet, enum xtcp_mib which)
{
	unsigned long sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(per_cpu_ptr(xnet->mib, cpu)->counts[which]);
	return sum;
}

/**
 * xtcp_mib_init_net() - make a namespace's counters, all zero
 * @xnet: namespace
 *
 * Context: Process context.
 * Return: 0 or -ENOMEM.
 */
int xtcp_mib_init_net(struct xtcp_net *xnet)
{
	xnet->mib = alloc_percpu(struct xtcp_mib_cpu);
	return xnet->mib ? 0 : -ENOMEM;
}

/**
 * xtcp_mib_exit_net() - free a namespace's counters
 * @xnet: namespace
 *
 * Context: Process context; nobody counts any more.
 */
void xtcp_mib_exit_net(struct xtcp_net *xnet)
{
	free_percpu(xnet->mib);
}

// SPDX-License-Identifier: GPL-2.0
/* Loads and unloads the module: one ladder, up and down. */
#define pr_fmt(fmt) "xtcp: " fmt

#include <linux/module.h>
#include <linux/rcupdate.h>

#include "xtcp.h"
#include "ladder.h"

#define CREATE_TRACE_POINTS
#include "trace.h"

module_param_named(family, xtcp_family, int, 0444);
MODULE_PARM_DESC(family, "address family to register, below AF_MAX (19)");

module_param_named(protocol, xtcp_protocol, int, 0444);
MODULE_PARM_DESC(protocol, "IP protocol of the native carrier (253)");

static unsigned int xtcp_fail_step;
module_param_named(fail_step, xtcp_fail_step, uint, 0444);
MODULE_PARM_DESC(fail_step, "for tests: step of loading that fails, from 1 (0: none)");

static unsigned int xtcp_steps_count;
module_param_named(steps, xtcp_steps_count, uint, 0444);
MODULE_PARM_DESC(steps, "to read: number of steps of loading");

/* AF_UNSPEC and the kernel's own numbers are refused later; a protocol would be cut to 8 bits. */
static int __init xtcp_params_check(void)
{
	if (xtcp_family <= AF_UNSPEC || xtcp_family >= AF_MAX) {
		pr_err("family=%d is not between 1 and %d\n", xtcp_family, AF_MAX - 1);
		return -EINVAL;
	}
	if (xtcp_protocol <= 0 || xtcp_protocol >= IPPROTO_RAW || xtcp_protocol == IPPROTO_TCP) {
		pr_err("protocol=%d is not between 1 and 254, or is TCP's\n", xtcp_protocol);
		return -EINVAL;
	}
	return 0;
}

/*
 * What packets and users reach comes last and goes first: memory, then the namespaces, then
 * netlink, which looks into them and tells of floods, then IP's handlers, then socket(). sock_diag
 * is last: it holds the module while it asks, but does not wait for that where loading fails later.
 * Sockets, TIME-WAIT objects and whatever else the namespaces let go is freed by RCU, hence the
 * barrier before its slabs.
 */
static const struct xtcp_step xtcp_steps[] = {
	{ "cong",	xtcp_cong_init_module,	xtcp_cong_exit_module },
	{ "sock",	xtcp_sock_init_module,	xtcp_sock_exit_module },
	{ "table",	xtcp_table_init,	xtcp_table_exit },
	{ "timewait",	xtcp_timewait_init,	xtcp_timewait_exit },
	{ "synq",	xtcp_synq_init,		xtcp_synq_exit },
	{ "port",	xtcp_port_init,		xtcp_port_exit },
	{ "barrier",	NULL,			rcu_barrier },
	{ "pernet",	xtcp_pernet_init,	xtcp_pernet_exit },
	{ "genl",	xtcp_genl_init,		xtcp_genl_exit },
	{ "offload",	xtcp_offload_init,	xtcp_offload_exit },
	{ "hook",	xtcp_hook_init,		xtcp_hook_exit },
	{ "family",	xtcp_af_init,		xtcp_af_exit },
	{ "diag",	xtcp_diag_init,		xtcp_diag_exit },
};

static int __init xtcp_init(void)
{
	int err;

	xtcp_steps_count = ARRAY_SIZE(xtcp_steps);

	err = xtcp_params_check();
	if (err)
		return err;
	return xtcp_ladder_up(xtcp_steps, ARRAY_SIZE(xtcp_steps), xtcp_fail_step, NULL);
}
module_init(xtcp_init);

static void __exit xtcp_exit(void)
{
	xtcp_ladder_down(xtcp_steps, ARRAY_SIZE(xtcp_steps), NULL);
}
module_exit(xtcp_exit);

MODULE_DESCRIPTION("XTCP: TCP as a loadable protocol family");
MODULE_VERSION(XTCP_VERSION);
MODULE_LICENSE("GPL");
MODULE_ALIAS_NETPROTO(AF_XTCP);

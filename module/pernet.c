// SPDX-License-Identifier: GPL-2.0
/* A namespace's state, built and torn down as a ladder. */
#define pr_fmt(fmt) "xtcp: " fmt

#include <linux/moduleparam.h>
#include <linux/random.h>

#include "xtcp.h"
#include "ladder.h"

unsigned int xtcp_net_id;

static unsigned int xtcp_fail_net_step;
module_param_named(fail_net_step, xtcp_fail_net_step, uint, 0644);
MODULE_PARM_DESC(fail_net_step, "for tests: step of a namespace that fails, from 1 (0: none)");

static unsigned int xtcp_net_steps_count;
module_param_named(net_steps, xtcp_net_steps_count, uint, 0444);
MODULE_PARM_DESC(net_steps, "to read: number of steps of a namespace");

/*
 * TIME-WAIT objects hold ports and half-open entries name them, so they come after; everything
 * counts, and reads settings. A setting can put the reflecting hook up.
 */
static const struct xtcp_step xtcp_net_steps[] = {
	{ "mib",	.init_net = xtcp_mib_init_net, .exit_net = xtcp_mib_exit_net },
	{ "fastopen",	.init_net = xtcp_fastopen_init_net, .exit_net = xtcp_fastopen_exit_net },
	{ "servers",	.init_net = xtcp_fastopen_cache_init_net,
	  .exit_net = xtcp_fastopen_cache_exit_net },
	{ "reflect",	.exit_net = xtcp_reflect_exit_net },
	{ "sysctl",	.init_net = xtcp_sysctl_init_net, .exit_net = xtcp_sysctl_exit_net },
	{ "port",	.init_net = xtcp_port_init_net, .exit_net = xtcp_port_exit_net },
	{ "timewait",	.init_net = xtcp_timewait_init_net, .exit_net = xtcp_timewait_exit_net },
	{ "jar",	.init_net = xtcp_jar_init_net, .exit_net = xtcp_jar_exit_net },
	{ "synq",	.init_net = xtcp_synq_init_net, .exit_net = xtcp_synq_exit_net },
	{ "proc",	.init_net = xtcp_proc_init_net, .exit_net = xtcp_proc_exit_net },
};

static int __net_init xtcp_net_init(struct net *net)
{
	struct xtcp_net *xnet = xtcp_net(net);

	xnet->net = net;
	xnet->root = sock_net_uid(net, NULL);
	mutex_init(&xnet->hook_lock);
	spin_lock_init(&xnet->challenge_lock);
	spin_lock_init(&xnet->listeners_lock);
	INIT_LIST_HEAD(&xnet->listeners);
	get_random_bytes(&xnet->isn_key, sizeof(xnet->isn_key));
	get_random_bytes(&xnet->ts_key, sizeof(xnet->ts_key));

	return xtcp_ladder_up(xtcp_net_steps, ARRAY_SIZE(xtcp_net_steps),
			      READ_ONCE(xtcp_fail_net_step), xnet);
}

/* No socket is left, but TIME-WAIT objects may still keep the hook up. */
static void __net_exit xtcp_net_pre_exit(struct net *net)
{
	xtcp_hook_quiet(xtcp_net(net));
	xtcp_reflect_quiet(xtcp_net(net));
}

/* A grace period after pre_exit: no packet is on its way to this namespace's state any more. */
static void __net_exit xtcp_net_exit(struct net *net)
{
	xtcp_ladder_down(xtcp_net_steps, ARRAY_SIZE(xtcp_net_steps), xtcp_net(net));
}

static struct pernet_operations xtcp_net_ops = {
	.init		= xtcp_net_init,
	.pre_exit	= xtcp_net_pre_exit,
	.exit		= xtcp_net_exit,
	.id		= &xtcp_net_id,
	.size		= sizeof(struct xtcp_net),
};

/**
 * xtcp_pernet_init() - give every namespace, present and to come, its state
 *
 * A subsystem and not a device: so it goes after the namespace's interfaces, when nothing can
 * arrive, and before the kernel's TCP, whose sockets port.c holds.
 *
 * Context: Process context.
 * Return: 0 or the error of the namespace that failed.
 */
int xtcp_pernet_init(void)
{
	xtcp_net_steps_count = ARRAY_SIZE(xtcp_net_steps);
	return register_pernet_subsys(&xtcp_net_ops);
}

/**
 * xtcp_pernet_exit() - take it away again
 *
 * Context: Process context; no socket is left in any namespace.
 */
void xtcp_pernet_exit(void)
{
	unregister_pernet_subsys(&xtcp_net_ops);
}

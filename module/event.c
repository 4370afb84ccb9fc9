// SPDX-License-Identifier: GPL-2.0
/* What somebody is to hear of: each in the log, as a tracepoint and on netlink. */
#define pr_fmt(fmt) "xtcp: " fmt

#include <linux/net.h>
#include <linux/printk.h>

#include "xtcp.h"
#include "event.h"
#include "flood.h"
#include "genl.h"
#include "trace.h"

/* As printk knows addresses. */
static void local_name(const struct xtcp_tuple *tuple, struct sockaddr_in6 *addr)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)addr;

	memset(addr, 0, sizeof(*addr));
	if (ipv6_addr_v4mapped(&tuple->laddr)) {
		v4->sin_family = AF_INET;
		v4->sin_addr.s_addr = tuple->laddr.s6_addr32[3];
		v4->sin_port = tuple->lport;
	} else {
		addr->sin6_family = AF_INET6;
		addr->sin6_addr = tuple->laddr;
		addr->sin6_port = tuple->lport;
	}
}

/* A flood may begin and end as often as its sender likes; the log is not for him to fill. */
static void log_flood(const struct net *net, const struct xtcp_tuple *tuple,
		      const struct xtcp_flood_report *report, bool over)
{
	const char *carrier = tuple->link & XTCP_LINK_NATIVE ? "native" : "tcp";
	struct sockaddr_in6 addr;

	local_name(tuple, &addr);
	if (over)
		net_info_ratelimited("flood of SYNs for %pISpc (%s, netns %u) is over: %llu SYNs in %u s\n",
				     &addr, carrier, net->ns.inum, report->syns, report->seconds);
	else
		net_warn_ratelimited("flood of SYNs for %pISpc (%s, netns %u): %u a second, %u completed, from about %u sources\n",
				     &addr, carrier, net->ns.inum, report->syn_rate,
				     report->open_rate, report->sources);
}

/**
 * xtcp_event_flood() - a listener is being flooded with SYNs, or not any more
 * @net: namespace
 * @tuple: the listener's
 * @report: what was found
 * @over: the flood is over
 *
 * Context: Any.
 */
void xtcp_event_flood(struct net *net, const struct xtcp_tuple *tuple,
		      const struct xtcp_flood_report *report, bool over)
{
	log_flood(net, tuple, report, over);
	trace_xtcp_flood(net, tuple, report, over);
	xtcp_genl_flood(net, tuple, report, over);
}

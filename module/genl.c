// SPDX-License-Identifier: GPL-2.0
/*
 * Generic netlink: what tools/xtcp shows.
 *
 * A dump copies a few entries at a time out of their table, and puts them into messages when no
 * lock is held; those for which a buffer has no room are the next buffer's first. Its cursor only
 * goes forward, so that a dump ends however fast entries come.
 */
#include <linux/jiffies.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <net/genetlink.h>
#include <net/netlink.h>

#include "../include/uapi/linux/xtcp_netlink.h"
#include "xtcp.h"
#include "flood.h"
#include "genl.h"
#include "halfopen.h"

#define BATCH	16	/* entries copied at a time */

enum {
	GROUP_EVENTS,
};

struct listener {
	struct xtcp_tuple		tuple;
	int				ifindex;
	kuid_t				uid;
	unsigned long			ino;
	u32				backlog;
	u32				accept_queue;
	u32				half_open;
	struct xtcp_listener_stats		stats;
	struct xtcp_flood_report	flood;
};

struct half_open {
	struct xtcp_tuple	tuple;
	u32			age_ms;
	u32			expires_ms;
	u16			mss;
	u8			retries;
	u8			wscale;
	bool			wscale_ok;
	bool			sack_ok;
	bool			ts_ok;
};

struct counter {
	enum xtcp_mib	which;
	u64		value;
};

/**
 * struct dump - one reader's place in a table
 * @cursor: of the table's walk, behind what was copied
 * @stat: the next counter, if these are dumped
 * @lport: show half-open entries with this local port alone, 0: all
 * @count: entries copied
 * @next: the first of them that is in no message yet
 * @listeners: copied, if these are dumped
 * @half_open: likewise
 * @stats: likewise
 */
struct dump {
	struct xtcp_cursor	cursor;
	enum xtcp_mib		stat;
	__be16			lport;
	unsigned int		count;
	unsigned int		next;
	union {
		struct listener		listeners[BATCH];
		struct half_open	half_open[BATCH];
		struct counter		stats[BATCH];
	};
};

/**
 * struct kind - of what there is a dump
 * @cmd: the command that asks for it, and that its messages have
 * @fill: copies the next batch; none at the end of the table
 * @put: puts an entry of the batch into a message; -EMSGSIZE if there is no room
 */
struct kind {
	u8	cmd;
	void	(*fill)(struct net *net, struct dump *dump);
	int	(*put)(struct sk_buff *skb, const struct netlink_callback *cb,
		       const struct dump *dump, unsigned int index);
};

static struct genl_family family;

static u8 carrier(const struct xtcp_tuple *tuple)
{
	return tuple->link & XTCP_LINK_NATIVE ? xtcp_protocol : IPPROTO_TCP;
}

/* IPv4 has been v4-mapped only for the sake of the tables. */
static int put_addr(struct sk_buff *skb, int addr4, int addr6, const struct in6_addr *addr)
{
	if (ipv6_addr_v4mapped(addr))
		return nla_put_in_addr(skb, addr4, addr->s6_addr32[3]);
	return nla_put_in6_addr(skb, addr6, addr);
}

static int put_name(struct sk_buff *skb, const struct xtcp_tuple *tuple)
{
	if (put_addr(skb, XTCP_A_LISTENER_ADDR4, XTCP_A_LISTENER_ADDR6, &tuple->laddr) ||
	    nla_put_u16(skb, XTCP_A_LISTENER_PORT, ntohs(tuple->lport)) ||
	    nla_put_u8(skb, XTCP_A_LISTENER_CARRIER, carrier(tuple)))
		return -EMSGSIZE;
	return 0;
}

static int put_stats(struct sk_buff *skb, const struct xtcp_listener_stats *stats)
{
	if (nla_put_uint(skb, XTCP_A_LISTENER_SYNS, stats->syns) ||
	    nla_put_uint(skb, XTCP_A_LISTENER_COMPLETED, stats->completed) ||
	    nla_put_uint(skb, XTCP_A_LISTENER_COOKIES_SENT, stats->cookies_sent) ||
	    nla_put_uint(skb, XTCP_A_LISTENER_COOKIES_ACCEPTED, stats->cookies_accepted) ||
	    nla_put_uint(skb, XTCP_A_LISTENER_EVICTED, stats->evicted) ||
	    nla_put_uint(skb, XTCP_A_LISTENER_RETRIES, stats->retries) ||
	    nla_put_uint(skb, XTCP_A_LISTENER_EXPIRED, stats->expired))
		return -EMSGSIZE;
	return 0;
}

/* Who fails here gives the whole message up: so the nest is not cancelled. */
static int put_flood(struct sk_buff *skb, const struct xtcp_flood_report *report)
{
	struct nlattr *nest = nla_nest_start(skb, XTCP_A_LISTENER_FLOOD);

	if (!nest ||
	    (report->under && nla_put_flag(skb, XTCP_A_FLOOD_UNDER)) ||
	    nla_put_u32(skb, XTCP_A_FLOOD_SYN_RATE, report->syn_rate) ||
	    nla_put_u32(skb, XTCP_A_FLOOD_OPEN_RATE, report->open_rate) ||
	    nla_put_u32(skb, XTCP_A_FLOOD_SOURCES, report->sources) ||
	    nla_put_u32(skb, XTCP_A_FLOOD_HALF_OPEN, report->half_open) ||
	    nla_put_u32(skb, XTCP_A_FLOOD_SECONDS, report->seconds) ||
	    nla_put_uint(skb, XTCP_A_FLOOD_SYNS, report->syns))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int put_listener(struct sk_buff *skb, const struct netlink_callback *cb,
			const struct dump *dump, unsigned int index)
{
	struct user_namespace *user_ns = sk_user_ns(NETLINK_CB(cb->skb).sk);
	const struct listener *l = &dump->listeners[index];

	if (put_name(skb, &l->tuple) ||
	    (l->ifindex && nla_put_u32(skb, XTCP_A_LISTENER_IFINDEX, l->ifindex)) ||
	    nla_put_u32(skb, XTCP_A_LISTENER_UID, from_kuid_munged(user_ns, l->uid)) ||
	    nla_put_uint(skb, XTCP_A_LISTENER_INO, l->ino) ||
	    nla_put_u32(skb, XTCP_A_LISTENER_BACKLOG, l->backlog) ||
	    nla_put_u32(skb, XTCP_A_LISTENER_ACCEPT_QUEUE, l->accept_queue) ||
	    nla_put_u32(skb, XTCP_A_LISTENER_HALF_OPEN, l->half_open) ||
	    put_stats(skb, &l->stats) ||
	    put_flood(skb, &l->flood))
		return -EMSGSIZE;
	return 0;
}

static int put_half_open(struct sk_buff *skb, const struct netlink_callback *cb,
			 const struct dump *dump, unsigned int index)
{
	const struct half_open *ho = &dump->half_open[index];
	const struct xtcp_tuple *tuple = &ho->tuple;
	u32 ifindex = tuple->link >> 1;

	if (put_addr(skb, XTCP_A_HALF_OPEN_LOCAL_ADDR4, XTCP_A_HALF_OPEN_LOCAL_ADDR6,
		     &tuple->laddr) ||
	    put_addr(skb, XTCP_A_HALF_OPEN_REMOTE_ADDR4, XTCP_A_HALF_OPEN_REMOTE_ADDR6,
		     &tuple->raddr) ||
	    nla_put_u16(skb, XTCP_A_HALF_OPEN_LOCAL_PORT, ntohs(tuple->lport)) ||
	    nla_put_u16(skb, XTCP_A_HALF_OPEN_REMOTE_PORT, ntohs(tuple->rport)) ||
	    nla_put_u8(skb, XTCP_A_HALF_OPEN_CARRIER, carrier(tuple)) ||
	    (ifindex && nla_put_u32(skb, XTCP_A_HALF_OPEN_IFINDEX, ifindex)) ||
	    nla_put_u32(skb, XTCP_A_HALF_OPEN_AGE, ho->age_ms) ||
	    nla_put_u32(skb, XTCP_A_HALF_OPEN_RETRIES, ho->retries) ||
	    nla_put_u32(skb, XTCP_A_HALF_OPEN_EXPIRES, ho->expires_ms) ||
	    nla_put_u16(skb, XTCP_A_HALF_OPEN_MSS, ho->mss) ||
	    (ho->wscale_ok && nla_put_u8(skb, XTCP_A_HALF_OPEN_WSCALE, ho->wscale)) ||
	    (ho->sack_ok && nla_put_flag(skb, XTCP_A_HALF_OPEN_SACK)) ||
	    (ho->ts_ok && nla_put_flag(skb, XTCP_A_HALF_OPEN_TIMESTAMPS)))
		return -EMSGSIZE;
	return 0;
}

/* The socket is not locked: what is said of it need not fit together. */
static int copy_listener(struct sock *sk, void *arg)
{
	const struct xtcp_sock *xsk = xtcp_sk(sk);
	struct dump *dump = arg;
	struct listener *l;

	if (READ_ONCE(sk->sk_state) != TCP_LISTEN)
		return 0;
	l = &dump->listeners[dump->count++];
	*l = (struct listener) {
		.tuple		= xsk->tuple,
		.ifindex	= READ_ONCE(sk->sk_bound_dev_if),
		.uid		= READ_ONCE(sk->sk_uid),
		.ino		= sock_i_ino(sk),
		.backlog	= READ_ONCE(sk->sk_max_ack_backlog),
		.accept_queue	= READ_ONCE(xsk->accept.len),
		.half_open	= atomic_read(&xsk->synq_len),
	};
	xtcp_listener_read(sk, &l->stats);
	xtcp_listener_flood(sk, &l->flood);
	return dump->count == BATCH;
}

static void fill_listeners(struct net *net, struct dump *dump)
{
	xtcp_table_walk(net, true, &dump->cursor, copy_listener, dump);
}

static int copy_half_open(const struct xtcp_half_open *ho, void *arg)
{
	s32 wait = ho->expires - (u32)jiffies;
	struct dump *dump = arg;

	if (dump->lport && ho->tuple.lport != dump->lport)
		return 0;
	dump->half_open[dump->count++] = (struct half_open) {
		.tuple		= ho->tuple,
		.age_ms		= ((u32)xtcp_clock_us() - ho->sent_us) / (u32)USEC_PER_MSEC,
		.expires_ms	= jiffies_to_msecs(max(wait, 0)),
		.mss		= ho->mss_peer,
		.retries	= ho->retries,
		.wscale		= ho->snd_wscale,
		.wscale_ok	= ho->wscale_ok,
		.sack_ok	= ho->sack_ok,
		.ts_ok		= ho->ts_ok,
	};
	return dump->count == BATCH;
}

static void fill_half_open(struct net *net, struct dump *dump)
{
	xtcp_synq_visit(net, &dump->cursor, copy_half_open, dump);
}

static int put_stat(struct sk_buff *skb, const struct netlink_callback *cb,
		    const struct dump *dump, unsigned int index)
{
	const struct counter *stat = &dump->stats[index];

	if (nla_put_string(skb, XTCP_A_STAT_NAME, xtcp_mib_name(stat->which)) ||
	    nla_put_uint(skb, XTCP_A_STAT_VALUE, stat->value))
		return -EMSGSIZE;
	return 0;
}

static void fill_stats(struct net *net, struct dump *dump)
{
	while (dump->count < BATCH && dump->stat < XTCP_MIB_MAX) {
		dump->stats[dump->count++] = (struct counter) {
			.which	= dump->stat,
			.value	= xtcp_mib_sum(xtcp_net(net), dump->stat),
		};
		dump->stat++;
	}
}

static struct dump **dump_of(struct netlink_callback *cb)
{
	return (struct dump **)cb->ctx;
}

static int dump_start(struct netlink_callback *cb)
{
	struct dump *dump = kzalloc(sizeof(*dump), GFP_KERNEL_ACCOUNT);

	*dump_of(cb) = dump;
	return dump ? 0 : -ENOMEM;
}

static int dump_start_half_open(struct netlink_callback *cb)
{
	const struct nlattr *lport = genl_info_dump(cb)->attrs[XTCP_A_HALF_OPEN_LOCAL_PORT];
	int err = dump_start(cb);

	if (!err && lport)
		(*dump_of(cb))->lport = htons(nla_get_u16(lport));
	return err;
}

static int dump_done(struct netlink_callback *cb)
{
	kfree(*dump_of(cb));
	return 0;
}

/* The next of the batch into a message of its own, or -EMSGSIZE. */
static int dump_one(struct sk_buff *skb, struct netlink_callback *cb, const struct kind *kind,
		    const struct dump *dump)
{
	void *hdr = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq, &family,
				NLM_F_MULTI, kind->cmd);

	if (!hdr)
		return -EMSGSIZE;
	if (kind->put(skb, cb, dump, dump->next)) {
		genlmsg_cancel(skb, hdr);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, hdr);
	return 0;
}

/* As much as fits into the buffer. */
static int dump_some(struct sk_buff *skb, struct netlink_callback *cb, const struct kind *kind)
{
	struct dump *dump = *dump_of(cb);

	for (;;) {
		for (; dump->next < dump->count; dump->next++) {
			if (dump_one(skb, cb, kind, dump))
				return skb->len ?: -EMSGSIZE;
		}
		dump->next = 0;
		dump->count = 0;
		kind->fill(sock_net(skb->sk), dump);
		if (!dump->count)
			return skb->len;
	}
}

static int dump_listeners(struct sk_buff *skb, struct netlink_callback *cb)
{
	static const struct kind kind = {
		.cmd	= XTCP_CMD_LISTENER_GET,
		.fill	= fill_listeners,
		.put	= put_listener,
	};

	return dump_some(skb, cb, &kind);
}

static int dump_half_open(struct sk_buff *skb, struct netlink_callback *cb)
{
	static const struct kind kind = {
		.cmd	= XTCP_CMD_HALF_OPEN_GET,
		.fill	= fill_half_open,
		.put	= put_half_open,
	};

	return dump_some(skb, cb, &kind);
}

static int dump_stats(struct sk_buff *skb, struct netlink_callback *cb)
{
	static const struct kind kind = {
		.cmd	= XTCP_CMD_STAT_GET,
		.fill	= fill_stats,
		.put	= put_stat,
	};

	return dump_some(skb, cb, &kind);
}

static const struct nla_policy half_open_policy[XTCP_A_HALF_OPEN_LOCAL_PORT + 1] = {
	[XTCP_A_HALF_OPEN_LOCAL_PORT]	= { .type = NLA_U16 },
};

static const struct genl_ops ops[] = {
	{
		.cmd		= XTCP_CMD_LISTENER_GET,
		.start		= dump_start,
		.dumpit		= dump_listeners,
		.done		= dump_done,
	},
	{
		.cmd		= XTCP_CMD_HALF_OPEN_GET,
		.start		= dump_start_half_open,
		.dumpit		= dump_half_open,
		.done		= dump_done,
		.policy		= half_open_policy,
		.maxattr	= ARRAY_SIZE(half_open_policy) - 1,
	},
	{
		.cmd		= XTCP_CMD_STAT_GET,
		.start		= dump_start,
		.dumpit		= dump_stats,
		.done		= dump_done,
	},
};

static const struct genl_multicast_group groups[] = {
	[GROUP_EVENTS]	= { XTCP_MCGRP_EVENTS, .flags = XTCP_MCAST_CAP_NET_ADMIN },
};

/* Dumps keep a place of their own each, and need not wait for one another. */
static struct genl_family family __ro_after_init = {
	.name		= XTCP_FAMILY_NAME,
	.version	= XTCP_FAMILY_VERSION,
	.netnsok	= true,
	.parallel_ops	= true,
	.module		= THIS_MODULE,
	.ops		= ops,
	.n_ops		= ARRAY_SIZE(ops),
	.mcgrps		= groups,
	.n_mcgrps	= ARRAY_SIZE(groups),
};

static size_t flood_size(void)
{
	return nla_total_size(sizeof(u64)) +	/* netns-cookie */
	       nla_total_size(sizeof(u32)) +		/* netns-ino */
	       nla_total_size(sizeof(struct in6_addr)) +
	       nla_total_size(sizeof(u16)) +		/* port */
	       nla_total_size(sizeof(u8)) +		/* carrier */
	       nla_total_size(0) +			/* the nest */
	       nla_total_size(0) +			/* under */
	       nla_total_size(sizeof(u32)) * 5 +	/* rates, sources, half-open, seconds */
	       nla_total_size(sizeof(u64));	/* syns */
}

static struct sk_buff *flood_message(struct net *net, const struct xtcp_tuple *tuple,
				     const struct xtcp_flood_report *report, u8 cmd)
{
	struct sk_buff *skb = genlmsg_new(flood_size(), GFP_ATOMIC);
	void *hdr;

	if (!skb)
		return NULL;
	hdr = genlmsg_put(skb, 0, 0, &family, 0, cmd);
	if (!hdr ||
	    nla_put_uint(skb, XTCP_A_LISTENER_NETNS_COOKIE, net->net_cookie) ||
	    nla_put_u32(skb, XTCP_A_LISTENER_NETNS_INO, net->ns.inum) ||
	    put_name(skb, tuple) || put_flood(skb, report)) {
		WARN_ON_ONCE(1);
		nlmsg_free(skb);
		return NULL;
	}
	genlmsg_end(skb, hdr);
	return skb;
}

/**
 * xtcp_genl_flood() - tell those who listen that a flood has begun, or is over
 * @net: namespace
 * @tuple: the listener's
 * @report: what was found
 * @over: it is over
 *
 * Nothing is built if nobody listens. If there is no memory, they find ENOBUFS instead, as they do
 * when they read too slowly.
 *
 * Context: Any.
 */
void xtcp_genl_flood(struct net *net, const struct xtcp_tuple *tuple,
		     const struct xtcp_flood_report *report, bool over)
{
	struct sk_buff *skb;

	if (!genl_has_listeners(&family, net, GROUP_EVENTS))
		return;
	skb = flood_message(net, tuple, report, over ? XTCP_CMD_FLOOD_OVER : XTCP_CMD_FLOOD);
	if (skb)
		genlmsg_multicast_netns(&family, net, skb, 0, GROUP_EVENTS, GFP_ATOMIC);
	else
		genl_set_err(&family, net, 0, GROUP_EVENTS, -ENOBUFS);
}

/**
 * xtcp_genl_init() - answer to the family's name in every namespace
 *
 * Context: Process context; every namespace has its state.
 * Return: 0, -EEXIST if the name is taken, or -ENOMEM.
 */
int __init xtcp_genl_init(void)
{
	return genl_register_family(&family);
}

/**
 * xtcp_genl_exit() - and no more, once those who are answered at the moment have been
 *
 * Context: Process context; no listener is left, and so no flood.
 */
void xtcp_genl_exit(void)
{
	genl_unregister_family(&family);
}

MODULE_ALIAS_GENL_FAMILY(XTCP_FAMILY_NAME);

// SPDX-License-Identifier: GPL-2.0
/*
 * sock_diag: what ss(8) asks of the kernel's TCP, and xtcp ss of XTCP.
 *
 * A dump goes through one table after the other, a few entries at a time, by the walks that /proc
 * has too. Sockets are held while they are put into a buffer and no longer: where one does not fit,
 * the cursor goes back to it. The others are copies, which wait for the next buffer. A cursor goes
 * forward otherwise, so that a dump ends however fast connections come.
 */
#include <linux/cgroup.h>
#include <linux/inet_diag.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>
#include <net/l3mdev.h>
#include <net/netlink.h>

#include "../include/uapi/linux/xtcp_diag.h"
#include "xtcp.h"

#define BATCH			16	/* entries held or copied at a time */

#define STATE_BOUND		BIT(XTCP_DIAG_BOUND)
#define STATES_CONNECTED	((u32)~(TCPF_LISTEN | TCPF_TIME_WAIT | STATE_BOUND))

/**
 * struct ask - a question, and who asks it
 * @req: the question
 * @user_ns: in whose terms users are told
 * @portid: of the netlink socket
 * @seq: of the message
 * @flags: of the answers
 * @net_admin: who asks has CAP_NET_ADMIN
 */
struct ask {
	struct xtcp_diag_req	req;
	struct user_namespace	*user_ns;
	u32			portid;
	u32			seq;
	u16			flags;
	bool			net_admin;
};

/**
 * struct dump - one reader's place in the tables
 * @ask: what is asked
 * @stage: table that is being walked, index into stages
 * @cursor: place in it, behind what is in a message or in @lines
 * @count: lines copied
 * @next: the first of them that is in no message yet
 * @lines: copied
 */
struct dump {
	struct ask		ask;
	unsigned int		stage;
	struct xtcp_cursor	cursor;
	unsigned int		count;
	unsigned int		next;
	struct xtcp_proc_line	lines[BATCH];
};

/**
 * struct batch - sockets that are held
 * @ask: what is asked
 * @states: bits of the states that count
 * @cursor: of the walk
 * @count: their number
 * @socks: each with a reference
 * @behind: where the cursor is behind each
 */
struct batch {
	const struct ask	*ask;
	u32			states;
	struct xtcp_cursor	cursor;
	unsigned int		count;
	struct sock		*socks[BATCH];
	struct xtcp_cursor	behind[BATCH];
};

static u8 carrier(const struct xtcp_tuple *tuple)
{
	return tuple->link & XTCP_LINK_NATIVE ? xtcp_protocol : IPPROTO_TCP;
}

static bool ask_ext(const struct ask *ask, unsigned int attr)
{
	return ask->req.idiag_ext & BIT(attr - 1);
}

static bool ask_wants(const struct ask *ask, const struct xtcp_tuple *tuple, u16 format)
{
	const struct xtcp_diag_req *req = &ask->req;

	return (!req->sdiag_protocol || req->sdiag_protocol == carrier(tuple)) &&
	       (!req->idiag_format || req->idiag_format == format) &&
	       (!req->id.idiag_sport || req->id.idiag_sport == tuple->lport) &&
	       (!req->id.idiag_dport || req->id.idiag_dport == tuple->rport);
}

/* A socket that is CLOSED is bound, or was about to go when it was found. */
static u8 state_of(int state)
{
	return state == TCP_CLOSE ? XTCP_DIAG_BOUND : state;
}

static void fill_addr(__be32 *to, const struct in6_addr *addr, u16 format)
{
	memset(to, 0, sizeof(*addr));
	if (format == AF_INET6)
		memcpy(to, addr, sizeof(*addr));
	else
		to[0] = addr->s6_addr32[3];
}

/* Nothing of the message is left as it was. */
static void fill_msg(struct inet_diag_msg *msg, const struct ask *ask,
		     const struct xtcp_proc_line *line)
{
	const struct xtcp_tuple *tuple = &line->tuple;
	u32 tries = line->timer == XTCP_PROC_TIMER_RTX ? line->retries : line->probes;

	memset(msg, 0, sizeof(*msg));
	msg->idiag_family = line->format == AF_INET6 ? AF_INET6 : AF_INET;
	msg->idiag_state = state_of(line->state);
	msg->idiag_timer = line->timer;
	if (line->timer) {
		msg->idiag_retrans = min_t(u32, tries, U8_MAX);
		msg->idiag_expires = jiffies_to_msecs(max(line->expires, 0L));
	}
	msg->id.idiag_sport = tuple->lport;
	msg->id.idiag_dport = tuple->rport;
	fill_addr(msg->id.idiag_src, &tuple->laddr, msg->idiag_family);
	fill_addr(msg->id.idiag_dst, &tuple->raddr, msg->idiag_family);
	msg->id.idiag_if = tuple->link >> 1;
	/* Of a socket's line put_sock() sees to it. */
	msg->id.idiag_cookie[0] = lower_32_bits(line->ident);
	msg->id.idiag_cookie[1] = upper_32_bits(line->ident);
	msg->idiag_rqueue = line->rx_queue;
	msg->idiag_wqueue = line->tx_queue;
	msg->idiag_uid = from_kuid_munged(ask->user_ns, line->uid);
	msg->idiag_inode = line->ino;
}

/* A message's begin; NULL if there is no room. */
static struct nlmsghdr *put_msg(struct sk_buff *skb, const struct ask *ask,
				const struct xtcp_proc_line *line)
{
	struct inet_diag_msg *msg;
	struct nlmsghdr *nlh;

	nlh = nlmsg_put(skb, ask->portid, ask->seq, SOCK_DIAG_BY_FAMILY, sizeof(*msg), ask->flags);
	if (!nlh)
		return NULL;
	msg = nlmsg_data(nlh);
	fill_msg(msg, ask, line);
	if (nla_put_u8(skb, INET_DIAG_PROTOCOL, carrier(&line->tuple))) {
		nlmsg_cancel(skb, nlh);
		return NULL;
	}
	return nlh;
}

/* What is half open, or in TIME-WAIT. */
static int put_line(struct sk_buff *skb, const struct ask *ask, const struct xtcp_proc_line *line)
{
	struct nlmsghdr *nlh = put_msg(skb, ask, line);

	if (!nlh)
		return -EMSGSIZE;
	nlmsg_end(skb, nlh);
	return 0;
}

static int put_meminfo(struct sk_buff *skb, const struct ask *ask, struct sock *sk)
{
	const struct inet_diag_meminfo mem = {
		.idiag_rmem = sk_rmem_alloc_get(sk),
		.idiag_wmem = READ_ONCE(sk->sk_wmem_queued),
		.idiag_fmem = READ_ONCE(sk->sk_forward_alloc),
		.idiag_tmem = sk_wmem_alloc_get(sk),
	};

	if (ask_ext(ask, INET_DIAG_MEMINFO) &&
	    nla_put(skb, INET_DIAG_MEMINFO, sizeof(mem), &mem))
		return -EMSGSIZE;
	if (ask_ext(ask, INET_DIAG_SKMEMINFO) &&
	    sock_diag_put_meminfo(sk, skb, INET_DIAG_SKMEMINFO))
		return -EMSGSIZE;
	return 0;
}

static int put_sockopt(struct sk_buff *skb, const struct sock *sk)
{
	struct inet_diag_sockopt opt;

	memset(&opt, 0, sizeof(opt));
	opt.recverr = xtcp_compat_inet_flag(sk, RECVERR, recverr);
	opt.recverr_rfc4884 = xtcp_compat_inet_flag(sk, RECVERR_RFC4884, recverr_rfc4884);
	opt.freebind = xtcp_compat_inet_flag(sk, FREEBIND, freebind);
	opt.transparent = xtcp_compat_inet_flag(sk, TRANSPARENT, transparent);
	opt.bind_address_no_port = xtcp_compat_bind_no_port(sk);
	return nla_put(skb, INET_DIAG_SOCKOPT, sizeof(opt), &opt);
}

static int put_cgroup(struct sk_buff *skb, struct sock *sk)
{
#ifdef CONFIG_SOCK_CGROUP_DATA
	return nla_put_u64_64bit(skb, INET_DIAG_CGROUP_ID,
				 cgroup_id(sock_cgroup_ptr(&sk->sk_cgrp_data)), INET_DIAG_PAD);
#else
	return 0;
#endif
}

/* What is read without the socket's lock. */
static int put_options(struct sk_buff *skb, const struct ask *ask, struct sock *sk,
		       const struct inet_diag_msg *msg)
{
	const struct xtcp_sock *xsk = xtcp_sk(sk);

	if (nla_put_u8(skb, INET_DIAG_SHUTDOWN, READ_ONCE(sk->sk_shutdown)) ||
	    put_cgroup(skb, sk) || put_sockopt(skb, sk) || put_meminfo(skb, ask, sk))
		return -EMSGSIZE;
	if (ask->net_admin && nla_put_u32(skb, INET_DIAG_MARK, READ_ONCE(sk->sk_mark)))
		return -EMSGSIZE;
	if (ask_ext(ask, INET_DIAG_TOS) &&
	    nla_put_u8(skb, INET_DIAG_TOS, READ_ONCE(xsk->inet.tos)))
		return -EMSGSIZE;
	if (msg->idiag_family != AF_INET6)
		return 0;
	if (ask_ext(ask, INET_DIAG_TCLASS) &&
	    nla_put_u8(skb, INET_DIAG_TCLASS, READ_ONCE(xsk->inet6.tclass)))
		return -EMSGSIZE;
	if ((BIT(msg->idiag_state) & (TCPF_LISTEN | STATE_BOUND)) &&
	    nla_put_u8(skb, INET_DIAG_SKV6ONLY, READ_ONCE(xsk->v6only)))
		return -EMSGSIZE;
	return 0;
}

static int put_cc_info(struct sk_buff *skb, const struct xtcp_sock *xsk)
{
	const struct xtcp_cong_ops *ops = xsk->cong.ops;
	const struct xtcp_cong_ecn ecn = {
		.ok = xsk->ecn.ok,
		.ce = xsk->ecn.echo,
	};
	union tcp_cc_info info;
	size_t len;

	if (!ops || !ops->info || !ops->info_attr)
		return 0;
	memset(&info, 0, sizeof(info));
	len = min(ops->info(&xsk->cong, &ecn, &info, sizeof(info)), sizeof(info));
	return len ? nla_put(skb, ops->info_attr, len, &info) : 0;
}

static int put_info(struct sk_buff *skb, const struct ask *ask, const struct sock *sk)
{
	const struct xtcp_sock *xsk = xtcp_sk(sk);
	struct nlattr *attr;

	if (ask_ext(ask, INET_DIAG_INFO)) {
		attr = nla_reserve_64bit(skb, INET_DIAG_INFO, sizeof(struct xtcp_info),
					 INET_DIAG_PAD);
		if (!attr)
			return -EMSGSIZE;
		xtcp_info_fill(sk, nla_data(attr));
	}
	if (ask_ext(ask, INET_DIAG_CONG) &&
	    nla_put_string(skb, INET_DIAG_CONG, xsk->cong_ops->name))
		return -EMSGSIZE;
	if (ask_ext(ask, INET_DIAG_VEGASINFO) && sk->sk_state != TCP_LISTEN)
		return put_cc_info(skb, xsk);
	return 0;
}

/* As long as getsockopt() takes; segments wait in the backlog, or for that on another CPU. */
static int put_locked(struct sk_buff *skb, const struct ask *ask, struct sock *sk)
{
	bool slow;
	int err;

	if (!ask_ext(ask, INET_DIAG_INFO) && !ask_ext(ask, INET_DIAG_CONG) &&
	    !ask_ext(ask, INET_DIAG_VEGASINFO))
		return 0;
	slow = lock_sock_fast(sk);
	err = put_info(skb, ask, sk);
	unlock_sock_fast(sk, slow);
	return err;
}

/* Nothing, where its state has become one that does not count. */
static int put_sock(struct sk_buff *skb, const struct ask *ask, u32 states, struct sock *sk)
{
	struct xtcp_proc_line line = {};
	struct inet_diag_msg *msg;
	struct nlmsghdr *nlh;

	xtcp_proc_sock(sk, &line);
	if (!(states & BIT(state_of(line.state))))
		return 0;
	if (line.state == TCP_LISTEN)
		line.tx_queue = READ_ONCE(sk->sk_max_ack_backlog);
	nlh = put_msg(skb, ask, &line);
	if (!nlh)
		return -EMSGSIZE;
	msg = nlmsg_data(nlh);
	msg->id.idiag_if = READ_ONCE(sk->sk_bound_dev_if);
	sock_diag_save_cookie(sk, msg->id.idiag_cookie);
	if (put_options(skb, ask, sk, msg) || put_locked(skb, ask, sk)) {
		nlmsg_cancel(skb, nlh);
		return -EMSGSIZE;
	}
	nlmsg_end(skb, nlh);
	return 0;
}

/*
 * Dumps.
 */

/* For the walks; RCU is held. */
static int hold_sock(struct sock *sk, void *arg)
{
	const struct xtcp_sock *xsk = xtcp_sk(sk);
	struct batch *batch = arg;

	if (!(batch->states & BIT(state_of(READ_ONCE(sk->sk_state)))) ||
	    !ask_wants(batch->ask, &xsk->tuple, READ_ONCE(xsk->format)) ||
	    !refcount_inc_not_zero(&sk->sk_refcnt))
		return 0;
	batch->behind[batch->count] = batch->cursor;
	batch->socks[batch->count++] = sk;
	return batch->count == BATCH;
}

static void hold_listeners(struct net *net, struct batch *batch)
{
	xtcp_table_walk(net, true, &batch->cursor, hold_sock, batch);
}

static void hold_connections(struct net *net, struct batch *batch)
{
	xtcp_table_walk(net, false, &batch->cursor, hold_sock, batch);
}

static void hold_bound(struct net *net, struct batch *batch)
{
	xtcp_port_walk(net, &batch->cursor, hold_sock, batch);
}

/**
 * struct stage - a table
 * @states: bits of the states of what is in it
 * @hold: takes the next of its sockets, or
 * @walk: copies the next of its entries
 */
struct stage {
	u32			states;
	void			(*hold)(struct net *net, struct batch *batch);
	xtcp_proc_walk_t	walk;
};

/* In the order of a life, so that what goes on to another table meanwhile is not missed there. */
static const struct stage stages[] = {
	{ .states = STATE_BOUND,	.hold = hold_bound },
	{ .states = TCPF_LISTEN,	.hold = hold_listeners },
	{ .states = TCPF_SYN_RECV,	.walk = xtcp_synq_walk },
	{ .states = STATES_CONNECTED,	.hold = hold_connections },
	{ .states = TCPF_TIME_WAIT,	.walk = xtcp_timewait_walk },
};

/* How a batch ended. */
enum batch_end {
	BATCH_MORE,		/* there may be another */
	BATCH_LAST,		/* the table is at its end */
	BATCH_NO_ROOM,		/* the buffer is full */
};

static enum batch_end dump_socks(struct sk_buff *skb, struct dump *dump, const struct stage *stage)
{
	struct batch batch = {
		.ask	= &dump->ask,
		.states	= dump->ask.req.idiag_states & stage->states,
		.cursor	= dump->cursor,
	};
	bool full = false;
	unsigned int i;

	stage->hold(sock_net(skb->sk), &batch);
	for (i = 0; i < batch.count; i++) {
		full = full || put_sock(skb, &dump->ask, batch.states, batch.socks[i]);
		if (!full)
			dump->cursor = batch.behind[i];
		sock_put(batch.socks[i]);
	}
	if (full)
		return BATCH_NO_ROOM;
	dump->cursor = batch.cursor;
	return batch.count == BATCH ? BATCH_MORE : BATCH_LAST;
}

static enum batch_end dump_lines(struct sk_buff *skb, struct dump *dump, const struct stage *stage)
{
	const struct xtcp_proc_line *line;

	for (; dump->next < dump->count; dump->next++) {
		line = &dump->lines[dump->next];
		if (ask_wants(&dump->ask, &line->tuple, line->format) &&
		    put_line(skb, &dump->ask, line))
			return BATCH_NO_ROOM;
	}
	memset(dump->lines, 0, sizeof(dump->lines));
	dump->next = 0;
	dump->count = stage->walk(sock_net(skb->sk), &dump->cursor, dump->lines, BATCH);
	return dump->count ? BATCH_MORE : BATCH_LAST;
}

static struct dump **dump_of(struct netlink_callback *cb)
{
	return (struct dump **)cb->ctx;
}

/* As much as fits into the buffer. */
static int dump_some(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct dump *dump = *dump_of(cb);
	const struct stage *stage;
	enum batch_end end;

	while (dump->stage < ARRAY_SIZE(stages)) {
		stage = &stages[dump->stage];
		end = BATCH_LAST;
		if (dump->ask.req.idiag_states & stage->states)
			end = stage->hold ? dump_socks(skb, dump, stage) :
			      dump_lines(skb, dump, stage);
		if (end == BATCH_NO_ROOM)
			return skb->len ?: -EMSGSIZE;
		if (end == BATCH_LAST) {
			dump->stage++;
			dump->cursor = (struct xtcp_cursor){};
		}
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	return skb->len;
}

static void ask_fill(struct ask *ask, const struct sk_buff *skb, const struct nlmsghdr *nlh)
{
	ask->req = *(const struct xtcp_diag_req *)nlmsg_data(nlh);
	if (!ask->req.idiag_states)
		ask->req.idiag_states = ~0;
	ask->user_ns = sk_user_ns(NETLINK_CB(skb).sk);
	ask->portid = NETLINK_CB(skb).portid;
	ask->seq = nlh->nlmsg_seq;
	ask->net_admin = netlink_net_capable(skb, CAP_NET_ADMIN);
}

static int dump_start(struct netlink_callback *cb)
{
	struct dump *dump = kzalloc(sizeof(*dump), GFP_KERNEL_ACCOUNT);

	*dump_of(cb) = dump;
	if (!dump)
		return -ENOMEM;
	ask_fill(&dump->ask, cb->skb, cb->nlh);
	dump->ask.flags = NLM_F_MULTI;
	return 0;
}

static int dump_done(struct netlink_callback *cb)
{
	kfree(*dump_of(cb));
	return 0;
}

/*
 * One alone.
 */

struct exact {
	const struct ask	*ask;
	struct xtcp_tuple	tuple;
	u32			hash;
	struct sock		*sk;	/* with a reference */
	int			err;
};

static bool cookie_fits(struct sock *sk, struct exact *exact)
{
	exact->err = sock_diag_check_cookie(sk, exact->ask->req.id.idiag_cookie);
	return !exact->err;
}

/* For the walk: of listeners that share a port, the cookie tells which. */
static int find_listener(struct sock *sk, void *arg)
{
	struct exact *exact = arg;

	if (!xtcp_tuple_equal(&xtcp_sk(sk)->tuple, &exact->tuple) ||
	    READ_ONCE(sk->sk_bound_dev_if) != exact->ask->req.id.idiag_if ||
	    !cookie_fits(sk, exact) || !refcount_inc_not_zero(&sk->sk_refcnt))
		return 0;
	exact->sk = sk;
	return 1;
}

static void read_addr(struct in6_addr *to, const __be32 *addr, u16 format)
{
	if (format == AF_INET6)
		memcpy(to, addr, sizeof(*to));
	else
		ipv6_addr_set_v4mapped(addr[0], to);
}

static void exact_init(struct exact *exact, struct net *net, const struct ask *ask)
{
	const struct xtcp_diag_req *req = &ask->req;
	struct xtcp_tuple *tuple = &exact->tuple;
	int dev = req->id.idiag_if;

	memset(exact, 0, sizeof(*exact));
	exact->ask = ask;
	exact->err = -ENOENT;
	read_addr(&tuple->laddr, req->id.idiag_src, req->idiag_format);
	tuple->lport = req->id.idiag_sport;
	tuple->rport = req->id.idiag_dport;
	tuple->link = req->sdiag_protocol == IPPROTO_TCP ? 0 : XTCP_LINK_NATIVE;
	/* A listener has no remote end, of neither version. */
	if (tuple->rport)
		read_addr(&tuple->raddr, req->id.idiag_dst, req->idiag_format);
	/* As connect() has it; a listener has none. */
	if (dev && !(ipv6_addr_type(&tuple->raddr) & IPV6_ADDR_LINKLOCAL))
		dev = l3mdev_master_ifindex_by_index(net, dev);
	if (tuple->rport)
		tuple->link |= (u32)dev << 1;
	exact->hash = xtcp_tuple_hash(net, tuple);
}

/* The socket, into @exact->sk, or why there is none, into @exact->err. */
static bool exact_find_sock(struct exact *exact, struct net *net)
{
	struct xtcp_cursor cursor = {};

	if (exact->tuple.rport)
		exact->sk = xtcp_table_find(net, &exact->tuple, exact->hash);
	else
		xtcp_table_walk(net, true, &cursor, find_listener, exact);
	if (!exact->sk)
		return false;
	if ((exact->ask->req.idiag_states & BIT(state_of(READ_ONCE(exact->sk->sk_state)))) &&
	    cookie_fits(exact->sk, exact))
		return true;
	sock_put(exact->sk);
	exact->sk = NULL;
	return false;
}

/* The cookie of what is no socket, as it is asked for. */
static u64 ask_ident(const struct ask *ask)
{
	const __u32 *cookie = ask->req.id.idiag_cookie;

	return (u64)cookie[1] << 32 | cookie[0];
}

/* The same for what is no socket. */
static bool exact_find_line(struct exact *exact, struct net *net, struct xtcp_proc_line *line)
{
	u32 states = exact->ask->req.idiag_states;
	u64 ident = ask_ident(exact->ask);

	if (!exact->tuple.rport ||
	    !(((states & TCPF_SYN_RECV) && xtcp_synq_show(net, &exact->tuple, line)) ||
	      ((states & TCPF_TIME_WAIT) && xtcp_timewait_show(net, &exact->tuple, line))))
		return false;
	if (ident == XTCP_IDENT_ANY || ident == line->ident)
		return true;
	exact->err = -ESTALE;
	return false;
}

static size_t answer_size(void)
{
	return NLMSG_ALIGN(sizeof(struct inet_diag_msg)) +
	       nla_total_size(sizeof(u8)) * 5 +		/* carrier, shutdown, TOS, class, v6only */
	       nla_total_size(sizeof(u32)) +			/* mark */
	       nla_total_size_64bit(sizeof(u64)) +		/* cgroup */
	       nla_total_size(sizeof(struct inet_diag_sockopt)) +
	       nla_total_size(sizeof(struct inet_diag_meminfo)) +
	       nla_total_size(SK_MEMINFO_VARS * sizeof(u32)) +
	       nla_total_size_64bit(sizeof(struct xtcp_info)) +
	       nla_total_size(XTCP_CONG_NAME_LEN) +
	       nla_total_size(sizeof(union tcp_cc_info));
}

static int answer(struct sk_buff *skb, struct exact *exact, struct net *net)
{
	struct xtcp_proc_line line = {};
	const struct ask *ask = exact->ask;

	if (exact_find_sock(exact, net)) {
		exact->err = put_sock(skb, ask, ask->req.idiag_states, exact->sk);
		sock_put(exact->sk);
		/* It has ended meanwhile. */
		if (!skb->len && !exact->err)
			exact->err = -ENOENT;
	} else if (exact_find_line(exact, net, &line)) {
		exact->err = put_line(skb, ask, &line);
	}
	return exact->err;
}

static int get_one(struct sk_buff *skb, const struct nlmsghdr *nlh)
{
	struct net *net = sock_net(skb->sk);
	struct sk_buff *reply;
	struct exact exact;
	struct ask ask = {};
	int err;

	ask_fill(&ask, skb, nlh);
	exact_init(&exact, net, &ask);
	reply = nlmsg_new(answer_size(), GFP_KERNEL);
	if (!reply)
		return -ENOMEM;
	err = answer(reply, &exact, net);
	if (err) {
		WARN_ON_ONCE(err == -EMSGSIZE);
		nlmsg_free(reply);
		return err;
	}
	return nlmsg_unicast(net->diag_nlsk, reply, ask.portid);
}

static int destroy(struct exact *exact, struct net *net)
{
	u32 states = exact->ask->req.idiag_states;
	u64 ident = ask_ident(exact->ask);
	int err = -ENOENT;

	if (exact_find_sock(exact, net)) {
		err = xtcp_close_destroy(exact->sk);
		sock_put(exact->sk);
		return err;
	}
	if (!exact->tuple.rport)
		return exact->err;
	if (states & TCPF_SYN_RECV)
		err = xtcp_synq_abort(net, &exact->tuple, ident);
	if (err == -ENOENT && (states & TCPF_TIME_WAIT))
		err = xtcp_timewait_abort(net, &exact->tuple, ident);
	return err == -ENOENT ? exact->err : err;
}

/*
 * Requests.
 */

/* What one that asks for a single thing has to name, a dump may leave open. */
static int check(const struct nlmsghdr *nlh, bool dump)
{
	const struct xtcp_diag_req *req;
	struct nlattr *attrs[1];
	int err;

	err = nlmsg_parse(nlh, sizeof(*req), attrs, 0, NULL, NULL);
	if (err)
		return err;
	req = nlmsg_data(nlh);
	if (!dump && (!req->sdiag_protocol || !req->idiag_format))
		return -EINVAL;
	if (req->sdiag_protocol && req->sdiag_protocol != IPPROTO_TCP &&
	    req->sdiag_protocol != xtcp_protocol)
		return -EPROTONOSUPPORT;
	if (req->idiag_format && req->idiag_format != AF_INET && req->idiag_format != AF_INET6)
		return -EAFNOSUPPORT;
	return 0;
}

static int diag_get(struct sk_buff *skb, struct nlmsghdr *nlh)
{
	struct netlink_dump_control control = {
		.start	= dump_start,
		.dump	= dump_some,
		.done	= dump_done,
	};
	bool dump = nlh->nlmsg_flags & NLM_F_DUMP;
	int err;

	err = check(nlh, dump);
	if (err)
		return err;
	if (dump)
		return netlink_dump_start(sock_net(skb->sk)->diag_nlsk, skb, nlh, &control);
	return get_one(skb, nlh);
}

static int diag_destroy(struct sk_buff *skb, struct nlmsghdr *nlh)
{
	struct net *net = sock_net(skb->sk);
	struct exact exact;
	struct ask ask = {};
	int err;

	err = check(nlh, false);
	if (err)
		return err;
	ask_fill(&ask, skb, nlh);
	if (!ask.net_admin)
		return -EPERM;
	exact_init(&exact, net, &ask);
	err = destroy(&exact, net);
	/* Whoever was waiting for the port may have it at once. */
	xtcp_port_flush(net);
	return err;
}

static struct sock_diag_handler handler = {
	.owner		= THIS_MODULE,
	.dump		= diag_get,
	.destroy	= diag_destroy,
};

/**
 * xtcp_diag_init - answer sock_diag's questions about the family
 *
 * Context: Process context; last of all, see main.c.
 * Return: 0, or -EBUSY if somebody else does.
 */
int xtcp_diag_init(void)
{
	handler.family = xtcp_family;
	return sock_diag_register(&handler);
}

/**
 * xtcp_diag_exit - and no more; the module is going, so that nobody asks at this moment
 *
 * Context: Process context.
 */
void xtcp_diag_exit(void)
{
	sock_diag_unregister(&handler);
}

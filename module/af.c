// SPDX-License-Identifier: GPL-2.0
/*
 * The family: socket(), and the calls that make, name and watch a connection.
 */
#include <asm/ioctls.h>

#include "xtcp.h"

#include <linux/module.h>
#include <linux/sockios.h>
#include <net/ip.h>
#include <net/l3mdev.h>

int xtcp_family = AF_XTCP;
int xtcp_protocol = IPPROTO_XTCP;

/**
 * struct endpoint - a user's sockaddr, read once
 * @ip: address, IPv4 as v4-mapped
 * @port: port
 * @format: AF_INET or AF_INET6
 * @scope: sin6_scope_id
 * @label: flow label, of sin6_flowinfo
 */
struct endpoint {
	struct in6_addr	ip;
	__be16		port;
	u16		format;
	int		scope;
	__be32		label;
};

static int read_sockaddr(const struct xtcp_sock *xsk, const void *uaddr, int len, bool bind,
			 struct endpoint *ep)
{
	const struct sockaddr_in6 *sin6 = uaddr;
	const struct sockaddr_in *sin = uaddr;
	sa_family_t family;

	if (len < (int)sizeof(sa_family_t))
		return -EINVAL;
	family = sin->sin_family;
	memset(ep, 0, sizeof(*ep));

	/* Very old programs bind the any-address without naming its family. */
	if (bind && family == AF_UNSPEC && len >= (int)sizeof(*sin) &&
	    sin->sin_addr.s_addr == htonl(INADDR_ANY) && xsk->format != AF_INET6)
		family = AF_INET;
	if (family != AF_INET && family != AF_INET6)
		return -EAFNOSUPPORT;
	if (xsk->format != AF_UNSPEC && xsk->format != family)
		return -EAFNOSUPPORT;

	ep->format = family;
	if (family == AF_INET) {
		if (len < (int)sizeof(*sin))
			return -EINVAL;
		ipv6_addr_set_v4mapped(sin->sin_addr.s_addr, &ep->ip);
		ep->port = sin->sin_port;
		return 0;
	}
	if (!IS_ENABLED(CONFIG_IPV6) || !ipv6_mod_enabled())
		return -EAFNOSUPPORT;
	if (len < SIN6_LEN_RFC2133)
		return -EINVAL;
	ep->ip = sin6->sin6_addr;
	ep->port = sin6->sin6_port;
	ep->label = sin6->sin6_flowinfo & IPV6_FLOWLABEL_MASK;
	if (len >= (int)sizeof(*sin6) && (ipv6_addr_type(&ep->ip) & IPV6_ADDR_LINKLOCAL))
		ep->scope = sin6->sin6_scope_id;
	return 0;
}

static bool addr_any(const struct in6_addr *ip)
{
	return ipv6_addr_any(ip) ||
	       (ipv6_addr_v4mapped(ip) && ip->s6_addr32[3] == htonl(INADDR_ANY));
}

static u32 carrier_of(const struct sock *sk)
{
	return xtcp_sock_native(sk) ? XTCP_LINK_NATIVE : 0;
}

static u32 link_of(const struct sock *sk, const struct in6_addr *raddr)
{
	int dev = sk->sk_bound_dev_if;

	if (dev && !(ipv6_addr_type(raddr) & IPV6_ADDR_LINKLOCAL))
		dev = l3mdev_master_ifindex_by_index(sock_net(sk), dev);
	return carrier_of(sk) | (u32)dev << 1;
}

/* A link-local address is one of an interface; the socket is bound to it from then on. */
static int bind_scope(struct sock *sk, int scope)
{
	if (!scope)
		return 0;
	if (sk->sk_bound_dev_if && sk->sk_bound_dev_if != scope)
		return -EINVAL;
	sk->sk_bound_dev_if = scope;
	return 0;
}

static int bind_locked(struct sock *sk, const struct endpoint *ep)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);
	u16 port = ntohs(ep->port);
	struct xtcp_tuple tuple = {
		.laddr = ep->ip,
	};
	int err;

	if (sk->sk_state != TCP_CLOSE || xsk->lease)
		return -EINVAL;
	if (xsk->v6only && ipv6_addr_v4mapped(&ep->ip))
		return -EINVAL;
	err = bind_scope(sk, ep->scope);
	if (err)
		return err;
	err = xtcp_ip_local_ok(sk, &ep->ip, sk->sk_bound_dev_if);
	if (err)
		return err;
	if (port && inet_port_requires_bind_service(sock_net(sk), port) &&
	    !ns_capable(sock_net(sk)->user_ns, CAP_NET_BIND_SERVICE))
		return -EACCES;

	tuple.link = carrier_of(sk);
	xsk->tuple = tuple;
	xsk->format = ep->format;
	/* ip(7): the port is connect()'s to choose, which many may share. */
	if (!port && xtcp_compat_bind_no_port(sk))
		err = 0;
	else
		err = xtcp_port_bind(sk, port);
	if (err) {
		memset(&xsk->tuple, 0, sizeof(xsk->tuple));
		return err;
	}
	xtcp_sock_set_tuple(sk, &xsk->tuple);
	if (!addr_any(&ep->ip))
		sk->sk_userlocks |= SOCK_BINDADDR_LOCK;
	if (port)
		sk->sk_userlocks |= SOCK_BINDPORT_LOCK;
	return 0;
}

static int xtcp_bind(struct socket *sock, struct sockaddr_unsized *uaddr, int len)
{
	struct sock *sk = sock->sk;
	struct endpoint ep;
	int err;

	lock_sock(sk);
	err = read_sockaddr(xtcp_sk(sk), uaddr, len, true, &ep);
	if (!err)
		err = bind_locked(sk, &ep);
	release_sock(sk);
	return err;
}

/* The remote end as the routing sees it: connecting to the any-address means this host. */
static int remote_of(struct sock *sk, const struct endpoint *ep, struct xtcp_tuple *tuple)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);
	bool local_v4, local_any = addr_any(&tuple->laddr);
	int err;

	tuple->raddr = ep->ip;
	tuple->rport = ep->port;
	if (ipv6_addr_v4mapped(&ep->ip)) {
		if (xsk->v6only)
			return -ENETUNREACH;
		if (ep->ip.s6_addr32[3] == htonl(INADDR_ANY))
			tuple->raddr.s6_addr32[3] = htonl(INADDR_LOOPBACK);
	} else if (ipv6_addr_any(&ep->ip)) {
		local_v4 = ipv6_addr_v4mapped(&tuple->laddr) && !local_any;
		if (local_v4)
			ipv6_addr_set_v4mapped(htonl(INADDR_LOOPBACK), &tuple->raddr);
		else
			tuple->raddr = in6addr_loopback;
	}
	/* Both ends speak the same version of IP. */
	if (!local_any &&
	    ipv6_addr_v4mapped(&tuple->laddr) != ipv6_addr_v4mapped(&tuple->raddr))
		return -ENETUNREACH;
	if (local_any)
		memset(&tuple->laddr, 0, sizeof(tuple->laddr));

	if (ipv6_addr_is_multicast(&tuple->raddr))
		return -ENETUNREACH;
	err = bind_scope(sk, ep->scope);
	if (err)
		return err;
	if ((ipv6_addr_type(&tuple->raddr) & IPV6_ADDR_LINKLOCAL) && !sk->sk_bound_dev_if)
		return -EINVAL;
	tuple->link = link_of(sk, &tuple->raddr);
	return 0;
}

/* What our SYN offers; the peer's narrows it. */
static void offer(struct sock *sk)
{
	const struct xtcp_sysctl *ctl = &xtcp_sock_net(sk)->sysctl;
	struct xtcp_sock *xsk = xtcp_sk(sk);

	xsk->wscale_ok = !!READ_ONCE(ctl->window_scaling);
	if (xsk->wscale_ok)
		xsk->rcv_wscale = xtcp_window_scale(max(sk->sk_rcvbuf, READ_ONCE(ctl->mem_rcv[2])));
	xsk->ts_ok = !!READ_ONCE(ctl->timestamps);
	xsk->sack_ok = !!READ_ONCE(ctl->sack);
	xsk->ts_offset = xtcp_isn_ts_offset(&xtcp_sock_net(sk)->ts_key, &xsk->tuple);
}

/* @fast: by Fast Open, so that it may be worth while to wait for what the user has to write. */
static int send_syn(struct sock *sk, bool fast)
{
	int err;

	err = xtcp_rtxq_begin(sk, GFP_KERNEL);
	if (err)
		return err;
	xtcp_sock_event(sk, XTCP_EV_CONNECT);
	xtcp_mib_inc(xtcp_sock_net(sk), ActiveOpens);
	if (fast && xtcp_fastopen_begin(sk)) {
		WRITE_ONCE(xtcp_sk(sk)->syn_waits, true);
		return 0;
	}
	err = xtcp_xmit_syn(sk, GFP_KERNEL);
	return err == -ECONNREFUSED ? err : 0;
}

/* A label may be somebody's own, by the kernel's IPV6_FLOWLABEL_MGR. */
static int set_flow_label(struct sock *sk, __be32 label)
{
	struct ip6_flowlabel *owned;

	if (!xtcp_sk(sk)->send_flow)
		label = 0;
	if (label) {
		owned = fl6_sock_lookup(sk, label);
		if (IS_ERR(owned))
			return -EINVAL;
		fl6_sock_release(owned);
	}
	inet6_sk(sk)->flow_label = label;
	return 0;
}

/* Active OPEN, RFC 9293 3.10.1. */
static int start_connect(struct sock *sk, const struct endpoint *ep, bool fast)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);
	struct xtcp_tuple tuple = xsk->tuple;
	struct xtcp_tuple bound = tuple;
	u32 iss = 0;
	int err;

	err = remote_of(sk, ep, &tuple);
	if (err)
		return err;
	err = set_flow_label(sk, ep->label);
	if (err)
		return err;
	err = xtcp_ip_connect(sk, &tuple);
	if (err)
		return err;

	xtcp_sock_renew(sk);
	/* It may have listened before, and been shut down. */
	WRITE_ONCE(sk->sk_shutdown, 0);
	xsk->format = ep->format;
	xsk->tuple = tuple;
	err = xtcp_port_connect(sk);
	if (err)
		goto restore;
	xtcp_sock_set_tuple(sk, &xsk->tuple);
	err = xtcp_timewait_reuse(sk, &xsk->tuple, &iss);
	if (err)
		goto unhash;
	xsk->iss = iss ?: xtcp_isn(&xtcp_sock_net(sk)->isn_key, &xsk->tuple, ktime_get_ns());
	offer(sk);
	xtcp_sock_open(sk);
	xtcp_ecn_open(sk);
	sk_set_txhash(sk);
	err = send_syn(sk, fast);
	if (!err)
		return 0;
unhash:
	xtcp_table_remove(sk);
	if (sk->sk_state != TCP_CLOSE) {
		xtcp_sock_done(sk);
		WRITE_ONCE(sk->sk_shutdown, 0);
	}
	if (!(sk->sk_userlocks & SOCK_BINDPORT_LOCK))
		xtcp_port_release(sk);
	xtcp_rtxq_purge(sk);
restore:
	if (!xsk->lease)
		bound.lport = 0;
	xtcp_sock_set_tuple(sk, &bound);
	sk_dst_reset(sk);
	return err;
}

static int wait_handshake(struct socket *sock, bool first, int flags)
{
	long timeo = sock_sndtimeo(sock->sk, flags & O_NONBLOCK);
	DEFINE_WAIT_FUNC(wait, woken_wake_function);
	struct sock *sk = sock->sk;

	add_wait_queue(sk_sleep(sk), &wait);
	sk->sk_write_pending++;
	while ((1 << sk->sk_state) & (TCPF_SYN_SENT | TCPF_SYN_RECV)) {
		if (!timeo || signal_pending(current))
			break;
		release_sock(sk);
		timeo = wait_woken(&wait, TASK_INTERRUPTIBLE, timeo);
		lock_sock(sk);
	}
	sk->sk_write_pending--;
	remove_wait_queue(sk_sleep(sk), &wait);

	if (!((1 << sk->sk_state) & (TCPF_SYN_SENT | TCPF_SYN_RECV)))
		return 0;
	if (!timeo)
		return first ? -EINPROGRESS : -EALREADY;
	return sock_intr_errno(timeo);
}

/**
 * xtcp_connect_wait - the end of connect(), or of a sendmsg() that takes its place
 * @sock: socket that a connect() was begun for
 * @first: by this call
 * @flags: O_NONBLOCK
 *
 * Context: lock_sock().
 * Return: 0 if connected; -EINPROGRESS or -EALREADY, -EINTR or -ERESTARTSYS if it goes on; else
 * what has become of it.
 */
int xtcp_connect_wait(struct socket *sock, bool first, int flags)
{
	struct sock *sk = sock->sk;
	int err;

	err = wait_handshake(sock, first, flags);
	if (err)
		return err;
	if (sk->sk_state == TCP_CLOSE) {
		sock->state = SS_UNCONNECTED;
		err = sock_error(sk) ?: -ECONNABORTED;
		xtcp_disconnect(sk);
		return err;
	}
	sock->state = SS_CONNECTED;
	return 0;
}

static int connect_begin(struct socket *sock, const void *uaddr, int len, bool fast)
{
	struct sock *sk = sock->sk;
	struct endpoint ep;
	int err;

	if (sk->sk_state != TCP_CLOSE)
		return -EISCONN;
	err = read_sockaddr(xtcp_sk(sk), uaddr, len, false, &ep);
	if (err)
		return err;
	err = start_connect(sk, &ep, fast);
	if (!err)
		sock->state = SS_CONNECTING;
	return err;
}

static int connect_locked(struct socket *sock, const void *uaddr, int len, int flags)
{
	struct xtcp_sock *xsk = xtcp_sk(sock->sk);
	int err;

	switch (sock->state) {
	case SS_CONNECTED:
		return -EISCONN;
	case SS_CONNECTING:
		/* As far as the user knows. */
		if (xsk->syn_waits)
			return -EISCONN;
		return xtcp_connect_wait(sock, false, flags);
	case SS_UNCONNECTED:
		err = connect_begin(sock, uaddr, len, xsk->fastopen_connect);
		/* tcp(7), TCP_FASTOPEN_CONNECT: the first write() sends the SYN. */
		if (err || xsk->syn_waits)
			return err;
		return xtcp_connect_wait(sock, true, flags);
	default:
		return -EINVAL;
	}
}

/**
 * xtcp_connect_message - MSG_FASTOPEN: sendmsg() connects; or TCP_FASTOPEN_CONNECT: it goes on to
 * @sock: socket
 * @msg: its msg_name is where to
 *
 * If xtcp_sock.syn_waits is set afterwards, the SYN is still to be sent, with what can go with it.
 * In any case xtcp_connect_wait() is what comes next.
 *
 * Context: lock_sock().
 * Return: 0; -EOPNOTSUPP if net.xtcp.fastopen says so, or an address of AF_UNSPEC; -EISCONN; or the
 * errors of connect().
 */
int xtcp_connect_message(struct socket *sock, const struct msghdr *msg)
{
	const struct sockaddr *addr = msg->msg_name;
	struct sock *sk = sock->sk;

	if (!(xtcp_sysctl_sk(sk, fastopen) & XTCP_FASTOPEN_CLIENT))
		return -EOPNOTSUPP;
	if (addr && msg->msg_namelen >= (int)sizeof(addr->sa_family) &&
	    addr->sa_family == AF_UNSPEC)
		return -EOPNOTSUPP;
	switch (sock->state) {
	case SS_CONNECTED:
		return -EISCONN;
	case SS_CONNECTING:
		return 0;
	case SS_UNCONNECTED:
		return connect_begin(sock, addr, addr ? msg->msg_namelen : 0, true);
	default:
		return -EINVAL;
	}
}

static int xtcp_connect(struct socket *sock, struct sockaddr_unsized *uaddr, int len, int flags)
{
	const struct sockaddr *addr = (const struct sockaddr *)uaddr;
	struct sock *sk = sock->sk;
	int err;

	if (len < (int)sizeof(addr->sa_family))
		return -EINVAL;
	lock_sock(sk);
	if (addr->sa_family == AF_UNSPEC) {
		err = xtcp_disconnect(sk);
		sock->state = SS_UNCONNECTED;
	} else {
		err = connect_locked(sock, uaddr, len, flags);
	}
	release_sock(sk);
	return err;
}

/* Passive OPEN, RFC 9293 3.10.1. */
static int start_listening(struct sock *sk)
{
	struct xtcp_net *xnet = xtcp_sock_net(sk);
	struct xtcp_sock *xsk = xtcp_sk(sk);
	struct endpoint any = {
		.format = xsk->format == AF_INET6 ? AF_INET6 : AF_INET,
	};
	int err;

	/* With IP_BIND_ADDRESS_NO_PORT it has an address; xtcp_port_listen() finds it a port. */
	if (!xsk->lease && !(sk->sk_userlocks & SOCK_BINDADDR_LOCK)) {
		if (any.format == AF_INET)
			ipv6_addr_set_v4mapped(htonl(INADDR_ANY), &any.ip);
		err = bind_locked(sk, &any);
		if (err)
			return err;
	}
	err = xtcp_synq_prepare(xnet) ?: xtcp_jar_prepare(xnet) ?: xtcp_listener_prepare(sk);
	if (err)
		return err;
	err = xtcp_port_listen(sk);
	if (err)
		return err;
	xtcp_fastopen_listen(sk);
	xtcp_listener_open(sk);
	xtcp_sock_renew(sk);
	/* It may have listened before, and been shut down; children inherit this. */
	WRITE_ONCE(sk->sk_shutdown, 0);
	spin_lock_bh(&xsk->accept.lock);
	xsk->accept.open = true;
	spin_unlock_bh(&xsk->accept.lock);
	WRITE_ONCE(sk->sk_ack_backlog, 0);
	xtcp_sock_event(sk, XTCP_EV_LISTEN);
	err = xtcp_table_insert_listener(sk);
	if (err)
		xtcp_disconnect(sk);
	return err;
}

static int xtcp_listen(struct socket *sock, int backlog)
{
	struct sock *sk = sock->sk;
	int err = -EINVAL;

	lock_sock(sk);
	if (sock->state == SS_UNCONNECTED &&
	    (sk->sk_state == TCP_CLOSE || sk->sk_state == TCP_LISTEN)) {
		WRITE_ONCE(sk->sk_max_ack_backlog, backlog);
		err = sk->sk_state == TCP_CLOSE ? start_listening(sk) : 0;
	}
	release_sock(sk);
	return err;
}

/**
 * xtcp_accept_is_full - whether a listener can take no further child
 * @listener: listening socket; a snapshot without its lock
 */
bool xtcp_accept_is_full(const struct sock *listener)
{
	return READ_ONCE(xtcp_sk(listener)->accept.len) > READ_ONCE(listener->sk_max_ack_backlog);
}

/**
 * xtcp_accept_push - an established child waits for accept()
 * @listener: listening socket
 * @child: its child; the reference it holds on itself becomes the queue's
 *
 * Return: 0, or -EINVAL if @listener listens no more. Context: the child's lock, BH off.
 */
int xtcp_accept_push(struct sock *listener, struct sock *child)
{
	struct xtcp_accept *accept = &xtcp_sk(listener)->accept;
	struct xtcp_sock *xsk = xtcp_sk(child);

	spin_lock(&accept->lock);
	if (!accept->open) {
		spin_unlock(&accept->lock);
		return -EINVAL;
	}
	list_add_tail(&xsk->accept_node, &accept->head);
	WRITE_ONCE(accept->len, accept->len + 1);
	xsk->orphan = false;
	spin_unlock(&accept->lock);
	atomic_dec(&xtcp_sock_net(child)->orphans);

	listener->sk_data_ready(listener);
	return 0;
}

static struct sock *accept_pop(struct xtcp_accept *accept)
{
	struct xtcp_sock *child;

	spin_lock_bh(&accept->lock);
	child = list_first_entry_or_null(&accept->head, struct xtcp_sock, accept_node);
	if (child) {
		list_del_init(&child->accept_node);
		WRITE_ONCE(accept->len, accept->len - 1);
	}
	spin_unlock_bh(&accept->lock);
	return (struct sock *)child;
}

/* The next child, waiting for one if need be; NULL with *err set if there will be none. */
static struct sock *wait_child(struct sock *sk, long timeo, int *err)
{
	struct xtcp_accept *accept = &xtcp_sk(sk)->accept;
	struct sock *child;
	DEFINE_WAIT(wait);

	for (;;) {
		if (sk->sk_state != TCP_LISTEN) {
			*err = -EINVAL;
			return NULL;
		}
		child = accept_pop(accept);
		if (child)
			return child;
		if (!timeo) {
			*err = -EAGAIN;
			return NULL;
		}
		if (signal_pending(current)) {
			*err = sock_intr_errno(timeo);
			return NULL;
		}
		prepare_to_wait_exclusive(sk_sleep(sk), &wait, TASK_INTERRUPTIBLE);
		release_sock(sk);
		if (!READ_ONCE(accept->len) && READ_ONCE(sk->sk_state) == TCP_LISTEN)
			timeo = schedule_timeout(timeo);
		finish_wait(sk_sleep(sk), &wait);
		lock_sock(sk);
	}
}

static int xtcp_accept(struct socket *sock, struct socket *newsock, struct proto_accept_arg *arg)
{
	struct sock *sk = sock->sk;
	struct sock *child;
	int err = 0;

	lock_sock(sk);
	child = wait_child(sk, sock_rcvtimeo(sk, arg->flags & O_NONBLOCK), &err);
	release_sock(sk);
	if (!child)
		return err;

	lock_sock(child);
	sock_graft(child, newsock);
	newsock->state = SS_CONNECTED;
	xtcp_compat_custom_sockopt(newsock);
	release_sock(child);
	return 0;
}

XTCP_PROTO_ACCEPT(xtcp_accept)

static int xtcp_getname(struct socket *sock, struct sockaddr *addr, int peer)
{
	struct sock *sk = sock->sk;
	int len;

	lock_sock(sk);
	if (peer && (!xtcp_sk(sk)->tuple.rport ||
		     (peer == 1 && ((1 << sk->sk_state) & (TCPF_CLOSE | TCPF_SYN_SENT)))))
		len = -ENOTCONN;
	else
		len = xtcp_sock_get_name(sk, addr, peer);
	release_sock(sk);
	return len;
}

/* SO_RCVLOWAT may ask for more than the buffer takes. */
static bool is_readable(struct sock *sk)
{
	int queued = xtcp_reader_queued(sk);

	return queued >= sock_rcvlowat(sk, 0, INT_MAX) + xtcp_urgent_hidden(sk) ||
	       (queued && xtcp_rcvbuf_space(sk) < READ_ONCE(xtcp_sk(sk)->rcv_mss));
}

static __poll_t poll_writable(struct sock *sk)
{
	if (sk->sk_shutdown & SEND_SHUTDOWN)
		return EPOLLOUT | EPOLLWRNORM;
	if (xtcp_sock_is_writable(sk))
		return EPOLLOUT | EPOLLWRNORM;
	sk_set_bit(SOCKWQ_ASYNC_NOSPACE, sk);
	set_bit(SOCK_NOSPACE, &sk->sk_socket->flags);
	/* Pairs with write_space(): space freed between the test and the bit is seen here. */
	smp_mb__after_atomic();
	return xtcp_sock_is_writable(sk) ? EPOLLOUT | EPOLLWRNORM : 0;
}

static __poll_t xtcp_poll(struct file *file, struct socket *sock, poll_table *wait)
{
	struct sock *sk = sock->sk;
	__poll_t mask = 0;
	u8 shutdown;
	int state;

	sock_poll_wait(file, sock, wait);
	/* Pairs with xtcp_set_state(). */
	state = smp_load_acquire(&sk->sk_state);
	if (state == TCP_LISTEN)
		return READ_ONCE(xtcp_sk(sk)->accept.len) ? EPOLLIN | EPOLLRDNORM : 0;

	shutdown = READ_ONCE(sk->sk_shutdown);
	if (shutdown == SHUTDOWN_MASK || state == TCP_CLOSE)
		mask |= EPOLLHUP;
	if (shutdown & RCV_SHUTDOWN)
		mask |= EPOLLIN | EPOLLRDNORM | EPOLLRDHUP;
	if ((state != TCP_SYN_SENT && state != TCP_SYN_RECV) ||
	    READ_ONCE(xtcp_sk(sk)->fastopened)) {
		if (is_readable(sk))
			mask |= EPOLLIN | EPOLLRDNORM;
		if (READ_ONCE(xtcp_sk(sk)->urgent.state) == XTCP_URGENT_HERE)
			mask |= EPOLLPRI;
		mask |= poll_writable(sk);
	}
	/* Whoever connected by TCP_FASTOPEN_CONNECT is to write: that sends the SYN. */
	if (state == TCP_SYN_SENT && READ_ONCE(xtcp_sk(sk)->syn_waits))
		mask |= EPOLLOUT | EPOLLWRNORM;
	/* Pairs with xtcp_sock_error(). */
	smp_rmb();
	if (READ_ONCE(sk->sk_err) || !skb_queue_empty_lockless(&sk->sk_error_queue))
		mask |= EPOLLERR;
	return mask;
}

static int xtcp_ioctl(struct socket *sock, unsigned int cmd, unsigned long arg)
{
	struct sock *sk = sock->sk;
	struct xtcp_sock *xsk = xtcp_sk(sk);
	int answer;

	if (cmd != SIOCINQ && cmd != SIOCOUTQ && cmd != SIOCOUTQNSD && cmd != SIOCATMARK)
		return -ENOIOCTLCMD;
	if (READ_ONCE(sk->sk_state) == TCP_LISTEN && cmd != SIOCATMARK)
		return -EINVAL;

	lock_sock(sk);
	if (cmd == SIOCATMARK)
		answer = xtcp_urgent_at(&xsk->urgent, xsk->copied_seq);
	else if (((1 << sk->sk_state) & (TCPF_SYN_SENT | TCPF_SYN_RECV)) && !xsk->fastopened)
		answer = 0;
	else if (cmd == SIOCINQ)
		answer = xtcp_urgent_queued(sk);
	else if (sk->sk_state == TCP_CLOSE)
		answer = 0;
	else
		answer = xsk->write_seq - (cmd == SIOCOUTQ ? xsk->snd_una : xsk->snd_nxt);
	release_sock(sk);
	return put_user(answer, (int __user *)arg);
}

XTCP_PROTO_SENDPAGE(xtcp_sendmsg)

static const struct proto_ops xtcp_ops = {
	.family		= AF_XTCP,
	.owner		= THIS_MODULE,
	.release	= xtcp_release,
	.bind		= xtcp_bind,
	.connect	= xtcp_connect,
	.socketpair	= sock_no_socketpair,
	.accept		= XTCP_PROTO_ACCEPT_OP(xtcp_accept),
	.getname	= xtcp_getname,
	.poll		= xtcp_poll,
	.ioctl		= xtcp_ioctl,
	.gettstamp	= sock_gettstamp,
	.listen		= xtcp_listen,
	.shutdown	= xtcp_shutdown,
	.setsockopt	= xtcp_setsockopt,
	.getsockopt	= xtcp_getsockopt,
	.sendmsg	= xtcp_sendmsg,
	.recvmsg	= xtcp_recvmsg,
	XTCP_PROTO_SENDPAGE_OP(xtcp_sendmsg)
	.splice_read	= xtcp_splice_read,
	.mmap		= sock_no_mmap,
	.set_peek_off	= sk_set_peek_off,
};

static int xtcp_create(struct net *net, struct socket *sock, int protocol, int kern)
{
	struct sock *sk;

	if (sock->type != SOCK_STREAM)
		return -ESOCKTNOSUPPORT;
	if (!protocol)
		protocol = IPPROTO_TCP;
	if (protocol != IPPROTO_TCP && protocol != xtcp_protocol)
		return -EPROTONOSUPPORT;

	sk = sk_alloc(net, xtcp_family, GFP_KERNEL, &xtcp_prot, kern);
	if (!sk)
		return -ENOBUFS;
	sock->state = SS_UNCONNECTED;
	sock->ops = &xtcp_ops;
	xtcp_compat_custom_sockopt(sock);
	sock_init_data(sock, sk);
	sk->sk_protocol = protocol;
	xtcp_sock_init(sk);
	return 0;
}

static struct net_proto_family xtcp_family_ops = {
	.create	= xtcp_create,
	.owner	= THIS_MODULE,
};

/**
 * xtcp_af_init - register the address family: from now on there can be sockets
 *
 * Return: 0, or -EEXIST if the family is taken.
 */
int xtcp_af_init(void)
{
	xtcp_family_ops.family = xtcp_family;
	return sock_register(&xtcp_family_ops);
}

/**
 * xtcp_af_exit - undo xtcp_af_init()
 */
void xtcp_af_exit(void)
{
	sock_unregister(xtcp_family);
}

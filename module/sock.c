// SPDX-License-Identifier: GPL-2.0
/*
 * The socket: allocation, its state and the one place that changes it, its death.
 */
#include "xtcp.h"

#include <linux/ip.h>
#include <linux/random.h>
#include <linux/swap.h>

#include "trace.h"

/* Smallest segment ever built, however small a peer or a path claims to be (CVE-2019-11479). */
#define MSS_MIN		48

/* In front of the data of every segment, for what goes there on its way down. */
#define MAX_HEADER_ROOM	L1_CACHE_ALIGN(MAX_HEADER + sizeof(struct ipv6hdr) + XTCP_HDR_MAX)

static atomic_long_t memory_allocated;
static DEFINE_PER_CPU(int, memory_per_cpu_fw_alloc);
static struct percpu_counter sockets_allocated;
static unsigned long memory_pressure;
static long memory_limits[3];			/* pages: low, pressure, high */
static int wmem_least[3] = { 4096, 16384, 4 << 20 };
static int rmem_least[3] = { 4096, 131072, 6 << 20 };

static void enter_memory_pressure(struct sock *sk)
{
	if (!READ_ONCE(memory_pressure))
		WRITE_ONCE(memory_pressure, 1);
}

static void leave_memory_pressure(struct sock *sk)
{
	if (READ_ONCE(memory_pressure))
		WRITE_ONCE(memory_pressure, 0);
}

static void set_keepalive(struct sock *sk, int on)
{
	if ((1 << sk->sk_state) & (TCPF_CLOSE | TCPF_LISTEN))
		return;
	/* Called before the flag changes. Who sets it again does not begin again. */
	if (on && !sock_flag(sk, SOCK_KEEPOPEN))
		xtcp_timer_keepalive(sk);
	else if (!on)
		sk_stop_timer(sk, &sk->sk_timer);
}

/* What was never sent, and need not be written yet for the network to be kept busy. */
static bool memory_free(const struct sock *sk, int wake)
{
	const struct xtcp_sock *xsk = xtcp_sk(sk);
	s32 unsent = READ_ONCE(xsk->write_seq) - READ_ONCE(xsk->snd_nxt);
	u32 lowat = READ_ONCE(xsk->notsent_lowat);

	/* Without the lock the one may be older than the other. */
	return (u64)max(unsent, 0) << wake < (lowat ? lowat : xtcp_sysctl_sk(sk, notsent_lowat));
}

struct proto xtcp_prot = {
	.name			= "XTCP",
	.owner			= THIS_MODULE,
	.obj_size		= sizeof(struct xtcp_sock),
	.max_header		= MAX_HEADER_ROOM,
	.keepalive		= set_keepalive,
	.backlog_rcv		= xtcp_demux_backlog,
	.release_cb		= xtcp_timer_deferred,
	.stream_memory_free	= memory_free,
	.enter_memory_pressure	= enter_memory_pressure,
	.leave_memory_pressure	= leave_memory_pressure,
	.memory_allocated	= &memory_allocated,
	.per_cpu_fw_alloc	= &memory_per_cpu_fw_alloc,
	.sockets_allocated	= &sockets_allocated,
	.memory_pressure	= &memory_pressure,
	.sysctl_mem		= memory_limits,
	.sysctl_wmem		= wmem_least,
	.sysctl_rmem		= rmem_least,
};

/* The last reference is gone, and a grace period with it. */
static void sock_destruct(struct sock *sk)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);

	__skb_queue_purge(&sk->sk_receive_queue);
	skb_queue_purge(&sk->sk_error_queue);
	xtcp_reasm_purge(&xsk->reasm);
	xtcp_rtxq_purge(sk);
	xtcp_port_release(sk);
	xtcp_cong_put(xsk->cong_ops);
	xtcp_fastopen_forget_keys(sk);
	xtcp_saved_syn_free(sk);
	sk_mem_reclaim_final(sk);

	WARN_ON_ONCE(sk->sk_state != TCP_CLOSE);
	WARN_ON_ONCE(xsk->hashed);
	WARN_ON_ONCE(atomic_read(&sk->sk_rmem_alloc));
	WARN_ON_ONCE(sk->sk_wmem_queued);
	WARN_ON_ONCE(!list_empty(&xsk->accept.head));
	WARN_ON_ONCE(atomic_read(&xsk->synq_len));
	xtcp_listener_free(sk);

	dst_release(rcu_dereference_protected(sk->sk_dst_cache, 1));
	sk_sockets_allocated_dec(sk);
}

/**
 * xtcp_sock_is_writable - whether who waits for room to write is to be woken
 * @sk: socket
 *
 * A third of the buffer is free, and half of what TCP_NOTSENT_LOWAT allows: so that more than a
 * little is written. Where all is sent the network may wait for more, and less has to do.
 *
 * Context: any.
 * Return: whether there is as much room.
 */
bool xtcp_sock_is_writable(const struct sock *sk)
{
	const struct xtcp_sock *xsk = xtcp_sk(sk);
	int least = READ_ONCE(sk->sk_wmem_queued) >> 1;

	if (READ_ONCE(xsk->write_seq) == READ_ONCE(xsk->snd_nxt))
		least = min(least, READ_ONCE(sk->sk_sndbuf) >> 4);
	return sk_stream_wspace(sk) >= least && __sk_stream_memory_free(sk, 1);
}

/* Also called, without the socket lock, for each segment that the device is done with. */
static void write_space(struct sock *sk)
{
	struct socket *sock;
	struct socket_wq *wq;

	xtcp_pace_below_less(sk);
	rcu_read_lock();
	sock = READ_ONCE(sk->sk_socket);
	if (!sock || !test_bit(SOCK_NOSPACE, &sock->flags) ||
	    !xtcp_sock_is_writable(sk)) {
		rcu_read_unlock();
		return;
	}
	clear_bit(SOCK_NOSPACE, &sock->flags);
	wq = rcu_dereference(sk->sk_wq);
	if (skwq_has_sleeper(wq))
		wake_up_interruptible_poll(&wq->wait, EPOLLOUT | EPOLLWRNORM | EPOLLWRBAND);
	if (wq && wq->fasync_list && !(sk->sk_shutdown & SEND_SHUTDOWN))
		sock_wake_async(wq, SOCK_WAKE_SPACE, POLL_OUT);
	rcu_read_unlock();
}

/**
 * xtcp_sock_renew - a fresh connection's worth of state
 * @sk: socket, CLOSED; settings, identity, timers and what a listener needs stay
 *
 * Context: socket lock.
 */
void xtcp_sock_renew(struct sock *sk)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);

	memset_startat(xsk, 0, iss);
	atomic_set(&sk->sk_tskey, 0);
	xsk->rtxq = RB_ROOT;
	INIT_LIST_HEAD(&xsk->sent);
	INIT_LIST_HEAD(&xsk->lost);
	xtcp_reasm_init(&xsk->reasm, &sk->sk_receive_queue);
	xtcp_tune_init(&xsk->tune);
	xsk->mss = 536;
	xsk->mss_gen = 1;
	xsk->rcv_mss = 536;
}

static void init_parts(struct sock *sk)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);

#if IS_ENABLED(CONFIG_IPV6)
	xsk->inet.pinet6 = &xsk->inet6;
#endif
	xsk->lease = NULL;
	xsk->listens = false;
	xsk->hashed = false;
	xsk->orphan = false;
	xsk->deferred = 0;
	xsk->listener = NULL;
	xsk->fastopen_listener = NULL;
	xsk->fastopen_queue = 0;
	RCU_INIT_POINTER(xsk->fastopen_secret, NULL);
	xsk->saved_syn = NULL;
	spin_lock_init(&xsk->accept.lock);
	INIT_LIST_HEAD(&xsk->accept.head);
	INIT_LIST_HEAD(&xsk->accept_node);
	xsk->accept.len = 0;
	xsk->accept.open = false;
	xsk->listening = NULL;
	atomic_set(&xsk->synq_len, 0);
	xtcp_sock_renew(sk);
	xtcp_timer_init(sk);
	xtcp_pace_init(sk);
}

/**
 * xtcp_sock_init - make a new socket usable, after sock_init_data()
 * @sk: socket of &xtcp_prot, zeroed by its allocation, sk_protocol set
 */
void xtcp_sock_init(struct sock *sk)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);
	struct inet_sock *inet = &xsk->inet;

	memset(&xsk->inet6, 0, sizeof(xsk->inet6));
	memset(&xsk->tuple, 0, sizeof(xsk->tuple));
	xsk->format = AF_UNSPEC;
	xsk->mss_user = 0;
	xsk->v6only = false;
	xsk->recverr6 = false;
	xsk->recverr6_rfc4884 = false;
	xsk->send_flow = false;
	xsk->port_range = 0;
	xsk->nodelay = false;
	xsk->syn_retries = 0;
	xsk->defer_accept = 0;
	xsk->save_syn = XTCP_SAVE_NONE;
	xsk->linger2_ms = 0;
	xsk->cong_ops = xtcp_sysctl_cong_get(xtcp_sock_net(sk));
	xsk->cork = false;
	xsk->tell_queued = false;
	xsk->lazy_ack = false;
	xsk->keep_probes = 0;
	xsk->keep_idle_s = 0;
	xsk->keep_interval_s = 0;
	xsk->user_timeout_ms = 0;
	xsk->window_clamp = 0;
	xsk->notsent_lowat = 0;
	xsk->fastopen_connect = false;
	xsk->fastopen_free = false;

	inet->uc_ttl = -1;
	inet->mc_ttl = 1;
	inet->pmtudisc = READ_ONCE(sock_net(sk)->ipv4.sysctl_ip_no_pmtu_disc) ?
			 IP_PMTUDISC_DONT : IP_PMTUDISC_WANT;
	xsk->inet6.hop_limit = -1;
	xsk->inet6.pmtudisc = IPV6_PMTUDISC_WANT;

	init_parts(sk);
	sk->sk_txrehash = READ_ONCE(sock_net(sk)->core.sysctl_txrehash);
	sk->sk_destruct = sock_destruct;
	sk->sk_backlog_rcv = sk->sk_prot->backlog_rcv;
	sk->sk_write_space = write_space;
	WRITE_ONCE(sk->sk_rcvbuf, READ_ONCE(xtcp_sock_net(sk)->sysctl.mem_rcv[1]));
	WRITE_ONCE(sk->sk_sndbuf, READ_ONCE(xtcp_sock_net(sk)->sysctl.mem_snd[1]));
	sock_set_flag(sk, SOCK_RCU_FREE);
	sk_sockets_allocated_inc(sk);
}

/**
 * xtcp_sock_create_child - a socket for a connection that came to a listener
 * @listener: the listening socket; its lock is not needed
 * @tuple: the connection's
 * @why: if there is none, the counter that says why
 *
 * Return: the child in SYN-RECEIVED, not hashed, locked with bh_lock_sock(), with a reference for
 * the caller and one that the child itself holds until somebody accepts it; NULL if there is no
 * memory, or the listener is closing. Context: BH off.
 */
struct sock *xtcp_sock_create_child(struct sock *listener, const struct xtcp_tuple *tuple,
				    enum xtcp_mib *why)
{
	struct xtcp_lease *lease;
	struct xtcp_sock *xsk;
	struct sock *sk;

	/* The listener may be closing: no lease, no child. */
	*why = XTCP_MIB_DropNoSocket;
	lease = xtcp_lease_get(READ_ONCE(xtcp_sk(listener)->lease));
	if (!lease)
		return NULL;
	*why = XTCP_MIB_DropNoMemory;
	sk = sk_clone_lock(listener, GFP_ATOMIC);
	if (!sk) {
		xtcp_lease_put(lease);
		return NULL;
	}
	xsk = xtcp_sk(sk);
	init_parts(sk);
	xsk->lease = lease;
	/* The listener holds it, so that it is not about to go. */
	xtcp_cong_hold_again(xsk->cong_ops);
	xsk->inet.inet_opt = NULL;
	xsk->inet.mc_list = NULL;
	xsk->inet6.opt = NULL;
	xsk->inet6.pktoptions = NULL;
	xsk->inet6.ipv6_mc_list = NULL;
	xsk->inet6.ipv6_ac_list = NULL;
	sk->sk_rx_dst = NULL;
	sk->sk_state = TCP_SYN_RECV;
	xtcp_sock_set_tuple(sk, tuple);
	xsk->orphan = true;
	atomic_inc(&xtcp_sock_net(sk)->orphans);
	return sk;
}

/**
 * xtcp_sock_discard_child - undo xtcp_sock_create_child(), also of a hashed child
 * @child: locked with bh_lock_sock(); unlocked and gone afterwards
 */
void xtcp_sock_discard_child(struct sock *child)
	__releases(&child->sk_lock.slock)
{
	xtcp_sock_done(child);
	bh_unlock_sock(child);
	sock_put(child);
}

/**
 * xtcp_sock_open - initial values of a connection whose iss, irs, options and route are known
 * @sk: socket
 *
 * RFC 6298 2.1, RFC 5681 3.1, RFC 6928. Context: socket lock.
 */
void xtcp_sock_open(struct sock *sk)
{
	const struct xtcp_sysctl *ctl = &xtcp_sock_net(sk)->sysctl;
	struct xtcp_sock *xsk = xtcp_sk(sk);
	/* Which finds the route. */
	u32 mtu = xtcp_ip_mtu(sk);

	xtcp_rtt_init(&xsk->rtt,
		      xtcp_metric_rto_us(sk, READ_ONCE(ctl->rto_initial_ms) * USEC_PER_MSEC),
		      READ_ONCE(ctl->rto_min_ms) * USEC_PER_MSEC,
		      READ_ONCE(ctl->rto_max_ms) * USEC_PER_MSEC);
	xtcp_pmtud_open(sk);
	xtcp_sock_sync_mss(sk, mtu);
	xtcp_cong_init(&xsk->cong, xsk->cong_ops, xsk->mss, xtcp_metric_initial_window(sk),
		       xtcp_clock_us());
	xtcp_metric_open(sk);
	xtcp_pace_update(sk);
	xsk->ato_ms = READ_ONCE(ctl->delack_min_ms);
	xsk->recover = xsk->iss;
	xtcp_rack_init(&xsk->rack, xsk->iss);
	/* The next IPv4 identification says nothing of how much was sent. */
	atomic_set(&xsk->inet.inet_id, get_random_u16());
	xsk->snd_sml = xsk->iss;
}

static void count_transition(struct sock *sk, int old, int state)
{
	struct xtcp_net *xnet = xtcp_sock_net(sk);
	struct xtcp_sock *xsk = xtcp_sk(sk);

	if (state == TCP_ESTABLISHED) {
		xtcp_mib_inc(xnet, Established);
		xsk->was_established = 1;
	}
	if (state != TCP_CLOSE && state != TCP_TIME_WAIT)
		return;
	if (xsk->was_established) {
		xtcp_mib_inc(xnet, Closed);
		xsk->was_established = 0;
	} else if (old == TCP_SYN_SENT || old == TCP_SYN_RECV) {
		xtcp_mib_inc(xnet, AttemptFails);
	}
}

/**
 * xtcp_set_state - change the state of a connection; nothing else does
 * @sk: socket
 * @state: TCP_ESTABLISHED and so on
 *
 * A socket is never seen in TIME-WAIT: the kernel takes whatever is for an inet_timewait_sock. Its
 * connection goes on as a TIME-WAIT object, which traces its own end, and the socket is CLOSED.
 *
 * Context: socket lock.
 */
void xtcp_set_state(struct sock *sk, int state)
{
	int old = sk->sk_state;

	if (old == state)
		return;
	trace_xtcp_state(sock_net(sk), &xtcp_sk(sk)->tuple, old, state);
	count_transition(sk, old, state);
	/* Pairs with lockless readers: poll(), table walks. */
	smp_store_release(&sk->sk_state, state == TCP_TIME_WAIT ? TCP_CLOSE : state);
}

/**
 * xtcp_sock_event - take the edge of the state machine that an event names
 * @sk: socket
 * @event: what happened
 *
 * Return: what the edge demands (%XTCP_ACT_SYN and so on); 0 also where there is no such edge.
 * Context: socket lock.
 */
u16 xtcp_sock_event(struct sock *sk, enum xtcp_event event)
{
	struct xtcp_edge edge = xtcp_fsm_next(sk->sk_state, event);

	if (!edge.state)
		return 0;
	xtcp_set_state(sk, edge.state);
	return edge.actions;
}

/**
 * xtcp_sock_error - an error for the user's next call
 * @sk: socket
 * @err: positive errno
 *
 * Context: socket lock.
 */
void xtcp_sock_error(struct sock *sk, int err)
{
	WRITE_ONCE(sk->sk_err, err);
	/* Pairs with poll(): whoever sees the wake-up sees the error. */
	smp_wmb();
	if (!sock_flag(sk, SOCK_DEAD))
		sk_error_report(sk);
}

/**
 * xtcp_sock_wake_writer - there is room to write, or less that was never sent
 * @sk: socket
 *
 * Context: socket lock.
 */
void xtcp_sock_wake_writer(struct sock *sk)
{
	if (!sk->sk_socket)
		return;
	/* Pairs with poll(): it sets the bit and looks again, we make room and look for the bit. */
	smp_mb();
	if (test_bit(SOCK_NOSPACE, &sk->sk_socket->flags))
		sk->sk_write_space(sk);
}

/* An orphan's or an unaccepted child's own reference; the caller holds another. */
static void drop_orphan(struct sock *sk)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);

	if (!xsk->orphan)
		return;
	xsk->orphan = false;
	atomic_dec(&xtcp_sock_net(sk)->orphans);
	sock_set_flag(sk, SOCK_DEAD);
	sock_put(sk);
}

/**
 * xtcp_sock_done - the connection is over: first phase of death
 * @sk: socket; idempotent
 *
 * What is readable stays readable. Context: socket lock, and a reference besides the file's.
 */
void xtcp_sock_done(struct sock *sk)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);

	xtcp_table_remove(sk);
	xtcp_timer_stop(sk);
	xtcp_pace_stop(sk);
	xtcp_set_state(sk, TCP_CLOSE);
	WRITE_ONCE(sk->sk_shutdown, SHUTDOWN_MASK);
	xtcp_rtxq_purge(sk);
	xtcp_reasm_purge(&xsk->reasm);
	if (xsk->listener) {
		sock_put(xsk->listener);
		xsk->listener = NULL;
	}
	xtcp_fastopen_leave(sk, false);
	if (!(sk->sk_userlocks & SOCK_BINDPORT_LOCK) || sock_flag(sk, SOCK_DEAD))
		xtcp_port_release(sk);
	if (!sock_flag(sk, SOCK_DEAD))
		sk->sk_state_change(sk);
	drop_orphan(sk);
}

/**
 * xtcp_sock_set_tuple - who talks to whom, also in the fields that IP and diagnostics read
 * @sk: socket, not hashed or about to be
 * @tuple: the new tuple; may be the socket's own
 *
 * Context: socket lock.
 */
void xtcp_sock_set_tuple(struct sock *sk, const struct xtcp_tuple *tuple)
{
	struct inet_sock *inet = inet_sk(sk);
	struct xtcp_sock *xsk = xtcp_sk(sk);
	bool v4 = ipv6_addr_v4mapped(&tuple->laddr);

	if (tuple != &xsk->tuple)
		xsk->tuple = *tuple;
	inet->inet_sport = tuple->lport;
	inet->inet_num = ntohs(tuple->lport);
	inet->inet_dport = tuple->rport;
	inet->inet_rcv_saddr = v4 ? tuple->laddr.s6_addr32[3] : 0;
	inet->inet_saddr = inet->inet_rcv_saddr;
	inet->inet_daddr = xtcp_tuple_is_v4(tuple) ? tuple->raddr.s6_addr32[3] : 0;
#if IS_ENABLED(CONFIG_IPV6)
	sk->sk_v6_rcv_saddr = tuple->laddr;
	sk->sk_v6_daddr = tuple->raddr;
	xsk->inet6.saddr = tuple->laddr;
#endif
}

/**
 * xtcp_sock_forget_peer - back to what bind() left: for another connect()
 * @sk: socket, CLOSED
 *
 * Context: socket lock.
 */
void xtcp_sock_forget_peer(struct sock *sk)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);
	struct xtcp_tuple tuple = xsk->tuple;

	memset(&tuple.raddr, 0, sizeof(tuple.raddr));
	tuple.rport = 0;
	tuple.link &= XTCP_LINK_NATIVE;
	if (!(sk->sk_userlocks & SOCK_BINDADDR_LOCK)) {
		memset(&tuple.laddr, 0, sizeof(tuple.laddr));
		if (xsk->format != AF_INET6)
			ipv6_addr_set_v4mapped(htonl(INADDR_ANY), &tuple.laddr);
	}
	if (!xsk->lease)
		tuple.lport = 0;
	xtcp_sock_set_tuple(sk, &tuple);
}

/**
 * xtcp_sock_mss_of - how much data a packet may carry
 * @sk: socket
 * @packet: its size, bytes
 *
 * RFC 9293 3.7.1, RFC 6691: no more than the peer takes, less the options of every segment.
 * Context: socket lock.
 *
 * Return: bytes.
 */
u32 xtcp_sock_mss_of(const struct sock *sk, u32 packet)
{
	const struct xtcp_sock *xsk = xtcp_sk(sk);
	u32 headers = XTCP_HDR_MIN;
	u32 mss;

	headers += xtcp_tuple_is_v4(&xsk->tuple) ? sizeof(struct iphdr) : sizeof(struct ipv6hdr);
	mss = packet > headers ? packet - headers : 0;
	if (xsk->mss_peer)
		mss = min_t(u32, mss, xsk->mss_peer);
	if (xsk->mss_user)
		mss = min_t(u32, mss, xsk->mss_user);
	mss = max_t(u32, mss, MSS_MIN + xtcp_segment_opt_len(sk));
	return min_t(u32, mss - xtcp_segment_opt_len(sk), U16_MAX);
}

/**
 * xtcp_sock_sync_mss - how much data a segment may carry
 * @sk: socket
 * @pmtu: path MTU as the routing has it, bytes
 *
 * What the routing says is an upper bound, where probes know better. Context: socket lock.
 */
void xtcp_sock_sync_mss(struct sock *sk, u32 pmtu)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);
	u32 mss;

	xtcp_plpmtud_path(&xsk->plpmtud, xsk->pmtu, pmtu);
	mss = xtcp_sock_mss_of(sk, min(pmtu, xtcp_plpmtud_limit(&xsk->plpmtud)));
	if (mss < xsk->mss)
		xsk->mss_gen = xsk->mss_gen % U8_MAX + 1;
	xsk->mss = mss;
	xsk->cong.mss = xsk->mss;
	xsk->pmtu = pmtu;
}

/**
 * xtcp_sock_get_name - an address in the format that the user expects
 * @sk: socket
 * @addr: filled; room for a struct sockaddr_storage
 * @peer: the remote address rather than the local one
 *
 * Return: bytes written.
 */
int xtcp_sock_get_name(const struct sock *sk, struct sockaddr *addr, bool peer)
{
	const struct xtcp_sock *xsk = xtcp_sk(sk);
	const struct xtcp_tuple *tuple = &xsk->tuple;
	const struct in6_addr *ip = peer ? &tuple->raddr : &tuple->laddr;
	struct sockaddr_in6 *sin6 = (struct sockaddr_in6 *)addr;
	struct sockaddr_in *sin = (struct sockaddr_in *)addr;
	__be16 port = peer ? tuple->rport : tuple->lport;

	if (xsk->format != AF_INET6) {
		memset(sin, 0, sizeof(*sin));
		sin->sin_family = AF_INET;
		sin->sin_port = port;
		sin->sin_addr.s_addr = ip->s6_addr32[3];
		return sizeof(*sin);
	}
	memset(sin6, 0, sizeof(*sin6));
	sin6->sin6_family = AF_INET6;
	sin6->sin6_port = port;
	sin6->sin6_addr = *ip;
	if (ipv6_addr_type(ip) & IPV6_ADDR_LINKLOCAL)
		sin6->sin6_scope_id = sk->sk_bound_dev_if;
	if (peer && xsk->send_flow)
		sin6->sin6_flowinfo = xsk->inet6.flow_label;
	return sizeof(*sin6);
}

/**
 * xtcp_sock_init_module - register the protocol and its slab
 *
 * Return: 0 or a negative errno.
 */
int xtcp_sock_init_module(void)
{
	unsigned long pages = nr_free_buffer_pages();
	int err;

	/* As much of the machine as the kernel's TCP takes by default: 3/64, 1/16, 3/32. */
	memory_limits[0] = max(pages / 64 * 3, 128UL);
	memory_limits[1] = max(pages / 16, 170UL);
	memory_limits[2] = memory_limits[0] * 2;

	err = percpu_counter_init(&sockets_allocated, 0, GFP_KERNEL);
	if (err)
		return err;
	err = proto_register(&xtcp_prot, 1);
	if (err)
		percpu_counter_destroy(&sockets_allocated);
	return err;
}

/**
 * xtcp_sock_exit_module - undo xtcp_sock_init_module(); no socket is left
 */
void xtcp_sock_exit_module(void)
{
	proto_unregister(&xtcp_prot);
	percpu_counter_destroy(&sockets_allocated);
}

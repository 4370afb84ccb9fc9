// SPDX-License-Identifier: GPL-2.0
/*
 * Fast Open of a listener (RFC 7413 4.2).
 *
 * A SYN that brings a cookie of ours becomes a child at once: in SYN-RECEIVED, as after a
 * simultaneous open, with the SYN-ACK in its retransmit queue; what came with the SYN can be read,
 * accept() returns it, and it may answer before the handshake is complete. All other SYNs, and this
 * one where there are too many such children, take their usual way through the half-open queue.
 *
 * So the queue's defence is as it was: what a flood brings from addresses that are not its own has
 * no cookie, and asking for one leaves nothing behind. Where cookies are not asked for, anybody's
 * SYN would open something: not of a listener that is under attack.
 *
 * A child counts for its listener until its SYN-ACK is acknowledged or it ends, and holds a
 * reference to it until then, whether the listener still listens or not.
 */
#include <linux/random.h>
#include <linux/slab.h>

#include "xtcp.h"

static u32 now_s(void)
{
	return (u32)ktime_get_seconds();
}

/* Of the socket, or else of its namespace. RCU read side. */
static const struct xtcp_fastopen_keys *keys_of(const struct sock *sk)
{
	const struct xtcp_fastopen_secret *secret;

	secret = rcu_dereference(xtcp_sk(sk)->fastopen_secret);
	if (!secret)
		secret = rcu_dereference(xtcp_sock_net(sk)->fastopen_secret);
	return &secret->keys;
}

/**
 * xtcp_fastopen_is_on - whether a listener opens connections at once at all
 * @listener: socket; a snapshot without its lock
 *
 * Where nothing is to be kept of a SYN, no child is either.
 *
 * Return: true if so.
 */
bool xtcp_fastopen_is_on(const struct sock *listener)
{
	return READ_ONCE(xtcp_sk(listener)->fastopen_queue) &&
	       (xtcp_sysctl_sk(listener, fastopen) & XTCP_FASTOPEN_SERVER) &&
	       xtcp_sysctl_sk(listener, syncookies) != XTCP_JAR_ALWAYS;
}

/**
 * xtcp_fastopen_is_known - whether a SYN brings a cookie of ours
 * @listener: whose it is
 * @tuple: its tuple
 * @opts: its options
 *
 * Context: RCU read side.
 * Return: true if so, and if that counts.
 */
bool xtcp_fastopen_is_known(const struct sock *listener, const struct xtcp_tuple *tuple,
			    const struct xtcp_opts *opts)
{
	return (opts->seen & XTCP_OPT_FASTOPEN) && xtcp_fastopen_is_on(listener) &&
	       xtcp_fastopen_check(keys_of(listener), tuple, &opts->fastopen) !=
	       XTCP_FASTOPEN_FORGED;
}

static bool needs_no_cookie(const struct sock *listener, const struct dst_entry *dst)
{
	return (READ_ONCE(xtcp_sk(listener)->fastopen_free) ||
		(xtcp_sysctl_sk(listener, fastopen) & XTCP_FASTOPEN_SERVER_FREE) ||
		xtcp_metric_no_cookie(dst)) &&
	       !xtcp_listener_is_flooded(listener);
}

/**
 * xtcp_fastopen_syn - what a SYN calls for
 * @listener: whose it is
 * @tuple: its tuple
 * @dst: the way back, or NULL
 * @opts: its options
 * @data: it brings data
 * @fresh: what the SYN-ACK is to bring: a cookie, or nothing if its len is 0
 *
 * Source: RFC 7413 4.2.2.
 *
 * Context: BH off, RCU read side.
 * Return: that.
 */
enum xtcp_fastopen_syn xtcp_fastopen_syn(struct sock *listener, const struct xtcp_tuple *tuple,
					 const struct dst_entry *dst, const struct xtcp_opts *opts,
					 bool data, struct xtcp_fastopen_cookie *fresh)
{
	struct xtcp_net *xnet = xtcp_sock_net(listener);
	bool asked = opts->seen & XTCP_OPT_FASTOPEN;

	fresh->len = 0;
	if ((!asked && !data) || !xtcp_fastopen_is_on(listener))
		return XTCP_FASTOPEN_NONE;
	if (asked && !opts->fastopen.len)
		xtcp_mib_inc(xnet, TCPFastOpenCookieReqd);
	if (data && needs_no_cookie(listener, dst))
		return XTCP_FASTOPEN_OPEN;
	if (!asked)
		return XTCP_FASTOPEN_NONE;
	if (opts->fastopen.len) {
		switch (xtcp_fastopen_check(keys_of(listener), tuple, &opts->fastopen)) {
		case XTCP_FASTOPEN_VALID:
			return XTCP_FASTOPEN_OPEN;
		case XTCP_FASTOPEN_OLD:
			xtcp_fastopen_make(keys_of(listener), tuple, fresh);
			xtcp_mib_inc(xnet, TCPFastOpenPassiveAltKey);
			return XTCP_FASTOPEN_OPEN;
		case XTCP_FASTOPEN_FORGED:
			xtcp_mib_inc(xnet, TCPFastOpenPassiveFail);
			break;
		}
	}
	xtcp_fastopen_make(keys_of(listener), tuple, fresh);
	return XTCP_FASTOPEN_OFFER;
}

/**
 * xtcp_fastopen_enter - count one more that is to be opened, if there may be one
 * @listener: whose it is
 *
 * Source: RFC 7413 5.1.
 *
 * Context: BH off, RCU read side.
 * Return: false if there may not, and the handshake comes first.
 */
bool xtcp_fastopen_enter(struct sock *listener)
{
	struct xtcp_listener *listening = xtcp_sk(listener)->listening;
	u32 most = READ_ONCE(xtcp_sk(listener)->fastopen_queue);
	bool ok;

	spin_lock(&listening->fastopen_lock);
	ok = xtcp_fastopen_bound_ok(&listening->fastopen, most, now_s());
	listening->fastopen.pending += ok;
	spin_unlock(&listening->fastopen_lock);
	if (!ok)
		xtcp_mib_inc(xtcp_sock_net(listener), TCPFastOpenListenOverflow);
	return ok;
}

static void leave(struct sock *listener, bool reset)
{
	struct xtcp_listener *listening = xtcp_sk(listener)->listening;

	spin_lock_bh(&listening->fastopen_lock);
	listening->fastopen.pending--;
	if (reset)
		xtcp_fastopen_bound_reset(&listening->fastopen, now_s());
	spin_unlock_bh(&listening->fastopen_lock);
}

/**
 * xtcp_fastopen_cancel - there is no child after all
 * @listener: for whom xtcp_fastopen_enter() returned true
 *
 * Context: RCU read side.
 */
void xtcp_fastopen_cancel(struct sock *listener)
{
	leave(listener, false);
}

/**
 * xtcp_fastopen_adopt - here is the child
 * @child: of a SYN, locked, new
 * @listener: for whom xtcp_fastopen_enter() returned true
 * @fresh: what the SYN-ACK is to bring
 *
 * Context: BH off.
 */
void xtcp_fastopen_adopt(struct sock *child, struct sock *listener,
			 const struct xtcp_fastopen_cookie *fresh)
{
	struct xtcp_sock *xsk = xtcp_sk(child);

	sock_hold(listener);
	xsk->fastopen_listener = listener;
	WRITE_ONCE(xsk->fastopened, true);
	xsk->fastopen_cookie = *fresh;
	xsk->fastopen_say = !!fresh->len;
	xtcp_mib_inc(xtcp_sock_net(child), TCPFastOpenPassive);
}

/**
 * xtcp_fastopen_leave - a child counts for its listener no more
 * @sk: socket; nothing happens to any other
 * @reset: the peer has reset it before its handshake was complete
 *
 * Context: socket lock.
 */
void xtcp_fastopen_leave(struct sock *sk, bool reset)
{
	struct sock *listener = xtcp_sk(sk)->fastopen_listener;

	if (likely(!listener))
		return;
	xtcp_sk(sk)->fastopen_listener = NULL;
	leave(listener, reset);
	sock_put(listener);
}

/**
 * xtcp_fastopen_acked - the handshake is complete
 * @sk: socket; nothing happens to one that needed no Fast Open
 *
 * Context: socket lock, BH off or the backlog.
 */
void xtcp_fastopen_acked(struct sock *sk)
{
	struct sock *listener = xtcp_sk(sk)->fastopen_listener;

	if (likely(!listener))
		return;
	local_bh_disable();
	xtcp_listener_completed(listener);
	local_bh_enable();
	xtcp_fastopen_leave(sk, false);
}

/**
 * xtcp_fastopen_set_queue - TCP_FASTOPEN
 * @sk: socket
 * @length: how many connections may be open whose handshake is not complete; 0: none
 *
 * Context: socket lock.
 * Return: 0, or -EINVAL also for one that is, or was, connected.
 */
int xtcp_fastopen_set_queue(struct sock *sk, int length)
{
	if (length < 0 || !((1 << sk->sk_state) & (TCPF_CLOSE | TCPF_LISTEN)))
		return -EINVAL;
	WRITE_ONCE(xtcp_sk(sk)->fastopen_queue,
		   min(length, READ_ONCE(sock_net(sk)->core.sysctl_somaxconn)));
	return 0;
}

/**
 * xtcp_fastopen_listen - a socket is about to listen
 * @sk: socket, its backlog set
 *
 * Context: socket lock.
 */
void xtcp_fastopen_listen(struct sock *sk)
{
	const int all = XTCP_FASTOPEN_SERVER | XTCP_FASTOPEN_SERVER_ALL;

	if ((xtcp_sysctl_sk(sk, fastopen) & all) == all && !xtcp_sk(sk)->fastopen_queue)
		xtcp_fastopen_set_queue(sk, min_t(u32, sk->sk_max_ack_backlog, INT_MAX));
}

static void free_secret(struct rcu_head *rcu)
{
	kfree_sensitive(container_of(rcu, struct xtcp_fastopen_secret, rcu));
}

static void replace(struct xtcp_fastopen_secret __rcu **where, struct xtcp_fastopen_secret *secret)
{
	secret = unrcu_pointer(xchg(where, RCU_INITIALIZER(secret)));
	if (secret)
		call_rcu(&secret->rcu, free_secret);
}

/**
 * xtcp_fastopen_set_keys - TCP_FASTOPEN_KEY, net.xtcp.fastopen_key
 * @where: whose keys
 * @bytes: as xtcp_fastopen_keys_read() takes them
 * @count: number of keys
 *
 * Context: process.
 * Return: 0 or -ENOMEM.
 */
int xtcp_fastopen_set_keys(struct xtcp_fastopen_secret __rcu **where, const u8 *bytes,
			   unsigned int count)
{
	struct xtcp_fastopen_secret *secret = kmalloc(sizeof(*secret), GFP_KERNEL_ACCOUNT);

	if (!secret)
		return -ENOMEM;
	xtcp_fastopen_keys_read(&secret->keys, bytes, count);
	replace(where, secret);
	return 0;
}

/**
 * xtcp_fastopen_get_keys - the keys that count for a socket: its own, or its namespace's
 * @sk: socket
 * @bytes: room for all that there may be
 *
 * Return: number of keys.
 */
unsigned int xtcp_fastopen_get_keys(const struct sock *sk, u8 *bytes)
{
	const struct xtcp_fastopen_keys *keys;
	unsigned int count;

	rcu_read_lock();
	keys = keys_of(sk);
	xtcp_fastopen_keys_write(keys, bytes);
	count = keys->count;
	rcu_read_unlock();
	return count;
}

/**
 * xtcp_fastopen_forget_keys - a socket is about to be freed
 * @sk: socket
 */
void xtcp_fastopen_forget_keys(struct sock *sk)
{
	replace(&xtcp_sk(sk)->fastopen_secret, NULL);
}

/**
 * xtcp_fastopen_init_net - a key for a namespace
 * @xnet: namespace
 *
 * Return: 0 or -ENOMEM.
 */
int xtcp_fastopen_init_net(struct xtcp_net *xnet)
{
	u8 bytes[XTCP_FASTOPEN_KEY];
	int err;

	get_random_bytes(bytes, sizeof(bytes));
	err = xtcp_fastopen_set_keys(&xnet->fastopen_secret, bytes, 1);
	memzero_explicit(bytes, sizeof(bytes));
	return err;
}

/**
 * xtcp_fastopen_exit_net - none any more
 * @xnet: namespace without sockets
 */
void xtcp_fastopen_exit_net(struct xtcp_net *xnet)
{
	replace(&xnet->fastopen_secret, NULL);
}

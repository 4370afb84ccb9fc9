// SPDX-License-Identifier: GPL-2.0
/*
 * The ways a connection ends by its user's will: shutdown, close with its lingering and its
 * orphans, abort, disconnect.
 */
#include "xtcp.h"

/* Queue our FIN behind the data and send what may be sent. Process context. */
static void send_fin(struct sock *sk)
{
	/* A FIN that cannot be queued could never be sent later: nobody would be there to try. */
	if (xtcp_rtxq_queue_flag(sk, XTCP_FIN, sk->sk_allocation)) {
		xtcp_close_abort(sk, ENOBUFS);
		return;
	}
	xtcp_xmit_push(sk, true);
}

/* CLOSE, RFC 9293 3.10.4. */
static void close_send_side(struct sock *sk)
{
	u16 acts = xtcp_sock_event(sk, XTCP_EV_CLOSE);

	if (acts & XTCP_ACT_FIN)
		send_fin(sk);
	if (acts & XTCP_ACT_DELETE)
		xtcp_sock_done(sk);
}

/**
 * xtcp_close_abort - end a connection at once
 * @sk: socket
 * @err: positive errno for the user, or 0
 *
 * Sends a reset where the peer may still believe in the connection (RFC 9293 3.10.5).
 * Context: socket lock, and a reference besides the file's.
 */
void xtcp_close_abort(struct sock *sk, int err)
{
	struct xtcp_net *xnet = xtcp_sock_net(sk);
	u8 state = sk->sk_state;
	u16 acts;

	if (state == TCP_CLOSE)
		return;
	acts = xtcp_fsm_next(state, XTCP_EV_ABORT).actions;
	if (acts & XTCP_ACT_RST)
		xtcp_segment_send_rst(sk, GFP_ATOMIC);
	if (xtcp_sk(sk)->was_established)
		xtcp_mib_inc(xnet, EstabResets);
	xtcp_sock_event(sk, XTCP_EV_ABORT);
	if (err)
		xtcp_sock_error(sk, err);
	xtcp_sock_done(sk);
}

/* A listener closes: nobody new comes in, and whoever waits in the queue is reset. */
static void stop_listening(struct sock *sk)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);
	struct xtcp_sock *child, *next;
	LIST_HEAD(children);

	xtcp_sock_event(sk, XTCP_EV_CLOSE);
	xtcp_table_remove(sk);
	spin_lock_bh(&xsk->accept.lock);
	xsk->accept.open = false;
	list_splice_init(&xsk->accept.head, &children);
	WRITE_ONCE(xsk->accept.len, 0);
	spin_unlock_bh(&xsk->accept.lock);
	xtcp_synq_purge(sk);
	xtcp_listener_close(sk);
	xtcp_port_unlisten(sk);

	list_for_each_entry_safe(child, next, &children, accept_node) {
		struct sock *csk = (struct sock *)child;

		list_del_init(&child->accept_node);
		local_bh_disable();
		bh_lock_sock_nested(csk);
		sock_orphan(csk);
		xtcp_close_abort(csk, 0);
		xtcp_port_release(csk);
		bh_unlock_sock(csk);
		local_bh_enable();
		sock_put(csk);
	}
	xtcp_sock_done(sk);
}

/**
 * xtcp_close_destroy - end a connection, or a listener, by the administrator's will
 * @sk: socket; its user's next call fails with ECONNABORTED
 *
 * Context: Process context, and a reference.
 * Return: 0, or -ENOENT where there is nothing to end any more.
 */
int xtcp_close_destroy(struct sock *sk)
{
	int err = 0;

	lock_sock(sk);
	switch (sk->sk_state) {
	case TCP_CLOSE:
		err = -ENOENT;
		break;
	case TCP_LISTEN:
		stop_listening(sk);
		xtcp_sock_error(sk, ECONNABORTED);
		break;
	default:
		xtcp_close_abort(sk, ECONNABORTED);
		break;
	}
	release_sock(sk);
	return err;
}

/**
 * xtcp_shutdown - proto_ops.shutdown
 * @sock: socket
 * @how: SHUT_RD, SHUT_WR or SHUT_RDWR
 *
 * Return: 0, -EINVAL, or -ENOTCONN where nothing is connected.
 */
int xtcp_shutdown(struct socket *sock, int how)
{
	struct sock *sk = sock->sk;
	int err = 0;

	how++;	/* SHUT_RD, SHUT_WR, SHUT_RDWR become RCV_SHUTDOWN, SEND_SHUTDOWN and both */
	if ((how & ~SHUTDOWN_MASK) || !how)
		return -EINVAL;

	lock_sock(sk);
	switch (sk->sk_state) {
	case TCP_CLOSE:
		err = -ENOTCONN;
		break;
	case TCP_LISTEN:
		if (how & RCV_SHUTDOWN)
			stop_listening(sk);
		break;
	case TCP_SYN_SENT:
		xtcp_disconnect(sk);
		sock->state = SS_UNCONNECTED;
		break;
	default:
		WRITE_ONCE(sk->sk_shutdown, sk->sk_shutdown | how);
		if (how & SEND_SHUTDOWN)
			close_send_side(sk);
		break;
	}
	sk->sk_state_change(sk);
	release_sock(sk);
	return err;
}

/* RFC 2525 2.17: closing with data unread is an abort, and the peer should know. */
static bool discard_unread(struct sock *sk)
{
	bool unread = xtcp_reader_queued(sk) > 0;

	__skb_queue_purge(&sk->sk_receive_queue);
	return unread;
}

/* SO_LINGER: until the peer has acknowledged everything, or for so many jiffies. */
static void linger(struct sock *sk, long timeout)
{
	DEFINE_WAIT_FUNC(wait, woken_wake_function);

	add_wait_queue(sk_sleep(sk), &wait);
	while (timeout && !signal_pending(current) &&
	       ((1 << sk->sk_state) & (TCPF_FIN_WAIT1 | TCPF_CLOSING | TCPF_LAST_ACK))) {
		release_sock(sk);
		timeout = wait_woken(&wait, TASK_INTERRUPTIBLE, timeout);
		lock_sock(sk);
	}
	remove_wait_queue(sk_sleep(sk), &wait);
}

static void close_connection(struct sock *sk, long timeout)
{
	bool unread = discard_unread(sk);

	if (sk->sk_state == TCP_CLOSE)
		return;
	if (unread || (sock_flag(sk, SOCK_LINGER) && !sk->sk_lingertime)) {
		xtcp_mib_inc(xtcp_sock_net(sk), LingerAborts);
		xtcp_close_abort(sk, 0);
		return;
	}
	close_send_side(sk);
	if (timeout)
		linger(sk, timeout);
}

/**
 * xtcp_close_fin_wait2 - nobody is left to wait for the peer's FIN: not for ever, then
 * @sk: orphan in FIN-WAIT-2
 *
 * Context: socket lock, and a reference besides the connection's own.
 */
void xtcp_close_fin_wait2(struct sock *sk)
{
	if (xtcp_sk(sk)->linger2_ms < 0)
		xtcp_close_abort(sk, 0);
	else
		xtcp_timer_fin_wait2(sk);
}

/* From now on the connection carries itself to its end, and holds the file's reference. */
static void become_orphan(struct sock *sk)
{
	struct xtcp_net *xnet = xtcp_sock_net(sk);
	struct xtcp_sock *xsk = xtcp_sk(sk);

	sock_orphan(sk);
	if (sk->sk_state == TCP_CLOSE) {
		xtcp_port_release(sk);
		sock_put(sk);
		return;
	}
	xsk->orphan = true;
	if (atomic_inc_return(&xnet->orphans) > READ_ONCE(xnet->sysctl.max_orphans)) {
		xtcp_mib_inc(xnet, OrphansKilled);
		xtcp_close_abort(sk, 0);
	} else if (sk->sk_state == TCP_FIN_WAIT2) {
		xtcp_close_fin_wait2(sk);
	}
}

/**
 * xtcp_release - proto_ops.release: the last file is closed
 * @sock: socket
 *
 * Return: 0.
 */
int xtcp_release(struct socket *sock)
{
	struct sock *sk = sock->sk;
	long timeout = 0;

	if (!sk)
		return 0;
	if (sock_flag(sk, SOCK_LINGER) && !(current->flags & PF_EXITING))
		timeout = sk->sk_lingertime;
	sock->sk = NULL;

	sock_hold(sk);
	lock_sock(sk);
	WRITE_ONCE(sk->sk_shutdown, SHUTDOWN_MASK);
	if (sk->sk_state == TCP_LISTEN)
		stop_listening(sk);
	else
		close_connection(sk, timeout);
	become_orphan(sk);
	release_sock(sk);
	/* Whoever was waiting for the port may have it as soon as close() returns. */
	xtcp_port_flush(sock_net(sk));
	sock_put(sk);
	return 0;
}

/**
 * xtcp_disconnect - back to a fresh socket: connect(AF_UNSPEC), or a given-up attempt
 * @sk: socket
 *
 * Return: 0. Context: lock_sock().
 */
int xtcp_disconnect(struct sock *sk)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);

	if (sk->sk_state == TCP_LISTEN)
		stop_listening(sk);
	else if (sk->sk_state == TCP_SYN_SENT)
		xtcp_close_abort(sk, ECONNRESET);
	else
		xtcp_close_abort(sk, 0);

	__skb_queue_purge(&sk->sk_receive_queue);
	xtcp_saved_syn_free(sk);
	WRITE_ONCE(xsk->copied_seq, xsk->reasm.rcv_nxt - xsk->reasm.fin);
	WRITE_ONCE(xsk->urgent.state, XTCP_URGENT_NONE);
	xtcp_sock_forget_peer(sk);
	WRITE_ONCE(sk->sk_shutdown, 0);
	sock_reset_flag(sk, SOCK_DONE);
	WRITE_ONCE(sk->sk_err_soft, 0);
	sk_dst_reset(sk);
	sk_error_report(sk);
	return 0;
}

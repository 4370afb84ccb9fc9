// SPDX-License-Identifier: GPL-2.0
/*
 * From user memory to the write queue, with the waiting that takes.
 */
#include "xtcp.h"

/* A writer waits for the handshake; after our FIN, or the connection's end, it is too late. */
static bool may_write(const struct sock *sk)
{
	return !sk->sk_err && !(sk->sk_shutdown & SEND_SHUTDOWN) && xtcp_sock_is_open(sk);
}

static int check_message(struct sock *sk, struct msghdr *msg, struct sockcm_cookie *cookie)
{
	int err;

	sockcm_init(cookie, sk);
	if (!msg->msg_controllen)
		return 0;
	err = sock_cmsg_send(sk, msg, cookie);
	return err ? err : xtcp_txstamp_allowed(sk, cookie);
}

static void add_fragment(struct sock *sk, struct sk_buff *skb, struct page_frag *frag, u32 len)
{
	int i = skb_shinfo(skb)->nr_frags;

	if (skb_can_coalesce(skb, i, frag->page, frag->offset)) {
		skb_frag_size_add(&skb_shinfo(skb)->frags[i - 1], len);
	} else {
		get_page(frag->page);
		skb_fill_page_desc(skb, i, frag->page, frag->offset, len);
	}
	frag->offset += len;
	skb->len += len;
	skb->data_len += len;
	skb->truesize += len;
	sk_wmem_queued_add(sk, len);
	sk_mem_charge(sk, len);
}

/*
 * Add to a segment what is at hand: from where it lies, or a copy, of at most the room that is left
 * in one page fragment.
 * Returns bytes; -ENOSPC if the segment takes no more fragments; -ENOBUFS if there is no memory;
 * -EFAULT if not a byte could be read.
 */
static int append(struct sock *sk, struct sk_buff *skb, struct msghdr *msg, u32 room)
{
	struct page_frag *frag = sk_page_frag(sk);
	size_t len;
	int shared;

	shared = xtcp_zerocopy_append(sk, skb, msg, room);
	if (shared)
		return shared;
	if (!sk_page_frag_refill(sk, frag))
		return -ENOBUFS;
	if (skb_shinfo(skb)->nr_frags >= MAX_SKB_FRAGS &&
	    !skb_can_coalesce(skb, skb_shinfo(skb)->nr_frags, frag->page, frag->offset))
		return -ENOSPC;
	len = min3((size_t)room, (size_t)(frag->size - frag->offset), msg_data_left(msg));
	if (!sk_wmem_schedule(sk, len))
		return -ENOBUFS;
	/* A fault half way ends the copy there; the next call finds it at the first byte. */
	len = copy_page_from_iter(frag->page, frag->offset, len, &msg->msg_iter);
	if (!len)
		return -EFAULT;
	add_fragment(sk, skb, frag, len);
	return len;
}

static int append_to_tail(struct sock *sk, struct msghdr *msg, u32 goal)
{
	struct sk_buff *tail = skb_peek_tail(&sk->sk_write_queue);
	int len;

	if (!tail || XTCP_CB(tail)->alone || (XTCP_CB(tail)->flags & (XTCP_SYN | XTCP_FIN)))
		return -ENOSPC;
	/* The last of the pieces that it is cut into is the one that knows its socket. */
	if (xtcp_txstamp_pending(tail))
		goal = min(goal, roundup(tail->len, xtcp_sk(sk)->mss));
	if (tail->len >= goal)
		return -ENOSPC;
	len = append(sk, tail, msg, goal - tail->len);
	if (len > 0) {
		XTCP_CB(tail)->end_seq += len;
		WRITE_ONCE(xtcp_sk(sk)->write_seq, xtcp_sk(sk)->write_seq + len);
	}
	return len;
}

static int begin_segment(struct sock *sk, struct msghdr *msg, u32 goal)
{
	struct sk_buff *skb;
	int len;

	if (!sk_stream_memory_free(sk))
		return -ENOBUFS;
	skb = xtcp_rtxq_alloc(sk, sk->sk_allocation);
	if (!skb)
		return -ENOBUFS;
	len = append(sk, skb, msg, goal);
	if (len > 0)
		xtcp_rtxq_queue(sk, skb, 0);
	else
		xtcp_rtxq_free(sk, skb);
	return len;
}

/* One piece; returns as append() does, but never -ENOSPC. */
static int write_piece(struct sock *sk, struct msghdr *msg)
{
	u32 goal = xtcp_xmit_size_goal(sk);
	int len;

	len = append_to_tail(sk, msg, goal);
	if (len == -ENOSPC)
		len = begin_segment(sk, msg, goal);
	if (len < 0)
		return len;
	/* Before it can be sent. Of a write that comes short none is: the rest is to follow. */
	if ((msg->msg_flags & MSG_OOB) && !msg_data_left(msg))
		xtcp_urgent_written(xtcp_sk(sk));
	/* A segment that has a successor need not wait for the rest of the write. */
	if (xtcp_sk(sk)->write_seq - xtcp_sk(sk)->snd_nxt > goal)
		xtcp_xmit_push(sk, false);
	return len;
}

/* All of it, unless an error or a fault comes between. Returns bytes; what stopped it in *err. */
static size_t write_all(struct sock *sk, struct msghdr *msg, long *timeo, int *err)
{
	size_t written = 0;
	int len;

	*err = 0;
	while (msg_data_left(msg) && !*err) {
		if (!may_write(sk)) {
			*err = -EPIPE;
			break;
		}
		len = write_piece(sk, msg);
		if (len > 0) {
			written += len;
			/* ACKs make room, and a long write must not hold them up. */
			sk_flush_backlog(sk);
		} else if (len == -ENOBUFS) {
			/* What is queued must be on its way before anybody waits for its ACK. */
			xtcp_xmit_push(sk, true);
			*err = sk_stream_wait_memory(sk, timeo);
		} else {
			*err = len;
		}
	}
	return written;
}

static void push_written(struct sock *sk, int flags)
{
	struct sk_buff *tail = skb_peek_tail(&sk->sk_write_queue);
	bool push = (flags & MSG_OOB) ||
		    ((!(flags & MSG_MORE) || (flags & MSG_EOR)) && !xtcp_sk(sk)->cork);

	if (push && tail)
		XTCP_CB(tail)->flags |= XTCP_PSH;
	if ((flags & MSG_EOR) && tail)
		XTCP_CB(tail)->alone = true;
	if (!xtcp_xmit_push(sk, push) && (flags & MSG_OOB))
		xtcp_urgent_tell(sk);
}

static int sendmsg_error(struct sock *sk, int flags, int err)
{
	err = sk_stream_error(sk, flags, err);
	/* With nothing queued no ACK will come that tells an edge-triggered poller to try again. */
	if (err == -EAGAIN && skb_queue_empty(&sk->sk_write_queue) && !xtcp_rtxq_head(sk))
		sk->sk_write_space(sk);
	return err;
}

/* As much as goes with the SYN. Where memory is short that is less, and the rest comes later. */
static size_t write_with_syn(struct sock *sk, struct msghdr *msg)
{
	u32 room = xtcp_sk(sk)->fastopen_room;
	int len = 0, all = 0;

	while (all < room && msg_data_left(msg)) {
		len = all ? append_to_tail(sk, msg, room) : begin_segment(sk, msg, room);
		if (len <= 0)
			break;
		all += len;
	}
	return all;
}

/*
 * tcp(7), MSG_FASTOPEN, and the first write after TCP_FASTOPEN_CONNECT. Returns 0 if there is a
 * connection to write the rest to.
 */
static int open_fast(struct socket *sock, struct msghdr *msg, size_t *written)
{
	bool first = sock->state == SS_UNCONNECTED || xtcp_sk(sock->sk)->syn_waits;
	struct sock *sk = sock->sk;
	int err;

	err = xtcp_connect_message(sock, msg);
	if (err)
		return err;
	if (xtcp_sk(sk)->syn_waits) {
		*written = write_with_syn(sk, msg);
		xtcp_xmit_syn(sk, sk->sk_allocation);
	}
	return xtcp_connect_wait(sock, first, msg->msg_flags & MSG_DONTWAIT ? O_NONBLOCK : 0);
}

static int sendmsg_locked(struct socket *sock, struct msghdr *msg)
{
	struct sock *sk = sock->sk;
	struct sockcm_cookie cookie;
	size_t opened = 0;
	size_t written;
	long timeo;
	int err;

	err = check_message(sk, msg, &cookie);
	if (err)
		return err;
	if ((msg->msg_flags & MSG_FASTOPEN) || xtcp_sk(sk)->syn_waits) {
		err = open_fast(sock, msg, &opened);
		/* What is on its way with the SYN is written, while there is hope. */
		if (err)
			return opened && sock->state == SS_CONNECTING ? opened : err;
	}
	timeo = sock_sndtimeo(sk, msg->msg_flags & MSG_DONTWAIT);
	if (!xtcp_sock_is_open(sk)) {
		err = sk_stream_wait_connect(sk, &timeo);
		if (err)
			return sendmsg_error(sk, msg->msg_flags, err);
	}
	if (!may_write(sk))
		return sendmsg_error(sk, msg->msg_flags, -EPIPE);

	xtcp_xmit_check_limited(sk);
	xtcp_txstamp_begin(sk, &cookie, xtcp_sk(sk)->write_seq - opened);
	written = opened + write_all(sk, msg, &timeo, &err);
	if (!written)
		return err ? sendmsg_error(sk, msg->msg_flags, err) : 0;
	if (written > opened)
		xtcp_txstamp_written(sk, &cookie);
	push_written(sk, msg->msg_flags);
	return written;
}

/**
 * xtcp_sendmsg - proto_ops.sendmsg: SEND (RFC 9293 3.10.2)
 * @sock: socket
 * @msg: data; msg_name is ignored without %MSG_FASTOPEN. Of msg_flags, %MSG_DONTWAIT, %MSG_MORE,
 *	 %MSG_EOR (as a push; nothing is added to the segment), %MSG_OOB (the last byte is urgent),
 *	 %MSG_NOSIGNAL, %MSG_ZEROCOPY, %MSG_FASTOPEN (connects to msg_name first) and, from
 *	 sendfile() and splice(), %MSG_SPLICE_PAGES count
 * @len: bytes in @msg
 *
 * Waits for an open that is under way, and for room in the send buffer, as long as SO_SNDTIMEO
 * and @msg allow.
 *
 * Context: process context; takes the socket lock.
 * Return: bytes queued, fewer than @len if an error, a signal, a fault or the timeout came
 * between; else a negative errno: -EPIPE (with SIGPIPE) if not connected, or not any more; the
 * connection's own error; -EAGAIN, -EINTR or -ERESTARTSYS; -EFAULT; -ENOBUFS as
 * xtcp_zerocopy_begin(); those of xtcp_txstamp_allowed(), xtcp_connect_message() and connect().
 */
int xtcp_sendmsg(struct socket *sock, struct msghdr *msg, size_t len)
{
	struct sock *sk = sock->sk;
	int ret;

	lock_sock(sk);
	ret = xtcp_zerocopy_begin(sk, msg);
	if (!ret) {
		ret = sendmsg_locked(sock, msg);
		xtcp_zerocopy_end(msg, ret > 0);
	}
	release_sock(sk);
	return ret;
}

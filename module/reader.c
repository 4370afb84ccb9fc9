// SPDX-License-Identifier: GPL-2.0
/*
 * From the receive queue to user memory, or to a pipe.
 *
 * The queue's segments may overlap: a reader goes by sequence number and skips what it has.
 */
#include "xtcp.h"

/**
 * struct read - one call of recvmsg() or splice() on its way
 * @sk: socket
 * @msg: where the bytes go
 * @pipe: likewise, instead, if not NULL
 * @seq: next sequence number to be read; copied_seq unless peeking
 * @copied: bytes read so far
 * @left: room left
 * @target: bytes at which a blocking read is content (SO_RCVLOWAT, MSG_WAITALL)
 * @timeo: jiffies left to wait
 * @flags: MSG_PEEK and so on
 * @stamped: the user wants to know when the data came
 * @last: then, the segment of the last byte that was read, if it says when; held
 */
struct read {
	struct sock	*sk;
	struct msghdr	*msg;
	struct pipe_inode_info *pipe;
	u32		seq;
	size_t		copied;
	size_t		left;
	int		target;
	long		timeo;
	int		flags;
	bool		stamped;
	struct sk_buff	*last;
};

/* Data bytes of a segment end here; a FIN has a number but no byte. */
static u32 data_end(const struct sk_buff *skb)
{
	return XTCP_CB(skb)->end_seq - !!(XTCP_CB(skb)->flags & XTCP_FIN);
}

/**
 * xtcp_reader_queued - bytes that could be read now
 * @sk: socket
 *
 * Context: socket lock, or none for a snapshot.
 */
int xtcp_reader_queued(struct sock *sk)
{
	const struct xtcp_sock *xsk = xtcp_sk(sk);
	u32 queued = READ_ONCE(xsk->reasm.rcv_nxt) - READ_ONCE(xsk->copied_seq);

	return max_t(int, queued - READ_ONCE(xsk->reasm.fin), 0);
}

/*
 * The user has read. Once that made enough room, the sender should hear of it (RFC 9293
 * 3.8.6.2.2), unless it has plenty on offer still: then the next ACK of data tells it.
 */
static void offer_window(struct sock *sk)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);
	u32 space, space_max, on_offer = 0;

	if (!((1 << sk->sk_state) & (TCPF_ESTABLISHED | TCPF_FIN_WAIT1 | TCPF_FIN_WAIT2)))
		return;
	xtcp_rcvbuf_read(sk);
	space = xtcp_rcvbuf_window(sk);
	space_max = xtcp_rcvbuf_window_max(sk);
	if (xtcp_seq_gt(xsk->rcv_adv, xsk->reasm.rcv_nxt))
		on_offer = xsk->rcv_adv - xsk->reasm.rcv_nxt;
	if (on_offer < space_max / 2 && space > on_offer &&
	    space - on_offer >= min(2 * (u32)xsk->rcv_mss, space_max / 2))
		xtcp_segment_send_ack(sk);
}

static void free_read(struct sock *sk)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);
	struct sk_buff *skb;

	while ((skb = skb_peek(&sk->sk_receive_queue))) {
		if (xtcp_seq_gt(data_end(skb), xsk->copied_seq))
			break;
		__skb_unlink(skb, &sk->sk_receive_queue);
		consume_skb(skb);
	}
}

/*
 * Returns bytes taken, all but where a pipe has no room for more, or a negative errno and none
 * were; a pipe that is full says -EAGAIN.
 */
static int take(const struct read *rd, struct sk_buff *skb, u32 offset, size_t len)
{
	int ret;

	if (rd->pipe) {
		ret = skb_splice_bits(skb, rd->sk, offset, rd->pipe, len, 0);
		return ret ? ret : -ENOMEM;
	}
	if (rd->flags & MSG_TRUNC)
		return len;
	ret = skb_copy_datagram_msg(skb, offset, rd->msg, len);
	return ret ? ret : len;
}

/* Notes whose time of arrival the user will be told. */
static void note_arrival(struct read *rd, struct sk_buff *skb)
{
	if (likely(!rd->stamped) || rd->last == skb ||
	    (!skb->tstamp && !skb_hwtstamps(skb)->hwtstamp))
		return;
	consume_skb(rd->last);
	rd->last = skb_get(skb);
}

/* SO_TIMESTAMP and the like, socket(7): of a stream, when the last byte came. */
static void tell_arrival(struct read *rd)
{
	if (!rd->last)
		return;
	sock_recv_timestamp(rd->msg, rd->sk, rd->last);
	consume_skb(rd->last);
}

/* SO_PEEK_OFF, socket(7): a peek goes on where the last one ended; a read takes off the front. */
static void move_peek_offset(const struct read *rd, int taken)
{
	if (rd->flags & MSG_PEEK)
		sk_peek_offset_fwd(rd->sk, taken);
	else
		sk_peek_offset_bwd(rd->sk, taken);
}

/* Returns a negative errno if user memory could not be written, or the pipe is full. */
static int copy_queued(struct read *rd)
{
	size_t room = xtcp_urgent_room(&xtcp_sk(rd->sk)->urgent, rd->seq, rd->left);
	struct sk_buff *skb;

	skb_queue_walk(&rd->sk->sk_receive_queue, skb) {
		u32 end = data_end(skb);

		while (xtcp_seq_gt(end, rd->seq) && room) {
			size_t part = min_t(size_t, end - rd->seq, room);
			int taken = take(rd, skb, rd->seq - XTCP_CB(skb)->seq, part);

			if (taken < 0)
				return taken;
			rd->seq += taken;
			rd->copied += taken;
			move_peek_offset(rd, taken);
			note_arrival(rd, skb);
			rd->left -= taken;
			room -= taken;
		}
		if (!room)
			break;
	}
	return 0;
}

/*
 * At the mark: a read that has come this far ends, so that its caller can see where it is. One that
 * begins there goes on. Returns as may_wait() does.
 */
static int pass_mark(struct read *rd)
{
	if (likely(!xtcp_urgent_at(&xtcp_sk(rd->sk)->urgent, rd->seq)))
		return 1;
	if (rd->copied)
		return 0;
	/* That may be SIGURG: its handler goes first. */
	if (signal_pending(current))
		return rd->timeo ? sock_intr_errno(rd->timeo) : -EAGAIN;
	rd->seq = xtcp_urgent_skip(rd->sk, rd->seq);
	return 1;
}

/* Nothing more is queued. Whether to wait: 1; else 0 for end of file, or a negative errno. */
static int may_wait(const struct read *rd)
{
	struct sock *sk = rd->sk;

	if (rd->copied) {
		if (rd->copied >= rd->target || READ_ONCE(sk->sk_err) ||
		    sk->sk_state == TCP_CLOSE || (sk->sk_shutdown & RCV_SHUTDOWN) || !rd->timeo ||
		    signal_pending(current))
			return 0;
		return 1;
	}
	if (sock_flag(sk, SOCK_DONE))
		return 0;
	if (READ_ONCE(sk->sk_err))
		return sock_error(sk);
	if (sk->sk_shutdown & RCV_SHUTDOWN)
		return 0;
	if (sk->sk_state == TCP_CLOSE)
		return -ENOTCONN;
	if (!rd->timeo)
		return -EAGAIN;
	if (signal_pending(current))
		return sock_intr_errno(rd->timeo);
	return 1;
}

/* The socket was not ours for a while: another thread may have read on. */
static void catch_up(struct read *rd)
{
	u32 copied_seq = xtcp_sk(rd->sk)->copied_seq;

	if (!(rd->flags & MSG_PEEK) || xtcp_seq_lt(rd->seq, copied_seq))
		rd->seq = copied_seq;
}

static int read_loop(struct read *rd)
{
	struct xtcp_sock *xsk = xtcp_sk(rd->sk);
	int err;

	while (rd->left) {
		size_t before = rd->copied;

		err = pass_mark(rd);
		if (err <= 0)
			return err;
		err = copy_queued(rd);
		if (!(rd->flags & MSG_PEEK)) {
			WRITE_ONCE(xsk->copied_seq, rd->seq);
			xtcp_urgent_read(rd->sk);
			free_read(rd->sk);
		}
		if (err)
			return err;
		if (!rd->left || (rd->copied && xtcp_urgent_at(&xsk->urgent, rd->seq)))
			break;
		/* The backlog may hold more, and it is not counted as queued yet. */
		if (rd->copied >= rd->target && !READ_ONCE(rd->sk->sk_backlog.tail))
			break;
		if (rd->copied != before && rd->copied >= rd->target) {
			release_sock(rd->sk);
			lock_sock(rd->sk);
			catch_up(rd);
			continue;
		}
		err = may_wait(rd);
		if (err <= 0)
			return err;
		if (!(rd->flags & MSG_PEEK))
			offer_window(rd->sk);
		sk_wait_data(rd->sk, &rd->timeo, skb_peek_tail(&rd->sk->sk_receive_queue));
		catch_up(rd);
	}
	return 0;
}

static ssize_t read_stream(struct read *rd)
{
	struct sock *sk = rd->sk;
	int err;

	lock_sock(sk);
	if (sk->sk_state == TCP_LISTEN) {
		err = -ENOTCONN;
	} else {
		/* Not negative, where there is one and it is a peek. */
		rd->seq = xtcp_sk(sk)->copied_seq + max(sk_peek_offset(sk, rd->flags), 0);
		err = read_loop(rd);
		if (rd->copied && !(rd->flags & MSG_PEEK))
			offer_window(sk);
		tell_arrival(rd);
	}
	release_sock(sk);
	return rd->copied ? rd->copied : err;
}

static int read_urgent(struct sock *sk, struct msghdr *msg, size_t len, int flags)
{
	int ret;

	lock_sock(sk);
	if (sk->sk_state == TCP_LISTEN)
		ret = -ENOTCONN;
	else
		ret = xtcp_urgent_recv(sk, msg, len, flags);
	release_sock(sk);
	return ret;
}

/* TCP_INQ, tcp(7); io_uring asks by itself. The end of the stream can be read too, and counts. */
static void tell_queued(struct sock *sk, struct msghdr *msg)
{
	const bool by_message = READ_ONCE(xtcp_sk(sk)->tell_queued);
	int queued;

	if (!by_message && !msg->msg_get_inq)
		return;
	queued = xtcp_reader_queued(sk);
	if (!queued && (READ_ONCE(sk->sk_shutdown) & RCV_SHUTDOWN))
		queued = 1;
	msg->msg_inq = queued;
	if (by_message)
		put_cmsg(msg, SOL_TCP, TCP_CM_INQ, sizeof(queued), &queued);
}

/**
 * xtcp_recvmsg - proto_ops.recvmsg
 * @sock: socket
 * @msg: where the bytes go
 * @len: room, bytes
 * @flags: MSG_PEEK, MSG_WAITALL, MSG_DONTWAIT, MSG_TRUNC (count, do not copy), MSG_OOB;
 *	   MSG_ERRQUEUE: xtcp_errqueue_recv()
 *
 * Return: bytes read, 0 at the end of the stream, or a negative errno.
 */
int xtcp_recvmsg(struct socket *sock, struct msghdr *msg, size_t len, int flags)
{
	struct sock *sk = sock->sk;
	struct read rd = {
		.sk = sk,
		.msg = msg,
		.left = len,
		.flags = flags,
		.timeo = sock_rcvtimeo(sk, flags & MSG_DONTWAIT),
		.target = sock_rcvlowat(sk, flags & MSG_WAITALL, len),
		.stamped = sock_flag(sk, SOCK_RCVTSTAMP) || READ_ONCE(sk->sk_tsflags),
	};
	int got;

	if (flags & MSG_ERRQUEUE)
		return xtcp_errqueue_recv(sk, msg, len);
	if (flags & MSG_OOB)
		return read_urgent(sk, msg, len, flags);
	got = read_stream(&rd);
	if (got >= 0)
		tell_queued(sk, msg);
	return got;
}

/**
 * xtcp_splice_read - proto_ops.splice_read: to a pipe, the pages themselves where data is in pages
 * @sock: socket
 * @pos: must be 0
 * @pipe: where the bytes go; locked
 * @len: bytes at most
 * @flags: the pipe's; whether to wait for data is the socket's O_NONBLOCK
 *
 * Return: bytes moved, any that there are; 0 at the end of the stream; or a negative errno:
 * -EAGAIN, also if the pipe is full; -EPIPE (with SIGPIPE) if nobody reads it; -ESPIPE.
 */
ssize_t xtcp_splice_read(struct socket *sock, loff_t *pos, struct pipe_inode_info *pipe,
			 size_t len, unsigned int flags)
{
	struct sock *sk = sock->sk;
	struct read rd = {
		.sk = sk,
		.pipe = pipe,
		.left = len,
		.timeo = sock_rcvtimeo(sk, sock->file->f_flags & O_NONBLOCK),
		.target = 1,
	};

	if (*pos)
		return -ESPIPE;
	return read_stream(&rd);
}

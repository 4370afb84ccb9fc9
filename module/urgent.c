// SPDX-License-Identifier: GPL-2.0
/*
 * Urgent data, there and back.
 *
 * On the way out nothing but the pointer is special: the byte is one of the stream. A pointer is
 * an offset from its own segment, so what lies below must not cut such a segment into several: as
 * long as any urgent byte is unacknowledged, xmit.c makes segments of one MSS.
 *
 * On the way in the byte stays in the receive queue, too. A reader who has it out of band passes
 * over it when he comes to it.
 */
#include "xtcp.h"

/*
 * Send
 */

/**
 * xtcp_urgent_written - the last byte that was written is urgent
 * @xsk: socket; the byte is in the write queue, and has not been sent
 *
 * RFC 9293 3.10.2: SND.UP. Context: socket lock.
 */
void xtcp_urgent_written(struct xtcp_sock *xsk)
{
	xsk->urgent.snd_up = xsk->write_seq;
	xsk->urgent.since = xsk->snd_nxt;
	xsk->urgent.sending = true;
}

/**
 * xtcp_urgent_pointer - the urgent pointer of a segment
 * @urg: the connection's urgent data
 * @seq: sequence number of the segment
 *
 * Points to the byte that follows the urgent one. Where that is out of reach of 16 bits, the
 * pointer says that there is something urgent, but must not name a byte that the peer then takes
 * for it. So it goes as far as it can, into what is sent after the urgent byte was written: with
 * whatever byte it names there comes that byte's own segment, whose pointer goes further. Where it
 * cannot go so far there is none.
 *
 * Source: RFC 9293 3.1 and 3.8.5, RFC 6093 3.1 and 4.
 *
 * Return: the pointer, host order; 0: the segment has no URG.
 */
u16 xtcp_urgent_pointer(const struct xtcp_urgent *urg, u32 seq)
{
	if (!urg->sending || xtcp_seq_ge(seq, urg->snd_up))
		return 0;
	if (urg->snd_up - seq <= U16_MAX)
		return urg->snd_up - seq;
	return xtcp_seq_gt(seq + U16_MAX, urg->since) ? U16_MAX : 0;
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_urgent_pointer);

/**
 * xtcp_urgent_tell - let the peer know of urgent data that cannot be sent yet
 * @sk: socket
 *
 * Whatever keeps the data back, a closed window above all: the peer's user may be the one who can
 * open it. A bare ACK is acceptable to a peer without a window.
 *
 * RFC 9293 3.8.5 and 3.10.7.4, first. Context: socket lock.
 */
void xtcp_urgent_tell(struct sock *sk)
{
	const struct xtcp_sock *xsk = xtcp_sk(sk);

	/* The connection may have ended since the byte was written. */
	if (sk->sk_state != TCP_CLOSE && xsk->urgent.sending &&
	    xtcp_seq_lt(xsk->snd_nxt, xsk->urgent.snd_up))
		xtcp_segment_send_ack(sk);
}

/**
 * xtcp_urgent_acked - snd_una has moved
 * @xsk: socket
 *
 * Context: socket lock.
 */
void xtcp_urgent_acked(struct xtcp_sock *xsk)
{
	if (xtcp_seq_ge(xsk->snd_una, xsk->urgent.snd_up))
		xsk->urgent.sending = false;
}

/*
 * Receive
 */

static bool is_inline(const struct sock *sk)
{
	return sock_flag(sk, SOCK_URGINLINE);
}

/* Whether a reader who comes to the mark finds the byte in the queue. */
static bool is_in_order(const struct xtcp_sock *xsk)
{
	return xtcp_seq_lt(xsk->urgent.mark, xsk->reasm.rcv_nxt - xsk->reasm.fin);
}

static void set_state(struct xtcp_urgent *urg, u8 state)
{
	/* poll() reads it without the lock. */
	WRITE_ONCE(urg->state, state);
}

/* Nobody has read it, and nobody will: not out of band. */
static void count_unread(struct sock *sk)
{
	if (xtcp_sk(sk)->urgent.state == XTCP_URGENT_HERE && !is_inline(sk))
		xtcp_mib_inc(xtcp_sock_net(sk), UrgentUnread);
}

static void move_mark(struct sock *sk, u32 mark)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);
	struct xtcp_urgent *urg = &xsk->urgent;

	count_unread(sk);
	/*
	 * A byte that ceases to be the urgent one is of the stream again, unless the reader already
	 * is right before it: to him it has been out of band.
	 */
	if (xtcp_urgent_at(urg, xsk->copied_seq))
		WRITE_ONCE(xsk->copied_seq, xtcp_urgent_skip(sk, xsk->copied_seq));
	set_state(urg, XTCP_URGENT_AWAITED);
	WRITE_ONCE(urg->mark, mark);
}

/**
 * xtcp_urgent_announced - a segment with URG
 * @sk: socket whose peer may send data still
 * @th: its header
 *
 * A pointer may be ahead of all windows: that is what it is for. One to what is in order already is
 * old, whoever sent it, as is one that does not move the mark on.
 *
 * A pointer of 0 points to before its segment. Only who takes it for the urgent byte's own place
 * sends that (RFC 1122 4.2.2.4, as opposed to RFC 6093 4), so it means the first byte.
 *
 * RFC 9293 3.10.7.4, sixth: RCV.UP <- max(RCV.UP, SEG.UP), and signal the user.
 * Context: socket lock.
 */
void xtcp_urgent_announced(struct sock *sk, const struct tcphdr *th)
{
	u32 mark = ntohl(th->seq) + max_t(u16, ntohs(th->urg_ptr), 1) - 1;
	struct xtcp_sock *xsk = xtcp_sk(sk);
	const struct xtcp_urgent *urg = &xsk->urgent;

	if (xtcp_seq_lt(mark, xsk->reasm.rcv_nxt) ||
	    (urg->state != XTCP_URGENT_NONE && xtcp_seq_le(mark, urg->mark))) {
		xtcp_mib_inc(xtcp_sock_net(sk), UrgentOld);
		return;
	}
	xtcp_mib_inc(xtcp_sock_net(sk), UrgentMarks);
	move_mark(sk, mark);
	sk_send_sigurg(sk);
	/* It may wait beyond a gap, and have come before its pointer. */
	if (xtcp_urgent_arrived(sk) && !sock_flag(sk, SOCK_DEAD))
		sk->sk_data_ready(sk);
}

/**
 * xtcp_urgent_arrived - data has come: is the byte among it
 * @sk: socket
 *
 * What was kept beyond a gap counts: a reader out of band need not wait for the gap to close.
 *
 * Context: socket lock.
 * Return: whether the byte that was awaited is here now.
 */
bool xtcp_urgent_arrived(struct sock *sk)
{
	struct xtcp_urgent *urg = &xtcp_sk(sk)->urgent;

	if (likely(urg->state != XTCP_URGENT_AWAITED) ||
	    !xtcp_reasm_byte(&xtcp_sk(sk)->reasm, urg->mark, &urg->byte))
		return false;
	set_state(urg, XTCP_URGENT_HERE);
	return true;
}

/*
 * Read
 */

/**
 * xtcp_urgent_recv - recv(MSG_OOB)
 * @sk: socket, not a listener
 * @msg: where the byte goes; msg_flags gets %MSG_OOB, and %MSG_TRUNC if there is no room
 * @len: room, bytes
 * @flags: of recv(); %MSG_PEEK leaves it there
 *
 * Never waits. Context: socket lock.
 *
 * Return: 1; 0 without room, or if the byte will not come any more; else a negative errno: -EINVAL
 * if there is no such byte, or it has been read, or it is inline; -EAGAIN if it has been announced
 * and is still to come; -ENOTCONN; -EFAULT, and the byte can be read again.
 */
int xtcp_urgent_recv(struct sock *sk, struct msghdr *msg, size_t len, int flags)
{
	struct xtcp_urgent *urg = &xtcp_sk(sk)->urgent;

	if (is_inline(sk) || urg->state == XTCP_URGENT_NONE || urg->state == XTCP_URGENT_TAKEN)
		return -EINVAL;
	if (sk->sk_state == TCP_CLOSE && !sock_flag(sk, SOCK_DONE))
		return -ENOTCONN;
	if (urg->state == XTCP_URGENT_AWAITED)
		return sk->sk_state == TCP_CLOSE || (sk->sk_shutdown & RCV_SHUTDOWN) ? 0 : -EAGAIN;

	if (len && !(flags & MSG_TRUNC) && memcpy_to_msg(msg, &urg->byte, 1))
		return -EFAULT;
	msg->msg_flags |= len ? MSG_OOB : MSG_OOB | MSG_TRUNC;
	if (!(flags & MSG_PEEK))
		set_state(urg, XTCP_URGENT_TAKEN);
	return !!len;
}

/**
 * xtcp_urgent_at - whether a place in the stream is the mark
 * @urg: the connection's urgent data
 * @seq: next sequence number to be read
 *
 * Context: socket lock, or none for a snapshot.
 */
bool xtcp_urgent_at(const struct xtcp_urgent *urg, u32 seq)
{
	return READ_ONCE(urg->state) != XTCP_URGENT_NONE && READ_ONCE(urg->mark) == seq;
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_urgent_at);

/**
 * xtcp_urgent_room - how much may be read at once
 * @urg: the connection's urgent data
 * @seq: next sequence number to be read
 * @len: bytes that are wanted
 *
 * Context: socket lock.
 * Return: @len, or what is before the mark if that is less; reading may begin at the mark.
 */
size_t xtcp_urgent_room(const struct xtcp_urgent *urg, u32 seq, size_t len)
{
	if (urg->state == XTCP_URGENT_NONE || xtcp_seq_le(urg->mark, seq))
		return len;
	return min_t(size_t, len, urg->mark - seq);
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_urgent_room);

/**
 * xtcp_urgent_skip - where a reader goes on who is at the mark
 * @sk: socket
 * @seq: the mark
 *
 * Context: socket lock.
 * Return: the sequence number behind a byte that is out of band; @seq if it is inline, or if all
 * before it has been read but it is not in order yet.
 */
u32 xtcp_urgent_skip(const struct sock *sk, u32 seq)
{
	return seq + (!is_inline(sk) && is_in_order(xtcp_sk(sk)));
}

/**
 * xtcp_urgent_read - copied_seq has moved
 * @sk: socket
 *
 * Context: socket lock.
 */
void xtcp_urgent_read(struct sock *sk)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);

	if (likely(xsk->urgent.state == XTCP_URGENT_NONE) ||
	    xtcp_seq_le(xsk->copied_seq, xsk->urgent.mark))
		return;
	count_unread(sk);
	set_state(&xsk->urgent, XTCP_URGENT_NONE);
}

/**
 * xtcp_urgent_queued - SIOCINQ: bytes that could be read now, not counting beyond the mark
 * @sk: socket
 *
 * Context: socket lock.
 */
int xtcp_urgent_queued(struct sock *sk)
{
	const struct xtcp_sock *xsk = xtcp_sk(sk);

	if (likely(xsk->urgent.state == XTCP_URGENT_NONE) || is_inline(sk) || !is_in_order(xsk))
		return xtcp_reader_queued(sk);
	return xsk->urgent.mark - xsk->copied_seq;
}

/**
 * xtcp_urgent_hidden - queued bytes that the next read passes over
 * @sk: socket
 *
 * Context: any, for a snapshot.
 * Return: 1 at the mark, unless the byte is inline; else 0.
 */
int xtcp_urgent_hidden(const struct sock *sk)
{
	const struct xtcp_sock *xsk = xtcp_sk(sk);

	return !is_inline(sk) && xtcp_urgent_at(&xsk->urgent, READ_ONCE(xsk->copied_seq));
}

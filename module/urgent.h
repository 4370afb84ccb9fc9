/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Urgent data: one byte of it, the last that was sent as such, which is out of band unless the
 * user wants it inline (RFC 9293 3.8.5; RFC 6093 for what became of that; tcp(7)).
 *
 * The mark is where the byte is in the stream. It is kept until the reader has gone past it.
 */
#ifndef _XTCP_URGENT_H
#define _XTCP_URGENT_H

#include <linux/types.h>

struct msghdr;
struct sock;
struct tcphdr;
struct xtcp_sock;

/* xtcp_urgent.state: what is known of the byte at the mark. */
enum {
	XTCP_URGENT_NONE,	/* there is no mark, or the reader is past it */
	XTCP_URGENT_AWAITED,	/* the peer has announced it */
	XTCP_URGENT_HERE,	/* it has come, perhaps beyond a gap */
	XTCP_URGENT_TAKEN,	/* likewise, and was read out of band */
};

/**
 * struct xtcp_urgent - both directions' urgent data
 * @mark: sequence number of the byte received, RCV.UP - 1, unless @state is %XTCP_URGENT_NONE
 * @snd_up: one past the last urgent byte written, if @sending
 * @since: snd_nxt when that was written: what is before went out without a word of it
 * @state: %XTCP_URGENT_NONE and so on
 * @byte: the byte, if it is here
 * @sending: @snd_up is not acknowledged yet
 *
 * All socket lock; @mark and @state are read without it for poll.
 */
struct xtcp_urgent {
	u32	mark;
	u32	snd_up;
	u32	since;
	u8	state;
	u8	byte;
	bool	sending;
};

/* Send. */
void xtcp_urgent_written(struct xtcp_sock *xsk);
u16 xtcp_urgent_pointer(const struct xtcp_urgent *urg, u32 seq);
void xtcp_urgent_tell(struct sock *sk);
void xtcp_urgent_acked(struct xtcp_sock *xsk);

/* Receive. */
void xtcp_urgent_announced(struct sock *sk, const struct tcphdr *th);
bool xtcp_urgent_arrived(struct sock *sk);

/* Read. */
int xtcp_urgent_recv(struct sock *sk, struct msghdr *msg, size_t len, int flags);
bool xtcp_urgent_at(const struct xtcp_urgent *urg, u32 seq);
size_t xtcp_urgent_room(const struct xtcp_urgent *urg, u32 seq, size_t len);
u32 xtcp_urgent_skip(const struct sock *sk, u32 seq);
void xtcp_urgent_read(struct sock *sk);
int xtcp_urgent_queued(struct sock *sk);
int xtcp_urgent_hidden(const struct sock *sk);

#endif /* _XTCP_URGENT_H */

// SPDX-License-Identifier: GPL-2.0
/*
 * The receive buffer: how much data it still takes, and when it grows.
 *
 * The window promises data, the buffer counts memory. What is short is copied together while it
 * waits to be read (reasm.c), so that data in order takes about twice its length at most; the
 * window is no longer than the buffer; and what is next in order is taken up to twice the buffer
 * (input.c). So, in whatever pieces it comes, what was offered is taken.
 */
#include "xtcp.h"

/* A byte is data or bookkeeping: in which proportion, experience shows. */
static u32 data_of(const struct sock *sk, int memory)
{
	return memory > 0 ? xtcp_tune_data(&xtcp_sk(sk)->tune, memory) : 0;
}

/*
 * What a header has room for, TCP_WINDOW_CLAMP and what the route says. Of these two, less than one
 * step of the scaled window would close it for good.
 */
static u32 clamped(const struct sock *sk, u32 window)
{
	const struct xtcp_sock *xsk = xtcp_sk(sk);

	window = min(window, (u32)U16_MAX << xsk->rcv_wscale);
	if (xsk->window_clamp)
		window = min(window, max(xsk->window_clamp, 1U << xsk->rcv_wscale));
	if (xsk->route_clamp)
		window = min(window, max(xsk->route_clamp, 1U << xsk->rcv_wscale));
	return window;
}

/**
 * xtcp_rcvbuf_space - room for data in the receive buffer
 * @sk: socket
 *
 * What waits beyond a gap is charged to the buffer like the rest. Context: socket lock, or none for
 * a snapshot.
 *
 * Return: bytes of data.
 */
u32 xtcp_rcvbuf_space(const struct sock *sk)
{
	return data_of(sk, READ_ONCE(sk->sk_rcvbuf) - atomic_read(&sk->sk_rmem_alloc));
}

/**
 * xtcp_rcvbuf_window - what may be offered
 * @sk: socket
 *
 * What waits beyond a gap came within the window, and is no reason to offer less: all the rest of
 * the room is for what is missing and what follows.
 *
 * Context: socket lock.
 * Return: bytes of data from RCV.NXT on.
 */
u32 xtcp_rcvbuf_window(const struct sock *sk)
{
	int used = atomic_read(&sk->sk_rmem_alloc) - (int)xtcp_sk(sk)->reasm.ooo_bytes;

	return clamped(sk, data_of(sk, READ_ONCE(sk->sk_rcvbuf) - used));
}

/**
 * xtcp_rcvbuf_window_max - the same, while nothing is in the buffer
 * @sk: socket
 *
 * Context: socket lock.
 * Return: bytes of data.
 */
u32 xtcp_rcvbuf_window_max(const struct sock *sk)
{
	return clamped(sk, data_of(sk, READ_ONCE(sk->sk_rcvbuf)));
}

/**
 * xtcp_rcvbuf_open - both ends have each other's sequence numbers: data may come
 * @sk: socket
 *
 * Context: socket lock.
 */
void xtcp_rcvbuf_open(struct sock *sk)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);
	u32 first = xtcp_sysctl_sk(sk, initial_window) * xsk->mss_adv;

	xtcp_tune_begin(&xsk->tune, min(first, xsk->rcv_wnd), xsk->copied_seq, xtcp_clock_us());
}

/**
 * xtcp_rcvbuf_came - learn from a segment with data
 * @sk: socket
 * @skb: segment, without its header, before the reassembly has it
 * @opts: its options
 *
 * Context: socket lock.
 */
void xtcp_rcvbuf_came(struct sock *sk, const struct sk_buff *skb, const struct xtcp_opts *opts)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);
	struct xtcp_tune *tune = &xsk->tune;
	u32 nxt = xsk->reasm.rcv_nxt;
	u32 age_us;

	xtcp_tune_came(tune, skb->len, skb->truesize, xtcp_reasm_packs(skb->len, skb->truesize));
	if (!xsk->ts_ok) {
		if (xtcp_seq_gt(xsk->rcv_adv, nxt))
			xtcp_tune_window(tune, nxt, xsk->rcv_adv - nxt, xtcp_clock_us());
		return;
	}
	/* A short one may have waited for its user, or for Nagle. */
	if (skb->len < xsk->rcv_mss)
		return;
	age_us = xtcp_ack_echo_us(xsk, opts);
	if (age_us)
		xtcp_tune_echo(tune, opts->tsecr, age_us);
}

static bool may_grow(const struct sock *sk)
{
	return !(sk->sk_userlocks & SOCK_RCVBUF_LOCK) &&
	       xtcp_sysctl_sk(sk, moderate_rcvbuf) &&
	       !READ_ONCE(*sk->sk_prot->memory_pressure);
}

/**
 * xtcp_rcvbuf_read - the user has read: a reader that takes much in a round trip gets more room
 * @sk: socket
 *
 * The buffer never gets smaller by itself, and grows to mem_rcv's most.
 *
 * Context: socket lock.
 */
void xtcp_rcvbuf_read(struct sock *sk)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);
	u32 window, most, bytes;

	window = xtcp_tune_read(&xsk->tune, xsk->copied_seq, xsk->rcv_mss, xtcp_clock_us());
	if (!window || !may_grow(sk))
		return;
	most = max(xtcp_sysctl_sk(sk, mem_rcv[2]), 0);
	bytes = min(xtcp_tune_memory(&xsk->tune, window), most);
	if (bytes > sk->sk_rcvbuf)
		WRITE_ONCE(sk->sk_rcvbuf, bytes);
}

/**
 * xtcp_rcvbuf_set_clamp - TCP_WINDOW_CLAMP: bound the windows that are offered from now on
 * @sk: socket; a listener's children have its bound
 * @bytes: at most so many; raised to half of the smallest buffer; 0: no bound
 *
 * What was offered stays offered. tcp(7). Context: socket lock.
 *
 * Return: 0, or -EINVAL for 0 on a socket that is not closed.
 */
int xtcp_rcvbuf_set_clamp(struct sock *sk, int bytes)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);

	if (!bytes && sk->sk_state != TCP_CLOSE)
		return -EINVAL;
	WRITE_ONCE(xsk->window_clamp, bytes ? max_t(int, bytes, SOCK_MIN_RCVBUF / 2) : 0);
	return 0;
}

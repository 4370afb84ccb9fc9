// SPDX-License-Identifier: GPL-2.0
/*
 * When what is sent passes the stations of its way: SO_TIMESTAMPING, as the kernel's
 * Documentation/networking/timestamping.rst has it for streams.
 *
 * A call asks for its last byte. The request lies in the queued segment that holds the byte. For
 * the queueing discipline and the device it is in tx_flags and tskey of the skb_shared_info, which
 * what goes below shares, and they tell of it by themselves; for the acknowledgment it is the cb's
 * tell_acked. A segment has one tskey: where a later call adds to it and asks as well, that one is
 * told of its byte, and the earlier one is not. MSG_EOR keeps other calls out of a segment.
 *
 * tskey is the byte's sequence number, whatever becomes of the segment: whoever cuts it finds the
 * part by that. What the user gets is how many bytes that is from where he began to count, and it
 * is made out of tskey when he reads it.
 *
 * What is sent again passes the same stations again, and the user hears of it again; but not while
 * the last transmission is still below, for then what goes there is a copy.
 *
 * There are kernels (early releases of 6.1) that tell their own TCP's sockets by type and protocol
 * alone: they would take ours for one, and read what is not there. On those nothing is told.
 */
#include <linux/errqueue.h>
#include <linux/net_tstamp.h>
#include <net/tcp.h>

#include "xtcp.h"

/**
 * xtcp_txstamp_allowed - whether a call may ask for what its control messages ask for
 * @sk: socket
 * @cookie: those, and what the socket's options say
 *
 * Return: 0; -EINVAL for a number of the user's own (a stream is counted in bytes); -EOPNOTSUPP
 * where nothing can be told.
 */
int xtcp_txstamp_allowed(const struct sock *sk, const struct sockcm_cookie *cookie)
{
	if (cookie->tsflags & SOCKCM_FLAG_TS_OPT_ID)
		return -EINVAL;
	if ((cookie->tsflags & SOF_TIMESTAMPING_TX_RECORD_MASK) && sk_is_tcp(sk))
		return -EOPNOTSUPP;
	return 0;
}

/**
 * xtcp_txstamp_count_from - the user begins to count
 * @sk: socket
 * @seq: which byte is number 0
 *
 * Context: socket lock.
 */
void xtcp_txstamp_count_from(struct sock *sk, u32 seq)
{
	xtcp_sk(sk)->tskey_base = seq;
	/* Of use to us by being 0 where SOF_TIMESTAMPING_OPT_ID was set since. */
	atomic_set(&sk->sk_tskey, 1);
}

/**
 * xtcp_txstamp_begin - a call begins to write
 * @sk: socket
 * @cookie: what it asks for
 * @seq: of its first byte
 *
 * Counts from there where setsockopt() did not: before 6.7 it is not asked. Context: socket lock.
 */
void xtcp_txstamp_begin(struct sock *sk, const struct sockcm_cookie *cookie, u32 seq)
{
	if ((cookie->tsflags & SOF_TIMESTAMPING_OPT_ID) && !atomic_read(&sk->sk_tskey))
		xtcp_txstamp_count_from(sk, seq);
}

/**
 * xtcp_txstamp_written - a call has written its last byte, which is not sent yet
 * @sk: socket
 * @cookie: what it asks for
 *
 * Context: socket lock.
 */
void xtcp_txstamp_written(struct sock *sk, const struct sockcm_cookie *cookie)
{
	struct sk_buff *skb = skb_peek_tail(&sk->sk_write_queue);
	u32 flags = cookie->tsflags;

	if (!(flags & SOF_TIMESTAMPING_TX_RECORD_MASK) || sk_is_tcp(sk))
		return;
	/* It may be on its way already: then only what is to come can be told of. */
	if (!skb)
		skb = xtcp_rtxq_last(sk);
	if (!skb)
		return;
	__sock_tx_timestamp(flags, &skb_shinfo(skb)->tx_flags);
	skb_shinfo(skb)->tskey = xtcp_sk(sk)->write_seq - 1;
	if (flags & SOF_TIMESTAMPING_TX_ACK)
		XTCP_CB(skb)->tell_acked = true;
}

/**
 * xtcp_txstamp_number - which byte the user is told of
 * @sk: socket
 * @tskey: its sequence number
 *
 * Return: its number, as he counts; 0 if he does not. Context: any, for a snapshot.
 */
u32 xtcp_txstamp_number(const struct sock *sk, u32 tskey)
{
	if (!(READ_ONCE(sk->sk_tsflags) & SOF_TIMESTAMPING_OPT_ID))
		return 0;
	return tskey - READ_ONCE(xtcp_sk(sk)->tskey_base);
}

static void copy_request(const struct sk_buff *from, struct sk_buff *to)
{
	skb_shinfo(to)->tx_flags |= skb_shinfo(from)->tx_flags & SKBTX_ANY_TSTAMP;
	skb_shinfo(to)->tskey = skb_shinfo(from)->tskey;
}

/**
 * xtcp_txstamp_split - a queued segment was cut in two
 * @skb: the first part, whose skb_shared_info nobody else has
 * @rest: the second, new but for its cb
 *
 * Context: socket lock.
 */
void xtcp_txstamp_split(struct sk_buff *skb, struct sk_buff *rest)
{
	if (!xtcp_txstamp_pending(skb))
		return;
	if (xtcp_seq_lt(skb_shinfo(skb)->tskey, XTCP_CB(rest)->seq)) {
		XTCP_CB(rest)->tell_acked = false;
		return;
	}
	copy_request(skb, rest);
	skb_shinfo(skb)->tx_flags &= ~SKBTX_ANY_TSTAMP;
	XTCP_CB(skb)->tell_acked = false;
}

/**
 * xtcp_txstamp_inherit - a segment was cut below
 * @whole: the segment
 * @piece: a part of it
 * @seq: sequence number of the part's first byte
 * @len: its bytes
 */
void xtcp_txstamp_inherit(const struct sk_buff *whole, struct sk_buff *piece, u32 seq, u32 len)
{
	if (skb_shinfo(whole)->tskey - seq < len)
		copy_request(whole, piece);
}

/*
 * What the user may see of the data is the kernel's to know, which tells of this as of the rest. It
 * looks into the cb for its own TCP's mark of who wants it (since 6.15).
 */
static void tell(struct sock *sk, struct sk_buff *skb)
{
	struct sk_buff *copy = skb_clone(skb, GFP_ATOMIC);

	if (!copy)
		return;
	/* Shares its place with the queue's links. */
	copy->dev = NULL;
	memset(copy->cb, 0, sizeof(copy->cb));
	TCP_SKB_CB(copy)->txstamp_ack = 1;
	__skb_tstamp_tx(copy, NULL, NULL, sk, SCM_TSTAMP_ACK);
	consume_skb(copy);
}

/**
 * xtcp_txstamp_acked - a segment is acknowledged, at least its first byte
 * @sk: socket
 * @skb: segment of the retransmit queue
 * @ack: acknowledgment number; cumulative, for a hole in front means that not all has arrived
 *
 * Context: socket lock.
 */
void xtcp_txstamp_acked(struct sock *sk, struct sk_buff *skb, u32 ack)
{
	if (!XTCP_CB(skb)->tell_acked || !xtcp_seq_lt(skb_shinfo(skb)->tskey, ack))
		return;
	XTCP_CB(skb)->tell_acked = false;
	tell(sk, skb);
}

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One half-open connection: what is kept of it, what segments mean to it, the child it becomes.
 * For synq.c, which keeps them all, and passive.c, which makes them.
 */
#ifndef _XTCP_HALFOPEN_H
#define _XTCP_HALFOPEN_H

#include <linux/list.h>
#include <linux/types.h>

#include "mib.h"
#include "wire.h"

struct dst_entry;
struct sk_buff;
struct sock;
struct xtcp_cb;
struct xtcp_cookie;
struct xtcp_fastopen_cookie;
struct xtcp_ip_mirror;
struct xtcp_net;
struct xtcp_opts;

#define XTCP_HO_RETRIES_MAX	127
#define XTCP_HO_TICKS		16

/**
 * struct xtcp_half_open - a connection that is not one yet; the bucket's lock
 * @node: in its bucket
 * @tuple: who talks to whom
 * @listener: whose it is: it does not go before its entries do
 * @irs: the peer's initial sequence number
 * @isn: ours
 * @ts_recent: the SYN's timestamp
 * @expires: jiffies when the SYN-ACK is to be sent again
 * @sent_us: low bits of xtcp_clock_us() when the SYN-ACK was first sent
 * @snd_wnd: window of the SYN, bytes
 * @rcv_wnd: window of the SYN-ACK, bytes
 * @mss_peer: what the peer's MSS option allows
 * @mss_adv: what ours says
 * @snd_wscale: the peer's shift
 * @rcv_wscale: ours
 * @retries: timeouts so far
 * @resent: the SYN-ACK went out more than once, also because the SYN came again
 * @ts_ok: both SYNs have timestamps
 * @wscale_ok: both SYNs have window scale
 * @sack_ok: both SYNs have SACK-permitted
 * @claimed: somebody makes the child
 * @dead: the listener closed while the entry was claimed
 * @pinned: @isn is no cookie: the entry is not evicted
 * @acked: the handshake is complete, but the listener waits for data (TCP_DEFER_ACCEPT)
 * @ecn_ok: the SYN, and each that came again, asks for ECN and is granted it
 * @ack_tick: half second, modulo %XTCP_HO_TICKS, in which the last ACK went out
 * @accecn: what the first SYN was granted is AccECN, which stays
 * @ecn_quiet: a SYN came again that did not ask for ECN, or no SYN-ACK that grants it was answered:
 *	 with @accecn, the next says nothing of it
 * @codepoint: that the last SYN came with
 */
struct xtcp_half_open {
	struct hlist_node	node;
	struct xtcp_tuple	tuple;
	struct sock		*listener;
	u32			irs;
	u32			isn;
	u32			ts_recent;
	u32			expires;
	u32			sent_us;
	u16			snd_wnd;
	u16			rcv_wnd;
	u16			mss_peer;
	u16			mss_adv;
	u8			snd_wscale:4,
				rcv_wscale:4;
	u8			retries:7,
				resent:1;
	u8			ts_ok:1,
				wscale_ok:1,
				sack_ok:1,
				claimed:1,
				dead:1,
				pinned:1,
				acked:1,
				ecn_ok:1;
	u8			ack_tick:4,
				accecn:1,
				ecn_quiet:1,
				codepoint:2;
};

static_assert(sizeof(struct xtcp_half_open) <= 96);

/* What a segment for an entry calls for. */
enum xtcp_half_open_verdict {
	XTCP_HO_DROP,
	XTCP_HO_OPEN,		/* the handshake is complete: make the child */
	XTCP_HO_DEFER,		/* it is, but the child has to wait for data */
	XTCP_HO_SYN_ACK,	/* the SYN again: answer it again */
	XTCP_HO_ACK,		/* not acceptable: say where we are */
	XTCP_HO_CHALLENGE,	/* likewise, for RFC 5961's reasons */
	XTCP_HO_RESET,		/* it acknowledges what was never sent */
	XTCP_HO_DELETE,		/* the peer wants none of it */
};

/**
 * struct xtcp_half_open_way - how an entry's segments leave
 * @out: as the listener wants it
 * @mirror: the way it came; NULL for the one that the routing finds
 * @fastopen: cookie that the SYN-ACK brings; NULL: none. One that is sent again has none
 * @ect: the SYN-ACK may be marked on its way, where it grants ECN (RFC 8257 3.6)
 * @rehash: what is not answered may take another path when it is sent again (SO_TXREHASH)
 */
struct xtcp_half_open_way {
	struct xtcp_ip_out		out;
	const struct xtcp_ip_mirror	*mirror;
	const struct xtcp_fastopen_cookie *fastopen;
	bool				ect;
	bool				rehash;
};

/**
 * struct xtcp_synq_found - an entry, as a segment found it
 * @verdict: what the segment calls for
 * @why: the counter of the segment, if it is discarded
 * @way: how answers leave
 * @ho: the entry itself: the caller's alone if @verdict is %XTCP_HO_OPEN, else nobody may touch it
 * @copy: of it
 */
struct xtcp_synq_found {
	enum xtcp_half_open_verdict	verdict;
	enum xtcp_mib			why;
	struct xtcp_half_open_way	way;
	struct xtcp_half_open		*ho;
	struct xtcp_half_open		copy;
};

void xtcp_half_open_fill(struct xtcp_net *xnet, struct xtcp_half_open *ho, struct sock *listener,
			 const struct xtcp_tuple *tuple, const struct xtcp_cb *cb,
			 const struct xtcp_opts *opts, u16 mss_path);
void xtcp_half_open_recall(struct xtcp_net *xnet, struct xtcp_half_open *ho, struct sock *listener,
			   const struct xtcp_tuple *tuple, const struct xtcp_cb *cb,
			   const struct xtcp_opts *opts, const struct xtcp_cookie *cookie);
struct xtcp_half_open_way xtcp_half_open_way(const struct sock *listener,
					     const struct xtcp_tuple *tuple);
enum xtcp_half_open_verdict xtcp_half_open_rcv(const struct xtcp_net *xnet,
					       struct xtcp_half_open *ho,
					       const struct xtcp_cb *cb,
					       const struct xtcp_opts *opts, enum xtcp_mib *why);
void xtcp_half_open_syn_ack(struct xtcp_net *xnet, const struct xtcp_half_open *ho,
			    const struct xtcp_half_open_way *way, struct dst_entry *dst,
			    struct sk_buff *skb);
void xtcp_half_open_answer(struct xtcp_net *xnet, const struct xtcp_half_open *ho,
			   const struct xtcp_half_open_way *way,
			   enum xtcp_half_open_verdict verdict, const struct sk_buff *skb);
void xtcp_half_open_reset(struct xtcp_net *xnet, const struct xtcp_half_open *ho,
			  const struct xtcp_half_open_way *way);
struct sock *xtcp_half_open_child(const struct xtcp_half_open *ho, enum xtcp_mib *why);

#endif /* _XTCP_HALFOPEN_H */

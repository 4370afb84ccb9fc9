/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The write queue (sk_write_queue: never sent) and the retransmit queue (xtcp_sock.rtxq: in
 * flight). A segment is an skb whose cb holds its sequence numbers; its data lies in page
 * fragments, without headers, and it keeps sk_prot->max_header bytes of headroom. Socket lock
 * throughout.
 */
#ifndef _XTCP_RTXQ_H
#define _XTCP_RTXQ_H

#include <linux/types.h>

#include "rate.h"

struct sk_buff;
struct sock;

/**
 * struct xtcp_rtxq_news - what an acknowledgment tells of the retransmit queue
 * @now_us: xtcp_clock_us()
 * @sent_us: when the oldest of what was acknowledged cumulatively was sent; 0 if nothing was, or if
 *	     any of it was sent more than once (Karn's algorithm, RFC 6298 3)
 * @bytes: sequence space that is newly known to have arrived, cumulatively or selectively
 * @first_time: some of it was sent once, and before recover was set
 * @rate: how fast that was
 */
struct xtcp_rtxq_news {
	u64	now_us;
	u64	sent_us;
	u32	bytes;
	bool	first_time;
	struct xtcp_rate_sample rate;
};

struct sk_buff *xtcp_rtxq_alloc(struct sock *sk, gfp_t gfp);
void xtcp_rtxq_free(struct sock *sk, struct sk_buff *skb);
void xtcp_rtxq_queue(struct sock *sk, struct sk_buff *skb, u8 flags);
int xtcp_rtxq_begin(struct sock *sk, gfp_t gfp);
int xtcp_rtxq_queue_flag(struct sock *sk, u8 flag, gfp_t gfp);
void xtcp_rtxq_gather(struct sock *sk, struct sk_buff *skb, u32 len);
int xtcp_rtxq_split(struct sock *sk, struct sk_buff *skb, u32 len, gfp_t gfp);
void xtcp_rtxq_sent(struct sock *sk, struct sk_buff *skb);
struct sk_buff *xtcp_rtxq_head(const struct sock *sk);
struct sk_buff *xtcp_rtxq_next(const struct sk_buff *skb);
struct sk_buff *xtcp_rtxq_last(const struct sock *sk);
struct sk_buff *xtcp_rtxq_find(const struct sock *sk, u32 seq);
struct sk_buff *xtcp_rtxq_first_lost(const struct sock *sk);
void xtcp_rtxq_mark_lost(struct sock *sk, struct sk_buff *skb);
void xtcp_rtxq_mark_all_lost(struct sock *sk);
void xtcp_rtxq_resent(struct sock *sk, struct sk_buff *skb);
bool xtcp_rtxq_lost_by_size(const struct sock *sk);
void xtcp_rtxq_all_found(struct sock *sk);
void xtcp_rtxq_mark_sacked(struct sock *sk, struct sk_buff *skb, struct xtcp_rtxq_news *news);
void xtcp_rtxq_forget_sacked(struct sock *sk);
void xtcp_rtxq_grow_sndbuf(struct sock *sk);
void xtcp_rtxq_acked(struct sock *sk, u32 ack, struct xtcp_rtxq_news *news);
void xtcp_rtxq_purge(struct sock *sk);

#endif /* _XTCP_RTXQ_H */

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

struct sk_buff;
struct sock;

struct sk_buff *xtcp_rtxq_alloc(struct sock *sk, gfp_t gfp);
void xtcp_rtxq_free(struct sock *sk, struct sk_buff *skb);
void xtcp_rtxq_queue(struct sock *sk, struct sk_buff *skb, u8 flags);
int xtcp_rtxq_queue_flag(struct sock *sk, u8 flag, gfp_t gfp);
int xtcp_rtxq_split(struct sock *sk, struct sk_buff *skb, u32 len, gfp_t gfp);
void xtcp_rtxq_sent(struct sock *sk, struct sk_buff *skb);
struct sk_buff *xtcp_rtxq_head(const struct sock *sk);
struct sk_buff *xtcp_rtxq_next(const struct sk_buff *skb);
struct sk_buff *xtcp_rtxq_last(const struct sock *sk);
struct sk_buff *xtcp_rtxq_first_lost(const struct sock *sk);
void xtcp_rtxq_mark_lost(struct sock *sk, struct sk_buff *skb);
void xtcp_rtxq_clear_lost(struct sock *sk, struct sk_buff *skb);
bool xtcp_rtxq_acked(struct sock *sk, u32 ack, u64 *sent_us);
void xtcp_rtxq_purge(struct sock *sk);

#endif /* _XTCP_RTXQ_H */

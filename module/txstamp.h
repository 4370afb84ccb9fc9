/* SPDX-License-Identifier: GPL-2.0 */
/*
 * When what is sent passes the stations of its way.
 */
#ifndef _XTCP_TXSTAMP_H
#define _XTCP_TXSTAMP_H

#include <linux/skbuff.h>

#include "sock.h"

struct sockcm_cookie;

/* Whether a segment holds a byte whose way is to be told of. */
static inline bool xtcp_txstamp_pending(const struct sk_buff *skb)
{
	return XTCP_CB(skb)->tell_acked || (skb_shinfo(skb)->tx_flags & SKBTX_ANY_TSTAMP);
}

int xtcp_txstamp_allowed(const struct sock *sk, const struct sockcm_cookie *cookie);
void xtcp_txstamp_count_from(struct sock *sk, u32 seq);
void xtcp_txstamp_begin(struct sock *sk, const struct sockcm_cookie *cookie, u32 seq);
void xtcp_txstamp_written(struct sock *sk, const struct sockcm_cookie *cookie);
u32 xtcp_txstamp_number(const struct sock *sk, u32 tskey);
void xtcp_txstamp_split(struct sk_buff *skb, struct sk_buff *rest);
void xtcp_txstamp_inherit(const struct sk_buff *whole, struct sk_buff *piece, u32 seq, u32 len);
void xtcp_txstamp_acked(struct sock *sk, struct sk_buff *skb, u32 ack);

#endif /* _XTCP_TXSTAMP_H */

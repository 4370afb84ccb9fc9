/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_INPUT_H
#define _XTCP_INPUT_H

struct sk_buff;
struct sock;

/* ACKs sent at once when data begins to flow, so that the peer's slow start is not held up. */
#define XTCP_QUICK_ACKS	16

void xtcp_input(struct sock *sk, struct sk_buff *skb);
void xtcp_input_fastopen(struct sock *sk, struct sk_buff *skb);

#endif /* _XTCP_INPUT_H */

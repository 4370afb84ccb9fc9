/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_ACK_H
#define _XTCP_ACK_H

#include <linux/types.h>

struct sk_buff;
struct sock;
struct xtcp_opts;
struct xtcp_sock;

/* What an acceptable acknowledgment did; a set of bits. */
#define XTCP_ACKED_DATA		0x01	/* snd_una moved */
#define XTCP_ACKED_SYN		0x02	/* our SYN is acknowledged by it */
#define XTCP_ACKED_FIN		0x04	/* our FIN is acknowledged by it */
#define XTCP_ACKED_WINDOW	0x08	/* the peer's window changed */
#define XTCP_ACKED_DUP		0x10	/* a duplicate in RFC 5681's sense */

unsigned int xtcp_ack_process(struct sock *sk, const struct sk_buff *skb,
			      const struct xtcp_opts *opts);
void xtcp_ack_window(struct sock *sk, const struct sk_buff *skb);
u32 xtcp_ack_echo_us(const struct xtcp_sock *xsk, const struct xtcp_opts *opts);

#endif /* _XTCP_ACK_H */

/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_SEGMENT_H
#define _XTCP_SEGMENT_H

#include <linux/types.h>

#include "ip.h"

struct dst_entry;
struct net;
struct sk_buff;
struct sock;
struct xtcp_ip_mirror;
struct xtcp_opts;
struct xtcp_tuple;

/* On a connection. */
bool xtcp_segment_may_gso(const struct sock *sk);
int xtcp_segment_send(struct sock *sk, struct sk_buff *skb, gfp_t gfp);
int xtcp_segment_send_syn(struct sock *sk, struct sk_buff *syn, struct sk_buff *data, gfp_t gfp);
void xtcp_segment_send_ack(struct sock *sk);
void xtcp_segment_send_repeat(struct sock *sk);
void xtcp_segment_send_challenge(struct sock *sk);
void xtcp_segment_send_probe(struct sock *sk);
void xtcp_segment_send_rst(struct sock *sk, gfp_t gfp);
void xtcp_segment_choose_mss(struct sock *sk);
unsigned int xtcp_segment_opt_len(const struct sock *sk);
u32 xtcp_segment_receive_window(struct sock *sk);

/**
 * struct xtcp_reply - a segment that no connection sends
 * @seq: sequence number
 * @ack: acknowledgment number, if @flags has %XTCP_ACK
 * @window: the field as it goes out, host order
 * @urgent: urgent pointer, if @flags has %XTCP_URG
 * @flags: %XTCP_RST and so on
 * @out: how it leaves
 * @opts: options, or NULL
 * @mirror: the way it came, to be taken back; NULL to go by @dst
 * @dst: the way, whose reference is consumed; NULL to look for one
 * @skb: what it answers, consumed: its memory will do; NULL if that is still needed
 */
struct xtcp_reply {
	u32			seq;
	u32			ack;
	u16			window;
	u16			urgent;
	u16			flags;
	struct xtcp_ip_out	out;
	const struct xtcp_opts	*opts;
	const struct xtcp_ip_mirror *mirror;
	struct dst_entry	*dst;
	struct sk_buff		*skb;
};

int xtcp_segment_reply(struct net *net, const struct xtcp_tuple *tuple,
		       const struct xtcp_reply *reply);
void xtcp_segment_reset_reply(struct net *net, const struct xtcp_tuple *tuple,
			      const struct sk_buff *skb);
void xtcp_segment_reset_instead(struct net *net, const struct xtcp_tuple *tuple,
				struct sk_buff *skb);

#endif /* _XTCP_SEGMENT_H */

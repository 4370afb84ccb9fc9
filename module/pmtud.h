/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Path MTU discovery without the network's help: a connection's search for the largest segment
 * that gets through. Socket lock throughout.
 */
#ifndef _XTCP_PMTUD_H
#define _XTCP_PMTUD_H

#include <linux/types.h>

struct sk_buff;
struct sock;

/* net.xtcp.mtu_probing */
#define XTCP_PMTUD_NEVER	0
#define XTCP_PMTUD_BLACK_HOLE	1	/* once large segments are not answered any more */
#define XTCP_PMTUD_ALWAYS	2

void xtcp_pmtud_open(struct sock *sk);
u32 xtcp_pmtud_probe(struct sock *sk, struct sk_buff *skb, u32 len);
void xtcp_pmtud_acked(struct sock *sk);
void xtcp_pmtud_resent(struct sock *sk, const struct sk_buff *skb);
bool xtcp_pmtud_head_lost(struct sock *sk);
void xtcp_pmtud_stalled(struct sock *sk);

#endif /* _XTCP_PMTUD_H */

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Half-open connections: what is known between a SYN and the ACK of its SYN-ACK.
 */
#ifndef _XTCP_SYNQ_H
#define _XTCP_SYNQ_H

#include <linux/types.h>

struct net;
struct sk_buff;
struct sock;
struct xtcp_net;
struct xtcp_proc_line;
struct xtcp_tuple;

bool xtcp_synq_holds(struct net *net, const struct xtcp_tuple *tuple);
void xtcp_synq_syn(struct sock *listener, struct sk_buff *skb, const struct xtcp_tuple *tuple);
struct sock *xtcp_synq_segment(struct net *net, struct sk_buff *skb,
			       const struct xtcp_tuple *tuple);
void xtcp_synq_icmp(struct net *net, const struct xtcp_tuple *tuple, u32 seq, bool hard);
void xtcp_synq_purge(struct sock *listener);
unsigned int xtcp_synq_walk(struct net *net, u64 *pos, struct xtcp_proc_line *lines,
			    unsigned int max);

int xtcp_synq_init_net(struct xtcp_net *xnet);
void xtcp_synq_exit_net(struct xtcp_net *xnet);
int xtcp_synq_init(void);
void xtcp_synq_exit(void);

#endif /* _XTCP_SYNQ_H */

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
struct xtcp_flood_report;
struct xtcp_half_open;
struct xtcp_net;
struct xtcp_proc_line;
struct xtcp_tuple;

/**
 * struct xtcp_synq_stats - what a listener has seen since it listens
 * @syns: SYNs received
 * @completed: handshakes completed, by an entry or by a cookie
 * @cookies_sent: SYNs answered without an entry
 * @cookies_accepted: connections opened by a cookie alone
 * @evicted: entries that made room for newer ones
 * @retries: SYN-ACKs sent again
 * @expired: entries that ran out of retries
 */
struct xtcp_synq_stats {
	u64	syns;
	u64	completed;
	u64	cookies_sent;
	u64	cookies_accepted;
	u64	evicted;
	u64	retries;
	u64	expired;
};

bool xtcp_synq_holds(struct net *net, const struct xtcp_tuple *tuple);
void xtcp_synq_syn(struct sock *listener, struct sk_buff *skb, const struct xtcp_tuple *tuple);
struct sock *xtcp_synq_segment(struct net *net, struct sk_buff *skb,
			       const struct xtcp_tuple *tuple);
void xtcp_synq_icmp(struct net *net, const struct xtcp_tuple *tuple, u32 seq, bool hard);
void xtcp_synq_purge(struct sock *listener);
void xtcp_synq_listener_stats(const struct sock *listener, struct xtcp_synq_stats *stats);
void xtcp_synq_listener_flood(const struct sock *listener, struct xtcp_flood_report *report);
void xtcp_synq_visit(struct net *net, u64 *pos,
		     int (*fn)(const struct xtcp_half_open *ho, void *arg), void *arg);
unsigned int xtcp_synq_walk(struct net *net, u64 *pos, struct xtcp_proc_line *lines,
			    unsigned int max);

int xtcp_synq_init_net(struct xtcp_net *xnet);
void xtcp_synq_exit_net(struct xtcp_net *xnet);
int xtcp_synq_init(void);
void xtcp_synq_exit(void);

#endif /* _XTCP_SYNQ_H */

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * TIME-WAIT: connections that are over, but not forgotten for 2 MSL.
 */
#ifndef _XTCP_TIMEWAIT_H
#define _XTCP_TIMEWAIT_H

#include <linux/types.h>

struct net;
struct sk_buff;
struct sock;
struct xtcp_cursor;
struct xtcp_net;
struct xtcp_proc_line;
struct xtcp_timewait;
struct xtcp_tuple;

/* What a segment for a TIME-WAIT object calls for; the caller does it and owns the skb. */
enum xtcp_timewait_verdict {
	XTCP_TW_DROP,		/* nothing more */
	XTCP_TW_ACK,		/* xtcp_timewait_send_ack() */
	XTCP_TW_SYN,		/* RFC 6191: the object is gone, a listener may take the SYN */
};

int xtcp_timewait_enter(struct sock *sk);
struct xtcp_timewait *xtcp_timewait_find(struct net *net, const struct xtcp_tuple *tuple,
					 u32 hash);
enum xtcp_timewait_verdict xtcp_timewait_rcv(struct xtcp_timewait *tw, struct sk_buff *skb);
void xtcp_timewait_send_ack(struct net *net, struct xtcp_timewait *tw, const struct sk_buff *skb);
void xtcp_timewait_put(struct xtcp_timewait *tw);
int xtcp_timewait_reuse(struct sock *sk, const struct xtcp_tuple *tuple, u32 *iss);
unsigned int xtcp_timewait_walk(struct net *net, struct xtcp_cursor *cursor,
				struct xtcp_proc_line *lines, unsigned int max);

bool xtcp_timewait_show(struct net *net, const struct xtcp_tuple *tuple,
			struct xtcp_proc_line *line);
int xtcp_timewait_abort(struct net *net, const struct xtcp_tuple *tuple, u64 ident);

int xtcp_timewait_init_net(struct xtcp_net *xnet);
void xtcp_timewait_exit_net(struct xtcp_net *xnet);
int xtcp_timewait_init(void);
void xtcp_timewait_exit(void);

#endif /* _XTCP_TIMEWAIT_H */

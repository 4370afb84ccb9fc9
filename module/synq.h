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
struct xtcp_half_open;
struct xtcp_net;
struct xtcp_opts;
struct xtcp_synq_found;
struct xtcp_tuple;

enum xtcp_synq_kept {
	XTCP_SYNQ_KEPT,
	XTCP_SYNQ_NO_ROOM,
	XTCP_SYNQ_NOT_WANTED,	/* the listener has closed, or another CPU had the same SYN */
};

enum xtcp_synq_kept xtcp_synq_keep(struct xtcp_net *xnet, const struct xtcp_half_open *filled,
				   u32 hash);
void xtcp_synq_save_syn(struct xtcp_net *xnet, const struct xtcp_half_open *kept, u32 hash,
			const struct sk_buff *skb);
bool xtcp_synq_is_full(const struct xtcp_net *xnet, const struct sock *listener);
bool xtcp_synq_holds(struct net *net, const struct xtcp_tuple *tuple, u32 hash);
bool xtcp_synq_rcv(struct xtcp_net *xnet, const struct sk_buff *skb, const struct xtcp_tuple *tuple,
		   u32 hash, const struct xtcp_opts *opts, struct xtcp_synq_found *found);
void xtcp_synq_settle(struct xtcp_net *xnet, struct xtcp_half_open *ho, struct sock *child);
void xtcp_synq_icmp(struct net *net, const struct xtcp_tuple *tuple, u32 seq, bool hard);
int xtcp_synq_abort(struct net *net, const struct xtcp_tuple *tuple, u64 ident);
void xtcp_synq_purge(struct sock *listener);
u32 xtcp_synq_timeout(const struct xtcp_net *xnet, const struct xtcp_half_open *ho);
void xtcp_synq_wake(struct xtcp_net *xnet);

int xtcp_synq_prepare(struct xtcp_net *xnet);
int xtcp_synq_init_net(struct xtcp_net *xnet);
void xtcp_synq_exit_net(struct xtcp_net *xnet);
int xtcp_synq_init(void);
void xtcp_synq_exit(void);

#endif /* _XTCP_SYNQ_H */

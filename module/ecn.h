/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Explicit congestion notification (RFC 3168), and its exact form (RFC 8257).
 */
#ifndef _XTCP_ECN_H
#define _XTCP_ECN_H

#include <linux/types.h>

#include "wire.h"

struct dst_entry;
struct sk_buff;
struct sock;
struct xtcp_cb;
struct xtcp_sock;

/* net.xtcp.ecn: whether there is to be any, with the numbers of net.ipv4.tcp_ecn. */
enum {
	XTCP_ECN_NEVER,
	XTCP_ECN_ASK,		/* our SYNs ask for it, those of others are granted it */
	XTCP_ECN_ACCEPT,	/* only the latter */
};

/**
 * struct xtcp_ecn - a connection's
 * @ce_bytes: of what has arrived at the peer, what it acknowledged with ECE
 * @reduced_end: snd_nxt when cwnd was last reduced, if @reduced
 * @asked: our SYN asks for it, and none went out that did not
 * @ok: both sides have agreed on it
 * @unsure: they may have; there is nothing left that would tell. Marks are echoed, and that is all
 * @seen: a packet came that could have been marked
 * @echo: what we send has ECE. Exact form: the last segment with data was marked (DCTCP.CE)
 * @cwr: the next new data is to have CWR
 * @reduced: nothing beyond @reduced_end is acknowledged: ECE calls for no more
 */
struct xtcp_ecn {
	u64	ce_bytes;
	u32	reduced_end;
	u8	asked:1,
		ok:1,
		unsure:1,
		seen:1,
		echo:1,
		cwr:1,
		reduced:1;
};

/* RFC 3168 6.1.1: an ECN-setup SYN, or SYN-ACK. The third bit of RFC 9768 makes no difference. */
static inline bool xtcp_ecn_is_setup(u8 flags)
{
	u8 both = flags & (XTCP_ECE | XTCP_CWR);

	return both == (flags & XTCP_ACK ? XTCP_ECE : XTCP_ECE | XTCP_CWR);
}

/* Opening. */
void xtcp_ecn_open(struct sock *sk);
bool xtcp_ecn_grant(const struct sock *listener, const struct dst_entry *dst, u8 flags);
void xtcp_ecn_answered(struct xtcp_sock *xsk, u8 flags);

/* In. */
bool xtcp_ecn_came(struct sock *sk, const struct sk_buff *skb);
bool xtcp_ecn_echoed(struct xtcp_sock *xsk, const struct xtcp_cb *cb);
bool xtcp_ecn_calls(const struct xtcp_sock *xsk);
void xtcp_ecn_reduced(struct xtcp_sock *xsk);

/* Out. */
bool xtcp_ecn_is_exact(const struct xtcp_sock *xsk);
u8 xtcp_ecn_stamp(struct sock *sk, const struct xtcp_cb *cb, u32 len, bool *ect);

#endif /* _XTCP_ECN_H */

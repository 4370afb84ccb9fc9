/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Explicit congestion notification (RFC 3168), its exact form (RFC 8257), and AccECN (RFC 9768).
 */
#ifndef _XTCP_ECN_H
#define _XTCP_ECN_H

#include <linux/types.h>

#include "accecn.h"
#include "wire.h"

struct dst_entry;
struct sk_buff;
struct sock;
struct xtcp_ack_news;
struct xtcp_cb;
struct xtcp_opts;
struct xtcp_sock;

/* net.xtcp.ecn: whether there is to be any, with the numbers of net.ipv4.tcp_ecn. */
enum {
	XTCP_ECN_NEVER,
	XTCP_ECN_ASK,		/* our SYNs ask for it, those of others are granted it */
	XTCP_ECN_ACCEPT,	/* only the latter */
	XTCP_ECN_ACCURATE,	/* ours ask for AccECN, and others are granted what they ask for */
	XTCP_ECN_ACCURATE_ASK,	/* the same, but ours ask for RFC 3168's */
	XTCP_ECN_ACCURATE_ACCEPT, /* the same, but ours ask for none */
};

/**
 * struct xtcp_ecn - a connection's
 * @ce_bytes: of what has arrived at the peer, what it acknowledged with ECE, or said was marked
 * @acc: AccECN's, if @accurate
 * @reduced_end: snd_nxt when cwnd was last reduced, if @reduced
 * @asked: what our SYN asks for: enum xtcp_ecn_mode
 * @ok: both sides have agreed on it
 * @accurate: and that is AccECN
 * @quiet: nothing of ours is to be marked, nor counts what the peer says of marks: a SYN or SYN-ACK
 *	 went out, or came, that did without, or the path spoils it
 * @syn_ect: our last SYN, or SYN-ACK, could have been marked
 * @unsure: they may have; there is nothing left that would tell. Marks are echoed, and that is all
 * @seen: a packet came that could have been marked
 * @echo: what we send has ECE. Exact form: the last segment with data was marked (DCTCP.CE); with
 *	AccECN, too, of which nothing follows
 * @cwr: the next new data is to have CWR
 * @reduced: nothing beyond @reduced_end is acknowledged: ECE calls for no more
 */
struct xtcp_ecn {
	u64	ce_bytes;
	struct xtcp_accecn acc;
	u32	reduced_end;
	u16	asked:2,
		ok:1,
		accurate:1,
		quiet:1,
		syn_ect:1,
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
enum xtcp_ecn_mode xtcp_ecn_grant(const struct sock *listener, const struct dst_entry *dst,
				  const struct xtcp_cb *cb);
bool xtcp_ecn_was_accurate(const struct sock *listener, const struct xtcp_cb *cb);
void xtcp_ecn_accurate(struct sock *child, u8 codepoint, bool quiet);
void xtcp_ecn_answered(struct sock *sk, const struct xtcp_cb *cb);
void xtcp_ecn_asked_again(struct xtcp_sock *xsk, const struct xtcp_cb *cb);
void xtcp_ecn_confirmed(struct xtcp_sock *xsk, const struct xtcp_cb *cb);

/* In. */
bool xtcp_ecn_came(struct sock *sk, const struct sk_buff *skb);
bool xtcp_ecn_count(struct sock *sk, const struct sk_buff *skb);
void xtcp_ecn_heard(struct sock *sk, const struct xtcp_cb *cb, const struct xtcp_opts *opts,
		    struct xtcp_ack_news *news);
bool xtcp_ecn_calls(const struct xtcp_sock *xsk);
void xtcp_ecn_reduced(struct xtcp_sock *xsk);

/* Out. */
bool xtcp_ecn_counts(const struct xtcp_sock *xsk);
bool xtcp_ecn_marks_all(const struct xtcp_sock *xsk);
u16 xtcp_ecn_stamp(struct sock *sk, const struct xtcp_cb *cb, u32 len, bool *ect);

/**
 * xtcp_ecn_echo - what a segment that is neither SYN nor RST says of marks
 * @ecn: the connection's; the segment does leave
 * @bare: it is an ACK, and nothing else; nor has it SACK blocks
 *
 * Source: RFC 3168 6.1.3, RFC 9768 3.2.2.
 *
 * Return: flags.
 */
static inline u16 xtcp_ecn_echo(struct xtcp_ecn *ecn, bool bare)
{
	if (ecn->accurate)
		return xtcp_ace_flags(xtcp_accecn_ace(&ecn->acc, bare));
	return ecn->echo ? XTCP_ECE : 0;
}

/* Whether that has a bit which those who know RFC 3168 alone take for CWR. */
static inline bool xtcp_ecn_says_cwr(const struct xtcp_ecn *ecn)
{
	return ecn->accurate && (ecn->acc.r_cep & XTCP_ACE_CWR);
}

#endif /* _XTCP_ECN_H */

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Accurate ECN feedback (RFC 9768): what the three bits beside the flags say, in the handshake and
 * after it. Knows no socket; whose connection it is, and what becomes of it, is ecn.c's.
 */
#ifndef _XTCP_ACCECN_H
#define _XTCP_ACCECN_H

#include <linux/types.h>

/* What two sides agree on, or one of them asks for. */
enum xtcp_ecn_mode {
	XTCP_ECN_MODE_NONE,
	XTCP_ECN_MODE_CLASSIC,		/* RFC 3168 */
	XTCP_ECN_MODE_ACCURATE,		/* RFC 9768 */
};

/* Values of ACE: of a SYN that asks, of a SYN-ACK that grants less. */
#define XTCP_ACE_ASKS		7
#define XTCP_ACE_ASKS_CLASSIC	3
#define XTCP_ACE_CLASSIC	1
#define XTCP_ACE_NONE		0

#define XTCP_ACE_MASK		7
/* The bit of ACE that is CWR where there is no AccECN. */
#define XTCP_ACE_CWR		2

/* r.cep and s.cep, where nothing has been marked (RFC 9768 3.2). */
#define XTCP_ACCECN_CEP		5

/* Times that a SYN, or SYN-ACK, is sent again before it says no more of it (RFC 9768 3.1.4). */
#define XTCP_ACCECN_RETRIES	1

/* Round trips in which no packet came without a mark, before that is the path's doing (3.2.2). */
#define XTCP_ACCECN_ROUNDS	4

/**
 * struct xtcp_accecn - a connection's, with RFC 9768's names
 * @r_cep: packets that came marked
 * @r_cep_sent: what of it the peer has been told
 * @s_cep: packets that the peer says came marked
 * @round_end: snd_nxt when the round trip began, if there are @rounds
 * @codepoint: that the peer's SYN, or SYN-ACK, came with
 * @tells_syn_ack: the next segment acknowledges a SYN-ACK
 * @heard: a segment that could tell of marks has come
 * @ce: the last segment with data was marked
 * @marking: the last ACK that covered anything told of marks
 * @varied: a packet has come to the peer without a mark
 * @rounds: round trips begun while none had
 */
struct xtcp_accecn {
	u32	r_cep;
	u32	r_cep_sent;
	u32	s_cep;
	u32	round_end;
	u16	codepoint:2,
		tells_syn_ack:1,
		heard:1,
		ce:1,
		marking:1,
		varied:1,
		rounds:3;
};

/* The handshake. */
enum xtcp_ecn_mode xtcp_accecn_asked(u8 ace);
enum xtcp_ecn_mode xtcp_accecn_answered(u8 ace);
u8 xtcp_accecn_tell(u8 codepoint);
u8 xtcp_accecn_told(u8 ace, u8 sent);
bool xtcp_accecn_is_mangled(u8 sent, u8 came);
void xtcp_accecn_begin(struct xtcp_accecn *acc, u8 codepoint);

/* After it: what came marked, what to say of it, what the peer says. */
bool xtcp_accecn_came(struct xtcp_accecn *acc, bool ce, u32 segs, bool data, bool waits);
u8 xtcp_accecn_ace(struct xtcp_accecn *acc, bool bare);
u32 xtcp_accecn_decode(u32 s_cep, u8 ace, u32 acked, bool marking);
u32 xtcp_accecn_heard(struct xtcp_accecn *acc, u8 ace, u32 acked);
bool xtcp_accecn_is_stuck(struct xtcp_accecn *acc, u32 acked, u32 marks, u32 una, u32 nxt);

#endif /* _XTCP_ACCECN_H */

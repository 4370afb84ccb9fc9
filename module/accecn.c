// SPDX-License-Identifier: GPL-2.0
/*
 * Accurate ECN feedback (RFC 9768). ACE, a number of three bits, is AE, CWR and ECE.
 *
 * In a SYN and its answer, ACE is what there is to agree on: the answer tells the codepoint that
 * the SYN came with, and the ACK of the answer that of the answer, so that both ends know what the
 * path does to codepoints. From then on it is how many packets came marked, modulo 8.
 */
#include <linux/minmax.h>
#include <net/inet_ecn.h>

#include "accecn.h"
#include "seq.h"

/**
 * xtcp_accecn_asked - what a SYN asks for
 * @ace: its ACE
 *
 * Source: RFC 9768 3.1.2, table 2, and 3.1: what is not used yet asks for AccECN.
 *
 * Return: the most that may be granted.
 */
enum xtcp_ecn_mode xtcp_accecn_asked(u8 ace)
{
	switch (ace) {
	case XTCP_ACE_NONE:
		return XTCP_ECN_MODE_NONE;
	case XTCP_ACE_ASKS_CLASSIC:
		return XTCP_ECN_MODE_CLASSIC;
	default:
		return XTCP_ECN_MODE_ACCURATE;
	}
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_accecn_asked);

/**
 * xtcp_accecn_answered - what a SYN-ACK grants, whose SYN asked for AccECN
 * @ace: its ACE
 *
 * Source: RFC 9768 3.1.2, table 2: all three bits set are those of the SYN, reflected by who does
 * not know them; 3.1: what is not used yet grants it.
 *
 * Return: what was agreed on.
 */
enum xtcp_ecn_mode xtcp_accecn_answered(u8 ace)
{
	switch (ace) {
	case XTCP_ACE_NONE:
	case XTCP_ACE_ASKS:
		return XTCP_ECN_MODE_NONE;
	case XTCP_ACE_CLASSIC:
		return XTCP_ECN_MODE_CLASSIC;
	default:
		return XTCP_ECN_MODE_ACCURATE;
	}
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_accecn_answered);

/**
 * xtcp_accecn_tell - how to tell in a handshake with which codepoint something came
 * @codepoint: of a SYN, or a SYN-ACK
 *
 * Source: RFC 9768 3.1.2, table 2, and 3.2.2.
 *
 * Return: ACE.
 */
u8 xtcp_accecn_tell(u8 codepoint)
{
	static const u8 aces[] = {
		[INET_ECN_NOT_ECT]	= 2,
		[INET_ECN_ECT_1]	= 3,
		[INET_ECN_ECT_0]	= 4,
		[INET_ECN_CE]		= 6,
	};

	return aces[codepoint & INET_ECN_MASK];
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_accecn_tell);

/**
 * xtcp_accecn_told - with which codepoint our SYN, or SYN-ACK, came to the peer
 * @ace: what says so
 * @sent: the codepoint that it left with
 *
 * Source: RFC 9768 3.1.2, table 2, and 3.2.2, table 4; 3.1: what is not used yet says that it was
 * not changed.
 *
 * Return: the codepoint.
 */
u8 xtcp_accecn_told(u8 ace, u8 sent)
{
	u8 codepoint;

	for (codepoint = 0; codepoint <= INET_ECN_CE; codepoint++) {
		if (ace == xtcp_accecn_tell(codepoint))
			return codepoint;
	}
	return sent;
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_accecn_told);

/**
 * xtcp_accecn_is_mangled - whether no router should have made one codepoint of another
 * @sent: with which a packet left
 * @came: with which it came
 *
 * Source: RFC 9768 3.2.2, RFC 3168 18.
 *
 * Return: true if so: marks on that path are not to be had, or not to be believed.
 */
bool xtcp_accecn_is_mangled(u8 sent, u8 came)
{
	if (sent == INET_ECN_NOT_ECT || sent == INET_ECN_CE)
		return came != sent;
	return came == INET_ECN_NOT_ECT;
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_accecn_is_mangled);

/**
 * xtcp_accecn_begin - both sides have agreed on it
 * @acc: overwritten
 * @codepoint: that the peer's SYN, or SYN-ACK, came with
 *
 * Source: RFC 9768 3.2.
 */
void xtcp_accecn_begin(struct xtcp_accecn *acc, u8 codepoint)
{
	*acc = (struct xtcp_accecn) {
		.r_cep		= XTCP_ACCECN_CEP,
		.r_cep_sent	= XTCP_ACCECN_CEP,
		.s_cep		= XTCP_ACCECN_CEP,
		.codepoint	= codepoint & INET_ECN_MASK,
	};
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_accecn_begin);

/**
 * xtcp_accecn_came - a segment has come, without SYN
 * @acc: the connection's
 * @ce: it was marked
 * @segs: that many were joined to it, itself among them
 * @data: it has any
 * @waits: there is, besides, something to be acknowledged
 *
 * ACKs of nothing but ACKs are seldom enough for two hosts not to play ball with them.
 *
 * Source: RFC 9768 3.2.2.
 *
 * Return: whether the peer has to hear of it at once.
 */
bool xtcp_accecn_came(struct xtcp_accecn *acc, bool ce, u32 segs, bool data, bool waits)
{
	bool begins = ce && data && !acc->ce;

	if (data)
		acc->ce = ce;
	if (!ce)
		return false;
	acc->r_cep += segs;
	return begins || acc->r_cep - acc->r_cep_sent >= (data || waits ? 2 : 3);
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_accecn_came);

/**
 * xtcp_accecn_ace - what a segment without SYN says as it leaves
 * @acc: the connection's
 * @bare: it is an ACK, and nothing else; nor has it SACK blocks
 *
 * Source: RFC 9768 3.2.2.
 *
 * Return: ACE.
 */
u8 xtcp_accecn_ace(struct xtcp_accecn *acc, bool bare)
{
	bool tells = acc->tells_syn_ack && bare;

	acc->r_cep_sent = acc->r_cep;
	acc->tells_syn_ack = 0;
	return tells ? xtcp_accecn_tell(acc->codepoint) : acc->r_cep & XTCP_ACE_MASK;
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_accecn_ace);

/**
 * xtcp_accecn_decode - how many marks an ACK tells of
 * @s_cep: those known so far
 * @ace: its ACE
 * @acked: packets that it covers for the first time
 * @marking: the one before it told of some
 *
 * Of more than seven packets, so many may have been marked that ACE came round. Then as many of
 * them were marked as can have been: but where no mark was heard of, neither now nor just before,
 * it is likelier that there was none.
 *
 * Source: RFC 9768 3.2.2, appendix A.
 *
 * Return: their number.
 */
u32 xtcp_accecn_decode(u32 s_cep, u8 ace, u32 acked, bool marking)
{
	u32 least = (ace - s_cep) & XTCP_ACE_MASK;

	if (acked <= XTCP_ACE_MASK || (!least && !marking))
		return least;
	return acked - ((acked - least) & XTCP_ACE_MASK);
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_accecn_decode);

/**
 * xtcp_accecn_heard - an ACK has come, later than those before it
 * @acc: the connection's
 * @ace: its ACE
 * @acked: packets that it covers for the first time
 *
 * What follows from there being marks does not prove that there are: @marking is about ACE alone.
 *
 * Source: RFC 9768 3.2.2.
 *
 * Return: how many marks it tells of.
 */
u32 xtcp_accecn_heard(struct xtcp_accecn *acc, u8 ace, u32 acked)
{
	u32 marks = xtcp_accecn_decode(acc->s_cep, ace, acked, acc->marking);

	if (acked || marks)
		acc->marking = (ace ^ acc->s_cep) & XTCP_ACE_MASK ? 1 : 0;
	acc->s_cep += marks;
	return marks;
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_accecn_heard);

/**
 * xtcp_accecn_is_stuck - whether all that was sent since the beginning came marked, for long
 * @acc: the connection's
 * @acked: packets that an ACK covers for the first time
 * @marks: those that it says were marked
 * @una: snd_una
 * @nxt: snd_nxt
 *
 * Source: RFC 9768 3.2.2.
 *
 * Return: true if so: it is no queue that marks.
 */
bool xtcp_accecn_is_stuck(struct xtcp_accecn *acc, u32 acked, u32 marks, u32 una, u32 nxt)
{
	acc->varied |= marks < acked;
	if (acc->varied || !acked || (acc->rounds && xtcp_seq_lt(una, acc->round_end)))
		return false;
	acc->round_end = nxt;
	return acc->rounds++ == XTCP_ACCECN_ROUNDS;
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_accecn_is_stuck);

// SPDX-License-Identifier: GPL-2.0
/*
 * Explicit congestion notification: routers mark packets (CE) where they would have to drop some
 * before long, the receiver echoes it (ECE), and the sender reduces its window and says so (CWR).
 *
 * By RFC 3168 the echo goes on until CWR has come, so that it says once in a round trip that there
 * was congestion. With an algorithm that asks for it (%XTCP_CONG_ECN) the echo is as RFC 8257 3.2
 * has it: of each segment, and how much was marked can be told.
 *
 * Only what the network can lose without harm to the loss recovery is sent as markable (ECT): new
 * data. Not what has none, nor what is sent again, nor probes of a window (RFC 3168 6.1.4 to
 * 6.1.6); but SYN, SYN-ACK and RST where the echo is exact (RFC 8257 3.6).
 *
 * With AccECN (RFC 9768; accecn.c), which takes ECE, CWR and a third bit for itself, the receiver
 * counts what came marked, and says how much that is in each segment. Its option, which tells
 * bytes, is neither sent nor read: it need not be.
 */
#include <net/inet_ecn.h>

#include "xtcp.h"

static bool wants(const struct sock *sk)
{
	const struct xtcp_cong_ops *ops = READ_ONCE(xtcp_sk(sk)->cong_ops);

	return ops->flags & XTCP_CONG_ECN;
}

/* As in ip-route(8): features ecn. */
static bool route_wants(const struct dst_entry *dst)
{
	return dst && dst_feature(dst, RTAX_FEATURE_ECN);
}

/**
 * xtcp_ecn_open - what to ask for in a SYN
 * @sk: socket with a route
 *
 * Source: RFC 3168 6.1.1, RFC 9768 3.1.1.
 *
 * Context: socket lock.
 */
void xtcp_ecn_open(struct sock *sk)
{
	struct xtcp_ecn *ecn = &xtcp_sk(sk)->ecn;
	int setting = xtcp_sysctl_sk(sk, ecn);

	if (setting == XTCP_ECN_ACCURATE)
		ecn->asked = XTCP_ECN_MODE_ACCURATE;
	else if (setting == XTCP_ECN_ASK || setting == XTCP_ECN_ACCURATE_ASK || wants(sk) ||
		 route_wants(__sk_dst_get(sk)))
		ecn->asked = XTCP_ECN_MODE_CLASSIC;
	else
		ecn->asked = XTCP_ECN_MODE_NONE;
}

static bool grants_accurate(const struct sock *listener)
{
	return xtcp_sysctl_sk(listener, ecn) >= XTCP_ECN_ACCURATE;
}

/**
 * xtcp_ecn_grant - what a SYN asks for, and gets
 * @listener: whose SYN it is
 * @dst: the way back, or NULL
 * @cb: of the SYN
 *
 * Source: RFC 3168 6.1.1; RFC 9768 3.1.2, also for SYNs that ask for more than there is here.
 *
 * Context: RCU read side, which keeps what the listener's algorithm is.
 * Return: what is agreed on.
 */
enum xtcp_ecn_mode xtcp_ecn_grant(const struct sock *listener, const struct dst_entry *dst,
				  const struct xtcp_cb *cb)
{
	if (grants_accurate(listener))
		return xtcp_accecn_asked(cb->ace);
	if (xtcp_ecn_is_setup(cb->flags) &&
	    (xtcp_sysctl_sk(listener, ecn) != XTCP_ECN_NEVER || wants(listener) ||
	     route_wants(dst)))
		return XTCP_ECN_MODE_CLASSIC;
	return XTCP_ECN_MODE_NONE;
}

/**
 * xtcp_ecn_was_accurate - whether a SYN that nothing is left of was granted AccECN
 * @listener: whose it was
 * @cb: of the ACK of the SYN-ACK
 *
 * It says so itself: without AccECN no such ACK has any but the bit that is ECE.
 *
 * Source: RFC 9768 3.2.2, table 4.
 *
 * Context: Any.
 * Return: true if so.
 */
bool xtcp_ecn_was_accurate(const struct sock *listener, const struct xtcp_cb *cb)
{
	return grants_accurate(listener) && cb->ace > XTCP_ACE_CLASSIC;
}

static void begin_accurate(struct xtcp_ecn *ecn, u8 codepoint)
{
	ecn->ok = 1;
	ecn->accurate = 1;
	xtcp_accecn_begin(&ecn->acc, codepoint);
}

/**
 * xtcp_ecn_accurate - a child of a SYN that was granted AccECN
 * @child: socket, new
 * @codepoint: that the SYN came with
 * @quiet: a SYN came again that did not ask for it, or a SYN-ACK went out that did not grant it
 *
 * The peer may have agreed nevertheless, and will hear of marks: RFC 9768 3.1.
 *
 * Context: socket lock.
 */
void xtcp_ecn_accurate(struct sock *child, u8 codepoint, bool quiet)
{
	struct xtcp_ecn *ecn = &xtcp_sk(child)->ecn;

	begin_accurate(ecn, codepoint);
	ecn->quiet = quiet;
	ecn->syn_ect = wants(child);
}

static u8 syn_codepoint(const struct xtcp_ecn *ecn)
{
	return ecn->syn_ect ? INET_ECN_ECT_0 : INET_ECN_NOT_ECT;
}

/* RFC 9768 3.2.2: no more of this side's, while the peer's goes on. */
static void give_up(struct sock *sk)
{
	xtcp_sk(sk)->ecn.quiet = 1;
	xtcp_mib_inc(xtcp_sock_net(sk), AccEcnMangled);
}

/* The peer says with which codepoint our SYN, or SYN-ACK, came. Returns whether it was marked. */
static bool take_told(struct sock *sk, u8 ace)
{
	struct xtcp_ecn *ecn = &xtcp_sk(sk)->ecn;
	u8 sent = syn_codepoint(ecn);
	u8 told = xtcp_accecn_told(ace, sent);

	if (xtcp_accecn_is_mangled(sent, told)) {
		give_up(sk);
		return false;
	}
	return INET_ECN_is_ce(told);
}

/**
 * xtcp_ecn_answered - the peer's SYN, or SYN-ACK, has come to one that may have asked
 * @sk: socket
 * @cb: of what came
 *
 * Whoever sent a SYN that asks, and then one that does not, is not to send what can be marked
 * (RFC 3168 6.1.1.1): so a late answer to the first comes too late. With AccECN it comes in time to
 * tell the peer of marks (RFC 9768 3.1).
 *
 * Where both have sent a SYN, what is agreed on is what the peer's is granted (3.1.2).
 *
 * Context: socket lock.
 */
void xtcp_ecn_answered(struct sock *sk, const struct xtcp_cb *cb)
{
	struct xtcp_ecn *ecn = &xtcp_sk(sk)->ecn;
	bool syn_ack = cb->flags & XTCP_ACK;
	enum xtcp_ecn_mode mode;

	if (ecn->asked != XTCP_ECN_MODE_ACCURATE) {
		ecn->ok = ecn->asked && !ecn->quiet && xtcp_ecn_is_setup(cb->flags);
		return;
	}
	mode = syn_ack ? xtcp_accecn_answered(cb->ace) : xtcp_accecn_asked(cb->ace);
	ecn->ok = mode == XTCP_ECN_MODE_CLASSIC && !ecn->quiet;
	if (mode != XTCP_ECN_MODE_ACCURATE)
		return;
	begin_accurate(ecn, cb->tos);
	if (!syn_ack)
		return;
	ecn->acc.r_cep += INET_ECN_is_ce(cb->tos);
	ecn->acc.tells_syn_ack = 1;
	take_told(sk, cb->ace);
}

/**
 * xtcp_ecn_asked_again - the SYN that opened a connection at once has come again
 * @xsk: the connection, whose SYN-ACK goes out again
 * @cb: of the SYN
 *
 * Source: RFC 9768 3.1.
 *
 * Context: socket lock.
 */
void xtcp_ecn_asked_again(struct xtcp_sock *xsk, const struct xtcp_cb *cb)
{
	struct xtcp_ecn *ecn = &xsk->ecn;

	if (!ecn->accurate)
		return;
	ecn->quiet |= cb->ace == XTCP_ACE_NONE;
	ecn->acc.codepoint = cb->tos & INET_ECN_MASK;
}

/**
 * xtcp_ecn_confirmed - the peer's SYN has come, and now comes its SYN-ACK
 * @xsk: socket whose own SYN has crossed that
 * @cb: of the SYN-ACK
 *
 * Source: RFC 3168 6.1.1; RFC 9768 3.1.
 *
 * Context: socket lock.
 */
void xtcp_ecn_confirmed(struct xtcp_sock *xsk, const struct xtcp_cb *cb)
{
	struct xtcp_ecn *ecn = &xsk->ecn;

	if (ecn->accurate)
		ecn->quiet |= cb->ace == XTCP_ACE_NONE;
	else if (!xtcp_ecn_is_setup(cb->flags))
		ecn->ok = 0;
}

/* Whether each ACK says of what it covers whether it was marked. */
static bool is_exact(const struct xtcp_sock *xsk)
{
	return xsk->ecn.ok && !xsk->ecn.accurate && (xsk->cong.ops->flags & XTCP_CONG_ECN);
}

/**
 * xtcp_ecn_counts - whether the peer tells how much was marked, rather than that something was
 * @xsk: socket
 *
 * Context: socket lock.
 * Return: true if so.
 */
bool xtcp_ecn_counts(const struct xtcp_sock *xsk)
{
	return xsk->ecn.accurate || is_exact(xsk);
}

/**
 * xtcp_ecn_marks_all - whether SYN-ACK and RST may be marked, as data may
 * @xsk: socket
 *
 * Source: RFC 8257 3.6.
 *
 * Context: socket lock.
 * Return: true if so.
 */
bool xtcp_ecn_marks_all(const struct xtcp_sock *xsk)
{
	return xsk->ecn.ok && !xsk->ecn.quiet && (xsk->cong.ops->flags & XTCP_CONG_ECN);
}

/* RFC 8257 3.2, figure 1. What is not acknowledged yet is, as it came, before that changes. */
static bool echo_exactly(struct sock *sk, bool ce)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);

	if (xsk->ecn.echo == ce)
		return false;
	if (xsk->ack_due)
		xtcp_segment_send_ack(sk);
	xsk->ecn.echo = ce;
	return true;
}

/**
 * xtcp_ecn_came - a segment with data has come, some of it for the first time
 * @sk: socket
 * @skb: the segment; what was joined below came with the same codepoint
 *
 * The reassembly has not seen it yet. What lies outside of the window is not for here (RFC 3168
 * 6.1.5).
 *
 * Source: RFC 3168 6.1.3, RFC 8257 3.2.
 *
 * Context: socket lock.
 * Return: whether it has to be acknowledged at once: also where CWR has come, since a window that
 * was reduced may be too small to wait for a second segment.
 */
bool xtcp_ecn_came(struct sock *sk, const struct sk_buff *skb)
{
	const struct xtcp_cb *cb = XTCP_CB(skb);
	struct xtcp_sock *xsk = xtcp_sk(sk);
	struct xtcp_ecn *ecn = &xsk->ecn;
	bool ce = INET_ECN_is_ce(cb->tos);

	if (!ecn->ok && !ecn->unsure)
		return false;
	ecn->seen |= !INET_ECN_is_not_ect(cb->tos);
	if (ce)
		xtcp_mib_add(xtcp_sock_net(sk), EcnMarked, xtcp_sock_segs(skb));
	/* The rest is xtcp_ecn_count()'s. */
	if (ecn->accurate) {
		ecn->echo = ce;
		return false;
	}
	if (is_exact(xsk))
		return echo_exactly(sk, ce);
	if (cb->flags & XTCP_CWR)
		ecn->echo = 0;
	ecn->echo |= ce;
	return cb->flags & XTCP_CWR;
}

/**
 * xtcp_ecn_count - a segment has come that is acceptable, to a connection with AccECN
 * @sk: socket
 * @skb: the segment; what was joined below came with the same codepoint
 *
 * Each counts: also what has no data, or none that is new.
 *
 * Source: RFC 9768 3.2.2.
 *
 * Context: socket lock.
 * Return: whether it has to be acknowledged at once.
 */
bool xtcp_ecn_count(struct sock *sk, const struct sk_buff *skb)
{
	const struct xtcp_cb *cb = XTCP_CB(skb);
	struct xtcp_sock *xsk = xtcp_sk(sk);

	return xtcp_accecn_came(&xsk->ecn.acc, INET_ECN_is_ce(cb->tos), xtcp_sock_segs(skb),
				cb->seq != cb->end_seq, xsk->ack_due);
}

/*
 * Whether a segment is sure to have been sent after all that came before, though it may acknowledge
 * no more: ACE of what was overtaken looks like one that came round.
 */
static bool is_latest(const struct xtcp_sock *xsk, const struct xtcp_opts *opts,
		      const struct xtcp_ack_news *news)
{
	if (news->rtxq.bytes || news->later)
		return true;
	return xsk->ts_ok && (opts->seen & XTCP_OPT_TS) &&
	       xtcp_seq_gt(opts->tsval, xsk->ts_recent);
}

/* RFC 9768 3.2.2: how many marks an ACK tells of. */
static u32 count_told(struct sock *sk, const struct xtcp_cb *cb, const struct xtcp_opts *opts,
		      const struct xtcp_ack_news *news)
{
	bool bare = cb->seq == cb->end_seq && !(opts->seen & XTCP_OPT_SACK);
	struct xtcp_sock *xsk = xtcp_sk(sk);
	struct xtcp_ecn *ecn = &xsk->ecn;
	u32 acked = DIV_ROUND_UP(news->rtxq.bytes, xsk->mss);
	bool first = !ecn->acc.heard;
	u32 marks;

	/* Of our SYN, which is none of those that are counted: 3.1.2, table 2. */
	if (cb->flags & XTCP_SYN)
		return !ecn->quiet && xtcp_accecn_told(cb->ace, syn_codepoint(ecn)) == INET_ECN_CE;
	ecn->acc.heard = 1;
	/* A path that clears it is likelier than three marks before the first answer. */
	if (first && cb->ace == XTCP_ACE_NONE && !ecn->quiet)
		give_up(sk);
	if (ecn->quiet)
		return 0;
	/* Table 4. What went after the SYN-ACK may have been counted since. */
	if (first && news->syn && bare && (!news->acked || cb->ace < XTCP_ACCECN_CEP)) {
		ecn->acc.s_cep += take_told(sk, cb->ace);
		return ecn->acc.s_cep - XTCP_ACCECN_CEP;
	}
	if (!is_latest(xsk, opts, news))
		return 0;
	marks = xtcp_accecn_heard(&ecn->acc, cb->ace, acked);
	if (xtcp_accecn_is_stuck(&ecn->acc, acked, marks, xsk->snd_una, xsk->snd_nxt)) {
		give_up(sk);
		return 0;
	}
	return marks;
}

static void tell_cong(struct xtcp_sock *xsk, const struct xtcp_ack_news *news)
{
	const struct xtcp_cong_echo echo = {
		.delivered	= news->rtxq.bytes,
		.marked		= news->ece_bytes,
		.una		= xsk->snd_una,
		.nxt		= xsk->snd_nxt,
	};

	xtcp_cong_echoed(&xsk->cong, &echo);
}

/**
 * xtcp_ecn_heard - what an ACK says of congestion
 * @sk: socket, snd_una already moved
 * @cb: the ACK's, which is none that was overtaken
 * @opts: its options
 * @news: what else it says; filled
 *
 * AccECN's marks are of packets: of how many bytes, is an estimate (RFC 9768, appendix A).
 *
 * Source: RFC 3168 6.1.2: a SYN-ACK says nothing of it, but with AccECN; RFC 9768 3.2.2.
 *
 * Context: socket lock.
 */
void xtcp_ecn_heard(struct sock *sk, const struct xtcp_cb *cb, const struct xtcp_opts *opts,
		    struct xtcp_ack_news *news)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);
	struct xtcp_ecn *ecn = &xsk->ecn;
	u32 marks;

	if (ecn->reduced && xtcp_seq_gt(xsk->snd_una, ecn->reduced_end))
		ecn->reduced = 0;
	if (ecn->accurate) {
		marks = count_told(sk, cb, opts, news);
		news->ece = marks;
		news->ece_bytes = min_t(u64, (u64)marks * xsk->mss, news->rtxq.bytes);
	} else {
		news->ece = ecn->ok && (cb->flags & (XTCP_ECE | XTCP_SYN)) == XTCP_ECE;
		news->ece_bytes = news->ece ? news->rtxq.bytes : 0;
	}
	ecn->ce_bytes += news->ece_bytes;
	/* Of the SYN, nothing is to be learnt. */
	if (xtcp_ecn_counts(xsk) && (news->acked || (news->rtxq.bytes && !news->advanced)))
		tell_cong(xsk, news);
}

/**
 * xtcp_ecn_calls - whether an echo calls for a reduction
 * @xsk: socket
 *
 * Source: RFC 3168 6.1.2: not more than once in a round trip, and losses count as well.
 *
 * Context: socket lock.
 * Return: true if so.
 */
bool xtcp_ecn_calls(const struct xtcp_sock *xsk)
{
	return !xsk->ecn.reduced && !xsk->in_recovery && !xsk->in_rto;
}

/**
 * xtcp_ecn_reduced - the congestion window has been reduced
 * @xsk: socket
 *
 * Source: RFC 3168 6.1.2: for whatever reason, the peer hears of it. Not with AccECN (RFC 9768
 * 3.1).
 *
 * Context: socket lock.
 */
void xtcp_ecn_reduced(struct xtcp_sock *xsk)
{
	struct xtcp_ecn *ecn = &xsk->ecn;

	if (!ecn->ok)
		return;
	ecn->cwr = !ecn->accurate;
	ecn->reduced = 1;
	ecn->reduced_end = xsk->snd_nxt;
}

/* A connection's own SYN-ACK: RFC 3168 6.1.1; RFC 9768 3.1.2 and 3.1.4. */
static u16 stamp_syn_ack(struct sock *sk, const struct xtcp_cb *cb, bool *ect)
{
	struct xtcp_ecn *ecn = &xtcp_sk(sk)->ecn;

	if (!ecn->accurate) {
		*ect = xtcp_ecn_marks_all(xtcp_sk(sk));
		return ecn->ok ? XTCP_ECE : 0;
	}
	if (cb->rtx > XTCP_ACCECN_RETRIES)
		ecn->quiet = 1;
	if (ecn->quiet)
		return 0;
	*ect = xtcp_ecn_marks_all(xtcp_sk(sk));
	ecn->syn_ect = *ect;
	return xtcp_ace_flags(xtcp_accecn_tell(ecn->acc.codepoint));
}

/*
 * RFC 3168 6.1.1 and 6.1.1.1, RFC 9768 3.1.4.1: what nobody answers may have been dropped for what
 * it asked.
 */
static u16 stamp_syn(struct sock *sk, const struct xtcp_cb *cb, bool *ect)
{
	struct xtcp_ecn *ecn = &xtcp_sk(sk)->ecn;
	bool accurate = ecn->asked == XTCP_ECN_MODE_ACCURATE;

	if (sk->sk_state != TCP_SYN_SENT)
		return stamp_syn_ack(sk, cb, ect);
	if (!ecn->asked)
		return 0;
	if (!ecn->quiet && cb->rtx > (accurate ? XTCP_ACCECN_RETRIES : 0)) {
		ecn->quiet = 1;
		xtcp_mib_inc(xtcp_sock_net(sk), EcnFallbacks);
	}
	if (ecn->quiet)
		return 0;
	*ect = wants(sk);
	ecn->syn_ect = *ect;
	return xtcp_ace_flags(accurate ? XTCP_ACE_ASKS : XTCP_ACE_ASKS_CLASSIC);
}

/**
 * xtcp_ecn_stamp - what a queued segment says as it leaves
 * @sk: socket
 * @cb: the segment's
 * @len: its bytes of data
 * @ect: whether it may be marked on its way
 *
 * Source: RFC 3168 6.1.2, 6.1.5.
 *
 * Context: socket lock; the segment does leave.
 * Return: %XTCP_CWR and so on, as they are to be besides what is echoed.
 */
u16 xtcp_ecn_stamp(struct sock *sk, const struct xtcp_cb *cb, u32 len, bool *ect)
{
	struct xtcp_ecn *ecn = &xtcp_sk(sk)->ecn;

	*ect = false;
	if (cb->flags & XTCP_SYN)
		return stamp_syn(sk, cb, ect);
	if (!ecn->ok || ecn->quiet || !len || cb->rtx)
		return 0;
	*ect = true;
	if (!ecn->cwr)
		return 0;
	ecn->cwr = 0;
	return XTCP_CWR;
}

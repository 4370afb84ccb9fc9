// SPDX-License-Identifier: GPL-2.0
/*
 * One half-open connection: SYN-RECEIVED as RFC 9293 3.10.7.4 has it, but no socket, and the child
 * that it becomes.
 */
#include <linux/hash.h>
#include <net/inet_ecn.h>

#include "xtcp.h"
#include "halfopen.h"

/* ACKs that answer segments which should not have come: one in this time for each entry. */
#define ACK_INTERVAL	(HZ / 2)

static u8 tick_now(void)
{
	return jiffies / ACK_INTERVAL % XTCP_HO_TICKS;
}

/* What we say of ourselves: a cookie does not remember it, so it must come out the same again. */
static void fill_own(struct xtcp_net *xnet, struct xtcp_half_open *ho)
{
	u32 rcvbuf = READ_ONCE(ho->listener->sk_rcvbuf);
	u32 clamp = READ_ONCE(xtcp_sk(ho->listener)->window_clamp);

	ho->rcv_wnd = min_t(u32, rcvbuf / 2, U16_MAX);
	if (clamp)
		ho->rcv_wnd = min_t(u32, ho->rcv_wnd, clamp);
	if (ho->wscale_ok)
		ho->rcv_wscale = xtcp_window_scale(max_t(u32, rcvbuf,
							 xtcp_sysctl_net(xnet, mem_rcv[2])));
	ho->ack_tick = (tick_now() - 1) % XTCP_HO_TICKS;
}

static struct xtcp_cookie cookie_of(const struct xtcp_half_open *ho)
{
	return (struct xtcp_cookie) {
		.mss		= ho->mss_peer,
		.wscale		= ho->snd_wscale,
		.wscale_ok	= ho->wscale_ok,
		.sack_ok	= ho->sack_ok,
		/* With AccECN, the ACK itself says so. */
		.ecn_ok		= ho->ecn_ok && !ho->accecn,
	};
}

/*
 * A cookie, unless the SYN takes the place of an old connection (RFC 6191), whose numbers it must
 * keep clear of: TIME-WAIT put the least that does into the SYN's cb.
 */
static void choose_isn(struct xtcp_net *xnet, struct xtcp_half_open *ho, u32 least)
{
	const struct xtcp_cookie cookie = cookie_of(ho);

	ho->pinned = least || xtcp_sysctl_net(xnet, syncookies) == XTCP_JAR_NEVER;
	if (!ho->pinned) {
		ho->isn = xtcp_jar_isn(xnet, &ho->tuple, ho->irs, &cookie, ho->ts_ok);
		return;
	}
	ho->isn = xtcp_isn(&xnet->isn_key, &ho->tuple, ktime_get_ns());
	if (least)
		ho->isn = xtcp_seq_max(ho->isn, least);
}

/**
 * xtcp_half_open_fill - what a SYN says, and what our SYN-ACK will
 * @xnet: namespace
 * @ho: overwritten
 * @listener: whose it is; no reference is taken
 * @tuple: who talks to whom
 * @cb: of the SYN
 * @opts: its options
 * @mss_path: what the way back to us takes, bytes
 *
 * Data that came along is not kept, unless the child follows at once (fastopen_passive.c): the peer
 * sends it again. A SYN has nothing to acknowledge, so that @cb's ack is 0, or what TIME-WAIT put
 * there: the least ISN that cannot be taken for the old connection's.
 *
 * Source: RFC 9293 3.10.7.2, "third, check for a SYN".
 *
 * Context: BH off.
 */
void xtcp_half_open_fill(struct xtcp_net *xnet, struct xtcp_half_open *ho, struct sock *listener,
			 const struct xtcp_tuple *tuple, const struct xtcp_cb *cb,
			 const struct xtcp_opts *opts, u16 mss_path)
{
	u16 mss_user = READ_ONCE(xtcp_sk(listener)->mss_user);

	*ho = (struct xtcp_half_open) {
		.tuple		= *tuple,
		.listener	= listener,
		.irs		= cb->seq,
		.ts_recent	= opts->tsval,
		.sent_us	= xtcp_clock_us(),
		.snd_wnd	= cb->window,
		.mss_adv	= mss_path,
		.mss_peer	= xtcp_tuple_is_v4(tuple) ? 536 : 1220,
	};
	if (mss_user)
		ho->mss_adv = min(ho->mss_adv, mss_user);
	if (opts->seen & XTCP_OPT_MSS)
		ho->mss_peer = opts->mss;
	ho->ts_ok = (opts->seen & XTCP_OPT_TS) && xtcp_sysctl_net(xnet, timestamps);
	ho->sack_ok = (opts->seen & XTCP_OPT_SACK_PERM) && xtcp_sysctl_net(xnet, sack);
	if ((opts->seen & XTCP_OPT_WSCALE) && xtcp_sysctl_net(xnet, window_scaling)) {
		ho->wscale_ok = 1;
		ho->snd_wscale = opts->wscale;
	}
	fill_own(xnet, ho);
	choose_isn(xnet, ho, cb->ack);
}

/**
 * xtcp_half_open_recall - the entry that was not kept, from the ACK of its cookie
 * @xnet: namespace
 * @ho: overwritten
 * @listener: whose it is; no reference is taken
 * @tuple: who talks to whom
 * @cb: of the ACK
 * @opts: its options
 * @cookie: what the cookie says
 *
 * When the SYN-ACK was sent is not known, so that it gives no round-trip time; a timestamp does.
 */
void xtcp_half_open_recall(struct xtcp_net *xnet, struct xtcp_half_open *ho, struct sock *listener,
			   const struct xtcp_tuple *tuple, const struct xtcp_cb *cb,
			   const struct xtcp_opts *opts, const struct xtcp_cookie *cookie)
{
	*ho = (struct xtcp_half_open) {
		.tuple		= *tuple,
		.listener	= listener,
		.irs		= cb->seq - 1,
		.isn		= cb->ack - 1,
		.ts_recent	= opts->tsval,
		.snd_wnd	= cb->window,
		.mss_peer	= cookie->mss,
		.snd_wscale	= cookie->wscale,
		.wscale_ok	= cookie->wscale_ok,
		.sack_ok	= cookie->sack_ok,
		.ecn_ok		= cookie->ecn_ok,
		.ts_ok		= !!(opts->seen & XTCP_OPT_TS),
		.resent		= 1,
	};
	if (!ho->ecn_ok && xtcp_ecn_was_accurate(listener, cb)) {
		ho->ecn_ok = 1;
		ho->accecn = 1;
	}
	fill_own(xnet, ho);
}

static bool may_rehash(const struct sock *sk)
{
	return READ_ONCE(sk->sk_txrehash) == SOCK_TXREHASH_ENABLED;
}

/*
 * By which the path is chosen, of the SYN-ACK as of all that follows: so it must come out the same
 * again when a cookie is all that is left. The ISN, a hash, is chance enough.
 */
static u32 path_hash(const struct xtcp_half_open *ho, bool rehash)
{
	return hash_32(ho->isn + (rehash ? ho->retries : 0), 32) ?: 1;
}

/**
 * xtcp_half_open_way - how a listener wants its half-open connections' segments to leave
 * @listener: socket; a snapshot without its lock
 * @tuple: the connection's
 */
struct xtcp_half_open_way xtcp_half_open_way(const struct sock *listener,
					     const struct xtcp_tuple *tuple)
{
	const struct xtcp_sock *xsk = xtcp_sk(listener);
	bool v4 = xtcp_tuple_is_v4(tuple);
	int ttl;

	/* RFC 5082: whoever lets in segments from next door alone wants this one, too. */
	if (v4)
		ttl = READ_ONCE(xsk->inet.uc_ttl);
	else
		ttl = xsk->inet6.hop_limit;	/* has been a bit field */
	return (struct xtcp_half_open_way) {
		.out.mark	= READ_ONCE(listener->sk_mark),
		.out.priority	= READ_ONCE(listener->sk_priority),
		.out.oif	= READ_ONCE(listener->sk_bound_dev_if),
		.out.tos	= v4 ? READ_ONCE(xsk->inet.tos) : READ_ONCE(xsk->inet6.tclass),
		.out.ttl	= max(ttl, 0),
		.out.labelled	= xtcp_compat_autoflowlabel(listener),
		.ect		= READ_ONCE(xsk->cong_ops)->flags & XTCP_CONG_ECN,
		.rehash		= may_rehash(listener),
	};
}

/* Whether the next SYN-ACK does; RFC 9768 3.1 for one that does no more. */
static bool grants_ecn(const struct xtcp_half_open *ho)
{
	return ho->ecn_ok && !(ho->accecn && ho->ecn_quiet);
}

/*
 * A SYN-ACK, or "<SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK>". The window of a SYN is never scaled
 * (RFC 7323 2.2). What finds no way is as good as lost: it is sent again, or asked for again.
 */
static void send(struct xtcp_net *xnet, const struct xtcp_half_open *ho,
		 const struct xtcp_half_open_way *way, struct dst_entry *dst, struct sk_buff *skb,
		 bool syn)
{
	const struct xtcp_cookie cookie = cookie_of(ho);
	struct xtcp_opts opts = {
		.seen	= ho->ts_ok ? XTCP_OPT_TS : 0,
		.mss	= ho->mss_adv,
		.wscale	= ho->rcv_wscale,
		.tsecr	= ho->ts_recent,
	};
	struct xtcp_reply reply = {
		.seq	= ho->isn + !syn,
		.ack	= ho->irs + 1,
		.window	= syn ? ho->rcv_wnd : ho->rcv_wnd >> ho->rcv_wscale,
		.flags	= XTCP_ACK | (syn ? XTCP_SYN : 0),
		.out	= way->out,
		.opts	= &opts,
		.mirror	= way->mirror,
		.dst	= dst,
		.skb	= skb,
	};

	reply.out.hash = path_hash(ho, way->rehash);
	if (ho->ts_ok)
		opts.tsval = xtcp_jar_tsval(xnet, &ho->tuple, &cookie);
	if (syn)
		opts.seen |= XTCP_OPT_MSS | (ho->wscale_ok ? XTCP_OPT_WSCALE : 0) |
			     (ho->sack_ok ? XTCP_OPT_SACK_PERM : 0);
	if (syn && way->fastopen) {
		opts.seen |= XTCP_OPT_FASTOPEN;
		opts.fastopen = *way->fastopen;
	}
	if (syn && grants_ecn(ho)) {
		reply.flags |= ho->accecn ? xtcp_ace_flags(xtcp_accecn_tell(ho->codepoint)) :
					    XTCP_ECE;
		reply.out.tos |= way->ect ? INET_ECN_ECT_0 : 0;
	} else if (!syn && ho->accecn) {
		reply.flags |= xtcp_ace_flags(XTCP_ACCECN_CEP);
	}
	xtcp_segment_reply(xnet->net, &ho->tuple, &reply);
}

/**
 * xtcp_half_open_syn_ack - send the SYN-ACK
 * @xnet: namespace
 * @ho: entry, or a copy of it
 * @way: how it leaves
 * @dst: the way, its reference is consumed; NULL to look for one
 * @skb: the SYN, consumed; NULL if none has come
 *
 * Context: BH off, no leaf lock held.
 */
void xtcp_half_open_syn_ack(struct xtcp_net *xnet, const struct xtcp_half_open *ho,
			    const struct xtcp_half_open_way *way, struct dst_entry *dst,
			    struct sk_buff *skb)
{
	send(xnet, ho, way, dst, skb, true);
}

/* RFC 9293 3.4, table 6. */
static bool is_acceptable(const struct xtcp_half_open *ho, const struct xtcp_cb *cb)
{
	u32 rcv_nxt = ho->irs + 1;
	u32 end = rcv_nxt + ho->rcv_wnd;

	if (cb->seq == cb->end_seq)
		return cb->seq == rcv_nxt || xtcp_seq_in(cb->seq, rcv_nxt, end);
	return xtcp_seq_in(cb->seq, rcv_nxt, end) || xtcp_seq_in(cb->end_seq - 1, rcv_nxt, end);
}

/*
 * Whether the timestamp that is echoed may be one of ours: an off-path attacker who has to guess
 * the ISN must guess this as well. Some echo 0.
 */
static bool tsecr_is_ours(const struct xtcp_net *xnet, const struct xtcp_half_open *ho, u32 tsecr)
{
	u32 offset = xtcp_isn_ts_offset(&xnet->ts_key, &ho->tuple);
	/* The bits that a cookie needs make it up to 32 ms older. */
	u32 age_ms = ((u32)xtcp_clock_us() - ho->sent_us) / (u32)USEC_PER_MSEC + 33;

	return !tsecr || xtcp_clock_ts() + offset - tsecr <= age_ms;
}

/* Steps of RFC 9293 3.10.7.4 for SYN-RECEIVED. @why says for what the segment is discarded. */
static enum xtcp_half_open_verdict judge(const struct xtcp_net *xnet,
					 const struct xtcp_half_open *ho, const struct xtcp_cb *cb,
					 const struct xtcp_opts *opts, enum xtcp_mib *why)
{
	bool ts = ho->ts_ok && (opts->seen & XTCP_OPT_TS);

	/* Our SYN-ACK got lost, or is late. */
	*why = XTCP_MIB_DupSegs;
	if ((cb->flags & (XTCP_SYN | XTCP_ACK | XTCP_RST)) == XTCP_SYN && cb->seq == ho->irs)
		return XTCP_HO_SYN_ACK;

	/* RFC 7323 5.3, R1. */
	*why = XTCP_MIB_DropPaws;
	if (ts && !(cb->flags & XTCP_RST) && xtcp_seq_lt(opts->tsval, ho->ts_recent))
		return XTCP_HO_ACK;

	/* "First, check sequence number." */
	*why = XTCP_MIB_DropSequence;
	if (!is_acceptable(ho, cb))
		return cb->flags & XTCP_RST ? XTCP_HO_DROP : XTCP_HO_ACK;

	/* "Second, check the RST bit", in RFC 5961 3.2's form. */
	if (cb->flags & XTCP_RST) {
		if (cb->seq != ho->irs + 1)
			return XTCP_HO_CHALLENGE;
		*why = XTCP_MIB_InRsts;
		return XTCP_HO_DELETE;
	}

	/* "Fourth, check the SYN bit", in RFC 5961 4.2's form. */
	*why = XTCP_MIB_DropFlags;
	if (cb->flags & XTCP_SYN)
		return XTCP_HO_CHALLENGE;

	/* "Fifth, check the ACK field." */
	if (!(cb->flags & XTCP_ACK))
		return XTCP_HO_DROP;
	*why = XTCP_MIB_DropAck;
	if (cb->ack != ho->isn + 1)
		return XTCP_HO_RESET;
	*why = XTCP_MIB_DropPaws;
	if (ts && !tsecr_is_ours(xnet, ho, opts->tsecr))
		return XTCP_HO_ACK;
	if (cb->seq == cb->end_seq &&
	    ho->retries < READ_ONCE(xtcp_sk(ho->listener)->defer_accept)) {
		*why = XTCP_MIB_DeferredAcks;
		return XTCP_HO_DEFER;
	}
	return XTCP_HO_OPEN;
}

/**
 * xtcp_half_open_rcv - what a segment means to an entry
 * @xnet: namespace
 * @ho: entry, not claimed
 * @cb: of the segment
 * @opts: its options
 * @why: the counter of what is discarded
 *
 * Context: The entry's lock.
 * Return: what the caller is to do.
 */
enum xtcp_half_open_verdict xtcp_half_open_rcv(const struct xtcp_net *xnet,
					       struct xtcp_half_open *ho,
					       const struct xtcp_cb *cb,
					       const struct xtcp_opts *opts, enum xtcp_mib *why)
{
	enum xtcp_half_open_verdict verdict = judge(xnet, ho, cb, opts, why);

	if (verdict == XTCP_HO_SYN_ACK) {
		ho->resent = 1;
		/* RFC 3168 6.1.1.1: the peer has given it up. */
		if (ho->accecn)
			ho->ecn_quiet |= cb->ace == XTCP_ACE_NONE;
		else if (!xtcp_ecn_is_setup(cb->flags))
			ho->ecn_ok = 0;
		ho->codepoint = cb->tos & INET_ECN_MASK;
	}
	if (verdict == XTCP_HO_DEFER)
		ho->acked = 1;
	if (verdict != XTCP_HO_ACK && verdict != XTCP_HO_CHALLENGE)
		return verdict;
	/* Two hosts could play ball with these. */
	if (ho->ack_tick == tick_now())
		return XTCP_HO_DROP;
	ho->ack_tick = tick_now();
	return verdict;
}

/**
 * xtcp_half_open_answer - send what a verdict calls for
 * @xnet: namespace
 * @ho: copy of the entry
 * @way: how it leaves
 * @verdict: from xtcp_half_open_rcv()
 * @skb: the segment
 *
 * Context: BH off, no leaf lock held.
 */
void xtcp_half_open_answer(struct xtcp_net *xnet, const struct xtcp_half_open *ho,
			   const struct xtcp_half_open_way *way,
			   enum xtcp_half_open_verdict verdict, const struct sk_buff *skb)
{
	switch (verdict) {
	case XTCP_HO_SYN_ACK:
		xtcp_mib_inc(xnet, SynAckRetrans);
		send(xnet, ho, way, NULL, NULL, true);
		break;
	case XTCP_HO_CHALLENGE:
		xtcp_mib_inc(xnet, ChallengeAcks);
		fallthrough;
	case XTCP_HO_ACK:
		send(xnet, ho, way, NULL, NULL, false);
		break;
	case XTCP_HO_RESET:
		xtcp_segment_reset_reply(xnet->net, &ho->tuple, skb);
		break;
	default:
		break;
	}
}

/**
 * xtcp_half_open_reset - tell the peer that there will be no connection
 * @xnet: namespace
 * @ho: the entry, in no bucket any more
 * @way: how it leaves
 *
 * With the ACK it counts also where the SYN-ACK was lost (RFC 9293 3.10.5, 3.10.7.3).
 *
 * Context: Any, no leaf lock held.
 */
void xtcp_half_open_reset(struct xtcp_net *xnet, const struct xtcp_half_open *ho,
			  const struct xtcp_half_open_way *way)
{
	struct xtcp_reply reply = {
		.seq	= ho->isn + 1,
		.ack	= ho->irs + 1,
		.flags	= XTCP_RST | XTCP_ACK,
		.out	= way->out,
		.mirror	= way->mirror,
	};

	reply.out.hash = path_hash(ho, way->rehash);
	xtcp_segment_reply(xnet->net, &ho->tuple, &reply);
}

/* What both sides have said so far. */
static void fill_child(struct sock *child, const struct xtcp_half_open *ho)
{
	struct xtcp_net *xnet = xtcp_sock_net(child);
	struct xtcp_sock *xsk = xtcp_sk(child);

	WRITE_ONCE(child->sk_txhash, path_hash(ho, may_rehash(child)));
	xsk->iss = ho->isn;
	xsk->snd_una = ho->isn;
	xsk->snd_nxt = ho->isn + 1;
	xsk->write_seq = ho->isn + 1;
	xsk->snd_wnd = ho->snd_wnd;
	xsk->snd_wnd_max = ho->snd_wnd;
	xsk->snd_wnd_sws = ho->snd_wnd;
	xsk->snd_wl1 = ho->irs;
	xsk->snd_wl2 = ho->isn;
	xsk->snd_wscale = ho->snd_wscale;

	xsk->irs = ho->irs;
	xsk->reasm.rcv_nxt = ho->irs + 1;
	xsk->copied_seq = ho->irs + 1;
	xsk->rcv_wup = ho->irs + 1;
	xsk->rcv_wnd = ho->rcv_wnd;
	xsk->rcv_adv = ho->irs + 1 + ho->rcv_wnd;
	xsk->rcv_wscale = ho->rcv_wscale;
	xsk->wscale_ok = ho->wscale_ok;

	xsk->sack_ok = ho->sack_ok;
	xsk->ecn.ok = ho->ecn_ok;
	if (ho->accecn)
		xtcp_ecn_accurate(child, ho->codepoint, ho->ecn_quiet);
	/* What a cookie remembers of ECN lies in the timestamp. Only a cookie's mss_adv is 0. */
	xsk->ecn.unsure = !ho->mss_adv && !ho->ts_ok;
	xsk->ts_ok = ho->ts_ok;
	xsk->ts_offset = xtcp_isn_ts_offset(&xnet->ts_key, &ho->tuple);
	xsk->ts_recent = ho->ts_recent;
	xsk->ts_floor = ho->ts_recent;
	xsk->ts_floor_seq = ho->irs + 1;
	xsk->ts_recent_stamp = ho->ts_ok ? max_t(time64_t, ktime_get_seconds(), 1) : 0;
	xsk->last_ack_sent = ho->irs + 1;
	xsk->mss_peer = ho->mss_peer;
	xsk->mss_adv = ho->mss_adv;
}

/* What the handshake tells of the path. */
static void learn_path(struct sock *child, const struct xtcp_half_open *ho)
{
	struct xtcp_sock *xsk = xtcp_sk(child);
	u64 now_us = xtcp_clock_us();
	u32 rtt_us = max((u32)now_us - ho->sent_us, 1U);

	if (!ho->resent) {
		xtcp_rtt_sample(&xsk->rtt, rtt_us);
		xtcp_rack_rtt(&xsk->rack, rtt_us, now_us);
	}
	/* RFC 6298 5.7: "the RTO MUST be re-initialized to 3 seconds". */
	if (ho->retries)
		xsk->rtt.rto_us = max_t(u32, xsk->rtt.rto_us, 3 * USEC_PER_SEC);
	/* RFC 6928 2: a SYN-ACK that was lost once may be chance, twice is congestion. */
	if (ho->retries > 1)
		xsk->cong.cwnd = xsk->mss;
}

/**
 * xtcp_half_open_child - make the child of an entry whose handshake is complete
 * @ho: entry, claimed, or recalled
 * @why: if there is none, the counter that says why
 *
 * Context: BH off.
 * Return: the child: SYN-RECEIVED, not hashed, locked with bh_lock_sock(), with a reference for the
 * caller and one of its own to its listener. NULL if it cannot be.
 */
struct sock *xtcp_half_open_child(const struct xtcp_half_open *ho, enum xtcp_mib *why)
{
	struct sock *listener = ho->listener;
	struct sock *child;

	*why = XTCP_MIB_DropNoSocket;
	if (READ_ONCE(listener->sk_state) != TCP_LISTEN)
		return NULL;
	*why = XTCP_MIB_DropAcceptFull;
	if (xtcp_accept_is_full(listener))
		return NULL;
	/* It may be on its way out; then its memory is there for a grace period, but no more. */
	*why = XTCP_MIB_DropNoSocket;
	if (!refcount_inc_not_zero(&listener->sk_refcnt))
		return NULL;
	child = xtcp_sock_create_child(listener, &ho->tuple, why);
	if (!child) {
		sock_put(listener);
		return NULL;
	}
	xtcp_sk(child)->listener = listener;
	/* A link-local address is one only together with its interface. */
	if (!child->sk_bound_dev_if)
		child->sk_bound_dev_if = ho->tuple.link >> 1;
	fill_child(child, ho);
	*why = XTCP_MIB_DropNoRoute;
	if (xtcp_ip_route(child)) {
		xtcp_sock_discard_child(child);
		return NULL;
	}
	/* A cookie does not remember what we told the peer, but it was this. */
	if (!ho->mss_adv)
		xtcp_segment_choose_mss(child);
	xtcp_sock_open(child);
	learn_path(child, ho);
	return child;
}

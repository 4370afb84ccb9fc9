// SPDX-License-Identifier: GPL-2.0
/*
 * The passive open: from a SYN to a child, by way of an entry in the half-open queue or a cookie.
 */
#include <net/inet_ecn.h>

#include "xtcp.h"
#include "halfopen.h"
#include "trace.h"

static void discard(struct xtcp_net *xnet, const struct xtcp_tuple *tuple, struct sk_buff *skb,
		    enum xtcp_mib why)
{
	xtcp_drop(xnet, tuple, XTCP_CB(skb), why);
	kfree_skb(skb);
}

static bool parse(const struct sk_buff *skb, struct xtcp_opts *opts)
{
	const struct tcphdr *th = (const struct tcphdr *)skb->data;
	u8 flags = XTCP_CB(skb)->flags;

	return xtcp_opt_parse((const u8 *)(th + 1), xtcp_hdr_len(th) - XTCP_HDR_MIN,
			      flags & XTCP_SYN, opts) == XTCP_OPT_OK || (flags & XTCP_RST);
}

static bool has_data(const struct sk_buff *skb)
{
	return skb->len != xtcp_hdr_len((const struct tcphdr *)skb->data);
}

/*
 * The child of an entry, of a cookie, or of a SYN alone: SYN-RECEIVED, locked, and found from here
 * on.
 */
static struct sock *make_child(struct xtcp_net *xnet, const struct xtcp_half_open *ho,
			       enum xtcp_mib *why)
{
	struct sock *child = xtcp_half_open_child(ho, why);

	if (child && xtcp_table_insert(child)) {
		xtcp_sock_discard_child(child);
		*why = XTCP_MIB_DropNoSocket;
		child = NULL;
	}
	if (child) {
		xtcp_mib_inc(xnet, PassiveOpens);
		xtcp_jar_spend(xnet, &ho->tuple, ho->isn);
	}
	return child;
}

/*
 * A SYN
 */

/* A packet that claims to come from where it goes to would have us talk to ourselves. */
static bool is_own_echo(const struct xtcp_tuple *tuple)
{
	return tuple->lport == tuple->rport && ipv6_addr_equal(&tuple->laddr, &tuple->raddr);
}

static void grant_ecn(struct xtcp_half_open *ho, const struct dst_entry *dst,
		      const struct xtcp_cb *cb)
{
	enum xtcp_ecn_mode mode = xtcp_ecn_grant(ho->listener, dst, cb);

	ho->ecn_ok = mode != XTCP_ECN_MODE_NONE;
	ho->accecn = mode == XTCP_ECN_MODE_ACCURATE;
	ho->codepoint = cb->tos & INET_ECN_MASK;
}

/* Without an entry: the SYN-ACK's number is all there is. */
static void spill(struct xtcp_net *xnet, struct xtcp_half_open *ho)
{
	/*
	 * Which remembers ECN in the timestamp alone: what would be forgotten is not granted. But
	 * AccECN's ACK says so itself (RFC 9768 3.2.2).
	 */
	if (!ho->ts_ok && !ho->accecn)
		ho->ecn_ok = 0;
	xtcp_jar_spill(xnet);
	xtcp_mib_inc(xnet, CookiesSent);
	trace_xtcp_cookie(xnet->net, &ho->tuple, ho->isn, XTCP_COOKIE_SENT);
	this_cpu_inc(xtcp_listener_counts(ho->listener)->cookies_sent);
}

/* Whether the SYN-ACK may go out, with an entry behind it or without. */
static bool keep_or_spill(struct xtcp_net *xnet, u32 hash, struct xtcp_half_open *ho,
			  const struct sk_buff *skb)
{
	if (!ho->pinned && xtcp_sysctl_net(xnet, syncookies) == XTCP_JAR_ALWAYS) {
		spill(xnet, ho);
		return true;
	}
	switch (xtcp_synq_keep(xnet, ho, hash)) {
	case XTCP_SYNQ_KEPT:
		xtcp_mib_inc(xnet, SynqEntries);
		xtcp_synq_save_syn(xnet, ho, hash, skb);
		return true;
	case XTCP_SYNQ_NO_ROOM:
		if (!ho->pinned) {
			spill(xnet, ho);
			return true;
		}
		xtcp_drop(xnet, &ho->tuple, XTCP_CB(skb), XTCP_MIB_DropSynqFull);
		return false;
	case XTCP_SYNQ_NOT_WANTED:
		xtcp_drop(xnet, &ho->tuple, XTCP_CB(skb), XTCP_MIB_DropNoSocket);
		return false;
	}
	return false;
}

/*
 * A cookie cannot take the time to have data sent again, and those who have any to send with their
 * SYN try without it when it stays unanswered (RFC 7413 4.1.3): so it gets an entry or nothing.
 * Where there are never any entries, that would be never.
 */
static bool brings_too_much(struct xtcp_net *xnet, struct sock *listener, const struct sk_buff *skb)
{
	return has_data(skb) &&
	       xtcp_sysctl_net(xnet, syncookies) != XTCP_JAR_ALWAYS &&
	       xtcp_synq_is_full(xnet, listener);
}

/*
 * RFC 7413 4.2.2: the child comes before the handshake, or else NULL, and then all goes on as ever.
 * How long that takes tells nothing of the way.
 */
static struct sock *open_at_once(struct xtcp_net *xnet, const struct xtcp_half_open *ho,
				 const struct xtcp_fastopen_cookie *fresh,
				 const struct sk_buff *skb)
{
	const enum xtcp_save_syn save = READ_ONCE(xtcp_sk(ho->listener)->save_syn);
	struct xtcp_half_open untimed = *ho;
	struct sock *child;
	enum xtcp_mib why;

	if (!xtcp_fastopen_enter(ho->listener))
		return NULL;
	untimed.resent = 1;
	child = make_child(xnet, &untimed, &why);
	if (!child) {
		xtcp_fastopen_cancel(ho->listener);
		return NULL;
	}
	if (save)
		xtcp_saved_syn_give(child, xtcp_saved_syn_make(skb, &ho->tuple, save));
	xtcp_fastopen_adopt(child, ho->listener, fresh);
	return child;
}

static struct sock *answer_syn(struct xtcp_net *xnet, struct sock *listener, struct sk_buff *skb,
			       const struct xtcp_tuple *tuple, u32 hash,
			       const struct xtcp_opts *opts)
{
	struct xtcp_half_open_way way = xtcp_half_open_way(listener, tuple);
	struct xtcp_fastopen_cookie fresh;
	enum xtcp_fastopen_syn fastopen;
	bool heavy = brings_too_much(xnet, listener, skb);
	struct sock *child = NULL;
	struct xtcp_half_open ho;
	struct dst_entry *dst;

	/* A route may let data in without a cookie, but not where none would have let it in. */
	if (heavy && !xtcp_fastopen_is_on(listener)) {
		discard(xnet, tuple, skb, XTCP_MIB_DropSynData);
		return NULL;
	}
	dst = xtcp_ip_reply_route(xnet->net, tuple, &way.out);
	if (IS_ERR(dst)) {
		kfree_skb(skb);
		return NULL;
	}
	fastopen = xtcp_fastopen_syn(listener, tuple, dst, opts, has_data(skb), &fresh);
	if (heavy && fastopen != XTCP_FASTOPEN_OPEN) {
		dst_release(dst);
		discard(xnet, tuple, skb, XTCP_MIB_DropSynData);
		return NULL;
	}
	xtcp_half_open_fill(xnet, &ho, listener, tuple, XTCP_CB(skb), opts,
			    xtcp_ip_route_mss(tuple, dst));
	ho.rcv_wnd = xtcp_metric_syn_window(dst, ho.mss_adv, ho.rcv_wnd);
	grant_ecn(&ho, dst, XTCP_CB(skb));
	ho.expires = jiffies + xtcp_synq_timeout(xnet, &ho);
	/* Traced before anybody else can trace what becomes of it. */
	trace_xtcp_state(xnet->net, tuple, TCP_LISTEN, TCP_SYN_RECV);
	if (fastopen == XTCP_FASTOPEN_OPEN)
		child = open_at_once(xnet, &ho, &fresh, skb);
	if (child) {
		dst_release(dst);
		return child;
	}
	if (fresh.len)
		way.fastopen = &fresh;
	if (keep_or_spill(xnet, hash, &ho, skb)) {
		xtcp_half_open_syn_ack(xnet, &ho, &way, dst, skb);
		return NULL;
	}
	trace_xtcp_state(xnet->net, tuple, TCP_SYN_RECV, TCP_LISTEN);
	dst_release(dst);
	kfree_skb(skb);
	return NULL;
}

/* Counts a SYN, and discards it if it is not to be answered. */
static bool is_welcome(struct xtcp_net *xnet, struct sock *listener, struct sk_buff *skb,
		       const struct xtcp_tuple *tuple, struct xtcp_opts *opts)
{
	xtcp_listener_syn(listener, tuple);
	xtcp_synq_wake(xnet);
	if (!parse(skb, opts))
		discard(xnet, tuple, skb, XTCP_MIB_DropOptions);
	else if (is_own_echo(tuple))
		discard(xnet, tuple, skb, XTCP_MIB_DropNoSocket);
	else if (xtcp_accept_is_full(listener))
		discard(xnet, tuple, skb, XTCP_MIB_DropSynqFull);
	else
		return true;
	return false;
}

/**
 * xtcp_passive_syn - a SYN for a listener: an entry, and a SYN-ACK, or a child at once
 * @listener: socket
 * @skb: segment with SYN and neither ACK, RST nor FIN, data at the TCP header; consumed unless true
 *	 is returned
 * @tuple: the connection's
 * @hash: of the tuple
 * @child: as for xtcp_passive_segment(); its SYN-ACK is the caller's to have sent
 *
 * Source: RFC 9293 3.10.7.2, RFC 7413 4.2.2.
 *
 * Context: BH off, RCU read side.
 * Return: whether there is a child.
 */
bool xtcp_passive_syn(struct sock *listener, struct sk_buff *skb, const struct xtcp_tuple *tuple,
		      u32 hash, struct sock **child)
{
	struct xtcp_net *xnet = xtcp_sock_net(listener);
	struct xtcp_opts opts;

	*child = NULL;
	if (is_welcome(xnet, listener, skb, tuple, &opts))
		*child = answer_syn(xnet, listener, skb, tuple, hash, &opts);
	return *child;
}

/**
 * xtcp_passive_reflect - a SYN for a listener, that goes back the way it came: a SYN-ACK
 * @listener: socket
 * @skb: as for xtcp_passive_syn()
 * @tuple: the connection's, of which nothing is known
 * @mirror: the way
 *
 * Source: RFC 4987 3.6.
 *
 * Context: BH off, RCU read side.
 */
void xtcp_passive_reflect(struct sock *listener, struct sk_buff *skb,
			  const struct xtcp_tuple *tuple, const struct xtcp_ip_mirror *mirror)
{
	struct xtcp_half_open_way way = xtcp_half_open_way(listener, tuple);
	struct xtcp_net *xnet = xtcp_sock_net(listener);
	struct xtcp_fastopen_cookie fresh;
	struct xtcp_half_open ho;
	struct xtcp_opts opts;

	xtcp_mib_inc(xnet, InSegs);
	xtcp_demux_trace(xnet->net, tuple, TCP_LISTEN, skb);
	if (!is_welcome(xnet, listener, skb, tuple, &opts))
		return;
	xtcp_half_open_fill(xnet, &ho, listener, tuple, XTCP_CB(skb), &opts,
			    xtcp_ip_device_mss(xnet->net, tuple, mirror->dev));
	grant_ecn(&ho, NULL, XTCP_CB(skb));
	trace_xtcp_state(xnet->net, tuple, TCP_LISTEN, TCP_SYN_RECV);
	spill(xnet, &ho);
	xtcp_mib_inc(xnet, SynsReflected);
	way.mirror = mirror;
	/* One that brought a cookie of ours would not have come this way. */
	if (xtcp_fastopen_syn(listener, tuple, NULL, &opts, false, &fresh) == XTCP_FASTOPEN_OFFER)
		way.fastopen = &fresh;
	xtcp_half_open_syn_ack(xnet, &ho, &way, NULL, skb);
}

/*
 * What follows a SYN
 */

/*
 * The handshake is complete, but there is no child. The peer takes the connection for open: where
 * only the accept queue is full, it may have another try, or be told.
 */
static void turn_away(struct xtcp_net *xnet, const struct xtcp_half_open *ho, struct sk_buff *skb,
		      enum xtcp_mib why)
{
	if (why == XTCP_MIB_DropAcceptFull && xtcp_sysctl_net(xnet, abort_on_overflow))
		xtcp_segment_reset_reply(xnet->net, &ho->tuple, skb);
	discard(xnet, &ho->tuple, skb, why);
}

/*
 * The child is found before the entry is not, so that no segment falls between them. Where the
 * accept queue is full, or anything else is short, the entry stays: our SYN-ACK, sent again, makes
 * the peer repeat its ACK.
 */
static struct sock *open_entry(struct xtcp_net *xnet, struct xtcp_synq_found *found,
			       struct sk_buff *skb)
{
	struct sock *child = make_child(xnet, &found->copy, &found->why);

	/* While the entry is there its listener is. */
	if (child)
		xtcp_listener_completed(found->copy.listener);
	xtcp_synq_settle(xnet, found->ho, child);
	if (!child)
		turn_away(xnet, &found->copy, skb, found->why);
	return child;
}

/**
 * xtcp_passive_segment - a segment for a half-open entry, if there is one
 * @net: namespace
 * @skb: segment, data at the TCP header, cb filled; consumed if there is an entry and no child
 * @tuple: its tuple
 * @hash: of the tuple
 * @child: the child that the segment is for: SYN-RECEIVED, hashed, locked with bh_lock_sock(), with
 *	   a reference for the caller and one of its own to its listener; NULL if there is none
 *
 * Source: RFC 9293 3.10.7.4 (SYN-RECEIVED), RFC 5961, RFC 7323 5.3.
 *
 * Context: BH off, RCU read side.
 * Return: whether there is an entry.
 */
bool xtcp_passive_segment(struct net *net, struct sk_buff *skb, const struct xtcp_tuple *tuple,
			  u32 hash, struct sock **child)
{
	struct xtcp_net *xnet = xtcp_net(net);
	struct xtcp_synq_found found;
	struct xtcp_opts opts;

	*child = NULL;
	if (!parse(skb, &opts)) {
		discard(xnet, tuple, skb, XTCP_MIB_DropOptions);
		return true;
	}
	if (!xtcp_synq_rcv(xnet, skb, tuple, hash, &opts, &found))
		return false;
	if (found.verdict == XTCP_HO_OPEN) {
		*child = open_entry(xnet, &found, skb);
		return true;
	}
	if (found.verdict == XTCP_HO_SYN_ACK)
		xtcp_listener_syn(found.copy.listener, tuple);
	if (found.verdict != XTCP_HO_DROP && found.verdict != XTCP_HO_DELETE &&
	    found.verdict != XTCP_HO_DEFER)
		xtcp_half_open_answer(xnet, &found.copy, &found.way, found.verdict, skb);
	discard(xnet, tuple, skb, found.why);
	return true;
}

/**
 * xtcp_passive_cookie - an ACK for a listener that has no entry: perhaps it had one
 * @listener: socket
 * @skb: segment with ACK and neither SYN nor RST, data at the TCP header, cb filled; consumed if
 *	 true is returned and there is no child
 * @tuple: its tuple
 * @child: as for xtcp_passive_segment()
 *
 * Source: RFC 4987 3.6.
 *
 * Context: BH off, RCU read side.
 * Return: false if it is an ACK like any other, which a listener resets.
 */
bool xtcp_passive_cookie(struct sock *listener, struct sk_buff *skb,
			 const struct xtcp_tuple *tuple, struct sock **child)
{
	struct xtcp_net *xnet = xtcp_sock_net(listener);
	const u32 isn = XTCP_CB(skb)->ack - 1;
	struct xtcp_cookie cookie;
	struct xtcp_half_open ho;
	struct xtcp_opts opts;
	enum xtcp_mib why;

	*child = NULL;
	if (!parse(skb, &opts)) {
		discard(xnet, tuple, skb, XTCP_MIB_DropOptions);
		return true;
	}
	switch (xtcp_jar_check(xnet, tuple, skb, &opts, &cookie)) {
	case XTCP_JAR_NONE:
		return false;
	case XTCP_JAR_FORGED:
		xtcp_mib_inc(xnet, CookiesForged);
		trace_xtcp_cookie(xnet->net, tuple, isn, XTCP_COOKIE_FORGED);
		return false;
	case XTCP_JAR_SPENT:
		trace_xtcp_cookie(xnet->net, tuple, isn, XTCP_COOKIE_SPENT);
		discard(xnet, tuple, skb, XTCP_MIB_DropCookieSpent);
		return true;
	case XTCP_JAR_OPEN:
		break;
	}
	trace_xtcp_state(xnet->net, tuple, TCP_LISTEN, TCP_SYN_RECV);
	xtcp_half_open_recall(xnet, &ho, listener, tuple, XTCP_CB(skb), &opts, &cookie);
	*child = make_child(xnet, &ho, &why);
	if (*child) {
		xtcp_listener_completed(listener);
		xtcp_mib_inc(xnet, CookiesAccepted);
		trace_xtcp_cookie(xnet->net, tuple, isn, XTCP_COOKIE_ACCEPTED);
		this_cpu_inc(xtcp_listener_counts(listener)->cookies_accepted);
		return true;
	}
	trace_xtcp_state(xnet->net, tuple, TCP_SYN_RECV, TCP_LISTEN);
	trace_xtcp_cookie(xnet->net, tuple, isn, XTCP_COOKIE_NO_ROOM);
	turn_away(xnet, &ho, skb, why);
	return true;
}

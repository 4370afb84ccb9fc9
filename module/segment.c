// SPDX-License-Identifier: GPL-2.0
/*
 * Segments as they leave: header, options, window, checksum.
 */
#include "xtcp.h"
#include "trace.h"

#include <linux/if_vlan.h>
#include <linux/random.h>
#include <net/ip.h>
#include <net/ipv6.h>

/* ACKs in reply to what may be forged, at most so many of a connection in so long. */
#define REPLY_LIMIT	10
#define REPLY_INTERVAL	(5 * HZ)

/* Writes header and options in front of the data; the checksum comes later. */
static void push_header(struct sk_buff *skb, const struct xtcp_tuple *tuple,
			const struct xtcp_reply *seg)
{
	unsigned int len = XTCP_HDR_MIN + (seg->opts ? xtcp_opt_len(seg->opts) : 0);
	struct tcphdr *th = skb_push(skb, len);

	skb_reset_transport_header(skb);
	memset(th, 0, XTCP_HDR_MIN);
	th->source = tuple->lport;
	th->dest = tuple->rport;
	th->seq = htonl(seg->seq);
	if (seg->flags & XTCP_ACK)
		th->ack_seq = htonl(seg->ack);
	th->doff = len / 4;
	((u8 *)th)[12] |= seg->flags >> 8;
	((u8 *)th)[13] = seg->flags;
	th->window = htons(seg->window);
	th->urg_ptr = htons(seg->urgent);
	if (seg->opts)
		xtcp_opt_build((u8 *)(th + 1), seg->opts);
}

/*
 * On a connection
 */

/**
 * xtcp_segment_choose_mss - what our MSS option says, once a route is known
 * @sk: socket; a choice that was made stays
 *
 * RFC 6691: it says what the path takes, whatever options follow. Context: socket lock.
 */
void xtcp_segment_choose_mss(struct sock *sk)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);

	if (xsk->mss_adv)
		return;
	xsk->mss_adv = xtcp_ip_advmss(sk);
	if (xsk->mss_user)
		xsk->mss_adv = min(xsk->mss_adv, xsk->mss_user);
}

/* While the SYN is unanswered, wscale_ok and the like are what we offer; then, what holds. */
static void choose_options(struct sock *sk, u8 flags, struct xtcp_opts *opts)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);

	*opts = (struct xtcp_opts){};
	if (xsk->ts_ok) {
		opts->seen |= XTCP_OPT_TS;
		opts->tsval = xtcp_clock_ts() + xsk->ts_offset;
		opts->tsecr = xsk->ts_recent;
	}
	if (!(flags & XTCP_SYN))
		return;
	xtcp_segment_choose_mss(sk);
	opts->seen |= XTCP_OPT_MSS;
	opts->mss = xsk->mss_adv;
	/* RFC 7413 4.1.3: not in one that is sent again. */
	if (xsk->fastopen_say) {
		opts->seen |= XTCP_OPT_FASTOPEN;
		opts->fastopen = xsk->fastopen_cookie;
		xsk->fastopen_say = 0;
	}
	if (xsk->sack_ok)
		opts->seen |= XTCP_OPT_SACK_PERM;
	if (xsk->wscale_ok) {
		opts->seen |= XTCP_OPT_WSCALE;
		opts->wscale = xsk->rcv_wscale;
	}
}

/* SACK blocks never make a segment of data longer than the path takes. */
static void add_sack(struct sock *sk, const struct sk_buff *skb, struct xtcp_opts *opts)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);
	u32 room = XTCP_OPT_MAX;

	if (skb->len)
		room = skb->len < xsk->mss ? xsk->mss - skb->len : 0;
	xtcp_sack_tell(&xsk->sack, opts, room < 4 ? 0 : (room - 4) / 8);
}

/**
 * xtcp_segment_opt_len - length of the options that every segment of a connection carries
 * @sk: socket
 *
 * RFC 7323 3.2: timestamps, once agreed on, are in all of them. Context: socket lock.
 *
 * Return: bytes.
 */
unsigned int xtcp_segment_opt_len(const struct sock *sk)
{
	const struct xtcp_opts opts = {
		.seen = xtcp_sk(sk)->ts_ok ? XTCP_OPT_TS : 0,
	};

	return xtcp_opt_len(&opts);
}

/**
 * xtcp_segment_receive_window - the window that the segment being built offers
 * @sk: socket whose peer has spoken: rcv_nxt and rcv_adv are valid
 *
 * Notes the offer in rcv_wnd, rcv_wup and rcv_adv; the right edge never moves back.
 * RFC 9293 3.8.6, RFC 7323 2.2. Context: socket lock.
 *
 * Return: the window field, scaled, host order.
 */
u32 xtcp_segment_receive_window(struct sock *sk)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);
	u32 nxt = xsk->reasm.rcv_nxt;
	u32 offered = xtcp_seq_gt(xsk->rcv_adv, nxt) ? xsk->rcv_adv - nxt : 0;

	xsk->rcv_wnd = xtcp_window_offer(xtcp_rcvbuf_window(sk), xtcp_rcvbuf_window_max(sk),
					 xsk->rcv_mss, offered, xsk->rcv_wscale);
	xsk->rcv_wup = nxt;
	xsk->rcv_adv = xtcp_seq_max(xsk->rcv_adv, nxt + xsk->rcv_wnd);
	return xsk->rcv_wnd >> xsk->rcv_wscale;
}

/* RFC 7323 2.2: the window of a SYN is never scaled. What one SYN offered, the next does. */
static u32 syn_window(struct sock *sk)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);

	if (sk->sk_state == TCP_SYN_SENT)
		xsk->rcv_wnd = max(xsk->rcv_wnd,
				   xtcp_metric_syn_window(__sk_dst_get(sk), xsk->mss_adv,
							  xtcp_rcvbuf_window(sk)));
	xsk->rcv_wnd = min_t(u32, xsk->rcv_wnd, U16_MAX);
	/* Of it, what came with the peer's SYN has been used. */
	if (xsk->fastopened) {
		xsk->rcv_wup = xsk->reasm.rcv_nxt;
		return min_t(u32, xsk->rcv_adv - xsk->rcv_wup, U16_MAX);
	}
	return xsk->rcv_wnd;
}

/*
 * Gives a segment its header and hands it to IP. @skb has room in front of its data, is nobody
 * else's, and is consumed. @ect: it may be marked on its way.
 */
static int transmit(struct sock *sk, struct sk_buff *skb, u32 seq, u16 flags, bool ect)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);
	struct xtcp_opts opts;
	struct xtcp_reply seg = {
		.seq = seq,
		.ack = xsk->reasm.rcv_nxt,
		.flags = flags,
		.opts = &opts,
	};
	u32 len;

	if (!(flags & (XTCP_SYN | XTCP_RST)))
		seg.urgent = xtcp_urgent_pointer(&xsk->urgent, seq);
	if (seg.urgent)
		seg.flags |= XTCP_URG;
	choose_options(sk, flags, &opts);
	if (!(flags & (XTCP_SYN | XTCP_RST))) {
		if (xsk->sack_ok)
			add_sack(sk, skb, &opts);
		/* RFC 3168 6.1.3: "in all ACK packets", whatever else they are. */
		seg.flags |= xtcp_ecn_echo(&xsk->ecn, flags == XTCP_ACK && !skb->len &&
					   !(opts.seen & XTCP_OPT_SACK));
	}
	seg.window = flags & XTCP_SYN ? syn_window(sk) : xtcp_segment_receive_window(sk);
	len = skb->len;
	push_header(skb, &xsk->tuple, &seg);
	trace_xtcp_send(sock_net(sk), &xsk->tuple, sk->sk_state, seq,
			flags & XTCP_ACK ? seg.ack : 0, seg.flags, len, tcp_hdr(skb));
	xtcp_ip_checksum(skb, &xsk->tuple, sk->sk_protocol);

	xsk->segs_out += max_t(u16, skb_shinfo(skb)->gso_segs, 1);
	if (flags & XTCP_ACK) {
		xsk->last_ack_sent = seg.ack;
		xtcp_timer_ack_sent(sk);
	}
	skb_set_hash_from_sk(skb, sk);
	skb_set_owner_w(skb, sk);
	return xtcp_ip_xmit(sk, skb, ect);
}

/* A segment of its own for IP to write into, sharing the data with the queued one. */
static struct sk_buff *copy_queued(struct sk_buff *skb, gfp_t gfp)
{
	struct sk_buff *copy;

	/* The last transmission is still below, and its headers lie where ours go. */
	if (skb_cloned(skb))
		copy = pskb_copy(skb, gfp);
	else
		copy = skb_clone(skb, gfp);
	if (!copy)
		return NULL;
	/* Shares its place with the queue's links. */
	copy->dev = NULL;
	copy->tstamp = 0;
	memset(copy->cb, 0, sizeof(copy->cb));
	return copy;
}

/* What lies below cuts a segment into pieces of @mss bytes of data, each with this header. */
static unsigned int set_gso(const struct sock *sk, struct sk_buff *skb, u32 mss)
{
	struct skb_shared_info *info = skb_shinfo(skb);

	if (skb->len <= mss) {
		info->gso_size = 0;
		info->gso_type = 0;
		info->gso_segs = 0;
		return 1;
	}
	info->gso_size = mss;
	info->gso_type = sk->sk_gso_type;
	info->gso_segs = DIV_ROUND_UP(skb->len, mss);
	return info->gso_segs;
}

/**
 * xtcp_segment_may_gso - whether a segment may be more than one, to be cut below
 * @sk: socket
 *
 * The pieces would have the same urgent pointer, which is an offset; and where what cuts them takes
 * a bit of ACE for CWR, which is said once, they would not have the same ACE. Context: socket lock.
 */
bool xtcp_segment_may_gso(const struct sock *sk)
{
	const struct xtcp_sock *xsk = xtcp_sk(sk);

	return sk_can_gso(sk) && !xsk->urgent.sending &&
	       (!xtcp_ecn_says_cwr(&xsk->ecn) || (XTCP_GSO_ACCECN && !xtcp_sock_native(sk)));
}

/**
 * xtcp_segment_send - send a queued segment, or send it again
 * @sk: socket
 * @skb: segment of the write or retransmit queue, which keeps it; cb.rtx counts retransmissions
 * @gfp: how to allocate
 *
 * Everything but the SYN of SYN-SENT carries an ACK. More than one MSS goes out as one packet
 * that is cut below, where the route can do that.
 *
 * RFC 9293 3.1 and 3.10.2. Context: socket lock.
 *
 * Return: 0, also where the network lost it at once; -EMSGSIZE if it must be split first,
 * -ENOBUFS without memory, or the error of routing or output. Errors are losses, too: the
 * retransmission timer repairs them.
 */
int xtcp_segment_send(struct sock *sk, struct sk_buff *skb, gfp_t gfp)
{
	struct xtcp_net *xnet = xtcp_sock_net(sk);
	struct xtcp_sock *xsk = xtcp_sk(sk);
	struct xtcp_cb *cb = XTCP_CB(skb);
	u64 now_us = xtcp_clock_us();
	u16 flags = cb->flags;
	struct sk_buff *copy;
	u32 mss = xsk->mss;
	unsigned int segs;
	bool ect;

	cb->mss_gen = xsk->mss_gen;
	if (xtcp_plpmtud_is_probe(&xsk->plpmtud, cb->seq, cb->end_seq)) {
		cb->mss_gen = 0;
		mss = skb->len;
	}
	if (skb->len > mss && !xtcp_segment_may_gso(sk))
		return -EMSGSIZE;
	copy = copy_queued(skb, gfp);
	if (!copy)
		return -ENOBUFS;
	segs = set_gso(sk, copy, mss);
	if (!(flags & XTCP_SYN) || sk->sk_state != TCP_SYN_SENT)
		flags |= XTCP_ACK;
	flags |= xtcp_ecn_stamp(sk, cb, skb->len, &ect);
	/* Said once, by the first of the pieces; the native carrier's are so in any case. */
	if ((flags & XTCP_CWR) && segs > 1 && !xtcp_sock_native(sk))
		skb_shinfo(copy)->gso_type |= SKB_GSO_TCP_ECN;
	else if (segs > 1 && xtcp_ecn_says_cwr(&xsk->ecn))
		skb_shinfo(copy)->gso_type |= XTCP_GSO_ACCECN;

	now_us = xtcp_rack_stamp(&xsk->rack, cb->end_seq, now_us);
	xtcp_set_sent_us(skb, now_us);
	xtcp_rate_sent(&xsk->rate, &cb->tx, now_us, cb->end_seq - cb->seq, xtcp_recovery_pipe(sk));
	if (!cb->rtx)
		xtcp_mib_add(xnet, OutSegs, segs);
	if (skb->len)
		xsk->data_segs_out += segs;
	xsk->bytes_sent += skb->len;
	return transmit(sk, copy, cb->seq, flags, ect);
}

/**
 * xtcp_segment_send_syn - send a SYN together with the data that follows it
 * @sk: socket in SYN-SENT
 * @syn: SYN of the retransmit queue
 * @data: likewise, what follows
 * @gfp: how to allocate
 *
 * One segment on the wire, two in the queue: only the first comes again until there is an answer.
 *
 * Source: RFC 7413 4.1.3. Context: socket lock.
 *
 * Return: as xtcp_segment_send().
 */
int xtcp_segment_send_syn(struct sock *sk, struct sk_buff *syn, struct sk_buff *data, gfp_t gfp)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);
	struct xtcp_cb *cb = XTCP_CB(data);
	u64 now_us = xtcp_clock_us();
	struct sk_buff *copy;
	bool ect;

	XTCP_CB(syn)->mss_gen = xsk->mss_gen;
	cb->mss_gen = xsk->mss_gen;
	copy = copy_queued(data, gfp);
	if (!copy)
		return -ENOBUFS;
	set_gso(sk, copy, copy->len);
	now_us = xtcp_rack_stamp(&xsk->rack, cb->end_seq, now_us);
	xtcp_set_sent_us(syn, now_us);
	xtcp_set_sent_us(data, now_us);
	xtcp_rate_sent(&xsk->rate, &XTCP_CB(syn)->tx, now_us, 1, xtcp_recovery_pipe(sk));
	xtcp_rate_sent(&xsk->rate, &cb->tx, now_us, data->len, xtcp_recovery_pipe(sk));
	xtcp_mib_inc(xtcp_sock_net(sk), OutSegs);
	xsk->data_segs_out++;
	xsk->bytes_sent += data->len;
	return transmit(sk, copy, XTCP_CB(syn)->seq,
			XTCP_SYN | xtcp_ecn_stamp(sk, XTCP_CB(syn), 0, &ect), ect);
}

static struct sk_buff *alloc_bare(const struct sock *sk, gfp_t gfp)
{
	struct sk_buff *skb = alloc_skb(xtcp_prot.max_header, sk_gfp_mask(sk, gfp | __GFP_NOWARN));

	if (skb)
		skb_reserve(skb, xtcp_prot.max_header);
	return skb;
}

/* Sends a segment without data. Returns whether there was memory for it. */
static bool send_bare(struct sock *sk, u32 seq, u8 flags, gfp_t gfp)
{
	struct sk_buff *skb = alloc_bare(sk, gfp);

	if (!skb)
		return false;
	xtcp_mib_inc(xtcp_sock_net(sk), OutSegs);
	/* RFC 8257 3.6. */
	transmit(sk, skb, seq, flags, (flags & XTCP_RST) && xtcp_ecn_marks_all(xtcp_sk(sk)));
	return true;
}

/*
 * SND.NXT, or, where the peer's window shrank to before that, the last that it still takes. What
 * scaling cuts off a window is no shrinking, and a SYN is outside of all windows.
 */
static u32 bare_seq(const struct xtcp_sock *xsk)
{
	u32 edge = xsk->snd_una + xsk->snd_wnd;

	if (xsk->snd_una == xsk->iss || xtcp_seq_le(xsk->snd_nxt, edge) ||
	    xsk->snd_nxt - edge < 1u << xsk->snd_wscale)
		return xsk->snd_nxt;
	return edge;
}

/**
 * xtcp_segment_send_ack - acknowledge, now
 * @sk: socket of a synchronized connection
 *
 * Where there is no memory, the delayed-ACK timer tries again.
 * RFC 9293 3.10.7.4: <SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK>. Context: socket lock.
 */
void xtcp_segment_send_ack(struct sock *sk)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);

	if (send_bare(sk, bare_seq(xsk), XTCP_ACK, GFP_ATOMIC))
		return;
	xsk->ack_due &= ~XTCP_ACK_NOW;
	xtcp_timer_ack_due(sk);
}

/*
 * Two ends that disagree could answer each other's ACKs for ever, and each of them would be right
 * to. RFC 5961 7's example: a connection sends ten in any five seconds.
 */
static bool reply_allowed(struct xtcp_sock *xsk)
{
	if ((u32)jiffies - xsk->replies_since >= REPLY_INTERVAL) {
		xsk->replies_since = jiffies;
		xsk->replies = 0;
	}
	if (xsk->replies >= REPLY_LIMIT)
		return false;
	xsk->replies++;
	return true;
}

/**
 * xtcp_segment_send_repeat - answer a segment without data that is out of the window
 * @sk: socket
 *
 * That may be a probe, whose sender takes silence for our death: so this depends on nothing that
 * other connections do. RFC 9293 3.10.7.4, first; 3.8.4. Context: socket lock.
 */
void xtcp_segment_send_repeat(struct sock *sk)
{
	if (reply_allowed(xtcp_sk(sk)))
		xtcp_segment_send_ack(sk);
}

/*
 * How many challenge ACKs a second are left must not be a thing that one peer can learn of
 * another (CVE-2016-5696): each second's number is drawn from the upper half of the limit.
 */
static bool challenge_allowed(struct xtcp_net *xnet)
{
	u32 limit = xtcp_sysctl_net(xnet, challenge_ack_limit);
	bool allowed;

	spin_lock_bh(&xnet->challenge_lock);
	if (jiffies - xnet->challenge_jiffies >= HZ) {
		xnet->challenge_jiffies = jiffies;
		xnet->challenge_count = limit - get_random_u32_below(limit / 2 + 1);
	}
	allowed = xnet->challenge_count;
	if (allowed)
		xnet->challenge_count--;
	spin_unlock_bh(&xnet->challenge_lock);
	return allowed;
}

/**
 * xtcp_segment_send_challenge - answer what may be forged with an ACK, but not too often
 * @sk: socket
 *
 * RFC 5961 3.2, 4.2, 5.2 and 7. Context: socket lock.
 */
void xtcp_segment_send_challenge(struct sock *sk)
{
	struct xtcp_net *xnet = xtcp_sock_net(sk);

	if (!reply_allowed(xtcp_sk(sk)) || !challenge_allowed(xnet))
		return;
	xtcp_mib_inc(xnet, ChallengeAcks);
	xtcp_segment_send_ack(sk);
}

/**
 * xtcp_segment_send_probe - make the peer answer
 * @sk: socket
 *
 * One sequence number before the window: unacceptable, so that an ACK must come back, which
 * tells of the window and of the peer being there. RFC 9293 3.8.4 and 3.8.6.1.
 * Context: socket lock.
 */
void xtcp_segment_send_probe(struct sock *sk)
{
	send_bare(sk, xtcp_sk(sk)->snd_una - 1, XTCP_ACK, GFP_ATOMIC);
}

/**
 * xtcp_segment_send_rst - reset the connection at the peer
 * @sk: socket
 * @gfp: how to allocate; without memory the peer finds out by its next segment
 *
 * RFC 9293 3.10.5: <SEQ=SND.NXT><CTL=RST>, here with an ACK, which makes it acceptable to a
 * peer in SYN-SENT, too. Context: socket lock.
 */
void xtcp_segment_send_rst(struct sock *sk, gfp_t gfp)
{
	if (send_bare(sk, bare_seq(xtcp_sk(sk)), XTCP_RST | XTCP_ACK, gfp))
		xtcp_mib_inc(xtcp_sock_net(sk), OutRsts);
}

/*
 * Without a connection
 */

/* The state that the sender of a reply is in, for the trace. */
static int reply_state(u8 flags)
{
	if (flags & XTCP_RST)
		return TCP_CLOSE;
	return flags & XTCP_SYN ? TCP_SYN_RECV : TCP_TIME_WAIT;
}

/*
 * What was received becomes what is sent, as if it had been through another namespace. All of its
 * memory is room for headers. Returns NULL, the segment being untouched, where somebody else has a
 * part in it or where it is too small.
 */
static struct sk_buff *recycle(struct sk_buff *skb, const struct net_device *dev)
{
	unsigned int room = LL_RESERVED_SPACE(dev) + sizeof(struct ipv6hdr) + XTCP_HDR_MAX;

	if (skb_cloned(skb) || skb_is_nonlinear(skb) || skb_is_gso(skb) ||
	    skb_end_offset(skb) < room)
		return NULL;
	skb_scrub_packet(skb, true);
	skb_clear_hash(skb);
	skb_reset_redirect(skb);
	__vlan_hwaccel_clear_tag(skb);
	skb->priority = 0;
	skb->encapsulation = 0;
	skb->ip_summed = CHECKSUM_NONE;
	skb->dev = NULL;
	memset(skb->cb, 0, sizeof(skb->cb));
	memset(skb_shinfo(skb), 0, offsetof(struct skb_shared_info, dataref));
	skb->data = skb->head + skb_end_offset(skb);
	skb_reset_tail_pointer(skb);
	skb->len = 0;
	return skb;
}

static struct sk_buff *reply_skb(const struct xtcp_reply *reply, const struct net_device *dev)
{
	struct sk_buff *skb = NULL;

	if (reply->skb) {
		skb = recycle(reply->skb, dev);
		if (skb)
			return skb;
		consume_skb(reply->skb);
	}
	skb = alloc_skb(xtcp_prot.max_header, GFP_ATOMIC | __GFP_NOWARN);
	if (skb)
		skb_reserve(skb, xtcp_prot.max_header);
	return skb;
}

/**
 * xtcp_segment_reply - send a segment without data that belongs to no socket
 * @net: namespace
 * @tuple: where to; laddr is the source address
 * @reply: what it says
 *
 * Context: any, but hard interrupts.
 *
 * Return: 0 or a negative errno; counted.
 */
int xtcp_segment_reply(struct net *net, const struct xtcp_tuple *tuple,
		       const struct xtcp_reply *reply)
{
	struct xtcp_net *xnet = xtcp_net(net);
	struct dst_entry *dst = reply->dst;
	struct sk_buff *skb;

	if (!dst && !reply->mirror)
		dst = xtcp_ip_reply_route(net, tuple, &reply->out);
	if (IS_ERR(dst)) {
		consume_skb(reply->skb);
		return PTR_ERR(dst);
	}
	skb = reply_skb(reply, reply->mirror ? reply->mirror->dev : dst->dev);
	if (!skb) {
		xtcp_drop(xnet, tuple, NULL, XTCP_MIB_DropNoMemory);
		dst_release(dst);
		return -ENOMEM;
	}
	push_header(skb, tuple, reply);
	trace_xtcp_send(net, tuple, reply_state(reply->flags), reply->seq,
			reply->flags & XTCP_ACK ? reply->ack : 0, reply->flags, 0, tcp_hdr(skb));
	xtcp_ip_checksum(skb, tuple, xtcp_ip_protocol(tuple));

	xtcp_mib_inc(xnet, OutSegs);
	if (reply->flags & XTCP_RST)
		xtcp_mib_inc(xnet, OutRsts);
	if (reply->mirror)
		return xtcp_ip_reflect(net, tuple, skb, &reply->out, reply->mirror);
	return xtcp_ip_reply(net, tuple, skb, &reply->out, dst);
}

/*
 * A reset is never answered. RFC 9293 3.10.7.1: the reset takes its sequence number from the
 * segment's ACK, or, where it has none, acknowledges all of it.
 */
static bool fill_reset(struct net *net, const struct xtcp_tuple *tuple, const struct sk_buff *skb,
		       struct xtcp_reply *reply)
{
	const struct xtcp_cb *cb = XTCP_CB(skb);

	*reply = (struct xtcp_reply){
		.flags = XTCP_RST,
	};
	if (cb->flags & XTCP_RST)
		return false;
	if (cb->flags & XTCP_ACK) {
		reply->seq = cb->ack;
	} else {
		reply->ack = cb->end_seq;
		reply->flags |= XTCP_ACK;
	}
	reply->out.mark = xtcp_tuple_is_v4(tuple) ? IP4_REPLY_MARK(net, skb->mark) :
						    IP6_REPLY_MARK(net, skb->mark);
	return true;
}

/**
 * xtcp_segment_reset_reply - answer a segment that nobody takes
 * @net: namespace
 * @tuple: the segment's, as seen from this host
 * @skb: the segment, cb filled; stays the caller's
 *
 * Context: any, but hard interrupts.
 */
void xtcp_segment_reset_reply(struct net *net, const struct xtcp_tuple *tuple,
			      const struct sk_buff *skb)
{
	struct xtcp_reply reply;

	if (fill_reset(net, tuple, skb, &reply))
		xtcp_segment_reply(net, tuple, &reply);
}

/**
 * xtcp_segment_reset_instead - the same, for the least that it can cost
 * @net: namespace
 * @tuple: the segment's, as seen from this host
 * @skb: the segment, cb filled; consumed
 *
 * Context: any, but hard interrupts.
 */
void xtcp_segment_reset_instead(struct net *net, const struct xtcp_tuple *tuple,
				struct sk_buff *skb)
{
	struct xtcp_reply reply;

	if (!fill_reset(net, tuple, skb, &reply)) {
		kfree_skb(skb);
		return;
	}
	reply.skb = skb;
	xtcp_segment_reply(net, tuple, &reply);
}

// SPDX-License-Identifier: GPL-2.0
/*
 * Segment arrives: RFC 9293 section 3.10.7 as ordered small steps.
 *
 * Each step returns whether the segment goes on to the next one. Steps note what is to be sent;
 * finish() sends, once, at the end.
 */
#include <linux/sizes.h>

#include "xtcp.h"
#include "trace.h"

/**
 * struct rx - a segment on its way through the steps
 * @sk: whose it is
 * @skb: the segment; NULL once somebody else owns it
 * @th: its header
 * @opts: its options
 * @acked: what its acknowledgment did, %XTCP_ACKED_DATA and so on
 */
struct rx {
	struct sock		*sk;
	struct sk_buff		*skb;
	const struct tcphdr	*th;
	struct xtcp_opts	opts;
	unsigned int		acked;
};

#define drop(rx, reason)	discard(rx, XTCP_MIB_##reason)

static bool discard(const struct rx *rx, enum xtcp_mib why)
{
	xtcp_drop(xtcp_sock_net(rx->sk), &xtcp_sk(rx->sk)->tuple, XTCP_CB(rx->skb), why);
	return false;
}

static void ack_now(struct sock *sk)
{
	xtcp_sk(sk)->ack_due |= XTCP_ACK_SCHED | XTCP_ACK_NOW;
}

/* Carry out what an edge of the state machine demands. */
static void execute(struct sock *sk, u16 acts)
{
	if (acts & XTCP_ACT_ACK)
		ack_now(sk);
	if (acts & XTCP_ACT_EOF) {
		WRITE_ONCE(sk->sk_shutdown, sk->sk_shutdown | RCV_SHUTDOWN);
		sock_set_flag(sk, SOCK_DONE);
		if (!sock_flag(sk, SOCK_DEAD)) {
			sk->sk_state_change(sk);
			sk_wake_async(sk, SOCK_WAKE_WAITD, POLL_IN);
		}
	}
	if (acts & XTCP_ACT_CONNECTED) {
		if (sock_flag(sk, SOCK_KEEPOPEN))
			xtcp_timer_keepalive(sk);
		if (!sock_flag(sk, SOCK_DEAD)) {
			sk->sk_state_change(sk);
			sk_wake_async(sk, SOCK_WAKE_IO, POLL_OUT);
		}
	}
	if ((acts & XTCP_ACT_FIN_WAIT2) && sock_flag(sk, SOCK_DEAD))
		xtcp_close_fin_wait2(sk);
	if (acts & XTCP_ACT_TIMEWAIT) {
		xtcp_timewait_enter(sk);
		xtcp_sock_done(sk);
	} else if (acts & XTCP_ACT_DELETE) {
		xtcp_sock_done(sk);
	}
}

/* A reset that counts: tell the user what became of the connection. */
static void was_reset(struct sock *sk)
{
	int err = sk->sk_state == TCP_CLOSE_WAIT ? EPIPE : ECONNRESET;
	u16 acts;

	xtcp_mib_inc(xtcp_sock_net(sk), InRsts);
	xtcp_fastopen_leave(sk, true);
	if (xtcp_sk(sk)->was_established)
		xtcp_mib_inc(xtcp_sock_net(sk), EstabResets);
	acts = xtcp_sock_event(sk, XTCP_EV_RCV_RST);
	/* Whoever has accepted it asked for no connection. */
	if ((acts & XTCP_ACT_REFUSED) && !xtcp_sk(sk)->fastopened)
		err = ECONNREFUSED;
	if (acts & (XTCP_ACT_REFUSED | XTCP_ACT_RESET))
		xtcp_sock_error(sk, err);
	execute(sk, acts);
}

/* A child goes to its listener's accept queue; where that is gone, so is the child. */
static bool hand_over(struct sock *sk)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);
	struct sock *listener = xsk->listener;

	if (!listener)
		return true;
	xsk->listener = NULL;
	if (xtcp_accept_push(listener, sk)) {
		sock_put(listener);
		xtcp_close_abort(sk, ECONNABORTED);
		return false;
	}
	sock_put(listener);
	return true;
}

/* Data may come, and go. */
static void begin(struct sock *sk)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);

	xsk->quick_acks = xsk->lazy_ack ? 0 : XTCP_QUICK_ACKS;
	xsk->answers = xsk->lazy_ack;
	xsk->copied_seq = xsk->irs + 1;
	if (xsk->ecn.accurate)
		xtcp_mib_inc(xtcp_sock_net(sk), AccEcnOpens);
	else if (xsk->ecn.ok)
		xtcp_mib_inc(xtcp_sock_net(sk), EcnOpens);
	xtcp_rcvbuf_open(sk);
	xtcp_rtxq_grow_sndbuf(sk);
}

/* Both ends have each other's sequence numbers. */
static bool connected(struct sock *sk, u16 acts)
{
	if (!xtcp_sk(sk)->fastopened)
		begin(sk);
	if (!hand_over(sk))
		return false;
	execute(sk, acts);
	return true;
}

static bool parse_options(struct rx *rx)
{
	const struct tcphdr *th = rx->th;
	enum xtcp_opt_verdict verdict;

	verdict = xtcp_opt_parse((const u8 *)(th + 1), xtcp_hdr_len(th) - XTCP_HDR_MIN, th->syn,
				 &rx->opts);
	if (verdict == XTCP_OPT_MALFORMED && !th->rst)
		return drop(rx, DropOptions);
	return true;
}

/* No window, and what came since, make a turn of the sequence numbers. */
static bool is_floor_near(const struct xtcp_sock *xsk)
{
	return xsk->reasm.rcv_nxt - xsk->ts_floor_seq < SZ_1G;
}

static void note_ts_recent(struct xtcp_sock *xsk, u32 tsval)
{
	xsk->ts_recent = tsval;
	if (!xsk->reasm.ooo_nodes || !is_floor_near(xsk)) {
		xsk->ts_floor = tsval;
		xsk->ts_floor_seq = xsk->reasm.rcv_nxt;
	}
	/* 0 would say that there is none. */
	xsk->ts_recent_stamp = max_t(time64_t, ktime_get_seconds(), 1);
}

/* What the peer's SYN says of itself; sizes our segments to it. */
static void take_syn(struct rx *rx)
{
	struct xtcp_sock *xsk = xtcp_sk(rx->sk);
	const struct xtcp_opts *opts = &rx->opts;
	const struct xtcp_cb *cb = XTCP_CB(rx->skb);

	xsk->irs = cb->seq;
	xsk->reasm.rcv_nxt = cb->seq + 1;
	xsk->copied_seq = cb->seq + 1;
	xsk->rcv_wup = cb->seq + 1;
	xsk->rcv_adv = cb->seq + 1 + xsk->rcv_wnd;
	xsk->last_ack_sent = cb->seq + 1;

	/* RFC 9293 3.7.1: without the option, 536 for IPv4 and 1220 for IPv6. */
	if (opts->seen & XTCP_OPT_MSS)
		xsk->mss_peer = opts->mss;
	else
		xsk->mss_peer = xtcp_tuple_is_v4(&xsk->tuple) ? 536 : 1220;

	xsk->wscale_ok = xsk->wscale_ok && (opts->seen & XTCP_OPT_WSCALE);
	xsk->snd_wscale = xsk->wscale_ok ? opts->wscale : 0;
	xsk->rcv_wscale = xsk->wscale_ok ? xsk->rcv_wscale : 0;
	xsk->sack_ok = xsk->sack_ok && (opts->seen & XTCP_OPT_SACK_PERM);
	xtcp_ecn_answered(rx->sk, cb);
	xsk->ts_ok = xsk->ts_ok && (opts->seen & XTCP_OPT_TS);
	if (xsk->ts_ok)
		note_ts_recent(xsk, opts->tsval);

	xtcp_sock_sync_mss(rx->sk, xsk->pmtu);
	/* RFC 6298 5.7: a path that let the SYN's timer expire is given more time. */
	if (xsk->total_retrans)
		xtcp_rtt_init(&xsk->rtt, max(3 * (u32)USEC_PER_SEC, xsk->rtt.rto_us),
			      xsk->rtt.rto_min_us, xsk->rtt.rto_max_us);
	/* RFC 6928 2: a SYN that was lost once may be chance, twice is congestion. */
	xtcp_cong_init(&xsk->cong, xsk->cong_ops, xsk->mss,
		       xsk->total_retrans > 1 ? 1 : xtcp_metric_initial_window(rx->sk),
		       xtcp_clock_us());
	xtcp_metric_open(rx->sk);

	/* RFC 7323 2.2: the window of a SYN is never scaled. */
	xsk->snd_wnd = cb->window;
	xsk->snd_wnd_max = cb->window;
	xsk->snd_wnd_sws = cb->window;
	xsk->snd_wl1 = cb->seq;
	xsk->snd_wl2 = cb->ack;
}

/* RFC 9293 3.10.7.3, fourth: SYN without ACK, both sides have opened. */
static bool simultaneous_open(struct rx *rx)
{
	struct sock *sk = rx->sk;
	struct sk_buff *syn;

	take_syn(rx);
	xtcp_sk(sk)->simultaneous = 1;
	xtcp_sock_event(sk, XTCP_EV_RCV_SYN);
	/* Our SYN once more, now with an ACK: SYN-ACK. */
	syn = xtcp_rtxq_head(sk);
	if (syn)
		xtcp_segment_send(sk, syn, GFP_ATOMIC);
	/* What else it carried, the peer sends again. */
	return false;
}

/* RFC 9293 3.10.7.3: SYN-SENT. */
static bool rcv_syn_sent(struct rx *rx)
{
	const struct xtcp_cb *cb = XTCP_CB(rx->skb);
	struct xtcp_sock *xsk = xtcp_sk(rx->sk);
	struct sock *sk = rx->sk;
	u16 acts;

	/* "First, check the ACK bit." */
	if ((cb->flags & XTCP_ACK) && !xtcp_seq_in(cb->ack, xsk->snd_una + 1, xsk->snd_nxt + 1)) {
		if (!(cb->flags & XTCP_RST))
			xtcp_segment_reset_reply(sock_net(sk), &xsk->tuple, rx->skb);
		return drop(rx, DropAck);
	}
	/* "Second, check the RST bit." */
	if (cb->flags & XTCP_RST) {
		if (!(cb->flags & XTCP_ACK))
			return drop(rx, DropFlags);
		was_reset(sk);
		return false;
	}
	/* "Fourth, check the SYN bit"; "fifth, if neither SYN nor RST, drop". */
	if ((cb->flags & (XTCP_SYN | XTCP_FIN)) != XTCP_SYN)
		return drop(rx, DropFlags);
	if (!(cb->flags & XTCP_ACK)) {
		if (xsk->syn_waits)
			return drop(rx, DropNoSocket);
		return simultaneous_open(rx);
	}

	take_syn(rx);
	rx->acked = xtcp_ack_process(sk, rx->skb, &rx->opts);
	xtcp_fastopen_answered(sk, &rx->opts);
	/* Text and the rest are processed as in ESTABLISHED, after the SYN. */
	XTCP_CB(rx->skb)->seq++;
	XTCP_CB(rx->skb)->flags &= ~XTCP_SYN;
	acts = xtcp_sock_event(sk, XTCP_EV_RCV_SYN_ACK);
	/* tcp(7), TCP_QUICKACK: whoever turns it off has data that the ACK can go with. */
	if (xsk->lazy_ack) {
		xsk->ack_due |= XTCP_ACK_SCHED;
		acts &= ~XTCP_ACT_ACK;
	}
	return connected(sk, acts);
}

/* RFC 2883 4: what the peer need not have sent again. */
static void note_old(struct xtcp_sock *xsk, u32 start, u32 end, u32 rcv_nxt)
{
	if (xsk->sack_ok && xtcp_seq_lt(start, rcv_nxt))
		xtcp_sack_dup(&xsk->sack, start, xtcp_seq_min(end, rcv_nxt));
}

/* Say again where we are, to whom the last segment shows is elsewhere. */
static void reply_out_of_window(struct rx *rx)
{
	const struct xtcp_cb *cb = XTCP_CB(rx->skb);
	struct xtcp_sock *xsk = xtcp_sk(rx->sk);

	/* Data or FIN was sent again because its ACK got lost; a bare ACK could begin a loop. */
	if (cb->flags & XTCP_SYN) {
		xtcp_segment_send_challenge(rx->sk);
	} else if (cb->seq == cb->end_seq) {
		xtcp_segment_send_repeat(rx->sk);
	} else {
		xtcp_rehash_heard(rx->sk, rx->skb);
		note_old(xsk, cb->seq, cb->end_seq, xsk->reasm.rcv_nxt);
		ack_now(rx->sk);
	}
}

/*
 * What fills a gap was sent again, after much of what is beyond the gap: if it overtakes some of
 * that, R1 throws all of it away, to be sent again. But what is no older than ts_floor was sent
 * when the peer had come to ts_floor_seq, less a window at most. So it is of the last turn of the
 * sequence numbers only if a turn less two windows, which is 2 GiB, has come since; within half of
 * that PAWS has nothing to protect from.
 */
static bool is_overtaken(const struct rx *rx)
{
	const struct xtcp_cb *cb = XTCP_CB(rx->skb);
	const struct xtcp_sock *xsk = xtcp_sk(rx->sk);

	return cb->seq != cb->end_seq && xtcp_seq_ge(rx->opts.tsval, xsk->ts_floor) &&
	       is_floor_near(xsk);
}

/* RFC 7323 5.3, R1 and R3. */
static bool check_paws(struct rx *rx)
{
	const struct xtcp_cb *cb = XTCP_CB(rx->skb);
	struct xtcp_sock *xsk = xtcp_sk(rx->sk);

	if (!xsk->ts_ok || !(rx->opts.seen & XTCP_OPT_TS))
		return true;
	if (xsk->ts_recent_stamp && xtcp_seq_lt(rx->opts.tsval, xsk->ts_recent) &&
	    !(cb->flags & XTCP_RST) && !is_overtaken(rx) &&
	    /* 5.5: after 24 days of silence the old value proves nothing. */
	    ktime_get_seconds() - xsk->ts_recent_stamp < 24 * 86400) {
		reply_out_of_window(rx);
		return drop(rx, DropPaws);
	}
	return true;
}

/* The timestamp of what filled the left edge of the window is the one to echo (RFC 7323 4.3). */
static void take_timestamp(struct rx *rx)
{
	struct xtcp_sock *xsk = xtcp_sk(rx->sk);

	if (xsk->ts_ok && (rx->opts.seen & XTCP_OPT_TS) &&
	    xtcp_seq_le(XTCP_CB(rx->skb)->seq, xsk->last_ack_sent) &&
	    xtcp_seq_ge(rx->opts.tsval, xsk->ts_recent))
		note_ts_recent(xsk, rx->opts.tsval);
}

/*
 * RFC 9293 3.10.7.4, "first, check sequence number". The left edge is the last acknowledged
 * byte rather than rcv_nxt: a bare ACK that data overtook is late, not wrong.
 */
static bool check_sequence(struct rx *rx)
{
	const struct xtcp_cb *cb = XTCP_CB(rx->skb);
	struct xtcp_sock *xsk = xtcp_sk(rx->sk);
	u32 right = xtcp_seq_max(xsk->rcv_adv, xsk->reasm.rcv_nxt);

	/* Simultaneous open: the peer's SYN-ACK repeats its SYN; the ACK in it is the news. */
	if (rx->sk->sk_state == TCP_SYN_RECV && cb->seq == xsk->irs &&
	    (cb->flags & (XTCP_SYN | XTCP_ACK | XTCP_RST | XTCP_FIN)) == (XTCP_SYN | XTCP_ACK)) {
		xtcp_ecn_confirmed(xsk, cb);
		XTCP_CB(rx->skb)->seq++;
		XTCP_CB(rx->skb)->flags &= ~(XTCP_SYN | XTCP_ECE);
		return true;
	}
	if (xtcp_seq_ge(cb->end_seq, xsk->rcv_wup) && xtcp_seq_le(cb->seq, right))
		return true;
	if (!(cb->flags & XTCP_RST))
		reply_out_of_window(rx);
	return drop(rx, DropSequence);
}

/* "Second, check the RST bit", in RFC 5961 3.2's form: exact, or challenged. */
static bool check_rst(struct rx *rx)
{
	const struct xtcp_cb *cb = XTCP_CB(rx->skb);

	if (!(cb->flags & XTCP_RST))
		return true;
	if (cb->seq == xtcp_sk(rx->sk)->reasm.rcv_nxt) {
		was_reset(rx->sk);
		return false;
	}
	xtcp_segment_send_challenge(rx->sk);
	return drop(rx, DropSequence);
}

/* "Fourth, check the SYN bit", in RFC 5961 4.2's form. */
static bool check_syn(struct rx *rx)
{
	if (!(XTCP_CB(rx->skb)->flags & XTCP_SYN))
		return true;
	xtcp_segment_send_challenge(rx->sk);
	return drop(rx, DropFlags);
}

/*
 * RFC 7413 4.2.2, and 9293 3.10.7.4 for SYN-RECEIVED: the SYN that has opened the connection comes
 * again. Our SYN-ACK got lost, or is late. With data or without, what was taken of it stays.
 */
static bool check_first_syn(struct rx *rx)
{
	const u8 which = XTCP_SYN | XTCP_ACK | XTCP_RST;
	const struct xtcp_cb *cb = XTCP_CB(rx->skb);
	struct xtcp_sock *xsk = xtcp_sk(rx->sk);
	struct sk_buff *syn;

	if (!xsk->fastopened || xsk->snd_una != xsk->iss || cb->seq != xsk->irs ||
	    (cb->flags & which) != XTCP_SYN)
		return true;
	syn = xtcp_rtxq_head(rx->sk);
	if (!syn)
		return drop(rx, DupSegs);
	xtcp_ecn_asked_again(xsk, cb);
	/* A round-trip time is ambiguous from here on. */
	XTCP_CB(syn)->rtx = max_t(u8, XTCP_CB(syn)->rtx, 1);
	xtcp_mib_inc(xtcp_sock_net(rx->sk), SynAckRetrans);
	xtcp_segment_send(rx->sk, syn, GFP_ATOMIC);
	return drop(rx, DupSegs);
}

/* "Fifth, check the ACK field": SYN-RECEIVED. */
static bool check_ack_of_syn(struct rx *rx)
{
	const struct xtcp_cb *cb = XTCP_CB(rx->skb);
	struct xtcp_sock *xsk = xtcp_sk(rx->sk);
	struct sock *sk = rx->sk;

	if (!xtcp_seq_in(cb->ack, xsk->snd_una + 1, xsk->snd_nxt + 1)) {
		xtcp_segment_reset_reply(sock_net(sk), &xsk->tuple, rx->skb);
		return drop(rx, DropAck);
	}
	rx->acked = xtcp_ack_process(sk, rx->skb, &rx->opts);
	xtcp_ack_window(sk, rx->skb);
	xtcp_fastopen_acked(sk);
	xtcp_fastopen_answered(sk, &rx->opts);
	return connected(sk, xtcp_sock_event(sk, XTCP_EV_RCV_ACK_OF_SYN));
}

/* "Fifth, check the ACK field": the other states, with RFC 5961 5.2's lower bound. */
static bool check_ack(struct rx *rx)
{
	const struct xtcp_cb *cb = XTCP_CB(rx->skb);
	struct xtcp_sock *xsk = xtcp_sk(rx->sk);

	if (!(cb->flags & XTCP_ACK))
		return drop(rx, DropFlags);
	if (rx->sk->sk_state == TCP_SYN_RECV)
		return check_ack_of_syn(rx);
	if (xtcp_seq_gt(cb->ack, xsk->snd_nxt) ||
	    xtcp_seq_lt(cb->ack, xsk->snd_una - xsk->snd_wnd_max)) {
		xtcp_segment_send_challenge(rx->sk);
		return drop(rx, DropAck);
	}
	rx->acked = xtcp_ack_process(rx->sk, rx->skb, &rx->opts);
	/* Its user may have closed it before. */
	if (unlikely(rx->acked & XTCP_ACKED_SYN))
		xtcp_fastopen_acked(rx->sk);
	return true;
}

/*
 * RFC 9293 3.8.6.3: at least every second full-sized segment, else within the delay. Where not even
 * two of them fit, the sender must not wait for the timer either. Nor where it has said that
 * nothing follows for now (@pushed), and there will be no answer for the ACK to go with.
 */
static void schedule_ack(struct sock *sk, bool pushed)
{
	u32 space_max = xtcp_rcvbuf_window_max(sk);
	struct xtcp_sock *xsk = xtcp_sk(sk);

	xsk->ack_due |= XTCP_ACK_SCHED;
	if (xsk->quick_acks) {
		xsk->quick_acks--;
		xsk->ack_due |= XTCP_ACK_NOW;
	} else if (xsk->always_quick || (pushed && !xsk->answers)) {
		xsk->ack_due |= XTCP_ACK_NOW;
	} else if (xsk->reasm.rcv_nxt - xsk->rcv_wup >= min(2 * (u32)xsk->rcv_mss, space_max / 2)) {
		xsk->ack_due |= XTCP_ACK_NOW;
	}
}

/*
 * Of the memory that the window reckons with, segments may take more. What was offered, and is the
 * next, is taken nevertheless, up to twice the buffer (rcvbuf.c).
 */
static bool has_room(struct sock *sk, struct sk_buff *skb)
{
	int used = atomic_read(&sk->sk_rmem_alloc);

	if (xtcp_seq_le(XTCP_CB(skb)->seq, xtcp_sk(sk)->reasm.rcv_nxt))
		used /= 2;
	return used <= READ_ONCE(sk->sk_rcvbuf) && sk_rmem_schedule(sk, skb, skb->truesize);
}

/*
 * What closes the gap must not be kept out by what waits beyond it, nobody could ever read on then:
 * that has to go, and comes again.
 */
static bool charge(struct sock *sk, struct sk_buff *skb)
{
	struct xtcp_reasm *reasm = &xtcp_sk(sk)->reasm;

	if (!has_room(sk, skb)) {
		if (!reasm->ooo_nodes || xtcp_seq_gt(XTCP_CB(skb)->seq, reasm->rcv_nxt))
			return false;
		xtcp_reasm_purge(reasm);
		xtcp_sack_clear(&xtcp_sk(sk)->sack);
		if (!has_room(sk, skb))
			return false;
	}
	skb_set_owner_r(skb, sk);
	return true;
}

/*
 * What the next ACK says of a segment that has been offered to the reassembly, @before being
 * rcv_nxt when it came: the block beyond a gap that it lies in (RFC 2018 4), and what of it was
 * there already (RFC 2883 4).
 */
static void note_sack(struct xtcp_sock *xsk, const struct xtcp_sack_block *came, u32 before,
		      enum xtcp_reasm_verdict verdict)
{
	struct xtcp_sack_block block;

	if (!xsk->sack_ok)
		return;
	note_old(xsk, came->start, came->end, before);
	if (verdict == XTCP_REASM_INORDER || verdict == XTCP_REASM_FILLED) {
		xtcp_sack_upto(&xsk->sack, xsk->reasm.rcv_nxt);
		if (xsk->reasm.fin)
			xtcp_sack_clear(&xsk->sack);
	} else if (xtcp_reasm_block(&xsk->reasm, came->start, &block)) {
		if (verdict == XTCP_REASM_DUP && xtcp_seq_le(came->end, block.end))
			xtcp_sack_dup(&xsk->sack, came->start, came->end);
		xtcp_sack_held(&xsk->sack, &block);
	}
}

static void queue_text(struct rx *rx)
{
	const struct xtcp_sack_block came = {
		XTCP_CB(rx->skb)->seq,
		XTCP_CB(rx->skb)->end_seq,
	};
	struct xtcp_sock *xsk = xtcp_sk(rx->sk);
	u32 segs = xtcp_sock_segs(rx->skb);
	enum xtcp_reasm_verdict verdict;
	u32 before = xsk->reasm.rcv_nxt;
	struct sock *sk = rx->sk;
	/* A reader that has not kept up has more to read before it answers. */
	bool pushed = (XTCP_CB(rx->skb)->flags & XTCP_PSH) &&
		      skb_queue_empty(&sk->sk_receive_queue);

	if (!charge(sk, rx->skb)) {
		drop(rx, DropRcvBuf);
		ack_now(sk);
		return;
	}
	xtcp_rehash_heard(sk, rx->skb);
	verdict = xtcp_reasm_add(&xsk->reasm, sk, rx->skb, READ_ONCE(sk->sk_rcvbuf));
	xsk->last_rcvd = ktime_get();
	note_sack(xsk, &came, before, verdict);
	switch (verdict) {
	case XTCP_REASM_INORDER:
		schedule_ack(sk, pushed);
		break;
	case XTCP_REASM_OOO:
		xtcp_mib_inc(xtcp_sock_net(sk), OutOfOrder);
		xsk->segs_ooo += segs;
		fallthrough;
	case XTCP_REASM_FILLED:
		ack_now(sk);
		break;
	case XTCP_REASM_DUP:
		drop(rx, DupSegs);
		ack_now(sk);
		return;
	case XTCP_REASM_FULL:
		drop(rx, DropOooFull);
		ack_now(sk);
		return;
	}
	rx->skb = NULL;
	xsk->bytes_received += xsk->reasm.rcv_nxt - before - xsk->reasm.fin;
	if ((xtcp_urgent_arrived(sk) || xsk->reasm.rcv_nxt != before) && !sock_flag(sk, SOCK_DEAD))
		sk->sk_data_ready(sk);
}

/* "Sixth, check the URG bit"; after the peer's FIN there is nothing that it could point to. */
static bool check_urg(struct rx *rx)
{
	if ((XTCP_CB(rx->skb)->flags & XTCP_URG) &&
	    ((1 << rx->sk->sk_state) & (TCPF_ESTABLISHED | TCPF_FIN_WAIT1 | TCPF_FIN_WAIT2)))
		xtcp_urgent_announced(rx->sk, rx->th);
	return true;
}

/* Beyond the window: not offered, not taken; a FIN out there is not reached. */
static bool trim_to_window(struct rx *rx, u32 right)
{
	struct xtcp_cb *cb = XTCP_CB(rx->skb);

	if (xtcp_seq_le(cb->end_seq, right))
		return true;
	if (xtcp_seq_le(right, cb->seq) ||
	    pskb_trim(rx->skb, min(xtcp_hdr_len(rx->th) + right - cb->seq, rx->skb->len)))
		return false;
	rx->th = (const struct tcphdr *)rx->skb->data;
	cb->end_seq = right;
	cb->flags &= ~XTCP_FIN;
	return true;
}

/* "Seventh, process the segment text", and the FIN that goes with it. */
static bool process_text(struct rx *rx)
{
	struct xtcp_cb *cb = XTCP_CB(rx->skb);
	struct xtcp_sock *xsk = xtcp_sk(rx->sk);
	u32 right = xtcp_seq_max(xsk->rcv_adv, xsk->reasm.rcv_nxt);
	struct sock *sk = rx->sk;

	if (cb->seq == cb->end_seq)
		return true;
	if (!((1 << sk->sk_state) & (TCPF_SYN_RECV | TCPF_ESTABLISHED | TCPF_FIN_WAIT1 |
				     TCPF_FIN_WAIT2))) {
		/* Nothing new comes after the peer's FIN; what was sent again wants its ACK. */
		ack_now(sk);
		return true;
	}
	xsk->rcv_mss = max_t(u32, xsk->rcv_mss,
			     min_t(u32, skb_is_gso(rx->skb) ? skb_shinfo(rx->skb)->gso_size :
				   rx->skb->len - xtcp_hdr_len(rx->th), xsk->mss_adv));
	xsk->data_segs_in += xtcp_sock_segs(rx->skb);

	if (!trim_to_window(rx, right)) {
		ack_now(sk);
		drop(rx, DropSequence);
		return true;
	}
	/* RFC 1122 4.2.2.13: data for somebody who has closed both ways is answered by a reset. */
	if ((sk->sk_shutdown & RCV_SHUTDOWN) && sk->sk_state != TCP_ESTABLISHED &&
	    xtcp_seq_gt(cb->end_seq - !!(cb->flags & XTCP_FIN), xsk->reasm.rcv_nxt)) {
		drop(rx, DropClosedData);
		xtcp_close_abort(sk, ECONNRESET);
		return false;
	}
	__skb_pull(rx->skb, xtcp_hdr_len(rx->th));
	xtcp_rcvbuf_came(sk, rx->skb, &rx->opts);
	if (xtcp_seq_gt(cb->end_seq, xsk->reasm.rcv_nxt) && xtcp_ecn_came(sk, rx->skb))
		ack_now(sk);
	queue_text(rx);
	return true;
}

/* "Eighth, check the FIN bit", together with what the ACK said of our own. */
static bool process_fins(struct rx *rx)
{
	bool fin = xtcp_sk(rx->sk)->reasm.fin && !sock_flag(rx->sk, SOCK_DONE);
	bool fin_acked = rx->acked & XTCP_ACKED_FIN;
	struct sock *sk = rx->sk;
	enum xtcp_event event;
	u16 acts;

	if (!fin && !fin_acked)
		return true;
	if (fin)
		event = fin_acked ? XTCP_EV_RCV_FIN_ACK_OF_FIN : XTCP_EV_RCV_FIN;
	else
		event = XTCP_EV_RCV_ACK_OF_FIN;

	acts = xtcp_fsm_next(sk->sk_state, event).actions;
	if (acts & XTCP_ACT_TIMEWAIT) {
		/* The last ACK goes out while there still is a connection to send it. */
		if ((acts & XTCP_ACT_ACK) || xtcp_sk(sk)->ack_due)
			xtcp_segment_send_ack(sk);
	}
	execute(sk, xtcp_sock_event(sk, event));
	/* Who lingers in close() waits for this. */
	if (fin_acked && !sock_flag(sk, SOCK_DEAD))
		sk->sk_state_change(sk);
	return sk->sk_state != TCP_CLOSE;
}

/*
 * What the steps called for, sent at once: data first, since it carries the ACK. But it may have no
 * room for SACK blocks, and a duplicate ACK with data is none (RFC 5681 2).
 */
static void finish(struct sock *sk, unsigned int acked)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);

	if (sk->sk_state == TCP_CLOSE)
		return;
	if (xsk->sack.news && (xsk->ack_due & XTCP_ACK_NOW))
		xtcp_segment_send_ack(sk);
	if ((acked || xsk->lost_bytes) && sk->sk_state != TCP_SYN_SENT &&
	    sk->sk_state != TCP_SYN_RECV)
		xtcp_xmit_push(sk, false);
	if (xsk->ack_due & XTCP_ACK_NOW)
		xtcp_segment_send_ack(sk);
	else if (xsk->ack_due & XTCP_ACK_SCHED)
		xtcp_timer_ack_due(sk);
	if (acked & XTCP_ACKED_DATA)
		xtcp_sock_wake_writer(sk);
}

static bool steps(struct rx *rx)
{
	if (!parse_options(rx))
		return false;
	if (rx->sk->sk_state == TCP_SYN_SENT) {
		if (!rcv_syn_sent(rx))
			return false;
		return check_urg(rx) && process_text(rx) && process_fins(rx);
	}
	if (!check_first_syn(rx))
		return false;
	if (!check_paws(rx) || !check_sequence(rx) || !check_rst(rx) || !check_syn(rx))
		return false;
	if (!check_ack(rx))
		return false;
	/* Only once the ACK is right: a forged value would have PAWS drop what is genuine. */
	take_timestamp(rx);
	if (xtcp_sk(rx->sk)->ecn.accurate && xtcp_ecn_count(rx->sk, rx->skb))
		ack_now(rx->sk);
	return check_urg(rx) && process_text(rx) && process_fins(rx);
}

/**
 * xtcp_input - a segment for a connection
 * @sk: the connection; not a listener
 * @skb: segment, data at the TCP header, cb filled; consumed
 *
 * RFC 9293 3.10.7.3 and 3.10.7.4. Context: socket lock, BH off or from the backlog.
 */
void xtcp_input(struct sock *sk, struct sk_buff *skb)
{
	const struct xtcp_cb *cb = XTCP_CB(skb);
	struct rx rx = {
		.sk = sk,
		.skb = skb,
		.th = (const struct tcphdr *)skb->data,
	};

	trace_xtcp_receive(sock_net(sk), &xtcp_sk(sk)->tuple, sk->sk_state, cb->seq, cb->ack,
			   cb->flags, skb->len - xtcp_hdr_len(rx.th), rx.th);
	xtcp_sk(sk)->segs_in += xtcp_sock_segs(skb);

	/* It ended while the segment waited in the backlog. A retransmission finds out how. */
	if (sk->sk_state == TCP_CLOSE || sk->sk_state == TCP_LISTEN) {
		drop(&rx, DropNoSocket);
		kfree_skb(skb);
		return;
	}
	steps(&rx);
	finish(sk, rx.acked);
	if (rx.skb)
		consume_skb(rx.skb);
}

/**
 * xtcp_input_fastopen - the SYN that a child was made for at once
 * @sk: the child, new: SYN-RECEIVED, nothing sent
 * @skb: SYN, data at the TCP header, cb filled; consumed
 *
 * What it brings can be read from here on, and the SYN-ACK, sent here, acknowledges it. The
 * listener is told, unless it has closed: then the child ends.
 *
 * Source: RFC 7413 4.2.2.
 *
 * Context: socket lock, BH off.
 */
void xtcp_input_fastopen(struct sock *sk, struct sk_buff *skb)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);
	struct xtcp_cb *cb = XTCP_CB(skb);
	struct rx rx = {
		.sk = sk,
		.skb = skb,
		.th = (const struct tcphdr *)skb->data,
	};

	if (xtcp_rtxq_begin(sk, GFP_ATOMIC)) {
		drop(&rx, DropNoMemory);
		xtcp_sock_done(sk);
		kfree_skb(skb);
		return;
	}
	xsk->segs_in += xtcp_sock_segs(skb);
	begin(sk);
	cb->seq++;
	cb->flags &= ~XTCP_SYN;
	if (parse_options(&rx))
		process_text(&rx);
	if (rx.skb)
		consume_skb(rx.skb);
	xsk->syn_data_acked = xsk->reasm.rcv_nxt != xsk->irs + 1;
	xtcp_xmit_syn(sk, GFP_ATOMIC);
	hand_over(sk);
}

// SPDX-License-Identifier: GPL-2.0
/* TCP_INFO: what a connection tells of itself, in the terms of struct tcp_info. */
#include "xtcp.h"

/* Of recovery.c: what tcp_info means by reordering, a fixed number here (RFC 8985 6.2). */
#define DUPACK_THRESHOLD	3

static u32 ms_since(ktime_t then)
{
	return then ? ktime_to_ms(ktime_sub(ktime_get(), then)) : 0;
}

static void fill_listener(const struct sock *sk, struct tcp_info *info)
{
	/* tcp_info has no field of its own for these; ss(8) knows. */
	info->tcpi_unacked = READ_ONCE(xtcp_sk(sk)->accept.len);
	info->tcpi_sacked = READ_ONCE(sk->sk_max_ack_backlog);
}

static void fill_options(const struct xtcp_sock *xsk, struct tcp_info *info)
{
	if (xsk->ts_ok)
		info->tcpi_options |= TCPI_OPT_TIMESTAMPS;
	if (xsk->sack_ok)
		info->tcpi_options |= TCPI_OPT_SACK;
	if (xsk->syn_data_acked)
		info->tcpi_options |= TCPI_OPT_SYN_DATA;
	if (xsk->ecn.ok)
		info->tcpi_options |= TCPI_OPT_ECN;
	if (xsk->ecn.seen)
		info->tcpi_options |= TCPI_OPT_ECN_SEEN;
	if (xsk->wscale_ok) {
		info->tcpi_options |= TCPI_OPT_WSCALE;
		info->tcpi_snd_wscale = xsk->snd_wscale;
		info->tcpi_rcv_wscale = xsk->rcv_wscale;
	}
}

/* Segments in flight that were sent more than once; those that are to be are not in flight. */
static u32 retransmitted(const struct xtcp_sock *xsk, u32 mss)
{
	const struct xtcp_cb *cb;
	u32 segments = 0;

	if (!xsk->total_retrans)
		return 0;
	list_for_each_entry(cb, &xsk->sent, node) {
		if (cb->rtx)
			segments += DIV_ROUND_UP(cb->end_seq - cb->seq, mss);
	}
	return segments;
}

static void fill_recovery(const struct xtcp_sock *xsk, struct tcp_info *info)
{
	u32 mss = max_t(u32, xsk->mss, 1);

	if (xsk->in_rto)
		info->tcpi_ca_state = TCP_CA_Loss;
	else if (xsk->in_recovery)
		info->tcpi_ca_state = TCP_CA_Recovery;
	else if (xsk->ecn.reduced)
		info->tcpi_ca_state = TCP_CA_CWR;
	else if (xsk->dupacks || xsk->sacked_bytes)
		info->tcpi_ca_state = TCP_CA_Disorder;

	if (xsk->rtx_reason == XTCP_RTX_PERSIST)
		info->tcpi_probes = xsk->retries;
	else
		info->tcpi_retransmits = xsk->retries;
	if (!info->tcpi_probes)
		info->tcpi_probes = xsk->keep_tried;
	info->tcpi_backoff = xsk->rtt.backoff;
	info->tcpi_rto = xtcp_rtt_timeout_us(&xsk->rtt);
	info->tcpi_rtt = xsk->rtt.srtt_us >> 3;
	info->tcpi_rttvar = xsk->rtt.rttvar_us >> 2;
	info->tcpi_min_rtt = xsk->rtt.min_us;

	/* Segments, rounded up, where XTCP counts bytes. */
	info->tcpi_unacked = DIV_ROUND_UP(xtcp_sock_in_flight(xsk), mss);
	info->tcpi_sacked = DIV_ROUND_UP(xsk->sacked_bytes, mss);
	info->tcpi_lost = DIV_ROUND_UP(xsk->lost_bytes, mss);
	info->tcpi_snd_cwnd = xsk->cong.cwnd / mss;
	info->tcpi_snd_ssthresh = xsk->cong.ssthresh >= XTCP_SSTHRESH_INFINITE ?
				  XTCP_SSTHRESH_INFINITE : xsk->cong.ssthresh / mss;
	info->tcpi_total_retrans = xsk->total_retrans;
	info->tcpi_retrans = retransmitted(xsk, mss);
	info->tcpi_reordering = DUPACK_THRESHOLD;
	info->tcpi_reord_seen = xsk->rack.reordered;
	info->tcpi_dsack_dups = xsk->dsacks;
}

/* A time that has not ended counts to now. */
static void fill_times(const struct xtcp_sock *xsk, struct tcp_info *info,
		       struct xtcp_info_tail *tail)
{
	const struct xtcp_chrono *chrono = &xsk->chrono;
	u64 now_us = xtcp_clock_us();

	info->tcpi_rwnd_limited = xtcp_chrono_spent_us(chrono, XTCP_BUSY_WINDOW, now_us);
	info->tcpi_sndbuf_limited = xtcp_chrono_spent_us(chrono, XTCP_BUSY_BUFFER, now_us);
	info->tcpi_busy_time = xtcp_chrono_spent_us(chrono, XTCP_BUSY, now_us) +
			       info->tcpi_rwnd_limited + info->tcpi_sndbuf_limited;
	tail->total_rto = xsk->rtos;
	tail->total_rto_recoveries = xsk->rto_rows;
	tail->total_rto_time = xsk->rto_ms + ms_since(xsk->rto_since);
	info->tcpi_last_data_sent = ms_since(xsk->last_sent);
	info->tcpi_last_data_recv = ms_since(xsk->last_rcvd);
	info->tcpi_last_ack_recv = ms_since(xsk->last_ack);
}

/* Bytes a second. */
static void fill_rate(const struct sock *sk, struct tcp_info *info)
{
	const struct xtcp_sock *xsk = xtcp_sk(sk);

	info->tcpi_pacing_rate = xtcp_rate_limit(READ_ONCE(sk->sk_pacing_rate));
	info->tcpi_max_pacing_rate = xtcp_rate_limit(READ_ONCE(sk->sk_max_pacing_rate));
	info->tcpi_delivery_rate = xtcp_rate_of(xsk->rate_delivered, xsk->rate_interval_us);
	info->tcpi_delivery_rate_app_limited = xsk->rate_app_limited;
	info->tcpi_delivered = div_u64(xsk->rate.delivered, max_t(u32, xsk->mss, 1));
}

/* With AccECN packets, which no SYN was; else what they would be. */
static void fill_ecn(const struct xtcp_sock *xsk, struct tcp_info *info,
		     struct xtcp_info_tail *tail)
{
	const struct xtcp_ecn *ecn = &xsk->ecn;

	if (ecn->accurate) {
		info->tcpi_delivered_ce = ecn->acc.s_cep - XTCP_ACCECN_CEP;
		tail->received_ce = ecn->acc.r_cep - XTCP_ACCECN_CEP;
		tail->ecn_mode = XTCP_INFO_ECN_ACCURATE;
	} else {
		info->tcpi_delivered_ce = div_u64(ecn->ce_bytes, max_t(u32, xsk->mss, 1));
		tail->ecn_mode = ecn->ok ? XTCP_INFO_ECN_CLASSIC : XTCP_INFO_ECN_NONE;
	}
}

static void fill_counts(const struct xtcp_sock *xsk, struct tcp_info *info)
{
	info->tcpi_bytes_acked = xsk->bytes_acked;
	info->tcpi_bytes_received = xsk->bytes_received;
	info->tcpi_bytes_sent = xsk->bytes_sent;
	info->tcpi_bytes_retrans = xsk->bytes_retrans;
	info->tcpi_segs_in = xsk->segs_in;
	info->tcpi_segs_out = xsk->segs_out;
	info->tcpi_data_segs_in = xsk->data_segs_in;
	info->tcpi_data_segs_out = xsk->data_segs_out;
	info->tcpi_rcv_ooopack = xsk->segs_ooo;
	info->tcpi_notsent_bytes = xsk->write_seq - xsk->snd_nxt;
}

static void fill_connection(const struct sock *sk, struct tcp_info *info,
			    struct xtcp_info_tail *tail)
{
	const struct xtcp_sock *xsk = xtcp_sk(sk);

	fill_options(xsk, info);
	fill_recovery(xsk, info);
	fill_counts(xsk, info);
	fill_rate(sk, info);
	fill_ecn(xsk, info, tail);
	fill_times(xsk, info, tail);
	info->tcpi_fastopen_client_fail = xsk->fastopen_fail;
	info->tcpi_ato = xsk->ato_ms * USEC_PER_MSEC;
	info->tcpi_snd_mss = xsk->mss;
	info->tcpi_rcv_mss = xsk->rcv_mss;
	info->tcpi_advmss = xsk->mss_adv;
	info->tcpi_pmtu = xsk->pmtu;
	info->tcpi_snd_wnd = xsk->snd_wnd;
	info->tcpi_rcv_rtt = xsk->tune.rtt_us;
	info->tcpi_rcv_space = xsk->tune.space;
	info->tcpi_rcv_ssthresh = xtcp_rcvbuf_window_max(sk);
	tail->rcv_wnd = xsk->rcv_wnd;
}

/**
 * xtcp_info_fill - describe a socket as tcp(7)'s TCP_INFO does
 * @sk: socket
 * @info: filled; 0 where XTCP knows nothing
 *
 * tcp_info counts many things in segments that XTCP counts in bytes.
 *
 * Context: socket lock.
 */
void xtcp_info_fill(const struct sock *sk, struct xtcp_info *info)
{
	memset(info, 0, sizeof(*info));
	info->tcp.tcpi_state = sk->sk_state;
	if (sk->sk_state == TCP_LISTEN)
		fill_listener(sk, &info->tcp);
	else
		fill_connection(sk, &info->tcp, &info->tail);
}

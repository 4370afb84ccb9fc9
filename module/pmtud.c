// SPDX-License-Identifier: GPL-2.0
/*
 * Path MTU discovery without the network's help (RFC 4821, RFC 8899): for paths whose routers drop
 * what is too large and say nothing, or whose ICMP errors are filtered.
 *
 * A probe is a segment like any other, of data that waits to be sent, but larger than the MSS. If
 * it is acknowledged, the MSS grows. If it is lost, it is sent again in segments of the MSS, and
 * that is all: xtcp_rtxq_lost_by_size() tells such a loss from congestion. plpmtud.c says what to
 * probe for.
 *
 * By default this begins when a full-sized segment has been sent three times without an answer. Up
 * to then a connection has nothing of it; from then on it is stuck and would not live much longer.
 * If it was no black hole, the segments are somewhat small for a few round trips.
 */
#include "xtcp.h"

#include <linux/ip.h>

/* Segments that follow a probe and show its loss without a timeout: more than RFC 5681 3.2's 3. */
#define FOLLOWERS	4

/* What every packet holds besides data, bytes. */
static u32 overhead_of(const struct sock *sk)
{
	u32 ip = xtcp_tuple_is_v4(&xtcp_sk(sk)->tuple) ? sizeof(struct iphdr) :
							 sizeof(struct ipv6hdr);

	return ip + XTCP_HDR_MIN + xtcp_segment_opt_len(sk);
}

/* The packet that holds so much data; no path of IPv6 takes less than 1280 bytes (RFC 8200 5). */
static u32 packet_of(const struct sock *sk, u32 data)
{
	u32 packet = data + overhead_of(sk);

	return xtcp_tuple_is_v4(&xtcp_sk(sk)->tuple) ? packet : max_t(u32, packet, IPV6_MIN_MTU);
}

/**
 * xtcp_pmtud_open - a connection begins
 * @sk: socket with a route; its segments are not sized yet
 *
 * Context: socket lock.
 */
void xtcp_pmtud_open(struct sock *sk)
{
	if (xtcp_sysctl_sk(sk, mtu_probing) == XTCP_PMTUD_ALWAYS && xtcp_ip_is_whole(sk))
		xtcp_plpmtud_start(&xtcp_sk(sk)->plpmtud,
				   packet_of(sk, xtcp_sysctl_sk(sk, base_mss)), xtcp_ip_mtu(sk));
}

/* Whether a lost probe would be missed by what follows it, and nothing else is amiss. */
static bool may_probe(const struct sock *sk, u32 seq, u32 data)
{
	const struct xtcp_sock *xsk = xtcp_sk(sk);
	u32 need = data + FOLLOWERS * (u32)xsk->mss;

	return !xsk->in_recovery && !xsk->in_rto && !xsk->lost_bytes && !xsk->sacked_bytes &&
	       !xsk->dupacks && !xsk->probe_out && !xsk->retries &&
	       xsk->write_seq - xsk->fin_queued - seq >= need &&
	       xtcp_seq_ge(xsk->snd_una + xsk->snd_wnd, seq + need) &&
	       xsk->cong.cwnd >= need && xsk->cong.cwnd >= xtcp_recovery_pipe(sk) + data;
}

/* The first of the write queue, as long as that and no longer. */
static bool fill(struct sock *sk, struct sk_buff *skb, u32 len)
{
	if (skb->len < len)
		xtcp_rtxq_gather(sk, skb, len);
	if (skb->len > len && xtcp_rtxq_split(sk, skb, len, sk_gfp_mask(sk, GFP_ATOMIC)))
		return false;
	return skb->len == len;
}

/**
 * xtcp_pmtud_probe - make a probe of the next segment, if it is time for one
 * @sk: socket
 * @skb: first of the write queue
 * @len: bytes of it that may go
 *
 * RFC 4821 7.4. Context: socket lock.
 *
 * Return: bytes of it that are to go now: @len, or all of the probe.
 */
u32 xtcp_pmtud_probe(struct sock *sk, struct sk_buff *skb, u32 len)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);
	u32 seq = XTCP_CB(skb)->seq;
	u32 size, data;

	if (likely(xsk->plpmtud.state == XTCP_PLPMTUD_OFF))
		return len;
	size = xtcp_plpmtud_next(&xsk->plpmtud, xsk->pmtu,
				 xtcp_sock_mss_of(sk, xsk->pmtu) + overhead_of(sk),
				 xtcp_sysctl_sk(sk, mtu_probe_interval_ms) / (int)MSEC_PER_SEC,
				 (u32)ktime_get_seconds());
	if (!size)
		return len;
	data = xtcp_sock_mss_of(sk, size);
	if (data <= xsk->mss || !may_probe(sk, seq, data) || !xtcp_ip_is_whole(sk))
		return len;
	if (!fill(sk, skb, data))
		return min(len, skb->len);
	xtcp_plpmtud_sent(&xsk->plpmtud, size, seq, seq + data);
	xtcp_mib_inc(xtcp_sock_net(sk), MtuProbes);
	return data;
}

/**
 * xtcp_pmtud_acked - something is newly acknowledged, perhaps the probe
 * @sk: socket, snd_una already moved
 *
 * RFC 4821 7.6.1. Context: socket lock.
 */
void xtcp_pmtud_acked(struct sock *sk)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);

	if (xtcp_plpmtud_acked(&xsk->plpmtud, xsk->snd_una))
		xtcp_sock_sync_mss(sk, xsk->pmtu);
}

/**
 * xtcp_pmtud_resent - something is about to be sent again that was larger than a segment is now
 * @sk: socket
 * @skb: the segment
 *
 * From here on an acknowledgment of the probe, if it is that, proves nothing. A part of it may also
 * go again without being lost (RFC 8985 7.3): that proves nothing either.
 * RFC 4821 7.6.2 and 7.6.3. Context: socket lock.
 */
void xtcp_pmtud_resent(struct sock *sk, const struct sk_buff *skb)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);
	struct xtcp_plpmtud *pl = &xsk->plpmtud;

	if (!pl->size || !xtcp_seq_in(XTCP_CB(skb)->seq, pl->seq, pl->end))
		return;
	xtcp_plpmtud_lost(pl, XTCP_CB(skb)->lost && !xsk->in_recovery && !xsk->in_rto);
	xtcp_mib_inc(xtcp_sock_net(sk), MtuProbesLost);
	/* What arrived beyond it makes duplicate ACKs, which prove no other loss. */
	if (!xsk->in_recovery && !xsk->in_rto)
		xsk->recover = xsk->snd_nxt;
}

/**
 * xtcp_pmtud_head_lost - the oldest segment is lost: was it too large, rather than one too many
 * @sk: socket, something is in flight
 *
 * If so it is marked lost, and the rest left as it is. What goes again is no larger than a segment,
 * so that this is true once for each. Context: socket lock.
 *
 * Return: true if so.
 */
bool xtcp_pmtud_head_lost(struct sock *sk)
{
	struct sk_buff *skb = xtcp_rtxq_head(sk);
	struct xtcp_sock *xsk = xtcp_sk(sk);

	if (xsk->in_recovery || xsk->in_rto || !xtcp_sock_too_big(xsk, skb) || XTCP_CB(skb)->sacked)
		return false;
	xtcp_rtxq_mark_lost(sk, skb);
	return true;
}

/**
 * xtcp_pmtud_stalled - the oldest segment has been sent again and again without an answer
 * @sk: socket, something is in flight
 *
 * RFC 4821 7.7, RFC 8899 4.3. Context: socket lock.
 */
void xtcp_pmtud_stalled(struct sock *sk)
{
	u32 floor = xtcp_sysctl_sk(sk, mtu_probe_floor);
	u32 base = xtcp_sysctl_sk(sk, base_mss);
	struct xtcp_sock *xsk = xtcp_sk(sk);
	u32 data = min_t(u32, xtcp_rtxq_head(sk)->len, xsk->mss);

	/* Something short proves nothing of what is larger. */
	if (data <= base && data < xsk->mss)
		return;
	if (xtcp_sysctl_sk(sk, mtu_probing) == XTCP_PMTUD_NEVER || !xtcp_ip_is_whole(sk) ||
	    !xtcp_plpmtud_black_hole(&xsk->plpmtud, packet_of(sk, data), packet_of(sk, base),
				     packet_of(sk, floor)))
		return;
	xtcp_mib_inc(xtcp_sock_net(sk), MtuBlackHoles);
	xtcp_sock_sync_mss(sk, xsk->pmtu);
}

// SPDX-License-Identifier: GPL-2.0
/* The congestion window: Reno, counted in bytes. */
#include <linux/minmax.h>

#include "cong.h"

/* L of RFC 3465: most segments that one ACK may add in slow start. */
#define CONG_ABC_LIMIT		2

static u32 cong_bound(u64 bytes)
{
	return min_t(u64, bytes, XTCP_CWND_MAX);
}

/* RFC 5681 (4) */
static u32 cong_half(u32 in_flight, u32 mss)
{
	return cong_bound(max_t(u64, in_flight / 2, 2ull * mss));
}

/**
 * xtcp_cong_init - start a connection
 * @cc: congestion state
 * @mss: bytes of a full segment
 * @initial_segments: initial window, segments
 *
 * Source: RFC 5681 3.1, RFC 6928 2.
 */
void xtcp_cong_init(struct xtcp_cong *cc, u32 mss, u32 initial_segments)
{
	*cc = (struct xtcp_cong){
		.cwnd = cong_bound((u64)mss * initial_segments),
		.ssthresh = XTCP_SSTHRESH_INFINITE,
	};
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_cong_init);

/* RFC 3465 2.2; 2.3: after a timeout the bytes of one ACK may be many lost ones' repetitions */
static void cong_slow_start(struct xtcp_cong *cc, u32 acked, u32 mss)
{
	u64 limit = (u64)mss * (cc->after_timeout ? 1 : CONG_ABC_LIMIT);
	u32 cwnd = cong_bound(cc->cwnd + min_t(u64, acked, limit));

	cc->cwnd = min(cwnd, cc->ssthresh);
	if (cc->cwnd == cc->ssthresh)
		cc->after_timeout = false;
}

/* RFC 3465 2.1: one segment for each window's worth of acknowledged bytes */
static void cong_avoid(struct xtcp_cong *cc, u32 acked, u32 mss)
{
	cc->acked += min(acked, cc->cwnd);
	if (cc->acked < cc->cwnd)
		return;
	cc->acked -= cc->cwnd;
	cc->cwnd = cong_bound((u64)cc->cwnd + mss);
}

/**
 * xtcp_cong_acked - new data is acknowledged, outside of fast recovery
 * @cc: congestion state
 * @acked: bytes by which snd_una moved
 * @mss: bytes of a full segment
 * @cwnd_limited: the flight was bounded by the window; one that was not does not prove that the
 *		  path takes more
 *
 * Source: RFC 5681 3.1, RFC 3465 2.1 to 2.3, RFC 7661 for @cwnd_limited.
 */
void xtcp_cong_acked(struct xtcp_cong *cc, u32 acked, u32 mss, bool cwnd_limited)
{
	if (!cwnd_limited)
		return;
	if (cc->cwnd < cc->ssthresh)
		cong_slow_start(cc, acked, mss);
	else
		cong_avoid(cc, acked, mss);
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_cong_acked);

/**
 * xtcp_cong_loss - fast recovery begins
 * @cc: congestion state
 * @in_flight: FlightSize: bytes sent and not acknowledged
 * @mss: bytes of a full segment
 *
 * The window is not inflated by duplicate ACKs: recovery counts what is in the pipe.
 *
 * Source: RFC 5681 3.2, equation (4); RFC 6675 5 (4.2).
 */
void xtcp_cong_loss(struct xtcp_cong *cc, u32 in_flight, u32 mss)
{
	cc->ssthresh = cong_half(in_flight, mss);
	cc->cwnd = cc->ssthresh;
	cc->acked = 0;
	cc->after_timeout = false;
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_cong_loss);

/**
 * xtcp_cong_timeout - the retransmission timer expired
 * @cc: congestion state
 * @in_flight: FlightSize: bytes sent and not acknowledged
 * @mss: bytes of a full segment
 * @first: the segment had not been sent again by the timer before; later timeouts leave ssthresh
 *
 * Source: RFC 5681 3.1, equation (4) and the loss window.
 */
void xtcp_cong_timeout(struct xtcp_cong *cc, u32 in_flight, u32 mss, bool first)
{
	if (first)
		cc->ssthresh = cong_half(in_flight, mss);
	cc->cwnd = cong_bound(mss);
	cc->acked = 0;
	cc->after_timeout = true;
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_cong_timeout);

/**
 * xtcp_cong_idle - sending begins again after silence
 * @cc: congestion state
 * @mss: bytes of a full segment
 * @initial_segments: initial window, segments
 * @idle_rtos: whole retransmission timeouts since the last data segment was sent
 *
 * Source: RFC 5681 4.1: the restart window is min(IW, cwnd).
 */
void xtcp_cong_idle(struct xtcp_cong *cc, u32 mss, u32 initial_segments, u32 idle_rtos)
{
	if (!idle_rtos)
		return;
	cc->cwnd = min(cc->cwnd, cong_bound((u64)mss * initial_segments));
	cc->acked = 0;
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_cong_idle);

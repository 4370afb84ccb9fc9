// SPDX-License-Identifier: GPL-2.0
/* The retransmission timeout, estimated from round-trip times. */
#include <linux/limits.h>
#include <linux/minmax.h>

#include "rtt.h"

/* Scaled by 8 it must fit 32 bits, together with what a step adds. */
#define RTT_SAMPLE_MAX_US	0x10000000u
/* More doublings change nothing: the ceiling is reached long before. */
#define RTT_BACKOFF_MAX		31

static u32 rtt_clamp(const struct xtcp_rtt *rtt, u64 rto_us)
{
	return min_t(u64, max_t(u64, rto_us, rtt->rto_min_us), rtt->rto_max_us);
}

/**
 * xtcp_rtt_init - start without a sample
 * @rtt: the estimator
 * @rto_init_us: timeout until the first sample, microseconds
 * @rto_min_us: floor, microseconds
 * @rto_max_us: ceiling, microseconds; it wins where the floor is above it
 *
 * Source: RFC 6298 2.1.
 */
void xtcp_rtt_init(struct xtcp_rtt *rtt, u32 rto_init_us, u32 rto_min_us, u32 rto_max_us)
{
	*rtt = (struct xtcp_rtt){
		.min_us = U32_MAX,
		.rto_min_us = rto_min_us,
		.rto_max_us = rto_max_us,
	};
	rtt->rto_us = rtt_clamp(rtt, rto_init_us);
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_rtt_init);

/**
 * xtcp_rtt_sample - take a round-trip time into account
 * @rtt: the estimator
 * @rtt_us: microseconds; of a segment that was sent once (Karn), or told apart by a timestamp
 *
 * Ends a backoff: a sample says that the path answers again.
 *
 * The floor is that of what is waited for beyond a round trip, as Linux has it, not of the whole:
 * where round trips are long and do not vary, the timeout would come with the ACK of a
 * retransmission, before what a peer may put off its ACKs by, and before RFC 8985 can find that a
 * retransmission was lost.
 *
 * Source: RFC 6298 2.2 to 2.5, 3 and 5.
 */
void xtcp_rtt_sample(struct xtcp_rtt *rtt, u32 rtt_us)
{
	/* 0 would look like no sample */
	rtt_us = clamp(rtt_us, 1u, RTT_SAMPLE_MAX_US);
	rtt->min_us = min(rtt->min_us, rtt_us);

	if (!rtt->srtt_us) {
		/* 2.2: SRTT <- R, RTTVAR <- R/2 */
		rtt->srtt_us = rtt_us * 8;
		rtt->rttvar_us = rtt_us * 2;
	} else {
		/* 2.3: RTTVAR <- 3/4 RTTVAR + 1/4 |SRTT - R'|, then SRTT <- 7/8 SRTT + 1/8 R' */
		u32 srtt_us = rtt->srtt_us / 8;

		rtt->rttvar_us += max(srtt_us, rtt_us) - min(srtt_us, rtt_us) - rtt->rttvar_us / 4;
		rtt->srtt_us += rtt_us - rtt->srtt_us / 8;
	}
	/* 2.3, 2.4, 2.5: RTO <- SRTT + max(G, 4 RTTVAR), and its bounds */
	rtt->rto_us = rtt_clamp(rtt, (u64)(rtt->srtt_us / 8) +
				max3((u32)XTCP_RTT_GRANULARITY_US, rtt->rto_min_us,
				     rtt->rttvar_us));
	rtt->backoff = 0;
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_rtt_sample);

/**
 * xtcp_rtt_backoff - double the timeout, after it expired
 * @rtt: the estimator
 *
 * Source: RFC 6298 5.5.
 */
void xtcp_rtt_backoff(struct xtcp_rtt *rtt)
{
	if (rtt->backoff < RTT_BACKOFF_MAX)
		rtt->backoff++;
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_rtt_backoff);

/**
 * xtcp_rtt_timeout_us - the timeout in force
 * @rtt: the estimator
 *
 * Source: RFC 6298 2.5 and 5.5.
 *
 * Return: microseconds, backed off, at most the ceiling.
 */
u32 xtcp_rtt_timeout_us(const struct xtcp_rtt *rtt)
{
	return rtt_clamp(rtt, (u64)rtt->rto_us << rtt->backoff);
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_rtt_timeout_us);

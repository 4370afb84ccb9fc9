/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_RTT_H
#define _XTCP_RTT_H

#include <linux/jiffies.h>
#include <linux/types.h>

/* G of RFC 6298: what the timers that wait for the timeout can tell apart, microseconds. */
#define XTCP_RTT_GRANULARITY_US	(USEC_PER_SEC / HZ)

/**
 * struct xtcp_rtt - round-trip time estimator (RFC 6298)
 * @srtt_us: smoothed round-trip time, microseconds times 8; 0 before the first sample
 * @rttvar_us: its variation, microseconds times 4
 * @min_us: smallest sample, U32_MAX before the first
 * @rto_us: timeout as computed from the samples, without backoff
 * @rto_min_us: floor of the timeout, less the smoothed round-trip time
 * @rto_max_us: ceiling of the timeout, also of the backed-off one
 * @backoff: number of doublings in force
 */
struct xtcp_rtt {
	u32	srtt_us;
	u32	rttvar_us;
	u32	min_us;
	u32	rto_us;
	u32	rto_min_us;
	u32	rto_max_us;
	u8	backoff;
};

void xtcp_rtt_init(struct xtcp_rtt *rtt, u32 rto_init_us, u32 rto_min_us, u32 rto_max_us);
void xtcp_rtt_sample(struct xtcp_rtt *rtt, u32 rtt_us);
void xtcp_rtt_backoff(struct xtcp_rtt *rtt);
u32 xtcp_rtt_timeout_us(const struct xtcp_rtt *rtt);

#endif /* _XTCP_RTT_H */

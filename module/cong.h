/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_CONG_H
#define _XTCP_CONG_H

#include <linux/types.h>

/**
 * struct xtcp_cong - congestion control, in bytes (RFC 5681, RFC 3465)
 * @cwnd: congestion window
 * @ssthresh: slow start threshold
 * @acked: bytes acknowledged since the window last grew, in congestion avoidance
 * @after_timeout: slow start follows a retransmission timeout (RFC 3465 2.3)
 */
struct xtcp_cong {
	u32	cwnd;
	u32	ssthresh;
	u32	acked;
	bool	after_timeout;
};

#define XTCP_SSTHRESH_INFINITE	0x7fffffffu
#define XTCP_CWND_MAX		0x40000000u

void xtcp_cong_init(struct xtcp_cong *cc, u32 mss, u32 initial_segments);
void xtcp_cong_acked(struct xtcp_cong *cc, u32 acked, u32 mss, bool cwnd_limited);
void xtcp_cong_loss(struct xtcp_cong *cc, u32 in_flight, u32 mss);
void xtcp_cong_timeout(struct xtcp_cong *cc, u32 in_flight, u32 mss, bool first);
void xtcp_cong_idle(struct xtcp_cong *cc, u32 mss, u32 initial_segments, u32 idle_rtos);

#endif /* _XTCP_CONG_H */

/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_PRR_H
#define _XTCP_PRR_H

#include <linux/types.h>

/**
 * struct xtcp_prr - how fast to send while a recovery is on (RFC 6937, RFC 9937 6), bytes
 * @flight: what was in the network when it began
 * @delivered: what has arrived since
 * @out: what was sent since
 */
struct xtcp_prr {
	u32	flight;
	u32	delivered;
	u32	out;
};

void xtcp_prr_begin(struct xtcp_prr *prr, u32 flight);
u32 xtcp_prr_allowance(struct xtcp_prr *prr, u32 delivered, u32 pipe, u32 ssthresh, u32 mss,
		       bool safe);
void xtcp_prr_sent(struct xtcp_prr *prr, u32 bytes);

#endif /* _XTCP_PRR_H */

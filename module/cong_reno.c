// SPDX-License-Identifier: GPL-2.0
/* Reno, counted in bytes. */
#include <linux/minmax.h>
#include <linux/module.h>

#include "cong.h"

/* RFC 5681 (4) */
static u32 reno_ssthresh(struct xtcp_cong *cc, const struct xtcp_cong_event *event)
{
	return max_t(u64, event->flight / 2, 2ull * cc->mss);
}

/* RFC 5681 3.1, RFC 3465 2.1, RFC 7661 for what is not bounded by cwnd. */
static void reno_ack(struct xtcp_cong *cc, const struct xtcp_cong_ack *ack)
{
	if (!ack->cwnd_limited)
		return;
	if (cc->cwnd < cc->ssthresh)
		xtcp_cong_slow_start(cc, ack->acked, 0);
	else
		xtcp_cong_avoid(cc, ack->acked, cc->cwnd);
}

struct xtcp_cong_ops xtcp_cong_reno = {
	.ack		= reno_ack,
	.ssthresh	= reno_ssthresh,
	.name		= "reno",
	.owner		= THIS_MODULE,
};
EXPORT_SYMBOL_IF_KUNIT(xtcp_cong_reno);

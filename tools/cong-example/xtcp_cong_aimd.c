// SPDX-License-Identifier: GPL-2.0
/* A congestion control outside of XTCP, for one's own to begin with: AIMD by any two factors. */
#include <linux/math64.h>
#include <linux/module.h>

#include "cong.h"

static unsigned int grow = 33;
module_param(grow, uint, 0444);
MODULE_PARM_DESC(grow, "what a round trip adds to the window, percent of a segment");
static unsigned int keep = 80;
module_param(keep, uint, 0444);
MODULE_PARM_DESC(keep, "what a loss leaves of the window, percent");

static void aimd_ack(struct xtcp_cong *cc, const struct xtcp_cong_ack *ack)
{
	if (ack->cwnd_limited && cc->cwnd < cc->ssthresh)
		xtcp_cong_slow_start(cc, ack->acked, 0);
	else if (ack->cwnd_limited)
		xtcp_cong_avoid(cc, ack->acked, xtcp_cong_bound(div_u64(cc->cwnd * 100ull, grow)));
}

static u32 aimd_ssthresh(struct xtcp_cong *cc, const struct xtcp_cong_event *event)
{
	++*xtcp_cong_priv(cc, u32);	/* losses */
	return div_u64((u64)event->flight * keep, 100);
}

static size_t aimd_info(const struct xtcp_cong *cc, const struct xtcp_cong_ecn *ecn, void *buf,
			size_t len)
{
	memcpy(buf, xtcp_cong_priv(cc, u32), min(len, sizeof(u32)));
	return min(len, sizeof(u32));
}

static struct xtcp_cong_ops aimd = {
	.ack = aimd_ack, .ssthresh = aimd_ssthresh, .info = aimd_info,
	.name = "aimd", .owner = THIS_MODULE,
};

static int __init aimd_load(void)
{
	if (!grow || keep > 99)
		return -EINVAL;
	/* What takes more than Reno (RFC 9438 4.3, figure 4) is for CAP_NET_ADMIN alone. */
	if ((u64)grow * (100 + keep) > 300 * (100 - keep))
		aimd.flags = XTCP_CONG_RESTRICTED;
	return xtcp_cong_register(&aimd);
}
module_init(aimd_load);

static void __exit aimd_unload(void)
{
	xtcp_cong_unregister(&aimd);
}
module_exit(aimd_unload);
MODULE_ALIAS("xtcp-cong-aimd");
MODULE_DESCRIPTION("AIMD congestion control for XTCP, an example");
MODULE_LICENSE("GPL");

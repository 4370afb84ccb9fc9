// SPDX-License-Identifier: GPL-2.0
/*
 * DCTCP (RFC 8257): where routers mark all that finds more than a short queue, and the receiver
 * echoes each mark, the window shrinks in proportion to how much was marked. Everything else is
 * Reno's, and everything is where the peer does no ECN.
 *
 * For networks whose hosts all do it, and whose routers mark accordingly: beside others it takes
 * more than its share (5). So it is not for everybody to choose.
 */
#include <linux/inet_diag.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/string.h>

#include "cong.h"
#include "cong_dctcp.h"
#include "seq.h"

/* g = 1 / 16 (RFC 8257 4.2) */
#define GAIN_BITS		4

/* What struct tcp_dctcp_info takes for one. */
#define INFO_ONE_BITS		10

/**
 * struct dctcp - a connection's, with RFC 8257's names
 * @window_end: DCTCP.WindowEnd, if @begun
 * @acked: DCTCP.BytesAcked
 * @marked: DCTCP.BytesMarked
 * @alpha: DCTCP.Alpha, a fraction of %XTCP_DCTCP_ONE
 * @begun: an observation window has begun
 */
struct dctcp {
	u32	window_end;
	u32	acked;
	u32	marked;
	u32	alpha;
	bool	begun;
};

/**
 * xtcp_dctcp_alpha - the estimate of how much is marked, after an observation window
 * @alpha: before it, a fraction of %XTCP_DCTCP_ONE
 * @acked: bytes acknowledged in it, not 0
 * @marked: of these, those whose ACKs had ECE
 *
 * Rounded so that it comes down to 0 where nothing is marked for long (RFC 8257 4.2).
 *
 * Source: RFC 8257 3.3, steps 5 and 6: alpha (1 - g) + g M.
 *
 * Return: the new estimate.
 */
u32 xtcp_dctcp_alpha(u32 alpha, u32 acked, u32 marked)
{
	u64 share = (u64)min(marked, acked) << (XTCP_DCTCP_ONE_BITS - GAIN_BITS);

	return alpha - DIV_ROUND_UP(alpha, 1 << GAIN_BITS) + DIV_ROUND_UP_ULL(share, acked);
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_dctcp_alpha);

/* RFC 8257 3.3, 4.2: what the first mark means is not known, so it is taken for the most. */
static void dctcp_init(struct xtcp_cong *cc, u64 now_us)
{
	xtcp_cong_priv(cc, struct dctcp)->alpha = XTCP_DCTCP_ONE;
}

/*
 * RFC 8257 3.3, steps 2 to 8; but what is acknowledged selectively counts when it is, which step 1
 * leaves out. Else all that arrives beyond a gap would count with the ACK that closes it, which
 * says how what closed it came: a retransmission, which is never marked.
 */
static void dctcp_echo(struct xtcp_cong *cc, const struct xtcp_cong_echo *echo)
{
	struct dctcp *dctcp = xtcp_cong_priv(cc, struct dctcp);

	dctcp->acked += min(echo->delivered, U32_MAX - dctcp->acked);
	dctcp->marked += min(echo->marked, U32_MAX - dctcp->marked);
	if (dctcp->begun && !xtcp_seq_gt(echo->una, dctcp->window_end))
		return;
	if (dctcp->acked)
		dctcp->alpha = xtcp_dctcp_alpha(dctcp->alpha, dctcp->acked, dctcp->marked);
	dctcp->acked = 0;
	dctcp->marked = 0;
	dctcp->window_end = echo->nxt;
	dctcp->begun = true;
}

/* RFC 8257 3.4 */
static void dctcp_ack(struct xtcp_cong *cc, const struct xtcp_cong_ack *ack)
{
	xtcp_cong_reno.ack(cc, ack);
}

/* RFC 8257 3.3, step 9; 3.5: a loss is what it is to others. */
static u32 dctcp_ssthresh(struct xtcp_cong *cc, const struct xtcp_cong_event *event)
{
	const struct dctcp *dctcp = xtcp_cong_priv(cc, struct dctcp);

	if (event->why != XTCP_CONG_ECE)
		return xtcp_cong_reno.ssthresh(cc, event);
	return cc->cwnd - ((u64)cc->cwnd * dctcp->alpha >> (XTCP_DCTCP_ONE_BITS + 1));
}

static size_t dctcp_info(const struct xtcp_cong *cc, const struct xtcp_cong_ecn *ecn, void *buf,
			 size_t len)
{
	const struct dctcp *dctcp = (const struct dctcp *)cc->priv;
	struct tcp_dctcp_info info = {
		.dctcp_enabled = ecn->ok,
		.dctcp_ce_state = ecn->ce,
		.dctcp_alpha = dctcp->alpha >> (XTCP_DCTCP_ONE_BITS - INFO_ONE_BITS),
		.dctcp_ab_ecn = dctcp->marked,
		.dctcp_ab_tot = dctcp->acked,
	};

	len = min(len, sizeof(info));
	memcpy(buf, &info, len);
	return len;
}

struct xtcp_cong_ops xtcp_cong_dctcp = {
	.init		= dctcp_init,
	.ack		= dctcp_ack,
	.echo		= dctcp_echo,
	.ssthresh	= dctcp_ssthresh,
	.info		= dctcp_info,
	.info_attr	= INET_DIAG_DCTCPINFO,
	.flags		= XTCP_CONG_ECN | XTCP_CONG_RESTRICTED,
	.name		= "dctcp",
	.owner		= THIS_MODULE,
};
EXPORT_SYMBOL_IF_KUNIT(xtcp_cong_dctcp);

// SPDX-License-Identifier: GPL-2.0
/*
 * Proportional rate reduction: between the beginning of a recovery and its end, what is sent is in
 * proportion to what arrives, so that the network holds ssthresh at its end, and never falls silent
 * in between.
 */
#include <linux/math64.h>
#include <linux/limits.h>
#include <linux/minmax.h>

#include "prr.h"

/**
 * xtcp_prr_begin - a recovery begins
 * @prr: of the connection
 * @flight: bytes sent and neither acknowledged nor selectively acknowledged
 *
 * Source: RFC 9937 6.1: RecoverFS.
 */
void xtcp_prr_begin(struct xtcp_prr *prr, u32 flight)
{
	*prr = (struct xtcp_prr) { .flight = max(flight, 1U) };
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_prr_begin);

/**
 * xtcp_prr_allowance - what may be sent now
 * @prr: of the connection
 * @delivered: bytes that this ACK says have newly arrived, either way
 * @pipe: bytes in the network, what this ACK has shown to be lost not among them
 * @ssthresh: what it is to come down to, bytes
 * @mss: bytes of a full segment
 * @safe: snd_una moved, and no new loss was found
 *
 * Source: RFC 9937 6.2.
 *
 * Return: bytes; the congestion window is that much more than @pipe.
 */
u32 xtcp_prr_allowance(struct xtcp_prr *prr, u32 delivered, u32 pipe, u32 ssthresh, u32 mss,
		       bool safe)
{
	u64 send;

	prr->delivered = min_t(u64, (u64)prr->delivered + delivered, U32_MAX);
	if (pipe > ssthresh) {
		send = DIV64_U64_ROUND_UP((u64)prr->delivered * ssthresh, prr->flight);
		send -= min_t(u64, send, prr->out);
	} else {
		send = prr->delivered - min(prr->delivered, prr->out);
		send = max_t(u64, send, delivered);
		if (safe)
			send += mss;
		send = min_t(u64, send, ssthresh - pipe);
	}
	/* "Force a fast retransmit upon entering recovery." */
	if (!prr->out)
		send = max_t(u64, send, mss);
	return min_t(u64, send, U32_MAX - pipe);
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_prr_allowance);

/**
 * xtcp_prr_sent - something was sent
 * @prr: of the connection
 * @bytes: of data, new or sent again
 */
void xtcp_prr_sent(struct xtcp_prr *prr, u32 bytes)
{
	prr->out = min_t(u64, (u64)prr->out + bytes, U32_MAX);
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_prr_sent);

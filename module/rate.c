// SPDX-License-Identifier: GPL-2.0
/*
 * How fast data arrives. A segment remembers, as it is sent, how much had been delivered by then,
 * and when; the ACK that covers it tells how much has been since. Acknowledgments may come in
 * bunches and segments leave in bunches, so that the longer of the two times is what counts.
 */
#include <linux/minmax.h>
#include <kunit/visibility.h>

#include "rate.h"

/**
 * xtcp_rate_sent - a segment is being sent, or sent again
 * @rate: of the connection
 * @tx: of the segment; filled
 * @now_us: clock
 * @len: bytes of the segment
 * @in_flight: bytes in the network without it
 *
 * Source: draft-ietf-ccwg-bbr 4.1.2.2.
 */
void xtcp_rate_sent(struct xtcp_rate *rate, struct xtcp_rate_tx *tx, u64 now_us, u32 len,
		    u32 in_flight)
{
	/* The time that passed while nothing was under way says nothing of the network. */
	if (!in_flight) {
		rate->first_sent_us = now_us;
		rate->delivered_us = now_us;
	}
	*tx = (struct xtcp_rate_tx) {
		.delivered = rate->delivered,
		.delivered_us = rate->delivered_us,
		.first_sent_us = rate->first_sent_us,
		.lost = rate->lost,
		.in_flight = in_flight + len,
		.app_limited = rate->app_limited != 0,
	};
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_rate_sent);

/* Whether a segment was sent after the one that a sample is of so far. */
static bool is_younger(const struct xtcp_rate_sample *sample, u64 prior_delivered, u64 sent_us)
{
	return !sample->valid || prior_delivered > sample->prior_delivered ||
	       (prior_delivered == sample->prior_delivered && sent_us > sample->sent_us);
}

/**
 * xtcp_rate_delivered - a segment, or a part of it, has arrived
 * @rate: of the connection
 * @tx: of the segment
 * @sent_us: when it was last sent
 * @rtx: it was sent more than once
 * @len: bytes of it that nothing was known of before
 * @now_us: clock
 * @sample: the ACK's, zeroed before its first segment
 *
 * Source: draft-ietf-ccwg-bbr 4.1.2.3.
 */
void xtcp_rate_delivered(struct xtcp_rate *rate, const struct xtcp_rate_tx *tx, u64 sent_us,
			 bool rtx, u32 len, u64 now_us, struct xtcp_rate_sample *sample)
{
	u64 prior = rate->delivered - (u32)((u32)rate->delivered - tx->delivered);

	rate->delivered += len;
	rate->delivered_us = now_us;
	if (!is_younger(sample, prior, sent_us))
		return;
	*sample = (struct xtcp_rate_sample) {
		.prior_delivered = prior,
		.sent_us = sent_us,
		.lost = tx->lost,
		.in_flight = tx->in_flight,
		.prior_us = tx->delivered_us,
		.send_us = (u32)sent_us - tx->first_sent_us,
		.app_limited = tx->app_limited,
		.rtx = rtx,
		.valid = true,
	};
	rate->first_sent_us = sent_us;
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_rate_delivered);

/**
 * xtcp_rate_finish - all that an ACK covers has been told
 * @rate: of the connection
 * @sample: the ACK's; completed
 * @min_rtt_us: least round-trip time known, 0: none. What took less is no sample
 *
 * Source: draft-ietf-ccwg-bbr 4.1.2.3.
 */
void xtcp_rate_finish(struct xtcp_rate *rate, struct xtcp_rate_sample *sample, u32 min_rtt_us)
{
	u32 interval_us;
	s32 ack_us;

	if (rate->app_limited && rate->delivered > rate->app_limited)
		rate->app_limited = 0;
	if (!sample->valid)
		return;
	sample->delivered = rate->delivered - sample->prior_delivered;
	sample->lost = xtcp_rate_lost_since(rate->lost, sample->lost);
	/* What goes in one instant bears times that are ahead of it (xtcp_rack_stamp()). */
	ack_us = rate->delivered_us - sample->prior_us;
	interval_us = max_t(u32, sample->send_us, max(ack_us, 0));
	sample->interval_us = interval_us < min_rtt_us ? 0 : interval_us;
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_rate_finish);

/**
 * xtcp_rate_found - what was taken for lost has come before it went again
 * @rate: of the connection
 * @len: bytes
 *
 * The draft leaves it among the losses until all of them are undone (5.5.10.3), which is never
 * where others were lost.
 */
void xtcp_rate_found(struct xtcp_rate *rate, u32 len)
{
	rate->lost -= len;
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_rate_found);

/**
 * xtcp_rate_app_limited - there was nothing more to send, though the network would take it
 * @rate: of the connection
 * @in_flight: bytes in the network
 *
 * Source: draft-ietf-ccwg-bbr 4.1.2.4.
 */
void xtcp_rate_app_limited(struct xtcp_rate *rate, u32 in_flight)
{
	rate->app_limited = max_t(u64, rate->delivered + in_flight, 1);
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_rate_app_limited);

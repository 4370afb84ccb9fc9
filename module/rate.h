/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_RATE_H
#define _XTCP_RATE_H

#include <linux/math64.h>
#include <linux/time64.h>
#include <linux/types.h>

/**
 * struct xtcp_rate - how fast data arrives: a connection's side of it
 * @delivered: bytes that have arrived so far, cumulatively or selectively acknowledged
 * @app_limited: until @delivered is this, what arrives was sent as slowly as it was written; 0: no
 * @lost: bytes taken for lost so far, but for those that came before they went again; wraps
 * @delivered_us: when @delivered last grew; low bits of the clock
 * @first_sent_us: when the segment was sent that was the last to be delivered then; likewise
 *
 * Source: draft-ietf-ccwg-bbr 4.1.
 */
struct xtcp_rate {
	u64	delivered;
	u64	app_limited;
	u32	lost;
	u32	delivered_us;
	u32	first_sent_us;
};

/**
 * struct xtcp_rate_tx - the same as a segment was sent, which keeps it
 * @delivered: low bits of xtcp_rate.delivered
 * @delivered_us: xtcp_rate.delivered_us
 * @first_sent_us: xtcp_rate.first_sent_us
 * @lost: xtcp_rate.lost
 * @in_flight: bytes in the network, this segment's among them
 * @app_limited: xtcp_rate.app_limited was set
 */
struct xtcp_rate_tx {
	u32	delivered;
	u32	delivered_us;
	u32	first_sent_us;
	u32	lost;
	u32	in_flight:31,
		app_limited:1;
};

/**
 * struct xtcp_rate_sample - what an ACK tells of the rate
 * @prior_delivered: xtcp_rate.delivered when the youngest segment was sent that it acknowledges
 * @delivered: bytes that arrived since
 * @interval_us: in how long; 0: no valid sample
 * @lost: bytes taken for lost since
 * @in_flight: bytes in the network when that segment was sent
 * @app_limited: it was not the network that kept the sender from being faster
 * @valid: of the above but @interval_us
 * @prior_us: xtcp_rate.delivered_us when it was sent
 * @send_us: how long what arrived took to be sent
 * @sent_us: when that segment was sent
 * @rtx: it was sent more than once
 */
struct xtcp_rate_sample {
	u64	prior_delivered;
	u64	sent_us;
	u32	delivered;
	u32	interval_us;
	u32	lost;
	u32	in_flight;
	u32	prior_us;
	u32	send_us;
	bool	app_limited;
	bool	rtx;
	bool	valid;
};

void xtcp_rate_sent(struct xtcp_rate *rate, struct xtcp_rate_tx *tx, u64 now_us, u32 len,
		    u32 in_flight);
void xtcp_rate_delivered(struct xtcp_rate *rate, const struct xtcp_rate_tx *tx, u64 sent_us,
			 bool rtx, u32 len, u64 now_us, struct xtcp_rate_sample *sample);
void xtcp_rate_finish(struct xtcp_rate *rate, struct xtcp_rate_sample *sample, u32 min_rtt_us);
void xtcp_rate_found(struct xtcp_rate *rate, u32 len);
void xtcp_rate_app_limited(struct xtcp_rate *rate, u32 in_flight);

/**
 * xtcp_rate_lost_since - what was lost since a segment was sent
 * @lost: xtcp_rate.lost now
 * @before: then
 *
 * Return: bytes; 0 where what had been taken for lost before has come since, and is more.
 */
static inline u32 xtcp_rate_lost_since(u32 lost, u32 before)
{
	return (s32)(lost - before) > 0 ? lost - before : 0;
}

/**
 * xtcp_rate_of - what so many bytes in such a time are
 * @bytes: delivered, say
 * @us: in how long
 *
 * Return: bytes a second; 0 if @us is 0.
 */
static inline u64 xtcp_rate_of(u32 bytes, u32 us)
{
	return us ? div_u64((u64)bytes * USEC_PER_SEC, us) : 0;
}

/**
 * xtcp_rate_limit - a limit to the rate, as user space is told of it on every machine
 * @limit: bytes a second; all ones: there is none
 *
 * Return: the same, in 64 bits.
 */
static inline u64 xtcp_rate_limit(unsigned long limit)
{
	return limit == ~0ul ? ~0ull : limit;
}

#endif /* _XTCP_RATE_H */

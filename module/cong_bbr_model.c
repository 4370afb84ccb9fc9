// SPDX-License-Identifier: GPL-2.0
/*
 * BBR's model of a path: how fast it delivers, how long that takes while nobody queues, and what of
 * it losses of late have left. All of draft-ietf-ccwg-bbr 5.5.
 */
#include <linux/math.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/string.h>
#include <linux/time64.h>

#include "cong_bbr.h"

#define MIN_RTT_FILTER_US	(10 * USEC_PER_SEC)	/* MinRTTFilterLen */
#define PROBE_RTT_INTERVAL_US	(5 * USEC_PER_SEC)	/* ProbeRTTInterval */
#define PROBE_RTT_QUIET_US	(9 * USEC_PER_SEC)
#define EXTRA_ACKED_ROUNDS	5	/* half of ExtraAckedFilterLen: there are two windows */
#define MIN_PIPE_SEGMENTS	4	/* MinPipeCwnd */
#define QUANTA_PER_SEC		1000
#define QUANTUM_MAX		(64 * 1024)
#define FULL_BW_ROUNDS		3
#define ECE_THRESH_DIV		2
#define HELD_ROUNDS		6	/* more of them are not a stop but the way it goes */
#define LOSS_THRESH		(XTCP_BBR_SHARE_ALL * 2 / 100)	/* LossThresh: 2 % */
#define NOISE_MAX		(XTCP_BBR_SHARE_ALL / 10)

/* No queue stands: an eighth of the round-trip time at most, and two segments. */
#define QUIET_RTT_DIV		8
#define QUIET_SEGMENTS		2
#define QUIET_ROUNDS		16	/* that are remembered */
#define QUIET_SHIFT		3	/* so many flights of 1 GiB fit 32 bits then */

/**
 * xtcp_bbr_model_init - nothing is known of the path
 * @bbr: zeroed
 * @now_us: the clock
 */
void xtcp_bbr_model_init(struct xtcp_bbr *bbr, u64 now_us)
{
	bbr->min_rtt_us = U32_MAX;
	bbr->probe_rtt_min_us = U32_MAX;
	bbr->min_rtt_at_us = now_us;
	bbr->probe_rtt_at_us = now_us;
	bbr->extra_at_us = now_us;
	bbr->inflight_hi = U32_MAX;
	bbr->undo_inflight_hi = U32_MAX;
	bbr->undo_inflight_lo = U32_MAX;
	bbr->undo_bw_lo = ~0ull;
	xtcp_bbr_reset_signals(bbr);
	xtcp_bbr_reset_lower_bounds(bbr);
}

/* 5.5.10.1 BBRResetCongestionSignals() */
void xtcp_bbr_reset_signals(struct xtcp_bbr *bbr)
{
	bbr->loss_in_round = false;
	bbr->ece_bytes = 0;
	bbr->round_bytes = 0;
	bbr->loss_events = 0;
	bbr->bw_latest = 0;
	bbr->inflight_latest = 0;
}

/* 5.5.10.3 BBRResetShortTermModel() */
void xtcp_bbr_reset_lower_bounds(struct xtcp_bbr *bbr)
{
	bbr->bw_lo = ~0ull;
	bbr->inflight_lo = U32_MAX;
}

/* 5.3.1.2 BBRResetFullBW() */
void xtcp_bbr_reset_full_bw(struct xtcp_bbr *bbr, u64 bw)
{
	bbr->full_bw = bw;
	bbr->full_bw_count = 0;
	bbr->full_bw_now = false;
}

/* Least window that keeps a path busy whose receiver delays its ACKs. */
u32 xtcp_bbr_min_pipe(const struct xtcp_cong *cc)
{
	return xtcp_cong_bound((u64)MIN_PIPE_SEGMENTS * cc->mss);
}

/**
 * xtcp_bbr_bdp - what the path holds
 * @cc: congestion state
 * @bbr: its own
 * @gain: how much of that, in 1/256
 *
 * Source: 5.6.4.2 BBRBDPMultiple(). It knows no path on which some overtake the others: the least
 * time is theirs then, and where most take twice as long, cwnd never is more than what there is
 * already.
 *
 * Return: bytes, at most %XTCP_CWND_MAX; cwnd if the path is unknown.
 */
u64 xtcp_bbr_bdp(const struct xtcp_cong *cc, const struct xtcp_bbr *bbr, u32 gain)
{
	u32 rtt_us = min_t(u64, (u64)bbr->min_rtt_us + bbr->late_us, U32_MAX);
	u64 bdp;

	if (bbr->min_rtt_us == U32_MAX || !bbr->bw)
		return cc->cwnd;
	bdp = min_t(u64, mul_u64_u32_div(bbr->bw, rtt_us, USEC_PER_SEC), XTCP_CWND_MAX);
	return xtcp_cong_bound(bdp * gain >> XTCP_BBR_UNIT_BITS);
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_bbr_bdp);

/* 5.6.4.2 BBRQuantizationBudget(): enough for both ends to send and receive in bunches. */
static u32 quantize(const struct xtcp_cong *cc, const struct xtcp_bbr *bbr, u64 bytes)
{
	u64 quantum = min_t(u64, div_u64(cc->pacing_rate, QUANTA_PER_SEC), QUANTUM_MAX);

	quantum = max_t(u64, quantum, 2ull * cc->mss);
	bytes = max3(bytes, 3 * quantum, (u64)xtcp_bbr_min_pipe(cc));
	if (bbr->state == XTCP_BBR_UP)
		bytes += 2ull * cc->mss;
	return xtcp_cong_bound(bytes);
}

/**
 * xtcp_bbr_inflight - how much has to be in the network to make use of the path
 * @cc: congestion state
 * @bbr: its own
 * @gain: how much of that, in 1/256
 *
 * Source: 5.6.4.2 BBRInflight().
 *
 * Return: bytes.
 */
u32 xtcp_bbr_inflight(const struct xtcp_cong *cc, const struct xtcp_bbr *bbr, u32 gain)
{
	return quantize(cc, bbr, xtcp_bbr_bdp(cc, bbr, gain));
}

/**
 * xtcp_bbr_max_inflight - likewise, where ACKs come in bunches
 * @cc: congestion state
 * @bbr: its own
 * @gain: cwnd_gain, in 1/256
 *
 * Source: 5.6.4.2 BBRUpdateMaxInflight().
 *
 * Return: bytes.
 */
u32 xtcp_bbr_max_inflight(const struct xtcp_cong *cc, const struct xtcp_bbr *bbr, u32 gain)
{
	return quantize(cc, bbr, xtcp_bbr_bdp(cc, bbr, gain) +
			(u64)max(bbr->extra[0], bbr->extra[1]));
}

/*
 * Few segments make a poor sample: of 68, each of which is lost once in a hundred times, two are
 * lost in every sixth round trip, and that is above LossThresh. So it has to be above by twice the
 * standard deviation of what is lost at @share, which grows with the root of the window only.
 */
static bool is_above(const struct xtcp_cong *cc, const struct xtcp_bbr_sample *sample, u32 share)
{
	u32 tolerable = (u64)sample->sent * share >> XTCP_BBR_SHARE_BITS;

	return sample->lost > tolerable &&
	       sample->lost - tolerable > 2 * int_sqrt64((u64)tolerable * cc->mss);
}

/**
 * xtcp_bbr_loss_thresh - what may be lost while the path is probed for more
 * @bbr: connection's
 *
 * Return: the draft's LossThresh and what is lost anyway, in 1/65536.
 */
u32 xtcp_bbr_loss_thresh(const struct xtcp_bbr *bbr)
{
	return LOSS_THRESH + bbr->noise;
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_bbr_loss_thresh);

/**
 * xtcp_bbr_lost_too_much - whether it was more than chance may well have taken
 * @cc: congestion state
 * @bbr: its own
 * @sample: of what was sent in a round trip
 *
 * Source: 5.5.10.2 IsInflightTooHigh(), where chance takes nothing. In STARTUP, as long as no queue
 * stands, it is not known yet what it takes, and to stop too early costs more than a few rounds of
 * too much.
 *
 * Return: whether the network holds less than that.
 */
bool xtcp_bbr_lost_too_much(const struct xtcp_cong *cc, const struct xtcp_bbr *bbr,
			    const struct xtcp_bbr_sample *sample)
{
	bool early = bbr->state == XTCP_BBR_STARTUP && !bbr->queued_rounds;

	return is_above(cc, sample, early ? NOISE_MAX : xtcp_bbr_loss_thresh(bbr));
}

/* 5.5.1 BBRUpdateRound() */
static void update_round(struct xtcp_bbr *bbr, const struct xtcp_bbr_sample *sample)
{
	bbr->round_start = sample->new_round;
	if (!sample->new_round)
		return;
	xtcp_bbr_start_round(bbr);
	if (bbr->rounds_since_probe < U8_MAX)
		bbr->rounds_since_probe++;
}

/* 5.5.5 BBRUpdateMaxBw(): what is limited otherwise counts if it is more nevertheless. */
static void update_max_bw(struct xtcp_bbr *bbr, const struct xtcp_bbr_sample *sample)
{
	if (!sample->bw || (sample->app_limited && sample->bw < xtcp_bbr_max_bw(bbr)))
		return;
	bbr->bw_filter[1] = max(bbr->bw_filter[1], sample->bw);
}

/*
 * 5.5.10.3 BBRAdaptLowerBoundsFromCongestion(): a round with losses while none were looked for. The
 * draft knows no ECN; a mark is a loss to it (RFC 3168 5).
 */
static void lower_bounds(const struct xtcp_cong *cc, struct xtcp_bbr *bbr)
{
	u32 cwnd = bbr->recovering ? max(cc->cwnd, bbr->prior_cwnd) : cc->cwnd;

	if (bbr->bw_lo == ~0ull)
		bbr->bw_lo = xtcp_bbr_max_bw(bbr);
	if (bbr->inflight_lo == U32_MAX)
		bbr->inflight_lo = cwnd;
	bbr->bw_lo = max(bbr->bw_latest, xtcp_bbr_beta(bbr->bw_lo));
	bbr->inflight_lo = max_t(u64, bbr->inflight_latest, xtcp_bbr_beta(bbr->inflight_lo));
}

/* Of the rounds in a row in which most of what arrived met congestion. */
static void count_ece_round(struct xtcp_bbr *bbr)
{
	if (!bbr->ece_bytes || bbr->ece_bytes < bbr->round_bytes / ECE_THRESH_DIV)
		bbr->ece_rounds = 0;
	else if (bbr->ece_rounds < U8_MAX)
		bbr->ece_rounds++;
}

/* Of the rounds in a row in which the peer's window, or the send buffer, was full at one time. */
static void count_held_round(struct xtcp_bbr *bbr)
{
	if (!bbr->held)
		bbr->held_rounds = 0;
	else if (bbr->held_rounds < HELD_ROUNDS)
		bbr->held_rounds++;
	bbr->held = false;
}

/*
 * Any loss is congestion to the draft. But a flow that is paced at 99 % of the rate and loses one
 * in a hundred delivers 98 % of it, so that each round would lower the bounds by that much again;
 * what probing takes for no sign of a full network is none here either.
 */
static bool is_round_congested(const struct xtcp_cong *cc, const struct xtcp_bbr *bbr,
			       const struct xtcp_bbr_sample *sample)
{
	if (bbr->ece_bytes)
		return true;
	/* The peer's window cuts a flight short, and what was lost is of the one before. */
	if (xtcp_bbr_is_held(bbr) && bbr->held_rounds < HELD_ROUNDS)
		return false;
	return bbr->loss_in_round && xtcp_bbr_lost_too_much(cc, bbr, sample);
}

/* Whether a round tells of a queue at all: a path that is not in use all the time has none. */
static bool is_round_known(const struct xtcp_bbr *bbr)
{
	return bbr->round_rtt_us && bbr->bw && !xtcp_bbr_is_held(bbr);
}

/* Whether nothing in the round took longer than on a path on which nobody queues. */
static bool is_round_quiet(const struct xtcp_cong *cc, const struct xtcp_bbr *bbr)
{
	u64 rtt_us = (u64)bbr->min_rtt_us + bbr->late_us;

	if (!is_round_known(bbr) || bbr->ece_bytes)
		return false;
	return bbr->round_rtt_us <= rtt_us + rtt_us / QUIET_RTT_DIV +
	       div64_u64((u64)QUIET_SEGMENTS * cc->mss * USEC_PER_SEC, bbr->bw);
}

/*
 * Of the rounds in a row in which a queue stood, as far as they tell. In UP, and until its queue is
 * gone, it is of the connection's own making.
 */
static void count_queued_round(struct xtcp_bbr *bbr, bool quiet)
{
	if (bbr->state != XTCP_BBR_STARTUP && bbr->state != XTCP_BBR_CRUISE &&
	    bbr->state != XTCP_BBR_REFILL)
		return;
	if (quiet)
		bbr->queued_rounds = 0;
	else if (is_round_known(bbr) && bbr->queued_rounds < XTCP_BBR_QUEUED_ROUNDS)
		bbr->queued_rounds++;
}

/*
 * What a path loses at any rate is no sign of too high a one, and where it is more than LossThresh
 * it ends each probing as soon as that has begun; the draft knows no such path. So what is lost
 * while no queue stands is learnt, but not from what was sent to find out how much is too much, nor
 * where so much is lost that a policer may have taken it.
 */
static void learn_noise(const struct xtcp_cong *cc, struct xtcp_bbr *bbr,
			const struct xtcp_bbr_sample *sample)
{
	u32 sent = min(sample->sent, XTCP_CWND_MAX) >> QUIET_SHIFT;
	u32 lost = min(sample->lost >> QUIET_SHIFT, sent);
	bool quiet = is_round_quiet(cc, bbr);

	count_queued_round(bbr, quiet);
	bbr->round_rtt_us = 0;
	if (!quiet || bbr->acks > XTCP_BBR_ACKS_REFILLING || is_above(cc, sample, NOISE_MAX))
		return;
	bbr->quiet_sent += sent - bbr->quiet_sent / QUIET_ROUNDS;
	bbr->quiet_lost += lost - bbr->quiet_lost / QUIET_ROUNDS;
	bbr->noise = min_t(u64, NOISE_MAX, div_u64((u64)bbr->quiet_lost << XTCP_BBR_SHARE_BITS,
						   max(bbr->quiet_sent, 1U)));
}

/* 5.5.9 BBRUpdateACKAggregation() */
static void update_aggregation(const struct xtcp_cong *cc, struct xtcp_bbr *bbr,
			       const struct xtcp_bbr_sample *sample)
{
	u32 rounds = bbr->full_bw_reached ? EXTRA_ACKED_ROUNDS : 1;
	u64 expected, passed_us = sample->now_us - bbr->extra_at_us;

	if (bbr->round_start && ++bbr->extra_rounds >= rounds) {
		bbr->extra_rounds = 0;
		bbr->extra_slot = !bbr->extra_slot;
		bbr->extra[bbr->extra_slot] = 0;
	}
	expected = mul_u64_u32_div(bbr->bw, min_t(u64, passed_us, U32_MAX), USEC_PER_SEC);
	if (bbr->extra_delivered <= expected) {
		bbr->extra_delivered = 0;
		bbr->extra_at_us = sample->now_us;
		expected = 0;
	}
	bbr->extra_delivered = min_t(u64, (u64)bbr->extra_delivered + sample->acked, U32_MAX);
	expected = min_t(u64, bbr->extra_delivered - min_t(u64, expected, bbr->extra_delivered),
			 cc->cwnd);
	bbr->extra[bbr->extra_slot] = max_t(u32, bbr->extra[bbr->extra_slot], expected);
}

/*
 * Where some overtake all others a round ends with the first of them, and the rate cannot have
 * grown before the rest comes: so there are more rounds in as many round trips.
 */
static u32 full_bw_rounds(const struct xtcp_bbr *bbr)
{
	u32 ratio = bbr->late_us / max(bbr->min_rtt_us, 1U);

	return FULL_BW_ROUNDS * (bbr->late_us ? 2 + min(ratio, 2U) : 1);
}

/* 5.3.1.2 BBRCheckFullBWReached(): three rounds in which the rate did not grow by a quarter. */
static void check_full_bw(struct xtcp_bbr *bbr, const struct xtcp_bbr_sample *sample)
{
	if (bbr->full_bw_now || !bbr->round_start || sample->app_limited || !sample->bw)
		return;
	if (sample->bw >= bbr->full_bw + bbr->full_bw / 4) {
		xtcp_bbr_reset_full_bw(bbr, sample->bw);
		return;
	}
	bbr->full_bw_now = ++bbr->full_bw_count >= full_bw_rounds(bbr);
	bbr->full_bw_reached |= bbr->full_bw_now;
}

/**
 * xtcp_bbr_update_signals - learn from an ACK
 * @cc: congestion state
 * @bbr: its own
 * @sample: what the ACK tells
 * @lost: something was found to be lost
 *
 * Source: 5.5.10.3 BBRUpdateLatestDeliverySignals(), BBRUpdateCongestionSignals().
 */
void xtcp_bbr_update_signals(struct xtcp_cong *cc, struct xtcp_bbr *bbr,
			     const struct xtcp_bbr_sample *sample, bool lost)
{
	bbr->loss_round_start = sample->new_loss_round;
	bbr->round_rtt_us = max(bbr->round_rtt_us, sample->rtt_us);
	bbr->held |= sample->held;
	bbr->bw_latest = max(bbr->bw_latest, sample->bw);
	bbr->inflight_latest = max(bbr->inflight_latest, sample->delivered);
	if (bbr->loss_round_start)
		bbr->loss_round_delivered = bbr->delivered;

	update_round(bbr, sample);
	update_max_bw(bbr, sample);
	bbr->ece_bytes = min_t(u64, (u64)bbr->ece_bytes + sample->ece_bytes, U32_MAX);
	bbr->round_bytes = min_t(u64, (u64)bbr->round_bytes + sample->acked, U32_MAX);
	if (lost && bbr->loss_events < U8_MAX)
		bbr->loss_events++;
	bbr->loss_in_round |= lost || sample->ece_bytes;
	if (bbr->loss_round_start) {
		count_ece_round(bbr);
		learn_noise(cc, bbr, sample);
		if (is_round_congested(cc, bbr, sample) && !xtcp_bbr_is_probing(bbr))
			lower_bounds(cc, bbr);
		bbr->loss_in_round = false;
		bbr->ece_bytes = 0;
		bbr->round_bytes = 0;
		count_held_round(bbr);
	}
	update_aggregation(cc, bbr, sample);
	check_full_bw(bbr, sample);
}

/**
 * xtcp_bbr_advance_signals - all has been learnt from an ACK
 * @bbr: connection's
 * @sample: what it told
 *
 * Source: 5.5.10.3 BBRAdvanceLatestDeliverySignals(), BBRBoundBWForModel().
 */
void xtcp_bbr_advance_signals(struct xtcp_bbr *bbr, const struct xtcp_bbr_sample *sample)
{
	if (bbr->loss_round_start) {
		bbr->bw_latest = sample->bw;
		bbr->inflight_latest = sample->delivered;
		bbr->loss_events = 0;
	}
	bbr->bw = min(xtcp_bbr_max_bw(bbr), bbr->bw_lo);
}

/*
 * Where no queue stands all the same, to empty the network teaches nothing, and has a price: it is
 * done once within MinRTTFilterLen then, not twice.
 */
static u64 probe_rtt_interval_us(const struct xtcp_bbr *bbr)
{
	return xtcp_bbr_is_queued(bbr) ? PROBE_RTT_INTERVAL_US : PROBE_RTT_QUIET_US;
}

/**
 * xtcp_bbr_update_min_rtt - what a round trip takes at least
 * @bbr: connection's
 * @rtt_us: measured, microseconds; 0: nothing was
 * @now_us: the clock
 *
 * Source: 5.5.7 BBRUpdateMinRTT().
 *
 * Return: whether it is time for PROBE_RTT: nothing shorter was seen for 5 s, or 9.
 */
bool xtcp_bbr_update_min_rtt(struct xtcp_bbr *bbr, u32 rtt_us, u64 now_us)
{
	bool expired = now_us > bbr->probe_rtt_at_us + probe_rtt_interval_us(bbr);
	bool old = now_us > bbr->min_rtt_at_us + MIN_RTT_FILTER_US;

	if (rtt_us && (rtt_us < bbr->probe_rtt_min_us || expired)) {
		bbr->probe_rtt_min_us = rtt_us;
		bbr->probe_rtt_at_us = now_us;
	}
	if (bbr->probe_rtt_min_us < bbr->min_rtt_us || old) {
		bbr->min_rtt_us = bbr->probe_rtt_min_us;
		bbr->min_rtt_at_us = bbr->probe_rtt_at_us;
	}
	return expired;
}

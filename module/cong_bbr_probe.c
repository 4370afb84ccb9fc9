// SPDX-License-Identifier: GPL-2.0
/*
 * BBR's PROBE_BW: every few seconds a connection asks the path for more than it was seen to give,
 * until it gets no more or too much is lost, and then makes room, so that others can find out as
 * well. What was lost on the way is how the most that the network holds is known (inflight_hi).
 * All of draft-ietf-ccwg-bbr 5.3.3 and 5.5.10.2.
 */
#include <linux/hash.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/time64.h>

#include "cong_bbr.h"

#define HEADROOM_NUM		15	/* Headroom: 15 % */
#define HEADROOM_DEN		100
#define PROBE_WAIT_US		(2 * USEC_PER_SEC)	/* and up to a second more */
#define RENO_ROUNDS_MAX		63
#define PROBE_UP_ROUNDS_MAX	30

/* Not to begin when others do is all that this is for. */
static u32 pick_number(const struct xtcp_bbr *bbr, u64 now_us)
{
	return hash_64(now_us ^ bbr->delivered << 20, 32);
}

/* 5.3.3.5.3 BBRPickProbeWait() */
static void pick_probe_wait(struct xtcp_bbr *bbr, u64 now_us)
{
	u32 number = pick_number(bbr, now_us);

	bbr->rounds_since_probe = number & 1;
	bbr->probe_wait_us = PROBE_WAIT_US + ((u64)number * USEC_PER_SEC >> 32);
}

/* 5.3.3.6 BBRStartProbeBW_DOWN() */
void xtcp_bbr_start_down(struct xtcp_bbr *bbr, u64 now_us)
{
	xtcp_bbr_reset_signals(bbr);
	pick_probe_wait(bbr, now_us);
	bbr->cycle_us = now_us;
	bbr->acks = XTCP_BBR_ACKS_STOPPING;
	xtcp_bbr_start_round(bbr);
	bbr->state = XTCP_BBR_DOWN;
}

/* BBRStartProbeBW_CRUISE() */
void xtcp_bbr_start_cruise(struct xtcp_bbr *bbr)
{
	bbr->queued_rounds = 0;
	bbr->state = XTCP_BBR_CRUISE;
}

/* BBRStartProbeBW_REFILL() */
static void start_refill(struct xtcp_bbr *bbr)
{
	xtcp_bbr_reset_lower_bounds(bbr);
	bbr->probe_up_rounds = 0;
	bbr->probe_up_acked = 0;
	bbr->acks = XTCP_BBR_ACKS_REFILLING;
	xtcp_bbr_start_round(bbr);
	bbr->state = XTCP_BBR_REFILL;
}

/* BBRStartProbeBW_UP() */
void xtcp_bbr_start_up(struct xtcp_bbr *bbr, u64 now_us, u64 bw)
{
	bbr->acks = XTCP_BBR_ACKS_STARTING;
	bbr->cycle_us = now_us;
	xtcp_bbr_start_round(bbr);
	xtcp_bbr_reset_full_bw(bbr, bw);
	bbr->state = XTCP_BBR_UP;
}

/**
 * xtcp_bbr_headroom - inflight_hi, less what is left to others
 * @cc: congestion state
 * @bbr: its own
 *
 * Source: 5.6.4.7 BBRInflightWithHeadroom().
 *
 * Return: bytes; U32_MAX: there is no bound.
 */
u32 xtcp_bbr_headroom(const struct xtcp_cong *cc, const struct xtcp_bbr *bbr)
{
	u32 room;

	if (bbr->inflight_hi == U32_MAX)
		return U32_MAX;
	room = max_t(u64, mul_u64_u32_div(bbr->inflight_hi, HEADROOM_NUM, HEADROOM_DEN), cc->mss);
	return max(bbr->inflight_hi - min(room, bbr->inflight_hi), xtcp_bbr_min_pipe(cc));
}

/* BBRTargetInflight() */
static u32 target_inflight(const struct xtcp_cong *cc, const struct xtcp_bbr *bbr)
{
	return min_t(u64, xtcp_bbr_bdp(cc, bbr, XTCP_BBR_UNIT), cc->cwnd);
}

/* 5.3.3.5.1: not less often than Reno loses something, where that is often. */
static bool is_reno_time(const struct xtcp_cong *cc, const struct xtcp_bbr *bbr)
{
	u32 rounds = min_t(u32, target_inflight(cc, bbr) / max(cc->mss, 1U), RENO_ROUNDS_MAX);

	return bbr->rounds_since_probe >= rounds;
}

/*
 * BBRIsTimeToProbeBW(). On a path that holds a segment or two it always is, but it takes a round
 * until the last probing has been heard of, and the rates of the one before are forgotten.
 */
static bool begin_probing(const struct xtcp_cong *cc, struct xtcp_bbr *bbr, u64 now_us)
{
	if (bbr->acks == XTCP_BBR_ACKS_STOPPING)
		return false;
	if (now_us <= bbr->cycle_us + bbr->probe_wait_us && !is_reno_time(cc, bbr))
		return false;
	start_refill(bbr);
	return true;
}

/* BBRIsTimeToCruise() */
static bool is_drained(const struct xtcp_cong *cc, const struct xtcp_bbr *bbr, u32 in_flight)
{
	return in_flight <= xtcp_bbr_headroom(cc, bbr) &&
	       in_flight <= xtcp_bbr_inflight(cc, bbr, XTCP_BBR_UNIT);
}

/* Whether it is inflight_hi that keeps more from being in the network. */
static bool is_bounded(const struct xtcp_cong *cc, const struct xtcp_bbr *bbr,
		       const struct xtcp_bbr_sample *sample)
{
	return sample->cwnd_limited && cc->cwnd >= bbr->inflight_hi;
}

/* BBRIsTimeToGoDown(): the rate grows no more, and that is not because of inflight_hi. */
static bool is_full(struct xtcp_bbr *bbr, const struct xtcp_bbr_sample *sample, bool bounded)
{
	if (bounded) {
		xtcp_bbr_reset_full_bw(bbr, sample->bw);
		return false;
	}
	return bbr->full_bw_now;
}

/* 5.3.3.6 BBRProbeInflightLongtermUpward(): 1, 2, 4 ... segments in a round trip. */
static void raise_inflight_hi(const struct xtcp_cong *cc, struct xtcp_bbr *bbr,
			      const struct xtcp_bbr_sample *sample)
{
	u32 cwnd = max(cc->cwnd, 1U);
	u32 step, left;
	u64 grown;

	if (!is_bounded(cc, bbr, sample))
		return;
	/* At most cwnd: then it doubles. */
	step = clamp_t(u64, (u64)cc->mss << bbr->probe_up_rounds, 1, cwnd);
	grown = bbr->probe_up_acked + min(sample->acked, cwnd);
	bbr->inflight_hi = xtcp_cong_bound(bbr->inflight_hi +
					   div_u64_rem(grown * step, cwnd, &left));
	/* What is less than a byte is left for the next time. */
	bbr->probe_up_acked = left / step;
	if (bbr->round_start && bbr->probe_up_rounds < PROBE_UP_ROUNDS_MAX)
		bbr->probe_up_rounds++;
}

/**
 * xtcp_bbr_too_high - more was in the network than it holds
 * @cc: congestion state
 * @bbr: its own
 * @sample: of what was sent then
 *
 * Source: 5.5.10.2 BBRHandleInflightTooHigh().
 */
void xtcp_bbr_too_high(const struct xtcp_cong *cc, struct xtcp_bbr *bbr,
		       const struct xtcp_bbr_sample *sample)
{
	u64 least = xtcp_bbr_beta(target_inflight(cc, bbr));

	bbr->probe_samples = false;
	if (!sample->app_limited && !xtcp_bbr_is_held(bbr))
		bbr->inflight_hi = max_t(u64, sample->in_flight, least);
	if (bbr->state == XTCP_BBR_UP)
		xtcp_bbr_start_down(bbr, sample->now_us);
}

/* BBRAdvanceMaxBwFilter() */
static void advance_bw_filter(struct xtcp_bbr *bbr)
{
	if (!bbr->bw_filter[1])
		return;
	bbr->bw_filter[0] = bbr->bw_filter[1];
	bbr->bw_filter[1] = 0;
}

static bool is_too_high(const struct xtcp_cong *cc, const struct xtcp_bbr *bbr,
			const struct xtcp_bbr_sample *sample)
{
	return xtcp_bbr_lost_too_much(cc, bbr, sample) || sample->ece_bytes > sample->acked / 2;
}

/* 5.5.10.2 BBRAdaptLongTermModel() */
static void adapt_upper_bounds(const struct xtcp_cong *cc, struct xtcp_bbr *bbr,
			       const struct xtcp_bbr_sample *sample)
{
	if (bbr->acks == XTCP_BBR_ACKS_STARTING && bbr->round_start)
		bbr->acks = XTCP_BBR_ACKS_FEEDBACK;
	if (bbr->acks == XTCP_BBR_ACKS_STOPPING && bbr->round_start) {
		bbr->acks = XTCP_BBR_ACKS_INIT;
		bbr->probe_samples = false;
		if (xtcp_bbr_in_probe_bw(bbr) && !sample->app_limited)
			advance_bw_filter(bbr);
	}
	if (is_too_high(cc, bbr, sample)) {
		if (bbr->probe_samples)
			xtcp_bbr_too_high(cc, bbr, sample);
		return;
	}
	if (bbr->inflight_hi == U32_MAX)
		return;
	bbr->inflight_hi = max(bbr->inflight_hi, sample->in_flight);
	if (bbr->state == XTCP_BBR_UP)
		raise_inflight_hi(cc, bbr, sample);
}

/**
 * xtcp_bbr_update_cycle - where in the cycle an ACK leads
 * @cc: congestion state
 * @bbr: its own, STARTUP over
 * @sample: what the ACK tells
 * @in_flight: bytes in the network now
 *
 * Source: 5.3.3.6 BBRUpdateProbeBWCyclePhase().
 */
void xtcp_bbr_update_cycle(struct xtcp_cong *cc, struct xtcp_bbr *bbr,
			   const struct xtcp_bbr_sample *sample, u32 in_flight)
{
	/* As it was sent: what arrives may raise the bound. */
	bool bounded = is_bounded(cc, bbr, sample);

	adapt_upper_bounds(cc, bbr, sample);
	switch (bbr->state) {
	case XTCP_BBR_DOWN:
		if (!begin_probing(cc, bbr, sample->now_us) && is_drained(cc, bbr, in_flight))
			xtcp_bbr_start_cruise(bbr);
		return;
	case XTCP_BBR_CRUISE:
		begin_probing(cc, bbr, sample->now_us);
		return;
	case XTCP_BBR_REFILL:
		/* What is sent now is acknowledged while UP is on. */
		if (!bbr->round_start)
			return;
		bbr->probe_samples = true;
		xtcp_bbr_start_up(bbr, sample->now_us, sample->bw);
		return;
	case XTCP_BBR_UP:
		if (is_full(bbr, sample, bounded))
			xtcp_bbr_start_down(bbr, sample->now_us);
		return;
	}
}

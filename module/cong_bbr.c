// SPDX-License-Identifier: GPL-2.0
/*
 * BBR, version 3 (draft-ietf-ccwg-bbr): it sends at the rate at which it was seen that the path
 * delivers, and lets as much be in the network as makes use of that rate, rather than to fill a
 * queue until it overflows. Few losses mean nothing to it; more than 2 % do, where it probed.
 *
 * cong_bbr_model.c knows the path, cong_bbr_probe.c looks for more of it; here are the phases that
 * come before, PROBE_RTT, and what follows for cwnd and the pacing rate.
 */
#include <linux/bits.h>
#include <linux/inet_diag.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/string.h>
#include <linux/time64.h>

#include "cong_bbr.h"

#define PACING_SHARE		(XTCP_BBR_SHARE_ALL * 99 / 100)	/* PacingMarginPercent: 1 */
#define PACED_NOISE_MAX		(XTCP_BBR_SHARE_ALL * 3 / 100)
#define PROBE_RTT_US		(200 * USEC_PER_MSEC)
#define STARTUP_FULL_LOSSES	6	/* StartupFullLossCnt */
#define STARTUP_ECE_ROUNDS	2
#define BW_MAX			BIT_ULL(40)	/* bytes a second; times any time fits 64 bits */
#define PROBE_RTT_CWND_GAIN	(XTCP_BBR_UNIT / 2)
#define RTT_DEFAULT_US		USEC_PER_MSEC

/* 5.1, in 1/256 */
static const struct {
	u16	pacing;
	u16	cwnd;
} gains[] = {
	[XTCP_BBR_STARTUP]	= { 710, 2 * XTCP_BBR_UNIT },	/* 4 ln 2 */
	[XTCP_BBR_DRAIN]	= { XTCP_BBR_UNIT / 2, 2 * XTCP_BBR_UNIT },
	[XTCP_BBR_PROBE_RTT]	= { XTCP_BBR_UNIT, PROBE_RTT_CWND_GAIN },
	[XTCP_BBR_DOWN]		= { XTCP_BBR_UNIT * 9 / 10, 2 * XTCP_BBR_UNIT },
	[XTCP_BBR_CRUISE]	= { XTCP_BBR_UNIT, 2 * XTCP_BBR_UNIT },
	[XTCP_BBR_REFILL]	= { XTCP_BBR_UNIT, 2 * XTCP_BBR_UNIT },
	[XTCP_BBR_UP]		= { XTCP_BBR_UNIT * 5 / 4, XTCP_BBR_UNIT * 9 / 4 },
};

/*
 * Pacing
 */

/*
 * 5.6.2 BBRSetPacingRateWithGain(): in STARTUP it never gets less. The rate is of what arrives; on
 * a path that loses a share of all that is sent, wherever that may be, it takes as much more to
 * fill the bottleneck. Were it a buffer too small to be told from chance that takes it, no more
 * than LossThresh would be sent in vain, with the margin.
 */
static void set_pacing_rate(struct xtcp_cong *cc, const struct xtcp_bbr *bbr, u32 gain)
{
	u64 rate = mul_u64_u32_div(bbr->bw * gain >> XTCP_BBR_UNIT_BITS, PACING_SHARE,
				   XTCP_BBR_SHARE_ALL - min(bbr->noise, PACED_NOISE_MAX));

	if (bbr->bw && (bbr->full_bw_reached || rate > cc->pacing_rate))
		cc->pacing_rate = max_t(u64, rate, max(cc->mss, 1U));
}

/* 5.6.2 BBRInitPacingRate() */
static void init_pacing_rate(struct xtcp_cong *cc, u32 rtt_us)
{
	u64 bytes = (u64)cc->cwnd * gains[XTCP_BBR_STARTUP].pacing >> XTCP_BBR_UNIT_BITS;

	cc->pacing_rate = max_t(u64, div_u64(bytes * USEC_PER_SEC, rtt_us), 1);
}

/*
 * STARTUP and DRAIN
 */

/* 5.3.1.3 BBRCheckStartupHighLoss(), and the same for ECN. */
static bool is_startup_too_high(const struct xtcp_cong *cc, const struct xtcp_bbr *bbr,
				const struct xtcp_bbr_sample *sample)
{
	if (bbr->ece_rounds >= STARTUP_ECE_ROUNDS)
		return true;
	return bbr->loss_round_start && bbr->recovering &&
	       bbr->loss_events >= STARTUP_FULL_LOSSES && xtcp_bbr_lost_too_much(cc, bbr, sample);
}

static void check_startup_done(struct xtcp_cong *cc, struct xtcp_bbr *bbr,
			       const struct xtcp_bbr_sample *sample)
{
	if (!bbr->full_bw_reached && is_startup_too_high(cc, bbr, sample)) {
		bbr->full_bw_reached = true;
		bbr->inflight_hi = max_t(u64, xtcp_bbr_bdp(cc, bbr, XTCP_BBR_UNIT),
					 bbr->inflight_latest);
	}
	if (bbr->state == XTCP_BBR_STARTUP && bbr->full_bw_reached)
		bbr->state = XTCP_BBR_DRAIN;
}

/* 5.3.2 BBRCheckDrainDone() */
static void check_drain_done(struct xtcp_cong *cc, struct xtcp_bbr *bbr,
			     const struct xtcp_cong_ack *ack)
{
	if (bbr->state == XTCP_BBR_DRAIN &&
	    ack->in_flight <= xtcp_bbr_inflight(cc, bbr, XTCP_BBR_UNIT))
		xtcp_bbr_start_down(bbr, ack->now_us);
}

/*
 * PROBE_RTT
 */

/* BBRSaveCwnd() */
static void save_cwnd(const struct xtcp_cong *cc, struct xtcp_bbr *bbr)
{
	if (bbr->recovering || bbr->state == XTCP_BBR_PROBE_RTT)
		bbr->prior_cwnd = max(bbr->prior_cwnd, cc->cwnd);
	else
		bbr->prior_cwnd = cc->cwnd;
}

/* BBRRestoreCwnd() */
static void restore_cwnd(struct xtcp_cong *cc, const struct xtcp_bbr *bbr)
{
	cc->cwnd = max(cc->cwnd, bbr->prior_cwnd);
}

/* 5.6.4.5 BBRProbeRTTCwnd() */
static u32 probe_rtt_cwnd(const struct xtcp_cong *cc, const struct xtcp_bbr *bbr)
{
	return max_t(u64, xtcp_bbr_bdp(cc, bbr, PROBE_RTT_CWND_GAIN), xtcp_bbr_min_pipe(cc));
}

/* 5.3.4.3 BBRCheckProbeRTTDone(), BBRExitProbeRTT() */
static void check_probe_rtt_done(struct xtcp_cong *cc, struct xtcp_bbr *bbr, u64 now_us)
{
	if (!bbr->probe_rtt_done_us || now_us <= bbr->probe_rtt_done_us)
		return;
	bbr->probe_rtt_at_us = now_us;
	restore_cwnd(cc, bbr);
	xtcp_bbr_reset_lower_bounds(bbr);
	if (bbr->full_bw_reached) {
		xtcp_bbr_start_down(bbr, now_us);
		xtcp_bbr_start_cruise(bbr);
	} else {
		bbr->state = XTCP_BBR_STARTUP;
	}
}

/*
 * 5.3.4.3 BBRHandleProbeRTT(). It takes as long for all who share a queue to be in PROBE_RTT at the
 * same time; where none stands, a round trip tells all.
 */
static void handle_probe_rtt(struct xtcp_cong *cc, struct xtcp_bbr *bbr,
			     const struct xtcp_cong_ack *ack)
{
	bbr->limited_delivered = bbr->delivered + ack->in_flight;
	if (!bbr->probe_rtt_done_us) {
		if (ack->in_flight > probe_rtt_cwnd(cc, bbr))
			return;
		bbr->probe_rtt_done_us = ack->now_us + (xtcp_bbr_is_queued(bbr) ? PROBE_RTT_US : 0);
		bbr->probe_rtt_round_done = false;
		xtcp_bbr_start_round(bbr);
		return;
	}
	bbr->probe_rtt_round_done |= bbr->round_start;
	if (bbr->probe_rtt_round_done)
		check_probe_rtt_done(cc, bbr, ack->now_us);
}

/* 5.3.4.3 BBRCheckProbeRTT() */
static void check_probe_rtt(struct xtcp_cong *cc, struct xtcp_bbr *bbr,
			    const struct xtcp_cong_ack *ack)
{
	bool expired = xtcp_bbr_update_min_rtt(bbr, ack->rtt_us, ack->now_us);

	if (expired && bbr->state != XTCP_BBR_PROBE_RTT && !bbr->idle_restart) {
		save_cwnd(cc, bbr);
		bbr->state = XTCP_BBR_PROBE_RTT;
		bbr->probe_rtt_done_us = 0;
		bbr->acks = XTCP_BBR_ACKS_STOPPING;
		xtcp_bbr_start_round(bbr);
	}
	if (bbr->state == XTCP_BBR_PROBE_RTT)
		handle_probe_rtt(cc, bbr, ack);
	if (ack->delivered)
		bbr->idle_restart = false;
}

/*
 * The window
 */

/* 5.6.4.7 BBRBoundCwndForModel() */
static u32 model_bound(const struct xtcp_cong *cc, const struct xtcp_bbr *bbr)
{
	u32 bound = U32_MAX;

	if (xtcp_bbr_in_probe_bw(bbr) && bbr->state != XTCP_BBR_CRUISE)
		bound = bbr->inflight_hi;
	else if (bbr->state == XTCP_BBR_PROBE_RTT || bbr->state == XTCP_BBR_CRUISE)
		bound = xtcp_bbr_headroom(cc, bbr);
	return max(min(bound, bbr->inflight_lo), xtcp_bbr_min_pipe(cc));
}

/* 5.6.4.6 BBRSetCwnd() */
static void set_cwnd(struct xtcp_cong *cc, const struct xtcp_bbr *bbr,
		     const struct xtcp_cong_ack *ack)
{
	u32 most = xtcp_bbr_max_inflight(cc, bbr, gains[bbr->state].cwnd);
	u64 cwnd = cc->cwnd;

	if (bbr->full_bw_reached)
		cwnd = min_t(u64, cwnd + ack->delivered, most);
	else if (cwnd < most || bbr->delivered < 10ull * cc->mss)
		cwnd += ack->delivered;
	cwnd = max_t(u64, cwnd, xtcp_bbr_min_pipe(cc));
	if (bbr->state == XTCP_BBR_PROBE_RTT)
		cwnd = min_t(u64, cwnd, probe_rtt_cwnd(cc, bbr));
	cc->cwnd = xtcp_cong_bound(min_t(u64, cwnd, model_bound(cc, bbr)));
}

/*
 * What there is to answer
 */

static void bbr_init(struct xtcp_cong *cc, u64 now_us)
{
	struct xtcp_bbr *bbr = xtcp_cong_priv(cc, struct xtcp_bbr);

	bbr->now_us = now_us;
	xtcp_bbr_model_init(bbr, now_us);
	bbr->state = XTCP_BBR_STARTUP;
	bbr->undo_state = XTCP_BBR_STARTUP;
	init_pacing_rate(cc, RTT_DEFAULT_US);
}

static void fill_sample(const struct xtcp_bbr *bbr, const struct xtcp_cong_ack *ack,
			struct xtcp_bbr_sample *sample)
{
	const struct xtcp_rate_sample *rate = ack->rate;

	*sample = (struct xtcp_bbr_sample) {
		.now_us = ack->now_us,
		.acked = ack->delivered,
		.rtt_us = ack->rtt_us,
		.ece_bytes = ack->ece_bytes,
		.cwnd_limited = ack->cwnd_limited,
		.held = ack->held,
	};
	if (!rate || !rate->valid)
		return;
	if (!rate->rtx)
		sample->rtt_us = clamp_t(s64, ack->now_us - rate->sent_us, 0, U32_MAX);
	sample->delivered = rate->delivered;
	sample->lost = rate->lost;
	sample->in_flight = rate->in_flight;
	sample->sent = max(rate->in_flight, rate->delivered + rate->lost);
	sample->new_round = rate->prior_delivered >= bbr->round_delivered;
	sample->new_loss_round = rate->prior_delivered >= bbr->loss_round_delivered;
	sample->app_limited = rate->app_limited ||
			      rate->prior_delivered < bbr->limited_delivered;
	if (rate->interval_us)
		sample->bw = min_t(u64, div_u64((u64)rate->delivered * USEC_PER_SEC,
						rate->interval_us), BW_MAX);
}

static void bbr_recovered(struct xtcp_cong *cc, u64 now_us)
{
	struct xtcp_bbr *bbr = xtcp_cong_priv(cc, struct xtcp_bbr);

	restore_cwnd(cc, bbr);
	bbr->recovering = false;
	bbr->undo_saved = false;
}

/* 5.2.3 BBRUpdateOnACK() */
static void bbr_ack(struct xtcp_cong *cc, const struct xtcp_cong_ack *ack)
{
	struct xtcp_bbr *bbr = xtcp_cong_priv(cc, struct xtcp_bbr);
	struct xtcp_bbr_sample sample;

	bbr->now_us = ack->now_us;
	bbr->delivered = ack->delivered_total;
	bbr->late_us = ack->late_us;
	fill_sample(bbr, ack, &sample);
	/* After a timeout it is nothing but this that tells. */
	if (bbr->recovering && !ack->in_recovery)
		bbr_recovered(cc, ack->now_us);
	/* Nor does every loss begin a recovery. */
	if (!ack->in_recovery)
		bbr->undo_saved = false;
	if (!bbr->rtt_seen && ack->srtt_us) {
		bbr->rtt_seen = true;
		init_pacing_rate(cc, ack->srtt_us);
	}
	xtcp_bbr_update_signals(cc, bbr, &sample, ack->lost);
	check_startup_done(cc, bbr, &sample);
	check_drain_done(cc, bbr, ack);
	if (bbr->full_bw_reached)
		xtcp_bbr_update_cycle(cc, bbr, &sample, ack->in_flight);
	check_probe_rtt(cc, bbr, ack);
	xtcp_bbr_advance_signals(bbr, &sample);

	set_pacing_rate(cc, bbr, gains[bbr->state].pacing);
	set_cwnd(cc, bbr, ack);
}

/* 5.6.4.4 BBROnEnterRTO(). In a fast recovery cwnd is what the model makes of the losses. */
static void bbr_event(struct xtcp_cong *cc, const struct xtcp_cong_event *event)
{
	struct xtcp_bbr *bbr = xtcp_cong_priv(cc, struct xtcp_bbr);

	switch (event->why) {
	case XTCP_CONG_LOSS:
		save_cwnd(cc, bbr);
		bbr->recovering = true;
		return;
	case XTCP_CONG_TIMEOUT:
	case XTCP_CONG_TIMEOUT_AGAIN:
		save_cwnd(cc, bbr);
		cc->cwnd = xtcp_cong_bound((u64)event->in_flight + cc->mss);
		bbr->recovering = true;
		return;
	case XTCP_CONG_PROBED_LOSS:
	case XTCP_CONG_ECE:
		return;
	}
}

/* 5.5.10.3 BBRSaveStateUponLoss(), BBRNoteLoss() */
static void note_loss(struct xtcp_bbr *bbr)
{
	if (!bbr->loss_in_round)
		bbr->loss_round_delivered = bbr->delivered;
	bbr->loss_in_round = true;
	if (bbr->undo_saved)
		return;
	bbr->undo_saved = true;
	bbr->undo_state = bbr->state;
	bbr->undo_bw_lo = bbr->bw_lo;
	bbr->undo_inflight_lo = bbr->inflight_lo;
	bbr->undo_inflight_hi = bbr->inflight_hi;
}

/*
 * 5.5.10.2 BBRInflightAtLoss(): how much was in the network when the losses passed the threshold,
 * somewhere within what was lost together.
 */
static u32 in_flight_at_loss(const struct xtcp_bbr *bbr, const struct xtcp_bbr_sample *sample,
			     u32 bytes)
{
	u32 in_flight = sample->in_flight - min(bytes, sample->in_flight);
	u32 lost = sample->lost - min(bytes, sample->lost);
	u32 thresh = xtcp_bbr_loss_thresh(bbr);
	u64 allowed = (u64)in_flight * thresh >> XTCP_BBR_SHARE_BITS;

	allowed -= min_t(u64, allowed, lost);
	return in_flight + mul_u64_u32_div(allowed, XTCP_BBR_SHARE_ALL,
					   XTCP_BBR_SHARE_ALL - thresh);
}

/* 5.5.10.2 BBRHandleLostPacket() */
static void bbr_marked(struct xtcp_cong *cc, u32 bytes, const struct xtcp_rate_tx *tx, u32 lost)
{
	struct xtcp_bbr *bbr = xtcp_cong_priv(cc, struct xtcp_bbr);
	u32 lost_since = xtcp_rate_lost_since(lost, tx->lost);
	struct xtcp_bbr_sample sample = {
		.lost = lost_since,
		.sent = max_t(u32, tx->in_flight, (u32)bbr->delivered - tx->delivered + lost_since),
		.in_flight = tx->in_flight,
		.app_limited = tx->app_limited,
		.now_us = bbr->now_us,
	};

	note_loss(bbr);
	if (!bbr->probe_samples || !xtcp_bbr_lost_too_much(cc, bbr, &sample))
		return;
	sample.in_flight = in_flight_at_loss(bbr, &sample, bytes);
	xtcp_bbr_too_high(cc, bbr, &sample);
}

/* 5.5.10.3 BBRHandleSpuriousLossDetection() */
static void bbr_undo(struct xtcp_cong *cc, u64 now_us)
{
	struct xtcp_bbr *bbr = xtcp_cong_priv(cc, struct xtcp_bbr);

	bbr->recovering = false;
	bbr->undo_saved = false;
	bbr->loss_in_round = false;
	xtcp_bbr_reset_full_bw(bbr, 0);
	bbr->bw_lo = max(bbr->bw_lo, bbr->undo_bw_lo);
	bbr->inflight_lo = max(bbr->inflight_lo, bbr->undo_inflight_lo);
	bbr->inflight_hi = max(bbr->inflight_hi, bbr->undo_inflight_hi);
	if (bbr->state == XTCP_BBR_PROBE_RTT || bbr->state == bbr->undo_state)
		return;
	if (bbr->undo_state == XTCP_BBR_STARTUP) {
		bbr->state = XTCP_BBR_STARTUP;
		bbr->full_bw_reached = false;
	} else if (bbr->undo_state == XTCP_BBR_UP) {
		xtcp_bbr_start_up(bbr, now_us, 0);
	}
}

/* 5.4.1 BBRHandleRestartFromIdle() */
static void bbr_restart(struct xtcp_cong *cc, u64 now_us, u64 idle_us, bool app_limited)
{
	struct xtcp_bbr *bbr = xtcp_cong_priv(cc, struct xtcp_bbr);

	if (!app_limited)
		return;
	bbr->idle_restart = true;
	bbr->extra_at_us = now_us;
	bbr->extra_delivered = 0;
	if (xtcp_bbr_in_probe_bw(bbr))
		set_pacing_rate(cc, bbr, XTCP_BBR_UNIT);
	else if (bbr->state == XTCP_BBR_PROBE_RTT)
		check_probe_rtt_done(cc, bbr, now_us);
}

static size_t bbr_info(const struct xtcp_cong *cc, const struct xtcp_cong_ecn *ecn, void *buf,
		       size_t len)
{
	const struct xtcp_bbr *bbr = (const struct xtcp_bbr *)cc->priv;
	struct tcp_bbr_info info = {
		.bbr_bw_lo = (u32)bbr->bw,
		.bbr_bw_hi = (u32)(bbr->bw >> 32),
		.bbr_min_rtt = bbr->min_rtt_us,
		.bbr_pacing_gain = gains[bbr->state].pacing,
		.bbr_cwnd_gain = gains[bbr->state].cwnd,
	};

	len = min(len, sizeof(info));
	memcpy(buf, &info, len);
	return len;
}

/* Without ssthresh: it is the model that bounds cwnd. */
struct xtcp_cong_ops xtcp_cong_bbr = {
	.init		= bbr_init,
	.ack		= bbr_ack,
	.event		= bbr_event,
	.marked		= bbr_marked,
	.recovered	= bbr_recovered,
	.undo		= bbr_undo,
	.restart	= bbr_restart,
	.info		= bbr_info,
	.info_attr	= INET_DIAG_BBRINFO,
	.flags		= XTCP_CONG_OWN_RECOVERY | XTCP_CONG_PACED,
	.name		= "bbr",
	.owner		= THIS_MODULE,
};
EXPORT_SYMBOL_IF_KUNIT(xtcp_cong_bbr);

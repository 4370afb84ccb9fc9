// SPDX-License-Identifier: GPL-2.0
/*
 * CUBIC (RFC 9438), counted in bytes. The window is a cubic function of the time since it was last
 * reduced: it comes back to where it was then, W_max, stays there for a while, and leaves it behind
 * ever faster. Where Reno would be faster, it is as fast as Reno. Slow start ends by HyStart++.
 *
 * Time is counted in 1/1024 s, so that its third power fits 64 bits for the time that matters: as
 * long as a window of XTCP_CWND_MAX bytes in segments of one can take to come back.
 */
#include <linux/bitops.h>
#include <linux/log2.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/time64.h>

#include "cong.h"
#include "cong_cubic.h"
#include "hystart.h"

#define TICK_BITS		10
#define TICK_MAX		BIT(21)	/* 2048 s; its third power is 63 bits */

/* C = 4 / 10 and beta_cubic = 7 / 10 (RFC 9438 5.1, 4.6) */
#define C_NUM			4
#define C_DEN			10
#define BETA_NUM		7
#define BETA_DEN		10

/* alpha_cubic = 3 (1 - beta_cubic) / (1 + beta_cubic) = 9 / 17 (4.3) */
#define ALPHA_NUM		9
#define ALPHA_DEN		17

/**
 * struct cubic_stage - a congestion avoidance stage, and what it begins with
 * @start_us: when it began, moved on by what the application sent too little to tell
 * @grown: parts of bytes that cwnd has not grown by yet: this divided by cwnd
 * @est_grown: likewise for @w_est: divided by %ALPHA_DEN times cwnd
 * @w_max: W_max, bytes; 0: nothing was ever lost
 * @w_est: W_est, bytes
 * @cwnd_prior: cwnd before it was last reduced, bytes
 * @k: K, ticks
 * @begun: it has begun: all but @w_max and @cwnd_prior are valid
 * @fresh: nothing is known of the path: W_max is to be the window that it begins with (4.8, 4.10)
 */
struct cubic_stage {
	u64	start_us;
	u64	grown;
	u64	est_grown;
	u32	w_max;
	u32	w_est;
	u32	cwnd_prior;
	u32	k;
	bool	begun;
	bool	fresh;
};

/**
 * struct cubic - a connection's
 * @stage: where it is
 * @undo: where it was before the last congestion event
 * @acked_us: time of the last ACK
 * @undo_cwnd: cwnd before that event, bytes
 * @hystart: of the first slow start
 * @repairing: from a fast retransmit to the end of the recovery
 */
struct cubic {
	struct cubic_stage	stage;
	struct cubic_stage	undo;
	u64			acked_us;
	u32			undo_cwnd;
	struct xtcp_hystart	hystart;
	bool			repairing;
};

static u32 cube_root(u64 x)
{
	u32 root = 0;
	int bit;

	for (bit = ilog2(TICK_MAX) - 1; bit >= 0; bit--) {
		u64 guess = root | BIT(bit);

		if (guess * guess * guess <= x)
			root = guess;
	}
	return root;
}

/**
 * xtcp_cubic_k - time in which the window comes back to what it was
 * @bytes: W_max - cwnd_epoch; at most %XTCP_CWND_MAX
 * @mss: bytes of a full segment, not 0
 *
 * Source: RFC 9438 4.2, figure 2.
 *
 * Return: K, in 1/1024 s.
 */
u32 xtcp_cubic_k(u32 bytes, u32 mss)
{
	/* C_NUM is two of the bits: with them there were more than 64. */
	u64 cube = (u64)bytes * C_DEN << (3 * TICK_BITS - ilog2(C_NUM));

	return cube_root(div_u64(cube, mss));
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_cubic_k);

/**
 * xtcp_cubic_window - the window by time
 * @w_max: W_max, bytes
 * @k: K, 1/1024 s
 * @t_us: time since the stage began, microseconds
 * @mss: bytes of a full segment
 *
 * Source: RFC 9438 4.2, figure 1.
 *
 * Return: W_cubic(t), bytes, from 0 to %XTCP_CWND_MAX.
 */
u32 xtcp_cubic_window(u32 w_max, u32 k, u64 t_us, u32 mss)
{
	u64 limit_us = (u64)TICK_MAX * USEC_PER_SEC >> TICK_BITS;
	u64 t = div_u64(min(t_us, limit_us) << TICK_BITS, USEC_PER_SEC);
	u64 d = t < k ? k - t : t - k;
	u64 bytes;

	/* 63 bits, 20 of them dropped; then three and those of the MSS */
	bytes = d * d * d >> 2 * TICK_BITS;
	bytes = div_u64(bytes * C_NUM * mss, C_DEN << TICK_BITS);
	if (t < k)
		return w_max - min_t(u64, bytes, w_max);
	return xtcp_cong_bound(w_max + bytes);
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_cubic_window);

static void cubic_init(struct xtcp_cong *cc, u64 now_us)
{
	xtcp_cong_priv(cc, struct cubic)->acked_us = now_us;
}

/* RFC 9438 4.2, 4.3; 4.8 and 4.10 for a stage that no reduction of a known window precedes. */
static void begin_stage(struct xtcp_cong *cc, struct cubic_stage *stage, u64 now_us)
{
	if (!stage->w_max)
		stage->cwnd_prior = cc->cwnd;
	if (stage->fresh || stage->w_max <= cc->cwnd) {
		stage->w_max = cc->cwnd;
		stage->k = 0;
	} else {
		stage->k = xtcp_cubic_k(stage->w_max - cc->cwnd, max(cc->mss, 1U));
	}
	stage->start_us = now_us;
	stage->w_est = cc->cwnd;
	stage->grown = 0;
	stage->est_grown = 0;
	stage->fresh = false;
	stage->begun = true;
}

/* RFC 9438 4.3, figure 4. */
static void grow_est(const struct xtcp_cong *cc, struct cubic_stage *stage, u32 acked)
{
	u64 unit = (u64)ALPHA_DEN * cc->cwnd;
	u32 alpha = stage->w_est < stage->cwnd_prior ? ALPHA_NUM : ALPHA_DEN;
	u64 bytes;

	stage->est_grown += (u64)alpha * acked * cc->mss;
	bytes = div64_u64(stage->est_grown, unit);
	stage->est_grown -= bytes * unit;
	stage->w_est = xtcp_cong_bound(stage->w_est + bytes);
}

/* RFC 9438 4.4, 4.5: towards where the window is to be a round trip from now. */
static void grow_cwnd(struct xtcp_cong *cc, struct cubic_stage *stage, u32 acked, u32 target)
{
	u32 bytes;

	target = min_t(u64, target, cc->cwnd + cc->cwnd / 2);
	if (target <= cc->cwnd)
		return;
	stage->grown += (u64)(target - cc->cwnd) * acked;
	bytes = div_u64(stage->grown, cc->cwnd);
	stage->grown -= (u64)bytes * cc->cwnd;
	cc->cwnd = xtcp_cong_bound((u64)cc->cwnd + bytes);
}

static void avoid(struct xtcp_cong *cc, struct cubic *cubic, u32 acked,
		  const struct xtcp_cong_ack *ack)
{
	struct cubic_stage *stage = &cubic->stage;
	u64 t_us;

	/* More than a window at once says no more than a window does. */
	acked = min(acked, cc->cwnd);
	if (!acked)
		return;
	if (!stage->begun)
		begin_stage(cc, stage, ack->now_us);
	t_us = ack->now_us - stage->start_us;
	grow_est(cc, stage, acked);
	if (xtcp_cubic_window(stage->w_max, stage->k, t_us, cc->mss) < stage->w_est)
		cc->cwnd = max(cc->cwnd, stage->w_est);
	else
		grow_cwnd(cc, stage, acked, xtcp_cubic_window(stage->w_max, stage->k,
							      t_us + ack->srtt_us, cc->mss));
}

/* Returns what of @acked is left for congestion avoidance. */
static u32 slow_start(struct xtcp_cong *cc, enum xtcp_hystart_phase phase, u32 acked)
{
	if (phase == XTCP_HYSTART_CSS)
		acked /= XTCP_HYSTART_CSS_DIVISOR;
	return xtcp_cong_slow_start(cc, acked, 0);
}

/* The time that the application had too little to send is none of the stage's (RFC 9438 4.2). */
static void pass_time(struct cubic *cubic, u64 now_us, bool counts)
{
	if (!counts)
		cubic->stage.start_us += now_us - cubic->acked_us;
	cubic->acked_us = now_us;
}

static void cubic_ack(struct xtcp_cong *cc, const struct xtcp_cong_ack *ack)
{
	enum xtcp_hystart_phase phase = XTCP_HYSTART_SLOW_START;
	struct cubic *cubic = xtcp_cong_priv(cc, struct cubic);
	u32 acked = ack->acked;

	pass_time(cubic, ack->now_us, ack->cwnd_limited);
	if (cc->ssthresh == XTCP_SSTHRESH_INFINITE)
		phase = xtcp_hystart_ack(&cubic->hystart, ack->una, ack->nxt, ack->rtt_us);
	if (phase == XTCP_HYSTART_DONE) {
		cc->ssthresh = cc->cwnd;
		cubic->stage.fresh = true;
	}
	if (!ack->cwnd_limited)
		return;
	if (cc->cwnd < cc->ssthresh) {
		/* The next stage begins where this ends. */
		cubic->stage.begun = false;
		acked = slow_start(cc, phase, acked);
		if (!acked)
			return;
	}
	avoid(cc, cubic, acked, ack);
}

/*
 * RFC 9438 4.6, 4.7. Of cwnd and FlightSize the lesser: cwnd may be of a time when there was more
 * to send, and what is in flight beyond it is so because it came down.
 */
static u32 cubic_ssthresh(struct xtcp_cong *cc, const struct xtcp_cong_event *event)
{
	struct cubic *cubic = xtcp_cong_priv(cc, struct cubic);
	struct cubic_stage *stage = &cubic->stage;
	/* While losses are repaired cwnd follows the flight; it is on its way to ssthresh. */
	u32 cwnd = cubic->repairing ? cc->ssthresh : cc->cwnd;

	if (!cubic->repairing) {
		cubic->undo = *stage;
		cubic->undo_cwnd = cwnd;
	}
	if (cwnd < stage->w_max)
		stage->w_max = (u64)cwnd * (BETA_DEN + BETA_NUM) / (2 * BETA_DEN);
	else
		stage->w_max = cwnd;
	stage->cwnd_prior = cwnd;
	stage->begun = false;
	stage->fresh = event->why == XTCP_CONG_TIMEOUT;
	cubic->repairing = event->why == XTCP_CONG_LOSS;
	return max_t(u64, (u64)min(cwnd, event->flight) * BETA_NUM / BETA_DEN, 2ull * cc->mss);
}

static void cubic_recovered(struct xtcp_cong *cc, u64 now_us)
{
	xtcp_cong_priv(cc, struct cubic)->repairing = false;
}

/* RFC 9438 4.9. The window may have grown beyond what it was: then it goes on from there. */
static void cubic_undo(struct xtcp_cong *cc, u64 now_us)
{
	struct cubic *cubic = xtcp_cong_priv(cc, struct cubic);

	cubic->repairing = false;
	if (cc->cwnd <= cubic->undo_cwnd)
		cubic->stage = cubic->undo;
}

static void cubic_restart(struct xtcp_cong *cc, u64 now_us, u64 idle_us, bool app_limited)
{
	pass_time(xtcp_cong_priv(cc, struct cubic), now_us, false);
}

struct xtcp_cong_ops xtcp_cong_cubic = {
	.init		= cubic_init,
	.ack		= cubic_ack,
	.ssthresh	= cubic_ssthresh,
	.recovered	= cubic_recovered,
	.undo		= cubic_undo,
	.restart	= cubic_restart,
	.name		= "cubic",
	.owner		= THIS_MODULE,
};
EXPORT_SYMBOL_IF_KUNIT(xtcp_cong_cubic);

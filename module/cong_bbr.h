/* SPDX-License-Identifier: GPL-2.0 */
/* BBR's state and what its files ask of each other; cong_bbr.c says what it is about. */
#ifndef _XTCP_CONG_BBR_H
#define _XTCP_CONG_BBR_H

#include <linux/bits.h>
#include <linux/limits.h>
#include <linux/math64.h>
#include <linux/types.h>

#include "cong.h"

/* Gains, in 1/256. */
#define XTCP_BBR_UNIT_BITS	8
#define XTCP_BBR_UNIT		BIT(XTCP_BBR_UNIT_BITS)

/* Beta: what is left after a loss. */
#define XTCP_BBR_BETA_NUM	7
#define XTCP_BBR_BETA_DEN	10

/* Shares of what is lost, in 1/65536. */
#define XTCP_BBR_SHARE_BITS	16
#define XTCP_BBR_SHARE_ALL	BIT(XTCP_BBR_SHARE_BITS)

#define XTCP_BBR_QUEUED_ROUNDS	5	/* fewer may be of chance */

/* PROBE_BW's four are the last. */
enum xtcp_bbr_state {
	XTCP_BBR_STARTUP,
	XTCP_BBR_DRAIN,
	XTCP_BBR_PROBE_RTT,
	XTCP_BBR_DOWN,
	XTCP_BBR_CRUISE,
	XTCP_BBR_REFILL,
	XTCP_BBR_UP,
};

/* What the ACKs that come in now are of. */
enum xtcp_bbr_acks {
	XTCP_BBR_ACKS_INIT,
	XTCP_BBR_ACKS_REFILLING,
	XTCP_BBR_ACKS_STARTING,		/* what was sent before probing: too early to tell */
	XTCP_BBR_ACKS_FEEDBACK,		/* what was sent while probing */
	XTCP_BBR_ACKS_STOPPING,		/* the last of that */
};

/**
 * struct xtcp_bbr - a connection's; draft-ietf-ccwg-bbr 2
 * @bw_filter: greatest rates of the last probing cycle and of this one, bytes a second
 * @bw: what it reckons with: the greatest, bounded by @bw_lo
 * @bw_lo: bw_shortterm: what is left of it by what was lost since the last probing; ~0: all
 * @bw_latest: of this round
 * @full_bw: the rate that has to be outdone by a quarter
 * @undo_bw_lo: @bw_lo before what is being repaired was lost
 * @delivered: bytes that have arrived so far
 * @round_delivered: the round ends when something arrives that was sent when @delivered was this
 * @loss_round_delivered: likewise, for the round in which losses are counted
 * @limited_delivered: what was sent before @delivered was this says nothing against a rate
 * @cycle_us: begin of this phase of PROBE_BW
 * @min_rtt_at_us: when @min_rtt_us was measured
 * @probe_rtt_at_us: when @probe_rtt_min_us was measured
 * @probe_rtt_done_us: end of PROBE_RTT; 0: the network is not empty yet
 * @extra_at_us: from when on @extra_delivered is counted
 * @now_us: time of the last ACK
 * @min_rtt_us: of the last 10 s; U32_MAX: none
 * @probe_rtt_min_us: of the last 5 s, or 9; likewise
 * @late_us: how much longer segments take on average where others overtake them
 * @inflight_latest: most that was delivered in one sample's time, in this round, bytes
 * @inflight_lo: inflight_shortterm, bytes; U32_MAX: none
 * @inflight_hi: inflight_longterm, bytes; likewise
 * @undo_inflight_lo: @inflight_lo before what is being repaired was lost
 * @undo_inflight_hi: likewise
 * @prior_cwnd: cwnd to go back to after a recovery or PROBE_RTT, bytes
 * @extra_delivered: bytes that came in since @extra_at_us
 * @extra: most of them beyond @bw, in this window and the one before, bytes
 * @probe_wait_us: how long to wait before probing again
 * @probe_up_acked: bytes acknowledged that @inflight_hi has not grown by yet
 * @ece_bytes: in this loss round, those that met congestion
 * @round_bytes: in this loss round, all
 * @quiet_sent: sent in rounds in which no queue stood, less of those that are long ago; 8 bytes
 * @quiet_lost: and lost
 * @noise: what is lost at any rate, as far as that is known, in 1/65536
 * @round_rtt_us: longest round-trip time in this loss round; 0: none was measured
 * @rounds_since_probe: round trips
 * @state: enum xtcp_bbr_state
 * @undo_state: @state before what is being repaired was lost
 * @acks: enum xtcp_bbr_acks
 * @probe_up_rounds: round trips in UP, which double the slope
 * @full_bw_count: rounds without a quarter more than @full_bw
 * @loss_events: ACKs that brought losses, in this loss round
 * @ece_rounds: rounds in a row in which half and more met congestion
 * @extra_rounds: length so far of the window that @extra_slot is of
 * @extra_slot: this window's @extra
 * @round_start: a round begins with this ACK
 * @loss_round_start: likewise
 * @loss_in_round: there was a loss, or congestion
 * @full_bw_now: the rate has stopped growing
 * @full_bw_reached: it has once: STARTUP is over
 * @probe_samples: what comes in now tells of the most that the network takes
 * @probe_rtt_round_done: a round trip has passed since the network was empty
 * @idle_restart: sending has begun again, and nothing come back yet
 * @recovering: something was lost and is being repaired
 * @undo_saved: what an undo goes back to is known: it is of before the first of these losses
 * @held: in this loss round there was a time in which the peer's window, or the send
 *	  buffer, had no room
 * @held_rounds: in so many before it, in a row
 * @queued_rounds: loss rounds in a row in which a queue stood that the connection had not made;
 *		   no more than XTCP_BBR_QUEUED_ROUNDS are counted
 * @rtt_seen: the pacing rate is of a measured round-trip time
 */
struct xtcp_bbr {
	u64	bw_filter[2];
	u64	bw;
	u64	bw_lo;
	u64	bw_latest;
	u64	full_bw;
	u64	undo_bw_lo;
	u64	delivered;
	u64	round_delivered;
	u64	loss_round_delivered;
	u64	limited_delivered;
	u64	cycle_us;
	u64	min_rtt_at_us;
	u64	probe_rtt_at_us;
	u64	probe_rtt_done_us;
	u64	extra_at_us;
	u64	now_us;
	u32	min_rtt_us;
	u32	probe_rtt_min_us;
	u32	late_us;
	u32	inflight_latest;
	u32	inflight_lo;
	u32	inflight_hi;
	u32	undo_inflight_lo;
	u32	undo_inflight_hi;
	u32	prior_cwnd;
	u32	extra_delivered;
	u32	extra[2];
	u32	probe_wait_us;
	u32	probe_up_acked;
	u32	ece_bytes;
	u32	round_bytes;
	u32	quiet_sent;
	u32	quiet_lost;
	u32	noise;
	u32	round_rtt_us;
	u8	rounds_since_probe;
	u8	state;
	u8	undo_state;
	u8	acks;
	u8	probe_up_rounds;
	u8	full_bw_count;
	u8	loss_events;
	u8	ece_rounds;
	u32	extra_rounds:4,
		extra_slot:1,
		round_start:1,
		loss_round_start:1,
		loss_in_round:1,
		full_bw_now:1,
		full_bw_reached:1,
		probe_samples:1,
		probe_rtt_round_done:1,
		idle_restart:1,
		recovering:1,
		undo_saved:1,
		held:1,
		held_rounds:3,
		queued_rounds:3,
		rtt_seen:1;
};

/**
 * struct xtcp_bbr_sample - what an ACK, or a loss, tells of the path
 * @now_us: the clock
 * @bw: rate of delivery, bytes a second; 0: unknown
 * @delivered: bytes delivered in its time
 * @lost: bytes lost in its time
 * @in_flight: bytes in the network when what it tells of was sent
 * @sent: bytes of which @lost is a part: what was in the network then, or all that was heard of
 *	  since, if that is more
 * @rtt_us: round-trip time; 0: unknown
 * @acked: bytes that have just arrived
 * @ece_bytes: of these, those that met congestion
 * @new_round: what arrived was sent in this round
 * @new_loss_round: likewise, for losses
 * @app_limited: the network did not keep the sender from being faster
 * @cwnd_limited: cwnd did
 * @held: the peer's window, or the send buffer, has no room
 */
struct xtcp_bbr_sample {
	u64	now_us;
	u64	bw;
	u32	delivered;
	u32	lost;
	u32	in_flight;
	u32	sent;
	u32	rtt_us;
	u32	acked;
	u32	ece_bytes;
	bool	new_round;
	bool	new_loss_round;
	bool	app_limited;
	bool	cwnd_limited;
	bool	held;
};

static inline bool xtcp_bbr_in_probe_bw(const struct xtcp_bbr *bbr)
{
	return bbr->state >= XTCP_BBR_DOWN;
}

/* Whether it is out for more: then losses are what is looked for, and lower no bounds. */
static inline bool xtcp_bbr_is_probing(const struct xtcp_bbr *bbr)
{
	return bbr->state == XTCP_BBR_STARTUP || bbr->state == XTCP_BBR_REFILL ||
	       bbr->state == XTCP_BBR_UP;
}

/* Whether a window or a buffer kept the network from holding more; then losses prove little. */
static inline bool xtcp_bbr_is_held(const struct xtcp_bbr *bbr)
{
	return bbr->held || bbr->held_rounds;
}

/* Whether a queue stands that others may have made. */
static inline bool xtcp_bbr_is_queued(const struct xtcp_bbr *bbr)
{
	return bbr->queued_rounds >= XTCP_BBR_QUEUED_ROUNDS;
}

static inline u64 xtcp_bbr_beta(u64 number)
{
	return mul_u64_u32_div(number, XTCP_BBR_BETA_NUM, XTCP_BBR_BETA_DEN);
}

static inline u64 xtcp_bbr_max_bw(const struct xtcp_bbr *bbr)
{
	return bbr->bw_filter[0] > bbr->bw_filter[1] ? bbr->bw_filter[0] : bbr->bw_filter[1];
}

static inline void xtcp_bbr_start_round(struct xtcp_bbr *bbr)
{
	bbr->round_delivered = bbr->delivered;
}

/* cong_bbr_model.c: what the path is like */
void xtcp_bbr_model_init(struct xtcp_bbr *bbr, u64 now_us);
void xtcp_bbr_reset_signals(struct xtcp_bbr *bbr);
void xtcp_bbr_reset_lower_bounds(struct xtcp_bbr *bbr);
void xtcp_bbr_reset_full_bw(struct xtcp_bbr *bbr, u64 bw);
u64 xtcp_bbr_bdp(const struct xtcp_cong *cc, const struct xtcp_bbr *bbr, u32 gain);
u32 xtcp_bbr_inflight(const struct xtcp_cong *cc, const struct xtcp_bbr *bbr, u32 gain);
u32 xtcp_bbr_max_inflight(const struct xtcp_cong *cc, const struct xtcp_bbr *bbr, u32 gain);
u32 xtcp_bbr_min_pipe(const struct xtcp_cong *cc);
u32 xtcp_bbr_loss_thresh(const struct xtcp_bbr *bbr);
bool xtcp_bbr_lost_too_much(const struct xtcp_cong *cc, const struct xtcp_bbr *bbr,
			    const struct xtcp_bbr_sample *sample);
void xtcp_bbr_update_signals(struct xtcp_cong *cc, struct xtcp_bbr *bbr,
			     const struct xtcp_bbr_sample *sample, bool lost);
void xtcp_bbr_advance_signals(struct xtcp_bbr *bbr, const struct xtcp_bbr_sample *sample);
bool xtcp_bbr_update_min_rtt(struct xtcp_bbr *bbr, u32 rtt_us, u64 now_us);

/* cong_bbr_probe.c: PROBE_BW, and how much the network holds */
u32 xtcp_bbr_headroom(const struct xtcp_cong *cc, const struct xtcp_bbr *bbr);
void xtcp_bbr_start_down(struct xtcp_bbr *bbr, u64 now_us);
void xtcp_bbr_start_cruise(struct xtcp_bbr *bbr);
void xtcp_bbr_start_up(struct xtcp_bbr *bbr, u64 now_us, u64 bw);
void xtcp_bbr_too_high(const struct xtcp_cong *cc, struct xtcp_bbr *bbr,
		       const struct xtcp_bbr_sample *sample);
void xtcp_bbr_update_cycle(struct xtcp_cong *cc, struct xtcp_bbr *bbr,
			   const struct xtcp_bbr_sample *sample, u32 in_flight);

#endif /* _XTCP_CONG_BBR_H */

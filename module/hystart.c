// SPDX-License-Identifier: GPL-2.0
/*
 * HyStart++: the end of the first slow start, before it loses what it sends too much. A round trip
 * that takes longer than the one before is a queue that fills; since it may be something else, the
 * window goes on growing for some rounds, but slowly, and if round trips get shorter again, the
 * alarm was false.
 */
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/time64.h>
#include <kunit/visibility.h>

#include "hystart.h"
#include "seq.h"

/* RFC 9406 4.3 */
#define MIN_RTT_THRESH_US	(4 * USEC_PER_MSEC)
#define MAX_RTT_THRESH_US	(16 * USEC_PER_MSEC)
#define MIN_RTT_DIVISOR		8
#define N_RTT_SAMPLE		8
#define CSS_ROUNDS		5

static void begin_round(struct xtcp_hystart *hystart, u32 nxt)
{
	hystart->last_us = hystart->begun ? hystart->current_us : U32_MAX;
	hystart->current_us = U32_MAX;
	hystart->samples = 0;
	hystart->window_end = nxt;
	hystart->begun = true;
}

/* Whether this round's trips take longer than the last one's. */
static bool is_longer(const struct xtcp_hystart *hystart)
{
	u32 thresh_us = clamp_t(u32, hystart->last_us / MIN_RTT_DIVISOR, MIN_RTT_THRESH_US,
				MAX_RTT_THRESH_US);

	return hystart->last_us != U32_MAX &&
	       hystart->current_us >= (u64)hystart->last_us + thresh_us;
}

static void judge(struct xtcp_hystart *hystart)
{
	if (hystart->phase == XTCP_HYSTART_SLOW_START) {
		if (!is_longer(hystart))
			return;
		hystart->phase = XTCP_HYSTART_CSS;
		hystart->baseline_us = hystart->current_us;
		hystart->css_rounds = 1;
	} else if (hystart->current_us < hystart->baseline_us) {
		hystart->phase = XTCP_HYSTART_SLOW_START;
	}
}

/**
 * xtcp_hystart_ack - an ACK of new data in slow start, ssthresh still being what it was at first
 * @hystart: of the connection
 * @una: snd_una
 * @nxt: snd_nxt
 * @rtt_us: round-trip time that it measures, microseconds; 0: none
 *
 * Source: RFC 9406 4.2.
 *
 * Return: how cwnd is to grow by this ACK; once %XTCP_HYSTART_DONE, always that.
 */
enum xtcp_hystart_phase xtcp_hystart_ack(struct xtcp_hystart *hystart, u32 una, u32 nxt,
					 u32 rtt_us)
{
	if (hystart->phase == XTCP_HYSTART_DONE)
		return XTCP_HYSTART_DONE;
	if (!hystart->begun)
		begin_round(hystart, nxt);
	if (rtt_us) {
		hystart->current_us = min(hystart->current_us, rtt_us);
		hystart->samples += hystart->samples < N_RTT_SAMPLE;
		if (hystart->samples == N_RTT_SAMPLE)
			judge(hystart);
	}
	if (xtcp_seq_lt(una, hystart->window_end))
		return hystart->phase;
	begin_round(hystart, nxt);
	/* "If the transition into CSS happens in the middle of a round, that [...] counts." */
	if (hystart->phase == XTCP_HYSTART_CSS && hystart->css_rounds++ == CSS_ROUNDS)
		hystart->phase = XTCP_HYSTART_DONE;
	return hystart->phase;
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_hystart_ack);

/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_HYSTART_H
#define _XTCP_HYSTART_H

#include <linux/types.h>

/* By what fraction of standard slow start the window grows in conservative slow start. */
#define XTCP_HYSTART_CSS_DIVISOR	4

enum xtcp_hystart_phase {
	XTCP_HYSTART_SLOW_START,	/* cwnd grows as ever */
	XTCP_HYSTART_CSS,		/* more slowly, to see whether that was right */
	XTCP_HYSTART_DONE,		/* slow start is over: ssthresh is cwnd */
};

/**
 * struct xtcp_hystart - whether slow start fills a queue (RFC 9406); zeroed: at its start
 * @window_end: snd_nxt as the round began: it ends when all before that is acknowledged
 * @last_us: lastRoundMinRTT; U32_MAX: none
 * @current_us: currentRoundMinRTT; likewise
 * @baseline_us: cssBaselineMinRtt
 * @samples: round-trip times in this round, as far as they are counted
 * @css_rounds: rounds in conservative slow start, begun ones included
 * @begun: all of the above are valid
 * @phase: enum xtcp_hystart_phase
 */
struct xtcp_hystart {
	u32	window_end;
	u32	last_us;
	u32	current_us;
	u32	baseline_us;
	u8	samples;
	u8	css_rounds;
	bool	begun;
	u8	phase;
};

enum xtcp_hystart_phase xtcp_hystart_ack(struct xtcp_hystart *hystart, u32 una, u32 nxt,
					 u32 rtt_us);

#endif /* _XTCP_HYSTART_H */

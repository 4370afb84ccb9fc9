/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Whether a listener is under attack: what is counted for each, and the verdict.
 */
#ifndef _XTCP_FLOOD_H
#define _XTCP_FLOOD_H

#include <linux/types.h>

struct xtcp_flood;

enum xtcp_flood_verdict {
	XTCP_FLOOD_NONE,		/* as before */
	XTCP_FLOOD_BEGIN,		/* an attack has begun */
	XTCP_FLOOD_OVER,		/* it is over */
};

/**
 * struct xtcp_flood_report - the last whole interval of a listener, and the attack it is part of
 * @under: the listener is under attack
 * @syn_rate: SYNs a second
 * @open_rate: handshakes completed a second
 * @sources: estimate of the distinct source addresses that have sent SYNs, in the last 5 to 10
 *	     seconds
 * @half_open: entries in the half-open queue at its end
 * @seconds: since the attack began; 0 if there is none. %XTCP_FLOOD_OVER comes with those of the
 *	     attack that is over, to its last second
 * @syns: SYNs since the attack began, likewise
 */
struct xtcp_flood_report {
	bool	under;
	u32	syn_rate;
	u32	open_rate;
	u32	sources;
	u32	half_open;
	u32	seconds;
	u64	syns;
};

/**
 * struct xtcp_flood_numbers - what the verdict is made of
 * @ms: length of the interval, milliseconds
 * @window_sources: estimate of the distinct sources of the window's SYNs
 * @window_ms: length of the window, the interval at its end, milliseconds
 * @syns: SYNs in the interval
 * @window_syns: SYNs in the window
 * @window_opened: handshakes completed in the window
 */
struct xtcp_flood_numbers {
	u32	ms;
	u32	window_sources;
	u64	window_ms;
	u64	syns;
	u64	window_syns;
	u64	window_opened;
};

/**
 * struct xtcp_flood_state - what the verdict remembers; all zero at first
 * @under: there is an attack
 * @held_ms: for how long the numbers have been saying otherwise
 * @held_syns: and how many SYNs came meanwhile
 * @attack_ms: how long the attack has lasted, while one is on
 * @attack_syns: and how many SYNs it has had
 */
struct xtcp_flood_state {
	bool	under;
	u64	held_ms;
	u64	held_syns;
	u64	attack_ms;
	u64	attack_syns;
};

enum xtcp_flood_verdict xtcp_flood_judge(struct xtcp_flood_state *state,
					 const struct xtcp_flood_numbers *numbers);

struct xtcp_flood *xtcp_flood_alloc(gfp_t gfp);
void xtcp_flood_free(struct xtcp_flood *flood);
void xtcp_flood_syn(struct xtcp_flood *flood, u64 source_hash);
void xtcp_flood_opened(struct xtcp_flood *flood);
enum xtcp_flood_verdict xtcp_flood_tick(struct xtcp_flood *flood, u32 now_ms, u32 half_open,
					struct xtcp_flood_report *report);
void xtcp_flood_last(const struct xtcp_flood *flood, struct xtcp_flood_report *report);

#endif /* _XTCP_FLOOD_H */

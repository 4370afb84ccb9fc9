/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_PLPMTUD_H
#define _XTCP_PLPMTUD_H

#include <linux/types.h>

/* A search that has come so close goes no further, bytes. */
#define XTCP_PLPMTUD_STEP	8
/* Probes of one size that may be lost before it counts as too large (RFC 8899 5.1.2). */
#define XTCP_PLPMTUD_PROBES	3

/* xtcp_plpmtud.state */
enum xtcp_plpmtud_state {
	XTCP_PLPMTUD_OFF,	/* segments are as large as the routing says */
	XTCP_PLPMTUD_SEARCH,	/* probes go out */
	XTCP_PLPMTUD_DONE,	/* the largest is found, until it is time to look again */
};

/**
 * struct xtcp_plpmtud - the search for the largest packet that a path takes (RFC 4821, RFC 8899)
 * @low: largest that is known to get through, or is taken to; bytes, IP header and all
 * @high: largest that may
 * @size: of the probe in flight, likewise; 0: none is
 * @seq: its first sequence number
 * @end: one past its last
 * @done_s: when the search ended, seconds
 * @state: &enum xtcp_plpmtud_state
 * @tries: probes of the next size that were lost
 * @top: the next is @high itself: mostly there is nothing to be searched for
 */
struct xtcp_plpmtud {
	u32	low;
	u32	high;
	u32	size;
	u32	seq;
	u32	end;
	u32	done_s;
	u8	state;
	u8	tries;
	bool	top;
};

/* The largest packet that may be sent, as far as this knows. */
static inline u32 xtcp_plpmtud_limit(const struct xtcp_plpmtud *pl)
{
	return pl->state == XTCP_PLPMTUD_OFF ? U32_MAX : pl->low;
}

/* Whether a segment is the probe in flight, or about to be. */
static inline bool xtcp_plpmtud_is_probe(const struct xtcp_plpmtud *pl, u32 seq, u32 end)
{
	return pl->size && pl->seq == seq && pl->end == end;
}

void xtcp_plpmtud_start(struct xtcp_plpmtud *pl, u32 base, u32 path);
bool xtcp_plpmtud_black_hole(struct xtcp_plpmtud *pl, u32 sent, u32 base, u32 least);
void xtcp_plpmtud_path(struct xtcp_plpmtud *pl, u32 before, u32 path);
u32 xtcp_plpmtud_next(struct xtcp_plpmtud *pl, u32 path, u32 most, u32 interval_s, u32 now_s);
void xtcp_plpmtud_sent(struct xtcp_plpmtud *pl, u32 size, u32 seq, u32 end);
bool xtcp_plpmtud_acked(struct xtcp_plpmtud *pl, u32 una);
void xtcp_plpmtud_lost(struct xtcp_plpmtud *pl, bool alone);

#endif /* _XTCP_PLPMTUD_H */

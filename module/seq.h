/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Sequence number arithmetic modulo 2^32 (RFC 9293 section 3.4).
 *
 * Comparisons are right while the two numbers are less than 2^31 apart.
 */
#ifndef _XTCP_SEQ_H
#define _XTCP_SEQ_H

#include <linux/types.h>

static inline bool xtcp_seq_lt(u32 a, u32 b)
{
	return (s32)(a - b) < 0;
}

static inline bool xtcp_seq_le(u32 a, u32 b)
{
	return (s32)(a - b) <= 0;
}

static inline bool xtcp_seq_gt(u32 a, u32 b)
{
	return xtcp_seq_lt(b, a);
}

static inline bool xtcp_seq_ge(u32 a, u32 b)
{
	return xtcp_seq_le(b, a);
}

static inline u32 xtcp_seq_max(u32 a, u32 b)
{
	return xtcp_seq_gt(a, b) ? a : b;
}

static inline u32 xtcp_seq_min(u32 a, u32 b)
{
	return xtcp_seq_lt(a, b) ? a : b;
}

/* lo <= seq < hi, also where the range crosses the wrap. */
static inline bool xtcp_seq_in(u32 seq, u32 lo, u32 hi)
{
	return seq - lo < hi - lo;
}

#endif /* _XTCP_SEQ_H */

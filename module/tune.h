/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_TUNE_H
#define _XTCP_TUNE_H

#include <linux/types.h>

/* What is short brings less data than half of its memory, and comes to share memory with others. */
#define XTCP_TUNE_SHARE_UNIT	256
#define XTCP_TUNE_SHARE_FIRST	(XTCP_TUNE_SHARE_UNIT / 2)
#define XTCP_TUNE_SHARE_LEAST	(XTCP_TUNE_SHARE_UNIT / 4)
#define XTCP_TUNE_SHARE_MOST	(XTCP_TUNE_SHARE_UNIT * 15 / 16)

/**
 * struct xtcp_tune - what a receiver knows of the path and of its reader
 * @round_us: when the present round began, microseconds; a round is a round-trip time
 * @mark_us: when the present sample without timestamps began
 * @rtt_us: round-trip time; 0: not known yet
 * @tsecr: the last echo that made a sample
 * @mark: the sequence number that ends the sample that began at @mark_us
 * @read: sequence number up to which the user had read when the round began
 * @space: most bytes that were read in one round
 * @share: of %XTCP_TUNE_SHARE_UNIT bytes of memory, those that are data; written once, for poll
 * @marked: @mark and @mark_us are valid
 */
struct xtcp_tune {
	u64	round_us;
	u64	mark_us;
	u32	rtt_us;
	u32	tsecr;
	u32	mark;
	u32	read;
	u32	space;
	u16	share;
	bool	marked;
};

void xtcp_tune_init(struct xtcp_tune *tune);
void xtcp_tune_begin(struct xtcp_tune *tune, u32 space, u32 read, u64 now_us);
void xtcp_tune_echo(struct xtcp_tune *tune, u32 tsecr, u32 age_us);
void xtcp_tune_window(struct xtcp_tune *tune, u32 rcv_nxt, u32 window, u64 now_us);
void xtcp_tune_came(struct xtcp_tune *tune, u32 len, u32 truesize, bool packed);
u32 xtcp_tune_read(struct xtcp_tune *tune, u32 read, u32 mss, u64 now_us);
u32 xtcp_tune_data(const struct xtcp_tune *tune, u32 memory);
u32 xtcp_tune_memory(const struct xtcp_tune *tune, u32 data);

#endif /* _XTCP_TUNE_H */

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How many different things were seen, without keeping them.
 */
#ifndef _XTCP_SKETCH_H
#define _XTCP_SKETCH_H

#include <linux/types.h>

/* Standard error 1.04 / sqrt(registers), 2.3% */
#define XTCP_SKETCH_REGISTERS	2048

/**
 * struct xtcp_sketch - a HyperLogLog counter; all zero at first
 * @ranks: registers of four bits, the even one in the low half of each byte
 *
 * Needs no lock. See xtcp_sketch_add() for what is lost in races.
 */
struct xtcp_sketch {
	u8	ranks[XTCP_SKETCH_REGISTERS / 2];
};

void xtcp_sketch_clear(struct xtcp_sketch *sketch);
void xtcp_sketch_add(struct xtcp_sketch *sketch, u64 hash);
u32 xtcp_sketch_estimate(const struct xtcp_sketch *a, const struct xtcp_sketch *b);

#endif /* _XTCP_SKETCH_H */

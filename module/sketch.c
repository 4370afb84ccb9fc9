// SPDX-License-Identifier: GPL-2.0
/*
 * HyperLogLog in integers. Flajolet, Fusy, Gandouet, Meunier: "HyperLogLog: the analysis of a
 * near-optimal cardinality estimation algorithm", AofA 2007; of a 64-bit hash, as in Heule,
 * Nunkesser, Hall: "HyperLogLog in Practice", EDBT 2013; the estimate is that of Ertl: "New
 * cardinality estimation algorithms for HyperLogLog sketches", arXiv:1702.01284.
 *
 * Some bits of a hash choose a register, which keeps the largest rank that it has seen: 1 plus the
 * number of zeros at the low end of the rest. Ranks end at 15, which half a byte holds. Of a
 * million different hashes one register in 70 would have had more, and those weigh the least.
 */
#include <linux/bitops.h>
#include <linux/kernel.h>
#include <linux/math64.h>

#include "sketch.h"

#define REGISTERS	XTCP_SKETCH_REGISTERS
#define INDEX_BITS	11
#define RANK_MAX	15

static_assert(REGISTERS == 1 << INDEX_BITS);

/* alpha m^2 in the unit of the sum of 2^-rank; alpha = 1 / (2 ln 2) = 0.72135 */
#define SUM_SHIFT	RANK_MAX
#define ALPHA_M2	((u64)REGISTERS * REGISTERS * 72135 / 100000 << SUM_SHIFT)

/**
 * xtcp_sketch_clear - forget everything
 * @sketch: sketch
 *
 * What is added meanwhile may be kept or lost, and bring a neighbour back.
 */
void xtcp_sketch_clear(struct xtcp_sketch *sketch)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(sketch->ranks); i++)
		WRITE_ONCE(sketch->ranks[i], 0);
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_sketch_clear);

/**
 * xtcp_sketch_add - count something, unless it was counted before
 * @sketch: sketch
 * @hash: of the thing, under a key that nobody outside has: else its ranks could be chosen
 *
 * Two CPUs that write into the same byte at once may lose one of the ranks. One register of 2048
 * is then too low until a like rank comes again, which is less than the estimate's own error; and
 * the fuller the sketch is, the rarer are writes.
 *
 * Context: Any.
 */
void xtcp_sketch_add(struct xtcp_sketch *sketch, u64 hash)
{
	u8 *ranks = &sketch->ranks[hash % REGISTERS / 2];
	u32 shift = hash % 2 * 4;
	u32 rank = __ffs((u32)(hash >> INDEX_BITS) | BIT(RANK_MAX - 1)) + 1;
	u8 old = READ_ONCE(*ranks);

	if (rank > (old >> shift & 0xf))
		WRITE_ONCE(*ranks, (old & ~(0xf << shift)) | rank << shift);
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_sketch_add);

/*
 * What empty registers weigh in the sum: m sigma(empty / m), where sigma(x) = x + x^2 + 2 x^4 +
 * 4 x^8 and so on, of Ertl's improved raw estimator. That each weighs 2^0 is wrong where there are
 * many, and to take another formula there, as Flajolet does, adds an error where the two meet.
 */
static u64 weigh_empty(u32 empty)
{
	u64 x = ((u64)empty << 32) / REGISTERS;
	u64 sum = x;
	u32 shift;

	for (shift = 0; x; shift++) {
		x = x * x >> 32;
		sum += x << shift;
	}
	return sum * REGISTERS >> (32 - SUM_SHIFT);
}

/**
 * xtcp_sketch_estimate - how many different things were added to either of two sketches
 * @a: sketch
 * @b: another, or the same
 *
 * The largest rank is taken for exact: of 10 million things 2% are missing, of 30 million 13%.
 *
 * Return: a number with a standard error of 2.3%, at most 48 million.
 */
u32 xtcp_sketch_estimate(const struct xtcp_sketch *a, const struct xtcp_sketch *b)
{
	u32 sum = 0, empty = 0, i;

	for (i = 0; i < REGISTERS; i++) {
		u32 shift = i % 2 * 4;
		u32 rank = max(READ_ONCE(a->ranks[i / 2]) >> shift & 0xf,
			       READ_ONCE(b->ranks[i / 2]) >> shift & 0xf);

		if (rank)
			sum += 1u << (SUM_SHIFT - rank);
		else
			empty++;
	}
	if (empty == REGISTERS)
		return 0;
	return DIV64_U64_ROUND_CLOSEST(ALPHA_M2, sum + weigh_empty(empty));
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_sketch_estimate);

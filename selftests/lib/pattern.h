/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Bytes that any two ends agree on: which byte stands where in a stream follows from the
 * stream's seed alone, so that whoever receives it needs no copy to compare with.
 */
#ifndef _SELFTEST_PATTERN_H
#define _SELFTEST_PATTERN_H

#include <stddef.h>
#include <stdint.h>

void pattern_fill(uint64_t seed, uint64_t offset, void *buf, size_t len);
/* Offset within @buf of the first wrong byte; @len: there is none. */
size_t pattern_check(uint64_t seed, uint64_t offset, const void *buf, size_t len);
/* A small random number, the same in every run; @state is kept by the caller. */
uint32_t pattern_random(uint64_t *state);

#endif /* _SELFTEST_PATTERN_H */

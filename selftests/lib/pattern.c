// SPDX-License-Identifier: GPL-2.0
/*
 * Bytes that any two ends agree on.
 */
#include <string.h>

#include "pattern.h"

/* Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014. */
static uint64_t mix(uint64_t x)
{
	x += 0x9e3779b97f4a7c15ull;
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ull;
	x = (x ^ x >> 27) * 0x94d049bb133111ebull;
	return x ^ x >> 31;
}

void pattern_fill(uint64_t seed, uint64_t offset, void *buf, size_t len)
{
	unsigned char *p = buf;
	uint64_t word;
	size_t skip, n;

	for (; len; p += n, offset += n, len -= n) {
		word = mix(seed << 48 ^ offset / 8);
		skip = offset % 8;
		n = 8 - skip < len ? 8 - skip : len;
		memcpy(p, (unsigned char *)&word + skip, n);
	}
}

size_t pattern_check(uint64_t seed, uint64_t offset, const void *buf, size_t len)
{
	const unsigned char *p = buf;
	unsigned char right[4096];
	size_t done, n, i;

	for (done = 0; done < len; done += n) {
		n = len - done < sizeof(right) ? len - done : sizeof(right);
		pattern_fill(seed, offset + done, right, n);
		if (!memcmp(right, p + done, n))
			continue;
		for (i = 0; right[i] == p[done + i]; i++)
			;
		return done + i;
	}
	return len;
}

uint32_t pattern_random(uint64_t *state)
{
	*state += 1;
	return mix(*state) >> 32;
}

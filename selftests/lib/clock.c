// SPDX-License-Identifier: GPL-2.0
/*
 * Time in tests.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "clock.h"

uint64_t clock_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000ull + now.tv_nsec / 1000000;
}

uint64_t clock_ticks(void)
{
#if defined(__x86_64__) || defined(__i386__)
	return __builtin_ia32_rdtsc();
#else
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ull + now.tv_nsec;
#endif
}

void clock_sleep_ms(unsigned int ms)
{
	struct timespec left = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000l };

	while (nanosleep(&left, &left))
		;
}

bool clock_is_debug(void)
{
	const char *scale = getenv("XTCP_SCALE");

	return scale && !strcmp(scale, "debug");
}

unsigned int clock_scaled(unsigned int full, unsigned int debug)
{
	return clock_is_debug() ? debug : full;
}

static unsigned int timeout_scale(void)
{
	const char *scale = getenv("XTCP_TIMEOUT_SCALE");
	int n = scale ? atoi(scale) : 0;

	return n > 0 ? (unsigned int)n : clock_scaled(1, 4);
}

unsigned int clock_patience_ms(void)
{
	return 10000 * timeout_scale();
}

unsigned int clock_at_once_ms(void)
{
	return 20;
}

unsigned int clock_quiet_ms(void)
{
	return 25;
}

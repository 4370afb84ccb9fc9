/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Time in tests: nothing is asserted in absolute terms, for the machine may be an emulated one.
 */
#ifndef _SELFTEST_CLOCK_H
#define _SELFTEST_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

uint64_t clock_ms(void);
void clock_sleep_ms(unsigned int ms);
/*
 * Good for nothing but to be compared: the processor's own where there are any, since the clock of
 * user-mode Linux with time-travel does not move between two timers.
 */
uint64_t clock_ticks(void);

/* How long to wait for what must come: only a failure waits so long. */
unsigned int clock_patience_ms(void);
/*
 * How long to wait for what comes at once: no timer is as quick, but on another CPU a queue may be
 * busy with a packet of its own.
 */
unsigned int clock_at_once_ms(void);
/* How long to watch that nothing comes: what does not come at once does not come by itself. */
unsigned int clock_quiet_ms(void);
/* XTCP_SCALE=debug: the kernel is instrumented, perhaps emulated; loops are to be short. */
bool clock_is_debug(void);
/* As many as are worth it on this machine. */
unsigned int clock_scaled(unsigned int full, unsigned int debug);

#endif /* _SELFTEST_CLOCK_H */

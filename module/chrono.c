// SPDX-License-Identifier: GPL-2.0
/* A stopwatch with several hands, one of which runs: what TCP_INFO says that time was spent on. */
#include "chrono.h"

/**
 * xtcp_chrono_switch_at - from now on it is something else
 * @chrono: the stopwatch
 * @to: what
 * @now_us: the time, microseconds; never less than the last time
 */
void xtcp_chrono_switch_at(struct xtcp_chrono *chrono, enum xtcp_busy to, u64 now_us)
{
	chrono->spent_us[chrono->now] = xtcp_chrono_spent_us(chrono, chrono->now, now_us);
	chrono->since_us = now_us;
	chrono->now = to;
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_chrono_switch_at);

/**
 * xtcp_chrono_spent_us - how long it has been one thing
 * @chrono: the stopwatch
 * @what: which; not %XTCP_BUSY_NOT, which nobody has started
 * @now_us: the time, microseconds
 *
 * Return: microseconds, all times together.
 */
u64 xtcp_chrono_spent_us(const struct xtcp_chrono *chrono, enum xtcp_busy what, u64 now_us)
{
	u64 spent_us = chrono->spent_us[what];

	if (chrono->now == what)
		spent_us += now_us - chrono->since_us;
	return spent_us;
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_chrono_spent_us);

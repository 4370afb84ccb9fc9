/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_CHRONO_H
#define _XTCP_CHRONO_H

#include <linux/types.h>

/* What a connection's data waits for. */
enum xtcp_busy {
	XTCP_BUSY_NOT,		/* there is none */
	XTCP_BUSY,		/* the network */
	XTCP_BUSY_WINDOW,	/* the peer's window */
	XTCP_BUSY_BUFFER,	/* the user would write more, if the send buffer were larger */
	XTCP_BUSY_MAX
};

/**
 * struct xtcp_chrono - how long a connection's data has waited for what
 * @spent_us: until @since_us, microseconds
 * @since_us: when @now began
 * @now: what it waits for
 */
struct xtcp_chrono {
	u64		spent_us[XTCP_BUSY_MAX];
	u64		since_us;
	enum xtcp_busy	now;
};

void xtcp_chrono_switch_at(struct xtcp_chrono *chrono, enum xtcp_busy to, u64 now_us);
u64 xtcp_chrono_spent_us(const struct xtcp_chrono *chrono, enum xtcp_busy what, u64 now_us);

#endif /* _XTCP_CHRONO_H */

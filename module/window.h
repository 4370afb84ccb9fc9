/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_WINDOW_H
#define _XTCP_WINDOW_H

#include <linux/types.h>

u8 xtcp_window_scale(u32 space_max);
u32 xtcp_window_offer(u32 space, u32 space_max, u32 mss, u32 offered, u8 wscale);
bool xtcp_window_send_ok(u32 queued, u32 usable, u32 mss, u32 snd_wnd_max,
			 bool push, bool in_flight, bool nodelay);

#endif /* _XTCP_WINDOW_H */

/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_CONG_CUBIC_H
#define _XTCP_CONG_CUBIC_H

#include <linux/types.h>

u32 xtcp_cubic_k(u32 bytes, u32 mss);
u32 xtcp_cubic_window(u32 w_max, u32 k, u64 t_us, u32 mss);

#endif /* _XTCP_CONG_CUBIC_H */

/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_CONG_DCTCP_H
#define _XTCP_CONG_DCTCP_H

#include <linux/bits.h>
#include <linux/types.h>

/* DCTCP.Alpha is a fraction of this. */
#define XTCP_DCTCP_ONE_BITS	20
#define XTCP_DCTCP_ONE		BIT(XTCP_DCTCP_ONE_BITS)

u32 xtcp_dctcp_alpha(u32 alpha, u32 acked, u32 marked);

#endif /* _XTCP_CONG_DCTCP_H */

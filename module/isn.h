/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_ISN_H
#define _XTCP_ISN_H

#include <linux/siphash.h>
#include <linux/types.h>

struct xtcp_tuple;

u32 xtcp_isn(const siphash_key_t *key, const struct xtcp_tuple *tuple, u64 now_ns);
u32 xtcp_isn_ts_offset(const siphash_key_t *key, const struct xtcp_tuple *tuple);

#endif /* _XTCP_ISN_H */

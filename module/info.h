/* SPDX-License-Identifier: GPL-2.0 */
/*
 * TCP_INFO: what a connection tells of itself.
 */
#ifndef _XTCP_INFO_H
#define _XTCP_INFO_H

#include <linux/build_bug.h>
#include <linux/tcp.h>

#include "../include/uapi/linux/xtcp.h"

struct sock;

/**
 * struct xtcp_info - struct tcp_info, as this kernel has it, and to its end
 * @tcp: the former
 * @common: of it, what all kernels have
 * @tail: the rest
 */
struct xtcp_info {
	union {
		struct tcp_info	tcp;
		struct {
			u8			common[XTCP_INFO_TAIL];
			struct xtcp_info_tail	tail;
		};
	};
};

static_assert(offsetofend(struct tcp_info, tcpi_snd_wnd) == XTCP_INFO_TAIL);

void xtcp_info_fill(const struct sock *sk, struct xtcp_info *info);

#endif /* _XTCP_INFO_H */

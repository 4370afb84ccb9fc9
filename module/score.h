/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_SCORE_H
#define _XTCP_SCORE_H

#include <linux/types.h>

struct sock;
struct xtcp_opts;
struct xtcp_rtxq_news;

/**
 * struct xtcp_score - what an ACK's SACK blocks say
 * @dup_bytes: sequence space that the peer has received twice (RFC 2883); 0: none
 * @dup_end: its end
 */
struct xtcp_score {
	u32	dup_bytes;
	u32	dup_end;
};

void xtcp_score_take(struct sock *sk, u32 ack, const struct xtcp_opts *opts,
		     struct xtcp_rtxq_news *news, struct xtcp_score *score);

#endif /* _XTCP_SCORE_H */

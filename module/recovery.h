/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_RECOVERY_H
#define _XTCP_RECOVERY_H

#include <linux/types.h>

struct sock;

/* What is lost: marks segments in the retransmit queue, never sends. */
void xtcp_recovery_ack(struct sock *sk, u32 acked, bool dup);
void xtcp_recovery_timeout(struct sock *sk);
u32 xtcp_recovery_pipe(const struct sock *sk);

#endif /* _XTCP_RECOVERY_H */

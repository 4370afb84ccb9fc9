/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_UNDO_H
#define _XTCP_UNDO_H

#include <linux/types.h>

struct sock;
struct xtcp_ack_news;
struct xtcp_sock;

void xtcp_undo_arm(struct xtcp_sock *xsk);
void xtcp_undo_timeout(struct xtcp_sock *xsk);
void xtcp_undo_resent(struct xtcp_sock *xsk, u32 bytes);
enum xtcp_undo_verdict {
	XTCP_UNDO_NONE,		/* it says nothing of that */
	XTCP_UNDO_LATE,		/* something was late, but there is more that was sent again */
	XTCP_UNDO_ALL,		/* nothing was lost */
};

enum xtcp_undo_verdict xtcp_undo_ack(struct sock *sk, const struct xtcp_ack_news *news);

#endif /* _XTCP_UNDO_H */

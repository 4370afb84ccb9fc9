/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_RECOVERY_H
#define _XTCP_RECOVERY_H

#include <linux/types.h>

#include "rtxq.h"
#include "score.h"

struct sock;

/**
 * struct xtcp_ack_news - what an ACK tells
 * @rtxq: of the retransmit queue
 * @score: of what came twice
 * @resent_us: when the oldest segment, which it covers, had gone again; 0: it had not
 * @acked: bytes by which snd_una moved, SYN and FIN not counted
 * @ece_bytes: of rtxq.bytes, those whose packets were marked, as far as @ece tells
 * @rtt_us: round-trip time that it measures; 0: none
 * @tsecr: the timestamp that it echoes, if @has_ts
 * @has_ts: it echoes one
 * @advanced: snd_una moved
 * @dup: it is a duplicate ACK (RFC 5681 2)
 * @syn: it is the first that covers our SYN
 * @later: by its sequence number it was sent after all that came before it
 * @ece: it echoes congestion (RFC 3168 6.1.3, RFC 9768 3.2.2)
 */
struct xtcp_ack_news {
	struct xtcp_rtxq_news	rtxq;
	struct xtcp_score	score;
	u64			resent_us;
	u32			acked;
	u32			ece_bytes;
	u32			rtt_us;
	u32			tsecr;
	bool			has_ts;
	bool			advanced;
	bool			dup;
	bool			syn;
	bool			later;
	bool			ece;
};

u32 xtcp_recovery_pipe(const struct sock *sk);
u32 xtcp_recovery_ack(struct sock *sk, const struct xtcp_ack_news *news);
u32 xtcp_recovery_reorder(struct sock *sk);
void xtcp_recovery_timeout(struct sock *sk);
void xtcp_recovery_refused(struct sock *sk);
bool xtcp_recovery_may_probe(const struct sock *sk);

#endif /* _XTCP_RECOVERY_H */

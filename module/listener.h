/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a listener counts, and whether it is under attack.
 */
#ifndef _XTCP_LISTENER_H
#define _XTCP_LISTENER_H

#include <linux/list.h>
#include <linux/percpu.h>
#include <linux/types.h>

#include "fastopen.h"
#include "sock.h"

struct sock;
struct xtcp_flood_report;
struct xtcp_net;
struct xtcp_tuple;

/**
 * struct xtcp_listener_stats - what came of a listener's SYNs
 * @syns: received, repetitions included
 * @completed: handshakes
 * @cookies_sent: SYN-ACKs sent without keeping an entry
 * @cookies_accepted: handshakes completed without one
 * @evicted: entries that had to go before their time
 * @retries: SYN-ACKs sent again
 * @expired: entries that ran out of retries
 */
struct xtcp_listener_stats {
	u64	syns;
	u64	completed;
	u64	cookies_sent;
	u64	cookies_accepted;
	u64	evicted;
	u64	retries;
	u64	expired;
};

/**
 * struct xtcp_listener - what a socket has as long as it may listen
 * @sk: the socket
 * @node: in its namespace's list, while it listens
 * @flooded: it is under attack, as of the last time that somebody looked
 * @flood: detection
 * @stats: counters, of each CPU
 * @fastopen_lock: leaf, BH; protects the next
 * @fastopen: children whose handshake is not complete
 */
struct xtcp_listener {
	struct sock				*sk;
	struct list_head			node;	/* lock of listener.c's list */
	bool					flooded;	/* listener.c's tick */
	struct xtcp_flood			*flood;
	struct xtcp_listener_stats __percpu	*stats;
	spinlock_t				fastopen_lock;	/* leaf, BH */
	struct xtcp_fastopen_bound		fastopen;	/* fastopen_lock */
};

/* What a socket counts that listens. */
static inline struct xtcp_listener_stats __percpu *xtcp_listener_counts(const struct sock *sk)
{
	return xtcp_sk(sk)->listening->stats;
}

/* Whether a listener is under attack: a snapshot. */
static inline bool xtcp_listener_is_flooded(const struct sock *sk)
{
	return READ_ONCE(xtcp_sk(sk)->listening->flooded);
}

int xtcp_listener_prepare(struct sock *sk);
void xtcp_listener_open(struct sock *sk);
void xtcp_listener_close(struct sock *sk);
void xtcp_listener_free(struct sock *sk);
void xtcp_listener_syn(struct sock *sk, const struct xtcp_tuple *tuple);
void xtcp_listener_completed(struct sock *sk);
bool xtcp_listener_tick(struct xtcp_net *xnet);
void xtcp_listener_flood(const struct sock *sk, struct xtcp_flood_report *report);
void xtcp_listener_read(const struct sock *sk, struct xtcp_listener_stats *stats);

#endif /* _XTCP_LISTENER_H */

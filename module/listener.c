// SPDX-License-Identifier: GPL-2.0
/*
 * What a listener has besides its socket: counters, and the detection of floods.
 *
 * It is made by the first listen() and freed with the socket, a grace period after its last
 * reference: who finds the listener in the table finds this as well.
 */
#include <linux/percpu.h>
#include <linux/random.h>
#include <linux/slab.h>

#include "xtcp.h"

/*
 * Source addresses are counted under this key, so that nobody can choose where they fall. Nobody
 * outside sees a hash of it either, so that it need not withstand being looked at.
 */
static u64 source_key[3] __read_mostly;

/* Multiplications by odd numbers, and what makes all bits good. */
static u64 source_hash(const struct in6_addr *addr)
{
	u64 high = (u64)(__force u32)addr->s6_addr32[0] << 32 | (__force u32)addr->s6_addr32[1];
	u64 low = (u64)(__force u32)addr->s6_addr32[2] << 32 | (__force u32)addr->s6_addr32[3];
	u64 hash = (high ^ source_key[2]) * (source_key[0] | 1);

	hash = (hash ^ hash >> 32 ^ low) * (source_key[1] | 1);
	hash ^= hash >> 32;
	hash *= source_key[0] | 1;
	return hash ^ hash >> 29;
}

/**
 * xtcp_listener_prepare - a socket may be about to listen
 * @sk: socket, CLOSED
 *
 * Context: Socket lock.
 * Return: 0 or -ENOMEM.
 */
int xtcp_listener_prepare(struct sock *sk)
{
	struct xtcp_listener *listener;

	if (xtcp_sk(sk)->listening)
		return 0;
	get_random_once(source_key, sizeof(source_key));
	listener = kzalloc(sizeof(*listener), GFP_KERNEL_ACCOUNT);
	if (!listener)
		return -ENOMEM;
	listener->sk = sk;
	INIT_LIST_HEAD(&listener->node);
	spin_lock_init(&listener->fastopen_lock);
	xtcp_sk(sk)->listening = listener;
	listener->flood = xtcp_flood_alloc(GFP_KERNEL_ACCOUNT);
	listener->stats = alloc_percpu_gfp(struct xtcp_listener_stats, GFP_KERNEL_ACCOUNT);
	if (listener->flood && listener->stats)
		return 0;
	xtcp_listener_free(sk);
	return -ENOMEM;
}

/**
 * xtcp_listener_open - a socket begins to listen
 * @sk: socket, prepared
 *
 * Context: Socket lock.
 */
void xtcp_listener_open(struct sock *sk)
{
	struct xtcp_net *xnet = xtcp_sock_net(sk);

	spin_lock_bh(&xnet->listeners_lock);
	list_add_tail(&xtcp_sk(sk)->listening->node, &xnet->listeners);
	spin_unlock_bh(&xnet->listeners_lock);
}

/**
 * xtcp_listener_close - a socket does not listen any more; idempotent
 * @sk: socket
 *
 * Context: Socket lock.
 */
void xtcp_listener_close(struct sock *sk)
{
	struct xtcp_net *xnet = xtcp_sock_net(sk);

	spin_lock_bh(&xnet->listeners_lock);
	list_del_init(&xtcp_sk(sk)->listening->node);
	spin_unlock_bh(&xnet->listeners_lock);
}

/**
 * xtcp_listener_free - free what xtcp_listener_prepare() made
 * @sk: socket that nobody else knows any more, and that does not listen; idempotent
 */
void xtcp_listener_free(struct sock *sk)
{
	struct xtcp_listener *listener = xtcp_sk(sk)->listening;

	if (!listener)
		return;
	WARN_ON_ONCE(!list_empty(&listener->node));
	WARN_ON_ONCE(listener->fastopen.pending);
	free_percpu(listener->stats);
	xtcp_flood_free(listener->flood);
	kfree(listener);
	xtcp_sk(sk)->listening = NULL;
}

/**
 * xtcp_listener_syn - a SYN came
 * @sk: listener
 * @tuple: whose
 *
 * Context: BH off.
 */
void xtcp_listener_syn(struct sock *sk, const struct xtcp_tuple *tuple)
{
	this_cpu_inc(xtcp_listener_counts(sk)->syns);
	xtcp_flood_syn(xtcp_sk(sk)->listening->flood, source_hash(&tuple->raddr));
}

/**
 * xtcp_listener_completed - a handshake is complete
 * @sk: listener
 *
 * Context: BH off.
 */
void xtcp_listener_completed(struct sock *sk)
{
	this_cpu_inc(xtcp_listener_counts(sk)->completed);
	xtcp_flood_opened(xtcp_sk(sk)->listening->flood);
}

/**
 * xtcp_listener_tick - look at what each listener of a namespace has seen, and report
 * @xnet: namespace
 *
 * To be called about once a second while anything is going on.
 *
 * Context: BH off.
 * Return: whether any of them has to be looked at again, though nothing comes any more.
 */
bool xtcp_listener_tick(struct xtcp_net *xnet)
{
	u32 now_ms = (u32)div_u64(ktime_get_ns(), NSEC_PER_MSEC);
	struct xtcp_flood_report report;
	struct xtcp_listener *listener;
	enum xtcp_flood_verdict verdict;
	bool again = false;

	spin_lock(&xnet->listeners_lock);
	list_for_each_entry(listener, &xnet->listeners, node) {
		const struct xtcp_sock *xsk = xtcp_sk(listener->sk);

		verdict = xtcp_flood_tick(listener->flood, now_ms, atomic_read(&xsk->synq_len),
					  &report);
		if (verdict != XTCP_FLOOD_NONE)
			xtcp_event_flood(xnet->net, &xsk->tuple, &report,
					 verdict == XTCP_FLOOD_OVER);
		WRITE_ONCE(listener->flooded, report.under);
		again |= report.under || report.syn_rate;
	}
	spin_unlock(&xnet->listeners_lock);
	return again;
}

/**
 * xtcp_listener_read - sum up a listener's counters
 * @sk: listener
 * @stats: filled; they need not fit each other, since everything goes on
 *
 * Context: RCU read side, or a reference.
 */
void xtcp_listener_read(const struct sock *sk, struct xtcp_listener_stats *stats)
{
	const struct xtcp_listener_stats *cpu;
	int i;

	*stats = (struct xtcp_listener_stats) {};
	for_each_possible_cpu(i) {
		cpu = per_cpu_ptr(xtcp_sk(sk)->listening->stats, i);
		stats->syns += READ_ONCE(cpu->syns);
		stats->completed += READ_ONCE(cpu->completed);
		stats->cookies_sent += READ_ONCE(cpu->cookies_sent);
		stats->cookies_accepted += READ_ONCE(cpu->cookies_accepted);
		stats->evicted += READ_ONCE(cpu->evicted);
		stats->retries += READ_ONCE(cpu->retries);
		stats->expired += READ_ONCE(cpu->expired);
	}
}

/**
 * xtcp_listener_flood - the last report of a listener's detection of floods
 * @sk: listener
 * @report: overwritten
 *
 * Context: RCU read side, or a reference.
 */
void xtcp_listener_flood(const struct sock *sk, struct xtcp_flood_report *report)
{
	xtcp_flood_last(xtcp_sk(sk)->listening->flood, report);
}

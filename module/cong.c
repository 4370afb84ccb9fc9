// SPDX-License-Identifier: GPL-2.0
/*
 * Congestion control: what algorithms have in common, and which there are.
 *
 * A connection calls the algorithm by way of what is here, so that what holds for every one of them
 * is written once: the bounds, the window after a timeout, the restart after silence.
 */
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/string.h>

#include "cong.h"

/**
 * xtcp_cong_bound - a window, kept within bounds
 * @bytes: any
 *
 * Return: bytes, at most %XTCP_CWND_MAX.
 */
u32 xtcp_cong_bound(u64 bytes)
{
	return min_t(u64, bytes, XTCP_CWND_MAX);
}
EXPORT_SYMBOL_GPL(xtcp_cong_bound);

/**
 * xtcp_cong_slow_start - let cwnd grow by what arrived, up to ssthresh
 * @cc: congestion state, cwnd below ssthresh
 * @acked: bytes by which snd_una moved
 * @limit: most segments to add, 0: any number
 *
 * Receivers put segments together before they acknowledge them, 64 KiB at once. With the two
 * segments an ACK that RFC 3465 allows, the window would take many times as many round trips to
 * grow; and bursts, which that is to avoid, are pace.c's business. After a timeout it is one, where
 * an ACK may be of what has arrived long ago (2.3).
 *
 * Source: RFC 5681 3.1, RFC 3465 2.2, RFC 9406 4.3 (L is infinite where sending is paced).
 *
 * Return: bytes of @acked that lie beyond ssthresh.
 */
u32 xtcp_cong_slow_start(struct xtcp_cong *cc, u32 acked, u32 limit)
{
	u32 cwnd, left = 0;

	if (cc->after_timeout)
		limit = 1;
	if (limit)
		acked = min_t(u64, acked, (u64)cc->mss * limit);
	cwnd = xtcp_cong_bound((u64)cc->cwnd + acked);
	if (cwnd >= cc->ssthresh) {
		left = cwnd - cc->ssthresh;
		cwnd = cc->ssthresh;
		cc->after_timeout = false;
	}
	cc->cwnd = cwnd;
	return left;
}
EXPORT_SYMBOL_GPL(xtcp_cong_slow_start);

/**
 * xtcp_cong_avoid - let cwnd grow by a number of segments for each of itself that arrived
 * @cc: congestion state
 * @acked: bytes by which snd_una moved
 * @window: bytes that have to arrive for a segment
 *
 * Source: RFC 3465 2.1, with @window cwnd; RFC 9438 4.2 and 4.4.
 */
void xtcp_cong_avoid(struct xtcp_cong *cc, u32 acked, u32 window)
{
	u32 segments;

	window = max(window, 1U);
	cc->acked += min(acked, cc->cwnd);
	if (cc->acked < window)
		return;
	segments = cc->acked / window;
	cc->acked -= segments * window;
	cc->cwnd = xtcp_cong_bound((u64)cc->cwnd + (u64)segments * cc->mss);
}
EXPORT_SYMBOL_GPL(xtcp_cong_avoid);

/**
 * xtcp_cong_init - start a connection
 * @cc: congestion state
 * @ops: algorithm, which somebody holds for as long
 * @mss: bytes of a full segment
 * @initial_segments: initial window, segments
 * @now_us: the clock
 *
 * Source: RFC 5681 3.1, RFC 6928 2.
 */
void xtcp_cong_init(struct xtcp_cong *cc, const struct xtcp_cong_ops *ops, u32 mss,
		    u32 initial_segments, u64 now_us)
{
	*cc = (struct xtcp_cong){
		.ops = ops,
		.mss = mss,
		.cwnd = xtcp_cong_bound((u64)mss * initial_segments),
		.ssthresh = XTCP_SSTHRESH_INFINITE,
		.pacing_rate = ~0ull,
	};
	if (ops->init)
		ops->init(cc, now_us);
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_cong_init);

/**
 * xtcp_cong_switch - go on with another algorithm
 * @cc: congestion state; cwnd and ssthresh stay
 * @ops: the other
 * @now_us: the clock
 */
void xtcp_cong_switch(struct xtcp_cong *cc, const struct xtcp_cong_ops *ops, u64 now_us)
{
	cc->ops = ops;
	cc->acked = 0;
	cc->pacing_rate = ~0ull;
	memset(cc->priv, 0, sizeof(cc->priv));
	if (ops->init)
		ops->init(cc, now_us);
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_cong_switch);

/**
 * xtcp_cong_acked - an ACK brought news
 * @cc: congestion state
 * @ack: what it says
 *
 * Source: RFC 3168 6.1.2: one that echoes congestion makes no window grow.
 */
void xtcp_cong_acked(struct xtcp_cong *cc, const struct xtcp_cong_ack *ack)
{
	u32 cwnd = cc->cwnd;

	cc->ops->ack(cc, ack);
	if (ack->ece && !xtcp_cong_owns_recovery(cc))
		cc->cwnd = min(cc->cwnd, cwnd);
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_cong_acked);

/**
 * xtcp_cong_echoed - an ACK says how much was marked of what has arrived
 * @cc: congestion state
 * @echo: that
 */
void xtcp_cong_echoed(struct xtcp_cong *cc, const struct xtcp_cong_echo *echo)
{
	if (cc->ops->echo)
		cc->ops->echo(cc, echo);
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_cong_echoed);

static bool is_timeout(enum xtcp_cong_why why)
{
	return why == XTCP_CONG_TIMEOUT || why == XTCP_CONG_TIMEOUT_AGAIN;
}

/* One segment; and what was sent too late to have timed out, if there is any (RFC 8985 6.3). */
static u32 loss_window(const struct xtcp_cong *cc, const struct xtcp_cong_event *event)
{
	return xtcp_cong_bound((u64)event->in_flight + cc->mss);
}

/**
 * xtcp_cong_congested - something was lost, or is said to be near to it
 * @cc: congestion state
 * @event: what
 *
 * The window is not inflated by duplicate ACKs: recovery counts what is in the pipe.
 *
 * Source: RFC 5681 3.1 (4), the loss window, and 3.2; RFC 6675 5 (4.2).
 */
void xtcp_cong_congested(struct xtcp_cong *cc, const struct xtcp_cong_event *event)
{
	if (event->why != XTCP_CONG_TIMEOUT_AGAIN && cc->ops->ssthresh)
		cc->ssthresh = xtcp_cong_bound(max_t(u64, cc->ops->ssthresh(cc, event),
						     2ull * cc->mss));
	cc->acked = 0;
	cc->after_timeout = is_timeout(event->why) && !event->sack;
	if (!xtcp_cong_owns_recovery(cc))
		cc->cwnd = is_timeout(event->why) ? loss_window(cc, event) : cc->ssthresh;
	if (cc->ops->event)
		cc->ops->event(cc, event);
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_cong_congested);

/**
 * xtcp_cong_recovered - what was lost is repaired
 * @cc: congestion state
 * @now_us: the clock
 *
 * Source: RFC 6582 3.2 step 3, RFC 9937 6.
 */
void xtcp_cong_recovered(struct xtcp_cong *cc, u64 now_us)
{
	/* Infinite: it was lost under an algorithm that has no use for ssthresh, and was left. */
	if (!xtcp_cong_owns_recovery(cc) && cc->ssthresh < XTCP_SSTHRESH_INFINITE)
		cc->cwnd = max(cc->ssthresh, cc->mss);
	if (cc->ops->recovered)
		cc->ops->recovered(cc, now_us);
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_cong_recovered);

/**
 * xtcp_cong_undo - nothing was lost
 * @cc: congestion state
 * @cwnd: what it was before the event
 * @ssthresh: likewise
 * @now_us: the clock
 *
 * Source: RFC 4015 3.
 */
void xtcp_cong_undo(struct xtcp_cong *cc, u32 cwnd, u32 ssthresh, u64 now_us)
{
	cc->cwnd = max(cc->cwnd, cwnd);
	cc->ssthresh = max(cc->ssthresh, ssthresh);
	cc->after_timeout = false;
	if (cc->ops->undo)
		cc->ops->undo(cc, now_us);
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_cong_undo);

/**
 * xtcp_cong_restart - sending begins again, with nothing in flight
 * @cc: congestion state
 * @initial_segments: initial window, segments
 * @idle_rtos: whole retransmission timeouts since the last data segment was sent
 * @now_us: the clock
 * @idle_us: the same silence in microseconds
 * @app_limited: there was nothing to send
 *
 * Source: RFC 5681 4.1: the restart window is min(IW, cwnd).
 */
void xtcp_cong_restart(struct xtcp_cong *cc, u32 initial_segments, u32 idle_rtos, u64 now_us,
		       u64 idle_us, bool app_limited)
{
	if (idle_rtos && !xtcp_cong_owns_recovery(cc)) {
		cc->cwnd = min(cc->cwnd, xtcp_cong_bound((u64)cc->mss * initial_segments));
		cc->acked = 0;
	}
	if (cc->ops->restart)
		cc->ops->restart(cc, now_us, idle_us, app_limited);
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_cong_restart);

/*
 * Which there are
 */

static DEFINE_MUTEX(list_lock);
static LIST_HEAD(list);			/* list_lock */

static struct xtcp_cong_ops *const own[] = {
	&xtcp_cong_reno,
	&xtcp_cong_cubic,
	&xtcp_cong_bbr,
	&xtcp_cong_dctcp,
};

static struct xtcp_cong_ops *find(const char *name)
{
	struct xtcp_cong_ops *ops;

	lockdep_assert_held(&list_lock);
	list_for_each_entry(ops, &list, node) {
		if (!strcmp(ops->name, name))
			return ops;
	}
	return NULL;
}

static bool is_complete(const struct xtcp_cong_ops *ops)
{
	size_t len = strnlen(ops->name, sizeof(ops->name));

	return len && len < sizeof(ops->name) && ops->owner && ops->ack &&
	       (ops->ssthresh || ops->flags & XTCP_CONG_OWN_RECOVERY);
}

/**
 * xtcp_cong_register - offer an algorithm to TCP_CONGESTION
 * @ops: filled but for its node; stays registered until xtcp_cong_unregister()
 *
 * Context: process context; may sleep.
 * Return: 0; -EINVAL for one that lacks a name, an owner, ack or ssthresh (which those of their own
 * recovery need not have); -EEXIST if there is one of that name.
 */
int xtcp_cong_register(struct xtcp_cong_ops *ops)
{
	int err = -EEXIST;

	if (!is_complete(ops))
		return -EINVAL;
	mutex_lock(&list_lock);
	if (!find(ops->name)) {
		list_add_tail(&ops->node, &list);
		err = 0;
	}
	mutex_unlock(&list_lock);
	return err;
}
EXPORT_SYMBOL_GPL(xtcp_cong_register);

/**
 * xtcp_cong_unregister - take an algorithm back, in its module's exit
 * @ops: registered. Nobody uses it: who does holds the module
 *
 * Context: process context; may sleep.
 */
void xtcp_cong_unregister(struct xtcp_cong_ops *ops)
{
	mutex_lock(&list_lock);
	list_del(&ops->node);
	mutex_unlock(&list_lock);
}
EXPORT_SYMBOL_GPL(xtcp_cong_unregister);

/**
 * xtcp_cong_hold - keep the module of an algorithm
 * @ops: algorithm. Ours are kept by whatever has a socket or a namespace
 *
 * Context: any.
 * Return: false if it is about to go; never if somebody else holds it.
 */
bool xtcp_cong_hold(const struct xtcp_cong_ops *ops)
{
	return ops->owner == THIS_MODULE || try_module_get(ops->owner);
}

/**
 * xtcp_cong_hold_again - the same, of what is held already
 * @ops: algorithm
 *
 * Context: any.
 */
void xtcp_cong_hold_again(const struct xtcp_cong_ops *ops)
{
	if (ops->owner != THIS_MODULE)
		__module_get(ops->owner);
}

/**
 * xtcp_cong_put - undo xtcp_cong_hold()
 * @ops: algorithm
 *
 * Context: any.
 */
void xtcp_cong_put(const struct xtcp_cong_ops *ops)
{
	if (ops->owner != THIS_MODULE)
		module_put(ops->owner);
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_cong_put);

static const struct xtcp_cong_ops *find_and_hold(const char *name)
{
	const struct xtcp_cong_ops *ops;

	mutex_lock(&list_lock);
	ops = find(name);
	if (ops && !xtcp_cong_hold(ops))
		ops = NULL;
	mutex_unlock(&list_lock);
	return ops;
}

/**
 * xtcp_cong_get - find an algorithm, or load it, and hold it
 * @name: what it is called; its module has the alias xtcp-cong-NAME
 * @load: load it if need be
 *
 * Context: process context, no locks held; may sleep.
 * Return: the algorithm, or NULL.
 */
const struct xtcp_cong_ops *xtcp_cong_get(const char *name, bool load)
{
	const struct xtcp_cong_ops *ops = find_and_hold(name);

	if (!ops && load) {
		request_module("xtcp-cong-%s", name);
		ops = find_and_hold(name);
	}
	return ops;
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_cong_get);

/**
 * xtcp_cong_list - what there is, by name
 * @buf: filled with names, a blank between two
 * @len: its size
 *
 * Context: process context; may sleep.
 */
void xtcp_cong_list(char *buf, size_t len)
{
	const struct xtcp_cong_ops *ops;
	size_t at = 0;

	*buf = '\0';
	mutex_lock(&list_lock);
	list_for_each_entry(ops, &list, node)
		at += scnprintf(buf + at, len - at, "%s%s", at ? " " : "", ops->name);
	mutex_unlock(&list_lock);
}

/**
 * xtcp_cong_init_module - offer our own algorithms
 *
 * Return: 0 or a negative errno.
 */
int xtcp_cong_init_module(void)
{
	unsigned int i;
	int err;

	for (i = 0; i < ARRAY_SIZE(own); i++) {
		err = xtcp_cong_register(own[i]);
		if (err) {
			while (i--)
				xtcp_cong_unregister(own[i]);
			return err;
		}
	}
	return 0;
}

/**
 * xtcp_cong_exit_module - undo xtcp_cong_init_module()
 */
void xtcp_cong_exit_module(void)
{
	unsigned int i = ARRAY_SIZE(own);

	while (i--)
		xtcp_cong_unregister(own[i]);
}

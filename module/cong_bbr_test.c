// SPDX-License-Identifier: GPL-2.0
/*
 * BBR on a simulated path: a bottleneck of so many bytes a second before a buffer that overflows,
 * one or more connections across it, ACKs for each segment. What it makes of the path is held
 * against what the path is.
 */
#include <kunit/test.h>
#include <linux/kernel.h>
#include <linux/math64.h>
#include <linux/prandom.h>
#include <linux/slab.h>
#include <linux/time64.h>

#include "cong.h"
#include "cong_bbr.h"
#include "rate.h"

#define BBR_TEST_MSS		1460u
#define BBR_TEST_FLOWS		2
#define BBR_TEST_SEGMENTS	8192	/* most in flight */
#define BBR_TEST_MS(ms)		((ms) * 1000000ull)	/* ns */
#define BBR_TEST_S(s)		BBR_TEST_MS((s) * 1000ull)
#define BBR_TEST_RTO		BBR_TEST_MS(300)

struct bbr_test_segment {
	struct xtcp_rate_tx	tx;
	u64			sent;		/* ns */
	u64			ack;		/* ns; 0: dropped */
};

struct bbr_test_flow {
	struct xtcp_cong	cc;
	struct xtcp_rate	rate;
	struct bbr_test_segment	segments[BBR_TEST_SEGMENTS];
	u64			next;		/* number of the next to be sent */
	u64			oldest;		/* of the oldest not answered for */
	u64			recover;	/* recovery is over once that is the oldest */
	u64			limited;	/* sent last when cwnd kept more back */
	u64			pace;		/* ns: not before */
	u64			begin;		/* ns */
	u64			app_rate;	/* bytes a second that are written; 0: any */
	u64			app_ready;	/* ns: when the next segment is written */
	u64			lost;		/* bytes */
	u32			in_flight;
	u32			states;		/* seen */
	u32			min_cwnd;
	bool			recovering;
};

struct bbr_test_path {
	struct bbr_test_flow	flow[BBR_TEST_FLOWS];
	struct rnd_state	rnd;
	u64			now;		/* ns */
	u64			busy;		/* ns: until the queue is empty */
	u64			rate;		/* bytes a second */
	u64			delay;		/* ns, both ways */
	u64			buffer;		/* bytes */
	u64			queue_sum;	/* bytes, at each sending */
	u64			queue_count;
	u64			queue_least;
	u32			loss;		/* of 10000 */
	u32			mark;		/* bytes of queue that mark; 0: none do */
	u32			late_us;	/* as if others overtook what arrives by that */
	int			flows;
};

static struct xtcp_bbr *bbr_test_state(struct bbr_test_flow *flow)
{
	return xtcp_cong_priv(&flow->cc, struct xtcp_bbr);
}

static struct bbr_test_segment *bbr_test_segment(struct bbr_test_flow *flow, u64 number)
{
	return &flow->segments[number % BBR_TEST_SEGMENTS];
}

static struct bbr_test_path *bbr_test_open(struct kunit *test, u64 rate, u32 delay_ms, u64 buffer)
{
	struct bbr_test_path *path = kunit_kzalloc(test, sizeof(*path), GFP_KERNEL);
	int i;

	KUNIT_ASSERT_NOT_NULL(test, path);
	path->rate = rate;
	path->delay = BBR_TEST_MS(delay_ms);
	path->buffer = buffer;
	path->flows = 1;
	path->now = BBR_TEST_S(1000);
	prandom_seed_state(&path->rnd, 3);
	for (i = 0; i < BBR_TEST_FLOWS; i++) {
		xtcp_cong_init(&path->flow[i].cc, &xtcp_cong_bbr, BBR_TEST_MSS, 10,
			       div_u64(path->now, NSEC_PER_USEC));
		path->flow[i].begin = path->now;
		path->flow[i].min_cwnd = U32_MAX;
	}
	return path;
}

static u64 bbr_test_bdp(const struct bbr_test_path *path)
{
	return div_u64(path->rate * div_u64(path->delay, NSEC_PER_USEC), USEC_PER_SEC);
}

static u64 bbr_test_ns(u64 bytes, u64 rate)
{
	return div64_u64(bytes * NSEC_PER_SEC, rate);
}

static u64 bbr_test_queue(const struct bbr_test_path *path)
{
	u64 wait = path->busy > path->now ? path->busy - path->now : 0;

	return div_u64(path->rate * div_u64(wait, NSEC_PER_USEC), USEC_PER_SEC);
}

/* When this one may send; ~0: not before something arrives. */
static u64 bbr_test_ready(struct bbr_test_flow *flow)
{
	if (flow->in_flight + BBR_TEST_MSS > flow->cc.cwnd ||
	    flow->next - flow->oldest >= BBR_TEST_SEGMENTS - 1)
		return ~0ull;
	return max3(flow->pace, flow->app_ready, flow->begin);
}

static void bbr_test_send(struct bbr_test_path *path, struct bbr_test_flow *flow)
{
	struct bbr_test_segment *segment = bbr_test_segment(flow, flow->next++);
	u64 now_us = div_u64(path->now, NSEC_PER_USEC);
	u64 queue = bbr_test_queue(path);

	if (!flow->in_flight && flow->rate.app_limited)
		xtcp_cong_restart(&flow->cc, 10, 0, now_us, 1, true);
	xtcp_rate_sent(&flow->rate, &segment->tx, now_us, BBR_TEST_MSS, flow->in_flight);
	flow->in_flight += BBR_TEST_MSS;
	segment->sent = path->now;
	segment->ack = 0;
	flow->pace = path->now + bbr_test_ns(BBR_TEST_MSS, flow->cc.pacing_rate);
	if (flow->app_rate) {
		flow->app_ready = max(flow->app_ready, path->now) +
				  bbr_test_ns(BBR_TEST_MSS, flow->app_rate);
		xtcp_rate_app_limited(&flow->rate, flow->in_flight);
	} else if (flow->in_flight + BBR_TEST_MSS > flow->cc.cwnd) {
		flow->limited = flow->next;
	}
	path->queue_sum += queue;
	path->queue_count++;
	path->queue_least = min(path->queue_least, queue);
	if (queue + BBR_TEST_MSS > path->buffer ||
	    prandom_u32_state(&path->rnd) % 10000 < path->loss)
		return;
	path->busy = max(path->busy, path->now) + bbr_test_ns(BBR_TEST_MSS, path->rate);
	segment->ack = path->busy + path->delay;
}

static void bbr_test_congested(struct bbr_test_flow *flow, u64 now_us, enum xtcp_cong_why why)
{
	struct xtcp_cong_event event = {
		.now_us = now_us,
		.flight = flow->in_flight,
		.in_flight = flow->in_flight,
		.why = why,
	};

	flow->recovering = true;
	flow->recover = flow->next;
	xtcp_cong_congested(&flow->cc, &event);
}

static void bbr_test_mark_lost(struct bbr_test_flow *flow)
{
	struct bbr_test_segment *segment = bbr_test_segment(flow, flow->oldest++);

	flow->in_flight -= BBR_TEST_MSS;
	flow->rate.lost += BBR_TEST_MSS;
	flow->lost += BBR_TEST_MSS;
	flow->cc.ops->marked(&flow->cc, BBR_TEST_MSS, &segment->tx, flow->rate.lost);
}

/* The oldest that was not dropped arrives; those before it are lost then. */
static void bbr_test_ack(struct bbr_test_path *path, struct bbr_test_flow *flow)
{
	u64 now_us = div_u64(path->now, NSEC_PER_USEC);
	struct xtcp_rate_sample sample = {};
	struct xtcp_cong_ack ack = {
		.rate = &sample,
		.now_us = now_us,
		.acked = BBR_TEST_MSS,
		.delivered = BBR_TEST_MSS,
	};
	struct bbr_test_segment *segment;

	while (!(segment = bbr_test_segment(flow, flow->oldest))->ack) {
		bbr_test_mark_lost(flow);
		ack.lost += BBR_TEST_MSS;
	}
	xtcp_rate_delivered(&flow->rate, &segment->tx, div_u64(segment->sent, NSEC_PER_USEC),
			    false, BBR_TEST_MSS, now_us, &sample);
	xtcp_rate_finish(&flow->rate, &sample, bbr_test_state(flow)->min_rtt_us == U32_MAX ?
			 0 : bbr_test_state(flow)->min_rtt_us);
	flow->in_flight -= BBR_TEST_MSS;
	flow->oldest++;
	if (ack.lost && !flow->recovering) {
		bbr_test_congested(flow, now_us, XTCP_CONG_LOSS);
	} else if (flow->recovering && !ack.lost && flow->oldest >= flow->recover) {
		flow->recovering = false;
		xtcp_cong_recovered(&flow->cc, now_us);
	}
	ack.rtt_us = div_u64(path->now - segment->sent, NSEC_PER_USEC);
	ack.srtt_us = ack.rtt_us;
	ack.min_rtt_us = ack.rtt_us;
	if (path->mark && (u64)ack.rtt_us * NSEC_PER_USEC >
			  path->delay + bbr_test_ns(path->mark, path->rate))
		ack.ece_bytes = BBR_TEST_MSS;
	ack.delivered_total = flow->rate.delivered;
	ack.in_flight = flow->in_flight;
	ack.una = flow->oldest * BBR_TEST_MSS;
	ack.nxt = flow->next * BBR_TEST_MSS;
	ack.cwnd_limited = flow->oldest <= flow->limited;
	ack.in_recovery = flow->recovering;
	ack.late_us = path->late_us;
	xtcp_cong_acked(&flow->cc, &ack);
	flow->states |= BIT(bbr_test_state(flow)->state);
	flow->min_cwnd = min(flow->min_cwnd, flow->cc.cwnd);
}

static void bbr_test_timeout(struct bbr_test_path *path, struct bbr_test_flow *flow)
{
	u64 now_us = div_u64(path->now, NSEC_PER_USEC);

	bbr_test_congested(flow, now_us, XTCP_CONG_TIMEOUT);
	while (flow->oldest != flow->next)
		bbr_test_mark_lost(flow);
}

enum bbr_test_what { BBR_TEST_NOTHING, BBR_TEST_SEND, BBR_TEST_ACK, BBR_TEST_TIMEOUT };

/* What is next with a connection, and when. */
static enum bbr_test_what bbr_test_next(struct bbr_test_flow *flow, u64 *when)
{
	enum bbr_test_what what = BBR_TEST_NOTHING;
	u64 i;

	*when = bbr_test_ready(flow);
	if (*when != ~0ull)
		what = BBR_TEST_SEND;
	for (i = flow->oldest; i != flow->next; i++) {
		u64 ack = bbr_test_segment(flow, i)->ack;

		if (!ack)
			continue;
		if (ack > *when)
			return what;
		*when = ack;
		return BBR_TEST_ACK;
	}
	if (what == BBR_TEST_NOTHING && flow->in_flight) {
		*when = bbr_test_segment(flow, flow->next - 1)->sent + BBR_TEST_RTO;
		what = BBR_TEST_TIMEOUT;
	}
	return what;
}

static void bbr_test_run(struct bbr_test_path *path, u64 duration)
{
	u64 end = path->now + duration;

	path->queue_sum = 0;
	path->queue_count = 0;
	path->queue_least = ~0ull;
	while (path->now < end) {
		enum bbr_test_what what = BBR_TEST_NOTHING, other;
		struct bbr_test_flow *flow = NULL;
		u64 when = end, at;
		int i;

		for (i = 0; i < path->flows; i++) {
			other = bbr_test_next(&path->flow[i], &at);
			if (other == BBR_TEST_NOTHING || at >= when)
				continue;
			what = other;
			when = at;
			flow = &path->flow[i];
		}
		path->now = max(path->now, when);
		if (what == BBR_TEST_SEND)
			bbr_test_send(path, flow);
		else if (what == BBR_TEST_ACK)
			bbr_test_ack(path, flow);
		else if (what == BBR_TEST_TIMEOUT)
			bbr_test_timeout(path, flow);
	}
}

static u64 bbr_test_mean_queue(const struct bbr_test_path *path)
{
	return div64_u64(path->queue_sum, max(path->queue_count, 1ull));
}

/* Of what the path could carry in that time, percent of it that a connection delivered. */
static u32 bbr_test_share(struct bbr_test_path *path, int number, u64 duration)
{
	u64 before = path->flow[number].rate.delivered;

	bbr_test_run(path, duration);
	return div64_u64((path->flow[number].rate.delivered - before) * 100,
			 div_u64(path->rate * div_u64(duration, NSEC_PER_MSEC), MSEC_PER_SEC));
}

static void bbr_test_expect_model(struct kunit *test, struct bbr_test_path *path, u32 percent)
{
	struct xtcp_bbr *bbr = bbr_test_state(&path->flow[0]);
	u64 bw = xtcp_bbr_max_bw(bbr);
	u64 rtt_us = div_u64(path->delay + bbr_test_ns(BBR_TEST_MSS, path->rate), NSEC_PER_USEC);

	KUNIT_EXPECT_GE(test, bw * 100, path->rate * (100 - percent));
	KUNIT_EXPECT_LE(test, bw * 100, path->rate * (100 + percent));
	KUNIT_EXPECT_GE(test, (u64)bbr->min_rtt_us * 100, rtt_us * (100 - percent));
	KUNIT_EXPECT_LE(test, (u64)bbr->min_rtt_us * 100, rtt_us * (100 + percent));
}

static const struct {
	u64	rate;
	u32	delay_ms;
} bbr_test_paths[] = {
	{ 125000, 40 }, { 2500000, 40 }, { 12500000, 10 }, { 1250000, 300 },
};

/* Some round trips find the path; the queue that was made on the way goes, and stays away. */
static void bbr_test_finds(struct kunit *test)
{
	struct bbr_test_path *path;
	u64 bdp;
	int i;

	for (i = 0; i < ARRAY_SIZE(bbr_test_paths); i++) {
		path = bbr_test_open(test, bbr_test_paths[i].rate, bbr_test_paths[i].delay_ms,
				     1 << 30);
		bdp = max_t(u64, bbr_test_bdp(path), 4 * BBR_TEST_MSS);
		bbr_test_run(path, path->delay * 16 + BBR_TEST_MS(600));
		KUNIT_EXPECT_TRUE(test, bbr_test_state(&path->flow[0])->full_bw_reached);
		bbr_test_expect_model(test, path, 20);
		KUNIT_EXPECT_GE(test, bbr_test_share(path, 0, BBR_TEST_S(10)), 85);
		bbr_test_expect_model(test, path, 20);
		KUNIT_EXPECT_LE(test, bbr_test_mean_queue(path), bdp / 4 + 4 * BBR_TEST_MSS);
		KUNIT_EXPECT_LE(test, path->queue_least, bdp / 16);
		KUNIT_EXPECT_EQ(test, path->flow[0].states, BIT(XTCP_BBR_UP + 1) - 1);
		KUNIT_EXPECT_EQ(test, path->flow[0].lost, 0);
	}
}

/* The first took less than half of the time of all others, which were late: the path is found. */
static void bbr_test_overtakes(struct kunit *test)
{
	struct bbr_test_path *path = bbr_test_open(test, 12500000, 16, 1 << 30);

	bbr_test_run(path, BBR_TEST_MS(30));
	path->delay = BBR_TEST_MS(40);
	path->late_us = 24000;
	xtcp_cong_undo(&path->flow[0].cc, 0, 0, div_u64(path->now, NSEC_PER_USEC));
	bbr_test_run(path, BBR_TEST_S(1));
	KUNIT_EXPECT_LT(test, bbr_test_state(&path->flow[0])->min_rtt_us, 20000);
	KUNIT_EXPECT_GE(test, xtcp_bbr_max_bw(bbr_test_state(&path->flow[0])), path->rate * 8 / 10);
}

/* Where most take longer than the least, as others overtake them, the path holds as much more. */
static void bbr_test_late(struct kunit *test)
{
	struct bbr_test_path *path = bbr_test_open(test, 2500000, 40, 1 << 30);
	struct xtcp_bbr *bbr = bbr_test_state(&path->flow[0]);
	u64 bdp;

	bbr_test_run(path, BBR_TEST_S(2));
	bdp = xtcp_bbr_bdp(&path->flow[0].cc, bbr, XTCP_BBR_UNIT);
	bbr->late_us = bbr->min_rtt_us;
	KUNIT_EXPECT_EQ(test, xtcp_bbr_bdp(&path->flow[0].cc, bbr, XTCP_BBR_UNIT) / 2, bdp);
}

/* A buffer of a quarter of what the path holds: little is lost, and what was taught the bound. */
static void bbr_test_shallow(struct kunit *test)
{
	struct bbr_test_path *path = bbr_test_open(test, 2500000, 40, 25000);
	struct bbr_test_flow *flow = &path->flow[0];

	bbr_test_run(path, BBR_TEST_S(2));
	flow->lost = 0;
	KUNIT_EXPECT_GE(test, bbr_test_share(path, 0, BBR_TEST_S(20)), 75);
	KUNIT_EXPECT_LE(test, flow->lost * 100, path->rate * 20 * 2);
	KUNIT_EXPECT_GT(test, flow->lost, 0);
	KUNIT_EXPECT_LE(test, bbr_test_state(flow)->inflight_hi, 2 * bbr_test_bdp(path));
	KUNIT_EXPECT_LE(test, flow->cc.cwnd, 2 * bbr_test_bdp(path));
}

/*
 * What is lost by chance costs not even itself, as it is made up for; though some of it is lost in
 * every other round, and now and then more than LossThresh of one. RFC 5681's congestion control
 * could get 18 % where one in a hundred is lost.
 */
static void bbr_test_lossy(struct kunit *test)
{
	static const u32 losses[] = { 10, 100, 150, 300, 500 };	/* of 10000 */
	struct bbr_test_path *path;
	int i;

	for (i = 0; i < ARRAY_SIZE(losses); i++) {
		path = bbr_test_open(test, 2500000, 40, 200000);
		path->loss = losses[i];
		bbr_test_run(path, BBR_TEST_S(2));
		KUNIT_EXPECT_GE(test, bbr_test_share(path, 0, BBR_TEST_S(20)), 95);
	}
}

/*
 * What is over a limit goes at once, and none of it waits: to get used to that would be to take as
 * much again from whoever is limited as well.
 */
static void bbr_test_policed(struct kunit *test)
{
	struct bbr_test_path *path = bbr_test_open(test, 2500000, 40, 3 * BBR_TEST_MSS);
	struct bbr_test_flow *flow = &path->flow[0];

	bbr_test_run(path, BBR_TEST_S(2));
	flow->lost = 0;
	KUNIT_EXPECT_GE(test, bbr_test_share(path, 0, BBR_TEST_S(20)), 75);
	KUNIT_EXPECT_LE(test, flow->lost * 100, path->rate * 20 * 2);
	KUNIT_EXPECT_LE(test, xtcp_bbr_loss_thresh(bbr_test_state(flow)),
			XTCP_BBR_SHARE_ALL * 3 / 100);
}

/* Once the path has stopped losing anything, that is learnt as well. */
static void bbr_test_loss_ends(struct kunit *test)
{
	struct bbr_test_path *path = bbr_test_open(test, 2500000, 40, 200000);
	struct bbr_test_flow *flow = &path->flow[0];

	path->loss = 500;
	bbr_test_run(path, BBR_TEST_S(10));
	KUNIT_EXPECT_GE(test, xtcp_bbr_loss_thresh(bbr_test_state(flow)),
			XTCP_BBR_SHARE_ALL * 5 / 100);
	path->loss = 0;
	bbr_test_run(path, BBR_TEST_S(10));
	KUNIT_EXPECT_LE(test, xtcp_bbr_loss_thresh(bbr_test_state(flow)),
			XTCP_BBR_SHARE_ALL * 25 / 1000);
	flow->lost = 0;
	KUNIT_EXPECT_GE(test, bbr_test_share(path, 0, BBR_TEST_S(10)), 90);
	KUNIT_EXPECT_EQ(test, flow->lost, 0);
}

/* Nor do two get used to what each of them makes the other lose. */
static void bbr_test_policed_twice(struct kunit *test)
{
	struct bbr_test_path *path = bbr_test_open(test, 2500000, 40, 6 * BBR_TEST_MSS);
	u64 delivered = 0, lost = 0;
	int i;

	path->flows = 2;
	bbr_test_run(path, BBR_TEST_S(5));
	for (i = 0; i < 2; i++) {
		delivered -= path->flow[i].rate.delivered;
		path->flow[i].lost = 0;
	}
	bbr_test_run(path, BBR_TEST_S(40));
	for (i = 0; i < 2; i++) {
		delivered += path->flow[i].rate.delivered;
		lost += path->flow[i].lost;
	}
	KUNIT_EXPECT_GE(test, delivered, path->rate * 40 * 3 / 4);
	KUNIT_EXPECT_LE(test, lost * 100, path->rate * 40 * 2);
}

/* Too little to send for a while: that says nothing against the path. */
static void bbr_test_app_limited(struct kunit *test)
{
	struct bbr_test_path *path = bbr_test_open(test, 2500000, 40, 200000);

	bbr_test_run(path, BBR_TEST_S(3));
	path->flow[0].app_rate = 250000;
	bbr_test_run(path, BBR_TEST_S(30));
	bbr_test_expect_model(test, path, 20);
	KUNIT_EXPECT_EQ(test, path->flow[0].lost, 0);
	path->flow[0].app_rate = 0;
	path->flow[0].app_ready = 0;
	KUNIT_EXPECT_GE(test, bbr_test_share(path, 0, BBR_TEST_S(2)), 80);
}

/* Where there is more than there was seen to be, it is found out; where there is less, as well. */
static void bbr_test_changes(struct kunit *test)
{
	struct bbr_test_path *path = bbr_test_open(test, 2500000, 40, 200000);

	bbr_test_run(path, BBR_TEST_S(3));
	path->rate *= 3;
	bbr_test_run(path, BBR_TEST_S(20));
	bbr_test_expect_model(test, path, 20);
	path->rate /= 4;
	bbr_test_run(path, BBR_TEST_S(20));
	bbr_test_expect_model(test, path, 20);
	path->delay += BBR_TEST_MS(30);
	bbr_test_run(path, BBR_TEST_S(24));
	bbr_test_expect_model(test, path, 20);
}

/* Returns when PROBE_RTT begins, in milliseconds of the connection; 0: not within 12 s. */
static u32 bbr_test_until_probe_rtt(struct bbr_test_path *path)
{
	struct bbr_test_flow *flow = &path->flow[0];

	while (path->now < flow->begin + BBR_TEST_S(12)) {
		bbr_test_run(path, BBR_TEST_MS(10));
		if (flow->states & BIT(XTCP_BBR_PROBE_RTT))
			return div_u64(path->now - flow->begin, NSEC_PER_MSEC);
	}
	return 0;
}

/* Every 9 s the network is emptied to see how long it takes then; cwnd is what it was after it. */
static void bbr_test_probe_rtt(struct kunit *test)
{
	struct bbr_test_path *path = bbr_test_open(test, 2500000, 40, 200000);
	struct bbr_test_flow *flow = &path->flow[0];
	u32 cwnd, begin_ms;

	bbr_test_run(path, BBR_TEST_S(4));
	KUNIT_EXPECT_EQ(test, flow->states & BIT(XTCP_BBR_PROBE_RTT), 0);
	cwnd = flow->cc.cwnd;
	flow->min_cwnd = U32_MAX;
	begin_ms = bbr_test_until_probe_rtt(path);
	KUNIT_EXPECT_GE(test, begin_ms, 9000);
	KUNIT_EXPECT_LE(test, begin_ms, 9500);
	bbr_test_run(path, BBR_TEST_MS(500));
	KUNIT_EXPECT_NE(test, bbr_test_state(flow)->state, XTCP_BBR_PROBE_RTT);
	KUNIT_EXPECT_LE(test, flow->min_cwnd, bbr_test_bdp(path) * 6 / 10);
	KUNIT_EXPECT_GE(test, flow->cc.cwnd, cwnd * 9 / 10);
	bbr_test_expect_model(test, path, 20);
}

/* As soon as the draft has it, if others seem to have made a queue that stays. */
static void bbr_test_probe_rtt_queued(struct kunit *test)
{
	struct bbr_test_path *path = bbr_test_open(test, 2500000, 40, 200000);
	u32 begin_ms;

	bbr_test_run(path, BBR_TEST_S(2));
	path->delay += BBR_TEST_MS(15);
	begin_ms = bbr_test_until_probe_rtt(path);
	KUNIT_EXPECT_GE(test, begin_ms, 5000);
	KUNIT_EXPECT_LE(test, begin_ms, 7000);
	bbr_test_run(path, BBR_TEST_MS(150));
	/* It takes long enough for all who share the queue to meet. */
	KUNIT_EXPECT_EQ(test, bbr_test_state(&path->flow[0])->state, XTCP_BBR_PROBE_RTT);
}

/* One that comes later gets its part, and the other keeps its own. */
static void bbr_test_shares(struct kunit *test)
{
	struct bbr_test_path *path = bbr_test_open(test, 2500000, 40, 150000);
	u64 before[BBR_TEST_FLOWS];
	int i;

	path->flows = 2;
	path->flow[1].begin += BBR_TEST_S(5);
	bbr_test_run(path, BBR_TEST_S(30));
	for (i = 0; i < 2; i++)
		before[i] = path->flow[i].rate.delivered;
	bbr_test_run(path, BBR_TEST_S(30));
	for (i = 0; i < 2; i++) {
		u64 delivered = path->flow[i].rate.delivered - before[i];

		KUNIT_EXPECT_GE(test, delivered, path->rate * 30 / 4);
	}
	KUNIT_EXPECT_LE(test, bbr_test_mean_queue(path), bbr_test_bdp(path));
}

/* Marks where there would have been a queue: they bound what is in the network as losses do. */
static void bbr_test_marks(struct kunit *test)
{
	struct bbr_test_path *path = bbr_test_open(test, 2500000, 40, 400000);

	path->mark = 10000;
	bbr_test_run(path, BBR_TEST_S(2));
	KUNIT_EXPECT_GE(test, bbr_test_share(path, 0, BBR_TEST_S(20)), 70);
	KUNIT_EXPECT_LE(test, bbr_test_mean_queue(path), 10000);
	KUNIT_EXPECT_NE(test, bbr_test_state(&path->flow[0])->inflight_hi, U32_MAX);
}

/* A short path becomes long by an outage: what was lost then is found again by the timer. */
static void bbr_test_outage(struct kunit *test)
{
	struct bbr_test_path *path = bbr_test_open(test, 2500000, 40, 200000);

	bbr_test_run(path, BBR_TEST_S(2));
	path->loss = 10000;
	bbr_test_run(path, BBR_TEST_S(2));
	path->loss = 0;
	bbr_test_run(path, BBR_TEST_S(5));
	bbr_test_expect_model(test, path, 20);
	KUNIT_EXPECT_GE(test, bbr_test_share(path, 0, BBR_TEST_S(2)), 80);
}

/* Late, not lost: what that took away comes back, and so does the phase, from whichever round. */
static void bbr_test_undo(struct kunit *test)
{
	struct bbr_test_path *path = bbr_test_open(test, 2500000, 40, 200000);
	struct bbr_test_flow *flow = &path->flow[0];
	struct xtcp_bbr *bbr = bbr_test_state(flow);
	struct xtcp_rate_tx tx;
	u32 cwnd, hi;

	while (bbr->state != XTCP_BBR_UP && path->now < BBR_TEST_S(1010))
		bbr_test_run(path, BBR_TEST_MS(1));
	KUNIT_ASSERT_EQ(test, bbr->state, XTCP_BBR_UP);
	hi = bbr->inflight_hi;
	cwnd = flow->cc.cwnd;
	tx = bbr_test_segment(flow, flow->oldest)->tx;
	flow->cc.ops->marked(&flow->cc, 10 * BBR_TEST_MSS, &tx, tx.lost + 10 * BBR_TEST_MSS);
	KUNIT_EXPECT_EQ(test, bbr->state, XTCP_BBR_DOWN);
	KUNIT_EXPECT_LE(test, bbr->inflight_hi, (u32)tx.in_flight);
	bbr_test_congested(flow, div_u64(path->now, NSEC_PER_USEC), XTCP_CONG_LOSS);
	/* More of it in the next round. */
	bbr->loss_in_round = false;
	flow->cc.ops->marked(&flow->cc, BBR_TEST_MSS, &tx, tx.lost + BBR_TEST_MSS);
	flow->recovering = false;
	xtcp_cong_undo(&flow->cc, cwnd, flow->cc.ssthresh, div_u64(path->now, NSEC_PER_USEC));
	KUNIT_EXPECT_EQ(test, bbr->state, XTCP_BBR_UP);
	KUNIT_EXPECT_EQ(test, bbr->inflight_hi, hi);
	KUNIT_EXPECT_EQ(test, flow->cc.cwnd, cwnd);
}

/* One probing raises the bound to what the network holds: until it is above, it is what limits. */
static void bbr_test_raises(struct kunit *test)
{
	struct bbr_test_path *path = bbr_test_open(test, 2500000, 40, 200000);
	struct xtcp_bbr *bbr = bbr_test_state(&path->flow[0]);
	int i;

	bbr_test_run(path, BBR_TEST_S(2));
	while (bbr->state != XTCP_BBR_CRUISE && path->now < BBR_TEST_S(1010))
		bbr_test_run(path, BBR_TEST_MS(1));
	/* Until all that was sent before has arrived. */
	for (i = 0; i < 60; i++) {
		bbr->inflight_hi = bbr_test_bdp(path) * 3 / 4;
		bbr_test_run(path, BBR_TEST_MS(1));
	}
	KUNIT_ASSERT_EQ(test, bbr->state, XTCP_BBR_CRUISE);
	while (bbr->state != XTCP_BBR_DOWN && path->now < BBR_TEST_S(1010))
		bbr_test_run(path, BBR_TEST_MS(1));
	KUNIT_ASSERT_EQ(test, bbr->state, XTCP_BBR_DOWN);
	KUNIT_EXPECT_GE(test, bbr->inflight_hi, bbr_test_bdp(path));
	KUNIT_EXPECT_EQ(test, path->flow[0].lost, 0);
}

/* Where the peer's window was closed, how much there was in the network is no measure of it. */
static void bbr_test_held(struct kunit *test)
{
	struct bbr_test_path *path = bbr_test_open(test, 2500000, 40, 200000);
	struct bbr_test_flow *flow = &path->flow[0];
	struct xtcp_bbr *bbr = bbr_test_state(flow);
	struct xtcp_rate_tx tx;
	u32 hi;

	while (bbr->state != XTCP_BBR_UP && path->now < BBR_TEST_S(1010))
		bbr_test_run(path, BBR_TEST_MS(1));
	KUNIT_ASSERT_EQ(test, bbr->state, XTCP_BBR_UP);
	hi = bbr->inflight_hi;
	bbr->held_rounds = 1;
	tx = bbr_test_segment(flow, flow->oldest)->tx;
	flow->cc.ops->marked(&flow->cc, 10 * BBR_TEST_MSS, &tx, tx.lost + 10 * BBR_TEST_MSS);
	KUNIT_EXPECT_EQ(test, bbr->state, XTCP_BBR_DOWN);
	KUNIT_EXPECT_EQ(test, bbr->inflight_hi, hi);
}

static void bbr_test_event(struct rnd_state *rnd, struct xtcp_cong *cc, u64 *now_us, u64 *total)
{
	u32 number = prandom_u32_state(rnd) >> prandom_u32_state(rnd) % 32;
	struct xtcp_rate_sample sample = {
		.prior_delivered = *total - min_t(u64, *total, number / 2),
		.delivered = number,
		.interval_us = prandom_u32_state(rnd) >> prandom_u32_state(rnd) % 32,
		.lost = prandom_u32_state(rnd) >> prandom_u32_state(rnd) % 32,
		.in_flight = prandom_u32_state(rnd) >> (1 + prandom_u32_state(rnd) % 31),
		.app_limited = number & 1,
		.valid = number & 2,
	};
	struct xtcp_rate_tx tx = { .lost = number, .in_flight = sample.in_flight };
	struct xtcp_cong_event event = {
		.now_us = *now_us += prandom_u32_state(rnd) >> prandom_u32_state(rnd) % 32,
		.flight = number,
		.in_flight = number,
		.why = number % (XTCP_CONG_TIMEOUT_AGAIN + 1),
	};
	struct xtcp_cong_ack ack = {
		.rate = &sample,
		.now_us = *now_us,
		.delivered = number,
		.delivered_total = *total += number,
		.acked = number,
		.lost = number & 4 ? sample.lost : 0,
		.in_flight = sample.in_flight,
		.rtt_us = prandom_u32_state(rnd) >> prandom_u32_state(rnd) % 32,
		.srtt_us = number & 8 ? number : 0,
		.ece_bytes = number & 16 ? number / 3 : 0,
		.cwnd_limited = number & 32,
		.held = number & 128,
		.in_recovery = number & 64,
	};

	switch (prandom_u32_state(rnd) % 64) {
	case 0:
		xtcp_cong_congested(cc, &event);
		return;
	case 1:
		xtcp_cong_recovered(cc, *now_us);
		return;
	case 2:
		xtcp_cong_undo(cc, number % XTCP_CWND_MAX, number % XTCP_CWND_MAX, *now_us);
		return;
	case 3:
		xtcp_cong_restart(cc, 10, number % 3, *now_us, number, number & 1);
		return;
	case 4:
		cc->ops->marked(cc, number, &tx, number + sample.lost);
		return;
	default:
		xtcp_cong_acked(cc, &ack);
		return;
	}
}

/* Whatever a peer says, in whatever order: no window without a segment, no rate without a byte. */
static void bbr_test_bounds(struct kunit *test)
{
	static const u32 mss[] = { 1, 1460, U16_MAX };
	u64 now_us = 1, total = 0;
	struct xtcp_cong cc;
	struct rnd_state rnd;
	u32 states = 0;
	int i;

	prandom_seed_state(&rnd, 9743);
	for (i = 0; i < 150000; i++) {
		if (i % 5000 == 0)
			xtcp_cong_init(&cc, &xtcp_cong_bbr, mss[i / 5000 % 3], 10, now_us);
		bbr_test_event(&rnd, &cc, &now_us, &total);
		states |= BIT(xtcp_cong_priv(&cc, struct xtcp_bbr)->state);
		KUNIT_ASSERT_GE(test, cc.cwnd, cc.mss);
		KUNIT_ASSERT_LE(test, cc.cwnd, XTCP_CWND_MAX);
		KUNIT_ASSERT_GT(test, cc.pacing_rate, 0);
	}
	KUNIT_EXPECT_EQ(test, states, BIT(XTCP_BBR_UP + 1) - 1);
}

static struct kunit_case bbr_test_cases[] = {
	KUNIT_CASE(bbr_test_finds),
	KUNIT_CASE(bbr_test_overtakes),
	KUNIT_CASE(bbr_test_late),
	KUNIT_CASE(bbr_test_shallow),
	KUNIT_CASE(bbr_test_lossy),
	KUNIT_CASE(bbr_test_policed),
	KUNIT_CASE(bbr_test_policed_twice),
	KUNIT_CASE(bbr_test_loss_ends),
	KUNIT_CASE(bbr_test_app_limited),
	KUNIT_CASE(bbr_test_changes),
	KUNIT_CASE(bbr_test_probe_rtt),
	KUNIT_CASE(bbr_test_probe_rtt_queued),
	KUNIT_CASE(bbr_test_shares),
	KUNIT_CASE(bbr_test_marks),
	KUNIT_CASE(bbr_test_outage),
	KUNIT_CASE(bbr_test_undo),
	KUNIT_CASE(bbr_test_raises),
	KUNIT_CASE(bbr_test_held),
	KUNIT_CASE(bbr_test_bounds),
	{}
};

static struct kunit_suite bbr_test_suite = {
	.name = "xtcp-bbr",
	.test_cases = bbr_test_cases,
};

kunit_test_suite(bbr_test_suite);

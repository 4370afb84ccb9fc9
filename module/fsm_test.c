// SPDX-License-Identifier: GPL-2.0
/* The state machine: every state x every event, and what must hold of the whole. */
#include <kunit/test.h>
#include <linux/bits.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include "fsm.h"

#define FSM_TEST_TELLS	(XTCP_ACT_RESET | XTCP_ACT_REFUSED | XTCP_ACT_TIMEDOUT)

struct fsm_test_edge {
	u8			from;
	enum xtcp_event		event;
	u8			to;
	u16			actions;
};

/*
 * All that RFC 9293 knows, by event and not by state: section 3.10's order. What is not here must
 * not be in the machine.
 */
static const struct fsm_test_edge fsm_test_edges[] = {
	/* 3.10.1, OPEN: of a connection that does not exist */
	{ TCP_CLOSE, XTCP_EV_LISTEN, TCP_LISTEN, 0 },
	{ TCP_CLOSE, XTCP_EV_CONNECT, TCP_SYN_SENT, XTCP_ACT_SYN },

	/* 3.10.4, CLOSE */
	{ TCP_LISTEN, XTCP_EV_CLOSE, TCP_CLOSE, XTCP_ACT_DELETE },
	{ TCP_SYN_SENT, XTCP_EV_CLOSE, TCP_CLOSE, XTCP_ACT_DELETE },
	{ TCP_SYN_RECV, XTCP_EV_CLOSE, TCP_FIN_WAIT1, XTCP_ACT_FIN },
	{ TCP_ESTABLISHED, XTCP_EV_CLOSE, TCP_FIN_WAIT1, XTCP_ACT_FIN },
	{ TCP_CLOSE_WAIT, XTCP_EV_CLOSE, TCP_LAST_ACK, XTCP_ACT_FIN },

	/* 3.10.5, ABORT: a reset where the peer has a connection and has not seen its end */
	{ TCP_LISTEN, XTCP_EV_ABORT, TCP_CLOSE, XTCP_ACT_DELETE },
	{ TCP_SYN_SENT, XTCP_EV_ABORT, TCP_CLOSE, XTCP_ACT_DELETE },
	{ TCP_SYN_RECV, XTCP_EV_ABORT, TCP_CLOSE, XTCP_ACT_RST | XTCP_ACT_DELETE },
	{ TCP_ESTABLISHED, XTCP_EV_ABORT, TCP_CLOSE, XTCP_ACT_RST | XTCP_ACT_DELETE },
	{ TCP_FIN_WAIT1, XTCP_EV_ABORT, TCP_CLOSE, XTCP_ACT_RST | XTCP_ACT_DELETE },
	{ TCP_FIN_WAIT2, XTCP_EV_ABORT, TCP_CLOSE, XTCP_ACT_RST | XTCP_ACT_DELETE },
	{ TCP_CLOSE_WAIT, XTCP_EV_ABORT, TCP_CLOSE, XTCP_ACT_RST | XTCP_ACT_DELETE },
	{ TCP_CLOSING, XTCP_EV_ABORT, TCP_CLOSE, XTCP_ACT_DELETE },
	{ TCP_LAST_ACK, XTCP_EV_ABORT, TCP_CLOSE, XTCP_ACT_DELETE },
	{ TCP_TIME_WAIT, XTCP_EV_ABORT, TCP_CLOSE, XTCP_ACT_DELETE },

	/* 3.10.7.2 and 3.10.7.3, fourth: SYN */
	{ TCP_LISTEN, XTCP_EV_RCV_SYN, TCP_SYN_RECV, XTCP_ACT_SYN_ACK },
	{ TCP_SYN_SENT, XTCP_EV_RCV_SYN, TCP_SYN_RECV, XTCP_ACT_SYN_ACK },
	{ TCP_SYN_SENT, XTCP_EV_RCV_SYN_ACK, TCP_ESTABLISHED,
	  XTCP_ACT_ACK | XTCP_ACT_CONNECTED },

	/* 3.10.7.3 and 3.10.7.4, second: RST */
	{ TCP_SYN_SENT, XTCP_EV_RCV_RST, TCP_CLOSE, XTCP_ACT_REFUSED | XTCP_ACT_DELETE },
	{ TCP_SYN_RECV, XTCP_EV_RCV_RST, TCP_CLOSE, XTCP_ACT_REFUSED | XTCP_ACT_DELETE },
	{ TCP_ESTABLISHED, XTCP_EV_RCV_RST, TCP_CLOSE, XTCP_ACT_RESET | XTCP_ACT_DELETE },
	{ TCP_FIN_WAIT1, XTCP_EV_RCV_RST, TCP_CLOSE, XTCP_ACT_RESET | XTCP_ACT_DELETE },
	{ TCP_FIN_WAIT2, XTCP_EV_RCV_RST, TCP_CLOSE, XTCP_ACT_RESET | XTCP_ACT_DELETE },
	{ TCP_CLOSE_WAIT, XTCP_EV_RCV_RST, TCP_CLOSE, XTCP_ACT_RESET | XTCP_ACT_DELETE },
	{ TCP_CLOSING, XTCP_EV_RCV_RST, TCP_CLOSE, XTCP_ACT_RESET | XTCP_ACT_DELETE },
	{ TCP_LAST_ACK, XTCP_EV_RCV_RST, TCP_CLOSE, XTCP_ACT_RESET | XTCP_ACT_DELETE },
	{ TCP_TIME_WAIT, XTCP_EV_RCV_RST, TCP_CLOSE, XTCP_ACT_DELETE },

	/* 3.10.7.4, fifth: ACK */
	{ TCP_SYN_RECV, XTCP_EV_RCV_ACK_OF_SYN, TCP_ESTABLISHED, XTCP_ACT_CONNECTED },
	{ TCP_FIN_WAIT1, XTCP_EV_RCV_ACK_OF_FIN, TCP_FIN_WAIT2, XTCP_ACT_FIN_WAIT2 },
	{ TCP_CLOSING, XTCP_EV_RCV_ACK_OF_FIN, TCP_TIME_WAIT, XTCP_ACT_TIMEWAIT },
	{ TCP_LAST_ACK, XTCP_EV_RCV_ACK_OF_FIN, TCP_CLOSE, XTCP_ACT_DELETE },

	/* 3.10.7.4, eighth: FIN */
	{ TCP_SYN_RECV, XTCP_EV_RCV_FIN, TCP_CLOSE_WAIT, XTCP_ACT_ACK | XTCP_ACT_EOF },
	{ TCP_ESTABLISHED, XTCP_EV_RCV_FIN, TCP_CLOSE_WAIT, XTCP_ACT_ACK | XTCP_ACT_EOF },
	{ TCP_FIN_WAIT1, XTCP_EV_RCV_FIN, TCP_CLOSING, XTCP_ACT_ACK | XTCP_ACT_EOF },
	{ TCP_FIN_WAIT1, XTCP_EV_RCV_FIN_ACK_OF_FIN, TCP_TIME_WAIT,
	  XTCP_ACT_ACK | XTCP_ACT_EOF | XTCP_ACT_TIMEWAIT },
	{ TCP_FIN_WAIT2, XTCP_EV_RCV_FIN, TCP_TIME_WAIT,
	  XTCP_ACT_ACK | XTCP_ACT_EOF | XTCP_ACT_TIMEWAIT },
	{ TCP_TIME_WAIT, XTCP_EV_RCV_FIN, TCP_TIME_WAIT, XTCP_ACT_ACK | XTCP_ACT_TIMEWAIT },

	/* 3.10.8: time */
	{ TCP_SYN_SENT, XTCP_EV_GIVE_UP, TCP_CLOSE, XTCP_ACT_TIMEDOUT | XTCP_ACT_DELETE },
	{ TCP_SYN_RECV, XTCP_EV_GIVE_UP, TCP_CLOSE, XTCP_ACT_TIMEDOUT | XTCP_ACT_DELETE },
	{ TCP_ESTABLISHED, XTCP_EV_GIVE_UP, TCP_CLOSE, XTCP_ACT_TIMEDOUT | XTCP_ACT_DELETE },
	{ TCP_FIN_WAIT1, XTCP_EV_GIVE_UP, TCP_CLOSE, XTCP_ACT_TIMEDOUT | XTCP_ACT_DELETE },
	{ TCP_FIN_WAIT2, XTCP_EV_GIVE_UP, TCP_CLOSE, XTCP_ACT_TIMEDOUT | XTCP_ACT_DELETE },
	{ TCP_CLOSE_WAIT, XTCP_EV_GIVE_UP, TCP_CLOSE, XTCP_ACT_TIMEDOUT | XTCP_ACT_DELETE },
	{ TCP_CLOSING, XTCP_EV_GIVE_UP, TCP_CLOSE, XTCP_ACT_TIMEDOUT | XTCP_ACT_DELETE },
	{ TCP_LAST_ACK, XTCP_EV_GIVE_UP, TCP_CLOSE, XTCP_ACT_TIMEDOUT | XTCP_ACT_DELETE },
	{ TCP_TIME_WAIT, XTCP_EV_2MSL, TCP_CLOSE, XTCP_ACT_DELETE },

	/* not the RFC's */
	{ TCP_FIN_WAIT2, XTCP_EV_FIN_WAIT2_TIMEOUT, TCP_CLOSE, XTCP_ACT_RST | XTCP_ACT_DELETE },
};

/* 3.3.2: states in which both SYNs are acknowledged */
static const u8 fsm_test_synchronized[] = {
	TCP_ESTABLISHED, TCP_FIN_WAIT1, TCP_FIN_WAIT2, TCP_CLOSE_WAIT, TCP_CLOSING, TCP_LAST_ACK,
	TCP_TIME_WAIT,
};

static struct xtcp_edge fsm_test_expect(struct kunit *test, u8 from, enum xtcp_event event)
{
	struct xtcp_edge want = {};
	int i, found = 0;

	for (i = 0; i < ARRAY_SIZE(fsm_test_edges); i++) {
		if (fsm_test_edges[i].from != from || fsm_test_edges[i].event != event)
			continue;
		want.state = fsm_test_edges[i].to;
		want.actions = fsm_test_edges[i].actions;
		found++;
	}
	KUNIT_EXPECT_LE_MSG(test, found, 1, "%s, %s twice in the expectation",
			    xtcp_fsm_state_name(from), xtcp_fsm_event_name(event));
	return want;
}

static void fsm_test_every_edge(struct kunit *test)
{
	int from, event;

	for (from = 0; from < XTCP_FSM_STATES; from++) {
		for (event = 0; event < XTCP_EV_MAX; event++) {
			struct xtcp_edge want = fsm_test_expect(test, from, event);
			struct xtcp_edge got = xtcp_fsm_next(from, event);

			KUNIT_EXPECT_EQ_MSG(test, got.state, want.state, "%s, %s",
					    xtcp_fsm_state_name(from), xtcp_fsm_event_name(event));
			KUNIT_EXPECT_EQ_MSG(test, got.actions, want.actions, "%s, %s",
					    xtcp_fsm_state_name(from), xtcp_fsm_event_name(event));
		}
	}
}

/* What is no state or no event has no edge, and reads nothing beyond the table. */
static void fsm_test_out_of_range(struct kunit *test)
{
	int state, event;

	for (state = 0; state <= U8_MAX; state++) {
		for (event = -300; event <= 300; event++) {
			struct xtcp_edge got = xtcp_fsm_next(state, event);

			if (state >= TCP_ESTABLISHED && state <= TCP_CLOSING && event >= 0 &&
			    event < XTCP_EV_MAX)
				continue;
			KUNIT_ASSERT_EQ_MSG(test, got.state, 0, "%d, %d", state, event);
			KUNIT_ASSERT_EQ_MSG(test, got.actions, 0, "%d, %d", state, event);
		}
	}
}

/* CLOSED is left by OPEN alone: no segment and no timer brings a connection to life. */
static void fsm_test_closed(struct kunit *test)
{
	int event;

	for (event = 0; event < XTCP_EV_MAX; event++)
		KUNIT_EXPECT_EQ_MSG(test, xtcp_fsm_next(TCP_CLOSE, event).state != 0,
				    event == XTCP_EV_LISTEN || event == XTCP_EV_CONNECT,
				    "%s", xtcp_fsm_event_name(event));
}

/* A reset, an abort and a user timeout end every synchronized state; a SYN none (RFC 5961 4). */
static void fsm_test_synchronized_states(struct kunit *test)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(fsm_test_synchronized); i++) {
		u8 state = fsm_test_synchronized[i];
		const char *name = xtcp_fsm_state_name(state);

		KUNIT_EXPECT_EQ_MSG(test, xtcp_fsm_next(state, XTCP_EV_RCV_RST).state, TCP_CLOSE,
				    "%s", name);
		KUNIT_EXPECT_EQ_MSG(test, xtcp_fsm_next(state, XTCP_EV_ABORT).state, TCP_CLOSE,
				    "%s", name);
		if (state != TCP_TIME_WAIT)
			KUNIT_EXPECT_EQ_MSG(test, xtcp_fsm_next(state, XTCP_EV_GIVE_UP).state,
					    TCP_CLOSE, "%s", name);
		KUNIT_EXPECT_EQ_MSG(test, xtcp_fsm_next(state, XTCP_EV_RCV_SYN).state, 0,
				    "%s", name);
		KUNIT_EXPECT_EQ_MSG(test, xtcp_fsm_next(state, XTCP_EV_RCV_SYN_ACK).state, 0,
				    "%s", name);
		KUNIT_EXPECT_EQ_MSG(test, xtcp_fsm_next(state, XTCP_EV_CONNECT).state, 0,
				    "%s", name);
		KUNIT_EXPECT_EQ_MSG(test, xtcp_fsm_next(state, XTCP_EV_LISTEN).state, 0,
				    "%s", name);
	}
}

/* Actions go with what they mean, wherever they stand. */
static void fsm_test_edge_actions(struct kunit *test, u8 from, enum xtcp_event event)
{
	struct xtcp_edge e = xtcp_fsm_next(from, event);
	bool fin = event == XTCP_EV_RCV_FIN || event == XTCP_EV_RCV_FIN_ACK_OF_FIN;

	if (!e.state) {
		KUNIT_EXPECT_EQ(test, e.actions, 0);
		return;
	}
	/* a connection is deleted when it is CLOSED, and only then */
	KUNIT_EXPECT_EQ(test, !!(e.actions & XTCP_ACT_DELETE), e.state == TCP_CLOSE);
	KUNIT_EXPECT_EQ(test, !!(e.actions & XTCP_ACT_TIMEWAIT), e.state == TCP_TIME_WAIT);
	KUNIT_EXPECT_EQ(test, !!(e.actions & XTCP_ACT_FIN_WAIT2), e.state == TCP_FIN_WAIT2);
	KUNIT_EXPECT_EQ(test, !!(e.actions & XTCP_ACT_CONNECTED), e.state == TCP_ESTABLISHED);
	/* a FIN is acknowledged always, and told once */
	if (fin)
		KUNIT_EXPECT_TRUE(test, e.actions & XTCP_ACT_ACK);
	KUNIT_EXPECT_EQ(test, !!(e.actions & XTCP_ACT_EOF), fin && from != TCP_TIME_WAIT);
	/* a reset is never answered by one, and the user hears one reason at most */
	if (event == XTCP_EV_RCV_RST)
		KUNIT_EXPECT_FALSE(test, e.actions & XTCP_ACT_RST);
	KUNIT_EXPECT_LE(test, hweight16(e.actions & FSM_TEST_TELLS), 1);
	/* a FIN of ours is queued by CLOSE alone */
	if (e.actions & XTCP_ACT_FIN)
		KUNIT_EXPECT_EQ(test, event, XTCP_EV_CLOSE);
}

static void fsm_test_actions(struct kunit *test)
{
	int from, event;

	for (from = 0; from < XTCP_FSM_STATES; from++)
		for (event = 0; event < XTCP_EV_MAX; event++)
			fsm_test_edge_actions(test, from, event);
}

/* States that a set of events leads to from a state, as bits; itself among them. */
static u16 fsm_test_reach(u8 from, u16 events)
{
	u16 before, reached = BIT(from);
	int state, event;

	do {
		before = reached;
		for (state = 0; state < XTCP_FSM_STATES; state++)
			for (event = 0; event < XTCP_EV_MAX; event++)
				if (reached & BIT(state) && events & BIT(event))
					reached |= BIT(xtcp_fsm_next(state, event).state) & ~BIT(0);
	} while (reached != before);
	return reached;
}

/* All eleven states are reached, all end in CLOSED, and without violence too. */
static void fsm_test_reachability(struct kunit *test)
{
	u16 all = GENMASK(TCP_CLOSING, TCP_ESTABLISHED);
	u16 violent = BIT(XTCP_EV_ABORT) | BIT(XTCP_EV_RCV_RST) | BIT(XTCP_EV_GIVE_UP) |
		      BIT(XTCP_EV_FIN_WAIT2_TIMEOUT);
	int state;

	KUNIT_EXPECT_EQ(test, fsm_test_reach(TCP_CLOSE, U16_MAX), all);
	KUNIT_EXPECT_EQ(test, fsm_test_reach(TCP_CLOSE, U16_MAX & ~violent), all);
	for (state = TCP_ESTABLISHED; state <= TCP_CLOSING; state++) {
		KUNIT_EXPECT_TRUE_MSG(test, fsm_test_reach(state, U16_MAX & ~violent) &
				      BIT(TCP_CLOSE), "%s", xtcp_fsm_state_name(state));
		KUNIT_EXPECT_EQ_MSG(test, fsm_test_reach(state, violent) & ~BIT(state) & all &
				    ~BIT(TCP_CLOSE), 0, "%s", xtcp_fsm_state_name(state));
	}
}

/* Once our FIN is queued, no path but through CLOSED leads to where another could be. */
static void fsm_test_one_fin(struct kunit *test)
{
	u16 no_open = U16_MAX & ~(BIT(XTCP_EV_LISTEN) | BIT(XTCP_EV_CONNECT));
	int state, later;

	for (state = 0; state < XTCP_FSM_STATES; state++) {
		struct xtcp_edge e = xtcp_fsm_next(state, XTCP_EV_CLOSE);
		u16 after;

		if (!(e.actions & XTCP_ACT_FIN))
			continue;
		after = fsm_test_reach(e.state, no_open);
		for (later = 0; later < XTCP_FSM_STATES; later++) {
			if (!(after & BIT(later)))
				continue;
			e = xtcp_fsm_next(later, XTCP_EV_CLOSE);
			KUNIT_EXPECT_FALSE_MSG(test, e.actions & XTCP_ACT_FIN, "%s",
					       xtcp_fsm_state_name(later));
		}
	}
}

struct fsm_test_walk {
	const char		*name;
	enum xtcp_event		events[8];	/* up to XTCP_EV_MAX */
	u8			states[8];
};

static const struct fsm_test_walk fsm_test_walks[] = {
	{
		"figure 6, figure 12: the active side",
		{ XTCP_EV_CONNECT, XTCP_EV_RCV_SYN_ACK, XTCP_EV_CLOSE, XTCP_EV_RCV_ACK_OF_FIN,
		  XTCP_EV_RCV_FIN, XTCP_EV_2MSL, XTCP_EV_MAX },
		{ TCP_SYN_SENT, TCP_ESTABLISHED, TCP_FIN_WAIT1, TCP_FIN_WAIT2, TCP_TIME_WAIT,
		  TCP_CLOSE },
	}, {
		"figure 6, figure 12: the passive side",
		{ XTCP_EV_LISTEN, XTCP_EV_RCV_SYN, XTCP_EV_RCV_ACK_OF_SYN, XTCP_EV_RCV_FIN,
		  XTCP_EV_CLOSE, XTCP_EV_RCV_ACK_OF_FIN, XTCP_EV_MAX },
		{ TCP_LISTEN, TCP_SYN_RECV, TCP_ESTABLISHED, TCP_CLOSE_WAIT, TCP_LAST_ACK,
		  TCP_CLOSE },
	}, {
		"figure 7, figure 13: both open, both close",
		{ XTCP_EV_CONNECT, XTCP_EV_RCV_SYN, XTCP_EV_RCV_ACK_OF_SYN, XTCP_EV_CLOSE,
		  XTCP_EV_RCV_FIN, XTCP_EV_RCV_ACK_OF_FIN, XTCP_EV_2MSL, XTCP_EV_MAX },
		{ TCP_SYN_SENT, TCP_SYN_RECV, TCP_ESTABLISHED, TCP_FIN_WAIT1, TCP_CLOSING,
		  TCP_TIME_WAIT, TCP_CLOSE },
	}, {
		"FIN and ACK of ours in one segment, and the FIN again",
		{ XTCP_EV_CONNECT, XTCP_EV_RCV_SYN_ACK, XTCP_EV_CLOSE, XTCP_EV_RCV_FIN_ACK_OF_FIN,
		  XTCP_EV_RCV_FIN, XTCP_EV_2MSL, XTCP_EV_MAX },
		{ TCP_SYN_SENT, TCP_ESTABLISHED, TCP_FIN_WAIT1, TCP_TIME_WAIT, TCP_TIME_WAIT,
		  TCP_CLOSE },
	}, {
		"CLOSE before the handshake is over",
		{ XTCP_EV_CONNECT, XTCP_EV_RCV_SYN, XTCP_EV_CLOSE, XTCP_EV_RCV_ACK_OF_FIN,
		  XTCP_EV_RCV_FIN, XTCP_EV_2MSL, XTCP_EV_MAX },
		{ TCP_SYN_SENT, TCP_SYN_RECV, TCP_FIN_WAIT1, TCP_FIN_WAIT2, TCP_TIME_WAIT,
		  TCP_CLOSE },
	},
};

static void fsm_test_walks_of_the_rfc(struct kunit *test)
{
	int i, step;

	for (i = 0; i < ARRAY_SIZE(fsm_test_walks); i++) {
		const struct fsm_test_walk *walk = &fsm_test_walks[i];
		u8 state = TCP_CLOSE;

		for (step = 0; walk->events[step] != XTCP_EV_MAX; step++) {
			state = xtcp_fsm_next(state, walk->events[step]).state;
			KUNIT_EXPECT_EQ_MSG(test, state, walk->states[step], "%s, step %d",
					    walk->name, step);
		}
	}
}

/* Every state and event has a name, and no two have the same. */
static void fsm_test_names(struct kunit *test)
{
	int i, j;

	for (i = TCP_ESTABLISHED; i <= TCP_CLOSING; i++) {
		KUNIT_EXPECT_STRNEQ(test, xtcp_fsm_state_name(i), "?");
		for (j = TCP_ESTABLISHED; j < i; j++)
			KUNIT_EXPECT_STRNEQ(test, xtcp_fsm_state_name(i), xtcp_fsm_state_name(j));
	}
	for (i = 0; i < XTCP_EV_MAX; i++) {
		KUNIT_ASSERT_NOT_NULL(test, xtcp_fsm_event_name(i));
		for (j = 0; j < i; j++)
			KUNIT_EXPECT_STRNEQ(test, xtcp_fsm_event_name(i), xtcp_fsm_event_name(j));
	}
	KUNIT_EXPECT_STREQ(test, xtcp_fsm_state_name(0), "?");
	KUNIT_EXPECT_STREQ(test, xtcp_fsm_state_name(XTCP_FSM_STATES), "?");
	KUNIT_EXPECT_STREQ(test, xtcp_fsm_state_name(U8_MAX), "?");
	KUNIT_EXPECT_STREQ(test, xtcp_fsm_event_name(XTCP_EV_MAX), "?");
	KUNIT_EXPECT_STREQ(test, xtcp_fsm_event_name(-1), "?");
	KUNIT_EXPECT_STREQ(test, xtcp_fsm_state_name(TCP_FIN_WAIT1), "FIN-WAIT-1");
	KUNIT_EXPECT_STREQ(test, xtcp_fsm_state_name(TCP_CLOSE), "CLOSED");
}

static struct kunit_case fsm_test_cases[] = {
	KUNIT_CASE(fsm_test_every_edge),
	KUNIT_CASE(fsm_test_out_of_range),
	KUNIT_CASE(fsm_test_closed),
	KUNIT_CASE(fsm_test_synchronized_states),
	KUNIT_CASE(fsm_test_actions),
	KUNIT_CASE(fsm_test_reachability),
	KUNIT_CASE(fsm_test_one_fin),
	KUNIT_CASE(fsm_test_walks_of_the_rfc),
	KUNIT_CASE(fsm_test_names),
	{}
};

static struct kunit_suite fsm_test_suite = {
	.name = "xtcp-fsm",
	.test_cases = fsm_test_cases,
};

kunit_test_suite(fsm_test_suite);

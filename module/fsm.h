/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_FSM_H
#define _XTCP_FSM_H

#include <linux/types.h>
#include <net/tcp_states.h>

/* States are <net/tcp_states.h>'s, TCP_ESTABLISHED (1) to TCP_CLOSING (11), as in tcp_info. */
#define XTCP_FSM_STATES		12	/* size of an array indexed by state; 0 is unused */

enum xtcp_event {
	/* user calls, RFC 9293 3.10.1 to 3.10.5 */
	XTCP_EV_LISTEN,			/* passive OPEN */
	XTCP_EV_CONNECT,		/* active OPEN */
	XTCP_EV_CLOSE,			/* CLOSE or SHUT_WR: no more data to send */
	XTCP_EV_ABORT,			/* ABORT: linger 0, unread data, module policy */
	/* acceptable segments, RFC 9293 3.10.7 */
	XTCP_EV_RCV_SYN,		/* SYN without ACK */
	XTCP_EV_RCV_SYN_ACK,		/* SYN that acknowledges our SYN */
	XTCP_EV_RCV_ACK_OF_SYN,		/* ACK of our SYN */
	XTCP_EV_RCV_ACK_OF_FIN,		/* ACK of our FIN */
	XTCP_EV_RCV_FIN,		/* FIN, in order */
	XTCP_EV_RCV_FIN_ACK_OF_FIN,	/* FIN, in order, that also acknowledges our FIN */
	XTCP_EV_RCV_RST,
	/* time, RFC 9293 3.10.8 */
	XTCP_EV_GIVE_UP,		/* user timeout or retries used up */
	XTCP_EV_2MSL,			/* TIME-WAIT is over */
	XTCP_EV_FIN_WAIT2_TIMEOUT,	/* an orphan's peer never sent its FIN */
	XTCP_EV_MAX
};

/* What an edge demands besides the new state. */
#define XTCP_ACT_SYN		0x0001	/* send SYN */
#define XTCP_ACT_SYN_ACK	0x0002	/* send SYN+ACK */
#define XTCP_ACT_ACK		0x0004	/* send ACK, now */
#define XTCP_ACT_FIN		0x0008	/* queue FIN behind the data */
#define XTCP_ACT_RST		0x0010	/* send RST */
#define XTCP_ACT_CONNECTED	0x0020	/* tell the user: writable */
#define XTCP_ACT_EOF		0x0040	/* tell the user: no more to read */
#define XTCP_ACT_TIMEWAIT	0x0080	/* hand over to a TIME-WAIT object */
#define XTCP_ACT_FIN_WAIT2	0x0100	/* an orphan must not wait here for ever */
#define XTCP_ACT_RESET		0x0200	/* tell the user: ECONNRESET (EPIPE after its peer's FIN) */
#define XTCP_ACT_REFUSED	0x0400	/* tell the user: ECONNREFUSED */
#define XTCP_ACT_TIMEDOUT	0x0800	/* tell the user: ETIMEDOUT */
#define XTCP_ACT_DELETE		0x1000	/* the connection is over: unhash, stop, wake */

/**
 * struct xtcp_edge - one edge of RFC 9293's figure 5
 * @state: the state after it; 0 where the event means nothing in this state
 * @actions: %XTCP_ACT_SYN and so on
 */
struct xtcp_edge {
	u8	state;
	u16	actions;
};

struct xtcp_edge xtcp_fsm_next(u8 state, enum xtcp_event event);
const char *xtcp_fsm_state_name(u8 state);
const char *xtcp_fsm_event_name(enum xtcp_event event);

#endif /* _XTCP_FSM_H */

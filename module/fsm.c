// SPDX-License-Identifier: GPL-2.0
/* The state machine: RFC 9293's figure 5, and the edges that 3.10 adds, as one table. */
#include <linux/kernel.h>

#include "fsm.h"

/*
 * A block for each state, in the order of figure 5; a line for each edge that leaves it. What has
 * no line means nothing in that state: the caller answers it as 3.10 says and the state stays.
 *
 * Figure 5 has no edges for ABORT, for a user timeout and, but for SYN-RECEIVED, for RST. They are
 * 3.10.5's, 3.10.8's and 3.10.7's. Half-open entries are no sockets, so that a LISTEN socket
 * never leaves LISTEN for a SYN; the line says what becomes of the connection.
 */
static const struct xtcp_edge fsm_table[XTCP_FSM_STATES][XTCP_EV_MAX] = {
	[TCP_CLOSE] = {
		/* 3.10.1: passive OPEN, active OPEN */
		[XTCP_EV_LISTEN]	= { TCP_LISTEN,      0 },
		[XTCP_EV_CONNECT]	= { TCP_SYN_SENT,    XTCP_ACT_SYN },
	},
	[TCP_LISTEN] = {
		/* 3.10.7.2, third: check for a SYN */
		[XTCP_EV_RCV_SYN]	= { TCP_SYN_RECV,    XTCP_ACT_SYN_ACK },
		/* 3.10.4, 3.10.5 */
		[XTCP_EV_CLOSE]		= { TCP_CLOSE,       XTCP_ACT_DELETE },
		[XTCP_EV_ABORT]		= { TCP_CLOSE,       XTCP_ACT_DELETE },
	},
	[TCP_SYN_SENT] = {
		/* 3.10.7.3, fourth: a SYN with and without an ACK of ours (figure 7: both open) */
		[XTCP_EV_RCV_SYN_ACK]	= { TCP_ESTABLISHED, XTCP_ACT_ACK | XTCP_ACT_CONNECTED },
		[XTCP_EV_RCV_SYN]	= { TCP_SYN_RECV,    XTCP_ACT_SYN_ACK },
		/* 3.10.7.3, second: a RST with an ACK of our SYN */
		[XTCP_EV_RCV_RST]	= { TCP_CLOSE,       XTCP_ACT_REFUSED | XTCP_ACT_DELETE },
		/* 3.10.4, 3.10.5: nothing to tell a peer that may not know of us; 3.10.8 */
		[XTCP_EV_CLOSE]		= { TCP_CLOSE,       XTCP_ACT_DELETE },
		[XTCP_EV_ABORT]		= { TCP_CLOSE,       XTCP_ACT_DELETE },
		[XTCP_EV_GIVE_UP]	= { TCP_CLOSE,       XTCP_ACT_TIMEDOUT | XTCP_ACT_DELETE },
	},
	[TCP_SYN_RECV] = {
		/* 3.10.7.4, fifth: check the ACK */
		[XTCP_EV_RCV_ACK_OF_SYN] = { TCP_ESTABLISHED, XTCP_ACT_CONNECTED },
		/* 3.10.7.4, eighth: check the FIN */
		[XTCP_EV_RCV_FIN]	= { TCP_CLOSE_WAIT,  XTCP_ACT_ACK | XTCP_ACT_EOF },
		/* 3.10.4 */
		[XTCP_EV_CLOSE]		= { TCP_FIN_WAIT1,   XTCP_ACT_FIN },
		/* 3.10.7.4, second: the listener, where there is one, never left LISTEN */
		[XTCP_EV_RCV_RST]	= { TCP_CLOSE,       XTCP_ACT_REFUSED | XTCP_ACT_DELETE },
		/* 3.10.5, 3.10.8 */
		[XTCP_EV_ABORT]		= { TCP_CLOSE,       XTCP_ACT_RST | XTCP_ACT_DELETE },
		[XTCP_EV_GIVE_UP]	= { TCP_CLOSE,       XTCP_ACT_TIMEDOUT | XTCP_ACT_DELETE },
	},
	[TCP_ESTABLISHED] = {
		/* 3.10.4 */
		[XTCP_EV_CLOSE]		= { TCP_FIN_WAIT1,   XTCP_ACT_FIN },
		/* 3.10.7.4, eighth */
		[XTCP_EV_RCV_FIN]	= { TCP_CLOSE_WAIT,  XTCP_ACT_ACK | XTCP_ACT_EOF },
		/* 3.10.7.4, second; 3.10.5, 3.10.8 */
		[XTCP_EV_RCV_RST]	= { TCP_CLOSE,       XTCP_ACT_RESET | XTCP_ACT_DELETE },
		[XTCP_EV_ABORT]		= { TCP_CLOSE,       XTCP_ACT_RST | XTCP_ACT_DELETE },
		[XTCP_EV_GIVE_UP]	= { TCP_CLOSE,       XTCP_ACT_TIMEDOUT | XTCP_ACT_DELETE },
	},
	[TCP_FIN_WAIT1] = {
		/* 3.10.7.4, fifth: our FIN is acknowledged */
		[XTCP_EV_RCV_ACK_OF_FIN] = { TCP_FIN_WAIT2,   XTCP_ACT_FIN_WAIT2 },
		/* 3.10.7.4, eighth: without and with the ACK of ours */
		[XTCP_EV_RCV_FIN]	= { TCP_CLOSING,     XTCP_ACT_ACK | XTCP_ACT_EOF },
		[XTCP_EV_RCV_FIN_ACK_OF_FIN] = { TCP_TIME_WAIT,
						 XTCP_ACT_ACK | XTCP_ACT_EOF | XTCP_ACT_TIMEWAIT },
		/* 3.10.7.4, second; 3.10.5, 3.10.8 */
		[XTCP_EV_RCV_RST]	= { TCP_CLOSE,       XTCP_ACT_RESET | XTCP_ACT_DELETE },
		[XTCP_EV_ABORT]		= { TCP_CLOSE,       XTCP_ACT_RST | XTCP_ACT_DELETE },
		[XTCP_EV_GIVE_UP]	= { TCP_CLOSE,       XTCP_ACT_TIMEDOUT | XTCP_ACT_DELETE },
	},
	[TCP_FIN_WAIT2] = {
		/* 3.10.7.4, eighth */
		[XTCP_EV_RCV_FIN]	= { TCP_TIME_WAIT,
					    XTCP_ACT_ACK | XTCP_ACT_EOF | XTCP_ACT_TIMEWAIT },
		/* 3.10.7.4, second; 3.10.5, 3.10.8 */
		[XTCP_EV_RCV_RST]	= { TCP_CLOSE,       XTCP_ACT_RESET | XTCP_ACT_DELETE },
		[XTCP_EV_ABORT]		= { TCP_CLOSE,       XTCP_ACT_RST | XTCP_ACT_DELETE },
		[XTCP_EV_GIVE_UP]	= { TCP_CLOSE,       XTCP_ACT_TIMEDOUT | XTCP_ACT_DELETE },
		/* none of the RFC's: nobody is left to read what still comes (3.6.1) */
		[XTCP_EV_FIN_WAIT2_TIMEOUT] = { TCP_CLOSE,       XTCP_ACT_RST | XTCP_ACT_DELETE },
	},
	[TCP_CLOSE_WAIT] = {
		/* 3.10.4 */
		[XTCP_EV_CLOSE]		= { TCP_LAST_ACK,    XTCP_ACT_FIN },
		/* 3.10.7.4, second; 3.10.5, 3.10.8 */
		[XTCP_EV_RCV_RST]	= { TCP_CLOSE,       XTCP_ACT_RESET | XTCP_ACT_DELETE },
		[XTCP_EV_ABORT]		= { TCP_CLOSE,       XTCP_ACT_RST | XTCP_ACT_DELETE },
		[XTCP_EV_GIVE_UP]	= { TCP_CLOSE,       XTCP_ACT_TIMEDOUT | XTCP_ACT_DELETE },
	},
	[TCP_CLOSING] = {
		/* 3.10.7.4, fifth */
		[XTCP_EV_RCV_ACK_OF_FIN] = { TCP_TIME_WAIT,   XTCP_ACT_TIMEWAIT },
		/*
		 * 3.10.7.4, second, would not tell the user; but data that he believes delivered
		 * may still lie in front of the FIN, here and in LAST-ACK.
		 */
		[XTCP_EV_RCV_RST]	= { TCP_CLOSE,       XTCP_ACT_RESET | XTCP_ACT_DELETE },
		/* 3.10.5: both sides have sent their FIN, a RST would say no more; 3.10.8 */
		[XTCP_EV_ABORT]		= { TCP_CLOSE,       XTCP_ACT_DELETE },
		[XTCP_EV_GIVE_UP]	= { TCP_CLOSE,       XTCP_ACT_TIMEDOUT | XTCP_ACT_DELETE },
	},
	[TCP_LAST_ACK] = {
		/* 3.10.7.4, fifth */
		[XTCP_EV_RCV_ACK_OF_FIN] = { TCP_CLOSE,       XTCP_ACT_DELETE },
		/* 3.10.7.4, second; 3.10.5, 3.10.8 */
		[XTCP_EV_RCV_RST]	= { TCP_CLOSE,       XTCP_ACT_RESET | XTCP_ACT_DELETE },
		[XTCP_EV_ABORT]		= { TCP_CLOSE,       XTCP_ACT_DELETE },
		[XTCP_EV_GIVE_UP]	= { TCP_CLOSE,       XTCP_ACT_TIMEDOUT | XTCP_ACT_DELETE },
	},
	[TCP_TIME_WAIT] = {
		/* 3.10.7.4, fifth and eighth: the FIN again; acknowledge it, restart 2 MSL */
		[XTCP_EV_RCV_FIN]	= { TCP_TIME_WAIT,   XTCP_ACT_ACK | XTCP_ACT_TIMEWAIT },
		/* 3.10.7.4, second; 3.10.5; nobody is left to be told */
		[XTCP_EV_RCV_RST]	= { TCP_CLOSE,       XTCP_ACT_DELETE },
		[XTCP_EV_ABORT]		= { TCP_CLOSE,       XTCP_ACT_DELETE },
		/* 3.10.8 */
		[XTCP_EV_2MSL]		= { TCP_CLOSE,       XTCP_ACT_DELETE },
	},
};

/**
 * xtcp_fsm_next - the edge that an event takes out of a state
 * @state: %TCP_ESTABLISHED and so on
 * @event: what happened
 *
 * Source: RFC 9293 3.3.2 (figure 5), 3.10.
 *
 * Return: the edge; its state is 0 where there is none.
 */
struct xtcp_edge xtcp_fsm_next(u8 state, enum xtcp_event event)
{
	if (state >= XTCP_FSM_STATES || (unsigned int)event >= XTCP_EV_MAX)
		return (struct xtcp_edge){};
	return fsm_table[state][event];
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_fsm_next);

/**
 * xtcp_fsm_state_name - a state as RFC 9293 3.3.2 writes it
 * @state: %TCP_ESTABLISHED and so on
 *
 * Return: a constant string, "?" for what is no state.
 */
const char *xtcp_fsm_state_name(u8 state)
{
	static const char * const names[XTCP_FSM_STATES] = {
		[TCP_ESTABLISHED]	= "ESTABLISHED",
		[TCP_SYN_SENT]		= "SYN-SENT",
		[TCP_SYN_RECV]		= "SYN-RECEIVED",
		[TCP_FIN_WAIT1]		= "FIN-WAIT-1",
		[TCP_FIN_WAIT2]		= "FIN-WAIT-2",
		[TCP_TIME_WAIT]		= "TIME-WAIT",
		[TCP_CLOSE]		= "CLOSED",
		[TCP_CLOSE_WAIT]	= "CLOSE-WAIT",
		[TCP_LAST_ACK]		= "LAST-ACK",
		[TCP_LISTEN]		= "LISTEN",
		[TCP_CLOSING]		= "CLOSING",
	};

	if (state >= ARRAY_SIZE(names) || !names[state])
		return "?";
	return names[state];
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_fsm_state_name);

/**
 * xtcp_fsm_event_name - an event, for people
 * @event: what happened
 *
 * Return: a constant string, "?" for what is no event.
 */
const char *xtcp_fsm_event_name(enum xtcp_event event)
{
	static const char * const names[XTCP_EV_MAX] = {
		[XTCP_EV_LISTEN]		= "passive OPEN",
		[XTCP_EV_CONNECT]		= "active OPEN",
		[XTCP_EV_CLOSE]			= "CLOSE",
		[XTCP_EV_ABORT]			= "ABORT",
		[XTCP_EV_RCV_SYN]		= "rcv SYN",
		[XTCP_EV_RCV_SYN_ACK]		= "rcv SYN,ACK",
		[XTCP_EV_RCV_ACK_OF_SYN]	= "rcv ACK of SYN",
		[XTCP_EV_RCV_ACK_OF_FIN]	= "rcv ACK of FIN",
		[XTCP_EV_RCV_FIN]		= "rcv FIN",
		[XTCP_EV_RCV_FIN_ACK_OF_FIN]	= "rcv FIN,ACK of FIN",
		[XTCP_EV_RCV_RST]		= "rcv RST",
		[XTCP_EV_GIVE_UP]		= "user timeout",
		[XTCP_EV_2MSL]			= "2 MSL",
		[XTCP_EV_FIN_WAIT2_TIMEOUT]	= "FIN-WAIT-2 timeout",
	};

	if ((unsigned int)event >= ARRAY_SIZE(names))
		return "?";
	return names[event];
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_fsm_event_name);

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the tracepoints say by a name; trace.h, which is read several times, has the names.
 */
#ifndef _XTCP_TRACED_H
#define _XTCP_TRACED_H

/* Why a segment is sent again. */
enum xtcp_trace_resend {
	XTCP_RESEND_RTO,	/* retransmission timeout (RFC 6298) */
	XTCP_RESEND_RACK,	/* what was sent later has arrived (RFC 8985) */
	XTCP_RESEND_FAST,	/* duplicate ACKs (RFC 5681, RFC 6582) */
	XTCP_RESEND_TLP,	/* loss probe (RFC 8985 7) */
	XTCP_RESEND_OTHER,	/* no sign of a loss: too big for the path, say */
};

/* Whether losses are being repaired. */
enum xtcp_trace_phase {
	XTCP_PHASE_OPEN,	/* there are none */
	XTCP_PHASE_RECOVERY,	/* fast recovery */
	XTCP_PHASE_LOSS,	/* after a retransmission timeout */
};

/* What became of a SYN cookie. */
enum xtcp_trace_cookie {
	XTCP_COOKIE_SENT,	/* a SYN-ACK went out without an entry */
	XTCP_COOKIE_ACCEPTED,	/* it opened a connection */
	XTCP_COOKIE_FORGED,	/* refused: none of ours, or too old */
	XTCP_COOKIE_SPENT,	/* refused: has opened its connection already */
	XTCP_COOKIE_NO_ROOM,	/* valid, but there is no connection: xtcp_drop says why */
};

#endif /* _XTCP_TRACED_H */

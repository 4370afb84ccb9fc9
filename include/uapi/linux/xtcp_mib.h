/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * XTCP's counters: /proc/net/xtcp_stat prints them in this order, names in its first line and
 * values in its second.
 */
#ifndef _UAPI_LINUX_XTCP_MIB_H
#define _UAPI_LINUX_XTCP_MIB_H

/**
 * XTCP_MIB_EVENTS() - counters of what was on the wire, or what was done
 * @X: called with each name, and a string that says what it counts
 */
#define XTCP_MIB_EVENTS(X) \
	X(InSegs,		"segments received for a socket of ours") \
	X(OutSegs,		"segments sent, without retransmissions") \
	X(RetransSegs,		"segments sent again") \
	X(OutRsts,		"resets sent") \
	X(InRsts,		"resets received that ended a connection or a half-open entry") \
	X(ActiveOpens,		"connections begun by connect()") \
	X(PassiveOpens,		"connections that came out of a listener's half-open queue") \
	X(AttemptFails,		"connections that failed before they were established") \
	X(EstabResets,		"established connections that a reset ended, either way") \
	X(Established,		"connections that reached ESTABLISHED") \
	X(Closed,		"connections that were established and are over") \
	X(Timeouts,		"retransmission timeouts") \
	X(GivenUp,		"connections ended because the peer stayed silent") \
	X(WindowProbes,		"zero-window probes sent") \
	X(KeepaliveProbes,	"keepalive probes sent") \
	X(FastRetrans,		"fast recoveries entered") \
	X(EcnOpens,		"connections whose two sides agreed on ECN (RFC 3168)") \
	X(AccEcnOpens,		"connections whose two sides agreed on AccECN (RFC 9768)") \
	X(AccEcnMangled,	"of these, those whose codepoints or feedback the path spoilt") \
	X(EcnFallbacks,		"SYNs sent again that did not ask for ECN any more") \
	X(EcnMarked,		"segments with data received that were marked on their way") \
	X(EcnReductions,	"congestion windows reduced because the peer echoed a mark") \
	X(LossProbes,		"loss probes sent (RFC 8985 7)") \
	X(SpuriousLosses,	"losses that turned out to be none, and were undone") \
	X(SharedBytes,		"bytes sent from where they lay, without a copy") \
	X(MtuProbes,		"segments larger than the MSS, to find the path MTU") \
	X(MtuProbesLost,	"of these, those that were not acknowledged") \
	X(MtuBlackHoles,	"falls of the MSS because large segments were not answered") \
	X(DelayedAcks,		"ACKs sent by the delayed-ACK timer") \
	X(DupSegs,		"segments that brought nothing new") \
	X(OutOfOrder,		"segments kept beyond a gap") \
	X(UrgentMarks,		"urgent pointers that moved a receiver's mark") \
	X(UrgentOld,		"urgent pointers that did not: to what had come, or no further") \
	X(UrgentUnread,		"urgent bytes that nobody read out of band in time") \
	X(ChallengeAcks,	"challenge ACKs sent (RFC 5961)") \
	X(SynqEntries,		"half-open entries made") \
	X(SynAckRetrans,	"SYN-ACKs sent again") \
	X(SynqExpired,		"half-open entries that ran out of retries") \
	X(SynqEvicted,		"half-open entries that made room for newer ones") \
	X(CookiesSent,		"SYN-ACKs sent without an entry: their number is all there is") \
	X(SynsReflected,	"of these, those that were sent before the routing") \
	X(CookiesAccepted,	"connections that came out of a cookie alone") \
	X(CookiesForged,	"ACKs to a listener, while cookies count, without a valid one") \
	X(DeferredAcks,		"final ACKs without data that TCP_DEFER_ACCEPT let pass by") \
	X(TCPFastOpenActive,	"connections whose SYN's data was acknowledged with it") \
	X(TCPFastOpenActiveFail, "connections whose SYN's data was not") \
	X(TCPFastOpenBlackhole,	"times that SYNs were to bring no data for a while") \
	X(TCPFastOpenPassive,	"connections opened by a SYN alone (RFC 7413)") \
	X(TCPFastOpenPassiveFail, "SYNs with a Fast Open cookie that was none of ours") \
	X(TCPFastOpenPassiveAltKey, "SYNs with a Fast Open cookie of the second key") \
	X(TCPFastOpenListenOverflow, "SYNs that might have opened one, but there were too many") \
	X(TCPFastOpenCookieReqd, "SYNs that asked for a Fast Open cookie") \
	X(TimeWaits,		"connections that entered TIME-WAIT") \
	X(TimeWaitReused,	"TIME-WAIT entries replaced by a new connection (RFC 6191)") \
	X(TimeWaitKilled,	"TIME-WAIT entries that ended before their time for want of room") \
	X(OrphansKilled,	"orphans reset for want of room") \
	X(LingerAborts,		"connections reset for SO_LINGER of 0, or data left unread")

/**
 * XTCP_MIB_DROPS() - counters of segments that were discarded, and why; all begin with Drop
 * @X: as for XTCP_MIB_EVENTS()
 *
 * Each is also a reason in the tracepoint xtcp:xtcp_drop. What was never sent, for want of a route
 * or memory, counts as well.
 */
#define XTCP_MIB_DROPS(X) \
	X(DropChecksum,		"checksum wrong") \
	X(DropHeader,		"header truncated, or data offset lies") \
	X(DropOptions,		"options whose lengths lie") \
	X(DropSequence,		"no byte of it within the receive window") \
	X(DropAck,		"acknowledges what was never sent, or too old") \
	X(DropPaws,		"timestamp older than the last (RFC 7323 5.3)") \
	X(DropFlags,		"flags that mean nothing in this state") \
	X(DropNoSocket,		"nobody to take it") \
	X(DropBacklog,		"socket busy and its backlog full") \
	X(DropRcvBuf,		"receive buffer full") \
	X(DropOooFull,		"no room to keep it beyond a gap") \
	X(DropAcceptFull,	"final ACK while the accept queue was full: entry kept") \
	X(DropCookieSpent,	"cookie that has opened its connection already") \
	X(DropSynqFull,		"SYN while the half-open queue, or the accept queue, was full") \
	X(DropSynData,		"SYN with data while the half-open queue was full") \
	X(DropNoMemory,		"allocation failed") \
	X(DropClosedData,	"data for a socket that nobody reads any more") \
	X(DropFilter,		"socket filter or policy said no") \
	X(DropMinTtl,		"came from farther than IP_MINTTL or IPV6_MINHOPCOUNT allow") \
	X(DropNoRoute,		"no way back to the sender") \
	X(DropIcmp,		"ICMP error that fits no connection or window, or absurd MTU")

/**
 * XTCP_MIB_LIST() - all of them
 * @X: as for XTCP_MIB_EVENTS()
 */
#define XTCP_MIB_LIST(X)	XTCP_MIB_EVENTS(X) XTCP_MIB_DROPS(X)

#endif /* _UAPI_LINUX_XTCP_MIB_H */

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Counters, one line of meaning each: what was on the wire, or what was done.
 *
 * /proc/net/xtcp_stat prints them in this order. A counter whose name starts with
 * Drop is a segment that was discarded, for the reason its name gives.
 */
#ifndef _XTCP_MIB_H
#define _XTCP_MIB_H

#include <linux/percpu.h>
#include <linux/types.h>

#define XTCP_MIB_LIST(X) \
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
	X(TCPFastOpenActive,	"connections whose SYN brought data that was acknowledged with it") \
	X(TCPFastOpenActiveFail, "connections whose SYN brought data that was not") \
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
	X(LingerAborts,		"connections reset for SO_LINGER of 0, or data left unread") \
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

enum xtcp_mib {
#define X(name, what) XTCP_MIB_##name,
	XTCP_MIB_LIST(X)
#undef X
	XTCP_MIB_MAX
};

struct xtcp_mib_cpu {
	unsigned long	counts[XTCP_MIB_MAX];
};

#define xtcp_mib_inc(xnet, name)	this_cpu_inc((xnet)->mib->counts[XTCP_MIB_##name])
#define xtcp_mib_add(xnet, name, n)	this_cpu_add((xnet)->mib->counts[XTCP_MIB_##name], n)

struct xtcp_net;

unsigned long xtcp_mib_sum(const struct xtcp_net *xnet, enum xtcp_mib which);
const char *xtcp_mib_name(enum xtcp_mib which);

int xtcp_mib_init_net(struct xtcp_net *xnet);
void xtcp_mib_exit_net(struct xtcp_net *xnet);

#endif /* _XTCP_MIB_H */

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The index of the rooms, in the order of a segment's path.
 */
#ifndef _XTCP_H
#define _XTCP_H

#include "../include/uapi/linux/xtcp.h"

/* Pure: take time, keys and limits as arguments; know no socket. */
#include "seq.h"	/* sequence arithmetic */
#include "wire.h"	/* header layout, tuples */
#include "opt.h"	/* options parsed and built */
#include "isn.h"	/* initial sequence numbers */
#include "cookie.h"	/* those that tell what a SYN said */
#include "fastopen.h"	/* cookies that a client keeps */
#include "sketch.h"	/* how many different ones there were */
#include "rtt.h"	/* retransmission timeout */
#include "window.h"	/* silly-window avoidance */
#include "chrono.h"	/* what time is spent on */
#include "plpmtud.h"	/* how large a packet the path takes */
#include "sack.h"	/* what an ACK says of data beyond a gap */
#include "accecn.h"	/* and of how many packets were marked */
#include "tune.h"	/* how large a receive buffer should be */
#include "rate.h"	/* how fast data arrives */
#include "cong.h"	/* congestion control */
#include "hystart.h"	/* when slow start has to end */
#include "cong_cubic.h"	/* the default algorithm */
#include "fsm.h"	/* the state machine, one table */

/* State. */
#include "mib.h"	/* counters */
#include "pernet.h"	/* a namespace's state */
#include "sysctl.h"	/* and its settings */
#include "reasm.h"	/* received data */
#include "sock.h"	/* the socket; locks and lives */
#include "rtxq.h"	/* sent data */
#include "port.h"	/* who owns which port */
#include "table.h"	/* who is found under which tuple */
#include "cursor.h"	/* a reader's place among them */

/* In: from IP to the reader. */
#include "hook.h"	/* netfilter hook, protocol handlers, ICMP */
#include "reflect.h"	/* SYNs that are answered before the routing */
#include "demux.h"	/* whose segment is it */
#include "timewait.h"	/* connections that are over but not forgotten */
#include "passive.h"	/* connections that are not yet */
#include "synq.h"	/* the queue of those */
#include "savedsyn.h"	/* and of what their SYNs were */
#include "jar.h"	/* and those that are cookies */
#include "fastopen_passive.h" /* and those that are open at once */
#include "flood.h"	/* whether a listener is under attack */
#include "listener.h"	/* what a listener counts */
#include "input.h"	/* RFC 9293 3.10.7 */
#include "ack.h"	/* what an ACK covers */
#include "recovery.h"	/* what is lost */
#include "ecn.h"	/* what is not, but nearly was */
#include "rehash.h"	/* or took the wrong way */
#include "rcvbuf.h"	/* what else it takes, and when it grows */
#include "reader.h"	/* to user memory */
#include "errqueue.h"	/* what is no data at all */
#include "urgent.h"	/* what does not wait its turn, both ways */

/* Out: from the writer to IP. */
#include "fastopen_active.h" /* what a SYN may bring */
#include "sendmsg.h"	/* from user memory */
#include "zerocopy.h"	/* or from where it lies */
#include "txstamp.h"	/* who wants to know when it goes */
#include "xmit.h"	/* whether to send now */
#include "pace.h"	/* and when */
#include "pmtud.h"	/* how large a segment */
#include "segment.h"	/* header, options, checksum */
#include "ip.h"		/* route and output */
#include "offload.h"	/* large segments, cut and joined below */
#include "metric.h"	/* what a route says besides */
#include "timer.h"	/* what happens when nothing happens */
#include "close.h"	/* shutdown, linger, orphans, abort */

/* Glue. */
#include "af.h"		/* proto_ops */
#include "sockopt.h"	/* by level: SOL_TCP, SOL_IP and SOL_IPV6 have rooms of their own */
#include "info.h"	/* TCP_INFO */
#include "synq_show.h"	/* what is half open, for the next three */
#include "proc.h"
#include "genl.h"	/* dumps and events on netlink */
#include "diag.h"	/* what ss(8) asks */
#include "event.h"	/* what is to be heard of */

#endif /* _XTCP_H */

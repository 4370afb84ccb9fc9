/* SPDX-License-Identifier: GPL-2.0 */
/*
 * /proc/net/xtcp, xtcp6 and xtcp_stat.
 *
 * One line format serves three kinds of things: sockets (table.c), half-open entries
 * (synq_show.c) and TIME-WAIT objects (timewait.c). Each of those rooms offers a walk that copies
 * what it has into plain lines; proc.c prints them when no lock is held, and diag.c, which tells
 * the same by netlink, puts them into messages:
 *
 *	unsigned int xtcp_synq_walk(struct net *net, struct xtcp_cursor *cursor,
 *				    struct xtcp_proc_line *lines, unsigned int max);
 *	unsigned int xtcp_timewait_walk(struct net *net, struct xtcp_cursor *cursor,
 *					struct xtcp_proc_line *lines, unsigned int max);
 */
#ifndef _XTCP_PROC_H
#define _XTCP_PROC_H

#include <linux/types.h>
#include <linux/uidgid.h>

#include "wire.h"

struct net;
struct sock;
struct xtcp_cursor;
struct xtcp_net;

/* Column "tr": which timer runs. */
enum xtcp_proc_timer {
	XTCP_PROC_TIMER_NONE,
	XTCP_PROC_TIMER_RTX,		/* retransmission, also of a SYN-ACK */
	XTCP_PROC_TIMER_LIFE,		/* keepalive, FIN-WAIT-2 */
	XTCP_PROC_TIMER_TIMEWAIT,
	XTCP_PROC_TIMER_PROBE,		/* zero-window probe */
};

/**
 * struct xtcp_proc_line - the columns of one line; zeroed before a walk fills it
 * @tuple: addresses and ports
 * @format: AF_INET or AF_INET6: which of the two files lists it. The user's address format,
 *	so that an IPv4 connection of a "::" listener is in xtcp6, v4-mapped. Where nobody
 *	remembers it: as @tuple's addresses are
 * @state: TCP_ESTABLISHED and so on; a half-open entry is TCP_SYN_RECV
 * @timer: which timer runs
 * @expires: jiffies until it fires; anything at or below 0 is shown as 0
 * @tx_queue: bytes written and not acknowledged
 * @rx_queue: bytes received and not read; of a listener connections not accepted
 * @retries: retransmissions in a row, of the SYN-ACK for a half-open entry
 * @probes: zero-window or keepalive probes in a row
 * @uid: owner; of a half-open entry its listener's, or GLOBAL_ROOT_UID
 * @ino: inode of the file, 0 where there is none
 * @refs: reference count
 * @object: its address, which is printed hashed
 * @ident: its name in sock_diag, see xtcp_tuple_ident(); of a socket, which has a cookie, 0
 * @is_sock: the columns below are valid, and printed
 * @rto: retransmission timeout, jiffies
 * @ato: delayed-ACK timeout, jiffies
 * @quick_acks: ACKs that will not be delayed
 * @cwnd: congestion window, segments
 * @ssthresh: slow start threshold, segments; -1 before the first loss
 */
struct xtcp_proc_line {
	struct xtcp_tuple	tuple;
	u16			format;
	u8			state;
	u8			timer;
	long			expires;
	u32			tx_queue;
	u32			rx_queue;
	u32			retries;
	u32			probes;
	kuid_t			uid;
	unsigned long		ino;
	int			refs;
	const void		*object;
	u64			ident;

	bool			is_sock;
	unsigned long		rto;
	unsigned long		ato;
	u32			quick_acks;
	u32			cwnd;
	int			ssthresh;
};

/**
 * typedef xtcp_proc_walk_t - copy the next entries of a table into lines
 * @net: only entries of this namespace count
 * @cursor: zero at the start; it is moved past what was copied
 * @lines: filled from the first
 * @max: their number, at least 1
 *
 * Entries may come and go meanwhile; whatever stays is copied once. Both IP versions are copied. No
 * lock is held longer than one bucket takes.
 *
 * Context: Process context, no locks held.
 * Return: number of lines filled, 0 only when the table is at its end.
 */
typedef unsigned int (*xtcp_proc_walk_t)(struct net *net, struct xtcp_cursor *cursor,
					 struct xtcp_proc_line *lines, unsigned int max);

void xtcp_proc_sock(struct sock *sk, struct xtcp_proc_line *line);
int xtcp_proc_init_net(struct xtcp_net *xnet);
void xtcp_proc_exit_net(struct xtcp_net *xnet);

#endif /* _XTCP_PROC_H */

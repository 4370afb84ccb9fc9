/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The lookup tables: connections by tuple, listeners by port.
 *
 * One set for all namespaces, sized once by the machine's memory; the namespace is part of
 * the hash and is compared. Lookups run under rcu_read_lock() and take no lock.
 */
#ifndef _XTCP_TABLE_H
#define _XTCP_TABLE_H

#include <linux/string.h>
#include <linux/types.h>
#include <net/ipv6.h>

#include "wire.h"

struct net;
struct sock;
struct xtcp_cursor;

/* Any xtcp_tuple_ident(): INET_DIAG_NOCOOKIE twice. */
#define XTCP_IDENT_ANY	U64_MAX

/* Where a TCP header begins. */
struct xtcp_ports {
	__be16	source;
	__be16	dest;
};

static inline void xtcp_tuple_v4(struct xtcp_tuple *tuple, __be32 local, __be32 remote,
				 __be16 lport, __be16 rport, u32 carrier,
				 const struct xtcp_arrival *from)
{
	ipv6_addr_set_v4mapped(local, &tuple->laddr);
	ipv6_addr_set_v4mapped(remote, &tuple->raddr);
	tuple->lport = lport;
	tuple->rport = rport;
	tuple->link = carrier;
	if (from->slave)
		tuple->link |= (u32)from->dev << 1;
}

/* Fails for v4-mapped addresses: on the wire they are nobody's, and here they would be IPv4's. */
static inline bool xtcp_tuple_v6(struct xtcp_tuple *tuple, const struct in6_addr *local,
				 const struct in6_addr *remote, __be16 lport, __be16 rport,
				 u32 carrier, const struct xtcp_arrival *from)
{
	if (ipv6_addr_v4mapped(local) || ipv6_addr_v4mapped(remote) || ipv6_addr_any(remote))
		return false;
	tuple->laddr = *local;
	tuple->raddr = *remote;
	tuple->lport = lport;
	tuple->rport = rport;
	tuple->link = carrier;
	if (from->slave || (ipv6_addr_type(remote) & IPV6_ADDR_LINKLOCAL))
		tuple->link |= (u32)from->dev << 1;
	return true;
}

static inline bool xtcp_tuple_equal(const struct xtcp_tuple *a, const struct xtcp_tuple *b)
{
	const u32 *x = (const u32 *)a, *y = (const u32 *)b;
	u32 differ = 0;
	unsigned int i;

	/* Inline and without a branch: a chain is walked for each segment.. */
	for (i = 0; i < sizeof(*a) / sizeof(*x); i++)
		differ |= x[i] ^ y[i];
	return !differ;
}

u32 xtcp_tuple_hash(const struct net *net, const struct xtcp_tuple *tuple);
u64 xtcp_tuple_ident(const struct xtcp_tuple *tuple, u64 a, u64 b);

struct sock *xtcp_table_find(struct net *net, const struct xtcp_tuple *tuple, u32 hash);
struct sock *xtcp_table_find_listener(struct net *net, const struct xtcp_tuple *tuple,
				      const struct xtcp_arrival *from, u32 hash);

int xtcp_table_insert(struct sock *sk);
int xtcp_table_insert_listener(struct sock *sk);
void xtcp_table_remove(struct sock *sk);

int xtcp_table_walk(struct net *net, bool listeners, struct xtcp_cursor *cursor,
		    int (*fn)(struct sock *sk, void *arg), void *arg);

int xtcp_table_init(void);
void xtcp_table_exit(void);

#endif /* _XTCP_TABLE_H */

/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_DEMUX_H
#define _XTCP_DEMUX_H

#include <linux/in6.h>
#include <linux/types.h>

struct net;
struct sk_buff;
struct sock;
struct xtcp_tuple;

/**
 * enum xtcp_owner_kind - whose a segment is, in the order of the search
 */
enum xtcp_owner_kind {
	XTCP_OWNER_NONE,
	XTCP_OWNER_SOCK,	/* a connection */
	XTCP_OWNER_TIMEWAIT,
	XTCP_OWNER_LISTENER,	/* or one of its half-open entries */
};

/**
 * struct xtcp_owner - result of a lookup
 * @kind: which of the two below, if any
 * @hash: xtcp_tuple_hash() of the tuple
 * @sk: with a reference if it is a connection; a listener is good within the RCU read side
 * @tw: with a reference
 */
struct xtcp_owner {
	enum xtcp_owner_kind	kind;
	u32			hash;
	union {
		struct sock		*sk;
		struct xtcp_timewait	*tw;
	};
};

void xtcp_demux_find(struct net *net, const struct xtcp_tuple *tuple,
		     const struct xtcp_arrival *from,
		     struct xtcp_owner *owner);
void xtcp_demux_trace(const struct net *net, const struct xtcp_tuple *tuple, int state,
		      const struct sk_buff *skb);
void xtcp_demux_put(const struct xtcp_owner *owner);
void xtcp_demux_rcv(struct net *net, struct sk_buff *skb, const struct xtcp_tuple *tuple,
		    struct xtcp_owner *owner);
int xtcp_demux_backlog(struct sock *sk, struct sk_buff *skb);

/* What an ICMP error says, without its version (RFC 5927, RFC 9293 3.9.2.2). */
enum xtcp_icmp {
	XTCP_ICMP_SOFT,		/* remembered, reported only if the connection fails */
	XTCP_ICMP_HARD,		/* ends a connection attempt */
	XTCP_ICMP_PMTU,		/* the segment was too big; info is the next hop's MTU */
};

/**
 * struct xtcp_icmp_error - an ICMP error about a segment of ours
 * @what: how it is to be taken
 * @err: positive errno
 * @type: ICMP's, of the segment's version of IP
 * @code: likewise
 * @info: likewise; next hop's MTU for %XTCP_ICMP_PMTU, bytes
 * @offender: who says so, IPv4 as v4-mapped
 * @skb: packet
 * @quote: where in it the quoted segment begins, from its data on
 * @headers: of IP that the quote has in front of that, bytes
 * @quoted: bytes of the quote with those, where the error says so because more follows
 *	    (RFC 4884 4); or 0
 */
struct xtcp_icmp_error {
	enum xtcp_icmp		what;
	int			err;
	u8			type;
	u8			code;
	u32			info;
	struct in6_addr		offender;
	const struct sk_buff	*skb;
	unsigned int		quote;
	unsigned int		headers;
	unsigned int		quoted;
};

void xtcp_demux_icmp(struct net *net, const struct xtcp_tuple *tuple, u32 seq,
		     const struct xtcp_icmp_error *error);

#endif /* _XTCP_DEMUX_H */

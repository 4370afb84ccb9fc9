// SPDX-License-Identifier: GPL-2.0
/*
 * Another path, where the one that is used seems to fail.
 *
 * Routers and devices choose among paths by a hash of the flow, and so does whoever looks at IPv6's
 * flow label (RFC 6437), which is made of that hash where the user lets it be. A connection draws
 * its hash by lot, and draws again when its segments, or its ACKs, seem not to arrive; SO_TXREHASH,
 * and net.core.txrehash for the sockets that do not say, keep it from that.
 */
#include "xtcp.h"

/* What the peer draws; 0 of IPv4. */
static u32 label_of(const struct sk_buff *skb)
{
	if (skb->protocol != htons(ETH_P_IPV6))
		return 0;
	return ntohl(ip6_flowlabel(ipv6_hdr(skb)));
}

/**
 * xtcp_rehash_timeout - nothing is heard of what was sent
 * @sk: socket
 *
 * Context: socket lock.
 */
void xtcp_rehash_timeout(struct sock *sk)
{
	sk_rethink_txhash(sk);
}

/**
 * xtcp_rehash_heard - data has come
 * @sk: socket
 * @skb: segment, cb filled, with its IP header
 *
 * All of it again, and by another way than the last that came: the peer takes that one for broken,
 * since it does not see our ACKs. Where we take ours for broken ourselves, there is a new one
 * already.
 *
 * Context: socket lock, before the segment is taken.
 */
void xtcp_rehash_heard(struct sock *sk, const struct sk_buff *skb)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);
	u32 label = label_of(skb);

	if (xtcp_seq_le(XTCP_CB(skb)->end_seq, xsk->reasm.rcv_nxt) && label != xsk->rcv_label &&
	    !xsk->in_rto)
		sk_rethink_txhash(sk);
	xsk->rcv_label = label;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * Large segments of the native carrier: cut where a device does not take them whole (GSO), and
 * joined where they come in (GRO).
 *
 * What is to be cut has been sent by a socket of this host, or joined here before, and else is
 * refused. What is to be joined may come from anywhere: nothing is believed of it but what is
 * compared, and its checksum has to be right.
 */
#include <linux/delay.h>
#include <linux/tcp.h>
#include <net/gro.h>
#include <net/ip.h>
#include <net/ip6_checksum.h>
#include <net/protocol.h>
#if XTCP_HAVE_GSO_H
#include <net/gso.h>
#endif

#include "xtcp.h"

/* How long GRO holds a segment at most, unless gro_flush_timeout is longer than anybody sets it. */
#define HELD_MS		100

/* What the length fields of IP, and of an IPv6 packet without its header, can say. */
#define PACKET_MAX	U16_MAX

static bool gro_used;		/* some segment may have been held */
static bool gro_closed;		/* none is any more */

/*
 * Cutting
 */

/**
 * xtcp_offload_flags - which flags of a large segment one of its pieces has
 * @flags: the large one's
 * @first: it is the first
 * @last: it is the last
 *
 * FIN and PSH are about what ends with it; CWR is said once (RFC 3168 6.1.2).
 */
u8 xtcp_offload_flags(u8 flags, bool first, bool last)
{
	if (!last)
		flags &= ~(XTCP_FIN | XTCP_PSH);
	if (!first)
		flags &= ~XTCP_CWR;
	return flags;
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_offload_flags);

/* Headers of pieces that lie one behind the other. @sum: of a pseudo header without a length. */
static void finish_pieces(const struct sk_buff *whole, struct sk_buff *pieces, u32 mss,
			  __wsum sum)
{
	u8 flags = xtcp_hdr_flags(tcp_hdr(pieces));
	u32 seq = ntohl(tcp_hdr(pieces)->seq);
	struct sk_buff *skb;

	for (skb = pieces; skb; skb = skb->next) {
		u32 len = skb->len - skb_transport_offset(skb);
		struct tcphdr *th = tcp_hdr(skb);

		th->seq = htonl(seq);
		((u8 *)th)[13] = xtcp_offload_flags(flags, skb == pieces, !skb->next);
		th->check = ~csum_fold(csum_add(sum, (__force __wsum)htonl(len)));
		th->check = gso_make_checksum(skb, ~csum_unfold(th->check));
		xtcp_txstamp_inherit(whole, skb, seq, mss);
		seq += mss;
	}
}

/*
 * With skb->data at the TCP header. The checksums are computed here whatever the device could do:
 * those that know TCP's take any segment for one whose checksum lies in the same place, and this
 * device may not be the last (see xtcp_ip_checksum()).
 */
static struct sk_buff *gso_segment(struct sk_buff *skb, netdev_features_t features,
				   unsigned int type)
{
	struct skb_shared_info *info = skb_shinfo(skb);
	u32 len = skb->len, mss = info->gso_size;
	struct sk_buff *pieces;
	unsigned int hdr_len;
	__wsum sum;

	if ((info->gso_type & type) != type || skb->ip_summed != CHECKSUM_PARTIAL ||
	    skb_checksum_start(skb) != skb_transport_header(skb))
		return ERR_PTR(-EINVAL);
	if (!pskb_may_pull(skb, XTCP_HDR_MIN))
		return ERR_PTR(-EINVAL);
	hdr_len = xtcp_hdr_len(tcp_hdr(skb));
	if (hdr_len < XTCP_HDR_MIN || !pskb_may_pull(skb, hdr_len))
		return ERR_PTR(-EINVAL);
	__skb_pull(skb, hdr_len);
	if (!mss || skb->len <= mss)
		return ERR_PTR(-EINVAL);
	if (skb_gso_ok(skb, features | NETIF_F_GSO_ROBUST)) {
		/* Somebody changed it on its way, and wants to know whether it still is right. */
		skb_shinfo(skb)->gso_segs = DIV_ROUND_UP(skb->len, mss);
		return NULL;
	}
	sum = csum_sub(csum_unfold(tcp_hdr(skb)->check), (__force __wsum)htonl(len));
	pieces = skb_segment(skb, features & ~(NETIF_F_CSUM_MASK | NETIF_F_GSO_PARTIAL));
	if (!IS_ERR(pieces))
		finish_pieces(skb, pieces, mss, sum);
	return pieces;
}

static struct sk_buff *gso_segment_v4(struct sk_buff *skb, netdev_features_t features)
{
	return gso_segment(skb, features, SKB_GSO_TCPV4 | XTCP_OFFLOAD_GSO);
}

static struct sk_buff *gso_segment_v6(struct sk_buff *skb, netdev_features_t features)
{
	return gso_segment(skb, features, SKB_GSO_TCPV6 | XTCP_OFFLOAD_GSO);
}

/*
 * Joining
 */

/**
 * xtcp_offload_joins - whether a segment may be joined to what is held
 * @first: header of what is held, to which nothing was joined that xtcp_offload_ends() is true of
 * @held: its bytes of data
 * @mss: bytes of data of its first segment
 * @th: header of the segment, same ports
 * @len: its bytes of data
 *
 * It must be the next, say the same, but for what only the last of several may say, and be no
 * longer than the first: then cutting makes what came. CWR is said once, or it is a bit of ACE
 * (RFC 9768 3.1), which each says for itself: what has it stays alone. Both headers are as long as
 * they claim.
 */
bool xtcp_offload_joins(const struct tcphdr *first, u32 held, u32 mss, const struct tcphdr *th,
			u32 len)
{
	const u8 alike = (u8)~(XTCP_FIN | XTCP_PSH);
	u8 flags = xtcp_hdr_flags(th);

	if (!len || len > mss || ntohl(th->seq) != ntohl(first->seq) + held)
		return false;
	if ((flags & (XTCP_SYN | XTCP_RST | XTCP_URG | XTCP_CWR)) || !(flags & XTCP_ACK))
		return false;
	if ((flags ^ xtcp_hdr_flags(first)) & alike)
		return false;
	/* Length and the reserved bits; the window. */
	if (((const u8 *)th)[12] != ((const u8 *)first)[12] || th->window != first->window)
		return false;
	return th->ack_seq == first->ack_seq &&
	       !memcmp(th + 1, first + 1, xtcp_hdr_len(th) - XTCP_HDR_MIN);
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_offload_joins);

/**
 * xtcp_offload_ends - whether nothing may be joined to a segment
 * @flags: its flags
 * @mss: bytes of data of the first that it is joined to, or its own
 * @len: its bytes of data
 *
 * Nor does it wait for what comes next. Only a full one can have a successor where what is joined
 * is cut again.
 */
bool xtcp_offload_ends(u8 flags, u32 mss, u32 len)
{
	return !len || len < mss ||
	       (flags & (XTCP_FIN | XTCP_SYN | XTCP_RST | XTCP_PSH | XTCP_URG | XTCP_CWR));
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_offload_ends);

/* All of a header, which GRO's offset is moved behind; NULL if it is not all there. */
static const struct tcphdr *gro_header(struct sk_buff *skb)
{
	unsigned int off = skb_gro_offset(skb);
	const struct tcphdr *th;
	unsigned int hdr_len;

	th = skb_gro_header(skb, off + XTCP_HDR_MIN, off);
	if (!th)
		return NULL;
	hdr_len = xtcp_hdr_len(th);
	if (hdr_len < XTCP_HDR_MIN || hdr_len > skb_gro_len(skb))
		return NULL;
	th = skb_gro_header(skb, off + hdr_len, off);
	if (th)
		skb_gro_pull(skb, hdr_len);
	return th;
}

/* What is held of the same flow: the layers below have compared the rest. */
static struct sk_buff *gro_find(struct list_head *held, const struct tcphdr *th)
{
	struct sk_buff *p, *found = NULL;

	list_for_each_entry(p, held, list) {
		if (!NAPI_GRO_CB(p)->same_flow)
			continue;
		if (tcp_hdr(p)->source == th->source && tcp_hdr(p)->dest == th->dest && !found)
			found = p;
		else
			NAPI_GRO_CB(p)->same_flow = 0;
	}
	return found;
}

/*
 * Moves the data of @skb behind that of @p, as far as that takes more fragments. What is left of
 * @skb is freed by GRO. Its truesize goes along: whom both are charged to, if to anybody, is the
 * same.
 */
static bool gro_append(struct sk_buff *p, struct sk_buff *skb)
{
	unsigned int off = skb_gro_offset(skb);
	bool stolen;
	int delta;

	if (p->len + skb_gro_len(skb) > min_t(u32, netif_get_gro_max_size(p->dev, p), PACKET_MAX))
		return false;
	if (!pskb_may_pull(skb, off))
		return false;
	__skb_pull(skb, off);
	if (!skb_try_coalesce(p, skb, &stolen, &delta)) {
		__skb_push(skb, off);
		return false;
	}
	skb->truesize -= delta;
	if (!stolen) {
		skb->len -= skb->data_len;
		skb->data_len = 0;
	}
	NAPI_GRO_CB(skb)->free = stolen ? NAPI_GRO_FREE_STOLEN_HEAD : NAPI_GRO_FREE;
	NAPI_GRO_CB(skb)->same_flow = 1;
	NAPI_GRO_CB(p)->count++;
	return true;
}

/* Returns what is to go up now, if anything; it goes before @skb, should that go up as well. */
static struct sk_buff *gro_receive(struct list_head *held, struct sk_buff *skb)
{
	bool whole = skb_is_gso(skb) || NAPI_GRO_CB(skb)->flush;
	const struct tcphdr *th = gro_header(skb);
	bool joined = false, ends;
	struct sk_buff *p;
	u32 len, mss;
	u8 flags;

	if (!th)
		goto alone;
	flags = xtcp_hdr_flags(th);
	len = skb_gro_len(skb);
	mss = len;
	p = gro_find(held, th);
	if (p && !whole && xtcp_offload_joins(tcp_hdr(p), skb_gro_len(p),
					      skb_shinfo(p)->gso_size, th, len) &&
	    !gro_receive_network_flush(th, tcp_hdr(p), p)) {
		mss = skb_shinfo(p)->gso_size;
		joined = gro_append(p, skb);
	}
	if (joined)
		((u8 *)tcp_hdr(p))[13] |= flags & (XTCP_FIN | XTCP_PSH);
	ends = whole || xtcp_offload_ends(flags, mss, len);
	if (!joined && ends)
		NAPI_GRO_CB(skb)->flush = 1;
	return p && (!joined || ends) ? p : NULL;

alone:
	NAPI_GRO_CB(skb)->flush = 1;
	return NULL;
}

/* A segment that is held needs somebody to finish it: none is while we go. */
static bool gro_open(void)
{
	if (READ_ONCE(gro_closed))
		return false;
	if (!READ_ONCE(gro_used))
		WRITE_ONCE(gro_used, true);
	return true;
}

static struct sk_buff *gro_receive_v4(struct list_head *held, struct sk_buff *skb)
{
	if (gro_open() && (NAPI_GRO_CB(skb)->flush ||
			   !skb_gro_checksum_validate(skb, xtcp_protocol, inet_gro_compute_pseudo)))
		return gro_receive(held, skb);
	NAPI_GRO_CB(skb)->flush = 1;
	return NULL;
}

/* Behind extension headers nothing is joined: gro_complete_v6() would not find the addresses. */
static struct sk_buff *gro_receive_v6(struct list_head *held, struct sk_buff *skb)
{
	const struct ipv6hdr *ip6h = skb_gro_network_header(skb);

	if (gro_open() && ip6h->nexthdr == xtcp_protocol &&
	    (NAPI_GRO_CB(skb)->flush ||
	     !skb_gro_checksum_validate(skb, xtcp_protocol, ip6_gro_compute_pseudo)))
		return gro_receive(held, skb);
	NAPI_GRO_CB(skb)->flush = 1;
	return NULL;
}

/* What was joined is as if a socket had sent it. @off: of the TCP header. */
static void gro_complete(struct sk_buff *skb, int off, unsigned int type)
{
	if (skb->encapsulation)
		skb->inner_transport_header = skb->transport_header;
	skb->csum_start = skb->data + off - skb->head;
	skb->csum_offset = offsetof(struct tcphdr, check);
	skb->ip_summed = CHECKSUM_PARTIAL;
	skb_shinfo(skb)->gso_segs = NAPI_GRO_CB(skb)->count;
	skb_shinfo(skb)->gso_type |= type | XTCP_OFFLOAD_GSO;
}

static int gro_complete_v4(struct sk_buff *skb, int off)
{
	struct tcphdr *th = (struct tcphdr *)(skb->data + off);
	const struct iphdr *iph = (const struct iphdr *)th - 1;

	th->check = ~csum_tcpudp_magic(iph->saddr, iph->daddr, skb->len - off, xtcp_protocol, 0);
	gro_complete(skb, off, SKB_GSO_TCPV4);
	return 0;
}

static int gro_complete_v6(struct sk_buff *skb, int off)
{
	struct tcphdr *th = (struct tcphdr *)(skb->data + off);
	const struct ipv6hdr *ip6h = (const struct ipv6hdr *)th - 1;

	th->check = ~csum_ipv6_magic(&ip6h->saddr, &ip6h->daddr, skb->len - off, xtcp_protocol, 0);
	gro_complete(skb, off, SKB_GSO_TCPV6);
	return 0;
}

static const struct net_offload offload_v4 = {
	.callbacks = {
		.gso_segment	= gso_segment_v4,
		.gro_receive	= gro_receive_v4,
		.gro_complete	= gro_complete_v4,
	},
};

static const struct net_offload offload_v6 = {
	.callbacks = {
		.gso_segment	= gso_segment_v6,
		.gro_receive	= gro_receive_v6,
		.gro_complete	= gro_complete_v6,
	},
};

/**
 * xtcp_offload_init - cut and join the native carrier's segments, in all namespaces
 *
 * Context: Process context.
 * Return: 0, or -EBUSY if the protocol number is somebody else's.
 */
int xtcp_offload_init(void)
{
	if (inet_add_offload(&offload_v4, xtcp_protocol))
		return -EBUSY;
	if (inet6_add_offload(&offload_v6, xtcp_protocol)) {
		inet_del_offload(&offload_v4, xtcp_protocol);
		return -EBUSY;
	}
	return 0;
}

/**
 * xtcp_offload_exit - undo xtcp_offload_init(); no segment is on its way to us afterwards
 *
 * GRO holds segments until the end of a poll, or for gro_flush_timeout, and would miss who is to
 * finish them. Whatever else waits below to be cut is dropped there.
 *
 * Context: Process context, may sleep.
 */
void xtcp_offload_exit(void)
{
	WRITE_ONCE(gro_closed, true);
	synchronize_net();
	if (READ_ONCE(gro_used))
		msleep(HELD_MS);
	inet6_del_offload(&offload_v6, xtcp_protocol);
	inet_del_offload(&offload_v4, xtcp_protocol);
}

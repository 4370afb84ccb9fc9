// SPDX-License-Identifier: GPL-2.0
/*
 * ICMP errors about segments of ours, of both carriers and both versions (RFC 1122 4.2.3.9,
 * RFC 5461, RFC 5927): what they quote, and what they say of it.
 */
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <net/icmp.h>
#include <net/ip6_checksum.h>

#include "xtcp.h"
#include "icmp.h"

/* Least MTU that a link may have (RFC 791, RFC 8200): less is a lie. */
#define MTU_LEAST_V4	68
#define MTU_LEAST_V6	IPV6_MIN_MTU

/* The part of a TCP header that every ICMP error quotes. */
struct head {
	struct xtcp_ports	ports;
	__be32			seq;
};

static_assert(offsetof(struct tcphdr, seq) == offsetof(struct head, seq));

static u32 carrier_of(u8 protocol)
{
	return protocol == IPPROTO_TCP ? 0 : XTCP_LINK_NATIVE;
}

/* Fills in what the type and the code say; @info is the rest of the ICMP header, if it is used. */
static bool say_v4(struct xtcp_icmp_error *error, u8 type, u8 code, u32 info)
{
	error->what = XTCP_ICMP_SOFT;
	error->type = type;
	error->code = code;
	error->info = 0;
	switch (type) {
	case ICMP_DEST_UNREACH:
		if (code > NR_ICMP_UNREACH)
			return false;
		error->err = icmp_err_convert[code].errno;
		if (code == ICMP_FRAG_NEEDED) {
			error->what = XTCP_ICMP_PMTU;
			error->info = info;
		} else if (icmp_err_convert[code].fatal) {
			error->what = XTCP_ICMP_HARD;
		}
		return true;
	case ICMP_TIME_EXCEEDED:
		error->err = EHOSTUNREACH;
		return code == ICMP_EXC_TTL;
	case ICMP_PARAMETERPROB:
		error->err = EPROTO;
		error->info = info;
		return true;
	}
	return false;
}

static bool say_v6(struct xtcp_icmp_error *error, u8 type, u8 code, u32 info)
{
	error->what = XTCP_ICMP_SOFT;
	error->type = type;
	error->code = code;
	error->info = info;
	if (type != ICMPV6_DEST_UNREACH && type != ICMPV6_PKT_TOOBIG &&
	    type != ICMPV6_TIME_EXCEED && type != ICMPV6_PARAMPROB)
		return false;
	if (icmpv6_err_convert(type, code, &error->err))
		error->what = XTCP_ICMP_HARD;
	if (type == ICMPV6_PKT_TOOBIG)
		error->what = XTCP_ICMP_PMTU;
	return true;
}

/* The part of the header that IP's handlers are given, as they are given it. */
static u32 info_v4(const struct icmphdr *icmph)
{
	if (icmph->type == ICMP_PARAMETERPROB)
		return ntohl(icmph->un.gateway) >> 24;
	return ntohs(icmph->un.frag.mtu);
}

/* Bytes that are quoted in front of an extension, where there may be one (RFC 4884 4.1 to 4.5). */
static unsigned int quoted_v4(const struct icmphdr *icmph)
{
	switch (icmph->type) {
	case ICMP_DEST_UNREACH:
	case ICMP_TIME_EXCEEDED:
	case ICMP_PARAMETERPROB:
		return icmph->un.reserved[1] * 4;
	}
	return 0;
}

static unsigned int quoted_v6(const struct icmp6hdr *icmph)
{
	switch (icmph->icmp6_type) {
	case ICMPV6_DEST_UNREACH:
	case ICMPV6_TIME_EXCEED:
		return icmph->icmp6_datagram_len * 8;
	}
	return 0;
}

/* @off: of the quoted IP header, from skb->data. The quote is of something that we sent. */
static bool quote_v4(const struct sk_buff *skb, unsigned int off, u8 protocol,
		     const struct xtcp_arrival *from, struct xtcp_icmp_error *error,
		     struct xtcp_tuple *tuple, u32 *seq)
{
	const struct iphdr *iph;
	const struct head *head;
	struct iphdr _iph;
	struct head _head;

	iph = skb_header_pointer(skb, off, sizeof(_iph), &_iph);
	if (!iph || iph->version != 4 || iph->ihl < 5 || iph->protocol != protocol ||
	    (iph->frag_off & htons(IP_OFFSET)))
		return false;
	error->skb = skb;
	error->headers = iph->ihl * 4;
	error->quote = off + error->headers;
	ipv6_addr_set_v4mapped(ip_hdr(skb)->saddr, &error->offender);
	head = skb_header_pointer(skb, error->quote, sizeof(_head), &_head);
	if (!head)
		return false;
	xtcp_tuple_v4(tuple, iph->saddr, iph->daddr, head->ports.source, head->ports.dest,
		      carrier_of(protocol), from);
	*seq = ntohl(head->seq);
	return true;
}

static bool quote_v6(const struct sk_buff *skb, unsigned int off, u8 protocol,
		     const struct xtcp_arrival *from, struct xtcp_icmp_error *error,
		     struct xtcp_tuple *tuple, u32 *seq)
{
	const struct ipv6hdr *ip6h;
	const struct head *head;
	struct ipv6hdr _ip6h;
	struct head _head;
	__be16 frag_off;
	u8 nexthdr;
	int inner;

	ip6h = skb_header_pointer(skb, off, sizeof(_ip6h), &_ip6h);
	if (!ip6h || ip6h->version != 6)
		return false;
	nexthdr = ip6h->nexthdr;
	inner = ipv6_skip_exthdr(skb, off + sizeof(*ip6h), &nexthdr, &frag_off);
	if (inner < 0 || nexthdr != protocol || (frag_off & htons(IP6_OFFSET)))
		return false;
	error->skb = skb;
	error->headers = inner - off;
	error->quote = inner;
	error->offender = ipv6_hdr(skb)->saddr;
	head = skb_header_pointer(skb, inner, sizeof(_head), &_head);
	if (!head)
		return false;
	*seq = ntohl(head->seq);
	return xtcp_tuple_v6(tuple, &ip6h->saddr, &ip6h->daddr, head->ports.source,
			     head->ports.dest, carrier_of(protocol), from);
}

static void pass_icmp(struct net *net, const struct xtcp_tuple *tuple, u32 seq,
		      const struct xtcp_icmp_error *error)
{
	u32 least = xtcp_tuple_is_v4(tuple) ? MTU_LEAST_V4 : MTU_LEAST_V6;

	if (error->what == XTCP_ICMP_PMTU && error->info < least) {
		xtcp_drop(xtcp_net(net), tuple, NULL, XTCP_MIB_DropIcmp);
		return;
	}
	xtcp_demux_icmp(net, tuple, seq, error);
}

/* Whether anything of ours has the tuple: most errors are about the kernel's connections. */
static bool is_ours(struct net *net, const struct xtcp_tuple *tuple)
{
	u32 hash = xtcp_tuple_hash(net, tuple);
	struct sock *sk;

	sk = xtcp_table_find(net, tuple, hash);
	if (sk)
		sock_put(sk);
	return sk || xtcp_synq_holds(net, tuple, hash);
}

/* Documentation/networking/ip-sysctl.rst; 3 wants errors checked as we do it: by their sequence. */
static bool wants_pmtu(const struct net *net)
{
	u8 mode = READ_ONCE(net->ipv4.sysctl_ip_no_pmtu_disc);

	return !mode || mode == 3;
}

/**
 * xtcp_icmp_watch_v4 - an ICMP packet on its way to IP
 * @net: namespace
 * @skb: packet, data at the IP header; left as it is
 * @off: of the ICMP header, bytes
 * @from: where it came in
 *
 * Errors about the ordinary carrier's segments are noted. The packet goes on to IP, whatever comes
 * of it here, so that it is only looked at: in particular its checksum is computed, but what is
 * found of it is not written down.
 *
 * Context: BH off, RCU read side.
 */
void xtcp_icmp_watch_v4(struct net *net, const struct sk_buff *skb, unsigned int off,
			const struct xtcp_arrival *from)
{
	const struct icmphdr *icmph;
	struct xtcp_icmp_error error;
	struct xtcp_tuple tuple;
	struct icmphdr _icmph;
	u32 seq;

	icmph = skb_header_pointer(skb, off, sizeof(_icmph), &_icmph);
	if (!icmph || !say_v4(&error, icmph->type, icmph->code, info_v4(icmph)))
		return;
	if (error.what == XTCP_ICMP_PMTU && !wants_pmtu(net))
		return;
	error.quoted = quoted_v4(icmph);
	if (!quote_v4(skb, off + sizeof(*icmph), IPPROTO_TCP, from, &error, &tuple, &seq) ||
	    !is_ours(net, &tuple))
		return;
	if (csum_fold(skb_checksum(skb, off, skb->len - off, 0))) {
		xtcp_drop(xtcp_net(net), &tuple, NULL, XTCP_MIB_DropIcmp);
		return;
	}
	pass_icmp(net, &tuple, seq, &error);
}

/**
 * xtcp_icmp_watch_v6 - an ICMPv6 packet on its way to IPv6
 * @net: namespace
 * @skb: packet, data at the IPv6 header; left as it is
 * @off: of the ICMPv6 header, bytes
 * @from: where it came in
 *
 * See xtcp_icmp_watch_v4().
 *
 * Context: BH off, RCU read side.
 */
void xtcp_icmp_watch_v6(struct net *net, const struct sk_buff *skb, unsigned int off,
			const struct xtcp_arrival *from)
{
	const struct ipv6hdr *ip6h = ipv6_hdr(skb);
	const struct icmp6hdr *icmph;
	unsigned int len = skb->len - off;
	struct xtcp_icmp_error error;
	struct xtcp_tuple tuple;
	struct icmp6hdr _icmph;
	u32 seq;

	icmph = skb_header_pointer(skb, off, sizeof(_icmph), &_icmph);
	if (!icmph || !say_v6(&error, icmph->icmp6_type, icmph->icmp6_code,
			      ntohl(icmph->icmp6_mtu)))
		return;
	error.quoted = quoted_v6(icmph);
	if (!quote_v6(skb, off + sizeof(*icmph), IPPROTO_TCP, from, &error, &tuple, &seq) ||
	    !is_ours(net, &tuple))
		return;
	if (csum_ipv6_magic(&ip6h->saddr, &ip6h->daddr, len, IPPROTO_ICMPV6,
			    skb_checksum(skb, off, len, 0))) {
		xtcp_drop(xtcp_net(net), &tuple, NULL, XTCP_MIB_DropIcmp);
		return;
	}
	pass_icmp(net, &tuple, seq, &error);
}

/**
 * xtcp_icmp_native_v4 - &net_protocol.err_handler of the native carrier
 * @skb: ICMP packet that IP has checked, data at the quoted IP header
 * @info: next hop's MTU
 *
 * Context: BH off, RCU read side.
 * Return: 0.
 */
int xtcp_icmp_native_v4(struct sk_buff *skb, u32 info)
{
	const struct icmphdr *icmph = icmp_hdr(skb);
	const struct xtcp_arrival from = xtcp_arrival_v4(skb);
	struct net *net = dev_net(skb->dev);
	struct xtcp_icmp_error error;
	struct xtcp_tuple tuple;
	u32 seq;

	error.quoted = quoted_v4(icmph);
	if (say_v4(&error, icmph->type, icmph->code, info) &&
	    quote_v4(skb, 0, xtcp_protocol, &from, &error, &tuple, &seq))
		pass_icmp(net, &tuple, seq, &error);
	return 0;
}

/**
 * xtcp_icmp_native_v6 - &inet6_protocol.err_handler of the native carrier
 * @skb: ICMPv6 packet that IPv6 has checked, data at the quoted IPv6 header
 * @opt: IPv6's notes on the packet
 * @type: of the error
 * @code: of the error
 * @offset: of the quoted segment
 * @info: next hop's MTU, or what else the error's type has there
 *
 * Context: BH off, RCU read side.
 * Return: 0.
 */
int xtcp_icmp_native_v6(struct sk_buff *skb, struct inet6_skb_parm *opt, u8 type, u8 code,
			int offset, __be32 info)
{
	const struct xtcp_arrival from = xtcp_arrival_v6(skb);
	struct net *net = dev_net(skb->dev);
	struct xtcp_icmp_error error;
	struct xtcp_tuple tuple;
	u32 seq;

	error.quoted = quoted_v6(icmp6_hdr(skb));
	if (say_v6(&error, type, code, ntohl(info)) &&
	    quote_v6(skb, 0, xtcp_protocol, &from, &error, &tuple, &seq))
		pass_icmp(net, &tuple, seq, &error);
	return 0;
}

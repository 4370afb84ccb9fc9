// SPDX-License-Identifier: GPL-2.0
/*
 * Routes, and the hand-over to IP.
 *
 * A connection keeps its route in sk_dst_cache, under the socket lock, and has it checked before
 * each use: a route that is no longer current is dropped and looked up again. A device that goes
 * away makes its routes obsolete and moves them off itself, so that a connection that has nothing
 * to send does not hold it.
 *
 * Replies that belong to no socket are built here down to their IP header and have no sk: nothing
 * below can hold on to anything of this module by them.
 */
#include "xtcp.h"

#include <net/addrconf.h>
#include <net/checksum.h>
#include <net/inet_ecn.h>
#include <net/ip.h>
#include <net/ip6_checksum.h>
#include <net/ip6_fib.h>
#include <net/ip6_route.h>
#include <net/ipv6.h>
#include <net/l3mdev.h>
#include <net/route.h>

/* Where there is no route to ask: what every host takes (RFC 1122 3.3.2, RFC 8200 5). */
#define MTU_DEFAULT_V4	576
#define MTU_DEFAULT_V6	1280

/* RFC 9293 3.7.1: the same, less the fixed headers. */
#define MSS_DEFAULT_V4	536
#define MSS_DEFAULT_V6	1220

static __be32 addr4(const struct in6_addr *addr)
{
	return addr->s6_addr32[3];
}

/**
 * xtcp_ip_protocol - IP protocol number of a carrier
 * @tuple: its link names the carrier
 */
u8 xtcp_ip_protocol(const struct xtcp_tuple *tuple)
{
	return tuple->link & XTCP_LINK_NATIVE ? xtcp_protocol : IPPROTO_TCP;
}

/*
 * The interface that a connection must use, 0 for any: a link-local address's own, else the one
 * that its socket is bound to, @dev, else its VRF.
 */
static int oif_of(const struct xtcp_tuple *tuple, int dev)
{
	if (dev && !(ipv6_addr_type(&tuple->raddr) & IPV6_ADDR_LINKLOCAL))
		return dev;
	return tuple->link >> 1 ?: dev;
}

/*
 * Checksum
 */

static __sum16 sum_with_pseudo_header(const struct xtcp_tuple *tuple, u32 len, u8 protocol,
				      __wsum sum)
{
	if (xtcp_tuple_is_v4(tuple))
		return csum_tcpudp_magic(addr4(&tuple->laddr), addr4(&tuple->raddr), len,
					 protocol, sum);
	return csum_ipv6_magic(&tuple->laddr, &tuple->raddr, len, protocol, sum);
}

/**
 * xtcp_ip_checksum - fill in the checksum, or leave it to what lies below
 * @skb: segment, data at the TCP header, transport header set, checksum field zero
 * @tuple: its addresses
 * @protocol: IP protocol number
 *
 * RFC 9293 3.1. Devices that compute IP checksums know TCP by its protocol number, but the
 * kernel takes any segment for one whose checksum lies where TCP's does, and would leave the
 * native carrier's to a device that passes them on unfinished. So those are computed here, or,
 * where it takes offload.c to cut them before a device has them, there.
 */
void xtcp_ip_checksum(struct sk_buff *skb, const struct xtcp_tuple *tuple, u8 protocol)
{
	struct tcphdr *th = tcp_hdr(skb);

	if (protocol == IPPROTO_TCP || skb_is_gso(skb)) {
		th->check = ~sum_with_pseudo_header(tuple, skb->len, protocol, 0);
		skb->csum_start = skb_transport_header(skb) - skb->head;
		skb->csum_offset = offsetof(struct tcphdr, check);
		skb->ip_summed = CHECKSUM_PARTIAL;
	} else {
		th->check = sum_with_pseudo_header(tuple, skb->len, protocol,
						   skb_checksum(skb, 0, skb->len, 0));
		skb->ip_summed = CHECKSUM_NONE;
	}
}

/*
 * Local addresses
 */

static int local_ok_v4(struct sock *sk, __be32 addr, int ifindex)
{
	struct net *net = sock_net(sk);
	u32 table = l3mdev_fib_table_by_index(net, ifindex) ?: RT_TABLE_LOCAL;
	unsigned int type;

	if (addr == htonl(INADDR_ANY))
		return 0;
	type = inet_addr_type_table(net, addr, table);
	if (type == RTN_LOCAL)
		return 0;
	if (type == RTN_MULTICAST || type == RTN_BROADCAST)
		return -EADDRNOTAVAIL;
	return inet_can_nonlocal_bind(net, inet_sk(sk)) ? 0 : -EADDRNOTAVAIL;
}

static int local_ok_v6(struct sock *sk, const struct in6_addr *addr, int ifindex)
{
	int type = ipv6_addr_type(addr);
	struct net *net = sock_net(sk);
	struct net_device *dev = NULL;
	int err = 0;

	if (type == IPV6_ADDR_ANY)
		return 0;
	if (!ipv6_mod_enabled())
		return -EADDRNOTAVAIL;
	if (type & IPV6_ADDR_MULTICAST)
		return -EINVAL;
	if (__ipv6_addr_needs_scope_id(type) && !ifindex)
		return -EINVAL;

	rcu_read_lock();
	if (ifindex) {
		dev = dev_get_by_index_rcu(net, ifindex);
		if (!dev)
			err = -ENODEV;
	}
	if (!err && !ipv6_can_nonlocal_bind(net, inet_sk(sk)) && !ipv6_chk_addr(net, addr, dev, 0))
		err = -EADDRNOTAVAIL;
	rcu_read_unlock();
	return err;
}

/**
 * xtcp_ip_local_ok - whether a socket may be bound to an address
 * @sk: socket
 * @addr: IPv6 or v4-mapped address; the any-address of both is fine
 * @ifindex: device that it is to be one of, 0 for any; must be given if @addr is link-local
 *
 * Honours ip_nonlocal_bind. Context: socket lock.
 *
 * Return: 0, -EADDRNOTAVAIL, -EINVAL for an IPv6 multicast address or a link-local one without
 * device, -ENODEV.
 */
int xtcp_ip_local_ok(struct sock *sk, const struct in6_addr *addr, int ifindex)
{
	if (ipv6_addr_v4mapped(addr))
		return local_ok_v4(sk, addr4(addr), ifindex);
	return local_ok_v6(sk, addr, ifindex);
}

/*
 * Routes of connections
 */

static void fill_flow4(struct sock *sk, const struct xtcp_tuple *tuple, struct flowi4 *fl4)
{
	flowi4_init_output(fl4, oif_of(tuple, READ_ONCE(sk->sk_bound_dev_if)),
			   READ_ONCE(sk->sk_mark), ip_sock_rt_tos(sk), ip_sock_rt_scope(sk),
			   sk->sk_protocol, inet_sk_flowi_flags(sk),
			   addr4(&tuple->raddr), addr4(&tuple->laddr), tuple->rport, tuple->lport,
			   sock_net_uid(sock_net(sk), sk));
	security_sk_classify_flow(sk, flowi4_to_flowi_common(fl4));
}

static void fill_flow6(struct sock *sk, const struct xtcp_tuple *tuple, struct flowi6 *fl6)
{
	const struct ipv6_pinfo *np = inet6_sk(sk);

	memset(fl6, 0, sizeof(*fl6));
	fl6->flowi6_proto = sk->sk_protocol;
	fl6->daddr = tuple->raddr;
	fl6->saddr = tuple->laddr;
	fl6->flowlabel = ip6_make_flowinfo(np->tclass, np->flow_label);
	fl6->flowi6_oif = oif_of(tuple, READ_ONCE(sk->sk_bound_dev_if));
	fl6->flowi6_mark = READ_ONCE(sk->sk_mark);
	fl6->fl6_dport = tuple->rport;
	fl6->fl6_sport = tuple->lport;
	fl6->flowi6_uid = sock_net_uid(sock_net(sk), sk);
	security_sk_classify_flow(sk, flowi6_to_flowi_common(fl6));
}

/* One peer per connection (RFC 1122 4.2.3.10). */
static struct dst_entry *unicast_only(struct rtable *rt)
{
	if (IS_ERR(rt))
		return ERR_CAST(rt);
	if (rt->rt_flags & (RTCF_MULTICAST | RTCF_BROADCAST)) {
		ip_rt_put(rt);
		return ERR_PTR(-ENETUNREACH);
	}
	return &rt->dst;
}

/*
 * The route decides on the source address, but policy may route by the source: where the socket
 * has none yet, the route is looked up again with the one that was found.
 */
static struct dst_entry *route_v4(struct sock *sk, struct xtcp_tuple *tuple)
{
	struct net *net = sock_net(sk);
	struct flowi4 fl4;
	struct rtable *rt;

	fill_flow4(sk, tuple, &fl4);
	if (!fl4.saddr || !fl4.daddr) {
		rt = __ip_route_output_key(net, &fl4);
		if (IS_ERR(rt))
			return ERR_CAST(rt);
		ip_rt_put(rt);
		ipv6_addr_set_v4mapped(fl4.saddr, &tuple->laddr);
		ipv6_addr_set_v4mapped(fl4.daddr, &tuple->raddr);
		fill_flow4(sk, tuple, &fl4);
	}
	return unicast_only(ip_route_output_flow(net, &fl4, sk));
}

static struct dst_entry *route_v6(struct sock *sk, struct xtcp_tuple *tuple)
{
	struct dst_entry *dst;
	struct flowi6 fl6;

	if (!ipv6_mod_enabled())
		return ERR_PTR(-EAFNOSUPPORT);
	if (ipv6_addr_is_multicast(&tuple->raddr))
		return ERR_PTR(-ENETUNREACH);
	fill_flow6(sk, tuple, &fl6);
	if (__ipv6_addr_needs_scope_id(ipv6_addr_type(&fl6.daddr)) && !fl6.flowi6_oif)
		return ERR_PTR(-EINVAL);

	dst = ip6_dst_lookup_flow(sock_net(sk), sk, &fl6, NULL);
	if (!IS_ERR(dst))
		tuple->laddr = fl6.saddr;
	return dst;
}

/* Takes the reference on @dst. */
static void keep_route(struct sock *sk, const struct xtcp_tuple *tuple, struct dst_entry *dst)
{
	struct ipv6_pinfo *np = inet6_sk(sk);

	if (xtcp_tuple_is_v4(tuple)) {
		sk->sk_gso_type = SKB_GSO_TCPV4;
		np->dst_cookie = 0;
	} else {
		sk->sk_gso_type = SKB_GSO_TCPV6;
		np->dst_cookie = rt6_get_cookie(container_of(dst, struct rt6_info, dst));
	}
	if (xtcp_sock_native(sk))
		sk->sk_gso_type |= XTCP_OFFLOAD_GSO;
	sk_setup_caps(sk, dst);
}

/**
 * xtcp_ip_connect - find the route to a peer, and with it the source address
 * @sk: socket
 * @tuple: raddr, rport and link are set; laddr and lport may be zero. laddr is filled in, and
 *	   raddr if it was IPv4's any-address
 *
 * The route is kept if the local port is known. Otherwise that waits until it is, since IPsec
 * policy and multipath may depend on it: xtcp_ip_route() does it then.
 * Context: socket lock.
 *
 * Return: 0, -ENETUNREACH (also for multicast and broadcast), -EHOSTUNREACH, or another negative
 * errno of the routing.
 */
int xtcp_ip_connect(struct sock *sk, struct xtcp_tuple *tuple)
{
	struct dst_entry *dst;

	dst = xtcp_tuple_is_v4(tuple) ? route_v4(sk, tuple) : route_v6(sk, tuple);
	if (IS_ERR(dst)) {
		if (PTR_ERR(dst) == -ENETUNREACH && xtcp_tuple_is_v4(tuple))
			IP_INC_STATS(sock_net(sk), IPSTATS_MIB_OUTNOROUTES);
		return PTR_ERR(dst);
	}
	if (tuple->lport) {
		keep_route(sk, tuple, dst);
	} else {
		sk_dst_reset(sk);
		dst_release(dst);
	}
	return 0;
}

/**
 * xtcp_ip_route - make sure that a connection has a current route
 * @sk: socket with all of its tuple
 *
 * Context: socket lock.
 *
 * Return: 0, or the negative errno of the routing, which becomes the soft error.
 */
int xtcp_ip_route(struct sock *sk)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);
	struct xtcp_tuple tuple = xsk->tuple;
	struct dst_entry *dst;

	if (__sk_dst_check(sk, inet6_sk(sk)->dst_cookie))
		return 0;
	dst = xtcp_tuple_is_v4(&tuple) ? route_v4(sk, &tuple) : route_v6(sk, &tuple);
	if (IS_ERR(dst)) {
		sk->sk_route_caps = 0;
		WRITE_ONCE(sk->sk_err_soft, -PTR_ERR(dst));
		return PTR_ERR(dst);
	}
	keep_route(sk, &tuple, dst);
	/* pmtu is 0 before the connection is opened, which sizes its segments itself. */
	if (!xsk->pmtu)
		return 0;
	if (dst_mtu(dst) != xsk->pmtu)
		xtcp_sock_sync_mss(sk, dst_mtu(dst));
	xtcp_metric_renew(sk);
	return 0;
}

/* The connection's route, which the socket lock keeps; NULL if there is none. */
static struct dst_entry *route_of(struct sock *sk)
{
	return xtcp_ip_route(sk) ? NULL : __sk_dst_get(sk);
}

/**
 * xtcp_ip_mtu - path MTU of a connection
 * @sk: socket
 *
 * Context: socket lock.
 *
 * Return: bytes; without a route, what it was last, or what every host takes.
 */
u32 xtcp_ip_mtu(struct sock *sk)
{
	const struct xtcp_sock *xsk = xtcp_sk(sk);
	struct dst_entry *dst = route_of(sk);

	if (dst)
		return dst_mtu(dst);
	if (xsk->pmtu)
		return xsk->pmtu;
	return xtcp_tuple_is_v4(&xsk->tuple) ? MTU_DEFAULT_V4 : MTU_DEFAULT_V6;
}

static u16 advmss(const struct xtcp_tuple *tuple, const struct dst_entry *dst)
{
	if (!dst)
		return xtcp_tuple_is_v4(tuple) ? MSS_DEFAULT_V4 : MSS_DEFAULT_V6;
	return min_t(u32, dst_metric_advmss(dst), U16_MAX);
}

/**
 * xtcp_ip_is_whole - whether packets are never cut in pieces on their way
 * @sk: socket
 *
 * IPv4's may be, where the user or the route wants it so: then whether a packet arrives says
 * nothing of the path MTU. Context: socket lock.
 *
 * Return: true if so.
 */
bool xtcp_ip_is_whole(struct sock *sk)
{
	struct dst_entry *dst = route_of(sk);

	return dst && (!xtcp_tuple_is_v4(&xtcp_sk(sk)->tuple) || ip_dont_fragment(sk, dst));
}

/**
 * xtcp_ip_advmss - largest segment that the way back to us takes, for the MSS option
 * @sk: socket
 *
 * RFC 9293 3.7.1: the device's MTU less the fixed headers, unless the route says otherwise.
 * Context: socket lock.
 *
 * Return: bytes.
 */
u16 xtcp_ip_advmss(struct sock *sk)
{
	return advmss(&xtcp_sk(sk)->tuple, route_of(sk));
}

/**
 * xtcp_ip_update_pmtu - the network says that a segment was too big
 * @sk: socket
 * @mtu: of the next hop, bytes; the routing bounds what it believes
 *
 * RFC 1191, RFC 8201. Sizes new segments; what is lost, the retransmission finds out.
 * Context: socket lock.
 */
void xtcp_ip_update_pmtu(struct sock *sk, u32 mtu)
{
	struct xtcp_sock *xsk = xtcp_sk(sk);
	struct dst_entry *dst;

	if (sk->sk_state == TCP_CLOSE)
		return;
	if (xtcp_tuple_is_v4(&xsk->tuple)) {
		if (xsk->inet.pmtudisc == IP_PMTUDISC_DONT || !ip_sk_accept_pmtu(sk))
			return;
	} else if (!ip6_sk_accept_pmtu(sk)) {
		return;
	}
	dst = route_of(sk);
	if (!dst)
		return;
	dst->ops->update_pmtu(dst, sk, NULL, mtu, true);

	/* The update may have replaced the route. */
	mtu = xtcp_ip_mtu(sk);
	if (mtu < xsk->pmtu)
		xtcp_sock_sync_mss(sk, mtu);
}

/*
 * Output
 */

static int xmit_v4(struct sock *sk, const struct xtcp_tuple *tuple, struct sk_buff *skb, u8 ecn)
{
	struct flowi fl = {};

	/* The skb has its route; of the flow, only the addresses count. */
	fl.u.ip4.saddr = addr4(&tuple->laddr);
	fl.u.ip4.daddr = addr4(&tuple->raddr);
	return __ip_queue_xmit(sk, skb, &fl, READ_ONCE(inet_sk(sk)->tos) | ecn);
}

static int xmit_v6(struct sock *sk, const struct xtcp_tuple *tuple, struct sk_buff *skb, u8 ecn)
{
	struct flowi6 fl6;

	fill_flow6(sk, tuple, &fl6);
	return ip6_xmit(sk, skb, &fl6, READ_ONCE(sk->sk_mark), NULL,
			inet6_sk(sk)->tclass | ecn, READ_ONCE(sk->sk_priority));
}

/**
 * xtcp_ip_xmit - send a connection's segment
 * @sk: socket
 * @skb: segment with TCP header and checksum; consumed
 * @ect: it may be marked on its way (RFC 3168 5)
 *
 * Context: socket lock.
 *
 * Return: 0, also where a queue on this host dropped it, which is a loss like any other; or a
 * negative errno of routing or output.
 */
int xtcp_ip_xmit(struct sock *sk, struct sk_buff *skb, bool ect)
{
	u8 ecn = ect ? INET_ECN_ECT_0 : INET_ECN_NOT_ECT;
	const struct xtcp_tuple *tuple = &xtcp_sk(sk)->tuple;
	int err;

	err = xtcp_ip_route(sk);
	if (err) {
		xtcp_drop(xtcp_sock_net(sk), tuple, NULL, XTCP_MIB_DropNoRoute);
		kfree_skb(skb);
		return err;
	}
	xtcp_pace_stamp(sk, skb);
	skb_set_dst_pending_confirm(skb, READ_ONCE(sk->sk_dst_pending_confirm));
	rcu_read_lock();
	skb_dst_set_noref(skb, __sk_dst_get(sk));
	if (xtcp_tuple_is_v4(tuple))
		err = xmit_v4(sk, tuple, skb, ecn);
	else
		err = xmit_v6(sk, tuple, skb, ecn);
	rcu_read_unlock();
	return min(err, 0);
}

/*
 * Replies without a connection
 */

static struct dst_entry *reply_route_v4(struct net *net, const struct xtcp_tuple *tuple,
					const struct xtcp_ip_out *out)
{
	struct flowi4 fl4;

	/* To the routing these mean this host, or whichever address it likes. */
	if (!addr4(&tuple->laddr) || !addr4(&tuple->raddr))
		return ERR_PTR(-ENETUNREACH);
	/* What came to an address may go back from it, be it not this host's (IP_TRANSPARENT). */
	flowi4_init_output(&fl4, oif_of(tuple, out->oif), out->mark,
			   out->tos & ~INET_ECN_MASK, RT_SCOPE_UNIVERSE, xtcp_ip_protocol(tuple),
			   FLOWI_FLAG_ANYSRC, addr4(&tuple->raddr), addr4(&tuple->laddr),
			   tuple->rport, tuple->lport, xtcp_net(net)->root);
	return unicast_only(ip_route_output_flow(net, &fl4, NULL));
}

static bool is_unicast_v6(const struct in6_addr *addr)
{
	return ipv6_addr_type(addr) & IPV6_ADDR_UNICAST;
}

static struct dst_entry *reply_route_v6(struct net *net, const struct xtcp_tuple *tuple,
					const struct xtcp_ip_out *out)
{
	struct flowi6 fl6 = {
		.flowi6_oif = oif_of(tuple, out->oif),
		.flowi6_mark = out->mark,
		.flowi6_proto = xtcp_ip_protocol(tuple),
		.flowi6_uid = xtcp_net(net)->root,
		.flowlabel = ip6_make_flowinfo(out->tos & ~INET_ECN_MASK, 0),
		.saddr = tuple->laddr,
		.daddr = tuple->raddr,
		.fl6_sport = tuple->lport,
		.fl6_dport = tuple->rport,
	};
	struct dst_entry *dst;

	if (!ipv6_mod_enabled() || !is_unicast_v6(&fl6.saddr) || !is_unicast_v6(&fl6.daddr))
		return ERR_PTR(-ENETUNREACH);
	dst = ip6_dst_lookup_flow(net, NULL, &fl6, NULL);
	if (IS_ERR(dst) || !out->oif || dst->dev->ifindex == out->oif ||
	    netif_index_is_l3_master(net, out->oif))
		return dst;
	/* To IPv6 a device is but advice, unless a socket is bound to it, or there is no source. */
	dst_release(dst);
	fl6.saddr = in6addr_any;
	return ip6_dst_lookup_flow(net, NULL, &fl6, NULL);
}

/**
 * xtcp_ip_reply_route - the way of a segment that belongs to no socket
 * @net: namespace
 * @tuple: where to; laddr is the source address
 * @out: how it leaves
 *
 * Context: any, but hard interrupts.
 *
 * Return: the route with a reference, or an ERR_PTR(); counted.
 */
struct dst_entry *xtcp_ip_reply_route(struct net *net, const struct xtcp_tuple *tuple,
				      const struct xtcp_ip_out *out)
{
	struct dst_entry *dst;

	if (xtcp_tuple_is_v4(tuple))
		dst = reply_route_v4(net, tuple, out);
	else
		dst = reply_route_v6(net, tuple, out);
	if (IS_ERR(dst))
		xtcp_drop(xtcp_net(net), tuple, NULL, XTCP_MIB_DropNoRoute);
	return dst;
}

static void push_v4(const struct xtcp_tuple *tuple, struct sk_buff *skb, u8 tos, u8 ttl)
{
	struct iphdr *iph = skb_push(skb, sizeof(*iph));

	skb_reset_network_header(skb);
	/* It is never fragmented, so its identification says nothing (RFC 6864 4.1). */
	*iph = (struct iphdr){
		.version = 4,
		.ihl = sizeof(*iph) / 4,
		.tos = tos,
		.frag_off = htons(IP_DF),
		.ttl = ttl,
		.protocol = xtcp_ip_protocol(tuple),
		.saddr = addr4(&tuple->laddr),
		.daddr = addr4(&tuple->raddr),
	};
}

/* As those of connections have it, whose hash is the socket's. */
static __be32 label_of(struct net *net, struct sk_buff *skb, const struct xtcp_ip_out *out)
{
	return out->hash ? ip6_make_flowlabel(net, skb, 0, out->labelled, NULL) : 0;
}

static void push_v6(struct net *net, const struct xtcp_tuple *tuple, struct sk_buff *skb,
		    const struct xtcp_ip_out *out, u8 hop_limit)
{
	struct ipv6hdr *hdr = skb_push(skb, sizeof(*hdr));

	skb_reset_network_header(skb);
	ip6_flow_hdr(hdr, out->tos, label_of(net, skb, out));
	hdr->nexthdr = xtcp_ip_protocol(tuple);
	hdr->hop_limit = hop_limit;
	hdr->saddr = tuple->laddr;
	hdr->daddr = tuple->raddr;
}

static void mark_reply(struct sk_buff *skb, const struct xtcp_ip_out *out)
{
	skb->mark = out->mark;
	skb->priority = out->priority;
	if (out->hash)
		skb_set_hash(skb, out->hash, PKT_HASH_TYPE_L4);
}

/**
 * xtcp_ip_reply - send a segment that belongs to no socket
 * @net: namespace
 * @tuple: where to; laddr is the source address and must be one of this host's
 * @skb: segment with TCP header and checksum, and headroom for IP; consumed
 * @out: how it leaves
 * @dst: the way, its reference is consumed
 *
 * Context: any, but hard interrupts.
 *
 * Return: 0 or a negative errno.
 */
int xtcp_ip_reply(struct net *net, const struct xtcp_tuple *tuple, struct sk_buff *skb,
		  const struct xtcp_ip_out *out, struct dst_entry *dst)
{
	int err;

	skb_dst_set(skb, dst);
	mark_reply(skb, out);
	if (xtcp_tuple_is_v4(tuple)) {
		push_v4(tuple, skb, out->tos, out->ttl ?: ip4_dst_hoplimit(dst));
		err = ip_local_out(net, NULL, skb);
	} else {
		push_v6(net, tuple, skb, out, out->ttl ?: ip6_dst_hoplimit(dst));
		err = ip6_local_out(net, NULL, skb);
	}
	return min(err, 0);
}

/**
 * xtcp_ip_route_mss - what the MSS option of a SYN-ACK without a socket says
 * @tuple: the connection's
 * @dst: the way back
 *
 * RFC 9293 3.7.1.
 *
 * Return: bytes.
 */
u16 xtcp_ip_route_mss(const struct xtcp_tuple *tuple, const struct dst_entry *dst)
{
	return advmss(tuple, dst);
}

/*
 * Replies that take the way that the segment came
 */

/**
 * xtcp_ip_device_mss - what the MSS option says where no route is asked
 * @net: namespace
 * @tuple: the connection's
 * @dev: device that the segments come in by
 *
 * RFC 9293 3.7.1; the bounds are those of the routing.
 *
 * Context: RCU read side.
 * Return: bytes.
 */
u16 xtcp_ip_device_mss(struct net *net, const struct xtcp_tuple *tuple,
		       const struct net_device *dev)
{
	u32 headers = sizeof(struct iphdr) + XTCP_HDR_MIN;
	u32 least = READ_ONCE(net->ipv4.ip_rt_min_advmss);
	u32 mtu = READ_ONCE(dev->mtu);
	struct inet6_dev *idev;

	if (!xtcp_tuple_is_v4(tuple)) {
		idev = __in6_dev_get(dev);
		headers = sizeof(struct ipv6hdr) + XTCP_HDR_MIN;
		least = net->ipv6.sysctl.ip6_rt_min_advmss;
		mtu = idev ? READ_ONCE(idev->cnf.mtu6) : mtu;
	}
	return clamp_t(u32, mtu - min(mtu, headers), least, U16_MAX - headers);
}

/**
 * xtcp_ip_reflect - send a segment that belongs to no socket the way that it was asked for
 * @net: namespace
 * @tuple: where to; laddr is the source address and must be one of this host's
 * @skb: segment with TCP header and checksum, and headroom for IP and the link; consumed
 * @out: how it leaves
 * @mirror: the way
 *
 * No route is looked up and no firewall asked on the way out; queueing disciplines are.
 *
 * Context: BH off, RCU read side.
 *
 * Return: 0 or a negative errno.
 */
int xtcp_ip_reflect(struct net *net, const struct xtcp_tuple *tuple, struct sk_buff *skb,
		    const struct xtcp_ip_out *out, const struct xtcp_ip_mirror *mirror)
{
	struct inet6_dev *idev;
	u8 hop_limit;

	skb->dev = mirror->dev;
	mark_reply(skb, out);
	if (xtcp_tuple_is_v4(tuple)) {
		push_v4(tuple, skb, out->tos,
			out->ttl ?: READ_ONCE(net->ipv4.sysctl_ip_default_ttl));
		ip_hdr(skb)->tot_len = htons(skb->len);
		ip_send_check(ip_hdr(skb));
		skb->protocol = htons(ETH_P_IP);
	} else {
		idev = __in6_dev_get(mirror->dev);
		hop_limit = idev ? READ_ONCE(idev->cnf.hop_limit) :
				   READ_ONCE(net->ipv6.devconf_all->hop_limit);
		push_v6(net, tuple, skb, out, out->ttl ?: hop_limit);
		ipv6_hdr(skb)->payload_len = htons(skb->len - sizeof(struct ipv6hdr));
		skb->protocol = htons(ETH_P_IPV6);
	}
	memcpy(skb_push(skb, mirror->len), mirror->header, mirror->len);
	skb_reset_mac_header(skb);
	return min(dev_queue_xmit(skb), 0);
}

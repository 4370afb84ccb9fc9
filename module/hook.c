// SPDX-License-Identifier: GPL-2.0
/*
 * From IP to XTCP: the ordinary carrier's netfilter hook, and the native carrier's protocol
 * handlers.
 *
 * The hook lets pass, untouched and unseen, what no socket of ours owns: nothing is pulled, and no
 * field of the skb written, before the owner is known. Also left alone is what has a socket already
 * (early demux, TPROXY, BPF). So are IPv6 fragments: IP reassembles them behind the hook, unless
 * nf_defrag_ipv6 is there to do it in front, as it is with conntrack.
 */
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <net/ip.h>
#include <net/ip6_checksum.h>
#include <net/ip6_route.h>
#include <net/protocol.h>
#include <net/route.h>
#include <net/xfrm.h>

#include "xtcp.h"
#include "icmp.h"

/* RFC 9293 3.9.2.3: TCP is for unicast. */
static bool is_unicast(const struct sk_buff *skb, bool v4)
{
	if (skb->pkt_type != PACKET_HOST || !skb_dst(skb))
		return false;
	return v4 ? skb_rtable(skb)->rt_type == RTN_LOCAL : ipv6_unicast_destination(skb);
}

static bool policy_ok(struct sk_buff *skb, const struct xtcp_owner *owner, bool v4)
{
	struct sock *sk = NULL;

	if (owner->kind == XTCP_OWNER_SOCK || owner->kind == XTCP_OWNER_LISTENER)
		sk = owner->sk;
	return v4 ? xfrm4_policy_check(sk, XFRM_POLICY_IN, skb) :
		    xfrm6_policy_check(sk, XFRM_POLICY_IN, skb);
}

/*
 * A segment on its way in.
 */

/* Its cb is not ours yet. */
static void drop(struct xtcp_net *xnet, struct sk_buff *skb, const struct xtcp_tuple *tuple,
		 enum xtcp_mib why)
{
	xtcp_drop(xnet, tuple, NULL, why);
	kfree_skb(skb);
}

static bool checksum_ok(struct sk_buff *skb, bool v4, u8 protocol)
{
	/* Knows what the device has checked, and what never was on a wire. */
	if (v4)
		return !skb_checksum_validate(skb, protocol, inet_compute_pseudo);
	return !skb_checksum_validate(skb, protocol, ip6_compute_pseudo);
}

/* With skb->data at the TCP header: is all of that there, and the sum right? If not, frees it. */
static bool check(struct xtcp_net *xnet, struct sk_buff *skb, const struct xtcp_tuple *tuple,
		  bool v4, u8 protocol)
{
	const struct tcphdr *th;

	skb_reset_transport_header(skb);
	if (!pskb_may_pull(skb, XTCP_HDR_MIN))
		goto bad_header;
	th = (const struct tcphdr *)skb->data;
	if (xtcp_hdr_len(th) < XTCP_HDR_MIN || !pskb_may_pull(skb, xtcp_hdr_len(th)))
		goto bad_header;
	if (!checksum_ok(skb, v4, protocol)) {
		drop(xnet, skb, tuple, XTCP_MIB_DropChecksum);
		return false;
	}
	return true;

bad_header:
	drop(xnet, skb, tuple, XTCP_MIB_DropHeader);
	return false;
}

/*
 * The skb is XTCP's from here on: it lets go what the layers below hung onto it, for it may wait
 * long for its reader, and cb becomes ours. The ack of a segment without ACK is 0; synq.c relies on
 * it.
 */
static void adopt(struct sk_buff *skb, bool v4, const struct xtcp_arrival *from)
{
	const struct tcphdr *th = (const struct tcphdr *)skb->data;
	struct xtcp_cb *cb = XTCP_CB(skb);

	*cb = (struct xtcp_cb) {
		.seq	= ntohl(th->seq),
		.ack	= th->ack ? ntohl(th->ack_seq) : 0,
		.window	= ntohs(th->window),
		.flags	= xtcp_hdr_flags(th),
		.ace	= xtcp_hdr_ace(th),
		.tos	= v4 ? ip_hdr(skb)->tos : ipv6_get_dsfield(ipv6_hdr(skb)),
		.from	= *from,
	};
	cb->end_seq = cb->seq + skb->len - xtcp_hdr_len(th) + th->syn + th->fin;

	skb_orphan(skb);
	secpath_reset(skb);
	nf_reset_ct(skb);
	skb_dst_drop(skb);
	skb_clear_delivery_time(skb);
}

/*
 * The ordinary carrier.
 */

/**
 * xtcp_hook_take - make a segment of the ordinary carrier ours
 * @skb: packet, data at the IP header; consumed if it is not whole
 * @net: namespace
 * @tuple: its tuple
 * @off: of the TCP header from the IP header, bytes
 * @from: where it came in
 *
 * Return: whether it is whole: data at the TCP header, cb filled.
 */
bool xtcp_hook_take(struct sk_buff *skb, struct net *net, const struct xtcp_tuple *tuple,
		    unsigned int off, const struct xtcp_arrival *from)
{
	struct xtcp_net *xnet = xtcp_net(net);
	bool v4 = xtcp_tuple_is_v4(tuple);

	if (!pskb_may_pull(skb, off)) {
		drop(xnet, skb, tuple, XTCP_MIB_DropHeader);
		return false;
	}
	__skb_pull(skb, off);
	/* An IPv4 header sums up to zero. */
	if (!v4)
		skb_postpull_rcsum(skb, skb_network_header(skb), off);
	if (!check(xnet, skb, tuple, v4, IPPROTO_TCP))
		return false;
	adopt(skb, v4, from);
	return true;
}

static unsigned int hook_v4(void *priv, struct sk_buff *skb, const struct nf_hook_state *state);
static unsigned int hook_v6(void *priv, struct sk_buff *skb, const struct nf_hook_state *state);

/*
 * Conntrack confirms its entries in a hook that wants to be the last one, as ours does. For IPv4
 * the two have the same priority, and then whoever registers later runs earlier; a segment that we
 * steal would never be confirmed, and its connection be NEW forever. So before we steal one, we run
 * what is registered behind us, and get the skb back if all of that accepts it. What a hook there
 * queues to user space does not come back to us but goes to the kernel's TCP; nobody queues that
 * late.
 *
 * Return: true if the skb is still ours.
 */
static bool run_hooks_behind(struct sk_buff *skb, const struct nf_hook_state *state)
{
	struct nf_hook_state behind = *state;
	const struct nf_hook_entries *e;
	nf_hookfn *self;
	unsigned int i;

	if (state->pf == NFPROTO_IPV4) {
		e = rcu_dereference(state->net->nf.hooks_ipv4[NF_INET_LOCAL_IN]);
		self = hook_v4;
	} else {
		e = rcu_dereference(state->net->nf.hooks_ipv6[NF_INET_LOCAL_IN]);
		self = hook_v6;
	}
	if (!e)
		return true;
	for (i = 0; i < e->num_hook_entries; i++) {
		if (e->hooks[i].hook == self)
			break;
	}
	if (i + 1 >= e->num_hook_entries)
		return true;
	return nf_hook_slow(skb, &behind, e, i + 1) == 1;
}

/* @off: of the TCP header from the network header, where skb->data is. */
static unsigned int take(struct sk_buff *skb, const struct nf_hook_state *state, unsigned int off,
			 const struct xtcp_tuple *tuple, const struct xtcp_arrival *from)
{
	struct xtcp_net *xnet = xtcp_net(state->net);
	bool v4 = state->pf == NFPROTO_IPV4;
	struct xtcp_owner owner;

	xtcp_demux_find(state->net, tuple, from, &owner);
	if (owner.kind == XTCP_OWNER_NONE)
		return NF_ACCEPT;
	if (!run_hooks_behind(skb, state))
		goto put;
	if (!policy_ok(skb, &owner, v4)) {
		drop(xnet, skb, tuple, XTCP_MIB_DropFilter);
		goto put;
	}
	if (!xtcp_hook_take(skb, state->net, tuple, off, from))
		goto put;
	xtcp_demux_rcv(state->net, skb, tuple, &owner);
	return NF_STOLEN;

put:
	xtcp_demux_put(&owner);
	return NF_STOLEN;
}

static unsigned int hook_v4(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	const struct iphdr *iph = ip_hdr(skb);
	const struct xtcp_arrival from = xtcp_arrival_v4(skb);
	unsigned int off = ip_hdrlen(skb);
	const struct xtcp_ports *ports;
	struct xtcp_tuple tuple;
	struct xtcp_ports _ports;

	if ((iph->protocol != IPPROTO_TCP && iph->protocol != IPPROTO_ICMP) || skb->sk ||
	    ip_is_fragment(iph) || !is_unicast(skb, true))
		return NF_ACCEPT;
	if (iph->protocol == IPPROTO_ICMP) {
		xtcp_icmp_watch_v4(state->net, skb, off, &from);
		return NF_ACCEPT;
	}
	ports = skb_header_pointer(skb, off, sizeof(_ports), &_ports);
	if (!ports)
		return NF_ACCEPT;
	xtcp_tuple_v4(&tuple, iph->daddr, iph->saddr, ports->dest, ports->source, 0, &from);
	return take(skb, state, off, &tuple, &from);
}

/*
 * Extension headers that IP would still act upon, behind the hook: a routing header that leads on,
 * an authentication header, whose packet comes again when it has been authenticated.
 */
static bool is_unfinished(const struct sk_buff *skb)
{
	int flags = IP6_FH_F_SKIP_RH;
	unsigned int off = 0;

	if (ipv6_find_hdr(skb, &off, NEXTHDR_ROUTING, NULL, &flags) != -ENOENT)
		return true;
	off = 0;
	return ipv6_find_hdr(skb, &off, NEXTHDR_AUTH, NULL, NULL) != -ENOENT;
}

static unsigned int hook_v6(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	const struct xtcp_arrival from = xtcp_arrival_v6(skb);
	const struct ipv6hdr *ip6h = ipv6_hdr(skb);
	const struct xtcp_ports *ports;
	struct xtcp_tuple tuple;
	struct xtcp_ports _ports;
	__be16 frag_off;
	u8 nexthdr;
	int off;

	nexthdr = ip6h->nexthdr;
	off = ipv6_skip_exthdr(skb, sizeof(*ip6h), &nexthdr, &frag_off);
	if (off < 0 || (nexthdr != IPPROTO_TCP && nexthdr != IPPROTO_ICMPV6) || skb->sk ||
	    (frag_off & htons(IP6_OFFSET | IP6_MF)) || !is_unicast(skb, false))
		return NF_ACCEPT;
	if (off != sizeof(*ip6h) && is_unfinished(skb))
		return NF_ACCEPT;
	if (nexthdr == IPPROTO_ICMPV6) {
		xtcp_icmp_watch_v6(state->net, skb, off, &from);
		return NF_ACCEPT;
	}
	ports = skb_header_pointer(skb, off, sizeof(_ports), &_ports);
	if (!ports || !xtcp_tuple_v6(&tuple, &ip6h->daddr, &ip6h->saddr, ports->dest,
				     ports->source, 0, &from))
		return NF_ACCEPT;
	return take(skb, state, off, &tuple, &from);
}

static const struct nf_hook_ops hook_ops[] = {
	{
		.hook		= hook_v4,
		.pf		= NFPROTO_IPV4,
		.hooknum	= NF_INET_LOCAL_IN,
		.priority	= NF_IP_PRI_LAST,
	},
	{
		.hook		= hook_v6,
		.pf		= NFPROTO_IPV6,
		.hooknum	= NF_INET_LOCAL_IN,
		.priority	= NF_IP6_PRI_LAST,
	},
};

/**
 * xtcp_hook_get - one more who needs the ordinary carrier's segments
 * @xnet: namespace
 *
 * Context: Process context.
 * Return: 0, or the error of registering the hook; -ENETDOWN in a namespace that is going.
 */
int xtcp_hook_get(struct xtcp_net *xnet)
{
	int err = 0;

	mutex_lock(&xnet->hook_lock);
	if (xnet->hook_quiet)
		err = -ENETDOWN;
	else if (!xnet->hook_users)
		err = nf_register_net_hooks(xnet->net, hook_ops, ARRAY_SIZE(hook_ops));
	if (!err)
		xnet->hook_users++;
	mutex_unlock(&xnet->hook_lock);
	return err;
}

/**
 * xtcp_hook_put - undo one xtcp_hook_get()
 * @xnet: namespace
 *
 * Segments that are in the hook at this moment finish in their own time.
 *
 * Context: Process context.
 */
void xtcp_hook_put(struct xtcp_net *xnet)
{
	mutex_lock(&xnet->hook_lock);
	if (!WARN_ON_ONCE(!xnet->hook_users) && !--xnet->hook_users && !xnet->hook_quiet)
		nf_unregister_net_hooks(xnet->net, hook_ops, ARRAY_SIZE(hook_ops));
	mutex_unlock(&xnet->hook_lock);
}

/**
 * xtcp_hook_quiet - take the hook down for good, whoever still counts on it
 * @xnet: namespace that is going, or whose XTCP is
 *
 * A grace period later no segment is on its way to the namespace's state.
 *
 * Context: Process context.
 */
void xtcp_hook_quiet(struct xtcp_net *xnet)
{
	mutex_lock(&xnet->hook_lock);
	xnet->hook_quiet = true;
	if (xnet->hook_users)
		nf_unregister_net_hooks(xnet->net, hook_ops, ARRAY_SIZE(hook_ops));
	mutex_unlock(&xnet->hook_lock);
}

/*
 * The native carrier.
 */

/* RFC 9293 3.10.7.1: CLOSED. */
static void refuse(struct net *net, const struct xtcp_tuple *tuple, struct sk_buff *skb)
{
	xtcp_segment_reset_reply(net, tuple, skb);
	xtcp_drop(xtcp_net(net), tuple, XTCP_CB(skb), XTCP_MIB_DropNoSocket);
	kfree_skb(skb);
}

static void deliver_native(struct sk_buff *skb, const struct xtcp_tuple *tuple, bool v4,
			   const struct xtcp_arrival *from)
{
	struct net *net = dev_net(skb->dev);
	struct xtcp_owner owner;

	xtcp_demux_find(net, tuple, from, &owner);
	if (!policy_ok(skb, &owner, v4)) {
		xtcp_demux_put(&owner);
		drop(xtcp_net(net), skb, tuple, XTCP_MIB_DropFilter);
		return;
	}
	adopt(skb, v4, from);
	if (owner.kind == XTCP_OWNER_NONE)
		refuse(net, tuple, skb);
	else
		xtcp_demux_rcv(net, skb, tuple, &owner);
}

/* Whether it is for us, and whole; if not, it is freed. */
static bool check_native(struct sk_buff *skb, bool v4)
{
	struct xtcp_net *xnet = xtcp_net(dev_net(skb->dev));

	if (is_unicast(skb, v4))
		return check(xnet, skb, NULL, v4, xtcp_protocol);
	drop(xnet, skb, NULL, XTCP_MIB_DropNoSocket);
	return false;
}

static int native_rcv_v4(struct sk_buff *skb)
{
	const struct xtcp_arrival from = xtcp_arrival_v4(skb);
	const struct tcphdr *th;
	const struct iphdr *iph;
	struct xtcp_tuple tuple;

	if (!check_native(skb, true))
		return 0;
	th = (const struct tcphdr *)skb->data;
	iph = ip_hdr(skb);
	xtcp_tuple_v4(&tuple, iph->daddr, iph->saddr, th->dest, th->source, XTCP_LINK_NATIVE,
		      &from);
	deliver_native(skb, &tuple, true, &from);
	return 0;
}

static const struct net_protocol native_v4 = {
	.handler	= native_rcv_v4,
	.err_handler	= xtcp_icmp_native_v4,
	.no_policy	= 1,
	.icmp_strict_tag_validation = 1,
};

#if IS_ENABLED(CONFIG_IPV6)
static int native_rcv_v6(struct sk_buff *skb)
{
	const struct xtcp_arrival from = xtcp_arrival_v6(skb);
	const struct ipv6hdr *ip6h;
	const struct tcphdr *th;
	struct xtcp_tuple tuple;

	if (!check_native(skb, false))
		return 0;
	th = (const struct tcphdr *)skb->data;
	ip6h = ipv6_hdr(skb);
	if (xtcp_tuple_v6(&tuple, &ip6h->daddr, &ip6h->saddr, th->dest, th->source,
			  XTCP_LINK_NATIVE, &from)) {
		deliver_native(skb, &tuple, false, &from);
		return 0;
	}
	drop(xtcp_net(dev_net(skb->dev)), skb, NULL, XTCP_MIB_DropNoSocket);
	return 0;
}

static const struct inet6_protocol native_v6 = {
	.handler	= native_rcv_v6,
	.err_handler	= xtcp_icmp_native_v6,
	.flags		= INET6_PROTO_NOPOLICY | INET6_PROTO_FINAL,
};

static int add_native_v6(void)
{
	return inet6_add_protocol(&native_v6, xtcp_protocol);
}

static void del_native_v6(void)
{
	inet6_del_protocol(&native_v6, xtcp_protocol);
}
#else
static int add_native_v6(void)
{
	return 0;
}

static void del_native_v6(void)
{
}
#endif

/**
 * xtcp_hook_init - receive the native carrier's segments, in all namespaces
 *
 * Context: Process context; every namespace has its state.
 * Return: 0, or -EBUSY if the protocol number is somebody else's.
 */
int xtcp_hook_init(void)
{
	if (inet_add_protocol(&native_v4, xtcp_protocol))
		return -EBUSY;
	if (add_native_v6()) {
		inet_del_protocol(&native_v4, xtcp_protocol);
		return -EBUSY;
	}
	return 0;
}

/**
 * xtcp_hook_exit - undo xtcp_hook_init(); no segment is on its way to us afterwards
 *
 * Context: Process context.
 */
void xtcp_hook_exit(void)
{
	del_native_v6();
	inet_del_protocol(&native_v4, xtcp_protocol);
}

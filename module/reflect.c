// SPDX-License-Identifier: GPL-2.0
/*
 * SYNs that are answered where they come in: before conntrack, NAT and the routing, by the device
 * and to the link address that they came from, with a cookie and without an entry.
 *
 * Most of what a SYN from nowhere costs is IP's: two routes, conntrack's entry for a connection
 * that will never be, and the way out. Here it gets none of it. The ACK that completes a handshake
 * goes the whole way in, past the firewall, like all other segments: so nobody is let in whom the
 * rest of the way would keep out, but he is answered. Rules at the raw priority come before this.
 *
 * That is for who asked for it (net.xtcp.syn_reflect), and for what is plain: a SYN without data,
 * from the link, for an address of this host and a listener of ours, that belongs to nothing which
 * is known already. Everything else is left to its usual way.
 */
#include <linux/etherdevice.h>
#include <linux/if_arp.h>
#include <linux/inetdevice.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <net/addrconf.h>
#include <net/ip.h>
#include <net/xfrm.h>

#include "xtcp.h"

/* What IPsec may have to say is said further in, and on the way out. */
static bool has_ipsec(const struct net *net)
{
#ifdef CONFIG_XFRM
	int dir;

	for (dir = XFRM_POLICY_IN; dir <= XFRM_POLICY_OUT; dir++) {
		if (READ_ONCE(net->xfrm.policy_count[dir]) ||
		    READ_ONCE(net->xfrm.policy_default[dir]) != XFRM_USERPOLICY_ACCEPT)
			return true;
	}
#endif
	return false;
}

/*
 * The way back is the way it came, if the link has two ends or its addresses are Ethernet's. What
 * was diverted, decapsulated or bridged has a route by now; what is in a VRF needs its tables.
 */
static bool find_way_back(const struct sk_buff *skb, struct net_device *dev,
			  struct xtcp_ip_mirror *mirror)
{
	const struct ethhdr *came = (const struct ethhdr *)skb_mac_header(skb);
	struct ethhdr *eth = (struct ethhdr *)mirror->header;

	if (skb_dst(skb) || secpath_exists(skb) || netif_is_l3_slave(dev) ||
	    netif_is_l3_master(dev))
		return false;
	mirror->dev = dev;
	mirror->len = 0;
	if (dev->type == ARPHRD_NONE && !dev->hard_header_len)
		return true;
	if (dev->type != ARPHRD_ETHER || dev->hard_header_len < ETH_HLEN ||
	    !skb_mac_header_was_set(skb) || skb_mac_header_len(skb) != ETH_HLEN ||
	    !is_valid_ether_addr(came->h_source))
		return false;
	mirror->len = ETH_HLEN;
	ether_addr_copy(eth->h_dest, came->h_source);
	ether_addr_copy(eth->h_source, dev->dev_addr);
	eth->h_proto = skb->protocol;
	return true;
}

static bool is_wanted(const struct xtcp_net *xnet, const struct sock *listener)
{
	if (xtcp_sysctl_net(xnet, syncookies) == XTCP_JAR_NEVER)
		return false;
	/* Who may be too far away to be heard (RFC 5082) is told apart on the usual way. */
	if (inet_sk(listener)->min_ttl || xtcp_sk(listener)->inet6.min_hopcount)
		return false;
	switch (xtcp_sysctl_net(xnet, syn_reflect)) {
	case XTCP_REFLECT_ATTACK:
		return xtcp_listener_is_flooded(listener);
	case XTCP_REFLECT_ALWAYS:
		return true;
	default:
		return false;
	}
}

/* Whose SYN it is, if it is one that is answered here; NULL otherwise. */
static struct sock *find_listener(struct net *net, const struct xtcp_tuple *tuple,
				  const struct xtcp_arrival *from)
{
	struct xtcp_owner owner;

	xtcp_demux_find(net, tuple, from, &owner);
	if (owner.kind != XTCP_OWNER_LISTENER) {
		xtcp_demux_put(&owner);
		return NULL;
	}
	if (!is_wanted(xtcp_net(net), owner.sk) || xtcp_synq_holds(net, tuple, owner.hash))
		return NULL;
	return owner.sk;
}

/* A cookie of ours opens the connection; a request for one is answered here as well. */
static bool opens_at_once(const struct sk_buff *skb, unsigned int off,
			  const struct sock *listener, const struct xtcp_tuple *tuple)
{
	const unsigned int len = skb->len - off;
	struct xtcp_opts opts;
	u8 bytes[XTCP_HDR_MAX];

	if (!xtcp_fastopen_is_on(listener) || len <= XTCP_HDR_MIN || len > sizeof(bytes) ||
	    skb_copy_bits(skb, off, bytes, len))
		return false;
	xtcp_opt_parse(bytes + XTCP_HDR_MIN, len - XTCP_HDR_MIN, true, &opts);
	return xtcp_fastopen_is_known(listener, tuple, &opts);
}

/* @off: of the TCP header from the network header, where skb->data is. */
static unsigned int reflect(struct sk_buff *skb, const struct nf_hook_state *state,
			    unsigned int off, const struct xtcp_tuple *tuple,
			    const struct xtcp_arrival *from)
{
	struct net_device *dev = state->in;
	struct xtcp_ip_mirror mirror;
	struct sock *listener;

	if (has_ipsec(state->net) || !find_way_back(skb, dev, &mirror))
		return NF_ACCEPT;
	listener = find_listener(state->net, tuple, from);
	if (!listener || opens_at_once(skb, off, listener, tuple) || !pskb_may_pull(skb, off))
		return NF_ACCEPT;
	if (xtcp_hook_take(skb, state->net, tuple, off, from))
		xtcp_passive_reflect(listener, skb, tuple, &mirror);
	return NF_STOLEN;
}

/*
 * A SYN that opens, and has no data: whoever sends some may mean it, and only an entry can take the
 * time to have it sent again. One that asks for ECN is as plain (RFC 3168 6.1.1).
 */
static bool is_plain_syn(const struct sk_buff *skb, unsigned int off)
{
	const struct tcphdr *th;
	struct tcphdr _th;

	th = skb_header_pointer(skb, off, sizeof(_th), &_th);
	return th && skb->len == off + xtcp_hdr_len(th) && !skb_is_gso(skb) &&
	       (xtcp_hdr_flags(th) & (XTCP_SYN | XTCP_ACK | XTCP_RST | XTCP_FIN)) == XTCP_SYN;
}

static bool is_between_hosts_v4(struct net *net, const struct iphdr *iph)
{
	return !ipv4_is_multicast(iph->saddr) && !ipv4_is_lbcast(iph->saddr) &&
	       !ipv4_is_zeronet(iph->saddr) && !ipv4_is_loopback(iph->saddr) &&
	       !ipv4_is_loopback(iph->daddr) && __ip_dev_find(net, iph->daddr, false);
}

static unsigned int hook_v4(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	const struct xtcp_arrival from = { .dev = state->in->ifindex };
	const struct iphdr *iph = ip_hdr(skb);
	const struct xtcp_ports *ports;
	struct xtcp_tuple tuple;
	struct xtcp_ports _ports;

	if (iph->protocol != IPPROTO_TCP || skb->sk || skb->pkt_type != PACKET_HOST ||
	    iph->ihl != sizeof(*iph) / 4 || ip_is_fragment(iph) ||
	    !is_plain_syn(skb, sizeof(*iph)) || !is_between_hosts_v4(state->net, iph))
		return NF_ACCEPT;
	ports = skb_header_pointer(skb, sizeof(*iph), sizeof(_ports), &_ports);
	xtcp_tuple_v4(&tuple, iph->daddr, iph->saddr, ports->dest, ports->source, 0,
		      &from);
	return reflect(skb, state, sizeof(*iph), &tuple, &from);
}

static bool is_between_hosts_v6(struct net *net, const struct ipv6hdr *ip6h,
				const struct net_device *dev)
{
	return (ipv6_addr_type(&ip6h->saddr) & (IPV6_ADDR_UNICAST | IPV6_ADDR_LOOPBACK)) ==
		       IPV6_ADDR_UNICAST &&
	       ipv6_chk_addr(net, &ip6h->daddr, dev,
			     !!(ipv6_addr_type(&ip6h->daddr) & IPV6_ADDR_LINKLOCAL));
}

static unsigned int hook_v6(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	const struct xtcp_arrival from = { .dev = state->in->ifindex };
	const struct ipv6hdr *ip6h = ipv6_hdr(skb);
	const struct xtcp_ports *ports;
	struct xtcp_tuple tuple;
	struct xtcp_ports _ports;

	if (ip6h->nexthdr != IPPROTO_TCP || skb->sk || skb->pkt_type != PACKET_HOST ||
	    !is_plain_syn(skb, sizeof(*ip6h)) ||
	    !is_between_hosts_v6(state->net, ip6h, state->in))
		return NF_ACCEPT;
	ports = skb_header_pointer(skb, sizeof(*ip6h), sizeof(_ports), &_ports);
	if (!xtcp_tuple_v6(&tuple, &ip6h->daddr, &ip6h->saddr, ports->dest, ports->source, 0,
			   &from))
		return NF_ACCEPT;
	return reflect(skb, state, sizeof(*ip6h), &tuple, &from);
}

static const struct nf_hook_ops hook_ops[] = {
	{
		.hook		= hook_v4,
		.pf		= NFPROTO_IPV4,
		.hooknum	= NF_INET_PRE_ROUTING,
		.priority	= NF_IP_PRI_RAW + 1,
	},
	{
		.hook		= hook_v6,
		.pf		= NFPROTO_IPV6,
		.hooknum	= NF_INET_PRE_ROUTING,
		.priority	= NF_IP6_PRI_RAW + 1,
	},
};

static int stand(struct xtcp_net *xnet, bool on)
{
	int err = 0;

	lockdep_assert_held(&xnet->hook_lock);
	if (on == xnet->reflects)
		return 0;
	if (on)
		err = nf_register_net_hooks(xnet->net, hook_ops, ARRAY_SIZE(hook_ops));
	else
		nf_unregister_net_hooks(xnet->net, hook_ops, ARRAY_SIZE(hook_ops));
	if (!err)
		xnet->reflects = on;
	return err;
}

/**
 * xtcp_reflect_set - begin to look at what comes in, or stop
 * @xnet: namespace
 * @on: which; when it is so already, nothing happens
 *
 * Context: Process context.
 * Return: 0, or the error of registering the hooks; -ENETDOWN in a namespace that is going.
 */
int xtcp_reflect_set(struct xtcp_net *xnet, bool on)
{
	int err;

	mutex_lock(&xnet->hook_lock);
	err = xnet->hook_quiet ? -ENETDOWN : stand(xnet, on);
	mutex_unlock(&xnet->hook_lock);
	return err;
}

/**
 * xtcp_reflect_quiet - stop for good; xtcp_hook_quiet() has been called, or sysctls are gone
 * @xnet: namespace that is going, or whose XTCP is
 *
 * A grace period later no segment is on its way to the namespace's state.
 *
 * Context: Process context.
 */
void xtcp_reflect_quiet(struct xtcp_net *xnet)
{
	mutex_lock(&xnet->hook_lock);
	stand(xnet, false);
	mutex_unlock(&xnet->hook_lock);
}

/**
 * xtcp_reflect_exit_net - the same for a namespace whose making failed after its sysctls were there
 * @xnet: namespace
 *
 * Context: Process context; the sysctls are gone.
 */
void xtcp_reflect_exit_net(struct xtcp_net *xnet)
{
	if (!xnet->reflects)
		return;
	xtcp_reflect_quiet(xnet);
	synchronize_net();
}

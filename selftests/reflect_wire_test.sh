#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# net.xtcp.syn_reflect on real links, against the kernel's TCP as the client: an Ethernet, a VLAN, a
# bridge; a VRF, which is left alone; and beside conntrack and firewalls, before and behind.

. "$(dirname "$0")/lib/lib.sh"
. "$(dirname "$0")/lib/tool.sh"

ktap_print_header
require_module
command -v nft >/dev/null || skip_all "no nft"

declare -A reflected

reflect()
{
	in_right sysctl -qw net.xtcp.syn_reflect="$1"
	reflected[before]=$(counter right SynsReflected)
}

# reflected_now COUNT: since reflect().
reflected_now()
{
	says "SYNs reflected" "$1" $(($(counter right SynsReflected) - reflected[before]))
}

# carries IP: a connection whose SYN is reflected, and data both ways.
carries()
{
	reflect 2
	carry "$1" ordinary kernel 100000 100000 && reflected_now 1
}

carries_both()
{
	check "$1, IPv4" carries 4
	check "$1, IPv6" carries 6
}

# move_to DEVICE: the right host's addresses.
move_to()
{
	ip_batch right <<-IP
		address flush dev left
		address add 192.0.2.2/24 dev $1
		address add 2001:db8::2/64 dev $1 nodad
		link set $1 up
	IP
}

with_vlan()
{
	two_hosts
	ip_batch left <<-IP
		address flush dev right
		link add link right name tagged type vlan id 7
		address add 192.0.2.1/24 dev tagged
		address add 2001:db8::1/64 dev tagged nodad
		link set tagged up
	IP
	ip_batch right <<<"link add link left name tagged type vlan id 7"
	move_to tagged
	busywait "$BUSYWAIT_TIMEOUT" hosts_reach
}

with_bridge()
{
	two_hosts
	ip_batch right <<-IP
		link add bridge type bridge
		link set left master bridge
	IP
	move_to bridge
	busywait "$BUSYWAIT_TIMEOUT" hosts_reach
}

in_vrf()
{
	two_hosts
	# Moving into a VRF takes IPv6 addresses away.
	ip_batch right <<-IP
		link add red type vrf table 100
		link set red up
		link set left master red
		address replace 2001:db8::2/64 dev left nodad
	IP
	busywait "$BUSYWAIT_TIMEOUT" hosts_reach >/dev/null
	listen 6 ordinary any 6000 128
	reflect 2
	check "VRF: SYNs are sent" hundred_syns
	check "VRF: its tables are asked" reflected_now 0
	listener_ends
	cleanup_all_ns
}

# flow_count: those that conntrack knows and that are from the block of the SYNs.
flow_count()
{
	in_right cat /proc/net/nf_conntrack | grep -c 'src=10\.\|src=2001:0db8:0001:'
}

nothing_tracked()
{
	says "tracked" 0 "$(flow_count)"
}

device_rx()
{
	in_left cat /proc/net/dev | awk '$1 == "right:" { print $3 }'
}

# Of a hundred sources to which the right host has no route: answers, where reflected, all the same.
hundred_syns()
{
	syns -c 100 10.0.0.1 192.0.2.2 6000 && syns -c 100 2001:db8:1::1 2001:db8::2 6000
}

beside_conntrack()
{
	two_hosts
	in_right nft -f - <<-NFT
		table inet watch {
			chain input {
				type filter hook input priority 0
				ct state new counter
			}
		}
	NFT
	carries_both "beside conntrack"
	listen 6 ordinary any 6000 128
	reflect 2
	received=$(device_rx)
	check "beside conntrack: SYNs are sent" hundred_syns
	check "beside conntrack: they are reflected" reflected_now 200
	check "beside conntrack: it has seen none of them" nothing_tracked
	# A neighbour that is looked for, or says that it is there, is one more.
	check "beside conntrack: all are answered, without a route" at_least_syn_acks 200
	reflect 0
	check "usual way: SYNs are sent" hundred_syns
	check "usual way: conntrack has seen them" many_tracked 100
	listener_ends
	cleanup_all_ns
}

at_least_syn_acks()
{
	echo "received: $(($(device_rx) - received))"
	(($(device_rx) - received >= $1))
}

many_tracked()
{
	echo "tracked: $(flow_count)"
	(($(flow_count) >= $1))
}

# A rule at the raw priority comes before, one at the filter's behind: that one's SYN is answered,
# but nobody gets in.
behind_firewall()
{
	two_hosts
	listen 6 ordinary any 6000 128
	in_right nft -f - <<-NFT
		table inet guard {
			chain early {
				type filter hook prerouting priority raw
				ip saddr 10.0.0.0/24 drop
				ip6 saddr 2001:db8:1::/64 drop
			}
			chain input {
				type filter hook input priority 0
				tcp dport 6000 drop
			}
		}
	NFT
	reflect 2
	check "firewall before: SYNs are sent" hundred_syns
	check "firewall before: none is reflected" reflected_now 0
	check "firewall behind: the client's SYN is answered" answered
	check "firewall behind: nobody gets in" says "connections" 0 "$(counter right PassiveOpens)"
	listener_ends
	cleanup_all_ns
}

answered()
{
	in_left timeout 20 bash -c 'exec {fd}<>/dev/tcp/192.0.2.2/6000' && reflected_now 1
}

two_hosts
carries_both "Ethernet"
reflect 0
cleanup_all_ns
with_vlan
carries_both "VLAN"
cleanup_all_ns
with_bridge
carries_both "bridge"
cleanup_all_ns
in_vrf
beside_conntrack
behind_firewall
finish

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A router between two hosts whose next link takes less than theirs: with its ICMP errors, and with a
# firewall that lets none of them out.

. "$(dirname "$0")/lib/lib.sh"

ktap_print_header
require_module
command -v nft >/dev/null || skip_all "no nft"
size=$(scaled 2M 512k)
narrow=1300
middle=		# of setup_ns

# The hosts' own links, and what they therefore tell each other, are of 1500 bytes.
host_joins()
{
	local host=$1 number=$2

	ip link add "$host" netns "$middle" type veth peer name middle netns "${!host}"
	ip_batch "$host" <<-IP
		address add 192.0.2.$number/32 dev middle
		address add 2001:db8::$number/128 dev middle nodad
		link set middle up
		route add 192.0.2.3/32 dev middle
		route add default via 192.0.2.3 dev middle
		route add 2001:db8::3/128 dev middle
		route add default via 2001:db8::3 dev middle
	IP
	ip_batch middle <<-IP
		address add 192.0.2.3/32 dev $host
		address add 2001:db8::3/128 dev $host nodad
		link set $host up
		route add 192.0.2.$number/32 dev $host
		route add 2001:db8::$number/128 dev $host
	IP
}

narrow_path()
{
	setup_ns left middle right
	in_ns "$middle" sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
	host_joins left 1
	host_joins right 2
	ip_batch middle <<<"link set right mtu $narrow"
	busywait "$BUSYWAIT_TIMEOUT" hosts_reach >/dev/null
}

silence()
{
	in_ns "$middle" nft -f - <<-NFT
		table inet silent {
			chain output {
				type filter hook output priority 0
				icmp type destination-unreachable drop
				icmpv6 type packet-too-big drop
			}
		}
	NFT
}

# black_holes COUNT COMMAND...: so many are found meanwhile.
black_holes()
{
	local want=$1 before

	shift
	before=$(counter left MtuBlackHoles)
	"$@" || return 1
	before=$(($(counter left MtuBlackHoles) - before))
	echo "black holes: $before, not $want"
	((before == want))
}

each_pair()
{
	local ip pair

	for ip in 4 6; do
		for pair in kernel:ordinary ordinary:ordinary native:native; do
			check "$2, IPv$ip ${pair#*:} to ${pair%:*}" \
				black_holes "$1" carry "$ip" "${pair%:*}" "${pair#*:}" "$size" 0
		done
	done
}

narrow_path
each_pair 0 "ICMP errors come"
cleanup_all_ns
narrow_path
silence
in_left sysctl -qw net.xtcp.mtu_probing=1
each_pair 1 "no ICMP error comes"
in_left sysctl -qw net.xtcp.mtu_probing=2
each_pair 0 "no ICMP error comes, and none is waited for"
check "no socket is left" no_sockets_left
finish

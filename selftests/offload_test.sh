#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Segments larger than the wire takes: they cross virtual devices whole, are cut for others, wherever
# those are on the way, and joined where they come in. What was sent arrives, whatever was done to it.

. "$(dirname "$0")/lib/lib.sh"

ktap_print_header
require_module
command -v nft >/dev/null || skip_all "no nft"
native=$(</sys/module/xtcp/parameters/protocol)
size=$(scaled 1M 256k)
middle=		# of setup_ns

# count_large HOST: packets that are longer than an Ethernet's as they come to their owner.
count_large()
{
	in_ns "${!1}" nft -f - <<-NFT
		table inet sizes {
			counter large { }
			chain input {
				type filter hook input priority 0
				meta l4proto { tcp, $native } meta length > 1500 counter name large
			}
		}
	NFT
}

large()
{
	# shellcheck disable=SC2016
	in_ns "${!1}" nft reset counter inet sizes large | awk '$1 == "packets" { print $2 }'
}

# devices OFFLOAD on|off...: of both hosts, as ethtool names them.
devices()
{
	in_left ethtool -K right "$@" >/dev/null
	in_right ethtool -K left "$@" >/dev/null
}

# qdisc ARGUMENT...: of both hosts.
qdisc()
{
	in_left tc qdisc replace dev right root "$@"
	in_right tc qdisc replace dev left root "$@"
}

# arrives IP KIND whole|cut|any: data both ways, in large packets or in none, or in either.
arrives()
{
	local l r

	large left >/dev/null
	large right >/dev/null
	carry "$1" "$2" "$2" "$size" "$size" || return
	l=$(large left)
	r=$(large right)
	echo "large packets: $l to the left, $r to the right"
	case $3 in
	whole) ((l > 0 && r > 0)) ;;
	cut) ((l == 0 && r == 0)) ;;
	esac
}

# both_ips WHAT KIND HOW
both_ips()
{
	check "$1: IPv4, $2" arrives 4 "$2" "$3"
	check "$1: IPv6, $2" arrives 6 "$2" "$3"
}

wrong_sums()
{
	echo $(($(counter left DropChecksum) + $(counter right DropChecksum)))
}

some_wrong_sums()
{
	(($(wrong_sums) > sums_before))
}

# A router between the two, whose devices are named for where they lead. They have one address each,
# and nothing else is on their link.
router_between()
{
	setup_ns middle
	in_left ip link del right
	ip link add right netns "$left" type veth peer name left netns "$middle"
	ip link add left netns "$right" type veth peer name right netns "$middle"
	in_ns "$middle" sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
	ip_batch middle <<-IP
		address add 192.0.2.254/32 dev left
		address add 192.0.2.254/32 dev right
		address add 2001:db8::fe/128 dev left nodad
		address add 2001:db8::fe/128 dev right nodad
		link set left up
		link set right up
		route add 192.0.2.1/32 dev left
		route add 192.0.2.2/32 dev right
		route add 2001:db8::1/128 dev left
		route add 2001:db8::2/128 dev right
	IP
	behind_router left right 192.0.2.1 2001:db8::1
	behind_router right left 192.0.2.2 2001:db8::2
	busywait "$BUSYWAIT_TIMEOUT" hosts_reach >/dev/null
}

# behind_router HOST DEVICE IPV4 IPV6
behind_router()
{
	ip_batch "$1" <<-IP
		address add $3/32 dev $2
		address add $4/128 dev $2 nodad
		link set $2 up
		route add 192.0.2.254/32 dev $2
		route add 2001:db8::fe/128 dev $2
		route add default via 192.0.2.254
		route add default via 2001:db8::fe
	IP
}

# router OFFLOAD on|off...: of both of its devices.
router()
{
	in_ns "$middle" ethtool -K left "$@" >/dev/null
	in_ns "$middle" ethtool -K right "$@" >/dev/null
}

two_hosts
count_large left
count_large right

both_ips "veth" native whole
both_ips "veth" ordinary whole
# As hardware has it: TCP is cut by the device, and nothing else.
devices tx-sctp-segmentation off
both_ips "TCP alone is cut by the device" native cut
both_ips "TCP alone is cut by the device" ordinary whole
devices tx-sctp-segmentation on tso off
both_ips "nothing is cut by the device" native cut
devices gro on
both_ips "cut and joined" native whole
both_ips "cut and joined" ordinary whole
sums_before=$(wrong_sums)
check "until here no checksum was wrong" test "$sums_before" = 0
qdisc netem corrupt 20%
both_ips "cut, damaged and joined" native whole
check "what was damaged is seen" some_wrong_sums
qdisc pfifo
sums_before=$(wrong_sums)
devices gro off tx off
both_ips "no checksums by the device" native cut
devices tx on gso off
both_ips "nothing can be cut below" native cut
devices gso on tso on
qdisc tbf rate 10gbit burst 6000 limit 10000000
both_ips "cut by a queueing discipline" native any
qdisc pfifo

router_between
both_ips "by a router" native whole
router tso off
both_ips "cut by a router" native cut
devices gro on
both_ips "cut by a router, then joined" native whole
devices tso off
router gro on
both_ips "cut, joined and cut by a router, then joined" native whole
devices tso on gro off
router tso on gro off
in_ns "$middle" ip link set right mtu 1400
in_right ip link set left mtu 1400
both_ips "by a router to a smaller MTU" native any
check "no checksum was wrong but where some had to be" test "$(wrong_sums)" = "$sums_before"
check "no socket is left" no_sockets_left
finish

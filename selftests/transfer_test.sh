#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Bytes arrive as they were sent: XTCP to the kernel's TCP and back, XTCP to XTCP on both
# carriers, over IPv4 and IPv6, in large and in odd pieces.

. "$(dirname "$0")/lib/lib.sh"

ktap_print_header
require_module
two_hosts
size=$(scaled 8M 256k)
few=$(scaled 1M 64k)

each_pair()
{
	local ip pair server client

	for ip in 4 6; do
		for pair in ordinary:kernel kernel:ordinary ordinary:ordinary native:native; do
			server=${pair%:*}
			client=${pair#*:}
			"$@" "$ip" "$server" "$client" "IPv$ip $client to $server"
		done
	done
}

transfers()
{
	local ip=$1 server=$2 client=$3 what=$4

	check "$what: both ways at once" carry "$ip" "$server" "$client" "$size" "$size"
	check "$what: up" carry "$ip" "$server" "$client" "$size" 0
	check "$what: down" carry "$ip" "$server" "$client" 0 "$size"
	check "$what: down after the client's end" \
		carry "$ip" "$server" "$client" "$few" "$size" -e
	check "$what: nothing at all" carry "$ip" "$server" "$client" 0 0
}

odd_pieces()
{
	local ip=$1 server=$2 client=$3 what=$4

	check "$what: pieces of any size" carry "$ip" "$server" "$client" "$few" "$few" -z
	check "$what: TCP_NODELAY" carry "$ip" "$server" "$client" "$few" "$few" -z -n
	check "$what: least buffers" carry "$ip" "$server" "$client" "$few" "$few" -z -b 1
}

offloads()
{
	in_left ethtool -K right tso "$1" gso "$1" gro "$1" >/dev/null
	in_right ethtool -K left tso "$1" gso "$1" gro "$1" >/dev/null
}

mtu()
{
	in_ns "$left" ip link set right mtu "$1"
	in_ns "$right" ip link set left mtu "$1"
}

listener_of_both()
{
	local pid status=0

	((next_port++))
	in_right "$bin/xfer" -6 -l -p "$next_port" -f ordinary -r "$few" &
	pid=$!
	in_left "$bin/xfer" -4 -c 192.0.2.2 -p "$next_port" -f "$1" -s "$few" || status=1
	((!status)) || kill "$pid"
	wait "$pid" && return $status
}

each_pair transfers
each_pair odd_pieces
check "IPv4 from the kernel to a :: listener" listener_of_both kernel
check "IPv4 from XTCP to a :: listener" listener_of_both ordinary

plain()
{
	check "$4: $conditions" carry "$1" "$2" "$3" "$few" "$few"
}

offloads off
conditions="no offloads"
each_pair plain
mtu 1280
conditions="no offloads, MTU 1280"
each_pair plain
offloads on
mtu 9000
conditions="MTU 9000"
each_pair plain

check "no socket is left" no_sockets_left
check "no segment was taken for a broken one" \
	test "$(($(counter left DropChecksum) + $(counter right DropChecksum)))" = 0
finish

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A long path that is fast: 200 Mbit/s, and 200 ms there and back. Whoever sends, XTCP's receive buffer
# holds it up no more than that of the kernel's TCP does. That goes by a clock which stands still while
# anything computes: user-mode Linux's.
#
#   long_path_test.sh [SIZE [all]]		with all, every pair, with the default buffers and without
#						offloads as well

. "$(dirname "$0")/lib/lib.sh"

size=${1:-12M}
everything=${2:-}

ktap_print_header
require_module
two_hosts

# What is in flight, and what waits for the wire, is twice the product of the two at most.
long_path()
{
	in_left tc qdisc replace dev right root netem delay 100ms rate 200mbit limit 20000
	in_right tc qdisc replace dev left root netem delay 100ms rate 200mbit limit 20000
}

# send_buffers MOST
send_buffers()
{
	in_left sysctl -qw net.xtcp.mem_snd="4096 16384 $1" net.ipv4.tcp_wmem="4096 16384 $1"
}

reno()
{
	in_left sysctl -qw net.ipv4.tcp_congestion_control=reno net.ipv4.tcp_no_metrics_save=1
}

declare -A took

# measure WHAT SERVER CLIENT: from the client to the server.
measure()
{
	local begin end

	begin=${EPOCHREALTIME/[.,]/}
	check "$1: $3 to $2, $size" carry 4 "$2" "$3" "$size" 0
	end=${EPOCHREALTIME/[.,]/}
	took[$2.$3]=$((end - begin))
	echo "# $1: $3 to $2: $(((end - begin) / 1000)) ms," \
		"$((${size%M} * 8 * 1048576 / (end - begin))) Mbit/s"
}

# no_slower SERVER CLIENT: by an eighth, than the kernel's receiver.
no_slower()
{
	local mine=${took[$1.$2]} reference=${took[kernel.$2]}

	echo "$mine us; the reference took $reference us"
	((mine * 8 <= reference * 9))
}

measure_all()
{
	local server client

	for client in kernel ordinary; do
		for server in kernel ordinary; do
			measure "$1" "$server" "$client"
		done
		[[ $everything ]] ||
			check "$1: $client to ordinary: no slower than to the reference" \
				no_slower ordinary "$client"
	done
}

long_path
reno
[[ ! $everything ]] || measure_all "default buffers"
send_buffers 16777216
measure_all "large send buffers"
if [[ $everything ]]; then
	in_left ethtool -K right tso off gso off >/dev/null
	in_right ethtool -K left gro off >/dev/null
	measure_all "without offloads"
fi
check "no socket is left" no_sockets_left
finish

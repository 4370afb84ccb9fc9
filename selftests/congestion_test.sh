#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Congestion control on a wire of 20 Mbit/s with a queue of 100 segments: whatever the algorithm, what
# was sent arrives; and those that know when to stop fill the queue less than Reno does, which only
# stops when it overflows.

. "$(dirname "$0")/lib/lib.sh"
. "$(dirname "$0")/lib/wire.sh"

ktap_print_header
require_module
two_hosts

# In the queue there was no room for so many.
dropped()
{
	in_right tc -s qdisc show dev arrivals | sed -n 's/.*(dropped \([0-9]*\),.*/\1/p'
}

declare -A lost

# under ALGORITHM PEER
under()
{
	local before

	in_left sysctl -qw net.xtcp.congestion_control="$1"
	before=$(dropped)
	carry 4 "$2" ordinary "$size" 0
	lost[$1]=$(($(dropped) - before))
	echo "$1: ${lost[$1]} dropped"
}

fewer()
{
	echo "${lost[$1]} instead of ${lost[$2]}"
	((2 * ${lost[$1]} < ${lost[$2]}))
}

behind_wire left right
behind_wire right left
size=$(scaled 8M 3M)
netem left limit 10000 delay 20ms
netem right limit 100 rate 20mbit delay 20ms

for algorithm in reno cubic bbr; do
	check "$algorithm: all arrives" under $algorithm kernel
done
check "more was sent than the wire takes" test "${lost[reno]}" -gt 20
check "cubic loses less than reno" fewer cubic reno
check "bbr loses less than reno" fewer bbr reno

netem right limit 100 rate 20mbit delay 20ms loss 1%
size=$(scaled 4M 512k)
for algorithm in cubic bbr; do
	check "$algorithm: all arrives, by chance or again" under $algorithm ordinary
	check "$algorithm: something was lost" test "${lost[$algorithm]}" -gt 0
done

check "no socket is left" no_sockets_left
finish

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# syn_cost.sh [ROUNDS [SYNS]]: what a SYN from nowhere costs the host that receives it, side by
# side: the kernel's listener and XTCP's, with an entry for each SYN, and with a backlog that is
# full at once. From each is taken what IP costs by itself: the floor is the same packets, dropped
# where a listener would have got them.
#
# The host may be busy with other things, which makes a round slow and none fast: see the least
# first, then the median. The reset, to a port where nobody listens, is the least that an answer
# costs. Under QEMU with "-icount shift=0" a nanosecond is one instruction, and
# all rounds are alike.

. "$(dirname "$0")/lib/lib.sh"

rounds=${1:-9}
syns=${2:-10000}
seed=0

require_module
cpus=$(taskset -pc $$ | sed 's/.*: //')
cpu=${cpus##*[-,]}
taskset -pc "$cpu" $$ >/dev/null

# host_on_tun NAME: a host whose SYNs come in by a TUN, and whose SYN-ACKs go to a device that is
# none, by way of a neighbour, so that each of the many destinations costs a route and no more.
host_on_tun()
{
	local ns

	setup_ns "$1"
	ns=${!1}
	ip netns exec "$ns" sysctl -qw net.core.somaxconn=10000000 net.ipv4.tcp_syncookies=1 \
		net.ipv4.tcp_max_syn_backlog=10000000 net.xtcp.max_syn_backlog=10000000 \
		net.xtcp.rto_initial_ms=60000
	ip -n "$ns" tuntap add dev wire mode tun
	ip -n "$ns" address add 192.0.2.1/24 dev wire
	ip -n "$ns" address add 2001:db8::1/64 dev wire nodad
	ip -n "$ns" link set wire up
	ip -n "$ns" link add nowhere type dummy
	ip -n "$ns" address add 198.51.100.1/24 dev nowhere
	ip -n "$ns" address add 2001:db8:e::1/64 dev nowhere nodad
	ip -n "$ns" link set nowhere up
	ip -n "$ns" route add 10.0.0.0/8 via 198.51.100.2
	ip -n "$ns" -6 route add 2001:db8:f::/64 via 2001:db8:e::2
}

# What IP does for a packet until somebody is asked whether it is his.
make_floor()
{
	ip netns exec "${!1}" nft -f - <<-NFT
		table inet floor {
			chain input {
				type filter hook input priority 0
				policy drop
			}
		}
	NFT
}

answers()
{
	ip -n "$ns" -s -j link show nowhere | sed 's/.*"tx":{[^}]*"packets":\([0-9]*\).*/\1/'
}

softirq_ticks()
{
	awk -v cpu="cpu$cpu" '$1 == cpu { print $8 }' /proc/stat
}

declare -A samples answered softirq

# measure NAME HOST OPTION...: one round.
measure()
{
	local name=$1 ns=${!2} before ticks result

	shift 2
	before=$(answers)
	ticks=$(softirq_ticks)
	result=$(ip netns exec "$ns" "$bin/syn_cost" -n "$syns" -s "$seed" "$@" wire) ||
		ktap_exit_fail_msg "$name: $result"
	ticks=$(($(softirq_ticks) - ticks))
	samples[$name]+="$result"$'\n'
	answered[$name]=$(($(answers) - before))
	softirq[$name]=$((${softirq[$name]:-0} + ticks * 10000000 / syns))
}

# quantile NAME first|middle
quantile()
{
	local sorted

	mapfile -t sorted < <(printf %s "${samples[$1]}" | sort -n)
	case $2 in
	first) echo "${sorted[0]}" ;;
	middle) echo "${sorted[${#sorted[@]} / 2]}" ;;
	esac
}

report()
{
	local name base least middle

	printf '%-24s %8s %8s %8s %8s %9s %8s\n' "ns of CPU per SYN" least median net-least \
		net-med softirq+ answered
	for name in "${names[@]}"; do
		base="floor ${name: -2}"
		least=$(quantile "$name" first)
		middle=$(quantile "$name" middle)
		printf '%-24s %8d %8d %8d %8d %9d %7d%%\n' "$name" "$least" "$middle" \
			$((least - $(quantile "$base" first))) \
			$((middle - $(quantile "$base" middle))) \
			$((${softirq[$name]} / rounds)) $((100 * ${answered[$name]} / syns))
	done
}

host_on_tun floor
host_on_tun kernel
host_on_tun xtcp
make_floor floor

names=()
for ip in 4 6; do
	names+=("floor v$ip" "kernel reset v$ip" "kernel cookies v$ip"
		"kernel entries v$ip" "xtcp full v$ip" "xtcp entries v$ip" "xtcp native v$ip")
done
for ((round = 0; round < rounds; round++)); do
	((++seed))
	for ip in 4 6; do
		measure "floor v$ip" floor -$ip -f kernel -q
		measure "kernel reset v$ip" kernel -$ip -f kernel -q
		measure "kernel cookies v$ip" kernel -$ip -f kernel -b 16
		measure "kernel entries v$ip" kernel -$ip -f kernel -b 10000000
		measure "xtcp full v$ip" xtcp -$ip -f ordinary -b 16
		measure "xtcp entries v$ip" xtcp -$ip -f ordinary -b 10000000
		measure "xtcp native v$ip" xtcp -$ip -f native -b 10000000
	done
done
report

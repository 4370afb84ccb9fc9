#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# syn_cost.sh [ROUNDS [SYNS]]: what a SYN from nowhere costs the host that receives it, side by
# side: the kernel's listener and XTCP's, with an entry for each SYN, and with a backlog that is
# full at once. From each is taken what IP costs by itself: the floor is the same packets, dropped
# where a listener would have got them. The reset, to a port where nobody listens, is the least
# that an answer costs. Reflected are SYNs that net.xtcp.syn_reflect answers where they come in; of
# them, and of the kernel's, there is also what they cost beside a firewall that tracks connections.
#
# The host may be busy with other things, which makes a round slow and none fast: see the least
# first, then the median. Under QEMU_OPTIONS="-icount shift=0,sleep=off" a nanosecond is one
# instruction, and all rounds are alike.

. "$(dirname "$0")/lib/lib.sh"
. "$(dirname "$0")/lib/flood.sh"

rounds=${1:-9}
syns=${2:-10000}

require_module
cpus=$(taskset -pc $$ | sed 's/.*: //')
cost_cpu=${cpus##*[-,]}

softirq_ticks()
{
	awk -v cpu="cpu$cost_cpu" '$1 == cpu { print $8 }' /proc/stat
}

declare -A answered softirq

# measure_more NAME HOST OPTION...: one round, with what the thread's own clock does not tell.
measure_more()
{
	local name=$1 host=$2 before ticks

	shift 2
	before=$(answers "$host")
	ticks=$(softirq_ticks)
	measure "$name" "$host" -n "$syns" -s "$round" "$@"
	ticks=$(($(softirq_ticks) - ticks))
	answered[$name]=$(($(answers "$host") - before))
	softirq[$name]=$((${softirq[$name]:-0} + ticks * 10000000 / syns))
}

report()
{
	local name base least median

	printf '%-24s %8s %8s %8s %8s %9s %8s\n' "ns of CPU per SYN" least median net-least \
		net-med softirq+ answered
	for name; do
		base="floor v${name: -1}"
		least=$(cost "$name" least)
		median=$(cost "$name" median)
		printf '%-24s %8d %8d %8d %8d %9d %7d%%\n' "$name" "$least" "$median" \
			$((least - $(cost "$base" least))) \
			$((median - $(cost "$base" median))) \
			$((${softirq[$name]} / rounds)) $((100 * ${answered[$name]} / syns))
	done
}

cost_hosts

for ((round = 1; round <= rounds; round++)); do
	for ip in 4 6; do
		measure_more "floor v$ip" floor -$ip -f kernel -q
		measure_more "kernel reset v$ip" kernel -$ip -f kernel -q
		measure_more "kernel cookies v$ip" kernel -$ip -f kernel -b 16
		measure_more "kernel entries v$ip" kernel -$ip -f kernel -b 10000000
		measure_more "xtcp cookies v$ip" xtcp -$ip -f ordinary -b 16
		measure_more "xtcp entries v$ip" xtcp -$ip -f ordinary -b 10000000
		measure_more "xtcp reflected v$ip" reflect -$ip -f ordinary -b 16
		measure_more "kernel tracked v$ip" kernel_tracked -$ip -f kernel -b 16
		measure_more "xtcp refl. tracked v$ip" reflect_tracked -$ip -f ordinary -b 16
		measure_more "xtcp native v$ip" xtcp -$ip -f native -b 10000000
	done
done
for ip in 4 6; do
	report {"floor","kernel reset","kernel cookies","kernel entries","kernel tracked"}" v$ip" \
		{"xtcp cookies","xtcp entries","xtcp native","xtcp reflected"}" v$ip" \
		"xtcp refl. tracked v$ip"
done

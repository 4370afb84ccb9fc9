#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# trace_cost.sh UNTRACED_KO [ROUNDS [REQUESTS [MEGABYTES]]]: what the tracepoints cost while nobody
# listens: requests with their responses, and bulk, over the loopback device, on the module as it is
# and on one that was built without tracepoints (vm/trace_cost.sh builds it), by turns. Beside them
# the module as it is with all of its tracepoints recorded.
#
# Half of the rounds lie between the two numbers of spread, which on a busy host is more than what
# tracepoints cost. Under QEMU_OPTIONS="-icount shift=0,sleep=off" a nanosecond is one
# instruction, and rounds are alike.

. "$(dirname "$0")/lib/lib.sh"

untraced=$1
rounds=${2:-9}
requests=${3:-10000}
megabytes=${4:-100}
instance=/sys/kernel/tracing/instances/trace_cost

cpus=$(taskset -pc $$ | sed 's/.*: //')
cpu=${cpus##*[-,]}
declare -A costs

load()
{
	! module_loaded || rmmod xtcp
	insmod "$1" || ktap_exit_fail_msg "$1 is not loaded"
	setup_ns host
	# shellcheck disable=SC2154
	in_ns "$host" ip link set lo up
}

record()
{
	mkdir $instance && echo 1 >$instance/events/xtcp/enable
}

record_no_more()
{
	echo 0 >$instance/events/enable
	rmdir $instance
}

# measure NAME
measure()
{
	local what cost said

	said=$(in_ns "$host" taskset -c "$cpu" "$bin/trace_cost" -n "$requests" -m "$megabytes") ||
		ktap_exit_fail_msg "$1: $said"
	while read -r what cost; do
		costs[$what $1]+="$cost"$'\n'
	done <<<"$said"
}

as_it_is()
{
	load "$XTCP_KO"
	measure "as it is"
	record
	measure "recorded"
	record_no_more
	cleanup_ns "$host"
}

without()
{
	load "$untraced"
	measure "without"
	cleanup_ns "$host"
}

# report WHAT NAME: least, median, quartiles, and what the median is of that without tracepoints.
report()
{
	local sorted base

	mapfile -t base < <(printf %s "${costs[$1 without]}" | sort -n)
	mapfile -t sorted < <(printf %s "${costs[$1 $2]}" | sort -n)
	awk -v what="$1, $2" -v least="${sorted[0]}" -v median="${sorted[rounds / 2]}" \
		-v low="${sorted[rounds / 4]}" -v high="${sorted[rounds - 1 - rounds / 4]}" \
		-v base_least="${base[0]}" -v base="${base[rounds / 2]}" 'BEGIN {
		printf "%-22s %9d %9d %9d-%-9d %+6.1f%% %+6.1f%%\n", what, least, median, low, high,
			100 * (least / base_least - 1), 100 * (median / base - 1)
	}'
}

for ((round = 1; round <= rounds; round++)); do
	if ((round % 2)); then
		as_it_is
		without
	else
		without
		as_it_is
	fi
done
printf '%-22s %9s %9s %19s %7s %7s\n' "ns of CPU" least median "spread      " least median
for what in request megabyte; do
	for name in without "as it is" recorded; do
		report $what "$name"
	done
done

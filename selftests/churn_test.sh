#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Many connections that come and go: opened, used and closed, and as many reset while they are in
# use. Afterwards the counters of both hosts balance, and nothing is left: no socket, no object in
# a slab, no reference to the module; and after their time, no TIME-WAIT.

. "$(dirname "$0")/lib/lib.sh"

ktap_print_header
require_module

many=$(scaled 2000 160)
few=$(scaled 400 24)

references()
{
	cat /sys/module/xtcp/refcnt
}

# Each slab of the module's, where it is one of its own, and its objects; what is kept for reuse is
# given back first.
slab_objects()
{
	local dir

	for dir in /sys/kernel/slab/{XTCP,xtcp_*}; do
		[[ -d $dir && ! -L $dir ]] || continue
		echo 1 >"$dir/shrink"
		echo "${dir##*/} $(awk '{ print $1 }' "$dir/objects")"
	done
}

all_freed()
{
	[[ $(references) == "$references_before" && $(slab_objects) == "$objects_before" ]]
}

# all_freed_soon: objects wait for a grace period, namespaces for a worker.
all_freed_soon()
{
	busywait "$BUSYWAIT_TIMEOUT" all_freed && return
	echo "references: $(references), were $references_before"
	echo "objects:" "$(slab_objects)" "were:" "$objects_before"
	return 1
}

time_waits()
{
	in_ns "${!1}" sh -c 'cat /proc/net/xtcp /proc/net/xtcp6' |
		awk '$1 ~ /^[0-9]+:$/ && $4 == "06"' | wc -l
}

no_time_waits()
{
	[[ $(time_waits left)$(time_waits right) == 00 ]]
}

no_time_waits_soon()
{
	busywait "$BUSYWAIT_TIMEOUT" no_time_waits
}

listening()
{
	[[ $(in_right cat /proc/net/{,x}tcp{,6} | awk '$4 == "0A"') ]]
}

churn()
{
	local ip=$1 server=$2 client=$3 pid status=0

	in_right "$bin/churn" "-$ip" -l -f "$server" -n "$all" &
	pid=$!
	busywait "$BUSYWAIT_TIMEOUT" listening || status=1
	in_left "$bin/churn" "-$ip" -c "$(address right "$ip")" -f "$client" -n "$all" || status=1
	if ((status)); then
		kill "$pid" 2>/dev/null
	fi
	wait "$pid" || status=1
	return $status
}

declare -A counts

# count HOST: all counters at one moment.
count()
{
	local names values i

	{
		read -ra names
		read -ra values
	} < <(in_ns "${!1}" cat /proc/net/xtcp_stat)
	for i in "${!names[@]}"; do
		counts[${names[i]}]=${values[i]}
	done
}

# is COUNTER EXPECTED
is()
{
	((${counts[$1]} == $2)) || wrong+=("$1 is ${counts[$1]} instead of $2")
}

# balance HOST ACTIVE PASSIVE: what the counters of a host must say. No segment was lost, so:
#  - Every connection was opened once, by us or by the peer, and none of the attempts failed:
#    ActiveOpens + PassiveOpens = Established. One half-open entry became each of the passive.
#  - Each of the connections that were reset was ended by our reset (LingerAborts: SO_LINGER of 0)
#    or by the peer's (InRsts): EstabResets = LingerAborts + InRsts. A reset that we send more
#    often, because the peer's data was on its way to us, finds nothing there to end.
#  - Whoever closes first goes to TIME-WAIT; whoever comes second ends in LAST-ACK, which leaves
#    nothing behind, and on the other host it is the first. All those and the resets are all there
#    were: Established = Closed = EstabResets + TimeWaits here + TimeWaits there.
#  - An entry in TIME-WAIT is there still, unless a SYN came that had drawn the same port.
#  - A reset goes out for each connection that we reset; and once more for what had been on its
#    way to it.
balance()
{
	local wrong=()

	count "$1"
	is ActiveOpens "$2"
	is PassiveOpens "$3"
	is SynqEntries "$3"
	is SynqExpired 0
	is AttemptFails 0
	is Established $((each * 4))
	is Closed $((each * 4))
	is EstabResets $((each * 2))
	is LingerAborts "$each"
	is InRsts "$each"
	is TimeWaits "$each"
	is TimeWaitKilled 0
	is OrphansKilled 0
	is GivenUp 0
	((counts[OutRsts] >= each)) || wrong+=("OutRsts is ${counts[OutRsts]}, less than $each")
	((!${#wrong[@]})) && return
	printf '%s\n' "${wrong[@]}"
	return 1
}

time_waits_there()
{
	local there

	count "$1"
	there=$(time_waits "$1")
	echo "$there in TIME-WAIT; ${counts[TimeWaits]} came, ${counts[TimeWaitReused]} made room"
	((there == counts[TimeWaits] - counts[TimeWaitReused]))
}

set_time_wait()
{
	in_left sysctl -qw net.xtcp.time_wait_ms="$1"
	in_right sysctl -qw net.xtcp.time_wait_ms="$1"
}

# host_balances HOST NAME ACTIVE PASSIVE
host_balances()
{
	check "$what: the $2's counters balance" balance "$1" "$3" "$4"
	((time_wait_ms < 10000)) ||
		check "$what: the $2's TIME-WAIT is as they say" time_waits_there "$1"
}

# come_and_go IP SERVER CLIENT CONNECTIONS TIME_WAIT_MS: four ways to end, as many of each: the
# client closes first, or the server, or one of them resets.
come_and_go()
{
	local ip=$1 server=$2 client=$3 all=$4 each=$(($4 / 4)) time_wait_ms=$5
	local what="IPv$ip $client to $server"

	references_before=$(references)
	objects_before=$(slab_objects)
	two_hosts
	in_left sysctl -qw net.xtcp.time_wait_ms="$time_wait_ms"
	in_right sysctl -qw net.xtcp.time_wait_ms="$time_wait_ms"
	check "$what: $all connections" churn "$ip" "$server" "$client"
	check "$what: no socket is left" no_sockets_left
	[[ $client == kernel ]] || host_balances left client "$all" 0
	[[ $server == kernel ]] || host_balances right server 0 "$all"
	((time_wait_ms > 10000)) || check "$what: TIME-WAIT ends" no_time_waits_soon
	cleanup_all_ns
	left=""
	right=""
	check "$what: all is freed" all_freed_soon
}

# TIME-WAIT is counted while it lasts, and once more seen to end where it is short.
come_and_go 4 ordinary ordinary "$many" 600000
come_and_go 4 native native "$few" 1000
# The same, differently combined.
if [[ $XTCP_SCALE != debug ]]; then
	come_and_go 6 native native "$many" 600000
	come_and_go 6 ordinary ordinary "$few" 1000
fi
come_and_go 4 ordinary kernel "$few" 600000
come_and_go 6 kernel ordinary "$few" 600000
finish

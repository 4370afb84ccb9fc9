#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A wire that loses, reorders, duplicates and corrupts: what was sent arrives, intact, XTCP with
# XTCP and with the kernel's TCP in both roles. Counters show that the wire did what was asked of
# it, and, before, that XTCP sends nothing twice on a wire that does nothing of the kind.

. "$(dirname "$0")/lib/lib.sh"

ktap_print_header
require_module
two_hosts

# By way of either of these both hosts see each kind of peer: all at once, or two by two.
some_pairs=("4 ordinary kernel" "6 kernel ordinary" "4 ordinary ordinary" "6 native native")
other_pairs=("6 ordinary kernel" "4 kernel ordinary" "6 ordinary ordinary" "4 native native")
odd_pairs=("4 ordinary kernel" "6 native native")
even_pairs=("6 kernel ordinary" "4 ordinary ordinary")

# netem CONDITION...: for what arrives at either host. That is behind the wire, where segments are
# as they were on it: each one of its own, in one piece, with its checksum. IP only, for ARP has no
# checksum and would believe anything.
netem()
{
	in_left tc qdisc replace dev arrivals root netem limit 10000 "$@"
	in_right tc qdisc replace dev arrivals root netem limit 10000 "$@"
}

# behind_wire HOST DEVICE
behind_wire()
{
	local ns=${!1} protocol device

	in_ns "$ns" ethtool -K "$2" tx off sg off tso off gso off gro off >/dev/null
	ip_batch "$1" <<-IP
		link add arrivals type ifb
		link set arrivals up
	IP
	in_ns "$ns" tc qdisc add dev "$2" ingress
	for protocol in ip ipv6; do
		in_ns "$ns" tc filter add dev "$2" ingress protocol $protocol matchall \
			action mirred egress redirect dev arrivals
	done
	for device in "$2" arrivals; do
		one_processor "$ns" "$device"
	done
}

# From two processors' backlogs, segments of one connection would overtake each other.
one_processor()
{
	# shellcheck disable=SC2016
	ip netns exec "$1" sh -c '
		for file in /sys/class/net/'"$2"'/queues/rx-*/rps_cpus; do
			[ ! -w "$file" ] || echo 1 >"$file"
		done'
}

# A slow machine's backlog would overflow.
long_backlog()
{
	backlog=$(sysctl -n net.core.netdev_max_backlog)
	sysctl -qw net.core.netdev_max_backlog=100000
}

# Round trips are short here. With the defaults, most of the time would go by in waiting.
short_timeouts()
{
	in_left sysctl -qw net.xtcp.rto_min_ms=50
	in_right sysctl -qw net.xtcp.rto_min_ms=50
	ip_batch left <<-IP
		route change 192.0.2.0/24 dev right src 192.0.2.1 rto_min 50ms
		route add 2001:db8::/64 dev right metric 1 rto_min 50ms
	IP
	ip_batch right <<-IP
		route change 192.0.2.0/24 dev left src 192.0.2.2 rto_min 50ms
		route add 2001:db8::/64 dev left metric 1 rto_min 50ms
	IP
}

# A timeout that comes early on a slow machine must not be taken for one that was needed; one that
# is needed will be noticed.
long_timeouts()
{
	in_left sysctl -qw net.xtcp.rto_initial_ms=20000 net.xtcp.rto_min_ms=20000
	in_right sysctl -qw net.xtcp.rto_initial_ms=20000 net.xtcp.rto_min_ms=20000
}

declare -A now before

count()
{
	local host i names values

	for host in left right; do
		{
			read -ra names
			read -ra values
		} < <(in_ns "${!host}" cat /proc/net/xtcp_stat)
		for i in "${!names[@]}"; do
			before[$host.${names[i]}]=${now[$host.${names[i]}]:-0}
			now[$host.${names[i]}]=${values[i]}
		done
	done
}

# On one host and the other, between the last two counts.
growth()
{
	l=$((${now[left.$1]} - ${before[left.$1]}))
	r=$((${now[right.$1]} - ${before[right.$1]}))
	echo "$1: $l on one host, $r on the other"
}

happened()
{
	local l r

	growth "$1"
	((l > 0 && r > 0))
}

never_happened()
{
	local l r name

	growth "$1"
	((l == 0 && r == 0)) && return
	# What else did.
	for name in "${!now[@]}"; do
		((now[$name] == ${before[$name]:-0})) ||
			echo "$name: $((${now[$name]} - ${before[$name]:-0}))"
	done
	return 1
}

arrived()
{
	local status=0

	wait "$2" || status=1
	cat "$1"
	return $status
}

# all_at_once WHAT PAIR...: while one connection waits, another has the machine.
all_at_once()
{
	local what=$1 pair ip server client n=0 pids=()

	shift
	for pair; do
		read -r ip server client <<<"$pair"
		((++next_port))
		carry "$ip" "$server" "$client" "$size" "$size" >"$scratch/$next_port" 2>&1 &
		pids[next_port]=$!
	done
	((n = next_port - $#))
	for pair; do
		read -r ip server client <<<"$pair"
		((++n))
		check "$what: IPv$ip $client with $server, $size both ways" \
			arrived "$scratch/$n" "${pids[n]}"
	done
}

# under WHAT COUNTER...: with the pairs in $pairs.
under()
{
	local what=$1 name

	shift
	count
	all_at_once "$what" "${pairs[@]}"
	count
	for name; do
		check "$what: it happened, says $name" happened "$name"
	done
}

long_backlog
behind_wire left right
behind_wire right left
pairs=("${some_pairs[@]}")

# One processor for the senders as well: what a timer sends must not overtake either.
cpus=$(taskset -pc $$ | sed 's/.*: //')
taskset -pc "${cpus%%[-,]*}" $$ >/dev/null
size=$(scaled 4M 256k)
long_timeouts
netem
count
all_at_once "clean" "${pairs[@]}"
count
taskset -pc "$cpus" $$ >/dev/null
check "clean: nothing is sent again" never_happened RetransSegs
check "clean: no timeout" never_happened Timeouts
check "clean: no checksum is wrong" never_happened DropChecksum

# one_by_one: what a wire does, each by itself.
one_by_one()
{
	netem loss 5%
	under "loss 5%" RetransSegs
	pairs=("${odd_pairs[@]}")
	netem delay 1ms reorder 25%
	under "reorder 25%" OutOfOrder
	pairs=("${even_pairs[@]}")
	netem duplicate 5%
	under "duplicate 5%" DupSegs
	pairs=("${odd_pairs[@]}")
	netem corrupt 1%
	under "corrupt 1%" DropChecksum RetransSegs
}

size=$(scaled 16M 512k)
short_timeouts
# A slow machine of two processors is there for what they do to each other: all of it shows that.
[[ $XTCP_SCALE == debug && $(nproc) -gt 1 ]] || one_by_one
pairs=("${other_pairs[@]}")
netem loss 5% delay 1ms reorder 25% duplicate 5% corrupt 1%
under "all of it" RetransSegs OutOfOrder DupSegs DropChecksum

netem
check "no socket is left" no_sockets_left
sysctl -qw net.core.netdev_max_backlog="$backlog"
finish

# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2154
# Sourced after lib.sh: a path with one bottleneck, and flows over it.
#
#   left - wire - gate - right
#
# On the way to the right wire delays, loses and reorders, and gate is the bottleneck; on the way
# back wire delays. The bottleneck is behind, and a host of its own, because what netem lets
# overtake passes by netem's rate as well. Its queue counts bytes. Hosts send segments as they are
# on the wire, so that netem's packets are segments.

# Flows do as well as the machine does, unless its clock stands still while it computes.
time_is_simulated()
{
	[[ $(</proc/cmdline) == *time-travel=inf-cpu* ]]
}

# path_link A B ADDRESS_A ADDRESS_B: devices are named after the host at the other end. Neighbours
# know each other: netem would lose or delay what they ask, too.
path_link()
{
	ip link add "$2" netns "${!1}" address 02:00:00:00:00:01 type veth \
		peer name "$1" netns "${!2}" address 02:00:00:00:00:02
	ip_batch "$1" <<-IP
		address add $3/24 dev $2
		link set $2 up
		neighbour add $4 lladdr 02:00:00:00:00:02 nud permanent dev $2
	IP
	ip_batch "$2" <<-IP
		address add $4/24 dev $1
		link set $1 up
		neighbour add $3 lladdr 02:00:00:00:00:01 nud permanent dev $1
	IP
}

path_make()
{
	local ns

	setup_ns left wire gate right
	path_link left wire 192.0.2.1 192.0.2.2
	path_link wire gate 198.51.100.1 198.51.100.2
	path_link gate right 203.0.113.1 203.0.113.2
	in_ns "$left" ip route add default via 192.0.2.2
	in_ns "$wire" ip route add default via 198.51.100.2
	in_ns "$gate" ip route add default via 198.51.100.1
	in_ns "$right" ip route add default via 203.0.113.1
	for ns in "$wire" "$gate"; do
		in_ns "$ns" sysctl -qw net.ipv4.ip_forward=1
	done
	in_ns "$left" ethtool -K wire tso off gso off gro off >/dev/null
	in_ns "$right" ethtool -K gate tso off gso off gro off >/dev/null
	# Each flow finds the path as the first one did.
	for ns in "$left" "$right"; do
		in_ns "$ns" sysctl -qw net.ipv4.tcp_no_metrics_save=1
	done
	# A window may leave at once.
	path_backlog=$(sysctl -n net.core.netdev_max_backlog)
	sysctl -qw net.core.netdev_max_backlog=100000
	trap path_clean_up EXIT
}

path_clean_up()
{
	sysctl -qw net.core.netdev_max_backlog="$path_backlog"
	clean_up
}

# path_set RATE_KBIT RTT_MS LOSS REORDER QUEUE_BYTES SEED: percent of what goes to the right;
# nothing is left in it of what was sent before.
path_set()
{
	local half_us=$(($2 * 500))

	in_ns "$wire" "$bin/netem" -d "$half_us" -l "$3" -r "$4" -s "$6" gate
	in_ns "$wire" "$bin/netem" -d "$half_us" left
	in_ns "$gate" tc -force -batch - 2>/dev/null <<-TC
		qdisc del dev right root
		qdisc add dev right root tbf rate ${1}kbit burst 1600 limit $5
	TC
}

# path_run MILLISECONDS [OPTION...] FLOW...: as for flow; a line of JSON.
path_run()
{
	local run

	((next_port += 10))
	run=$("$bin/flow" -s "$left" -r "$right" -a 203.0.113.2 -p "$next_port" -t "$@") || return
	printf '{"run":%s,"path":%s,"queue":%s}\n' "$run" \
		"$(in_ns "$wire" tc -s -j qdisc show dev gate)" \
		"$(in_ns "$gate" tc -s -j qdisc show dev right)"
}

# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154
# Sourced after lib.sh: hosts that are flooded with SYNs, and what that costs them.

# to_nowhere HOST: what goes to the blocks that the floods pretend to come from leaves by a device
# that is none, by way of a neighbour, so that each of the many destinations costs a route and no
# more. A reset from there would make it a different attack.
to_nowhere()
{
	ip_batch "$1" <<-IP
		link add nowhere type dummy
		address add 198.51.100.1/24 dev nowhere
		address add 2001:db8:e::1/64 dev nowhere nodad
		link set nowhere up
		route add 10.0.0.0/8 via 198.51.100.2
		route add 2001:db8:f::/64 via 2001:db8:e::2
	IP
}

# host_on_tun NAME: a host whose SYNs come in by a TUN device, where syn_cost writes them.
host_on_tun()
{
	setup_ns "$1"
	ip_batch "$1" <<-IP
		tuntap add dev wire mode tun
		address add 192.0.2.1/24 dev wire
		address add 2001:db8::1/64 dev wire nodad
		link set wire up
	IP
	in_ns "${!1}" tc qdisc replace dev wire root noqueue
	to_nowhere "$1"
}

# no_limits HOST: an entry for each SYN, unless its listener's backlog says otherwise, and nothing
# sent again while the clock runs.
no_limits()
{
	in_ns "${!1}" sysctl -qw net.core.somaxconn=10000000 \
		net.ipv4.tcp_max_syn_backlog=10000000 net.xtcp.synq_bytes=1000000000 \
		net.xtcp.rto_initial_ms=60000
}

# make_floor HOST: it does what IP does for a packet until somebody is asked whether it is his.
make_floor()
{
	in_ns "${!1}" nft -f - <<-NFT
		table inet floor {
			chain input {
				type filter hook input priority 0
				policy drop
			}
		}
	NFT
}

# track HOST: connections, as a stateful firewall does; as many as there are SYNs.
track()
{
	in_ns "${!1}" nft -f - <<-NFT
		table inet track {
			chain input {
				type filter hook input priority 0
				ct state established,new accept
			}
		}
	NFT
}

# device_packets HOST DEVICE rx|tx
device_packets()
{
	in_ns "${!1}" cat /proc/net/dev |
		awk -v name="$2:" -v way="$3" '$1 == name { print way == "rx" ? $3 : $11 }'
}

# SYN-ACKs, or whatever else answers; of those that go back where they came from nobody takes any.
answers()
{
	echo $(($(device_packets "$1" nowhere tx) + $(counter "$1" SynsReflected)))
}

# Secrets and hashes of the kernel's are dear until the random numbers are good.
await_random()
{
	head -c 1 /dev/random >/dev/null
}

# cost_hosts: $floor, $kernel, $xtcp, and $reflect, which answers SYNs where they come in, each on a
# wire of its own; $kernel_tracked and $reflect_tracked, likewise, but with a stateful firewall.
cost_hosts()
{
	local host

	for host in floor kernel xtcp reflect kernel_tracked reflect_tracked; do
		host_on_tun $host
		no_limits $host
	done
	make_floor floor
	track kernel_tracked
	track reflect_tracked
	in_ns "$reflect" sysctl -qw net.xtcp.syn_reflect=2
	in_ns "$reflect_tracked" sysctl -qw net.xtcp.syn_reflect=2
	# Conntrack's table is the machine's, and to be no limit either.
	sysctl -qw net.netfilter.nf_conntrack_max=10000000
	await_random
}

# The costs that were measured, by name, a line each.
declare -A costs

# measure NAME HOST OPTION...: one round of syn_cost, with such options.
measure()
{
	local name=$1 host=$2 cost

	shift 2
	cost=$(in_ns "${!host}" taskset -c "$cost_cpu" "$bin/syn_cost" "$@" wire) ||
		ktap_exit_fail_msg "$name: $cost"
	costs[$name]+="$cost"$'\n'
}

# outweighs A NAME B OTHER [FLOOR]: whether A times what NAME costs is more than B times what OTHER does,
# both above FLOOR, in more than half of the rounds. What is near in time shares the machine's mood.
outweighs()
{
	paste <(printf %s "${costs[$2]}") <(printf %s "${costs[$4]}") \
		<([[ ! ${5:-} ]] || printf %s "${costs[$5]}") |
		awk -v a="$1" -v b="$3" '{ more += a * ($1 - $3) > b * ($2 - $3) }
			END { exit 2 * more <= NR }'
}

# cost NAME least|median
cost()
{
	local sorted

	mapfile -t sorted < <(printf %s "${costs[$1]}" | sort -n)
	case $2 in
	least) echo "${sorted[0]}" ;;
	median) echo "${sorted[${#sorted[@]} / 2]}" ;;
	esac
}

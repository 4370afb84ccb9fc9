# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154
# Sourced after lib.sh, for two_hosts: a wire between them that is slow, or long, or drops. What a
# host gets of it waits in the qdisc of a device of its own, arrivals.

# netem HOST ARGUMENTS...: for what arrives there.
netem()
{
	in_ns "${!1}" tc qdisc replace dev arrivals root netem "${@:2}"
}

# behind_wire HOST DEVICE: there segments are as they were on it, each one of its own.
behind_wire()
{
	local ns=${!1}

	in_ns "$ns" ethtool -K "$2" tx off sg off tso off gso off gro off >/dev/null
	ip_batch "$1" <<-IP
		link add arrivals type ifb
		link set arrivals up
	IP
	in_ns "$ns" tc qdisc add dev "$2" ingress
	in_ns "$ns" tc filter add dev "$2" ingress protocol ip matchall \
		action mirred egress redirect dev arrivals
}

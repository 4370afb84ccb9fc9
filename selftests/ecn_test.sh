#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# ECN on a wire of 20 Mbit/s whose queue is managed: it marks instead of dropping where both ends
# agree to it, nothing is lost, and nothing is slower for it; with the kernel's TCP at either end,
# too. And DCTCP keeps a queue short that marks early. So it is with AccECN, where both have it.

. "$(dirname "$0")/lib/lib.sh"
. "$(dirname "$0")/lib/wire.sh"

ktap_print_header
require_module
two_hosts

# aqm ARGUMENT...: of fq_codel, for what arrives on the right.
aqm()
{
	in_right tc -force -batch - 2>/dev/null <<-TC
		qdisc del dev arrivals root
	TC
	in_right tc -batch - <<-TC
		qdisc add dev arrivals root handle 1: tbf rate 20mbit burst 5k limit 4m
		qdisc add dev arrivals parent 1: handle 2: fq_codel flows 1 $*
	TC
}

# of_queue NAME: as tc prints it: dropped, ecn_mark, and ce_mark for what is beyond ce_threshold.
of_queue()
{
	in_right tc -s qdisc show dev arrivals parent 1: | sed -n "s/.*$1 \([0-9]*\).*/\1/p"
}

# ecn 0|1|2|3: on both hosts, in both implementations; of 3, AccECN, the kernel's may know nothing.
ecn()
{
	local host

	for host in left right; do
		in_ns "${!host}" sysctl -qw net.xtcp.ecn="$1"
		in_ns "${!host}" sysctl -qw net.ipv4.tcp_ecn="$1" 2>/dev/null ||
			in_ns "${!host}" sysctl -qw net.ipv4.tcp_ecn=1
	done
}

# resent KIND: segments of the left host.
resent()
{
	if [[ $1 == kernel ]]; then
		# shellcheck disable=SC2016
		in_left awk '/^Tcp:/ && !n { n = split($0, names); next }
			/^Tcp:/ { for (i in names) if (names[i] == "RetransSegs") print $i }' \
			/proc/net/snmp
	else
		counter left RetransSegs
	fi
}

declare -A took

# sends FROM TO 0|1|3: without ECN or with it; how long it took is in $took.
sends()
{
	local begin=${EPOCHREALTIME/[.,]/}

	ecn "$3"
	# Windows that fill the queue, whoever offers them.
	carry 4 "$2" "$1" "$size" 0 -b 200k || return
	took[$1-$2-$3]=$(((${EPOCHREALTIME/[.,]/} - begin) / 1000))
	echo "${took[$1-$2-$3]} ms"
}

unmarked()
{
	echo "$(of_queue ecn_mark) marked, $(of_queue dropped) dropped"
	(($(of_queue ecn_mark) == 0 && $(of_queue dropped) > 0))
}

# marked FROM TO RESENT_BEFORE MARKED_BEFORE
marked()
{
	local marks again

	marks=$(of_queue ecn_mark)
	again=$(($(resent "$1") - $3))
	echo "$marks marked, $(of_queue dropped) dropped, $again sent again"
	((marks > 0 && again == 0 && $(of_queue dropped) == 0)) || return
	[[ $2 == kernel ]] || (($(counter right EcnMarked) - $4 == marks))
}

no_slower()
{
	local with=${took[$1-$2-$3]} without=${took[$1-$2-0]}

	echo "$with ms with, $without ms without"
	((with * 4 <= without * 5))
}

# asking FROM TO 1|3 [WHAT]
asking()
{
	local before came

	aqm ecn
	before=$(resent "$1")
	came=$(counter right EcnMarked)
	check "$1 to $2$4: all arrives" sends "$1" "$2" "$3"
	check "$1 to $2$4: it is marked, and nothing is lost" marked "$1" "$2" "$before" "$came"
	check "$1 to $2$4: it is no slower" no_slower "$1" "$2" "$3"
}

# between FROM TO
between()
{
	aqm ecn
	check "$1 to $2, without: all arrives" sends "$1" "$2" 0
	check "$1 to $2, without: it is dropped" unmarked
	asking "$1" "$2" 1
}

# accurate HOST NUMBER: of its connections so far.
accurate()
{
	echo "$(counter "$1" AccEcnOpens) connections"
	(($(counter "$1" AccEcnOpens) == $2 && $(counter "$1" AccEcnMangled) == 0))
}

# What tcp_info says at the end of a flow of @1's.
of_flow()
{
	sed -n "s/.*\"$1\":\([0-9]*\).*/\1/p" "$scratch/flow"
}

# flows KIND ALGORITHM: for 3 s.
flows()
{
	aqm ecn ce_threshold 5ms
	((next_port += 10))
	"$bin/flow" -s "$left" -r "$right" -a 192.0.2.2 -p "$next_port" -t 3000 -c "$2" "$1" \
		>"$scratch/flow" || return
	echo "$(of_flow bytes) bytes, $(of_queue ce_mark) marked, $(of_queue dropped) dropped"
	(($(of_queue ce_mark) > 0 && $(of_queue dropped) == 0 && $(of_flow bytes_retrans) == 0))
}

# Of 7.5 MB that the wire takes in 3 s, with a quarter to begin, and to be late.
is_fast()
{
	echo "$(of_flow bytes) bytes"
	(($(of_flow bytes) > 5000000))
}

# 20 ms are the wire's, 5 what is not marked.
is_short()
{
	echo "$(of_flow rtt_us) us"
	(($(of_flow rtt_us) < 40000))
}

# A queue of the left host marks some of a burst, and the right host joins what it can of it.
joined_marks()
{
	local marks before came large

	before=$(counter right EcnMarked)
	carry 4 native native "$size" 0 -b 200k || return
	marks=$(in_left tc -s qdisc show dev right | sed -n 's/.*ce_mark \([0-9]*\).*/\1/p')
	came=$(($(counter right EcnMarked) - before))
	# shellcheck disable=SC2016
	large=$(in_right nft list counter inet sizes large | awk '$1 == "packets" { print $2 }')
	echo "$marks marked, $came came marked; $large packets were joined ones"
	((marks > 0 && came == marks && large > 0))
}

# Right: no queue, and segments are joined. Left: marks what waits for half a millisecond.
set_up_joining()
{
	in_right tc qdisc del dev left ingress
	in_right ethtool -K left gro on >/dev/null
	in_right nft -f - <<-NFT
		table inet sizes {
			counter large { }
			chain input {
				type filter hook input priority 0
				meta length > 1500 counter name large
			}
		}
	NFT
	in_left tc qdisc del dev right root
	in_left tc -batch - <<-TC
		qdisc add dev right root handle 1: tbf rate 100mbit burst 64k limit 4m
		qdisc add dev right parent 1: handle 2: fq_codel flows 1 ecn ce_threshold 500us
	TC
}

behind_wire left right
behind_wire right left
size=$(scaled 6M 3M)
# Half of the way each. Without the first half, the kernel's sender would see the queue for one of
# this host, and wait for it.
in_left tc qdisc add dev right root netem limit 10000 delay 10ms
netem left limit 10000 delay 10ms
# Which goes on until it is told to stop, in slow start as well.
for host in left right; do
	in_ns "${!host}" sysctl -qw net.xtcp.congestion_control=reno \
		net.ipv4.tcp_congestion_control=reno
done

between ordinary kernel
between kernel ordinary
between native native
check "reductions were counted" test "$(counter left EcnReductions)" -gt 0

asking ordinary kernel 3 ", AccECN"
asking kernel ordinary 3 ", AccECN"
# Who has no 3 knows RFC 3168 alone.
both=$(($(in_left sysctl -n net.ipv4.tcp_ecn) == 3))
check "AccECN with the kernel's TCP, if it has that: from us" accurate left "$both"
check "AccECN with the kernel's TCP, if it has that: to us" accurate right "$both"
asking native native 3 ", AccECN"
check "AccECN where both have it" accurate right $((both + 1))

ecn 2
check "dctcp: marked, and nothing is lost" flows ordinary dctcp
check "dctcp: the wire is full" is_fast
check "dctcp: the queue is short" is_short

ecn 3
check "dctcp, AccECN: marked, and nothing is lost" flows native dctcp
check "dctcp, AccECN: the wire is full" is_fast
check "dctcp, AccECN: the queue is short" is_short
check "dctcp, AccECN: both have it" accurate right $((both + 2))

if command -v nft >/dev/null; then
	ecn 1
	set_up_joining
	check "each mark counts, whatever is joined" joined_marks
else
	skip "each mark counts, whatever is joined" "no nft"
fi

check "no socket is left" no_sockets_left
finish

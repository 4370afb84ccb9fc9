#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A SYN flood from random sources, against the kernel's listener and XTCP's, side by side: whether
# clients still get through, what memory and what CPU it takes, and whether the counters tell of
# every SYN. Then a million SYNs, after which nothing is left.

. "$(dirname "$0")/lib/lib.sh"
. "$(dirname "$0")/lib/flood.sh"

ktap_print_header
require_module
command -v trafgen >/dev/null || skip_all "no trafgen"
(($(nproc) > 1)) || skip_all "no processor for the flood beside the clients'"

cpus=$(taskset -pc $$ | sed 's/.*: //')
cost_cpu=${cpus##*[-,]}
port=5000

client_seconds=2
# An attack is called one after three seconds; its SYNs are reflected then.
declare -A flood_seconds=([kernel]=$(scaled 6 12) [ordinary]=$(scaled 6 12) [reflect]=$(scaled 12 30))
flood_rate=$(scaled 2000 200)

# What becomes of a SYN: one of these counts it.
syn_fates="SynqEntries CookiesSent DropSynData DropSynqFull DropNoMemory DropOptions DropNoRoute"

#
# The flood
#

ethernet()
{
	local mac

	mac=$(in_ns "$right" ip -br link show left | awk '{ print $3 }')
	echo "0x${mac//:/, 0x}, 2, 0, 0, 0, 0, 1"
}

# syn_v4, syn_v6: trafgen's words for a SYN with the options of a Linux client. The checksums are
# computed for each packet, after what is random in it.
syn_v4()
{
	cat <<-PACKET
		{ $(ethernet), c16(0x0800),
		  0x45, 0, c16(60), drnd(2), c16(0x4000), 64, 6, csumip(14, 33),
		  10, drnd(3), 192, 0, 2, 2,
		  drnd(2), c16($port), drnd(4), c32(0), 0xa0, 0x02, c16(64240),
		  csumtcp(14, 34), c16(0),
		  2, 4, c16(1460), 4, 2, 8, 10, drnd(4), c32(0), 1, 3, 3, 7 }
	PACKET
}

syn_v6()
{
	cat <<-PACKET
		{ $(ethernet), c16(0x86dd),
		  0x60, 0, 0, 0, c16(40), 6, 64,
		  c16(0x2001), c16(0x0db8), c16(0x000f), c16(0), drnd(8),
		  c16(0x2001), c16(0x0db8), fill(0, 11), 2,
		  drnd(2), c16($port), drnd(4), c32(0), 0xa0, 0x02, c16(64240),
		  csumtcp6(14, 54), c16(0),
		  2, 4, c16(1460), 4, 2, 8, 10, drnd(4), c32(0), 1, 3, 3, 7 }
	PACKET
}

# flood IP SYNS: it keeps a file where it is started, and says how many packets went out.
flood()
{
	"syn_v$1" >"$scratch/syn"
	cd "$scratch" || return
	in_left trafgen --no-sock-mem -o right -i syn -P 1 -n "$2" -b "${flood_rate}pps"
}

flood_sent()
{
	grep -o '[0-9]* packets outgoing' "$scratch/flood" | grep -o '[0-9]*'
}

flood_was_sent()
{
	cat "$scratch/flood"
	[[ $flooded == "$1" ]]
}

flood_has_begun()
{
	if [[ $server == reflect ]]; then
		(($(counter right SynsReflected)))
	else
		(($(device_packets right left rx) > wire_before + flood_rate / 2))
	fi
}

#
# What the victim makes of it
#

declare -A stat client

# read_stats: XTCP's counters on the right, and the clients' kernel's on the left.
read_stats()
{
	local names values i key

	stat=()
	client=()
	{
		read -ra names
		read -ra values
	} < <(in_right cat /proc/net/xtcp_stat)
	for i in "${!names[@]}"; do
		stat[${names[i]}]=${values[i]}
	done
	while read -r key i _; do
		client[$key]=$i
	done < <([[ -z $left ]] || in_left nstat -asz)
}

# fates: of all SYNs so far.
fates()
{
	local name sum=0

	for name in $syn_fates; do
		((sum += ${stat[$name]:-0}))
	done
	echo "$sum"
}

# A client's SYN that was sent again, because this machine is slow, may have found its entry.
all_syns_counted()
{
	local begun=${client[TcpActiveOpens]:-0} again=${client[TcpExtTCPSynRetrans]:-0} sent

	sent=$((flooded + begun))
	echo "$(fates) SYNs counted; $flooded of the flood and $begun of clients sent," \
		"$again of them again"
	(($(fates) >= sent && $(fates) <= sent + again))
}

all_segments_counted()
{
	local sent

	sent=$((${client[TcpOutSegs]:-0} + ${client[TcpRetransSegs]:-0}))
	echo "InSegs: ${stat[InSegs]}; $flooded of the flood and $sent of clients sent"
	((stat[InSegs] == flooded + sent))
}

# An entry became a connection, or failed, or made room, or is there still.
all_entries_accounted()
{
	local open

	open=$((stat[SynqEntries] - stat[PassiveOpens] - stat[AttemptFails]))
	open=$((open - stat[SynqEvicted] + stat[CookiesAccepted]))
	echo "entries: ${stat[SynqEntries]} made, ${stat[PassiveOpens]} opened," \
		"${stat[AttemptFails]} failed, ${stat[SynqEvicted]} evicted; $(half_open) there"
	((open == $(half_open)))
}

half_open()
{
	in_right cat /proc/net/xtcp /proc/net/xtcp6 |
		awk '$1 ~ /^[0-9]+:$/ && $4 == "03"' | wc -l
}

unreclaimable_kib()
{
	awk '$1 == "SUnreclaim:" { print $2 }' /proc/meminfo
}

# The most that half-open entries may take, as it is set.
budget_kib()
{
	echo $(($(in_right cat /proc/sys/net/xtcp/synq_bytes) / 1024))
}

# The rest of the machine is not still: four megabytes are its own.
within_budget()
{
	echo "$grown KiB more, budget $(budget_kib) KiB"
	((grown <= $(budget_kib) + 4096))
}

#
# Side by side
#

# clients SECONDS: begun, got through, and ms: median, 99th percentile, longest.
clients()
{
	in_left "$bin/knock" "-$ip" -f kernel -c "$(address right "$ip")" -p "$port" -t "$1" \
		-w $((20000 * XTCP_TIMEOUT_SCALE))
}

everybody_got_through()
{
	echo "$1 began, $2 got through"
	(($1 && $1 == $2))
}

row()
{
	printf '# %-24s %8s %8s %8s %8s %8s %8s %8s %9s\n' "$@"
}

# Since the first was: nearly all, clients' among them.
most_were_reflected()
{
	local syns=$(($(fates) - fates_then)) reflected

	reflected=$((stat[SynsReflected] - reflected_then))
	echo "$reflected reflected, of $syns"
	((reflected && 10 * reflected >= 9 * syns))
}

# under_flood IP SERVER BACKLOG: one row of the table.
under_flood()
{
	local ip=$1 server=$2 backlog=$3 quiet busy memory wire_before grown flooded flood_pid
	local syns=$((${flood_seconds[$server]} * flood_rate)) family=${server/reflect/ordinary}
	local fates_then reflected_then

	what="v$ip $server, backlog $backlog"
	two_hosts
	to_nowhere right
	in_right sysctl -qw net.ipv4.tcp_syncookies=1
	[[ $server != reflect ]] || in_right sysctl -qw net.xtcp.syn_reflect=1
	# No job of this shell, which would have something to say of its end.
	(in_right "$bin/knock" "-$ip" -l -f "$family" -p "$port" -b "$backlog" \
		>"$scratch/server" 2>&1 &)
	busywait "$BUSYWAIT_TIMEOUT" grep -q ready "$scratch/server" >/dev/null
	read -ra quiet < <(clients $client_seconds)
	memory=$(unreclaimable_kib)
	wire_before=$(device_packets right left rx)

	flood "$ip" "$syns" >"$scratch/flood" 2>&1 &
	flood_pid=$!
	busywait "$BUSYWAIT_TIMEOUT" flood_has_begun >/dev/null
	read_stats
	fates_then=$(fates)
	reflected_then=${stat[SynsReflected]:-0}
	read -ra busy < <(clients $client_seconds)
	check "$what: the flood lasted longer than its clients" kill -0 "$flood_pid"
	wait "$flood_pid"
	grown=$(($(unreclaimable_kib) - memory))
	flooded=$(flood_sent)
	read_stats

	row "$what" "$flooded" $((quiet[0] / client_seconds)) $((busy[0] / client_seconds)) \
		$((100 * busy[1] / (busy[0] ? busy[0] : 1)))% "${busy[@]:2}" "$grown" >>"$scratch/table"
	check "$what: the flood was all sent" flood_was_sent "$syns"
	check "$what: before it, every client got through" \
		everybody_got_through "${quiet[0]}" "${quiet[1]}"
	judge "${busy[0]}" "${busy[1]}"
	cleanup_all_ns
	left=""
}

# judge BEGUN THROUGH: XTCP alone; the kernel is there to be compared with.
judge()
{
	[[ $server != kernel ]] || return 0
	[[ $server != reflect ]] ||
		check "$what: once it is known, its SYNs are reflected" most_were_reflected
	check "$what: during it, every client gets through" everybody_got_through "$1" "$2"
	check "$what: memory stays within its budget" within_budget
	check "$what: every SYN is counted" all_syns_counted
	check "$what: every segment is counted" all_segments_counted
	check "$what: every entry is accounted for" all_entries_accounted
}

side_by_side()
{
	local ip_backlog ways=("4 128" "6 4096")

	# Where it is slow, one shows that it works.
	[[ $XTCP_SCALE != debug ]] || ways=("6 128")
	row "" "" clients flooded got median 99th longest memory >"$scratch/table"
	row "" SYNs a-second a-second through ms ms ms +KiB >>"$scratch/table"
	for ip_backlog in "${ways[@]}"; do
		# The reference needs no debug kernel.
		[[ $XTCP_SCALE == debug ]] ||
			under_flood "${ip_backlog% *}" kernel "${ip_backlog#* }"
		under_flood "${ip_backlog% *}" ordinary "${ip_backlog#* }"
		under_flood "${ip_backlog% *}" reflect "${ip_backlog#* }"
	done
	cat "$scratch/table"
}

#
# What a SYN costs
#

# told IP NAME...: the medians.
told()
{
	local ip=$1 name said=

	shift
	for name; do
		said+=", $name $(cost "$name $ip" median)"
	done
	echo "ns of CPU per SYN:${said#,}"
}

like_the_kernels()
{
	told "$1" floor kernel xtcp
	# An emulated processor on a busy host is not exact: syn_cost.sh says how to be.
	! outweighs 4 "xtcp $1" 5 "kernel $1" "floor $1"
}

# half_of_the_kernels IP: of what is not IP's before either is asked.
half_of_the_kernels()
{
	told "$1" floor kernel "xtcp reflected"
	# An emulated processor on a busy host is not exact: syn_cost.sh says how to be.
	! outweighs 18 "xtcp reflected $1" 10 "kernel $1" "floor $1"
}

# half_of_the_tracked IP: of everything, where connections are tracked.
half_of_the_tracked()
{
	told "$1" "kernel tracked" "xtcp reflected tracked"
	! outweighs 2 "xtcp reflected tracked $1" 1 "kernel tracked $1"
}

# not_worth_sending IP KIND
not_worth_sending()
{
	told "$1" floor xtcp "xtcp $2"
	! outweighs 1 "xtcp $2 $1" 1 "xtcp $1" "floor $1"
}

# measure_all IP ROUND
measure_all()
{
	local ip=$1 round=$2 kind host

	measure "floor $ip" floor "-$ip" -s "$round" -n 5000 -f kernel -q
	measure "kernel $ip" kernel "-$ip" -s "$round" -n 5000 -f kernel -b 4096
	measure "xtcp $ip" xtcp "-$ip" -s "$round" -n 5000 -f ordinary -b 4096
	measure "xtcp reflected $ip" reflect "-$ip" -s "$round" -n 5000 -f ordinary -b 16
	measure "kernel tracked $ip" kernel_tracked "-$ip" -s "$round" -n 2500 -f kernel -b 16
	measure "xtcp reflected tracked $ip" reflect_tracked "-$ip" -s "$round" -n 2500 \
		-f ordinary -b 16
	for kind in $other_kinds; do
		host=xtcp
		# Where every ACK might be a cookie's.
		[[ $kind != ack ]] || host=cookies
		# Data is taken as long as there is room.
		measure "xtcp $kind $ip" $host "-$ip" -s "$round" -n 2500 -f ordinary -b 16 \
			-k "$kind"
	done
}

# all_hold IP
all_hold()
{
	local kind

	like_the_kernels "$1" && half_of_the_kernels "$1" && half_of_the_tracked "$1" || return
	for kind in $other_kinds; do
		not_worth_sending "$1" "$kind" || return
	done
}

# judge_cost DESCRIPTION COMMAND...: with the numbers, also where they are good.
judge_cost()
{
	echo "# $("${@:2}")"
	check "$@"
}

other_kinds="data lie ack rst"

costs()
{
	local ip round kind host

	cost_hosts
	host=cookies
	host_on_tun $host
	no_limits $host
	in_ns "${!host}" sysctl -qw net.xtcp.syncookies=2
	for ip in 4 6; do
		# Few rounds may be far from the truth, on a busy machine; of many, more than half are not.
		for ((round = 1; round <= 24; round++)); do
			measure_all $ip $round
			((round < 4)) || ! all_hold $ip >/dev/null || break
		done
		judge_cost "v$ip: a SYN costs about what it costs the kernel, or less" \
			like_the_kernels $ip
		judge_cost "v$ip: one that is reflected costs half of that, or less" \
			half_of_the_kernels $ip
		judge_cost "v$ip: beside a stateful firewall, half of everything, or less" \
			half_of_the_tracked $ip
		for kind in $other_kinds; do
			judge_cost "v$ip: who floods with another kind costs no more: $kind" \
				not_worth_sending $ip "$kind"
		done
	done
	cleanup_all_ns
}

#
# A million
#

slab=/sys/kernel/slab/xtcp_synq

# Of a slab that the kernel has not merged with others.
slab_is_own()
{
	[[ -d $slab && ! -L $slab ]]
}

objects()
{
	echo 1 >$slab/shrink
	awk '{ print $1 }' $slab/objects
}

no_entries()
{
	echo "entries: $(half_open)"
	[[ $(half_open) == 0 ]]
}

no_objects()
{
	echo "objects: $(objects)"
	[[ $(objects) == 0 ]]
}

soon()
{
	busywait "$BUSYWAIT_TIMEOUT" "$@"
}

# many IP SERVER SYNS: with nobody but the flood.
many()
{
	local what="$3 SYNs from as many sources, v$1 $2" flooded=$3 left=""

	host_on_tun right
	in_right sysctl -qw net.xtcp.rto_min_ms=100 net.xtcp.rto_initial_ms=100 \
		net.xtcp.synack_retries=1
	check "$what: all are written" \
		in_right "$bin/syn_cost" "-$1" -f "$2" -n "$3" -b 4096 wire
	check "$what: no entry is left" soon no_entries
	if slab_is_own; then
		check "$what: no object is left in the slab" soon no_objects
	else
		skip "$what: no object is left in the slab" "it is merged with others"
	fi
	read_stats
	check "$what: every SYN is counted" all_syns_counted
	check "$what: every segment is counted" all_segments_counted
	check "$what: every entry is accounted for" all_entries_accounted
	cleanup_all_ns
}

side_by_side
if [[ $XTCP_SCALE == debug ]]; then
	skip "a SYN costs about what it costs the kernel, or less" "the kernel is instrumented"
else
	costs
fi
many 4 ordinary "$(scaled 1000000 4000)"
many 6 ordinary "$(scaled 100000 1000)"
many 4 native "$(scaled 100000 1000)"
finish

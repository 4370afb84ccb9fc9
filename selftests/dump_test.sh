#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Dumps of what changes meanwhile, by sock_diag, by the netlink family and by /proc: what stays is
# in each of them once, whatever comes and goes beside it. And nobody waits for a dump.

. "$(dirname "$0")/lib/lib.sh"
. "$(dirname "$0")/lib/tool.sh"

ktap_print_header
require_module
[[ -x $tool ]] || skip_all "no xtcp: libnl-genl was not there when it was to be built"

# Sockets and half-open connections that stay.
many=$(scaled 20000 2000)
half_open=$(scaled 2000 500)
dumps=6

# Whatever becomes of the test, the next one finds the module as it was.
restore()
{
	clean_up
	if [[ $(</sys/module/xtcp/parameters/buckets) != "$buckets_before" ]]; then
		busywait "$BUSYWAIT_TIMEOUT" rmmod xtcp
		insmod "$XTCP_KO"
	fi
}

# Long chains: so that most dumps are interrupted within one.
few_buckets()
{
	busywait "$BUSYWAIT_TIMEOUT" rmmod xtcp && insmod "$XTCP_KO" buckets=256
}

buckets_before=$(</sys/module/xtcp/parameters/buckets)
trap restore EXIT
check "a small table" few_buckets
two_hosts
nobody_behind_left
# Nothing is sent again while the test looks.
in_right sysctl -qw net.xtcp.rto_initial_ms=60000 net.core.somaxconn=8192

# begin_background NAMESPACE COMMAND...: until ended by end_background; it says when it is ready.
# Its standard input is $held, its output $said, its PID $background.
begin_background()
{
	local ns=$1 line

	shift
	exec {held}<> <(:)
	exec {said}< <(exec nsenter --net="$netns_dir/$ns" "$@" <&"$held")
	background=$!
	read -r line <&"$said"
	[[ $line == ready ]] || { echo "$line"; return 1; }
}

# Sets last, what it said in the end.
end_background()
{
	kill -0 "$background" || { echo "it has ended already"; return 1; }
	echo >&"$held"
	read -r last <&"$said"
	wait "$background"
	exec {held}>&- {said}<&-
}

# Each of these prints the connections that stay as they are listed, one a line.
connections_by_ss()
{
	in_left "$tool" ss -nH state established | awk '{
		sub(/.*:/, "", $5); sub(/.*:/, "", $6)
		if ($5 ~ /^60[0-9][0-9]$/ || $6 ~ /^60[0-9][0-9]$/) print $5, $6 }'
}

connections_by_proc()
{
	# shellcheck disable=SC2016
	in_left awk '$4 == "01" {
		split($2, local, ":"); split($3, peer, ":")
		if (local[2] ~ /^17[7-9A-D]/ || peer[2] ~ /^17[7-9A-D]/)
			print local[2], peer[2] }' \
		/proc/net/xtcp
}

half_open_by_ss()
{
	in_right "$tool" ss -nH state syn-recv | awk '$6 ~ /^10\.0\./ { print $6 }'
}

half_open_by_synq()
{
	in_right "$tool" synq -an | awk '$2 ~ /^10\.0\./ { print $2 }'
}

half_open_by_proc()
{
	# shellcheck disable=SC2016
	in_right awk '$4 == "03" && $3 ~ /^....000A:/ { print $3 }' /proc/net/xtcp
}

# each_once COUNT LISTING: so many are listed, none of them twice, in each of some dumps.
each_once()
{
	local count=$1 listing=$2 i

	for ((i = 0; i < dumps; i++)); do
		"$listing" >"$scratch/listed" || return
		says "dump $i: sockets" "$count" "$(wc -l <"$scratch/listed")" || return
		says "dump $i: different ones" "$count" \
			"$(sort -u "$scratch/listed" | wc -l)" || return
	done
}

# sockets_churn COMMAND...: while connections come and go beside many that stay.
sockets_churn()
{
	local status=0

	begin_background "$left" "$bin/sockets_many" ordinary "$many" 20 || return
	"$@" || status=1
	end_background || status=1
	return $status
}

# SYNs come, and their connections are ended.
half_open_comes_and_goes()
{
	echo ready
	until read -rt 0; do
		in_left "$bin/syns" -c 50 10.1.0.1 192.0.2.2 8000 &&
			in_right "$tool" ss -KnH state syn-recv dst 10.1.0.0/16 >/dev/null || return
	done
}

half_open_churns()
{
	local status=0 line

	exec {held}<> <(:)
	exec {said}< <(half_open_comes_and_goes <&"$held")
	background=$!
	read -r line <&"$said"
	"$@" || status=1
	end_background || status=1
	return $status
}

half_open_that_stay()
{
	listen 4 ordinary any 8000 8192 && syns -c "$half_open" 10.0.0.1 192.0.2.2 8000 &&
		each_once "$half_open" half_open_by_ss
}

# dump_all left|right: the sockets are on the left.
dump_all()
{
	local i

	for ((i = 0; i < 3; i++)); do
		"in_$1" "$tool" ss -anH >/dev/null && "in_$1" cat /proc/net/xtcp >/dev/null &&
			"in_$1" "$tool" synq -an >/dev/null || return
	done
}

# longest COMMAND...: a round of the churn, meanwhile; of two times the best, as others have the
# machine, too.
longest()
{
	local i best=

	for i in 1 2; do
		sockets_churn "$@" || return
		((best && best < last)) || best=$last
	done
	longest=$best
}

# The same programs where nothing is to be listed are the measure: they, too, want the processor.
nobody_waits()
{
	local nothing

	longest dump_all right || return
	nothing=$longest
	longest dump_all left || return
	echo "$many sockets: the longest round of a dump is $((100 * longest / nothing)) % of" \
		"that of an empty one" | tee "${XTCP_RESULTS:-$scratch}/dump_test.numbers"
	((longest < 3 * nothing))
}

check "connections, by sock_diag" sockets_churn each_once "$many" connections_by_ss
check "connections, by /proc" sockets_churn each_once "$many" connections_by_proc
check "nobody waits for a dump" nobody_waits
check "half-open connections" half_open_that_stay
for listing in half_open_by_ss half_open_by_synq half_open_by_proc; do
	check "half-open connections, by ${listing##*_}" \
		half_open_churns each_once "$half_open" "$listing"
done

finish

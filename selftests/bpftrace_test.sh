#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# README's commands for bpftrace, as they are written there: each is run while there is traffic, and
# what it says is held against XTCP's counters and traces.

. "$(dirname "$0")/lib/lib.sh"
. "$(dirname "$0")/lib/tool.sh"
. "$(dirname "$0")/lib/ladder.sh"

ktap_print_header
require_module
readme=$XTCP_TOOLS/../README.md
type -P bpftrace >/dev/null || skip_all "no bpftrace"
[[ -e /sys/bus/event_source/devices/tracepoint ]] || skip_all "no perf events"
[[ -e $readme ]] || skip_all "no README"
two_hosts
trace_open || ktap_exit_fail_msg "no tracing"

# What README's commands give to bpftrace is to run as one program: each has maps of its own, and to
# start takes an emulated machine a long while.
bpftrace()
{
	[[ $# == 2 && $1 == -e ]] || { echo "bpftrace $*"; return 1; }
	printf '%s\n' "$2" >>"$scratch/program"
	((++commands))
}

collect()
{
	sed -n '/^<!-- bpftrace -->$/,/^<!-- end of bpftrace -->$/p' "$readme" |
		grep -vE '^(<!--|```)' >"$scratch/commands"
	# shellcheck source=/dev/null
	. "$scratch/commands" && ((commands >= 7))
}

# start: where the kernel tells no types, those that the events have are told here.
start()
{
	local types=()

	if [[ ! -e /sys/kernel/btf/vmlinux ]]; then
		cat >"$scratch/types.h" <<-C
			typedef unsigned char u8;
			typedef unsigned short u16;
			typedef unsigned int u32;
			typedef unsigned long long u64;
		C
		types=(--include "$scratch/types.h")
	fi
	command bpftrace "${types[@]}" "$scratch/program" >"$scratch/told" 2>"$scratch/err" &
	tracer=$!
	if ! busywait $((WAIT_TIMEOUT * 10000)) begins_or_ends ||
		! grep -q '^Attaching' "$scratch/told"; then
		cat "$scratch/err"
		return 1
	fi
	# It says so before it does so.
	pause 3
}

begins_or_ends()
{
	[[ -s $scratch/told ]] || ! kill -0 "$tracer" 2>/dev/null
}

stop()
{
	kill -INT "$tracer"
	wait "$tracer"
	says "errors" "" "$(<"$scratch/err")"
}

# segment_sizes: by duet, each acknowledged before the next.
segment_sizes()
{
	local bar

	steps=()
	for _ in {1..10}; do
		steps+=(left:send=100 right:take=100)
	done
	for _ in {1..5}; do
		steps+=(right:send=1000 left:take=1000)
	done
	"$bin/duet" -4 -p 5900 -l "$left:ordinary" -r "$right:ordinary" "${steps[@]}" left:close \
		right:end right:close
}

# loss: of the first segment with data.
loss()
{
	local status=0

	in_right nft -f - <<-NFT || return
		table inet loss {
			chain input {
				type filter hook input priority 0
				meta l4proto tcp meta length > 120 limit rate 1/hour burst 1 packets drop
			}
		}
	NFT
	"$bin/duet" -4 -p 5901 -l "$left:ordinary" -r "$right:ordinary" left:send=100 right:take=100 \
		left:close right:end right:close || status=1
	in_right nft delete table inet loss
	return $status
}

with_cookies()
{
	local status=0 i

	in_right sysctl -qw net.xtcp.syncookies=2
	for i in {1..4}; do
		"$bin/duet" -6 -p $((5910 + i)) -l "$left:ordinary" -r "$right:ordinary" left:close \
			right:end right:close || status=1
	done
	in_right sysctl -qw net.xtcp.syncookies=1
	return $status
}

traffic()
{
	segment_sizes && carry 4 native native 500k 500k && loss && with_cookies &&
		in_left python3 -IS "$here/lib/segments.py" 192.0.2.1 192.0.2.2 9 253 \
			checksum=3 header=2 reset=4
}

counters()
{
	in_right cat /proc/net/xtcp_stat | tail -n 1 | tr ' ' '\n' | tail -n +2 >"$scratch/right"
	in_left cat /proc/net/xtcp_stat | tail -n 1 | tr ' ' '\n' | tail -n +2 |
		paste -d ' ' - "$scratch/right" | awk '{ print $1 + $2 }'
}

# grown NAME: a counter, on both hosts, in the meantime.
grown()
{
	local i

	i=$(awk -v name="$1" 'NR == 1 { for (i = 2; i <= NF; i++) if ($i == name) print i - 1 }' \
		/proc/net/xtcp_stat)
	echo $(($(sed -n "${i}p" "$scratch/after") - $(sed -n "${i}p" "$scratch/before")))
}

# said MAP: what was said of it: "@MAP[KEY]: VALUE", or a histogram.
said()
{
	awk -v map="^@$1[:[]" '/^@/ { on = $0 ~ map } NF && on' "$scratch/told"
}

# value MAP KEY: 0 if it has none.
value()
{
	said "$1" | awk -v key="@$1[$2]:" '$1 == key { n = $2 } END { print n + 0 }'
}

# sum MAP
sum()
{
	said "$1" | awk '{ n += $2 } END { print n + 0 }'
}

# bars MAP: of all its histograms, how many things are in them.
bars()
{
	said "$1" | sed -nE 's/^[[(].*[])] +([0-9]+) \|.*/\1/p' | awk '{ n += $1 } END { print n + 0 }'
}

# traced EVENT [PATTERN]: how often it has happened.
traced()
{
	grep " xtcp_$1: " "$trace_dir/trace" | grep -c -- "${2:-}"
}

# segments_for WHY: that were sent again.
segments_for()
{
	sed -n "s/.* xtcp_retransmit: .* segs=\([0-9]*\) why=$1\$/\1/p" "$trace_dir/trace" |
		awk '{ n += $1 } END { print n + 0 }'
}

retransmitted()
{
	local why

	(($(grown RetransSegs) > 0)) && says "all" "$(grown RetransSegs)" "$(sum retransmitted)" || return
	for why in RTO:0 RACK:1 FAST:2 TLP:3 OTHER:4; do
		says "${why%:*}" "$(segments_for "${why%:*}")" "$(value retransmitted "${why#*:}")" ||
			return
	done
}

# Each by the counter whose place is its number.
dropped()
{
	local name i=0

	for name in $(head -n 1 /proc/net/xtcp_stat | cut -d ' ' -f 2-); do
		[[ $name != Drop* ]] || says "$name" "$(grown "$name")" "$(value dropped $i)" || return
		((++i))
	done
	says "checksums" 3 "$(grown DropChecksum)" &&
		says "all" "$(traced drop)" "$(sum dropped)"
}

reached()
{
	local name i=0

	says "ESTABLISHED" "$(grown Established)" "$(value reached 1)" || return
	for name in ESTABLISHED SYN_SENT SYN_RECEIVED FIN_WAIT_1 FIN_WAIT_2 TIME_WAIT CLOSED CLOSE_WAIT \
		LAST_ACK LISTEN CLOSING; do
		((++i))
		says "$name" "$(traced state "newstate=$name$")" "$(value reached $i)" || return
	done
}

# What is sent again is sent.
sizes()
{
	says "segments" "$(traced send ' len=[1-9]')" "$(bars bytes)" || return
	for bar in 64,128:10 512,1K:5; do
		said bytes | tr -d ' ' | grep -q "^\[${bar%:*})" || { echo "no $bar"; return 1; }
	done
}

windows()
{
	(($(bars cwnd) > 0)) && says "changes" "$(traced cwnd)" "$(bars cwnd)"
}

cookies()
{
	says "cookies" "$(traced cookie 'cookie=sent')" "$(sum cookies)" &&
		says "connections" 4 "$(traced cookie 'cookie=accepted')" &&
		(($(said cookies | wc -l) > 2))
}

opened_in()
{
	says "connections" "$(traced state 'oldstate=SYN_SENT newstate=ESTABLISHED')" "$(bars us)" &&
		says "unfinished" 0 "$(said began | grep -c '^@began\[')"
}

commands=0
check "README has commands" collect
began=$SECONDS
if check "they start" start; then
	echo "# in $((SECONDS - began)) s"
	counters >"$scratch/before"
	echo >"$trace_dir/trace"
	check "traffic" traffic
	pause 3
	counters >"$scratch/after"
	check "they end" stop
	sed 's/^/# /' "$scratch/told"
	check "retransmissions by reason" retransmitted
	check "drops by reason" dropped
	check "states" reached
	check "sizes of segments" sizes
	check "congestion windows" windows
	check "SYN cookies" cookies
	check "from SYN to ESTABLISHED" opened_in
fi
finish

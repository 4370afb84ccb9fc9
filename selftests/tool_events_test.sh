#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What is told of a flood of SYNs that is really sent: on netlink by way of "xtcp events", in the
# kernel log and as a tracepoint; to the namespace that it happens in, and to no other.

. "$(dirname "$0")/lib/lib.sh"
. "$(dirname "$0")/lib/tool.sh"

ktap_print_header
require_module
[[ -x $tool ]] || skip_all "no xtcp: libnl-genl was not there when it was to be built"
trace_dir=/sys/kernel/tracing/instances/xtcp-events
[[ -d ${trace_dir%/*} ]] || skip_all "no trace instances"

rate=$(scaled 4000 400)
count=$((rate * 6))
next_port=8000

tidy()
{
	echo 0 >$trace_dir/events/enable
	rmdir $trace_dir
	clean_up
}

mkdir $trace_dir || ktap_exit_fail_msg "no tracing"
trap tidy EXIT
echo 1 >$trace_dir/events/xtcp/xtcp_flood/enable
two_hosts
nobody_behind_left

# follow HOST [OPTION...]: into $scratch/HOST.
follow()
{
	nsenter --net="$netns_dir/${!1}" "$tool" events "${@:2}" >"$scratch/$1" &
	followers+=("$!")
	busywait "$BUSYWAIT_TIMEOUT" listens "$!"
}

follow_end()
{
	kill "${followers[@]}"
	wait "${followers[@]}" 2>/dev/null
	followers=()
}

told()
{
	grep -q "\"event\":\"$1\"" "$scratch/right"
}

told_by_and_by()
{
	busywait $((WAIT_TIMEOUT * 1000)) told "$1" || { cat "$scratch/right"; return 1; }
}

# event NAME PYTHON: the only one of its kind; e is the event, f its flood.
event()
{
	local line

	line=$(grep "\"event\":\"$1\"" "$scratch/right")
	says "events of that kind" 1 "$(wc -l <<<"$line")" || return
	echo "$line"
	python3 -IS -c "import json, sys; e = json.loads(sys.argv[1]); f = e['flood']; $2" "$line"
}

namespace_inode()
{
	in_right stat -L -c %i /proc/self/ns/net
}

# Who it is that is flooded.
names_listener()
{
	event "$1" "
assert e['netns_inode'] == $(namespace_inode), 'namespace'
assert e['netns_cookie'] > 0
assert (e['address'], e['port']) == ('$address', $port), 'listener'
assert (e['carrier'], e['protocol']) == ('$carrier', $protocol), 'carrier'"
}

# Rates are those of a whole interval, in the middle of it all, on a machine that may be slow.
says_how_much()
{
	event flood "
assert f['under']
assert 50 <= f['syn_rate'] <= $rate * 2, 'rate'
assert f['open_rate'] == 0, 'nothing was opened'
assert f['syn_rate'] / 4 <= f['sources'] <= $count * 2, 'sources'
assert f['syns'] <= $count"
}

says_how_much_it_was()
{
	event flood-over "
assert not f['under']
assert $count / 4 <= f['syns'] <= $count, 'SYNs'
assert 1 <= f['seconds'] <= $WAIT_TIMEOUT, 'seconds'"
}

shows_flood()
{
	tool_right synq -n port "$port" >"$scratch/shown" || return
	[[ $(awk 'NR == 2 { print $NF }' "$scratch/shown") =~ ^[0-9]+s$ ]] ||
		{ cat "$scratch/shown"; return 1; }
}

shows_no_flood()
{
	tool_right synq -n port "$port" >"$scratch/shown" || return
	says "last column" - "$(awk 'NR == 2 { print $NF }' "$scratch/shown")"
}

# Twice: as it begins, and as it is over.
traced()
{
	local events

	events=$(grep -E "xtcp_flood: netns=$(namespace_inode) local=\[$traced_as\]:$port " \
		$trace_dir/trace)
	echo "$events"
	says "events" "$carrier begin $carrier over" \
		"$(sed -E 's/.* carrier=([a-z]+) flood=([a-z]+) .*/\1 \2/' <<<"$events" | xargs)"
}

logged()
{
	local lines name="$address:$port"

	[[ $address != *:* ]] || name="[$address]:$port"
	lines=$(dmesg | awk -v mark="$mark" 'index($0, mark) { on = 1; next } on' |
		grep -F "xtcp: flood of SYNs for $name ($carrier, netns $(namespace_inode))")
	echo "$lines"
	says "lines" 2 "$(wc -l <<<"$lines")" || return
	grep -qE ': [0-9]+ a second, [0-9]+ completed, from about [0-9]+ sources$' <<<"$lines" &&
		grep -qE ' is over: [0-9]+ SYNs in [0-9]+ s$' <<<"$lines"
}

nothing_told()
{
	says "on the left" "" "$(<"$scratch/left")"
}

# Without --json.
lines_too()
{
	local begins="^[-0-9]+T[0-9:]+Z flood .*:$port $carrier: [0-9]+ SYNs/s, [0-9]+ completed/s, "
	local ends="^[-0-9]+T[0-9:]+Z flood-over .*:$port $carrier: [0-9]+ SYNs in [0-9]+ s$"

	begins+="about [0-9]+ sources, [0-9]+ half-open$"
	cat "$scratch/text"
	grep -qE "$begins" "$scratch/text" && grep -qE "$ends" "$scratch/text"
}

# flooded IP KIND ADDRESS TRACED_AS PROTOCOL FROM [OPTION...]
flooded()
{
	local ip=$1 kind=$2 address=$3 traced_as=$4 protocol=$5 from=$6 flood
	local carrier=tcp port=$((++next_port)) what="IPv$1, $2"

	shift 6
	[[ $kind == ordinary ]] || carrier=native
	mark="tool_events: $port"
	echo "$mark" >/dev/kmsg
	echo >$trace_dir/trace
	check "$what: a listener" listen "$ip" "$kind" "$address" "$port" 256
	check "$what: who listens" follow right --json
	check "$what: who listens elsewhere" follow left
	nsenter --net="$netns_dir/$right" "$tool" events -n >"$scratch/text" &
	followers+=("$!")
	check "$what: and without JSON" busywait "$BUSYWAIT_TIMEOUT" listens "$!"

	syns "$@" -c "$count" -r "$rate" "$from" "$address" "$port" &
	flood=$!
	check "$what: it is told of" told_by_and_by flood
	check "$what: whose it is" names_listener flood
	check "$what: how much it is" says_how_much
	check "$what: and shown" shows_flood
	wait "$flood"
	check "$what: the end of it is told of" told_by_and_by flood-over
	check "$what: whose that was" names_listener flood-over
	check "$what: how much it was" says_how_much_it_was
	check "$what: it is not shown any more" shows_no_flood
	check "$what: traced" traced
	check "$what: logged" logged
	check "$what: lines" lines_too
	check "$what: nobody else is told" nothing_told
	follow_end
	listener_ends
}

flooded 4 ordinary 192.0.2.2 ::ffff:192.0.2.2 6 10.0.0.1
# A slow kernel would hardly get to what counts as a flood, of the second kind.
[[ $XTCP_SCALE == debug ]] || flooded 6 native 2001:db8::2 2001:db8::2 253 2001:db8:1::1 -n
finish

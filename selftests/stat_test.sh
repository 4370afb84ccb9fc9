#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# tools/xtcp stat: what it shows of known traffic, as text and as JSON, what it says when something
# is wrong, and how it ends.

. "$(dirname "$0")/lib/lib.sh"
. "$(dirname "$0")/lib/tool.sh"

ktap_print_header
require_module
[[ -x $tool ]] || skip_all "no xtcp: libnl-genl was not there when it was to be built"

two_hosts

# shown OPTION...: what the tool on the left says, as it is in $scratch/shown.
shown()
{
	in_left "$tool" stat "$@" >"$scratch/shown"
}

# names: of the counters in $scratch/shown, as JSON.
names()
{
	json "print(*[c['name'] for c in d['counters']])" "$scratch/shown"
}

nothing()
{
	shown && says "titles" "COUNTER VALUE MEANING" "$(xargs <"$scratch/shown")" || return
	shown --json && says "JSON" '{"counters":[]}' "$(<"$scratch/shown")"
}

connections()
{
	local i

	for ((i = 0; i < $1; i++)); do
		carry 4 ordinary ordinary 1000 0 || return
	done
}

# A counter may grow meanwhile, as TIME-WAIT ends; the names may not.
all_of_them()
{
	shown --all --json || return
	# shellcheck disable=SC2016
	says "names" "$(in_left awk 'NR == 1 { $1 = ""; print substr($0, 2) }' /proc/net/xtcp_stat)" \
		"$(names)" || return
	json "
for c in d['counters']:
    assert len(c['meaning']) > 5, c
    assert c['value'] >= 0 and 'rate' not in c, c" "$scratch/shown"
}

# Before its server listens, a client may have tried in vain.
known_traffic()
{
	shown --json || return
	json "
values = {c['name']: c['value'] for c in d['counters']}
assert values['ActiveOpens'] >= 3 and values['Established'] == 3, values
assert values['OutSegs'] >= 12 and values['InSegs'] >= 9, values
assert 'PassiveOpens' not in values and 0 not in values.values(), values
for name in values:
    print(name, values[name])" "$scratch/shown" >"$scratch/values" || return
	says "ActiveOpens" "$(counter left ActiveOpens)" "$(awk '/^Active/ { print $2 }' "$scratch/values")"
}

other_namespace()
{
	says "on the right" "PassiveOpens 3 connections that came out of a listener's half-open queue" \
		"$(in_right "$tool" stat PassiveOpens | awk 'NR == 2' | tr -s ' ')"
}

as_text()
{
	shown Established 'passive*' || return
	says "rows" "COUNTER VALUE MEANING
Established 3 connections that reached ESTABLISHED" "$(tr -s ' ' <"$scratch/shown")" || return
	shown -a Established 'passive*' || return
	says "rows, with those of 0" "COUNTER VALUE MEANING
PassiveOpens 0 connections that came out of a listener's half-open queue
Established 3 connections that reached ESTABLISHED" \
		"$(tr -s ' ' <"$scratch/shown")"
}

patterns()
{
	shown -a --json 'drop*' || return
	says "count" "$(in_left head -n 1 /proc/net/xtcp_stat | grep -o ' Drop' | wc -l)" \
		"$(names | wc -w)" || return
	shown -a --json 'Drop[PA]*' OutRsts && says "names" "OutRsts DropAck DropPaws DropAcceptFull" \
		"$(names)"
}

no_such_counters()
{
	fails 1 "xtcp: no such counter: OutSeg" 2 in_left "$tool" stat OutSeg InSegs 'Drip*' || return
	says "and the other" "xtcp: no such counter: Drip*" "$(tail -n 1 "$scratch/err")"
}

# what it has grown by, so far: the sum of the lines.
grown()
{
	local sum

	sum=$(python3 -IS -c "
import json, sys
lines = [json.loads(line) for line in open(sys.argv[1]) if line.endswith('\n')]
for d in lines:
    for c in d['counters']:
        assert abs(c['rate'] * d['seconds'] - c['delta']) < 0.01, d
print(sum(c['delta'] for d in lines for c in d['counters']))" "$scratch/deltas")
	says "sum" "$1" "$sum"
}

one_line()
{
	[[ -s $scratch/deltas ]]
}

# Since the first line there is something that it has grown from.
deltas()
{
	local pid status

	nsenter --net="$netns_dir/$left" "$tool" stat -a -d -i 0.2 -j Established >"$scratch/deltas" &
	pid=$!
	busywait "$BUSYWAIT_TIMEOUT" one_line && grown 0 && connections 2 &&
		busywait "$BUSYWAIT_TIMEOUT" grown 2
	status=$?
	kill "$pid"
	wait "$pid" 2>/dev/null
	return $status
}

again_and_again()
{
	in_left timeout "$WAIT_TIMEOUT" "$tool" stat -i 0.1 Established |
		head -n 5 >"$scratch/shown"
	says "rows" "COUNTER VALUE RATE/S MEANING
Established 5 0.0 connections that reached ESTABLISHED

COUNTER VALUE RATE/S MEANING
Established 5 0.0 connections that reached ESTABLISHED" "$(tr -s ' ' <"$scratch/shown")"
}

once()
{
	shown -d Established && says "titles alone" "COUNTER DELTA RATE/S MEANING" \
		"$(xargs <"$scratch/shown")"
}

pipe_closes()
{
	(
		[[ $1 == default ]] || trap '' PIPE
		in_left timeout "$WAIT_TIMEOUT" "$tool" stat -a -i 0.1 2>"$scratch/err"
		echo $? >"$scratch/status"
	) | true
	says "standard error" "" "$(<"$scratch/err")" || return
	[[ $(<"$scratch/status") == @(0|141) ]] || { echo "status $(<"$scratch/status")"; return 1; }
}

check "nothing to show" nothing
check "known traffic" connections 3
check "all counters" all_of_them
check "those that count" known_traffic
check "another namespace" other_namespace
check "as text" as_text
check "patterns" patterns
check "patterns that match nothing" no_such_counters
check "what it grows by" deltas
check "again and again" again_and_again
check "once, in a second" once
check "everybody may see it" in_left setpriv --bounding-set=-all --inh-caps=-all --reuid=65534 \
	"$tool" stat
check "help" helps stat
check "the manual page has all options" manual_is_whole stat
check "a wrong option" fails 2 "xtcp: bad option: -x" 2 "$tool" stat -ax
for seconds in 0 -1 x 1s nan inf; do
	check "a wrong interval: $seconds" fails 2 "xtcp: no number of seconds: $seconds" 2 \
		"$tool" stat -i "$seconds"
done
check "no interval" fails 2 "xtcp: -i: a number is missing" 2 "$tool" stat -i
check "a full disk" fails 1 "xtcp: standard output: No space left on device" 1 \
	bash -c "'$tool' stat >/dev/full"
check "nobody reads" pipe_closes default
check "nobody reads, and nobody says so" pipe_closes ignored

finish

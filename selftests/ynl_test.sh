#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The netlink family as its specification has it: driven by the kernel's own program for any family,
# tools/net/ynl/cli.py, which knows nothing of this one but include/xtcp.yaml.

. "$(dirname "$0")/lib/lib.sh"
. "$(dirname "$0")/lib/tool.sh"

ktap_print_header
require_module
cli=$KSELFTESTS/../../net/ynl/cli.py
spec=${XTCP_TOOLS:-$here/../tools}/../include/xtcp.yaml
[[ -e $cli ]] || skip_all "no tools/net/ynl beside the kernel's selftests"
[[ -e $spec ]] || skip_all "no include/xtcp.yaml"
python3 -c 'import yaml' 2>/dev/null || skip_all "no python3-yaml"

two_hosts
nobody_behind_left
# Nothing is sent again while the test looks.
in_right sysctl -qw net.xtcp.rto_initial_ms=60000

# dumped OPERATION [JSON]: what the family on the right says, as it is in $scratch/shown.
dumped()
{
	in_right python3 "$cli" --spec "$spec" --no-schema --output-json --dump "$1" \
		--json "${2:-{\}}" >"$scratch/shown"
}

nothing()
{
	local operation

	for operation in listener-get half-open-get; do
		dumped "$operation" && says "$operation" "[]" "$(<"$scratch/shown")" || return
	done
}

traffic()
{
	listen 4 ordinary any 8000 16 && listen 6 native any 8001 32 &&
		syns -o -c 3 10.0.0.1 192.0.2.2 8000 && syns -n 2001:db8:1::1 2001:db8::2 8001
}

listeners()
{
	dumped listener-get && json "
d.sort(key=lambda e: e['port'])
v4, v6 = d
assert v4['addr4'] == '0.0.0.0' and 'addr6' not in v4, v4
assert v6['addr6'] == '::' and 'addr4' not in v6, v6
for e in d:
    assert e['ino'] and not e['uid'] and not e['flood']['seconds'], e
    print(*[e[k] for k in ('port', 'carrier', 'backlog', 'half-open', 'syns', 'completed')])" \
		"$scratch/shown" >"$scratch/listeners" || return
	says "listeners" "8000 6 16 3 3 0
8001 253 32 1 1 0" "$(<"$scratch/listeners")"
}

# remotes [JSON]: of the half-open connections.
remotes()
{
	dumped half-open-get "$@" || return
	json "
for e in d:
    print(e.get('remote-addr4', e.get('remote-addr6')), e['remote-port'], e['local-port'],
          e['carrier'], e['mss'], e.get('wscale'), e.get('sack'))" "$scratch/shown" | sort
}

half_open()
{
	says "all" "10.0.0.1 10000 8000 6 1400 7 True
10.0.0.2 10001 8000 6 1400 7 True
10.0.0.3 10002 8000 6 1400 7 True
2001:db8:1::1 10000 8001 253 1220 None None" "$(remotes)" || return
	says "of one port" "2001:db8:1::1 10000 8001 253 1220 None None" \
		"$(remotes '{"local-port": 8001}')"
}

# Nothing goes on, so that two looks see the same.
counters()
{
	dumped stat-get && json "[print(e['name'], e['value']) for e in d]" "$scratch/shown" \
		>"$scratch/netlink" || return
	# shellcheck disable=SC2016
	in_right awk '
		NR == 1 { for (i = 2; i <= NF; i++) name[i] = $i }
		NR == 2 { for (i = 2; i <= NF; i++) print name[i], $i }' /proc/net/xtcp_stat \
		>"$scratch/proc"
	grep -q '^SynqEntries 4$' "$scratch/netlink" || { cat "$scratch/netlink"; return 1; }
	diff "$scratch/proc" "$scratch/netlink"
}

# On the left nobody has listened.
other_namespace()
{
	in_left python3 "$cli" --spec "$spec" --no-schema --output-json --dump stat-get \
		>"$scratch/shown" || return
	says "SynqEntries" 0 "$(json "
print(*[e['value'] for e in d if e['name'] == 'SynqEntries'])" "$scratch/shown")"
}

# Many to a message, and a message for each.
small_messages()
{
	dumped stat-get && mv "$scratch/shown" "$scratch/at_once" || return
	in_right python3 "$cli" --spec "$spec" --no-schema --output-json --dump stat-get \
		--dbg-small-recv 4000 >"$scratch/shown" 2>/dev/null || return
	diff "$scratch/at_once" "$scratch/shown"
}

# Without any capability; another user might not be able to read the program.
everybody()
{
	in_right setpriv --bounding-set=-all --inh-caps=-all \
		python3 "$cli" --spec "$spec" --no-schema --output-json --dump stat-get \
		>"$scratch/seen" && dumped stat-get && diff "$scratch/shown" "$scratch/seen"
}

check "nothing to show" nothing
check "listeners, and half-open connections" traffic
check "listeners" listeners
check "half-open connections" half_open
check "counters, as /proc has them" counters
check "in small messages" small_messages
check "another namespace" other_namespace
check "everybody may see them" everybody

finish

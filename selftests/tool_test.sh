#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# tools/xtcp: what it shows of known traffic, field by field, as text and as JSON, what it says when
# something is wrong, and how it ends.

. "$(dirname "$0")/lib/lib.sh"
. "$(dirname "$0")/lib/tool.sh"

ktap_print_header
require_module
[[ -x $tool ]] || skip_all "no xtcp: libnl-genl was not there when it was to be built"

two_hosts
nobody_behind_left
# Nothing is sent again while the test looks.
in_right sysctl -qw net.xtcp.rto_initial_ms=60000 net.core.somaxconn=8192

# shown OPTION...: what the tool on the right says, as it is in $scratch/shown.
shown()
{
	tool_right "$@" >"$scratch/shown"
}

# fields ARRAY MEMBER...: of each element, one a line, as Python prints them.
fields()
{
	local array=$1 members

	shift
	members=$(printf 'e.get("%s"), ' "$@")
	json "[print(*($members)) for e in d['$array']]" "$scratch/shown"
}

inode()
{
	in_right cat /proc/net/xtcp{,6} | awk -v port=":$(printf '%04X' "$1")" \
		'$4 == "0A" && substr($2, length($2) - 4) == port { print $10 }'
}

valid_json()
{
	json pass "$scratch/shown"
}

nothing_listens()
{
	shown synq -n || return
	says "text" "LISTENER CARRIER HALF-OPEN SYNS/S OPEN/S SOURCES COOKIES EVICTED RETRIES FLOOD" \
		"$(xargs <"$scratch/shown")" || return
	shown synq -a --json && says "JSON" '{"listeners":[],"half_open":[]}' "$(<"$scratch/shown")"
}

listeners()
{
	shown synq --json && valid_json || return
	says "listeners" "0.0.0.0 8000 tcp 6 0 $(inode 8000) 16 0 0
192.0.2.2 8001 native 253 0 $(inode 8001) 32 0 0
:: 8002 tcp 6 0 $(inode 8002) 64 0 0" \
		"$(fields listeners address port carrier protocol uid inode backlog half_open \
			accept_queue)" || return
	says "no entries without -a" "dict_keys(['listeners'])" \
		"$(json 'print(d.keys())' "$scratch/shown")"
}

# Entries with and without options, of each carrier and IP version.
traffic()
{
	syns -o -c 3 10.0.0.1 192.0.2.2 8000 && syns -c 2 10.0.1.1 192.0.2.2 8000 &&
		syns -n -o 10.0.2.1 192.0.2.2 8001 && syns 2001:db8:1::1 2001:db8::2 8002 &&
		syns -o 10.0.3.1 192.0.2.2 8002 &&
		busywait "$BUSYWAIT_TIMEOUT" all_there >/dev/null
}

all_there()
{
	[[ $(in_right cat /proc/net/xtcp{,6} | awk '$4 == "03"' | wc -l) == 8 ]]
}

lengths()
{
	shown synq --json || return
	says "half-open" "5 1 2" "$(fields listeners half_open | xargs)"
}

entries()
{
	shown synq --all --json && valid_json || return
	says "entries" "192.0.2.2 8000 10.0.0.1 10000 tcp 6 0 1400 7 True True
192.0.2.2 8000 10.0.0.2 10001 tcp 6 0 1400 7 True True
192.0.2.2 8000 10.0.0.3 10002 tcp 6 0 1400 7 True True
192.0.2.2 8000 10.0.1.1 10000 tcp 6 0 536 None False False
192.0.2.2 8000 10.0.1.2 10001 tcp 6 0 536 None False False
192.0.2.2 8001 10.0.2.1 10000 native 253 0 1400 7 True True
192.0.2.2 8002 10.0.3.1 10000 tcp 6 0 1400 7 True True
2001:db8::2 8002 2001:db8:1::1 10000 tcp 6 0 1220 None False False" \
		"$(fields half_open local_address local_port remote_address remote_port carrier \
			protocol retries mss wscale sack timestamps | sort)"
}

# Each was born at most so many seconds ago, and a minute after that its SYN-ACK goes out again.
times()
{
	shown synq -a -j || return
	json "
for e in d['half_open']:
    assert 0 <= e['age_ms'] < $WAIT_TIMEOUT * 1000, e
    # Up to an eighth is chance.
    assert 59500 < e['age_ms'] + e['expires_ms'] < 68000, e
ages = [e['age_ms'] for e in d['half_open'] if e['local_port'] == 8000]
assert len(ages) == 5 and ages == sorted(ages, reverse=True), ages" "$scratch/shown"
}

# row PART WORD: the line that begins with the word, of the listeners (0) or the entries (1).
row()
{
	awk -v want="$1" -v first="$2" '!NF { part++ } part + 0 == want && $1 == first' \
		"$scratch/shown" | tr -s ' '
}

# listener_row NAME: without rates and sources, which are those of the last second or so.
listener_row()
{
	row 0 "$1" | awk '{ $4 = $5 = $6 = "*" } 1'
}

as_text()
{
	shown synq -an || return
	says "listener" "0.0.0.0:8000 tcp 5/16 * * * 0/0 0 0 -" "$(listener_row 0.0.0.0:8000)" ||
		return
	says "IPv6 listener" "[::]:8002 tcp 2/64 * * * 0/0 0 0 -" "$(listener_row '[::]:8002')" ||
		return
	says "titles" "LOCAL PEER CARRIER AGE RETRIES NEXT OPTIONS" "$(row 1 LOCAL)" || return
	says "native entry" "192.0.2.2:8001 10.0.2.1:10000 native 0 mss 1400 wscale 7 sack ts" \
		"$(row 1 192.0.2.2:8001 | sed -E 's/ [0-9]+\.[0-9]s//g')" || return
	says "IPv6 entry" "[2001:db8::2]:8002 [2001:db8:1::1]:10000 tcp 0 mss 1220" \
		"$(row 1 '[2001:db8::2]:8002' | sed -E 's/ [0-9]+\.[0-9]s//g')" || return
	says "lines" "4 listeners, 9 entries" "$(awk '!NF { part++; next } { n[part + 0]++ }
		END { print n[0] " listeners, " n[1] " entries" }' "$scratch/shown")"
}

# Columns are as wide as they need to be: all begin at the same place.
aligned()
{
	shown synq -n || return
	says "columns" 1 "$(awk '{ print match($0, /(CARRIER|tcp|native)/) }' "$scratch/shown" |
		uniq | wc -l)"
}

names_of_ports()
{
	local name

	name=$(getent services 8001/tcp | awk '{ print $1 }')
	shown synq || return
	says "name" "192.0.2.2:${name:-8001}" "$(awk '$2 == "native" { print $1 }' "$scratch/shown")"
}

one_port()
{
	shown synq -a --json port 8002 || return
	says "listeners" "::" "$(fields listeners address)" || return
	says "entries" "8002 8002" "$(fields half_open local_port | xargs)" || return
	shown synq -a --json port 9 && says "another" '{"listeners":[],"half_open":[]}' \
		"$(<"$scratch/shown")"
}

other_namespace()
{
	says "on the left" '{"listeners":[],"half_open":[]}' "$(in_left "$tool" synq -a --json)"
}

# The peers of all entries: what the tool says of them, against /proc.
peers_agree()
{
	local many=$1

	shown synq -a --json port 8003 && valid_json || return
	fields half_open remote_address remote_port | sort >"$scratch/tool"
	in_right cat /proc/net/xtcp | awk '$2 ~ /:1F43$/ && $4 == "03" { print $3 }' |
		python3 -IS -c "
import socket, sys
for line in sys.stdin:
    address, port = line.split(':')
    print(socket.inet_ntoa(bytes.fromhex(address)[::-1]), int(port, 16))" |
		sort >"$scratch/proc"
	says "entries" "$many" "$(sort -u "$scratch/proc" | wc -l)" || return
	diff "$scratch/tool" "$scratch/proc"
}

# More than fit into one message, or one batch, or one bucket of the queue.
many_entries()
{
	local many

	many=$(scaled 4000 1500)
	listen 4 ordinary any 8003 8000 || return
	syns -c "$many" 10.1.0.1 192.0.2.2 8003
	busywait "$BUSYWAIT_TIMEOUT" peers_agree "$many" >"$scratch/peers" ||
		{ tail -n 20 "$scratch/peers"; return 1; }
	says "half-open" "$many" "$(tool_right synq --json port 8003 >"$scratch/shown" &&
		fields listeners half_open)"
	listener_ends
}

many_listeners()
{
	local i last pids=()

	last=$((9000 + $(scaled 100 40)))
	for ((i = 9000; i <= last; i++)); do
		listen 6 native any $i 4 || return
		pids+=("$listener")
	done
	shown synq --json || return
	says "listeners" "$(seq 9000 $last | xargs)" "$(fields listeners port | awk '$1 >= 9000' | xargs)"
	i=$?
	kill "${pids[@]}"
	wait "${pids[@]}" 2>/dev/null
	return $i
}

# Entries that come and go as fast as can be while they are dumped: every dump ends, and is whole.
churn()
{
	local pid i status=0

	listen 4 ordinary any 8004 8000 || return
	in_right sysctl -qw net.xtcp.synack_retries=0 net.xtcp.rto_initial_ms=200
	syns -c 100000000 -s 3000 -r "$(scaled 20000 2000)" 10.2.0.1 192.0.2.2 8004 &
	pid=$!
	for ((i = 0; i < $(scaled 30 5); i++)); do
		if ! timeout "$WAIT_TIMEOUT" nsenter --net="$netns_dir/$right" "$tool" synq -a --json \
			>"$scratch/shown" || ! valid_json; then
			status=1
			break
		fi
	done
	kill "$pid" 2>/dev/null && i=running
	wait "$pid" 2>/dev/null
	listener_ends
	in_right sysctl -qw net.xtcp.synack_retries=5 net.xtcp.rto_initial_ms=60000
	says "SYNs at the end" running "$i" && return $status
}

retried()
{
	[[ $(tool_right synq -a --json port 8005 >"$scratch/shown" &&
		fields half_open retries) == 1 ]]
}

retries()
{
	in_right sysctl -qw net.xtcp.rto_initial_ms=300
	listen 4 ordinary any 8005 16 || return
	syns 10.3.0.1 192.0.2.2 8005
	busywait "$BUSYWAIT_TIMEOUT" retried || { cat "$scratch/shown"; return 1; }
	in_right sysctl -qw net.xtcp.rto_initial_ms=60000
	listener_ends
}

# The settings that xtcp(7) says there are.
manual_has_settings()
{
	diff <(sed -n '/^\.SH SETTINGS/,/^\.SH PARAMETERS/p' "${tool%/*}/man/xtcp.7" |
		sed -nE '/^\.BR? [a-z]/ { s/^\.BR? //; s/\[[^]]*\]//g; s/[", ]+/\n/g; p }' |
		sed '/^$/d' | sort) <(in_right ls /proc/sys/net/xtcp)
}

without_rights()
{
	setpriv --bounding-set=-all --inh-caps=-all "$@"
}

dumps_for_all()
{
	in_right setpriv --bounding-set=-all --inh-caps=-all "$tool" synq -a --json \
		>"$scratch/shown" || return
	says "entries" 8 "$(fields half_open local_port | wc -l)"
}

# SIGPIPE is ignored by some that call programs: then it is an error as others are, but no news.
pipe_closes()
{
	local status

	(
		[[ $1 == default ]] || trap '' PIPE
		tool_right synq -a --json 2>"$scratch/err"
		echo $? >"$scratch/status"
	) | true
	status=$(<"$scratch/status")
	says "standard error" "" "$(<"$scratch/err")" || return
	[[ $status == 0 || $1$status == default141 ]] || { echo "status $status"; return 1; }
}

events_pipe_closes()
{
	{
		timeout "$WAIT_TIMEOUT" nsenter --net="$netns_dir/$right" "$tool" events 2>"$scratch/err"
		echo $? >"$scratch/status"
	} | read -rt 0.2
	says "standard error" "" "$(<"$scratch/err")" || return
	says "status" 0 "$(<"$scratch/status")"
}

check "nothing to show" nothing_listens
check "a listener" listen 4 ordinary any 8000 16
check "one of the native carrier" listen 4 native 192.0.2.2 8001 32
check "one of IPv6" listen 6 ordinary any 8002 64
check "listeners, as JSON" listeners
check "SYNs arrive" traffic
check "how many are half open" lengths
check "half-open connections, as JSON" entries
check "their times, and their order" times
check "both as text" as_text
check "columns" aligned
check "names of ports" names_of_ports
check "one port alone" one_port
check "another namespace" other_namespace
check "everybody may see them" dumps_for_all
check "more than fit into a message" many_entries
check "many listeners" many_listeners
check "while entries come and go" churn
check "retries" retries

check "help" helps
check "help for synq" helps synq
check "help for events" helps events
check "the manual page has all options" manual_is_whole synq events run ladder
check "and another all settings" manual_has_settings
check "no command" fails 2 "xtcp: a command is missing" 10 "$tool"
check "a wrong command" fails 2 "xtcp: no such command: sync" 10 "$tool" sync
check "a wrong word" fails 2 "xtcp: no such word: prot" 2 "$tool" synq prot 80
check "a wrong option" fails 2 "xtcp: bad option: -x" 2 "$tool" synq -nx
check "a wrong long option" fails 2 "xtcp: bad option: --jason" 2 "$tool" events --jason
check "a word too many" fails 2 "xtcp: no such word: now" 2 "$tool" events now
check "no number" fails 2 "xtcp: port: a number is missing" 2 "$tool" synq port
for port in 0 65536 -1 http 80x 99999999999999999999; do
	check "no port: $port" fails 2 "xtcp: no port number: $port" 2 "$tool" synq -- port "$port"
done
check "events need a right" fails 1 "xtcp: only who has CAP_NET_ADMIN may listen to events" 1 \
	without_rights "$tool" events
check "a full disk" fails 1 "xtcp: standard output: No space left on device" 1 \
	bash -c "'$tool' synq >/dev/full"
check "nobody reads" pipe_closes default
check "nobody reads, and nobody says so" pipe_closes ignored
check "nobody reads events any more" events_pipe_closes

finish

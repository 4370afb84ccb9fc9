#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# tools/xtcp ss: sockets in known states, column by column, as text and as JSON; filters; what it
# ends; what it says when something is wrong; and many sockets.

. "$(dirname "$0")/lib/lib.sh"
. "$(dirname "$0")/lib/tool.sh"

ktap_print_header
require_module
[[ -x $tool ]] || skip_all "no xtcp: libnl-genl was not there when it was to be built"

two_hosts
nobody_behind_left
# Nothing is sent again while the test looks.
in_right sysctl -qw net.xtcp.rto_initial_ms=60000
# AccECN, which shows.
in_right sysctl -qw net.xtcp.ecn=3

# How many sockets the last test dumps: COUNT=100000 where there is memory for them.
many=${COUNT:-$(scaled 20000 2000)}

ss_right()
{
	tool_right ss "$@"
}

# shown OPTION...: what the tool on the right says, as it is in $scratch/shown.
shown()
{
	ss_right "$@" >"$scratch/shown"
}

# fields MEMBER...: of each socket, one a line, as Python prints them.
fields()
{
	local members

	members=$(printf 'e.get("%s"), ' "$@")
	json "[print(*($members)) for e in d['sockets']]" "$scratch/shown"
}

# rows: what was shown as text, without titles, its columns one blank apart.
rows()
{
	sed 's/ *$//; s/  */ /g' "$scratch/shown"
}

nothing()
{
	shown -a && says "titles" \
		"Netid State Recv-Q Send-Q Local Address:Port Peer Address:Port Process" "$(rows)" &&
		shown -aH && says "nothing" "" "$(rows)" &&
		shown -a --json && says "JSON" '{"sockets":[]}' "$(<"$scratch/shown")"
}

# A listener of each kind, three half-open connections, and a pair in each process.
traffic()
{
	listen 4 ordinary any 8000 16 && listen 4 native 192.0.2.2 8001 32 &&
		listen 6 ordinary any 8002 64 &&
		syns -o -c 2 10.0.0.1 192.0.2.2 8000 && syns 2001:db8:1::1 2001:db8::2 8002 &&
		pair ordinary && pair native && busywait "$BUSYWAIT_TIMEOUT" all_there >/dev/null
}

all_there()
{
	[[ $(in_right cat /proc/net/xtcp{,6} | awk '$4 == "03"' | wc -l) == 3 ]]
}

# pair KIND: a connection over loopback on the right, by sockets_many; its standard input is $pair.
pair()
{
	local line fd

	exec {pair}<> <(:)
	exec {fd}< <(exec nsenter --net="$netns_dir/$right" "$bin/sockets_many" "$1" 2 <&"$pair")
	pairs+=($!)
	read -r line <&"$fd"
	[[ $line == ready ]] || { echo "$line"; return 1; }
}

listeners()
{
	shown -lnH || return
	says "rows" "native LISTEN 0 32 192.0.2.2:8001 0.0.0.0:*
native LISTEN 0 64 127.0.0.1:6000 0.0.0.0:*
tcp LISTEN 0 16 0.0.0.0:8000 0.0.0.0:*
tcp LISTEN 0 64 *:8002 *:*
tcp LISTEN 0 64 127.0.0.1:6000 0.0.0.0:*" "$(rows | LC_ALL=C sort)" || return
	shown -lnH --carrier native -4 sport = :8001
	says "of one carrier, which is no column then" "LISTEN 0 32 192.0.2.2:8001 0.0.0.0:*" "$(rows)"
}

half_open()
{
	shown -nH state syn-recv || return
	says "rows" "tcp SYN-RECV 0 0 192.0.2.2:8000 10.0.0.1:10000
tcp SYN-RECV 0 0 192.0.2.2:8000 10.0.0.2:10001
tcp SYN-RECV 0 0 [2001:db8::2]:8002 [2001:db8:1::1]:10000" "$(rows | LC_ALL=C sort)" || return
	shown -noH state syn-recv dst 10.0.0.1
	[[ $(rows) =~ ' timer:(on,'([0-9]{2}sec|1min([0-9]sec)?)',0)'$ ]] || { rows; return 1; }
}

# By default, what has a connection.
connections()
{
	local port

	shown -nH && says "states" "native ESTAB native ESTAB tcp ESTAB tcp ESTAB" \
		"$(rows | cut -d ' ' -f 1,2 | sort | xargs)" || return
	shown -n --json --carrier tcp dport = :6000
	port=$(fields local_port)
	says "client" "ESTAB tcp 6 127.0.0.1 127.0.0.1 6000" \
		"$(fields state carrier protocol local_address peer_address peer_port)" || return
	shown -n --json --carrier tcp sport = :6000
	says "server" "ESTAB 127.0.0.1 6000 $port 0 0" \
		"$(fields state local_address local_port peer_port recv_q send_q)"
}

details()
{
	shown -aieomp --json && json "
states = [e['state'] for e in d['sockets']]
assert sorted(states) == ['ESTAB'] * 4 + ['LISTEN'] * 5 + ['SYN-RECV'] * 3, states
for e in d['sockets']:
    if e['state'] == 'SYN-RECV':
        assert e['timer']['name'] == 'on' and not e['processes'] and 'tcp_info' not in e, e
        continue
    name, = [p['name'] for p in e['processes']]
    assert name in ('listener', 'sockets_many'), e
    assert e['inode'] and e['cookie'] and e['skmem']['rcvbuf'] > 0, e
    assert e['congestion_control'] == 'cubic', e
    if e['state'] == 'ESTAB':
        assert e['tcp_info']['state'] == 1 and e['tcp_info']['snd_cwnd'] == 10, e
        assert e['tcp_info']['snd_mss'] > 1000, e
        assert e['tcp_info']['ecn_mode'] == 2, e" "$scratch/shown"
}

details_as_text()
{
	shown -ieompnH --carrier tcp state established sport = :6000 || return
	[[ $(rows | head -n 1) =~ ^'ESTAB 0 0 127.0.0.1:6000 127.0.0.1:'[0-9]+' users:(("sockets_many",pid='[0-9]+',fd='[0-9]+')) ino:'[0-9]+' sk:'[0-9a-f]+.*' <->'$ ]] ||
		{ rows; return 1; }
	[[ $(rows | tail -n 1) =~ 'skmem:(r0,rb'[0-9]+',t0,tb'[0-9]+',f'[0-9]+',w0,o'[0-9]+',bl0,d0) ts sack ecn accecn cubic wscale:'.*' rto:'.*' mss:'.*' cwnd:10' ]] ||
		{ rows; return 1; }
}

# matching COUNT WORD...: so many of all sockets match.
matching()
{
	local count=$1

	shift
	shown -anH "$@" || return
	says "$*" "$count" "$(rows | wc -l)"
}

filters()
{
	matching 12 && matching 3 state syn-recv && matching 5 state listening &&
		matching 4 state established && matching 7 state connected &&
		matching 9 exclude syn-recv && matching 4 state big exclude listening &&
		matching 3 state bucket && matching 0 state time-wait &&
		matching 3 sport = :8000 && matching 3 'sport=8000' && matching 9 sport != :8000 &&
		matching 9 not sport = :8000 && matching 9 '! sport = :8000' &&
		matching 1 'sport = :8001' && matching 3 'sport >= :8001 && sport <= 8002' || return
	matching 2 dst 10.0.0.0/8 && matching 1 dst 10.0.0.1 && matching 1 dst 10.0.0.2:10001 &&
		matching 0 dst 10.0.0.2:10000 && matching 1 'dst [2001:db8:1::]/48' &&
		matching 1 'dst [2001:db8:1::1]:10000' && matching 1 dst 2001:db8:1::1 &&
		matching 2 'sport = :8002' && matching 0 dev = left &&
		matching 8 'src 127.0.0.1 or src 192.0.2.2:8001 | dst 10.0.0.1' || return
	matching 3 '( sport = :8000 or sport = :8001 ) and not dst 10.0.0.1' &&
		matching 2 sport = :8000 dst 10.0.0.0/8 && matching 0 sport = :http &&
		matching 1 state syn-recv '(' dst 10.0.0.1 ')'
}

nobody_right()
{
	in_right setpriv --bounding-set=-all --inh-caps=-all --reuid=65534 "$tool" "$@"
}

# All but the marks of sockets, and who has them open.
for_all()
{
	shown -an || return
	nobody_right ss -an >"$scratch/seen" || return
	diff "$scratch/shown" "$scratch/seen"
}

pipe_closes()
{
	(
		tool_right ss -a --json 2>"$scratch/err"
		echo $? >"$scratch/status"
	) | true
	says "standard error" "" "$(<"$scratch/err")" || return
	[[ $(<"$scratch/status") == @(0|141) ]]
}

kills()
{
	shown -KnH --carrier native state established sport = :6000 || return
	says "what it ended" 1 "$(rows | wc -l)" || return
	matching 0 --carrier native state established || return
	matching 2 --carrier tcp state established || return
	shown -aKnH state syn-recv dst 10.0.0.0/8 || return
	says "what it ended" 2 "$(rows | wc -l)" || return
	matching 1 state syn-recv || return
	shown -lKnH sport = :8001 || return
	says "what it ended" 1 "$(rows | wc -l)" && matching 0 state listening sport = :8001
}

# sockets_begin KIND COUNT: on the left, until ended by sockets_end.
sockets_begin()
{
	local line fd

	exec {held}<> <(:)
	exec {fd}< <(exec nsenter --net="$netns_dir/$left" "$bin/sockets_many" "$@" <&"$held")
	holder=$!
	read -r line <&"$fd"
	[[ $line == ready ]] || { echo "$line"; return 1; }
}

sockets_end()
{
	# It resets its connections: the kernel's TIME-WAITs would keep the port from the next.
	echo >&"$held"
	wait "$holder" 2>/dev/null
	exec {held}>&-
	return 0
}

# ticks COMMAND...: the best of three.
ticks()
{
	for _ in 1 2 3; do
		in_left "$bin/stopwatch" "$@" 2>&1 >"$scratch/shown" || echo "status $?"
	done | sort -n | head -n 1
}

# interrupted SIGNAL: while it tells of more than a pipe holds; what has been begun is finished first.
interrupted()
{
	local pid status number

	mkfifo "$scratch/pipe" || return
	nsenter --net="$netns_dir/$left" "$tool" ss -anj >"$scratch/pipe" &
	pid=$!
	{
		head -c 100
		kill "-$1" "$pid"
		cat
	} <"$scratch/pipe" >"$scratch/shown"
	wait "$pid"
	status=$?
	rm "$scratch/pipe"
	number=$(kill -l "$1")
	says "status" $((128 + number)) "$status" &&
		says "sockets" "$many" "$(json "print(sum(e['state'] == 'ESTAB' for e in d['sockets']))" \
			"$scratch/shown")"
}

# What the kernel and its own tool take for as many of the kernel's sockets is the measure.
as_fast_as_ss()
{
	local ours theirs

	sockets_begin kernel "$many" || return
	theirs=$(ticks ss -tanH)
	says "the kernel's" "$many" "$(grep -c ESTAB "$scratch/shown")" || return
	sockets_end
	sockets_begin ordinary "$many" || return
	ours=$(ticks "$tool" ss -anH)
	says "XTCP's" "$many" "$(grep -c ESTAB "$scratch/shown")" || return
	interrupted TERM && interrupted HUP || return
	sockets_end
	echo "$many sockets: xtcp ss takes $((100 * ours / theirs)) % of what ss takes" |
		tee "${XTCP_RESULTS:-$scratch}/ss_test.numbers"
	((2 * ours < 3 * theirs))
}

check "nothing to show" nothing
check "sockets in known states" traffic
check "listeners" listeners
check "half-open connections" half_open
check "connections" connections
check "details, as JSON" details
check "details, as text" details_as_text
check "filters" filters
check "everybody may see them" for_all
check "nobody reads" pipe_closes

check "help" helps ss
check "the manual page has all options" manual_is_whole ss
check "a wrong word" fails 2 "xtcp: filter: no such word: prot" 2 "$tool" ss prot = :80
check "a wrong word at its end" fails 2 "xtcp: filter: no such word: now" 2 \
	"$tool" ss sport = :80 now
check "a wrong state" fails 2 "xtcp: no such state: open" 2 "$tool" ss state open
check "no state" fails 2 "xtcp: state: a state is missing" 2 "$tool" ss state
check "a wrong port" fails 2 "xtcp: filter: no such port: :65536" 2 "$tool" ss sport = :65536
check "a wrong address" fails 2 "xtcp: filter: no such address: 10.0.0.256" 2 \
	"$tool" ss dst 10.0.0.256
check "a wrong prefix" fails 2 "xtcp: filter: no such address: 10.0.0.0/33" 2 \
	"$tool" ss dst 10.0.0.0/33
check "a wrong relation" fails 2 "xtcp: filter: no such relation: ~" 2 "$tool" ss sport '~' 80
check "an open bracket" fails 2 'xtcp: filter: ")" is missing' 2 "$tool" ss '( sport = 80'
check "an end too early" fails 2 "xtcp: filter: a port is missing at the end" 2 "$tool" ss sport =
check "a wrong option" fails 2 "xtcp: bad option: -x" 2 "$tool" ss -nx
check "a wrong carrier" fails 2 "xtcp: no such carrier: udp" 2 "$tool" ss --carrier udp
check "to end others needs a right" fails 1 "xtcp: only who has CAP_NET_ADMIN may end connections" \
	1 nobody_right ss -K state established
check "to end" kills

check "many sockets, and how long it takes" as_fast_as_ss

finish

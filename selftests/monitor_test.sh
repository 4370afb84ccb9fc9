#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# tools/xtcp monitor, and so the tracepoints: events of known traffic, against the counters and what
# was on the wire; what it says when something is wrong, and how it ends.

. "$(dirname "$0")/lib/lib.sh"
. "$(dirname "$0")/lib/tool.sh"
. "$(dirname "$0")/lib/wire.sh"

PATH=$PATH:/usr/sbin:/sbin
ktap_print_header
require_module
[[ -x $tool ]] || skip_all "no xtcp: libnl-genl was not there when it was to be built"
instances=/sys/kernel/tracing/instances
[[ -d $instances ]] || skip_all "no trace instances"

two_hosts
nobody_behind_left
behind_wire left right
behind_wire right left

# monitors PID EVENT: it records that.
monitors()
{
	[[ $(cat "$instances/xtcp-$1/events/xtcp/$2/enable" 2>/dev/null) == 1 ]]
}

# monitor HOST LAST [OPTION...] [KIND...]: into $scratch/HOST; LAST is the tracepoint that it
# enables last. Sets monitor.
monitor()
{
	nsenter --net="$netns_dir/${!1}" "$tool" monitor "${@:3}" >"$scratch/$1" 2>"$scratch/$1.err" &
	monitor=$!
	watching+=("$monitor")
	busywait "$BUSYWAIT_TIMEOUT" monitors "$monitor" "$2"
}

gone()
{
	local left

	left=$(find $instances -maxdepth 1 -name 'xtcp-[0-9]*')
	says "instances" "" "$left"
}

# All that is monitored ends, and nothing is left of it.
end()
{
	local pid status

	for pid in "${watching[@]}"; do
		kill "$pid"
		wait "$pid"
		status=$?
		[[ $status == 143 ]] || { echo "status $status"; return 1; }
	done 2>/dev/null
	watching=()
	gone
}

# remember HOST: its counters now; grown PYTHON compares with them.
remember()
{
	in_ns "${!1}" cat /proc/net/xtcp_stat >"$scratch/$1.before"
}

# events HOST PYTHON: events are E; grown(NAME) is by what a counter of that host has grown.
events()
{
	in_ns "${!1}" cat /proc/net/xtcp_stat >"$scratch/$1.after"
	python3 -IS -c "
import collections, json, sys
E = [json.loads(line) for line in open('$scratch/$1') if line.endswith('\n')]
def read(name):
    names, values = [line.split()[1:] for line in open(name)]
    return dict(zip(names, map(int, values)))
before, after = read('$scratch/$1.before'), read('$scratch/$1.after')
def grown(name):
    return after[name] - before[name]
def same(what, got, expected):
    assert got == expected, f'{what}: {got}, not {expected}'
def count(key, kind):
    return collections.Counter(e[key] for e in E if e['event'] == kind)
$2"
}

# events_come HOST PYTHON: by and by.
events_come()
{
	busywait "$BUSYWAIT_TIMEOUT" events "$@" 2>"$scratch/why" && return
	tail -n 3 "$scratch/why"
	return 1
}

namespace_inode()
{
	in_ns "${!1}" stat -L -c %i /proc/self/ns/net
}

#
# States, and whose they are
#

begin_states()
{
	remember left && remember right && monitor left xtcp_state -j state &&
		monitor right xtcp_state --json state
}

# chain NETNS LOCAL REMOTE STATE...: what a connection on its way from one to the next says.
chain()
{
	echo "
chain = [e for e in E if e['remote_address'] == '$3']
# Before the server listens, its client may have tried in vain.
chain = [e for e in chain if all(e[k] == chain[-1][k] for k in ('local_port', 'remote_port'))]
assert chain, E
for e in chain:
    same('event', e['event'], 'state')
    same('namespace', e['netns_inode'], $1)
    same('local', e['local_address'], '$2')
    assert $next_port in (e['local_port'], e['remote_port']), e
    same('carrier', e['carrier'], '$carrier')
    assert e['time'].endswith('Z') and len(e['time']) == 27, e
times = [e['time'] for e in chain]
same('order', times, sorted(times))
walk = [e['oldstate'] for e in chain] + [e['newstate'] for e in chain[-1:]]
same('states', ' '.join(walk[:${#*} - 3]), '${*:4}')"
}

states_left()
{
	events_come left "$(chain "$(namespace_inode left)" "$(address left "$1")" "$(address right "$1")" \
		CLOSED SYN_SENT ESTABLISHED)"
}

# A child is born in SYN-RECEIVED; whatever listens has no remote address.
states_right()
{
	events_come right "$(chain "$(namespace_inode right)" "$(address right "$1")" "$(address left "$1")" \
		LISTEN SYN_RECEIVED ESTABLISHED)"
}

states()
{
	carrier=$2
	check "IPv$1, $2: who watches" begin_states
	check "IPv$1, $2: a connection" carry "$1" "$3" "$3" 3000 2000
	check "IPv$1, $2: its states on the left" states_left "$1"
	check "IPv$1, $2: its states on the right" states_right "$1"
	check "IPv$1, $2: the end" end
}

#
# Drops
#

# segments PORT PROTOCOL NAME=COUNT...: from the left, to the right.
segments()
{
	in_left python3 -IS "$here/lib/segments.py" 192.0.2.1 192.0.2.2 "$@"
}

drops_counted()
{
	events_come right "
got = count('reason', 'drop')
same('reasons', dict(got), {name: grown(name) for name in after
                            if name.startswith('Drop') and grown(name)})
same('known', dict(got), {'DropChecksum': 2, 'DropHeader': 3, 'DropOptions': 1, 'DropFlags': 4,
                          'DropNoSocket': $1})
for e in E:
    if e['reason'] == 'DropFlags':
        same('segment', (e['local_port'], e['flags'], e['seq'], e['ack'], e['len']),
             ($2, 'PSH', 7000, 0, 5))
    if e['reason'] == 'DropNoSocket' and e['flags'] == 'RST':
        same('reset', (e['seq'], e['len']), (3000, 0))
    # A native header that is wrong names nobody.
    if e['reason'] == 'DropChecksum' and $3 == 6:
        same('who', (e['local_address'], e['remote_address'], e['flags']),
             ('192.0.2.2', '192.0.2.1', ''))"
}

resets_counted()
{
	events_come right "
sent = [e for e in E if e['event'] == 'reset' and e['direction'] == 'sent']
came = [e for e in E if e['event'] == 'reset' and e['direction'] == 'received']
same('sent', len(sent), grown('OutRsts'))
same('sent to ACKs', [e['seq'] for e in sent], [6001] * 2)
same('received', [e['seq'] for e in came], [3000])"
}

# drops KIND PORT PROTOCOL
drops()
{
	check "$1, drops: a listener" listen 4 "$1" any "$2" 16
	check "$1, drops: who watches" remember right
	check "$1, drops: they are watched" monitor right xtcp_drop -j drop
	check "$1, drops: segments" segments "$2" "$3" \
		checksum=2 header=3 options=1 flags=4 reset=1 ack=2
	# The ACKs are nobody's, like the reset.
	check "$1, drops: as many as were counted" drops_counted 3 "$2" "$3"
	check "$1, drops: the end" end
	check "$1, resets: who watches" remember right
	check "$1, resets: they are watched" monitor right xtcp_receive -j reset
	check "$1, resets: segments" segments "$2" "$3" reset=1 ack=2
	check "$1, resets: as many as were counted" resets_counted
	check "$1, resets: the end" end
	listener_ends
}

#
# Cookies
#

begin_cookies()
{
	in_right sysctl -qw net.xtcp.syncookies=2
	remember right && monitor right xtcp_cookie -j cookie
}

cookie_traffic()
{
	carry 4 ordinary ordinary 100 100 && carry 4 ordinary ordinary 100 100 &&
		carry 4 ordinary ordinary 100 100 || return
	listen 4 ordinary any 8100 16 && syns -c 5 10.0.0.1 192.0.2.2 8100 &&
		segments 8100 6 ack=2
}

cookies_counted()
{
	events_come right "
got = count('cookie', 'cookie')
same('events', dict(got), {'sent': grown('CookiesSent'), 'accepted': grown('CookiesAccepted'),
                           'forged': grown('CookiesForged')})
same('known', dict(got), {'sent': 8, 'accepted': 3, 'forged': 2})
sent = {(e['remote_port'], e['isn']) for e in E if e['cookie'] == 'sent'}
came = {(e['remote_port'], e['isn']) for e in E if e['cookie'] == 'accepted'}
assert came < sent, (came, sent)
same('forged', {e['isn'] for e in E if e['cookie'] == 'forged'}, {6000})"
}

#
# Losses
#

# What the left sends is lost on its way, behind where tcpdump sees it.
begin_losses()
{
	local line said

	netem right limit 10000 delay 5ms loss 4%
	in_left sysctl -qw net.xtcp.rto_min_ms=50
	exec {said}< <(exec nsenter --net="$netns_dir/$left" tcpdump -Z root -U -n -B 8192 -s 128 \
		-i right -w "$scratch/packets" tcp 2>&1)
	dumper=$!
	read -r line <&"$said"
	[[ $line == *"listening on"* ]] || { echo "$line"; return 1; }
	remember left && monitor left xtcp_cwnd -j retransmit cwnd
}

losses_counted()
{
	events_come left "
again = [e for e in E if e['event'] == 'retransmit']
same('segments', sum(e['segs'] for e in again), grown('RetransSegs'))
assert len(again) > 10, len(again)
same('probes', sum(e['why'] == 'TLP' for e in again) <= grown('LossProbes'), True)
assert not {e['why'] for e in again} - {'RTO', 'RACK', 'TLP'}, again
assert any(e['why'] == 'RACK' for e in again), again
print(sum(e['len'] for e in again))"
}

# The bytes that the left sent more than once, once tcpdump has written them all, and those that the
# events say.
wire_agrees()
{
	local status

	busywait "$BUSYWAIT_TIMEOUT" bytes_agree "$1" 2>"$scratch/why"
	status=$?
	((status == 0)) || tail -n 3 "$scratch/why"
	kill "$dumper"
	wait "$dumper" 2>/dev/null
	return $status
}

bytes_agree()
{
	tcpdump -S -nn -r "$scratch/packets" "src 192.0.2.1 and dst port $next_port" 2>/dev/null |
		sed -nE 's/.* seq ([0-9]+):([0-9]+),.*/\1 \2/p' >"$scratch/sent"
	events left "
sent = [tuple(map(int, line.split())) for line in open('$scratch/sent')]
twice = sum((end - start) % 2 ** 32 for start, end in sent) - $1
same('bytes sent again', sum(e['len'] for e in E if e['event'] == 'retransmit'), twice)"
}

# A recovery that begins with the ACK that ends the one before is none to be seen.
windows()
{
	events left "
all = [e for e in E if e['event'] == 'cwnd']
phases = ['OPEN'] + [e['phase'] for e in all]
begun = sum(a != b == 'RECOVERY' for a, b in zip(phases, phases[1:]))
assert 0 < begun <= grown('FastRetrans'), (begun, grown('FastRetrans'))
lost = sum(a != b == 'LOSS' for a, b in zip(phases, phases[1:]))
assert lost <= grown('Timeouts'), (lost, grown('Timeouts'))
for a, b in zip(all, all[1:]):
    key = 'cwnd', 'ssthresh', 'phase'
    assert [a[k] for k in key] != [b[k] for k in key], (a, b)
same('algorithm', {e['algorithm'] for e in all}, {'cubic'})
# Unless the SYN was lost: ten segments, and what the first ACKs make of it.
if all[0]['phase'] == 'OPEN':
    same('ssthresh at first', all[0]['ssthresh'], 2 ** 31 - 1)
    assert 14480 <= all[0]['cwnd'] <= 60000, all[0]
first = next(e for e in all if e['phase'] == 'RECOVERY')
assert 2 * 1448 <= first['ssthresh'] < 2 ** 31 - 1, first
assert all[-1]['srtt_us'] >= 5000 and all[-1]['pacing_rate'] > 0, all[-1]"
}

losses()
{
	check "losses: who watches" begin_losses
	check "losses: a transfer" carry 4 ordinary ordinary 1000000 0
	check "losses: segments as many as were counted" losses_counted
	check "losses: bytes as many as on the wire" wire_agrees 1000000
	check "losses: congestion windows" windows
	check "losses: the end" end
	netem right limit 10000
}

#
# The rest
#

lines_too()
{
	local who="192.0.2.2:8200 192.0.2.1" text="$scratch/right" line

	monitor right xtcp_flood -n && listen 4 native 192.0.2.2 8200 16 &&
		segments 8200 253 flags=1 ack=1 || return
	busywait "$BUSYWAIT_TIMEOUT" grep -q ' reset ' "$text"
	for line in "state 192.0.2.2:8200 .*:\\* native: CLOSED -> LISTEN" \
		"drop $who:20001 native: reason=DropFlags flags=PSH seq=7000 ack=0 len=5" \
		"drop $who:20002 native: reason=DropNoSocket flags=ACK seq=5000 ack=6001 len=0" \
		"reset $who:20002 native: sent state=.* flags=RST seq=6001 ack=0 len=0"; do
		grep -qE "^[-0-9]+T[0-9:.]+Z $line\$" "$text" && continue
		echo "$line"
		cat "$text"
		return 1
	done
	listener_ends
	end
}

flooded()
{
	local status

	monitor right xtcp_flood -j && remember right && listen 4 ordinary any 8300 64 || return
	syns -c "$(scaled 12000 2400)" -r "$(scaled 4000 400)" 10.0.0.1 192.0.2.2 8300 &
	events_come right "
begun = [e for e in E if e['event'] == 'flood']
assert begun and begun[0]['flood'] == 'begin', begun
same('listener', begun[0]['local_port'], 8300)
assert begun[0]['syn_rate'] > 0 and begun[0]['sources'] > 0"
	status=$?
	wait $!
	listener_ends
	end && return $status
}

# It stands still while more happens than there is room for. What it gets then is whole.
tells_lost()
{
	monitor right xtcp_state -j state && remember right &&
		echo 4 >"$instances/xtcp-$monitor/buffer_size_kb" && kill -STOP "$monitor" || return
	listen 4 ordinary any 8400 4096 && syns -c 1000 10.0.0.1 192.0.2.2 8400
	listener_ends
	kill -CONT "$monitor"
	busywait "$BUSYWAIT_TIMEOUT" grep -qE '^xtcp: [0-9]+ events were lost$' "$scratch/right.err" ||
		{ cat "$scratch/right.err"; return 1; }
	events right "assert 0 < len(E) < 1000, len(E)" && end
}

# ends_by_signal NAME STATUS: what it ends with, and it leaves nothing.
ends_by_signal()
{
	local status

	# In the background the shell has a program ignore this one.
	[[ $1 != INT ]] || set -m
	monitor left xtcp_flood || return
	set +m
	kill "-$1" "$monitor"
	wait "$monitor" 2>/dev/null
	status=$?
	watching=()
	says "status" "$2" "$status" && says "standard error" "" "$(<"$scratch/left.err")" && gone
}

# Options, and kinds of events.
manual_has_all()
{
	local word

	manual_is_whole monitor || return
	for word in state reset retransmit drop cookie flood cwnd; do
		grep -q "^\.B $word$" "${tool%/*}/man/xtcp-monitor.8" || { echo "$word"; return 1; }
	done
}

pipe_closes()
{
	{
		timeout "$WAIT_TIMEOUT" nsenter --net="$netns_dir/$right" "$tool" monitor 2>"$scratch/err"
		echo $? >"$scratch/status"
	} | read -rt 0.2
	says "standard error" "" "$(<"$scratch/err")" || return
	says "status" 0 "$(<"$scratch/status")" && gone
}

full_disk()
{
	local status

	nsenter --net="$netns_dir/$right" "$tool" monitor state >/dev/full 2>"$scratch/err" &
	monitor=$!
	busywait "$BUSYWAIT_TIMEOUT" monitors "$monitor" xtcp_state && listen 4 ordinary any 8500 16
	listener_ends
	wait "$monitor"
	status=$?
	says "status" 1 "$status" || return
	says "standard error" "xtcp: standard output: No space left on device" \
		"$(<"$scratch/err")" && gone
}

states 4 tcp ordinary
states 6 native native
drops ordinary 8001 6
drops native 8002 253
check "cookies: who watches" begin_cookies
check "cookies: traffic" cookie_traffic
check "cookies: as many as were counted" cookies_counted
check "cookies: the end" end
listener_ends
in_right sysctl -qw net.xtcp.syncookies=1
if type -P tcpdump >/dev/null; then
	losses
else
	skip "losses" "no tcpdump"
fi
check "lines" lines_too
check "a flood" flooded
check "events that are lost are told of" tells_lost
check "it ends by SIGTERM" ends_by_signal TERM 143
check "it ends by SIGINT" ends_by_signal INT 130
check "it ends by SIGHUP" ends_by_signal HUP 129
check "nobody reads any more" pipe_closes
check "a full disk" full_disk

check "help" helps monitor
check "the manual page has all of it" manual_has_all
check "a wrong kind" fails 2 "xtcp: no such kind of event: states" 2 "$tool" monitor state states
check "a wrong option" fails 2 "xtcp: bad option: -x" 2 "$tool" monitor -nx
check "it takes a right" fails 1 "xtcp: only who may write to $instances may trace" 1 \
	setpriv --bounding-set=-all --inh-caps=-all --reuid=65534 "$tool" monitor

finish

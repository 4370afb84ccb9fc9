#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# xtcp plot of a transfer on a wire that loses: its points against TCP_INFO of the sender and what
# tcpdump captures; of traces that are written down here; pictures; how it ends, and what it says
# when something is wrong.

. "$(dirname "$0")/lib/lib.sh"
. "$(dirname "$0")/lib/tool.sh"
. "$(dirname "$0")/lib/wire.sh"
. "$(dirname "$0")/lib/plot.sh"

PATH=$PATH:/usr/sbin:/sbin
ktap_print_header
require_module
[[ -x $tool ]] || skip_all "no xtcp: libnl-genl was not there when it was to be built"
tracing=/sys/kernel/tracing
[[ -d $tracing/instances ]] || skip_all "no trace instances"
two_hosts
plot_wire 2%
size=$(scaled 1000000 500000)

# points PYTHON: flow F is the one with data, B the one back; I is what TCP_INFO says.
points()
{
	python3 -IS -c "
import json, re
def same(what, got, expected):
    assert got == expected, f'{what}: {got}, not {expected}'
def same_lists(what, got, expected):
    same('how many ' + what, len(got), len(expected))
    for pair in zip(got, expected):
        same(what, *pair)
(connection,) = json.load(open('$scratch/json'))['connections']
F, B = connection['flows']
I = json.load(open('$scratch/info'))
$1"
}

# A transfer, plotted and captured.
transfer()
{
	local line said status=0

	exec {said}< <(exec nsenter --net="$netns_dir/$left" tcpdump -Z root -U -n -B 8192 -s 128 \
		-i right -w "$scratch/packets" tcp 2>&1)
	dumper=$!
	read -r line <&"$said"
	[[ $line == *"listening on"* ]] || { echo "$line"; return 1; }
	plot_transfer "$size" --json --svg "$scratch/plot.svg" >"$scratch/json" || status=1
	busywait "$BUSYWAIT_TIMEOUT" wire_agrees >/dev/null 2>&1
	kill "$dumper"
	wait "$dumper" 2>/dev/null
	return $status
}

# Numbers that tcpdump counts from the SYNs, whose bytes are the first ones, and windows that it
# does not scale: in their order, as the sender has them.
wire_agrees()
{
	tcpdump -nn -r "$scratch/packets" "port $next_port" 2>/dev/null >"$scratch/wire"
	points "
sent, acks, shift = [], [], 0
for line in open('$scratch/wire'):
    mine = ' > 192.0.2.2.$next_port: ' in line
    data = re.search(r' seq (\d+):(\d+),', line)
    if mine and data and '[S' not in line:
        sent.append(tuple(int(n) - 1 for n in data.groups()))
    ack = re.search(r' ack (\d+), win (\d+)', line)
    scale = re.search(r'wscale (\d+)', line)
    if not mine and ack and scale:
        shift = int(scale[1])
        acks.append((0, int(ack[2])))
    elif not mine and ack:
        acks.append((int(ack[1]) - 1, int(ack[1]) - 1 + (int(ack[2]) << shift)))
same_lists('segments', [(s['first_byte'], s['end_byte']) for s in F['segments']], sent)
same('the end', max(end for _, end in sent), $size)
same_lists('acks', [(a['ack_byte'], a['window_end_byte']) for a in F['acks']], acks)
assert shift > 0 and len(acks) > 50, (shift, len(acks))"
}

info_agrees()
{
	points "
again = [s for s in F['segments'] if s['again']]
sent = sum(s['end_byte'] - s['first_byte'] for s in F['segments'])
same('bytes', F['bytes'], $size)
same('bytes sent', sent, I['bytes_sent'])
same('bytes sent again', sum(s['end_byte'] - s['first_byte'] for s in again), I['bytes_retrans'])
# A bare FIN lies behind the data.
same_lists('segments sent again',
           [(s['first_byte'], s['end_byte']) for s in F['retransmits'] if s['first_byte'] < $size],
           [(s['first_byte'], s['end_byte']) for s in again])
same('segments', sum(s['segments'] for s in F['retransmits']), I['total_retrans'])
assert I['total_retrans'] > 0
assert {s['why'] for s in F['retransmits']} <= {'RTO', 'RACK', 'TLP'}, F['retransmits']
same('cwnd', F['windows'][-1]['cwnd_bytes'] // I['mss'], I['cwnd'])
same('ssthresh', F['windows'][-1]['ssthresh_bytes'] // I['mss'], I['ssthresh'])
assert any(w['phase'] == 'RECOVERY' for w in F['windows'])
assert 'ssthresh_bytes' not in F['windows'][0], F['windows'][0]
assert all(w['delivery_bytes_per_s'] < 1.3e6 for w in F['windows'] if w['phase'] == 'RECOVERY')"
}

# 40 ms and no more than the queue; a timer that is late is so by a tick of 10 ms. Not of what was
# sent again, of which there is no more than one to each ACK.
times_agree()
{
	points "
rtts = [s['rtt_us'] for s in F['rtt_samples']]
assert 20 < len(rtts) <= len(F['acks']), len(rtts)
assert 40000 <= min(rtts) and max(rtts) < 400000, (min(rtts), max(rtts))
for series in 'segments', 'acks', 'retransmits', 'windows', 'rtt_samples':
    times = [p['time_us'] for p in F[series]]
    same(series, times, sorted(times))
    assert 0 < times[0] and times[-1] <= F['end_us'], (series, times[0], times[-1])
same('ends', [F['from_address'], F['to_address'], F['to_port']],
     ['192.0.2.1', '192.0.2.2', $next_port])
same('back', [B['from_port'], B['to_port'], B['bytes'], B['segments']],
     [$next_port, F['from_port'], 0, []])
same('traced', [F['traced_at'], B['traced_at']], ['sender', 'sender'])"
}

# picture FILE WORD...: it is XML, and says these, among them those of its legend.
picture()
{
	python3 -IS - "$@" <<-'PYTHON'
		import sys
		import xml.etree.ElementTree as xml
		tree = xml.parse(sys.argv[1])
		assert tree.getroot().tag == "{http://www.w3.org/2000/svg}svg"
		words = {(e.text or "").strip() for e in tree.iter() if e.tag.endswith("}text")}
		missing = set(sys.argv[2:]) - words
		assert not missing, (missing, words)
	PYTHON
}

drawn()
{
	local from unit

	from=$(points 'print(F["from_port"])') || return
	unit=$(points '
most = max([s["end_byte"] for s in F["segments"]] + [a.get("window_end_byte", 0) for a in F["acks"]])
print("kB" if most < 1e6 else "MB")') || return
	picture "$scratch/plot.svg" "192.0.2.1:$from to 192.0.2.2:$next_port" seconds \
		"Data, $unit" sent "sent again" \
		acknowledged "may be sent" "Congestion window, kB" cwnd ssthresh recovery \
		"Round-trip time, ms" samples smoothed "Rate, Mbit/s" pacing delivery
}

#
# Traces that are written down
#

# event NAME LEFT|RIGHT REST [TIME]
event()
{
	local ends="local=[::ffff:192.0.2.1]:1000 remote=[2001:db8::2]:2000"

	[[ $2 == left ]] || ends="local=[2001:db8::2]:2000 remote=[::ffff:192.0.2.1]:1000"
	echo "  xfer-1  [000] ..s1.  $4: xtcp_$1: netns=1 $ends carrier=tcp state=ESTABLISHED $3"
}

# plotted OPTION...: of what is in $scratch/trace.
plotted()
{
	"$tool" plot -r "$scratch/trace" "$@" >"$scratch/json"
}

# shows EXPECTED PYTHON
shows()
{
	says "$2" "$1" "$(json "F, B = d['connections'][0]['flows']; print($2)" "$scratch/json")"
}

# Numbers wrap; one segment is lost; windows are scaled by 2; the first ACK has none.
at_a_sender()
{
	local unknown="srtt_us=0 pacing_rate=18446744073709551615 delivery_rate=0 algorithm=reno"
	local known="srtt_us=20 pacing_rate=30 delivery_rate=40 algorithm=reno"

	{
		event send left "flags=SYN seq=4294967195 ack=0 window=500 options=03030701" 1.0
		event receive left "flags=SYN|ACK seq=7 ack=4294967196 window=600 options=01030302" 1.1
		event send left "flags=ACK seq=4294967196 ack=8 len=100 window=9 options=" 1.2
		event send left "flags=ACK seq=0 ack=8 len=100 window=9 options=" 1.3
		event cwnd left "phase=OPEN cwnd=2000 ssthresh=2147483647 in_flight=200 $unknown" 1.35
		event receive left "flags=ACK seq=8 ack=0 len=0 window=250 options=" 1.4
		event retransmit left "seq=0 len=100 segs=1 why=RTO" 1.5
		event send left "flags=ACK seq=0 ack=8 len=100 window=9 options=" 1.5
		event cwnd left "phase=LOSS cwnd=100 ssthresh=200 in_flight=100 $known" 1.5
		event receive left "flags=ACK seq=8 ack=100 len=0 window=250 options=" 1.6
		event state left "oldstate=FIN_WAIT_2 newstate=TIME_WAIT" 9
	} >"$scratch/trace"
	plotted -j || return
	shows "0-100 100-200 100-200" \
		"*(f\"{s['first_byte']}-{s['end_byte']}\" for s in F['segments'])" &&
		shows "[False, False, True]" "[s['again'] for s in F['segments']]" &&
		shows "0-600 100-1100 200-1200" \
			"*(f\"{a['ack_byte']}-{a['window_end_byte']}\" for a in F['acks'])" &&
		shows "[{'time_us': 400000, 'rtt_us': 200000}]" "F['rtt_samples']" &&
		shows "time_us phase cwnd_bytes in_flight_bytes" "*F['windows'][0]" &&
		shows "500000 LOSS 100 200 100 20 30 40" "*F['windows'][1].values()" &&
		shows "[500000, 100, 200, 1, 'RTO']" "list(F['retransmits'][0].values())" &&
		shows "sender receiver 600000" "F['traced_at'], B['traced_at'], F['end_us']"
}

# It came in the wrong order, to one who was there before the trace began: no scale is known.
at_a_receiver()
{
	{
		event receive right "flags=ACK seq=5000 ack=8 len=100 window=9 options=" 1.0
		event receive right "flags=ACK seq=5200 ack=8 len=100 window=9 options=" 1.1
		event send right "flags=ACK seq=8 ack=5100 len=0 window=9 options=" 1.1
		event receive right "flags=ACK seq=5100 ack=8 len=100 window=9 options=" 1.2
		event send right "flags=ACK seq=8 ack=5300 len=0 window=9 options=" 1.2
	} >"$scratch/trace"
	plotted -j --svg "$scratch/plot.svg" || return
	json 'F, B = d["connections"][0]["flows"]
if F["from_port"] != 1000: F, B = B, F
print(F["traced_at"], F["bytes"], [s["again"] for s in F["segments"]], [[*a] for a in F["acks"]],
      F["rtt_samples"], F["windows"])' "$scratch/json" >"$scratch/shown"
	says "points" "receiver 300 [False, False, True] $(
		)[['time_us', 'ack_byte'], ['time_us', 'ack_byte']] [] []" "$(<"$scratch/shown")" &&
		picture "$scratch/plot.svg" received "again, or late" acknowledged seconds
}

# There is nothing to draw but axes.
nothing_sent()
{
	event send left "flags=SYN seq=1 ack=0 len=0 window=500 options=" 1.0 >"$scratch/trace"
	plotted --svg "$scratch/plot.svg" && picture "$scratch/plot.svg" seconds
}

two_pictures()
{
	event send left "flags=SYN seq=1 ack=0 len=0 window=500 options=" 1.0 >"$scratch/trace"
	event send left "flags=SYN seq=1 ack=0 len=0 window=500 options=" 1.0 |
		sed 's/2000/2001/' >>"$scratch/trace"
	plotted --svg "$scratch/a.svg" &&
		picture "$scratch/a.svg" "192.0.2.1:1000 to [2001:db8::2]:2000" &&
		picture "$scratch/a-2.svg" "192.0.2.1:1000 to [2001:db8::2]:2001" &&
		plotted -j dport = 2001 && shows 2001 "F['to_port']"
}

#
# Ends
#

begins()
{
	[[ $(cat "$tracing/instances/xtcp-$1/events/xtcp/xtcp_cwnd/enable" 2>/dev/null) == 1 ]]
}

gone()
{
	says "instances" "" "$(find $tracing/instances -mindepth 1 -maxdepth 1 -name 'xtcp-*')"
}

# until SIGNAL COMMAND...: what it prints then is whole.
until_signal()
{
	local pid

	# In the background the shell has a program ignore SIGINT.
	set -m
	"$tool" plot --json >"$scratch/json" &
	pid=$!
	set +m
	busywait "$BUSYWAIT_TIMEOUT" begins "$pid" || return
	"${@:2}" || return
	kill "-$1" "$pid"
	wait "$pid"
}

# Of an attempt that comes before the other side listens nothing but a refusal is seen.
interrupted()
{
	until_signal INT carry 4 kernel ordinary 5000 0 || return
	shows "5000 $next_port" \
		"*max((f['bytes'], f['to_port']) for c in d['connections'] for f in c['flows'])" && gone
}

# There was none.
interrupted_at_once()
{
	until_signal TERM true
	says "status" 1 $? && says "JSON" '{"connections":[]}' "$(<"$scratch/json")" && gone
}

closed_pipe()
{
	plot_transfer 5000 -j >"$scratch/json"
	{
		plot_transfer 5000 -j 2>"$scratch/err"
		echo $? >"$scratch/status"
	} | true
	busywait "$BUSYWAIT_TIMEOUT" test -s "$scratch/status"
	says "status" 0 "$(<"$scratch/status")" && says "standard error" "" "$(<"$scratch/err")"
}

without_gnuplot()
{
	mkdir -p "$scratch/bin"
	PATH=$scratch/bin "$tool" plot "$@"
}

json_without_gnuplot()
{
	without_gnuplot -j -r "$scratch/trace" >"$scratch/json" && shows 1000 "F['from_port']"
}

usage="usage: xtcp plot [--svg FILE] [-j] [-r FILE] [FILTER] [-- COMMAND [ARGUMENT...]]"
# wrongly WHAT ARGUMENT...: the usage is the second line.
wrongly()
{
	fails 2 "xtcp: $1" 2 "$tool" plot "${@:2}" && says "usage" "$usage" \
		"$(tail -n 1 "$scratch/err")"
}

full_disk()
{
	"$tool" plot -j -r "$scratch/trace" >/dev/full 2>"$scratch/err"
	says "status" 1 $? && says "standard error" \
		"xtcp: standard output: No space left on device" "$(<"$scratch/err")"
}

for program in tcpdump gnuplot; do
	type -P $program >/dev/null || skip_all "no $program"
done
check "a transfer" transfer
check "what tcpdump captures" wire_agrees
check "what TCP_INFO says" info_agrees
check "times" times_agree
check "the picture" drawn
check "a sender's trace" at_a_sender
check "a receiver's trace" at_a_receiver
check "a trace without data" nothing_sent
check "two connections" two_pictures
check "until it is interrupted" interrupted
check "interrupted at once" interrupted_at_once
check "a closed pipe" closed_pipe
check "JSON without gnuplot" json_without_gnuplot
check "a full disk" full_disk

check "help" helps plot
check "the manual page has all of it" manual_is_whole plot
check "no gnuplot" fails 1 \
	"xtcp: gnuplot is not installed (Debian: gnuplot-nox); --json does without" 1 \
	without_gnuplot --svg "$scratch/b.svg" -- /bin/touch "$scratch/run"
check "no such directory" fails 1 "xtcp: /none/b.svg: No such file or directory" 1 \
	"$tool" plot --svg /none/b.svg -- touch "$scratch/run"
check "a directory" fails 1 "xtcp: /tmp: Is a directory" 1 \
	"$tool" plot --svg /tmp -- touch "$scratch/run"
check "the command did not run" test ! -e "$scratch/run"
check "a picture on a full disk" fails 1 "xtcp: the picture: No space left on device" 1 \
	"$tool" plot --svg /dev/full -r "$scratch/trace"
check "no such trace" fails 1 "xtcp: /no/such/file: No such file or directory" 1 \
	"$tool" plot --svg "$scratch/b.svg" -r /no/such/file
check "status of the command" fails 7 "xtcp: there was no such connection" 1 \
	"$tool" plot --svg "$scratch/b.svg" -- sh -c 'exit 7'
check "no such command" fails 127 "xtcp: /no/such/program: No such file or directory" 1 \
	"$tool" plot -j -- /no/such/program
check "no right" fails 1 "xtcp: only who may write to $tracing/instances may trace" 1 \
	setpriv --bounding-set=-all --inh-caps=-all --reuid=65534 "$tool" plot -j
check "an unknown word" wrongly "filter: no such word: sprot" -j sprot = 80
check "an unknown option" wrongly "bad option: -x" -x
check "no command" wrongly "a command is missing" -j --
check "nothing asked for" wrongly "neither a picture nor JSON is asked for" dport = 80
check "no socket is left" no_sockets_left
finish

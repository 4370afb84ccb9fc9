#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# xtcp ladder draws what happened: both closes and more between XTCP and the kernel's TCP, what a
# capture has of the same, losses, README's figures, and traces that are written down here.

. "$(dirname "$0")/lib/lib.sh"
. "$(dirname "$0")/lib/tool.sh"
. "$(dirname "$0")/lib/ladder.sh"

ktap_print_header
require_module
[[ -x $tool ]] || skip_all "no xtcp: libnl-genl was not there when it was to be built"
[[ -d $tracing/instances ]] || skip_all "no trace instances"
two_hosts
trace_open || ktap_exit_fail_msg "no tracing"

narrow()
{
	! grep -nE '.{101}' "$scratch/ladder"
}

# plays NAME ENDS ROW...: ENDS are words of IP:LEFT:RIGHT.
plays()
{
	local name=$1 all=$2 ends ip one other what

	shift 2
	for ends in $all; do
		IFS=: read -r ip one other <<<"$ends"
		what="IPv$ip, $one and $other: $name"
		check "$what" play "$name" "$ip" "$one" "$other"
		check "$what: segments and states" shows "$@"
		check "$what: not too wide" narrow
	done
}

plays half-close "4:ordinary:kernel 6:kernel:ordinary 4:ordinary:ordinary 6:native:native" \
	'CLOSED LISTEN' \
	'SYN-SENT --> <SEQ=0><CTL=SYN> --> SYN-RECEIVED' \
	'ESTABLISHED <-- <SEQ=0><ACK=1><CTL=SYN,ACK> <-- SYN-RECEIVED' \
	'ESTABLISHED --> <SEQ=1><ACK=1><CTL=ACK> --> ESTABLISHED' \
	'ESTABLISHED --> <SEQ=1><ACK=1><CTL=PSH,ACK><LEN=100> --> ESTABLISHED' \
	'FIN-WAIT-1 --> <SEQ=101><ACK=1><CTL=FIN,ACK> --> CLOSE-WAIT' \
	'FIN-WAIT-2 <-- <SEQ=201><ACK=102><CTL=PSH,ACK><LEN=50> <-- CLOSE-WAIT' \
	'TIME-WAIT <-- <SEQ=251><ACK=102><CTL=FIN,ACK> <-- LAST-ACK' \
	'TIME-WAIT --> <SEQ=102><ACK=252><CTL=ACK> --> CLOSED'
# The kernel acknowledges a FIN late, with its own if it is closed soon: only XTCP does it at once.
plays four-way "4:ordinary:kernel 6:ordinary:ordinary 4:native:native" \
	'CLOSE-WAIT <-- <SEQ=1><ACK=1><CTL=FIN,ACK> <-- FIN-WAIT-1' \
	'CLOSE-WAIT --> <SEQ=1><ACK=2><CTL=ACK> --> FIN-WAIT-2' \
	'LAST-ACK --> <SEQ=1><ACK=2><CTL=FIN,ACK> --> TIME-WAIT' \
	'CLOSED <-- <SEQ=2><ACK=2><CTL=ACK> <-- TIME-WAIT'
plays fin-with-ack "4:ordinary:kernel 6:ordinary:kernel" \
	'TIME-WAIT <-- <SEQ=1><ACK=2><CTL=FIN,ACK> <-- LAST-ACK'
plays simultaneous "6:ordinary:kernel 4:kernel:ordinary 6:ordinary:ordinary 4:native:native" \
	'FIN-WAIT-1 --> <SEQ=1><ACK=1><CTL=FIN,ACK> ... ESTABLISHED' \
	'FIN-WAIT-1 ... <SEQ=1><ACK=1><CTL=FIN,ACK> --> CLOSING' \
	'CLOSING <-- <SEQ=1><ACK=1><CTL=FIN,ACK> ... CLOSING'

# With options, as text and picture and JSON.
options_shown()
{
	script half-close
	play_once 4 ordinary ordinary || return
	grep -F '<CTL=SYN><OPT=MSS 1460,SACK,TS,WS 7>' "$scratch/ladder" || return
	ladder --svg "$scratch/ladder.svg" >/dev/null && ladder -j >"$scratch/json" || return
	grep -F 'MSS 1460, SACK, TS, WS 7' "$scratch/ladder.svg" || return
	# The members of one segment's.
	says "JSON" "[1460, True, 7]" "$(json '
s = next(r for r in d["connections"][0]["rows"] if "SYN" in r.get("flags", []))
print([s["options"][m] for m in ("mss", "sack_permitted", "window_scale")])' "$scratch/json")"
}

# Segments that leave, and states, are as many in the picture as in the text.
picture_agrees()
{
	python3 -IS - "$scratch/ladder.svg" >"$scratch/drawn" <<-'PYTHON' || return
		import sys
		import xml.etree.ElementTree as xml
		classes = [e.get("class", "").split() for e in xml.parse(sys.argv[1]).iter()]
		for kind in "segment", "again", "state", "cross":
		    print(kind, sum(kind in c for c in classes))
	PYTHON
	says "picture" "segment $(grep -cE '^.{15} -->|<--  ' "$scratch/ladder")
again $(grep -c '(again)' "$scratch/ladder")
state $(($(column_states left | wc -w) + $(column_states right | wc -w)))
cross $(grep -cE -- '--X|X--' "$scratch/ladder")" "$(<"$scratch/drawn")"
}

# captured NAME IP: the ladder has what the wire had, segment for segment.
captured()
{
	local said line status=0

	exec {said}< <(exec nsenter --net="$netns_dir/$left" tcpdump -Z root -U -n -i right \
		-w "$scratch/packets" "ip${2/4/} proto 6" 2>&1)
	local tcpdump=$!

	while read -r line <&"$said"; do
		[[ $line != *"listening on"* ]] || break
	done
	play "$1" "$2" ordinary ordinary || status=1
	ladder -j >"$scratch/json" || status=1
	busywait "$BUSYWAIT_TIMEOUT" same_segments >/dev/null || { same_segments; status=1; }
	kill "$tcpdump"
	wait "$tcpdump" 2>/dev/null
	exec {said}<&-
	return $status
}

same_segments()
{
	python3 -IS "$here/lib/conversation.py" ladder "$scratch/json" >"$scratch/from_ladder" || return
	[[ -s $scratch/from_ladder ]] &&
		python3 -IS "$here/lib/conversation.py" capture "$scratch/packets" |
			diff - "$scratch/from_ladder"
}

# The first segment with data, and no second one.
drop_first()
{
	in_right nft -f - <<-NFT
		table inet loss {
			chain input {
				type filter hook input priority 0
				meta l4proto tcp meta length > 120 \
					limit rate 1/hour burst 1 packets drop
			}
		}
	NFT
}

lossy()
{
	local status=0

	script lossy
	drop_first || return
	play_once "$1" ordinary ordinary || status=1
	in_right nft delete table inet loss
	ladder --svg "$scratch/ladder.svg" >/dev/null || status=1
	ladder -j >"$scratch/json" || status=1
	return $status
}

told_as_lost()
{
	says "lost, again" "[(1, 100)] [(1, 100)]" "$(json '
rows = d["connections"][0]["rows"]
print(*([(r["seq"], r["len"]) for r in rows if r.get(what)] for what in ("lost", "again")))' \
		"$scratch/json")"
}

check "options" options_shown
check "the picture agrees with the text" picture_agrees
if type -P tcpdump >/dev/null; then
	for ip in 4 6; do
		for name in half-close four-way; do
			check "IPv$ip, $name: what tcpdump captures" captured $name $ip
		done
	done
else
	skip "what tcpdump captures" "no tcpdump"
fi
sent="<SEQ=1><ACK=1><CTL=PSH,ACK><LEN=100>"
if type -P nft >/dev/null; then
	for ip in 4 6; do
		check "IPv$ip, a loss" lossy $ip
		check "IPv$ip, a loss: marked, and sent again" shows \
			"ESTABLISHED --> $sent --X ESTABLISHED" \
			"ESTABLISHED --> $sent (again) --> ESTABLISHED"
		check "IPv$ip, a loss: in JSON" told_as_lost
		check "IPv$ip, a loss: in the picture" picture_agrees
		check "IPv$ip, a loss: not too wide" narrow
	done
else
	skip "a loss" "no nft"
fi

# What README shows is what is drawn today, but for addresses, options and waits.
drawn_parts()
{
	sed '1,/^$/d; /^ *:/d' "$1" | bare
}

figure_is_fresh()
{
	figure "$1" &&
		diff <(drawn_parts "$XTCP_TOOLS/figures/$1.txt") <(drawn_parts "$scratch/ladder")
}

# The picture was made with the text.
figure_has_picture()
{
	cp "$XTCP_TOOLS/figures/$1.svg" "$scratch/ladder.svg" &&
		cp "$XTCP_TOOLS/figures/$1.txt" "$scratch/ladder" && picture_agrees
}

readme_has()
{
	sed -n '/^<!-- handshake -->$/,/^<!-- end of handshake -->$/p' "$XTCP_TOOLS/../README.md" |
		sed '1,2d' | head -n -2 | diff - "$XTCP_TOOLS/figures/handshake.txt"
}

for name in $figures; do
	check "figure $name: is fresh" figure_is_fresh "$name"
	check "figure $name: its picture" figure_has_picture "$name"
done
if [[ -e $XTCP_TOOLS/../README.md ]]; then
	check "README has the first as text" readme_has
else
	skip "README has the first as text" "no README"
fi

# event WHAT FROM REST [TIME]: a line of trace; FROM is 1 or 2.
event()
{
	local ends="local=[::ffff:192.0.2.1]:1000 remote=[2001:db8::2]:2000"

	[[ $2 == 1 ]] || ends="local=[2001:db8::2]:2000 remote=[::ffff:192.0.2.1]:1000"
	echo "  duet-1  [000] ..s1.  ${4:-1.5}: xtcp_$1: netns=1 $ends carrier=tcp $3"
}

{
	event state 1 "oldstate=CLOSED newstate=SYN_SENT"
	event send 1 "state=SYN_SENT flags=SYN seq=4294967295 ack=0 len=0"
	event send 1 "state=SYN_SENT flags=SYN seq=4294967295 ack=0 len=0" 2.5
	event receive 2 "state=LISTEN flags=SYN seq=4294967295 ack=0 len=0" 2.5
	event send 2 "state=CLOSED flags=RST|ACK seq=0 ack=0 len=0" 2.5
	event receive 1 "state=SYN_SENT flags=RST|ACK seq=0 ack=0 len=0" 2.5
	event state 1 "oldstate=SYN_SENT newstate=CLOSED" 2.5
	echo "  a line of something else"
} >"$scratch/trace"

written()
{
	"$tool" ladder -r - "$@" <"$scratch/trace" >"$scratch/ladder" &&
		diff <(tr -s ' ' <"$scratch/ladder" | sed 's/^ //') "$scratch/written"
}

cat >"$scratch/written" <<'END'
XTCP XTCP
192.0.2.1:1000 [2001:db8::2]:2000

CLOSED
SYN-SENT --> <SEQ=0><CTL=SYN> --X
: 1.0 s later
SYN-SENT --> <SEQ=0><CTL=SYN> (again) -->
CLOSED <-- <SEQ=0><ACK=1><CTL=RST,ACK> <--
END
check "a lost SYN, a wrap and a refusal" written
check "of the connection to that port" written dport = 2000 and src 192.0.2.1
check "of the connection from that port" written sport = 2000
check "not of another" fails 1 "xtcp: there was no such connection" 1 \
	"$tool" ladder -r "$scratch/trace" dport = 3000
finish

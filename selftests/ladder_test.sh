#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# tools/xtcp-ladder draws what happened: both closes and more between XTCP and the kernel's TCP, and
# traces that are written down here.

. "$(dirname "$0")/lib/lib.sh"
. "$(dirname "$0")/lib/ladder.sh"

ktap_print_header
require_module
[[ -x $ladder_tool ]] || skip_all "no xtcp-ladder"
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
	'ESTABLISHED <-- <SEQ=0><ACK=1><CTL=SYN,ACK> <--' \
	'--> <SEQ=1><ACK=1><CTL=ACK> --> ESTABLISHED' \
	'--> <SEQ=1><ACK=1><CTL=PSH,ACK><LEN=100> -->' \
	'FIN-WAIT-1 --> <SEQ=101><ACK=1><CTL=FIN,ACK> --> CLOSE-WAIT' \
	'<-- <SEQ=201><ACK=102><CTL=PSH,ACK><LEN=50> <--' \
	'TIME-WAIT <-- <SEQ=251><ACK=102><CTL=FIN,ACK> <-- LAST-ACK' \
	'--> <SEQ=102><ACK=252><CTL=ACK> --> CLOSED'
# The kernel acknowledges a FIN late, with its own if it is closed soon: only XTCP does it at once.
plays four-way "4:ordinary:kernel 6:ordinary:ordinary 4:native:native" \
	'CLOSE-WAIT <-- <SEQ=1><ACK=1><CTL=FIN,ACK> <-- FIN-WAIT-1' \
	'--> <SEQ=1><ACK=2><CTL=ACK> --> FIN-WAIT-2' \
	'LAST-ACK --> <SEQ=1><ACK=2><CTL=FIN,ACK> --> TIME-WAIT' \
	'CLOSED <-- <SEQ=2><ACK=2><CTL=ACK> <--'
plays fin-with-ack "4:ordinary:kernel 6:ordinary:kernel" \
	'TIME-WAIT <-- <SEQ=1><ACK=2><CTL=FIN,ACK> <-- LAST-ACK'
plays simultaneous "6:ordinary:kernel 4:kernel:ordinary 6:ordinary:ordinary 4:native:native" \
	'FIN-WAIT-1 --> <SEQ=1><ACK=1><CTL=FIN,ACK> ...' \
	'... <SEQ=1><ACK=1><CTL=FIN,ACK> --> CLOSING' \
	'CLOSING <-- <SEQ=1><ACK=1><CTL=FIN,ACK> ...'

# event WHAT FROM REST: a line of trace; FROM is 1 or 2.
event()
{
	local here='[::ffff:192.0.2.1]:1000' there='[2001:db8::2]:2000'

	[[ $2 == 1 ]] || { local t=$here; here=$there; there=$t; }
	echo "  duet-1  [000] ..s1.  1.5: xtcp_$1: netns=1 local=$here remote=$there carrier=tcp $3"
}

written()
{
	{
		event state 1 "oldstate=CLOSED newstate=SYN_SENT"
		event send 1 "state=SYN_SENT flags=SYN seq=4294967295 ack=0 len=0"
		event send 1 "state=SYN_SENT flags=SYN seq=4294967295 ack=0 len=0"
		event receive 2 "state=LISTEN flags=SYN seq=4294967295 ack=0 len=0"
		event send 2 "state=CLOSED flags=RST|ACK seq=0 ack=0 len=0"
		event receive 1 "state=SYN_SENT flags=RST|ACK seq=0 ack=0 len=0"
		event state 1 "oldstate=SYN_SENT newstate=CLOSED"
		echo "  a line of something else"
	} | "$ladder_tool" "$@" >"$scratch/ladder"
	diff <(tr -s ' ' <"$scratch/ladder" | sed 's/^ //') "$scratch/written"
}

cat >"$scratch/written" <<'END'
XTCP XTCP
192.0.2.1:1000 [2001:db8::2]:2000

CLOSED
SYN-SENT --> <SEQ=0><CTL=SYN> -->
--> <SEQ=0><CTL=SYN> ...
CLOSED <-- <SEQ=0><ACK=1><CTL=RST,ACK> <--
END
check "a lost SYN, a wrap and a refusal" written
check "of the connection with that port" written port=2000
check "not of another" eval '! written port=3000 2>&1'
finish

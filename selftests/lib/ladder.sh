# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2119,SC2120,SC2154
# Sourced after lib.sh, once there are two hosts: connections led step by step by duet, traced, and
# drawn by xtcp ladder.

tool=${XTCP_TOOLS:-$here/../tools}/xtcp
tracing=/sys/kernel/tracing
trace_dir=$tracing/instances/xtcp-ladder
# On the wire in either direction, where segments are to cross.
ladder_delay=200ms

# A trace buffer of its own disturbs nobody's.
trace_open()
{
	mkdir $trace_dir || return
	trap 'trace_close; clean_up' EXIT
	echo mono >$trace_dir/trace_clock &&
		echo 1 >$trace_dir/events/xtcp/enable &&
		echo 1 >$trace_dir/events/sock/inet_sock_set_state/enable
}

trace_close()
{
	echo 0 >$trace_dir/events/enable
	rmdir $trace_dir
}

# script NAME: sets steps, the states that each end is to show, whether the wire is slow, and which
# part of the trace is drawn, if not all: opening or closing. All begin with the handshake.
script()
{
	local opened="CLOSED SYN-SENT ESTABLISHED" accepted="LISTEN SYN-RECEIVED ESTABLISHED"

	slow=
	part=
	case $1 in
	handshake)
		part=opening
		steps=(left:close right:end right:close)
		left_states=$opened
		right_states=$accepted
		;;
	close-four-way)
		part=closing
		steps=(left:close right:end right:close)
		left_states="ESTABLISHED FIN-WAIT-1 FIN-WAIT-2 TIME-WAIT"
		right_states="ESTABLISHED CLOSE-WAIT LAST-ACK CLOSED"
		;;
	close-three-way)
		script fin-with-ack
		part=closing
		left_states=${left_states#CLOSED SYN-SENT }
		right_states=${right_states#LISTEN SYN-RECEIVED }
		;;
	close-simultaneous)
		script simultaneous
		part=closing
		left_states=${left_states#CLOSED SYN-SENT }
		right_states=${right_states#LISTEN SYN-RECEIVED }
		;;
	half-close)
		steps=(left:send=100 right:take=100 left:shut right:end right:send=200
			left:take=200 right:send=50 left:take=50 right:close left:end left:close)
		left_states="$opened FIN-WAIT-1 FIN-WAIT-2 TIME-WAIT"
		right_states="$accepted CLOSE-WAIT LAST-ACK CLOSED"
		;;
	lossy)
		steps=(left:send=100 right:take=100 left:close right:end right:close)
		left_states="$opened FIN-WAIT-1 FIN-WAIT-2 TIME-WAIT"
		right_states="$accepted CLOSE-WAIT LAST-ACK CLOSED"
		;;
	four-way)
		steps=(right:close left:end left:close)
		left_states="$opened CLOSE-WAIT LAST-ACK CLOSED"
		right_states="$accepted FIN-WAIT-1 FIN-WAIT-2 TIME-WAIT"
		;;
	simultaneous)
		slow=yes
		steps=(left:close right:close)
		left_states="$opened FIN-WAIT-1 CLOSING TIME-WAIT"
		right_states="$accepted FIN-WAIT-1 CLOSING TIME-WAIT"
		;;
	fin-with-ack)
		steps=(left:shut right:close left:end left:close)
		left_states="$opened FIN-WAIT-1 TIME-WAIT"
		right_states="$accepted CLOSE-WAIT LAST-ACK CLOSED"
		;;
	esac
}

wire_slow()
{
	tc -n "$left" qdisc add dev right root netem delay $ladder_delay
	tc -n "$right" qdisc add dev left root netem delay $ladder_delay
}

wire_fast()
{
	tc -n "$left" qdisc del dev right root
	tc -n "$right" qdisc del dev left root
}

# The states in that column of the ladder, in their order, each once.
column_states()
{
	awk -v want="$1" '
		!NF { body = 1; next }
		!body { next }
		!right { right = length($0) - length($NF) + 1 }
		want == "left" { state = substr($0, 3, 12) }
		want == "right" { state = substr($0, right) }
		{ gsub(/ /, "", state) }
		state && state != last { print last = state }' "$scratch/ladder" | xargs
}

# traced: the part that is to be drawn; the handshake is over when both ends think so.
traced()
{
	case $part in
	opening)
		awk '{ print } / newstate=(TCP_)?ESTABLISHED/ && ++n == 2 { exit }' "$trace_dir/trace"
		;;
	closing)
		awk 'n == 2; / newstate=(TCP_)?ESTABLISHED/ { n++ }' "$trace_dir/trace"
		;;
	*)
		cat "$trace_dir/trace"
		;;
	esac
}

# ladder OPTION...: of the last connection.
ladder()
{
	traced | "$tool" ladder "$@" -r - "sport = $next_port or dport = $next_port"
}

# draw: the last connection, into $scratch/ladder. True if both ends went the way they should.
draw()
{
	ladder >"$scratch/ladder" || return
	[[ $(column_states left) == "$left_states" &&
		$(column_states right) == "$right_states" ]]
}

play_once()
{
	local ip=$1 status=0

	((next_port++))
	: >"$scratch/ladder"
	echo >$trace_dir/trace
	[[ ! $slow ]] || wire_slow
	"$bin/duet" "-$ip" -p "$next_port" -l "$left:$2" -r "$right:$3" "${steps[@]}" &&
		busywait "$BUSYWAIT_TIMEOUT" draw || status=1
	[[ ! $slow ]] || wire_fast
	return $status
}

# play NAME IP LEFT RIGHT: a connection, drawn into $scratch/ladder; its ends are kinds that duet
# knows. Where it is a matter of being soon enough, the machine gets a second and a third chance.
play()
{
	local tries=1

	script "$1"
	[[ $1 != *simultaneous && $1 != fin-with-ack && $1 != close-three-way ]] || tries=3
	while ! play_once "${@:2}"; do
		((--tries)) && continue
		cat "$scratch/ladder"
		echo "should be: left $left_states"
		echo "          right $right_states"
		return 1
	done
}

# bare: without the space between columns, and the options.
bare()
{
	tr -s ' ' | sed 's/^ //; s/<OPT=[^>]*>//'
}

# shows ROW...: the ladder has them, however far apart its columns are, and whatever the options.
shows()
{
	local missing

	missing=$(printf '%s\n' "$@" | grep -vxFf <(bare <"$scratch/ladder")) || return 0
	cat "$scratch/ladder"
	printf 'should show:\n%s\n' "$missing"
	return 1
}

figures="handshake close-four-way close-three-way close-simultaneous"

# figure NAME: one of those of README, into $scratch/ladder. Its ports are the same each time.
figure()
{
	local ends="ordinary ordinary"

	[[ $1 != close-three-way ]] || ends="ordinary kernel"
	in_left sysctl -qw net.xtcp.port_range="40000 40000"
	ladder_delay=60ms
	# shellcheck disable=SC2086
	play "$1" 4 $ends
}

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# xtcp ladder while connections are made: of a command, and of no other; until it is interrupted;
# how it ends, and what it says when something is wrong.

. "$(dirname "$0")/lib/lib.sh"
. "$(dirname "$0")/lib/tool.sh"

ktap_print_header
require_module
[[ -x $tool ]] || skip_all "no xtcp: libnl-genl was not there when it was to be built"
tracing=/sys/kernel/tracing
[[ -d $tracing/instances ]] || skip_all "no trace instances"
two_hosts

# connection PORT [KIND]: made and closed; as words of a command.
connection()
{
	echo "$bin/duet -4 -p $1 -l $left:${2:-ordinary} -r $right:ordinary" \
		"left:send=100 right:take=100 left:close right:end right:close"
}

connects()
{
	# shellcheck disable=SC2046
	eval $(connection "$@")
}

# ports FILE: those that were connected to, in the JSON there.
ports()
{
	json 'print(*(c["right"]["endpoint"].split(":")[-1] for c in d["connections"]))' "$1"
}

instances()
{
	find $tracing/instances -mindepth 1 -maxdepth 1 -name 'xtcp-*'
}

of_a_command()
{
	# shellcheck disable=SC2046
	"$tool" ladder -- $(connection 6000) >"$scratch/ladder" || return
	cat "$scratch/ladder"
	says "ladders" 1 "$(grep -c '192.0.2.1:.*192.0.2.2:6000$' "$scratch/ladder")" || return
	grep -E '^  FIN-WAIT-1 +--> <SEQ=101><ACK=1><CTL=(PSH,)?FIN,ACK> +--> +CLOSE-WAIT$' \
		"$scratch/ladder" || return
	# What comes after the command's end is in it as well.
	grep -E '<ACK=102>.* <-- +LAST-ACK$' "$scratch/ladder" &&
		says "instances" "" "$(instances)"
}

# While another makes one, too.
of_no_other()
{
	local pid command="touch $scratch/one; until [ -e $scratch/other ]; do sleep 0.1; done"

	"$tool" ladder -j -- sh -c "$(connection 6001); $command" >"$scratch/json" &
	pid=$!
	busywait $((WAIT_TIMEOUT * 1000)) test -e "$scratch/one" &&
		connects 6002 && touch "$scratch/other" && wait "$pid" &&
		says "ports" 6001 "$(ports "$scratch/json")"
}

# While it shows more than a pipe holds: what has been begun is finished first.
interrupted()
{
	local pid status i steps=

	for ((i = 0; i < 200; i++)); do
		steps+=" left:send=100 right:take=100"
	done
	mkfifo "$scratch/pipe" || return
	# shellcheck disable=SC2086
	"$tool" ladder -j -- "$bin/duet" -4 -p 6020 -l "$left:ordinary" -r "$right:ordinary" $steps \
		>"$scratch/pipe" &
	pid=$!
	{
		head -c 100
		kill -TERM "$pid"
		cat
	} <"$scratch/pipe" >"$scratch/json"
	wait "$pid"
	status=$?
	rm "$scratch/pipe"
	echo "$(stat -c %s "$scratch/json") bytes"
	(($(stat -c %s "$scratch/json") > 70000)) && says "status" 143 "$status" &&
		says "ports" 6020 "$(ports "$scratch/json")"
}

# One that the command listens for belongs to it, whoever connects.
of_its_listener()
{
	local pid

	"$tool" ladder -j -- nsenter --net="$netns_dir/$right" \
		"$bin/xfer" -4 -l -p 6003 -f ordinary -s 10 -r 20 >"$scratch/json" &
	pid=$!
	busywait "$BUSYWAIT_TIMEOUT" listens_at 6003 || return
	in_left "$bin/xfer" -4 -c 192.0.2.2 -p 6003 -f kernel -s 20 -r 10 || return
	wait "$pid" && says "ports" 6003 "$(ports "$scratch/json")" &&
		says "kinds" "kernel TCP XTCP" "$(json '
c = d["connections"][0]
print(c["left"]["kind"], c["right"]["kind"])' "$scratch/json")"
}

listens_at()
{
	sockets right | grep -q ":$(printf '%04X' "$1") .* 0A "
}

# Two of them, of which the filter leaves one.
filtered()
{
	local two

	two="$(connection 6004); $(connection 6005)"
	"$tool" ladder -j -- sh -c "$two" >"$scratch/json" &&
		says "ports of both" "6004 6005" "$(ports "$scratch/json")" || return
	two="$(connection 6006); $(connection 6007)"
	"$tool" ladder -j dport = :6007 and src 192.0.2.1 -- sh -c "$two" >"$scratch/json" &&
		says "ports of one" 6007 "$(ports "$scratch/json")"
}

pictures()
{
	local two

	two="$(connection 6008); $(connection 6009)"
	"$tool" ladder --svg "$scratch/a.svg" -- sh -c "$two" >"$scratch/ladder" || return
	grep -q '<title>.*:6008</title>' "$scratch/a.svg" &&
		grep -q '<title>.*:6009</title>' "$scratch/a-2.svg"
}

native()
{
	# shellcheck disable=SC2046
	"$tool" ladder -- "$bin/duet" -6 -p 6010 -l "$left:native" -r "$right:native" left:close \
		right:close >"$scratch/ladder" || return
	says "kinds" "XTCP, native carrier XTCP, native carrier" \
		"$(head -n 1 "$scratch/ladder" | xargs)"
}

# begins: a tracer that was started has its instance set up.
begins()
{
	[[ $(cat "$tracing/instances/xtcp-$1/events/xtcp/xtcp_receive/enable") == 1 ]]
}

until_interrupted()
{
	local pid

	"$tool" ladder dport = 6011 >"$scratch/ladder" &
	pid=$!
	busywait "$BUSYWAIT_TIMEOUT" begins "$pid" || return
	connects 6012 && connects 6011 || return
	kill -TERM "$pid"
	wait "$pid"
	says "status" 0 "$?" || return
	says "ladders" "192.0.2.2:6011" "$(grep -oE '192.0.2.2:[0-9]+' "$scratch/ladder")" &&
		says "instances" "" "$(instances)"
}

# It waits for nobody who reads.
until_closed()
{
	local pid

	"$tool" ladder 2>"$scratch/err" > >(exec sleep 0.5) &
	pid=$!
	wait "$pid" && says "standard error" "" "$(<"$scratch/err")" &&
		busywait "$BUSYWAIT_TIMEOUT" no_instances
}

no_instances()
{
	[[ -z $(instances) ]]
}

closed_pipe()
{
	local status

	# shellcheck disable=SC2046
	{
		"$tool" ladder -- $(connection 6013) 2>"$scratch/err"
		echo $? >"$scratch/status"
	} | true
	busywait "$BUSYWAIT_TIMEOUT" test -s "$scratch/status" || return
	says "status" 0 "$(<"$scratch/status")" && says "standard error" "" "$(<"$scratch/err")"
}

nobody()
{
	setpriv --reuid=65534 --clear-groups --inh-caps=+dac_read_search \
		--ambient-caps=+dac_read_search "$@"
}

usage="usage: xtcp ladder [--svg FILE] [-j] [-r FILE] [FILTER] [-- COMMAND [ARGUMENT...]]"
# wrongly WHAT ARGUMENT...: the usage is the second line.
wrongly()
{
	fails 2 "xtcp: $1" 2 "$tool" ladder "${@:2}" && says "usage" "$usage" \
		"$(tail -n 1 "$scratch/err")"
}

check "of a command" of_a_command
check "of that command alone" of_no_other
check "of a command that listens" of_its_listener
check "or interrupted, its JSON is whole" interrupted
check "of a command, filtered" filtered
check "a picture of each" pictures
check "native carrier" native
check "until it is interrupted" until_interrupted
check "until nobody reads" until_closed
check "a closed pipe" closed_pipe

check "status of the command" fails 7 "xtcp: there was no such connection" 1 \
	"$tool" ladder -- sh -c 'exit 7'
# shellcheck disable=SC2016
check "status of a command that is killed" fails 143 "xtcp: there was no such connection" 1 \
	"$tool" ladder -- sh -c 'kill -TERM $$'
check "no such command" fails 127 "xtcp: /no/such/program: No such file or directory" 1 \
	"$tool" ladder -- /no/such/program
check "no program" fails 126 "xtcp: /: Permission denied" 1 "$tool" ladder -- /
check "no right" fails 1 "xtcp: only who may write to $tracing/instances may trace" 1 \
	nobody "$tool" ladder -- true
check "no such trace" fails 1 "xtcp: /no/such/file: No such file or directory" 1 \
	"$tool" ladder -r /no/such/file
check "an unknown word" wrongly "filter: no such word: sprot" sprot = 80
check "an interface" wrongly "filter: no such word: dev" dev = lo
check "half a filter" wrongly "filter: a port is missing at the end" sport =
check "an unknown option" wrongly "bad option: -x" -x
check "no command" wrongly "a command is missing" --
check "a trace and a command" wrongly "a command has a trace of its own" -r /dev/null -- true
check "nothing is left behind" no_instances
finish

# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154
# Sourced after lib.sh by the tests of tools/xtcp: listeners on the right, and SYNs for them from the
# left that say they come from 10.0.0.0/8 or 2001:db8:1::/64, where nobody answers.

tool=${XTCP_TOOLS:-$here/../tools}/xtcp

# SYN-ACKs reach the left, which is no router.
nobody_behind_left()
{
	ip_batch right <<-IP
		route add 10.0.0.0/8 via 192.0.2.1
		route add 2001:db8:1::/64 via 2001:db8::1
	IP
}

# listen IP KIND ADDRESS PORT BACKLOG: on the right; sets listener.
listen()
{
	local line fd

	exec {fd}< <(exec nsenter --net="$netns_dir/$right" "$bin/listener" "$@")
	listener=$!
	read -r line <&"$fd"
	[[ $line == ready ]] || { echo "$line"; return 1; }
}

listener_ends()
{
	kill "$listener"
	wait "$listener" 2>/dev/null
	return 0
}

# syns [OPTION...] FROM TO PORT
syns()
{
	in_left "$bin/syns" "$@"
}

tool_right()
{
	in_right "$tool" "$@"
}

# json PROGRAM FILE: the file has one JSON value, d, of which the Python program prints something.
json()
{
	python3 -IS -c "import json, sys; d = json.load(open(sys.argv[1])); $1" "$2"
}

# says WHAT EXPECTED GOT
says()
{
	[[ $3 == "$2" ]] || { printf '%s\nis %s\nnot %s\n' "$1" "$3" "$2"; return 1; }
}

# helps [COMMAND]
helps()
{
	"$tool" "$@" --help >"$scratch/shown" 2>"$scratch/err" || return
	says "standard error" "" "$(<"$scratch/err")" || return
	grep -q "^usage: xtcp ${1:-synq}" "$scratch/shown"
}

# manual_is_whole COMMAND...: every option that its --help names is in its manual page.
manual_is_whole()
{
	local command word page

	for command; do
		page=${tool%/*}/man/xtcp-$command.8
		for word in $("$tool" "$command" --help | grep -oE -- '--[a-z0-9-]+'); do
			grep -q -- "${word//-/\\\\-}" "$page" || { echo "$word"; return 1; }
		done
	done
}

# opened left|right ActiveOpens|PassiveOpens COUNT COMMAND...: the command opens so many there.
opened()
{
	local host=$1 name=$2 count=$3 before

	shift 3
	before=$(counter "$host" "$name")
	"$@" || return
	says "$name on the $host" "$count" "$(($(counter "$host" "$name") - before))"
}

# fails STATUS FIRST_LINE LINES COMMAND...: what is said is said on standard error alone.
fails()
{
	local status=$1 first=$2 lines=$3 got

	shift 3
	"$@" >"$scratch/out" 2>"$scratch/err"
	got=$?
	says "status" "$status" "$got" || { cat "$scratch/err"; return 1; }
	says "first line" "$first" "$(head -n 1 "$scratch/err")" || return
	says "lines" "$lines" "$(wc -l <"$scratch/err")" || return
	says "standard output" "" "$(<"$scratch/out")"
}

# listens PID: the tool has joined the events. In its number libnl has the PID below bit 22.
listens()
{
	awk -v pid="$1" '$2 == 16 && $3 % (2 ^ 22) == pid && $4 != "00000000" { found = 1 }
		END { exit !found }' "/proc/$1/net/netlink"
}

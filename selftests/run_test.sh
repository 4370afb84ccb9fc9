#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# xtcp run: programs that know nothing of XTCP, on its sockets, with the kernel's TCP as their peer; how
# they begin and end; which of their sockets are XTCP's.

. "$(dirname "$0")/lib/lib.sh"
. "$(dirname "$0")/lib/tool.sh"

ktap_print_header
require_module
[[ -x $tool ]] || skip_all "no xtcp: libnl-genl was not there when it was to be built"
two_hosts
sockets_py=$here/lib/sockets.py

# run HOST OPTION... -- PROGRAM: in the background, where it can be killed; sets program.
begin()
{
	local host=${!1} line fd

	shift
	exec {fd}< <(exec nsenter --net="$netns_dir/$host" "$@" 2>"$scratch/err" </dev/null)
	program=$!
	read -r line <&"$fd"
	[[ $line == ready* ]] || { echo "$line"; cat "$scratch/err"; return 1; }
}

end()
{
	kill "$program" && wait "$program"
	program=
	[[ -z $(supervisors) ]] || busywait "$BUSYWAIT_TIMEOUT" no_supervisor
}

supervisors()
{
	pgrep -fx "$tool run .*" -a
}

no_supervisor()
{
	[[ -z $(supervisors) ]]
}

# Programs' own words, and no more.
exits()
{
	"$tool" run "$@" >"$scratch/out" 2>"$scratch/err"
	status=$?
}

exit_codes()
{
	local status

	exits sh -c 'exit 7'
	says "status" 7 "$status" || return
	exits -- true
	says "status of true" 0 "$status" || return
	# shellcheck disable=SC2016
	exits sh -c 'kill -TERM $$'
	says "status of a signal" 143 "$status" || return
	says "standard error" "" "$(<"$scratch/err")"
}

wrong_use()
{
	fails 127 "xtcp: no/such: No such file or directory" 1 "$tool" run no/such || return
	fails 126 "xtcp: /dev/null: Permission denied" 1 "$tool" run /dev/null || return
	fails 2 "xtcp: a program is missing" 3 "$tool" run --native || return
	fails 2 "xtcp: bad option: --nonsense" 3 "$tool" run --nonsense true || return
	fails 2 "xtcp: bad option: --native=1" 3 "$tool" run --native=1 true || return
	fails 2 "xtcp: bad option: -x" 3 "$tool" run -x true || return
	fails 2 "xtcp: --only connect or listen, not both" 3 "$tool" run --only both true || return
	for range in 0 0-9 9-8 65536 1-65536 -1 1- 1-2-3 one 18446744073709551617; do
		fails 2 "xtcp: bad range of ports: $range" 3 \
			"$tool" run --ports="$range" true || return
	done
}

supervised_twice()
{
	fails 125 "xtcp: a supervisor watches this process already: try --preload" 1 \
		"$tool" run "$tool" run true
}

# As a kernel refuses that has no such thing, or where nobody may.
not_supervised()
{
	local number status

	# EPERM, EACCES; EINVAL, ENOSYS.
	for number in 1 13; do
		fails 125 "xtcp: no right to install a seccomp filter: try --preload" 1 \
			"$bin/refuse" $number "$tool" run true || return
	done
	for number in 22 38; do
		fails 125 "xtcp: the kernel has no seccomp user notification (Linux 6.0): try --preload" 1 \
			"$bin/refuse" $number "$tool" run true || return
	done
	exits "$bin/refuse" 1 "$tool" run --preload true
	says "status without a supervisor" 0 "$status"
}

# The shell's child is the program itself: its number, its parent, its signals.
is_the_program()
{
	local pid parent

	# shellcheck disable=SC2016
	"$tool" run sh -c 'echo $$ $PPID; exec sleep 1000' >"$scratch/out" &
	program=$!
	busywait "$BUSYWAIT_TIMEOUT" test -s "$scratch/out"
	read -r pid parent <"$scratch/out"
	says "number" "$program" "$pid" && says "parent" "$BASHPID" "$parent" || return
	kill -INT "$program"
	kill "$program"
	wait "$program"
	says "status" 143 $? || return
	busywait "$BUSYWAIT_TIMEOUT" no_supervisor
}

# A daemon's sockets are XTCP's after its parent has gone.
outlives_its_parent()
{
	# shellcheck disable=SC2016
	in_right "$tool" run sh -c 'trap "" HUP; (sleep 0.5; exec "$@") >"$0" 2>&1 & exit 3' \
		"$scratch/daemon" python3 -IS "$sockets_py" serve 192.0.2.2 7100
	says "status" 3 $? || return
	busywait "$BUSYWAIT_TIMEOUT" grep -q ready "$scratch/daemon" || return
	opened right PassiveOpens 3 in_left python3 -IS "$sockets_py" ask 192.0.2.2 7100 3 || return
	pkill -f "$sockets_py serve"
	busywait "$BUSYWAIT_TIMEOUT" no_supervisor
}

# What a program sees is what it sees of the kernel's TCP.
sees_the_same()
{
	in_left python3 -IS "$sockets_py" describe >"$scratch/kernel" || return
	opened left ActiveOpens 2 in_left "$tool" run "$@" python3 -IS "$sockets_py" describe \
		>"$scratch/xtcp" || return
	diff "$scratch/kernel" "$scratch/xtcp"
}

# serves ADDRESS [OPTION...]
serves()
{
	local address=$1

	shift
	((next_port++))
	begin right "$tool" run "$@" python3 -IS "$sockets_py" serve "$address" "$next_port" || return
	opened right PassiveOpens 15 in_left python3 -IS "$sockets_py" ask "$address" "$next_port" 15
	status=$?
	end
	return $status
}

# asks ADDRESS [OPTION...]
asks()
{
	local address=$1

	shift
	((next_port++))
	begin right python3 -IS "$sockets_py" serve "$address" "$next_port" || return
	opened left ActiveOpens 15 in_left "$tool" run "$@" python3 -IS "$sockets_py" ask \
		"$address" "$next_port" 15
	status=$?
	kill "$program"
	return $status
}

both_native()
{
	((next_port++))
	begin right "$tool" run --native python3 -IS "$sockets_py" serve 2001:db8::2 "$next_port" ||
		return
	opened right PassiveOpens 20 in_left "$tool" run --native python3 -IS "$sockets_py" ask \
		2001:db8::2 "$next_port" 20
	status=$?
	end
	return $status
}

# chooses LISTENS CONNECTS OPTION...: whether the one socket, and the other, are XTCP's.
chooses()
{
	local listens=$1 connects=$2 opens line server

	shift 2
	begin right python3 -IS "$sockets_py" serve 192.0.2.2 7200 || return
	server=$program
	opens=$(counter left ActiveOpens)
	exec {line}<> <(:)
	exec {fd}< <(exec nsenter --net="$netns_dir/$left" "$tool" run "$@" python3 -IS "$sockets_py" \
		both 192.0.2.1 7201 192.0.2.2 7200 <&"$line" 2>"$scratch/err")
	program=$!
	read -r said <&"$fd"
	status=0
	says "program" "ready True 1 40000 False" "$said" || { cat "$scratch/err"; status=1; }
	says "listener" "$listens" "$(sockets left | awk '$4 == "0A"' | wc -l)" || status=1
	says "connection" "$connects" "$(($(counter left ActiveOpens) - opens))" || status=1
	echo >&"$line"
	wait "$program" || status=1
	kill "$server"
	return $status
}

# It is where the program is that the socket is, not where the supervisor is.
other_network()
{
	begin right python3 -IS "$sockets_py" serve 192.0.2.2 7300 || return
	opened left ActiveOpens 5 "$tool" run nsenter --net="$netns_dir/$left" \
		python3 -IS "$sockets_py" ask 192.0.2.2 7300 5
	status=$?
	kill "$program"
	return $status
}

# Nobody but root may install a filter for programs that could gain privileges: that is given up.
unprivileged()
{
	begin right python3 -IS "$sockets_py" serve 192.0.2.2 7400 || return
	opened left ActiveOpens 5 in_left setpriv --reuid 65534 --clear-groups "$tool" run \
		python3 -IS "$sockets_py" ask 192.0.2.2 7400 5
	status=$?
	kill "$program"
	return $status
}

owner()
{
	begin right "$tool" run setpriv --reuid 65534 --clear-groups python3 -IS "$sockets_py" \
		serve 192.0.2.2 7500 || return
	says "owner" 65534 "$(sockets right | awk '$4 == "0A" { print $8 }')"
	status=$?
	end
	return $status
}

leaves_alone()
{
	local said

	said=$(in_left "$tool" run -v python3 -IS -c 'import socket as s
for what in (s.AF_INET, s.SOCK_DGRAM), (s.AF_UNIX, s.SOCK_STREAM), (s.AF_NETLINK, s.SOCK_RAW), (
        s.AF_PACKET, s.SOCK_RAW), (s.AF_INET, s.SOCK_RAW, 1):
    s.socket(*what)' 2>&1)
	says "what is told" "" "$said"
}

tells()
{
	local said

	said=$(in_left "$tool" run -v python3 -IS -c 'import socket as s; s.socket(s.AF_INET6)' 2>&1)
	[[ $said == "xtcp: python3"*"]: an XTCP socket for one of IPv6" ]] || { echo "$said"; return 1; }
}

check "the program's exit is the command's" exit_codes
check "wrong use is told" wrong_use
check "a process has one supervisor" supervised_twice
check "or none, and it is said why" not_supervised
check "the process is the program's own" is_the_program
check "a daemon keeps its supervisor" outlives_its_parent
check "what a program sees" sees_the_same --strict
check "what a program sees, preloaded" sees_the_same --strict --preload
check "what a program sees, native" sees_the_same --strict --native
for address in 192.0.2.2 2001:db8::2; do
	check "serves $address" serves $address --strict
	check "serves $address, preloaded" serves $address --strict --preload
	check "asks $address" asks $address --strict
	check "asks $address, preloaded" asks $address --strict --preload
done
check "native at both ends" both_native
for preload in "" --preload; do
	check "all sockets $preload" chooses 1 1 --strict $preload
	check "only those that listen $preload" chooses 1 0 --strict $preload --only listen
	check "only those that connect $preload" chooses 0 1 --strict $preload --only connect
	check "only one port $preload" chooses 0 1 --strict $preload --ports 7200
	check "a range of ports $preload" chooses 1 0 --strict $preload --ports 7201-7300
	check "other ports $preload" chooses 0 0 --strict $preload --ports 1-7199
	check "two ports $preload" chooses 1 1 --strict $preload --ports 7200-7201
	check "one port, only to listen $preload" chooses 0 0 --strict $preload --ports 7200 --only listen
done
check "the program's network" other_network
check "without privileges" unprivileged
check "a socket's owner" owner
check "what is closed is gone" in_left "$tool" run --strict python3 -IS "$sockets_py" close 300
check "other sockets are left alone" leaves_alone
check "each socket is told of" tells
check "nothing is left" no_sockets_left
check "no supervisor is left" no_supervisor
finish

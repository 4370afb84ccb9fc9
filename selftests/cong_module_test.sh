#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A congestion control in a module of its own, tools/cong-example: it is there when it is loaded, it
# is what moves the window, who may not have it does not get it, and it stays as long as somebody
# uses it. Then connections on a path that loses, which go on by any algorithm after any other.

. "$(dirname "$0")/lib/lib.sh"
. "$here/lib/path.sh"

ktap_print_header
time_is_simulated || skip_all "time is not simulated (user-mode Linux, time-travel=inf-cpu)"
require_module
path_make

modprobe=$(</proc/sys/kernel/modprobe)

# Whatever becomes of the test, the next one finds what was there.
restore()
{
	echo "$modprobe" >/proc/sys/kernel/modprobe
	path_clean_up
	! is_loaded || busywait "$BUSYWAIT_TIMEOUT" unload
}
trap restore EXIT

# load [PARAMETER=VALUE...]
load()
{
	insmod "$XTCP_CONG_KO" "$@"
}

unload()
{
	rmmod xtcp_cong_aimd
}

unloads()
{
	busywait "$BUSYWAIT_TIMEOUT" unload && ! is_listed
}

is_loaded()
{
	[[ -d /sys/module/xtcp_cong_aimd ]]
}

is_listed()
{
	sysctl -n net.xtcp.available_congestion_control | grep -w aimd
}

refuses_to_load()
{
	! load "$@" 2>/dev/null && ! is_loaded && ! is_listed
}

set_default()
{
	in_left sysctl -w net.xtcp.congestion_control="$1"
}

# refused WHAT COMMAND...: and that says WHAT.
refused()
{
	! "${@:2}" >"$scratch/refused" 2>&1 && cat "$scratch/refused" &&
		grep -q "$1" "$scratch/refused"
}

# by_nobody COMMAND...: on the left host, by somebody without capabilities.
by_nobody()
{
	in_left setpriv --bounding-set=-all --inh-caps=-all "$@"
}

# client [OPTION...]: to nobody, once it has its options.
client()
{
	by_nobody "$bin/xfer" -c 203.0.113.2 -s 1 "$@"
}

# run NAME MILLISECONDS [OPTION...] FLOW...: its results are NAME's.
run()
{
	path_run "${@:2}" >"$scratch/$1.json"
}

# result NAME FIELD: of the first flow.
result()
{
	python3 -c 'import json, sys
print(json.load(open(sys.argv[1]))["run"]["flows"][0][sys.argv[2]])' "$scratch/$1.json" "$2"
}

# says WHAT WANT GOT
is()
{
	echo "$1: ${*:3} instead of $2"
	[[ "${*:3}" == "$2" ]]
}

# Much quicker than Reno, where what a round trip adds is what bounds it (2.4 to 3.5 times, by what
# is lost).
is_quick()
{
	local aimd reno

	aimd=$(result aimd bytes)
	reno=$(result reno bytes)
	echo "$aimd bytes instead of $reno"
	((2 * aimd > 3 * reno))
}

is_told()
{
	local losses

	losses=$(result aimd cc_info)
	echo "$losses losses, $(result aimd segs_retrans) segments sent again"
	((losses > 5 && losses <= $(result aimd segs_retrans)))
}

# While it is used, the module stays, and the connection does not notice.
stays()
{
	local pid

	run held 3000 -c aimd ordinary &
	pid=$!
	pause 1
	refused "in use" unload && wait "$pid" || return
	is "algorithm" aimd "$(result held congestion)" && (($(result held bytes) > 100000))
}

# Who asks for what is not there has it loaded, if he may load modules.
comes_when_called()
{
	cat >"$scratch/modprobe" <<-SH
		#!/bin/bash
		[[ \${!#} == xtcp-cong-aimd ]] && insmod "$XTCP_CONG_KO"
	SH
	chmod +x "$scratch/modprobe"
	echo "$scratch/modprobe" >/proc/sys/kernel/modprobe
	refused "No such file" client -g aimd && ! is_loaded || return
	run called 1000 -c aimd ordinary && is_loaded &&
		is "algorithm" aimd "$(result called congestion)"
}

# Each after each other.
all_pairs()
{
	local names a b

	read -ra names < <(sysctl -n net.xtcp.available_congestion_control)
	for a in "${names[@]}"; do
		for b in "${names[@]}"; do
			[[ $a == "$b" ]] || printf '%s,%s,' "$a" "$b"
		done
	done
}

# In each of the intervals something arrives, and little is sent in vain (2 to 5.2 %, one is lost).
goes_on()
{
	python3 - "$scratch/switched.json" <<-'PY'
		import json, sys
		flow = json.load(open(sys.argv[1]))["run"]["flows"][0]
		grown = [b - a for a, b in zip([0] + flow["samples"], flow["samples"])]
		print(grown, flow["bytes_retrans"], "of", flow["bytes_sent"])
		sys.exit(min(grown) < 10000 or flow["bytes_retrans"] * 10 > flow["bytes_sent"])
	PY
}

path_set 20000 40 1 0 100000 1

check "what makes no sense is not loaded" refuses_to_load grow=0
check "nor what leaves all after a loss" refuses_to_load keep=100

check "an aggressive one is loaded" load grow=1000 keep=50
check "it is listed" is_listed
check "it is not for everybody" refused "not permitted" client -g aimd
check "nor for a namespace" refused "not permitted" set_default aimd
check "what does not exist is another thing" refused "No such file" client -g nonesuch
check "it carries data" run aimd 10000 -c aimd ordinary
check "Reno does" run reno 10000 -c reno ordinary
check "it is what was asked for" is algorithm aimd "$(result aimd congestion)"
check "it is as quick as it is to be" is_quick
check "it tells of itself" is_told
check "it is unloaded" unloads

check "a fair one is loaded" load
check "it is for everybody" refused "Connection refused" client -g aimd
check "it stays while a connection uses it" stays
check "it is for a namespace" set_default aimd
check "connections begin with it" run default 2000 ordinary
check "they do" is algorithm aimd "$(result default congestion)"
check "it stays while it is a namespace's" refused "in use" unload
check "the namespace has another" set_default cubic
check "it is unloaded after that" unloads

check "it comes when it is called" comes_when_called
pairs=$(all_pairs)
for kind in ordinary native; do
	path_set 20000 40 1 0 100000 2
	check "$kind: each after each other" run switched 14400 -i 300 -c "${pairs%,}" $kind
	check "$kind: the connection goes on" goes_on
done
check "it is unloaded after all" unloads
check "no socket is left" no_sockets_left
finish

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The module comes and goes: not while a socket lives, whole or not at all, and without a trace.

. "$(dirname "$0")/lib/lib.sh"

ktap_print_header
require_module
patience=$((1000 * 20 * XTCP_TIMEOUT_SCALE))
steps=$(</sys/module/xtcp/parameters/steps)
net_steps=$(</sys/module/xtcp/parameters/net_steps)
af=$(</sys/module/xtcp/parameters/family)

# Whatever becomes of the test, the next one finds the module as it was.
restore()
{
	clean_up
	if module_loaded; then
		echo 0 >/sys/module/xtcp/parameters/fail_net_step
	else
		insmod "$XTCP_KO"
	fi
}
trap restore EXIT

unload()
{
	rmmod xtcp 2>/dev/null
}

# Sockets are freed by RCU, and namespaces die some time after their last user.
unload_by_and_by()
{
	! module_loaded || busywait "$patience" unload || { grep '^xtcp ' /proc/modules; return 1; }
}

refused()
{
	! unload && module_loaded
}

log_mark()
{
	mark="load_test: $((++marks))"
	echo "$mark" >/dev/kmsg
}

# By syslog(2), which gives all at once; otherwise each line is a call of its own.
logged()
{
	dmesg -S | awk -v mark="$mark" -v want="$1" 'index($0, mark) { on = 1; next }
		on && index($0, want) { found = 1 } END { exit !found }' && return
	echo "the kernel log does not say: $1"
	return 1
}

# The native carrier's handlers leave no trace one could see: those who come next would be refused.
traces()
{
	local place file

	for place in /sys/module/xtcp '/proc/net/xtcp*' /proc/sys/net/xtcp \
		/sys/kernel/tracing/events/xtcp; do
		compgen -G "$place"
	done
	for file in /proc/slabinfo /proc/net/protocols /proc/modules; do
		[[ $(<$file) != *[Xx][Tt][Cc][Pp]* ]] || echo "$file names it"
	done
	[[ $("$bin/hold" socket "$af" 6) == EAFNOSUPPORT ]] || echo "the family is still there"
	! genl ctrl get name xtcp >/dev/null 2>&1 || echo "the netlink family is still there"
}

nothing_left()
{
	local found

	found=$(traces)
	[[ -z $found ]] || { echo "left: $found"; return 1; }
}

# They are very many to look through; once is enough.
no_symbol_left()
{
	! grep -w '\[xtcp\]' /proc/kallsyms
}

works()
{
	local said

	said=$("$bin/hold" connection "${1:-$af}" "${2:-6}")
	[[ $said == ok ]] || { echo "$said"; return 1; }
}

load()
{
	insmod "$XTCP_KO" "$@" 2>"$scratch/insmod"
}

# fails_to_load REASON LOG PARAMETER...
fails_to_load()
{
	local reason=$1 log=$2

	shift 2
	unload_by_and_by || return
	log_mark
	! load "$@" || { echo "it loads"; return 1; }
	grep -q "$reason" "$scratch/insmod" || { cat "$scratch/insmod"; return 1; }
	logged "$log" && nothing_left
}

step_fails()
{
	fails_to_load "Cannot allocate memory" "$@"
}

loads()
{
	load && works
}

# hold_start OPTION... STATE: in a namespace of its own, which lives as long as stage0, the end of a
# link into it.
hold_start()
{
	local line

	coproc HOLD { exec "$bin/hold" "$@"; }
	holder=$HOLD_PID
	read -r line <&"${HOLD[0]}"
	[[ $line == ready ]] || { echo "$line"; return 1; }
	ip link add stage0 type veth peer name stage1 netns "$holder"
}

# It resets what it had, and goes.
hold_end()
{
	eval "exec ${HOLD[1]}>&-"
	wait "$holder"
}

hold_kill()
{
	kill -KILL "$holder"
	wait "$holder" 2>/dev/null
	return 0
}

namespace_gone()
{
	[[ ! -e /sys/class/net/stage0 ]]
}

namespace_ends()
{
	busywait "$patience" namespace_gone || { echo "the namespace is still there"; return 1; }
}

module_ready()
{
	module_loaded || load || { cat "$scratch/insmod"; return 1; }
}

refused_while()
{
	module_ready && hold_start "$@" || return
	refused || { hold_end; echo "unloaded in spite of it"; return 1; }
	hold_end && namespace_ends
}

unloads_with_time_wait()
{
	module_ready && hold_start "$@" time-wait || return
	unload_by_and_by && nothing_left || return
	hold_end
	load && works && namespace_ends
}

# Its sockets are closed by its death, in whatever state, and become orphans that give up soon.
dies_with()
{
	module_ready && hold_start -q "$@" || return
	hold_kill
	namespace_ends
}

# The namespace is on its way out when the module goes.
unloads_beside()
{
	module_ready && hold_start -q "$@" || return
	hold_kill
	unload_by_and_by && nothing_left && namespace_ends
}

namespace_fails()
{
	module_ready || return
	log_mark
	echo "$1" >/sys/module/xtcp/parameters/fail_net_step
	! unshare --net true 2>"$scratch/unshare" || { echo "it does not fail"; return 1; }
	grep -q "Cannot allocate memory" "$scratch/unshare" || { cat "$scratch/unshare"; return 1; }
	logged "step $1 (namespace: " || return
	echo 0 >/sys/module/xtcp/parameters/fail_net_step
	unshare --net "$bin/hold" socket "$af" 6 | grep -qx ok && works
}

other_number()
{
	local family=$1 protocol=$2

	unload_by_and_by || return
	load "${@:3}" || { cat "$scratch/insmod"; return 1; }
	works "$family" 6 && works "$family" "$protocol" || return
	[[ $("$bin/hold" socket "$family" $((protocol - 1))) == EPROTONOSUPPORT ]] || return
	unload_by_and_by && nothing_left && load && works
}

# Segments of the kernel's own TCP pass where the hook was.
tcp_works()
{
	carry 4 kernel kernel 64k 64k && carry 6 kernel kernel 64k 64k
}

hook_comes_and_goes()
{
	two_hosts
	module_ready && carry 4 ordinary ordinary 64k 64k && tcp_works || return
	unload_by_and_by && nothing_left && tcp_works || return
	load && tcp_works && carry 6 ordinary ordinary 64k 64k
}

check "it unloads" unload_by_and_by
check "without a trace" nothing_left
check "without a symbol" no_symbol_left
check "and loads again" load
for state in bound listening half-open waiting syn-sent established orphan; do
	check "not while a socket is there: $state" refused_while "$state"
	check "not while a socket is there: $state, native, IPv6" refused_while -n -6 "$state"
done
check "when they are gone it unloads" unload_by_and_by
check "without a trace, too" nothing_left
check "TIME-WAIT does not keep it" unloads_with_time_wait
check "TIME-WAIT does not keep it: native, IPv6" unloads_with_time_wait -n -6
check "nothing of it is in the way of the kernel's TCP" hook_comes_and_goes

for ((step = 1; step <= steps; step++)); do
	check "step $step of loading fails" \
		step_fails "step $step (" "fail_step=$step"
done
for ((step = 1; step <= net_steps; step++)); do
	check "step $step of a namespace fails when loading" \
		step_fails "step $step (namespace: " "fail_net_step=$step"
done
check "it loads as if it had not been tried" loads
for ((step = 1; step <= net_steps; step++)); do
	check "step $step of a namespace fails when it is made" namespace_fails "$step"
done
check "the step after the last one" other_number "$af" 253 "fail_step=$((steps + 1))"

for family in -1 46; do
	check "family=$family" fails_to_load "Invalid" "family=$family is not" "family=$family"
done
for family in 2 16; do
	check "family=$family, which is taken" fails_to_load "exists" "(family) failed" "family=$family"
done
for protocol in 0 6 255 262; do
	check "protocol=$protocol" \
		fails_to_load "Invalid" "protocol=$protocol is not" "protocol=$protocol"
done
check "protocol=1, which is taken" fails_to_load "busy" "(hook) failed" protocol=1
check "protocol=17, which is cut and joined by others" \
	fails_to_load "busy" "(offload) failed" protocol=17
check "it loads after all that" module_ready
check "protocol=254" other_number "$af" 254 protocol=254
check "family=12" other_number 12 253 family=12

for state in bound listening half-open waiting syn-sent established orphan time-wait; do
	check "a namespace ends: $state" dies_with "$state"
	check "a namespace ends as the module does: $state, native, IPv6" \
		unloads_beside -n -6 "$state"
done
check "all is as it was" module_ready
finish

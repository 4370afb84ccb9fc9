#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# tools/xtcp, when the module goes and while it is not there.

. "$(dirname "$0")/lib/lib.sh"
. "$(dirname "$0")/lib/tool.sh"

ktap_print_header
require_module
[[ -x $tool ]] || skip_all "no xtcp: libnl-genl was not there when it was to be built"

# Whatever becomes of the test, the next one finds the module.
restore()
{
	clean_up
	module_loaded || insmod "$XTCP_KO"
}
trap restore EXIT

unload()
{
	rmmod xtcp 2>/dev/null
}

told_of_the_end()
{
	local pid

	"$tool" events >"$scratch/out" 2>"$scratch/err" &
	pid=$!
	busywait "$BUSYWAIT_TIMEOUT" listens "$pid" || return
	busywait "$BUSYWAIT_TIMEOUT" unload || { grep '^xtcp ' /proc/modules; return 1; }
	wait "$pid"
	says "status" 1 "$?" || return
	says "standard error" "xtcp: the module has been unloaded" "$(<"$scratch/err")"
}

monitors()
{
	[[ $(cat "/sys/kernel/tracing/instances/xtcp-$1/events/xtcp/xtcp_flood/enable" 2>/dev/null) == 1 ]]
}

monitor_told_of_the_end()
{
	local pid

	"$tool" monitor >"$scratch/out" 2>"$scratch/err" &
	pid=$!
	busywait "$BUSYWAIT_TIMEOUT" monitors "$pid" || return
	busywait "$BUSYWAIT_TIMEOUT" unload || { grep '^xtcp ' /proc/modules; return 1; }
	wait "$pid"
	says "status" 1 "$?" || return
	says "standard error" "xtcp: the module has been unloaded" "$(<"$scratch/err")" || return
	[[ ! -e /sys/kernel/tracing/instances/xtcp-$pid ]]
}

# with_version FILE COMMAND...: as if the module's version were what is in the file, which stands in
# its place for the command.
with_version()
{
	# shellcheck disable=SC2016
	unshare --mount sh -c 'mount --bind "$1" /sys/module/xtcp/version && shift && exec "$@"' \
		sh "$@"
}

# The module is loaded, and is what it always was: it is the tool that is to look first.
other_version()
{
	local version said

	version=$(modinfo -F version "$XTCP_KO")
	said="xtcp: the module that is loaded is of another version:"
	echo "$version" >"$scratch/same"
	echo "$version.1" >"$scratch/later"
	: >"$scratch/none"
	with_version "$scratch/same" "$tool" "$@" >/dev/null || return
	fails 1 "$said $version.1, this program of $version" 1 \
		with_version "$scratch/later" "$tool" "$@" || return
	fails 1 "$said one without a number, this program of $version" 1 \
		with_version "$scratch/none" "$tool" "$@"
}

# Programs need no more of it than its sockets.
runs_on_other_version()
{
	says "output" "there" "$(with_version "$scratch/later" "$tool" run --strict echo there)"
}

loads()
{
	insmod "$XTCP_KO" && "$tool" synq >"$scratch/shown"
}

check "events end with the module" told_of_the_end
check "no module" fails 1 "xtcp: the kernel does not know XTCP: the module is not loaded" 1 \
	"$tool" synq
check "no module, events" fails 1 \
	"xtcp: the kernel does not know XTCP: the module is not loaded" 1 "$tool" events
for command in monitor stat; do
	check "no module, $command" fails 1 \
		"xtcp: the kernel does not know XTCP: the module is not loaded" 1 "$tool" $command
done
check "no module, a ladder" fails 1 \
	"xtcp: the kernel does not know XTCP: the module is not loaded" 1 "$tool" ladder -- true
check "no module, a plot" fails 1 \
	"xtcp: the kernel does not know XTCP: the module is not loaded" 1 "$tool" plot -j -- true
check "no module, a program runs on the kernel's TCP" \
	fails 7 "xtcp: the module is not loaded: sh uses the kernel's TCP" 1 "$tool" run sh -c 'exit 7'
check "no module, strict" fails 125 "xtcp: the module is not loaded: try \"modprobe xtcp\"" 1 \
	"$tool" run --strict sh -c 'exit 7'
check "the module again" loads
for command in synq "ss -a" stat "ladder -- true"; do
	# shellcheck disable=SC2086
	check "a module of another version, ${command%% *}" other_version $command
done
check "a module of another version, and its sockets" runs_on_other_version
check "what is monitored ends with the module" monitor_told_of_the_end
finish

# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Sourced in the guest: that the debug options are really on, and what they say at the end.

kmemleak=/sys/kernel/debug/kmemleak
# Taints that are no complaint: the module is from outside the tree (12), a test module ran (18).
taints_allowed=$((1 << 12 | 1 << 18))

lockdep_on()
{
	grep -qE '^ *debug_locks: +1$' /proc/lockdep_stats
}

kernel_has()
{
	zcat /proc/config.gz | grep -qx "$1=y"
}

# Built in, and started: user-mode Linux has it from its first instruction and says nothing.
kasan_on()
{
	kernel_has CONFIG_KASAN_GENERIC &&
		{ kernel_has CONFIG_UML || dmesg | grep -qi 'KernelAddressSanitizer initialized'; }
}

kmemleak_on()
{
	echo scan=off >$kmemleak
}

# claim TEST WHAT COMMAND...: a result that is the command's own.
claim()
{
	local test=$1 what=$2

	shift 2
	if "$@"; then
		tap_result ok "$test" "$what"
	else
		tap_result "not ok" "$test" "$what"
	fi
}

debug_assert()
{
	claim bed "KASAN is on" kasan_on
	claim bed "lockdep is on" lockdep_on
	claim bed "kmemleak is on" kmemleak_on
}

untainted()
{
	local taint

	taint=$(</proc/sys/kernel/tainted)
	((taint &= ~taints_allowed))
	((taint == 0)) || printf '# taint %#x\n' "$taint"
	((taint == 0))
}

# An object is reported when a scan has missed it and it is some seconds old; the second scan
# forgives what was just moving. Unregistered things are freed by RCU and by work: wait for those.
leak_free()
{
	sleep 6
	echo scan >$kmemleak
	sleep 1
	echo scan >$kmemleak
	cat $kmemleak >"$own/kmemleak.log"
	[[ ! -s $own/kmemleak.log ]] && return
	head -n 80 "$own/kmemleak.log" | sed 's/^/# | /'
	return 1
}

no_caches_left()
{
	! grep '^xtcp' /proc/slabinfo | sed 's/^/# | /' | grep .
}

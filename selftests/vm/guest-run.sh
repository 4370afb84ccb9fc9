#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# guest-run.sh [--debug] OWN TEST...: in the guest, runs each test of the current directory that no
# other guest has begun, watches the kernel log, and says what came out, one line a leaf. OWN is a
# directory for what is of the guest rather than of a test.
#
# Given to the tests: XTCP_KO, XTCP_KUNIT_KO, XTCP_CONG_KO (modules), XTCP_TOOLS, KSELFTESTS (the
# kernel's selftests), XTCP_RESULTS (a directory that outlives the guest), XTCP_SCALE ("debug" where
# the kernel is slow). The module is loaded when a test begins. "kunit" stands for the module's unit tests.
#
# Variants that LEAVE_OUT names are left out, and of a script that FIRST_CHECKS names as NAME:N all but
# its first N checks.

vm_dir=$(dirname "${BASH_SOURCE[0]}")
results=$XTCP_RESULTS
. "$vm_dir/settings.sh"
. "$vm_dir/tap.sh"
. "$vm_dir/guest-log.sh"
. "$vm_dir/guest-debug.sh"

debug=
if [[ $1 == --debug ]]; then
	debug=yes
	shift
fi
own=$1
shift
kernel_has CONFIG_KASAN && export XTCP_SCALE=${XTCP_SCALE:-debug}

test_group()
{
	echo "/sys/fs/cgroup/xtcp-$1"
}

module_load()
{
	[[ -d /sys/module/xtcp ]] || insmod "$XTCP_KO"
}

# Network namespaces die some time after their last user, and orphaned connections with them.
module_unload()
{
	local tries

	for ((tries = 0; tries < 60; tries++)); do
		[[ -d /sys/module/xtcp ]] || return 0
		timeout 120 rmmod xtcp 2>/dev/null || sleep 0.5
	done
	echo "# | $(grep '^xtcp ' /proc/modules)"
	return 1
}

# Whatever a test leaves running or mounted ends with it.
clean_up()
{
	local group

	group=$(test_group "$1")
	[[ ! -w $group/cgroup.kill ]] || echo 1 >"$group/cgroup.kill"
	dmesg -n 5
}

# variants_left_out TEST: as options of kselftest_harness.h.
variants_left_out()
{
	local name

	[[ $1 != *.sh ]] || return 0
	for name in ${LEAVE_OUT:-}; do
		printf '%s\n' -V "$name"
	done
}

# first_checks TEST
first_checks()
{
	local word

	for word in ${FIRST_CHECKS:-}; do
		[[ $word != "$1":* ]] || echo "${word##*:}"
	done
}

# In a session, a group and mounts of its own, within its time. Named network namespaces are mounts.
run_confined()
{
	local group options

	group=$(test_group "$1")
	mkdir -p "$group"
	mapfile -t options < <(variants_left_out "$1")
	(
		XTCP_FIRST_CHECKS=$(first_checks "$1")
		export XTCP_FIRST_CHECKS
		echo $BASHPID >"$group/cgroup.procs"
		# shellcheck disable=SC2016
		exec unshare --mount bash -c 'mount -t tmpfs netns /run/netns && exec "$@"' - \
			timeout -k 10 "$(setting timeout)" setsid --wait "./$1" "${options[@]}"
	) </dev/null 2>&1
}

# The unit tests run as their module loads, and leave their results in debugfs.
run_kunit()
{
	local suite

	[[ $XTCP_KUNIT_KO ]] || { echo "1..0 # SKIP no unit tests were built"; return 4; }
	insmod "$XTCP_KUNIT_KO" 2>&1 || return 1
	for suite in /sys/kernel/debug/kunit/*/; do
		cat "$suite/results"
	done
	rmmod xtcp_kunit
}

run_one()
{
	case $1 in
	kunit) run_kunit ;;
	*) run_confined "$1" ;;
	esac
}

# run_once TEST: its results, and what it said besides if something failed. Sets status.
run_once()
{
	local test=$1 log=$results/$1.log line

	tap_reset
	log_mark "$test"
	module_load || tap_result "not ok" "$test" "the module does not load"
	while IFS= read -r line; do
		if [[ $line == "# guest status "* ]]; then
			status=${line##* }
			break
		fi
		printf '%s\n' "$line" >&3
		tap_take_line "$test" "$line"
	done < <(run_one "$test"; printf '\n# guest status %d\n' $?) 3>"$log"
	tap_finish "$test" "$status"
	clean_up "$test"
	log_judge "$test" "$results/$test.kernel.log"
	((tap_failures == 0)) ||
		grep -vE '^(ok |# +(RUN|OK) )|^$' "$log" | tail -n 100 | sed 's/^/# | /'
}

# Whether what failed may have been the host, which did not let the machine run for a while: not if
# the kernel complained, and not if it took all the time it had.
worth_another_try()
{
	((tap_failures)) && [[ $status != 124 && $status != 137 ]] &&
		! grep -qsxF "$1" "$own/complaints"
}

# Who fails is run once more; who passes then has failed "once", which is told and counted.
run_test()
{
	local test=$1 status

	echo "# begin $test"
	run_once "$test" >"$own/told"
	if worth_another_try "$test"; then
		mv "$own/told" "$own/first"
		mv "$results/$test.log" "$results/$test.first.log"
		run_once "$test" >"$own/told"
		((tap_failures)) ||
			sed -n 's/^not ok - /# once /p; /^# | /p' "$own/first"
	fi
	cat "$own/told"
	echo "# end $test"
}

begin()
{
	dmesg -n 5
	echo "# begin bed"
	log_mark bed
	[[ ! $debug ]] || debug_assert
	claim bed "the module loads" module_load
	echo "# end bed"
}

finish()
{
	echo "# begin end"
	tap_reset
	log_mark end
	claim end "the module unloads" module_unload
	claim end "none of its slab caches is left" no_caches_left
	if [[ $debug ]]; then
		claim end "kmemleak finds nothing" leak_free
		claim end "lockdep is still on" lockdep_on
	fi
	claim end "the kernel is not tainted" untainted
	log_judge end "$own/end.kernel.log"
	claim end "the kernel log has no complaint" test ! -s "$own/complaints"
	dmesg >"$own/dmesg.log"
	echo "# end end"
}

# The long ones first, lest one be left at the end for which all wait.
in_order()
{
	local name long order

	long=$(setting long)
	for name; do
		order=1
		! is_in "$long" "$name" || order=0
		echo "$order $name"
	done | sort -sn -k 1,1 | cut -d ' ' -f 2
}

# Whether it is this guest that begins the test.
take_test()
{
	mkdir "$results/begun/$1" 2>/dev/null
}

begin
for test in $(in_order "$@"); do
	! take_test "$test" || run_test "$test"
done
finish

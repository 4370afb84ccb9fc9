#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# guest-run.sh [--debug] TEST...: in the guest, runs each test of the current directory, watches the
# kernel log, and says what came out, one line a leaf.
#
# Given to the tests: XTCP_KO, XTCP_KUNIT_KO (modules), XTCP_TOOLS, KSELFTESTS (the kernel's
# selftests), XTCP_RESULTS (a directory that outlives the guest). The module is loaded when a test
# begins. "kunit" among the tests stands for the module's unit tests.

vm_dir=$(dirname "${BASH_SOURCE[0]}")
results=$XTCP_RESULTS
. "$vm_dir/tap.sh"
. "$vm_dir/guest-log.sh"
. "$vm_dir/guest-debug.sh"

test_group=/sys/fs/cgroup/xtcp-test
log_complaints=0
debug=
if [[ $1 == --debug ]]; then
	debug=yes
	shift
fi

test_timeout()
{
	local settings

	settings=$(sed -n 's/^timeout=//p' settings 2>/dev/null)
	echo "${settings:-300}"
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

# Whatever a test leaves running or mounted is not the next one's.
clean_up()
{
	if [[ -w $test_group/cgroup.kill ]]; then
		echo 1 >$test_group/cgroup.kill
	fi
	ip -all netns delete 2>/dev/null
	dmesg -n 5
}

# What runs in a session and a group of its own, within its time.
run_confined()
{
	mkdir -p $test_group
	(
		echo $BASHPID >$test_group/cgroup.procs
		exec timeout -k 10 "$(test_timeout)" setsid --wait "$@"
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
	*) run_confined "./$1" ;;
	esac
}

# Results are passed on at once, all else only if something failed.
run_test()
{
	local test=$1 log=$results/$1.log line status began=$SECONDS

	echo "# begin $test"
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
	clean_up
	log_judge "$test" "$results/$test.kernel.log"
	((tap_failures == 0)) ||
		grep -vE '^(ok |# +(RUN|OK) )|^$' "$log" | tail -n 100 | sed 's/^/# | /'
	echo "# end $test $((SECONDS - began)) s"
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
	log_judge end "$results/end.kernel.log"
	claim end "the kernel log has no complaint" test $log_complaints = 0
	dmesg >"$results/dmesg.log"
	echo "# end end"
}

begin
for name; do
	run_test "$name"
done
finish

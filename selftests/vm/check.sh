#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# check.sh [--compile] [--test PATTERN] KERNEL...: runs the tests on each of the kernels (um, release,
# debug, or the path of an image or a build tree) and sums up. With --compile it begins with what
# must compile. Status 0: nothing failed.

. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
. "$vm_dir/kernel.sh"
. "$vm_dir/trees.sh"
. "$vm_dir/module.sh"
. "$vm_dir/tests.sh"
. "$vm_dir/boot.sh"

passed=0
failed=0
skipped=0
# What a boot may take with all its tests; each test has its own limit besides.
boot_seconds=2400

# result LINE: "ok - ..." or "not ok - ..." becomes a numbered line.
result()
{
	local what=${1#*- } number=$((passed + failed + skipped + 1))

	case $1 in
	not*)
		((++failed))
		printf 'not ok %d - %s\n' "$number" "$what"
		failures+=("$what")
		;;
	*\#\ SKIP*)
		((++skipped))
		printf 'ok %d - %s\n' "$number" "$what"
		;;
	*)
		((++passed))
		printf 'ok %d - %s\n' "$number" "$what"
		;;
	esac
}

# claim WHAT COMMAND...: a result that is the command's own; its output as comments.
claim()
{
	local what=$1 output

	shift
	if output=$("$@" 2>&1); then
		result "ok - $what"
		return 0
	fi
	result "not ok - $what"
	printf '%s\n' "$output" | sed 's/^/# | /'
	return 1
}

# write_job BED RESULTS TEST...
write_job()
{
	local flags=

	[[ $1 != um && $1 != debug ]] || flags=--debug
	{
		guest_exports "$1" "$2"
		printf 'LANES=%q exec %q %s %s\n' "${LANES:-}" "$vm_dir/guest-run.sh" "$flags" \
			"${*:3}"
	} >"$2/job.sh"
}

# What is over has not died, and needs no other machine.
forget()
{
	local name left=()

	for name in "${begun[@]}"; do
		[[ $name == "$1" ]] || left+=("$name")
	done
	begun=("${left[@]}")
	waiting=" $waiting "
	waiting=${waiting/" $1 "/ }
}

# Passes on a guest's results. Sets begun, the tests that were begun and did not end, and ended, if
# the guest did; takes from waiting the tests that are over.
read_guest()
{
	local bed=$1 line

	ended=
	begun=()
	while IFS= read -r line; do
		line=${line%$'\r'}
		case $line in
		"ok - "* | "not ok - "*)
			result "${line%%- *}- $bed: ${line#*- }"
			;;
		"# begin "*)
			begun+=("${line#"# begin "}")
			;;
		"# end "*)
			line=${line#"# end "}
			printf '# %s: %s\n' "$bed" "$line"
			forget "${line%% *}"
			;;
		"# guest: exit "*)
			ended=yes
			;;
		*)
			printf '%s\n' "$line"
			;;
		esac
	done
}

# One boot. If the machine dies, the test it was at has failed.
run_guest()
{
	local bed=$1 results=$2

	shift 2
	write_job "$bed" "$results" "$@"
	guest_start "$results" "$boot_seconds"
	read_guest "$bed" <&"$guest"
	exec {guest}<&-
	[[ ! $ended ]] || return 0
	result "not ok - $bed: ${begun[*]:-no test}: the machine died or hung"
	tail -n 60 "$results/console.log" | tr -d '\r' | sed 's/^/# | /'
}

# Until no test is waiting; a machine that died is followed by another, if it had got anywhere.
run_bed()
{
	local bed=${1##*/} results=$out/results/${1##*/} before name

	kernel_find "$1"
	shift
	waiting="$*"
	rm -rf "$results"
	mkdir -p "$results"
	claim "$bed: the module builds" module_build "$bed" "$kdir" || return 0
	while [[ $waiting =~ [^\ ] ]]; do
		before=$waiting
		# shellcheck disable=SC2086
		run_guest "$bed" "$results" $waiting
		[[ ! $ended ]] || break
		for name in "${begun[@]}"; do
			forget "$name"
		done
		[[ $waiting != "$before" ]] || break
	done
}

sum_up()
{
	local what

	echo "1..$((passed + failed + skipped))"
	for what in "${failures[@]}"; do
		echo "# failed: $what"
	done
	echo "kselftest: $passed passed, $failed failed, $skipped skipped"
	((failed == 0))
}

main()
{
	local pattern='*' compile='' tests bed

	while [[ ${1:-} == --* ]]; do
		case $1 in
		--compile) compile=yes ;;
		--test) pattern=$2; shift ;;
		esac
		shift
	done
	failures=()
	echo "TAP version 13"
	[[ ! $compile ]] || trees_check
	claim "the tests build" tests_build || :
	mapfile -t tests < <(tests_list "$pattern")
	((${#tests[@]})) || die "no test is named like $pattern"
	for bed; do
		with_lock "$out/results-${bed##*/}.lock" run_bed "$bed" "${tests[@]}"
	done
	sum_up
}

# On one line, so that an edit meanwhile does no harm.
main "$@"; exit

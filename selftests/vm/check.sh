#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# check.sh [--compile] [--share] [--extent EXTENT] [--test PATTERN] KERNEL...: runs the tests on each of
# the kernels (um, release, debug, or the path of an image or a build tree) and sums up. With --compile
# it begins with what must compile. With --share a kernel leaves to the others what settings says, and
# with --extent also what a run of that extent is not to take the time for. Of tests that XTCP_NO_SKIP
# has as a pattern, a SKIP is a failure. Status 0: nothing failed.

. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
. "$vm_dir/kernel.sh"
. "$vm_dir/trees.sh"
. "$vm_dir/module.sh"
. "$vm_dir/settings.sh"
. "$vm_dir/tests.sh"
. "$vm_dir/boot.sh"

passed=0
failed=0
skipped=0
failures=()
# Results that were bad once and good when their test was run again: of so many tests at most, on a
# machine whose clock goes on while the host lets it wait. More than that is no chance.
once=()
most_once=3
# What was said of them, so many lines at most: told again at the end, for a long log loses its middle.
details=()
most_details=200
# What a boot may take with all its tests; each test has its own limit besides.
boot_seconds=2400
# So many machines at most: whatever a test does, or waits for, it has one of them to itself.
most_guests=$((jobs < 4 ? jobs : 4))

# claim WHAT COMMAND...: a result that is the command's own; its output as comments.
claim()
{
	local what=$1 output

	shift
	if output=$("$@" 2>&1); then
		echo "ok - $what"
		return 0
	fi
	echo "not ok - $what"
	printf '%s\n' "$output" | sed 's/^/# | /'
	return 1
}

# tests_for BED TEST...: of these, those that it does not leave to others.
tests_for()
{
	local bed=$1 left='' name

	shift
	[[ ! $share ]] || left=$(setting "left_by_$bed")
	[[ ! $extent ]] || left+=,$(setting "left_by_${extent}_$bed")
	for name; do
		is_in "$left" "$name" || echo "$name"
	done
}

# tests_simulated [yes] TEST...: of these, those whose machine is to compute in no time, or the others.
tests_simulated()
{
	local wanted=$1 is name

	shift
	for name; do
		is=
		[[ $image != */linux ]] || ! is_in "$(setting simulated)" "$name" || is=yes
		[[ $is != "$wanted" ]] || echo "$name"
	done
}

# variants_left_out BED
variants_left_out()
{
	[[ ! $share ]] || setting "variants_left_by_$1"
	[[ ! $extent ]] || setting "variants_left_by_${extent}_$1"
}

# first_checks BED: of scripts that are too long for the extent, how many checks are not.
first_checks()
{
	[[ ! $extent ]] || setting "first_checks_${extent}_$1" | tr , ' '
}

# write_job OWN TEST...
write_job()
{
	local own=$1 flags=

	shift
	[[ $bed != um && $bed != debug ]] || flags=--debug
	{
		guest_exports "$bed" "$results"
		printf 'LEAVE_OUT=%q FIRST_CHECKS=%q exec %q %s %q' "$(variants_left_out "$bed")" \
			"$(first_checks "$bed")" "$vm_dir/guest-run.sh" "$flags" "$own"
		printf ' %q' "$@"
	} >"$own/job.sh"
}

# What is over has not died.
forget()
{
	local name left=()

	for name in "${begun[@]}"; do
		[[ $name == "$1" ]] || left+=("$name")
	done
	begun=("${left[@]}")
}

# Passes on a machine's results. Sets begun, the tests that were begun and did not end, up, if it got
# as far as to begin any, and ended, if the machine did. What a test took is told by the clock here: the machine's may skip waits.
read_guest()
{
	local guest=$1 line
	declare -A since

	ended=
	up=
	begun=()
	while IFS= read -r line; do
		line=${line%$'\r'}
		case $line in
		"ok - "* | "not ok - "*)
			printf '%s- %s: %s\n' "${line%%- *}" "$guest" "${line#*- }"
			;;
		"# begin "*)
			line=${line#"# begin "}
			up=yes
			since[$line]=$SECONDS
			begun+=("$line")
			;;
		"# end "*)
			line=${line#"# end "}
			printf '# %s: %s %d s\n' "$guest" "$line" $((SECONDS - since[$line]))
			forget "$line"
			;;
		"# once "*)
			printf '# once %s: %s\n' "$guest" "${line#"# once "}"
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

# boot_once NAME OWN TEST...: one boot.
boot_once()
{
	local name=$1 own=$2

	shift 2
	write_job "$own" "$@"
	guest_start "$results" "$own" "$boot_seconds"
	read_guest "$name" <&"$guest"
	exec {guest}<&-
}

# died NAME OWN: what it said last.
died()
{
	tail -n 60 "$2/console.log" | tr -d '\r' | sed 's/^/# | /'
	cp "$2/console.log" "$2/console.died.log"
}

# run_guest NAME OWN TEST...: if the machine dies, the test it was at has failed. If it did not get as
# far as to us, or tripped, it has one more try; who trips again has a fault.
run_guest()
{
	local name=$1 own=$2 test

	boot_once "$@"
	[[ ! $ended ]] || return 0
	if [[ ! $up ]] || { guest_tripped "$own" && [[ ! -e $own/tripped ]]; }; then
		echo "# $name: ${begun[*]:-no test}: the machine did not come up, or tripped: once more"
		died "$name" "$own"
		[[ ! $up ]] || touch "$own/tripped"
		for test in "${begun[@]}"; do
			[[ ! -d $results/begun/$test ]] || rmdir "$results/begun/$test"
		done
		shift 2
		# shellcheck disable=SC2046
		boot_once "$name" "$own" $(tests_left "$@")
		[[ ! $ended ]] || return 0
	fi
	echo "not ok - $name: ${begun[*]:-no test}: the machine died or hung"
	died "$name" "$own"
}

# tests_left TEST...: those that no machine has begun.
tests_left()
{
	local name

	for name; do
		[[ -e $results/begun/$name ]] || echo "$name"
	done
}

# run_guests NAME OWN TEST...: until no test is left; a machine that died is followed by another, if
# it had got anywhere.
run_guests()
{
	local name=$1 own=$2 before

	shift 2
	mkdir -p "$own"
	for ((before = $# + 1; $# && $# < before; )); do
		before=$#
		run_guest "$name" "$own" "$@"
		[[ ! $ended ]] || break
		# shellcheck disable=SC2046
		set -- $(tests_left "$@")
	done
}

# run_guest_line NUMBER TEST...: machines, one after the other. The first one is for the tests that want
# time to be simulated.
run_guest_line()
{
	local number=$1

	shift
	if ((number == 1 && ${#simulated[@]})); then
		TIME_TRAVEL=inf-cpu run_guests "$bed.simulated" "$results/simulated" "${simulated[@]}"
	fi
	(($# == 0)) || run_guests "$bed.$number" "$results/$number" "$@"
}

# run_side_by_side GUESTS TEST...: each machine takes the next test that none has begun.
run_side_by_side()
{
	local guests=$1 i pids=()

	shift
	for ((i = 1; i <= guests; i++)); do
		run_guest_line "$i" "$@" &
		pids+=($!)
	done
	# shellcheck disable=SC2064
	trap "kill ${pids[*]} 2>/dev/null || :" EXIT
	wait "${pids[@]}"
	trap - EXIT
}

run_bed()
{
	local bed=${1##*/} results=$out/results/${1##*/} guests name simulated all

	kernel_find "$1"
	shift
	all=("$@")
	mapfile -t simulated < <(tests_simulated yes "${all[@]}")
	# shellcheck disable=SC2046
	set -- $(tests_simulated '' "${all[@]}")
	rm -rf "$results"
	mkdir -p "$results/begun"
	claim "$bed: the module builds" module_build "$bed" "$kdir" || return 0
	guests=${GUESTS:-$(setting "most_guests_$bed")}
	guests=${guests:-$most_guests}
	((guests <= $#)) || guests=$#
	if ((guests > 1 || ${#simulated[@]})); then
		run_side_by_side "$((guests ? guests : 1))" "$@"
	else
		run_guests "$bed" "$results" "$@"
	fi
	for name in $(tests_left "${all[@]}"); do
		echo "not ok - $bed: $name: was not run"
	done
}

# Everything, its results without numbers.
run_all()
{
	local pattern=$1 compile=$2 share=$3 extent=$4 tests bed

	shift 4
	[[ ! $compile ]] || trees_check
	claim "the tests build" tests_build || :
	mapfile -t tests < <(tests_list "$pattern")
	((${#tests[@]})) || die "no test is named like $pattern"
	for bed; do
		# shellcheck disable=SC2046
		with_lock "$out/results-${bed##*/}.lock" \
			run_bed "$bed" $(tests_for "$bed" "${tests[@]}")
	done
}

# Passes on what there is to read, results numbered, and counts.
number_results()
{
	local line what

	while IFS= read -r line; do
		what=${line#*- }
		# shellcheck disable=SC2053
		[[ $line != "ok - "*"# SKIP"* || ${what#*: } != ${XTCP_NO_SKIP:-} ]] || line="not $line"
		case $line in
		"not ok - "*)
			((++failed))
			failures+=("$what")
			printf 'not ok %d - %s\n' $((passed + failed + skipped)) "$what"
			;;
		"ok - "*"# SKIP"*)
			((++skipped))
			printf 'ok %d - %s\n' $((passed + failed + skipped)) "$what"
			;;
		"ok - "*)
			((++passed))
			printf 'ok %d - %s\n' $((passed + failed + skipped)) "$what"
			;;
		*)
			[[ $line != "# once "* ]] || once+=("${line#"# once "}")
			[[ $line != "# | "* ]] || ((${#details[@]} >= most_details)) || details+=("$line")
			printf '%s\n' "$line"
			;;
		esac
	done
}

# How many tests failed once.
tests_once()
{
	((${#once[@]} == 0)) || printf '%s\n' "${once[@]}" | cut -d : -f 1,2 | sort -u
}

sum_up()
{
	local what

	if (($(tests_once | wc -l) > most_once)); then
		number_results <<<"not ok - more than $most_once tests failed once"
	fi
	echo "1..$((passed + failed + skipped))"
	for what in "${once[@]}"; do
		echo "# failed once, not again: $what"
	done
	for what in "${failures[@]}"; do
		echo "# failed: $what"
	done
	((${#details[@]} == 0 || failed + ${#once[@]} == 0)) || printf '%s\n' "${details[@]}"
	echo "kselftest: $passed passed, $failed failed, $skipped skipped"
	((failed == 0))
}

main()
{
	local pattern='*' compile='' share='' extent='' told

	while [[ ${1:-} == --* ]]; do
		case $1 in
		--compile) compile=yes ;;
		--share) share=yes ;;
		--extent) extent=$2; shift ;;
		--test) pattern=$2; shift ;;
		*) die "what is $1?" ;;
		esac
		shift
	done
	[[ ! $extent ]] || grep -q "^left_by_${extent}_" "$settings_file" ||
		die "settings knows no extent \"$extent\""
	echo "TAP version 13"
	exec {told}< <(run_all "$pattern" "$compile" "$share" "$extent" "$@")
	# shellcheck disable=SC2064
	trap "kill $! 2>/dev/null || :" EXIT
	number_results <&"$told"
	wait $!
	trap - EXIT
	sum_up
}

# On one line, so that an edit meanwhile does no harm.
main "$@"; exit

# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Sourced in the guest: reads what a test prints, TAP or nested KTAP, and passes on one line for
# each leaf, "ok - TEST: what" or "not ok - TEST: what". The host numbers and counts them.

# Of the test being read: failures and leaves told, and for each depth the results seen, how many
# were planned, and the failures there were at its last result. A result that comes after deeper
# ones sums those up and is no leaf, but its failure counts if none of theirs was told.
tap_failures=0
tap_leaves=0
tap_seen=()
tap_plan=()
tap_mark=()
# What a nested group calls itself, by its depth.
tap_group=()

# tap_result VERDICT TEST WHAT
tap_result()
{
	[[ $1 == ok ]] || ((tap_failures++))
	((tap_leaves++))
	printf '%s - %s: %s\n' "$1" "$2" "$3"
}

tap_reset()
{
	tap_failures=0
	tap_leaves=0
	tap_seen=()
	tap_plan=()
	tap_mark=()
	tap_group=()
}

# Whether depth $2 and all below it kept to their plans; forgets them.
tap_close_level()
{
	local test=$1 from=$2 depth

	for ((depth = ${#tap_seen[@]} - 1; depth >= from; depth--)); do
		if [[ ${tap_plan[depth]:-} && ${tap_plan[depth]} != "${tap_seen[depth]:-0}" ]]; then
			tap_result "not ok" "$test" \
				"planned ${tap_plan[depth]} results, printed ${tap_seen[depth]:-0}"
		fi
		unset "tap_seen[depth]" "tap_plan[depth]" "tap_mark[depth]"
	done
}

# A level's counters exist from the shallowest on, so that their number is the depth.
tap_open_level()
{
	local depth

	for ((depth = ${#tap_seen[@]}; depth <= $1; depth++)); do
		tap_seen[depth]=0
		tap_plan[depth]=
		tap_mark[depth]=$tap_failures
	done
}

# In REPLY, the names of the groups that a result of this depth lies in.
tap_path()
{
	local depth

	REPLY=
	for ((depth = 1; depth <= $1; depth++)); do
		REPLY+=${tap_group[depth]:+${tap_group[depth]}.}
	done
}

tap_take_result()
{
	local test=$1 depth=$2 verdict=$3 what=$4 sums_up

	sums_up=$((${#tap_seen[@]} > depth + 1))
	tap_close_level "$test" $((depth + 1))
	tap_open_level "$depth"
	((++tap_seen[depth]))
	if ((!sums_up)) || [[ $verdict != ok && $tap_failures == "${tap_mark[depth]}" ]]; then
		tap_path "$depth"
		tap_result "$verdict" "$test" "$REPLY$what"
	fi
	tap_mark[depth]=$tap_failures
}

tap_take_plan()
{
	local test=$1 depth=$2 count=$3 rest=$4

	# A second plan of the same depth begins another document.
	[[ ${tap_plan[depth]:-} ]] || ((depth++))
	tap_close_level "$test" "$depth"
	depth=$2
	tap_open_level "$depth"
	tap_plan[depth]=$count
	if ((count == 0)) && [[ $rest == *[Ss][Kk][Ii][Pp]* ]]; then
		tap_result ok "$test" "nothing to run # SKIP${rest#*[Ss][Kk][Ii][Pp]}"
	fi
}

tap_take_line()
{
	local test=$1 line=${2%$'\r'}

	if [[ $line =~ ^(\ *)(ok|not\ ok)\ +([0-9]+)?(\ +-)?\ *(.*)$ ]]; then
		tap_take_result "$test" $((${#BASH_REMATCH[1]} / 4)) \
			"${BASH_REMATCH[2]}" "${BASH_REMATCH[5]:-${BASH_REMATCH[3]}}"
	elif [[ $line =~ ^(\ *)1\.\.([0-9]+)(.*)$ ]]; then
		tap_take_plan "$test" $((${#BASH_REMATCH[1]} / 4)) \
			"${BASH_REMATCH[2]}" "${BASH_REMATCH[3]}"
	elif [[ $line =~ ^(\ +)#\ Subtest:\ (.*)$ ]]; then
		tap_group[${#BASH_REMATCH[1]} / 4]=${BASH_REMATCH[2]}
	elif [[ $line == Bail\ out!* ]]; then
		tap_result "not ok" "$test" "$line"
	fi
}

# tap_finish TEST STATUS: what is wrong with the test as a whole.
tap_finish()
{
	local test=$1 status=$2 planned=${tap_plan[0]:-}

	tap_close_level "$test" 0
	case $status in
	124 | 137)
		tap_result "not ok" "$test" "killed after its time ran out"
		;;
	4)
		((tap_leaves)) || tap_result ok "$test" "skipped as a whole # SKIP"
		;;
	0)
		[[ $planned ]] || tap_result "not ok" "$test" "printed no plan"
		;;
	*)
		((tap_failures)) || tap_result "not ok" "$test" "exit status $status"
		;;
	esac
}

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Goodput over a few of the paths of "make bench-paths", XTCP's and the kernel's, one after the
# other over the same path with the same losses. Time is simulated, so that a slow
# machine makes no difference.

. "$(dirname "$0")/lib/lib.sh"
. "$here/lib/path.sh"

ktap_print_header
time_is_simulated || skip_all "time is not simulated (user-mode Linux, time-travel=inf-cpu)"
require_module
# BBR is the one whose recoveries follow one another without end on a path that loses much.
{
	python3 "$here/bench/paths.py" plan cc=reno groups=test
	python3 "$here/bench/paths.py" plan cc=bbr groups=test rate=20
} >"$scratch/plan"
mkdir "$scratch/claims"
check "all paths are measured" \
	"$here/paths.sh" "$scratch/plan" "$scratch/claims" "$scratch/results.jsonl"
while read -r verdict what; do
	case $verdict in
	ok) ktap_test_pass "$what" ;;
	bad) ktap_test_fail "$what" ;;
	*) echo "$verdict $what" ;;
	esac
done < <(python3 "$here/bench/paths.py" check "$scratch/plan" "$scratch")
finish

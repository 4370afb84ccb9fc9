#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# programs.sh KERNEL: README's table of the programs that the tests ran, from what they left.

. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

main()
{
	local results=$out/results/$1 rows new

	rows=$(cat "$results"/programs.*_test.sh 2>/dev/null) || die "no test left any: $results"
	new=$(mktemp)
	sed '/^<!-- programs -->$/,/^<!-- end of programs -->$/ { /^<!--/!d }' "$tree/README.md" |
		awk -v rows="$(sort -f <<<"$rows")" '{ print }
			/^<!-- programs -->$/ { print "| program | version | what | test |"
				print "|---|---|---|---|"
				print rows }' >"$new"
	cat "$new" >"$tree/README.md"
	rm "$new"
}

main "$@"

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# figures.sh KERNEL: README's figures anew, as the tests draw them in a guest; the first one as text
# in README itself, too.

. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

main()
{
	local drawn=$out/results/run-$1/figures new

	rm -rf "$drawn"
	"$vm_dir/run.sh" "$1" ./figures.sh || die "the figures could not be drawn"
	mkdir -p "$tree/tools/figures"
	cp "$drawn"/*.txt "$drawn"/*.svg "$tree/tools/figures"
	new=$(mktemp)
	awk -v text="$drawn/handshake.txt" '
		/^<!-- end of handshake -->$/ { within = 0 }
		!within { print }
		/^<!-- handshake -->$/ {
			within = 1
			print "```"
			while ((getline line <text) > 0)
				print line
			print "```"
		}' "$tree/README.md" >"$new"
	cat "$new" >"$tree/README.md"
	rm "$new"
}

main "$@"

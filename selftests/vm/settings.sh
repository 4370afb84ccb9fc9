# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Sourced on the host and in the guest: what selftests/settings says.

settings_file=$(dirname "${BASH_SOURCE[0]}")/../settings

setting()
{
	sed -n "s/^$1=//p" "$settings_file"
}

# is_in PATTERNS NAME: the patterns separated by commas.
is_in()
{
	local pattern patterns

	IFS=, read -ra patterns <<<"$1"
	for pattern in "${patterns[@]}"; do
		# shellcheck disable=SC2053
		[[ $2 != $pattern ]] || return 0
	done
	return 1
}

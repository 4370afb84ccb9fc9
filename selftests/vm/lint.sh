#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Style and static checks; anything said is a failure.

. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
. "$vm_dir/kernel.sh"
. "$vm_dir/module.sh"

cd "$tree"
src=$(kernel_source 6.12)
status=0

# complain WHAT OUTPUT
complain()
{
	[[ $2 ]] || return 0
	printf '%s\n' "$2"
	say "$1: not clean"
	status=1
}

sources()
{
	find . -path ./.build -prune -o -path ./.git -prune -o -type f "$@" -print | sort
}

# checkpatch FILE... [-- OPTION...]: from .build, for it leaves a file where it runs.
checkpatch()
{
	(($#)) || return 0
	env -C "$out" "$src/scripts/checkpatch.pl" --no-tree --strict --quiet --terse --show-types \
		--max-line-length=100 --no-summary --file "$@" 2>&1 | sed "s,^$tree/,,"
}

# Programs for user space have stdint.h's types, and printf.
lint_checkpatch()
{
	local kernel user

	mapfile -t kernel < <(sources -path './module/*.[ch]' -o -type f -path './include/*.h')
	mapfile -t user < <(sources -path './selftests/*.[ch]' -o -type f -path './tools/*.[ch]')
	complain checkpatch "$(
		checkpatch "${kernel[@]/#./$tree}"
		checkpatch "${user[@]/#./$tree}" --ignore PREFER_KERNEL_TYPES
	)"
}

# A second look at every file, whether it was compiled now or before.
lint_sparse()
{
	local dir log

	dir=$(module_dir release)
	log=$dir/sparse.log
	module_build release "$(kernel_dir release)" || complain "W=1" "the module does not build"
	module_make "$(kernel_dir release)" "$dir" C=2 CF=-D__CHECK_ENDIAN__ modules \
		>"$log" 2>&1 </dev/null || :
	complain sparse "$(grep -E '(warning|error|note):' "$log" | sed "s,$dir/,,")"
}

# Sources that a name is not enough to find and functions that are called by name are no faults.
# What is sourced is looked at where it is sourced: only there are its variables known.
lint_shell()
{
	local files

	mapfile -t files < <(sources -perm -u+x \( -name '*.sh' -o -path './.ci/*' \))
	complain shellcheck "$(shellcheck --external-sources --check-sourced \
		--source-path=SCRIPTDIR --exclude=SC1091,SC2317 --format=gcc "${files[@]}" 2>&1)"
}

lint_checkpatch
lint_sparse
lint_shell
((status)) || say "lint: clean"
exit $status

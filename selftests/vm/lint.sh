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
	find . -path ./.build -prune -o -path ./.git -prune -o -type f \( "$@" \) -printf '%P\n' | sort
}

# checkpatch IGNORED FILE...: without the kinds of complaint in the list. None gets CAMELCASE:
# counters have the names that /proc/net/snmp gives them.
checkpatch()
{
	local ignored=CAMELCASE,$1

	shift
	(($#)) || return 0
	"$src/scripts/checkpatch.pl" --no-tree --strict --quiet --terse --show-types --no-summary \
		--max-line-length=100 --ignore "$ignored" --file "$@" 2>&1
}

# What a file is for decides what it may do: compat.h compares versions, a trace header is made of
# macros, a list of counters is one macro applied to another, and programs for user space have
# stdint.h's types and the harness's fixtures, which look like products.
lint_checkpatch()
{
	local kernel user in_user_space=PREFER_KERNEL_TYPES,PREFER_FALLTHROUGH
	local in_trace=COMPLEX_MACRO,OPEN_ENDED_LINE,PARENTHESIS_ALIGNMENT

	# What is a field or a bit here is nothing there.
	local in_compat=LINUX_VERSION_CODE,CONSTANT_COMPARISON,EXPORT_SYMBOL,MACRO_ARG_UNUSED
	in_compat+=,MACRO_ARG_REUSE,MACRO_ARG_PRECEDENCE

	# Names are exported by a list of calls.
	in_trace+=,MACRO_ARG_UNUSED,TRAILING_SEMICOLON
	# The kernel has macros for them.
	in_user_space+=,PREFER_DEFINED_ATTRIBUTE_MACRO,BIT_MACRO
	# The harness's own macros do as much.
	in_user_space+=,COMPLEX_MACRO,MACRO_ARG_REUSE,MACRO_ARG_PRECEDENCE,MACRO_WITH_FLOW_CONTROL
	# Not a function's name but a call of usage. A system call that is not there is just that.
	in_user_space+=,EMBEDDED_FUNCTION_NAME,ENOSYS
	# A command's usage is one line; a processor's clock is read as the processor has it.
	in_user_space+=,LONG_LINE_STRING,ARCH_DEFINES

	mapfile -t kernel < <(sources -path './module/*.[ch]' -o -path './include/*.h' -o \
		-path './tools/cong-example/*.[ch]' |
		grep -vE '/(compat|trace|mib|xtcp_mib)\.h$|/(mib|sysctl)\.c$')
	mapfile -t user < <(sources -path './selftests/*.[ch]' -o -path './tools/*.[ch]' |
		grep -v '^tools/cong-example/')
	complain checkpatch "$(
		checkpatch '' "${kernel[@]}"
		checkpatch "$in_compat" module/compat.h
		checkpatch "$in_trace" module/trace.h
		checkpatch COMPLEX_MACRO,MACRO_ARG_REUSE,MACRO_ARG_UNUSED module/mib.[ch] module/sysctl.c \
			include/uapi/linux/xtcp_mib.h
		checkpatch "$in_user_space" "${user[@]}" | without_fixtures
	)"
}

without_fixtures()
{
	local complaint file line

	while IFS= read -r complaint; do
		IFS=: read -r file line _ <<<"$complaint"
		[[ $complaint == *:SPACING:* && $(sed -n "${line}p" "$file") == *FIXTURE_*\)\ \** ]] ||
			printf '%s\n' "$complaint"
	done
}

# A second look at every file, whether it was compiled now or before.
lint_sparse()
{
	local dir log

	dir=$(module_dir release)
	log=$dir/sparse.log
	module_build release "$(kernel_dir release)" || complain "W=1" "the module does not build"
	modules_make "$(kernel_dir release)" "$dir" C=2 CF=-D__CHECK_ENDIAN__ modules \
		>"$log" 2>&1 </dev/null || :
	complain sparse "$(grep -E '(warning|error|note):' "$log" | sed "s,$dir/,,")"
}

# Sources that a name is not enough to find and functions that are called by name are no faults.
# What is sourced is looked at where it is sourced: only there are its variables known.
lint_shell()
{
	local files

	mapfile -t files < <(sources -perm -u+x '(' -name '*.sh' -o -path './.ci/*' ')')
	complain shellcheck "$(shellcheck --external-sources --check-sourced \
		--source-path=SCRIPTDIR --exclude=SC1091,SC2317 --format=gcc "${files[@]}" 2>&1)"
}

for tool in sparse shellcheck; do
	have "$tool" || complain "$tool" "is not here"
done
lint_checkpatch
lint_sparse
lint_shell
((status)) || say "lint: clean"
exit $status

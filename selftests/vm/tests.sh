# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Sourced: builds the tests on the host, with the kernel's own rules, and lists them.

tests_make()
{
	make -s -j"$jobs" -C "$tree/selftests" \
		KSRC="$(kernel_source 6.12)" KHDR_INCLUDES="-isystem $(headers_dir)/usr/include" \
		OUTPUT="$out/tests-build" \
		USERCFLAGS="${WERROR--Werror}" "$@"
}

tools_build()
{
	[[ ! -e $tree/tools/Makefile ]] || make -s -j"$jobs" -C "$tree/tools"
}

# What was renamed or removed in the tree may not go on being run, and what a guest is running now
# may not vanish: so it is put together elsewhere, and the difference brought over.
tests_install()
{
	local new=$out/tests.new

	mkdir -p "$out/tests-build"
	rm -rf "$new"
	tools_build && tests_make INSTALL_PATH="$new" install &&
		rsync -a --delete "$new/" "$tests_dir/"
}

tests_build()
{
	with_lock "$out/tests.lock" tests_install
}

# tests_list [PATTERN]: with or without the suffix.
tests_list()
{
	local pattern=${1:-*} name

	for name in kunit $(tests_make emit_tests | sed 's/.*://' | sort); do
		# shellcheck disable=SC2053
		if [[ $name == $pattern || ${name%.*} == $pattern ]]; then
			echo "$name"
		fi
	done
}

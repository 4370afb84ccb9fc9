# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Sourced: builds the module for some kernel beside the tree, so that each kernel keeps its own
# objects. The build directory has copies of the sources.

# module_dir NAME: where the module for the kernel of that name is built.
module_dir()
{
	printf '%s\n' "$out/module-$1"
}

# Objects there stay; sources that are gone here go there too. What changed is newer than any object,
# whenever it was written here.
module_copy_sources()
{
	mkdir -p "$1"
	rsync -rlp --checksum --delete --include='*/' --include='*.[ch]' --include=Kbuild \
		--exclude='*' "$tree/Kbuild" "$tree/module" "$tree/include" "$tree/tools/cong-example" "$1/"
}

kdir_arch()
{
	if grep -qsx CONFIG_UML=y "$1/.config"; then
		echo um
	else
		uname -m | sed 's/x86_64/x86/; s/aarch64/arm64/'
	fi
}

# With the unit tests, where the kernel has what they are written on.
module_make()
{
	local kdir=$1 dir=$2 kunit=

	shift 2
	! grep -qsE '^CONFIG_KUNIT=[ym]' "$kdir/.config" || kunit=1
	make -j"$jobs" -C "$kdir" M="$dir" ARCH="$(kdir_arch "$kdir")" \
		W=1 KCFLAGS="${WERROR--Werror}" XTCP_KUNIT="$kunit" "$@"
}

# As somebody else's module is built: elsewhere, with what the module's build has left.
example_make()
{
	local kdir=$1 dir=$2

	shift 2
	module_make "$kdir" "$dir/cong-example" XTCP="$dir" \
		KBUILD_EXTRA_SYMBOLS="$dir/Module.symvers" "$@"
}

modules_make()
{
	module_make "$@" && example_make "$@"
}

module_build_in()
{
	local dir=$1 kdir=$2 log=$1/build.log status

	module_copy_sources "$dir"
	set +e
	modules_make "$kdir" "$dir" modules >"$log" 2>&1 </dev/null
	status=$?
	set -e
	# modpost has no -Werror; a warning of its must come again next time.
	if ((status == 0)) && grep -q 'WARNING: modpost' "$log"; then
		rm -f "$dir"/*.ko "$dir"/cong-example/*.ko
		status=1
	fi
	((status == 0)) || sed -E "/^ +[A-Z]+ /d; /^make/d; s,$dir/,,g" "$log" >&2
	return "$status"
}

# module_build NAME KDIR: the compiler's words are shown if there is anything wrong.
module_build()
{
	with_lock "$(module_dir "$1").lock" module_build_in "$(module_dir "$1")" "$2"
}

# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Sourced: kernels of other series, to compile against only.

tree_series="6.1 7.2"

tree_dir()
{
	printf '%s\n' "$cache/trees/$1"
}

# The newest package of Debian's plain amd64 flavour.
tree_headers_package()
{
	apt_names "linux-headers-${1//./\\.}[.][.0-9+a-z-]*[0-9]-amd64" | tail -n 1
}

# Debian 12's headers with its kbuild: they name each other by absolute paths, which move with them.
tree_from_headers()
{
	local dir=$1 package=$2 root

	root=$(realpath "$dir")
	sed -i "s,/usr/,$root/usr/,g" "$dir/usr/src/$package/Makefile"
	ln -s "usr/src/$package" "$dir/build"
}

# The kbuild tools of a newer Debian need its libc, so the source makes its own. What this compiler
# or machine cannot do is left out, and type information, which wants a linked kernel.
tree_from_source()
{
	local dir=$1 package=$2 src headers=$1/usr/src/$2

	src=$(kernel_source 7.2)
	mkdir -p "$dir/build"
	grep -vE '^CONFIG_(DEBUG_INFO|MODULE_SIG|SYSTEM_TRUSTED|SECURITY_LOCKDOWN|RUST|GCC_PLUGIN)' \
		"$headers/.config" >"$dir/build/.config"
	echo CONFIG_DEBUG_INFO_NONE=y >>"$dir/build/.config"
	kernel_make -C "$src" ARCH=x86 O="$dir/build" olddefconfig
	kernel_make -C "$src" ARCH=x86 O="$dir/build" modules_prepare
	cp "$headers/Module.symvers" "$dir/build/"
}

tree_setup()
{
	local series=$1 dir package

	dir=$(tree_dir "$series")
	[[ ! -e $dir/.done ]] || return 0
	apt_refresh
	rm -rf "$dir"
	mkdir -p "$dir"
	package=$(tree_headers_package "$series")
	[[ $package ]] || die "this mirror has no headers of Linux $series"
	if [[ $series == 6.1 ]]; then
		apt_unpack "$dir" "$package" "${package%-amd64}-common" linux-kbuild-6.1
		tree_from_headers "$dir" "$package"
	else
		source_setup "$series" sid
		apt_unpack "$dir" "$package"
		long_run "linux $series to compile against" tree_from_source "$dir" "$package"
	fi
	touch "$dir/.done"
}

trees_ready()
{
	local series

	for series in $tree_series; do
		[[ -e $(tree_dir "$series")/.done ]] || return
	done
}

trees_setup()
{
	local series

	for series in $tree_series; do
		tree_setup "$series"
	done
}

# A result each: the module compiles, and links to nothing that the kernel does not have.
trees_check()
{
	local series

	for series in $tree_series; do
		claim "the module compiles for Linux $series" \
			module_build "$series" "$(tree_dir "$series")/build" || :
	done
}

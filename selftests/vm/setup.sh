#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# setup.sh [um|release|debug|trees|lint|bench]...: makes ready what is named, or all but bench.

. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
. "$vm_dir/packages.sh"
. "$vm_dir/apt-private.sh"
. "$vm_dir/kernel.sh"
. "$vm_dir/kernel-build.sh"
. "$vm_dir/trees.sh"
. "$vm_dir/boot.sh"
. "$vm_dir/vng.sh"

# Whether there is nothing to do, so that no one waits for what another run builds.
part_ready()
{
	case $1 in
	um | bench)
		[[ -e $(kernel_dir "$1")/.done ]]
		;;
	release | debug)
		[[ -e $(kernel_dir "$1")/.done && ! $(packages_missing "$vm_packages") ]] &&
			{ [[ -e $vng_cached ]] || have vng; }
		;;
	trees)
		trees_ready
		;;
	lint)
		[[ ! $(packages_missing "$lint_packages") ]]
		;;
	*)
		false
		;;
	esac
}

ready()
{
	local part

	[[ -e $(kernel_source 6.12)/Makefile && -e $(headers_dir)/.done ]] || return
	[[ ! $(packages_missing "$build_packages $run_packages") ]] || return
	[[ ! $(packages_missing "$(python_packages)") ]] || return
	for part; do
		part_ready "$part" || return
	done
}

setup_one()
{
	case $1 in
	um | bench)
		kernel_setup "$1"
		;;
	release | debug)
		vng_setup
		kernel_setup "$1"
		;;
	trees)
		trees_setup
		;;
	lint)
		packages_need "$lint_packages"
		source_setup 6.12 bookworm-backports trixie
		;;
	*/*)
		vng_setup
		source_setup 6.12 bookworm-backports trixie
		;;
	*)
		die "no such part or kernel: $1"
		;;
	esac
}

setup()
{
	local part

	packages_need "$build_packages $run_packages"
	packages_need "$(python_packages)"
	for part; do
		setup_one "$part"
	done
	headers_setup
}

main()
{
	mkdir -p "$cache"
	(($#)) || set -- um release debug trees lint
	ready "$@" || with_lock "$cache/lock" setup "$@"
}

# On one line, so that an edit meanwhile does no harm.
main "$@"; exit

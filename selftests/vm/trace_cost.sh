#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# trace_cost.sh KERNEL [ROUNDS [REQUESTS [MEGABYTES]]]: selftests/trace_cost.sh in a guest, with a
# second module that has no tracepoints.

. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
. "$vm_dir/kernel.sh"
. "$vm_dir/module.sh"

main()
{
	local name=${1##*/} dir

	kernel_find "$1"
	shift
	dir=$(module_dir "$name-untraced")
	module_copy_sources "$dir"
	say "building the module without tracepoints"
	# Where they are not, some variables have no use.
	make -s -j"$jobs" -C "$kdir" M="$dir" ARCH="$(kdir_arch "$kdir")" KCFLAGS=-DNOTRACE modules \
		>"$dir/build.log" 2>&1 || die "the module does not build: $dir/build.log"
	"$vm_dir/run.sh" "$name" ./trace_cost.sh "$dir/xtcp.ko" "$@"
}

main "$@"

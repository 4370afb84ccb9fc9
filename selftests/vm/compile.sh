#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Compiles the module for each kernel series and each bed; a warning is a failure.

. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
. "$vm_dir/kernel.sh"
. "$vm_dir/trees.sh"
. "$vm_dir/module.sh"

status=0

compile_for()
{
	if module_build "$1" "$2"; then
		say "$1: compiles"
	else
		say "$1: does not compile"
		status=1
	fi
}

for series in $tree_series; do
	compile_for "$series" "$(tree_dir "$series")/build"
done
for bed in um release debug; do
	compile_for "$bed" "$(kernel_dir "$bed")"
done
exit $status

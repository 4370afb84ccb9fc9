#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# run.sh [--interactive] KERNEL COMMAND...: the command in a guest, in the tests' directory, the
# module loaded. Its status is this one's.

. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
. "$vm_dir/kernel.sh"
. "$vm_dir/module.sh"
. "$vm_dir/tests.sh"
. "$vm_dir/boot.sh"

if [[ $1 == --interactive ]]; then
	interactive=yes
	shift
fi
kernel_find "$1"
name=${1##*/}
shift
results=$out/results/run-$name
mkdir -p "$results"
module_build "$name" "$kdir" || die "the module does not build"
tests_build || die "the tests do not build"
{
	guest_exports "$name" "$results"
	# shellcheck disable=SC2016
	echo 'dmesg -n 5; insmod "$XTCP_KO"'
	printf '%q ' "$@"
} >"$results/job.sh"
if [[ ${interactive:-} ]]; then
	boot_guest "$results" "$results" 0
fi

# Its status, or 255 if it has none.
run_once()
{
	guest_start "$results" "$results" "${RUN_SECONDS:-1800}"
	awk -F'exit ' '
		/^# guest: exit / { status = $2; said = 1; next }
		{ print; fflush() }
		END { exit said ? status : 255 }' <&"$guest"
}

status=0
run_once || status=$?
if ((status == 255)) && guest_tripped "$results"; then
	say "the emulated machine tripped: once more, from the beginning"
	status=0
	run_once || status=$?
fi
if ((status == 255)); then
	tail -n 40 "$results/console.log" >&2
	die "the machine died or hung"
fi
exit "$status"

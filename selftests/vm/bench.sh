#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# bench.sh [OPTION=VALUE]...: the matrix of paths, on as many machines as there are processors; the
# options are those of bench/paths.py's plan. Results go to .build/bench. RESUME=yes goes on with the
# plan that is there: what was not finished is measured anew.

. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
. "$vm_dir/kernel.sh"
. "$vm_dir/module.sh"
. "$vm_dir/tests.sh"
. "$vm_dir/boot.sh"

bench=$out/bench
python=$tree/selftests/bench/paths.py
# Simulated hours may take real ones.
boot_seconds=86400
# A long path with a deep queue holds much.
guest_memory_um=1G
TIME_TRAVEL=inf-cpu

# One machine, until nothing is left of the plan.
run_guest()
{
	local own=$bench/$1

	mkdir -p "$own"
	{
		guest_exports bench "$bench"
		printf 'exec ./paths.sh %q %q %q\n' "$bench/plan" "$bench/claims" "$bench/$1.jsonl"
	} >"$own/job.sh"
	guest_start "$bench" "$own" "$boot_seconds"
	awk '
		/^# guest: exit / { status = $4; said = 1; next }
		{ print; fflush() }
		END { exit said ? status : 255 }' <&"$guest" || {
		tail -n 40 "$own/console.log" >&2
		die "a machine died or hung"
	}
}

# Leaves nothing of what was begun and not finished.
resume()
{
	local claim name

	[[ -s $bench/plan ]] || die "there is nothing to go on with"
	for claim in "$bench"/claims/*/; do
		[[ ! -d $claim/done ]] || continue
		name=$(basename "$claim")
		find "$bench" -maxdepth 1 -name '*.jsonl' -exec sed -i "/^{\"name\":\"$name\"/d" {} +
		rmdir "$claim"
	done
	say "$(find "$bench/claims" -name "done" | wc -l) of $(wc -l <"$bench/plan") cells are there"
}

begin()
{
	rm -rf "$bench"
	mkdir -p "$bench/claims"
	python3 "$python" plan "$@" >"$bench/plan"
	say "$(wc -l <"$bench/plan") cells to be measured; each is named when it is done"
}

run_bench()
{
	local i pids=()

	if [[ ${RESUME:-} ]]; then
		resume
	else
		begin "$@"
	fi
	for ((i = 1; i <= ${GUESTS:-$jobs}; i++)); do
		run_guest "$i" >&2 &
		pids+=($!)
	done
	# shellcheck disable=SC2064
	trap "kill ${pids[*]} 2>/dev/null || :" EXIT
	for i in "${pids[@]}"; do
		wait "$i" || :
	done
	trap - EXIT
	python3 "$python" report "$bench/plan" "$bench"
	say "the whole of it: $bench/paths.json, $bench/paths.svg"
}

kernel_find bench
module_build bench "$kdir" || die "the module does not build"
tests_build || die "the tests do not build"
with_lock "$out/bench.lock" run_bench "$@"

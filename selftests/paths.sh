#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# paths.sh PLAN CLAIMS OUT: carries out the lines of a plan (bench/paths.py) that no other machine
# has taken, and writes a line of JSON for each run.

. "$(dirname "$0")/lib/lib.sh"
. "$here/lib/path.sh"

plan=$1 claims=$2 out=$3
# How large chance is takes fewer runs than to be sure of a mean.
noise_seeds=3

# run_once NAME SET SEED: the set is LABEL=FLOW+FLOW. What is called noise has another seed. Fails if
# a socket refuses the congestion control.
run_once()
{
	local name=$1 label=${2%%=*} flows=${2#*=} seed=$3 shift=0 said status

	[[ $label != noise ]] || shift=1000
	path_set "$rate" "$rtt" "$loss" "$reorder" "$queue" $((seed + shift))
	# shellcheck disable=SC2086
	said=$(path_run "$ms" -i "$interval" -c "$congestion" -b "$buffer" ${flows//+/ } \
		2>"$scratch/said")
	status=$?
	if ((status)); then
		said=$(printf '{"status":%d,"said":"%s"}' "$status" "$(tr -d '"\n' <"$scratch/said")")
	fi
	printf '{"name":"%s","label":"%s","seed":%d,"result":%s}\n' "$name" "$label" "$seed" "$said"
	((status != KSFT_SKIP))
}

run_cell()
{
	local seed set

	for ((seed = 1; seed <= seeds; seed++)); do
		for set in $sets; do
			[[ $set != noise=* ]] || ((seed <= noise_seeds)) || continue
			run_once "$name" "$set" "$seed" || return
		done
	done
}

time_is_simulated || { echo "time is not simulated here"; exit "$KSFT_SKIP"; }
module_loaded || insmod "$XTCP_KO"
path_make
while read -r name rate rtt loss reorder queue ms interval congestion buffer seeds sets; do
	mkdir "$claims/$name" 2>/dev/null || continue
	run_cell >>"$out"
	mkdir "$claims/$name/done"
	echo "$name"
done <"$plan"

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# How fast data leaves: SO_MAX_PACING_RATE bounds a connection, whatever its algorithm, and so does
# what BBR says, fq or no fq. Time is simulated, so that rates are exact.

. "$(dirname "$0")/lib/lib.sh"
. "$here/lib/path.sh"

ktap_print_header
time_is_simulated || skip_all "time is not simulated (user-mode Linux, time-travel=inf-cpu)"
require_module
path_make

# measure NAME [OPTION...] FLOW: four samples a second
measure()
{
	path_run $((seconds * 1000)) -i 250 "${@:2}" >"$scratch/$1.json"
}

# percent NAME RATE: what has arrived after the first two seconds, of so many bytes a second.
percent()
{
	python3 -c 'import json, sys
samples = json.load(open(sys.argv[1]))["run"]["flows"][0]["samples"][7:]
print(round((samples[-1] - samples[0]) * 400 / (len(samples) - 1) / int(sys.argv[2])))' \
		"$scratch/$1.json" "$2"
}

# within NAME RATE LEAST MOST: percent of the rate.
within()
{
	local part

	part=$(percent "$1" "$2")
	echo "$part % of $2 bytes a second"
	((part >= $3 && part <= $4))
}

# waits_nowhere NAME MOST: a round trip of 20 ms takes that, and not much more, in at least half of
# the samples: what looks for more than there is fills the queue for a moment.
waits_nowhere()
{
	local half

	half=$(python3 -c 'import json, statistics, sys
print(statistics.median_high(json.load(open(sys.argv[1]))["run"]["flows"][0]["rtts_us"]))' \
		"$scratch/$1.json")
	echo "$half us"
	((half < $2))
}

seconds=6
rate=250000

path_set 20000 20 0 0 100000 1
for kind in kernel ordinary native; do
	check "$kind: carries data" measure $kind $kind
	check "$kind: as fast as the path is" within $kind 2500000 85 100
	check "$kind: carries data, bounded" measure $kind -m $rate $kind
	check "$kind: at the rate it is bounded to" within $kind $rate 90 102
done
for congestion in reno bbr; do
	check "$congestion: carries data, bounded" measure $congestion -c $congestion -m $rate ordinary
	check "$congestion: at the rate it is bounded to" within $congestion $rate 90 102
done

# Nor does fq get it before its time, and hold it.
in_left tc qdisc replace dev wire root fq
for kind in kernel ordinary native; do
	check "$kind: carries data through fq, bounded" measure $kind -m $rate $kind
	check "$kind: through fq, at the rate it is bounded to" within $kind $rate 90 102
	check "$kind: through fq, waits nowhere" waits_nowhere $kind 40000
done
check "bbr: carries data through fq" measure bbr -c bbr ordinary
check "bbr: as fast as the path is" within bbr 2500000 85 100
check "bbr: without a queue" waits_nowhere bbr 30000

check "no socket is left" no_sockets_left
finish

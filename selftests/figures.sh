#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# For "make figures": connections between two hosts, led step by step, as README shows them; into
# the directory of results, as text and as pictures; and a transfer over time.

. "$(dirname "$0")/lib/lib.sh"
. "$(dirname "$0")/lib/ladder.sh"
. "$(dirname "$0")/lib/tool.sh"
. "$(dirname "$0")/lib/wire.sh"
. "$(dirname "$0")/lib/plot.sh"

module_loaded || insmod "$XTCP_KO" || exit
two_hosts
trace_open || exit
mkdir -p "$XTCP_RESULTS/figures"
for name in $figures; do
	figure "$name" || exit
	cp "$scratch/ladder" "$XTCP_RESULTS/figures/$name.txt"
	ladder --svg "$XTCP_RESULTS/figures/$name.svg" || exit
done
plot_wire 1%
plot_transfer 400000 --svg "$scratch/plot.svg" || exit
plot_squeeze "$scratch/plot.svg" >"$XTCP_RESULTS/figures/plot.svg"

# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154
# Sourced after lib.sh, tool.sh and wire.sh, once there are two hosts: a transfer from the left to
# the right, on a wire that loses, under xtcp plot.

# A wire of 10 Mbit/s and 40 ms, whose queue is short.
plot_wire()
{
	behind_wire left right
	behind_wire right left
	netem left limit 1000 delay 20ms
	netem right limit 60 delay 20ms rate 10mbit loss "$1"
}

# plot_transfer BYTES OPTION...: what the sender's TCP_INFO says in the end goes to $scratch/info.
plot_transfer()
{
	local bytes=$1 pid status=0

	shift
	((next_port++))
	in_right "$bin/xfer" -4 -l -p "$next_port" -r "$bytes" &
	pid=$!
	"$tool" plot "$@" -- nsenter --net="$netns_dir/$left" "$bin/xfer" -4 -c 192.0.2.2 \
		-p "$next_port" -s "$bytes" -I "$scratch/info" || status=1
	if ((status)); then
		kill "$pid" 2>/dev/null
	fi
	wait "$pid" || status=1
	return $status
}

# plot_squeeze FILE: the picture with what gnuplot says in each place said once, and without what is
# finer than anybody sees.
plot_squeeze()
{
	local once='color="black" stroke-linecap="round" stroke-linejoin="round" font-family="sans-serif"'
	local word rules="s/<svg /<svg $once /"

	for word in $once; do
		rules="s/ $word//g; $rules"
	done
	sed -Ez "$rules"'; s/\s*<g [^>]*>\s*<\/g>//g; s/([0-9]\.[0-9])[0-9]\b/\1/g; s/\n\s+/\n/g' "$1"
}

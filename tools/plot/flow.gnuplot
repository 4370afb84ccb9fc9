# SPDX-License-Identifier: GPL-2.0
#
# One direction of a connection, for "xtcp plot": what is drawn, from top to bottom, over the same
# time, is data and acknowledgments; windows; round-trip times; rates. The data come first, from
# plot_draw.c: flow, end_s, at_sender, the most_* of each panel, and these blocks, whose first
# column is seconds:
#
#	$sent $again			first byte, 0, how many
#	$ack $edge			bytes: what is acknowledged, what may be sent
#	$recovery $loss			until when
#	$cwnd $ssthresh			bytes
#	$rtt_us $srtt_us		microseconds
#	$pacing_rate $delivery_rate	bytes a second

blue = "#0969da"
red = "#cf222e"
green = "#1a7f37"
amber = "#bf8700"
grey = "#59636e"
ink = "#1f2328"
pale_yellow = "#fff1c2"
pale_red = "#ffd8d3"

panels = at_sender ? 4 : 1
height = at_sender ? 980 : 440
top = 60.0
bottom = 52.0
gap = 46.0
# The first one is as high as two others.
unit = (height - top - bottom - (panels - 1) * gap) / (panels + 1)
left = 0.085
right = 0.98

set terminal svg size 860,height font "sans-serif,12" \
	background "white" rounded noenhanced
set lmargin at screen left
set rmargin at screen right
set xrange [0:end_s]
set border 3 lc rgb grey
set tics nomirror out scale 0.5 tc rgb ink
set xtics format ""
set grid lc rgb "#d1d9e0" lt 1 lw 0.5

# A thousand bytes are a kB; of less than a thousand there is no prefix.
scale(most) = most >= 1e9 ? 1e9 : most >= 1e6 ? 1e6 : most >= 1e3 ? 1e3 : 1
prefix(most) = most >= 1e9 ? "G" : most >= 1e6 ? "M" : most >= 1e3 ? "k" : ""

# Some four of them.
step(most) = nice(most / 4.0, 10.0 ** floor(log10(most / 4.0)))
nice(x, ten) = (x < 1.5 * ten ? 1 : x < 3.5 * ten ? 2 : x < 7.5 * ten ? 5 : 10) * ten

# Where panel number i lies, and above it what it is and its legend.
y(i) = i ? top + (i + 1) * unit + i * gap : top
place(i, what, most) = (most > 0 ? sprintf("set yrange [0:*]; set ytics %g; ", step(most)) : \
		"set yrange [0:1]; set ytics 1; ") . \
	sprintf("set tmargin at screen %f; set bmargin at screen %f; ", \
		1 - y(i) / height, 1 - (y(i) + (i ? 1 : 2) * unit) / height) . \
	sprintf("set label 2 '%s' at graph 0,1 offset 0,0.9 tc rgb ink; ", what) . \
	sprintf("set key at screen %f,%f right bottom horizontal maxrows 1 Left reverse " . \
		"samplen 1.8 tc rgb ink noautotitles", right, 1 - (y(i) - 5) / height)
last = "set xtics format '%g'; set xlabel 'seconds' tc rgb ink offset 0,0.3"

# Of a series without points there is no legend.
add(count, what) = count ? ", " . what : ""

set multiplot
set label 1 flow at screen left,1 - 18.0 / height font ",14" tc rgb ink

u = scale(most_byte)
eval(place(0, "Data, " . prefix(most_byte) . "B", most_byte / u))
if (panels == 1) { eval(last) }
eval("plot NaN" . \
	add(|$edge|, "$edge using 1:($2 / u) with steps lc rgb amber title 'may be sent'") . \
	add(|$sent|, "$sent using 1:($2 / u):3:($4 / u) with vectors nohead lc rgb blue lw 2 " . \
		"title '" . (at_sender ? "sent" : "received") . "'") . \
	add(|$ack|, "$ack using 1:($2 / u) with steps lc rgb green title 'acknowledged'") . \
	add(|$again|, "$again using 1:($2 / u):3:($4 / u) with vectors nohead lc rgb red lw 5 " . \
		"title '" . (at_sender ? "sent again" : "again, or late") . "'"))
unset label 1

if (at_sender) {
	u = scale(most_window)
	eval(place(1, "Congestion window, " . prefix(most_window) . "B", most_window / u))
	do for [i = 1:|$recovery|] {
		set object rectangle from word($recovery[i], 1), graph 0 \
			to word($recovery[i], 2), graph 1 fc rgb pale_yellow fs solid noborder behind
	}
	do for [i = 1:|$loss|] {
		set object rectangle from word($loss[i], 1), graph 0 \
			to word($loss[i], 2), graph 1 fc rgb pale_red fs solid noborder behind
	}
	eval("plot NaN" . \
		add(|$cwnd|, "$cwnd using 1:($2 / u) with steps lc rgb blue lw 1.5 title 'cwnd'") . \
		add(|$ssthresh|, "$ssthresh using 1:($2 / u) with steps lc rgb grey lw 1.2 dt 2 " . \
			"title 'ssthresh'") . \
		add(|$recovery|, "NaN with boxes fs solid fc rgb pale_yellow title 'recovery'") . \
		add(|$loss|, "NaN with boxes fs solid fc rgb pale_red title 'after a timeout'"))
	unset object

	# Dots are lines of hardly any length: markers would take four times as many bytes.
	u = 1e3
	eval(place(2, "Round-trip time, ms", most_us / u))
	eval("plot NaN" . \
		add(|$rtt_us|, "$rtt_us using 1:($2 / u):(0):(most_us / u / 200) " . \
			"with vectors nohead lc rgb amber lw 3 title 'samples'") . \
		add(|$srtt_us|, "$srtt_us using 1:($2 / u) with steps lc rgb blue lw 1.5 " . \
			"title 'smoothed'"))

	u = scale(most_rate * 8) / 8.0
	eval(place(3, "Rate, " . prefix(most_rate * 8) . "bit/s", most_rate / u))
	eval(last)
	eval("plot NaN" . \
		add(|$pacing_rate|, "$pacing_rate using 1:($2 / u) with steps lc rgb blue " . \
			"title 'pacing'") . \
		add(|$delivery_rate|, "$delivery_rate using 1:($2 / u) with steps lc rgb green " . \
			"lw 1.5 title 'delivery'"))
}
unset multiplot

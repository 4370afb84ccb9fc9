# SPDX-License-Identifier: GPL-2.0
#
# The rows as a picture of a fixed width: two lifelines, an arrow for each segment, and beside each
# lifeline a bar for as long as its end is in a state. Time goes down, not to scale: where nothing
# happened for long there is a gap.
#
#	| bar | lifeline ---- segments ----> lifeline | bar |

function svg_sizes()
{
	width = 760
	bar = 116		# of states
	margin = 12
	line_x[1] = margin + bar + 10
	line_x[2] = width - line_x[1]
	top = 66		# below the names of the ends
	slant = 20		# what a segment comes down on its way
	pitch = 50		# from one segment to the next
	half_pitch = 34		# of a row where one leaves or arrives only
	options_pitch = 13	# more, if it has options
	state_pitch = 26	# of a row of states alone
	gap = 30
}

# Its place among the two, from the left.
function side(end)
{
	return end == svg_left ? 1 : 2
}

# Where rows lie: y_leave[r] and y_arrive[r], or y_state[r].
function svg_lay_out(	r, y)
{
	y = top
	for (r = 1; r <= rows; r++) {
		if (row_wait[r]) {
			y_gap[r] = y + gap / 2 - 4
			y += gap
		}
		if (!row_from[r]) {
			y_leave[r] = y_arrive[r] = y
			y += state_pitch
			continue
		}
		# Room for the words above the arrow.
		y_leave[r] = y + 12
		y_arrive[r] = y_leave[r] + (row_pair[r] ? 0 : slant)
		y += row_pair[r] ? half_pitch : pitch
		if (row_left[r] && option_words(r))
			y += options_pitch
	}
	return y + 14
}

function put(text)
{
	print text >svg_file
}

# More: further attributes.
function svg_text(class, x, y, anchor, text, more)
{
	put(sprintf("<text class=\"%s\" x=\"%.0f\" y=\"%.1f\" text-anchor=\"%s\"%s>%s</text>",
		    class, x, y, anchor, more, text))
}

# Along an arrow, above or below it.
function svg_text_along(class, x, y, anchor, text, x1, y1, x2, y2,	slope, turn)
{
	slope = (y2 - y1) / (x2 - x1)
	y += y1 + (x - x1) * slope
	turn = sprintf(" transform=\"rotate(%.2f %.0f %.1f)\"", atan2(slope, 1) * 57.29578, x, y)
	svg_text(class, x, y, anchor, text, turn)
}

function svg_words(r,	e, from, text)
{
	e = row_of[r]
	from = row_from[r]
	text = control(ev_flags[e])
	gsub(/,/, ", ", text)
	text = "<tspan class=\"flags\">" text "</tspan><tspan dx=\"8\">seq " \
		relative(ev_seq[e], from)
	if (has(ev_flags[e], "ACK"))
		text = text ", ack " relative(ev_ack[e], 3 - from)
	if (ev_len[e])
		text = text ", " ev_len[e] (ev_len[e] == 1 ? " byte" : " bytes")
	return text "</tspan>"
}

function svg_option_words(r,	text)
{
	text = options_text(row_of[r], row_from[r])
	gsub(/,/, ", ", text)
	return text
}

# Where an arrow touches the left lifeline, and where the right one.
function svg_lay_arrows(	r, from, y)
{
	for (r = 1; r <= rows; r++) {
		if (!row_from[r] || (!row_left[r] && row_pair[r]))
			continue
		from = side(row_from[r])
		y = y_arrive[row_pair[r] ? row_pair[r] : r]
		y_left[r] = from == 1 ? y_leave[r] : y
		y_right[r] = from == 1 ? y : y_leave[r]
	}
}

# How far from the nearest crossing a point of the arrow is; both are shares of its way from the
# left. What is far away in the list does not cross it.
function svg_distance(r, share,	q, left, right, far, at)
{
	far = 0.3
	for (q = r - 40; q <= r + 40; q++) {
		if (q == r || !(q in y_left))
			continue
		left = y_left[q] - y_left[r]
		right = y_right[q] - y_right[r]
		if (left * right >= 0)
			continue
		at = left / (left - right) - share
		if (at < 0)
			at = -at
		if (at < far)
			far = at
	}
	return far
}

# Where on its way the words of a segment stand: in the middle, or else where others do not cross.
function svg_place(r,	share, best, place, i, shares, n)
{
	n = split("0.5 0.3 0.7 0.4 0.6 0.22 0.78", shares, " ")
	best = -1
	for (i = 1; i <= n; i++) {
		share = svg_distance(r, shares[i])
		if (share > best + 0.01) {
			best = share
			place = shares[i]
		}
	}
	return place
}

function svg_segment(r,	from, x1, x2, y1, y2, x, share, class)
{
	from = side(row_from[r])
	x1 = line_x[from]
	x2 = line_x[3 - from]
	y1 = from == 1 ? y_left[r] : y_right[r]
	y2 = from == 1 ? y_right[r] : y_left[r]
	share = 1
	class = "segment"
	if (row_lost[r]) {
		share = 0.75
		class = class " lost"
	} else if (!row_came[r]) {
		share = 0.9
		class = class " unknown"
	}
	if (row_again[r])
		class = class " again"
	put(sprintf("<line class=\"%s\" x1=\"%.0f\" y1=\"%.1f\" x2=\"%.0f\" y2=\"%.1f\"%s/>",
		    class, x1, y1, x1 + (x2 - x1) * share, y1 + (y2 - y1) * share,
		    share == 1 ? " marker-end=\"url(#tip)\"" : ""))
	if (row_lost[r])
		svg_cross(x1 + (x2 - x1) * share, y1 + (y2 - y1) * share)
	x = line_x[1] + (line_x[2] - line_x[1]) * svg_place(r)
	svg_text_along(row_lost[r] ? "words lost" : "words", x, -6, "middle",
		       svg_words(r) svg_mark(r), x1, y1, x2, y2)
	if (svg_option_words(r))
		svg_text_along("options", x, 15, "middle", svg_option_words(r), x1, y1, x2, y2)
}

function svg_mark(r)
{
	return (row_again[r] ? "<tspan class=\"mark\" dx=\"8\">again</tspan>" : "") \
		(row_lost[r] ? "<tspan class=\"mark\" dx=\"8\">lost</tspan>" : "")
}

function svg_cross(x, y)
{
	put(sprintf("<path class=\"cross\" d=\"M%.1f %.1fl10 10m0 -10l-10 10\"/>", x - 5, y - 5))
}

# Where the state of an end begins, in that row.
function svg_state_y(r, end)
{
	return row_from[r] == 3 - end ? y_arrive[r] : y_leave[r]
}

function svg_bar(end, state, from, to,	x)
{
	x = side(end) == 1 ? margin : width - margin - bar
	put(sprintf("<rect class=\"state\" x=\"%.0f\" y=\"%.1f\" width=\"%.0f\" height=\"%.1f\"" \
		    " rx=\"3\"/>", x, from, bar, to - from - 2))
	svg_text("name", x + bar / 2, from + 13, "middle", state)
}

function svg_states(end, bottom,	r, state, from, y)
{
	for (r = 1; r <= rows; r++) {
		if (row_state[r, end] == "")
			continue
		y = svg_state_y(r, end) - 9
		if (state != "")
			svg_bar(end, state, from, y)
		state = row_state[r, end]
		from = y
	}
	if (state != "")
		svg_bar(end, state, from, bottom)
}

# The lifelines are broken where time is left out.
function svg_gap(r,	i)
{
	for (i = 1; i <= 2; i++)
		put(sprintf("<path class=\"gap\" d=\"M%.0f %.1fv14\"/>", line_x[i], y_gap[r] - 7))
	svg_text("wait", width / 2, y_gap[r] + 4, "middle", wait_text(row_wait[r]))
}

function svg_style()
{
	put("<style>")
	put("text{fill:#1f2328;font:12px ui-monospace,'DejaVu Sans Mono',Menlo,Consolas,monospace}")
	put(".end{font-weight:bold;font-size:13px}")
	put(".flags,.mark{font-weight:bold}")
	put(".options,.wait,.of{fill:#59636e;font-size:11px}")
	put(".words,.options{paint-order:stroke;stroke:#fff;stroke-width:3px}")
	put(".name{font-size:11.5px}")
	put(".state{fill:#ddf4ff;stroke:#54aeff}")
	put(".life{stroke:#59636e;stroke-width:1.5}")
	put(".gap{stroke:#fff;stroke-width:5}")
	put(".segment{stroke:#1f2328;stroke-width:1.3}")
	put(".unknown{stroke-dasharray:5 4}")
	put(".again{stroke:#9a6700}")
	put(".again+.words .mark{fill:#9a6700}")
	put("line.lost,.cross{stroke:#cf222e}")
	put("text.lost,text.lost .mark{fill:#cf222e}")
	put(".cross{stroke-width:2;fill:none}")
	put("</style>")
}

function svg_heading(end,	i, x, anchor)
{
	i = side(end)
	x = i == 1 ? margin : width - margin
	anchor = i == 1 ? "start" : "end"
	svg_text("end", x, 22, anchor, kind[end])
	svg_text("of", x, 40, anchor, name[end])
}

function print_svg(left, file,	r, i, height)
{
	svg_left = left
	svg_file = file
	svg_sizes()
	height = svg_lay_out()
	put(sprintf("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\" " \
		    "viewBox=\"0 0 %.0f %.0f\" role=\"img\">", width, height, width, height))
	put("<title>TCP between " name[left] " and " name[3 - left] "</title>")
	svg_style()
	put("<defs><marker id=\"tip\" viewBox=\"0 0 10 8\" refX=\"10\" refY=\"4\" " \
	    "markerWidth=\"10\" markerHeight=\"8\" markerUnits=\"userSpaceOnUse\" " \
	    "orient=\"auto\"><path d=\"M0 0l10 4l-10 4z\" fill=\"#1f2328\"/></marker></defs>")
	# A page may be dark.
	put(sprintf("<rect width=\"%.0f\" height=\"%.0f\" fill=\"#fff\"/>", width, height))
	for (i = 1; i <= 2; i++) {
		svg_heading(i)
		put(sprintf("<path class=\"life\" d=\"M%.0f %.0fV%.0f\"/>", line_x[i], top - 9,
			    height - 10))
		svg_states(i, height - 8)
	}
	for (r = 1; r <= rows; r++)
		if (row_wait[r])
			svg_gap(r)
	svg_lay_arrows()
	for (r = 1; r <= rows; r++)
		if (r in y_left)
			svg_segment(r)
	put("</svg>")
	close(svg_file)
}

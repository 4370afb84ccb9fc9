# SPDX-License-Identifier: GPL-2.0
#
# The rows as text: as RFC 9293 draws its figures, with both ends' states in each row.
#
#	STATE  --> <segment> -->  STATE		a segment, and the states that it leaves behind
#	STATE  --> <segment> ...  STATE		leaves, and is overtaken, or lost sight of
#	STATE  ... <segment> -->  STATE		arrives
#	STATE  --> <segment> --X  STATE		leaves, and is lost
#
# What holds data, a SYN or a FIN that was sent before is marked "(again)".

function before(number, by)
{
	return (number - by + 4294967296) % 4294967296
}

# Where each end's numbers begin: at its SYN, or else one before the first that is seen. Whoever
# refuses has no numbers: those of a RST are what they are.
function find_origins(	e, sender)
{
	for (e = 1; e <= events; e++) {
		if (ev_what[e] == "state")
			continue
		sender = ev_what[e] == "send" ? ev_end[e] : 3 - ev_end[e]
		if (has(ev_flags[e], "SYN") && !(sender in syn_sent)) {
			origin[sender] = ev_seq[e]
			syn_sent[sender] = 1
		}
		if (!(sender in origin))
			origin[sender] = before(ev_seq[e], !has(ev_flags[e], "RST"))
		if (has(ev_flags[e], "ACK") && !((3 - sender) in origin))
			origin[3 - sender] = before(ev_ack[e], 1)
		if (!opener)
			opener = sender
	}
}

function relative(number, end)
{
	return sprintf("%.0f", before(number, origin[end]))
}

# The order in which RFC 9293 names them.
function control(flags,	order, n, i, text)
{
	n = split("SYN FIN RST PSH URG ECE CWR ACK", order, " ")
	for (i = 1; i <= n; i++)
		if (has(flags, order[i]))
			text = text (text ? "," : "") order[i]
	return text
}

# Without options: they may have no room beside it.
function segment(r,	e, from, text)
{
	e = row_of[r]
	from = row_from[r]
	text = "<SEQ=" relative(ev_seq[e], from) ">"
	if (has(ev_flags[e], "ACK"))
		text = text "<ACK=" relative(ev_ack[e], 3 - from) ">"
	text = text "<CTL=" control(ev_flags[e]) ">"
	return ev_len[e] ? text "<LEN=" ev_len[e] ">" : text
}

function option_words(r,	text)
{
	text = options_text(row_of[r], row_from[r])
	return text ? "<OPT=" text ">" : ""
}

# So much leaves room for the states, on a line of 100.
function widest()
{
	return 62
}

# Sets row_text and row_more, which goes on a line of its own; returns the width.
function write_segments(	r, width, more)
{
	width = 38
	for (r = 1; r <= rows; r++) {
		if (!row_from[r])
			continue
		row_text[r] = segment(r)
		more = option_words(r)
		if (length(row_text[r] more) + 8 * row_again[r] > widest())
			row_more[r] = more
		else
			row_text[r] = row_text[r] more
		if (row_again[r])
			row_text[r] = row_text[r] " (again)"
		if (length(row_text[r]) > width)
			width = length(row_text[r])
	}
	return width
}

# Of a row at an end.
function arrow(r, end, left,	sign)
{
	if (!row_from[r])
		return "   "
	sign = row_from[r] == left ? "-->" : "<--"
	if (row_from[r] == end)
		return row_left[r] ? sign : "..."
	if (row_lost[r])
		return row_from[r] == left ? "--X" : "X--"
	return row_came[r] == 1 ? sign : "..."
}

# Not every awk has "%-*s".
function pad(text, width)
{
	return sprintf("%-" width "s", text)
}

function line(text)
{
	sub(/ +$/, "", text)
	print text
}

# An address too long for its column begins before it, and both too long for a line take two.
function heading(a, b, width,	column)
{
	column = 26 + width
	if (column + length(b) > 100)
		column = 100 - length(b)
	if (length(a) + 4 > column) {
		line("  " a)
		a = ""
	}
	line("  " pad(a, column - 2) b)
}

function wait_text(seconds)
{
	return sprintf(seconds < 10 ? "%.1f s later" : "%.0f s later", seconds)
}

# Beside an arrow both states are named, elsewhere those that are new.
function state_in(r, end)
{
	return row_from[r] ? row_now[r, end] : row_state[r, end]
}

function print_text(left,	r, width)
{
	width = write_segments()
	heading(kind[left], kind[3 - left], width)
	heading(name[left], name[3 - left], width)
	print ""
	for (r = 1; r <= rows; r++) {
		if (row_wait[r])
			line("  " pad("", 18) ": " wait_text(row_wait[r]))
		line("  " pad(state_in(r, left), 12) "  " arrow(r, left, left) " "	\
		     pad(row_text[r], width) " " arrow(r, 3 - left, left) "  "			\
		     state_in(r, 3 - left))
		if (row_more[r])
			line("  " pad("", 18) row_more[r])
	}
}

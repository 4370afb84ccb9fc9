# SPDX-License-Identifier: GPL-2.0
#
# An end without XTCP has no events for its segments. Those that it sent are those that XTCP
# received; when it received XTCP's, its changes of state and its acknowledgments tell.

# ---- The events that an end without XTCP does not have.

# Sequence numbers below 2^32 in the order of their distance.
function after(a, b,	d)
{
	d = a - b
	if (d < 0)
		d += 4294967296
	return d > 0 && d < 2147483648
}

function has(flags, flag)
{
	return index("|" flags "|", "|" flag "|")
}

function takes_room(e)
{
	return ev_len[e] + !!has(ev_flags[e], "SYN") + !!has(ev_flags[e], "FIN")
}

function seq_end(e)
{
	return (ev_seq[e] + takes_room(e)) % 4294967296
}

# What happened, as st_*[1..steps]: events, or made of one.
function step(what, end, e, new)
{
	st_what[++steps] = what
	st_end[steps] = end
	st_of[steps] = e
	st_new[steps] = new
	st_time[steps] = now
}

# The other end has received the oldest of XTCP's segments that are on their way.
function arrive(other,	e)
{
	e = way[++way_head]
	step("receive", other, e)
	if (!has(ev_flags[e], "FIN"))
		return
	fin_arrived = 1
	if (quiet_wait) {
		quiet_wait = 0
		step("state", other, e, "TIME-WAIT")
	}
}

function arrive_all(other)
{
	while (way_head < way_tail)
		arrive(other)
	crossing = 0
}

# What an end does by itself, not in answer to a segment.
function by_itself(new)
{
	return new == "SYN-SENT" || new == "FIN-WAIT-1" || new == "LAST-ACK" || new == "LISTEN"
}

# All that is on its way up to the segment that made the other end change its state.
function arrive_cause(other, new,	i, flag)
{
	flag = new ~ /^(CLOSE-WAIT|CLOSING|TIME-WAIT)$/ && !fin_arrived ? "FIN" : "ACK"
	for (i = way_head + 1; i <= way_tail; i++)
		if (has(ev_flags[way[i]], flag) || has(ev_flags[way[i]], "RST"))
			break
	if (i > way_tail)
		return
	while (way_head < i)
		arrive(other)
	crossing = crossing && way_head < way_tail
}

# The FIN or SYN that goes with a change of state, if nothing goes before it.
function goes_next(from, other,	e)
{
	for (e = from + 1; e <= events; e++) {
		if (ev_what[e] != "receive" || ev_end[e] == other || !takes_room(e))
			continue
		return ev_flags[e] ~ /FIN|SYN/ && !(e in gone) ? e : 0
	}
	return 0
}

# The kernel's socket is closed where a smaller object keeps the state of the connection.
function other_state(e, other,	new, old, next_one)
{
	new = ev_new[e]
	old = ev_old[e]
	if (by_itself(new)) {
		next_one = goes_next(e, other)
		if (next_one)
			arrive_acked(other, ev_ack[next_one])
		step("state", other, e, new)
		if (next_one) {
			step("send", other, next_one)
			gone[next_one] = 1
		}
		return
	}
	if (new == "CLOSED" && old ~ /^(FIN-WAIT-[12]|CLOSING)$/)
		new = "TIME-WAIT"
	arrive_cause(other, new)
	if (reset)
		new = ev_new[e]
	else if (new == "TIME-WAIT" && !fin_arrived) {
		quiet_wait = 1
		new = "FIN-WAIT-2"
	}
	step("state", other, e, new)
}

# What the other end acknowledges had arrived there, and the rest is likely to cross.
function arrive_acked(other, ack,	one)
{
	while (way_head < way_tail) {
		one = way[way_head + 1]
		if (after(seq_end(one), ack) && takes_room(one))
			break
		arrive(other)
	}
	crossing = way_head < way_tail
}

function other_segment(e, other)
{
	arrive_acked(other, ev_ack[e])
	if (has(ev_flags[e], "SYN") && has(ev_flags[e], "ACK") && !(other in seen_syn)) {
		if (!(other in first_state) || first_state[other] == "SYN-RECEIVED") {
			first_state[other] = "LISTEN"
			step("state", other, e, "SYN-RECEIVED")
		}
		seen_syn[other] = 1
	}
	if (!(e in gone))
		step("send", other, e)
}

function complete(	e, other)
{
	other = kind[1] ~ /^XTCP/ ? (kind[2] ~ /^XTCP/ ? 0 : 2) : 1
	for (e = 1; e <= events; e++) {
		now = ev_time[e]
		if (ev_end[e] == other) {
			other_state(e, other)
			continue
		}
		reset = reset || has(ev_flags[e], "RST")
		if (other && ev_what[e] == "send") {
			if (!crossing)
				arrive_all(other)
			way[++way_tail] = e
		} else if (other && ev_what[e] == "receive") {
			other_segment(e, other)
		}
		step(ev_what[e], ev_end[e], e, ev_new[e])
	}
	if (other)
		arrive_all(other)
}


# SPDX-License-Identifier: GPL-2.0
#
# Rows, row_*[1..rows], each of the left end's state, an arrow, a segment, an arrow, and the right
# end's state. A segment that nothing overtakes has one row, others have one where they leave, and
# one where they arrive:
#
#	from	which end sends it; 0: it is a row of states alone
#	of	the event that tells of it
#	left	it leaves here
#	came	it arrives: 1: here, 2: in another row
#	pair	of the two rows of a segment, the other one
#	again	it holds what was sent before
#	lost	it never arrives
#	state	[row, end] that an end comes to; now: that it is in
#	time	when; wait: for how long nothing happened before, if that is long

# Shorter waits are the wire's, mostly.
function long_wait()
{
	return 0.1
}

function row(end, e, time)
{
	row_from[++rows] = end
	row_of[rows] = e
	row_time[rows] = time
	if (rows > 1 && time - last_time >= long_wait())
		row_wait[rows] = time - last_time
	return rows
}

# A state that came with no segment has a row of its own.
function show_pending(end,	r)
{
	if (pending[end] == "")
		return
	r = row(0, 0, pending_time[end])
	row_state[r, end] = pending[end]
	pending[end] = ""
}

# ---- Which of the segments that were sent it is that arrives.

# The options are a part of it: by its timestamp one that is sent again differs from the first.
function words(sender, e)
{
	return sender " " ev_seq[e] " " ev_ack[e] " " ev_flags[e] " " ev_len[e] " " ev_options[e]
}

# The row of a segment that arrives; 0: nobody was seen sending it. Of several the last one: had
# the first arrived, it would hardly have been sent again.
function row_sent(sender, e,	key, all, r)
{
	key = words(sender, e)
	all = under_way[key]
	r = all + 0
	sub(/^[0-9]+ ?/, "", all)
	under_way[key] = all
	return r
}

function overlap(a, b)
{
	return after(seq_end(a), ev_seq[b]) && after(seq_end(b), ev_seq[a])
}

# Data may be cut or joined on its way: the last rows that had some of it have arrived.
function arrive_in_pieces(sender, e,	r, begun)
{
	if (!takes_room(e))
		return
	for (r = rows; r; r--) {
		if (row_from[r] != sender || !row_left[r] || !overlap(row_of[r], e) ||
		    ev_seq[row_of[r]] in begun)
			continue
		begun[ev_seq[row_of[r]]] = 1
		if (!row_came[r])
			row_came[r] = 2
	}
}

# Whether the same row can show its arrival: nothing went the other way meanwhile, or came before.
function undisturbed(r, end,	i)
{
	for (i = r + 1; i <= rows; i++)
		if (row_from[i] != 3 - end || row_came[i])
			return 0
	return 1
}

# ---- One step after the other.

# An end's own events come in the order of its sending; of one without it is known what came twice.
function is_again(end, e,	start)
{
	if (!takes_room(e))
		return 0
	start = end " " ev_seq[e] " " ev_len[e]
	if (start in begun_at)
		return 1
	begun_at[start] = 1
	if (end in highest && kind[end] ~ /^XTCP/ && !after(seq_end(e), highest[end]))
		return 1
	if (!(end in highest) || after(seq_end(e), highest[end]))
		highest[end] = seq_end(e)
	return 0
}

function draw_send(end, e,	r)
{
	show_pending(3 - end)
	r = row(end, e, st_time[this])
	row_left[r] = 1
	row_again[r] = is_again(end, e)
	row_lost[r] = gone_to[3 - end] != "CLOSED"
	row_state[r, end] = pending[end]
	pending[end] = ""
	attached[end] = has(ev_flags[e], "RST") ? r : 0
	under_way[words(end, e)] = r " " under_way[words(end, e)]
}

function draw_receive(end, e,	r, sent)
{
	show_pending(end)
	sent = row_sent(3 - end, e)
	r = sent
	if (!sent)
		arrive_in_pieces(3 - end, e)
	if (!sent || !undisturbed(sent, end)) {
		r = row(3 - end, e, st_time[this])
		if (sent) {
			row_came[sent] = 2
			row_pair[sent] = r
			row_pair[r] = sent
			row_again[r] = row_again[sent]
		}
	}
	row_came[r] = 1
	attached[end] = r
	last_came[end] = r
}

# Only to CLOSED an end can come by a segment, by its user or by a timer; the first if it has done
# nothing since. To other states it may come after it has answered.
function draw_state(end, new,	r)
{
	gone_to[end] = new
	r = new == "CLOSED" ? attached[end] : last_came[end]
	if (r && !by_itself(new)) {
		row_state[r, end] = new
		return
	}
	attached[end] = 0
	show_pending(end)
	pending[end] = new
	pending_time[end] = st_time[this]
}

function first(end)
{
	if (end in first_state)
		return first_state[end]
	return listens[port_of(name[end])] ? "LISTEN" : ""
}

# Whether one is lost shows at the end, and only between two ends that say what they receive. What
# was sent to a closed one arrived, and nobody was there.
function finish_rows(	r, end, both, state)
{
	both = kind[1] ~ /^XTCP/ && kind[2] ~ /^XTCP/
	for (r = 1; r <= rows; r++) {
		row_lost[r] = both && row_left[r] && row_lost[r] && !row_came[r]
		for (end = 1; end <= 2; end++) {
			if (row_state[r, end] != "")
				state[end] = row_state[r, end]
			row_now[r, end] = state[end]
		}
	}
}

function draw(	r)
{
	r = row(0, 0, st_time[1])
	row_state[r, 1] = first(1)
	row_state[r, 2] = first(2)
	for (this = 1; this <= steps; this++) {
		if (st_what[this] == "send")
			draw_send(st_end[this], st_of[this])
		else if (st_what[this] == "receive")
			draw_receive(st_end[this], st_of[this])
		else
			draw_state(st_end[this], st_new[this])
		last_time = st_time[this]
	}
	show_pending(1)
	show_pending(2)
	finish_rows()
}

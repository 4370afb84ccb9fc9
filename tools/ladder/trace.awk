# SPDX-License-Identifier: GPL-2.0
#
# What "xtcp ladder" draws with: one connection, from the text of these events, as tracefs has it:
#
#	xtcp:xtcp_state xtcp:xtcp_send xtcp:xtcp_receive sock:inet_sock_set_state
#
#	trace.awk	reads them
#	peer.awk	makes those that an end without XTCP does not have
#	rows.awk	puts all of that in rows
#	options.awk	reads the options of a segment
#	text.awk	prints the rows as RFC 9293 draws its figures 6, 7, 12 and 13
#	svg.awk		draws them
#	json.awk	tells them
#	main.awk	does one after the other

# ---- Reading: the events of the connection, in order, as ev_*[1..events].

# Sequence numbers are parts of keys, with all of their digits.
BEGIN {
	CONVFMT = "%.10g"
}

# The value of NAME=... in the line.
function field(name,	at, rest)
{
	at = index($0, " " name "=")
	if (!at)
		return ""
	rest = substr($0, at + length(name) + 2)
	sub(/ .*/, "", rest)
	return rest
}

# "[::ffff:192.0.2.1]:80" as 192.0.2.1:80, the others as they are.
function endpoint(text)
{
	if (text ~ /^\[::ffff:[0-9]+\./) {
		sub(/^\[::ffff:/, "", text)
		sub(/\]/, "", text)
	}
	return text
}

function port_of(end)
{
	sub(/.*:/, "", end)
	return end
}

# RFC 9293's names.
function state_name(text)
{
	sub(/^TCP_/, "", text)
	sub(/^SYN_RECV$/, "SYN_RECEIVED", text)
	sub(/^CLOSE$/, "CLOSED", text)
	sub(/^FIN_WAIT1$/, "FIN_WAIT_1", text)
	sub(/^FIN_WAIT2$/, "FIN_WAIT_2", text)
	gsub(/_/, "-", text)
	return text
}

# Whose event it is: 1 or 2, ends in the order of their appearance; 0: another connection's.
function whose(here, there)
{
	if (!name[1]) {
		name[1] = here
		name[2] = there
		if (here in without_port) {
			kind[2] = "kernel TCP"
			state_event(2, "CLOSED", "SYN-SENT")
		}
	}
	if (here == name[1] && there == name[2])
		return 1
	return here == name[2] && there == name[1] ? 2 : 0
}

# When the event was, in seconds.
function event_time()
{
	return match($0, / [0-9]+\.[0-9]+: [a-z]/) ? substr($0, RSTART + 1) + 0 : 0
}

function event(what, end, flags, seq, ack, len)
{
	ev_what[++events] = what
	ev_time[events] = event_time()
	ev_options[events] = field("options")
	ev_end[events] = end
	ev_flags[events] = flags
	ev_seq[events] = seq
	ev_ack[events] = ack
	ev_len[events] = len
}

function state_event(end, old, new)
{
	if (!(end in first_state))
		first_state[end] = old
	event("state", end)
	ev_old[events] = old
	ev_new[events] = new
}

# The segment that makes a half-open entry a connection is received by the one, then by the other.
function again(end,	told)
{
	told = ""
	if (/ xtcp_receive: / && field("state") == "SYN_RECEIVED")
		told = end " " field("flags") " " field("seq") " " field("ack") " " field("len")
	if (told != "" && told == told_last)
		return 1
	told_last = told
	return 0
}

/ xtcp_(state|send|receive): / {
	here = endpoint(field("local"))
	there = endpoint(field("remote"))
	if (port_of(there) == 0) {
		if (field("newstate") == "LISTEN")
			listens[port_of(here)] = 1
		next
	}
	end = whose(here, there)
	if (!end)
		next
	kind[end] = field("carrier") == "native" ? "XTCP, native carrier" : "XTCP"
	if (/ xtcp_state: /)
		state_event(end, state_name(field("oldstate")), state_name(field("newstate")))
	else if (!again(end))
		event(/ xtcp_send: / ? "send" : "receive", end, field("flags"), field("seq") + 0,
		      field("ack") + 0, field("len") + 0)
}

# The kernel sets SYN-SENT before it has chosen a port, and clones a listener's state.
/ inet_sock_set_state: / && field("protocol") == "IPPROTO_TCP" {
	here = endpoint("[" field("saddrv6") "]:" field("sport"))
	there = endpoint("[" field("daddrv6") "]:" field("dport"))
	if (field("dport") == 0) {
		if (field("newstate") == "TCP_LISTEN")
			listens[field("sport")] = 1
		next
	}
	if (field("sport") == 0) {
		without_port[there] = 1
		next
	}
	end = whose(here, there)
	if (!end)
		next
	kind[end] = "kernel TCP"
	state_event(end, state_name(field("oldstate")), state_name(field("newstate")))
}


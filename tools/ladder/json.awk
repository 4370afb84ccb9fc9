# SPDX-License-Identifier: GPL-2.0
#
# The rows as a JSON object. What is in it needs no escapes: addresses, numbers, our own words.

function json_end(end)
{
	return sprintf("{\"endpoint\":\"%s\",\"kind\":\"%s\"}", name[end], kind[end])
}

function json_truth(what)
{
	return what ? "true" : "false"
}

function json_words(text,	word, n, i, all)
{
	n = split(text, word, ",")
	for (i = 1; i <= n; i++)
		all = all (i > 1 ? "," : "") "\"" word[i] "\""
	return "[" all "]"
}

function json_sack(hex, at, len, other,	block, n, i, all)
{
	n = split(sack_blocks(hex, at, len, other), block, " ")
	for (i = 1; i <= n; i++) {
		sub(/-/, ",", block[i])
		all = all (i > 1 ? "," : "") "[" block[i] "]"
	}
	return "[" all "]"
}

function json_options(e, from,	hex, n, i, one, all)
{
	hex = ev_options[e]
	n = options_read(hex)
	for (i = 1; i <= n; i++) {
		if (opt_kind[i] == 2)
			one = "\"mss\":" number_at(hex, opt_at[i], 2)
		else if (opt_kind[i] == 3)
			one = "\"window_scale\":" number_at(hex, opt_at[i], 1)
		else if (opt_kind[i] == 4)
			one = "\"sack_permitted\":true"
		else if (opt_kind[i] == 5)
			one = "\"sack\":" json_sack(hex, opt_at[i], opt_len[i], 3 - from)
		else if (opt_kind[i] == 8)
			one = sprintf("\"timestamp\":%.0f,\"timestamp_echo\":%.0f",
				      number_at(hex, opt_at[i], 4),
				      number_at(hex, opt_at[i] + 4, 4))
		else
			one = sprintf("\"kind_%d\":\"%s\"", opt_kind[i],
				      substr(hex, 2 * opt_at[i] + 1, 2 * opt_len[i]))
		all = all (i > 1 ? "," : "") one
	}
	return "{" all "}"
}

function json_segment(r, left,	e, from, ack)
{
	e = row_of[r]
	from = row_from[r]
	ack = has(ev_flags[e], "ACK") ? relative(ev_ack[e], 3 - from) : "null"
	return sprintf(",\"from\":\"%s\",\"seq\":%s,\"ack\":%s,\"flags\":%s,\"len\":%s",
		       from == left ? "left" : "right", relative(ev_seq[e], from), ack,
		       json_words(control(ev_flags[e])), ev_len[e]) \
		",\"options\":" json_options(e, from) \
		",\"leaves\":" json_truth(row_left[r]) \
		",\"arrives\":" json_truth(row_came[r] == 1) \
		",\"again\":" json_truth(row_again[r]) ",\"lost\":" json_truth(row_lost[r])
}

function print_json(left,	r)
{
	printf "{\"left\":%s,\"right\":%s,\"rows\":[", json_end(left), json_end(3 - left)
	for (r = 1; r <= rows; r++) {
		if (r > 1)
			printf ","
		printf "{\"time\":%.6f,\"left_state\":\"%s\",\"right_state\":\"%s\"%s}",
			row_time[r] - row_time[1], state_in(r, left), state_in(r, 3 - left),
			row_from[r] ? json_segment(r, left) : ""
	}
	print "]}"
}

# SPDX-License-Identifier: GPL-2.0
#
# The options of a segment, ev_options[], which are bytes in hexadecimal.

function digit_at(hex, i)
{
	return index("0123456789abcdef", substr(hex, i + 1, 1)) - 1
}

function byte_at(hex, i)
{
	return digit_at(hex, 2 * i) * 16 + digit_at(hex, 2 * i + 1)
}

function number_at(hex, i, bytes,	n)
{
	while (bytes--)
		n = n * 256 + byte_at(hex, i++)
	return n + 0
}

# Reads them into opt_kind[1..n], opt_at[1..n] (where its value begins) and opt_len[1..n] (of the
# value); n. What is malformed ends them.
function options_read(hex,	i, bytes, kind_of, len, n)
{
	bytes = length(hex) / 2
	for (i = 0; i < bytes; i += len) {
		kind_of = byte_at(hex, i)
		len = 1
		if (!kind_of)
			break
		if (kind_of == 1)
			continue
		len = i + 1 < bytes ? byte_at(hex, i + 1) : 0
		if (len < 2 || i + len > bytes)
			break
		opt_kind[++n] = kind_of
		opt_at[n] = i + 2
		opt_len[n] = len - 2
	}
	return n + 0
}

# The blocks of a SACK acknowledge what the other end has sent.
function sack_blocks(hex, i, len, other,	text)
{
	for (; len >= 8; len -= 8) {
		text = text (text ? " " : "") relative(number_at(hex, i, 4), other) "-" \
			relative(number_at(hex, i + 4, 4), other)
		i += 8
	}
	return text
}

# As in "MSS 1460,SACK,TS,WS 7". Timestamps are in each segment once they are agreed on, and not
# named again.
function options_text(e, from,	hex, n, i, one, text)
{
	hex = ev_options[e]
	n = options_read(hex)
	for (i = 1; i <= n; i++) {
		if (opt_kind[i] == 2)
			one = "MSS " number_at(hex, opt_at[i], 2)
		else if (opt_kind[i] == 3)
			one = "WS " number_at(hex, opt_at[i], 1)
		else if (opt_kind[i] == 4)
			one = "SACK"
		else if (opt_kind[i] == 5)
			one = "SACK " sack_blocks(hex, opt_at[i], opt_len[i], 3 - from)
		else if (opt_kind[i] == 8)
			one = has(ev_flags[e], "SYN") ? "TS" : ""
		else if (opt_kind[i] == 34)
			one = "FO" (opt_len[i] ? " " opt_len[i] : "")
		else
			one = "kind " opt_kind[i]
		if (one != "")
			text = text (text ? "," : "") one
	}
	return text
}

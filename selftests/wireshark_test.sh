#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What tshark makes of XTCP: of the ordinary carrier TCP, as of anybody's; of the native one too,
# with tools/wireshark/xtcp.lua. It finds no fault, and in each segment what xtcp ladder has.

. "$(dirname "$0")/lib/lib.sh"
. "$(dirname "$0")/lib/tool.sh"
. "$(dirname "$0")/lib/ladder.sh"

ktap_print_header
require_module
[[ -x $tool ]] || skip_all "no xtcp: libnl-genl was not there when it was to be built"
[[ -d $tracing/instances ]] || skip_all "no trace instances"
for program in tcpdump tshark nft; do
	type -P $program >/dev/null || skip_all "no $program"
done
two_hosts
trace_open || ktap_exit_fail_msg "no tracing"
lua=${tool%/*}/wireshark/xtcp.lua
conversation="$here/lib/conversation.py"
# Segments as they are on a wire.
in_left ethtool -K right tx off gso off gro off >/dev/null
in_right ethtool -K left tx off gso off gro off >/dev/null

protocol_of()
{
	case $1 in
	native) echo 253 ;;
	*) echo 6 ;;
	esac
}

# What is asked of tshark besides what the ladder has; of each, one column.
fields="frame.number frame.protocols _ws.malformed _ws.expert.severity _ws.expert.message
	tcp.stream tcp.completeness tcp.window_size_scalefactor tcp.analysis.retransmission
	tcp.analysis.out_of_order tcp.checksum.status"

# sniff IP KIND: what the left sends and gets, into $scratch/packets, until sniffed().
sniff()
{
	local line

	carrier=$2
	exec {said}< <(exec nsenter --net="$netns_dir/$left" tcpdump -Z root -U --immediate-mode -n \
		-i right -w "$scratch/packets" "ip${1/4/} proto $(protocol_of "$2")" 2>&1)
	sniffer=$!
	while read -r line <&"$said"; do
		[[ $line != *"listening on"* ]] || return 0
	done
	return 1
}

# sniffed: all that was to come has come. It is decoded, into $scratch/decoded.
sniffed()
{
	local names field words=()

	pause 1
	kill "$sniffer"
	wait "$sniffer" 2>/dev/null
	exec {said}<&-
	names="$(python3 -IS "$conversation" fields) $fields"
	[[ $carrier != native ]] || names+=" xtcp.checksum.status"
	for field in $names; do
		words+=(-e "$field")
	done
	decode -T fields -E header=y -E 'aggregator=|' "${words[@]}" >"$scratch/decoded"
}

# decode ARGUMENT...: what was captured; checksums are to be checked, each by who knows of it.
decode()
{
	local options=(-o ip.check_checksum:TRUE)

	if [[ $carrier == native ]]; then
		options+=(-X "lua_script:$lua" -o xtcp.check_checksum:TRUE)
	else
		options+=(-o tcp.check_checksum:TRUE)
	fi
	tshark -n -2 "${options[@]}" -r "$scratch/packets" "$@" 2>"$scratch/err" ||
		{ cat "$scratch/err"; return 1; }
}

# column FIELD... [FIELD=VALUE...]: of each packet where the one has that value, the others, in a line,
# with colons between.
column()
{
	awk -F '\t' -v words="$*" '
		NR == 1 {
			for (i = 1; i <= NF; i++)
				place[$i] = i
			n = split(words, word, " ")
			next
		}
		{
			line = ""
			for (i = 1; i <= n; i++) {
				if (split(word[i], half, "=") == 1)
					line = line ":" $place[word[i]]
				else if ($place[half[1]] != half[2])
					next
			}
			print substr(line, 2)
		}' "$scratch/decoded"
}

# values FIELD: that it has, each once.
values()
{
	column "$1" | sort -u | xargs
}

# complaints: whatever tshark calls more than a chat, but that connections are closed.
complaints()
{
	column _ws.malformed | grep -v '^$'
	column _ws.expert.severity _ws.expert.message | awk -F ':' '{
		n = split($1, severity, "|")
		split(substr($0, length($1) + 2), message, "|")
		for (i = 1; i <= n; i++)
			if (severity[i] >= 4194304 && message[i] !~ /the connection closing$/)
				print message[i]
	}'
}

# checksums: what became of them. 1 is good, 0 bad; "-" where tshark saw none.
checksums()
{
	local field=tcp.checksum.status

	[[ $carrier != native ]] || field=x$field
	column $field | sed 's/^$/-/'
}

same_segments()
{
	python3 -IS "$conversation" ladder "$scratch/json" options >"$scratch/from_ladder" &&
		[[ -s $scratch/from_ladder ]] &&
		python3 -IS "$conversation" decoded "$scratch/decoded" | diff - "$scratch/from_ladder"
}

# drawn IP KIND: the script that is set, captured and drawn, is decoded so.
drawn()
{
	local status=0

	sniff "$1" "$2" || return
	play_once "$1" "$2" "$2" || status=1
	ladder -j >"$scratch/json" || status=1
	sniffed || status=1
	((!status)) && same_segments
}

# whole: one connection, with all that belongs to one, seen from its beginning.
whole()
{
	says "streams" 0 "$(values tcp.stream)" &&
		says "completeness" 31 "$(values tcp.completeness)" &&
		says "checksums" 1 "$(checksums | sort -u | xargs)"
}

# clean IP KIND
clean()
{
	script half-close
	drawn "$1" "$2" && whole && says "complaints" "" "$(complaints)" &&
		says "scale" 128 "$(values tcp.window_size_scalefactor)"
}

# lossy IP KIND: the first segment with data is lost, the second, a full one for which Nagle does not
# wait, is acknowledged selectively.
lossy()
{
	local status=0

	script lossy
	steps=(left:send=100 left:send=1448 right:take=1548 left:close right:end right:close)
	in_right nft -f - <<-NFT || return
		table inet loss {
			chain input {
				type filter hook input priority 0
				meta l4proto $(protocol_of "$2") meta length > 120 \
					limit rate 1/hour burst 1 packets drop
			}
		}
	NFT
	drawn "$1" "$2" || status=1
	in_right nft delete table inet loss
	((!status)) && whole || return
	says "again, by the ladder" "1:100" "$(again)" &&
		says "again, by tshark" "1:100" "$(late)" &&
		says "blocks" 101 "$(values tcp.options.sack_le)"
}

# late: what tshark takes for sent again, or for overtaken if it comes within some milliseconds.
late()
{
	column tcp.seq tcp.len tcp.analysis.retransmission=1
	column tcp.seq tcp.len tcp.analysis.out_of_order=1
}

again()
{
	json '
rows = d["connections"][0]["rows"]
print(*("%d:%d" % (r["seq"], r["len"]) for r in rows if r.get("again")))' "$scratch/json"
}

# with_ecn IP KIND
with_ecn()
{
	local status=0

	in_left sysctl -qw net.xtcp.ecn=1
	in_right sysctl -qw net.xtcp.ecn=1
	script half-close
	drawn "$1" "$2" || status=1
	in_left sysctl -qw net.xtcp.ecn=2
	in_right sysctl -qw net.xtcp.ecn=2
	((!status)) && says "complaints" "" "$(complaints)" &&
		says "SYNs" "0x00c2 0x0052" "$(column tcp.flags tcp.seq=0 | xargs)"
}

# bulk IP KIND: many full segments, both ways. All bytes of both are there, and nothing is wrong with
# any of them.
rounds=$(scaled 70 5)
bulk()
{
	local status=0 i

	steps=()
	for ((i = 0; i < rounds; i++)); do
		steps+=(left:send=60000 right:take=60000 right:send=60000 left:take=60000)
	done
	steps+=(left:shut right:end right:close left:end left:close)
	sniff "$1" "$2" || return
	((next_port++))
	"$bin/duet" "-$1" -p "$next_port" -l "$left:$2" -r "$right:$2" "${steps[@]}" || status=1
	sniffed || status=1
	((!status)) && whole && says "complaints" "" "$(complaints)" || return
	says "bytes" $((rounds * 60000)) "$(column tcp.srcport tcp.len | awk -F : '
		{ bytes[$1] += $2 }
		END { for (port in bytes) print bytes[port] }' | sort -u | xargs)"
}

# found: the conversation of the last capture, among those that tshark counts.
found()
{
	says "conversations" "192.0.2.1:* <-> 192.0.2.2:$next_port" \
		"$(decode -q -z conv,tcp | awk '$2 == "<->" { print $1, $2, $3 }' |
			sed 's/:[0-9]* <->/:* <->/')"
}

# unknown: what is no header of TCP's is left as it is; what is wrong is said to be.
unknown()
{
	sniff 4 native || return
	in_left python3 -IS "$here/lib/segments.py" 192.0.2.1 192.0.2.2 9 253 \
		checksum=1 header=1 options=1
	sniffed || return
	says "sent" "0 - 1" "$(checksums | head -n 3 | xargs)" &&
		says "complaint" "Bad checksum" "$(complaints | grep checksum)"
}

# elsewhere: a module with protocol= of its own.
elsewhere()
{
	says "protocol" "eth:ethertype:ip:data" "$(decode -o xtcp.protocol:254 -T fields \
		-e frame.protocols | sort -u)"
}

# decoded IP KIND
decoded()
{
	check "IPv$1, $2: each segment, without a complaint" clean "$1" "$2"
	check "IPv$1, $2: a loss" lossy "$1" "$2"
	(($1 == 6)) || check "IPv$1, $2: a conversation" found
	check "IPv$1, $2: full segments" bulk "$1" "$2"
}

decoded 4 ordinary
# Where to start a program takes long, these have one of each.
if [[ $XTCP_SCALE != debug ]]; then
	decoded 6 ordinary
	decoded 4 native
fi
decoded 6 native
check "IPv6, native: ECN" with_ecn 6 native
check "native: what is wrong" unknown
check "native: by another number" elsewhere
finish

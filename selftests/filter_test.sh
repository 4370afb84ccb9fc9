#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What stands in XTCP's way, or looks on, takes it for TCP: nftables, conntrack, NAT, tcpdump. What looks
# for the kernel's sockets takes XTCP's for none. The kernel's TCP shows what should come out.

. "$(dirname "$0")/lib/lib.sh"
. "$(dirname "$0")/lib/tool.sh"

PATH=$PATH:/usr/sbin:/sbin
ktap_print_header
require_module
type -P nft >/dev/null || skip_all "no nft"
[[ -x $tool ]] || skip_all "no xtcp: libnl-genl was not there when it was to be built"
two_hosts
run="$tool run --strict"
few=$(scaled 1M 64k)
mixed="ordinary:kernel kernel:ordinary"

# rules HOST: in place of all that were there, from standard input.
rules()
{
	in_ns "${!1}" nft -f - <<-NFT
		flush ruleset
		$(cat)
	NFT
}

# counted HOST NAME: packets.
counted()
{
	in_ns "${!1}" nft list counter inet test "$2" | awk '$1 == "packets" { print $2 }'
}

# with FAMILY: what stands before a program.
with()
{
	[[ $1 == kernel ]] || echo "$run"
}

# tries FAMILY IP: to connect from the left to the right; says how it ended.
tries()
{
	local said

	# shellcheck disable=SC2046,SC2016
	said=$(in_left $(with "$1") bash -c 'exec 3<>"/dev/tcp/$0/$1"' "$(address right "$2")" "$next_port" \
		2>&1) && echo "connected" && return
	said=${said%%$'\n'*}
	echo "${said##*: }"
}

# As many SYNs as are sent until one gives up. (Since 6.5 the kernel's first few are not counted.)
in_left sysctl -qw net.ipv4.tcp_syn_retries=2 net.xtcp.syn_retries=2
in_left sysctl -eqw net.ipv4.tcp_syn_linear_timeouts=0

is_served()
{
	in_right cat /proc/net/{,x}tcp{,6} | awk -v port=":$(printf %04X "$next_port")" \
		'$4 == "0A" && substr($2, length($2) - 4) == port { found = 1 } END { exit !found }'
}

# hold IP SERVER CLIENT: a connection from the left that stays until drop().
hold()
{
	local line

	((next_port++))
	nsenter --net="$netns_dir/$right" "$bin/echo_server" "$1" "$2" "$next_port" &
	server=$!
	busywait "$BUSYWAIT_TIMEOUT" is_served || return
	exec {held}<> <(:)
	# shellcheck disable=SC2016,SC2046
	exec {said}< <(exec nsenter --net="$netns_dir/$left" $(with "$3") bash -c '
		exec 3<>"/dev/tcp/$0/$1"
		echo hello >&3 && read -r answer <&3 && echo "$answer" && read -r answer' \
		"$(address right "$1")" "$next_port" <&"$held" 2>&1)
	holder=$!
	read -r line <&"$said"
	says "answer" hello "$line"
}

drop()
{
	echo >&"$held"
	wait "$holder"
	kill "$server"
	wait "$server"
	exec {held}>&- {said}<&-
	return 0
}

# entry HOST STATE: conntrack has the connection so, seen both ways.
entry()
{
	# shellcheck disable=SC2016
	in_ns "${!1}" awk -v state="$2" -v port="dport=$next_port" '$6 == state && $0 ~ port &&
		/\[ASSURED\]/ { found = 1 } END { exit !found }' /proc/net/nf_conntrack
}

# accepted IP SERVER CLIENT: what conntrack says of it: new once, then established, never invalid, and then in
# TIME-WAIT.
accepted()
{
	local status=0

	((next_port++))
	rules right <<-NFT
		table inet test {
			counter new { }
			counter established { }
			counter invalid { }
			counter reply { }
			chain input {
				type filter hook input priority filter; policy drop;
				icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept
				ct state invalid counter name invalid drop
				tcp dport $next_port ct state new counter name new accept
				tcp dport $next_port ct state established counter name established accept
			}
			chain output {
				type filter hook output priority filter; policy drop;
				icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept
				ct state invalid counter name invalid drop
				tcp sport $next_port ct state established ct direction reply counter name reply accept
			}
		}
	NFT
	((next_port--))
	hold "$@" && entry right ESTABLISHED || status=1
	drop
	busywait "$BUSYWAIT_TIMEOUT" entry right TIME_WAIT || status=1
	says "new" 1 "$(counted right new)" || status=1
	says "invalid" 0 "$(counted right invalid)" || status=1
	(($(counted right established) > 2 && $(counted right reply) > 2)) || status=1
	((!status)) || { in_right nft list ruleset; in_right cat /proc/net/nf_conntrack; }
	return $status
}

# refused HOST HOOK FIELD IP VERDICT: the kernel's TCP and XTCP send as many SYNs, and tell their programs
# the same.
refused()
{
	local host=$1 hook=$2 field=$3 ip=$4 verdict=$5 family said=() packets=()

	for family in kernel ordinary; do
		((next_port++))
		rules "$host" <<-NFT
			table inet test {
				counter caught { }
				chain filtering {
					type filter hook $hook priority filter; policy accept;
					tcp $field $next_port counter name caught $verdict
				}
			}
		NFT
		listen "$ip" ordinary any "$next_port" 8 || return
		said+=("$(tries $family "$ip")")
		packets+=("$(counted "$host" caught)")
		listener_ends
	done
	says "XTCP's word" "${said[0]}" "${said[1]}" || return
	# How many answers there are is the listener's affair.
	[[ $field == sport ]] || says "packets of XTCP's" "${packets[0]}" "${packets[1]}" || return
	echo "${said[1]}, ${packets[1]} packets"
	((packets[1] > 0)) && [[ ${said[1]} != connected ]]
}

# transfer IP SERVER CLIENT [ADDRESS]: one connection, both ways, to a server that is there. The caller
# chooses the port.
transfer()
{
	local bytes=(-s "$few" -r "$few" -p "$next_port") pid status=0

	nsenter --net="$netns_dir/$right" "$bin/xfer" "-$1" -l -f "$2" "${bytes[@]}" &
	pid=$!
	busywait "$BUSYWAIT_TIMEOUT" is_served &&
		in_left "$bin/xfer" "-$1" -c "${4:-$(address right "$1")}" -f "$3" "${bytes[@]}" || status=1
	((!status)) || kill "$pid"
	wait "$pid" || status=1
	return $status
}

# router: between the left and the right there is one, whom alone the right can reach.
router()
{
	router=
	setup_ns router
	ip link add inner netns "$left" type veth peer name inner netns "$router"
	ip link add outer netns "$right" type veth peer name outer netns "$router"
	ip_batch left <<-IP
		address add 198.51.100.1/24 dev inner
		address add 2001:db8:1::1/64 dev inner nodad
		link set inner up
		route add 203.0.113.0/24 via 198.51.100.2
		route add 2001:db8:2::/64 via 2001:db8:1::2
	IP
	ip_batch router <<-IP
		address add 198.51.100.2/24 dev inner
		address add 2001:db8:1::2/64 dev inner nodad
		address add 203.0.113.1/24 dev outer
		address add 2001:db8:2::1/64 dev outer nodad
		link set inner up
		link set outer up
	IP
	ip_batch right <<-IP
		address add 203.0.113.2/24 dev outer
		address add 2001:db8:2::2/64 dev outer nodad
		link set outer up
	IP
	in_ns "$router" sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
	rules router <<-NFT
		table inet test {
			counter invalid { }
			counter source { }
			counter destination { }
			chain forward {
				type filter hook forward priority filter; policy accept;
				ct state invalid counter name invalid drop
			}
			chain after {
				type nat hook postrouting priority srcnat;
				oifname outer meta l4proto tcp counter name source masquerade
			}
			chain before {
				type nat hook prerouting priority dstnat;
				ip daddr 198.51.100.2 meta l4proto tcp counter name destination dnat ip to 203.0.113.2
				ip6 daddr 2001:db8:1::2 meta l4proto tcp counter name destination dnat ip6 to 2001:db8:2::2
			}
		}
	NFT
}

# translated IP SERVER CLIENT ADDRESS COUNTER: one connection, all of whose segments the router knew.
translated()
{
	local before

	((next_port++))
	before=$(counted router "$5")
	transfer "${@:1:4}" || return
	says "connections" 1 $(($(counted router "$5") - before)) || return
	says "invalid" 0 "$(counted router invalid)" || return
	in_ns "$router" grep -q "dport=$next_port .*TIME_WAIT\|TIME_WAIT .*dport=$next_port " \
		/proc/net/nf_conntrack && return
	in_ns "$router" cat /proc/net/nf_conntrack
	return 1
}

# Whether the kernel has them (CONFIG_NF_CONNTRACK_MARK); no rules are there afterwards.
knows_marks()
{
	echo "flush ruleset" | rules right
	echo "table inet test { chain any { ct mark 42 accept; }; }" | rules right 2>/dev/null
}

# A mark that the first segment gives the connection is on all of them, both ways.
marked()
{
	((next_port++))
	rules right <<-NFT
		table inet test {
			counter marked { }
			counter answers { }
			counter others { }
			chain input {
				type filter hook input priority filter; policy accept;
				tcp dport $next_port ct state new ct mark set 42
				tcp dport $next_port ct mark 42 counter name marked return
				tcp dport $next_port counter name others
			}
			chain output {
				type filter hook output priority filter; policy accept;
				tcp sport $next_port ct mark 42 counter name answers return
				tcp sport $next_port counter name others
			}
		}
	NFT
	transfer "$@" || return
	says "without" 0 "$(counted right others)" || return
	(($(counted right marked) > 3 && $(counted right answers) > 3)) ||
		{ in_right nft list ruleset; return 1; }
}

# flagged IP FAMILY: rules find each segment of a short connection by its flags.
flagged()
{
	((next_port++))
	rules left <<-NFT
		table inet test {
			counter opening { }
			counter answer { }
			counter ours { }
			counter theirs { }
			counter resets { }
			counter odd { }
			chain input {
				type filter hook input priority filter; policy accept;
				tcp sport $next_port tcp flags & (fin | syn | rst | ack) == syn | ack counter name answer
				tcp sport $next_port tcp flags & (fin | syn | rst | ack) == fin | ack counter name theirs
				tcp sport $next_port tcp flags rst counter name resets
			}
			chain output {
				type filter hook output priority filter; policy accept;
				tcp dport $next_port tcp flags & (fin | syn | rst | ack) == syn counter name opening
				tcp dport $next_port tcp flags & (fin | syn | rst | ack) == fin | ack counter name ours
				tcp dport $next_port tcp flags rst counter name resets
				tcp dport $next_port tcp flags & (fin | syn | rst | ack) == 0 counter name odd
				tcp dport $next_port tcp flags & (fin | syn) == fin | syn counter name odd
				tcp dport $next_port tcp flags & (psh | ack) == psh counter name odd
			}
		}
	NFT
	"$bin/duet" "-$1" -p "$next_port" -l "$left:$2" -r "$right:kernel" left:send=100 right:take=100 \
		left:close right:end right:close || return
	busywait "$BUSYWAIT_TIMEOUT" test_counted left theirs 1 || return
	says "flags" "1 1 1 1 0 0" "$(for name in opening answer ours theirs resets odd; do
		counted left $name
	done | xargs)"
}

test_counted()
{
	says "$2" "$3" "$(counted "$1" "$2")"
}

# tracked HOST HOOK: connections are, there.
tracked()
{
	rules "$1" <<-NFT
		table inet test {
			counter invalid { }
			chain input {
				type filter hook $2 priority filter; policy accept;
				ct state invalid counter name invalid
			}
			chain output {
				type filter hook output priority filter; policy accept;
				ct state invalid counter name invalid
			}
		}
	NFT
}

# looks STATE: a step of duet's, and the command that in_state() made.
looks()
{
	echo "right:look=$scratch/look $1"
}

# followed IP SERVER CLIENT HOST: through a close, one direction after the other.
followed()
{
	((next_port++))
	in_state "$4"
	"$bin/duet" "-$1" -p "$next_port" -l "$left:$3" -r "$right:$2" \
		right:send=10 left:take=10 "$(looks ESTABLISHED)" \
		left:shut right:end right:send=10 left:take=10 "$(looks CLOSE_WAIT)" \
		right:close left:end left:close "$(looks TIME_WAIT)" || return
	says "invalid" 0 "$(counted "$4" invalid)"
}

# reset IP SERVER CLIENT HOST
reset()
{
	((next_port++))
	in_state "$4"
	"$bin/duet" "-$1" -p "$next_port" -l "$left:$3" -r "$right:$2" \
		right:send=10 left:take=10 "$(looks ESTABLISHED)" left:reset "$(looks CLOSE)" || return
	says "invalid" 0 "$(counted "$4" invalid)"
}

# in_state HOST: makes the command that looks there for the connection in a state, a while.
in_state()
{
	cat >"$scratch/look" <<-BASH
		#!/bin/bash
		for i in {1..50}; do
			nsenter --net=$netns_dir/${!1} grep -qE "^ipv. .* \$1 .*dport=$next_port " \
				/proc/net/nf_conntrack && exit
			sleep 0.1
		done
		echo "not \$1:"
		nsenter --net=$netns_dir/${!1} cat /proc/net/nf_conntrack
		exit 1
	BASH
	chmod +x "$scratch/look"
}

# elsewhere IP SERVER CLIENT HOST HOOK: what is sent to one port is heard at another, by DNAT on that
# host; either end sees but one.
elsewhere()
{
	local ip=$1 host=$4 from to target family=ip status=0

	target=$(address right "$ip")
	[[ $ip == 4 ]] || { target="[$target]"; family=ip6; }
	from=$((++next_port))
	to=$((++next_port))
	rules "$host" <<-NFT
		table inet test {
			counter translated { }
			chain translation {
				type nat hook $5 priority -100;
				tcp dport $from counter name translated dnat $family to $target:$to
			}
		}
	NFT
	nsenter --net="$netns_dir/$right" "$bin/xfer" "-$ip" -l -f "$2" -s "$few" -r "$few" -p "$to" &
	server=$!
	busywait "$BUSYWAIT_TIMEOUT" is_served &&
		in_left "$bin/xfer" "-$ip" -c "$(address right "$ip")" -f "$3" -s "$few" -r "$few" \
			-p "$from" || status=1
	((!status)) || kill "$server"
	wait "$server" && ((!status)) && says "connections" 1 "$(counted "$host" translated)"
}

# narrow IP SERVER CLIENT [RULE]: one connection by the router, to a path of 1300 bytes.
narrow()
{
	local ip=$1

	((next_port++))
	rules router <<-NFT
		table inet test {
			counter told { }
			counter refused { }
			chain forward {
				type filter hook forward priority mangle; policy accept;
				${4:-}
			}
			chain after {
				type filter hook postrouting priority filter; policy accept;
				tcp flags & (syn | rst) == syn tcp option maxseg size $((ip == 4 ? 1260 : 1240)) \
					counter name told
			}
			chain output {
				type filter hook output priority filter; policy accept;
				icmp type destination-unreachable icmp code 4 counter name refused
				icmpv6 type packet-too-big counter name refused
			}
		}
	NFT
	in_left ip route flush cache
	in_left ip -6 route flush cache
	transfer "$1" "$2" "$3" "${to[ip]}"
}

# clamped IP SERVER CLIENT: who is told of it in the handshake sends nothing that is too large; who is
# not does.
clamped()
{
	narrow "$1" "$2" "$3" "tcp flags & (syn | rst) == syn tcp option maxseg size set rt mtu" || return
	says "with a rule: told, refused" "2 0" "$(counted router told) $(counted router refused)" ||
		return
	narrow "$1" "$2" "$3" || return
	says "without: told" 0 "$(counted router told)" && (($(counted router refused) > 0))
}

# capture IP SERVER CLIENT: what tcpdump makes of a short connection, into $scratch/decoded.
capture()
{
	local pid line said

	# shellcheck disable=SC2016,SC2046
	exec {said}< <(exec nsenter --net="$netns_dir/$right" tcpdump -Z root -U -n -i left \
		-w "$scratch/packets" tcp 2>&1)
	pid=$!
	read -r line <&"$said"
	[[ $line == *"listening on"* ]] || { echo "$line"; return 1; }
	((next_port++))
	few=3000 transfer "$@" || return
	busywait "$BUSYWAIT_TIMEOUT" closed_on_wire || return
	kill "$pid"
	wait "$pid"
	exec {said}<&-
}

closed_on_wire()
{
	decode
	(($(grep -c 'Flags \[F' "$scratch/decoded") >= 2))
}

decode()
{
	tcpdump -nn -vv -r "$scratch/packets" 2>/dev/null | tr '\n' ' ' |
		sed 's/ \(IP6\? \)/\n\1/g; s/$/\n/' >"$scratch/decoded"
}

# Of the SYN and the SYN-ACK what does not differ from one connection to the next.
handshake()
{
	grep -E 'Flags \[S\.?\]' "$scratch/decoded" |
		sed -E 's/.*(Flags \[[^]]*\]).*(options \[[^]]*\]).*/\1 \2/
			s/(val|ecr) [0-9]+/\1 N/g; s/wscale [0-9]+/wscale N/'
}

# decoded IP: as the kernel's, and each checksum right.
decoded()
{
	local pair

	for pair in kernel:kernel ordinary:ordinary; do
		capture "$1" "${pair%:*}" "${pair#*:}" || return
		! grep -E 'incorrect|bad' "$scratch/decoded" || return
		(($(grep -c 'cksum 0x[0-9a-f]* (correct)' "$scratch/decoded") >= 6)) ||
			{ cat "$scratch/decoded"; return 1; }
		handshake >"$scratch/handshake.$pair"
	done
	(($(wc -l <"$scratch/handshake.$pair") == 2)) || { cat "$scratch/decoded"; return 1; }
	diff "$scratch"/handshake.{kernel:kernel,ordinary:ordinary}
}

# owned IP FAMILY: the way out knows whose a segment is, and what its socket is like, for XTCP too.
owned()
{
	((next_port++))
	rules left <<-NFT
		table inet test {
			counter syn { }
			counter user { }
			counter marked { }
			counter bound { }
			counter wildcard { }
			chain filtering {
				type filter hook output priority filter; policy accept;
				tcp dport $next_port tcp flags & (syn | ack) == syn jump look
			}
			chain look {
				counter name syn
				meta skuid 65534 counter name user
				socket mark 0 counter name marked
				socket wildcard 0 counter name bound
				socket wildcard 1 counter name wildcard
			}
		}
	NFT
	listen "$1" ordinary any "$next_port" 8 || return
	# shellcheck disable=SC2046,SC2016
	in_left setpriv --reuid 65534 --clear-groups $(with "$2") bash -c 'exec 3<>"/dev/tcp/$0/$1"' \
		"$(address right "$1")" "$next_port" || return
	listener_ends
	says "SYNs" "1 1 1 1 0" "$(for name in syn user marked bound wildcard; do
		counted left $name
	done | xargs)"
}

# looked_up FAMILY YES: on the way in a rule finds the kernel's socket, and none of XTCP's.
looked_up()
{
	((next_port++))
	rules right <<-NFT
		table inet test {
			counter syn { }
			counter found { }
			chain filtering {
				type filter hook input priority filter; policy accept;
				tcp dport $next_port counter name syn
				tcp dport $next_port socket transparent 0 counter name found
			}
		}
	NFT
	transfer 4 "$1" kernel || return
	(($(counted right syn) > 3 && ($(counted right found) > 0) == $2)) ||
		{ in_right nft list ruleset; return 1; }
}

# proxied FAMILY WORD: a transparent proxy of the kernel's TCP gets what the rule gives it; one of XTCP's
# cannot be found, and the segment goes where it was going.
proxied()
{
	local status=0 server

	((next_port++))
	rules right <<-NFT
		table inet test {
			chain filtering {
				type filter hook prerouting priority mangle; policy accept;
				meta nfproto ipv4 tcp dport $next_port tproxy ip to :7001
			}
		}
	NFT
	# shellcheck disable=SC2046
	nsenter --net="$netns_dir/$right" $(with "$1") \
		socat TCP4-LISTEN:7001,ip-transparent,fork,reuseaddr PIPE &
	server=$!
	next_port=7001 busywait "$BUSYWAIT_TIMEOUT" is_served || status=1
	says "connect" "$2" "$(tries kernel 4)" || status=1
	kill "$server"
	wait "$server"
	return $status
}

for pair in ordinary:ordinary $mixed; do
	check "accepted by rules: IPv4 ${pair#*:} to ${pair%:*}" accepted 4 "${pair%:*}" "${pair#*:}"
done
for pair in $mixed; do
	check "accepted by rules: IPv6 ${pair#*:} to ${pair%:*}" accepted 6 "${pair%:*}" "${pair#*:}"
done
for pair in $mixed; do
	for ip in 4 6; do
		what="a mark of the connection: IPv$ip ${pair#*:} to ${pair%:*}"
		if knows_marks; then
			check "$what" marked $ip "${pair%:*}" "${pair#*:}"
		else
			skip "$what" "conntrack has none"
		fi
	done
done
for ip in 4 6; do
	check "flags: IPv$ip" flagged $ip ordinary
done
prohibited="reject with icmpx admin-prohibited"
for verdict in drop "reject with tcp reset" "reject with icmpx port-unreachable" "$prohibited"; do
	check "IPv4 $verdict, on the way in" refused right input dport 4 "$verdict"
done
check "IPv6 $prohibited, on the way in" refused right input dport 6 "$prohibited"
check "IPv4 drop, on the way out" refused left output dport 4 drop
check "IPv4 reject, on the way out" refused left output dport 4 "$prohibited"
check "IPv4 drop of the answer" refused left input sport 4 drop
check "socket and user of a segment: the kernel's TCP" owned 4 kernel
for ip in 4 6; do
	check "socket and user of a segment: IPv$ip" owned $ip ordinary
done
echo "flush ruleset" | rules left
check "a rule finds the kernel's sockets" looked_up kernel 1
check "a rule finds none of XTCP's" looked_up ordinary 0
check "a transparent proxy of the kernel's TCP" proxied kernel connected
check "no transparent proxy of XTCP's" proxied ordinary "Connection refused"
echo "flush ruleset" | rules right
if type -P tcpdump >/dev/null; then
	in_left ethtool -K right tx off >/dev/null
	in_right ethtool -K left tx off >/dev/null
	check "tcpdump decodes IPv4" decoded 4
	check "tcpdump decodes IPv6" decoded 6
	in_left ethtool -K right tx on >/dev/null
	in_right ethtool -K left tx on >/dev/null
else
	skip "tcpdump decodes XTCP" "no tcpdump"
fi
tracked right input
for pair in $mixed; do
	for ip in 4 6; do
		what="IPv$ip ${pair#*:} to ${pair%:*}"
		check "conntrack through a close: $what" followed $ip "${pair%:*}" "${pair#*:}" right
		check "conntrack through a reset: $what" reset $ip "${pair%:*}" "${pair#*:}" right
	done
done
for pair in $mixed; do
	for ip in 4 6; do
		what="IPv$ip ${pair#*:} to ${pair%:*}"
		check "another port, on the way in: $what" \
			elsewhere $ip "${pair%:*}" "${pair#*:}" right prerouting
		check "another port, on the way out: $what" \
			elsewhere $ip "${pair%:*}" "${pair#*:}" left output
	done
	echo "flush ruleset" | rules left
	echo "flush ruleset" | rules right
done
router
to=([4]=203.0.113.2 [6]=2001:db8:2::2)
to_router=([4]=198.51.100.2 [6]=2001:db8:1::2)
for pair in $mixed; do
	for ip in 4 6; do
		check "masqueraded: IPv$ip ${pair#*:} to ${pair%:*}" \
			translated $ip "${pair%:*}" "${pair#*:}" "${to[ip]}" source
		check "by DNAT: IPv$ip ${pair#*:} to ${pair%:*}" \
			translated $ip "${pair%:*}" "${pair#*:}" "${to_router[ip]}" destination
	done
done
in_ns "$router" ip route change 203.0.113.0/24 dev outer mtu 1300
in_ns "$router" sysctl -qw net.ipv6.conf.outer.mtu=1300
in_right ip route add 198.51.100.0/24 via 203.0.113.1
in_right ip route add 2001:db8:1::/64 via 2001:db8:2::1
for pair in $mixed; do
	for ip in 4 6; do
		check "MSS in the handshake by a rule: IPv$ip ${pair#*:} to ${pair%:*}" \
			clamped $ip "${pair%:*}" "${pair#*:}"
	done
done
check "nothing is left" no_sockets_left
finish

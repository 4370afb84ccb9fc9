#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# From a file by sendfile(), and to a file by splice(), on a wire that loses segments: what is sent
# again are the file's pages. XTCP with XTCP and with the kernel's TCP in both roles.

. "$(dirname "$0")/lib/lib.sh"

ktap_print_header
require_module
two_hosts
size=$(scaled 8M 1M)
bytes=$(numfmt --from=iec "$size")
head -c "$bytes" /dev/urandom >"$scratch/file"
shared=0

# send_file IP SERVER CLIENT: from the client, left.
send_file()
{
	local ip=$1 server=$2 client=$3 pid status=0

	((next_port++))
	rm -f "$scratch/copy"
	in_right "$bin/xfer" "-$ip" -l -p "$next_port" -f "$server" \
		-o "$scratch/copy" -r "$size" -w &
	pid=$!
	in_left "$bin/xfer" "-$ip" -c "$(address right "$ip")" -p "$next_port" -f "$client" \
		-i "$scratch/file" -w || status=1
	if ((status)); then
		kill "$pid" 2>/dev/null
	fi
	wait "$pid" || status=1
	((!status)) && cmp "$scratch/file" "$scratch/copy"
}

in_left sysctl -qw net.xtcp.rto_min_ms=50
in_left tc qdisc replace dev right root netem limit 10000 loss 3%
in_right tc qdisc replace dev left root netem limit 10000 loss 3%

for ip in 4 6; do
	for pair in ordinary:kernel kernel:ordinary ordinary:ordinary native:native; do
		check "IPv$ip ${pair#*:} to ${pair%:*}: $size of a file" \
			send_file "$ip" "${pair%:*}" "${pair#*:}"
		[[ ${pair#*:} != ordinary ]] || ((shared += bytes))
	done
done

check "some of it was sent again" test "$(counter left RetransSegs)" -gt 0
check "all of it was sent from where it lay, but on the native carrier" \
	test "$(counter left SharedBytes)" = "$shared"
check "no socket is left" no_sockets_left
finish

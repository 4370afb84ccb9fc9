#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The client that the README shows compiles without a warning, and talks to echo servers of the
# kernel's TCP and of XTCP.

. "$(dirname "$0")/lib/lib.sh"

ktap_print_header
require_module
tools=${XTCP_TOOLS:-$here/../tools}
[[ -e $tools/xtcp-echo.c ]] || skip_all "no tools"
two_hosts

compiles()
{
	"${CC:-cc}" -O2 -Wall -Wextra -Werror "-I$tools/../include/uapi" -o "$scratch/xtcp-echo" \
		"$tools/xtcp-echo.c"
}

is_short()
{
	(($(wc -l <"$tools/xtcp-echo.c") <= 30))
}

# The lines between the README's first fence that speaks of C, and its end.
in_readme()
{
	awk '/^```/ { if (on) exit; on = /^```c$/; next } on' "$tools/../README.md" |
		diff - "$tools/xtcp-echo.c"
}

# Built before, and not again: nothing can be written here.
installs()
{
	make -s -C "$tools" install DESTDIR="$scratch/root" PREFIX=/usr &&
		[[ -x $scratch/root/usr/bin/xtcp-echo && -e $scratch/root/usr/lib/xtcp/ladder/main.awk ]]
}

# client PORT IP
client()
{
	in_left "$scratch/xtcp-echo" "$(address right "$2")" "$1" 2>&1
}

# A server takes its time to begin.
answers()
{
	[[ $(echo ready | client "$1" "$2") == ready ]]
}

# echoes SERVER IP
echoes()
{
	local pid got text="To be, or not to be: $1 $2"

	((next_port++))
	# Not in_right, whose shell would be killed instead.
	nsenter --net="$netns_dir/$right" "$bin/echo_server" "$2" "$1" "$next_port" &
	pid=$!
	busywait "$BUSYWAIT_TIMEOUT" answers "$next_port" "$2"
	got=$(client "$next_port" "$2" <<<"$text")
	kill "$pid"
	wait "$pid" 2>/dev/null
	echo "$got"
	[[ $got == "$text" ]]
}

# fails_with STATUS WORDS COMMAND...: and says why.
fails_with()
{
	local want=$1 words=$2 got

	shift 2
	got=$("$@" <<<"to nobody" 2>&1)
	[[ $? == "$want" && $got == *"$words"* ]] && return
	echo "$got"
	return 1
}

check "the client has no more than 30 lines" is_short
check "the README shows it as it is" in_readme
check "the tools install" installs
if ! command -v "${CC:-cc}" >/dev/null; then
	skip "the client compiles" "no compiler"
	finish
	exit
fi
check "the client compiles" compiles
for ip in 4 6; do
	check "IPv$ip: the kernel echoes" echoes kernel $ip
	check "IPv$ip: XTCP echoes" echoes ordinary $ip
	check "IPv$ip: nobody is there" fails_with 1 "Connection refused" client 9 $ip
done
check "a word too few" fails_with 2 usage in_left "$scratch/xtcp-echo" 192.0.2.2
check "no such host" fails_with 1 "no such address" \
	in_left "$scratch/xtcp-echo" 192.0.2.256 7
check "no socket is left" no_sockets_left
finish

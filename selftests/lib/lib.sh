# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2154
# Sourced by the *_test.sh beside this directory: two hosts, checks in TAP, the module.
#
# From the environment:
#   XTCP_KO		the module, for tests that load it
#   KSELFTESTS		tools/testing/selftests of a kernel source
#   XTCP_SCALE		full, or debug on a kernel that is slow
#   XTCP_TIMEOUT_SCALE	factor for "give up after"
#   XTCP_FIRST_CHECKS	so many are enough, where time is short

here=$(cd "$(dirname "${BASH_SOURCE[1]}")" && pwd)
bin=${XTCP_BIN:-$here}
: "${KSELFTESTS:=$here/../..}"
: "${XTCP_SCALE:=full}"
if [[ $XTCP_SCALE == debug ]]; then
	: "${XTCP_TIMEOUT_SCALE:=4}"
else
	: "${XTCP_TIMEOUT_SCALE:=1}"
fi
export XTCP_SCALE XTCP_TIMEOUT_SCALE
WAIT_TIMEOUT=$((20 * XTCP_TIMEOUT_SCALE))

# shellcheck source=/dev/null
. "$KSELFTESTS/net/lib.sh"
# shellcheck source=/dev/null
. "$KSELFTESTS/kselftest/ktap_helpers.sh"

# pause SECONDS: as sleep, without a process of its own.
exec {never}<> <(:)
pause()
{
	read -rt "$1" -u "$never" || :
}

# busywait MILLISECONDS COMMAND...: until it succeeds; says what it said last. In place of
# net/lib.sh's, which takes all of the processor from what it waits for. And a clock that skips waits
# stands nearly still for who never waits.
busywait()
{
	local end=$((${EPOCHREALTIME/[.,]/} + $1 * 1000)) said status

	shift
	while :; do
		said=$("$@")
		status=$?
		if ((status == 0 || ${EPOCHREALTIME/[.,]/} > end)); then
			printf %s "$said"
			return $status
		fi
		pause 0.02
	done
}

scratch=$(mktemp -d)

# scaled FULL DEBUG: what suits this machine.
scaled()
{
	if [[ $XTCP_SCALE == debug ]]; then
		echo "$2"
	else
		echo "$1"
	fi
}

# check DESCRIPTION COMMAND...: one line of TAP; what a failure said comes before it. After as many as
# are enough the test is over.
checks_left=${XTCP_FIRST_CHECKS:-}
check()
{
	local description=$1

	if [[ $checks_left ]] && ((!checks_left--)); then
		finish
	fi
	shift
	if "$@" >"$scratch/said" 2>&1; then
		ktap_test_pass "$description"
		return 0
	fi
	sed 's/^/# /' "$scratch/said"
	ktap_test_fail "$description"
	return 1
}

skip()
{
	ktap_test_skip "$1 ($2)"
}

# skip_all WHY: instead of everything.
skip_all()
{
	ktap_skip_all "$@"
	exit "$KSFT_SKIP"
}

# The plan comes last, when it is known.
finish()
{
	ktap_set_plan $((KTAP_TESTNO - 1))
	ktap_finished
}

clean_up()
{
	local pids

	pids=$(jobs -p)
	# shellcheck disable=SC2086
	[[ -z $pids ]] || kill $pids 2>/dev/null
	cleanup_all_ns
	rm -rf "$scratch"
}
trap clean_up EXIT

module_loaded()
{
	[[ -d /sys/module/xtcp ]]
}

require_module()
{
	module_loaded || insmod "$XTCP_KO" || ktap_exit_fail_msg "xtcp.ko is not loaded"
}

# two_hosts: namespaces $left and $right, joined by a veth of that name at either end.
two_hosts()
{
	setup_ns left right
	ip link add right netns "$left" type veth peer name left netns "$right"
	ip_batch left <<-IP
		address add 192.0.2.1/24 dev right
		address add 2001:db8::1/64 dev right nodad
		link set right up
	IP
	ip_batch right <<-IP
		address add 192.0.2.2/24 dev left
		address add 2001:db8::2/64 dev left nodad
		link set left up
	IP
	busywait "$BUSYWAIT_TIMEOUT" hosts_reach >/dev/null
}

hosts_reach()
{
	in_left ping -c 1 -W 1 192.0.2.2 >/dev/null 2>&1 &&
		in_left ping -6 -c 1 -W 1 2001:db8::2 >/dev/null 2>&1
}

# in_ns NAMESPACE COMMAND...: in place of ip netns exec, and of ip -n, which also make a file system
# of their own each time. What is to be killed later calls nsenter itself.
netns_dir=/run/netns
in_ns()
{
	nsenter --net="$netns_dir/$1" "${@:2}"
}

# ip_batch HOST: arguments of ip, a line each, from standard input.
ip_batch()
{
	in_ns "${!1}" ip -batch -
}

in_left()
{
	in_ns "$left" "$@"
}

in_right()
{
	in_ns "$right" "$@"
}

# address left|right 4|6
address()
{
	case $1$2 in
	left4) echo 192.0.2.1 ;;
	right4) echo 192.0.2.2 ;;
	left6) echo 2001:db8::1 ;;
	right6) echo 2001:db8::2 ;;
	esac
}

# counter left|right NAME: from that host's /proc/net/xtcp_stat.
counter()
{
	# shellcheck disable=SC2016
	in_ns "${!1}" awk -v name="$2" 'NR == 1 { split($0, names) }
		NR == 2 { for (i in names) if (names[i] == name) print $i }' /proc/net/xtcp_stat
}

# sockets left|right: XTCP's lines there, without those in TIME-WAIT.
sockets()
{
	# shellcheck disable=SC2016
	in_ns "${!1}" awk '$1 ~ /^[0-9]+:$/ && $4 != "06"' /proc/net/xtcp /proc/net/xtcp6
}

no_sockets()
{
	[[ -z $(sockets left)$(sockets right) ]]
}

# no_sockets_left: by and by.
no_sockets_left()
{
	busywait "$BUSYWAIT_TIMEOUT" no_sockets && return
	sockets left
	sockets right
	return 1
}

# A port of one's own: TIME-WAIT keeps those that were used.
next_port=5000

# carry IP SERVER CLIENT TO_SERVER TO_CLIENT [OPTION...]: server right, client left, each one of
# xfer's -f; so many bytes either way, each checked.
carry()
{
	local ip=$1 server=$2 client=$3 up=$4 down=$5 pid status=0

	shift 5
	((next_port++))
	in_right "$bin/xfer" "-$ip" -l -p "$next_port" -f "$server" -s "$down" -r "$up" "$@" &
	pid=$!
	in_left "$bin/xfer" "-$ip" -c "$(address right "$ip")" -p "$next_port" -f "$client" \
		-s "$up" -r "$down" "$@" || status=1
	if ((status)); then
		kill "$pid" 2>/dev/null
	fi
	wait "$pid" || status=1
	return $status
}

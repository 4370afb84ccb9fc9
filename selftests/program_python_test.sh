#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# CPython's own tests of sockets and of asyncio, under xtcp run: they end as without it.

. "$(dirname "$0")/lib/lib.sh"
. "$(dirname "$0")/lib/programs.sh"

python=/usr/bin/python3
version=$($python -c 'import sys; print("%d.%d" % sys.version_info[:2])')
mkdir "$scratch/temp"
in_left ip link set lo up

program CPython "libpython$version-testsuite" "its own tests of sockets and of \`asyncio\`"

# shellcheck disable=SC2317
is_there_CPython()
{
	$python -c 'import importlib.util as u, sys; sys.exit(not u.find_spec("test.test_socket"))'
}

# results NAME: of each test, from what the run said.
results()
{
	sed -nE 's/^(test\w+ \([^)]*\)).* \.\.\. (ok|FAIL|ERROR|skipped|expected failure).*/\1 \2/p' \
		"$scratch/$1" | sort
}

# tests LEAST OPTION...: the same with and without, and so many that succeed.
tests()
{
	local least=$1

	shift
	cd "$scratch/temp" || return
	in_left $python -m test -v --timeout=200 "$@" >"$scratch/kernel" 2>&1
	# shellcheck disable=SC2086
	in_left $run $python -m test -v --timeout=200 "$@" >"$scratch/xtcp" 2>&1
	cd "$here" || return
	(($(results kernel | grep -c ' ok$') >= least)) || { tail "$scratch/kernel"; return 1; }
	diff <(results kernel) <(results xtcp) && return
	grep -A 20 -E '^(ERROR|FAIL): ' "$scratch/xtcp"
	return 1
}

# used TESTS...: on XTCP's sockets.
used()
{
	local before

	before=$(counter left PassiveOpens)
	"$@" || return
	(($(counter left PassiveOpens) > before + 20)) || { echo "XTCP was not used"; return 1; }
}

# Those that wait for SIGALRM may wait for ever where waits are skipped, on sockets of any kind.
check_of CPython "Python's own tests of sockets" used tests 100 -i '*nterrupted*' test_socket
check_of CPython "Python's own tests of asyncio" used tests 100 -i '*signal*' -i '*ubprocess*' \
	-m 'test.test_asyncio.test_streams.*' -m 'test.test_asyncio.test_sock_lowlevel.EPoll*' \
	-m 'test.test_asyncio.test_server.*' -m 'test.test_asyncio.test_buffered_proto.*' \
	-m 'test.test_asyncio.test_sendfile.EPoll*' -m 'test.test_asyncio.test_events.EPoll*' \
	test_asyncio
finish_programs

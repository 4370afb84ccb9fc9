# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034
# Sourced by the scripts beside it: where things lie, and how progress is told.

set -euo pipefail

vm_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
tree=$(dirname "$(dirname "$vm_dir")")
out=$tree/.build
tests_dir=$out/tests
cache=${XTCP_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/xtcp}
jobs=$(nproc)

# Words of make's own would confuse the makes that are started from here.
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES

say()
{
	printf 'xtcp: %s\n' "$*" >&2
}

die()
{
	say "$*"
	exit 1
}

have()
{
	command -v "$1" >/dev/null
}

# with_lock FILE COMMAND...: one at a time, and whoever waits is told so.
with_lock()
{
	local file=$1 fd

	shift
	mkdir -p "$(dirname "$file")"
	exec {fd}>"$file"
	if ! flock -n "$fd"; then
		say "waiting for another run to finish (${file##*/})"
		flock "$fd"
	fi
	# No "||" here, for it would switch off errexit inside.
	"$@"
	set -- $?
	exec {fd}>&-
	return "$1"
}

# A terminal sees one line that counts; a log gets a line every half minute.
show_progress()
{
	local label=$1 log=$2 began=$SECONDS told=$SECONDS line

	# Not longer than the one it watches for.
	while sleep 1 && kill -0 $$ 2>/dev/null; do
		line=$(printf '%s: %d files, %d:%02d' "$label" "$(grep -c '^  ' "$log")" \
			$(((SECONDS - began) / 60)) $(((SECONDS - began) % 60)))
		if [[ -t 2 ]]; then
			printf '\r\033[Kxtcp: %s' "$line" >&2
		elif ((SECONDS - told >= 30)); then
			told=$SECONDS
			say "$line"
		fi
	done
}

# long_run LABEL COMMAND...: quiet but for its progress; on failure the end of its log.
long_run()
{
	local label=$1 log watcher status began=$SECONDS

	shift
	log=$cache/log/${label//[^A-Za-z0-9.]/-}.log
	mkdir -p "$cache/log"
	: >"$log"
	show_progress "$label" "$log" &
	watcher=$!
	# Not with "||", which would switch off errexit inside.
	set +e
	(
		set -e
		"$@"
	) >"$log" 2>&1 </dev/null
	status=$?
	set -e
	kill "$watcher" 2>/dev/null || :
	wait "$watcher" 2>/dev/null || :
	[[ ! -t 2 ]] || printf '\r\033[K' >&2
	if ((status)); then
		tail -n 30 "$log" >&2
		die "$label: failed; the whole log is $log"
	fi
	say "$label: done in $((SECONDS - began)) s"
}

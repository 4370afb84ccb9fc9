# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154
# Sourced after lib.sh by tests of programs as they come from the distribution, under xtcp run: hosts,
# servers on the right, and what README's table says of the programs.

. "$here/lib/tool.sh"

PATH=$PATH:/usr/sbin:/sbin
ktap_print_header
require_module
[[ -x $tool ]] || skip_all "no xtcp: libnl-genl was not there when it was to be built"
two_hosts
run="$tool run --strict"
this=$(basename "$0")

# Of each program: its package, and what it does here; those that were there, and all that were asked for.
declare -A package=() does=() there=() asked=()

# program NAME PACKAGE WHAT: a line of README's table.
program()
{
	package[$1]=$2
	does[$1]=$3
}

# check_of PROGRAM[,PROGRAM...] DESCRIPTION COMMAND...: if there are such programs. Each is a command, or
# is told by a function is_there_PROGRAM.
check_of()
{
	local name names missing=

	IFS=, read -ra names <<<"$1"
	for name in "${names[@]}"; do
		asked[$name]=yes
		if is_there "$name"; then
			there[$name]=yes
		else
			missing+=" $name"
		fi
	done
	if [[ $missing ]]; then
		skip "$2" "no$missing"
	else
		check "${@:2}"
	fi
}

is_there()
{
	if [[ $(type -t "is_there_$1") == function ]]; then
		"is_there_$1"
	else
		type -P "$1" >/dev/null
	fi
}

# The release's number, without the distribution's own.
versions()
{
	dpkg-query -W -f='${Package} ${Version}\n' "${package[@]}" 2>/dev/null |
		sed -E 's/ [0-9]+:/ /; s/[-+~][^-]*$//' | sort -u
}

# Leaves the lines of README's table that are this test's.
tell_programs()
{
	local name version

	versions >"$scratch/versions"
	for name in "${!there[@]}"; do
		version=$(awk -v name="${package[$name]}" '$1 == name { print $2 }' "$scratch/versions")
		# shellcheck disable=SC2016
		printf '| %s | %s | %s | `%s` |\n' "$name" "${version:-?}" "${does[$name]}" "$this"
	done | sort >"$XTCP_RESULTS/programs.$this"
}

# names_in_readme FILE: programs that the table says were run by this test.
names_in_readme()
{
	sed -n '/^<!-- programs -->$/,/^<!-- end of programs -->$/p' "$1" |
		awk -F ' *[|] *' -v test="\`$this\`" '$5 == test { print $2 }' | sort
}

table_is_right()
{
	diff <(names_in_readme "$readme") <(printf '%s\n' "${!asked[@]}" | sort)
}

# finish_programs: the last checks, and the table.
finish_programs()
{
	local readme=$XTCP_TOOLS/../README.md

	check "nothing is left" no_sockets_left
	[[ ! ${XTCP_RESULTS:-} ]] || tell_programs
	if [[ -e $readme ]]; then
		check "README's table has these programs" table_is_right
	else
		skip "README's table has these programs" "no README"
	fi
	finish
}

# serve WITH PORT PROGRAM...: on the right, until it is there. WITH is $run, or nothing.
serve()
{
	local with=$1 port=$2

	shift 2
	# shellcheck disable=SC2086
	nsenter --net="$netns_dir/$right" $with "$@" >"$scratch/server" 2>&1 </dev/null &
	server=$!
	busywait "$BUSYWAIT_TIMEOUT" is_served "$with" "$port" || { cat "$scratch/server"; return 1; }
}

# is_served WITH PORT: by XTCP, or by the kernel's TCP.
is_served()
{
	local name=tcp

	[[ ! $1 ]] || name=xtcp
	in_right cat "/proc/net/$name" "/proc/net/${name}6" | awk -v port=":$(printf %04X "$2")" \
		'$4 == "0A" && substr($2, length($2) - 4) == port { found = 1 } END { exit !found }'
}

stop()
{
	[[ ! ${server:-} ]] || { kill "$server"; wait "$server"; }
	server=
}

# make_files BIG: of a byte, of some, and of BIG, to be served. Where they are big, memory has no room.
make_files()
{
	store=$scratch
	if [[ $XTCP_SCALE != debug ]]; then
		store=$(mktemp -d -p "$XTCP_RESULTS")
		trap 'rm -rf "$store"; clean_up' EXIT
	fi
	mkdir "$scratch/temp" "$store/files"
	chmod 755 "$scratch" "$scratch/temp" "$store" "$store/files"
	echo -n x >"$store/files/byte"
	head -c 102400 /dev/urandom >"$store/files/some"
	head -c "$1" /dev/urandom >"$store/files/big"
}

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What bash completes of xtcp: commands, options as --help has them, words that the tool takes.

. "$(dirname "$0")/lib/lib.sh"
. "$(dirname "$0")/lib/tool.sh"

ktap_print_header
require_module
[[ -x $tool ]] || skip_all "no xtcp: libnl-genl was not there when it was to be built"
[[ -e ${tool%/*}/completion/xtcp ]] || skip_all "no completion"
PATH=${tool%/*}:$PATH
# shellcheck source=/dev/null
. "${tool%/*}/completion/xtcp"
mkdir "$scratch/bin"
printf '#!/bin/sh\n' >"$scratch/bin/a-program"
chmod +x "$scratch/bin/a-program"
bash_completion=/usr/share/bash-completion/bash_completion

# completed WORD...: what there is for the last word, in order, in one line. Where nobody types,
# compopt complains.
completed()
{
	COMP_WORDS=("$@")
	COMP_CWORD=$(($# - 1))
	COMP_LINE="$*"
	COMP_POINT=${#COMP_LINE}
	COMPREPLY=()
	PATH=${path:-$PATH} _xtcp xtcp "${*: -1}" "${*: -2:1}" 2>/dev/null
	printf '%s\n' "${COMPREPLY[@]}" | sort -u | xargs
}

# completes EXPECTED WORD...
completes()
{
	says "${*:2}" "$1" "$(completed "${@:2}")"
}

registered()
{
	says "specification" "complete -F _xtcp xtcp" "$(complete -p xtcp)"
}

commands_of_help()
{
	"$tool" --help | grep -oE 'xtcp [a-z]+( |$)' | cut -d ' ' -f 2 | sort -u | xargs
}

commands()
{
	(($(commands_of_help | wc -w) >= 7)) && completes "--help $(commands_of_help)" xtcp ""
}

# options_of_help COMMAND: each letter of the usage, each word of the text; -h and --help are in none.
options_of_help()
{
	"$tool" "$1" --help >"$scratch/help"
	{
		echo -- -h
		echo -- --help
		grep -oE -- '--[a-z][a-z0-9-]*' "$scratch/help"
		grep -oE -- '^ +-[A-Za-z0-9],' "$scratch/help" | tr -d ' ,'
		sed -n '1,/^[A-Z]/p' "$scratch/help" | grep -oE '\[-[A-Za-z0-9]+( |\])' | tr -d '][ -' |
			grep -o . | sed 's/^/-/'
	} | sed 's/^-- //' | sort -u | xargs
}

# options COMMAND: in bytes, lest some language's order leaves out what is no letter.
options()
{
	LC_ALL=C completes "$(LC_ALL=C options_of_help "$1")" xtcp "$1" -
}

# The tool takes each, and the manual page names them.
states_taken()
{
	local state states

	states=$(completed xtcp ss state "")
	for state in $states; do
		"$tool" ss state "$state" >/dev/null || return
		"$tool" ss exclude "$state" >/dev/null || return
	done
	says "states" "$(states_of_manual)" "$states" || return
	fails 2 "xtcp: no such state: no-state" 2 "$tool" ss state no-state
}

# Between the name and what is said of it, bold words.
states_of_manual()
{
	sed -n '/^\.I STATE$/,/^Several/p' "${tool%/*}/man/xtcp-ss.8" | sed -n 's/^\.BR\? //p' |
		sed 's/\\fR.*//; s/" or "//g; s/\\-/-/g' | grep -oE '[a-z][a-z0-9-]+' | sort | xargs
}

kinds()
{
	completes "$("$tool" monitor --help | tr '\n' ' ' | sed 's/.*KIND is \([^.]*\)\..*/\1/
		s/([^)]*)//; s/, or / /; s/,//g' | xargs -n 1 | sort | xargs)" xtcp monitor ""
}

# One command with all of them.
tests_taken()
{
	completes "and dev dport dst exclude not or sport src state" xtcp ss "" &&
		"$tool" ss state all exclude big src :1 or dst :1 and not sport = :1 or dport != :1 \
			and dev = lo >/dev/null || return
	completes "and dport dst not or sport src" xtcp ladder ""
}

counters()
{
	says "a counter" "RetransSegs" "$(completed xtcp stat RetransS)" &&
		says "counters" "$(awk 'NR == 1 { print NF - 1 }' /proc/net/xtcp_stat)" \
			"$(completed xtcp stat "" | wc -w)"
}

# program WORD...: what follows is a program, and then files; and options no more.
program()
{
	completes "a-program" "$@" a-pro && completes "/etc/hostname" "$@" a-program /etc/hostnam &&
		completes "" "$@" a-program --strict
}

programs()
{
	local path=$scratch/bin

	program xtcp run && program xtcp run --strict && program xtcp run --only connect &&
		program xtcp run --ports 80 -v && program xtcp run --only = listen &&
		program xtcp run -- && program xtcp ladder -- && program xtcp ladder -j dport = :80 --
}

# Its own completion, of the program.
by_bash_completion()
{
	local path=$scratch/bin:$PATH

	# shellcheck source=/dev/null
	. "$bash_completion"
	completes "a-program" xtcp run --strict a-pro &&
		completes "--carrier" xtcp run --only connect xtcp ss --ca
}

# installed: where bash-completion looks for it when it is first needed.
installed()
{
	make -s -C "${tool%/*}" install DESTDIR="$scratch/root" PREFIX=/usr >"$scratch/made" 2>&1 ||
		{ cat "$scratch/made"; return 1; }
	diff "${tool%/*}/completion/xtcp" "$scratch/root/usr/share/bash-completion/completions/xtcp" &&
		(
			complete -r xtcp
			# shellcheck disable=SC2030
			export XDG_DATA_DIRS=$scratch/root/usr/share
			# shellcheck source=/dev/null
			. "$bash_completion"
			_completion_loader xtcp || (($? == 124))
			registered
		)
}

check "registered" registered
check "commands" commands
for command in $(commands_of_help); do
	check "options of $command" options "$command"
done
check "states" states_taken
check "kinds of events" kinds
check "words of filters" tests_taken
check "counters" counters
check "values: carriers" completes "native tcp" xtcp ss --carrier ""
check "values: carriers, in one word" completes "native" xtcp ss --carrier = n
check "values: which sockets" completes "connect listen" xtcp run --only ""
check "values: interfaces" completes "lo" xtcp ss dev = l
check "values: files" completes "/etc/hostname" xtcp ladder --read /etc/hostnam
check "values: a number" completes "" xtcp stat -i ""
check "programs" programs
if [[ -e $bash_completion ]]; then
	check "programs, by bash-completion" by_bash_completion
	check "installed" installed
else
	skip "programs, by bash-completion" "no bash-completion"
	skip "installed" "no bash-completion"
fi
finish

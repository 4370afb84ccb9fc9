#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# For "make demo": two hosts exchange a real file both ways, then open and close connections in
# every way there is, drawn as ladders. Status 0: the files arrived as they were sent, and the
# connections went through the states they should.

. "$(dirname "$0")/lib/lib.sh"
. "$(dirname "$0")/lib/ladder.sh"

size=$((64 << 20))
failures=0

title()
{
	printf '\n%s\n%s\n\n' "$1" "${1//?/-}"
}

# What went wrong is in $scratch/said.
complain()
{
	((++failures))
	sed 's/^/! /' "$scratch/said"
}

# In tar's format and cut where it is large enough: what is in this directory is large.
make_file()
{
	local source=$KSELFTESTS/../../..

	tar -C "$source" -cf - drivers/gpu/drm/amd/include 2>/dev/null | head -c "$size" >"$scratch/file"
	if [[ $(stat -c %s "$scratch/file") != "$size" ]]; then
		tar -C "$source" -cf - . 2>/dev/null | head -c "$size" >"$scratch/file"
	fi
	[[ $(stat -c %s "$scratch/file") == "$size" ]]
}

sum()
{
	sha256sum <"$1" | cut -d ' ' -f 1
}

# cross IP LEFT RIGHT up|down: the file from left to right, or the other way.
cross()
{
	local ip=$1 left_end=$2 right_end=$3 out=(-i "$scratch/file")
	local in=(-o "$scratch/arrived" -r "$size") pid status=0

	rm -f "$scratch/arrived"
	((next_port++))
	[[ $4 == up ]] || { local t=("${in[@]}"); in=("${out[@]}"); out=("${t[@]}"); }
	in_right "$bin/xfer" "-$ip" -l -p "$next_port" -f "$right_end" "${in[@]}" &
	pid=$!
	in_left "$bin/xfer" "-$ip" -c "$(address right "$ip")" -p "$next_port" -f "$left_end" \
		"${out[@]}" || status=1
	((!status)) || kill "$pid" 2>/dev/null
	wait "$pid" || status=1
	return $status
}

end_name()
{
	case $1 in
	kernel) echo "kernel TCP" ;;
	ordinary) echo XTCP ;;
	native) echo "XTCP native" ;;
	esac
}

# crossing IP LEFT RIGHT: both ways.
crossing()
{
	local ip=$1 way got verdict what

	for way in up down; do
		if [[ $way == up ]]; then
			what="$(end_name "$2") -> $(end_name "$3")"
		else
			what="$(end_name "$2") <- $(end_name "$3")"
		fi
		cross "$ip" "$2" "$3" $way >"$scratch/said" 2>&1 || complain
		got=$(sum "$scratch/arrived")
		verdict="same"
		if [[ $got != "$sent" ]]; then
			verdict="DIFFERS"
			((++failures))
		fi
		printf '  IPv%s %-18s %s %s\n' "$ip" "$what" "$got" "$verdict"
	done
}

# show TITLE NAME IP LEFT RIGHT [ROW]
show()
{
	title "$1"
	if ! play "${@:2:4}" >"$scratch/said" 2>&1; then
		complain
		return
	fi
	cat "$scratch/ladder"
	[[ ! ${6:-} ]] || shows "$6" >"$scratch/said" || complain
}

module_loaded || insmod "$XTCP_KO" || exit
two_hosts
trace_open || exit
if ! make_file; then
	echo "there is no kernel source to make a file of"
	exit 1
fi

title "64 MiB of the kernel's source, and the SHA-256 of what arrives"
sent=$(sum "$scratch/file")
printf '  %-23s %s\n' "the file" "$sent"
for ends in "ordinary kernel" "ordinary ordinary"; do
	for ip in 4 6; do
		# shellcheck disable=SC2086
		crossing $ip $ends
	done
done

title "Connections as RFC 9293 draws them"
echo "  --> <segment> -->  crosses;  --> <segment> ...  leaves;  ... <segment> -->  arrives"
show "Handshake, data, half-close: one end has said all, the other has not" \
	half-close 4 ordinary kernel
show "Close in four segments, the other end first" \
	four-way 4 ordinary kernel
show "FIN and ACK in one segment: from FIN-WAIT-1 straight to TIME-WAIT" \
	fin-with-ack 4 ordinary kernel 'TIME-WAIT <-- <SEQ=1><ACK=2><CTL=FIN,ACK> <-- LAST-ACK'
show "Both close at once" \
	simultaneous 4 ordinary kernel
show "Half-close, XTCP on both sides" \
	half-close 6 ordinary ordinary
show "Close in four segments, XTCP on both sides" \
	four-way 6 ordinary ordinary
show "Both close at once, XTCP on both sides" \
	simultaneous 6 ordinary ordinary

title "In all"
if ((failures)); then
	echo "  $failures of these went wrong"
	exit 1
fi
echo "  every file arrived as it was sent, every connection went the way it should"

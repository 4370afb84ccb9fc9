# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154
# Sourced in the guest: the kernel log, and what in it is a complaint.

splats='BUG:|BUG |WARNING:|KASAN:|UBSAN:|ODEBUG:|Oops|kernel panic|general protection'
splats+='|INFO: (possible|suspicious|inconsistent|trying to register|task .* blocked|rcu)'
splats+='|possible (recursive|circular|irq lock|deadlock)|suspicious RCU|RCU used illegally'
splats+='|held lock freed|turning off the locking|lockdep is turned off'
splats+='|refcount_t:|ref_tracker:|leaked reference|unregister_netdevice: waiting'
splats+='|scheduling while atomic|sleeping function|stalls? on CPU|soft lockup|hard LOCKUP'
splats+='|Objects remaining|still has objects|cut here|list_(add|del) corruption'
splats+='|kmemleak: [0-9]+ new|Attempted to release alive|recursion detected'

# A mark in the kernel log; log_since prints what came after it.
log_mark()
{
	echo "xtcp: test $1" >/dev/kmsg
}

# By syslog(2), which gives all at once; otherwise each line is a call of its own.
log_since()
{
	dmesg -S | awk -v mark="xtcp: test $1" '
		index($0, mark) && substr($0, length($0) - length(mark) + 1) == mark { n = 0; next }
		{ line[n++] = $0 }
		END { for (i = 0; i < n; i++) print line[i] }'
}

# log_judge TEST FILE: a failure if there is a complaint in the log since the mark.
log_judge()
{
	local test=$1 file=$2 first

	log_since "$test" >"$file"
	first=$(grep -m1 -iE "$splats" "$file") || return 0
	tap_result "not ok" "$test" "kernel log: ${first#\[*\] }"
	grep -n -m1 -A60 -iE "$splats" "$file" | sed 's/^/# | /'
	echo "$test" >>"$own/complaints"
}

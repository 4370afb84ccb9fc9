#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Databases, remote shells and measuring as they come from the distribution, under xtcp run, with
# themselves on the kernel's TCP as their peers.

. "$(dirname "$0")/lib/lib.sh"
. "$(dirname "$0")/lib/programs.sh"

make_files "$(scaled 100M 6M)"

# The newest server that is there.
postgres=$(printf '%s\n' /usr/lib/postgresql/*/bin/initdb | sort -V | tail -n 1)
postgres=${postgres%/initdb}
postgres_version=${postgres%/bin}
postgres_version=${postgres_version##*/}

program Redis redis-server "serves, and is asked by \`redis-cli\` and \`redis-benchmark\`"
program PostgreSQL "postgresql-$postgres_version" "queries, \`COPY\`, \`pgbench\`"
program OpenSSH openssh-server "a session, its status, a signal; \`scp\` both ways"
program iperf3 iperf3 "either side, or both: \`-R\`, \`--bidir\`, \`-P\`"

is_there_Redis()
{
	type -P redis-server redis-cli redis-benchmark >/dev/null
}

is_there_PostgreSQL()
{
	[[ -x $postgres/initdb ]]
}

is_there_OpenSSH()
{
	type -P sshd >/dev/null && type -P ssh >/dev/null
}

# benchmark: says how many requests a second, or what went wrong.
benchmark()
{
	# shellcheck disable=SC2086
	in_left ${client:-} redis-benchmark -h 192.0.2.2 -p 6379 -c 20 -n "$(scaled 20000 600)" \
		-d 1000 -P 4 -t set,get,lrange_100 --csv >"$scratch/rates" 2>&1 || {
		cat "$scratch/rates"
		return 1
	}
	says "commands" 4 "$(grep -c '^"[A-Z].*,"[0-9.]*"' "$scratch/rates")" ||
		{ cat "$scratch/rates"; return 1; }
}

# redis WITH CLIENT HOST COUNTER
redis()
{
	local status=0 before

	serve "$1" 6379 redis-server --bind 192.0.2.2 --port 6379 --save '' --protected-mode no \
		--dir "$scratch/temp" --daemonize no || return
	client=$2
	before=$(counter "$3" "$4")
	benchmark || status=1
	(($(counter "$3" "$4") >= before + 60)) || { echo "XTCP was not used"; status=1; }
	# shellcheck disable=SC2086
	says "count" 600 "$(in_left $2 redis-cli -h 192.0.2.2 eval \
		"for i = 1, 600 do redis.call('incr', 'n') end return redis.call('get', 'n')" 0)" ||
		status=1
	((!status)) || cat "$scratch/server"
	stop
	return $status
}

# ssh_ready: keys of either side, and what to tell them of one another.
ssh_ready()
{
	local keys=$scratch/keys

	[[ ! -d $keys ]] || return 0
	mkdir "$keys"
	chmod 700 "$keys"
	# Where sshd keeps who has not logged in yet.
	mkdir -p /run/sshd
	ssh-keygen -q -t ed25519 -N '' -f "$keys/host" && ssh-keygen -q -t ed25519 -N '' -f "$keys/user" ||
		return
	echo "[192.0.2.2]:$1 $(<"$keys/host.pub")" >"$keys/known"
	# A locked account may not log in, but this one is not, here.
	echo 'root:*:19000:0:99999:7:::' >"$keys/shadow"
	chmod 600 "$keys/shadow"
	cat >"$keys/sshd" <<-CONF
		ListenAddress 192.0.2.2:$1
		HostKey $keys/host
		AuthorizedKeysFile $keys/user.pub
		PermitRootLogin prohibit-password
		PasswordAuthentication no
		StrictModes no
		UsePAM no
		PidFile none
		Subsystem sftp internal-sftp
	CONF
	cat >"$keys/ssh" <<-CONF
		Host *
			User root
			IdentityFile $keys/user
			IdentitiesOnly yes
			UserKnownHostsFile $keys/known
			BatchMode yes
			LogLevel ERROR
	CONF
}

# ssh_to COMMAND...: there; its status is this one's.
ssh_to()
{
	# shellcheck disable=SC2086
	in_left $client ssh -F "$scratch/keys/ssh" -p "$port" 192.0.2.2 "$@" </dev/null
}

copy()
{
	# shellcheck disable=SC2086
	in_left $client scp -q -F "$scratch/keys/ssh" -P "$port" "$@"
}

session()
{
	local said

	said=$(ssh_to 'echo said; exit 7')
	says "status" 7 $? || return
	says "output" said "$said" || return
	# What a signal ends has no status: ssh's is 255 then.
	# shellcheck disable=SC2016
	said=$(ssh_to 'echo said; kill -TERM $$; echo more')
	says "status after a signal" 255 $? || return
	says "output before it" said "$said"
}

copies()
{
	local sum

	sum=$(sha256sum <"$store/files/big")
	copy "$store/files/big" "192.0.2.2:$store/there" || return
	says "what went" "$sum" "$(sha256sum <"$store/there")" || return
	copy "192.0.2.2:$store/there" "$store/back" || return
	says "what came" "$sum" "$(sha256sum <"$store/back")"
}

# openssh SERVER_RUN CLIENT_RUN HOST COUNTER PORT: two sessions and two copies, a connection each.
openssh()
{
	local client=$2 port=$5 status=0

	ssh_ready "$port" || return
	# shellcheck disable=SC2016
	serve "$1" "$port" unshare --mount --propagation private bash -c \
		'mount --bind "$1" /etc/shadow && exec "${@:2}"' - "$scratch/keys/shadow" \
		"$(type -P sshd)" -D -e -f "$scratch/keys/sshd" || return
	opened "$3" "$4" 2 session || status=1
	opened "$3" "$4" 2 copies || status=1
	((!status)) || cat "$scratch/server"
	stop
	rm -rf "$scratch/keys" "$store"/{there,back}
	return $status
}

# as_nobody COMMAND...: PostgreSQL is not for root.
as_nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups)

database_ready()
{
	local data=$scratch/temp/database

	[[ ! -d $data ]] || return 0
	mkdir -m 700 "$data"
	chown 65534:65534 "$data"
	cd "$data" || return
	"${as_nobody[@]}" "$postgres/initdb" -D "$data" -U xtcp -A trust -E UTF8 --no-locale --no-sync \
		>"$scratch/initdb" 2>&1 || { cat "$scratch/initdb"; return 1; }
	echo "host all all 192.0.2.0/24 trust" >>"$data/pg_hba.conf"
	cat >>"$data/postgresql.conf" <<-CONF
		listen_addresses = '192.0.2.2'
		unix_socket_directories = ''
		fsync = off
		shared_buffers = 16MB
		max_connections = 20
		autovacuum = off
	CONF
	cd "$here" || return
}

sql()
{
	# shellcheck disable=SC2086
	in_left $client "$postgres/psql" -X -q -A -t -v ON_ERROR_STOP=1 -h 192.0.2.2 -p "$port" -U xtcp \
		-d postgres "$@"
}

# What is copied in comes back the same.
tables()
{
	seq -f '%.0f	some text that takes up room, as texts do, and then some more' 40000 \
		>"$scratch/rows" || return
	sql -c "create table t$port (n integer, what text)" -c "\\copy t$port from '$scratch/rows'" \
		-c "select count(*), sum(n) from t$port" >"$scratch/counted" || return
	says "count and sum" "40000|800020000" "$(<"$scratch/counted")" || return
	sql -c "\\copy (select * from t$port order by n) to '$scratch/rows.back'" || return
	cmp "$scratch/rows" "$scratch/rows.back"
}

wrong_query()
{
	local said

	! said=$(sql -c 'select 1/0' 2>&1) || { echo "no error"; return 1; }
	[[ $said == *"division by zero"* ]] || { echo "$said"; return 1; }
}

# transactions [MAKE]: as 4 clients; with MAKE, the tables first.
transactions()
{
	local pgbench=("$postgres/pgbench" -h 192.0.2.2 -p "$port" -U xtcp)

	# shellcheck disable=SC2086
	if { [[ ! $1 ]] || in_left $client "${pgbench[@]}" -q -i -I dtG postgres; } &&
		in_left $client "${pgbench[@]}" -n -c 4 -j 2 -t 25 postgres; then
		return
	fi >"$scratch/bench" 2>&1
	cat "$scratch/bench"
	return 1
}

# postgresql SERVER_RUN CLIENT_RUN HOST COUNTER PORT
postgresql()
{
	local client=$2 port=$5 make='' status=0

	[[ -d $scratch/temp/database ]] || make=yes
	database_ready || return
	serve "$1" "$port" "${as_nobody[@]}" "$postgres/postgres" -D "$scratch/temp/database" \
		-p "$port" || return
	opened "$3" "$4" 2 tables || status=1
	opened "$3" "$4" 1 wrong_query || status=1
	# One to look, four clients, and one that makes.
	opened "$3" "$4" $((5 + ${#make} / 3)) transactions "$make" || status=1
	((!status)) || cat "$scratch/server"
	stop
	return $status
}

# each_way WAY...: a control connection each time, and those that carry.
each_way()
{
	local way

	for way; do
		# shellcheck disable=SC2086
		in_left $client iperf3 -c 192.0.2.2 -p "$port" -n "$(scaled 64M 512k)" $way \
			>"$scratch/client" 2>&1 || { cat "$scratch/client"; return 1; }
	done
}

# iperf SERVER_RUN CLIENT_RUN HOST COUNTER PORT OPENS WAY...
iperf()
{
	local client=$2 port=$5 status=0

	serve "$1" "$port" iperf3 -s --forceflush -B 192.0.2.2 -p "$port" || return
	opened "$3" "$4" "$6" each_way "${@:7}" || status=1
	((!status)) || cat "$scratch/server"
	stop
	return $status
}

serves=("$run" "" right PassiveOpens)
asks=("" "$run" left ActiveOpens)
check_of Redis "redis on XTCP" redis "${serves[@]}"
check_of Redis "its clients on XTCP" redis "${asks[@]}"
check_of Redis "both on XTCP, preloaded" redis "$run --preload" "$run --preload" left ActiveOpens
check_of OpenSSH "sshd on XTCP" openssh "${serves[@]}" 2222
check_of OpenSSH "ssh on XTCP" openssh "${asks[@]}" 2223
check_of PostgreSQL "PostgreSQL on XTCP" postgresql "${serves[@]}" 5432
check_of PostgreSQL "its clients on XTCP" postgresql "${asks[@]}" 5433
check_of iperf3 "an iperf3 server on XTCP" iperf "${serves[@]}" 5201 9 "" -R "--bidir -P 2"
check_of iperf3 "an iperf3 client on XTCP" iperf "${asks[@]}" 5202 9 -R --bidir "-P 3"
check_of iperf3 "iperf3 on XTCP at both ends" iperf "$run" "$run" left ActiveOpens 5203 5 "--bidir -P 2"
finish_programs

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Programs as they come from the distribution, under xtcp run, with themselves on the kernel's TCP as
# their peers: web servers and clients, a database, a proxy, a language's own tests.

. "$(dirname "$0")/lib/lib.sh"
. "$(dirname "$0")/lib/tool.sh"

PATH=$PATH:/usr/sbin:/sbin
ktap_print_header
require_module
[[ -x $tool ]] || skip_all "no xtcp: libnl-genl was not there when it was to be built"
two_hosts
run="$tool run --strict"

# check_of PROGRAM DESCRIPTION COMMAND...: if there is such a program.
check_of()
{
	if type -P "$1" >/dev/null; then
		check "${@:2}"
	else
		skip "$2" "no $1"
	fi
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
	kill "$server"
	wait "$server"
	return 0
}

mkdir "$scratch"/{files,temp}
chmod 755 "$scratch" "$scratch"/{files,temp}
echo -n x >"$scratch/files/byte"
head -c 102400 /dev/urandom >"$scratch/files/some"
head -c "$(scaled 256M 8M)" /dev/urandom >"$scratch/files/big"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=right \
	-keyout "$scratch/key" -out "$scratch/certificate" 2>/dev/null

# nginx_conf PORT TLS_PORT: a file's name. (What XTCP had lately, in TIME-WAIT, is not the kernel's.)
nginx_conf()
{
	cat >"$scratch/nginx.$1" <<-CONF
		daemon off;
		user root;
		worker_processes 2;
		pid $scratch/nginx.pid;
		error_log stderr;
		events {}
		http {
			access_log off;
			sendfile on;
			tcp_nopush on;
			client_body_temp_path $scratch/temp/body;
			proxy_temp_path $scratch/temp/proxy;
			fastcgi_temp_path $scratch/temp/fastcgi;
			uwsgi_temp_path $scratch/temp/uwsgi;
			scgi_temp_path $scratch/temp/scgi;
			root $scratch/files;
			server {
				listen 192.0.2.2:$1 reuseport;
				listen [2001:db8::2]:$1;
				listen 192.0.2.2:$2 ssl;
				ssl_certificate $scratch/certificate;
				ssl_certificate_key $scratch/key;
			}
		}
	CONF
	echo "$scratch/nginx.$1"
}

# fetch BASE [OPTION...]: all files over one connection; the client's XTCP or not by $client.
fetch()
{
	local base=$1 file wanted=()

	shift
	for file in byte some big; do
		wanted+=("$base/$file" -o "$scratch/got.$file")
	done
	# shellcheck disable=SC2086
	in_left ${client:-} curl -sS -k "$@" "${wanted[@]}" || return
	for file in byte some big; do
		cmp "$scratch/files/$file" "$scratch/got.$file" || return
	done
}

nginx_serves()
{
	local status=0

	serve "$run" 8080 nginx -e stderr -c "$(nginx_conf 8080 8443)" || return
	client=
	opened right PassiveOpens 1 fetch http://192.0.2.2:8080 || status=1
	opened right PassiveOpens 1 fetch "http://[2001:db8::2]:8080" || status=1
	opened right PassiveOpens 1 fetch https://192.0.2.2:8443 || status=1
	opened right PassiveOpens 1 fetch https://192.0.2.2:8443 --http1.1 || status=1
	((!status)) || cat "$scratch/server"
	stop
	return $status
}

nginx_is_asked()
{
	local status=0

	serve "" 8090 nginx -e stderr -c "$(nginx_conf 8090 8493)" || return
	client=$run
	opened left ActiveOpens 1 fetch http://192.0.2.2:8090 || status=1
	opened left ActiveOpens 1 fetch "http://[2001:db8::2]:8090" || status=1
	opened left ActiveOpens 1 fetch https://192.0.2.2:8493 || status=1
	stop
	return $status
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

cat >"$scratch/haproxy.conf" <<CONF
defaults
	mode http
	timeout connect 20s
	timeout client 20s
	timeout server 20s
frontend front
	bind 192.0.2.2:8081
	default_backend back
backend back
	server only 192.0.2.2:8090
CONF

# XTCP in front, the kernel's TCP behind.
proxied()
{
	local status=0 origin

	serve "" 8090 nginx -e stderr -c "$(nginx_conf 8090 8493)" || return
	origin=$server
	client=
	if serve "$run --only listen" 8081 haproxy -q -db -f "$scratch/haproxy.conf"; then
		opened right PassiveOpens 1 opened right ActiveOpens 0 \
			fetch http://192.0.2.2:8081 || status=1
		stop
	else
		status=1
	fi
	server=$origin
	stop
	return $status
}

# results NAME: of each test, from what the run said.
results()
{
	sed -nE 's/^(test\w+ \([^)]*\)).* \.\.\. (ok|FAIL|ERROR|skipped|expected failure).*/\1 \2/p' \
		"$scratch/$1" | sort
}

# python_tests MODULE...: the same with and without. (Those that wait for SIGALRM may wait for ever
# where waits are skipped, on sockets of any kind.)
python_tests()
{
	local python=/usr/bin/python3 how=(-v --timeout=200 -i '*nterrupted*')

	in_left ip link set lo up
	cd "$scratch/temp" || return
	in_left $python -m test "${how[@]}" "$@" >"$scratch/kernel" 2>&1
	# shellcheck disable=SC2086
	in_left $run $python -m test "${how[@]}" "$@" >"$scratch/xtcp" 2>&1
	cd "$here" || return
	(($(results kernel | grep -c ' ok$') > 100)) || { tail "$scratch/kernel"; return 1; }
	diff <(results kernel) <(results xtcp) && return
	grep -A 20 -E '^(ERROR|FAIL): ' "$scratch/xtcp"
	return 1
}

check_of nginx "nginx is served by XTCP" nginx_serves
check_of nginx "curl on XTCP" nginx_is_asked
check_of redis-server "redis on XTCP" redis "$run" "" right PassiveOpens
check_of redis-server "its clients on XTCP" redis "" "$run" left ActiveOpens
check_of redis-server "both on XTCP, preloaded" redis "$run --preload" "$run --preload" left ActiveOpens
check_of haproxy "a proxy between XTCP and the kernel's TCP" proxied
if /usr/bin/python3 -c 'import test.test_socket' 2>/dev/null; then
	check "Python's own tests of sockets" python_tests test_socket
else
	skip "Python's own tests of sockets" "no libpython3.*-testsuite"
fi
check "nothing is left" no_sockets_left
finish

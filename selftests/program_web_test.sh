#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Web servers, clients and a proxy as they come from the distribution, under xtcp run, with themselves on
# the kernel's TCP as their peers; dynamic and static ones.

. "$(dirname "$0")/lib/lib.sh"
. "$(dirname "$0")/lib/programs.sh"

make_files "$(scaled 1G 8M)"
head -c "$(scaled 64M 1M)" "$store/files/big" >"$store/files/more"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=right \
	-keyout "$scratch/key" -out "$scratch/certificate" 2>/dev/null

program nginx nginx "by \`sendfile\` and \`reuseport\`, over TLS, and HTTP/2"
program curl curl "HTTP/1.1, and HTTP/2 over TLS"
program wrk wrk "loads nginx"
program haproxy haproxy "XTCP in front, behind, or both"
program http.server python3 "Python's; and \`urllib\`, which asks it"
program busybox busybox-static "\`httpd\` and \`wget\`, static"
program musl musl-dev "a static program of its \`libc\`, as client and server"

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
			root $store/files;
			server {
				listen 192.0.2.2:$1 reuseport;
				listen [2001:db8::2]:$1;
				listen 192.0.2.2:$2 ssl http2;
				ssl_certificate $scratch/certificate;
				ssl_certificate_key $scratch/key;
			}
		}
	CONF
	echo "$scratch/nginx.$1"
}

# fetch BASE [OPTION...]: three files over one connection; the client's XTCP or not by $client.
fetch()
{
	local base=$1 file wanted=()

	shift
	for file in byte some "${large:-more}"; do
		wanted+=("$base/$file" -o "$store/got.$file")
	done
	# shellcheck disable=SC2086
	in_left ${client:-} curl -sS -k "$@" "${wanted[@]}" || return
	for file in byte some "${large:-more}"; do
		cmp "$store/files/$file" "$store/got.$file" || return
	done
}

# fetches HOST COUNTER: over either version of IP, and TLS.
fetches()
{
	large=big opened "$1" "$2" 1 fetch "http://192.0.2.2:$port" &&
		opened "$1" "$2" 1 fetch "http://[2001:db8::2]:$port" &&
		opened "$1" "$2" 1 fetch "https://192.0.2.2:$tls_port" --http1.1
}

# load BASE: by wrk, of small files; no request may fail. Each connection rests a while after a request: in
# user-mode Linux no time passes for those who never do.
echo 'function delay() return 50 end' >"$scratch/rests.lua"
load()
{
	local file

	for file in byte some; do
		# shellcheck disable=SC2086
		in_left ${client:-} wrk -t 2 -c 8 -d 1 -s "$scratch/rests.lua" "$1/$file" \
			>"$scratch/load" 2>&1
		awk '/Non-2xx|Socket errors/ { bad = 1 } / requests in / { requests = $1 }
			END { exit bad || requests < 40 }' "$scratch/load" && continue
		cat "$scratch/load"
		return 1
	done
}

# loads HOST COUNTER
loads()
{
	local before

	before=$(counter "$1" "$2")
	load "http://192.0.2.2:$port" || return
	(($(counter "$1" "$2") >= before + 16)) || { echo "XTCP was not used"; return 1; }
}

# http2 HOST COUNTER: the files at once over one connection.
http2()
{
	opened "$1" "$2" 1 fetch_at_once "https://192.0.2.2:$tls_port"
}

fetch_at_once()
{
	says "versions" "2 2 2" "$(fetch "$1" --http2 -Z -w '%{http_version}\n' | xargs)"
}

# haproxy_conf FRONT BACK: a file's name.
haproxy_conf()
{
	cat >"$scratch/haproxy.$1" <<-CONF
		defaults
			mode http
			timeout connect 20s
			timeout client 20s
			timeout server 20s
		frontend front
			bind 192.0.2.2:$1
			default_backend back
		backend back
			server only 192.0.2.2:$2
	CONF
	echo "$scratch/haproxy.$1"
}

# proxied FRONT BACK ORIGIN_RUN PROXY_RUN FRONT_RUN PASSIVE ACTIVE: the proxy at port FRONT passes on
# to the origin at BACK; so many connections of XTCP's are opened on their host. What stands before the
# proxy is FRONT_RUN if it listens by XTCP, else PROXY_RUN.
proxied()
{
	local front=$1 back=$2 status=0 origin

	serve "$3" "$back" nginx -e stderr -c "$(nginx_conf "$back" $((back + 400)))" || return
	origin=$server
	client=
	# shellcheck disable=SC2086
	if serve "$5" "$front" $4 haproxy -q -db -f "$(haproxy_conf "$front" "$back")"; then
		opened right PassiveOpens "$6" opened right ActiveOpens "$7" \
			fetch "http://192.0.2.2:$front" || status=1
		stop
	else
		status=1
	fi
	server=$origin
	stop
	return $status
}

# one_each SERVER_RUN CLIENT_RUN HOST COUNTER CLIENT...: two files, a connection each. CLIENT is
# given the name of a file to make, and an URL. What stands for a run is a word with the tool, or none.
one_each()
{
	local client=$2 host=$3 name=$4 base=http://192.0.2.2:$port status=0 file

	serve "$1" "$port" "${service[@]}" || return
	shift 4
	for file in byte more; do
		# shellcheck disable=SC2086
		opened "$host" "$name" 1 in_left $client "$@" "$store/got" "$base/$file" || status=1
		cmp "$store/files/$file" "$store/got" || status=1
	done
	((!status)) || cat "$scratch/server"
	stop
	return $status
}

# by PORT COMMAND...: what one_each() serves, and where.
by()
{
	port=$1
	shift
	service=("$@")
}

python=/usr/bin/python3
urllib=("$python" -IS -c 'import sys, urllib.request as r; r.urlretrieve(sys.argv[2], sys.argv[1])')

is_there_http.server()
{
	[[ -x $python ]]
}

is_there_musl()
{
	[[ -x $bin/musl ]]
}

# musl SERVER_RUN CLIENT_RUN HOST COUNTER PORT
musl()
{
	local address client=$2 status=0

	for address in 192.0.2.2 2001:db8::2; do
		serve "$1" "$5" "$bin/musl" serve $address "$5" || return
		# shellcheck disable=SC2086
		opened "$3" "$4" 1 in_left $client "$bin/musl" ask $address "$5" \
			"$(scaled 67000001 1000001)" || status=1
		stop
	done
	return $status
}

client=
port=8080
tls_port=8443
check_of nginx "nginx on XTCP" serve "$run" 8080 nginx -e stderr -c "$(nginx_conf 8080 8443)"
check_of nginx,curl "nginx on XTCP, curl" fetches right PassiveOpens
check_of nginx,curl "nginx on XTCP, curl with HTTP/2" http2 right PassiveOpens
check_of nginx,wrk "nginx on XTCP, wrk" loads right PassiveOpens
stop
client=$run
port=8082
tls_port=8445
check_of nginx "nginx on the kernel's TCP" serve "" 8082 nginx -e stderr -c "$(nginx_conf 8082 8445)"
check_of nginx,curl "nginx, curl on XTCP" fetches left ActiveOpens
check_of nginx,curl "nginx, curl on XTCP with HTTP/2" http2 left ActiveOpens
check_of nginx,wrk "nginx, wrk on XTCP" loads left ActiveOpens
stop
check_of haproxy,nginx,curl "a proxy: XTCP in front, the kernel's TCP behind" \
	proxied 8081 8090 "" "" "$run --only listen" 1 0
check_of haproxy,nginx,curl "a proxy: the kernel's TCP in front, XTCP behind" \
	proxied 8083 8091 "" "$run --only connect" "" 0 1
check_of haproxy,nginx,curl "a proxy: the kernel's TCP in front, XTCP behind and at the origin" \
	proxied 8084 8092 "$run" "$run --only connect" "" 1 1
check_of haproxy,nginx,curl "a proxy: XTCP on all sides" proxied 8085 8093 "$run" "" "$run" 2 1
by 8140 "$python" -IS -m http.server --bind 192.0.2.2 --directory "$store/files" 8140
check_of http.server,curl "Python's http.server on XTCP" one_each "$run" "" right PassiveOpens curl -sS -o
by 8141 "$python" -IS -m http.server --bind 192.0.2.2 --directory "$store/files" 8141
check_of http.server "Python's urllib on XTCP" one_each "" "$run" left ActiveOpens "${urllib[@]}"
by 8150 busybox httpd -f -p 192.0.2.2:8150 -h "$store/files"
check_of busybox,curl "a static server, curl" one_each "$run" "" right PassiveOpens curl -s -o
by 8151 busybox httpd -f -p 192.0.2.2:8151 -h "$store/files"
check_of busybox,curl "curl, a static server" one_each "" "$run" left ActiveOpens curl -s -o
by 8152 busybox httpd -f -p 192.0.2.2:8152 -h "$store/files"
check_of busybox "a static client, a static server" \
	one_each "" "$run" left ActiveOpens busybox wget -q -O
by 8153 busybox httpd -f -p 192.0.2.2:8153 -h "$store/files"
check_of busybox "static at both ends" \
	one_each "$run" "$run" right PassiveOpens busybox wget -q -O
check_of musl "a static server of musl's libc" musl "$run" "" right PassiveOpens 8160
check_of musl "a static client of musl's libc" musl "" "$run" left ActiveOpens 8161
finish_programs

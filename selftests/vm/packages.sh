# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Sourced: what the machine's own release supplies.

# package:what proves that it is there (a command, or, beginning with a slash, files that match)
build_packages="
	gcc:gcc make:make flex:flex bison:bison bc:bc perl:perl rsync:rsync xz-utils:xz lz4:lz4
	libelf-dev:/usr/include/gelf.h libc6-dev:/usr/include/stdio.h file:file
	pkg-config:pkg-config libnl-genl-3-dev:/usr/include/libnl3/netlink/genl/genl.h
	musl-tools:musl-gcc"
run_packages="
	kmod:insmod iproute2:tc nftables:nft ethtool:ethtool util-linux:unshare
	iputils-ping:ping socat:socat python3:python3
	python3-yaml:/usr/lib/python3/dist-packages/yaml netsniff-ng:trafgen procps:pgrep
	curl:curl iperf3:iperf3 busybox-static:busybox openssl:openssl nginx:nginx haproxy:haproxy
	redis-server:redis-server openssh-server:sshd openssh-client:ssh wrk:wrk tcpdump:tcpdump
	tshark:tshark bpftrace:bpftrace gnuplot-nox:gnuplot
	bash-completion:/usr/share/bash-completion/bash_completion
	postgresql:/usr/lib/postgresql/*/bin/initdb"
vm_packages="qemu-system-x86:qemu-system-x86_64"
# What the unpacked vng needs of Python.
vng_packages="
	python3-argcomplete:/usr/lib/python3/dist-packages/argcomplete
	python3-requests:/usr/lib/python3/dist-packages/requests
	python3-pkg-resources:/usr/lib/python3/dist-packages/pkg_resources"
lint_packages="sparse:sparse shellcheck:shellcheck"

# Python's own tests, of the version that is there.
python_packages()
{
	/usr/bin/python3 -c 'import sys; v = "%d.%d" % sys.version_info[:2]
print(f"libpython{v}-testsuite:/usr/lib/python{v}/test/test_socket.py")'
}

package_there()
{
	PATH=$PATH:/usr/sbin:/sbin
	case $1 in
	/*) compgen -G "$1" >/dev/null ;;
	*) have "$1" ;;
	esac
}

packages_missing()
{
	local entry

	for entry in $1; do
		package_there "${entry#*:}" || printf '%s\n' "${entry%%:*}"
	done
}

as_root()
{
	if ((EUID == 0)); then
		"$@"
	elif have sudo; then
		sudo "$@"
	else
		return 1
	fi
}

# packages_need "LIST": installs what is missing of it, and names it.
packages_need()
{
	local missing

	mapfile -t missing < <(packages_missing "$1")
	((${#missing[@]})) || return 0
	say "packages to install: ${missing[*]}"
	have apt-get || die "no apt-get here: install what these Debian packages hold"
	((EUID == 0)) || have sudo || die "only root can: apt-get install ${missing[*]}"
	long_run "packages" as_root "$vm_dir/packages-install.sh" "${missing[@]}"
	mapfile -t missing < <(packages_missing "$1")
	((${#missing[@]} == 0)) || die "still missing: ${missing[*]}"
}

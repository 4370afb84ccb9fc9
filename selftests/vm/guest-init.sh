#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The first process of either bed. User-mode Linux names it by init=. Under virtme-ng, whose own
# init= cannot be overridden, it comes in by BASH_ENV, ahead of virtme-init's first line: what that
# one does (udev, tmpfiles, overlays) takes a debug kernel minutes, and no test needs it.
#
# From the kernel's command line:
#   xtcp_job		script to run
#   xtcp_keep		directories that must stay visible, separated by colons
#   xtcp_results	directory to write to, on the host
#   xtcp_interactive	set when a person sits at the console
# shellcheck disable=SC2154

unset BASH_ENV
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=${TERM:-dumb}

mount_kernel_filesystems()
{
	mount -t proc -o nosuid,noexec,nodev proc /proc
	mount -t sysfs -o nosuid,noexec,nodev sys /sys
	mountpoint -q /dev || mount -t devtmpfs dev /dev
	mkdir -p /dev/pts /dev/shm
	mount -t devpts -o mode=620,ptmxmode=666 devpts /dev/pts
	mount -t tmpfs -o mode=1777 shm /dev/shm
	ln -sf /proc/self/fd /dev/fd
	ln -sf pts/ptmx /dev/ptmx
	mount -t debugfs debugfs /sys/kernel/debug
	mount -t tracefs tracefs /sys/kernel/tracing
	mount -t bpf bpf /sys/fs/bpf 2>/dev/null
	mount -t cgroup2 cgroup2 /sys/fs/cgroup
}

# The root is the host's and read-only. What programs write to becomes memory, except where the
# tree, the cache or the results happen to lie there.
mount_scratch()
{
	local dir kept i=0

	mount -t tmpfs -o mode=0755 run /run
	mkdir -p /run/netns /run/lock /run/keep
	IFS=: read -ra kept <<<"$xtcp_keep"
	for dir in "${kept[@]}"; do
		mkdir "/run/keep/$i"
		mount --bind "$dir" "/run/keep/$((i++))"
	done
	mount -t tmpfs -o mode=1777 tmp /tmp
	mount -t tmpfs -o mode=1777 tmp /var/tmp
	i=0
	for dir in "${kept[@]}"; do
		if [[ ! -e $dir ]]; then
			mkdir -p "$dir"
			mount --bind "/run/keep/$i" "$dir"
		fi
		((i++))
	done
}

mount_results()
{
	[[ -n $xtcp_results ]] || return 0
	if grep -qw hostfs /proc/filesystems; then
		mount -t hostfs -o "$xtcp_results" results "$xtcp_results"
	else
		mount -t 9p -o version=9p2000.L,trans=virtio,access=any,msize=262144 \
			virtme.initmount0 "$xtcp_results"
	fi
}

# Where the job speaks: the port of this name that QEMU gave, else the console that QEMU named,
# else the terminal that user-mode Linux gave to the job alone.
job_channel()
{
	local name

	for name in /sys/class/virtio-ports/*/name; do
		if [[ -e $name && $(<"$name") == "virtme.$1" ]]; then
			echo "/dev/$(basename "$(dirname "$name")")"
			return
		fi
	done
	echo "/dev/${virtme_console:-tty1}"
}

# A person at the console gets a terminal that can interrupt; a job gets none.
run_job()
{
	local out

	out=$(job_channel stdout)
	unset "${!virtme_@}" raid nr_open earlyprintk
	if [[ -n $xtcp_interactive ]]; then
		setsid --ctty --wait bash "$xtcp_job" <>"$out" >&0 2>&0
		return
	fi
	stty -F "$out" -opost 2>/dev/null
	setsid --wait bash "$xtcp_job" </dev/null >"$out" 2>&1
	# Without this last line the host takes the machine for dead.
	echo "# guest: exit $?" >"$out"
}

mount_kernel_filesystems
mount_scratch
mount_results
ulimit -n 262144
ulimit -l unlimited
ulimit -c 0
echo xtcp >/proc/sys/kernel/hostname
ip link set lo up
cd /
run_job
sync
echo o >/proc/sysrq-trigger
sleep 10
poweroff -f

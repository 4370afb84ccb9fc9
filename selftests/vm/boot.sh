# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Sourced: starts a guest that runs a job script. Standard output is what the job says, standard
# error the kernel's console.

# Of user-mode Linux each process is a fork of the kernel, with its KASAN shadow: the less memory, the
# quicker.
guest_memory_um=${GUEST_MEMORY:-512M}
guest_memory_vm=${GUEST_MEMORY:-4G}
guest_cpus=2

vng_cached=$cache/virtme-ng

# vng_env COMMAND...: with a vng on PATH, and the modules that it imports.
vng_env()
{
	if have vng; then
		"$@"
	else
		PATH=$vng_cached/usr/bin:$PATH \
			PYTHONPATH=$vng_cached/usr/lib/python3/dist-packages "$@"
	fi
}

# A KVM that the processor does not offer may hang instead of failing.
kvm_option()
{
	if ! grep -qwE 'vmx|svm' /proc/cpuinfo || [[ ! -w /dev/kvm ]]; then
		echo --disable-kvm
	fi
}

# Directories of the host that the guest may not lose from sight.
guest_keep()
{
	printf '%s:%s:%s' "$tree" "$cache" "$(realpath "$(kernel_source 6.12)")"
}

guest_words()
{
	echo "xtcp_job=$1 xtcp_results=$2 xtcp_keep=$(guest_keep)" \
		"root=/dev/root kasan_multi_shot panic=-1 oops=panic ${interactive:+xtcp_interactive=1}"
}

# within SECONDS COMMAND...: in place of this shell; a person may take all the time in the world.
within()
{
	local seconds=$1

	shift
	if [[ ${interactive:-} ]]; then
		exec "$@"
	else
		exec timeout -k 10 "$seconds" "$@" </dev/null
	fi
}

# allowed_cpus: those that this process may run on.
allowed_cpus()
{
	local range ranges

	IFS=, read -ra ranges < <(awk '/^Cpus_allowed_list:/ { print $2 }' /proc/self/status) || :
	for range in "${ranges[@]}"; do
		seq "${range%-*}" "${range#*-}"
	done
}

# on_one_cpu COMMAND...: on one that nobody else has claimed so, if there is one. User-mode Linux and
# its processes take turns: on two CPUs each waits for the other to wake up (twice the time).
on_one_cpu()
{
	local cpu claim

	for cpu in $(allowed_cpus); do
		exec {claim}>"$cache/cpu-$cpu.lock"
		if flock -n "$claim"; then
			taskset -cp "$cpu" "$BASHPID" >/dev/null
			break
		fi
		exec {claim}>&-
	done
	"$@"
}

# boot_um IMAGE RESULTS OWN SECONDS: with nothing to do it goes on to the next timer at once, instead
# of waiting for it. (Not under a person's eyes: to them the clock would race.) With
# TIME_TRAVEL=inf-cpu computing takes no time either, and what never waits never ends.
boot_um()
{
	local words input=null time=time-travel${TIME_TRAVEL:+=$TIME_TRAVEL}

	read -ra words < <(guest_words "$3/job.sh" "$2")
	[[ ! ${interactive:-} ]] || input=fd:0 time=
	on_one_cpu within "$4" "$1" mem="$guest_memory_um" rootfstype=hostfs rootflags=/ ro uml_dir="$3" \
		con=null con0=null,fd:2 con1="$input,fd:1" ${time:+"$time"} \
		init="$vm_dir/guest-init.sh" "${words[@]}"
}

# boot_vng IMAGE RESULTS OWN SECONDS
boot_vng()
{
	local words quiet=(-v) script=(-- true)

	[[ ! ${interactive:-} ]] || quiet=() script=()
	words="BASH_ENV=$vm_dir/guest-init.sh $(guest_words "$3/job.sh" "$2") mitigations=off"
	words+=" tsc=nowatchdog rootflags=version=9p2000.L,trans=virtio,access=any,cache=loose"
	# shellcheck disable=SC2046
	vng_env within "$4" vng "${quiet[@]}" $(kvm_option) -r "$1" --force-9p --no-virtme-ng-init \
		--cpus "$guest_cpus" --memory "$guest_memory_vm" \
		"--rwdir=$2=$2" -a "$words" ${QEMU_OPTIONS:+"--qemu-opts=$QEMU_OPTIONS"} \
		"${script[@]}"
}

# boot_guest RESULTS OWN SECONDS: the kernel that kernel_find found, with OWN/job.sh to run, in place
# of this shell. OWN lies in RESULTS, or is the same.
boot_guest()
{
	cd "$2" || return
	if [[ $image == */linux ]]; then
		boot_um "$image" "$@"
	else
		boot_vng "$image" "$@"
	fi
}

# guest_start RESULTS OWN SECONDS: the guest's words can be read from the descriptor $guest. It does
# not outlive this shell. (A pipe, too, is what QEMU must have: it would truncate a file.)
guest_start()
{
	# shellcheck disable=SC2034
	exec {guest}< <(boot_guest "$@" 2>"$2/console.log")
	guest_pid=$!
	trap 'kill "$guest_pid" 2>/dev/null || :' EXIT
}

# guest_tripped OWN: under emulation a kernel now and then trips over a breakpoint of its own while it
# patches itself (a static branch that is switched, say): the trap comes after the breakpoint is gone.
guest_tripped()
{
	grep -q 'Oops: int3: 0000' "$1/console.log"
}

# guest_exports NAME RESULTS: what a job is told of the host's paths, as shell.
guest_exports()
{
	local dir

	dir=$(module_dir "$1")
	printf 'export %s=%q\n' XTCP_KO "$dir/xtcp.ko" XTCP_RESULTS "$2" XTCP_TOOLS "$tree/tools" \
		XTCP_CONG_KO "$dir/cong-example/xtcp_cong_aimd.ko" \
		KSELFTESTS "$(realpath "$(kernel_source 6.12)")/tools/testing/selftests"
	[[ ! -e $dir/xtcp_kunit.ko ]] || printf 'export XTCP_KUNIT_KO=%q\n' "$dir/xtcp_kunit.ko"
	printf 'cd %q || exit\n' "$tests_dir"
}

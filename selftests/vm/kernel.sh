# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Sourced: where the kernels that the tests run on lie, and what they are made of.

config_dir=$vm_dir/..

# kernel_source SERIES: the path of a source tree, given or from the cache.
kernel_source()
{
	if [[ $1 == 6.12 && ${KSRC:-} ]]; then
		realpath "$KSRC"
	else
		printf '%s\n' "$cache/src/linux-$1"
	fi
}

source_version()
{
	awk '/^(VERSION|PATCHLEVEL|SUBLEVEL) = / { printf "%s%s", sep, $3; sep = "." }' "$1/Makefile"
}

# bench is user-mode Linux, too, without what makes it complain.
bed_is_um()
{
	[[ $1 == um || $1 == bench ]]
}

bed_arch()
{
	bed_is_um "$1" && echo um || echo x86
}

bed_fragments()
{
	case $1 in
	um) echo config config.debug config.um ;;
	bench) echo config config.um ;;
	release) echo config config.vm config.vm-release ;;
	debug) echo config config.vm config.vm-debug config.debug ;;
	esac
}

bed_config()
{
	local name

	echo CONFIG_EXPERT=y
	for name in $(bed_fragments "$1"); do
		cat "$config_dir/$name"
	done
}

# What makes user-mode Linux quicker, of its kernel's make. A stack trace looks at each word of the
# stack, which frames with KASAN's red zones make some times as long; modules have theirs all the same.
# A process that begins runs phys_mapping(), and has no shadow.
um_options=(stack_enable=0 KASAN_SANITIZE_physmem.o=n)
um_headers=(stacktrace mem)

# bed_options BED: of the kernel's make, a line each.
bed_options()
{
	local name

	[[ $1 == um ]] || return 0
	printf '%s\n' "${um_options[@]}"
	for name in "${um_headers[@]}"; do
		echo "CFLAGS_$name.o=-include $vm_dir/um-$name.h"
	done
}

# bed_key BED SOURCE: of what its kernel is made, wherever this tree lies.
bed_key()
{
	{
		bed_config "$1"
		[[ $1 != um ]] || { echo "${um_options[@]}"; cat "$vm_dir"/um-*.h; }
		gcc -dumpfullversion
		realpath "$2"
	} | sha256sum | cut -c 1-10
}

# kernel_dir BED: where its kernel is built; changes with the source, the options and the compiler.
kernel_dir()
{
	local src

	src=$(kernel_source 6.12)
	printf '%s\n' "$cache/kernels/$1-$(source_version "$src")-$(bed_key "$1" "$src")"
}

kernel_image()
{
	bed_is_um "$1" && echo "$(kernel_dir "$1")/linux" || echo "$(kernel_dir "$1")/bzImage"
}

# kernel_find KERNEL: sets image, and kdir, the build tree for modules.
kernel_find()
{
	local bed=$1

	image=
	case $bed in
	um | bench | release | debug)
		kdir=$(kernel_dir "$bed")
		image=$(kernel_image "$bed")
		;;
	*/arch/*/boot/*)
		kdir=${bed%/arch/*}
		image=$bed
		;;
	*/vmlinuz-*)
		kdir=/lib/modules/${bed##*/vmlinuz-}/build
		image=$bed
		;;
	*)
		kdir=$bed
		for image in "$bed"/{bzImage,arch/x86/boot/bzImage,linux}; do
			[[ ! -e $image ]] || break
		done
		;;
	esac
	[[ -e $image && -d $kdir ]] || die "no kernel image and build tree for KERNEL=$bed"
}

headers_dir()
{
	printf '%s\n' "$cache/kernels/headers-$(source_version "$(kernel_source 6.12)")"
}

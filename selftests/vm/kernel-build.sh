# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Sourced: makes the kernels that the tests run on. A built kernel is named after what it was built
# from and holds the file .done, which is written last: an interrupted build is taken up again.

# The kernel's make, which gives way to what a person is doing meanwhile.
kernel_make()
{
	nice make -j"$jobs" LOCALVERSION= "$@"
}

# source_setup SERIES SUITE...: downloads and unpacks linux-source-SERIES from the first that has it.
source_setup()
{
	local series=$1 dir suite tmp=$cache/src/tmp-$1

	dir=$(kernel_source "$series")
	if [[ -e $dir/Makefile ]]; then
		return
	fi
	[[ ! ${KSRC:-} || $series != 6.12 ]] || die "KSRC=$KSRC is no kernel source tree"
	shift
	apt_refresh
	rm -rf "$tmp"
	mkdir -p "$tmp/tree"
	for suite in "$@"; do
		if apt-cache -c "$apt_dir/apt.conf" show "linux-source-$series/$suite" \
			>/dev/null 2>&1; then
			break
		fi
	done
	apt_unpack "$tmp" "linux-source-$series/$suite"
	long_run "unpack linux $series" tar -C "$tmp/tree" --strip-components=1 \
		-xf "$tmp/usr/src/linux-source-$series.tar.xz"
	mv "$tmp/tree" "$dir"
	rm -rf "$tmp"
}

# Prints each wish that the configuration did not take over; of two for one option the last counts.
config_unmet()
{
	local frag=$1 config=$2

	sed -nE 's/^# (CONFIG_\w+) is not set/\1=n/p; /^CONFIG_/p' "$frag" |
		awk -F= -v OFS== '
			NR == FNR { has[$1] = substr($0, length($1) + 2); next }
			{ want[$1] = substr($0, length($1) + 2) }
			END {
				for (name in want)
					if (want[name] == "n" ? name in has : has[name] != want[name])
						print name, want[name]
			}' <(grep ^CONFIG_ "$config") -
}

kernel_configure()
{
	local bed=$1 src=$2 dir=$3 unmet

	bed_config "$bed" >"$dir/fragment"
	kernel_make -s -C "$src" ARCH="$(bed_arch "$bed")" O="$dir" \
		KCONFIG_ALLCONFIG="$dir/fragment" allnoconfig
	unmet=$(config_unmet "$dir/fragment" "$dir/.config")
	[[ ! $unmet ]] || die "this kernel source does not take: ${unmet//$'\n'/, }"
}

kernel_compile()
{
	local bed=$1 src=$2 dir=$3 options

	kernel_configure "$bed" "$src" "$dir"
	mapfile -t options < <(bed_options "$bed")
	kernel_make -C "$src" ARCH="$(bed_arch "$bed")" O="$dir" "${options[@]}" all
	# Under this name vng takes the image as it is and looks for no modules.
	bed_is_um "$bed" || cp "$dir/arch/x86/boot/bzImage" "$dir/bzImage"
}

# Objects are of no more use; two older kernels a bed stay, for those who change branches.
kernel_tidy()
{
	local bed=$1 dir=$2

	find "$dir" -name '*.o' ! -path "$dir/scripts/*" ! -path "$dir/tools/*" -delete
	find "$cache/kernels" -maxdepth 1 -name "$bed-*" -printf '%T@ %p\n' |
		sort -rn | awk 'NR > 3 { print $2 }' | xargs -r rm -rf
}

kernel_setup()
{
	local bed=$1 src dir

	source_setup 6.12 bookworm-backports trixie
	src=$(kernel_source 6.12)
	dir=$(kernel_dir "$bed")
	[[ ! -e $dir/.done ]] || return 0
	mkdir -p "$dir"
	long_run "$bed kernel" kernel_compile "$bed" "$src" "$dir"
	kernel_tidy "$bed" "$dir"
	touch "$dir/.done"
}

# The kernel's user space headers, for the tests.
headers_setup()
{
	local dir

	dir=$(headers_dir)
	[[ ! -e $dir/.done ]] || return 0
	mkdir -p "$dir"
	long_run "headers" kernel_make -C "$(kernel_source 6.12)" ARCH=x86 O="$dir" headers
	touch "$dir/.done"
}

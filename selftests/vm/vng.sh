# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Sourced: fetches virtme-ng, where the machine has none.

vng_setup()
{
	packages_need "$vm_packages"
	! have vng || return 0
	packages_need "$vng_packages"
	[[ ! -e $vng_cached ]] || return 0
	apt_refresh
	rm -rf "$vng_cached.tmp"
	apt_unpack "$vng_cached.tmp" virtme-ng/trixie
	mv "$vng_cached.tmp" "$vng_cached"
}

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# packages-install.sh PACKAGE...: as root, installs them for their programs alone: a service that comes
# with one neither starts now nor with the machine. Services that were there stay as they are.

set -u
export DEBIAN_FRONTEND=noninteractive
# invoke-rc.d(8) and deb-systemd-invoke(1) ask it; 101 is a no.
policy=/usr/sbin/policy-rc.d
before=$(mktemp -d) || exit

# enabled_units: of systemd, running or not.
enabled_units()
{
	! command -v systemctl >/dev/null ||
		systemctl list-unit-files --no-legend --no-pager --state=enabled 2>/dev/null |
		awk '{ print $1 }'
}

init_scripts()
{
	ls /etc/init.d 2>/dev/null
}

# new_of WHAT: what there is now and was not before.
new_of()
{
	"$1" | sort | comm -13 "$before/$1" -
}

clean_up()
{
	[[ ! -e $before/policy ]] || rm -f "$policy"
	rm -rf "$before"
}
trap clean_up EXIT

for what in init_scripts enabled_units; do
	$what | sort >"$before/$what"
done
if [[ ! -e $policy ]]; then
	touch "$before/policy"
	printf '#!/bin/sh\nexit 101\n' >"$policy"
	chmod +x "$policy"
fi
apt-get -q update
apt-get -q install -y --no-install-recommends "$@"
status=$?
for name in $(new_of init_scripts); do
	update-rc.d "$name" disable
done
for name in $(new_of enabled_units); do
	systemctl disable "$name"
done
exit $status

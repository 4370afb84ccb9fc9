#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# netlink.sh [DIRECTORY]: makes include/uapi/linux/xtcp_netlink.h from include/xtcp.yaml, with the
# kernel's own generator; or, in the directory, xtcp-user.c and xtcp-user.h, by which a program that
# is linked with the kernel's tools/net/ynl/lib talks to the module. (The module's own operations
# are written by hand: the generator's table has what Linux 6.1 does not know yet, and does not say
# who may join the group of events.) The generator looks for its schemas beside the specification,
# and for the root of a kernel tree above it.

. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
. "$vm_dir/kernel.sh"

src=$(kernel_source 6.12)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# generate OUTPUT OPTION...
generate()
{
	python3 "$src/tools/net/ynl/ynl-gen-c.py" --cmp-out --spec "$scratch/include/xtcp.yaml" \
		-o "$1" "${@:2}"
}

mkdir "$scratch/include"
touch "$scratch/MAINTAINERS"
ln -s "$src"/Documentation/netlink/*.yaml "$scratch/"
cp "$tree/include/xtcp.yaml" "$scratch/include/"
python3 -c 'import jsonschema, yaml' 2>/dev/null ||
	die "the generator needs what Debian has in python3-jsonschema and python3-yaml"
if (($#)); then
	generate "$1/xtcp-user.h" --mode user --header
	generate "$1/xtcp-user.c" --mode user --source
else
	generate "$tree/include/uapi/linux/xtcp_netlink.h" --mode uapi --header
fi

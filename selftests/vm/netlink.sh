#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Makes include/uapi/linux/xtcp_netlink.h from include/xtcp.yaml, with the kernel's own generator.
# That one looks for its schemas beside the specification, and for the root of a kernel tree above it.

. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
. "$vm_dir/kernel.sh"

src=$(kernel_source 6.12)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

mkdir "$scratch/include"
touch "$scratch/MAINTAINERS"
ln -s "$src"/Documentation/netlink/*.yaml "$scratch/"
cp "$tree/include/xtcp.yaml" "$scratch/include/"
python3 -c 'import jsonschema, yaml' 2>/dev/null ||
	die "the generator needs what Debian has in python3-jsonschema and python3-yaml"
python3 "$src/tools/net/ynl/ynl-gen-c.py" --mode uapi --header --cmp-out \
	--spec "$scratch/include/xtcp.yaml" -o "$tree/include/uapi/linux/xtcp_netlink.h"

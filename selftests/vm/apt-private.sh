# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Sourced: packages of other Debian releases, downloaded by an apt that has its own sources, lists
# and state, and unpacked into the cache. The system's apt neither knows nor changes.

apt_dir=$cache/apt
apt_suites="bookworm bookworm-backports trixie sid"

# The mirror that the machine's own release comes from.
apt_mirror()
{
	# shellcheck disable=SC2016
	apt-get indextargets --format '$(RELEASE) $(COMPONENT) $(REPO_URI)' 'Created-By: Packages' |
		awk -v own="$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)" '
			$2 == "main" && ($1 == own || $1 ~ /^(oldoldstable|oldstable|stable|testing|unstable|sid)$/) {
				print $3
				exit
			}'
}

apt_configure()
{
	local mirror suite keyring=/usr/share/keyrings/debian-archive-keyring.gpg

	have apt-get || die "no apt-get here: give KSRC= (a Linux 6.12 source tree) and a vng on PATH"
	[[ -r $keyring ]] || die "no $keyring here: is this Debian? Give KSRC= and a vng on PATH"
	mirror=$(apt_mirror)
	[[ $mirror ]] || die "apt here has no Debian mirror: give KSRC= and a vng on PATH"
	mkdir -p "$apt_dir"/{parts,lists/partial,archives/partial,state}
	for suite in $apt_suites; do
		printf 'deb [signed-by=%s] %s %s main\n' "$keyring" "$mirror" "$suite"
	done >"$apt_dir/sources.list"
	cat >"$apt_dir/apt.conf" <<-END
		#clear DPkg::Post-Invoke;
		#clear APT::Update::Post-Invoke;
		#clear APT::Update::Post-Invoke-Success;
		Dir::Etc::SourceList "$apt_dir/sources.list";
		Dir::Etc::SourceParts "$apt_dir/parts";
		Dir::Etc::Preferences "$apt_dir/parts/none";
		Dir::Etc::PreferencesParts "$apt_dir/parts";
		Dir::State "$apt_dir/state";
		Dir::State::Lists "$apt_dir/lists";
		Dir::Cache "$apt_dir";
		APT::Architecture "amd64";
		APT::Sandbox::User "root";
		Acquire::Languages "none";
	END
}

# Once a run, and only if something has to be fetched.
apt_refresh()
{
	[[ ! ${apt_fresh:-} ]] || return 0
	apt_configure
	long_run "package lists" apt-get -q -c "$apt_dir/apt.conf" update
	apt_fresh=yes
}

# apt_names PATTERN: the names that match a regular expression, the newest version last.
apt_names()
{
	apt-cache -c "$apt_dir/apt.conf" pkgnames | grep -Ex "$1" | sort -V
}

# apt_unpack DIR PACKAGE/SUITE...: each package's files under DIR.
apt_unpack()
{
	local dir=$1 debs

	shift
	debs=$(mktemp -d "$cache/debs.XXXXXX")
	long_run "download ${*//\// of }" \
		env -C "$debs" apt-get -q -c "$apt_dir/apt.conf" download "$@"
	mkdir -p "$dir"
	for deb in "$debs"/*.deb; do
		dpkg-deb -x "$deb" "$dir"
	done
	rm -rf "$debs"
}

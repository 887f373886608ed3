# shellcheck shell=bash

# need COMMAND PACKAGE installs Debian's package if the command is not there.
need() {
	command -v "$1" >/dev/null && return
	[ -n "${apt_updated:-}" ] || apt-get update -qq
	apt_updated=yes
	apt-get -o DPkg::Lock::Timeout=300 install -y -qq --no-install-recommends "$2" >/dev/null
}

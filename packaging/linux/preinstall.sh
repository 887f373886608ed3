#!/bin/sh
# Before the files are there. deb: "install [OLD]" or "upgrade OLD NEW"; rpm: 1
# for a first install, 2 for an upgrade. A downgrade is an upgrade, too.
set -e

config=/etc/funnelrelay/config.yaml
known=@SPOOL_FORMAT@ # the format of the spool that this package writes

# The format of the spool that the program that is still installed writes.
installed_format() {
	[ -x /usr/bin/funnelrelay ] || return 0
	/usr/bin/funnelrelay version --json 2>/dev/null | sed -n 's/.*"spool_format": *\([0-9][0-9]*\).*/\1/p'
}

data_folder() {
	set -- "$(sed -n 's/^data: *//p' "$config" 2>/dev/null | sed 's/ *#.*//; s/^["'\'']//; s/["'\''] *$//' | head -n 1)"
	echo "${1:-/var/lib/funnelrelay}"
}

case "$1" in
install | 1)
	# Says to postinstall that the service is to be enabled: after a removal that
	# left the config, deb calls it with an old version as for an upgrade.
	[ ! -d /run ] || : >/run/funnelrelay.installing
	;;
upgrade | 2)
	format=$(installed_format)
	data=$(data_folder)
	if [ "${format:-0}" -gt "$known" ] && [ -e "$data/spool.db" ]; then
		cat >&2 <<END
funnelrelay @VERSION@ is not installed: the version that is installed now writes
its spool in format $format, and @VERSION@ can only read up to $known. The events in
$data could neither be read nor sent. Nothing was changed.
Stay with a newer version. To go back all the same, without the events that are
there: wait until they are sent (funnelrelay status), stop the service, move
$data/spool.db away, and install this version again.
END
		exit 1
	fi
	;;
esac

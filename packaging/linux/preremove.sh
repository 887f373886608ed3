#!/bin/sh
# Before the files go. deb: "remove", or "upgrade NEW"; rpm: 0 for a removal, 1
# for an upgrade. In an upgrade the new package restarts the service, once.
set -e

case "$1" in
remove | 0) ;;
*) exit 0 ;;
esac

config=/etc/funnelrelay/config.yaml

# The events that wait, in all projects. It may fail: then nothing is said.
waiting() {
	[ -e "$config" ] || return 0
	{ timeout 20 /usr/bin/funnelrelay --config "$config" status --json 2>/dev/null || true; } | awk '
		/^  "projects"/ { inside = 1 }
		/^  "(sources|total)"/ { inside = 0 }
		inside && /"pending":/ { gsub(/[^0-9]/, ""); sum += $0 }
		END { print sum + 0 }'
}

n=$(waiting)
if [ "${n:-0}" -gt 0 ]; then
	events="$n events wait"
	[ "$n" != 1 ] || events="1 event waits"
	echo "funnelrelay: $events to be sent. That is kept, and goes on once funnelrelay is installed again; a purge deletes it."
fi

if [ -d /run/systemd/system ]; then
	systemctl stop funnelrelay.service || true
elif [ -x /etc/init.d/funnelrelay ]; then
	/usr/bin/funnelrelay service uninstall || true
fi
if command -v systemctl >/dev/null; then
	systemctl --quiet disable funnelrelay.service || true
fi

#!/bin/sh
# After the files went. deb: "remove", then perhaps "purge"; rpm, which knows no
# purge: 0 for a removal, 1 for an upgrade.
set -e

config=/etc/funnelrelay
data="/var/lib/funnelrelay /var/lib/funnelrelay-witness"
dropins=/etc/systemd/system/funnelrelay.service.d
unit=/etc/systemd/system/funnelrelay.service # by `service install`, when data is elsewhere

case "$1" in
remove | 0)
	rm -f /run/funnelrelay.installing
	if [ -d /run/systemd/system ]; then
		systemctl daemon-reload || true
	fi
	;;
purge)
	elsewhere=$(sed -n 's/^data: *//p' $config/config.yaml 2>/dev/null | head -n 1)
	# shellcheck disable=SC2086 # two folders
	rm -rf $config $dropins $data
	if grep -qs '^ExecStart=/usr/bin/funnelrelay ' $unit; then
		rm -f $unit
	fi
	if [ -d /run/systemd/system ]; then
		systemctl daemon-reload || true
	fi
	if getent passwd funnelrelay >/dev/null && command -v userdel >/dev/null; then
		userdel funnelrelay || true
	fi
	if getent group funnelrelay >/dev/null && command -v groupdel >/dev/null; then
		groupdel funnelrelay || true
	fi
	case "$elsewhere" in
	"" | *var/lib/funnelrelay | *var/lib/funnelrelay[\"\']*) ;;
	*) echo "funnelrelay: the data folder that its config named is left: $elsewhere" ;;
	esac
	;;
esac

if [ "$1" = 0 ]; then
	left=
	for folder in $config $dropins $data; do
		[ ! -e "$folder" ] || left="$left $folder"
	done
	[ -z "$left" ] || printf 'funnelrelay: config and data stay. To delete them, with all events that wait:\n  rm -rf%s; userdel funnelrelay\n' "$left"
fi

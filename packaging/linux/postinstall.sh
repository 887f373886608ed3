#!/bin/sh
# After the files are there. deb: "configure [OLD]"; rpm: 1 for a first install,
# 2 for an upgrade. No system need run: an image may be built.
set -e

config=/etc/funnelrelay/config.yaml
first=no
case "$1" in
configure) [ -n "$2" ] || first=yes ;;
1) first=yes ;;
2) ;;
*) exit 0 ;; # an undone upgrade or removal: the service was not stopped for it
esac
if [ -e /run/funnelrelay.installing ]; then
	first=yes
	rm -f /run/funnelrelay.installing
fi

getent group funnelrelay >/dev/null || groupadd --system funnelrelay
getent passwd funnelrelay >/dev/null || useradd --system --gid funnelrelay --no-create-home \
	--home-dir /var/lib/funnelrelay --shell /usr/sbin/nologin --comment funnelrelay funnelrelay
[ -d /etc/funnelrelay ] || install -d -m 0750 -o root -g funnelrelay /etc/funnelrelay

if [ -d /run/systemd/system ]; then
	systemctl daemon-reload || true
fi
if [ "$first" = yes ] && command -v systemctl >/dev/null; then
	# An administrator who disabled it later is not overruled by an upgrade.
	systemctl --quiet enable funnelrelay.service || true
fi

if [ ! -e "$config" ]; then
	echo 'funnelrelay is installed. Next: sudo funnelrelay init'
	exit 0
fi
if [ -d /run/systemd/system ]; then
	# Not waited for: it is ready only once its spool is open.
	if [ "$first" = yes ]; then
		systemctl --no-block start funnelrelay.service || true
	else
		systemctl --no-block try-restart funnelrelay.service || true
	fi
elif [ -x /etc/init.d/funnelrelay ]; then
	funnelrelay service restart || true
elif ! command -v systemctl >/dev/null; then
	echo 'funnelrelay is installed. This system has no systemd; next: sudo funnelrelay service install --start'
fi

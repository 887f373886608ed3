# shellcheck shell=bash
# To be sourced by a script before it does anything: it is run again, in
# namespaces of its own, with the temporary folder $work. Mounts, processes and
# folder are gone afterwards, whatever becomes of it.
if [ -z "${FUNNELRELAY_ALONE:-}" ]; then
	alone=$(mktemp -d)
	child=
	clean() {
		[ -z "$child" ] || kill -KILL "$child" 2>/dev/null || true # what is in the namespaces ends with it
		for _ in 1 2 3 4 5; do
			rm -rf --one-file-system "$alone" 2>/dev/null && break
			sleep .3
		done
	}
	trap clean EXIT
	trap 'exit 1' INT TERM HUP
	FUNNELRELAY_ALONE=$alone setpriv --pdeathsig KILL unshare --mount --pid --fork --kill-child --mount-proc --propagation private "$0" "$@" &
	child=$!
	result=0
	wait "$child" || result=$?
	child=
	exit "$result"
fi
# shellcheck disable=SC2034 # it is the script's
work=$FUNNELRELAY_ALONE
unset FUNNELRELAY_ALONE

# systemd-nspawn leaves its locks behind.
mkdir -p /run/systemd/nspawn
mount -t tmpfs nspawn /run/systemd/nspawn

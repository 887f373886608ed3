# shellcheck shell=bash
# A real systemd in a container of its own: boot TREE, inside COMMAND…, halt.
# The tree stays as it is; everything written is gone when it halts.

# tree NAME SUITE PACKAGES makes a tree of the system below $trees, once.
tree() {
	local folder=$trees/$1
	[ ! -e "$folder.done" ] || return 0
	mmdebstrap --quiet --variant=minbase --include="$3" "$2" "$folder" <(sed "s/bookworm/$2/g" /etc/apt/sources.list.d/debian.sources)
	: >"$folder.done"
}

boot() { # tree, further arguments of systemd-nspawn
	local root=$1 state
	shift
	systemd-nspawn -q -D "$root" --volatile=overlay -b --register=no --keep-unit --link-journal=no --private-network \
		--machine="funnelrelay$$" "$@" </dev/null >"$work/console" 2>&1 &
	container=$!
	for _ in $(seq 100); do
		leader=$(pgrep -P "$container" | head -n 1) && [ -n "$leader" ] && break
		sleep .1
	done
	for _ in $(seq 300); do
		state=$(inside systemctl is-system-running 2>/dev/null || true)
		case $state in running | degraded) return ;; esac
		sleep .1
	done
	cat "$work/console"
	return 1
}

inside() { nsenter -t "$leader" -m -u -i -n -p -C -r -w -- "$@"; }

halt() {
	[ -n "${container:-}" ] || return 0
	kill -s RTMIN+4 "$leader" 2>/dev/null || true
	for _ in $(seq 100); do
		kill -0 "$container" 2>/dev/null || break
		sleep .1
	done
	kill -9 "$container" 2>/dev/null || true
	wait "$container" 2>/dev/null || true
	container=''
}

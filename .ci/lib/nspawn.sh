# shellcheck shell=bash
# A real init in a container of its own: boot TREE, inside COMMAND…, halt.
# The tree stays as it is; everything written is gone when it halts, unless it
# was written into a layer.
# shellcheck disable=SC2154 # $work, $trees and need are the script's

# The systems that there are trees of.
declare -A systems=(
	[debian]='bookworm systemd,systemd-sysv,dbus,procps,rpm,curl'
	[sysv]='bookworm sysvinit-core,procps,curl'
	[openrc]='bookworm sysvinit-core,openrc,procps,curl'
	[wine]='trixie wine64,wine,libwine' # the first whose Wine runs programs of this Go
)

# tree NAME makes the tree of a system below $trees, once.
tree() {
	local folder=$trees/$1 suite packages
	[ ! -e "$folder.done" ] || return 0
	read -r suite packages <<<"${systems[$1]}"
	need mmdebstrap mmdebstrap
	mkdir -p "$trees"
	rm -rf --one-file-system "$folder" # one that was not finished
	sed "s/bookworm/$suite/g" /etc/apt/sources.list.d/debian.sources >"$work/$suite.sources"
	mmdebstrap --quiet --variant=minbase --include="$packages" "$suite" "$folder" "$work/$suite.sources"
	: >"$folder.done"
}

# layer TREE puts a fresh layer over the tree: what is written to "$work/layer/root"
# is there again when that boots again. It needs a mount namespace of its own.
layer() {
	! mountpoint -q "$work/layer/root" || umount "$work/layer/root"
	! mountpoint -q "$work/layer" || umount "$work/layer"
	mkdir -p "$work/layer"
	mount -t tmpfs layer "$work/layer"
	mkdir "$work"/layer/{root,upper,work}
	mount -t overlay -o "lowerdir=$1,upperdir=$work/layer/upper,workdir=$work/layer/work" layer "$work/layer/root"
}

boot() { # tree, or the root of a layer; further arguments of systemd-nspawn
	local root=$1 keep=(--volatile=overlay)
	shift
	[ "$root" != "$work/layer/root" ] || keep=()
	systemd-nspawn -q -D "$root" "${keep[@]}" -b --register=no --keep-unit --link-journal=no --private-network \
		--machine="funnelrelay-${work##*.}" "$@" </dev/null >"$work/console" 2>&1 &
	container=$!
	leader=
	for _ in $(seq 300); do
		[ -n "$leader" ] || leader=$(first)
		if [ -n "$leader" ] && booted; then return; fi
		sleep .1
	done
	cat "$work/console"
	return 1
}

# first is the child that is the first process of the container: nspawn has others
# for a moment.
first() {
	local pid
	for pid in $(pgrep -P "$container" || true); do
		awk '/^NSpid:/ { exit !(NF > 2 && $NF == 1) }' "/proc/$pid/status" 2>/dev/null && echo "$pid" && return
	done
	return 0
}

# booted says whether init is done with the boot: systemd says so itself, others
# let nobody log in before.
booted() {
	case $(inside systemctl is-system-running 2>/dev/null || true) in
	running | degraded) return 0 ;;
	esac
	inside pgrep -x getty >/dev/null 2>&1
}

inside() { nsenter -t "$leader" -m -u -i -n -p -C -r -w -- "$@"; }

halt() {
	[ -n "${container:-}" ] || return 0
	if inside test -d /run/systemd/system 2>/dev/null; then
		kill -s RTMIN+4 "$leader" 2>/dev/null || true
	else
		inside init 0 2>/dev/null || true
	fi
	for _ in $(seq 150); do
		kill -0 "$container" 2>/dev/null || break
		sleep .1
	done
	kill -9 "$container" 2>/dev/null || true
	wait "$container" 2>/dev/null || true
	container=''
}

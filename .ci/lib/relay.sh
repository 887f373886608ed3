# shellcheck shell=bash
# What the scripts that run the relay in a container have in common: words to
# say what is expected of it, and events through it to a sandbox. The program of
# this checkout is /opt/funnelrelay there, and is the sandbox.

config=/etc/funnelrelay/config.yaml
port=8787

say() { printf '   %s\n' "$*"; }
log() { inside sh -c 'if [ -d /run/systemd/system ]; then journalctl -u funnelrelay -o cat --no-pager; else cat /var/lib/funnelrelay/log/funnelrelay.log; fi'; }
logs() { log | tail -n 40; } # the end of it
ends() { log | grep -c '"msg":"stopped"' || true; } # how often a relay has ended as it should
die() { # what was expected
	echo "${0##*/}: expected: $*" >&2
	logs >&2 || true
	exit 1
}
# lost LINE COMMAND is for a trap: what failed, and the end of the log.
lost() {
	echo "${0##*/}: line $1: $2" >&2
	logs >&2 2>/dev/null || true
}
# until_ok SECONDS COMMAND… tries until it succeeds.
until_ok() {
	local end=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "$SECONDS" -lt "$end" ] || die "$* within the time"
		sleep .1
	done
}
has() { grep -q -- "$2" <<<"$1" || die "\"$2\" in: $1"; }
# works TEXT COMMAND…: it succeeds, and says TEXT.
works() {
	local text=$1 said
	shift
	said=$("$@" 2>&1) || die "that $* works; it said: $said"
	has "$said" "$text"
}
# fails CODE TEXT COMMAND…: it ends with that exit code, and says TEXT.
fails() {
	local code=$1 text=$2 said got=0
	shift 2
	said=$("$@" 2>&1) || got=$?
	[ "$got" = "$code" ] || die "exit code $code of $*, and it was $got: $said"
	has "$said" "$text"
}
# none PATH… says that none of them is there.
none() {
	local path
	for path in "$@"; do
		inside test ! -e "$path" || die "no $path"
	done
}
now() { date +%s%N; }

# relay ARGUMENT… is the installed program, with the config of the service.
relay() { inside env FUNNELRELAY_CONFIG="$config" funnelrelay "$@"; }
pid() { inside pgrep -o -f '^/usr/(local/)?bin/funnelrelay run ' || true; }
ready() { inside curl -sf -o /dev/null "http://127.0.0.1:$port/readyz"; }
# total NAME prints one of the counts of the relay.
total() { relay status --json | awk -v n="\"$1\":" '/"total"/ { t = 1 } t && $1 == n { gsub(/[^0-9]/, "", $2); print $2; exit }'; }
arrived() { inside curl -s 'http://127.0.0.1:9000/deliveries?limit=1' | sed -n 's/.*"taken": *\([0-9]*\).*/\1/p' | head -n 1; }

# load FROM TO posts events with a key each until they are acknowledged.
load() {
	inside bash -c 'for i in $(seq '"$1 $2"'); do
		until curl -sf -o /dev/null -m 5 -H "Content-Type: application/json" -H "Idempotency-Key: k$i" \
			-d "{\"email\":\"e$i@example.com\",\"n\":$i}" http://127.0.0.1:'"$port"'/api/v1/webhook/Lead; do sleep .05; done
	done'
}

# sandbox KEY starts one, or starts it again, empty and with another key. It gets
# no terminal, and none of the pipes that this script waits for.
sandbox() {
	inside pkill -x -f '/opt/funnelrelay sandbox .*' || true
	inside setsid --fork /opt/funnelrelay sandbox --listen 127.0.0.1:9000 --project-id account --api-key "$1" </dev/null >/dev/null 2>&1
	until_ok 10 inside curl -sf -o /dev/null http://127.0.0.1:9000/deliveries
}
fault() { inside curl -sf -o /dev/null -H 'Content-Type: application/json' -d "$1" http://127.0.0.1:9000/faults; }
drained() { until_ok 30 eval '[ "$(total pending)" = 0 ]'; }
# once N: the sandbox has taken N events in all, each once.
once() {
	drained
	[ "$(arrived)" = "$1" ] || die "$1 events at the sandbox, and there are $(arrived)"
	[ "$(total dead)" = 0 ] || die 'nothing dead'
}

# killed N: it comes back by itself, and loses nothing; 40 events more than the N
# before.
killed() {
	local began back sender
	load $(($1 + 1)) $(($1 + 40)) &
	sender=$!
	sleep .3
	began=$(now)
	inside kill -9 "$(pid)"
	until_ok 5 ready
	back=$((($(now) - began) / 1000000))
	say "kill -9: answers again after $back ms"
	[ "$back" -lt 3000 ] || die 'an answer within 3 s'
	wait "$sender"
	once $(($1 + 40))
}

# stops N: what is being sent when a stop comes is finished, and not sent again; 4
# events more than the N before.
stops() {
	local before
	fault '{"latency":"1500ms"}'
	load $(($1 + 1)) $(($1 + 4))
	sleep .5
	before=$(ends)
	relay service stop >/dev/null
	[ "$(arrived)" = $(($1 + 4)) ] || die "the $(($1 + 4)) events that were being sent to be finished; there are $(arrived)"
	until_ok 5 eval "[ \"\$(ends)\" = $((before + 1)) ]" # the journal may be behind
	fault '{}'
	relay service start >/dev/null
	once $(($1 + 4))
	say 'a stop finishes what is being sent'
}

# hardened: systemd has nothing to say against the unit.
hardened() {
	local rating said
	rating=$(inside systemd-analyze security funnelrelay --no-pager | tail -n 1)
	say "systemd-analyze security: ${rating#*: }"
	[[ $rating == *' OK '* || $rating == *' SAFE '* || $rating == *' PERFECT '* ]] || die 'a rating of OK or better'
	said=$(inside systemd-analyze verify --man=no funnelrelay.service 2>&1) || die "a unit without mistakes: $said"
	[ -z "$said" ] || die "a unit without warnings: $said"
}

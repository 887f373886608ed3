package service

import "strings"

// openRC is the script of systems with OpenRC, whose supervise-daemon starts a
// dead daemon again.
func openRC(o Options) string {
	return shellText(o, `#!/sbin/openrc-run
# Written by `+"`funnelrelay service install`"+`.
name=@name
description=@description
supervisor=supervise-daemon
command=@program
command_args=@quoted
command_user=@account:@account
umask=007
export STATE_DIRECTORY=@data
respawn_delay=2
respawn_max=0
retry="TERM/30/KILL/5"
required_files=@config
extra_started_commands="reload"

depend() {
	use net
	after firewall
}

reload() {
	supervise-daemon "$RC_SVCNAME" --signal HUP
}
`)
}

// sysV is the script of systems that have nothing but /etc/init.d. A small loop
// starts a dead daemon again, as nobody else does there; what kardianos asks
// for is the words Running and Stopped.
func sysV(o Options) string {
	return shellText(o, `#!/bin/sh
# Written by `+"`funnelrelay service install`"+`.
# chkconfig: 2345 90 10
# description: @name
### BEGIN INIT INFO
# Provides:          @name
# Required-Start:    $local_fs
# Required-Stop:     $local_fs
# Should-Start:      $network
# Default-Start:     2 3 4 5
# Default-Stop:      0 1 6
# Short-Description: @name
### END INIT INFO

pidfile=/var/run/@name.pid

running() { [ -s "$pidfile" ] && kill -0 "$(cat "$pidfile")" 2>/dev/null; }

# The daemon itself is the child, so that a signal reaches it, and no su that
# would cut its stop short.
daemon() {
	umask 007
	export STATE_DIRECTORY=@data
	if command -v setpriv >/dev/null; then
		exec setpriv --reuid=@account --regid=@account --init-groups @line
	fi
	exec start-stop-daemon --start --chuid @account:@account --exec @program -- @rest
}

keep() {
	trap 'stopped=1; kill -TERM "$child" 2>/dev/null' TERM
	trap 'kill -HUP "$child" 2>/dev/null' HUP
	while [ -z "$stopped" ]; do
		(daemon) &
		child=$!
		wait "$child"
		while kill -0 "$child" 2>/dev/null; do wait "$child"; done
		[ -n "$stopped" ] || sleep 2
	done
}

case "$1" in
start)
	running && { echo "Running"; exit 0; }
	[ -r @config ] || { echo "no config; run: funnelrelay init"; exit 6; }
	keep </dev/null >/dev/null 2>&1 &
	echo $! >"$pidfile"
	;;
stop)
	running || { rm -f "$pidfile"; exit 0; }
	pid=$(cat "$pidfile")
	kill -TERM "$pid"
	for _ in $(seq 1 30); do
		running || break
		sleep 1
	done
	running && { echo "still stopping"; exit 1; }
	rm -f "$pidfile"
	;;
restart)
	"$0" stop && "$0" start
	;;
reload)
	running && kill -HUP "$(cat "$pidfile")"
	;;
status)
	if running; then echo "Running"; else echo "Stopped"; fi
	;;
*)
	echo "usage: $0 {start|stop|restart|reload|status}"
	exit 2
	;;
esac
`)
}

func shellText(o Options, text string) string {
	var words []string
	for _, word := range append([]string{o.Executable}, arguments(o)...) {
		words = append(words, shellWord(word))
	}
	return strings.NewReplacer(
		"@name", Name,
		"@description", shellWord(description),
		"@program", words[0],
		"@quoted", shellWord(strings.Join(words[1:], " ")),
		"@line", strings.Join(words, " "),
		"@rest", strings.Join(words[1:], " "),
		"@account", o.Account,
		"@config", shellWord(o.Config),
		"@data", shellWord(o.Data),
	).Replace(text)
}

// shellWord quotes a word for sh where it needs it.
func shellWord(word string) string {
	if word != "" && strings.Trim(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+,") == "" {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

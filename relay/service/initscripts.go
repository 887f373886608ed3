package service

import "strings"

// openRC is the script of systems with OpenRC, whose supervise-daemon starts a
// dead daemon again. It reads command once more as text for sh.
func openRC(o Options) string {
	return shellText(o, `#!/sbin/openrc-run
# Written by `+"`funnelrelay service install`"+`.
name=@name
description=@description
supervisor=supervise-daemon
command=@command
command_args=@quoted
command_user=@account:@account
@lowport
umask=007
export STATE_DIRECTORY=@data
respawn_delay=2
respawn_max=0
retry="TERM/30/KILL/5"
extra_started_commands="reload"

depend() {
	use net
	after firewall
}

# OpenRC calls it started as long as supervise-daemon is there.
status() {
	if service_started && ! [ -d "/proc/$(service_get_value child_pid)" ]; then
		ewarn "status: ended, and is started again"
		return 32
	fi
	supervise_status
}

reload() {
	supervise-daemon "$RC_SVCNAME" --signal HUP
}
`)
}

// openRCLowPort lets the daemon have a port below 1024. Not every OpenRC was
// built to hand over a right, so setpriv does, where it can.
const openRCLowPort = `if setpriv --help 2>&1 | grep -q -e --reuid; then
	command=setpriv
	command_args=@asuser
	unset command_user
else
	capabilities="^cap_net_bind_service"
fi
`

// sysV is the script of systems that have nothing but /etc/init.d. A small loop
// starts a dead daemon again, as nobody else does there.
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

loop=/var/run/@name.pid
daemon=/var/run/@name-daemon.pid

# alive FILE WORD: the process whose number is in FILE is there, and has WORD in
# its command. After a power cut the number may be that of another.
alive() {
	pid=$(cat "$1" 2>/dev/null) && kill -0 "$pid" 2>/dev/null && grep -qs -e "$2" "/proc/$pid/cmdline"
}
looping() { alive "$loop" @name; }
running() { alive "$daemon" --service; }

# The daemon itself is the child, so that a signal reaches it, and no su that
# would cut its stop short.
start() {
	umask 007
	export STATE_DIRECTORY=@data
	if setpriv --help 2>&1 | grep -q -e --reuid; then
		exec setpriv --reuid=@account --regid=@account --init-groups@capabilities @line
	fi
	# It looks for a pid file, so that a command of the same program that runs is
	# not taken for the daemon.
	exec start-stop-daemon --start --pidfile "$daemon.none" --chuid @account:@account --startas @program -- @rest
}

keep() {
	stopped=
	trap 'stopped=1; kill -TERM "$child" 2>/dev/null' TERM
	trap 'kill -HUP "$child" 2>/dev/null' HUP
	while [ -z "$stopped" ]; do
		(start) &
		child=$!
		echo "$child" >"$daemon"
		[ -z "$stopped" ] || kill -TERM "$child" 2>/dev/null # it came before the child
		wait "$child"
		while kill -0 "$child" 2>/dev/null; do wait "$child"; done
		[ -n "$stopped" ] || sleep 2
	done
}

# stop asks the loop, which asks the daemon, once: asked twice it would not
# finish what it is sending.
stop() {
	if looping || running; then
		kill -TERM "$pid"
	fi
	for _ in $(seq 1 30); do
		looping || running || break
		sleep 1
	done
	looping && kill -KILL "$pid"
	running && kill -KILL "$pid"
	rm -f "$loop" "$daemon"
}

case "$1" in
start)
	looping && exit 0
	stop # a daemon that lost its loop
	cd /
	keep </dev/null >/dev/null 2>&1 &
	echo $! >"$loop"
	;;
stop)
	stop
	;;
restart | force-reload)
	"$0" stop && "$0" start
	;;
reload)
	looping && kill -HUP "$pid"
	;;
status)
	if looping && running; then
		echo "@name runs"
	elif looping || running; then
		echo "@name ended, and is started again"
		exit 1
	else
		echo "@name is stopped"
		exit 3
	fi
	;;
*)
	echo "usage: $0 {start|stop|restart|reload|force-reload|status}"
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
	capabilities, lowPort := "", ""
	if o.LowPort {
		capabilities, lowPort = " --inh-caps=+net_bind_service --ambient-caps=+net_bind_service", openRCLowPort
	}
	return strings.NewReplacer(
		"@name", Name,
		"@command", shellWord(words[0]),
		"@capabilities", capabilities,
		"@asuser", shellWord("--reuid="+shellWord(o.Account)+" --regid="+shellWord(o.Account)+" --init-groups"+capabilities+" "+strings.Join(words, " ")),
		"@description", shellWord(description),
		"@program", words[0],
		"@quoted", shellWord(strings.Join(words[1:], " ")),
		"@line", strings.Join(words, " "),
		"@rest", strings.Join(words[1:], " "),
		"@account", shellWord(o.Account),
		"@data", shellWord(o.Data),
	).Replace(strings.Replace(text, "@lowport\n", lowPort, 1))
}

// shellWord quotes a word for sh where it needs it.
func shellWord(word string) string {
	if word != "" && strings.Trim(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+,") == "" {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

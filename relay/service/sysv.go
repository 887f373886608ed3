package service

// sysV is the script of systems that have nothing but /etc/init.d. A small loop
// starts a dead daemon again, as nobody else does there.
func sysV(o Options) string { return shellText(o, sysVScript) }

const sysVScript = `#!/bin/sh
# Written by ` + "`funnelrelay service install`" + `.
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
		exec setpriv --reuid=@account --regid=@group --init-groups@capabilities @line
	fi
	# It looks for a pid file, so that a command of the same program that runs is
	# not taken for the daemon.
	exec start-stop-daemon --start --pidfile "$daemon.none" --chuid @account:@group --startas @program -- @rest
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
`

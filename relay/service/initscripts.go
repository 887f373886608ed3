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
command_user=@account:@group
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
		"@asuser", shellWord("--reuid="+shellWord(o.Account)+" --regid="+shellWord(groupOf(o.Account))+" --init-groups"+capabilities+" "+strings.Join(words, " ")),
		"@description", shellWord(description),
		"@program", words[0],
		"@quoted", shellWord(strings.Join(words[1:], " ")),
		"@line", strings.Join(words, " "),
		"@rest", strings.Join(words[1:], " "),
		"@account", shellWord(o.Account),
		"@group", shellWord(groupOf(o.Account)),
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

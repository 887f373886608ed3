package service

import (
	"path"
	"slices"
	"strings"
)

// Unit is the text of the systemd unit: the one that Install writes, and the
// one that packages bring.
//
// A till's machine is switched off at will and looked after by nobody, so the
// service is started again for ever, after two seconds. It is hardened as far
// as a daemon can be that takes files from folders it does not know yet: what
// is left writable is what its user may write to.
func Unit(o Options) string {
	state := ""
	if path.Dir(o.Data) == "/var/lib" {
		names := path.Base(o.Data)
		if path.Dir(o.Witness) == "/var/lib" {
			names += " " + path.Base(o.Witness)
		}
		state = "StateDirectory=" + names + "\nStateDirectoryMode=0710\n"
	}
	capabilities := "CapabilityBoundingSet=\n"
	if o.LowPort {
		capabilities = "CapabilityBoundingSet=CAP_NET_BIND_SERVICE\nAmbientCapabilities=CAP_NET_BIND_SERVICE\n"
	}
	command := []string{unitWord(o.Executable)}
	for _, argument := range arguments(o) {
		command = append(command, unitWord(argument))
	}
	return strings.NewReplacer(
		"@config", unitPath(o.Config),
		"@command", strings.Join(command, " "),
		"@account", o.Account,
		"@group", groupOf(o.Account),
		"@state\n", state,
		"@capabilities\n", capabilities,
	).Replace(unit)
}

// Packaged are the options of the service as packages install it.
func Packaged() Options {
	return Options{
		Executable: "/usr/bin/" + Name, Config: "/etc/" + Name + "/config.yaml",
		Data: "/var/lib/" + Name, Witness: "/var/lib/" + Name + "-witness", Account: Name,
	}
}

// unitWord quotes a word of a command line; %, $ and \ mean something there.
func unitWord(word string) string {
	word = strings.NewReplacer("%", "%%", "$", "$$", `\`, `\\`, `"`, `\"`).Replace(word)
	if strings.ContainsAny(word, " \t'\"\\;") {
		return `"` + word + `"`
	}
	return word
}

// unitPath writes a path where a unit takes one without quotes.
func unitPath(path string) string { return strings.ReplaceAll(path, "%", "%%") }

const unit = `[Unit]
Description=funnelrelay, which keeps events safe here and forwards them to Funnelytics
Documentation=man:funnelrelay(1)
ConditionPathExists=@config
After=network.target
StartLimitIntervalSec=0

[Service]
Type=notify
ExecStart=@command
ExecReload=/bin/kill -HUP $MAINPID
User=@account
Group=@group
@state
# Back in two seconds, for ever, whatever ended it.
Restart=always
RestartSec=2

# It needs no network to start, but may have a damaged spool to read. A stop
# waits for what is being sent. One that no longer says that it is alive is
# ended, with the stacks of what it did in the journal.
TimeoutStartSec=infinity
TimeoutStopSec=30
WatchdogSec=60
TimeoutAbortSec=10

LimitNOFILE=65536
UMask=0007

# Files are taken from folders that are configured later: what its user may
# not write to protects itself.
ProtectSystem=full
@capabilities
NoNewPrivileges=yes
PrivateDevices=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
LockPersonality=yes
MemoryDenyWriteExecute=yes
RemoveIPC=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallErrorNumber=EPERM
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources

[Install]
WantedBy=multi-user.target
`

// Credentials is the text of a drop-in that hands stored secrets to the
// service; "" for none. systemd reads the files as root, and shows them to the
// service alone.
func Credentials(folder string, names []string) string {
	if len(names) == 0 {
		return ""
	}
	names = slices.Sorted(slices.Values(names))
	var b strings.Builder
	b.WriteString("# Written by `funnelrelay secret` and `funnelrelay service install`.\n[Service]\n")
	for _, name := range names {
		b.WriteString("LoadCredential=" + name + ":" + unitPath(path.Join(folder, name)) + "\n")
	}
	return b.String()
}

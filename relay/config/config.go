package config

import (
	"net/netip"
	"time"

	"funnelrelay/relay/source"
)

// Config is the whole configuration. Load and Parse return it complete: keys
// that were left out have their defaults. It is not changed afterwards and may
// be shared; Default gives one to build on in code, and Check looks at such a
// one.
type Config struct {
	// Listen is the address and port on which events are taken, HOST:PORT.
	// Port 0 takes a free one. Any address that other machines can reach needs
	// http.auth and http.tls, or http.insecure. A change needs a restart.
	// Default: 127.0.0.1:8787.
	Listen string `yaml:"listen"`

	// Data is the folder of the spool, the admin token, a self-signed
	// certificate and the drop folders; it must be on a local disk. A change
	// needs a restart, and takes nothing along. Default: $STATE_DIRECTORY where
	// a service manager sets it; else on Linux /var/lib/funnelrelay for root and
	// ~/.local/state/funnelrelay (XDG) for others, on macOS the same under
	// (~)/Library/Application Support, on Windows %ProgramData%\funnelrelay.
	Data string `yaml:"data" is:"path"`

	// Timezone is the site's: in it the relay writes the dateTime of events
	// that came without one, and reads one that came without an offset. An
	// IANA name such as Europe/Berlin, UTC, or local. Default: local, the
	// machine's own.
	Timezone Zone `yaml:"timezone"`

	// HTTP says who may use the port, and how much at once.
	HTTP HTTP `yaml:"http"`

	// Projects are the Funnelytics workspaces, in the order of the file; a
	// request without X-PROJECT-ID goes to the first. At least one.
	Projects Projects `yaml:"projects"`

	// Spool bounds what is kept on disk. A change needs a restart.
	Spool Spool `yaml:"spool"`

	// Sources are the ways in besides the webhook's own path, in the order of
	// the file: watched folders, and POST /api/v1/sources/{source}; each with
	// its mapping. The names drop and http are the relay's own. Default: none;
	// drop/ACTION in the data folder is watched without any.
	Sources Sources `yaml:"sources"`

	// Alarm says when there is an alarm, and who is told of it besides the page,
	// the status, the metrics and the log.
	Alarm Alarm `yaml:"alarm"`

	// Log says what is logged, and where to. A change needs a restart.
	Log Log `yaml:"log"`

	// Warnings are what Load and Parse found that is legal and not wise.
	Warnings []Problem

	origin *decoder // where each value stood; nil: made in code
}

// HTTP is the port.
type HTTP struct {
	// Auth is what a sender must show who is not on this machine, or comes
	// through a tunnel or a proxy. Default: none; an open listen needs it.
	Auth Auth `yaml:"auth"`

	// TLS is none, self-signed (a certificate is made on first start and kept
	// in data), or {cert: FILE, key: FILE} in PEM, read again when they
	// change. Default: none. A change needs a restart.
	TLS TLS `yaml:"tls"`

	// Insecure allows an address that others can reach without auth or without
	// TLS: whoever reaches the port can post sales, and whoever reads the
	// network can read them. Default: false.
	Insecure bool `yaml:"insecure"`

	// RemoteReading allows reading events, replaying them and the dashboard
	// (always with the admin token) under a Host that is not loopback.
	// Default: false.
	RemoteReading bool `yaml:"remote_reading"`

	// Hosts are the names besides loopback by which senders may call the
	// relay: till.example or 192.168.1.20, without scheme and port. Another
	// Host is refused, so that no web page reaches the port by a name of its
	// own (DNS rebinding). Default: none.
	Hosts []string `yaml:"hosts"`

	// Origins are the web sites whose scripts may post: https://till.example,
	// scheme://host[:port] as the browser writes it. Default: none.
	Origins []string `yaml:"origins"`

	// Allow are the addresses that may connect, single (192.168.1.20) or as a
	// range (192.168.1.0/24). Once one is named all others are refused, but
	// for 127.0.0.0/8 and ::1: the commands on this machine need them. Default:
	// everyone.
	Allow []netip.Prefix `yaml:"allow"`

	// Limits are the largest bodies and batches that are taken.
	Limits Limits `yaml:"limits"`

	// Hours are when sales come to the port, where that is otherwise than in
	// alarm.hours. Default: alarm.hours.
	Hours source.Hours `yaml:"hours"`

	// Silence is after how long without a sale on the port, within hours, there
	// is an alarm, as in 60m; 0: never. Default: 0.
	Silence time.Duration `yaml:"silence"`
}

// Auth is what a sender must show who is not on this machine: any one of what
// is set here. A sender on this machine needs nothing while listen is a loopback
// address; a wrong X-API-KEY is refused everywhere.
type Auth struct {
	// APIKey accepts the project's own X-API-KEY, which a sender of the
	// upstream has anyway. Default: false.
	APIKey bool `yaml:"api_key"`

	// Tokens are accepted as Authorization: Bearer TOKEN. At least 16
	// characters each; make one with `openssl rand -hex 32`. Default: none.
	Tokens []Secret `yaml:"tokens"`
}

// On reports whether a sender must show anything.
func (a Auth) On() bool { return a.APIKey || len(a.Tokens) > 0 }

// Limits are the largest bodies and batches that are taken; more is refused
// with 413.
type Limits struct {
	// Event is the size of one event. Default: 1MiB.
	Event Size `yaml:"event"`

	// Body is the size of one request, after gunzip too. Default: 16MiB.
	Body Size `yaml:"body"`

	// Batch is the number of events of one request. Default: 10000.
	Batch int `yaml:"batch"`
}

// Spool bounds what is kept on disk.
type Spool struct {
	// MaxSize is the quota of the spool file; at it new events are refused
	// with 507, and none is dropped. At least 1MB. Default: 2GB; 512MB on
	// 32-bit systems, which can have no more than 1GB.
	MaxSize Size `yaml:"max_size"`

	// KeepSent is how long the body of an event is kept once it was sent; 0:
	// not at all. Default: 30d.
	KeepSent time.Duration `yaml:"keep_sent"`

	// KeepKeys is how long it is remembered that an event was taken, so that a
	// second one is known as a duplicate. At least 1d, and no less than a
	// project's repeat_window. Default: 800d.
	KeepKeys time.Duration `yaml:"keep_keys"`
}

// Log says what is logged, and where to.
type Log struct {
	// Level is debug, info, warn or error: the least that is logged. Default:
	// info.
	Level LogLevel `yaml:"level"`

	// Format is auto (text on a terminal, JSON otherwise), text or json.
	// Default: auto.
	Format LogFormat `yaml:"format"`

	// File is written to, and turned over, instead of standard error. Default:
	// none.
	File string `yaml:"file" is:"path"`

	// MaxSize is the size at which File is turned over. At least 1MB. Default:
	// 20MB.
	MaxSize Size `yaml:"max_size"`

	// Keep is how many files that were turned over are kept, 1 to 1000.
	// Default: 10.
	Keep int `yaml:"keep"`
}

// Default returns the configuration in which every key was left out. It has no
// project, which Check will not accept.
func Default() *Config {
	return &Config{
		Listen:   "127.0.0.1:8787",
		Data:     dataFolder(thisSystem()),
		Timezone: LocalZone,
		HTTP:     HTTP{Limits: Limits{Event: 1 << 20, Body: 16 << 20, Batch: 10_000}},
		Spool:    Spool{MaxSize: defaultMaxSize(), KeepSent: 30 * day, KeepKeys: 800 * day},
		Alarm:    defaultAlarm(),
		Log:      Log{Level: LevelInfo, Format: FormatAuto, MaxSize: 20 * megabyte, Keep: 10},
	}
}

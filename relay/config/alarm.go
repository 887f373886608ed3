package config

import (
	"time"

	"funnelrelay/relay/source"
)

// Alarm says when there is one that is a matter of taste, and whom it is told.
type Alarm struct {
	// OfflineAfter is for how long the upstream of a project has to be out of
	// reach for an alarm; 0: never. Default: 15m.
	OfflineAfter time.Duration `yaml:"offline_after"`

	// Hours are the shop's opening hours, in the site's timezone: days and from
	// when until when, as in {mon-fri: 09:00-18:30, sat: "9-12, 13-16"}. Days
	// are mon to sun, mon-fri or daily, one that stands alone before one in a
	// range; dates (2026-12-24, or 12-24 for every year) come before both;
	// closed is a list of dates. 18:00-02:00 ends on the next day. They are what
	// silence counts. Default: around the clock.
	Hours source.Hours `yaml:"hours"`

	// Silence is after how long without a sale from anywhere, within hours,
	// there is an alarm; 0: never. A sale is a purchase that was accepted, new
	// and no repeat. Default: 0.
	Silence time.Duration `yaml:"silence"`

	// Site is what the shop is called in what is told. Default: the machine's
	// name.
	Site string `yaml:"site"`

	// Repeat is how often people are told again of an alarm that is still open,
	// and that nobody has seen; 0: never. Default: 24h.
	Repeat time.Duration `yaml:"repeat"`

	// To is who is told when an alarm opens, and when it is over; each entry is
	// a webhook, a mail or a command. Default: nobody, and alarms are on the
	// page, in the status, in the metrics and in the log.
	To []Target `yaml:"to"`
}

// Target is one that is told of alarms: Webhook, Mail or Command.
type Target struct {
	// Webhook is a URL to which each alarm is posted as JSON. It is treated as a
	// secret, as such URLs are. Default: none.
	Webhook HookURL `yaml:"webhook"`

	// Headers are sent with it, as in {Authorization: "Bearer ${file:PATH}"}.
	// Default: none.
	Headers Headers `yaml:"headers"`

	// Mail goes out through a mail server. Default: none.
	Mail *Mail `yaml:"mail"`

	// Command is a program, by its whole path, and its arguments; no shell reads
	// them. The alarm is on its standard input as JSON, and in its environment
	// as FUNNELRELAY_ALARM_NAME and the like. Default: none.
	Command Command `yaml:"command"`

	// Only are the kinds of alarms that are told here, as in [silence, dead], or
	// whole names. Default: all.
	Only []string `yaml:"only"`
}

// Mail is how alarms go out as mails.
type Mail struct {
	// Server is the mail server, HOST or HOST:PORT. Without a port it is 587,
	// or 465 for tls: tls and 25 for tls: none. Required.
	Server string `yaml:"server"`

	// From is the sender's address. Required.
	From string `yaml:"from"`

	// To are the addresses. Required.
	To []string `yaml:"to"`

	// User is the name that the server asks for. Default: none.
	User string `yaml:"user"`

	// Password is the one that the server asks for, best as ${file:PATH} or
	// ${cred:NAME}. Default: none.
	Password Secret `yaml:"password"`

	// TLS is starttls (encrypted after a hello), tls (from the start) or none.
	// Default: starttls; tls where the port is 465.
	TLS MailTLS `yaml:"tls"`
}

// MailTLS is how a connection to a mail server is encrypted; empty: by the port.
type MailTLS string

// The ways to encrypt it.
const (
	MailStartTLS MailTLS = "starttls"
	MailOnlyTLS  MailTLS = "tls"
	MailNoTLS    MailTLS = "none"
)

func (t *MailTLS) readText(text string) *fault {
	return choose(t, text, MailStartTLS, MailOnlyTLS, MailNoTLS)
}

func defaultAlarm() Alarm { return Alarm{OfflineAfter: 15 * time.Minute, Repeat: day} }

// AlarmKinds are the kinds of alarms that there are: what the name of one begins
// with. Where a kind has a dash, what stands before it means all such kinds.
var AlarmKinds = []string{
	"alarm-target", "backlog", "clock-off", "clock-wrong", "dead", "disk-low", "drop-folder", "drop-stray", "offline",
	"project-held", "project-paused", "rejects", "salvage", "silence", "source-file", "source-folder", "source-lease",
	"source-same-folder", "source-unread", "source-waits", "spool-copied", "spool-filling", "spool-full",
	"spool-unavailable", "tls-certificate",
}

// Silence is a way in that must not be silent for too long.
type Silence struct {
	Source string // "http" for the port; "": all together
	After  time.Duration
	Hours  *source.Hours
}

// Silences lists what must not be silent: the shop as a whole, the port, and the
// sources, in their order.
func (c *Config) Silences() []Silence {
	var list []Silence
	add := func(name string, after time.Duration, own *source.Hours) {
		if !own.Given {
			own = &c.Alarm.Hours
		}
		if after > 0 {
			list = append(list, Silence{name, after, own})
		}
	}
	add("", c.Alarm.Silence, &c.Alarm.Hours)
	add("http", c.HTTP.Silence, &c.HTTP.Hours)
	for i := range c.Sources {
		add(c.Sources[i].Name, c.Sources[i].Silence, &c.Sources[i].Hours)
	}
	return list
}

package config

import (
	"net"
	"net/mail"
	"net/url"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"funnelrelay/relay/source"
)

// mostTargets bounds how many are told: each has a goroutine of its own.
const mostTargets = 20

// checkAlarm looks at when there is an alarm, and at who is told.
func (c *Config) checkAlarm(d *decoder) {
	a := &c.Alarm
	d.atLeast("alarm.offline_after", a.OfflineAfter, time.Minute)
	d.atLeast("alarm.repeat", a.Repeat, 5*time.Minute)
	c.checkSilence(d)
	if strings.ContainsAny(a.Site, "\r\n\x00") || len(a.Site) > 200 {
		d.at("alarm.site", "is not a name of one line", "write it as in Main Street")
	}
	if len(a.To) > mostTargets {
		d.at("alarm.to", "has more than 20 entries", "tell fewer, or one that tells the others")
	}
	for i := range a.To {
		a.To[i].check(d, index("alarm.to", i))
	}
}

// atLeast checks a length of time that may be 0.
func (d *decoder) atLeast(path string, long, least time.Duration) {
	if long != 0 && long < least && !d.failed(path) {
		d.at(path, "is less than "+showDuration(least), "write "+showDuration(least)+" or more, or 0 for never")
	}
}

// checkSilence looks at every way in that must not be silent.
func (c *Config) checkSilence(d *decoder) {
	any := false
	look := func(path string, silence time.Duration, own *source.Hours) {
		d.atLeast(join(path, "silence"), silence, time.Minute)
		any = any || silence > 0
		switch {
		case silence > 31*day:
			d.at(join(path, "silence"), "is more than a month", "write 31d or less, or 0 for never")
		case silence > 0 && !own.Given && !c.Alarm.Hours.Given:
			d.warn(join(path, "silence"), "is counted around the clock, as there are no opening hours: a night without a sale is an alarm",
				"write alarm.hours, as in `hours: "+hoursExample+"`, or `hours: {daily: 00:00-24:00}` if that is meant")
		case silence == 0 && own.Given && path != "alarm":
			d.warn(join(path, "hours"), "has no effect without silence", "write beside it for how long it may be silent, as in `silence: 60m`")
		}
	}
	look("http", c.HTTP.Silence, &c.HTTP.Hours)
	for i := range c.Sources {
		s := &c.Sources[i]
		look(join("sources", showKey(s.Name)), s.Silence, &s.Hours)
	}
	look("alarm", c.Alarm.Silence, &c.Alarm.Hours)
	if c.Alarm.Hours.Given && !any {
		d.warn("alarm.hours", "has no effect, as no silence is set", "write for how long the shop may be silent, as in `silence: 60m`")
	}
}

// check looks at one that is told.
func (t *Target) check(d *decoder, path string) {
	given := 0
	for _, there := range []bool{!t.Webhook.IsZero(), t.Mail != nil, len(t.Command) > 0} {
		if there {
			given++
		}
	}
	const write = "write one of webhook: URL, mail: {server: …} or command: [PROGRAM]"
	switch {
	case given == 0 && d.clean(path):
		d.at(path, "tells nobody", write)
	case given > 1:
		d.at(path, "is more than one way to tell", write+", and the other as an entry of its own")
	}
	if len(t.Headers) > 0 && t.Webhook.IsZero() && !d.failed(join(path, "webhook")) {
		d.at(join(path, "headers"), "is for a webhook only", "take it away")
	}
	if !t.Webhook.IsZero() {
		if u, err := url.Parse(t.Webhook.Reveal()); err == nil && u.Scheme == "http" && !loopback(u.Hostname()) {
			d.warn(join(path, "webhook"), "goes over the network readably", "write https:// where the other side can do it")
		}
	}
	if t.Mail != nil {
		t.Mail.check(d, join(path, "mail"))
	}
	t.checkCommand(d, join(path, "command"))
	t.checkOnly(d, join(path, "only"))
}

// hostOf takes a port off.
func hostOf(address string) string {
	if host, _, err := net.SplitHostPort(address); err == nil {
		return host
	}
	return address
}

func (t *Target) checkCommand(d *decoder, at string) {
	if len(t.Command) == 0 {
		return
	}
	program := t.Command[0].Text
	first := at
	if _, list := d.marks[index(at, 0)]; list {
		first = index(at, 0)
	}
	lower := strings.ToLower(program)
	switch {
	case d.failed(first):
	case !filepath.IsAbs(program) && !strings.HasPrefix(program, "/"): // which is of the present drive on Windows
		d.at(first, d.shown(first, program)+" is not the whole path of a program", "write it as in /usr/local/bin/tell: a service looks nowhere else")
	case strings.HasSuffix(lower, ".bat") || strings.HasSuffix(lower, ".cmd") || strings.HasSuffix(lower, ".ps1"):
		if runtime.GOOS == "windows" {
			d.at(first, d.shown(first, program)+" is no program but a script", `name what reads it, as in ['C:\Windows\System32\cmd.exe', /c, 'C:\tell.cmd']`)
		}
	}
}

func (t *Target) checkOnly(d *decoder, at string) {
	for i, name := range t.Only {
		where := at
		if _, list := d.marks[index(at, i)]; list {
			where = index(at, i)
		}
		kind, _, _ := strings.Cut(name, "/")
		if knownAlarm(kind) {
			continue
		}
		write := "known: " + strings.Join(AlarmKinds, ", ")
		if near := nearest(kind, AlarmKinds); near != "" {
			write = "did you mean `" + near + "`?"
		}
		d.at(where, d.shown(where, name)+" is not a kind of alarm", write)
	}
}

// knownAlarm says whether a text is a kind of alarm, or what several begin with.
func knownAlarm(text string) bool {
	return slices.ContainsFunc(AlarmKinds, func(kind string) bool { return kind == text || strings.HasPrefix(kind, text+"-") })
}

// check looks at a mail, and completes it.
func (m *Mail) check(d *decoder, path string) {
	m.checkServer(d, path)
	address := func(at, text string) {
		if d.failed(at) {
			return
		}
		if parsed, err := mail.ParseAddress(text); err != nil || !strings.Contains(parsed.Address, "@") || strings.ContainsAny(text, "\r\n") {
			d.at(at, d.shown(at, text)+" is not an address", "write it as in owner@shop.example, or Shop <owner@shop.example>")
		}
	}
	if m.From == "" {
		d.missing(join(path, "from"), "write the address that the mails come from")
	} else {
		address(join(path, "from"), m.From)
	}
	if len(m.To) == 0 {
		d.missing(join(path, "to"), "write who gets the mails, as in [owner@shop.example]")
	}
	for i, to := range m.To {
		at := join(path, "to")
		if _, list := d.marks[index(at, i)]; list {
			at = index(at, i)
		}
		address(at, to)
	}
	switch {
	case m.User != "" && m.Password.IsZero():
		d.missing(join(path, "password"), "write it as ${file:PATH} or ${cred:NAME}, or take user away")
	case m.User == "" && !m.Password.IsZero():
		d.missing(join(path, "user"), "write the name that belongs to the password")
	case m.User != "" && m.TLS == MailNoTLS && !loopback(hostOf(m.Server)) && !d.failed(join(path, "tls")):
		d.at(join(path, "tls"), "would send the password readably over the network", "write starttls or tls")
	}
}

// missing reports a key that has to be there.
func (d *decoder) missing(path, write string) {
	if !d.failed(path) && !d.meant[path] {
		d.at(path, "is missing", write)
	}
}

// checkServer looks at a mail server's address, and gives it its port.
func (m *Mail) checkServer(d *decoder, path string) {
	at := join(path, "server")
	host, number, err := net.SplitHostPort(m.Server)
	if err != nil {
		host, number = strings.Trim(m.Server, "[]"), ""
	}
	switch {
	case d.failed(at):
		return
	case m.Server == "":
		d.missing(at, "write the mail server, as in smtp.example.com:587")
		return
	case !hostName(host) || err == nil && !port(number, 1):
		d.at(at, d.shown(at, m.Server)+" is not a host with a port", "write it as in smtp.example.com:587")
		return
	}
	if m.TLS == "" {
		m.TLS = MailStartTLS
		if number == "465" {
			m.TLS = MailOnlyTLS
		}
	}
	d.reread(join(path, "tls"), string(m.TLS), new(MailTLS))
	if number == "" {
		number = map[MailTLS]string{MailOnlyTLS: "465", MailNoTLS: "25"}[m.TLS]
		if number == "" {
			number = "587"
		}
	}
	m.Server = net.JoinHostPort(host, number)
}

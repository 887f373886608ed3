package config

import (
	"net"
	"net/netip"
	"net/url"
	"strings"
)

// checkHTTP looks at the port and at who may use it.
func (c *Config) checkHTTP(d *decoder) {
	c.checkListen(d)
	c.checkNames(d)
	if c.HTTP.TLS.Cert != "" != (c.HTTP.TLS.Key != "") && !d.failed("http.tls.cert") && !d.failed("http.tls.key") {
		d.at("http.tls", "has one of its two files only", "name both cert and key")
	}
	for i, token := range c.HTTP.Auth.Tokens {
		at := index("http.auth.tokens", i)
		text := token.Reveal()
		switch f := headerText(text); {
		case d.failed(at):
		case f != nil:
			d.at(at, "the token "+f.is, f.write)
		case len(text) < 16 || strings.Contains(text, " "):
			d.at(at, "the token is shorter than 16 characters, or holds a space", "make one with `openssl rand -hex 32`")
		}
	}
	limits := c.HTTP.Limits
	d.between("http.limits.event", limits.Event, 1000, 64<<20)
	d.between("http.limits.body", limits.Body, 1000, 1<<30)
	if limits.Event > limits.Body && !d.failed("http.limits.event") && !d.failed("http.limits.body") {
		d.at("http.limits.event", "is more than http.limits.body lets in", "write "+limits.Body.String()+" or less, or raise body")
	}
	d.count("http.limits.batch", limits.Batch, 1, 1_000_000)
}

// checkListen refuses a bind that other machines can reach, unless it is
// guarded or the open door is wanted in so many words.
func (c *Config) checkListen(d *decoder) {
	if d.failed("listen") {
		return
	}
	const write = "write an address and a port, as in 127.0.0.1:8787"
	shown := d.shown("listen", c.Listen)
	host, number, err := net.SplitHostPort(c.Listen)
	switch {
	case port(c.Listen, 0):
		d.at("listen", shown+" is a port alone", "write 127.0.0.1:"+portText(c.Listen, d.marks["listen"])+" for this machine only")
		return
	case err != nil:
		d.at("listen", shown+" is not an address with a port", write)
		return
	case !port(number, 0):
		d.at("listen", shown+" has no port from 0 to 65535", write)
		return
	case host != "" && !hostName(host):
		d.at("listen", shown+" has no address that can be listened on", write)
		return
	}
	if loopback(host) {
		return
	}
	guarded := c.HTTP.Auth.On() && c.HTTP.TLS.On()
	switch {
	case guarded:
	case c.HTTP.Insecure:
		d.warn("listen", shown+" is open to other machines, and "+c.unguarded(), "set http.auth and http.tls where that can be")
	case d.failed("http.auth") || d.failed("http.tls") || d.failed("http.auth.tokens"):
	default:
		d.at("listen", shown+" is open to other machines, and "+c.unguarded(),
			"listen on 127.0.0.1 only; or set http.auth and http.tls; or set `http: {insecure: true}` and let everyone in the network post sales")
	}
}

// unguarded names what an open port lacks.
func (c *Config) unguarded() string {
	switch {
	case c.HTTP.Auth.On():
		return "http.tls is not set"
	case c.HTTP.TLS.On():
		return "http.auth is not set"
	}
	return "neither http.auth nor http.tls is set"
}

// portText is a port as it may be shown: not where it came from a reference.
func portText(text string, m mark) string {
	if m.shown != "" && m.shown != quote(text) {
		return "PORT"
	}
	return text
}

// checkNames looks at hosts, origins and allow.
func (c *Config) checkNames(d *decoder) {
	for i, host := range c.HTTP.Hosts {
		at := index("http.hosts", i)
		const write = "write a name or an address alone, as in till.example or 192.168.1.20"
		switch shown := d.shown(at, host); {
		case d.failed(at):
		case strings.Contains(host, "*"):
			d.at(at, shown+" holds a *: names are listed one by one", write)
		case !hostName(strings.Trim(host, "[]")):
			d.at(at, shown+" is not a host's name", write)
		default:
			c.HTTP.Hosts[i] = strings.ToLower(strings.Trim(host, "[]"))
		}
	}
	for i, origin := range c.HTTP.Origins {
		at := index("http.origins", i)
		const write = "write it as the browser does, as in https://till.example or http://192.168.1.20:8080"
		u, err := url.Parse(origin)
		switch shown := d.shown(at, origin); {
		case d.failed(at):
		case strings.Contains(origin, "*") || origin == "null":
			d.at(at, shown+" would let any web page post", write)
		case err != nil || u.Scheme == "" || !hostName(u.Hostname()) || u.Port() != "" && !port(u.Port(), 1):
			d.at(at, shown+" is not an origin", write)
		case u.User != nil || u.Path != "" || u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
			d.at(at, shown+" has more than scheme, host and port", write)
		default:
			c.HTTP.Origins[i] = strings.ToLower(origin)
		}
	}
	if allow := c.HTTP.Allow; len(allow) > 0 && loopback(listenHost(c.Listen)) {
		self := false
		for _, p := range allow {
			self = self || p.Addr().IsLoopback() || p.Contains(netip.AddrFrom4([4]byte{127, 0, 0, 1})) || p.Contains(netip.IPv6Loopback())
		}
		if !self {
			d.warn("http.allow", "does not let this machine itself in, and listen is for this machine only", "add 127.0.0.1 and ::1")
		}
	}
}

func listenHost(listen string) string {
	host, _, _ := net.SplitHostPort(listen)
	return host
}

// hostName says whether a text can be a host: an address, or a name of letters,
// digits, dots, - and _.
func hostName(text string) bool {
	if _, err := netip.ParseAddr(text); err == nil {
		return true
	}
	if text == "" || len(text) > 253 || strings.HasPrefix(text, ".") || strings.HasPrefix(text, "-") || strings.Contains(text, "..") {
		return false
	}
	return strings.Trim(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_") == ""
}

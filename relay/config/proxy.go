package config

import (
	"fmt"
	"io"
	"net/url"
	"strings"
)

// Proxy is the way to the upstream. The zero Proxy is the environment's.
type Proxy struct {
	none bool
	url  Secret // may hold a password; empty: the environment's
}

// ParseProxy reads environment, none or a proxy's URL.
func ParseProxy(text string) (Proxy, error) {
	var p Proxy
	if f := p.readText(text); f != nil {
		return Proxy{}, fmt.Errorf("proxy %s; %s", f.is, f.write)
	}
	return p, nil
}

// None says that the upstream is called directly, whatever the environment
// says.
func (p Proxy) None() bool { return p.none }

// URL is the configured proxy; nil: none, or the environment's.
func (p Proxy) URL() *url.URL {
	if p.url.IsZero() {
		return nil
	}
	u, err := url.Parse(p.url.Reveal())
	if err != nil {
		return nil // cannot be: readText parsed it
	}
	return u
}

// String writes the proxy without its password.
func (p Proxy) String() string {
	if u := p.URL(); u != nil {
		if u.User != nil {
			u.User = nil
			return strings.Replace(u.String(), "://", "://"+Hidden+"@", 1)
		}
		return u.String()
	}
	if p.none {
		return "none"
	}
	return "environment"
}

// Format writes the proxy without its password, for every verb of fmt.
func (p Proxy) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, p.String()) }

// Equal reports whether both are the same way.
func (p Proxy) Equal(other Proxy) bool { return p.none == other.none && p.url.Equal(other.url) }

func (p *Proxy) readText(text string) *fault {
	switch text {
	case "environment":
		*p = Proxy{}
		return nil
	case "none":
		*p = Proxy{none: true}
		return nil
	}
	write := "write environment, none, or a URL as in http://proxy.example:3128"
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "" || u.Hostname() == "":
		return &fault{is: "is not a proxy", write: write}
	case u.Scheme != "http" && u.Scheme != "https" && u.Scheme != "socks5" && u.Scheme != "socks5h":
		return &fault{is: "is not a kind of proxy that is known", write: "use http://, https:// or socks5://"}
	case strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "":
		return &fault{is: "has more than a host and a port", write: write}
	}
	*p = Proxy{url: NewSecret(text)}
	return nil
}

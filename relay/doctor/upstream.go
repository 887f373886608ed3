package doctor

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"time"
)

// upstream is one address that events go to, and the way there. Projects that
// share both share what is found.
type upstream struct {
	url       *url.URL
	proxy     *url.URL // nil: none
	proxyErr  error
	proxyFrom string
	version   string
	buildDate time.Time
}

func (u *upstream) host() string { return u.url.Hostname() }

// upstreams are the different ways that the projects' events take.
func (o *Options) upstreams() []*upstream {
	var list []*upstream
	known := map[string]bool{}
	for i := range o.Projects {
		p := &o.Projects[i]
		at, err := url.Parse(p.URL)
		if err != nil || at.Host == "" {
			continue // the config's check says so
		}
		u := &upstream{url: at, version: o.Version, buildDate: o.BuildDate}
		find := p.Proxy
		if find == nil {
			find = http.ProxyFromEnvironment
		}
		u.proxy, u.proxyErr = find(&http.Request{URL: at})
		u.proxyFrom = p.ProxyFrom
		if u.proxyFrom == "" && u.proxy != nil {
			u.proxyFrom = variable(at.Scheme)
		}
		way := at.Scheme + "://" + at.Host
		if u.proxy != nil {
			way += " " + u.proxy.String()
		}
		if !known[way] {
			known[way] = true
			list = append(list, u)
		}
	}
	return list
}

// look goes the way, one step after the other.
func (u *upstream) look(ctx context.Context) []Check {
	checks := []Check{u.name(ctx), u.way(ctx)}
	return append(checks, u.call(ctx)...)
}

// answer is what a request without key and event came back with.
type answer struct {
	err      error
	status   int
	location string
	server   string
	date     time.Time
	took     time.Duration
	middle   time.Time // of the attempt: Date is compared with it
	tls      *tls.ConnectionState
}

// ask sends a HEAD to the upstream. It has neither a key nor an event in it, and
// cannot make one. Where careless, the certificate is not looked at: nothing is
// sent that a stranger must not see, and the answer is only used for its date.
func (u *upstream) ask(ctx context.Context, careless bool) (a answer) {
	req, err := http.NewRequestWithContext(ctx, http.MethodHead, u.url.Scheme+"://"+u.url.Host+"/", nil)
	if err != nil {
		return answer{err: err}
	}
	req.Header.Set("User-Agent", "funnelrelay/"+u.version+" doctor")
	var secured atomic.Pointer[tls.ConnectionState] // a handshake goes on when its time is over
	defer func() { a.tls = secured.Load() }()
	transport := &http.Transport{
		DisableKeepAlives: true,
		TLSClientConfig: &tls.Config{
			InsecureSkipVerify: careless,
			VerifyConnection: func(s tls.ConnectionState) error {
				secured.Store(&s)
				return nil
			},
		},
	}
	if u.proxy != nil {
		transport.Proxy = http.ProxyURL(u.proxy)
	}
	defer transport.CloseIdleConnections()
	began := time.Now()
	res, err := transport.RoundTrip(req) // no redirect is followed
	now := time.Now()
	a.took, a.middle = now.Sub(began), began.Add(now.Sub(began)/2).Round(0)
	if err != nil {
		a.err = err
		return a
	}
	_ = res.Body.Close() // of a HEAD: there is none
	a.status, a.location, a.server = res.StatusCode, res.Header.Get("Location"), res.Header.Get("Server")
	if date, err := http.ParseTime(res.Header.Get("Date")); err == nil {
		a.date = date
	}
	return a
}

// loopback says that a host is this machine.
func loopback(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}

// port is that of an address, or the usual one of its scheme.
func port(u *url.URL) string {
	if p := u.Port(); p != "" {
		return p
	}
	switch u.Scheme {
	case "http":
		return "80"
	case "socks5", "socks5h":
		return "1080"
	}
	return "443"
}

func address(u *url.URL) string { return net.JoinHostPort(u.Hostname(), port(u)) }

package doctor

import (
	"bufio"
	"crypto/tls"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// server answers on this machine with a certificate, and keeps what it was asked.
type server struct {
	*httptest.Server
	asked atomic.Pointer[http.Request]
	date  string // "": the right one
	reply func(w http.ResponseWriter)
}

func serve(t *testing.T, cert tls.Certificate) *server {
	t.Helper()
	s := &server{}
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		s.asked.Store(req)
		if s.date != "" {
			w.Header().Set("Date", s.date)
		}
		if s.reply != nil {
			s.reply(w)
		}
	}))
	s.TLS = &tls.Config{Certificates: []tls.Certificate{cert}}
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // of those who do not trust it
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

// proxy is a real one that opens tunnels to whatever it is asked for, and leads
// them all to one server.
type proxy struct {
	url    *url.URL
	opened atomic.Int32
}

func startProxy(t *testing.T, to string, auth string) *proxy {
	t.Helper()
	p := &proxy{}
	l := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if auth != "" && req.Header.Get("Proxy-Authorization") == "" {
			w.WriteHeader(http.StatusProxyAuthRequired)
			return
		}
		if req.Method != http.MethodConnect {
			w.WriteHeader(http.StatusMethodNotAllowed)
			return
		}
		there, err := net.Dial("tcp", to)
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		p.opened.Add(1)
		here, buffer, _ := http.NewResponseController(w).Hijack()
		_, _ = io.WriteString(here, "HTTP/1.1 200 OK\r\n\r\n")
		go func() { _, _ = io.Copy(there, buffer); there.Close() }()
		_, _ = io.Copy(here, bufio.NewReader(there))
		here.Close()
	}))
	t.Cleanup(l.Close)
	p.url, _ = url.Parse(l.URL)
	return p
}

// fixed is a proxy by the config.
func fixed(u *url.URL) func(*http.Request) (*url.URL, error) { return http.ProxyURL(u) }

// examine runs the network's part for one project.
func examine(t *testing.T, p Project) map[string]Check {
	t.Helper()
	if p.Name == "" {
		p.Name = "shop"
	}
	p.Key, p.ProjectID = "k3y-of-the-shop-1234", "account"
	said := map[string]Check{}
	for _, c := range Run(t.Context(), Options{Version: "test", Groups: []Group{GroupUpstream, GroupClock}, Projects: []Project{p}}) {
		if c.About != "this machine" {
			said[c.Name] = c
		}
	}
	return said
}

func want(t *testing.T, c Check, v Verdict, parts ...string) {
	t.Helper()
	if c.Verdict != v {
		t.Errorf("%s is %q, want %q: %s", c.Name, c.Verdict, v, c.Says)
	}
	for _, part := range parts {
		if !strings.Contains(c.Says+" > "+c.Remedy, part) {
			t.Errorf("%s lacks %q: %s > %s", c.Name, part, c.Says, c.Remedy)
		}
	}
	if (v == Bad || v == Warn) && c.Remedy == "" {
		t.Errorf("%s is %q and has no remedy: %s", c.Name, v, c.Says)
	}
}

// trusting skips where the tests cannot have the system trust their authorities.
func trusting(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux takes its roots from a file")
	}
}

var (
	lastYear = time.Now().AddDate(-1, 0, 0)
	nextYear = time.Now().AddDate(1, 0, 0)
)

// TestThroughProxy goes to a name that only the proxy knows: what is behind it is
// trusted for one authority after the other.
func TestThroughProxy(t *testing.T) {
	trusting(t)
	const host = "upstream.invalid"
	for _, c := range []struct {
		ca      *authorityOf
		verdict Verdict
		says    string
	}{
		{publicCA, OK, "issued by DigiCert Test Root (DigiCert Inc)"},
		{companyCA, Warn, "none of the public authorities"},
		{antivirusCA, Warn, "Kaspersky, an antivirus program"},
		{strangeCA, Bad, "Some Box (Nobody), whom this machine does not trust"},
	} {
		s := serve(t, c.ca.issue(host, lastYear, nextYear))
		p := startProxy(t, s.Listener.Addr().String(), "")
		said := examine(t, Project{URL: "https://" + host, Proxy: fixed(p.url), ProxyFrom: "the config"})
		want(t, said["tls"], c.verdict, c.says)
		want(t, said["proxy"], OK, p.url.Host, "from the config", "answers")
		want(t, said["dns"], OK, "the proxy looks names up by itself")
		if c.verdict == Bad {
			want(t, said["answer"], Bad)
			continue
		}
		want(t, said["answer"], OK, "status 200")
		want(t, said["clock"], OK)
		req := s.asked.Load()
		if req.Method != http.MethodHead || req.Header.Get("X-API-KEY") != "" || req.Header.Get("Authorization") != "" || req.ContentLength > 0 {
			t.Errorf("the upstream was asked with %s %v", req.Method, req.Header)
		}
		if p.opened.Load() == 0 {
			t.Error("the proxy was passed by")
		}
	}
}

// TestProxyInTheWay is about proxies that do not let through.
func TestProxyInTheWay(t *testing.T) {
	s := serve(t, publicCA.issue("upstream.invalid", lastYear, nextYear))
	p := startProxy(t, s.Listener.Addr().String(), "needed")
	said := examine(t, Project{URL: "https://upstream.invalid", Proxy: fixed(p.url), ProxyFrom: "the config"})
	want(t, said["answer"], Bad, "wants a user and a password")

	with := *p.url
	with.User = url.UserPassword("till", "s3cret-pass")
	said = examine(t, Project{URL: "https://upstream.invalid", Proxy: fixed(&with), ProxyFrom: "the config"})
	want(t, said["proxy"], OK, "with a password")
	for _, c := range said {
		if strings.Contains(c.Says+c.Remedy, "s3cret") {
			t.Errorf("the password shows: %+v", c)
		}
	}

	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	gone, _ := url.Parse("http://till:s3cret-pass@" + l.Addr().String())
	l.Close()
	said = examine(t, Project{URL: "https://upstream.invalid", Proxy: fixed(gone), ProxyFrom: "the config"})
	want(t, said["proxy"], Bad, "does not answer")
	want(t, said["answer"], Bad)
	want(t, said["tls"], Skipped)
	want(t, said["clock"], Skipped)
	for _, c := range said {
		if strings.Contains(c.Says+c.Remedy, "s3cret") {
			t.Errorf("the password shows: %+v", c)
		}
	}
}

// TestNoName looks for a name that nobody has.
func TestNoName(t *testing.T) {
	said := examine(t, Project{URL: "https://nobody.invalid", Proxy: fixed(nil)})
	want(t, said["dns"], Bad, "nobody.invalid")
	want(t, said["answer"], Bad)
	want(t, said["tls"], Skipped)
}

// TestCertificates are those that are not right.
func TestCertificates(t *testing.T) {
	trusting(t)
	for _, c := range []struct {
		name string
		cert tls.Certificate
		says string
	}{
		{"ended", publicCA.issue("127.0.0.1", lastYear, lastYear.AddDate(0, 1, 0)), "ended on"},
		{"not begun", publicCA.issue("127.0.0.1", nextYear, nextYear.AddDate(0, 1, 0)), "is valid from"},
		{"of another", publicCA.issue("login.guest.example", lastYear, nextYear), "is of login.guest.example, and not of 127.0.0.1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			said := examine(t, Project{URL: serve(t, c.cert).URL})
			want(t, said["tls"], Bad, c.says)
			want(t, said["answer"], Bad)
		})
	}
	said := examine(t, Project{URL: serve(t, publicCA.issue("127.0.0.1", lastYear, time.Now().Add(soon/2))).URL})
	want(t, said["tls"], Warn, "should have been renewed")
}

// TestClock compares with an upstream that shows another time.
func TestClock(t *testing.T) {
	trusting(t)
	for _, c := range []struct {
		off     time.Duration
		verdict Verdict
		says    string
	}{
		{-time.Hour, Bad, "ahead of"}, {time.Hour, Bad, "behind"}, {30 * time.Second, Warn, "behind"}, {0, OK, "the same"},
	} {
		s := serve(t, publicCA.issue("127.0.0.1", lastYear, nextYear))
		s.date = time.Now().Add(c.off).UTC().Format(http.TimeFormat)
		want(t, examine(t, Project{URL: s.URL})["clock"], c.verdict, c.says)
	}
	// A clock that is wrong by years makes the certificate invalid, and is told.
	s := serve(t, publicCA.issue("127.0.0.1", nextYear, nextYear.AddDate(1, 0, 0)))
	s.date = nextYear.AddDate(0, 1, 0).UTC().Format(http.TimeFormat)
	said := examine(t, Project{URL: s.URL})
	want(t, said["clock"], Bad, "behind")
	want(t, said["tls"], Bad, "because this machine's clock is wrong")

	for _, built := range []time.Time{nextYear, lastYear} {
		verdict := map[bool]Verdict{true: Bad, false: OK}[built == nextYear]
		o := Options{BuildDate: built}
		want(t, o.plausible(), verdict)
	}
}

// TestAnswers are those of something that is not the upstream.
func TestAnswers(t *testing.T) {
	trusting(t)
	for _, c := range []struct {
		reply   func(w http.ResponseWriter)
		verdict Verdict
		says    string
	}{
		{func(w http.ResponseWriter) { w.WriteHeader(http.StatusNotFound) }, OK, "status 404"},
		{func(w http.ResponseWriter) {
			w.Header().Set("Location", "https://login.guest.example/?u=x")
			w.WriteHeader(http.StatusFound)
		}, Warn, "login.guest.example"},
		{func(w http.ResponseWriter) { w.WriteHeader(http.StatusServiceUnavailable) }, Warn, "disturbance"},
		{func(w http.ResponseWriter) { panic(http.ErrAbortHandler) }, Bad, "cut"},
	} {
		s := serve(t, publicCA.issue("127.0.0.1", lastYear, nextYear))
		s.reply = c.reply
		want(t, examine(t, Project{URL: s.URL})["answer"], c.verdict, c.says)
	}
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	said := examine(t, Project{URL: strings.Replace(plain.URL, "http://", "https://", 1)})
	want(t, said["answer"], Bad)
	want(t, said["tls"], Bad, "does not speak TLS")
	said = examine(t, Project{URL: plain.URL})
	want(t, said["tls"], OK, "plain HTTP to this machine")
	want(t, said["answer"], OK)
	want(t, said["proxy"], OK, "on this machine")
}

// TestSharedWay asks an upstream of two projects once.
func TestSharedWay(t *testing.T) {
	o := Options{Projects: []Project{{Name: "a", URL: "https://u.invalid"}, {Name: "b", URL: "https://u.invalid/"}, {Name: "c", URL: "https://v.invalid"}, {Name: "d", URL: "::"}}}
	if n := len(o.upstreams()); n != 2 {
		t.Errorf("%d ways, want 2", n)
	}
}

func TestBlocked(t *testing.T) {
	found, _, err := lookup(t.Context(), "localhost")
	if err != nil {
		t.Skip(err)
	}
	if !blocked("events.funnelytics.io", found) || blocked("localhost", found) {
		t.Errorf("%v", found)
	}
}

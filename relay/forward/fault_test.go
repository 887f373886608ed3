package forward

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// quietServer is a TLS server that keeps handshake errors to itself.
func quietServer(t *testing.T, h http.HandlerFunc) *httptest.Server {
	s := httptest.NewUnstartedServer(h)
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

// post makes one attempt over real sockets.
func post(t *testing.T, o Options) judgement {
	t.Helper()
	o.ProjectID, o.APIKey = "4711", testKey
	if o.Proxy == nil {
		o.Proxy = func(*http.Request) (*url.URL, error) { return nil, nil }
	}
	target := newTarget(o.withDefaults())
	defer target.transport.CloseIdleConnections()
	var c courier
	j := judge(Table{}, c.post(t.Context(), target, "Demo", []byte(`{"n":1}`)), target.o.Timeout)
	if strings.Contains(j.cause, testKey) || strings.Contains(string(j.answer), testKey) || strings.Contains(j.cause, "swordfish") {
		t.Errorf("shows a secret: %+v", j)
	}
	return j
}

func parse(t *testing.T, text string) *url.URL {
	u, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func TestTLS(t *testing.T) {
	proto := ""
	up := quietServer(t, func(_ http.ResponseWriter, r *http.Request) { proto = r.Proto })
	roots := x509.NewCertPool()
	roots.AddCert(up.Certificate())
	good := &tls.Config{RootCAs: roots}
	if j := post(t, Options{URL: parse(t, up.URL), TLS: good}); j.verdict != Sent || proto != "HTTP/1.1" {
		t.Errorf("%+v over %s", j, proto)
	}
	if j := post(t, Options{URL: parse(t, up.URL)}); j.verdict != Pause || j.arrived {
		t.Errorf("unknown authority: %+v", j)
	}
	if j := post(t, Options{URL: parse(t, up.URL), TLS: &tls.Config{RootCAs: roots, ServerName: "other.test"}}); j.verdict != Pause {
		t.Errorf("other name: %+v", j)
	}
	late := &tls.Config{RootCAs: roots, Time: func() time.Time { return time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC) }}
	if j := post(t, Options{URL: parse(t, up.URL), TLS: late}); j.verdict != Pause || !strings.Contains(advice("shop", j), "clock") {
		t.Errorf("expired: %+v", j)
	}
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	if j := post(t, Options{URL: parse(t, strings.Replace(plain.URL, "http:", "https:", 1))}); j.verdict != Pause {
		t.Errorf("no TLS: %+v", j)
	}
}

func TestNoConnection(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	if j := post(t, Options{URL: parse(t, "http://"+l.Addr().String())}); j.verdict != Retry || j.effect != down || j.arrived {
		t.Errorf("refused: %+v", j)
	}
	if j := post(t, Options{URL: parse(t, "http://no.such.host.invalid")}); j.verdict != Retry || j.effect != down || j.arrived {
		t.Errorf("no such host: %+v", j)
	}
}

func TestNoAnswer(t *testing.T) {
	release := make(chan struct{})
	up := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.ReadAll(r.Body)
		<-release
	}))
	defer up.Close()
	defer close(release)
	j := post(t, Options{URL: parse(t, up.URL), Timeout: 30 * time.Millisecond})
	if j.verdict != Retry || !j.arrived || j.cause != "no answer within 30ms" {
		t.Errorf("%+v", j)
	}
}

func TestProxies(t *testing.T) {
	for status, want := range map[int]Verdict{407: Pause, 403: Pause, 502: Retry, 503: Retry} {
		proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("X-Api-Key") != "" || r.Method != http.MethodConnect {
				t.Error("the proxy sees the request")
			}
			w.WriteHeader(status)
		}))
		j := post(t, Options{
			URL:   parse(t, "https://events.example"),
			Proxy: http.ProxyURL(parse(t, strings.Replace(proxy.URL, "//", "//till:swordfish@", 1))),
		})
		proxy.Close()
		if j.verdict != want || j.status != status || j.arrived {
			t.Errorf("%d: %+v", status, j)
		}
	}
	j := post(t, Options{URL: parse(t, "https://events.example"), Proxy: func(*http.Request) (*url.URL, error) {
		return url.Parse("http://till:swordfish@[::1")
	}})
	if j.verdict != Pause || j.effect != refused {
		t.Errorf("broken address: %+v", j)
	}
}

func TestUnusableKey(t *testing.T) {
	target := newTarget(Options{APIKey: "two\nlines", ProjectID: "x"}.withDefaults())
	var c courier
	if j := judge(Table{}, c.post(t.Context(), target, "Demo", []byte(`{}`)), 0); j.verdict != Pause || !strings.Contains(j.cause, "api_key") {
		t.Errorf("%+v", j)
	}
}

// A connection that the other side closes while it is idle must not make an
// event go out twice, nor be taken for one on which nothing was sent.
func TestStaleConnection(t *testing.T) {
	var arrived atomic.Int32
	up := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { arrived.Add(1) }))
	defer up.Close()
	target := newTarget(Options{URL: parse(t, up.URL), Proxy: func(*http.Request) (*url.URL, error) { return nil, nil }}.withDefaults())
	defer target.transport.CloseIdleConnections()
	var c courier
	for i := range 50 {
		before := arrived.Load()
		a := c.post(t.Context(), target, "Demo", []byte(`{}`))
		if n := arrived.Load() - before; n > 1 || n == 1 && a.err != nil && !a.whole || n == 0 && a.err == nil {
			t.Fatalf("%d: arrived %d times, and %+v", i, n, a)
		}
		up.CloseClientConnections()
	}
}

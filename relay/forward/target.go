package forward

import (
	"context"
	"crypto/tls"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/time/rate"
)

// webhookPath stands before the action ("https://events.funnelytics.io/api/v1/
// webhook/{actionName}").
const webhookPath = "/api/v1/webhook/"

// target is where attempts go: what follows from one set of options. It is not
// changed; Update makes a new one.
type target struct {
	o         Options
	request   *http.Request // to be copied; its header is shared by all attempts and not changed
	transport *http.Transport
	limiter   *rate.Limiter
	secret    []byte // what no answer may show
	fault     error  // no request can be made from the options; nil: it can
}

func newTarget(o Options) *target {
	t := &target{
		o:      o,
		secret: []byte(o.APIKey),
		// The names in the contract's own case: it is what a sender from the
		// vendor's documentation sends.
		request: &http.Request{
			Method:     http.MethodPost,
			Proto:      "HTTP/1.1",
			ProtoMajor: 1,
			ProtoMinor: 1,
			Header: http.Header{
				"Content-Type": {"application/json"},
				"X-PROJECT-ID": {o.ProjectID},
				"X-API-KEY":    {string(o.APIKey)},
				"User-Agent":   {o.UserAgent},
			},
		},
		limiter: rate.NewLimiter(o.Rate, max(1, int(min(o.Rate, 1e6)/10))),
	}
	for _, h := range []struct{ name, value string }{{"api_key", string(o.APIKey)}, {"project_id", o.ProjectID}} {
		if strings.ContainsFunc(h.value, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }) {
			t.fault = &requestFault{"the " + h.name + " holds a line break or another control character"}
		}
	}
	// HTTP/1.1 only: connections are then what the option says, and a connection
	// that dies makes one outcome unknown, not those of all attempts in flight.
	one := new(http.Protocols)
	one.SetHTTP1(true)
	config := &tls.Config{}
	if o.TLS != nil {
		config = o.TLS.Clone()
	}
	t.transport = &http.Transport{
		Proxy:                  proxyOf(o),
		DialContext:            o.DialContext,
		TLSClientConfig:        config,
		TLSHandshakeTimeout:    10 * time.Second,
		MaxIdleConns:           o.Connections,
		MaxIdleConnsPerHost:    o.Connections,
		IdleConnTimeout:        90 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
		DisableCompression:     true,
		Protocols:              one,
		OnProxyConnectResponse: func(_ context.Context, _ *url.URL, _ *http.Request, answer *http.Response) error {
			if answer.StatusCode == http.StatusOK {
				return nil
			}
			return &proxyRefusal{status: answer.StatusCode, text: http.StatusText(answer.StatusCode)}
		},
	}
	return t
}

// proxyOf is the proxy option without what its error says: that may hold the
// proxy's password.
func proxyOf(o Options) func(*http.Request) (*url.URL, error) {
	return func(r *http.Request) (*url.URL, error) {
		u, err := o.Proxy(r)
		if err != nil {
			return nil, &requestFault{"the address of the proxy (HTTPS_PROXY or the config) cannot be read"}
		}
		return u, nil
	}
}

// Address is the URL for an action, where base is the project's. path is sent as
// the sender escaped it: only what cannot stand in a request line is escaped here.
func Address(base *url.URL, path string) *url.URL {
	u := *base
	raw := strings.TrimSuffix(u.EscapedPath(), "/") + webhookPath + legalPath(path)
	// net/url sends RawPath as it is when it is an encoding of Path, which it
	// is after legalPath.
	u.RawPath = raw
	u.Path, _ = url.PathUnescape(raw)
	u.RawQuery, u.Fragment, u.User, u.Opaque = "", "", nil, ""
	return &u
}

// legalPath escapes the bytes of an escaped path segment that are not legal in
// one: raw unicode, spaces, and a percent sign that escapes nothing.
func legalPath(path string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(path) {
		c := path[i]
		if legalInPath(c) || c == '%' && i+2 < len(path) && isHex(path[i+1]) && isHex(path[i+2]) {
			b.WriteByte(c)
			continue
		}
		b.WriteByte('%')
		b.WriteByte(hex[c>>4])
		b.WriteByte(hex[c&15])
	}
	return b.String()
}

// legalInPath says whether c is a pchar of RFC 3986 other than a percent sign.
func legalInPath(c byte) bool {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		return true
	}
	return strings.IndexByte("-._~!$&'()*+,;=:@", c) >= 0
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

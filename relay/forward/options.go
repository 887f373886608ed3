package forward

import (
	"cmp"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/VictoriaMetrics/metrics"
	"golang.org/x/time/rate"

	"funnelrelay/relay/alarm"
	"funnelrelay/relay/event"
)

// Options of a Forwarder. The zero value of each is its documented default.
// The caller must not change what they point to afterwards.
type Options struct {
	Project   string // name of the project, for people; required
	Queue     string // where its records are in the spool; default Project
	ProjectID string // sent as X-PROJECT-ID ("Webhook Account ID"); required
	APIKey    Secret // sent as X-API-KEY ("Webhook Secret Key"); required

	URL             *url.URL      // of the upstream, without the webhook's path; default https://events.funnelytics.io
	Connections     int           // attempts at the same time; default 4
	Rate            rate.Limit    // attempts a second; 0: no limit
	Outcomes        Table         // what answers mean; zero: the documented table
	TrustDuplicates time.Duration // for how long the upstream is sure to remember a body; default 24 h
	Timeout         time.Duration // of one attempt, connecting included; default 30 s
	UserAgent       string        // default "funnelrelay"
	Rules           *event.Rules  // for a stamp that moves on; nil: the event package's defaults

	// How the network is reached. Defaults: the proxy that the environment
	// names (HTTPS_PROXY, NO_PROXY), the system's roots, plain TCP.
	Proxy       func(*http.Request) (*url.URL, error)
	TLS         *tls.Config
	DialContext func(ctx context.Context, network, address string) (net.Conn, error)

	Alarms  *alarm.Board // default: one of its own
	Log     *slog.Logger // default: discards
	Metrics *metrics.Set // default: one that nobody reads
}

func (o Options) withDefaults() Options {
	o.Queue = cmp.Or(o.Queue, o.Project)
	o.URL = cmp.Or(o.URL, &url.URL{Scheme: "https", Host: "events.funnelytics.io"})
	o.Connections = max(1, cmp.Or(o.Connections, 4))
	o.Rate = cmp.Or(o.Rate, rate.Inf)
	o.TrustDuplicates = cmp.Or(o.TrustDuplicates, 24*time.Hour)
	o.Timeout = cmp.Or(o.Timeout, 30*time.Second)
	o.UserAgent = cmp.Or(o.UserAgent, "funnelrelay")
	if o.Proxy == nil {
		o.Proxy = http.ProxyFromEnvironment
	}
	if o.DialContext == nil {
		o.DialContext = (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}).DialContext
	}
	o.Log = cmp.Or(o.Log, slog.New(slog.NewTextHandler(io.Discard, nil)))
	if o.Alarms == nil {
		o.Alarms = alarm.New(o.Log)
	}
	o.Metrics = cmp.Or(o.Metrics, metrics.NewSet())
	return o
}

// Secret is a text that no log line, error, page or JSON may show: every way
// of printing it gives "[redacted]".
type Secret string

const redacted = "[redacted]"

// Format makes every verb of fmt print "[redacted]".
func (s Secret) Format(w fmt.State, _ rune) { _, _ = io.WriteString(w, redacted) }

// String is "[redacted]".
func (s Secret) String() string { return redacted }

// LogValue is "[redacted]", for slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText is "[redacted]", for JSON and others.
func (s Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

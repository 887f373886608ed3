package ingest

import (
	"cmp"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"time"

	"github.com/VictoriaMetrics/metrics"

	"funnelrelay/relay/event"
	"funnelrelay/relay/mapping"
)

// Options is what a Handler works by. They are read by New and Update and not
// changed by them; the caller does not change them afterwards.
type Options struct {
	// Sink takes the events over. It must not keep its input once Accept has
	// returned nil: the memory is used again. After an error it may.
	Sink event.Sink
	// Projects that may be posted to. The first is the default.
	Projects []Project
	// Sources are those whose mapping bodies may be posted through.
	Sources []Source
	Auth    Auth
	// Loopback says that the port is bound to a loopback address only; see
	// IsLoopback. Without it every request needs credentials.
	Loopback bool
	// Insecure lets requests from anywhere post without credentials, where
	// Auth holds none. It never makes a wrong key right.
	Insecure bool
	// RemoteReading lets AdminOnly answer requests from other machines,
	// through a proxy, or under a public name.
	RemoteReading bool
	// Hosts are names or addresses, without port, that Host may hold besides
	// loopback names. Case does not matter.
	Hosts []string
	// Origins of browser pages that may post, as the browser writes them:
	// "https://till.example". Case does not matter.
	Origins []string
	// Allow narrows every path of the port to these addresses, loopback
	// included; empty: all.
	Allow  []netip.Prefix
	Limits Limits
	// Now is the time by which orders are too old to be known again; nil:
	// time.Now.
	Now func() time.Time
	// Log; nil: none.
	Log *slog.Logger
	// Metrics gets the counters named funnelrelay_…; nil: none are seen.
	Metrics *metrics.Set
	// Stopping says that no more events are taken (503); nil: never. It is
	// called for every request, concurrently.
	Stopping func() bool
}

// Project is one that events may be posted to.
type Project struct {
	Name      string       // as configured; goes into Batch.Project and metrics
	ProjectID string       // what X-PROJECT-ID holds
	APIKey    Secret       // what X-API-KEY must hold; empty: no key is right
	Rules     *event.Rules // how its bodies are normalized
	// Hold accepts a body that breaks the contract and has it kept as dead,
	// "for a sender who cannot cope with a no" (invalid: hold).
	Hold bool
}

// Source is a mapping that bodies are read by.
type Source struct {
	Name    string // as configured; the last segment of the path
	Project string // the name of one of Options.Projects
	Mapping *mapping.Mapping
}

// Auth is what proves that somebody who is not direct may post. Any one of
// what is set here is enough.
type Auth struct {
	APIKey bool     // the project's own X-API-KEY
	Tokens []Secret // Authorization: Bearer; empty ones are skipped
}

// Limits of what is taken, in bytes and events. Zero is the default.
type Limits struct {
	Event  int64 // a single event, or one of a batch; default 1 MiB
	Body   int64 // a body, before and after gunzip, and the events of a zip; default 16 MiB
	Batch  int   // events in a batch; default 10,000
	Memory int64 // all bodies over 64 KiB at one time; more wait. Default 64 MiB, never less than Body
}

func (l Limits) orDefaults() Limits {
	l.Event = cmp.Or(l.Event, 1<<20)
	l.Body = cmp.Or(l.Body, 16<<20)
	l.Batch = cmp.Or(l.Batch, 10_000)
	l.Memory = max(cmp.Or(l.Memory, 64<<20), l.Body)
	return l
}

// Secret is text that is never printed, logged or encoded. Converting it to a
// string is the one way to its text.
type Secret string

// Format writes a placeholder for every verb.
func (Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "[secret]") }

// LogValue hides the text from slog.
func (Secret) LogValue() slog.Value { return slog.StringValue("[secret]") }

// MarshalText hides the text from JSON and other encodings.
func (Secret) MarshalText() ([]byte, error) { return []byte("[secret]"), nil }

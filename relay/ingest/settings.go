package ingest

import (
	"crypto/sha256"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"sync/atomic"
	"time"

	"github.com/VictoriaMetrics/metrics"

	"funnelrelay/relay/event"
)

// settings are Options made ready for use. They are not changed once made:
// Update puts new ones in their place, and a request keeps those it began with.
type settings struct {
	sink          event.Sink
	projects      []*project
	byID          map[string]*project
	byName        map[string]*project
	sources       map[string]*Source
	keyAuth       bool
	tokens        [][sha256.Size]byte
	loopback      bool
	insecure      bool
	remoteReading bool
	hosts         map[string]bool
	origins       map[string]bool
	allow         []netip.Prefix
	limits        Limits
	log           *slog.Logger
	set           *metrics.Set
	seconds       *metrics.PrometheusHistogram
	stopping      func() bool
	now           func() time.Time
}

// project is a Project with its key hashed, so that comparing it takes the
// same time whatever was sent, and with its counters at hand.
type project struct {
	Project
	keyed bool
	key   [sha256.Size]byte

	anonymous *metrics.Counter
	warnedAt  atomic.Int64 // when anonymous events were last logged; seconds since 1970
}

// portSource is the name of this way in, in metrics and on records.
const portSource = "http"

func newSettings(o Options) *settings {
	s := &settings{
		sink:          o.Sink,
		byID:          make(map[string]*project, len(o.Projects)),
		byName:        make(map[string]*project, len(o.Projects)),
		sources:       make(map[string]*Source, len(o.Sources)),
		keyAuth:       o.Auth.APIKey,
		loopback:      o.Loopback,
		insecure:      o.Insecure,
		remoteReading: o.RemoteReading,
		hosts:         make(map[string]bool, len(o.Hosts)),
		origins:       make(map[string]bool, len(o.Origins)),
		limits:        o.Limits.orDefaults(),
		log:           o.Log,
		set:           o.Metrics,
		stopping:      o.Stopping,
		now:           o.Now,
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.set == nil {
		s.set = metrics.NewSet()
	}
	if s.now == nil {
		s.now = time.Now
	}
	if s.stopping == nil {
		s.stopping = func() bool { return false }
	}
	// A commit takes a quarter of a millisecond on a fast disk and seconds on
	// a sick one; the library's own buckets begin at 5 ms.
	s.seconds = s.set.GetOrCreatePrometheusHistogramExt("funnelrelay_accept_seconds",
		[]float64{.00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30})
	for _, token := range o.Auth.Tokens {
		if token != "" {
			s.tokens = append(s.tokens, sha256.Sum256([]byte(token)))
		}
	}
	for _, host := range o.Hosts {
		s.hosts[hostName(host)] = true
	}
	for _, origin := range o.Origins {
		s.origins[strings.ToLower(strings.TrimSuffix(origin, "/"))] = true
	}
	delete(s.origins, "null") // every site can make a frame whose origin is "null"
	for _, prefix := range o.Allow {
		// A connection from an IPv4 address on an IPv6 socket is unmapped
		// before it is compared, so the prefix must be, too.
		if addr := prefix.Addr(); addr.Is4In6() && prefix.Bits() >= 96 {
			prefix = netip.PrefixFrom(addr.Unmap(), prefix.Bits()-96)
		}
		s.allow = append(s.allow, prefix)
	}
	for _, p := range o.Projects {
		s.addProject(p)
	}
	for _, src := range o.Sources {
		s.sources[src.Name] = &src
	}
	return s
}

func (s *settings) addProject(p Project) {
	labels := fmt.Sprintf("{project=%q,source=%q}", p.Name, portSource)
	made := &project{
		Project:   p,
		anonymous: s.set.GetOrCreateCounter("funnelrelay_anonymous_total" + labels),
	}
	// net/http trims header values, so a key that begins or ends with spaces
	// can only be compared without them.
	if key := strings.TrimSpace(string(p.APIKey)); key != "" {
		made.keyed, made.key = true, sha256.Sum256([]byte(key))
	}
	s.projects, s.byName[p.Name] = append(s.projects, made), made
	if _, taken := s.byID[p.ProjectID]; !taken && p.ProjectID != "" {
		s.byID[p.ProjectID] = made
	}
}

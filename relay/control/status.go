package control

import (
	"cmp"
	"context"
	"io"
	"slices"
	"sync"
	"time"

	"funnelrelay/relay/alarm"
	"funnelrelay/relay/dropfolder"
	"funnelrelay/relay/event"
	"funnelrelay/relay/forward"
	"funnelrelay/spool"
)

// Status is what /api/v1/status answers: all that is needed to tell whether
// every event arrived, and if not, what holds it up.
type Status struct {
	Version  string             `json:"version"`
	Started  time.Time          `json:"started,omitzero"`
	Config   string             `json:"config,omitempty"` // the file in use
	Running  bool               `json:"running"`          // false: a command looks at the spool while no relay runs
	Ready    bool               `json:"ready"`            // takes events
	Summary  string             `json:"summary"`          // one plain sentence
	Projects []Project          `json:"projects"`
	Sources  []dropfolder.State `json:"sources"`
	Total    spool.Counts       `json:"total"`
	Today    *Today             `json:"today,omitempty"`
	Balanced bool               `json:"balanced"` // nothing has vanished
	Spool    spool.Health       `json:"spool"`
	Held     int64              `json:"held,omitempty"` // events of a copied spool that a person has to decide on
	Alarms   []alarm.Alarm      `json:"alarms"`
}

// Project is the part of one project in Status. One that is not configured any
// more, and still has a backlog, is in the list, too.
type Project struct {
	Name          string         `json:"name"`
	ProjectID     string         `json:"project_id"`
	Configured    bool           `json:"configured"`
	Counts        spool.Counts   `json:"counts"`
	OldestPending float64        `json:"oldest_pending_seconds"` // 0: nothing is pending
	Upstream      *forward.State `json:"upstream,omitempty"`
}

// Queue is where a project's records are. They keep the name and the id that
// the project had, so that a change in the config never sends a backlog to
// another workspace.
type Queue struct {
	Name       string // of the queue in the spool
	Project    string
	ProjectID  string
	Configured bool                     // false: it has records or counts, and no project any more
	State      func() forward.State     // nil: nothing is sent, as by a desk
	URL        func(path string) string // where an event with this path is sent; nil: nowhere
}

// Options of a Control. Those that only a running relay has are nil without one:
// what needs them fails with ErrNotRunning.
type Options struct {
	Spool   *spool.Spool
	Alarms  *alarm.Board
	Version string
	Started time.Time
	Queues  func() []Queue // all that are configured or have records
	Ready   func() bool
	Config  func() string // the file in use; nil: none

	Sink  event.Sink
	Rules func(project, source string) *event.Rules // of the source where it has its own, or of the project; nil: the default ones
	Zone  func() *time.Location                     // the site's, in which a day begins; nil: this machine's

	Folders *dropfolder.Watcher
	Preview func(ctx context.Context, source, name string, file io.Reader) (Preview, error)
	Totals  func(project, name string, text []byte) ([]TillTotal, error) // reads a CSV
	Files   func(ctx context.Context, needles []string) []string         // that hold one of the texts; nil: not looked for
	Forget  func(names func(text string) bool, dry bool) (int, error)    // empties reasons of pauses that name a person; nil: there are none
	Redact  func() ([]byte, error)                                       // the config as YAML, without secrets
	Doctor  func(ctx context.Context) (any, error)                       // nil: there is none

	// Of a running relay.
	Sources func() []dropfolder.State
	Last    func() (sale, accepted time.Time) // of what was accepted; zero: not known
	Pause   func(project, reason string) error
	Resume  func(project string) error
	Probe   func(project string) error
	Seen    func(alarm string) error
	Stopped <-chan struct{} // closed when the relay stops: streams end
}

// Control answers for the daemon. Its methods may be called concurrently.
type Control struct {
	o       Options
	streams chan struct{} // one entry for each stream that is open
	totals  sync.Mutex    // held while the till's totals are changed
	guess   guess
}

// New does no I/O.
func New(o Options) *Control {
	if o.Zone == nil {
		o.Zone = func() *time.Location { return time.Local }
	}
	if o.Rules == nil {
		o.Rules = func(string, string) *event.Rules { return nil }
	}
	return &Control{o: o, streams: make(chan struct{}, mostStreams)}
}

// Status gathers the present state.
func (c *Control) Status() Status {
	s := Status{
		Version: c.o.Version, Started: c.o.Started, Running: c.o.Stopped != nil, Ready: c.o.Ready(),
		Spool: c.o.Spool.Health(), Alarms: c.o.Alarms.Open(), Balanced: true,
		Projects: []Project{}, Sources: []dropfolder.State{},
	}
	if c.o.Sources != nil {
		s.Sources = append(s.Sources, c.o.Sources()...)
	}
	if c.o.Config != nil {
		s.Config = c.o.Config()
	}
	s.Held, _ = c.o.Spool.Held() // a spool that cannot be read says so itself
	counts := c.o.Spool.Counts()
	for _, q := range c.o.Queues() {
		p := Project{Name: q.Project, ProjectID: q.ProjectID, Configured: q.Configured, Counts: counts[q.Name]}
		if at, ok := c.o.Spool.Oldest(q.Name); ok && p.Counts.Pending > 0 {
			p.OldestPending = max(0, time.Since(at).Seconds())
		}
		if q.State != nil {
			state := q.State()
			p.Upstream = &state
		}
		s.Projects = append(s.Projects, p)
		s.Total = plus(s.Total, p.Counts)
		s.Balanced = s.Balanced && p.Counts.Balanced()
	}
	slices.SortStableFunc(s.Projects, func(a, b Project) int {
		return -cmp.Compare(btoi(a.Configured), btoi(b.Configured))
	})
	if today, err := c.Today(context.Background()); err == nil { // a spool that cannot be read says so itself
		s.Today = &today
	}
	if s.Summary = summary(&s, c.o.Zone()); !s.Running {
		s.Summary = stoppedSummary(&s)
	}
	return s
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

func plus(a, b spool.Counts) spool.Counts {
	a.Accepted += b.Accepted
	a.Duplicates += b.Duplicates
	a.Pending += b.Pending
	a.Sent += b.Sent
	a.Dead += b.Dead
	a.Discarded += b.Discarded
	a.Unreadable += b.Unreadable
	return a
}

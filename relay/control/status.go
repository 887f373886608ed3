package control

import (
	"cmp"
	"slices"
	"time"

	"funnelrelay/relay/alarm"
	"funnelrelay/relay/dropfolder"
	"funnelrelay/relay/forward"
	"funnelrelay/spool"
)

// Status is what /api/v1/status answers: all that is needed to tell whether
// every event arrived, and if not, what holds it up.
type Status struct {
	Version  string             `json:"version"`
	Started  time.Time          `json:"started"`
	Config   string             `json:"config,omitempty"` // the file in use
	Ready    bool               `json:"ready"`            // takes events
	Summary  string             `json:"summary"`          // one plain sentence
	Projects []Project          `json:"projects"`
	Sources  []dropfolder.State `json:"sources"`
	Total    spool.Counts       `json:"total"`
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
	Name      string // of the queue in the spool
	Project   string
	ProjectID string
	State     func() forward.State // nil: not configured any more
}

// Options of a Control; all are required, but for Config and Sources.
type Options struct {
	Spool   *spool.Spool
	Alarms  *alarm.Board
	Version string
	Started time.Time
	Sources func() []dropfolder.State
	Queues  func() []Queue // all that are configured or have records
	Ready   func() bool
	Config  func() string
}

// Control answers for the daemon. Its methods may be called concurrently.
type Control struct{ o Options }

// New does no I/O.
func New(o Options) *Control { return &Control{o} }

// Status gathers the present state.
func (c *Control) Status() Status {
	s := Status{
		Version: c.o.Version, Started: c.o.Started, Ready: c.o.Ready(),
		Spool: c.o.Spool.Health(), Alarms: c.o.Alarms.Open(), Balanced: true,
	}
	if c.o.Sources != nil {
		s.Sources = c.o.Sources()
	}
	if c.o.Config != nil {
		s.Config = c.o.Config()
	}
	s.Held, _ = c.o.Spool.Held() // a spool that cannot be read says so itself
	counts := c.o.Spool.Counts()
	for _, q := range c.o.Queues() {
		p := Project{Name: q.Project, ProjectID: q.ProjectID, Configured: q.State != nil, Counts: counts[q.Name]}
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
	s.Summary = summary(&s)
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

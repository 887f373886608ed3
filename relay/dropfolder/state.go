package dropfolder

import (
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// State is what a person sees of a source.
type State struct {
	Source  string   `json:"source"`
	Project string   `json:"project"`
	Folders []string `json:"folders"`           // that are looked through
	Waiting int      `json:"waiting"`           // files that are seen and not taken yet
	Trouble string   `json:"trouble,omitempty"` // why nothing is taken just now

	Files  []Progress `json:"files,omitempty"`  // under way
	Totals Totals     `json:"totals"`           // since the relay started
	Recent []Result   `json:"recent,omitempty"` // the last ones, newest first
}

// Totals count what became of files and rows.
type Totals struct {
	Files      int64 `json:"files"`      // taken, or refused as a whole
	Rows       int64 `json:"rows"`       // read
	Accepted   int64 `json:"accepted"`   // events
	Held       int64 `json:"held"`       // of them: kept as dead, for a person
	Duplicates int64 `json:"duplicates"` // events that were taken before
	Changed    int64 `json:"changed"`    // orders that came again with other content
	Skipped    int64 `json:"skipped"`    // results left out by a rule
	Rejected   int64 `json:"rejected"`   // results in rejected/
	Earlier    int64 `json:"earlier"`    // results that were handed over before a restart
}

func (t *Totals) add(other Totals) {
	t.Files += other.Files
	t.Rows += other.Rows
	t.Accepted += other.Accepted
	t.Held += other.Held
	t.Duplicates += other.Duplicates
	t.Changed += other.Changed
	t.Skipped += other.Skipped
	t.Rejected += other.Rejected
	t.Earlier += other.Earlier
}

// Progress is a file under way.
type Progress struct {
	File    string        `json:"file"`
	Bytes   int64         `json:"bytes"` // read
	Size    int64         `json:"size"`
	Rows    int64         `json:"rows"`
	Started time.Time     `json:"started"`
	Rate    float64       `json:"rate"`    // rows a second
	Left    time.Duration `json:"left_ns"` // about; 0: not known
}

// Percent is how much of the file was read.
func (p *Progress) Percent() int {
	if p.Size <= 0 {
		return 0
	}
	return int(min(100, p.Bytes*100/p.Size))
}

// Result is what became of a file.
type Result struct {
	File   string    `json:"file"`
	At     time.Time `json:"at"`
	Totals Totals    `json:"totals"`
	Error  string    `json:"error,omitempty"` // why it was refused as a whole
}

// recentResults is how many results of a source are kept.
const recentResults = 50

// ledger is what a lane tells of itself.
type ledger struct {
	mu      sync.Mutex // guards all below
	folders []string
	waiting int
	trouble string
	totals  Totals
	recent  []Result // oldest first
	under   *underway
	insides insides
}

// underway is a file that is being read. Its counters are the reader's.
type underway struct {
	file    string
	size    int64
	started time.Time
	bytes   atomic.Int64
	rows    atomic.Int64
}

func (u *underway) progress() Progress {
	p := Progress{File: u.file, Bytes: u.bytes.Load(), Size: u.size, Rows: u.rows.Load(), Started: u.started}
	p.Bytes = min(p.Bytes, p.Size)
	took := time.Since(u.started)
	if took > 0 {
		p.Rate = float64(p.Rows) / took.Seconds()
	}
	if p.Bytes > 0 {
		p.Left = time.Duration(float64(took) / float64(p.Bytes) * float64(p.Size-p.Bytes)).Round(time.Second)
	}
	return p
}

func (l *ledger) begin(u *underway) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.under = u
}

func (l *ledger) end() { l.begin(nil) }

func (l *ledger) looked(folders []string, waiting int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.folders, l.waiting = folders, waiting
}

func (l *ledger) inTrouble(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.trouble = text
}

// count adds to the totals.
func (l *ledger) count(t Totals) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.totals.add(t)
}

// record notes what became of a file. Its rows were counted.
func (l *ledger) record(r Result) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.recent) == recentResults {
		l.recent = slices.Delete(l.recent, 0, 1)
	}
	l.recent = append(l.recent, r)
}

func (l *ledger) state(s *Source) State {
	l.mu.Lock()
	defer l.mu.Unlock()
	state := State{
		Source: s.Name, Project: s.Project, Folders: slices.Clone(l.folders), Waiting: l.waiting,
		Trouble: l.trouble, Totals: l.totals, Recent: slices.Clone(l.recent),
	}
	slices.Reverse(state.Recent)
	if l.under != nil {
		state.Files = []Progress{l.under.progress()}
	}
	return state
}

// State tells what each source does, by name. It may be called at any time.
func (w *Watcher) State() []State {
	w.mu.Lock()
	lanes := make([]*lane, 0, len(w.lanes))
	for _, l := range w.lanes {
		lanes = append(lanes, l)
	}
	w.mu.Unlock()
	states := make([]State, len(lanes))
	for i, l := range lanes {
		states[i] = l.ledger.state(l.source.Load())
	}
	slices.SortFunc(states, func(a, b State) int { return strings.Compare(a.Source, b.Source) })
	return states
}

package notify

import (
	"cmp"
	"context"
	"log/slog"
	"os"
	"strconv"
	"sync"
	"time"

	"funnelrelay/relay/alarm"
)

// Settle is for how long an alarm has to be open, or over, before it is told.
const Settle = 30 * time.Second

const (
	tellTime   = 30 * time.Second // for one notice
	firstRetry = 5 * time.Second
	lastRetry  = 15 * time.Minute
	failsFirst = 3 // failures in a row, before there is an alarm
)

// Options of a Notifier.
type Options struct {
	Board   *alarm.Board // required
	Log     *slog.Logger // required
	Version string

	// Note reads what an earlier run told, and SetNote keeps it. Nil: nothing is
	// kept, and a restart tells anew.
	Note    func() ([]byte, error)
	SetNote func(data []byte) error
}

// Settings are what a config says of it. They may change while it runs.
type Settings struct {
	Site    string         // default: the machine's name
	Repeat  time.Duration  // 0: never
	Zone    *time.Location // the site's, for times in texts; default: the machine's
	Targets []Target
}

// Target is one that is told.
type Target struct {
	Way  Way      // Webhook, Mail or Command
	Only []string // the alarms that are told: names, kinds, or what kinds begin with; empty: all
}

// Notifier tells alarms to its targets. Its methods may be called concurrently.
type Notifier struct {
	o      Options
	memory *memory

	mu       sync.Mutex // guards all below
	settings *Settings  // not changed, but replaced
	tellers  []*teller
	renew    chan struct{} // closed and replaced with new settings
}

// New makes one that tells nobody; see Update.
func New(o Options) *Notifier {
	n := &Notifier{o: o, memory: newMemory(&o), renew: make(chan struct{})}
	n.Update(Settings{})
	return n
}

// Update takes other settings up, while it runs or before. What was told to a
// target that stays is not told again.
func (n *Notifier) Update(s Settings) {
	if s.Site == "" {
		host, _ := os.Hostname()
		s.Site = cmp.Or(host, "funnelrelay")
	}
	s.Zone = cmp.Or(s.Zone, time.Local)
	n.mu.Lock()
	defer n.mu.Unlock()
	n.settings, n.tellers = &s, nil
	seen := map[string]int{}
	for i := range s.Targets {
		label := s.Targets[i].Way.String()
		seen[label]++
		n.tellers = append(n.tellers, &teller{
			o: &n.o, settings: &s, target: s.Targets[i], label: label, number: i + 1,
			told: n.memory.of(label + "#" + strconv.Itoa(seen[label])), tries: map[string]int{},
		})
	}
	close(n.renew)
	n.renew = make(chan struct{})
}

// Run tells alarms until ctx ends, and returns when all its goroutines are gone.
func (n *Notifier) Run(ctx context.Context) {
	for ctx.Err() == nil {
		n.mu.Lock()
		tellers, renew := n.tellers, n.renew
		n.mu.Unlock()
		inner, cancel := context.WithCancel(ctx)
		var running sync.WaitGroup
		for _, t := range tellers {
			running.Go(func() { t.run(inner) })
		}
		select {
		case <-ctx.Done():
		case <-renew:
		}
		cancel()
		running.Wait()
		for _, t := range tellers {
			if ctx.Err() == nil { // else it is still so after the restart
				t.o.Board.Clear(t.alarmName())
			}
		}
	}
}

// TargetState is how it stands with one target.
type TargetState struct {
	Target   string    `json:"target"` // "mail to owner@shop.example"
	Only     []string  `json:"only,omitempty"`
	LastTold time.Time `json:"last_told,omitzero"` // by this process
	Failures int       `json:"failures,omitempty"` // in a row
	Cause    string    `json:"cause,omitempty"`    // of the last one
}

// State tells how it stands with each target, in the order of the config.
func (n *Notifier) State() []TargetState {
	n.mu.Lock()
	defer n.mu.Unlock()
	list := make([]TargetState, 0, len(n.tellers))
	for _, t := range n.tellers {
		list = append(list, t.state())
	}
	return list
}

// Result is how a test went.
type Result struct {
	Target string  `json:"target"`
	Error  string  `json:"error,omitempty"` // "": it was taken
	Millis float64 `json:"millis"`
}

// Test tells each target that this is a test, all at once, and what came of it.
func (n *Notifier) Test(ctx context.Context) []Result {
	n.mu.Lock()
	tellers, site := n.tellers, n.settings.Site
	n.mu.Unlock()
	results := make([]Result, len(tellers))
	var running sync.WaitGroup
	for i, t := range tellers {
		running.Go(func() {
			began := time.Now()
			_, err := t.tell(ctx, []Notice{testNotice(site, n.o.Version)})
			results[i] = Result{Target: t.label, Millis: float64(time.Since(began).Microseconds()) / 1000}
			if err != nil {
				results[i].Error = t.explain(err)
			}
		})
	}
	running.Wait()
	return results
}

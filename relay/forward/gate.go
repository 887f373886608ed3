package forward

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"funnelrelay/relay/alarm"
	"funnelrelay/spool"
)

// Mode is the state of a project's gate.
type Mode string

// The modes, the same words in logs, metrics and pages.
const (
	Online  Mode = "online"  // events go out
	Offline Mode = "offline" // the upstream is down: one probe now and then
	Paused  Mode = "paused"  // the upstream refuses the project: a person has to mend it
	Held    Mode = "held"    // a person stopped it
)

const (
	closeAfter = 3                // records that fail in a row close the gate
	rampTime   = 10 * time.Second // until full speed is back
	rampFirst  = 4                // sends in the ramp's first second; then doubling
)

// gate lets the workers of one project through, or one of them as a probe. Its
// methods may be called concurrently. Transitions are rare, so that they log
// and raise alarms under the lock, in their true order.
type gate struct {
	project string
	log     *slog.Logger
	alarms  *alarm.Board

	mu       sync.Mutex // guards all below
	run      context.Context
	epoch    context.Context // ends when the gate closes or a person holds it
	cut      context.CancelFunc
	changed  chan struct{} // closed and replaced when a waiting worker may go on
	waiting  int
	slots    int // workers that may be through at once
	busy     int // workers that are through
	mode     Mode
	held     string // why a person holds the project; empty: not held
	heldAt   time.Time
	since    time.Time // of mode
	cause    string    // of mode
	failures int       // attempts that failed since the gate closed
	streak   []spool.ID
	probing  bool      // a worker waits for the next probe, or makes it
	probes   int       // made since the gate closed
	next     time.Time // when the next probe goes out
	last     spool.ID  // the record that failed last: the probe takes another
	opened   time.Time // when the ramp began; zero: full speed
	turn     time.Time // the ramp's next free turn
}

func newGate(project string, slots int, log *slog.Logger, alarms *alarm.Board) *gate {
	g := &gate{
		project: project, log: log, alarms: alarms,
		run: context.Background(), changed: make(chan struct{}), slots: slots, mode: Online, since: time.Now(),
	}
	g.epoch, g.cut = context.WithCancel(g.run)
	return g
}

// alarmName is that of the alarm that a refused project raises.
func (g *gate) alarmName() string { return "project-paused/" + g.project }

// clearAlarm ends the alarm of a gate that nobody will go through any more.
func (g *gate) clearAlarm() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.alarms.Clear(g.alarmName())
}

// start gives the gate the context that its passes follow.
func (g *gate) start(run context.Context) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.run = run
	g.renewLocked()
}

// pass is the right to make attempts, one after the other, until ctx ends. It
// is given back with leave.
type pass struct {
	ctx   context.Context
	probe bool
	but   spool.ID // for a probe: prefer another record
}

// enter waits until the worker may go through. It fails with ctx's error.
func (g *gate) enter(ctx context.Context) (pass, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for {
		if err := ctx.Err(); err != nil {
			return pass{}, err
		}
		if g.held != "" || g.busy >= g.slots || g.mode != Online && g.probing {
			g.waitLocked(ctx, nil)
			continue
		}
		if g.mode == Online {
			g.busy++
			return pass{ctx: g.epoch}, nil
		}
		g.probing = true
		if wait := time.Until(g.next); wait > 0 {
			timer := time.NewTimer(wait)
			g.waitLocked(ctx, timer.C)
			timer.Stop()
			g.probing = false
			continue
		}
		g.busy++
		return pass{ctx: g.epoch, probe: true, but: g.last}, nil
	}
}

// waitLocked gives up the lock until something changed, the timer fired or ctx
// ended.
func (g *gate) waitLocked(ctx context.Context, timer <-chan time.Time) {
	changed := g.changed
	g.waiting++
	g.mu.Unlock()
	select {
	case <-changed:
	case <-timer:
	case <-ctx.Done():
	}
	g.mu.Lock()
	g.waiting--
}

func (g *gate) wakeLocked() {
	if g.waiting > 0 {
		close(g.changed)
		g.changed = make(chan struct{})
	}
}

// pace waits, while the upstream has just come back, for the worker's turn. It
// fails when the gate closed meanwhile.
func (g *gate) pace(p pass) error {
	g.mu.Lock()
	if g.opened.IsZero() {
		g.mu.Unlock()
		return p.ctx.Err()
	}
	now := time.Now()
	g.turn = later(g.turn, now)
	at := g.turn
	if since := at.Sub(g.opened); since >= rampTime {
		g.opened = time.Time{}
	} else {
		g.turn = at.Add(time.Second / (rampFirst << (since / time.Second)))
	}
	g.mu.Unlock()
	return sleep(p.ctx, at.Sub(now))
}

// report is what a worker saw with its pass.
type report struct {
	id      spool.ID
	effect  effect
	cause   string
	advice  string
	after   time.Duration // when not zero: no attempt before that
	suspect bool          // the record itself may be at fault
	stale   bool          // made with options that have been replaced since
}

// leave gives the pass back and takes the gate to where the report says.
func (g *gate) leave(p pass, r report) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.busy--
	if p.probe {
		g.probing = false
	}
	switch {
	case r.effect == nothing:
	case r.effect == answered:
		g.answeredLocked(p)
	case r.stale:
		// It says nothing of the options that now hold: ask again.
		g.next = time.Now()
		g.wakeLocked()
	default:
		g.last = r.id
		g.failedLocked(p, r)
	}
	if p.probe || g.busy == g.slots-1 {
		g.wakeLocked()
	}
}

func (g *gate) answeredLocked(p pass) {
	g.streak = g.streak[:0]
	if g.mode == Online || !p.probe { // what was in flight when the gate closed proves little
		return
	}
	g.log.Info("upstream is back", "project", g.project, "was", g.mode,
		"failures", g.failures, "lasted", time.Since(g.since).Round(time.Second))
	g.alarms.Clear(g.alarmName())
	g.modeLocked(Online, "")
	g.opened, g.turn = time.Now(), time.Now()
}

func (g *gate) failedLocked(p pass, r report) {
	g.failures++
	switch {
	case r.effect == refused && g.mode != Paused:
		g.modeLocked(Paused, r.cause)
		g.alarms.Raise(g.alarmName(), "project "+g.project+" is paused: "+r.cause, r.advice)
		g.next = time.Now().Add(pauseDelay(0))
	case g.mode == Online:
		if r.effect == failing && !g.streakLocked(r) {
			return
		}
		g.modeLocked(Offline, r.cause)
		g.log.Warn("upstream is down", "project", g.project, "cause", r.cause)
		g.next = time.Now().Add(max(probeDelay(0), r.after))
	case r.effect == refused && p.probe: // and still is
		g.probes++
		g.cause = r.cause
		g.alarms.Raise(g.alarmName(), "project "+g.project+" is paused: "+r.cause, r.advice)
		g.next = time.Now().Add(pauseDelay(g.probes))
	case p.probe:
		// From paused, too: what it was refused for may be mended meanwhile. The
		// alarm stays until an attempt passes.
		if g.mode == Paused {
			g.modeLocked(Offline, r.cause)
		}
		g.probes++
		g.cause = r.cause
		g.next = time.Now().Add(max(probeDelay(g.probes), r.after))
	case g.mode == Offline && r.after > 0: // still in flight when the gate closed
		g.next = later(g.next, time.Now().Add(r.after))
	}
}

// streakLocked notes that a record failed by itself, and reports whether that
// makes it the upstream's fault: one of a few different records in a row, or
// the first ones after an outage (later ones must not cost a small shop, whose
// upstream loses an answer now and then, its way back).
func (g *gate) streakLocked(r report) bool {
	if r.suspect {
		return false
	}
	if !slices.Contains(g.streak, r.id) {
		g.streak = append(g.streak, r.id)
	}
	return len(g.streak) >= closeAfter || !g.opened.IsZero() && time.Since(g.opened) < rampTime/10
}

// modeLocked goes to another mode and ends the passes given out in the old one.
func (g *gate) modeLocked(m Mode, cause string) {
	if m != g.mode {
		g.since = time.Now()
	}
	if g.mode == Online {
		g.failures = 1
	}
	g.mode, g.cause, g.probes, g.streak = m, cause, 0, g.streak[:0]
	g.opened = time.Time{}
	g.renewLocked()
}

func (g *gate) renewLocked() {
	g.cut()
	g.epoch, g.cut = context.WithCancel(g.run)
	g.wakeLocked()
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// sleep waits for d, or fails with ctx's error.
func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

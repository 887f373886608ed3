package forward

import "time"

// State is what a project's forwarding is doing, as JSON for the status page.
type State struct {
	Mode      Mode      `json:"state"`
	Since     time.Time `json:"since"`                // of the mode
	Cause     string    `json:"cause,omitempty"`      // of a mode other than online, without a secret
	NextProbe time.Time `json:"next_probe,omitzero"`  // offline and paused
	Failures  int       `json:"failures,omitempty"`   // attempts that failed since then
	InFlight  int       `json:"in_flight"`            // attempts being made now
	LastSent  time.Time `json:"last_sent,omitzero"`   // by this process
	ClockSkew float64   `json:"clock_skew_seconds"`   // of this machine to the upstream; positive: ahead
	SkewKnown bool      `json:"clock_skew_known"`     // an answer had a date
	SlowUntil time.Time `json:"slow_until,omitzero"`  // back online, and not yet at full speed
	Rate      float64   `json:"rate,omitempty"`       // configured limit of attempts a second
	Conns     int       `json:"connections,omitzero"` // configured
}

// State may be called concurrently, at any time.
func (f *Forwarder) State() State {
	s := f.gate.state()
	o := f.target.Load().o
	s.InFlight, s.Conns = int(f.inFlight.Load()), o.Connections
	if o.Rate < 1e9 {
		s.Rate = float64(o.Rate)
	}
	if nano := f.lastSent.Load(); nano != 0 {
		s.LastSent = time.Unix(0, nano)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	s.ClockSkew, s.SkewKnown = f.clock.skew.Seconds(), f.clock.known
	return s
}

// state is the gate's part of State.
func (g *gate) state() State {
	g.mu.Lock()
	defer g.mu.Unlock()
	s := State{Mode: g.mode, Since: g.since, Cause: g.cause}
	if g.held != "" {
		s.Mode, s.Since, s.Cause = Held, g.heldAt, g.held
		return s
	}
	if g.mode != Online {
		s.NextProbe, s.Failures = g.next, g.failures
	} else if !g.opened.IsZero() && time.Since(g.opened) < rampTime {
		s.SlowUntil = g.opened.Add(rampTime)
	}
	return s
}

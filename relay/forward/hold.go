package forward

import "time"

// What a person, or a changed config, does to a gate.

// hold keeps everybody out until release.
func (g *gate) hold(reason string, since time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case !since.IsZero():
		g.heldAt = since
	case g.held == "":
		g.heldAt = time.Now()
	}
	g.held = reason
	g.renewLocked()
}

// release ends a hold. The gate is then where it was before.
func (g *gate) release() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.held = ""
	g.next = time.Now()
	g.wakeLocked()
}

// probe lets the next probe out now.
func (g *gate) probe() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.probes, g.next = 0, time.Now()
	g.wakeLocked()
}

// resize sets how many workers may be through at once.
func (g *gate) resize(slots int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.slots = slots
	g.wakeLocked()
}

package sandbox

import (
	"math/rand/v2"
	"sync"
	"time"
)

// strike is what a request meets before the contract's rules.
type strike byte

const (
	strikeNone   strike = iota
	strikeDown          // connection reset, as all are
	strikeReset         // connection reset, by the dice
	strikeStatus        // answered with Faults.Status or Faults.HTML
)

// faultState holds the faults in force and the dice that decide whom they
// strike.
type faultState struct {
	mu        sync.Mutex // guards all below
	dice      *rand.Rand
	now       Faults    // DownFor is kept in downUntil, Times counts down
	downUntil time.Time // zero: no while to be down for
}

func (f *faultState) seed(seed uint64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.dice = rand.New(rand.NewPCG(seed, seed))
}

func (f *faultState) set(to Faults) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.downUntil = time.Time{}
	if to.DownFor > 0 {
		f.downUntil = time.Now().Add(to.DownFor)
	}
	f.now = to
}

func (f *faultState) get() Faults {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := f.now
	now.DownFor = max(time.Until(f.downUntil), 0)
	if f.downUntil.IsZero() {
		now.DownFor = 0
	}
	return now
}

// before decides what a request meets before it can be taken. The faults that
// it returns are those in force for this request, also for its latency.
func (f *faultState) before() (strike, Faults) {
	f.mu.Lock()
	defer f.mu.Unlock()
	in := f.now
	down := in.Down || !f.downUntil.IsZero() && time.Now().Before(f.downUntil)
	chance := in.Probability
	if chance == 0 {
		chance = 1
	}
	switch {
	case down:
		return f.struckLocked(strikeDown), in
	case f.rollLocked(in.Reset):
		return f.struckLocked(strikeReset), in
	case (in.Status != 0 || in.HTML != "") && f.rollLocked(chance):
		return f.struckLocked(strikeStatus), in
	}
	return strikeNone, in
}

// after decides whether the answer to an event that was taken is lost.
func (f *faultState) after() (lost bool, in Faults) {
	f.mu.Lock()
	defer f.mu.Unlock()
	in = f.now
	if !f.rollLocked(in.Lost) {
		return false, in
	}
	f.struckLocked(strikeNone)
	return true, in
}

// rollLocked touches the dice only where there is a choice.
func (f *faultState) rollLocked(chance float64) bool {
	return chance >= 1 || chance > 0 && f.dice.Float64() < chance
}

func (f *faultState) struckLocked(s strike) strike {
	if f.now.Times > 0 {
		if f.now.Times--; f.now.Times == 0 {
			f.now, f.downUntil = Faults{}, time.Time{}
		}
	}
	return s
}

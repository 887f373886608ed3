package dashboard

import (
	"context"
	"net/http"
	"slices"
	"time"
)

// healthView is how the relay itself is.
type healthView struct {
	*page
	Doctor   bool // can be asked
	Examined examined
	Asking   bool
	Config   []run
	NoConfig string // why it is not shown
	Up       time.Duration
}

// longestExam bounds what the doctor may take.
const longestExam = 2 * time.Minute

func (d *Dashboard) health(p *page, w http.ResponseWriter, _ *http.Request) error {
	p.Name = "health"
	v := healthView{page: p, Doctor: d.o.Doctor != nil, Up: p.now.Sub(p.Status.Started)}
	d.mu.Lock()
	v.Examined, v.Asking = d.examined, d.asking
	d.mu.Unlock()
	if d.o.ConfigText != nil {
		text, err := d.o.ConfigText()
		if err != nil {
			v.NoConfig = err.Error()
		}
		v.Config, _ = Visible(text)
	}
	return d.render(w, http.StatusOK, "health", &v)
}

// askDoctor has the doctor look, and keeps what it says for the page that
// follows. A second reader who asks meanwhile waits for nothing: the page shows
// that it is under way.
func (d *Dashboard) askDoctor(_ *page, w http.ResponseWriter, r *http.Request) error {
	d.mu.Lock()
	busy := d.asking
	d.asking = d.o.Doctor != nil
	d.mu.Unlock()
	if d.o.Doctor != nil && !busy {
		d.examine(r.Context())
	}
	http.Redirect(w, r, "/health#doctor", http.StatusSeeOther)
	return nil
}

func (d *Dashboard) examine(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, longestExam)
	defer cancel()
	var checks []Check
	defer func() { // also when the doctor panics
		d.mu.Lock()
		defer d.mu.Unlock()
		d.asking = false
		if checks != nil && ctx.Err() == nil { // else it was given up half-way
			d.examined = examined{time.Now(), checks}
		}
	}()
	checks = d.o.Doctor(ctx)
}

// At is when the doctor looked; zero: never.
func (e examined) At() time.Time { return e.at }

// Checks are what it found, what needs a person first.
func (e examined) Checks() []Check {
	rank := func(c Check) int { return slices.Index([]string{"skipped", "ok", "warn", "bad"}, c.Verdict) }
	list := slices.Clone(e.checks)
	slices.SortStableFunc(list, func(a, b Check) int { return rank(b) - rank(a) })
	return list
}

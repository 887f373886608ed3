package dashboard

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"funnelrelay/relay/alarm"
	"funnelrelay/relay/control"
	"funnelrelay/relay/forward"
)

// overview answers in one look: did every sale arrive?
type overview struct {
	*page
	Light light
	Today control.Today
	Fresh bool // nothing was ever accepted
	Drop  string
	Chart chart
	Past  []alarm.Past // over, newest first
}

// light is the state of the relay as a colour, a word and a sentence.
type light struct {
	Color    string // ok, warn or bad
	Key      string // of the word
	Sentence string
}

// mostPast is how many alarms that are over are shown.
const mostPast = 5

func (d *Dashboard) overview(p *page, w http.ResponseWriter, r *http.Request) error {
	p.Name = "overview"
	today, err := d.o.Control.Today(r.Context())
	if err != nil {
		return err
	}
	v := overview{page: p, Today: today, Fresh: p.Status.Total.Accepted == 0}
	if d.o.Alarms != nil {
		v.Past = d.o.Alarms.Past()
		v.Past = v.Past[:min(len(v.Past), mostPast)]
	}
	if d.o.DropFolder != nil {
		v.Drop = d.o.DropFolder()
	}
	v.Light = p.light(&today, d.onlySales(p, r))
	if v.Chart, err = d.chart(p, r, r.FormValue("chart") == "week"); err != nil {
		return err
	}
	return d.render(w, http.StatusOK, "overview", &v)
}

// onlySales says that all that waits are sales, as far as the last days tell.
func (d *Dashboard) onlySales(p *page, r *http.Request) bool {
	if p.Status.Total.Pending == 0 {
		return false
	}
	days, err := d.o.Control.Days(r.Context(), control.DayQuery{})
	n := int64(0)
	for i := range days.Rows {
		if days.Rows[i].Currency != "" {
			n += days.Rows[i].Pending.Count
		}
	}
	return err == nil && n == p.Status.Total.Pending
}

// light judges. What stops sales from being taken comes first, then what stops
// them from going out, then what needs a person.
func (p *page) light(today *control.Today, onlySales bool) light {
	s := &p.Status
	waits := p.waits(today, onlySales)
	switch {
	case s.Spool.Unavailable != "":
		return light{"bad", "light.stopped", p.T("say.unavailable", "why", s.Spool.Unavailable) + " " + waits}
	case s.Spool.Full != "":
		return light{"bad", "light.stopped", p.T("say.full", "why", s.Spool.Full) + " " + waits}
	case !s.Ready:
		return light{"bad", "light.stopped", p.T("say.stopping") + " " + waits}
	case s.Spool.Doubt != nil:
		return light{"bad", "light.decide", p.N("say.held", s.Held)}
	}
	for _, project := range s.Projects {
		u := project.Upstream
		if u == nil {
			continue
		}
		switch u.Mode {
		case forward.Held:
			return light{"warn", "light.paused", p.T("say.held_project", "project", project.Name, "since", p.When(u.Since)) + " " + waits}
		case forward.Paused:
			return light{"bad", "light.paused", p.T("say.paused", "project", project.Name, "since", p.When(u.Since), "why", u.Cause) + " " + waits}
		case forward.Offline:
			return light{"warn", "light.offline", p.T("say.offline", "since", p.When(u.Since)) + " " + waits}
		}
	}
	if s.Total.Accepted == 0 {
		return light{"ok", "light.fresh", p.T("say.fresh")}
	}
	sent := p.N("say.sent", today.SalesSent)
	if today.Sales == 0 && today.Accepted > 0 {
		sent = p.N("say.sent_events", today.Sent)
	}
	text := p.T("say.online", "sent", sent, "waiting", p.waiting())
	if n := s.Total.Dead; n > 0 {
		return light{"warn", "light.attention", text + " " + p.N("say.dead", n)}
	}
	if !s.Balanced {
		return light{"bad", "light.attention", text + " " + p.T("say.unbalanced")}
	}
	for _, a := range s.Alarms {
		if a.Seen.IsZero() {
			return light{"warn", "light.attention", text + " " + p.T("say.alarm")}
		}
	}
	return light{"ok", "light.online", text}
}

// waiting says what is still to be sent, inside a sentence.
func (p *page) waiting() string {
	if p.Status.Total.Pending == 0 {
		return p.T("say.nothing_waiting")
	}
	return p.N("say.waiting", p.Status.Total.Pending)
}

// waits says as a sentence what is safe here while it cannot be sent.
func (p *page) waits(today *control.Today, onlySales bool) string {
	n := p.Status.Total.Pending
	if n == 0 {
		return p.T("say.nothing_lost")
	}
	safe := p.N("say.safe", n)
	if onlySales {
		safe = p.N("say.safe_sales", n)
	}
	if today.RoomDays >= 1 {
		return p.T("say.safe_room", "safe", safe, "days", p.Room(today.RoomDays))
	}
	return p.T("say.safe_only", "safe", safe)
}

// Room says for how long there is room.
func (p *page) Room(days float64) string {
	if days > 365 {
		return p.T("room.long")
	}
	return p.N("room.days", int64(days))
}

// AlarmTitle is a short name for the kind of an alarm, in the reader's language
// where it is a known one.
func (p *page) AlarmTitle(name string) string {
	kind, of, _ := strings.Cut(name, "/")
	if key := "alarm." + kind; p.Knows(key) {
		kind = p.T(key)
	}
	if queue, _, ok := strings.Cut(of, "/"); ok && strings.HasPrefix(name, "dead/") {
		of = queue
	}
	if of != "" {
		return kind + ": " + of
	}
	return kind
}

// chart is what was accepted and sent over time.
type chart struct {
	Week   bool
	Points string // JSON: seconds, accepted, sent, dead
	Rows   []chartRow
	Sum    control.Flow
}

// chartRow is a line of the table that says the same as the chart.
type chartRow struct {
	At   time.Time
	Flow control.Flow
}

func (d *Dashboard) chart(p *page, r *http.Request, week bool) (chart, error) {
	length, step := 24*time.Hour, time.Hour
	if week {
		length, step = 7*24*time.Hour, 6*time.Hour
	}
	local := p.now.In(p.zone)
	end := time.Date(local.Year(), local.Month(), local.Day(), local.Hour()+1, 0, 0, 0, p.zone)
	if week {
		end = time.Date(local.Year(), local.Month(), local.Day(), (local.Hour()/6+1)*6, 0, 0, 0, p.zone)
	}
	flows, err := d.o.Control.Flow(r.Context(), end.Add(-length), end)
	if err != nil {
		return chart{}, err
	}
	c := chart{Week: week}
	n := int(length / step)
	sums := make([]control.Flow, n)
	for i := range sums {
		sums[i].At = end.Add(-length).Add(time.Duration(i) * step)
	}
	for _, f := range flows {
		i := int(f.At.Sub(sums[0].At) / step)
		if i < 0 || i >= n {
			continue
		}
		for _, sum := range []*control.Flow{&sums[i], &c.Sum} {
			sum.Accepted += f.Accepted
			sum.Sent += f.Sent
			sum.Dead += f.Dead
		}
	}
	points := make([][4]int64, n)
	for i, s := range sums {
		points[i] = [4]int64{s.At.Unix(), s.Accepted, s.Sent, s.Dead}
		c.Rows = append(c.Rows, chartRow{s.At, s})
	}
	text, err := json.Marshal(points)
	c.Points = string(text)
	return c, err
}

// steer pauses, resumes or tries a project.
func (d *Dashboard) steer(_ *page, w http.ResponseWriter, r *http.Request) error {
	name, ctx := r.PathValue("name"), r.Context()
	var err error
	done := flash{Values: []string{"project", name}}
	switch r.PathValue("do") {
	case "pause":
		err, done.Key = d.o.Control.PauseProject(ctx, name, r.PostFormValue("reason")), "note.paused"
	case "resume":
		err, done.Key = d.o.Control.ResumeProject(ctx, name), "note.resumed"
	case "probe":
		err, done.Key = d.o.Control.ProbeProject(ctx, name), "note.probed"
	default:
		return errNowhere
	}
	return d.settle(w, r, back(r, "/"), done, err)
}

// alarmSeen notes that a person has read an alarm.
func (d *Dashboard) alarmSeen(_ *page, w http.ResponseWriter, r *http.Request) error {
	if d.o.Alarms == nil {
		return errNowhere
	}
	err := d.o.Alarms.Seen(r.PostFormValue("name"))
	return d.settle(w, r, back(r, "/"), flash{Key: "note.seen"}, err)
}

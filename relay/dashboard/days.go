package dashboard

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"funnelrelay/relay/control"
	"funnelrelay/spool"
)

// daysView holds what was taken against what was sent, and against the till.
type daysView struct {
	*page
	Query  control.DayQuery
	Days   []dayView
	Out    bool     // something of it was taken out
	Sums   []dayRow // of all that is shown, by currency
	Wrong  string
	CSV    string
	Counts spool.Counts // of everything, ever: the balance
	Till   []string     // sources that the filter offers
}

// dayView is one day.
type dayView struct {
	Day  string
	Rows []dayRow
}

// dayRow is a project and a currency on a day, all its sources together.
type dayRow struct {
	control.Day
	Till  *control.TillTotal // nil: not said
	Diff  int64              // accepted, but for what was taken out (a correction has accepted it once more), minus the till's
	Field string             // the name of its box in the form
}

// Sales says that the row counts money.
func (r *dayRow) Sales() bool { return r.Currency != "" }

func (d *Dashboard) days(p *page, w http.ResponseWriter, r *http.Request) error {
	p.Name = "days"
	q := control.DayQuery{From: r.FormValue("from"), To: r.FormValue("to"), Project: r.FormValue("project"), Source: r.FormValue("source")}
	v := daysView{page: p, Query: q, Counts: p.Status.Total}
	for _, s := range p.Status.Sources {
		v.Till = append(v.Till, s.Source)
	}
	status := http.StatusOK
	days, err := d.o.Control.Days(r.Context(), q)
	if err != nil {
		if !isQuery(err) {
			return err
		}
		v.Wrong, status = err.Error(), http.StatusBadRequest
		return d.render(w, status, "days", &v)
	}
	v.Query.From, v.Query.To = days.From, days.To
	v.CSV = "/api/v1/days.csv" + p.Query("from", days.From, "to", days.To, "project", q.Project, "source", q.Source)
	v.fill(&days)
	return d.render(w, status, "days", &v)
}

// fill adds up the sources of each project and currency, and puts the till's
// totals beside them. A till's total of a day without events has a row, too: it
// is the one that shows a relay that got nothing.
func (v *daysView) fill(days *control.Days) {
	type key struct{ day, project, currency string }
	at := map[key]*dayRow{}
	var order []*dayRow
	row := func(k key) *dayRow {
		if r, ok := at[k]; ok {
			return r
		}
		r := &dayRow{Day: control.Day{Day: k.day, Project: k.project, Currency: k.currency}}
		r.Field = k.day + "/" + k.currency + "/" + k.project
		at[k] = r
		order = append(order, r)
		return r
	}
	for i := range days.Rows {
		add(&row(key{days.Rows[i].Day, days.Rows[i].Project, days.Rows[i].Currency}).Day, &days.Rows[i])
	}
	if v.Query.Source == "" { // the till's total is of all its sources
		for i := range days.Totals {
			t := &days.Totals[i]
			row(key{t.Day, t.Project, t.Currency}).Till = t
		}
	}
	slices.SortStableFunc(order, func(a, b *dayRow) int { // newest day first, and the sales of a day before its other events
		return cmp.Or(strings.Compare(b.Day.Day, a.Day.Day), strings.Compare(a.Project, b.Project), cmp.Compare(btoi(!a.Sales()), btoi(!b.Sales())))
	})
	sums := map[string]int{}
	byDay := map[string]int{}
	for _, r := range order {
		if r.Till != nil {
			r.Diff = r.Accepted.Amount - r.Discarded.Amount - r.Till.Cents
		}
		i, ok := byDay[r.Day.Day]
		if !ok {
			i = len(v.Days)
			byDay[r.Day.Day] = i
			v.Days = append(v.Days, dayView{Day: r.Day.Day})
		}
		v.Days[i].Rows = append(v.Days[i].Rows, *r)
		s, ok := sums[r.Currency]
		if !ok {
			s = len(v.Sums)
			sums[r.Currency] = s
			v.Sums = append(v.Sums, dayRow{Day: control.Day{Currency: r.Currency}})
		}
		add(&v.Sums[s].Day, &r.Day)
		v.Out = v.Out || r.Discarded.Count > 0
	}
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// add adds b's counts and amounts to a.
func add(a, b *control.Day) {
	for _, p := range [][2]*spool.Sum{
		{&a.Accepted, &b.Accepted}, {&a.Sent, &b.Sent}, {&a.Pending, &b.Pending},
		{&a.Dead, &b.Dead}, {&a.Discarded, &b.Discarded}, {&a.Duplicates, &b.Duplicates},
	} {
		p[0].Count += p[1].Count
		p[0].Amount += p[1].Amount
	}
}

// saveTotals keeps what was typed into the boxes of the till's totals. An empty
// box takes a total away.
func (d *Dashboard) saveTotals(p *page, w http.ResponseWriter, r *http.Request) error {
	to := back(r, "/days")
	if err := r.ParseForm(); err != nil {
		return errors.Join(control.ErrQuery, err)
	}
	var list []control.TillTotal
	for name, values := range r.PostForm {
		field, ok := strings.CutPrefix(name, "till/")
		parts := strings.SplitN(field, "/", 3)
		if !ok || len(parts) != 3 || len(values) == 0 {
			continue
		}
		typed := strings.TrimSpace(values[0])
		if typed == r.PostFormValue("was/"+field) {
			continue
		}
		t := control.TillTotal{Day: parts[0], Currency: parts[1], Project: parts[2]}
		if typed != "" {
			cents, err := parseMoney(typed, parts[1])
			if err != nil {
				return d.leave(w, r, to, flash{Kind: "bad", Key: "note.no_amount", Values: []string{"typed", typed, "day", parts[0]}})
			}
			t.Cents, t.By = cents, p.T("days.typed")
		}
		list = append(list, t)
	}
	if len(list) == 0 {
		return d.leave(w, r, to, flash{Kind: "ok", Key: "note.nothing_changed"})
	}
	err := d.o.Control.SetTillTotals(r.Context(), list)
	return d.settle(w, r, to, flash{Key: "note.totals", Values: []string{"n", p.Num(len(list))}}, err)
}

// mostTotals bounds a file of till totals.
const mostTotals = 4 << 20

// uploadTotals reads the till's totals from a CSV of its own reports.
func (d *Dashboard) uploadTotals(p *page, w http.ResponseWriter, r *http.Request) error {
	file, head, err := r.FormFile("file")
	if err != nil {
		return d.leave(w, r, "/days", flash{Kind: "bad", Key: "note.no_file"})
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, mostTotals+1))
	if err == nil && len(text) > mostTotals {
		err = fmt.Errorf("%s is larger than %s", head.Filename, p.Bytes(int64(mostTotals)))
	}
	var list []control.TillTotal
	if err == nil {
		list, err = d.o.Control.ReadTillTotals(r.Context(), r.FormValue("project"), head.Filename, text)
	}
	if err == nil {
		err = d.o.Control.SetTillTotals(r.Context(), list)
	}
	to := "/days"
	if len(list) > 0 {
		first, last := list[0].Day, list[0].Day
		for _, t := range list {
			first, last = min(first, t.Day), max(last, t.Day)
		}
		if a, err := time.Parse(time.DateOnly, first); err == nil {
			if b, err := time.Parse(time.DateOnly, last); err == nil && b.Sub(a) < 100*24*time.Hour {
				to += p.Query("from", first, "to", last)
			}
		}
	}
	return d.settle(w, r, to, flash{Key: "note.totals", Values: []string{"n", p.Num(len(list))}}, err)
}

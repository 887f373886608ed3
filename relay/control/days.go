package control

import (
	"cmp"
	"context"
	"encoding/csv"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"funnelrelay/spool"
)

// Day is what was counted of one day, project, source and currency. Pending is
// what still waits.
type Day struct {
	Day        string    `json:"day"` // 2006-01-02, at the site
	Project    string    `json:"project"`
	Source     string    `json:"source"`
	Currency   string    `json:"currency"` // "": events that are no sales
	Accepted   spool.Sum `json:"accepted"` // count, and amount in minor units
	Sent       spool.Sum `json:"sent"`
	Pending    spool.Sum `json:"pending"`
	Dead       spool.Sum `json:"dead"`
	Discarded  spool.Sum `json:"discarded"`
	Duplicates spool.Sum `json:"duplicates"`
}

// TillTotal is what the till itself says that it sold on a day (its Z report).
type TillTotal struct {
	Day      string `json:"day"`
	Project  string `json:"project"`
	Currency string `json:"currency"`
	Cents    int64  `json:"cents"`
	Count    int64  `json:"count,omitempty"` // receipts; 0: not said
	By       string `json:"by,omitempty"`    // where it came from: typed in, or a file's name
}

// DayQuery selects days; both ends are inclusive, and empty ends are the last
// 14 days.
type DayQuery struct{ From, To, Project, Source string }

// Days is the reconciliation of some days.
type Days struct {
	From   string      `json:"from"`
	To     string      `json:"to"`
	Rows   []Day       `json:"rows"` // newest day first, then project, currency, source
	Totals []TillTotal `json:"till_totals"`
}

// usualDays and mostDays are how many days a question is about.
const (
	usualDays = 14
	mostDays  = 800
)

// Days counts cost nothing: they are kept up with each event.
func (c *Control) Days(_ context.Context, q DayQuery) (Days, error) {
	days := Days{Rows: []Day{}, Totals: []TillTotal{}}
	from, to, err := c.span(&q)
	if err != nil {
		return days, err
	}
	days.From, days.To = from.Format(time.DateOnly), to.Format(time.DateOnly)
	rows, err := c.o.Spool.Days(days.From, days.To)
	if err != nil {
		return days, err
	}
	for i := range rows {
		r := &rows[i]
		source, project, currency := cutTally(r.Key)
		if q.Project != "" && q.Project != project || q.Source != "" && q.Source != source {
			continue
		}
		days.Rows = append(days.Rows, Day{
			Day: r.Day, Project: project, Source: source, Currency: currency, Accepted: r.Accepted, Sent: r.Sent,
			Pending: r.Pending(), Dead: r.Dead, Discarded: r.Discarded, Duplicates: r.Duplicates,
		})
	}
	slices.SortFunc(days.Rows, func(a, b Day) int {
		return cmp.Or(strings.Compare(b.Day, a.Day), strings.Compare(a.Project, b.Project),
			strings.Compare(a.Currency, b.Currency), strings.Compare(a.Source, b.Source))
	})
	for day := to; !day.Before(from); day = day.AddDate(0, 0, -1) {
		list, err := c.tillTotals(day.Format(time.DateOnly))
		if err != nil {
			return days, err
		}
		for _, t := range list {
			if q.Project == "" || q.Project == t.Project {
				days.Totals = append(days.Totals, t)
			}
		}
	}
	return days, nil
}

// span is from when to when a question is, both inclusive.
func (c *Control) span(q *DayQuery) (from, to time.Time, err error) {
	now, _ := c.o.Spool.Now()
	today := now.In(c.o.Zone()).Format(time.DateOnly)
	if to, err = time.Parse(time.DateOnly, cmp.Or(q.To, today)); err != nil {
		return from, to, queryError("to %s is no day as in 2026-11-23", quote(q.To))
	}
	from = to.AddDate(0, 0, 1-usualDays)
	if q.From != "" {
		if from, err = time.Parse(time.DateOnly, q.From); err != nil {
			return from, to, queryError("from %s is no day as in 2026-11-23", quote(q.From))
		}
	}
	switch {
	case from.After(to):
		return from, to, queryError("from %s is after to %s", from.Format(time.DateOnly), to.Format(time.DateOnly))
	case to.Sub(from) > mostDays*24*time.Hour:
		return from, to, queryError("more than %d days; ask for fewer", mostDays)
	}
	return from, to, nil
}

// dayColumns are those of the CSV.
var dayColumns = []string{
	"day", "project", "currency", "source", "accepted", "accepted_amount", "sent", "sent_amount", "pending", "pending_amount",
	"dead", "dead_amount", "discarded", "discarded_amount", "duplicates", "duplicates_amount",
}

// WriteDays writes the rows of days as CSV, amounts in minor units.
func WriteDays(w io.Writer, days *Days) error {
	out := csv.NewWriter(w)
	if err := out.Write(dayColumns); err != nil {
		return err
	}
	for i := range days.Rows {
		r := &days.Rows[i]
		cells := []string{r.Day, cell(r.Project), r.Currency, cell(r.Source)}
		for _, s := range [...]spool.Sum{r.Accepted, r.Sent, r.Pending, r.Dead, r.Discarded, r.Duplicates} {
			cells = append(cells, strconv.FormatInt(s.Count, 10), strconv.FormatInt(s.Amount, 10))
		}
		if err := out.Write(cells); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// cell keeps a text from being taken for a formula by a spreadsheet.
func cell(text string) string {
	if text != "" && strings.IndexByte("=+-@\t\r", text[0]) >= 0 {
		return "'" + text
	}
	return text
}

func sorted(list []string) []string {
	slices.Sort(list)
	return list
}

package control

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"funnelrelay/spool"
)

// noteTotals begins the name of the note that holds the till's own totals of a
// day: one for each day, so that a page reads as many as it shows days.
const noteTotals = "till/"

const (
	mostTotals = 1000    // of one day, and of one request
	mostCents  = 1 << 52 // about 45 trillion: what a page can add up exactly
)

// TotalsNote is the name of the note with the till's totals of a day, for who
// copies the notes of a spool.
func TotalsNote(day string) string { return noteTotals + day }

// tillTotals reads those of a day.
func (c *Control) tillTotals(day string) (list []TillTotal, err error) {
	text, err := c.o.Spool.Note(TotalsNote(day))
	if err != nil || text == nil {
		return nil, err
	}
	if err := json.Unmarshal(text, &list); err != nil {
		return nil, fmt.Errorf("the till's totals of %s: %w", day, err)
	}
	return list, nil
}

// SetTillTotals keeps the till's own totals; one with Cents and Count 0 is
// removed. The error names the one that is wrong. All of the list is kept, or
// nothing.
func (c *Control) SetTillTotals(ctx context.Context, list []TillTotal) error {
	if len(list) > mostTotals {
		return queryError("%d totals are more than the %d that are taken at one time", len(list), mostTotals)
	}
	for i := range list {
		if err := c.checkTotal(&list[i]); err != nil {
			return queryError("total %d: %v", i+1, err)
		}
	}
	c.totals.Lock()
	defer c.totals.Unlock()
	days := map[string][]TillTotal{}
	for _, t := range list {
		day, known := days[t.Day]
		if !known {
			var err error
			if day, err = c.tillTotals(t.Day); err != nil {
				return err
			}
		}
		day = slices.DeleteFunc(day, func(o TillTotal) bool { return o.Project == t.Project && o.Currency == t.Currency })
		if t.Cents != 0 || t.Count != 0 {
			day = append(day, t)
		}
		days[t.Day] = day
	}
	notes := map[string][]byte{}
	for day, totals := range days {
		if len(totals) == 0 {
			notes[TotalsNote(day)] = nil
			continue
		}
		slices.SortFunc(totals, func(a, b TillTotal) int {
			return strings.Compare(a.Project+"\x00"+a.Currency, b.Project+"\x00"+b.Currency)
		})
		text, err := json.Marshal(totals)
		if err != nil {
			return err
		}
		notes[TotalsNote(day)] = text
	}
	_, err := c.o.Spool.Put(ctx, spool.Batch{Notes: notes})
	return err
}

// forgetTotals empties the names of files that totals were read from, where they
// name a person, and tells how many there are.
func (c *Control) forgetTotals(ctx context.Context, names func(text string) bool, dry bool) (n int, err error) {
	c.totals.Lock()
	defer c.totals.Unlock()
	all, err := c.o.Spool.Notes(noteTotals)
	if err != nil {
		return 0, err
	}
	changed := map[string][]byte{}
	for name, text := range all {
		var list []TillTotal
		if json.Unmarshal(text, &list) != nil {
			continue // the page of that day says so
		}
		before := n
		for i := range list {
			by := list[i].By
			if names(by) || names(strings.TrimSuffix(by, path.Ext(by))) { // jane@shop.example.csv
				list[i].By = ""
				n++
			}
		}
		if n == before {
			continue
		}
		if changed[name], err = json.Marshal(list); err != nil {
			return n, err
		}
	}
	if dry || n == 0 {
		return n, nil
	}
	_, err = c.o.Spool.Put(ctx, spool.Batch{Notes: changed})
	return n, err
}

// checkTotal says what is wrong with one, and brings it into shape.
func (c *Control) checkTotal(t *TillTotal) error {
	t.Currency = strings.ToUpper(strings.TrimSpace(t.Currency))
	t.Project, t.By = strings.TrimSpace(t.Project), strings.TrimSpace(t.By)
	if _, err := time.Parse(time.DateOnly, t.Day); err != nil {
		return fmt.Errorf("day %s is none as in 2026-11-23", quote(t.Day))
	}
	if !isCurrency(t.Currency) {
		return fmt.Errorf("currency %s is no code as EUR", quote(t.Currency))
	}
	if t.Cents > mostCents || t.Cents < -mostCents || t.Count < 0 || t.Count > mostCents {
		return fmt.Errorf("cents %d or count %d is no total of a till", t.Cents, t.Count)
	}
	if len(t.By) > 200 {
		return fmt.Errorf("by is longer than 200 bytes")
	}
	for _, q := range c.o.Queues() {
		if q.Project == t.Project {
			return nil
		}
	}
	return fmt.Errorf("project %s is not known", quote(t.Project))
}

func isCurrency(code string) bool {
	return len(code) == 3 && strings.Trim(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
}

// mostCSV is how large a file of totals may be.
const mostCSV = 4 << 20

// ReadTillTotals reads totals from a CSV of a till's own Z reports: columns for
// the day, the currency (optional) and the total are found by their names. It
// keeps nothing: SetTillTotals does.
func (c *Control) ReadTillTotals(_ context.Context, project, name string, text []byte) ([]TillTotal, error) {
	if project == "" {
		project = c.firstProject()
	}
	if !c.configured(project) {
		return nil, notFound("project %s is not in the config", quote(project))
	}
	if len(bytes.TrimSpace(text)) == 0 {
		return nil, queryError("the file is empty")
	}
	list, err := c.o.Totals(project, name, text)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrQuery, err)
	}
	return list, nil
}

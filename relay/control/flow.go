package control

import (
	"context"
	"time"
)

// Flow is what was accepted and sent in a quarter of an hour, of all projects.
type Flow struct {
	At       time.Time `json:"at"` // its beginning
	Accepted int64     `json:"accepted"`
	Sent     int64     `json:"sent"`
	Dead     int64     `json:"dead"`
}

const (
	quarter   = 15 * time.Minute
	usualFlow = 24 * time.Hour
	mostFlow  = 31 * 24 * time.Hour
)

// Flow reads the quarters of an hour from and to, oldest first; those in which
// nothing happened are in it with zeros. Without times it is that of the last 24
// hours.
func (c *Control) Flow(_ context.Context, from, to time.Time) ([]Flow, error) {
	now, _ := c.o.Spool.Now()
	if to.IsZero() {
		to = now
	}
	if from.IsZero() {
		from = to.Add(-usualFlow)
	}
	from, to = from.Truncate(quarter), to.Add(quarter-1).Truncate(quarter)
	if !from.Before(to) || to.Sub(from) > mostFlow {
		return nil, queryError("from %s to %s is no time of up to 31 days", from.Format(time.RFC3339), to.Format(time.RFC3339))
	}
	flows, err := c.o.Spool.Flows(from, to)
	if err != nil {
		return nil, err
	}
	list := make([]Flow, int(to.Sub(from)/quarter))
	for i := range list {
		list[i].At = from.Add(time.Duration(i) * quarter)
	}
	for _, f := range flows {
		if i := int(f.At.Sub(from) / quarter); i >= 0 && i < len(list) {
			list[i].Accepted += f.Accepted
			list[i].Sent += f.Sent
			list[i].Dead += f.Dead
		}
	}
	return list, nil
}

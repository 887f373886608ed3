package control

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"time"

	"funnelrelay/relay/forward"
	"funnelrelay/spool"
)

// mostStreams is how many pages may follow the changes at one time.
const mostStreams = 32

const (
	changeEvery = time.Second      // at most one change in that time
	heartbeat   = 15 * time.Second // lets both ends notice that the other one is gone
	streamWrite = 10 * time.Second // a reader that takes longer has gone
)

// Change is what a page that follows the relay is told of: enough to know
// whether to ask for more.
type Change struct {
	Total    spool.Counts            `json:"total"`
	Modes    map[string]forward.Mode `json:"modes"`             // of the projects, by name
	Waiting  int                     `json:"waiting"`           // files that were seen and not taken yet
	Alarms   []string                `json:"alarms"`            // names of those that are open
	Trouble  string                  `json:"trouble,omitempty"` // why no events are taken
	LastSent time.Time               `json:"last_sent,omitzero"`
}

// Change gathers the present state.
func (c *Control) Change() Change {
	now := Change{Modes: map[string]forward.Mode{}, Alarms: []string{}}
	for _, counts := range c.o.Spool.Counts() {
		now.Total = plus(now.Total, counts)
	}
	for _, q := range c.o.Queues() {
		if q.State != nil {
			s := q.State()
			now.Modes[q.Project] = s.Mode
			now.LastSent = later(now.LastSent, s.LastSent)
		}
	}
	if c.o.Sources != nil {
		for _, s := range c.o.Sources() {
			now.Waiting += s.Waiting
		}
	}
	for _, a := range c.o.Alarms.Open() {
		now.Alarms = append(now.Alarms, a.Name)
	}
	slices.Sort(now.Alarms)
	h := c.o.Spool.Health()
	if now.Trouble = h.Unavailable; now.Trouble == "" {
		now.Trouble = h.Full
	}
	return now
}

// serveChanges answers GET /api/v1/changes with server-sent events: a change, at
// most each second, when something is other than it was. It ends when the relay
// stops.
func (c *Control) serveChanges(w http.ResponseWriter, r *http.Request) error {
	if c.o.Stopped == nil {
		return ErrNotRunning
	}
	select {
	case c.streams <- struct{}{}:
		defer func() { <-c.streams }()
	default:
		return &problem{status: http.StatusServiceUnavailable, after: 10,
			detail: fmt.Sprintf("%d pages follow the relay already; close some of them", mostStreams)}
	}
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no")
	w.WriteHeader(http.StatusOK)
	out := http.NewResponseController(w)
	// The connection may be idle for as long as nothing changes.
	_ = out.SetReadDeadline(time.Time{})
	ticker := time.NewTicker(changeEvery)
	defer ticker.Stop()
	said, told := "", time.Now()
	for {
		text, err := json.Marshal(c.Change())
		if err != nil {
			return nil // plain data always encodes
		}
		line := ""
		switch {
		case string(text) != said:
			line = "event: change\ndata: " + string(text) + "\n\n"
		case time.Since(told) >= heartbeat:
			line = ": still here\n\n"
		}
		if line != "" {
			_ = out.SetWriteDeadline(time.Now().Add(streamWrite))
			if _, err := w.Write([]byte(line)); err != nil {
				return nil //nolint:nilerr // the reader has gone
			}
			if err := out.Flush(); err != nil {
				return nil //nolint:nilerr // the reader has gone
			}
			said, told = string(text), time.Now()
		}
		select {
		case <-ticker.C:
		case <-r.Context().Done():
			return nil
		case <-c.o.Stopped:
			return nil
		}
	}
}

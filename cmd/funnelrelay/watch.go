package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"funnelrelay/relay/config"
	"funnelrelay/relay/control"
)

// watchEvery is how often a status that is watched is asked for.
const watchEvery = 2 * time.Second

// watchStatus shows the status until ctx ends. While the relay does not run it
// leaves the spool alone: a relay that starts finds it in use otherwise.
func (a *app) watchStatus(ctx context.Context, cfg *config.Config, asJSON bool) error {
	c, err := newClient(cfg)
	if err != nil {
		return err
	}
	c.http.Timeout = 10 * time.Second
	zone, err := cfg.Timezone.Location()
	if err != nil {
		return err
	}
	redraws := !asJSON && isTerminal(a.out) && drawsANSI(a.out)
	last := ""
	ticker := time.NewTicker(watchEvery)
	defer ticker.Stop()
	for {
		var s control.Status
		err := c.ask(ctx, http.MethodGet, "/api/v1/status", &s)
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, errNotRunning):
			s.Summary = "The relay is not running."
		case err != nil:
			s.Summary = err.Error()
		}
		line := watchLine(&s)
		switch {
		case redraws:
			var b bytes.Buffer
			if err == nil {
				printStatus(&b, &s, zone)
			} else {
				fmt.Fprintln(&b, clean(s.Summary))
			}
			fmt.Fprintf(a.out, "\x1b[H\x1b[J%s\n%s, Ctrl-C ends\n", b.String(), time.Now().In(zone).Format(time.DateTime))
		case line != last && asJSON:
			if err := json.NewEncoder(a.out).Encode(s); err != nil {
				return err
			}
		case line != last:
			if _, err := fmt.Fprintln(a.out, time.Now().In(zone).Format(time.DateTime), line); err != nil {
				return err
			}
		}
		last = line
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// watchLine is the status in a line.
func watchLine(s *control.Status) string {
	t := s.Total
	line := clean(s.Summary)
	if s.Version != "" {
		line += fmt.Sprintf(" accepted %d, waiting %d, sent %d, dead %d", t.Accepted, t.Pending, t.Sent, t.Dead)
	}
	names := []string{}
	for _, al := range s.Alarms {
		names = append(names, al.Name)
	}
	if len(names) > 0 {
		line += "; alarms: " + strings.Join(names, ", ")
	}
	return line
}

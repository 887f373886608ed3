package main

import (
	"fmt"
	"strings"
	"time"

	"funnelrelay/relay/control"
)

// screen shows a demo as it goes: one line that is rewritten on a terminal, a
// line a second elsewhere. A change of the upstream's state gets a line of its
// own.
type screen struct {
	d        *demo
	terminal bool
	last     time.Time
	mode     string
	start    time.Time
}

func newScreen(d *demo) *screen {
	return &screen{d: d, terminal: isTerminal(d.out), start: time.Now()}
}

func (s *screen) begin() {
	fmt.Fprintf(s.d.out, `The relay takes events on      %s
The upstream's stand-in is at  http://%s   (open it to see what arrives)

Send one yourself:
  curl -X POST %s/api/v1/webhook/Lead -H 'Content-Type: application/json' -d '{"email":"you@example.com"}'

`, s.d.till.base, s.d.upstream, s.d.till.base)
}

// show brings the screen up to date; doing says what the demo does just now.
func (s *screen) show(doing string) {
	status := s.d.relay.Status()
	mode := s.upstream(&status)
	line := fmt.Sprintf("%5.1fs  accepted %-4d waiting %-4d sent %-4d upstream: %-8s %s",
		time.Since(s.start).Seconds(), status.Total.Accepted, status.Total.Pending, status.Total.Sent, mode, doing)
	changed := mode != s.mode
	s.mode = mode
	if s.terminal {
		fmt.Fprintf(s.d.out, "\r%-100s", line)
		if changed {
			fmt.Fprintln(s.d.out)
		}
		return
	}
	if changed || doing == "done" || time.Since(s.last) >= time.Second {
		s.last = time.Now()
		fmt.Fprintln(s.d.out, strings.TrimRight(line, " "))
	}
}

// say writes a line that stays.
func (s *screen) say(text string) {
	if s.terminal {
		fmt.Fprintf(s.d.out, "\r%-100s\n", text)
		return
	}
	fmt.Fprintln(s.d.out, text)
}

// upstream is the state that the relay sees, in its own word.
func (s *screen) upstream(status *control.Status) string {
	for _, p := range status.Projects {
		if p.Upstream != nil {
			return string(p.Upstream.Mode)
		}
	}
	return ""
}

func (s *screen) end() {
	if s.terminal {
		fmt.Fprintln(s.d.out)
	}
}

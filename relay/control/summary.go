package control

import (
	"fmt"
	"strings"
	"time"

	"funnelrelay/relay/forward"
)

// summary says in one or two plain sentences how things stand, with the site's
// times.
func summary(s *Status, zone *time.Location) string {
	t := s.Total
	waits := "nothing waits"
	if t.Pending > 0 {
		waits = counted(t.Pending, "event is safe on this machine and waits", "events are safe on this machine and wait")
	}
	switch {
	case s.Spool.Unavailable != "":
		return "No events are taken: the spool cannot be written. " + sentence(waits)
	case s.Spool.Full != "":
		return "No events are taken: " + s.Spool.Full + ". " + sentence(waits)
	}
	head := "Online."
	for _, p := range s.Projects {
		if p.Upstream == nil {
			continue
		}
		switch p.Upstream.Mode {
		case forward.Offline:
			head = fmt.Sprintf("Offline since %s.", p.Upstream.Since.In(zone).Format("15:04"))
		case forward.Paused, forward.Held:
			head = fmt.Sprintf("Project %s is paused since %s: %s.", p.Name, p.Upstream.Since.In(zone).Format("2006-01-02 15:04"), p.Upstream.Cause)
		default:
			continue
		}
		break
	}
	text := fmt.Sprintf("%s %s sent, %s", head, counted(t.Sent, "event", "events"), waits)
	if t.Dead > 0 {
		text += ", " + counted(t.Dead, "is dead and needs a person", "are dead and need a person")
	}
	if s.Spool.Doubt != nil {
		return text + ". The data folder was " + s.Spool.Doubt.Kind + ": " +
			counted(s.Held, "event is held until a person decides", "events are held until a person decides") + ", with `funnelrelay spool adopt`."
	}
	return text + "."
}

// stoppedSummary is the sentence of a relay that does not run.
func stoppedSummary(s *Status) string {
	text := "The relay is not running"
	if n := s.Total.Pending; n > 0 {
		text += "; " + counted(n, "event is safe on this machine and waits", "events are safe on this machine and wait")
	}
	if n := s.Total.Dead; n > 0 {
		text += "; " + counted(n, "is dead and needs a person", "are dead and need a person")
	}
	return text + "."
}

func counted(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

func sentence(s string) string { return strings.ToUpper(s[:1]) + s[1:] + "." }

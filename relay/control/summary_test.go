package control

import (
	"testing"
	"time"

	"funnelrelay/relay/forward"
	"funnelrelay/spool"
)

func TestSummary(t *testing.T) {
	at := time.Date(2026, 11, 23, 14, 2, 0, 0, time.UTC)
	upstream := func(mode forward.Mode) []Project {
		return []Project{{Name: "shop", Upstream: &forward.State{Mode: mode, Since: at, Cause: "the key is refused"}}}
	}
	for want, s := range map[string]Status{
		"Online. 214 events sent, nothing waits.":                                                                                        {Projects: upstream(forward.Online), Total: spool.Counts{Sent: 214}},
		"Offline since 15:02. 1 event sent, 31 events are safe on this machine and wait.":                                                {Projects: upstream(forward.Offline), Total: spool.Counts{Sent: 1, Pending: 31}},
		"Project shop is paused since 2026-11-23 15:02: the key is refused. 0 events sent, nothing waits, 2 are dead and need a person.": {Projects: upstream(forward.Paused), Total: spool.Counts{Dead: 2}},
		"Online. 0 events sent, 3 events are safe on this machine and wait. The data folder was rolled back: 2 events are held until a person decides, with `funnelrelay spool adopt`.": {
			Projects: upstream(forward.Online), Total: spool.Counts{Pending: 3}, Held: 2, Spool: spool.Health{Doubt: &spool.Doubt{Kind: spool.RolledBack}}},
		"No events are taken: spool is full. 1 event is safe on this machine and waits.": {Spool: spool.Health{Full: "spool is full"}, Total: spool.Counts{Pending: 1}},
		"No events are taken: the spool cannot be written. Nothing waits.":               {Spool: spool.Health{Unavailable: "EIO"}},
	} {
		if got := summary(&s, time.FixedZone("site", 3600)); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

package relay

import (
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"funnelrelay/relay/alarm"
	"funnelrelay/relay/dropfolder"
	"funnelrelay/spool"
)

// What was refused is an alarm until a person has seen it, also after a restart,
// and what is refused later is one again.
func TestRejectsSeen(t *testing.T) {
	log := slog.New(slog.DiscardHandler)
	s, err := spool.Open(filepath.Join(t.TempDir(), "spool.db"), spool.Options{Log: log})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	r := &Relay{o: Options{Log: log}, spool: s, alarms: alarm.New(log)}
	at := time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)
	file := func(name string, minutes int) dropfolder.RefusedFile {
		return dropfolder.RefusedFile{Path: "/drop/till/rejected/" + name, At: at.Add(time.Duration(minutes) * time.Minute)}
	}
	was := false
	look := func(want int64, unsure bool, files ...dropfolder.RefusedFile) {
		t.Helper()
		before := was
		was = r.refused(&dropfolder.Refused{Source: "till", Files: files, Unsure: unsure}, was)
		if !was && before {
			r.alarms.Clear("rejects/till") // as the watch does
		}
		open := r.alarms.Open()
		if (want > 0) != was || len(open) != int(min(want, 1)) || want > 0 && open[0].Count != want {
			t.Errorf("want %d, have %v %+v", want, was, open)
		}
	}
	see := func() {
		t.Helper()
		if err := r.alarms.Seen("rejects/till"); err != nil {
			t.Fatal(err)
		}
	}
	look(0, false)
	look(1, false, file("a.rows.csv", 0))
	look(2, false, file("a.rows.csv", 0), file("b.csv", 5))
	if text := r.alarms.Open()[0].Text; !strings.Contains(text, "2 files") || !strings.Contains(text, "b.csv") {
		t.Errorf("%s", text)
	}
	look(2, true) // the share is gone
	look(0, false)
	look(2, false, file("a.rows.csv", 0), file("b.csv", 5))
	see()
	r.alarms = alarm.New(log) // a restart
	was = false
	look(0, false, file("a.rows.csv", 0), file("b.csv", 5))
	look(0, true)
	look(1, false, file("a.rows.csv", 0), file("b.csv", 5), file("c.csv", 6))
	see()
	look(0, false, file("c.csv", 6))
	if err := r.alarms.Seen("rejects/till"); err == nil {
		t.Error("what is over can be seen")
	}
}

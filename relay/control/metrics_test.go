package control

import (
	"log/slog"
	"path/filepath"
	"strings"
	"testing"

	"funnelrelay/relay/alarm"
	"funnelrelay/relay/dropfolder"
	"funnelrelay/spool"
)

// What of files needs a person can be watched.
func TestHeldMetric(t *testing.T) {
	out := metricsOf(t, dropfolder.State{Source: "till", Totals: dropfolder.Totals{Accepted: 3, Held: 2}})
	if want := "funnelrelay_file_held_total{source=\"till\"} 2\n"; !strings.Contains(out, want) {
		t.Errorf("no %s in\n%s", want, out)
	}
}

// metricsOf is what a monitor reads where there is one source.
func metricsOf(t *testing.T, source dropfolder.State) string {
	t.Helper()
	s, err := spool.Open(filepath.Join(t.TempDir(), "spool.db"), spool.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	alarms := alarm.New(slog.New(slog.DiscardHandler))
	alarms.Raise("source-folder/Kö \"1\"", "gone", "look")
	alarms.Raise("dead/shop", "1 dead", "look")
	if err := alarms.Seen("dead/shop"); err != nil {
		t.Fatal(err)
	}
	c := New(Options{
		Spool: s, Alarms: alarms, Queues: func() []Queue { return nil }, Ready: func() bool { return true },
		Sources: func() []dropfolder.State { return []dropfolder.State{source} },
	})
	var out strings.Builder
	c.WriteMetrics(&out)
	return out.String()
}

// A monitor sees which alarms are open.
func TestAlarmMetric(t *testing.T) {
	out := metricsOf(t, dropfolder.State{Source: "till"})
	want := "funnelrelay_alarm{name=\"dead/shop\",seen=\"true\"} 1\nfunnelrelay_alarm{name=\"source-folder/Kö \\\"1\\\"\",seen=\"false\"} 1\n"
	if !strings.Contains(out, want) || !strings.Contains(out, "funnelrelay_alarms 2\n") {
		t.Errorf("no %s in\n%s", want, out)
	}
}

// A folder of the drop folder may be called like anything, and its metrics can
// still be read.
func TestLabels(t *testing.T) {
	out := metricsOf(t, dropfolder.State{Source: "drop/Kauf\u00a0\u200d\"x\"\\\n\xff"})
	if want := "funnelrelay_files_total{source=\"drop/Kauf\u00a0\u200d\\\"x\\\"\\\\\\n\uFFFD\"} 0\n"; !strings.Contains(out, want) {
		t.Errorf("no %s in\n%s", want, out)
	}
}

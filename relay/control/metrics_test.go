package control

import (
	"path/filepath"
	"strings"
	"testing"

	"funnelrelay/relay/alarm"
	"funnelrelay/relay/dropfolder"
	"funnelrelay/spool"
)

// A folder of the drop folder may be called like anything, and its metrics can
// still be read.
func TestLabels(t *testing.T) {
	s, err := spool.Open(filepath.Join(t.TempDir(), "spool.db"), spool.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	c := New(Options{
		Spool: s, Alarms: alarm.New(nil), Queues: func() []Queue { return nil }, Ready: func() bool { return true },
		Sources: func() []dropfolder.State {
			return []dropfolder.State{{Source: "drop/Kauf\u00a0\u200d\"x\"\\\n\xff"}}
		},
	})
	var out strings.Builder
	c.WriteMetrics(&out)
	if want := "funnelrelay_files_total{source=\"drop/Kauf\u00a0\u200d\\\"x\\\"\\\\\\n\uFFFD\"} 0\n"; !strings.Contains(out.String(), want) {
		t.Errorf("no %s in\n%s", want, out.String())
	}
}

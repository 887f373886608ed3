package relay

import (
	"path/filepath"
	"strings"
	"testing"

	"funnelrelay/relay/config"
	"funnelrelay/spool"
)

// TestOrphansSayHow: the alarm of a backlog whose project is gone names the
// command as it is typed.
func TestOrphansSayHow(t *testing.T) {
	r := quiet(t, filepath.Join(t.TempDir(), "spool.db"), config.Default())
	defer func() {
		if err := r.spool.Close(); err != nil {
			t.Error(err)
		}
	}()
	for _, queue := range []string{"shop/old id", "store/7"} {
		batch := spool.Batch{Entries: []spool.Entry{{Queue: queue, Day: "2026-11-23", Body: []byte("{}")}}}
		if _, err := r.spool.Put(t.Context(), batch); err != nil {
			t.Fatal(err)
		}
	}
	r.orphans(map[string]bool{})
	open := r.alarms.Open()
	if len(open) != 2 {
		t.Fatalf("%+v", open)
	}
	for i, want := range []string{"`funnelrelay spool move \"shop/old id\" --to PROJECT`", "`funnelrelay spool move store/7 --to PROJECT`"} {
		if !strings.Contains(open[i].Do, want) {
			t.Errorf("%s: %s", open[i].Name, open[i].Do)
		}
	}
}

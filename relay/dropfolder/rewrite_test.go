package dropfolder

import (
	"testing"
	"time"

	"funnelrelay/relay/source"
)

// A file that is written anew all day may hold nothing, as in the morning: that
// is no alarm, and what it holds next is taken.
func TestRewriteEmpty(t *testing.T) {
	bubble(t, func(t *testing.T, s *site) {
		r := s.start(s.options(), s.source(leads(func(spec *source.Source) { spec.Mode = source.Rewrite }), "*.csv"))
		for _, id := range []string{"a", "b"} {
			s.put("today.csv", "")
			time.Sleep(10 * time.Minute) // fake
			if got := alarms(r.Watcher); len(got) > 0 {
				t.Errorf("alarms %q", got)
			}
			if got := r.State()[0].Waiting; got != 0 {
				t.Errorf("%d files wait", got)
			}
			s.put("today.csv", table(id))
			time.Sleep(waitTaken) // fake
		}
		r.stop()
		s.wantEvents("a", "b")
	})
}

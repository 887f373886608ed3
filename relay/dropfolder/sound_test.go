package dropfolder

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"funnelrelay/relay/source"
	"funnelrelay/spool"
)

// Rows that are known by their place only go out once when a file, or a file in
// a zip, broke off half way and comes again mended.
func TestMendedWithoutIDs(t *testing.T) {
	noID := func(s *source.Source) { s.Event.ID = nil }
	var list []string
	for _, id := range numbered(3 * batchOffers) {
		list = append(list, fmt.Sprintf(`{"email":"%s@x.de"}`, id))
	}
	whole := "[" + strings.Join(list, ",") + "]"
	few := `[{"email":"z@x.de"}]`
	for name, c := range map[string]struct{ broken, mended string }{
		"a.json": {whole[:len(whole)-5], whole},
		"a.zip":  {zipped(t, "a.json", whole, "b.json", few[:9]), zipped(t, "a.json", whole, "b.json", few)},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, s *site) {
				src := s.source(leads(noID), "*")
				s.put(name, c.broken)
				s.during(10*time.Second, src)
				if why := s.read("rejected/" + name + ".why.txt"); !strings.Contains(why, "the file ends in the middle") && !strings.Contains(why, "it ends in the middle") {
					t.Error(why)
				}
				s.put(name, c.mended)
				s.during(10*time.Second, src)
				want := numbered(3 * batchOffers)
				if name == "a.zip" {
					want = append(want, "z")
				}
				s.wantEvents(want...)
				if dead := s.events(spool.Dead); len(dead) > 0 {
					t.Errorf("dead: %q", dead)
				}
			})
		})
	}
}

package dashboard

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"

	"funnelrelay/relay/event"
	"funnelrelay/spool"
)

// BenchmarkPages makes each page over a spool of a million events, of which a
// thousand are dead; EVENTS makes it another number.
func BenchmarkPages(b *testing.B) {
	n := 1_000_000
	if text := os.Getenv("EVENTS"); text != "" {
		n, _ = strconv.Atoi(text)
	}
	s := newSite(b)
	id := s.fill(n)
	for _, path := range []string{"/", "/?chart=week", "/events", "/events?q=R-0000777", "/events?q=anna.77@example.com", "/events?state=dead", "/events?state=sent",
		"/events?q=nothing-like-it", "/events?source=nowhere", "/events/" + id, "/events/" + id + "/edit", "/dead", "/dead?cause=second", "/sources", "/days", "/health"} {
		b.Run(strings.ReplaceAll(path, "/", "_"), func(b *testing.B) {
			for b.Loop() {
				if w := s.get(path); w.Code != http.StatusOK {
					b.Fatal(w.Code)
				}
			}
		})
	}
}

// fill puts n sales, of which each thousandth is dead, and gives the id of the
// last dead one.
func (s *site) fill(n int) (id string) {
	s.t.Helper()
	ev, faults := event.Normalize("__commerce_action__", []byte(sale("R-0", "a@example.com", 100)), &event.Rules{})
	if faults != nil {
		s.t.Fatal(faults)
	}
	template := entryOf(ev, "till")
	for first := 0; first < n; first += 1000 {
		entries := make([]spool.Entry, 1000)
		for i := range entries {
			e := template
			order, email := fmt.Sprintf("R-%07d", first+i), fmt.Sprintf("anna.%d@example.com", first+i)
			e.Body = []byte(sale(order, email, first+i))
			e.Terms = []string{"o:" + order, "e:" + email, "s:SKU-1", "a:__commerce_action__", "w:till"}
			entries[i] = e
		}
		entries[500].Bury = [...]string{"422: first", "422: second"}[first/1000%2]
		stored, err := s.spool.Put(context.Background(), spool.Batch{Entries: entries})
		if err != nil {
			s.t.Fatal(err)
		}
		id = stored[500].ID.String()
	}
	return id
}

package integrations

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"funnelrelay/relay/config"
)

// A full spool is said at once, with when to come again, and not by a sender's own
// time running out, which is 40 s in Make; a disk that hangs is answered for by
// ingest, whose test runs on a clock of its own. What was taken before arrives.
func TestFullSpool(t *testing.T) {
	r := newRig(t, func(c *config.Config) { c.Spool.MaxSize = 1 << 20 })
	const most = 40
	padding := strings.Repeat("x", 100<<10)
	taken := 0
	for i := range most {
		began := time.Now()
		a := r.send(tunnelled("POST", "/api/v1/webhook/Lead", fmt.Sprintf(`{"email":"%d@shop.example","padding":%q}`, i, padding), asJSON, "X-API-KEY: "+secretKey))
		if took := time.Since(began); took > 30*time.Second {
			t.Fatalf("answered after %s", took)
		}
		if a.is("202 queued") {
			taken++
			continue
		}
		if !a.is("507 spool.max_size") || a.header.Get("Retry-After") == "" {
			t.Errorf("%d %s", a.status, a.text)
		}
		r.arrived(taken)
		if taken == 0 {
			t.Error("nothing was taken")
		}
		return
	}
	t.Errorf("%d events of 100 kB fit into 1 MB", most)
}

package forward

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"testing"
	"time"

	"funnelrelay/relay/event"
	"funnelrelay/spool"
)

// BenchmarkDrain sends a backlog of b.N fsynced records to a server on
// loopback, which shares the cores.
func BenchmarkDrain(b *testing.B) {
	for _, c := range []struct {
		connections int
		latency     time.Duration
	}{{1, 0}, {4, 0}, {64, 0}, {64, 20 * time.Millisecond}} {
		b.Run(fmt.Sprintf("connections=%d/latency=%s", c.connections, c.latency), func(b *testing.B) {
			benchmarkDrain(b, c.connections, c.latency)
		})
	}
}

func benchmarkDrain(b *testing.B, connections int, latency time.Duration) {
	arrived := make(chan struct{}, 1024)
	up := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		if latency > 0 {
			time.Sleep(latency)
		}
		arrived <- struct{}{}
	}))
	defer up.Close()
	sp, err := spool.Open(filepath.Join(b.TempDir(), "spool.db"), spool.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer sp.Close()
	fill(b, sp, b.N)
	target, _ := url.Parse(up.URL)
	log := &lockedBuffer{}
	f := New(sp, Options{
		Project: "shop", ProjectID: "4711", APIKey: testKey, URL: target, Connections: connections,
		Log: slog.New(slog.NewTextHandler(log, nil)),
	})
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	b.ResetTimer()
	go func() { done <- f.Run(ctx) }()
	for range b.N {
		<-arrived
	}
	for sp.Counts()["shop"].Pending > 0 {
		time.Sleep(100 * time.Microsecond) // the last group commit
	}
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
	stop()
	if err := <-done; err != nil {
		b.Error(err)
	}
	if log.String() != "" {
		b.Errorf("not a smooth run:\n%s", log)
	}
	if c := sp.Counts()["shop"]; c.Sent != int64(b.N) {
		b.Errorf("counts %+v", c)
	}
}

// fill stores n records of the size of a purchase, each of its own person.
func fill(b *testing.B, sp *spool.Spool, n int) {
	facts := event.Facts{Action: event.CommerceAction, Path: event.CommerceAction, Source: "http"}.Append(nil)
	for at := 0; at < n; {
		var batch spool.Batch
		for ; at < n && len(batch.Entries) < 500; at++ {
			batch.Entries = append(batch.Entries, spool.Entry{
				Queue: "shop", Facts: facts, Lanes: []spool.Lane{spool.Lane(at)}, Day: "2026-11-23",
				Body: fmt.Appendf(nil, `{"dateTime":"2026-11-23T20:00:00+00:00","email":"p%d@example.com","carBrand":"Lamborghini",`+
					`"carModel":"Urus","productionYear":"2021","purchase_data":[{"__sku__":"LAMBO007","__label__":"LAMBO Urus",`+
					`"__total_in_cents__":"30000000","__order__":"%d","__currency__":"USD"}],"note":"%0100d"}`, at, at, at),
				Tallies: []spool.Tally{{Key: "http\x00shop\x00USD", Amount: 30000000}},
			})
		}
		if _, err := sp.Put(context.Background(), batch); err != nil {
			b.Fatal(err)
		}
	}
}

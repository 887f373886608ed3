package ingest

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"funnelrelay/relay/event"
)

// nowhere takes everything at once: what is left is the cost of the port.
type nowhere struct{ n atomic.Uint64 }

func (s *nowhere) Accept(_ context.Context, b event.Batch) ([]event.Receipt, error) {
	receipts := make([]event.Receipt, len(b.Offers))
	for i := range receipts {
		receipts[i].ID = fmt.Sprintf("%016x", s.n.Add(1))
	}
	return receipts, nil
}

const sale = `{"email":"kunde%d@example.com","session":123456789012,"dateTime":"2026-11-05T21:18:04+00:00","store":"Hamburg","purchase_data":[{"__sku__":"LAMBO007","__label__":"LAMBO Urus","__total_in_cents__":"30000000","__order__":"%d","__currency__":"USD","quantity":3}]}`

// BenchmarkOneEvent is one sale a request over kept connections, with a key;
// the load shares the machine.
func BenchmarkOneEvent(b *testing.B) {
	for _, conns := range []int{1, 64} {
		b.Run(fmt.Sprintf("%dconns", conns), func(b *testing.B) {
			load(b, conns, 1, func(n int) string {
				body := fmt.Sprintf(sale, n, n)
				return fmt.Sprintf("POST /api/v1/webhook/__commerce_action__ HTTP/1.1\r\nHost: 127.0.0.1:8787\r\nUser-Agent: bench\r\nAccept: */*\r\n"+
					"Content-Type: application/json\r\nIdempotency-Key: key-%d\r\nContent-Length: %d\r\n\r\n%s", n, len(body), body)
			})
		})
	}
}

// BenchmarkBatch is 500 sales a request, one a line.
func BenchmarkBatch(b *testing.B) {
	const size = 500
	load(b, 4, size, func(n int) string {
		var lines strings.Builder
		for i := range size {
			fmt.Fprintf(&lines, sale+"\n", n*size+i, n*size+i)
		}
		return fmt.Sprintf("POST /api/v1/webhook/__commerce_action__ HTTP/1.1\r\nHost: 127.0.0.1:8787\r\n"+
			"Content-Type: application/x-ndjson\r\nContent-Length: %d\r\n\r\n%s", lines.Len(), lines.String())
	})
}

// load sends b.N requests over conns connections and reports events a second.
func load(b *testing.B, conns, events int, request func(n int) string) {
	h := New(Options{Sink: &nowhere{}, Loopback: true, Projects: []Project{{Name: "shop", Rules: &event.Rules{}}}})
	srv, err := Open(ServerOptions{Listen: "127.0.0.1:0", Handler: h.Port(http.NewServeMux())})
	if err != nil {
		b.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- srv.Run(ctx) }()
	b.ReportAllocs()
	b.ResetTimer()
	var next atomic.Int64
	var all sync.WaitGroup
	for range conns {
		all.Go(func() { send(b, srv.Addr().String(), &next, request) })
	}
	all.Wait()
	b.StopTimer()
	b.ReportMetric(float64(b.N*events)/b.Elapsed().Seconds(), "events/s")
	stop()
	if err := <-ended; err != nil {
		b.Error(err)
	}
}

func send(b *testing.B, addr string, next *atomic.Int64, request func(n int) string) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		b.Error(err)
		return
	}
	defer conn.Close()
	answers := bufio.NewReader(conn)
	for n := next.Add(1); n <= int64(b.N); n = next.Add(1) {
		if _, err := io.WriteString(conn, request(int(n))); err != nil {
			b.Error(err)
			return
		}
		if err := answered(answers); err != nil {
			b.Error(err)
			return
		}
	}
}

// answered reads one answer, cheaply: it has a Content-Length.
func answered(r *bufio.Reader) error {
	length, code := 0, ""
	for {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return err
		}
		text := strings.TrimSpace(string(line))
		if code == "" {
			code = text
		}
		if text == "" {
			break
		}
		if value, ok := strings.CutPrefix(text, "Content-Length: "); ok {
			if _, err := fmt.Sscan(value, &length); err != nil {
				return err
			}
		}
	}
	if _, err := r.Discard(length); err != nil {
		return err
	}
	if code != "HTTP/1.1 202 Accepted" {
		return fmt.Errorf("answered %s", code)
	}
	return nil
}

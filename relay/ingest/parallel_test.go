package ingest

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"

	"funnelrelay/relay/event"
)

// Buffers are used again; no event may get another's bytes.
func TestParallelSenders(t *testing.T) {
	p := listen(t, func(o *Options) { o.Limits.Memory, o.Limits.Body = 1<<20, 1<<20 })
	body := func(sender, n int) string {
		size := []int{0, 100, smallBody, smallBody + 1, 300_000}[n%5]
		return fmt.Sprintf(`{"email":"%d-%d","x":"%s"}`, sender, n, strings.Repeat(string(rune('a'+sender%26)), size))
	}
	const senders, each = 30, 10
	var all sync.WaitGroup
	for sender := range senders {
		all.Go(func() {
			for n := range each {
				text, headers := body(sender, n), []string{asJSON}
				if n%3 == 1 {
					text, headers = zip(t, text), append(headers, "Content-Encoding: gzip")
				}
				if n%4 == 3 { // a refusal in between
					if r := p.ask("POST", "/api/v1/webhook/Demo", text+"]", asJSON); r.code != 400 {
						t.Errorf("refusal: %d %s", r.code, r.text)
					}
				}
				if r := p.ask("POST", "/api/v1/webhook/Demo", text, headers...); r.code != 202 {
					t.Errorf("%d-%d: %d %s", sender, n, r.code, r.text)
				}
			}
		})
	}
	all.Wait()
	stored := map[string]bool{}
	for _, e := range p.sink.all() {
		stored[e.body] = true
	}
	for sender := range senders {
		for n := range each {
			if !stored[body(sender, n)] {
				t.Errorf("%d-%d is not stored as it was sent", sender, n)
			}
		}
	}
	if len(stored) != senders*each {
		t.Errorf("%d bodies stored", len(stored))
	}
	if p.h.memory.free != p.h.memory.total {
		t.Errorf("%d of %d bytes came back", p.h.memory.free, p.h.memory.total)
	}
}

// late fails, and holds on to what it was offered, as a writer does that has
// not got to it when the sender hangs up.
type late struct{ kept [][]byte }

func (s *late) Accept(_ context.Context, b event.Batch) ([]event.Receipt, error) {
	for _, o := range b.Offers {
		s.kept = append(s.kept, o.Event.Body)
	}
	return nil, context.Canceled
}

func TestFailedSinkKeepsItsInput(t *testing.T) {
	sink := &late{}
	p := listen(t, func(o *Options) { o.Sink = sink })
	for n := range 20 {
		p.post(fmt.Sprintf(`{"email":"%02d"}`, n)).refused(t, 503)
	}
	for n, body := range sink.kept {
		if want := fmt.Sprintf(`{"email":"%02d"}`, n); string(body) != want {
			t.Errorf("%s became %s", want, body)
		}
	}
}

// lines is a log that can be read while it is written.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func TestLog(t *testing.T) {
	log := &lines{}
	p := listen(t, func(o *Options) { o.Log = slog.New(slog.NewTextHandler(log, nil)) })
	p.sink.failWith(event.ErrUnavailable)
	for range 50 {
		p.post(`{"a":1}`, "X-API-KEY: key of shop")
	}
	p.sink.failWith(nil)
	for range 3 {
		p.post(`{"a":1}`)
	}
	p.post(`{}`, "X-API-KEY: hush", "Authorization: Bearer hush").refused(t, 401)
	p.ask("GET", "/broken", "").refused(t, 500)
	text := log.String()
	for words, times := range map[string]int{
		"events are refused": 1, "events are taken again": 1, "refused=50": 1,
		"events without email and session": 1, "panic while answering": 1,
		"key of shop": 0, "hush": 0,
	} {
		if got := strings.Count(text, words); got != times {
			t.Errorf("%q stands %d times in the log, not %d", words, got, times)
		}
	}
	if got := strings.Count(text, "request refused"); got == 0 || got > 15 {
		t.Errorf("%d refusals logged", got)
	}
}

// A sink that loses count is not answered with a yes.
func TestReceiptsMissing(t *testing.T) {
	p := listen(t, func(o *Options) { o.Sink = silent{} })
	p.post(`{"a":1}`).refused(t, http.StatusInternalServerError)
}

type silent struct{}

func (silent) Accept(context.Context, event.Batch) ([]event.Receipt, error) { return nil, nil }

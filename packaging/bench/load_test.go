package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
)

// take is a server that notes the numbers of all events posted to it, and
// answers each request with write.
func take(t *testing.T, write http.HandlerFunc) (address string, seen *numbers) {
	seen = &numbers{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		for line := range bytes.Lines(body) {
			if n, ok := eventNumber(line); !ok || !seen.add(n) {
				t.Errorf("foreign, or twice: %s", line)
			}
		}
		write(w, r)
	}))
	t.Cleanup(server.Close)
	return server.Listener.Addr().String(), seen
}

// A load that acknowledges n events sent those from its first number on, all
// of them, and no other.
func TestLoadSendsEachEventOnce(t *testing.T) {
	plain := func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusAccepted) }
	inChunks := func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, strings.Repeat("x", 10_000))
		_ = http.NewResponseController(w).Flush()
		_, _ = io.WriteString(w, "end")
	}
	for name, c := range map[string]struct {
		load   load
		answer http.HandlerFunc
	}{
		"single":         {load{connections: 8, batch: 1, events: 1001}, plain},
		"one connection": {load{connections: 1, batch: 1, events: 50}, inChunks},
		"batches":        {load{connections: 3, batch: 100, events: 1050}, inChunks},
		"for a while":    {load{connections: 4, batch: 10, lasts: warmUp / 10}, plain},
	} {
		t.Run(name, func(t *testing.T) {
			address, seen := take(t, c.answer)
			c.load.address, c.load.path = address, "/"
			next := uint64(0)
			for range 2 {
				r, err := c.load.run(t.Context(), &next)
				if err != nil {
					t.Fatal(err)
				}
				if c.load.events > 0 && r.events != c.load.events {
					t.Errorf("%d events, want %d", r.events, c.load.events)
				}
				if p50, p99 := r.quantile(0.5), r.quantile(0.99); p50 <= 0 || p99 < p50 {
					t.Errorf("p50 %s, p99 %s", p50, p99)
				}
			}
			if seen.len() != next || seen.add(next-1) || !seen.add(next) {
				t.Errorf("%d events came, and the next is %d", seen.len(), next)
			}
		})
	}
}

func TestLoadEndsAtRefusal(t *testing.T) {
	var requests atomic.Int64
	address, _ := take(t, func(w http.ResponseWriter, _ *http.Request) {
		if requests.Add(1) > 20 {
			http.Error(w, "the spool is full", http.StatusInsufficientStorage)
		}
	})
	next := uint64(0)
	_, err := load{address: address, path: "/", connections: 4, batch: 1, events: 1000}.run(t.Context(), &next)
	if err == nil || !strings.Contains(err.Error(), "507: the spool is full") {
		t.Errorf("error %v", err)
	}
}

func TestEvent(t *testing.T) {
	for _, n := range []uint64{0, 7, 1_000_000, 9_999_999_999} {
		text := appendEvent(nil, n)
		if !json.Valid(text) || len(text) < 350 || len(text) > 380 {
			t.Errorf("%d bytes: %s", len(text), text)
		}
		if got, ok := eventNumber(text); got != n || !ok {
			t.Errorf("number %d, %v; want %d", got, ok, n)
		}
	}
	for _, text := range []string{"", "{}", orderMark, orderMark + "12", orderMark + `x"`} {
		if n, ok := eventNumber([]byte(text)); ok {
			t.Errorf("%q: number %d", text, n)
		}
	}
}

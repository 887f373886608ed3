package sandbox

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestServeEndsWithItsContext(t *testing.T) {
	defer goleak.VerifyNone(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	// An answer that is an hour away must not hold up the end.
	s := New(Options{Faults: Faults{Latency: time.Hour}})
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx, l) }()

	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	c := caller{t: t, url: "http://" + l.Addr().String(), client: &http.Client{Transport: transport}}
	answered := make(chan int, 1)
	go func() {
		code, _ := c.post(lead) // 0 where the end cut it off
		answered <- code
	}()
	for s.Stats().Taken == 0 { // each round is a request, so that it waits for something real
		answer, err := c.client.Get(c.url + "/faults")
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
	}
	cancel()
	if err := <-served; err != nil {
		t.Errorf("served: %v", err)
	}
	if code := <-answered; code != 200 {
		t.Errorf("the request in flight got %d", code)
	}
	if _, err := net.Dial("tcp", l.Addr().String()); err == nil {
		t.Error("the listener is still open")
	}
}

func TestServeTellsWhyItEnded(t *testing.T) {
	defer goleak.VerifyNone(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	if err := New(Options{}).Serve(t.Context(), l); err == nil || !strings.HasPrefix(err.Error(), "serve the sandbox on 127.0.0.1:") {
		t.Errorf("error %v", err)
	}
}

func TestControlEndpoints(t *testing.T) {
	s := New(Options{})
	for _, c := range []struct {
		method, path string
		status       int
		allow        string
	}{
		{"GET", "/", 200, ""},
		{"HEAD", "/", 200, ""},
		{"POST", "/", 405, "GET"},
		{"GET", "/faults", 200, ""},
		{"PUT", "/faults", 405, "GET, POST, DELETE"},
		{"POST", "/deliveries", 405, "GET, DELETE"},
		{"GET", "/nowhere", 404, ""},
		{"GET", "/api/v1/webhook/Demo", 405, "POST"},
	} {
		w := answer(s, httptest.NewRequest(c.method, c.path, nil))
		if w.Code != c.status || w.Header().Get("Allow") != c.allow {
			t.Errorf("%s %s: %d, Allow %q", c.method, c.path, w.Code, w.Header().Get("Allow"))
		}
	}
	r := httptest.NewRequest("POST", "/faults", strings.NewReader(`{"down":true}`))
	r.Header.Set("Origin", "http://evil.example")
	wantRefusal(t, answer(s, r), 403, "cross_origin", "")
	if s.Faults().Down {
		t.Error("a page elsewhere set a fault")
	}
}

func TestOptions(t *testing.T) {
	if err := (Options{}).Validate(); err != nil {
		t.Error(err)
	}
	bad := Options{DuplicateStatus: 42, MaxBody: -1, Faults: Faults{Status: 99, HTML: "x"}}
	if err := bad.Validate(); err == nil || strings.Count(err.Error(), "\n") != 2 {
		t.Errorf("error %v", err)
	}
	got := bad.resolved()
	if got.DuplicateStatus != 409 || got.MaxBody != 4<<20 || got.Faults != (Faults{}) || got.Keep != 10_000 || got.Seed != 1 {
		t.Errorf("resolved %+v", got)
	}
	if !strings.Contains(got.DuplicateBody, "duplicate") {
		t.Errorf("body %q", got.DuplicateBody)
	}
	if (Options{UserDelay: NoDelay}).resolved().UserDelay != 0 || (Options{}).resolved().UserDelay != 3*time.Millisecond {
		t.Error("the user delay")
	}
	if err := New(Options{}).SetFaults(Faults{Lost: 2}); err == nil {
		t.Error("a probability of 2 was set")
	}
}

// numbered is the n-th of many different sales.
func numbered(n int64) []byte {
	return fmt.Appendf(nil, `{"email":"buyer%d@shop.example","dateTime":"2023-11-05T21:18:04+00:00","till":"4","purchase_data":[`+
		`{"__sku__":"LAMBO007","__label__":"LAMBO Urus","__total_in_cents__":"30000000","__order__":"%d","__currency__":"USD","quantity":3}]}`, n%100_000, n)
}

// BenchmarkTake is one event through the handler, without a connection.
func BenchmarkTake(b *testing.B) {
	handler := quick(Options{}).Handler()
	r := post(commerceAction, "")
	var n int64
	for b.Loop() {
		n++
		body := numbered(n)
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		w := httptest.ResponseRecorder{HeaderMap: make(http.Header)}
		handler.ServeHTTP(&w, r)
		if w.Code != 200 {
			b.Fatal(w.Code)
		}
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "events/s")
}

// BenchmarkLoopback is the same over TCP, 64 connections at once; the client
// eats its share of the processor.
func BenchmarkLoopback(b *testing.B) {
	s := quick(Options{})
	server := httptest.NewServer(s.Handler())
	defer server.Close()
	transport := &http.Transport{MaxIdleConnsPerHost: 64, DisableCompression: true}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport}
	var n atomic.Int64
	b.SetParallelism(32)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			r, err := http.NewRequest("POST", server.URL+webhookPrefix+commerceAction, bytes.NewReader(numbered(n.Add(1))))
			if err != nil {
				b.Error(err)
				return
			}
			r.Header = http.Header{"Content-Type": {"application/json"}, "X-Project-Id": {"p"}, "X-Api-Key": {"key-of-p"}}
			answer, err := client.Do(r)
			if err != nil {
				b.Error(err)
				return
			}
			_, _ = io.Copy(io.Discard, answer.Body)
			answer.Body.Close()
		}
	})
	b.StopTimer()
	if got := s.Stats().Taken; got != n.Load() {
		b.Errorf("%d taken of %d", got, n.Load())
	}
	b.ReportMetric(float64(n.Load())/b.Elapsed().Seconds(), "events/s")
}

package ingest

import (
	"context"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"funnelrelay/relay/event"
)

// sendersPatience is that of Make's HTTP module, the least of those we know.
const sendersPatience = 40 * time.Second

// stuck is a disk that hangs: it decides only when it is let go.
type stuck struct{ free chan struct{} }

func (s stuck) Accept(context.Context, event.Batch) ([]event.Receipt, error) {
	<-s.free
	return []event.Receipt{{ID: "1"}}, nil
}

// postInBubble sends an event to the handler without a port between, so that all of it
// runs on a bubble's time, and returns what it has answered when the sender's
// patience ends.
func postInBubble(t *testing.T, sink event.Sink, then func()) *httptest.ResponseRecorder {
	t.Helper()
	h := New(Options{Sink: sink, Loopback: true, Projects: []Project{{Name: "shop", Rules: &event.Rules{}}}})
	w, done := httptest.NewRecorder(), make(chan struct{})
	go func() {
		defer close(done)
		h.ServeHTTP(w, from("127.0.0.1:4444", "127.0.0.1:8787", "localhost"))
	}()
	time.Sleep(sendersPatience - 2*waitForMemory - time.Second) // of the bubble
	synctest.Wait()
	if w.Body.Len() == 0 {
		t.Error("no answer within the sender's patience")
	}
	answered := w.Body.Len()
	then()
	<-done
	if w.Body.Len() != answered {
		t.Errorf("a second answer followed: %s", w.Body)
	}
	return w
}

func TestHangingDisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		disk := stuck{make(chan struct{})}
		w := postInBubble(t, disk, func() { close(disk.free) })
		if w.Code != 503 || w.Header().Get("Retry-After") == "" || !strings.Contains(w.Body.String(), "same Idempotency-Key") ||
			w.Header().Get("Content-Type") != "application/problem+json" || !w.Flushed {
			t.Errorf("got %d %v %s", w.Code, w.Header(), w.Body)
		}
	})
}

// A queue that is not served for so long gives the event back for sure.
func TestHangingQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		queue := &store{block: make(chan struct{})}
		w := postInBubble(t, queue, func() {})
		if w.Code != 503 || !strings.Contains(w.Body.String(), "was not taken") || len(queue.all()) != 0 {
			t.Errorf("got %d %s", w.Code, w.Body)
		}
	})
}

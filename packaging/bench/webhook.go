package main

import (
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// webhook is the upstream. It begins down: nothing listens on its address.
type webhook struct {
	address string
	latency time.Duration // of each answer

	seen    numbers
	twice   atomic.Int64 // requests with an event that had come before
	foreign atomic.Int64 // requests without an event of ours
	first   atomic.Int64 // when the first event came, in Unix nanoseconds
	last    atomic.Int64 // when the newest event came

	mu     sync.Mutex // guards server
	server *http.Server
}

// newWebhook makes one on a free port.
func newWebhook(latency time.Duration) (*webhook, error) {
	address, err := freeAddress(webhookPorts)
	return &webhook{address: address, latency: latency}, err
}

// Where free ports are looked for. They are none of those that systems give to
// outgoing connections, or one of the load's own might take the port while
// nothing listens on it.
const (
	webhookPorts   = 28600
	referencePorts = 28800
)

// freeAddress is one of the 200 from a port on.
func freeAddress(from int) (string, error) {
	for port := from; port < from+200; port++ {
		address := fmt.Sprintf("127.0.0.1:%d", port)
		if l, err := net.Listen("tcp", address); err == nil {
			return address, l.Close()
		}
	}
	return "", fmt.Errorf("ports %d to %d are all in use", from, from+199)
}

func (w *webhook) url() string { return "http://" + w.address }

// up makes it listen.
func (w *webhook) up() error {
	l, err := net.Listen("tcp", w.address)
	if err != nil {
		return fmt.Errorf("webhook: %w", err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	server := &http.Server{Handler: w, ErrorLog: log.New(io.Discard, "", 0)}
	w.server = server
	go func() { _ = server.Serve(l) }() // ends when the webhook goes down
	return nil
}

// down closes the listener and all connections.
func (w *webhook) down() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.server != nil {
		_ = w.server.Close() // nothing is left to be done about it
		w.server = nil
	}
}

// ServeHTTP takes an event, and answers 200 after the latency.
func (w *webhook) ServeHTTP(out http.ResponseWriter, r *http.Request) {
	body := make([]byte, max(0, r.ContentLength))
	if _, err := io.ReadFull(r.Body, body); err != nil {
		http.Error(out, err.Error(), http.StatusBadRequest)
		return
	}
	if w.latency > 0 {
		time.Sleep(w.latency)
	}
	now := time.Now().UnixNano()
	w.first.CompareAndSwap(0, now)
	w.last.Store(now)
	n, ok := eventNumber(body)
	switch {
	case !ok:
		w.foreign.Add(1)
	case !w.seen.add(n):
		w.twice.Add(1)
	}
	out.Header().Set("Content-Type", "application/json")
	_, _ = out.Write([]byte("{}")) // the relay sends again what it got no answer to
}

// firstAt is when the first event came; zero while none has.
func (w *webhook) firstAt() time.Time { return instant(&w.first) }

// lastAt is when the newest event came; zero while none has.
func (w *webhook) lastAt() time.Time { return instant(&w.last) }

func instant(nanos *atomic.Int64) time.Time {
	if n := nanos.Load(); n != 0 {
		return time.Unix(0, n)
	}
	return time.Time{}
}

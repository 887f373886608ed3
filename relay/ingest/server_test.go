package ingest

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"funnelrelay/relay/event"
)

// inMemory is a listener whose connections are pipes, so that their deadlines
// run on a bubble's time.
type inMemory struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func newInMemory() *inMemory {
	return &inMemory{conns: make(chan net.Conn), closed: make(chan struct{})}
}

func (l *inMemory) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *inMemory) Close() error   { l.once.Do(func() { close(l.closed) }); return nil }
func (l *inMemory) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)} }

func (l *inMemory) dial() net.Conn {
	near, far := net.Pipe()
	l.conns <- far
	return near
}

// bubble runs a server in a bubble, whose senders need no credentials.
func bubble(t *testing.T, o ServerOptions, f func(t *testing.T, l *inMemory, sink *store, stop func() error)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		sink := &store{}
		h := New(Options{Sink: sink, Insecure: true, Projects: []Project{{Name: "shop", Rules: &event.Rules{}}}})
		o.Handler = h.Port(http.NewServeMux())
		l := newInMemory()
		srv := newServer(o, l)
		ctx, cancel := context.WithCancel(context.Background())
		ended := make(chan error, 1)
		go func() { ended <- srv.Run(ctx) }()
		stop := sync.OnceValue(func() error { cancel(); return <-ended })
		f(t, l, sink, stop)
		_ = stop()
	})
}

const head = "POST /api/v1/webhook/Demo HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"

func status3(t *testing.T, c net.Conn) string {
	t.Helper()
	line, err := bufio.NewReader(c).ReadString('\n')
	if err != nil {
		return err.Error()
	}
	return strings.Fields(line)[1]
}

func TestSlowSenders(t *testing.T) {
	bubble(t, ServerOptions{}, func(t *testing.T, l *inMemory, _ *store, _ func() error) {
		c := l.dial()
		start := time.Now()
		if _, err := io.WriteString(c, head+"Content-Length: 10\r\n\r\n{"); err != nil {
			t.Fatal(err)
		}
		if got := status3(t, c); got != "408" || time.Since(start) != 2*time.Minute {
			t.Errorf("a slow body: %s after %v", got, time.Since(start))
		}
		_ = c.Close()

		c, start = l.dial(), time.Now()
		if _, err := io.WriteString(c, head); err != nil { // and never an empty line
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, c) // it is closed without an answer, or with one
		if time.Since(start) > headerTime+time.Second {
			t.Errorf("a slow header was borne for %v", time.Since(start))
		}
		_ = c.Close()

		c, start = l.dial(), time.Now()
		if _, err := io.WriteString(c, strings.Replace(head, "application/json", "text/plain", 1)+"Content-Length: 10\r\n\r\n{"); err != nil {
			t.Fatal(err)
		}
		if got := status3(t, c); got != "415" || time.Since(start) > drainTime {
			t.Errorf("a refused slow body: %s after %v", got, time.Since(start))
		}
		_ = c.Close()
	})
}

func TestConnectionsAreBounded(t *testing.T) {
	bubble(t, ServerOptions{Conns: 1}, func(t *testing.T, l *inMemory, _ *store, _ func() error) {
		first := l.dial()
		second := make(chan string, 1)
		go func() {
			c := l.dial()
			go func() { _, _ = io.WriteString(c, head+"Content-Length: 2\r\n\r\n{}") }()
			second <- status3(t, c)
			_ = c.Close()
		}()
		synctest.Wait()
		select {
		case got := <-second:
			t.Errorf("the second got %s beside the first", got)
		default:
		}
		_ = first.Close()
		if got := <-second; got != "202" {
			t.Errorf("the second got %s", got)
		}
	})
}

func TestStopLetsAnswersEnd(t *testing.T) {
	bubble(t, ServerOptions{}, func(t *testing.T, l *inMemory, sink *store, stop func() error) {
		sink.block, sink.asked = make(chan struct{}), make(chan struct{}, 1)
		c := l.dial()
		go func() { _, _ = io.WriteString(c, head+"Content-Length: 2\r\n\r\n{}") }()
		<-sink.asked
		time.AfterFunc(5*time.Second, func() { close(sink.block) })
		ended := make(chan error, 1)
		go func() { ended <- stop() }()
		if got := status3(t, c); got != "202" {
			t.Errorf("got %s", got)
		}
		if err := <-ended; err != nil {
			t.Error(err)
		}
		_ = c.Close()
	})
	bubble(t, ServerOptions{}, func(t *testing.T, l *inMemory, sink *store, stop func() error) {
		sink.block, sink.asked = make(chan struct{}), make(chan struct{}, 1)
		c := l.dial()
		go func() { _, _ = io.WriteString(c, head+"Content-Length: 2\r\n\r\n{}") }()
		<-sink.asked
		start := time.Now()
		if err := stop(); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) > 11*time.Second {
			t.Errorf("%v after %v", err, time.Since(start))
		}
		_ = c.Close()
	})
}

func TestOpen(t *testing.T) {
	for _, c := range []struct {
		o    ServerOptions
		want string
	}{
		{ServerOptions{Listen: "0.0.0.0:0"}, "needs http.auth and http.tls"},
		{ServerOptions{Listen: ":0", Authed: true}, "needs http.tls"},
		{ServerOptions{Listen: "8787"}, "host:port"},
		{ServerOptions{Listen: "shop.example:0"}, "http.insecure"},
	} {
		if _, err := Open(c.o); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.o.Listen, err)
		}
	}
	first, err := Open(ServerOptions{Listen: "localhost:0"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = Open(ServerOptions{Listen: first.Addr().String()})
	if err == nil || !strings.Contains(err.Error(), "another program has this port") {
		t.Errorf("a port in use: %v", err)
	}
	for range 2 {
		if err := first.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	}
}

//go:build linux

package service

import (
	"context"
	"net"
	"path/filepath"
	"testing"
	"time"
)

// listen is systemd's end of the socket.
func listen(t *testing.T) *net.UnixConn {
	t.Helper()
	path := filepath.Join(t.TempDir(), "notify")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	t.Setenv("NOTIFY_SOCKET", path)
	return conn
}

func told(t *testing.T, conn *net.UnixConn) string {
	t.Helper()
	if err := conn.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	text := make([]byte, 1<<10)
	n, err := conn.Read(text)
	if err != nil {
		t.Fatal(err)
	}
	return string(text[:n])
}

func TestNotifier(t *testing.T) {
	conn := listen(t)
	t.Setenv("WATCHDOG_USEC", "40000")
	n := NewNotifier()
	n.Ready()
	if got := told(t, conn); got != "READY=1" {
		t.Errorf("ready: %q", got)
	}
	n.Stopping()
	if got := told(t, conn); got != "STOPPING=1" {
		t.Errorf("stopping: %q", got)
	}
}

// A look that hangs must not be covered up: systemd is to end the daemon.
func TestWatchHangs(t *testing.T) {
	conn := listen(t)
	t.Setenv("WATCHDOG_USEC", "40000")
	n := NewNotifier()
	looks, hang := 0, make(chan struct{})
	done := make(chan struct{})
	ctx, stop := context.WithCancel(t.Context())
	go func() {
		defer close(done)
		n.Watch(ctx, func() string {
			if looks++; looks > 3 {
				<-hang
			}
			return "two\nlines"
		})
	}()
	for range 3 {
		if got := told(t, conn); got != "WATCHDOG=1\nSTATUS=two lines" {
			t.Fatalf("alive: %q", got)
		}
	}
	if err := conn.SetReadDeadline(time.Now().Add(200 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if n, err := conn.Read(make([]byte, 100)); err == nil {
		t.Errorf("said %d bytes while it hung", n)
	}
	stop()
	close(hang)
	<-done
}

func TestNobodyListens(t *testing.T) {
	t.Setenv("NOTIFY_SOCKET", "")
	n := NewNotifier()
	n.Ready()
	n.Watch(t.Context(), func() string { t.Error("looked"); return "" })
}

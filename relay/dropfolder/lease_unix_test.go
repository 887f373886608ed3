//go:build unix

package dropfolder

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// On a full disk a lease that is ours stays ours, and files go on. Without one,
// the alarm says what to do, and the folder goes on once there is room.
func TestLeaseWithoutRoom(t *testing.T) {
	bubble(t, func(t *testing.T, s *site) {
		o := s.options()
		o.Machine = "one"
		w := New(o)
		var full atomic.Bool
		w.leases.write = func(ctx context.Context, path string, text []byte) error {
			if full.Load() {
				return &os.PathError{Op: "write", Path: path, Err: unix.ENOSPC}
			}
			return writeWhole(ctx, path, text)
		}
		w.Update([]Source{s.source(leads(nil), "*.csv")})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			w.Run(ctx)
		}()
		s.put("a.csv", table("a"))
		time.Sleep(waitTaken) // fake
		full.Store(true)
		before := s.read(leaseName)
		time.Sleep(5 * time.Minute) // fake
		s.put("b.csv", table("b"))
		time.Sleep(waitTaken) // fake
		s.wantEvents("a", "b")
		if got := alarms(w); len(got) > 0 {
			t.Errorf("alarms %q", got)
		}
		if s.read(leaseName) == before {
			t.Error("the lease was not renewed in its place")
		}
		if err := os.Remove(filepath.Join(s.drop, leaseName)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute) // fake
		if open := w.o.Alarms.Open(); len(open) != 1 || !strings.Contains(open[0].Do, "make room") {
			t.Errorf("alarms %v", open)
		}
		full.Store(false)
		s.put("c.csv", table("c"))
		time.Sleep(time.Minute) // fake
		cancel()
		<-done
		s.wantEvents("a", "b", "c")
		if slices.Contains(s.files(), leaseName) {
			t.Error("the lease stays behind")
		}
	})
}

// A clean stop leaves no lease, however soon it comes.
func TestLeaseStoppedSoon(t *testing.T) {
	bubble(t, func(t *testing.T, s *site) {
		for _, after := range []time.Duration{time.Second, 4*time.Second + time.Millisecond, 50*time.Second + time.Millisecond} {
			o := s.options()
			o.Machine = "one"
			r := s.start(o, s.source(leads(nil), "*.csv"))
			time.Sleep(after) // fake
			s.wantFiles(leaseName)
			r.stop()
			s.wantFiles()
		}
	})
}

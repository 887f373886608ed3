package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// needStrace skips where strace is not installed, unless the gate says that it
// must be.
func needStrace(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("strace"); err != nil {
		if os.Getenv("FUNNELRELAY_NEED_STRACE") != "" {
			t.Fatal(err)
		}
		t.Skip("strace is not installed")
	}
}

// TestCrashPoints lets the kernel kill the real relay, or fail it, at an exact
// call to the disk. What was acknowledged arrives, once; an I/O error never
// becomes a 2xx, and what was refused with one did not stay.
func TestCrashPoints(t *testing.T) {
	needStrace(t)
	faults := []struct {
		name, inject string
		kills        bool
	}{
		{"killed at a data sync", "fdatasync:signal=KILL:when=13", true},
		{"killed at a meta sync", "fdatasync:signal=KILL:when=14", true},
		{"killed at a write", "pwrite64:signal=KILL:when=40", true},
		{"one data sync fails", "fdatasync:error=EIO:when=13", false},
		{"one meta sync fails", "fdatasync:error=EIO:when=14", false},
		{"syncs fail for a while", "fdatasync:error=EIO:when=13..18", false},
		{"a write fails", "pwrite64:error=EIO:when=40", false},
		{"no room for a write", "pwrite64:error=ENOSPC:when=40", false},
		{"no room for a while", "pwrite64:error=ENOSPC:when=40..44", false},
		{"no room for a sync", "fdatasync:error=ENOSPC:when=15", false},
	}
	for _, f := range faults {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, "")
			r.faults(`{"down":true}`)
			call, _, _ := strings.Cut(f.inject, ":")
			r.up("strace", "-f", "-qq", "-o", os.DevNull, "-e", "trace="+call, "-e", "inject="+f.inject)
			statuses := map[int]int{}
			answers := map[int]int{} // of each event
			for n := range 30 {
				status, _ := r.post(t.Context(), "A", "", crashEvent(n))
				statuses[status]++
				answers[n] = status
				if status == 0 {
					break
				}
			}
			if f.kills {
				if statuses[0] == 0 {
					t.Fatal("the relay was not killed")
				}
				<-r.relay.exited
				r.up()
			} else {
				// One that strikes while an outcome alone is stored is seen by no
				// sender: the spool tries that again.
				seen := statuses[503]+statuses[507] > 0 || strings.Contains(r.relay.output(), "spool is not available")
				if !seen || statuses[0] > 0 {
					t.Errorf("answers by status: %v; the fault did not show\n%s", statuses, r.relay.output())
				}
				awaitAccepted(t, r, answers)
			}
			r.faults(`{}`)
			if s := r.settled(time.Minute); !s.Balanced {
				t.Errorf("counts: %+v", s.Total)
			}
			times := map[int]int{}
			list, _ := r.arrived()
			for _, d := range list {
				var n int
				if _, err := fmt.Sscanf(d.Body, `{"n":%d,`, &n); err != nil {
					t.Fatal(err)
				}
				times[n]++
			}
			for n, status := range answers {
				switch {
				case status/100 == 2 && times[n] != 1:
					t.Errorf("event %d was acknowledged and arrived %d times", n, times[n])
				case status >= 500 && times[n] != 0:
					t.Errorf("event %d was refused with %d and arrived", n, status)
				}
			}
		})
	}
}

func crashEvent(n int) string { return fmt.Sprintf(`{"n":%d,"email":"p%d@example.com"}`, n, n%3) }

// awaitAccepted posts new events until one is taken: the relay has recovered
// by itself.
func awaitAccepted(t *testing.T, r *rig, answers map[int]int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for n := 100; ; n++ {
		status, text := r.post(ctx, "A", "", crashEvent(n))
		answers[n] = status
		if status == 202 {
			return
		}
		if ctx.Err() != nil {
			t.Fatalf("does not recover: %d %s\n%s", status, text, r.relay.output())
		}
		<-time.After(50 * time.Millisecond)
	}
}

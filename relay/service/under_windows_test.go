package service

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/svc"
)

// executed is how Execute ended.
type executed struct {
	specific bool
	code     uint32
}

// manager plays the service manager for a handler: it keeps what the handler
// says of itself.
type manager struct {
	requests chan svc.ChangeRequest
	said     chan svc.Status
	end      chan executed
}

// begin starts a handler, in a bubble.
func begin(h *handler) *manager {
	m := &manager{make(chan svc.ChangeRequest), make(chan svc.Status), make(chan executed, 1)}
	go func() {
		specific, code := h.Execute(nil, m.requests, m.said)
		m.end <- executed{specific, code}
		close(m.said)
	}()
	return m
}

func TestRunsBeforeTheSpoolIsOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		opened := false
		m := begin(&handler{ctx: t.Context(), run: func(ctx context.Context) error {
			time.Sleep(time.Minute) // a large spool, by the bubble's clock
			opened = true
			<-ctx.Done()
			time.Sleep(4500 * time.Millisecond) // what is being sent ends
			return nil
		}})
		begun := time.Now()
		if s := <-m.said; s.State != svc.StartPending {
			t.Errorf("first said %v", s.State)
		}
		s := <-m.said
		if s.State != svc.Running || opened || time.Since(begun) > 0 {
			t.Errorf("then said %v after %v; opened is %v", s.State, time.Since(begun), opened)
		}
		if want := svc.AcceptStop | svc.AcceptShutdown | svc.AcceptPreShutdown; s.Accepts != svc.Accepted(want) {
			t.Errorf("accepts %b, want %b", s.Accepts, want)
		}
		time.Sleep(2 * time.Minute)
		stopped := time.Now()
		m.requests <- svc.ChangeRequest{Cmd: svc.PreShutdown}
		var points []uint32
		for s := range m.said {
			if s.State != svc.StopPending || s.WaitHint < 2000 {
				t.Errorf("while it stops it says %+v", s)
			}
			points = append(points, s.CheckPoint)
		}
		if want := []uint32{0, 1, 2, 3, 4}; !slices.Equal(points, want) {
			t.Errorf("signs of life are %v, want %v", points, want)
		}
		if e := <-m.end; e != (executed{}) || time.Since(stopped) != 4500*time.Millisecond {
			t.Errorf("ended with %+v after %v", e, time.Since(stopped))
		}
	})
}

func TestEnds(t *testing.T) {
	broken := errors.New("port 8787 is taken")
	for _, row := range []struct {
		name  string
		run   func(context.Context) error
		stop  bool
		want  executed
		after time.Duration
	}{
		{"by itself, with an error", func(context.Context) error { time.Sleep(time.Second); return broken }, false, executed{true, codeFailed}, time.Second},
		{"by itself, in order", func(context.Context) error { return nil }, false, executed{}, 0},
		{"asked to, with an error", func(ctx context.Context) error { <-ctx.Done(); return broken }, true, executed{true, codeFailed}, 0},
		{"not at all", func(context.Context) error { time.Sleep(time.Hour); return nil }, true, executed{true, codeHung}, stopLimit},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				begun := time.Now()
				h := &handler{ctx: t.Context(), run: row.run}
				m := begin(h)
				<-m.said
				<-m.said
				if row.stop {
					m.requests <- svc.ChangeRequest{Cmd: svc.Stop}
				}
				for range m.said {
				}
				if e := <-m.end; e != row.want || time.Since(begun) != row.after {
					t.Errorf("ended with %+v after %v, want %+v after %v", e, time.Since(begun), row.want, row.after)
				}
				if row.want.specific != (h.err != nil) {
					t.Errorf("the error is %v", h.err)
				}
				time.Sleep(2 * time.Hour) // what hangs ends
			})
		})
	}
}

// TestNoManager runs as a program that a person started.
func TestNoManager(t *testing.T) {
	under, err := RunUnder(t.Context(), func(context.Context) error { t.Error("was run"); return nil })
	if under || err != nil {
		t.Errorf("got %v, %v", under, err)
	}
}

func TestEnded(t *testing.T) {
	for _, row := range []struct {
		win32, own, want uint32
	}{
		{0, 0, 0},
		{uint32(windows.ERROR_SERVICE_NEVER_STARTED), 0, 0},
		{uint32(windows.ERROR_SERVICE_SPECIFIC_ERROR), codeHung, codeHung},
		{uint32(windows.ERROR_SERVICE_SPECIFIC_ERROR), 0, 1},
		{uint32(windows.ERROR_PROCESS_ABORTED), 0, 1067},
	} {
		if got := ended(svc.Status{Win32ExitCode: row.win32, ServiceSpecificExitCode: row.own}); got != row.want {
			t.Errorf("%d, %d: got %d, want %d", row.win32, row.own, got, row.want)
		}
	}
}

// TestEventText looks at what the event viewer would show.
func TestEventText(t *testing.T) {
	handler := slog.Handler(&eventHandler{}).WithAttrs([]slog.Attr{slog.String("project", "shop")}).WithGroup("g")
	if handler.Enabled(t.Context(), slog.LevelInfo) || !handler.Enabled(t.Context(), slog.LevelWarn) {
		t.Error("not the right levels")
	}
	r := slog.NewRecord(time.Now(), slog.LevelWarn, "the project is paused", 0)
	r.AddAttrs(slog.String("cause", "401\x00"), slog.String("level", "kept"))
	got, err := handler.(*eventHandler).text(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	if want := "the project is paused\r\nproject=shop g.cause=\"401\\x00\" g.level=kept"; got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if got := eventText(strings.Repeat("ü", longestEvent)); len(got) > longestEvent+len(" …") || !strings.HasSuffix(got, "ü …") {
		t.Errorf("a long text has %d bytes and ends in %q", len(got), got[len(got)-8:])
	}
	events, err := EventLog()
	if err != nil {
		t.Fatal(err)
	}
	if err := slog.New(events).Handler().Handle(t.Context(), r); err != nil {
		t.Errorf("an event was not taken: %v", err)
	}
}

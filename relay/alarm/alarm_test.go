package alarm

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestBoard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		b := New(slog.New(slog.NewTextHandler(&log, nil)))
		b.Raise("b", "first text", "do this")
		since := time.Now()
		time.Sleep(time.Minute) // the bubble's clock
		b.Raise("b", "second text", "do that")
		b.Raise("a", "another", "do it")
		open := b.Open()
		if len(open) != 2 || open[0].Name != "a" || open[1].Text != "second text" || open[1].Do != "do that" || !open[1].Since.Equal(since) {
			t.Errorf("%+v", open)
		}
		b.Clear("b")
		b.Clear("b")
		b.Clear("never raised")
		if open := b.Open(); len(open) != 1 {
			t.Errorf("%+v", open)
		}
		if got := strings.Count(log.String(), "\n"); got != 3 { // two opened, one over
			t.Errorf("%d lines:\n%s", got, log.String())
		}
	})
}

// inBubble runs a test in virtual time with a board and its log.
func inBubble(t *testing.T, test func(t *testing.T, b *Board, log *bytes.Buffer)) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		test(t, New(slog.New(slog.NewTextHandler(&log, nil))), &log)
	})
}

// What was seen stays open, and is unseen when more comes up.
func TestSeen(t *testing.T) {
	inBubble(t, func(t *testing.T, b *Board, _ *bytes.Buffer) {
		if err := b.Seen("dead/shop"); !errors.Is(err, ErrNotOpen) {
			t.Errorf("seen though it is not open: %v", err)
		}
		seen := func() time.Time { return b.Open()[0].Seen }
		b.RaiseCount("dead/shop", 2, "2 dead", "look")
		time.Sleep(time.Hour)
		if err := b.Seen("dead/shop"); err != nil {
			t.Fatal(err)
		}
		first := seen()
		time.Sleep(time.Hour)
		if err := b.Seen("dead/shop"); err != nil || !first.Equal(time.Now().Add(-time.Hour)) || !seen().Equal(first) {
			t.Errorf("seen at %s, then %s, %v", first, seen(), err)
		}
		b.RaiseCount("dead/shop", 1, "1 dead", "look")
		if seen().IsZero() {
			t.Error("fewer are unseen")
		}
		b.RaiseCount("dead/shop", 2, "2 dead", "look")
		if !seen().IsZero() {
			t.Error("a new one counts as seen")
		}
		b.Clear("dead/shop")
		b.RaiseCount("dead/shop", 1, "1 dead", "look")
		if !seen().IsZero() {
			t.Error("a new alarm counts as seen")
		}
	})
}

// What only waits for being seen is over then, once that has been noted.
func TestUntilSeen(t *testing.T) {
	inBubble(t, func(t *testing.T, b *Board, _ *bytes.Buffer) {
		full, noted := true, 0
		b.RaiseUntilSeen("salvage", 0, "damaged", "look", func() error {
			b.Open() // it may ask the board
			if full {
				return errors.New("disk full")
			}
			noted++
			return nil
		})
		if err := b.Seen("salvage"); err == nil || len(b.Open()) != 1 {
			t.Errorf("%v, %+v", err, b.Open())
		}
		full = false
		if err := b.Seen("salvage"); err != nil || len(b.Open()) != 0 || noted != 1 {
			t.Errorf("%v, %+v, noted %d times", err, b.Open(), noted)
		}
	})
}

func TestPast(t *testing.T) {
	inBubble(t, func(t *testing.T, b *Board, _ *bytes.Buffer) {
		for i := range mostPast + 10 {
			b.Raise(fmt.Sprint(i), "text", "do")
			time.Sleep(time.Minute)
			b.Clear(fmt.Sprint(i))
		}
		past := b.Past()
		if len(past) != mostPast || past[0].Name != fmt.Sprint(mostPast+9) || past[mostPast-1].Name != "10" || past[0].Until.Sub(past[0].Since) != time.Minute || past[0].Text != "text" {
			t.Errorf("%d: %+v", len(past), past[0])
		}
	})
}

// Changed is closed for what a person could see, and for nothing else.
func TestChanged(t *testing.T) {
	inBubble(t, func(t *testing.T, b *Board, _ *bytes.Buffer) {
		for _, row := range []struct {
			name string
			do   func()
			want bool
		}{
			{"opens", func() { b.Raise("a", "text", "do") }, true},
			{"stays", func() { b.Raise("a", "text", "do") }, false},
			{"other text", func() { b.Raise("a", "other", "do") }, true},
			{"seen", func() { _ = b.Seen("a") }, true},
			{"seen again", func() { _ = b.Seen("a") }, false},
			{"over", func() { b.Clear("a") }, true},
			{"not open", func() { b.Clear("a") }, false},
		} {
			changed := b.Changed()
			row.do()
			select {
			case <-changed:
				if !row.want {
					t.Errorf("%s: changed", row.name)
				}
			default:
				if row.want {
					t.Errorf("%s: not changed", row.name)
				}
			}
		}
	})
}

// What is kept is little and seldom, and what cannot be read is forgotten.
func TestRemember(t *testing.T) {
	inBubble(t, func(t *testing.T, b *Board, log *bytes.Buffer) {
		var kept []byte
		var writes atomic.Int64
		var fails atomic.Bool
		fails.Store(true)
		save := func(data []byte) error {
			writes.Add(1)
			if fails.Load() {
				return errors.New("no room")
			}
			kept = data
			return nil
		}
		b.Remember([]byte(`{"dead/shop":`), save)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); b.Keep(ctx) }()
		for i := range 100 {
			b.Raise("dead/shop", fmt.Sprint(i), "do") // figures change
			time.Sleep(time.Second)
		}
		if n := writes.Swap(0); n < 2 || n > 25 { // each fails, and is tried with the next change
			t.Errorf("%d writes", n)
		}
		fails.Store(false)
		for i := range 100 {
			b.Raise("dead/shop", fmt.Sprint(-i), "do")
			time.Sleep(time.Second)
		}
		if err := b.Seen("dead/shop"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		if n := writes.Load(); n != 2 { // that it is open, and that it was seen
			t.Errorf("%d writes", n)
		}
		b.Raise("offline/shop", "text", "do")
		cancel() // and at the end
		<-done
		since := b.Open()[0].Since
		log.Reset()

		time.Sleep(time.Hour)
		second := New(slog.New(slog.NewTextHandler(log, nil)))
		second.Remember(kept, save)
		if !second.Awaited("offline/shop") || second.Awaited("other") || len(second.Open()) != 0 {
			t.Error("what was open is not awaited")
		}
		second.Raise("dead/shop", "text", "do")
		if a := second.Open()[0]; !a.Since.Equal(since) || a.Seen.IsZero() || !strings.Contains(log.String(), "still open after the restart") {
			t.Errorf("%+v\n%s", a, log)
		}
		ctx, cancel = context.WithCancel(t.Context())
		changed, done := second.Changed(), make(chan struct{})
		go func() { defer close(done); second.Keep(ctx) }()
		time.Sleep(raisedAgain + time.Second)
		select {
		case <-changed:
		default:
			t.Error("nobody hears that an alarm was not raised again")
		}
		cancel()
		<-done
		if second.Awaited("offline/shop") || strings.Contains(string(kept), "offline") {
			t.Errorf("it is still awaited: %s", kept)
		}
	})
}

package alarm

import (
	"bytes"
	"log/slog"
	"strings"
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

package notify

import (
	"log/slog"
	"strings"
	"testing"

	"funnelrelay/relay/alarm"
)

// TestForget: what was told and named a person is gone from what is kept, also of
// targets that are not told any more.
func TestForget(t *testing.T) {
	kept := []byte(`{"aa":{"project-held/shop":{"what":"jane asked","seen":true},"silence":{"what":"no sale"}},"bb":{"dead":{"what":"of jane"},"gone":null}}`)
	saves := 0
	n := New(Options{Board: alarm.New(slog.New(slog.DiscardHandler)), Log: slog.New(slog.DiscardHandler),
		Note:    func() ([]byte, error) { return kept, nil },
		SetNote: func(data []byte) error { kept = data; saves++; return nil },
	})
	for range 2 {
		if err := n.Forget(func(text string) bool { return strings.Contains(text, "jane") }); err != nil {
			t.Fatal(err)
		}
	}
	if text := string(kept); saves != 1 || strings.Contains(text, "jane") || !strings.Contains(text, "no sale") || strings.Count(text, forgotten) != 2 || !strings.Contains(text, `"seen":true`) {
		t.Errorf("%d times: %s", saves, text)
	}
}

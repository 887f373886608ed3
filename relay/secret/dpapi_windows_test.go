package secret

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestForeign reads files that this machine did not write under this name.
func TestForeign(t *testing.T) {
	s := Beside(filepath.Join(t.TempDir(), "config.yaml"))
	if err := s.Set("shop", "hunter2"); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(s.Path("shop"))
	if err != nil {
		t.Fatal(err)
	}
	damaged := []byte(string(data))
	damaged[len(damaged)/2] ^= 1
	for name, row := range map[string]struct{ data, want string }{
		"other":   {string(data), "was stored on another machine, or under another name"},
		"damaged": {string(damaged), "`funnelrelay secret set damaged` again"},
		"plain":   {"hunter2", "was not written by `funnelrelay secret set`"},
		"empty":   {"", "was not written by `funnelrelay secret set`"},
	} {
		if err := os.WriteFile(s.Path(name), []byte(row.data), 0o600); err != nil {
			t.Fatal(err)
		}
		if value, err := s.Get(name); err == nil || !strings.Contains(err.Error(), row.want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: got %q, %v; want %s", name, value, err, row.want)
		}
	}
	if err := os.WriteFile(s.Path("SHOP"), data, 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Get("Shop"); err != nil || got != "hunter2" {
		t.Errorf("in other capitals: %q, %v", got, err)
	}
}

package relay_test

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"funnelrelay/relay"
	"funnelrelay/relay/config"
	"funnelrelay/relay/source"
)

// A file in a folder of drop is read as the action that the folder is called
// like, and any other one as sales.
func TestFileSourceByFolder(t *testing.T) {
	cfg := config.Default()
	cfg.Data = t.TempDir()
	shop := config.DefaultProject()
	shop.Name = "shop"
	cfg.Projects = config.Projects{shop}
	data := cfg.Data
	if runtime.GOOS == "windows" {
		data = strings.ToUpper(data)
	}
	for path, action := range map[string]string{
		"drop/Lead/a.csv": "Lead", "drop/Lead/done/a.csv": "__commerce_action__", "drop/a.csv": "__commerce_action__", "a.csv": "__commerce_action__",
		"drop/Zu%2Fsage/a.csv": "Zu/sage",
	} {
		way, err := relay.FileSource(cfg, filepath.Join(data, filepath.FromSlash(path)), relay.FileChoice{})
		if err != nil || !strings.HasSuffix(way.Says, "action "+action) {
			t.Errorf("%s: %+v, %v", path, way, err)
		}
	}
}

// A file in a folder of drop that a source watches and leaves alone is no
// action's, as it is not for the relay.
func TestFileSourceLeftAlone(t *testing.T) {
	cfg := config.Default()
	cfg.Data = t.TempDir()
	shop := config.DefaultProject()
	shop.Name = "shop"
	cfg.Projects = config.Projects{shop}
	s := source.Default()
	s.Name, s.Event = "f", &source.Event{Action: "Lead"}
	folder := filepath.Join(cfg.Data, "drop", "Lead")
	s.Watch = []string{filepath.Join(folder, "*.csv")}
	cfg.Sources = append(cfg.Sources, s)
	_, err := relay.FileSource(cfg, filepath.Join(folder, "a.txt"), relay.FileChoice{})
	if err == nil || !strings.Contains(err.Error(), "leaves this file alone: source f") {
		t.Errorf("a.txt: %v", err)
	}
	for _, name := range []string{"a.csv", "a.csv.rows.csv", "a.csv.rows (2).ndjson"} {
		way, err := relay.FileSource(cfg, filepath.Join(folder, name), relay.FileChoice{})
		if err != nil || way.Says != "source f" {
			t.Errorf("%s: %+v, %v", name, way, err)
		}
	}
	if way, err := relay.FileSource(cfg, filepath.Join(folder, "a.txt"), relay.FileChoice{Action: "Lead"}); err != nil || !strings.HasSuffix(way.Says, "action Lead") {
		t.Errorf("with an action: %+v, %v", way, err)
	}
}

// Two sources that reach one folder by two paths are told of.
func TestSameFolderAdvice(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "real"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("real", filepath.Join(dir, "link")); err != nil {
		t.Skip(err)
	}
	for second, want := range map[string]int{"link": 1, "real": 0, "other": 0} {
		cfg := config.Default()
		cfg.Data = t.TempDir()
		shop := config.DefaultProject()
		shop.Name = "shop"
		cfg.Projects = config.Projects{shop}
		for _, w := range [][2]string{{"f", "real"}, {"g", second}} {
			s := source.Default()
			s.Name, s.Event = w[0], &source.Event{Action: "Lead"}
			s.Watch = []string{filepath.Join(dir, w[1], "*.csv")}
			cfg.Sources = append(cfg.Sources, s)
		}
		advice, err := relay.CheckSources(cfg)
		if err != nil {
			t.Fatal(err)
		}
		got := 0
		for _, p := range advice {
			if text := p.String(); strings.Contains(text, "sources.g.watch[0]") && strings.Contains(text, "is the same folder as "+filepath.Join(dir, "real")) {
				got++
			}
		}
		if got != want {
			t.Errorf("real and %s: %d remarks, want %d: %v", second, got, want, advice)
		}
	}
}

// All mistakes of a config are told at once, also where it lacks what its
// sources are to be made ready with.
func TestLoadConfig(t *testing.T) {
	for text, want := range map[string][]string{
		"timezone: Nowhere\nsources: {till: {values: {date: foo}, event: {action: Lead}}}": {"projects: is missing", "timezone: ", "sources.till.values.date: "},
		"projects: 1\nsources:\n  till:\n    values: {date: foo}\n    read: {header: }\n    policy: {refund: foo}\n    event: {action: Lead}\n  a:\n    values: {date: foo}\n    itmes: {}\n": {
			"projects: ", "sources.till.values.date: ", "sources.till.policy.refund: ", "sources.a.itmes: "},
		"- a": {"wants keys"},
		"{":   {""},
	} {
		path := filepath.Join(t.TempDir(), "c.yaml")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		cfg, _, err := relay.LoadConfig(path)
		var mistakes config.Errors
		if cfg != nil || !errors.As(err, &mistakes) || len(mistakes) != len(want) {
			t.Fatalf("%s\n%v\nwant %q", text, err, want)
		}
		for i, m := range mistakes {
			if !strings.Contains(m.String(), want[i]) {
				t.Errorf("%s: %s\nwant %s", text, m, want[i])
			}
		}
	}
}

package dropfolder

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"funnelrelay/relay/source"
	"funnelrelay/relay/values"
)

// shelfSite is a watched folder with files in done/ and rejected/, and a watcher
// that does not run.
func shelfSite(t *testing.T, pattern string, change func(s *Source), files ...string) (*Watcher, string) {
	t.Helper()
	dir := t.TempDir()
	for _, f := range files {
		name, text, _ := strings.Cut(f, "|")
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	glob, err := values.Pattern(filepath.Join(dir, pattern))
	if err != nil {
		t.Fatal(err)
	}
	s := Source{Name: "till", Spec: source.Default(), Globs: []*values.Glob{glob}}
	if change != nil {
		change(&s)
	}
	w := New(Options{SetNote: func(string, []byte) error { return nil }})
	w.Update([]Source{s})
	return w, dir
}

func lies(t *testing.T, dir string, names ...string) {
	t.Helper()
	for _, name := range names {
		gone := strings.HasPrefix(name, "!")
		_, err := os.Lstat(filepath.Join(dir, filepath.FromSlash(strings.TrimPrefix(name, "!"))))
		if gone == (err == nil) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestReadAgain puts files back with what belongs to them, and over nothing.
func TestReadAgain(t *testing.T) {
	t.Run("a name that is taken", func(t *testing.T) {
		w, dir := shelfSite(t, "*.csv", nil, "a.csv|new", "done/2026-01-02/a.csv|old", "rejected/b.csv|b", "rejected/b.csv.why.txt|because")
		if err := w.ReadAgain(t.Context(), "till", "done/2026-01-02/a.csv"); err != nil {
			t.Fatal(err)
		}
		lies(t, dir, "a.csv", "a (2).csv", "!done/2026-01-02/a.csv")
		if text, err := os.ReadFile(filepath.Join(dir, "a.csv")); err != nil || string(text) != "new" {
			t.Errorf("%s %v", text, err)
		}
		list, err := w.Rejected("till")
		if err != nil || len(list) != 1 || list[0].Why != "because" {
			t.Errorf("%+v %v", list, err)
		}
		if err := w.ReadAgain(t.Context(), "till", filepath.Join(dir, "rejected", "b.csv")); err != nil {
			t.Fatal(err)
		}
		lies(t, dir, "b.csv", "!rejected/b.csv", "!rejected/b.csv.why.txt")
	})
	t.Run("a name that the source does not take", func(t *testing.T) {
		w, dir := shelfSite(t, "a.csv", nil, "a.csv|new", "done/2026-01-02/a.csv|old", "rejected/x.csv|x")
		for _, file := range []string{"done/2026-01-02/a.csv", "rejected/x.csv"} {
			if err := w.ReadAgain(t.Context(), "till", file); !errors.Is(err, ErrNotAgain) {
				t.Errorf("%s: %v", file, err)
			}
		}
		lies(t, dir, "done/2026-01-02/a.csv", "rejected/x.csv", "!a (2).csv")
	})
	t.Run("markers", func(t *testing.T) {
		w, dir := shelfSite(t, "*.csv", func(s *Source) { s.Spec.Marker = ".ok" }, "done/2026-01-02/a.csv|a", "done/2026-01-02/a.csv.ok|", "rejected/b.csv|b")
		for _, file := range []string{"done/2026-01-02/a.csv", "rejected/b.csv"} {
			if err := w.ReadAgain(t.Context(), "till", file); err != nil {
				t.Fatal(err)
			}
		}
		lies(t, dir, "a.csv", "a.csv.ok", "b.csv", "b.csv.ok", "!done/2026-01-02/a.csv.ok")
	})
	t.Run("a set", func(t *testing.T) {
		index := `<DataSet><URL>t.csv</URL></DataSet>`
		w, dir := shelfSite(t, "index.xml", nil, "done/2026-01-02/index.xml|"+index, "done/2026-01-02/t.csv|t", "t.csv|new")
		if err := w.ReadAgain(t.Context(), "till", "done/2026-01-02/index.xml"); !errors.Is(err, ErrNotAgain) {
			t.Errorf("over another table: %v", err)
		}
		lies(t, dir, "done/2026-01-02/index.xml", "done/2026-01-02/t.csv", "!index.xml")
		if err := os.Remove(filepath.Join(dir, "t.csv")); err != nil {
			t.Fatal(err)
		}
		if err := w.ReadAgain(t.Context(), "till", "done/2026-01-02/index.xml"); err != nil {
			t.Fatal(err)
		}
		lies(t, dir, "index.xml", "t.csv", "!done/2026-01-02/index.xml", "!done/2026-01-02/t.csv")
	})
}

// TestCountRows counts the rows of rejects.
func TestCountRows(t *testing.T) {
	for text, want := range map[string]int64{
		"": 0, "a,b\n": 0, "a,b\n1,2\n": 1, "a,b\r\n1,\"x\r\ny\"\r\n\r\n3,4": 2,
	} {
		if got := countRows("x.rows.csv", []byte(text)); got != want {
			t.Errorf("%q: %d, want %d", text, got, want)
		}
	}
	if got := countRows("x.rows.NDJSON", []byte("{}\n\n{}")); got != 2 {
		t.Errorf("%d", got)
	}
}

// TestRejectedOfOthers: a folder that cannot be looked into hides nothing of the
// others.
func TestRejectedOfOthers(t *testing.T) {
	w, dir := shelfSite(t, "*.csv", nil, "rejected/b.csv|b")
	_, away := shelfSite(t, "*.csv", nil, "rejected|no folder")
	glob, err := values.Pattern(filepath.Join(away, "*.csv"))
	if err != nil {
		t.Fatal(err)
	}
	w.Update([]Source{*w.configured[0], {Name: "away", Spec: source.Default(), Globs: []*values.Glob{glob}}})
	if list, err := w.Rejected(""); err != nil || len(list) != 1 || list[0].Path != filepath.Join(dir, "rejected", "b.csv") {
		t.Errorf("%+v %v", list, err)
	}
	// Windows says of a file in the place of a folder that there is no such path.
	if list, err := w.Rejected("away"); err == nil && runtime.GOOS != "windows" {
		t.Errorf("%+v", list)
	}
}

package relay

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"funnelrelay/relay/config"
)

// TestPersonText looks for persons in texts as tills write them.
func TestPersonText(t *testing.T) {
	utf16le := func(s string) string {
		text, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String(s)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	utf16be := func(s string) string {
		text, err := unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM).NewEncoder().String(s)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	page := func(p *charmap.Charmap, s string) string {
		text, err := p.NewEncoder().String(s)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	const ann, umlaut = "ann@example.com", "jürgen@größe.example"
	for _, c := range []struct {
		needle, text string
		holds        bool
	}{
		{ann, "1;Ann@Example.COM;5,00\n", true},
		{ann, ann, true},
		{ann, `{"note":"\nann@example.com"}`, true},
		{ann, "?e=ann%40example.com&x", true},
		{ann, "?e=%20ann@example.com.", true},
		{ann, utf16le("a;ANN@example.com;b"), true},
		{ann, utf16be("a;ANN@example.com;b"), true},
		{ann, "mail <ann@example.com>, and others", true},
		{ann, "joann@example.com", false},
		{ann, "jo.ann@example.com", false},
		{ann, "ann@example.com.au", false},
		{ann, "ann@example.community", false},
		{ann, utf16le("joann@example.com;ann@example.com.au"), false},
		{ann, "ann_example.com", false},
		{ann, "", false},
		{umlaut, "x;JÜRGEN@größe.EXAMPLE;y", true},
		{umlaut, page(charmap.Windows1252, "x;Jürgen@Größe.example"), true},
		{umlaut, page(charmap.CodePage850, "x;Jürgen@größe.example"), true},
		{umlaut, utf16le("x;Jürgen@größe.example"), true},
		{umlaut, `{"email":"j\u00FCrgen@gr\u00f6\u00dfe.example"}`, true},
		{umlaut, "j%C3%BCrgen%40gr%C3%B6%C3%9Fe.example", true},
		{umlaut, "jurgen@grosse.example", false},
		{"session-77", `{"session":"session-77"}`, true},
		{"session-77", `{"session":"session-771"}`, false},
		{"12345", "99123456", false},
		{"12345", "9,12345,6", true},
	} {
		s := newSearcher(t.Context(), []string{"", c.needle})
		found, err := s.in(strings.NewReader(c.text))
		if err != nil || found != c.holds {
			t.Errorf("%q in %q: %v, %v", c.needle, c.text, found, err)
		}
	}
}

// TestPersonAtTheEdge puts a person, and one who only looks so, at all places
// around the edge of a window.
func TestPersonAtTheEdge(t *testing.T) {
	const ann = "ann@example.com"
	s := newSearcher(t.Context(), []string{ann})
	for _, c := range []struct {
		text  string
		holds bool
	}{{";" + ann + ";", true}, {"jo" + ann, false}, {ann + ".au", false}} {
		for around := -2 * s.keep; around <= 2*s.keep; around += 3 {
			at := len(s.window) + around
			text := bytes.Repeat([]byte{';'}, at)
			text = append(append(text, c.text...), bytes.Repeat([]byte{';'}, searchWindow)...)
			found, err := s.in(bytes.NewReader(text))
			if err != nil || found != c.holds {
				t.Fatalf("%q at %d: %v, %v", c.text, at, found, err)
			}
		}
	}
	if found, err := s.in(iotest.OneByteReader(strings.NewReader("x " + ann))); !found || err != nil {
		t.Error(found, err)
	}
	if _, err := s.in(iotest.ErrReader(os.ErrPermission)); err == nil {
		t.Error("an error was lost")
	}
}

func writeFile(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestFilesWith lays a person into all places that are the relay's, and into some
// that are not.
func TestFilesWith(t *testing.T) {
	dir := t.TempDir()
	data, till, export := filepath.Join(dir, "data"), filepath.Join(dir, "till"), filepath.Join(dir, "export")
	const ann = "x;Ann@Example.com;y\n"
	var packed, zipped bytes.Buffer
	gz := gzip.NewWriter(&packed)
	fmt.Fprint(gz, strings.Repeat("nobody\n", 1<<20), ann)
	gz.Close()
	z := zip.NewWriter(&zipped)
	for name, text := range map[string]string{"a.csv": "nobody", "sub/b.csv": ann} {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprint(w, text)
	}
	z.Close()
	want := []string{
		writeFile(t, data+"/drop/Sale/done/2026-11-30/a.csv", ann),
		writeFile(t, data+"/drop/Sale/rejected/a.csv.rows.csv", ann),
		writeFile(t, data+"/drop/Lead/waits.csv", ann),
		writeFile(t, data+"/spool.db.damaged-20261130-120000", "\x00\x01"+ann+"\x00"),
		writeFile(t, data+"/spool.db.format-1", "\x00{\"email\":\"ann@example.com\"}\x00"),
		writeFile(t, data+"/log/funnelrelay.log", ann),
		writeFile(t, dir+"/logs/relay.log", ann),
		writeFile(t, dir+"/logs/relay-2026-11-30T12-00-00.000-size.log", ann),
		writeFile(t, dir+"/logs/relay-2026-11-29T12-00-00.000-size.log.gz", packed.String()),
		writeFile(t, till+"/done/2026-11-30/b.csv", ann),
		writeFile(t, till+"/rejected/c.csv", ann),
		writeFile(t, till+"/rejected/packed.zip", zipped.String()),
		writeFile(t, till+"/waits.csv", ann),
		writeFile(t, till+"/done/2026-11-30/ann@example.com.pdf", "a receipt"),
		writeFile(t, export+"/2026/shop1/done/2026-11-30/d.csv", ann),
		writeFile(t, export+"/2026/shop1/d2.csv", ann),
	}
	writeFile(t, data+"/drop/Sale/done/2026-11-30/nobody.csv", "joann@example.com")
	writeFile(t, data+"/spool.db", ann) // it is purged, not listed
	writeFile(t, data+"/admin.token", ann)
	writeFile(t, dir+"/logs/other.log", ann)
	writeFile(t, till+"/letter.docx", ann)        // the source does not take it
	writeFile(t, till+"/private/diary.csv", ann)  // nor looks there
	writeFile(t, export+"/2026/shop1/x.txt", ann) // nor takes that
	broken := writeFile(t, till+"/rejected/broken.gz", "\x1f\x8b\x08nothing of the kind")
	if err := os.Symlink(dir+"/logs/other.log", till+"/done/link.csv"); err != nil {
		t.Log(err)
	}

	text := fmt.Sprintf("data: %q\nlog: {file: %q}\nprojects: {shop: {project_id: a, api_key: b12345678}}\nsources:\n"+
		"  till: {watch: [%q], event: {action: Sale, email: A}}\n  export: {watch: [%q], event: {action: Sale, email: A}}\n",
		data, dir+"/logs/relay.log", till+"/*.csv", export+"/*/*/*.csv")
	cfg, err := config.Parse("c.yaml", []byte(text), config.Env{})
	if err != nil {
		t.Fatal(err)
	}
	found := FilesWith(t.Context(), cfg, []string{"ann@example.com"})
	for i := range want {
		want[i] = filepath.Clean(want[i])
	}
	slices.Sort(want)
	var rest []string
	for _, path := range found {
		if strings.HasPrefix(path, filepath.Clean(broken)+" (could not be looked into: ") {
			broken = ""
		} else if !slices.Contains(want, path) {
			t.Errorf("listed, and is not to be: %s", path)
		} else {
			rest = append(rest, path)
		}
	}
	for _, path := range want {
		if !slices.Contains(rest, path) {
			t.Errorf("not listed: %s", path)
		}
	}
	if broken != "" {
		t.Error("what cannot be looked into is not told")
	}
	if len(FilesWith(t.Context(), cfg, []string{" "})) > 0 || len(FilesWith(t.Context(), cfg, nil)) > 0 {
		t.Error("nobody was looked for, and found")
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if len(FilesWith(ended, cfg, []string{"ann@example.com"})) > 0 {
		t.Error("went on after its end")
	}
}

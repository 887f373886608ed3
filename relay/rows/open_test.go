package rows_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"funnelrelay/relay/rows"
)

// TestFiles reads real files, and goes on in one that is longer than what is
// held of it.
func TestFiles(t *testing.T) {
	dir := t.TempDir()
	var text strings.Builder
	text.WriteString("Id;Text\r\n")
	for i := range 50_000 {
		fmt.Fprintf(&text, "%d;Käse\r\n", i)
	}
	for name, data := range map[string]string{"long.csv": text.String(), "empty.csv": "", "wide.csv": utf16le("\uFEFF" + text.String())} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"long.csv", "wide.csv"} {
		r, err := rows.Open(os.DirFS(dir), name, rows.Options{})
		if err != nil {
			t.Fatal(err)
		}
		for range 40_000 {
			if _, err := r.Next(); err != nil {
				t.Fatal(err)
			}
		}
		again, err := rows.Open(os.DirFS(dir), name, rows.Options{Start: r.Position()})
		if err != nil {
			t.Fatal(err)
		}
		rest := drain(t, again)
		if len(rest) != 10_000 || rest[0] != "40000|Käse" || again.Header().Find("text") != 1 {
			t.Errorf("%s: %d rows, from %q", name, len(rest), rest[:1])
		}
		if p := again.Position(); p.Record != 50_001 || p.Line != 50_002 {
			t.Errorf("%s: ends at %+v", name, p)
		}
		for _, r := range []*rows.Reader{r, r, again} {
			if err := r.Close(); err != nil {
				t.Error(err)
			}
		}
	}
	r, err := rows.Open(os.DirFS(dir), "empty.csv", rows.Options{Header: []string{"Id"}})
	if err != nil {
		t.Fatal(err)
	}
	if got := drain(t, r); len(got) != 0 || r.Header() == nil {
		t.Error(got)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	if _, err := rows.Open(os.DirFS(dir), "gone.csv", rows.Options{}); !os.IsNotExist(err) {
		t.Error(err)
	}
}

// TestBytesWithoutEnd: a body that is a header without a line end has no rows.
func TestBytesWithoutEnd(t *testing.T) {
	r, err := rows.OpenBytes("t", []byte("Id;"+strings.Repeat("x", 1000)), rows.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got := drain(t, r); len(got) != 0 || r.Header().Find("id") != 0 {
		t.Error(got, r.Header().Names)
	}
}

// TestKinds: the type is found by the content.
func TestKinds(t *testing.T) {
	for text, want := range map[string]string{
		`{"id":1}`: "json", "\uFEFF \n[ {}]": "json", "[]": "json", utf16le(`{"id":1}`): "json",
		"{1};2": "csv", "[INFO]": "csv", "[2026-01-01];1": "csv", "id": "csv", "": "csv", "{3F2504E0-4F89-11D3-9A0C-0305E82C3301};1": "csv",
	} {
		r, err := rows.OpenBytes("t", []byte(text), rows.Options{})
		if err != nil {
			t.Errorf("%q: %v", text, err)
		} else if got := r.Format().Type; got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

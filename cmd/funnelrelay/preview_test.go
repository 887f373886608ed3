package main

import (
	"archive/zip"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// A long preview is shown as it is read, and not kept: every line of it is
// there once, whatever block it is in.
func TestPreviewBlocks(t *testing.T) {
	path := filepath.Join(t.TempDir(), "Lead.csv")
	text := strings.Builder{}
	text.WriteString("email\n")
	for i := range 2*previewBlock + 1 {
		fmt.Fprintf(&text, "n%d@x.de\n", i)
	}
	if err := os.WriteFile(path, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	a := &app{streams: streams{out: &out}}
	if err := a.runPreview([]string{path}, previewFlags{action: "Lead"}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"n0@x.de", "n499@x.de", "n500@x.de", "n1000@x.de", "1001 rows: 1001 events"} {
		if strings.Count(out.String(), want) != 1 {
			t.Errorf("%s is not there once", want)
		}
	}
}

// The numbers that preview shows for rows without any are those that are sent.
func TestPreviewIsSent(t *testing.T) {
	folder := t.TempDir()
	r := newRig(t, fmt.Sprintf(`sources:
  kiosk:
    watch: %q
    settle: 100ms
    const: { currency: EUR }
    order: { id: rows }
    items: { label: What, total: Total }
`, filepath.Join(folder, "day*")))
	number := regexp.MustCompile(`"__order__":"([^"]+)"`)
	var shown, sent []string
	for name, text := range map[string]string{"day.csv": "What,Total\nTea,2.50\nTea,2.50\n", "days.zip": twoDays(t)} {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		a := &app{streams: streams{out: &out}, configPath: r.config}
		if err := a.runPreview([]string{path}, previewFlags{json: true}); err != nil {
			t.Fatal(err)
		}
		for _, found := range number.FindAllStringSubmatch(out.String(), -1) {
			shown = append(shown, found[1])
		}
	}
	r.up()
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for end := time.Now().Add(30 * time.Second); len(sent) < 4; <-ticker.C {
		if time.Now().After(end) {
			t.Fatalf("%q arrived\n%s", sent, r.relay.output())
		}
		sent = sent[:0]
		list, _ := r.arrived()
		for _, d := range list {
			if found := number.FindStringSubmatch(d.Body); found != nil {
				sent = append(sent, found[1])
			}
		}
	}
	slices.Sort(shown)
	slices.Sort(sent)
	if !slices.Equal(shown, sent) {
		t.Errorf("shown %q, sent %q", shown, sent)
	}
}

// What is kept as dead is not sent, and each file of a zip has sums of its own.
func TestPreviewSums(t *testing.T) {
	folder := t.TempDir()
	path := func(name, text string) string {
		t.Helper()
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	var out bytes.Buffer
	a := &app{streams: streams{out: &out}, configPath: path("c.yaml", `projects: { shop: { project_id: account, api_key: key } }
sources:
  till:
    invalid: hold
    const: { currency: EUR }
    order: { id: rows }
    items: { label: What, total: Total }
`)}
	files := []string{path("day.csv", "What,Total\nTea,2.50\nTea,much\n"), path("days.zip", twoDays(t))}
	if err := a.runPreview(files, previewFlags{source: "till"}); err != nil {
		t.Fatal(err)
	}
	const held, each = "2 rows: 1 event would be sent, 0 left out by a rule, 0 refused, 1 kept as dead.", "1 row: 1 event would be sent, 0 left out by a rule, 0 refused."
	if strings.Count(out.String(), held) != 1 || strings.Count(out.String(), each) != 2 {
		t.Error(out.String())
	}
}

// twoDays is a zip of two files with the same row.
func twoDays(t *testing.T) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range []string{"monday.csv", "tuesday.csv"} {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte("What,Total\nCake,3.00\n")); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

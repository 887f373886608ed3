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
	if err := a.runPreview(t.Context(), []string{path}, previewFlags{action: "Lead"}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"n0@x.de", "n499@x.de", "n500@x.de", "n1000@x.de", "1001 rows: 1001 events"} {
		if strings.Count(out.String(), want) != 1 {
			t.Errorf("%s is not there once", want)
		}
	}
}

// preview tells which files of a zip are not read.
func TestPreviewLeftOut(t *testing.T) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range []string{"Lead.csv", "readme.txt"} {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte("email\na@x.de\n")); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "day.zip")
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, asJSON := range []bool{false, true} {
		var out, errs bytes.Buffer
		a := &app{streams: streams{out: &out, err: &errs}}
		if err := a.runPreview(t.Context(), []string{path}, previewFlags{action: "Lead", json: asJSON}); err != nil {
			t.Fatal(err)
		}
		if told := map[bool]string{false: out.String(), true: errs.String()}[asJSON]; !strings.Contains(told, "readme.txt") {
			t.Errorf("json %v: %s", asJSON, told)
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
		if err := a.runPreview(t.Context(), []string{path}, previewFlags{json: true}); err != nil {
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
	if err := a.runPreview(t.Context(), files, previewFlags{source: "till"}); err != nil {
		t.Fatal(err)
	}
	const held, each = "2 rows: 1 event would be sent, 0 left out by a rule, 0 refused, 1 kept as dead.", "1 row: 1 event would be sent, 0 left out by a rule, 0 refused."
	if strings.Count(out.String(), held) != 1 || strings.Count(out.String(), each) != 2 {
		t.Error(out.String())
	}
}

// What breaks off half way is taken as far as preview says: not at all, where
// its rows are known by their place, and by whole batches else.
func TestPreviewBrokenOff(t *testing.T) {
	folder := t.TempDir()
	r := newRig(t, fmt.Sprintf(`sources:
  rows: { watch: %q, settle: 100ms, const: { currency: EUR }, order: { id: rows }, items: { label: What, total: Total } }
  ids: { watch: %q, settle: 100ms, const: { currency: EUR }, order: { id: What, adjacent: true }, items: { label: What, total: Total } }
`, filepath.Join(folder, "rows*"), filepath.Join(folder, "ids*")))
	list := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, `{"What":"%d","Total":"2.50"},`, i)
		}
		return "[" + b.String()
	}
	for name, c := range map[string]struct{ text, sums string }{
		"rows.json":  {list(2), "2 rows: nothing of this file would be taken"},
		"rowss.json": {list(700), "700 rows: nothing of this file would be taken"},
		"ids.json":   {list(2), "1 row: nothing of this file would be taken"},
		"idss.json":  {list(700), "699 rows: of this file the first 500 events would be taken"},
	} {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, asJSON := range []bool{false, true} {
			var out bytes.Buffer
			a := &app{streams: streams{out: &out}, configPath: r.config}
			err := a.runPreview(t.Context(), []string{path}, previewFlags{json: asJSON})
			if _, fate, _ := strings.Cut(c.sums, ": "); err == nil || !strings.HasSuffix(err.Error(), "; "+fate) {
				t.Errorf("%s: %v", name, err)
			}
			if !asJSON && (!strings.Contains(out.String(), c.sums) || strings.Contains(out.String(), "would be sent")) {
				t.Errorf("%s: %s", name, out.String())
			}
			if asJSON && strings.HasPrefix(name, "rows") && out.Len() > 0 {
				t.Errorf("%s: %s", name, out.String())
			}
		}
	}
	r.up()
	r.until(func() bool {
		gone, _ := filepath.Glob(filepath.Join(folder, "rejected", "*.json"))
		return len(gone) == 4
	})
	if s, err := r.status(); err != nil || s.Total.Accepted != 500 {
		t.Errorf("%+v %v", s.Total, err)
	}
}

// A journal's rows are shown with the numbers and times that are sent, unless
// it was begun anew before.
func TestPreviewJournal(t *testing.T) {
	folder := t.TempDir()
	r := newRig(t, fmt.Sprintf(`sources:
  till: { watch: %q, mode: follow, settle: 100ms, const: { currency: EUR }, order: { id: rows, at: Time }, items: { label: What, total: Total } }
`, filepath.Join(folder, "*.csv")))
	path := filepath.Join(folder, "journal.csv")
	row := time.Now().UTC().Format(time.RFC3339) + ",Tea,2.50\n"
	if err := os.WriteFile(path, []byte("Time,What,Total\n"+row+row), 0o600); err != nil {
		t.Fatal(err)
	}
	var out, asJSON, remark bytes.Buffer
	a := &app{streams: streams{out: &out}, configPath: r.config}
	if err := a.runPreview(t.Context(), []string{path}, previewFlags{}); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	a.streams = streams{out: &asJSON, err: &remark}
	if err := a.runPreview(t.Context(), []string{path}, previewFlags{json: true}); err != nil {
		t.Fatal(err)
	}
	if last := lines[len(lines)-1]; !strings.Contains(last, "another __order__ is sent") || remark.String() != last+"\n" {
		t.Errorf("%s\n%s", out.String(), remark.String())
	}
	pattern := regexp.MustCompile(`"dateTime":"[^"]+"|"__order__":"[^"]+"`)
	shown := pattern.FindAllString(asJSON.String(), -1)
	r.up()
	var sent []string
	r.until(func() bool {
		sent = sent[:0]
		list, _ := r.arrived()
		for _, d := range list {
			sent = append(sent, pattern.FindAllString(d.Body, -1)...)
		}
		return len(sent) >= 4
	})
	slices.Sort(shown)
	slices.Sort(sent)
	if !slices.Equal(shown, sent) {
		t.Errorf("shown %q, sent %q", shown, sent)
	}
}

// until waits for what the relay does.
func (r *rig) until(done func() bool) {
	r.t.Helper()
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for end := time.Now().Add(30 * time.Second); !done(); <-ticker.C {
		if time.Now().After(end) {
			r.t.Fatal(r.relay.output())
		}
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

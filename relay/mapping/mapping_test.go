package mapping

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"funnelrelay/relay/rows"
	"funnelrelay/relay/source"
)

// made is a mapping of s that has no faults.
func made(t testing.TB, s *source.Source, o Options) *Mapping {
	t.Helper()
	if s.Name == "" {
		s.Name = "test"
	}
	if o.Site == nil {
		o.Site = time.UTC
	}
	m, faults := New(s, o)
	for _, f := range faults {
		t.Errorf("fault: %v", f)
	}
	if len(faults) > 0 {
		t.FailNow()
	}
	return m
}

// readFS maps a file and checks that every row is counted once.
func readFS(t testing.TB, m *Mapping, fsys fs.FS, name string, f File) []*Result {
	t.Helper()
	reading := m.Reading()
	r, err := rows.Open(fsys, name, reading)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	return drain(t, m, r, f)
}

func drain(t testing.TB, m *Mapping, r *rows.Reader, f File) []*Result {
	t.Helper()
	if f.Scope == "" {
		f.Scope = "scope"
	}
	orders, err := m.Read(r, f)
	if err != nil {
		t.Fatal(err)
	}
	var results []*Result
	counted := int64(0)
	for {
		result, err := orders.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		results = append(results, result)
		counted += int64(result.Counted)
		set := 0
		for _, is := range []bool{result.Offer != nil, result.Skipped != "", result.Reason != ""} {
			if is {
				set++
			}
		}
		if set != 1 {
			t.Errorf("%s: %d of Offer, Skipped and Reason are set, want 1", result.Place(), set)
		}
	}
	if counted != orders.Rows() {
		t.Errorf("%d rows are counted, and %d were read", counted, orders.Rows())
	}
	return results
}

// read maps a text.
func read(t testing.TB, m *Mapping, text string, f File) []*Result {
	t.Helper()
	if f.Scope == "" {
		f.Scope = fmt.Sprint(hash(hashStart, text))
	}
	return readFS(t, m, fstest.MapFS{"file": &fstest.MapFile{Data: []byte(text)}}, "file", f)
}

// shown is results in a form to compare.
func shown(results []*Result) []string {
	var list []string
	for _, r := range results {
		text := ""
		switch {
		case r.Skipped != "":
			text = fmt.Sprintf("%s skipped: %s", r.Order, r.Skipped)
		case r.Reason != "":
			text = fmt.Sprintf("%s refused: %s", r.Order, r.Reason)
		default:
			e := r.Offer.Event
			text = fmt.Sprintf("%s %s %s %s", r.Kind, r.Order, e.Path, e.Body)
			if r.Offer.Held != "" {
				text += " held: " + r.Offer.Held
			}
		}
		if len(r.Notes) > 0 {
			text += " notes: " + strings.Join(r.Notes, ", ")
		}
		list = append(list, strings.TrimSpace(text))
	}
	return list
}

func check(t testing.TB, results []*Result, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, shown(results)); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

// text is a text of lines.
func text(list ...string) string { return strings.Join(list, "\n") + "\n" }

func column(name string) source.Value { return source.Value{name} }

func is(column string, texts ...string) source.Matcher {
	return source.Matcher{{{Column: column, Is: texts}}}
}

func extra(pairs ...string) []source.Field {
	var fields []source.Field
	for i := 0; i < len(pairs); i += 2 {
		fields = append(fields, source.Field{Name: pairs[i], Value: source.Value{pairs[i+1]}})
	}
	return fields
}

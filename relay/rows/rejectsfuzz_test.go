package rows_test

import (
	"bytes"
	"io"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"funnelrelay/relay/rows"
)

// FuzzRejects: what a Reader reads comes back from the rejects cell by cell.
func FuzzRejects(f *testing.F) {
	f.Add("a;b\n1;x\n", "no \"price\"", "", false)
	f.Add("a,b\n\"1,\"\"\n2\",\" x \"\n'07,=\"01\"\n", "→ ü\n", "cp850", true)
	f.Add("\uFEFFa\tb\r\n1\tä\tc\r\n\xE4\r\n", "", "latin1", false)
	f.Add("{", "0", "", true)
	f.Fuzz(func(t *testing.T, text, reason, encoding string, noHeader bool) {
		if c, ok := rows.KnownEncoding(encoding); !ok || strings.HasPrefix(c, "utf-16") || !slices.Contains([]string{"windows-1252", "ibm850", "iso-8859-1", "utf-8", "macintosh"}, c) {
			return
		}
		if strings.ContainsAny(text, "\x00") || strings.LastIndex(text, "\uFEFF") > 0 {
			return // what is left out in reading: the rest may look like something else then
		}
		o := rows.Options{Type: rows.TypeCSV, Encoding: encoding, NoHeader: noHeader, Delimiter: ';'}
		first, header, out := refusedCells(t, text, reason, o)
		if len(first) == 0 || !noHeader && len(header) == 0 {
			return
		}
		if !utf8.ValidString(text) && utf8.ValidString(out) {
			return // a record alone, without others of its charset beside it, can look like UTF-8
		}
		again, _, _ := refusedCells(t, out, reason, o)
		for i := range first {
			for len(first[i]) < len(header) && !noHeader {
				first[i] = append(first[i], "")
			}
		}
		if diff := cmp.Diff(first, again); diff != "" {
			t.Fatalf("%s\n%q\n%q", diff, text, out)
		}
	})
}

// refusedCells is the rows of a text, its header, and the rejects of all rows.
func refusedCells(t *testing.T, text, reason string, o rows.Options) (cells [][]string, header []string, out string) {
	r, err := rows.OpenBytes("t.csv", []byte(text), o)
	if err != nil {
		return nil, nil, ""
	}
	var kept []*rows.Row
	for {
		row, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			continue
		}
		if !utf8.ValidString(strings.Join(row.Cells, "")) {
			t.Fatalf("%q is not UTF-8", row.Cells)
		}
		kept = append(kept, row)
		cells = append(cells, slices.Clone(row.Cells))
	}
	var b bytes.Buffer
	w := rows.NewRejects(&b, r.Format())
	for _, row := range kept {
		if err := w.Write(row, reason); err != nil {
			t.Fatal(err)
		}
	}
	return cells, r.Header().Names, b.String()
}

package rows_test

import (
	"errors"
	"io"
	"testing"

	"funnelrelay/relay/rows"
)

// read is all rows of a text, and the lines that are broken.
func read(t testing.TB, text string, o rows.Options) (cells [][]string, broken []int64, r *rows.Reader) {
	t.Helper()
	r, err := rows.OpenBytes("t.csv", []byte(text), o)
	if err != nil {
		t.Fatal(err)
	}
	for {
		row, err := r.Next()
		var b *rows.Broken
		switch {
		case err == io.EOF:
			return cells, broken, r
		case errors.As(err, &b):
			broken = append(broken, b.At.Line)
		case err != nil:
			t.Fatal(err)
		default:
			cells = append(cells, row.Cells)
		}
	}
}

func TestPlain(t *testing.T) {
	cells, broken, r := read(t, "Id;Name\r\n1;Tee\r\n2;\"Kaffee; groß\"\r\n", rows.Options{})
	if len(cells) != 2 || len(broken) != 0 || cells[1][1] != "Kaffee; groß" {
		t.Error(cells, broken)
	}
	t.Logf("%+v", r.Format())
}

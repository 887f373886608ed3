package rows_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"funnelrelay/relay/rows"
)

// FuzzCSV: no bytes make a Reader panic, hang or go back; each record begins
// where the one before ended or after it, what lies between is blank or the
// header, and from each position the rest is read as it was.
func FuzzCSV(f *testing.F) {
	for _, seed := range []string{
		"", "a;b\r\n1;\"x\r\ny\"\r\n", "sep=;\r\n\uFEFFa;b\n1;2", "a,b\n1,\"2\n3,4\n5,\"6\"\n",
		utf16le("a;b\n1;ä\n"), "\xFF\xFEa\x00;\x00\xD8", "a|b\r1|=\"2\"\r\r\n\x1A", "a;b\n\xE4;ä\n\"1\" x;2\n",
	} {
		f.Add([]byte(seed), false, false, "")
		f.Add([]byte(seed), true, true, "sjis")
	}
	f.Fuzz(func(t *testing.T, data []byte, growing, noHeader bool, encoding string) {
		if _, ok := rows.KnownEncoding(encoding); !ok {
			encoding = ""
		}
		o := rows.Options{Type: rows.TypeCSV, Growing: growing, NoHeader: noHeader, Encoding: encoding, MaxRecord: 200}
		r, err := rows.OpenBytes("t.csv", data, o)
		if err != nil {
			return
		}
		raw := r.Format().Encoding != "utf-16le" && r.Format().Encoding != "utf-16be" && encoding == ""
		var starts []rows.Position
		var kept []string
		for {
			before := r.Position()
			row, err := r.Next()
			after := r.Position()
			var broken *rows.Broken
			if errors.As(err, &broken) {
				row = broken.Row
			} else if errors.Is(err, io.EOF) {
				checkBlank(t, data, before, after, raw && !growing, r)
				break
			} else if err != nil {
				t.Fatal(err)
			}
			if row.At.Offset < before.Offset || after.Offset <= row.At.Offset || after.Record != before.Record+1 || row.At.Record != before.Record {
				t.Fatalf("a record at %+v between %+v and %+v", row.At, before, after)
			}
			checkBlank(t, data, before, row.At, raw, r)
			starts = append(starts, before)
			kept = append(kept, strings.Join(row.Cells, "\x00"))
		}
		if raw && !growing && r.Position().Offset != int64(len(data)) {
			t.Fatalf("read to %d of %d", r.Position().Offset, len(data))
		}
		if len(starts) == 0 || !raw || growing { // a Reader that goes on knows no width but the header's
			return
		}
		i := len(starts) / 2
		o.Start = starts[i]
		again, err := rows.OpenBytes("t.csv", data, o)
		if err != nil {
			t.Fatal(err)
		}
		row, err := again.Next()
		var broken *rows.Broken
		if errors.As(err, &broken) {
			row = broken.Row
		} else if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(row.Cells, "\x00"); got != kept[i] && !bytes.ContainsRune(data, '"') {
			t.Fatalf("%q, first read as %q", got, kept[i])
		}
	})
}

// checkBlank: nothing that holds a text is passed over without a word, but the
// header.
func checkBlank(t *testing.T, data []byte, from, to rows.Position, raw bool, r *rows.Reader) {
	if !raw || len(r.Header().Names) > 0 {
		return
	}
	gap := data[from.Offset:min(to.Offset, int64(len(data)))]
	if text := bytes.Trim(gap, " \t\r\n\x00\x1A,;|\"=\xEF\xBB\xBF"); len(text) > 0 && r.Format().Delimiter < 0x80 && !bytes.ContainsRune(text, r.Format().Delimiter) {
		t.Fatalf("%q was passed over between %+v and %+v", gap, from, to)
	}
}

// BenchmarkCSV reads a table of ten columns.
func BenchmarkCSV(b *testing.B) {
	for name, row := range map[string]string{
		"plain":  "1234567;2026-03-01;12:30:01;Coffee, large;2;3,50;7,00;EUR;cash;store 12\r\n",
		"quoted": "\"1234567\";\"2026-03-01\";\"12:30:01\";\"Coffee \"\"large\"\"\";\"2\";\"3,50\";\"7,00\";\"EUR\";\"cash\";\"store 12\"\r\n",
		"1252":   "1234567;2026-03-01;12:30:01;K\xE4se;2;3,50;7,00;EUR;bar;Filiale 12\r\n",
	} {
		b.Run(name, func(b *testing.B) {
			data := []byte("id;date;time;item;qty;price;total;currency;paid;store\r\n" + strings.Repeat(row, 100_000))
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				r, err := rows.OpenBytes("t.csv", data, rows.Options{})
				if err != nil {
					b.Fatal(err)
				}
				n := 0
				for {
					if _, err := r.Next(); errors.Is(err, io.EOF) {
						break
					} else if err != nil {
						b.Fatal(err)
					}
					n++
				}
				if n != 100_000 {
					b.Fatal(n)
				}
			}
			b.ReportMetric(float64(b.N)*100_000/b.Elapsed().Seconds(), "rows/s")
		})
	}
}

package rows

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestValue(t *testing.T) {
	text := `{"id": 1234567890123456789, "n": 1.50E+3, "s": "a\u00fc\n\ud83d\ude00\ud800\/", "ok": true, "none": null,
		"b": {"email": "x@y"}, "l": [{"sku": "A"}, 7], "a.b": {"c": 3}, "a": {"b": {"d": 4}}, "": {"e": 5}, "big": [ ]}`
	var p jsonParser
	v, bad := p.parse(text, 20)
	if bad != nil {
		t.Fatal(bad)
	}
	got := map[string]string{}
	for _, path := range []string{"id", "n", "s", "ok", "none", "b.email", "l.0.sku", "l.1", "a.b.c", "a.b.d", ".e", "b", "l",
		"x", "l.2", "l.-1", "l.0.sku.x", "id.x", "big.0"} {
		found := v.Get(path)
		got[path] = fmt.Sprint(found != nil, " ", found.Kind(), ": ", found.Text())
	}
	want := map[string]string{
		"id": "true a number: 1234567890123456789", "n": "true a number: 1.50E+3", "s": "true a text: aü\n😀\uFFFD/",
		"ok": "true true or false: true", "none": "true null: ", "b.email": "true a text: x@y", "l.0.sku": "true a text: A",
		"l.1": "true a number: 7", "a.b.c": "true a number: 3", "a.b.d": "true a number: 4", ".e": "true a number: 5",
		"b": "true an object: ", "l": "true an array: ",
		"x": "false null: ", "l.2": "false null: ", "l.-1": "false null: ", "l.0.sku.x": "false null: ", "id.x": "false null: ", "big.0": "false null: ",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if got := string(v.JSON()); got != text {
		t.Errorf("JSON() = %s", got)
	}
	if got := string(v.Get("l").JSON()); got != `[{"sku": "A"}, 7]` {
		t.Errorf("JSON of l = %s", got)
	}
	if n := len(v.Get("l").Elements()); n != 2 || v.Get("b").Elements() != nil || v.Get("l").Members() != nil {
		t.Errorf("%d elements", n)
	}
	if m := v.Members(); len(m) != 11 || m[7].Name != "a.b" {
		t.Errorf("%d members", len(m))
	}
	if got := string((*Value)(nil).JSON()); got != "null" {
		t.Errorf("JSON of nil = %s", got)
	}
}

// The reason for which a row was refused is gone when it comes back.
func TestJSONReason(t *testing.T) {
	for text, want := range map[string]string{
		`{"funnelrelay_reason":"no, \"id\": {1}","id":1, "x":2}`: `{"id":1, "x":2}`,
		`{"id":1 , "funnelrelay_reason" : null }`:                `{"id":1 }`,
		`{ "id":1, "funnelrelay_reason": {"a":[1]} ,"x": 2}`:     `{ "id":1,"x": 2}`,
		`{"funnelrelay_reason":""}`:                              `{}`,
		`{"\u0066unnelrelay_reason":"","a":{"b":1}}`:             `{"a":{"b":1}}`,
		`{"x":{"funnelrelay_reason":""}}`:                        `{"x":{"funnelrelay_reason":""}}`,
	} {
		got := readJSON(t, strings.NewReader(text), Options{})
		if diff := cmp.Diff([]string{want}, got); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
		r, err := openJSON(strings.NewReader(text), Format{}, Options{})
		if err != nil {
			t.Fatal(err)
		}
		row, err := r.next()
		if err != nil || row.Value.Get(ReasonColumn) != nil {
			t.Errorf("%s: the reason is there, %v", text, err)
		}
	}
}

// A file that grows is read as far as it goes, again and again, from where the
// reader before it came to.
func TestJSONGrows(t *testing.T) {
	for name, text := range map[string]string{
		"lines":         "{\"id\":1}\n{\"id\":\"ü\"}\r\n\n{\"id\":3}{bad}\n{\"id\":4}\n17\n{\"id\":5}\n",
		"an array":      "[{\"id\":1},\n{\"id\":\"ü\"} ,{\"id\":3}, {\"id\":4}\n,{\"id\":5}]\n",
		"by a path":     "{\"n\":1,\"o\":[{\"id\":1},\n{\"id\":2}]}\n{\"o\":[{\"id\":3}]}",
		"what was told": `[{"id":1},{"id":"` + strings.Repeat("x", 300) + `"},{"id":01},{"id":2},7,{"id":3}]`,
		"an envelope":   `{"count":2,"orders":[{"id":1},{"id":2}]}`,
	} {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				var want, got []string
				o := Options{Growing: true, MaxRecord: 250}
				if name == "by a path" {
					o.Rows = "o"
				}
				read := func(list *[]string, text string) {
					r, err := openJSON(strings.NewReader(text), Format{}, o)
					if err != nil {
						t.Fatal(err)
					}
					for {
						row, err := r.next()
						var broken *Broken
						if errors.As(err, &broken) {
							row = broken.Row
						} else if err != nil {
							if !errors.Is(err, io.EOF) {
								t.Fatal(err)
							}
							o.Start = r.position()
							return
						}
						*list = append(*list, fmt.Sprintf("%+v %v", row.At, err))
					}
				}
				read(&want, text)
				o.Start = Position{}
				for end := 0; end < len(text); {
					end = rapid.IntRange(end+1, len(text)).Draw(t, "end")
					read(&got, text[:end])
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("(-want +got)\n%s", diff)
				}
			})
		})
	}
}

// In any encoding, with a BOM or without, reading goes on where it ended.
func TestJSONEncodings(t *testing.T) {
	text := "{\"n\":\"J\u00fcrgen ü\"}\n{\"n\":\"ß\"}\n"
	for name, data := range map[string]string{
		"UTF-8":        text,
		"with a BOM":   bomUTF8 + text,
		"windows-1252": strings.NewReplacer("ü", "\xfc", "ß", "\xdf").Replace(text),
		"UTF-16":       "\xff\xfe" + wide(text),
	} {
		o := Options{Type: TypeJSON}
		for i, want := range []string{"Jürgen ü", "ß"} {
			r, err := OpenBytes("x.json", []byte(data), o)
			if err != nil {
				t.Fatal(err)
			}
			row, err := r.Next()
			if err != nil || row.Value.Get("n").Text() != want || row.At.Line != int64(i+1) {
				t.Errorf("%s: %+v, %v", name, row, err)
			}
			if o.Start = r.Position(); name == "with a BOM" && data[o.Start.Offset] != '\n' {
				t.Errorf("%s: the row ends at %+v", name, o.Start)
			}
		}
	}
}

// wide is text in UTF-16, the low byte first.
func wide(text string) string {
	var b strings.Builder
	for _, r := range text {
		b.Write([]byte{byte(r), byte(r >> 8)})
	}
	return b.String()
}

// orders is a text of about size bytes, with orders such as a shop sends.
func orders(size int) string {
	var b strings.Builder
	b.WriteString("[\n")
	for i := 0; b.Len() < size; i++ {
		if i > 0 {
			b.WriteString(",\n")
		}
		fmt.Fprintf(&b, `{"id":%d,"number":"#%d","created_at":"2026-09-01T10:%02d:00+02:00","currency":"EUR","email":"buyer%d@example.com","total":"%d.50",`+
			`"billing":{"first_name":"J\u00f6rg","city":"Köln"},"line_items":[{"sku":"TEA-1","name":"Tea, \"green\"","quantity":2,"price":12.50},{"sku":"CUP","name":"Cup","quantity":1,"price":3}]}`,
			1_000_000_000_000_000_000+int64(i), i, i%60, i, i%1000)
	}
	b.WriteString("\n]\n")
	return b.String()
}

// repeated is text count times, without its memory.
type repeated struct {
	head, text, tail string
	count            int
	part             strings.Reader
	at               int
}

func (r *repeated) Read(p []byte) (int, error) {
	for {
		if n, err := r.part.Read(p); n > 0 {
			return n, err
		}
		switch {
		case r.at == 0:
			r.part.Reset(r.head)
		case r.at <= r.count:
			r.part.Reset(r.text)
		case r.at == r.count+1:
			r.part.Reset(r.tail)
		default:
			return 0, io.EOF
		}
		r.at++
	}
}

// What is read of a large file is let go of: an array, with large parts beside
// it, in little memory.
func TestJSONMemory(t *testing.T) {
	part := strings.TrimPrefix(strings.TrimSuffix(orders(1<<20), "\n]\n"), "[\n")
	junk := `{"n":[` + strings.Repeat("[1,2],", 1000) + `0]},`
	for name, in := range map[string]*repeated{
		"an array":              {head: "[" + part, text: "," + part, tail: "]", count: 60},
		"an envelope":           {head: `{"meta":{},"orders":[` + part, text: "," + part, tail: `],"next":null}`, count: 60},
		"much beside the array": {head: `{"x":[`, text: junk, tail: `0],"y":{"orders":[` + part + `]},"z":[` + strings.Repeat(junk, 100) + `0]}`, count: 5000},
		"one long record":       {head: `{"id":1}{"x":[`, text: junk, tail: `0]}` + part, count: 5000},
		"one long text":         {head: `{"id":1}{"x":"`, text: strings.Repeat("x", 1<<16), tail: `"}` + part, count: 500},
	} {
		t.Run(name, func(t *testing.T) {
			o := Options{}
			if name == "much beside the array" {
				o.Rows = "y.orders"
			}
			r, err := openJSON(in, Format{}, o)
			if err != nil {
				t.Fatal(err)
			}
			runtime.GC()
			var stats runtime.MemStats
			rows, most := 0, uint64(0)
			for {
				_, err := r.next()
				var broken *Broken
				if errors.Is(err, io.EOF) {
					break
				} else if err != nil && !errors.As(err, &broken) {
					t.Fatal(err)
				}
				if rows++; rows%5000 == 1 {
					runtime.ReadMemStats(&stats)
					most = max(most, stats.HeapInuse)
				}
			}
			if rows < 2000 {
				t.Errorf("%d rows", rows)
			}
			if most > 40<<20 {
				t.Errorf("%d MB of memory", most>>20)
			}
		})
	}
}

// FuzzJSON: whatever the bytes are, reading ends, records stand one behind the
// other, and what was read is there once and as it was written.
func FuzzJSON(f *testing.F) {
	for _, text := range []string{
		`[{"id":1},{"id":2}]`, "{\"a\":1}\n{\"b\":\n{\"c\":3}\n", `{"orders":[{"id":1},{"id":2}],"count":2}`,
		`{"funnelrelay_reason":"","a":1}{"a":1,"funnelrelay_reason":[]}`,
		`{"data":{"orders":[{"x":"\u00e9\ud83d\ude00"}]}}`, `[{"a":[[[[1e5,-0.1]]]]},null,"x"]`, "\n\n[", `{"a":"`, "{}{}[]x", `[{"a":1}{"b":2}]`,
	} {
		f.Add([]byte(text), "", false)
		f.Add([]byte(text), "data.orders", true)
	}
	f.Fuzz(func(t *testing.T, data []byte, path string, growing bool) {
		o := Options{Rows: path, Growing: growing, MaxRecord: 256}
		r, err := openJSON(bytes.NewReader(data), Format{}, o)
		if err != nil {
			return
		}
		last := Position{Line: 1}
		for range 2*len(data) + 3 {
			row, err := r.next()
			var broken *Broken
			if errors.As(err, &broken) {
				row = broken.Row
			} else if err != nil {
				return
			} else if got := data[row.At.Offset:]; !bytes.HasPrefix(got, row.Value.JSON()) && !bytes.Contains(got, []byte("reason")) {
				t.Fatalf("record at %d is %s", row.At.Offset, row.Value.JSON())
			}
			if row.At.Offset < last.Offset || row.At.Line < last.Line || row.At.Record != last.Record+1 {
				t.Fatalf("%+v after %+v", row.At, last)
			}
			if want := int64(1 + bytes.Count(data[:row.At.Offset], []byte("\n"))); row.At.Line != want {
				t.Fatalf("line %d, not %d", row.At.Line, want)
			}
			if last = row.At; r.position().Offset <= last.Offset && broken == nil {
				t.Fatalf("position %+v after a record at %+v", r.position(), last)
			}
		}
		t.Fatal("reading does not end")
	})
}

func BenchmarkJSON(b *testing.B) {
	text := orders(16 << 20)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	rows := 0
	for b.Loop() {
		r, err := openJSON(strings.NewReader(text), Format{}, Options{})
		if err != nil {
			b.Fatal(err)
		}
		for {
			if _, err := r.next(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				b.Fatal(err)
			}
			rows++
		}
	}
	b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
}

package ingest

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
)

func zip(t testing.TB, text string) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := io.WriteString(z, text); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestTypesAndEncodings(t *testing.T) {
	p := listen(t, nil)
	const one = `{"email":"a"}`
	for _, c := range []struct {
		name, contentType, encoding, body string
		code                              int
		words                             string
	}{
		{"plain", "application/json", "", one, 202, ""},
		{"charset", "application/json; charset=utf-8", "", one, 202, ""},
		{"charset in capitals", "Application/JSON;charset=\"UTF-8\"", "", one, 202, ""},
		{"another charset", "application/json; charset=iso-8859-1", "", one, 415, "iso-8859-1"},
		{"none", "", "", one, 415, "application/json"},
		{"text, as Postman has it at first", "text/plain", "", one, 415, "JSON in the place of Text"},
		{"multipart", "multipart/form-data; boundary=x", "", one, 415, "x-www-form-urlencoded"},
		{"XML", "application/xml", "", one, 415, "x-ndjson"},
		{"nonsense", "///", "", one, 415, ""},
		{"bom", "application/json", "", "\ufeff" + one, 202, ""},
		{"gzip", "application/json", "gzip", zip(t, one), 202, ""},
		{"two gzip members", "application/json", "x-gzip", zip(t, one[:5]) + zip(t, one[5:]), 202, ""},
		{"not gzip", "application/json", "gzip", one, 400, "gzip"},
		{"half gzip", "application/json", "gzip", zip(t, one)[:20], 400, "gzip"},
		{"identity", "application/json", "identity", one, 202, ""},
		{"brotli", "application/json", "br", one, 415, "br"},
		{"gzip twice", "application/json", "gzip, gzip", one, 415, "gzip"},
		{"form", "application/x-www-form-urlencoded", "", "email=a&n=1", 202, ""},
		{"empty", "application/json", "", "", 400, "empty"},
		{"spaces", "application/json", "", " \n ", 400, "empty"},
		{"not JSON", "application/json", "", "{'a':1}", 400, ""},
		{"a comment", "application/json", "", "{\"a\":1 // one\n}", 400, ""},
		{"a string", "application/json", "", `"a"`, 422, ""},
		{"invalid UTF-8", "application/json", "", "{\"a\":\"\xff\"}", 400, ""},
		{"duplicate keys", "application/json", "", `{"a":1,"a":2}`, 0, ""},
		{"a sale with its mistakes", "application/json", "", `{"purchase_data":[[{}]],"dateTime":"x"}`, 422, "/dateTime"},
		{"deep", "application/json", "", strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000), 0, ""},
		{"purchase_data elsewhere", "application/json", "", `{"purchase_data":[{"__sku__":"a"}]}`, 422, "/purchase_data"},
		{"a date of ours", "application/json", "", `{"dateTime":"05/11/2023"}`, 422, "/dateTime"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var headers []string
			if c.contentType != "" {
				headers = append(headers, "Content-Type: "+c.contentType)
			}
			if c.encoding != "" {
				headers = append(headers, "Content-Encoding: "+c.encoding)
			}
			before := len(p.sink.all())
			r := p.ask("POST", "/api/v1/webhook/Demo", c.body, headers...)
			if c.code == 202 {
				if r.code != 202 || len(p.sink.all()) != before+1 {
					t.Fatalf("got %d %s", r.code, r.text)
				}
				return
			}
			if c.code == 0 { // one of the two; the rule is the event package's
				c.code = r.code
				if c.code != 400 && c.code != 422 {
					t.Fatalf("got %d %s", r.code, r.text)
				}
			}
			r.refused(t, c.code, c.words)
			if len(p.sink.all()) != before {
				t.Error("something was stored")
			}
		})
	}
}

func TestBatches(t *testing.T) {
	p := listen(t, func(o *Options) { o.Limits.Batch = 3; o.Limits.Event = 50 })
	ndjson := "Content-Type: application/x-ndjson"
	lines := func(body string, headers ...string) reply {
		return p.ask("POST", "/api/v1/webhook/Demo", body, append([]string{ndjson}, headers...)...)
	}
	if r := p.post(` [{"email":"a"},{"email":"b"}] `); r.code != 202 || len(r.Events) != 2 || r.Events[1].Status != "queued" {
		t.Fatalf("array: %d %s", r.code, r.text)
	}
	if r := lines("{\"email\":\"c\"}\r\n\n{\"email\":\"d\"}"); r.code != 202 || len(r.Events) != 2 {
		t.Fatalf("lines: %d %s", r.code, r.text)
	}
	if r := lines(`{"email":"e"}`); r.code != 202 || len(r.Events) != 1 {
		t.Fatalf("one line: %d %s", r.code, r.text)
	}
	if n := len(p.sink.all()); n != 5 {
		t.Fatalf("%d events stored", n)
	}
	p.post(`[]`).refused(t, 422, "empty")
	p.post(`[{},{},{},{}]`).refused(t, 413, "3 events")
	p.post(`[{}`).refused(t, 400)
	p.post(`[{},{"a":"`+strings.Repeat("x", 50)+`"}]`).refused(t, 413, `"/1"`)
	lines("{}\n{x}\n").refused(t, 400, `"/1`)
	r := p.post(`[{"dateTime":"1/2/3"},{},{"purchase_data":[{"a":1}]}]`)
	r.refused(t, 422)
	if len(r.Errors) != 2 || r.Errors[0].Pointer != "/0/dateTime" || r.Errors[1].Pointer != "/2/purchase_data" {
		t.Errorf("errors %+v", r.Errors)
	}
	if n := len(p.sink.all()); n != 5 {
		t.Errorf("a refused batch stored %d events", n-5)
	}
}

func TestEveryFault(t *testing.T) {
	p := listen(t, nil)
	r := p.ask("POST", "/api/v1/webhook/__commerce_action__", `{"dateTime":"05/11/2023","purchase_data":[{"__sku__":"a"},{"__currency__":"EUR"}]}`, asJSON)
	r.refused(t, 422, "/dateTime", "/purchase_data/0/__currency__", "/purchase_data/1/__sku__")
	if r.code != 422 || len(r.Errors) < 3 {
		t.Errorf("errors %+v", r.Errors)
	}
}

func TestFaultsAreBounded(t *testing.T) {
	p := listen(t, nil)
	r := p.post("[" + strings.TrimSuffix(strings.Repeat(`{"dateTime":"1/2/3"},`, 2000), ",") + "]")
	r.refused(t, 422, "2000 places")
	if len(r.Errors) != listedFaults {
		t.Errorf("%d faults listed", len(r.Errors))
	}
}

func TestHold(t *testing.T) {
	p := listen(t, func(o *Options) { o.Projects[0].Hold = true })
	if r := p.post(`{"dateTime":"05/11/2023"}`); r.code != 202 || r.Status != "dead" {
		t.Fatalf("got %d %s", r.code, r.text)
	}
	if got := p.sink.all()[0]; got.body != `{"dateTime":"05/11/2023"}` || !strings.Contains(got.held, "dateTime") || got.path != "Demo" {
		t.Errorf("held %+v", got)
	}
	if r := p.post(`{"a":1,}`); r.code != 202 || r.Status != "dead" {
		t.Errorf("not JSON: %d %s", r.code, r.text)
	}
	if r := p.post(`[{"email":"a"},{"dateTime":"1/2/3"}]`); r.code != 202 || len(r.Events) != 2 || r.Events[0].Status != "queued" || r.Events[1].Status != "dead" {
		t.Errorf("batch: %d %s", r.code, r.text)
	}
	if r := p.post(`[{"email":"a"}`); r.code != 202 || r.Status != "dead" {
		t.Errorf("broken batch: %d %s", r.code, r.text)
	}
	p.post(``).refused(t, 400)
}

func TestLimits(t *testing.T) {
	p := listen(t, func(o *Options) { o.Limits = Limits{Event: 1 << 20, Body: 3 << 20} })
	big := func(n int) string { return `{"email":"` + strings.Repeat("x", n-12) + `"}` }
	if r := p.post(big(1 << 20)); r.code != 202 {
		t.Errorf("1 MiB: %d %s", r.code, r.text)
	}
	p.post(big(2<<20)).refused(t, 413, "the event is larger")
	p.post(big(4<<20)).refused(t, 413, "the body is larger")
	p.post(zip(t, big(2<<20)), "Content-Encoding: gzip").refused(t, 413, "the event")
	p.post(zip(t, big(8<<20)), "Content-Encoding: gzip").refused(t, 413, "the body")
	bomb := zip(t, strings.Repeat(" ", 64<<20))
	p.post(bomb, "Content-Encoding: gzip").refused(t, 413, "the body")
	for _, n := range []int{10, smallBody - 1, smallBody, smallBody + 1, 1<<20 - 20} {
		if r := p.chunked(big(n + 20)); r.code != 202 {
			t.Errorf("chunked %d: %d %s", n, r.code, r.text)
		}
		if got := p.sink.all(); got[len(got)-1].body != big(n+20) {
			t.Errorf("chunked %d: other bytes arrived", n)
		}
	}
	p.chunked(big(4<<20)).refused(t, 413, "the body")
	if p.h.memory.free != p.h.memory.total {
		t.Errorf("%d of %d bytes came back", p.h.memory.free, p.h.memory.total)
	}
}

// chunked posts a body whose length is not announced.
func (p *port) chunked(body string) reply {
	p.t.Helper()
	req, err := http.NewRequest("POST", "http://"+p.addr+"/api/v1/webhook/Demo", io.MultiReader(strings.NewReader(body)))
	if err != nil {
		p.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := p.client.Do(req)
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close()
	return decode(p.t, resp)
}

// A sender that writes all of a refused body before it reads sees the answer.
func TestAnswerAfterTooLarge(t *testing.T) {
	p := listen(t, nil)
	conn := p.raw(fmt.Sprintf("POST /api/v1/webhook/Demo HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n", 40<<20))
	if _, err := io.CopyN(conn, zeros{}, 40<<20); err != nil {
		t.Fatalf("writing: %v", err)
	}
	line := make([]byte, len("HTTP/1.1 413"))
	if _, err := io.ReadFull(conn, line); err != nil || string(line) != "HTTP/1.1 413" {
		t.Errorf("got %q, %v", line, err)
	}
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }

// A type that stands twice is taken where both say the same.
func TestTypeTwice(t *testing.T) {
	p := listen(t, nil)
	if r := p.post(`{"email":"a"}`, asJSON); r.code != 202 {
		t.Errorf("the same type twice: %d %s", r.code, r.text)
	}
	p.post(`{"email":"a"}`, "Content-Type: text/plain").refused(t, 415, "several Content-Types")
	if n := len(p.sink.all()); n != 1 {
		t.Errorf("%d were stored", n)
	}
}

package wire

import (
	"bufio"
	"bytes"
	"io"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	const text = "# sender: a 1.0\n# source: recorded\n# answer: 202 queued\n# arrives: Lead body\nPOST / HTTP/1.1\r\nHost: a\r\n\r\n# no comment"
	f, err := Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if f.Sender != "a 1.0" || f.Source != "recorded" || f.Answer != "202 queued" || f.Arrives != "Lead body" || !strings.HasPrefix(string(f.Request), "POST / HTTP/1.1\r\n") {
		t.Errorf("%+v", f)
	}
	if got := string(f.Bytes()); got != text {
		t.Errorf("written as %q", got)
	}
	for _, bad := range []string{
		"", "POST / HTTP/1.1\r\n\r\n",
		"# sender: a\n# source: b\n# answer: 202\n",
		"# sender: a\n# sender: b\n# source: c\n# answer: 202\nPOST / HTTP/1.1\r\n\r\n",
		"# sender: a\n# source: b\n# answer: 202\n# colour: red\nPOST / HTTP/1.1\r\n\r\n",
		"# sender\n# source: b\n# answer: 202\nPOST / HTTP/1.1\r\n\r\n",
	} {
		if f, err := Parse([]byte(bad)); err == nil {
			t.Errorf("%q is read as %+v", bad, f)
		}
	}
}

// The end of a request is found, however it is told, and the next one begins there.
func TestReadRequest(t *testing.T) {
	requests := []string{
		"POST /a HTTP/1.1\r\nHost: a\r\ncontent-length: 3\r\n\r\nabc",
		"POST /b HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
		"POST /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTrailer: X\r\n\r\n0\r\nX: y\r\n\r\n",
		"GET /d HTTP/1.1\r\nHost: a\r\n\r\n",
		"POST /e HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\nx",
	}
	from := bufio.NewReader(strings.NewReader(strings.Join(requests, "")))
	var told bytes.Buffer
	for _, want := range requests {
		if got, err := ReadRequest(from, &told); err != nil || string(got) != want {
			t.Errorf("got %q, %v, want %q", got, err, want)
		}
	}
	if told.String() != "HTTP/1.1 100 Continue\r\n\r\n" {
		t.Errorf("the sender was told %q", &told)
	}
	if _, err := ReadRequest(from, io.Discard); err != io.EOF {
		t.Errorf("at the end: %v", err)
	}
	for _, bad := range []string{"nonsense\r\n\r\n", requests[0][:len(requests[0])-1], requests[1][:len(requests[1])-4], "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n"} {
		if got, err := ReadRequest(bufio.NewReader(strings.NewReader(bad)), io.Discard); err == nil {
			t.Errorf("%q is read as %q", bad, got)
		}
	}
}

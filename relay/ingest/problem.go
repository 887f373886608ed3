package ingest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"funnelrelay/relay/event"
)

const (
	// listedFaults bounds an answer: 10,000 events may have seven faults each.
	listedFaults = 1000
	// drainBytes and drainTime bound what is read of a refused body, so that
	// its sender gets to read the answer.
	drainBytes = 64 << 20
	drainTime  = 5 * time.Second
)

// problem is a refusal on its way to the sender (RFC 9457).
type problem struct {
	status int
	detail string        // what is wrong and what to do
	faults []event.Fault // in the body
	first  string        // id of the event that has the key already
	after  int           // Retry-After in seconds; 0: none
	header [2]string     // one more header, by name and value
	remain bool          // the rest of the body is not worth reading
	// written says that an answer went out while the request was under way.
	written bool
}

// faulty is the refusal of a body for its faults.
func faulty(f *event.Faults) *problem {
	p := &problem{status: http.StatusUnprocessableEntity, faults: f.List, detail: "the body breaks the webhook's contract"}
	if f.Malformed {
		p.status, p.detail = http.StatusBadRequest, "the body cannot be read"
	}
	switch n := len(f.List); {
	case n == 1:
		p.detail += ": " + strings.TrimPrefix(f.List[0].Pointer+" "+f.List[0].Detail, " ")
	case n > listedFaults:
		p.detail += fmt.Sprintf(" in %d places; the first %d are listed", n, listedFaults)
	case n > 1:
		p.detail += fmt.Sprintf(" in %d places", n)
	}
	return p
}

// body is the text of the answer.
func (p *problem) body() []byte {
	shown := p.faults
	if len(shown) > listedFaults {
		shown = shown[:listedFaults]
	}
	b, err := json.Marshal(struct {
		Type   string        `json:"type"`
		Title  string        `json:"title"`
		Status int           `json:"status"`
		Detail string        `json:"detail"`
		First  string        `json:"first,omitempty"`
		Errors []event.Fault `json:"errors,omitempty"`
	}{"about:blank", http.StatusText(p.status), p.status, p.detail, p.first, shown})
	if err != nil { // strings and numbers always encode
		b = []byte(`{"type":"about:blank","status":` + strconv.Itoa(p.status) + `}`)
	}
	return append(b, '\n')
}

// problemType is the type of the answer. RFC 9457 gives it a name of its own,
// but a tool that asks for application/json (n8n) finds out by that name whether
// there is JSON to parse, and would show text.
func problemType(accept []string) string {
	const own, plain = "application/problem+json", "application/json"
	if asked := strings.Join(accept, ","); strings.Contains(asked, plain) && !strings.Contains(asked, own) {
		return plain
	}
	return own
}

// write answers the request with the problem, after having read, within
// bounds, what is left of the body.
func (p *problem) write(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	if p.remain || !drain(w, r) {
		h.Set("Connection", "close")
	}
	h.Set("Content-Type", problemType(r.Header["Accept"]))
	h.Set("X-Content-Type-Options", "nosniff") // a detail may quote what a stranger sent
	h.Set("Cache-Control", "no-store")
	if p.after > 0 {
		h.Set("Retry-After", strconv.Itoa(p.after))
	}
	if p.header[0] != "" {
		h.Set(p.header[0], p.header[1])
	}
	w.WriteHeader(p.status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(p.body())
	}
}

// drain reads what is left of the body and throws it away. It reports whether
// the end was reached, so that the connection can be used again. A sender that
// waits for "100 Continue" has sent nothing yet and is not asked to.
func drain(w http.ResponseWriter, r *http.Request) bool {
	if r.Body == nil || r.Body == http.NoBody {
		return true
	}
	if r.Header.Get("Expect") != "" {
		return false
	}
	// The bound on time is the connection's; where it has none, as in a test
	// without one, the bound on bytes is left.
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(drainTime))
	_, err := io.CopyN(io.Discard, r.Body, drainBytes)
	return errors.Is(err, io.EOF)
}

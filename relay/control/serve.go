package control

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"funnelrelay/relay/event"
	"funnelrelay/spool"
)

// mostBody is how large the body of a decision may be.
const mostBody = 4 << 20

// problem is an answer that says no (RFC 9457).
type problem struct {
	status   int
	detail   string // what is wrong and what to do
	replaced string // the id of the event that took the place of the one asked for
	faults   []event.Fault
	after    int // Retry-After in seconds; 0: none
}

func (p *problem) Error() string { return p.detail }

// problemOf says in HTTP what an error means.
func problemOf(err error) *problem {
	var (
		p       *problem
		gone    *Gone
		refusal *Refused
		faults  *event.Faults
		reused  *event.ErrKeyReused
	)
	switch {
	case errors.As(err, &p):
		return p
	case errors.As(err, &gone):
		return &problem{status: http.StatusGone, detail: gone.Error(), replaced: gone.By}
	case errors.As(err, &refusal):
		p = &problem{status: http.StatusConflict, detail: refusal.Error()}
		if refusal.Faults != nil {
			p.detail, p.faults = refusal.Why, refusal.Faults.List
		}
		return p
	case errors.As(err, &faults):
		return &problem{status: http.StatusUnprocessableEntity, detail: "the body breaks the webhook's contract", faults: faults.List}
	case errors.Is(err, ErrNotFound):
		return &problem{status: http.StatusNotFound, detail: err.Error()}
	case errors.Is(err, ErrQuery):
		return &problem{status: http.StatusBadRequest, detail: err.Error()}
	case errors.Is(err, ErrNotRunning):
		return &problem{status: http.StatusConflict, detail: err.Error() + ": start it, and try again"}
	case errors.Is(err, errTooLarge), errors.As(err, new(*http.MaxBytesError)):
		return &problem{status: http.StatusRequestEntityTooLarge, detail: err.Error()}
	case errors.Is(err, spool.ErrClaimed):
		return &problem{status: http.StatusConflict, detail: whyClaimed}
	case errors.Is(err, event.ErrFull), errors.Is(err, spool.ErrFull):
		return &problem{status: http.StatusInsufficientStorage, after: 60,
			detail: "the spool is full and takes nothing new; make room on the disk or raise spool.max_size"}
	case errors.Is(err, event.ErrUnavailable), errors.Is(err, spool.ErrUnavailable), errors.Is(err, spool.ErrClosed):
		return &problem{status: http.StatusServiceUnavailable, after: 5, detail: "the spool cannot be used just now; try again: " + err.Error()}
	case errors.As(err, &reused):
		return &problem{status: http.StatusConflict, detail: reused.Error(), replaced: reused.First}
	}
	return &problem{status: http.StatusInternalServerError, detail: err.Error()}
}

// Problem is how an error is told in JSON (application/problem+json).
type Problem struct {
	Type       string        `json:"type"`
	Title      string        `json:"title"`
	Status     int           `json:"status"`
	Detail     string        `json:"detail"`
	ReplacedBy string        `json:"replaced_by,omitempty"` // of an event that is gone: the id of the one in its place
	Errors     []event.Fault `json:"errors,omitempty"`
}

func (p *problem) write(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Content-Type", "application/problem+json")
	h.Set("X-Content-Type-Options", "nosniff") // a detail may quote what a stranger sent
	h.Set("Cache-Control", "no-store")
	h.Del("Content-Disposition")
	if p.after > 0 {
		h.Set("Retry-After", strconv.Itoa(p.after))
	}
	w.WriteHeader(p.status)
	_ = json.NewEncoder(w).Encode(Problem{ // the reader went away: nothing to do
		Type: "about:blank", Title: http.StatusText(p.status), Status: p.status, Detail: legible(p.detail),
		ReplacedBy: p.replaced, Errors: p.faults,
	})
}

// answer writes v as JSON.
func answer(w http.ResponseWriter, v any) error {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	_ = enc.Encode(v) // the reader went away: nothing to do
	return nil
}

func nothing(w http.ResponseWriter) error {
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// result is answer for what a method returned.
func result(w http.ResponseWriter, v any, err error) error {
	if err != nil {
		return err
	}
	return answer(w, v)
}

// decode reads the body of a decision as one strict JSON value. Where optional,
// no body is the zero value.
func decode(w http.ResponseWriter, r *http.Request, v any, optional bool) error {
	text, err := body(w, r, mostBody)
	if err != nil {
		return err
	}
	if len(bytes.TrimSpace(text)) == 0 {
		if optional {
			return nil
		}
		return &problem{status: http.StatusBadRequest, detail: "the request has no body; send one JSON value"}
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err = d.Decode(v); err == nil && d.More() {
		err = errors.New("something follows the first JSON value")
	}
	if err != nil {
		why := strings.TrimPrefix(err.Error(), "json: ")
		return &problem{status: http.StatusBadRequest, detail: "the body is not what is expected here: " + why}
	}
	return nil
}

// body reads a body of up to limit bytes.
func body(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, error) {
	text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	if large := (*http.MaxBytesError)(nil); errors.As(err, &large) {
		return nil, &problem{status: http.StatusRequestEntityTooLarge, detail: fmt.Sprintf("the body is larger than the %d bytes that are taken here", limit)}
	}
	if err != nil {
		return nil, &problem{status: http.StatusBadRequest, detail: "the body ended early: " + err.Error()}
	}
	return text, nil
}

// params are those of the URL; one that is not among names is refused.
func params(r *http.Request, names ...string) (map[string]string, error) {
	given := map[string]string{}
	for name, values := range r.URL.Query() {
		known := false
		for _, n := range names {
			known = known || n == name
		}
		switch {
		case !known && len(names) == 0:
			return nil, queryError("parameter %s is not known; there are none here", quote(name))
		case !known:
			return nil, queryError("parameter %s is not known; there are %s", quote(name), strings.Join(names, ", "))
		case len(values) > 1:
			return nil, queryError("parameter %s stands %d times; send it once", name, len(values))
		}
		given[name] = values[0]
	}
	return given, nil
}

// timeParam is a time among params; zero where it is not given.
func timeParam(given map[string]string, name string) (time.Time, error) {
	if given[name] == "" {
		return time.Time{}, nil
	}
	at, err := parseTime(given[name])
	if err != nil {
		return at, queryError("%s %s is no time as in 2026-11-23T14:02:00+01:00", name, quote(given[name]))
	}
	return at, nil
}

// unhurried lets an answer take as long as it does: a stream of many events.
func unhurried(w http.ResponseWriter) {
	out := http.NewResponseController(w)
	_ = out.SetWriteDeadline(time.Time{}) // where there is no connection, there is no deadline
	_ = out.SetReadDeadline(time.Time{})
}

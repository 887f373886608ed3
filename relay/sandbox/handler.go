package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Handler answers the upstream's endpoint and the control endpoints (see the
// package's comment). It routes by the path as it came: the usual router would
// clean an action name such as "a//b" by a redirect.
func (s *Sandbox) Handler() http.Handler {
	guard := http.NewCrossOriginProtection() // a web page elsewhere must not set faults
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if path := r.URL.EscapedPath(); strings.HasPrefix(path, webhookPrefix) {
			s.webhook(w, r)
			return
		}
		if err := guard.Check(r); err != nil {
			write(w, refuse(http.StatusForbidden, "cross_origin", "", "%v", err))
			return
		}
		s.control(w, r)
	})
}

// webhook answers a request for the upstream's endpoint.
func (s *Sandbox) webhook(w http.ResponseWriter, r *http.Request) {
	s.ledger.request()
	met, faults := s.faults.before()
	switch met {
	case strikeDown:
		s.ledger.struck("down")
		drop(w, true)
		return
	case strikeReset:
		s.ledger.struck("reset")
		drop(w, true)
		return
	case strikeStatus:
		s.ledger.struck("status")
		pause(r.Context(), faults.Latency)
		writeFault(w, faults)
		return
	}

	refused := s.take(r)
	if refused != nil {
		pause(r.Context(), faults.Latency)
		if refused.Reason == "duplicate" {
			writeBody(w, s.opts.DuplicateStatus, s.opts.DuplicateBody)
			return
		}
		write(w, refused)
		return
	}
	lost, now := s.faults.after()
	pause(r.Context(), faults.Latency)
	switch {
	case !lost:
		writeBody(w, http.StatusOK, `{"status":"ok"}`+"\n")
	case now.LostStatus != 0:
		s.ledger.lost()
		writeFault(w, Faults{Status: now.LostStatus})
	default:
		s.ledger.lost()
		drop(w, false)
	}
}

// take holds a request to the contract and takes its event; nil means taken.
func (s *Sandbox) take(r *http.Request) *refusal {
	head, refused := s.opts.readHead(r)
	var body []byte
	var p payload
	if refused == nil {
		body, refused = readBody(r, s.opts.MaxBody)
	}
	if refused == nil {
		p, refused = readPayload(body, head.action == commerceAction)
	}
	if refused == nil {
		d := Delivery{Project: head.project, Action: head.action, Email: p.email, Session: p.session}
		if s.opts.Keep > 0 {
			d.Path, d.Body, d.Headers = r.URL.EscapedPath(), string(body), headersOf(r.Header)
		}
		if s.ledger.take(fingerprintOf(body, head.project, head.action), d) {
			s.users.tie(head.project, p, s.opts.UserDelay)
			return nil
		}
		refused = refuse(s.opts.DuplicateStatus, "duplicate", ruleDuplicate, "these bytes were taken before for this project and action")
	}
	s.ledger.refuse(Refusal{
		Status: refused.status, Reason: refused.Reason, Message: refused.Message,
		Method: r.Method, Path: r.URL.EscapedPath(), Body: string(body[:min(len(body), keepRefused)]),
	})
	return refused
}

// readBody reads the whole body, in one piece where its length is announced.
func readBody(r *http.Request, most int64) ([]byte, *refusal) {
	tooLarge := func() *refusal {
		return refuse(http.StatusRequestEntityTooLarge, "size", "", "the body is larger than %d bytes", most)
	}
	if r.ContentLength > most {
		return nil, tooLarge()
	}
	if n := r.ContentLength; n >= 0 {
		body := make([]byte, n)
		if _, err := io.ReadFull(r.Body, body); err != nil {
			return nil, refuse(http.StatusBadRequest, "incomplete", "", "the body ended early: %v", err)
		}
		return body, nil
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, most+1))
	switch {
	case err != nil:
		return nil, refuse(http.StatusBadRequest, "incomplete", "", "the body ended early: %v", err)
	case int64(len(body)) > most:
		return nil, tooLarge()
	}
	return body, nil
}

// control answers everything but the webhook.
func (s *Sandbox) control(w http.ResponseWriter, r *http.Request) {
	method := r.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	switch method + " " + r.URL.Path {
	case "GET /":
		s.page(w)
	case "GET /deliveries":
		s.listDeliveries(w, r)
	case "DELETE /deliveries":
		s.Reset()
		w.WriteHeader(http.StatusNoContent)
	case "GET /faults":
		writeJSON(w, s.Faults())
	case "POST /faults":
		s.postFaults(w, r)
	case "DELETE /faults":
		s.faults.set(Faults{})
		w.WriteHeader(http.StatusNoContent)
	default:
		status, reason := http.StatusNotFound, "path"
		if allow := map[string]string{"/": "GET", "/deliveries": "GET, DELETE", "/faults": "GET, POST, DELETE"}[r.URL.Path]; allow != "" {
			w.Header().Set("Allow", allow)
			status, reason = http.StatusMethodNotAllowed, "method"
		}
		write(w, refuse(status, reason, "", "there are POST %s{action}, GET and DELETE /deliveries, GET, POST and DELETE /faults, and GET /", webhookPrefix))
	}
}

func (s *Sandbox) postFaults(w http.ResponseWriter, r *http.Request) {
	body, refused := readBody(r, 1<<20)
	if refused != nil {
		write(w, refused)
		return
	}
	f, err := ParseFaults(body)
	if err != nil {
		write(w, refuse(http.StatusBadRequest, "faults", "", "%v", err))
		return
	}
	s.faults.set(f)
	writeJSON(w, s.Faults())
}

// Report is the answer of GET /deliveries.
type Report struct {
	Totals     Stats      `json:"totals"`
	Deliveries []Delivery `json:"deliveries"` // oldest first
	Refusals   []Refusal  `json:"refusals"`   // the last 100, oldest first
}

// listDeliveries answers with the last 100 deliveries, or the limit (at most
// 10,000) asked for; with "after", with those that follow that number, so that
// a reader goes on from the last one that it has.
func (s *Sandbox) listDeliveries(w http.ResponseWriter, r *http.Request) {
	after, limit, err := readPaging(r.URL.RawQuery)
	if err != nil {
		write(w, refuse(http.StatusBadRequest, "query", "", "%v", err))
		return
	}
	writeJSON(w, Report{Totals: s.Stats(), Deliveries: s.ledger.after(after, limit), Refusals: s.Refusals()})
}

func readPaging(raw string) (after int64, limit int, err error) {
	after, limit = -1, 100
	query, err := url.ParseQuery(raw)
	if err != nil {
		return 0, 0, fmt.Errorf("query: %w", err)
	}
	var all []error
	for name, values := range query {
		n, err := strconv.ParseInt(values[len(values)-1], 10, 64)
		switch {
		case name != "after" && name != "limit":
			all = append(all, fmt.Errorf("%s: no such parameter; there are after and limit", quote(name)))
		case err != nil || n < 0:
			all = append(all, fmt.Errorf("%s: %s is no count", name, quote(values[len(values)-1])))
		case name == "after":
			after = n
		default:
			limit = int(min(n, 10_000))
		}
	}
	return after, limit, errors.Join(all...)
}

// pause waits until d has passed or the caller has gone.
func pause(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// drop ends the connection without an answer: by a reset, or by an orderly
// close.
func drop(w http.ResponseWriter, reset bool) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		write(w, refuse(http.StatusServiceUnavailable, "fault", "", "this connection should have died, but cannot be taken over: %v", err))
		return
	}
	if c, ok := conn.(interface{ SetLinger(sec int) error }); ok && reset {
		_ = c.SetLinger(0) // where it fails, the close below is an orderly one
	}
	_ = conn.Close() // either way it is gone
}

func write(w http.ResponseWriter, r *refusal) {
	if r.status == http.StatusMethodNotAllowed && w.Header().Get("Allow") == "" {
		w.Header().Set("Allow", http.MethodPost)
	}
	writeBody(w, r.status, string(r.body()))
}

func writeFault(w http.ResponseWriter, f Faults) {
	if f.RetryAfter != "" {
		w.Header().Set("Retry-After", f.RetryAfter)
	}
	if f.Location != "" {
		w.Header().Set("Location", f.Location)
	}
	switch {
	case f.HTML != "":
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		if f.Status == 0 {
			f.Status = http.StatusOK
		}
		writeBody(w, f.Status, f.HTML)
	case f.Body != "":
		writeBody(w, f.Status, f.Body)
	default:
		write(w, refuse(f.Status, "fault", "", "%d %s, as it was told to", f.Status, http.StatusText(f.Status)))
	}
}

// writeBody answers with a text whose type, unless it is set, is told by its
// first byte.
func writeBody(w http.ResponseWriter, status int, body string) {
	if w.Header().Get("Content-Type") == "" {
		kind := "text/plain; charset=utf-8"
		if strings.HasPrefix(body, "{") {
			kind = "application/json"
		}
		w.Header().Set("Content-Type", kind)
	}
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body) // a caller who has gone does not get it
}

func writeJSON(w http.ResponseWriter, v any) {
	body, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		write(w, refuse(http.StatusInternalServerError, "report", "", "%v", err))
		return
	}
	writeBody(w, http.StatusOK, string(body)+"\n")
}

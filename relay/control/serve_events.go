package control

import (
	"net/http"
	"strconv"
)

// The handlers of what is asked and decided about events.

func (c *Control) serveEvents(w http.ResponseWriter, r *http.Request) error {
	q, err := ParseQuery(r.URL.Query())
	if err != nil {
		return err
	}
	page, err := c.Events(r.Context(), q)
	return result(w, page, err)
}

func (c *Control) serveEvent(w http.ResponseWriter, r *http.Request) error {
	if _, err := params(r); err != nil {
		return err
	}
	detail, err := c.Event(r.Context(), r.PathValue("id"))
	return result(w, detail, err)
}

// serveBody answers with the exact bytes, as a download: they are a stranger's,
// and no page shall show them.
func (c *Control) serveBody(w http.ResponseWriter, r *http.Request) error {
	text, err := c.Body(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	download(w, "application/json", "event-"+r.PathValue("id")+".json")
	w.Header().Set("Content-Length", strconv.Itoa(len(text)))
	_, _ = w.Write(text) // the reader went away: nothing to do
	return nil
}

// download sets the headers of what a browser saves and never shows.
func download(w http.ResponseWriter, kind, name string) {
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Disposition", disposition(name))
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
}

func (c *Control) serveExport(w http.ResponseWriter, r *http.Request) error {
	q, err := ParseQuery(r.URL.Query())
	if err != nil {
		return err
	}
	if _, err := c.selects(&q); err != nil {
		return err
	}
	return stream(w, r, "events.ndjson", func(out http.ResponseWriter) error { return c.ExportEvents(r.Context(), q, out) })
}

// stream writes an answer of many lines. One that fails on the way is cut off,
// so that it is not taken for a whole one.
func stream(w http.ResponseWriter, r *http.Request, name string, write func(out http.ResponseWriter) error) error {
	unhurried(w)
	download(w, "application/x-ndjson", name)
	started := &begun{ResponseWriter: w}
	err := write(started)
	if err == nil || !started.yes {
		return err
	}
	panic(http.ErrAbortHandler)
}

// begun knows whether something was written.
type begun struct {
	http.ResponseWriter
	yes bool
}

// Write notes it.
func (b *begun) Write(p []byte) (int, error) {
	b.yes = true
	return b.ResponseWriter.Write(p)
}

// Unwrap is for http.ResponseController.
func (b *begun) Unwrap() http.ResponseWriter { return b.ResponseWriter }

func (c *Control) serveRetry(w http.ResponseWriter, r *http.Request) error {
	if err := decode(w, r, &struct{}{}, true); err != nil {
		return err
	}
	decided, err := c.Retry(r.Context(), r.PathValue("id"))
	return result(w, decided, err)
}

// Reason is the body of a decision that wants no more than a reason.
type Reason struct {
	Reason string `json:"reason,omitempty"`
}

func (c *Control) serveDiscard(w http.ResponseWriter, r *http.Request) error {
	var why Reason
	if err := decode(w, r, &why, true); err != nil {
		return err
	}
	decided, err := c.Discard(r.Context(), r.PathValue("id"), why.Reason)
	return result(w, decided, err)
}

func (c *Control) serveEdit(w http.ResponseWriter, r *http.Request) error {
	var e Edit
	if err := decode(w, r, &e, false); err != nil {
		return err
	}
	if len(e.Body) == 0 {
		return &problem{status: http.StatusBadRequest, detail: `the edit has no "body"`}
	}
	decided, err := c.Edit(r.Context(), r.PathValue("id"), e)
	return result(w, decided, err)
}

func (c *Control) serveCheck(w http.ResponseWriter, r *http.Request) error {
	given, err := params(r, "project", "action")
	if err != nil {
		return err
	}
	text, err := body(w, r, mostBody)
	if err != nil {
		return err
	}
	checked, err := c.Check(r.Context(), given["project"], given["action"], text)
	return result(w, checked, err)
}

func (c *Control) serveBulk(w http.ResponseWriter, r *http.Request) error {
	var b Bulk
	if err := decode(w, r, &b, false); err != nil {
		return err
	}
	unhurried(w)
	done, err := c.Bulk(r.Context(), b)
	return result(w, done, err)
}

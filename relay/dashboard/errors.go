package dashboard

import (
	"errors"
	"net/http"

	"funnelrelay/relay/control"
)

// problem is a page that says why there is none.
type problem struct {
	*page
	Code   int
	Detail string
}

// errNowhere is an address that no page has.
var errNowhere = errors.New("no such page")

func (d *Dashboard) nowhere(*page, http.ResponseWriter, *http.Request) error { return errNowhere }

// fail shows an error as a page.
func (d *Dashboard) fail(p *page, w http.ResponseWriter, r *http.Request, err error) {
	v := problem{page: p, Code: http.StatusInternalServerError, Detail: err.Error()}
	switch {
	case errors.Is(err, errNowhere), errors.Is(err, control.ErrNotFound):
		v.Code, v.Detail = http.StatusNotFound, ""
	case errors.Is(err, control.ErrQuery):
		v.Code = http.StatusBadRequest
	default:
		d.o.Log.Error("page", "path", r.URL.Path, "cause", err)
	}
	p.Name = "error"
	if err := d.render(w, v.Code, "error", v); err != nil {
		d.o.Log.Error("page", "path", r.URL.Path, "cause", err)
		http.Error(w, "the page cannot be shown; the log says why", http.StatusInternalServerError)
	}
}

// refused makes a note of what was not done. It returns nil for an error that is
// no refusal.
func refused(err error) *flash {
	var r *control.Refused
	var gone *control.Gone
	switch {
	case errors.As(err, &r):
		return &flash{Kind: "bad", Key: "note.refused", Values: []string{"why", r.Error()}}
	case errors.As(err, &gone):
		return &flash{Kind: "bad", Key: "note.gone", Values: nil}
	case errors.Is(err, control.ErrNotFound):
		return &flash{Kind: "bad", Key: "note.not_found", Values: nil}
	}
	return nil
}

// settle leaves with the note that says what was done, or why it was not.
func (d *Dashboard) settle(w http.ResponseWriter, r *http.Request, to string, done flash, err error) error {
	if err == nil {
		done.Kind = "ok"
		return d.leave(w, r, to, done)
	}
	if f := refused(err); f != nil {
		return d.leave(w, r, to, *f)
	}
	return d.leave(w, r, to, flash{Kind: "bad", Key: "note.failed", Values: []string{"why", err.Error()}})
}

package ingest

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"

	"funnelrelay/relay/session"
)

// formMax bounds the form and the JSON of a login.
const formMax = 8 << 10

// Mount adds the paths by which one gets in and out.
func (d *Door) Mount(mux *http.ServeMux) {
	mux.HandleFunc("GET /login", d.follow)
	mux.HandleFunc("POST /login", d.login)
	mux.Handle("POST /logout", d.AdminOnly(http.HandlerFunc(d.logout)))
	mux.Handle("POST /api/v1/login", d.AdminOnly(http.HandlerFunc(d.link)))
}

// Link is the answer of POST /api/v1/login.
type Link struct {
	URL     string    `json:"url"`     // lets one browser in, once
	Expires time.Time `json:"expires"` // when it does not any more
}

// link answers POST /api/v1/login, with {"next":"/dead"} or no body.
func (d *Door) link(w http.ResponseWriter, r *http.Request) {
	s := d.h.settings.Load()
	if session.Of(r) != nil {
		d.h.refuse(w, r, s, &problem{status: http.StatusForbidden,
			detail: "a session cannot let others in; use the admin token: Authorization: Bearer"})
		return
	}
	var ask struct {
		Next string `json:"next"`
	}
	if r.ContentLength != 0 {
		if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, formMax)).Decode(&ask); err != nil {
			d.h.refuse(w, r, s, &problem{status: http.StatusUnprocessableEntity, detail: `send no body, or {"next":"/path"}`})
			return
		}
	}
	code, until := d.sessions.Code(time.Now())
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	query := url.Values{"code": {code}}
	if next := session.Local(ask.Next); next != "/" {
		query.Set("next", next)
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_ = json.NewEncoder(w).Encode(Link{ // the reader went away: nothing to do
		URL: scheme + "://" + r.Host + "/login?" + query.Encode(), Expires: until.UTC().Truncate(time.Second),
	})
}

// follow answers GET /login: with a code it lets in, once, and without one it
// asks for the token. What only looks at a link does not use it up.
func (d *Door) follow(w http.ResponseWriter, r *http.Request) {
	s, now := d.h.settings.Load(), time.Now()
	if !d.mayRead(w, r, s) {
		return
	}
	query := r.URL.Query()
	next, code := query.Get("next"), query.Get("code")
	in := d.sessions.Read(r, now) != nil
	w.Header().Set("Cache-Control", "no-store")
	switch {
	case code == "" && in:
		http.Redirect(w, r, session.Local(next), http.StatusSeeOther)
	case code == "":
		session.Show(w, r, http.StatusOK, session.Ask, next)
	case r.Method == http.MethodHead:
		w.WriteHeader(http.StatusNoContent)
	case prefetched(r):
		w.WriteHeader(http.StatusServiceUnavailable)
	case d.sessions.Redeem(code, now):
		d.letIn(w, r, s, "link", next, now)
	case in: // a browser that loads the page of its link again
		http.Redirect(w, r, session.Local(next), http.StatusSeeOther)
	case d.inTime(w, r, s, false, now):
		d.h.deny(w, r, s, session.Used, &problem{status: http.StatusForbidden,
			detail: "this link was used already, or is too old; `funnelrelay dashboard` makes a new one"})
	}
}

// prefetched says that a browser loads the page before anybody asked for it.
func prefetched(r *http.Request) bool {
	for _, name := range []string{"Sec-Purpose", "Purpose", "X-Purpose", "X-Moz"} {
		if value := strings.ToLower(r.Header.Get(name)); strings.Contains(value, "prefetch") || strings.Contains(value, "preview") {
			return true
		}
	}
	return false
}

// login answers POST /login, the form with the admin token.
func (d *Door) login(w http.ResponseWriter, r *http.Request) {
	s, now := d.h.settings.Load(), time.Now()
	if !d.mayRead(w, r, s) {
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, formMax)
	_ = r.ParseForm() // what cannot be parsed has no token
	right := d.right(strings.TrimSpace(r.PostForm.Get("token")))
	switch {
	case !d.inTime(w, r, s, right, now):
	case !right:
		d.h.deny(w, r, s, session.Wrong, challenge("login failed: this is not the admin token; it is the text of "+adminFile+" in the data folder"))
	default:
		d.letIn(w, r, s, "token", r.PostForm.Get("next"), now)
	}
}

// letIn begins a session. Who followed a link on another site's page goes on by
// the page, and not by a redirect: the browser would leave the new cookie out.
func (d *Door) letIn(w http.ResponseWriter, r *http.Request, s *settings, by, next string, now time.Time) {
	s.log.Info("logged in", "by", by, "from", r.RemoteAddr)
	d.sessions.Give(w, r, d.sessions.Begin(now))
	w.Header().Set("Cache-Control", "no-store")
	if r.Header.Get("Sec-Fetch-Site") == "cross-site" {
		session.Show(w, r, http.StatusOK, session.Through, next)
		return
	}
	http.Redirect(w, r, session.Local(next), http.StatusSeeOther)
}

// logout answers POST /logout.
func (d *Door) logout(w http.ResponseWriter, r *http.Request) {
	if of := session.Of(r); of != nil {
		log := d.h.settings.Load().log
		if err := d.end(of); err != nil {
			log.Error("who logged out cannot be kept: the cookie is right again after a restart", "error", err)
		}
		log.Info("logged out", "from", r.RemoteAddr)
	}
	d.sessions.Take(w, r)
	session.Show(w, r, http.StatusOK, session.Out, "/")
}

// end ends a session, for good where that can be kept.
func (d *Door) end(of *session.Session) error {
	d.keeping.Lock()
	defer d.keeping.Unlock()
	d.sessions.End(of, time.Now())
	if d.keep == nil {
		return nil
	}
	return d.keep(d.sessions.Ended())
}

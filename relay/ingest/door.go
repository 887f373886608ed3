package ingest

import (
	"cmp"
	"crypto/sha256"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"funnelrelay/relay/session"
)

// Door lets those in who may read and steer: with the admin token, or with the
// session of a browser that showed it, or a one-time link, before. Its methods
// may be called concurrently.
type Door struct {
	h        *Handler
	token    Secret
	want     [sha256.Size]byte
	sessions *session.Sessions
	slow     *session.Slow

	keeping sync.Mutex // held while it is kept who logged out, so that the last one to be kept is the newest
	keep    func(ended []byte) error
}

// Remember tells the door who logged out before this process, and where to keep
// it from now on. It is called before the door is used.
func (d *Door) Remember(ended []byte, keep func(ended []byte) error) {
	d.sessions.Remember(ended)
	d.keep = keep
}

// Door is the one for this admin token. An empty token is no token: nobody
// passes.
func (h *Handler) Door(token Secret) *Door {
	h.mu.Lock()
	defer h.mu.Unlock()
	d := h.doors[token]
	if d == nil {
		d = &Door{h: h, token: token, want: sha256.Sum256([]byte(token)),
			sessions: session.New(string(token)), slow: session.NewSlow()}
		h.doors[token] = d
	}
	return d
}

// AdminOnly is that of the token's Door.
func (h *Handler) AdminOnly(token Secret, next http.Handler) http.Handler {
	return h.Door(token).AdminOnly(next)
}

// OpenOnLoopback lets requests from this machine through, and all others as
// AdminOnly does: for health and metrics. It goes inside Guard.
func (h *Handler) OpenOnLoopback(token Secret, next http.Handler) http.Handler {
	guarded := h.AdminOnly(token, next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if near(r) {
			next.ServeHTTP(w, r)
			return
		}
		guarded.ServeHTTP(w, r)
	})
}

// AdminOnly lets a request through that carries the admin token
// (Authorization: Bearer) or the cookie of a session, and, unless
// Options.RemoteReading is set, comes from this machine, with no proxy between.
// What writes by a cookie has to show the session's CSRF token besides. A
// browser that is not let in gets a page that says how to get in. It goes
// inside Guard.
func (d *Door) AdminOnly(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s, now := d.h.settings.Load(), time.Now()
		if !d.mayRead(w, r, s) {
			return
		}
		if given := bearerToken(r.Header["Authorization"]); given != "" {
			if d.bearer(w, r, s, given, now) {
				next.ServeHTTP(w, r)
			}
			return
		}
		of := d.sessions.Read(r, now)
		switch {
		case of == nil && safe(r.Method):
			d.h.deny(w, r, s, session.Ask, challenge("this needs the admin token: Authorization: Bearer, with the text of "+adminFile+
				" in the data folder; in a browser, the link that `funnelrelay dashboard` prints"))
		case of == nil:
			d.h.deny(w, r, s, session.Stale, challenge("this needs the admin token: Authorization: Bearer, with the text of "+adminFile+" in the data folder"))
		case !safe(r.Method) && !of.Sent(w, r):
			d.h.deny(w, r, s, session.Stale, &problem{status: http.StatusForbidden,
				detail: "this needs the session's CSRF token, as the header X-CSRF-Token or the field csrf of a form; load the page anew, and do it again"})
		default:
			d.sessions.Renew(w, r, of, now)
			next.ServeHTTP(w, session.In(r, of))
		}
	})
}

// safe says that the method changes nothing.
func safe(method string) bool { return method == http.MethodGet || method == http.MethodHead }

// mayRead refuses who asks from elsewhere, unless that is switched on.
func (d *Door) mayRead(w http.ResponseWriter, r *http.Request, s *settings) bool {
	if s.remoteReading || near(r) {
		return true
	}
	d.h.deny(w, r, s, session.Remote, &problem{status: http.StatusForbidden,
		detail: "reading is off for requests from other machines or through a proxy; use the relay's own machine, or set http.remote_reading: true"})
	return false
}

// bearer looks at a token. On this machine a right one always passes: a
// monitor there that has an old one must not shut the owner out.
func (d *Door) bearer(w http.ResponseWriter, r *http.Request, s *settings, given string, now time.Time) bool {
	right := d.right(given)
	if right && near(r) {
		return true
	}
	if !d.inTime(w, r, s, right, now) {
		return false
	}
	if !right {
		d.h.deny(w, r, s, session.Wrong, challenge("this is not the admin token; it is the text of "+adminFile+" in the data folder"))
	}
	return right
}

func (d *Door) right(given string) bool {
	same := sameHash(d.want, given)
	return same && d.token != ""
}

// inTime refuses a try that comes too soon after wrong ones.
func (d *Door) inTime(w http.ResponseWriter, r *http.Request, s *settings, right bool, now time.Time) bool {
	wait := d.slow.Try(remoteAddr(r), now, right)
	if wait <= 0 {
		return true
	}
	after := int(math.Ceil(wait.Seconds()))
	d.h.deny(w, r, s, session.Slower, &problem{status: http.StatusTooManyRequests, after: after,
		detail: "there were too many wrong tries; try again in " + strconv.Itoa(after) + " s"})
	return false
}

// deny refuses: a browser with a page, and a program with the problem.
func (h *Handler) deny(w http.ResponseWriter, r *http.Request, s *settings, why session.Why, p *problem) {
	if !session.WantsPage(r) {
		h.refuse(w, r, s, p)
		return
	}
	h.note(r, s, p)
	if p.header[0] != "" {
		w.Header().Set(p.header[0], p.header[1])
	}
	if p.after > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(p.after))
	}
	next := "/"
	switch {
	case r.URL.Path == "/login":
		next = cmp.Or(r.PostForm.Get("next"), r.URL.Query().Get("next"))
	case r.Method == http.MethodGet && why != session.InURL:
		next = r.URL.RequestURI()
	}
	session.Show(w, r, p.status, why, next)
}

// secretInURL says whether a query has a parameter that looks like a secret.
func secretInURL(query string) bool {
	for query != "" {
		var pair string
		pair, query, _ = strings.Cut(query, "&")
		name, _, _ := strings.Cut(pair, "=")
		if plain, err := url.QueryUnescape(name); err == nil {
			name = plain
		}
		switch strings.NewReplacer("_", "", "-", "").Replace(strings.ToLower(name)) {
		case "token", "accesstoken", "admintoken", "apikey", "xapikey", "authorization", "bearer":
			return true
		}
	}
	return false
}

package session

import (
	"context"
	"crypto/subtle"
	"net"
	"net/http"
	"strings"
	"time"
)

// cookieName is the cookie's name for the port that the browser sees: cookies
// do not know ports, and two relays may run on one machine.
func cookieName(r *http.Request) string {
	if _, port, err := net.SplitHostPort(r.Host); err == nil && port != "" {
		return "funnelrelay-" + port
	}
	return "funnelrelay"
}

// secure says whether the browser's connection is TLS, as far as it shows. Who
// lies about it only keeps the cookie from being sent.
func secure(r *http.Request) bool {
	return r.TLS != nil || strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https")
}

// Read is the session that the request's cookie names; nil: none.
func (s *Sessions) Read(r *http.Request, now time.Time) *Session {
	for _, c := range r.CookiesNamed(cookieName(r)) {
		if of := s.read(c.Value, now); of != nil {
			return of
		}
	}
	return nil
}

// Give sets the session's cookie.
func (s *Sessions) Give(w http.ResponseWriter, r *http.Request, of *Session) {
	http.SetCookie(w, &http.Cookie{Name: cookieName(r), Value: s.text(of), Path: "/", MaxAge: int(Lasts / time.Second),
		HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: secure(r)})
}

// Renew sets a new cookie for a session whose cookie is a day old.
func (s *Sessions) Renew(w http.ResponseWriter, r *http.Request, of *Session, now time.Time) {
	if age := now.Sub(of.began); age > renewed || age < 0 {
		s.Give(w, r, s.of(of.id, now))
	}
}

// Take removes the cookie.
func (s *Sessions) Take(w http.ResponseWriter, r *http.Request) {
	http.SetCookie(w, &http.Cookie{Name: cookieName(r), Path: "/", MaxAge: -1,
		HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: secure(r)})
}

// formBytes bounds the body of a form in which the token is looked for, and
// formMemory what of it is held in memory.
const (
	formBytes  = 17 << 20
	formMemory = 1 << 20
)

// Sent says whether a writing request shows the session's CSRF token: as header
// X-CSRF-Token, or as field csrf of a form. A form is parsed then, and its
// fields are in r.PostForm, or r.MultipartForm.
func (s *Session) Sent(w http.ResponseWriter, r *http.Request) bool {
	given := r.Header.Get("X-Csrf-Token")
	if given == "" {
		kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
		r.Body = http.MaxBytesReader(w, r.Body, formBytes)
		switch strings.ToLower(strings.TrimSpace(kind)) {
		case "application/x-www-form-urlencoded":
			_ = r.ParseForm() // what cannot be parsed has no token
		case "multipart/form-data":
			_ = r.ParseMultipartForm(formMemory)
		default:
			return false
		}
		given = r.PostForm.Get("csrf")
	}
	return subtle.ConstantTimeCompare([]byte(given), []byte(s.csrf)) == 1
}

type contextKey struct{}

// In is the request as it is handed on: Of and CSRF find the session in it.
func In(r *http.Request, of *Session) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), contextKey{}, of))
}

// Of is the session of a request that was let in by its cookie; nil: it was let
// in by the admin token, or not at all.
func Of(r *http.Request) *Session {
	of, _ := r.Context().Value(contextKey{}).(*Session)
	return of
}

// CSRF is the token that a form on the page of this request has to send as its
// field csrf, and a script as the header X-CSRF-Token; "" without a session.
func CSRF(r *http.Request) string {
	if of := Of(r); of != nil {
		return of.csrf
	}
	return ""
}

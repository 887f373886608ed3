package session

import (
	_ "embed"
	"html/template"
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/text/language"
)

// Why says what a Page is shown for.
type Why string

// What there is to say to somebody who is not in.
const (
	Ask     Why = "ask"     // nothing is wrong: who are you?
	Wrong   Why = "wrong"   // the token is not right
	Used    Why = "used"    // the link was used before, or is too old
	Slower  Why = "slower"  // too many tries
	Stale   Why = "stale"   // the form belongs to a session that is over
	Remote  Why = "remote"  // reading is off from elsewhere
	InURL   Why = "inurl"   // a token stood in the address
	Through Why = "through" // let in; goes on by itself
	Out     Why = "out"     // logged out
)

//go:embed page.html
var pageText string

var page = template.Must(template.New("page").Parse(pageText))

// policy allows the page its one stylesheet and its one form.
const policy = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

var languages = language.NewMatcher([]language.Tag{language.English, language.German})

// Show answers with the page that asks for the token. next is the local path
// to go to afterwards.
func Show(w http.ResponseWriter, r *http.Request, status int, why Why, next string) {
	tags, _, _ := language.ParseAcceptLanguage(r.Header.Get("Accept-Language")) // none, where it cannot be read
	_, german, _ := languages.Match(tags...)
	words := english
	if german == 1 {
		words = deutsch
	}
	form := why == Ask || why == Wrong || why == Used || why == Out || why == Stale
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "same-origin") // with no-referrer, the form's origin would be "null"
	h.Set("Cache-Control", "no-store")
	h.Set("Vary", "Accept, Accept-Language, Cookie")
	w.WriteHeader(status)
	if r.Method == http.MethodHead {
		return
	}
	_ = page.Execute(w, map[string]any{ // the reader went away: nothing to do
		"Words": words, "Says": words[string(why)], "Alert": why != Ask && why != Through && why != Out,
		"Form": form, "Next": Local(next), "Goes": why == Through,
	})
}

// WantsPage says whether a person's browser asks, and not a program.
func WantsPage(r *http.Request) bool {
	return strings.Contains(strings.ToLower(r.Header.Get("Accept")), "text/html")
}

// Local is next, if that is a path on this port, and / otherwise: who can make
// a person follow a link must not choose where they end up.
func Local(next string) string {
	u, err := url.Parse(next)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || u.Opaque != "" ||
		!strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") || strings.ContainsAny(next, "\\\r\n\t") {
		return "/"
	}
	for _, own := range []string{"/login", "/logout", "/api/", "/static/"} {
		if strings.HasPrefix(u.Path, own) {
			return "/"
		}
	}
	return u.RequestURI()
}

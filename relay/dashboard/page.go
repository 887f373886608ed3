package dashboard

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/bojanz/currency"
	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"funnelrelay/relay/control"
)

// page is what the layout and every template have at hand: the reader's
// language and numbers, and what stands around each page.
type page struct {
	Name     string // of the template
	Lang     string
	Langs    []langChoice
	Theme    string // light, dark, or "" for the system's
	Token    string // of forms
	Self     string // path and query of this page
	Base     string // of this relay, as the reader's browser has it
	Logout   string
	Flash    *flash
	Status   control.Status
	ZoneName string // for scripts; "": the server's times stand

	lang    *lang
	locale  currency.Locale
	printer *message.Printer
	zone    *time.Location
	now     time.Time
}

// langChoice is a language that the reader can switch to.
type langChoice struct{ Tag, Name string }

const (
	langCookie  = "relay_lang"
	themeCookie = "relay_theme"
	flashCookie = "relay_note"
	prefsKept   = 400 * 24 * 60 * 60 // seconds; browsers keep none longer
)

func (d *Dashboard) newPage(w http.ResponseWriter, r *http.Request) *page {
	found, locale := d.langs.choose(cookie(r, langCookie), r.Header.Get("Accept-Language"))
	p := &page{
		Lang: found.tag.String(), lang: found, locale: currency.NewLocale(locale.String()),
		printer: message.NewPrinter(locale), zone: time.Local, now: time.Now(),
		Self: r.URL.RequestURI(), Base: "http://" + r.Host, Logout: d.o.Logout, Status: d.o.Control.Status(),
	}
	if r.TLS != nil {
		p.Base = "https://" + r.Host
	}
	if d.o.Zone != nil {
		p.zone = d.o.Zone()
	}
	if name := p.zone.String(); name != "Local" {
		p.ZoneName = name
	}
	if d.o.CSRF != nil {
		p.Token = d.o.CSRF(r)
	}
	if theme := cookie(r, themeCookie); theme == "light" || theme == "dark" {
		p.Theme = theme
	}
	for _, one := range d.langs.list {
		p.Langs = append(p.Langs, langChoice{one.tag.String(), one.text("lang.name")})
	}
	if r.Method == http.MethodGet && r.Header.Get("HX-Request") == "" {
		p.Flash = takeFlash(w, r)
	}
	return p
}

// T is the text of key in the reader's language, with named values in it.
func (p *page) T(key string, named ...any) string {
	texts := make([]string, len(named))
	for i, v := range named {
		if s, ok := v.(string); ok {
			texts[i] = s
		} else {
			texts[i] = p.Num(v)
		}
	}
	return p.lang.text(key, texts...)
}

// N is the text of key in the form that the language has for n, which stands in
// it as {n}.
func (p *page) N(key string, n int64, named ...any) string {
	return p.T(p.lang.counted(key, n), append([]any{"n", n}, named...)...)
}

// Me is the page itself, for what a template hands on.
func (p *page) Me() *page { return p }

// Now is the moment of the request.
func (p *page) Now() time.Time { return p.now }

// Zone is the name of the site's time zone.
func (p *page) Zone() string { return p.zone.String() }

// Under says that this page belongs to an entry of the navigation without being
// it.
func (p *page) Under(name string) bool {
	return map[string]string{"event": "events", "edit": "dead", "bulk": "dead"}[p.Name] == name
}

// Knows says that there is a text for key.
func (p *page) Knows(key string) bool { _, ok := p.lang.texts[key]; return ok }

// Dead is how many events need a person.
func (p *page) Dead() int64 { return p.Status.Total.Dead }

// Several says that there is more than one project, so that each event says
// whose it is.
func (p *page) Several() bool { return len(p.Status.Projects) > 1 }

// Query makes the query part of a link from names and values; empty values are
// left out.
func (p *page) Query(pairs ...string) string {
	v := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			v.Set(pairs[i], pairs[i+1])
		}
	}
	if len(v) == 0 {
		return ""
	}
	return "?" + v.Encode()
}

func cookie(r *http.Request, name string) string {
	if c, err := r.Cookie(name); err == nil {
		return c.Value
	}
	return ""
}

func setCookie(w http.ResponseWriter, r *http.Request, name, value string, age int) {
	http.SetCookie(w, &http.Cookie{
		Name: name, Value: value, Path: "/", MaxAge: age, HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: r.TLS != nil,
	})
}

// flash is a note about what a form did, shown on the page after it. It travels
// in a cookie, as a key and its values, so that nobody can make it say anything else.
type flash struct {
	Kind   string   `json:"k"` // ok or bad
	Key    string   `json:"t"`
	Values []string `json:"v,omitempty"`
	Link   string   `json:"l,omitempty"` // an event's id
}

// Text is the note in the reader's language.
func (f *flash) Text(p *page) string { return p.lang.text(f.Key, f.Values...) }

// Leads says that there is nothing to lead to, or that the reader is there.
func (f *flash) Leads(p *page) bool { return f.Link == "" || strings.HasSuffix(p.Self, f.Link) }

// mostNote bounds a cookie.
const mostNote = 1500

// leave notes what was done and sends the browser to the page that shows it.
func (d *Dashboard) leave(w http.ResponseWriter, r *http.Request, to string, f flash) error {
	for i, v := range f.Values {
		if len(v) > mostNote/2 {
			f.Values[i] = strings.ToValidUTF8(v[:mostNote/2], "") + "…"
		}
	}
	text, err := json.Marshal(f)
	if err != nil {
		return err
	}
	setCookie(w, r, flashCookie, base64.RawURLEncoding.EncodeToString(text), 60)
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

// back is where a form's "back" field says to go, if that is a page of ours.
func back(r *http.Request, otherwise string) string {
	to := r.PostFormValue("back")
	if u, err := url.Parse(to); err != nil || u.Host != "" || u.Scheme != "" || !strings.HasPrefix(to, "/") ||
		strings.HasPrefix(to, "//") || strings.ContainsAny(to, "\\\r\n\t") {
		return otherwise
	}
	return to
}

func takeFlash(w http.ResponseWriter, r *http.Request) *flash {
	value := cookie(r, flashCookie)
	if value == "" {
		return nil
	}
	setCookie(w, r, flashCookie, "", -1)
	text, err := base64.RawURLEncoding.DecodeString(value)
	f := &flash{}
	if err != nil || json.Unmarshal(text, f) != nil || !strings.HasPrefix(f.Key, "note.") {
		return nil
	}
	return f
}

// prefs keeps the language and the theme that a reader chose.
func (d *Dashboard) prefs(_ *page, w http.ResponseWriter, r *http.Request) error {
	if tag := r.PostFormValue("lang"); tag != "" {
		if _, err := language.Parse(tag); err == nil {
			setCookie(w, r, langCookie, tag, prefsKept)
		}
	}
	switch theme := r.PostFormValue("theme"); theme {
	case "light", "dark":
		setCookie(w, r, themeCookie, theme, prefsKept)
	case "auto":
		setCookie(w, r, themeCookie, "", -1)
	}
	http.Redirect(w, r, back(r, "/"), http.StatusSeeOther)
	return nil
}

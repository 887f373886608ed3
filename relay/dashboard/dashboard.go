package dashboard

import (
	"bytes"
	"cmp"
	"context"
	"embed"
	"html/template"
	"log/slog"
	"net/http"
	"reflect"
	"sync"
	"time"

	"funnelrelay/relay/alarm"
	"funnelrelay/relay/control"
	"funnelrelay/spool"
)

//go:embed templates/*.html
var templateFiles embed.FS

// Check is one thing that the doctor looked at.
type Check struct {
	Name    string // one word: dns, tls
	About   string // what it was looked for at: a host, a folder; "": nothing in particular
	Verdict string // ok, warn, bad or skipped
	Text    string // what was found
	Remedy  string // what to do; "": nothing
}

// Options of a Dashboard; Control is required.
type Options struct {
	Control *control.Control

	// Alarms is the board on which a person marks alarms as seen. Nil: they cannot.
	Alarms *alarm.Board

	// CSRF gives the token that a form of this request's session must bring.
	// Whether it did is checked before a request comes here. Nil: forms bring none.
	CSRF func(*http.Request) string

	// Doctor looks at what a relay needs; it may take seconds. Nil: cannot be asked.
	Doctor func(context.Context) []Check

	Zone       func() *time.Location  // of the site; nil: the machine's
	ConfigText func() (string, error) // the config without its secrets; nil: not shown
	DropFolder func() string          // whose folders are watched unconfigured; nil: there is none
	Posts      func() []string        // the sources that take POSTs; nil: none
	Logout     string                 // the path to POST to; default /logout
	Log        *slog.Logger           // default: discards
}

// Dashboard makes the pages. Its Handler may be called concurrently.
type Dashboard struct {
	o         Options
	assets    *assets
	static    http.Handler
	langs     *langs
	templates map[string]*template.Template // by page

	mu       sync.Mutex // guards all below
	examined examined
	asking   bool // the doctor is at work
}

// examined is what the doctor said last.
type examined struct {
	at     time.Time
	checks []Check
}

// pages are the templates, each of which fills the layout.
var pages = []string{"overview", "events", "event", "edit", "dead", "bulk", "sources", "days", "health", "error"}

// New does no I/O. It panics where an embedded template is wrong, which every
// test would show.
func New(o Options) *Dashboard {
	o.Log = cmp.Or(o.Log, slog.New(slog.DiscardHandler))
	o.Logout = cmp.Or(o.Logout, "/logout")
	d := &Dashboard{o: o, assets: loadAssets(), langs: loadLangs(), templates: map[string]*template.Template{}}
	d.static = d.assets.handler()
	icons := loadIcons()
	funcs := template.FuncMap{
		"icon":  func(name string) template.HTML { return icons[name] },
		"file":  d.assets.url,
		"put":   func(p, v any) pair { return pair{p, v} },
		"link":  func(name, to, icon string) link { return link{name, to, icon} },
		"sum":   func(name string, s spool.Sum, currency string) sum { return sum{name, s, currency} },
		"int":   whole,
		"len64": func(list any) int64 { return int64(reflect.ValueOf(list).Len()) },
		"runs":  func(s string) []run { r, _ := Visible(s); return r },
	}
	layout := template.Must(template.New("").Funcs(funcs).ParseFS(templateFiles, "templates/layout.html", "templates/parts.html"))
	for _, name := range pages {
		t := template.Must(layout.Clone())
		d.templates[name] = template.Must(t.ParseFS(templateFiles, "templates/"+name+".html"))
	}
	return d
}

// pair hands a part of a page what it shows, with the page.
type pair struct{ P, V any }

// link is an entry of the navigation.
type link struct{ Name, To, Icon string }

// sum is a cell of the days' table.
type sum struct {
	Name     string // of the column
	Sum      spool.Sum
	Currency string
}

// whole makes the kind of number that texts count with.
func whole(n any) int64 {
	switch n := n.(type) {
	case int:
		return int64(n)
	case int64:
		return n
	case float64:
		return int64(n)
	}
	return 0
}

// Mount puts the pages on mux. admin stands before each, and lets through who
// may see and decide; the static files hold nothing of the shop, and the page
// that asks for the token needs them.
func (d *Dashboard) Mount(mux *http.ServeMux, admin func(http.Handler) http.Handler) {
	mux.Handle("GET /static/", d.static)
	mux.Handle("GET /favicon.ico", d.static)
	for pattern, serve := range map[string]func(*page, http.ResponseWriter, *http.Request) error{
		"GET /{$}":                   d.overview,
		"GET /events":                d.events,
		"GET /events/{id}":           d.event,
		"GET /dead":                  d.dead,
		"GET /sources":               d.sources,
		"GET /days":                  d.days,
		"GET /health":                d.health,
		"GET /events/{id}/edit":      d.edit,
		"POST /events/{id}/edit":     d.saveEdit,
		"POST /events/{id}/check":    d.checkEdit,
		"POST /events/{id}/retry":    d.retry,
		"POST /events/{id}/discard":  d.discard,
		"POST /dead/bulk":            d.bulk,
		"POST /projects/{name}/{do}": d.steer,
		"POST /alarms/seen":          d.alarmSeen,
		"POST /sources/again":        d.readAgain,
		"POST /sources/preview":      d.preview,
		"POST /days/totals":          d.saveTotals,
		"POST /days/upload":          d.uploadTotals,
		"POST /health/doctor":        d.askDoctor,
		"POST /prefs":                d.prefs,
		"GET /{page}":                d.nowhere,
	} {
		mux.Handle(pattern, admin(d.page(serve)))
	}
}

// policy lets a page load what is ours, and run and style nothing that stands in
// the page itself.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
	"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// page readies what every page needs, and shows the error of one that fails.
func (d *Dashboard) page(serve func(*page, http.ResponseWriter, *http.Request) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		// Not no-referrer: a browser would send "Origin: null" with our own forms.
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		p := d.newPage(w, r)
		if err := serve(p, w, r); err != nil {
			d.fail(p, w, r, err)
		}
	})
}

// render shows a page. It is made whole first, so that an error shows as such,
// and not as half a page.
func (d *Dashboard) render(w http.ResponseWriter, status int, name string, data any) error {
	return d.write(w, status, name, "layout", data)
}

// part shows a part of a page, for script that puts it in place.
func (d *Dashboard) part(w http.ResponseWriter, name, part string, data any) error {
	return d.write(w, http.StatusOK, name, part, data)
}

func (d *Dashboard) write(w http.ResponseWriter, status int, name, part string, data any) error {
	var out bytes.Buffer
	if err := d.templates[name].ExecuteTemplate(&out, part, data); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = out.WriteTo(w) // the reader went away: nothing to do
	return nil
}

package dashboard

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"funnelrelay/relay/alarm"
	"funnelrelay/relay/control"
	"funnelrelay/relay/dropfolder"
	"funnelrelay/relay/event"
	"funnelrelay/relay/forward"
	"funnelrelay/spool"
)

// site is a relay without its network: a real spool and a real control, whose
// projects are in whatever state a test sets.
type site struct {
	t       testing.TB
	spool   *spool.Spool
	alarms  *alarm.Board
	control *control.Control
	page    http.Handler
	state   forward.State
	sources []dropfolder.State
	cookies []*http.Cookie
	ready   bool
	checks  []Check
}

// berlin is where the site is.
var berlin = func() *time.Location {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		panic(err)
	}
	return zone
}()

// today is the day at the site.
func today() string { return time.Now().In(berlin).Format(time.DateOnly) }

const queue = "shop/P-1"

func newSite(t testing.TB) *site {
	t.Helper()
	s := &site{t: t, alarms: alarm.New(slog.New(slog.DiscardHandler)), state: forward.State{Mode: forward.Online, Since: time.Now()}, ready: true}
	var err error
	if s.spool, err = spool.Open(filepath.Join(t.TempDir(), "spool.db"), spool.Options{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.spool.Close() })
	rules := &event.Rules{Zone: berlin}
	s.control = control.New(control.Options{
		Spool: s.spool, Alarms: s.alarms, Version: "1.2.3", Started: time.Now().Add(-26 * time.Hour),
		Queues: func() []control.Queue {
			return []control.Queue{{Name: queue, Project: "shop", ProjectID: "P-1", Configured: true, State: func() forward.State { return s.state },
				URL: func(path string) string { return "https://events.funnelytics.io/api/v1/webhook/" + path }}}
		},
		Ready: func() bool { return s.ready }, Zone: func() *time.Location { return berlin },
		Config: func() string { return `C:\ProgramData\funnelrelay\funnelrelay.yaml` },
		Rules:  func(_, _ string) *event.Rules { return rules }, Sink: s,
		Sources: func() []dropfolder.State { return s.sources },
		Pause:   func(string, string) error { s.state.Mode = forward.Held; return nil },
		Resume:  func(string) error { s.state.Mode = forward.Online; return nil },
		Probe:   func(string) error { return nil },
		Stopped: make(chan struct{}),
		Folders: &dropfolder.Watcher{},
		Preview: func(_ context.Context, source, name string, file io.Reader) (control.Preview, error) {
			text, err := io.ReadAll(file)
			return control.Preview{Says: "source " + source, Project: "shop", Events: []string{string(text)}, Total: 1, Skipped: 2,
				Rejected: []control.RejectedRow{{Line: 7, Why: "__total_in_cents__ is missing"}}}, err
		},
		Totals: func(project, name string, text []byte) ([]control.TillTotal, error) {
			return []control.TillTotal{{Day: today(), Project: project, Currency: "EUR", Cents: 100, By: name}}, nil
		},
	})
	mux := http.NewServeMux()
	s.page = mux
	New(Options{
		Control: s.control, Alarms: s.alarms, Zone: func() *time.Location { return berlin },
		CSRF: func(*http.Request) string { return "the-token" },
		ConfigText: func() (string, error) {
			return "listen: 127.0.0.1:8787\nprojects:\n  shop:\n    api_key: (hidden)\n", nil
		},
		DropFolder: func() string { return `C:\ProgramData\funnelrelay\drop` },
		Posts:      func() []string { return []string{"till", "web"} },
		Doctor:     func(context.Context) []Check { return s.checks },
	}).Mount(mux, func(h http.Handler) http.Handler { return h })
	return s
}

// Accept is what relay's accepter does, without stamps.
func (s *site) Accept(ctx context.Context, b event.Batch) ([]event.Receipt, error) {
	var batch spool.Batch
	for i := range b.Offers {
		o := &b.Offers[i]
		e := entryOf(o.Event, b.Source)
		e.Bury = o.Held
		if o.Replaces != "" {
			id, err := spool.ParseID(o.Replaces)
			if err != nil {
				return nil, err
			}
			e.Replaces = id
		}
		batch.Entries = append(batch.Entries, e)
	}
	stored, err := s.spool.Put(ctx, batch)
	if err != nil {
		return nil, err
	}
	receipts := make([]event.Receipt, len(stored))
	for i, r := range stored {
		receipts[i] = event.Receipt{ID: r.ID.String(), Duplicate: r.Duplicate}
	}
	return receipts, nil
}

func entryOf(ev *event.Event, source string) spool.Entry {
	e := spool.Entry{
		Queue: queue, Body: ev.Body, Facts: event.Facts{Action: ev.Action, Path: ev.Path, Source: source}.Append(nil),
		Day: today(), Terms: ev.Terms(source),
	}
	for _, t := range ev.Totals {
		e.Tallies = append(e.Tallies, spool.Tally{Key: source + "\x00shop\x00" + t.Currency, Amount: t.Cents})
	}
	if len(e.Tallies) == 0 {
		e.Tallies = []spool.Tally{{Key: source + "\x00shop\x00"}}
	}
	return e
}

// sale is the body of a purchase.
func sale(order, email string, cents int) string {
	return fmt.Sprintf(`{"email":%q,"purchase_data":[{"__sku__":"SKU-1","__label__":"Coffee, 250 g","__total_in_cents__":%d,"__order__":%q,"__currency__":"EUR"}]}`, email, cents, order)
}

// put accepts an event, or buries it with the reason.
func (s *site) put(action, body, reason string) string {
	s.t.Helper()
	rules := &event.Rules{Zone: time.UTC}
	ev, faults := event.Normalize(action, []byte(body), rules)
	if faults != nil {
		ev = &event.Event{Action: action, Path: action, Body: []byte(body)}
	}
	e := entryOf(ev, "till")
	e.Bury = reason
	stored, err := s.spool.Put(context.Background(), spool.Batch{Entries: []spool.Entry{e}})
	if err != nil {
		s.t.Fatal(err)
	}
	return stored[0].ID.String()
}

// claim takes the next pending event.
func (s *site) claim() *spool.Claim {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	c, err := s.spool.Claim(ctx, queue)
	if err != nil {
		s.t.Fatal(err)
	}
	return c
}

// settled waits until what was settled is on disk: operations are done in their
// order.
func (s *site) settled() {
	s.t.Helper()
	if _, err := s.spool.Put(context.Background(), spool.Batch{Notes: map[string][]byte{"test": {1}}}); err != nil {
		s.t.Fatal(err)
	}
}

// sent lets the next n pending events arrive.
func (s *site) sent(n int) {
	defer s.settled()
	for range n {
		if err := s.claim().MarkSent(spool.Outcome{Status: 200, Answer: []byte(`{"ok":true}`), Began: time.Now(), Took: 84 * time.Millisecond}); err != nil {
			s.t.Fatal(err)
		}
	}
}

// get asks for a page as a browser does, and keeps its cookies.
func (s *site) get(path string, header ...string) *httptest.ResponseRecorder {
	return s.do(httptest.NewRequest(http.MethodGet, "http://127.0.0.1:8787"+path, nil), header...)
}

// post sends a form.
func (s *site) post(path string, form url.Values, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, "http://127.0.0.1:8787"+path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return s.do(r, header...)
}

func (s *site) do(r *http.Request, header ...string) *httptest.ResponseRecorder {
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	for _, c := range s.cookies {
		r.AddCookie(c)
	}
	w := httptest.NewRecorder()
	s.page.ServeHTTP(w, r)
	for _, c := range w.Result().Cookies() {
		kept := s.cookies[:0]
		for _, old := range s.cookies {
			if old.Name != c.Name {
				kept = append(kept, old)
			}
		}
		s.cookies = kept
		if c.MaxAge >= 0 {
			s.cookies = append(s.cookies, c)
		}
	}
	return w
}

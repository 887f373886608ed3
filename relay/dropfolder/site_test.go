package dropfolder

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"funnelrelay/relay/alarm"
	"funnelrelay/relay/event"
	"funnelrelay/relay/mapping"
	"funnelrelay/relay/source"
	"funnelrelay/relay/values"
	"funnelrelay/spool"
)

// site is a data folder with a spool, and a watched folder beside it. It lives
// over several runs of watchers.
type site struct {
	t     testing.TB
	drop  string // that source "shop" watches
	data  string
	spool *spool.Spool
	log   *journal

	mu      sync.Mutex // guards all below
	refusal error      // of the sink
	batches int
	offers  int
	after   func() // called once a batch is on disk
}

func newSite(t *testing.T) *site { return openSite(t, t.TempDir()) }

// openSite opens what another process may have left in dir.
func openSite(t *testing.T, dir string) *site {
	t.Helper()
	s := &site{t: t, drop: filepath.Join(dir, "in"), data: filepath.Join(dir, "data"), log: &journal{}}
	for _, d := range []string{s.drop, s.data} {
		if err := os.MkdirAll(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	var err error
	s.spool, err = spool.Open(filepath.Join(s.data, "spool.db"), spool.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.spool.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// Accept is the sink: as the relay's, without stamps and lanes.
func (s *site) Accept(ctx context.Context, b event.Batch) ([]event.Receipt, error) {
	s.mu.Lock()
	refusal := s.refusal
	s.mu.Unlock()
	if refusal != nil {
		return nil, refusal
	}
	entries := make([]spool.Entry, len(b.Offers))
	for i := range b.Offers {
		entries[i] = entryOf(&b.Offers[i])
		if o := b.Offers[i].Instead(); o != nil {
			e := entryOf(o)
			entries[i].Instead = func() *spool.Entry { return &e }
		}
	}
	stored, err := s.spool.Put(ctx, spool.Batch{Entries: entries, Notes: b.Notes})
	if err != nil {
		return nil, err
	}
	receipts := make([]event.Receipt, len(stored))
	for i, r := range stored {
		held := b.Offers[i].Held
		if o := b.Offers[i].Instead(); r.Changed && o != nil {
			held = o.Held
		}
		receipts[i] = event.Receipt{ID: r.ID.String(), Duplicate: r.Duplicate, Changed: r.Changed, Dead: held != "" && !r.Duplicate}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.batches++
	s.offers += len(b.Offers)
	if s.after != nil && len(b.Offers) > 0 {
		s.after()
	}
	return receipts, nil
}

func entryOf(o *event.Offer) spool.Entry {
	e := spool.Entry{
		Queue: "shop", Day: "2026-11-23", Body: o.Event.Body, Bury: o.Held,
		Tallies: []spool.Tally{{Key: "shop"}}, Facts: []byte(o.Event.Action),
	}
	if o.Key != nil {
		e.Keys = []spool.Key{{Name: []byte(o.Key.Name), Content: o.Key.Content, Strict: o.Key.Strict}}
	}
	return e
}

// offered is how many offers the sink took.
func (s *site) offered() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.offers
}

// then has f called once when a batch is on disk.
func (s *site) then(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.after = func() {
		s.after = nil
		f()
	}
}

// refuse has the sink refuse from now on; nil: take again.
func (s *site) refuse(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refusal = err
}

// leads is a source whose rows are custom actions with an id; edit changes it.
func leads(edit func(*source.Source)) source.Source {
	spec := source.Default()
	spec.Name, spec.Settle = "shop", 2*time.Second
	spec.Event = &source.Event{Action: "Lead", ID: source.Value{"id"}, Email: source.Value{"email"}}
	if edit != nil {
		edit(&spec)
	}
	return spec
}

// sales is a source of purchases.
func sales(edit func(*source.Source)) source.Source {
	spec := source.Default()
	spec.Name, spec.Settle = "shop", 2*time.Second
	spec.Values.Money = "1234.56"
	spec.Const = []source.Field{{Name: "currency", Value: source.Value{"EUR"}}}
	spec.Order = &source.Order{ID: source.Value{"order"}}
	spec.Items = &source.Items{Label: source.Value{"label"}, Total: source.Value{"total"}}
	if edit != nil {
		edit(&spec)
	}
	return spec
}

// source compiles a spec that watches patterns below the site's folder.
func (s *site) source(spec source.Source, patterns ...string) Source {
	s.t.Helper()
	src := Source{Name: spec.Name, Project: "shop", Spec: spec}
	for _, p := range patterns {
		g, err := values.Pattern(filepath.Join(s.drop, p))
		if err != nil {
			s.t.Fatal(err)
		}
		src.Globs = append(src.Globs, g)
		spec.Watch = append(spec.Watch, p)
	}
	m, faults := mapping.New(&spec, mapping.Options{Project: "shop", Site: time.UTC})
	if len(faults) > 0 {
		s.t.Fatalf("mapping: %v", faults)
	}
	src.Mapping = m
	return src
}

func (s *site) options() Options {
	return Options{
		Sink: s, Note: s.spool.Note, SetNote: s.spool.SetNote, Unhinted: true,
		Log:    slog.New(slog.NewTextHandler(s.log, nil)),
		Alarms: alarm.New(slog.New(slog.DiscardHandler)),
	}
}

// journal is a log that several goroutines write and read.
type journal struct {
	mu   sync.Mutex // guards text
	text bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

// running is a watcher at work in a bubble.
type running struct {
	*Watcher
	stop func()
}

// start runs a watcher until stop, or the end of the test.
func (s *site) start(o Options, sources ...Source) *running {
	w := New(o)
	w.Update(sources)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		w.Run(ctx)
	}()
	stop := sync.OnceFunc(func() {
		cancel()
		<-done
	})
	s.t.Cleanup(stop)
	return &running{w, stop}
}

// during runs a watcher for a while of fake time.
func (s *site) during(d time.Duration, sources ...Source) []State {
	r := s.start(s.options(), sources...)
	time.Sleep(d) // fake
	states := r.State()
	r.stop()
	return states
}

// bubble runs test with a site in fake time.
func bubble(t *testing.T, test func(t *testing.T, s *site)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { test(t, newSite(t)) })
}

// put writes a file below the watched folder.
func (s *site) put(name, text string) string {
	s.t.Helper()
	path := filepath.Join(s.drop, name)
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
		s.t.Fatal(err)
	}
	return path
}

// clear removes a folder. It fails while a file is moved to done in it, and on
// Windows while it is looked through: then it tries again, as a person would.
func (s *site) clear(dir string) {
	s.t.Helper()
	for tries := 1; ; tries++ {
		err := os.RemoveAll(dir)
		if err == nil {
			return
		}
		if tries == 100 {
			s.t.Fatal(err)
		}
		<-time.After(20 * time.Millisecond)
	}
}

// grow adds to a file.
func (s *site) grow(name, text string) {
	s.t.Helper()
	f, err := os.OpenFile(filepath.Join(s.drop, name), os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o644)
	if err != nil {
		s.t.Fatal(err)
	}
	_, err = f.WriteString(text)
	if err := errors.Join(err, f.Close()); err != nil {
		s.t.Fatal(err)
	}
}

func (s *site) read(name string) string {
	s.t.Helper()
	text, err := os.ReadFile(filepath.Join(s.drop, name))
	if err != nil {
		s.t.Fatal(err)
	}
	return string(text)
}

// files are all files below the watched folder, with done/DATE as done.
func (s *site) files() []string {
	s.t.Helper()
	var list []string
	err := filepath.WalkDir(s.drop, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(s.drop, path)
		parts := strings.Split(filepath.ToSlash(rel), "/")
		for i, p := range parts {
			if p == doneDir && i+1 < len(parts) {
				parts = slices.Delete(parts, i+1, i+2)
				break
			}
		}
		list = append(list, strings.Join(parts, "/"))
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	slices.Sort(list)
	return list
}

// wantFiles compares what lies in the watched folder.
func (s *site) wantFiles(want ...string) {
	s.t.Helper()
	slices.Sort(want)
	if got := s.files(); !slices.Equal(got, want) {
		s.t.Errorf("files\n got %q\nwant %q\nlog:\n%s", got, want, s.log)
	}
}

// wantEvents compares the ids (or orders) of what waits to be sent.
func (s *site) wantEvents(want ...string) {
	s.t.Helper()
	slices.Sort(want)
	if got := s.events(spool.Pending); !slices.Equal(got, want) {
		diff := cmp.Diff(want, got)
		s.t.Errorf("events: %.2000s\nlog:\n%.8000s", diff, s.log)
	}
}

// events are the emails or orders of the events in a state, sorted.
func (s *site) events(state spool.State) []string {
	s.t.Helper()
	records, err := s.spool.List("shop", state, 0, 1_000_000)
	if err != nil {
		s.t.Fatal(err)
	}
	var list []string
	for _, r := range records {
		var body struct {
			Email string `json:"email"`
			Data  []struct {
				Order string `json:"__order__"`
			} `json:"purchase_data"`
		}
		if err := json.Unmarshal(r.Body, &body); err != nil {
			s.t.Fatalf("%s: %v", r.Body, err)
		}
		if len(body.Data) > 0 {
			list = append(list, body.Data[0].Order)
			continue
		}
		list = append(list, strings.TrimSuffix(body.Email, "@x.de"))
	}
	slices.Sort(list)
	return list
}

// alarms are the names of those that are open.
func alarms(w *Watcher) []string {
	var list []string
	for _, a := range w.o.Alarms.Open() {
		list = append(list, a.Name)
	}
	return list
}

// table is a CSV of leads with the ids.
func table(ids ...string) string {
	var b strings.Builder
	b.WriteString("id,email\n")
	for _, id := range ids {
		fmt.Fprintf(&b, "%s,%s@x.de\n", id, id)
	}
	return b.String()
}

// numbered are n ids.
func numbered(n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf("n%05d", i)
	}
	return list
}

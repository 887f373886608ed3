package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// What the pages and the API promise with a million events, and how it is
// measured.
const (
	viewLimit   = 100 * time.Millisecond // the slowest but one in twenty
	searchLimit = 50 * time.Millisecond  // of a search by order number
	viewTimes   = 40                     // a view
	viewAgain   = 3                      // tries for a view, as others may use the machine
	flatViews   = 1000                   // after which memory is looked at again
	flatGrowth  = 16 << 20               // bytes by which it may differ then
	deadEvents  = 2000
)

// view is one question to the relay. path makes one of them for the nth event.
type view struct {
	name  string
	path  func(v *viewer) string
	limit time.Duration
}

// viewer asks questions, each about another event.
type viewer struct {
	ctx     context.Context
	base    string
	token   string
	client  *http.Client
	dice    *rand.Rand
	events  uint64   // that there are, from 0 on
	ids     []string // of some
	dead    []string
	cursors []string
}

// some is the number of an event that is there.
func (v *viewer) some() uint64 { return v.dice.Uint64N(v.events) }

func (v *viewer) order() string { return "order-" + string(appendDigits(nil, v.some(), 16)) }
func (v *viewer) email() string {
	return "buyer-" + string(appendDigits(nil, v.some(), 10)) + "@shop.example"
}

func one(list []string, v *viewer) string { return list[v.dice.IntN(len(list))] }

// allViews are the pages and what the API answers by reading.
func allViews() []view {
	fixed := func(path string) view {
		return view{name: path, path: func(*viewer) string { return path }, limit: viewLimit}
	}
	made := func(name string, limit time.Duration, path func(v *viewer) string) view {
		return view{name, path, limit}
	}
	q := url.QueryEscape
	list := []view{
		made("/events?q=ORDER", searchLimit, func(v *viewer) string { return "/events?q=" + v.order() }),
		made("/api/v1/events?order=ORDER", searchLimit, func(v *viewer) string { return "/api/v1/events?order=" + v.order() }),
		made("/api/v1/events?q=ORDER", searchLimit, func(v *viewer) string { return "/api/v1/events?q=" + v.order() }),
		made("/api/v1/events?order=NONE", searchLimit, func(v *viewer) string { return fmt.Sprintf("/api/v1/events?order=none-%d", v.some()) }),
		made("/events?q=EMAIL", viewLimit, func(v *viewer) string { return "/events?q=" + q(v.email()) }),
		made("/api/v1/events?email=EMAIL", viewLimit, func(v *viewer) string { return "/api/v1/events?email=" + q(v.email()) }),
		made("/api/v1/events?q=NOTHING", viewLimit, func(v *viewer) string { return fmt.Sprintf("/api/v1/events?q=nobody-%d", v.some()) }),
		made("/events/ID", viewLimit, func(v *viewer) string { return "/events/" + one(v.ids, v) }),
		made("/api/v1/events/ID", viewLimit, func(v *viewer) string { return "/api/v1/events/" + one(v.ids, v) }),
		made("/api/v1/events/ID/body", viewLimit, func(v *viewer) string { return "/api/v1/events/" + one(v.ids, v) + "/body" }),
		made("/events/DEAD", viewLimit, func(v *viewer) string { return "/events/" + one(v.dead, v) }),
		made("/events/DEAD/edit", viewLimit, func(v *viewer) string { return "/events/" + one(v.dead, v) + "/edit" }),
		made("/api/v1/events?cursor=DEEP", viewLimit, func(v *viewer) string { return "/api/v1/events?cursor=" + q(one(v.cursors, v)) }),
		made("/api/v1/events?state=sent&sku=SKU", viewLimit, func(*viewer) string { return "/api/v1/events?state=sent&sku=SKU-104417" }),
		made("/api/v1/events?sku=SKU&state=dead", viewLimit, func(*viewer) string { return "/api/v1/events?sku=SKU-104417&state=dead" }),
	}
	for _, path := range []string{
		"/", "/?chart=week", "/events", "/events?state=sent", "/events?state=pending", "/events?state=dead", "/dead", "/sources", "/days", "/health",
		"/api/v1/status", "/api/v1/events", "/api/v1/events?limit=500", "/api/v1/events?state=sent", "/api/v1/events?state=dead",
		"/api/v1/events?state=dead&cause=currency", "/api/v1/events?action=__commerce_action__", "/api/v1/events?source=http", "/api/v1/events?action=Nothing",
		"/api/v1/events?from=2020-01-01T00:00:00Z&to=2020-02-01T00:00:00Z", "/api/v1/days", "/api/v1/flow", "/api/v1/alarms", "/api/v1/sources",
		"/api/v1/rejects", "/api/v1/spool", "/api/v1/config", "/metrics",
	} {
		list = append(list, fixed(path))
	}
	return list
}

// views fills a spool, starts the relay on it anew, and asks everything.
func views(s *site) error {
	s.keep = keep{hold: true}
	if s.o.backlog >= largeQuota {
		s.keep.size = "20GB"
	}
	if err := s.populate(); err != nil {
		return err
	}
	if err := s.stop(); err != nil {
		return err
	}
	if err := s.start(); err != nil {
		return err
	}
	v, err := newViewer(s)
	if err != nil {
		return err
	}
	var slow []string
	worst, search := time.Duration(0), time.Duration(0)
	for _, one := range allViews() {
		p50, p95, err := v.measure(one)
		if err != nil {
			return err
		}
		s.figure(one.name, milliseconds(p95), "ms")
		if p95 > one.limit {
			slow = append(slow, fmt.Sprintf("%s takes %s, and may take %s (half of them take %s)", one.name, p95.Round(time.Millisecond), one.limit, p50.Round(time.Millisecond)))
		}
		if one.limit == searchLimit {
			search = max(search, p95)
		} else {
			worst = max(worst, p95)
		}
	}
	s.figures = slices.Insert(s.figures, 0, figure{Name: "slowest view, p95", Value: milliseconds(worst), Unit: "ms"},
		figure{Name: "slowest search by order, p95", Value: milliseconds(search), Unit: "ms"})
	if err := s.flat(v); err != nil {
		slow = append(slow, err.Error())
	}
	if len(slow) > 0 {
		return fmt.Errorf("%s", strings.Join(slow, "; "))
	}
	return nil
}

// populate takes a tenth that is sent, some that are dead, and the rest, which
// waits.
func (s *site) populate() error {
	if err := s.begin(); err != nil {
		return err
	}
	if err := s.webhook.up(); err != nil {
		return err
	}
	if _, err := s.fill(s.o.backlog / 10); err != nil {
		return err
	}
	if _, err := s.arrive(); err != nil {
		return err
	}
	if err := s.settle(); err != nil {
		return err
	}
	s.webhook.down()
	if err := s.bury(); err != nil {
		return err
	}
	filled, err := s.fill(s.o.backlog - s.o.backlog/10)
	if err == nil {
		s.figure("filled", filled.rate(), perSecond)
	}
	return err
}

// bury posts events that break the contract, and are held.
func (s *site) bury() error {
	var body bytes.Buffer
	for n := range uint64(deadEvents) {
		text := appendEvent(nil, 1<<40+n)
		body.Write(bytes.Replace(text, []byte(`"__currency__":"EUR",`), nil, 1))
		body.WriteByte('\n')
	}
	r, err := http.Post("http://"+s.process.address+s.program.path, "application/x-ndjson", &body)
	if err != nil {
		return err
	}
	defer r.Body.Close()
	if text, _ := io.ReadAll(io.LimitReader(r.Body, 1<<10)); r.StatusCode != http.StatusAccepted {
		return fmt.Errorf("the events that are to be dead: %s: %s", r.Status, text)
	}
	return nil
}

// newViewer finds out by which ids and cursors there is something to ask.
func newViewer(s *site) (*viewer, error) {
	token, err := os.ReadFile(filepath.Join(s.dir, "data", "admin.token"))
	if err != nil {
		return nil, err
	}
	v := &viewer{
		ctx: s.ctx, base: "http://" + s.process.address, token: strings.TrimSpace(string(token)), events: s.next,
		client: &http.Client{Timeout: time.Minute}, dice: rand.New(rand.NewPCG(1, 2)),
	}
	type page struct {
		Events []struct{ ID string }
		Next   string
	}
	read := func(path string) (p page, err error) {
		text, err := v.ask(path)
		if err == nil {
			err = json.Unmarshal(text, &p)
		}
		return p, err
	}
	dead, err := read("/api/v1/events?state=dead&limit=100")
	if err != nil {
		return nil, err
	}
	for _, e := range dead.Events {
		v.dead = append(v.dead, e.ID)
	}
	for range 200 {
		order := "/api/v1/events?order=" + v.order()
		found, err := read(order)
		for tries := 0; err == nil && len(found.Events) == 0 && found.Next != "" && tries < 20; tries++ {
			found, err = read(order + "&cursor=" + url.QueryEscape(found.Next)) // the time for it was over, on a busy machine
		}
		if err != nil {
			return nil, err
		}
		if len(found.Events) != 1 {
			return nil, fmt.Errorf("%s found %d events, want 1", order, len(found.Events))
		}
		v.ids = append(v.ids, found.Events[0].ID)
	}
	next := ""
	for range 20 {
		p, err := read("/api/v1/events?limit=500&cursor=" + url.QueryEscape(next))
		if err != nil {
			return nil, err
		}
		if next = p.Next; next == "" {
			break
		}
		v.cursors = append(v.cursors, next)
	}
	if len(v.dead) == 0 || len(v.cursors) == 0 {
		return nil, fmt.Errorf("there are %d dead events and %d pages: too few to look at", len(v.dead), len(v.cursors))
	}
	return v, nil
}

// ask gets one answer, to its end.
func (v *viewer) ask(path string) ([]byte, error) {
	req, err := http.NewRequestWithContext(v.ctx, http.MethodGet, v.base+path, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+v.token)
	req.Header.Set("Accept", "text/html, application/json")
	r, err := v.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	if err == nil && r.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s: %.200s", path, r.Status, text)
	}
	return text, err
}

// measure asks one question again and again. Where others may have been in the
// way it is measured anew: the best of the tries counts.
func (v *viewer) measure(one view) (p50, p95 time.Duration, err error) {
	for range viewAgain {
		took := make([]time.Duration, 0, viewTimes)
		for range viewTimes {
			path := one.path(v)
			began := time.Now()
			if _, err := v.ask(path); err != nil {
				return 0, 0, err
			}
			took = append(took, time.Since(began))
		}
		slices.Sort(took)
		if half, most := took[len(took)/2], took[len(took)*95/100]; p95 == 0 || most < p95 {
			p50, p95 = half, most
		}
		if p95 <= one.limit {
			break
		}
	}
	return p50, p95, nil
}

// flat looks at a thousand views, and whether the relay's memory is as before.
func (s *site) flat(v *viewer) error {
	all := allViews()
	look := func(n int) error {
		for i := range n {
			if _, err := v.ask(all[i%len(all)].path(v)); err != nil {
				return err
			}
		}
		return nil
	}
	if err := look(len(all)); err != nil {
		return err
	}
	before, err := anonymousMemory(s.process.cmd.Process.Pid)
	if err != nil {
		return nil // it cannot be told on this system
	}
	if err := look(flatViews); err != nil {
		return err
	}
	after, err := anonymousMemory(s.process.cmd.Process.Pid)
	if err != nil {
		return err
	}
	s.figure("RssAnon before 1000 views", megabytes(before), "MB")
	s.figure("RssAnon after", megabytes(after), "MB")
	if after > before+flatGrowth {
		return fmt.Errorf("a thousand views have made the relay larger: from %.1f MB to %.1f MB", megabytes(before), megabytes(after))
	}
	return nil
}

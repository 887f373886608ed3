package event

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// shelf is what a project has stored, with the memory that stands beside it.
type shelf struct {
	*memory
	stored map[string]uint64 // project, action and body to record
}

func newShelf() *shelf { return &shelf{memory: newMemory(), stored: make(map[string]uint64)} }

func name(project, action string, body []byte) string {
	return project + "\n" + action + "\n" + string(body)
}

// settle stores e, and checks all that must hold afterwards.
func (s *shelf) settle(t rapid.TB, e *Event, project string, now time.Time, r *Rules) Settled {
	t.Helper()
	s.id++
	s.calls = 0
	got := e.Settle(s, project, now, r)
	key := name(project, e.Action, got.Body)
	first, there := s.stored[key]
	switch {
	case !e.Time.IsZero():
		if string(got.Body) != string(e.Body) || got.StampAt != 0 || got.Duplicate != first {
			t.Fatalf("own dateTime: %s became %s, duplicate of %d, want %d", e.Body, got.Body, got.Duplicate, first)
		}
		if there {
			return got
		}
	case there || got.Duplicate != 0:
		t.Fatalf("stored twice: %s is %d already", got.Body, first)
	default:
		s.stamped(t, e, got, now, r)
	}
	s.stored[key] = s.id
	return got
}

func (s *shelf) stamped(t rapid.TB, e *Event, got Settled, now time.Time, r *Rules) {
	t.Helper()
	var all map[string]any
	if err := json.Unmarshal(got.Body, &all); err != nil {
		t.Fatalf("%s: %v", got.Body, err)
	}
	text, _ := all["dateTime"].(string)
	at, err := time.Parse("2006-01-02T15:04:05.999-07:00", text)
	if err != nil || !at.Equal(got.Time) || !strings.HasPrefix(string(got.Body[got.StampAt:]), text+`"`) {
		t.Fatalf("stamp %q of %s: %v, %v", text, got.Body, got.Time, err)
	}
	if _, offset := at.In(r.zone()).Zone(); offset%60 == 0 && text[:19] != at.In(r.zone()).Format("2006-01-02T15:04:05") {
		t.Fatalf("stamp %q is not in %v", text, r.zone())
	}
	unit := time.Second
	if r.millis() {
		unit = time.Millisecond
	}
	if moved := !at.Equal(now.Truncate(unit)); moved != got.Moved || at.Before(now.Truncate(unit)) {
		t.Fatalf("stamp %q at %v: moved is %v", text, now, got.Moved)
	}
	if got.MovedToMillis != (len(text) == 29 && !r.millis()) {
		t.Fatalf("stamp %q: to milliseconds is %v", text, got.MovedToMillis)
	}
	stripped := strings.Replace(string(got.Body), `,"dateTime":"`+text+`"`, "", 1)
	if len(all) == 1 {
		stripped = strings.Replace(string(got.Body), `"dateTime":"`+text+`"`, "", 1)
	}
	if stripped != string(e.Body) {
		t.Fatalf("%s became %s", e.Body, got.Body)
	}
}

// restamp moves the stamp of a stored body on.
func (s *shelf) restamp(t rapid.TB, action string, got Settled, project string, now time.Time, r *Rules) []byte {
	t.Helper()
	s.id++
	s.calls = 0
	f := Facts{Action: action, StampAt: got.StampAt}
	body, after := Restamp(s, got.Body, &f, project, now, r)
	if diff := cmp.Diff(f, after); diff != "" {
		t.Fatal(diff)
	}
	if _, there := s.stored[name(project, action, body)]; there || string(body) == string(got.Body) {
		t.Fatalf("%s became %s, which is there", got.Body, body)
	}
	s.stored[name(project, action, body)] = s.id
	return body
}

func TestSettleWritesTheContractsExample(t *testing.T) {
	now := time.Date(2023, 11, 5, 21, 18, 4, 987654321, time.UTC)
	for _, c := range []struct {
		body, want string
		rules      *Rules
	}{
		{`{}`, `{"dateTime":"2023-11-05T21:18:04+00:00"}`, &Rules{Zone: time.UTC}},
		{"{ \t}", "{\"dateTime\":\"2023-11-05T21:18:04+00:00\" \t}", &Rules{Zone: time.UTC}},
		{"{\n \"a\": {\"b\":[]}\n}", `{"dateTime":"2023-11-05T21:18:04+00:00"}`, &Rules{Zone: time.UTC}},
		{"{\n \"a\": 1\n}", "{\n \"a\": 1,\"dateTime\":\"2023-11-05T21:18:04.987+00:00\"\n}", &Rules{Zone: time.UTC, Stamp: StampMilliseconds}},
		{`{"a":1}`, `{"a":1,"dateTime":"2023-11-05T22:18:04+01:00"}`, &Rules{Zone: berlin(t)}},
		{`{"a":1}`, `{"a":1,"dateTime":"2023-11-05T17:48:04-03:30"}`, &Rules{Zone: time.FixedZone("", -(3*3600 + 30*60 + 17))}},
	} {
		e := mustNormalize(t, "A", c.body, c.rules)
		got := newShelf().settle(t, e, "p", now, c.rules)
		if string(got.Body) != c.want {
			t.Errorf("got  %s\nwant %s", got.Body, c.want)
		}
	}
}

// P4: equal events that arrive at once get as many stamps, each with a handful
// of look-ups, and the seconds after them find the end of the chain.
func TestEqualEventsAtOnce(t *testing.T) {
	for _, r := range []*Rules{{Zone: time.UTC}, {Zone: time.UTC, Stamp: StampMilliseconds}} {
		s := newShelf()
		now := time.Date(2023, 11, 5, 21, 18, 4, 0, time.UTC)
		e := mustNormalize(t, CommerceAction, benchPurchase, r)
		most, seconds := 0, 0
		for range 64 {
			got := s.settle(t, e, "shop", now, r)
			most = max(most, s.calls)
			if !got.MovedToMillis {
				seconds++
			}
		}
		if most > 5 || len(s.stored) != 64 {
			t.Errorf("%d stored, %d calls", len(s.stored), most)
		}
		if r.Stamp == "" && seconds != 61 {
			t.Errorf("%d in seconds", seconds)
		}
		for range 3000 {
			now = now.Add(100 * time.Millisecond)
			s.settle(t, e, "shop", now, r)
			most = max(most, s.calls)
		}
		if most > 6 {
			t.Errorf("%d calls", most)
		}
		s.settle(t, e, "other", now, r)
		if s.calls != 2 {
			t.Errorf("another project: %d calls", s.calls)
		}
	}
}

func TestOwnDateTimeIsADuplicate(t *testing.T) {
	s := newShelf()
	r := &Rules{Zone: time.UTC}
	now := time.Date(2023, 11, 5, 21, 18, 4, 0, time.UTC)
	stamped := s.settle(t, mustNormalize(t, "A", `{"a":1}`, r), "p", now, r)
	bodies := []string{
		string(stamped.Body), // the sender writes what the relay wrote
		`{"a":1,"dateTime":"2023-11-05T21:18:04.000+00:00"}`,
		`{"a":1,"dateTime":"2023-11-05T21:18:04Z"}`,
		`{"a":1,"dateTime":"2023-11-05T21:18:04-00:00"}`,
		`{"a":1,"dateTime":"2023-11-05T22:18:04+01:00"}`,
		`{"a":1,"dateTime":"2023-11-05T21:17:60+00:00"}`, // a leap second there never was
		`{"a":1,"dateTime":"2023-11-05T21:18:00+00:00"}`,
		`{"a":1,"dateTime":"2023-11-05T21:18:04\u002b00:00"}`,
		`{"a":1,"dateTime":"1969-11-05T21:18:04.001+00:00"}`,
		`{"dateTime":"2023-11-05T21:18:04+00:00","a":1}`,
		`{"a":1,"dateTime": "2023-11-05T21:18:04+00:00"}`,
		`{"a":1,"dateTime":"9999-12-31T23:59:59-23:59"}`,
	}
	for i, body := range slices.Concat(bodies, bodies) {
		got := s.settle(t, mustNormalize(t, "A", body, r), "p", now, r)
		if (got.Duplicate != 0) != (i == 0 || i >= len(bodies)) {
			t.Errorf("%d %s: duplicate of %d", i, body, got.Duplicate)
		}
	}
}

func TestHeldBodiesAreLeftAlone(t *testing.T) {
	s := newShelf()
	e := &Event{Action: "A", Path: "A", Body: []byte(`not JSON`)}
	if got := e.Settle(s, "p", time.Unix(0, 0), nil); string(got.Body) != "not JSON" || s.calls != 0 {
		t.Errorf("%+v", got)
	}
	for _, f := range []Facts{{}, {StampAt: 99}, {StampAt: 2}, {StampAt: 6}} {
		if got, after := Restamp(s, []byte(`{"a":"b"}`), &f, "p", time.Unix(0, 0), nil); string(got) != `{"a":"b"}` || after != f || s.calls != 0 {
			t.Errorf("%+v: %s", f, got)
		}
	}
}

func TestRestampMovesOn(t *testing.T) {
	s := newShelf()
	r := &Rules{Zone: time.UTC}
	now := time.Date(2023, 11, 5, 21, 18, 4, 0, time.UTC)
	got := s.settle(t, mustNormalize(t, "A", `{"a":1}`, r), "p", now, r)
	next := s.settle(t, mustNormalize(t, "A", `{"a":1}`, r), "p", now, r)
	body := s.restamp(t, "A", got, "p", now, r)
	if want := `{"a":1,"dateTime":"2023-11-05T21:18:06+00:00"}`; string(body) != want {
		t.Errorf("got %s, want %s", body, want)
	}
	// What was stamped before the memory began still moves.
	fresh := newShelf()
	body = fresh.restamp(t, "A", next, "p", now, r)
	if want := `{"a":1,"dateTime":"2023-11-05T21:18:06+00:00"}`; string(body) != want {
		t.Errorf("got %s, want %s", body, want)
	}
	for i := range 100 {
		body = fresh.restamp(t, "A", Settled{Body: body, StampAt: next.StampAt}, "p", now, r)
		if fresh.calls > 6 {
			t.Errorf("%d: %d calls", i, fresh.calls)
		}
	}
	if want := `{"a":1,"dateTime":"2023-11-05T21:19:04.042+00:00"}`; string(body) < want {
		t.Errorf("got %s", body)
	}
}

// Whatever comes in whatever order, clocks that jump and zones that change
// among it: no two stored bodies are the same bytes, only equal bytes are
// duplicates, and the number of look-ups stays small.
func TestStampsNeverCollide(t *testing.T) {
	start := time.Date(2023, 10, 29, 0, 59, 30, 0, time.UTC) // Berlin's clocks go back in half a minute
	rules := []*Rules{
		{Zone: berlin(t)}, {Zone: berlin(t)}, {Zone: time.UTC},
		{Zone: berlin(t), Stamp: StampMilliseconds},
	}
	rapid.Check(t, func(t *rapid.T) {
		s := newShelf()
		now := start
		most := 0
		var last []Settled
		for range rapid.IntRange(1, 120).Draw(t, "events") {
			now = now.Add(time.Duration(rapid.SampledFrom([]int{0, 0, 0, 0, 1, 1000, 1000, 500, 7000, 60000, -30000}).Draw(t, "passed")) * time.Millisecond)
			r := rapid.SampledFrom(rules).Draw(t, "rules")
			body := rapid.SampledFrom([]string{`{"a":1}`, `{}`}).Draw(t, "body")
			switch rapid.IntRange(0, 9).Draw(t, "kind") {
			case 0, 1: // a sender's own, near the clock
				at := now.Truncate(time.Second).Add(time.Duration(rapid.IntRange(-5, 70).Draw(t, "own")) * time.Second)
				body = fmt.Sprintf(`{"a":1,"dateTime":"%s"}`, at.In(r.Zone).Format("2006-01-02T15:04:05-07:00"))
			case 2:
				if len(last) > 0 {
					i := rapid.IntRange(0, len(last)-1).Draw(t, "restamped")
					moved := s.restamp(t, "A", last[i], "p", now, r)
					last[i] = Settled{Body: moved, StampAt: last[i].StampAt}
					most = max(most, s.calls)
				}
				continue
			}
			got := s.settle(t, mustSettle(t, body, r), "p", now, r)
			most = max(most, s.calls)
			if got.StampAt > 0 {
				last = append(last, got)
			}
		}
		if most > 30 {
			t.Fatalf("%d calls", most)
		}
	})
}

func mustSettle(t *rapid.T, body string, r *Rules) *Event {
	e, faults := Normalize("A", []byte(body), r)
	if faults != nil {
		t.Fatal(faults)
	}
	return e
}

package notify

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"funnelrelay/relay/alarm"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// notebook is a Way that writes down what it is told, and when.
type notebook struct {
	name string

	mu    sync.Mutex // guards all below
	told  []string   // "12:00:30 open dead/shop"
	calls int
	fails func(calls int, list []Notice) (arrived int, err error)
}

func (n *notebook) Tell(_ context.Context, list []Notice) (int, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.calls++
	arrived, err := len(list), error(nil)
	if n.fails != nil {
		arrived, err = n.fails(n.calls, list)
	}
	for _, one := range list[:arrived] {
		word := string(one.State)
		if one.Again {
			word = "again"
		}
		n.told = append(n.told, time.Now().UTC().Format("15:04:05")+" "+word+" "+one.Name)
	}
	return arrived, err
}

func (n *notebook) String() string    { return n.name }
func (n *notebook) secrets() []string { return []string{"hunter2"} }

func (n *notebook) count() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.calls
}

// list is what was told so far.
func (n *notebook) list() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.told)
}

// has takes what was told since the last time.
func (n *notebook) has(t *testing.T, want ...string) {
	t.Helper()
	n.mu.Lock()
	defer n.mu.Unlock()
	if got := strings.Join(n.told, ", "); got != strings.Join(want, ", ") {
		t.Errorf("%s was told %s\nwant %s", n.name, got, strings.Join(want, ", "))
	}
	n.told = nil
}

// office is a board and who is told of it, in a bubble that begins at midnight.
type office struct {
	*alarm.Board
	*Notifier
	log  bytes.Buffer
	note []byte // what is kept

	cancel context.CancelFunc
	done   chan struct{}
}

func (o *office) open(s Settings) {
	log := slog.New(slog.NewTextHandler(&o.log, nil))
	o.Board = alarm.New(log)
	o.Notifier = New(Options{
		Board: o.Board, Log: log, Version: "1.0",
		Note:    func() ([]byte, error) { return o.note, nil },
		SetNote: func(data []byte) error { o.note = data; return nil },
	})
	o.Update(s)
	var ctx context.Context
	ctx, o.cancel = context.WithCancel(context.Background())
	o.done = make(chan struct{})
	go func() {
		defer close(o.done)
		o.Run(ctx)
	}()
}

func (o *office) close() {
	o.cancel()
	<-o.done
}

// pass lets time pass, and what is then to be done be done.
func pass(d time.Duration) {
	time.Sleep(d) // the bubble's clock
	synctest.Wait()
}

func TestTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all, few := &notebook{name: "all"}, &notebook{name: "few"}
		o := new(office)
		o.open(Settings{Repeat: 24 * time.Hour, Targets: []Target{{Way: all}, {Way: few, Only: []string{"spool", "dead/shop"}}}})
		defer o.close()

		o.Raise("dead/shop", "1 dead", "look")
		o.Raise("dead/other", "1 dead", "look")
		pass(29 * time.Second)
		all.has(t)
		pass(2 * time.Second)
		all.has(t, "00:00:30 open dead/other", "00:00:30 open dead/shop")
		few.has(t, "00:00:30 open dead/shop")

		o.Raise("dead/shop", "2 dead", "look") // another text is no other alarm
		o.Raise("spool-full", "full", "make room")
		o.Raise("spoolish", "x", "y")
		pass(time.Minute)
		all.has(t, "00:01:01 open spool-full", "00:01:01 open spoolish")
		few.has(t, "00:01:01 open spool-full")

		o.Clear("dead/shop")
		o.Clear("spoolish")
		pass(29 * time.Second)
		all.has(t)
		pass(2 * time.Second)
		all.has(t, "00:02:01 over dead/shop", "00:02:01 over spoolish")
		few.has(t, "00:02:01 over dead/shop")
	})
}

// What comes and goes is told once, or not at all.
func TestFlapping(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		book := &notebook{name: "book"}
		o := new(office)
		o.open(Settings{Targets: []Target{{Way: book}}})
		defer o.close()
		for range 20 { // shorter than it takes to be told
			o.Raise("silence", "none", "look")
			pass(20 * time.Second)
			o.Clear("silence")
			pass(20 * time.Second)
		}
		book.has(t)
		o.Raise("silence", "none", "look")
		pass(time.Minute)
		for range 20 { // over for too short to be told
			o.Clear("silence")
			pass(20 * time.Second)
			o.Raise("silence", "none", "look")
			pass(time.Hour)
		}
		book.has(t, "00:13:50 open silence")
		o.Clear("silence")
		pass(time.Minute)
		book.has(t, "20:21:30 over silence")
	})
}

func TestRepeatUntilSeen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		book, once := &notebook{name: "book"}, &notebook{name: "once"}
		o := new(office)
		o.open(Settings{Repeat: 6 * time.Hour, Targets: []Target{{Way: book}}})
		o.RaiseCount("dead/shop", 2, "2 dead", "look")
		pass(13 * time.Hour)
		book.has(t, "00:00:30 open dead/shop", "06:00:30 again dead/shop", "12:00:30 again dead/shop")
		if err := o.Seen("dead/shop"); err != nil {
			t.Fatal(err)
		}
		o.RaiseCount("dead/shop", 1, "1 dead", "look") // fewer is nothing new
		pass(24 * time.Hour)
		book.has(t)
		o.RaiseCount("dead/shop", 2, "2 dead", "look")
		pass(time.Minute)
		book.has(t, "13:00:00 again dead/shop")
		if err := o.Seen("dead/shop"); err != nil {
			t.Fatal(err)
		}
		o.Clear("dead/shop")
		pass(time.Minute)
		book.has(t, "13:01:30 over dead/shop")

		o.Raise("offline/shop", "offline", "wait")
		if err := o.Seen("offline/shop"); err != nil { // before it was told: somebody knows
			t.Fatal(err)
		}
		pass(24 * time.Hour)
		o.Clear("offline/shop")
		pass(time.Hour)
		book.has(t)
		o.close()

		o.open(Settings{Targets: []Target{{Way: once}}}) // never again
		defer o.close()
		o.Raise("dead/shop", "1 dead", "look")
		pass(1000 * time.Hour)
		if len(once.list()) != 1 {
			t.Errorf("told %v", once.list())
		}
	})
}

// A target that fails is tried again, ever more seldom; the others hear of it,
// and nobody is told of what is no more.
func TestFailing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var down atomic.Bool
		down.Store(true)
		broken := &notebook{name: "the webhook", fails: func(_ int, list []Notice) (int, error) {
			if down.Load() {
				return 0, errors.New("connection refused with hunter2\nand more")
			}
			return len(list), nil
		}}
		fine := &notebook{name: "fine"}
		o := new(office)
		o.open(Settings{Targets: []Target{{Way: broken}, {Way: fine}}})
		defer o.close()
		o.Raise("dead/shop", "1 dead", "look")
		o.Raise("offline/shop", "offline", "wait")
		pass(2 * time.Minute)
		if state := o.State(); state[0].Failures < 3 || state[0].Cause != "connection refused with ••• and more" || state[1].Failures != 0 {
			t.Errorf("%+v", state)
		}
		var own *alarm.Alarm
		for _, a := range o.Open() {
			if a.Name == "alarm-target/1" {
				own = &a
			}
		}
		if own == nil || strings.Contains(own.Text+o.log.String(), "hunter2") || !strings.Contains(own.Text, "the webhook (entry 1 of alarm.to)") {
			t.Errorf("%+v\n%s", own, o.log.String())
		}
		fine.has(t, "00:00:30 open dead/shop", "00:00:30 open offline/shop", fine.list()[2][:8]+" open alarm-target/1")
		pass(24 * time.Hour)
		if n := broken.count(); n < 90 || n > 140 { // one each 15 min at most, with chance
			t.Errorf("%d attempts in a day", n)
		}
		o.Clear("offline/shop") // nobody there heard of it: it need not be told any more
		pass(time.Minute)
		down.Store(false)
		pass(16 * time.Minute)
		if got := strings.Join(broken.list(), ","); !strings.HasSuffix(got, "open dead/shop") || strings.Contains(got, ",") {
			t.Errorf("told %s", got)
		}
		pass(time.Minute)
		if got := strings.Join(fine.list(), ","); !strings.Contains(got, "over alarm-target/1") {
			t.Errorf("the other was told %s", got)
		}
	})
}

// One notice that can never be told does not keep the others back.
func TestOneThatCannotBeTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		book := &notebook{name: "book", fails: func(_ int, list []Notice) (int, error) {
			for i, n := range list {
				if n.Name == "a" {
					return i, errors.New("this one I do not understand")
				}
			}
			return len(list), nil
		}}
		o := new(office)
		o.open(Settings{Targets: []Target{{Way: book}}})
		defer o.close()
		for _, name := range []string{"a", "b", "c"} {
			o.Raise(name, "x", "y")
		}
		pass(10 * time.Minute)
		told := strings.Join(book.list(), ",")
		if !strings.Contains(told, "open b") || !strings.Contains(told, "open c") {
			t.Errorf("told %s", told)
		}
		o.Raise("d", "x", "y")
		pass(time.Hour)
		if told := strings.Join(book.list(), ","); !strings.HasSuffix(told, "open d") {
			t.Errorf("told %s", told)
		}
	})
}

// A mail that one of two addresses got is told, and the alarm says of the other.
func TestNotEverywhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		book := &notebook{name: "book", fails: func(_ int, list []Notice) (int, error) { return len(list), errors.New("x@y.example: no such user") }}
		o := new(office)
		o.open(Settings{Targets: []Target{{Way: book}}})
		defer o.close()
		o.Raise("dead/shop", "1 dead", "look")
		pass(24 * time.Hour)
		book.has(t, "00:00:30 open dead/shop")
		if open := o.Open(); len(open) != 2 || !strings.Contains(open[0].Text, "no such user") {
			t.Errorf("%+v", open)
		}
	})
}

// A restart tells nothing twice, and what was over meanwhile.
func TestRestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		book := &notebook{name: "book"}
		settings := Settings{Targets: []Target{{Way: book}}}
		var kept []byte
		o := new(office)
		start := func() (stop func()) {
			o.open(settings)
			o.Remember(kept, func(data []byte) error { kept = data; return nil })
			ctx, cancel := context.WithCancel(context.Background())
			var keeping sync.WaitGroup
			keeping.Go(func() { o.Keep(ctx) })
			return func() { o.close(); cancel(); keeping.Wait() }
		}
		stop := start()
		o.Raise("dead/shop", "1 dead", "look")
		o.Raise("offline/shop", "offline", "wait")
		pass(time.Minute)
		book.has(t, "00:00:30 open dead/shop", "00:00:30 open offline/shop")
		since := o.Open()[0].Since
		stop()
		pass(8 * time.Hour) // a night
		stop = start()
		o.Raise("dead/shop", "1 dead", "look")
		if again := o.Open()[0]; !again.Since.Equal(since) {
			t.Errorf("since %s, was %s", again.Since, since)
		}
		pass(4 * time.Minute)
		book.has(t)
		pass(2 * time.Minute) // by now it would have been raised again
		book.has(t, "08:06:30 over offline/shop")
		if err := o.Seen("dead/shop"); err != nil {
			t.Fatal(err)
		}
		stop()
		stop = start()
		defer func() { stop() }()
		o.Raise("dead/shop", "1 dead", "look")
		if seen := o.Open()[0]; seen.Seen.IsZero() {
			t.Errorf("what was seen is forgotten: %+v", seen)
		}
		pass(time.Hour)
		book.has(t)
	})
}

// A changed config takes effect at once, and what stays is not told again.
func TestUpdate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := &notebook{name: "a"}, &notebook{name: "b", fails: func(int, []Notice) (int, error) { return 0, errors.New("no") }}
		o := new(office)
		o.open(Settings{Targets: []Target{{Way: a}, {Way: b}}})
		defer o.close()
		o.Raise("dead/shop", "1 dead", "look")
		pass(5 * time.Minute)
		a.has(t, "00:00:30 open dead/shop", fmt.Sprintf("%s open alarm-target/2", a.list()[1][:8]))
		c := &notebook{name: "c"}
		o.Update(Settings{Site: "Main Street", Targets: []Target{{Way: c}, {Way: a}}})
		synctest.Wait()
		c.has(t, "00:05:00 open dead/shop") // open for long enough
		pass(time.Minute)
		a.has(t, "00:05:30 over alarm-target/2")
		if open := o.Open(); len(open) != 1 {
			t.Errorf("%+v", open)
		}
		results := o.Test(t.Context())
		if len(results) != 2 || results[0].Target != "c" || results[0].Error != "" {
			t.Errorf("%+v", results)
		}
		c.has(t, "00:06:00 test test")
		o.Update(Settings{})
		pass(time.Minute)
		o.Clear("dead/shop")
		pass(time.Hour)
		a.has(t, "00:06:00 test test")
	})
}

func TestBackoff(t *testing.T) {
	last := time.Duration(0)
	for failures := 1; failures < 100; failures++ {
		pause := backoff(failures)
		if pause < firstRetry*3/4 || pause > lastRetry || failures < 6 && pause <= last {
			t.Errorf("after %d failures: %s, after %s", failures, pause, last)
		}
		last = pause
	}
}

// A name that only begins alike is another kind.
func TestMeans(t *testing.T) {
	for text, want := range map[string]bool{
		"dead dead/shop": true, "dead/shop dead/shop": true, "dead/sho dead/shop": false, "spool spool-full": true,
		"spo spool-full": false, "silence silence": true, "silence silence/till": true, "source source-folder/till": true,
	} {
		only, name, _ := strings.Cut(text, " ")
		if means(only, name) != want {
			t.Errorf("%s: want %v", text, want)
		}
	}
}

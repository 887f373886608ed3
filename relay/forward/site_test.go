package forward

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/VictoriaMetrics/metrics"
	"go.uber.org/goleak"

	"funnelrelay/relay/alarm"
	"funnelrelay/relay/event"
	"funnelrelay/spool"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// delivery is one request as the upstream saw it.
type delivery struct {
	at     time.Time
	uri    string
	header http.Header
	body   string
	status int
}

// upstream is an HTTP server in the process, at the other end of pipes.
type upstream struct {
	conns chan net.Conn
	done  chan struct{}

	mu     sync.Mutex
	answer func(n int, d *delivery, w http.ResponseWriter) // d.status becomes what it answers; 0: 200
	seen   []delivery
	dials  int
	down   error // of dials
}

func newUpstream(t testing.TB) *upstream {
	u := &upstream{conns: make(chan net.Conn), done: make(chan struct{})}
	s := &http.Server{Handler: u}
	ended := make(chan struct{})
	go func() { defer close(ended); _ = s.Serve(u) }()
	t.Cleanup(func() { s.Close(); <-ended })
	return u
}

func (u *upstream) Accept() (net.Conn, error) {
	select {
	case c := <-u.conns:
		return c, nil
	case <-u.done:
		return nil, net.ErrClosed
	}
}
func (u *upstream) Close() error   { close(u.done); return nil }
func (u *upstream) Addr() net.Addr { return &net.TCPAddr{} }

func (u *upstream) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	u.mu.Lock()
	u.dials++
	err := u.down
	u.mu.Unlock()
	if err != nil {
		return nil, err
	}
	near, far := net.Pipe()
	select {
	case u.conns <- far:
		return near, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (u *upstream) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	d := delivery{at: time.Now(), uri: r.RequestURI, header: r.Header, body: string(body)}
	u.mu.Lock()
	answer, n := u.answer, len(u.seen)
	u.seen = append(u.seen, d)
	u.mu.Unlock()
	if answer == nil {
		d.status = 200
		return
	}
	answer(n, &d, w)
	if d.status != 0 {
		w.WriteHeader(d.status)
	}
}

func (u *upstream) set(answer func(n int, d *delivery, w http.ResponseWriter)) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.answer = answer
}

func (u *upstream) setDown(err error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.down = err
}

func (u *upstream) deliveries() []delivery {
	u.mu.Lock()
	defer u.mu.Unlock()
	return slices.Clone(u.seen)
}

// status answers all with one status and no body.
func status(code int) func(int, *delivery, http.ResponseWriter) {
	return func(_ int, d *delivery, _ http.ResponseWriter) { d.status = code }
}

// lost takes the event and never answers: the connection breaks.
func lost(int, *delivery, http.ResponseWriter) { panic(http.ErrAbortHandler) }

var errDown = errors.New("network is unreachable")

// site is a project with a real spool, a forwarder and an upstream. Inside a
// bubble of synctest all of it runs on virtual time.
type site struct {
	testing.TB
	*upstream
	sp     *spool.Spool
	f      *Forwarder
	o      Options
	path   string
	log    *lockedBuffer
	alarms *alarm.Board
	stop   context.CancelFunc
	done   chan error
}

const testKey = "top secret key"

func newSite(t testing.TB, o Options) *site {
	s := &site{TB: t, upstream: newUpstream(t), log: &lockedBuffer{}, path: filepath.Join(t.TempDir(), "spool.db")}
	log := slog.New(slog.NewTextHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	s.alarms = alarm.New(log)
	o.Project, o.ProjectID, o.APIKey = "shop", "4711", testKey
	if o.URL == nil {
		o.URL = &url.URL{Scheme: "http", Host: "events.example"}
	}
	o.DialContext, o.Alarms, o.Log, o.Metrics = s.dial, s.alarms, log, metrics.NewSet()
	o.Proxy = func(*http.Request) (*url.URL, error) { return nil, nil }
	s.o = o
	s.open()
	t.Cleanup(s.shut)
	return s
}

func (s *site) open() {
	s.Helper()
	var err error
	s.sp, err = spool.Open(s.path, spool.Options{NoSync: true}) // virtual time has no power cuts
	if err != nil {
		s.Fatal(err)
	}
	s.f = New(s.sp, s.o)
}

// run starts the forwarder.
func (s *site) run() {
	ctx, stop := context.WithCancel(context.Background())
	s.stop, s.done = stop, make(chan error, 1)
	go func() { s.done <- s.f.Run(ctx) }()
}

func (s *site) shut() {
	s.Helper()
	if s.stop != nil {
		s.stop()
		if err := <-s.done; err != nil {
			s.Error(err)
		}
		s.stop = nil
	}
	if err := s.sp.Close(); err != nil {
		s.Error(err)
	}
	if strings.Contains(s.log.String(), testKey) {
		s.Error("the key is in the log")
	}
}

// restart is what a killed and started process does to the spool.
func (s *site) restart() { s.shut(); s.open() }

const noStamp, ownStamp = 0, len(`{"dateTime":"`)

// put stores an event with the body {"dateTime":…,"n":n} and one lane.
func (s *site) put(n int, lane string, stampAt int) spool.ID {
	s.Helper()
	facts := event.Facts{Action: "Demo", Path: "Demo", Source: "http", StampAt: stampAt}
	r, err := s.sp.Put(context.Background(), spool.Batch{Entries: []spool.Entry{{
		Queue: "shop",
		Body:  fmt.Appendf(nil, `{"dateTime":"2000-01-01T00:00:00+00:00","email":%q,"n":%d}`, lane, n),
		Facts: facts.Append(nil), Lanes: []spool.Lane{laneOf(lane)}, Day: "2000-01-01",
		Tallies: []spool.Tally{{Key: "http\x00shop\x00"}},
	}}})
	if err != nil {
		s.Fatal(err)
	}
	return r[0].ID
}

func laneOf(name string) spool.Lane {
	var h spool.Lane = 14695981039346656037
	for i := range len(name) {
		h = (h ^ spool.Lane(name[i])) * 1099511628211
	}
	return h
}

// puts stores n events of n people.
func (s *site) puts(n int) {
	for i := range n {
		s.put(i, fmt.Sprintf("p%d", i), noStamp)
	}
}

// after lets d of virtual time go by.
func (s *site) after(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// want checks the counts of pending, sent and dead, and the balance.
func (s *site) want(pending, sent, dead int64) {
	s.Helper()
	c := s.sp.Counts()["shop"]
	if c.Pending != pending || c.Sent != sent || c.Dead != dead || !c.Balanced() {
		s.Errorf("got %d pending, %d sent, %d dead (balanced: %v), want %d, %d, %d\nstate %+v", c.Pending, c.Sent, c.Dead, c.Balanced(), pending, sent, dead, s.f.State())
	}
}

func (s *site) mode(want Mode) {
	s.Helper()
	if got := s.f.State().Mode; got != want {
		s.Errorf("state is %s, want %s", got, want)
	}
}

func (s *site) alarm(name string) *alarm.Alarm {
	for _, a := range s.alarms.Open() {
		if a.Name == name {
			return &a
		}
	}
	return nil
}

// flags are those of a settled record.
func (s *site) flags(id spool.ID) spool.Flags {
	s.Helper()
	r, err := s.sp.Record(id)
	if err != nil {
		s.Fatal(err)
	}
	return r.Flags
}

// lockedBuffer is a log that may be read while it is written.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

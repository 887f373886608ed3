package forward

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"funnelrelay/spool"
)

// grace is how long attempts in flight may go on after Run was told to end.
const grace = 10 * time.Second

// errStopped is why an attempt was cut at the end of the grace time.
var errStopped = errors.New("stopped before the answer came")

// Forwarder sends the records of one queue. Its methods may be called
// concurrently, before, while and after Run.
type Forwarder struct {
	spool    *spool.Spool
	queue    string
	gate     *gate
	meter    *meter
	target   atomic.Pointer[target]
	inFlight atomic.Int32
	lastSent atomic.Int64  // in nanoseconds since 1970; 0: none by this process
	grown    chan struct{} // of size 1: there may be more connections than workers

	mu       sync.Mutex // guards all below
	clock    clock
	suspects suspects
	deaths   int // records that died since one was sent
}

// New makes a Forwarder for the queue o.Queue of sp. It does no I/O. An
// option that is not usable (a key with a line break) shows as a paused project.
func New(sp *spool.Spool, o Options) *Forwarder {
	o = o.withDefaults()
	f := &Forwarder{
		spool: sp,
		queue: o.Queue,
		gate:  newGate(o.Project, o.Connections, o.Log, o.Alarms),
		meter: newMeter(o.Metrics, o.Project),
		grown: make(chan struct{}, 1),
	}
	f.target.Store(newTarget(o))
	return f
}

// Run sends until ctx ends, whatever the upstream does. What is in flight then
// has 10 s to end, is cut after that, and is settled as of unknown outcome. All
// goroutines are gone when Run returns. The error is nil when ctx ended, and
// otherwise the spool's (ErrClosed). Run may be called once.
func (f *Forwarder) Run(ctx context.Context) error {
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	sending, cut := context.WithCancelCause(context.WithoutCancel(ctx))
	defer cut(nil)
	late := time.AfterFunc(grace, func() { cut(errStopped) })
	late.Stop()
	defer late.Stop()
	stop := context.AfterFunc(ctx, func() { late.Reset(grace) })
	defer stop()

	f.gate.start(ctx)
	var workers sync.WaitGroup
	for count := 0; ; {
		for want := f.target.Load().o.Connections; count < want; count++ {
			workers.Go(func() {
				w := &worker{f: f, sending: sending}
				if err := w.run(ctx); err != nil {
					end(err)
				}
			})
		}
		select {
		case <-f.grown:
			continue
		case <-ctx.Done():
		}
		break
	}
	workers.Wait()
	f.target.Load().transport.CloseIdleConnections()
	if err := context.Cause(ctx); !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("forward project %s: %w", f.queue, err)
	}
	return nil
}

// Update takes up changed options. Key, URL, rate and outcomes apply from the
// next attempt, and a project that is offline or paused probes at once. Project,
// Log, Alarms and Metrics stay as they were given to New.
func (f *Forwarder) Update(o Options) {
	old := f.target.Load()
	o.Project, o.Log, o.Alarms, o.Metrics = old.o.Project, old.o.Log, old.o.Alarms, old.o.Metrics
	t := newTarget(o.withDefaults())
	old = f.target.Swap(t)
	f.gate.resize(t.o.Connections)
	select {
	case f.grown <- struct{}{}:
	default:
	}
	f.gate.probe()
	old.transport.CloseIdleConnections() // and those in use as they become idle
}

// ClearAlarm ends the project's alarm, if there is one. It is for after Run,
// when the project is no longer to be sent: until then the alarm ends by itself.
func (f *Forwarder) ClearAlarm() { f.gate.clearAlarm() }

// Probe makes a project that is offline or paused probe at once.
func (f *Forwarder) Probe() { f.gate.probe() }

// Pause stops sending until Resume: a person said so, or the caller has no
// target for this queue. What is in flight ends by itself. To keep a pause over
// a restart is the caller's: since is when it began; zero: now.
func (f *Forwarder) Pause(reason string, since time.Time) {
	f.gate.hold(cmp.Or(reason, "paused by hand"), since)
}

// Resume ends Pause. A project that was offline or paused by itself is so again,
// and probes at once.
func (f *Forwarder) Resume() { f.gate.release() }

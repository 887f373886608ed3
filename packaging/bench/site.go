package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"time"
)

const (
	manyConnections = 64 // of the load, and of the relay to its upstream
	batchSize       = 500
	batchers        = 8 // connections that send batches

	warmUp    = 300 * time.Millisecond
	patience  = time.Minute     // for the next event at the upstream; a probe comes every 30 s at least
	aftermath = time.Second / 2 // in which a duplicate may still come
)

// site is one measurement: a folder, an upstream, and a program between them.
type site struct {
	ctx     context.Context
	o       options
	program program
	keep    keep
	cores   int           // that the program may use; 0: all
	latency time.Duration // of the upstream

	dir     string
	webhook *webhook
	process *process // nil: not started
	next    uint64   // the first event that was not sent yet
	figures []figure
}

// fresh gives the site a new folder and a new upstream, which is down. What it
// had before is closed.
func (s *site) fresh() error {
	if err := s.close(); err != nil {
		return err
	}
	var err error
	if s.dir, err = os.MkdirTemp(s.o.dir, "bench-"); err != nil {
		return err
	}
	s.next = 0
	s.webhook, err = newWebhook(s.latency)
	return err
}

// close ends the program in order and removes its folder.
func (s *site) close() error {
	err := s.stop()
	if s.webhook != nil {
		s.webhook.down()
		s.webhook = nil
	}
	if s.dir != "" {
		err = errors.Join(err, os.RemoveAll(s.dir))
		s.dir = ""
	}
	return err
}

// start starts the program; it is ready.
func (s *site) start() error {
	cmd, address, err := s.program.command(s.ctx, s.dir, s.webhook.url(), s.keep)
	if err != nil {
		return err
	}
	if s.cores > 0 {
		cmd.Env = append(os.Environ(), fmt.Sprintf("GOMAXPROCS=%d", s.cores))
	}
	s.process, err = launch(cmd, address)
	return err
}

// stop ends the program, if it runs.
func (s *site) stop() error {
	if s.process == nil {
		return nil
	}
	p := s.process
	s.process = nil
	if !s.program.isRelay {
		p.kill() // it knows of no order
		return nil
	}
	return p.stop()
}

// begin is fresh and start.
func (s *site) begin() error {
	if err := s.fresh(); err != nil {
		return err
	}
	return s.start()
}

// post runs a load against the program.
func (s *site) post(l load) (*loaded, error) {
	l.address, l.path = s.process.address, s.program.path
	r, err := l.run(s.ctx, &s.next)
	if err != nil && s.process.hasEnded() {
		err = fmt.Errorf("%w; the program has ended:\n%s", err, s.process.log())
	}
	return r, err
}

// single takes one event a request, for as long as a measurement lasts.
func (s *site) single(connections int) (*loaded, error) {
	return s.post(load{connections: connections, batch: 1, lasts: s.o.lasts})
}

// fill takes n events, as fast as the program can.
func (s *site) fill(n uint64) (*loaded, error) {
	if s.program.isRelay {
		return s.post(load{connections: batchers, batch: batchSize, events: n})
	}
	return s.post(load{connections: manyConnections, batch: 1, events: n})
}

// arrival is how the events came to the upstream.
type arrival struct {
	rate  float64 // a second, from the first to the last
	speed float64 // a second, without the first tenth and the last hundredth
}

// arrive waits until every event has come. The speed leaves out both ends:
// after an outage the relay comes back slowly on purpose, so as not to overrun
// an upstream that has just started; and the few events that it had tried
// meanwhile wait for their next try, and may be the last.
func (s *site) arrive() (arrival, error) {
	poll := time.NewTicker(2 * time.Millisecond)
	defer poll.Stop()
	var early, late sighting
	moved := sighting{at: time.Now()}
	for {
		now := sighting{at: time.Now(), got: s.webhook.seen.len()}
		if now.got != moved.got {
			moved = now
		}
		if early.got == 0 && now.got >= s.next/10 {
			early = now
		}
		if late.got == 0 && now.got >= s.next-s.next/100 {
			late = now
		}
		switch {
		case now.got >= s.next:
			a := arrival{rate: sighting{at: s.webhook.firstAt()}.rateTo(sighting{at: s.webhook.lastAt(), got: now.got})}
			a.speed = early.rateTo(late)
			return a, nil
		case s.process.hasEnded():
			return arrival{}, fmt.Errorf("the program has ended:\n%s", s.process.log())
		case now.at.Sub(moved.at) > patience:
			return arrival{}, fmt.Errorf("%d of %d events have not come to the upstream; nothing came for %s", s.next-now.got, s.next, patience)
		}
		select {
		case <-poll.C:
		case <-s.ctx.Done():
			return arrival{}, context.Cause(s.ctx)
		}
	}
}

// sighting is how many events had come at some time.
type sighting struct {
	at  time.Time
	got uint64
}

// rateTo is how many came in a second from then on.
func (s sighting) rateTo(later sighting) float64 {
	return float64(later.got-s.got) / max(time.Millisecond, later.at.Sub(s.at)).Seconds()
}

// audit is called when every event has come. It waits until the relay knows
// that as well, and fails if one came twice.
func (s *site) audit() error {
	if s.program.isRelay {
		if err := s.settle(); err != nil {
			return err
		}
	}
	if err := s.pause(aftermath); err != nil {
		return err
	}
	twice, foreign := s.webhook.twice.Load(), s.webhook.foreign.Load()
	s.figure(duplicates, float64(twice), "")
	switch {
	case twice > 0:
		return fmt.Errorf("%d events were sent twice", twice)
	case foreign > 0:
		return fmt.Errorf("%d requests came without an event of ours", foreign)
	case s.webhook.seen.len() != s.next:
		return fmt.Errorf("%d events came, %d were accepted", s.webhook.seen.len(), s.next)
	}
	return nil
}

// settle waits until the relay's own counts say that all was sent.
func (s *site) settle() error {
	end := time.Now().Add(patience)
	for {
		accepted, err := s.metric("accepted_total")
		if err != nil {
			return err
		}
		sent, err := s.metric("sent_total")
		if err != nil {
			return err
		}
		pending, err := s.metric("pending")
		switch {
		case err != nil:
			return err
		case pending == 0 && sent == accepted && accepted == float64(s.next):
			return nil
		case time.Now().After(end):
			return fmt.Errorf("of %d events the relay says %.0f accepted, %.0f sent, %.0f pending", s.next, accepted, sent, pending)
		}
		if err := s.pause(50 * time.Millisecond); err != nil {
			return err
		}
	}
}

// metric reads a gauge or counter of the relay's one project.
func (s *site) metric(name string) (float64, error) {
	r, err := http.Get("http://" + s.process.address + "/metrics")
	if err != nil {
		return 0, err
	}
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		return 0, err
	}
	m := regexp.MustCompile(`(?m)^funnelrelay_` + name + `\{[^}]*project="shop"[^}]*\} (\S+)$`).FindSubmatch(text)
	if m == nil {
		return 0, fmt.Errorf("/metrics: no funnelrelay_%s", name)
	}
	return strconv.ParseFloat(string(m[1]), 64)
}

// pause waits.
func (s *site) pause(d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-s.ctx.Done():
		return context.Cause(s.ctx)
	}
}

// figure notes what was measured. A later value of the same name replaces it.
func (s *site) figure(name string, value float64, unit string) {
	for i := range s.figures {
		if s.figures[i].Name == name {
			s.figures[i].Value = value
			return
		}
	}
	s.figures = append(s.figures, figure{Name: name, Value: value, Unit: unit})
}

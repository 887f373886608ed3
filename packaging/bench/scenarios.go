package main

import (
	"time"
)

// scenario is something to measure.
type scenario struct {
	name      string
	what      string
	reference bool          // the reference can do it as well
	latency   time.Duration // of the upstream
	backlog   uint64        // how many events wait, unless -n says; 0: -n is none of its business
	run       func(s *site) error
}

// scenarios are all that there are, in the order in which they run.
func scenarios() []scenario {
	return []scenario{
		{name: "ingest-64", what: "64 connections, one event a request, the upstream is down", reference: true, run: ingest(manyConnections)},
		{name: "ingest-1", what: "the same over 1 connection", reference: true, run: ingest(1)},
		{name: "batch-500", what: "NDJSON batches of 500 over 8 connections, the upstream is down", run: batches},
		{name: "drain-0ms", what: "a backlog, then the upstream comes up and answers at once", reference: true, backlog: 100_000, run: drain},
		{name: "drain-20ms", what: "the same with an upstream that takes 20 ms", reference: true, latency: 20 * time.Millisecond, backlog: 100_000, run: drain},
		{name: "drain-start", what: "a backlog that a relay finds when it starts; the upstream is up and answers at once", backlog: 100_000, run: drainAtStart},
		{name: "both", what: "64 connections send while the relay does, to an upstream that answers at once", reference: true, run: both},
		{name: "backlog-1M", what: "start with a large backlog and a cold page cache; speed, memory and file beside those with a tenth of it", backlog: 1_000_000, run: backlog},
		{name: "file-csv", what: "a dropped CSV of a million rows, five for every two orders, to disk, on one core; the upstream is down", backlog: 1_000_000, run: dropped(csvFile(5, 2))},
		{name: "file-csv-1", what: "the same with one row an order", backlog: 1_000_000, run: dropped(csvFile(1, 1))},
		{name: "file-json", what: "a million orders as one JSON array", backlog: 1_000_000, run: dropped(jsonFile)},
		{name: "folders", what: "200 watched folders with 10,000 files in done, nothing to do", run: idleFoldersRun},
		{name: "views", what: "each page and each answer of the API on a million events, sent, waiting and dead; fails where one is slow or memory grows", backlog: 1_000_000, run: views},
		{name: "idle", what: "nothing to do, nothing spooled", run: idle},
	}
}

// ingest measures how fast single events are taken.
func ingest(connections int) func(s *site) error {
	return func(s *site) error {
		if err := s.begin(); err != nil {
			return err
		}
		if _, err := s.post(load{connections: connections, batch: 1, lasts: warmUp}); err != nil {
			return err
		}
		r, err := s.single(connections)
		if err != nil {
			return err
		}
		s.figure("accepted", r.rate(), perSecond)
		s.figure("p50", milliseconds(r.quantile(0.50)), "ms")
		s.figure("p99", milliseconds(r.quantile(0.99)), "ms")
		return nil
	}
}

// batches measures how fast events in batches are taken.
func batches(s *site) error {
	if err := s.begin(); err != nil {
		return err
	}
	if _, err := s.post(load{connections: batchers, batch: batchSize, lasts: warmUp}); err != nil {
		return err
	}
	r, err := s.post(load{connections: batchers, batch: batchSize, lasts: s.o.lasts})
	if err != nil {
		return err
	}
	s.figure("accepted", r.rate(), perSecond)
	s.figure("p99", milliseconds(r.quantile(0.99)), "ms a batch")
	return nil
}

// drain measures how fast a backlog goes out once the upstream is back.
func drain(s *site) error {
	if err := s.begin(); err != nil {
		return err
	}
	if _, err := s.fill(s.o.backlog); err != nil {
		return err
	}
	up := time.Now()
	if err := s.webhook.up(); err != nil {
		return err
	}
	a, err := s.arrive()
	if err != nil {
		return err
	}
	s.figure("sent", a.speed, perSecond)
	if s.latency > 0 {
		most := manyConnections / s.latency.Seconds()
		s.figure("of connections/latency", 100*a.speed/most, "%")
	}
	s.figure("from first to last", a.rate, perSecond)
	s.figure("upstream up to first delivery", s.webhook.firstAt().Sub(up).Seconds(), "s")
	return s.audit()
}

// drainAtStart measures how fast a backlog goes out that was there at the
// start: the relay knows of no outage then, and does not come back slowly.
func drainAtStart(s *site) error {
	if err := s.begin(); err != nil {
		return err
	}
	if _, err := s.fill(s.o.backlog); err != nil {
		return err
	}
	a, err := s.restart()
	if err != nil {
		return err
	}
	s.figure("sent", a.speed, perSecond)
	s.figure("from first to last", a.rate, perSecond)
	s.figure("start to first delivery", s.webhook.firstAt().Sub(s.process.started).Seconds(), "s")
	return s.audit()
}

// restart ends the program, brings the upstream up, starts the program again
// and waits until all has come.
func (s *site) restart() (arrival, error) {
	if err := s.stop(); err != nil {
		return arrival{}, err
	}
	if err := s.webhook.up(); err != nil {
		return arrival{}, err
	}
	if err := s.start(); err != nil {
		return arrival{}, err
	}
	return s.arrive()
}

// both measures taking and sending at once.
func both(s *site) error {
	if err := s.fresh(); err != nil {
		return err
	}
	if err := s.webhook.up(); err != nil {
		return err
	}
	if err := s.start(); err != nil {
		return err
	}
	if _, err := s.post(load{connections: manyConnections, batch: 1, lasts: warmUp}); err != nil {
		return err
	}
	before := s.webhook.seen.len()
	r, err := s.single(manyConnections)
	if err != nil {
		return err
	}
	delivered := s.webhook.seen.len() - before
	s.figure("accepted", r.rate(), perSecond)
	s.figure("sent", float64(delivered)/r.took.Seconds(), perSecond)
	s.figure("p99", milliseconds(r.quantile(0.99)), "ms")
	if _, err := s.arrive(); err != nil {
		return err
	}
	return s.audit()
}

// Of idle.
const (
	calmDown  = 5 * time.Second
	idleWatch = 10 * time.Second
)

// idle measures what the relay needs when there is nothing to do.
func idle(s *site) error {
	if err := s.begin(); err != nil {
		return err
	}
	pid := s.process.cmd.Process.Pid
	if err := s.pause(calmDown); err != nil {
		return err
	}
	memory, err := anonymousMemory(pid)
	if err != nil {
		return err
	}
	before, err := voluntarySwitches(pid)
	if err != nil {
		return err
	}
	if err := s.pause(idleWatch); err != nil {
		return err
	}
	after, err := voluntarySwitches(pid)
	if err != nil {
		return err
	}
	s.figure("RssAnon", megabytes(memory), "MB")
	s.figure("wake-ups", float64(after-before)/idleWatch.Seconds(), "/s")
	return nil
}

func milliseconds(d time.Duration) float64 { return d.Seconds() * 1000 }

func megabytes(n int64) float64 { return float64(n) / 1e6 }

package main

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// load is what is sent: connections that each send a request, wait for its
// answer, and send the next.
type load struct {
	address     string
	path        string
	connections int
	batch       int           // events in a request, as NDJSON; 1: a JSON object
	events      uint64        // ends after so many; 0: does not count
	lasts       time.Duration // ends after so long; 0: does not end by the clock
}

// loaded is what came of a load. All of its events were acknowledged.
type loaded struct {
	events    uint64
	took      time.Duration
	latencies []time.Duration // of the requests, in no order
}

func (l *loaded) rate() float64 { return float64(l.events) / l.took.Seconds() }

// quantile is the latency that the share q of all requests did not exceed.
func (l *loaded) quantile(q float64) time.Duration {
	if len(l.latencies) == 0 {
		return 0
	}
	slices.Sort(l.latencies) // not in run, where the relay would go on meanwhile
	return l.latencies[int(q*float64(len(l.latencies)-1))]
}

// run sends the events from number *next on, and leaves there the first number
// that was not sent. Whatever is not acknowledged is an error, and ends it.
func (l load) run(ctx context.Context, next *uint64) (*loaded, error) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	conns := make([]*connection, l.connections)
	contentType := "application/json"
	if l.batch > 1 {
		contentType = "application/x-ndjson"
	}
	for i := range conns {
		c, err := dial(ctx, l.address, l.path, contentType)
		if err != nil {
			return nil, fmt.Errorf("load: %w", err)
		}
		defer c.close()
		conns[i] = c
	}
	var (
		turn      atomic.Uint64 // requests that were begun
		group     sync.WaitGroup
		latencies = make([][]time.Duration, len(conns))
		begin     = time.Now()
	)
	for i, c := range conns {
		group.Go(func() {
			var err error
			if latencies[i], err = l.drive(ctx, c, *next, &turn, begin); err != nil {
				stop(fmt.Errorf("load: %w", err))
			}
		})
	}
	group.Wait()
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	r := &loaded{took: time.Since(begin), latencies: slices.Concat(latencies...)}
	r.events = uint64(len(r.latencies) * l.batch)
	if l.events > 0 {
		r.events = min(r.events, l.events) // the last batch may be a smaller one
	}
	*next += r.events
	return r, nil
}

// drive sends over one connection until the load ends. A request that has its
// turn is sent in any case, so that the numbers have no gap.
func (l load) drive(ctx context.Context, c *connection, first uint64, turn *atomic.Uint64, begin time.Time) (latencies []time.Duration, err error) {
	for ctx.Err() == nil && (l.lasts == 0 || time.Since(begin) < l.lasts) {
		at := (turn.Add(1) - 1) * uint64(l.batch)
		count := l.batch
		if l.events > 0 {
			if at >= l.events {
				break
			}
			count = int(min(uint64(count), l.events-at))
		}
		start := time.Now()
		err := c.post(func(dst []byte) []byte {
			if l.batch == 1 {
				return appendEvent(dst, first+at)
			}
			return appendLines(dst, first+at, count)
		})
		if err != nil {
			return latencies, err
		}
		latencies = append(latencies, time.Since(start))
	}
	return latencies, nil
}

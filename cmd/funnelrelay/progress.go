package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"funnelrelay/relay/dropfolder"
)

// progressPace is how often the line of a terminal is brought up to date.
const progressPace = 500 * time.Millisecond

// liveLine is a terminal with one line at its end that is rewritten, under what
// is logged meanwhile. Its methods may be called concurrently.
type liveLine struct {
	w io.Writer

	mu    sync.Mutex // guards all below
	shown string
}

// Write puts whole lines above the live one.
func (l *liveLine) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.shown == "" {
		return l.w.Write(p)
	}
	n, err := fmt.Fprintf(l.w, "\r%s\r%s%s", strings.Repeat(" ", len(l.shown)), p, l.shown)
	return min(n, len(p)), err
}

// set replaces the line; "" takes it away.
func (l *liveLine) set(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if text == l.shown {
		return
	}
	fmt.Fprintf(l.w, "\r%s%s", text, strings.Repeat(" ", max(0, len(l.shown)-len(text))))
	if text == "" {
		fmt.Fprint(l.w, "\r")
	}
	l.shown = text
}

// follow shows how far the files are that are being read, until ctx ends.
func (l *liveLine) follow(ctx context.Context, sources func() []dropfolder.State) {
	pace := time.NewTicker(progressPace)
	defer pace.Stop()
	defer l.set("")
	for {
		select {
		case <-ctx.Done():
			return
		case <-pace.C:
			l.set(underWay(sources()))
		}
	}
}

// underWay is a line about the files that take longer than a moment.
func underWay(sources []dropfolder.State) string {
	var parts []string
	for _, s := range sources {
		for _, f := range s.Files {
			if time.Since(f.Started) > progressPace {
				parts = append(parts, s.Source+": "+progressOf(&f))
			}
		}
	}
	return strings.Join(parts, "; ")
}

package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"golang.org/x/term"

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
	n, err := fmt.Fprintf(l.w, "\r%s\r%s%s", blank(l.shown), p, l.shown)
	return min(n, len(p)), err
}

// set replaces the line; "" takes it away.
func (l *liveLine) set(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if f, ok := l.w.(*os.File); ok {
		if width, _, err := term.GetSize(int(f.Fd())); err == nil {
			text = firstOf(text, width-1) // what goes on in the next line could not be rewritten
		}
	}
	if text == l.shown {
		return
	}
	fmt.Fprintf(l.w, "\r%s%s", text, strings.TrimPrefix(blank(l.shown), blank(text)))
	if text == "" {
		fmt.Fprint(l.w, "\r")
	}
	l.shown = text
}

// blank is as many spaces as a text has letters.
func blank(text string) string { return strings.Repeat(" ", utf8.RuneCountInString(text)) }

// firstOf is as much of a text as fits into n letters.
func firstOf(text string, n int) string {
	if letters := []rune(text); n > 0 && len(letters) > n {
		return string(letters[:n-1]) + "…"
	}
	return text
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

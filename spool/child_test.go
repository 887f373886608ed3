package spool

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	childEnv     = "FUNNELRELAY_SPOOL_CHILD"
	childPathEnv = "FUNNELRELAY_SPOOL_PATH"
)

// children are what a child process can be.
var children = map[string]func(path string){
	"load":   childLoad,
	"flood":  childFlood,
	"second": childSecond,
}

// child is a command that runs this test binary as one of children.
func child(t *testing.T, what, path string, under ...string) *exec.Cmd {
	t.Helper()
	args := append(under, os.Args[0])
	cmd := exec.CommandContext(t.Context(), args[0], args[1:]...)
	cmd.Env = append(os.Environ(), childEnv+"="+what, childPathEnv+"="+path)
	cmd.Stderr = os.Stderr
	return cmd
}

// report writes one line at once, so that a kill loses none that was written.
func report(format string, args ...any) { os.Stdout.WriteString(fmt.Sprintf(format, args...) + "\n") }

const (
	loadProducers = 8
	loadEach      = 30 // entries of a producer
	loadTries     = 3  // failures in a row after which it insists
	loadPatience  = 400 * time.Millisecond
)

// childLoad puts entries with keys, reports each as "ok KEY" or "no KEY", and
// sends what it can claim meanwhile. It ends with "closed" and the number of
// outcomes.
func childLoad(path string) {
	s, err := Open(path, Options{MinFree: 1, Window: 16})
	if err != nil {
		report("open %v", err)
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	var puts, claims sync.WaitGroup
	settled := 0
	claims.Go(func() {
		for {
			c, err := s.Claim(ctx, "shop")
			if err != nil {
				return
			}
			if c.MarkSent(Outcome{Status: 200}) == nil {
				settled++
			}
		}
	})
	for p := range loadProducers {
		puts.Go(func() { loadPuts(s, p) })
	}
	puts.Wait()
	cancel()
	claims.Wait()
	if err := s.Close(); err != nil {
		report("unsaved %v", err)
		return
	}
	report("closed %d", settled)
}

func loadPuts(s *Spool, producer int) {
	failed := 0
	for i := range loadEach {
		key := fmt.Sprintf("%d-%d", producer, i)
		e := entry(producer)
		e.Body = bytes.Repeat([]byte(key+" "), 300)
		e.Keys = []Key{{Name: []byte(key)}}
		err := loadPut(s, e, failed >= loadTries)
		if err == nil {
			report("ok %s", key)
			failed = 0
			continue
		}
		report("no %s %v", key, err)
		if !errors.Is(err, ErrUnavailable) && !errors.Is(err, ErrFull) {
			report("wrong error")
		}
		if failed++; failed > loadTries {
			return // it does not come back
		}
	}
}

// loadPut puts an entry once, or insists for a while: till the file is mended.
func loadPut(s *Spool, e Entry, insists bool) error {
	for start := time.Now(); ; runtime.Gosched() {
		_, err := s.Put(context.Background(), Batch{Entries: []Entry{e}})
		if err == nil || !insists || time.Since(start) > loadPatience {
			return err
		}
	}
}

// childFlood puts without end, until it is killed.
func childFlood(path string) {
	s, err := Open(path, Options{})
	if err != nil {
		report("open %v", err)
		return
	}
	var all sync.WaitGroup
	for p := range 16 {
		all.Go(func() {
			for i := 0; ; i++ {
				e := entry(p)
				key := fmt.Sprintf("%d-%d", p, i)
				e.Keys = []Key{{Name: []byte(key)}}
				if _, err := s.Put(context.Background(), Batch{Entries: []Entry{e}}); err == nil {
					report("ok %s", key)
				}
			}
		})
	}
	all.Wait()
}

func childSecond(path string) {
	_, err := Open(path, Options{})
	report("locked %t", errors.Is(err, ErrLocked))
}

// told is what a child reported.
type told struct {
	ok, no  map[string]bool
	settled int // -1: it did not get so far
	opened  bool
	lines   []string
}

func listen(t *testing.T, output []byte) *told {
	t.Helper()
	r := &told{ok: map[string]bool{}, no: map[string]bool{}, settled: -1, opened: true}
	lines := bufio.NewScanner(bytes.NewReader(output))
	for lines.Scan() {
		word, rest, _ := strings.Cut(lines.Text(), " ")
		key, _, _ := strings.Cut(rest, " ")
		switch word {
		case "ok":
			r.ok[key] = true
		case "no":
			r.no[key] = true
		case "open":
			r.opened = false
		case "closed":
			fmt.Sscan(rest, &r.settled)
		case "unsaved":
		default:
			t.Errorf("child says: %s", lines.Text())
		}
		r.lines = append(r.lines, lines.Text())
	}
	return r
}

// verify opens what a child left behind: what was acknowledged is there, what
// failed is not, and all adds up.
func (r *told) verify(t *testing.T, path string) *Spool {
	t.Helper()
	s := open(t, path, Options{})
	if err := s.Check(); err != nil {
		t.Error(err)
	}
	if h := s.Health(); h.Salvage != nil {
		t.Errorf("salvaged: %+v", h.Salvage)
	}
	for key := range r.ok {
		e := entry(0)
		e.Keys = []Key{{Name: []byte(key)}}
		if got := put(t, s, e); !got[0].Duplicate {
			t.Errorf("%s was acknowledged, and is not there", key)
		}
	}
	for key := range r.no {
		e := entry(0)
		e.Keys = []Key{{Name: []byte(key)}}
		if got := put(t, s, e); got[0].Duplicate {
			t.Errorf("%s failed, and is there all the same", key)
		}
	}
	if c := s.Counts()["shop"]; r.settled >= 0 && c.Sent != int64(r.settled) {
		t.Errorf("%d outcomes were stored, %d are there", r.settled, c.Sent)
	}
	return s
}

func TestKilledProcessLosesNothingItAcknowledged(t *testing.T) {
	path := temp(t)
	for round := range 3 {
		cmd := child(t, "flood", path)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		var output bytes.Buffer
		lines := bufio.NewReader(out)
		for range 300 * (round + 1) { // then it is in the middle of something
			line, err := lines.ReadBytes('\n')
			if err != nil {
				t.Fatal(err)
			}
			output.Write(line)
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_, _ = output.ReadFrom(lines)
		_ = cmd.Wait()
		// A line that the kill cut in two is no promise that can be looked up.
		whole := output.Bytes()[:bytes.LastIndexByte(output.Bytes(), '\n')+1]
		listen(t, whole).verify(t, path).Close()
	}
}

func TestSecondOpener(t *testing.T) {
	path := temp(t)
	s := open(t, path, Options{})
	if _, err := Open(path, Options{}); !errors.Is(err, ErrLocked) {
		t.Errorf("in this process: %v", err)
	}
	out, err := child(t, "second", path).Output()
	if err != nil || strings.TrimSpace(string(out)) != "locked true" {
		t.Errorf("in another process: %q %v", out, err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	out, err = child(t, "second", path).Output()
	if err != nil || strings.TrimSpace(string(out)) != "locked false" {
		t.Errorf("after Close: %q %v", out, err)
	}
}

// soon runs fn, and fails if it does not return: it waits for something that
// will not come.
func soon(t *testing.T, what string, fn func()) {
	t.Helper()
	done := make(chan struct{})
	go func() { fn(); close(done) }()
	timer := time.NewTimer(30 * time.Second)
	defer timer.Stop()
	select {
	case <-done:
	case <-timer.C:
		t.Fatalf("%s hangs", what)
	}
}

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"
)

// measure runs the rounds and prints what came of them.
func measure(ctx context.Context, o options, out, log io.Writer) (failed bool, err error) {
	home, err := os.MkdirTemp(o.dir, "funnelrelay-bench-")
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(home)) }()
	o.dir = home
	programs, err := o.programs(ctx)
	if err != nil {
		return false, err
	}
	syncs, err := syncRate(home)
	if err != nil {
		return false, err
	}
	fmt.Fprintf(log, "%s/%s, %d cores, %.0f fsyncs of 4 KiB a second\n", runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), syncs)

	var results []*result
	for round := range o.rounds {
		for _, s := range scenarios() {
			if len(o.only) > 0 && !slices.Contains(o.only, s.name) {
				continue
			}
			for _, p := range programs {
				if !p.isRelay && !s.reference {
					continue
				}
				r := of(&results, s, p, o)
				figures, err := s.measure(ctx, o, p)
				if ctx.Err() != nil {
					return true, context.Cause(ctx)
				}
				switch {
				case errors.Is(err, errors.ErrUnsupported):
					r.LeftOut = "it is read from /proc, which this system has not"
				case err != nil:
					failed = true
					r.Errors = append(r.Errors, err.Error())
				}
				r.add(figures)
				outcome := fmt.Sprint(figures)
				if err != nil {
					outcome += " " + err.Error()
				}
				fmt.Fprintf(log, "round %d of %d: %s, %s %s\n", round+1, o.rounds, s.name, p.name, outcome)
			}
		}
	}
	for _, r := range results {
		for _, other := range results {
			if other.Scenario == r.Scenario && r.Program == "relay" && other.Program == "reference" {
				r.compare(other)
			}
		}
	}
	return failed, print(out, results, o.asJSON)
}

// programs are the relay, which is built if need be, and the reference.
func (o *options) programs(ctx context.Context) ([]program, error) {
	binary := o.binary
	if binary == "" {
		binary = filepath.Join(o.dir, "funnelrelay")
		if runtime.GOOS == "windows" {
			binary += ".exe"
		}
		if err := build(ctx, binary); err != nil {
			return nil, err
		}
	}
	programs := []program{relayProgram(binary)}
	if o.reference != "" {
		programs = append(programs, referenceProgram(o.reference))
	}
	return programs, nil
}

// of is the result of a scenario with a program, made when it is asked for
// first.
func of(results *[]*result, s scenario, p program, o options) *result {
	for _, r := range *results {
		if r.Scenario == s.name && r.Program == p.name {
			return r
		}
	}
	r := &result{Scenario: s.name, What: s.what, Program: p.name, Command: o.command(s)}
	*results = append(*results, r)
	return r
}

// command is the command line that measures the scenario again.
func (o *options) command(s scenario) string {
	line := "go run ./packaging/bench -only " + s.name
	for _, f := range o.given {
		switch {
		case f.Name == "only" || f.Name == "json" || f.Name == "n" && s.backlog == 0:
		default:
			line += fmt.Sprintf(" -%s %s", f.Name, f.Value)
		}
	}
	return line
}

// measure runs the scenario once. The figures that it got to are returned
// beside an error, too.
func (s scenario) measure(ctx context.Context, o options, p program) ([]figure, error) {
	if o.backlog == 0 {
		o.backlog = s.backlog
	}
	before, used := usedSoFar()
	site := &site{ctx: ctx, o: o, program: p, latency: s.latency}
	begin := time.Now()
	err := s.run(site)
	err = errors.Join(err, site.close())
	if used == nil && time.Since(begin) > time.Second {
		if cores, others := othersSince(before); others == nil {
			site.figure("others used", cores, "cores")
		}
	}
	return site.figures, err
}

// syncRate is how many times a second dir's disk appends and syncs a page.
func syncRate(dir string) (perSecond float64, err error) {
	f, err := os.Create(filepath.Join(dir, "syncs"))
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, f.Close(), os.Remove(f.Name())) }()
	page, begin := make([]byte, 4096), time.Now()
	for perSecond = 0; time.Since(begin) < 300*time.Millisecond; perSecond++ {
		if _, err := f.Write(page); err != nil {
			return 0, err
		}
		if err := f.Sync(); err != nil {
			return 0, err
		}
	}
	return perSecond / time.Since(begin).Seconds(), nil
}

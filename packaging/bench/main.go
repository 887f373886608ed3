package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"
	"time"
)

// Names that figures of several scenarios share.
const (
	duplicates = "duplicates"
	perSecond  = "events/s"
)

// options say what is measured, and how.
type options struct {
	only      []string // scenarios; empty: all
	lasts     time.Duration
	rounds    int
	backlog   uint64 // 0: each scenario's own
	dir       string
	binary    string
	reference string
	asJSON    bool
	given     []*flag.Flag // flags that were given
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := execute(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// execute runs one command line and returns the exit code.
func execute(ctx context.Context, args []string, out, log io.Writer) int {
	o, err := parse(args, log)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err != nil {
		fmt.Fprintln(log, "bench:", err)
		return 2
	}
	debug.SetGCPercent(400) // the relay is measured, so that this program spares the cores
	failed, err := measure(ctx, o, out, log)
	if err != nil {
		fmt.Fprintln(log, "bench:", err)
	}
	if failed || err != nil {
		return 1
	}
	return 0
}

// parse reads the command line. An error of the flags was printed already.
func parse(args []string, log io.Writer) (options, error) {
	var o options
	var only string
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.SetOutput(log)
	f.StringVar(&only, "only", "", "scenarios to run, by comma (default: all)")
	f.DurationVar(&o.lasts, "d", 4*time.Second, "how long a load lasts")
	f.IntVar(&o.rounds, "runs", 3, "rounds, of which the median is taken")
	f.Uint64Var(&o.backlog, "n", 0, "events of a backlog (default: as the scenario's name says, or 100000)")
	f.StringVar(&o.dir, "dir", "", "`folder` for spools, on the disk that is measured (default: the system's for temporary files)")
	f.StringVar(&o.binary, "binary", "", "a built funnelrelay (default: built here, from this module)")
	f.StringVar(&o.reference, "reference", "", "a `program` to compare with: takes POST /events on -addr, keeps them in the file -spool, posts them to -upstream over -workers connections")
	f.BoolVar(&o.asJSON, "json", false, "print an object of JSON a line")
	f.Usage = func() {
		fmt.Fprintln(log, "bench measures the built relay over loopback.\n\nScenarios:")
		for _, s := range scenarios() {
			fmt.Fprintf(log, "  %-12s %s\n", s.name, s.what)
		}
		fmt.Fprintln(log, "\nFlags:")
		f.PrintDefaults()
	}
	if err := f.Parse(args); err != nil {
		return o, err
	}
	if f.NArg() > 0 {
		return o, fmt.Errorf("%q is no flag; see -help", f.Arg(0))
	}
	if o.rounds < 1 || o.lasts <= 0 {
		return o, errors.New("-runs and -d must be more than 0")
	}
	if only != "" {
		o.only = strings.Split(only, ",")
	}
	for _, name := range o.only {
		if !slices.ContainsFunc(scenarios(), func(s scenario) bool { return s.name == name }) {
			return o, fmt.Errorf("no scenario %q; see -help", name)
		}
	}
	f.Visit(func(given *flag.Flag) { o.given = append(o.given, given) })
	return o, nil
}

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
				fmt.Fprintf(log, "round %d of %d: %s, %s %v\n", round+1, o.rounds, s.name, p.name, figures)
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
	err := s.run(site)
	err = errors.Join(err, site.close())
	if used == nil {
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

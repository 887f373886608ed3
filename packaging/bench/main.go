package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"
	"time"
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

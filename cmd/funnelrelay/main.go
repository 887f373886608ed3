// Command funnelrelay takes events on a local port, keeps them on disk, and
// forwards them to Funnelytics for as long as it takes.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	_ "funnelrelay/cmd/funnelrelay/quiet"
	"funnelrelay/relay/config"
)

// Exit codes.
const (
	exitFailed = 1
	exitUsage  = 2 // wrong usage, or a config with mistakes
)

func main() { os.Exit(Main()) }

// Main runs the command line of this process and returns its exit code. The
// first interrupt asks for an orderly stop; a second one ends the process.
func Main() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	defer stop()
	return execute(ctx, os.Args[1:], streams{os.Stdin, os.Stdout, os.Stderr})
}

// streams are where a command reads and prints: what was asked for goes to
// out, everything else to err.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// execute runs one command line. Errors are printed here and nowhere else, as
// "funnelrelay: thing: cause", lower case and without a full stop.
func execute(ctx context.Context, args []string, std streams) int {
	root := newRoot(std)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	var wrong *usageError
	var mistakes config.Errors
	switch {
	case err == nil:
		return 0
	case errors.As(err, &mistakes):
		fmt.Fprintln(std.err, mistakes.Detail())
		return exitUsage
	case errors.As(err, &wrong):
		fmt.Fprintf(std.err, "funnelrelay: %v\n", err)
		return exitUsage
	case errors.Is(err, errQuiet):
		return exitFailed
	}
	fmt.Fprintf(std.err, "funnelrelay: %v\n", err)
	return exitFailed
}

// errQuiet fails a command that has printed why already.
var errQuiet = errors.New("failed")

// usageError says that the command line, or what it names, is wrong.
type usageError struct{ err error }

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

func usagef(format string, args ...any) error {
	return &usageError{fmt.Errorf(format, args...)}
}

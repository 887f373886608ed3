package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"funnelrelay/relay"
)

// withoutSync, as the value of asProgram, makes this binary a daemon that never
// syncs its spool: what a power cut does to that one proves that the test would
// see a loss. No command line and no config can ask for it.
const withoutSync = "without-sync"

// mainWithoutSync is "run --config PATH" of such a daemon.
func mainWithoutSync() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	cfg, _, err := relay.LoadConfig(os.Args[len(os.Args)-1])
	if err == nil {
		var r *relay.Relay
		r, err = relay.Open(cfg, relay.Options{NoSync: true, Log: slog.New(slog.NewJSONHandler(os.Stderr, nil))})
		if err == nil {
			err = r.Run(ctx)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return exitFailed
	}
	return 0
}

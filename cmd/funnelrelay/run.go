package main

import (
	"context"
	"os"
	"runtime/debug"

	"github.com/spf13/cobra"

	"funnelrelay/relay"
	"funnelrelay/relay/config"
	"funnelrelay/relay/dropfolder"
)

func (a *app) run() *cobra.Command {
	return &cobra.Command{
		Use:   "run",
		Short: "Take and forward events until stopped",
		Long: `run is the daemon: it takes events on the configured port, keeps them on disk,
and forwards them. It needs no network to start. SIGTERM or Ctrl-C stops it
cleanly; SIGHUP, or "funnelrelay reload", makes it read its config again.`,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.daemon(cmd.Context()) },
	}
}

func (a *app) daemon(ctx context.Context) error {
	tuneMemory()
	hup, stop := hangups() // from the first moment on: unasked for, the signal kills
	defer stop()
	cfg, _, err := a.checkedConfig()
	if err != nil {
		return err
	}
	screen := a.err
	var line *liveLine
	if cfg.Log.File == "" && isTerminal(a.err) {
		line = &liveLine{w: a.err}
		screen = line
	}
	log, closeLog, err := openLog(cfg.Log, screen)
	if err != nil {
		return err
	}
	defer closeLog()
	for _, w := range cfg.Warnings {
		log.Warn("config", "warning", w.String())
	}
	load := func() (*config.Config, error) {
		cfg, _, err := relay.LoadConfig(a.path())
		return cfg, err
	}
	b := thisBuild()
	r, err := relay.Open(cfg, relay.Options{
		Version: b.Version, BuildDate: b.date(), ConfigPath: a.path(), Load: load, Log: log, Service: underService(),
	})
	if err != nil {
		return err
	}
	go func() {
		for range hup {
			if err := r.ReloadFile(); err != nil {
				log.Error("config not taken up, the old one stays", "cause", err)
			}
		}
	}()
	if line != nil {
		shown, done := context.WithCancel(ctx)
		defer done()
		go line.follow(shown, func() []dropfolder.State { return r.Status().Sources })
	}
	return r.Run(ctx)
}

// tuneMemory lets a heap of a few MB grow before it is collected, which costs
// a tenth of the time under load, and collects more eagerly before 64 MB
// are reached. GOGC and GOMEMLIMIT come first.
func tuneMemory() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(56 << 20)
	}
}

// hangups are the signals that ask for the config to be read again.
func hangups() (<-chan os.Signal, func()) {
	c := make(chan os.Signal, 1)
	return c, notifyHangup(c)
}

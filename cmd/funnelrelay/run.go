package main

import (
	"context"
	"log/slog"
	"os"
	"runtime/debug"

	"github.com/spf13/cobra"

	"funnelrelay/relay"
	"funnelrelay/relay/config"
	"funnelrelay/relay/dropfolder"
	"funnelrelay/relay/service"
)

func (a *app) run() *cobra.Command {
	var asService bool
	cmd := &cobra.Command{
		Use:   "run",
		Short: "Take and forward events until stopped",
		Long: `run is the daemon: it takes events on the configured port, keeps them on disk,
and forwards them. It needs no network to start. SIGTERM or Ctrl-C stops it
cleanly; SIGHUP, or "funnelrelay reload", makes it read its config again.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if asService {
				return a.serve(cmd.Context())
			}
			return a.daemon(cmd.Context(), false)
		},
	}
	cmd.Flags().BoolVar(&asService, "service", false, "started by the system's service manager")
	_ = cmd.Flags().MarkHidden("service") // the flag is there
	return cmd
}

// serve is the daemon under a service manager: one that wants to be spoken to,
// as on Windows, or one that only starts a program.
func (a *app) serve(ctx context.Context) error {
	daemon := func(ctx context.Context) error {
		if path := a.path(); path != "" {
			waitForConfig(ctx, path, slog.New(withSystemLog(slog.NewTextHandler(a.err, nil))))
		}
		if ctx.Err() != nil {
			return nil
		}
		return a.daemon(ctx, true)
	}
	under, err := service.RunUnder(ctx, daemon)
	if under || err != nil {
		return err
	}
	return daemon(ctx)
}

func (a *app) daemon(ctx context.Context, asService bool) error {
	tuneMemory()
	system := service.NewNotifier()
	hup, stop := hangups() // from the first moment on: unasked for, the signal kills
	defer stop()
	cfg, _, err := a.checkedConfig()
	if err != nil {
		return err
	}
	screen := a.err
	var line *liveLine
	if cfg.Log.File == "" && !asService && isTerminal(a.err) {
		line = &liveLine{w: a.err}
		screen = line
	}
	places := cfg.Log
	if asService {
		places.File = serviceLog(cfg)
	}
	log, closeLog, err := openLog(places, screen)
	if err != nil {
		return err
	}
	defer closeLog()
	kept := log
	if asService {
		log = slog.New(withSystemLog(log.Handler()))
	}
	for _, w := range cfg.Warnings {
		log.Warn("config", "warning", w.String())
	}
	load := func() (*config.Config, error) {
		cfg, _, err := relay.LoadConfig(a.path())
		return cfg, err
	}
	b := thisBuild()
	r, err := relay.Open(cfg, relay.Options{
		Version: b.Version, BuildDate: b.date(), ConfigPath: a.path(), Load: load, Log: log, Service: asService,
		ServiceState: a.serviceState,
	})
	if err != nil {
		if places.File != "" { // where nobody keeps what is printed, this is the only place to find it
			kept.Error("not started", "cause", err)
		}
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
	system.Ready()
	defer context.AfterFunc(ctx, system.Stopping)()
	go system.Watch(ctx, func() string { return r.Status().Summary })
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

package main

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/DeRuina/timberjack"
	"golang.org/x/term"

	"funnelrelay/relay/config"
)

// openLog makes the daemon's log: text on a terminal, JSON otherwise, or as
// configured; into a file that is turned over when one is named.
func openLog(c config.Log, stderr io.Writer) (log *slog.Logger, closeLog func(), err error) {
	out, closeLog := stderr, func() {}
	if c.File != "" {
		if err := os.MkdirAll(filepath.Dir(c.File), 0o750); err != nil {
			return nil, nil, fmt.Errorf("log file: %w; make it writable for this user, or set log.file to another", err)
		}
		probe, err := os.OpenFile(c.File, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o640)
		if err != nil {
			return nil, nil, fmt.Errorf("log file: %w; make it writable for this user, or set log.file to another", err)
		}
		if err := probe.Close(); err != nil {
			return nil, nil, fmt.Errorf("log file: %w; make it writable for this user, or set log.file to another", err)
		}
		file := &timberjack.Logger{Filename: c.File, MaxSize: max(1, int(c.MaxSize>>20)), MaxBackups: c.Keep}
		out, closeLog = file, func() { _ = file.Close() }
	}
	o := &slog.HandlerOptions{Level: level(c.Level), ReplaceAttr: plainDurations}
	if c.Format == config.FormatText || c.Format == config.FormatAuto && isTerminal(out) {
		return slog.New(slog.NewTextHandler(out, o)), closeLog, nil
	}
	return slog.New(slog.NewJSONHandler(out, o)), closeLog, nil
}

// serviceLog is the file of a service's log: the one that is configured, or one
// in the data folder; "" where systemd's journal takes what is printed. No other
// service manager keeps that, or turns it over.
func serviceLog(cfg *config.Config) string {
	if cfg.Log.File != "" || os.Getenv("JOURNAL_STREAM") != "" {
		return cfg.Log.File
	}
	return filepath.Join(cfg.Data, "log", "funnelrelay.log")
}

// plainDurations writes 1.5s, in JSON too, and not its nanoseconds.
func plainDurations(_ []string, a slog.Attr) slog.Attr {
	if a.Value.Kind() == slog.KindDuration {
		return slog.String(a.Key, a.Value.Duration().String())
	}
	return a
}

func level(l config.LogLevel) slog.Level {
	var level slog.Level
	_ = level.UnmarshalText([]byte(l)) // the config was checked
	return level
}

func isTerminal(w io.Writer) bool {
	if line, ok := w.(*liveLine); ok {
		w = line.w
	}
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

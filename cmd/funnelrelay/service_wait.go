package main

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"time"
)

// configBeat is how often a service looks whether its config was written.
const configBeat = 2 * time.Second

// waitForConfig lets a service that was installed before its config was written
// wait for the file, where it would end and be started over and over. It
// returns when there is something in the file, or when ctx ends.
func waitForConfig(ctx context.Context, path string, log *slog.Logger) {
	ticker := time.NewTicker(configBeat)
	defer ticker.Stop()
	for told := false; ; {
		info, err := os.Stat(path)
		if err == nil && info.Size() > 0 || err != nil && !errors.Is(err, fs.ErrNotExist) {
			return // also when it cannot be looked at: reading it says why
		}
		if !told {
			log.Warn("waiting for the config; write it with: funnelrelay init", "config", path)
			told = true
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

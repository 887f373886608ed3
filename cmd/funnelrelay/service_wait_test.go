package main

import (
	"context"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"
)

func TestWaitForConfig(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.yaml")
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		go func() {
			for _, text := range []string{"", "listen: 127.0.0.1:0\n"} {
				time.Sleep(time.Hour) // of the bubble's clock
				if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
					t.Error(err)
				}
			}
		}()
		waitForConfig(t.Context(), path, log)
		if waited := time.Since(begun); waited < 2*time.Hour || waited > 2*time.Hour+configBeat {
			t.Errorf("waited %v", waited)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		begun := time.Now()
		waitForConfig(ctx, path+".none", log)
		if time.Since(begun) != time.Minute {
			t.Errorf("waited %v, though it was told to stop", time.Since(begun))
		}
	})
}

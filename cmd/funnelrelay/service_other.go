//go:build !windows

package main

import "log/slog"

// withSystemLog adds nothing: what is logged goes to the journal, or to a file.
func withSystemLog(h slog.Handler) slog.Handler { return h }

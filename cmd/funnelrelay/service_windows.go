package main

import (
	"log/slog"

	"funnelrelay/relay/service"
)

// withSystemLog adds the event log to a service's log, for warnings and worse:
// that is where a person looks first. Without one the daemon runs all the same.
func withSystemLog(h slog.Handler) slog.Handler {
	events, err := service.EventLog()
	if err != nil {
		return h
	}
	return slog.NewMultiHandler(h, events)
}

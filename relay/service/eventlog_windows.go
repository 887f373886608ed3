package service

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"

	"golang.org/x/sys/windows/svc/eventlog"
)

// Numbers of our events, by which the event viewer filters.
const (
	eventInfo    = 1
	eventWarning = 2
	eventError   = 3
)

// EventLog is the system's event log for what a person should look at:
// warnings and worse. The handler may be used concurrently.
func EventLog() (slog.Handler, error) {
	log, err := eventlog.Open(Name)
	if err != nil {
		return nil, fmt.Errorf("event log: %w", err)
	}
	return &eventHandler{log: log}, nil
}

// eventHandler writes each record as an event of its own.
type eventHandler struct {
	log  *eventlog.Log
	with []func(slog.Handler) slog.Handler // attributes and groups, in order
}

// Enabled implements slog.Handler.
func (h *eventHandler) Enabled(_ context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn
}

// Handle implements slog.Handler.
func (h *eventHandler) Handle(ctx context.Context, r slog.Record) error {
	text, err := h.text(ctx, r)
	if err != nil {
		return err
	}
	if r.Level >= slog.LevelError {
		return h.log.Error(eventError, text)
	}
	return h.log.Warning(eventWarning, text)
}

// text is the record as text, without what the event shows anyhow.
func (h *eventHandler) text(ctx context.Context, r slog.Record) (string, error) {
	var out bytes.Buffer
	var handler slog.Handler = slog.NewTextHandler(&out, &slog.HandlerOptions{
		ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
			if len(groups) == 0 && (a.Key == slog.TimeKey || a.Key == slog.LevelKey || a.Key == slog.MessageKey) {
				return slog.Attr{}
			}
			return a
		},
	})
	for _, wrap := range h.with {
		handler = wrap(handler)
	}
	if err := handler.Handle(ctx, r); err != nil {
		return "", err
	}
	return eventText(strings.TrimSpace(r.Message + "\r\n" + out.String())), nil
}

// WithAttrs implements slog.Handler.
func (h *eventHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return h.wrapped(func(inner slog.Handler) slog.Handler { return inner.WithAttrs(attrs) })
}

// WithGroup implements slog.Handler.
func (h *eventHandler) WithGroup(name string) slog.Handler {
	return h.wrapped(func(inner slog.Handler) slog.Handler { return inner.WithGroup(name) })
}

func (h *eventHandler) wrapped(wrap func(slog.Handler) slog.Handler) slog.Handler {
	return &eventHandler{h.log, append(h.with[:len(h.with):len(h.with)], wrap)}
}

// longestEvent is less than the 31,839 characters that the system takes.
const longestEvent = 30000

// eventText fits a text into an event.
func eventText(text string) string {
	text = strings.ToValidUTF8(strings.ReplaceAll(text, "\x00", ""), "?")
	if len(text) > longestEvent {
		text = strings.ToValidUTF8(text[:longestEvent], "") + " …"
	}
	return text
}

package service

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/svc"
	"golang.org/x/sys/windows/svc/eventlog"
)

// RunUnder runs the daemon as the service manager wants it: told at once that it
// runs, as the manager gives up on one that first opens a large spool; its
// context ends when the manager, or the machine's shut-down, asks it to stop.
// It reports false, and has not called run, where no service manager started
// this process. An error of run has been told to the manager, so that the
// service is started again, and to the event log.
func RunUnder(ctx context.Context, run func(context.Context) error) (bool, error) {
	h := &handler{ctx: ctx, run: run}
	err := svc.Run(Name, h)
	switch {
	case errors.Is(err, windows.ERROR_FAILED_SERVICE_CONTROLLER_CONNECT):
		return false, nil
	case err != nil:
		return true, fmt.Errorf("service manager: %w", err)
	}
	return true, h.err
}

// handler speaks with the service manager.
type handler struct {
	ctx context.Context
	run func(context.Context) error
	err error // of run; read after Execute
}

// Exit codes that the service manager and the event viewer show.
const (
	codeFailed = 1 // run failed by itself
	codeHung   = 2 // run did not end when it was asked to
)

// How the stop is told: a sign of life each beat, and a promise of the next
// within hint. stopLimit is less than what Stop waits.
const (
	beat      = time.Second
	hint      = 5 * time.Second
	stopLimit = 25 * time.Second
)

// Execute implements svc.Handler.
func (h *handler) Execute(_ []string, requests <-chan svc.ChangeRequest, status chan<- svc.Status) (bool, uint32) {
	const accepts = svc.AcceptStop | svc.AcceptShutdown | svc.AcceptPreShutdown
	events := openEvents()
	status <- svc.Status{State: svc.StartPending}
	status <- svc.Status{State: svc.Running, Accepts: accepts}
	events.info("the service has started")

	ctx, cancel := context.WithCancel(h.ctx)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- h.run(ctx) }()
	for {
		select {
		case err := <-done:
			return h.end(err, events)
		case r := <-requests:
			switch r.Cmd {
			case svc.Interrogate:
				status <- r.CurrentStatus
			case svc.Stop, svc.Shutdown, svc.PreShutdown:
				cancel()
				return h.stop(done, requests, status, events)
			}
		}
	}
}

// stop waits for run, and tells the manager meanwhile that it goes on.
func (h *handler) stop(done <-chan error, requests <-chan svc.ChangeRequest, status chan<- svc.Status, events events) (bool, uint32) {
	pending := svc.Status{State: svc.StopPending, WaitHint: uint32(hint / time.Millisecond)}
	status <- pending
	ticker := time.NewTicker(beat)
	defer ticker.Stop()
	limit := time.After(stopLimit)
	for {
		select {
		case err := <-done:
			return h.end(err, events)
		case <-ticker.C:
			pending.CheckPoint++
			status <- pending
		case r := <-requests: // a second order to stop changes nothing
			if r.Cmd == svc.Interrogate {
				status <- r.CurrentStatus
			}
		case <-limit:
			h.err = fmt.Errorf("the daemon did not end within %v; what it was doing is done again at the next start", stopLimit)
			events.error(h.err)
			return true, codeHung
		}
	}
}

func (h *handler) end(err error, events events) (bool, uint32) {
	if h.err = err; err != nil {
		events.error(err)
		return true, codeFailed
	}
	events.info("the service has stopped")
	return false, 0
}

// events is the event log; without one it says nothing.
type events struct{ log *eventlog.Log }

func openEvents() events {
	log, err := eventlog.Open(Name)
	if err != nil {
		return events{} // the daemon must run all the same
	}
	return events{log}
}

func (e events) info(text string) {
	if e.log != nil {
		_ = e.log.Info(eventInfo, text)
	}
}

func (e events) error(err error) {
	if e.log != nil {
		_ = e.log.Error(eventError, eventText(err.Error()))
	}
}

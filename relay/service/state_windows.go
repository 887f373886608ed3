package service

import (
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/svc"
	"golang.org/x/sys/windows/svc/mgr"
)

// How long the system is waited for.
const (
	startWait = 30 * time.Second
	stopWait  = 30 * time.Second // the daemon's grace, and what closes after it
)

// State asks the system how the service is. Every user may ask.
func (s *Service) State() (State, error) {
	status, err := s.status()
	switch {
	case errors.Is(err, ErrNotInstalled):
		return NotInstalled, nil
	case err != nil:
		return "", fmt.Errorf("state of the service: %w", err)
	case status.State != svc.Stopped:
		return Running, nil // also while it starts, or ends what it is doing
	case ended(status) != 0:
		return Failed, nil
	}
	return Stopped, nil
}

func (s *Service) status() (status svc.Status, err error) {
	err = s.withService(windows.SERVICE_QUERY_STATUS, func(service *mgr.Service) error {
		status, err = service.Query()
		return err
	})
	return status, err
}

// ended is the code with which the service ended; 0 for a clean stop, and for
// one that never ran.
func ended(status svc.Status) uint32 {
	switch code := windows.Errno(status.Win32ExitCode); code {
	case windows.ERROR_SERVICE_NEVER_STARTED, 0:
		return 0
	case windows.ERROR_SERVICE_SPECIFIC_ERROR:
		return max(1, status.ServiceSpecificExitCode)
	default:
		return uint32(code)
	}
}

// Start starts the service and returns when the system says that it runs. One
// that runs is no error.
func (s *Service) Start() error {
	if err := s.settled(); err != nil {
		return err
	}
	err := s.withService(windows.SERVICE_START, func(service *mgr.Service) error { return service.Start() })
	if err != nil && !errors.Is(err, windows.ERROR_SERVICE_ALREADY_RUNNING) {
		return fmt.Errorf("start the service: %w", inWords(err))
	}
	var last svc.Status
	ok, err := until(startWait, func() (bool, error) {
		last, err = s.status()
		return last.State != svc.StartPending, err
	})
	switch {
	case err != nil:
		return fmt.Errorf("start the service: %w", err)
	case !ok:
		return fmt.Errorf("start the service: it is still starting after %v; see the event log", startWait)
	case last.State == svc.Stopped && ended(last) != 0:
		return fmt.Errorf("start the service: it ended at once, with code %d; see the event log", ended(last))
	}
	return nil
}

// Stop lets the service finish what it is sending, and returns when it has
// ended. One that does not run is no error.
func (s *Service) Stop() error {
	if err := s.settled(); err != nil {
		return err
	}
	err := s.withService(windows.SERVICE_STOP, func(service *mgr.Service) error {
		_, err := service.Control(svc.Stop)
		return err
	})
	if err != nil && !errors.Is(err, windows.ERROR_SERVICE_NOT_ACTIVE) {
		return fmt.Errorf("stop the service: %w", inWords(err))
	}
	ok, err := until(stopWait, func() (bool, error) {
		status, err := s.status()
		return status.State == svc.Stopped, err
	})
	if err != nil {
		return fmt.Errorf("stop the service: %w", err)
	}
	if !ok {
		return fmt.Errorf("stop the service: it is still running after %v; see its log, or end it in the Task Manager", stopWait)
	}
	return nil
}

// Restart is Stop and Start.
func (s *Service) Restart() error {
	if err := s.Stop(); err != nil {
		return err
	}
	return s.Start()
}

// settled waits until the service neither starts nor stops: it takes no orders
// in between.
func (s *Service) settled() error {
	_, err := until(stopWait, func() (bool, error) {
		status, err := s.status()
		return status.State == svc.Running || status.State == svc.Stopped, err
	})
	return err
}

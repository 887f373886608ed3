//go:build linux || darwin

package service

import "fmt"

// Start starts the service and returns when the system says that it runs. One
// that runs is no error.
func (s *Service) Start() error { return s.drive("start", s.system.Start) }

// Stop lets the service finish what it is sending, and returns when it has
// ended. One that does not run is no error.
func (s *Service) Stop() error { return s.drive("stop", s.system.Stop) }

// Restart is Stop and Start.
func (s *Service) Restart() error { return s.drive("restart", s.system.Restart) }

func (s *Service) drive(verb string, do func() error) error {
	if err := Elevated(); err != nil {
		return err
	}
	state, err := s.State()
	switch {
	case err != nil:
		return err
	case state == NotInstalled:
		return ErrNotInstalled
	case state == Running && verb == "start", state == Stopped && verb == "stop":
		return nil
	case state == Stopped && verb == "restart":
		do = s.system.Start
	}
	if err := do(); err != nil {
		return fmt.Errorf("%s the service: %w", verb, err)
	}
	return nil
}

//go:build linux || darwin

package service

import (
	"bufio"
	"errors"
	"fmt"
	"os/exec"
	"strings"

	kardianos "github.com/kardianos/service"
)

// State asks the system how the service is.
func (s *Service) State() (State, error) {
	if underSystemd() {
		return unitState()
	}
	status, err := s.system.Status()
	switch {
	case errors.Is(err, kardianos.ErrNotInstalled):
		return NotInstalled, nil
	case err != nil:
		return "", fmt.Errorf("state of the service: %w", err)
	case status == kardianos.StatusRunning:
		return Running, nil
	}
	return Stopped, nil
}

// unitState asks systemd. A unit that waits to be started again has failed,
// though systemd calls it activating.
func unitState() (State, error) {
	out, err := exec.Command("systemctl", "show", Name, "-p", "LoadState", "-p", "ActiveState", "-p", "SubState").Output()
	if err != nil {
		return "", fmt.Errorf("state of the service: systemctl show: %w", err)
	}
	said := map[string]string{}
	for lines := bufio.NewScanner(strings.NewReader(string(out))); lines.Scan(); {
		name, value, _ := strings.Cut(lines.Text(), "=")
		said[name] = value
	}
	switch {
	case said["LoadState"] == "not-found":
		return NotInstalled, nil
	case said["ActiveState"] == "failed" || said["SubState"] == "auto-restart":
		return Failed, nil
	case said["ActiveState"] == "inactive":
		return Stopped, nil
	}
	return Running, nil
}

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

package service

import (
	"errors"
	"fmt"

	kardianos "github.com/kardianos/service"
)

// State asks the system how the service is.
func (s *Service) State() (State, error) {
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

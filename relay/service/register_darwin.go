package service

import (
	"errors"
	"io/fs"
	"os"

	"funnelrelay/relay/rights"
)

const daemonFile = "/Library/LaunchDaemons/" + Name + ".plist"

// register tells launchd of the service. One that runs goes on with what it was
// started with until it is restarted.
func (s *Service) register() error {
	if err := os.Remove(daemonFile); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return s.system.Install()
}

func (s *Service) unregister() error { return s.system.Uninstall() }

// finish has nothing to add here.
func (s *Service) finish() ([]string, error) { return nil, nil }

// clean has nothing to remove here.
func (s *Service) clean() error { return nil }

// secrets lets the service, and nobody else, have the stored secrets.
func (s *Service) secrets() ([]string, error) {
	if s.o.Secrets == "" {
		return nil, nil
	}
	if _, err := os.Stat(s.o.Secrets); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return nil, rights.Private(s.o.Secrets, s.o.Account)
}

// UpdateCredentials does nothing here: the daemon reads stored secrets itself.
func UpdateCredentials(string) error { return nil }

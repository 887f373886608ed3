package service

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	kardianos "github.com/kardianos/service"
)

// Name is what the system knows the service by.
const Name = "funnelrelay"

const (
	displayName = "funnelrelay"
	description = "Keeps events and sales safe on this machine and forwards them to Funnelytics"
)

// Options say what is installed. All paths are absolute.
type Options struct {
	Executable string   // default: this program, behind its links
	Config     string   // required
	Data       string   // folder that is the service's alone; required
	Witness    string   // folder of the spool's witness, the service's alone too; "": none
	Drop       string   // folder in Data that the users of this machine may write to; "": none
	Secrets    string   // folder of the stored secrets; "": none
	Watched    []string // folders outside of Data from which files are taken
	Port       string   // that other machines must reach; "": only this machine may
	LowPort    bool     // the port is below 1024, which takes a right of its own on Unix
	Account    string   // runs the service; default: the one that runs it now, or DefaultAccount
}

// Service is the relay as a service of this system. Its methods ask the system;
// they are not to be called concurrently.
type Service struct {
	o      Options
	system kardianos.Service
}

// Errors that a caller may look for.
var (
	ErrNotInstalled = errors.New("the service is not installed; run `funnelrelay service install`")
	ErrRights       = errors.New("the rights of this user do not reach")
)

// State is how the system sees the service.
type State string

// The states of a service.
const (
	Running      State = "running"
	Stopped      State = "stopped"
	Failed       State = "failed" // it ended by itself, and the system may start it again
	NotInstalled State = "not installed"
)

// New finds the service manager of this system. It changes nothing.
func New(o Options) (*Service, error) {
	o.Account = cmp.Or(o.Account, keptAccount(), DefaultAccount())
	if o.Executable == "" {
		path, err := os.Executable()
		if err != nil {
			return nil, fmt.Errorf("service: where this program is: %w", err)
		}
		if o.Executable, err = filepath.EvalSymlinks(path); err != nil {
			return nil, fmt.Errorf("service: where this program is: %w", err)
		}
	}
	for _, path := range []string{o.Executable, o.Config, o.Data, o.Witness, o.Account} {
		if strings.Contains(path, "{{") || strings.ContainsAny(path, "\r\n") {
			return nil, fmt.Errorf("service: %q holds what no service manager takes; give it another name", path)
		}
	}
	system, err := kardianos.New(idle{}, settings(o))
	if err != nil {
		return nil, fmt.Errorf("service: %w; run `funnelrelay run` from what starts programs here", err)
	}
	return &Service{o: o, system: system}, nil
}

// arguments are those that the system starts the program with.
func arguments(o Options) []string {
	return []string{"run", "--service", "--config", o.Config}
}

// Install makes the account, the folders and their rights, and registers the
// service, to be started with the machine. One that is there is brought up to
// date, and goes on running as it is until it is restarted. try is called when
// the service could run, and before the system is told of it: its error ends the
// install. The warnings say what a person should look at. The error may wrap
// ErrRights.
func (s *Service) Install(try func() error) (warnings []string, err error) {
	if err := Elevated(); err != nil {
		return nil, err
	}
	warnings, err = s.prepare()
	if err != nil {
		return warnings, err
	}
	if err := try(); err != nil {
		return warnings, err
	}
	if err := s.register(); err != nil {
		return warnings, fmt.Errorf("register the service: %w", err)
	}
	more, err := s.finish()
	return append(warnings, more...), err
}

// Uninstall stops the service and takes it out of the system. Config, data and
// account stay. It is no error when there is none.
func (s *Service) Uninstall() error {
	if err := Elevated(); err != nil {
		return err
	}
	state, err := s.State()
	if err != nil {
		return err
	}
	if state == NotInstalled {
		return s.clean()
	}
	if state != Stopped {
		if err := s.Stop(); err != nil {
			return err
		}
	}
	if err := s.unregister(); err != nil {
		return fmt.Errorf("take the service out: %w", err)
	}
	return s.clean()
}

// idle stands where kardianos wants a program to run: the relay runs itself.
type idle struct{}

func (idle) Start(kardianos.Service) error { return nil }
func (idle) Stop(kardianos.Service) error  { return nil }

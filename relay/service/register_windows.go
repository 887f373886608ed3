package service

import (
	"errors"
	"fmt"
	"strings"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/svc/mgr"
)

// register tells the service manager of the service. One that is there is given
// the settings that it would have if it were new.
func (s *Service) register() error {
	const access = windows.SERVICE_CHANGE_CONFIG | windows.SERVICE_QUERY_CONFIG
	err := s.withService(access, func(service *mgr.Service) error {
		line, err := windows.UTF16PtrFromString(commandLine(s.o))
		if err != nil {
			return err
		}
		account, err := windows.UTF16PtrFromString(s.o.Account)
		if err != nil {
			return err
		}
		shown, err := windows.UTF16PtrFromString(displayName)
		if err != nil {
			return err
		}
		return windows.ChangeServiceConfig(service.Handle, windows.SERVICE_NO_CHANGE, windows.SERVICE_AUTO_START, windows.SERVICE_NO_CHANGE,
			line, nil, nil, nil, account, nil, shown)
	})
	if errors.Is(err, ErrNotInstalled) {
		err = s.system.Install()
	}
	return inWords(err)
}

// keepAccount goes on with the account that a person gave to a service that is
// there, where none is named now.
func (s *Service) keepAccount() error {
	if s.o.Account != DefaultAccount() {
		return nil
	}
	present, err := s.account()
	switch {
	case errors.Is(err, ErrNotInstalled):
		return nil
	case err != nil:
		return fmt.Errorf("account of the service: %w", err)
	case !strings.EqualFold(present, "LocalSystem"):
		s.o.Account = present
	}
	return nil
}

// account runs the service that is there.
func (s *Service) account() (name string, err error) {
	err = s.withService(windows.SERVICE_QUERY_CONFIG, func(service *mgr.Service) error {
		buffer := make([]byte, 8<<10) // the most that the system fills
		config := (*windows.QUERY_SERVICE_CONFIG)(unsafe.Pointer(&buffer[0]))
		var size uint32
		if err := windows.QueryServiceConfig(service.Handle, config, uint32(len(buffer)), &size); err != nil {
			return err
		}
		name = windows.UTF16PtrToString(config.ServiceStartName)
		return nil
	})
	return name, err
}

// commandLine is how the service manager starts the program.
func commandLine(o Options) string {
	line := syscall.EscapeArg(o.Executable)
	for _, argument := range arguments(o) {
		line += " " + syscall.EscapeArg(argument)
	}
	return line
}

// unregister takes the service out, and waits until it is gone: one that
// somebody looks at stays until he has closed the window.
func (s *Service) unregister() error {
	err := s.withService(windows.SERVICE_QUERY_STATUS|windows.DELETE, func(service *mgr.Service) error { return service.Delete() })
	if err != nil && !errors.Is(err, windows.ERROR_SERVICE_MARKED_FOR_DELETE) && !errors.Is(err, ErrNotInstalled) {
		return inWords(err)
	}
	gone := func() (bool, error) {
		state, err := s.State()
		return state == NotInstalled, err
	}
	ok, err := until(5*time.Second, gone)
	if err != nil {
		return err
	}
	if !ok {
		return inWords(windows.ERROR_SERVICE_MARKED_FOR_DELETE)
	}
	return nil
}

// withService opens the service with just the rights that do needs.
func (s *Service) withService(access uint32, do func(*mgr.Service) error) error {
	manager, err := windows.OpenSCManager(nil, nil, windows.SC_MANAGER_CONNECT)
	if err != nil {
		return inWords(err)
	}
	defer func() { _ = windows.CloseServiceHandle(manager) }()
	name, err := windows.UTF16PtrFromString(Name)
	if err != nil {
		return err
	}
	handle, err := windows.OpenService(manager, name, access)
	if err != nil {
		return inWords(err)
	}
	defer func() { _ = windows.CloseServiceHandle(handle) }()
	return do(&mgr.Service{Name: Name, Handle: handle})
}

// until asks every 100 ms whether it is so, for as long as limit.
func until(limit time.Duration, so func() (bool, error)) (bool, error) {
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	end := time.After(limit)
	for {
		if ok, err := so(); ok || err != nil {
			return ok, err
		}
		select {
		case <-ticker.C:
		case <-end:
			return false, nil
		}
	}
}

// UpdateCredentials does nothing here: the daemon reads stored secrets itself.
func UpdateCredentials(string) error { return nil }

// Try does nothing here: no program can run as a virtual account before the
// service manager starts it.
func (s *Service) Try(...string) (string, error) { return "", nil }

// soft makes a warning of an error: the service runs without.
func soft(warnings *[]string, what string, err error) {
	if err != nil {
		*warnings = append(*warnings, fmt.Sprintf("%s: %v", what, err))
	}
}

package service

import (
	"errors"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"
	"golang.org/x/sys/windows/svc/eventlog"
	"golang.org/x/sys/windows/svc/mgr"
)

// recovery is what the system does when the service ended by itself: the last
// line holds for every further time, and after a good day it begins anew.
func recovery() (actions []mgr.RecoveryAction, reset time.Duration) {
	return []mgr.RecoveryAction{
		{Type: mgr.ServiceRestart, Delay: 5 * time.Second},
		{Type: mgr.ServiceRestart, Delay: 5 * time.Second},
		{Type: mgr.ServiceRestart, Delay: time.Minute},
	}, 24 * time.Hour
}

// What ChangeServiceConfig2 takes and golang.org/x/sys has no name for.
const (
	configRequiredPrivileges = 6
	configPreshutdown        = 7
)

// preshutdown is how long the system waits at its shut-down for the service.
const preshutdown = 20 * time.Second

// finish sets what registering leaves. None of it keeps the service from
// running, so what fails is a warning.
func (s *Service) finish() (warnings []string, err error) {
	const access = windows.SERVICE_CHANGE_CONFIG | windows.SERVICE_START | windows.SERVICE_QUERY_CONFIG // START: for the restarts
	err = s.withService(access, func(service *mgr.Service) error {
		actions, reset := recovery()
		soft(&warnings, "the system will not restart the service by itself", service.SetRecoveryActions(actions, uint32(reset/time.Second)))
		soft(&warnings, "the system will restart the service after a crash, and not after an error",
			service.SetRecoveryActionsOnNonCrashFailures(true))
		delayed := windows.SERVICE_DELAYED_AUTO_START_INFO{IsDelayedAutoStartUp: 1}
		soft(&warnings, "the service starts with the machine, and not a little later",
			change(service, windows.SERVICE_CONFIG_DELAYED_AUTO_START_INFO, unsafe.Pointer(&delayed)))
		text, err := windows.UTF16PtrFromString(description)
		if err != nil {
			return err
		}
		shown := windows.SERVICE_DESCRIPTION{Description: text}
		soft(&warnings, "the service has no description", change(service, windows.SERVICE_CONFIG_DESCRIPTION, unsafe.Pointer(&shown)))
		sidType := uint32(windows.SERVICE_SID_TYPE_UNRESTRICTED)
		soft(&warnings, "the service has no identity of its own", change(service, windows.SERVICE_CONFIG_SERVICE_SID_INFO, unsafe.Pointer(&sidType)))
		soft(&warnings, "the service keeps privileges that it does not need", leastPrivileges(service))
		wait := uint32(preshutdown / time.Millisecond)
		soft(&warnings, "the system may not wait for the service when it shuts down", change(service, configPreshutdown, unsafe.Pointer(&wait)))
		return nil
	})
	if err != nil {
		return warnings, err
	}
	soft(&warnings, "the event log", addEventSource())
	soft(&warnings, "the firewall", s.openFirewall())
	return warnings, nil
}

func change(service *mgr.Service, level uint32, info unsafe.Pointer) error {
	return windows.ChangeServiceConfig2(service.Handle, level, (*byte)(info))
}

// leastPrivileges leaves the service the one privilege without which no path
// can be walked.
func leastPrivileges(service *mgr.Service) error {
	list, err := windows.UTF16FromString("SeChangeNotifyPrivilege")
	if err != nil {
		return err
	}
	list = append(list, 0) // ends a list of texts
	info := struct{ privileges *uint16 }{&list[0]}
	return change(service, configRequiredPrivileges, unsafe.Pointer(&info))
}

const eventSources = `SYSTEM\CurrentControlSet\Services\EventLog\Application`

// addEventSource lets the event viewer show our events as they are.
func addEventSource() error {
	key, err := registry.OpenKey(registry.LOCAL_MACHINE, eventSources+`\`+Name, registry.QUERY_VALUE)
	if err == nil {
		return key.Close()
	}
	return eventlog.InstallAsEventCreate(Name, eventlog.Error|eventlog.Warning|eventlog.Info)
}

// clean removes what unregister leaves. Nothing of it being there is no error.
func (s *Service) clean() error {
	s.o.Port = ""
	err := s.openFirewall()
	if e := eventlog.Remove(Name); !errors.Is(e, registry.ErrNotExist) {
		err = errors.Join(err, e)
	}
	return err
}

package service

import (
	"errors"
	"fmt"

	"golang.org/x/sys/windows"
)

// DefaultAccount is the user that runs the service when none is named: a
// virtual account, which has no password and exists because the service does.
func DefaultAccount() string { return `NT SERVICE\` + Name }

// Elevated says whether this process may change the system's services.
func Elevated() error {
	manager, err := windows.OpenSCManager(nil, nil, windows.SC_MANAGER_CONNECT|windows.SC_MANAGER_CREATE_SERVICE)
	if err != nil {
		return inWords(err)
	}
	return windows.CloseServiceHandle(manager)
}

// inWords tells the errors of the service manager so that a person knows what
// to do.
func inWords(err error) error {
	switch {
	case errors.Is(err, windows.ERROR_ACCESS_DENIED):
		return fmt.Errorf(`%w to change the services of this machine; start the terminal with "Run as administrator"`, ErrRights)
	case errors.Is(err, windows.ERROR_SERVICE_DOES_NOT_EXIST):
		return ErrNotInstalled
	case errors.Is(err, windows.ERROR_SERVICE_MARKED_FOR_DELETE):
		return errors.New("the service is being removed, and something still looks at it; close the Services window and the Task Manager, and try again")
	case errors.Is(err, windows.ERROR_SERVICE_DISABLED):
		return errors.New("the service is disabled; run `funnelrelay service install` to enable it")
	case errors.Is(err, windows.ERROR_FILE_NOT_FOUND), errors.Is(err, windows.ERROR_PATH_NOT_FOUND):
		return fmt.Errorf("the program is no longer where it was installed (%w); run `funnelrelay service install` with the one that is to run", err)
	case errors.Is(err, windows.ERROR_SERVICE_LOGON_FAILED), errors.Is(err, windows.ERROR_INVALID_SERVICE_ACCOUNT):
		return fmt.Errorf("its account cannot run it (%w); install it without --user, and give it a user's account and password in the Services window", err)
	case errors.Is(err, windows.ERROR_SERVICE_REQUEST_TIMEOUT):
		return fmt.Errorf("the program did not come up (%w); a virus scanner may hold it: except the program from its watch", err)
	}
	return err
}

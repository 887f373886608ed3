package service

import (
	"os"

	kardianos "github.com/kardianos/service"
)

// DefaultAccount is the user that runs the service when none is named.
func DefaultAccount() string { return Name }

// settings are kardianos's, with texts of our own in the place of its. It takes
// them for templates; these are finished, and New has seen to it that no path
// in them could be taken for an action.
func settings(o Options) *kardianos.Config {
	return &kardianos.Config{
		Name: Name, DisplayName: displayName, Description: description,
		Executable: o.Executable, Arguments: arguments(o), UserName: o.Account,
		Option: kardianos.KeyValue{
			"SystemdScript": Unit(o),
			"OpenRCScript":  openRC(o),
			"SysvScript":    sysV(o),
		},
	}
}

// underSystemd says whether systemd runs this machine.
func underSystemd() bool {
	_, err := os.Stat("/run/systemd/system")
	return err == nil
}

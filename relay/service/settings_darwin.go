package service

import (
	"os"

	kardianos "github.com/kardianos/service"
)

// DefaultAccount is the user that runs the service when none is named: the one
// who became root by sudo, whose folders the till writes into.
func DefaultAccount() string {
	if user := os.Getenv("SUDO_USER"); user != "" {
		return user
	}
	return "root"
}

// settings make a launch daemon that is started with the machine, and again
// whenever it ends.
func settings(o Options) *kardianos.Config {
	return &kardianos.Config{
		Name: Name, DisplayName: displayName, Description: description,
		Executable: o.Executable, Arguments: arguments(o), UserName: o.Account, WorkingDirectory: "/",
		Option: kardianos.KeyValue{"KeepAlive": true, "RunAtLoad": true, "LaunchdConfig": launchd(o)},
	}
}

package service

import (
	"fmt"
	"os/user"
)

// makeAccount looks whether the account is there: on macOS one of the machine's
// people runs the service, and none is made.
func makeAccount(name string) error {
	if _, err := user.Lookup(name); err != nil {
		return fmt.Errorf("account %s: %w; name one of this machine's users with --user", name, err)
	}
	return nil
}

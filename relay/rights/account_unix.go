//go:build unix

package rights

import "os/user"

// Exists says whether the system knows an account.
func Exists(account string) bool {
	_, err := user.Lookup(account)
	return err == nil
}

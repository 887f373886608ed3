package service

import "os/user"

// groupOf is the name of an account's own group. One that a person chose may be
// in a group of another name; that of an account which is still to be made is
// called as it is.
func groupOf(account string) string {
	u, err := user.Lookup(account)
	if err != nil {
		return account
	}
	g, err := user.LookupGroupId(u.Gid)
	if err != nil {
		return account
	}
	return g.Name
}

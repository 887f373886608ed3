//go:build unix

package service

import (
	"os/user"
	"strings"
	"testing"
)

// TestGroupOfAnotherName says that a service whose account is in a group of
// another name is started in that: there may be none of the account's name.
func TestGroupOfAnotherName(t *testing.T) {
	account, group := "", ""
	for _, name := range []string{"games", "man", "nobody", "daemon"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		if g, err := user.LookupGroupId(u.Gid); err == nil && g.Name != name {
			account, group = name, g.Name
			break
		}
	}
	if account == "" {
		t.Skip("each account here has a group of its name")
	}
	for _, lowPort := range []bool{false, true} {
		o := oddOptions(lowPort)
		o.Account = account
		for text, want := range map[string][]string{
			Unit(o):   {"User=" + account + "\nGroup=" + group + "\n"},
			openRC(o): {"command_user=" + account + ":" + group},
			sysV(o):   {"--reuid=" + account + " --regid=" + group, "--chuid " + account + ":" + group},
		} {
			for _, line := range want {
				if !strings.Contains(text, line) {
					t.Errorf("no %q in:\n%s", line, text)
				}
			}
		}
		if lowPort && !strings.Contains(openRC(o), "--regid="+group) {
			t.Errorf("no group in:\n%s", openRC(o))
		}
	}
}

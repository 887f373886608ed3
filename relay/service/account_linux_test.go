package service

import "testing"

func TestAccountIn(t *testing.T) {
	for _, account := range []string{Name, "till-2", "Käse$"} {
		for _, lowPort := range []bool{false, true} {
			o := oddOptions(lowPort)
			o.Account = account
			for kind, text := range map[string]string{"unit": Unit(o), "OpenRC": openRC(o), "SysV": sysV(o)} {
				if got := accountIn(text); got != account {
					t.Errorf("%s, low port %v: the account is %q, and not %q", kind, lowPort, got, account)
				}
			}
		}
	}
	if got := accountIn("#!/bin/sh\nexec something\n"); got != "" {
		t.Errorf("the account of another's script: %q", got)
	}
}

package rights

import (
	"fmt"

	"golang.org/x/sys/windows"
)

// Allow adds to those who may change what is in the folder the account, and
// takes nothing from anybody. It reports false where the account, or all
// users, had the right already. The folder must be there; one on another
// machine has its own accounts, and is refused by it.
func Allow(path, account string) (bool, error) {
	sid, err := SID(account)
	if err != nil {
		return false, err
	}
	now, err := windows.GetNamedSecurityInfo(path, windows.SE_FILE_OBJECT, windows.DACL_SECURITY_INFORMATION)
	if err != nil {
		return false, fmt.Errorf("rights of %s: %w", path, why(err))
	}
	old, _, err := now.DACL()
	if err != nil || old == nil { // no list: everyone may do all
		return false, nil
	}
	list, err := with(old, sid)
	if err != nil {
		return false, fmt.Errorf("rights of %s: %w", path, err)
	}
	if list == nil {
		return false, nil
	}
	err = windows.SetNamedSecurityInfo(path, windows.SE_FILE_OBJECT, windows.DACL_SECURITY_INFORMATION, nil, nil, list, nil)
	if err != nil {
		return false, fmt.Errorf("rights of %s: %w", path, why(err))
	}
	return true, nil
}

// with is the list with an entry for sid added; nil where it needs none.
func with(old *windows.ACL, sid *windows.SID) (*windows.ACL, error) {
	if may, err := allowed(old, sid); err != nil || may {
		return nil, err
	}
	return windows.ACLFromEntries([]windows.EXPLICIT_ACCESS{entry(sid, fileModify)}, old)
}

package rights

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/windows"
)

const (
	fileAll = 0x1F01FF // FILE_ALL_ACCESS
	// fileModify is what Explorer calls Modify: all but changing who may.
	fileModify = windows.FILE_GENERIC_READ | windows.FILE_GENERIC_WRITE | windows.FILE_GENERIC_EXECUTE | windows.DELETE
)

func systemPlaces() []string {
	places := []string{os.Getenv("ProgramFiles"), os.Getenv("PUBLIC")}
	if folder, err := windows.GetSystemWindowsDirectory(); err == nil {
		places = append(places, folder)
	}
	return places
}

func private(path, account string) error {
	list, err := entries(account, false)
	if err != nil {
		return err
	}
	return set(path, account, list)
}

func shared(path, account string) error {
	list, err := entries(account, true)
	if err != nil {
		return err
	}
	return set(path, account, list)
}

func privateFile(path, account string) error {
	list, err := entries(account, false)
	if err != nil {
		return err
	}
	return setOne(path, account, list)
}

// entries are who comes in, for a folder and all that will be made in it.
func entries(account string, users bool) (*windows.ACL, error) {
	var list []windows.EXPLICIT_ACCESS
	for _, kind := range []windows.WELL_KNOWN_SID_TYPE{windows.WinLocalSystemSid, windows.WinBuiltinAdministratorsSid} {
		sid, err := windows.CreateWellKnownSid(kind)
		if err != nil {
			return nil, err
		}
		list = append(list, entry(sid, fileAll))
	}
	sid, err := SID(account)
	if err != nil {
		return nil, err
	}
	list = append(list, entry(sid, fileAll))
	if users {
		sid, err := windows.CreateWellKnownSid(windows.WinBuiltinUsersSid)
		if err != nil {
			return nil, err
		}
		list = append(list, entry(sid, fileModify))
	}
	return windows.ACLFromEntries(list, nil)
}

func entry(sid *windows.SID, mask windows.ACCESS_MASK) windows.EXPLICIT_ACCESS {
	return windows.EXPLICIT_ACCESS{
		AccessPermissions: mask,
		AccessMode:        windows.GRANT_ACCESS,
		Inheritance:       windows.SUB_CONTAINERS_AND_OBJECTS_INHERIT,
		Trustee: windows.TRUSTEE{
			TrusteeForm: windows.TRUSTEE_IS_SID, TrusteeType: windows.TRUSTEE_IS_UNKNOWN,
			TrusteeValue: windows.TrusteeValueFromSID(sid),
		},
	}
}

// set makes the folder and gives it and what is inside the list.
func set(path, account string, list *windows.ACL) error {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return why(err)
	}
	// Any user may lay a link in ProgramData, to what is not the relay's.
	if info, err := os.Lstat(path); err != nil {
		return why(err)
	} else if !info.IsDir() {
		return errors.New("it is a link to another folder; remove it, or name that folder in the config")
	}
	return filepath.WalkDir(path, func(name string, d fs.DirEntry, err error) error {
		switch {
		case err == nil && name != path && !d.IsDir() && !d.Type().IsRegular():
			return nil // a link or junction: what it leads to is not the relay's
		case err == nil:
			err = setOne(name, account, list)
		}
		if errors.Is(err, fs.ErrNotExist) && name != path {
			return nil // was moved away meanwhile, as files in a drop folder are
		}
		if err != nil && name != path {
			return fmt.Errorf("%s: %w", filepath.Base(name), why(err))
		}
		return why(err)
	})
}

// setOne puts the list in the place of the one before, and of what is handed
// down. The Administrators become the owner of what a service has: an owner
// may always change the list, and any user may make folders in ProgramData.
func setOne(path, account string, list *windows.ACL) error {
	info := windows.SECURITY_INFORMATION(windows.DACL_SECURITY_INFORMATION | windows.PROTECTED_DACL_SECURITY_INFORMATION)
	var owner *windows.SID
	if account != "" {
		administrators, err := windows.CreateWellKnownSid(windows.WinBuiltinAdministratorsSid)
		if err != nil {
			return err
		}
		owner, info = administrators, info|windows.OWNER_SECURITY_INFORMATION
	}
	return why(windows.SetNamedSecurityInfo(path, windows.SE_FILE_OBJECT, info, owner, nil, list, nil))
}

// why says what to do where rights are missing.
func why(err error) error {
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, windows.ERROR_INVALID_OWNER) || errors.Is(err, windows.ERROR_PRIVILEGE_NOT_HELD) {
		return fmt.Errorf(`%w; start the terminal with "Run as administrator"`, err)
	}
	return err
}

package rights

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/windows"
)

// ace is one entry of a list: who, and what.
type ace struct {
	kind, flags uint8
	mask        windows.ACCESS_MASK
	sid         *windows.SID
}

// read takes a list apart. The entries point into it.
func read(list *windows.ACL) ([]ace, error) {
	var all []ace
	for i := range uint32(list.AceCount) {
		var raw *windows.ACCESS_ALLOWED_ACE
		if err := windows.GetAce(list, i, &raw); err != nil {
			return nil, fmt.Errorf("entry %d of an access list: %w", i+1, err)
		}
		if raw.Header.AceType != windows.ACCESS_ALLOWED_ACE_TYPE && raw.Header.AceType != windows.ACCESS_DENIED_ACE_TYPE {
			continue // has another shape
		}
		all = append(all, ace{raw.Header.AceType, raw.Header.AceFlags, raw.Mask, (*windows.SID)(unsafe.Pointer(&raw.SidStart))})
	}
	return all, nil
}

// allowed says that the list lets sid change what is in a folder, also through
// the groups that every account of a service is in.
func allowed(list *windows.ACL, sid *windows.SID) (bool, error) {
	all, err := read(list)
	if err != nil {
		return false, err
	}
	for _, e := range all {
		ours := e.sid.Equals(sid)
		for _, kind := range []windows.WELL_KNOWN_SID_TYPE{windows.WinWorldSid, windows.WinAuthenticatedUserSid, windows.WinBuiltinUsersSid, windows.WinServiceSid} {
			ours = ours || e.sid.IsWellKnown(kind)
		}
		handedDown := e.flags&windows.SUB_CONTAINERS_AND_OBJECTS_INHERIT == windows.SUB_CONTAINERS_AND_OBJECTS_INHERIT &&
			e.flags&windows.INHERIT_ONLY_ACE == 0
		if ours && e.kind == windows.ACCESS_ALLOWED_ACE_TYPE && handedDown && (e.mask&fileModify == fileModify || e.mask&windows.GENERIC_ALL != 0) {
			return true, nil
		}
	}
	return false, nil
}

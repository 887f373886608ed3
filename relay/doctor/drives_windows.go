package doctor

import (
	"path/filepath"
	"unsafe"

	"golang.org/x/sys/windows"
)

const lettersMatter = true

var getConnection = windows.NewLazySystemDLL("mpr.dll").NewProc("WNetGetConnectionW")

// mappedTo is the letter of a path, if it stands for a share or for nothing, and
// the share, if that is known here.
func mappedTo(path string) (letter, share string) {
	volume := filepath.VolumeName(path)
	if len(volume) != 2 || volume[1] != ':' {
		return "", ""
	}
	root, err := windows.UTF16PtrFromString(volume + `\`)
	if err != nil {
		return "", ""
	}
	switch windows.GetDriveType(root) {
	case windows.DRIVE_REMOTE, windows.DRIVE_NO_ROOT_DIR:
	default:
		return "", ""
	}
	name, err := windows.UTF16PtrFromString(volume)
	if err != nil || getConnection.Find() != nil {
		return volume, ""
	}
	text := make([]uint16, 1024)
	length := uint32(len(text))
	failed, _, _ := getConnection.Call(uintptr(unsafe.Pointer(name)), uintptr(unsafe.Pointer(&text[0])), uintptr(unsafe.Pointer(&length)))
	if failed != 0 {
		return volume, ""
	}
	return volume, windows.UTF16ToString(text)
}

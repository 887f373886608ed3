package spool

import (
	"path/filepath"
	"strings"

	"golang.org/x/sys/windows"
)

// remoteFileSystem says how a path leads to another machine: by a share's name,
// or by a letter that stands for one.
func remoteFileSystem(path string) string {
	volume := filepath.VolumeName(path)
	switch upper := strings.ToUpper(filepath.ToSlash(volume)); {
	case strings.HasPrefix(upper, "//?/UNC/"), strings.HasPrefix(upper, "//./UNC/"):
		return volume
	case strings.HasPrefix(upper, "//?/"), strings.HasPrefix(upper, "//./"):
		volume = volume[4:] // C:, or Volume{...}, which is local
	case strings.HasPrefix(upper, "//"):
		return volume
	}
	root, err := windows.UTF16PtrFromString(volume + `\`)
	if err != nil || volume == "" {
		return ""
	}
	if windows.GetDriveType(root) == windows.DRIVE_REMOTE {
		return "network drive " + volume
	}
	return ""
}
